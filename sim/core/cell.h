/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Numbers as people write them in tables: with a decimal point or comma, and thousands grouped by
 *  the other mark, by blanks (also no-break and thin ones) or apostrophes: 1,234.5 and 1.234,5 and
 *  1 234,5 and 1'234.5; also 12,34,567.
 */
#ifndef JD_CORE_CELL_H
#define JD_CORE_CELL_H

#include <stdbool.h>
#include <stddef.h>

#include "jiedao/export.h"

/** Ways a cell can be read. */
enum {
    JD_CELL_POINT = 1, /**< as a number with this decimal mark */
    JD_CELL_COMMA = 2,
    JD_CELL_POINT_GROUPED = 4, /**< ... in which thousands are grouped */
    JD_CELL_COMMA_GROUPED = 8,
    JD_CELL_MARKED = 16 /**< it has a point or a comma */
};

/** The ways a cell can be read, 0 if it is no number. inf counts as a number. */
JD_API unsigned jd_cell_ways(const char *bytes, size_t length);

/** The same for what most cells are, quickly: digits, before them a minus, among them a point or a
 *  comma. False if it is something else, which may be a number too. */
JD_API bool jd_cell_is_plain(const char *bytes, size_t length, unsigned *ways);

/** Reads a cell with a decimal mark, '.' or ','; grouped thousands only if `grouped`. False if it
 *  is no such number. */
JD_API bool jd_cell_number(const char *bytes, size_t length, char decimal, bool grouped,
                           double *value);

#endif
