/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a wrong config is told: the sentences themselves, for they are the interface. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "unit/test_config_sections.h"

/* A text (or override) and all that must be said of it. */
typedef struct wrong {
    const char *text;
    int code;
    const char *message;
} wrong_t;

typedef int (*reader_t)(jd_config_t *config, const char *label, const char *text, jd_ctx_t *ctx);

/* 32 values and a comma. */
#define MANY "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"

static void expect(reader_t read, const char *label, const wrong_t *wrong)
{
    static jd_ctx_t ctx;
    jd_config_t *config;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_config_create(&config, test_sections, N_TEST_SECTIONS, &ctx), JD_OK);
    jd_config_ignore(config, test_ignored);
    int code = read(config, label, wrong->text, &ctx);
    jd_config_free(config);
    assert_string_equal(ctx.message, wrong->message);
    assert_int_equal(code, wrong->code);
    assert_int_equal(ctx.code, wrong->code);
}

#define EXPECT_ALL(read, label, cases)                            \
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases)[0]; i++) \
    expect(read, label, &(cases)[i])

static void test_lines_errors(void **state)
{
    (void)state;
    static const wrong_t cases[] = {
        {"[policy]\nshare 0.5\n", JD_ERR_SYNTAX,
         "x.ini:2: 'share 0.5' has no '='; write key = value"},
        {"[policy]\nshare: 0.5\n", JD_ERR_SYNTAX,
         "x.ini:2: 'share: 0.5' has no '='; write key = value"},
        {"[policy]\nshare ; = 0.5\n", JD_ERR_SYNTAX,
         "x.ini:2: 'share ;' is no key; keys have letters, digits, '_', '-' and '.'"},
        {"[policy]\n= 0.5\n", JD_ERR_SYNTAX,
         "x.ini:2: '=' has no key before it; write key = value"},
        {"[policy]\nperiods = 8\n  share = 0.5\n", JD_ERR_SYNTAX,
         "x.ini:3: 'share = 0.5' is indented; begin keys and sections at the line's start"},
        {"[policy]\nlabel = zone # one\n", JD_ERR_SYNTAX,
         "x.ini:2: '# one' stands in a value; a comment behind a value begins with ';'"},
        {"[policy]\nlabel =#\n", JD_ERR_SYNTAX,
         "x.ini:2: '#' stands in a value; a comment behind a value begins with ';'"},
        {"[policy]\nlabel = \"zone\n", JD_ERR_SYNTAX,
         "x.ini:2: '\"zone' has no closing quote; write key = \"value\""},
        {"[policy]\nlabel = \"a\", \"b\"\n", JD_ERR_SYNTAX,
         "x.ini:2: ', \"b\"' follows a closing quote; quotes go round a whole value"},
        {"[policy\nshare = 7\n", JD_ERR_SYNTAX, "x.ini:1: '[policy' has no ']'; write [section]"},
        {"[policy] share = 7\n", JD_ERR_SYNTAX,
         "x.ini:1: 'share = 7' follows ']'; put it on a line of its own"},
        {"[ policy ]\n", JD_ERR_SYNTAX,
         "x.ini:1: ' policy ' is no section's name; it has letters, digits, '_', '-', and no "
         "blanks"},
        {"[]\n", JD_ERR_SYNTAX,
         "x.ini:1: '' is no section's name; it has letters, digits, '_', '-', and no blanks"},
        {"share = 1\nperiods = 3\n", JD_ERR_SYNTAX,
         "x.ini:1: 'share' stands before any [section]; begin with one"},
        {"[policy]\nshare = 0.1\n\nshare = 0.1\n", JD_ERR_SYNTAX,
         "x.ini:4: [policy] share: given already on line 2; keep one"},
        {"[policy]\n[run]\n[policy]\n", JD_ERR_SYNTAX,
         "x.ini:3: [policy]: the section began on line 1; put its keys together there"},
        {"[policy]\r\nlabel = a\x01", JD_ERR_SYNTAX,
         "x.ini:2: the line holds a control character; remove it"},
        {"[policy]\nlabel = \xFF\n", JD_ERR_SYNTAX,
         "x.ini:2: the line holds bytes that are not UTF-8; save the text as UTF-8"},
        {"; \xC0\xAF\n; \xED\xA0\x80\n; \xF4\x90\x80\x80\n; \xE4\xBA\n", JD_ERR_SYNTAX,
         "x.ini:1: the line holds bytes that are not UTF-8; save the text as UTF-8\n"
         "x.ini:2: the line holds bytes that are not UTF-8; save the text as UTF-8\n"
         "x.ini:3: the line holds bytes that are not UTF-8; save the text as UTF-8\n"
         "x.ini:4: the line holds bytes that are not UTF-8; save the text as UTF-8"},
        {"\xFF\xFE[", JD_ERR_SYNTAX, "x.ini: is UTF-16; save it as UTF-8"},
        {"[sweep]\npolicy.share\n", JD_ERR_SYNTAX,
         "x.ini:2: 'policy.share' has no '='; write key = value"},
        {"[policy]\na23456789a123456789b123456789c123456789d1234567890 = 1\n", JD_ERR_SYNTAX,
         "x.ini:2: 'a23456789a123456789b123456789c123456789d1234567890' is too long for a key; "
         "49 bytes are the most"},
    };
    EXPECT_ALL(jd_config_read_text, "x.ini", cases);
}

static void test_names_errors(void **state)
{
    (void)state;
    static const wrong_t cases[] = {
        {"[policy]\nshare = 0.5\npresure = 1\n", JD_ERR_UNKNOWN_KEY,
         "x.ini:3: [policy] presure: unknown key; did you mean 'pressure'?"},
        {"[policy]\nthreads = 1\n", JD_ERR_UNKNOWN_KEY,
         "x.ini:2: [policy] threads: unknown key here; it belongs to [run]"},
        {"[run]\nsize = 1\n", JD_ERR_UNKNOWN_KEY,
         "x.ini:2: [run] size: unknown key here; it belongs to [event.NAME]"},
        {"[policy]\ninflation = 1\n", JD_ERR_UNKNOWN_KEY,
         "x.ini:2: [policy] inflation: unknown key; `jiedao params policy` lists those there are"},
        {"[event.a]\nsise = 1\n", JD_ERR_UNKNOWN_KEY,
         "x.ini:2: [event.a] sise: unknown key; did you mean 'size'?"},
        {"[polcy]\nshare = 1\nnothing = 2\n", JD_ERR_UNKNOWN_KEY,
         "x.ini:1: [polcy]: unknown section; did you mean [policy]?"},
        {"[evnt.reform2021]\n", JD_ERR_UNKNOWN_KEY,
         "x.ini:1: [evnt.reform2021]: unknown section; did you mean [event.reform2021]?"},
        {"[swep]\n", JD_ERR_UNKNOWN_KEY, "x.ini:1: [swep]: unknown section; did you mean [sweep]?"},
        {"[weather]\n", JD_ERR_UNKNOWN_KEY,
         "x.ini:1: [weather]: unknown section; `jiedao params` lists them all"},
        {"[event]\n", JD_ERR_SYNTAX,
         "x.ini:1: [event] needs a name, for there can be several: [event.first]"},
        {"[policy.a]\n", JD_ERR_SYNTAX, "x.ini:1: [policy] takes no name; write [policy]"},
        {"[event.a b]\n", JD_ERR_SYNTAX,
         "x.ini:1: [event.a b]: a name has 1 to 40 letters, digits, '_' or '-'"},
        {"[event.]\n", JD_ERR_SYNTAX,
         "x.ini:1: [event.]: a name has 1 to 40 letters, digits, '_' or '-'"},
        {"[event.a2345678901234567890123456789012345678901]\n", JD_ERR_SYNTAX,
         "x.ini:1: [event.a2345678901234567890123456789012345678901]: a name has 1 to 40 "
         "letters, digits, '_' or '-'"},
    };
    EXPECT_ALL(jd_config_read_text, "x.ini", cases);
}

static void test_values_errors(void **state)
{
    (void)state;
    static const wrong_t cases[] = {
        {"policy.share=1.4", JD_ERR_VALUE, "--set: policy.share = 1.4 is outside [0, 1]"},
        {"policy.share=-1e-300", JD_ERR_VALUE, "--set: policy.share = -1e-300 is outside [0, 1]"},
        {"policy.share=", JD_ERR_VALUE,
         "--set: policy.share = (nothing) is not a number; allowed is [0, 1]"},
        {"policy.share=nan", JD_ERR_VALUE,
         "--set: policy.share = nan is not a number; allowed is [0, 1]"},
        {"policy.pressure=inf", JD_ERR_VALUE,
         "--set: policy.pressure = inf is not a number; allowed is [0, inf)"},
        {"policy.pressure=1e999", JD_ERR_VALUE,
         "--set: policy.pressure = 1e999 is outside [0, inf)"},
        {"policy.share=0,5", JD_ERR_VALUE,
         "--set: policy.share = 0,5 is not a number; the decimal mark is a point"},
        {"policy.share=0x1p-3", JD_ERR_VALUE,
         "--set: policy.share = 0x1p-3 is not a number: 'x1p-3' follows 0; allowed is [0, 1]"},
        {"policy.share=50%", JD_ERR_VALUE,
         "--set: policy.share = 50% is not a number: '%' follows 50; allowed is [0, 1]"},
        {"policy.periods=24x", JD_ERR_VALUE,
         "--set: policy.periods = 24x is not a whole number: 'x' follows 24; allowed is [1, 400]"},
        {"policy.periods=0", JD_ERR_VALUE, "--set: policy.periods = 0 is outside [1, 400]"},
        {"policy.periods=2.5", JD_ERR_VALUE,
         "--set: policy.periods = 2.5 is not a whole number; allowed is [1, 400]"},
        {"run.seed=50_000", JD_ERR_VALUE,
         "--set: run.seed = 50_000 is not a whole number; leave out the underscores"},
        {"run.seed=200,000", JD_ERR_VALUE,
         "--set: run.seed = 200,000 is not a whole number; leave out the commas"},
        {"run.seed=1,5", JD_ERR_VALUE,
         "--set: run.seed = 1,5 is not a whole number; the decimal mark is a point"},
        {"run.seed=1.000.000", JD_ERR_VALUE,
         "--set: run.seed = 1.000.000 is not a whole number; leave out the points"},
        {"run.seed=200.000", JD_ERR_VALUE,
         "--set: run.seed = 200.000 may mean 200 or, with a point between thousands, 200000; write "
         "it without the point"},
        {"run.seed=200 000", JD_ERR_VALUE,
         "--set: run.seed = 200 000 is not a whole number; leave out the blanks"},
        {"policy.pressure=1,234,567", JD_ERR_VALUE,
         "--set: policy.pressure = 1,234,567 is not a number; leave out the commas"},
        {"policy.pressure=1,234", JD_ERR_VALUE,
         "--set: policy.pressure = 1,234 is not a number; the decimal mark is a point, and "
         "thousands are written without a comma"},
        {"run.seed=9223372036854775808", JD_ERR_VALUE,
         "--set: run.seed = 9223372036854775808 is outside [0, 9223372036854775807]"},
        {"policy.enabled=maybe", JD_ERR_VALUE, "--set: policy.enabled = maybe is not yes or no"},
        {"policy.assignment=randon", JD_ERR_VALUE,
         "--set: policy.assignment = randon is not one of random | development | list; did you "
         "mean "
         "'random'?"},
        {"policy.assignment=all", JD_ERR_VALUE,
         "--set: policy.assignment = all is not one of random | development | list"},
        {"policy.start=2020-03", JD_ERR_VALUE,
         "--set: policy.start = 2020-03 is not a quarter; write it as 2020Q1"},
        {"policy.start=2020Q5", JD_ERR_VALUE,
         "--set: policy.start = 2020Q5 is not a quarter; write it as 2020Q1"},
        {"policy.waves=2020Q1,", JD_ERR_VALUE,
         "--set: policy.waves = 2020Q1, cannot be read: '' is not a quarter; write it as 2020Q1"},
        {"policy.doses=1, 2.5", JD_ERR_VALUE,
         "--set: policy.doses = 1, 2.5 cannot be read: '2.5' is outside [0, 2]"},
        {"policy.doses=1 2", JD_ERR_VALUE,
         "--set: policy.doses = 1 2 cannot be read: '1 2' is not a number: ' 2' follows 1; "
         "allowed is [0, 2]"},
        {"policy.doses=" MANY MANY MANY MANY "0", JD_ERR_VALUE,
         "--set: policy.doses = 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,... "
         "has more than 128 values"},
    };
    EXPECT_ALL(jd_config_set, "--set", cases);
}

static void test_set_errors(void **state)
{
    (void)state;
    static const wrong_t cases[] = {
        {"policy.share", JD_ERR_SYNTAX,
         "--set: 'policy.share' has no '='; write section.key=value"},
        {"share=0.5", JD_ERR_SYNTAX,
         "--set: 'share' names no section; did you mean 'policy.share'?"},
        {"size=0.5", JD_ERR_SYNTAX,
         "--set: 'size' names no section; did you mean 'event.NAME.size'?"},
        {"nothing=0.5", JD_ERR_SYNTAX,
         "--set: 'nothing' names no section; write section.key=value"},
        {"polcy.share=0.5", JD_ERR_UNKNOWN_KEY,
         "--set: [polcy]: unknown section; did you mean [policy]?"},
        {"policy.presure=0.5", JD_ERR_UNKNOWN_KEY,
         "--set: [policy] presure: unknown key; did you mean 'pressure'?"},
        {"event.size=0.5", JD_ERR_SYNTAX,
         "--set: [event] needs a name, for there can be several: [event.first]"},
        {"event.a.b.size=0.5", JD_ERR_SYNTAX,
         "--set: [event.a.b]: a name has 1 to 40 letters, digits, '_' or '-'"},
        {"policy.label=a\nb", JD_ERR_SYNTAX,
         "--set: the value holds a control character; remove it"},
    };
    EXPECT_ALL(jd_config_set, "--set", cases);
}

/* Up to inih's last byte a line arrives whole; beyond it is refused, not cut. */
static void test_line_length(void **state)
{
    (void)state;
    char text[32 + JD_TEXT_MAX] = "[policy]\nlabel = ";
    char *value = text + strlen(text);
    memset(value, 'a', JD_TEXT_MAX - 1);
    jd_config_t *config;
    assert_int_equal(jd_config_create(&config, test_sections, N_TEST_SECTIONS, NULL), JD_OK);
    assert_int_equal(jd_config_read_text(config, "x.ini", text, NULL), JD_OK);
    const policy_t *policy = jd_config_section(config, "policy");
    assert_string_equal(policy->label, value);
    jd_config_free(config);
    value[JD_TEXT_MAX - 1] = 'a';
    const wrong_t wrong = {text, JD_ERR_VALUE,
                           "x.ini:2: policy.label = "
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa... "
                           "has 1024 bytes; 1023 are the most"};
    expect(jd_config_read_text, "x.ini", &wrong);
}

static void test_text_too_long(void **state)
{
    (void)state;
    char text[16 + JD_TEXT_MAX] = "policy.label=";
    memset(text + 13, 'a', JD_TEXT_MAX);
    wrong_t wrong = {text, JD_ERR_VALUE,
                     "--set: policy.label = "
                     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa... "
                     "has 1024 bytes; 1023 are the most"};
    expect(jd_config_set, "--set", &wrong);
    text[13 + JD_TEXT_MAX - 1] = '\0';
    wrong.code = JD_OK;
    wrong.message = "";
    expect(jd_config_set, "--set", &wrong);
}

/* All mistakes of a file in one go; good lines between them count. */
static void test_all_mistakes_at_once(void **state)
{
    (void)state;
    static const wrong_t wrong = {"[policy]\n"
                                  "share = 1.4\n"
                                  "presure = 1\n"
                                  "periods = 24\n"
                                  "[run\n"
                                  "seed = x\n"
                                  "[event.a]\n"
                                  "size\n"
                                  "length = 0",
                                  JD_ERR_VALUE,
                                  "x.ini:2: policy.share = 1.4 is outside [0, 1]\n"
                                  "x.ini:3: [policy] presure: unknown key; did you mean "
                                  "'pressure'?\n"
                                  "x.ini:5: '[run' has no ']'; write [section]\n"
                                  "x.ini:8: 'size' has no '='; write key = value\n"
                                  "x.ini:9: event.a.length = 0 is outside [1, 40]"};
    expect(jd_config_read_text, "x.ini", &wrong);
}

static int read_path(jd_config_t *config, const char *label, const char *text, jd_ctx_t *ctx)
{
    (void)label;
    return jd_config_read_file(config, text, ctx);
}

static void test_files_errors(void **state)
{
    (void)state;
    char path[] = "/tmp/jd-config-XXXXXX", message[256];
    static const wrong_t cases[] = {
        {"/tmp", JD_ERR_OPEN, "/tmp: is a folder; name a file in it"},
        {"/nowhere/x.ini", JD_ERR_OPEN,
         "/nowhere/x.ini: cannot be opened: No such file or directory; check its name and folder"},
        {"/dev/zero", JD_ERR_OPEN, "/dev/zero: is a device, not a file; name a file or a pipe"},
    };
    EXPECT_ALL(read_path, "", cases);
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "[policy]\nshare = \0 1\n", 21), 21);
    close(file);
    snprintf(message, sizeof message, "%s:2: holds a NUL byte; a config is plain UTF-8 text", path);
    wrong_t nul = {path, JD_ERR_SYNTAX, message};
    expect(read_path, "", &nul);
    remove(path);
}

static void test_without_context(void **state)
{
    (void)state;
    jd_config_t *config;
    assert_int_equal(jd_config_create(&config, test_sections, N_TEST_SECTIONS, NULL), JD_OK);
    assert_int_equal(jd_config_read_text(config, "x", "[x]\n[policy]\nshare = 9\n", NULL),
                     JD_ERR_UNKNOWN_KEY);
    assert_int_equal(jd_config_set(config, "--set", "policy.share=9", NULL), JD_ERR_VALUE);
    jd_config_free(config);
    jd_config_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_errors),         cmocka_unit_test(test_names_errors),
        cmocka_unit_test(test_values_errors),        cmocka_unit_test(test_set_errors),
        cmocka_unit_test(test_line_length),          cmocka_unit_test(test_text_too_long),
        cmocka_unit_test(test_all_mistakes_at_once), cmocka_unit_test(test_files_errors),
        cmocka_unit_test(test_without_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
