/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events: shapes, amplification by level, reach, toolkit, reclassification. */
#include "street_bench.h"

#define WORLD                                                                                      \
    "[world]\nprovinces=2\nprefectures=6\ncounties=24\nstreets=300\n[rescaling]\nevent=0\nbase=0." \
    "3\n"

enum { Q = 4 * 2021 }; /* 2021Q1 */

static void apply(street_bench_t *b, int32_t quarter)
{
    jd_world_t *w = &b->world;
    jd_events_apply(&b->events, &b->tree, quarter, w->pressure, w->environment, b->tk_land,
                    b->tk_fiscal, w->authority);
}

static void test_without_events_pressure_stands(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, WORLD);
    assert_int_equal(b.events.n, 0);
    for (int32_t q = Q - 8; q < Q + 8; q++) {
        bench_quarter(&b, q);
        for (int32_t s = 0; s < b.dims.streets; s++) {
            assert_true(b.world.pressure[s] == 0.3 && b.world.environment[s] == 0.0);
            assert_true(b.world.stringency[s] == 1.0);
        }
        for (int32_t c = 0; c < b.dims.counties; c++)
            assert_true(b.world.toolkit[c] == 1.0);
    }
    bench_free(&b);
}

/* P0 differs between prefectures, not within. */
static void test_base_sd_is_between_prefectures(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, "[world]\nprovinces=20\nprefectures=1000\ncounties=1000\nstreets=2000\n"
                   "[rescaling]\nevent=0\nbase_sd=0.2\n");
    double sum = 0, squares = 0;
    for (int32_t s = 0; s < 2000; s++) {
        int32_t first =
            jd_tree_first_street(&b.tree, JD_PREFECTURE, jd_tree_above(&b.tree, s, JD_PREFECTURE));
        assert_true(b.events.base[s] == b.events.base[first]);
        if (s != first) continue;
        double z = (b.events.base[s] - 0.1) / 0.2;
        sum += z, squares += z * z;
    }
    assert_near(sum / 1000, 0, 4 / sqrt(1000));
    assert_near(squares / 1000, 1, 4 * sqrt(2.0 / 1000));
    bench_free(&b);
}

static void test_event_shapes(void **state)
{
    (void)state;
    static const struct {
        int32_t shape;
        double at[8]; /* from one quarter before the start on; length 4 */
    } shapes[] = {
        {JD_SHAPE_STEP, {0, 1, 1, 1, 1, 1, 1, 1}},
        {JD_SHAPE_RAMP, {0, 0, 0.25, 0.5, 0.75, 1, 1, 1}},
        {JD_SHAPE_PULSE, {0, 1, 1, 1, 1, 0, 0, 0}},
        {JD_SHAPE_UPDOWN, {0, 0, 0.5, 1, 0.5, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        jd_event_params_t e = {.shape = shapes[i].shape, .start = Q, .length = 4};
        for (int k = 0; k < 8; k++)
            assert_true(jd_event_shape(&e, Q - 1 + k) == shapes[i].at[k]);
    }
}

/* Each level between issuer and street adds its weight: (1 + amp)^steps. */
static void test_amplification_by_level(void **state)
{
    (void)state;
    static const char *const levels[] = {"centre", "province", "prefecture", "county", "street"};
    for (int l = 0; l < 5; l++) {
        char text[512];
        street_bench_t b;
        snprintf(text, sizeof text,
                 WORLD "amplify=0.2\n[event.x]\nlevel=%s\nshape=step\nstart=2021Q1\nsize=0.5\n",
                 levels[l]);
        bench_open(&b, text);
        apply(&b, Q - 1);
        assert_true(b.world.pressure[0] == 0.3);
        apply(&b, Q);
        for (int32_t s = 0; s < b.dims.streets; s++)
            assert_near(b.world.pressure[s], 0.3 + 0.5 * pow(1.2, 4 - l), 1e-15);
        assert_true(b.world.environment[0] == 0.0);
        bench_free(&b);
    }
}

static void test_built_in_event_ramps(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, "[rescaling]\nevent=0.15\nevent_start=2021Q1\nevent_length=4\n");
    double full = 0.15 * pow(1.1, 4);
    for (int k = -1; k < 7; k++) {
        apply(&b, Q + k);
        assert_near(b.world.pressure[5], 0.1 + full * fmin(1, fmax(0, k / 4.0)), 1e-15);
    }
    bench_free(&b);
}

/* An event for one unit reaches its streets alone; one that grows with development does so by
 * county. */
static void test_reach_and_development(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, WORLD
               "[event.one]\nlevel=prefecture\nunit=20000002\nshape=step\nstart=2021Q1\nsize=0.5\n"
               "[event.dev]\nlevel=street\ndevelopment=0.5\nshape=step\nstart=2021Q1\nsize=0.2\n");
    apply(&b, Q);
    int reached = 0;
    for (int32_t s = 0; s < b.dims.streets; s++) {
        double dev = b.tree.development[JD_COUNTY][b.tree.parent[JD_STREET][s]];
        bool one = jd_tree_above(&b.tree, s, JD_PREFECTURE) == 1;
        reached += one;
        assert_near(b.world.pressure[s], 0.3 + (one ? 0.5 * 1.1 * 1.1 : 0) + 0.2 * (1 + 0.5 * dev),
                    1e-14);
    }
    assert_true(reached > 0 && reached < b.dims.streets);
    bench_free(&b);
}

static void test_toolkit_and_stringency(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(
        &b, WORLD
        "[event.up]\nlevel=province\nunit=10000001\nkind=env\nshape=ramp\nlength=2\nstart=2021Q1\n"
        "size=0.4\ntk_land=0.5\ntk_fiscal=0.8\ntk_authority=0.6\n");
    const jd_rescaling_params_t *r = b.setting.rescaling;
    for (int k = 0; k < 3; k++) { /* nothing, half, all */
        double part = 0.5 * k, env = 0.4 * pow(1.1, 3) * part;
        bench_quarter(&b, Q + k);
        for (int32_t s = 0; s < b.dims.streets; s++) {
            int32_t c = b.tree.parent[JD_STREET][s];
            bool in = jd_tree_above(&b.tree, s, JD_PROVINCE) == 0;
            double authority = in ? 1 - 0.4 * part : 1;
            double tk =
                in ? pow(1 - 0.5 * part, 0.4) * pow(1 - 0.2 * part, 0.4) * pow(authority, 0.2) : 1;
            assert_near(b.world.toolkit[c], tk, 1e-14);
            assert_near(b.world.environment[s], in ? env : 0, 1e-14);
            assert_near(b.world.pressure[s], 0.3 + (in ? env : 0), 1e-14);
            assert_near(b.world.stringency[s], authority * (1 + r->th_environment * (in ? env : 0)),
                        1e-14);
        }
    }
    bench_free(&b);
}

/* Streets reclassified after `quarters` quarters at a rate. */
static int reclassified(const char *level, double rate, int quarters, street_bench_t *b)
{
    char text[512];
    snprintf(
        text, sizeof text,
        WORLD
        "[event.rank]\nkind=reclassify\nlevel=%s\nrate=%g\nstart=2021Q1\nlength=%d\nexposure=2\n"
        "tk_land=0.5\ntk_authority=2\n[event.push]\nlevel=street\nshape=step\nstart=2021Q1\nsize=0."
        "5\n",
        level, rate, quarters);
    bench_open(b, text);
    for (int k = -2; k < quarters + 3; k++)
        bench_quarter(b, Q + k);
    int n = 0;
    for (int32_t s = 0; s < b->dims.streets; s++) {
        bool changed = b->events.reclassified[s];
        n += changed;
        /* the toolkit's weights: land .4, authority .2 */
        assert_near(b->events.tk_street[s], changed ? pow(0.5, 0.4) * pow(2, 0.2) : 1, 1e-14);
        assert_near(b->world.pressure[s], 0.3 + (changed ? 1.0 : 0.5), 1e-15);
        if (strcmp(level, "county") == 0) {
            int32_t first = b->tree.child[JD_COUNTY][b->tree.parent[JD_STREET][s]];
            assert_int_equal(changed, b->events.reclassified[first]);
        }
    }
    return n;
}

static void test_reclassification(void **state)
{
    (void)state;
    street_bench_t b;
    static const char *const levels[] = {"street", "county"};
    for (int l = 0; l < 2; l++) {
        assert_int_equal(reclassified(levels[l], 0, 8, &b), 0);
        bench_free(&b);
        assert_int_equal(reclassified(levels[l], 1, 1, &b), 300);
        bench_free(&b);
    }
    /* 300 streets at hazard .1 for 5 quarters: 1 - .9^5 = 41 %, SD 2.8 %. Counties change whole. */
    assert_near(reclassified("street", 0.1, 5, &b) / 300.0, 1 - pow(0.9, 5), 0.12);
    bench_free(&b);
    assert_in_range(reclassified("county", 0.1, 5, &b), 30, 270);
    bench_free(&b);
}

static void test_event_errors(void **state)
{
    (void)state;
    street_bench_t b;
    assert_int_equal(bench_config(&b, "[event.x]\nkind=reclassify\nlevel=province\n"),
                     JD_ERR_COMBINATION);
    assert_non_null(strstr(b.ctx.message, "test:3"));
    assert_non_null(strstr(b.ctx.message, "level = street or level = county"));
    bench_free(&b);

    assert_int_equal(bench_config(&b, "[event.x]\nlevel=street\nunit=40000001\ntk_fiscal=1.2\n"),
                     JD_ERR_COMBINATION);
    assert_non_null(strstr(b.ctx.message, "write level = county"));
    bench_free(&b);

    jd_tree_t tree;
    jd_events_t events;
    assert_int_equal(bench_config(&b, WORLD "[event.x]\nlevel=county\nunit=999\n"), JD_OK);
    assert_int_equal(jd_tree_init(&tree, jd_config_section(b.config, "world"), NULL, 1, &b.ctx),
                     JD_OK);
    assert_int_equal(jd_events_init(&events, b.config, &tree, 1, &b.ctx), JD_ERR_COMBINATION);
    assert_non_null(strstr(b.ctx.message, "event.x.unit = 999"));
    jd_events_free(&events);
    jd_tree_free(&tree);
    bench_free(&b);
}

/* A mandate multiplies stakes and takes time of the streets of its units, by its shape, and presses
 * nobody; several multiply, and what is over leaves nothing behind. */
static void test_mandates(void **state)
{
    (void)state;
    street_bench_t b;
    char text[512];
    bench_open(&b, "[world]\nprovinces=2\nprefectures=6\ncounties=24\nstreets=150\n");
    const char *code = b.tree.code[JD_COUNTY];
    snprintf(text, sizeof text,
             "[world]\nprovinces=2\nprefectures=6\ncounties=24\nstreets=150\n"
             "[rescaling]\nevent=0\n[event.a]\nkind=mandate\nlevel=county\nunit=%s , %s\n"
             "mu_strong=0\nmu_weak=1.5\nburden=0.2\ntk_fiscal=0.5\nstart=2021Q1\nlength=4\n"
             "[event.b]\nkind=mandate\nshape=pulse\nmu_strong=0.5\nstart=2021Q3\nlength=2\n",
             code + 2 * JD_CODE_WIDTH, code + 5 * JD_CODE_WIDTH);
    bench_free(&b);
    bench_open(&b, text);
    for (int32_t q = 4 * 2020; q < 4 * 2023; q++) {
        const double ramp = fmin(1, fmax(0, (q - 4 * 2021) / 4.0));
        const double pulse = q >= 4 * 2021 + 2 && q < 4 * 2021 + 4;
        bench_quarter(&b, q);
        for (int32_t s = 0; s < b.dims.streets; s++) {
            const int32_t c = b.tree.parent[JD_STREET][s];
            const double on = (c == 2 || c == 5) * ramp;
            assert_near(b.events.mandate_s[s], (1 - on) * (1 - 0.5 * pulse), 1e-15);
            assert_near(b.events.mandate_w[s], 1 + 0.5 * on, 1e-15);
            assert_near(b.events.mandate_burden[s], 0.2 * on, 1e-15);
            assert_near(b.world.pressure[s], 0.1, 1e-15);
            assert_near(b.world.toolkit[c], pow(1 - 0.5 * on, 0.4), 1e-14);
        }
    }
    bench_free(&b);
    assert_int_equal(bench_config(&b, "[event.x]\nkind=mandate\nlevel=county\nunit=nowhere\n"),
                     JD_OK);
    jd_tree_t tree;
    jd_events_t events;
    assert_int_equal(jd_tree_init(&tree, jd_config_section(b.config, "world"), NULL, 1, &b.ctx),
                     JD_OK);
    assert_int_equal(jd_events_init(&events, b.config, &tree, 1, &b.ctx), JD_ERR_COMBINATION);
    assert_non_null(strstr(b.ctx.message, "no unit of that level has the code 'nowhere'"));
    jd_events_free(&events);
    jd_tree_free(&tree);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_events_pressure_stands),
        cmocka_unit_test(test_base_sd_is_between_prefectures),
        cmocka_unit_test(test_event_shapes),
        cmocka_unit_test(test_amplification_by_level),
        cmocka_unit_test(test_built_in_event_ramps),
        cmocka_unit_test(test_reach_and_development),
        cmocka_unit_test(test_toolkit_and_stringency),
        cmocka_unit_test(test_reclassification),
        cmocka_unit_test(test_event_errors),
        cmocka_unit_test(test_mandates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
