/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rows of expected.csv by verdict. A test counts every row of the families it stands for, and
 *  tally_print() tells them to the screen and to test_all_rows, which adds up all tests and finds
 *  the rows nobody counted. Several tests may share a family. */
#ifndef JD_TESTS_TALLY_H
#define JD_TESTS_TALLY_H

#include "reference/csv.h"
#include "support.h"

#include <math.h>

typedef struct {
    const char *why[32]; /* reasons why rows are not applicable */
    int count[32], n, matched, missed;
} tally_t;

static inline void tally_not_applicable(tally_t *t, const char *why)
{
    int i = 0;
    while (i < t->n && strcmp(t->why[i], why) != 0)
        i++;
    assert_true(i < 32);
    if (i == t->n) t->why[t->n++] = why;
    t->count[i]++;
}

/** Counts a row and shows it where it is missed. */
static inline void tally(tally_t *t, int matched, const csv_t *e, int row, double ours,
                         double ours_se)
{
    t->matched += matched;
    t->missed += !matched;
    if (!matched && t->missed <= 40)
        print_error("not matched: %s %s %s %s: %s (%s), ours %.17g (%.17g)\n", csv_text(e, row, 0),
                    csv_text(e, row, 2), csv_text(e, row, 4), csv_text(e, row, 5),
                    csv_text(e, row, 6), csv_text(e, row, 7), ours, ours_se);
}

/** Gaussian log likelihood of n rows. */
static inline double gaussian_likelihood(double ssr, double n)
{
    return -n / 2 * (log(2 * 3.14159265358979323846 * ssr / n) + 1);
}

/** Where the tests leave their counts, a file each: family, verdict (matched, missed or the reason)
 *  and rows, by tabs. */
static inline FILE *tally_open(const char *test, const char *mode)
{
    char path[512];
    snprintf(path, sizeof path, JD_TALLIES "/%s.tally", test);
    return fopen(path, mode);
}

/** Once for each family. */
static inline void tally_print(const tally_t *t, const char *family)
{
    static int again; /* the file is begun anew in each run */
    int not_applicable = 0;
    for (int i = 0; i < t->n; i++)
        not_applicable += t->count[i];
    print_message("%-16s matched %4d   not matched %4d   not applicable %4d\n", family, t->matched,
                  t->missed, not_applicable);
    for (int i = 0; i < t->n; i++)
        print_message("    %4d  %s\n", t->count[i], t->why[i]);
    FILE *out = tally_open(JD_TEST_NAME, again++ ? "a" : "w");
    assert_non_null(out);
    fprintf(out, "%s\tmatched\t%d\n%s\tmissed\t%d\n", family, t->matched, family, t->missed);
    for (int i = 0; i < t->n; i++)
        fprintf(out, "%s\t%s\t%d\n", family, t->why[i], t->count[i]);
    assert_int_equal(fclose(out), 0);
}

#endif
