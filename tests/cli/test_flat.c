/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flat interface (frame.h, analysis.h) gives what `jiedao did` gives, to the last bit, whatever
 * the columns are made of; and says what is wrong with option and row. */
#include <jiedao/analysis.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "cli/did_files.h"

enum { UNITS = 40, PERIODS = 8, ROWS = UNITS * PERIODS };

static int32_t id[ROWS], year[ROWS], first[ROWS], region[ROWS];
static double y[ROWS], x[ROWS], w[ROWS];
static jd_ctx_t *ctx;

static void make_data(void)
{
    for (int i = 0; i < ROWS; i++) {
        const int u = i / PERIODS, t = i % PERIODS;
        id[i] = 1000 + u;
        year[i] = 2001 + t;
        first[i] = u % 4 == 0 ? 0 : 2003 + u % 4;
        region[i] = u % 10;
        x[i] = (u * 7 + t * t * 3) % 11 / 7.0;
        w[i] = 1 + (u * 3 + t) % 4 * 0.5;
        y[i] = 0.3 * u + 0.2 * t * t + x[i] + (u * 13 + t * 29) % 17 / 9.0 +
               (first[i] && year[i] >= first[i] ? 1 + 0.25 * (year[i] - first[i]) : 0);
    }
}

static jd_frame_t *new_frame(int64_t rows)
{
    jd_frame_t *frame;
    assert_int_equal(jd_frame_create(&frame, "data.csv", rows, ctx), JD_OK);
    return frame;
}

static void lend(jd_frame_t *frame, const char *name, const char *type, const void *data)
{
    if (jd_frame_add(frame, name, type, data, NULL, ctx)) fail_msg("%s", jd_ctx_message(ctx));
}

static jd_frame_t *usual_frame(void)
{
    jd_frame_t *frame = new_frame(ROWS);
    lend(frame, "y", "g", y);
    lend(frame, "x", "g", x);
    lend(frame, "w", "g", w);
    lend(frame, "i", "i", id);
    lend(frame, "t", "i", year);
    lend(frame, "g", "i", first);
    lend(frame, "r", "i", region);
    return frame;
}

/* Options by pairs, ended by NULL. */
static jd_request_t *new_request(const char *const *pairs)
{
    jd_request_t *request;
    assert_int_equal(jd_request_create(&request, "%s =", ctx), JD_OK);
    for (int k = 0; pairs[k]; k += 2)
        if (jd_request_set(request, pairs[k], pairs[k + 1], ctx))
            fail_msg("%s", jd_ctx_message(ctx));
    return request;
}

static jd_analysis_t *analyse(const jd_frame_t *frame, const char *const *pairs)
{
    jd_request_t *request = new_request(pairs);
    jd_analysis_t *analysis;
    if (jd_analyse(&analysis, frame, request, ctx)) fail_msg("%s", jd_ctx_message(ctx));
    jd_request_free(request);
    return analysis;
}

/* ---- The program on the same data ---- */

static void write_row(FILE *out, int i)
{
    fprintf(out, "%.17g,%.17g,%.17g,%d,%d,%d,%d\n", y[i], x[i], w[i], id[i], year[i], first[i],
            region[i]);
}

static FILE *open_data(const char *name, const char *head)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(head, out);
    return out;
}

static bool same_cell(const jd_table_t *t, int column, int64_t row, const char *cell)
{
    const jd_column_t *c = &t->columns[column];
    char text[512];
    if (c->type == JD_TEXT) return !strcmp(jd_table_text(t, column, row, text, sizeof text), cell);
    const double a = jd_table_number(t, column, row), b = *cell ? strtod(cell, NULL) : (double)NAN;
    return (isnan(a) && isnan(b)) || !memcmp(&a, &b, sizeof a);
}

/* Rows of a table against lines of the program from `at` on; returns the line behind. */
static int compare_table(const jd_table_t *t, const csv_t *csv, int at, const char *line)
{
    for (int64_t row = 0; row < jd_table_n_rows(t); row++, at++) {
        assert_true(at < csv->rows);
        for (int c = 0; c < csv->columns; c++)
            if (!same_cell(t, c, row, csv->cell[(at + 1) * csv->columns + c]))
                fail_msg("%s: %s, row %d, %s: %s, not %.17g", line, t->name, (int)row,
                         jd_table_column_name(t, c), csv->cell[(at + 1) * csv->columns + c],
                         jd_table_number(t, c, row));
    }
    return at;
}

static void compare(const jd_analysis_t *a, const char *line)
{
    static const char *const names[] = {"estimates", "diagnostics", "details"};
    char command[1024], path[512];
    csv_t csv;
    snprintf(command, sizeof command, "\"$JIEDAO\" did %s --format csv -q >e.csv", line);
    run(0, command);
    snprintf(path, sizeof path, "%s/e.csv", getenv("HERE"));
    assert_true(csv_read(&csv, path));
    int at = 0;
    for (int k = 0; k < 3; k++)
        at = compare_table(jd_analysis_table(a, names[k]), &csv, at, line);
    assert_int_equal(at, csv.rows);
    csv_free(&csv);
}

#define COLUMNS "y", "y", "unit", "i", "time", "t", "cohort", "g"
#define LINE "data.csv" ROLES

static void test_same_bits(void **state)
{
    (void)state;
    static const struct {
        const char *pairs[20];
        const char *line;
    } calls[] = {
        {{COLUMNS}, LINE},
        {{COLUMNS, "estimator", "twfe", "x", "x"}, LINE "--estimator twfe --x x"},
        {{COLUMNS, "estimator", "twfe", "vcov", "hc1", "weights", "w"},
         LINE "--estimator twfe --vcov hc1 --weights w"},
        {{COLUMNS, "estimator", "callaway_santanna", "control", "not_yet", "bands", NULL},
         LINE "--estimator callaway_santanna --control not_yet --bands"},
        {{COLUMNS, "estimator", "callaway_santanna", "aggregate", "cells", "x", "x"},
         LINE "--estimator callaway_santanna --aggregate cells --x x"},
        {{COLUMNS, "estimator", "event_study", "estimator", "sun_abraham", "event", "-3:2"},
         LINE "--estimator event_study,sun_abraham --event -3:2"},
        {{COLUMNS, "estimator", "imputation,two_stage", "level", "0.9"},
         LINE "--estimator imputation,two_stage --level 0.9"},
        {{COLUMNS, "estimator", "did_multiplegt_dyn", "event", ":2"},
         LINE "--estimator did_multiplegt_dyn --event :2"},
        {{COLUMNS, "estimator", "twfe", "fe", "r^t", "cluster", "r"},
         LINE "--estimator twfe --fe r^t --cluster r"},
        {{COLUMNS, "estimator", "twfe", "cluster", "i,t"}, LINE "--estimator twfe --cluster i,t"},
        {{COLUMNS, "estimator", "event_study", "diagnose", "honest", "honest_mbar", "0.5,1"},
         LINE "--estimator event_study --diagnose honest --honest-mbar 0.5,1"},
        {{COLUMNS, "estimator", "twfe", "diagnose", "bacon,twfe_weights"},
         LINE "--estimator twfe --diagnose bacon,twfe_weights"},
        {{COLUMNS, "estimator", "twfe", "diagnose", "wild", "draws", "99", "cluster", "r"},
         LINE "--estimator twfe --diagnose wild --draws 99 --cluster r"},
        {{COLUMNS, "estimator", "lp_did", "premean", "2"}, LINE "--estimator lp_did --premean 2"},
        {{COLUMNS, "estimator", "etwfe", "bootstrap", "pairs", "draws", "20", "seed", "7"},
         LINE "--estimator etwfe --bootstrap pairs --draws 20 --seed 7"},
    };
    jd_frame_t *frame = usual_frame();
    for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
        jd_analysis_t *a = analyse(frame, calls[k].pairs);
        compare(a, calls[k].line);
        jd_analysis_free(a);
    }
    jd_frame_free(frame);
}

static void test_printed_text_is_the_programs(void **state)
{
    (void)state;
    static const char *const pairs[] = {COLUMNS, "estimator", "twfe,event_study", NULL};
    static const char *const formats[] = {"text", "json", "latex", "markdown"};
    jd_frame_t *frame = usual_frame();
    jd_analysis_t *a = analyse(frame, pairs);
    for (int k = 0; k < 4; k++) {
        char line[256];
        snprintf(line, sizeof line,
                 "\"$JIEDAO\" did " LINE "--estimator twfe,event_study --format %s", formats[k]);
        run(0, line);
        assert_string_equal(jd_analysis_text(a, formats[k], ctx), said.out);
    }
    assert_null(jd_analysis_text(a, "html", ctx));
    assert_int_equal(jd_ctx_code(ctx), JD_ERR_ARGUMENT);
    jd_analysis_free(a);
    jd_frame_free(frame);
}

/* ---- Names ---- */

static void test_names_with_signs(void **state)
{
    (void)state;
    static const char *const exact[] = {"log(a, 2)", "x^2", "a,b"};
    static const char *const pairs[] = {"y",         "y",        "unit",   "i",
                                        "time",      "we`ird t", "cohort", "g",
                                        "estimator", "twfe",     "fe",     "`r^1`^`we``ird t`",
                                        NULL};
    jd_frame_t *frame = usual_frame();
    lend(frame, "we`ird t", "i", year);
    lend(frame, "r^1", "i", region);
    lend(frame, "log(a, 2)", "g", x);
    static double square[ROWS], product[ROWS];
    for (int i = 0; i < ROWS; i++) {
        square[i] = fmod(x[i] * x[i] * 17, 3);
        product[i] = fmod(x[i] * (i % 5), 2);
    }
    lend(frame, "x^2", "g", square);
    lend(frame, "a,b", "g", product);
    FILE *out = open_data("signs.csv", "y,i,we`ird t,g,r^1,\"log(a, 2)\",x^2,\"a,b\"\n");
    for (int i = 0; i < ROWS; i++)
        fprintf(out, "%.17g,%d,%d,%d,%d,%.17g,%.17g,%.17g\n", y[i], id[i], year[i], first[i],
                region[i], x[i], square[i], product[i]);
    assert_int_equal(fclose(out), 0);
    jd_request_t *request = new_request(pairs);
    assert_int_equal(jd_request_names(request, "x", exact, 3, ctx), JD_OK);
    jd_analysis_t *a;
    if (jd_analyse(&a, frame, request, ctx)) fail_msg("%s", jd_ctx_message(ctx));
    compare(a, "signs.csv --y y --unit i --time 'we`ird t' --cohort g --estimator twfe "
               "--fe '`r^1`^`we``ird t`' --x '`log(a, 2)`,`x^2`' --x '`a,b`'");
    jd_analysis_free(a);
    jd_request_free(request);
    jd_frame_free(frame);
}

static void test_columns_that_are_needed(void **state)
{
    (void)state;
    static const char *const pairs[] = {COLUMNS, "fe", "r^t", NULL};
    static const char *const names[] = {"w", "y", "t", "i", "r", "g"};
    static const unsigned char needed[] = {0, 1, 1, 1, 1, 1};
    unsigned char take[6];
    jd_request_t *request = new_request(pairs);
    assert_int_equal(jd_request_choose(request, "df", names, 6, take, ctx), JD_OK);
    assert_memory_equal(take, needed, sizeof take);
    assert_true(jd_request_is_id(request, "i") && jd_request_is_id(request, "r"));
    assert_false(jd_request_is_id(request, "y") || jd_request_is_id(request, "t"));
    assert_int_equal(jd_request_choose(request, "df", names, 5, take, ctx), JD_ERR_ARGUMENT);
    ASSERT_HOLDS(jd_ctx_message(ctx), "cohort = g: df has no such column");
    jd_request_free(request);
}

/* ---- Kinds of columns ---- */

static void test_missing_cells(void **state)
{
    (void)state;
    static uint8_t valid[ROWS / 8 + 1];
    static int32_t cohort[ROWS];
    static double outcome[ROWS];
    static const char *const pairs[] = {COLUMNS, "estimator", "twfe,callaway_santanna",
                                        "x",     "x",         NULL};
    FILE *out = open_data("holes.csv", "y,x,i,t,g\n");
    jd_frame_t *frame = new_frame(ROWS);
    memset(valid, 0xff, sizeof valid);
    for (int i = 0; i < ROWS; i++) {
        cohort[i] = first[i] ? first[i] : INT32_MIN; /* R's NA: never treated */
        outcome[i] = i % 41 == 3 ? (double)NAN : y[i];
        if (i % 29 == 5) valid[i / 8] &= (uint8_t) ~(1u << i % 8);
        char a[32] = "", b[32] = "", c[32] = "";
        if (!isnan(outcome[i])) snprintf(a, sizeof a, "%.17g", outcome[i]);
        if (i % 29 != 5) snprintf(b, sizeof b, "%.17g", x[i]);
        if (first[i]) snprintf(c, sizeof c, "%d", first[i]);
        fprintf(out, "%s,%s,%d,%d,%s\n", a, b, id[i], year[i], c);
    }
    assert_int_equal(fclose(out), 0);
    lend(frame, "y", "g", outcome);
    assert_int_equal(jd_frame_add(frame, "x", "g", x, valid, ctx), JD_OK);
    lend(frame, "i", "i", id);
    lend(frame, "t", "i", year);
    lend(frame, "g", "i", cohort);
    jd_request_t *request = new_request(pairs);
    jd_analysis_t *a;
    assert_int_equal(jd_analyse(&a, frame, request, ctx), JD_ERR_DATA);
    const char *role;
    int64_t row;
    assert_int_equal(jd_ctx_where(ctx, &role, &row), 1);
    assert_string_equal(role, "cohort");
    assert_int_equal(row, 0);
    ASSERT_HOLDS(jd_ctx_message(ctx), "cohort = g: row 1 holds -2147483648");
    assert_int_equal(jd_frame_missing(frame, "g", INT32_MIN, ctx), JD_OK);
    if (jd_analyse(&a, frame, request, ctx)) fail_msg("%s", jd_ctx_message(ctx));
    compare(a, "holes.csv" ROLES "--estimator twfe,callaway_santanna --x x");
    const jd_table_t *dropped = jd_analysis_table(a, "dropped");
    assert_int_equal(jd_table_n_rows(dropped), 2);
    assert_int_equal(((const int64_t *)jd_table_column_data(dropped, 1))[0], 8);
    jd_analysis_free(a);
    jd_request_free(request);
    jd_frame_free(frame);
}

/* Ids of every kind; `write` prints the id of a unit as a file has it. */
static void compare_ids(jd_frame_t *frame, void (*write)(FILE *out, int unit))
{
    static const char *const pairs[] = {
        COLUMNS, "estimator", "twfe,imputation", "diagnose", "randomisation", "draws", "19", NULL};
    lend(frame, "y", "g", y);
    lend(frame, "t", "i", year);
    lend(frame, "g", "i", first);
    FILE *out = open_data("ids.csv", "y,t,g,i\n");
    for (int i = 0; i < ROWS; i++) {
        fprintf(out, "%.17g,%d,%d,", y[i], year[i], first[i]);
        write(out, i / PERIODS);
        fputc('\n', out);
    }
    assert_int_equal(fclose(out), 0);
    jd_analysis_t *a = analyse(frame, pairs);
    compare(a, "ids.csv" ROLES "--estimator twfe,imputation --diagnose randomisation --draws 19");
    jd_analysis_free(a);
    jd_frame_free(frame);
}

static int64_t long_id(int unit)
{
    return INT64_C(9007199254740993000) + unit * 37 % UNITS; /* differ beyond a double's digits */
}

static void write_long(FILE *out, int unit)
{
    fprintf(out, "%lld", (long long)long_id(unit));
}

static void write_real(FILE *out, int unit)
{
    fprintf(out, "%d.5", unit * 37 % UNITS);
}

static void write_name(FILE *out, int unit)
{
    fprintf(out, "c%d", unit * 37 % UNITS);
}

static void test_ids(void **state)
{
    (void)state;
    static int64_t wide[ROWS];
    static double real[ROWS];
    static int32_t code[ROWS], offset[ROWS + 1];
    static int64_t offset64[ROWS + 1];
    static char label[UNITS + 1][8], bytes[ROWS * 4];
    static const char *labels[UNITS + 1];
    for (int u = 0; u <= UNITS; u++) { /* the last label stands for nothing */
        snprintf(label[u], sizeof label[u], "c%d", u);
        labels[u] = label[u];
    }
    for (int i = 0; i < ROWS; i++) {
        const int u = i / PERIODS;
        wide[i] = long_id(u);
        real[i] = u * 37 % UNITS + 0.5;
        code[i] = u * 37 % UNITS;
        offset[i + 1] = offset[i] + sprintf(bytes + offset[i], "c%d", code[i]);
        offset64[i + 1] = offset[i + 1];
    }
    jd_frame_t *frame = new_frame(ROWS);
    lend(frame, "i", "l", wide);
    compare_ids(frame, write_long);
    frame = new_frame(ROWS);
    lend(frame, "i", "g", real);
    compare_ids(frame, write_real);
    for (int bits = 32; bits <= 64; bits += 32) {
        const void *offsets = bits == 32 ? (const void *)offset : offset64;
        frame = new_frame(ROWS);
        assert_int_equal(jd_frame_add_text(frame, "i", bytes, offsets, bits, NULL, ctx), JD_OK);
        compare_ids(frame, write_name);
    }
    frame = new_frame(ROWS);
    assert_int_equal(jd_frame_add_coded(frame, "i", code, -1, labels, UNITS + 1, ctx), JD_OK);
    compare_ids(frame, write_name);
    code[7] = UNITS + 1;
    frame = new_frame(ROWS);
    assert_int_equal(jd_frame_add_coded(frame, "i", code, -1, labels, UNITS + 1, ctx), JD_ERR_DATA);
    ASSERT_HOLDS(jd_ctx_message(ctx), "row 8 has code 41; codes are 0 to 40");
    jd_frame_free(frame);
}

/* Dates by their type against dates as a file writes them. */
static void test_dates(void **state)
{
    (void)state;
    static int32_t quarter[ROWS], month[ROWS], when[3][ROWS];
    static int64_t moment[ROWS];
    static uint8_t valid[ROWS / 8 + 1];
    static const struct {
        const char *type, *format;
    } kinds[] = {{"q", "2001Q%d"}, {"m", "2001-%02d"}, {"tsu", "2001-%02d-01"}};
    const void *const times[] = {quarter, month, moment};
    static const int days[] = {0, 31, 59, 90, 120, 151, 181, 212};
    static const char *const pairs[] = {COLUMNS, "estimator", "twfe,event_study", NULL};
    memset(valid, 0xff, sizeof valid);
    for (int i = 0; i < ROWS; i++) {
        const int t = i % PERIODS, g = first[i] ? first[i] - 2001 : 0;
        quarter[i] = 4 * 2001 + t;
        month[i] = 12 * 2001 + t;
        moment[i] = (11323 + days[t]) * INT64_C(86400000000);
        when[0][i] = 4 * 2001 + g;
        when[1][i] = 12 * 2001 + g;
        when[2][i] = 11323 + days[g]; /* 2001-01-01 is day 11323 */
        if (!first[i]) valid[i / 8] &= (uint8_t) ~(1u << i % 8);
    }
    for (int k = 0; k < 3; k++) {
        FILE *out = open_data("dates.csv", "y,i,t,g\n");
        for (int i = 0; i < ROWS; i++) {
            const int t = i % PERIODS, g = first[i] ? first[i] - 2001 : -1;
            char a[2][32] = {"", ""};
            for (int c = 0; c < 2; c++) {
                const int p = c ? g : t;
                if (p < 0) continue;
                if (k == 0)
                    snprintf(a[c], 32, "%dQ%d", 2001 + p / 4, p % 4 + 1);
                else
                    snprintf(a[c], 32, k == 1 ? "2001-%02d" : "2001-%02d-01", p + 1);
            }
            fprintf(out, "%.17g,%d,%s,%s\n", y[i], id[i], a[0], a[1]);
        }
        assert_int_equal(fclose(out), 0);
        jd_frame_t *frame = new_frame(ROWS);
        lend(frame, "y", "g", y);
        lend(frame, "i", "i", id);
        lend(frame, "t", kinds[k].type, times[k]);
        assert_int_equal(
            jd_frame_add(frame, "g", k == 2 ? "tdD" : kinds[k].type, when[k], valid, ctx), JD_OK);
        jd_analysis_t *a = analyse(frame, pairs);
        compare(a, "dates.csv" ROLES "--estimator twfe,event_study");
        jd_analysis_free(a);
        jd_frame_free(frame);
    }
}

/* ---- Tables ---- */

static int column(const jd_table_t *t, const char *name)
{
    for (int c = 0; c < jd_table_n_columns(t); c++)
        if (!strcmp(jd_table_column_name(t, c), name)) return c;
    fail_msg("%s has no column %s", t->name, name);
    return -1;
}

static void test_tables(void **state)
{
    (void)state;
    static const char *const pairs[] = {
        COLUMNS, "estimator", "event_study,drdid", "outcome_weights", "yes", "lag", "2", NULL};
    jd_frame_t *frame = usual_frame();
    jd_analysis_t *a = analyse(frame, pairs);
    const jd_table_t *t = jd_analysis_table(a, "estimates"), *fits = jd_analysis_table(a, "fits");
    int n;
    const double *vcov = jd_analysis_vcov(a, "event_study", &n);
    const int32_t *row = jd_table_column_data(t, column(t, "vcov_row"));
    const double *se = jd_table_column_data(t, column(t, "std_error")),
                 *z = jd_table_column_data(t, column(t, "statistic")),
                 *b = jd_table_column_data(t, column(t, "estimate"));
    assert_int_equal(row[0], -1); /* the mean over event times */
    for (int i = 1; i < jd_table_n_rows(t); i++) {
        assert_int_equal(row[i], i - 1);
        assert_true(fabs(sqrt(vcov[row[i] * n + row[i]]) - se[i]) < 1e-14);
        assert_true(fabs(z[i] - b[i] / se[i]) < 1e-12);
    }
    assert_int_equal(n, jd_table_n_rows(t) - 1);
    assert_null(jd_analysis_vcov(a, "drdid", &n));
    assert_int_equal(jd_table_n_rows(fits), 2);
    char text[1024];
    assert_true(*jd_table_text(fits, column(fits, "reason"), 1, text, sizeof text));
    const jd_table_t *remarks = jd_analysis_table(a, "remarks");
    jd_table_text(remarks, column(remarks, "text"), 0, text, sizeof text);
    ASSERT_HOLDS(text, "lag changes nothing here");
    assert_int_equal(jd_table_n_rows(jd_analysis_table(a, "weights")), ROWS);
    assert_int_equal(jd_table_n_rows(jd_analysis_table(a, "data")), 1);
    assert_null(jd_analysis_table(a, "nothing"));
    jd_analysis_free(a);
    jd_frame_free(frame);
}

static void test_options(void **state)
{
    (void)state;
    const char *name, *kind, *choices, *takers, *help, *fallback;
    jd_request_t *request;
    int n = 0, control = 0;
    assert_int_equal(jd_request_create(&request, NULL, ctx), JD_OK);
    for (; jd_request_option(n, &name, &kind, &choices, &takers, &help, &fallback); n++) {
        assert_true(*name && *kind && *help && !strchr(name, '-'));
        if (*fallback && strcmp(kind, "range") != 0 && jd_request_set(request, name, fallback, ctx))
            fail_msg("%s = %s: %s", name, fallback, jd_ctx_message(ctx));
        if (strcmp(name, "control") != 0) continue;
        control++;
        assert_string_equal(kind, "choice");
        ASSERT_HOLDS(choices, "not_yet");
        ASSERT_HOLDS(takers, "callaway_santanna");
    }
    assert_true(n > 60 && control == 1);
    assert_int_equal(jd_request_option(n, &name, NULL, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(jd_request_set(request, "contrl", "never", ctx), JD_ERR_UNKNOWN_KEY);
    ASSERT_HOLDS(jd_ctx_message(ctx), "did you mean 'control'?");
    assert_int_equal(jd_request_set(request, "level", "2", ctx), JD_ERR_ARGUMENT);
    assert_string_equal(jd_ctx_message(ctx), "--level = 2 must lie between 0 and 1, as 0.95");
    assert_int_equal(jd_request_set(request, "bands", "perhaps", ctx), JD_ERR_ARGUMENT);
    assert_int_equal(jd_request_set(request, "vcov", "conley", ctx), JD_OK);
    assert_int_equal(jd_request_check(request, ctx), JD_ERR_ARGUMENT);
    jd_request_free(request);
    assert_int_equal(jd_request_create(&request, "no sign", ctx), JD_ERR_ARGUMENT);
}

/* ---- Other errors ---- */

static void assert_same_table(const jd_table_t *s, const jd_table_t *t)
{
    assert_int_equal(s->rows, t->rows);
    for (int c = 0; c < s->n_columns; c++)
        assert_memory_equal(s->data[c], t->data[c],
                            (size_t)s->rows * jd_column_size(&s->columns[c]));
}

static void test_infer_is_a_new_run(void **state)
{
    (void)state;
    static const char *const estimators[] = {"twfe",       "event_study", "callaway_santanna",
                                             "imputation", "sun_abraham", "etwfe"};
    static const char *const others[][10] = {{"vcov", "hc1"},
                                             {"level", "0.9"},
                                             {"vcov", "cr2", "level", "0.99"},
                                             {"bands", "yes", "draws", "99", "seed", "5"},
                                             {NULL}};
    for (int e = 0; e < 6; e++) {
        const char *const usual[] = {COLUMNS,     "x",           "x",    "cluster", "r",
                                     "estimator", estimators[e], "keep", "yes",     NULL};
        jd_frame_t *frame = usual_frame();
        jd_analysis_t *a = analyse(frame, usual);
        jd_frame_free(frame); /* it is not needed any more */
        frame = usual_frame();
        for (int k = 0; k < 5; k++) {
            const char *all[32] = {COLUMNS, "x", "x", "cluster", "r", "estimator", estimators[e]};
            for (int i = 0; others[k][i]; i++)
                all[14 + i] = others[k][i];
            jd_request_t *other = new_request(others[k]), *request = new_request(all);
            jd_analysis_t *b = NULL;
            const int code = jd_analyse(&b, frame, request, ctx);
            char *why = strdup(jd_ctx_message(ctx));
            assert_int_equal(jd_analysis_infer(a, estimators[e], other, ctx), code);
            if (code) assert_string_equal(jd_ctx_message(ctx), why);
            int n, m;
            if (!code) {
                assert_same_table(jd_analysis_table(a, "estimates"),
                                  jd_analysis_table(b, "estimates"));
                assert_same_table(jd_analysis_table(a, "fits"), jd_analysis_table(b, "fits"));
                assert_same_table(jd_analysis_table(a, "data"), jd_analysis_table(b, "data"));
                const double *v = jd_analysis_vcov(a, estimators[e], &n),
                             *w_ = jd_analysis_vcov(b, estimators[e], &m);
                assert_int_equal(n, m);
                assert_memory_equal(v, w_, (size_t)n * (size_t)n * sizeof *v);
            }
            if (!code && e == 0 && k == 0) {
                char *text = strdup(jd_analysis_text(a, "text", ctx));
                assert_string_equal(text, jd_analysis_text(b, "text", ctx));
                free(text);
            }
            assert_true(e > 1 || k > 1 || !code); /* some do run */
            free(why);
            jd_analysis_free(b);
            jd_request_free(other);
            jd_request_free(request);
        }
        jd_analysis_free(a);
        jd_frame_free(frame);
    }
}

static void refuse_infer(jd_analysis_t *a, const char *estimator, const char *const *pairs,
                         const char *why)
{
    jd_request_t *other = new_request(pairs);
    assert_int_equal(jd_analysis_infer(a, estimator, other, ctx), JD_ERR_ARGUMENT);
    ASSERT_HOLDS(jd_ctx_message(ctx), why);
    jd_request_free(other);
}

static void test_infer_refuses(void **state)
{
    (void)state;
    static const char *const kept[] = {COLUMNS, "estimator", "twfe,event_study,drdid",
                                       "keep",  NULL,        NULL};
    static const char *const lost[] = {COLUMNS, "estimator", "twfe", NULL};
    static const char *const none[] = {NULL}, *const x_too[] = {"x", "x", NULL},
                             *const cluster[] = {"cluster", "r", NULL},
                             *const draws[] = {"bootstrap", "pairs", NULL},
                             *const conley[] = {"vcov", "conley", NULL},
                             *const level[] = {"level", "0.9", NULL};
    jd_frame_t *frame = usual_frame();
    jd_analysis_t *a = analyse(frame, lost);
    refuse_infer(a, "twfe", none, "its design was not kept; set keep = yes");
    jd_analysis_free(a);
    a = analyse(frame, kept);
    refuse_infer(a, "twf", none, "twf is none of the estimators");
    refuse_infer(a, "drdid", none, "drdid does not apply to these data: ");
    refuse_infer(a, "twfe", x_too, "x changes more than the errors");
    refuse_infer(a, "twfe", cluster, "cluster changes more than the errors");
    refuse_infer(a, "twfe", draws, "bootstrap changes more than the errors");
    refuse_infer(a, "twfe", conley, "vcov = conley: up to how many kilometres");
    jd_request_t *other = new_request(level);
    assert_int_equal(jd_analysis_infer(a, "twfe", other, ctx), JD_OK);
    assert_null(jd_analysis_text(a, "text", ctx));
    ASSERT_HOLDS(jd_ctx_message(ctx), "different levels");
    assert_int_equal(jd_analysis_infer(a, "event_study", other, ctx), JD_OK);
    assert_non_null(jd_analysis_text(a, "text", ctx));
    assert_int_equal(jd_request_set(other, "keep", "perhaps", ctx), JD_ERR_ARGUMENT);
    jd_request_free(other);
    jd_analysis_free(a);
    jd_frame_free(frame);
}

/* ---- Errors ---- */

static void test_errors_say_where(void **state)
{
    (void)state;
    static const struct {
        const char *pairs[12];
        int code;
        const char *role;
        int64_t row;
        const char *message;
    } cases[] = {
        {{"y", "y", "unit", "i", "time", "t", "treat", "x"}, JD_ERR_DATA, "treat", 1, "treat = x"},
        {{"y", "y", "unit", "i", "time", "x", "cohort", "g"}, JD_ERR_DATA, "time", 1, "time = x"},
        {{"y", "y", "unit", "r", "time", "t", "cohort", "g"},
         JD_ERR_DATA,
         "cohort",
         80,
         "cohort = g: unit 0"},
        {{"y", "y", "unit", "i", "time", "t"}, JD_ERR_ARGUMENT, NULL, -1, "cohort = NAME"},
        {{"y", "z", "unit", "i", "time", "t", "cohort", "g"},
         JD_ERR_ARGUMENT,
         NULL,
         -1,
         "y = z: data.csv has no such column"},
        {{COLUMNS, "estimator", "twf"}, JD_ERR_ARGUMENT, NULL, -1, "estimator = twf: no such"},
    };
    jd_frame_t *frame = usual_frame();
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        jd_request_t *request = new_request(cases[k].pairs);
        jd_analysis_t *a = (jd_analysis_t *)1;
        const char *role;
        int64_t row;
        assert_int_equal(jd_analyse(&a, frame, request, ctx), cases[k].code);
        assert_null(a);
        assert_int_equal(jd_ctx_code(ctx), cases[k].code);
        ASSERT_HOLDS(jd_ctx_message(ctx), cases[k].message);
        assert_int_equal(jd_ctx_where(ctx, &role, &row), cases[k].role != NULL);
        assert_int_equal(row, cases[k].row);
        if (cases[k].role) assert_string_equal(role, cases[k].role);
        jd_request_free(request);
    }
    jd_frame_free(frame);
}

static void test_no_rows(void **state)
{
    (void)state;
    static const char *const pairs[] = {COLUMNS, NULL};
    jd_frame_t *frame = new_frame(0);
    const char *const names[] = {"y", "i", "t", "g"};
    for (int k = 0; k < 4; k++)
        lend(frame, names[k], k ? "i" : "g", NULL);
    jd_request_t *request = new_request(pairs);
    jd_analysis_t *a;
    assert_int_equal(jd_analyse(&a, frame, request, ctx), JD_ERR_DATA);
    assert_string_equal(jd_ctx_message(ctx), "data.csv: there are no rows");
    assert_int_equal(jd_frame_add(frame, "z", "u", "", NULL, ctx), JD_ERR_ARGUMENT);
    assert_int_equal(jd_frame_missing(frame, "z", 0, ctx), JD_ERR_ARGUMENT);
    assert_int_equal(jd_frame_missing(frame, "y", 0, ctx), JD_ERR_ARGUMENT);
    jd_request_free(request);
    jd_frame_free(frame);
    assert_int_equal(jd_frame_create(&frame, NULL, -1, ctx), JD_ERR_ARGUMENT);
}

/* ---- Threads, and stopping ---- */

typedef struct work {
    const jd_frame_t *frame;
    const char *estimator;
    double att;
    int rc;
} work_t;

static void *work(void *user)
{
    work_t *own = user;
    const char *const pairs[] = {COLUMNS, "estimator", own->estimator};
    jd_ctx_t *mine = jd_ctx_create();
    jd_request_t *request = NULL;
    jd_analysis_t *a = NULL;
    own->rc = jd_request_create(&request, NULL, mine);
    for (int k = 0; k < 10 && !own->rc; k += 2)
        own->rc = jd_request_set(request, pairs[k], pairs[k + 1], mine);
    if (!own->rc) own->rc = jd_analyse(&a, own->frame, request, mine);
    if (!own->rc) own->att = jd_table_number(jd_analysis_table(a, "estimates"), 3, 0);
    jd_analysis_free(a);
    jd_request_free(request);
    jd_ctx_free(mine);
    return NULL;
}

static void test_two_at_once(void **state)
{
    (void)state;
    jd_frame_t *frame = usual_frame();
    work_t alone[2] = {{frame, "imputation", 0, 0}, {frame, "callaway_santanna", 0, 0}};
    work(&alone[0]);
    work(&alone[1]);
    for (int round = 0; round < 5; round++) {
        work_t both[2] = {{frame, "imputation", 0, 0}, {frame, "callaway_santanna", 0, 0}};
        pthread_t thread[2];
        for (int k = 0; k < 2; k++)
            assert_int_equal(pthread_create(&thread[k], NULL, work, &both[k]), 0);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(pthread_join(thread[k], NULL), 0);
            assert_int_equal(both[k].rc, JD_OK);
            assert_memory_equal(&both[k].att, &alone[k].att, sizeof(double));
        }
    }
    jd_frame_free(frame);
}

typedef struct heard {
    pthread_t owner;
    atomic_int polls, others, progress, warnings;
    int stop_at;
} heard_t;

static int poll(void *user)
{
    heard_t *h = user;
    if (!pthread_equal(pthread_self(), h->owner)) h->others++;
    return ++h->polls >= h->stop_at;
}

static void hear(void *user, int what, const char *text, int64_t done, int64_t total)
{
    heard_t *h = user;
    if (!pthread_equal(pthread_self(), h->owner)) h->others++;
    h->warnings += what == JD_HEAR_WARNING;
    h->progress += what == JD_HEAR_PROGRESS;
    assert_true(*text && done <= total);
}

/* A long call: stopped at the first poll, on the thread that made it. */
static void stop(const char *const *pairs)
{
    heard_t h = {.owner = pthread_self(), .stop_at = 1};
    jd_frame_t *frame = usual_frame();
    jd_request_t *request = new_request(pairs);
    jd_analysis_t *a;
    jd_ctx_set_threads(ctx, 4);
    jd_ctx_set_poll(ctx, poll, &h, 1);
    jd_ctx_set_hear(ctx, hear, &h);
    assert_int_equal(jd_analyse(&a, frame, request, ctx), JD_ERR_CANCELLED);
    assert_int_equal(h.polls, 1);
    assert_int_equal(h.others, 0);
    jd_ctx_set_poll(ctx, NULL, NULL, 0);
    jd_ctx_set_hear(ctx, NULL, NULL);
    jd_ctx_set_threads(ctx, 0);
    jd_request_free(request);
    jd_frame_free(frame);
}

static void test_stopping(void **state)
{
    (void)state;
    static const char *const bootstrap[] = {COLUMNS, "estimator", "imputation", "bootstrap",
                                            "pairs", "draws",     "1000000",    NULL};
    static const char *const randomise[] = {COLUMNS,         "estimator", "twfe",     "diagnose",
                                            "randomisation", "draws",     "10000000", NULL};
    static const char *const honest[] = {COLUMNS,  "estimator", "event_study", "diagnose",
                                         "honest", "draws",     "10000000",    NULL};
    stop(bootstrap);
    stop(randomise);
    stop(honest);
}

static void test_hearing(void **state)
{
    (void)state;
    static const char *const pairs[] = {COLUMNS, NULL};
    heard_t h = {.owner = pthread_self(), .stop_at = 1 << 30};
    jd_frame_t *frame = usual_frame();
    jd_ctx_set_hear(ctx, hear, &h);
    jd_analysis_t *a = analyse(frame, pairs);
    jd_ctx_set_hear(ctx, NULL, NULL);
    assert_true(h.progress > 0);
    assert_int_equal(h.others, 0);
    jd_analysis_free(a);
    jd_frame_free(frame);
}

/* A call that goes on until its draws are heard of, or forever so. */
typedef struct draws {
    const char *stage;
    int polls, told;
} draws_t;

static int poll_draws(void *user)
{
    draws_t *d = user;
    return d->told || ++d->polls >= 400;
}

static void hear_draws(void *user, int what, const char *text, int64_t done, int64_t total)
{
    draws_t *d = user;
    d->told += what == JD_HEAR_PROGRESS && !strcmp(text, d->stage) && done <= total;
}

static void test_draws_are_told(void **state)
{
    (void)state;
    static const char *const pairs[] = {COLUMNS,         "estimator", "twfe",     "diagnose",
                                        "randomisation", "draws",     "10000000", NULL};
    draws_t d = {.stage = "randomisation"};
    jd_frame_t *frame = usual_frame();
    jd_request_t *request = new_request(pairs);
    jd_analysis_t *a;
    jd_ctx_set_poll(ctx, poll_draws, &d, 50);
    jd_ctx_set_hear(ctx, hear_draws, &d);
    assert_int_equal(jd_analyse(&a, frame, request, ctx), JD_ERR_CANCELLED);
    assert_true(d.told > 0);
    jd_ctx_set_poll(ctx, NULL, NULL, 0);
    jd_ctx_set_hear(ctx, NULL, NULL);
    jd_request_free(request);
    jd_frame_free(frame);
}

static int begin(void **state)
{
    if (set_tiny(state)) return 1;
    ctx = jd_ctx_create();
    run(0, "true");
    make_data();
    FILE *out = open_data("data.csv", "y,x,w,i,t,g,r\n");
    for (int i = 0; i < ROWS; i++)
        write_row(out, i);
    return fclose(out);
}

static int end(void **state)
{
    jd_ctx_free(ctx);
    return remove_here(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_printed_text_is_the_programs),
        cmocka_unit_test(test_names_with_signs),
        cmocka_unit_test(test_columns_that_are_needed),
        cmocka_unit_test(test_missing_cells),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_infer_is_a_new_run),
        cmocka_unit_test(test_infer_refuses),
        cmocka_unit_test(test_errors_say_where),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_two_at_once),
        cmocka_unit_test(test_stopping),
        cmocka_unit_test(test_hearing),
        cmocka_unit_test(test_draws_are_told),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
