/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimates on the screen: one estimator's terms in full, or several side by side. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/shown.h"
#include "dataset/parts.h"

enum { COLUMNS = 5, TEXT = JD_OWN_TERM_WIDTH + 8 };

static const char *text_of(const jd_table_t *t, int column, int64_t row, char buffer[TEXT])
{
    return jd_table_text(t, column, row, buffer, TEXT);
}

/* ---- Lists ---- */

/* Room for estimators' names and terms. */
typedef struct {
    int name, term;
} widths_t;

static void widen(int *width, const char *text)
{
    int n = (int)strlen(text);
    if (n > *width) *width = n;
}

/* The fit a line is of. */
static const jd_own_fit_t *fit_of(const jd_own_result_t *r, int64_t row)
{
    char text[TEXT];
    int i = 0;
    text_of(&r->estimates, JD_OWN_ESTIMATOR, row, text);
    while (i < r->n_fits - 1 && strcmp(r->fits[i].name, text) != 0)
        i++;
    return &r->fits[i];
}

static bool has_unit(const jd_own_fit_t *fit, const char *unit)
{
    return fit->applied && !strcmp(jd_own_unit(fit), unit);
}

static const char *const all_units[] = {"", "log points", "per unit of treatment"};
enum { ALL_UNITS = sizeof all_units / sizeof *all_units };

static void print_head(FILE *out, const char *unit, widths_t width, double level)
{
    if (*unit) fprintf(out, "In %s\n", unit[0] == 'l' ? unit : "effects per unit of treatment");
    fprintf(out, "%-*s %-*s %10s %9s %19.4g %% %7s %8s %7s %8s\n", width.name, "Estimator",
            width.term, "term", "estimate", "std.err", 100 * level, "p", "rows", "units",
            "clusters");
}

static void show_p(double p, char text[32])
{
    if (isnan(p))
        snprintf(text, 32, "-");
    else if (p < 1e-4)
        snprintf(text, 32, "<0.0001");
    else
        snprintf(text, 32, "%.4f", p);
}

static void print_line(FILE *out, const jd_own_result_t *r, int64_t row, widths_t width)
{
    const jd_table_t *t = &r->estimates;
    char name[TEXT], term[TEXT], number[5][32];
    for (int k = 0; k < 5; k++)
        jd_shown_of(jd_table_number(t, JD_OWN_ESTIMATE + k, row), r->size, number[k]);
    show_p(jd_table_number(t, JD_OWN_P_VALUE, row), number[4]);
    fprintf(out, "%-*s %-*s %10s %9s %10s %10s %7s %8.0f %7.0f %8.0f\n", width.name,
            text_of(t, JD_OWN_ESTIMATOR, row, name), width.term, text_of(t, JD_OWN_TERM, row, term),
            number[0], number[1], number[2], number[3], number[4],
            jd_table_number(t, JD_OWN_N_OBS, row), jd_table_number(t, JD_OWN_N_UNITS, row),
            jd_table_number(t, JD_OWN_N_CLUSTERS, row));
}

static bool is_overall(const jd_table_t *t, int64_t row)
{
    return jd_own_kind(t, row) == JD_OWN_OVERALL;
}

const char *jd_own_unit(const jd_own_fit_t *fit)
{
    return fit->log_points ? "log points" : fit->per_dose ? "per unit of treatment" : "";
}

/* ---- Side by side ---- */

static int by_rank(const void *a, const void *b)
{
    const jd_own_row_t *x = a, *y = b;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return x->at - y->at;
}

/* An effect on a part of the treated: neither the overall one nor a coefficient. */
static bool is_part(const jd_table_t *t, int64_t row)
{
    jd_own_kind_t kind = jd_own_kind(t, row);
    return kind == JD_OWN_EVENT || kind == JD_OWN_PART;
}

int jd_own_list_rows(const jd_table_t *t, bool parts_only, jd_own_row_t *rows)
{
    int n = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        jd_own_row_t *r = &rows[n];
        int seen = 0;
        if (parts_only && !is_part(t, i)) continue;
        text_of(t, JD_OWN_TERM, i, r->name);
        r->kind = jd_own_kind(t, i);
        while (seen < n && (strcmp(rows[seen].name, r->name) != 0 || rows[seen].kind != r->kind))
            seen++;
        if (seen < n) continue;
        r->time = r->kind == JD_OWN_EVENT ? jd_own_event(t, i) : 0;
        r->at = n++;
    }
    qsort(rows, (size_t)n, sizeof *rows, by_rank);
    return n;
}

int64_t jd_own_find_line(const jd_table_t *t, const char *estimator, const jd_own_row_t *row)
{
    char text[TEXT];
    for (int64_t i = 0; i < t->rows; i++)
        if (strcmp(text_of(t, JD_OWN_ESTIMATOR, i, text), estimator) == 0 &&
            (!row || (jd_own_kind(t, i) == row->kind &&
                      strcmp(text_of(t, JD_OWN_TERM, i, text), row->name) == 0)))
            return i;
    return -1;
}

static bool has_parts(const jd_table_t *t, const char *estimator)
{
    char text[TEXT];
    for (int64_t i = 0; i < t->rows; i++)
        if (is_part(t, i) && strcmp(text_of(t, JD_OWN_ESTIMATOR, i, text), estimator) == 0)
            return true;
    return false;
}

/* "estimate (std.err)"; nothing where the estimator has no such term. */
static const char *show_cell(const jd_own_result_t *r, int64_t line, char cell[TEXT])
{
    char estimate[JD_SHOWN], error[JD_SHOWN];
    const jd_table_t *t = &r->estimates;
    *cell = '\0';
    if (line < 0) return cell;
    snprintf(cell, TEXT, "%s (%s)",
             jd_shown_of(jd_table_number(t, JD_OWN_ESTIMATE, line), r->size, estimate),
             jd_shown_of(jd_table_number(t, JD_OWN_STD_ERROR, line), r->size, error));
    return cell;
}

/* Columns are as wide as what stands in them: five fit into 100 signs as a rule. line [n_rows x n]
 * is room for where each cell's numbers are. */
static void print_block(FILE *out, const jd_own_result_t *r, const char *unit,
                        const jd_own_row_t *rows, int n_rows, const char *const *names, int n,
                        int64_t *line)
{
    int width = 4, column[COLUMNS];
    char cell[TEXT];
    for (int i = 0; i < n_rows; i++)
        widen(&width, rows[i].name);
    if (*unit) fprintf(out, "\n%s", unit);
    fprintf(out, "\n%-*s", width, "Term");
    for (int k = 0; k < n; k++) {
        column[k] = (int)strlen(names[k]);
        for (int i = 0; i < n_rows; i++) {
            line[i * n + k] = jd_own_find_line(&r->estimates, names[k], &rows[i]);
            widen(&column[k], show_cell(r, line[i * n + k], cell));
        }
        fprintf(out, " %*s", column[k], names[k]);
    }
    fputc('\n', out);
    for (int i = 0; i < n_rows; i++) {
        bool some = false;
        for (int k = 0; k < n; k++)
            some = some || line[i * n + k] >= 0;
        if (!some) continue;
        fprintf(out, "%-*s", width, rows[i].name);
        for (int k = 0; k < n; k++)
            fprintf(out, " %*s", column[k], show_cell(r, line[i * n + k], cell));
        fputc('\n', out);
    }
}

static int compare(FILE *out, const jd_own_result_t *r, jd_ctx_t *ctx)
{
    const jd_table_t *t = &r->estimates;
    const char *names[COLUMNS];
    jd_own_row_t *rows;
    int64_t *line = NULL;
    int n_rows = 0, n = 0, rc = jd_make(&rows, t->rows + 1, sizeof *rows, "the comparison", ctx);
    if (!rc) n_rows = jd_own_list_rows(t, true, rows);
    if (!rc) rc = jd_make(&line, (int64_t)n_rows * COLUMNS, sizeof *line, "the comparison", ctx);
    if (!rc) fputs("\nEstimates (standard errors)\n", out);
    for (int u = 0; u < ALL_UNITS && !rc; u++)
        for (int i = 0; i < r->n_fits; i++) {
            if (has_unit(&r->fits[i], all_units[u]) && has_parts(t, r->fits[i].name))
                names[n++] = r->fits[i].name;
            if (n == COLUMNS || (n > 0 && i == r->n_fits - 1)) {
                print_block(out, r, all_units[u], rows, n_rows, names, n, line);
                n = 0;
            }
        }
    free(line);
    free(rows);
    return rc;
}

/* A single estimator's parts follow its overall effect with their intervals; those of several stand
 * side by side, without. */
static bool is_listed(const jd_table_t *t, int64_t row, int applied, int parted)
{
    return applied == 1 || is_overall(t, row) || (parted == 1 && is_part(t, row));
}

int jd_own_print_estimates(FILE *out, const jd_own_result_t *r, jd_ctx_t *ctx)
{
    const jd_table_t *t = &r->estimates;
    int applied = 0, parted = 0;
    widths_t width = {18, 4};
    char text[TEXT];
    for (int i = 0; i < r->n_fits; i++) {
        applied += r->fits[i].applied;
        parted += r->fits[i].applied && has_parts(t, r->fits[i].name);
    }
    for (int64_t i = 0; i < t->rows; i++) {
        if (!is_listed(t, i, applied, parted)) continue;
        widen(&width.name, text_of(t, JD_OWN_ESTIMATOR, i, text));
        widen(&width.term, text_of(t, JD_OWN_TERM, i, text));
    }
    for (int u = 0; u < ALL_UNITS; u++) {
        bool some = false;
        for (int64_t i = 0; i < t->rows; i++) {
            if (!is_listed(t, i, applied, parted) || !has_unit(fit_of(r, i), all_units[u]))
                continue;
            if (!some) {
                fputc('\n', out);
                print_head(out, all_units[u], width, r->level);
            }
            some = true;
            print_line(out, r, i, width);
        }
    }
    return parted > 1 ? compare(out, r, ctx) : JD_OK;
}

/* ---- Diagnostics ---- */

void jd_own_print_diagnostics(FILE *out, const jd_own_result_t *r)
{
    const jd_table_t *t = &r->diagnostics;
    char name[TEXT], quantity[TEXT], term[TEXT], number[5][JD_SHOWN];
    int width[] = {10, 8, 4};
    if (t->rows == 0) return;
    for (int64_t i = 0; i < t->rows; i++)
        for (int k = 0; k < 3; k++)
            widen(&width[k], text_of(t, JD_OWN_ESTIMATOR + k, i, name));
    fprintf(out, "\n%-*s %-*s %-*s %10s %9s %19.4g %% %7s\n", width[0], "Diagnostic", width[1],
            "quantity", width[2], "term", "value", "std.err", 100 * r->level, "p");
    for (int64_t i = 0; i < t->rows; i++) {
        for (int k = 0; k < 4; k++)
            jd_shown_of(jd_table_number(t, JD_OWN_ESTIMATE + k, i), r->size, number[k]);
        show_p(jd_table_number(t, JD_OWN_P_VALUE, i), number[4]);
        fprintf(out, "%-*s %-*s %-*s %10s %9s %10s %10s %7s\n", width[0],
                text_of(t, JD_OWN_ESTIMATOR, i, name), width[1],
                text_of(t, JD_OWN_QUANTITY, i, quantity), width[2],
                text_of(t, JD_OWN_TERM, i, term), number[0], number[1], number[2], number[3],
                number[4]);
    }
    if (r->details.rows)
        fprintf(out, "  and %" PRId64 " lines more with \1format\2 csv\n", r->details.rows);
}
