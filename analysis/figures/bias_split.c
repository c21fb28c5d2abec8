/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bias of each estimator and where it comes from. */

#include "parts.h"

static const jd_figure_kind_t kind = {"bias_split", 183.0, 85.0, 150.0};

#define PART(suffix, what)                                                                        \
    {"measurement" suffix, JD_DOUBLE, "1", "bias " what " from the observation model", NULL, 0,   \
     JD_AXIS_CELL},                                                                               \
        {"trends" suffix,                                                                         \
         JD_DOUBLE,                                                                               \
         "1",                                                                                     \
         "bias " what " from differential trends and chance",                                     \
         NULL,                                                                                    \
         0,                                                                                       \
         JD_AXIS_CELL},                                                                           \
        {"weights" suffix, JD_DOUBLE, "1", "bias " what " from weights and target", NULL, 0,      \
         JD_AXIS_CELL},                                                                           \
        {"anticipation" suffix, JD_DOUBLE, "1", "bias " what " from anticipation", NULL, 0,       \
         JD_AXIS_CELL},                                                                           \
    {                                                                                             \
        "spillover" suffix, JD_DOUBLE, "1", "bias " what " from spillover", NULL, 0, JD_AXIS_CELL \
    }

const jd_column_t jd_bias_split_columns[JD_BIAS_COLUMNS] = {
    {"estimator", JD_TEXT, "", "estimator", NULL, 32, JD_AXIS_CELL},
    {"bias", JD_DOUBLE, "1", "estimate minus true ATT", NULL, 0, JD_AXIS_CELL},
    PART("", "against ATT"),
    {"term", JD_TEXT, "", "what is estimated, where an estimator has several", NULL, 32,
     JD_AXIS_CELL},
    {"bias_ade", JD_DOUBLE, "1", "estimate minus true ADE", NULL, 0, JD_AXIS_CELL},
    PART("_ade", "against ADE"),
};

enum { NAME_SIZE = 128, LONGEST = 34 }; /* bytes; characters of a row's name */
static const double VALUE_MM = 14.0;    /* column of the totals */
static const double NAME_MM = 1.5;      /* width of a character of 8 points */

/* A row's place: the first row on top, rows without a total left out. */
static int read_positions(const jd_table_t *table, int bias, double *positions)
{
    int n = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        int there = !isnan(jd_figure_cell(table, bias, row));
        positions[row] = there ? -(double)row : JD_MISSING;
        n += there;
    }
    return n;
}

static void read_name(const jd_table_t *table, const int *col, int64_t row, char *text)
{
    char term[NAME_SIZE] = "", estimator[NAME_SIZE];
    jd_table_text(table, col[JD_BIAS_ESTIMATOR], row, estimator, sizeof estimator);
    if (col[JD_BIAS_TERM] >= 0) jd_table_text(table, col[JD_BIAS_TERM], row, term, sizeof term);
    snprintf(text, 2 * NAME_SIZE + 2, "%s%s%s", estimator, term[0] ? ", " : "", term);
}

/* Characters that the rows' names may take: the longest's, but no more than fits 0.4 of the sheet.
 */
static int name_length(const jd_page_t *page, const jd_table_t *table, const int *col)
{
    char text[2 * NAME_SIZE + 2];
    int longest = 4, room = (int)(0.4 * page->width / NAME_MM);
    for (int64_t row = 0; row < table->rows; row++) {
        read_name(table, col, row, text);
        int length = (int)jd_utf8_count(text);
        if (length > longest) longest = length;
    }
    if (room > LONGEST) room = LONGEST;
    return longest < room ? longest : room;
}

static void put_names(FILE *out, const jd_table_t *table, const int *col, int length)
{
    char text[2 * NAME_SIZE + 2];
    for (int64_t row = 0; row < table->rows; row++) {
        read_name(table, col, row, text);
        fputs("set label ", out);
        jd_put_text(out, text, length);
        fprintf(out, " at graph 0, first %lld right offset -0.8,0 noenhanced\n", -(long long)row);
    }
}

/* Decimals that show three figures of the largest. */
static int decimals(double largest)
{
    int digits = 3;
    double size = 1.0;
    for (; largest >= size && digits > 0; digits--)
        size *= 10.0;
    for (size = 0.01; largest < size && digits < 8; digits++)
        size *= 0.1;
    return largest > 0.0 ? digits : 3;
}

typedef struct panel {
    const char *name, *letter, *label;
    int bias, parts; /* members of the column list */
} panel_t;

/* What both panels are drawn from; `extent` grows with it, since they share their scale: a small
 * bias looks small. Returns the rows whose parts are left out. */
static int put_data(FILE *out, const panel_t *panel, const jd_table_t *table, const int *col,
                    jd_range_t *extent)
{
    double positions[JD_FIGURE_BARS];
    const jd_parts_mark_t mark = {col[panel->bias], -1};
    read_positions(table, col[panel->bias], positions);
    int left_out =
        jd_parts_data(out, panel->name, table, col + panel->parts, &mark, positions, extent);
    fprintf(out, "$%s_total << EOD\n", panel->name);
    for (int64_t row = 0; row < table->rows; row++) {
        if (isnan(positions[row])) continue;
        double value = jd_figure_cell(table, col[panel->bias], row);
        jd_put_number(out, value);
        fputc(' ', out);
        jd_put_number(out, positions[row]);
        fputc('\n', out);
        jd_range_add(extent, value);
    }
    fputs("EOD\n", out);
    return left_out;
}

/* The totals' values, in a column of their own at the right; a row without one says so, as an empty
 * place would look like no bias. */
static void put_totals(FILE *out, const jd_table_t *table, int bias)
{
    double positions[JD_FIGURE_BARS], largest = 0.0;
    read_positions(table, bias, positions);
    for (int64_t row = 0; row < table->rows; row++)
        if (!isnan(positions[row])) largest = fmax(largest, fabs(jd_figure_cell(table, bias, row)));
    for (int64_t row = 0; row < table->rows; row++) {
        if (isnan(positions[row])) {
            fprintf(out,
                    "set label 'not defined' at graph 1, first %lld right offset 6,0 "
                    "tc rgb '#777777'\n",
                    -(long long)row);
            continue;
        }
        fputs("set label '", out);
        jd_put_value(out, jd_figure_cell(table, bias, row), decimals(largest), 1);
        fprintf(out, "' at graph 1, first %.10g right offset 6,0\n", positions[row]);
    }
    fputs("set label 'total' at graph 1, graph 1 right offset 6,0.7 font ',7.5'\n", out);
}

static void put_panel(jd_page_t *page, const panel_t *panel, const jd_table_t *table,
                      const int *col, const jd_range_t *extent, const jd_box_t *box, int first)
{
    static const jd_look_t total = {JD_BLACK, NULL, "pt 12 ps 0.7 lw 1.6"};
    FILE *out = page->out;
    int wide = jd_page_wide(page);
    jd_page_panel(page, box, panel->letter, first || !wide ? 2.0 : box->left);
    if (first || !wide) put_names(out, table, col, name_length(page, table, col));
    if (first) {
        jd_page_legend(page, 3.0, wide ? 6.5 : 10.0, 40.0, wide ? 2 : 3);
        jd_parts_legend(page, jd_bias_parts);
        jd_page_entry(page, &total, "total");
    }
    put_totals(out, table, col[panel->bias]);
    fprintf(
        out,
        "set label '%s' at graph 0, graph 1.0 left offset 2,0.7\n"
        "set arrow from first 0, graph 0 to first 0, graph 1 nohead front lw 1 lc rgb '#333333'\n"
        "set xlabel ",
        panel->label);
    jd_put_label(out, "Bias", jd_figure_unit(table, col[panel->bias]));
    fputs(" offset 0,0.6\n", out);
    jd_put_axis(out, "x", extent, (int)fmax(4.0, (box->right - box->left) / 8.0));
    fprintf(out, "set yrange [%.10g:%.10g]\n", 0.3 - (double)table->rows, 0.7);
    jd_parts_plot(page, panel->name, jd_bias_parts, 0.32, 1);
    jd_page_plot(page);
    fprintf(out,
            "$%s_total using 1:2 with points pt 13 ps 0.9 lc rgb '#FFFFFF', \\\n"
            "     $%s_total using 1:2 with points ",
            panel->name, panel->name);
    jd_put_look(out, &total);
    jd_page_drawn(page);
}

int jd_figure_bias_split_script(FILE *out, const jd_table_t *table,
                                const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    static const panel_t att = {"att", "a", "against true ATT", JD_BIAS_BIAS, JD_BIAS_PARTS};
    static const panel_t ade = {"ade", "b", "against true ADE", JD_BIAS_ADE_BIAS,
                                JD_BIAS_ADE_PARTS};
    int col[JD_BIAS_COLUMNS];
    double positions[JD_FIGURE_BARS];
    int rc = jd_figure_find(&kind, table, jd_bias_split_columns, JD_BIAS_COLUMNS, JD_BIAS_REQUIRED,
                            col, ctx);
    if (rc) return rc;
    if (table->rows > JD_FIGURE_BARS)
        return jd_fail(ctx, JD_ERR_DATA,
                       "figure %s: table '%s' has %lld rows, of which %d stay legible; hand over "
                       "the terms to compare",
                       kind.name, table->name, (long long)table->rows, JD_FIGURE_BARS);
    if (read_positions(table, col[JD_BIAS_BIAS], positions) == 0)
        return jd_figure_nothing(&kind, table, "bias", ctx);
    int two = read_positions(table, col[JD_BIAS_ADE_BIAS], positions) > 0;

    jd_page_t page;
    jd_page_begin(&page, out, &kind, options);
    jd_range_t extent = jd_range_empty();
    jd_range_add(&extent, 0.0);
    int left_out = put_data(out, &att, table, col, &extent);
    if (two) left_out += put_data(out, &ade, table, col, &extent);
    jd_parts_report(kind.name, left_out, ctx);
    jd_range_pad(&extent, 0.05);
    int wide = jd_page_wide(&page), stacked = two && !wide;
    double names = 4.0 + NAME_MM * name_length(&page, table, col), legend = wide ? 10.0 : 13.0;
    double across = (page.width - names - 3.0) / (two && wide ? 2.0 : 1.0);
    double up = (page.top - legend) / (stacked ? 2.0 : 1.0);
    jd_box_t box = {names, names + across - VALUE_MM, page.top - up + 10.0, page.top - 5.0};
    fputs("unset ytics\nset border 1 ls 100\nset xtics offset 0,0.3\n", out);
    put_panel(&page, &att, table, col, &extent, &box, 1);
    if (two) {
        double right = wide ? across : 0.0, down = stacked ? up : 0.0;
        box = (jd_box_t){box.left + right, box.right + right, box.bottom - down, box.top - down};
        put_panel(&page, &ade, table, col, &extent, &box, 0);
    }
    jd_page_end(&page);
    return JD_OK;
}

int jd_figure_bias_split(const jd_table_t *split, const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &kind, options, ctx);
    jd_sheet_shows(&sheet, split);
    if (!rc) rc = jd_figure_bias_split_script(sheet.script, split, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}
