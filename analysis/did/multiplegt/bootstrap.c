/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn's bootstrap, as its authors' command has it: whole units, or clusters, are
 * drawn with replacement and everything is estimated again, who can be compared with whom included.
 * A unit drawn twice weighs twice. A term's variance is that of the draws that identify it, about
 * their mean, over their number less 1. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/multiplegt/controls.h"
#include "did/multiplegt/het.h"
#include "jiedao/random.h"

enum { USUAL_DRAWS = 200, BATCH = 64 };

/* What one thread works with. */
typedef struct {
    jd_multiplegt_t mg; /* the design's; arrays that change with the draw are its own */
    double *coef;       /* [cells] */
    unsigned char *role;
    int32_t *times; /* [clusters] how often each is in */
    double *effect; /* [n_lags] */
    int rc;
} worker_t;

static void worker_free(worker_t *w)
{
    free(w->mg.groups.mass);
    free(w->mg.groups.level_mass);
    free(w->mg.baseline);
    free(w->mg.first);
    free(w->mg.up);
    free(w->mg.last);
    free(w->mg.lag);
    jd_multiplegt_controls_free(w->mg.controls);
    free(w->coef);
    free(w->role);
    free(w->times);
    free(w->effect);
}

static int worker_make(worker_t *w, const jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = design->own;
    size_t cells = jd_multiplegt_cells(mg), groups = (size_t)mg->n_groups,
           lags = (size_t)mg->n_lags;
    static const char what[] = "bootstrap samples";
    w->mg = *mg;
    w->mg.groups = (jd_multiplegt_groups_t){0};
    w->mg.baseline = w->mg.first = w->mg.last = NULL;
    w->mg.up = NULL;
    w->mg.lag = NULL;
    w->mg.controls = NULL;
    jd_multiplegt_groups_t *own = &w->mg.groups;
    int rc = jd_make_n(&own->mass, cells, sizeof *own->mass, what, ctx);
    if (!rc && mg->trends_lin)
        rc = jd_make_n(&own->level_mass, cells, sizeof *own->level_mass, what, ctx);
    if (!rc) rc = jd_make_n(&w->mg.baseline, groups, sizeof *w->mg.baseline, what, ctx);
    if (!rc) rc = jd_make_n(&w->mg.first, groups, sizeof *w->mg.first, what, ctx);
    if (!rc) rc = jd_make_n(&w->mg.up, groups, sizeof *w->mg.up, what, ctx);
    if (!rc) rc = jd_make(&w->mg.last, mg->n_baselines, sizeof *w->mg.last, what, ctx);
    if (!rc) rc = jd_make_n(&w->mg.lag, lags, sizeof *w->mg.lag, what, ctx);
    if (!rc) rc = jd_make_n(&w->coef, cells, sizeof *w->coef, what, ctx);
    if (!rc) rc = jd_make_n(&w->role, cells, 1, what, ctx);
    if (!rc) rc = jd_make(&w->times, design->clusters.n_groups, sizeof *w->times, what, ctx);
    if (!rc) rc = jd_make_n(&w->effect, lags, sizeof *w->effect, what, ctx);
    if (rc) return rc;
    jd_multiplegt_view_drawn(&w->mg);
    return mg->controls ? jd_multiplegt_controls_share(&w->mg, mg->controls, ctx) : JD_OK;
}

static void draw_clusters(worker_t *w, int32_t n, uint64_t seed, int32_t draw)
{
    jd_jump_t jump = jd_jump(jd_stream(seed, (uint64_t)draw, JD_DRAW_BOOTSTRAP), 0, 0);
    jd_rng_t rng = jd_rng_at(&jump, 0);
    memset(w->times, 0, (size_t)n * sizeof *w->times);
    for (int32_t c = 0; c < n; c++)
        w->times[((uint64_t)jd_rng_bits(&rng) * (uint64_t)n) >> 32]++;
}

/* The sample of those drawn. */
static int take(worker_t *w, const jd_multiplegt_t *all, jd_ctx_t *ctx)
{
    jd_multiplegt_t *mg = &w->mg;
    size_t groups = (size_t)all->n_groups, n_t = (size_t)all->n_periods;
    const double *from = all->trends_lin ? all->view.level_mass : all->view.mass;
    double *mass = all->trends_lin ? mg->groups.level_mass : mg->groups.mass;
    memcpy(mg->baseline, all->baseline, groups * sizeof *mg->baseline);
    memcpy(mg->first, all->first, groups * sizeof *mg->first);
    memcpy(mg->up, all->up, groups * sizeof *mg->up);
    for (size_t g = 0; g < groups; g++) {
        int32_t times = w->times[all->cluster[g]];
        size_t at = jd_multiplegt_at(all, (int32_t)g);
        if (times == 0) mg->baseline[g] = -1;
        for (size_t t = 0; t < n_t; t++)
            mass[g * n_t + t] = times * from[at + t];
    }
    int rc = jd_multiplegt_leave_uncontrolled(mg, ctx);
    if (rc) return rc;
    jd_multiplegt_close(mg);
    if (mg->controls) jd_multiplegt_controls_fill(mg);
    int64_t effects = all->n_effects, placebos = all->n_lags - all->n_effects;
    jd_multiplegt_reach(mg, &effects, &placebos);
    for (int k = 0; k < all->n_lags; k++) {
        const bool placebo = all->lag[k].placebo;
        int l = all->lag[k].l;
        mg->lag[k] = jd_multiplegt_lag(mg, l, placebo, (int)effects, (int)placebos);
        if (l > (placebo ? placebos : effects)) mg->lag[k].l = 0;
    }
    return JD_OK;
}

/* A lag's effect; switchers_mass of 0 says that there is none. */
static int estimate_lag(worker_t *w, const double *mean, const double *theta, int k, jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = &w->mg;
    jd_multiplegt_lag_t *lag = &w->mg.lag[k], last = {0};
    bool told = lag->l > 0;
    int rc = JD_OK;
    w->effect[k] = 0;
    for (int j = 0; !rc && told && j < jd_multiplegt_pieces(mg, lag); j++) {
        last = jd_multiplegt_piece(mg, lag, j);
        rc = jd_multiplegt_compare(mg, &last, w->coef, w->role, ctx);
        told = !rc && last.switchers_mass > 0;
        for (size_t c = 0; told && c < jd_multiplegt_cells(mg); c++)
            if (w->coef[c] != 0)
                w->effect[k] += w->coef[c] * jd_multiplegt_change(mg, mean, theta, &last, c);
    }
    if (!told) last.switchers_mass = last.dose = 0;
    *lag = last;
    return rc;
}

/* All terms of a draw, NaN where they are not identified. */
static int estimate(worker_t *w, const jd_multiplegt_t *all, const double *mean, int n_terms,
                    double *value, jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = &w->mg;
    double *theta = NULL;
    int rc = take(w, all, ctx);
    if (!rc && mg->controls) rc = jd_multiplegt_controls_theta(mg, mean, &theta, ctx);
    for (int k = 0; !rc && k < mg->n_lags; k++)
        rc = estimate_lag(w, mean, theta, k, ctx);
    free(theta);
    for (int k = 0; k < n_terms; k++)
        value[k] = (double)NAN;
    double att = 0;
    for (int k = 0; !rc && k < mg->n_lags; k++) {
        const jd_multiplegt_lag_t *lag = &mg->lag[k];
        int term = jd_multiplegt_term(all, k);
        if (lag->switchers_mass <= 0 || term < 0) continue;
        value[term] = w->effect[k] / (mg->normalized ? lag->cumulated : 1);
        att += jd_multiplegt_overall_weight(mg, k) * w->effect[k];
        if (!lag->placebo) value[0] = att;
    }
    if (!rc && mg->het)
        rc = jd_multiplegt_het_estimate(mg, mean, value + jd_multiplegt_het_first(mg), ctx);
    return rc;
}

/* Draws first ... end - 1, each into a row of its own. */
static int run_batch(worker_t *worker, int n_workers, const jd_design_t *design, const double *mean,
                     uint64_t seed, int32_t first, int32_t end, double *value, jd_ctx_t *ctx)
{
    int n_terms = design->facts.n_terms, rc = jd_check_cancelled(ctx);
    if (rc) return rc;
#pragma omp parallel for num_threads(n_workers) schedule(static)
    for (int j = 0; j < n_workers; j++) {
        worker_t *w = &worker[j];
        jd_ctx_t inner = {.threads = 1};
        for (int32_t d = first + j; !w->rc && d < end; d += n_workers) {
            draw_clusters(w, design->clusters.n_groups, seed, d);
            w->rc = estimate(w, design->own, mean, n_terms, value + (size_t)d * (size_t)n_terms,
                             &inner);
        }
    }
    for (int j = 0; j < n_workers; j++)
        if (worker[j].rc)
            return jd_fail_memory(ctx, jd_multiplegt_cells(design->own) * sizeof *value,
                                  "bootstrap samples");
    return JD_OK;
}

/* Covariance of two terms over the draws that identify both. */
static double covariance(const double *value, int32_t draws, size_t n, const double *mean, size_t k,
                         size_t l)
{
    double sum = 0;
    int32_t both = 0;
    for (int32_t d = 0; d < draws; d++) {
        const double *v = value + (size_t)d * n;
        if (isnan(v[k]) || isnan(v[l])) continue;
        sum += (v[k] - mean[k]) * (v[l] - mean[l]);
        both++;
    }
    return both > 1 ? sum / (both - 1) : (double)NAN;
}

/* `mean` [n_terms] is scratch. */
static void fill_vcov(const jd_design_t *design, const double *value, int32_t draws, double *mean,
                      double *vcov, jd_ctx_t *ctx)
{
    size_t n = (size_t)design->facts.n_terms, worst = 0;
    int32_t fewest = draws;
    for (size_t k = 0; k < n; k++) {
        int32_t told = 0;
        mean[k] = 0;
        for (int32_t d = 0; d < draws; d++) {
            double v = value[(size_t)d * n + k];
            if (isnan(v)) continue;
            mean[k] += v;
            told++;
        }
        mean[k] /= told > 0 ? told : 1;
        if (told < fewest) worst = k;
        if (told < fewest) fewest = told;
        for (size_t l = 0; l <= k; l++)
            vcov[k * n + l] = vcov[l * n + k] = covariance(value, draws, n, mean, k, l);
    }
    if (fewest < draws)
        jd_warn(ctx,
                "did_multiplegt_dyn: %d of %d bootstrap samples identify %s; its standard error is "
                "based on these",
                fewest, draws, design->terms[worst].name);
}

int jd_multiplegt_bootstrap(const jd_design_t *design, const double *mean,
                            const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx)
{
    int32_t draws = options->draws > 0 ? options->draws : USUAL_DRAWS;
    int n_workers = jd_ctx_threads(ctx);
    size_t n = (size_t)design->facts.n_terms, values = ((size_t)draws + 1) * n;
    if (draws < 2)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "did_multiplegt_dyn: draws = %d; the bootstrap takes 2 or more", draws);
    worker_t *worker;
    double *value = NULL;
    int rc = jd_make(&worker, n_workers, sizeof *worker, "the bootstrap", ctx);
    if (!rc) rc = jd_make_unset(&value, values, sizeof *value, "the bootstrap", ctx);
    for (int j = 0; !rc && j < n_workers; j++)
        rc = worker_make(&worker[j], design, ctx);
    for (int32_t d = 0; !rc && d < draws; d += BATCH)
        rc = run_batch(worker, n_workers, design, mean, options->seed, d,
                       d + BATCH < draws ? d + BATCH : draws, value, ctx);
    if (!rc) fill_vcov(design, value, draws, value + (size_t)draws * n, fit->vcov, ctx);
    for (int j = 0; worker && j < n_workers; j++)
        worker_free(&worker[j]);
    free(worker);
    free(value);
    fit->facts = (jd_vcov_facts_t){.name = "bootstrap",
                                   .factor = 1,
                                   .df = (double)INFINITY,
                                   .n_clusters = design->clusters.n_groups};
    return rc;
}
