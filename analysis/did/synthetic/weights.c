/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Synthetic weights of a block and what follows from them. With controls j, pre-periods s and the
 * block's means y_tr, y_post (Arkhangelsky et al. 2021, eqs. 4 and 6):
 *
 *      omega = argmin sum_s (w0 + sum_j w_j y_js - y_tr,s)^2 + zeta^2 T_pre |w|^2
 *      lambda = argmin sum_j (l0 + sum_s l_s y_js - y_j,post)^2 + (1e-6 noise)^2 N_co |l|^2
 *
 * zeta = (N_tr T_post)^(1/4) noise, noise the standard deviation of controls' first differences.
 * The intercepts leave by centring. Effect in a period: the gap y_tr,t - omega'y_t, less its
 * lambda-mean before. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/synthetic/synthetic.h"

static const double LEAST_ZETA = 1e-6;            /* of the noise */
static const double LEAST_RIDGE = 1e-12;          /* of columns whose largest number is 1 */
enum { SEARCH_STEPS = 10000, FIRST_STEPS = 100 }; /* the package's */

int jd_block_weights_init(jd_block_weights_t *weights, const jd_synthetic_t *s, size_t most,
                          jd_ctx_t *ctx)
{
    size_t blocks = (size_t)s->n_blocks;
    size_t omega = blocks * most, lambda = blocks * (size_t)s->n_periods;
    if (jd_make_n(&weights->omega, omega + lambda + 3 * blocks, sizeof *weights->omega,
                  "synthetic weights", ctx))
        return JD_ERR_NO_MEMORY;
    weights->lambda = weights->omega + omega;
    weights->zeta = weights->lambda + lambda;
    return JD_OK;
}

void jd_block_weights_free(jd_block_weights_t *weights)
{
    free(weights->omega); /* one block */
    memset(weights, 0, sizeof *weights);
}

int jd_synthetic_everyone(const jd_synthetic_t *s, size_t most, jd_synthetic_who_t *who,
                          jd_ctx_t *ctx)
{
    size_t blocks = (size_t)s->n_blocks;
    if (jd_make_unset(&who->control, 2 * most + blocks + 1, sizeof *who->control, "units", ctx))
        return JD_ERR_NO_MEMORY;
    who->treated = who->control + most;
    who->start = who->treated + most;
    who->n_controls = s->n_controls;
    for (int32_t u = 0; u < s->n_controls; u++)
        who->control[u] = u;
    for (int32_t u = s->n_controls; u < s->n_units; u++)
        who->treated[u - s->n_controls] = u;
    for (int32_t b = 0; b <= s->n_blocks; b++)
        who->start[b] = s->start[b] - s->n_controls;
    return JD_OK;
}

/* Covariates' coefficients on untreated rows. */
static int fit_covariates(const jd_first_stage_t *stage, const double *y, double *beta,
                          jd_ctx_t *ctx)
{
    double *y0;
    if (jd_make_unset(&y0, (size_t)stage->n0, sizeof *y0, "covariates", ctx))
        return JD_ERR_NO_MEMORY;
    jd_untreated_gather(stage, y, y0);
    const double *column = y0;
    jd_regression_estimate(&stage->fit, &column, 1, beta, ctx);
    free(y0);
    return JD_OK;
}

int jd_synthetic_outcomes(const jd_synthetic_t *s, const double *y, double *matrix, jd_ctx_t *ctx)
{
    const jd_first_stage_t *stage = &s->stage;
    int n_kept = stage->fit.n_kept, rc = JD_OK;
    double *beta;
    if (jd_make_n(&beta, (size_t)n_kept + 1, sizeof *beta, "covariates", ctx))
        return JD_ERR_NO_MEMORY;
    if (n_kept > 0) rc = fit_covariates(stage, y, beta, ctx);
    for (int64_t c = 0; c < (int64_t)s->n_units * s->n_periods; c++) {
        matrix[c] = y[s->cell[c]];
        for (int k = 0; k < n_kept; k++)
            matrix[c] -= beta[k] * stage->x[stage->fit.kept[k] * stage->n + s->cell[c]];
    }
    free(beta);
    return rc;
}

/* Means of the block's treated units, by period. */
static void treated_means(const jd_synthetic_t *s, const jd_synthetic_who_t *who,
                          const double *matrix, int32_t b, double *mean)
{
    int32_t first = who->start[b], last = who->start[b + 1];
    for (int32_t t = 0; t < s->n_periods; t++) {
        double sum = 0;
        for (int32_t k = first; k < last; k++)
            sum += matrix[(int64_t)who->treated[k] * s->n_periods + t];
        mean[t] = sum / (last - first);
    }
}

static void centre(double *column, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += column[i];
    for (int i = 0; i < n; i++)
        column[i] -= sum / n;
}

/* Standard deviation of controls' first differences before treatment, in units of `scale`. */
static double find_noise(const jd_synthetic_t *s, const jd_synthetic_who_t *who,
                         const double *matrix, int32_t n_pre, double scale)
{
    double sum = 0, square = 0, n = (double)who->n_controls * (n_pre - 1);
    for (int pass = 0; pass < 2; pass++)
        for (int32_t k = 0; k < who->n_controls; k++) {
            const double *y = matrix + (int64_t)who->control[k] * s->n_periods;
            for (int32_t t = 1; t < n_pre; t++) {
                double d = y[t] / scale - y[t - 1] / scale;
                if (pass == 0)
                    sum += d;
                else
                    square += (d - sum / n) * (d - sum / n);
            }
        }
    return n > 1 ? sqrt(square / (n - 1)) : 0;
}

/* Largest size of n numbers; 1 if all are 0. Squares of outcomes in its units do not overflow. */
static double find_scale(const double *y, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        if (fabs(y[i]) > largest) largest = fabs(y[i]);
    return largest > 0 ? largest : 1;
}

/* What one search is about. */
typedef struct {
    double *a; /* [n + 1][m], the target behind the columns */
    int m, n;
    double zeta, noise;
    int of_periods; /* lambda, not omega */
    int say;        /* whether to warn of weights that are not unique */
} search_t;

/* The package sets weights below a quarter of the largest to 0, and starts again. */
static void sparsify(double *w, int n)
{
    double largest = 0, sum = 0;
    for (int j = 0; j < n; j++)
        largest = fmax(largest, w[j]);
    for (int j = 0; j < n; j++) {
        if (w[j] <= largest / 4) w[j] = 0;
        sum += w[j];
    }
    for (int j = 0; j < n; j++)
        w[j] /= sum;
}

/* Columns that are equal bit by bit, each kept with the first of them. */
typedef struct {
    uint64_t *hash; /* [n] of a column's bits, which tells most of them apart */
    double *sum;    /* [n] of the weights of columns that equal this one, which is the first */
    int32_t *first; /* [n] the first column that equals this one, maybe itself */
    int32_t *count; /* [n] how many equal this one, itself among them */
    int32_t *slot;  /* [mask + 1] first columns, by their hash; -1: none */
    size_t mask;
} columns_t;

static uint64_t hash_column(const double *values, int m)
{
    uint64_t hash = 0, bits;
    for (int i = 0; i < m; i++) {
        memcpy(&bits, &values[i], sizeof bits);
        hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash;
}

static int make_columns(columns_t *c, int n, jd_ctx_t *ctx)
{
    size_t slots = 16, columns = (size_t)n;
    while (slots < 2 * columns)
        slots *= 2;
    size_t bytes = columns * (sizeof *c->hash + sizeof *c->sum + 2 * sizeof *c->first) +
                   slots * sizeof *c->slot;
    if (jd_make_unset(&c->hash, bytes, 1, "synthetic weights", ctx)) return JD_ERR_NO_MEMORY;
    c->sum = (double *)(c->hash + columns);
    c->first = (int32_t *)(c->sum + columns);
    c->count = c->first + columns;
    c->slot = c->count + columns;
    c->mask = slots - 1;
    memset(c->slot, -1, slots * sizeof *c->slot);
    return JD_OK;
}

/* The first column that equals column j. */
static int32_t first_equal(columns_t *c, const double *a, int m, int j)
{
    const size_t rows = (size_t)m, bytes = rows * sizeof *a;
    const double *own = a + (size_t)j * rows;
    c->hash[j] = hash_column(own, m);
    c->sum[j] = 0;
    c->count[j] = 0;
    size_t at = (size_t)(c->hash[j] >> 16) & c->mask; /* the low bits were mixed least */
    for (int32_t k; (k = c->slot[at]) >= 0; at = (at + 1) & c->mask)
        if (c->hash[k] == c->hash[j] && memcmp(a + (size_t)k * rows, own, bytes) == 0) return k;
    return c->slot[at] = j;
}

/* Columns that are equal bit by bit share their weights equally: of the weights that fit as well
 * the ones of least norm, whatever the columns' order. The ridge says the same, to fewer digits.
 * *n_equal: how many columns equal an earlier one. */
static int share_equal(const double *a, int m, int n, double *w, int *n_equal, jd_ctx_t *ctx)
{
    columns_t c;
    *n_equal = 0;
    if (make_columns(&c, n, ctx)) return JD_ERR_NO_MEMORY;
    for (int j = 0; j < n; j++) {
        const int32_t first = c.first[j] = first_equal(&c, a, m, j);
        c.sum[first] += w[j];
        c.count[first]++;
        *n_equal += first != j;
    }
    for (int j = 0; j < n; j++)
        if (c.count[c.first[j]] > 1) w[j] = c.sum[c.first[j]] / c.count[c.first[j]];
    free(c.hash);
    return JD_OK;
}

/* Says where the optimum is not unique; columns are scaled, n_equal of them equal another. */
static int say_unique(const search_t *problem, const double *w, int n_equal, jd_ctx_t *ctx)
{
    int unique = 1;
    int rc = jd_simplex_is_unique(problem->a, problem->m, problem->n, w, &unique, ctx);
    if (rc || unique) return rc;
    if (n_equal > 0 && !problem->of_periods)
        jd_warn(ctx,
                "%d control%s the same outcomes before treatment as another one, so synthetic "
                "weights are not unique; equal controls share theirs equally",
                n_equal, n_equal == 1 ? " has" : "s have");
    else
        jd_warn(ctx,
                "synthetic weights of %s are not unique: others fit %s as well and may give other "
                "effects; those taken are small, spread over many %s, and do not depend on the "
                "order of units",
                problem->of_periods ? "periods" : "controls",
                problem->of_periods ? "controls" : "outcomes before treatment",
                problem->of_periods ? "periods" : "controls");
    return JD_OK;
}

/* The package's weights; columns that are equal share theirs here, where it divides them by the
 * order of units. */
static int search_as_package(search_t *problem, double *w, jd_ctx_t *ctx)
{
    int m = problem->m, n = problem->n, n_equal = 0;
    const double *a = problem->a, *b = a + (size_t)n * (size_t)m;
    double decrease = 1e-5 * problem->noise;
    int rc = jd_simplex_frank_wolfe(a, b, m, n, problem->zeta, decrease, FIRST_STEPS, w, ctx);
    if (rc) return rc;
    sparsify(w, n);
    rc = jd_simplex_frank_wolfe(a, b, m, n, problem->zeta, decrease, SEARCH_STEPS, w, ctx);
    if (!rc) rc = share_equal(a, m, n, w, &n_equal, ctx);
    if (!rc && problem->say && n_equal > 0 && !problem->of_periods)
        jd_warn(ctx,
                "%d control%s the same outcomes before treatment as another one; equal controls "
                "share their weight equally here, synthdid divides it by the order of units",
                n_equal, n_equal == 1 ? " has" : "s have");
    return rc;
}

static int search(const jd_synthetic_t *s, search_t problem, int intercept, double *w,
                  jd_ctx_t *ctx)
{
    int m = problem.m, n = problem.n, n_equal = 0;
    double *a = problem.a, *b = a + (size_t)n * (size_t)m;
    for (int j = 0; intercept && j <= n; j++)
        centre(a + (size_t)j * (size_t)m, m);
    if (s->frank_wolfe) return search_as_package(&problem, w, ctx);
    double scale = find_scale(a, ((int64_t)n + 1) * m), zeta = problem.zeta / scale;
    for (int64_t i = 0; i < ((int64_t)n + 1) * m; i++)
        a[i] /= scale;
    /* without noise the ridge would be 0, and weights that fit as well would be many */
    double ridge = zeta > 0 ? m * zeta * zeta : LEAST_RIDGE;
    int rc = jd_simplex_solve(a, b, m, n, ridge, w, ctx);
    if (!rc) rc = share_equal(a, m, n, w, &n_equal, ctx);
    if (!rc && problem.say && problem.zeta <= LEAST_ZETA * problem.noise)
        rc = say_unique(&problem, w, n_equal, ctx);
    return rc;
}

static int find_lambda(const jd_synthetic_t *s, const jd_synthetic_who_t *who, const double *matrix,
                       int32_t b, double *a, int find, const jd_block_weights_t *weights,
                       jd_ctx_t *ctx)
{
    const jd_block_t *block = &s->block[b];
    int32_t n_pre = block->n_pre, periods = s->n_periods, m = who->n_controls;
    double *post = a + (size_t)n_pre * (size_t)m;
    for (int32_t k = 0; k < m; k++) {
        const double *y = matrix + (int64_t)who->control[k] * periods;
        post[k] = 0;
        for (int32_t t = 0; t < n_pre; t++)
            a[(size_t)t * (size_t)m + (size_t)k] = y[t];
        for (int32_t t = block->n_before; t < periods; t++)
            post[k] += y[t] / (periods - block->n_before);
    }
    const double *zeta = weights->zeta + 3 * (int64_t)b;
    return search(s, (search_t){a, m, n_pre, zeta[1], zeta[2], 1, find && ctx && ctx->warn}, 1,
                  weights->lambda + (int64_t)b * periods, ctx);
}

static int find_omega(const jd_synthetic_t *s, const jd_synthetic_who_t *who, const double *matrix,
                      const double *treated, int32_t b, double *a, int find,
                      const jd_block_weights_t *weights, jd_ctx_t *ctx)
{
    int32_t n_pre = s->block[b].n_pre;
    for (int32_t k = 0; k < who->n_controls; k++)
        memcpy(a + (size_t)k * (size_t)n_pre, matrix + (int64_t)who->control[k] * s->n_periods,
               (size_t)n_pre * sizeof *a);
    memcpy(a + (size_t)who->n_controls * (size_t)n_pre, treated, (size_t)n_pre * sizeof *a);
    const double *zeta = weights->zeta + 3 * (int64_t)b;
    return search(
        s, (search_t){a, n_pre, who->n_controls, zeta[0], zeta[2], 0, find && ctx && ctx->warn},
        s->kind == JD_SYNTHETIC_DID, weights->omega + (int64_t)b * who->n_controls, ctx);
}

/* zeta_omega, zeta_lambda, noise of a block. */
static void find_zeta(const jd_synthetic_t *s, const jd_synthetic_who_t *who, const double *matrix,
                      int32_t b, double *zeta)
{
    double n_treated = who->start[b + 1] - who->start[b];
    double n_post = s->n_periods - s->block[b].n_before;
    double scale = find_scale(matrix, (int64_t)s->n_units * s->n_periods);
    double noise = scale * find_noise(s, who, matrix, s->block[b].n_pre, scale);
    zeta[0] =
        (s->kind == JD_SYNTHETIC_CONTROL ? LEAST_ZETA : pow(n_treated * n_post, 0.25)) * noise;
    zeta[1] = LEAST_ZETA * noise;
    zeta[2] = noise;
}

static void fill_uniform(double *w, int32_t n)
{
    for (int32_t k = 0; k < n; k++)
        w[k] = 1.0 / n;
}

int jd_synthetic_weigh(const jd_synthetic_t *s, const jd_synthetic_who_t *who, const double *matrix,
                       int find, jd_block_weights_t *weights, jd_ctx_t *ctx)
{
    int32_t periods = s->n_periods, controls = who->n_controls;
    size_t n = ((size_t)controls + 1) * ((size_t)periods + 1);
    double *a;
    if (jd_make_n(&a, n + (size_t)periods, sizeof *a, "synthetic weights", ctx))
        return JD_ERR_NO_MEMORY;
    double *treated = a + n;
    int rc = JD_OK;
    for (int32_t b = 0; !rc && b < s->n_blocks; b++) {
        double *omega = weights->omega + (int64_t)b * controls;
        double *lambda = weights->lambda + (int64_t)b * periods;
        if (find) {
            find_zeta(s, who, matrix, b, weights->zeta + 3 * (int64_t)b);
            fill_uniform(omega, controls);
            if (s->kind != JD_SYNTHETIC_CONTROL) fill_uniform(lambda, s->block[b].n_pre);
        }
        if (s->kind == JD_SYNTHETIC_UNIFORM) continue;
        treated_means(s, who, matrix, b, treated);
        if (s->kind == JD_SYNTHETIC_DID) rc = find_lambda(s, who, matrix, b, a, find, weights, ctx);
        if (!rc) rc = find_omega(s, who, matrix, treated, b, a, find, weights, ctx);
    }
    free(a);
    return rc;
}

/* A block's effects [n_periods] out of its sums. */
static void block_effects(const jd_synthetic_t *s, const jd_block_sums_t *sums,
                          const double *lambda, int32_t b, double *effect)
{
    double before = 0;
    for (int32_t t = 0; t < s->n_periods; t++)
        effect[t] = sums->treated[t] / sums->n_treated - sums->control[t] / sums->omega;
    for (int32_t t = 0; t < s->block[b].n_pre; t++)
        before += lambda[t] * effect[t];
    for (int32_t t = 0; t < s->n_periods; t++)
        effect[t] -= before;
}

void jd_block_sums_add(const jd_synthetic_t *s, jd_block_sums_t *sums, const double *y,
                       double as_treated, double as_control)
{
    for (int32_t t = 0; t < s->n_periods; t++) {
        sums->treated[t] += as_treated * y[t];
        sums->control[t] += as_control * y[t];
    }
    sums->n_treated += as_treated;
    sums->omega += as_control;
}

int jd_block_sums_init(jd_block_sums_t **sums, const jd_synthetic_t *s, jd_ctx_t *ctx)
{
    size_t blocks = (size_t)s->n_blocks, periods = (size_t)s->n_periods;
    size_t bytes = blocks * (sizeof **sums + 2 * periods * sizeof(double));
    if (jd_make_n(sums, 1, bytes, "effects", ctx)) return JD_ERR_NO_MEMORY;
    double *room = (double *)(*sums + blocks);
    for (size_t b = 0; b < blocks; b++) {
        (*sums)[b].treated = room + 2 * b * periods;
        (*sums)[b].control = room + (2 * b + 1) * periods;
    }
    return JD_OK;
}

int jd_synthetic_average(const jd_synthetic_t *s, const jd_block_sums_t *sums, const double *lambda,
                         double *term, jd_ctx_t *ctx)
{
    size_t n = (size_t)s->n_terms;
    double *effect;
    if (jd_make_n(&effect, (size_t)s->n_periods + n, sizeof *effect, "effects", ctx))
        return JD_ERR_NO_MEMORY;
    double *mass = effect + s->n_periods;
    memset(term, 0, n * sizeof *term);
    for (int32_t b = 0; b < s->n_blocks; b++) {
        double share = sums[b].n_treated;
        block_effects(s, &sums[b], lambda + (int64_t)b * s->n_periods, b, effect);
        for (int32_t t = 0; t < s->n_periods; t++) {
            const int32_t of[2] = {s->has_overall && t >= s->block[b].n_before ? 0 : -1,
                                   s->term[(int64_t)b * s->n_periods + t]};
            for (int i = 0; i < 2; i++) {
                if (of[i] < 0) continue;
                term[of[i]] += share * effect[t];
                mass[of[i]] += share;
            }
        }
    }
    for (size_t k = 0; k < n; k++)
        term[k] /= mass[k];
    free(effect);
    return JD_OK;
}

int jd_synthetic_terms(const jd_synthetic_t *s, const jd_synthetic_who_t *who, const double *matrix,
                       const jd_block_weights_t *weights, double *term, jd_ctx_t *ctx)
{
    jd_block_sums_t *sums = NULL;
    int rc = jd_block_sums_init(&sums, s, ctx);
    for (int32_t b = 0; !rc && b < s->n_blocks; b++) {
        const double *omega = weights->omega + (int64_t)b * who->n_controls;
        for (int32_t k = who->start[b]; k < who->start[b + 1]; k++)
            jd_block_sums_add(s, &sums[b], matrix + (int64_t)who->treated[k] * s->n_periods, 1, 0);
        for (int32_t k = 0; k < who->n_controls; k++)
            if (omega[k] != 0)
                jd_block_sums_add(s, &sums[b], matrix + (int64_t)who->control[k] * s->n_periods, 0,
                                  omega[k]);
    }
    if (!rc) rc = jd_synthetic_average(s, sums, weights->lambda, term, ctx);
    free(sums);
    return rc;
}
