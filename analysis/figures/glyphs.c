/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "glyphs.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

#include "core/memory.h"
#include "core/text.h"
#include "program.h"

enum { POINTS = 0x110000 };
static const char own_font[] = "Liberation Sans";

typedef struct range {
    uint32_t low, high;
    const char *package; /* NULL = in every text font */
} range_t;

/* Debian's packages by what they write; what is listed first and has none needs no question. */
static const range_t ranges[] = {
    {0x0020, 0x017F, NULL},
    {0x0386, 0x03CE, NULL},
    {0x0400, 0x045F, NULL},
    {0x2010, 0x2033, NULL},
    {0x2190, 0x2195, NULL},
    {0x2212, 0x2212, NULL},
    {0x2248, 0x2248, NULL},
    {0x2260, 0x2265, NULL},
    {0x1100, 0x11FF, "fonts-noto-cjk"},
    {0x2E80, 0xA4CF, "fonts-noto-cjk"},
    {0xAC00, 0xD7FF, "fonts-noto-cjk"},
    {0xF900, 0xFAFF, "fonts-noto-cjk"},
    {0xFE30, 0xFE4F, "fonts-noto-cjk"},
    {0xFF00, 0xFFEF, "fonts-noto-cjk"},
    {0x1F300, 0x1FAFF, "fonts-noto-color-emoji"},
    {0x20000, 0x3FFFF, "fonts-noto-cjk"},
    {0x0000, 0x10FFFF, "fonts-noto-core"},
};

static const char *package_of(uint32_t point)
{
    const range_t *r = ranges;
    while (point < r->low || point > r->high)
        r++;
    return r->package;
}

static uint32_t point_at(const unsigned char *p, size_t n)
{
    if (n == 1) return *p;
    uint32_t point = *p & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        point = point << 6 | (p[i] & 0x3Fu);
    return point;
}

int jd_glyphs_add(jd_glyphs_t *g, const char *text, jd_ctx_t *ctx)
{
    if (!g->seen) {
        int rc = jd_make_n(&g->seen, POINTS / 8, 1, "characters", ctx);
        if (rc) return rc;
    }
    const unsigned char *p = (const unsigned char *)text;
    for (size_t n; *p; p += n ? n : 1) {
        n = jd_utf8_length(p);
        if (n == 0) continue;
        const uint32_t point = point_at(p, n);
        g->seen[point / 8] |= (unsigned char)(1u << point % 8);
        g->beyond = g->beyond || package_of(point) != NULL;
    }
    return JD_OK;
}

void jd_glyphs_free(jd_glyphs_t *g)
{
    free(g->seen);
    g->seen = NULL;
}

/* ---- What is installed ---- */

static int no_list(const char *figure, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_PROGRAM,
                   "figure %s: which fonts there are is not known without the program fc-list; "
                   "install it (Debian, Ubuntu: apt install fontconfig)",
                   figure);
}

/* Lines "family,other name<tab>20-7e a0-17f ...", a font each. */
static int list_fonts(FILE **list, const char *figure, jd_ctx_t *ctx)
{
    char name[] = "fc-list", option[] = "-f", format[] = "%{family}\t%{charset}\n";
    char *argv[] = {name, option, format, NULL};
    int status = 0;
    FILE *said = tmpfile();
    *list = tmpfile();
    const bool failed = !*list || !said ||
                        jd_program_run(argv, -1, fileno(*list), fileno(said), &status) != 0 ||
                        !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (said) fclose(said);
    if (failed) return no_list(figure, ctx);
    rewind(*list);
    return JD_OK;
}

/* Whether one of the names by commas is `font`. */
static bool is_named(const char *names, const char *font)
{
    const size_t n = strlen(font);
    for (const char *p = names; p; p = strchr(p, ',')) {
        p += *p == ',';
        if (!strncasecmp(p, font, n) && (p[n] == '\0' || p[n] == ',')) return true;
    }
    return false;
}

/* Takes from the characters what a font has. */
static void strike(unsigned char *left, const char *set)
{
    for (char *end; *set; set = end + (*end == ' ')) {
        unsigned long low = strtoul(set, &end, 16), high = low;
        if (end == set) return;
        if (*end == '-') high = strtoul(end + 1, &end, 16);
        for (unsigned long point = low; point <= high && point < POINTS; point++)
            left[point / 8] &= (unsigned char)~(1u << point % 8);
    }
}

typedef struct search {
    const char *asked;
    char wanted[8][JD_FONT_SIZE];
    int n_wanted, best; /* of the wanted, n_wanted = none yet */
    bool found;         /* what was asked for */
    unsigned char *left;
} search_t;

static void see_font(search_t *s, char *line)
{
    char *set = strchr(line, '\t');
    if (!set) return;
    *set++ = '\0';
    if (s->asked && is_named(line, s->asked)) s->found = true;
    for (int k = 0; k < s->best; k++)
        if (is_named(line, s->wanted[k])) s->best = k;
    if (s->left) strike(s->left, set);
}

static int see_fonts(search_t *s, const char *figure, jd_ctx_t *ctx)
{
    FILE *list = NULL;
    char *line = NULL;
    size_t size = 0;
    int rc = list_fonts(&list, figure, ctx);
    for (ssize_t n; !rc && (n = getline(&line, &size, list)) > 0;) {
        if (line[n - 1] == '\n') line[n - 1] = '\0';
        see_font(s, line);
    }
    free(line);
    if (list) fclose(list);
    return rc;
}

static void put_point(char *to, uint32_t p)
{
    const int n = p < 0x80 ? 1 : p < 0x800 ? 2 : p < 0x10000 ? 3 : 4;
    for (int i = n - 1; i > 0; i--, p >>= 6)
        to[i] = (char)(0x80 | (p & 0x3F));
    to[0] = (char)(n == 1 ? p : (0xFFu << (8 - n) & 0xFF) | p);
    to[n] = '\0';
}

/* The characters that no font has, of which at most twelve are shown. */
static int judge(const search_t *s, const char *figure, jd_ctx_t *ctx)
{
    char shown[80] = "", one[8];
    const char *package = NULL;
    int missing = 0;
    size_t length = 0;
    for (uint32_t point = ' '; point < POINTS; point++) {
        if (!(s->left[point / 8] & 1u << point % 8) || !package_of(point)) continue;
        if (!package) package = package_of(point);
        if (++missing > 12) continue;
        put_point(one, point);
        length += (size_t)snprintf(shown + length, sizeof shown - length, "%s", one);
    }
    if (!missing) return JD_OK;
    return jd_fail(ctx, JD_ERR_PROGRAM,
                   "figure %s: no font that is installed can show %s%s; install one (Debian, "
                   "Ubuntu: apt install %s)",
                   figure, shown, missing > 12 ? "…" : "", package);
}

int jd_glyphs_font(const jd_glyphs_t *g, const char *figure, const char *asked, const char *wanted,
                   char font[JD_FONT_SIZE], jd_ctx_t *ctx)
{
    search_t s = {.asked = asked};
    int rc = JD_OK;
    snprintf(font, JD_FONT_SIZE, "%s", asked ? asked : own_font);
    if (!asked && !wanted && !g->beyond) return JD_OK;
    while (s.n_wanted < 8 && jd_list_next(&wanted, s.wanted[s.n_wanted], JD_FONT_SIZE))
        jd_trim(s.wanted[s.n_wanted++]);
    s.best = s.n_wanted;
    if (g->beyond) {
        rc = jd_make_n(&s.left, POINTS / 8, 1, "characters", ctx);
        if (!rc) memcpy(s.left, g->seen, POINTS / 8);
    }
    if (!rc) rc = see_fonts(&s, figure, ctx);
    if (!rc && asked && !s.found)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "figure %s: there is no font '%s' on this computer; fc-list : family names "
                     "those there are",
                     figure, asked);
    if (!rc && s.left) rc = judge(&s, figure, ctx);
    if (!rc && !asked && s.best < s.n_wanted) snprintf(font, JD_FONT_SIZE, "%s", s.wanted[s.best]);
    free(s.left);
    return rc;
}
