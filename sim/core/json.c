/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"

#include <math.h>
#include <string.h>

#include "core/number.h"
#include "core/text.h"

void jd_json_text(FILE *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    fputc('"', out);
    while (*s) {
        const size_t n = jd_utf8_length(s);
        if (n == 0)
            fputs("\xEF\xBF\xBD", out);
        else if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if (*s < 0x20 || *s == 0x7F)
            fprintf(out, "\\u%04x", (unsigned)*s);
        else
            fwrite(s, 1, n, out);
        s += n ? n : 1;
    }
    fputc('"', out);
}

void jd_json_number(FILE *out, double x)
{
    char number[JD_NUMBER_SIZE];
    if (isfinite(x))
        fwrite(number, 1, jd_number_print_double(number, x), out);
    else
        fputs("null", out);
}

/* The four hexadecimal digits of a control character; -1 if they are not such. */
static int read_control(const char *digits)
{
    static const char hex[] = "0123456789abcdef";
    int value = 0;
    for (int i = 0; i < 4; i++) {
        const char *found = digits[i] ? strchr(hex, digits[i]) : NULL;
        if (!found) return -1;
        value = 16 * value + (int)(found - hex);
    }
    return value > 0 && value < 0x80 ? value : -1;
}

size_t jd_json_read_text(const char *quoted, char *text, size_t size)
{
    size_t used = 0;
    for (const char *c = quoted + 1; *c && *c != '"' && used + 1 < size; c++) {
        const int control = c[0] == '\\' && c[1] == 'u' ? read_control(c + 2) : -1;
        if (control > 0)
            c += 5;
        else if (*c == '\\' && c[1])
            c++;
        text[used++] = control > 0 ? (char)control : *c;
    }
    text[used] = '\0';
    return used;
}
