/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HonestDiD against slow, plain second opinions: intervals by nested search over the weights, tests
 * by listing every vertex of the dual; and what any such sets must obey. */
#include <stdlib.h>
#include <string.h>

#include "diagnose/trends/honest_parts.h"
#include "near.h"
#include "property/honest_plain.h"

/* ---- The interval ---- */

typedef struct {
    const jd_event_path_t *path;
    const double *l;
    double m, alpha;
    double weight[MAX_PATH];
} search_t;

/* Worst bias: each kink of the trend by itself, with the sign that hurts. */
static double worst_bias(const search_t *s)
{
    int n_pre = s->path->n_pre, n_post = s->path->n_post;
    double bias = 0;
    for (int kink = 1 - n_pre; kink < n_post; kink++) {
        double effect = 0;
        for (int t = -n_pre; t <= n_post; t++) {
            double delta = kink >= 0 ? fmax(t - kink, 0) : fmax(kink - t, 0);
            if (t != 0) effect += s->weight[n_pre + t - (t > 0)] * delta;
        }
        bias += s->m * fabs(effect);
    }
    return bias;
}

static double half_length(const search_t *s)
{
    int n = s->path->n_pre + s->path->n_post;
    double variance = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            variance += s->weight[i] * s->weight[j] * s->path->vcov[i * n + j];
    double sd = sqrt(variance), t = worst_bias(s) / sd, low = 0, high = t + 40;
    while (high - low > 1e-14 * high) {
        double c = 0.5 * (low + high);
        if (c <= low || c >= high) break;
        *(normal_tail(c - t) + normal_tail(c + t) > s->alpha ? &low : &high) = c;
    }
    return sd * high;
}

/* Golden section over the weight of lead -t, the ones of leads further off within; the first lead
 * takes linear trends out. */
static double search_lead(search_t *s, int t)
{
    int n_pre = s->path->n_pre;
    if (t == 1) {
        double rest = 0;
        for (int j = 1; j <= s->path->n_post; j++)
            rest += j * s->l[j - 1];
        for (int j = 2; j <= n_pre; j++)
            rest -= j * s->weight[n_pre - j];
        s->weight[n_pre - 1] = rest;
        return half_length(s);
    }
    double low = -30, high = 30, golden = (sqrt(5) - 1) / 2, *w = &s->weight[n_pre - t];
    double a = high - golden * (high - low), b = low + golden * (high - low);
    *w = a;
    double at_a = search_lead(s, t - 1);
    *w = b;
    double at_b = search_lead(s, t - 1);
    for (int k = 0; k < 60; k++) {
        if (at_a < at_b) {
            high = b;
            b = a;
            at_b = at_a;
            *w = a = high - golden * (high - low);
            at_a = search_lead(s, t - 1);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            *w = b = low + golden * (high - low);
            at_b = search_lead(s, t - 1);
        }
    }
    return fmin(at_a, at_b);
}

static void test_interval_is_optimal(void **state)
{
    (void)state;
    dice_t dice = {.state = 11};
    for (int trial = 0; trial < 24; trial++) {
        jd_event_path_t path;
        jd_honest_options_t o;
        jd_honest_set_t set;
        int n_post = 1 + trial % 4;
        double l[MAX_PATH];
        random_path(&path, 1 + trial % 3, n_post, 1, &dice);
        for (int j = 0; j < n_post; j++)
            l[j] = trial % 2 ? dice_normal(&dice) : j == 0;
        jd_honest_defaults(&o);
        o.target = l;
        double m = trial % 5 == 0 ? 0 : 0.3 * dice_uniform(&dice);
        assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, NULL), JD_OK);
        search_t s = {.path = &path, .l = l, .m = m, .alpha = 1 - o.level};
        memcpy(s.weight + path.n_pre, l, (size_t)n_post * sizeof *l);
        double half = search_lead(&s, path.n_pre);
        assert_near((set.high - set.low) / 2, half, 1e-8 * half);
        assert_near((set.low + set.high) / 2, set.estimate, 1e-12 * (1 + fabs(set.estimate)));
        jd_event_path_free(&path);
    }
}

/* ---- The tests ---- */

static const struct {
    jd_honest_delta_t delta;
    jd_honest_shape_t shape;
    int n_pre, n_post;
} kinds[] = {
    {JD_HONEST_SD, JD_HONEST_ANY, 2, 1},          {JD_HONEST_SD, JD_HONEST_ANY, 3, 3},
    {JD_HONEST_RM, JD_HONEST_ANY, 2, 2},          {JD_HONEST_RM, JD_HONEST_ANY, 3, 3},
    {JD_HONEST_SDRM, JD_HONEST_ANY, 3, 2},        {JD_HONEST_SD, JD_HONEST_POSITIVE, 2, 3},
    {JD_HONEST_RM, JD_HONEST_DECREASING, 2, 3},   {JD_HONEST_RM, JD_HONEST_POSITIVE, 1, 1},
    {JD_HONEST_SDRM, JD_HONEST_DECREASING, 2, 3},
};

/* The largest margin over the union's members. */
static double union_margin(const plain_t *members, int n, double theta)
{
    double margin = -1;
    for (int k = 0; k < n; k++)
        margin = fmax(margin, plain_margin(&members[k], theta));
    return margin;
}

static void check_set(const jd_event_path_t *path, const jd_honest_options_t *o, double m)
{
    static plain_t members[8];
    jd_honest_set_t set;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    if (jd_honest_sets(path, o, &m, 1, &set, &ctx) != JD_OK) fail_msg("%s", ctx.message);
    int n = jd_honest_n_largest(path, o->delta);
    for (int k = 0; k < n; k++)
        plain_make(&members[k], path, o, o->target, m, -(k / 2), k % 2 ? -1 : 1);
    double length = isfinite(set.high - set.low) ? set.high - set.low : 1;
    if (isfinite(set.low)) {
        assert_true(union_margin(members, n, set.low + 1e-7 * length) > -1e-6);
        for (int k = 0; k < 200; k++)
            assert_true(union_margin(members, n, set.low - length * (1e-6 + k / 50.0)) < 1e-6);
    }
    if (isfinite(set.high)) {
        assert_true(union_margin(members, n, set.high - 1e-7 * length) > -1e-6);
        for (int k = 0; k < 200; k++)
            assert_true(union_margin(members, n, set.high + length * (1e-6 + k / 50.0)) < 1e-6);
    }
}

static void test_sets_match_listed_vertices(void **state)
{
    (void)state;
    dice_t dice = {.state = 5};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int trial = 0; trial < 4; trial++) {
            jd_event_path_t path;
            jd_honest_options_t o;
            double l[MAX_PATH] = {0};
            random_path(&path, kinds[k].n_pre, kinds[k].n_post, trial % 2 ? 2 : 0.2, &dice);
            for (int j = 0; j < path.n_post; j++)
                l[j] = trial < 2 ? 1.0 / path.n_post : 0.2 + dice_uniform(&dice);
            jd_honest_defaults(&o);
            o.delta = kinds[k].delta;
            o.shape = kinds[k].shape;
            o.method = JD_HONEST_CONDITIONAL;
            o.target = l;
            check_set(&path, &o, trial == 0 ? 0 : 2 * dice_uniform(&dice));
            jd_event_path_free(&path);
        }
}

/* One member of a union, with first stages of every kind, value by value. */
static void check_member(const jd_event_path_t *path, const jd_honest_options_t *o, double m,
                         int which)
{
    static plain_t plain;
    jd_moments_t moments;
    jd_flci_t flci;
    double covariance[MAX_PATH] = {0};
    int n = path->n_pre + path->n_post, place = -(which / 2), sign = which % 2 ? -1 : 1;
    assert_int_equal(
        jd_moments_init(&moments, path, o, o->target, m, (jd_largest_t){place, sign}, NULL), JD_OK);
    plain_make(&plain, path, o, o->target, m, place, sign);
    assert_int_equal(jd_flci_make(&flci, path, o->target, m, 0.005, NULL), JD_OK);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            covariance[i] += path->vcov[i * n + j] * flci.weight[j];
    moments.size = plain.size = 0.045;
    for (int stage = 0; stage < 3; stage++) {
        moments.critical = plain.critical = stage == 1 ? 2.4 : (double)INFINITY;
        moments.flci = plain.flci = stage == 2 ? &flci : NULL;
        moments.sigma_flci = covariance;
        for (int k = -200; k <= 200; k++) {
            int accepted;
            double theta = path->estimate[path->n_pre] + k / 40.0;
            assert_int_equal(jd_moments_test(&moments, theta, &accepted, NULL), JD_OK);
            double margin = plain_margin(&plain, theta);
            if (fabs(margin) > 1e-7) assert_int_equal(accepted, margin > 0);
        }
    }
    jd_flci_free(&flci);
    jd_moments_free(&moments);
}

static void test_first_stages_match(void **state)
{
    (void)state;
    dice_t dice = {.state = 14};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int trial = 0; trial < 3; trial++) {
            jd_event_path_t path;
            jd_honest_options_t o;
            double l[MAX_PATH] = {0};
            random_path(&path, kinds[k].n_pre, kinds[k].n_post, 0.3, &dice);
            for (int j = 0; j < path.n_post; j++)
                l[j] = 0.2 + dice_uniform(&dice);
            jd_honest_defaults(&o);
            o.delta = kinds[k].delta;
            o.shape = kinds[k].shape;
            o.target = l;
            for (int which = 0; which < jd_honest_n_largest(&path, o.delta); which++)
                check_member(&path, &o, dice_uniform(&dice), which);
            jd_event_path_free(&path);
        }
}

/* What the public function makes of them: with SD and one period after the reference the critical
 * value is known, and so is the set but for its simulation. */
static void test_sets_of_two_stages(void **state)
{
    (void)state;
    static plain_t plain;
    dice_t dice = {.state = 30};
    jd_event_path_t path;
    jd_honest_options_t o;
    jd_honest_set_t set;
    double m = 0.3, l = 1;
    random_path(&path, 2, 1, 1, &dice);
    jd_honest_defaults(&o);
    o.method = JD_HONEST_C_LF;
    o.target = &l;
    assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, NULL), JD_OK);
    plain_make(&plain, &path, &o, &l, m, 0, 1);
    plain.critical = 2.807033768343811; /* of |z|, size 0.005 */
    plain.size = 0.045 / 0.995;
    double sd = sqrt(path.vcov[8]), low = set.low - sd, high = set.low + 0.3 * sd;
    for (int k = 0; k < 60; k++) {
        double middle = 0.5 * (low + high);
        *(plain_margin(&plain, middle) > 0 ? &high : &low) = middle;
    }
    assert_near(set.low, high, 0.02 * sd); /* a size of 0.05 would miss by 0.04 */
    jd_event_path_free(&path);
}

/* With one period after the reference and SD, the statistic is |z|: its quantile is known. */
static void test_least_favourable_value(void **state)
{
    (void)state;
    dice_t dice = {.state = 3};
    enum { DRAWS = 40000 };
    static double draws[DRAWS * 3];
    double sigma_root[MAX_PATH * MAX_PATH], l = 1;
    jd_event_path_t path;
    jd_moments_t moments;
    jd_honest_options_t o;
    random_path(&path, 2, 1, 1, &dice);
    plain_cholesky(path.vcov, 3, sigma_root);
    for (int s = 0; s < DRAWS; s++)
        draw_errors(sigma_root, 3, &dice, draws + s * 3);
    jd_honest_defaults(&o);
    assert_int_equal(jd_moments_init(&moments, &path, &o, &l, 0.1, (jd_largest_t){0, 0}, NULL),
                     JD_OK);
    assert_int_equal(jd_moments_critical(&moments, draws, DRAWS, 0.05, NULL), JD_OK);
    /* sd of a quantile: sqrt(p (1 - p) / n) / density, 0.0093 here; false alarm 1e-4 */
    assert_near(moments.critical, 1.959963984540054, 4 * 0.0093);
    jd_moments_free(&moments);
    jd_event_path_free(&path);
}

/* ---- What all sets obey ---- */

static void test_units_and_signs(void **state)
{
    (void)state;
    dice_t dice = {.state = 8};
    for (int delta = 0; delta < 3; delta++) {
        jd_event_path_t path;
        jd_honest_options_t o;
        jd_honest_set_t plain, scaled, mirrored;
        random_path(&path, 3, 2, 1, &dice);
        int n = 5;
        jd_honest_defaults(&o);
        o.delta = (jd_honest_delta_t)delta;
        o.method = JD_HONEST_CONDITIONAL;
        double m = 0.4, big = delta == JD_HONEST_SD ? 1e6 * m : m;
        assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &plain, NULL), JD_OK);
        for (int i = 0; i < n; i++)
            path.estimate[i] *= 1e6;
        for (int i = 0; i < n * n; i++)
            path.vcov[i] *= 1e12;
        assert_int_equal(jd_honest_sets(&path, &o, &big, 1, &scaled, NULL), JD_OK);
        for (int i = 0; i < n; i++)
            path.estimate[i] *= -1;
        assert_int_equal(jd_honest_sets(&path, &o, &big, 1, &mirrored, NULL), JD_OK);
        double length = plain.high - plain.low;
        assert_near(scaled.low / 1e6, plain.low, 1e-8 * length);
        assert_near(scaled.high / 1e6, plain.high, 1e-8 * length);
        assert_near(mirrored.low / 1e6, -plain.high, 1e-8 * length);
        assert_near(mirrored.high / 1e6, -plain.low, 1e-8 * length);
        jd_event_path_free(&path);
    }
}

static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    dice_t dice = {.state = 9};
    jd_event_path_t path;
    jd_honest_options_t o;
    jd_honest_set_t one[2], three[2];
    jd_ctx_t ctx;
    double m[] = {0.5, 1};
    random_path(&path, 4, 3, 1, &dice);
    jd_honest_defaults(&o);
    o.delta = JD_HONEST_RM;
    jd_ctx_init(&ctx);
    ctx.threads = 1;
    assert_int_equal(jd_honest_sets(&path, &o, m, 2, one, &ctx), JD_OK);
    ctx.threads = 3;
    assert_int_equal(jd_honest_sets(&path, &o, m, 2, three, &ctx), JD_OK);
    for (int k = 0; k < 2; k++)
        assert_true(one[k].low == three[k].low && one[k].high == three[k].high);
    assert_true(one[0].low >= one[1].low && one[0].high <= one[1].high);
    jd_event_path_free(&path);
}

static void test_breakdown(void **state)
{
    (void)state;
    dice_t dice = {.state = 21};
    for (int kind = 0; kind < 4; kind++) {
        jd_event_path_t path;
        jd_honest_options_t o;
        jd_honest_set_t set;
        double at, m;
        random_path(&path, 3, 2, 0.2, &dice);
        path.estimate[3] = path.estimate[4] = 6;
        jd_honest_defaults(&o);
        o.delta = (jd_honest_delta_t)(kind % 3);
        if (kind == 3) o.method = JD_HONEST_C_FLCI;
        o.draws = 2000;
        assert_int_equal(jd_honest_breakdown(&path, &o, 0, &at, NULL), JD_OK);
        assert_true(at > 0 && isfinite(at));
        m = at * 0.995;
        assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, NULL), JD_OK);
        assert_true(set.low > 0);
        m = at * 1.005;
        assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, NULL), JD_OK);
        assert_true(set.low <= 0);
        assert_int_equal(jd_honest_breakdown(&path, &o, path.estimate[3], &at, NULL), JD_OK);
        if (kind == 1) assert_true(at == 0);
        jd_event_path_free(&path);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    dice_t dice = {.state = 2};
    jd_event_path_t path;
    jd_honest_options_t o;
    jd_honest_set_t set;
    jd_ctx_t ctx;
    double m = 1, bad = (double)NAN, zero[2] = {0};
    random_path(&path, 1, 2, 1, &dice);
    jd_honest_defaults(&o);
    jd_ctx_init(&ctx);
    assert_int_equal(jd_honest_sets(&path, &o, &bad, 1, &set, &ctx), JD_ERR_ARGUMENT);
    o.delta = JD_HONEST_SDRM;
    assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, &ctx), JD_ERR_UNSUPPORTED);
    o.delta = JD_HONEST_RM;
    o.method = JD_HONEST_FLCI;
    assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, &ctx), JD_ERR_ARGUMENT);
    o.method = JD_HONEST_AUTO;
    o.level = 1;
    assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, &ctx), JD_ERR_ARGUMENT);
    o.level = 0.95;
    o.kappa = 0.06;
    assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, &ctx), JD_ERR_ARGUMENT);
    o.kappa = 0;
    o.target = zero;
    assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, &ctx), JD_ERR_ARGUMENT);
    o.target = NULL;
    o.shape = (jd_honest_shape_t)9;
    assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, &ctx), JD_ERR_ARGUMENT);
    o.shape = JD_HONEST_ANY;
    for (int i = 0; i < 9; i++) /* all coefficients the same: no restriction has noise */
        path.vcov[i] = 1;
    assert_int_equal(jd_honest_sets(&path, &o, &m, 1, &set, &ctx), JD_ERR_DATA);
    assert_int_equal(ctx.n_errors, 8);
    jd_event_path_free(&path);
}

/* Standard errors of 1e-15 beside coefficients of 0.25 are what rounding leaves of an exact fit: an
 * interval of them once had its ends turned round, or lay at -2e11. */
static void test_rounding_is_no_standard_error(void **state)
{
    (void)state;
    const double b[] = {0.25, -0.25, 0.0625, 0.7, 0.6}, tiny[] = {8e-15, 5e-15, 3e-15, 0.03, 2e-15};
    double v[25] = {0}, size = 1;
    jd_ctx_t ctx;
    jd_event_path_t path;
    jd_ctx_init(&ctx);
    for (int units = 0; units < 3; units++, size *= 1e-150) {
        double scaled[5];
        for (int i = 0; i < 5; i++) {
            scaled[i] = b[i] * size;
            v[i * 6] = tiny[i] * tiny[i] * size * size;
        }
        assert_int_equal(jd_event_path_make(&path, scaled, v, 3, 2, &ctx), JD_ERR_DATA);
        for (int i = 0; i < 5; i++)
            v[i * 6] = 1e-12 * size * size; /* small, and no rounding */
        if (v[0] > 0) assert_int_equal(jd_event_path_make(&path, scaled, v, 3, 2, &ctx), JD_OK);
        jd_event_path_free(&path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interval_is_optimal),
        cmocka_unit_test(test_sets_match_listed_vertices),
        cmocka_unit_test(test_first_stages_match),
        cmocka_unit_test(test_sets_of_two_stages),
        cmocka_unit_test(test_least_favourable_value),
        cmocka_unit_test(test_units_and_signs),
        cmocka_unit_test(test_same_bits_for_any_threads),
        cmocka_unit_test(test_breakdown),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_rounding_is_no_standard_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
