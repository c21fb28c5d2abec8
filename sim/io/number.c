/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t jd_number_print_int(char buffer[JD_NUMBER_SIZE], int64_t value)
{
    char digits[24];
    size_t n = 0, at = 0;
    uint64_t rest = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
    do {
        digits[n++] = (char)('0' + rest % 10u);
        rest /= 10u;
    } while (rest > 0);
    if (value < 0) buffer[at++] = '-';
    while (n > 0)
        buffer[at++] = digits[--n];
    buffer[at] = '\0';
    return at;
}

/* printf and strtod use the locale's point, which need not be one byte. */
static size_t restore_point(char *buffer)
{
    const char *point = localeconv()->decimal_point;
    size_t size = strlen(point);
    char *at = strcmp(point, ".") == 0 ? NULL : strstr(buffer, point);
    if (at) {
        *at = '.';
        memmove(at + 1, at + size, strlen(at + size) + 1);
    }
    return strlen(buffer);
}

static size_t print_special(char *buffer, double value)
{
    if (isnan(value)) {
        buffer[0] = '\0';
        return 0;
    }
    return (size_t)snprintf(buffer, JD_NUMBER_SIZE, "%s", value > 0 ? "inf" : "-inf");
}

/* Whole numbers of up to 15 digits need no search; -0 keeps its sign. */
static bool is_short_integer(double value)
{
    return fabs(value) < 1e15 && value == floor(value) && !(value == 0.0 && signbit(value));
}

size_t jd_number_print_double(char buffer[JD_NUMBER_SIZE], double value)
{
    if (!isfinite(value)) return print_special(buffer, value);
    if (is_short_integer(value)) return jd_number_print_int(buffer, (int64_t)value);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, JD_NUMBER_SIZE, "%.*g", digits, value);
        if (strtod(buffer, NULL) == value) break;
    }
    return restore_point(buffer);
}

size_t jd_number_print_float(char buffer[JD_NUMBER_SIZE], float value)
{
    double wide = (double)value;
    if (!isfinite(wide)) return print_special(buffer, wide);
    if (fabs(wide) < 1e7 && is_short_integer(wide))
        return jd_number_print_int(buffer, (int64_t)wide);
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(buffer, JD_NUMBER_SIZE, "%.*g", digits, wide);
        if (strtof(buffer, NULL) == value) break;
    }
    return restore_point(buffer);
}

static void trim(const char **text, size_t *length)
{
    while (*length > 0 && **text == ' ')
        (*text)++, (*length)--;
    while (*length > 0 && (*text)[*length - 1] == ' ')
        (*length)--;
}

typedef struct decimal {
    bool negative;
    uint64_t digits; /* significant ones, exact while !cut */
    int exponent;
    bool cut; /* more digits than fit */
} decimal_t;

/* Reads [sign] digits [. digits] [e [sign] digits]; false unless all of it is one. */
static bool read_decimal(const char *s, const char *end, decimal_t *d)
{
    int n = 0, scale = 0;
    bool point = false;
    *d = (decimal_t){0};
    if (s < end && (*s == '-' || *s == '+')) d->negative = *s++ == '-';
    for (; s < end && ((*s >= '0' && *s <= '9') || (*s == '.' && !point)); s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        n++;
        if (d->digits >= UINT64_MAX / 10u - 1u) {
            d->cut = true;
            continue;
        }
        d->digits = 10u * d->digits + (uint64_t)(*s - '0');
        scale -= point;
    }
    if (n == 0) return false;
    d->exponent = scale;
    if (s < end && (*s == 'e' || *s == 'E')) {
        bool minus = false;
        int e = 0;
        s++;
        if (s < end && (*s == '-' || *s == '+')) minus = *s++ == '-';
        if (s == end) return false;
        for (; s < end && *s >= '0' && *s <= '9'; s++)
            e = e < 100000 ? 10 * e + (*s - '0') : e;
        d->exponent += minus ? -e : e;
    }
    return s == end;
}

/* The text, known to be a decimal, by the library's exact and slow way. */
static bool read_slowly(const char *text, size_t length, double *value)
{
    char copy[512];
    const char *point = localeconv()->decimal_point;
    size_t size = strlen(point), at = 0;
    if (length + size >= sizeof copy) return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '.') {
            copy[at++] = text[i];
            continue;
        }
        memcpy(copy + at, point, size);
        at += size;
    }
    copy[at] = '\0';
    *value = strtod(copy, NULL);
    return isfinite(*value);
}

bool jd_number_read(const char *text, size_t length, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    decimal_t d;
    trim(&text, &length);
    if (!read_decimal(text, text + length, &d)) return false;
    /* Both factors are exact doubles: one rounding, the right one. */
    if (d.cut || d.digits > (UINT64_C(1) << 53) || d.exponent < -22 || d.exponent > 22) {
        return read_slowly(text, length, value);
    }
    double x = (double)d.digits;
    x = d.exponent < 0 ? x / powers[-d.exponent] : x * powers[d.exponent];
    *value = d.negative ? -x : x;
    return true;
}

bool jd_number_read_int(const char *text, size_t length, int64_t *value)
{
    decimal_t d;
    trim(&text, &length);
    if (!read_decimal(text, text + length, &d) || d.cut) return false;
    for (; d.exponent < 0; d.exponent++) { /* "3.0" is whole, "3.5" is not */
        if (d.digits == 0) break;
        if (d.digits % 10u != 0) return false;
        d.digits /= 10u;
    }
    for (; d.exponent > 0 && d.digits != 0; d.exponent--) {
        if (d.digits > (uint64_t)INT64_MAX / 10u) return false;
        d.digits *= 10u;
    }
    if (d.negative && d.digits == (uint64_t)INT64_MAX + 1u) {
        *value = INT64_MIN;
        return true;
    }
    if (d.digits > (uint64_t)INT64_MAX) return false;
    *value = d.negative ? -(int64_t)d.digits : (int64_t)d.digits;
    return true;
}
