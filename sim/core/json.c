/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/number.h"
#include "core/plain_text.h"

void jd_json_text(FILE *out, const char *text)
{
    size_t left = strlen(text);
    fputc('"', out);
    for (const char *s = text; left > 0;) {
        uint32_t code = 0;
        const size_t n = jd_utf8_char(s, left, &code), taken = n ? n : 1;
        if (n == 0)
            fputs("\xEF\xBF\xBD", out);
        else if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if (code < 0x20 || jd_is_unfit(code))
            fprintf(out, "\\u%04x", (unsigned)code);
        else
            fwrite(s, 1, n, out);
        s += taken;
        left -= taken;
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

/* The four hexadecimal digits of a character; -1 if they are not such. */
static int read_control(const char *digits)
{
    static const char hex[] = "0123456789abcdef";
    int value = 0;
    for (int i = 0; i < 4; i++) {
        const char *found = digits[i] ? strchr(hex, digits[i]) : NULL;
        if (!found) return -1;
        value = 16 * value + (int)(found - hex);
    }
    return value > 0 ? value : -1;
}

/* The character in UTF-8; how many bytes. */
static size_t encode(int code, char bytes[3])
{
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    const bool two = code < 0x800;
    bytes[0] = (char)(two ? 0xC0 | code >> 6 : 0xE0 | code >> 12);
    bytes[1] = (char)(0x80 | (two ? code & 0x3F : code >> 6 & 0x3F));
    bytes[2] = (char)(0x80 | (code & 0x3F));
    return two ? 2 : 3;
}

size_t jd_json_read_text(const char *quoted, char *text, size_t size)
{
    size_t used = 0;
    for (const char *c = quoted + 1; *c && *c != '"' && used + 1 < size; c++) {
        char bytes[3] = {*c};
        const int code = c[0] == '\\' && c[1] == 'u' ? read_control(c + 2) : -1;
        size_t n = 1;
        if (code > 0) {
            c += 5;
            n = encode(code, bytes);
        } else if (*c == '\\' && c[1]) {
            bytes[0] = *++c;
        }
        if (used + n >= size) break;
        memcpy(text + used, bytes, n);
        used += n;
    }
    text[used] = '\0';
    return used;
}
