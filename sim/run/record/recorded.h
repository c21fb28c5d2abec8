/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Recorded tables: what a table's file says of it, and what the files share. docs/development.md
 * shows how to add one. Private to run/ and the tests. */
#ifndef JD_RUN_RECORD_RECORDED_H
#define JD_RUN_RECORD_RECORDED_H

#include "run/setting.h"

/** What tables' sizes follow from beside the dims; known before the world is made. */
typedef struct jd_sizes {
    int64_t periods;
    int64_t panel_firms, officials; /**< requested; a sample has no more than there are */
    bool street_panels, relocations;
} jd_sizes_t;

/** n_time x n_unit cells of a panel; n_time = 0: a list with room for n_unit rows; n_unit = 0: the
 * table is not made. */
typedef struct jd_extent {
    int64_t n_time, n_unit;
} jd_extent_t;

/** What a table's memory is counted under before it is requested (reckon.h). */
typedef enum jd_grows {
    JD_GROWS_LITTLE,
    JD_GROWS_STREETS,
    JD_GROWS_PANELS,
    JD_GROWS_SAMPLES
} jd_grows_t;

typedef struct jd_record_table {
    const char *name, *label;
    const jd_column_t *columns;
    int n_columns;
    bool without;  /**< of the world without the policy; else of the one that is fact */
    bool streamed; /**< its rows go to the sink at every period's end; else it is kept to the end */
    jd_grows_t grows;
    jd_extent_t (*rows)(const jd_dims_t *dims, const jd_sizes_t *sizes);
    /* All may be NULL. */
    /** Cells that never change; a panel's time and date are there. */
    int (*start)(struct jd_simulation *sim, jd_table_t *table, jd_ctx_t *ctx);
    /** A period's cells (1 = first), of world w. */
    int (*fill)(struct jd_simulation *sim, int w, int64_t period, jd_table_t *table, jd_ctx_t *ctx);
    /** Cells that are known at the run's end only. */
    int (*finish)(struct jd_simulation *sim, jd_table_t *table, jd_ctx_t *ctx);
} jd_record_table_t;

/** All of them, ended by NULL; those that are kept stand in the order of the file. */
extern const jd_record_table_t *const jd_record_tables[];

/** Bytes of such a table. */
double jd_record_bytes(const jd_column_t *columns, int n_columns, jd_extent_t extent);

/** Extents of panels by county, and by county and sector. */
jd_extent_t jd_rows_by_county(const jd_dims_t *dims, const jd_sizes_t *sizes);
jd_extent_t jd_rows_by_sector(const jd_dims_t *dims, const jd_sizes_t *sizes);

/** Fills a panel's units, first, first + 1, ... */
void jd_record_units(jd_table_t *panel, int32_t first);
/** First day of a period. */
int32_t jd_record_date(const struct jd_simulation *sim, int64_t period);
/** n of `total` by a keyed draw, ascending: one of each of n stretches, so that any part of the
 * world can define the sample. */
JD_MUST_USE int jd_record_sample(const struct jd_simulation *sim, uint64_t which, int64_t total,
                                 int64_t n, int32_t **sample, jd_ctx_t *ctx);
/** sum[k] = the sum of streets [from, end) of street[k], in their order, for each k < n that is not
 * NULL. Four columns go side by side: a sum alone would wait for each addition. */
void jd_record_sums(const double *const *street, int n, int32_t from, int32_t end, double *sum);
/** part / (part + rest), 0 where both are 0. */
static inline double jd_share_of(double part, double rest)
{
    return part + rest > 0 ? part / (part + rest) : 0;
}

/** Labels of codes that several tables have. */
#define JD_CELL_FLAGS \
    "0 treated, 1 announced, 2 to be treated, 3 never treated, 4 untargeted in treated county"
#define JD_SECTOR_FLAGS "0 targeted, 1 similar untargeted, 2 other, 3 further"
#define JD_COHORT_LABEL "first treated period, 0 = never"

#define JD_CELL 0, JD_AXIS_CELL
#define JD_UNIT 0, JD_AXIS_UNIT

/** A column of numbers, a cell each. */
#define JD_COLUMN(name, type, unit, label)     \
    {                                          \
        name, type, unit, label, NULL, JD_CELL \
    }

/** Columns of friction's parts, from `at` on, in the order of jd_part_t. */
#define JD_PART_COLUMNS(at, type)                                                                 \
    [(at) + JD_PART_TOOLKIT] =                                                                    \
        JD_COLUMN("friction_toolkit", type, "1", "part of f: the toolkit falls short"),           \
            [(at) + JD_PART_CAPABILITY] = JD_COLUMN("friction_capability", type, "1",             \
                                                    "part of f: capability falls short of plan"), \
            [(at) + JD_PART_TIME] =                                                               \
                JD_COLUMN("friction_time", type, "1", "part of f: time is taken away"),           \
            [(at) + JD_PART_WILLINGNESS] =                                                        \
                JD_COLUMN("friction_willingness", type, "1",                                      \
                          "part of f: what officials do with their time and capability"),         \
            [(at) + JD_PART_SHOW] =                                                               \
                JD_COLUMN("friction_show", type, "1", "part of f: weak effort goes into show")

#endif
