/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output, services, friction and its parts on random streets, against the equations of section 2.
 */
#include "street_bench.h"

#include "jiedao/random.h"

#define WORLD \
    "[world]\nprovinces=2\nprefectures=6\ncounties=24\nstreets=600\n[rescaling]\nevent=0\n"

static jd_rng_t numbers(uint64_t seed)
{
    jd_jump_t jump = jd_jump(jd_stream(seed, 0, JD_DRAW_SAMPLE), 0, 0);
    return jd_rng_at(&jump, 0);
}

/* Streets with any output their officials could have had. */
static void scatter(street_bench_t *b, jd_rng_t *rng)
{
    jd_world_t *w = &b->world;
    for (int32_t c = 0; c < b->dims.counties; c++)
        w->toolkit[c] = 0.2 + 2 * jd_rng_uniform(rng);
    for (int32_t s = 0; s < b->dims.streets; s++) {
        w->output.a_s[s] = 0.1 + 0.9 * jd_rng_uniform(rng);
        w->output.a_w[s] = 0.1 + 0.9 * jd_rng_uniform(rng);
        w->output.y_s[s] = w->output.a_s[s] * jd_rng_uniform(rng);
        w->output.y_w[s] = w->output.a_w[s] * jd_rng_uniform(rng);
        w->services[s] = 0.05 + 1.3 * jd_rng_uniform(rng);
        w->services_cap[s] = 0.05 + 1.3 * jd_rng_uniform(rng);
        w->modifiers.show[s] = s % 3 ? 0 : jd_rng_uniform(rng);
    }
    for (int32_t c = 0; c < b->dims.counties; c++)
        w->dose[c] = 2 * jd_rng_uniform(rng);
}

static void test_streets_deliver_what_the_equations_say(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, WORLD "inspection=0.7\n");
    const jd_world_params_t *p = b.setting.world;
    jd_world_t *w = &b.world;
    jd_rng_t rng = numbers(1);
    double full = 0.5 * (0.1 + 6 * 0.5) / (1 + 6 * 0.5);
    int capped_s = 0, capped_w = 0, negative = 0;
    assert_near(b.setting.full, full, 1e-15);
    for (int round = 0; round < 20; round++) {
        scatter(&b, &rng);
        double *g0 = test_malloc(sizeof(double) * 600), *cap0 = test_malloc(sizeof(double) * 600);
        memcpy(g0, w->services, sizeof(double) * 600);
        memcpy(cap0, w->services_cap, sizeof(double) * 600);
        jd_streets_deliver(&b.setting, w, 0, b.dims.streets);
        for (int32_t s = 0; s < b.dims.streets; s++) {
            int32_t c = b.tree.parent[JD_STREET][s];
            double a_w = w->output.a_w[s], tk = w->toolkit[c];
            double phi = fmin(1, 0.6 * 0.7 / (0.7 + 0.5 + 0.5 * a_w) + w->modifiers.show[s]);
            double i = tk * w->output.y_s[s] / (p->ambition_s * full);
            double g = g0[s] + p->service_rate *
                                   ((1 - phi) * w->output.y_w[s] / (p->ambition_w * full) - g0[s]);
            double g_cap = cap0[s] + p->service_rate * (a_w / 2 / (p->ambition_w * full) - cap0[s]);
            double friction = 1 - pow(fmin(1, i), p->eta) * pow(fmin(1, g), 1 - p->eta);
            assert_near(w->inducement[s], i, 1e-14);
            assert_near(w->services[s], g, 1e-14);
            assert_near(w->services_cap[s], g_cap, 1e-14);
            assert_near(w->friction[s], friction, 1e-14);
            assert_near(w->dose_effective[s], w->dose[c] * (1 - friction), 1e-14);
            /* Parts of f = -ln(1 - F): the whole, and capacity's; a capped factor adds nothing to
             * either. */
            double f = -log(1 - friction);
            double cap =
                (i < 1 ? -p->eta * log(tk * w->output.a_s[s] / 2 / (p->ambition_s * full)) : 0) +
                (g < 1 ? -(1 - p->eta) * log(g_cap) : 0);
            assert_near(w->log_friction[s], f, 1e-12);
            assert_near(w->friction_will[s] + cap, w->log_friction[s], 1e-12);
            capped_s += i >= 1, capped_w += g >= 1, negative += w->friction_will[s] < 0;
        }
        test_free(g0);
        test_free(cap0);
    }
    /* Every case was met. */
    assert_true(capped_s > 1000 && capped_w > 200 && negative > 200);
    bench_free(&b);
}

/* Officials who do half of each have no unwillingness to show: f is all capacity, from start to
 * rest. */
static void test_balanced_officials_are_willing(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, WORLD);
    jd_world_t *w = &b.world;
    for (int32_t c = 0; c < b.dims.counties; c++)
        w->toolkit[c] = 0.8;
    for (int q = 0; q < 50; q++) {
        for (int32_t s = 0; s < b.dims.streets; s++) {
            double a = w->output.a_s[s] = w->output.a_w[s] = 0.3 + 0.001 * s;
            w->output.y_s[s] = w->output.y_w[s] = a / 2;
        }
        jd_streets_deliver(&b.setting, w, 0, b.dims.streets);
        for (int32_t s = 0; s < b.dims.streets; s++) {
            assert_near(w->friction_will[s], 0, 1e-12);
            assert_true(w->log_friction[s] > 0);
        }
    }
    bench_free(&b);
}

/* The policy pushes streets of dosed counties by p_D a dose, and only those. */
static void test_dose_brings_pressure(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, WORLD "[policy]\npressure=0.4\n");
    for (int32_t c = 0; c < b.dims.counties; c++)
        b.world.dose[c] = c % 3 ? 0.5 * (c % 3) : 0;
    bench_quarter(&b, 8000);
    for (int32_t s = 0; s < b.dims.streets; s++)
        assert_near(b.world.pressure[s], 0.1 + 0.4 * b.world.dose[b.tree.parent[JD_STREET][s]],
                    1e-15);
    memset(b.world.dose, 0, (size_t)b.dims.counties * sizeof(double));
    bench_quarter(&b, 8001);
    for (int32_t s = 0; s < b.dims.streets; s++)
        assert_true(b.world.pressure[s] == 0.1 && b.world.dose_effective[s] == 0.0);
    bench_free(&b);
}

/* What a street asks: stakes, residents, time, overload, with a mechanism's modifiers. */
static void test_streets_ask_what_the_equations_say(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, WORLD "th_strong=2\nth_weak=0.3\n[officials]\nhorizontal=0.2\nhorizontal_slope="
                         "0.5\nburden=0.1\n");
    jd_world_t *w = &b.world;
    jd_rng_t rng = numbers(2);
    for (int32_t c = 0; c < b.dims.counties; c++)
        w->authority[c] = 1;
    for (int32_t s = 0; s < b.dims.streets; s++) {
        w->pressure[s] = 3 * jd_rng_uniform(&rng) - 1;
        w->modifiers.tour[s] = jd_rng_uniform(&rng) - 0.5;
        w->modifiers.burden[s] = 1.2 * jd_rng_uniform(&rng);
        w->services[s] = 1.5 * jd_rng_uniform(&rng);
    }
    jd_streets_ask(&b.setting, w, 0, b.dims.streets);
    for (int32_t s = 0; s < b.dims.streets; s++) {
        double pressure = w->pressure[s], burden = 0.1 + w->modifiers.burden[s];
        const jd_incentives_t *in = &w->incentives;
        assert_near(in->stake_s[s], 0.9 * fmax(0, 1 + 2 * pressure) * (1 + w->modifiers.tour[s]),
                    1e-14);
        assert_near(in->stake_w[s], 0.5 * pow(0.9725, 8) * (1 + 0.3 * pressure), 1e-14);
        assert_near(in->resident[s], 1.2 + 0.5 * fmax(0, 1 - w->services[s]), 1e-14);
        assert_near(in->time[s], fmax(0, 1 - burden), 1e-15);
        assert_near(in->overload[s], fmax(0, pressure + burden), 1e-15);
    }
    bench_free(&b);
}

/* Fiscal feedback: a county's fiscal autonomy follows its stock of firms. */
static void test_counties_feed_back(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(
        &b, "[world]\nprovinces=2\nprefectures=6\ncounties=24\nstreets=600\nfiscal_feedback=0.5\n");
    int64_t first[24], now[24];
    for (int c = 0; c < 24; c++) {
        b.tk_land[c] = 1.5, b.tk_fiscal[c] = 0.8, b.world.authority[c] = 0.9;
        first[c] = c == 0 ? 0 : 100, now[c] = 50 + 10 * c;
    }
    jd_counties_equip(&b.setting, &b.world, b.tk_land, b.tk_fiscal, first, now);
    for (int c = 0; c < 24; c++) {
        double fiscal = 0.8 * (c == 0 ? 1 : sqrt((50 + 10 * c) / 100.0));
        assert_near(b.world.toolkit[c], pow(1.5, 0.4) * pow(fiscal, 0.4) * pow(0.9, 0.2), 1e-14);
    }
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streets_deliver_what_the_equations_say),
        cmocka_unit_test(test_balanced_officials_are_willing),
        cmocka_unit_test(test_dose_brings_pressure),
        cmocka_unit_test(test_streets_ask_what_the_equations_say),
        cmocka_unit_test(test_counties_feed_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
