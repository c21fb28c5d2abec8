/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Callaway and Sant'Anna's estimator on columns of one's own, by event time. Needs libjiedao-did.
 * Effects in these data are 1, 2, 3, ... in the first, second, third period of treatment. */
#include <stdio.h>

#include <jiedao/did.h>
#include <jiedao/random.h>

enum { UNITS = 300, PERIODS = 8, ROWS = UNITS * PERIODS };

static int32_t unit[ROWS], year[ROWS], cohort[ROWS];
static double outcome[ROWS];

static void make_data(void)
{
    const jd_stream_t stream = jd_stream(1, 0, JD_DRAW_PROCESS);
    for (int i = 0; i < ROWS; i++) {
        unit[i] = i / PERIODS;
        year[i] = 2011 + i % PERIODS;
        cohort[i] = unit[i] % 3 ? 2013 + unit[i] % 3 : 0; /* 2014, 2015, never */
        int since = cohort[i] && year[i] >= cohort[i] ? year[i] - cohort[i] + 1 : 0;
        const jd_jump_t jump = jd_jump(stream, year[i], 0); /* keyed: no state between draws */
        double noise = jd_draw(&jump, (uint64_t)unit[i]);
        outcome[i] = unit[i] % 10 + 0.5 * (year[i] - 2011) + since + noise;
    }
}

/* Options have the names of `jiedao did`. */
static int set_options(jd_did_options_t *options, jd_ctx_t *ctx)
{
    jd_did_defaults(options);
    int rc = jd_did_option_set(options, "control", "not_yet", ctx);
    if (!rc) rc = jd_did_option_set(options, "event", "-2:2", ctx);
    return rc;
}

int main(void)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_did_options_t options;
    jd_ctx_init(&ctx);
    make_data();
    const jd_panel_t panel = {.n = ROWS, .unit = unit, .time = year, .cohort = cohort};
    const jd_estimator_t *estimator = jd_estimator_find("callaway_santanna");
    int rc = set_options(&options, &ctx);
    if (!rc) rc = jd_design_prepare(&design, estimator, &panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(design, outcome, NULL, 0.95, &fit, &ctx);
    if (!rc) printf("%-5s %8s  95 %% interval, %d units\n", "term", "estimate", (int)fit.n_units);
    for (int k = 0; !rc && k < fit.n_terms; k++)
        printf("%-5s %8.4f  %7.4f to %7.4f\n", jd_design_terms(design)[k].name, fit.estimate[k],
               fit.ci_low[k], fit.ci_high[k]);
    if (rc) fprintf(stderr, "%s\n", ctx.message);
    jd_fit_free(&fit);
    jd_design_free(design);
    return rc != JD_OK;
}
