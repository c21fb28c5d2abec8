/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Callaway-Sant'Anna against plain loops on random awkward panels: unbalanced, weighted, clustered,
 * without never-treated units, as repeated cross-sections. The influence of a unit is found without
 * any formula, as the derivative of the estimate in its rows' weights. */
#include "support.h"

#include "jiedao/did.h"
#include "property/did_dense.h"

enum { TRIALS = JD_ROUNDS(200) };

typedef struct {
    trial_t t; /* cut to the rows used */
    jd_did_options_t options;
    int periods[32], n_periods;
    int cohorts[32], n_cohorts; /* treated ones */
    long double tilt[MAX_ROWS]; /* factor on the weight of each row's unit */
} dense_cs_t;

static void cut_row(trial_t *t, int row)
{
    for (int i = row; i + 1 < t->panel.n; i++)
        swap_rows(t, i, i + 1);
    t->panel.n--;
}

static int add_value(int *list, int n, int value)
{
    int at = 0;
    while (at < n && list[at] < value)
        at++;
    if (at < n && list[at] == value) return n;
    memmove(list + at + 1, list + at, (size_t)(n - at) * sizeof *list);
    list[at] = value;
    return n + 1;
}

static void list_values(dense_cs_t *d)
{
    d->n_periods = d->n_cohorts = 0;
    for (int i = 0; i < d->t.panel.n; i++) {
        d->n_periods = add_value(d->periods, d->n_periods, d->t.time[i]);
        if (d->t.cohort[i]) d->n_cohorts = add_value(d->cohorts, d->n_cohorts, d->t.cohort[i]);
    }
}

/* Rows of the unit of a row in a period. */
static int count_rows(const trial_t *t, int row, int period)
{
    int count = 0;
    for (int i = 0; i < t->panel.n; i++)
        count += t->unit[i] == t->unit[row] && t->time[i] == period;
    return count;
}

/* Leaves the rows the estimator can use; 0 if it must refuse. */
static int cut_sample(dense_cs_t *d)
{
    trial_t *t = &d->t;
    int a = d->options.anticipation, never = 0;
    for (int i = 0; i < t->panel.n; i++)
        if (t->panel.weight && t->weight[i] <= 0) cut_row(t, i--);
    list_values(d);
    if (d->n_periods == 0) return 0;
    int first = d->periods[0], last = d->periods[d->n_periods - 1];
    for (int i = 0; i < t->panel.n; i++) {
        if (t->cohort[i] > last + a) t->cohort[i] = 0;
        if (t->cohort[i] && t->cohort[i] <= first + a) cut_row(t, i--);
    }
    for (int i = 0; t->panel.treated && i < t->panel.n; i++) {
        int before = t->cohort[i] == 0;
        for (int j = 0; j < t->panel.n; j++)
            before |= t->unit[j] == t->unit[i] && t->time[j] < t->cohort[i] - a;
        if (!before) cut_row(t, i--);
    }
    for (int i = 0; i < t->panel.n; i++)
        never |= t->cohort[i] == 0;
    list_values(d);
    if (!never && (d->options.control == JD_CONTROL_NEVER || d->n_cohorts == 0)) return 0;
    int latest = never ? INT32_MAX : d->cohorts[d->n_cohorts - 1];
    for (int i = 0; i < t->panel.n; i++)
        if (!never && t->time[i] >= latest - a)
            cut_row(t, i--);
        else if (t->cohort[i] == latest)
            t->cohort[i] = 0;
    list_values(d);
    if (d->options.cross_sections || d->options.group_time.allow_unbalanced) return 1;
    int leave[MAX_ROWS] = {0};
    for (int i = 0; i < t->panel.n; i++)
        for (int p = 0; p < d->n_periods; p++) {
            if (count_rows(t, i, d->periods[p]) > 1) return 0;
            leave[i] |= count_rows(t, i, d->periods[p]) == 0;
        }
    for (int i = (int)t->panel.n - 1; i >= 0; i--)
        if (leave[i]) cut_row(t, i);
    list_values(d);
    return 1;
}

static long double weight(const dense_cs_t *d, int i)
{
    return (d->t.panel.weight ? (long double)d->t.weight[i] : 1.0L) * d->tilt[i];
}

/* Mean of y in a period, of cohort g, or (controls) of all untreated until after `until`; NaN where
 * there are none. */
static long double mean(const dense_cs_t *d, int g, int controls, int until, int period)
{
    long double sum = 0, total = 0;
    for (int i = 0; i < d->t.panel.n; i++) {
        int h = d->t.cohort[i], in = h == g;
        if (controls)
            in = h == 0 || (d->options.control == JD_CONTROL_NOT_YET && h != g &&
                            h > until + d->options.anticipation);
        if (!in || d->t.time[i] != period) continue;
        sum += weight(d, i) * (long double)d->t.y[i];
        total += weight(d, i);
    }
    return sum / total;
}

/* ATT(g,t), NaN where it cannot be told; t by its place among the periods. */
static long double att(const dense_cs_t *d, int g, int place)
{
    int t = d->periods[place], start = g - d->options.anticipation, base = -1;
    for (int p = 0; p < d->n_periods; p++)
        if (d->periods[p] < start) base = p;
    if (!d->options.group_time.universal_base && t < start) base = place - 1;
    if (base < 0) return (long double)NAN;
    int b = d->periods[base], until = t > b ? t : b;
    return mean(d, g, 0, 0, t) - mean(d, g, 0, 0, b) -
           (mean(d, g, 1, until, t) - mean(d, g, 1, until, b));
}

/* Sum over units of a cohort of their mean weight. */
static long double share(const dense_cs_t *d, int g)
{
    long double sum = 0;
    for (int i = 0; i < d->t.panel.n; i++) {
        int rows = 0;
        for (int j = 0; j < d->t.panel.n; j++)
            rows += d->t.unit[j] == d->t.unit[i];
        if (d->t.cohort[i] == g) sum += weight(d, i) / rows;
    }
    return sum;
}

/* Mean by shares over the effects at event time e (by 0), of cohort e (1), in period e (2), or of
 * all treated cells (3); NaN without any. */
static long double ratio(const dense_cs_t *d, int by, int e)
{
    long double sum = 0, total = 0;
    for (int c = 0; c < d->n_cohorts; c++)
        for (int p = 0; p < d->n_periods; p++) {
            int g = d->cohorts[c], t = d->periods[p];
            int in = by == 0 ? t - g == e : t >= g && (by == 1 ? g == e : by == 2 ? t == e : 1);
            long double effect = in ? att(d, g, p) : (long double)NAN;
            if (isnan(effect)) continue;
            sum += share(d, g) * effect;
            total += share(d, g);
        }
    return total > 0 ? sum / total : (long double)NAN;
}

/* The overall effect that goes with an aggregate. */
static long double overall(const dense_cs_t *d)
{
    jd_aggregate_t by = d->options.aggregate;
    long double sum = 0, total = 0;
    if (by == JD_AGGREGATE_OVERALL || (d->options.cell_mean && by != JD_AGGREGATE_COHORT))
        return ratio(d, 3, 0);
    for (int k = 0; k < (by == JD_AGGREGATE_COHORT ? d->n_cohorts : 40); k++) {
        int key = by == JD_AGGREGATE_COHORT     ? d->cohorts[k]
                  : by == JD_AGGREGATE_CALENDAR ? d->periods[0] + k
                                                : k;
        long double one = ratio(d,
                                by == JD_AGGREGATE_COHORT     ? 1
                                : by == JD_AGGREGATE_CALENDAR ? 2
                                                              : 0,
                                key);
        long double w = by == JD_AGGREGATE_COHORT ? share(d, key) : 1;
        if (isnan(one)) continue;
        sum += w * one;
        total += w;
    }
    return sum / total;
}

static long double dense_term_value(const dense_cs_t *d, const char *name)
{
    int g, t;
    if (strcmp(name, "att") == 0) return overall(d);
    if (sscanf(name, "g=%d,t=%d", &g, &t) == 2) {
        int place = 0;
        while (d->periods[place] != t)
            place++;
        return att(d, g, place);
    }
    if (sscanf(name, "e=%d", &t) == 1) return ratio(d, 0, t);
    if (sscanf(name, "g=%d", &g) == 1) return ratio(d, 1, g);
    return sscanf(name, "t=%d", &t) == 1 ? ratio(d, 2, t) : (long double)NAN;
}

/* Standard error: derivatives in each row's weight, summed by cluster (which may cut units). */
static long double dense_error(dense_cs_t *d, const char *name)
{
    const trial_t *t = &d->t;
    const int32_t *cluster = t->panel.cluster ? t->cluster : t->unit;
    long double influence[MAX_ROWS] = {0}, variance = 0, step = 1e-5L;
    for (int i = 0; i < t->panel.n; i++) {
        d->tilt[i] = 1 + step;
        long double up = dense_term_value(d, name);
        d->tilt[i] = 1 - step;
        influence[i] = (up - dense_term_value(d, name)) / (2 * step);
        d->tilt[i] = 1;
    }
    for (int i = 0; i < t->panel.n; i++)
        for (int j = 0; j < t->panel.n; j++)
            if (cluster[i] == cluster[j]) variance += influence[i] * influence[j];
    return sqrtl(variance);
}

/* Rows by unit and period, units their own clusters, of weight 1: there are shorter ways then. */
static void put_in_order(trial_t *t)
{
    t->panel.weight = NULL;
    t->panel.cluster = NULL;
    for (int i = 1; i < t->panel.n; i++)
        for (int j = i; j > 0; j--) {
            int units = (t->unit[j] > t->unit[j - 1]) - (t->unit[j] < t->unit[j - 1]);
            if (units > 0 || (units == 0 && t->time[j] >= t->time[j - 1])) break;
            swap_rows(t, j, j - 1);
        }
}

static void make_case(dense_cs_t *d, trial_t *trial, uint64_t seed)
{
    make_trial(trial, seed);
    keep_clusters_whole(trial);
    jd_did_options_t *o = &d->options;
    jd_did_defaults(o);
    o->group_time.fix_weights = JD_FIX_VARYING; /* each row counts with its own weight here */
    o->aggregate = (jd_aggregate_t)(seed % 5);
    o->control = (jd_control_t)(seed / 5 % 2);
    o->group_time.universal_base = seed / 3 % 2;
    o->anticipation = seed % 7 == 0;
    o->cross_sections = seed % 4 == 0 && trial->panel.cohort;
    o->group_time.allow_unbalanced = seed % 4 != 1;
    o->cell_mean = seed / 10 % 2;
    int first = trial->time[0];
    for (int i = 0; i < trial->panel.n; i++)
        first = trial->time[i] < first ? trial->time[i] : first;
    for (int i = 0; i < trial->panel.n; i++) {
        if (trial->panel.treated) continue;
        if (seed % 6 == 5 && trial->cohort[i] == 0) trial->cohort[i] = first + 3;
        if (seed % 9 == 1 && trial->cohort[i] == first + 1) trial->cohort[i] = first;
    }
    trial->panel.n_x = 0;
    if (seed % 4 == 1 && seed % 3 > 0) put_in_order(trial);
    d->t = *trial;
    for (int i = 0; i < trial->panel.n; i++) {
        d->tilt[i] = 1;
        if (o->cross_sections) d->t.unit[i] = i;
    }
}

static int try_one(uint64_t seed, int *answered)
{
    static dense_cs_t d;
    static trial_t trial;
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_init(&ctx);
    make_case(&d, &trial, seed);
    int rc = jd_design_prepare(&design, jd_estimator_find("callaway_santanna"), &trial.panel,
                               &d.options, &ctx);
    if (!rc) rc = jd_design_infer(design, trial.y, NULL, 0.95, &fit, &ctx);
    int possible = cut_sample(&d), wrong = 0;
    possible = possible && d.n_cohorts > 0 && !isnan(ratio(&d, 3, 0));
    if ((!rc) != possible) {
        print_error("seed %llu: %d (%s), plain loops %s\n", (unsigned long long)seed, rc,
                    ctx.message, possible ? "answer" : "refuse");
        wrong = 1;
    }
    if (!rc && possible) {
        ++*answered;
        wrong += fit.n_obs != d.t.panel.n;
    }
    for (int k = 0; !rc && possible && k < fit.n_terms; k++) {
        const char *name = jd_design_terms(design)[k].name;
        double b = (double)dense_term_value(&d, name), se = (double)dense_error(&d, name);
        if (fabs(fit.estimate[k] - b) <= 1e-10 * (1 + fabs(b)) &&
            fabs(fit.std_error[k] - se) <= 1e-8 * (1e-3 + se))
            continue;
        print_error("seed %llu: %s is %.17g (%.17g), plain loops %.17g (%.17g)\n",
                    (unsigned long long)seed, name, fit.estimate[k], fit.std_error[k], b, se);
        wrong++;
    }
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

static void test_callaway_santanna_equals_plain_loops(void **state)
{
    (void)state;
    int wrong = 0, answered = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++)
        wrong += try_one(seed, &answered);
    print_message("%d of %d panels answered\n", answered, TRIALS);
    assert_int_equal(wrong, 0);
    assert_true(answered > TRIALS / 2);
}

static void check_threads(uint64_t seed, int complete)
{
    static trial_t trial;
    static dense_cs_t d;
    double first[MAX_COLUMNS * MAX_COLUMNS];
    const int threads[] = {1, 2, 3, 7};
    make_case(&d, &trial, seed);
    d.options.group_time.allow_unbalanced = !complete;
    for (int k = 0; k < 4; k++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        jd_fit_t fit = {0};
        jd_ctx_init(&ctx);
        ctx.threads = threads[k];
        if (complete) trial.panel.weight = NULL;
        if (complete) trial.panel.cluster = NULL;
        int rc = jd_design_prepare(&design, jd_estimator_find("callaway_santanna"), &trial.panel,
                                   &d.options, &ctx);
        if (!rc) rc = jd_design_infer(design, trial.y, NULL, 0.95, &fit, &ctx);
        if (rc) fail_msg("seed %d: %s", (int)seed, ctx.message);
        size_t bytes = (size_t)(fit.n_terms * (5 + fit.n_terms)) * sizeof(double);
        assert_true(fit.n_terms > 1 && bytes <= sizeof first);
        if (k == 0) memcpy(first, fit.estimate, bytes);
        assert_memory_equal(first, fit.estimate, bytes);
        jd_fit_free(&fit);
        jd_design_free(design);
    }
}

/* The same bits for any number of threads, estimates and covariances, by either way to these. */
static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    check_threads(10, 0);
    check_threads(15, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_callaway_santanna_equals_plain_loops),
        cmocka_unit_test(test_same_bits_for_any_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
