/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Triple differences against plain loops: the regression against eight means, the staggered one
 * against three comparisons by the papers' formulas for each cohort of control, weighted by the
 * inverse covariance of numerical influences. */
#include "support.h"

#include "jiedao/did.h"
#include "property/did_dense.h"
#include "property/drdid_dense.h"

enum { TRIALS = 12, UNITS = 96, PERIODS = 4, COHORTS = 4 };

typedef struct {
    trial_t t;
    int8_t eligible[MAX_ROWS];
    jd_did_options_t o;
} triple_t;

/* Cohorts 0 (never), 2002, 2003, 2004; trends differ by cohort and by eligibility, never by both.
 */
static void make_panel(triple_t *s, uint64_t seed)
{
    static const char *const names[] = {"a", "b"};
    jd_rng_t rng = trial_rng(seed + 9000);
    trial_t *t = &s->t;
    memset(s, 0, sizeof *s);
    int n = 0, gaps = seed % 3 == 2;
    for (int u = 0; u < UNITS; u++) {
        double a = gauss(&rng), w = 0.5 + jd_rng_uniform(&rng);
        int q = u % 2, g = u / 2 % COHORTS;
        if (u > 16 && jd_rng_uniform(&rng) < 0.3) g = pick(&rng, 1 + (a > 0) * 3);
        for (int p = 0; p < PERIODS; p++) {
            if (gaps && jd_rng_uniform(&rng) < 0.05) continue;
            t->unit[n] = 7 * u;
            t->time[n] = 2001 + p;
            t->cohort[n] = g ? 2001 + g : 0;
            s->eligible[n] = (int8_t)q;
            t->weight[n] = w;
            t->x[0][n] = a;
            t->x[1][n] = 5;
            t->y[n] = a * p * (1 + q) + 0.3 * g * p + q * p + gauss(&rng) + (q && g && p >= g);
            n++;
        }
    }
    t->x_column[0] = t->x[0];
    t->x_column[1] = t->x[1];
    t->panel = (jd_panel_t){.n = n,
                            .unit = t->unit,
                            .time = t->time,
                            .cohort = t->cohort,
                            .eligible = s->eligible,
                            .n_x = (int)(seed % 4 < 3),
                            .x = t->x_column,
                            .x_name = names};
    if (seed % 2) t->panel.weight = t->weight;
    jd_did_defaults(&s->o);
    s->o.aggregate = JD_AGGREGATE_CELLS;
    s->o.group_time.method = (jd_method_t)(seed / 2 % 3);
    s->o.control = seed / 6 % 2 ? JD_CONTROL_NEVER : JD_CONTROL_NOT_YET;
    s->o.cross_sections = seed % 3 == 1;
    s->o.group_time.allow_unbalanced = gaps;
}

/* The eligible of g against another group, from `base` to `time`. */
static void fill_pair(const triple_t *s, int g, int h, int q, int base, int time,
                      dense_pair_t *pair)
{
    const trial_t *t = &s->t;
    int wide = s->o.cross_sections || s->o.group_time.allow_unbalanced;
    memset(pair, 0, sizeof *pair);
    pair->cross = wide;
    pair->k = 1 + t->panel.n_x;
    for (int i = 0; i < t->panel.n; i++) {
        int treated = t->cohort[i] == g && s->eligible[i];
        if (!treated && !(t->cohort[i] == h && s->eligible[i] == q)) continue;
        if (t->time[i] != base && !(wide && t->time[i] == time)) continue;
        int n = pair->n++;
        pair->d[n] = treated;
        pair->post[n] = t->time[i] == time;
        pair->id[n] = s->o.cross_sections ? i : t->unit[i];
        pair->w[n] = t->panel.weight ? (long double)t->weight[i] : 1;
        pair->x[n][0] = 1;
        pair->x[n][1] = (long double)t->x[0][i];
        pair->y[n] = (long double)t->y[i];
        for (int j = 0; !wide && j < t->panel.n; j++)
            if (t->unit[j] == t->unit[i] && t->time[j] == time)
                pair->y[n] = (long double)t->y[j] - (long double)t->y[i];
    }
}

/* Effect and influences [rows or units] of one cohort of control. */
static long double one_way(const triple_t *s, int g, int h, int base, int time,
                           long double *influence)
{
    static dense_pair_t pair;
    const int cohort[] = {g, h, h}, eligible[] = {0, 1, 0};
    const long double sign[] = {1, 1, -1};
    long double part[PAIR_ROWS], sum = 0;
    for (int p = 0; p < 3; p++) {
        fill_pair(s, g, cohort[p], eligible[p], base, time, &pair);
        sum += sign[p] * dense_pair_att(&pair, s->o.group_time.method);
        dense_pair_influence(&pair, s->o.group_time.method, part);
        for (int i = 0; i < pair.n; i++)
            influence[pair.id[i]] += sign[p] * part[i];
    }
    return sum;
}

static long double product(const long double *a, const long double *b)
{
    long double sum = 0;
    for (int i = 0; i < 7 * UNITS; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The mean of least variance over the cohorts of control, with its standard error. */
static long double dense_triple(const triple_t *s, int g, int time, long double *error)
{
    static long double influence[COHORTS][7 * UNITS];
    long double effect[COHORTS], cov[PAIR_X][PAIR_X] = {{0}}, by[PAIR_X], total = 0, sum = 0;
    int base = time < g ? time - 1 : g - 1, later = time > base ? time : base, n = 0;
    memset(influence, 0, sizeof influence);
    for (int h = 0; h < COHORTS; h++) {
        int other = h ? 2001 + h : 0;
        if (other && (s->o.control == JD_CONTROL_NEVER || other == g || other <= later)) continue;
        effect[n] = one_way(s, g, other, base, time, influence[n]);
        n++;
    }
    for (int i = 0; i < n; i++) {
        by[i] = 1;
        for (int j = 0; j < n; j++)
            cov[i][j] = product(influence[i], influence[j]);
    }
    dense_solve(n, cov, by);
    for (int i = 0; i < n; i++)
        total += by[i];
    for (int i = 0; i < n; i++)
        sum += by[i] / total * effect[i];
    for (int i = 1; i < n; i++)
        for (int r = 0; r < 7 * UNITS; r++)
            influence[0][r] += by[i] / by[0] * influence[i][r];
    *error = sqrtl(product(influence[0], influence[0])) * by[0] / total;
    return sum;
}

static int try_one(uint64_t seed, int *compared)
{
    static triple_t s;
    static double w[32 * MAX_ROWS];
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    int wrong = 0;
    jd_ctx_init(&ctx);
    make_panel(&s, seed);
    int rc = jd_design_prepare(&design, jd_estimator_find("staggered_triple_difference"),
                               &s.t.panel, &s.o, &ctx);
    if (!rc) rc = jd_design_infer(design, s.t.y, NULL, 0.95, &fit, &ctx);
    if (!rc) rc = jd_design_freeze(design, s.t.y, w, &ctx);
    if (rc) {
        print_error("seed %d: %s\n", (int)seed, ctx.message);
        return 1;
    }
    for (int k = 0; k < fit.n_terms; k++) {
        int g, time;
        const char *name = jd_design_terms(design)[k].name;
        assert_int_equal(sscanf(name, "g=%d,t=%d", &g, &time), 2);
        long double error, frozen = 0;
        double b = (double)dense_triple(&s, g, time, &error), se = (double)error;
        for (int i = 0; i < s.t.panel.n; i++)
            frozen +=
                (long double)w[(size_t)k * (size_t)s.t.panel.n + (size_t)i] * (long double)s.t.y[i];
        ++*compared;
        if (fabs(fit.estimate[k] - b) <= 1e-7 * (1 + fabs(b)) &&
            fabs(fit.std_error[k] - se) <= 1e-6 * se &&
            fabs(fit.estimate[k] - (double)frozen) < 1e-9)
            continue;
        print_error("seed %d: %s is %.17g (%.17g), plain loops %.17g (%.17g), w'y %.17g\n",
                    (int)seed, name, fit.estimate[k], fit.std_error[k], b, se, (double)frozen);
        wrong++;
    }
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

static void test_staggered_equals_plain_loops(void **state)
{
    (void)state;
    int wrong = 0, compared = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++)
        wrong += try_one(seed, &compared);
    print_message("%d effects compared\n", compared);
    assert_int_equal(wrong, 0);
    assert_true(compared > 6 * TRIALS);
}

/* With two cohorts and periods both are the triple difference of eight (weighted) means. */
static void test_eight_means(void **state)
{
    (void)state;
    static triple_t s;
    static const char *const both[] = {"triple_difference", "staggered_triple_difference"};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        make_panel(&s, seed);
        trial_t *t = &s.t;
        int n = 0;
        for (int i = 0; i < t->panel.n; i++) {
            if (t->time[i] > 2002 || (t->cohort[i] != 0 && t->cohort[i] != 2002)) continue;
            s.eligible[n] = s.eligible[i];
            swap_rows(t, n++, i);
        }
        t->panel.n = n;
        t->panel.n_x = 0;
        s.o.aggregate = JD_AGGREGATE_OVERALL;
        s.o.cross_sections = 1;
        double sum[2][2][2] = {{{0}}}, mass[2][2][2] = {{{0}}}, ddd = 0;
        for (int i = 0; i < n; i++) {
            double w = t->panel.weight ? t->weight[i] : 1;
            sum[t->cohort[i] > 0][s.eligible[i]][t->time[i] - 2001] += w * t->y[i];
            mass[t->cohort[i] > 0][s.eligible[i]][t->time[i] - 2001] += w;
        }
        for (int c = 0; c < 8; c++)
            ddd += (c & 1 ? 1 : -1) * (c & 2 ? 1 : -1) * (c & 4 ? 1 : -1) *
                   sum[c & 1][c >> 1 & 1][c >> 2] / mass[c & 1][c >> 1 & 1][c >> 2];
        for (int k = 0; k < 2; k++) {
            jd_ctx_t ctx;
            jd_design_t *design = NULL;
            jd_fit_t fit = {0};
            jd_ctx_init(&ctx);
            int rc = jd_design_prepare(&design, jd_estimator_find(both[k]), &t->panel, &s.o, &ctx);
            if (!rc) rc = jd_design_infer(design, t->y, NULL, 0.95, &fit, &ctx);
            if (rc) fail_msg("%s: %s", both[k], ctx.message);
            int treated = 0; /* each row is a unit */
            for (int i = 0; i < n; i++)
                treated += s.eligible[i] && t->cohort[i] && t->time[i] >= t->cohort[i];
            assert_int_equal(jd_design_facts(design).n_treated_units, treated);
            if (fabs(fit.estimate[0] - ddd) > 1e-10 || !(fit.std_error[0] > 0))
                fail_msg("%s: %.17g, by eight means %.17g", both[k], fit.estimate[0], ddd);
            jd_fit_free(&fit);
            jd_design_free(design);
        }
    }
}

static void check_refused(const char *name, const jd_panel_t *panel, int code, const char *words)
{
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    int rc = jd_design_prepare(&design, jd_estimator_find(name), panel, &o, &ctx);
    if (rc != code || !strstr(ctx.message, words)) fail_msg("%s: %d, '%s'", name, rc, ctx.message);
    assert_null(design);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const both[] = {"triple_difference", "staggered_triple_difference"};
    static triple_t s;
    for (int k = 0; k < 2; k++) {
        make_panel(&s, 3);
        jd_panel_t panel = s.t.panel;
        panel.eligible = NULL;
        check_refused(both[k], &panel, JD_ERR_ARGUMENT, "whom the policy is for");
        s.eligible[1] = (int8_t)!s.eligible[1];
        check_refused(both[k], &s.t.panel, JD_ERR_DATA, "changes its eligibility");
        s.eligible[1] = 2;
        check_refused(both[k], &s.t.panel, JD_ERR_DATA, "it is 0 or 1");
        memset(s.eligible, 1, sizeof s.eligible);
        check_refused(both[k], &s.t.panel, JD_ERR_NO_CONTROLS, "all rows are eligible");
    }
}

static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    static triple_t s;
    double first[2000];
    const int threads[] = {1, 2, 5};
    make_panel(&s, 9);
    s.o.aggregate = JD_AGGREGATE_EVENT;
    for (int k = 0; k < 3; k++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        jd_fit_t fit = {0};
        jd_ctx_init(&ctx);
        ctx.threads = threads[k];
        assert_int_equal(jd_design_prepare(&design,
                                           jd_estimator_find("staggered_triple_difference"),
                                           &s.t.panel, &s.o, &ctx),
                         JD_OK);
        assert_int_equal(jd_design_infer(design, s.t.y, NULL, 0.95, &fit, &ctx), JD_OK);
        size_t bytes = (size_t)(fit.n_terms * (5 + fit.n_terms)) * sizeof(double);
        assert_true(bytes <= sizeof first);
        if (k == 0) memcpy(first, fit.estimate, bytes);
        assert_memory_equal(first, fit.estimate, bytes);
        jd_fit_free(&fit);
        jd_design_free(design);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_staggered_equals_plain_loops),
        cmocka_unit_test(test_eight_means),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_same_bits_for_any_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
