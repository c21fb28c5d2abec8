/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Monte-Carlo measures against their definitions, errors against the plain jackknife. */
#include "support.h"

#include <math.h>

#include "jiedao/monte_carlo.h"
#include "jiedao/random.h"

enum { N = 40 };

typedef struct {
    double b[N], se[N], low[N], high[N], truth[N];
    int8_t rejected[N], passed[N];
    jd_mc_sample_t sample;
} drawn_t;

static void draw(drawn_t *d, double effect)
{
    const jd_jump_t jump = jd_jump(jd_stream(7, 0, JD_DRAW_PROCESS), 0, 0);
    for (int i = 0; i < N; i++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)i);
        d->truth[i] = effect + 0.01 * jd_rng_uniform(&rng);
        d->b[i] = d->truth[i] + 0.2 + (jd_rng_uniform(&rng) - 0.5);
        d->se[i] = 0.2 + 0.1 * jd_rng_uniform(&rng);
        d->low[i] = d->b[i] - 2 * d->se[i];
        d->high[i] = d->b[i] + 2 * d->se[i];
        d->rejected[i] = (int8_t)(i % 4 == 0);
        d->passed[i] = (int8_t)(i % 5 == 0 ? -1 : i % 2);
    }
    d->sample = (jd_mc_sample_t){.n = N,
                                 .estimate = d->b,
                                 .std_error = d->se,
                                 .ci_low = d->low,
                                 .ci_high = d->high,
                                 .truth = d->truth,
                                 .null_rejected = d->rejected,
                                 .passed = d->passed,
                                 .failed = 10};
}

static double mean_of(const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

static double sd_of(const double *x, int n)
{
    double mean = mean_of(x, n), sum = 0;
    for (int i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sqrt(sum / (n - 1));
}

static void assert_near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * (1 + fabs(b)))) fail_msg("%.15g is not %.15g", a, b);
}

static void test_measures_are_what_they_say(void **state)
{
    (void)state;
    drawn_t d;
    jd_mc_value_t v[JD_MC_MEASURES];
    double error[N], square = 0, size = 0, kept = 0;
    int holds = 0, found = 0, wrong = 0, passed = 0;
    draw(&d, 0.3);
    jd_mc_measure(&d.sample, v);
    double truth = mean_of(d.truth, N);
    for (int i = 0; i < N; i++) {
        error[i] = d.b[i] - d.truth[i];
        square += error[i] * error[i];
        holds += d.low[i] <= d.truth[i] && d.truth[i] <= d.high[i];
        if (d.low[i] > 0 || d.high[i] < 0) {
            found++;
            wrong += d.b[i] < 0;
            size += fabs(d.b[i]) / truth;
        }
        if (d.passed[i] == 1) kept += error[i], passed++;
    }
    assert_near(v[JD_MC_BIAS].value, mean_of(error, N));
    assert_near(v[JD_MC_BIAS].mcse, sd_of(error, N) / sqrt(N));
    assert_near(v[JD_MC_SD].value, sd_of(error, N));
    assert_near(v[JD_MC_RMSE].value, sqrt(square / N));
    assert_near(v[JD_MC_SE_RATIO].value, mean_of(d.se, N) / sd_of(d.b, N));
    assert_near(v[JD_MC_COVERAGE].value, holds / (double)N);
    assert_near(v[JD_MC_COVERAGE].mcse, sqrt(holds / (double)N * (1 - holds / (double)N) / N));
    assert_near(v[JD_MC_POWER].value, found / (double)N);
    assert_near(v[JD_MC_TYPE_S].value, wrong / (double)found);
    assert_near(v[JD_MC_TYPE_M].value, size / found);
    assert_near(v[JD_MC_SIZE].value, 0.25);
    assert_near(v[JD_MC_PASSED].value, passed / 32.0);
    assert_near(v[JD_MC_BIAS_IF_PASSED].value, kept / passed);
    assert_near(v[JD_MC_FAILED].value, 0.2);
    assert_true(holds > 0 && holds < N && found > 0 && found < N);
}

/* Wilson's interval (by its formula in Python): no share is certain. */
static void test_shares_have_intervals(void **state)
{
    (void)state;
    static const struct {
        int yes, n;
        double low, high;
    } known[] = {{0, 100, 0, 0.03699349820698568},
                 {100, 100, 0.9630065017930143, 1},
                 {95, 100, 0.8882495307680808, 0.9784563208456319},
                 {1, 10, 0.017876213095072868, 0.4041500267952385}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        jd_mc_value_t v = jd_mc_share(known[i].yes, known[i].n);
        assert_near(v.value, known[i].yes / (double)known[i].n);
        assert_near(v.low, known[i].low);
        assert_near(v.high, known[i].high);
        assert_true(v.mcse > 0);
    }
    assert_true(isnan(jd_mc_share(0, 0).value));
}

/* Leave each replicate out in turn, all from scratch. */
static void test_errors_are_the_jackknife(void **state)
{
    (void)state;
    drawn_t d;
    jd_mc_value_t v[JD_MC_MEASURES];
    double sd[N], ratio[N];
    draw(&d, 0.3);
    jd_mc_measure(&d.sample, v);
    for (int out = 0; out < N; out++) {
        double e[N], b[N], se[N];
        int n = 0;
        for (int i = 0; i < N; i++) {
            if (i == out) continue;
            e[n] = d.b[i] - d.truth[i];
            b[n] = d.b[i];
            se[n++] = d.se[i];
        }
        sd[out] = sd_of(e, n);
        ratio[out] = mean_of(se, n) / sd_of(b, n);
    }
    assert_near(v[JD_MC_SD].mcse, (N - 1) / sqrt(N) * sd_of(sd, N));
    assert_near(v[JD_MC_SE_RATIO].mcse, (N - 1) / sqrt(N) * sd_of(ratio, N));
}

static void test_what_cannot_be_said_is_missing(void **state)
{
    (void)state;
    drawn_t d;
    jd_mc_value_t v[JD_MC_MEASURES];
    draw(&d, 0.3);
    d.sample.n = 0;
    jd_mc_measure(&d.sample, v);
    assert_true(isnan(v[JD_MC_BIAS].value) && v[JD_MC_FAILED].value == 1);
    d.sample.n = 1;
    d.sample.null_rejected = d.sample.passed = NULL;
    jd_mc_measure(&d.sample, v);
    assert_true(isfinite(v[JD_MC_BIAS].value) && isnan(v[JD_MC_BIAS].mcse));
    assert_true(isnan(v[JD_MC_SIZE].value) && isnan(v[JD_MC_PASSED].value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measures_are_what_they_say),
        cmocka_unit_test(test_shares_have_intervals),
        cmocka_unit_test(test_errors_are_the_jackknife),
        cmocka_unit_test(test_what_cannot_be_said_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
