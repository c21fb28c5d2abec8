/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inside of the sparse solver: a symmetric positive semi-definite matrix under elimination. */
#ifndef JD_LINEAR_ABSORB_SPARSE_H
#define JD_LINEAR_ABSORB_SPARSE_H

#include "linear/absorb/effects.h"

/** A node's neighbours, a piece of the pool. */
typedef struct {
    int64_t at;
    int32_t n, room;
} jd_list_t;

/** Neighbours and the matrix's entries there. */
typedef struct {
    int32_t *index;
    double *value;
    int64_t used, room;
} jd_pool_t;

/** The levels are nodes; a few with very many rows are the border, a dense corner. An entry between
 *  two inner nodes is in both lists, one between inner node and border in the inner's alone. */
struct jd_sparse {
    int n;
    double *diagonal; /* [n] of inner nodes */
    double *weight;   /* [n] of the levels: the scale pivots are held against */
    jd_list_t *list;  /* [n]; of an eliminated node: its multipliers */
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

/** Room for n more entries in the pool; 0 if there is no memory. */
int jd_pool_reserve(jd_pool_t *pool, int64_t n);
/** Appends to a list, which moves to the pool's end when it outgrows its room; 0: no memory. */
int jd_list_append(jd_pool_t *pool, jd_list_t *list, int32_t index, double value);

/** Builds S out of effects with sorted rows. *fits = 0 where it has more than `most` entries. */
JD_MUST_USE int jd_sparse_build(jd_sparse_t *s, const jd_effects_t *e, int64_t most, int *fits,
                                jd_ctx_t *ctx);
/** Eliminates inner nodes of few neighbours, fewest first. */
JD_MUST_USE int jd_sparse_eliminate(jd_sparse_t *s, jd_ctx_t *ctx);

#endif
