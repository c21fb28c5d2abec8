/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reference values of model-equations.md, section 1, for officials who differ, and P3. Where
 * the model gives others, docs/model/officials.md says why. */
#include "street_bench.h"

#include "model/theory/theory.h"

#define STREETS 4000
#define WORLD_OF(more)                                                                            \
    "[world]\nprovinces=2\nprefectures=4\ncounties=40\nstreets=4000\n" more "[rescaling]\nevent=" \
    "0\n"
#define WORLD WORLD_OF("")
#define RAISED WORLD "[event.raised]\nlevel=street\nshape=pulse\nstart=2100Q1\nlength=24\nsize=%g\n"
enum { START = 4 * 2100, SETTLE = 400 };

static int32_t settle(street_bench_t *b, const char *text)
{
    bench_open(b, text);
    for (int32_t q = START - SETTLE; q < START; q++)
        bench_quarter(b, q);
    return START;
}

static double mean(const double *x)
{
    return mean_of(x, STREETS);
}

static void test_rest_at_the_defaults(void **state)
{
    (void)state;
    street_bench_t b;
    settle(&b, WORLD);
    const jd_world_t *w = &b.world;
    print_message("rest: share %.4f, corners S %.4f W %.4f, I %.3f, G %.4f, F %.4f\n",
                  bench_share(&b), mean(w->output.corner_s), mean(w->output.corner_w),
                  mean(w->inducement), mean(w->services), mean(w->friction));
    assert_near(bench_share(&b), 0.57, 0.005);
    assert_near(mean(w->output.corner_s), 0.02, 0.005);
    assert_near(mean(w->output.corner_w), 0, 0.001);
    assert_near(mean(w->inducement), 1.2, 0.02);
    assert_near(mean(w->services), 0.52, 0.01);
    assert_near(mean(w->friction), 0.33, 0.007);
    bench_free(&b);
}

static void test_large_pulse_leaves_its_mark(void **state)
{
    (void)state;
    char text[512];
    street_bench_t b;
    snprintf(text, sizeof text, RAISED, 0.6);
    int32_t q = settle(&b, text);
    for (int i = 0; i < 24; i++)
        bench_quarter(&b, q++);
    print_message("+0.60 for 24 quarters: share %.4f, F %.4f", bench_share(&b),
                  mean(b.world.friction));
    assert_near(bench_share(&b), 0.91, 0.005);
    assert_near(mean(b.world.friction), 0.65, 0.005);
    for (int i = 0; i < 124; i++)
        bench_quarter(&b, q++);
    print_message("; 124 on: %.4f, %.4f\n", bench_share(&b), mean(b.world.friction));
    assert_near(bench_share(&b), 0.70, 0.015);
    assert_near(mean(b.world.friction), 0.48, 0.015);
    bench_free(&b);
}

/* The return is full but for officials whose own folds say that theirs cannot be. */
static void test_small_pulse_returns_but_for_those_who_fold(void **state)
{
    (void)state;
    char text[512];
    street_bench_t b;
    snprintf(text, sizeof text, RAISED, 0.22);
    int32_t q = settle(&b, text);
    double share = bench_share(&b), friction = mean(b.world.friction);
    bool *before = test_calloc((size_t)b.dims.slots * STREETS, sizeof *before);
    for (int32_t i = 0; i < b.dims.slots * STREETS; i++)
        before[i] = b.world.officials.effort_w[i] <= 0;
    for (int i = 0; i < 24; i++)
        bench_quarter(&b, q++);
    print_message("+0.22 for 24 quarters: share %.4f, F %.4f", bench_share(&b),
                  mean(b.world.friction));
    assert_near(bench_share(&b), 0.71, 0.01);
    assert_near(mean(b.world.friction), 0.45, 0.015);
    for (int i = 0; i < 400; i++)
        bench_quarter(&b, q++);
    print_message("; at rest again: %.4f (before %.4f), %.4f (%.4f)\n", bench_share(&b), share,
                  mean(b.world.friction), friction);
    assert_near(bench_share(&b), share, 0.02);
    assert_near(mean(b.world.friction), friction, 0.015);
    int marked = 0;
    for (int32_t i = 0; i < b.dims.slots * STREETS; i++) {
        jd_officials_params_t p = *b.setting.officials;
        if (before[i] || b.world.officials.effort_w[i] > 0) continue;
        marked++;
        p.mu_strong *= b.traits.career[i];
        p.mu_weak *= b.traits.career[i];
        jd_folds_t f = jd_theory_folds(&p, b.setting.rescaling, b.traits.psi_bar[i]);
        assert_true(f.down <= 0.1 && f.up <= 0.32);
    }
    print_message("caught for good: %.2f %% of officials, as their folds allow\n",
                  100.0 * marked / (b.dims.slots * STREETS));
    assert_true(marked > 0);
    test_free(before);
    bench_free(&b);
}

/* P3: f has risen with P after 24 quarters, the more the less weak tasks can be measured. */
static void test_friction_rises_more_where_weak_tasks_are_hard_to_measure(void **state)
{
    (void)state;
    static const double mu[] = {0.3, 0.4, 0.5}, stated[] = {0.45, 0.40, 0.34};
    double rise[3];
    for (int i = 0; i < 3; i++) {
        char text[512];
        street_bench_t b;
        snprintf(
            text, sizeof text,
            WORLD
            "[officials]\nlag=0\nmu_weak=%g\n[event.x]\nlevel=street\nshape=step\nstart=2100Q1\n"
            "size=0.4\n",
            mu[i]);
        int32_t q = settle(&b, text);
        double f = mean(b.world.log_friction);
        for (int k = 0; k < 24; k++)
            bench_quarter(&b, q++);
        rise[i] = mean(b.world.log_friction) - f;
        assert_near(rise[i], stated[i], 0.015);
        bench_free(&b);
    }
    print_message("P3: f rises by %.3f, %.3f, %.3f at mu_W beta^lag .3, .4, .5\n", rise[0], rise[1],
                  rise[2]);
    assert_true(rise[0] > rise[1] && rise[1] > rise[2] && rise[2] > 0);
}

/* Where strong tasks start short of plan pressure first lowers friction, then raises it. */
static void test_honeymoon(void **state)
{
    (void)state;
    street_bench_t b;
    int32_t q = settle(
        &b,
        WORLD_OF(
            "ambition_s=1.4\n") "[event.x]\nlevel=street\nshape=step\nstart=2100Q1\nsize=0.4\n");
    double before = mean(b.world.friction), lowest = 1, low_at = 0;
    assert_true(mean(b.world.inducement) < 1);
    for (int k = 1; k <= 60; k++) {
        bench_quarter(&b, q++);
        if (mean(b.world.friction) < lowest) lowest = mean(b.world.friction), low_at = k;
    }
    print_message("honeymoon at ambition_s 1.4: F %.4f before, %.4f in quarter %g, %.4f after 60\n",
                  before, lowest, low_at, mean(b.world.friction));
    assert_true(lowest < before - 0.005 && low_at > 1 && low_at < 24);
    assert_true(mean(b.world.friction) > before + 0.005);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rest_at_the_defaults),
        cmocka_unit_test(test_large_pulse_leaves_its_mark),
        cmocka_unit_test(test_small_pulse_returns_but_for_those_who_fold),
        cmocka_unit_test(test_friction_rises_more_where_weak_tasks_are_hard_to_measure),
        cmocka_unit_test(test_honeymoon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
