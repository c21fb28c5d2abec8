/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drawing/tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figures.h"
#include "core/memory.h"
#include "run/record/estimands.h"
#include "study/recovery.h"

enum { KEYS_MAX = 4, TEXT_SIZE = 64 };
static const double Z = 1.959963984540054; /* 95 % interval */

double jd_cell(const jd_table_t *table, const char *column, int64_t row)
{
    int c = jd_table_find(table, column);
    if (c < 0 || row >= jd_table_cells(table, c)) return (double)NAN;
    return jd_table_number(table, c, row);
}

bool jd_cell_is(const jd_table_t *table, const char *column, int64_t row, const char *text)
{
    char own[TEXT_SIZE];
    int c = jd_table_find(table, column);
    if (c < 0 || table->columns[c].type != JD_TEXT) return false;
    return strcmp(jd_table_text(table, c, row, own, sizeof own), text) == 0;
}

/* A figure's table: the figure's columns, pure numbers in `unit`. The list is a copy it owns. */
static int begin(jd_table_t *table, const char *name, const jd_column_t *columns, int n,
                 const char *unit, int64_t capacity, jd_ctx_t *ctx)
{
    jd_column_t *own = NULL;
    memset(table, 0, sizeof *table);
    int rc = jd_make(&own, n, sizeof *own, name, ctx);
    for (int c = 0; c < n && !rc; c++) {
        own[c] = columns[c];
        if (unit && own[c].type == JD_DOUBLE && strcmp(own[c].unit, "1") == 0) own[c].unit = unit;
    }
    if (!rc) rc = jd_table_init(table, name, "", own, n, capacity, ctx);
    if (rc)
        free(own);
    else
        table->owned = own;
    return rc;
}

/* ---- Means over runs ---- */

static bool alike(const jd_table_t *t, const int *keys, int n_keys, int64_t a, int64_t b)
{
    for (int k = 0; k < n_keys; k++) {
        if (keys[k] < 0) continue;
        size_t size = jd_column_size(&t->columns[keys[k]]);
        const char *cells = t->data[keys[k]];
        if (memcmp(cells + (size_t)a * size, cells + (size_t)b * size, size) != 0) return false;
    }
    return true;
}

/* Number of each row's group, and each group's first row. Runs repeat their order, so the group
 * after the last one found is the best guess. Returns the number of groups. */
static int64_t find_groups(const jd_table_t *t, const int *keys, int n_keys, int64_t *group,
                           int64_t *first)
{
    int64_t n = 0, last = -1;
    for (int64_t row = 0; row < t->rows; row++) {
        int64_t tried = 0, g = 0;
        for (; tried < n; tried++) {
            g = (last + 1 + tried) % n;
            if (alike(t, keys, n_keys, row, first[g])) break;
        }
        if (tried == n) first[g = n++] = row;
        group[row] = last = g;
    }
    return n;
}

/* One column's means and errors by group, in one pass (Welford 1962). */
static void mean_column(jd_means_t *m, const jd_table_t *rows, const int64_t *group, int column,
                        double *count, double *squares)
{
    double *mean = JD_CELLS(&m->mean, column, double), *error = JD_CELLS(&m->error, column, double);
    for (int64_t g = 0; g < m->mean.rows; g++) {
        count[g] = squares[g] = 0;
        mean[g] = (double)NAN;
    }
    for (int64_t row = 0; row < rows->rows; row++) {
        double value = JD_CELLS(rows, column, double)[row];
        int64_t g = group[row];
        if (isnan(value)) continue;
        double old = count[g] > 0 ? mean[g] : 0;
        mean[g] = old + (value - old) / ++count[g];
        squares[g] += (value - old) * (value - mean[g]);
    }
    for (int64_t g = 0; g < m->mean.rows; g++)
        error[g] = count[g] > 1 ? sqrt(squares[g] / (count[g] - 1) / count[g]) : (double)NAN;
}

static void copy_row(jd_table_t *to, int64_t to_row, const jd_table_t *from, int64_t row)
{
    for (int c = 0; c < from->n_columns; c++) {
        size_t size = jd_column_size(&from->columns[c]);
        memcpy((char *)to->data[c] + (size_t)to_row * size,
               (const char *)from->data[c] + (size_t)row * size, size);
    }
}

int jd_means_of(jd_means_t *m, const jd_table_t *rows, const char *const *keys, int n_keys,
                jd_ctx_t *ctx)
{
    int key[KEYS_MAX];
    int64_t *group = NULL, *first = NULL, n = 0;
    double *count = NULL, *squares = NULL;
    memset(m, 0, sizeof *m);
    if (rows->n_unit > 0)
        return jd_fail(ctx, JD_ERR_DATA, "table '%s' is a panel, not a list of records",
                       rows->name);
    for (int k = 0; k < n_keys; k++)
        key[k] = jd_table_find(rows, keys[k]);
    int rc = jd_make(&group, rows->rows, sizeof *group, "means over runs", ctx);
    if (!rc) rc = jd_make(&first, rows->rows, sizeof *first, "means over runs", ctx);
    if (!rc) n = find_groups(rows, key, n_keys, group, first);
    if (!rc) rc = jd_make(&count, n, sizeof *count, "means over runs", ctx);
    if (!rc) rc = jd_make(&squares, n, sizeof *squares, "means over runs", ctx);
    if (!rc) rc = jd_make(&m->runs, n, sizeof *m->runs, "means over runs", ctx);
    if (!rc)
        rc = jd_table_init(&m->mean, rows->name, rows->label, rows->columns, rows->n_columns, n,
                           ctx);
    if (!rc)
        rc = jd_table_init(&m->error, rows->name, rows->label, rows->columns, rows->n_columns, n,
                           ctx);
    if (rc) goto out;
    m->mean.rows = m->error.rows = n;
    for (int64_t g = 0; g < n; g++)
        copy_row(&m->mean, g, rows, first[g]);
    for (int64_t row = 0; row < rows->rows; row++)
        m->runs[group[row]]++;
    for (int c = 0; c < rows->n_columns; c++)
        if (rows->columns[c].type == JD_DOUBLE) mean_column(m, rows, group, c, count, squares);
out:
    free(group);
    free(first);
    free(count);
    free(squares);
    return rc;
}

void jd_means_free(jd_means_t *m)
{
    jd_table_free(&m->mean);
    jd_table_free(&m->error);
    free(m->runs);
    memset(m, 0, sizeof *m);
}

int jd_mean_estimates(jd_means_t *means, const jd_table_t *estimates, jd_ctx_t *ctx)
{
    static const char *const keys[] = {"panel", "estimator", "term"};
    return jd_means_of(means, estimates, keys, 3, ctx);
}

int jd_mean_estimands(jd_means_t *means, const jd_table_t *estimands, jd_ctx_t *ctx)
{
    static const char *const keys[] = {"estimand", "outcome", "term"};
    return jd_means_of(means, estimands, keys, 3, ctx);
}

/* ---- Estimates ---- */

const char *jd_estimator_name(const char *own)
{
    const jd_estimator_t *estimator = jd_estimator_find(own);
    return estimator && estimator->short_label ? estimator->short_label : own;
}

static const char *estimator_name(const jd_table_t *estimates, int64_t row, char *own)
{
    own[0] = '\0';
    int c = jd_table_find(estimates, "estimator");
    if (c >= 0 && estimates->columns[c].type == JD_TEXT)
        jd_table_text(estimates, c, row, own, TEXT_SIZE);
    return jd_estimator_name(own);
}

/* Reads a figure's column from the estimates' column of that name; what is no part of "_ade" alone
 * (measurement, trends) is the same against both truths. */
static double part_of(const jd_table_t *estimates, const char *column, int64_t row)
{
    char name[TEXT_SIZE];
    if (jd_table_find(estimates, column) >= 0) return jd_cell(estimates, column, row);
    snprintf(name, sizeof name, "%s", column);
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, "_ade") == 0) name[length - 4] = '\0';
    return jd_cell(estimates, name, row);
}

/* ---- One unit a figure ---- */

typedef bool (*wanted_t)(const jd_table_t *estimates, int64_t row);

/* What a row's numbers are measured in. */
static int unit_of(const jd_table_t *estimates, int64_t row)
{
    char panel[TEXT_SIZE], own[TEXT_SIZE];
    jd_table_text(estimates, jd_table_find(estimates, "panel"), row, panel, sizeof panel);
    jd_table_text(estimates, jd_table_find(estimates, "estimator"), row, own, sizeof own);
    return jd_estimate_unit(panel, own);
}

/* The unit that a figure of these rows is in: that of mean effects if any is one, else the first's.
 */
static int unit_of_figure(const jd_table_t *estimates, wanted_t wanted)
{
    int first = JD_TARGET_MEAN;
    bool any = false;
    for (int64_t row = 0; row < estimates->rows; row++) {
        if (!wanted(estimates, row)) continue;
        int unit = unit_of(estimates, row);
        if (unit == JD_TARGET_MEAN) return unit;
        if (!any) first = unit;
        any = true;
    }
    return first;
}

/* The outcome that the first of these rows is of. */
static const char *outcome_of(const jd_table_t *estimates, wanted_t wanted, char *outcome)
{
    int c = jd_table_find(estimates, "quantity");
    outcome[0] = '\0';
    for (int64_t row = 0; c >= 0 && estimates->columns[c].type == JD_TEXT && row < estimates->rows;
         row++)
        if (wanted(estimates, row)) return jd_table_text(estimates, c, row, outcome, TEXT_SIZE);
    return outcome;
}

const char *jd_outcome_unit(const char *outcome)
{
    const jd_outcome_t *o = jd_outcome_find(outcome);
    return o ? o->unit : "firms per quarter";
}

static const char *axis_unit(const jd_table_t *estimates, wanted_t wanted)
{
    char outcome[TEXT_SIZE];
    int unit = unit_of_figure(estimates, wanted);
    return unit == JD_TARGET_MEAN ? jd_outcome_unit(outcome_of(estimates, wanted, outcome))
                                  : jd_unit_words[unit].key;
}

/* Names of estimators, by commas, each once where its rows follow one another. */
typedef struct list {
    char names[8 * TEXT_SIZE];
    char last[TEXT_SIZE];
} list_t;

static void add_name(list_t *list, const char *name)
{
    size_t used = strlen(list->names);
    if (!strcmp(list->last, name)) return;
    snprintf(list->last, sizeof list->last, "%s", name);
    snprintf(list->names + used, sizeof list->names - used, "%s%s", used ? ", " : "", name);
}

static void report_other_units(const char *figure, const list_t *list, jd_ctx_t *ctx)
{
    if (*list->names)
        jd_warn(ctx, "%s: %s: measured in other units than the rest, so not drawn on its axis",
                figure, list->names);
}

/* ---- Bias ---- */

/* Overall effects on panels whose outcome is firms. */
static bool is_overall(const jd_table_t *estimates, int64_t row)
{
    return jd_cell_is(estimates, "term", row, "att") &&
           (jd_cell_is(estimates, "panel", row, "county") ||
            jd_cell_is(estimates, "panel", row, "sector_county"));
}

int jd_bias_rows(jd_table_t *bias, const jd_means_t *means, jd_ctx_t *ctx)
{
    const jd_table_t *estimates = &means->mean;
    char name[TEXT_SIZE];
    list_t others = {"", ""};
    const int unit = unit_of_figure(estimates, is_overall);
    int rc = begin(bias, "bias_split", jd_bias_split_columns, JD_BIAS_COLUMNS,
                   axis_unit(estimates, is_overall), estimates->rows, ctx);
    for (int64_t row = 0; row < estimates->rows && !rc; row++) {
        if (!is_overall(estimates, row)) continue;
        if (unit_of(estimates, row) != unit) {
            jd_table_text(estimates, jd_table_find(estimates, "estimator"), row, name, sizeof name);
            add_name(&others, name);
            continue;
        }
        for (int c = 0; c < JD_BIAS_COLUMNS; c++)
            if (bias->columns[c].type == JD_DOUBLE)
                jd_table_set_number(bias, c, bias->rows,
                                    part_of(estimates, bias->columns[c].name, row));
        jd_table_set_text(bias, JD_BIAS_ESTIMATOR, bias->rows,
                          estimator_name(estimates, row, name));
        bool sectors = jd_cell_is(estimates, "panel", row, "sector_county");
        jd_table_set_text(bias, JD_BIAS_TERM, bias->rows, sectors ? "sector × county" : "");
        bias->rows++;
    }
    report_other_units("bias_split", &others, ctx);
    return rc;
}

/* ---- Event time ---- */

static bool is_county_event(const jd_table_t *estimates, int64_t row)
{
    double event = jd_cell(estimates, "event_time", row);
    return jd_cell_is(estimates, "panel", row, "county") && event > JD_NO_EVENT;
}

static void add_event(jd_table_t *events, const char *name, double time, double estimate,
                      double low, double high)
{
    int64_t row = events->rows++;
    jd_table_set_text(events, JD_EVENT_ESTIMATOR, row, name);
    jd_table_set_number(events, JD_EVENT_TIME, row, time);
    jd_table_set_number(events, JD_EVENT_ESTIMATE, row, estimate);
    jd_table_set_number(events, JD_EVENT_LOW, row, low);
    jd_table_set_number(events, JD_EVENT_HIGH, row, high);
}

int jd_event_rows(jd_table_t *events, const jd_means_t *means, jd_ctx_t *ctx)
{
    const jd_table_t *e = &means->mean;
    char name[2 * TEXT_SIZE] = "", before[2 * TEXT_SIZE], own[TEXT_SIZE], last[TEXT_SIZE] = "";
    int drawn = 0; /* a figure has room for so many; those that ran first are in it */
    list_t others = {"", ""}, too_many = {"", ""};
    const int unit = unit_of_figure(e, is_county_event);
    int rc = begin(events, "event_time", jd_event_estimate_columns, JD_EVENT_COLUMNS,
                   axis_unit(e, is_county_event), 2 * e->rows, ctx);
    for (int64_t row = 0; row < e->rows && !rc; row++) {
        if (!is_county_event(e, row)) continue;
        char estimator[TEXT_SIZE];
        jd_table_text(e, jd_table_find(e, "estimator"), row, estimator, sizeof estimator);
        if (unit_of(e, row) != unit) {
            add_name(&others, estimator);
            continue;
        }
        drawn += strcmp(estimator, last) != 0;
        memcpy(last, estimator, sizeof last);
        if (drawn > JD_FIGURE_ESTIMATORS) {
            add_name(&too_many, estimator);
            continue;
        }
        double time = jd_cell(e, "event_time", row), estimate = jd_cell(e, "estimate", row);
        double low = jd_cell(e, "ci_low", row), high = jd_cell(e, "ci_high", row);
        memcpy(before, name, sizeof name);
        const char *plain = estimator_name(e, row, own);
        snprintf(name, sizeof name, "%s", plain);
        if (means->runs[row] > 1) {
            double width = Z * jd_cell(&means->error, "estimate", row);
            low = estimate - width;
            high = estimate + width;
            snprintf(name, sizeof name, "%s, mean of %lld", plain, (long long)means->runs[row]);
        }
        bool gap = events->rows > 0 && strcmp(name, before) == 0 &&
                   time - jd_cell(events, "event_time", events->rows - 1) == 2.0;
        if (gap) add_event(events, name, time - 1, 0, (double)NAN, (double)NAN);
        add_event(events, name, time, estimate, low, high);
    }
    report_other_units("event_time", &others, ctx);
    if (*too_many.names)
        jd_warn(ctx,
                "event_time: a figure shows %d estimators, so not %s; name those to compare in "
                "estimate.estimators",
                JD_FIGURE_ESTIMATORS, too_many.names);
    return rc;
}

int jd_truth_rows(jd_table_t *truth, const jd_means_t *estimands, const jd_means_t *estimates,
                  jd_ctx_t *ctx)
{
    const jd_table_t *e = &estimands->mean;
    char outcome[TEXT_SIZE];
    outcome_of(&estimates->mean, is_county_event, outcome);
    int rc = begin(truth, "truth", jd_event_truth_columns, JD_TRUTH_COLUMNS,
                   axis_unit(&estimates->mean, is_county_event), e->rows, ctx);
    if (!rc && unit_of_figure(&estimates->mean, is_county_event) != JD_TARGET_MEAN)
        return JD_OK; /* the truth is in firms */
    for (int64_t row = 0; row < e->rows && !rc; row++) {
        double time = jd_cell(e, "event_time", row);
        bool ade = jd_cell_is(e, "estimand", row, "ade");
        if (!(time > JD_NO_EVENT) || !jd_cell_is(e, "outcome", row, outcome)) continue;
        if (!ade && !jd_cell_is(e, "estimand", row, "att")) continue;
        int64_t at = 0;
        while (at < truth->rows && jd_table_number(truth, JD_TRUTH_TIME, at) != time)
            at++;
        if (at == truth->rows) {
            truth->rows++;
            jd_table_set_number(truth, JD_TRUTH_TIME, at, time);
            jd_table_set_number(truth, JD_TRUTH_ATT, at, (double)NAN);
            jd_table_set_number(truth, JD_TRUTH_ADE, at, (double)NAN);
        }
        jd_table_set_number(truth, ade ? JD_TRUTH_ADE : JD_TRUTH_ATT, at, jd_cell(e, "value", row));
    }
    return rc;
}

/* ---- By share ---- */

int jd_begin_shares(jd_table_t *shares, int64_t capacity, jd_ctx_t *ctx)
{
    return begin(shares, "did_by_share", jd_did_by_share_columns, JD_SHARE_COLUMNS,
                 "firms per quarter", capacity, ctx);
}

/* Makes room for a row where the share belongs. */
static int64_t insert_share(jd_table_t *shares, double share)
{
    const double *have = JD_CELLS(shares, JD_SHARE_SHARE, double);
    int64_t at = shares->rows++;
    while (at > 0 && have[at - 1] > share)
        at--;
    for (int c = 0; c < JD_SHARE_COLUMNS; c++) {
        double *cells = JD_CELLS(shares, c, double);
        memmove(cells + at + 1, cells + at, (size_t)(shares->rows - 1 - at) * sizeof *cells);
    }
    return at;
}

static bool is_twfe(const jd_table_t *e, int64_t row)
{
    return jd_cell_is(e, "panel", row, "county") && jd_cell_is(e, "estimator", row, "twfe") &&
           jd_cell_is(e, "term", row, "att");
}

bool jd_is_share_row(const jd_means_t *means, int64_t row)
{
    return is_twfe(&means->mean, row);
}

void jd_add_share_row(jd_table_t *shares, double share, const jd_means_t *means, int64_t from)
{
    const jd_table_t *e = &means->mean;
    char outcome[TEXT_SIZE];
    if (isnan(share)) return;
    int64_t row = insert_share(shares, share);
    const char *unit = jd_outcome_unit(outcome_of(e, is_twfe, outcome));
    for (int c = JD_SHARE_SHARE + 1; c < JD_SHARE_COLUMNS; c++)
        ((jd_column_t *)shares->owned)[c].unit = unit;
    for (int c = JD_SHARE_PARTS; c < JD_SHARE_COLUMNS; c++)
        jd_table_set_number(shares, c, row, jd_cell(e, shares->columns[c].name, from));
    jd_table_set_number(shares, JD_SHARE_SHARE, row, share);
    jd_table_set_number(shares, JD_SHARE_DID, row, jd_cell(e, "estimate", from));
    jd_table_set_number(shares, JD_SHARE_ATT, row, jd_cell(e, "att", from));
    jd_table_set_number(shares, JD_SHARE_ADE, row, jd_cell(e, "ade", from));
    jd_table_set_number(shares, JD_SHARE_DID_SE, row, jd_cell(&means->error, "estimate", from));
    jd_table_set_number(shares, JD_SHARE_ATT_SE, row, jd_cell(&means->error, "att", from));
    jd_table_set_number(shares, JD_SHARE_ADE_SE, row, jd_cell(&means->error, "ade", from));
}

void jd_add_share(jd_table_t *shares, double share, const jd_means_t *means)
{
    for (int64_t row = 0; row < means->mean.rows; row++)
        if (jd_is_share_row(means, row)) {
            jd_add_share_row(shares, share, means, row);
            return;
        }
}

/* ---- Time series ---- */

/* Decimal year of a quarter's first day, which lies within two days of equal quarters. */
static double year_of(double days)
{
    return (4 * 1970 + round(days / 91.3125)) / 4.0;
}

static void add_world(jd_table_t *series, const jd_table_t *national, int world)
{
    static const char *const names[JD_SERIES_COUNT] = {"pressure", "share_strong", "friction",
                                                       "inducement", "services"};
    for (int64_t row = 0; row < national->rows; row++, series->rows++) {
        jd_table_set_number(series, JD_SERIES_YEAR, series->rows,
                            year_of(jd_cell(national, "date", row)));
        for (int k = 0; k < JD_SERIES_COUNT; k++)
            jd_table_set_number(series, JD_SERIES_FIRST + k, series->rows,
                                jd_cell(national, names[k], row));
        jd_table_set_number(series, JD_SERIES_WORLD, series->rows, world);
    }
}

int jd_series_rows(jd_table_t *series, const jd_table_t *with, const jd_table_t *without,
                   jd_ctx_t *ctx)
{
    int rc = begin(series, "time_series", jd_time_series_columns, JD_SERIES_COLUMNS, NULL,
                   with->rows + (without ? without->rows : 0), ctx);
    if (rc) return rc;
    add_world(series, with, 1);
    if (without) add_world(series, without, 0);
    return JD_OK;
}

/* ---- Friction by treatment ---- */

int jd_friction_rows(jd_table_t *friction, const jd_table_t *panel, jd_ctx_t *ctx)
{
    static const char *const names[] = {"log_friction",         "friction_toolkit",
                                        "friction_capability",  "friction_time",
                                        "friction_willingness", "friction_show"};
    enum { NAMES = sizeof names / sizeof *names };
    int rc = begin(friction, "friction", jd_friction_columns, JD_FRICTION_COLUMNS, NULL,
                   2 * panel->n_time, ctx);
    for (int k = 0; k < NAMES && !rc; k++)
        if (jd_table_find(panel, names[k]) < 0)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "panel/county has no column %s: files of schema 1 hold friction in two "
                         "parts; run the config again",
                         names[k]);
    for (int treated = 1; treated >= 0 && !rc; treated--) {
        for (int64_t t = 0; t < panel->n_time; t++) {
            double sum[NAMES] = {0}, n = 0;
            for (int64_t c = 0; c < panel->n_unit; c++) {
                const int64_t cell = t * panel->n_unit + c;
                if ((jd_cell(panel, "cohort", c) > 0) != treated) continue;
                n++;
                for (int k = 0; k < NAMES; k++)
                    sum[k] += jd_cell(panel, names[k], cell);
            }
            if (n == 0) continue;
            const int64_t row = friction->rows++;
            jd_table_set_number(friction, JD_FRICTION_YEAR, row,
                                year_of(jd_cell(panel, "date", t)));
            jd_table_set_number(friction, JD_FRICTION_TREATED, row, treated);
            for (int k = 0; k < NAMES; k++)
                jd_table_set_number(friction, JD_FRICTION_TOTAL + k, row, sum[k] / n);
        }
    }
    return rc;
}
