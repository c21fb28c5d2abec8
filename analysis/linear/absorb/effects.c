/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fixed effects made, taken out of columns, freed. The files below know nothing of those above:
 *
 *      effects -> slopes -> reduced -> direct, sparse -> iterate,     all of them -> index;
 *      solve -> reduced. */
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "core/memory.h"
#include "linear/absorb/slopes.h"
#include "linear/sums.h"

int jd_effects_borrow(jd_effects_t **effects, int64_t n, const int8_t *skip, int n_effects,
                      const jd_groups_t *const *groups, double *weight, jd_solver_t solver,
                      jd_ctx_t *ctx)
{
    jd_effects_t *e = jd_effects_allocate(n, n_effects, solver, ctx);
    *effects = NULL;
    if (!e) return JD_ERR_NO_MEMORY;
    e->borrowed = 1;
    e->skip = skip;
    if (skip && n_effects > 0) e->n_places = groups[0]->n;
    e->weight = weight;
    for (int k = 0; k < n_effects; k++)
        e->groups[k] = *groups[k];
    int rc = jd_effects_index(e, ctx);
    if (!rc)
        *effects = e;
    else
        jd_effects_free(e);
    return rc;
}

static int copy_weight(jd_effects_t *e, const double *weight, jd_ctx_t *ctx)
{
    size_t bytes = (size_t)e->n * sizeof *weight;
    double *copy = weight ? malloc(bytes) : NULL;
    if (weight && !copy) return jd_fail_memory(ctx, bytes, "fixed effects");
    if (weight) memcpy(copy, weight, bytes);
    e->weight = copy;
    return JD_OK;
}

int jd_effects_make(jd_effects_t **effects, int64_t n, int n_effects, const int32_t *const *codes,
                    const double *weight, jd_solver_t solver, jd_ctx_t *ctx)
{
    *effects = NULL;
    if (n < 1 || n_effects < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "fixed effects need at least one row and a count >= 0");
    jd_effects_t *e = jd_effects_allocate(n, n_effects, solver, ctx);
    if (!e) return JD_ERR_NO_MEMORY;
    int rc = copy_weight(e, weight, ctx);
    for (int k = 0; !rc && k < n_effects; k++)
        rc = jd_groups_make(&e->groups[k], codes[k], n, ctx);
    if (!rc) rc = jd_effects_index(e, ctx);
    if (!rc) rc = jd_effects_ready(e, ctx);
    if (!rc)
        *effects = e;
    else
        jd_effects_free(e);
    return rc;
}

void jd_effects_free(jd_effects_t *effects)
{
    if (!effects) return;
    jd_solver_free(effects);
    jd_slopes_free(effects);
    jd_index_free(effects);
}

static int demean_column(const jd_absorb_t *room, double *x)
{
    return room->effects->n_slopes ? jd_slopes_demean(room, x) : jd_levels_demean(room, x);
}

int jd_effects_demean(const jd_effects_t *effects, double *columns, int n_columns, jd_ctx_t *ctx)
{
    if (effects->n_effects + effects->n_slopes == 0 || n_columns < 1) return JD_OK;
    if (!effects->ready)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "fixed effects are indexed but have no solver yet");
    int threads = jd_ctx_threads(ctx);
    if (threads > n_columns) threads = n_columns;
    size_t each = jd_absorb_size(effects);
    double *scratch;
    if (jd_make_unset(&scratch, (size_t)threads * each, sizeof *scratch, "taking out fixed effects",
                      ctx))
        return JD_ERR_NO_MEMORY;
    int failed = 0, stop = 0; /* the caller's own thread asks, the others hear */
    /* Thread t takes columns t, t + threads, ...: each column is worked on by one thread alone. */
#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : failed) \
    if (effects->n > JD_BLOCK)
    for (int t = 0; t < threads; t++) {
        const jd_absorb_t room = jd_absorb_room(effects, scratch + (size_t)t * each);
        for (int c = t; c < n_columns; c += threads) {
            int now;
            if (t == 0 && jd_stop_wished(ctx)) {
#pragma omp atomic write
                stop = 1;
            }
#pragma omp atomic read
            now = stop;
            if (now) break;
            failed += demean_column(&room, columns + (size_t)c * (size_t)effects->n) != 0;
        }
    }
    free(scratch);
    if (stop) return jd_stopped(ctx);
    if (failed)
        return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                       "fixed effects of %d of %d columns did not converge; the levels may hang "
                       "together by a few rows only: use fewer or coarser fixed effects",
                       failed, n_columns);
    return JD_OK;
}
