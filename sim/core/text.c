/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/plain_text.h"

size_t jd_utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80) return 1;
    size_t n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4) return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0u) != 0x80) return 0;
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F)) return 0;
    if ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F)) return 0;
    return n;
}

size_t jd_utf8_length_in(const unsigned char *s, size_t n)
{
    unsigned char end[5] = {0};
    if (n == 0 || s[0] == 0) return 0;
    if (n >= 4) return jd_utf8_length(s);
    memcpy(end, s, n);
    return jd_utf8_length(end);
}

/* Of a valid character of n bytes. */
static bool is_control(const unsigned char *s, size_t n)
{
    uint32_t code = 0;
    jd_utf8_char((const char *)s, n, &code);
    return jd_is_control(code);
}

static bool check(const char *bytes, size_t n, bool printable)
{
    const unsigned char *s = (const unsigned char *)bytes;
    for (size_t i = 0, length; i < n; i += length) {
        length = jd_utf8_length_in(s + i, n - i);
        if (length == 0 || (printable && is_control(s + i, length))) return false;
    }
    return true;
}

bool jd_utf8_valid(const char *bytes, size_t n)
{
    return check(bytes, n, false);
}

bool jd_utf8_printable(const char *bytes, size_t n)
{
    return check(bytes, n, true);
}

size_t jd_utf8_cut(const char *text, size_t n)
{
    while (n > 0 && ((unsigned char)text[n] & 0xC0u) == 0x80u)
        n--;
    return n;
}

size_t jd_utf8_count(const char *text)
{
    size_t count = 0;
    for (const unsigned char *s = (const unsigned char *)text; *s; count++) {
        size_t n = jd_utf8_length(s);
        s += n ? n : 1;
    }
    return count;
}

const char *jd_text_fault(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    while (*s) {
        size_t n = jd_utf8_length(s);
        if (n == 0) return "holds bytes that are not UTF-8; save the text as UTF-8";
        if (is_control(s, n) && *s != '\t') return "holds a control character; remove it";
        s += n;
    }
    return NULL;
}

char *jd_trim(char *text)
{
    text += strspn(text, " \t");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t", text[n - 1]))
        n--;
    text[n] = '\0';
    return text;
}

const char *jd_excerpt(const char *text, char buffer[72])
{
    if (strlen(text) <= 60) return text;
    size_t n = jd_utf8_cut(text, 60);
    memcpy(buffer, text, n);
    memcpy(buffer + n, "...", 4);
    return buffer;
}

char *jd_copy_text(const char *text, size_t n, jd_ctx_t *ctx)
{
    char *copy = malloc(n + 1);
    if (!copy) {
        jd_fail_memory(ctx, n + 1, "a text");
        return NULL;
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

bool jd_list_holds(const char *list, const char *name, bool any_case)
{
    const size_t n = strlen(name);
    for (const char *p = list; p; p = strchr(p, ',')) {
        p += *p == ',';
        const int differs = any_case ? strncasecmp(p, name, n) : strncmp(p, name, n);
        if (!differs && (p[n] == ',' || p[n] == '\0')) return true;
    }
    return false;
}

bool jd_list_next(const char **list, char *word, size_t size)
{
    const char *p = *list;
    if (!p || !*p) return false;
    const size_t length = strcspn(p, ",");
    const size_t kept = length < size ? length : size - 1;
    memcpy(word, p, kept);
    word[kept] = '\0';
    *list = p + length + (p[length] == ',');
    return true;
}
