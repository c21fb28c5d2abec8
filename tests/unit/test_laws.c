/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tails and quantiles against R 4's qt(), qchisq() and pf(), under GSL's own error handler, which
 * ends the program: a call that GSL refuses fails this test. */
#include "support.h"

#include <math.h>

#include "did/base/design.h"
#include "linear/laws.h"
#include "near.h"
#include "property/did_dense.h"

/* tail, degrees of freedom, quantile */
static const double t_quantiles[][3] = {
    {0.4, 0.1, 1.5129761706779021},
    {0.025, 0.1, 1682362288745.0776},
    {0.0005, 0.1, 1.6429319226070746e+29},
    {1e-09, 0.1, 1.604425714111615e+86},
    {0.4, 1.0, 0.32491969623290634},
    {0.025, 1.0, 12.706204736174707},
    {0.0005, 1.0, 636.6192487687196},
    {1e-09, 1.0, 318309886.1837907},
    {0.4, 2.5, 0.2814595127485475},
    {0.025, 2.5, 3.574654842003693},
    {0.0005, 2.5, 18.277893528130697},
    {1e-09, 2.5, 3489.5833953699907},
    {0.4, 7.0, 0.2631668613520228},
    {0.025, 7.0, 2.3646242515927844},
    {0.0005, 7.0, 5.407882520861726},
    {1e-09, 7.0, 38.705980643231634},
    {0.4, 199.0, 0.2536860753817721},
    {0.025, 199.0, 1.9719565442517522},
    {0.0005, 199.0, 3.340086556161431},
    {1e-09, 199.0, 6.287856351272677},
    {0.4, 4999.0, 0.2533605866660231},
    {0.025, 4999.0, 1.9604386466615242},
    {0.0005, 4999.0, 3.2924741130564397},
    {1e-09, 4999.0, 6.008914929633537},
    {0.4, 49999.0, 0.25334845120765787},
    {0.025, 49999.0, 1.9600114320426525},
    {0.0005, 49999.0, 3.290721340451182},
    {1e-09, 49999.0, 5.9989160186311885},
    {0.4, 99999.0, 0.2533477771639202},
    {0.025, 99999.0, 1.9599877077718444},
    {0.0005, 99999.0, 3.2906240323849176},
    {1e-09, 99999.0, 5.998361467224039},
    {0.4, 1000000000.0, 0.2533471032032018},
    {0.025, 1000000000.0, 1.959963986912325},
    {0.0005, 1000000000.0, 3.2905267412216253},
    {1e-09, 1000000000.0, 5.99780707044795},
};

/* share below, degrees of freedom, quantile */
static const double chi2_quantiles[][3] = {
    {0.001, 0.1, 1.1689264114573108e-60},
    {0.025, 0.1, 1.063132377982864e-32},
    {0.5, 0.1, 1.1147756881492517e-06},
    {0.975, 0.1, 1.1343475235077167},
    {0.9999, 0.1, 9.248201644200998},
    {0.001, 1.0, 1.5707971492624904e-06},
    {0.025, 1.0, 0.0009820691171752562},
    {0.5, 1.0, 0.45493642311957283},
    {0.975, 1.0, 5.023886187314885},
    {0.9999, 1.0, 15.136705226623603},
    {0.001, 7.0, 0.598493752375376},
    {0.025, 7.0, 1.6898691806773545},
    {0.5, 7.0, 6.345811195521517},
    {0.975, 7.0, 16.012764274629323},
    {0.9999, 7.0, 29.877503909225172},
    {0.001, 199.0, 142.9973465571287},
    {0.025, 199.0, 161.82618239364683},
    {0.5, 199.0, 198.3337318384167},
    {0.975, 199.0, 239.95968182764418},
    {0.9999, 199.0, 281.87434960197373},
    {0.001, 4999.0, 4695.698284663403},
    {0.025, 4999.0, 4804.924332159057},
    {0.5, 4999.0, 4998.333349141272},
    {0.975, 4999.0, 5196.864170605186},
    {0.9999, 4999.0, 5379.446103361928},
    {0.001, 49999.0, 49027.48940357679},
    {0.025, 49999.0, 49381.10764127798},
    {0.5, 49999.0, 49998.33333491364},
    {0.975, 49999.0, 50620.68095958664},
    {0.9999, 49999.0, 51183.60743213452},
    {0.001, 99999.0, 98622.71072634643},
    {0.025, 99999.0, 99124.37768327867},
    {0.5, 99999.0, 99998.33333412347},
    {0.975, 99999.0, 100877.4109230342},
    {0.9999, 99999.0, 101670.74675361934},
    {0.001, 1000000.0, 995635.4506315956},
    {0.025, 1000000.0, 997230.0871432901},
    {0.5, 1000000.0, 999999.3333334123},
    {0.975, 1000000.0, 1002773.701467926},
    {0.9999, 1000000.0, 1005268.0396009346},
    {0.001, 1000000000.0, 999861806.3096137},
    {0.025, 1000000000.0, 999912349.6402636},
    {0.5, 1000000000.0, 999999999.3333334},
    {0.975, 1000000000.0, 1000087654.1483482},
    {0.9999, 1000000000.0, 1000166328.0275373},
};

/* f, its two degrees of freedom, tail */
static const double f_tails[][4] = {
    {2.5, 1.0, 1.0, 0.35901703597137596},
    {2.5, 4.0, 1.0, 0.4385619557494743},
    {2.5, 30.0, 1.0, 0.4681195438617026},
    {2.5, 1.0, 7.0, 0.15785932279582998},
    {2.5, 4.0, 7.0, 0.1370333697524769},
    {2.5, 30.0, 7.0, 0.10529645386944204},
    {2.5, 1.0, 199.0, 0.11543437708730916},
    {2.5, 4.0, 199.0, 0.04383346831937302},
    {2.5, 30.0, 199.0, 9.092789810809781e-05},
    {2.5, 1.0, 99999.0, 0.11384946067549702},
    {2.5, 4.0, 99999.0, 0.040434420093106806},
    {2.5, 30.0, 99999.0, 1.013239148733254e-05},
};

#define EACH(table) (int i = 0; i < (int)(sizeof(table) / sizeof *(table)); i++)

static void test_quantiles(void **state)
{
    (void)state;
    for EACH(t_quantiles) {
        const double *q = t_quantiles[i];
        assert_near(jd_t_quantile(q[0], q[1]), q[2], (q[1] < 1 ? 1e-8 : 1e-11) * q[2]);
        assert_near(jd_t_quantile(1 - q[0], q[1]), -q[2], 1e-6 * q[2]);
        assert_near(jd_t_tail(q[2], q[1]), q[0], 1e-9 * q[0]);
    }
    for EACH(chi2_quantiles) {
        const double *q = chi2_quantiles[i];
        assert_near(jd_chi2_quantile(q[0], q[1]), q[2], 1e-9 * q[2]);
    }
    for EACH(f_tails) {
        const double *q = f_tails[i];
        assert_near(jd_f_tail(q[0], q[1], q[2]), q[3], 1e-11 * q[3]);
    }
    assert_near(jd_t_quantile(0.025, HUGE_VAL), 1.959963984540054, 1e-14);
    assert_near(jd_f_tail(3.841458820694124, 1, HUGE_VAL), 0.05, 1e-14);
}

/* Quantiles and tails are inverse to each other wherever one asks. */
static void test_round_trips(void **state)
{
    (void)state;
    for (double df = 0.05; df < 1e6; df *= 1.37)
        for (double p = 1e-7; p < 0.5; p *= 2.9) {
            double t = jd_t_quantile(p, df), x = jd_chi2_quantile(1 - p, df);
            if (t < 1e150) assert_near(jd_t_tail(t, df), p, 1e-10 * p);
            assert_near(jd_chi2_tail(x, df), p, 1e-8 * p);
        }
    for (double df = 1e6; df < 1e300; df *= 1e7) {
        assert_near(jd_t_quantile(0.025, df), 1.959963984540054, 3e-6);
        assert_near(jd_chi2_quantile(0.5, df), df, 1e-6 * df);
        assert_near(jd_chi2_tail(df, df), 0.5, 1e-3);
    }
}

static void test_no_law_no_value(void **state)
{
    (void)state;
    const double none[] = {0, -3, (double)NAN};
    for (int i = 0; i < 3; i++) {
        assert_true(isnan(jd_t_tail(1, none[i])) && isnan(jd_t_quantile(0.1, none[i])));
        assert_true(isnan(jd_chi2_tail(1, none[i])) && isnan(jd_chi2_quantile(0.1, none[i])));
        assert_true(isnan(jd_f_tail(1, 2, none[i])) && isnan(jd_f_tail(1, none[i], 2)));
    }
    const double outside[] = {0, 1, -1, 2, (double)NAN};
    for (int i = 0; i < 5; i++)
        assert_true(isnan(jd_t_quantile(outside[i], 5)) && isnan(jd_chi2_quantile(outside[i], 5)));
    assert_true(isnan(jd_t_tail((double)NAN, 5)) && isnan(jd_f_tail((double)NAN, 2, 5)));
    assert_true(jd_t_tail(HUGE_VAL, 5) == 0 && jd_t_tail(-HUGE_VAL, 5) == 1);
    assert_true(jd_chi2_tail(HUGE_VAL, 5) == 0 && jd_chi2_tail(-1, 5) == 1);
    assert_true(jd_f_tail(HUGE_VAL, 2, 5) == 0 && jd_f_tail(1e308, 30, 5) == 0);
    assert_true(jd_chi2_tail(1e-300, 3) == 1 && jd_chi2_tail(1e300, 3) == 0);
}

/* Four effects of which no two share rows, N(0, 1) errors, 200 to 100,000 clusters. Their law is
 * that of the largest of four independent normals over one root of chi-squared / df; its 95 %
 * quantile by R's integrate(). Before, the draws' inverse did not converge from some thousand
 * clusters on, and the band was no wider than Bonferroni's bound for one effect allows. */
static void test_bands_of_many_clusters(void **state)
{
    (void)state;
    enum { MOST = 100000, PERIODS = 5, N = MOST * PERIODS };
    static const struct {
        int32_t units;
        double right;
    } cases[] = {{200, 2.51275505}, {5000, 2.49177903}, {50000, 2.49100149}, {100000, 2.49095831}};
    static int32_t unit[N], period[N], cohort[N];
    static double y[N];
    jd_rng_t rng = trial_rng(7);
    for (int i = 0; i < N; i++) {
        unit[i] = i / PERIODS;
        period[i] = i % PERIODS + 1;
        cohort[i] = unit[i] % 2 ? 4 : 0;
        y[i] = gauss(&rng);
    }
    jd_did_options_t options;
    jd_did_defaults(&options);
    options.no_unit_effects = 1; /* nothing ties the effects together */
    const jd_vcov_options_t v = {.kind = JD_VCOV_CLUSTER, .bands = 1};
    for (int c = 0; c < 4; c++) {
        jd_panel_t panel = {
            .n = cases[c].units * PERIODS, .unit = unit, .time = period, .cohort = cohort};
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        jd_design_t *design = NULL;
        jd_fit_t fit = {0};
        assert_int_equal(
            jd_design_prepare(&design, jd_estimator_find("event_study"), &panel, &options, &ctx),
            JD_OK);
        assert_int_equal(jd_design_infer(design, y, &v, 0.95, &fit, &ctx), JD_OK);
        assert_int_equal(fit.n_terms, 4);
        assert_near(fit.facts.df, cases[c].units - 1, 0);
        /* 4 errors of a quantile from 20,000 draws, and the sample's correlations */
        assert_near(fit.uniform, cases[c].right, c == 0 ? 0.06 : 0.045);
        jd_fit_free(&fit);
        jd_design_free(design);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_no_law_no_value),
        cmocka_unit_test(test_bands_of_many_clusters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
