/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names, labels and cells of hostile files reach standard output without what commands a terminal;
 * data for other programs are kept byte for byte where no terminal is at the other end. */
#define _XOPEN_SOURCE 700 /* pseudo terminals */
#include <fcntl.h>
#include <hdf5.h>
#include <unistd.h>

#include "cli/tiny.h"
#include "core/plain_text.h"
#include "io/stata/stata.h"

/* A red word, a window's title, C1 as UTF-8 and raw, a turn of the direction, DEL. */
#define ESC "\033[31m"
#define HOSTILE ESC "x\033]0;t\007\302\233y\233z\342\200\256w\177"
#define IN_UTF8 ESC "x\033]0;t\007\302\233y\342\200\256w\177"
#define NAME "x\342\200\256w" /* the reader refuses names of columns with control characters */

static said_t said;

static void assert_plain(const char *text)
{
    uint32_t code;
    size_t left = strlen(text);
    for (size_t n; left > 0; text += n, left -= n) {
        n = jd_utf8_char(text, left, &code);
        if (n == 0) code = (unsigned char)*text;
        if (n == 0) n = 1;
        if (jd_is_unfit(code)) fail_msg("U+%04X in: %s", (unsigned)code, text);
    }
}

static void run(const char *line)
{
    run_shell(&said, line);
    assert_plain(said.out);
    assert_plain(said.err);
}

static FILE *open_here(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    return out;
}

/* Outcome, covariate and column names, units and cohorts are hostile. */
static void write_panel(void)
{
    FILE *out = open_here("h.csv");
    fprintf(out, "id,t,g,y%s,x%s,k\n", NAME, NAME);
    for (int i = 0; i < 12; i++)
        for (int t = 1; t <= 4; t++)
            fprintf(out, "u%s%d,%d,%s,%d,%d,k%s%d\n", IN_UTF8, i, t,
                    i % 3 ? (i % 3 == 1 ? "3" : "4") : "never",
                    (i * 7 + t * t * 3) % 11 + (i % 3 && t >= 3 ? 4 : 0), (i * 5 + t * 3) % 7,
                    IN_UTF8, i % 6);
    fclose(out);
    out = open_here("did"); /* sh does not like such words on its own line */
    fprintf(out,
            "exec \"$JIEDAO\" did h.csv --y \"$(printf 'y%s')\" --unit id --time t --cohort g "
            "--x \"$(printf 'x%s')\" --never never \"$@\"\n",
            "x\\342\\200\\256w", "x\\342\\200\\256w");
    fclose(out);
}

static void test_own_data(void **state)
{
    (void)state;
    static const char *const formats[] = {"text", "json", "latex", "markdown"};
    run_shell(&said, "pwd");
    write_panel();
    for (size_t i = 0; i < 4; i++) {
        char line[256];
        snprintf(line, sizeof line, "sh did --estimator twfe,event_study --format %s", formats[i]);
        run(line);
        ASSERT_STATUS(&said, 0);
        if (i == 1) {
            ASSERT_HOLDS(said.out, "xx\\u202ew");
            run("sh did --estimator twfe --format json | python3 -m json.tool >parsed.json");
            ASSERT_STATUS(&said, 0);
        }
    }
    run("sh did --estimator synthetic_did --vcov cluster --cluster k");
    run("sh did --estimator nothing"); /* messages too */
    run("\"$JIEDAO\" did h.csv --y nothing --unit id --time t --cohort g");
}

/* CSV for a program keeps the bytes, and quotes the names of columns as it does cells. */
static void test_csv_keeps_bytes(void **state)
{
    (void)state;
    run_shell(&said, "sh did --estimator twfe --format csv");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "x" NAME);
}

/* What the program writes to a terminal, a pseudo one. */
static void read_terminal(const char *line, char *text, size_t size)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        print_message("skipped: no pseudo terminal\n");
        skip();
    }
    char command[512];
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    snprintf(command, sizeof command, "%s >%s", line, ptsname(master));
    run_shell(&said, command);
    ASSERT_STATUS(&said, 0);
    close(slave);
    size_t n = 0;
    for (ssize_t got; n < size - 1 && (got = read(master, text + n, size - 1 - n)) > 0;)
        n += (size_t)got;
    text[n] = '\0';
    close(master);
}

static void test_csv_on_a_terminal(void **state)
{
    (void)state;
    char text[8192];
    read_terminal("sh did --estimator twfe --format csv", text, sizeof text);
    ASSERT_HOLDS(text, "xx???w");
    for (char *c = text; (c = strchr(c, '\r'));)
        *c = '\n'; /* the terminal's own */
    assert_plain(text);
}

static void put_text(hid_t at, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(text));
    if (H5Aexists(at, name) > 0) H5Adelete(at, name);
    hid_t a = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(a, type, text);
    H5Aclose(a);
    H5Sclose(space);
    H5Tclose(type);
}

/* A result file whose tables, columns, labels and units are hostile; opened by all who look into
 * one. */
static void test_result_file(void **state)
{
    (void)state;
    char path[256];
    run_shell(&said, "\"$JIEDAO\" run $TINY -o h.h5");
    ASSERT_STATUS(&said, 0);
    snprintf(path, sizeof path, "%s/h.h5", getenv("HERE"));
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    assert_true(H5Lmove(file, "officials", file, "t" HOSTILE, H5P_DEFAULT, H5P_DEFAULT) >= 0);
    hid_t group = H5Gopen2(file, "t" HOSTILE, H5P_DEFAULT);
    assert_true(H5Lmove(group, "street", group, "c" HOSTILE, H5P_DEFAULT, H5P_DEFAULT) >= 0);
    hid_t column = H5Dopen2(group, "c" HOSTILE, H5P_DEFAULT);
    assert_true(group >= 0 && column >= 0);
    put_text(column, "long_name", "label" HOSTILE);
    put_text(column, "units", "unit" HOSTILE);
    put_text(file, "config_hash", "hash" HOSTILE);
    H5Dclose(column);
    H5Gclose(group);
    H5Fclose(file);
    run("\"$JIEDAO\" info h.h5");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "t?[31mx");
    ASSERT_HOLDS(said.out, "hash?[31mx");
    run("\"$JIEDAO\" info h.h5 --table \"$(printf 't\\033[31mx\\033]0;t\\007\\302\\233y\\233z"
        "\\342\\200\\256w\\177')\"");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "c?[31mx");
    ASSERT_HOLDS(said.out, "label?[31mx");
    ASSERT_HOLDS(said.out, "unit?[31mx");
    run("\"$JIEDAO\" info h.h5 --table nothing");
    run("\"$JIEDAO\" did h.h5 --table nothing");
    run("\"$JIEDAO\" export h.h5 -t nothing -o -");
    run("\"$JIEDAO\" figures h.h5 -o \"$(printf 'f\\033[31m')\" --format svg | sed 's/\\x1b/?/g'");
}

static const char stata[] = "import struct\n"
                            "bad = b'x\\x1b[31m\\xc2\\x9b\\x9b\\xe2\\x80\\xae'\n"
                            "data = open('h.dta', 'rb').read()\n"
                            "assert data.count(b'zzzzzzzzzzz') > 2\n"
                            "open('b.dta', 'wb').write(data.replace(b'zzzzzzzzzzz', bad[:11]))\n";

/* Names and texts of a Stata file. */
static void test_stata(void **state)
{
    (void)state;
    static const jd_column_t columns[] = {
        {"id", JD_TEXT, "", "zzzzzzzzzzz", NULL, 16, 0},
        {"t", JD_INT32, "", "t", NULL, 0, 0},
        {"g", JD_INT32, "", "g", NULL, 0, 0},
        {"zzzzzzzzzzz", JD_DOUBLE, "", "zzzzzzzzzzz", NULL, 0, 0}};
    jd_table_t table;
    char path[256], name[32];
    assert_int_equal(jd_table_init(&table, "t", "zzzzzzzzzzz", columns, 4, 24, NULL), JD_OK);
    for (int64_t i = 0; i < 24; i++) {
        snprintf(name, sizeof name, "zzzzzzzzzzz%d", (int)(i / 4));
        jd_table_set_text(&table, 0, i, name);
        jd_table_set_number(&table, 1, i, (double)(i % 4 + 1));
        jd_table_set_number(&table, 2, i, i / 4 % 2 ? 3 : 0);
        jd_table_set_number(&table, 3, i, (double)(i * 7 % 5));
        table.rows = i + 1;
    }
    snprintf(path, sizeof path, "%s/h.dta", getenv("HERE"));
    assert_int_equal(jd_stata_write(&table, path, true, NULL), JD_OK);
    jd_table_free(&table);
    FILE *script = open_here("stata.py");
    fputs(stata, script);
    fclose(script);
    run("python3 stata.py");
    ASSERT_STATUS(&said, 0);
    run("\"$JIEDAO\" did b.dta --unit id --time t --cohort g --estimator twfe "
        "--y \"$(printf 'x\\033[31m\\302\\233\\233\\342\\200')\"");
    run("\"$JIEDAO\" did b.dta --unit id --time t --cohort g --y nothing");
    run("\"$JIEDAO\" did b.dta --unit id --time t --cohort id --y g");
}

/* The words of the user come back too: paths of dry runs, values of configs. */
static void test_words_of_the_line(void **state)
{
    (void)state;
    run("\"$JIEDAO\" sweep $TINY --set sweep.policy.share=0.1,0.2 --dry-run -o \"$(printf "
        "'d\\033[31m')\"");
    run("mkdir -p \"$(printf 'r\\033[31m')\"; \"$JIEDAO\" run $TINY --force -o \"$(printf "
        "'r\\033[31m/h\\302\\233.h5')\"");
    ASSERT_STATUS(&said, 0);
    run("\"$JIEDAO\" help \"$(printf '\\033[31m')\"");
    run("\"$JIEDAO\" \"$(printf '\\033[31m')\"");
    run("\"$JIEDAO\" params \"$(printf '\\033[31m')\"");
}

/* What is a character and what is not; a character cut in two is told. */
static void test_characters(void **state)
{
    (void)state;
    char text[] = "caf\303\251\t\n\344\270\255 \340\200\233 \300\233 \355\240\200 \r\342\201\246";
    jd_plain_text(text);
    assert_string_equal(text, "caf\303\251\t\n\344\270\255 \340?? \300? \355\240? ????");
    char label[] = "a\nb\tc\033d\342\200\250e\303\251";
    jd_plain_line(label);
    assert_string_equal(label, "a?b?c?d???e\303\251");
    assert_true(jd_is_control('\n') && !jd_is_unfit('\n') && jd_is_unfit(0x202E));
    assert_true(!jd_is_control(0x202E) && jd_is_control(0x9F) && !jd_is_control(0xA0));
    assert_int_equal(jd_utf8_open_end("a\344\270", 3), 2);
    assert_int_equal(jd_utf8_open_end("a\344\270\255", 4), 0);
    assert_int_equal(jd_utf8_open_end("\360\237\230", 3), 3);
    assert_int_equal(jd_utf8_open_end("\233", 1), 0);
    assert_int_equal(jd_utf8_open_end("\302", 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_data),
        cmocka_unit_test(test_csv_keeps_bytes),
        cmocka_unit_test(test_csv_on_a_terminal),
        cmocka_unit_test(test_result_file),
        cmocka_unit_test(test_stata),
        cmocka_unit_test(test_words_of_the_line),
        cmocka_unit_test(test_characters),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
