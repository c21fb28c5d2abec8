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

/* Streets with any output their officials could have had; some without time, some at a corner. */
static void scatter(street_bench_t *b, jd_rng_t *rng)
{
    jd_world_t *w = &b->world;
    for (int32_t c = 0; c < b->dims.counties; c++)
        w->toolkit[c] = 0.2 + 2 * jd_rng_uniform(rng);
    for (int32_t s = 0; s < b->dims.streets; s++) {
        double time = s % 11 == 0 ? 0 : jd_rng_uniform(rng), share = jd_rng_uniform(rng);
        if (s % 7 == 0) share = s % 2;
        w->incentives.time[s] = time;
        w->output.a_s[s] = 0.1 + 0.9 * jd_rng_uniform(rng);
        w->output.a_w[s] = 0.1 + 0.9 * jd_rng_uniform(rng);
        w->output.y_s[s] = w->output.a_s[s] * time * share;
        w->output.y_w[s] = w->output.a_w[s] * time * (1 - share);
        w->services[s] = s % 13 ? 0.05 + 1.3 * jd_rng_uniform(rng) : 0;
        for (int k = 0; k < JD_STAGES; k++)
            w->stage[k][s] = s % 13 ? 0.05 + 1.3 * jd_rng_uniform(rng) : 0;
        w->modifiers.show[s] = s % 3 ? 0 : jd_rng_uniform(rng);
        w->modifiers.induce[s] = s % 2 ? 1 : 0.5 + jd_rng_uniform(rng);
    }
    for (int32_t c = 0; c < b->dims.counties; c++)
        w->dose[c] = 2 * jd_rng_uniform(rng);
}

/* Section 2 of the theory, slowly, in long double: parts of f of one street. `stage` holds the
 * three stages and G after the quarter. */
static void parts_of(const jd_world_params_t *p, double full, double tk, double a_s, double time,
                     double y_s, const double stage[4], long double part[JD_FRICTION_PARTS])
{
    const long double ref = (long double)p->ambition_s * full, eta = p->eta;
    const long double run[] = {tk, tk * a_s / 2 / ref, tk * a_s / 2 / ref * time, tk * y_s / ref};
    const int of_run[] = {JD_PART_TOOLKIT, JD_PART_CAPABILITY, JD_PART_TIME, JD_PART_WILLINGNESS};
    const int of_stage[] = {JD_PART_CAPABILITY, JD_PART_TIME, JD_PART_WILLINGNESS, JD_PART_SHOW};
    long double before = 0, now;
    for (int k = 0; k < JD_FRICTION_PARTS; k++)
        part[k] = 0;
    for (int k = 0; k < 4 && tk * y_s / ref < 1; k++, before = now) {
        now = logl(fmaxl(run[k], 1e-6L));
        part[of_run[k]] -= eta * (now - before);
    }
    before = 0;
    for (int k = 0; k < 4 && stage[3] < 1; k++, before = now) {
        now = logl(fmaxl(stage[k], 1e-6L));
        part[of_stage[k]] -= (1 - eta) * (now - before);
    }
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
    int capped_s = 0, capped_w = 0, negative = 0, floored = 0;
    assert_near(b.setting.full, full, 1e-15);
    for (int round = 0; round < 20; round++) {
        double before[4][600];
        scatter(&b, &rng);
        for (int k = 0; k < JD_STAGES; k++)
            memcpy(before[k], w->stage[k], sizeof before[k]);
        memcpy(before[3], w->services, sizeof before[3]);
        jd_streets_deliver(&b.setting, w, 0, b.dims.streets);
        for (int32_t s = 0; s < b.dims.streets; s++) {
            int32_t c = b.tree.parent[JD_STREET][s];
            double a_w = w->output.a_w[s], y_w = w->output.y_w[s];
            double tk = w->toolkit[c] * w->modifiers.induce[s];
            double time = w->incentives.time[s], ref = p->ambition_w * full, sum = 0, size = 0;
            double phi = fmin(1, 0.6 * 0.7 / (0.7 + 0.5 + 0.5 * a_w) + w->modifiers.show[s]);
            double i = tk * w->output.y_s[s] / (p->ambition_s * full);
            const double flow[] = {a_w / 2, a_w * time / 2, y_w, (1 - phi) * y_w};
            double stage[4];
            for (int k = 0; k < 4; k++) {
                stage[k] = before[k][s] + p->service_rate * (flow[k] / ref - before[k][s]);
                assert_near(k < 3 ? w->stage[k][s] : w->services[s], stage[k], 1e-14);
            }
            double g = stage[3];
            double friction =
                1 - pow(fmin(1, fmax(i, 1e-6)), p->eta) * pow(fmin(1, fmax(g, 1e-6)), 1 - p->eta);
            assert_near(w->inducement[s], i, 1e-14);
            assert_near(w->friction[s], friction, 1e-14);
            assert_near(w->dose_effective[s], w->dose[c] * (1 - friction), 1e-14);
            assert_near(w->log_friction[s],
                        -p->eta * log(fmin(1, fmax(i, 1e-6))) -
                            (1 - p->eta) * log(fmin(1, fmax(g, 1e-6))),
                        1e-12);
            /* The parts are those of the equations, and add up to f. */
            long double part[JD_FRICTION_PARTS];
            parts_of(p, full, tk, w->output.a_s[s], time, w->output.y_s[s], stage, part);
            for (int k = 0; k < JD_FRICTION_PARTS; k++) {
                assert_near(w->part[k][s], (double)part[k], 1e-13);
                sum += w->part[k][s], size += fabs(w->part[k][s]);
            }
            assert_true(fabs(w->log_friction[s] - sum) <= 1e-12 * size);
            capped_s += i >= 1, capped_w += g >= 1, floored += i < 1e-6 || g < 1e-6;
            negative += w->part[JD_PART_WILLINGNESS][s] < 0;
        }
    }
    /* Every case was met. */
    assert_true(capped_s > 1000 && capped_w > 200 && negative > 200 && floored > 1000);
    bench_free(&b);
}

/* Officials who do half of each with all their time have nothing to show but capability: the other
 * parts are 0 from start to rest. */
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
            w->incentives.time[s] = 1;
        }
        jd_streets_deliver(&b.setting, w, 0, b.dims.streets);
        for (int32_t s = 0; s < b.dims.streets; s++) {
            assert_near(w->part[JD_PART_TIME][s], 0, 1e-12);
            assert_near(w->part[JD_PART_WILLINGNESS][s], 0, 1e-12);
            assert_near(w->part[JD_PART_SHOW][s], 0, 1e-12);
            assert_true(w->log_friction[s] > 0);
        }
    }
    bench_free(&b);
}

/* Means of the parts after 40 quarters, of streets where no factor is capped. */
static void parts_after(const char *text, double part[JD_FRICTION_PARTS])
{
    char config[1024];
    street_bench_t b;
    snprintf(config, sizeof config, "%s%s",
             "[world]\nprovinces=2\nprefectures=6\ncounties=24\nstreets=600\nambition_s=3\n"
             "ambition_w=3\n[rescaling]\nevent=0\n",
             text);
    bench_open(&b, config);
    for (int q = 0; q < 40; q++)
        bench_quarter(&b, 8000 + q);
    for (int32_t s = 0; s < b.dims.streets; s++)
        assert_true(b.world.inducement[s] < 1 && b.world.services[s] < 1);
    for (int k = 0; k < JD_FRICTION_PARTS; k++)
        part[k] = mean_of(b.world.part[k], b.dims.streets);
    bench_free(&b);
}

/* Each cause moves its own part. With learn = 0 capability answers to nothing, so that what other
 * parts move is behaviour alone: willingness, and show as it weighs weak output. */
static void test_causes_move_their_parts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        jd_part_t moves; /* by more than 0.05 */
        double exactly;  /* what it is then, NaN = not said */
        unsigned still;  /* bits of the parts that stay */
    } cases[] = {
        {"[officials]\nlearn=0\nburden=0.3\n", JD_PART_TIME, (double)NAN,
         1U << JD_PART_TOOLKIT | 1U << JD_PART_CAPABILITY | 1U << JD_PART_SHOW},
        {"inspection=0.7\n[officials]\nlearn=0\n", JD_PART_SHOW, (double)NAN,
         1U << JD_PART_TOOLKIT | 1U << JD_PART_CAPABILITY | 1U << JD_PART_TIME |
             1U << JD_PART_WILLINGNESS},
        {"[event.land]\nshape=step\nstart=2000Q1\nsize=0\ntk_land=0.5\n[officials]\nlearn=0\n",
         JD_PART_TOOLKIT, -0.4 * 0.4 * -0.69314718055994531,
         1U << JD_PART_CAPABILITY | 1U << JD_PART_TIME | 1U << JD_PART_WILLINGNESS |
             1U << JD_PART_SHOW},
        {"[event.tax]\nshape=step\nstart=2000Q1\nsize=0\ntk_fiscal=0.5\n[officials]\nlearn=0\n",
         JD_PART_TOOLKIT, -0.4 * 0.4 * -0.69314718055994531,
         1U << JD_PART_CAPABILITY | 1U << JD_PART_TIME | 1U << JD_PART_WILLINGNESS |
             1U << JD_PART_SHOW},
        {"[officials]\nlearn=0\npsi_bar=0.2\n", JD_PART_WILLINGNESS, (double)NAN,
         1U << JD_PART_TOOLKIT | 1U << JD_PART_CAPABILITY | 1U << JD_PART_TIME |
             1U << JD_PART_SHOW},
        /* with learning capability answers, to behaviour */
        {"[officials]\nburden=0.3\n", JD_PART_TIME, (double)NAN,
         1U << JD_PART_TOOLKIT | 1U << JD_PART_SHOW},
        {"[officials]\npsi_bar=0.2\n", JD_PART_WILLINGNESS, (double)NAN,
         1U << JD_PART_TOOLKIT | 1U << JD_PART_TIME | 1U << JD_PART_SHOW},
    };
    double still[JD_FRICTION_PARTS], learned[JD_FRICTION_PARTS], part[JD_FRICTION_PARTS];
    parts_after("[officials]\nlearn=0\n", still);
    parts_after("", learned);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double *base = strstr(cases[i].text, "learn=0") ? still : learned;
        parts_after(cases[i].text, part);
        print_message("%zu:", i);
        for (int k = 0; k < JD_FRICTION_PARTS; k++) {
            const double change = part[k] - base[k];
            print_message(" %+.4f", change);
            if (cases[i].still >> k & 1U) assert_near(change, 0, 1e-12);
        }
        print_message("\n");
        const double moved = part[cases[i].moves] - base[cases[i].moves];
        assert_true(moved > 0.05);
        if (!isnan(cases[i].exactly)) assert_near(moved, cases[i].exactly, 1e-12);
    }
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
        w->modifiers.hor[s] = jd_rng_uniform(&rng);
        b.events.mandate_s[s] = 2 * jd_rng_uniform(&rng);
        b.events.mandate_w[s] = 2 * jd_rng_uniform(&rng);
        b.events.mandate_burden[s] = 0.2 * jd_rng_uniform(&rng);
        w->services[s] = 1.5 * jd_rng_uniform(&rng);
    }
    jd_streets_ask(&b.setting, w, 0, b.dims.streets);
    for (int32_t s = 0; s < b.dims.streets; s++) {
        double pressure = w->pressure[s],
               burden = 0.1 + w->modifiers.burden[s] + b.events.mandate_burden[s];
        const jd_incentives_t *in = &w->incentives;
        assert_near(in->stake_s[s],
                    b.events.mandate_s[s] * 0.9 * fmax(0, 1 + 2 * pressure) *
                        (1 + w->modifiers.tour[s]),
                    1e-14);
        assert_near(in->stake_w[s],
                    b.events.mandate_w[s] * 0.5 * pow(0.9725, 8) * (1 + 0.3 * pressure), 1e-14);
        assert_near(in->resident[s], 1.2 + 0.5 * fmax(0, 1 - w->services[s]) + w->modifiers.hor[s],
                    1e-14);
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
        assert_true(b.world.modifiers.budget[c] == 1);
        b.world.modifiers.budget[c] = 1 - 0.01 * c;
    }
    jd_counties_equip(&b.setting, &b.world, b.tk_land, b.tk_fiscal, first, now);
    for (int c = 0; c < 24; c++) {
        double fiscal = 0.8 * (1 - 0.01 * c) * (c == 0 ? 1 : sqrt((50 + 10 * c) / 100.0));
        assert_near(b.world.toolkit[c], pow(1.5, 0.4) * pow(fiscal, 0.4) * pow(0.9, 0.2), 1e-14);
    }
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streets_deliver_what_the_equations_say),
        cmocka_unit_test(test_balanced_officials_are_willing),
        cmocka_unit_test(test_causes_move_their_parts),
        cmocka_unit_test(test_dose_brings_pressure),
        cmocka_unit_test(test_streets_ask_what_the_equations_say),
        cmocka_unit_test(test_counties_feed_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
