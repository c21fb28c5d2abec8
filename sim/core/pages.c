/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _DEFAULT_SOURCE /* madvise */
#include "core/pages.h"

#include <stdint.h>
#include <sys/mman.h>

void jd_ask_large_pages(void *array, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    const uintptr_t large = (uintptr_t)2 << 20;
    uintptr_t start = ((uintptr_t)array + large - 1) & ~(large - 1);
    uintptr_t end = ((uintptr_t)array + bytes) & ~(large - 1);
    if (end > start)
        (void)madvise((char *)array + (start - (uintptr_t)array), end - start, MADV_HUGEPAGE);
#else
    (void)array, (void)bytes;
#endif
}
