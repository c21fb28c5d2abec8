/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "sweep/plan.h"

static bool is_number(const jd_factor_t *f)
{
    return f->kind != JD_FACTOR_VALUES || f->param->type == JD_PARAM_DOUBLE ||
           f->param->type == JD_PARAM_INT;
}

/* In the 32 bytes a column's name has; names that are equal when cut end in their place among the
 * factors. */
static void name_factor(const jd_plan_t *plan, int f, jd_plan_name_t *names)
{
    char *name = names[f], tail[12];
    snprintf(name, sizeof names[f], "%.32s", plan->factors[f].name);
    for (char *c = name; *c; c++)
        if (*c == '.' || *c == '-') *c = '_';
    for (int g = 0; g < f; g++) {
        if (strcmp(name, names[g]) != 0) continue;
        int n = snprintf(tail, sizeof tail, "_%d", f + 1);
        memcpy(name + 32 - n, tail, (size_t)n); /* both fill the 32 bytes */
    }
}

static int width_of(const jd_factor_t *f)
{
    size_t most = 1;
    for (int i = 0; i < f->n_values; i++)
        if (strlen(f->values[i]) > most) most = strlen(f->values[i]);
    return (int)most;
}

void jd_plan_columns(const jd_plan_t *plan, jd_column_t *columns, jd_plan_name_t *names)
{
    for (int f = 0; f < plan->n_factors; f++) {
        const jd_factor_t *factor = &plan->factors[f];
        name_factor(plan, f, names);
        columns[f] = (jd_column_t){.name = names[f],
                                   .type = JD_TEXT,
                                   .unit = "",
                                   .label = factor->param->help,
                                   .width = width_of(factor),
                                   .axis = JD_AXIS_CELL};
        if (!is_number(factor)) continue;
        columns[f].type = JD_DOUBLE;
        columns[f].unit = factor->param->unit;
        columns[f].width = 0;
    }
}

void jd_plan_put(const jd_plan_t *plan, int64_t point, jd_table_t *table, int first, int64_t row)
{
    char value[JD_PLAN_VALUE];
    for (int f = 0; f < plan->n_factors; f++) {
        if (is_number(&plan->factors[f]))
            jd_table_set_number(table, first + f, row, jd_plan_number(plan, point, f));
        else
            jd_table_set_text(table, first + f, row, jd_plan_value(plan, point, f, value));
    }
}
