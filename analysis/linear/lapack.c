/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear/lapack.h"

#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { NOT_NUMBERS = -1 };

static bool has_nan(int m, int n, const double *a, int lda)
{
    for (int j = 0; j < n; j++)
        for (int i = 0; i < m; i++)
            if (isnan(a[(size_t)j * (size_t)lda + (size_t)i])) return true;
    return false;
}

/* So much as LAPACK says suits it; NULL without memory. */
static double *make_room(double best, int *n)
{
    *n = best > 1 ? (int)best : 1;
    return malloc((size_t)*n * sizeof(double));
}

int jd_eigen(char uplo, int n, double *a, double *value)
{
    double best = 0;
    int size;
    for (int j = 0; j < n; j++)
        for (int i = uplo == 'U' ? 0 : j; i < (uplo == 'U' ? j + 1 : n); i++)
            if (isnan(a[(size_t)j * (size_t)n + (size_t)i])) return NOT_NUMBERS;
    int info = LAPACKE_dsyev_work(LAPACK_COL_MAJOR, 'V', uplo, n, a, n, value, &best, -1);
    if (info) return info;
    double *work = make_room(best, &size);
    if (!work) return JD_LAPACK_MEMORY;
    info = LAPACKE_dsyev_work(LAPACK_COL_MAJOR, 'V', uplo, n, a, n, value, work, size);
    free(work);
    return info;
}

int jd_gelsy(int m, int n, double *a, int lda, double *right, int ldb, int *pivot, double rcond)
{
    double best = 0;
    int size, rank = 0;
    if (has_nan(m, n, a, lda) || has_nan(m > n ? m : n, 1, right, ldb)) return NOT_NUMBERS;
    int info = LAPACKE_dgelsy_work(LAPACK_COL_MAJOR, m, n, 1, a, lda, right, ldb, pivot, rcond,
                                   &rank, &best, -1);
    if (info) return info;
    double *work = make_room(best, &size);
    if (!work) return JD_LAPACK_MEMORY;
    info = LAPACKE_dgelsy_work(LAPACK_COL_MAJOR, m, n, 1, a, lda, right, ldb, pivot, rcond, &rank,
                               work, size);
    free(work);
    return info;
}

int jd_geqrf(int m, int n, double *a, int lda, double *tau)
{
    double best = 0;
    int size;
    if (has_nan(m, n, a, lda)) return NOT_NUMBERS;
    int info = LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, m, n, a, lda, tau, &best, -1);
    if (info) return info;
    double *work = make_room(best, &size);
    if (!work) return JD_LAPACK_MEMORY;
    info = LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, m, n, a, lda, tau, work, size);
    free(work);
    return info;
}

int jd_geqp3(int m, int n, double *a, int lda, int *pivot, double *tau)
{
    double best = 0;
    int size;
    if (has_nan(m, n, a, lda)) return NOT_NUMBERS;
    for (int j = 0; j < n; j++)
        pivot[j] = 0; /* free to move */
    int info = LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, m, n, a, lda, pivot, tau, &best, -1);
    if (info) return info;
    double *work = make_room(best, &size);
    if (!work) return JD_LAPACK_MEMORY;
    info = LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, m, n, a, lda, pivot, tau, work, size);
    free(work);
    return info;
}

int jd_apply_q(int m, int k, const double *a, int lda, const double *tau, double *right)
{
    double best = 0;
    int size;
    if (has_nan(m, k, a, lda) || has_nan(m, 1, right, m)) return NOT_NUMBERS;
    int info =
        LAPACKE_dormqr_work(LAPACK_COL_MAJOR, 'L', 'N', m, 1, k, a, lda, tau, right, m, &best, -1);
    if (info) return info;
    double *work = make_room(best, &size);
    if (!work) return JD_LAPACK_MEMORY;
    info =
        LAPACKE_dormqr_work(LAPACK_COL_MAJOR, 'L', 'N', m, 1, k, a, lda, tau, right, m, work, size);
    free(work);
    return info;
}

int jd_invert(int n, double *a, int *pivot)
{
    double best = 0;
    int size;
    int info = LAPACKE_dgetrf(LAPACK_COL_MAJOR, n, n, a, n, pivot);
    if (!info) info = LAPACKE_dgetri_work(LAPACK_COL_MAJOR, n, a, n, pivot, &best, -1);
    if (info) return info;
    double *work = make_room(best, &size);
    if (!work) return JD_LAPACK_MEMORY;
    info = LAPACKE_dgetri_work(LAPACK_COL_MAJOR, n, a, n, pivot, work, size);
    free(work);
    return info;
}

void jd_transpose(int n, double *a)
{
    size_t size = (size_t)n;
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < i; j++) {
            double kept = a[i * size + j];
            a[i * size + j] = a[j * size + i];
            a[j * size + i] = kept;
        }
}
