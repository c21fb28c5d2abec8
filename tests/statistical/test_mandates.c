/* SPDX-License-Identifier: GPL-3.0-or-later */
/** P1 and P2 by a mandate: street offices lose investment promotion (mu_S to 0 for listed streets,
 * as in the reform of Shanghai's type). Does the share of strong effort fall, how long does it
 * take, and does it come back? Officials of 24 counties, half of them listed; no random numbers but
 * traits of seed 1, so that nothing here is a false alarm. */
#include "street_bench.h"

enum { COUNTIES = 24, LISTED = 12, QUARTERS = 160 };

typedef struct course {
    double listed[QUARTERS], others[QUARTERS], friction[QUARTERS], corner[QUARTERS];
} course_t;

/* Shares of strong effort by quarter, of listed streets and of the others; `event` is put in front
 * of the list. */
static void run(course_t *c, const char *event)
{
    street_bench_t b;
    char text[1024] = "[world]\nprovinces=2\nprefectures=6\ncounties=24\nstreets=600\n[rescaling]\n"
                      "event=0\n";
    bench_open(&b, text);
    if (*event) {
        strcat(text, event);
        for (int i = 0; i < LISTED; i++) {
            strcat(text, i ? "," : "");
            strncat(text, b.tree.code[JD_COUNTY] + (size_t)i * JD_CODE_WIDTH, JD_CODE_WIDTH);
        }
        strcat(text, "\n");
        bench_free(&b);
        bench_open(&b, text);
    }
    const int32_t first = 4 * 2020;
    for (int32_t q = first - 120; q < first; q++)
        bench_quarter(&b, q);
    for (int t = 0; t < QUARTERS; t++) {
        double sum[2] = {0}, n[2] = {0};
        bench_quarter(&b, first + t);
        c->friction[t] = c->corner[t] = 0;
        for (int32_t s = 0; s < b.dims.streets; s++) {
            const int other = b.tree.parent[JD_STREET][s] >= LISTED;
            const double e_s = b.world.output.e_s[s], e_w = b.world.output.e_w[s];
            sum[other] += e_s / (e_s + e_w);
            n[other]++;
            if (other) continue;
            c->friction[t] += b.world.log_friction[s];
            c->corner[t] += b.world.output.corner_w[s];
        }
        c->listed[t] = sum[0] / n[0];
        c->others[t] = sum[1] / n[1];
        c->friction[t] /= n[0];
        c->corner[t] /= n[0];
    }
    bench_free(&b);
}

/* Quarters until the share has gone half its way from `from` to `to`. */
static int half_way(const course_t *c, int start, double from, double to)
{
    for (int t = start; t < QUARTERS; t++)
        if (fabs(c->listed[t] - from) >= 0.5 * fabs(to - from)) return t - start + 1;
    return -1;
}

static void say(const char *what, const course_t *c)
{
    print_message("%-34s", what);
    for (int t = 0; t < QUARTERS; t += t < 8 ? 1 : t < 40 ? 8 : 40)
        print_message(" %d: %.3f", t, c->listed[t]);
    print_message("; f %.3f %.3f %.3f, W corner %.2f\n", c->friction[0], c->friction[23],
                  c->friction[QUARTERS - 1], c->corner[QUARTERS - 1]);
}

/* The others' officials meet nobody of the listed: to the bit as without a mandate. */
static void assert_others_are_as_without(const course_t *with, const course_t *without)
{
    for (int t = 0; t < QUARTERS; t++)
        assert_true(with->others[t] == without->others[t]);
}

/* P1. Status: test (how fast, how far); null: streets that are not listed. */
static void test_strong_effort_falls(void **state)
{
    (void)state;
    static course_t none, lost, half;
    run(&none, "");
    run(&lost,
        "[event.m]\nkind=mandate\nshape=step\nstart=2020Q1\nmu_strong=0\nlevel=county\nunit=");
    run(&half,
        "[event.m]\nkind=mandate\nshape=step\nstart=2020Q1\nmu_strong=0.5\nlevel=county\nunit=");
    say("no mandate", &none);
    say("mu_strong 0", &lost);
    say("mu_strong 0.5", &half);
    const int fast = half_way(&lost, 0, none.listed[0], lost.listed[QUARTERS - 1]),
              slow = half_way(&half, 0, none.listed[0], half.listed[QUARTERS - 1]);
    print_message("half way after %d and %d quarters\n", fast, slow);
    assert_others_are_as_without(&lost, &none);
    assert_others_are_as_without(&half, &none);
    for (int t = 1; t < QUARTERS; t++)
        assert_true(half.listed[t] <= half.listed[t - 1] && lost.listed[t] <= half.listed[t]);
    assert_true(lost.listed[0] < 0.1 && lost.listed[3] < 1e-3);
    /* half the stakes: half of the way at once, the rest by forgetting, over years */
    assert_true(slow <= 3 && half.listed[16] > half.listed[QUARTERS - 1] + 0.05);
    assert_true(lost.friction[23] > none.friction[23] + 4); /* I = 0 counts as 1e-6 */
}

/* P2. Status: test; null: the same mandate for a year. */
static void test_what_was_lost_for_long_does_not_come_back(void **state)
{
    (void)state;
    static course_t none, some[3];
    static const int lengths[] = {4, 12, 40};
    run(&none, "");
    for (int i = 0; i < 3; i++) {
        char event[160];
        snprintf(event, sizeof event,
                 "[event.m]\nkind=mandate\nshape=pulse\nstart=2020Q1\nlength=%d\nmu_strong=0\n"
                 "level=county\nunit=",
                 lengths[i]);
        run(&some[i], event);
        print_message("%d quarters: back half way after %d more, at the end %.3f of %.3f\n",
                      lengths[i],
                      half_way(&some[i], lengths[i], some[i].listed[lengths[i] - 1],
                               some[i].listed[QUARTERS - 1]),
                      some[i].listed[QUARTERS - 1], none.listed[QUARTERS - 1]);
        say("", &some[i]);
        assert_others_are_as_without(&some[i], &none);
    }
    assert_near(some[0].listed[QUARTERS - 1], none.listed[QUARTERS - 1], 0.005);
    assert_near(some[1].listed[QUARTERS - 1], none.listed[QUARTERS - 1], 0.01);
    assert_true(some[2].listed[QUARTERS - 1] < 0.3 && some[2].corner[QUARTERS - 1] > 0.6);
}

/* More is asked of both tasks, with less time and money. Status: test; null: the same without
 * burden and cut, where both are asked for alike. */
static void test_mandates_without_money(void **state)
{
    (void)state;
    static course_t none, all, paid;
    run(&none, "");
    run(&all, "[event.m]\nkind=mandate\nshape=step\nstart=2020Q1\nmu_strong=1.3\nmu_weak=1.3\n"
              "burden=0.2\ntk_fiscal=0.6\nlevel=county\nunit=");
    run(&paid, "[event.m]\nkind=mandate\nshape=step\nstart=2020Q1\nmu_strong=1.3\nmu_weak=1.3\n"
               "level=county\nunit=");
    say("no mandate", &none);
    say("mandate, paid for", &paid);
    say("mandate without money", &all);
    assert_others_are_as_without(&all, &none);
    assert_true(all.listed[QUARTERS - 1] > none.listed[QUARTERS - 1] + 0.1);
    assert_true(all.friction[QUARTERS - 1] > paid.friction[QUARTERS - 1] + 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strong_effort_falls),
        cmocka_unit_test(test_what_was_lost_for_long_does_not_come_back),
        cmocka_unit_test(test_mandates_without_money),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
