/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields out of separated text: the quick search for a field's end beside a plain one, byte by
 * byte, and several cursors on one text. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/cell.h"
#include "io/csv/fields.h"
#include "io/csv/missing.h"
#include "support.h"

static jd_csv_text_t load(const char *bytes, size_t n, char separator, bool trims)
{
    jd_csv_text_t text;
    FILE *stream = tmpfile();
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, n, stream), n);
    rewind(stream);
    assert_int_equal(jd_csv_load(&text, stream, "t.csv", JD_ERR_FORMAT, NULL), JD_OK);
    fclose(stream);
    jd_csv_separate(&text, separator, trims);
    return text;
}

/* The next unquoted field by the slow way; where the one after it begins. */
static size_t next_plainly(const char *bytes, size_t n, size_t at, char separator, size_t *length,
                           bool *last)
{
    size_t end = at;
    while (end < n && bytes[end] != separator && bytes[end] != '\n' && bytes[end] != '\r')
        end++;
    *length = end - at;
    *last = end == n || bytes[end] != separator;
    if (end + 1 < n && bytes[end] == '\r' && bytes[end + 1] == '\n') end++;
    return end < n ? end + 1 : end;
}

static void check_against_plain(const char *bytes, size_t n, char separator)
{
    jd_csv_text_t text = load(bytes, n, separator, false);
    jd_csv_cursor_t cursor = jd_csv_begin(&text);
    jd_csv_field_t f;
    int64_t line = 1;
    for (size_t at = text.start; at < n;) {
        size_t length;
        bool last;
        const size_t next = next_plainly(bytes, n, at, separator, &length, &last);
        assert_int_equal(jd_csv_next(&cursor, &f, NULL), JD_OK);
        assert_int_equal(f.length, length);
        assert_memory_equal(f.bytes, bytes + at, length);
        assert_int_equal(f.last, last);
        assert_true(f.line == line);
        line += last && at < n;
        at = next;
    }
    assert_true(jd_csv_at_end(&cursor));
    jd_csv_end(&cursor);
    jd_csv_text_free(&text);
}

static void finds_every_end(void **state)
{
    /* Bytes near those that end a field, and ones with the top bit set. */
    static const char bytes[] = {',',    ';',    '\t',   '\n',   '\r',   '\0',   '\x0e', '\x0b',
                                 '\x01', '+',    '-',    '.',    ' ',    'a',    '9',    '\x7f',
                                 '\x80', '\x8d', '\x8a', '\xac', '\xff', '\xbb', '\x8c', '0'};
    uint64_t x = 88172645463325252u;
    char text[300];
    (void)state;
    for (int round = 0; round < JD_ROUNDS(4000); round++) {
        const size_t n = (size_t)(round % 290);
        for (size_t i = 0; i < n; i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            /* Long fields among short ones. */
            text[i] = x % 3 == 0 ? bytes[(x >> 20) % sizeof bytes] : (char)('a' + (x >> 30) % 26);
        }
        if (jd_is_utf16((const unsigned char *)text, n)) continue;
        check_against_plain(text, n, ",;\t|\xac"[round % 5]);
    }
}

static void unquotes(void **state)
{
    static const char bytes[] = "\"a\",\"b\"\"c\" ,\"\",d \"e\", f ,\"g\nh\"\r\n\"\"\"\"";
    static const struct {
        const char *text;
        bool quoted, last;
        int line;
    } fields[] = {{"a", true, false, 1},        {"b\"c", true, false, 1}, {"", true, false, 1},
                  {"d \"e\"", false, false, 1}, {"f", false, false, 1},   {"g\nh", true, true, 1},
                  {"\"", true, true, 3}};
    jd_csv_text_t text = load(bytes, sizeof bytes - 1, ',', true);
    jd_csv_cursor_t first = jd_csv_begin(&text), second = jd_csv_again(&first);
    jd_csv_field_t f, g;
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        assert_int_equal(jd_csv_next(&first, &f, NULL), JD_OK);
        assert_int_equal(jd_csv_next(&second, &g, NULL), JD_OK);
        assert_int_equal(f.length, strlen(fields[i].text));
        assert_memory_equal(f.bytes, fields[i].text, f.length);
        assert_memory_equal(g.bytes, fields[i].text, g.length);
        assert_int_equal(f.quoted, fields[i].quoted);
        assert_int_equal(f.last, fields[i].last);
        assert_true(f.line == fields[i].line);
    }
    assert_true(jd_csv_at_end(&first));
    jd_csv_end(&first);
    jd_csv_end(&second);
    jd_csv_text_free(&text);
}

static void refuses_quotes_that_are_none(void **state)
{
    static const char *const bad[] = {"\"a", "\"a\"b", "\"", "\"a\"\"", "\"a\" b\n"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        jd_ctx_t ctx = {0};
        jd_csv_text_t text = load(bad[i], strlen(bad[i]), ',', true);
        jd_csv_cursor_t cursor = jd_csv_begin(&text);
        jd_csv_field_t f;
        assert_int_equal(jd_csv_next(&cursor, &f, &ctx), JD_ERR_DATA);
        assert_non_null(strstr(ctx.message, "t.csv:1:"));
        jd_csv_end(&cursor);
        jd_csv_text_free(&text);
    }
}

static void knows_the_words_for_missing(void **state)
{
    static const char *const yes[] = {"", ".", "NA", "na", "nA", "N/A", "NaN", "null", "NULL"};
    static const char *const no[] = {" ", "..", "nana", "n", "0", "-", "nul", "na ", "n/a/"};
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(jd_missing_word(yes[i], strlen(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(jd_missing_word(no[i], strlen(no[i])));
    assert_false(jd_missing_word("na\0", 3));
}

/* What jd_cell_is_plain() decides quickly is what cutting a number up would find. A plus in front
 * is left to the slow way and changes nothing. */
static void plain_cells_are_read_as_others(void **state)
{
    static const char *const cells[] = {
        "0",   "12",  "1.5",      "1,5",     "1.234",   "1,234",  "0.123",  "0,123",
        "12.", "12,", "1234.567", "123.456", "999,999", "00.123", "1.2345", "01.234"};
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char plus[32];
        unsigned quick = 0;
        snprintf(plus, sizeof plus, "+%s", cells[i]);
        assert_true(jd_cell_is_plain(cells[i], strlen(cells[i]), &quick));
        assert_int_equal(quick, jd_cell_ways(plus, strlen(plus)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_end),
        cmocka_unit_test(unquotes),
        cmocka_unit_test(refuses_quotes_that_are_none),
        cmocka_unit_test(knows_the_words_for_missing),
        cmocka_unit_test(plain_cells_are_read_as_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
