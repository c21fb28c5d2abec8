/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/group_time/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/sums.h"

void jd_comparison_free(jd_comparison_t *c)
{
    free(c->control);
    free(c->omega);
    jd_drdid_free(&c->fit);
    memset(c, 0, sizeof *c);
}

void jd_comparison_room_free(jd_comparison_room_t *room)
{
    free(room->block);
    free(room->row);
    memset(room, 0, sizeof *room);
}

/* No comparison has more rows than there are in two periods, or in all. */
static size_t largest(const jd_arranged_t *a)
{
    int64_t most = 0;
    for (int32_t t = 0; t < a->n_periods; t++) {
        int64_t rows = 0;
        for (int32_t g = 0; g < a->n_groups; g++)
            rows += a->start[g * a->n_periods + t + 1] - a->start[g * a->n_periods + t];
        if (rows > most) most = rows;
    }
    return (size_t)(a->complete ? most : 2 * most);
}

int jd_comparison_room_make(jd_comparison_room_t *room, const jd_arranged_t *a, jd_ctx_t *ctx)
{
    memset(room, 0, sizeof *room);
    size_t n = largest(a) + 1, k = (size_t)a->k, cells = n * (k + 4) + 8 * k;
    room->block = malloc(cells * sizeof *room->block);
    room->row = malloc(n * sizeof *room->row);
    if (!room->block || !room->row) {
        jd_comparison_room_free(room);
        return jd_fail_memory(ctx, cells * sizeof *room->block, "a comparison");
    }
    room->pair.x = room->block;
    room->pair.w = room->block + n * k;
    room->pair.y = room->pair.w + n;
    room->pair.odds = room->pair.y + n;
    room->influence = room->pair.odds + n;
    room->small = room->influence + n;
    return JD_OK;
}

/* A stretch of places, where their covariates and weights begin, and their rows. */
typedef struct {
    int64_t first, n, x;
    jd_cell_rows_t rows;
} stretch_t;

static stretch_t cell_of(const jd_arranged_t *a, int32_t group, int32_t period)
{
    const int32_t *start = jd_arranged_start(a, group, period);
    return (stretch_t){start[0], start[1] - start[0], jd_arranged_first(a, group, period),
                       jd_arranged_rows(a, group, period)};
}

static int32_t group_of(const jd_comparison_t *c, const jd_arranged_t *a, int i)
{
    int sides = a->complete ? 1 : 2;
    return i < sides ? c->treated : c->control[(i - sides) % c->n_controls];
}

/* The i-th stretch in the order of a pair's segments; periods[side]. */
static stretch_t stretch_of(const jd_comparison_t *c, const jd_arranged_t *a,
                            const int32_t *periods, int i)
{
    int sides = a->complete ? 1 : 2, side = i < sides ? i : (i - sides) / c->n_controls;
    return cell_of(a, group_of(c, a, i), periods[side]);
}

static int count_stretches(const jd_comparison_t *c, const jd_arranged_t *a)
{
    return (a->complete ? 1 : 2) * (1 + c->n_controls);
}

/* Covariates, weights and rows of the comparison; in a complete panel covariates of the base
 * period, weights of c->weigh. */
static void gather(const jd_comparison_t *c, const jd_arranged_t *a, int32_t time, int32_t base,
                   jd_comparison_room_t *room)
{
    jd_pair_t *p = &room->pair;
    size_t k = (size_t)a->k, at = 0;
    const int32_t periods[2] = {base, time};
    p->k = a->k;
    p->n_sides = a->complete ? 1 : 2;
    int segment = 0;
    p->start[0] = 0;
    for (int i = 0; i < count_stretches(c, a); i++) {
        stretch_t s = stretch_of(c, a, periods, i);
        memcpy(p->x + at * k, a->x + (size_t)s.x * k, (size_t)s.n * k * sizeof *p->x);
        /* A unit of a complete panel has the same place in all periods' cells. */
        int64_t w = a->complete ? s.x + jd_arranged_first(a, group_of(c, a, i), c->weigh) -
                                      jd_arranged_first(a, group_of(c, a, i), base)
                                : s.x;
        for (int64_t r = 0; r < s.n; r++) {
            p->w[at + (size_t)r] = a->w ? a->w[w + r] : 1;
            room->row[at + (size_t)r] = jd_cell_row(s.rows, r);
        }
        at += (size_t)s.n;
        if (i < p->n_sides || (i - p->n_sides + 1) % c->n_controls == 0)
            p->start[++segment] = (int64_t)at;
    }
}

int jd_comparison_prepare(jd_comparison_t *c, const jd_arranged_t *a, const jd_drdid_how_t *how,
                          jd_comparison_room_t *room, jd_pair_trouble_t *trouble, jd_ctx_t *ctx)
{
    gather(c, a, c->time, c->base, room);
    c->n = jd_pair_rows(&room->pair);
    int rc = jd_drdid_prepare(&c->fit, &room->pair, how, trouble, ctx);
    if (rc || *trouble) return rc;
    if (jd_make_unset(&c->omega, (size_t)c->n + 1, sizeof *c->omega, "a comparison", ctx))
        return JD_ERR_NO_MEMORY;
    jd_drdid_odds(&c->fit, &room->pair);
    jd_drdid_weights(&c->fit, &room->pair, c->omega);
    return JD_OK;
}

double jd_comparison_effect(const jd_comparison_t *c, const jd_arranged_t *a, int32_t time,
                            int32_t base, const double *y)
{
    const int32_t before[2] = {base, time}, after[2] = {time, time};
    const double *omega = c->omega;
    double sum = 0;
    for (int i = 0; i < count_stretches(c, a); i++) {
        stretch_t b = stretch_of(c, a, before, i);
        if (a->complete)
            sum += jd_dot_exact(omega, y + stretch_of(c, a, after, i).first, b.n) -
                   jd_dot_exact(omega, y + b.first, b.n);
        else
            sum += jd_dot_exact(omega, y + b.first, b.n);
        omega += b.n;
    }
    return sum;
}

/* A row of the design in the panel, or itself. */
static int32_t place_of(const jd_sample_t *sample, int32_t row)
{
    return sample ? sample->row[row] : row;
}

void jd_comparison_weights(const jd_comparison_t *c, const jd_arranged_t *a,
                           const jd_sample_t *sample, int32_t time, int32_t base, double by,
                           double *w)
{
    const int32_t before[2] = {base, time}, after[2] = {time, time};
    const double *omega = c->omega;
    for (int i = 0; i < count_stretches(c, a); i++) {
        stretch_t b = stretch_of(c, a, before, i), t = stretch_of(c, a, after, i);
        for (int64_t r = 0; r < b.n; r++) {
            double part = by * omega[r];
            w[place_of(sample, jd_cell_row(b.rows, r))] += a->complete ? -part : part;
            if (a->complete) w[place_of(sample, jd_cell_row(t.rows, r))] += part;
        }
        omega += b.n;
    }
}

void jd_comparison_influence(const jd_comparison_t *c, const jd_arranged_t *a, int32_t time,
                             int32_t base, const double *y, double att, jd_comparison_room_t *room)
{
    const int32_t before[2] = {base, time}, after[2] = {time, time};
    double *out = room->pair.y;
    gather(c, a, time, base, room);
    jd_drdid_odds(&c->fit, &room->pair);
    for (int i = 0; i < count_stretches(c, a); i++) {
        stretch_t b = stretch_of(c, a, before, i), t = stretch_of(c, a, after, i);
        for (int64_t r = 0; r < b.n; r++)
            out[r] = a->complete ? y[t.first + r] - y[b.first + r] : y[b.first + r];
        out += b.n;
    }
    jd_drdid_influence(&c->fit, &room->pair, att, room->small, room->influence);
}
