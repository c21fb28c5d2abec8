/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Figures: tables in, a gnuplot script out, and PDF, SVG and PNG drawn by gnuplot.
 *
 *  A figure knows no file format and no model: the caller fills the tables described here. Columns
 *  are found by name, in any order, beside any others; those of a list's tail (from the _REQUIRED
 *  count on) may be absent. NaN is "missing": it is not drawn. Tables are lists of records, not
 *  panels. The unit of a column on an axis is its `unit` text.
 *
 *  Every figure has two functions. jd_figure_X() draws the files FOLDER/STEM.pdf, .svg and .png,
 *  each under its name only when whole. jd_figure_X_script() writes the script alone (no
 *  terminal, no output name): what the golden tests compare. Both return JD_OK, JD_ERR_ARGUMENT
 *  (options), JD_ERR_DATA (a column is missing, no row can be drawn; the message names it) and
 *  JD_ERR_NO_MEMORY; the first also JD_ERR_OPEN, JD_ERR_WRITE, JD_ERR_PROGRAM (gnuplot is missing,
 *  failed, or printed anything) and JD_ERR_CANCELLED. Cost: 0.2 s a figure in three formats, nearly
 * all gnuplot's. */
#ifndef JD_ANALYSIS_FIGURES_H
#define JD_ANALYSIS_FIGURES_H

#include <stdio.h>

#include "analysis/figures/labels.h"
#include "jiedao/table.h"

/** File formats: a bit mask. */
enum {
    JD_FIGURE_PDF = 1,
    JD_FIGURE_SVG = 2,
    JD_FIGURE_PNG = 4,
    JD_FIGURE_ALL = 7,
    JD_FIGURE_GP = 8 /**< the script and its data, which gnuplot draws again */
};

typedef struct jd_figure_options {
    const char *folder; /**< where the files go; must exist */
    const char *stem;   /**< file name without ending; NULL = the figure's own name */
    unsigned formats;   /**< JD_FIGURE_PDF | JD_FIGURE_SVG | JD_FIGURE_PNG | JD_FIGURE_GP */
    double width_mm;    /**< 60 to 400; 0 = the figure's own (89 or 183: journals' columns) */
    double height_mm;   /**< 40 to 400; 0 = the figure's own */
    const char *title;  /**< drawn above; NULL = none, as journals want it */
    int replace;      /**< files of these names that are not known as this program's figures too */
    double scale;     /**< letters, lines and sheet larger by this; 0 = 1. For slides */
    const char *font; /**< an installed one; NULL = the labels' choice, or Liberation Sans */
    jd_labels_t *labels; /**< texts in place of the figures' own; NULL = none. Notes which served */
    int grey;            /**< no colours */
    void (*shows)(void *user, const char *figure, const jd_table_t *table);
    void *user; /**< of `shows`, which gets each table that is drawn; NULL = nobody asks */
} jd_figure_options_t;

/** Sets every field: working folder, own name, all formats, own size, no title. */
void jd_figure_options_defaults(jd_figure_options_t *options);

/** JD_OK where nothing of this name is there, or a figure that this program drew and nobody changed
 *  since (it bears a mark with a checksum), or, if `replace`, any plain file; else JD_ERR_EXISTS,
 *  naming --force. */
JD_MUST_USE int jd_figure_may_replace(const char *path, int replace, jd_ctx_t *ctx);

/* --- 1. Effort under pressure and its loop (P1, P2) ------------------------------------------ */

enum {
    JD_EFFORT_PRESSURE,
    JD_EFFORT_BRANCH,
    JD_EFFORT_POPULATION,
    JD_EFFORT_SHARE,
    JD_EFFORT_CORNER_STRONG,
    JD_EFFORT_CORNER_WEAK,
    JD_EFFORT_COLUMNS
};
extern const jd_column_t jd_effort_loop_columns[JD_EFFORT_COLUMNS];

/** Two panels: S-share against pressure, and officials at the corners. A row is a resting state.
 *  Folds: analytic P_dn and P_up of the homogeneous officials; NaN = not drawn. */
int jd_figure_effort_loop(const jd_table_t *loop, double fold_down, double fold_up,
                          const jd_figure_options_t *options, jd_ctx_t *ctx);
int jd_figure_effort_loop_script(FILE *out, const jd_table_t *loop, double fold_down,
                                 double fold_up, const jd_figure_options_t *options, jd_ctx_t *ctx);

/* --- 2. DID against ATT and ADE by treated share (P5) ---------------------------------------- */

enum {
    JD_SHARE_SHARE,
    JD_SHARE_DID,
    JD_SHARE_ATT,
    JD_SHARE_REQUIRED,
    JD_SHARE_DID_SE = JD_SHARE_REQUIRED,
    JD_SHARE_ATT_SE,
    JD_SHARE_ADE,
    JD_SHARE_ADE_SE,
    JD_SHARE_PARTS, /* five: measurement, trends, weights, anticipation, spillover */
    JD_SHARE_COLUMNS = JD_SHARE_PARTS + 5
};
extern const jd_column_t jd_did_by_share_columns[JD_SHARE_COLUMNS];

/** Two panels: means over replicates with 95 % Monte-Carlo intervals, and the bias against ATT
 *  stacked by its parts (left out when no part is given). A `share` column whose label is not the
 *  list's is another parameter: its label and unit name the axis, values stand as they are. */
int jd_figure_did_by_share(const jd_table_t *shares, const jd_figure_options_t *options,
                           jd_ctx_t *ctx);
int jd_figure_did_by_share_script(FILE *out, const jd_table_t *shares,
                                  const jd_figure_options_t *options, jd_ctx_t *ctx);

/* --- 3. Map of friction and relocation flows ------------------------------------------------- */

enum { JD_MAP_X, JD_MAP_Y, JD_MAP_FRICTION, JD_MAP_TREATED, JD_MAP_COLUMNS };
extern const jd_column_t jd_map_county_columns[JD_MAP_COLUMNS];

enum { JD_FLOW_X0, JD_FLOW_Y0, JD_FLOW_X1, JD_FLOW_Y1, JD_FLOW_FIRMS, JD_FLOW_COLUMNS };
extern const jd_column_t jd_map_flow_columns[JD_FLOW_COLUMNS];

enum { JD_MAP_FLOWS = 60 }; /* strongest flows drawn by default */

/** Counties shaded by friction, treated ones with another shape; the `max_flows` strongest flows
 *  (0 = JD_MAP_FLOWS) as arrows, width by firms. `flows` may be NULL. `degrees`: positions are
 *  longitude and latitude (projected equirectangularly at the mean latitude), else km. */
int jd_figure_map(const jd_table_t *counties, const jd_table_t *flows, int degrees, int max_flows,
                  const jd_figure_options_t *options, jd_ctx_t *ctx);
int jd_figure_map_script(FILE *out, const jd_table_t *counties, const jd_table_t *flows,
                         int degrees, int max_flows, const jd_figure_options_t *options,
                         jd_ctx_t *ctx);

/* --- 4. Estimates against truth by event time ------------------------------------------------ */

enum {
    JD_EVENT_ESTIMATOR,
    JD_EVENT_TIME,
    JD_EVENT_ESTIMATE,
    JD_EVENT_REQUIRED,
    JD_EVENT_LOW = JD_EVENT_REQUIRED,
    JD_EVENT_HIGH,
    JD_EVENT_COLUMNS
};
extern const jd_column_t jd_event_estimate_columns[JD_EVENT_COLUMNS];

enum {
    JD_TRUTH_TIME,
    JD_TRUTH_ATT,
    JD_TRUTH_REQUIRED,
    JD_TRUTH_ADE = JD_TRUTH_REQUIRED,
    JD_TRUTH_COLUMNS
};
extern const jd_column_t jd_event_truth_columns[JD_TRUTH_COLUMNS];

enum { JD_FIGURE_ESTIMATORS = 8 }; /* most that can be distinguished in one panel */

/** Estimates with 95 % intervals of up to JD_FIGURE_ESTIMATORS estimators; true ATT as steps, ADE
 *  as a dashed line. `truth` may be NULL (a user's own data). */
int jd_figure_event_time(const jd_table_t *estimates, const jd_table_t *truth,
                         const jd_figure_options_t *options, jd_ctx_t *ctx);
int jd_figure_event_time_script(FILE *out, const jd_table_t *estimates, const jd_table_t *truth,
                                const jd_figure_options_t *options, jd_ctx_t *ctx);

/* --- 5. The bias split ------------------------------------------------------------------------ */

enum {
    JD_BIAS_ESTIMATOR,
    JD_BIAS_BIAS,
    JD_BIAS_PARTS, /* five, as above */
    JD_BIAS_REQUIRED = JD_BIAS_PARTS + 5,
    JD_BIAS_TERM = JD_BIAS_REQUIRED,
    JD_BIAS_ADE_BIAS,
    JD_BIAS_ADE_PARTS, /* five, against ADE */
    JD_BIAS_COLUMNS = JD_BIAS_ADE_PARTS + 5
};
extern const jd_column_t jd_bias_split_columns[JD_BIAS_COLUMNS];

enum { JD_FIGURE_BARS = 24 }; /* most rows that stay legible */

/** A bar a row, parts stacked right (positive) and left (negative) of zero, the total marked and
 *  written; a second panel against ADE where its bias is given. */
int jd_figure_bias_split(const jd_table_t *split, const jd_figure_options_t *options,
                         jd_ctx_t *ctx);
int jd_figure_bias_split_script(FILE *out, const jd_table_t *split,
                                const jd_figure_options_t *options, jd_ctx_t *ctx);

/* --- 6. Time series of the run ---------------------------------------------------------------- */

enum {
    JD_SERIES_YEAR,
    JD_SERIES_FIRST,
    JD_SERIES_COUNT = 5, /* pressure, strong_share, friction, inducement, services */
    JD_SERIES_REQUIRED = JD_SERIES_FIRST + JD_SERIES_COUNT,
    JD_SERIES_WORLD = JD_SERIES_REQUIRED,
    JD_SERIES_COLUMNS
};
extern const jd_column_t jd_time_series_columns[JD_SERIES_COLUMNS];

/** Small multiples of national means by quarter, with the policy and (where `world` gives the
 *  rows apart) without. */
int jd_figure_time_series(const jd_table_t *series, const jd_figure_options_t *options,
                          jd_ctx_t *ctx);
int jd_figure_time_series_script(FILE *out, const jd_table_t *series,
                                 const jd_figure_options_t *options, jd_ctx_t *ctx);

/* --- 6b. Friction and its parts --------------------------------------------------------------- */

enum {
    JD_FRICTION_YEAR,
    JD_FRICTION_TREATED, /* 1 counties with the policy at some time, 0 never */
    JD_FRICTION_TOTAL,
    JD_FRICTION_FIRST, /* toolkit, capability, time, willingness, show */
    JD_FRICTION_COLUMNS = JD_FRICTION_FIRST + 5
};
extern const jd_column_t jd_friction_columns[JD_FRICTION_COLUMNS];

/** Mean f by quarter, its parts stacked up (positive) and down (negative), a panel for treated
 *  counties and one for those never treated. */
int jd_figure_friction(const jd_table_t *friction, const jd_figure_options_t *options,
                       jd_ctx_t *ctx);
int jd_figure_friction_script(FILE *out, const jd_table_t *friction,
                              const jd_figure_options_t *options, jd_ctx_t *ctx);

/* --- 7. Robust sets --------------------------------------------------------------------------- */

enum {
    JD_ROBUST_ESTIMATOR,
    JD_ROBUST_RESTRICTION, /* 0 relative magnitudes, 1 smoothness */
    JD_ROBUST_M,           /* NaN: the usual interval, which takes trends for parallel */
    JD_ROBUST_LOW,
    JD_ROBUST_HIGH,
    JD_ROBUST_COLUMNS
};
extern const jd_column_t jd_robust_sets_columns[JD_ROBUST_COLUMNS];

/** Sets of up to JD_FIGURE_ESTIMATORS estimators against Mbar and against M, a panel each where
 *  there are any, the usual interval before them. */
int jd_figure_robust_sets(const jd_table_t *sets, const jd_figure_options_t *options,
                          jd_ctx_t *ctx);
int jd_figure_robust_sets_script(FILE *out, const jd_table_t *sets,
                                 const jd_figure_options_t *options, jd_ctx_t *ctx);

/* --- 8. to 10. Monte Carlo of estimators by a parameter --------------------------------------- */

enum {
    JD_CURVE_ESTIMATOR,
    JD_CURVE_X, /* its label and unit name the axis; none where the label is "" */
    JD_CURVE_BIAS,
    JD_CURVE_REQUIRED,
    JD_CURVE_WORD = JD_CURVE_REQUIRED, /* what stands below x instead of the number */
    JD_CURVE_BIAS_SE,
    JD_CURVE_PARTS, /* five, as above */
    JD_CURVE_PASSED = JD_CURVE_PARTS + 5,
    JD_CURVE_PASSED_SE,
    JD_CURVE_COVERAGE,
    JD_CURVE_COVERAGE_LOW,
    JD_CURVE_COVERAGE_HIGH,
    JD_CURVE_SIZE,
    JD_CURVE_SIZE_LOW,
    JD_CURVE_SIZE_HIGH,
    JD_CURVE_POWER,
    JD_CURVE_POWER_LOW,
    JD_CURVE_POWER_HIGH,
    JD_CURVE_LOW, /* ends of the interval of `bias`, for claims */
    JD_CURVE_HIGH,
    JD_CURVE_COLUMNS
};
extern const jd_column_t jd_curve_columns[JD_CURVE_COLUMNS];

/** All three take rows of up to JD_FIGURE_ESTIMATORS estimators; errors are Monte-Carlo standard
 *  errors, drawn as 95 % intervals; rates have the ends of theirs. Sheets grow with the number of
 * panels. Bias: a panel an estimator, on one scale: parts stacked, the bias marked. */
int jd_figure_bias_by(const jd_table_t *curves, const jd_figure_options_t *options, jd_ctx_t *ctx);
int jd_figure_bias_by_script(FILE *out, const jd_table_t *curves,
                             const jd_figure_options_t *options, jd_ctx_t *ctx);
/** Coverage, size and power, a panel each where there is any, a curve an estimator; dashed where a
 *  95 % interval and a 5 % test should be. */
int jd_figure_rates(const jd_table_t *curves, const jd_figure_options_t *options, jd_ctx_t *ctx);
int jd_figure_rates_script(FILE *out, const jd_table_t *curves, const jd_figure_options_t *options,
                           jd_ctx_t *ctx);
/** Bias over all replicates beside bias over those that passed the pre-trend test (Roth 2022), a
 *  panel an estimator that has such a test. */
int jd_figure_pretest(const jd_table_t *curves, const jd_figure_options_t *options, jd_ctx_t *ctx);
int jd_figure_pretest_script(FILE *out, const jd_table_t *curves,
                             const jd_figure_options_t *options, jd_ctx_t *ctx);

/** A proposition's claim: lines (the estimators of the rows) over x, the values being those of
 *  `bias`, whose label and unit name the axis, with intervals from `low` to `high`; one panel, of a
 * journal's single column. */
int jd_figure_claim(const jd_table_t *lines, const jd_figure_options_t *options, jd_ctx_t *ctx);
int jd_figure_claim_script(FILE *out, const jd_table_t *lines, const jd_figure_options_t *options,
                           jd_ctx_t *ctx);

/* --- 11. Heat map over two parameters --------------------------------------------------------- */

enum {
    JD_HEAT_X,
    JD_HEAT_Y,
    JD_HEAT_VALUE,
    JD_HEAT_REQUIRED,
    JD_HEAT_X_WORD = JD_HEAT_REQUIRED,
    JD_HEAT_Y_WORD,
    JD_HEAT_COLUMNS
};
extern const jd_column_t jd_heat_columns[JD_HEAT_COLUMNS];

enum { JD_FIGURE_STEPS = 60 }; /* most values a side */

/** A cell for each pair of values, evenly spaced whatever the steps, darker for more; the value is
 *  written in where there is room. Columns' labels and units name the axes. */
int jd_figure_heat(const jd_table_t *cells, const jd_figure_options_t *options, jd_ctx_t *ctx);
int jd_figure_heat_script(FILE *out, const jd_table_t *cells, const jd_figure_options_t *options,
                          jd_ctx_t *ctx);

/* --- 12., 13. Sensitivity ----------------------------------------------------------------------
 */

enum {
    JD_SOBOL_PARAMETER,
    JD_SOBOL_FIRST, /* value, low, high */
    JD_SOBOL_TOTAL = JD_SOBOL_FIRST + 3,
    JD_SOBOL_COLUMNS = JD_SOBOL_TOTAL + 3
};
extern const jd_column_t jd_sobol_columns[JD_SOBOL_COLUMNS];

/** Two bars a parameter, in the order of the rows (at most JD_FIGURE_BARS): first and total index
 *  with intervals. The label of `first` names the output. */
int jd_figure_sobol(const jd_table_t *indices, const jd_figure_options_t *options, jd_ctx_t *ctx);
int jd_figure_sobol_script(FILE *out, const jd_table_t *indices, const jd_figure_options_t *options,
                           jd_ctx_t *ctx);

enum {
    JD_MORRIS_PARAMETER,
    JD_MORRIS_MU_STAR, /* value, low, high; the label names the output */
    JD_MORRIS_SIGMA = JD_MORRIS_MU_STAR + 3,
    JD_MORRIS_COLUMNS
};
extern const jd_column_t jd_morris_columns[JD_MORRIS_COLUMNS];

/** A point a parameter (at most JD_FIGURE_BARS): size of its effect against sigma, which shows
 *  curvature, interactions and noise. */
int jd_figure_morris(const jd_table_t *effects, const jd_figure_options_t *options, jd_ctx_t *ctx);
int jd_figure_morris_script(FILE *out, const jd_table_t *effects,
                            const jd_figure_options_t *options, jd_ctx_t *ctx);

#endif
