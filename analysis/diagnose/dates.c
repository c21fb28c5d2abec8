/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which date? Policy documents, press and practice may name different ones. All dates of adoption
 * are moved by the same number of periods, two-way fixed effects are estimated at each move, and
 * the largest Wald statistic is held against those of placebo policies: dates dealt out anew among
 * units (a sup-Wald test as Andrews 1993, with a randomisation p-value that counts the search). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "diagnose/diagnostic.h"
#include "jiedao/random.h"

enum { DRAWS = 199, MOST_SHIFTS = 41 };
static const double trim = 0.15; /* of the periods, before the first date and behind the last */

typedef struct search {
    const jd_diagnosis_t *d;
    jd_groups_t movers;  /* units, or clusters */
    int32_t *cohort;     /* [movers] */
    int32_t first, last; /* periods */
    int shift[MOST_SHIFTS], n_shifts;
} search_t;

/* ---- What is moved ---- */

static int find_movers(search_t *s, jd_ctx_t *ctx)
{
    const jd_panel_t *p = s->d->panel;
    const bool by_cluster = s->d->options->randomisation.by_cluster && p->cluster;
    int32_t *cohort;
    int rc = jd_make(&cohort, p->n, sizeof *cohort, "cohorts", ctx);
    if (!rc) rc = jd_panel_cohorts(p, cohort, ctx);
    if (!rc) rc = jd_groups_make(&s->movers, by_cluster ? p->cluster : p->unit, p->n, ctx);
    if (!rc) rc = jd_make(&s->cohort, s->movers.n_groups, sizeof *s->cohort, "cohorts", ctx);
    for (int64_t i = 0; i < p->n && !rc; i++)
        if (cohort[i]) s->cohort[s->movers.code[i]] = cohort[i];
    for (int64_t i = 0; i < p->n && !rc; i++)
        if (s->cohort[s->movers.code[i]] != cohort[i])
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "dates: cohorts differ within a cluster, so clusters cannot change their "
                         "treatment as wholes");
    free(cohort);
    return rc;
}

/* Moves after which every cohort still adopts well within the periods; 0 is always one. */
static int find_shifts(search_t *s, jd_ctx_t *ctx)
{
    const jd_panel_t *p = s->d->panel;
    int32_t early = INT32_MAX, late = INT32_MIN;
    s->first = INT32_MAX;
    s->last = INT32_MIN;
    for (int64_t i = 0; i < p->n; i++) {
        s->first = p->time[i] < s->first ? p->time[i] : s->first;
        s->last = p->time[i] > s->last ? p->time[i] : s->last;
    }
    for (int32_t g = 0; g < s->movers.n_groups; g++) {
        const int32_t c = s->cohort[g];
        if (c == 0 || c > s->last) continue;
        early = c < early ? c : early;
        late = c > late ? c : late;
    }
    if (late < early)
        return jd_fail(ctx, JD_ERR_NO_TREATED, "dates: no unit adopts within the periods");
    const double margin = trim * (s->last - s->first + 1);
    for (int k = -(MOST_SHIFTS / 2); k <= MOST_SHIFTS / 2; k++)
        if (k == 0 || (early + k - s->first >= margin && s->last - (late + k) + 1 >= margin))
            s->shift[s->n_shifts++] = k;
    if (s->n_shifts > 1) return JD_OK;
    return jd_fail(ctx, JD_ERR_DATA,
                   "dates: no other date leaves 15 %% of the periods before the first adoption and "
                   "behind the last");
}

/* ---- One policy ---- */

/* Effect and standard error with cohorts [movers] moved by `shift`; column [rows] is room. */
static int estimate(const search_t *s, const int32_t *cohort, int shift, int32_t *column,
                    jd_estimate_t *e, jd_ctx_t *ctx)
{
    jd_panel_t panel = *s->d->panel;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    for (int64_t i = 0; i < panel.n; i++) {
        const int32_t c = cohort[s->movers.code[i]];
        column[i] = c ? c + shift : 0;
    }
    panel.cohort = column;
    panel.treated = NULL;
    panel.adoption = NULL;
    panel.dose = NULL;
    int rc = jd_design_prepare(&design, jd_estimator_find("twfe"), &panel, s->d->how, ctx);
    if (!rc) rc = jd_design_infer(design, s->d->y, s->d->vcov, s->d->level, &fit, ctx);
    if (!rc)
        *e = (jd_estimate_t){fit.estimate[0], fit.std_error[0], fit.ci_low[0], fit.ci_high[0],
                             fit.p_value[0]};
    jd_fit_free(&fit);
    jd_design_free(design);
    return rc;
}

static double wald(const jd_estimate_t *e)
{
    const double t = e->estimate / e->std_error;
    return isfinite(t) ? t * t : 0;
}

/* The largest statistic over the moves; those that cannot be estimated are passed over. */
static int largest(const search_t *s, const int32_t *cohort, int32_t *column, double *most,
                   jd_ctx_t *ctx)
{
    *most = 0;
    for (int k = 0; k < s->n_shifts; k++) {
        jd_estimate_t e;
        jd_ctx_t inner = jd_ctx_inner(ctx);
        inner.threads = 1;
        const int rc = estimate(s, cohort, s->shift[k], column, &e, &inner);
        if (rc == JD_ERR_NO_MEMORY || rc == JD_ERR_CANCELLED)
            return jd_fail(ctx, rc, "%s", inner.message);
        if (!rc) *most = fmax(*most, wald(&e));
    }
    return JD_OK;
}

/* ---- Placebo policies ---- */

static void deal(const search_t *s, uint64_t seed, int64_t draw, int32_t *cohort)
{
    const jd_jump_t jump = jd_jump(jd_stream(seed, 0, JD_DRAW_PERMUTE), 7, 0);
    jd_rng_t rng = jd_rng_at(&jump, (uint64_t)draw);
    memcpy(cohort, s->cohort, (size_t)s->movers.n_groups * sizeof *cohort);
    for (int32_t i = s->movers.n_groups - 1; i > 0; i--) {
        const int32_t j = (int32_t)(((uint64_t)jd_rng_bits(&rng) * (uint64_t)(i + 1)) >> 32),
                      other = cohort[j];
        cohort[j] = cohort[i];
        cohort[i] = other;
    }
}

/* How many placebos have a statistic at least as large. */
static int compare(const search_t *s, double observed, int draws, int *above, jd_ctx_t *ctx)
{
    const uint64_t seed = s->d->vcov->seed;
    int failed = JD_OK, count = 0;
#pragma omp parallel num_threads(jd_ctx_threads(ctx)) reduction(+ : count)
    {
        int32_t *cohort = NULL, *column = NULL;
        jd_ctx_t inner = jd_ctx_inner(ctx);
        int rc = jd_make(&cohort, s->movers.n_groups, sizeof *cohort, "placebos", &inner);
        if (!rc) rc = jd_make(&column, s->d->panel->n, sizeof *column, "placebos", &inner);
#pragma omp for schedule(dynamic)
        for (int draw = 0; draw < draws; draw++) {
            double most;
            if (rc) continue;
            deal(s, seed, draw, cohort);
            rc = largest(s, cohort, column, &most, &inner);
            if (!rc) count += most >= observed * (1 - 1e-10);
        }
        free(cohort);
        free(column);
#pragma omp critical(jd_dates)
        if (rc && !failed) failed = jd_fail(ctx, rc, "%s", inner.message);
    }
    *above = count;
    return failed;
}

/* ---- Lines ---- */

static int diagnose(const jd_diagnosis_t *d, jd_ctx_t *ctx)
{
    search_t s = {.d = d};
    int32_t *column = NULL;
    double most = 0;
    int best = 0, above = 0;
    const int draws = d->vcov->draws > 0 ? d->vcov->draws : DRAWS;
    char term[32];
    int rc = d->panel->dose && !d->panel->cohort && !d->panel->treated
                 ? jd_fail(ctx, JD_ERR_UNSUPPORTED, "dates: an amount has no date of adoption")
                 : find_movers(&s, ctx);
    if (!rc) rc = find_shifts(&s, ctx);
    if (!rc) rc = jd_make(&column, d->panel->n, sizeof *column, "dates", ctx);
    for (int k = 0; k < s.n_shifts && !rc; k++) {
        jd_estimate_t e;
        jd_ctx_t inner = jd_ctx_inner(ctx);
        const int failed = estimate(&s, s.cohort, s.shift[k], column, &e, &inner);
        if (failed == JD_ERR_NO_MEMORY || failed == JD_ERR_CANCELLED || (failed && !s.shift[k]))
            rc = jd_fail(ctx, failed, "%s", inner.message);
        if (failed) continue;
        snprintf(term, sizeof term, "shift=%+d", s.shift[k]);
        rc = jd_diagnosis_add(d, "att_at_date", term, e, true, ctx);
        if (wald(&e) > most) best = s.shift[k];
        most = fmax(most, wald(&e));
    }
    if (!rc) rc = compare(&s, most, draws, &above, ctx);
    if (!rc) {
        jd_estimate_t sup = jd_diagnosis_bare(most);
        sup.p_value = (1.0 + above) / (1.0 + draws);
        snprintf(term, sizeof term, "shift=%+d", best);
        rc = jd_diagnosis_add(d, "sup_wald", term, sup, false, ctx);
    }
    free(column);
    free(s.cohort);
    jd_groups_free(&s.movers);
    return rc;
}

const jd_diagnostic_t jd_diagnostic_dates = {
    .name = "dates",
    .label = "the effect at other dates of the policy, and a test that counts the search",
    .synonyms = "sup_wald,supwald",
    .not_in_all = "it estimates again for each date and placebo; request it by name",
    .run = diagnose,
};
