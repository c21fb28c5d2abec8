/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "parts.h"

/* Colours whose greys differ, from black to white. */
const jd_part_look_t jd_bias_parts[JD_PARTS] = {
    {"measurement", "#222222"},
    {"trends and chance", "#D9D9D9"},
    {"weights and target", JD_ORANGE},
    {"anticipation", "#FFFFFF"},
    {"spillover", JD_BLUE},
};

/* Where part k of a row lies: upon the earlier parts of its sign. */
static void stack(const jd_table_t *table, const int *col, int64_t row, int k, double *low,
                  double *high)
{
    double value = jd_figure_cell(table, col[k], row), base = 0.0;
    if (isnan(value)) value = 0.0;
    for (int j = 0; j < k; j++) {
        double earlier = jd_figure_cell(table, col[j], row);
        if ((value < 0.0 && earlier < 0.0) || (value > 0.0 && earlier > 0.0)) base += earlier;
    }
    *low = fmin(base, base + value);
    *high = fmax(base, base + value);
}

double jd_parts_total(const jd_table_t *table, const jd_parts_mark_t *mark, int64_t row)
{
    double total = jd_figure_cell(table, mark->column, row);
    return mark->less < 0 ? total : total - jd_figure_cell(table, mark->less, row);
}

/* Whether a row has parts at all, and whether they add up to its mark but for rounding. */
static int add_up(const jd_table_t *table, const int *col, const jd_parts_mark_t *mark, int64_t row,
                  int *any)
{
    double sum = 0.0, size = 0.0, total = jd_parts_total(table, mark, row);
    *any = 0;
    for (int k = 0; k < JD_PARTS; k++) {
        double value = jd_figure_cell(table, col[k], row);
        if (isnan(value)) continue;
        *any = 1;
        sum += value;
        size += fabs(value);
    }
    return fabs(sum - total) <= 1e-6 * (size + fabs(total)); /* a missing total is no sum */
}

int jd_parts_data(FILE *out, const char *name, const jd_table_t *table, const int *col,
                  const jd_parts_mark_t *mark, const double *positions, jd_range_t *extent)
{
    int left_out = 0;
    for (int k = 0; k < JD_PARTS; k++) {
        fprintf(out, "$%s%d << EOD\n", name, k);
        for (int64_t row = 0; row < table->rows; row++) {
            if (isnan(positions[row])) continue;
            double low = 0.0, high = 0.0; /* no stack: gnuplot takes no empty block */
            int any, sum = add_up(table, col, mark, row, &any);
            left_out += any && !sum && k == 0;
            if (sum) stack(table, col, row, k, &low, &high);
            jd_range_add(extent, low);
            jd_range_add(extent, high);
            jd_put_number(out, positions[row]);
            fputc(' ', out);
            jd_put_number(out, low);
            fputc(' ', out);
            jd_put_number(out, high);
            fputc('\n', out);
        }
        fputs("EOD\n", out);
    }
    return left_out;
}

void jd_parts_report(const char *figure, int rows, jd_ctx_t *ctx)
{
    if (rows > 0)
        jd_warn(ctx,
                "figure %s: the parts of %d bar%s do not add up to the total, as they are known in "
                "fewer replicates; the total alone is drawn",
                figure, rows, rows > 1 ? "s" : "");
}

double jd_parts_half(const double *positions, int64_t rows, double width)
{
    double step = width / 3.0;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < i; j++) {
            double apart = fabs(positions[i] - positions[j]);
            if (apart > 0.0 && apart < step) step = apart;
        }
    return step / 3.0;
}

void jd_parts_plot(jd_page_t *page, const char *name, const jd_part_look_t *parts, double half,
                   int lying)
{
    for (int k = 0; k < JD_PARTS; k++) {
        jd_page_plot(page);
        fprintf(page->out,
                lying ? "$%s%d using 2:1:2:3:($1-%.10g):($1+%.10g)"
                      : "$%s%d using 1:2:($1-%.10g):($1+%.10g):2:3",
                name, k, half, half);
        fprintf(page->out, " with boxxyerror fc rgb '%s' fs solid 1 border lc rgb '#333333' lw 0.5",
                parts[k].colour);
    }
}

void jd_parts_legend(jd_page_t *page, const jd_part_look_t *parts)
{
    for (int k = 0; k < JD_PARTS; k++)
        jd_page_box_entry(page, parts[k].colour, parts[k].title);
}
