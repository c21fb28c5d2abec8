/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the condition of \1if\2: a descent by precedence, a function a rule. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cell.h"
#include "core/memory.h"
#include "core/text.h"
#include "dataset/filter.h"

enum { DEEPEST = 100, MOST = 4096 /* nodes, names and values, each */ };

typedef struct reader {
    jd_filter_t *filter;
    const char *at; /* in the text */
    int date_order, depth;
    jd_ctx_t *ctx;
} reader_t;

/* ---- Signs and words ---- */

static void skip_blanks(reader_t *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

static int refuse(reader_t *r, const char *expected)
{
    skip_blanks(r);
    if (!*r->at)
        return jd_fail(r->ctx, JD_ERR_ARGUMENT, "\3if\2 '%s': it ends where %s", r->filter->text,
                       expected);
    return jd_fail(r->ctx, JD_ERR_ARGUMENT, "\3if\2 '%s': at '%s' %s", r->filter->text, r->at,
                   expected);
}

static bool take_sign(reader_t *r, const char *sign)
{
    const size_t n = strlen(sign);
    skip_blanks(r);
    if (strncmp(r->at, sign, n) != 0) return false;
    r->at += n;
    return true;
}

static bool is_name_sign(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

static bool begins_name(char c)
{
    return is_name_sign(c) && !isdigit((unsigned char)c);
}

/* A whole word, in small or capital letters. */
static bool take_word(reader_t *r, const char *word)
{
    size_t n = 0;
    skip_blanks(r);
    for (; word[n]; n++)
        if (tolower((unsigned char)r->at[n]) != word[n]) return false;
    if (is_name_sign(r->at[n])) return false;
    r->at += n;
    return true;
}

/* A word that an opening bracket follows. */
static bool take_call(reader_t *r, const char *word)
{
    const char *before = r->at;
    if (take_word(r, word) && take_sign(r, "(")) return true;
    r->at = before;
    return false;
}

/* ---- Names and values ---- */

/* One more element of an array. */
static int add_room(void *array, int *n, size_t size, jd_ctx_t *ctx)
{
    void *before, *now;
    memcpy(&before, array, sizeof before);
    if (*n >= MOST)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "\1if\2: the condition has more than %d parts", MOST);
    now = realloc(before, (size_t)(*n + 1) * size);
    if (!now) return jd_fail_memory(ctx, (size_t)(*n + 1) * size, "a condition");
    memcpy(array, &now, sizeof now);
    memset((char *)now + (size_t)(*n)++ * size, 0, size);
    return JD_OK;
}

static int copy_text(char **copy, const char *text, size_t length, jd_ctx_t *ctx)
{
    *copy = jd_copy_text(text, length, ctx);
    return *copy ? JD_OK : JD_ERR_NO_MEMORY;
}

/* What lies between two quotes, written twice where they are meant. */
static int take_quoted(reader_t *r, char quote, char **text)
{
    const char *end = ++r->at;
    size_t n = 0;
    while (*end && (*end != quote || end[1] == quote))
        end += *end == quote ? 2 : 1;
    if (!*end) {
        r->at--;
        return refuse(r, "a quote opens that is not closed");
    }
    int rc = copy_text(text, r->at, (size_t)(end - r->at), r->ctx);
    for (const char *p = r->at; !rc && p < end; p += *p == quote ? 2 : 1)
        (*text)[n++] = *p;
    if (!rc) (*text)[n] = '\0';
    r->at = end + 1;
    return rc;
}

/* A column's place in the list of names; bare, or in backticks. */
static int take_column(reader_t *r, int *place)
{
    jd_filter_t *f = r->filter;
    char *name = NULL;
    skip_blanks(r);
    const char *end = r->at;
    while (is_name_sign(*end))
        end++;
    int rc = *r->at == '`'         ? take_quoted(r, '`', &name)
             : begins_name(*r->at) ? copy_text(&name, r->at, (size_t)(end - r->at), r->ctx)
                                   : refuse(r, "a column's name is expected");
    if (rc) return rc;
    if (end > r->at) r->at = end;
    for (*place = 0; *place < f->n_names && strcmp(f->name[*place], name) != 0;)
        ++*place;
    if (*place == f->n_names) {
        rc = add_room(&f->name, &f->n_names, sizeof *f->name, r->ctx);
        if (!rc) {
            f->name[*place] = name;
            return JD_OK;
        }
    }
    free(name);
    return rc;
}

/* A bare number is a year beside dates: all of its days, as those of other periods. */
static void read_date(jd_filter_value_t *v, int order)
{
    jd_moment_t moment = {.unit = JD_PERIOD_YEAR, .value = (int64_t)v->number};
    const bool year = v->is_number && v->number == floor(v->number) && fabs(v->number) < 10000;
    v->is_date = year || jd_date_read(v->text, (jd_date_order_t)order, &moment);
    if (!v->is_date) return;
    v->first_day = jd_period_day(moment.unit, moment.value);
    v->last_day = moment.unit == JD_PERIOD_WEEK ? v->first_day + 6
                                                : jd_period_day(moment.unit, moment.value + 1) - 1;
}

static bool begins_value(const char *p)
{
    const char *digit = p + (*p == '-' || *p == '+');
    return *p == '\'' || *p == '"' || isdigit((unsigned char)digit[digit[0] == '.']);
}

/* A value of the list's last place: in quotes, or a number or date up to a blank or sign. */
static int take_value(reader_t *r)
{
    jd_filter_t *f = r->filter;
    skip_blanks(r);
    if (!begins_value(r->at)) return refuse(r, "a number, a date or text in quotes is expected");
    int rc = add_room(&f->value, &f->n_values, sizeof *f->value, r->ctx);
    if (rc) return rc;
    jd_filter_value_t *v = &f->value[f->n_values - 1];
    v->quoted = *r->at == '\'' || *r->at == '"';
    if (v->quoted) {
        rc = take_quoted(r, *r->at, &v->text);
    } else {
        const char *begin = r->at++;
        while (is_name_sign(*r->at) || strchr("-+/:", *r->at ? *r->at : ' '))
            r->at++;
        rc = copy_text(&v->text, begin, (size_t)(r->at - begin), r->ctx);
    }
    if (rc) return rc;
    v->is_number = !v->quoted && jd_cell_number(v->text, strlen(v->text), '.', false, &v->number);
    read_date(v, r->date_order);
    if (!v->quoted && !v->is_number && !v->is_date) {
        r->at -= strlen(v->text);
        return refuse(r, "a number or a date is expected; text stands in quotes");
    }
    return JD_OK;
}

/* Values by commas up to a closing bracket. */
static int take_values(reader_t *r, jd_filter_node_t *node, const char *close)
{
    node->value = r->filter->n_values;
    do {
        int rc = take_value(r);
        if (rc) return rc;
        node->n_values++;
    } while (take_sign(r, ","));
    return take_sign(r, close) ? JD_OK : refuse(r, "a comma or closing bracket is expected");
}

/* ---- Conditions ---- */

static int take_any(reader_t *r, int *node);

static int add_node(reader_t *r, jd_filter_node_t node, int *place)
{
    jd_filter_t *f = r->filter;
    int rc = add_room(&f->node, &f->n_nodes, sizeof *f->node, r->ctx);
    if (rc) return rc;
    *place = f->n_nodes - 1;
    f->node[*place] = node;
    return JD_OK;
}

static int add_not(reader_t *r, int *node)
{
    return add_node(r, (jd_filter_node_t){.kind = JD_FILTER_NOT, .left = *node}, node);
}

/* missing(COLUMN), behind its bracket. */
static int take_missing(reader_t *r, int *node)
{
    jd_filter_node_t n = {.kind = JD_FILTER_MISSING};
    int rc = take_column(r, &n.column);
    if (!rc && !take_sign(r, ")")) rc = refuse(r, "a closing bracket is expected");
    return rc ? rc : add_node(r, n, node);
}

static int take_inlist(reader_t *r, int *node)
{
    jd_filter_node_t n = {.kind = JD_FILTER_IN};
    int rc = take_column(r, &n.column);
    if (!rc && !take_sign(r, ",")) rc = refuse(r, "a comma is expected");
    if (!rc) rc = take_values(r, &n, ")");
    return rc ? rc : add_node(r, n, node);
}

/* inrange(COLUMN, low, high): both comparisons. */
static int take_inrange(reader_t *r, int *node)
{
    jd_filter_node_t low = {.kind = JD_FILTER_COMPARE, .other = -1, .n_values = 1};
    jd_filter_node_t all = {.kind = JD_FILTER_ALL};
    low.holds = JD_FILTER_EQUAL | JD_FILTER_GREATER;
    int rc = take_column(r, &low.column);
    if (!rc && !take_sign(r, ",")) rc = refuse(r, "a comma is expected");
    low.value = r->filter->n_values;
    if (!rc) rc = take_value(r);
    if (!rc && !take_sign(r, ",")) rc = refuse(r, "a comma is expected");
    jd_filter_node_t high = low;
    high.holds = JD_FILTER_EQUAL | JD_FILTER_LESS;
    high.value = r->filter->n_values;
    if (!rc) rc = take_value(r);
    if (!rc && !take_sign(r, ")")) rc = refuse(r, "a closing bracket is expected");
    if (!rc) rc = add_node(r, low, &all.left);
    if (!rc) rc = add_node(r, high, &all.right);
    return rc ? rc : add_node(r, all, node);
}

/* The longer signs come first. */
static unsigned take_operator(reader_t *r)
{
    static const struct {
        const char *sign;
        unsigned holds;
    } operators[] = {{"==", JD_FILTER_EQUAL},
                     {"!=", JD_FILTER_LESS | JD_FILTER_GREATER},
                     {"<>", JD_FILTER_LESS | JD_FILTER_GREATER},
                     {"~=", JD_FILTER_LESS | JD_FILTER_GREATER},
                     {"<=", JD_FILTER_LESS | JD_FILTER_EQUAL},
                     {">=", JD_FILTER_GREATER | JD_FILTER_EQUAL},
                     {"=", JD_FILTER_EQUAL},
                     {"<", JD_FILTER_LESS},
                     {">", JD_FILTER_GREATER}};
    for (size_t k = 0; k < sizeof operators / sizeof *operators; k++)
        if (take_sign(r, operators[k].sign)) return operators[k].holds;
    return 0;
}

static unsigned turned(unsigned holds)
{
    return (holds & JD_FILTER_EQUAL) | (holds & JD_FILTER_LESS ? JD_FILTER_GREATER : 0) |
           (holds & JD_FILTER_GREATER ? JD_FILTER_LESS : 0);
}

/* VALUE OP COLUMN is the column's comparison, turned round. */
static int take_value_first(reader_t *r, int *node)
{
    jd_filter_node_t n = {.kind = JD_FILTER_COMPARE, .other = -1, .n_values = 1};
    n.value = r->filter->n_values;
    int rc = take_value(r);
    if (rc) return rc;
    n.holds = turned(take_operator(r));
    if (!n.holds) return refuse(r, "a comparison such as == or >= is expected");
    rc = take_column(r, &n.column);
    return rc ? rc : add_node(r, n, node);
}

static int take_list(reader_t *r, jd_filter_node_t *n)
{
    n->kind = JD_FILTER_IN;
    (void)take_word(r, "c");
    if (take_sign(r, "(")) return take_values(r, n, ")");
    if (take_sign(r, "[")) return take_values(r, n, "]");
    return refuse(r, "a list such as (1, 2) is expected");
}

/* What stands behind a column's name. */
static int take_column_first(reader_t *r, int *node)
{
    jd_filter_node_t n = {.kind = JD_FILTER_COMPARE, .other = -1, .n_values = 1};
    bool negated = false;
    int rc = take_column(r, &n.column);
    if (rc) return rc;
    if (take_word(r, "is")) {
        negated = take_word(r, "not");
        n.kind = JD_FILTER_MISSING;
        if (!take_word(r, "missing") && !take_word(r, "na") && !take_word(r, "null"))
            return refuse(r, "'is missing' or 'is not missing' is expected");
    } else if ((negated = take_word(r, "not")) || take_word(r, "in") || take_sign(r, "%in%")) {
        if (negated && !take_word(r, "in")) return refuse(r, "'not in (...)' is expected");
        n.n_values = 0;
        rc = take_list(r, &n);
    } else {
        n.holds = take_operator(r);
        if (!n.holds) return refuse(r, "a comparison, 'in (...)' or 'is missing' is expected");
        skip_blanks(r);
        n.value = r->filter->n_values;
        rc = begins_value(r->at) ? take_value(r) : take_column(r, &n.other);
    }
    if (!rc) rc = add_node(r, n, node);
    return !rc && negated ? add_not(r, node) : rc;
}

/* Also ! and ~, which before = are a comparison. */
static bool take_not(reader_t *r)
{
    skip_blanks(r);
    if ((*r->at != '!' && *r->at != '~') || r->at[1] == '=') return take_word(r, "not");
    r->at++;
    return true;
}

static int take_one(reader_t *r, int *node)
{
    int rc;
    if (r->depth++ > DEEPEST) return refuse(r, "the 100th bracket or negation is open");
    if (take_not(r)) {
        rc = take_one(r, node);
        if (!rc) rc = add_not(r, node);
    } else if (take_sign(r, "(")) {
        rc = take_any(r, node);
        if (!rc && !take_sign(r, ")")) rc = refuse(r, "a closing bracket is expected");
    } else if (take_call(r, "missing") || take_call(r, "is.na") || take_call(r, "mi")) {
        rc = take_missing(r, node);
    } else if (take_call(r, "inlist")) {
        rc = take_inlist(r, node);
    } else if (take_call(r, "inrange")) {
        rc = take_inrange(r, node);
    } else {
        rc = begins_value(r->at) ? take_value_first(r, node) : take_column_first(r, node);
    }
    r->depth--;
    return rc;
}

static int take_all(reader_t *r, int *node)
{
    int rc = take_one(r, node);
    while (!rc && (take_sign(r, "&&") || take_sign(r, "&") || take_word(r, "and"))) {
        jd_filter_node_t n = {.kind = JD_FILTER_ALL, .left = *node};
        rc = take_one(r, &n.right);
        if (!rc) rc = add_node(r, n, node);
    }
    return rc;
}

static int take_any(reader_t *r, int *node)
{
    int rc = take_all(r, node);
    while (!rc && (take_sign(r, "||") || take_sign(r, "|") || take_word(r, "or"))) {
        jd_filter_node_t n = {.kind = JD_FILTER_ANY, .left = *node};
        rc = take_all(r, &n.right);
        if (!rc) rc = add_node(r, n, node);
    }
    return rc;
}

int jd_filter_make(jd_filter_t **filter, const char *text, int date_order, jd_ctx_t *ctx)
{
    jd_filter_t *f;
    *filter = NULL;
    int rc = jd_make(&f, 1, sizeof *f, "a condition", ctx);
    if (rc) return rc;
    f->date_order = date_order;
    rc = copy_text(&f->text, text, strlen(text), ctx);
    reader_t r = {.filter = f, .at = f->text, .date_order = date_order, .ctx = ctx};
    if (!rc) rc = take_any(&r, &f->root);
    if (!rc) {
        skip_blanks(&r);
        if (*r.at) rc = refuse(&r, "'and' or 'or' is expected");
    }
    if (rc)
        jd_filter_free(f);
    else
        *filter = f;
    return rc;
}

void jd_filter_free(jd_filter_t *f)
{
    if (!f) return;
    for (int i = 0; i < f->n_values; i++)
        free(f->value[i].text);
    for (int i = 0; i < f->n_names; i++)
        free(f->name[i]);
    free(f->value);
    free(f->name);
    free(f->node);
    free(f->text);
    free(f);
}
