/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One parameter over several values, a few draws each: how far is TWFE from the total effect?
 * `jiedao sweep` does this side by side and resumable. Needs libjiedao-sim and -did. */
#include <stdio.h>

#include <jiedao/did.h>
#include <jiedao/monte_carlo.h>
#include <jiedao/simulation.h>

enum { REPLICATES = 6, UNITS = 60, MOST_ROWS = UNITS * 100 };

static int32_t unit[MOST_ROWS], quarter[MOST_ROWS], cohort[MOST_ROWS];
static double inflow[MOST_ROWS];

/* A run's panel as columns: time runs along one axis, unit and cohort along the other. */
static jd_panel_t panel_of(const jd_table_t *t)
{
    for (int64_t i = 0; i < t->rows && i < MOST_ROWS; i++) {
        int64_t u = i % t->n_unit;
        unit[i] = (int32_t)u;
        quarter[i] = JD_CELLS(t, jd_table_find(t, "time"), int32_t)[i / t->n_unit];
        cohort[i] = JD_CELLS(t, jd_table_find(t, "cohort"), int32_t)[u];
        inflow[i] = JD_CELLS(t, jd_table_find(t, "inflow"), int32_t)[i];
    }
    return (jd_panel_t){.n = t->rows, .unit = unit, .time = quarter, .cohort = cohort};
}

static int run_once(const jd_config_t *config, uint64_t replicate, double *bias, jd_ctx_t *ctx)
{
    jd_simulation_t *world = NULL;
    jd_design_t *design = NULL;
    jd_did_options_t options;
    jd_did_defaults(&options);
    int rc = jd_simulation_create(&world, config, NULL, replicate, ctx);
    if (!rc) rc = jd_simulation_run(world, NULL, ctx);
    if (!rc) {
        const jd_table_t *truth = jd_simulation_table(world, "truth/estimands");
        const jd_panel_t panel = panel_of(jd_simulation_table(world, "panel/county"));
        const double *y[] = {inflow},
                     att = jd_table_number(truth, jd_table_find(truth, "value"), 0);
        rc = jd_design_prepare(&design, jd_estimator_find("twfe"), &panel, &options, ctx);
        if (!rc) rc = jd_design_estimate(design, y, 1, bias, ctx);
        *bias -= att;
    }
    jd_design_free(design);
    jd_simulation_free(world);
    return rc;
}

static int run_point(const char *setting, jd_ctx_t *ctx)
{
    jd_config_t *config = NULL;
    double bias[REPLICATES] = {0};
    int n;
    const jd_section_t *const *sections = jd_simulation_sections(&n);
    static const char world[] = "[world]\nprovinces = 2\nprefectures = 6\ncounties = 60\n"
                                "streets = 240\n[firms]\nn = 30000\n";
    int rc = jd_config_create(&config, sections, n, ctx);
    if (!rc) rc = jd_config_read_text(config, "world", world, ctx);
    if (!rc) rc = jd_config_set(config, "sweep.c", setting, ctx);
    if (!rc) rc = jd_config_finish(config, ctx);
    for (int r = 0; !rc && r < REPLICATES; r++)
        rc = run_once(config, (uint64_t)r, &bias[r], ctx);
    const jd_mc_value_t mean = jd_mc_mean(bias, REPLICATES);
    if (!rc) printf("%-17s bias of TWFE %7.4f (%.4f)\n", setting, mean.value, mean.mcse);
    jd_config_free(config);
    return rc;
}

int main(void)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    int rc = run_point("policy.share=0.1", &ctx) || run_point("policy.share=0.5", &ctx);
    if (rc) fprintf(stderr, "%s\n", ctx.message);
    return rc;
}
