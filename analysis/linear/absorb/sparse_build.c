/* SPDX-License-Identifier: GPL-3.0-or-later */
/* S = D - sum over the first effect's levels g of d_g d_g' / W_g, entry by entry: for each smaller
 * level the rows it has, for each such row its group's rows. */
#include <stdlib.h>
#include <string.h>

#include "linear/absorb/sparse.h"

enum { BORDER_SHARE = 256 }; /* a level with more than 1/256 of the rows is border */

int jd_pool_reserve(jd_pool_t *pool, int64_t n)
{
    if (pool->used + n <= pool->room) return 1;
    int64_t room = (pool->used + n) * 3 / 2 + 1024;
    int32_t *index = realloc(pool->index, (size_t)room * sizeof *index);
    if (index) pool->index = index;
    double *value = realloc(pool->value, (size_t)room * sizeof *value);
    if (value) pool->value = value;
    if (!index || !value) return 0;
    pool->room = room;
    return 1;
}

int jd_list_append(jd_pool_t *pool, jd_list_t *list, int32_t index, double value)
{
    if (list->n == list->room) {
        int32_t room = 2 * list->room + 8;
        if (!jd_pool_reserve(pool, room)) return 0;
        size_t n = (size_t)list->n;
        memcpy(pool->index + pool->used, pool->index + list->at, n * sizeof *pool->index);
        memcpy(pool->value + pool->used, pool->value + list->at, n * sizeof *pool->value);
        list->at = pool->used;
        list->room = room;
        pool->used += room;
    }
    pool->index[list->at + list->n] = index;
    pool->value[list->at + list->n++] = value;
    return 1;
}

/* Rows (in sorted order) of each smaller level. */
typedef struct {
    int64_t *start;  /* [n_small + 1] */
    int32_t *member; /* [n (n_effects - 1)] rows */
} members_t;

static int list_members(members_t *m, const jd_effects_t *e)
{
    int64_t entries = e->n * (e->n_effects - 1);
    m->start = calloc((size_t)e->n_small + 2, sizeof *m->start);
    m->member = malloc((size_t)(entries + 1) * sizeof *m->member);
    if (!m->start || !m->member) return 0;
    /* Counted two places up, so that filling leaves the starts where they belong. */
    int64_t *at = m->start + 1;
    for (int64_t r = 0; r < entries; r++)
        at[e->rows.code[r] + 1]++;
    for (int l = 0; l < e->n_small; l++)
        at[l + 1] += at[l];
    for (int64_t r = 0; r < entries; r++)
        m->member[at[e->rows.code[r]]++] = (int32_t)(r / (e->n_effects - 1));
    return 1;
}

static double weight_at(const jd_effects_t *e, int64_t r)
{
    if (!e->weight) return 1;
    return e->weight[e->rows.row ? e->rows.row[r] : r];
}

/* Weights of the levels, and which of them are border. */
static void find_border(jd_sparse_t *s, const jd_effects_t *e, const members_t *m)
{
    int l = 0;
    for (int k = 1; k < e->n_effects; k++)
        for (int32_t c = 0; c < e->groups[k].n_groups; c++, l++) {
            s->weight[l] = 1 / e->inverse[k][c];
            s->border[l] = m->start[l + 1] - m->start[l] > e->n / BORDER_SHARE ? s->n_border++ : -1;
        }
}

/* Row `l` of S into acc, zero elsewhere; touched lists the columns met, returns how many. */
static int add_level(const jd_effects_t *e, const members_t *m, int32_t l, double *acc,
                     unsigned char *seen, int32_t *touched)
{
    const int32_t *first = e->groups[0].code;
    int width = e->n_effects - 1, n = 0;
    int32_t last = -1;
    double inside = 0; /* weight of this level in the group at hand */
    for (int64_t j = m->start[l]; j < m->start[l + 1]; j++) {
        int64_t r = m->member[j];
        int32_t g = first[e->rows.row ? e->rows.row[r] : r];
        double w = weight_at(e, r);
        const int32_t *own = e->rows.code + r * width;
        for (int k = 0; k < width; k++) {
            if (!seen[own[k]]) seen[touched[n++] = own[k]] = 1;
            acc[own[k]] += w;
        }
        inside = (g == last ? inside : 0) + w;
        last = g;
        /* Rows of a level lie in the order of groups: take a group once its last one is met. */
        if (j + 1 < m->start[l + 1]) {
            int64_t next = m->member[j + 1];
            if (first[e->rows.row ? e->rows.row[next] : next] == g) continue;
        }
        double share = inside * e->inverse[0][g];
        for (int64_t q = e->rows.start[g]; q < e->rows.start[g + 1]; q++) {
            double d = share * weight_at(e, q);
            for (int k = 0; k < width; k++) {
                int32_t other = e->rows.code[q * width + k];
                if (!seen[other]) seen[touched[n++] = other] = 1;
                acc[other] -= d;
            }
        }
    }
    return n;
}

/* Moves a finished row into the lists or the corner. */
static int keep_level(jd_sparse_t *s, int32_t l, double *acc, unsigned char *seen,
                      const int32_t *touched, int n)
{
    jd_list_t *list = &s->list[l];
    int32_t row = s->border[l];
    if (row < 0) {
        if (!jd_pool_reserve(&s->pool, n)) return 0;
        list->at = s->pool.used;
    }
    for (int t = 0; t < n; t++) {
        int32_t c = touched[t];
        if (c == l && row < 0)
            s->diagonal[l] = acc[c];
        else if (row < 0) {
            s->pool.index[s->pool.used] = c;
            s->pool.value[s->pool.used++] = acc[c];
        } else if (s->border[c] >= 0)
            s->corner[(size_t)row * (size_t)s->n_border + (size_t)s->border[c]] = acc[c];
        acc[c] = 0;
        seen[c] = 0;
    }
    if (row < 0) list->n = list->room = (int32_t)(s->pool.used - list->at);
    return 1;
}

static int allocate(jd_sparse_t *s, const jd_effects_t *e)
{
    size_t n = (size_t)e->n_small + 1;
    s->n = e->n_small;
    s->diagonal = calloc(n, sizeof *s->diagonal);
    s->weight = calloc(n, sizeof *s->weight);
    s->list = calloc(n, sizeof *s->list);
    s->border = calloc(n, sizeof *s->border);
    s->position = calloc(n, sizeof *s->position);
    s->order = calloc(n, sizeof *s->order);
    s->pivot = calloc(n, sizeof *s->pivot);
    return s->diagonal && s->weight && s->list && s->border && s->position && s->order && s->pivot;
}

int jd_sparse_build(jd_sparse_t *s, const jd_effects_t *e, int64_t most, int *fits, jd_ctx_t *ctx)
{
    members_t m = {0};
    size_t n = (size_t)e->n_small + 1, bytes = n * 64 + (size_t)e->n * sizeof(int32_t);
    double *acc = calloc(n, sizeof *acc);
    unsigned char *seen = calloc(n, 1);
    int32_t *touched = malloc(n * sizeof *touched);
    int good = acc && seen && touched && allocate(s, e) && list_members(&m, e);
    *fits = 1;
    if (good) {
        find_border(s, e, &m);
        size_t corner = (size_t)s->n_border * (size_t)s->n_border;
        good = (s->corner = calloc(corner + 1, sizeof *s->corner)) != NULL;
    }
    for (int32_t l = 0; good && *fits && l < e->n_small; l++) {
        int met = add_level(e, &m, l, acc, seen, touched);
        good = keep_level(s, l, acc, seen, touched, met);
        *fits = s->pool.used <= most;
    }
    free(acc);
    free(seen);
    free(touched);
    free(m.start);
    free(m.member);
    return good ? JD_OK : jd_fail_memory(ctx, bytes, "the fixed effects' normal equations");
}
