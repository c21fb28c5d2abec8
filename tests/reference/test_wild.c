/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wild cluster bootstrap against full enumeration by hand in R and fwildclusterboot: every row.
 */
#include "support.h"

#include "jiedao/did.h"
#include "jiedao/wild_bootstrap.h"
#include "reference/tally.h"

enum { N = 2000 };

static int32_t unit[N], period[N];
static int8_t treated[N];
static double x[N], y[N];

static jd_panel_t load(void)
{
    static const double *const columns[] = {x};
    static const char *const names[] = {"x"};
    csv_t csv;
    assert_true(csv_read(&csv, JD_REFERENCE_DATA "/sim_smallg.csv"));
    assert_true(csv.rows <= N);
    for (int i = 0; i < csv.rows; i++) {
        unit[i] = (int32_t)csv_number(&csv, i, csv_find(&csv, "state"));
        period[i] = (int32_t)csv_number(&csv, i, csv_find(&csv, "year"));
        treated[i] = (int8_t)csv_number(&csv, i, csv_find(&csv, "treat"));
        x[i] = csv_number(&csv, i, csv_find(&csv, "x"));
        y[i] = csv_number(&csv, i, csv_find(&csv, "y"));
    }
    jd_panel_t panel = {.n = csv.rows,
                        .unit = unit,
                        .time = period,
                        .treated = treated,
                        .n_x = 1,
                        .x = columns,
                        .x_name = names};
    csv_free(&csv);
    return panel;
}

static int by_size(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* R's type 7. */
static double quantile(const jd_wild_t *w, double share)
{
    qsort(w->t_star, (size_t)w->draws, sizeof *w->t_star, by_size);
    double at = share * (double)(w->draws - 1);
    int64_t low = (int64_t)at, high = low + 1 < w->draws ? low + 1 : low;
    return w->t_star[low] + (at - (double)low) * (w->t_star[high] - w->t_star[low]);
}

/* What a case's name says: wcb_smallg[_r05][_boottestAB]_WCR or _WCU. */
static jd_wild_options_t options_of(const char *name)
{
    jd_wild_options_t o = {.vcov = {.k_fixed = JD_K_FULL}};
    const char *type = strstr(name, "boottest");
    o.null = strstr(name, "_r05_") ? 0.5 : 0;
    o.unrestricted = strstr(name, "WCU") != NULL;
    if (!type) return o;
    o.jackknife_scores = type[8] == '3';
    if (type[9] == '3') o.vcov.kind = JD_VCOV_CV3;
    return o;
}

/* With CV3, fwildclusterboot divides the statistic by CR1's small-sample factor too, but not the
 * draws: their p-value counts draws larger than a smaller statistic. */
static double p_of_mixed_factors(const jd_wild_t *w, double factor)
{
    int count = 0;
    for (int64_t d = 0; d < w->draws; d++)
        count += fabs(w->t_star[d]) >= fabs(w->t) / factor;
    return count / (double)w->draws;
}

static void test_every_row_of_the_wild_bootstrap(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    csv_t e;
    tally_t t = {0};
    jd_ctx_t ctx;
    jd_did_options_t how;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    jd_did_defaults(&how);
    assert_true(csv_read(&e, JD_REFERENCE_ROWS));
    jd_panel_t panel = load();
    /* 2 regressors, 10 states and 8 years in lm() */
    double n = (double)panel.n, factor = sqrt(10.0 / 9 * (n - 1) / (n - 19));
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find("twfe"), &panel, &how, &ctx),
                     JD_OK);
    for (int row = 0; row < e.rows; row++) {
        if (strcmp(csv_text(&e, row, 2), "wild_cluster_bootstrap") != 0) continue;
        const char *quantity = csv_text(&e, row, 4);
        jd_wild_options_t o = options_of(csv_text(&e, row, 0));
        o.strict = strstr(quantity, "strict") != NULL;
        o.no_interval = 1;
        jd_wild_t w;
        assert_int_equal(jd_wild_bootstrap(design, y, 0, &o, &w, &ctx), JD_OK);
        assert_int_equal(w.draws, 1024);
        double theirs = csv_number(&e, row, 6), ours = (double)NAN, tolerance = 1e-12;
        if (strcmp(quantity, "t_stat") == 0) {
            ours = w.t;
            tolerance = 1e-8;
            if (o.vcov.kind == JD_VCOV_CV3) ours /= factor;
        } else if (strncmp(quantity, "p_two_tailed", 12) == 0) {
            ours = w.p_value;
            if (o.vcov.kind == JD_VCOV_CV3) ours = p_of_mixed_factors(&w, factor);
        } else if (strcmp(quantity, "p_right_strict") == 0) {
            ours = w.p_right;
        } else if (strcmp(quantity, "p_left_strict") == 0) {
            ours = w.p_left;
        } else if (strcmp(quantity, "p_equal_tailed_strict") == 0) {
            ours = w.p_equal_tailed;
        } else if (strcmp(quantity, "p_tie_share") == 0) {
            ours = w.tie_share;
        } else if (strcmp(quantity, "t_quantile_type7") == 0) {
            ours = quantile(&w, csv_number(&e, row, 5));
            tolerance = 1e-8;
        }
        tally(&t, fabs(ours - theirs) <= tolerance, &e, row, ours, 0);
        jd_wild_free(&w);
    }
    jd_design_free(design);
    csv_free(&e);
    tally_print(&t, "wild_cluster_bootstrap");
    assert_int_equal(t.missed, 0);
    assert_int_equal(t.matched, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row_of_the_wild_bootstrap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
