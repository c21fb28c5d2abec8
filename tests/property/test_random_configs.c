/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any values inside their allowed ranges give an answer that audits well, or a refusal with a
 * reason: configs drawn from the parameter table, ends of ranges included. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "run/setting.h"
#include "study/recovery.h"
#include "support.h"
#include "sweep/sections.h"

#ifndef CONFIGS
#define CONFIGS 150 /* test_random_configs_long.c takes more */
#endif
enum { TEXT = 512 };

static uint64_t state_of_draws;

/* splitmix64 */
static uint64_t draw(void)
{
    uint64_t z = state_of_draws += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int below(int n)
{
    return (int)(draw() % (uint64_t)n);
}

/* Sizes are kept small; the rest may be anything. */
static double highest(const char *section, const jd_param_t *p)
{
    static const struct {
        const char *name;
        double high;
    } sizes[] = {
        {"run.periods", 12},     {"run.burn_in", 12},       {"run.burn_in_firms", 12},
        {"run.direct_folds", 6}, {"world.provinces", 3},    {"world.prefectures", 8},
        {"world.counties", 30},  {"world.streets", 90},     {"officials.per_street", 12},
        {"firms.n", 900},        {"output.officials", 200}, {"observation.panel_firms", 400},
    };
    char name[128];
    snprintf(name, sizeof name, "%s.%s", section, p->name);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (strcmp(name, sizes[i].name) == 0) return sizes[i].high;
    return fmin(p->high, 1e9);
}

static double number(const char *section, const jd_param_t *p)
{
    double low = fmax(p->low, -1e9), high = highest(section, p);
    int kind = below(6);
    if (kind == 0) return low;
    if (kind == 1) return high;
    if (kind == 2 && low <= 0 && high >= 0) return 0;
    return low + (high - low) * ((double)(draw() >> 11) * 0x1p-53);
}

static void put_quarter(char *text, size_t size)
{
    snprintf(text, size, "%dQ%d", 2019 + below(5), 1 + below(4));
}

static void put_values(char *text, size_t size, const char *section, const jd_param_t *p)
{
    int n = 1 + below(5);
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        char one[64];
        if (p->type == JD_PARAM_DATES)
            put_quarter(one, sizeof one);
        else
            snprintf(one, sizeof one, "%.17g",
                     p->type == JD_PARAM_INTS ? floor(number(section, p)) : number(section, p));
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", one);
    }
}

/* A word of "a | b | c". */
static void put_choice(char *text, size_t size, const char *choices)
{
    int n = 1;
    for (const char *c = choices; *c; c++)
        n += *c == '|';
    const char *word = choices;
    for (int skip = below(n); skip > 0; skip--)
        word = strchr(word, '|') + 2;
    snprintf(text, size, "%.*s", (int)strcspn(word, " "), word);
}

static void put_value(char *text, size_t size, const char *section, const jd_param_t *p)
{
    switch (p->type) {
    case JD_PARAM_DOUBLE:
        snprintf(text, size, "%.17g", number(section, p));
        break;
    case JD_PARAM_INT:
    case JD_PARAM_INT32:
        snprintf(text, size, "%.0f", floor(number(section, p)));
        break;
    case JD_PARAM_FLAG:
        snprintf(text, size, "%s", below(2) ? "yes" : "no");
        break;
    case JD_PARAM_CHOICE:
        put_choice(text, size, p->choices);
        break;
    case JD_PARAM_DATE:
        put_quarter(text, size);
        break;
    case JD_PARAM_DATES:
    case JD_PARAM_LIST:
    case JD_PARAM_INTS:
        put_values(text, size, section, p);
        break;
    case JD_PARAM_RANGE:
        snprintf(text, size, "%d:%d", -below(9), below(9));
        break;
    default:
        *text = '\0';
    }
}

/* Changes 1 to 10 parameters; events go under two names. */
static int change(jd_config_t *config, char *told, size_t size, jd_ctx_t *ctx)
{
    int n_sections, rc = JD_OK;
    const jd_section_t *const *sections = jd_all_sections(&n_sections);
    size_t used = 0;
    for (int left = 1 + below(10); left > 0 && !rc; left--) {
        const jd_section_t *s = sections[below(n_sections)];
        const jd_param_t *p = &s->params[below(s->n_params)];
        char value[TEXT], line[TEXT + 128];
        put_value(value, sizeof value, s->name, p);
        snprintf(line, sizeof line, "%s%s.%s=%s", s->name,
                 !s->named  ? ""
                 : below(2) ? ".a"
                            : ".b",
                 p->name, value);
        used += (size_t)snprintf(told + used, size - used, "--set '%s' ", line);
        rc = jd_config_set(config, "--set", line, ctx);
    }
    return rc;
}

static int audit(void *user, const struct jd_simulation *sim, int64_t period)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    if (jd_simulation_audit(sim, &ctx))
        fail_msg("%s: period %" PRId64 ": %s", (const char *)user, period, ctx.message);
    return JD_OK;
}

static const jd_table_t *find(void *user, const char *name)
{
    return jd_simulation_table(user, name);
}

/* NaN is missing; infinite is a mistake. */
static void look(const jd_table_t *t, const char *told)
{
    for (int c = 0; t->columns && c < t->n_columns; c++) {
        jd_type_t type = t->columns[c].type;
        if (type != JD_FLOAT && type != JD_DOUBLE) continue;
        for (int64_t i = 0; i < jd_table_cells(t, c); i++)
            if (isinf(type == JD_FLOAT ? (double)JD_CELLS(t, c, float)[i]
                                       : JD_CELLS(t, c, double)[i]))
                fail_msg("%s: %s/%s is infinite", told, t->name, t->columns[c].name);
    }
}

static int run(const jd_config_t *config, char *told, jd_ctx_t *ctx)
{
    jd_simulation_t *sim = NULL;
    jd_table_t estimates = {0};
    int rc = jd_simulation_create(&sim, config, NULL, 0, ctx);
    if (!rc) {
        jd_recorded_t recorded = {.table = find, .user = sim};
        rc = jd_simulation_run_hooked(sim, NULL, audit, told, ctx);
        if (!rc)
            rc =
                jd_recover(jd_config_section(config, "estimate"), &recorded, &estimates, NULL, ctx);
        /* What mechanisms add to learning is known only when they act. */
        if (rc && !strstr(ctx->message, "learn too fast")) fail_msg("%s: %s", told, ctx->message);
        for (int i = 0; i < jd_simulation_n_tables(sim); i++)
            look(jd_simulation_table_at(sim, i), told);
        look(&estimates, told);
    }
    jd_table_free(&estimates);
    jd_simulation_free(sim);
    return rc;
}

static jd_config_t *small_config(jd_ctx_t *ctx)
{
    static const char *const base[] = {"world.provinces=2",
                                       "world.prefectures=4",
                                       "world.counties=12",
                                       "world.streets=40",
                                       "firms.n=600",
                                       "run.periods=6",
                                       "run.burn_in=3",
                                       "policy.adoption=2020Q3",
                                       NULL};
    int n;
    jd_config_t *config = NULL;
    const jd_section_t *const *sections = jd_all_sections(&n);
    jd_ctx_init(ctx);
    int rc = jd_config_create(&config, sections, n, ctx);
    for (const char *const *set = base; *set && !rc; set++)
        rc = jd_config_set(config, "--set", *set, ctx);
    assert_int_equal(rc, JD_OK);
    return config;
}

static void test_random_configs(void **state)
{
    (void)state;
    int refused = 0;
    for (int i = 0; i < CONFIGS; i++) {
        static jd_ctx_t ctx;
        static char told[16 * TEXT];
        jd_config_t *config = small_config(&ctx);
        ctx.threads = i % 10 ? 1 : 2;
        state_of_draws = (uint64_t)i << 32;
        if (change(config, told, sizeof told, &ctx))
            fail_msg("%s is inside its range: %s", told, ctx.message);
        int rc = jd_config_finish(config, &ctx);
        if (!rc) rc = run(config, told, &ctx);
        refused += rc != JD_OK;
        if (rc && (rc == JD_ERR_NO_MEMORY || !ctx.used)) fail_msg("%s: code %d", told, rc);
        jd_config_free(config);
    }
    print_message("%d configs, %d refused\n", CONFIGS, refused);
    assert_true(refused < CONFIGS / 2);
}

/* Found by the long test: inducement is 0 and has no weight, and 0 to the power of 0 is 1. */
static void test_no_weight_on_nothing(void **state)
{
    (void)state;
    static jd_ctx_t ctx;
    char told[] = "world.eta=0 officials.mu_weak=2";
    jd_config_t *config = small_config(&ctx);
    assert_int_equal(jd_config_set(config, "--set", "world.eta=0", &ctx), JD_OK);
    assert_int_equal(jd_config_set(config, "--set", "officials.mu_weak=2", &ctx), JD_OK);
    assert_int_equal(jd_config_finish(config, &ctx), JD_OK);
    assert_int_equal(run(config, told, &ctx), JD_OK);
    jd_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_configs),
        cmocka_unit_test(test_no_weight_on_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
