/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/csv/missing.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cell.h"

static void trim(const char **bytes, size_t *length)
{
    while (*length > 0 && (**bytes == ' ' || **bytes == '\t'))
        (*bytes)++, (*length)--;
    while (*length > 0 && ((*bytes)[*length - 1] == ' ' || (*bytes)[*length - 1] == '\t'))
        (*length)--;
}

bool jd_missing_word(const char *bytes, size_t length)
{
    static const char *const words[] = {".", "na", "n/a", "nan", "null"};
    if (length == 0) return true;
    if (length > 4 || (*bytes >= '0' && *bytes <= '9')) return false;
    char small[5] = "";
    for (size_t i = 0; i < length; i++)
        small[i] = bytes[i] >= 'A' && bytes[i] <= 'Z' ? (char)(bytes[i] - 'A' + 'a') : bytes[i];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(small, words[i]) && strlen(words[i]) == length) return true;
    return false;
}

int jd_missing_make(jd_missing_t *m, const char *list, jd_ctx_t *ctx)
{
    int n = 1;
    *m = (jd_missing_t){0};
    for (const char *p = list; p && *p; p++)
        n += *p == ',';
    if (!list || !*list) return JD_OK;
    m->codes = calloc((size_t)n, sizeof *m->codes);
    if (!m->codes) return jd_fail_memory(ctx, (size_t)n * sizeof *m->codes, "--missing");
    for (const char *p = list; *p; p += *p == ',') {
        size_t length = strcspn(p, ","), rest = length;
        const char *word = p;
        p += length;
        trim(&word, &rest);
        if (rest == 0) continue;
        jd_missing_code_t *code = &m->codes[m->n++];
        code->word = word;
        code->length = (int)rest;
        /* Beyond 2^53 doubles cannot represent every whole number: ids are compared as text. */
        code->number = jd_cell_number(word, rest, '.', false, &code->value) &&
                       fabs(code->value) < 9007199254740992.0;
    }
    return JD_OK;
}

jd_missing_code_t *jd_missing_find(const jd_missing_t *m, const char *bytes, size_t length,
                                   char decimal)
{
    double x;
    trim(&bytes, &length);
    for (int i = 0; i < m->n; i++) {
        jd_missing_code_t *code = &m->codes[i];
        if (length == (size_t)code->length && memcmp(bytes, code->word, length) == 0) return code;
        if (!code->number || length == 0) continue;
        if (decimal != ',' && jd_cell_number(bytes, length, '.', true, &x) && x == code->value)
            return code;
        if (decimal != '.' && jd_cell_number(bytes, length, ',', true, &x) && x == code->value)
            return code;
    }
    return NULL;
}

jd_missing_code_t *jd_missing_find_number(const jd_missing_t *m, double x, bool single)
{
    for (int i = 0; i < m->n; i++) {
        const double value = m->codes[i].value;
        if (m->codes[i].number && (x == value || (single && x == (double)(float)value)))
            return &m->codes[i];
    }
    return NULL;
}

void jd_missing_report(const jd_missing_t *m, jd_ctx_t *ctx)
{
    char text[400] = "";
    size_t at = 0;
    for (int i = 0; i < m->n && at + 100 < sizeof text; i++) {
        const jd_missing_code_t *c = &m->codes[i];
        const int shown = c->length < 40 ? c->length : 40;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s: ", i ? "; " : "", shown,
                               c->word);
        at += c->hits ? (size_t)snprintf(text + at, sizeof text - at, "%" PRId64 " cell%s", c->hits,
                                         c->hits == 1 ? "" : "s")
                      : (size_t)snprintf(text + at, sizeof text - at,
                                         "no cell of the columns in use holds it");
    }
    const bool cut = at + 100 >= sizeof text;
    if (m->n > 0) jd_warn(ctx, "--missing %s%s", text, cut ? "; ..." : "");
}
