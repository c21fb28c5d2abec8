/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Numbers as text and back: shortest form that reads back as the same bits, '.' whatever the
 * locale. */
#ifndef JD_CORE_NUMBER_H
#define JD_CORE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jiedao/export.h"

enum { JD_NUMBER_SIZE = 32 };

/** Writes the number and returns its length; NaN is "". */
JD_API size_t jd_number_print_int(char buffer[JD_NUMBER_SIZE], int64_t value);
JD_API size_t jd_number_print_double(char buffer[JD_NUMBER_SIZE], double value);
JD_API size_t jd_number_print_float(char buffer[JD_NUMBER_SIZE], float value);

/** Reads a whole text ('\0' at text[length]) as one number, blanks around it allowed. False if it
 *  is none. "inf" and hexadecimal are not numbers here. */
JD_API bool jd_number_read(const char *text, size_t length, double *value);

/** As above for a whole number that fits 64 bits: exact beyond 2^53 too. */
JD_API bool jd_number_read_int(const char *text, size_t length, int64_t *value);

/** What keeps a text from being a number. */
typedef enum jd_number_fault {
    JD_NUMBER_FINE,
    JD_NUMBER_NONE,     /**< does not begin as a number */
    JD_NUMBER_TRAILING, /**< goes on after the number */
    JD_NUMBER_FRACTION, /**< not a whole number */
    JD_NUMBER_TOO_LARGE /**< beyond 64-bit integers, or doubles */
} jd_number_fault_t;

/** Reads a whole text, no blanks allowed; *end = where it stops being a number. "1e6" and "2.50e3"
 *  are whole. */
JD_API jd_number_fault_t jd_number_parse(const char *text, double *value, const char **end);
JD_API jd_number_fault_t jd_integer_parse(const char *text, int64_t *value, const char **end);
/** As jd_number_print_double(), into a buffer of any size. */
JD_API void jd_number_print(double value, char *text, size_t size);

#endif
