/* SPDX-License-Identifier: GPL-3.0-or-later */
/** JSON (RFC 8259): quoted texts and numbers. Private to the libraries. */
#ifndef JD_CORE_JSON_H
#define JD_CORE_JSON_H

#include <stddef.h>
#include <stdio.h>

#include "jiedao/export.h"

/** A text in quotes: quotes, backslashes and control characters escaped, U+FFFD in the place of
 *  each byte that is not UTF-8. */
JD_API void jd_json_text(FILE *out, const char *text);
/** The shortest number that reads back as the same bits; null for NaN and infinities. */
JD_API void jd_json_number(FILE *out, double x);
/** Reads what jd_json_text() wrote, `quoted` at its opening quote; '\0' ends it, what finds no room
 *  is cut off. Returns its length. */
JD_API size_t jd_json_read_text(const char *quoted, char *text, size_t size);

#endif
