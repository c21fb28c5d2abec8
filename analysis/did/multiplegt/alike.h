/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Groups numbered so that alike ones share a number, without a copy of what is compared. */
#ifndef JD_DID_MULTIPLEGT_ALIKE_H
#define JD_DID_MULTIPLEGT_ALIKE_H

#include "jiedao/context.h"

/** What groups are compared by. */
typedef struct jd_alike {
    /** < 0, 0 or > 0: an order of the groups. */
    int (*compare)(const void *user, int32_t a, int32_t b);
    /** The same for groups that compare as 0. */
    uint64_t (*hash)(const void *user, int32_t group);
    const void *user;
} jd_alike_t;

/** code [n] = numbers from 0 on in that order; *n_codes and *example, one group of each, which the
 *  caller frees. */
JD_MUST_USE int jd_alike_number(const jd_alike_t *by, int32_t n, int32_t *code, int32_t *n_codes,
                                int32_t **example, jd_ctx_t *ctx);
/** A hash with a further number; doubles go by their value, so that 0 and -0 are alike. */
uint64_t jd_alike_mix(uint64_t hash, double value);

#endif
