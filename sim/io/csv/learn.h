/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a column of unknown type is, learned cell by cell. What is learned does not depend on the
 *  order of the cells, so that threads learn apart and are joined.
 */
#ifndef JD_IO_CSV_LEARN_H
#define JD_IO_CSV_LEARN_H

#include "io/csv/fields.h"
#include "io/csv/missing.h"

/** A line of data: the part of the text it lies in, and its number there, from 0. */
typedef struct jd_csv_place {
    int64_t part, row;
} jd_csv_place_t;

enum { JD_CSV_SHOWN = 40 };

/** What is known of a column. */
typedef struct jd_csv_kind {
    int column; /**< of the table, or -1 */
    bool text;  /**< stays text: only its width counts */
    bool id;    /**< its cells are only compared: no thousands, no evidence on the decimal mark */
    bool whole, missing;
    bool plain;    /**< some number but 0 has neither point nor comma */
    unsigned ways; /**< JD_CELL_POINT, JD_CELL_COMMA: what fits all cells */
    unsigned seen; /**< JD_CELL_...: what some cell has */
    size_t width;
    bool grouped;         /**< in some cell thousands are, or may be, grouped; the first one: */
    jd_csv_place_t place; /**< where it is */
    char shown[JD_CSV_SHOWN];
} jd_csv_kind_t;

/** A column of which no cell was seen. */
extern const jd_csv_kind_t jd_csv_unknown;

/** Learns from a cell; from one that holds a code of a missing value. */
void jd_csv_learn(jd_csv_kind_t *kind, const jd_csv_field_t *field, jd_csv_place_t place);
void jd_csv_learn_code(jd_csv_kind_t *kind, const jd_csv_field_t *field,
                       const jd_missing_t *missing);

/** Adds what `other` learned of further cells. */
void jd_csv_join(jd_csv_kind_t *kind, const jd_csv_kind_t *other);

#endif
