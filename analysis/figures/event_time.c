/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimates with their intervals against the truth, by event time. */
#include <string.h>

#include "page.h"

static const jd_figure_kind_t kind = {"event_time", 183.0, 80.0, 80.0};

const jd_column_t jd_event_estimate_columns[JD_EVENT_COLUMNS] = {
    {"estimator", JD_TEXT, "", "estimator", NULL, 32, JD_AXIS_CELL},
    {"event_time", JD_INT32, "quarter", "periods since adoption", NULL, 0, JD_AXIS_CELL},
    {"estimate", JD_DOUBLE, "1", "estimated effect", NULL, 0, JD_AXIS_CELL},
    {"ci_low", JD_DOUBLE, "1", "lower end of the 95 % interval", NULL, 0, JD_AXIS_CELL},
    {"ci_high", JD_DOUBLE, "1", "upper end of the 95 % interval", NULL, 0, JD_AXIS_CELL},
};

const jd_column_t jd_event_truth_columns[JD_TRUTH_COLUMNS] = {
    {"event_time", JD_INT32, "quarter", "periods since adoption", NULL, 0, JD_AXIS_CELL},
    {"att", JD_DOUBLE, "1", "true total effect on the treated", NULL, 0, JD_AXIS_CELL},
    {"ade", JD_DOUBLE, "1", "true direct effect", NULL, 0, JD_AXIS_CELL},
};

enum { NAME_SIZE = 128 };

typedef struct series {
    int n;
    char names[JD_FIGURE_ESTIMATORS][NAME_SIZE];
} series_t;

static int find_series(const series_t *series, const char *name)
{
    int i = 0;
    while (i < series->n && strcmp(series->names[i], name) != 0)
        i++;
    return i;
}

/* Estimators that have something to draw, in the order they come. */
static int read_series(series_t *series, const jd_table_t *table, const int *col, jd_ctx_t *ctx)
{
    char name[NAME_SIZE];
    for (int64_t row = 0; row < table->rows; row++) {
        if (isnan(jd_figure_cell(table, col[JD_EVENT_TIME], row)) ||
            isnan(jd_figure_cell(table, col[JD_EVENT_ESTIMATE], row)))
            continue;
        jd_table_text(table, col[JD_EVENT_ESTIMATOR], row, name, sizeof name);
        if (find_series(series, name) < series->n) continue;
        if (series->n == JD_FIGURE_ESTIMATORS)
            return jd_fail(ctx, JD_ERR_DATA,
                           "figure %s: table '%s' holds more than %d estimators, which one panel "
                           "cannot show apart; hand over those to compare",
                           kind.name, table->name, JD_FIGURE_ESTIMATORS);
        memcpy(series->names[series->n++], name, sizeof name);
    }
    if (series->n == 0) return jd_figure_nothing(&kind, table, "event_time and estimate", ctx);
    return JD_OK;
}

/* x, estimate, low, high; an estimate without interval (a reference period) keeps its point. */
static void put_estimates(FILE *out, const jd_table_t *table, const int *col,
                          const series_t *series, jd_range_t *x, jd_range_t *y)
{
    char name[NAME_SIZE];
    for (int s = 0; s < series->n; s++) {
        /* intervals side by side */
        double aside = (s - (series->n - 1) / 2.0) * fmin(0.18, 0.7 / series->n);
        fprintf(out, "$estimates%d << EOD\n", s);
        for (int64_t row = 0; row < table->rows; row++) {
            double time = jd_figure_cell(table, col[JD_EVENT_TIME], row);
            double value = jd_figure_cell(table, col[JD_EVENT_ESTIMATE], row);
            double low = jd_figure_cell(table, col[JD_EVENT_LOW], row);
            double high = jd_figure_cell(table, col[JD_EVENT_HIGH], row);
            jd_table_text(table, col[JD_EVENT_ESTIMATOR], row, name, sizeof name);
            if (find_series(series, name) != s || isnan(time) || isnan(value)) continue;
            double cells[] = {time + aside, value, isnan(low) ? value : low,
                              isnan(high) ? value : high};
            for (int k = 0; k < 4; k++) {
                if (k > 0) fputc(' ', out);
                jd_put_number(out, cells[k]);
                jd_range_add(k == 0 ? x : y, k == 0 ? time : cells[k]);
            }
            fputc('\n', out);
        }
        fputs("EOD\n", out);
    }
}

/* A step from half a period before to half a period after each event time. Returns whether there is
 * anything to draw. */
static int put_truth(FILE *out, const char *block, const jd_table_t *truth, int time_col, int col,
                     jd_range_t *x, jd_range_t *y)
{
    int any = 0;
    fprintf(out, "$%s << EOD\n", block);
    for (int64_t row = 0; truth && row < truth->rows; row++) {
        double time = jd_figure_cell(truth, time_col, row), value = jd_figure_cell(truth, col, row);
        if (isnan(time) || isnan(value)) continue;
        for (int side = 0; side < 2; side++) {
            jd_put_number(out, time - 0.5 + side);
            fputc(' ', out);
            jd_put_number(out, value);
            fputc('\n', out);
        }
        jd_range_add(x, time);
        jd_range_add(y, value);
        any = 1;
    }
    fputs("EOD\n", out);
    return any;
}

static void put_axes(FILE *out, const jd_table_t *table, const int *col, const jd_range_t *x)
{
    fputs("set xlabel ", out);
    char since[80];
    snprintf(since, sizeof since, "%ss since adoption", jd_figure_unit(table, col[JD_EVENT_TIME]));
    jd_put_label(out, "Event time", since);
    fputs(" offset 0,0.6\nset ylabel ", out);
    jd_put_label(out, "Effect of the policy", jd_figure_unit(table, col[JD_EVENT_ESTIMATE]));
    fputs(" offset 0.8,0\n", out);
    double width = x->high - x->low;
    if (width <= 80.0) /* whole quarters, in years where they are many */
        fprintf(out, "set xtics %d\n", width <= 16.0 ? 2 : width <= 40.0 ? 4 : 8);
    fputs("set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#AAAAAA'\n"
          "set arrow from -0.5, graph 0 to -0.5, graph 1 nohead back dt (2,4) lw 1 lc rgb '" JD_GREY
          "'\n"
          "set label 'adoption' at -0.5, graph 1.035 center font ',7.5'\n",
          out);
}

static const jd_look_t looks[JD_FIGURE_ESTIMATORS] = {
    {JD_BLUE, NULL, "pt 7 ps 0.5"},   {JD_RED, NULL, "pt 4 ps 0.5"},
    {JD_GREEN, NULL, "pt 9 ps 0.55"}, {JD_BLACK, NULL, "pt 6 ps 0.5"},
    {JD_PINK, NULL, "pt 13 ps 0.6"},  {JD_ORANGE, NULL, "pt 8 ps 0.55"},
    {JD_SKY, NULL, "pt 5 ps 0.5"},    {JD_GREY, NULL, "pt 2 ps 0.5"},
};
static const jd_look_t att_look = {"#999999", "dt 1 lw 4", NULL};
static const jd_look_t ade_look = {JD_BLACK, "dt (8,5) lw 2", NULL};

static void put_legend(jd_page_t *page, const series_t *series, int att, int ade)
{
    if (att) jd_page_entry(page, &att_look, "true ATT (total)");
    if (ade) jd_page_entry(page, &ade_look, "true ADE (direct)");
    for (int s = 0; s < series->n; s++)
        jd_page_entry(page, &looks[s], series->names[s]);
}

static void put_curves(jd_page_t *page, const series_t *series, int att, int ade)
{
    if (att) {
        jd_page_plot(page);
        fputs("$att using 1:2 with lines ", page->out);
        jd_put_look(page->out, &att_look);
    }
    if (ade) {
        jd_page_plot(page);
        fputs("$ade using 1:2 with lines ", page->out);
        jd_put_look(page->out, &ade_look);
    }
    for (int s = 0; s < series->n; s++) {
        jd_page_plot(page);
        fprintf(page->out, "$estimates%d using 1:2:3:4 with yerrorbars lw 1.2 ", s);
        jd_put_look(page->out, &looks[s]);
    }
}

int jd_figure_event_time_script(FILE *out, const jd_table_t *estimates, const jd_table_t *truth,
                                const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    int col[JD_EVENT_COLUMNS], true_col[JD_TRUTH_COLUMNS] = {-1, -1, -1};
    series_t series = {0};
    int rc = jd_figure_find(&kind, estimates, jd_event_estimate_columns, JD_EVENT_COLUMNS,
                            JD_EVENT_REQUIRED, col, ctx);
    if (!rc && truth)
        rc = jd_figure_find(&kind, truth, jd_event_truth_columns, JD_TRUTH_COLUMNS,
                            JD_TRUTH_REQUIRED, true_col, ctx);
    if (!rc) rc = read_series(&series, estimates, col, ctx);
    if (rc) return rc;

    jd_page_t page;
    jd_page_begin(&page, out, &kind, options);
    jd_range_t x = jd_range_empty(), y = jd_range_empty();
    jd_range_add(&y, 0.0);
    put_estimates(out, estimates, col, &series, &x, &y);
    int att = put_truth(out, "att", truth, true_col[JD_TRUTH_TIME], true_col[JD_TRUTH_ATT], &x, &y);
    int ade = put_truth(out, "ade", truth, true_col[JD_TRUTH_TIME], true_col[JD_TRUTH_ADE], &x, &y);
    x = (jd_range_t){x.low - 0.7, x.high + 0.7};
    jd_range_add(&x, -0.7);
    jd_range_pad(&y, 0.05);

    int beside = jd_page_wide(&page); /* the legend, or below where narrow */
    int lines = series.n / 2 + 2;     /* of the legend below */
    double legend = beside ? 50.0 : 4.0;
    jd_box_t box = {16.0, page.width - legend, beside ? 10.0 : 10.0 + 3.6 * lines, page.top - 5.0};
    jd_page_panel(&page, &box, NULL, 0.0);
    jd_put_axis(out, "x", &x, 6);
    jd_put_axis(out, "y", &y, 9);
    put_axes(out, estimates, col, &x);
    if (beside)
        jd_page_legend(&page, box.right + 3.0, box.top - 2.0, 0.0, JD_FIGURE_ESTIMATORS + 2);
    else
        jd_page_legend(&page, 4.0, box.bottom - 12.0, (page.width - 6.0) / 2.0,
                       (series.n + att + ade + 1) / 2);
    put_legend(&page, &series, att, ade);
    put_curves(&page, &series, att, ade);
    jd_page_drawn(&page);
    jd_page_end(&page);
    return JD_OK;
}

int jd_figure_event_time(const jd_table_t *estimates, const jd_table_t *truth,
                         const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &kind, options, ctx);
    jd_sheet_shows(&sheet, estimates);
    jd_sheet_shows(&sheet, truth);
    if (!rc) rc = jd_figure_event_time_script(sheet.script, estimates, truth, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}
