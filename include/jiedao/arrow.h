/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The two structs of the Arrow C data interface, as its specification has them: they let pandas,
 *  polars, DuckDB or R's arrow hand columns over, and no library is needed for it.
 *  https://arrow.apache.org/docs/format/CDataInterface.html */
#ifndef JIEDAO_ARROW_H
#define JIEDAO_ARROW_H

#include <stdint.h>

#include "jiedao/export.h"

JD_BEGIN_DECLS

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

JD_END_DECLS

#endif
