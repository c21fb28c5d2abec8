/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The options of a request, a row each. */
#ifndef JD_DATASET_OPTIONS_H
#define JD_DATASET_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/option_value.h"

typedef struct jd_own_option {
    const char *name;  /**< "honest-mbar"; NULL ends the list */
    const char *value; /**< what the help calls its value; NULL for a switch */
    const char *help;  /**< one line */
    const char *head;  /**< heading of the options from this one on; NULL = none */
    jd_value_kind_t kind;
    size_t at;               /**< offset of the member of jd_request_t to fill */
    const char *of;          /**< who takes it: estimators, diagnostics, variances; NULL = all */
    bool adds;               /**< a list: set again, it goes on */
    const char *underscored; /**< "honest_mbar" */
    const char *choices;     /**< joined by commas; "" = none */
    const char *fallback;    /**< default; "" = none, or found out */
} jd_own_option_t;

/** All of them, ended by one without a name: columns, estimators and diagnostics, the estimators'
 *  own from their rows, uncertainty. */
const jd_own_option_t *jd_own_options(void);

/** By name, with dashes or underscores; NULL = none. */
const jd_own_option_t *jd_own_option_find(const char *name);

#endif
