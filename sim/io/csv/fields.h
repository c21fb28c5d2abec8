/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Separated fields out of a text in memory, quoted or not (RFC 4180, any ends of lines): what both
 *  CSV readers stand on. A text does not change once it is loaded, and a cursor is a place in it:
 *  several cursors may read one text at once.
 */
#ifndef JD_IO_CSV_FIELDS_H
#define JD_IO_CSV_FIELDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "jiedao/context.h"

typedef struct jd_csv_text {
    const char *name; /**< in messages; borrowed */
    char *bytes;      /**< [size], eight zeros behind them; owned */
    size_t size;
    size_t start; /**< behind a byte order mark */
    char separator;
    bool trims;     /**< blanks around an unquoted field are no part of it */
    bool ends[256]; /**< bytes that may end an unquoted field; the zero behind the text too */
} jd_csv_text_t;

typedef struct jd_csv_cursor {
    const jd_csv_text_t *text;
    const char *at;
    int64_t line;  /**< of the next byte, from 1 */
    char *scratch; /**< [room] where doubled quotes become one; owned */
    size_t room;
} jd_csv_cursor_t;

typedef struct jd_csv_field {
    const char *bytes; /**< in the text, or in the cursor's scratch until its next field */
    size_t length;
    bool quoted;
    bool last; /**< of its line */
    int64_t line;
} jd_csv_field_t;

/** Reads all of a stream. Errors: JD_ERR_READ, JD_ERR_NO_MEMORY, JD_ERR_DATA where it is empty;
 *  `utf16` where it is UTF-16. jd_csv_text_free() in any case. */
JD_MUST_USE int jd_csv_load(jd_csv_text_t *text, FILE *stream, const char *name, int utf16,
                            jd_ctx_t *ctx);
void jd_csv_text_free(jd_csv_text_t *text);

/** What stands between fields, once it is known; a comma until then. */
void jd_csv_separate(jd_csv_text_t *text, char separator, bool trims);

/** At the text's first field; at the place of another cursor. Both are ended by jd_csv_end(). */
jd_csv_cursor_t jd_csv_begin(const jd_csv_text_t *text);
jd_csv_cursor_t jd_csv_again(const jd_csv_cursor_t *cursor);
void jd_csv_end(jd_csv_cursor_t *cursor);

bool jd_csv_at_end(const jd_csv_cursor_t *cursor);

/** The next field; at the end of the text an empty one, the last of its line. Errors: JD_ERR_DATA
 *  (a quote that is not closed, text behind one), JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_csv_next(jd_csv_cursor_t *cursor, jd_csv_field_t *field, jd_ctx_t *ctx);

/** Whether bytes are text in UTF-16: by its mark, or by zeros at every other place. */
bool jd_is_utf16(const unsigned char *bytes, size_t n);

#endif
