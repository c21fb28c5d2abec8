/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An output over two parameters, as shaded cells. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "page.h"

static const jd_figure_kind_t kind = {"heat", 120.0, 85.0, 75.0};

const jd_column_t jd_heat_columns[JD_HEAT_COLUMNS] = {
    {"x", JD_DOUBLE, "1", "first parameter", NULL, 0, JD_AXIS_CELL},
    {"y", JD_DOUBLE, "1", "second parameter", NULL, 0, JD_AXIS_CELL},
    {"value", JD_DOUBLE, "1", "output", NULL, 0, JD_AXIS_CELL},
    {"x_word", JD_TEXT, "", "x in words", NULL, 40, JD_AXIS_CELL},
    {"y_word", JD_TEXT, "", "y in words", NULL, 40, JD_AXIS_CELL},
};

enum { WORD_SIZE = 64 };
static const double LETTER_MM = 1.45, BAR_MM = 22.0; /* room for the scale at the right */

/* Values of one side, ascending, and what stands beside them. */
typedef struct side {
    int n, longest;
    double value[JD_FIGURE_STEPS];
    char word[JD_FIGURE_STEPS][WORD_SIZE];
} side_t;

typedef struct heat {
    const jd_table_t *table;
    int col[JD_HEAT_COLUMNS];
    side_t x, y;
    jd_range_t value;
    int digits; /* of the values written in cells */
} heat_t;

static double cell(const heat_t *h, int column, int64_t row)
{
    return jd_figure_cell(h->table, h->col[column], row);
}

static int is_drawn(const heat_t *h, int64_t row)
{
    return !isnan(cell(h, JD_HEAT_X, row)) && !isnan(cell(h, JD_HEAT_Y, row)) &&
           !isnan(cell(h, JD_HEAT_VALUE, row));
}

static int place_of(const side_t *s, double value)
{
    int i = 0;
    while (i < s->n && s->value[i] < value)
        i++;
    return i;
}

static int add_step(heat_t *h, side_t *s, int value, int word, int64_t row, jd_ctx_t *ctx)
{
    double v = cell(h, value, row);
    int i = place_of(s, v);
    if (i < s->n && s->value[i] == v) return JD_OK;
    if (s->n == JD_FIGURE_STEPS)
        return jd_fail(ctx, JD_ERR_DATA,
                       "figure %s: table '%s' has more than %d values on a side, which stay no "
                       "longer legible",
                       kind.name, h->table->name, JD_FIGURE_STEPS);
    memmove(s->value + i + 1, s->value + i, (size_t)(s->n - i) * sizeof *s->value);
    memmove(s->word + i + 1, s->word + i, (size_t)(s->n - i) * sizeof *s->word);
    s->n++;
    s->value[i] = v;
    s->word[i][0] = '\0';
    if (h->col[word] >= 0) jd_table_text(h->table, h->col[word], row, s->word[i], WORD_SIZE);
    if (!s->word[i][0]) snprintf(s->word[i], WORD_SIZE, "%.4g", v);
    int length = (int)jd_utf8_count(s->word[i]);
    if (length > s->longest) s->longest = length;
    return JD_OK;
}

static int read_heat(heat_t *h, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    double size;
    h->value = jd_range_empty();
    for (int64_t row = 0; row < h->table->rows && !rc; row++) {
        if (!is_drawn(h, row)) continue;
        jd_range_add(&h->value, cell(h, JD_HEAT_VALUE, row));
        rc = add_step(h, &h->x, JD_HEAT_X, JD_HEAT_X_WORD, row, ctx);
        if (!rc) rc = add_step(h, &h->y, JD_HEAT_Y, JD_HEAT_Y_WORD, row, ctx);
    }
    if (!rc && h->x.n == 0) rc = jd_figure_nothing(&kind, h->table, "x, y and value", ctx);
    size = fmax(fabs(h->value.low), fabs(h->value.high));
    for (h->digits = 2; h->digits < 6 && size < 1.0; h->digits++) /* three figures of the largest */
        size *= 10.0;
    for (; h->digits > 0 && size >= 10.0; h->digits--)
        size /= 10.0;
    jd_range_pad(&h->value, 0.0);
    return rc;
}

static void put_ticks(FILE *out, const char *axis, const side_t *s, int every)
{
    fprintf(out, "set %srange [0.5:%.1f]\nset %stics scale 0 (", axis, s->n + 0.5, axis);
    for (int i = 0; i < s->n; i += every) {
        if (i > 0) fputs(", ", out);
        jd_put_text(out, s->word[i], 24);
        fprintf(out, " %d", i + 1);
    }
    fputs(")\n", out);
}

static void put_label(FILE *out, const heat_t *h, const char *axis, int column, const char *offset)
{
    const jd_column_t *c = &h->table->columns[h->col[column]];
    fprintf(out, "set %slabel ", axis);
    jd_put_label(out, c->label, c->unit);
    fprintf(out, " offset %s noenhanced\n", offset);
}

/* Places and values. */
static void put_cells(FILE *out, const heat_t *h)
{
    fputs("$cells << EOD\n", out);
    for (int64_t row = 0; row < h->table->rows; row++) {
        if (!is_drawn(h, row)) continue;
        fprintf(out, "%d %d ", place_of(&h->x, cell(h, JD_HEAT_X, row)) + 1,
                place_of(&h->y, cell(h, JD_HEAT_Y, row)) + 1);
        jd_put_number(out, cell(h, JD_HEAT_VALUE, row));
        fputc('\n', out);
    }
    fputs("EOD\n", out);
}

static void put_numbers(FILE *out, const heat_t *h)
{
    for (int64_t row = 0; row < h->table->rows; row++) {
        if (!is_drawn(h, row)) continue;
        double v = cell(h, JD_HEAT_VALUE, row);
        int dark = v > 0.5 * (h->value.low + h->value.high);
        fputs("set label '", out);
        jd_put_value(out, v, h->digits, 0);
        fprintf(out, "' at first %d, first %d center front font ',7' tc rgb '%s'\n",
                place_of(&h->x, cell(h, JD_HEAT_X, row)) + 1,
                place_of(&h->y, cell(h, JD_HEAT_Y, row)) + 1, dark ? "#FFFFFF" : JD_BLACK);
    }
}

static void put_scale(const jd_page_t *page, const heat_t *h, const jd_box_t *box)
{
    FILE *out = page->out;
    fputs("set palette defined (0 '#F7FBFF', 0.25 '#C6DBEF', 0.5 '#6BAED6', 0.75 '#2171B5',"
          " 1 '#08306B')\n",
          out);
    jd_put_axis(out, "cb", &h->value, 6);
    fprintf(out,
            "set colorbox vertical user origin screen %.5f, screen %.5f size screen %.5f, screen "
            "%.5f border 100\nset cbtics scale 0.4 offset -0.6,0\nset label ",
            (box->right + 3.0) / page->width, box->bottom / page->height, 3.0 / page->width,
            (box->top - box->bottom) / page->height);
    const jd_column_t *c = &h->table->columns[h->col[JD_HEAT_VALUE]];
    jd_put_label(out, c->label, c->unit);
    fputs(" at ", out);
    jd_put_place(page, box->right + BAR_MM - 3.5, (box->bottom + box->top) / 2.0);
    fputs(" center rotate by 90 noenhanced\n", out);
}

static void put_heat(FILE *out, const heat_t *h, const jd_figure_options_t *options)
{
    jd_page_t page;
    jd_page_begin(&page, out, &kind, options);
    double left = 8.0 + LETTER_MM * fmin(h->y.longest, 24);
    jd_box_t box = {left, page.width - BAR_MM, 12.0, page.top - 2.0};
    double wide = (box.right - box.left) / h->x.n, high = (box.top - box.bottom) / h->y.n;
    int every = (int)fmax(1.0, ceil((LETTER_MM * h->x.longest + 1.0) / wide));
    put_cells(out, h);
    jd_page_panel(&page, &box, NULL, 0.0);
    fputs("set border 0\n", out);
    put_ticks(out, "x", &h->x, every);
    put_ticks(out, "y", &h->y, (int)fmax(1.0, ceil(3.2 / high)));
    put_label(out, h, "x", JD_HEAT_X, "0,0.6");
    put_label(out, h, "y", JD_HEAT_Y, "0,0");
    put_scale(&page, h, &box);
    double letters = h->digits + 3 + (h->value.low < 0.0);
    if (wide >= 1.3 * letters && high >= 3.5) put_numbers(out, h);
    jd_page_plot(&page);
    fputs("$cells using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror fs solid 1 "
          "border lc rgb '#FFFFFF' lw 0.5 fc palette",
          out);
    jd_page_drawn(&page);
    jd_page_end(&page);
}

int jd_figure_heat_script(FILE *out, const jd_table_t *table, const jd_figure_options_t *options,
                          jd_ctx_t *ctx)
{
    heat_t *heat;
    if (jd_make_n(&heat, 1, sizeof *heat, "a heat map", ctx)) return JD_ERR_NO_MEMORY;
    heat->table = table;
    int rc = jd_figure_find(&kind, table, jd_heat_columns, JD_HEAT_COLUMNS, JD_HEAT_REQUIRED,
                            heat->col, ctx);
    if (!rc) rc = read_heat(heat, ctx);
    if (!rc) put_heat(out, heat, options);
    free(heat);
    return rc;
}

int jd_figure_heat(const jd_table_t *table, const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &kind, options, ctx);
    jd_sheet_shows(&sheet, table);
    if (!rc) rc = jd_figure_heat_script(sheet.script, table, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}
