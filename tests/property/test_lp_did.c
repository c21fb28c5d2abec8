/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lp_did against horizons' data sets made by hand and regressed by plain least squares, on random
 * panels: unbalanced, weighted, with covariates, shuffled, with every option; and what it must
 * equal: reweighted on a balanced panel, Callaway and Sant'Anna's effects by event time; with one
 * cohort, two-way fixed effects' event study. */
#include "support.h"

#include "jiedao/did.h"
#include "near.h"
#include "property/did_dense.h"
#include "property/did_linear.h"
#include "property/plain_ols.h"

enum { TRIALS = 90, MAX_P = 16 };

/* Rows by unit (in order of first row) and place among the sample's periods. */
typedef struct {
    int n_units, n_periods, unit[64], at[64][MAX_P], first[64], value[MAX_P];
    int change[64][MAX_P]; /* of a path that may end, on what was last seen: -1, 0, 1 */
} index_t;

static void make_changes(const trial_t *t, index_t *x)
{
    memset(x->change, 0, sizeof x->change);
    for (int u = 0; u < x->n_units; u++) {
        int before = -1;
        x->first[u] = x->n_periods;
        for (int p = 0; p < x->n_periods; p++) {
            if (x->at[u][p] < 0) continue;
            int on = t->treated[x->at[u][p]];
            if (before >= 0) x->change[u][p] = on - before;
            if (on && x->first[u] == x->n_periods) x->first[u] = p;
            before = on;
        }
    }
}

/* Returns 0 where a cell is doubled. */
static int make_index(const trial_t *t, index_t *x, int ends)
{
    int first = INT32_MAX, single = 1;
    memset(x, 0, sizeof *x);
    memset(x->at, -1, sizeof x->at);
    for (int i = 0; i < t->panel.n; i++)
        if ((!t->panel.weight || t->weight[i] > 0) && t->time[i] < first) first = t->time[i];
    for (int v = 0; v < 4000; v++)
        for (int i = 0; i < t->panel.n; i++)
            if (t->time[i] == v && (!t->panel.weight || t->weight[i] > 0) &&
                (ends || t->cohort[i] == 0 || t->cohort[i] > first)) {
                x->value[x->n_periods++] = v;
                break;
            }
    for (int i = 0; i < t->panel.n; i++) {
        int u = 0, p = 0;
        if ((t->panel.weight && !(t->weight[i] > 0)) ||
            (!ends && t->cohort[i] != 0 && t->cohort[i] <= first))
            continue;
        while (u < x->n_units && x->unit[u] != t->unit[i])
            u++;
        if (u == x->n_units) x->unit[x->n_units++] = t->unit[i];
        while (x->value[p] != t->time[i])
            p++;
        if (x->at[u][p] >= 0) single = 0;
        x->at[u][p] = i;
        x->first[u] = 0;
        while (x->first[u] < x->n_periods &&
               (t->cohort[i] == 0 || x->value[x->first[u]] < t->cohort[i]))
            x->first[u]++;
    }
    if (ends) make_changes(t, x);
    return single;
}

static int seen(const index_t *x, int u, int from, int to)
{
    if (from < 0 || to >= x->n_periods) return 0;
    for (int t = from; t <= to; t++)
        if (x->at[u][t] < 0) return 0;
    return 1;
}

static long double weight(const trial_t *t, int row)
{
    return t->panel.weight ? (long double)t->weight[row] : 1;
}

/* Clean at horizon h as the authors' lpdid has it: no change in the L periods before, nor until
 * t+h; for leads, so in each of the periods back to t+h+1 too. */
static int is_clean(const index_t *x, int u, int t, int h, int L)
{
    if (h < -1) return is_clean(x, u, t, h + 1, L) && is_clean(x, u, t - 1, h + 1, L);
    for (int s = t - L; s <= t + h; s++)
        if (s != t && s >= 0 && s < x->n_periods && x->change[u][s]) return 0;
    return 1;
}

/* 1 newly treated, 0 clean control, -1 neither; window as the options say. */
static int role(const index_t *x, const jd_did_options_t *o, int u, int t, int from, int to,
                int first_h)
{
    int until = to > 0 ? to : 0, never = x->first[u] == x->n_periods;
    if (o->lp_did.no_composition) {
        until = o->event_last;
        from = first_h;
        to = o->event_last;
    }
    if (!seen(x, u, t - 1, t - 1) || !seen(x, u, t + from, t + to)) return -1;
    if (o->lp_did.nonabsorbing) {
        if (!seen(x, u, t, t) || t + until >= x->n_periods || x->change[u][t] < 0 ||
            !is_clean(x, u, t, from, o->lp_did.nonabsorbing) ||
            !is_clean(x, u, t, until, o->lp_did.nonabsorbing))
            return -1;
        if (x->change[u][t]) return 1;
        return never || o->control == JD_CONTROL_NOT_YET ? 0 : -1;
    }
    if (x->first[u] == t) return 1;
    return never || (o->control == JD_CONTROL_NOT_YET && x->first[u] > t + until) ? 0 : -1;
}

/* A horizon's data by hand; o->n = 0 where there is nothing to compare. */
/* *cells, unless NULL: the weight of the treated cells told of. */
static void make_data(const trial_t *t, const index_t *x, const jd_did_options_t *o, int from,
                      int to, int first_h, ols_t *out, long double *cells)
{
    int any = 0;
    if (cells) *cells = 0;
    out->n = 0;
    out->k = 1 + t->panel.n_x;
    out->n_effects = 1;
    for (int p = 1; p < x->n_periods; p++) {
        long double treated = 0, all = 0;
        for (int u = 0; u < x->n_units; u++) {
            int is = role(x, o, u, p, from, to, first_h);
            if (is < 0) continue;
            all += weight(t, x->at[u][p - 1]);
            treated += is * weight(t, x->at[u][p - 1]);
        }
        if (all == 0 || treated == all) continue;
        for (int u = 0; u < x->n_units; u++) {
            int is = role(x, o, u, p, from, to, first_h), n = out->n, bases = 0;
            if (is < 0) continue;
            any |= is;
            if (cells && is) *cells += weight(t, x->at[u][p + from]);
            int base = x->at[u][p - 1], k = o->lp_did.premean == 0 ? 1 : o->lp_did.premean;
            long double y = 0, before = 0;
            for (int s = p - 1; s >= 0 && s >= (int64_t)p - k; s--)
                if (x->at[u][s] >= 0) {
                    before += t->y[x->at[u][s]];
                    bases++;
                }
            for (int s = p + from; s <= p + to; s++)
                y += t->y[x->at[u][s]];
            assert_true(n < OLS_N);
            out->y[n] = y / (to - from + 1) - before / bases;
            out->w[n] = weight(t, base) / (o->lp_did.reweight ? 1 - treated / all : 1);
            out->x[0][n] = is;
            for (int j = 0; j < t->panel.n_x; j++)
                out->x[1 + j][n] = t->x[j][base];
            out->effect[0][n] = p;
            out->cluster[n] = t->panel.cluster ? t->cluster[base] : t->unit[base];
            out->n++;
        }
    }
    if (!any) out->n = 0;
}

static void make_case(trial_t *t, uint64_t seed, jd_did_options_t *o)
{
    make_trial(t, seed);
    keep_clusters_whole(t);
    jd_did_defaults(o);
    t->panel.n_fixed = 0;
    if (t->panel.n_x > 2) t->panel.n_x = 2;
    for (int i = 0; i < t->panel.n; i++) /* doubled cells are refused */
        for (int j = i + 1; j < t->panel.n; j++)
            if (t->unit[i] == t->unit[j] && t->time[i] == t->time[j]) {
                swap_rows(t, j, (int)t->panel.n - 1);
                t->panel.n--;
                j--;
            }
    o->control = seed % 3 ? JD_CONTROL_NOT_YET : JD_CONTROL_NEVER;
    o->lp_did.reweight = seed % 2;
    o->lp_did.premean = seed % 5 == 1 ? INT32_MAX : seed % 5 == 2 ? 2 : 0;
    o->lp_did.no_composition = seed % 7 == 1;
    o->lp_did.pooled = seed % 4 == 3;
    o->cell_mean = seed % 4 < 2;
    if (seed % 4 == 0 || seed % 8 == 7) { /* treatment comes and goes */
        o->lp_did.nonabsorbing = 1 + (int)(seed % 3);
        if (o->lp_did.premean > 1) o->lp_did.premean = o->lp_did.nonabsorbing;
        for (int i = 0; i < t->panel.n; i++)
            t->treated[i] =
                t->cohort[i] && (t->time[i] + 3 * t->unit[i]) / (3 + t->unit[i] % 4) % 2 != 0;
        t->panel.treated = t->treated;
        t->panel.cohort = NULL;
    }
    if (seed % 3 == 1 || o->lp_did.no_composition || o->lp_did.pooled) {
        o->event_first = -3;
        o->event_last = 1;
    }
}

/* Adds the scores of a horizon by cluster. */
static void add_scores(const ols_t *o, long double by, const int *cluster, int n, long double *sum)
{
    for (int i = 0; i < o->n; i++)
        for (int c = 0; c < n; c++)
            if (cluster[c] == o->cluster[i]) sum[c] += by * sqrtl(o->factor) * o->score[i];
}

static int check(uint64_t seed, const char *name, double b, double se, long double value,
                 long double error)
{
    if (fabs(b - (double)value) <= 1e-9 * (1 + fabs(b)) &&
        fabs(se - (double)error) <= 1e-7 * (1e-3 + se))
        return 0;
    print_error("seed %d: %s is %.15g (%.15g), by hand %.15g (%.15g)\n", (int)seed, name, b, se,
                (double)value, (double)error);
    return 1;
}

static int try_one(uint64_t seed, int *answered, int *ended)
{
    static trial_t t;
    static index_t x;
    static ols_t o;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    int cluster[MAX_ROWS], n = 0, wrong = 0;
    long double sum[MAX_ROWS] = {0}, att = 0, variance = 0, effects = 0, cells;
    jd_ctx_init(&ctx);
    make_case(&t, seed, &options);
    assert_true(make_index(&t, &x, options.lp_did.nonabsorbing > 0));
    int rc = jd_design_prepare(&design, jd_estimator_find("lp_did"), &t.panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(design, t.y, NULL, 0.95, &fit, &ctx);
    if (!rc && options.lp_did.nonabsorbing) ++*ended;
    if (rc) {
        if (rc != JD_ERR_NO_CONTROLS && rc != JD_ERR_DATA) print_error("%s\n", ctx.message);
        assert_true(rc == JD_ERR_NO_CONTROLS || rc == JD_ERR_DATA);
        jd_design_free(design);
        return 0;
    }
    ++*answered;
    int first_h = options.event_first == INT32_MIN ? 0 : options.event_first;
    for (int k = 1; k < fit.n_terms; k++) {
        const jd_term_t *term = &jd_design_terms(design)[k];
        int pre = strcmp(term->name, "pre") == 0;
        make_data(&t, &x, &options, term->event_first, pre ? -2 : term->event_first, first_h, &o,
                  &cells);
        ols_fit(&o);
        for (int i = 0; i < o.n; i++) {
            int c = 0;
            while (c < n && cluster[c] != o.cluster[i])
                c++;
            if (c == n) cluster[n++] = o.cluster[i];
        }
        wrong += check(seed, term->name, fit.estimate[k], fit.std_error[k], o.beta[0],
                       sqrtl(o.vcov[0][0]));
        if (term->event_first < 0 || pre) continue;
        if (!options.cell_mean) cells = 1;
        effects += cells;
        att += cells * o.beta[0];
        add_scores(&o, cells, cluster, n, sum);
    }
    if (options.lp_did.pooled) {
        make_data(&t, &x, &options, 0, options.event_last, first_h, &o, NULL);
        ols_fit(&o);
        wrong +=
            check(seed, "att", fit.estimate[0], fit.std_error[0], o.beta[0], sqrtl(o.vcov[0][0]));
    } else {
        for (int c = 0; c < n; c++)
            variance += sum[c] * sum[c];
        wrong += check(seed, "att", fit.estimate[0], fit.std_error[0], att / effects,
                       sqrtl(variance) / effects);
    }
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

static void test_lp_did_equals_horizons_by_hand(void **state)
{
    (void)state;
    int wrong = 0, answered = 0, ended = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++)
        wrong += try_one(seed, &answered, &ended);
    print_message("%d of %d panels answered, %d of treatments that end\n", answered, TRIALS, ended);
    assert_int_equal(wrong, 0);
    assert_true(answered > TRIALS / 2 && ended > TRIALS / 6);
}

/* Balanced, unweighted: units of cohorts `g`, periods 1 ... 8. */
static void make_balanced(trial_t *t, const int *g, int n_g, uint64_t seed)
{
    jd_rng_t rng = trial_rng(seed);
    memset(t, 0, sizeof *t);
    int n = 0;
    for (int u = 0; u < 25; u++)
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

/* Terms of `name` that lp_did has too are equal there. */
static void check_equal(const trial_t *t, const jd_did_options_t *o, const char *name, int least)
{
    jd_fit_t fit = {0}, other = {0};
    jd_design_t *design = fit_one(t, "lp_did", o, 1, &fit);
    jd_design_t *reference = fit_one(t, name, o, 1, &other);
    int compared = 0;
    for (int k = 0; k < fit.n_terms; k++)
        for (int j = 0; j < other.n_terms; j++) {
            if (strcmp(jd_design_terms(design)[k].name, jd_design_terms(reference)[j].name) != 0)
                continue;
            assert_near(fit.estimate[k], other.estimate[j], 1e-11);
            compared++;
        }
    assert_true(compared >= least);
    jd_fit_free(&fit);
    jd_fit_free(&other);
    jd_design_free(design);
    jd_design_free(reference);
}

static void test_reweighted_is_callaway_santanna(void **state)
{
    (void)state;
    static trial_t t;
    const int g[] = {0, 4, 5, 0, 7};
    jd_did_options_t o;
    jd_did_defaults(&o);
    o.lp_did.reweight = o.group_time.universal_base = 1;
    make_balanced(&t, g, 5, 2);
    check_equal(&t, &o, "callaway_santanna", 10); /* att, leads, effects */
    o.control = JD_CONTROL_NOT_YET;
    o.event_first = 0;
    o.cell_mean = 1;
    check_equal(&t, &o, "callaway_santanna", 6); /* its leads compare with other controls */
}

static void test_one_cohort_is_the_event_study(void **state)
{
    (void)state;
    static trial_t t;
    const int g[] = {0, 4};
    jd_did_options_t o;
    jd_did_defaults(&o);
    make_balanced(&t, g, 2, 1);
    check_equal(&t, &o, "event_study", 7);
}

/* A treatment that stays, among units never treated: nothing changes. */
static void test_a_treatment_that_stays(void **state)
{
    (void)state;
    static trial_t t;
    const int g[] = {0, 4, 0, 6, 7};
    jd_fit_t fits[2] = {{0}, {0}};
    jd_did_options_t o;
    jd_did_defaults(&o);
    make_balanced(&t, g, 5, 6);
    for (int k = 0; k < 2; k++) {
        o.lp_did.nonabsorbing = 3 * k;
        jd_design_free(fit_one(&t, "lp_did", &o, 1, &fits[k]));
    }
    assert_same_bits(&fits[0], &fits[1]);
    jd_fit_free(&fits[0]);
    jd_fit_free(&fits[1]);
}

static void test_weights_and_threads(void **state)
{
    (void)state;
    static trial_t t;
    jd_did_options_t o;
    for (uint64_t seed = 2; seed <= 11; seed += 9) {
        make_case(&t, seed, &o);
        jd_fit_t one = {0};
        jd_design_t *design = fit_one(&t, "lp_did", &o, 1, &one);
        check_weights(design, &t, &one);
        for (int threads = 2; threads <= 7; threads += 5) {
            jd_fit_t many = {0};
            jd_design_free(fit_one(&t, "lp_did", &o, threads, &many));
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
    check_refusal("lp_did", &t, &o, JD_ERR_NO_CONTROLS, "clean controls");
    o.control = JD_CONTROL_NOT_YET;
    o.lp_did.pooled = 1;
    check_refusal("lp_did", &t, &o, JD_ERR_ARGUMENT, "event_last");
    o.event_last = -1;
    check_refusal("lp_did", &t, &o, JD_ERR_ARGUMENT, "event time 0");
    o.event_last = 2;
    o.lp_did.premean = -1;
    check_refusal("lp_did", &t, &o, JD_ERR_ARGUMENT, "premean");
    o.lp_did.premean = 3;
    o.lp_did.nonabsorbing = 2;
    check_refusal("lp_did", &t, &o, JD_ERR_ARGUMENT, "at most these");
    o.lp_did.nonabsorbing = -1;
    check_refusal("lp_did", &t, &o, JD_ERR_ARGUMENT, "nonabsorbing = -1");
    o.lp_did.premean = o.lp_did.nonabsorbing = 0;
    t.unit[0] = t.unit[8];
    t.cohort[0] = t.cohort[8];
    check_refusal("lp_did", &t, &o, JD_ERR_DATA, "second row");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lp_did_equals_horizons_by_hand),
        cmocka_unit_test(test_reweighted_is_callaway_santanna),
        cmocka_unit_test(test_one_cohort_is_the_event_study),
        cmocka_unit_test(test_a_treatment_that_stays),
        cmocka_unit_test(test_weights_and_threads),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
