/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/group_time/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/cholesky.h"
#include "linear/sums.h"

void jd_arranged_free(jd_arranged_t *a)
{
    free(a->order);
    free(a->start);
    free(a->x);
    free(a->w);
    memset(a, 0, sizeof *a);
}

/* Stable sort by counting: `from` (NULL = 0, 1, ...) by key into `to`; start [n_keys + 1] out. */
static void sort_by(const int32_t *key, int32_t n_keys, int64_t n, const int32_t *from, int32_t *to,
                    int32_t *start)
{
    memset(start, 0, ((size_t)n_keys + 1) * sizeof *start);
    for (int64_t i = 0; i < n; i++)
        start[key[i] + 1]++;
    for (int32_t g = 0; g < n_keys; g++)
        start[g + 1] += start[g];
    for (int64_t i = 0; i < n; i++) {
        int32_t row = from ? from[i] : (int32_t)i;
        to[start[key[row]]++] = row;
    }
    memmove(start + 1, start, (size_t)n_keys * sizeof *start);
    start[0] = 0;
}

/* By unit, then by cell: a unit of a complete panel has one place in all its cells. */
static int sort_rows(jd_arranged_t *a, const jd_arrange_from_t *from, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int rc = jd_groups_make(&units, from->unit, a->n, ctx);
    if (rc) return rc;
    size_t cells = (size_t)a->n + (size_t)units.n_groups + 1;
    int32_t *by_unit;
    rc = jd_make_unset(&by_unit, cells, sizeof *by_unit, "the order of the rows", ctx);
    if (!rc) {
        sort_by(units.code, units.n_groups, a->n, NULL, by_unit, by_unit + a->n);
        sort_by(from->cell, a->n_groups * a->n_periods, a->n, by_unit, a->order, a->start);
    }
    free(by_unit);
    jd_groups_free(&units);
    return rc;
}

/* The same where rows lie by unit and period: units sorted by group, whose cells are as large as
 * it. From the last group on, since `start` gives those before it. */
static void place_units(jd_arranged_t *a, const int32_t *unit_group)
{
    int32_t n_t = a->n_periods, *start = a->start;
    sort_by(unit_group, a->n_groups, a->n / n_t, NULL, a->order, start);
    for (int32_t g = a->n_groups - 1; g >= 0; g--) {
        int32_t first = start[g] * n_t, units = start[g + 1] - start[g];
        for (int32_t t = 1; t <= n_t; t++)
            start[g * n_t + t] = first + t * units;
    }
}

/* Whether covariates and weight are the same in two rows. */
static bool is_same(const jd_arrange_from_t *from, int32_t i, int32_t j)
{
    const double *weight = from->design->weight;
    if (weight && (weight[i] < weight[j] || weight[i] > weight[j])) return false;
    int32_t one = from->design->sample.row[i], other = from->design->sample.row[j];
    for (int k = 0; k < from->panel->n_x; k++) {
        const double *x = from->panel->x[k];
        if (x[one] < x[other] || x[one] > x[other]) return false;
    }
    return true;
}

static bool is_still(const jd_arranged_t *a, const jd_arrange_from_t *from)
{
    for (int32_t g = 0; g < a->n_groups; g++) {
        const int32_t *start = jd_arranged_start(a, g, 0);
        jd_cell_rows_t first = jd_arranged_rows(a, g, 0);
        for (int32_t t = 1; t < a->n_periods; t++) {
            jd_cell_rows_t rows = jd_arranged_rows(a, g, t);
            for (int32_t r = 0; r < start[1] - start[0]; r++)
                if (!is_same(from, jd_cell_row(first, r), jd_cell_row(rows, r))) return false;
        }
    }
    return true;
}

static void fill_columns(jd_arranged_t *a, const jd_arrange_from_t *from)
{
    size_t k = (size_t)a->k;
    const double *weight = from->design->weight;
    for (int32_t g = 0; g < a->n_groups; g++)
        for (int32_t t = 0; t < (a->still ? 1 : a->n_periods); t++) {
            const int32_t *start = jd_arranged_start(a, g, t);
            jd_cell_rows_t rows = jd_arranged_rows(a, g, t);
            size_t at = (size_t)jd_arranged_first(a, g, t);
            for (int32_t r = 0; r < start[1] - start[0]; r++, at++) {
                int32_t i = jd_cell_row(rows, r);
                if (weight) a->w[at] = weight[i];
                a->x[at * k] = 1;
                for (size_t j = 1; j < k; j++)
                    a->x[at * k + j] = from->panel->x[j - 1][from->design->sample.row[i]];
            }
        }
}

/* Sum over all rows of a covariate by `by` less `mean`, or of its square. */
static double sum_column(const jd_arranged_t *a, int j, double size, double mean, bool square)
{
    double sum = 0;
    for (int32_t g = 0; g < a->n_groups; g++)
        for (int32_t t = 0; t < a->n_periods; t++) {
            const int32_t *start = jd_arranged_start(a, g, t);
            const double *x = a->x + jd_arranged_first(a, g, t) * a->k + j;
            for (int32_t r = 0; r < start[1] - start[0]; r++) {
                double d = x[(int64_t)r * a->k] / size - mean;
                sum += (square ? d * d : d) / (double)a->n;
            }
        }
    return sum;
}

/* One covariate about its mean, in standard deviations; 0 if it does not vary. Scaled first, so
 * that no square overflows. */
static void standardise(jd_arranged_t *a, int j, int64_t rows)
{
    double size = 0;
    for (int64_t i = 0; i < rows; i++)
        size = fmax(size, fabs(a->x[i * a->k + j]));
    if (size == 0) return;
    double mean = sum_column(a, j, size, 0, false), square = sum_column(a, j, size, mean, true);
    double by = square > 1e-20 ? 1 / sqrt(square) : 0;
    for (int64_t i = 0; i < rows; i++)
        a->x[i * a->k + j] = by * (a->x[i * a->k + j] / size - mean);
}

static void add_products(const double *x, size_t k, double *gram)
{
    for (size_t p = 0; p < k; p++)
        for (size_t q = 0; q <= p; q++)
            gram[p * k + q] += x[p] * x[q];
}

/* Covariates that are collinear with the ones before them are set to 0. */
static int drop_collinear(jd_arranged_t *a, int64_t rows, const jd_panel_t *panel, const char *name,
                          jd_ctx_t *ctx)
{
    size_t k = (size_t)a->k;
    double *gram;
    if (jd_make_n(&gram, k * (k + 1), sizeof *gram, "covariates", ctx)) return JD_ERR_NO_MEMORY;
    unsigned char *kept = (unsigned char *)(gram + k * k);
    for (int64_t i = 0; i < rows; i++)
        add_products(a->x + (size_t)i * k, k, gram);
    jd_cholesky(gram, a->k, NULL, 1e-10, kept);
    for (size_t j = 1; j < k; j++) {
        if (kept[j]) continue;
        jd_warn(ctx, "%s: '%s': constant or collinear with earlier covariates; dropped", name,
                panel->x_name[j - 1]);
        for (int64_t i = 0; i < rows; i++)
            a->x[(size_t)i * k + j] = 0;
    }
    free(gram);
    return JD_OK;
}

int jd_arranged_make(jd_arranged_t *a, const jd_arrange_from_t *from, jd_ctx_t *ctx)
{
    memset(a, 0, sizeof *a);
    const jd_design_t *design = from->design;
    size_t n = (size_t)design->sample.n, k = (size_t)from->panel->n_x + 1;
    size_t cells = (size_t)from->n_groups * (size_t)from->n_periods;
    a->n = design->sample.n;
    a->n_groups = from->n_groups;
    a->n_periods = from->n_periods;
    a->complete = from->complete;
    a->k = (int)k;
    a->in_order = !from->cell;
    size_t places = a->in_order ? n / (size_t)a->n_periods : n;
    int rc = jd_make_n(&a->order, places, sizeof *a->order, "the order of the rows", ctx);
    if (!rc)
        rc = jd_make_unset(&a->start, cells + 1, sizeof *a->start, "the order of the rows", ctx);
    if (!rc && from->cell) rc = sort_rows(a, from, ctx);
    if (rc) return rc;
    if (!from->cell) place_units(a, from->unit_group);
    a->still = a->complete && is_still(a, from);
    size_t rows = a->still ? n / (size_t)a->n_periods : n;
    rc = jd_make_n(&a->x, rows * k, sizeof *a->x, "covariates", ctx);
    if (!rc && design->weight) rc = jd_make_unset(&a->w, rows, sizeof *a->w, "covariates", ctx);
    if (rc) return rc;
    fill_columns(a, from);
    for (int j = 1; j < a->k; j++)
        standardise(a, j, (int64_t)rows);
    return drop_collinear(a, (int64_t)rows, from->panel, design->estimator->name, ctx);
}

void jd_arranged_sort(const jd_arranged_t *a, const double *y, double *sorted)
{
    for (int32_t g = 0; g < a->n_groups; g++)
        for (int32_t t = 0; t < a->n_periods; t++) {
            const int32_t *start = jd_arranged_start(a, g, t);
            jd_cell_rows_t rows = jd_arranged_rows(a, g, t);
            double *cell = sorted + start[0];
            for (int32_t r = 0; r < start[1] - start[0]; r++)
                cell[r] = y[jd_cell_row(rows, r)];
        }
}

void jd_comparison_free(jd_comparison_t *c)
{
    free(c->control);
    free(c->omega);
    jd_pair_free(&c->fit);
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
    int rc = jd_make_unset(&room->block, cells, sizeof *room->block, "a comparison", ctx);
    if (!rc) rc = jd_make_unset(&room->row, n, sizeof *room->row, "a comparison", ctx);
    if (rc) {
        jd_comparison_room_free(room);
        return rc;
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

int jd_comparison_prepare(jd_comparison_t *c, const jd_arranged_t *a, const jd_pair_how_t *how,
                          jd_comparison_room_t *room, jd_pair_trouble_t *trouble, jd_ctx_t *ctx)
{
    gather(c, a, c->time, c->base, room);
    c->n = jd_pair_rows(&room->pair);
    int rc = jd_pair_prepare(&c->fit, &room->pair, how, trouble, ctx);
    if (rc || *trouble) return rc;
    if (jd_make_unset(&c->omega, (size_t)c->n + 1, sizeof *c->omega, "a comparison", ctx))
        return JD_ERR_NO_MEMORY;
    jd_pair_odds(&c->fit, &room->pair);
    jd_pair_weights(&c->fit, &room->pair, c->omega);
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
    jd_pair_odds(&c->fit, &room->pair);
    for (int i = 0; i < count_stretches(c, a); i++) {
        stretch_t b = stretch_of(c, a, before, i), t = stretch_of(c, a, after, i);
        for (int64_t r = 0; r < b.n; r++)
            out[r] = a->complete ? y[t.first + r] - y[b.first + r] : y[b.first + r];
        out += b.n;
    }
    jd_pair_influence(&c->fit, &room->pair, att, room->small, room->influence);
}
