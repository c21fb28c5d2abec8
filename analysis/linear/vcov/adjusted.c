/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariances adjusted for leverage: HC2, HC3; CR2, CR3 and the cluster jackknife; degrees of
 * freedom by Satterthwaite under independent errors of one variance (Bell, McCaffrey 2002;
 * Pustejovsky, Tipton 2018, equation 13).
 *
 *  A coefficient's variance estimate is sum over g of (s_g'e_g)^2, e = (I-H) error, so a quadratic
 *  form whose matrix is P_gh = s_g' [(I-H)(I-H)']_gh s_h; df = (tr P)^2 / tr P^2. With Q = [U, R]
 * as in leverage.h, levels of U within clusters, P_gh = [g = h] D_g + t_g.z_h + z_g.t_h for vectors
 *  of the rank of R: tr P^2 needs their cross products only, and the cost is linear in clusters. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/lapack.h"
#include "linear/sums.h"
#include "linear/vcov/reweigh.h"
#include "linear/vcov/vcov.h"

enum { AT_ONCE = 32 }; /* clusters worked on between two sums */

/* What the law of a cluster's rows needs of its adjusted weights: for one contrast. */
typedef struct {
    double d;
    double *t, *z; /* [m] */
} piece_t;

/* All a pass over the clusters adds up. */
typedef struct {
    const jd_leverage_t *v;
    const double *residual; /* or NULL: degrees of freedom alone */
    const double *contrast; /* [n_c][k] or NULL = unit vectors */
    int n_c;
    jd_reweigh_t how;
    double *spread;          /* [m][m] */
    double *score;           /* [k][groups] or NULL */
    double *trace, *squares; /* [n_c]: tr P, and of tr P^2 what is diagonal; NULL: no df */
    double *tt, *zz, *tz;    /* [n_c][m][m] */
    int32_t *without;        /* [k] first cluster that a coefficient hangs on alone, or -1 */
} pass_t;

static double contrast_at(const pass_t *p, int c, int j)
{
    return p->contrast ? p->contrast[c * p->v->r->n_kept + j] : c == j;
}

/* One level of the nested effect: its rows from..to of the cluster. Its dummy is orthogonal to s in
 * scaled rows, but for CR2 under unequal weights, whose s is orthogonal to the dummy times w. */
static void add_level(const pass_t *p, const jd_reweigh_work_t *work, const double *s,
                      const int32_t *row, int64_t from, int64_t to, piece_t *piece)
{
    const jd_leverage_t *v = p->v;
    double along = 0, own = 0;
    for (int64_t i = from; i < to; i++) {
        double w = jd_reweigh_weight(v, row[i]);
        along += work->u[i] * s[i] / sqrt(w);
        own += w * work->u[i] * work->u[i];
    }
    piece->d += own * along * along;
    for (int64_t i = from; i < to; i++) {
        double by = along * jd_reweigh_weight(v, row[i]) * work->u[i];
        for (int a = 0; a < v->m; a++)
            piece->z[a] += by * work->r[i * v->m + a];
    }
}

/* d, t and z of a cluster and contrast; s [n] its adjusted weights. */
static void make_piece(const pass_t *p, int32_t group, const jd_reweigh_work_t *work,
                       const double *s, piece_t *piece)
{
    const jd_leverage_t *v = p->v;
    const int32_t *row;
    int64_t n = jd_leverage_rows(v, group, &row);
    int m = v->m;
    piece->d = jd_dot(s, s, n);
    memset(piece->t, 0, (size_t)m * sizeof *piece->t);
    memset(piece->z, 0, (size_t)m * sizeof *piece->z);
    for (int64_t from = 0, to; v->own && !v->exact_unit && from < n; from = to) {
        for (to = from + 1; to < n && v->own->code[row[to]] == v->own->code[row[from]]; to++) {
        }
        add_level(p, work, s, row, from, to, piece);
    }
    for (int64_t i = 0; i < n; i++) {
        double root = sqrt(jd_reweigh_weight(v, row[i]));
        for (int a = 0; a < m; a++) {
            piece->t[a] += s[i] / root * work->r[i * m + a];
            piece->z[a] -= s[i] * root * work->r[i * m + a];
        }
    }
    for (int a = 0; a < m; a++)
        piece->z[a] += jd_dot(p->spread + (int64_t)a * m, piece->t, m) / 2;
}

/* Scores and pieces of one cluster; s [n] is scratch. */
static int do_group(const pass_t *p, int32_t group, jd_reweigh_work_t *work, double *s,
                    piece_t *piece)
{
    const int32_t *row;
    int64_t n = jd_leverage_rows(p->v, group, &row);
    int k = p->v->r->n_kept;
    int bad = jd_reweigh_group(p->v, group, p->how, p->spread, work);
    if (bad < 0) return bad;
    for (int j = 0; p->score && j < k; j++) {
        double sum = work->lost[j] ? (double)NAN : 0;
        for (int64_t i = 0; i < n; i++)
            sum += work->s[j * n + i] * p->residual[row[i]];
        p->score[(int64_t)j * p->v->groups->n_groups + group] = sum;
    }
    for (int c = 0; p->trace && c < p->n_c; c++) {
        memset(s, 0, (size_t)n * sizeof *s);
        for (int j = 0; j < k; j++) {
            double by = contrast_at(p, c, j);
            for (int64_t i = 0; by != 0 && i < n; i++)
                s[i] += by * work->s[j * n + i];
        }
        make_piece(p, group, work, s, &piece[c]);
    }
    return bad;
}

static void add_piece(pass_t *p, int c, const piece_t *piece)
{
    int m = p->v->m;
    double along = jd_dot(piece->t, piece->z, m);
    size_t at = (size_t)c * (size_t)m * (size_t)m;
    p->trace[c] += piece->d + 2 * along;
    p->squares[c] += piece->d * (piece->d + 4 * along);
    for (int a = 0; a < m; a++)
        for (int b = 0; b < m; b++) {
            size_t cell = at + (size_t)a * (size_t)m + (size_t)b;
            p->tt[cell] += piece->t[a] * piece->t[b];
            p->zz[cell] += piece->z[a] * piece->z[b];
            p->tz[cell] += piece->t[a] * piece->z[b];
        }
}

/* A coefficient that one cluster alone identifies has no jackknife error; others keep theirs. */
static int judge_lost(const pass_t *p, jd_ctx_t *ctx)
{
    const jd_groups_t *groups = p->v->groups;
    int k = p->v->r->n_kept, lost = 0, first = -1;
    for (int j = 0; j < k; j++)
        if (p->without[j] >= 0 && lost++ == 0) first = j;
    if (lost == 0) return JD_OK;
    int32_t group = p->without[first];
    if (groups->value) group = groups->value[group];
    static const char *const cure =
        "CR1, CR2 and the wild bootstrap are no cure: they reject far too often, or never. "
        "Randomisation inference requires that any cluster could have been treated, Conley and "
        "Taber's test that errors have the same distribution in all";
    if (lost == k)
        return jd_fail(
            ctx, JD_ERR_DATA,
            "without cluster %s coefficient %d is not identified, so it has no jackknife "
            "or CR3 standard error. %s",
            JD_CLUSTER_NAME(ctx, group), first + 1, cure);
    jd_warn(ctx,
            "without cluster %s coefficient %d is not identified, so it has no jackknife or CR3 "
            "standard error (%d of %d coefficients; the others keep theirs). %s",
            JD_CLUSTER_NAME(ctx, group), first + 1, lost, k, cure);
    return JD_OK;
}

/* All clusters: a few at a time in parallel, summed in their order. */
static int run_pass(pass_t *p, jd_ctx_t *ctx)
{
    int threads = jd_ctx_threads(ctx), rc = JD_OK, m = p->v->m, n_c = p->trace ? p->n_c : 0;
    int32_t groups = p->v->groups->n_groups;
    size_t each = (size_t)n_c * 2 * (size_t)m, k = (size_t)p->v->r->n_kept;
    unsigned char *lost = malloc(k * AT_ONCE + 1); /* [AT_ONCE][k] */
    jd_reweigh_work_t *work = calloc((size_t)threads, sizeof *work);
    piece_t *piece = calloc((size_t)n_c * AT_ONCE + 1, sizeof *piece);
    double *room =
        malloc((each * AT_ONCE + (size_t)threads * (size_t)p->v->largest) * sizeof *room);
    if (!work || !piece || !room || !lost) rc = jd_fail_memory(ctx, each * AT_ONCE * 8, "clusters");
    for (int t = 0; !rc && t < threads; t++)
        rc = jd_reweigh_open(&work[t], p->v, p->how, ctx);
    for (int i = 0; !rc && i < n_c * AT_ONCE; i++) {
        piece[i].t = room + (size_t)i * 2 * (size_t)m;
        piece[i].z = piece[i].t + m;
    }
    for (int32_t first = 0; !rc && first < groups; first += AT_ONCE) {
        int32_t count = groups - first < AT_ONCE ? groups - first : AT_ONCE;
        int bad[AT_ONCE] = {0};
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int t = 0; t < threads; t++)
            for (int32_t g = t; g < count; g += threads) {
                bad[g] = do_group(p, first + g, &work[t],
                                  room + each * AT_ONCE + (size_t)t * (size_t)p->v->largest,
                                  piece + (int64_t)g * n_c);
                memcpy(lost + (size_t)g * k, work[t].lost, k);
            }
        for (int32_t g = 0; !rc && g < count; g++) {
            if (bad[g] == JD_LAPACK_MEMORY)
                rc = jd_fail_memory(ctx, 0, "the eigenvalues of a cluster");
            else if (bad[g] < 0)
                rc = jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                             "the eigenvalues of a cluster do not converge");
            for (size_t j = 0; j < k; j++)
                if (lost[(size_t)g * k + j] && p->without[j] < 0) p->without[j] = first + g;
            for (int c = 0; c < n_c && !rc; c++)
                add_piece(p, c, &piece[g * n_c + c]);
        }
        if (!rc) rc = jd_check_cancelled(ctx);
    }
    for (int t = 0; work && t < threads; t++)
        jd_reweigh_close(&work[t]);
    free(work);
    free(piece);
    free(room);
    free(lost);
    return rc ? rc : judge_lost(p, ctx);
}

/* Sum of products a_ij b_ji of m x m matrices. */
static double trace_of(const double *a, const double *b, int m)
{
    double sum = 0;
    for (int i = 0; i < m; i++)
        for (int j = 0; j < m; j++)
            sum += a[i * m + j] * b[j * m + i];
    return sum;
}

static void fill_df(const pass_t *p, double *df)
{
    int m = p->v->m;
    for (int c = 0; c < p->n_c; c++) {
        size_t at = (size_t)c * (size_t)m * (size_t)m;
        double squares = p->squares[c] + 2 * (trace_of(p->tt + at, p->zz + at, m) +
                                              trace_of(p->tz + at, p->tz + at, m));
        double told = p->trace[c] * p->trace[c] / squares;
        for (int j = 0; j < p->v->r->n_kept; j++)
            if (p->without[j] >= 0 && contrast_at(p, c, j) != 0) told = 0;
        df[c] = told > 0.5 ? told : (double)NAN; /* it is 1 or more, or P is rounding */
    }
}

static void fill_vcov(const pass_t *p, jd_vcov_t kind, double *vcov)
{
    int k = p->v->r->n_kept;
    int32_t groups = p->v->groups->n_groups;
    double factor = kind == JD_VCOV_CV3 || kind == JD_VCOV_CV3J ? (groups - 1.0) / groups : 1;
    for (int j = 0; kind == JD_VCOV_CV3J && j < k; j++) {
        double *score = p->score + (int64_t)j * groups, sum = 0;
        for (int32_t g = 0; g < groups; g++)
            sum += score[g];
        for (int32_t g = 0; g < groups; g++)
            score[g] -= sum / groups;
    }
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++)
            vcov[i * k + j] = vcov[j * k + i] =
                factor *
                jd_dot(p->score + (int64_t)i * groups, p->score + (int64_t)j * groups, groups);
}

static int adjust_rows(const jd_regression_t *r, const double *residual, jd_vcov_t kind,
                       double *vcov, jd_ctx_t *ctx)
{
    size_t bytes = (size_t)r->n * sizeof(double);
    int k = r->n_kept;
    double *leverage;
    if (jd_make_unset(&leverage, bytes, 1, "leverages", ctx)) return JD_ERR_NO_MEMORY;
    int rc = jd_leverages(r, leverage, ctx);
    int64_t fitted = 0;
    for (int64_t i = 0; !rc && i < r->n; i++) {
        if (1 - leverage[i] > 1e-9) continue;
        /* fitted perfectly, so its residual is 0 whatever the outcome */
        leverage[i] = 0;
        fitted++;
    }
    if (!rc && fitted > 0)
        jd_warn(
            ctx,
            "%lld row%s fitted exactly, by a dummy or an effect of %s own (leverage 1): HC2 and "
            "HC3 are not defined there (NaN in R) and are those without such rows; the error of "
            "such a dummy means nothing",
            (long long)fitted, fitted == 1 ? " is" : "s are", fitted == 1 ? "its" : "their");
    if (!rc) rc = jd_meat_rows(r, residual, leverage, kind == JD_VCOV_HC3 ? 2 : 1, vcov, ctx);
    for (int i = 0; !rc && i < k; i++)
        for (int j = 0; j < i; j++)
            vcov[j * k + i] = vcov[i * k + j];
    free(leverage);
    return rc;
}

int jd_vcov_adjusted(const jd_regression_t *r, const double *residual, const jd_vcov_rows_t *rows,
                     jd_vcov_t kind, double *vcov, double *df, jd_ctx_t *ctx)
{
    if (kind == JD_VCOV_HC2 || kind == JD_VCOV_HC3)
        return adjust_rows(r, residual, kind, vcov, ctx);
    jd_leverage_t v = {0};
    int satterthwaite = df && kind != JD_VCOV_CV3 && kind != JD_VCOV_CV3J;
    pass_t p = {.v = &v, .residual = residual, .contrast = rows->contrast};
    p.n_c = rows->contrast ? rows->n_contrasts : r->n_kept;
    p.how = kind == JD_VCOV_CLUSTER ? JD_REWEIGH_NONE
            : kind == JD_VCOV_CR2   ? JD_REWEIGH_CR2
                                    : JD_REWEIGH_CR3;
    int rc = jd_leverage_make(&v, r, rows->way[0], ctx);
    size_t m = (size_t)v.m, n_c = satterthwaite ? (size_t)p.n_c : 0;
    size_t scores = vcov ? (size_t)r->n_kept * (size_t)rows->way[0]->n_groups : 0;
    size_t cells = m * m + scores + n_c * (2 + 3 * m * m);
    double *room = rc ? NULL : calloc(cells, sizeof *room);
    p.without = malloc(((size_t)r->n_kept + 1) * sizeof *p.without);
    if (!rc && (!room || !p.without))
        rc = jd_fail_memory(ctx, cells * sizeof *room, "a covariance");
    for (int j = 0; p.without && j < r->n_kept; j++)
        p.without[j] = -1;
    if (!rc) {
        p.spread = room;
        if (vcov) p.score = room + m * m;
        if (satterthwaite) {
            p.trace = room + m * m + scores;
            p.squares = p.trace + n_c;
            p.tt = p.squares + n_c;
            p.zz = p.tt + n_c * m * m;
            p.tz = p.zz + n_c * m * m;
        }
        rc = jd_reweigh_spread(&v, p.spread, ctx);
    }
    if (!rc) rc = run_pass(&p, ctx);
    if (!rc && vcov) fill_vcov(&p, kind, vcov);
    if (!rc && satterthwaite) fill_df(&p, df);
    free(room);
    free(p.without);
    jd_leverage_free(&v);
    return rc;
}
