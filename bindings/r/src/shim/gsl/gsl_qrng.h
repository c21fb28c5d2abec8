/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sobol's sequence is not here: src/worlds.c refuses the designs that ask for it. */
#ifndef JD_SHIM_GSL_QRNG_H
#define JD_SHIM_GSL_QRNG_H

#include <stddef.h>

typedef struct gsl_qrng gsl_qrng;
enum { gsl_qrng_sobol };

static inline gsl_qrng *gsl_qrng_alloc(int kind, unsigned dimensions)
{
    (void)kind, (void)dimensions;
    return NULL;
}

static inline int gsl_qrng_get(const gsl_qrng *sequence, double *point)
{
    (void)sequence, (void)point;
    return 1;
}

static inline void gsl_qrng_free(gsl_qrng *sequence)
{
    (void)sequence;
}

#endif
