/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vmath.h"
#include "model/firms/choice.h"

/* Where moves go at V = 0. */
typedef struct shares {
    double county, prefecture, province, other;
} shares_t;

/* Land of the other prefectures of an origin's own province and of other provinces, each discounted
 * by distance; what the rounds below need of the O(prefectures^2) matrix. */
typedef struct reach {
    double *province, *other; /* [prefectures] */
} reach_t;

static void fill_distance(jd_borders_t *b, const jd_firms_params_t *p, const jd_tree_t *tree,
                          reach_t *reach)
{
    int32_t n = tree->n[JD_PREFECTURE];
    for (int32_t from = 0; from < n; from++) {
        double province = 0, other = 0;
        for (int32_t to = 0; to < n; to++) {
            double d = jd_tree_distance_prefectures(tree, from, to);
            double g = from == to ? 0 : jd_exp(-p->gamma * jd_log(1 + d / p->d0));
            b->gravity[(int64_t)from * n + to] = g;
            double mass = tree->site_prefecture[to] * g;
            if (tree->parent[JD_PREFECTURE][from] == tree->parent[JD_PREFECTURE][to])
                province += mass;
            else
                other += mass;
        }
        reach->province[from] = province;
        reach->other[from] = other;
    }
}

/* Moves from county c at V = 0, returns to the same street left out; adds to `sum` with the
 * county's land as weight. `streets2` is the sum of squared street shares within each county. */
static void add_county(const jd_borders_t *b, const jd_firms_params_t *p, const jd_tree_t *tree,
                       const reach_t *reach, const double *streets2, int32_t c, shares_t *sum)
{
    int32_t pref = tree->parent[JD_COUNTY][c];
    double s_c = tree->site_county[c], s_p = tree->site_prefecture[pref];
    double crossing = jd_exp(-b->k_county);
    double near = s_c + crossing * (s_p - s_c);
    double own = s_p * jd_pow(near / s_p, p->dissimilarity_prefecture);
    double province = reach->province[pref] * jd_exp(-b->k_prefecture);
    double other = reach->other[pref] * jd_exp(-b->k_prefecture - b->k_province);
    double total = own + province + other;
    sum->county += s_c * (own / total) * (s_c / near) * (1 - streets2[c]);
    sum->prefecture += s_c * (own / total) * (1 - s_c / near);
    sum->province += s_c * province / total;
    sum->other += s_c * other / total;
}

static shares_t shares_at(const jd_borders_t *b, const jd_firms_params_t *p, const jd_tree_t *tree,
                          const reach_t *reach, const double *streets2)
{
    shares_t sum = {0, 0, 0, 0};
    for (int32_t c = 0; c < tree->n[JD_COUNTY]; c++)
        add_county(b, p, tree, reach, streets2, c, &sum);
    return sum;
}

/* Cost that stands for a border nobody crosses: a share of 0. */
static const double closed = 60;

/* One cost's step: the log of how far the share relative to the first one's is off. Shares of 0
 * have no cost to solve: no such place, or nobody is to go there. */
static double correction(const double *share, const double *target, int which, int first)
{
    if (share[which] <= 0 || target[which] <= 0) return 0;
    return jd_log((share[which] / share[first]) / (target[which] / target[first]));
}

static int solve_costs(jd_borders_t *b, const jd_firms_params_t *p, const jd_tree_t *tree,
                       const reach_t *reach, const double *streets2, jd_ctx_t *ctx)
{
    enum { ROUNDS = 500 };
    const double other = 1 - p->share_county - p->share_prefecture - p->share_province;
    const double target[4] = {p->share_county, p->share_prefecture, p->share_province,
                              other > 1e-9 ? other : 0};
    double step = 1;
    if (target[1] <= 0) b->k_county = closed;
    if (target[2] <= 0) b->k_prefecture = closed;
    if (target[3] <= 0) b->k_province = closed;
    for (int round = 0; round < ROUNDS && step > 1e-12; round++) {
        shares_t s = shares_at(b, p, tree, reach, streets2);
        const double share[4] = {s.county, s.prefecture, s.province, s.other};
        int first = 0; /* the own county, unless all counties have one street */
        while (first < 3 && (share[first] <= 0 || target[first] <= 0))
            first++;
        double c = correction(share, target, 1, first);
        double v = correction(share, target, 2, first);
        double o = correction(share, target, 3, first);
        b->k_county += c;
        b->k_prefecture += v;
        b->k_province += target[3] > 0 ? o - v : 0;
        step = jd_max(fabs(c), jd_max(fabs(v), fabs(o)));
        if (!(fabs(b->k_county) < 200 && fabs(b->k_prefecture) < 200 && fabs(b->k_province) < 200))
            break;
    }
    if (step > 1e-6)
        return jd_fail(
            ctx, JD_ERR_NO_CONVERGENCE,
            "firms.share_county = %g, share_prefecture = %g, share_province = %g: no border costs "
            "give these shares on this tree; take shares nearer to .667, .133, .09",
            p->share_county, p->share_prefecture, p->share_province);
    return JD_OK;
}

/* Puts the costs into the matrix and notes each county's total at V = 0. */
static void apply_costs(jd_borders_t *b, const jd_firms_params_t *p, const jd_tree_t *tree)
{
    int32_t n = tree->n[JD_PREFECTURE];
    double near = jd_exp(-b->k_prefecture), far = jd_exp(-b->k_prefecture - b->k_province);
    double crossing = jd_exp(-b->k_county);
    for (int32_t from = 0; from < n; from++) {
        double *row = b->gravity + (int64_t)from * n;
        double elsewhere = 0;
        for (int32_t to = 0; to < n; to++) {
            row[to] *=
                tree->parent[JD_PREFECTURE][from] == tree->parent[JD_PREFECTURE][to] ? near : far;
            elsewhere += tree->site_prefecture[to] * row[to];
        }
        double s_p = tree->site_prefecture[from];
        for (int32_t c = tree->child[JD_PREFECTURE][from]; c < tree->child[JD_PREFECTURE][from + 1];
             c++) {
            double s_c = tree->site_county[c];
            double own =
                s_p * jd_pow((s_c + crossing * (s_p - s_c)) / s_p, p->dissimilarity_prefecture);
            b->reference[c] = jd_log(own + elsewhere);
        }
    }
}

int jd_borders_init(jd_borders_t *b, const jd_firms_params_t *p, const jd_tree_t *tree,
                    jd_ctx_t *ctx)
{
    memset(b, 0, sizeof *b);
    int64_t n = tree->n[JD_PREFECTURE];
    reach_t reach = {0};
    double *streets2 = NULL;
    int rc = jd_make(&b->gravity, n * n, sizeof(double), "distances", ctx);
    if (!rc) rc = jd_make(&b->reference, tree->n[JD_COUNTY], sizeof(double), "distances", ctx);
    if (!rc) rc = jd_make(&reach.province, n, sizeof(double), "distances", ctx);
    if (!rc) rc = jd_make(&reach.other, n, sizeof(double), "distances", ctx);
    if (!rc) rc = jd_make(&streets2, tree->n[JD_COUNTY], sizeof(double), "distances", ctx);
    if (rc) goto out;
    fill_distance(b, p, tree, &reach);
    for (int32_t s = 0; s < tree->n[JD_STREET]; s++) {
        int32_t c = tree->parent[JD_STREET][s];
        double share = tree->site[s] / tree->site_county[c];
        streets2[c] += share * share;
    }
    rc = solve_costs(b, p, tree, &reach, streets2, ctx);
    if (!rc) apply_costs(b, p, tree);
out:
    free(reach.province);
    free(reach.other);
    free(streets2);
    return rc;
}

void jd_borders_free(jd_borders_t *b)
{
    free(b->gravity);
    free(b->reference);
    memset(b, 0, sizeof *b);
}
