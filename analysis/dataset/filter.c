/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the condition of \1if\2 holds in a row. */
#include "dataset/filter.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/cell.h"

enum { UNKNOWN = -1, WORD = 256 };

typedef struct row {
    const jd_filter_t *filter;
    const jd_own_columns_t *columns;
    int64_t row;
    jd_ctx_t *ctx;
} row_t;

static const jd_own_column_t *column_of(const row_t *r, int place)
{
    return &r->columns->list[r->filter->first + place].column;
}

static const char *name_of(const row_t *r, int place)
{
    return r->filter->name[place];
}

/* What is asked of a sign of a difference. */
static int holds_for(unsigned holds, int sign)
{
    const unsigned is = sign < 0 ? JD_FILTER_LESS : sign > 0 ? JD_FILTER_GREATER : JD_FILTER_EQUAL;
    return (holds & is) != 0;
}

/* Whether more is asked than equal or not. */
static bool is_order(unsigned holds)
{
    return holds != JD_FILTER_EQUAL && holds != (JD_FILTER_LESS | JD_FILTER_GREATER);
}

static int sign_of(double a, double b)
{
    return (a > b) - (a < b);
}

static int refuse_cell(const row_t *r, int place, const char *needed)
{
    char word[WORD];
    jd_own_shown(column_of(r, place), r->row, word, sizeof word);
    return jd_fail_at(r->ctx, JD_ERR_DATA, "if", r->row,
                      "\3if\2 '%s': row %" PRId64 " of column '%s' holds '%s', which is no %s",
                      r->filter->text, r->row + 1, name_of(r, place), word, needed);
}

/* ---- A column with a value ---- */

static int compare_days(int64_t day, const jd_filter_value_t *v)
{
    return day < v->first_day ? -1 : day > v->last_day;
}

static int with_date(const row_t *r, int place, const jd_filter_value_t *v, int *sign)
{
    jd_moment_t moment;
    if (!v->is_date)
        return jd_fail(r->ctx, JD_ERR_ARGUMENT,
                       "\3if\2 '%s': column '%s' holds dates, and '%s' is none such as 2020-03, "
                       "2020Q1 or 2020",
                       r->filter->text, name_of(r, place), v->text);
    (void)jd_frame_moment(column_of(r, place)->of, r->row, &moment);
    *sign = compare_days(jd_period_day(moment.unit, moment.value), v);
    return JD_OK;
}

/* Text in quotes is compared as it is; for what is before it must be a date. Without quotes each
 * cell must be a number, or a date. */
static int with_text(const row_t *r, int place, const jd_filter_value_t *v, unsigned holds,
                     int *sign)
{
    char word[WORD];
    double number;
    jd_moment_t moment;
    jd_own_text(column_of(r, place), r->row, word, sizeof word);
    if (v->quoted && !is_order(holds)) {
        *sign = strcmp(word, v->text);
        return JD_OK;
    }
    if (v->is_number) {
        const char decimal = r->columns->decimal ? r->columns->decimal : '.';
        if (!jd_cell_number(word, strlen(word), decimal, false, &number))
            return refuse_cell(r, place, "number; text is compared with text in quotes");
        *sign = sign_of(number, v->number);
        return JD_OK;
    }
    if (!v->is_date)
        return jd_fail(r->ctx, JD_ERR_ARGUMENT,
                       "\3if\2 '%s': column '%s' holds text, which is compared by == and != alone",
                       r->filter->text, name_of(r, place));
    if (!jd_date_read(word, (jd_date_order_t)r->filter->date_order, &moment))
        return refuse_cell(r, place, "date; use \1date-order\2 if it is one such as 1/2/2020");
    *sign = compare_days(jd_period_day(moment.unit, moment.value), v);
    return JD_OK;
}

/* Of a cell that is not missing. */
static int with_value(const row_t *r, int place, jd_filter_value_t *v, unsigned holds, int *answer)
{
    const jd_own_column_t *c = column_of(r, place);
    int sign = 0, rc = JD_OK;
    if (jd_own_is_date(c))
        rc = with_date(r, place, v, &sign);
    else if (jd_own_is_text(c))
        rc = with_text(r, place, v, holds, &sign);
    else if (!v->is_number)
        rc = jd_fail(r->ctx, JD_ERR_ARGUMENT,
                     "\3if\2 '%s': column '%s' holds numbers, and '%s' is %s", r->filter->text,
                     name_of(r, place), v->text,
                     v->quoted ? "text: write a number without quotes" : "none");
    else
        sign = sign_of(jd_own_number(c, r->row), v->number);
    v->found |= !sign;
    *answer = holds_for(holds, sign);
    return rc;
}

/* ---- Two columns ---- */

static int with_column(const row_t *r, const jd_filter_node_t *n, int *answer)
{
    const jd_own_column_t *a = column_of(r, n->column), *b = column_of(r, n->other);
    char first[WORD], second[WORD];
    jd_moment_t x, y;
    int sign;
    if (jd_own_is_date(a) != jd_own_is_date(b) || jd_own_is_text(a) != jd_own_is_text(b))
        return jd_fail(r->ctx, JD_ERR_ARGUMENT,
                       "\3if\2 '%s': columns '%s' and '%s' are not of one kind: numbers, dates or "
                       "text",
                       r->filter->text, name_of(r, n->column), name_of(r, n->other));
    if (jd_own_is_date(a)) {
        (void)jd_frame_moment(a->of, r->row, &x);
        (void)jd_frame_moment(b->of, r->row, &y);
        sign =
            sign_of((double)jd_period_day(x.unit, x.value), (double)jd_period_day(y.unit, y.value));
    } else if (jd_own_is_text(a)) {
        sign = strcmp(jd_own_text(a, r->row, first, sizeof first),
                      jd_own_text(b, r->row, second, sizeof second));
        if (is_order(n->holds))
            return jd_fail(r->ctx, JD_ERR_ARGUMENT,
                           "\3if\2 '%s': columns of text are compared by == and != alone",
                           r->filter->text);
    } else {
        sign = sign_of(jd_own_number(a, r->row), jd_own_number(b, r->row));
    }
    *answer = holds_for(n->holds, sign);
    return JD_OK;
}

/* ---- The condition ---- */

static bool is_missing(const row_t *r, int place)
{
    return jd_own_is_missing(r->columns, r->filter->first + place, r->row);
}

static int is_in(const row_t *r, const jd_filter_node_t *n, int *answer)
{
    int rc = JD_OK;
    *answer = 0;
    for (int k = 0; k < n->n_values && !*answer && !rc; k++)
        rc = with_value(r, n->column, &r->filter->value[n->value + k], JD_FILTER_EQUAL, answer);
    return rc;
}

/* Kleene's three values: of "and" the least, of "or" the most, with what is open between. */
static int join(jd_filter_kind_t kind, int a, int b)
{
    const int decides = kind == JD_FILTER_ANY;
    if (a == decides || b == decides) return decides;
    return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : !decides;
}

static int look(const row_t *r, int node, int *answer)
{
    const jd_filter_node_t *n = &r->filter->node[node];
    int left = 0, right = 0, rc = JD_OK;
    switch (n->kind) {
    case JD_FILTER_ANY:
    case JD_FILTER_ALL:
        rc = look(r, n->left, &left);
        if (!rc && left != (n->kind == JD_FILTER_ANY)) rc = look(r, n->right, &right);
        *answer = join(n->kind, left, right);
        return rc;
    case JD_FILTER_NOT:
        rc = look(r, n->left, &left);
        *answer = left == UNKNOWN ? UNKNOWN : !left;
        return rc;
    case JD_FILTER_MISSING:
        *answer = is_missing(r, n->column);
        return JD_OK;
    case JD_FILTER_COMPARE:
    case JD_FILTER_IN:
        break;
    }
    *answer = UNKNOWN;
    if (is_missing(r, n->column) ||
        (n->kind == JD_FILTER_COMPARE && n->other >= 0 && is_missing(r, n->other)))
        return JD_OK;
    if (n->kind == JD_FILTER_IN) return is_in(r, n, answer);
    return n->other >= 0 ? with_column(r, n, answer)
                         : with_value(r, n->column, &r->filter->value[n->value], n->holds, answer);
}

int jd_filter_row(const jd_filter_t *filter, const jd_own_columns_t *columns, int64_t row,
                  int *holds, jd_ctx_t *ctx)
{
    const row_t r = {filter, columns, row, ctx};
    return look(&r, filter->root, holds);
}
