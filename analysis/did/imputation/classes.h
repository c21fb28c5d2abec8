/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Numbers by level and term, kept once for all levels that have the same ones: units seen in the
 *  same periods and treated from the same one on share theirs to the bit. */
#ifndef JD_DID_IMPUTATION_CLASSES_H
#define JD_DID_IMPUTATION_CLASSES_H

#include <stddef.h>

#include "jiedao/context.h"

/** Zero it; arrays are owned. */
typedef struct jd_level_classes {
    size_t n_levels, n;               /* n classes */
    int32_t *of;                      /* [n_levels] class of a level */
    int n_terms;                      /* added so far */
    double **value;                   /* [n_terms][n] */
    int32_t *fresh, *table, *example; /* of adding; see jd_level_classes_close() */
    size_t room;                      /* of `table`, a power of 2, twice that of `example` */
} jd_level_classes_t;

/** Makes room for as many terms. */
JD_MUST_USE int jd_level_classes_open(jd_level_classes_t *classes, size_t n_levels, int n_terms,
                                      jd_ctx_t *ctx);
/** The next term's numbers, [n_levels]. */
JD_MUST_USE int jd_level_classes_add(jd_level_classes_t *classes, const double *level,
                                     jd_ctx_t *ctx);
/** Frees what only adding needs. */
void jd_level_classes_close(jd_level_classes_t *classes);
void jd_level_classes_free(jd_level_classes_t *classes);

#endif
