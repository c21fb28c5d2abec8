/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs and block bootstrap of whole clusters: each sample's estimate is a difference of weighted
 * means, made apart from the same draws; and who is refused. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/did.h"
#include "jiedao/random.h"
#include "near.h"

enum { UNITS = 14, CLUSTERS = 7, N = 2 * UNITS, DRAWS = 200 };

/* Clusters of 1 to 3 units, in no order of rows; the first three adopt in period 2, the rest never.
 */
static const int32_t cluster_of[UNITS] = {4, 0, 3, 1, 6, 0, 1, 2, 4, 5, 1, 3, 6, 6};
static int32_t unit[N], period[N], cohort[N], cluster[N], stratum[N];
static double y[N], weight[N];

static jd_panel_t make_panel(void)
{
    for (int i = 0; i < N; i++) {
        int u = i % UNITS, t = i / UNITS, g = cluster_of[u];
        unit[i] = 100 + u;
        period[i] = 1 + t;
        cluster[i] = 10 * g;
        cohort[i] = g < 3 ? 2 : 0;
        stratum[i] = g < 3 ? 1 : g < 5 ? 2 : 3;
        weight[i] = 1 + u % 3;
        y[i] = 0.3 * u + t * (0.5 + (g < 3) + 0.37 * ((u * 5 + g * 3) % 7));
    }
    return (jd_panel_t){.n = N,
                        .unit = unit,
                        .time = period,
                        .cohort = cohort,
                        .cluster = cluster,
                        .weight = weight};
}

/* The gap between weighted means of changes, each cluster counted as often as drawn. */
static double gap(const int *times)
{
    double sum[2] = {0}, mass[2] = {0};
    for (int u = 0; u < UNITS; u++) {
        int treated = cluster_of[u] < 3;
        double w = times[cluster_of[u]] * weight[u];
        sum[treated] += w * (y[u + UNITS] - y[u]);
        mass[treated] += w;
    }
    return sum[1] / mass[1] - sum[0] / mass[0];
}

/* Clusters of sample d: within parts [first, end) of 0 ... CLUSTERS - 1. */
static void draw(uint64_t seed, int d, const int *first, int parts, int *times)
{
    jd_jump_t jump = jd_jump(jd_stream(seed, 0, JD_DRAW_CLUSTERS), 0, 0);
    jd_rng_t rng = jd_rng_at(&jump, (uint64_t)d);
    memset(times, 0, CLUSTERS * sizeof *times);
    for (int p = 0; p < parts; p++)
        for (int k = first[p]; k < first[p + 1]; k++) {
            uint64_t size = (uint64_t)(first[p + 1] - first[p]);
            times[first[p] + (int)((jd_rng_bits(&rng) * size) >> 32)]++;
        }
}

static void pass_on(int rc, jd_ctx_t *ctx)
{
    if (rc) fail_msg("%s", ctx->message);
}

static int bootstrap(jd_fit_t *fit, const char *name, const jd_panel_t *panel, int no_unit_effects,
                     const jd_bootstrap_options_t *o, jd_ctx_t *ctx)
{
    jd_design_t *design = NULL;
    jd_did_options_t how;
    jd_did_defaults(&how);
    how.no_unit_effects = no_unit_effects;
    int rc = jd_design_prepare(&design, jd_estimator_find(name), panel, &how, ctx);
    if (!rc) rc = jd_design_infer(design, y, NULL, 0.9, fit, ctx);
    if (!rc) rc = jd_design_bootstrap(fit, design, panel, &how, y, o, ctx);
    jd_design_free(design);
    return rc;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, z = *(const double *)b;
    return (x > z) - (x < z);
}

static void check(const jd_bootstrap_options_t *o, const int *first, int parts)
{
    jd_panel_t panel = make_panel();
    static const char *const names[] = {"twfe", "callaway_santanna", "lp_did"};
    double value[DRAWS], mean = 0, square = 0;
    int n = 0, far = 0;
    jd_fit_t fit[3] = {{0}};
    for (int k = 0; k < 3; k++) {
        jd_ctx_t ctx = {.threads = 1 + k};
        pass_on(bootstrap(&fit[k], names[k], &panel, 0, o, &ctx), &ctx);
        assert_int_equal(fit[k].n_law, DRAWS);
    }
    for (int d = 0; d < DRAWS; d++) {
        int times[CLUSTERS];
        draw(o->seed, d, first, parts, times);
        double right = gap(times);
        for (int k = 0; k < 3; k++) {
            double got = fit[k].law[d * fit[k].n_terms];
            assert_true(isfinite(right) == isfinite(got));
            if (isfinite(right)) assert_near(got, right, 1e-12);
        }
        if (!isfinite(right)) continue;
        value[n++] = right;
        mean += right;
        far += right <= 0;
    }
    mean /= n;
    for (int d = 0; d < n; d++)
        square += (value[d] - mean) * (value[d] - mean);
    qsort(value, (size_t)n, sizeof *value, ascending);
    double at = 0.05 * (n - 1), low = value[(int)at];
    low += (at - floor(at)) * (value[(int)at + 1] - low);
    for (int k = 0; k < 3; k++) {
        assert_near(fit[k].std_error[0], sqrt(square / (n - 1)), 1e-12);
        assert_near(fit[k].ci_low[0], low, 1e-12);
        assert_near(fit[k].p_value[0], 2 * (far + 1.0) / (n + 1.0), 1e-12);
        jd_fit_free(&fit[k]);
    }
}

static void test_pairs(void **state)
{
    (void)state;
    const int first[] = {0, CLUSTERS};
    check(&(jd_bootstrap_options_t){.kind = JD_BOOTSTRAP_PAIRS, .draws = DRAWS, .seed = 4}, first,
          1);
}

/* Never treated are stratum 0, before those of period 2; so clusters lie in two parts. */
static void test_block_within_strata(void **state)
{
    (void)state;
    const int first[] = {0, 3, 5, 7};
    make_panel();
    check(
        &(jd_bootstrap_options_t){
            .kind = JD_BOOTSTRAP_BLOCK, .draws = DRAWS, .seed = 5, .stratum = stratum},
        first, 3);
}

/* Units given as a further effect are each copy's own, as the panel's units are. */
static void test_effects_nested_in_clusters(void **state)
{
    (void)state;
    jd_panel_t panel = make_panel();
    const int32_t *const fixed[] = {unit};
    const jd_bootstrap_options_t o = {.kind = JD_BOOTSTRAP_BLOCK, .draws = DRAWS};
    jd_fit_t a = {0}, b = {0};
    jd_ctx_t ctx = {.threads = 2};
    pass_on(bootstrap(&a, "twfe", &panel, 0, &o, &ctx), &ctx);
    panel.n_fixed = 1;
    panel.fixed = fixed;
    pass_on(bootstrap(&b, "twfe", &panel, 1, &o, &ctx), &ctx);
    for (int d = 0; d < DRAWS; d++)
        assert_near(b.law[d], a.law[d], 1e-12);
    jd_fit_free(&a);
    jd_fit_free(&b);
}

static void expect(const char *name, const jd_panel_t *panel, jd_bootstrap_t kind, const char *word)
{
    jd_ctx_t ctx = {.threads = 1};
    jd_fit_t fit = {0};
    const jd_bootstrap_options_t o = {.kind = kind, .draws = 20};
    assert_true(bootstrap(&fit, name, panel, 0, &o, &ctx) != JD_OK);
    if (!strstr(ctx.message, word)) fail_msg("%s", ctx.message);
    jd_fit_free(&fit);
    jd_ctx_clear(&ctx);
}

static void test_refusals(void **state)
{
    (void)state;
    jd_panel_t panel = make_panel();
    panel.weight = NULL;
    panel.cluster = NULL;
    expect("block_did", &panel, JD_BOOTSTRAP_PAIRS, "--resample bootstrap");
    panel = make_panel();
    expect("twfe", &panel, JD_BOOTSTRAP_NONE, "pairs or block");
    for (int i = 0; i < N; i++)
        cohort[i] = cluster[i] == 0 ? 2 : 0;
    expect("twfe", &panel, JD_BOOTSTRAP_PAIRS, "one alone is treated");
    panel = make_panel();
    cluster[0] = 50; /* a unit that moves */
    expect("twfe", &panel, JD_BOOTSTRAP_PAIRS, "lie in several");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_block_within_strata),
        cmocka_unit_test(test_effects_nested_in_clusters),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
