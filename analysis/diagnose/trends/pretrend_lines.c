/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The diagnostic "pretrend": the test of the leads and its power, line by line. */
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "diagnose/diagnostic.h"
#include "jiedao/pretrend.h"

/* Bias and coverage after the test was passed: the first period's on the screen. */
static int add_pretested(const jd_diagnosis_t *d, const jd_event_path_t *path,
                         const jd_pretrend_t *p, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < p->n && !rc; i++) {
        const int event = path->reference - p->n_pre + i + (i >= p->n_pre);
        char term[32];
        snprintf(term, sizeof term, "e=%d", event);
        jd_diagnosis_line_t line = {.quantity = "pretrend_bias",
                                    .term = term,
                                    .at_event = true,
                                    .event = event,
                                    .number = jd_diagnosis_bare(p->mean[i]),
                                    .of_outcome = true,
                                    .detail = event != 0};
        rc = d->add(d->user, &line, ctx);
        if (rc || i < p->n_pre) continue;
        line.quantity = "pretrend_coverage";
        line.number = jd_diagnosis_bare(p->coverage_passed[i - p->n_pre]);
        line.of_outcome = false;
        rc = d->add(d->user, &line, ctx);
    }
    return rc;
}

/* The trend that the test would miss half the time, and what it would do. */
static int add_violation(const jd_diagnosis_t *d, const jd_event_path_t *path, double slope,
                         const jd_pretrend_options_t *options, jd_ctx_t *ctx)
{
    int n = path->n_pre + path->n_post;
    jd_pretrend_t p = {0};
    double *line;
    int rc = jd_make(&line, n, sizeof *line, "a linear violation", ctx);
    if (rc) return rc;
    for (int i = 0; i < n; i++)
        line[i] = slope * (i < path->n_pre ? i - path->n_pre : i - path->n_pre + 1);
    rc = jd_pretrend_assess(&p, path, line, options, ctx);
    if (!rc)
        rc = jd_diagnosis_add_at(d, "pretrend_lr", "power", 0.5,
                                 jd_diagnosis_bare(p.likelihood_ratio), false, ctx);
    if (!rc) rc = add_pretested(d, path, &p, ctx);
    jd_pretrend_free(&p);
    free(line);
    return rc;
}

static int add_all(const jd_diagnosis_t *d, const jd_event_path_t *path, jd_ctx_t *ctx)
{
    jd_pretrend_options_t options;
    jd_pretrend_test_t test;
    double slope[2], joint[2];
    jd_pretrend_defaults(&options);
    options.level = d->level;
    int rc = jd_pretrend_test(path, &options, &test, ctx);
    if (rc) return rc;
    jd_estimate_t wald = jd_diagnosis_bare(test.wald);
    wald.p_value = test.p_value;
    rc = jd_diagnosis_add_at(d, "pretrend_wald", "df", test.df, wald, false, ctx);
    if (!rc)
        rc = jd_diagnosis_add_at(d, "pretrend_p_value", "df", test.df,
                                 jd_diagnosis_bare(test.p_value), false, ctx);
    for (int k = 0; k < 2 && !rc; k++) {
        double power = k ? 0.8 : 0.5;
        rc = jd_pretrend_slope(path, power, &options, &slope[k], &joint[k], ctx);
        if (!rc)
            rc = jd_diagnosis_add_at(d, "pretrend_slope", "power", power,
                                     jd_diagnosis_bare(slope[k]), true, ctx);
        if (!rc)
            rc = jd_diagnosis_add_at(d, "pretrend_joint_slope", "power", power,
                                     jd_diagnosis_bare(joint[k]), true, ctx);
    }
    if (!rc) rc = add_violation(d, path, slope[0], &options, ctx);
    return rc;
}

static int diagnose(const jd_diagnosis_t *d, jd_ctx_t *ctx)
{
    return jd_diagnosis_of_path(d, add_all, ctx);
}

const jd_diagnostic_t jd_diagnostic_pretrend = {
    .name = "pretrend",
    .label = "test of the leads, and its power",
    .synonyms = "pretrends",
    .of_fit = true,
    .run = diagnose,
};
