/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stata files of every version, made with ReadStat's writer: dates by their formats, long strings,
 * and files cut short or with wrong bytes. */
#include <readstat.h>
#include <string.h>

#include "own_data.h"
#include "support.h"

static char path[64];
static char notes[1024];
static jd_ctx_t ctx;

static void take_note(void *user, const char *text)
{
    (void)user;
    snprintf(notes + strlen(notes), sizeof notes - strlen(notes), "%s\n", text);
}

static ssize_t put(const void *data, size_t length, void *user)
{
    return fwrite(data, 1, length, user) == length ? (ssize_t)length : -1;
}

typedef struct panel {
    const char *time_format, *cohort_format;
    double time[4], cohort[4]; /* of rows; 0 = missing */
    bool long_units, long_cohorts;
} panel_t;

/* Units "first", "second", ... as strL or str8, with times and cohorts. */
static void write_file(const panel_t *p, uint8_t version)
{
    static const char *const units[] = {"first", "second", "first", "second"};
    static const char *const dates[] = {"", "2010q2", "", "2010q2"};
    FILE *out = fopen(path, "wb");
    readstat_writer_t *w = readstat_writer_init();
    assert_non_null(out);
    readstat_set_data_writer(w, put);
    readstat_writer_set_file_format_version(w, version);
    const readstat_type_t text = p->long_units ? READSTAT_TYPE_STRING_REF : READSTAT_TYPE_STRING,
                          date = p->long_cohorts ? READSTAT_TYPE_STRING_REF : READSTAT_TYPE_DOUBLE;
    readstat_variable_t *v[] = {readstat_add_variable(w, "i", text, 8),
                                readstat_add_variable(w, "t", READSTAT_TYPE_DOUBLE, 0),
                                readstat_add_variable(w, "g", date, 0),
                                readstat_add_variable(w, "y", READSTAT_TYPE_DOUBLE, 0)};
    if (p->time_format) readstat_variable_set_format(v[1], p->time_format);
    if (p->cohort_format) readstat_variable_set_format(v[2], p->cohort_format);
    readstat_string_ref_t *unit_refs[4] = {0}, *date_refs[4] = {0};
    for (int i = 0; i < 4; i++) {
        if (p->long_units) unit_refs[i] = readstat_add_string_ref(w, units[i]);
        if (p->long_cohorts && *dates[i]) date_refs[i] = readstat_add_string_ref(w, dates[i]);
    }
    assert_int_equal(readstat_begin_writing_dta(w, out, 4), READSTAT_OK);
    for (int i = 0; i < 4; i++) {
        readstat_begin_row(w);
        if (p->long_units)
            readstat_insert_string_ref(w, v[0], unit_refs[i]);
        else
            readstat_insert_string_value(w, v[0], units[i]);
        readstat_insert_double_value(w, v[1], p->time[i]);
        if (p->long_cohorts)
            readstat_insert_string_ref(w, v[2], date_refs[i]);
        else if (p->cohort[i] == 0)
            readstat_insert_missing_value(w, v[2]);
        else
            readstat_insert_double_value(w, v[2], p->cohort[i]);
        readstat_insert_double_value(w, v[3], i);
        assert_int_equal(readstat_end_row(w), READSTAT_OK);
    }
    assert_int_equal(readstat_end_writing(w), READSTAT_OK);
    readstat_writer_free(w);
    assert_int_equal(fclose(out), 0);
}

static int read_file(jd_own_data_t *data)
{
    const jd_own_roles_t roles = {.y = "y", .unit = "i", .time = "t", .cohort = "g"};
    jd_ctx_init(&ctx);
    ctx.warn = take_note;
    notes[0] = '\0';
    return own_data_read(data, path, &roles, NULL, &ctx);
}

/* Values by Stata: td(01jan2010) = 18263, tm(2010m1) = 600, tq(2010q1) = 200, tw(2010w1) = 2600. */
static const struct {
    panel_t panel;
    jd_period_t unit;
    int32_t apart, adopts; /* the second time and the cohort, after the first time */
    const char *first, *note;
} cases[] = {
    {{"%td", "%td", {18263, 18263, 18628, 18628}, {0, 18628, 0, 18628}, 0, 0},
     JD_PERIOD_YEAR,
     1,
     1,
     "2010",
     ""},
    {{"%tdD_m_CY", "%d", {18263, 18263, 18294, 18294}, {0, 18294, 0, 18294}, 0, 0},
     JD_PERIOD_MONTH,
     1,
     1,
     "2010-01",
     ""},
    {{"%tc",
      "%tc",
      {1577923200000, 1577923200000, 1578009600000, 1578009600000},
      {0, 1578009600000, 0, 1578009600000},
      0,
      0},
     JD_PERIOD_DAY,
     1,
     1,
     "2010-01-01",
     ""},
    {{"%tC",
      "%td",
      {1577923224000, 1577923224000, 1578009624000, 1578009624000},
      {0, 18264, 0, 18264},
      0,
      0},
     JD_PERIOD_DAY,
     1,
     1,
     "2010-01-01",
     ""},
    {{"%tm", "%tm", {600, 600, 602, 602}, {0, 601, 0, 601}, 0, 0},
     JD_PERIOD_MONTH,
     1,
     1,
     "2010-01",
     "have gaps"},
    {{"%tq", "%tq", {200, 200, 202, 202}, {0, 201, 0, 201}, 0, 0},
     JD_PERIOD_QUARTER,
     1,
     1,
     "2010Q1",
     "have gaps"},
    {{"%tw", "%tw", {2600, 2600, 2601, 2601}, {0, 2601, 0, 2601}, 0, 0},
     JD_PERIOD_STATA_WEEK,
     1,
     1,
     "2010w1",
     ""},
    {{"%th", "%th", {100, 100, 101, 101}, {0, 101, 0, 101}, 0, 0},
     JD_PERIOD_HALF,
     1,
     1,
     "2010H1",
     ""},
    {{"%ty", "%ty", {2010, 2010, 2011, 2011}, {0, 2011, 0, 2011}, 0, 0},
     JD_PERIOD_YEAR,
     1,
     1,
     "2010",
     ""},
    /* Cohorts without a format, or in another unit. */
    {{"%tq", NULL, {200, 200, 202, 202}, {0, 201, 0, 201}, 0, 0},
     JD_PERIOD_QUARTER,
     1,
     1,
     "2010Q1",
     "(201 is 2010Q2)"},
    {{"%tq", "%td", {200, 200, 202, 202}, {0, 18400, 0, 18400}, 0, 0},
     JD_PERIOD_QUARTER,
     1,
     1,
     "2010Q1",
     "each day counts as the quarter it lies in"},
    {{"%ty", NULL, {2010, 2010, 2011, 2011}, {0, 2011, 0, 2011}, 0, 0},
     JD_PERIOD_YEAR,
     1,
     1,
     "2010",
     ""},
    {{NULL, NULL, {200, 200, 202, 202}, {0, 201, 0, 201}, 0, 0},
     JD_PERIOD_NUMBER,
     1,
     1,
     "200",
     "have gaps"},
    {{"%tbnyse", "%tbnyse", {200, 200, 202, 202}, {0, 201, 0, 201}, 0, 0},
     JD_PERIOD_NUMBER,
     1,
     1,
     "200",
     "business days"},
    /* Long strings. */
    {{"%tq", NULL, {200, 200, 202, 202}, {0}, true, true},
     JD_PERIOD_QUARTER,
     1,
     1,
     "2010Q1",
     "have gaps"},
};

static void test_formats_and_long_strings(void **state)
{
    (void)state;
    static const uint8_t versions[] = {114, 115, 117, 118, 119};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (size_t v = cases[k].panel.long_units ? 2 : 0; v < sizeof versions; v++) {
            jd_own_data_t data;
            char text[32];
            write_file(&cases[k].panel, versions[v]);
            if (read_file(&data)) fail_msg("case %zu: %s", k, ctx.message);
            const jd_panel_t *p = &data.panel;
            assert_int_equal(p->n, 4);
            assert_int_equal(data.period, cases[k].unit);
            assert_true(p->unit[0] == p->unit[2] && p->unit[0] != p->unit[1]);
            assert_int_equal(p->time[2] - p->time[0], cases[k].apart);
            assert_int_equal(p->cohort[0], 0);
            if (p->cohort[1] - p->time[0] != cases[k].adopts)
                fail_msg("case %zu: cohort %d, time %d", k, p->cohort[1], p->time[0]);
            assert_string_equal(jd_own_period_text(&data, data.first, text, sizeof text),
                                cases[k].first);
            if (!strstr(notes, cases[k].note)) fail_msg("case %zu: %s", k, notes);
            jd_own_data_free(&data);
        }
}

/* A cohort of years with quarters is refused, not read as quarters of the year 2462. */
static void test_cohorts_in_a_larger_unit(void **state)
{
    (void)state;
    const panel_t p = {"%tq", NULL, {200, 200, 202, 202}, {0, 2010, 0, 2010}, 0, 0};
    jd_own_data_t data;
    write_file(&p, 118);
    assert_int_equal(read_file(&data), JD_ERR_DATA);
    if (!strstr(ctx.message,
                "row 2 holds a year ('2010') where the periods of t are each a quarter"))
        fail_msg("%s", ctx.message);
}

/* Cut at every byte, and with each byte wrong: an answer or a refusal, never "out of memory". */
static void test_damage(void **state)
{
    (void)state;
    static const uint8_t versions[] = {114, 115, 117, 118, 119};
    static char bytes[1 << 16];
    for (size_t v = 0; v < sizeof versions; v++) {
        panel_t p = cases[5].panel;
        p.long_units = versions[v] >= 117;
        write_file(&p, versions[v]);
        FILE *in = fopen(path, "rb");
        assert_non_null(in);
        const size_t size = fread(bytes, 1, sizeof bytes, in);
        fclose(in);
        const size_t rounds = (size_t)JD_ROUNDS(2000);
        int taken = 0;
        for (size_t k = 0; k < rounds; k++) {
            const bool cut = k < rounds / 4;
            const size_t at = cut ? k * size / (rounds / 4) : k * 7919 % size;
            const char was = bytes[at];
            if (!cut) bytes[at] = (char)(was ^ (1 << k % 8));
            FILE *out = fopen(path, "wb");
            assert_non_null(out);
            assert_int_equal(fwrite(bytes, 1, cut ? at : size, out), cut ? at : size);
            fclose(out);
            bytes[at] = was;
            jd_own_data_t data;
            const int rc = read_file(&data);
            if (rc == JD_ERR_NO_MEMORY || strstr(ctx.message, "memory"))
                fail_msg("version %d, byte %zu: %s", versions[v], at, ctx.message);
            if (rc && !ctx.message[0]) fail_msg("version %d, byte %zu: no word", versions[v], at);
            if (rc == JD_ERR_FORMAT && !strstr(ctx.message, "damaged")) fail_msg("%s", ctx.message);
            taken += cut && !rc;
            jd_own_data_free(&data);
        }
        /* Only what follows the rows may lack. */
        if (taken > (int)rounds / 8) fail_msg("version %d: %d cut files taken", versions[v], taken);
    }
}

static int make_file(void **state)
{
    (void)state;
    return snprintf(path, sizeof path, "/tmp/jiedao-kinds-%ld.dta", (long)getpid()) < 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats_and_long_strings),
        cmocka_unit_test(test_cohorts_in_a_larger_unit),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
