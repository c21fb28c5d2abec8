/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did --if: the same bytes as from a file without the rows it leaves out, whatever the condition's
 * dialect and the columns' kinds; what is wrong in it is pointed at. */
#include <math.h>

#include "cli/did_files.h"

enum { UNITS = 24, YEARS = 8 };

typedef struct {
    int unit, year, cohort, month, day;
    double y, x; /* x: NaN is a missing cell */
    const char *region;
} cell_t;

static cell_t cell_of(int i, int t)
{
    static const char *const regions[] = {"North", "South", "O'Hare", ""};
    cell_t c = {.unit = i, .year = 2010 + t, .cohort = i % 3 ? 2012 + 2 * (i % 3) : 0};
    c.x = (i * 7 + t * 3) % 11 == 0 ? (double)NAN : ((i * 5 + t * 7) % 13 - 6) / 4.0;
    c.y = 0.1 * i + 0.3 * t + (i * i + 3 * t * t) % 7 + (c.cohort && c.year >= c.cohort);
    c.region = regions[(i + (t == 5)) % 4];
    c.month = 1 + (i + t) % 12;
    c.day = 1 + (i * 3 + t) % 28;
    return c;
}

/* The rows a condition keeps (NULL: all). */
static void write_rows(const char *path, bool (*keeps)(const cell_t *c))
{
    static char text[65536];
    int at = snprintf(text, sizeof text, "id,year,g,y,x,region,date\n");
    for (int i = 0; i < UNITS; i++)
        for (int t = 0; t < YEARS; t++) {
            const cell_t c = cell_of(i, t);
            char x[32] = "";
            if (keeps && !keeps(&c)) continue;
            if (!isnan(c.x)) snprintf(x, sizeof x, "%g", c.x);
            at += snprintf(text + at, sizeof text - (size_t)at, "%d,%d,%d,%g,%s,%s,%d-%02d-%02d\n",
                           c.unit, c.year, c.cohort, c.y, x, c.region, c.year, c.month, c.day);
        }
    write_here(path, text);
}

#define KEEPS(name, condition)        \
    static bool name(const cell_t *c) \
    {                                 \
        return condition;             \
    }
#define IS(name) (!strcmp(c->region, name))
KEEPS(late, c->year >= 2012)
KEEPS(late_north, c->year >= 2012 || IS("North"))
KEEPS(not_north, *c->region && !IS("North"))
KEEPS(two, IS("North") || IS("O'Hare"))
KEEPS(no_region, !*c->region)
KEEPS(positive, c->x > 0)
KEEPS(not_positive, c->x <= 0)
KEEPS(has_x, !isnan(c->x))
KEEPS(positive_or_south, c->x > 0 || IS("South"))
KEEPS(not_both, c->x <= 0 || (*c->region && !IS("South")))
KEEPS(years, c->year == 2010 || (c->year >= 2012 && c->year <= 2016))
KEEPS(from_march, c->year > 2012 || (c->year == 2012 && c->month >= 3))
KEEPS(second_half, c->year == 2014 && c->month > 6)
KEEPS(after_second_half, c->year > 2014)
KEEPS(before_day,
      c->year < 2014 || (c->year == 2014 && (c->month < 5 || (c->month == 5 && c->day < 9))))
KEEPS(small, c->x < c->y)

static const struct {
    const char *condition;
    bool (*keeps)(const cell_t *c);
} conditions[] = {
    {"year >= 2012", late},
    {"2012 <= year", late},
    {"not year < 2012", late},
    {"!(year < 2012)", late},
    {"year >= 2012 or region == 'North'", late_north},
    {"year>=2012|region==\\\"North\\\"", late_north},
    {"not (year < 2012 and region != 'North') and region is not missing or year >= 2012",
     late_north},
    {"region != 'North'", not_north},
    {"not region = 'North'", not_north},
    {"region not in ('North')", not_north},
    {"region in ('North', 'O''Hare')", two},
    {"region %in% c(\\\"North\\\", \\\"O'Hare\\\")", two},
    {"inlist(region, 'O''Hare', 'North')", two},
    {"missing(region)", no_region},
    {"x > 0", positive},
    {"not x > 0", not_positive},
    {"!missing(x)", has_x},
    {"!is.na(x)", has_x},
    {"x is not missing", has_x},
    {"x > 0 or region == 'South'", positive_or_south},
    {"not (x > 0 and (region == 'South' or region is missing))", not_both},
    {"year == 2010 or inrange(year, 2012, 2016)", years},
    {"date >= 2012-03", from_march},
    {"date == 2014H2", second_half},
    {"date > 2014H2", after_second_half},
    {"date < 2014-05-09", before_day},
    {"x < y", small},
};

static void test_equals_a_file_without_the_rows(void **state)
{
    (void)state;
    write_rows("all.csv", NULL);
    for (size_t k = 0; k < sizeof conditions / sizeof *conditions; k++) {
        char line[1024];
        write_rows("kept.csv", conditions[k].keeps);
        snprintf(line, sizeof line,
                 "for x in 1 2; do set -- --y y --unit id --time year --cohort g --format csv; "
                 "[ $x = 1 ] || set -- \"$@\" --x x; "
                 "\"$JIEDAO\" did all.csv \"$@\" --if \"%s\" >one.csv 2>one.txt; a=$?; "
                 "\"$JIEDAO\" did kept.csv \"$@\" >two.csv 2>two.txt; "
                 "[ $a = $? ] && cmp one.csv two.csv || { cat one.txt two.txt; exit 1; }; done",
                 conditions[k].condition);
        run(0, line);
    }
}

static void test_the_rows_left_out_are_counted(void **state)
{
    (void)state;
    write_rows("all.csv", NULL);
    run(0, "\"$JIEDAO\" did all.csv --y y --unit id --time year --cohort g --x x --estimator twfe "
           "--if \"region != 'North'\"");
    ASSERT_HOLDS(said.out, "48 with 'if' not met, 48 with a missing value in 'if', ");
    run(0, "\"$JIEDAO\" did all.csv --y y --unit id --time year --cohort g --estimator twfe "
           "--if \"year > 2000 and region != 'Nrth'\"");
    ASSERT_HOLDS(said.err, "no row holds 'Nrth'");
    run(0, "\"$JIEDAO\" did all.csv --y y --unit id --time year --cohort g --estimator twfe "
           "--if \"year > 2000\"");
    ASSERT_HOLDS(said.err, "leaves out no row");
    /* the treatment's path before 2013 is gone too, as it is from a file */
    run(0, "awk -F, 'BEGIN {OFS = FS} NR > 1 {$3 = ($3 > 0 && $2 >= $3) ? 1 : 0} {print}' all.csv "
           ">path.csv && awk -F, 'NR == 1 || $2 >= 2015' path.csv >late.csv && set -- --y y "
           "--unit id --time year --treat g --estimator twfe,callaway_santanna --format csv; "
           "\"$JIEDAO\" did path.csv \"$@\" --if 'year >= 2015' >a.csv && "
           "\"$JIEDAO\" did late.csv \"$@\" >b.csv && cmp a.csv b.csv");
}

static void test_slips_are_pointed_at(void **state)
{
    static const struct {
        const char *condition, *answer;
    } slips[] = {
        {"yaer > 3", "--if yaer: all.csv has no such column; did you mean 'year'?"},
        {"(year > 3", "it ends where a closing bracket is expected"},
        {"2010 <= year <= 2015", "at '<= 2015' 'and' or 'or' is expected"},
        {"year == 20x", "at '20x' a number or a date is expected; text stands in quotes"},
        {"year == 'x'", "column 'year' holds numbers, and 'x' is text"},
        {"region > 'North'", "column 'region' holds text, which is compared by == and != alone"},
        {"region == 3", "row 1 of column 'region' holds 'North', which is no number"},
        {"region == year", "columns 'region' and 'year' are not of one kind"},
        {"x in ()", "at ')' a number, a date or text in quotes is expected"},
        {"region == 'North", "at ''North' a quote opens that is not closed"},
        {"year > 9999", "none of the 192 rows of all.csv meets it"},
        {"", "it ends where a column's name is expected"},
    };
    (void)state;
    write_rows("all.csv", NULL);
    for (size_t k = 0; k < sizeof slips / sizeof *slips; k++) {
        char line[512];
        snprintf(line, sizeof line,
                 "! \"$JIEDAO\" did all.csv --y y --unit id --time year --cohort g --if \"%s\"",
                 slips[k].condition);
        run(0, line);
        ASSERT_HOLDS(said.err, slips[k].answer);
    }
}

static int set_up(void **state)
{
    if (set_tiny(state)) return -1;
    run_shell(&said, "true"); /* makes the folder */
    return said.status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_a_file_without_the_rows),
        cmocka_unit_test(test_the_rows_left_out_are_counted),
        cmocka_unit_test(test_slips_are_pointed_at),
    };
    return cmocka_run_group_tests(tests, set_up, remove_here);
}
