/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimates as tables for programs and papers. */
#include <math.h>
#include <string.h>

#include "io/csv.h"
#include "io/number.h"
#include "study/own_data_parts.h"

enum { TEXT = JD_OWN_TERM_WIDTH + 8 };

/* Names are the user's: signs that mean something to the format are escaped. */
static void put_text(FILE *out, const char *text, jd_own_format_t format)
{
    for (; *text; text++) {
        if (format == JD_OWN_LATEX && strchr("_&%$#{}", *text)) fputc('\\', out);
        if (format == JD_OWN_MARKDOWN && strchr("|_*", *text)) fputc('\\', out);
        if (format == JD_OWN_JSON && strchr("\"\\", *text)) fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_json(FILE *out, const jd_table_t *t, int64_t row, bool first)
{
    char text[TEXT], number[JD_NUMBER_SIZE];
    fprintf(out, "%s\n  {", first ? "" : ",");
    for (int c = 0; c < JD_OWN_COLUMNS; c++) {
        fprintf(out, "%s\"%s\": ", c ? ", " : "", t->columns[c].name);
        double x = jd_table_number(t, c, row);
        if (c <= JD_OWN_TERM) {
            fputc('"', out);
            put_text(out, jd_table_text(t, c, row, text, TEXT), JD_OWN_JSON);
            fputc('"', out);
        } else if (isfinite(x)) {
            fwrite(number, 1, jd_number_print_double(number, x), out);
        } else {
            fputs("null", out);
        }
    }
    fputc('}', out);
}

static void put_row(FILE *out, const jd_table_t *t, int64_t row, jd_own_format_t format)
{
    bool latex = format == JD_OWN_LATEX;
    char text[TEXT], number[32];
    const char *between = latex ? " & " : " | ";
    fputs(latex ? "" : "| ", out);
    put_text(out, jd_table_text(t, JD_OWN_ESTIMATOR, row, text, TEXT), format);
    fputs(between, out);
    put_text(out, jd_table_text(t, JD_OWN_TERM, row, text, TEXT), format);
    for (int c = JD_OWN_ESTIMATE; c <= JD_OWN_P_VALUE; c++)
        fprintf(out, "%s%s", between, jd_own_shown(jd_table_number(t, c, row), number));
    for (int c = JD_OWN_N_OBS; c < JD_OWN_COLUMNS; c++)
        fprintf(out, "%s%.0f", between, jd_table_number(t, c, row));
    fputs(latex ? " \\\\\n" : " |\n", out);
}

static void put_head(FILE *out, jd_own_format_t format)
{
    if (format == JD_OWN_JSON) fputc('[', out);
    if (format == JD_OWN_LATEX)
        fputs("\\begin{tabular}{llrrrrrrrr}\n\\hline\nEstimator & Term & Estimate & Std. error & "
              "Low & High & p & Rows & Units & "
              "Clusters \\\\\n\\hline\n",
              out);
    if (format == JD_OWN_MARKDOWN)
        fputs("| Estimator | Term | Estimate | Std. error | Low | High | p | Rows | Units | "
              "Clusters |\n"
              "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
              out);
}

void jd_own_print_table(FILE *out, const jd_own_result_t *r, jd_own_format_t format)
{
    const jd_table_t *const tables[] = {&r->estimates, &r->diagnostics, &r->details};
    bool first = true;
    put_head(out, format);
    for (int k = 0; k < (format == JD_OWN_JSON ? 3 : 2); k++) { /* papers take no details */
        if (k == 1 && tables[k]->rows > 0 && format == JD_OWN_LATEX) fputs("\\hline\n", out);
        for (int64_t row = 0; row < tables[k]->rows; row++) {
            if (format == JD_OWN_JSON)
                put_json(out, tables[k], row, first);
            else
                put_row(out, tables[k], row, format);
            first = false;
        }
    }
    if (format == JD_OWN_JSON) fputs("\n]\n", out);
    if (format == JD_OWN_LATEX) fputs("\\hline\n\\end{tabular}\n", out);
}

static int append(jd_table_t *to, const jd_table_t *from, jd_ctx_t *ctx)
{
    int rc = jd_table_reserve(to, to->rows + from->rows, ctx);
    for (int c = 0; c < JD_OWN_COLUMNS && !rc; c++) {
        size_t size = jd_column_size(&to->columns[c]);
        memcpy((char *)to->data[c] + (size_t)to->rows * size, from->data[c],
               (size_t)from->rows * size);
    }
    if (!rc) to->rows += from->rows;
    return rc;
}

int jd_own_print_csv(FILE *out, const jd_own_result_t *r, jd_ctx_t *ctx)
{
    jd_table_t all;
    int rc = jd_table_copy(&all, &r->estimates, ctx);
    if (!rc) rc = append(&all, &r->diagnostics, ctx);
    if (!rc) rc = append(&all, &r->details, ctx);
    if (!rc) rc = jd_csv_print(&all, out, "standard output", ctx);
    jd_table_free(&all);
    return rc;
}
