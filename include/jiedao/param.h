/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Parameters: a value a person can set, described once, as a row beside the code that uses it.
 *
 *  From the row come parsing, the range that is allowed, the message when a value is wrong, help
 *  and documentation, whether the value comes from a config, a command line or a call. A row knows
 *  an offset into a struct, not the struct. */
#ifndef JIEDAO_PARAM_H
#define JIEDAO_PARAM_H

#include <stdbool.h>
#include <stdint.h>

#include "jiedao/context.h"

JD_BEGIN_DECLS

enum { JD_LIST_MAX = 128, JD_TEXT_MAX = 1024 };

/** Field types of a section's struct. */
typedef enum jd_param_type {
    JD_PARAM_DOUBLE, /**< double; finite, within [low, high] */
    JD_PARAM_INT,    /**< int64_t; within [low, high] */
    JD_PARAM_FLAG,   /**< bool; yes | no (true, false, on, off, 1, 0 are understood) */
    JD_PARAM_CHOICE, /**< int32_t; index into `choices`, "random | development | list" */
    JD_PARAM_TEXT,   /**< char[JD_TEXT_MAX]; UTF-8 */
    JD_PARAM_PATH,   /**< char[JD_TEXT_MAX]; relative to the config that names it; "" = none */
    JD_PARAM_DATE,   /**< int32_t; quarter since year 0: 4 * year + (quarter - 1); "2020Q1" */
    JD_PARAM_DATES,  /**< jd_dates_t; "2021Q1, 2022Q3" */
    JD_PARAM_LIST,   /**< jd_list_t; doubles, each within [low, high] */
    JD_PARAM_NAMES,  /**< char[JD_TEXT_MAX]; names joined by commas */
    JD_PARAM_INT32,  /**< int32_t; within [low, high] */
    JD_PARAM_RANGE,  /**< int32_t[2], "A:B"; an end left open is INT32_MIN, INT32_MAX */
    JD_PARAM_INTS    /**< jd_int_list_t; each within [low, high], or the word `choices`: n = -1 */
} jd_param_type_t;

typedef struct jd_list {
    int32_t n;
    double value[JD_LIST_MAX];
} jd_list_t;

typedef struct jd_int_list {
    int32_t n;
    int32_t value[JD_LIST_MAX];
} jd_int_list_t;

typedef struct jd_dates {
    int32_t n;
    int32_t quarter[JD_LIST_MAX];
} jd_dates_t;

/** Result parameters decide values and are hashed and stored; occasions (threads, paths, progress)
 *  change no value and are neither. */
typedef enum jd_param_kind { JD_RESULT, JD_OCCASION } jd_param_kind_t;

/** One parameter. */
typedef struct jd_param {
    const char *name;
    jd_param_type_t type;
    size_t offset;        /**< of the field in the section's struct */
    const char *fallback; /**< default, as it would be written in the INI */
    double low, high;     /**< allowed range, ends included; numbers and lists; HUGE_VAL: none */
    const char *choices;  /**< JD_PARAM_CHOICE: "a | b | c", else NULL */
    const char *unit;     /**< "1" for pure numbers */
    const char *help;     /**< one line */
    const char *source;   /**< a citation, "calibrated: ...", or "assumed" */
    jd_param_kind_t kind;
} jd_param_t;

/** Bytes of the field of a type. */
JD_API size_t jd_param_size(jd_param_type_t type);
/** Reads `text` into the field, which stays as it was on JD_ERR_VALUE; `why` then goes on the
 *  sentence "NAME = TEXT ...": what is wrong, what is allowed, what may have been meant. */
JD_API JD_MUST_USE int jd_param_parse(const jd_param_t *param, const char *text, void *field,
                                      char *why, size_t size);
/** Writes the field so that jd_param_parse() reads the same bits. */
JD_API void jd_param_print(const jd_param_t *param, const void *field, char *text, size_t size);
/** Whether its numbers are whole ones. */
JD_API bool jd_param_is_whole(jd_param_type_t type);
/** A bound of a range: integers in full, doubles as short as they go. */
JD_API void jd_param_bound(jd_param_type_t type, double bound, char *text, size_t size);
/** "[0, 1]", "yes | no", ...; "" where anything goes. */
JD_API void jd_param_range(const jd_param_t *param, char *text, size_t size);
/** Takes the next of "a | b | c" from *at into word; false at the end. */
JD_API bool jd_param_next_choice(const char **at, char *word, size_t size);

/** "2020Q1" of a quarter number, into `buffer` (8 bytes will do); returns buffer. */
JD_API const char *jd_quarter_text(int32_t quarter, char *buffer, size_t size);
/** Reads "2020Q1". Errors: JD_ERR_VALUE, without a message. */
JD_API JD_MUST_USE int jd_quarter_parse(const char *text, int32_t *quarter);
/** Days from 1970-01-01 to the quarter's first day. */
JD_API int32_t jd_quarter_days(int32_t quarter);
/** The nearest of `n` names to `word` by edit distance, or NULL if none is near ("did you mean").
 */
JD_API const char *jd_nearest(const char *word, const char *const *names, int n);

JD_END_DECLS

#endif
