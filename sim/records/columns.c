/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records/columns.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/jurisdictions/tree.h"
#include "run/record/columns.h"

int jd_column_list_make(jd_column_list_t *l, int room, jd_ctx_t *ctx)
{
    char *block;
    int rc = jd_make(&block, room, sizeof(jd_column_t) + JD_LABEL_SIZE, "columns", ctx);
    if (rc) return rc;
    *l = (jd_column_list_t){.room = room};
    l->columns = (jd_column_t *)(void *)block;
    l->labels = (char(*)[JD_LABEL_SIZE])(void *)(block + (size_t)room * sizeof(jd_column_t));
    return JD_OK;
}

int jd_column_list_add(jd_column_list_t *l, const jd_column_t *column)
{
    l->columns[l->n] = *column;
    return l->n++;
}

const char *jd_records_period_word(const jd_records_t *e)
{
    return jd_period_name(e->unit) + 2; /* without "a " */
}

/* A run's column by name; what says quarter or county says what this panel counts. */
int jd_column_list_take(jd_column_list_t *l, const jd_records_t *e, const char *of,
                        const char *name)
{
    int k = 0, n_columns;
    const jd_column_t *known = jd_record_columns(of, &n_columns);
    while (strcmp(known[k].name, name) != 0)
        k++;
    const int at = jd_column_list_add(l, &known[k]);
    jd_column_t *c = &l->columns[at];
    char *label = l->labels[at];
    const char *rest = c->label, *level = jd_place_levels[e->level];
    if (e->unit == JD_PERIOD_QUARTER && e->level == JD_COUNTY) return at;
    if (!strcmp(c->unit, "quarter")) c->unit = jd_records_period_word(e);
    size_t n = 0;
    while (*rest && n + 16 < JD_LABEL_SIZE) {
        if (!strncmp(rest, "counties", 8)) {
            n += (size_t)snprintf(label + n, JD_LABEL_SIZE - n, "%s",
                                  e->level == JD_COUNTY ? "counties" : "units");
            rest += 8;
        } else if (!strncmp(rest, "county", 6)) {
            n += (size_t)snprintf(label + n, JD_LABEL_SIZE - n, "%s", level);
            rest += 6;
        } else if (!strncmp(rest, "quarter", 7)) {
            n += (size_t)snprintf(label + n, JD_LABEL_SIZE - n, "%s", jd_records_period_word(e));
            rest += 7;
        } else {
            label[n++] = *rest++;
        }
    }
    label[n] = '\0';
    c->label = label;
    return at;
}
