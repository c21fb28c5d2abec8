/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bias of estimators by a parameter, cut into its parts; and what a passed pre-trend test does to
 * it. */
#include <stdlib.h>

#include "core/memory.h"
#include "curves.h"
#include "parts.h"

/* ---- Bias and its parts ---- */

static const jd_figure_kind_t bias_kind = {"bias_by", 183.0, 70.0, 60.0};

/* What one figure is drawn from. */
typedef struct stacks {
    jd_curves_t curves;
    double *positions; /* [rows] of the present estimator */
    double half;       /* a bar's thickness, halved */
    int parts;         /* whether any part is given */
} stacks_t;

static int read_stacks(stacks_t *s, const jd_table_t *table, jd_ctx_t *ctx)
{
    static const int wanted[] = {JD_CURVE_BIAS};
    *s = (stacks_t){0};
    int rc = jd_curves_read(&s->curves, &bias_kind, table, wanted, 1, ctx);
    if (rc) return rc;
    jd_curves_size(&s->curves);
    size_t bytes = (size_t)table->rows * sizeof *s->positions;
    if (jd_make_unset(&s->positions, bytes, 1, "a figure's bars", ctx)) return JD_ERR_NO_MEMORY;
    for (int64_t row = 0; row < table->rows; row++) {
        s->positions[row] = jd_curves_cell(&s->curves, JD_CURVE_X, row);
        for (int k = 0; k < JD_PARTS; k++)
            s->parts |= !isnan(jd_curves_cell(&s->curves, JD_CURVE_PARTS + k, row));
    }
    double width = s->curves.x.high - s->curves.x.low;
    s->half = fmin(jd_parts_half(s->positions, table->rows, width),
                   s->curves.longest ? width : 0.07 * width); /* within the panel */
    return JD_OK;
}

/* Blocks $K_0 ... of the parts and $K_bias of estimator k. Returns the rows whose parts are left
 * out. */
static int put_stack(FILE *out, const stacks_t *s, int k, jd_range_t *y)
{
    const jd_curves_t *c = &s->curves;
    const jd_parts_mark_t mark = {c->col[JD_CURVE_BIAS], -1};
    int left_out = 0;
    char name[32];
    for (int64_t row = 0; row < c->table->rows; row++) {
        int there = jd_curves_is(c, k, row) && !isnan(jd_curves_cell(c, JD_CURVE_BIAS, row));
        s->positions[row] = there ? jd_curves_cell(c, JD_CURVE_X, row) : JD_MISSING;
    }
    snprintf(name, sizeof name, "e%d_part", k);
    if (s->parts)
        left_out =
            jd_parts_data(out, name, c->table, c->col + JD_CURVE_PARTS, &mark, s->positions, y);
    snprintf(name, sizeof name, "e%d_bias", k);
    jd_curves_data(out, c, name, k, JD_CURVE_BIAS, JD_CURVE_BIAS_SE, 0.0, y);
    return left_out;
}

static void put_bias_panel(jd_page_t *page, const stacks_t *s, int k, double legend,
                           const jd_range_t *y)
{
    static const jd_look_t all = {JD_BLACK, NULL, "pt 12 ps 0.7 lw 1.6"};
    const jd_curves_t *c = &s->curves;
    FILE *out = page->out;
    char name[32];
    jd_box_t box = jd_curves_cell_box(page, c, k, legend);
    jd_curves_panel(page, c, k, &box, y, "Bias against ATT");
    if (k == 0) {
        int wide = jd_page_wide(page);
        jd_page_legend(page, 3.0, legend - 3.0, 42.0, wide ? 2 : 3);
        if (s->parts) jd_parts_legend(page, jd_bias_parts);
        jd_page_entry(page, &all, "bias, 95 % MC interval");
    }
    snprintf(name, sizeof name, "e%d_part", k);
    if (s->parts) jd_parts_plot(page, name, jd_bias_parts, s->half, 0);
    jd_page_plot(page);
    fprintf(out,
            "$e%d_bias using 1:3:(0):($4-$3) with vectors nohead lw 1.6 dt 1 lc rgb '" JD_BLACK
            "', \\\n"
            "     $e%d_bias using 1:2 with points pt 13 ps 0.9 lc rgb '#FFFFFF', \\\n"
            "     $e%d_bias using 1:2 with points ",
            k, k, k);
    jd_put_look(out, &all);
    jd_page_drawn(page);
}

static void put_bias(FILE *out, const stacks_t *s, const jd_figure_options_t *options,
                     jd_ctx_t *ctx)
{
    jd_page_t page;
    jd_range_t y = jd_range_empty();
    int left_out = 0;
    jd_page_begin(&page, out, &s->curves.kind, options);
    double legend = jd_page_wide(&page) ? 10.0 : 13.5;
    jd_range_add(&y, 0.0);
    for (int k = 0; k < s->curves.n; k++)
        left_out += put_stack(out, s, k, &y);
    jd_parts_report(s->curves.kind.name, left_out, ctx);
    jd_range_pad(&y, 0.06);
    for (int k = 0; k < s->curves.n; k++)
        put_bias_panel(&page, s, k, legend, &y);
    jd_page_end(&page);
}

int jd_figure_bias_by_script(FILE *out, const jd_table_t *table, const jd_figure_options_t *options,
                             jd_ctx_t *ctx)
{
    stacks_t stacks;
    int rc = read_stacks(&stacks, table, ctx);
    if (!rc) put_bias(out, &stacks, options, ctx);
    free(stacks.positions);
    return rc;
}

int jd_figure_bias_by(const jd_table_t *table, const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    stacks_t stacks;
    jd_sheet_t sheet = {0};
    int rc = read_stacks(&stacks, table, ctx);
    if (!rc) rc = jd_sheet_open(&sheet, &stacks.curves.kind, options, ctx);
    jd_sheet_shows(&sheet, table);
    if (!rc) put_bias(sheet.script, &stacks, options, ctx);
    rc = jd_sheet_close(&sheet, rc, ctx);
    free(stacks.positions);
    return rc;
}

/* ---- Passed pretests ---- */

static const jd_figure_kind_t pretest_kind = {"pretest", 183.0, 70.0, 60.0};

static const struct {
    const char *block, *title;
    jd_look_t look;
    int value, error;
} biases[] = {
    {"all",
     "all replicates",
     {JD_BLACK, "dt 1 lw 1.6", "pt 7 ps 0.5"},
     JD_CURVE_BIAS,
     JD_CURVE_BIAS_SE},
    {"passed",
     "those that passed the pre-trend test",
     {JD_RED, "dt (6,4) lw 1.6", "pt 4 ps 0.6"},
     JD_CURVE_PASSED,
     JD_CURVE_PASSED_SE},
};

static int read_pretest(jd_curves_t *c, const jd_table_t *table, jd_ctx_t *ctx)
{
    static const int wanted[] = {JD_CURVE_PASSED};
    int rc = jd_curves_read(c, &pretest_kind, table, wanted, 1, ctx);
    if (!rc) jd_curves_size(c);
    return rc;
}

static void put_pretest_panel(jd_page_t *page, const jd_curves_t *c, int k, const jd_range_t *y)
{
    FILE *out = page->out;
    jd_box_t box = jd_curves_cell_box(page, c, k, 9.0);
    int filled[2];
    char name[32];
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s%d", biases[i].block, k);
        filled[i] = jd_curves_data(out, c, name, k, biases[i].value, biases[i].error,
                                   (i - 0.5) * 0.012 * (c->x.high - c->x.low), NULL);
    }
    jd_curves_panel(page, c, k, &box, y, "Bias against ATT");
    if (k == 0) {
        jd_page_legend(page, 3.0, jd_page_wide(page) ? 3.0 : 6.5, 42.0, jd_page_wide(page) ? 1 : 2);
        for (int i = 0; i < 2; i++) {
            jd_look_t look = biases[i].look;
            if (c->longest > 0) look.line = NULL;
            jd_page_entry(page, &look, biases[i].title);
        }
    }
    for (int i = 0; i < 2; i++) {
        if (!filled[i]) continue;
        jd_page_plot(page);
        fprintf(
            out,
            "$%s%d using 1:3:(0):($4-$3) with vectors nohead lw 1.2 dt 1 lc rgb '%s', \\\n     ",
            biases[i].block, k, biases[i].look.colour);
        /* words are no scale: nothing lies between them */
        int joined = c->longest == 0 && filled[i] > 1;
        fprintf(out, "$%s%d using 1:2 with %s ", biases[i].block, k,
                joined ? "linespoints" : "points");
        const jd_look_t look = {biases[i].look.colour, joined ? biases[i].look.line : "lw 1.6",
                                biases[i].look.point};
        jd_put_look(out, &look);
    }
    jd_page_drawn(page);
}

static void put_pretest(FILE *out, const jd_curves_t *c, const jd_figure_options_t *options)
{
    jd_page_t page;
    jd_range_t y = jd_range_empty();
    jd_page_begin(&page, out, &c->kind, options);
    jd_range_add(&y, 0.0);
    for (int64_t row = 0; row < c->table->rows; row++) {
        int there = 0;
        for (int k = 0; k < c->n; k++)
            there |= jd_curves_is(c, k, row);
        for (int i = 0; i < 2 && there; i++) {
            double v = jd_curves_cell(c, biases[i].value, row);
            double half = 1.96 * jd_curves_cell(c, biases[i].error, row);
            jd_range_add(&y, v);
            jd_range_add(&y, v - half);
            jd_range_add(&y, v + half);
        }
    }
    jd_range_pad(&y, 0.06);
    for (int k = 0; k < c->n; k++)
        put_pretest_panel(&page, c, k, &y);
    jd_page_end(&page);
}

static const jd_curves_figure_t pretest_figure = {read_pretest, put_pretest};

int jd_figure_pretest_script(FILE *out, const jd_table_t *table, const jd_figure_options_t *options,
                             jd_ctx_t *ctx)
{
    return jd_curves_script(&pretest_figure, out, table, options, ctx);
}

int jd_figure_pretest(const jd_table_t *table, const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    return jd_curves_draw(&pretest_figure, table, options, ctx);
}
