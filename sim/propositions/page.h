/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The page of all propositions that are done, and their numbers as one table. */
#ifndef JD_PROPOSITIONS_PAGE_H
#define JD_PROPOSITIONS_PAGE_H

#include "propositions/proposition.h"

/** A proposition that is done. */
typedef struct jd_done {
    const jd_proposition_t *proposition;
    const char *stem;   /**< of its files' names, "p5"; borrowed */
    jd_table_t numbers; /**< as jd_number_columns */
    int64_t given;      /**< values that its design gives */
    int64_t replicates;
    const char *figure; /**< ending of its figure beside the page, "svg"; NULL = none */
} jd_done_t;

/** FOLDER/theory.md and FOLDER/theory.csv, each whole or not at all. */
JD_MUST_USE int jd_page_write(const char *folder, const jd_done_t *done, int n, jd_ctx_t *ctx);

#endif
