/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Poisson and logit against Newton's method with explicit dummies in long double, on random awkward
 * panels; separation; the same bits for any threads; refusals. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/glm.h"
#include "property/did_dense.h"

/* What the dense way finds; x in the order given. */
typedef struct {
    int n, n_x, kept[MAX_X], separated, empty;
    int rows[MAX_ROWS];
    double beta[MAX_X], vcov[MAX_X][MAX_X];
    long double mu[MAX_ROWS];
} plain_t;

typedef struct {
    const trial_t *trial;
    jd_family_t family;
    const int32_t *effects[4];
    int n_effects, n_x;
    const double *offset;
    double y[MAX_ROWS];
} problem_t;

static double weight(const problem_t *p, int row)
{
    return p->trial->panel.weight ? p->trial->weight[row] : 1;
}

static int level_is_empty(const problem_t *p, const plain_t *o, const int32_t *effect, int row)
{
    int zeros = 1, ones = 1;
    for (int i = 0; i < o->n; i++) {
        if (effect[o->rows[i]] != effect[row]) continue;
        if (p->y[o->rows[i]] > 0) zeros = 0;
        if (!(p->y[o->rows[i]] > 0)) ones = 0;
    }
    return zeros || (p->family == JD_FAMILY_LOGIT && ones);
}

static void plain_sample(const problem_t *p, plain_t *o)
{
    for (int i = 0; i < p->trial->panel.n; i++)
        if (weight(p, i) > 0) o->rows[o->n++] = i;
    for (int changed = 1; changed;) {
        changed = 0;
        for (int i = o->n - 1; i >= 0; i--) {
            int empty = 0;
            for (int k = 0; k < p->n_effects; k++)
                empty |= level_is_empty(p, o, p->effects[k], o->rows[i]);
            if (!empty) continue;
            memmove(o->rows + i, o->rows + i + 1, (size_t)(o->n - i - 1) * sizeof *o->rows);
            o->n--;
            o->empty++;
            changed = 1;
        }
    }
}

static void basis(const problem_t *p, plain_t *o, basis_t *b)
{
    static long double x[MAX_ROWS];
    memset(b, 0, sizeof *b);
    b->n = o->n;
    for (int f = 0; f < p->n_effects; f++)
        for (int l = 0; l < o->n; l++) {
            if (!is_first(p->effects[f], o->rows, l)) continue;
            for (int i = 0; i < o->n; i++)
                x[i] = p->effects[f][o->rows[i]] == p->effects[f][o->rows[l]];
            add_column(b, x, 1e-9L);
        }
    for (int k = 0; k < p->n_x; k++) {
        for (int i = 0; i < o->n; i++)
            x[i] = (long double)p->trial->x[k][o->rows[i]];
        if (add_column(b, x, 1e-7L)) o->kept[o->n_x++] = k;
    }
}

/* Solves h c = g in place by Cholesky; h becomes its factor. */
static void solve(int n, long double h[MAX_COLUMNS][MAX_COLUMNS], long double *g)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            for (int m = 0; m < j; m++)
                h[i][j] -= h[i][m] * h[j][m];
            h[i][j] = i == j ? sqrtl(h[i][i]) : h[i][j] / h[j][j];
        }
    for (int i = 0; i < n; i++) {
        for (int m = 0; m < i; m++)
            g[i] -= h[i][m] * g[m];
        g[i] /= h[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int m = i + 1; m < n; m++)
            g[i] -= h[m][i] * g[m];
        g[i] /= h[i][i];
    }
}

static long double mean_of(jd_family_t family, long double eta)
{
    return family == JD_FAMILY_POISSON ? expl(eta) : 1 / (1 + expl(-eta));
}

static long double loglik(const problem_t *p, const plain_t *o, const basis_t *b,
                          const long double *c)
{
    long double sum = 0;
    for (int i = 0; i < o->n; i++) {
        int row = o->rows[i];
        long double eta = p->offset ? (long double)p->offset[row] : 0, y = p->y[row];
        for (int k = 0; k < b->n_q; k++)
            eta += b->q[k][i] * c[k];
        sum += (long double)weight(p, row) *
               (y * eta - (p->family == JD_FAMILY_POISSON ? expl(eta) : logl(1 + expl(eta))));
    }
    return sum;
}

static long double hessian[MAX_COLUMNS][MAX_COLUMNS];

/* Fills mu, the Hessian and the score at c. */
static void differentiate(const problem_t *p, plain_t *o, const basis_t *b, const long double *c,
                          long double *score)
{
    memset(hessian, 0, sizeof hessian);
    for (int k = 0; k < b->n_q; k++)
        score[k] = 0;
    for (int i = 0; i < o->n; i++) {
        int row = o->rows[i];
        long double eta = p->offset ? (long double)p->offset[row] : 0;
        long double w = (long double)weight(p, row);
        for (int k = 0; k < b->n_q; k++)
            eta += b->q[k][i] * c[k];
        o->mu[i] = mean_of(p->family, eta);
        long double h = w * o->mu[i] * (p->family == JD_FAMILY_POISSON ? 1 : 1 - o->mu[i]);
        for (int k = 0; k < b->n_q; k++) {
            score[k] += w * ((long double)p->y[row] - o->mu[i]) * b->q[k][i];
            for (int l = 0; l <= k; l++)
                hessian[k][l] += h * b->q[k][i] * b->q[l][i];
        }
    }
}

/* Inverse of the triangle of the regressors' coefficients. */
static void invert_triangle(const basis_t *b, int first, int n, long double inverse[MAX_X][MAX_X])
{
    for (int j = 0; j < n; j++)
        for (int i = n - 1; i >= 0; i--) {
            long double sum = i == j;
            for (int m = i + 1; m <= j; m++)
                sum -= b->r[first + i][first + m] * inverse[m][j];
            inverse[i][j] = i <= j ? sum / b->r[first + i][first + i] : 0;
        }
}

/* Clustered by unit, the factors of one way. */
static void plain_vcov(const problem_t *p, plain_t *o, const basis_t *b)
{
    static long double influence[MAX_X][MAX_ROWS], rhs[MAX_COLUMNS];
    static long double h[MAX_COLUMNS][MAX_COLUMNS];
    long double inverse[MAX_X][MAX_X] = {{0}};
    int first = b->n_q - o->n_x, n = o->n;
    const int32_t *unit = p->trial->unit;
    invert_triangle(b, first, o->n_x, inverse);
    for (int i = 0; i < n; i++) {
        memcpy(h, hessian, sizeof h);
        for (int k = 0; k < b->n_q; k++)
            rhs[k] = b->q[k][i] * (long double)weight(p, o->rows[i]) *
                     ((long double)p->y[o->rows[i]] - o->mu[i]);
        solve(b->n_q, h, rhs);
        for (int j = 0; j < o->n_x; j++) {
            influence[j][i] = 0;
            for (int m = j; m < o->n_x; m++)
                influence[j][i] += inverse[j][m] * rhs[first + m];
        }
    }
    long double k = o->n_x - (p->n_effects > 0 ? p->n_effects - 1 : 0);
    for (int f = 0; f < p->n_effects; f++)
        k += dense_nested(p->effects[f], unit, o->rows, n)
                 ? 1
                 : dense_levels(p->effects[f], o->rows, n);
    long double groups = dense_levels(unit, o->rows, n);
    for (int a = 0; a < o->n_x; a++)
        for (int c = 0; c < o->n_x; c++) {
            long double sum = 0;
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                    if (unit[o->rows[i]] == unit[o->rows[j]])
                        sum += influence[a][i] * influence[c][j];
            o->vcov[a][c] = (double)(sum * groups / (groups - 1) * (n - 1) / (n - k));
        }
}

static void plain_fit(const problem_t *p, plain_t *o)
{
    static basis_t b;
    static long double c[MAX_COLUMNS], score[MAX_COLUMNS], trial[MAX_COLUMNS];
    memset(o, 0, sizeof *o);
    plain_sample(p, o);
    basis(p, o, &b);
    if (o->n == 0 || o->n_x == 0) return;
    memset(c, 0, sizeof c);
    for (int round = 0; round < 80; round++) {
        differentiate(p, o, &b, c, score);
        solve(b.n_q, hessian, score);
        long double before = loglik(p, o, &b, c), by = 1;
        for (int halving = 0; halving < 60; halving++) {
            for (int k = 0; k < b.n_q; k++)
                trial[k] = c[k] + by * score[k];
            if (loglik(p, o, &b, trial) >= before - 1e-15L * fabsl(before)) break;
            by /= 2;
        }
        memcpy(c, trial, sizeof c);
    }
    differentiate(p, o, &b, c, score);
    long double inverse[MAX_X][MAX_X] = {{0}};
    invert_triangle(&b, b.n_q - o->n_x, o->n_x, inverse);
    for (int j = 0; j < o->n_x; j++)
        for (int m = j; m < o->n_x; m++)
            o->beta[j] += (double)(inverse[j][m] * c[b.n_q - o->n_x + m]);
    for (int i = 0; i < o->n; i++) {
        long double mu = o->mu[i];
        if (!(mu >= 1e-7L) || (p->family == JD_FAMILY_LOGIT && mu > 1 - 1e-7L)) o->separated = 1;
    }
    if (!o->separated) plain_vcov(p, o, &b);
}

static void make_problem(problem_t *p, const trial_t *t, uint64_t seed)
{
    jd_rng_t rng = trial_rng(seed + 5000);
    memset(p, 0, sizeof *p);
    p->trial = t;
    p->family = seed % 4 == 0 ? JD_FAMILY_LOGIT : JD_FAMILY_POISSON;
    p->n_x = 1 + pick(&rng, 3);
    p->offset = pick(&rng, 3) == 0 ? t->x[3] : NULL;
    const int32_t *all[] = {t->unit, t->time, t->fixed[1]};
    p->n_effects = pick(&rng, 4);
    for (int k = 0; k < p->n_effects; k++)
        p->effects[k] = all[k];
    for (int i = 0; i < t->panel.n; i++) {
        double mu = exp(0.4 + 0.3 * t->x[0][i] + 0.2 * ((t->unit[i] / 37) % 3));
        double u = jd_rng_uniform(&rng);
        p->y[i] = seed % 3 ? floor(-mu * log(u)) : (u < 0.2 ? 0 : 1e3 * mu * u);
        if (p->family == JD_FAMILY_LOGIT) p->y[i] = u < mu / (1 + mu);
    }
}

static int fit(const problem_t *p, int threads, jd_glm_t *glm, jd_ctx_t *ctx)
{
    const jd_panel_t *panel = &p->trial->panel;
    const jd_glm_input_t input = {.family = p->family,
                                  .n = panel->n,
                                  .n_effects = p->n_effects,
                                  .codes = p->effects,
                                  .n_x = p->n_x,
                                  .x = p->trial->x_column,
                                  .y = p->y,
                                  .weight = panel->weight,
                                  .offset = p->offset};
    jd_ctx_init(ctx);
    ctx->threads = threads;
    return jd_glm_fit(glm, &input, ctx);
}

static int agrees(const problem_t *p, const plain_t *o, const jd_glm_t *glm)
{
    const int32_t *ways[] = {p->trial->unit};
    const jd_vcov_options_t v = {0};
    jd_vcov_facts_t facts;
    double vcov[MAX_X * MAX_X];
    int k = glm->regression.n_kept;
    if (glm->n != o->n || glm->n_empty != o->empty || k != o->n_x) return 0;
    if (jd_glm_vcov(glm, ways, 1, &v, vcov, &facts, NULL) != JD_OK) return 0;
    for (int j = 0; j < k; j++) {
        double se = sqrt(o->vcov[j][j]);
        if (glm->regression.kept[j] != o->kept[j]) return 0;
        if (!(fabs(glm->beta[j] - o->beta[j]) <= 1e-9 * (fabs(o->beta[j]) + se))) return 0;
        if (!(fabs(sqrt(vcov[j * k + j]) - se) <= 1e-8 * se)) return 0;
    }
    return 1;
}

static void test_equals_the_dense_way(void **state)
{
    (void)state;
    static trial_t t;
    static problem_t p;
    static plain_t o;
    static jd_ctx_t ctx;
    int wrong = 0, compared = 0, separated = 0, unidentified = 0;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        jd_glm_t glm;
        make_trial(&t, seed);
        make_problem(&p, &t, seed);
        plain_fit(&p, &o);
        int rc = fit(&p, 1, &glm, &ctx);
        if (o.n == 0 || o.n_x == 0) {
            unidentified++;
            wrong += rc == JD_OK;
        } else if (o.separated) {
            separated++; /* no estimate, or one without these rows: tested apart */
        } else {
            compared++;
            if (rc != JD_OK || !agrees(&p, &o, &glm)) {
                wrong++;
                print_error("seed %d: %s\n", (int)seed, rc ? ctx.message : "differs");
            }
        }
        jd_glm_free(&glm);
    }
    print_message("%d compared, %d separated, %d not identified\n", compared, separated,
                  unidentified);
    assert_int_equal(wrong, 0);
    assert_true(compared > 80);
}

/* Rows with y = 0 that a regressor alone tells from the others carry no information: the fit is
 * that without them. */
static void test_separated_rows_are_left_out(void **state)
{
    (void)state;
    enum { ROWS = 60, GONE = 6 };
    int32_t unit[ROWS];
    double y[ROWS], x[2][ROWS], weight[ROWS];
    const double *columns[] = {x[0], x[1]};
    const int32_t *codes[] = {unit};
    jd_glm_input_t input = {.family = JD_FAMILY_POISSON, .n = ROWS, .n_effects = 1, .codes = codes};
    input.n_x = 2;
    input.x = columns;
    input.y = y;
    for (int i = 0; i < ROWS; i++) {
        int gone = i % 10 == 3;
        unit[i] = i / 10;
        y[i] = gone ? 0 : (i * 7) % 5;
        x[0][i] = (i * 13) % 11 / 11.0;
        x[1][i] = gone ? 1 + i % 3 : 0;
        weight[i] = !gone;
    }
    jd_glm_t with = {0}, without = {0};
    assert_int_equal(jd_glm_fit(&with, &input, NULL), JD_OK);
    assert_int_equal(with.n_separated, GONE);
    assert_int_equal(with.n, ROWS - GONE);
    input.n_x = 1;
    input.weight = weight;
    assert_int_equal(jd_glm_fit(&without, &input, NULL), JD_OK);
    assert_int_equal(with.regression.n_kept, 1);
    assert_true(fabs(with.beta[0] - without.beta[0]) < 1e-12);
    jd_glm_free(&with);
    jd_glm_free(&without);
}

static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    static trial_t t;
    static problem_t p;
    static jd_ctx_t ctx;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        jd_glm_t one, many;
        make_trial(&t, seed);
        make_problem(&p, &t, seed);
        int rc = fit(&p, 1, &one, &ctx);
        assert_int_equal(fit(&p, 3, &many, &ctx), rc);
        if (!rc)
            assert_memory_equal(one.beta, many.beta,
                                (size_t)one.regression.n_kept * sizeof *one.beta);
        jd_glm_free(&one);
        jd_glm_free(&many);
    }
}

/* So many groups that sums are taken in parts: at the maximum the scores of every level and
 * regressor are 0, and bits are the same for any number of threads. */
static void test_sums_in_parts(void **state)
{
    (void)state;
    enum { UNITS = 1200, PERIODS = 5, ROWS = UNITS * PERIODS };
    static int32_t unit[ROWS], period[ROWS];
    static double y[ROWS], x[2][ROWS];
    const int32_t *codes[] = {unit, period};
    const double *columns[] = {x[0], x[1]};
    const jd_glm_input_t input = {
        .n = ROWS, .n_effects = 2, .codes = codes, .n_x = 2, .x = columns, .y = y};
    jd_rng_t rng = trial_rng(7);
    for (int i = 0; i < ROWS; i++) {
        unit[i] = i * 7 % UNITS; /* not in order */
        period[i] = i / UNITS;
        x[0][i] = jd_rng_uniform(&rng);
        x[1][i] = x[0][i] * (i % 3);
        y[i] = floor(-2 * log(jd_rng_uniform(&rng)) * exp(x[0][i] - 0.1 * period[i]));
    }
    double first[3] = {0};
    for (int threads = 1; threads <= 3; threads++) {
        jd_glm_t glm = {0};
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        ctx.threads = threads;
        assert_int_equal(jd_glm_fit(&glm, &input, &ctx), JD_OK);
        double found[3] = {glm.beta[0], glm.beta[1], glm.deviance};
        if (threads == 1) memcpy(first, found, sizeof first);
        assert_memory_equal(found, first, sizeof first);
        double by_unit[UNITS] = {0}, by_period[PERIODS] = {0}, by_x[2] = {0};
        for (int64_t i = 0; i < glm.n; i++) {
            int row = glm.row[i];
            double score = y[row] - glm.mu[i];
            by_unit[unit[row]] += score;
            by_period[period[row]] += score;
            for (int k = 0; k < 2; k++)
                by_x[k] += score * x[k][row];
        }
        for (int k = 0; k < UNITS; k++)
            assert_true(fabs(by_unit[k]) < 1e-9);
        for (int k = 0; k < PERIODS; k++)
            assert_true(fabs(by_period[k]) < 1e-7);
        assert_true(fabs(by_x[0]) < 1e-7 && fabs(by_x[1]) < 1e-7);
        jd_glm_free(&glm);
    }
}

static void assert_refused(jd_glm_input_t input, const char *part)
{
    static jd_ctx_t ctx;
    jd_glm_t glm;
    jd_ctx_init(&ctx);
    assert_int_not_equal(jd_glm_fit(&glm, &input, &ctx), JD_OK);
    if (!strstr(ctx.message, part)) fail_msg("\"%s\" lacks \"%s\"", ctx.message, part);
}

static void test_refusals(void **state)
{
    (void)state;
    const double zeros[4] = {0}, minus[] = {1, 2, -3, 4}, nan[] = {1, 2, (double)NAN, 4};
    const double huge[] = {1, 2, (double)INFINITY, 4}, x[] = {1, 2, 4, 7}, same[] = {3, 3, 3, 3};
    const int32_t code[] = {1, 1, 2, 2};
    const int32_t *codes[] = {code};
    const double *columns[] = {x}, *constant[] = {same};
    jd_glm_input_t input = {.n = 4, .n_effects = 1, .codes = codes, .n_x = 1, .x = columns};
    input.y = zeros;
    assert_refused(input, "0 in every row");
    input.y = minus;
    assert_refused(input, "row 3: outcome = -3");
    input.y = nan;
    assert_refused(input, "row 3: outcome = nan");
    input.y = huge;
    assert_refused(input, "row 3: outcome = inf");
    input.y = x;
    input.x = constant;
    assert_refused(input, "no coefficient is identified");
    input.family = JD_FAMILY_LOGIT;
    assert_refused(input, "a logit model needs 0 or 1");
    input.n_x = 0;
    assert_refused(input, "needs rows and a regressor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_dense_way),
        cmocka_unit_test(test_separated_rows_are_left_out),
        cmocka_unit_test(test_same_bits_for_any_threads),
        cmocka_unit_test(test_sums_in_parts),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
