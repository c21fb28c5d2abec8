/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sections of every type, for the tests of sim/config and its fuzz target. */
#ifndef JD_TEST_CONFIG_SECTIONS_H
#define JD_TEST_CONFIG_SECTIONS_H

#include <math.h>
#include <stddef.h>

#include "jiedao/config.h"

typedef struct policy {
    double share;
    int64_t periods;
    bool enabled;
    int32_t assignment;
    char label[JD_TEXT_MAX];
    char divisions[JD_TEXT_MAX];
    int32_t start;
    jd_dates_t waves;
    jd_list_t doses;
    double offset;
    double pressure;
} policy_t;

typedef struct run {
    int64_t seed;
    int64_t threads;
} run_t;

typedef struct event {
    double size;
    int64_t length;
} event_t;

/* name, type, offset, default, low, high, choices, unit, help, source, kind */
#define ROW(struct_t, name, type, fallback, low, high, choices, unit, help, source, kind)        \
    {                                                                                            \
#name, type, offsetof(struct_t, name), fallback, low, high, choices, unit, help, source, \
            kind                                                                                 \
    }

static const jd_param_t policy_params[] = {
    ROW(policy_t, share, JD_PARAM_DOUBLE, "0.25", 0, 1, NULL, "1", "share of counties treated",
        "assumed", JD_RESULT),
    ROW(policy_t, periods, JD_PARAM_INT, "24", 1, 400, NULL, "quarter", "length", "assumed",
        JD_RESULT),
    ROW(policy_t, enabled, JD_PARAM_FLAG, "yes", 0, 0, NULL, "", "whether it acts", "assumed",
        JD_RESULT),
    ROW(policy_t, assignment, JD_PARAM_CHOICE, "list", 0, 0, "random | development | list", "",
        "who is treated", "assumed", JD_RESULT),
    ROW(policy_t, label, JD_PARAM_TEXT, "pilot \"zone\" \xE5\x8C\xBA", 0, 0, NULL, "", "a name",
        "assumed", JD_RESULT),
    ROW(policy_t, divisions, JD_PARAM_PATH, "none.csv", 0, 0, NULL, "", "a file", "assumed",
        JD_RESULT),
    ROW(policy_t, start, JD_PARAM_DATE, "2021Q3", 0, 0, NULL, "quarter", "first quarter", "assumed",
        JD_RESULT),
    ROW(policy_t, waves, JD_PARAM_DATES, "2021Q1, 2022Q3", 0, 0, NULL, "quarter", "waves",
        "assumed", JD_RESULT),
    ROW(policy_t, doses, JD_PARAM_LIST, "0.5, 1", 0, 2, NULL, "1", "doses", "assumed", JD_RESULT),
    ROW(policy_t, offset, JD_PARAM_DOUBLE, "0.1", -HUGE_VAL, HUGE_VAL, NULL, "km", "any number",
        "Smith & Sons (2001), p. 3 | table 2", JD_RESULT),
    ROW(policy_t, pressure, JD_PARAM_DOUBLE, "1e-6", 0, HUGE_VAL, NULL, "1", "pressure",
        "calibrated: x", JD_RESULT),
};

static const jd_param_t run_params[] = {
    ROW(run_t, seed, JD_PARAM_INT, "1", 0, 9223372036854775807.0, NULL, "1", "seed", "chosen",
        JD_RESULT),
    ROW(run_t, threads, JD_PARAM_INT, "3", 1, 1024, NULL, "1", "threads", "chosen", JD_OCCASION),
};

static const jd_param_t event_params[] = {
    ROW(event_t, size, JD_PARAM_DOUBLE, "0.5", 0, 1, NULL, "1", "jump", "assumed", JD_RESULT),
    ROW(event_t, length, JD_PARAM_INT, "4", 1, 40, NULL, "quarter", "length", "assumed", JD_RESULT),
};

static inline int check_policy(const void *block, const char *name, const jd_config_t *config,
                               jd_ctx_t *ctx)
{
    const policy_t *policy = block;
    (void)name;
    if (policy->share <= 0.9 || policy->periods >= 8) return JD_OK;
    jd_config_blame(config, "policy", "share", ctx, "is above 0.9 with %d periods",
                    (int)policy->periods);
    return jd_config_blame(config, "policy", "periods", ctx, "needs 8 or more");
}

static inline int check_event(const void *block, const char *name, const jd_config_t *config,
                              jd_ctx_t *ctx)
{
    const event_t *event = block;
    if (name[0] != '\0' && event->size < 1) return JD_OK; /* a pattern is never judged */
    return jd_config_blame(config, "event", "size", ctx, "the event %s is a full one", name);
}

#define COUNT(params) (int)(sizeof(params) / sizeof(params)[0])

static const jd_section_t policy_section = {"policy",
                                            "what is done",
                                            policy_params,
                                            COUNT(policy_params),
                                            sizeof(policy_t),
                                            false,
                                            check_policy,
                                            false,
                                            NULL,
                                            NULL};
static const jd_section_t run_section = {
    "run", "how it runs", run_params, COUNT(run_params), sizeof(run_t), false, NULL,
    false, NULL,          NULL};
static const jd_section_t event_section = {"event",
                                           "a rescaling event",
                                           event_params,
                                           COUNT(event_params),
                                           sizeof(event_t),
                                           true,
                                           check_event,
                                           false,
                                           NULL,
                                           NULL};
static const jd_section_t *const test_sections[] = {&policy_section, &event_section, &run_section};

enum { N_TEST_SECTIONS = 3 };

static const char *const test_ignored[] = {"sweep", "dgp", NULL};

#endif
