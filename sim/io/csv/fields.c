/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/csv/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PADDING = 8 }; /* zeros behind the text */

/* ---- The whole text ---- */

bool jd_is_utf16(const unsigned char *b, size_t n)
{
    if (n < 2) return false;
    if ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF)) return true;
    size_t zeros[2] = {0}, seen = n < 64 ? n / 2 * 2 : 64;
    for (size_t i = 0; i < seen; i++)
        zeros[i % 2] += b[i] == 0;
    return seen >= 8 &&
           ((zeros[0] == 0 && zeros[1] > seen / 4) || (zeros[1] == 0 && zeros[0] > seen / 4));
}

static int read_all(jd_csv_text_t *t, FILE *stream, jd_ctx_t *ctx)
{
    size_t room = 0;
    for (;;) {
        if (t->size + PADDING >= room) {
            room = 2 * room + 65536;
            char *wider = realloc(t->bytes, room);
            if (!wider) return jd_fail_memory(ctx, room, t->name);
            t->bytes = wider;
        }
        errno = 0;
        size_t n = fread(t->bytes + t->size, 1, room - t->size - PADDING, stream);
        t->size += n;
        if (n == 0) break;
    }
    memset(t->bytes + t->size, 0, PADDING);
    if (!ferror(stream)) return JD_OK;
    return jd_fail(ctx, JD_ERR_READ,
                   "%s: cannot be read: %s; check the disk, and that it is a file", t->name,
                   strerror(errno));
}

int jd_csv_load(jd_csv_text_t *t, FILE *stream, const char *name, int utf16, jd_ctx_t *ctx)
{
    *t = (jd_csv_text_t){.name = name};
    jd_csv_separate(t, ',', false);
    int rc = read_all(t, stream, ctx);
    if (rc) return rc;
    if (jd_is_utf16((const unsigned char *)t->bytes, t->size))
        return jd_fail(ctx, utf16,
                       "%s: is UTF-16; save it as UTF-8 (CSV UTF-8 in spreadsheet programs)", name);
    if (t->size >= 3 && memcmp(t->bytes, "\xEF\xBB\xBF", 3) == 0) t->start = 3;
    return JD_OK;
}

void jd_csv_text_free(jd_csv_text_t *text)
{
    free(text->bytes);
    *text = (jd_csv_text_t){0};
}

/* ---- Fields ---- */

void jd_csv_separate(jd_csv_text_t *text, char separator, bool trims)
{
    text->separator = separator;
    text->trims = trims;
    memset(text->ends, 0, sizeof text->ends);
    text->ends[0] = text->ends['\n'] = text->ends['\r'] = true;
    text->ends[(unsigned char)separator] = true;
}

jd_csv_cursor_t jd_csv_begin(const jd_csv_text_t *text)
{
    return (jd_csv_cursor_t){.text = text, .at = text->bytes + text->start, .line = 1};
}

jd_csv_cursor_t jd_csv_again(const jd_csv_cursor_t *cursor)
{
    return (jd_csv_cursor_t){.text = cursor->text, .at = cursor->at, .line = cursor->line};
}

void jd_csv_end(jd_csv_cursor_t *cursor)
{
    free(cursor->scratch);
    cursor->scratch = NULL;
    cursor->room = 0;
}

static const char *end_of(const jd_csv_cursor_t *c)
{
    return c->text->bytes + c->text->size;
}

bool jd_csv_at_end(const jd_csv_cursor_t *cursor)
{
    return cursor->at == end_of(cursor);
}

static int fail_at(const jd_csv_cursor_t *c, int64_t line, const char *what, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_DATA, "%s:%lld: %s", c->text->name, (long long)line, what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Into the scratch, doubled quotes as one. */
static int unquote(jd_csv_cursor_t *c, jd_csv_field_t *f, jd_ctx_t *ctx)
{
    if (f->length > c->room) {
        char *wider = realloc(c->scratch, 2 * f->length);
        if (!wider) return jd_fail_memory(ctx, 2 * f->length, c->text->name);
        c->scratch = wider;
        c->room = 2 * f->length;
    }
    size_t n = 0;
    for (size_t i = 0; i < f->length; i++) {
        c->scratch[n++] = f->bytes[i];
        i += f->bytes[i] == '"';
    }
    f->bytes = c->scratch;
    f->length = n;
    return JD_OK;
}

/* A field whose opening quote is at the cursor; leaves it where the field ends. */
static int read_quoted(jd_csv_cursor_t *c, jd_csv_field_t *f, jd_ctx_t *ctx)
{
    const char *end = end_of(c), *s = c->at + 1;
    bool doubled = false;
    f->bytes = s;
    f->quoted = true;
    for (;; s++) {
        if (s == end) return fail_at(c, f->line, "a quote that opens here is never closed", ctx);
        if (*s == '\n') c->line++;
        if (*s != '"') continue;
        if (s + 1 == end || s[1] != '"') break;
        doubled = true;
        s++;
    }
    f->length = (size_t)(s++ - f->bytes);
    const char separator = c->text->separator;
    while (s < end && is_blank(*s) && *s != separator)
        s++;
    c->at = s;
    if (s < end && *s != separator && *s != '\n' && *s != '\r')
        return fail_at(
            c, f->line,
            "text follows a closing quote; a quote inside a quoted field is written twice", ctx);
    return doubled ? unquote(c, f, ctx) : JD_OK;
}

/* Passes eight bytes at a time that cannot end a field: none is the separator, or below 14, where
 * ends of lines and the zero lie. The text has eight zeros behind it. */
static const char *pass_plain(const char *s, char separator)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = 0x80 * ones;
    for (;; s += 8) {
        uint64_t word;
        memcpy(&word, s, 8);
        const uint64_t other = word ^ (ones * (unsigned char)separator);
        const uint64_t hit = (((word - 14 * ones) & ~word) | ((other - ones) & ~other)) & tops;
        if (!hit) continue;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        s += __builtin_ctzll(hit) / 8; /* the first hit is a true one, later ones need not be */
#endif
        return s;
    }
}

static void read_plain(jd_csv_cursor_t *c, jd_csv_field_t *f)
{
    const bool *ends = c->text->ends;
    const char *s = c->at;
    f->bytes = s;
    for (;; s++) {
        s = pass_plain(s, c->text->separator);
        while (!ends[(unsigned char)*s])
            s++;
        if (*s || s == end_of(c)) break; /* else a zero in the text, which ends nothing */
    }
    c->at = s;
    if (c->text->trims) {
        while (f->bytes < s && is_blank(*f->bytes))
            f->bytes++;
        while (s > f->bytes && is_blank(s[-1]))
            s--;
    }
    f->length = (size_t)(s - f->bytes);
}

int jd_csv_next(jd_csv_cursor_t *c, jd_csv_field_t *f, jd_ctx_t *ctx)
{
    const char *end = end_of(c);
    f->quoted = false;
    f->line = c->line;
    if (c->at < end && *c->at == '"') {
        int rc = read_quoted(c, f, ctx);
        if (rc) return rc;
    } else {
        read_plain(c, f);
    }
    f->last = c->at == end || *c->at != c->text->separator;
    if (c->at == end) return JD_OK;
    c->line += f->last;
    if (*c->at == '\r' && c->at + 1 < end && c->at[1] == '\n') c->at++;
    c->at++;
    return JD_OK;
}
