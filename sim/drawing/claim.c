/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figure of a proposition's claim, of the numbers that jiedao theory measured. */
#include <math.h>
#include <string.h>

#include "drawing/figure.h"

/* Lines as the figure wants them. */
static int make_curves(jd_table_t *curves, jd_column_t *columns, const jd_table_t *lines,
                       jd_ctx_t *ctx)
{
    const int line = jd_table_find(lines, "line"), x = jd_table_find(lines, "x"),
              word = jd_table_find(lines, "word"), value = jd_table_find(lines, "value");
    char text[64];
    if (line < 0 || x < 0 || word < 0 || value < 0)
        return jd_fail(ctx, JD_ERR_DATA, "table 'lines' needs columns line, x, word, value");
    memcpy(columns, jd_curve_columns, JD_CURVE_COLUMNS * sizeof *columns);
    columns[JD_CURVE_X].label = lines->columns[x].label;
    columns[JD_CURVE_X].unit = lines->columns[x].unit;
    columns[JD_CURVE_BIAS].label = lines->columns[value].label;
    columns[JD_CURVE_BIAS].unit = lines->columns[value].unit;
    int rc = jd_table_init(curves, "lines", "", columns, JD_CURVE_COLUMNS, lines->rows, ctx);
    for (int64_t row = 0; row < lines->rows && !rc; row++, curves->rows++) {
        for (int c = 0; c < JD_CURVE_COLUMNS; c++)
            if (columns[c].type != JD_TEXT) jd_table_set_number(curves, c, row, (double)NAN);
        jd_table_set_text(curves, JD_CURVE_ESTIMATOR, row,
                          jd_table_text(lines, line, row, text, sizeof text));
        jd_table_set_number(curves, JD_CURVE_X, row, jd_table_number(lines, x, row));
        jd_table_set_text(curves, JD_CURVE_WORD, row,
                          jd_table_text(lines, word, row, text, sizeof text));
        jd_table_set_number(curves, JD_CURVE_BIAS, row, jd_table_number(lines, value, row));
        jd_table_set_number(curves, JD_CURVE_LOW, row, jd_cell(lines, "low", row));
        jd_table_set_number(curves, JD_CURVE_HIGH, row, jd_cell(lines, "high", row));
    }
    return rc;
}

static int draw_claim(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t lines = {0}, curves = {0};
    jd_column_t columns[JD_CURVE_COLUMNS];
    int rc = jd_drawing_read(s, "lines", &lines, ctx);
    if (!rc) rc = make_curves(&curves, columns, &lines, ctx);
    if (!rc) rc = jd_figure_claim(&curves, o, ctx);
    jd_table_free(&curves);
    jd_table_free(&lines);
    return rc;
}

const jd_figure_t jd_drawing_claim = {
    .name = "claim",
    .label = "what a proposition claims, measured",
    .of = JD_FILE_CLAIM,
    .tables = "lines",
    .draw = draw_claim,
};
