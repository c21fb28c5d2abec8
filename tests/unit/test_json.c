/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts as UTF-8, and JSON out of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/json.h"
#include "core/text.h"
#include "support.h"

static const char *written(const char *text, double x)
{
    static char out[256];
    memset(out, 0, sizeof out);
    FILE *to = fmemopen(out, sizeof out, "w");
    assert_non_null(to);
    if (text)
        jd_json_text(to, text);
    else
        jd_json_number(to, x);
    fclose(to);
    return out;
}

static void escapes_what_json_does_not_allow(void **state)
{
    (void)state;
    assert_string_equal(written("a\"b\\c", 0), "\"a\\\"b\\\\c\"");
    assert_string_equal(written("a\nb\t\x1b\x7f", 0), "\"a\\u000ab\\u0009\\u001b\\u007f\"");
    assert_string_equal(written("京 é", 0), "\"京 é\"");
    assert_string_equal(written("\xe9!", 0), "\"\xEF\xBF\xBD!\"");
    assert_string_equal(written("\xED\xA0\x80", 0),
                        "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""); /* a surrogate */
}

static void writes_numbers_that_read_back(void **state)
{
    (void)state;
    assert_string_equal(written(NULL, 0.1), "0.1");
    assert_string_equal(written(NULL, -3), "-3");
    assert_true(strtod(written(NULL, 1.0 / 3.0), NULL) == 1.0 / 3.0);
    assert_true(strtod(written(NULL, 5e-324), NULL) == 5e-324);
    assert_string_equal(written(NULL, (double)NAN), "null");
    assert_string_equal(written(NULL, -(double)INFINITY), "null");
}

static void reads_its_own_texts(void **state)
{
    static const char *const texts[] = {"", "plain", "a\"b\\c", "\\u0041", "new\nline", "京"};
    char back[64];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(jd_json_read_text(written(texts[i], 0), back, sizeof back),
                         strlen(texts[i]));
        assert_string_equal(back, texts[i]);
    }
    assert_int_equal(jd_json_read_text("\"long\"", back, 3), 2);
    assert_string_equal(back, "lo");
}

static void knows_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool valid, printable;
    } cases[] = {{"a", true, true},
                 {"京", true, true},
                 {"a\tb", true, false},
                 {"\xC2\x85", true, false}, /* next line, a C1 control */
                 {"\xC2\xA0", true, true},
                 {"\x7f", true, false},
                 {"\xC0\xAF", false, false},         /* overlong */
                 {"\xE0\x9F\xBF", false, false},     /* overlong */
                 {"\xED\xA0\x80", false, false},     /* surrogate */
                 {"\xF4\x90\x80\x80", false, false}, /* beyond U+10FFFF */
                 {"a\xE4", false, false},
                 {"\xE4\xBA", false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t n = strlen(cases[i].bytes);
        assert_int_equal(jd_utf8_valid(cases[i].bytes, n), cases[i].valid);
        assert_int_equal(jd_utf8_printable(cases[i].bytes, n), cases[i].printable);
    }
    assert_false(jd_utf8_valid("a\0b", 3));
    assert_false(jd_utf8_valid("京", 2)); /* what lies behind is not looked at */
    assert_int_equal(jd_utf8_cut("a京b", 3), 1);
    assert_int_equal(jd_utf8_cut("a京b", 4), 4);
    assert_int_equal(jd_utf8_count("a京\xE9"), 3);
    assert_non_null(jd_text_fault("\xC2\x9B[31m")); /* an escape sequence in one character */
    assert_null(jd_text_fault("a\tb"));
}

/* These stand in files. */
static void hashes_as_ever(void **state)
{
    (void)state;
    assert_true(jd_hash_text(JD_HASH_START, "jiedao") == UINT64_C(0x4e403b53f8a5eb43));
    assert_true(jd_hash_words(JD_HASH_START, "jiedao, by words", 13) ==
                UINT64_C(0x96dac1e8600719eb));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_what_json_does_not_allow),
        cmocka_unit_test(writes_numbers_that_read_back),
        cmocka_unit_test(reads_its_own_texts),
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(hashes_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
