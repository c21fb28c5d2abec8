/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moments/of_runs.h"

#include <math.h>
#include <stdio.h>

#include "moments/moments.h"
#include "study/facts.h"

static const jd_table_t *find(void *user, const char *name)
{
    const jd_recorded_t *recorded = user;
    return recorded->table(recorded->user, name);
}

int jd_moments_of_run(const jd_recorded_t *recorded, jd_table_t *facts, jd_ctx_t *ctx)
{
    jd_recorded_t from = *recorded;
    const jd_moment_tables_t tables = {.table = find, .user = &from};
    const jd_moment_options_t options = {.estimators = "twfe"};
    jd_moment_set_t m;
    int rc = jd_moment_set_measure(&m, &tables, &options, ctx);
    if (!rc) rc = jd_table_reserve(facts, facts->rows + m.table.rows, ctx);
    for (int64_t i = 0; !rc && i < m.table.rows; i++) {
        char name[JD_MOMENT_NAME], fact[JD_MOMENT_NAME + 16];
        const int64_t row = facts->rows++;
        jd_table_text(&m.table, JD_MOM_MOMENT, i, name, sizeof name);
        snprintf(fact, sizeof fact, "moments.%s", name);
        jd_table_set_text(facts, JD_FACT_FACT, row, fact);
        jd_table_set_text(facts, JD_FACT_LABEL, row, "a moment, as jiedao moments names it");
        jd_table_set_text(facts, JD_FACT_STATUS, row, "reported");
        JD_CELLS(facts, JD_FACT_VALUE, double)[row] = jd_table_number(&m.table, JD_MOM_VALUE, i);
        JD_CELLS(facts, JD_FACT_TEXT, double)
        [row] = JD_CELLS(facts, JD_FACT_NULL, double)[row] = (double)NAN;
    }
    jd_moment_set_free(&m);
    return rc;
}
