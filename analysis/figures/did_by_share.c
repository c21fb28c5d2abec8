/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DID against the true total and direct effect by treated share (proposition P5) or by another
 * parameter. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "parts.h"

static const jd_figure_kind_t kind = {"did_by_share", 183.0, 85.0, 155.0};

const jd_column_t jd_did_by_share_columns[JD_SHARE_COLUMNS] = {
    {"share", JD_DOUBLE, "1", "treated share of counties", NULL, 0, JD_AXIS_CELL},
    {"did", JD_DOUBLE, "1", "mean DID (TWFE) estimate", NULL, 0, JD_AXIS_CELL},
    {"att", JD_DOUBLE, "1", "mean true ATT", NULL, 0, JD_AXIS_CELL},
    {"did_se", JD_DOUBLE, "1", "Monte-Carlo standard error of did", NULL, 0, JD_AXIS_CELL},
    {"att_se", JD_DOUBLE, "1", "Monte-Carlo standard error of att", NULL, 0, JD_AXIS_CELL},
    {"ade", JD_DOUBLE, "1", "mean true ADE", NULL, 0, JD_AXIS_CELL},
    {"ade_se", JD_DOUBLE, "1", "Monte-Carlo standard error of ade", NULL, 0, JD_AXIS_CELL},
    {"measurement", JD_DOUBLE, "1", "bias from the observation model", NULL, 0, JD_AXIS_CELL},
    {"trends", JD_DOUBLE, "1", "bias from differential trends and chance", NULL, 0, JD_AXIS_CELL},
    {"weights", JD_DOUBLE, "1", "bias from weights and target", NULL, 0, JD_AXIS_CELL},
    {"anticipation", JD_DOUBLE, "1", "bias from anticipation", NULL, 0, JD_AXIS_CELL},
    {"spillover", JD_DOUBLE, "1", "bias from spillover on controls", NULL, 0, JD_AXIS_CELL},
};

typedef struct curve {
    const char *block, *title;
    jd_look_t look;
    int value, error; /* members of the column list */
    double aside;     /* % of the axis: keeps the intervals apart */
} curve_t;

static const curve_t curves[] = {
    {"did",
     "DID estimate (TWFE)",
     {JD_RED, "dt 1 lw 2", "pt 7 ps 0.5"},
     JD_SHARE_DID,
     JD_SHARE_DID_SE,
     0.0},
    {"ade",
     "true ADE (direct)",
     {JD_BLACK, "dt (2,3) lw 2", "pt 6 ps 0.6"},
     JD_SHARE_ADE,
     JD_SHARE_ADE_SE,
     1.2},
    {"att",
     "true ATT (total)",
     {JD_BLUE, "dt (8,5) lw 2", "pt 5 ps 0.5"},
     JD_SHARE_ATT,
     JD_SHARE_ATT_SE,
     -1.2},
};
enum { N_CURVES = sizeof curves / sizeof curves[0] };

/* Share, value, ends of the 95 % interval. Returns whether there is anything to draw. */
static int put_curve_data(FILE *out, const jd_table_t *table, const int *col, const curve_t *curve,
                          double scale, double aside, jd_range_t *x, jd_range_t *y)
{
    int any = 0;
    fprintf(out, "$%s << EOD\n", curve->block);
    for (int64_t row = 0; row < table->rows; row++) {
        double share = jd_figure_cell(table, col[JD_SHARE_SHARE], row);
        double value = jd_figure_cell(table, col[curve->value], row);
        double error = 1.96 * jd_figure_cell(table, col[curve->error], row);
        if (isnan(share) || isnan(value)) continue;
        if (isnan(error)) error = 0.0;
        double cells[] = {scale * share + aside, value, value - error, value + error};
        for (int k = 0; k < 4; k++) {
            if (k > 0) fputc(' ', out);
            jd_put_number(out, cells[k]);
            jd_range_add(k == 0 ? x : y, cells[k]);
        }
        fputc('\n', out);
        any = 1;
    }
    fputs("EOD\n", out);
    return any;
}

static void put_effects(jd_page_t *page, const jd_table_t *table, const int *col, const int *has,
                        const jd_box_t *box, const jd_range_t *y)
{
    FILE *out = page->out;
    jd_page_panel(page, box, "a", box->left - 11.0);
    jd_put_axis(out, "y", y, 8);
    fputs("set ylabel ", out);
    jd_put_label(out, "Effect of the policy", jd_figure_unit(table, col[JD_SHARE_DID]));
    fputs(" offset 0.8,0\n", out);
    jd_page_legend(page, box->left, box->bottom - 12.0, 40.0, 2);
    for (int i = 0; i < N_CURVES; i++)
        if (has[i]) jd_page_entry(page, &curves[i].look, curves[i].title);
    for (int i = 0; i < N_CURVES; i++) {
        if (!has[i]) continue;
        jd_page_plot(page);
        fprintf(out, "$%s using 1:2:3:4 with yerrorbars pt 0 lw 1.2 dt 1 lc rgb '%s', \\\n     ",
                curves[i].block, curves[i].look.colour);
        fprintf(out, "$%s using 1:2 with linespoints ", curves[i].block);
        jd_put_look(out, &curves[i].look);
    }
    jd_page_drawn(page);
}

/* The parts of DID - ATT, and their sum as the estimate gives it. Returns the rows whose parts are
 * left out. */
static int put_bias(jd_page_t *page, const jd_table_t *table, const int *col,
                    const double *positions, const jd_box_t *box, double width)
{
    FILE *out = page->out;
    const jd_parts_mark_t mark = {col[JD_SHARE_DID], col[JD_SHARE_ATT]};
    static const jd_look_t all = {JD_BLACK, NULL, "pt 12 ps 0.7 lw 1.6"};
    jd_range_t extent = jd_range_empty();
    int any = 0;
    jd_range_add(&extent, 0.0);
    int left_out =
        jd_parts_data(out, "part", table, col + JD_SHARE_PARTS, &mark, positions, &extent);
    fputs("$bias << EOD\n", out);
    for (int64_t row = 0; row < table->rows; row++) {
        double bias = jd_parts_total(table, &mark, row);
        if (isnan(bias) || isnan(positions[row])) continue;
        jd_put_number(out, positions[row]);
        fputc(' ', out);
        jd_put_number(out, bias);
        fputc('\n', out);
        jd_range_add(&extent, bias);
        any = 1;
    }
    fputs("EOD\n", out);
    jd_range_pad(&extent, 0.06);
    jd_page_panel(page, box, "b", box->left - 11.0);
    jd_put_axis(out, "y", &extent, 8);
    fputs("set ylabel ", out);
    jd_put_label(out, "Bias, DID − ATT", jd_figure_unit(table, col[JD_SHARE_DID]));
    fputs(
        " offset 0.8,0\n"
        "set arrow from graph 0, first 0 to graph 1, first 0 nohead front lw 1 lc rgb '#333333'\n",
        out);
    jd_page_legend(page, box->left, box->bottom - 12.0, 36.0, 3);
    jd_parts_legend(page, jd_bias_parts);
    if (any) jd_page_entry(page, &all, "all (DID − ATT)");
    jd_parts_plot(page, "part", jd_bias_parts, jd_parts_half(positions, table->rows, width), 0);
    if (any) {
        jd_page_plot(page);
        fputs("$bias using 1:2 with points pt 13 ps 0.9 lc rgb '#FFFFFF', \\\n"
              "     $bias using 1:2 with points ",
              out);
        jd_put_look(out, &all);
    }
    jd_page_drawn(page);
    return left_out;
}

/* Place on the axis where the row has a part to show, else NaN. Returns how many have. */
static int read_positions(const jd_table_t *table, const int *col, double scale, double *positions)
{
    int n = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        int any = 0;
        for (int k = 0; k < JD_PARTS; k++)
            any |= !isnan(jd_figure_cell(table, col[JD_SHARE_PARTS + k], row));
        positions[row] = any ? scale * jd_figure_cell(table, col[JD_SHARE_SHARE], row) : JD_MISSING;
        n += !isnan(positions[row]);
    }
    return n;
}

/* Whether the axis is the treated share, and how wide it is. */
static int is_share(const jd_table_t *table, const int *col)
{
    return !strcmp(table->columns[col[JD_SHARE_SHARE]].label,
                   jd_did_by_share_columns[JD_SHARE_SHARE].label);
}

static double width_of(const jd_table_t *table, const int *col)
{
    jd_range_t x = jd_range_empty();
    for (int64_t row = 0; row < table->rows; row++)
        jd_range_add(&x, jd_figure_cell(table, col[JD_SHARE_SHARE], row));
    return x.high > x.low ? x.high - x.low : 0.0;
}

int jd_figure_did_by_share_script(FILE *out, const jd_table_t *table,
                                  const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    int col[JD_SHARE_COLUMNS], has[N_CURVES];
    int rc = jd_figure_find(&kind, table, jd_did_by_share_columns, JD_SHARE_COLUMNS,
                            JD_SHARE_REQUIRED, col, ctx);
    if (rc) return rc;
    size_t bytes = (size_t)table->rows * sizeof(double);
    double *positions;
    if (jd_make_unset(&positions, bytes, 1, "a figure's bars", ctx)) return JD_ERR_NO_MEMORY;

    jd_page_t page;
    jd_page_begin(&page, out, &kind, options);
    jd_range_t x = jd_range_empty(), y = jd_range_empty();
    jd_range_add(&y, 0.0);
    int share = is_share(table, col);
    double scale = share ? 100.0 : 1.0, percent = share ? 1.0 : width_of(table, col) / 100.0;
    for (int i = 0; i < N_CURVES; i++)
        has[i] =
            put_curve_data(out, table, col, &curves[i], scale, percent * curves[i].aside, &x, &y);
    if (!has[0] && !has[2]) {
        rc = jd_figure_nothing(&kind, table, "share, did and att", ctx);
        goto out;
    }
    jd_range_pad(&x, 0.1);
    jd_range_pad(&y, 0.05);
    int two = read_positions(table, col, scale, positions) > 0;
    jd_box_t first = jd_page_cell(&page, 0, 1 + two, 15.0, 22.0);
    jd_box_t second = jd_page_cell(&page, 1, 1 + two, 15.0, 22.0);
    jd_put_axis(out, "x", &x, 10);
    const jd_column_t *axis = &table->columns[col[JD_SHARE_SHARE]];
    fputs("set xlabel ", out);
    jd_put_label(out, share ? "Treated share of counties" : axis->label, share ? "%" : axis->unit);
    fputs(share ? " offset 0,0.6\n" : " offset 0,0.6 noenhanced\n", out);
    put_effects(&page, table, col, has, &first, &y);
    if (two)
        jd_parts_report(kind.name, put_bias(&page, table, col, positions, &second, x.high - x.low),
                        ctx);
    jd_page_end(&page);
out:
    free(positions);
    return rc;
}

int jd_figure_did_by_share(const jd_table_t *shares, const jd_figure_options_t *options,
                           jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &kind, options, ctx);
    jd_sheet_shows(&sheet, shares);
    if (!rc) rc = jd_figure_did_by_share_script(sheet.script, shares, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}
