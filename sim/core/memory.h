/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Arrays that are sized once: allocation with overflow check and a message. Private to the
 *  libraries. */
#ifndef JD_CORE_MEMORY_H
#define JD_CORE_MEMORY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/context.h"

/** Points the pointer at `array` to `n` zeroed elements of `size` bytes, or to NULL; `what` names
 *  them in the message. n = 0 gives a valid pointer too. */
static inline JD_MUST_USE int jd_make_n(void *array, size_t n, size_t size, const char *what,
                                        jd_ctx_t *ctx)
{
    size_t count = n > 0 ? n : 1;
    void *block = count <= SIZE_MAX / size ? calloc(count, size) : NULL;
    memcpy(array, &block, sizeof block); /* a pointer of whatever type */
    return block ? JD_OK : jd_fail_memory(ctx, count * size, what);
}

/** The same for a count with a sign; below 0 is 0. */
static inline JD_MUST_USE int jd_make(void *array, int64_t n, size_t size, const char *what,
                                      jd_ctx_t *ctx)
{
    return jd_make_n(array, n > 0 ? (size_t)n : 0, size, what, ctx);
}

/** As jd_make_n(), with whatever was in memory: for arrays that are written before they are read.
 */
static inline JD_MUST_USE int jd_make_unset(void *array, size_t n, size_t size, const char *what,
                                            jd_ctx_t *ctx)
{
    size_t count = n > 0 ? n : 1;
    void *block = count <= SIZE_MAX / size ? malloc(count * size) : NULL;
    memcpy(array, &block, sizeof block);
    return block ? JD_OK : jd_fail_memory(ctx, count * size, what);
}

#endif
