/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page.h"

#include <string.h>

static const double LINE_MM = 3.6, SAMPLE_MM = 7.0; /* of a legend */

/* The text without its quotes. A newline would end the command and start the user's own. */
static void put_words(FILE *out, const char *text, int max)
{
    int cut = (int)jd_utf8_count(text) > max;
    const unsigned char *p = (const unsigned char *)text;
    for (int i = 0; *p && i < (cut ? max - 1 : max); i++) {
        size_t n = jd_utf8_length(p);
        if (n == 0 || *p == 0x7F || *p < ' ')
            fputc(n == 0 ? '?' : ' ', out);
        else if (*p == '\'')
            fputs("''", out);
        else
            fwrite(p, 1, n, out);
        p += n ? n : 1;
    }
    if (cut) fputs("…", out);
}

void jd_put_text(FILE *out, const char *text, int max)
{
    fputc('\'', out);
    put_words(out, text, max);
    fputc('\'', out);
}

void jd_put_label(FILE *out, const char *label, const char *unit)
{
    fputc('\'', out);
    put_words(out, label, 60);
    if (unit && unit[0] && strcmp(unit, "1") != 0) {
        fputs(" (", out);
        put_words(out, unit, 40);
        fputc(')', out);
    }
    fputc('\'', out);
}

void jd_put_number(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, "%.10g", value);
    else
        fputs("NaN", out);
}

void jd_put_value(FILE *out, double value, int digits, int plus)
{
    char text[64];
    snprintf(text, sizeof text, "%.*f", digits, fabs(value));
    int zero = strspn(text, "0.") == strlen(text);
    fputs(zero ? "" : value < 0.0 ? "−" : plus ? "+" : "", out);
    fputs(text, out);
}

/* Thin axes on two sides, ticks outside, nothing else. */
static const char prologue[] = "reset\n"
                               "set encoding utf8\n"
                               "set minussign\n"
                               "set datafile missing NaN\n"
                               "set style line 100 lc rgb '#333333' lw 1\n"
                               "set border 3 ls 100\n"
                               "set tics nomirror out scale 0.6 offset 0,0.3\n"
                               "set ytics offset 0.5,0\n"
                               "set bars 0\n"
                               "unset key\n"
                               "set style fill solid 1 noborder\n";

void jd_page_begin(jd_page_t *page, FILE *out, const jd_figure_kind_t *kind,
                   const jd_figure_options_t *options)
{
    *page = (jd_page_t){.out = out,
                        .width = jd_sheet_width(kind, options),
                        .height = jd_sheet_height(kind, options),
                        .title = options->title};
    page->top = page->height - (options->title ? 7.0 : 1.0);
    fputs(prologue, out);
    fputs("set multiplot\n", out);
}

int jd_page_wide(const jd_page_t *page)
{
    return page->width >= JD_WIDE_MM;
}

jd_box_t jd_page_cell(const jd_page_t *page, int k, int n, double left, double bottom)
{
    int wide = jd_page_wide(page);
    double width = page->width / (wide ? n : 1), height = page->top / (wide ? 1 : n);
    double x = wide ? width * k : 0.0, y = wide ? 0.0 : page->top - height * (k + 1);
    return (jd_box_t){x + left, x + width - 4.0, y + bottom, y + height - 5.0};
}

void jd_put_place(const jd_page_t *page, double x, double y)
{
    fprintf(page->out, "screen %.5f, screen %.5f", x / page->width, y / page->height);
}

void jd_page_panel(jd_page_t *page, const jd_box_t *box, const char *letter, double letter_x)
{
    FILE *out = page->out;
    page->plots = 0;
    fputs("unset label\nunset arrow\nunset object\n", out);
    fprintf(out, "set lmargin at screen %.5f\nset rmargin at screen %.5f\n",
            box->left / page->width, box->right / page->width);
    fprintf(out, "set bmargin at screen %.5f\nset tmargin at screen %.5f\n",
            box->bottom / page->height, box->top / page->height);
    if (page->title) {
        fputs("set label ", out);
        jd_put_text(out, page->title, (int)(page->width / 1.7));
        fputs(" at ", out);
        jd_put_place(page, 2.0, page->height - 3.5);
        fputs(" left noenhanced font ',9'\n", out);
        page->title = NULL;
    }
    if (letter) {
        fprintf(out, "set label '%s' at ", letter);
        jd_put_place(page, letter_x, box->top + 2.5);
        fputs(" left font ',10'\n", out);
    }
}

void jd_page_legend(jd_page_t *page, double x, double y, double pitch, int rows)
{
    page->legend.x = x;
    page->legend.y = y;
    page->legend.pitch = pitch;
    page->legend.rows = rows;
    page->legend.entries = 0;
}

/* Where the next entry's sample begins; writes its text beside. */
static void next_entry(jd_page_t *page, const char *title, double *x, double *y)
{
    int i = page->legend.entries++, column = i / page->legend.rows;
    *x = page->legend.x + page->legend.pitch * column;
    *y = page->legend.y - LINE_MM * (i % page->legend.rows);
    fputs("set label ", page->out);
    jd_put_text(page->out, title, 40);
    fputs(" at ", page->out);
    jd_put_place(page, *x + SAMPLE_MM + 1.5, *y);
    fputs(" left noenhanced\n", page->out);
}

void jd_page_entry(jd_page_t *page, const jd_look_t *look, const char *title)
{
    double x, y;
    next_entry(page, title, &x, &y);
    if (look->line) {
        fputs("set arrow from ", page->out);
        jd_put_place(page, x, y);
        fputs(" to ", page->out);
        jd_put_place(page, x + SAMPLE_MM, y);
        fprintf(page->out, " nohead %s lc rgb '%s'\n", look->line, look->colour);
    }
    if (look->point) {
        fputs("set label '' at ", page->out);
        jd_put_place(page, x + SAMPLE_MM / 2.0, y);
        fprintf(page->out, " point %s lc rgb '%s'\n", look->point, look->colour);
    }
}

void jd_page_box_entry(jd_page_t *page, const char *colour, const char *title)
{
    double x, y;
    next_entry(page, title, &x, &y);
    fputs("set object rectangle from ", page->out);
    jd_put_place(page, x + 1.0, y - 1.0);
    fputs(" to ", page->out);
    jd_put_place(page, x + SAMPLE_MM, y + 1.0);
    fprintf(page->out, " fc rgb '%s' fs solid 1 border lc rgb '#333333' lw 0.5\n", colour);
}

void jd_put_look(FILE *out, const jd_look_t *look)
{
    fprintf(out, "%s %s lc rgb '%s'", look->line ? look->line : "", look->point ? look->point : "",
            look->colour);
}

void jd_page_plot(jd_page_t *page)
{
    fputs(page->plots++ == 0 ? "plot " : ", \\\n     ", page->out);
}

void jd_page_drawn(const jd_page_t *page)
{
    fputc('\n', page->out);
}

void jd_page_end(const jd_page_t *page)
{
    fputs("unset multiplot\n", page->out);
}

jd_range_t jd_range_empty(void)
{
    return (jd_range_t){HUGE_VAL, -HUGE_VAL};
}

void jd_range_add(jd_range_t *range, double value)
{
    if (!isfinite(value)) return;
    if (value < range->low) range->low = value;
    if (value > range->high) range->high = value;
}

void jd_range_pad(jd_range_t *range, double share)
{
    if (range->low > range->high) *range = (jd_range_t){0.0, 1.0};
    double size = fmax(fabs(range->low), fabs(range->high));
    double width = range->high - range->low;
    /* gnuplot warns of an empty range, and calls a range empty whose ticks have the same text */
    double pad = width > 1e-6 * size && width > 1e-100 ? share * width
                 : size > 1e-100                       ? 0.1 * size
                                                       : 0.5;
    range->low -= pad;
    range->high += pad;
}

double jd_round_step(double value, int *power)
{
    *power = (int)floor(log10(value));
    double ten = pow(10.0, *power), times = value / ten;
    if (times > 5.0) ++*power;
    return times <= 1.0 ? ten : times <= 2.0 ? 2.0 * ten : times <= 5.0 ? 5.0 * ten : 10.0 * ten;
}

void jd_put_axis(FILE *out, const char *axis, const jd_range_t *range, int ticks)
{
    int power;
    double step = jd_round_step((range->high - range->low) / ticks, &power);
    fprintf(out, "set %srange [%.10g:%.10g]\n", axis, range->low, range->high);
    if (power < -5 || fmax(fabs(range->low), fabs(range->high)) >= 1e6) /* let gnuplot choose */
        fprintf(out, "set %stics autofreq\nset format %s '%%h'\n", axis, axis);
    else
        fprintf(out, "set %stics %.10g\nset format %s '%%.%df'\n", axis, step, axis,
                power < 0 ? -power : 0);
}

int jd_figure_find(const jd_figure_kind_t *kind, const jd_table_t *table, const jd_column_t *wanted,
                   int n_wanted, int required, int *index, jd_ctx_t *ctx)
{
    if (!table) return jd_fail(ctx, JD_ERR_ARGUMENT, "figure %s: no table was given", kind->name);
    if (table->n_unit > 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "figure %s: table '%s' is a panel; it takes records",
                       kind->name, table->name);
    int rc = JD_OK;
    for (int i = 0; i < n_wanted; i++) {
        index[i] = jd_table_find(table, wanted[i].name);
        int text = index[i] >= 0 && table->columns[index[i]].type == JD_TEXT;
        if (index[i] < 0 && i < required)
            rc = jd_fail(ctx, JD_ERR_DATA, "figure %s: table '%s' has no column '%s' (%s)",
                         kind->name, table->name, wanted[i].name, wanted[i].label);
        else if (index[i] >= 0 && text != (wanted[i].type == JD_TEXT))
            rc = jd_fail(ctx, JD_ERR_DATA, "figure %s: column '%s' of table '%s' must hold %s",
                         kind->name, wanted[i].name, table->name, text ? "numbers" : "text");
    }
    if (!rc && table->rows == 0)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "figure %s: table '%s' has no rows, so there is nothing to "
                     "draw",
                     kind->name, table->name);
    return rc;
}

int jd_figure_nothing(const jd_figure_kind_t *kind, const jd_table_t *table, const char *columns,
                      jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_DATA,
                   "figure %s: none of the %lld rows of table '%s' has numbers in %s, so there is "
                   "nothing to draw",
                   kind->name, (long long)table->rows, table->name, columns);
}

double jd_figure_cell(const jd_table_t *table, int column, int64_t row)
{
    double value = column < 0 ? JD_MISSING : jd_table_number(table, column, row);
    return fabs(value) < 1e100 ? value : JD_MISSING; /* sums and squares must stay finite */
}

const char *jd_figure_unit(const jd_table_t *table, int column)
{
    return column < 0 ? "1" : table->columns[column].unit;
}
