/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Direct effects by folds against toggling single units, over replicates (model-equations.md,
 * section 5): the corrected ones agree, the uncorrected fall short. Twelve treated counties of
 * sixteen, close together, so that the correction is large: n = 12, K = 3 leaves f = 3/11. Bounds
 * are 4 SE of 60 replicates: false alarm 3e-4 each; the seed is fixed. */
#include "small_world.h"

enum { REPLICATES = 60 };

typedef struct effect {
    double direct[REPLICATES], raw[REPLICATES], none[REPLICATES];
} effect_t;

static void run(const char *folds, effect_t *e)
{
    const char *const set[] = {"world.counties=16",
                               "policy.share=0.75",
                               "policy.adoption=2020Q2",
                               "firms.n=80000",
                               "firms.b_policy=1",
                               "run.direct_none=yes",
                               "output.streets=no",
                               folds,
                               NULL};
    for (uint64_t r = 0; r < REPLICATES; r++) {
        small_t s;
        small_create(&s, set, r);
        if (jd_simulation_run(s.sim, NULL, &s.ctx)) fail_msg("%s", s.ctx.message);
        e->direct[r] = small_estimand(&s, "ade", "inflow");
        e->none[r] = small_estimand(&s, "ade_none", "inflow");
        double f = (12.0 / (double)s.sim->params->direct_folds - 1) / 11;
        e->raw[r] = (1 - f) * e->direct[r] +
                    f * small_estimand(&s, "att", "inflow"); /* what the worlds differ by */
        small_stop(&s);
    }
}

/* Mean of a / b - 1 by means, and its standard error. */
static double relative(const double *a, const double *b, double *error)
{
    double sum = 0, base = 0, squares = 0;
    for (int r = 0; r < REPLICATES; r++)
        sum += a[r] - b[r], base += b[r];
    for (int r = 0; r < REPLICATES; r++) {
        double off = a[r] - b[r] - sum / REPLICATES;
        squares += off * off;
    }
    *error = sqrt(squares / REPLICATES / (REPLICATES - 1)) / (base / REPLICATES);
    return sum / base;
}

static void test_folds_are_single_toggles(void **state)
{
    (void)state;
    static effect_t single, three;
    double error;
    run("run.direct_folds=12", &single);
    run("run.direct_folds=3", &three);
    double off = relative(three.direct, single.direct, &error);
    print_message("K = 3 against single toggles: %+.3f +- %.3f of ADE\n", off, 4 * error);
    assert_true(fabs(off) < 0.03 + 4 * error && error < 0.008);
    off = relative(three.raw, single.direct, &error);
    print_message("uncorrected: %+.3f +- %.3f\n", off, 4 * error);
    assert_true(off + 4 * error < -0.05);
    off = relative(three.none, single.none, &error);
    print_message("from none: %+.3f +- %.3f\n", off, 4 * error);
    assert_true(fabs(off) < 0.05 + 4 * error);
    /* The effect of one treated alone is larger than of one among many. */
    assert_true(relative(single.none, single.direct, &error) > 4 * error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_folds_are_single_toggles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
