/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sparse solver. Where levels hang together slowly (workers who pass from firm to neighbouring
 * firm), the graph of S has small separators: eliminating levels in order of their number of
 * neighbours takes it apart with little fill (minimum degree; George and Liu 1989, The evolution of
 * the minimum degree ordering algorithm). Where they mix well elimination stops early, and
 * conjugate gradients on the Schur complement that is left converge in a few dozen steps. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/solvers.h"
#include "linear/cholesky.h"

/* A node's neighbours, a piece of the pool. */
typedef struct {
    int64_t at;
    int32_t n, room;
} jd_neighbours_t;

/* Neighbours and the matrix's entries there. */
typedef struct {
    int32_t *index;
    double *value;
    int64_t used, room;
} jd_pool_t;

/* The levels are nodes; a few with very many rows are the border, a dense corner. An entry between
 *  two inner nodes is in both lists, one between inner node and border in the inner's alone. */
struct jd_sparse {
    int n;
    double *diagonal;      /* [n] of inner nodes */
    double *weight;        /* [n] of the levels: the scale pivots are held against */
    jd_neighbours_t *list; /* [n]; of an eliminated node: its multipliers */
    jd_pool_t pool;
    int32_t *border;   /* [n] place in the border, -1 for inner nodes */
    int32_t *position; /* [n] in border, then in core; scratch before */
    int n_border;
    double *corner; /* [n_border][n_border] */
    int n_eliminated;
    int32_t *order;      /* [n] eliminated nodes in order, then the core, the border last */
    double *pivot;       /* [n] by node; 0 = redundant, left out */
    int n_core;          /* what elimination left, border included */
    double *dense;       /* [n_core][n_core] Cholesky factor, or NULL: conjugate gradients */
    double *inverse;     /* [n_core] one over the core's diagonal */
    unsigned char *kept; /* [n_core] */
};

/* S = D - sum over the first effect's levels g of d_g d_g' / W_g, entry by entry: for each smaller
 * level the rows it has, for each such row its group's rows. */
enum { BORDER_SHARE = 256 }; /* a level with more than 1/256 of the rows is border */

/* Room for n more entries in the pool; 0 if there is no memory. */
static int reserve(jd_pool_t *pool, int64_t n)
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

/* Appends to a list, which moves to the pool's end when it outgrows its room; 0: no memory. */
static int append(jd_pool_t *pool, jd_neighbours_t *list, int32_t index, double value)
{
    if (list->n == list->room) {
        int32_t room = 2 * list->room + 8;
        if (!reserve(pool, room)) return 0;
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

/* The first effect's level of the r-th row in the order of these. */
static int32_t first_level(const jd_effects_t *e, int64_t r)
{
    return e->groups[0].code[jd_effects_place(e, r)];
}

/* Row `l` of S into acc, zero elsewhere; touched lists the columns met, returns how many. */
static int add_level(const jd_effects_t *e, const members_t *m, int32_t l, double *acc,
                     unsigned char *seen, int32_t *touched)
{
    int width = e->n_effects - 1, n = 0;
    int32_t last = -1;
    double inside = 0; /* weight of this level in the group at hand */
    for (int64_t j = m->start[l]; j < m->start[l + 1]; j++) {
        int64_t r = m->member[j];
        int32_t g = first_level(e, r);
        double w = jd_effects_weight_at(e, r);
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
            if (first_level(e, next) == g) continue;
        }
        double share = inside * e->inverse[0][g];
        for (int64_t q = e->rows.start[g]; q < e->rows.start[g + 1]; q++) {
            double d = share * jd_effects_weight_at(e, q);
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
    jd_neighbours_t *list = &s->list[l];
    int32_t row = s->border[l];
    if (row < 0) {
        if (!reserve(&s->pool, n)) return 0;
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

/* Builds S out of effects with sorted rows. *fits = 0 where it has more than `most` entries. */
static int build(jd_sparse_t *s, const jd_effects_t *e, int64_t most, int *fits, jd_ctx_t *ctx)
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

enum { MOST_NEIGHBOURS = 64 };
static const double redundant = 1e-12; /* pivot over weight of a level that others determine */

/* Nodes by number of inner neighbours: doubly linked lists. */
typedef struct {
    int32_t *next, *previous; /* [n] */
    int32_t head[MOST_NEIGHBOURS + 1];
    int32_t *degree; /* [n] where a node hangs, -1 = nowhere */
} buckets_t;

static void unhang(buckets_t *b, int32_t v)
{
    if (b->degree[v] < 0) return;
    if (b->previous[v] >= 0)
        b->next[b->previous[v]] = b->next[v];
    else
        b->head[b->degree[v]] = b->next[v];
    if (b->next[v] >= 0) b->previous[b->next[v]] = b->previous[v];
    b->degree[v] = -1;
}

static void hang(buckets_t *b, int32_t v, int degree)
{
    unhang(b, v);
    if (degree > MOST_NEIGHBOURS) return;
    b->degree[v] = degree;
    b->next[v] = b->head[degree];
    b->previous[v] = -1;
    if (b->head[degree] >= 0) b->previous[b->head[degree]] = v;
    b->head[degree] = v;
}

static int inner_neighbours(const jd_sparse_t *s, int32_t v)
{
    const int32_t *index = s->pool.index + s->list[v].at;
    int n = 0;
    for (int32_t j = 0; j < s->list[v].n; j++)
        n += s->border[index[j]] < 0;
    return n;
}

/* Row a of the matrix less its part through v: a -= s_av / pivot times row v. */
static int update(jd_sparse_t *s, int32_t a, int32_t v, double by, const int32_t *index,
                  const double *value, int32_t n)
{
    jd_neighbours_t *list = &s->list[a];
    int32_t *at = s->pool.index + list->at, gone = -1;
    for (int32_t j = 0; j < list->n; j++) {
        s->position[at[j]] = j + 1;
        if (at[j] == v) gone = j;
    }
    int good = 1;
    for (int32_t j = 0; j < n && good; j++) {
        int32_t c = index[j], p = s->position[c];
        if (c == a)
            s->diagonal[a] -= by * value[j];
        else if (p)
            s->pool.value[list->at + p - 1] -= by * value[j];
        else
            good = append(&s->pool, list, c, -by * value[j]);
    }
    at = s->pool.index + list->at;
    for (int32_t j = 0; j < list->n; j++)
        s->position[at[j]] = 0;
    int32_t end = --list->n;
    at[gone] = at[end];
    s->pool.value[list->at + gone] = s->pool.value[list->at + end];
    return good;
}

/* The corner less its part through v. */
static void update_corner(jd_sparse_t *s, double pivot, const int32_t *index, const double *value,
                          int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        int32_t a = s->border[index[i]];
        if (a < 0) continue;
        for (int32_t j = 0; j < n; j++)
            if (s->border[index[j]] >= 0)
                s->corner[(size_t)a * (size_t)s->n_border + (size_t)s->border[index[j]]] -=
                    value[i] / pivot * value[j];
    }
}

/* Takes node v out; its list becomes the multipliers. `row` is room for a copy of it. */
static int eliminate(jd_sparse_t *s, int32_t v, buckets_t *b, int32_t *index, double *value)
{
    int32_t n = s->list[v].n;
    memcpy(index, s->pool.index + s->list[v].at, (size_t)n * sizeof *index);
    memcpy(value, s->pool.value + s->list[v].at, (size_t)n * sizeof *value);
    double pivot = s->diagonal[v] > redundant * s->weight[v] ? s->diagonal[v] : 0;
    for (int32_t j = 0; j < n && pivot == 0; j++)
        value[j] = 0;
    for (int32_t j = 0; j < n; j++) {
        int32_t a = index[j];
        if (s->border[a] >= 0) continue;
        if (!update(s, a, v, pivot > 0 ? value[j] / pivot : 0, index, value, n)) return 0;
        hang(b, a, inner_neighbours(s, a));
    }
    if (pivot > 0) update_corner(s, pivot, index, value, n);
    for (int32_t j = 0; j < n; j++)
        s->pool.value[s->list[v].at + j] = pivot > 0 ? value[j] / pivot : 0;
    s->pivot[v] = pivot;
    s->order[s->n_eliminated++] = v;
    return 1;
}

static void list_core(jd_sparse_t *s, const unsigned char *done)
{
    int32_t at = s->n_eliminated;
    for (int32_t v = 0; v < s->n; v++)
        if (!done[v] && s->border[v] < 0) s->order[at++] = v;
    for (int32_t v = 0; v < s->n; v++)
        if (s->border[v] >= 0) s->order[at++] = v;
    s->n_core = s->n - s->n_eliminated;
    for (int32_t v = s->n_eliminated; v < s->n; v++)
        s->position[s->order[v]] = v - s->n_eliminated;
}

/* Eliminates inner nodes of few neighbours, fewest first. */
static int eliminate_all(jd_sparse_t *s, jd_ctx_t *ctx)
{
    size_t n = (size_t)s->n + 1;
    buckets_t b = {.next = malloc(n * sizeof *b.next),
                   .previous = malloc(n * sizeof *b.previous),
                   .degree = malloc(n * sizeof *b.degree)};
    int32_t *index = malloc(n * sizeof *index);
    double *value = malloc(n * sizeof *value);
    unsigned char *done = calloc(n, 1);
    int good = b.next && b.previous && b.degree && index && value && done;
    for (int d = 0; d <= MOST_NEIGHBOURS; d++)
        b.head[d] = -1;
    for (int32_t v = 0; good && v < s->n; v++)
        b.degree[v] = -1;
    for (int32_t v = s->n - 1; good && v >= 0; v--)
        if (s->border[v] < 0) hang(&b, v, inner_neighbours(s, v));
    for (int d = 0; good && d <= MOST_NEIGHBOURS; d++)
        while (good && b.head[d] >= 0) {
            int32_t v = b.head[d];
            unhang(&b, v);
            good = eliminate(s, v, &b, index, value);
            done[v] = 1;
            d = 0; /* neighbours may have fewer now */
        }
    if (good) list_core(s, done);
    free(b.next);
    free(b.previous);
    free(b.degree);
    free(index);
    free(value);
    free(done);
    return good ? JD_OK : jd_fail_memory(ctx, n * 24, "the fixed effects' factor");
}

static double corner_at(const jd_sparse_t *s, int a, int b)
{
    return s->corner[(size_t)a * (size_t)s->n_border + (size_t)b];
}

/* The core as a dense matrix, its lower part at least. */
static void fill_core(const jd_sparse_t *s, double *core)
{
    size_t size = (size_t)s->n_core;
    int inner = s->n_core - s->n_border;
    for (int r = 0; r < s->n_core; r++) {
        int32_t v = s->order[s->n_eliminated + r];
        if (r >= inner) {
            for (int c = inner; c < s->n_core; c++)
                core[(size_t)r * size + (size_t)c] = corner_at(s, r - inner, c - inner);
            continue;
        }
        core[(size_t)r * size + (size_t)r] = s->diagonal[v];
        for (int32_t j = 0; j < s->list[v].n; j++) {
            size_t c = (size_t)s->position[s->pool.index[s->list[v].at + j]];
            core[(size_t)r * size + c] = core[c * size + (size_t)r] =
                s->pool.value[s->list[v].at + j];
        }
    }
}

/* The core times a vector. */
static void multiply_core(const void *matrix, const double *in, double *out)
{
    const jd_sparse_t *s = matrix;
    int inner = s->n_core - s->n_border;
    for (int r = inner; r < s->n_core; r++) {
        double sum = 0;
        for (int c = inner; c < s->n_core; c++)
            sum += corner_at(s, r - inner, c - inner) * in[c];
        out[r] = sum;
    }
    for (int r = 0; r < inner; r++) {
        int32_t v = s->order[s->n_eliminated + r];
        const int32_t *index = s->pool.index + s->list[v].at;
        const double *value = s->pool.value + s->list[v].at;
        double sum = s->diagonal[v] * in[r];
        for (int32_t j = 0; j < s->list[v].n; j++) {
            int32_t c = s->position[index[j]];
            sum += value[j] * in[c];
            if (c >= inner) out[c] += value[j] * in[r];
        }
        out[r] = sum;
    }
}

static int factor_core(jd_sparse_t *s, jd_ctx_t *ctx)
{
    size_t size = (size_t)s->n_core, cells = size * size;
    int dense = s->n_core <= JD_DIRECT_LEVELS;
    double *scale;
    int rc = jd_make_unset(&scale, size + 1, sizeof *scale, "the fixed effects' factor", ctx);
    if (!rc) rc = jd_make_n(&s->kept, size + 1, 1, "the fixed effects' factor", ctx);
    if (!rc)
        rc = jd_make_n(&s->inverse, size + 1, sizeof *s->inverse, "the fixed effects' factor", ctx);
    if (!rc && dense)
        rc = jd_make_n(&s->dense, cells + 1, sizeof *s->dense, "the fixed effects' factor", ctx);
    if (rc) {
        free(scale);
        return rc;
    }
    for (int r = 0; r < s->n_core; r++) {
        int32_t v = s->order[s->n_eliminated + r], at = s->border[v];
        scale[r] = s->weight[v];
        double own = at < 0 ? s->diagonal[v] : corner_at(s, at, at);
        s->inverse[r] = own > redundant * scale[r] ? 1 / own : 0;
    }
    if (dense) {
        fill_core(s, s->dense);
        jd_cholesky(s->dense, s->n_core, scale, redundant, s->kept);
    }
    free(scale);
    return JD_OK;
}

int jd_effects_factor_sparse(jd_effects_t *effects, jd_ctx_t *ctx)
{
    jd_sparse_t *s = calloc(1, sizeof *s);
    int fits = 0, rc = JD_OK;
    if (!s) return jd_fail_memory(ctx, sizeof *s, "fixed effects");
    int64_t most = 2 * effects->n; /* the lists then take 24 bytes a row, and a product less time
                                      than one over the rows */
    rc = build(s, effects, most, &fits, ctx);
    if (!rc && fits) rc = eliminate_all(s, ctx);
    if (!rc && fits) rc = factor_core(s, ctx);
    if (!rc && fits)
        effects->sparse = s;
    else
        jd_sparse_free(s);
    return rc;
}

void jd_sparse_free(jd_sparse_t *s)
{
    if (!s) return;
    free(s->diagonal);
    free(s->weight);
    free(s->list);
    free(s->pool.index);
    free(s->pool.value);
    free(s->border);
    free(s->position);
    free(s->corner);
    free(s->order);
    free(s->pivot);
    free(s->dense);
    free(s->inverse);
    free(s->kept);
    free(s);
}

/* Work: [n] the right-hand side under elimination, [n_core] the core's, [4 n_core] iteration. */
int jd_sparse_solve(const jd_sparse_t *s, const double *b, double scale, double *a, double *work)
{
    const int32_t *index = s->pool.index;
    const double *value = s->pool.value;
    double *core = work;
    int failed = 0;
    memcpy(a, b, (size_t)s->n * sizeof *a);
    for (int e = 0; e < s->n_eliminated; e++) {
        int32_t v = s->order[e];
        const jd_neighbours_t *l = &s->list[v];
        for (int64_t j = l->at; j < l->at + l->n; j++)
            a[index[j]] -= value[j] * a[v];
    }
    for (int r = 0; r < s->n_core; r++)
        core[r] = a[s->order[s->n_eliminated + r]];
    if (s->dense) {
        jd_cholesky_solve(s->dense, s->n_core, s->kept, core);
        for (int r = 0; r < s->n_core; r++)
            a[s->order[s->n_eliminated + r]] = core[r];
    } else {
        double *x = core + s->n_core;
        /* The solution takes the place behind the right-hand side; iteration the four after. */
        failed = jd_conjugate_gradients(multiply_core, s, s->n_core, s->inverse, core, scale, x,
                                        x + s->n_core);
        for (int r = 0; r < s->n_core; r++)
            a[s->order[s->n_eliminated + r]] = x[r];
    }
    for (int e = s->n_eliminated - 1; e >= 0; e--) {
        int32_t v = s->order[e];
        const jd_neighbours_t *l = &s->list[v];
        double sum = s->pivot[v] > 0 ? a[v] / s->pivot[v] : 0;
        for (int64_t j = l->at; j < l->at + l->n; j++)
            sum -= value[j] * a[index[j]];
        a[v] = sum;
    }
    return failed;
}
