/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the drawings of one file share; a drawer reads its tables and draws one figure. Internal.
 */
#ifndef JD_DRAWING_PARTS_H
#define JD_DRAWING_PARTS_H

#include "analysis/figures/figures.h"
#include "io/hdf5/store.h"

/** A result file that is being drawn. */
typedef struct jd_source {
    const char *path;
    jd_store_t *store;
    const char *run;    /**< where the tables of one run are: "", or the first of several */
    const char *output; /**< as jd_drawings_t */
} jd_source_t;

typedef int (*jd_drawer_t)(const jd_source_t *source, const jd_figure_options_t *options,
                           jd_ctx_t *ctx);

/** drawings_sweep.c: of a sweep with one factor; with two; of saltelli's and morris' designs. */
int jd_draw_by_factor(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx);
int jd_draw_heat(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx);
int jd_draw_sensitivity(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx);

/** drawings_monte_carlo.c: of a validation. */
int jd_draw_bias_by(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx);
int jd_draw_rates(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx);
int jd_draw_pretest(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx);

enum { JD_FACTOR_NAME = 96 };

/** A swept parameter as an axis. */
typedef struct jd_factor_axis {
    char name[JD_FACTOR_NAME]; /**< "policy.share", or what the axis says instead */
    char unit[JD_FACTOR_NAME];
    double scale; /**< of the values */
} jd_factor_axis_t;

/** First and number of the columns of /runs that hold swept values; 0 of a file without. */
int jd_factor_columns(const jd_table_t *runs, int *first);
/** The axis of a factor's column, policy_share for policy.share; config is /config/parameters. The
 * treated share is told in per cent. */
void jd_factor_axis(jd_factor_axis_t *axis, const jd_table_t *table, int column,
                    const jd_table_t *config);

#endif
