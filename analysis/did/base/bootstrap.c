/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs and block bootstrap: clusters are drawn whole and the estimator is prepared again. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/design.h"
#include "did/base/resample.h"
#include "jiedao/random.h"
#include "linear/laws.h"
#include "linear/sums.h"

enum { DRAWS = 999, MAX_DRAWS = 1000000 };

typedef struct {
    const jd_design_t *design;
    const jd_panel_t *panel;
    const jd_did_options_t *how;
    const double *y;
    const jd_bootstrap_options_t *o;
    jd_clusters_t clusters;
    int32_t *order; /* [clusters] by stratum */
    int32_t *first; /* [strata + 1] in order */
    int32_t n_strata;
} task_t;

/* ---- Whom a sample is drawn from ---- */

static int is_treated(const jd_panel_t *p, int64_t i)
{
    return p->treated  ? p->treated[i] != 0
           : p->cohort ? p->cohort[i] != 0
                       : p->dose && p->dose[i] != 0;
}

static int check_counts(const task_t *task, jd_ctx_t *ctx)
{
    const jd_clusters_t *c = &task->clusters;
    int32_t n = c->groups.n_groups, treated = 0;
    for (int32_t g = 0; g < n; g++) {
        int any = 0;
        for (int64_t i = c->start[g]; i < c->start[g + 1] && !any; i++)
            any = is_treated(task->panel, c->row[i]);
        treated += any;
    }
    if (treated != 1 && n - treated != 1) return JD_OK;
    return jd_fail(
        ctx, JD_ERR_DATA,
        "%s: the bootstrap draws clusters, and one alone is %s: samples that hold it all "
        "hold the same one, and its standard error is far too small; see randomisation "
        "or conley_taber",
        task->design->estimator->name, treated == 1 ? "treated" : "never treated");
}

static int refuse(const jd_design_t *design, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    const jd_estimator_t *e = design->estimator;
    if (e->no_bootstrap)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED, "%s: %s", e->name, e->no_bootstrap);
    if (panel->cluster2)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "the bootstrap draws clusters of one way; two are given");
    return JD_OK;
}

typedef struct {
    int32_t stratum, cluster;
} place_t;

static int by_stratum(const void *a, const void *b)
{
    const place_t *x = a, *y = b;
    if (x->stratum != y->stratum) return x->stratum < y->stratum ? -1 : 1;
    return (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

/* The stratum of each cluster: the one its rows name, or its first adoption, 0 = never. */
static int find_strata(const task_t *task, const int32_t *cohort, place_t *place, jd_ctx_t *ctx)
{
    const jd_clusters_t *c = &task->clusters;
    const int32_t *given = task->o->stratum;
    for (int32_t g = 0; g < c->groups.n_groups; g++) {
        int32_t stratum = given ? given[c->row[c->start[g]]] : 0;
        for (int64_t i = c->start[g]; i < c->start[g + 1]; i++) {
            int32_t row = c->row[i], own = given ? given[row] : cohort[row];
            if (given && own != stratum)
                return jd_fail(ctx, JD_ERR_DATA,
                               "row %" PRId32 ": the cluster lies in several strata; the block "
                               "bootstrap draws whole clusters within strata",
                               row + 1);
            if (!given && own != 0 && (stratum == 0 || own < stratum)) stratum = own;
        }
        place[g] = (place_t){stratum, g};
    }
    return JD_OK;
}

static int sort_strata(task_t *task, place_t *place, jd_ctx_t *ctx)
{
    int32_t n = task->clusters.groups.n_groups;
    qsort(place, (size_t)n, sizeof *place, by_stratum);
    for (int32_t k = 0; k < n; k++) {
        task->order[k] = place[k].cluster;
        if (k == 0 || place[k].stratum != place[k - 1].stratum) task->first[task->n_strata++] = k;
    }
    task->first[task->n_strata] = n;
    for (int32_t s = 0; s < task->n_strata; s++)
        if (task->first[s + 1] - task->first[s] == 1)
            return jd_fail(
                ctx, JD_ERR_DATA,
                "the block bootstrap draws clusters within %s, and one of these has a "
                "single cluster, the same in each sample: take fewer strata (\1strata\2) "
                "or \3bootstrap\2 pairs",
                task->o->stratum ? "strata" : "dates of adoption");
    return JD_OK;
}

static int make_strata(task_t *task, jd_ctx_t *ctx)
{
    size_t n = (size_t)task->clusters.groups.n_groups, rows = (size_t)task->panel->n;
    int rc = jd_make_n(&task->order, n + 1, sizeof *task->order, "strata", ctx);
    if (!rc) rc = jd_make_n(&task->first, n + 1, sizeof *task->first, "strata", ctx);
    if (rc) return rc;
    if (task->o->kind == JD_BOOTSTRAP_PAIRS) {
        for (size_t g = 0; g < n; g++)
            task->order[g] = (int32_t)g;
        task->first[++task->n_strata] = (int32_t)n;
        return JD_OK;
    }
    int32_t *cohort;
    place_t *place = NULL;
    rc = jd_make_unset(&cohort, rows, sizeof *cohort, "strata", ctx);
    if (!rc) rc = jd_make_unset(&place, n, sizeof *place, "strata", ctx);
    if (!rc && !task->o->stratum) rc = jd_panel_cohorts(task->panel, cohort, ctx);
    if (!rc) rc = find_strata(task, cohort, place, ctx);
    if (!rc) rc = sort_strata(task, place, ctx);
    free(cohort);
    free(place);
    return rc;
}

/* ---- Samples ---- */

static void draw(const task_t *task, const jd_jump_t *jump, int64_t d, int32_t *drawn)
{
    jd_rng_t rng = jd_rng_at(jump, (uint64_t)d);
    for (int32_t s = 0; s < task->n_strata; s++) {
        int32_t from = task->first[s], size = task->first[s + 1] - from;
        for (int32_t k = from; k < from + size; k++)
            drawn[k] =
                task->order[from + (int32_t)(((uint64_t)jd_rng_bits(&rng) * (uint64_t)size) >> 32)];
    }
}

/* A sample's estimates by the names of the fit's terms. */
static int estimate(const task_t *task, const int32_t *drawn, double *value, jd_ctx_t *ctx)
{
    const jd_design_t *main = task->design;
    jd_resampled_t sample = {0};
    jd_design_t *design = NULL;
    int rc = jd_resample(&sample, &task->clusters, task->panel, task->y, drawn, ctx);
    if (!rc) rc = jd_design_prepare(&design, main->estimator, &sample.panel, task->how, ctx);
    int n = rc ? 0 : design->facts.n_terms;
    double *own = NULL;
    if (!rc) rc = jd_make_unset(&own, (size_t)n + 1, sizeof *own, "estimates", ctx);
    if (!rc) rc = jd_design_estimate(design, &sample.y, 1, own, ctx);
    for (int k = 0; !rc && k < main->facts.n_terms; k++)
        for (int l = 0; l < n; l++)
            if (main->terms[k].kind == design->terms[l].kind &&
                !strcmp(main->terms[k].name, design->terms[l].name))
                value[k] = own[l];
    free(own);
    free(sample.room);
    jd_design_free(design);
    return rc;
}

static int run(const task_t *task, jd_fit_t *fit, jd_ctx_t *ctx)
{
    int threads = jd_ctx_threads(ctx), rc = JD_OK;
    size_t clusters = (size_t)task->clusters.groups.n_groups;
    int32_t *room;
    int *failed = NULL;
    jd_ctx_t *inner = NULL;
    rc = jd_make_unset(&room, (size_t)threads * clusters, sizeof *room, "samples of clusters", ctx);
    if (!rc) rc = jd_make(&failed, threads, sizeof *failed, "samples of clusters", ctx);
    if (!rc) rc = jd_make(&inner, threads, sizeof *inner, "samples of clusters", ctx);
    if (rc) goto out;
    jd_jump_t jump = jd_jump(jd_stream(task->o->seed, 0, JD_DRAW_CLUSTERS), 0, 0);
    int stop = 0; /* set by the caller's own thread, read by the others */
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        int32_t *drawn = room + (size_t)t * clusters;
        inner[t] = jd_ctx_inner(ctx);
        inner[t].threads = 1;
        inner[t].warn = NULL;
        if (t > 0) inner[t].cancelled = NULL;
        for (int64_t d = t; d < fit->n_law && !failed[t]; d += threads) {
            const jd_progress_t progress = {.stage = "bootstrap", .done = d, .total = fit->n_law};
            int now = t == 0 ? jd_check_cancelled(&inner[t]) : JD_OK;
            if (t == 0) jd_report_progress(ctx, &progress);
            if (now) {
                failed[t] = now;
#pragma omp atomic write
                stop = now;
            }
#pragma omp atomic read
            now = stop;
            if (now) break;
            draw(task, &jump, d, drawn);
            int code = estimate(task, drawn, fit->law + d * fit->n_terms, &inner[t]);
            if (code == JD_ERR_NO_MEMORY || code == JD_ERR_CANCELLED) {
                failed[t] = code;
#pragma omp atomic write
                stop = code;
            }
            jd_ctx_clear(&inner[t]);
        }
    }
    for (int t = 0; t < threads && !rc; t++)
        if (failed[t])
            rc = jd_fail(ctx, failed[t], "the bootstrap stopped after %s",
                         failed[t] == JD_ERR_CANCELLED ? "being cancelled" : "memory ran out");
out:
    free(room);
    free(failed);
    free(inner);
    return rc;
}

/* ---- What the draws say ---- */

/* Linear between the neighbours, as R's type 7. */
static double quantile(const double *sorted, int64_t n, double p)
{
    double at = (double)(n - 1) * p, low = floor(at);
    int64_t i = (int64_t)low, j = i + 1 < n ? i + 1 : i;
    return sorted[i] + (at - low) * (sorted[j] - sorted[i]);
}

jd_estimate_t jd_fit_percentiles(const jd_fit_t *fit, const double *weight, double sum)
{
    const double none = (double)NAN;
    jd_estimate_t e = {sum, none, none, none, none};
    double *value = malloc((size_t)fit->n_law * sizeof *value), mean = 0, square = 0;
    int64_t n = 0, left = 0, right = 0;
    for (int64_t d = 0; value && d < fit->n_law; d++) {
        double v = 0;
        for (int k = 0; k < fit->n_terms; k++)
            if (weight[k] != 0) v += weight[k] * fit->law[d * fit->n_terms + k];
        if (!isfinite(v)) continue;
        value[n++] = v;
        left += v <= 0;
        right += v >= 0;
        mean += v;
    }
    if (value && 2 * n >= fit->n_law && n >= 2) {
        mean /= (double)n;
        for (int64_t d = 0; d < n; d++)
            square += (value[d] - mean) * (value[d] - mean);
        qsort(value, (size_t)n, sizeof *value, jd_ascending);
        e.std_error = sqrt(square / (double)(n - 1));
        e.ci_low = quantile(value, n, (1 - fit->level) / 2);
        e.ci_high = quantile(value, n, 1 - (1 - fit->level) / 2);
        int64_t far = left < right ? left : right;
        e.p_value = fmin(1, 2 * ((double)far + 1) / ((double)n + 1));
    }
    free(value);
    return e;
}

/* Over the draws that identify both terms. */
static void fill_vcov(jd_fit_t *fit)
{
    int n = fit->n_terms;
    for (int k = 0; k < n; k++)
        for (int l = 0; l <= k; l++) {
            double mean[2] = {0}, sum = 0;
            int64_t m = 0;
            for (int pass = 0; pass < 2; pass++)
                for (int64_t d = 0; d < fit->n_law; d++) {
                    double a = fit->law[d * n + k], b = fit->law[d * n + l];
                    if (!isfinite(a + b)) continue;
                    if (pass == 0) {
                        mean[0] += a;
                        mean[1] += b;
                        m++;
                    } else {
                        sum += (a - mean[0] / (double)m) * (b - mean[1] / (double)m);
                    }
                }
            double v = m >= 2 && 2 * m >= fit->n_law ? sum / (double)(m - 1) : (double)NAN;
            fit->vcov[k * n + l] = fit->vcov[l * n + k] = v;
        }
}

/* Samples that lack a cohort lack its effects. */
static void report_missing(const jd_design_t *design, const jd_fit_t *fit, jd_ctx_t *ctx)
{
    int64_t most = 0;
    int worst = 0;
    for (int k = 0; k < fit->n_terms; k++) {
        int64_t missing = 0;
        for (int64_t d = 0; d < fit->n_law; d++)
            missing += !isfinite(fit->law[d * fit->n_terms + k]);
        if (missing <= most) continue;
        most = missing;
        worst = k;
    }
    if (most == 0) return;
    jd_warn(ctx, "%s: %" PRId64 " of %" PRId64 " bootstrap samples do not identify %s%s%s",
            design->estimator->name, most, fit->n_law, design->terms[worst].name,
            2 * most > fit->n_law ? ", which has no standard error"
                                  : "; its standard error is of the others",
            fit->n_terms > 1 ? "; other terms: the same or fewer" : "");
}

static int fill_fit(const task_t *task, jd_fit_t *fit, jd_ctx_t *ctx)
{
    double *weight;
    if (jd_make_n(&weight, (size_t)fit->n_terms, sizeof *weight, "a bootstrap", ctx))
        return JD_ERR_NO_MEMORY;
    fill_vcov(fit);
    for (int k = 0; k < fit->n_terms; k++) {
        weight[k] = 1;
        jd_estimate_t e = jd_fit_percentiles(fit, weight, fit->estimate[k]);
        weight[k] = 0;
        fit->std_error[k] = e.std_error;
        fit->ci_low[k] = e.ci_low;
        fit->ci_high[k] = e.ci_high;
        fit->p_value[k] = e.p_value;
        fit->df[k] = (double)INFINITY;
    }
    free(weight);
    fit->mean_df = (double)INFINITY;
    fit->n_clusters = task->clusters.groups.n_groups;
    fit->facts.name = task->o->kind == JD_BOOTSTRAP_PAIRS ? "pairs bootstrap" : "block bootstrap";
    fit->facts.factor = 1;
    fit->facts.samples = fit->n_law;
    fit->facts.df = (double)INFINITY;
    fit->facts.n_clusters = fit->n_clusters;
    report_missing(task->design, fit, ctx);
    return JD_OK;
}

int jd_design_bootstrap(jd_fit_t *fit, const jd_design_t *design, const jd_panel_t *panel,
                        const jd_did_options_t *how, const double *y,
                        const jd_bootstrap_options_t *options, jd_ctx_t *ctx)
{
    task_t task = {.design = design, .panel = panel, .how = how, .y = y, .o = options};
    int32_t draws = options->draws == 0 ? DRAWS : options->draws;
    if (options->kind != JD_BOOTSTRAP_PAIRS && options->kind != JD_BOOTSTRAP_BLOCK)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "kind = %d of a bootstrap; pairs or block are known",
                       (int)options->kind);
    if (draws < 2 || draws > MAX_DRAWS)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%d draws of the %s bootstrap are requested, and it takes 2 to %d; %d are "
                       "usual",
                       draws, options->kind == JD_BOOTSTRAP_PAIRS ? "pairs" : "block", MAX_DRAWS,
                       DRAWS);
    int rc = refuse(design, panel, ctx);
    if (!rc) rc = jd_clusters_make(&task.clusters, panel, ctx);
    if (!rc) rc = check_counts(&task, ctx);
    if (!rc) rc = make_strata(&task, ctx);
    size_t cells = (size_t)draws * (size_t)fit->n_terms;
    double *law = NULL;
    if (!rc) rc = jd_make_unset(&law, cells, sizeof *law, "a bootstrap's draws", ctx);
    for (size_t i = 0; law && i < cells; i++)
        law[i] = (double)NAN;
    if (law) {
        free(fit->law);
        fit->law = law;
        fit->n_law = draws;
        rc = run(&task, fit, ctx);
    }
    if (!rc) rc = fill_fit(&task, fit, ctx);
    if (!rc && fit->uniform > 0) {
        const jd_vcov_options_t bands = {.bands = 1, .seed = options->seed};
        rc = jd_fit_bands(design, &bands, fit, ctx);
    }
    jd_clusters_free(&task.clusters);
    free(task.order);
    free(task.first);
    return rc;
}
