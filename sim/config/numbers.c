/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number as written: sign, digits, fraction, exponent. */
typedef struct jd_decimal {
    const char *digits, *fraction;
    size_t n_digits, n_fraction;
    int exponent;
    bool negative;
} jd_decimal_t;

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
static jd_number_fault_t scan(const char *text, jd_decimal_t *d, const char **end)
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

/* The decimal mark strtod and printf use just now: "," where the host has set such a locale. */
static void decimal_mark(char mark[16])
{
    char half[16];
    snprintf(half, sizeof half, "%.1f", 0.5);
    size_t n = strlen(half) - 2;
    memcpy(mark, half + 1, n);
    mark[n] = '\0';
}

jd_number_fault_t jd_number_parse(const char *text, double *value, const char **end)
{
    jd_decimal_t d;
    jd_number_fault_t fault = scan(text, &d, end);
    if (fault != JD_NUMBER_FINE) return fault;
    char mark[16], local[JD_TEXT_MAX];
    decimal_mark(mark);
    size_t n = strcspn(text, ".");
    int written = snprintf(local, sizeof local, "%.*s%s%s", (int)n, text, text[n] ? mark : "",
                           text[n] ? text + n + 1 : "");
    if (written < 0 || (size_t)written >= sizeof local) return JD_NUMBER_TOO_LARGE;
    double x = strtod(local, NULL);
    if (!isfinite(x)) return JD_NUMBER_TOO_LARGE;
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
    jd_decimal_t d;
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
    char mark[16], local[40];
    decimal_mark(mark);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(local, sizeof local, "%.*g", digits, value);
        if (strtod(local, NULL) == value) break;
    }
    const char *at = strstr(local, mark);
    if (!at)
        snprintf(text, size, "%s", local);
    else
        snprintf(text, size, "%.*s.%s", (int)(at - local), local, at + strlen(mark));
}
