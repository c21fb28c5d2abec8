/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Imputation with three fixed effects of hundreds of levels and few rows: what the untreated rows
 * identify, and what they do not, does not depend on the solver. The dense factor shares no step
 * with the sparse one and its iteration. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/did.h"
#include "near.h"
#include "property/did_dense.h"

enum { MOST = 12000, PERIODS = 40 };

typedef struct {
    int32_t unit[MOST], time[MOST], cohort[MOST], firm[MOST], job[MOST];
    double weight[MOST], y[MOST];
    const int32_t *fixed[2];
    jd_panel_t panel;
} sparse_t;

/* Rows at random: the fewer a level, the more treated rows are not identified. */
static void fill(sparse_t *s, uint64_t seed, int64_t n, int levels)
{
    static int32_t first[MOST];
    jd_rng_t rng = trial_rng(seed);
    memset(s, 0, sizeof *s);
    for (int u = 0; u < levels; u++)
        first[u] = pick(&rng, 2) ? 0 : PERIODS / 2 + pick(&rng, PERIODS / 4);
    for (int64_t i = 0; i < n; i++) {
        s->unit[i] = pick(&rng, levels);
        s->time[i] = 1 + pick(&rng, PERIODS);
        s->cohort[i] = first[s->unit[i]];
        s->firm[i] = pick(&rng, levels);
        s->job[i] = pick(&rng, levels);
        s->weight[i] = 0.5 + jd_rng_uniform(&rng);
        s->y[i] = jd_rng_uniform(&rng) + 0.01 * s->unit[i] + 0.1 * s->time[i];
    }
    s->fixed[0] = s->firm;
    s->fixed[1] = s->job;
    s->panel = (jd_panel_t){.n = n,
                            .unit = s->unit,
                            .time = s->time,
                            .cohort = s->cohort,
                            .weight = seed % 2 ? s->weight : NULL,
                            .n_fixed = seed % 3 ? 1 : 2,
                            .fixed = s->fixed};
}

static int estimate(const sparse_t *s, jd_solver_t solver, double *att, jd_ctx_t *ctx)
{
    const double *y = s->y;
    double estimates[64] = {0};
    jd_design_t *design = NULL;
    jd_did_options_t options;
    jd_did_defaults(&options);
    options.aggregate = JD_AGGREGATE_OVERALL;
    options.solver = solver;
    int rc = jd_design_prepare(&design, jd_estimator_find("imputation"), &s->panel, &options, ctx);
    if (!rc) rc = jd_design_estimate(design, &y, 1, estimates, ctx);
    *att = estimates[0];
    jd_design_free(design);
    return rc;
}

static void test_solvers_agree_on_what_is_identified(void **state)
{
    (void)state;
    static sparse_t s;
    int identified = 0, refused = 0;
    for (uint64_t seed = 1; seed <= JD_ROUNDS(24); seed++) {
        const int levels = 550 + 10 * (int)(seed % 8);
        jd_ctx_t dense, sparse;
        double by_dense, by_sparse;
        jd_ctx_init(&dense);
        jd_ctx_init(&sparse);
        fill(&s, seed, levels * (4 + (int64_t)(seed % 4) * 5), levels);
        const int rc = estimate(&s, JD_SOLVER_DIRECT, &by_dense, &dense);
        assert_int_equal(estimate(&s, JD_SOLVER_AUTO, &by_sparse, &sparse), rc);
        if (rc) {
            assert_int_equal(rc, JD_ERR_RANK);
            assert_string_equal(sparse.message, dense.message);
            refused++;
        } else {
            assert_near(by_sparse, by_dense, 1e-8);
            identified++;
        }
    }
    assert_true(identified > 0 && refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solvers_agree_on_what_is_identified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
