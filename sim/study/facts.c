/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/facts.h"

#include <stdio.h>

const jd_column_t jd_fact_columns[JD_FACT_COLUMNS] = {
    [JD_FACT_FACT] = {"fact", JD_TEXT, "", "mechanism.key, as sensitivity --of names it", NULL, 48,
                      JD_AXIS_CELL},
    [JD_FACT_LABEL] = {"label", JD_TEXT, "", "what it is", NULL, 64, JD_AXIS_CELL},
    [JD_FACT_STATUS] = {"status", JD_TEXT, "", "fit, given, recovery, test or reported", NULL, 12,
                        JD_AXIS_CELL},
    [JD_FACT_VALUE] = {"value", JD_DOUBLE, "1", "in this run", NULL, 0, JD_AXIS_CELL},
    [JD_FACT_TEXT] = {"text", JD_DOUBLE, "1", "in the text, NaN = nothing is said", NULL, 0,
                      JD_AXIS_CELL},
    [JD_FACT_NULL] = {"null", JD_DOUBLE, "1", "without what is claimed, NaN = not known", NULL, 0,
                      JD_AXIS_CELL},
};

int jd_study_add_facts(jd_table_t *t, const jd_fact_t *facts, int n, jd_ctx_t *ctx)
{
    int rc = jd_table_reserve(t, t->rows + n, ctx);
    for (int i = 0; i < n && !rc; i++) {
        const jd_fact_t *f = &facts[i];
        const int64_t row = t->rows++;
        char name[48];
        snprintf(name, sizeof name, "%s.%s", f->mechanism, f->key);
        jd_table_set_text(t, JD_FACT_FACT, row, name);
        jd_table_set_text(t, JD_FACT_LABEL, row, f->name);
        jd_table_set_text(t, JD_FACT_STATUS, row, f->status);
        JD_CELLS(t, JD_FACT_VALUE, double)[row] = f->value;
        JD_CELLS(t, JD_FACT_TEXT, double)[row] = f->text;
        JD_CELLS(t, JD_FACT_NULL, double)[row] = f->null;
    }
    return rc;
}
