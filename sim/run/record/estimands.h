/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Columns of truth/estimands, for those who read the table of one run or of a sweep. */
#ifndef JD_RUN_RECORD_ESTIMANDS_H
#define JD_RUN_RECORD_ESTIMANDS_H

#include "jiedao/table.h"

enum { E_NAME, E_OUTCOME, E_TERM, E_COHORT, E_PERIOD, E_EVENT_TIME, E_VALUE, E_CELLS, E_COLUMNS };
extern const jd_column_t jd_estimand_columns[E_COLUMNS];

#endif
