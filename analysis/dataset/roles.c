/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which column is what: the user's names are found among those of a table. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cell.h"
#include "core/memory.h"
#include "core/text.h"
#include "dataset/filter.h"
#include "dataset/parts.h"
#include "jiedao/param.h"

enum { NAMES_SHOWN = 400 };

/* ---- Roles ---- */

/* What each role is called, and what a missing cell of it counts under. */
static const struct {
    const char *option;
    int reason;
    bool id;
} kinds[JD_OWN_LISTED] = {
    [JD_OWN_Y] = {"y", JD_OWN_NO_Y, false},
    [JD_OWN_UNIT] = {"unit", JD_OWN_NO_UNIT, true},
    [JD_OWN_TIME] = {"time", JD_OWN_NO_TIME, false},
    [JD_OWN_COHORT] = {"cohort", -1, false},
    [JD_OWN_TREAT] = {"treat", JD_OWN_NO_TREAT, false},
    [JD_OWN_DOSE] = {"dose", JD_OWN_NO_TREAT, false},
    [JD_OWN_ELIGIBLE] = {"eligible", JD_OWN_NO_TREAT, false},
    [JD_OWN_WEIGHT] = {"weights", JD_OWN_NO_WEIGHT, false},
    [JD_OWN_CLUSTER] = {"cluster", JD_OWN_NO_GROUP, true},
    [JD_OWN_CLUSTER2] = {"cluster", JD_OWN_NO_GROUP, true},
    [JD_OWN_STRATUM] = {"strata", JD_OWN_NO_GROUP, true},
    [JD_OWN_LATITUDE] = {"coords", JD_OWN_NO_PLACE, false},
    [JD_OWN_LONGITUDE] = {"coords", JD_OWN_NO_PLACE, false},
};

/* Bytes of a name in backticks at p, these included; 0 where there is none. */
static size_t quoted(const char *p)
{
    if (*p != '`') return 0;
    for (const char *q = p + 1; *q; q++) {
        if (*q != '`') continue;
        if (q[1] != '`') return (size_t)(q + 1 - p);
        q++;
    }
    return 0;
}

/* Bytes of p before one of the signs `stops`; in backticks no sign is one. */
static size_t span(const char *p, const char *stops)
{
    size_t n = 0;
    bool begins = true; /* a name does */
    while (p[n] && !strchr(stops, p[n])) {
        const size_t q = begins ? quoted(p + n) : 0;
        begins = !q && strchr("^[,.", p[n]); /* i.`a,b` */
        n += q ? q : 1;
    }
    return n;
}

static int count_signs(const char *text, char sign)
{
    const char stop[] = {sign, '\0'};
    int n = 0;
    for (; text && *(text += span(text, stop)); text++)
        n++;
    return n;
}

int jd_own_count_names(const char *list)
{
    return list && *list ? 1 + count_signs(list, ',') : 0;
}

int jd_own_split_names(const char *list, const char ***names, int *n, jd_ctx_t *ctx)
{
    const int most = jd_own_count_names(list);
    const size_t room = (size_t)(most ? most : 1) * sizeof **names;
    char *block;
    *n = 0;
    *names = NULL;
    int rc = jd_make(&block, (int64_t)(room + strlen(list) + 1), 1, "names of columns", ctx);
    if (rc) return rc;
    char *p = memcpy(block + room, list, strlen(list) + 1);
    *names = (const char **)(void *)block;
    for (size_t length; *n < most; p += length + 1) {
        length = span(p, ",");
        p[length] = '\0';
        if (length == 0)
            return jd_fail(ctx, JD_ERR_ARGUMENT, "'%s': a column's name is missing", list);
        (*names)[(*n)++] = p;
    }
    return JD_OK;
}

/* A name [length] without its backticks, if it has some. */
static void copy_name(const char *name, size_t length, char *copy)
{
    if (quoted(name) != length) {
        memcpy(copy, name, length);
        return;
    }
    for (const char *p = name + 1; p < name + length - 1; p++) {
        *copy++ = *p;
        p += *p == '`';
    }
}

/* Names one role, and where ids are crossed (a^b) the roles of the further parts. */
static int set_name(jd_own_columns_t *roles, int role, const char *option, const char *name,
                    size_t length, int reason, bool id, jd_ctx_t *ctx)
{
    jd_own_role_t *r = &roles->list[role];
    size_t part = id ? span(name, "^") : length;
    if (part > length) part = length;
    r->option = option;
    r->reason = reason;
    if (part == 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "\3%s\2: a column's name is missing", option);
    int rc = jd_make(&r->name, (int64_t)part + 1, 1, "a column's name", ctx);
    if (rc) return rc;
    copy_name(name, part, r->name);
    if (part == length) return JD_OK;
    r->next = roles->n++;
    return set_name(roles, r->next, option, name + part + 1, length - part - 1, reason, id, ctx);
}

/* The names of a list, to `n` roles from `first` on. */
static int set_list(jd_own_columns_t *roles, int first, int n, const char *option, const char *list,
                    int reason, bool id, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    const char *p = list;
    for (int i = 0; i < n && !rc; i++) {
        size_t length = span(p, ",");
        rc = set_name(roles, first + i, option, p, length, reason, id, ctx);
        p += length + (p[length] == ',');
    }
    return rc;
}

/* Covariates, some of them categories. */
static int set_covariates(jd_own_columns_t *roles, const char *list, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    const char *p = list;
    for (int i = JD_OWN_LISTED; i < JD_OWN_LISTED + roles->n_x && !rc; i++) {
        const size_t length = span(p, ","), prefix = jd_own_category_prefix(p, length);
        rc = set_name(roles, i, "x", p + prefix, length - prefix, JD_OWN_NO_X, false, ctx);
        if (!rc && prefix) rc = jd_own_category_mark(&roles->list[i], p, prefix, ctx);
        p += length + (p[length] == ',');
    }
    return rc;
}

/* The variable of `text`, [NAME] or [[NAME]], whose slope differs by the role's id. */
static int set_slope(jd_own_columns_t *roles, int role, const char *text, size_t length,
                     jd_ctx_t *ctx)
{
    jd_own_role_t *r = &roles->list[role];
    size_t depth = length > 1 && text[1] == '[' ? 2 : 1;
    if (length <= 2 * depth || strncmp(text + length - depth, "]]", depth) != 0 ||
        (quoted(text + depth) != length - 2 * depth &&
         (memchr(text + depth, '[', length - depth) ||
          memchr(text + depth, ']', length - 2 * depth))))
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "\3%s\2 %s%.*s: slopes that differ by %s are written %s[NAME], and %s[[NAME]] "
            "without its own effects",
            r->option, r->name, (int)length, text, r->name, r->name, r->name);
    r->slope = roles->n++;
    r->alone = depth == 2;
    int rc = set_name(roles, r->slope, r->option, text + depth, length - 2 * depth, JD_OWN_NO_X,
                      false, ctx);
    roles->list[r->slope].number = !jd_own_is_same(roles, r->slope, JD_OWN_TIME);
    return rc;
}

/* Fixed effects, some with slopes. */
static int set_effects(jd_own_columns_t *roles, const char *option, const char *list, jd_ctx_t *ctx)
{
    int rc = JD_OK, first = JD_OWN_LISTED + roles->n_x + roles->n_het;
    const char *p = list;
    for (int i = first; i < first + roles->n_fixed && !rc; i++) {
        size_t length = span(p, ","), name = span(p, ",[");
        rc = set_name(roles, i, option, p, name, JD_OWN_NO_GROUP, true, ctx);
        if (!rc && name < length) rc = set_slope(roles, i, p + name, length - name, ctx);
        p += length + (p[length] == ',');
    }
    return rc;
}

/* One name, or as many as the option takes. */
static int set_kind(jd_own_columns_t *roles, int role, int n, const char *text, jd_ctx_t *ctx)
{
    for (int i = role; i < role + n; i++) {
        roles->list[i].option = kinds[i].option;
        roles->list[i].reason = kinds[i].reason;
    }
    if (!text) return JD_OK;
    if (n == 1)
        return set_name(roles, role, kinds[role].option, text, strlen(text), kinds[role].reason,
                        kinds[role].id, ctx);
    int given = *text ? jd_own_count_names(text) : 1;
    if (given > n || (role == JD_OWN_LATITUDE && given < n))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "\3%s\2 %s: takes %s, joined by a comma",
                       kinds[role].option, text,
                       role == JD_OWN_LATITUDE ? "the latitude's column and the longitude's"
                                               : "one column or two");
    return set_list(roles, role, given, kinds[role].option, text, kinds[role].reason,
                    kinds[role].id, ctx);
}

/* The condition's columns, behind all others. */
static int set_filter(jd_own_columns_t *roles, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    roles->filter->first = roles->n;
    for (int k = 0; k < roles->filter->n_names && !rc; k++) {
        const char *name = roles->filter->name[k];
        jd_own_role_t *r = &roles->list[roles->n++];
        r->option = "if";
        r->reason = -1;
        r->name = jd_copy_text(name, strlen(name), ctx);
        if (!r->name) rc = JD_ERR_NO_MEMORY;
    }
    return rc;
}

int jd_own_columns_make(jd_own_columns_t *roles, const jd_own_roles_t *given, jd_ctx_t *ctx)
{
    const struct {
        int role, n;
        const char *text;
    } single[] = {{JD_OWN_Y, 1, given->y},
                  {JD_OWN_UNIT, 1, given->unit},
                  {JD_OWN_TIME, 1, given->time},
                  {JD_OWN_COHORT, 1, given->cohort},
                  {JD_OWN_TREAT, 1, given->treat},
                  {JD_OWN_DOSE, 1, given->dose},
                  {JD_OWN_ELIGIBLE, 1, given->eligible},
                  {JD_OWN_WEIGHT, 1, given->weights},
                  {JD_OWN_CLUSTER, 2, given->cluster},
                  {JD_OWN_STRATUM, 1, given->strata},
                  {JD_OWN_LATITUDE, 2, given->coords}};
    const char *fixed = given->absorb ? given->absorb : given->fixed;
    memset(roles, 0, sizeof *roles);
    if (given->absorb && given->fixed)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "\1fe\2 adds effects to those of unit and period, \1absorb\2 names them all; "
            "give one of them");
    roles->source = given->source;
    roles->decimal = given->decimal;
    roles->n_x = jd_own_count_names(given->x);
    roles->n_het = jd_own_count_names(given->het);
    roles->n_fixed = jd_own_count_names(fixed);
    roles->absorb = given->absorb;
    roles->no_unit = given->no_unit;
    roles->no_treatment = given->no_treatment;
    int rc = given->filter ? jd_filter_make(&roles->filter, given->filter, given->date_order, ctx)
                           : JD_OK;
    if (rc) return rc;
    int listed = JD_OWN_LISTED + roles->n_x + roles->n_het + roles->n_fixed,
        parts = count_signs(given->unit, '^') + count_signs(given->cluster, '^') +
                count_signs(given->strata, '^') + count_signs(fixed, '^') + count_signs(fixed, '['),
        of_filter = roles->filter ? roles->filter->n_names : 0;
    rc = jd_make(&roles->list, listed + parts + of_filter, sizeof *roles->list,
                 "the columns' roles", ctx);
    roles->n = rc ? 0 : listed;
    for (size_t i = 0; i < sizeof single / sizeof *single && !rc; i++)
        rc = set_kind(roles, single[i].role, single[i].n, single[i].text, ctx);
    if (!rc) rc = set_covariates(roles, given->x, ctx);
    if (!rc)
        rc = set_list(roles, JD_OWN_LISTED + roles->n_x, roles->n_het, "predict-het", given->het,
                      JD_OWN_NO_X, false, ctx);
    if (!rc) rc = set_effects(roles, given->absorb ? "absorb" : "fe", fixed, ctx);
    if (!rc && roles->filter) rc = set_filter(roles, ctx);
    return rc;
}

/* The file's columns for a message, cut where they are many. */
static const char *show_names(const char *const *names, int n, char shown[NAMES_SHOWN])
{
    size_t at = 0;
    shown[0] = '\0';
    for (int i = 0; i < n; i++) {
        size_t length = strlen(names[i]);
        if (at + length + 8 > NAMES_SHOWN) {
            memcpy(shown + at, ", ...", 6);
            break;
        }
        at += (size_t)snprintf(shown + at, NAMES_SHOWN - at, "%s%s", i ? ", " : "", names[i]);
    }
    return shown;
}

static int check_given(const jd_own_columns_t *roles, const char *const *names, int n,
                       jd_ctx_t *ctx)
{
    static const char *const meanings[] = {"the outcome", "the unit", "the period"};
    char shown[NAMES_SHOWN];
    int rc = JD_OK;
    for (int i = JD_OWN_Y; i <= JD_OWN_TIME; i++)
        if (!roles->list[i].name && !(i == JD_OWN_UNIT && roles->no_unit))
            rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                         "which column of %s is %s? \3%s\2 NAME; there are: %s", roles->source,
                         meanings[i], kinds[i].option, show_names(names, n, shown));
    bool cohort = roles->list[JD_OWN_COHORT].name, treat = roles->list[JD_OWN_TREAT].name;
    if (!cohort && !treat && !roles->list[JD_OWN_DOSE].name && !roles->no_treatment)
        rc = jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "which column of %s says who is treated? \3cohort\2 NAME (first treated period) "
            "or \3treat\2 NAME (0 or 1), or \3dose\2 NAME for amounts; there are: %s",
            roles->source, show_names(names, n, shown));
    if (cohort && treat)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "\1cohort\2 and \1treat\2 both say who is treated; give one of them");
    return rc;
}

/* What a role's column cannot be besides: an outcome explains itself, a treatment takes its own
 * effect away. Aggregated data may have a unit a cohort. */
static bool excludes(int a, int b)
{
    if (a == JD_OWN_Y) return b <= JD_OWN_WEIGHT || b == JD_OWN_LISTED;
    if (a == JD_OWN_UNIT) return b == JD_OWN_TIME || b == JD_OWN_TREAT;
    if (a == JD_OWN_TIME) return b == JD_OWN_COHORT || b == JD_OWN_TREAT;
    return (a == JD_OWN_TREAT || a == JD_OWN_DOSE) && b == JD_OWN_LISTED;
}

static int check_apart(const jd_own_columns_t *roles, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int a = 0; a < JD_OWN_LISTED; a++)
        for (int b = a + 1; b < JD_OWN_LISTED + roles->n_x; b++)
            if (excludes(a, b < JD_OWN_LISTED ? b : JD_OWN_LISTED) && jd_own_is_same(roles, a, b))
                rc = jd_fail(
                    ctx, JD_ERR_ARGUMENT,
                    "\3%s\2 %s: this column is \1%s\2 too; it cannot be both: name another, or "
                    "leave one out",
                    roles->list[b].option, roles->list[b].name, roles->list[a].option);
    return rc;
}

/* Takes the columns the roles name; all that are missing are reported at once. */
int jd_own_columns_choose(jd_own_columns_t *roles, const char *const *names, int n, bool *take,
                          jd_ctx_t *ctx)
{
    char shown[NAMES_SHOWN];
    for (int i = JD_OWN_LISTED; i < JD_OWN_LISTED + roles->n_x; i++)
        jd_own_category_settle(&roles->list[i], names, n);
    int rc = check_given(roles, names, n, ctx);
    if (!rc) rc = check_apart(roles, ctx);
    for (int i = 0; i < roles->n; i++) {
        const jd_own_role_t *role = &roles->list[i];
        int found = 0;
        for (int k = 0; role->name && k < n; k++) {
            if (strcmp(names[k], role->name) != 0) continue;
            take[k] = true;
            found++;
        }
        if (found && strlen(role->name) >= JD_TERM_NAME)
            rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                         "\3%s\2 %s: the name has %zu bytes; names of up to %d are "
                         "taken: give the column a shorter one",
                         role->option, role->name, strlen(role->name), JD_TERM_NAME - 1);
        const char *near = found || !role->name ? NULL : jd_nearest(role->name, names, n);
        if (found > 1)
            rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                         "\3%s\2 %s: %s has %d columns of this name; rename them", role->option,
                         role->name, roles->source, found);
        if (role->name && !found && near)
            rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                         "\3%s\2 %s: %s has no such column; did you mean '%s'?", role->option,
                         role->name, roles->source, near);
        if (role->name && !found && !near)
            rc = jd_fail(ctx, JD_ERR_ARGUMENT, "\3%s\2 %s: %s has no such column; there are: %s",
                         role->option, role->name, roles->source, show_names(names, n, shown));
    }
    return rc;
}

/* Columns that are ids and nothing else. */
bool jd_own_columns_are_ids(const jd_own_columns_t *roles, const char *name)
{
    for (int i = 0; i < roles->n; i++) {
        const jd_own_role_t *r = &roles->list[i];
        if (r->whole && strcmp(r->whole, name) == 0) return false;
        if (r->name && strcmp(r->name, name) == 0 &&
            (i == JD_OWN_TIME || i == JD_OWN_COHORT || jd_own_is_numeric(roles, i)))
            return false;
    }
    return true;
}

/* ---- Cells ---- */

bool jd_own_is_numeric(const jd_own_columns_t *columns, int role)
{
    if (role < JD_OWN_LISTED)
        return !kinds[role].id && role != JD_OWN_TIME && role != JD_OWN_COHORT;
    if (role < JD_OWN_LISTED + columns->n_x) return !columns->list[role].category;
    return role < JD_OWN_LISTED + columns->n_x + columns->n_het || columns->list[role].number;
}

bool jd_own_is_same(const jd_own_columns_t *columns, int a, int b)
{
    const jd_own_role_t *x = &columns->list[a], *y = &columns->list[b];
    if (!x->name || !y->name || strcmp(x->name, y->name) != 0) return false;
    if (!x->next || !y->next) return x->next == y->next;
    return jd_own_is_same(columns, x->next, y->next);
}

/* Whether each cell is empty, or TRUE or FALSE in one of the usual ways. */
static bool is_truth(const jd_own_role_t *role, int64_t rows)
{
    static const char *const words[] = {"",     "TRUE",  "FALSE", "True", "False",
                                        "true", "false", "T",     "F"};
    const int n = (int)(sizeof words / sizeof *words);
    char word[8];
    int k = 0;
    for (int64_t row = 0; row < rows && k < n; row++)
        for (k = 0, jd_own_text(&role->column, row, word, sizeof word);
             k < n && strcmp(word, words[k]) != 0; k++) {
        }
    return k < n;
}

/* What a column of numbers that came as text has: rows, -1 = none. */
typedef struct text_facts {
    int64_t no_number, other_mark, only_point, only_comma, either;
} text_facts_t;

static text_facts_t look_at_text(const jd_own_role_t *role, int64_t rows, char decimal)
{
    text_facts_t f = {-1, -1, -1, -1, -1};
    const unsigned both = JD_CELL_POINT | JD_CELL_COMMA,
                   wanted = decimal == ',' ? JD_CELL_COMMA : JD_CELL_POINT;
    char word[64];
    for (int64_t row = 0; row < rows; row++) {
        jd_own_text(&role->column, row, word, sizeof word);
        if (!*word) continue;
        const unsigned ways = jd_cell_ways(word, strlen(word)), marks = ways & both;
        if (!ways && f.no_number < 0) f.no_number = row;
        if (ways && decimal && !(ways & wanted) && f.other_mark < 0) f.other_mark = row;
        if (marks == JD_CELL_POINT && f.only_point < 0) f.only_point = row;
        if (marks == JD_CELL_COMMA && f.only_comma < 0) f.only_comma = row;
        if (marks == both && (ways & JD_CELL_MARKED) && f.either < 0) f.either = row;
    }
    return f;
}

/* Numbers that may be read in two ways: grouped by thousands, or with decimals. */
static int refuse_either(const jd_own_role_t *role, int64_t row, jd_ctx_t *ctx)
{
    char word[64];
    double by_point = 0, by_comma = 0;
    jd_own_text(&role->column, row, word, sizeof word);
    (void)jd_cell_number(word, strlen(word), '.', true, &by_point);
    (void)jd_cell_number(word, strlen(word), ',', true, &by_comma);
    return jd_fail_at(
        ctx, JD_ERR_DATA, role->option, row,
        "\3%s\2 %s: row %" PRId64 " holds '%s': %.15g, or %.15g? The numbers look "
        "grouped by thousands, but nothing "
        "in the file shows the decimal mark: \3decimal\2 point reads %.15g, \3decimal\2 comma "
        "%.15g",
        role->option, role->name, row + 1, word, by_point, by_comma, by_point, by_comma);
}

/* Text where a number is needed: the first cell that is not a number is shown. */
static int refuse_text(const jd_own_role_t *role, int64_t rows, char decimal, jd_ctx_t *ctx)
{
    char word[64], other[64];
    const text_facts_t f = look_at_text(role, rows, decimal);
    if (f.no_number < 0 && f.other_mark >= 0)
        return jd_fail_at(ctx, JD_ERR_DATA, role->option, f.other_mark,
                          "\3%s\2 %s: row %" PRId64
                          " holds '%s', which is no number with a decimal %s, "
                          "as \1decimal\2 or other columns have "
                          "it; \3decimal\2 %s reads the "
                          "other mark",
                          role->option, role->name, f.other_mark + 1,
                          jd_own_shown(&role->column, f.other_mark, word, sizeof word),
                          decimal == ',' ? "comma" : "point", decimal == ',' ? "point" : "comma");
    if (f.no_number < 0 && f.only_point >= 0 && f.only_comma >= 0)
        return jd_fail_at(
            ctx, JD_ERR_DATA, role->option, f.only_point,
            "\3%s\2 %s: row %" PRId64 " holds '%s', with a decimal point, row %" PRId64
            " '%s', with a decimal comma; write all numbers with one mark",
            role->option, role->name, f.only_point + 1,
            jd_own_shown(&role->column, f.only_point, word, sizeof word), f.only_comma + 1,
            jd_own_shown(&role->column, f.only_comma, other, sizeof other));
    if (f.no_number < 0 && f.either >= 0) return refuse_either(role, f.either, ctx);
    const int64_t row = f.no_number < 0 ? 0 : f.no_number;
    return jd_fail_at(
        ctx, JD_ERR_DATA, role->option, row, "\3%s\2 %s: row %" PRId64 " holds '%s'; %s",
        role->option, role->name, row + 1, jd_own_shown(&role->column, row, word, sizeof word),
        !strcmp(role->option, "treat")
            ? "it must be 0 or 1, TRUE or FALSE (a first treated period goes with \1cohort\2)"
        : !strcmp(role->option, "x")
            ? "a number is needed there (missing: empty, NA, N/A, NaN, NULL or .; \1missing\2 adds "
              "others); categories are named i.COLUMN"
            : "a number is needed there (missing: empty, NA, N/A, NaN, NULL or .; \1missing\2 adds "
              "others)");
}

/* INT32_MIN is R's NA_integer_: nobody's id, period or outcome. */
static int refuse_least(const jd_own_role_t *role, int64_t rows, jd_ctx_t *ctx)
{
    const jd_frame_column_t *c = role->column.of;
    if (c->type != JD_INT32 || jd_own_is_date(&role->column)) return JD_OK;
    for (int64_t row = 0; row < rows; row++) {
        const int64_t cell = jd_frame_cell(c, row);
        if (jd_frame_whole(c, cell) == INT32_MIN && !jd_frame_is_missing(c, cell))
            return jd_fail_at(ctx, JD_ERR_DATA, role->option, row,
                              "\3%s\2 %s: row %" PRId64 " holds %" PRId32
                              ", which R writes for NA; say which whole number stands for a "
                              "missing cell",
                              role->option, role->name, row + 1, INT32_MIN);
    }
    return JD_OK;
}

int jd_own_columns_bind(jd_own_columns_t *roles, const jd_frame_t *frame, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < roles->n; i++) {
        jd_own_role_t *role = &roles->list[i];
        if (!role->name) continue;
        role->column = (jd_own_column_t){jd_frame_find(frame, role->name), role->option, false};
        int failed = refuse_least(role, frame->rows, ctx);
        if (failed) rc = failed;
        if (!jd_own_is_numeric(roles, i) || !jd_own_is_text(&role->column)) continue;
        role->column.truth =
            (i == JD_OWN_TREAT || i == JD_OWN_ELIGIBLE) && is_truth(role, frame->rows);
        if (!role->column.truth) rc = refuse_text(role, frame->rows, roles->decimal, ctx);
    }
    return rc;
}

void jd_own_columns_free(jd_own_columns_t *columns)
{
    for (int i = 0; columns->list && i < columns->n; i++) {
        free(columns->list[i].name);
        free(columns->list[i].whole);
        free(columns->list[i].base);
    }
    free(columns->list);
    jd_filter_free(columns->filter);
    free(columns->outside);
    memset(columns, 0, sizeof *columns);
}
