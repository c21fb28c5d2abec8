/* SPDX-License-Identifier: GPL-3.0-or-later */
/** LAPACK with workspace of our own: LAPACKE's own prints to standard output where it gets none.
 *  All return 0, JD_LAPACK_MEMORY without memory, and another number for what LAPACK refuses
 *  (numbers that are none among them). Column-major unless said. Private. */
#ifndef JD_LINEAR_LAPACK_H
#define JD_LINEAR_LAPACK_H

#include "jiedao/context.h"

enum { JD_LAPACK_MEMORY = -1010 };

/** Eigenvalues, ascending, and eigenvectors in a's columns, of the symmetric a [n][n] of which the
 *  triangle `uplo` is read. O(n^3). */
JD_MUST_USE int jd_eigen(char uplo, int n, double *a, double *value);

/** Least squares of right on a [m][n]: minimum norm, rank by rcond. pivot [n] as in dgelsy. */
JD_MUST_USE int jd_gelsy(int m, int n, double *a, int lda, double *right, int ldb, int *pivot,
                         double rcond);

/** QR of a [m][n]; tau [min(m, n)]. */
JD_MUST_USE int jd_geqrf(int m, int n, double *a, int lda, double *tau);

/** The same with columns in falling order of what they add: column i of QR is pivot[i] - 1 of a. */
JD_MUST_USE int jd_geqp3(int m, int n, double *a, int lda, int *pivot, double *tau);

/** right [m] := Q right, Q of k reflectors by jd_geqrf(). */
JD_MUST_USE int jd_apply_q(int m, int k, const double *a, int lda, const double *tau,
                           double *right);

/** a [n][n] := its inverse. pivot [n]. */
JD_MUST_USE int jd_invert(int n, double *a, int *pivot);

/** a [n][n] := its transpose: row-major to column-major and back. */
void jd_transpose(int n, double *a);

#endif
