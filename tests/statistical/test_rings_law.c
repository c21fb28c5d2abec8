/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spillovers that fall with distance and end at 100 km: TWFE is biased by them, rings that reach as
 * far are not, and tell the spillovers' size in each ring; their intervals cover. Fixed seed; with
 * R replicates means lie within 4 standard errors, coverage within 4 of a binomial's (false alarm
 * 6e-5 each), and 0.5 points for CR1 itself. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/did.h"
#include "jiedao/random.h"

enum { UNITS = 300, PERIODS = 6, ADOPT = 4, N = UNITS * PERIODS, REPLICATES = 400 };
static const double effect = 1, spillover[2] = {-0.6, -0.25};
static const double edge[2] = {40, 100};

static int32_t unit[N], period[N], cohort[N];
static double latitude[N], longitude[N], y[N];
static int ring[UNITS];

static double uniform(jd_rng_t *rng)
{
    return jd_rng_uniform(rng);
}

static double normal(jd_rng_t *rng)
{
    double u = uniform(rng), v = uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static double km(int i, int j)
{
    double r = acos(-1.0) / 180, north = (latitude[i] - latitude[j]) * r;
    double east = (longitude[i] - longitude[j]) * r * cos((latitude[i] + latitude[j]) / 2 * r);
    return 6376 * sqrt(north * north + east * east);
}

/* One map for all replicates; a fifth is treated, in the west only. */
static void draw_map(void)
{
    jd_jump_t jump = jd_jump(jd_stream(5, 0, JD_DRAW_TREE), 1, 0);
    for (int u = 0; u < UNITS; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        double north = 30 + 3 * uniform(&rng), east = 110 + 6 * uniform(&rng);
        int treated = east < 113 && uniform(&rng) < 0.2;
        for (int t = 0; t < PERIODS; t++) {
            int i = u * PERIODS + t;
            unit[i] = u;
            period[i] = t + 1;
            cohort[i] = treated ? ADOPT : 0;
            latitude[i] = north;
            longitude[i] = east;
        }
    }
    for (int u = 0; u < UNITS; u++) {
        double nearest = HUGE_VAL;
        for (int v = 0; v < UNITS; v++)
            if (v != u && cohort[v * PERIODS])
                nearest = fmin(nearest, km(u * PERIODS, v * PERIODS));
        ring[u] = nearest <= edge[0] ? 0 : nearest <= edge[1] ? 1 : -1;
    }
}

static void draw_outcome(int replicate)
{
    jd_jump_t jump = jd_jump(jd_stream(5, (uint64_t)replicate, JD_DRAW_SAMPLE), 1, 0);
    for (int u = 0; u < UNITS; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        double level = normal(&rng);
        for (int t = 0; t < PERIODS; t++) {
            int i = u * PERIODS + t, post = period[i] >= ADOPT;
            y[i] = level + 0.1 * t + 0.5 * normal(&rng);
            if (post) y[i] += cohort[i] ? effect : ring[u] >= 0 ? spillover[ring[u]] : 0;
        }
    }
}

typedef struct {
    double sum, square, covered;
} moments_t;

static void check(const char *name, const moments_t *m, double truth)
{
    double mean = m->sum / REPLICATES;
    double error = sqrt((m->square / REPLICATES - mean * mean) / REPLICATES);
    double covered = m->covered / REPLICATES;
    print_message("%-12s mean %.4f (%.4f), truth %.2f, covers %.3f\n", name, mean, error, truth,
                  covered);
    assert_true(fabs(mean - truth) < 4 * error);
    assert_true(fabs(covered - 0.95) < 4 * sqrt(0.95 * 0.05 / REPLICATES) + 0.005);
}

static void test_spillovers(void **state)
{
    (void)state;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_design_t *design = NULL, *plain = NULL;
    moments_t moments[3] = {0};
    double twfe = 0;
    draw_map();
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    memcpy(options.rings.edges.value, edge, sizeof edge);
    options.rings.edges.n = 2;
    options.aggregate = JD_AGGREGATE_OVERALL;
    const jd_panel_t panel = {.n = N,
                              .unit = unit,
                              .time = period,
                              .cohort = cohort,
                              .latitude = latitude,
                              .longitude = longitude};
    int rc = jd_design_prepare(&design, jd_estimator_find("rings"), &panel, &options, &ctx);
    if (!rc)
        rc = jd_design_prepare(&plain, jd_estimator_find("twfe"), &panel, &options, &ctx);
    assert_int_equal(rc, JD_OK);
    assert_int_equal(jd_design_facts(design).n_terms, 3);
    assert_string_equal(jd_design_terms(design)[2].name, "ring=40-100");
    const double truth[3] = {effect, spillover[0], spillover[1]};
    for (int r = 0; r < REPLICATES; r++) {
        jd_fit_t fit;
        double estimate;
        const double *column = y;
        draw_outcome(r);
        assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &fit, &ctx), JD_OK);
        for (int k = 0; k < 3; k++) {
            moments[k].sum += fit.estimate[k];
            moments[k].square += fit.estimate[k] * fit.estimate[k];
            moments[k].covered += fit.ci_low[k] <= truth[k] && truth[k] <= fit.ci_high[k];
        }
        jd_fit_free(&fit);
        assert_int_equal(jd_design_estimate(plain, &column, 1, &estimate, &ctx), JD_OK);
        twfe += estimate / REPLICATES;
    }
    for (int k = 0; k < 3; k++)
        check(jd_design_terms(design)[k].name, &moments[k], truth[k]);
    print_message("%-12s mean %.4f\n", "twfe", twfe);
    assert_true(twfe - effect > 0.1);
    jd_design_free(design);
    jd_design_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spillovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
