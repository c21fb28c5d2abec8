/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects per unit of dose where treatment differs in how much of it arrives (de Chaisemartin,
 * D'Haultfoeuille 2018, Fuzzy differences-in-differences, Review of Economic Studies 85):
 *
 *      Wald-DID = sum of theta(y) / sum of theta(dose)                               (their eq. 1)
 *
 * over treated cells, theta as in dose_cells.h. Time-corrected (Wald-TC, their eq. 6): the change
 * of a treated unit is held against that of controls of the same dose before whose dose stays, and
 * the denominator is its own change of dose. Given the doses it is linear in y. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/dose/cells.h"

typedef struct {
    jd_dose_cells_t cells;
    double *theta_dose; /* [n_cells] */
    int32_t *term;      /* [n_cells] beside the overall one; -1 none */
    double *dose;       /* [n_terms] denominators, as means: sum / weight */
    double *weight;     /* [n_terms] */
    int has_overall;
} wald_t;

static void release(jd_design_t *design)
{
    wald_t *own = design->own;
    jd_dose_cells_free(&own->cells);
    free(own->theta_dose);
    free(own->term);
    free(own->dose);
    free(own);
    design->own = NULL;
}

static int counts_under(const wald_t *own, int32_t cell, int term)
{
    return (own->has_overall && term == 0) || own->term[cell] == term;
}

/* theta of the dose itself; time-corrected, controls' doses stay and it is a unit's own change. */
static int find_doses(wald_t *own, jd_ctx_t *ctx)
{
    const jd_dose_cells_t *c = &own->cells;
    double *mean;
    int rc = jd_make_unset(&mean, jd_dose_group_numbers(c), sizeof *mean, "doses", ctx);
    if (!rc)
        rc = jd_make_unset(&own->theta_dose, (size_t)c->n_cells, sizeof *own->theta_dose, "doses",
                           ctx);
    if (rc) {
        free(mean);
        return rc;
    }
    jd_dose_cells_effects(c, c->dose, own->theta_dose, mean);
    free(mean);
    return JD_OK;
}

/* Terms by key, those whose dose does not change left out. */
static int list_terms(jd_design_t *design, wald_t *own, const jd_did_options_t *options,
                      const jd_groups_t *keys, jd_ctx_t *ctx)
{
    const jd_dose_cells_t *c = &own->cells;
    int skip = keys->value[0] == JD_NO_KEY, n_all = own->has_overall + keys->n_groups - skip, n = 0;
    double largest = 0;
    int rc = jd_make(&design->terms, n_all, sizeof *design->terms, "the terms", ctx);
    if (!rc) rc = jd_make_n(&own->dose, 2 * (size_t)n_all, sizeof *own->dose, "the terms", ctx);
    if (rc) return rc;
    own->weight = own->dose + n_all;
    for (int32_t i = 0; i < c->n_cells; i++)
        largest = fmax(largest, fabs(own->theta_dose[i]));
    for (int k = 0; k < n_all; k++) {
        int group = k - own->has_overall + skip;
        int overall = own->has_overall && k == 0;
        double sum = 0, weight = 0;
        jd_term_t term = jd_term_overall("att");
        for (int32_t i = 0; i < c->n_cells; i++) {
            if (!overall && keys->code[i] != group) continue;
            double w = c->weight[c->cell_unit[i]];
            sum += w * own->theta_dose[i];
            weight += w;
            if (overall) continue;
            term = options->aggregate == JD_AGGREGATE_CELLS
                       ? jd_term_cell(c->cohort[c->cell_unit[i]], jd_dose_cell_time(c, i))
                       : jd_term_aggregate(options->aggregate, keys->value[group]);
        }
        int identified = fabs(sum) > 1e-10 * weight * largest;
        for (int32_t i = 0; i < c->n_cells && !overall; i++)
            if (keys->code[i] == group) own->term[i] = identified ? n : -1;
        if (!identified && overall)
            return jd_fail(ctx, JD_ERR_DATA,
                           "wald_did: the dose of treated units does not change on average, less "
                           "their controls': there is nothing to divide by");
        if (!identified) {
            jd_warn(ctx, "wald_did: '%s': left out, the dose does not change there", term.name);
            continue;
        }
        design->terms[n] = term;
        own->dose[n] = sum / weight;
        own->weight[n++] = weight;
    }
    if (n == 0) return jd_fail(ctx, JD_ERR_DATA, "wald_did: the dose changes in no treated cell");
    design->facts.n_terms = n;
    return JD_OK;
}

/* The first of the groups of a cohort and period: they stand together, one for each dose before. */
static int32_t first_group(const jd_dose_cells_t *c, int32_t k)
{
    const jd_comparison_group_t *group = &c->group[k];
    while (k > 0 && group[-1].cohort == group->cohort && group[-1].time == group->time) {
        group--;
        k--;
    }
    return k;
}

static int make_terms(jd_design_t *design, wald_t *own, const jd_did_options_t *options,
                      jd_ctx_t *ctx)
{
    const jd_dose_cells_t *c = &own->cells;
    jd_groups_t keys = {0};
    if (jd_make_unset(&own->term, (size_t)c->n_cells, sizeof *own->term, "terms", ctx))
        return JD_ERR_NO_MEMORY;
    own->has_overall = options->aggregate != JD_AGGREGATE_CELLS;
    for (int32_t i = 0; i < c->n_cells; i++) {
        int32_t g = c->cohort[c->cell_unit[i]], t = jd_dose_cell_time(c, i), key;
        key = options->aggregate == JD_AGGREGATE_OVERALL ? JD_NO_KEY
              : options->aggregate == JD_AGGREGATE_CELLS
                  ? first_group(c, c->cell_group[i])
                  : jd_aggregate_key(options->aggregate, g, t);
        if (options->aggregate == JD_AGGREGATE_EVENT &&
            (key < options->event_first || key > options->event_last))
            key = JD_NO_KEY;
        own->term[i] = key;
    }
    int rc = jd_groups_make(&keys, own->term, c->n_cells, ctx);
    for (int32_t i = 0; !rc && i < c->n_cells; i++)
        own->term[i] = -1;
    if (!rc) rc = list_terms(design, own, options, &keys, ctx);
    jd_groups_free(&keys);
    return rc;
}

/* A term's coefficients on theta: weight over the sum of weighted doses. */
static void fill_coefficients(const void *user, int term, double *a)
{
    const wald_t *own = user;
    const jd_dose_cells_t *c = &own->cells;
    for (int32_t i = 0; i < c->n_cells; i++)
        a[i] = counts_under(own, i, term)
                   ? c->weight[c->cell_unit[i]] / (own->weight[term] * own->dose[term])
                   : 0;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    wald_t *own;
    if (jd_make_n(&own, 1, sizeof *own, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = own;
    int rc = jd_dose_cells_make(&own->cells, design, panel, options,
                                options->wald_did.time_corrected, ctx);
    if (!rc) rc = find_doses(own, ctx);
    if (!rc) rc = make_terms(design, own, options, ctx);
    if (!rc) rc = jd_dose_cells_fill(design, &own->cells, fill_coefficients, own, ctx);
    return rc;
}

/* y - estimate dose, whose theta sum to 0 over a term's cells: its influence is the ratio's. */
static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    const wald_t *own = design->own;
    const jd_dose_cells_t *c = &own->cells;
    int rc = jd_influence_check(design, options, ctx);
    if (rc) return rc;
    size_t matrix = (size_t)c->n_units * (size_t)c->n_periods;
    size_t clusters = (size_t)design->clusters.n_groups, k = (size_t)fit->n_terms;
    size_t all = matrix + 2 * (size_t)c->n_cells + 2 * jd_dose_group_numbers(c) + k * clusters;
    double *v;
    if (jd_make_n(&v, all, sizeof *v, "influence functions", ctx)) return JD_ERR_NO_MEMORY;
    double *theta = v + matrix, *a = theta + c->n_cells, *mean = a + c->n_cells;
    double *by_group = mean + jd_dose_group_numbers(c), *sum = by_group + jd_dose_group_numbers(c);
    for (int j = 0; j < fit->n_terms; j++) {
        for (size_t i = 0; i < matrix; i++)
            v[i] = y[c->row[i]] - fit->estimate[j] * c->dose[i];
        jd_dose_cells_effects(c, v, theta, mean);
        fill_coefficients(own, j, a);
        jd_dose_cells_influence(c, a, v, theta, mean, NULL, by_group, sum + (size_t)j * clusters);
    }
    rc = jd_influence_infer(design, sum, options, fit, ctx);
    free(v);
    return rc;
}

/* Options of its own. */
static const jd_param_t own_options[] = {
    {"time_corrected", JD_PARAM_FLAG, offsetof(jd_did_options_t, wald_did.time_corrected), "no", 0,
     0, NULL, "", "against controls of the same dose before, which stay at it", "", JD_RESULT},
    {.name = NULL},
};

const jd_estimator_t jd_estimator_wald_did = {
    .name = "wald_did",
    .label = "Wald DID, effect per unit of dose (de Chaisemartin, D'Haultfoeuille)",
    .short_label = "Wald-DID",
    .synonyms = "fuzzydid",
    .uses = JD_USES_AGGREGATE | JD_USES_CONTROL | JD_USES_ANTICIPATION | JD_USES_EVENT |
            JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_DOSE,
    .options = own_options,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = release,
    .target = JD_TARGET_PER_DOSE,
};
