/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A quadratic effect of a continuous dose, and a dose that arrives in part: curve, slopes and
 * effect per dose are recovered, intervals cover. Fixed seed; with R replicates means lie within 4
 * standard errors, coverage within 4 of a binomial's (false alarm 6e-5 each) and a point for the
 * normal law. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/did.h"
#include "jiedao/random.h"

enum { UNITS = 240, PERIODS = 4, N = UNITS * PERIODS, REPLICATES = 300 };

static int32_t unit[N], period[N], cohort[N];
static double dose[N], y[N];

static double normal(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* Doses uniform on [1, 3], effect d + d^2 / 2; or an uptake that varies and a unit effect of 2. */
static void draw_world(int replicate, int fuzzy)
{
    jd_jump_t jump = jd_jump(jd_stream(77, (uint64_t)replicate, JD_DRAW_SAMPLE), 1, 0);
    for (int u = 0; u < UNITS; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        double level = normal(&rng), d = 1 + 2 * jd_rng_uniform(&rng);
        for (int t = 0; t < PERIODS; t++) {
            int i = u * PERIODS + t;
            unit[i] = u;
            period[i] = t + 1;
            cohort[i] = u % 3 == 0 ? 0 : u % 3 + 2;
            int treated = cohort[i] && period[i] >= cohort[i];
            dose[i] = fuzzy ? 0.5 * level + treated * (0.5 + jd_rng_uniform(&rng)) : treated * d;
            double effect = fuzzy ? 2 * dose[i] : treated * (d + d * d / 2);
            y[i] = level + 0.2 * t + effect + normal(&rng);
        }
    }
}

typedef struct {
    const char *term;
    double truth, sum, square, covered;
} law_t;

static void add_fit(const jd_design_t *design, const jd_fit_t *fit, law_t *law)
{
    int k = 0;
    while (strcmp(jd_design_terms(design)[k].name, law->term) != 0)
        k++;
    law->sum += fit->estimate[k];
    law->square += fit->estimate[k] * fit->estimate[k];
    law->covered += fit->ci_low[k] <= law->truth && law->truth <= fit->ci_high[k];
}

static void check_law(const law_t *law)
{
    double mean = law->sum / REPLICATES, share = law->covered / REPLICATES;
    double error = sqrt((law->square / REPLICATES - mean * mean) / REPLICATES);
    print_message("%-10s mean %.4f (%.4f), truth %.4f, covers %.3f\n", law->term, mean, error,
                  law->truth, share);
    assert_true(fabs(mean - law->truth) < 4 * error);
    assert_true(fabs(share - 0.95) < 4 * sqrt(0.95 * 0.05 / REPLICATES) + 0.01);
}

static void check(const char *estimator, int fuzzy, law_t *law, int n_laws)
{
    jd_ctx_t ctx;
    jd_did_options_t options;
    const jd_panel_t panel = {.n = N, .unit = unit, .time = period, .cohort = cohort, .dose = dose};
    static const double at[] = {1.5, 2.5};
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    options.dose.degree = 2;
    memcpy(options.dose.at.value, at, sizeof at);
    options.dose.at.n = 2;
    for (int r = 0; r < REPLICATES; r++) {
        jd_design_t *design = NULL;
        jd_fit_t fit;
        draw_world(r, fuzzy);
        int rc = jd_design_prepare(&design, jd_estimator_find(estimator), &panel, &options, &ctx);
        if (!rc) rc = jd_design_infer(design, y, NULL, 0.95, &fit, &ctx);
        assert_int_equal(rc, JD_OK);
        for (int k = 0; k < n_laws; k++)
            add_fit(design, &fit, &law[k]);
        jd_fit_free(&fit);
        jd_design_free(design);
    }
    for (int k = 0; k < n_laws; k++)
        check_law(&law[k]);
}

static void test_curve(void **state)
{
    (void)state;
    law_t law[] = {{.term = "att", .truth = 2 + 13.0 / 6}, /* E d = 2, E d^2 = 13/3 */
                   {.term = "acrt", .truth = 3},
                   {.term = "d=1.5", .truth = 1.5 + 1.125},
                   {.term = "acrt,d=2.5", .truth = 3.5}};
    check("dose", 0, law, 4);
}

static void test_per_dose(void **state)
{
    (void)state;
    law_t law[] = {{.term = "att", .truth = 2}, {.term = "e=1", .truth = 2}};
    check("wald_did", 1, law, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curve),
        cmocka_unit_test(test_per_dose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
