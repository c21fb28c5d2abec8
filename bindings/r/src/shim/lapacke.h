/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The few functions of LAPACKE in use, column by column, on the LAPACK that R brings. */
#ifndef JD_SHIM_LAPACKE_H
#define JD_SHIM_LAPACKE_H

#ifndef USE_FC_LEN_T
#define USE_FC_LEN_T
#endif
#include <R_ext/Lapack.h>
#include <Rconfig.h>
#ifndef FCONE
#define FCONE
#endif

#define LAPACK_COL_MAJOR 102

static inline int LAPACKE_dpotrf(int order, char uplo, int n, double *a, int lda)
{
    int info;
    (void)order;
    F77_CALL(dpotrf)(&uplo, &n, a, &lda, &info FCONE);
    return info;
}

static inline int LAPACKE_dpotri(int order, char uplo, int n, double *a, int lda)
{
    int info;
    (void)order;
    F77_CALL(dpotri)(&uplo, &n, a, &lda, &info FCONE);
    return info;
}

static inline int LAPACKE_dpotrs(int order, char uplo, int n, int k, const double *a, int lda,
                                 double *b, int ldb)
{
    int info;
    (void)order;
    F77_CALL(dpotrs)(&uplo, &n, &k, (double *)a, &lda, b, &ldb, &info FCONE);
    return info;
}

static inline int LAPACKE_dtrtri(int order, char uplo, char diag, int n, double *a, int lda)
{
    int info;
    (void)order;
    F77_CALL(dtrtri)(&uplo, &diag, &n, a, &lda, &info FCONE FCONE);
    return info;
}

static inline int LAPACKE_dgetrf(int order, int m, int n, double *a, int lda, int *pivot)
{
    int info;
    (void)order;
    F77_CALL(dgetrf)(&m, &n, a, &lda, pivot, &info);
    return info;
}

static inline int LAPACKE_dgetri_work(int order, int n, double *a, int lda, const int *pivot,
                                      double *work, int size)
{
    int info;
    (void)order;
    F77_CALL(dgetri)(&n, a, &lda, (int *)pivot, work, &size, &info);
    return info;
}

static inline int LAPACKE_dgelsy_work(int order, int m, int n, int k, double *a, int lda, double *b,
                                      int ldb, int *pivot, double rcond, int *rank, double *work,
                                      int size)
{
    int info;
    (void)order;
    F77_CALL(dgelsy)(&m, &n, &k, a, &lda, b, &ldb, pivot, &rcond, rank, work, &size, &info);
    return info;
}

static inline int LAPACKE_dgeqrf_work(int order, int m, int n, double *a, int lda, double *tau,
                                      double *work, int size)
{
    int info;
    (void)order;
    F77_CALL(dgeqrf)(&m, &n, a, &lda, tau, work, &size, &info);
    return info;
}

static inline int LAPACKE_dgeqp3_work(int order, int m, int n, double *a, int lda, int *pivot,
                                      double *tau, double *work, int size)
{
    int info;
    (void)order;
    F77_CALL(dgeqp3)(&m, &n, a, &lda, pivot, tau, work, &size, &info);
    return info;
}

static inline int LAPACKE_dormqr_work(int order, char side, char trans, int m, int n, int k,
                                      const double *a, int lda, const double *tau, double *c,
                                      int ldc, double *work, int size)
{
    int info;
    (void)order;
    F77_CALL(dormqr)
    (&side, &trans, &m, &n, &k, (double *)a, &lda, (double *)tau, c, &ldc, work, &size,
     &info FCONE FCONE);
    return info;
}

static inline int LAPACKE_dsyev_work(int order, char jobz, char uplo, int n, double *a, int lda,
                                     double *value, double *work, int size)
{
    int info;
    (void)order;
    F77_CALL(dsyev)(&jobz, &uplo, &n, a, &lda, value, work, &size, &info FCONE FCONE);
    return info;
}

#endif
