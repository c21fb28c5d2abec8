/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Numbers of a run beside those of a text, as a table: /facts. */
#ifndef JD_STUDY_FACTS_H
#define JD_STUDY_FACTS_H

#include "jiedao/table.h"
#include "model/mechanism.h"

enum {
    JD_FACT_FACT,
    JD_FACT_LABEL,
    JD_FACT_STATUS,
    JD_FACT_VALUE,
    JD_FACT_TEXT,
    JD_FACT_NULL,
    JD_FACT_COLUMNS
};
extern const jd_column_t jd_fact_columns[JD_FACT_COLUMNS];

/** Adds n rows to a table of these columns, which has been made. */
JD_MUST_USE int jd_study_add_facts(jd_table_t *table, const jd_fact_t *facts, int n, jd_ctx_t *ctx);

#endif
