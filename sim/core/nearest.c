/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/text.h"
#include "jiedao/param.h"

#include <string.h>

enum { LONGEST = 64 };

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters inserted, left out, replaced or swapped with their neighbour (optimal string alignment);
 * case counts for nothing. Both words are at most LONGEST bytes. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t before[LONGEST + 1] = {0}, last[LONGEST + 1], row[LONGEST + 1];
    size_t na = strlen(a), nb = strlen(b);
    for (size_t j = 0; j <= nb; j++)
        last[j] = j;
    for (size_t i = 1; i <= na; i++) {
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned char x = lower(a[i - 1]), y = lower(b[j - 1]);
            row[j] = smaller(smaller(last[j], row[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        memcpy(before, last, sizeof last);
        memcpy(last, row, sizeof row);
    }
    return last[nb];
}

void jd_near_offer(jd_near_t *near, const char *name)
{
    size_t n = strlen(near->word), m = strlen(name);
    if (n == 0 || n > LONGEST || m > LONGEST) return;
    size_t d = edit_distance(near->word, name);
    /* One slip in four letters, and something of the word must be left. */
    if (d > 1 + n / 4 || d >= n || d >= m) return;
    if (near->best && d >= near->distance) return;
    near->best = name;
    near->distance = d;
}

const char *jd_nearest(const char *word, const char *const *names, int n)
{
    jd_near_t near = {.word = word};
    for (int i = 0; i < n; i++)
        jd_near_offer(&near, names[i]);
    return near.best;
}
