/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every estimator and variance against the dense second opinion, on random awkward panels. */
#include "support.h"

#include "jiedao/did.h"
#include "property/did_dense.h"

enum { TRIALS = 150 };

/* Those whose terms dense_term() knows. */
static const char *const regressions[] = {"2x2", "twfe", "event_study"};

static int close_to(double a, double b, double scale)
{
    return fabs(a - b) <= 1e-9 * (fabs(b) + scale);
}

static void say(uint64_t seed, const char *estimator, const char *what, const char *term,
                double ours, double dense)
{
    print_error("seed %llu, %s: %s of %s is %.17g, dense %.17g\n", (unsigned long long)seed,
                estimator, what, term, ours, dense);
}

static int compare(uint64_t seed, const char *name, const jd_design_t *design, const jd_fit_t *fit,
                   const dense_t *dense)
{
    const jd_term_t *terms = jd_design_terms(design);
    if (fit->n_terms != dense->n_terms || fit->n_obs != dense->n) {
        print_error("seed %llu, %s: %d terms on %d rows, dense %d on %d\n",
                    (unsigned long long)seed, name, fit->n_terms, (int)fit->n_obs, dense->n_terms,
                    dense->n);
        return 1;
    }
    int wrong = 0;
    for (int k = 0; k < fit->n_terms; k++) {
        double se = sqrt(dense->vcov[k][k]);
        if (strcmp(terms[k].name, dense->name[k]) != 0) {
            print_error("seed %llu, %s: term %d is %s, dense %s\n", (unsigned long long)seed, name,
                        k, terms[k].name, dense->name[k]);
            wrong++;
        }
        if (!close_to(fit->estimate[k], dense->beta[k], se)) {
            say(seed, name, "estimate", terms[k].name, fit->estimate[k], dense->beta[k]);
            wrong++;
        }
        for (int j = 0; j < fit->n_terms; j++) {
            double scale = se * sqrt(dense->vcov[j][j]);
            if (close_to(fit->vcov[k * fit->n_terms + j], dense->vcov[k][j], scale)) continue;
            say(seed, name, "covariance", terms[k].name, fit->vcov[k * fit->n_terms + j],
                dense->vcov[k][j]);
            wrong++;
        }
    }
    if (fit->facts.df != dense->df) {
        say(seed, name, "df", "all", fit->facts.df, dense->df);
        wrong++;
    }
    return wrong;
}

/* Where the dense way identifies an effect the fast one must answer, and else refuse. */
static int try_one(uint64_t seed, const char *name, jd_solver_t solver, int slopes, int *answered)
{
    static trial_t trial;
    static dense_t dense;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    make_trial(&trial, seed);
    if (slopes) add_slope(&trial, seed);
    jd_did_options_t options;
    jd_did_defaults(&options);
    options.solver = solver;
    options.no_time_effects = trial.panel.n_fixed > 0 && seed % 2;
    jd_vcov_options_t vcov = {.kind = (jd_vcov_t)(seed % 3),
                              .k_fixed = (jd_k_fixed_t)(seed / 3 % 3)};
    vcov.no_k_adjustment = seed / 9 % 4 == 0;
    vcov.no_cluster_adjustment = seed / 9 % 3 == 0;
    int identified = dense_fit(&trial, name, &options, &vcov, &dense), wrong = 0;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    int rc = jd_design_prepare(&design, jd_estimator_find(name), &trial.panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(design, trial.y, &vcov, 0.95, &fit, &ctx);
    if (!rc) {
        wrong = compare(seed, name, design, &fit, &dense);
        ++*answered;
    } else if (identified && dense.df > 0) {
        print_error("seed %llu, %s: refused (%s) where the dense way answers\n",
                    (unsigned long long)seed, name, ctx.message);
        wrong = 1;
    }
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

static void test_estimators_equal_the_dense_way(void **state)
{
    (void)state;
    for (size_t e = 0; e < sizeof regressions / sizeof *regressions; e++) {
        int wrong = 0, answered = 0;
        for (uint64_t seed = 1; seed <= TRIALS; seed++)
            wrong += try_one(seed, regressions[e], JD_SOLVER_AUTO, 0, &answered);
        print_message("%s: %d of %d panels answered\n", regressions[e], answered, TRIALS);
        assert_int_equal(wrong, 0);
        assert_true(answered > TRIALS * 9 / 10);
    }
}

static void test_solvers_agree(void **state)
{
    (void)state;
    int wrong = 0, answered = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        wrong += try_one(seed, "twfe", JD_SOLVER_ITERATE, 0, &answered);
        wrong += try_one(seed, "event_study", JD_SOLVER_DIRECT, 0, &answered);
    }
    assert_int_equal(wrong, 0);
}

static void test_slopes_that_differ_by_level_equal_the_dense_way(void **state)
{
    (void)state;
    int wrong = 0, answered = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        wrong += try_one(seed, "twfe", JD_SOLVER_AUTO, 1, &answered);
        wrong += try_one(seed, "event_study", JD_SOLVER_ITERATE, 1, &answered);
    }
    print_message("%d of 120 answered\n", answered);
    assert_int_equal(wrong, 0);
    assert_true(answered > 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimators_equal_the_dense_way),
        cmocka_unit_test(test_solvers_agree),
        cmocka_unit_test(test_slopes_that_differ_by_level_equal_the_dense_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
