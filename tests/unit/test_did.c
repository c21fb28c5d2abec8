/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the estimators refuse, weights, many outcomes at once, binning, triple differences, threads.
 */
#include "support.h"

#include "jiedao/bacon.h"
#include "jiedao/did.h"
#include "property/did_dense.h"

enum { UNITS = 8, PERIODS = 5, N = UNITS * PERIODS };

/* Units 0-3 never treated, 4-5 from period 3, 6-7 from period 4 (0 turns a group into never). */
typedef struct {
    int32_t unit[N], time[N], cohort[N];
    double y[N];
    jd_panel_t panel;
} small_t;

static void make_small(small_t *s, int first, int second)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < N; i++) {
        int u = i / PERIODS, t = i % PERIODS + 1;
        s->unit[i] = u;
        s->time[i] = t;
        s->cohort[i] = u >= 6 ? second : u >= 4 ? first : 0;
        s->y[i] = u * u + 0.5 * t + ((u * 7 + t * 3) % 5) * 0.1 +
                  (s->cohort[i] && t >= s->cohort[i] ? 2 : 0);
    }
    s->panel = (jd_panel_t){.n = N, .unit = s->unit, .time = s->time, .cohort = s->cohort};
}

static void check_refused(const char *estimator, const jd_panel_t *panel,
                          const jd_did_options_t *options, int code, const char *words)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    jd_design_t *design = NULL;
    int rc = jd_design_prepare(&design, jd_estimator_find(estimator), panel, options, &ctx);
    if (rc != code || !strstr(ctx.message, words))
        print_error("%s: %d, '%s', expected %d, '%s'\n", estimator, rc, ctx.message, code, words);
    assert_int_equal(rc, code);
    assert_null(design);
    assert_non_null(strstr(ctx.message, words));
    assert_null(strchr(ctx.message, '\n')); /* one sentence */
}

static void test_prepare_errors(void **state)
{
    (void)state;
    small_t s;
    jd_did_options_t options;
    jd_did_defaults(&options);
    const char *const names[] = {"2x2", "twfe", "event_study"};
    for (int e = 0; e < 3; e++) {
        make_small(&s, 0, 0);
        check_refused(names[e], &s.panel, &options, JD_ERR_NO_TREATED, "none of the 8 units");
        make_small(&s, 3, 3);
        for (int i = 0; i < N; i++)
            s.cohort[i] = 3;
        check_refused(names[e], &s.panel, &options, JD_ERR_NO_CONTROLS, "no control group");
        make_small(&s, 3, 4);
        for (int i = 0; i < N; i++)
            s.time[i] = 4;
        check_refused(names[e], &s.panel, &options, JD_ERR_DATA, "a single period (4)");
        make_small(&s, 3, 4);
        double nothing[N] = {0};
        s.panel.weight = nothing;
        check_refused(names[e], &s.panel, &options, JD_ERR_DATA, "40 have weight 0");
    }
    /* Staggered without never-treated: the 2x2 has no control, TWFE has those not yet treated. */
    make_small(&s, 3, 4);
    for (int i = 0; i < N; i++)
        if (s.cohort[i] == 0) s.cohort[i] = 4;
    check_refused("2x2", &s.panel, &options, JD_ERR_NO_CONTROLS,
                  "every unit is treated by the last period (5)");
    /* Treated from the start: D is a unit effect. */
    make_small(&s, 1, 1);
    check_refused("twfe", &s.panel, &options, JD_ERR_RANK, "explain all 1 regressors");
    options.bin_first = 1;
    options.bin_last = 0;
    check_refused("event_study", &s.panel, &options, JD_ERR_ARGUMENT, "binned at 1 and 0");
    assert_null(jd_estimator_find("none"));
}

static jd_design_t *prepare(const char *estimator, const jd_panel_t *panel,
                            const jd_did_options_t *options, jd_ctx_t *ctx)
{
    jd_design_t *design = NULL;
    int rc = jd_design_prepare(&design, jd_estimator_find(estimator), panel, options, ctx);
    if (rc) print_error("%s: %s\n", estimator, ctx->message);
    assert_int_equal(rc, JD_OK);
    return design;
}

static void test_apply_errors(void **state)
{
    (void)state;
    small_t s;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_fit_t fit = {0};
    double estimate;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    make_small(&s, 3, 4);
    int32_t one_cluster[N] = {0};
    s.panel.cluster = one_cluster;
    jd_design_t *design = prepare("twfe", &s.panel, &options, &ctx);
    assert_int_equal(jd_design_infer(design, s.y, NULL, 0.95, &fit, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "at least two clusters, here is 1"));
    jd_vcov_options_t iid = {.kind = JD_VCOV_IID};
    assert_int_equal(jd_design_infer(design, s.y, &iid, 0.95, &fit, &ctx), JD_OK);
    assert_string_equal(fit.facts.name, "iid");
    assert_true(fit.ci_low[0] < fit.estimate[0] && fit.estimate[0] < fit.ci_high[0]);
    jd_fit_free(&fit);
    jd_fit_free(&fit);
    assert_int_equal(jd_design_infer(design, s.y, &iid, 1, &fit, &ctx), JD_ERR_ARGUMENT);
    s.y[7] = (double)NAN;
    const double *y = s.y;
    jd_ctx_clear(&ctx);
    assert_int_equal(jd_design_estimate(design, &y, 1, &estimate, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "row 8: outcome = nan"));
    jd_design_free(design);
}

/* With one cohort and a balanced panel all three say the difference of mean changes. */
static void test_textbook_case(void **state)
{
    (void)state;
    small_t s;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    make_small(&s, 3, 3);
    double mean[2][2] = {{0}};
    for (int i = 0; i < N; i++) {
        int treated = s.cohort[i] != 0, post = s.time[i] >= 3;
        mean[treated][post] += s.y[i] / (4 * (post ? 3 : 2));
    }
    double did = (mean[1][1] - mean[1][0]) - (mean[0][1] - mean[0][0]);
    for (int e = 0; e < 2; e++) {
        jd_design_t *design = prepare(e ? "twfe" : "2x2", &s.panel, &options, &ctx);
        const double *y = s.y;
        double estimate[4];
        assert_int_equal(jd_design_estimate(design, &y, 1, estimate, &ctx), JD_OK);
        assert_true(fabs(estimate[0] - did) < 1e-13);
        assert_string_equal(jd_design_terms(design)[0].name, "att");
        jd_design_free(design);
    }
}

/* Estimates are w'y, the same bits in any company of outcomes and for any number of threads. */
static void test_estimates_are_weights_times_outcome(void **state)
{
    (void)state;
    enum { MANY = 21 };
    static trial_t trial;
    static double y[MANY][MAX_ROWS], w[MAX_ROWS], one[MAX_COLUMNS], many[MAX_COLUMNS * MANY];
    jd_did_options_t options;
    jd_did_defaults(&options);
    const int threads[] = {1, 2, 3, 7};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        make_trial(&trial, seed);
        const double *columns[MANY];
        for (int j = 0; j < MANY; j++) {
            columns[j] = y[j];
            for (int i = 0; i < trial.panel.n; i++)
                y[j][i] = trial.y[i] * (j + 1) + (i % (j + 2));
        }
        for (int t = 0; t < 4; t++) {
            jd_ctx_t ctx;
            jd_ctx_init(&ctx);
            ctx.threads = threads[t];
            jd_design_t *design =
                prepare(jd_estimators[seed % 3]->name, &trial.panel, &options, &ctx);
            int n_terms = jd_design_facts(design).n_terms;
            assert_int_equal(jd_design_estimate(design, columns, MANY, many, &ctx), JD_OK);
            if (t == 0)
                for (int k = 0; k < n_terms; k++)
                    one[k] = many[k * MANY + 5];
            double alone[MAX_COLUMNS];
            assert_int_equal(jd_design_estimate(design, &columns[5], 1, alone, &ctx), JD_OK);
            for (int k = 0; k < n_terms; k++) {
                assert_true(one[k] == many[k * MANY + 5] && one[k] == alone[k]);
                jd_design_weights(design, k, w);
                long double sum = 0, size = 0;
                for (int i = 0; i < trial.panel.n; i++) {
                    sum += (long double)w[i] * y[5][i];
                    size += fabsl((long double)w[i] * y[5][i]);
                }
                assert_true(fabsl(sum - alone[k]) <= 1e-15L * size);
            }
            jd_design_free(design);
        }
    }
}

static void test_event_study_bins_end_points(void **state)
{
    (void)state;
    small_t s;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    options.bin_first = -2;
    options.bin_last = 1;
    make_small(&s, 3, 4);
    jd_design_t *design = prepare("event_study", &s.panel, &options, &ctx);
    const jd_term_t *terms = jd_design_terms(design);
    assert_int_equal(jd_design_facts(design).n_terms, 3);
    assert_string_equal(terms[0].name, "e=-2");
    assert_string_equal(terms[1].name, "e=0");
    assert_string_equal(terms[2].name, "e=1");
    assert_true(terms[0].event_first < -1000 && terms[0].event_last == -2);
    assert_true(terms[1].event_first == 0 && terms[1].event_last == 0);
    assert_true(terms[2].event_last > 1000);
    jd_design_free(design);
}

/* Bins count from adoption, the reference stays out of its own, and one is named by its first. */
static void test_event_times_are_binned_by_width(void **state)
{
    (void)state;
    static const char *const names[] = {"event_study", "sun_abraham"};
    small_t s;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    make_small(&s, 3, 5);
    options.bin_width = 2;
    for (int k = 0; k < 2; k++) {
        jd_design_t *design = prepare(names[k], &s.panel, &options, &ctx);
        const jd_term_t *terms = jd_design_terms(design) + k; /* "att" before them */
        assert_int_equal(jd_design_facts(design).n_terms, 4 + k);
        assert_string_equal(terms[0].name, "e=-4");
        assert_string_equal(terms[1].name, "e=-2");
        assert_string_equal(terms[2].name, "e=0");
        assert_string_equal(terms[3].name, "e=2");
        assert_true(terms[0].event_first == -4 && terms[0].event_last == -3);
        assert_true(terms[1].event_first == -2 && terms[1].event_last == -2);
        assert_true(terms[2].event_first == 0 && terms[2].event_last == 1);
        jd_design_free(design);
    }
    options.bin_width = -2;
    check_refused("event_study", &s.panel, &options, JD_ERR_ARGUMENT, "bins of -2 event times");
    options.bin_width = 2;
    options.aggregate = JD_AGGREGATE_CALENDAR;
    check_refused("sun_abraham", &s.panel, &options, JD_ERR_ARGUMENT,
                  "cannot be reported by period");
    options.bin_first = 1;
    check_refused("sun_abraham", &s.panel, &options, JD_ERR_ARGUMENT, "must be a lead");
}

static void test_cross_sections_are_refused_by_who_follows_units(void **state)
{
    (void)state;
    static const char *const names[] = {"did_multiplegt_dyn", "lp_did", "synthetic_did"};
    small_t s;
    jd_did_options_t options;
    jd_did_defaults(&options);
    options.cross_sections = 1;
    make_small(&s, 3, 4);
    for (int k = 0; k < 3; k++)
        check_refused(names[k], &s.panel, &options, JD_ERR_ARGUMENT, "repeated cross-sections");
}

static void test_slopes_are_refused_where_nobody_takes_them(void **state)
{
    (void)state;
    small_t s;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_fit_t fit;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    make_small(&s, 3, 4);
    const int32_t *level = s.unit;
    const double *variable = s.y;
    s.panel.n_slopes = 1;
    check_refused("twfe", &s.panel, &options, JD_ERR_ARGUMENT, "1 slopes without their variables");
    s.panel.slope_level = &level;
    s.panel.slope = &variable;
    check_refused("imputation", &s.panel, &options, JD_ERR_UNSUPPORTED, "does not support slopes");
    jd_design_t *design = prepare("twfe", &s.panel, &options, &ctx);
    jd_vcov_options_t vcov = {.kind = JD_VCOV_HC2};
    assert_int_equal(jd_design_infer(design, s.y, &vcov, 0.95, &fit, &ctx), JD_ERR_UNSUPPORTED);
    assert_non_null(strstr(ctx.message, "are not known with slopes"));
    jd_bacon_t bacon;
    assert_int_equal(jd_bacon_decompose(&bacon, &s.panel, s.y, &ctx), JD_ERR_UNSUPPORTED);
    vcov = (jd_vcov_options_t){.k_exact = 1};
    assert_int_equal(jd_design_infer(design, s.y, &vcov, 0.95, &fit, &ctx), JD_ERR_UNSUPPORTED);
    jd_design_free(design);
}

/* unit = sector x county; county x time and sector x time effects leave the treated sector's change
 * in treated counties: a triple difference by hand. */
static void test_triple_difference(void **state)
{
    (void)state;
    enum { COUNTIES = 6, ROWS = COUNTIES * 2 * 2 };
    int32_t unit[ROWS], time[ROWS], cohort[ROWS], county_time[ROWS], sector_time[ROWS];
    double y[ROWS], mean[2][2][2] = {{{0}}};
    for (int i = 0; i < ROWS; i++) {
        int county = i / 4, sector = i / 2 % 2, t = i % 2;
        unit[i] = county * 2 + sector;
        time[i] = t + 1;
        cohort[i] = county < 3 && sector ? 2 : 0;
        county_time[i] = county * 2 + t;
        sector_time[i] = sector * 2 + t;
        y[i] = (i * i * 37 % 101) * 0.1 + (cohort[i] && t ? 3 : 0);
        mean[county < 3][sector][t] += y[i] / 3;
    }
    double ddd = 0;
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++)
            for (int t = 0; t < 2; t++)
                ddd += (a ? 1 : -1) * (b ? 1 : -1) * (t ? 1 : -1) * mean[a][b][t];
    const int32_t *const fixed[] = {county_time, sector_time};
    jd_panel_t panel = {.n = ROWS, .unit = unit, .time = time, .cohort = cohort};
    panel.fixed = fixed;
    panel.n_fixed = 2;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    options.no_time_effects = 1;
    jd_design_t *design = prepare("twfe", &panel, &options, &ctx);
    const double *column = y;
    double estimate;
    assert_int_equal(jd_design_estimate(design, &column, 1, &estimate, &ctx), JD_OK);
    assert_true(fabs(estimate - ddd) < 1e-12);
    jd_design_free(design);
}

/* Standard errors too keep their bits, on more rows than one block. */
static void test_infer_same_bits_for_any_threads(void **state)
{
    (void)state;
    enum { BIG = 20000 };
    static int32_t unit[BIG], time[BIG], cohort[BIG];
    static double y[BIG], weight[BIG];
    jd_jump_t jump = jd_jump(jd_stream(3, 0, JD_DRAW_SAMPLE), 1, 0);
    for (int i = 0; i < BIG; i++) {
        unit[i] = i / 10;
        time[i] = i % 10 + 1;
        cohort[i] = unit[i] % 4 == 0 ? 0 : 4 + unit[i] % 4;
        y[i] = jd_draw(&jump, (uint64_t)i);
        weight[i] = i % 97 ? 0.5 + jd_draw(&jump, (uint64_t)(i + BIG)) : 0;
    }
    jd_panel_t panel = {.n = BIG, .unit = unit, .time = time, .cohort = cohort, .weight = weight};
    jd_did_options_t options;
    jd_did_defaults(&options);
    const int threads[] = {1, 2, 3, 7};
    for (int kind = JD_VCOV_CLUSTER; kind <= JD_VCOV_HC1; kind++) {
        jd_fit_t first = {0};
        for (int t = 0; t < 4; t++) {
            jd_ctx_t ctx;
            jd_ctx_init(&ctx);
            ctx.threads = threads[t];
            jd_fit_t fit = {0};
            jd_vcov_options_t vcov = {.kind = (jd_vcov_t)kind};
            jd_design_t *design = prepare("event_study", &panel, &options, &ctx);
            assert_int_equal(jd_design_infer(design, y, &vcov, 0.9, &fit, &ctx), JD_OK);
            jd_design_free(design);
            if (t == 0) {
                first = fit;
                continue;
            }
            size_t cells = (size_t)fit.n_terms * (5 + (size_t)fit.n_terms);
            assert_memory_equal(fit.estimate, first.estimate, cells * sizeof(double));
            jd_fit_free(&fit);
        }
        jd_fit_free(&first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepare_errors),
        cmocka_unit_test(test_apply_errors),
        cmocka_unit_test(test_textbook_case),
        cmocka_unit_test(test_estimates_are_weights_times_outcome),
        cmocka_unit_test(test_event_study_bins_end_points),
        cmocka_unit_test(test_event_times_are_binned_by_width),
        cmocka_unit_test(test_cross_sections_are_refused_by_who_follows_units),
        cmocka_unit_test(test_slopes_are_refused_where_nobody_takes_them),
        cmocka_unit_test(test_triple_difference),
        cmocka_unit_test(test_infer_same_bits_for_any_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
