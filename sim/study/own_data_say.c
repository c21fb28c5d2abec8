/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimators know codes: what they say is told with the user's own periods, units and rows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "study/own_data_parts.h"

enum { LABEL = 96 };

void jd_own_show_ids(const jd_own_columns_t *roles, int role, int32_t row, char *text, size_t size)
{
    size_t at = 0;
    for (int r = role; at < size; r = roles->list[r].next) {
        const jd_own_column_t *c = &roles->list[r].column;
        char cell[48];
        if (jd_own_is_text(c))
            jd_own_text(c, row, cell, sizeof cell);
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

/* What a number is, by the word before it. */
typedef enum { PLAIN, PERIOD, PERHAPS_PERIOD, UNIT, CLUSTER, ROW } number_t;

static number_t kind_of(const char *text, const char *at)
{
    static const struct {
        const char *word;
        number_t kind;
    } words[] = {{"period ", PERIOD},
                 {"periods ", PERIOD},
                 {"period (", PERIOD},
                 {"periods (", PERIOD},
                 {"cohort ", PERIOD},
                 {"g=", PERIOD},
                 {"t=", PERIOD},
                 {"from ", PERHAPS_PERIOD},
                 {" to ", PERHAPS_PERIOD},
                 {"... ", PERHAPS_PERIOD},
                 {"unit ", UNIT},
                 {"cluster ", CLUSTER},
                 {"row ", ROW}};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        size_t n = strlen(words[k].word);
        if ((size_t)(at - text) >= n && !strncmp(at - n, words[k].word, n)) return words[k].kind;
    }
    return PLAIN;
}

/* The text for a number, or NULL: as it stands. Cohorts may lie behind the last period. */
static const char *text_of(const jd_own_data_t *data, number_t kind, long number, char *buffer,
                           size_t size)
{
    const jd_own_labels_t *labels =
        &data->labels[kind == CLUSTER && data->panel.cluster ? JD_OWN_CLUSTERS : JD_OWN_UNITS];
    switch (kind) {
    case PERHAPS_PERIOD:
    case PERIOD:
        if (number < data->first || number > (kind == PERIOD ? INT32_MAX : data->last)) return NULL;
        return jd_own_period_text(data, (int32_t)number, buffer, size);
    case UNIT:
    case CLUSTER:
        if (number >= labels->n) return NULL;
        return labels->text + (size_t)number * (size_t)labels->width;
    case ROW:
        if (!data->row || number < 1 || number > data->panel.n) return NULL;
        snprintf(buffer, size, "%" PRId32, data->row[number - 1] + 1);
        return buffer;
    case PLAIN:
        break;
    }
    return NULL;
}

void jd_own_say(const jd_own_data_t *data, const char *message, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (const char *p = message; *p && at + 1 < size;) {
        char *end, buffer[32];
        const char *own = NULL;
        size_t length = 1;
        if (*p >= '0' && *p <= '9') {
            long number = strtol(p, &end, 10);
            length = (size_t)(end - p);
            own = text_of(data, kind_of(message, p), number, buffer, sizeof buffer);
        }
        if (own)
            at += (size_t)snprintf(out + at, size - at, "%s", own);
        else
            at += (size_t)snprintf(out + at, size - at, "%.*s", (int)length, p);
        p += length;
    }
}
