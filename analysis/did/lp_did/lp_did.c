/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Local projections difference in differences (Dube, Girardi, Jorda, Taylor 2023, NBER 31184): for
 * each horizon h a regression of its own,
 *
 *      y_i,t+h - y_i,t-1 = beta_h dD_it + delta_t (+ gamma' x_i,t-1) + u                 (eq. 9)
 *
 * over newly treated (dD = 1) and clean controls, untreated until t+h (t for leads). beta_h weighs
 * adopters of a period by their number and by how many controls face them; `reweight` divides the
 * latter out (section 3.4). The base may be the mean of several periods before (section 3.6). Where
 * treatment may end and return, a unit counts again L periods after its last change. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/lp_did/lp_did.h"

static void release(jd_design_t *design)
{
    jd_lp_t *lp = design->own;
    free(lp->at);
    free(lp->first);
    free(lp->on);
    free(lp->change);
    free(lp->horizon);
    free(lp->x);
    free(lp->on_rows);
    free(lp);
}

static int make_index(jd_lp_t *lp, jd_design_t *design, const jd_frame_t *frame, jd_ctx_t *ctx)
{
    jd_groups_t units = {0}, periods = {0};
    int rc = jd_groups_make(&units, frame->unit, frame->n, ctx);
    if (!rc) rc = jd_groups_make(&periods, frame->time, frame->n, ctx);
    if (rc) goto out;
    lp->n_units = units.n_groups;
    lp->n_periods = periods.n_groups;
    size_t cells = (size_t)lp->n_units * (size_t)lp->n_periods;
    rc = jd_make_unset(&lp->at, cells, sizeof *lp->at, "units by periods", ctx);
    if (!rc)
        rc = jd_make_unset(&lp->first, (size_t)lp->n_units, sizeof *lp->first, "units by periods",
                           ctx);
    if (rc) goto out;
    memset(lp->at, -1, cells * sizeof *lp->at);
    int32_t delay = -1;
    int differ = 0;
    for (int64_t i = 0; !rc && i < frame->n; i++) {
        int32_t u = units.code[i], t = periods.code[i], first = 0;
        int32_t *at = &lp->at[(int64_t)u * lp->n_periods + t];
        if (*at >= 0)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "lp_did: unit %s has a second row in period %s (row %s); give one row a "
                         "unit and period",
                         JD_UNIT_NAME(ctx, units.value[u]), JD_PERIOD_NAME(ctx, periods.value[t]),
                         JD_ROW_NAME(ctx, design->sample.row[i] + 1));
        *at = (int32_t)i;
        while (first < lp->n_periods &&
               (frame->cohort[i] == 0 || periods.value[first] < frame->cohort[i]))
            first++;
        lp->first[u] = first;
        design->event_time[i] = first < lp->n_periods ? t - first : JD_NEVER;
        if (first == lp->n_periods || first == 0) continue;
        int32_t before = delay;
        jd_delay_add(&delay, periods.value[first], frame->cohort[i]);
        differ |= before != -1 && before != delay;
    }
    if (!rc && differ && !lp->stable) jd_report_gaps("lp_did", ctx);
    lp->delay = differ || delay < 0 || lp->stable ? 0 : delay;
    for (int64_t i = 0; i < frame->n && lp->delay > 0; i++)
        if (design->event_time[i] != JD_NEVER)
            design->event_time[i] = jd_delayed(lp->delay, design->event_time[i]);
out:
    jd_groups_free(&units);
    jd_groups_free(&periods);
    return rc;
}

/* Periods since the last entry, of rows under treatment. */
static void find_event_times(const jd_lp_t *lp, int32_t *event_time)
{
    for (int32_t u = 0; u < lp->n_units; u++) {
        const int32_t *change = lp->change + (size_t)u * (size_t)lp->n_periods;
        const int8_t *on = lp->on + (size_t)u * (size_t)lp->n_periods;
        for (int32_t t = 0; t < lp->n_periods; t++) {
            int32_t row = jd_lp_row(lp, u, t), since = change[t] < 0 ? lp->first[u] : change[t];
            if (row >= 0) event_time[row] = on[t] ? t - since : JD_NEVER;
        }
    }
}

/* Horizons requested, within what the panel holds: leads from -2 on, then effects; pooled, a window
 * of each. */
static int list_horizons(jd_lp_t *lp, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    int32_t widest = lp->n_periods - 2, lead = -widest - 1;
    int32_t asked = options->event_last == INT32_MAX ? INT32_MAX : options->event_last - lp->delay;
    lp->last_h = asked < widest ? asked : widest;
    lp->first_h = options->event_first > lead ? options->event_first : lead;
    lp->pooled = options->lp_did.pooled;
    if (options->event_first > 0) return jd_fail_window("lp_did", options, ctx);
    if (lp->last_h < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "lp_did: event_last = %d; at least event time 0 is estimated",
                       options->event_last);
    if ((lp->pooled || lp->no_composition) && options->event_last == INT32_MAX)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "lp_did: effects of one window for all need its end: set event_last, and "
                       "event_first for leads");
    if ((lp->pooled || lp->no_composition) && options->event_first == INT32_MIN) lp->first_h = -1;
    int32_t leads = lp->first_h < -1 ? -1 - lp->first_h : 0;
    int n = lp->pooled ? 1 + (leads > 0) : leads + lp->last_h + 1;
    if (jd_make_n(&lp->horizon, (size_t)n, sizeof *lp->horizon, "horizons", ctx))
        return JD_ERR_NO_MEMORY;
    if (leads == 0) lp->first_h = 0;
    if (lp->pooled) {
        lp->horizon[0] = (jd_lp_horizon_t){.to = lp->last_h, .clean = lp->last_h};
        if (leads > 0) lp->horizon[1] = (jd_lp_horizon_t){.from = lp->first_h, .to = -2};
    }
    for (int k = 0; !lp->pooled && k < n; k++) {
        int32_t h = k < leads ? lp->first_h + k : k - leads;
        lp->horizon[k] = (jd_lp_horizon_t){.from = h, .to = h, .clean = h > 0 ? h : 0};
    }
    for (int k = 0; lp->no_composition && k < n; k++)
        lp->horizon[k].clean = lp->last_h;
    lp->n_horizons = n;
    return JD_OK;
}

/* What a horizon from 0 on counts for in "att": the treated cells it covers, or one. */
static double count_treated(const jd_lp_projection_t *p, const jd_lp_t *lp,
                            const jd_design_t *design, const jd_lp_horizon_t *h)
{
    double count = 0;
    if (h->from < 0 || !lp->cell_mean) return h->from >= 0;
    for (int64_t i = 0; i < p->n; i++) {
        if (!p->treated[i]) continue;
        int32_t row = jd_lp_row(lp, p->unit[i], (int64_t)p->time[i] + h->from);
        count += design->weight ? design->weight[row] : 1;
    }
    return count;
}

/* Adds a horizon's weights on rows. */
static int add_weights(const jd_lp_projection_t *p, const jd_lp_t *lp, const jd_lp_horizon_t *h,
                       double *on, jd_ctx_t *ctx)
{
    double *own;
    if (jd_make_unset(&own, (size_t)p->n, sizeof *own, "weights on outcomes", ctx))
        return JD_ERR_NO_MEMORY;
    jd_regression_weights(&p->regression, 0, own);
    for (int64_t i = 0; i < p->n; i++) {
        jd_lp_visit_t v = {.w = on, .value = own[i]};
        jd_lp_visit(lp, h, p->unit[i], p->time[i], &v);
    }
    free(own);
    return JD_OK;
}

/* Fills the weights of horizons that are identified and moves these up: *n of them. */
static int fill_weights(jd_lp_t *lp, const jd_design_t *design, int *n, jd_ctx_t *ctx)
{
    size_t rows = (size_t)design->sample.n;
    int rc = JD_OK, kept = 0;
    for (int k = 0; !rc && k < lp->n_horizons; k++) {
        jd_lp_projection_t p;
        jd_lp_horizon_t h = lp->horizon[k];
        rc = jd_check_cancelled(ctx);
        if (rc) break;
        rc = jd_lp_projection_make(&p, lp, design, &h, ctx);
        int told = !rc && p.n > 0;
        if (told) {
            h.share = count_treated(&p, lp, design, &h);
            lp->horizon[kept++] = h;
            rc = add_weights(&p, lp, &h, lp->on_rows + (size_t)kept * rows, ctx);
        }
        jd_lp_projection_free(&p);
        if (!told && k == 0 && lp->pooled) break;
    }
    *n = kept;
    return rc;
}

/* "att", pooled or a mean of the effects from 0 on, then leads and effects. */
static int make_terms(jd_design_t *design, jd_lp_t *lp, jd_ctx_t *ctx)
{
    size_t rows = (size_t)design->sample.n, most = (size_t)lp->n_horizons + 1;
    int n = 0;
    double effects = 0;
    int rc = jd_make_n(&design->terms, most, sizeof *design->terms, "weights on outcomes", ctx);
    if (!rc)
        rc = jd_make_n(&lp->on_rows, most * rows, sizeof *lp->on_rows, "weights on outcomes", ctx);
    if (rc) return rc;
    rc = fill_weights(lp, design, &n, ctx);
    if (rc) return rc;
    lp->n_horizons = n;
    for (int k = 0; k < n; k++)
        effects += lp->horizon[k].share;
    for (int k = 0; k < n; k++)
        lp->horizon[k].share /= effects;
    if (effects == 0)
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "lp_did: no newly treated unit is seen with clean controls over the event "
                       "times requested; narrow them, or take the not yet treated as controls too");
    design->terms[0] = jd_term_overall("att");
    if (lp->pooled) {
        memmove(lp->on_rows, lp->on_rows + rows, (size_t)n * rows * sizeof *lp->on_rows);
        design->terms[1] = jd_term_other("pre");
        design->terms[1].kind = JD_TERM_EVENT;
        jd_term_set_event(&design->terms[1], lp->first_h);
        design->terms[1].event_last = -2;
    }
    for (int k = 0; !lp->pooled && k < n; k++) {
        design->terms[k + 1] = jd_term_event(jd_delayed(lp->delay, lp->horizon[k].from));
        for (size_t i = 0; lp->horizon[k].from >= 0 && i < rows; i++)
            lp->on_rows[i] += lp->horizon[k].share * lp->on_rows[(size_t)(k + 1) * rows + i];
    }
    design->facts.n_terms = lp->pooled ? n : n + 1;
    return JD_OK;
}

static int keep_covariates(jd_lp_t *lp, const jd_design_t *design, const jd_panel_t *panel,
                           jd_ctx_t *ctx)
{
    size_t n = (size_t)design->sample.n, cells = n * (size_t)panel->n_x;
    lp->n_x = panel->n_x;
    if (jd_make_unset(&lp->x, cells + 1, sizeof *lp->x, "covariates", ctx)) return JD_ERR_NO_MEMORY;
    for (int k = 0; k < panel->n_x; k++)
        for (size_t i = 0; i < n; i++)
            lp->x[(size_t)k * n + i] = panel->x[k][design->sample.row[i]];
    return JD_OK;
}

/* The periods in the base: one, those requested, or all. */
static int choose_base(jd_lp_t *lp, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    if (options->lp_did.premean < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "lp_did: premean = %d periods in the base; 1 is the last before, 0 the "
                       "default, INT32_MAX all",
                       options->lp_did.premean);
    if (lp->stable && options->lp_did.premean > lp->stable)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "lp_did: premean = %d periods in the base, but treatment is known to stay "
                       "for nonabsorbing = %d periods before a change only; take at most these",
                       options->lp_did.premean, lp->stable);
    lp->premean = options->lp_did.premean == 0              ? 1
                  : options->lp_did.premean < lp->n_periods ? options->lp_did.premean
                                                            : lp->n_periods;
    return JD_OK;
}

static int fill(jd_design_t *design, const jd_panel_t *panel, const jd_frame_t *frame,
                const jd_did_options_t *options, jd_ctx_t *ctx)
{
    jd_lp_t *lp;
    if (jd_make_n(&lp, 1, sizeof *lp, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = lp;
    lp->reweight = options->lp_did.reweight;
    lp->cell_mean = options->cell_mean;
    lp->no_composition = options->lp_did.no_composition;
    lp->not_yet = options->control == JD_CONTROL_NOT_YET;
    lp->stable = options->lp_did.nonabsorbing;
    int rc = make_index(lp, design, frame, ctx);
    if (!rc && lp->stable) rc = jd_lp_paths_make(lp, frame->treated, ctx);
    if (!rc && lp->stable) find_event_times(lp, design->event_time);
    if (!rc) rc = choose_base(lp, options, ctx);
    if (!rc) rc = keep_covariates(lp, design, panel, ctx);
    if (!rc) rc = list_horizons(lp, options, ctx);
    if (!rc) rc = make_terms(design, lp, ctx);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    const int stays = options->lp_did.nonabsorbing == 0;
    const jd_frame_needs_t needs = {.cohort = stays};
    if (options->lp_did.nonabsorbing < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "lp_did: nonabsorbing = %d; it is the number of periods after which effects "
                       "of a change stay as they are, 1 or more; 0: treatment does not end",
                       options->lp_did.nonabsorbing);
    if (options->cross_sections)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "lp_did: repeated cross-sections are requested; it takes differences within "
                       "units");
    int rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc) rc = fill(design, panel, &frame, options, ctx);
    jd_design_frame_free(&frame);
    return rc;
}

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    const jd_lp_t *lp = design->own;
    jd_row_weights_estimate(design, lp->on_rows, y, n_y, out, ctx);
    return JD_OK;
}

static void weights(const jd_design_t *design, int term, double *w)
{
    const jd_lp_t *lp = design->own;
    jd_row_weights_place(design, lp->on_rows, term, w);
}

/* One horizon's scores by cluster, times the root of its small-sample factor; sum[c * width]. */
static int add_scores(const jd_design_t *design, const jd_lp_t *lp, const jd_lp_horizon_t *h,
                      const double *y, const jd_vcov_options_t *options, double *sum, int width,
                      jd_vcov_facts_t *facts, jd_ctx_t *ctx)
{
    jd_lp_projection_t p;
    int rc = jd_check_cancelled(ctx);
    if (rc) return rc;
    rc = jd_lp_projection_make(&p, lp, design, h, ctx);
    size_t n = (size_t)p.n, k = (size_t)p.regression.n_kept;
    double *own = NULL;
    if (!rc) rc = jd_make_unset(&own, 3 * n + k + k * k, sizeof *own, "residuals", ctx);
    if (!rc) {
        double *residual = own + n, *w = residual + n, *beta = w + n, *vcov = beta + k;
        const double *column = own;
        const jd_vcov_rows_t rows = {.way = {&p.clusters}, .n_ways = 1};
        for (size_t i = 0; i < n; i++) {
            jd_lp_visit_t v = {.y = y};
            jd_lp_visit(lp, h, p.unit[i], p.time[i], &v);
            own[i] = v.value;
        }
        jd_regression_estimate(&p.regression, &column, 1, beta, ctx);
        rc = jd_regression_residuals(&p.regression, own, beta, residual, ctx);
        if (!rc)
            rc =
                jd_regression_vcov(&p.regression, residual, &rows, options, vcov, NULL, facts, ctx);
        jd_regression_weights(&p.regression, 0, w);
        for (size_t i = 0; !rc && i < n; i++)
            sum[(int64_t)p.clusters.value[p.clusters.code[i]] * width] +=
                sqrt(facts->factor) * w[i] * residual[i];
    }
    free(own);
    jd_lp_projection_free(&p);
    return rc;
}

/* Each horizon's scores are a column; "att" is a mean of those from 0 on. */
static void combine(const jd_lp_t *lp, double *sum, int32_t n_clusters, int n_terms, double *vcov)
{
    for (int32_t c = 0; c < n_clusters; c++) {
        double *s = sum + (int64_t)c * n_terms;
        for (int k = 0; !lp->pooled && k < lp->n_horizons; k++)
            if (lp->horizon[k].from >= 0) s[0] += lp->horizon[k].share * s[k + 1];
        for (int i = 0; i < n_terms; i++)
            for (int j = 0; j < n_terms; j++)
                vcov[i * n_terms + j] += s[i] * s[j];
    }
}

static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_lp_t *lp = design->own;
    if (options->kind != JD_VCOV_CLUSTER)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "lp_did: horizons share units, so their standard errors are clustered by "
                       "unit or panel.cluster; no other kind of variance applies");
    int rc = jd_check_whole_clusters(design, ctx);
    if (rc) return rc;
    int32_t n_clusters = design->clusters.n_groups;
    size_t cells = (size_t)n_clusters * (size_t)fit->n_terms;
    double *sum;
    if (jd_make_n(&sum, cells, sizeof *sum, "scores by cluster", ctx)) return JD_ERR_NO_MEMORY;
    double least = (double)INFINITY;
    for (int k = 0; !rc && k < lp->n_horizons; k++) {
        int term = lp->pooled ? k : k + 1;
        jd_vcov_facts_t facts = {0};
        rc = add_scores(design, lp, &lp->horizon[k], y, options, sum + term, fit->n_terms, &facts,
                        ctx);
        fit->df[term] = facts.df;
        if (lp->horizon[k].from >= 0 && !fit->facts.name) fit->facts = facts;
        if (lp->horizon[k].from >= 0 && facts.df < least) least = facts.df;
    }
    if (!rc) {
        combine(lp, sum, n_clusters, fit->n_terms, fit->vcov);
        rc = jd_fit_sums_by_cluster(design, sum, options, fit, ctx);
        fit->df[0] = fit->facts.df = least;
        fit->facts.n_clusters = n_clusters;
    }
    free(sum);
    return rc;
}

/* Options of its own. */
static const jd_param_t own_options[] = {
    {"reweight", JD_PARAM_FLAG, offsetof(jd_did_options_t, lp_did.reweight), "no", 0, 0, NULL, "",
     "adopters are equally weighted, not by their controls", "", JD_RESULT},
    {"premean", JD_PARAM_INT32, offsetof(jd_did_options_t, lp_did.premean), "1", 1, 1000000, NULL,
     "periods", "periods before adoption averaged into the base", "", JD_RESULT},
    {"no_composition", JD_PARAM_FLAG, offsetof(jd_did_options_t, lp_did.no_composition), "no", 0, 0,
     NULL, "", "the same units at all event times", "", JD_RESULT},
    {"pooled", JD_PARAM_FLAG, offsetof(jd_did_options_t, lp_did.pooled), "no", 0, 0, NULL, "",
     "one effect for all event times, one for all leads", "", JD_RESULT},
    {"nonabsorbing", JD_PARAM_INT32, offsetof(jd_did_options_t, lp_did.nonabsorbing), "0", 0,
     1000000, NULL, "periods",
     "treatment may end; units count again this many periods after their last change; 0 = it does "
     "not",
     "", JD_RESULT},
    {.name = NULL},
};

static bool averages_events(const jd_did_options_t *options)
{
    return !options->cell_mean;
}

const jd_estimator_t jd_estimator_lp_did = {
    .name = "lp_did",
    .label = "Dube, Girardi, Jorda and Taylor, local projections with clean controls",
    .short_label = "LP-DID",
    .synonyms = "lpdid",
    .uses = JD_USES_CELL_MEAN | JD_USES_CONTROL | JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .infers = JD_INFERS_FACTORS,
    .options = own_options,
    .counts_waves = true,
    .averages_events = averages_events,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = release,
    .estimate = estimate,
    .weights = weights,
};
