/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curves.h"

#include <string.h>

const jd_column_t jd_curve_columns[JD_CURVE_COLUMNS] = {
    {"estimator", JD_TEXT, "", "estimator", NULL, 64, JD_AXIS_CELL},
    {"x", JD_DOUBLE, "1", "parameter", NULL, 0, JD_AXIS_CELL},
    {"bias", JD_DOUBLE, "1", "mean of estimate less truth", NULL, 0, JD_AXIS_CELL},
    {"word", JD_TEXT, "", "the parameter's value in words", NULL, 40, JD_AXIS_CELL},
    {"bias_se", JD_DOUBLE, "1", "Monte-Carlo error of bias", NULL, 0, JD_AXIS_CELL},
    {"measurement", JD_DOUBLE, "1", "bias from the observation model", NULL, 0, JD_AXIS_CELL},
    {"trends", JD_DOUBLE, "1", "bias from differential trends", NULL, 0, JD_AXIS_CELL},
    {"weights", JD_DOUBLE, "1", "bias from weights and target", NULL, 0, JD_AXIS_CELL},
    {"anticipation", JD_DOUBLE, "1", "bias from anticipation", NULL, 0, JD_AXIS_CELL},
    {"spillover", JD_DOUBLE, "1", "bias from spillover on controls", NULL, 0, JD_AXIS_CELL},
    {"bias_if_passed", JD_DOUBLE, "1", "bias if the pretest is passed", NULL, 0, JD_AXIS_CELL},
    {"bias_if_passed_se", JD_DOUBLE, "1", "its Monte-Carlo error", NULL, 0, JD_AXIS_CELL},
    {"coverage", JD_DOUBLE, "1", "share of intervals with the truth", NULL, 0, JD_AXIS_CELL},
    {"coverage_low", JD_DOUBLE, "1", "lower end of its Monte-Carlo interval", NULL, 0,
     JD_AXIS_CELL},
    {"coverage_high", JD_DOUBLE, "1", "upper end", NULL, 0, JD_AXIS_CELL},
    {"size", JD_DOUBLE, "1", "share rejected without an effect", NULL, 0, JD_AXIS_CELL},
    {"size_low", JD_DOUBLE, "1", "lower end of its Monte-Carlo interval", NULL, 0, JD_AXIS_CELL},
    {"size_high", JD_DOUBLE, "1", "upper end", NULL, 0, JD_AXIS_CELL},
    {"power", JD_DOUBLE, "1", "share rejected with the effect", NULL, 0, JD_AXIS_CELL},
    {"power_low", JD_DOUBLE, "1", "lower end of its Monte-Carlo interval", NULL, 0, JD_AXIS_CELL},
    {"power_high", JD_DOUBLE, "1", "upper end", NULL, 0, JD_AXIS_CELL},
    {"low", JD_DOUBLE, "1", "lower end of the interval of bias", NULL, 0, JD_AXIS_CELL},
    {"high", JD_DOUBLE, "1", "upper end", NULL, 0, JD_AXIS_CELL},
};

static const double LETTER_MM = 1.45, TICK_MM = 5.0, LABEL_MM = 4.0;

double jd_curves_cell(const jd_curves_t *c, int column, int64_t row)
{
    return jd_figure_cell(c->table, c->col[column], row);
}

/* ---- Reading ---- */

static int name_of(const jd_curves_t *c, int64_t row, char name[JD_CURVE_NAME])
{
    int k = 0;
    jd_table_text(c->table, c->col[JD_CURVE_ESTIMATOR], row, name, JD_CURVE_NAME);
    while (k < c->n && strcmp(c->names[k], name) != 0)
        k++;
    return k;
}

int jd_curves_is(const jd_curves_t *c, int k, int64_t row)
{
    char name[JD_CURVE_NAME];
    return name_of(c, row, name) == k;
}

static const char *word_of(const jd_curves_t *c, int64_t row, char word[JD_CURVE_NAME])
{
    word[0] = '\0';
    if (c->col[JD_CURVE_WORD] >= 0)
        jd_table_text(c->table, c->col[JD_CURVE_WORD], row, word, JD_CURVE_NAME);
    return word;
}

/* Whether an earlier row stands at the same place. */
static int is_repeated(const jd_curves_t *c, int64_t row)
{
    double x = jd_curves_cell(c, JD_CURVE_X, row);
    for (int64_t i = 0; i < row; i++)
        if (jd_curves_cell(c, JD_CURVE_X, i) == x) return 1;
    return 0;
}

static int read_row(jd_curves_t *c, int64_t row, jd_ctx_t *ctx)
{
    char name[JD_CURVE_NAME];
    int k = name_of(c, row, name);
    if (k == JD_FIGURE_ESTIMATORS)
        return jd_fail(ctx, JD_ERR_DATA,
                       "figure %s: table '%s' holds more than %d estimators, which one figure "
                       "cannot show apart; hand over those to compare",
                       c->kind.name, c->table->name, JD_FIGURE_ESTIMATORS);
    if (k == c->n) memcpy(c->names[c->n++], name, sizeof name);
    int length = (int)jd_utf8_count(word_of(c, row, name));
    if (length > c->longest) c->longest = length;
    jd_range_add(&c->x, jd_curves_cell(c, JD_CURVE_X, row));
    c->places += !is_repeated(c, row);
    return JD_OK;
}

int jd_curves_read(jd_curves_t *c, const jd_figure_kind_t *kind, const jd_table_t *table,
                   const int *wanted, int n_wanted, jd_ctx_t *ctx)
{
    *c = (jd_curves_t){.kind = *kind, .table = table, .x = jd_range_empty()};
    int rc = jd_figure_find(kind, table, jd_curve_columns, JD_CURVE_COLUMNS, JD_CURVE_REQUIRED,
                            c->col, ctx);
    if (rc) return rc;
    for (int64_t row = 0; row < table->rows && !rc; row++) {
        int any = 0;
        for (int i = 0; i < n_wanted; i++)
            any |= !isnan(jd_curves_cell(c, wanted[i], row));
        if (any && !isnan(jd_curves_cell(c, JD_CURVE_X, row))) rc = read_row(c, row, ctx);
    }
    if (!rc && c->n == 0)
        rc = jd_figure_nothing(kind, table, jd_curve_columns[wanted[0]].name, ctx);
    if (rc) return rc;
    if (c->longest > 0 || c->places == 1) { /* words stand at 1, 2, 3, ... */
        c->x.low -= 0.6;
        c->x.high += 0.6;
    } else {
        jd_range_pad(&c->x, 0.1);
    }
    jd_range_pad(&c->x, 0.0);
    return JD_OK;
}

int jd_curves_data(FILE *out, const jd_curves_t *c, const char *name, int k, int value, int error,
                   double aside, jd_range_t *y)
{
    int n = 0;
    fprintf(out, "$%s << EOD\n", name);
    for (int64_t row = 0; row < c->table->rows; row++) {
        double x = jd_curves_cell(c, JD_CURVE_X, row), v = jd_curves_cell(c, value, row);
        double half = 1.96 * jd_curves_cell(c, error, row);
        if (isnan(x) || isnan(v) || !jd_curves_is(c, k, row)) continue;
        if (isnan(half)) half = 0.0;
        double cells[] = {x + aside, v, v - half, v + half};
        for (int i = 0; i < 4; i++) {
            if (i > 0) fputc(' ', out);
            jd_put_number(out, cells[i]);
            if (i > 0 && y) jd_range_add(y, cells[i]);
        }
        fputc('\n', out);
        n++;
    }
    fputs("EOD\n", out);
    return n;
}

/* ---- The axis ---- */

/* Words that do not fit side by side are turned. */
static int is_turned(const jd_curves_t *c, double width)
{
    return c->longest * LETTER_MM > 0.9 * width / c->places;
}

static const char *label_of(const jd_curves_t *c)
{
    return c->table->columns[c->col[JD_CURVE_X]].label;
}

double jd_curves_foot(const jd_curves_t *c, double width)
{
    double letters = is_turned(c, width) ? fmin(c->longest, 30) * LETTER_MM * 0.71 : 0.0;
    return TICK_MM + letters + (label_of(c)[0] ? LABEL_MM : 0.0);
}

/* gnuplot takes the text of a tick for a format: % stands twice. */
static const char *double_percents(const char *word, char twice[2 * JD_CURVE_NAME])
{
    size_t n = 0;
    for (; *word && n + 3 < (size_t)2 * JD_CURVE_NAME; word++) {
        if (*word == '%') twice[n++] = '%';
        twice[n++] = *word;
    }
    twice[n] = '\0';
    return twice;
}

static void put_words(FILE *out, const jd_curves_t *c)
{
    char word[JD_CURVE_NAME], twice[2 * JD_CURVE_NAME];
    const char *before = "set xtics (";
    for (int64_t row = 0; row < c->table->rows; row++) {
        double x = jd_curves_cell(c, JD_CURVE_X, row);
        if (isnan(x) || is_repeated(c, row)) continue;
        fputs(before, out);
        jd_put_text(out, double_percents(word_of(c, row, word), twice), 30);
        fputc(' ', out);
        jd_put_number(out, x);
        before = ", ";
    }
    fputs(")\n", out);
}

void jd_curves_axis(const jd_page_t *page, const jd_curves_t *c, const jd_box_t *box, int label)
{
    FILE *out = page->out;
    double width = box->right - box->left;
    jd_put_axis(out, "x", &c->x, (int)fmax(4.0, fmin(10.0, width / 9.0)));
    if (c->longest > 0) {
        fputs(is_turned(c, width) ? "set xtics rotate by 45 right\n" : "set xtics norotate\n", out);
        put_words(out, c);
    }
    if (!label || !label_of(c)[0]) return;
    fputs("set label ", out);
    jd_put_label(out, label_of(c), jd_figure_unit(c->table, c->col[JD_CURVE_X]));
    fputs(" at ", out);
    jd_put_place(page, (box->left + box->right) / 2.0,
                 box->bottom - jd_curves_foot(c, width) + LABEL_MM / 2.0 - 0.5);
    fputs(" center noenhanced\n", out);
}

/* ---- Panels ---- */

int jd_curves_across(int n, int wide)
{
    int most = wide ? (n == 5 || n == 6 ? 3 : 4) : 2;
    return n < most ? n : most;
}

static const double LEFT_MM = 15.0, GAP_MM = 4.0;

/* mm between the left edges of panels' boxes. */
static double pitch(double width, int across)
{
    return (width - LEFT_MM) / across;
}

void jd_curves_size(jd_curves_t *c)
{
    for (int wide = 0; wide < 2; wide++) {
        int across = jd_curves_across(c->n, wide), down = (c->n + across - 1) / across;
        double width = wide ? c->kind.width_mm : 89.0;
        double height = down * (44.0 + jd_curves_foot(c, pitch(width, across) - GAP_MM));
        if (wide)
            c->kind.height_mm = 14.0 + height + (down == 1 ? 6.0 : 0.0);
        else
            c->kind.narrow_height_mm = 18.0 + height;
    }
}

jd_box_t jd_curves_cell_box(const jd_page_t *page, const jd_curves_t *c, int k, double legend)
{
    int across = jd_curves_across(c->n, jd_page_wide(page)), down = (c->n + across - 1) / across;
    double wide = pitch(page->width, across), high = (page->top - legend) / down;
    int row = k / across;
    double left = LEFT_MM + wide * (k % across), bottom = legend + high * (down - 1 - row);
    jd_box_t box = {left, left + wide - GAP_MM, bottom, bottom + high - 6.0};
    box.bottom += jd_curves_foot(c, box.right - box.left);
    return box;
}

void jd_curves_panel(jd_page_t *page, const jd_curves_t *c, int k, const jd_box_t *box,
                     const jd_range_t *y, const char *label)
{
    FILE *out = page->out;
    int across = jd_curves_across(c->n, jd_page_wide(page)), first = k % across == 0;
    jd_page_panel(page, box, NULL, 0.0);
    fputs("set label ", out);
    jd_put_text(out, c->names[k], (int)((box->right - box->left) / LETTER_MM));
    fputs(" at ", out);
    jd_put_place(page, box->left, box->top + 2.5);
    fputs(" left noenhanced\n", out);
    jd_curves_axis(page, c, box, k + across >= c->n);
    jd_put_axis(out, "y", y, (int)fmax(3.0, (box->top - box->bottom) / 5.5));
    if (!first) fputs("set format y ''\n", out);
    fputs("set ylabel ", out);
    jd_put_label(out, first ? label : "",
                 first ? jd_figure_unit(c->table, c->col[JD_CURVE_BIAS]) : NULL);
    fputs(" offset 0.8,0\n"
          "set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#777777'\n",
          out);
}

int jd_curves_script(const jd_curves_figure_t *figure, FILE *out, const jd_table_t *table,
                     const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    jd_curves_t curves;
    int rc = figure->read(&curves, table, ctx);
    if (!rc) figure->put(out, &curves, options);
    return rc;
}

int jd_curves_draw(const jd_curves_figure_t *figure, const jd_table_t *table,
                   const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    jd_curves_t curves;
    jd_sheet_t sheet = {0};
    int rc = figure->read(&curves, table, ctx);
    if (!rc) rc = jd_sheet_open(&sheet, &curves.kind, options, ctx);
    if (!rc) jd_sheet_shows(&sheet, table);
    if (!rc) figure->put(sheet.script, &curves, options);
    return jd_sheet_close(&sheet, rc, ctx);
}
