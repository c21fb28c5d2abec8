/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the figures' scripts are written with: page and panels in mm, text, numbers, ranges,
 *  columns found by name. Internal. */
#ifndef JD_FIGURES_PAGE_H
#define JD_FIGURES_PAGE_H

#include <math.h>

#include "core/text.h"
#include "sheet.h"

#define JD_MISSING ((double)NAN)

/* Colours that stay apart in grey and for the colour-blind (after Okabe and Ito). */
#define JD_BLACK "#000000"
#define JD_BLUE "#0072B2"
#define JD_RED "#D55E00"
#define JD_GREEN "#009E73"
#define JD_ORANGE "#E69F00"
#define JD_SKY "#56B4E9"
#define JD_PINK "#CC79A7"
#define JD_GREY "#777777"

typedef struct jd_page {
    FILE *out;
    double width, height; /* mm of the sheet */
    double top;           /* mm from the bottom that panels may use: below the title */
    const char *title;    /* still to be drawn, or NULL */
    int plots;            /* curves in the present panel so far */
    struct {
        double x, y, pitch; /* mm: first entry's left end and middle, column to column */
        int rows, entries;
    } legend;
} jd_page_t;

/** mm of a panel's box on the sheet, from its lower left corner. */
typedef struct jd_box {
    double left, right, bottom, top;
} jd_box_t;

/** How a curve is drawn, and its sample in the legend: gnuplot's words, NULL = none. */
typedef struct jd_look {
    const char *colour;
    const char *line;  /* "dt 1 lw 2" */
    const char *point; /* "pt 7 ps 0.5" */
} jd_look_t;

/** Smallest range that holds what was added; empty while low > high. */
typedef struct jd_range {
    double low, high;
} jd_range_t;

int jd_page_wide(const jd_page_t *page);
/** Box of panel `k` of `n`, side by side or, on a narrow sheet, one above the other; `left` and
 *  `bottom` mm are left free for axes and legend. */
jd_box_t jd_page_cell(const jd_page_t *page, int k, int n, double left, double bottom);
void jd_page_begin(jd_page_t *page, FILE *out, const jd_figure_kind_t *kind,
                   const jd_figure_options_t *options);
/** Starts a panel; `letter` ("a", NULL = none) stands above it, its left end at letter_x mm. */
void jd_page_panel(jd_page_t *page, const jd_box_t *box, const char *letter, double letter_x);
/** Place of the legend of the present panel, drawn by hand: gnuplot's own moves with its guess of
 *  text widths, differently in each format. Entries fill columns of `rows` entries, `pitch` mm
 * apart. */
void jd_page_legend(jd_page_t *page, double x, double y, double pitch, int rows);
/** Next entry of the legend; before the panel's curves. */
void jd_page_entry(jd_page_t *page, const jd_look_t *look, const char *title);
/** As jd_page_entry(), for boxes filled with this colour. */
void jd_page_box_entry(jd_page_t *page, const char *colour, const char *title);
/** The words of a look. */
void jd_put_look(FILE *out, const jd_look_t *look);
/** A place on the sheet in mm, in gnuplot's words. */
void jd_put_place(const jd_page_t *page, double x, double y);
/** Starts the next curve of the panel: "plot " or ", ". */
void jd_page_plot(jd_page_t *page);
/** Ends the panel's curves. */
void jd_page_drawn(const jd_page_t *page);
void jd_page_end(const jd_page_t *page);

/** Quoted for gnuplot, whatever it holds: control characters become spaces, what is not UTF-8 '?';
 *  at most `max` characters, the rest becomes an ellipsis. */
void jd_put_text(FILE *out, const char *text, int max);
/** As gnuplot reads it back: ten digits, NaN for what is not finite. */
void jd_put_number(FILE *out, double value);
/** For people: `digits` decimals, a true minus sign; with `plus` a plus sign too. */
void jd_put_value(FILE *out, double value, int digits, int plus);
/** `'LABEL (UNIT)'`, without the bracket for pure numbers. */
void jd_put_label(FILE *out, const char *label, const char *unit);

jd_range_t jd_range_empty(void);
void jd_range_add(jd_range_t *range, double value);
/** Widens by `share` of its width on both sides; an empty or single-valued one to a width that can
 *  be drawn. */
void jd_range_pad(jd_range_t *range, double share);
/** Range of an axis ("x", "y", "cb") and at most `ticks` round ticks, all with as many decimals. */
void jd_put_axis(FILE *out, const char *axis, const jd_range_t *range, int ticks);
/** Smallest of 1, 2, 5 times a power of ten that is at least `value` > 0; the power in `power`. */
double jd_round_step(double value, int *power);

/** Finds the wanted columns by name (index -1 = absent); fails if the table is NULL, empty, a panel
 *  or lacks one of the first `required`. */
JD_MUST_USE int jd_figure_find(const jd_figure_kind_t *kind, const jd_table_t *table,
                               const jd_column_t *wanted, int n_wanted, int required, int *index,
                               jd_ctx_t *ctx);
/** The failure for a table whose rows hold nothing to draw. */
int jd_figure_nothing(const jd_figure_kind_t *kind, const jd_table_t *table, const char *columns,
                      jd_ctx_t *ctx);
/** A cell's number; NaN for an absent column and for what no axis can hold (1e100 and beyond). */
double jd_figure_cell(const jd_table_t *table, int column, int64_t row);
/** Unit of a found column, as the table has it. */
const char *jd_figure_unit(const jd_table_t *table, int column);

#endif
