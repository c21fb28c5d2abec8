/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file found, in sentences and in the table that matters most. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "report/parts.h"

enum { NO_EVENT = -1000, NAME = 64 };

bool jd_report_is_finding(const char *name)
{
    return !strcmp(name, "estimates") || !strcmp(name, "validation");
}

/* ---- Runs ---- */

static const char *const parts[] = {"measurement", "trends", "weights", "anticipation",
                                    "spillover"},
                         *const words[] = {"what records miss", "trends that differ, and chance",
                                           "weights and target", "anticipation",
                                           "spillover to those it compares with"};
enum { PARTS = sizeof parts / sizeof *parts };

static double at(const jd_table_t *t, const char *column, int64_t row)
{
    const int c = jd_table_find(t, column);
    return c < 0 ? (double)NAN : jd_table_number(t, c, row);
}

static const char *text(const jd_table_t *t, const char *column, int64_t row, char buffer[NAME])
{
    const int c = jd_table_find(t, column);
    return c < 0 ? "" : jd_table_text(t, c, row, buffer, NAME);
}

static int is_overall(const jd_table_t *t, int64_t row)
{
    const double event = at(t, "event_time", row);
    return isnan(event) || event == NO_EVENT;
}

/* The largest part of a bias, or -1. */
static int largest(const jd_table_t *t, int64_t row)
{
    int best = -1;
    for (int k = 0; k < PARTS; k++) {
        const double x = fabs(at(t, parts[k], row));
        if (x > 0 && (best < 0 || x > fabs(at(t, parts[best], row)))) best = k;
    }
    return best;
}

static void say_estimate(jd_html_t *html, const jd_table_t *t, int64_t row)
{
    char name[NAME], panel[NAME], line[512];
    const double truth = at(t, "att", row), bias = at(t, "bias", row), low = at(t, "ci_low", row),
                 high = at(t, "ci_high", row);
    const int part = largest(t, row);
    size_t n = (size_t)snprintf(line, sizeof line, "%s (panel %s) finds %.4g",
                                text(t, "estimator", row, name), text(t, "panel", row, panel),
                                at(t, "estimate", row));
    if (isfinite(low) && isfinite(high))
        n += (size_t)snprintf(line + n, sizeof line - n, ", interval %.4g to %.4g", low, high);
    n += (size_t)snprintf(line + n, sizeof line - n, "; the true effect is %.4g", truth);
    if (bias != 0)
        n += (size_t)snprintf(line + n, sizeof line - n, ", so it is %.3g too %s", fabs(bias),
                              bias > 0 ? "high" : "low");
    if (isfinite(low) && isfinite(high))
        n += (size_t)snprintf(line + n, sizeof line - n, "; the interval %s the truth",
                              low <= truth && truth <= high ? "holds" : "misses");
    if (part >= 0)
        snprintf(line + n, sizeof line - n, "; the largest part of its bias is %s (%+.3g)",
                 words[part], at(t, parts[part], row));
    fputs("<li>", html->out);
    jd_html_text(html, line);
    fputs(".</li>\n", html->out);
}

static int find_columns(const jd_table_t *t, const char *const *names, int *columns)
{
    int n = 0;
    for (int k = 0; names[k]; k++) {
        const int c = jd_table_find(t, names[k]);
        if (c >= 0) columns[n++] = c;
    }
    return n;
}

static void put_run(jd_html_t *html, const jd_table_t *t)
{
    static const char *const names[] = {
        "run",          "panel",     "estimator", "term",  "estimate",    "std_error", "ci_low",
        "ci_high",      "p_value",   "att",       "bias",  "measurement", "trends",    "weights",
        "anticipation", "spillover", "ade",       "n_obs", NULL};
    enum { SENTENCES = 12 };
    int columns[sizeof names / sizeof *names], said = 0;
    fputs("<ul>\n", html->out);
    for (int64_t row = 0; row < t->rows && said < SENTENCES; row++) {
        if (!is_overall(t, row) || isnan(at(t, "att", row))) continue;
        say_estimate(html, t, row);
        said++;
    }
    fputs("</ul>\n", html->out);
    const int n = find_columns(t, names, columns);
    jd_html_put_table(html, &(jd_html_table_t){"Estimates, the truth, and the parts of the bias", t,
                                               columns, n, is_overall});
    fputs("<details><summary>All terms</summary>\n", html->out);
    jd_html_put_table(html, &(jd_html_table_t){"All terms", t, columns, n, NULL});
    fputs("</details>\n", html->out);
}

/* ---- Validations ---- */

static const char *const measures[] = {"truth",    "bias",     "sd",    "rmse",
                                       "se_ratio", "coverage", "power", "size"};
enum { MEASURES = sizeof measures / sizeof *measures, HEAD = 4 };

static const jd_column_t pivot_columns[HEAD + 2 * MEASURES] = {
    {"point", JD_INT32, "1", "design point", NULL, 0, JD_AXIS_CELL},
    {"panel", JD_TEXT, "", "panel", NULL, NAME, JD_AXIS_CELL},
    {"estimator", JD_TEXT, "", "estimator", NULL, NAME, JD_AXIS_CELL},
    {"target", JD_TEXT, "", "what it is held against", NULL, 16, JD_AXIS_CELL},
    {"truth", JD_DOUBLE, "1", "mean true effect", NULL, 0, JD_AXIS_CELL},
    {"truth_mcse", JD_DOUBLE, "1", "its Monte-Carlo error", NULL, 0, JD_AXIS_CELL},
    {"bias", JD_DOUBLE, "1", "mean of estimate less truth", NULL, 0, JD_AXIS_CELL},
    {"bias_mcse", JD_DOUBLE, "1", "its Monte-Carlo error", NULL, 0, JD_AXIS_CELL},
    {"sd", JD_DOUBLE, "1", "SD of estimates", NULL, 0, JD_AXIS_CELL},
    {"sd_mcse", JD_DOUBLE, "1", "its Monte-Carlo error", NULL, 0, JD_AXIS_CELL},
    {"rmse", JD_DOUBLE, "1", "root mean squared error", NULL, 0, JD_AXIS_CELL},
    {"rmse_mcse", JD_DOUBLE, "1", "its Monte-Carlo error", NULL, 0, JD_AXIS_CELL},
    {"se_ratio", JD_DOUBLE, "1", "mean standard error over SD", NULL, 0, JD_AXIS_CELL},
    {"se_ratio_mcse", JD_DOUBLE, "1", "its Monte-Carlo error", NULL, 0, JD_AXIS_CELL},
    {"coverage", JD_DOUBLE, "1", "share of intervals that hold the truth", NULL, 0, JD_AXIS_CELL},
    {"coverage_mcse", JD_DOUBLE, "1", "its Monte-Carlo error", NULL, 0, JD_AXIS_CELL},
    {"power", JD_DOUBLE, "1", "share that finds an effect at 5 %", NULL, 0, JD_AXIS_CELL},
    {"power_mcse", JD_DOUBLE, "1", "its Monte-Carlo error", NULL, 0, JD_AXIS_CELL},
    {"size", JD_DOUBLE, "1", "the same without the policy", NULL, 0, JD_AXIS_CELL},
    {"size_mcse", JD_DOUBLE, "1", "its Monte-Carlo error", NULL, 0, JD_AXIS_CELL},
};

static int measure_of(const char *name)
{
    int k = 0;
    while (k < MEASURES && strcmp(measures[k], name) != 0)
        k++;
    return k;
}

/* The row of the pivot for a row of the validation, made where there is none. */
static int64_t place(jd_table_t *to, const jd_table_t *t, int64_t row, jd_ctx_t *ctx, int *rc)
{
    char a[NAME], b[NAME];
    static const char *const keys[] = {"panel", "estimator", "target"};
    for (int64_t i = to->rows - 1; i >= 0; i--) {
        bool same = jd_table_number(to, 0, i) == at(t, "point", row);
        for (int k = 0; k < 3 && same; k++)
            same = !strcmp(jd_table_text(to, 1 + k, i, a, NAME), text(t, keys[k], row, b));
        if (same) return i;
    }
    *rc = jd_table_reserve(to, to->rows + 1, ctx);
    if (*rc) return -1;
    const int64_t i = to->rows++;
    jd_table_set_number(to, 0, i, at(t, "point", row));
    for (int k = 0; k < 3; k++)
        jd_table_set_text(to, 1 + k, i, text(t, keys[k], row, a));
    for (int k = HEAD; k < HEAD + 2 * MEASURES; k++)
        jd_table_set_number(to, k, i, (double)NAN);
    return i;
}

static int pivot(jd_table_t *to, const jd_table_t *t, jd_ctx_t *ctx)
{
    char name[NAME];
    int rc = jd_table_init(to, "measures", "", pivot_columns, HEAD + 2 * MEASURES, 16, ctx);
    for (int64_t row = 0; row < t->rows && !rc; row++) {
        const int k = measure_of(text(t, "measure", row, name));
        if (k == MEASURES || !is_overall(t, row)) continue;
        const int64_t i = place(to, t, row, ctx, &rc);
        if (rc) break;
        jd_table_set_number(to, HEAD + 2 * k, i, at(t, "value", row));
        jd_table_set_number(to, HEAD + 2 * k + 1, i, at(t, "mcse", row));
    }
    return rc;
}

/* One sentence an estimator and point: what is wrong beyond chance, if anything is. */
static void say_measures(jd_html_t *html, const jd_table_t *t, int64_t row)
{
    char name[NAME], panel[NAME], target[16], line[512];
    const double bias = at(t, "bias", row), error = at(t, "bias_mcse", row),
                 coverage = at(t, "coverage", row), size = at(t, "size", row);
    size_t n = (size_t)snprintf(
        line, sizeof line, "Point %.0f, %s (panel %s) against %s: bias %.3g", at(t, "point", row),
        text(t, "estimator", row, name), text(t, "panel", row, panel),
        jd_table_text(t, 3, row, target, sizeof target), bias);
    n += (size_t)snprintf(line + n, sizeof line - n, " (Monte-Carlo error %.2g), %s", error,
                          fabs(bias) > 1.96 * error ? "more than chance" : "within chance of none");
    if (isfinite(coverage))
        n += (size_t)snprintf(line + n, sizeof line - n, "; intervals hold the truth in %.0f %%",
                              100 * coverage);
    if (isfinite(size))
        snprintf(line + n, sizeof line - n, "; without the policy it rejects in %.1f %%",
                 100 * size);
    fputs("<li>", html->out);
    jd_html_text(html, line);
    fputs(".</li>\n", html->out);
}

static int put_validation(jd_html_t *html, const jd_table_t *t, jd_ctx_t *ctx)
{
    enum { SENTENCES = 20 };
    int columns[HEAD + 2 * MEASURES];
    jd_table_t by = {0};
    int rc = pivot(&by, t, ctx);
    if (!rc) fputs("<ul>\n", html->out);
    for (int64_t i = 0; i < by.rows && i < SENTENCES && !rc; i++)
        say_measures(html, &by, i);
    for (int k = 0; k < HEAD + 2 * MEASURES; k++)
        columns[k] = k;
    if (!rc) {
        fputs("</ul>\n", html->out);
        jd_html_put_table(html, &(jd_html_table_t){"Estimators over the replicates of each point",
                                                   &by, columns, HEAD + 2 * MEASURES, NULL});
    }
    jd_table_free(&by);
    return rc;
}

int jd_report_findings(jd_html_t *html, jd_store_t *store, jd_ctx_t *ctx)
{
    jd_table_t t = {0};
    const bool validation = jd_store_has(store, "validation"),
               run = !validation && jd_store_has(store, "estimates");
    if (!validation && !run) return JD_OK;
    int rc = jd_store_read(store, validation ? "validation" : "estimates", &t, ctx);
    if (!rc) jd_html_element(html, "h3", NULL, "What was found");
    if (!rc && validation) rc = put_validation(html, &t, ctx);
    if (!rc && run) put_run(html, &t);
    jd_table_free(&t);
    return rc;
}
