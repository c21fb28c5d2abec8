/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Columns of truth/estimands, for those who read the table of one run or of a sweep, and the
 * outcomes of counties that have true effects. */
#ifndef JD_RUN_RECORD_ESTIMANDS_H
#define JD_RUN_RECORD_ESTIMANDS_H

#include "jiedao/table.h"

enum { E_NAME, E_OUTCOME, E_TERM, E_COHORT, E_PERIOD, E_EVENT_TIME, E_VALUE, E_CELLS, E_COLUMNS };
JD_API extern const jd_column_t jd_estimand_columns[E_COLUMNS];

/** An outcome of counties: a column of two panels, with the policy and without it. */
typedef struct jd_outcome {
    const char *name, *panels[2]; /**< "panel/...", "truth/..." */
    const char *words;            /**< in a sentence */
    const char *unit;             /**< of a county's effect, on an axis */
} jd_outcome_t;

/** Flows and stock first, as JD_FLOW_KINDS counts them; ended by a NULL name. */
JD_API extern const jd_outcome_t jd_outcomes[];
/** NULL if there is none of the name. */
const jd_outcome_t *jd_outcome_find(const char *name);
/** The mechanism that records its panels; NULL: every run does. */
JD_API const struct jd_mechanism *jd_outcome_mechanism(const jd_outcome_t *outcome);

#endif
