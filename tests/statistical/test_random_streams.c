/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws of neighbours (ids, periods, draws, seeds, replicates, purposes) are independent of each
 * other: correlations and counts over layouts of firms by periods. A |z| above 5.5 anywhere is an
 * alarm; with some 2,000 numbers a sound generator gives one with probability below 1e-4. The same
 * layouts with ids that reach the generator unmixed must raise alarms, or the test would be blind.
 */
#include "support.h"

#include <math.h>
#include <stdbool.h>

#include "jiedao/random.h"

enum { FIRMS = 20000, BINS = 64 };
static const double too_far = 5.5;

typedef struct layout {
    uint64_t seed, replicate;
    jd_purpose_t purpose;
    int64_t period;
    int draw;
    uint64_t first; /* id of the first firm */
    bool raw;
} layout_t;

/* `raw` hands seed and id to the generator as they are, as one would naively. */
static double draw(const layout_t *k, const jd_jump_t *jump, uint64_t id)
{
    uint64_t state = jump->multiplier * (k->seed + id + jump->increment) + jump->offset;
    return k->raw ? jd_uniform_of(jd_pcg_output(state)) : jd_draw(jump, id);
}

static void fill(const layout_t *k, double *u)
{
    jd_jump_t jump = jd_jump(jd_stream(k->seed, k->replicate, k->purpose), k->period, k->draw);
    for (uint64_t i = 0; i < FIRMS; i++)
        u[i] = draw(k, &jump, k->first + i);
}

static double correlate(const double *u, const double *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (u[i] - 0.5) * (v[i] - 0.5);
    return 12 * sum / sqrt(n);
}

/* Normal score of a chi-square with `df` degrees of freedom (Wilson and Hilferty 1931). */
static double score(double chi2, double df)
{
    double v = 2 / (9 * df);
    return (cbrt(chi2 / df) - (1 - v)) / sqrt(v);
}

static double evenness(const double *u)
{
    int count[BINS] = {0};
    double chi2 = 0, expected = (double)FIRMS / BINS;
    for (int i = 0; i < FIRMS; i++)
        count[(int)(u[i] * BINS)]++;
    for (int b = 0; b < BINS; b++)
        chi2 += (count[b] - expected) * (count[b] - expected) / expected;
    return score(chi2, BINS - 1);
}

/* Counts of pairs in a square of 8 x 8. */
static double pairs(const double *u, const double *v, int n)
{
    int count[64] = {0};
    double chi2 = 0, expected = n / 64.0;
    for (int i = 0; i < n; i++)
        count[(int)(u[i] * 8) * 8 + (int)(v[i] * 8)]++;
    for (int b = 0; b < 64; b++)
        chi2 += (count[b] - expected) * (count[b] - expected) / expected;
    return score(chi2, 63);
}

typedef struct tally {
    int n;
    double largest;
    int alarms;
} tally_t;

static void note(tally_t *t, double z)
{
    t->n++;
    t->alarms += !(fabs(z) < too_far);
    if (fabs(z) > t->largest) t->largest = fabs(z);
}

static void compare(tally_t *t, const double *u, const layout_t *other, double *v)
{
    fill(other, v);
    note(t, correlate(u, v, FIRMS));
    note(t, pairs(u, v, FIRMS));
}

/* All comparisons of one layout with its neighbours. */
static void look_round(const layout_t *k, tally_t *t, double *u, double *v)
{
    static const int lags[] = {1, 2, 3, 16, 128, 1000};
    fill(k, u);
    note(t, evenness(u));
    for (size_t i = 0; i < sizeof lags / sizeof *lags; i++) {
        note(t, correlate(u, u + lags[i], FIRMS - lags[i]));
        note(t, pairs(u, u + lags[i], FIRMS - lags[i]));
    }
    layout_t other = *k;
    other.period++, compare(t, u, &other, v);
    other = *k, other.period += 4, compare(t, u, &other, v);
    other = *k, other.draw++, compare(t, u, &other, v);
    other = *k, other.seed++, compare(t, u, &other, v);
    other = *k, other.seed += 256, compare(t, u, &other, v);
    other = *k, other.replicate++, compare(t, u, &other, v);
    other = *k, other.purpose++, compare(t, u, &other, v);
    other = *k, other.seed++, other.first++, compare(t, u, &other, v);
}

/* The same, time running faster than firms. */
static void look_along_time(layout_t k, tally_t *t, double *u)
{
    enum { PERIODS = 500 };
    for (k.period = 0; k.period < PERIODS; k.period++) {
        jd_jump_t jump = jd_jump(jd_stream(k.seed, k.replicate, k.purpose), k.period, k.draw);
        for (uint64_t i = 0; i < FIRMS / PERIODS; i++)
            u[i * PERIODS + (uint64_t)k.period] = draw(&k, &jump, k.first + i);
    }
    note(t, evenness(u));
    note(t, correlate(u, u + 1, FIRMS - 1));
    note(t, pairs(u, u + 1, FIRMS - 1));
    note(t, correlate(u, u + PERIODS, FIRMS - PERIODS));
    note(t, pairs(u, u + PERIODS, FIRMS - PERIODS));
}

static tally_t examine(bool raw, int seeds)
{
    tally_t t = {0};
    double *u = test_malloc(FIRMS * sizeof *u), *v = test_malloc(FIRMS * sizeof *v);
    static const uint64_t firsts[] = {0, 49000000};
    for (int seed = 1; seed <= seeds; seed++) {
        layout_t k = {.seed = (uint64_t)seed, .purpose = JD_DRAW_MOVE, .raw = raw};
        for (int f = 0; f < 2; f++) {
            k.first = firsts[f];
            for (k.period = -1; k.period < 3; k.period += 2)
                look_round(&k, &t, u, v);
            look_along_time(k, &t, u);
        }
    }
    test_free(u);
    test_free(v);
    return t;
}

static void test_neighbours_are_independent(void **state)
{
    (void)state;
    tally_t t = examine(false, 16);
    print_message("%d numbers, largest |z| %.2f\n", t.n, t.largest);
    assert_true(t.n >= 1900);
    assert_int_equal(t.alarms, 0);
    assert_true(t.largest > 2.5); /* nor tamer than chance */
}

static void test_raw_ids_are_found_out(void **state)
{
    (void)state;
    tally_t t = examine(true, 2);
    print_message("raw ids: %d of %d numbers are alarms, largest |z| %.0f\n", t.alarms, t.n,
                  t.largest);
    assert_true(t.alarms >= 5 && t.largest > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neighbours_are_independent),
        cmocka_unit_test(test_raw_ids_are_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
