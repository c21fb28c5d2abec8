/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wrong configs at the limits of lines and files; the messages of others are in
 * golden/messages.txt. */
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

static int read_path(jd_config_t *config, const char *label, const char *text, jd_ctx_t *ctx)
{
    (void)label;
    return jd_config_read_file(config, text, ctx);
}

static void test_zero_byte(void **state)
{
    (void)state;
    char path[] = "/tmp/jd-config-XXXXXX", message[256];
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
        cmocka_unit_test(test_line_length),
        cmocka_unit_test(test_text_too_long),
        cmocka_unit_test(test_zero_byte),
        cmocka_unit_test(test_without_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
