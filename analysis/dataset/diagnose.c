/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnostics of a user's own data. */
#include <math.h>
#include <stdio.h>

#include "dataset/parts.h"
#include "jiedao/bacon.h"
#include "jiedao/twfe_weights.h"
#include "jiedao/wild_bootstrap.h"

/* A number without uncertainty. */
static jd_estimate_t bare(double x)
{
    const double none = (double)NAN;
    return (jd_estimate_t){x, none, none, none, none};
}

static int add(jd_table_t *lines, const jd_own_subject_t *s, const char *quantity, const char *term,
               double x, bool in_units_of_y, jd_ctx_t *ctx)
{
    jd_own_line_t line = jd_own_line_of(s, quantity, term, bare(x), in_units_of_y);
    return jd_own_add_line(lines, &line, ctx);
}

/* ---- Goodman-Bacon ---- */

static void name_pair(const jd_own_data_t *data, const jd_bacon_pair_t *pair,
                      char term[JD_OWN_TERM_WIDTH])
{
    char treated[32], control[32] = "Inf";
    jd_own_period_text(data, pair->treated, treated, sizeof treated);
    if (pair->control) jd_own_period_text(data, pair->control, control, sizeof control);
    snprintf(term, JD_OWN_TERM_WIDTH, "treated=%s,untreated=%s,%s", treated, control,
             jd_bacon_kind_name(pair->kind));
}

/* With covariates the pairs' sum is not all: the coefficient, and its part within cohorts. */
static int add_bacon_within(const jd_own_subject_t *s, const jd_bacon_t *bacon, jd_table_t *lines,
                            jd_ctx_t *ctx)
{
    int rc = add(lines, s, "estimate", "", bacon->estimate, true, ctx);
    if (!rc) rc = add(lines, s, "Omega", "", bacon->omega, false, ctx);
    if (!rc && bacon->omega > 0) rc = add(lines, s, "beta_within", "", bacon->within, true, ctx);
    return rc;
}

static int add_bacon(const jd_own_subject_t *s, const jd_bacon_t *bacon, jd_own_result_t *result,
                     jd_ctx_t *ctx)
{
    jd_table_t *lines = &result->diagnostics, *details = &result->details;
    int rc = s->data->panel.n_x > 0 ? add_bacon_within(s, bacon, lines, ctx) : JD_OK;
    if (!rc) rc = add(lines, s, "weighted_sum", "", bacon->between, true, ctx);
    for (int k = 0; k < JD_BACON_KINDS && !rc; k++) {
        const char *kind = jd_bacon_kind_name((jd_bacon_kind_t)k);
        if (!(bacon->kind_weight[k] > 0)) continue;
        rc = add(lines, s, "type_weight", kind, bacon->kind_weight[k], false, ctx);
        if (!rc) rc = add(lines, s, "type_avg_estimate", kind, bacon->kind_estimate[k], true, ctx);
    }
    for (int i = 0; i < bacon->n_pairs && !rc; i++) {
        char term[JD_OWN_TERM_WIDTH];
        name_pair(s->data, &bacon->pairs[i], term);
        rc = add(details, s, "weight", term, bacon->pairs[i].weight, false, ctx);
        if (!rc) rc = add(details, s, "estimate", term, bacon->pairs[i].estimate, true, ctx);
    }
    return rc;
}

static int run_bacon(const jd_own_subject_t *s, jd_own_result_t *result, jd_ctx_t *ctx)
{
    jd_bacon_t bacon = {0};
    int rc = jd_bacon_decompose(&bacon, &s->data->panel, s->data->y, ctx);
    if (!rc) rc = add_bacon(s, &bacon, result, ctx);
    jd_bacon_free(&bacon);
    return rc;
}

/* ---- What two-way fixed effects average ---- */

static int add_twfe_weights(const jd_own_subject_t *s, const jd_twfe_weights_t *w,
                            jd_own_result_t *result, jd_ctx_t *ctx)
{
    const struct {
        const char *quantity;
        double value;
        bool in_units_of_y;
    } lines[] = {{"estimate", w->estimate, true},
                 {"n_positive", (double)w->n_positive, false},
                 {"n_negative", (double)w->n_negative, false},
                 {"sum_positive", w->sum_positive, false},
                 {"sum_negative", w->sum_negative, false},
                 {"sigma_zero", w->sigma_zero, true},
                 {"sigma_opposite", w->sigma_opposite, true}};
    int rc = JD_OK;
    for (size_t i = 0; i < sizeof lines / sizeof *lines && !rc; i++)
        if (!isnan(lines[i].value))
            rc = add(&result->diagnostics, s, lines[i].quantity, "", lines[i].value,
                     lines[i].in_units_of_y, ctx);
    for (int i = 0; i < w->n_cells && !rc; i++) {
        char term[JD_OWN_TERM_WIDTH], cohort[32] = "any", time[32];
        if (w->cell[i].cohort)
            jd_own_period_text(s->data, w->cell[i].cohort, cohort, sizeof cohort);
        jd_own_period_text(s->data, w->cell[i].time, time, sizeof time);
        snprintf(term, sizeof term, "g=%s,t=%s", cohort, time);
        rc = add(&result->details, s, "weight", term, w->cell[i].weight, false, ctx);
    }
    return rc;
}

static int run_twfe_weights(const jd_own_subject_t *s, jd_own_result_t *result, jd_ctx_t *ctx)
{
    jd_twfe_weights_t weights = {0};
    jd_did_options_t options;
    jd_did_defaults(&options);
    int rc = jd_twfe_weights_find(&weights, &s->data->panel, s->data->y, &options, ctx);
    if (!rc) rc = add_twfe_weights(s, &weights, result, ctx);
    jd_twfe_weights_free(&weights);
    return rc;
}

/* ---- Wild cluster bootstrap ---- */

/* Every effect of a regression, with the bootstrap's p-value and interval. */
static int run_wild(const jd_own_subject_t *s, jd_own_result_t *result, jd_ctx_t *ctx)
{
    const jd_term_t *terms = jd_design_terms(s->design);
    const jd_own_inference_t *ask = &s->ask->inference;
    jd_wild_options_t options = {.vcov = *s->ask->vcov,
                                 .level = s->ask->level,
                                 .law = ask->law,
                                 .unrestricted = ask->unrestricted,
                                 .jackknife_scores = ask->type >= 2};
    int rc = JD_OK;
    if (options.vcov.kind == JD_VCOV_MULTIWAY)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "clusters are two-way, and the wild bootstrap supports one-way clusters: "
                       "name one in --cluster, usually the one with fewer clusters");
    if (options.vcov.kind != JD_VCOV_CV3)
        options.vcov.kind = ask->type % 2 ? JD_VCOV_CV3 : JD_VCOV_CLUSTER;
    if (s->data->n_treated_clusters == 1)
        jd_warn(ctx,
                "wild: one treated cluster: with the null imposed the bootstrap hardly ever "
                "rejects, unrestricted nearly always; --diagnose randomisation (treatment could "
                "have gone to any unit) and conley_taber (errors with the same distribution in all "
                "clusters, many "
                "controls) are for that");
    for (int k = 0; k < s->fit->n_terms && terms[k].kind != JD_TERM_OTHER && !rc; k++) {
        jd_wild_t w = {0};
        rc = jd_wild_bootstrap(s->design, s->data->y, k, &options, &w, ctx);
        const jd_estimate_t e = {w.estimate, w.std_error, w.ci_low, w.ci_high, w.p_value};
        char name[JD_OWN_TERM_WIDTH];
        jd_own_name_term(s->data, &terms[k], name);
        jd_own_line_t line = jd_own_line_of(s, "wild_bootstrap", name, e, true);
        jd_own_place_line(&line, s->data, &terms[k]);
        if (!rc) rc = jd_own_add_line(&result->diagnostics, &line, ctx);
        jd_wild_free(&w);
    }
    return rc;
}

/* ---- Effects that are all the same ---- */

static int run_effects_equal(const jd_own_subject_t *s, jd_own_result_t *result, jd_ctx_t *ctx)
{
    jd_wald_t wald;
    char term[JD_OWN_TERM_WIDTH];
    int rc = jd_fit_equal(s->design, s->fit, &wald, ctx);
    if (rc) return rc;
    jd_estimate_t e = bare(wald.f);
    e.p_value = wald.p_value;
    snprintf(term, sizeof term, "df=%d", wald.n_terms);
    jd_own_line_t line = jd_own_line_of(s, "effects_equal_f", term, e, false);
    return jd_own_add_line(&result->diagnostics, &line, ctx);
}

const jd_own_diagnostic_t jd_own_diagnostics[] = {
    {"bacon", "Goodman-Bacon decomposition of the two-way coefficient", "bacondecomp", false, false,
     run_bacon},
    {"twfe_weights", "weights of the two-way coefficient on effects", "twowayfeweights", false,
     false, run_twfe_weights},
    {"honest", "robust sets under violations of parallel trends", "honestdid", true, false,
     jd_own_run_honest},
    {"pretrend", "test of the leads, and its power", "pretrends", true, false, jd_own_run_pretrend},
    {"effects_equal", "test that effects by event time are equal", NULL, true, false,
     run_effects_equal},
    {"wild", "wild cluster bootstrap of each effect", "boottest", true, false, run_wild},
    {"randomisation", "treatment re-randomised among units", "ritest", true, false,
     jd_own_run_randomisation},
    {"conley_taber", "Conley and Taber's test, for few treated clusters", NULL, true, true,
     jd_own_run_conley_taber},
    {0},
};
