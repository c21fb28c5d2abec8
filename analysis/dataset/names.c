/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimators know codes: their messages name periods, units and rows as the file does. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/parts.h"

enum { LABEL = 1024 };

void jd_own_show_ids(const jd_own_columns_t *roles, int role, int32_t row, char *text, size_t size)
{
    size_t at = 0;
    for (int r = role; at < size; r = roles->list[r].next) {
        const jd_own_column_t *c = &roles->list[r].column;
        char cell[LABEL];
        if (jd_own_is_text(c))
            jd_own_shown(c, row, cell, sizeof cell);
        else
            snprintf(cell, sizeof cell, "%.15g", jd_own_number(c, row));
        at += (size_t)snprintf(text + at, size - at, "%s%s", at ? "^" : "", cell);
        if (!roles->list[r].next) return;
    }
}

/* Whether the ids are whole numbers that are their own codes. */
static bool are_codes(const jd_own_role_t *role, const int32_t *codes, const int32_t *keep,
                      int64_t n)
{
    if (role->next || jd_own_is_text(&role->column)) return false;
    for (int64_t i = 0; i < n; i++)
        if (jd_own_number(&role->column, keep[i]) != codes[i]) return false;
    return true;
}

int jd_own_labels_make(jd_own_labels_t *labels, const jd_own_columns_t *roles, int role,
                       const int32_t *codes, const int32_t *keep, int64_t n, jd_ctx_t *ctx)
{
    char text[LABEL];
    int32_t *row = NULL, last = 0;
    if (are_codes(&roles->list[role], codes, keep, n)) return JD_OK;
    for (int64_t i = 0; i < n; i++)
        if (codes[i] > last) last = codes[i];
    int rc = jd_make(&row, (int64_t)last + 1, sizeof *row, "labels", ctx);
    for (int64_t i = 0; i < n && !rc; i++)
        row[codes[i]] = keep[i];
    for (int32_t code = 0; code <= last && !rc; code++) {
        jd_own_show_ids(roles, role, row[code], text, sizeof text);
        int32_t width = (int32_t)strlen(text) + 1;
        if (width > labels->width) labels->width = width;
    }
    if (!rc) rc = jd_make(&labels->text, ((int64_t)last + 1) * labels->width, 1, "labels", ctx);
    for (int32_t code = 0; code <= last && !rc; code++) {
        jd_own_show_ids(roles, role, row[code], text, sizeof text);
        memcpy(labels->text + (size_t)code * (size_t)labels->width, text, strlen(text) + 1);
    }
    labels->n = rc ? 0 : last + 1;
    free(row);
    return rc;
}

/* A code as the file has it; cohorts may lie behind the last period. */
static const char *name_of(const void *user, jd_named_t kind, int64_t code, char own[JD_NAME_SIZE])
{
    const jd_own_data_t *data = user;
    const jd_own_labels_t *labels =
        &data->labels[kind == JD_NAMED_CLUSTER && data->panel.cluster ? JD_OWN_CLUSTERS
                                                                      : JD_OWN_UNITS];
    switch (kind) {
    case JD_NAMED_PERIOD:
        return jd_own_period_text(data, (int32_t)code, own, JD_NAME_SIZE);
    case JD_NAMED_UNIT:
    case JD_NAMED_CLUSTER:
        if (code < 0 || code >= labels->n) return NULL;
        return labels->text + (size_t)code * (size_t)labels->width;
    case JD_NAMED_ROW:
        if (!data->row || code < 1 || code > data->panel.n) return NULL;
        snprintf(own, JD_NAME_SIZE, "%" PRId32, data->row[code - 1] + 1);
        return own;
    }
    return NULL;
}

jd_names_t jd_own_names(const jd_own_data_t *data)
{
    return (jd_names_t){name_of, data};
}
