/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Arrays that are sized once: allocation with overflow check and a message. Private to sim/. */
#ifndef JD_CORE_MEMORY_H
#define JD_CORE_MEMORY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/context.h"

/** Points the pointer at `array` to `n` zeroed elements of `size` bytes; `what` names them in the
 * message. n = 0 gives a valid pointer too. */
static inline JD_MUST_USE int jd_make(void *array, int64_t n, size_t size, const char *what,
                                      jd_ctx_t *ctx)
{
    size_t count = n > 0 ? (size_t)n : 1;
    void *block = count <= SIZE_MAX / size ? calloc(count, size) : NULL;
    memcpy(array, &block, sizeof block); /* a pointer of whatever type */
    return block ? JD_OK : jd_fail_memory(ctx, count * size, what);
}

#endif
