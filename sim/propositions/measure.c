/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/measure.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "sweep/sensitivity.h"

enum { LABEL = 96, AT = 200, WORD = 40, NAME = 64 };

const char *const jd_status_names[JD_STATUSES] = {"fit", "given", "recovery", "test", "reported"};
static const char *const role_names[] = {"claim", "null", "limit"};

const jd_column_t jd_number_columns[JD_NUM_COLUMNS] = {
    {"label", JD_TEXT, "", "what is measured", NULL, LABEL, JD_AXIS_CELL},
    {"of", JD_TEXT, "", "output of the runs, and what it is divided by", NULL, NAME, JD_AXIS_CELL},
    {"at", JD_TEXT, "", "points, and those that are subtracted", NULL, AT, JD_AXIS_CELL},
    {"status", JD_TEXT, "", "fit, given, recovery, test", NULL, 12, JD_AXIS_CELL},
    {"role", JD_TEXT, "", "claim, null, limit", NULL, 8, JD_AXIS_CELL},
    {"value", JD_DOUBLE, "", "mean over replicates", NULL, 0, JD_AXIS_CELL},
    {"low", JD_DOUBLE, "", "lower end of its 95 % interval", NULL, 0, JD_AXIS_CELL},
    {"high", JD_DOUBLE, "", "upper end", NULL, 0, JD_AXIS_CELL},
    {"n", JD_INT32, "1", "replicates", NULL, 0, JD_AXIS_CELL},
    {"expected", JD_TEXT, "", "what was expected", NULL, 32, JD_AXIS_CELL},
    {"verdict", JD_TEXT, "", "as expected, otherwise, open; 0 always: in every replicate", NULL, 16,
     JD_AXIS_CELL},
};

const jd_column_t jd_line_columns[JD_LINE_COLUMNS] = {
    {"line", JD_TEXT, "", "line of the figure", NULL, 64, JD_AXIS_CELL},
    {"x", JD_DOUBLE, "1", "place on the axis", NULL, 0, JD_AXIS_CELL},
    {"word", JD_TEXT, "", "what stands there instead", NULL, WORD, JD_AXIS_CELL},
    {"value", JD_DOUBLE, "1", "mean over replicates", NULL, 0, JD_AXIS_CELL},
    {"low", JD_DOUBLE, "1", "lower end of its 95 % interval", NULL, 0, JD_AXIS_CELL},
    {"high", JD_DOUBLE, "1", "upper end", NULL, 0, JD_AXIS_CELL},
};

/* ---- Points ---- */

/* The column of /runs of "policy.share": policy_share, cut as the plan cuts it. */
static int column_of(const jd_table_t *runs, const char *parameter, size_t length)
{
    char name[33];
    size_t n = length < 32 ? length : 32;
    for (size_t i = 0; i < n; i++)
        name[i] = (char)(parameter[i] == '.' || parameter[i] == '-' ? '_' : parameter[i]);
    name[n] = '\0';
    return jd_table_find(runs, name);
}

/* Whether two texts are the same but for blanks: "0, 0.2" is written "0,0.2" in a row. */
static bool is_same_text(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, " ");
        b += strspn(b, " ");
        if (*a != *b) return false;
        if (!*a) return true;
    }
}

static bool is_value(const jd_table_t *runs, int column, int64_t row, const char *value)
{
    char text[JD_TEXT_MAX];
    if (runs->columns[column].type == JD_TEXT)
        return is_same_text(jd_table_text(runs, column, row, text, sizeof text), value);
    const double x = jd_table_number(runs, column, row), y = strtod(value, NULL);
    return fabs(x - y) <= 1e-9 * fmax(1, fabs(y));
}

/* Marks the runs of the points that `at` names; fails where there are none. */
static int choose(const jd_measured_t *m, const char *at, bool *chosen, jd_ctx_t *ctx)
{
    int64_t n = 0;
    for (int64_t i = 0; i < m->runs.rows; i++)
        chosen[i] = true;
    for (const char *from = at; *from;) {
        char value[NAME];
        const size_t length = strcspn(from, " "), name = strcspn(from, "=");
        const int column = name < length ? column_of(&m->runs, from, name) : -1;
        if (column < 0)
            return jd_fail(ctx, JD_ERR_DATA, "%s: %s: the runs vary no '%.*s'",
                           m->proposition->name, at, (int)length, from);
        snprintf(value, sizeof value, "%.*s", (int)(length - name - 1), from + name + 1);
        for (int64_t i = 0; i < m->runs.rows; i++)
            chosen[i] = chosen[i] && is_value(&m->runs, column, i, value);
        from += length + strspn(from + length, " ");
    }
    for (int64_t i = 0; i < m->runs.rows; i++)
        n += chosen[i];
    if (n) return JD_OK;
    return jd_fail(ctx, JD_ERR_DATA, "%s: no run is at %s", m->proposition->name, at);
}

/* Adds sign times the mean over the chosen points to each replicate. */
static void add_points(const jd_measured_t *m, const double *y, const bool *chosen, double sign,
                       double *sum)
{
    for (int64_t r = 0; r < m->replicates; r++) {
        double all = 0;
        int64_t n = 0;
        for (int64_t p = 0; p < m->n_points; p++) {
            const int64_t run = r * m->n_points + p;
            if (!chosen[run]) continue;
            all += y[run];
            n++;
        }
        sum[r] += sign * all / (double)n; /* a run that failed is NaN, and so is its replicate */
    }
}

static int add_output(jd_measured_t *m, const jd_number_t *row, const char *of, double *sum,
                      jd_ctx_t *ctx)
{
    static const double signs[JD_POINTS] = {1, -1, -1, 1};
    char unit[JD_OUTPUT_UNIT];
    bool *chosen = NULL;
    int rc = jd_make(&chosen, m->runs.rows, sizeof *chosen, "a proposition's points", ctx);
    if (!rc) rc = jd_study_output(m->values[0], unit, m->runs.rows, m->store, of, ctx);
    for (int64_t i = 0; row->below != 0 && !rc && of == row->of && i < m->runs.rows; i++)
        if (isfinite(m->values[0][i])) m->values[0][i] = m->values[0][i] < row->below;
    for (int k = 0; k < JD_POINTS && !rc; k++) {
        if (!row->at[k]) continue;
        rc = choose(m, row->at[k], chosen, ctx);
        if (!rc) add_points(m, m->values[0], chosen, signs[k], sum);
    }
    free(chosen);
    return rc;
}

/* ---- A number ---- */

typedef struct mean {
    double value, low, high;
    int n;
    bool exact; /* every replicate gave `value` */
} mean_t;

static mean_t mean_of(const double *x, int64_t n)
{
    mean_t m = {.value = (double)NAN, .low = (double)NAN, .high = (double)NAN, .exact = true};
    double sum = 0, squares = 0, first = (double)NAN;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) continue;
        if (!m.n++) first = x[i];
        m.exact = m.exact && x[i] == first;
        sum += x[i];
    }
    if (!m.n) return m;
    m.value = m.exact ? first : sum / m.n;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(x[i])) squares += (x[i] - m.value) * (x[i] - m.value);
    if (m.n < 2) return m;
    const double half = gsl_cdf_tdist_Pinv(0.975, m.n - 1) * sqrt(squares / (m.n - 1) / m.n);
    m.low = m.value - half;
    m.high = m.value + half;
    return m;
}

/* A share of replicates: Wilson's interval, which stays between 0 and 1. */
static void bound_share(mean_t *m)
{
    const double z = gsl_cdf_ugaussian_Pinv(0.975), n = m->n, p = m->value;
    const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    m->low = fmax(0, middle - half);
    m->high = fmin(1, middle + half);
}

static int measure_one(jd_measured_t *m, const jd_number_t *row, mean_t *mean, jd_ctx_t *ctx)
{
    double *sum = m->values[1], *per = m->values[2];
    memset(sum, 0, (size_t)m->replicates * sizeof *sum);
    memset(per, 0, (size_t)m->replicates * sizeof *per);
    int rc = add_output(m, row, row->of, sum, ctx);
    if (!rc && row->per) {
        /* what is divided by is that of the first points: a share of what there is */
        jd_number_t whole = *row;
        whole.at[0] = row->per_at ? row->per_at : row->at[1] ? row->at[1] : row->at[0];
        whole.at[1] = whole.at[2] = whole.at[3] = NULL;
        whole.below = 0;
        rc = add_output(m, &whole, row->per, per, ctx);
    }
    for (int64_t r = 0; r < m->replicates && !rc && row->per; r++)
        sum[r] /= per[r];
    if (!rc) *mean = mean_of(sum, m->replicates);
    if (!rc && row->below != 0 && !row->at[1] && mean->n) bound_share(mean);
    return rc;
}

static const char *judge(const jd_number_t *row, const mean_t *m)
{
    const double low = m->low - row->than, high = m->high - row->than;
    if (row->expect == JD_EXPECT_NOTHING)
        return m->n > 1 && fmax(fabs(m->low), fabs(m->high)) < 1e-12 ? "0 always" : "";
    if (row->expect == JD_EXPECT_EXACT)
        return m->exact && m->value == row->than ? "as expected" : "otherwise";
    if (!(low <= high)) return "open";
    bool is = false, is_not = false;
    if (row->expect == JD_EXPECT_ABOVE) is = low > 0, is_not = high < 0;
    if (row->expect == JD_EXPECT_BELOW) is = high<0, is_not = low> 0;
    if (row->expect == JD_EXPECT_NEAR) {
        is = low >= -row->within && high <= row->within;
        is_not = low > row->within || high < -row->within;
    }
    return is ? "as expected" : is_not ? "otherwise" : "open";
}

static void say_expected(const jd_number_t *row, char text[AT])
{
    text[0] = '\0';
    switch (row->expect) {
    case JD_EXPECT_NOTHING:
        break;
    case JD_EXPECT_ABOVE:
        snprintf(text, AT, "above %g", row->than);
        break;
    case JD_EXPECT_BELOW:
        snprintf(text, AT, "below %g", row->than);
        break;
    case JD_EXPECT_NEAR:
        snprintf(text, AT, "%g, within %g", row->than, row->within);
        break;
    case JD_EXPECT_EXACT:
        snprintf(text, AT, "%g exactly", row->than);
        break;
    }
}

static void say_points(const jd_number_t *row, char text[AT])
{
    static const char *const before[JD_POINTS] = {"", " less ", " less (", " less "};
    size_t n = 0;
    text[0] = '\0';
    for (int k = 0; k < JD_POINTS && row->at[k] && n < AT; k++)
        n += (size_t)snprintf(text + n, AT - n, "%s%s%s", before[k],
                              row->at[k][0] ? row->at[k] : "all points", k == 3 ? ")" : "");
}

int jd_measure_number(jd_measured_t *m, const jd_number_t *row, jd_ctx_t *ctx)
{
    mean_t mean;
    char text[AT];
    jd_table_t *t = &m->numbers;
    int rc = measure_one(m, row, &mean, ctx);
    if (!rc) rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    const int64_t i = t->rows++;
    jd_table_set_text(t, JD_NUM_LABEL, i, row->label);
    snprintf(text, sizeof text, "%s%s%s", row->of, row->per ? " / " : "", row->per ? row->per : "");
    jd_table_set_text(t, JD_NUM_OF, i, text);
    say_points(row, text);
    jd_table_set_text(t, JD_NUM_AT, i, text);
    jd_table_set_text(t, JD_NUM_STATUS, i, jd_status_names[row->status]);
    jd_table_set_text(t, JD_NUM_ROLE, i, role_names[row->role]);
    jd_table_set_number(t, JD_NUM_VALUE, i, mean.value);
    jd_table_set_number(t, JD_NUM_LOW, i, mean.low);
    jd_table_set_number(t, JD_NUM_HIGH, i, mean.high);
    jd_table_set_number(t, JD_NUM_N, i, mean.n);
    say_expected(row, text);
    jd_table_set_text(t, JD_NUM_EXPECTED, i, text);
    jd_table_set_text(t, JD_NUM_VERDICT, i, judge(row, &mean));
    return JD_OK;
}

int jd_measure_place(jd_measured_t *m, const jd_number_t *row, double x, const char *word,
                     jd_ctx_t *ctx)
{
    mean_t mean;
    jd_table_t *t = &m->lines;
    int rc = measure_one(m, row, &mean, ctx);
    if (!rc) rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    const int64_t i = t->rows++;
    jd_table_set_text(t, JD_LINE_LABEL, i, row->label);
    jd_table_set_number(t, JD_LINE_X, i, x);
    jd_table_set_text(t, JD_LINE_WORD, i, word);
    jd_table_set_number(t, JD_LINE_VALUE, i, mean.value);
    jd_table_set_number(t, JD_LINE_LOW, i, mean.low);
    jd_table_set_number(t, JD_LINE_HIGH, i, mean.high);
    return JD_OK;
}

/* ---- Lines ---- */

/* The point of the axis and the others a line is at; points that name their own are left so. */
static const char *join(char text[2 * AT], const char *axis, const char *value, const char *at)
{
    if (!at) return NULL;
    if (strstr(at, axis))
        snprintf(text, (size_t)2 * AT, "%s", at);
    else
        snprintf(text, (size_t)2 * AT, "%s=%s%s%s", axis, value, *at ? " " : "", at);
    return text;
}

/* The row is the first of its value of x. */
static bool is_first(const jd_measured_t *m, int column, int64_t row)
{
    char value[JD_TEXT_MAX], other[JD_TEXT_MAX];
    const bool text = m->runs.columns[column].type == JD_TEXT;
    for (int64_t i = 0; i < row; i++) {
        if (text && !strcmp(jd_table_text(&m->runs, column, i, value, sizeof value),
                            jd_table_text(&m->runs, column, row, other, sizeof other)))
            return false;
        if (!text && jd_table_number(&m->runs, column, i) == jd_table_number(&m->runs, column, row))
            return false;
    }
    return true;
}

static int draw_line(jd_measured_t *m, const jd_line_t *line, int column, jd_ctx_t *ctx)
{
    const jd_proposition_t *p = m->proposition;
    const bool text = m->runs.columns[column].type == JD_TEXT;
    const char *x = p->x ? p->x : "point";
    int rc = JD_OK, place = 0;
    for (int64_t i = 0; i < m->n_points && !rc; i++) {
        char value[WORD], at[2 * AT], less[2 * AT];
        if (!is_first(m, column, i)) continue;
        const double number = jd_table_number(&m->runs, column, i);
        if (text)
            jd_table_text(&m->runs, column, i, value, sizeof value);
        else
            snprintf(value, sizeof value, "%.17g", number);
        const jd_number_t row = {
            .label = line->label,
            .of = line->of,
            .per = line->per,
            .below = line->below,
            .at = {join(at, x, value, line->at), join(less, x, value, line->less)}};
        const char *word = p->words ? p->words[place] : text ? value : "";
        rc = jd_measure_place(
            m, &row, text || p->words ? place + 1 : number * (p->x_scale > 0 ? p->x_scale : 1),
            word, ctx);
        place++;
    }
    return rc;
}

/* ---- All ---- */

static int open_runs(jd_measured_t *m, const char *folder, jd_ctx_t *ctx)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/sweep.h5", folder);
    int rc = jd_store_open(&m->store, path, ctx);
    if (!rc) rc = jd_store_read(m->store, "runs", &m->runs, ctx);
    if (rc) return rc;
    const int point = jd_table_find(&m->runs, "point");
    for (int64_t i = 0; i < m->runs.rows; i++)
        m->n_points = (int64_t)fmax((double)m->n_points, jd_table_number(&m->runs, point, i));
    m->replicates = m->n_points ? m->runs.rows / m->n_points : 0;
    for (int k = 0; k < 3 && !rc; k++)
        rc = jd_make(&m->values[k], m->runs.rows, sizeof **m->values, "a proposition's runs", ctx);
    return rc;
}

static int begin_tables(jd_measured_t *m, jd_ctx_t *ctx)
{
    const jd_proposition_t *p = m->proposition;
    memcpy(m->line_columns, jd_line_columns, sizeof m->line_columns);
    if (p->x_label) m->line_columns[JD_LINE_X].label = p->x_label;
    if (p->x_unit) m->line_columns[JD_LINE_X].unit = p->x_unit;
    for (int c = JD_LINE_VALUE; c <= JD_LINE_HIGH; c++)
        m->line_columns[c].unit = p->y_unit ? p->y_unit : "1";
    if (p->y_label) m->line_columns[JD_LINE_VALUE].label = p->y_label;
    int rc =
        jd_table_init(&m->numbers, "numbers", p->claim, jd_number_columns, JD_NUM_COLUMNS, 16, ctx);
    if (!rc)
        rc = jd_table_init(&m->lines, "lines", p->claim, m->line_columns, JD_LINE_COLUMNS, 16, ctx);
    return rc;
}

int jd_measure(jd_measured_t *m, const jd_proposition_t *p, const char *folder, jd_ctx_t *ctx)
{
    m->proposition = p;
    int rc = open_runs(m, folder, ctx);
    if (!rc) rc = begin_tables(m, ctx);
    for (const jd_number_t *row = p->numbers; !rc && row && row->label; row++)
        rc = jd_measure_number(m, row, ctx);
    const char *x = p->x ? p->x : "point";
    const int column = rc ? -1 : column_of(&m->runs, x, strlen(x));
    if (!rc && p->lines && column < 0)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: the runs vary no '%s'", p->name, x);
    for (const jd_line_t *line = p->lines; !rc && line && line->label; line++)
        rc = draw_line(m, line, column, ctx);
    if (!rc && p->measure) rc = p->measure(m, ctx);
    jd_store_close(&m->store);
    return rc;
}

void jd_measured_free(jd_measured_t *m)
{
    jd_store_close(&m->store);
    jd_table_free(&m->numbers);
    jd_table_free(&m->lines);
    jd_table_free(&m->runs);
    for (int k = 0; k < 3; k++)
        free(m->values[k]);
    memset(m, 0, sizeof *m);
}
