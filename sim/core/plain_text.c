/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plain_text.h"

#include <string.h>

#include "core/text.h"
#include "jiedao/context.h"

size_t jd_utf8_char(const char *bytes, size_t n, uint32_t *code)
{
    const unsigned char *c = (const unsigned char *)bytes;
    const size_t length = jd_utf8_length_in(c, n);
    if (length == 0) return 0;
    *code = length == 1 ? *c : *c & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++)
        *code = *code << 6 | (c[i] & 0x3Fu);
    return length;
}

bool jd_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

bool jd_is_unfit(uint32_t code)
{
    if (jd_is_control(code)) return code != '\n' && code != '\t';
    return (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/* Bytes that are no character are left, for names in other encodings, but those that are C1 by
 * themselves. */
void jd_plain_bytes(char *bytes, size_t n)
{
    uint32_t code;
    for (size_t i = 0; i < n;) {
        size_t length = jd_utf8_char(bytes + i, n - i, &code);
        if (length == 0) code = (unsigned char)bytes[i];
        if (length == 0) length = 1;
        if (jd_is_unfit(code)) memset(bytes + i, '?', length);
        i += length;
    }
}

size_t jd_utf8_open_end(const char *bytes, size_t n)
{
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char c = (unsigned char)bytes[n - back];
        const size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 1;
        if ((c & 0xC0u) != 0x80u) return length > back ? back : 0;
    }
    return 0;
}

void jd_plain_line(char *text)
{
    for (char *c = text; (c = strpbrk(c, "\n\t"));)
        *c = '?';
    jd_plain_text(text);
}

void jd_plain_text(char *text)
{
    jd_plain_bytes(text, strlen(text));
}
