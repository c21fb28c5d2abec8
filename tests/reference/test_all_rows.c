/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All of expected.csv: how many rows of each family the tests of this folder matched, missed, or
 * found not applicable and why. A row that no test counted, or two did, is an error. */
#include "reference/tally.h"

#include <dirent.h>

enum { MAX_FAMILIES = 128 };

typedef struct {
    const char *name;
    int rows, matched, missed, other;
} family_t;

static family_t families[MAX_FAMILIES];
static int n_families;
static char reasons[256][160]; /* told under the table */
static int n_reasons;

static family_t *find_family(const char *name)
{
    for (int i = 0; i < n_families; i++)
        if (strcmp(families[i].name, name) == 0) return &families[i];
    return NULL;
}

static void count_rows(const csv_t *e)
{
    int column = csv_find(e, "estimator");
    for (int row = 0; row < e->rows; row++) {
        const char *name = csv_text(e, row, column);
        family_t *f = find_family(name);
        if (!f) {
            assert_true(n_families < MAX_FAMILIES);
            f = &families[n_families++];
            f->name = name;
        }
        f->rows++;
    }
}

static void add_line(const char *test, char *line)
{
    char *verdict = strchr(line, '\t'), *count = verdict ? strchr(verdict + 1, '\t') : NULL;
    assert_non_null(count);
    *verdict++ = *count++ = '\0';
    family_t *f = find_family(line);
    if (!f) fail_msg("%s counts rows of %s, which expected.csv does not have", test, line);
    int n = atoi(count);
    if (strcmp(verdict, "matched") == 0)
        f->matched += n;
    else if (strcmp(verdict, "missed") == 0)
        f->missed += n;
    else {
        f->other += n;
        assert_true(n_reasons < 256);
        snprintf(reasons[n_reasons++], sizeof *reasons, "    %-22s %5d  %s\n", f->name, n, verdict);
    }
}

static void add_test(const char *test)
{
    char line[512];
    FILE *in = tally_open(test, "r");
    if (!in) {
        print_error("%s left no counts: run it first (ctest does), or let it call tally_print()\n",
                    test);
        return;
    }
    while (fgets(line, sizeof line, in))
        add_line(test, line);
    fclose(in);
}

/* Every test of this folder, as its source is there. */
static void add_tests(void)
{
    DIR *folder = opendir(JD_SOURCE_DIR "/tests/reference");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char test[300];
        size_t n = strlen(entry->d_name);
        if (strncmp(entry->d_name, "test_", 5) != 0 || n < 3) continue;
        if (strcmp(entry->d_name + n - 2, ".c") != 0) continue;
        snprintf(test, sizeof test, "%.*s", (int)n - 2, entry->d_name);
        if (strcmp(test, JD_TEST_NAME) != 0) add_test(test);
    }
    closedir(folder);
}

static void test_every_row_is_counted_once(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    csv_t expected;
    int wrong = 0;
    family_t all = {.name = "all"};
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    count_rows(&expected);
    add_tests();
    print_message("%-22s %6s %8s %7s %15s %8s\n", "family", "rows", "matched", "missed",
                  "not applicable", "unseen");
    for (int i = 0; i <= n_families; i++) {
        const family_t *f = i < n_families ? &families[i] : &all;
        int unseen = f->rows - f->matched - f->missed - f->other;
        print_message("%-22s %6d %8d %7d %15d %8d\n", f->name, f->rows, f->matched, f->missed,
                      f->other, unseen);
        if (f == &all) break;
        wrong += unseen != 0 || f->missed != 0;
        all.rows += f->rows;
        all.matched += f->matched;
        all.missed += f->missed;
        all.other += f->other;
    }
    print_message("not applicable:\n");
    for (int i = 0; i < n_reasons; i++)
        print_message("%s", reasons[i]);
    csv_free(&expected);
    if (wrong)
        fail_msg("%d families hold rows that are missed, that no test counts, or that two do",
                 wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row_is_counted_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
