/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goodman-Bacon's decomposition with covariates, the long way round: every pair of cohorts as a
 * data set of its own, with the paper's two parts (treatment given the cohorts' covariates, and the
 * covariates' prediction) from dense least squares in long double. */
#include "support.h"

#include <math.h>

#include "jiedao/bacon.h"
#include "near.h"
#include "property/did_dense.h"

enum { TRIALS = 60, N = 80 };

static long double dot(int n, const long double *a, const long double *b)
{
    long double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* What a basis leaves of a column. */
static void take_out(const basis_t *b, const long double *v, long double *left)
{
    memmove(left, v, (size_t)b->n * sizeof *v);
    for (int round = 0; round < 2; round++)
        for (int k = 0; k < b->n_q; k++) {
            long double by = dot(b->n, b->q[k], left);
            for (int i = 0; i < b->n; i++)
                left[i] -= by * b->q[k][i];
        }
}

static void add_dummies(basis_t *b, const int32_t *code)
{
    long double column[N];
    for (int l = 0; l < b->n; l++) {
        int fresh = 1;
        for (int j = 0; j < l && fresh; j++)
            fresh = code[j] != code[l];
        for (int i = 0; i < b->n; i++)
            column[i] = code[i] == code[l];
        if (fresh) add_column(b, column, 1e-7L);
    }
}

/* A balanced panel: its columns in long double, and what treatment leaves. */
typedef struct {
    int n, n_x;
    int32_t unit[N], time[N], cohort[N];
    long double y[N], treated[N], x[2][N], group_x[2][N], d[N], group_p[N], group_d[N];
} plain_t;

static void cell_means(const plain_t *p, const long double *v, long double *mean)
{
    for (int i = 0; i < p->n; i++) {
        long double sum = 0;
        int rows = 0;
        for (int j = 0; j < p->n; j++) {
            if (p->cohort[j] != p->cohort[i] || p->time[j] != p->time[i]) continue;
            sum += v[j];
            rows++;
        }
        mean[i] = sum / rows;
    }
}

static void prepare(plain_t *p)
{
    static basis_t b;
    long double prediction[N] = {0};
    b.n = p->n;
    b.n_q = 0;
    add_dummies(&b, p->unit);
    add_dummies(&b, p->time);
    for (int k = 0; k < p->n_x; k++)
        add_column(&b, p->x[k], 1e-7L);
    take_out(&b, p->treated, p->d);
    for (int i = 0; i < p->n; i++)
        prediction[i] = p->treated[i] - p->d[i];
    cell_means(p, prediction, p->group_p);
    cell_means(p, p->d, p->group_d);
    for (int k = 0; k < p->n_x; k++)
        cell_means(p, p->x[k], p->group_x[k]);
}

/* The pair's estimate and unscaled weight. */
static void compare(const plain_t *p, int32_t g, int32_t other, double *estimate, double *weight)
{
    static plain_t s;
    static basis_t b;
    long double total[N], alone[N], prediction[N], part[N];
    s = *p;
    s.n = 0;
    for (int i = 0; i < p->n; i++) {
        if (p->cohort[i] != g && p->cohort[i] != other) continue;
        s.unit[s.n] = p->unit[i];
        s.time[s.n] = p->time[i];
        s.y[s.n] = p->y[i];
        s.treated[s.n] = p->treated[i];
        s.group_p[s.n] = p->group_p[i];
        for (int k = 0; k < p->n_x; k++)
            s.group_x[k][s.n] = p->group_x[k][i];
        s.n++;
    }
    b.n = s.n;
    b.n_q = 0;
    add_dummies(&b, s.unit);
    add_dummies(&b, s.time);
    take_out(&b, s.treated, total);
    take_out(&b, s.group_p, prediction);
    for (int k = 0; k < s.n_x; k++)
        add_column(&b, s.group_x[k], 1e-7L);
    take_out(&b, s.treated, alone);
    for (int i = 0; i < s.n; i++)
        part[i] = total[i] - alone[i] - prediction[i];
    long double square = dot(s.n, alone, alone) + dot(s.n, part, part);
    *weight = (double)(s.n * square);
    *estimate = (double)((dot(s.n, alone, s.y) + dot(s.n, part, s.y)) / square);
}

/* Cohorts from before the first period on, never treated or not, one only after the last period;
 * covariates that move within cohorts, only between, or not at all. */
static void make_panel(plain_t *p, trial_t *t, uint64_t seed)
{
    jd_rng_t rng = trial_rng(seed);
    memset(t, 0, sizeof *t);
    memset(p, 0, sizeof *p);
    int units = 6 + pick(&rng, 6), periods = 3 + pick(&rng, 4), kind = pick(&rng, 4), n = 0;
    p->n_x = kind == 1 ? 1 : 1 + pick(&rng, 2);
    for (int i = 0; i < units; i++) {
        int g = i < 2 && pick(&rng, 4) ? 0 : 2000 + pick(&rng, periods + 1);
        if (i == 2) g = 2002;
        if (i == 3) g = 2003;
        for (int s = 0; s < periods; s++, n++) {
            t->unit[n] = 17 * i - 40;
            t->time[n] = 2001 + s;
            t->cohort[n] = g;
            t->x[0][n] = 10 + gauss(&rng) + 0.3 * s * i;
            if (kind == 1) t->x[0][n] = sin(1.7 * g + s * s) + i; /* a path for each cohort */
            t->x[1][n] = kind == 2 ? 3 * t->x[0][n] + i : i * s;  /* collinear given the other */
            t->y[n] = gauss(&rng) + i + 0.4 * s * s + 0.5 * t->x[0][n];
        }
    }
    for (int i = n - 1; i > 0; i--)
        swap_rows(t, i, pick(&rng, i + 1));
    p->n = n;
    for (int i = 0; i < n; i++) {
        p->unit[i] = t->unit[i];
        p->time[i] = t->time[i];
        p->cohort[i] = t->cohort[i] > 2000 + periods ? 0 : t->cohort[i];
        p->treated[i] = p->cohort[i] != 0 && p->time[i] >= p->cohort[i];
        p->y[i] = t->y[i];
        for (int k = 0; k < p->n_x; k++)
            p->x[k][i] = t->x[k][i];
    }
    for (int k = 0; k < 2; k++) {
        t->x_column[k] = t->x[k];
        t->x_name[k] = k ? "x2" : "x1";
    }
    t->panel = (jd_panel_t){.n = n,
                            .unit = t->unit,
                            .time = t->time,
                            .cohort = t->cohort,
                            .n_x = p->n_x,
                            .x = t->x_column,
                            .x_name = t->x_name};
}

static void check_within(const plain_t *p, const jd_bacon_t *bacon)
{
    long double left[N];
    for (int i = 0; i < p->n; i++)
        left[i] = p->d[i] - p->group_d[i];
    long double square = dot(p->n, left, left), all = dot(p->n, p->d, p->d);
    assert_near(bacon->estimate, (double)(dot(p->n, p->d, p->y) / all), 1e-9);
    assert_near(bacon->omega, (double)(square / all), 1e-10);
    if (bacon->omega > 0)
        assert_near(bacon->within, (double)(dot(p->n, left, p->y) / square), 1e-8);
    else
        assert_true(isnan(bacon->within));
}

static int try_one(uint64_t seed, int *always, int *alike)
{
    static plain_t p;
    static trial_t t;
    jd_ctx_t ctx;
    jd_bacon_t bacon = {0};
    jd_ctx_init(&ctx);
    make_panel(&p, &t, seed);
    if (jd_bacon_decompose(&bacon, &t.panel, t.y, &ctx) != JD_OK) return 0;
    prepare(&p);
    check_within(&p, &bacon);
    *alike += bacon.omega == 0;
    double total = 0, sum = 0, weights = 0;
    for (int k = 0; k < bacon.n_pairs; k++) {
        double estimate, weight;
        compare(&p, bacon.pairs[k].treated, bacon.pairs[k].control, &estimate, &weight);
        total += weight;
    }
    for (int k = 0; k < bacon.n_pairs; k++) {
        const jd_bacon_pair_t *pair = &bacon.pairs[k];
        double estimate, weight;
        compare(&p, pair->treated, pair->control, &estimate, &weight);
        assert_near(pair->weight, weight / total, 1e-10);
        if (pair->weight > 1e-8) assert_near(pair->estimate, estimate, 1e-8 * (1 + fabs(estimate)));
        assert_true(pair->kind == (pair->control == 0      ? JD_BACON_UNTREATED
                                   : pair->treated <= 2001 ? JD_BACON_ALWAYS
                                                           : JD_BACON_BOTH));
        *always += pair->kind == JD_BACON_ALWAYS;
        weights += pair->weight;
        sum += pair->weight * pair->estimate;
    }
    assert_near(weights, 1, 1e-12);
    assert_near(bacon.between, sum, 1e-12 * (1 + fabs(sum)));
    if (bacon.omega > 0) sum = (1 - bacon.omega) * sum + bacon.omega * bacon.within;
    assert_near(bacon.estimate, sum, 1e-9 * (1 + fabs(sum)));
    jd_bacon_free(&bacon);
    return 1;
}

static void test_pairs_are_the_papers(void **state)
{
    (void)state;
    int answered = 0, always = 0, alike = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++)
        answered += try_one(seed, &always, &alike);
    print_message("%d of %d panels answered; %d pairs with cohorts always treated; %d panels whose "
                  "covariates do not move within cohorts\n",
                  answered, TRIALS, always, alike);
    assert_true(answered >= 50 && always >= 20 && alike >= 8);
}

/* A covariate that fixed effects take out changes nothing but the kinds' names. */
static void test_constant_covariates(void **state)
{
    (void)state;
    static plain_t p;
    static trial_t t;
    jd_ctx_t ctx;
    jd_bacon_t with = {0}, without = {0};
    jd_ctx_init(&ctx);
    make_panel(&p, &t, 3);
    for (int i = 0; i < p.n; i++)
        t.x[0][i] = t.unit[i] + 2.0 * t.time[i];
    t.panel.n_x = 1;
    assert_int_equal(jd_bacon_decompose(&with, &t.panel, t.y, &ctx), JD_OK);
    t.panel.n_x = 0;
    assert_int_equal(jd_bacon_decompose(&without, &t.panel, t.y, &ctx), JD_OK);
    assert_near(with.estimate, without.estimate, 1e-12);
    assert_near(with.between, without.estimate, 1e-12);
    assert_true(with.omega == 0 && without.omega == 0 && isnan(without.within));
    assert_near(with.kind_weight[JD_BACON_UNTREATED], without.kind_weight[JD_BACON_UNTREATED],
                1e-12);
    assert_near(with.kind_weight[JD_BACON_BOTH],
                without.kind_weight[JD_BACON_EARLY_LATE] + without.kind_weight[JD_BACON_LATE_EARLY],
                1e-12);
    jd_bacon_free(&with);
    jd_bacon_free(&without);
}

static void test_refusals(void **state)
{
    (void)state;
    static plain_t p;
    static trial_t t;
    jd_ctx_t ctx;
    jd_bacon_t bacon;
    jd_ctx_init(&ctx);
    make_panel(&p, &t, 5);
    t.x[0][4] = (double)NAN;
    assert_int_equal(jd_bacon_decompose(&bacon, &t.panel, t.y, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "row 5: covariate 1 = "));
    jd_ctx_clear(&ctx);
    for (int i = 0; i < p.n; i++)
        t.x[0][i] = (double)p.treated[i] + t.unit[i];
    t.panel.n_x = 1; /* treatment stays, the covariate goes */
    assert_int_equal(jd_bacon_decompose(&bacon, &t.panel, t.y, &ctx), JD_OK);
    assert_true(bacon.omega == 0);
    jd_bacon_free(&bacon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_are_the_papers),
        cmocka_unit_test(test_constant_covariates),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
