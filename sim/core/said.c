/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/said.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

enum { NAME = 64 };

/* A style is "--%s", or words around the name: "%s =". Written by hand, since it comes from outside
 * and is no format of ours. */
static void write_name(const char *style, const char *name, size_t length, bool setting,
                       char said[2 * NAME])
{
    const char *at = strstr(style, "%s");
    const int before = at ? (int)(at - style) : 0;
    const bool dashes = *style == '-';
    const char *after = !at ? "" : dashes || setting ? at + 2 : "";
    snprintf(said, 2 * NAME, "%.*s%.*s%.40s", before > 20 ? 20 : before, style, (int)length, name,
             after);
    for (char *c = said + (before > 20 ? 20 : before); !dashes && c < said + before + length; c++)
        if (*c == '-') *c = '_';
}

/* Length of the name behind a mark, which ends in a mark; 0: no mark of ours. */
static size_t name_length(const char *text)
{
    const size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return n > 0 && n < NAME && text[n] == JD_MARK_END ? n : 0;
}

size_t jd_say_options(char *text, size_t size, const char *style)
{
    size_t length = strlen(text);
    char said[2 * NAME];
    for (char *p = text; *p; p++) {
        const size_t name = *p == JD_OPTION_MARK || *p == JD_SETTING_MARK ? name_length(p + 1) : 0;
        if (!name) continue;
        write_name(style ? style : "--%s", p + 1, name, *p == JD_SETTING_MARK, said);
        const size_t before = (size_t)(p - text), rest = length - before - name - 2;
        size_t put = strlen(said), keep = rest;
        if (before + put + 1 > size) put = size - 1 - before;
        if (before + put + rest + 1 > size) keep = size - 1 - before - put;
        memmove(p + put, p + name + 2, keep);
        memcpy(p, said, put);
        length = before + put + keep;
        text[length] = '\0';
        if (keep < rest) {
            length = jd_utf8_cut(text, length);
            text[length] = '\0';
        }
        if (put == 0) break;
        p += put - 1;
        if (p >= text + length) break;
    }
    return length;
}
