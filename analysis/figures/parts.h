/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Stacked parts of a bias or of friction, standing or lying. Internal. */
#ifndef JD_FIGURES_PARTS_H
#define JD_FIGURES_PARTS_H

#include "page.h"

enum { JD_PARTS = 5 };

/** Name and colour of a part. */
typedef struct jd_part_look {
    const char *title, *colour;
} jd_part_look_t;
/** Those of a bias. */
extern const jd_part_look_t jd_bias_parts[JD_PARTS];

/** The mark that a row's parts add up to: a column, less another one unless that is -1. */
typedef struct jd_parts_mark {
    int column, less;
} jd_parts_mark_t;
double jd_parts_total(const jd_table_t *table, const jd_parts_mark_t *mark, int64_t row);

/** Writes the blocks $NAME0 ... $NAME4 (position low high), one for each part: positive parts stack
 *  up from zero, negative ones down; a missing part is zero. positions[row] is NaN for rows left
 *  out. col: the parts' columns. A row whose parts do not add up to its mark, as means over unlike
 *  replicates, has no stack. Extends `extent` by the stacks' ends. Returns how many such rows. */
int jd_parts_data(FILE *out, const char *name, const jd_table_t *table, const int *col,
                  const jd_parts_mark_t *mark, const double *positions, jd_range_t *extent);
/** Says that `rows` stacks were left out, if any. */
void jd_parts_report(const char *figure, int rows, jd_ctx_t *ctx);

/** Half a bar's thickness: a third of the smallest step between positions, at most a ninth of
 *  `width`. NaN positions are left out. Cost: rows squared. */
double jd_parts_half(const double *positions, int64_t rows, double width);

/** Draws them as boxes of the given half thickness; `lying`: bars go right, not up. */
void jd_parts_plot(jd_page_t *page, const char *name, const jd_part_look_t *parts, double half,
                   int lying);

/** Legend entries of the five parts. */
void jd_parts_legend(jd_page_t *page, const jd_part_look_t *parts);

#endif
