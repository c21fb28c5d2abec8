/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which sector a code of industry is of: lists of prefixes and ranges, the longest prefix counts.
 */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "records/records.h"

enum { WORD = 32 };

/* Letters in front (C of C3512) do not count beside digits. */
static const char *digits_of(const char *code)
{
    const char *s = code;
    while ((*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z'))
        s++;
    return *s >= '0' && *s <= '9' ? s : code;
}

/* Letters of the code that a word of a list fits; -1: it does not. */
static int fits(const char *word, const char *code)
{
    const char *dash = strchr(word, '-'), *from = digits_of(word), *own = digits_of(code);
    if (!dash) {
        const bool letter = from == word && !(word[0] >= '0' && word[0] <= '9');
        const char *in = letter ? code : own;
        const size_t n = strlen(from);
        return n > 0 && !strncmp(in, from, n) ? (int)n : -1;
    }
    const char *to = digits_of(dash + 1);
    const size_t n = (size_t)(dash - from);
    if (strlen(own) < n || strncmp(own, from, n) < 0 || strncmp(own, to, n) > 0) return -1;
    return (int)n;
}

static int best_of(const char *list, const char *code)
{
    char word[WORD];
    int best = -1;
    while (jd_list_next(&list, word, sizeof word)) {
        const int n = fits(jd_trim(word), code);
        if (n > best) best = n;
    }
    return best;
}

int jd_records_sector(const jd_panel_wish_t *wish, const char *code)
{
    char wide[WORD];
    const size_t n = strlen(code);
    if (!*code) return -1;
    if (wish->sector_digits > (int)n && n > 0 && code[0] >= '0' && code[0] <= '9') {
        snprintf(wide, sizeof wide, "%.*s%s", wish->sector_digits - (int)n, "0000000000000000",
                 code);
        code = wide;
    }
    const char *const lists[] = {wish->targeted, wish->similar, wish->other};
    int sector = wish->other ? 3 : 2, best = -1;
    for (int k = 0; k < 3; k++) {
        const int fit = lists[k] ? best_of(lists[k], code) : -1;
        if (fit > best) best = fit, sector = k;
    }
    return sector;
}

int jd_records_check_sectors(const jd_panel_wish_t *wish, jd_ctx_t *ctx)
{
    static const char *const names[] = {"--targeted", "--similar", "--other"};
    const char *const lists[] = {wish->targeted, wish->similar, wish->other};
    int rc = JD_OK;
    if (wish->sector && !wish->targeted)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "panel: --sector %s: say which sectors the policy is for: --targeted 35,36-37 "
            "(beginnings of codes, and ranges of them)",
            wish->sector);
    for (int k = 0; k < 3; k++) {
        char word[WORD];
        const char *list = lists[k];
        if (list && !wish->sector)
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "panel: %s %s: needs the column of sectors: --sector NAME", names[k],
                           list);
        while (jd_list_next(&list, word, sizeof word)) {
            const char *text = jd_trim(word), *dash = strchr(text, '-');
            if (!*text ||
                (dash && (strlen(digits_of(dash + 1)) != (size_t)(dash - digits_of(text)) ||
                          strcmp(digits_of(dash + 1), digits_of(text)) < 0)))
                rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                             "panel: %s: '%s' is no code; write beginnings of codes (35, C35) or "
                             "ranges of equal length (35-37)",
                             names[k], text);
            for (int j = 0; j < k && !dash; j++)
                if (lists[j] && jd_list_holds(lists[j], text, false))
                    rc = jd_fail(ctx, JD_ERR_ARGUMENT, "panel: '%s' stands in %s and in %s", text,
                                 names[j], names[k]);
        }
    }
    return rc;
}
