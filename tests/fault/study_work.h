/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The whole chain on a tiny world, cut into pieces that can be made to fail one by one. */
#ifndef JD_TESTS_FAULT_STUDY_WORK_H
#define JD_TESTS_FAULT_STUDY_WORK_H

#include "fault/failing.h"
#include "jiedao/simulation.h"
#include "study/study.h"
#include "sweep/sections.h"

static const char *const tiny[] = {"world.provinces=2",
                                   "world.prefectures=4",
                                   "world.counties=8",
                                   "world.streets=24",
                                   "firms.n=400",
                                   "run.periods=6",
                                   "run.burn_in=2",
                                   "policy.adoption=2020Q3, 2021Q1",
                                   "output.officials=5",
                                   "observation.panel_firms=50",
                                   "firms.review=0.2",
                                   "event.reform.size=0.2",
                                   "event.reform.start=2020Q2",
                                   NULL};

/** A finished config of `set` (assignments) after the tiny world's. */
static inline int make_config(jd_config_t **config, const char *file, const char *const *set,
                              jd_ctx_t *ctx)
{
    int n;
    const jd_section_t *const *sections = jd_all_sections(&n);
    int rc = jd_config_create(config, sections, n, ctx);
    if (!rc) jd_config_ignore(*config, jd_ignored_sections);
    if (!rc && file) rc = jd_config_read_file(*config, file, ctx);
    for (const char *const *a = tiny; !rc && *a; a++)
        rc = jd_config_set(*config, "--set", *a, ctx);
    for (; !rc && set && *set; set++)
        rc = jd_config_set(*config, "--set", *set, ctx);
    return rc ? rc : jd_config_finish(*config, ctx);
}

static inline jd_config_t *ready_config(const char *const *set)
{
    jd_ctx_t ctx;
    jd_config_t *config = NULL;
    jd_ctx_init(&ctx);
    if (make_config(&config, NULL, set, &ctx)) fail_msg("%s", ctx.message);
    return config;
}

#endif
