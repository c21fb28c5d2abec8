/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values written by jd_config_each() and read back, as overrides and as a file, give the same bits.
 */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/random.h"
#include "unit/test_config_sections.h"

enum { CONFIGS = 2000 };

/* Any bits of a finite double within [low, high], every exponent alike often. */
static double random_double(jd_rng_t *rng, double low, double high)
{
    for (;;) {
        uint64_t bits = (uint64_t)jd_rng_bits(rng) << 32 | jd_rng_bits(rng);
        double x;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x) && x >= low && x <= high) return x;
    }
}

static int64_t random_whole(jd_rng_t *rng, int64_t low, int64_t high)
{
    uint64_t bits = (uint64_t)jd_rng_bits(rng) << 32 | jd_rng_bits(rng);
    bits >>= jd_rng_bits(rng) % 64;
    uint64_t range = (uint64_t)high - (uint64_t)low;
    return (int64_t)((uint64_t)low + (range == UINT64_MAX ? bits : bits % (range + 1)));
}

/* 17 digits say any double; the config may print fewer. */
static void give(jd_config_t *config, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_int_equal(jd_config_set(config, "--set", text, NULL), JD_OK);
}

static void fill(jd_config_t *config, jd_rng_t *rng, policy_t *expected)
{
    memset(expected, 0, sizeof *expected);
    expected->share = random_double(rng, 0, 1);
    expected->offset = random_double(rng, -HUGE_VAL, HUGE_VAL);
    expected->pressure = random_double(rng, 0, HUGE_VAL);
    expected->periods = random_whole(rng, 1, 400);
    expected->doses.n = (int32_t)random_whole(rng, 1, 6);
    expected->start = (int32_t)random_whole(rng, 0, 4 * 10000 - 1);
    give(config, "policy.share=%.17g", expected->share);
    give(config, "policy.offset=%.17g", expected->offset);
    give(config, "policy.pressure=%.17g", expected->pressure);
    give(config, "policy.periods=%lld", (long long)expected->periods);
    give(config, "policy.start=%04dQ%d", expected->start / 4, expected->start % 4 + 1);
    char text[512] = "policy.doses=";
    for (int32_t i = 0; i < expected->doses.n; i++) {
        expected->doses.value[i] = random_double(rng, 0, 2);
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%.17g", i ? "," : "",
                 expected->doses.value[i]);
    }
    give(config, "%s", text);
    give(config, "event.e%u.size=%.17g", jd_rng_bits(rng), random_double(rng, 0, 1));
    give(config, "run.seed=%lld", (long long)random_whole(rng, 0, INT64_MAX));
}

typedef struct copy {
    jd_config_t *config; /* takes the values as overrides */
    char ini[8192];      /* and as the text of a file */
    char section[64];
} copy_t;

static int copy_value(void *user, const char *section, const jd_param_t *param, const char *value,
                      bool given)
{
    (void)given;
    copy_t *copy = user;
    char text[2048];
    snprintf(text, sizeof text, "%s.%s=%s", section, param->name, value);
    size_t used = strlen(copy->ini);
    if (strcmp(copy->section, section) != 0)
        used += (size_t)snprintf(copy->ini + used, sizeof copy->ini - used, "[%s]\n", section);
    snprintf(copy->section, sizeof copy->section, "%s", section);
    snprintf(copy->ini + used, sizeof copy->ini - used, "%s = %s\n", param->name, value);
    return jd_config_set(copy->config, "--set", text, NULL);
}

static void assert_same(const jd_config_t *a, const jd_config_t *b)
{
    assert_memory_equal(jd_config_section(a, "policy"), jd_config_section(b, "policy"),
                        sizeof(policy_t));
    assert_memory_equal(jd_config_section(a, "run"), jd_config_section(b, "run"), sizeof(run_t));
    assert_int_equal(jd_config_count(b, "event"), 1);
    assert_memory_equal(jd_config_named(a, "event", 0, NULL), jd_config_named(b, "event", 0, NULL),
                        sizeof(event_t));
    assert_true(jd_config_hash(a) == jd_config_hash(b));
}

static void assert_values(const policy_t *got, const policy_t *expected)
{
    assert_memory_equal(&got->share, &expected->share, sizeof got->share);
    assert_memory_equal(&got->offset, &expected->offset, sizeof got->offset);
    assert_memory_equal(&got->pressure, &expected->pressure, sizeof got->pressure);
    assert_memory_equal(&got->doses, &expected->doses, sizeof got->doses);
    assert_int_equal(got->periods, expected->periods);
    assert_int_equal(got->start, expected->start);
}

static jd_config_t *make(void)
{
    jd_config_t *config;
    assert_int_equal(jd_config_create(&config, test_sections, N_TEST_SECTIONS, NULL), JD_OK);
    return config;
}

static void test_round_trip(void **state)
{
    (void)state;
    static policy_t expected;
    static copy_t copy;
    jd_stream_t stream = jd_stream(20201, 0, JD_DRAW_SAMPLE);
    jd_jump_t jump = jd_jump(stream, 1, 0);
    for (uint64_t i = 0; i < CONFIGS; i++) {
        jd_rng_t rng = jd_rng_at(&jump, i);
        jd_config_t *config = make(), *read = make();
        memset(&copy, 0, sizeof copy);
        copy.config = make();
        fill(config, &rng, &expected);
        assert_values(jd_config_section(config, "policy"), &expected);
        assert_int_equal(jd_config_each(config, copy_value, &copy), JD_OK);
        assert_same(config, copy.config);
        assert_int_equal(jd_config_read_text(read, "copy", copy.ini, NULL), JD_OK);
        assert_same(config, read);
        jd_config_free(config);
        jd_config_free(copy.config);
        jd_config_free(read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
