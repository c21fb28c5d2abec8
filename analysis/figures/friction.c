/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Friction by quarter and what it is made of, of treated counties and of those never treated. */
#include <stdlib.h>

#include "core/memory.h"
#include "parts.h"

static const jd_figure_kind_t kind = {"friction", 183.0, 75.0, 130.0};

#define PART(name, label)                                              \
    {                                                                  \
        "friction_" name, JD_DOUBLE, "1", label, NULL, 0, JD_AXIS_CELL \
    }

const jd_column_t jd_friction_columns[JD_FRICTION_COLUMNS] = {
    {"year", JD_DOUBLE, "year", "start of the quarter as a decimal year (2020.25 = 2020Q2)", NULL,
     0, JD_AXIS_CELL},
    {"treated", JD_INT8, "1", "counties", "0 never treated, 1 treated at some time", 0,
     JD_AXIS_CELL},
    {"log_friction", JD_DOUBLE, "1", "f = -ln(1 - F), mean of counties", NULL, 0, JD_AXIS_CELL},
    PART("toolkit", "the toolkit falls short"),
    PART("capability", "capability falls short of plan"),
    PART("time", "time is taken away"),
    PART("willingness", "what officials do with their time and capability"),
    PART("show", "weak effort goes into show"),
};

/* Greys differ, from black to white. */
static const jd_part_look_t parts[JD_PARTS] = {
    {"toolkit", "#222222"},   {"capability", "#D9D9D9"}, {"time", JD_ORANGE},
    {"willingness", JD_BLUE}, {"show", "#FFFFFF"},
};

typedef struct group {
    const char *name, *title, *letter;
    int treated;
    int64_t n; /* quarters */
    double half;
} group_t;

/* The group's stacks and its total; places[rows] is scratch. Returns rows without a stack. */
static int put_group(FILE *out, const jd_table_t *table, const int *col, group_t *group,
                     double *places, jd_range_t *year, jd_range_t *extent)
{
    const jd_parts_mark_t mark = {col[JD_FRICTION_TOTAL], -1};
    group->n = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        const double x = jd_figure_cell(table, col[JD_FRICTION_YEAR], row);
        const double total = jd_figure_cell(table, col[JD_FRICTION_TOTAL], row);
        const bool mine =
            jd_figure_cell(table, col[JD_FRICTION_TREATED], row) == (double)group->treated;
        places[row] = mine && !isnan(total) ? x : JD_MISSING;
        if (isnan(places[row])) continue;
        group->n++;
        jd_range_add(year, x);
        jd_range_add(extent, total);
    }
    group->half = 0.09; /* of a year: bars of a quarter, a little apart */
    const int left_out =
        jd_parts_data(out, group->name, table, col + JD_FRICTION_FIRST, &mark, places, extent);
    fprintf(out, "$%s_total << EOD\n", group->name);
    for (int64_t row = 0; row < table->rows; row++) {
        if (isnan(places[row])) continue;
        jd_put_number(out, places[row]);
        fputc(' ', out);
        jd_put_number(out, jd_figure_cell(table, col[JD_FRICTION_TOTAL], row));
        fputc('\n', out);
    }
    fputs("EOD\n", out);
    return left_out;
}

static void put_panel(jd_page_t *page, const group_t *group, const jd_range_t *extent,
                      const jd_box_t *box, bool first)
{
    static const jd_look_t total = {JD_BLACK, "dt 1 lw 1.2", "pt 7 ps 0.35"};
    FILE *out = page->out;
    jd_page_panel(page, box, group->letter, box->left - 11.0);
    if (first) {
        jd_page_legend(page, 14.0, jd_page_wide(page) ? 6.5 : 10.0,
                       jd_page_wide(page) ? 27.0 : 24.0, jd_page_wide(page) ? 1 : 2);
        jd_parts_legend(page, parts);
        jd_page_entry(page, &total, "f");
    }
    fprintf(out,
            "set label '%s' at graph 0, graph 1.0 left offset 0,0.7 font ',8.5'\n"
            "set arrow from graph 0, first 0 to graph 1, first 0 nohead front lw 0.8 lc rgb "
            "'#333333'\n",
            group->title);
    jd_put_axis(out, "y", extent, 7);
    if (first || !jd_page_wide(page)) fputs("set ylabel 'Friction f' offset 0.8,0\n", out);
    jd_parts_plot(page, group->name, parts, group->half, 0);
    jd_page_plot(page);
    fprintf(out, "$%s_total using 1:2 with linespoints ", group->name);
    jd_put_look(out, &total);
    jd_page_drawn(page);
}

static int put_all(FILE *out, const jd_table_t *table, const jd_figure_options_t *options,
                   double *places, jd_ctx_t *ctx)
{
    int col[JD_FRICTION_COLUMNS], left_out = 0, n = 0;
    group_t groups[] = {{"treated", "treated counties", "a", 1, 0, 0},
                        {"never", "never treated", "b", 0, 0, 0}};
    int rc = jd_figure_find(&kind, table, jd_friction_columns, JD_FRICTION_COLUMNS,
                            JD_FRICTION_COLUMNS, col, ctx);
    if (rc) return rc;
    jd_page_t page;
    jd_page_begin(&page, out, &kind, options);
    jd_range_t year = jd_range_empty(), extent = {0.0, 0.0};
    for (int g = 0; g < 2; g++) {
        left_out += put_group(out, table, col, &groups[g], places, &year, &extent);
        n += groups[g].n > 0;
    }
    if (n == 0) return jd_figure_nothing(&kind, table, "year, log_friction and its parts", ctx);
    jd_parts_report(kind.name, left_out, ctx);
    jd_range_pad(&year, 0.03);
    jd_range_pad(&extent, 0.05);
    jd_put_axis(out, "x", &year, 4);
    if (year.high - year.low <= 500.0) /* whole years */
        fprintf(out, "set format x '%%.0f'\nset xtics %d\n",
                (int)fmax(1.0, ceil((year.high - year.low) / 5.0)));
    for (int g = 0, k = 0; g < 2; g++) {
        if (groups[g].n == 0) continue;
        const jd_box_t box = jd_page_cell(&page, k, n, 14.0, 16.0);
        put_panel(&page, &groups[g], &extent, &box, k == 0);
        k++;
    }
    jd_page_end(&page);
    return JD_OK;
}

int jd_figure_friction_script(FILE *out, const jd_table_t *friction,
                              const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    double *places;
    int rc = jd_make(&places, friction ? friction->rows : 0, sizeof *places, "a figure", ctx);
    if (!rc) rc = put_all(out, friction, options, places, ctx);
    free(places);
    return rc;
}

int jd_figure_friction(const jd_table_t *friction, const jd_figure_options_t *options,
                       jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &kind, options, ctx);
    jd_sheet_shows(&sheet, friction);
    if (!rc) rc = jd_figure_friction_script(sheet.script, friction, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}
