/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/random.h"
#include "linear/sums.h"

/* ---- What both share: rows that are whole, rows drawn again, percentiles ---- */

static int whole_rows(const double *y, int64_t n, int width, int64_t **rows, int64_t *used,
                      jd_ctx_t *ctx)
{
    *used = 0;
    *rows = malloc((size_t)(n > 0 ? n : 1) * sizeof **rows);
    if (!*rows) return jd_fail_memory(ctx, (size_t)n * sizeof **rows, "sensitivity");
    for (int64_t i = 0; i < n; i++) {
        int whole = 1;
        for (int j = 0; j < width; j++)
            whole = whole && isfinite(y[i * width + j]);
        if (whole) (*rows)[(*used)++] = i;
    }
    return JD_OK;
}

/* The draw-th resample of n rows. */
static void resample(const int64_t *rows, int64_t n, uint64_t seed, int draw, int64_t *drawn)
{
    const jd_jump_t jump = jd_jump(jd_stream(seed, (uint64_t)draw, JD_DRAW_BOOTSTRAP), 0, 0);
    for (int64_t i = 0; i < n; i++)
        drawn[i] = rows[(int64_t)(jd_draw(&jump, (uint64_t)i) * (double)n)];
}

/* Percentile interval of n values, which are sorted; NaNs at none. */
static void interval(double *values, int n, double level, double *low, double *high)
{
    double tail = (1 - level) / 2 * (n - 1);
    if (n < 2) {
        *low = *high = (double)NAN;
        return;
    }
    qsort(values, (size_t)n, sizeof *values, jd_ascending);
    int i = (int)tail;
    double part = tail - i;
    *low = values[i] + part * (values[i + 1] - values[i]);
    *high = values[n - 1 - i] - part * (values[n - 1 - i] - values[n - 2 - i]);
}

/* ---- Sobol ---- */

typedef struct sobol {
    const double *y, *noise;
    int k;
} sobol_t;

/* first[k], total[k] over these rows. */
static void sobol_of(const sobol_t *s, const int64_t *rows, int64_t n, double *first, double *total)
{
    int k = s->k, width = k + 2;
    double mean = 0, variance = 0, noise = 0, count = 2 * (double)n;
    for (int64_t i = 0; i < n; i++)
        mean += s->y[rows[i] * width] + s->y[rows[i] * width + 1];
    mean /= count;
    for (int64_t i = 0; i < n; i++)
        for (int j = 0; j < 2; j++) {
            double d = s->y[rows[i] * width + j] - mean;
            variance += d * d;
        }
    for (int64_t i = 0; s->noise && i < n; i++)
        noise += s->noise[rows[i] * width] + s->noise[rows[i] * width + 1];
    variance = variance / (count - 1) - noise / count;
    for (int j = 0; j < k; j++) {
        double product = 0, square = 0;
        for (int64_t i = 0; i < n; i++) {
            const double *y = s->y + rows[i] * width;
            double d = y[2 + j] - y[0];
            product += (y[1] - mean) * d;
            square += d * d;
            if (s->noise) square -= s->noise[rows[i] * width + 2 + j];
        }
        first[j] = product / (double)n / variance;
        total[j] = square / (2 * (double)n) / variance;
    }
}

static int varies(const sobol_t *s, const int64_t *rows, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int j = 0; j < 2; j++)
            if (s->y[rows[i] * (s->k + 2) + j] != s->y[rows[0] * (s->k + 2)]) return 1;
    return 0;
}

/* Adds up what stands in rows of k. */
static double sum_of(const double *first, int k, int64_t stride)
{
    double sum = 0;
    for (int j = 0; j < k; j++)
        sum += first[j * stride];
    return sum;
}

/* Before the factors' own draws are sorted: `sums` has room for one a draw. */
static void sum_intervals(const double *boot, int k, int draws, double level, double *sums,
                          jd_sobol_index_t *sum)
{
    for (int part = 0; part < 2; part++) {
        for (int d = 0; d < draws; d++)
            sums[d] = sum_of(boot + (int64_t)part * k * draws + d, k, draws);
        interval(sums, draws, level, part ? &sum->total_low : &sum->first_low,
                 part ? &sum->total_high : &sum->first_high);
    }
}

/* A factor's bootstrapped indices stand together: boot [2 k][draws], and one row more for sums. */
static void sobol_intervals(const sobol_t *s, const int64_t *rows, int64_t n, int draws,
                            uint64_t seed, double level, int64_t *drawn, double *boot, double *pair,
                            jd_sobol_index_t *index, jd_sobol_index_t *sum)
{
    int k = s->k;
    for (int d = 0; d < draws; d++) {
        resample(rows, n, seed, d, drawn);
        sobol_of(s, drawn, n, pair, pair + k);
        for (int j = 0; j < 2 * k; j++)
            boot[(int64_t)j * draws + d] = pair[j];
    }
    if (sum) sum_intervals(boot, k, draws, level, boot + 2 * (int64_t)k * draws, sum);
    for (int j = 0; j < k; j++) {
        interval(boot + (int64_t)j * draws, draws, level, &index[j].first_low,
                 &index[j].first_high);
        interval(boot + (int64_t)(k + j) * draws, draws, level, &index[j].total_low,
                 &index[j].total_high);
    }
}

int jd_sobol_indices(const double *y, const double *noise, int64_t n, int k, int draws,
                     uint64_t seed, double level, jd_sobol_index_t *index, jd_sobol_index_t *sum,
                     int64_t *used, jd_ctx_t *ctx)
{
    const sobol_t s = {.y = y, .noise = noise, .k = k};
    int64_t *rows = NULL;
    size_t cells = (size_t)k * 2 * ((size_t)draws + 1) + (size_t)draws,
           bytes = cells * sizeof(double);
    int rc = whole_rows(y, n, k + 2, &rows, used, ctx);
    double *work = rc ? NULL : malloc(bytes);
    int64_t *drawn = rc ? NULL : malloc((size_t)(n > 0 ? n : 1) * sizeof *drawn);
    if (!rc && (!work || !drawn)) rc = jd_fail_memory(ctx, bytes, "sensitivity");
    if (!rc && *used < 4)
        rc = jd_fail(ctx, JD_ERR_DATA, "%lld whole rows of the design are too few; 4 are the least",
                     (long long)*used);
    if (!rc && !varies(&s, rows, *used))
        rc = jd_fail(ctx, JD_ERR_DATA, "the output is the same at all points: nothing to explain");
    if (!rc) {
        sobol_of(&s, rows, *used, work, work + k);
        for (int j = 0; j < k; j++)
            index[j] = (jd_sobol_index_t){.first = work[j], .total = work[k + j]};
        if (sum)
            *sum = (jd_sobol_index_t){.first = sum_of(work, k, 1), .total = sum_of(work + k, k, 1)};
        sobol_intervals(&s, rows, *used, draws, seed, level, drawn, work + 2 * (int64_t)k, work,
                        index, sum);
    }
    free(drawn);
    free(work);
    free(rows);
    return rc;
}

/* ---- Morris ---- */

/* effects [n][k] of the trajectories in rows. */
static void elementary(const double *y, const double *unit, const int64_t *rows, int64_t n, int k,
                       double *effects)
{
    for (int64_t i = 0; i < n; i++)
        for (int s = 0; s < k; s++) {
            const double *here = unit + (rows[i] * (k + 1) + s) * k, *next = here + k;
            double dy = y[rows[i] * (k + 1) + s + 1] - y[rows[i] * (k + 1) + s];
            for (int j = 0; j < k; j++)
                if (next[j] != here[j]) effects[i * k + j] = dy / (next[j] - here[j]);
        }
}

static void summarise(const double *effects, int64_t n, int k, jd_morris_effect_t *effect)
{
    for (int j = 0; j < k; j++) {
        double sum = 0, size = 0, square = 0;
        for (int64_t i = 0; i < n; i++) {
            sum += effects[i * k + j];
            size += fabs(effects[i * k + j]);
        }
        effect[j].mu = sum / (double)n;
        effect[j].mu_star = size / (double)n;
        for (int64_t i = 0; i < n; i++) {
            double d = effects[i * k + j] - effect[j].mu;
            square += d * d;
        }
        effect[j].sigma = sqrt(square / (double)(n - 1));
    }
}

static void morris_intervals(const double *effects, int64_t n, int k, int draws, uint64_t seed,
                             double level, const int64_t *order, int64_t *drawn, double *boot,
                             jd_morris_effect_t *effect)
{
    for (int d = 0; d < draws; d++) {
        resample(order, n, seed, d, drawn);
        for (int j = 0; j < k; j++) {
            double size = 0;
            for (int64_t i = 0; i < n; i++)
                size += fabs(effects[drawn[i] * k + j]);
            boot[(int64_t)j * draws + d] = size / (double)n;
        }
    }
    for (int j = 0; j < k; j++)
        interval(boot + (int64_t)j * draws, draws, level, &effect[j].mu_star_low,
                 &effect[j].mu_star_high);
}

int jd_morris_effects(const double *y, const double *unit, int64_t n, int k, int draws,
                      uint64_t seed, double level, jd_morris_effect_t *effect, int64_t *used,
                      jd_ctx_t *ctx)
{
    int64_t *rows = NULL;
    size_t cells = (size_t)k * ((size_t)n + (size_t)draws), bytes = cells * sizeof(double);
    int rc = whole_rows(y, n, k + 1, &rows, used, ctx);
    double *effects = rc ? NULL : calloc(cells ? cells : 1, sizeof *effects);
    int64_t *drawn = rc ? NULL : malloc((size_t)(n > 0 ? n : 1) * sizeof *drawn);
    if (!rc && (!effects || !drawn)) rc = jd_fail_memory(ctx, bytes, "sensitivity");
    if (!rc && *used < 2)
        rc = jd_fail(ctx, JD_ERR_DATA, "%lld whole trajectories are too few; 2 are the least",
                     (long long)*used);
    if (!rc) {
        elementary(y, unit, rows, *used, k, effects);
        summarise(effects, *used, k, effect);
        for (int64_t i = 0; i < *used; i++)
            rows[i] = i;
        morris_intervals(effects, *used, k, draws, seed, level, rows, drawn, effects + n * k,
                         effect);
    }
    free(drawn);
    free(effects);
    free(rows);
    return rc;
}
