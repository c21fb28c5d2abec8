/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cohorts move among units (or clusters) within strata, and everything is estimated again. */
#include "jiedao/randomisation.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "diagnose/diagnostic.h"
#include "jiedao/random.h"

enum { DRAWS = 999, MAX_DRAWS = 10000000 };
static const double tie = 1e-10; /* relative difference below which statistics are equal */

/* Who moves, and what among them. */
typedef struct {
    jd_groups_t movers;
    int32_t *cohort; /* [movers] as observed */
    int32_t *order;  /* [movers] by stratum, sorted by cohort within: the first assignment */
    int64_t *start;  /* [strata + 1] in order */
    int32_t n_strata;
    int64_t n_all; /* distinct assignments, or draws + 1 where there are more */
} deal_t;

/* Constant a row column takes within each mover, or refusal. */
static int collapse(const jd_groups_t *movers, const int32_t *column, const char *what,
                    int by_cluster, int32_t *out, jd_ctx_t *ctx)
{
    unsigned char *seen;
    int rc = jd_make(&seen, movers->n_groups, 1, "permutations", ctx);
    for (int64_t i = 0; !rc && i < movers->n; i++) {
        int32_t g = movers->code[i];
        if (!seen[g]) out[g] = column[i];
        seen[g] = 1;
        if (out[g] != column[i])
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "row %s: %s %d differs from %d elsewhere in %s %s; treatment can "
                         "only be re-randomised among %s",
                         JD_ROW_NAME(ctx, i + 1), what, column[i], out[g],
                         by_cluster ? "cluster" : "unit",
                         by_cluster ? JD_CLUSTER_NAME(ctx, movers->value[g])
                                    : JD_UNIT_NAME(ctx, movers->value[g]),
                         by_cluster ? "clusters treated as one: move units instead"
                                    : "units that lie in one stratum");
    }
    free(seen);
    return rc;
}

typedef struct {
    int32_t stratum, cohort, mover;
} place_t;

static int by_stratum(const void *a, const void *b)
{
    const place_t *x = a, *y = b;
    if (x->stratum != y->stratum) return x->stratum < y->stratum ? -1 : 1;
    if (x->cohort != y->cohort) return x->cohort < y->cohort ? -1 : 1;
    return (x->mover > y->mover) - (x->mover < y->mover);
}

/* The strata of movers, and each stratum's movers by cohort. */
static int sort_movers(deal_t *deal, const int32_t *stratum, jd_ctx_t *ctx)
{
    int32_t n = deal->movers.n_groups;
    place_t *place;
    if (jd_make_unset(&place, (size_t)n, sizeof *place, "permutations", ctx))
        return JD_ERR_NO_MEMORY;
    for (int32_t g = 0; g < n; g++)
        place[g] = (place_t){stratum[g], deal->cohort[g], g};
    qsort(place, (size_t)n, sizeof *place, by_stratum);
    for (int32_t k = 0; k < n; k++) {
        deal->order[k] = place[k].mover;
        if (k == 0 || place[k].stratum != place[k - 1].stratum) deal->start[deal->n_strata++] = k;
    }
    deal->start[deal->n_strata] = n;
    free(place);
    return JD_OK;
}

/* Distinct assignments: products of multinomial coefficients, cut at `most` + 1. */
static int64_t count_assignments(const deal_t *deal, int64_t most)
{
    double all = 1;
    for (int32_t s = 0; s < deal->n_strata; s++) {
        int64_t same = 0;
        for (int64_t k = deal->start[s]; k < deal->start[s + 1]; k++) {
            int64_t place = k - deal->start[s] + 1;
            same = place > 1 && deal->cohort[deal->order[k]] == deal->cohort[deal->order[k - 1]]
                       ? same + 1
                       : 1;
            all = all * (double)place / (double)same;
            if (all > 1e15) return most + 1;
        }
    }
    return all > (double)most ? most + 1 : (int64_t)(all + 0.5);
}

static int open_deal(deal_t *deal, const jd_panel_t *panel, const jd_randomisation_options_t *o,
                     const int32_t *row_cohort, int64_t draws, jd_ctx_t *ctx)
{
    if (o->by_cluster && !panel->cluster)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "treatment is to be re-randomised among clusters, but the panel has none");
    int rc =
        jd_groups_make(&deal->movers, o->by_cluster ? panel->cluster : panel->unit, panel->n, ctx);
    if (rc) return rc;
    size_t n = (size_t)deal->movers.n_groups;
    int32_t *stratum = NULL;
    rc = jd_make_n(&deal->cohort, n + 1, sizeof *deal->cohort, "permutations", ctx);
    if (!rc) rc = jd_make_n(&deal->order, n + 1, sizeof *deal->order, "permutations", ctx);
    if (!rc) rc = jd_make_n(&deal->start, n + 1, sizeof *deal->start, "permutations", ctx);
    if (!rc) rc = jd_make_n(&stratum, n + 1, sizeof *stratum, "permutations", ctx);
    if (!rc) rc = collapse(&deal->movers, row_cohort, "cohort", o->by_cluster, deal->cohort, ctx);
    if (!rc && o->stratum)
        rc = collapse(&deal->movers, o->stratum, "stratum", o->by_cluster, stratum, ctx);
    if (!rc) rc = sort_movers(deal, stratum, ctx);
    if (!rc) {
        deal->n_all = count_assignments(deal, draws);
        if (deal->n_all < 2)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "all %d %s %shave the same treatment, so there is no other assignment to "
                         "compare with",
                         deal->movers.n_groups, o->by_cluster ? "clusters" : "units",
                         o->stratum ? "of a stratum " : "");
    }
    free(stratum);
    return rc;
}

static void close_deal(deal_t *deal)
{
    jd_groups_free(&deal->movers);
    free(deal->cohort);
    free(deal->order);
    free(deal->start);
}

/* The next arrangement of a multiset in lexicographic order; 0 after the last (then sorted again).
 */
static int next_arrangement(int32_t *x, int64_t n)
{
    int64_t i = n - 1, j = n - 1;
    while (i > 0 && x[i - 1] >= x[i])
        i--;
    if (i > 0) {
        while (x[j] <= x[i - 1])
            j--;
        int32_t keep = x[i - 1];
        x[i - 1] = x[j];
        x[j] = keep;
    }
    for (int64_t a = i, b = n - 1; a < b; a++, b--) {
        int32_t keep = x[a];
        x[a] = x[b];
        x[b] = keep;
    }
    return i > 0;
}

/* All assignments [n_all][movers] in the order of deal->order, strata turning like an odometer. */
static void list_assignments(const deal_t *deal, int32_t *out)
{
    size_t n = (size_t)deal->movers.n_groups;
    for (size_t k = 0; k < n; k++)
        out[k] = deal->cohort[deal->order[k]];
    for (int64_t d = 1; d < deal->n_all; d++) {
        int32_t *now = out + (size_t)d * n;
        memcpy(now, now - n, n * sizeof *now);
        for (int32_t s = 0; s < deal->n_strata; s++)
            if (next_arrangement(now + deal->start[s], deal->start[s + 1] - deal->start[s])) break;
    }
}

/* One assignment at random: Fisher and Yates within strata. */
static void shuffle(const deal_t *deal, const jd_jump_t *jump, int64_t draw, int32_t *out)
{
    jd_rng_t rng = jd_rng_at(jump, (uint64_t)draw);
    for (int32_t k = 0; k < deal->movers.n_groups; k++)
        out[k] = deal->cohort[deal->order[k]];
    for (int32_t s = 0; s < deal->n_strata; s++)
        for (int64_t i = deal->start[s + 1] - 1; i > deal->start[s]; i--) {
            int64_t j =
                deal->start[s] + (int64_t)(jd_rng_uniform(&rng) * (double)(i - deal->start[s] + 1));
            int32_t keep = out[i];
            out[i] = out[j];
            out[j] = keep;
        }
}

/* What is estimated each time. */
typedef struct {
    const jd_estimator_t *estimator;
    const jd_panel_t *panel;
    const jd_did_options_t *how;
    const jd_randomisation_options_t *o;
    const double *y; /* the tested effect taken off */
} task_t;

/* Number of the term tested. */
static int find_term(const jd_design_t *design)
{
    for (int k = 0; k < jd_design_facts(design).n_terms; k++)
        if (jd_design_terms(design)[k].kind == JD_TERM_OVERALL) return k;
    return 0;
}

static int estimate(const task_t *task, const int32_t *row_cohort, double *effect,
                    double *statistic, jd_ctx_t *ctx)
{
    jd_panel_t panel = *task->panel;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    panel.cohort = row_cohort;
    panel.treated = NULL;
    int rc = jd_design_prepare(&design, task->estimator, &panel, task->how, ctx);
    int term = rc ? 0 : find_term(design);
    if (!rc && task->o->statistic == JD_RANDOMISE_COEFFICIENT) {
        size_t terms = (size_t)jd_design_facts(design).n_terms;
        double *all;
        rc = jd_make_unset(&all, terms, sizeof *all, "estimates", ctx);
        if (!rc) rc = jd_design_estimate(design, &task->y, 1, all, ctx);
        if (!rc) *effect = *statistic = all[term];
        free(all);
    } else if (!rc) {
        rc = jd_design_infer(design, task->y, &task->o->vcov, 0.95, &fit, ctx);
        if (!rc) *effect = fit.estimate[term];
        if (!rc) *statistic = fit.estimate[term] / fit.std_error[term];
        jd_fit_free(&fit);
    }
    jd_design_free(design);
    return rc;
}

static void spread(const deal_t *deal, const int32_t *assignment, int32_t *of_mover,
                   int32_t *row_cohort)
{
    for (int32_t k = 0; k < deal->movers.n_groups; k++)
        of_mover[deal->order[k]] = assignment[k];
    for (int64_t i = 0; i < deal->movers.n; i++)
        row_cohort[i] = of_mover[deal->movers.code[i]];
}

/* Every assignment's statistic into result->law. */
static int run(const task_t *task, const deal_t *deal, jd_randomisation_t *result, jd_ctx_t *ctx)
{
    int threads = jd_ctx_threads(ctx), rc = JD_OK;
    size_t movers = (size_t)deal->movers.n_groups, rows = (size_t)deal->movers.n;
    size_t listed = result->enumerated ? (size_t)result->draws * movers : 0;
    size_t rooms = (size_t)threads * (2 * movers + rows), most = (size_t)result->draws + 1;
    int32_t *all = NULL, *room = NULL;
    int *failed = NULL;
    jd_ctx_t *inner = NULL;
    rc = jd_make_unset(&all, listed + 1, sizeof *all, "permutations", ctx);
    if (!rc) rc = jd_make_unset(&room, rooms, sizeof *room, "permutations", ctx);
    if (!rc) rc = jd_make(&failed, threads, sizeof *failed, "permutations", ctx);
    if (!rc) rc = jd_make(&inner, threads, sizeof *inner, "permutations", ctx);
    if (!rc) rc = jd_make_unset(&result->law, most, sizeof *result->law, "permutations", ctx);
    if (rc) goto out;
    if (result->enumerated) list_assignments(deal, all);
    jd_jump_t jump = jd_jump(jd_stream(task->o->vcov.seed, 0, JD_DRAW_PERMUTE), 0, 0);
    int stop = 0; /* set by the caller's own thread, read by the others */
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        int32_t *own = room + (size_t)t * (2 * movers + rows), *of_mover = own + movers;
        inner[t] = jd_ctx_inner(ctx);
        inner[t].threads = 1;
        if (t > 0) inner[t].cancelled = NULL;
        for (int64_t d = t; d < result->draws && !failed[t]; d += threads) {
            double effect, statistic = (double)NAN;
            const jd_progress_t progress = {
                .stage = "randomisation", .done = d, .total = result->draws};
            if (t == 0) jd_report_progress(ctx, &progress);
            int now = t == 0 ? jd_check_cancelled(&inner[t]) : JD_OK;
            if (now) {
                failed[t] = now;
#pragma omp atomic write
                stop = now;
            }
#pragma omp atomic read
            now = stop;
            if (now) break;
            if (!result->enumerated) shuffle(deal, &jump, d, own);
            spread(deal, result->enumerated ? all + (size_t)d * movers : own, of_mover,
                   of_mover + movers);
            int code = estimate(task, of_mover + movers, &effect, &statistic, &inner[t]);
            result->law[d] = code ? (double)NAN : statistic;
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
            rc = jd_fail(ctx, failed[t], "randomisation inference stopped after %s",
                         failed[t] == JD_ERR_CANCELLED ? "being cancelled" : "memory ran out");
out:
    free(all);
    free(room);
    free(failed);
    free(inner);
    return rc;
}

static void count(jd_randomisation_t *r)
{
    int64_t extreme = 0, left = 0, right = 0, n = 0;
    double near = tie * fabs(r->statistic);
    for (int64_t d = 0; d < r->draws; d++) {
        double s = r->law[d];
        if (isnan(s)) continue;
        n++;
        extreme += fabs(s) >= fabs(r->statistic) - near;
        left += s <= r->statistic + near;
        right += s >= r->statistic - near;
    }
    r->refused = r->draws - n;
    /* Among all assignments is the observed one; drawn ones have it added. */
    double add = r->enumerated ? 0 : 1, all = (double)n + add;
    r->p_value = ((double)extreme + add) / all;
    r->p_left = ((double)left + add) / all;
    r->p_right = ((double)right + add) / all;
}

/* y less the tested effect in treated rows. */
static int take_off(double **out, const jd_panel_t *panel, const int32_t *cohort, const double *y,
                    double effect, jd_ctx_t *ctx)
{
    int rc = jd_make_unset(out, (size_t)panel->n, sizeof **out, "outcomes", ctx);
    for (int64_t i = 0; !rc && i < panel->n; i++)
        (*out)[i] = y[i] - (cohort[i] != 0 && panel->time[i] >= cohort[i] ? effect : 0);
    return rc;
}

int jd_randomisation_test(jd_randomisation_t *result, const jd_estimator_t *estimator,
                          const jd_panel_t *panel, const jd_did_options_t *how, const double *y,
                          const jd_randomisation_options_t *options, jd_ctx_t *ctx)
{
    const jd_randomisation_options_t usual = {0};
    task_t task = {estimator, panel, how, options ? options : &usual, NULL};
    memset(result, 0, sizeof *result);
    if (!estimator || !panel || !how || !y)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "randomisation inference needs an estimator, a panel, options and outcomes");
    int64_t draws = task.o->vcov.draws > 0 ? task.o->vcov.draws : DRAWS;
    if (draws > MAX_DRAWS || task.o->vcov.draws < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "draws = %d of randomisation inference; 1 to %d, 0 = %d", task.o->vcov.draws,
                       MAX_DRAWS, DRAWS);
    int rc = jd_panel_check(panel, ctx);
    if (rc) return rc;
    deal_t deal = {0};
    double *adjusted = NULL;
    int32_t *cohort;
    if (jd_make_unset(&cohort, (size_t)panel->n, sizeof *cohort, "cohorts", ctx))
        return JD_ERR_NO_MEMORY;
    rc = jd_panel_cohorts(panel, cohort, ctx);
    if (!rc) rc = open_deal(&deal, panel, task.o, cohort, draws, ctx);
    if (!rc) rc = take_off(&adjusted, panel, cohort, y, task.o->null, ctx);
    task.y = adjusted;
    if (!rc) rc = estimate(&task, cohort, &result->estimate, &result->statistic, ctx);
    if (!rc && !isfinite(result->statistic))
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "the observed t statistic is not finite (the fit is perfect); compare "
                     "coefficients instead");
    if (!rc) {
        result->estimate += task.o->null;
        result->n_movers = deal.movers.n_groups;
        result->enumerated = deal.n_all <= draws;
        result->draws = result->enumerated ? deal.n_all : draws;
        rc = run(&task, &deal, result, ctx);
    }
    if (!rc)
        count(result);
    else
        jd_randomisation_free(result);
    close_deal(&deal);
    free(cohort);
    free(adjusted);
    return rc;
}

void jd_randomisation_free(jd_randomisation_t *result)
{
    if (!result) return;
    free(result->law);
    memset(result, 0, sizeof *result);
}

/* ---- Lines ---- */

#define OPTION(field) offsetof(jd_diagnostic_options_t, randomisation.field)

static const jd_param_t own_options[] = {
    {"randomise_clusters", JD_PARAM_FLAG, OPTION(by_cluster), "no", 0, 0, NULL, "",
     "whole clusters change their treatment, not units", "", JD_RESULT},
    {"randomise_by", JD_PARAM_CHOICE, OPTION(statistic), "t", 0, 0, "t | coefficient", "",
     "what is compared", "", JD_RESULT},
    {.name = NULL},
};

static int diagnose(const jd_diagnosis_t *d, jd_ctx_t *ctx)
{
    const double none = (double)NAN;
    jd_randomisation_options_t options = {.vcov = *d->vcov,
                                          .by_cluster = d->options->randomisation.by_cluster,
                                          .stratum = d->stratum,
                                          .statistic = d->options->randomisation.statistic};
    jd_randomisation_t r = {0};
    options.vcov.bands = false;
    int rc = jd_randomisation_test(&r, jd_design_estimator(d->design), d->panel, d->how, d->y,
                                   &options, ctx);
    const jd_estimate_t number = {r.estimate, none, none, none, r.p_value};
    if (!rc)
        rc = jd_diagnosis_add(d, "randomisation", jd_design_terms(d->design)[0].name, number, true,
                              ctx);
    jd_randomisation_free(&r);
    return rc;
}

const jd_diagnostic_t jd_diagnostic_randomisation = {
    .name = "randomisation",
    .label = "treatment re-randomised among units",
    .synonyms = "ritest",
    .of_fit = true,
    .not_in_all = "it repeats the estimate \1draws\2 times; request it by name",
    .options = own_options,
    .run = diagnose,
};
