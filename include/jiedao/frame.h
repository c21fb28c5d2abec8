/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A data frame in a caller's memory: columns by name, lent for as long as the frame lives. Nothing
 *  is copied but names. For C, and for R, Python and other languages by their foreign functions: no
 *  struct, enumeration or variable argument list is needed. */
#ifndef JIEDAO_FRAME_H
#define JIEDAO_FRAME_H

#include "jiedao/arrow.h"
#include "jiedao/table.h"

JD_BEGIN_DECLS

typedef struct jd_frame jd_frame_t;

/** Makes a frame without columns; all its columns have `rows` cells. `name` is what messages call
 *  it ("my.csv", "df"), NULL = "the data". The caller frees. Errors: JD_ERR_ARGUMENT,
 *  JD_ERR_NO_MEMORY. */
JD_API JD_MUST_USE int jd_frame_create(jd_frame_t **frame, const char *name, int64_t rows,
                                       jd_ctx_t *ctx);
/** Frees the frame, not the columns it was lent; a batch taken over is released. */
JD_API void jd_frame_free(jd_frame_t *frame);

/** Lends a column of numbers or dates. `type` is a letter of Arrow's format:
 *    "c" "s" "i" "l"   int8, int16, int32, int64     "b8"       int8, a flag: 0 or 1
 *    "f" "g"           float, double; NaN = missing  "tdD"      int32, days since 1970-01-01
 *    "tss" "tsm" "tsu" "tsn"  int64, seconds, milli-, micro-, nanoseconds since then
 *    "h" "q" "m" "y"   int32, half-years, quarters, months since year 0; years
 *  `validity`: bits, the lowest first; 0 = missing; NULL = all are there. A date counts as a period
 *  and needs no guess; whole numbers may be years or codes such as 20201, as in a file.
 *  Errors: JD_ERR_ARGUMENT (a type that is none of these; two columns of a name). */
JD_API JD_MUST_USE int jd_frame_add(jd_frame_t *frame, const char *name, const char *type,
                                    const void *data, const uint8_t *validity, jd_ctx_t *ctx);

/** Lends a column of texts: cell i is bytes[offset[i]] to before bytes[offset[i + 1]], UTF-8;
 *  offset [rows + 1] of 32 or 64 bits, as `offset_bits` says. An empty text is missing. */
JD_API JD_MUST_USE int jd_frame_add_text(jd_frame_t *frame, const char *name, const char *bytes,
                                         const void *offset, int offset_bits,
                                         const uint8_t *validity, jd_ctx_t *ctx);

/** Lends a column of codes (a factor, a categorical): label[code[i]] is the text of cell i, codes
 *  0 ... n - 1 and `missing`, which lies outside. Where codes begin with 1, a label that is not
 * used goes in front. Labels that are equal are one. JD_ERR_DATA: another code. */
JD_API JD_MUST_USE int jd_frame_add_coded(jd_frame_t *frame, const char *name, const int32_t *code,
                                          int32_t missing, const char *const *label, int32_t n,
                                          jd_ctx_t *ctx);

/** Says which whole number stands for a missing cell of a column lent before: R's NA_integer_ is
 *  INT32_MIN. Without it, INT32_MIN in a column in use is refused, since it is no number anybody
 *  means. JD_ERR_ARGUMENT: there is no such column, or it holds no whole numbers. */
JD_API JD_MUST_USE int jd_frame_missing(jd_frame_t *frame, const char *name, int64_t code,
                                        jd_ctx_t *ctx);

/** Lends all columns of a table, a list of records or a panel: those of a simulation, for instance.
 *  A column whose unit is a date format of Stata ("%tq") is read by it. */
JD_API JD_MUST_USE int jd_frame_add_table(jd_frame_t *frame, const jd_table_t *table,
                                          jd_ctx_t *ctx);

/** Makes a frame of a record batch (format "+s", a child a column) of the Arrow C data interface;
 *  offsets are respected, a null is a missing cell, the schema's name is the frame's. Taken: whole
 *  numbers, "f", "g", flags "b", texts "u" "U", date32, date64, timestamps (counted in UTC,
 * whatever their zone), dictionaries of texts. Flags, unsigned numbers and codes of dictionaries
 * are copied, the other cells are used as they lie. Ownership: on success array and schema are
 * taken over (their release is NULL after it), and the batch is released by jd_frame_free(); after
 * an error they are the caller's as before. Errors: JD_ERR_ARGUMENT (released before; another type,
 * which is named with its column; a row that is null as a whole), JD_ERR_DATA (a code outside the
 * dictionary; a number above int64). */
JD_API JD_MUST_USE int jd_frame_arrow(jd_frame_t **frame, struct ArrowSchema *schema,
                                      struct ArrowArray *array, jd_ctx_t *ctx);

JD_END_DECLS

#endif
