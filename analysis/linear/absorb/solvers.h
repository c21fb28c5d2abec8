/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The solvers of the reduced normal equations S a = b. They know the index alone. */
#ifndef JD_LINEAR_ABSORB_SOLVERS_H
#define JD_LINEAR_ABSORB_SOLVERS_H

#include "linear/absorb/index.h"

/** What became of S a = b. Iteration cannot meet a b outside S's range; a dense factor gives what
 *  meets b best. */
enum { JD_SOLVED, JD_NOT_CONVERGED, JD_NO_SOLUTION };

/** Builds the direct solver's factor. */
JD_MUST_USE int jd_effects_factor(jd_effects_t *effects, jd_ctx_t *ctx);
/** The same after `weight` was changed, the levels' inverse weights too, by all threads. */
JD_MUST_USE int jd_effects_refactor(jd_effects_t *effects, jd_ctx_t *ctx);

/** Builds the sparse solver's factor of the reduced normal equations S; leaves effects->sparse NULL
 *  where S is too full to pay. Needs sorted rows. */
JD_MUST_USE int jd_effects_factor_sparse(jd_effects_t *effects, jd_ctx_t *ctx);
void jd_sparse_free(jd_sparse_t *sparse);
/** Solves S a = b; work [6 n_small]. `scale` = b'Pb before elimination, P the inverse weights of
 *  levels, says what rounding is. Returns one of the above. */
int jd_sparse_solve(const jd_sparse_t *sparse, const double *b, double scale, double *a,
                    double *work);

/** out = matrix in. */
typedef void jd_product_t(const void *matrix, const double *in, double *out);

/** Conjugate gradients, preconditioned by a diagonal, for S a = b with S positive semi-definite and
 *  b in its range, or JD_NO_SOLUTION; work [4 n]; scale as above. Returns one of the above. */
int jd_conjugate_gradients(jd_product_t *product, const void *matrix, int n, const double *inverse,
                           const double *b, double scale, double *a, double *work);

#endif
