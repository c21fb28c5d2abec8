/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/number.h"

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

/* Most numbers: at most 19 digits, which 64 bits hold, and a point. */
static bool read_few_digits(const char *s, const char *end, decimal_t *d)
{
    uint64_t x = 0;
    const char *point = NULL;
    if (end - s > 20) return false;
    for (const char *at = s; at < end; at++) {
        const unsigned digit = (unsigned)(unsigned char)*at - '0';
        if (digit <= 9)
            x = 10u * x + digit;
        else if (*at == '.' && !point)
            point = at;
        else
            return false;
    }
    const ptrdiff_t digits = end - s - (point != NULL);
    if (digits < 1 || digits > 19) return false;
    d->digits = x;
    d->exponent = point ? -(int)(end - point - 1) : 0;
    return true;
}

/* Reads [sign] digits [. digits] [e [sign] digits]; false unless all of it is one. */
static bool read_decimal(const char *s, const char *end, decimal_t *d)
{
    int n = 0, scale = 0;
    bool point = false;
    *d = (decimal_t){0};
    if (s < end && (*s == '-' || *s == '+')) d->negative = *s++ == '-';
    if (read_few_digits(s, end, d)) return true;
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
    char copy[1100]; /* the longest text of a config and its point */
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

/* ---- With what is wrong, for messages ---- */

/* A number as written: sign, digits, fraction, exponent. */
typedef struct written {
    const char *digits, *fraction;
    size_t n_digits, n_fraction;
    int exponent;
    bool negative;
} written_t;

static size_t count_digits(const char *s)
{
    return strspn(s, "0123456789");
}

/* Reads the exponent at `s` ("e-6"), if there is one; returns what follows. Held within +-100000,
 * where no number is finite any more. */
static const char *scan_exponent(const char *s, int *exponent)
{
    *exponent = 0;
    if (*s != 'e' && *s != 'E') return s;
    const char *at = s + 1;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+') at++;
    size_t n = count_digits(at);
    if (n == 0) return s;
    for (size_t i = 0; i < n; i++)
        if (*exponent < 100000) *exponent = 10 * *exponent + (at[i] - '0');
    if (negative) *exponent = -*exponent;
    return at + n;
}

/* Own grammar: no hexadecimals, nan or inf, no blanks, and a point whatever the locale. */
static jd_number_fault_t scan(const char *text, written_t *d, const char **end)
{
    memset(d, 0, sizeof *d);
    d->negative = *text == '-';
    const char *s = text + (*text == '-' || *text == '+');
    d->digits = s;
    d->n_digits = count_digits(s);
    s += d->n_digits;
    d->fraction = s;
    if (*s == '.') {
        d->fraction = s + 1;
        d->n_fraction = count_digits(s + 1);
        s += 1 + d->n_fraction;
    }
    *end = text;
    if (d->n_digits + d->n_fraction == 0) return JD_NUMBER_NONE;
    *end = scan_exponent(s, &d->exponent);
    return **end ? JD_NUMBER_TRAILING : JD_NUMBER_FINE;
}

jd_number_fault_t jd_number_parse(const char *text, double *value, const char **end)
{
    written_t d;
    double x;
    jd_number_fault_t fault = scan(text, &d, end);
    if (fault != JD_NUMBER_FINE) return fault;
    if (!jd_number_read(text, strlen(text), &x)) return JD_NUMBER_TOO_LARGE;
    *value = x + 0.0; /* -0 becomes 0: they are the same value and must be the same bits */
    return JD_NUMBER_FINE;
}

/* Appends decimal digits; false once 64 bits are too few. */
static bool append_digits(uint64_t *x, const char *digits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t d = (uint64_t)(digits[i] - '0');
        if (*x > (UINT64_MAX - d) / 10) return false;
        *x = 10 * *x + d;
    }
    return true;
}

/* Exact, without going through double: "1e6" and "2.50e3" are whole, "1e-1" is not. */
jd_number_fault_t jd_integer_parse(const char *text, int64_t *value, const char **end)
{
    written_t d;
    jd_number_fault_t fault = scan(text, &d, end);
    if (fault != JD_NUMBER_FINE) return fault;
    while (d.n_fraction > 0 && d.fraction[d.n_fraction - 1] == '0')
        d.n_fraction--;
    uint64_t x = 0;
    if (!append_digits(&x, d.digits, d.n_digits) || !append_digits(&x, d.fraction, d.n_fraction))
        return JD_NUMBER_TOO_LARGE;
    int64_t power = x == 0 ? 0 : (int64_t)d.exponent - (int64_t)d.n_fraction;
    for (; power < 0; power++) {
        if (x % 10 != 0) return JD_NUMBER_FRACTION;
        x /= 10;
    }
    for (; power > 0; power--)
        if (!append_digits(&x, "0", 1)) return JD_NUMBER_TOO_LARGE;
    uint64_t most = (uint64_t)INT64_MAX + d.negative;
    if (x > most) return JD_NUMBER_TOO_LARGE;
    *value = !d.negative ? (int64_t)x : x == 0 ? 0 : -(int64_t)(x - 1) - 1;
    return JD_NUMBER_FINE;
}

void jd_number_print(double value, char *text, size_t size)
{
    char buffer[JD_NUMBER_SIZE];
    jd_number_print_double(buffer, value);
    snprintf(text, size, "%s", buffer);
}
