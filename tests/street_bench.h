/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Streets and officials without firms, for tests of the model: a config from text, a tree, events,
 * one world; a quarter at a time. */
#ifndef JD_TESTS_STREET_BENCH_H
#define JD_TESTS_STREET_BENCH_H

#include "near.h"

#include <math.h>
#include <string.h>

#include "jiedao/simulation.h"
#include "model/outcomes.h"

typedef struct street_bench {
    jd_ctx_t ctx;
    jd_config_t *config;
    jd_tree_t tree;
    jd_events_t events;
    jd_traits_t traits;
    jd_street_setting_t setting;
    jd_dims_t dims;
    jd_world_t world;
    double *tk_land, *tk_fiscal; /* [counties] */
} street_bench_t;

/* The default config with `text` read over it; rc of the last step. */
static inline int bench_config(street_bench_t *b, const char *text)
{
    int n;
    memset(b, 0, sizeof *b);
    jd_ctx_init(&b->ctx);
    const jd_section_t *const *sections = jd_simulation_sections(&n);
    int rc = jd_config_create(&b->config, sections, n, &b->ctx);
    if (!rc) rc = jd_config_read_text(b->config, "test", text, &b->ctx);
    if (!rc) rc = jd_config_finish(b->config, &b->ctx);
    return rc;
}

static inline void bench_free(street_bench_t *b)
{
    jd_world_free(&b->world);
    jd_traits_free(&b->traits);
    jd_events_free(&b->events);
    jd_tree_free(&b->tree);
    jd_config_free(b->config);
    test_free(b->tk_land);
    test_free(b->tk_fiscal);
    memset(b, 0, sizeof *b);
}

/* Everyone balanced, services at what balanced officials deliver. */
static inline void bench_open(street_bench_t *b, const char *text)
{
    int rc = bench_config(b, text);
    if (rc) print_error("%s\n", b->ctx.message);
    assert_int_equal(rc, JD_OK);
    const uint64_t seed = 1;
    const jd_officials_params_t *officials = jd_config_section(b->config, "officials");
    const jd_world_params_t *world = jd_config_section(b->config, "world");
    assert_int_equal(jd_tree_init(&b->tree, world, NULL, seed, &b->ctx), JD_OK);
    assert_int_equal(jd_events_init(&b->events, b->config, &b->tree, seed, &b->ctx), JD_OK);
    int32_t streets = b->tree.n[JD_STREET], counties = b->tree.n[JD_COUNTY];
    assert_int_equal(jd_traits_init(&b->traits, officials, streets, seed, 0, &b->ctx), JD_OK);
    b->setting = (jd_street_setting_t){.tree = &b->tree,
                                       .world = world,
                                       .officials = officials,
                                       .rescaling = jd_config_section(b->config, "rescaling"),
                                       .policy = jd_config_section(b->config, "policy"),
                                       .events = &b->events};
    jd_street_setting_init(&b->setting);
    b->dims = (jd_dims_t){.streets = streets,
                          .counties = counties,
                          .prefectures = b->tree.n[JD_PREFECTURE],
                          .provinces = b->tree.n[JD_PROVINCE],
                          .slots = b->traits.slots,
                          .sectors = 1,
                          .emissions = 1,
                          .sizes = 1,
                          .kinds = 1,
                          .types = 1};
    assert_int_equal(jd_world_init(&b->world, &b->dims, 0, false, &b->ctx), JD_OK);
    b->tk_land = test_calloc((size_t)counties, sizeof(double));
    b->tk_fiscal = test_calloc((size_t)counties, sizeof(double));
    jd_officials_start(officials, &b->traits, &b->world.officials);
    jd_services_start(&b->setting, &b->world);
}

/* One quarter of the calendar (4 * year + quarter - 1), as run/quarter.c does it. */
static inline void bench_quarter(street_bench_t *b, int32_t quarter)
{
    jd_world_t *w = &b->world;
    int32_t streets = b->dims.streets;
    jd_events_reclassify(&b->events, &b->tree, quarter, quarter, 1, 0);
    jd_events_mandate(&b->events, &b->tree, quarter);
    jd_events_apply(&b->events, &b->tree, quarter, w->pressure, w->environment, b->tk_land,
                    b->tk_fiscal, w->authority);
    jd_counties_equip(&b->setting, w, b->tk_land, b->tk_fiscal, NULL, NULL);
    jd_streets_ask(&b->setting, w, 0, streets);
    jd_officials_step(b->setting.officials, &b->traits, &w->incentives, 0, streets, &w->officials,
                      &w->output);
    jd_streets_deliver(&b->setting, w, 0, streets);
}

static inline double mean_of(const double *x, int32_t n)
{
    double sum = 0;
    for (int32_t i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

/* S-share of effort, mean of streets, as the panels have it. */
static inline double bench_share(const street_bench_t *b)
{
    const jd_output_t *out = &b->world.output;
    double sum = 0;
    for (int32_t s = 0; s < b->dims.streets; s++) {
        double all = out->e_s[s] + out->e_w[s];
        sum += all > 0 ? out->e_s[s] / all : 0;
    }
    return sum / b->dims.streets;
}

#endif
