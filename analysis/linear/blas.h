/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Threads of the BLAS, which move last bits and are the process's: one while we compute. */
#ifndef JD_LINEAR_BLAS_H
#define JD_LINEAR_BLAS_H

#include "jiedao/export.h"

/** Sets it to one thread from the first of these calls on, and gives it back the threads it had with
 *  the last of the others. Calls may overlap, on any threads. */
JD_API void jd_blas_alone_begin(void);
JD_API void jd_blas_alone_end(void);

#endif
