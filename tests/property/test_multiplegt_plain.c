/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn against plain loops; then weights, threads, linear trends, the bootstrap,
 * refusals. */
#include "property/multiplegt_plain.h"

#include "jiedao/random.h"

enum { LATER_SEEDS = 120 };

static void test_did_multiplegt_equals_plain_loops(void **state)
{
    (void)state;
    int wrong = 0, answered = 0;
    for (uint64_t seed = 1; seed <= FIRST_SEEDS + LATER_SEEDS; seed++)
        wrong += try_one(seed, &answered);
    print_message("%d of %d panels answered\n", answered, FIRST_SEEDS + LATER_SEEDS);
    assert_int_equal(wrong, 0);
    assert_true(answered > FIRST_SEEDS / 2 + LATER_SEEDS / 3);
}

/* Weights give the estimates; bits do not depend on threads. */
static void test_weights_and_threads(void **state)
{
    (void)state;
    static plain_t p;
    static double w[MAX_ROWS], first[4096];
    for (uint64_t seed = 1; seed <= 12; seed++) {
        make_panel(&p, seed);
        if (seed > 8) add_characteristics(&p, 2);
        p.options.multiplegt.trends_lin = seed > 10;
        for (int threads = 1; threads <= 3; threads++) {
            jd_ctx_t ctx;
            jd_design_t *design = NULL;
            jd_fit_t fit = {0};
            jd_ctx_init(&ctx);
            ctx.threads = threads;
            int rc = jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"), &p.t.panel,
                                       &p.options, &ctx);
            if (rc) break;
            assert_int_equal(jd_design_infer(design, p.t.y, NULL, 0.95, &fit, &ctx), JD_OK);
            size_t bytes = (size_t)(fit.n_terms * (5 + fit.n_terms)) * sizeof(double);
            assert_true(bytes <= sizeof first);
            if (threads == 1) memcpy(first, fit.estimate, bytes);
            assert_memory_equal(first, fit.estimate, bytes);
            for (int k = 0; k < fit.n_terms; k++) {
                double sum = 0;
                jd_design_weights(design, k, w);
                for (int i = 0; i < p.t.panel.n; i++)
                    sum += w[i] * p.t.y[i];
                assert_near(sum, fit.estimate[k], 1e-11 * (1 + fabs(sum)));
            }
            jd_fit_free(&fit);
            jd_design_free(design);
        }
    }
}

/* trends_lin: a slope of each unit's own changes no estimate and no standard error. */
static void test_unit_trends_change_nothing(void **state)
{
    (void)state;
    static plain_t p;
    for (uint64_t seed = FIRST_SEEDS + 1; seed <= FIRST_SEEDS + 12; seed++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        jd_fit_t before = {0}, after = {0};
        jd_ctx_init(&ctx);
        make_panel(&p, seed);
        p.options.multiplegt.trends_lin = 1;
        if (jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"), &p.t.panel,
                              &p.options, &ctx) != JD_OK)
            continue;
        assert_int_equal(jd_design_infer(design, p.t.y, NULL, 0.95, &before, &ctx), JD_OK);
        for (int i = 0; i < p.t.panel.n; i++)
            p.t.y[i] += (p.t.unit[i] % 7 - 3) * 0.5 * p.t.time[i];
        assert_int_equal(jd_design_infer(design, p.t.y, NULL, 0.95, &after, &ctx), JD_OK);
        for (int k = 0; k < before.n_terms; k++) {
            assert_near(after.estimate[k], before.estimate[k], 1e-10);
            assert_near(after.std_error[k], before.std_error[k], 1e-10);
        }
        jd_fit_free(&before);
        jd_fit_free(&after);
        jd_design_free(design);
    }
}

enum { DRAWS = 12, TERMS = 40 };

/* Units as often as their cluster is drawn, told anew by weights: terms by name, NaN if not there.
 */
static void estimate_draw(const plain_t *p, const jd_design_t *design, int n_terms, int draw,
                          double *value)
{
    static double weight[MAX_ROWS];
    jd_ctx_t ctx;
    jd_design_t *again = NULL;
    jd_panel_t panel = p->t.panel;
    int clusters = p->t.panel.cluster ? (UNITS + 2) / 3 : UNITS, times[UNITS] = {0};
    double estimate[TERMS];
    jd_ctx_init(&ctx);
    jd_jump_t jump = jd_jump(jd_stream(7, (uint64_t)draw, JD_DRAW_BOOTSTRAP), 0, 0);
    jd_rng_t rng = jd_rng_at(&jump, 0);
    for (int c = 0; c < clusters; c++)
        times[((uint64_t)jd_rng_bits(&rng) * (uint64_t)clusters) >> 32]++;
    for (int i = 0; i < panel.n; i++)
        weight[i] = (panel.weight ? panel.weight[i] : 1) *
                    times[panel.cluster ? panel.cluster[i] : panel.unit[i]];
    panel.weight = weight;
    for (int k = 0; k < n_terms; k++)
        value[k] = (double)NAN;
    const double *y = p->t.y;
    int rc = jd_design_prepare(&again, jd_design_estimator(design), &panel, &p->options, &ctx);
    if (rc) return;
    assert_int_equal(jd_design_estimate(again, &y, 1, estimate, &ctx), JD_OK);
    for (int j = 0; j < jd_design_facts(again).n_terms; j++)
        for (int k = 0; k < n_terms; k++)
            if (!strcmp(jd_design_terms(again)[j].name, jd_design_terms(design)[k].name))
                value[k] = estimate[j];
    jd_design_free(again);
}

static double variance(double value[DRAWS][TERMS], int k)
{
    double mean = 0, square = 0;
    int n = 0;
    for (int d = 0; d < DRAWS; d++)
        if (!isnan(value[d][k])) mean += value[d][k], n++;
    for (int d = 0; d < DRAWS; d++)
        if (!isnan(value[d][k])) square += pow(value[d][k] - mean / n, 2);
    return n > 1 ? square / (n - 1) : (double)NAN;
}

static void compare_bootstrap(plain_t *p, int *compared)
{
    double value[DRAWS][TERMS], first[TERMS];
    for (int threads = 1; threads <= 3; threads += 2) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        jd_fit_t fit = {0};
        const jd_vcov_options_t how = {
            .resample = JD_RESAMPLE_BOOTSTRAP, .draws = DRAWS, .seed = 7};
        jd_ctx_init(&ctx);
        ctx.threads = threads;
        if (jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"), &p->t.panel,
                              &p->options, &ctx) != JD_OK)
            return;
        assert_int_equal(jd_design_infer(design, p->t.y, &how, 0.95, &fit, &ctx), JD_OK);
        assert_true(isinf(fit.df[0]));
        for (int d = 0; threads == 1 && d < DRAWS; d++)
            estimate_draw(p, design, fit.n_terms, d, value[d]);
        for (int k = 0; threads == 1 && k < fit.n_terms; k++, ++*compared) {
            double v = variance(value, k);
            if (isnan(v))
                assert_true(isnan(fit.std_error[k]));
            else
                assert_near(fit.std_error[k], sqrt(v), 1e-9 * (1 + sqrt(v)));
        }
        if (threads == 1) memcpy(first, fit.std_error, (size_t)fit.n_terms * sizeof *first);
        assert_memory_equal(first, fit.std_error, (size_t)fit.n_terms * sizeof *first);
        jd_fit_free(&fit);
        jd_design_free(design);
    }
}

/* The bootstrap's standard errors are those of estimates prepared anew for each sample drawn. */
static void test_bootstrap_draws_everything_anew(void **state)
{
    (void)state;
    static plain_t p;
    int compared = 0;
    for (uint64_t seed = FIRST_SEEDS - 30; seed <= FIRST_SEEDS + 48; seed++) {
        make_panel(&p, seed);
        if (seed % 4 == 0) add_characteristics(&p, 2);
        compare_bootstrap(&p, &compared);
    }
    assert_true(compared > 200);
}

/* On many units and no clusters the bootstrap and the influence functions say the same. */
static void test_bootstrap_is_near_analytic(void **state)
{
    (void)state;
    enum { MANY = 500, LONG = 6 };
    static int32_t unit[MANY * LONG], time[MANY * LONG], cohort[MANY * LONG];
    static double y[MANY * LONG];
    jd_rng_t rng = trial_rng(5);
    for (int u = 0, i = 0; u < MANY; u++)
        for (int s = 1; s <= LONG; s++, i++) {
            unit[i] = u;
            time[i] = s;
            cohort[i] = u % 3 ? 2 + u % 4 : 0;
            y[i] = u % 5 + 0.2 * s + (cohort[i] && s >= cohort[i] ? 1 : 0) + gauss(&rng);
        }
    const jd_panel_t panel = {.n = MANY * LONG, .unit = unit, .time = time, .cohort = cohort};
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_did_options_t options;
    jd_fit_t analytic = {0}, drawn = {0};
    const jd_vcov_options_t how = {.resample = JD_RESAMPLE_BOOTSTRAP, .draws = 200};
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    options.event_last = 1;
    assert_int_equal(
        jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"), &panel, &options, &ctx),
        JD_OK);
    assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &analytic, &ctx), JD_OK);
    assert_int_equal(jd_design_infer(design, y, &how, 0.95, &drawn, &ctx), JD_OK);
    for (int k = 0; k < drawn.n_terms; k++)
        assert_near(drawn.std_error[k] / analytic.std_error[k], 1, 0.15);
    jd_fit_free(&analytic);
    jd_fit_free(&drawn);
    jd_design_free(design);
}

enum { MOST = UNITS + 2 };

/* A lag's regression with all its dummies. */
typedef struct {
    int n, columns, u[UNITS];
    long double x[UNITS][MOST], y[UNITS], w[UNITS], inverse[MOST][MOST];
    int kept[MOST];
    double beta[2], se[2], df;
} wls_t;

/* Differences of a lag's switchers, dummies of who switches alike, characteristics behind them. */
static void list_units(plain_t *p, int end, int l, int placebo, wls_t *r)
{
    static used_t used[UNITS * PERIODS * UNITS];
    long double total, dose, cumulated;
    int n = list_used(p, end, l, l, placebo, used, &total, &dose, &cumulated), dummies = 0;
    memset(r, 0, sizeof *r);
    for (int i = 0; i < n; i++) {
        int u = used[i].u, k = r->n, like = 0;
        if (!used[i].switcher) continue;
        for (int piece = p->options.multiplegt.trends_lin ? 1 : l; piece <= l; piece++)
            r->y[k] +=
                (p->up[u] ? 1 : -1) * change(p->y, u, p->first[u] - 1 + piece, piece, placebo);
        while (like < k && !(same_base(p, r->u[like], u) && p->first[r->u[like]] == p->first[u] &&
                             p->up[r->u[like]] == p->up[u]))
            like++;
        for (int d = 0; d < dummies && like < k; d++)
            r->x[k][d] = r->x[like][d];
        if (like == k) r->x[k][dummies++] = 1;
        r->u[k] = u;
        r->w[r->n++] = used[i].mass;
    }
    for (int k = 0; k < r->n; k++)
        for (int row = 0; row < p->t.panel.n; row++)
            for (int j = 0; j < p->t.panel.n_het && p->t.unit[row] == r->u[k]; j++)
                r->x[k][dummies + j] = p->het[j][row];
    r->columns = dummies + p->t.panel.n_het;
}

/* (X'WX)^-1 by Gauss and Jordan, collinear columns left out; returns the rank. */
static int invert(wls_t *r)
{
    int m = r->columns, rank = 0;
    long double a[MOST][2 * MOST] = {{0}};
    for (int i = 0; i < m; i++) {
        a[i][m + i] = 1;
        for (int j = 0; j < m; j++)
            for (int k = 0; k < r->n; k++)
                a[i][j] += r->w[k] * r->x[k][i] * r->x[k][j];
    }
    for (int i = 0; i < m; i++) {
        long double own = 0, pivot = a[i][i];
        for (int k = 0; k < r->n; k++)
            own += r->w[k] * r->x[k][i] * r->x[k][i];
        r->kept[i] = pivot > 1e-12L * own;
        rank += r->kept[i];
        if (!r->kept[i]) continue;
        for (int j = 0; j < 2 * m; j++)
            a[i][j] /= pivot;
        for (int other = 0; other < m; other++) {
            long double by = a[other][i];
            for (int j = 0; j < 2 * m && other != i; j++)
                a[other][j] -= by * a[i][j];
        }
    }
    for (int i = 0; i < m; i++)
        for (int j = 0; j < m; j++)
            r->inverse[i][j] = r->kept[i] && r->kept[j] ? a[i][m + j] : 0;
    return rank;
}

static int has_alike(const wls_t *r, int k, int dummies)
{
    for (int i = 0; i < r->n; i++)
        if (i != k && !memcmp(r->x[i], r->x[k], (size_t)dummies * sizeof r->x[k][0])) return 1;
    return 0;
}

static void solve_units(const plain_t *p, wls_t *r)
{
    int m = r->columns, n_het = p->t.panel.n_het, rank = invert(r), clusters = 0, units = 0;
    long double beta[MOST] = {0}, on[UNITS][MOST] = {{0}}, sum[UNITS][2] = {{0}};
    for (int k = 0; k < r->n; k++)
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < m; j++)
                on[k][i] += r->inverse[i][j] * r->x[k][j] * r->w[k];
            beta[i] += on[k][i] * r->y[k];
        }
    for (int k = 0; k < r->n; k++) {
        long double rest = r->y[k], leverage = 0;
        for (int i = 0; i < m; i++) {
            rest -= r->x[k][i] * beta[i];
            leverage += r->x[k][i] * on[k][i];
        }
        int alone = leverage > 1 - 1e-10L, fresh = has_alike(r, k, m - n_het);
        units += fresh;
        for (int i = 0; i < k; i++)
            fresh &= p->cluster[r->u[i]] != p->cluster[r->u[k]] || !has_alike(r, i, m - n_het);
        clusters += fresh;
        for (int j = 0; j < n_het && !alone; j++)
            sum[p->cluster[r->u[k]]][j] += on[k][m - n_het + j] * rest / sqrtl(1 - leverage);
    }
    r->df = r->n - rank;
    if (r->df > 0 && clusters < units && clusters - 1 < r->df) r->df = clusters - 1;
    for (int j = 0; j < n_het; j++) {
        long double square = 0;
        for (int c = 0; c < UNITS; c++)
            square += sum[c][j] * sum[c][j];
        r->beta[j] = (double)beta[m - n_het + j];
        r->se[j] = (double)sqrtl(square);
    }
}

static int term_of(const jd_design_t *design, const char *name)
{
    for (int k = 0; k < jd_design_facts(design).n_terms; k++)
        if (!strcmp(jd_design_terms(design)[k].name, name)) return k;
    return -1;
}

static int compare_characteristics(plain_t *p)
{
    static const char *const names[] = {"size", "kind"};
    static wls_t r;
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    int compared = 0, n_het = p->t.panel.n_het;
    jd_ctx_init(&ctx);
    if (jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"), &p->t.panel,
                          &p->options, &ctx) != JD_OK)
        return 0;
    assert_int_equal(jd_design_infer(design, p->t.y, NULL, 0.95, &fit, &ctx), JD_OK);
    int end = prepare_plain(p);
    for (int e = -p->n_placebos - 1; e < p->n_effects; e++) {
        char name[JD_TERM_NAME];
        snprintf(name, sizeof name, "e=%d", e);
        if (term_of(design, name) < 0) continue;
        list_units(p, end, e < 0 ? -1 - e : e + 1, e < 0, &r);
        solve_units(p, &r);
        for (int j = 0; j < n_het; j++) {
            snprintf(name, sizeof name, "%s:e=%d", names[j], e);
            int k = term_of(design, name), told = r.kept[r.columns - n_het + j] && r.df != 0;
            assert_int_equal(k >= 0, told);
            if (!told) continue;
            assert_near(fit.estimate[k], r.beta[j], 1e-8 * (1 + fabs(r.beta[j])));
            assert_near(fit.std_error[k], r.se[j], 1e-7 * (1 + r.se[j]));
            assert_near(fit.df[k], r.df, 0);
            compared++;
        }
    }
    jd_fit_free(&fit);
    jd_design_free(design);
    return compared;
}

/* Coefficients and HC2 of predict_het against least squares with all dummies; weights give them. */
static void test_characteristics_equal_least_squares(void **state)
{
    (void)state;
    static plain_t p;
    int compared = 0;
    for (uint64_t seed = 1; seed <= FIRST_SEEDS + LATER_SEEDS; seed++) {
        make_panel(&p, seed);
        add_characteristics(&p, 1 + (int)(seed % 2));
        compared += compare_characteristics(&p);
    }
    print_message("%d coefficients of characteristics compared\n", compared);
    assert_true(compared > 300);
}

static void check_refusal(plain_t *p, int expected, const char *word)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"),
                                       &p->t.panel, &p->options, &ctx),
                     expected);
    if (!strstr(ctx.message, word)) fail_msg("'%s' without '%s'", ctx.message, word);
}

static void test_refusals(void **state)
{
    (void)state;
    static plain_t p;
    make_panel(&p, 8);
    p.dose[3] = (double)NAN;
    check_refusal(&p, JD_ERR_DATA, "finite");
    make_panel(&p, 8);
    for (int i = 0; i < p.t.panel.n; i++)
        p.t.cluster[i] = i % 4;
    p.t.panel.cluster = p.t.cluster;
    check_refusal(&p, JD_ERR_DATA, "holds whole units");
    make_panel(&p, 8);
    p.options.event_last = -1;
    check_refusal(&p, JD_ERR_ARGUMENT, "event time 0");
    make_panel(&p, 8);
    for (int i = 0; i < p.t.panel.n; i++)
        p.dose[i] = 1;
    check_refusal(&p, JD_ERR_NO_TREATED, "treated");
    make_panel(&p, 8);
    for (int i = 0; i < p.t.panel.n; i++) /* no two alike */
        p.dose[i] = p.t.unit[i] + (p.t.unit[i] % 2 && p.t.time[i] > 13);
    check_refusal(&p, JD_ERR_NO_CONTROLS, "same treatment");
    make_panel(&p, 8);
    p.options.multiplegt.switchers = JD_SWITCHERS_OUT;
    check_refusal(&p, JD_ERR_NO_CONTROLS, "direction");
    make_panel(&p, 8);
    add_characteristics(&p, 1);
    p.het[0][3] += 1;
    check_refusal(&p, JD_ERR_DATA, "whole units");
    p.het[0][3] = (double)NAN;
    check_refusal(&p, JD_ERR_DATA, "characteristic size");
    add_characteristics(&p, 1);
    p.options.multiplegt.normalized = 1;
    check_refusal(&p, JD_ERR_ARGUMENT, "leave normalized out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_did_multiplegt_equals_plain_loops),
        cmocka_unit_test(test_weights_and_threads),
        cmocka_unit_test(test_unit_trends_change_nothing),
        cmocka_unit_test(test_bootstrap_draws_everything_anew),
        cmocka_unit_test(test_bootstrap_is_near_analytic),
        cmocka_unit_test(test_characteristics_equal_least_squares),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
