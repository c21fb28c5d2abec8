/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The horizons of lp_did: who is compared in which period, and with what weight. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/lp_did/lp_did.h"

void jd_lp_projection_free(jd_lp_projection_t *p)
{
    free(p->unit);
    free(p->time);
    free(p->treated);
    free(p->weight);
    jd_groups_free(&p->clusters);
    jd_effects_free(p->effects);
    jd_regression_free(&p->regression);
    memset(p, 0, sizeof *p);
}

static int all_seen(const jd_lp_t *lp, int32_t u, int64_t from, int64_t to)
{
    for (int64_t t = from; t <= to; t++)
        if (jd_lp_row(lp, u, t) < 0) return 0;
    return 1;
}

int jd_lp_paths_make(jd_lp_t *lp, const int8_t *treated, jd_ctx_t *ctx)
{
    size_t cells = (size_t)lp->n_units * (size_t)lp->n_periods;
    int rc = jd_make_unset(&lp->on, cells, sizeof *lp->on, "treatment paths", ctx);
    if (!rc) rc = jd_make_unset(&lp->change, cells, sizeof *lp->change, "treatment paths", ctx);
    if (rc) return rc;
    for (int32_t u = 0; u < lp->n_units; u++) {
        int32_t last = INT32_MIN, seen = 0;
        int8_t on = 0;
        lp->first[u] = lp->n_periods;
        for (int32_t t = 0; t < lp->n_periods; t++) {
            int32_t row = jd_lp_row(lp, u, t);
            size_t cell = (size_t)u * (size_t)lp->n_periods + (size_t)t;
            if (row >= 0) {
                if (seen && treated[row] != on) last = t;
                on = treated[row];
                seen = 1;
                if (on && lp->first[u] == lp->n_periods) lp->first[u] = t;
            }
            lp->on[cell] = on;
            lp->change[cell] = last;
        }
    }
    return JD_OK;
}

/* The same where treatment may end (section 4.2, eq. 13): nobody changes from t+1 to t+h, nor in
 * the L periods before the first outcome looked at. */
static int stable_role(const jd_lp_t *lp, int64_t from, int32_t clean, int32_t u, int32_t t)
{
    const int32_t *change = lp->change + (size_t)u * (size_t)lp->n_periods;
    int64_t quiet = (int64_t)lp->stable + (from < -1 ? -1 - from : 0);
    if (jd_lp_row(lp, u, t) < 0 || (int64_t)t + clean >= lp->n_periods) return -1;
    if (change[t - 1] > t - 1 - quiet || change[t + clean] > t) return -1;
    if (change[t] == t) return lp->on[(size_t)u * (size_t)lp->n_periods + (size_t)t] ? 1 : -1;
    return lp->not_yet || lp->first[u] == lp->n_periods ? 0 : -1;
}

/* What unit u is in period t: 1 newly treated, 0 clean control, -1 neither, or not seen. */
static int role_of(const jd_lp_t *lp, const jd_lp_horizon_t *h, int32_t u, int32_t t)
{
    int32_t first = lp->first[u];
    int never = first == lp->n_periods;
    if (!lp->stable && first != t && !never && !(lp->not_yet && first > (int64_t)t + h->clean))
        return -1;
    if (jd_lp_row(lp, u, (int64_t)t - 1) < 0) return -1;
    int64_t from = lp->no_composition ? lp->first_h : h->from;
    int64_t to = lp->no_composition ? lp->last_h : h->to;
    if (!all_seen(lp, u, t + from, t + to)) return -1;
    return lp->stable ? stable_role(lp, from, h->clean, u, t) : first == t;
}

static double weight_of(const jd_lp_t *lp, const jd_design_t *design, int32_t u, int32_t t)
{
    return design->weight ? design->weight[jd_lp_row(lp, u, t - 1)] : 1;
}

/* Share of newly treated by period; 1 where no control faces them, 0 where there are none. */
static void fill_shares(const jd_lp_t *lp, const jd_design_t *design, const jd_lp_horizon_t *h,
                        double *share, double *mass)
{
    memset(share, 0, (size_t)lp->n_periods * sizeof *share);
    memset(mass, 0, (size_t)lp->n_periods * sizeof *mass);
    for (int32_t u = 0; u < lp->n_units; u++)
        for (int32_t t = 1; t < lp->n_periods; t++) {
            int role = role_of(lp, h, u, t);
            if (role < 0) continue;
            mass[t] += weight_of(lp, design, u, t);
            if (role == 1) share[t] += weight_of(lp, design, u, t);
        }
    for (int32_t t = 0; t < lp->n_periods; t++)
        share[t] = mass[t] > 0 ? share[t] / mass[t] : 1;
}

static int allocate(jd_lp_projection_t *p, jd_ctx_t *ctx)
{
    size_t n = (size_t)p->n + 1;
    if (p->n > INT32_MAX)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "lp_did: %" PRId64 " observations are too many", p->n);
    int rc = jd_make_n(&p->unit, n, sizeof *p->unit, "observations of a horizon", ctx);
    if (!rc) rc = jd_make_n(&p->time, n, sizeof *p->time, "observations of a horizon", ctx);
    if (!rc) rc = jd_make_n(&p->treated, n, sizeof *p->treated, "observations of a horizon", ctx);
    if (!rc) rc = jd_make_n(&p->weight, n, sizeof *p->weight, "observations of a horizon", ctx);
    if (rc) return rc;
    return JD_OK;
}

/* Counts the observations, then fills them. Periods whose adopters face no control, and horizons
 * without any other, are left out: p->n = 0. */
static int fill_observations(jd_lp_projection_t *p, const jd_lp_t *lp, const jd_design_t *design,
                             const jd_lp_horizon_t *h, jd_ctx_t *ctx)
{
    size_t bytes = 2 * (size_t)lp->n_periods * sizeof(double);
    double *share;
    if (jd_make_unset(&share, bytes, 1, "periods", ctx)) return JD_ERR_NO_MEMORY;
    fill_shares(lp, design, h, share, share + lp->n_periods);
    int rc = JD_OK, any = 0;
    for (int pass = 0; !rc && pass < 2; pass++) {
        int64_t n = 0;
        for (int32_t u = 0; u < lp->n_units; u++)
            for (int32_t t = 1; t < lp->n_periods; t++) {
                int role = role_of(lp, h, u, t);
                if (role < 0 || !(share[t] < 1)) continue;
                any |= role;
                if (pass == 1) {
                    p->unit[n] = u;
                    p->time[n] = t;
                    p->treated[n] = role;
                    p->weight[n] = weight_of(lp, design, u, t);
                    if (lp->reweight) p->weight[n] /= 1 - share[t];
                }
                n++;
            }
        p->n = any ? n : 0;
        if (pass == 0) rc = any ? allocate(p, ctx) : JD_OK;
        if (!any) break;
    }
    free(share);
    return rc;
}

static int keep_clusters(jd_lp_projection_t *p, const jd_lp_t *lp, const jd_design_t *design,
                         jd_ctx_t *ctx)
{
    int32_t *code;
    if (jd_make_unset(&code, (size_t)p->n, sizeof *code, "clusters", ctx)) return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < p->n; i++)
        code[i] = design->clusters.code[jd_lp_row(lp, p->unit[i], p->time[i] - 1)];
    int rc = jd_groups_make(&p->clusters, code, p->n, ctx);
    free(code);
    return rc;
}

int jd_lp_projection_make(jd_lp_projection_t *p, const jd_lp_t *lp, const jd_design_t *design,
                          const jd_lp_horizon_t *h, jd_ctx_t *ctx)
{
    memset(p, 0, sizeof *p);
    int rc = fill_observations(p, lp, design, h, ctx);
    if (rc || p->n == 0) return rc;
    const int32_t *const effects[] = {p->time};
    rc = keep_clusters(p, lp, design, ctx);
    if (!rc) rc = jd_effects_make(&p->effects, p->n, 1, effects, p->weight, JD_SOLVER_AUTO, ctx);
    if (!rc) rc = jd_regression_init(&p->regression, p->effects, p->n, 1 + lp->n_x, p->weight, ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < p->n; i++) {
        int32_t base = jd_lp_row(lp, p->unit[i], p->time[i] - 1);
        p->regression.columns[i] = p->treated[i];
        for (int k = 0; k < lp->n_x; k++)
            p->regression.columns[(int64_t)(1 + k) * p->n + i] =
                lp->x[(int64_t)k * design->sample.n + base];
    }
    return jd_regression_factor(&p->regression, ctx);
}

void jd_lp_visit(const jd_lp_t *lp, const jd_lp_horizon_t *h, int32_t u, int32_t t,
                 jd_lp_visit_t *v)
{
    int64_t from = t - lp->premean < 0 ? 0 : t - lp->premean, n = 0;
    double sum = 0, base = 0, part = v->w ? v->value / (h->to - h->from + 1) : 0;
    for (int64_t s = from; s < t; s++)
        n += jd_lp_row(lp, u, s) >= 0;
    for (int64_t s = (int64_t)t + h->from; s <= (int64_t)t + h->to; s++) {
        int32_t row = jd_lp_row(lp, u, s);
        if (v->w)
            v->w[row] += part;
        else
            sum += v->y[row];
    }
    for (int64_t s = from; s < t; s++) {
        int32_t row = jd_lp_row(lp, u, s);
        if (row < 0) continue;
        if (v->w)
            v->w[row] -= v->value / (double)n;
        else
            base += v->y[row];
    }
    if (!v->w) v->value = sum / (h->to - h->from + 1) - base / (double)n;
}
