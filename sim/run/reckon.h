/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What memory a simulation takes, reckoned from its sizes before any of it is requested. Private
 * to run/ and the tests. */
#ifndef JD_RUN_RECKON_H
#define JD_RUN_RECKON_H

#include "run/record/recorded.h"

/** Bytes by what they grow with; the rest of a simulation is small beside them. */
typedef struct jd_need {
    double firms;       /**< types, and places in every world */
    double streets;     /**< streets and officials of every world, tables of choice */
    double prefectures; /**< tables of prefecture by prefecture */
    double panels;      /**< tables of counties by quarter, histories of every world */
    double samples;     /**< the panels of firms and of officials */
} jd_need_t;

/** Sizes that are not the world's. */
typedef struct jd_reckon {
    int worlds, history_worlds; /**< apart sometime; whose flows are kept */
    int64_t events;
    const jd_active_set_t *mechanisms; /**< laid out for the dims; NULL = none */
    jd_sizes_t tables;
} jd_reckon_t;

jd_need_t jd_reckon(const jd_dims_t *dims, const jd_reckon_t *sizes);

/** Bytes of the tables that the file gets, before they are packed; lists whose rows nobody knows
 * beforehand (moves, events) count as empty. */
double jd_reckon_file(const jd_dims_t *dims, const jd_reckon_t *sizes);

/** Bytes this process may still take: the least of what the system has free, the limit on its
 * address space and its control group's. HUGE_VAL where nothing tells. */
double jd_memory_free(void);

/** JD_OK, or JD_ERR_NO_MEMORY with both numbers and the key that takes most, if need exceeds free.
 */
JD_MUST_USE int jd_reckon_check(const jd_need_t *need, double free_bytes, const jd_dims_t *dims,
                                const jd_reckon_t *sizes, jd_ctx_t *ctx);

#endif
