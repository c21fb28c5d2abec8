/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/inference.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "jiedao/randomisation.h"

/* Draws of a wild bootstrap in a replicate: with 999 a test at 5 % is exact, and more move little
 * once replicates are averaged. */
enum { WILD_DRAWS = 999, PERMUTATIONS = 199 };

static const char names[] = "cluster, cluster-normal, iid, hc1, hc2, hc3, cr2, cr3, cv3, cv3j, "
                            "newey_west, driscoll_kraay, wild:rademacher, wild:webb, placebo, "
                            "jackknife, bootstrap, randomisation, conley_taber";

const char *jd_inference_names(void)
{
    return names;
}

/* The place of a word among choices "a | b", or -1. */
static int choice_of(const char *choices, const char *name)
{
    char word[64];
    for (int i = 0; jd_param_next_choice(&choices, word, sizeof word); i++)
        if (!strcmp(word, name)) return i;
    return -1;
}

bool jd_inference_find(jd_inference_t *how, const char *name, const jd_vcov_options_t *base)
{
    static const struct {
        const char *name, *label; /* labels are short: with an estimator they fill a cell of text */
        bool normal, wild;
        jd_wild_law_t law;
        jd_resample_t resample;
    } own[] = {{"cluster-normal", "normal", true, false, JD_WILD_RADEMACHER, JD_RESAMPLE_AUTO},
               {"wild:rademacher", "wild", false, true, JD_WILD_RADEMACHER, JD_RESAMPLE_AUTO},
               {"wild:webb", "webb", false, true, JD_WILD_WEBB, JD_RESAMPLE_AUTO},
               {"placebo", "placebo", false, false, JD_WILD_RADEMACHER, JD_RESAMPLE_PLACEBO},
               {"jackknife", "jackknife", false, false, JD_WILD_RADEMACHER, JD_RESAMPLE_JACKKNIFE},
               {"bootstrap", "bootstrap", false, false, JD_WILD_RADEMACHER, JD_RESAMPLE_BOOTSTRAP}};
    static const char kraay[] = "driscoll_kraay", short_kraay[] = "driscoll";
    *how = (jd_inference_t){.vcov = *base};
    how->vcov.kind = JD_VCOV_CLUSTER;
    how->permutes = !strcmp(name, "randomisation");
    how->controls = !strcmp(name, "conley_taber");
    if (how->permutes || how->controls) {
        snprintf(how->label, sizeof how->label, "%.15s", name);
        return true;
    }
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcmp(name, own[i].name) != 0 && strcmp(name, own[i].label) != 0) continue;
        snprintf(how->label, sizeof how->label, "%s", own[i].label);
        how->normal = own[i].normal;
        how->wild = own[i].wild;
        how->law = own[i].law;
        how->vcov.resample = own[i].resample;
        return true;
    }
    if (!strcmp(name, short_kraay)) name = kraay;
    int kind = choice_of(jd_vcov_option_at(0)->choices, name);
    if (kind < 0 || kind == JD_VCOV_MULTIWAY || kind == JD_VCOV_CONLEY) return false;
    snprintf(how->label, sizeof how->label, "%.15s",
             kind == JD_VCOV_DRISCOLL_KRAAY ? short_kraay : name);
    how->vcov.kind = (jd_vcov_t)kind;
    return true;
}

void jd_inference_row(char text[32], const char *estimator, const char *label)
{
    char all[64];
    snprintf(all, sizeof all, "%.40s%s%.15s", estimator, label ? ":" : "", label ? label : "");
    snprintf(text, 32, "%.31s", all);
}

/* The same errors with the normal law, for terms and for an event study's mean. */
static int take_normal_law(jd_fit_t *fit, jd_ctx_t *ctx)
{
    double *weight;
    int rc = jd_make(&weight, fit->n_terms, sizeof *weight, "inference", ctx);
    if (rc) return rc;
    fit->facts.df = fit->mean_df = HUGE_VAL;
    for (int k = 0; k < fit->n_terms; k++) {
        weight[k] = 1;
        jd_estimate_t e = jd_fit_combine(fit, weight);
        weight[k] = 0;
        fit->df[k] = HUGE_VAL;
        fit->ci_low[k] = e.ci_low;
        fit->ci_high[k] = e.ci_high;
        fit->p_value[k] = e.p_value;
    }
    free(weight);
    return JD_OK;
}

/* Interval and p-value of the effect by the wild bootstrap; its error stays the clustered one. */
static int take_wild(const jd_inference_t *how, const jd_design_t *design, const double *y,
                     double level, jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_term_t *terms = jd_design_terms(design);
    jd_wild_options_t options = {.vcov = how->vcov, .law = how->law, .level = level};
    if (options.vcov.draws == 0) options.vcov.draws = WILD_DRAWS;
    int rc = JD_OK;
    for (int k = 0; k < fit->n_terms && !rc && terms[k].kind < JD_TERM_OTHER; k++) {
        jd_wild_t wild = {0};
        rc = jd_wild_bootstrap(design, y, k, &options, &wild, ctx);
        if (!rc) {
            fit->ci_low[k] = wild.ci_low;
            fit->ci_high[k] = wild.ci_high;
            fit->p_value[k] = wild.p_value;
        }
        jd_wild_free(&wild);
    }
    return rc;
}

/* The error and the interval that a normal estimate with this p-value would have (Miettinen 1976):
 * it leaves 0 out just where the test rejects. */
static void take_test(double p, double level, int k, jd_fit_t *fit)
{
    const double z = gsl_cdf_ugaussian_Pinv(1 - (1 - level) / 2),
                 error = fabs(fit->estimate[k]) / gsl_cdf_ugaussian_Pinv(1 - fmin(p, 0.999) / 2);
    fit->std_error[k] = error;
    fit->ci_low[k] = fit->estimate[k] - z * error;
    fit->ci_high[k] = fit->estimate[k] + z * error;
    fit->p_value[k] = p;
}

/* Cohorts move among the units, and the estimator runs again on each assignment. */
static int take_randomisation(const jd_inference_t *how, const jd_design_t *design, const double *y,
                              double level, jd_fit_t *fit, jd_ctx_t *ctx)
{
    jd_randomisation_options_t options = {.vcov = how->vcov};
    jd_randomisation_t found = {0};
    if (options.vcov.draws == 0) options.vcov.draws = PERMUTATIONS;
    int rc = jd_randomisation_test(&found, jd_design_estimator(design), how->panel, how->estimates,
                                   y, &options, ctx);
    if (!rc) take_test(found.p_value, level, 0, fit);
    jd_randomisation_free(&found);
    return rc;
}

static int take_controls(const jd_inference_t *how, const jd_design_t *design, const double *y,
                         double level, jd_fit_t *fit, jd_ctx_t *ctx)
{
    jd_conley_taber_t found = {0};
    int rc = jd_conley_taber_test(&found, design, y, 0, level, &how->vcov, ctx);
    if (!rc && isinf(found.ci_high - found.ci_low))
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "the law of %d controls has no quantile at this level for %d treated clusters",
                     found.n_controls, found.n_treated);
    if (!rc) {
        const double z = gsl_cdf_ugaussian_Pinv(1 - (1 - level) / 2);
        fit->std_error[0] = (found.ci_high - found.ci_low) / (2 * z);
        fit->ci_low[0] = found.ci_low;
        fit->ci_high[0] = found.ci_high;
        fit->p_value[0] = found.p_value;
    }
    jd_conley_taber_free(&found);
    return rc;
}

/* Whether the errors an estimator chose come from samples, not from a formula. */
static bool is_of_samples(const char *name)
{
    return name &&
           (!strcmp(name, "placebo") || !strcmp(name, "jackknife") || !strcmp(name, "bootstrap"));
}

static int refuse(const jd_inference_t *how, const jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_estimator_t *e = jd_design_estimator(design);
    const jd_term_t *terms = jd_design_terms(design);
    if (how->vcov.resample != JD_RESAMPLE_AUTO && !(e->infers & JD_INFERS_RESAMPLE))
        return jd_fail(ctx, JD_ERR_UNSUPPORTED, "it has no %s of its own", how->label);
    if (how->wild && !(e->infers & JD_INFERS_WILD))
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "the wild bootstrap needs the residuals of one regression");
    if (how->wild && terms[0].kind == JD_TERM_EVENT)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "the wild bootstrap tests one term, and its overall effect is a mean of "
                       "several");
    if ((how->permutes || how->controls) && terms[0].kind != JD_TERM_OVERALL)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "%s tests one term, and its overall effect is a mean of several",
                       how->label);
    if (how->vcov.resample == JD_RESAMPLE_AUTO && (e->infers & JD_INFERS_RESAMPLE) &&
        how->vcov.kind != JD_VCOV_CLUSTER)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED, "it has no %s errors", how->label);
    return JD_OK;
}

int jd_inference_apply(const jd_inference_t *how, const jd_design_t *design, const double *y,
                       double level, jd_fit_t *fit, jd_ctx_t *ctx)
{
    int rc = refuse(how, design, ctx);
    if (!rc) rc = jd_design_infer(design, y, &how->vcov, level, fit, ctx);
    if (!rc && how->vcov.resample == JD_RESAMPLE_AUTO && is_of_samples(fit->facts.name))
        rc = jd_fail(ctx, JD_ERR_UNSUPPORTED, "its errors come from samples (%s), not %s",
                     fit->facts.name, how->label);
    if (!rc && how->vcov.resample != JD_RESAMPLE_AUTO &&
        !(fit->facts.name && !strcmp(fit->facts.name, how->label)))
        rc = jd_fail(ctx, JD_ERR_UNSUPPORTED, "it has no %s of its own", how->label);
    if (!rc && how->normal) rc = take_normal_law(fit, ctx);
    if (!rc && how->permutes) rc = take_randomisation(how, design, y, level, fit, ctx);
    if (!rc && how->controls) rc = take_controls(how, design, y, level, fit, ctx);
    if (!rc && how->wild) rc = take_wild(how, design, y, level, fit, ctx);
    return rc;
}
