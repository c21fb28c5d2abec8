/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Texts: UTF-8, blanks, excerpts for messages, the nearest name. Private to the libraries. */
#ifndef JD_CORE_TEXT_H
#define JD_CORE_TEXT_H

#include <stdbool.h>

#include "jiedao/context.h"

/** Bytes of the UTF-8 character at `s` (ended by a zero), 0 if it is not one: overlong forms,
 *  surrogates and what lies beyond U+10FFFF are refused (Unicode 15, table 3-7). */
JD_API size_t jd_utf8_length(const unsigned char *s);
/** The same where only n bytes may be looked at; a zero is no character. */
JD_API size_t jd_utf8_length_in(const unsigned char *s, size_t n);
/** Whether n bytes are UTF-8 throughout. */
JD_API bool jd_utf8_valid(const char *bytes, size_t n);
/** ... and hold no control character (jd_is_control()). */
JD_API bool jd_utf8_printable(const char *bytes, size_t n);
/** At most n, so that text[0 ... n) does not end inside a character; text[n] must exist. */
JD_API size_t jd_utf8_cut(const char *text, size_t n);
/** Characters of a text; a byte that is not part of one counts as one. */
JD_API size_t jd_utf8_count(const char *text);
/** NULL, or what is wrong with the text as UTF-8 without control characters. */
JD_API const char *jd_text_fault(const char *text);
/** Cuts blanks off both ends, in place. */
JD_API char *jd_trim(char *text);
/** `text` if short, else its beginning and "...", for messages. */
JD_API const char *jd_excerpt(const char *text, char buffer[72]);
/** A copy of n bytes with an end, to be freed; NULL with a message where memory lacks. */
JD_API char *jd_copy_text(const char *text, size_t n, jd_ctx_t *ctx);

/** The nearest of several names, offered one after the other. */
typedef struct jd_near {
    const char *word, *best;
    size_t distance;
} jd_near_t;
JD_API void jd_near_offer(jd_near_t *near, const char *name);

/** Whether a list joined by commas has the name; NULL has none. */
JD_API bool jd_list_holds(const char *list, const char *name, bool any_case);
/** The next word of a list joined by commas, cut to `size`, and *list behind it; false at the end,
 *  and of NULL. */
JD_API bool jd_list_next(const char **list, char *word, size_t size);

#endif
