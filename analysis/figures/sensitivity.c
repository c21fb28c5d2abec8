/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which parameters an output depends on: Sobol indices as bars, Morris' effects as points. */
#include <string.h>

#include "page.h"

static const jd_figure_kind_t sobol_kind = {"sobol", 120.0, 70.0, 75.0};
static const jd_figure_kind_t morris_kind = {"morris", 120.0, 80.0, 75.0};

const jd_column_t jd_sobol_columns[JD_SOBOL_COLUMNS] = {
    {"parameter", JD_TEXT, "", "parameter", NULL, 64, JD_AXIS_CELL},
    {"first", JD_DOUBLE, "1", "first-order index", NULL, 0, JD_AXIS_CELL},
    {"first_low", JD_DOUBLE, "1", "its interval's lower end", NULL, 0, JD_AXIS_CELL},
    {"first_high", JD_DOUBLE, "1", "its interval's upper end", NULL, 0, JD_AXIS_CELL},
    {"total", JD_DOUBLE, "1", "total index", NULL, 0, JD_AXIS_CELL},
    {"total_low", JD_DOUBLE, "1", "its interval's lower end", NULL, 0, JD_AXIS_CELL},
    {"total_high", JD_DOUBLE, "1", "its interval's upper end", NULL, 0, JD_AXIS_CELL},
};

const jd_column_t jd_morris_columns[JD_MORRIS_COLUMNS] = {
    {"parameter", JD_TEXT, "", "parameter", NULL, 64, JD_AXIS_CELL},
    {"mu_star", JD_DOUBLE, "1", "mean size of the elementary effect", NULL, 0, JD_AXIS_CELL},
    {"mu_star_low", JD_DOUBLE, "1", "its interval's lower end", NULL, 0, JD_AXIS_CELL},
    {"mu_star_high", JD_DOUBLE, "1", "its interval's upper end", NULL, 0, JD_AXIS_CELL},
    {"sigma", JD_DOUBLE, "1", "SD of the elementary effect", NULL, 0, JD_AXIS_CELL},
};

enum { NAME_SIZE = 96, LONGEST = 36 };
static const double LETTER_MM = 1.45;

/* Some row must have numbers in both columns. */
static int check_rows(const jd_figure_kind_t *kind, const jd_table_t *table, int value, int other,
                      jd_ctx_t *ctx)
{
    int n = 0;
    if (table->rows > JD_FIGURE_BARS)
        return jd_fail(ctx, JD_ERR_DATA,
                       "figure %s: table '%s' has %lld parameters, of which %d stay legible; hand "
                       "over the most important",
                       kind->name, table->name, (long long)table->rows, JD_FIGURE_BARS);
    for (int64_t row = 0; row < table->rows; row++)
        n += !isnan(jd_figure_cell(table, value, row)) && !isnan(jd_figure_cell(table, other, row));
    return n ? JD_OK : jd_figure_nothing(kind, table, table->columns[value].name, ctx);
}

/* ---- Sobol: bars ---- */

/* Block $NAME: low and high end of the bar, its place, and the interval. */
static void put_bars(FILE *out, const jd_table_t *table, const int *col, const char *name,
                     int value, double down, jd_range_t *x)
{
    fprintf(out, "$%s << EOD\n", name);
    for (int64_t row = 0; row < table->rows; row++) {
        double v = jd_figure_cell(table, col[value], row);
        double low = jd_figure_cell(table, col[value + 1], row);
        double high = jd_figure_cell(table, col[value + 2], row);
        if (isnan(v)) continue;
        double cells[] = {v, -(double)row - down, isnan(low) ? v : low, isnan(high) ? v : high};
        for (int i = 0; i < 4; i++) {
            if (i > 0) fputc(' ', out);
            jd_put_number(out, cells[i]);
            if (i != 1) jd_range_add(x, cells[i]);
        }
        fputc('\n', out);
    }
    fputs("EOD\n", out);
}

static void plot_bars(jd_page_t *page, const char *name, const char *colour)
{
    jd_page_plot(page);
    fprintf(page->out,
            "$%s using 1:2:(0):1:($2-0.18):($2+0.18) with boxxyerror fc rgb '%s' fs solid 1 border "
            "lc rgb '#333333' lw 0.5, \\\n"
            "     $%s using 1:2:3:4 with xerrorbars pt 0 lw 1.2 lc rgb '" JD_BLACK "'",
            name, colour, name);
}

static void put_sobol(FILE *out, const jd_table_t *table, const int *col,
                      const jd_figure_options_t *options)
{
    jd_page_t page;
    char name[NAME_SIZE];
    jd_range_t x = {0.0, 0.0};
    int longest = 4;
    jd_page_begin(&page, out, &sobol_kind, options);
    put_bars(out, table, col, "first", JD_SOBOL_FIRST, -0.19, &x);
    put_bars(out, table, col, "total", JD_SOBOL_TOTAL, 0.19, &x);
    for (int64_t row = 0; row < table->rows; row++) {
        jd_table_text(table, col[JD_SOBOL_PARAMETER], row, name, sizeof name);
        int length = (int)jd_utf8_count(name);
        if (length > longest) longest = length < LONGEST ? length : LONGEST;
    }
    jd_range_pad(&x, 0.03);
    jd_box_t box = {5.0 + LETTER_MM * longest, page.width - 5.0, 18.0, page.top - 2.0};
    jd_page_panel(&page, &box, NULL, 0.0);
    fputs("unset ytics\nset border 1 ls 100\n", out);
    for (int64_t row = 0; row < table->rows; row++) {
        fputs("set label ", out);
        jd_put_text(out, jd_table_text(table, col[JD_SOBOL_PARAMETER], row, name, sizeof name),
                    LONGEST);
        fprintf(out, " at graph 0, first %lld right offset -0.8,0 noenhanced\n", -(long long)row);
    }
    jd_put_axis(out, "x", &x, (int)fmax(4.0, (box.right - box.left) / 9.0));
    fprintf(
        out,
        "set yrange [%.10g:0.6]\n"
        "set arrow from first 0, graph 0 to first 0, graph 1 nohead back lw 1 lc rgb '#333333'\n"
        "set xlabel ",
        0.4 - (double)table->rows);
    jd_put_label(out, table->columns[col[JD_SOBOL_FIRST]].label,
                 jd_figure_unit(table, col[JD_SOBOL_FIRST]));
    fputs(" offset 0,0.6 noenhanced\n", out);
    jd_page_legend(&page, 3.0, 7.0, 60.0, 2);
    jd_page_box_entry(&page, JD_BLUE, "first: the parameter alone");
    jd_page_box_entry(&page, "#D9D9D9", "total: with its interactions");
    plot_bars(&page, "first", JD_BLUE);
    plot_bars(&page, "total", "#D9D9D9");
    jd_page_drawn(&page);
    jd_page_end(&page);
}

int jd_figure_sobol_script(FILE *out, const jd_table_t *table, const jd_figure_options_t *options,
                           jd_ctx_t *ctx)
{
    int col[JD_SOBOL_COLUMNS];
    int rc = jd_figure_find(&sobol_kind, table, jd_sobol_columns, JD_SOBOL_COLUMNS,
                            JD_SOBOL_COLUMNS, col, ctx);
    if (!rc) rc = check_rows(&sobol_kind, table, col[JD_SOBOL_FIRST], col[JD_SOBOL_TOTAL], ctx);
    if (!rc) put_sobol(out, table, col, options);
    return rc;
}

int jd_figure_sobol(const jd_table_t *table, const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &sobol_kind, options, ctx);
    jd_sheet_shows(&sheet, table);
    if (!rc) rc = jd_figure_sobol_script(sheet.script, table, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}

/* ---- Morris: points ---- */

static void put_points(FILE *out, const jd_table_t *table, const int *col, jd_range_t *x,
                       jd_range_t *y)
{
    fputs("$effects << EOD\n", out);
    for (int64_t row = 0; row < table->rows; row++) {
        double v = jd_figure_cell(table, col[JD_MORRIS_MU_STAR], row);
        double low = jd_figure_cell(table, col[JD_MORRIS_MU_STAR + 1], row);
        double high = jd_figure_cell(table, col[JD_MORRIS_MU_STAR + 2], row);
        double sigma = jd_figure_cell(table, col[JD_MORRIS_SIGMA], row);
        if (isnan(v) || isnan(sigma)) continue;
        double cells[] = {v, sigma, isnan(low) ? v : low, isnan(high) ? v : high};
        for (int i = 0; i < 4; i++) {
            if (i > 0) fputc(' ', out);
            jd_put_number(out, cells[i]);
            jd_range_add(i == 1 ? y : x, cells[i]);
        }
        fputc('\n', out);
    }
    fputs("EOD\n", out);
}

/* Where a name may stand: above or below its point, to its right or left. */
static const struct {
    int right, up;
} sides[] = {{1, 1}, {0, 1}, {1, 0}, {0, 0}};
enum { SIDES = sizeof sides / sizeof sides[0] };

static jd_box_t name_box(double x, double y, double length, int side)
{
    double left = sides[side].right ? x + 0.7 : x - 0.7 - length;
    double middle = y + (sides[side].up ? 2.2 : -2.2);
    return (jd_box_t){left, left + length, middle - 1.5, middle + 1.5};
}

/* Whether a name lies within the panel and upon nothing that is there. */
static int is_free(const jd_box_t *name, const jd_box_t *panel, const jd_box_t *there, int n)
{
    int ok = name->left >= panel->left && name->right <= panel->right + 3.0;
    for (int i = 0; i < n; i++)
        ok &= name->right < there[i].left || name->left > there[i].right ||
              name->top < there[i].bottom || name->bottom > there[i].top;
    return ok;
}

/* Where a value of an axis lies on the sheet, in mm. */
static double to_mm(double value, const jd_range_t *range, double from, double to)
{
    return from + (to - from) * (value - range->low) / (range->high - range->low);
}

/* Boxes of the intervals; returns their number. */
static int list_intervals(const jd_table_t *table, const int *col, const jd_box_t *box,
                          const jd_range_t *x, const jd_range_t *y, jd_box_t *there)
{
    int n = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        double low = jd_figure_cell(table, col[JD_MORRIS_MU_STAR + 1], row);
        double high = jd_figure_cell(table, col[JD_MORRIS_MU_STAR + 2], row);
        double sigma = jd_figure_cell(table, col[JD_MORRIS_SIGMA], row);
        if (isnan(low) || isnan(high) || isnan(sigma)) continue;
        double up = to_mm(sigma, y, box->bottom, box->top);
        there[n++] = (jd_box_t){to_mm(low, x, box->left, box->right),
                                to_mm(high, x, box->left, box->right), up - 0.4, up + 0.4};
    }
    return n;
}

static void put_names(const jd_page_t *page, const jd_table_t *table, const int *col,
                      const jd_box_t *box, const jd_range_t *x, const jd_range_t *y)
{
    char name[NAME_SIZE];
    jd_box_t placed[2 * JD_FIGURE_BARS]; /* the intervals, then the names */
    int n = list_intervals(table, col, box, x, y, placed);
    for (int64_t row = 0; row < table->rows; row++) {
        double v = jd_figure_cell(table, col[JD_MORRIS_MU_STAR], row);
        double sigma = jd_figure_cell(table, col[JD_MORRIS_SIGMA], row);
        if (isnan(v) || isnan(sigma)) continue;
        double at = to_mm(v, x, box->left, box->right);
        double up = to_mm(sigma, y, box->bottom, box->top);
        jd_table_text(table, col[JD_MORRIS_PARAMETER], row, name, sizeof name);
        double length = LETTER_MM * fmin((double)jd_utf8_count(name), LONGEST);
        int side = 0;
        while (side < SIDES) {
            placed[n] = name_box(at, up, length, side);
            if (is_free(&placed[n], box, placed, n)) break;
            side++;
        }
        if (side == SIDES) placed[n] = name_box(at, up, length, side = 0);
        fputs("set label ", page->out);
        jd_put_text(page->out, name, LONGEST);
        fputs(" at ", page->out);
        jd_put_place(page, sides[side].right ? placed[n].left : placed[n].right,
                     up + (sides[side].up ? 2.2 : -2.2));
        fprintf(page->out, " %s noenhanced\n", sides[side].right ? "left" : "right");
        n++;
    }
}

static void put_morris(FILE *out, const jd_table_t *table, const int *col,
                       const jd_figure_options_t *options)
{
    static const jd_look_t points = {JD_BLUE, NULL, "pt 7 ps 0.6"};
    static const jd_look_t equal = {JD_GREY, "dt (4,3) lw 1.2", NULL};
    const jd_column_t *star = &table->columns[col[JD_MORRIS_MU_STAR]];
    jd_page_t page;
    jd_range_t x = {0.0, 0.0}, y = {0.0, 0.0};
    jd_page_begin(&page, out, &morris_kind, options);
    put_points(out, table, col, &x, &y);
    jd_range_pad(&x, 0.08);
    jd_range_pad(&y, 0.1);
    jd_box_t box = {15.0, page.width - 4.0, 17.0, page.top - 3.0};
    jd_page_panel(&page, &box, NULL, 0.0);
    jd_put_axis(out, "x", &x, (int)fmax(4.0, (box.right - box.left) / 12.0));
    jd_put_axis(out, "y", &y, 7);
    fputs("set xlabel ", out);
    jd_put_label(out, star->label, star->unit);
    fputs(" offset 0,0.6 noenhanced\nset ylabel ", out);
    jd_put_label(out, "σ: SD of the effect", star->unit);
    fputs(" offset 0.8,0 noenhanced\n", out);
    put_names(&page, table, col, &box, &x, &y);
    double most = fmin(x.high, y.high);
    fprintf(out,
            "set arrow from first 0, first 0 to first %.10g, first %.10g nohead back %s lc rgb "
            "'%s'\n",
            most, most, equal.line, equal.colour);
    jd_page_legend(&page, 3.0, 3.0, 45.0, 1);
    jd_page_entry(&page, &points, "parameter, interval of µ*");
    jd_page_entry(&page, &equal, "σ = µ*");
    jd_page_plot(&page);
    fprintf(out,
            "$effects using 1:2:3:4 with xerrorbars pt 0 lw 1.2 lc rgb '%s', \\\n"
            "     $effects using 1:2 with points ",
            points.colour);
    jd_put_look(out, &points);
    jd_page_drawn(&page);
    jd_page_end(&page);
}

int jd_figure_morris_script(FILE *out, const jd_table_t *table, const jd_figure_options_t *options,
                            jd_ctx_t *ctx)
{
    int col[JD_MORRIS_COLUMNS];
    int rc = jd_figure_find(&morris_kind, table, jd_morris_columns, JD_MORRIS_COLUMNS,
                            JD_MORRIS_COLUMNS, col, ctx);
    if (!rc)
        rc = check_rows(&morris_kind, table, col[JD_MORRIS_MU_STAR], col[JD_MORRIS_SIGMA], ctx);
    if (!rc) put_morris(out, table, col, options);
    return rc;
}

int jd_figure_morris(const jd_table_t *table, const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &morris_kind, options, ctx);
    jd_sheet_shows(&sheet, table);
    if (!rc) rc = jd_figure_morris_script(sheet.script, table, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}
