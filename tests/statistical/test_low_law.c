/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firms' uniforms of a quarter, as the pass makes them, have the law of one draw a firm: even, and
 * independent between neighbours, groups, blocks, periods, seeds and replicates; the firms below a
 * rate are as many, and as often the same, as binomials say. A |z| above 5.5 anywhere is an alarm;
 * with some 800 numbers a sound way gives one with probability below 1e-4. One draw a firm must
 * pass the same, and ways that are wrong must not, or the test would be blind. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/random.h"
#include "model/firms/low.h"

enum { FIRMS = 64 * 1024, BINS = 64, PERIODS = 48 };
static const double too_far = 5.5;

typedef enum way {
    AS_THE_PASS,
    ONE_DRAW,
    LEADING_OF_ANOTHER_PERIOD, /* wrong: leading bits that stay the same */
    GROUPS_ALIKE,              /* wrong: all groups of 64 have the same words */
    OWN_FOR_LEADING,           /* wrong: leading bits are those of the firms' own bits */
    WAYS
} way_t;

typedef struct layout {
    way_t way;
    uint64_t seed, replicate;
    int64_t period, first;
} layout_t;

static void fill_low(const layout_t *k, const jd_jump_t *own, double *u)
{
    int64_t period = k->way == LEADING_OF_ANOTHER_PERIOD ? 0 : k->period, firm[JD_LOW_BLOCK];
    jd_jump_t leading = jd_jump(jd_stream(k->seed, k->replicate, JD_DRAW_LEAVE), period, 0);
    uint32_t bits[JD_LOW_BLOCK];
    if (k->way == GROUPS_ALIKE) leading.multiplier = 0;
    for (int64_t i = 0; i < FIRMS; i++)
        u[i] = jd_uniform_of(UINT32_MAX); /* the one number that is below no threshold */
    for (int64_t from = k->first; from < k->first + FIRMS; from = jd_low_next(from)) {
        int n = jd_firms_low(&leading, own, UINT32_MAX, from, k->first + FIRMS, firm, bits);
        for (int i = 0; i < n; i++)
            u[firm[i] - k->first] = jd_uniform_of(bits[i]);
    }
}

static void fill(const layout_t *k, double *u)
{
    jd_jump_t own = jd_jump(jd_stream(k->seed, k->replicate, JD_DRAW_MOVE), k->period, 0);
    if (k->way != ONE_DRAW) fill_low(k, &own, u);
    for (int64_t i = 0; i < FIRMS; i++) {
        if (k->way == ONE_DRAW) u[i] = jd_draw(&own, (uint64_t)(k->first + i));
        if (k->way == OWN_FOR_LEADING) { /* six bits, then the same six again */
            double six = floor(jd_draw(&own, (uint64_t)(k->first + i)) * 64) / 64;
            u[i] = six + six / 64 + 0x1p-13;
        }
    }
}

typedef struct tally {
    int n, alarms;
    double largest;
} tally_t;

static void note(tally_t *t, double z)
{
    t->n++;
    t->alarms += !(fabs(z) < too_far);
    if (!(fabs(z) <= t->largest)) t->largest = fabs(z);
}

/* Normal score of a chi-square with `df` degrees of freedom (Wilson and Hilferty 1931). */
static double score(double chi2, double df)
{
    double v = 2 / (9 * df);
    return (cbrt(chi2 / df) - (1 - v)) / sqrt(v);
}

/* Of a count with a small probability (Anscombe 1948). */
static double rare(double count, double expected)
{
    return 2 * (sqrt(count + 0.375) - sqrt(expected + 0.125));
}

/* Even in 64 bins, of the whole interval or of [0, below). */
static double evenness(const double *u, double below)
{
    double count[BINS] = {0}, chi2 = 0, n = 0;
    for (int i = 0; i < FIRMS; i++) {
        if (u[i] >= below) continue;
        count[(int)(u[i] / below * BINS)]++;
        n++;
    }
    for (int b = 0; b < BINS; b++)
        chi2 += (count[b] - n / BINS) * (count[b] - n / BINS) / (n / BINS);
    return score(chi2, BINS - 1);
}

static void compare(tally_t *t, const double *u, const double *v, int n)
{
    static const double rates[] = {0.02, 0.2};
    double count[64] = {0}, sum = 0, chi2 = 0, both[2] = {0};
    for (int i = 0; i < n; i++) {
        sum += (u[i] - 0.5) * (v[i] - 0.5);
        count[(int)(u[i] * 8) * 8 + (int)(v[i] * 8)]++;
        for (int r = 0; r < 2; r++)
            both[r] += u[i] < rates[r] && v[i] < rates[r];
    }
    for (int b = 0; b < 64; b++)
        chi2 += (count[b] - n / 64.0) * (count[b] - n / 64.0) / (n / 64.0);
    note(t, 12 * sum / sqrt(n));
    note(t, score(chi2, 63));
    note(t, rare(both[0], n * rates[0] * rates[0]));
    note(t, (both[1] - n * 0.04) / sqrt(n * 0.04 * 0.96));
}

/* Firms below a rate in stretches of `size`, against the binomial; cells of fewer than 20 are one.
 * A binomial by its recursion. */
static double counts_score(const int *count, int stretches, int size, double rate)
{
    double p = pow(1 - rate, size), chi2 = 0, seen_left = stretches, expected_left = stretches;
    int cells = 0, seen = 0;
    double expected = 0;
    for (int c = 0; c <= size; c++) {
        for (int s = 0; s < stretches; s++)
            seen += count[s] == c;
        expected += p * stretches;
        p *= rate / (1 - rate) * (size - c) / (c + 1.0);
        if (expected < 20 || expected_left - expected < 20) continue;
        chi2 += (seen - expected) * (seen - expected) / expected;
        seen_left -= seen, expected_left -= expected;
        seen = 0, expected = 0;
        cells++;
    }
    chi2 += (seen_left - expected_left) * (seen_left - expected_left) / expected_left;
    return score(chi2, cells);
}

static void count_stretches(tally_t *t, const double *u, int size, double rate)
{
    static int count[FIRMS];
    memset(count, 0, sizeof count);
    for (int i = 0; i < FIRMS; i++)
        count[i / size] += u[i] < rate;
    note(t, counts_score(count, FIRMS / size, size, rate));
}

/* One layout, and it beside its neighbours. */
static void look_round(const layout_t *k, tally_t *t, double *u, double *v)
{
    static const int lags[] = {1, 2, 3, 16, 32, 63, 64, 65, 128, 1000, 1024};
    fill(k, u);
    note(t, evenness(u, 1));
    note(t, evenness(u, 0.25));
    note(t, evenness(u, 0.15));
    count_stretches(t, u, 64, 0.02);
    count_stretches(t, u, 64, 0.2);
    count_stretches(t, u, 256, 0.02);
    count_stretches(t, u, 1024, 1 / 64.0);
    for (size_t i = 0; i < sizeof lags / sizeof *lags; i++)
        compare(t, u, u + lags[i], FIRMS - lags[i]);
    const layout_t others[] = {
        {k->way, k->seed, k->replicate, k->period + 1, k->first},
        {k->way, k->seed, k->replicate, k->period + 4, k->first},
        {k->way, k->seed + 1, k->replicate, k->period, k->first},
        {k->way, k->seed + 256, k->replicate, k->period, k->first},
        {k->way, k->seed, k->replicate + 1, k->period, k->first},
        {k->way, k->seed + 1, k->replicate, k->period, k->first + 64},
        {k->way == ONE_DRAW ? AS_THE_PASS : k->way, k->seed, k->replicate, k->period, k->first + 1},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        fill(&others[i], v);
        compare(t, u, v, FIRMS);
    }
}

/* How often each firm is below a rate in many periods. */
static void look_along_time(layout_t k, tally_t *t, double *u)
{
    static const double rates[] = {0.02, 0.2};
    static int often[2][FIRMS];
    memset(often, 0, sizeof often);
    for (int p = 0; p < PERIODS; p++, k.period++) {
        fill(&k, u);
        for (int i = 0; i < FIRMS; i++)
            for (int r = 0; r < 2; r++)
                often[r][i] += u[i] < rates[r];
    }
    for (int r = 0; r < 2; r++)
        note(t, counts_score(often[r], FIRMS, PERIODS, rates[r]));
}

static tally_t examine(way_t way, int seeds)
{
    static const int64_t firsts[] = {0, INT64_C(49000448)};
    tally_t t = {0};
    static double u[FIRMS], v[FIRMS];
    for (int seed = 1; seed <= seeds; seed++) {
        layout_t k = {.way = way, .seed = (uint64_t)seed, .period = seed % 2 ? -1 : 12};
        for (int f = 0; f < 2; f++) {
            k.first = firsts[f];
            look_round(&k, &t, u, v);
        }
        look_along_time(k, &t, u);
    }
    return t;
}

static void pass(way_t way, const char *name)
{
    tally_t t = examine(way, 5);
    print_message("%s: %d numbers, largest |z| %.2f\n", name, t.n, t.largest);
    assert_true(t.n >= 750);
    assert_int_equal(t.alarms, 0);
    assert_true(t.largest > 2.5); /* nor tamer than chance */
}

static void test_uniforms_of_the_pass(void **state)
{
    (void)state;
    pass(AS_THE_PASS, "as the pass");
}

static void test_one_draw_a_firm(void **state)
{
    (void)state;
    pass(ONE_DRAW, "one draw a firm");
}

static void test_wrong_ways_are_found_out(void **state)
{
    (void)state;
    for (way_t way = LEADING_OF_ANOTHER_PERIOD; way < WAYS; way++) {
        tally_t t = examine(way, 1);
        print_message("wrong way %d: %d of %d numbers are alarms, largest |z| %.0f\n", way,
                      t.alarms, t.n, t.largest);
        assert_true(t.alarms >= 5 && t.largest > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uniforms_of_the_pass),
        cmocka_unit_test(test_one_draw_a_firm),
        cmocka_unit_test(test_wrong_ways_are_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
