/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A figure of `jiedao figures`: one constant, which says what it is, of which files, and how it is
 *  drawn. Its function reads tables of a result file, turns them into those that a figure of
 *  analysis/figures asks for, and draws it. */
#ifndef JD_DRAWING_FIGURE_H
#define JD_DRAWING_FIGURE_H

#include "analysis/figures/figures.h"
#include "drawing/tables.h"
#include "io/hdf5/store.h"

/** A result file that is being drawn. */
typedef struct jd_source {
    const char *path;
    jd_store_t *store;
    const char *run;    /**< where the tables of one run are: "", or the first of several */
    const char *output; /**< as jd_drawings_t */
    const char *shade;  /**< what a map is shaded by, NULL = friction */
} jd_source_t;

/** Kinds of result files, one bit each, in the order of jd_file_kind_name(). */
enum {
    JD_FILE_RUN = 1 << 0,
    JD_FILE_SEVERAL = 1 << 1, /**< files of runs that differ in policy.share, in one call */
    JD_FILE_SHARES = 1 << 2,  /**< a sweep of policy.share alone */
    JD_FILE_ONE_FACTOR = 1 << 3,
    JD_FILE_TWO_FACTORS = 1 << 4, /**< of design grid or list */
    JD_FILE_SALTELLI = 1 << 5,
    JD_FILE_MORRIS = 1 << 6,
    JD_FILE_VALIDATION = 1 << 7,
    JD_FILE_CLAIM = 1 << 8 /**< a proposition's numbers, of jiedao theory */
};

typedef struct jd_figure {
    const char *name;   /**< stem of the files that are drawn */
    const char *label;  /**< what it shows: a phrase */
    unsigned of;        /**< JD_FILE_...: the files that have it */
    const char *tables; /**< what it reads of the file, by commas; a file without them is refused */
    int (*draw)(const jd_source_t *source, const jd_figure_options_t *options, jd_ctx_t *ctx);
} jd_figure_t;

/** All of them in the order in which they are drawn; ended by NULL. */
extern const jd_figure_t *const jd_figures[];

/** By name, or NULL. */
const jd_figure_t *jd_figure_named(const char *name);
/** What the kind of a bit is called, "a run"; NULL behind the last. */
const char *jd_file_kind_name(int bit);

/** Whether the file, or the first of several runs, has the table. */
bool jd_drawing_has(const jd_source_t *s, const char *name);
/** Reads NAME, or that of the first of several runs. */
JD_MUST_USE int jd_drawing_read(const jd_source_t *s, const char *name, jd_table_t *table,
                                jd_ctx_t *ctx);
/** Means over runs of a table that all runs share; `rows` keeps their columns. */
JD_MUST_USE int jd_drawing_means(const jd_source_t *s, const char *name,
                                 int (*mean)(jd_means_t *, const jd_table_t *, jd_ctx_t *),
                                 jd_table_t *rows, jd_means_t *means, jd_ctx_t *ctx);

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
 *  treated share is shown in per cent. */
void jd_factor_axis(jd_factor_axis_t *axis, const jd_table_t *table, int column,
                    const jd_table_t *config);

#endif
