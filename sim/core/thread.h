/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which thread of a team it is: for rooms of one's own, one a thread. */
#ifndef JD_CORE_THREAD_H
#define JD_CORE_THREAD_H

#ifdef _OPENMP
#include <omp.h>
#endif

/** Within a parallel region, from 0 and below its number of threads; 0 elsewhere, and without
 *  OpenMP. */
static inline int jd_thread_number(void)
{
#ifdef _OPENMP
    return omp_get_thread_num();
#else
    return 0;
#endif
}

#endif
