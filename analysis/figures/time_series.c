/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened in the run: national means by quarter, as small multiples. */

#include "page.h"

static const jd_figure_kind_t kind = {"time_series", 183.0, 90.0, 120.0};

const jd_column_t jd_time_series_columns[JD_SERIES_COLUMNS] = {
    {"year", JD_DOUBLE, "year", "start of the quarter as a decimal year (2020.25 = 2020Q2)", NULL,
     0, JD_AXIS_CELL},
    {"pressure", JD_DOUBLE, "1", "pressure on street officials, national mean", NULL, 0,
     JD_AXIS_CELL},
    {"strong_share", JD_DOUBLE, "1", "share of effort in the strong domain", NULL, 0, JD_AXIS_CELL},
    {"friction", JD_DOUBLE, "1", "governance friction", NULL, 0, JD_AXIS_CELL},
    {"inducement", JD_DOUBLE, "1", "inducement of firms", NULL, 0, JD_AXIS_CELL},
    {"services", JD_DOUBLE, "1", "stock of services", NULL, 0, JD_AXIS_CELL},
    {"world", JD_INT8, "1", "world", "0 without the policy, 1 with it", 0, JD_AXIS_CELL},
};

static const char *const labels[JD_SERIES_COUNT] = {"Pressure P", "S-share of effort", "Friction F",
                                                    "Inducement I", "Services G"};

typedef struct world {
    const char *title;
    jd_look_t look;
    int has[JD_SERIES_COUNT], any; /* numbers to draw */
} world_t;

static void put_world(FILE *out, const jd_table_t *table, const int *col, int number,
                      world_t *world, jd_range_t *year, jd_range_t *ranges)
{
    fprintf(out, "$world%d << EOD\n", number);
    for (int64_t row = 0; row < table->rows; row++) {
        double which =
            col[JD_SERIES_WORLD] < 0 ? 1.0 : jd_figure_cell(table, col[JD_SERIES_WORLD], row);
        double x = jd_figure_cell(table, col[JD_SERIES_YEAR], row);
        if (which != (double)number || isnan(x)) continue;
        jd_range_add(year, x);
        jd_put_number(out, x);
        for (int k = 0; k < JD_SERIES_COUNT; k++) {
            double value = jd_figure_cell(table, col[JD_SERIES_FIRST + k], row);
            jd_range_add(&ranges[k], value);
            world->has[k] |= !isnan(value);
            world->any |= !isnan(value);
            fputc(' ', out);
            jd_put_number(out, value);
        }
        fputc('\n', out);
    }
    fputs("EOD\n", out);
}

/* Panels fill a grid row by row; the cell after the last panel is the legend's. */
static void put_panel(jd_page_t *page, int k, int columns, const world_t *worlds,
                      const jd_range_t *range, int *told)
{
    static const char *const letters[JD_SERIES_COUNT] = {"a", "b", "c", "d", "e"};
    FILE *out = page->out;
    int rows = (JD_SERIES_COUNT + columns) / columns, row = k / columns;
    double width = page->width / columns, height = page->top / rows;
    double x = width * (k % columns), y = height * (rows - 1 - row);
    jd_box_t box = {x + 14.0, x + width - 4.0, y + 7.0, y + height - 6.0};
    jd_page_panel(page, &box, letters[k], box.left - 11.0);
    if (!*told) {
        jd_page_legend(page, width * (columns - 1) + 11.0, height / 2.0 + 3.0, 0.0, 2);
        for (int w = 1; w >= 0 && worlds[0].any && worlds[1].any; w--)
            jd_page_entry(page, &worlds[w].look, worlds[w].title);
        *told = 1;
    }
    fprintf(out, "set label '%s' at graph 0, graph 1.0 left offset 0,0.7 font ',8.5'\n", labels[k]);
    jd_put_axis(out, "y", range, 7);
    for (int w = 0; w < 2; w++) {
        if (!worlds[w].has[k]) continue;
        jd_page_plot(page);
        fprintf(out, "$world%d using 1:%d with linespoints pointinterval 4 ", w, k + 2);
        jd_put_look(out, &worlds[w].look);
    }
    jd_page_drawn(page);
}

int jd_figure_time_series_script(FILE *out, const jd_table_t *series,
                                 const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    int col[JD_SERIES_COLUMNS], told = 0;
    world_t worlds[2] = {
        {"without the policy", {JD_BLUE, "dt (8,5) lw 1.8", "pt 6 ps 0.4"}, {0}, 0},
        {"with the policy", {JD_RED, "dt 1 lw 1.8", "pt 7 ps 0.35"}, {0}, 0},
    };
    int rc = jd_figure_find(&kind, series, jd_time_series_columns, JD_SERIES_COLUMNS,
                            JD_SERIES_REQUIRED, col, ctx);
    if (rc) return rc;
    jd_page_t page;
    jd_page_begin(&page, out, &kind, options);
    jd_range_t year = jd_range_empty(), ranges[JD_SERIES_COUNT];
    for (int k = 0; k < JD_SERIES_COUNT; k++)
        ranges[k] = jd_range_empty();
    for (int w = 0; w < 2; w++)
        put_world(out, series, col, w, &worlds[w], &year, ranges);
    int columns = jd_page_wide(&page) ? 3 : 2, any = 0;
    jd_range_pad(&year, 0.02);
    jd_put_axis(out, "x", &year, 4);
    if (year.high - year.low <= 500.0) /* whole years */
        fprintf(out, "set format x '%%.0f'\nset xtics %d\n",
                (int)fmax(1.0, ceil((year.high - year.low) / 5.0)));
    for (int k = 0; k < JD_SERIES_COUNT; k++) {
        if (!worlds[0].has[k] && !worlds[1].has[k]) continue;
        jd_range_pad(&ranges[k], 0.08);
        put_panel(&page, k, columns, worlds, &ranges[k], &told);
        any = 1;
    }
    jd_page_end(&page);
    return any ? JD_OK : jd_figure_nothing(&kind, series, "year and a series", ctx);
}

int jd_figure_time_series(const jd_table_t *series, const jd_figure_options_t *options,
                          jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &kind, options, ctx);
    jd_sheet_shows(&sheet, series);
    if (!rc) rc = jd_figure_time_series_script(sheet.script, series, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}
