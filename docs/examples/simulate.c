/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A world with the policy and the same world without it: what treated counties gain, what others
 * lose. Needs libjiedao-sim. */
#include <stdio.h>

#include <jiedao/simulation.h>

static const char settings[] = "[world]\nprovinces = 2\nprefectures = 6\ncounties = 60\n"
                               "streets = 600\n[firms]\nn = 50000\n[policy]\nshare = 0.25\n";

/* From settings to tables. */
static int simulate(jd_config_t **config, jd_simulation_t **world, jd_ctx_t *ctx)
{
    int n;
    const jd_section_t *const *sections = jd_simulation_sections(&n);
    int rc = jd_config_create(config, sections, n, ctx);
    if (!rc) rc = jd_config_read_text(*config, "settings", settings, ctx);
    if (!rc) rc = jd_config_set(*config, "simulate.c", "run.seed=7", ctx);
    if (!rc) rc = jd_config_finish(*config, ctx);
    if (!rc) rc = jd_simulation_create(world, *config, NULL, 0, ctx);
    if (!rc) rc = jd_simulation_run(*world, NULL, ctx); /* no sink: single moves are not kept */
    return rc;
}

/* Mean inflow a county and quarter from the policy's first quarter on; panels lie period by period.
 */
static double mean_inflow(const jd_table_t *t, int treated, int64_t first)
{
    const int32_t *cohort = JD_CELLS(t, jd_table_find(t, "cohort"), int32_t);
    int inflow = jd_table_find(t, "inflow");
    double sum = 0, n = 0;
    for (int64_t time = first - 1; time < t->n_time; time++)
        for (int64_t unit = 0; unit < t->n_unit; unit++) {
            if ((cohort[unit] > 0) != treated) continue;
            sum += jd_table_number(t, inflow, time * t->n_unit + unit);
            n++;
        }
    return sum / n;
}

int main(void)
{
    jd_ctx_t ctx;
    jd_config_t *config = NULL;
    jd_simulation_t *world = NULL;
    jd_ctx_init(&ctx);
    int rc = simulate(&config, &world, &ctx);
    if (!rc) {
        const jd_run_facts_t facts = jd_simulation_facts(world);
        const jd_table_t *with = jd_simulation_table(world, "panel/county");
        const jd_table_t *without = jd_simulation_table(world, "truth/county");
        printf("%lld firms, %lld relocations, %d of %lld counties treated\n",
               (long long)facts.firms, (long long)facts.relocations, (int)facts.treated_counties,
               (long long)facts.counties);
        printf("inflow of targeted firms   with  without\n");
        for (int treated = 1; treated >= 0; treated--)
            printf("  %-21s %7.4f  %7.4f\n", treated ? "treated counties" : "other counties",
                   mean_inflow(with, treated, facts.first_treated_period),
                   mean_inflow(without, treated, facts.first_treated_period));
    }
    if (rc) fprintf(stderr, "%s\n", ctx.message);
    jd_simulation_free(world);
    jd_config_free(config);
    return rc != JD_OK;
}
