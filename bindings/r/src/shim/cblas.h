/* SPDX-License-Identifier: GPL-3.0-or-later */
/* R's BLAS is what R was built with; how many threads it takes is R's affair. */
#ifndef JD_SHIM_CBLAS_H
#define JD_SHIM_CBLAS_H

static inline int openblas_get_num_threads(void)
{
    return 1;
}

static inline void openblas_set_num_threads(int threads)
{
    (void)threads;
}

#endif
