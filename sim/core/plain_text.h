/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which characters are control characters, and which may not go to a terminal: the one place that
 *  says so. */
#ifndef JD_CORE_PLAIN_TEXT_H
#define JD_CORE_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jiedao/error.h"

/** Bytes of the UTF-8 character that `bytes` [n] begin with, and its code; 0 where they begin with
 *  none (over-long forms and surrogates are none). n > 0. */
JD_API size_t jd_utf8_char(const char *bytes, size_t n, uint32_t *code);

/** Control characters: C0 (line end and tab too), DEL, C1. Texts of a config and names of columns
 *  hold none. */
JD_API bool jd_is_control(uint32_t code);

/** Characters that make a terminal do something: controls but line end and tab, line and paragraph
 *  separators, and those that turn the direction of writing. */
JD_API bool jd_is_unfit(uint32_t code);

/** jd_plain_text() for what is to stay in its line and column: line ends and tabs become '?' too.
 */
JD_API void jd_plain_line(char *text);

/** As jd_plain_text() for n bytes, which may hold zeros. */
JD_API void jd_plain_bytes(char *bytes, size_t n);

/** Bytes at the end of `bytes` that may be the beginning of a character, 0 to 3. */
JD_API size_t jd_utf8_open_end(const char *bytes, size_t n);

#endif
