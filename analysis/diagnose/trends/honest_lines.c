/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The diagnostic "honest": what an event study says if trends are not parallel, line by line. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "diagnose/diagnostic.h"
#include "jiedao/honest.h"

static jd_estimate_t estimate_of(const jd_honest_set_t *set)
{
    return (jd_estimate_t){set->estimate, set->std_error, set->low, set->high, (double)NAN};
}

/* Either restriction's sets and breakdown value. */
static int add_sets(const jd_diagnosis_t *d, const jd_event_path_t *path,
                    const jd_honest_options_t *options, const double *m, int n_m, jd_ctx_t *ctx)
{
    bool smooth = options->delta == JD_HONEST_SD;
    const char *quantity = smooth ? "honest_smoothness" : "honest_relmag";
    jd_honest_set_t *sets;
    double breakdown;
    int rc = jd_make(&sets, n_m, sizeof *sets, "robust sets", ctx);
    if (!rc) rc = jd_honest_sets(path, options, m, n_m, sets, ctx);
    if (!rc) rc = jd_honest_breakdown(path, options, 0, &breakdown, ctx);
    for (int k = 0; k < n_m && !rc; k++)
        rc = jd_diagnosis_add_at(d, quantity, smooth ? "M" : "Mbar",
                                 smooth ? ldexp(m[k], d->exponent) : m[k], estimate_of(&sets[k]),
                                 true, ctx);
    if (!rc)
        rc = jd_diagnosis_add(d, quantity, "breakdown", jd_diagnosis_bare(breakdown), smooth, ctx);
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

/* 0, 1, 2 and 4 units: much the same for all estimators. */
static void usual_smoothness(const jd_diagnosis_t *d, const jd_honest_set_t *plain, double m[4])
{
    const double unit = round_down(ldexp(plain->std_error, d->exponent) / 8);
    for (int k = 0; k < 4; k++)
        m[k] = k ? ldexp(unit, k - 1 - d->exponent) : 0;
}

static int add_all(const jd_diagnosis_t *d, const jd_event_path_t *path, jd_ctx_t *ctx)
{
    static const double usual[] = {0.5, 1, 1.5, 2};
    const jd_list_t *mbar = &d->options->honest.mbar, *given = &d->options->honest.m;
    const bool average = d->options->honest.average;
    jd_honest_options_t options;
    jd_honest_set_t plain;
    double *l = NULL, m[JD_LIST_MAX];
    jd_honest_defaults(&options);
    options.level = d->level;
    options.draws = d->vcov->draws;
    options.seed = d->vcov->seed;
    int rc = average ? make_average(path, &l, ctx) : JD_OK;
    options.target = l;
    if (!rc) rc = jd_honest_original(path, &options, &plain, ctx);
    if (!rc)
        rc = jd_diagnosis_add(d, "honest_original", average ? "average" : "e=0",
                              estimate_of(&plain), true, ctx);
    options.delta = JD_HONEST_RM;
    if (!rc)
        rc = add_sets(d, path, &options, mbar->n ? mbar->value : usual, mbar->n ? mbar->n : 4, ctx);
    options.delta = JD_HONEST_SD;
    if (!rc) usual_smoothness(d, &plain, m);
    for (int k = 0; k < given->n && !rc; k++)
        m[k] = ldexp(given->value[k], -d->exponent);
    if (!rc) rc = add_sets(d, path, &options, m, given->n ? given->n : 4, ctx);
    free(l);
    return rc;
}

static int diagnose(const jd_diagnosis_t *d, jd_ctx_t *ctx)
{
    return jd_diagnosis_of_path(d, add_all, ctx);
}

#define OPTION(field) offsetof(jd_diagnostic_options_t, honest.field)

static const jd_param_t own_options[] = {
    {"honest_mbar", JD_PARAM_LIST, OPTION(mbar), "", 0, 1e300, NULL, "numbers",
     "breaks in trend, in those seen before; none: 0.5, 1, 1.5, 2", "Rambachan and Roth 2023",
     JD_RESULT},
    {"honest_m", JD_PARAM_LIST, OPTION(m), "", 0, 1e300, NULL, "numbers",
     "changes of slope; none: 0 to half a standard error", "Rambachan and Roth 2023", JD_RESULT},
    {"honest_average", JD_PARAM_FLAG, OPTION(average), "no", 0, 0, NULL, "",
     "for the mean effect after treatment, not the first", "", JD_RESULT},
    {.name = NULL},
};

const jd_diagnostic_t jd_diagnostic_honest = {
    .name = "honest",
    .label = "robust sets under violations of parallel trends",
    .synonyms = "honestdid",
    .of_fit = true,
    .options = own_options,
    .run = diagnose,
};
