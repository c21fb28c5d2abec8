/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tables that a run hands out a period at a time, put together in memory. */
#ifndef JD_TRIAL_KEPT_H
#define JD_TRIAL_KEPT_H

#include "jiedao/simulation.h"

/** Zero it first; free in any case. Column lists are borrowed from the simulation. */
typedef struct jd_kept {
    jd_table_t *table; /**< [n] */
    int n;
} jd_kept_t;

jd_sink_t jd_kept_sink(jd_kept_t *kept);
const jd_table_t *jd_kept_find(const jd_kept_t *kept, const char *name);
void jd_kept_free(jd_kept_t *kept);

#endif
