/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dress.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "labels.h"
#include "page.h"

/* Colours that differ by hue become greys that differ; the others keep their lightness. */
static const struct {
    const char *colour, *grey;
} greys[] = {
    {JD_BLUE, "#6E6E6E"},   {JD_RED, "#3C3C3C"}, {JD_GREEN, "#8C8C8C"},
    {JD_ORANGE, "#A6A6A6"}, {JD_SKY, "#C4C4C4"}, {JD_PINK, "#B4B4B4"},
};

/* Written without its quotes; gnuplot's colours are #RRGGBB. */
static bool is_colour(const char *text)
{
    return text[0] == '#' && strlen(text) == 7 && strspn(text + 1, "0123456789abcdefABCDEF") == 6;
}

static void put_grey(FILE *to, const char *colour)
{
    for (size_t k = 0; k < sizeof greys / sizeof *greys; k++)
        if (!strcmp(greys[k].colour, colour)) {
            fprintf(to, "'%s'", greys[k].grey);
            return;
        }
    const long rgb = strtol(colour + 1, NULL, 16);
    const double light = 0.2126 * (double)(rgb >> 16) + 0.7152 * (double)(rgb >> 8 & 255) +
                         0.0722 * (double)(rgb & 255);
    const int grey = (int)(light + 0.5);
    fprintf(to, "'#%02X%02X%02X'", grey, grey, grey);
}

/* Whether a script's text so far ends with a word. */
static bool follows(const char *script, const char *at, const char *word)
{
    const size_t n = strlen(word);
    return (size_t)(at - script) >= n && !memcmp(at - n, word, n);
}

/* Not words: fonts, and the formats of numbers. */
static bool is_setting(const char *script, const char *at)
{
    static const char *const before[] = {"font ", "format x ", "format y ", "format cb "};
    for (size_t k = 0; k < sizeof before / sizeof *before; k++)
        if (follows(script, at, before[k])) return true;
    return false;
}

/* Reads the text that begins behind a quote; returns what is behind its end. */
static const char *read_text(const char *p, char *text)
{
    for (; *p && !(p[0] == '\'' && p[1] != '\''); p++) {
        *text++ = *p;
        if (*p == '\'') p++;
    }
    *text = '\0';
    return *p ? p + 1 : p;
}

/* Copies the text at the quote `at` of a script; `buffer` has room for it. */
static int dress_text(const char *script, const char **at, char *buffer, FILE *to,
                      const jd_figure_options_t *o, jd_glyphs_t *glyphs, jd_ctx_t *ctx)
{
    char other[JD_LABEL_SIZE];
    const char *begin = *at, *end = read_text(begin + 1, buffer);
    *at = end;
    if (is_setting(script, begin) || (is_colour(buffer) && !o->grey)) {
        fwrite(begin, 1, (size_t)(end - begin), to);
        return JD_OK;
    }
    if (is_colour(buffer)) {
        put_grey(to, buffer);
        return JD_OK;
    }
    const char *text = o->labels ? jd_labels_find(o->labels, buffer, other) : NULL;
    if (!text) text = buffer;
    jd_put_text(to, text, 1000000);
    return jd_glyphs_add(glyphs, text, ctx);
}

static int load(FILE *from, char **script, jd_ctx_t *ctx)
{
    if (fseek(from, 0, SEEK_END) != 0) return jd_fail(ctx, JD_ERR_READ, "a script is lost");
    const long size = ftell(from);
    rewind(from);
    int rc = jd_make_unset(script, (size_t)size + 1, 1, "a script", ctx);
    if (!rc && fread(*script, 1, (size_t)size, from) != (size_t)size)
        rc = jd_fail(ctx, JD_ERR_READ, "a script is lost");
    if (!rc) (*script)[size] = '\0';
    return rc;
}

int jd_dress(FILE *from, FILE *to, const jd_figure_options_t *o, jd_glyphs_t *glyphs, jd_ctx_t *ctx)
{
    char *script = NULL, *buffer = NULL;
    int rc = load(from, &script, ctx);
    if (!rc) rc = jd_make_unset(&buffer, strlen(script) + 1, 1, "a script", ctx);
    for (const char *p = script; !rc && *p;) {
        const size_t n = strcspn(p, "'");
        fwrite(p, 1, n, to);
        p += n;
        if (*p) rc = dress_text(script, &p, buffer, to, o, glyphs, ctx);
    }
    free(buffer);
    free(script);
    return rc;
}
