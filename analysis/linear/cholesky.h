/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Cholesky factor of a positive semi-definite matrix that keeps columns in their order and leaves
 *  out those that depend on earlier ones; LAPACK's own (dpstrf) reorders them instead. */
#ifndef JD_LINEAR_CHOLESKY_H
#define JD_LINEAR_CHOLESKY_H

/** a [n][n] row-major, lower part read, replaced by L with a = L L'. A column whose pivot is at
 * most tolerance * scale[j] (scale NULL: its own diagonal) is left out: L's row and column there
 * are 0, kept[j] = 0. Returns how many are kept. */
int jd_cholesky(double *a, int n, const double *scale, double tolerance, unsigned char *kept);

/** Solves L L' x = b in place; left-out unknowns are 0. */
void jd_cholesky_solve(const double *factor, int n, const unsigned char *kept, double *b);

#endif
