/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights that change over time in callaway_santanna and drdid: the four conventions of R did's
 * fix_weights, against numpy on the same panel, and one another. */
#include "support.h"

#include <string.h>

#include "jiedao/did.h"
#include "near.h"

enum { UNITS = 30, PERIODS = 5, N = UNITS * PERIODS };

typedef struct {
    int32_t n, unit[N], time[N], cohort[N];
    double y[N], weight[N], x[N];
} data_t;

/* periods = 2: the third and fourth, cohort 4 and controls only. */
static void fill(data_t *d, int periods)
{
    d->n = 0;
    for (int u = 0; u < UNITS; u++)
        for (int t = 1; t <= PERIODS; t++) {
            int g = u % 3 == 0 ? 0 : u % 3 == 1 ? 3 : 4, i = d->n;
            if (periods == 2 && (g == 3 || t < 3 || t > 4)) continue;
            d->unit[i] = u;
            d->time[i] = t;
            d->cohort[i] = g;
            d->y[i] = 0.5 * (u % 7) + 0.3 * t * (1 + u % 4) + 0.1 * ((u * 13 + t * 29) % 17) +
                      (g && t >= g);
            d->weight[i] = 1 + 0.25 * ((u * 5 + t * 3) % 7);
            d->x[i] = (u * 11 + 3 * t) % 5;
            d->n++;
        }
}

typedef struct {
    int n;
    double b[32], se[32];
    char note[JD_MESSAGE_SIZE];
} result_t;

static void keep_note(void *user, const char *message)
{
    snprintf(user, JD_MESSAGE_SIZE, "%s", message);
}

static void fit(const data_t *d, const char *name, const jd_did_options_t *options, int n_x,
                result_t *r)
{
    const double *x = d->x;
    const char *x_name = "x";
    const jd_panel_t panel = {.n = d->n,
                              .unit = d->unit,
                              .time = d->time,
                              .cohort = d->cohort,
                              .weight = d->weight,
                              .n_x = n_x,
                              .x = &x,
                              .x_name = &x_name};
    jd_design_t *design = NULL;
    jd_fit_t f = {0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    memset(r, 0, sizeof *r);
    ctx.warn = keep_note;
    ctx.user = r->note;
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find(name), &panel, options, &ctx),
                     JD_OK);
    assert_int_equal(jd_design_infer(design, d->y, NULL, 0.95, &f, &ctx), JD_OK);
    r->n = f.n_terms;
    for (int k = 0; k < f.n_terms; k++) {
        r->b[k] = f.estimate[k];
        r->se[k] = f.std_error[k];
    }
    /* The weights on outcomes are the estimate's. */
    double w[N], sum = 0;
    jd_design_weights(design, 0, w);
    for (int i = 0; i < d->n; i++)
        sum += w[i] * d->y[i];
    assert_near(sum, f.estimate[0], 1e-11);
    jd_fit_free(&f);
    jd_design_free(design);
}

static void test_four_conventions(void **state)
{
    (void)state;
    static data_t d;
    static result_t r;
    static const struct {
        jd_fix_weights_t fix;
        double att, se;
        double lead[2][3]; /* g=3,t=2; g=4,t=2; g=4,t=3; universal: g=3,t=1; g=4,t=1; g=4,t=2 */
    } right[] = {
        {JD_FIX_EARLIER,
         0.9159293707591837,
         0.2603383252772065,
         {{-0.1429768963, 0.143634166, 0.1358823529},
          {0.1429768963, -0.1174053183, -0.1358823529}}},
        {JD_FIX_VARYING,
         0.780503230782684,
         0.2896290661206437,
         {{0.1242449327, 0.3262518706, 0.0484733894}, {-0.1242449327, -0.37472526, -0.0484733894}}},
        {JD_FIX_FIRST,
         0.7826795658713058,
         0.26744604816338,
         {{-0.1429768963, 0.143634166, -0.0262288477},
          {0.1429768963, -0.1174053183, 0.0262288477}}},
        {JD_FIX_BASE,
         0.9159293707591837,
         0.2603383252772065,
         {{0.1677244582, 0.1331349206, 0.1311111111},
          {-0.1677244582, -0.2642460317, -0.1311111111}}},
    };
    fill(&d, PERIODS);
    for (int c = 0; c < 4; c++) {
        jd_did_options_t options;
        jd_did_defaults(&options);
        options.group_time.fix_weights = right[c].fix;
        options.aggregate = JD_AGGREGATE_OVERALL;
        fit(&d, "callaway_santanna", &options, 0, &r);
        assert_near(r.b[0], right[c].att, 1e-12);
        assert_near(r.se[0], right[c].se, 1e-12);
        assert_non_null(strstr(r.note, "weights change over time in 30 units"));
        options.aggregate = JD_AGGREGATE_CELLS;
        fit(&d, "callaway_santanna", &options, 0, &r);
        /* g=3: t=2 ... 5; g=4: t=2 ... 5 */
        assert_int_equal(r.n, 8);
        assert_near(r.b[0], right[c].lead[0][0], 1e-9);
        assert_near(r.b[4], right[c].lead[0][1], 1e-9);
        assert_near(r.b[5], right[c].lead[0][2], 1e-9);
        options.group_time.universal_base = 1;
        fit(&d, "callaway_santanna", &options, 0, &r);
        assert_int_equal(r.n, 10);
        assert_near(r.b[0], right[c].lead[1][0], 1e-9);
        assert_near(r.b[5], right[c].lead[1][1], 1e-9);
        assert_near(r.b[6], right[c].lead[1][2], 1e-9);
        assert_near(r.b[1], 0, 0);
    }
}

/* Two groups in two periods are drdid's comparison, given covariates and without them. */
static void test_two_by_two_is_drdid(void **state)
{
    (void)state;
    static data_t d;
    static result_t cs, pair;
    fill(&d, 2);
    for (int fix = JD_FIX_EARLIER; fix <= JD_FIX_BASE; fix++)
        for (int n_x = 0; n_x < 2; n_x++)
            for (int method = JD_METHOD_DR; method <= JD_METHOD_IPW; method++) {
                jd_did_options_t options;
                jd_did_defaults(&options);
                options.group_time.fix_weights = (jd_fix_weights_t)fix;
                options.group_time.method = (jd_method_t)method;
                options.aggregate = JD_AGGREGATE_OVERALL;
                fit(&d, "callaway_santanna", &options, n_x, &cs);
                fit(&d, "drdid", &options, n_x, &pair);
                assert_near(cs.b[0], pair.b[0], 1e-11);
                assert_near(cs.se[0], pair.se[0], 1e-11);
            }
}

/* Weights that stay as they are: all conventions are one, and nothing is said. */
static void test_constant_weights(void **state)
{
    (void)state;
    static data_t d;
    static result_t r;
    double first = 0;
    fill(&d, PERIODS);
    for (int i = 0; i < d.n; i++)
        d.weight[i] = 1 + d.unit[i] % 4;
    for (int fix = JD_FIX_EARLIER; fix <= JD_FIX_BASE; fix++) {
        jd_did_options_t options;
        jd_did_defaults(&options);
        options.group_time.fix_weights = (jd_fix_weights_t)fix;
        fit(&d, "callaway_santanna", &options, 0, &r);
        if (fix == JD_FIX_EARLIER) first = r.b[0];
        assert_near(r.b[0], first, 0);
        assert_string_equal(r.note, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_four_conventions),
        cmocka_unit_test(test_two_by_two_is_drdid),
        cmocka_unit_test(test_constant_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
