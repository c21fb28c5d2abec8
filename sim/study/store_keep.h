/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tables of a run into a result file. */
#ifndef JD_STUDY_STORE_KEEP_H
#define JD_STUDY_STORE_KEEP_H

#include "io/hdf5/store.h"
#include "study/replicate.h"

/** Borrowed by the jd_keeper_t below. */
typedef struct jd_store_keep {
    jd_store_t *store;
    const char *prefix; /**< "" or "runs/000001/" */
} jd_store_keep_t;

jd_keeper_t jd_keep_in_store(jd_store_keep_t *where);

#endif
