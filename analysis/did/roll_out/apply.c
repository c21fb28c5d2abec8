/* SPDX-License-Identifier: GPL-3.0-or-later */
/* roll_out meets outcomes: estimates, inference, randomisation test, weights. */
#include "core/memory.h"
#include "jiedao/roll_out.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "did/base/list.h"
#include "did/roll_out/roll_out.h"
#include "jiedao/random.h"

/* One outcome over the design's rows, laid out by unit and period. */
static void lay_out(const jd_roll_out_t *r, const double *y, jd_roll_out_work_t *work)
{
    int64_t n = (int64_t)r->n_units * r->n_periods;
    for (int64_t i = 0; i < n; i++)
        work->y[i] = y[r->at[i]];
}

int jd_roll_out_estimate(const jd_design_t *design, const double *const *y, int n_y,
                         double *estimate, jd_ctx_t *ctx)
{
    const jd_roll_out_t *r = design->own;
    jd_roll_out_work_t work;
    int rc = jd_roll_out_work_make(&work, r, ctx);
    for (int j = 0; !rc && j < n_y; j++) {
        lay_out(r, y[j], &work);
        jd_roll_out_solve(r, r->unit_cohort, &work);
        for (int k = 0; k < r->n_terms; k++)
            estimate[k * n_y + j] = work.estimate[k];
    }
    jd_roll_out_work_free(&work);
    return rc;
}

int jd_roll_out_infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                      jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_roll_out_t *r = design->own;
    jd_roll_out_work_t work;
    if (options->kind != JD_VCOV_CLUSTER)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "roll_out: standard errors come from the random timing of treatment; iid and "
            "HC1 do not apply");
    int rc = jd_roll_out_work_make(&work, r, ctx);
    if (!rc) {
        lay_out(r, y, &work);
        jd_roll_out_solve(r, r->unit_cohort, &work);
        int negative = jd_roll_out_vcov(r, r->unit_cohort, &work, ctx);
        if (negative < 0) rc = negative;
        if (negative > 0)
            jd_warn(ctx,
                    "roll_out: %d adjusted variances are negative; the conservative ones "
                    "stand in their place",
                    negative);
    }
    if (!rc)
        memcpy(fit->vcov, work.vcov, (size_t)r->n_terms * (size_t)r->n_terms * sizeof *fit->vcov);
    fit->facts = (jd_vcov_facts_t){.name = r->neyman ? "Neyman" : "adjusted Neyman",
                                   .factor = 1,
                                   .df = (double)INFINITY,
                                   .n_clusters = r->n_units};
    jd_roll_out_work_free(&work);
    return rc;
}

static int check_randomise(const jd_design_t *design, int32_t draws, jd_ctx_t *ctx)
{
    if (design->estimator != &jd_estimator_roll_out)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: this randomisation test is that of roll_out",
                       design->estimator->name);
    if (draws < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "roll_out: %d draws of a randomisation test; take at least 1, 500 say",
                       draws);
    return JD_OK;
}

/* Re-randomises the units' cohorts by draw `d`. */
static void permute(int32_t *cohort, int32_t n, uint64_t seed, int64_t d)
{
    jd_jump_t jump = jd_jump(jd_stream(seed, 0, JD_DRAW_PERMUTE), d, 0);
    jd_rng_t rng = jd_rng_at(&jump, 0);
    for (int32_t i = n - 1; i > 0; i--) {
        int32_t j = (int32_t)(jd_rng_uniform(&rng) * (i + 1)), keep = cohort[i];
        cohort[i] = cohort[j];
        cohort[j] = keep;
    }
}

/* Counts draws in which a term's |estimate| / standard error reaches the data's. */
static int count_draws(const jd_roll_out_t *r, jd_roll_out_work_t *work, int32_t draws,
                       uint64_t seed, int32_t *cohort, double *ratio, int32_t *reached,
                       jd_ctx_t *ctx)
{
    size_t n_terms = (size_t)r->n_terms, bytes = (size_t)r->n_units * sizeof *cohort;
    for (int64_t d = -1; d < draws; d++) {
        memcpy(cohort, r->unit_cohort, bytes);
        if (d >= 0) permute(cohort, r->n_units, seed, d);
        jd_roll_out_solve(r, cohort, work);
        int rc = jd_roll_out_vcov(r, cohort, work, ctx);
        if (rc < 0) return rc;
        for (size_t k = 0; k < n_terms; k++) {
            double t = fabs(work->estimate[k]) / sqrt(work->vcov[k * n_terms + k]);
            if (d < 0) ratio[k] = t;
            reached[k] += d >= 0 && t >= ratio[k];
        }
        rc = jd_check_cancelled(ctx);
        if (rc) return rc;
    }
    return JD_OK;
}

int jd_roll_out_randomise(const jd_design_t *design, const double *y, int32_t draws, uint64_t seed,
                          double *p_value, jd_ctx_t *ctx)
{
    int rc = check_randomise(design, draws, ctx);
    if (rc) return rc;
    const jd_roll_out_t *r = design->own;
    jd_roll_out_work_t work;
    size_t k = (size_t)r->n_terms, n = (size_t)r->n_units;
    rc = jd_roll_out_work_make(&work, r, ctx);
    int32_t *cohort = NULL;
    double *ratio = NULL;
    if (!rc) rc = jd_make_n(&cohort, n + k, sizeof *cohort, "permuted cohorts", ctx);
    if (!rc) rc = jd_make_n(&ratio, k, sizeof *ratio, "permuted cohorts", ctx);
    if (!rc) {
        for (int64_t i = 0; i < (int64_t)n * r->n_periods; i++)
            work.y[i] = y[design->sample.row[r->at[i]]];
        rc = count_draws(r, &work, draws, seed, cohort, ratio, cohort + n, ctx);
    }
    for (size_t j = 0; !rc && j < k; j++)
        p_value[j] = (1.0 + cohort[n + j]) / (1.0 + draws);
    free(cohort);
    free(ratio);
    jd_roll_out_work_free(&work);
    return rc;
}

int jd_roll_out_freeze(const jd_design_t *design, const double *y, double *w, jd_ctx_t *ctx)
{
    const jd_roll_out_t *r = design->own;
    jd_roll_out_work_t work;
    int rc = jd_roll_out_work_make(&work, r, ctx);
    if (rc) return rc;
    int64_t n = (int64_t)r->n_units * r->n_periods;
    lay_out(r, y, &work);
    jd_roll_out_solve(r, r->unit_cohort, &work);
    for (int k = 0; k < r->n_terms; k++) {
        const double *theta = r->theta + (size_t)k * jd_roll_out_cells(r);
        const double *x = r->x + (size_t)k * jd_roll_out_cells(r);
        for (int64_t i = 0; i < n; i++) {
            int32_t g = r->unit_cohort[i / r->n_periods];
            int64_t cell = (int64_t)g * r->n_periods + i % r->n_periods;
            w[k * n + r->at[i]] = (theta[cell] - work.beta[k] * x[cell]) / r->size[g];
        }
    }
    jd_roll_out_work_free(&work);
    return JD_OK;
}
