/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an estimator's event study says if trends are not parallel: robust sets and pretests. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/parts.h"
#include "jiedao/honest.h"
#include "jiedao/pretrend.h"

/* A line whose term is a name and a number: "Mbar=0.5", or an event time: "e=-2". */
static int add_line(jd_table_t *lines, const jd_own_subject_t *s, const char *quantity,
                    const char *name, double x, jd_estimate_t number, bool in_units_of_y,
                    jd_ctx_t *ctx)
{
    char term[JD_OWN_TERM_WIDTH];
    snprintf(term, sizeof term, "%s=%.6g", name, x);
    jd_own_line_t line = jd_own_line_of(s, quantity, term, number, in_units_of_y);
    line.at_event = strcmp(name, "e") == 0;
    if (line.at_event) line.event = (int32_t)x;
    return jd_own_add_line(lines, &line, ctx);
}

static jd_estimate_t bare(double x)
{
    return (jd_estimate_t){x, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
}

static jd_estimate_t estimate_of(const jd_honest_set_t *set)
{
    return (jd_estimate_t){set->estimate, set->std_error, set->low, set->high, (double)NAN};
}

/* ---- Robust sets ---- */

/* Either restriction's sets and breakdown value. */
static int add_sets(const jd_own_subject_t *s, const jd_event_path_t *path,
                    const jd_honest_options_t *options, const double *m, int n_m, jd_table_t *lines,
                    jd_ctx_t *ctx)
{
    bool smooth = options->delta == JD_HONEST_SD;
    const char *quantity = smooth ? "honest_smoothness" : "honest_relmag";
    jd_honest_set_t *sets;
    double breakdown;
    int rc = jd_make(&sets, n_m, sizeof *sets, "robust sets", ctx);
    if (!rc) rc = jd_honest_sets(path, options, m, n_m, sets, ctx);
    if (!rc) rc = jd_honest_breakdown(path, options, 0, &breakdown, ctx);
    for (int k = 0; k < n_m && !rc; k++)
        rc = add_line(lines, s, quantity, smooth ? "M" : "Mbar",
                      smooth ? ldexp(m[k], s->data->exponent) : m[k], estimate_of(&sets[k]), true,
                      ctx);
    if (!rc) {
        jd_own_line_t line = jd_own_line_of(s, quantity, "breakdown", bare(breakdown), smooth);
        rc = jd_own_add_line(lines, &line, ctx);
    }
    free(sets);
    return rc;
}

/* l: the mean of the periods from event time 0 on. */
static int make_average(const jd_event_path_t *path, double **l, jd_ctx_t *ctx)
{
    int first = -path->reference - 1, rc = jd_make(l, path->n_post, sizeof **l, "a target", ctx);
    for (int j = first; j < path->n_post && !rc; j++)
        (*l)[j] = 1.0 / (path->n_post - first);
    return rc;
}

/* 1, 2 or 5 times a power of ten. */
static double round_down(double x)
{
    double power = pow(10, floor(log10(x))), digit = x / power;
    return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}

static int add_honest(const jd_own_subject_t *s, const jd_event_path_t *path, jd_table_t *lines,
                      jd_ctx_t *ctx)
{
    static const double usual[] = {0.5, 1, 1.5, 2};
    const jd_own_trends_t *ask = &s->ask->trends;
    jd_honest_options_t options;
    jd_honest_set_t plain;
    double *l = NULL, small[4];
    jd_honest_defaults(&options);
    options.level = s->ask->level;
    options.draws = s->ask->vcov->draws;
    options.seed = s->ask->vcov->seed;
    int rc = ask->average ? make_average(path, &l, ctx) : JD_OK;
    options.target = l;
    if (!rc) rc = jd_honest_original(path, &options, &plain, ctx);
    if (rc) goto out;
    double unit = round_down(ldexp(plain.std_error, s->data->exponent) / 8);
    for (int k = 0; k < 4; k++) /* 0, 1, 2, 4 units: much the same for all estimators */
        small[k] = k ? ldexp(unit, k - 1 - s->data->exponent) : 0;
    jd_own_line_t line = jd_own_line_of(s, "honest_original", ask->average ? "average" : "e=0",
                                        estimate_of(&plain), true);
    rc = jd_own_add_line(lines, &line, ctx);
    options.delta = JD_HONEST_RM;
    if (!rc)
        rc = add_sets(s, path, &options, ask->n_mbar ? ask->mbar : usual,
                      ask->n_mbar ? ask->n_mbar : 4, lines, ctx);
    options.delta = JD_HONEST_SD;
    double *m = NULL;
    if (!rc && ask->n_m) rc = jd_make(&m, ask->n_m, sizeof *m, "smoothness", ctx);
    for (int k = 0; k < ask->n_m && !rc; k++)
        m[k] = ldexp(ask->m[k], -s->data->exponent);
    if (!rc) rc = add_sets(s, path, &options, m ? m : small, m ? ask->n_m : 4, lines, ctx);
    free(m);
out:
    free(l);
    return rc;
}

/* ---- Pretests ---- */

/* Bias and coverage after the test was passed: the first period's on the screen. */
static int add_pretested(const jd_own_subject_t *s, const jd_event_path_t *path,
                         const jd_pretrend_t *p, jd_own_result_t *result, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < p->n && !rc; i++) {
        int event = path->reference - p->n_pre + i + (i >= p->n_pre);
        jd_table_t *lines = event == 0 ? &result->diagnostics : &result->details;
        rc = add_line(lines, s, "pretrend_bias", "e", event, bare(p->mean[i]), true, ctx);
        if (!rc && i >= p->n_pre)
            rc = add_line(lines, s, "pretrend_coverage", "e", event,
                          bare(p->coverage_passed[i - p->n_pre]), false, ctx);
    }
    return rc;
}

/* The trend that the test would miss half the time, and what it would do. */
static int add_violation(const jd_own_subject_t *s, const jd_event_path_t *path, double slope,
                         const jd_pretrend_options_t *options, jd_own_result_t *result,
                         jd_ctx_t *ctx)
{
    int n = path->n_pre + path->n_post;
    jd_pretrend_t p = {0};
    double *line;
    int rc = jd_make(&line, n, sizeof *line, "a linear violation", ctx);
    if (rc) return rc;
    for (int i = 0; i < n; i++)
        line[i] = slope * (i < path->n_pre ? i - path->n_pre : i - path->n_pre + 1);
    rc = jd_pretrend_assess(&p, path, line, options, ctx);
    jd_table_t *lines = &result->diagnostics;
    if (!rc)
        rc = add_line(lines, s, "pretrend_lr", "power", 0.5, bare(p.likelihood_ratio), false, ctx);
    if (!rc) rc = add_pretested(s, path, &p, result, ctx);
    jd_pretrend_free(&p);
    free(line);
    return rc;
}

static int add_pretrend(const jd_own_subject_t *s, const jd_event_path_t *path,
                        jd_own_result_t *result, jd_ctx_t *ctx)
{
    jd_pretrend_options_t options;
    jd_pretrend_test_t test;
    double slope[2], joint[2];
    jd_pretrend_defaults(&options);
    options.level = s->ask->level;
    int rc = jd_pretrend_test(path, &options, &test, ctx);
    if (rc) return rc;
    jd_estimate_t wald = bare(test.wald);
    wald.p_value = test.p_value;
    jd_table_t *lines = &result->diagnostics;
    rc = add_line(lines, s, "pretrend_wald", "df", test.df, wald, false, ctx);
    if (!rc)
        rc = add_line(lines, s, "pretrend_p_value", "df", test.df, bare(test.p_value), false, ctx);
    for (int k = 0; k < 2 && !rc; k++) {
        double power = k ? 0.8 : 0.5;
        rc = jd_pretrend_slope(path, power, &options, &slope[k], &joint[k], ctx);
        if (!rc)
            rc = add_line(lines, s, "pretrend_slope", "power", power, bare(slope[k]), true, ctx);
        if (!rc)
            rc = add_line(lines, s, "pretrend_joint_slope", "power", power, bare(joint[k]), true,
                          ctx);
    }
    if (!rc) rc = add_violation(s, path, slope[0], &options, result, ctx);
    return rc;
}

/* ---- What is listed ---- */

/* The fit's event study; what of it is not used is said. */
static int open_path(const jd_own_subject_t *s, jd_event_path_t *path, jd_table_t *lines,
                     jd_ctx_t *ctx)
{
    int rc = jd_event_path_of_design(path, s->design, s->fit, ctx);
    if (!rc && path->n_left_out)
        rc = add_line(lines, s, "periods_left_out", "first e", path->first_left,
                      bare(path->n_left_out), false, ctx);
    return rc;
}

int jd_own_run_honest(const jd_own_subject_t *s, jd_own_result_t *result, jd_ctx_t *ctx)
{
    jd_event_path_t path = {0};
    int rc = open_path(s, &path, &result->diagnostics, ctx);
    if (!rc) rc = add_honest(s, &path, &result->diagnostics, ctx);
    jd_event_path_free(&path);
    return rc;
}

int jd_own_run_pretrend(const jd_own_subject_t *s, jd_own_result_t *result, jd_ctx_t *ctx)
{
    jd_event_path_t path = {0};
    int rc = open_path(s, &path, &result->diagnostics, ctx);
    if (!rc) rc = add_pretrend(s, &path, result, ctx);
    jd_event_path_free(&path);
    return rc;
}
