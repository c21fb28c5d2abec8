/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Large pages for arrays that are read far and wide. */
#ifndef JD_CORE_PAGES_H
#define JD_CORE_PAGES_H

#include <stddef.h>

#include "jiedao/export.h"

/** Asks for large pages for an array that is not yet touched: fewer page faults, and addresses are
 * looked up faster. A wish: where the system has none, or the array is small, nothing happens. */
JD_API void jd_ask_large_pages(void *array, size_t bytes);

#endif
