/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effort under pressure and its loop: propositions P1 and P2. */
#include <stdlib.h>

#include "core/memory.h"
#include "page.h"

static const jd_figure_kind_t kind = {"effort_loop", 183.0, 82.0, 150.0};

const jd_column_t jd_effort_loop_columns[JD_EFFORT_COLUMNS] = {
    {"pressure", JD_DOUBLE, "1", "pressure P", NULL, 0, JD_AXIS_CELL},
    {"branch", JD_INT8, "1", "direction of the sweep", "0 rising, 1 falling", 0, JD_AXIS_CELL},
    {"population", JD_INT8, "1", "officials", "0 homogeneous, 1 heterogeneous", 0, JD_AXIS_CELL},
    {"share", JD_DOUBLE, "1", "mean share of effort in the strong domain", NULL, 0, JD_AXIS_CELL},
    {"corner_strong", JD_DOUBLE, "1", "fraction of officials at the S corner", NULL, 0,
     JD_AXIS_CELL},
    {"corner_weak", JD_DOUBLE, "1", "fraction of officials at the W corner", NULL, 0, JD_AXIS_CELL},
};

enum { BRANCHES = 4, MARKS = 7 }; /* branch + 2 * population; markers along a curve */

/* What a row is drawn from; row order settles ties, so that the script is one whatever qsort. */
typedef struct state {
    double pressure, value[3]; /* share, corner_strong, corner_weak */
    int64_t row;
} state_t;

typedef struct loop {
    state_t *states; /* sorted by pressure within each branch */
    int64_t first[BRANCHES + 1];
    jd_range_t pressure, share;
    int has[BRANCHES][3]; /* is there a number to draw? */
} loop_t;

static int by_pressure(const void *a, const void *b)
{
    const state_t *s = a, *t = b;
    if (s->pressure != t->pressure) return s->pressure < t->pressure ? -1 : 1;
    return s->row < t->row ? -1 : s->row > t->row;
}

static int read_loop(loop_t *loop, const jd_table_t *table, const int *col, jd_ctx_t *ctx)
{
    size_t bytes = (size_t)table->rows * sizeof *loop->states;
    if (jd_make_unset(&loop->states, bytes, 1, "a figure's points", ctx)) return JD_ERR_NO_MEMORY;
    loop->pressure = loop->share = jd_range_empty();
    int64_t n = 0;
    for (int b = 0; b < BRANCHES; b++) {
        const int way = b % 2, whose = b / 2;
        loop->first[b] = n;
        for (int64_t row = 0; row < table->rows; row++) {
            double branch = jd_figure_cell(table, col[JD_EFFORT_BRANCH], row);
            double population = jd_figure_cell(table, col[JD_EFFORT_POPULATION], row);
            state_t s = {.row = row};
            s.pressure = jd_figure_cell(table, col[JD_EFFORT_PRESSURE], row);
            if (branch != way || population != whose || isnan(s.pressure)) continue;
            for (int k = 0; k < 3; k++) {
                s.value[k] = jd_figure_cell(table, col[JD_EFFORT_SHARE + k], row);
                loop->has[b][k] |= !isnan(s.value[k]);
            }
            if (!isnan(s.value[0])) jd_range_add(&loop->pressure, s.pressure);
            jd_range_add(&loop->share, s.value[0]);
            loop->states[n++] = s;
        }
        qsort(loop->states + loop->first[b], (size_t)(n - loop->first[b]), sizeof *loop->states,
              by_pressure);
    }
    loop->first[BRANCHES] = n;
    return JD_OK;
}

static void put_data(FILE *out, const loop_t *loop)
{
    for (int b = 0; b < BRANCHES; b++) {
        fprintf(out, "$branch%d << EOD\n", b);
        for (int64_t i = loop->first[b]; i < loop->first[b + 1]; i++) {
            jd_put_number(out, loop->states[i].pressure);
            for (int k = 0; k < 3; k++) {
                fputc(' ', out);
                jd_put_number(out, loop->states[i].value[k]);
            }
            fputc('\n', out);
        }
        fputs("EOD\n", out);
    }
}

/* An arrow's head at the middle of the step from s to t, pointing the way pressure went. */
static void put_arrow(FILE *out, const state_t *s, const state_t *t, int falling,
                      const char *colour)
{
    const state_t *from = falling ? t : s;
    fputs("set arrow from ", out);
    jd_put_number(out, from->pressure);
    fputs(", ", out);
    jd_put_number(out, from->value[0]);
    fputs(" to ", out);
    jd_put_number(out, (s->pressure + t->pressure) / 2.0);
    fputs(", ", out);
    jd_put_number(out, (s->value[0] + t->value[0]) / 2.0);
    fprintf(out, " front head filled size screen 0.009,20 fixed lw 1.5 lc rgb '%s'\n", colour);
}

/* One arrow at the branch's steepest step (the jump), one a little way along. */
static void put_arrows(FILE *out, const loop_t *loop, int b, const char *colour)
{
    const state_t *s = loop->states;
    int64_t first = loop->first[b], last = loop->first[b + 1] - 1, steepest = -1;
    double step = 0.0;
    for (int64_t i = first; i < last; i++)
        if (fabs(s[i + 1].value[0] - s[i].value[0]) > step) {
            step = fabs(s[i + 1].value[0] - s[i].value[0]);
            steepest = i;
        }
    int falling = b % 2;
    if (steepest >= 0) put_arrow(out, &s[steepest], &s[steepest + 1], falling, colour);
    int64_t along = falling ? last - 1 - (last - first) / 4 : first + (last - first) / 3;
    if (last - first >= 5 && !isnan(s[along].value[0]) && !isnan(s[along + 1].value[0]))
        put_arrow(out, &s[along], &s[along + 1], falling, colour);
}

static void put_fold(FILE *out, const char *name, double fold, const jd_range_t *range)
{
    if (!(fold >= range->low && fold <= range->high)) return;
    fputs("set arrow from ", out);
    jd_put_number(out, fold);
    fputs(", graph 0 to ", out);
    jd_put_number(out, fold);
    fputs(", graph 1 nohead back dt (2,4) lw 1 lc rgb '" JD_GREY "'\n", out);
    fprintf(out, "set label '%s = ", name);
    jd_put_value(out, fold, 2, 0);
    fputs("' at ", out);
    jd_put_number(out, fold);
    fputs(", graph 1.035 center font ',7.5'\n", out);
}

typedef struct curve {
    const char *title;
    jd_look_t look;
} curve_t;

/* Curve and legend entry of a branch's value, if it has any: 0 share, 1 S corner, 2 W corner. */
static void put_entry(jd_page_t *page, const loop_t *loop, int b, int value, const curve_t *curve)
{
    if (loop->has[b][value]) jd_page_entry(page, &curve->look, curve->title);
}

static void put_curve(jd_page_t *page, const loop_t *loop, int b, int value, const curve_t *curve)
{
    if (!loop->has[b][value]) return;
    int64_t n = loop->first[b + 1] - loop->first[b];
    jd_page_plot(page);
    fprintf(page->out, "$branch%d using 1:%d with linespoints pointinterval %d ", b, value + 2,
            (int)(n < MARKS ? 1 : n / MARKS));
    jd_put_look(page->out, &curve->look);
}

static void put_share(jd_page_t *page, const loop_t *loop, double fold_down, double fold_up,
                      const jd_box_t *box)
{
    static const curve_t curves[BRANCHES] = {
        {"rising, homogeneous", {JD_RED, "dt 1 lw 3", "pt 7 ps 0.05"}},
        {"falling, homogeneous", {JD_BLUE, "dt (8,5) lw 3", "pt 7 ps 0.05"}},
        {"rising, heterogeneous", {JD_RED, "dt 1 lw 1.2", "pt 7 ps 0.4"}},
        {"falling, heterogeneous", {JD_BLUE, "dt (8,5) lw 1.2", "pt 6 ps 0.45"}},
    };
    FILE *out = page->out;
    jd_page_panel(page, box, "a", box->left - 11.0);
    fputs("set xlabel 'Pressure P' offset 0,0.6\n"
          "set ylabel 'S-share of effort' offset 1.2,0\n",
          out);
    jd_put_axis(out, "y", &loop->share, 8);
    put_fold(out, "P↓", fold_down, &loop->pressure);
    put_fold(out, "P↑", fold_up, &loop->pressure);
    for (int b = 0; b < BRANCHES; b++)
        if (loop->has[b][0]) put_arrows(out, loop, b, curves[b].look.colour);
    jd_page_legend(page, box->left - 2.0, box->bottom - 12.0, 38.0, 2);
    for (int b = 0; b < BRANCHES; b++)
        put_entry(page, loop, b, 0, &curves[b]);
    for (int b = 0; b < BRANCHES; b++)
        put_curve(page, loop, b, 0, &curves[b]);
    jd_page_drawn(page);
}

/* A homogeneous population stands at a corner whole or not at all: the other shows more. */
static void put_corners(jd_page_t *page, const loop_t *loop, const jd_box_t *box)
{
    static const curve_t curves[2][2] = {
        {{"S corner, rising", {JD_RED, "dt 1 lw 2", "pt 7 ps 0.4"}},
         {"S corner, falling", {JD_BLUE, "dt (8,5) lw 2", "pt 6 ps 0.45"}}},
        {{"W corner, rising", {JD_BLACK, "dt 1 lw 1.2", "pt 5 ps 0.4"}},
         {"W corner, falling", {JD_GREY, "dt (8,5) lw 1.2", "pt 4 ps 0.45"}}},
    };
    int other = loop->has[2][1] || loop->has[3][1] || loop->has[2][2] || loop->has[3][2];
    jd_page_panel(page, box, "b", box->left - 11.0);
    jd_range_t fraction = {-0.03, 1.03};
    jd_put_axis(page->out, "y", &fraction, 6);
    fprintf(page->out,
            "set ylabel 'Share of officials at a corner' offset 1.2,0\n"
            "set label '%s officials' at graph 0, graph 1.035 left offset 1,0 font ',7.5'\n",
            other ? "heterogeneous" : "homogeneous");
    jd_page_legend(page, box->left, box->bottom - 12.0, 34.0, 2);
    for (int i = 0; i < 4; i++)
        put_entry(page, loop, 2 * other + i % 2, i / 2 + 1, &curves[i / 2][i % 2]);
    for (int i = 0; i < 4; i++)
        put_curve(page, loop, 2 * other + i % 2, i / 2 + 1, &curves[i / 2][i % 2]);
    if (page->plots == 0) fputs("plot NaN", page->out);
    jd_page_drawn(page);
}

int jd_figure_effort_loop_script(FILE *out, const jd_table_t *table, double fold_down,
                                 double fold_up, const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    int col[JD_EFFORT_COLUMNS];
    loop_t loop = {0};
    int rc = jd_figure_find(&kind, table, jd_effort_loop_columns, JD_EFFORT_COLUMNS,
                            JD_EFFORT_COLUMNS, col, ctx);
    if (!rc) rc = read_loop(&loop, table, col, ctx);
    if (!rc && loop.pressure.low > loop.pressure.high)
        rc = jd_figure_nothing(&kind, table, "pressure, branch, population and share", ctx);
    if (rc) goto out;

    jd_page_t page;
    jd_page_begin(&page, out, &kind, options);
    put_data(out, &loop);
    jd_range_pad(&loop.pressure, 0.02);
    jd_range_pad(&loop.share, 0.04);
    jd_put_axis(out, "x", &loop.pressure, 8);
    jd_box_t first = jd_page_cell(&page, 0, 2, 13.0, 19.0);
    jd_box_t second = jd_page_cell(&page, 1, 2, 13.0, 19.0);
    put_share(&page, &loop, fold_down, fold_up, &first);
    put_corners(&page, &loop, &second);
    jd_page_end(&page);
out:
    free(loop.states);
    return rc;
}

int jd_figure_effort_loop(const jd_table_t *loop, double fold_down, double fold_up,
                          const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &kind, options, ctx);
    jd_sheet_shows(&sheet, loop);
    if (!rc)
        rc = jd_figure_effort_loop_script(sheet.script, loop, fold_down, fold_up, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}
