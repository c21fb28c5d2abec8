/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points of the drawn designs, in the unit cube; keyed by the seed, not drawn in sequence. */
#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "jiedao/random.h"
#include "sweep/plan.h"

/* A generator of its own for an entity of the plan. */
static jd_rng_t stream_of(uint64_t seed, uint64_t entity)
{
    const jd_jump_t jump = jd_jump(jd_stream(seed, 0, JD_DRAW_PLAN), 0, 0);
    return jd_rng_at(&jump, entity);
}

/* 0 ... n-1, without the bias of a remainder. */
static int64_t below(jd_rng_t *rng, int64_t n)
{
    return (int64_t)(jd_rng_uniform(rng) * (double)n);
}

static void shuffle(jd_rng_t *rng, int64_t *order, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = below(rng, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static int draw_hypercube(jd_plan_t *plan, uint64_t seed, jd_ctx_t *ctx)
{
    int64_t n = plan->n_points, *order = NULL;
    int rc = jd_make(&order, n, sizeof *order, "the plan", ctx);
    if (rc) return rc;
    for (int f = 0; f < plan->n_factors; f++) {
        jd_rng_t rng = stream_of(seed, (uint64_t)f);
        shuffle(&rng, order, n);
        for (int64_t i = 0; i < n; i++)
            plan->unit[i * plan->n_factors + f] =
                ((double)order[i] + jd_rng_uniform(&rng)) / (double)n;
    }
    free(order);
    return JD_OK;
}

/* Owen's nested scrambling: each binary digit is flipped by a coin that depends on the digits
 * before it. x has 30 digits, as GSL's sequence. */
static double scramble(double x, uint64_t key)
{
    uint32_t digits = (uint32_t)(x * 0x1p32), flipped = 0;
    for (int b = 31; b >= 0; b--) {
        uint64_t before = b == 31 ? 0 : (uint64_t)(digits >> (b + 1));
        uint64_t coin = jd_mix64(key ^ jd_mix64(before + ((uint64_t)(32 - b) << 40)));
        flipped |= (((digits >> b) ^ (uint32_t)coin) & 1u) << b;
    }
    return jd_uniform_of(flipped);
}

enum { SOBOL_MOST = 40 }; /* dimensions GSL has */

/* n points of `width` dimensions, row after row `stride` apart. */
static int draw_sobol(double *unit, int64_t n, int width, uint64_t seed, jd_ctx_t *ctx)
{
    double point[SOBOL_MOST] = {0}; /* the sequence's first point is the origin, which GSL skips */
    gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)width);
    if (!sequence) return jd_fail_memory(ctx, 1 << 12, "the plan");
    for (int64_t i = 0; i < n; i++) {
        for (int f = 0; f < width; f++) {
            jd_rng_t rng = stream_of(seed, (uint64_t)f);
            const uint64_t high = jd_rng_bits(&rng), low = jd_rng_bits(&rng); /* in this order */
            uint64_t key = high << 32 | low;
            unit[i * width + f] = scramble(point[f], key);
        }
        gsl_qrng_get(sequence, point);
    }
    gsl_qrng_free(sequence);
    return JD_OK;
}

/* Rows A_1, B_1, then A_1 with each column of B_1 in turn; then A_2, ... */
static int draw_saltelli(jd_plan_t *plan, uint64_t seed, jd_ctx_t *ctx)
{
    int k = plan->n_factors;
    double *both = NULL;
    int rc = jd_make(&both, plan->base * 2 * k, sizeof *both, "the plan", ctx);
    if (!rc) rc = draw_sobol(both, plan->base, 2 * k, seed, ctx);
    for (int64_t i = 0; i < plan->base && !rc; i++) {
        const double *a = both + i * 2 * k, *b = a + k;
        double *row = plan->unit + i * (k + 2) * k;
        for (int f = 0; f < k; f++) {
            row[f] = a[f];
            row[k + f] = b[f];
            for (int j = 0; j < k; j++)
                row[(2 + j) * k + f] = j == f ? b[f] : a[f];
        }
    }
    free(both);
    return rc;
}

/* Steps are half the levels; each factor moves once, up or down as its start allows. */
static int draw_morris(jd_plan_t *plan, uint64_t seed, jd_ctx_t *ctx)
{
    int k = plan->n_factors, p = plan->levels, half = p / 2;
    int64_t *order = NULL;
    int rc = jd_make(&order, k, sizeof *order, "the plan", ctx);
    for (int64_t t = 0; t < plan->base && !rc; t++) {
        jd_rng_t rng = stream_of(seed, (uint64_t)t);
        double *row = plan->unit + t * (k + 1) * k;
        for (int f = 0; f < k; f++)
            row[f] = (double)below(&rng, p) / (double)(p - 1);
        shuffle(&rng, order, k);
        for (int s = 0; s < k; s++, row += k) {
            int moved = (int)order[s];
            double step = (double)half / (double)(p - 1);
            for (int f = 0; f < k; f++)
                row[k + f] = row[f];
            row[k + moved] += row[moved] + step > 1 + 1e-9 ? -step : step;
        }
    }
    free(order);
    return rc;
}

int jd_plan_draw(jd_plan_t *plan, uint64_t seed, jd_ctx_t *ctx)
{
    int width = plan->design == JD_PLAN_SALTELLI ? 2 * plan->n_factors : plan->n_factors;
    if ((plan->design == JD_PLAN_SOBOL || plan->design == JD_PLAN_SALTELLI) && width > SOBOL_MOST)
        return jd_fail(ctx, JD_ERR_COMBINATION,
                       "[sweep] design: %d factors are too many for Sobol's sequence, which has %d "
                       "dimensions%s; use design = lhs, or morris to find those that matter",
                       plan->n_factors, SOBOL_MOST,
                       plan->design == JD_PLAN_SALTELLI ? " and needs two a factor here" : "");
    switch (plan->design) {
    case JD_PLAN_LHS:
        return draw_hypercube(plan, seed, ctx);
    case JD_PLAN_SOBOL:
        return draw_sobol(plan->unit, plan->n_points, width, seed, ctx);
    case JD_PLAN_SALTELLI:
        return draw_saltelli(plan, seed, ctx);
    case JD_PLAN_MORRIS:
        return draw_morris(plan, seed, ctx);
    case JD_PLAN_GRID:
    case JD_PLAN_LIST:
        break;
    }
    return JD_OK;
}
