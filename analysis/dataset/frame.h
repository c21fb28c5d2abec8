/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Columns of a frame, and their cells. */
#ifndef JD_DATASET_FRAME_H
#define JD_DATASET_FRAME_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/calendar/calendar.h"
#include "jiedao/frame.h"

typedef struct jd_frame_column {
    char *name;            /**< owned */
    jd_type_t type;        /**< of the cells; JD_TEXT for codes with labels too */
    const void *data;      /**< cells, bytes of texts, or codes */
    int32_t width;         /**< bytes of a text, 0 where it has offsets or is a label */
    const int32_t *offset; /**< [rows + 1], or NULL */
    const int64_t *offset64;
    const char *const *label; /**< [n_labels], or NULL */
    int32_t n_labels;
    const uint8_t *valid; /**< bits, or NULL */
    int64_t valid_at;     /**< the bit of the first cell */
    bool has_missing;
    int64_t missing;    /**< a whole number, or code, that stands for a missing cell */
    jd_axis_t axis;     /**< of a panel's column */
    int64_t n_unit;     /**< 0: a list of records */
    const char *format; /**< Stata's "%tq", or NULL */
    jd_period_t period; /**< of a column of dates; else JD_PERIOD_NUMBER */
    int64_t per_second; /**< of a column of moments; else 0 */
} jd_frame_column_t;

struct jd_frame {
    char *name;
    int64_t rows;
    jd_frame_column_t *column; /**< [n] */
    int n;
    struct ArrowArray batch; /**< taken over; release is NULL where there is none */
    void **owned;            /**< [n_owned] cells made from those of a batch */
    int n_owned;
};

/** By name; NULL = none. */
const jd_frame_column_t *jd_frame_find(const jd_frame_t *frame, const char *name);

/** The cell of a row: panels have some columns by unit or by time alone. */
static inline int64_t jd_frame_cell(const jd_frame_column_t *c, int64_t row)
{
    if (c->n_unit == 0 || c->axis == JD_AXIS_CELL) return row;
    return c->axis == JD_AXIS_UNIT ? row % c->n_unit : row / c->n_unit;
}

static inline bool jd_frame_is_whole(const jd_frame_column_t *c)
{
    return c->type <= JD_INT64;
}

/** A whole number, exactly; of a coded column its code. */
static inline int64_t jd_frame_whole(const jd_frame_column_t *c, int64_t cell)
{
    switch (c->type) {
    case JD_INT8:
        return ((const int8_t *)c->data)[cell];
    case JD_INT16:
        return ((const int16_t *)c->data)[cell];
    case JD_INT64:
        return ((const int64_t *)c->data)[cell];
    default:
        return ((const int32_t *)c->data)[cell];
    }
}

static inline bool jd_frame_is_missing(const jd_frame_column_t *c, int64_t cell)
{
    const int64_t bit = c->valid_at + cell;
    if (c->valid && !(c->valid[bit >> 3] >> (bit & 7) & 1)) return true;
    return c->has_missing && jd_frame_whole(c, cell) == c->missing;
}

/** A cell as a number, NaN where it is missing; not of texts. */
static inline double jd_frame_number(const jd_frame_column_t *c, int64_t row)
{
    const int64_t cell = jd_frame_cell(c, row);
    if (jd_frame_is_missing(c, cell)) return (double)NAN;
    if (c->type == JD_DOUBLE) return ((const double *)c->data)[cell];
    if (c->type == JD_FLOAT) return (double)((const float *)c->data)[cell];
    return (double)jd_frame_whole(c, cell);
}

/** The bytes of a text and how many they may be: it ends there, or at a zero before. A missing cell
 *  has none. */
const char *jd_frame_text(const jd_frame_column_t *c, int64_t row, int64_t *size);

/** A date's period and time of day; false where the cell is missing. */
bool jd_frame_moment(const jd_frame_column_t *c, int64_t row, jd_moment_t *moment);

#endif
