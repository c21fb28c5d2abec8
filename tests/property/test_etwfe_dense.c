/* SPDX-License-Identifier: GPL-3.0-or-later */
/* etwfe and etwfe_poisson against the definition: explicit dummies in long double, effects as the
 * mean over rows of the fit less the fit with the cells' coefficients at 0, their gradient in all
 * parameters by differences, scores summed by unit. Random panels: unbalanced, doubled rows,
 * weights, shuffled, a covariate, a further fixed effect. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/did.h"
#include "property/did_dense.h"

typedef struct {
    trial_t trial;
    jd_did_options_t options;
    int poisson, cells, cell_cohort[64], cell_time[64];
    double centred[MAX_ROWS];
} problem_t;

typedef struct {
    int n, k, rows[MAX_ROWS]; /* rows used, kept columns beside dummies */
    basis_t basis;
    int column_cell[MAX_COLUMNS]; /* of a kept column; -1 = slope */
    long double coefficient[MAX_COLUMNS];
    long double design[MAX_COLUMNS][MAX_ROWS]; /* kept columns as given */
} plain_t;

static double weight(const trial_t *t, int row)
{
    return t->panel.weight ? t->weight[row] : 1;
}

static void make_problem(problem_t *p, uint64_t seed)
{
    trial_t *t = &p->trial;
    jd_rng_t rng = trial_rng(seed + 900);
    memset(p, 0, sizeof *p);
    p->poisson = seed % 2 == 0;
    int units = 14 + pick(&rng, 6), periods = 5 + pick(&rng, 2), constant = pick(&rng, 2), n = 0;
    for (int i = 0; i < units; i++) {
        int g = i % 4 == 0 ? 0 : 2 + i % 4;
        double level = 0.5 * gauss(&rng), x = gauss(&rng);
        for (int s = 1; s <= periods; s++) {
            int copies = s <= 2 || g == 0 ? 1 : pick(&rng, 8) ? 1 + (pick(&rng, 10) == 0) : 0;
            for (int c = 0; c < copies; c++, n++) {
                t->unit[n] = 77 - 3 * i;
                t->time[n] = s;
                t->cohort[n] = g;
                t->weight[n] = 0.3 + jd_rng_uniform(&rng);
                t->fixed[0][n] = pick(&rng, 3);
                t->x[0][n] = constant ? x : x + gauss(&rng);
                double mu = level + 0.1 * s + 0.3 * t->x[0][n] + (g && s >= g ? 0.1 * (s - g) : 0);
                t->y[n] =
                    p->poisson ? exp(mu) * (0.2 - log(jd_rng_uniform(&rng))) : mu + gauss(&rng);
            }
        }
    }
    t->panel.n = n;
    for (int i = n - 1; i > 0; i--)
        swap_rows(t, i, pick(&rng, i + 1));
    t->x_column[0] = t->x[0];
    t->x_name[0] = "x";
    t->fixed_column[0] = t->fixed[0];
    t->panel.unit = t->unit;
    t->panel.time = t->time;
    t->panel.cohort = t->cohort;
    t->panel.x = t->x_column;
    t->panel.x_name = t->x_name;
    t->panel.n_x = pick(&rng, 2);
    t->panel.fixed = t->fixed_column;
    t->panel.n_fixed = pick(&rng, 3) == 0;
    if (pick(&rng, 2)) t->panel.weight = t->weight;
    jd_did_defaults(&p->options);
    p->options.control = pick(&rng, 2) ? JD_CONTROL_NOT_YET : JD_CONTROL_NEVER;
    p->options.no_unit_effects = pick(&rng, 2);
    p->options.aggregate = (jd_aggregate_t)pick(&rng, 4);
}

static int has_effect(const problem_t *p, int row)
{
    int g = p->trial.cohort[row], s = p->trial.time[row];
    if (g == 0) return 0;
    return p->options.control == JD_CONTROL_NOT_YET ? s >= g : s != g - 1;
}

static void centre(problem_t *p)
{
    const trial_t *t = &p->trial;
    for (int i = 0; i < t->panel.n; i++) {
        long double sum = 0, total = 0;
        for (int j = 0; j < t->panel.n; j++)
            if (t->cohort[j] == t->cohort[i]) {
                sum += (long double)weight(t, j) * (long double)t->x[0][j];
                total += (long double)weight(t, j);
            }
        p->centred[i] = (double)((long double)t->x[0][i] - sum / total);
    }
}

static void add_dummies(const problem_t *p, plain_t *o, const int32_t *codes)
{
    static long double x[MAX_ROWS];
    for (int l = 0; l < p->trial.panel.n; l++) {
        if (!is_first(codes, o->rows, l)) continue;
        for (int i = 0; i < o->n; i++)
            x[i] = codes[i] == codes[l];
        add_column(&o->basis, x, 1e-9L);
    }
}

/* A column for rows of one cohort and one period (0 = any); cell -1: a slope. */
static void add_regressor(const problem_t *p, plain_t *o, int g, int s, const double *times,
                          int cell)
{
    long double *x = o->design[o->k];
    for (int i = 0; i < o->n; i++) {
        int in = (g < 0 || p->trial.cohort[i] == g) && (s < 0 || p->trial.time[i] == s);
        x[i] = in ? (times ? (long double)times[i] : 1) : 0;
    }
    if (!add_column(&o->basis, x, 1e-7L)) return;
    o->column_cell[o->k++] = cell;
}

static int varies(const trial_t *t)
{
    for (int i = 0; i < t->panel.n; i++)
        for (int j = 0; j < i; j++)
            if (t->unit[i] == t->unit[j] && fabs(t->x[0][i] - t->x[0][j]) > 0) return 1;
    return 0;
}

static void build(problem_t *p, plain_t *o)
{
    const trial_t *t = &p->trial;
    memset(o, 0, sizeof *o);
    o->n = o->basis.n = (int)t->panel.n;
    for (int i = 0; i < o->n; i++)
        o->rows[i] = i;
    add_dummies(p, o, p->options.no_unit_effects ? t->cohort : t->unit);
    add_dummies(p, o, t->time);
    if (t->panel.n_fixed) add_dummies(p, o, t->fixed[0]);
    centre(p);
    p->cells = 0;
    for (int g = 3; g <= 5; g++)
        for (int s = 1; s <= 7; s++)
            for (int i = 0, found = 0; i < o->n && !found; i++) {
                if (t->cohort[i] != g || t->time[i] != s || !has_effect(p, i)) continue;
                p->cell_cohort[p->cells] = g;
                p->cell_time[p->cells++] = s;
                found = 1;
            }
    for (int c = 0; c < p->cells; c++)
        add_regressor(p, o, p->cell_cohort[c], p->cell_time[c], NULL, c);
    if (t->panel.n_x == 0) return;
    for (int c = 0; c < p->cells; c++)
        add_regressor(p, o, p->cell_cohort[c], p->cell_time[c], p->centred, c);
    for (int g = 0; g <= 5; g++)
        if (p->options.no_unit_effects || varies(t)) add_regressor(p, o, g, -1, t->x[0], -1);
    for (int s = 2; s <= 7; s++)
        add_regressor(p, o, -1, s, t->x[0], -1);
}

static void triangle_solve(const basis_t *b, const long double *c, int first, int k,
                           long double *out)
{
    for (int i = k - 1; i >= 0; i--) {
        long double sum = c[first + i];
        for (int m = i + 1; m < k; m++)
            sum -= b->r[first + i][first + m] * out[m];
        out[i] = sum / b->r[first + i][first + i];
    }
}

/* Mean over the rows of a term of fit less fit without the cells, at basis coefficients c. */
static long double effect(const problem_t *p, const plain_t *o, const long double *c,
                          jd_aggregate_t by, int key)
{
    const trial_t *t = &p->trial;
    const basis_t *b = &o->basis;
    long double beta[MAX_COLUMNS], sum = 0, total = 0;
    triangle_solve(b, c, b->n_q - o->k, o->k, beta);
    for (int i = 0; i < o->n; i++) {
        int e = t->time[i] - t->cohort[i];
        if (!has_effect(p, i)) continue;
        int at = by == JD_AGGREGATE_EVENT      ? e
                 : by == JD_AGGREGATE_COHORT   ? t->cohort[i]
                 : by == JD_AGGREGATE_CALENDAR ? t->time[i]
                                               : 0;
        if (at != key || (by != JD_AGGREGATE_EVENT && e < 0)) continue;
        long double eta = 0, without, w = weight(t, i);
        for (int k = 0; k < b->n_q; k++)
            eta += c[k] * b->q[k][i];
        without = eta;
        for (int k = 0; k < o->k; k++)
            if (o->column_cell[k] >= 0) without -= beta[k] * o->design[k][i];
        sum += w * (p->poisson ? expl(eta) - expl(without) : eta - without);
        total += w;
    }
    return total > 0 ? sum / total : (long double)NAN;
}

static long double hessian[MAX_COLUMNS][MAX_COLUMNS];

static void solve(int n, long double *g)
{
    static long double h[MAX_COLUMNS][MAX_COLUMNS];
    memcpy(h, hessian, sizeof h);
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

/* Score of a row at c along the basis; returns its working weight. */
static long double row_score(const problem_t *p, const plain_t *o, const long double *c, int i,
                             long double *score)
{
    const basis_t *b = &o->basis;
    long double eta = 0, w = weight(&p->trial, i);
    for (int k = 0; k < b->n_q; k++)
        eta += c[k] * b->q[k][i];
    long double mu = p->poisson ? expl(eta) : eta;
    for (int k = 0; k < b->n_q; k++)
        score[k] = w * ((long double)p->trial.y[i] - mu) * b->q[k][i];
    return w * (p->poisson ? mu : 1);
}

/* Newton's method, short steps first. */
static void fit(const problem_t *p, plain_t *o)
{
    const basis_t *b = &o->basis;
    static long double score[MAX_COLUMNS], total[MAX_COLUMNS];
    memset(o->coefficient, 0, sizeof o->coefficient);
    for (int round = 0; round < (p->poisson ? 60 : 2); round++) {
        memset(hessian, 0, sizeof hessian);
        memset(total, 0, sizeof total);
        for (int i = 0; i < o->n; i++) {
            long double h = row_score(p, o, o->coefficient, i, score);
            for (int k = 0; k < b->n_q; k++) {
                total[k] += score[k];
                for (int l = 0; l <= k; l++)
                    hessian[k][l] += h * b->q[k][i] * b->q[l][i];
            }
        }
        solve(b->n_q, total);
        long double longest = 0;
        for (int i = 0; i < o->n; i++) {
            long double step = 0;
            for (int k = 0; k < b->n_q; k++)
                step += total[k] * b->q[k][i];
            longest = fmaxl(longest, fabsl(step));
        }
        long double by = p->poisson && longest > 1 ? 1 / longest : 1;
        for (int k = 0; k < b->n_q; k++)
            o->coefficient[k] += by * total[k];
    }
}

/* Standard error by the definition. */
static long double std_error(const problem_t *p, const plain_t *o, jd_aggregate_t by, int key)
{
    const trial_t *t = &p->trial;
    const basis_t *b = &o->basis;
    static long double gradient[MAX_COLUMNS], c[MAX_COLUMNS], score[MAX_COLUMNS];
    static long double row[MAX_ROWS];
    memcpy(c, o->coefficient, sizeof c);
    for (int k = 0; k < b->n_q; k++) {
        const long double h = 1e-6L;
        c[k] += h;
        gradient[k] = effect(p, o, c, by, key);
        c[k] -= 2 * h;
        gradient[k] = (gradient[k] - effect(p, o, c, by, key)) / (2 * h);
        c[k] += h;
    }
    solve(b->n_q, gradient);
    for (int i = 0; i < o->n; i++) {
        row_score(p, o, o->coefficient, i, score);
        row[i] = 0;
        for (int k = 0; k < b->n_q; k++)
            row[i] += gradient[k] * score[k];
    }
    const int32_t *effects[] = {p->options.no_unit_effects ? t->cohort : t->unit, t->time,
                                t->fixed[0]};
    int n_effects = 2 + t->panel.n_fixed, k = o->k - (n_effects - 1);
    for (int f = 0; f < n_effects; f++)
        k += dense_nested(effects[f], t->unit, o->rows, o->n)
                 ? 1
                 : dense_levels(effects[f], o->rows, o->n);
    long double sum = 0, groups = dense_levels(t->unit, o->rows, o->n), n = o->n;
    for (int i = 0; i < o->n; i++)
        for (int j = 0; j < o->n; j++)
            if (t->unit[i] == t->unit[j]) sum += row[i] * row[j];
    return sqrtl(sum * groups / (groups - 1) * (n - 1) / (n - k));
}

/* Where a term's name leads. */
static void parse(const char *name, jd_aggregate_t *by, int *key)
{
    *by = *name == 'e'   ? JD_AGGREGATE_EVENT
          : *name == 'g' ? JD_AGGREGATE_COHORT
          : *name == 't' ? JD_AGGREGATE_CALENDAR
                         : JD_AGGREGATE_OVERALL;
    *key = *by == JD_AGGREGATE_OVERALL ? 0 : atoi(name + 2);
}

static int compare(const problem_t *p, const plain_t *o, const jd_design_t *design,
                   const jd_fit_t *fitted)
{
    for (int k = 0; k < fitted->n_terms; k++) {
        jd_aggregate_t by;
        int key;
        parse(jd_design_terms(design)[k].name, &by, &key);
        double b = (double)effect(p, o, o->coefficient, by, key);
        double se = (double)std_error(p, o, by, key);
        if (fabs(fitted->estimate[k] - b) <= 1e-9 * (fabs(b) + se) &&
            fabs(fitted->std_error[k] - se) <= 1e-7 * se)
            continue;
        print_error("%s: %.12g (%.12g), densely %.12g (%.12g)\n", jd_design_terms(design)[k].name,
                    fitted->estimate[k], fitted->std_error[k], b, se);
        return 0;
    }
    return 1;
}

static void test_equals_the_definition(void **state)
{
    (void)state;
    static problem_t p;
    static plain_t o;
    int wrong = 0, compared = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        jd_fit_t fitted = {0};
        jd_ctx_init(&ctx);
        make_problem(&p, seed);
        build(&p, &o);
        fit(&p, &o);
        const char *name = p.poisson ? "etwfe_poisson" : "etwfe";
        int rc =
            jd_design_prepare(&design, jd_estimator_find(name), &p.trial.panel, &p.options, &ctx);
        if (!rc) rc = jd_design_infer(design, p.trial.y, NULL, 0.95, &fitted, &ctx);
        if (rc) print_error("seed %d: %s\n", (int)seed, ctx.message);
        int right = rc == JD_OK && compare(&p, &o, design, &fitted);
        if (!right) print_error("seed %d, %s\n", (int)seed, name);
        wrong += !right;
        compared++;
        jd_fit_free(&fitted);
        jd_design_free(design);
    }
    print_message("%d panels compared\n", compared);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equals_the_definition)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
