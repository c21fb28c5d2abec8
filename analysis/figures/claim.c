/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A proposition's claim: lines over what is varied, with intervals; one panel of a single column.
 */
#include <string.h>

#include "curves.h"

static const jd_figure_kind_t kind = {"claim", 89.0, 60.0, 60.0};
static const double LEGEND_MM = 3.6, LEFT_MM = 15.0, LETTER_MM = 1.45;

/* Lines and markers differ too: they must differ in grey. */
static const jd_look_t looks[JD_FIGURE_ESTIMATORS] = {
    {JD_RED, "dt 1 lw 1.6", "pt 7 ps 0.5"},       {JD_BLUE, "dt (8,5) lw 1.6", "pt 4 ps 0.55"},
    {JD_BLACK, "dt (2,3) lw 1.6", "pt 9 ps 0.6"}, {JD_GREEN, "dt (8,3,2,3) lw 1.6", "pt 6 ps 0.55"},
    {JD_PINK, "dt 1 lw 1.6", "pt 8 ps 0.6"},      {JD_ORANGE, "dt (8,5) lw 1.6", "pt 5 ps 0.5"},
    {JD_SKY, "dt (2,3) lw 1.6", "pt 12 ps 0.65"}, {JD_GREY, "dt (8,3,2,3) lw 1.6", "pt 2 ps 0.5"},
};

typedef struct legend {
    int across, rows;
    double pitch, height; /* mm */
} legend_t;

/* Names are long or short: as many columns as have room. */
static legend_t legend_of(const jd_curves_t *c, double width)
{
    size_t longest = 1;
    int named = 0;
    for (int k = 0; k < c->n; k++) {
        const size_t n = (size_t)jd_utf8_count(c->names[k]);
        if (n > longest) longest = n;
        named += n > 0;
    }
    legend_t l = {.pitch = 12.0 + LETTER_MM * (double)longest};
    const int room = (int)((width - 4.0) / l.pitch);
    l.across = room < 1 ? 1 : room > named && named > 0 ? named : room;
    l.rows = (named + l.across - 1) / l.across;
    l.height = named ? LEGEND_MM * l.rows + 2.0 : 0.0;
    return l;
}

/* Words are no scale, and a single place has nothing to join. */
static int is_joined(const jd_curves_t *c, int filled)
{
    return c->longest == 0 && filled > 1;
}

static void put_line(jd_page_t *page, const jd_curves_t *c, int k, int filled)
{
    FILE *out = page->out;
    const int joined = is_joined(c, filled);
    const jd_look_t look = {looks[k].colour, joined ? looks[k].line : "lw 1.6", looks[k].point};
    jd_page_plot(page);
    fprintf(out, "$l%d using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '%s', \\\n     ",
            k, looks[k].colour);
    fprintf(out, "$l%d using 1:2 with %s ", k, joined ? "linespoints" : "points");
    jd_put_look(out, &look);
}

/* Block $lK: x, value, ends of its interval; returns its rows. */
static int put_data(FILE *out, const jd_curves_t *c, int k, double aside, jd_range_t *y)
{
    int n = 0;
    fprintf(out, "$l%d << EOD\n", k);
    for (int64_t row = 0; row < c->table->rows; row++) {
        const double x = jd_curves_cell(c, JD_CURVE_X, row),
                     v = jd_curves_cell(c, JD_CURVE_BIAS, row);
        if (isnan(x) || isnan(v) || !jd_curves_is(c, k, row)) continue;
        const double low = jd_curves_cell(c, JD_CURVE_LOW, row),
                     high = jd_curves_cell(c, JD_CURVE_HIGH, row);
        const double cells[] = {x + aside, v, isnan(low) ? v : low, isnan(high) ? v : high};
        for (int i = 0; i < 4; i++) {
            if (i > 0) fputc(' ', out);
            jd_put_number(out, cells[i]);
            if (i > 0) jd_range_add(y, cells[i]);
        }
        fputc('\n', out);
        n++;
    }
    fputs("EOD\n", out);
    return n;
}

static void put_claim(FILE *out, const jd_curves_t *c, const jd_figure_options_t *options)
{
    jd_page_t page;
    jd_range_t y = jd_range_empty();
    int filled[JD_FIGURE_ESTIMATORS];
    const double wide = c->longest > 0 ? 0.03 : 0.006; /* words have room */
    double step = fmin(wide, 5 * wide / c->n) * (c->x.high - c->x.low);
    if (c->longest > 0) step = fmin(step, 0.7 / c->n); /* and lie 1 apart */
    jd_page_begin(&page, out, &c->kind, options);
    const legend_t legend = legend_of(c, page.width);
    jd_box_t box = {LEFT_MM, page.width - 4.0, legend.height, page.top - 3.0};
    box.bottom += jd_curves_foot(c, box.right - box.left) + 1.0;
    for (int k = 0; k < c->n; k++)
        filled[k] = put_data(out, c, k, (k - (c->n - 1) / 2.0) * step, &y);
    jd_range_pad(&y, 0.08);
    jd_page_panel(&page, &box, NULL, 0.0);
    jd_curves_axis(&page, c, &box, 1);
    jd_put_axis(out, "y", &y, 7);
    fputs("set ylabel ", out);
    jd_put_label(out, c->table->columns[c->col[JD_CURVE_BIAS]].label,
                 jd_figure_unit(c->table, c->col[JD_CURVE_BIAS]));
    fputs(" offset 0.8,0\n", out);
    if (y.low < 0.0 && y.high > 0.0)
        fputs("set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb "
              "'#777777'\n",
              out);
    jd_look_t looks_of[JD_FIGURE_ESTIMATORS];
    for (int k = 0; k < c->n; k++)
        looks_of[k] = (jd_look_t){looks[k].colour, is_joined(c, filled[k]) ? looks[k].line : NULL,
                                  looks[k].point};
    jd_page_legend(&page, 3.0, legend.height - 2.6, legend.pitch, legend.rows);
    for (int k = 0; k < c->n; k++)
        if (c->names[k][0]) jd_page_entry(&page, &looks_of[k], c->names[k]);
    for (int k = 0; k < c->n; k++)
        if (filled[k]) put_line(&page, c, k, filled[k]);
    jd_page_drawn(&page);
    jd_page_end(&page);
}

static int read_claim(jd_curves_t *c, const jd_table_t *table, jd_ctx_t *ctx)
{
    static const int wanted[] = {JD_CURVE_BIAS};
    int rc = jd_curves_read(c, &kind, table, wanted, 1, ctx);
    if (rc) return rc;
    const double foot = jd_curves_foot(c, 89.0 - LEFT_MM - 4.0) + legend_of(c, 89.0).height;
    c->kind.height_mm = c->kind.narrow_height_mm = 44.0 + foot;
    return JD_OK;
}

static const jd_curves_figure_t claim_figure = {read_claim, put_claim};

int jd_figure_claim_script(FILE *out, const jd_table_t *table, const jd_figure_options_t *options,
                           jd_ctx_t *ctx)
{
    return jd_curves_script(&claim_figure, out, table, options, ctx);
}

int jd_figure_claim(const jd_table_t *table, const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    return jd_curves_draw(&claim_figure, table, options, ctx);
}
