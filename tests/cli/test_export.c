/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people read in exported tables: dates as dates, jurisdictions by their codes. */
#include "cli/tiny.h"

static said_t said;

static void test_dates_are_dates(void **state)
{
    (void)state;
    run_shell(&said, "\"$JIEDAO\" run $TINY --threads 1 -o a.h5 >/dev/null && for t in relocations "
                     "panel/county panel/street; do \"$JIEDAO\" export a.h5 -t $t -o - | awk -F, "
                     "'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; p = c[\"period\"] ? "
                     "c[\"period\"] : c[\"time\"]; next} {q = $p - 1; if ($c[\"date\"] != "
                     "sprintf(\"%d-%02d-01\", 2020 + int(q / 4), q % 4 * 3 + 1)) wrong++; n++} "
                     "END {print (n > 0), wrong + 0}'; done");
    ASSERT_STATUS(&said, 0);
    assert_string_equal(said.out, "1 0\n1 0\n1 0\n");
    /* In Stata's file the format is %td and the day counts from 1960: 2020-01-01 is 21915. */
    run_shell(&said,
              "\"$JIEDAO\" export a.h5 -t panel/county -o c.dta >/dev/null && grep -c %td c.dta "
              "&& od -An -v -td4 -w4 c.dta >/dev/null && LC_ALL=C grep -c -a -P "
              "'\\x9b\\x55\\x00\\x00' c.dta");
    ASSERT_STATUS(&said, 0);
}

static void test_rows_of_jurisdictions_have_codes(void **state)
{
    (void)state;
    run_shell(&said, "\"$JIEDAO\" export a.h5 -t jurisdictions -o j.csv >/dev/null && \"$JIEDAO\" "
                     "export a.h5 -t relocations -o r.csv >/dev/null && awk -F, 'FNR == 1 {f++; "
                     "for (i = 1; i <= NF; i++) c[f $i] = i; next} f == 1 {code[FNR - 2] = $c[1 "
                     "\"code\"]; up[FNR - 2] = $c[1 \"parent\"]; if ($c[1 \"parent\"] >= 0 && "
                     "code[$c[1 \"parent\"]] != $c[1 \"parent_code\"]) wrong++; next} "
                     "{n++; if ($c[2 \"origin_code\"] != code[$c[2 \"origin\"]] || "
                     "$c[2 \"destination_code\"] != code[$c[2 \"destination\"]]) wrong++} "
                     "END {print (n > 0), wrong + 0}' j.csv r.csv");
    ASSERT_STATUS(&said, 0);
    assert_string_equal(said.out, "1 0\n");
    run_shell(&said,
              "\"$JIEDAO\" export a.h5 -t panel/sector_county -o - | head -1; \"$JIEDAO\" export "
              "a.h5 -t panel/observed -o - | head -1; \"$JIEDAO\" export a.h5 -t estimates -o - "
              "| head -1 | grep -c _code");
    ASSERT_HOLDS(said.out, ",county_code\n");
    ASSERT_HOLDS(said.out, ",origin_code\n0\n");
    run_program(&said, "export a.h5 -t relocations -o r.dta && grep -c origin_code r.dta");
    ASSERT_STATUS(&said, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_are_dates),
        cmocka_unit_test(test_rows_of_jurisdictions_have_codes),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
