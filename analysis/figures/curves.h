/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the figures of Monte-Carlo results share: estimators, the axis of the parameter, a panel an
 *  estimator. Internal. */
#ifndef JD_FIGURES_CURVES_H
#define JD_FIGURES_CURVES_H

#include "page.h"

enum { JD_CURVE_NAME = 64 };

typedef struct jd_curves {
    jd_figure_kind_t kind; /* sized by the number of panels */
    const jd_table_t *table;
    int col[JD_CURVE_COLUMNS];
    int n; /* estimators with something to draw */
    char names[JD_FIGURE_ESTIMATORS][JD_CURVE_NAME];
    jd_range_t x; /* of the axis */
    int places;   /* distinct x */
    int longest;  /* characters of the longest word below the axis; 0 = numbers stand there */
} jd_curves_t;

/** Reads the estimators of rows that have an x and any of the `n_wanted` columns. Errors: as
 * jd_figure_find(); JD_ERR_DATA (more than JD_FIGURE_ESTIMATORS, nothing to draw). */
JD_MUST_USE int jd_curves_read(jd_curves_t *curves, const jd_figure_kind_t *kind,
                               const jd_table_t *table, const int *wanted, int n_wanted,
                               jd_ctx_t *ctx);
/** A figure of curves: reads and sizes it, and writes its script. */
typedef struct jd_curves_figure {
    int (*read)(jd_curves_t *curves, const jd_table_t *table, jd_ctx_t *ctx);
    void (*put)(FILE *out, const jd_curves_t *curves, const jd_figure_options_t *options);
} jd_curves_figure_t;
/** Its script, and the figure itself. Errors: those of reading; of drawing. */
JD_MUST_USE int jd_curves_script(const jd_curves_figure_t *figure, FILE *out,
                                 const jd_table_t *table, const jd_figure_options_t *options,
                                 jd_ctx_t *ctx);
JD_MUST_USE int jd_curves_draw(const jd_curves_figure_t *figure, const jd_table_t *table,
                               const jd_figure_options_t *options, jd_ctx_t *ctx);

/** A number of the column list's column. */
double jd_curves_cell(const jd_curves_t *curves, int column, int64_t row);
/** Whether a row is of estimator k. */
int jd_curves_is(const jd_curves_t *curves, int k, int64_t row);
/** Writes block $NAME of estimator k (x + aside, value, low, high); returns its rows. The ends are
 *  1.96 errors away; without error the value itself. Extends y unless NULL. */
int jd_curves_data(FILE *out, const jd_curves_t *curves, const char *name, int k, int value,
                   int error, double aside, jd_range_t *y);

/** mm below a panel `width` mm wide for ticks and label of the axis. */
double jd_curves_foot(const jd_curves_t *curves, double width);
/** Ticks of the axis and, if `label`, its label below the box. */
void jd_curves_axis(const jd_page_t *page, const jd_curves_t *curves, const jd_box_t *box,
                    int label);

/** Panels for n estimators: columns, and the box of panel k above `legend` mm. */
int jd_curves_across(int n, int wide);
jd_box_t jd_curves_cell_box(const jd_page_t *page, const jd_curves_t *curves, int k, double legend);
/** Makes the kind's heights those of n such panels. */
void jd_curves_size(jd_curves_t *curves);

/** Starts estimator k's panel: name above, both axes on the scale `y`, labels where they are first
 * needed, a line at zero. */
void jd_curves_panel(jd_page_t *page, const jd_curves_t *curves, int k, const jd_box_t *box,
                     const jd_range_t *y, const char *label);

#endif
