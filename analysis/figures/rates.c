/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coverage, size and power of estimators: curves by a parameter; of a single point a row an
 * estimator. */
#include "curves.h"

static const jd_figure_kind_t kind = {"rates", 183.0, 70.0, 150.0};

static const struct {
    const char *block, *label, *short_label;
    int value;      /* and the two behind it: its interval */
    double nominal; /* %; NaN = none */
} rates[] = {
    {"coverage", "Coverage of 95 % intervals (%)", "Coverage (%)", JD_CURVE_COVERAGE, 95.0},
    {"size", "Size: false rejections at 5 % (%)", "Size (%)", JD_CURVE_SIZE, 5.0},
    {"power", "Power: effects found at 5 % (%)", "Power (%)", JD_CURVE_POWER, JD_MISSING},
};
static const double LEGEND_MM = 3.6, LEFT_MM = 15.0, PANEL_MM = 19.0; /* PANEL_MM: margins */
enum { RATES = sizeof rates / sizeof rates[0] };

/* Lines and markers differ too: they must differ in grey. */
static const jd_look_t looks[JD_FIGURE_ESTIMATORS] = {
    {JD_RED, "dt 1 lw 1.6", "pt 7 ps 0.5"},       {JD_BLUE, "dt (8,5) lw 1.6", "pt 4 ps 0.55"},
    {JD_BLACK, "dt (2,3) lw 1.6", "pt 9 ps 0.6"}, {JD_GREEN, "dt (8,3,2,3) lw 1.6", "pt 6 ps 0.55"},
    {JD_PINK, "dt 1 lw 1.6", "pt 8 ps 0.6"},      {JD_ORANGE, "dt (8,5) lw 1.6", "pt 5 ps 0.5"},
    {JD_SKY, "dt (2,3) lw 1.6", "pt 12 ps 0.65"}, {JD_GREY, "dt (8,3,2,3) lw 1.6", "pt 2 ps 0.5"},
};
static const jd_look_t nominal = {JD_GREY, "dt (4,3) lw 1.2", NULL};

static int has_rate(const jd_curves_t *c, int r)
{
    for (int64_t row = 0; row < c->table->rows; row++)
        if (!isnan(jd_curves_cell(c, JD_CURVE_X, row)) &&
            !isnan(jd_curves_cell(c, rates[r].value, row)))
            return 1;
    return 0;
}

/* Ends of the Monte-Carlo interval in percent. */
static void interval(const jd_curves_t *c, int r, int64_t row, double ends[2])
{
    double v = jd_curves_cell(c, rates[r].value, row);
    for (int i = 0; i < 2; i++) {
        double end = jd_curves_cell(c, rates[r].value + 1 + i, row);
        ends[i] = 100.0 * (isnan(end) ? v : end);
    }
}

/* Percent. */
static int put_curve(FILE *out, const jd_curves_t *c, int r, int k, double aside, jd_range_t *y)
{
    int n = 0;
    fprintf(out, "$%s%d << EOD\n", rates[r].block, k);
    for (int64_t row = 0; row < c->table->rows; row++) {
        double x = jd_curves_cell(c, JD_CURVE_X, row);
        double v = jd_curves_cell(c, rates[r].value, row), ends[2];
        if (isnan(x) || isnan(v) || !jd_curves_is(c, k, row)) continue;
        interval(c, r, row, ends);
        const double cells[] = {x + aside, 100.0 * v, ends[0], ends[1]};
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

/* Rows of the legend. */
static int legend_rows(const jd_curves_t *c, int wide)
{
    int entries = 1; /* nominal */
    for (int k = 0; k < c->n; k++)
        entries += c->names[k][0] != '\0';
    int across = wide ? 4 : 2;
    return (entries + across - 1) / across;
}

static void put_panel(jd_page_t *page, const jd_curves_t *c, int r, const jd_box_t *box, int which)
{
    static const char *const letters[] = {"a", "b", "c"};
    FILE *out = page->out;
    jd_range_t y = jd_range_empty();
    int filled[JD_FIGURE_ESTIMATORS];
    double step = fmin(0.012, 0.05 / c->n) * (c->x.high - c->x.low);
    jd_range_add(&y, rates[r].nominal);
    if (rates[r].value != JD_CURVE_COVERAGE) jd_range_add(&y, 0.0);
    for (int k = 0; k < c->n; k++)
        filled[k] = put_curve(out, c, r, k, (k - (c->n - 1) / 2.0) * step, &y);
    jd_range_pad(&y, 0.06);
    jd_page_panel(page, box, letters[which], box->left - 11.0);
    jd_curves_axis(page, c, box, 1);
    jd_put_axis(out, "y", &y, 8);
    fprintf(out, "set ylabel '%s' offset 0.8,0\n", rates[r].label);
    if (which == 0) {
        int rows = legend_rows(c, jd_page_wide(page));
        jd_page_legend(page, 3.0, LEGEND_MM * rows - 1.2, 43.0, rows);
        for (int k = 0; k < c->n; k++)
            if (c->names[k][0]) jd_page_entry(page, &looks[k], c->names[k]);
        jd_page_entry(page, &nominal, "nominal");
    }
    if (!isnan(rates[r].nominal))
        fprintf(
            out,
            "set arrow from graph 0, first %g to graph 1, first %g nohead back %s lc rgb '%s'\n",
            rates[r].nominal, rates[r].nominal, nominal.line, nominal.colour);
    for (int k = 0; k < c->n; k++) {
        if (!filled[k]) continue;
        jd_page_plot(page);
        fprintf(out,
                "$%s%d using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '%s', \\\n     ",
                rates[r].block, k, looks[k].colour);
        /* a single place has nothing to join; words are no scale */
        int joined = c->longest == 0 && filled[k] > 1;
        fprintf(out, "$%s%d using 1:2 with %s ", rates[r].block, k,
                joined ? "linespoints" : "points");
        const jd_look_t look = {looks[k].colour, joined ? looks[k].line : "lw 1.6", looks[k].point};
        jd_put_look(out, &look);
    }
    jd_page_drawn(page);
}

/* ---- One point: a row an estimator ---- */

static const double ROW_MM = 4.6, LETTER_MM = 1.45;
enum { NAME_LONGEST = 30 };

/* Estimators side by side have no names of their own: they are the words of the axis. */
static int are_rows(const jd_curves_t *c)
{
    return c->n == 1 && !c->names[0][0] && c->longest > 0;
}

static double names_mm(const jd_curves_t *c)
{
    return 3.0 + LETTER_MM * fmin(c->longest, NAME_LONGEST);
}

/* Block of a rate: value, row (downwards), ends of the interval. */
static void put_row_data(FILE *out, const jd_curves_t *c, int r, jd_range_t *x)
{
    fprintf(out, "$%s << EOD\n", rates[r].block);
    for (int64_t row = 0; row < c->table->rows; row++) {
        double place = jd_curves_cell(c, JD_CURVE_X, row), ends[2];
        double v = jd_curves_cell(c, rates[r].value, row);
        if (isnan(place) || isnan(v)) continue;
        interval(c, r, row, ends);
        const double cells[] = {100.0 * v, -place, ends[0], ends[1]};
        for (int i = 0; i < 4; i++) {
            if (i > 0) fputc(' ', out);
            jd_put_number(out, cells[i]);
            if (i != 1) jd_range_add(x, cells[i]);
        }
        fputc('\n', out);
    }
    fputs("EOD\n", out);
}

/* A fine line for each row, its name before the first panel. */
static void put_row_lines(FILE *out, const jd_curves_t *c, int named)
{
    char word[JD_CURVE_NAME];
    for (int64_t row = 0; row < c->table->rows; row++) {
        double place = jd_curves_cell(c, JD_CURVE_X, row);
        if (isnan(place)) continue;
        fprintf(out,
                "set arrow from graph 0, first %g to graph 1, first %g nohead back lw 0.5 lc rgb "
                "'#DDDDDD'\n",
                -place, -place);
        if (!named) continue;
        jd_table_text(c->table, c->col[JD_CURVE_WORD], row, word, sizeof word);
        fputs("set label ", out);
        jd_put_text(out, word, NAME_LONGEST);
        fprintf(out, " at graph 0, first %g right offset -0.8,0 noenhanced\n", -place);
    }
}

static void put_row_panel(jd_page_t *page, const jd_curves_t *c, int r, const jd_box_t *box,
                          int which)
{
    static const char *const letters[] = {"a", "b", "c"};
    static const jd_look_t points = {JD_BLUE, "lw 1.6", "pt 7 ps 0.5"};
    FILE *out = page->out;
    jd_range_t x = jd_range_empty();
    jd_range_add(&x, rates[r].nominal);
    put_row_data(out, c, r, &x);
    jd_range_pad(&x, 0.06);
    jd_page_panel(page, box, letters[which], box->left);
    fputs("unset ytics\nset border 1 ls 100\n", out);
    put_row_lines(out, c, which == 0);
    jd_put_axis(out, "x", &x, (int)fmax(3.0, (box->right - box->left) / 9.0));
    fprintf(out, "set yrange [%g:%g]\nset xlabel '%s' offset 0,0.6\n", -c->x.high, -c->x.low,
            jd_page_wide(page) ? rates[r].label : rates[r].short_label);
    if (!isnan(rates[r].nominal))
        fprintf(
            out,
            "set arrow from first %g, graph 0 to first %g, graph 1 nohead back %s lc rgb '%s'\n",
            rates[r].nominal, rates[r].nominal, nominal.line, nominal.colour);
    if (which == 0) {
        jd_page_legend(page, 3.0, 2.4, 60.0, 1);
        jd_page_entry(page, &points, "95 % Monte-Carlo interval");
        jd_page_entry(page, &nominal, "nominal");
    }
    jd_page_plot(page);
    fprintf(out,
            "$%s using 3:2:($4-$3):(0) with vectors nohead lw 1.6 dt 1 lc rgb '%s', \\\n"
            "     $%s using 1:2 with points ",
            rates[r].block, points.colour, rates[r].block);
    jd_put_look(out, &(jd_look_t){points.colour, NULL, points.point});
    jd_page_drawn(page);
}

static const double ROWS_FOOT_MM = 15.0; /* ticks, label, legend */

static void put_rows(FILE *out, const jd_curves_t *c, const jd_figure_options_t *options)
{
    jd_page_t page;
    int n = 0, which = 0;
    jd_page_begin(&page, out, &c->kind, options);
    for (int r = 0; r < RATES; r++)
        n += has_rate(c, r);
    double left = names_mm(c), pitch = (page.width - left) / n;
    for (int r = 0; r < RATES; r++) {
        if (!has_rate(c, r)) continue;
        double from = left + pitch * which;
        const jd_box_t box = {from, from + pitch - 5.0, ROWS_FOOT_MM, page.top - 4.0};
        put_row_panel(&page, c, r, &box, which++);
    }
    jd_page_end(&page);
}

/* ---- Either ---- */

/* Sizes the sheet: words below the axis and the legend take room from no panel. */
static int read_rates(jd_curves_t *c, const jd_table_t *table, jd_ctx_t *ctx)
{
    static const int wanted[] = {JD_CURVE_COVERAGE, JD_CURVE_SIZE, JD_CURVE_POWER};
    int rc = jd_curves_read(c, &kind, table, wanted, RATES, ctx), n = 0;
    if (rc) return rc;
    if (are_rows(c)) {
        c->kind.height_mm = c->kind.narrow_height_mm =
            fmax(45.0, ROWS_FOOT_MM + 5.0 + ROW_MM * (c->x.high - c->x.low));
        return JD_OK;
    }
    for (int r = 0; r < RATES; r++)
        n += has_rate(c, r);
    c->kind.height_mm =
        52.0 + LEGEND_MM * legend_rows(c, 1) + jd_curves_foot(c, c->kind.width_mm / n - PANEL_MM);
    c->kind.narrow_height_mm =
        3.0 + LEGEND_MM * legend_rows(c, 0) + n * (43.0 + jd_curves_foot(c, 89.0 - PANEL_MM));
    return JD_OK;
}

static void put_rates(FILE *out, const jd_curves_t *c, const jd_figure_options_t *options)
{
    jd_page_t page;
    if (are_rows(c)) {
        put_rows(out, c, options);
        return;
    }
    jd_page_begin(&page, out, &c->kind, options);
    int n = 0, which = 0;
    for (int r = 0; r < RATES; r++)
        n += has_rate(c, r);
    double legend = LEGEND_MM * legend_rows(c, jd_page_wide(&page)) + 3.0;
    page.top -= legend;
    for (int r = 0; r < RATES; r++) {
        if (!has_rate(c, r)) continue;
        jd_box_t box = jd_page_cell(&page, which, n, LEFT_MM, legend);
        box.bottom += jd_curves_foot(c, box.right - box.left);
        box.top += legend;
        put_panel(&page, c, r, &box, which++);
    }
    jd_page_end(&page);
}

static const jd_curves_figure_t rates_figure = {read_rates, put_rates};

int jd_figure_rates_script(FILE *out, const jd_table_t *table, const jd_figure_options_t *options,
                           jd_ctx_t *ctx)
{
    return jd_curves_script(&rates_figure, out, table, options, ctx);
}

int jd_figure_rates(const jd_table_t *table, const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    return jd_curves_draw(&rates_figure, table, options, ctx);
}
