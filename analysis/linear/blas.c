/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear/blas.h"

#include <cblas.h>
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int calls, before;

void jd_blas_alone_begin(void)
{
    pthread_mutex_lock(&mutex);
    if (calls++ == 0) {
        before = openblas_get_num_threads();
        if (before != 1) openblas_set_num_threads(1);
    }
    pthread_mutex_unlock(&mutex);
}

void jd_blas_alone_end(void)
{
    pthread_mutex_lock(&mutex);
    if (--calls == 0 && before != 1) openblas_set_num_threads(before);
    pthread_mutex_unlock(&mutex);
}
