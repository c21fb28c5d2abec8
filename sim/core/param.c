/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/param.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"
#include "core/text.h"

size_t jd_param_size(jd_param_type_t type)
{
    switch (type) {
    case JD_PARAM_DOUBLE:
        return sizeof(double);
    case JD_PARAM_INT:
        return sizeof(int64_t);
    case JD_PARAM_FLAG:
        return sizeof(bool);
    case JD_PARAM_CHOICE:
    case JD_PARAM_DATE:
    case JD_PARAM_INT32:
        return sizeof(int32_t);
    case JD_PARAM_RANGE:
        return 2 * sizeof(int32_t);
    case JD_PARAM_INTS:
        return sizeof(jd_int_list_t);
    case JD_PARAM_TEXT:
    case JD_PARAM_PATH:
    case JD_PARAM_NAMES:
        return JD_TEXT_MAX;
    case JD_PARAM_DATES:
        return sizeof(jd_dates_t);
    case JD_PARAM_LIST:
        return sizeof(jd_list_t);
    }
    return 0;
}

bool jd_param_next_choice(const char **at, char *word, size_t size)
{
    const char *start = *at + strspn(*at, " |");
    size_t n = strcspn(start, "|");
    *at = start + n;
    while (n > 0 && start[n - 1] == ' ')
        n--;
    snprintf(word, size, "%.*s", (int)n, start);
    return n > 0;
}

bool jd_param_is_whole(jd_param_type_t type)
{
    return type == JD_PARAM_INT || type == JD_PARAM_INT32 || type == JD_PARAM_INTS ||
           type == JD_PARAM_RANGE;
}

void jd_param_bound(jd_param_type_t type, double bound, char *text, size_t size)
{
    if (!jd_param_is_whole(type)) {
        jd_number_print(bound, text, size);
        return;
    }
    int64_t whole = bound >= 0x1p63 ? INT64_MAX : bound < -0x1p63 ? INT64_MIN : (int64_t)bound;
    snprintf(text, size, "%" PRId64, whole);
}

void jd_param_range(const jd_param_t *param, char *text, size_t size)
{
    char low[40], high[40];
    switch (param->type) {
    case JD_PARAM_DOUBLE:
    case JD_PARAM_INT:
    case JD_PARAM_LIST:
    case JD_PARAM_INT32:
    case JD_PARAM_INTS:
        jd_param_bound(param->type, param->low, low, sizeof low);
        jd_param_bound(param->type, param->high, high, sizeof high);
        snprintf(text, size, "%s%s, %s%s", strchr(low, 'f') ? "(" : "[", low, high,
                 strchr(high, 'f') ? ")" : "]"); /* "inf" is no part of a range */
        return;
    case JD_PARAM_FLAG:
        snprintf(text, size, "yes | no");
        return;
    case JD_PARAM_CHOICE:
        snprintf(text, size, "%s", param->choices);
        return;
    case JD_PARAM_RANGE:
        snprintf(text, size, "as -4:8; A: and :B leave an end open");
        return;
    case JD_PARAM_DATE:
    case JD_PARAM_DATES:
        snprintf(text, size, "as 2020Q1");
        return;
    case JD_PARAM_TEXT:
    case JD_PARAM_PATH:
    case JD_PARAM_NAMES:
        break;
    }
    snprintf(text, size, "%s", "");
}

/* How many groups of three digits follow the first digits, each behind `mark`: 2 in "1,234,567". 0
 * where the text is no number in groups; behind them a fraction may stand. */
static int count_groups(const char *text, char mark)
{
    const char *s = text + (*text == '-' || *text == '+');
    size_t n = strspn(s, "0123456789");
    int groups = 0;
    if (n < 1 || n > 3 || *s == '0') return 0;
    for (s += n; *s == mark && strspn(s + 1, "0123456789") == 3; s += 4)
        groups++;
    bool ends = *s == '\0' || (*s == '.' && strspn(s + 1, "0123456789") == strlen(s + 1));
    return ends ? groups : 0;
}

/* The marks of grouped thousands, or of a decimal comma; false if it is neither. */
static bool explain_marks(const jd_param_t *param, const char *text, const char *end,
                          const char *number, char *why, size_t size)
{
    static const struct {
        char mark;
        const char *name;
    } marks[] = {{' ', "blanks"}, {'\'', "apostrophes"}, {'_', "underscores"}, {'.', "points"}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (*end != marks[i].mark || (*end != '_' && count_groups(text, *end) == 0)) continue;
        snprintf(why, size, "is not %s; leave out the %s", number, marks[i].name);
        return true;
    }
    if (*end != ',' || param->type == JD_PARAM_LIST || param->type == JD_PARAM_INTS) return false;
    int groups = count_groups(text, ',');
    if (groups > 1 || (groups == 1 && jd_param_is_whole(param->type)))
        snprintf(why, size, "is not %s; leave out the commas", number);
    else
        snprintf(why, size, "is not %s; the decimal mark is a point%s", number,
                 groups ? ", and thousands are written without a comma" : "");
    return true;
}

/* Says why `text`, read up to `end`, is not the number wanted. */
static void explain(const jd_param_t *param, jd_number_fault_t fault, const char *text,
                    const char *end, char *why, size_t size)
{
    const char *number = jd_param_is_whole(param->type) ? "a whole number" : "a number";
    char range[96], cut[72];
    jd_param_range(param, range, sizeof range);
    switch (fault) {
    case JD_NUMBER_TRAILING:
        if (!explain_marks(param, text, end, number, why, size))
            snprintf(why, size, "is not %s: '%s' follows %.*s; allowed is %s", number,
                     jd_excerpt(end, cut), (int)(end - text < 40 ? end - text : 40), text, range);
        return;
    case JD_NUMBER_FRACTION:
        snprintf(why, size, "is not a whole number; allowed is %s", range);
        return;
    case JD_NUMBER_TOO_LARGE:
        snprintf(why, size, "is outside %s", range);
        return;
    case JD_NUMBER_NONE:
    case JD_NUMBER_FINE:
        break;
    }
    snprintf(why, size, "is not %s; allowed is %s", number, range);
}

static int outside(const jd_param_t *param, char *why, size_t size)
{
    explain(param, JD_NUMBER_TOO_LARGE, "", "", why, size);
    return JD_ERR_VALUE;
}

static int parse_double(const jd_param_t *param, const char *text, double *value, char *why,
                        size_t size)
{
    const char *end;
    double x;
    jd_number_fault_t fault = jd_number_parse(text, &x, &end);
    if (fault != JD_NUMBER_FINE) {
        explain(param, fault, text, end, why, size);
        return JD_ERR_VALUE;
    }
    if (x < param->low || x > param->high) return outside(param, why, size);
    *value = x;
    return JD_OK;
}

static int parse_integer(const jd_param_t *param, const char *text, int64_t *value, char *why,
                         size_t size)
{
    const char *end;
    int64_t x;
    jd_number_fault_t fault = jd_integer_parse(text, &x, &end);
    if (fault != JD_NUMBER_FINE) {
        explain(param, fault, text, end, why, size);
        return JD_ERR_VALUE;
    }
    if (count_groups(text, '.') == 1) {
        snprintf(why, size,
                 "may mean %" PRId64 " or, with a point between thousands, %" PRId64
                 "; write it without the point",
                 x, 1000 * x);
        return JD_ERR_VALUE;
    }
    if ((double)x < param->low || (double)x > param->high) return outside(param, why, size);
    *value = x;
    return JD_OK;
}

static int parse_short(const jd_param_t *param, const char *text, int32_t *value, char *why,
                       size_t size)
{
    int64_t x;
    int rc = parse_integer(param, text, &x, why, size);
    if (!rc && (x < INT32_MIN || x > INT32_MAX)) rc = outside(param, why, size);
    if (!rc) *value = (int32_t)x;
    return rc;
}

/* A:B, A: or :B; an open end is the range's own. */
static int parse_range(const jd_param_t *param, const char *text, int32_t range[2], char *why,
                       size_t size)
{
    const char *colon = strchr(text, ':');
    char end[32], reason[256];
    int32_t value[2] = {INT32_MIN, INT32_MAX};
    bool good = colon && (size_t)(colon - text) < sizeof end;
    if (good && colon > text) {
        snprintf(end, sizeof end, "%.*s", (int)(colon - text), text);
        good = !parse_short(param, end, &value[0], reason, sizeof reason);
    }
    if (good && colon[1]) good = !parse_short(param, colon + 1, &value[1], reason, sizeof reason);
    if (good && value[0] <= value[1]) {
        memcpy(range, value, sizeof value);
        return JD_OK;
    }
    snprintf(why, size,
             "must be two whole numbers A:B, the smaller one first, as -4:4; A: and :B leave the "
             "other end open");
    return JD_ERR_VALUE;
}

static int parse_flag(const char *text, bool *value, char *why, size_t size)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (int i = 0; i < 8; i++) {
        if (strcmp(text, words[i]) != 0) continue;
        *value = i % 2 != 0;
        return JD_OK;
    }
    snprintf(why, size, "is not yes or no");
    return JD_ERR_VALUE;
}

static int parse_choice(const jd_param_t *param, const char *text, int32_t *value, char *why,
                        size_t size)
{
    char word[64], best[64] = "";
    jd_near_t near = {.word = text};
    const char *at = param->choices;
    for (int32_t i = 0; jd_param_next_choice(&at, word, sizeof word); i++) {
        if (strcmp(text, word) == 0) {
            *value = i;
            return JD_OK;
        }
        near.best = best[0] ? best : NULL; /* `word` is overwritten by the next choice */
        jd_near_offer(&near, word);
        if (near.best == word) memcpy(best, word, sizeof best);
    }
    int n = snprintf(why, size, "is not one of %s", param->choices);
    if (best[0] && n > 0 && (size_t)n < size)
        snprintf(why + n, size - (size_t)n, "; did you mean '%s'?", best);
    return JD_ERR_VALUE;
}

static int parse_date(const char *text, int32_t *value, char *why, size_t size)
{
    if (!jd_quarter_parse(text, value)) return JD_OK;
    snprintf(why, size, "is not a quarter; write it as 2020Q1");
    return JD_ERR_VALUE;
}

/* Takes the next of "a, b" from *at into item, trimmed; false at the end. An empty item is handed
 * on to be refused. */
static bool next_item(const char **at, char item[JD_TEXT_MAX])
{
    if (!*at) return false;
    const char *start = *at + strspn(*at, " \t");
    size_t n = strcspn(start, ",");
    *at = start[n] ? start + n + 1 : NULL;
    while (n > 0 && strchr(" \t", start[n - 1]))
        n--;
    snprintf(item, JD_TEXT_MAX, "%.*s", (int)n, start);
    return true;
}

static int item_fault(const char *item, const char *reason, char *why, size_t size)
{
    char cut[72];
    snprintf(why, size, "cannot be read: '%s' %s", jd_excerpt(item, cut), reason);
    return JD_ERR_VALUE;
}

typedef union jd_field {
    double number;
    int64_t whole;
    bool flag;
    int32_t index, range[2];
    char text[JD_TEXT_MAX];
    jd_dates_t dates;
    jd_list_t list;
    jd_int_list_t ints;
} jd_field_t;

static int parse_item(const jd_param_t *param, const char *item, jd_field_t *field, int32_t n,
                      char *why, size_t size)
{
    if (param->type == JD_PARAM_DATES) return parse_date(item, &field->dates.quarter[n], why, size);
    if (param->type == JD_PARAM_INTS)
        return parse_short(param, item, &field->ints.value[n], why, size);
    return parse_double(param, item, &field->list.value[n], why, size);
}

/* DATES, LIST and INTS: the same walk over items. */
static int parse_items(const jd_param_t *param, const char *text, jd_field_t *field, char *why,
                       size_t size)
{
    int32_t n = 0;
    char item[JD_TEXT_MAX], reason[256];
    const char *at = *text ? text : NULL;
    while (next_item(&at, item)) {
        if (n == JD_LIST_MAX) {
            snprintf(why, size, "has more than %d values", JD_LIST_MAX);
            return JD_ERR_VALUE;
        }
        int code = parse_item(param, item, field, n, reason, sizeof reason);
        if (code) return item_fault(item, reason, why, size);
        n++;
    }
    if (param->type == JD_PARAM_DATES)
        field->dates.n = n;
    else if (param->type == JD_PARAM_INTS)
        field->ints.n = n;
    else
        field->list.n = n;
    return JD_OK;
}

/* Whole numbers, or the row's word for all there are, which is n = -1. */
static int parse_ints(const jd_param_t *param, const char *text, jd_field_t *field, char *why,
                      size_t size)
{
    if (!param->choices || strcmp(text, param->choices) != 0)
        return parse_items(param, text, field, why, size);
    field->ints.n = -1;
    return JD_OK;
}

static int parse_field(const jd_param_t *param, const char *text, jd_field_t *field, char *why,
                       size_t size)
{
    switch (param->type) {
    case JD_PARAM_DOUBLE:
        return parse_double(param, text, &field->number, why, size);
    case JD_PARAM_INT:
        return parse_integer(param, text, &field->whole, why, size);
    case JD_PARAM_FLAG:
        return parse_flag(text, &field->flag, why, size);
    case JD_PARAM_CHOICE:
        return parse_choice(param, text, &field->index, why, size);
    case JD_PARAM_TEXT:
    case JD_PARAM_PATH:
    case JD_PARAM_NAMES:
        memcpy(field->text, text, strlen(text) + 1);
        return JD_OK;
    case JD_PARAM_DATE:
        return parse_date(text, &field->index, why, size);
    case JD_PARAM_DATES:
    case JD_PARAM_LIST:
        return parse_items(param, text, field, why, size);
    case JD_PARAM_INTS:
        return parse_ints(param, text, field, why, size);
    case JD_PARAM_INT32:
        return parse_short(param, text, &field->index, why, size);
    case JD_PARAM_RANGE:
        return parse_range(param, text, field->range, why, size);
    }
    snprintf(why, size, "has no known type");
    return JD_ERR_VALUE;
}

int jd_param_parse(const jd_param_t *param, const char *text, void *field, char *why, size_t size)
{
    if (strlen(text) >= JD_TEXT_MAX) {
        snprintf(why, size, "has %zu bytes; %d are the most", strlen(text), JD_TEXT_MAX - 1);
        return JD_ERR_VALUE;
    }
    jd_field_t value;
    memset(&value, 0, sizeof value); /* padding and unused items too: equal values, equal bytes */
    int code = parse_field(param, text, &value, why, size);
    if (!code) memcpy(field, &value, jd_param_size(param->type));
    return code;
}

static void print_items(const jd_param_t *param, const jd_field_t *value, char *text, size_t size)
{
    const jd_param_type_t type = param->type;
    const int32_t n = type == JD_PARAM_DATES  ? value->dates.n
                      : type == JD_PARAM_INTS ? value->ints.n
                                              : value->list.n;
    if (n < 0) {
        snprintf(text, size, "%s", param->choices);
        return;
    }
    size_t used = 0;
    snprintf(text, size, "%s", "");
    for (int32_t i = 0; i < n && used + 2 < size; i++) {
        if (i > 0) used += (size_t)snprintf(text + used, size - used, ", ");
        if (type == JD_PARAM_DATES)
            jd_quarter_text(value->dates.quarter[i], text + used, size - used);
        else if (type == JD_PARAM_INTS)
            snprintf(text + used, size - used, "%" PRId32, value->ints.value[i]);
        else
            jd_number_print(value->list.value[i], text + used, size - used);
        used += strlen(text + used);
    }
}

static void print_range(const int32_t range[2], char *text, size_t size)
{
    char from[16] = "", to[16] = "";
    if (range[0] != INT32_MIN) snprintf(from, sizeof from, "%" PRId32, range[0]);
    if (range[1] != INT32_MAX) snprintf(to, sizeof to, "%" PRId32, range[1]);
    snprintf(text, size, "%s:%s", from, to);
}

static void print_choice(const jd_param_t *param, int32_t index, char *text, size_t size)
{
    const char *at = param->choices;
    for (int32_t i = 0; i <= index; i++)
        jd_param_next_choice(&at, text, size);
}

void jd_param_print(const jd_param_t *param, const void *field, char *text, size_t size)
{
    jd_field_t value;
    if (jd_param_size(param->type) == JD_TEXT_MAX) {
        snprintf(text, size, "%s", (const char *)field);
        return;
    }
    memcpy(&value, field, jd_param_size(param->type));
    switch (param->type) {
    case JD_PARAM_DOUBLE:
        jd_number_print(value.number, text, size);
        return;
    case JD_PARAM_INT:
        snprintf(text, size, "%" PRId64, value.whole);
        return;
    case JD_PARAM_FLAG:
        snprintf(text, size, "%s", value.flag ? "yes" : "no");
        return;
    case JD_PARAM_CHOICE:
        print_choice(param, value.index, text, size);
        return;
    case JD_PARAM_DATE:
        jd_quarter_text(value.index, text, size);
        return;
    case JD_PARAM_DATES:
    case JD_PARAM_LIST:
    case JD_PARAM_INTS:
        print_items(param, &value, text, size);
        return;
    case JD_PARAM_INT32:
        snprintf(text, size, "%" PRId32, value.index);
        return;
    case JD_PARAM_RANGE:
        print_range(value.range, text, size);
        return;
    case JD_PARAM_TEXT:
    case JD_PARAM_PATH:
    case JD_PARAM_NAMES:
        return;
    }
}
