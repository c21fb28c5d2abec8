/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stacked against a stack made by hand and regressed by plain least squares, on random panels:
 * unbalanced, weighted, with covariates, shuffled; and what it must equal: with one cohort, two-way
 * fixed effects' event study; on balanced panels, means of Callaway and Sant'Anna's effects. */
#include "support.h"

#include "jiedao/did.h"
#include "near.h"
#include "property/did_dense.h"
#include "property/did_linear.h"
#include "property/plain_ols.h"

enum { TRIALS = 60 };

/* Period as its place among the sample's periods; the first treated one's place, or n_periods. */
typedef struct {
    int rows[MAX_ROWS], n, n_periods, time[MAX_ROWS], first[MAX_ROWS], value[64];
} sample_t;

static void cut_sample(const trial_t *t, sample_t *s)
{
    static int used[MAX_ROWS];
    int n = 0;
    s->n = s->n_periods = 0;
    for (int i = 0; i < t->panel.n; i++)
        if (!t->panel.weight || t->weight[i] > 0) used[n++] = i;
    for (int i = 0; i < n; i++)
        if (has_before(t, t->unit, used, n, used[i])) s->rows[s->n++] = used[i];
    for (int v = 0; v < 4000; v++) {
        int seen = 0;
        for (int i = 0; i < s->n; i++)
            seen |= t->time[s->rows[i]] == v;
        if (seen) s->value[s->n_periods++] = v;
    }
    for (int i = 0; i < s->n; i++) {
        int g = t->cohort[s->rows[i]];
        s->time[i] = s->first[i] = 0;
        while (s->value[s->time[i]] != t->time[s->rows[i]])
            s->time[i]++;
        while (s->first[i] < s->n_periods && (g == 0 || s->value[s->first[i]] < g))
            s->first[i]++;
    }
}

static int clean(const sample_t *s, int first, int a, int post, int not_yet)
{
    return first == s->n_periods || (not_yet && first > a + post);
}

/* Weight of controls (side 0) or treated (1) of cohort a at event time e. */
static long double mass(const trial_t *t, const sample_t *s, int side, int a, int e, int post,
                        int not_yet)
{
    long double sum = 0;
    for (int i = 0; i < s->n; i++)
        if (s->time[i] == a + e &&
            (side ? s->first[i] == a : s->first[i] != a && clean(s, s->first[i], a, post, not_yet)))
            sum += t->panel.weight ? (long double)t->weight[s->rows[i]] : 1;
    return sum;
}

static int is_kept(const trial_t *t, const sample_t *s, int a, int pre, int post, int not_yet)
{
    if (a < pre || a + post >= s->n_periods || mass(t, s, 1, a, -1, post, not_yet) == 0) return 0;
    int after = 0;
    for (int e = -pre; e <= post; e++) {
        long double treated = mass(t, s, 1, a, e, post, not_yet);
        if (treated > 0 && mass(t, s, 0, a, e, post, not_yet) == 0) return 0;
        after |= treated > 0 && e >= 0;
    }
    return after;
}

/* The stack by hand. */
static void make_stack(const trial_t *t, const sample_t *s, int pre, int post, int not_yet,
                       ols_t *o)
{
    o->n = 0;
    o->k = pre + post + t->panel.n_x;
    o->n_effects = 2;
    for (int a = 1; a < s->n_periods; a++) {
        if (!is_kept(t, s, a, pre, post, not_yet)) continue;
        for (int i = 0; i < s->n; i++) {
            int e = s->time[i] - a, own = s->first[i] == a, n = o->n, row = s->rows[i];
            if (e < -pre || e > post) continue;
            if (!own && !clean(s, s->first[i], a, post, not_yet)) continue;
            long double w = t->panel.weight ? (long double)t->weight[row] : 1;
            long double treated = 0, controls = 0;
            for (int b = 1; b < s->n_periods; b++)
                if (is_kept(t, s, b, pre, post, not_yet)) {
                    treated += mass(t, s, 1, b, e, post, not_yet);
                    controls += mass(t, s, 0, b, e, post, not_yet);
                }
            if (!own)
                w *= mass(t, s, 1, a, e, post, not_yet) / treated /
                     (mass(t, s, 0, a, e, post, not_yet) / controls);
            if (!(w > 0)) continue; /* no treated at this event time */
            assert_true(n < OLS_N);
            o->w[n] = w;
            o->y[n] = t->y[row];
            o->cluster[n] = t->panel.cluster ? t->cluster[row] : t->unit[row];
            o->effect[0][n] = own;
            o->effect[1][n] = e;
            for (int k = 0; k < pre + post; k++)
                o->x[k][n] = own && e == k - pre + (k >= pre - 1);
            for (int k = 0; k < t->panel.n_x; k++)
                o->x[pre + post + k][n] = t->x[k][row];
            o->n++;
        }
    }
}

static void make_case(trial_t *t, uint64_t seed, jd_did_options_t *o)
{
    make_trial(t, seed);
    jd_did_defaults(o);
    t->panel.n_fixed = 0;
    if (t->panel.n_x > 2) t->panel.n_x = 2;
    o->control = seed % 2 ? JD_CONTROL_NOT_YET : JD_CONTROL_NEVER;
    o->event_first = seed % 3 ? -2 : -1;
    o->event_last = (int)(seed % 4 / 2) + 1;
}

static int try_one(uint64_t seed, int *answered)
{
    static trial_t t;
    static sample_t s;
    static ols_t o;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    int wrong = 0;
    jd_ctx_init(&ctx);
    make_case(&t, seed, &options);
    int rc = jd_design_prepare(&design, jd_estimator_find("stacked"), &t.panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(design, t.y, NULL, 0.95, &fit, &ctx);
    int pre = -options.event_first, post = options.event_last;
    cut_sample(&t, &s);
    make_stack(&t, &s, pre, post, options.control == JD_CONTROL_NOT_YET, &o);
    if ((!rc) != (o.n > 0)) {
        print_error("seed %d: %d (%s), the stack has %d rows\n", (int)seed, rc, ctx.message, o.n);
        return 1;
    }
    if (rc) return 0;
    ++*answered;
    ols_fit(&o);
    assert_int_equal(fit.n_terms, 1 + o.n_kept);
    long double att = 0, variance = 0, count = 0;
    for (int k = 0; k < o.n_kept; k++) {
        int e = o.kept[k] - pre + (o.kept[k] >= pre - 1);
        double b = (double)o.beta[k], se = (double)sqrtl(o.vcov[k][k]);
        if (o.kept[k] < pre + post && e >= 0) {
            att += o.beta[k];
            count++;
            for (int j = 0; j < o.n_kept; j++)
                if (o.kept[j] < pre + post && o.kept[j] >= pre - 1) variance += o.vcov[k][j];
        }
        if (fabs(fit.estimate[k + 1] - b) <= 1e-9 * (1 + fabs(b)) &&
            fabs(fit.std_error[k + 1] - se) <= 1e-7 * (1e-3 + se))
            continue;
        print_error("seed %d: %s is %.15g (%.15g), by hand %.15g (%.15g)\n", (int)seed,
                    jd_design_terms(design)[k + 1].name, fit.estimate[k + 1], fit.std_error[k + 1],
                    b, se);
        wrong++;
    }
    assert_near(fit.estimate[0], (double)(att / count), 1e-9 * (1 + fabs(fit.estimate[0])));
    assert_near(fit.std_error[0], (double)(sqrtl(variance) / count), 1e-7 * fit.std_error[0]);
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

static void test_stacked_equals_a_stack_by_hand(void **state)
{
    (void)state;
    int wrong = 0, answered = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++)
        wrong += try_one(seed, &answered);
    print_message("%d of %d panels answered\n", answered, TRIALS);
    assert_int_equal(wrong, 0);
    assert_true(answered > TRIALS / 3);
}

/* Balanced, unweighted: units of cohorts `g`, periods 1 ... 8. */
static void make_balanced(trial_t *t, const int *g, int n_g, uint64_t seed)
{
    jd_rng_t rng = trial_rng(seed);
    memset(t, 0, sizeof *t);
    int n = 0;
    for (int u = 0; u < 24; u++)
        for (int s = 1; s <= 8; s++, n++) {
            t->unit[n] = u;
            t->time[n] = s;
            t->cohort[n] = g[u % n_g];
            t->y[n] = gauss(&rng) + u + 0.2 * s * s + (g[u % n_g] && s >= g[u % n_g]) * (s + u % 3);
        }
    t->panel = (jd_panel_t){.n = n, .unit = t->unit, .time = t->time, .cohort = t->cohort};
}

static jd_design_t *fit_one(const trial_t *t, const char *name, const jd_did_options_t *o,
                            int threads, jd_fit_t *fit)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    int rc = jd_design_prepare(&design, jd_estimator_find(name), &t->panel, o, &ctx);
    if (!rc) rc = jd_design_infer(design, t->y, NULL, 0.95, fit, &ctx);
    if (rc) fail_msg("%s: %s", name, ctx.message);
    return design;
}

static double value_of(const jd_design_t *design, const jd_fit_t *fit, const char *name)
{
    for (int k = 0; k < fit->n_terms; k++)
        if (strcmp(jd_design_terms(design)[k].name, name) == 0) return fit->estimate[k];
    fail_msg("no term %s", name);
    return 0;
}

static void test_one_cohort_is_the_event_study(void **state)
{
    (void)state;
    static trial_t t;
    const int g[] = {0, 4};
    jd_did_options_t o;
    jd_did_defaults(&o);
    make_balanced(&t, g, 2, 1);
    jd_fit_t fit = {0}, other = {0};
    jd_design_t *design = fit_one(&t, "stacked", &o, 1, &fit);
    jd_design_t *twfe = fit_one(&t, "event_study", &o, 1, &other);
    assert_int_equal(fit.n_terms, 1 + other.n_terms);
    for (int k = 1; k < fit.n_terms; k++)
        assert_near(fit.estimate[k], value_of(twfe, &other, jd_design_terms(design)[k].name),
                    1e-11);
    jd_fit_free(&fit);
    jd_fit_free(&other);
    jd_design_free(design);
    jd_design_free(twfe);
}

/* Event times for which all cohorts are in both: the mean by units of cohorts' effects. */
static void test_balanced_is_callaway_santanna(void **state)
{
    (void)state;
    static trial_t t;
    const int g[] = {0, 4, 5, 0, 5};
    jd_did_options_t o;
    jd_did_defaults(&o);
    o.group_time.universal_base = 1;
    make_balanced(&t, g, 5, 2);
    jd_fit_t fit = {0}, other = {0};
    jd_design_t *design = fit_one(&t, "stacked", &o, 1, &fit);
    jd_design_t *cs = fit_one(&t, "callaway_santanna", &o, 1, &other);
    static const char *const names[] = {"e=-3", "e=-2", "e=0", "e=1", "e=2", "e=3"};
    for (int k = 0; k < 6; k++)
        assert_near(value_of(design, &fit, names[k]), value_of(cs, &other, names[k]), 1e-11);
    jd_fit_free(&fit);
    jd_fit_free(&other);
    jd_design_free(design);
    jd_design_free(cs);
}

static void test_weights_and_threads(void **state)
{
    (void)state;
    static trial_t t;
    jd_did_options_t o;
    for (uint64_t seed = 1; seed <= 8; seed += 7) {
        make_case(&t, seed, &o);
        jd_fit_t one = {0};
        jd_design_t *design = fit_one(&t, "stacked", &o, 1, &one);
        check_weights(design, &t, &one);
        for (int threads = 2; threads <= 7; threads += 5) {
            jd_fit_t many = {0};
            jd_design_free(fit_one(&t, "stacked", &o, threads, &many));
            assert_same_bits(&one, &many);
            jd_fit_free(&many);
        }
        jd_fit_free(&one);
        jd_design_free(design);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static trial_t t;
    const int g[] = {3, 6};
    jd_did_options_t o;
    jd_did_defaults(&o);
    make_balanced(&t, g, 2, 3);
    check_refusal("stacked", &t, &o, JD_ERR_NO_CONTROLS, "clean controls");
    o.control = JD_CONTROL_NOT_YET;
    o.event_last = 3; /* the later cohort adopts three periods after the first */
    check_refusal("stacked", &t, &o, JD_ERR_NO_CONTROLS, "narrower window");
    o.event_last = -1;
    check_refusal("stacked", &t, &o, JD_ERR_ARGUMENT, "window");
    o.event_last = 2;
    jd_fit_t fit = {0};
    jd_design_free(fit_one(&t, "stacked", &o, 1, &fit));
    jd_fit_free(&fit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stacked_equals_a_stack_by_hand),
        cmocka_unit_test(test_one_cohort_is_the_event_study),
        cmocka_unit_test(test_balanced_is_callaway_santanna),
        cmocka_unit_test(test_weights_and_threads),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
