/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The columns every panel starts with, and how the others are written. */
#ifndef JD_MODEL_PANEL_HEAD_H
#define JD_MODEL_PANEL_HEAD_H

#include "jiedao/table.h"

enum { P_TIME, P_DATE, P_UNIT, P_COHORT, P_SHARED };

#define JD_DAYS "days since 1970-01-01"

#define JD_PANEL_HEAD(unit_label, cohort_label)                                         \
    {"time", JD_INT32, "quarter", "period, from 1", NULL, 0, JD_AXIS_TIME},             \
        {"date", JD_INT32, JD_DAYS, "first day of the quarter", NULL, 0, JD_AXIS_TIME}, \
        {"unit", JD_INT32, "1", unit_label, NULL, 0, JD_AXIS_UNIT},                     \
    {                                                                                   \
        "cohort", JD_INT32, "quarter", cohort_label, NULL, 0, JD_AXIS_UNIT              \
    }

/** A column of a panel's cells, or of a list. */
#define JD_CELL_COLUMN(name, type, unit, label, flags)  \
    {                                                   \
        name, type, unit, label, flags, 0, JD_AXIS_CELL \
    }

#endif
