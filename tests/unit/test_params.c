/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jd_params_print: the table in its four forms. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "unit/test_config_sections.h"

/* What is printed, as a text the caller frees. */
static char *print(const char *only, jd_params_format_t format)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(jd_params_print(file, test_sections, N_TEST_SECTIONS, only, format, NULL),
                     JD_OK);
    long n = ftell(file);
    assert_true(n > 0);
    char *text = calloc(1, (size_t)n + 1);
    rewind(file);
    assert_int_equal(fread(text, 1, (size_t)n, file), n);
    fclose(file);
    return text;
}

static void expect(const char *only, jd_params_format_t format, const char *expected)
{
    char *text = print(only, format);
    assert_string_equal(text, expected);
    free(text);
}

static void test_table(void **state)
{
    (void)state;
    expect("event", JD_PARAMS_TABLE,
           "[event.NAME]  a rescaling event\n"
           "  name    default  range    unit     meaning  source\n"
           "  size    0.5      [0, 1]   1        jump     assumed\n"
           "  length  4        [1, 40]  quarter  length   assumed\n");
}

/* Characters are aligned, not bytes: a Chinese one has three. */
static void test_table_aligned(void **state)
{
    (void)state;
    char *text = print("policy", JD_PARAMS_TABLE);
    assert_non_null(strstr(text, "\n  label       pilot \"zone\" \xE5\x8C\xBA   "));
    assert_non_null(strstr(text, "\n  waves       2021Q1, 2022Q3  as 2020Q1   "));
    free(text);
}

static void test_ini(void **state)
{
    (void)state;
    expect("run", JD_PARAMS_INI,
           "; how it runs\n[run]\n"
           "\n; seed\n; [0, 9223372036854775807]; source: chosen\nseed = 1\n"
           "\n; threads\n; [1, 1024]; source: chosen\nthreads = 3\n");
    expect("event", JD_PARAMS_INI,
           "; a rescaling event\n; [event.NAME]\n"
           "\n; jump\n; [0, 1]; source: assumed\n; size = 0.5\n"
           "\n; length\n; [1, 40], quarter; source: assumed\n; length = 4\n");
}

static int all_given(void *user, const char *section, const jd_param_t *param, const char *value,
                     bool given)
{
    (void)user;
    (void)section;
    (void)value;
    if (!given) print_message("%s was not printed\n", param->name);
    return given ? 0 : 1;
}

/* The commented defaults are a config, the very same one, and leave no key out. */
static void test_ini_reads_back(void **state)
{
    (void)state;
    static jd_ctx_t ctx;
    jd_config_t *config;
    assert_int_equal(jd_config_create(&config, test_sections, N_TEST_SECTIONS, &ctx), JD_OK);
    uint64_t defaults = jd_config_hash(config);
    char *text = print(NULL, JD_PARAMS_INI);
    int code = jd_config_read_text(config, "defaults", text, &ctx);
    assert_string_equal(ctx.message, "");
    assert_int_equal(code, JD_OK);
    assert_true(jd_config_hash(config) == defaults);
    assert_int_equal(jd_config_each(config, all_given, NULL), 0);
    jd_config_free(config);
    free(text);
}

static void test_json(void **state)
{
    (void)state;
    expect("event", JD_PARAMS_JSON,
           "[\n  {\"section\": \"event\", \"help\": \"a rescaling event\", \"named\": true, "
           "\"parameters\": [\n"
           "      {\"name\": \"size\", \"type\": \"double\", \"default\": \"0.5\", \"low\": 0, "
           "\"high\": 1, \"unit\": \"1\", \"help\": \"jump\", \"source\": \"assumed\", "
           "\"kind\": \"result\"},\n"
           "      {\"name\": \"length\", \"type\": \"integer\", \"default\": \"4\", \"low\": 1, "
           "\"high\": 40, \"unit\": \"quarter\", \"help\": \"length\", \"source\": \"assumed\", "
           "\"kind\": \"result\"}\n  ]}\n]\n");
    char *text = print("policy", JD_PARAMS_JSON);
    assert_non_null(strstr(text, "\"default\": \"pilot \\\"zone\\\" \xE5\x8C\xBA\""));
    assert_non_null(strstr(text, "\"choices\": [\"random\", \"development\", \"list\"]"));
    free(text);
    text = print("run", JD_PARAMS_JSON);
    assert_non_null(strstr(text, "\"high\": 9223372036854775807,"));
    free(text);
    text = print("policy", JD_PARAMS_JSON);
    assert_non_null(strstr(text, "\"low\": null, \"high\": null"));
    free(text);
}

static void test_markdown(void **state)
{
    (void)state;
    expect("event", JD_PARAMS_MARKDOWN,
           "## `[event.NAME]`\n\na rescaling event\n\n"
           "| name | default | range | unit | meaning | source |\n"
           "| --- | --- | --- | --- | --- | --- |\n"
           "| `size` | 0.5 | [0, 1] | 1 | jump | assumed |\n"
           "| `length` | 4 | [1, 40] | quarter | length | assumed |\n");
    char *text = print("policy", JD_PARAMS_MARKDOWN);
    assert_non_null(strstr(text, "| random \\| development \\| list |"));
    assert_non_null(strstr(text, "| Smith & Sons (2001), p. 3 \\| table 2 |"));
    free(text);
}

static void test_params_errors(void **state)
{
    (void)state;
    static jd_ctx_t ctx;
    FILE *full = fopen("/dev/full", "w");
    if (!full) skip();
    assert_int_equal(
        jd_params_print(full, test_sections, N_TEST_SECTIONS, "polcy", JD_PARAMS_TABLE, &ctx),
        JD_ERR_UNKNOWN_KEY);
    assert_string_equal(ctx.message, "unknown section 'polcy'; did you mean 'policy'?");
    jd_ctx_clear(&ctx);
    assert_int_equal(
        jd_params_print(full, test_sections, N_TEST_SECTIONS, "weather", JD_PARAMS_TABLE, &ctx),
        JD_ERR_UNKNOWN_KEY);
    assert_string_equal(ctx.message, "unknown section 'weather'; there are: policy event run");
    jd_ctx_clear(&ctx);
    assert_int_equal(
        jd_params_print(full, test_sections, N_TEST_SECTIONS, NULL, JD_PARAMS_JSON, &ctx),
        JD_ERR_WRITE);
    assert_string_equal(ctx.message, "the parameters cannot be written: No space left on device");
    fclose(full);
    full = fopen("/dev/full", "w");
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0); /* fails at once, not at the end */
    assert_int_equal(
        jd_params_print(full, test_sections, N_TEST_SECTIONS, NULL, JD_PARAMS_INI, &ctx),
        JD_ERR_WRITE);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),         cmocka_unit_test(test_table_aligned),
        cmocka_unit_test(test_ini),           cmocka_unit_test(test_ini_reads_back),
        cmocka_unit_test(test_json),          cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_params_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
