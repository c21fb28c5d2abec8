/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao panel: a run's own records give its panels back; a file as people have them; refusals. */
#include "cli/did_files.h"
#include "core/text.h"
#include "io/hdf5/store.h"

#define RECORDS "id;when;from;to;ind\n"
#define DIRTY                                                                             \
    "panel rec.csv --firm id --date when --from from --to to --sector ind --targeted 35 " \
    "--similar 33 --divisions div.csv --codes old.csv --policy pol.csv --first 2020Q1 "   \
    "--last 2020Q4 --force "

/* ---- A run's own records ---- */

static jd_store_t *open_here(const char *name)
{
    char path[512];
    jd_store_t *store = NULL;
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
    assert_int_equal(jd_store_open(&store, path, NULL), JD_OK);
    return store;
}

/* The policy list of a run: each treated county and the first day it is treated. */
static void write_policy(jd_store_t *run)
{
    jd_table_t places = {0}, panel = {0};
    char path[512], code[32];
    assert_int_equal(jd_store_read(run, "jurisdictions", &places, NULL), JD_OK);
    assert_int_equal(jd_store_read(run, "panel/county", &panel, NULL), JD_OK);
    snprintf(path, sizeof path, "%s/policy.csv", getenv("HERE"));
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("code,date\n", out);
    int treated = 0;
    const int cohort = jd_table_find(&places, "cohort"), of = jd_table_find(&places, "code");
    for (int64_t i = 0; i < places.rows; i++) {
        const int g = JD_CELLS(&places, cohort, int32_t)[i];
        if (g > 0)
            fprintf(out, "%s,%dQ%d\n", jd_table_text(&places, of, i, code, sizeof code),
                    2020 + (g - 1) / 4, (g - 1) % 4 + 1);
        treated += g > 0;
    }
    assert_int_equal(fclose(out), 0);
    assert_true(treated > 2);
    jd_table_free(&panel);
    jd_table_free(&places);
}

/* Every column of a table that the panel has is the run's, to the byte, but those named. */
static int compare(jd_store_t *run, jd_store_t *made, const char *name, const char *but)
{
    jd_table_t a = {0}, b = {0};
    int same = 0;
    assert_int_equal(jd_store_read(run, name, &a, NULL), JD_OK);
    assert_int_equal(jd_store_read(made, name, &b, NULL), JD_OK);
    assert_int_equal(a.rows, b.rows);
    for (int c = 0; c < b.n_columns; c++) {
        const int of = jd_table_find(&a, b.columns[c].name);
        if (jd_list_holds(but, b.columns[c].name, false)) continue;
        if (of < 0) fail_msg("%s: a run has no column %s", name, b.columns[c].name);
        assert_int_equal(a.columns[of].type, b.columns[c].type);
        assert_string_equal(a.columns[of].unit, b.columns[c].unit);
        if (memcmp(a.data[of], b.data[c],
                   (size_t)jd_table_cells(&b, c) * jd_column_size(&b.columns[c])) != 0)
            fail_msg("%s: column %s differs from the run's", name, b.columns[c].name);
        same++;
    }
    jd_table_free(&a);
    jd_table_free(&b);
    return same;
}

static void test_own_records(void **state)
{
    (void)state;
    run(0, "\"$JIEDAO\" run $TINY --set policy.anticipation=1 --set firms.n=30000 --set "
           "observation.panel_firms=30000 -o run.h5 "
           ">run.txt && "
           "\"$JIEDAO\" export run.h5 -t relocations -o moves.csv && "
           "\"$JIEDAO\" export run.h5 -t jurisdictions -o places.csv");
    jd_store_t *own = open_here("run.h5");
    write_policy(own);
    static const char *const places[] = {"places.csv", "run.h5"};
    for (int k = 0; k < 2; k++) {
        char line[1024];
        snprintf(
            line, sizeof line,
            "\"$JIEDAO\" panel moves.csv --firm firm --date date --from origin_code --to "
            "destination_code --sector sector --targeted 0 --similar 1 --divisions %s --policy "
            "policy.csv --first 2020Q1 --last 2021Q4 --anticipation 1 -o made.h5 --force",
            places[k]);
        run(0, line);
        ASSERT_HOLDS(said.out, "0 left out");
        jd_store_t *made = open_here("made.h5");
        assert_int_equal(compare(own, made, "panel/county", "inflow_observed"), 9);
        assert_int_equal(compare(own, made, "panel/sector_county", "inflow_observed"), 9);
        /* What is observed of a record is that it is there. */
        assert_int_equal(
            compare(own, made, "relocations", "observed,observed_period,observed_sector,day"), 8);
        assert_int_equal(compare(own, made, "jurisdictions", "fold"), 12);
        jd_store_close(&made);
    }
    jd_store_close(&own);
    run(0, "\"$JIEDAO\" did made.h5 --estimator twfe >a.txt && "
           "\"$JIEDAO\" did run.h5 --estimator twfe >b.txt && grep twfe a.txt >c.txt && "
           "grep twfe b.txt | diff - c.txt");
}

/* As an empirical file shows them: other dates, other sectors, fewer. */
static void test_observed_records(void **state)
{
    (void)state;
    run(0,
        "awk -F, 'NR == 1 {print; next} $11 == 1 {$6 = 2020 + int(($12 - 1) / 4) \"Q\" ($12 - 1) "
        "% 4 + 1; print}' OFS=, moves.csv >seen.csv && "
        "\"$JIEDAO\" panel seen.csv --firm firm --date date --from origin_code --to "
        "destination_code --sector observed_sector --targeted 0 --similar 1 --divisions run.h5 "
        "--policy policy.csv --first 2020 --last 2021 -o seen.h5");
    jd_store_t *own = open_here("run.h5"), *made = open_here("seen.h5");
    static const char *const names[] = {"panel/county", "panel/sector_county"};
    for (int k = 0; k < 2; k++) {
        jd_table_t a = {0}, b = {0};
        assert_int_equal(jd_store_read(own, names[k], &a, NULL), JD_OK);
        assert_int_equal(jd_store_read(made, names[k], &b, NULL), JD_OK);
        const int of = jd_table_find(&a, "inflow_observed"), at = jd_table_find(&b, "inflow");
        int64_t all = 0;
        for (int64_t i = 0; i < a.rows; i++) {
            assert_int_equal(JD_CELLS(&a, of, int32_t)[i], JD_CELLS(&b, at, int32_t)[i]);
            all += JD_CELLS(&b, at, int32_t)[i];
        }
        assert_true(all > 10);
        jd_table_free(&a);
        jd_table_free(&b);
    }
    jd_store_close(&own);
    jd_store_close(&made);
}

/* Firms at the start and moves since give the stocks of the run. */
static void test_stock(void **state)
{
    (void)state;
    jd_store_t *own = open_here("run.h5");
    jd_table_t t = {0}, places = {0};
    assert_int_equal(jd_store_read(own, "panel/sector_county", &t, NULL), JD_OK);
    assert_int_equal(jd_store_read(own, "jurisdictions", &places, NULL), JD_OK);
    char path[512], code[32];
    snprintf(path, sizeof path, "%s/stock.csv", getenv("HERE"));
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("code,sector,firms\n", out);
    const int in = jd_table_find(&t, "inflow"), gone = jd_table_find(&t, "outflow"),
              left = jd_table_find(&t, "stock"), county = jd_table_find(&t, "county"),
              sector = jd_table_find(&t, "sector");
    for (int64_t u = 0; u < t.n_unit; u++)
        fprintf(out, "%s,%d,%d\n",
                jd_table_text(&places, 0, JD_CELLS(&t, county, int32_t)[u], code, sizeof code),
                JD_CELLS(&t, sector, int8_t)[u],
                JD_CELLS(&t, left, int32_t)[u] - JD_CELLS(&t, in, int32_t)[u] +
                    JD_CELLS(&t, gone, int32_t)[u]);
    fprintf(out, "99,0,5\n");
    assert_int_equal(fclose(out), 0);
    run(0, "\"$JIEDAO\" panel moves.csv --firm firm --date date --from origin_code --to "
           "destination_code --sector sector --targeted 0 --similar 1 --divisions run.h5 --policy "
           "policy.csv --first 2020Q1 --last 2021Q4 --anticipation 1 --stock stock.csv "
           "--stock-count firms -o stock.h5");
    ASSERT_HOLDS(said.out, "1  rows of it are of no known unit");
    jd_store_t *made = open_here("stock.h5");
    assert_int_equal(compare(own, made, "panel/county", "inflow_observed"), 11);
    assert_int_equal(compare(own, made, "panel/sector_county", "inflow_observed"), 10);
    jd_store_close(&made);
    jd_store_close(&own);
    jd_table_free(&t);
    jd_table_free(&places);
}

static void test_same_bytes(void **state)
{
    (void)state;
    run(0, "for n in 1 2 3; do \"$JIEDAO\" panel moves.csv --threads $n --firm firm --date date "
           "--from "
           "origin_code --to destination_code --divisions run.h5 --policy policy.csv -o t$n.h5 "
           ">t$n.txt; done; cmp t1.h5 t2.h5 && cmp t1.h5 t3.h5");
}

/* ---- A file as people have them ---- */

static int begin(void **state)
{
    if (set_tiny(state)) return 1;
    run_shell(&said, "true");
    write_here("div.csv",
               "code,name\n110000,Beijing\n110105,Chaoyang\n110106,Fengtai\n440000,Guangdong\n"
               "440300,Shenzhen\n440304,Futian\n440305,Nanshan\n441900,Dongguan\n441901,Nancheng\n"
               "220100,Changchun\n220104,Chaoyang\n");
    write_here("rec.csv", "\xef\xbb\xbf" RECORDS "A;2020-01-15;110105;440305;3512\n"
                          "A;2020-01-15;110105;440305;3512\n"
                          "B;2020/2/3;110106000000;440304000;3511\n"
                          "B;2020\345\271\264"
                          "3\346\234\210"
                          "9\346\227\245;440304;441901;3511\n"
                          "C;20200405;;440305;3512\n"
                          "D;43931;999999;440305;3312\n"
                          "E;;110105;440305;3512\n"
                          "F;soon;110105;440305;3512\n"
                          "G;2020;110105;440305;3512\n"
                          "H;2020-05-01;110105;110105;3512\n"
                          "I;2020Q2;110105001005;\"Shenzhen/Futian\";3512\n"
                          "J;2020-06-02;Chaoyang;440305;3512\n"
                          "K;2020-06-02;440300;440305;3512\n"
                          "L;2019-06-02;110105;440305;3512\n"
                          "M;2020-06-02;;;3512\n"
                          "N;2020-06-02;110105;440305;\n"
                          "O;2020-06-02;110105;440306;3512\n"
                          "P;2020-06-02;440307;440304;3512\n"
                          "Q;2021-01-01;110105;440304;3512\n");
    write_here("old.csv", "old,new\n440306,440305\n440307,440304\n440307,440305\n");
    write_here("pol.csv", "code,date\n440305,2020-04-15\n440305,2020-07-01\n441900,2020Q3\n");
    return said.status;
}

static void test_dirty(void **state)
{
    (void)state;
    run(0, "\"$JIEDAO\" " DIRTY "-o dirty.h5 --leftover left.csv");
    static const char *const lines[] = {
        "19 read, 10 kept, 9 left out",
        " 1  no date\n",
        " 1  the date cannot be read\n",
        " 1  the date is coarser than a period\n",
        " 1  before the first period\n",
        " 1  after the last period\n",
        " 1  no sector\n",
        " 1  neither origin nor destination is known\n",
        " 1  moved to where it is\n",
        " 1  repeats a record",
        " 1  a code had more or fewer zeros behind",
        " 1  a code was finer than the divisions",
        " 1  a place was found by its name",
        " 1  an old code was replaced",
        " 1  the date is digits alone",
        " 1  the date is a spreadsheet's number of days (a guess)",
        " 1  no origin is given",
        " 4  the origin is not known",
        " 1  a place is above the level",
        " 1  a name or code fits several divisions",
        " 1  an old code became several",
        " 1  the firm has moved before in the period",
        "'999999' (1)",
        "6 units, 4 periods (2020Q1 to 2020Q4), 24 cells",
        "3 rows, 2 of 6 units are treated",
        " 1  units are named again; the earliest date counts",
        " 1  rows name a division above the units",
    };
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++)
        ASSERT_HOLDS(said.out, lines[k]);
    run(0, "cut -d, -f1,2 left.csv | tail -n +2 | cut -d, -f1 | tr '\\n' ' '");
    assert_string_equal(said.out, "2 7 8 9 10 14 15 16 19 ");
    /* Period 1: A from 110105, B from 110106 to 440304 and on to 441901. */
    run(0, "\"$JIEDAO\" export dirty.h5 -t panel/county -o - | awk -F, '$1 < 3 {print "
           "$11, $1, $4, $6, $7, $8, $9}'");
    ASSERT_HOLDS(said.out, "110105 1 0 0 1 0 0\n110106 1 0 0 1 0 0\n440304 1 0 1 1 0 0\n");
    ASSERT_HOLDS(said.out, "440305 1 2 1 0 0 0\n441901 1 3 1 0 0 0\n220104 1 0 0 0 0 0\n");
    /* Period 2: 110105 is left by I and O; 440305 gets C, J, K, O, and D of the similar ones. */
    ASSERT_HOLDS(said.out, "110105 2 0 0 2 0 0\n");
    ASSERT_HOLDS(said.out, "440304 2 0 2 0 0 0\n440305 2 2 4 0 1 0\n");
    run(0, "\"$JIEDAO\" " DIRTY "--unknown drop -o dirty.h5");
    ASSERT_HOLDS(said.out, " 5  origin or destination not known (--unknown drop)");
    run(0, "\"$JIEDAO\" " DIRTY "--by prefecture --every half -o dirty.h5 && "
           "\"$JIEDAO\" info dirty.h5");
    ASSERT_HOLDS(said.out, "panel/prefecture");
}

/* Codes that were numbers have lost the zeros in front; so have industries. */
static void test_lost_zeros(void **state)
{
    (void)state;
    write_here("zeros.csv",
               "code,level,parent_code\n01,province,\n0101,county,01\n0102,county,01\n");
    write_here("lost.csv", "d,f,t,s\n2020-01-01,101,102,111\n2020-02-01,0102,101.0,3512\n");
    run(0, "\"$JIEDAO\" panel lost.csv --date d --from f --to t --sector s --targeted 01 "
           "--sector-digits 4 --divisions zeros.csv --every month -o lost.csv.h5");
    ASSERT_HOLDS(said.out, "2 kept");
    ASSERT_HOLDS(said.out, " 2  a code had lost the zeros in front");
    run(0,
        "\"$JIEDAO\" export lost.csv.h5 -t panel/county -o - | awk -F, '{print $1, $6, $8, $11}'");
    ASSERT_HOLDS(said.out, "1 1 0 0102\n2 0 1 0101\n");
}

static void test_join(void **state)
{
    (void)state;
    write_here("poi.csv",
               "code,date,poi\n440305,2020-01-31,5\n440305,2020-04-30,7\n110105,2020Q2,2\n"
               "777777,2020Q1,1\n");
    write_here("area.csv", "code,km2\n440305,187\n");
    run(0, "\"$JIEDAO\" " DIRTY "--join poi.csv --join area.csv -o dirty.csv && cat dirty.csv");
    ASSERT_HOLDS(said.out, "Joined      2 columns from 5 rows; 41 cells have none and are missing");
    ASSERT_HOLDS(said.out, "1  rows are of no known unit, or outside the periods");
    ASSERT_HOLDS(said.out, ",inflow_observed,poi,km2,code\n");
    ASSERT_HOLDS(said.out, ",5,187,440305\n");
    ASSERT_HOLDS(said.out, ",7,187,440305\n");
    ASSERT_HOLDS(said.out, ",2,,110105\n");
    write_here("twice.csv", "code,date,poi\n440305,2020-01-31,5\n440305,2020-02-29,7\n");
    run(1, "\"$JIEDAO\" " DIRTY "--join twice.csv -o dirty.csv");
    ASSERT_HOLDS(said.err, "twice.csv: row 2 is a further one for '440305'");
    run(0, "\"$JIEDAO\" " DIRTY "--join twice.csv --join-by mean -o dirty.csv && cat dirty.csv");
    ASSERT_HOLDS(said.out, ",6,440305\n");
}

/* A stock that names its firms, and their moves, give the run's panel of firms. */
static void test_firms(void **state)
{
    (void)state;
    run(0, "\"$JIEDAO\" export run.h5 -t panel/observed -o - | awk -F, "
           "'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i; print \"firm,sector,code\"; next} "
           "$at[\"time\"] == 1 {print $at[\"unit\"] \",\" $at[\"sector\"] \",\" "
           "$at[\"origin_code\"]}' "
           ">firms.csv");
    run(0,
        "\"$JIEDAO\" panel moves.csv --firm firm --date date --from origin_code --to "
        "destination_code --sector sector --targeted 0 --similar 1 --divisions run.h5 --policy "
        "policy.csv --first 2020Q1 --last 2021Q4 --stock firms.csv --stock-firm firm -o firms.h5");
    ASSERT_HOLDS(said.out, "Firms       panel/observed: 30000 firms known before the first period");
    jd_store_t *own = open_here("run.h5"), *made = open_here("firms.h5");
    /* What is observed of a record is that it is there. */
    assert_int_equal(
        compare(own, made, "panel/observed",
                "sector_observed,cohort_observed,moved_observed,moved_treated_observed"),
        9);
    jd_table_t t = {0};
    int64_t moved = 0;
    assert_int_equal(jd_store_read(made, "panel/observed", &t, NULL), JD_OK);
    for (int64_t i = 0; i < jd_table_cells(&t, jd_table_find(&t, "moved")); i++)
        moved += JD_CELLS(&t, jd_table_find(&t, "moved"), int8_t)[i];
    assert_true(moved > 10);
    jd_table_free(&t);
    jd_store_close(&own);
    jd_store_close(&made);
    run(0, "\"$JIEDAO\" did firms.h5 --table panel/observed --y moved_treated --estimator twfe");

    /* Text ids; a firm twice, one of no known place, movers that are not in the stock or elsewhere.
     */
    write_here("names.csv",
               "id,code,ind\nB,110105,35\nA,440305,35\nB,440305,35\nZ,999999,35\n007,440304,99\n");
    write_here("goes.csv",
               "id,d,f,t,ind\nA,2020-02-01,440305,110105,35\nA,2020-02-03,110105,440304,35\n"
               "B,2020-05-01,440304,440305,35\nnew,2020-05-01,440304,440305,35\n");
    run(0, "\"$JIEDAO\" panel goes.csv --firm id --date d --from f --to t --sector ind --targeted "
           "35 --divisions div.csv "
           "--stock names.csv --stock-firm id -o names.h5");
    ASSERT_HOLDS(said.out, "3 firms known before");
    ASSERT_HOLDS(said.out, " 1  rows of it are of no known unit or sector");
    ASSERT_HOLDS(said.out, " 1  rows of it name a firm again");
    ASSERT_HOLDS(said.out, " 1  moves are of firms that are not in it");
    ASSERT_HOLDS(said.out, " 1  firms leave first another unit");
    run(0, "\"$JIEDAO\" export names.h5 -t firms -o - && \"$JIEDAO\" export names.h5 -t "
           "panel/observed -o - | cut -d, -f1,3,5,10");
    ASSERT_HOLDS(said.out, "0,A\n1,B\n2,new\n3,007\n");
    ASSERT_HOLDS(said.out, "1,1,0,0\n1,0,0,1\n1,3,2,0\n2,1,0,1\n2,0,0,0\n2,3,2,0\n");
}

/* Rows without a move, where they are asked for. */
static void test_od_zeros(void **state)
{
    (void)state;
#define GOES                                                                                      \
    "\"$JIEDAO\" panel goes.csv --firm id --date d --from f --to t --divisions div.csv -o od.h5 " \
    "--force --od-zeros "
#define ROWS                                                                                     \
    " && \"$JIEDAO\" export od.h5 -t panel/od -o - | awk -F, 'NR > 1 {n++; m += $5} END {print " \
    "n, m}'"
    run(0, GOES "none" ROWS);
    ASSERT_HOLDS(said.out, "\n3 4\n");
    run(0, GOES "pairs" ROWS);
    ASSERT_HOLDS(said.out, "\n6 4\n"); /* three pairs, two quarters */
    run(0, GOES "all" ROWS);
    ASSERT_HOLDS(said.out, "\n60 4\n"); /* six counties, five others, two quarters */
}

/* Where firms are, not how they move: the same moves. */
static void test_addresses(void **state)
{
    (void)state;
    write_here("stays.csv",
               "id,year,at,ind\nA,2019,110105,3512\nA,2020,440305,3512\nA,2021,440305,3512\n"
               "B,2021,110106,3512\nB,2019,440304,3512\nB,2020,440304,3512\n"
               "C,2020,nowhere,3512\nD,2020,440305,3512\n,2020,440305,3512\n");
    run(0,
        "\"$JIEDAO\" panel stays.csv --firm id --date year --address at --sector ind --targeted 35 "
        "--divisions div.csv --every year -o stays.h5");
    ASSERT_HOLDS(said.out, "9 read, 2 kept, 7 left out");
    ASSERT_HOLDS(said.out, " 3  the first address of a firm: no move");
    ASSERT_HOLDS(said.out, " 2  moved to where it is");
    ASSERT_HOLDS(said.out, " 1  no firm");
    ASSERT_HOLDS(said.out, "2 periods (2020 to 2021)");
    ASSERT_HOLDS(said.out, "2 firms known before the first period");
    ASSERT_HOLDS(said.out, " 1  firms are first seen later");
    run(0, "\"$JIEDAO\" export stays.h5 -t relocations -o - | cut -d, -f3,13,14");
    ASSERT_HOLDS(said.out, "1,110105,440305\n2,440304,110106\n");
    run(0, "\"$JIEDAO\" export stays.h5 -t panel/observed -o - | cut -d, -f1,3,10");
    ASSERT_HOLDS(said.out, "1,0,1\n1,1,0\n2,0,0\n2,1,1\n");
}

/* Events of any kind, with the frame and its zeros. */
static void test_count(void **state)
{
    (void)state;
    run(0,
        "\"$JIEDAO\" panel rec.csv --date when --to to --sector ind --targeted 35 --divisions "
        "div.csv "
        "--policy pol.csv --first 2020Q1 --last 2020Q4 --count patents -o pat.h5 && \"$JIEDAO\" "
        "did "
        "pat.h5 --y patents --estimator twfe && \"$JIEDAO\" export pat.h5 -t panel/county -o - | "
        "head -1");
    ASSERT_HOLDS(said.out, "patents is 0 in");
    ASSERT_HOLDS(said.out, "time,date,unit,cohort,cell,patents,patents_other,unit_code\n");
    run(2, "\"$JIEDAO\" panel rec.csv --date when --to to --from from --divisions div.csv --count "
           "a -o no.h5");
    ASSERT_HOLDS(said.err, "events happen in one place");
}

/* ---- Refusals ---- */

static void refuse(int status, const char *options, const char *sentence)
{
    char line[1024];
    snprintf(line, sizeof line, "rm -f no.h5; \"$JIEDAO\" panel rec.csv %s -o no.h5", options);
    run(status, line);
    ASSERT_HOLDS(said.err, sentence);
    assert_false(is_here("no.h5"));
}

static void test_refusals(void **state)
{
    (void)state;
    refuse(2, "", "--divisions FILE: which divisions are there?");
    refuse(2, "--date when --to nowhere --divisions div.csv",
           "rec.csv: has no column nowhere (--to)");
    refuse(2, "--date when --to to --sector ind --divisions div.csv", "say which sectors");
    refuse(2, "--date when --to to --sector ind --targeted 35 --similar 35 --divisions div.csv",
           "'35' stands in --targeted and in --similar");
    refuse(2, "--date when --to to --divisions div.csv --first 2020Q5",
           "--first 2020Q5: a period is");
    refuse(1, "--date when --to to --divisions div.csv --by street",
           "has no division of level street");
    refuse(2, "--date when --to from --divisions old.csv", "has no column code");
    refuse(2, "--date when --to to --firm id --divisions div.csv --stock-firm id",
           "of which file? --stock FILE");
    refuse(2, "--date when --to to --divisions div.csv --stock s.csv --stock-firm id",
           "--firm COLUMN");
    refuse(2,
           "--date when --to to --firm id --divisions div.csv --stock s.csv --stock-firm id "
           "--stock-count n",
           "a row is no firm");
    write_here("bad.csv", "code,date\n119999,2020-01-01\n440305,later\n");
    refuse(1, "--date when --to to --divisions div.csv --policy bad.csv",
           "bad.csv: row 1: code '119999' is no division of --divisions");
    ASSERT_HOLDS(said.err, "bad.csv: row 2: date 'later' is no date");
    write_here("two.csv", "code,date,what\n440305,2020-01-01,a\n110105,2020-01-01,b\n");
    refuse(2, "--date when --to to --divisions div.csv --policy two.csv --policy-name what",
           "has several treatments ('a' in row 1, 'b' in row 2)");
    write_here("order.csv", "d,t\n1/2/2020,440305\n");
    run(1, "\"$JIEDAO\" panel order.csv --date d --to t --divisions div.csv -o no.h5");
    ASSERT_HOLDS(said.err, "say --date-order dmy or mdy");
    write_here("far.csv", "d,t\n2020-02-01,440305\n9202-02-01,440305\n");
    run(1, "\"$JIEDAO\" panel far.csv --date d --to t --divisions div.csv -o no.h5");
    ASSERT_HOLDS(said.err, "most likely a date is wrong: name the window");
    write_here("again.csv", "code\n440305\n440305\n");
    refuse(1, "--date when --to to --divisions again.csv", "the code '440305' is there twice");
    write_here("odd.csv", "code\n44-05\n");
    refuse(1, "--date when --to to --divisions odd.csv",
           "the code '44-05' does not show its level");
    write_here("lone.csv", "code,level,parent_code\n1,county,7\n");
    refuse(1, "--date when --to to --divisions lone.csv",
           "parent_code '7' is no division of the file");
    assert_false(is_here("no.h5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_records), cmocka_unit_test(test_observed_records),
        cmocka_unit_test(test_stock),       cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_dirty),       cmocka_unit_test(test_lost_zeros),
        cmocka_unit_test(test_join),        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_firms),       cmocka_unit_test(test_od_zeros),
        cmocka_unit_test(test_count),       cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, begin, remove_here);
}
