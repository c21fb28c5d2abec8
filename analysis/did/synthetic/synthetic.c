/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Synthetic difference in differences (Arkhangelsky, Athey, Hirshberg, Imbens, Wager 2021, American
 * Economic Review 111), synthetic control (Abadie, Diamond, Hainmueller 2010) and the plain double
 * difference on the same blocks. Staggered adoption: each cohort against all controls, cells
 * averaged by treated units (their appendix A; Clarke, Pailanir, Athey, Imbens 2023, Synthetic
 * difference in differences estimation, eq. 7). Covariates: taken out first, with coefficients
 * fitted to untreated rows under unit and period effects (Kranz 2022). */
#include "did/synthetic/synthetic.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "jiedao/synthetic.h"
#include "linear/sums.h"

static void release(jd_design_t *design)
{
    jd_synthetic_t *s = design->own;
    free(s->cell); /* one block with the other columns */
    free(s->block);
    jd_first_stage_free(&s->stage);
    free(s);
    design->own = NULL;
}

static int check_request(const jd_design_t *design, const jd_panel_t *panel,
                         const jd_did_options_t *options, jd_ctx_t *ctx)
{
    const char *name = design->estimator->name;
    double weight = 0;
    if (options->cross_sections)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: repeated cross-sections are requested; it follows units through all "
                       "periods",
                       name);
    if (options->anticipation < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: anticipation = %d periods; it is at least 0",
                       name, options->anticipation);
    for (int64_t i = 0; panel->weight && i < panel->n; i++) {
        if (weight == 0) weight = panel->weight[i];
        if (panel->weight[i] != 0 && panel->weight[i] != weight)
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "%s: weights %g and %g; units are equally weighted, or by weights that "
                           "it finds: leave "
                           "them out (0 leaves a row out)",
                           name, weight, panel->weight[i]);
    }
    return JD_OK;
}

/* Numbers units, controls first, then by cohort: ascending codes within. number [units] out. */
static void number_units(jd_synthetic_t *s, const jd_groups_t *units, const jd_groups_t *cohorts,
                         const int32_t *cohort_of, int32_t *number)
{
    int32_t next = 0;
    for (int32_t g = 0; g < cohorts->n_groups; g++) {
        for (int32_t u = 0; u < units->n_groups; u++)
            if (cohort_of[u] == g) number[u] = next++;
        s->start[g] = next; /* cohort 0 are the controls: start of block g - 1 + 1 */
    }
    s->n_controls = s->start[0];
}

static int allocate(jd_synthetic_t *s, jd_ctx_t *ctx)
{
    size_t units = (size_t)s->n_units, periods = (size_t)s->n_periods;
    size_t blocks = (size_t)s->n_blocks;
    size_t cells = units * periods + 2 * units + periods + blocks + 1 + blocks * periods;
    int rc = jd_make_unset(&s->cell, cells, sizeof *s->cell, "the blocks", ctx);
    if (!rc) rc = jd_make_n(&s->block, blocks, sizeof *s->block, "the blocks", ctx);
    if (rc) return rc;
    s->unit = s->cell + units * periods;
    s->cluster = s->unit + units;
    s->period = s->cluster + units;
    s->start = s->period + periods;
    s->term = s->start + blocks + 1;
    return JD_OK;
}

static void fill_matrix(jd_synthetic_t *s, const jd_design_t *design, const jd_groups_t *units,
                        const jd_groups_t *periods, const int32_t *number)
{
    for (int32_t u = 0; u < s->n_units; u++) {
        s->unit[number[u]] = units->value[u];
        s->cluster[u] = -2; /* not seen yet */
    }
    for (int64_t i = 0; i < units->n; i++) {
        int32_t u = number[units->code[i]], *cluster = &s->cluster[u];
        s->cell[(int64_t)u * s->n_periods + periods->code[i]] = (int32_t)i;
        *cluster =
            *cluster == -2 || *cluster == design->clusters.code[i] ? design->clusters.code[i] : -1;
    }
}

static void fill_blocks(jd_synthetic_t *s, const jd_groups_t *cohorts, const jd_groups_t *periods,
                        int32_t anticipation)
{
    memcpy(s->period, periods->value, (size_t)s->n_periods * sizeof *s->period);
    for (int32_t b = 0; b < s->n_blocks; b++) {
        jd_block_t *block = &s->block[b];
        block->cohort = cohorts->value[b + 1];
        for (int32_t t = 0; t < s->n_periods; t++) {
            block->n_before += s->period[t] < block->cohort;
            block->n_pre += (int64_t)s->period[t] < (int64_t)block->cohort - anticipation;
        }
    }
}

static int make_blocks(jd_synthetic_t *s, const jd_design_t *design, const jd_frame_t *frame,
                       const jd_did_options_t *options, jd_ctx_t *ctx)
{
    jd_groups_t units = {0}, periods = {0}, cohorts = {0};
    int32_t *work = NULL;
    int rc = jd_groups_make(&units, frame->unit, frame->n, ctx);
    if (!rc) rc = jd_groups_make(&periods, frame->time, frame->n, ctx);
    if (!rc) rc = jd_groups_make(&cohorts, frame->cohort, frame->n, ctx);
    if (!rc && cohorts.value[0] != 0)
        rc = jd_fail(ctx, JD_ERR_NO_CONTROLS,
                     "%s: no control unit is seen in every period; it needs units that are treated "
                     "later than all periods, or never",
                     design->estimator->name);
    if (rc) goto out;
    s->n_units = units.n_groups;
    s->n_periods = periods.n_groups;
    s->n_blocks = cohorts.n_groups - 1;
    rc = jd_make_n(&work, 2 * (size_t)s->n_units, sizeof *work, "units", ctx);
    if (!rc) rc = allocate(s, ctx);
    if (rc) goto out;
    int32_t *cohort_of = work, *number = work + s->n_units;
    for (int64_t i = 0; i < frame->n; i++)
        cohort_of[units.code[i]] = cohorts.code[i];
    number_units(s, &units, &cohorts, cohort_of, number);
    fill_matrix(s, design, &units, &periods, number);
    fill_blocks(s, &cohorts, &periods, options->anticipation);
out:
    free(work);
    jd_groups_free(&units);
    jd_groups_free(&periods);
    jd_groups_free(&cohorts);
    return rc;
}

/* The key of a cell's own term, or JD_NO_KEY. */
static int32_t key_of(const jd_synthetic_t *s, const jd_did_options_t *options, int32_t cell)
{
    int32_t g = s->block[cell / s->n_periods].cohort, t = s->period[cell % s->n_periods];
    if (options->aggregate == JD_AGGREGATE_OVERALL) return JD_NO_KEY;
    if (options->aggregate == JD_AGGREGATE_CELLS) return cell;
    int32_t key = jd_aggregate_key(options->aggregate, g, t);
    if (options->aggregate != JD_AGGREGATE_EVENT) return key;
    return key < options->event_first || key > options->event_last ? JD_NO_KEY : key;
}

static int make_terms(jd_design_t *design, jd_synthetic_t *s, const jd_did_options_t *options,
                      jd_ctx_t *ctx)
{
    int32_t cells = s->n_blocks * s->n_periods;
    jd_groups_t keys = {0};
    for (int32_t c = 0; c < cells; c++)
        s->term[c] = key_of(s, options, c);
    int rc = JD_OK;
    for (int32_t c = 0; !rc && options->aggregate == JD_AGGREGATE_EVENT && c < cells; c++)
        if (s->term[c] == JD_NO_KEY &&
            s->period[c % s->n_periods] >= s->block[c / s->n_periods].cohort)
            rc = jd_fail_window(design->estimator->name, options, ctx);
    if (!rc) rc = jd_groups_make(&keys, s->term, cells, ctx);
    if (rc) return rc;
    int skip = keys.value[0] == JD_NO_KEY;
    s->has_overall = options->aggregate != JD_AGGREGATE_CELLS;
    s->n_terms = s->has_overall + keys.n_groups - skip;
    rc = jd_make(&design->terms, s->n_terms, sizeof *design->terms, "the terms", ctx);
    for (int32_t g = skip; !rc && g < keys.n_groups; g++) {
        int32_t key = keys.value[g];
        design->terms[s->has_overall + g - skip] =
            s->has_overall
                ? jd_term_aggregate(options->aggregate, key)
                : jd_term_cell(s->block[key / s->n_periods].cohort, s->period[key % s->n_periods]);
    }
    for (int32_t c = 0; c < cells; c++)
        s->term[c] = keys.code[c] < skip ? -1 : s->has_overall + keys.code[c] - skip;
    if (!rc && s->has_overall) design->terms[0] = jd_term_overall("att");
    design->facts.n_terms = s->n_terms;
    jd_groups_free(&keys);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_synthetic_kind_t kind, jd_ctx_t *ctx)
{
    jd_staggered_t staggered = {0};
    jd_frame_t frame = {0};
    const jd_staggered_needs_t who = {
        .anticipation = options->anticipation, .last_as_control = 1, .complete = 1};
    int rc = check_request(design, panel, options, ctx);
    if (!rc) rc = jd_staggered_make(&staggered, design->estimator->name, panel, who, ctx);
    if (rc) return rc;
    const jd_frame_needs_t needs = {
        .cohort = 1, .staggered = &staggered, .effects = panel->n_x > 0};
    jd_synthetic_t *s = calloc(1, sizeof *s);
    design->own = s;
    if (!s) rc = jd_fail_memory(ctx, sizeof *s, "a design");
    if (!rc) {
        s->kind = kind;
        s->frank_wolfe = options->synthetic.synthdid;
        rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    }
    if (!rc) rc = make_blocks(s, design, &frame, options, ctx);
    if (!rc && panel->n_x > 0)
        rc = jd_first_stage_make(&s->stage, design, &frame, panel, 0, options->solver, ctx);
    if (!rc) rc = make_terms(design, s, options, ctx);
    jd_design_frame_free(&frame);
    jd_staggered_free(&staggered);
    return rc;
}

static int prepare_did(jd_design_t *design, const jd_panel_t *panel,
                       const jd_did_options_t *options, jd_ctx_t *ctx)
{
    return prepare(design, panel, options, JD_SYNTHETIC_DID, ctx);
}

static int prepare_control(jd_design_t *design, const jd_panel_t *panel,
                           const jd_did_options_t *options, jd_ctx_t *ctx)
{
    return prepare(design, panel, options, JD_SYNTHETIC_CONTROL, ctx);
}

static int prepare_uniform(jd_design_t *design, const jd_panel_t *panel,
                           const jd_did_options_t *options, jd_ctx_t *ctx)
{
    return prepare(design, panel, options, JD_SYNTHETIC_UNIFORM, ctx);
}

/* An outcome's matrix and its weights; free the matrix and who->control. */
typedef struct {
    double *matrix;
    jd_synthetic_who_t who;
    jd_block_weights_t weights;
} weighed_t;

static void free_weighed(weighed_t *w)
{
    free(w->matrix);
    free(w->who.control);
    jd_block_weights_free(&w->weights);
}

static int weigh(const jd_design_t *design, const double *y, weighed_t *w, jd_ctx_t *ctx)
{
    const jd_synthetic_t *s = design->own;
    size_t cells = (size_t)s->n_units * (size_t)s->n_periods;
    memset(w, 0, sizeof *w);
    if (jd_make_unset(&w->matrix, cells, sizeof *w->matrix, "outcomes", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = jd_synthetic_everyone(s, (size_t)s->n_units, &w->who, ctx);
    if (!rc) rc = jd_block_weights_init(&w->weights, s, (size_t)s->n_controls, ctx);
    if (!rc) rc = jd_synthetic_outcomes(s, y, w->matrix, ctx);
    if (!rc) rc = jd_synthetic_weigh(s, &w->who, w->matrix, 1, &w->weights, ctx);
    return rc;
}

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    const jd_synthetic_t *s = design->own;
    double *term;
    int rc = jd_make_unset(&term, (size_t)s->n_terms, sizeof *term, "effects", ctx);
    for (int j = 0; !rc && j < n_y; j++) {
        weighed_t w;
        rc = weigh(design, y[j], &w, ctx);
        if (!rc) rc = jd_synthetic_terms(s, &w.who, w.matrix, &w.weights, term, ctx);
        for (int k = 0; !rc && k < s->n_terms; k++)
            out[k * n_y + j] = term[k];
        free_weighed(&w);
    }
    free(term);
    return rc;
}

/* What a unit of `by` in the block's cell (b, t) puts on outcomes. */
static void add_cell(const jd_synthetic_t *s, const jd_block_weights_t *weights, int32_t b,
                     int32_t t, double by, double *w)
{
    const double *omega = weights->omega + (int64_t)b * s->n_controls;
    const double *lambda = weights->lambda + (int64_t)b * s->n_periods;
    double n_treated = s->start[b + 1] - s->start[b];
    for (int32_t p = 0; p < s->n_periods; p++) {
        double on = by * ((p == t) - lambda[p]);
        if (on == 0) continue;
        for (int32_t u = s->start[b]; u < s->start[b + 1]; u++)
            w[s->cell[(int64_t)u * s->n_periods + p]] += on / n_treated;
        for (int32_t u = 0; u < s->n_controls; u++)
            w[s->cell[(int64_t)u * s->n_periods + p]] -= on * omega[u];
    }
}

/* Covariates' coefficients W0 y are linear in y too: w -= W0'(X'w). */
static int add_covariates(const jd_synthetic_t *s, double *w, jd_ctx_t *ctx)
{
    const jd_first_stage_t *stage = &s->stage;
    int n = stage->fit.n_kept;
    double *on;
    if (jd_make_unset(&on, (size_t)n + 1, sizeof *on, "covariates", ctx)) return JD_ERR_NO_MEMORY;
    for (int k = 0; k < n; k++)
        on[k] = jd_dot_exact(stage->x + stage->fit.kept[k] * stage->n, w, stage->n);
    for (int k = 0; k < n; k++)
        for (int64_t i = 0, r = 0; i < stage->n; i++)
            if (!stage->treated[i]) w[i] -= on[k] * stage->fit.columns[k * stage->n0 + r++];
    free(on);
    return JD_OK;
}

static int fill_weights(const jd_design_t *design, const jd_block_weights_t *weights, int term,
                        double *w, jd_ctx_t *ctx)
{
    const jd_synthetic_t *s = design->own;
    double mass = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int32_t b = 0; b < s->n_blocks; b++)
            for (int32_t t = 0; t < s->n_periods; t++) {
                double share = s->start[b + 1] - s->start[b];
                int overall = term == 0 && s->has_overall;
                if (overall ? t < s->block[b].n_before
                            : s->term[(int64_t)b * s->n_periods + t] != term)
                    continue;
                if (pass == 0)
                    mass += share;
                else
                    add_cell(s, weights, b, t, share / mass, w);
            }
    return add_covariates(s, w, ctx);
}

static int freeze(const jd_design_t *design, const double *y, double *w, jd_ctx_t *ctx)
{
    weighed_t found;
    int rc = weigh(design, y, &found, ctx);
    for (int k = 0; !rc && k < design->facts.n_terms; k++)
        rc = fill_weights(design, &found.weights, k, w + (int64_t)k * design->sample.n, ctx);
    free_weighed(&found);
    return rc;
}

int jd_synthetic_weights_find(jd_synthetic_weights_t *out, const jd_design_t *design,
                              const double *y, jd_ctx_t *ctx)
{
    memset(out, 0, sizeof *out);
    if (design->estimator->release != release)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s has no synthetic weights",
                       design->estimator->name);
    const jd_synthetic_t *s = design->own;
    size_t n = (size_t)design->sample.n;
    double *own;
    if (jd_make_unset(&own, n, sizeof *own, "an outcome", ctx)) return JD_ERR_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        own[i] = y[design->sample.row[i]];
    weighed_t w;
    int rc = weigh(design, own, &w, ctx);
    free(own);
    size_t ints = (size_t)s->n_blocks + (size_t)s->n_controls + (size_t)s->n_periods;
    if (!rc) rc = jd_make_unset(&out->cohort, ints, sizeof *out->cohort, "synthetic weights", ctx);
    if (!rc) {
        out->n_cohorts = s->n_blocks;
        out->n_controls = s->n_controls;
        out->n_periods = s->n_periods;
        out->unit = out->cohort + s->n_blocks;
        out->period = out->unit + s->n_controls;
        for (int32_t b = 0; b < s->n_blocks; b++)
            out->cohort[b] = s->block[b].cohort;
        memcpy(out->unit, s->unit, (size_t)s->n_controls * sizeof *out->unit);
        memcpy(out->period, s->period, (size_t)s->n_periods * sizeof *out->period);
        out->omega = w.weights.omega; /* one block, handed over */
        out->lambda = w.weights.lambda;
        out->zeta = w.weights.zeta;
        memset(&w.weights, 0, sizeof w.weights);
    } else {
        jd_synthetic_weights_free(out);
    }
    free_weighed(&w);
    return rc;
}

void jd_synthetic_weights_free(jd_synthetic_weights_t *weights)
{
    if (!weights) return;
    free(weights->cohort);
    free(weights->omega);
    memset(weights, 0, sizeof *weights);
}

/* About a minute at 24 periods and ten cohorts by the slowest inference chosen by default,
 * placebos; the jackknife takes a tenth of that. */
enum { MOST_UNITS = 200000 };

/* Options of its own. */
static const jd_param_t own_options[] = {
    {"synthdid", JD_PARAM_FLAG, offsetof(jd_did_options_t, synthetic.synthdid), "no", 0, 0, NULL,
     "", "weights as the search of the R package synthdid leaves them", "", JD_RESULT},
    {.name = NULL},
};

const jd_estimator_t jd_estimator_synthetic_did = {
    .name = "synthetic_did",
    .label = "synthetic difference in differences",
    .short_label = "synthetic DID",
    .synonyms = "sdid,synthdid",
    .uses = JD_USES_AGGREGATE | JD_USES_ANTICIPATION | JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .infers = JD_INFERS_RESAMPLE,
    .options = own_options,
    .no_bootstrap = "it has a bootstrap of its own: \3resample\2 bootstrap",
    .family = JD_CLASS_FROZEN,
    .prepare = prepare_did,
    .infer = jd_synthetic_infer,
    .release = release,
    .estimate = estimate,
    .freeze = freeze,
    .most_units = MOST_UNITS,
};

const jd_estimator_t jd_estimator_synthetic_control = {
    .name = "synthetic_control",
    .page = "synthetic_did",
    .label = "synthetic control",
    .short_label = "synthetic control",
    .synonyms = "synth",
    .uses = JD_USES_AGGREGATE | JD_USES_ANTICIPATION | JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .infers = JD_INFERS_RESAMPLE,
    .options = own_options,
    .no_bootstrap = "it has a bootstrap of its own: \3resample\2 bootstrap",
    .family = JD_CLASS_FROZEN,
    .prepare = prepare_control,
    .infer = jd_synthetic_infer,
    .release = release,
    .estimate = estimate,
    .freeze = freeze,
    .most_units = MOST_UNITS,
};

const jd_estimator_t jd_estimator_block_did = {
    .name = "block_did",
    .page = "synthetic_did",
    .label = "difference in differences on synthetic DID's blocks",
    .short_label = "block DID",
    .uses = JD_USES_AGGREGATE | JD_USES_ANTICIPATION | JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .infers = JD_INFERS_RESAMPLE,
    .no_bootstrap = "it has a bootstrap of its own: \3resample\2 bootstrap",
    .family = JD_CLASS_FROZEN,
    .prepare = prepare_uniform,
    .infer = jd_synthetic_infer,
    .release = release,
    .estimate = estimate,
    .freeze = freeze,
    .most_units = MOST_UNITS,
};
