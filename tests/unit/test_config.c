/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jd_config: defaults, reading, overrides, checks, hash. Wrong input: test_config_errors.c. */
#include "support.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"
#include "unit/test_config_sections.h"

typedef struct fixture {
    jd_config_t *config;
    jd_ctx_t ctx;
    char warned[256];
    int n_warned;
} fixture_t;

static void remember(void *user, const char *message)
{
    fixture_t *f = user;
    snprintf(f->warned, sizeof f->warned, "%s", message);
    f->n_warned++;
}

static int make(void **state)
{
    fixture_t *f = calloc(1, sizeof *f);
    f->ctx.warn = remember;
    f->ctx.user = f;
    *state = f;
    int code = jd_config_create(&f->config, test_sections, N_TEST_SECTIONS, &f->ctx);
    if (code == JD_OK) jd_config_ignore(f->config, test_ignored);
    return code;
}

static int drop(void **state)
{
    fixture_t *f = *state;
    jd_config_free(f->config);
    free(f);
    return 0;
}

/* Fails with the config's own words, should a good text be refused. */
#define READ(f, text)                                                           \
    do {                                                                        \
        int code_ = jd_config_read_text((f)->config, "t.ini", text, &(f)->ctx); \
        assert_string_equal((f)->ctx.message, "");                              \
        assert_int_equal(code_, JD_OK);                                         \
    } while (0)

#define SET(f, text)                                                      \
    do {                                                                  \
        int code_ = jd_config_set((f)->config, "--set", text, &(f)->ctx); \
        assert_string_equal((f)->ctx.message, "");                        \
        assert_int_equal(code_, JD_OK);                                   \
    } while (0)

static const policy_t *policy_of(const fixture_t *f)
{
    return jd_config_section(f->config, "policy");
}

/* Equality to the bit: what is read must be the very number. */
static void assert_bits(double got, double expected)
{
    assert_memory_equal(&got, &expected, sizeof got);
}

static void test_defaults(void **state)
{
    const policy_t *p = policy_of(*state);
    assert_bits(p->share, 0.25);
    assert_int_equal(p->periods, 24);
    assert_true(p->enabled);
    assert_int_equal(p->assignment, 2);
    assert_string_equal(p->label, "pilot \"zone\" \xE5\x8C\xBA");
    assert_string_equal(p->divisions, "none.csv");
    assert_int_equal(p->start, 4 * 2021 + 2);
    assert_int_equal(p->waves.n, 2);
    assert_int_equal(p->waves.quarter[1], 4 * 2022 + 2);
    assert_int_equal(p->doses.n, 2);
    assert_bits(p->doses.value[0], 0.5);
    assert_bits(p->pressure, 1e-6);
    assert_int_equal(jd_config_count(((fixture_t *)*state)->config, "event"), 0);
}

/* Two different fillings end alike: every byte of every field was set. */
static void test_defaults_set_every_field(void **state)
{
    (void)state;
    static policy_t a, b;
    memset(&a, 0xA5, sizeof a);
    memset(&b, 0x5A, sizeof b);
    assert_int_equal(jd_section_fill(&policy_section, &a, NULL), JD_OK);
    assert_int_equal(jd_section_fill(&policy_section, &b, NULL), JD_OK);
    for (int i = 0; i < policy_section.n_params; i++) {
        const jd_param_t *p = &policy_params[i];
        assert_memory_equal((char *)&a + p->offset, (char *)&b + p->offset, jd_param_size(p->type));
    }
}

static void test_read_every_type(void **state)
{
    fixture_t *f = *state;
    READ(f, "\xEF\xBB\xBF; a comment\r\n"
            "# another\r\n"
            "  ; indented comments are fine\n"
            "[policy] ; the policy\r\n"
            "share=.5\r\n"
            "periods = 1.2e2   ; quarters # of all\n"
            "enabled = off\n"
            "assignment\t=\tdevelopment\n"
            "label = a=b;c#d [e]\t; 'inside' is kept\n"
            "divisions = /data/x.csv\n"
            "start = 1999q4\n"
            "waves =;none\n"
            "doses = 0,1e-3 , 2\n"
            "\n"
            "[run]\n"
            "seed = 9223372036854775807");
    const policy_t *p = policy_of(f);
    assert_bits(p->share, 0.5);
    assert_int_equal(p->periods, 120);
    assert_false(p->enabled);
    assert_int_equal(p->assignment, 1);
    assert_string_equal(p->label, "a=b;c#d [e]");
    assert_string_equal(p->divisions, "/data/x.csv");
    assert_int_equal(p->start, 4 * 1999 + 3);
    assert_int_equal(p->waves.n, 0);
    assert_int_equal(p->doses.n, 3);
    assert_bits(p->doses.value[1], 1e-3);
    const run_t *run = jd_config_section(f->config, "run");
    assert_true(run->seed == INT64_MAX);
}

/* In quotes a value stands as it is, comments' signs and blanks too; and it may be long. */
static void test_read_quotes(void **state)
{
    static const struct {
        const char *text, *label;
    } cases[] = {
        {"\"a ; b # c\" ; comment", "a ; b # c"},
        {"\"  a \"", "  a "},
        {"\"\";x", ""},
        {"\"say \\\"x\\\" and \\\\ and \\n\"", "say \"x\" and \\ and \\n"},
        {"a \"b\" c", "a \"b\" c"},
    };
    char text[2048], label[1024];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture_t *f = *state;
        snprintf(text, sizeof text, "[policy]\nlabel = %s\n", cases[i].text);
        READ(f, text);
        assert_string_equal(policy_of(f)->label, cases[i].label);
    }
    fixture_t *f = *state;
    memset(label, 'x', sizeof label);
    label[1023] = '\0';
    snprintf(text, sizeof text, "[policy]\nlabel = %s\n", label);
    READ(f, text);
    assert_string_equal(policy_of(f)->label, label);
}

static void test_read_nothing(void **state)
{
    fixture_t *f = *state;
    uint64_t before = jd_config_hash(f->config);
    READ(f, "");
    READ(f, "\n\n; only comments");
    READ(f, "[policy]\n[run]\n");
    assert_true(jd_config_hash(f->config) == before);
}

static void test_negative_zero_is_zero(void **state)
{
    fixture_t *f = *state;
    READ(f, "[policy]\noffset = -0.0\ndoses = -0\n");
    assert_bits(policy_of(f)->offset, 0.0);
    assert_bits(policy_of(f)->doses.value[0], 0.0);
}

static void test_integers_are_exact(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {{"1e6", 1000000},
                 {"+2.50e1", 25},
                 {"1200e-2", 12},
                 {"7.0000000000000000000000", 7},
                 {"-0", 0},
                 {"0e99999999999", 0},
                 {"9007199254740993", INT64_C(9007199254740993)},
                 {"-9223372036854775808", INT64_MIN},
                 {"9223372036854775807", INT64_MAX}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = -1;
        const char *end;
        assert_int_equal(jd_integer_parse(cases[i].text, &value, &end), JD_NUMBER_FINE);
        assert_true(value == cases[i].value);
    }
}

static void test_integers_are_exact_errors(void **state)
{
    static const struct {
        const char *text;
        jd_number_fault_t fault;
    } cases[] = {{"9223372036854775808", JD_NUMBER_TOO_LARGE},
                 {"-9223372036854775809", JD_NUMBER_TOO_LARGE},
                 {"1e19", JD_NUMBER_TOO_LARGE},
                 {"1e999999999", JD_NUMBER_TOO_LARGE},
                 {"1.5", JD_NUMBER_FRACTION},
                 {"25e-1", JD_NUMBER_FRACTION},
                 {"1e-99999999999", JD_NUMBER_FRACTION},
                 {"24x", JD_NUMBER_TRAILING},
                 {"0x10", JD_NUMBER_TRAILING},
                 {"1e", JD_NUMBER_TRAILING},
                 {"", JD_NUMBER_NONE},
                 {".", JD_NUMBER_NONE},
                 {"- 1", JD_NUMBER_NONE}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 77;
        const char *end;
        assert_int_equal(jd_integer_parse(cases[i].text, &value, &end), cases[i].fault);
        assert_true(value == 77);
    }
}

static void test_named_sections(void **state)
{
    fixture_t *f = *state;
    READ(f, "[event.b-2]\nsize = 0.1\n[policy]\n[event.a_1]\n");
    SET(f, "event.c.length=7");
    SET(f, "event.b-2.length = 9");
    assert_int_equal(jd_config_count(f->config, "event"), 3);
    static const char *const names[] = {"b-2", "a_1", "c"};
    static const double sizes[] = {0.1, 0.5, 0.5};
    static const int64_t lengths[] = {9, 4, 7};
    for (int i = 0; i < 3; i++) {
        const char *name;
        const event_t *event = jd_config_named(f->config, "event", i, &name);
        assert_string_equal(name, names[i]);
        assert_bits(event->size, sizes[i]);
        assert_int_equal(event->length, lengths[i]);
    }
    assert_null(jd_config_named(f->config, "event", 3, NULL));
    assert_ptr_equal(jd_config_section(f->config, "event.a_1"),
                     jd_config_named(f->config, "event", 1, NULL));
    const event_t *pattern = jd_config_section(f->config, "event");
    assert_bits(pattern->size, 0.5);
    assert_null(jd_config_section(f->config, "nowhere"));
}

static void test_later_wins(void **state)
{
    fixture_t *f = *state;
    READ(f, "[policy]\nshare = 0.1\nperiods = 10\n");
    READ(f, "[policy]\nshare = 0.2\n");
    SET(f, "policy.share=0.3");
    SET(f, " policy.share = 0.4 ");
    assert_bits(policy_of(f)->share, 0.4);
    assert_int_equal(policy_of(f)->periods, 10);
}

static void test_ignored_sections_warn_once(void **state)
{
    fixture_t *f = *state;
    READ(f, "[sweep]\npolicy.share = 0.1, 0.2\ndesign = grid\n[policy]\nshare = 0.75\n");
    assert_int_equal(f->n_warned, 1);
    assert_string_equal(f->warned, "t.ini:1: [sweep] is ignored: this command does not read it");
    assert_bits(policy_of(f)->share, 0.75);
    SET(f, "sweep.policy.share=0.1");
    assert_int_equal(f->n_warned, 2);
    assert_bits(policy_of(f)->share, 0.75);
}

static void test_source(void **state)
{
    fixture_t *f = *state;
    assert_string_equal(jd_config_source(f->config), "");
    READ(f, "[policy]\r\nshare = 0.5 ; half");
    SET(f, "policy.periods=12");
    SET(f, "run.threads=2"); /* an occasion leaves no trace */
    assert_string_equal(jd_config_source(f->config),
                        "[policy]\r\nshare = 0.5 ; half\n; --set policy.periods=12\n");
}

static void test_hash(void **state)
{
    fixture_t *f = *state;
    uint64_t before = jd_config_hash(f->config);
    SET(f, "policy.share=2.5e-1"); /* the default, said otherwise */
    SET(f, "policy.doses=0.50,1.0");
    SET(f, "run.threads=7");
    assert_true(jd_config_hash(f->config) == before);
    static const char *const changes[] = {"policy.share=0.25000000000000006",
                                          "policy.periods=25",
                                          "policy.enabled=no",
                                          "policy.assignment=random",
                                          "policy.label=x",
                                          "policy.divisions=x.csv",
                                          "policy.start=2021Q4",
                                          "policy.waves=2021Q1",
                                          "policy.doses=0.5",
                                          "policy.offset=1",
                                          "run.seed=2",
                                          "event.a.size=0.5",
                                          "event.b.size=0.5"};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        SET(f, changes[i]);
        uint64_t after = jd_config_hash(f->config);
        assert_true(after != before);
        before = after;
    }
}

/* The number itself, computed apart: resuming compares hashes with those of other builds. */
static void test_hash_known_answer(void **state)
{
    fixture_t *f = *state;
    assert_true(jd_config_hash(f->config) == UINT64_C(0xA1950C1456274D12));
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int find_divisions(void *user, const char *section, const jd_param_t *param,
                          const char *value, bool given)
{
    (void)section;
    if (strcmp(param->name, "divisions") != 0) return 0;
    snprintf(user, 64, "%s %s", value, given ? "given" : "default");
    return 1;
}

static void test_paths(void **state)
{
    fixture_t *f = *state;
    char folder[] = "/tmp/jd-config-XXXXXX", path[64], expected[96], value[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.ini", folder);
    write_file(path, "[policy]\ndivisions = /data/d.csv\n");
    assert_int_equal(jd_config_read_file(f->config, path, &f->ctx), JD_OK);
    assert_string_equal(policy_of(f)->divisions, "/data/d.csv");
    write_file(path, "[policy]\ndivisions = ../data/d.csv\n");
    int code = jd_config_read_file(f->config, path, &f->ctx);
    remove(path);
    rmdir(folder);
    assert_int_equal(code, JD_OK);
    snprintf(expected, sizeof expected, "%s/../data/d.csv", folder);
    assert_string_equal(policy_of(f)->divisions, expected);
    /* The visitor and the hash see the user's words: a moved folder is the same config. */
    assert_int_equal(jd_config_each(f->config, find_divisions, value), 1);
    assert_string_equal(value, "../data/d.csv given");
    uint64_t hash = jd_config_hash(f->config);
    SET(f, "policy.divisions=../data/d.csv");
    assert_string_equal(policy_of(f)->divisions, "../data/d.csv");
    assert_true(jd_config_hash(f->config) == hash);
    SET(f, "policy.divisions=");
    assert_string_equal(policy_of(f)->divisions, "");
}

static void test_finish(void **state)
{
    fixture_t *f = *state;
    SET(f, "policy.share=0.95");
    READ(f, "[event.small]\n");
    assert_int_equal(jd_config_finish(f->config, &f->ctx), JD_OK);
}

/* Every check is run, and each mistake stands where its key was last given. */
static void test_finish_errors(void **state)
{
    fixture_t *f = *state;
    READ(f, "[policy]\nshare = 0.5\nperiods = 4\n[event.big]\n\nsize = 1\n");
    SET(f, "policy.share=0.95");
    assert_int_equal(jd_config_finish(f->config, &f->ctx), JD_ERR_COMBINATION);
    assert_string_equal(f->ctx.message, "--set: [policy] share: is above 0.9 with 4 periods\n"
                                        "t.ini:3: [policy] periods: needs 8 or more\n"
                                        "t.ini:6: [event.big] size: the event big is a full one");
}

static void test_blame_default(void **state)
{
    fixture_t *f = *state;
    assert_int_equal(jd_config_blame(f->config, "run", "seed", &f->ctx, "is %s", "odd"),
                     JD_ERR_COMBINATION);
    assert_string_equal(f->ctx.message, "[run] seed: is odd");
}

static void test_create_errors(void **state)
{
    (void)state;
    jd_param_t params[2] = {run_params[0], run_params[1]};
    const jd_section_t section = {"run", "", params, 2, sizeof(run_t), false, NULL, false, NULL, NULL};
    const jd_section_t *const sections[] = {&section};
    jd_config_t *config;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    params[1].fallback = "0";
    assert_int_equal(jd_config_create(&config, sections, 1, &ctx), JD_ERR_ARGUMENT);
    assert_string_equal(ctx.message,
                        "declaration of [run]: default threads = 0 is outside [1, 1024]");
    assert_null(config);
    params[1] = run_params[1];
    params[1].offset = 4;
    jd_ctx_clear(&ctx);
    assert_int_equal(jd_config_create(&config, sections, 1, &ctx), JD_ERR_ARGUMENT);
    assert_string_equal(ctx.message, "declaration of [run] threads: its field is another's too");
    params[1].offset = 12;
    jd_ctx_clear(&ctx);
    assert_int_equal(jd_config_create(&config, sections, 1, &ctx), JD_ERR_ARGUMENT);
    params[1] = params[0];
    assert_int_equal(jd_config_create(&config, sections, 1, NULL), JD_ERR_ARGUMENT);
}

static void test_quarters(void **state)
{
    (void)state;
    char text[8];
    assert_string_equal(jd_quarter_text(4 * 2020, text, sizeof text), "2020Q1");
    assert_string_equal(jd_quarter_text(4 * 999 + 3, text, sizeof text), "0999Q4");
    assert_int_equal(jd_quarter_days(4 * 1970), 0);
    assert_int_equal(jd_quarter_days(4 * 1969 + 3), -92);
    assert_int_equal(jd_quarter_days(4 * 2020), 18262);
    assert_int_equal(jd_quarter_days(4 * 2020 + 1), 18262 + 91); /* a leap year */
    assert_int_equal(jd_quarter_days(4 * 2021 + 1), 18262 + 366 + 90);
    assert_int_equal(jd_quarter_days(4 * 1900 + 3), -25567 + 273); /* no leap year */
    assert_int_equal(jd_quarter_days(4 * 2000 + 1), 10957 + 91);
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const names[] = {"pressure", "share", "mu_weak", "mu_strong", "tax"};
    assert_string_equal(jd_nearest("presure", names, 5), "pressure");
    assert_string_equal(jd_nearest("PRESSURE", names, 5), "pressure");
    assert_string_equal(jd_nearest("atx", names, 5), "tax"); /* one swap, not two slips */
    assert_string_equal(jd_nearest("mu_wek", names, 5), "mu_weak");
    assert_null(jd_nearest("inflation", names, 5));
    assert_null(jd_nearest("t", names, 5));
    assert_null(jd_nearest("", names, 5));
}

/* A host program may have set a locale whose decimal mark is a comma. */
static void test_locale(void **state)
{
    fixture_t *f = *state;
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "pt_BR.UTF-8", "de_DE"};
    const char *found = NULL;
    for (size_t i = 0; i < 4 && !found; i++)
        found = setlocale(LC_NUMERIC, locales[i]);
    if (!found) {
        print_message("skipped: no locale with a decimal comma is installed\n");
        skip();
    }
    char text[40];
    int code = jd_config_set(f->config, "--set", "policy.share=0.375", &f->ctx);
    jd_number_print(0.375, text, sizeof text);
    setlocale(LC_NUMERIC, "C");
    assert_int_equal(code, JD_OK);
    assert_bits(policy_of(f)->share, 0.375);
    assert_string_equal(text, "0.375");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, make, drop),
        cmocka_unit_test(test_defaults_set_every_field),
        cmocka_unit_test_setup_teardown(test_read_every_type, make, drop),
        cmocka_unit_test_setup_teardown(test_read_quotes, make, drop),
        cmocka_unit_test_setup_teardown(test_read_nothing, make, drop),
        cmocka_unit_test_setup_teardown(test_negative_zero_is_zero, make, drop),
        cmocka_unit_test(test_integers_are_exact),
        cmocka_unit_test(test_integers_are_exact_errors),
        cmocka_unit_test_setup_teardown(test_named_sections, make, drop),
        cmocka_unit_test_setup_teardown(test_later_wins, make, drop),
        cmocka_unit_test_setup_teardown(test_ignored_sections_warn_once, make, drop),
        cmocka_unit_test_setup_teardown(test_source, make, drop),
        cmocka_unit_test_setup_teardown(test_hash, make, drop),
        cmocka_unit_test_setup_teardown(test_hash_known_answer, make, drop),
        cmocka_unit_test_setup_teardown(test_paths, make, drop),
        cmocka_unit_test_setup_teardown(test_finish, make, drop),
        cmocka_unit_test_setup_teardown(test_finish_errors, make, drop),
        cmocka_unit_test_setup_teardown(test_blame_default, make, drop),
        cmocka_unit_test(test_create_errors),
        cmocka_unit_test(test_quarters),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test_setup_teardown(test_locale, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
