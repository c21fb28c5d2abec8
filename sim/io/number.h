/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Numbers as text and back: shortest form that reads back as the same bits, '.' whatever the
 * locale. */
#ifndef JD_IO_NUMBER_H
#define JD_IO_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JD_NUMBER_SIZE = 32 };

/** Writes the number and returns its length; NaN is "". */
size_t jd_number_print_int(char buffer[JD_NUMBER_SIZE], int64_t value);
size_t jd_number_print_double(char buffer[JD_NUMBER_SIZE], double value);
size_t jd_number_print_float(char buffer[JD_NUMBER_SIZE], float value);

/** Reads a whole text ('\0' at text[length]) as one number, blanks around it allowed. False if it
 *  is none. "inf" and hexadecimal are none. */
bool jd_number_read(const char *text, size_t length, double *value);

/** As above for a whole number that fits 64 bits: exact beyond 2^53 too. */
bool jd_number_read_int(const char *text, size_t length, int64_t *value);

#endif
