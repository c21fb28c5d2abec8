/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Missing values in text files: the words for them that both readers know, and a user's own codes:
 *  words, or numbers, which count however they are written: -999 is also -999.0 and -999,00.
 */
#ifndef JD_IO_CSV_MISSING_H
#define JD_IO_CSV_MISSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jiedao/context.h"

/** Whether a cell is empty, or NA, N/A, NaN, NULL (in any letters) or ".". */
bool jd_missing_word(const char *bytes, size_t length);

typedef struct jd_missing_code {
    const char *word; /**< in the user's list */
    int length;
    bool number;
    double value;
    int64_t hits; /**< cells that hold it */
} jd_missing_code_t;

typedef struct jd_missing {
    jd_missing_code_t *codes; /**< [n], owned */
    int n;
} jd_missing_t;

/** Cuts the list, joined by commas, or NULL; it is borrowed. The caller frees `codes`. */
JD_MUST_USE int jd_missing_make(jd_missing_t *missing, const char *list, jd_ctx_t *ctx);

/** The code that a text holds, numbers read with this decimal mark ('\0': either), or NULL. */
jd_missing_code_t *jd_missing_find(const jd_missing_t *missing, const char *bytes, size_t length,
                                   char decimal);

/** The code that a number is; `single`: one that was rounded to a float. */
jd_missing_code_t *jd_missing_find_number(const jd_missing_t *missing, double x, bool single);

/** A note of how many cells each code hit. */
void jd_missing_report(const jd_missing_t *missing, jd_ctx_t *ctx);

#endif
