/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Firms with a low uniform: those that have it when every firm's uniform is made by itself. */
#include "support.h"

#include <stdbool.h>

#include "low_uniform.h"
#include "model/firms/low.h"

static const uint32_t thresholds[] = {
    1,          2,         1000000,  (1u << 26) - 1, 1u << 26,   (1u << 26) + 1, 85899346,
    1u << 27,   300000000, 1u << 29, 1u << 30,       1288490189, 1u << 31,       (1u << 31) + 1,
    4080218931, UINT32_MAX};

enum { THRESHOLDS = sizeof thresholds / sizeof thresholds[0], MOST = 5000 };

typedef struct found {
    int64_t n, firm[MOST];
    uint32_t uniform[MOST];
} found_t;

static void find(const low_draws_t *d, uint32_t threshold, int64_t first, int64_t end, found_t *f)
{
    int64_t firm[JD_LOW_BLOCK];
    uint32_t uniform[JD_LOW_BLOCK];
    f->n = 0;
    for (int64_t from = first; from < end; from = jd_low_next(from)) {
        int n = jd_firms_low(&d->leading, &d->own, threshold, from, end, firm, uniform);
        for (int i = 0; i < n; i++) {
            f->firm[f->n] = firm[i];
            f->uniform[f->n++] = uniform[i];
        }
    }
}

static void compare(const low_draws_t *d, uint32_t threshold, int64_t first, int64_t end)
{
    found_t f;
    int64_t n = 0;
    find(d, threshold, first, end, &f);
    for (int64_t i = first; i < end; i++) {
        uint32_t uniform = low_uniform(&d->leading, &d->own, i);
        if (uniform >= threshold) continue;
        assert_true(n < f.n);
        assert_int_equal(f.firm[n], i);
        assert_int_equal(f.uniform[n], uniform);
        n++;
    }
    assert_int_equal(f.n, n);
}

static void test_those_whose_own_uniform_is_low(void **state)
{
    (void)state;
    for (int t = 0; t < THRESHOLDS; t++) {
        low_draws_t d = low_draws((uint64_t)t + 1, (uint64_t)t % 3, t - 5);
        compare(&d, thresholds[t], 0, 3000);
        compare(&d, thresholds[t], INT64_C(1) << 40, (INT64_C(1) << 40) + 1500);
    }
}

/* Ends of ranges at, before and behind those of groups and blocks. */
static void test_any_range(void **state)
{
    (void)state;
    static const int64_t ends[] = {0,   1,   63,   64,   65,   127,  500,
                                   960, 961, 1023, 1024, 1025, 2047, 3072};
    low_draws_t d = low_draws(9, 1, 4);
    for (size_t a = 0; a < sizeof ends / sizeof ends[0]; a++)
        for (size_t b = a; b < sizeof ends / sizeof ends[0]; b++) {
            compare(&d, 400000000, ends[a], ends[b]);
            compare(&d, UINT32_MAX, ends[a], ends[b]);
        }
}

static void test_nothing_is_below_zero(void **state)
{
    (void)state;
    low_draws_t d = low_draws(1, 0, 1);
    found_t f;
    find(&d, 0, 0, MOST, &f);
    assert_int_equal(f.n, 0);
}

/* A firm is below a threshold one above its uniform, and not below its uniform itself. */
static void test_its_own_uniform_is_not_below(void **state)
{
    (void)state;
    low_draws_t d = low_draws(4, 2, 3);
    for (int64_t i = 0; i < 400; i++) {
        uint32_t uniform = low_uniform(&d.leading, &d.own, i);
        compare(&d, uniform, 0, 400);
        compare(&d, uniform + 1, 0, 400);
    }
}

/* A higher threshold keeps the firms of a lower one, with their uniforms. */
static void test_a_higher_threshold_only_adds(void **state)
{
    (void)state;
    low_draws_t d = low_draws(3, 0, 7);
    static found_t less, more;
    find(&d, thresholds[0], 0, MOST, &less);
    for (int t = 1; t < THRESHOLDS; t++) {
        int64_t at = 0;
        find(&d, thresholds[t], 0, MOST, &more);
        for (int64_t i = 0; i < less.n; i++) {
            while (at < more.n && more.firm[at] < less.firm[i])
                at++;
            assert_true(at < more.n);
            assert_int_equal(more.firm[at], less.firm[i]);
            assert_int_equal(more.uniform[at], less.uniform[i]);
        }
        assert_true(more.n >= less.n);
        less = more;
    }
    assert_int_equal(more.n, MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_those_whose_own_uniform_is_low),
        cmocka_unit_test(test_any_range),
        cmocka_unit_test(test_nothing_is_below_zero),
        cmocka_unit_test(test_its_own_uniform_is_not_below),
        cmocka_unit_test(test_a_higher_threshold_only_adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
