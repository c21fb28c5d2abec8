/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimates as tables for programs and papers. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/memory.h"
#include "core/shown.h"
#include "dataset/parts.h"

enum { TEXT = JD_OWN_TERM_WIDTH + 8, COLUMNS = 6 };

static const char *latex_of(char c)
{
    return c == '\\'  ? "\\textbackslash{}"
           : c == '~' ? "\\textasciitilde{}"
                      : "\\textasciicircum{}";
}

/* Names are the user's: signs that mean something to the format are escaped; what ends a line would
 * end the row. In LaTeX the minus of a number, alone or after = or a bracket, is no hyphen. */
static void put_text(FILE *out, const char *text, jd_own_format_t format)
{
    for (const char *start = text; *text; text++) {
        const char c = strchr("\n\t", *text) ? ' ' : *text;
        if (format == JD_OWN_LATEX && c == '-' && text[1] >= '0' && text[1] <= '9' &&
            (text == start || strchr("=(", text[-1]))) {
            fputs("$-$", out);
            continue;
        }
        if (format == JD_OWN_LATEX && strchr("\\~^", c)) {
            fputs(latex_of(c), out);
            continue;
        }
        if (format == JD_OWN_LATEX && strchr("_&%$#{}", c)) fputc('\\', out);
        if (format == JD_OWN_MARKDOWN && strchr("\\|_*`<[", c)) fputc('\\', out);
        fputc(c, out);
    }
}

/* Of the model a line is of, where it has any. */
static void put_quality(FILE *out, const jd_own_result_t *r, const char *estimator)
{
    const jd_quality_t *q = NULL;
    for (int i = 0; i < r->n_fits; i++)
        if (r->fits[i].applied && !strcmp(r->fits[i].name, estimator)) q = &r->fits[i].quality;
    if (!q) return;
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"r2", q->r2},     {"adjusted_r2", q->adjusted_r2}, {"within_r2", q->within_r2},
                   {"rmse", q->rmse}, {"pseudo_r2", q->pseudo_r2},     {"deviance", q->deviance}};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        if (isnan(numbers[k].value)) continue;
        fprintf(out, ", \"%s\": ", numbers[k].name);
        jd_json_number(out, numbers[k].value);
    }
}

static void put_json(FILE *out, const jd_own_data_t *data, const jd_own_result_t *r,
                     const jd_table_t *t, int64_t row, bool first)
{
    char text[TEXT];
    fprintf(out, "%s\n  {\"outcome\": ", first ? "" : ",");
    jd_json_text(out, data->y_name);
    if (*data->group) {
        fputs(", \"group\": ", out);
        jd_json_text(out, data->group);
    }
    for (int c = 0; c < JD_OWN_COLUMNS; c++) {
        fprintf(out, ", \"%s\": ", t->columns[c].name);
        double x = jd_table_number(t, c, row);
        if (c <= JD_OWN_TERM || c > JD_OWN_EVENT_TIME) {
            jd_json_text(out, jd_table_text(t, c, row, text, TEXT));
        } else {
            jd_json_number(out, x);
        }
    }
    if (data->never.told) {
        fprintf(out, ", \"never_treated\": %" PRId32 ", \"never_read_as\": ", data->never.n);
        jd_json_text(out, data->never.read_as);
    }
    put_quality(out, r, jd_table_text(t, JD_OWN_ESTIMATOR, row, text, TEXT));
    fputc('}', out);
}

/* ---- Papers ---- */

static void begin_row(FILE *out, const char *text, jd_own_format_t format)
{
    fputs(format == JD_OWN_LATEX ? "" : "| ", out);
    put_text(out, text, format);
}

static void put_cell(FILE *out, const char *text, jd_own_format_t format)
{
    fputs(format == JD_OWN_LATEX ? " & " : " | ", out);
    put_text(out, text, format);
}

static void end_row(FILE *out, jd_own_format_t format)
{
    fputs(format == JD_OWN_LATEX ? " \\\\\n" : " |\n", out);
}

static void rule(FILE *out, jd_own_format_t format)
{
    if (format == JD_OWN_LATEX) fputs("\\hline\n", out);
}

/* `texts` columns of text, then `numbers` of numbers, with their heads. */
static void begin_table(FILE *out, const char *const *heads, int texts, int numbers,
                        jd_own_format_t format)
{
    if (format == JD_OWN_LATEX) {
        fputs("\\begin{tabular}{", out);
        for (int k = 0; k < texts + numbers; k++)
            fputc(k < texts ? 'l' : 'r', out);
        fputs("}\n\\hline\n", out);
    }
    begin_row(out, heads[0], format);
    for (int k = 1; k < texts + numbers; k++)
        put_cell(out, heads[k], format);
    end_row(out, format);
    rule(out, format);
    if (format == JD_OWN_LATEX) return;
    for (int k = 0; k < texts + numbers; k++)
        fputs(k < texts ? "| --- " : "| ---: ", out);
    fputs("|\n", out);
}

static void end_table(FILE *out, jd_own_format_t format)
{
    rule(out, format);
    if (format == JD_OWN_LATEX) fputs("\\end{tabular}\n", out);
}

/* Estimates of one term, and below them standard errors in brackets. */
static void put_term(FILE *out, const jd_own_result_t *r, const jd_own_row_t *row,
                     const char *const *names, int n, jd_own_format_t format)
{
    const jd_table_t *t = &r->estimates;
    int64_t line[COLUMNS], some = 0;
    char number[32], cell[40];
    for (int k = 0; k < n; k++)
        some += (line[k] = jd_own_find_line(t, names[k], row)) >= 0;
    if (some == 0) return;
    begin_row(out, row->name, format);
    for (int k = 0; k < n; k++) {
        const double x = line[k] < 0 ? 0 : jd_table_number(t, JD_OWN_ESTIMATE, line[k]);
        put_cell(out, line[k] < 0 ? "" : jd_shown_of(x, r->size, number), format);
    }
    end_row(out, format);
    begin_row(out, "", format);
    for (int k = 0; k < n; k++) {
        double se = line[k] < 0 ? (double)NAN : jd_table_number(t, JD_OWN_STD_ERROR, line[k]);
        snprintf(cell, sizeof cell, "(%s)", jd_shown_of(se, r->size, number));
        put_cell(out, isfinite(se) ? cell : "", format);
    }
    end_row(out, format);
}

/* What each column is measured in, where they differ. */
static void put_units(FILE *out, const jd_own_result_t *r, const char *const *names, int n,
                      jd_own_format_t format)
{
    const char *unit[COLUMNS];
    bool some = false;
    for (int k = 0; k < n; k++) {
        int i = 0;
        while (strcmp(r->fits[i].name, names[k]) != 0)
            i++;
        unit[k] = jd_own_unit(&r->fits[i]);
        some = some || *unit[k];
    }
    if (!some) return;
    rule(out, format);
    begin_row(out, "Measured in", format);
    for (int k = 0; k < n; k++)
        put_cell(out, *unit[k] ? unit[k] : "outcome", format);
    end_row(out, format);
}

static void put_counts(FILE *out, const jd_table_t *t, const char *const *names, int n,
                       jd_own_format_t format)
{
    static const char *const words[] = {"Observations", "Units", "Clusters"};
    char cell[40];
    rule(out, format);
    for (int c = 0; c < 3; c++) {
        begin_row(out, words[c], format);
        for (int k = 0; k < n; k++) {
            int64_t line = jd_own_find_line(t, names[k], NULL);
            double count = line < 0 ? 0 : jd_table_number(t, JD_OWN_N_OBS + c, line);
            snprintf(cell, sizeof cell, "%.0f", count);
            put_cell(out, count > 0 ? cell : "", format);
        }
        end_row(out, format);
    }
}

/* A column an estimator, COLUMNS of them a table. */
static int put_estimates(FILE *out, const jd_own_result_t *r, jd_own_format_t format, jd_ctx_t *ctx)
{
    const jd_table_t *t = &r->estimates;
    const char *heads[COLUMNS + 1] = {""};
    jd_own_row_t *rows;
    int rc = jd_make(&rows, t->rows + 1, sizeof *rows, "the table", ctx);
    if (rc) return rc;
    int n_rows = jd_own_list_rows(t, false, rows), n = 0, tables = 0;
    for (int i = 0; i < r->n_fits; i++) {
        if (r->fits[i].applied) heads[++n] = r->fits[i].name;
        if (n == 0 || (n < COLUMNS && i < r->n_fits - 1)) continue;
        if (tables++) fputc('\n', out);
        begin_table(out, heads, 1, n, format);
        for (int k = 0; k < n_rows; k++)
            put_term(out, r, &rows[k], heads + 1, n, format);
        put_units(out, r, heads + 1, n, format);
        put_counts(out, t, heads + 1, n, format);
        end_table(out, format);
        n = 0;
    }
    free(rows);
    return JD_OK;
}

static void put_diagnostics(FILE *out, const jd_own_result_t *r, jd_own_format_t format)
{
    const jd_table_t *t = &r->diagnostics;
    static const char *const heads[] = {"Estimator",  "Quantity", "Term", "Value",
                                        "Std. error", "Low",      "High", "p"};
    char text[TEXT], number[32];
    if (t->rows == 0) return;
    fputc('\n', out);
    begin_table(out, heads, 3, 5, format);
    for (int64_t row = 0; row < t->rows; row++) {
        begin_row(out, jd_table_text(t, JD_OWN_ESTIMATOR, row, text, TEXT), format);
        for (int c = JD_OWN_QUANTITY; c <= JD_OWN_TERM; c++)
            put_cell(out, jd_table_text(t, c, row, text, TEXT), format);
        for (int c = JD_OWN_ESTIMATE; c <= JD_OWN_P_VALUE; c++)
            put_cell(out, jd_shown_of(jd_table_number(t, c, row), r->size, number), format);
        end_row(out, format);
    }
    end_table(out, format);
}

static void put_all_json(FILE *out, const jd_own_data_t *data, const jd_own_result_t *r)
{
    const jd_table_t *const tables[] = {&r->estimates, &r->diagnostics, &r->details};
    bool first = true;
    fputc('[', out);
    for (int k = 0; k < 3; k++)
        for (int64_t row = 0; row < tables[k]->rows; row++, first = false)
            put_json(out, data, r, tables[k], row, first);
    fputs("\n]\n", out);
}

int jd_own_print_table(FILE *out, const jd_own_data_t *data, const jd_own_result_t *r,
                       jd_own_format_t format, jd_ctx_t *ctx)
{
    if (format == JD_OWN_JSON) {
        put_all_json(out, data, r);
        return JD_OK;
    }
    int rc = put_estimates(out, r, format, ctx);
    if (!rc) put_diagnostics(out, r, format); /* papers take no details */
    return rc;
}

/* ---- All lines ---- */

static int append(jd_table_t *to, const jd_table_t *from, jd_ctx_t *ctx)
{
    int rc = jd_table_reserve(to, to->rows + from->rows, ctx);
    for (int c = 0; c < to->n_columns && !rc; c++) {
        size_t size = jd_column_size(&to->columns[c]);
        memcpy((char *)to->data[c] + (size_t)to->rows * size, from->data[c],
               (size_t)from->rows * size);
    }
    if (!rc) to->rows += from->rows;
    return rc;
}

int jd_own_all_lines(jd_table_t *all, const jd_own_result_t *r, jd_ctx_t *ctx)
{
    int rc = jd_table_copy(all, &r->estimates, ctx);
    if (!rc) rc = append(all, &r->diagnostics, ctx);
    if (!rc) rc = append(all, &r->details, ctx);
    return rc;
}
