/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Imputation and two-stage against a plain dense way (explicit dummies, normal equations in long
 * double), on random awkward panels; weights on outcomes give the estimates; solvers agree. */
#include "support.h"

#include "jiedao/did.h"
#include "property/did_dense.h"

enum { TRIALS = JD_ROUNDS(200), MAX_Z = 120, MAX_T = 40 };

typedef struct {
    int n, n_z, n_terms;
    int row[MAX_ROWS], treated[MAX_ROWS], key[MAX_ROWS];
    long double w[MAX_ROWS], z[MAX_ROWS][MAX_Z], tau[MAX_ROWS];
    long double c[MAX_T][MAX_ROWS], v[MAX_T][MAX_ROWS];
    char name[MAX_T][JD_TERM_NAME];
    double beta[MAX_T], vcov[MAX_T][MAX_T];
} plain_t;

static int is_treated(const trial_t *t, int row)
{
    return t->cohort[row] != 0 && t->time[row] >= t->cohort[row];
}

/* Untreated rows that share a level, of whatever effect, are tied; a treated row needs each of its
 * levels among the rows of one tied set. Labels spread until nothing changes. */
static int drop_untied(const trial_t *t, plain_t *p, int n_effects, const int32_t *const *effects)
{
    int label[MAX_ROWS], keep[MAX_ROWS], kept = 0, n = p->n;
    for (int i = 0; i < n; i++)
        label[i] = i;
    for (int changed = 1; changed;) {
        changed = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                for (int k = 0; k < n_effects; k++)
                    if (!is_treated(t, p->row[i]) && !is_treated(t, p->row[j]) &&
                        effects[k][p->row[i]] == effects[k][p->row[j]] && label[j] < label[i]) {
                        label[i] = label[j];
                        changed = 1;
                    }
    }
    for (int i = 0; i < n; i++) {
        int set = -1;
        keep[i] = 1;
        for (int k = 0; k < n_effects && is_treated(t, p->row[i]); k++) {
            int found = -1;
            for (int j = 0; j < n; j++)
                if (!is_treated(t, p->row[j]) && effects[k][p->row[j]] == effects[k][p->row[i]])
                    found = label[j];
            if (found < 0 || (set >= 0 && set != found)) keep[i] = 0;
            set = found;
        }
    }
    for (int i = 0; i < n; i++)
        if (keep[i]) p->row[kept++] = p->row[i];
    p->n = kept;
    return kept < n;
}

static void make_rows(const trial_t *t, plain_t *p, int n_effects, const int32_t *const *effects)
{
    for (int i = 0; i < t->panel.n; i++)
        if (!t->panel.weight || t->weight[i] > 0) p->row[p->n++] = i;
    for (int changed = 1; changed;) {
        changed = 0;
        for (int i = 0; i < p->n; i++)
            for (int k = 0; k < n_effects; k++) {
                if (count_value(effects[k], p->row, p->n, effects[k][p->row[i]]) > 1) continue;
                memmove(p->row + i, p->row + i + 1, (size_t)(p->n - i - 1) * sizeof *p->row);
                p->n--;
                i--;
                changed = 1;
                break;
            }
        if (!changed) changed = drop_untied(t, p, n_effects, effects);
    }
    for (int i = 0; i < p->n; i++) {
        p->treated[i] = is_treated(t, p->row[i]);
        p->w[i] = t->panel.weight ? (long double)t->weight[p->row[i]] : 1;
    }
}

static void make_z(const trial_t *t, plain_t *p, int n_effects, const int32_t *const *effects)
{
    for (int k = 0; k < n_effects; k++)
        for (int l = 0; l < p->n; l++) {
            if (!is_first(effects[k], p->row, l)) continue;
            for (int i = 0; i < p->n; i++)
                p->z[i][p->n_z] = effects[k][p->row[i]] == effects[k][p->row[l]];
            p->n_z++;
        }
    for (int k = 0; k < t->panel.n_x; k++, p->n_z++)
        for (int i = 0; i < p->n; i++)
            p->z[i][p->n_z] = t->x[k][p->row[i]];
    assert_true(p->n_z <= MAX_Z);
}

/* Solves Z0'W0 Z0 a = b by elimination with the largest pivot; 0 if b is not met. */
static int solve(const plain_t *p, const long double *b, long double *a)
{
    static long double g[MAX_Z][MAX_Z + 1], whole[MAX_Z][MAX_Z];
    long double d[MAX_Z];
    int n = p->n_z, used[MAX_Z] = {0}, row_of[MAX_Z], met = 1;
    for (int j = 0; j < n; j++)
        for (int k = 0; k < n; k++) {
            whole[j][k] = 0;
            for (int i = 0; i < p->n; i++)
                if (!p->treated[i]) whole[j][k] += p->w[i] * p->z[i][j] * p->z[i][k];
        }
    for (int j = 0; j < n; j++)
        d[j] = whole[j][j] > 0 ? 1 / sqrtl(whole[j][j]) : 0;
    for (int j = 0; j < n; j++) {
        row_of[j] = -1;
        g[j][n] = b[j] * d[j];
        for (int k = 0; k < n; k++)
            g[j][k] = whole[j][k] * d[j] * d[k];
    }
    for (;;) {
        int best = -1;
        for (int j = 0; j < n; j++)
            if (!used[j] && g[j][j] > 1e-11L && (best < 0 || g[j][j] > g[best][best])) best = j;
        if (best < 0) break;
        used[best] = 1;
        for (int j = 0; j < n; j++) {
            long double by = g[j][best] / g[best][best];
            if (j == best) continue;
            for (int k = 0; k <= n; k++)
                g[j][k] -= by * g[best][k];
        }
        row_of[best] = best;
    }
    for (int j = 0; j < n; j++)
        a[j] = row_of[j] < 0 ? 0 : d[j] * g[j][n] / g[j][j];
    for (int j = 0; j < n; j++) {
        long double sum = -b[j], size = fabsl(b[j]) + 1e-9L;
        for (int k = 0; k < n; k++) {
            sum += whole[j][k] * a[k];
            size += fabsl(whole[j][k] * a[k]);
        }
        if (fabsl(sum) > 1e-8L * size) met = 0;
    }
    return met;
}

static void make_terms(const trial_t *t, plain_t *p, int leads)
{
    p->n_terms = 1;
    snprintf(p->name[0], JD_TERM_NAME, "att");
    for (int i = 0; i < p->n; i++)
        p->c[0][i] = p->treated[i] ? p->w[i] : 0;
    for (int e = -60; e < 60; e++) {
        int seen = 0;
        for (int i = 0; i < p->n; i++) {
            int g = cohort_within(t, p->row[i]);
            int counts = g != 0 && t->time[p->row[i]] - g == e &&
                         (e >= 0 || (leads && e != dense_reference(t, p->row, p->n, g)));
            p->c[p->n_terms][i] = counts ? p->w[i] : 0;
            seen |= counts;
        }
        if (seen) snprintf(p->name[p->n_terms++], JD_TERM_NAME, "e=%d", e);
    }
    for (int k = 0; k < p->n_terms; k++) {
        long double sum = 0;
        for (int i = 0; i < p->n; i++)
            sum += p->c[k][i];
        for (int i = 0; i < p->n; i++)
            p->c[k][i] /= sum;
    }
}

/* What row i adds to the score of term k. */
static long double score(const trial_t *t, const plain_t *p, int two_stage, int k, int i)
{
    if (two_stage)
        return p->c[k][i] * (p->tau[i] - (long double)p->beta[k]) +
               (p->treated[i] ? 0 : (p->v[k][i] - p->c[k][i]) * p->tau[i]);
    if (!p->treated[i]) return p->v[k][i] * p->tau[i];
    long double sum = 0, total = 0;
    for (int j = 0; j < p->n; j++)
        if (p->treated[j] && t->cohort[p->row[j]] == t->cohort[p->row[i]] &&
            t->time[p->row[j]] == t->time[p->row[i]]) {
            sum += p->v[k][j] * p->v[k][j] * p->tau[j];
            total += p->v[k][j] * p->v[k][j];
        }
    return total > 0 ? p->v[k][i] * (p->tau[i] - sum / total) : 0;
}

static void make_vcov(const trial_t *t, plain_t *p, int two_stage)
{
    static long double u[MAX_T][MAX_ROWS];
    const int32_t *cluster = t->panel.cluster ? t->cluster : t->unit;
    for (int k = 0; k < p->n_terms; k++)
        for (int i = 0; i < p->n; i++)
            u[k][i] = score(t, p, two_stage, k, i);
    for (int a = 0; a < p->n_terms; a++)
        for (int b = 0; b < p->n_terms; b++) {
            long double sum = 0;
            for (int i = 0; i < p->n; i++)
                for (int j = 0; j < p->n; j++)
                    if (cluster[p->row[i]] == cluster[p->row[j]]) sum += u[a][i] * u[b][j];
            p->vcov[a][b] = (double)sum;
        }
}

static int has_contrast(const trial_t *t, const plain_t *p)
{
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < p->n; j++)
            if (p->treated[i] && !p->treated[j] && t->time[p->row[i]] == t->time[p->row[j]])
                return 1;
    return 0;
}

/* 0 where some term is not identified, or there is none. */
static int plain_fit(const trial_t *t, const jd_did_options_t *options, int two_stage, plain_t *p)
{
    const int32_t *effects[2 + MAX_FIXED];
    long double b[MAX_Z], a[MAX_Z];
    memset(p, 0, sizeof *p);
    int n_effects = dense_effects(t, "twfe", options, effects);
    make_rows(t, p, n_effects, effects);
    if (!has_contrast(t, p)) return 0;
    make_z(t, p, n_effects, effects);
    make_terms(t, p, two_stage);
    for (int j = 0; j < p->n_z; j++) {
        b[j] = 0;
        for (int i = 0; i < p->n; i++)
            if (!p->treated[i]) b[j] += p->w[i] * p->z[i][j] * (long double)t->y[p->row[i]];
    }
    assert_true(solve(p, b, a));
    for (int i = 0; i < p->n; i++) {
        p->tau[i] = t->y[p->row[i]];
        for (int j = 0; j < p->n_z; j++)
            p->tau[i] -= p->z[i][j] * a[j];
    }
    for (int k = 0; k < p->n_terms; k++) {
        long double sum = 0;
        for (int j = 0; j < p->n_z; j++) {
            b[j] = 0;
            for (int i = 0; i < p->n; i++)
                b[j] += p->c[k][i] * p->z[i][j];
        }
        if (!solve(p, b, a)) return 0;
        for (int i = 0; i < p->n; i++) {
            sum += p->c[k][i] * p->tau[i];
            p->v[k][i] = p->c[k][i];
            for (int j = 0; j < p->n_z && !p->treated[i]; j++)
                p->v[k][i] -= p->w[i] * p->z[i][j] * a[j];
        }
        p->beta[k] = (double)sum;
    }
    make_vcov(t, p, two_stage);
    return 1;
}

static int close_to(double a, double b, double scale)
{
    return fabs(a - b) <= 1e-9 * (fabs(b) + scale);
}

static int compare(uint64_t seed, const trial_t *t, const jd_design_t *design, const jd_fit_t *fit,
                   const plain_t *p)
{
    static double w[MAX_ROWS];
    int wrong = fit->n_terms != p->n_terms || fit->n_obs != p->n;
    if (wrong)
        print_error("seed %llu, %s: %d terms on %d rows, dense %d on %d\n",
                    (unsigned long long)seed, jd_design_estimator(design)->name, fit->n_terms,
                    (int)fit->n_obs, p->n_terms, p->n);
    for (int k = 0; !wrong && k < fit->n_terms; k++) {
        double se = sqrt(p->vcov[k][k]), sum = 0;
        wrong |= strcmp(jd_design_terms(design)[k].name, p->name[k]) != 0;
        wrong |= !close_to(fit->estimate[k], p->beta[k], se + 1e-6);
        for (int j = 0; j < fit->n_terms; j++)
            wrong |= !close_to(fit->vcov[k * fit->n_terms + j], p->vcov[k][j],
                               se * sqrt(p->vcov[j][j]) + 1e-6);
        jd_design_weights(design, k, w);
        for (int i = 0; i < t->panel.n; i++)
            sum += w[i] * t->y[i];
        wrong |= !close_to(sum, fit->estimate[k], 1);
        if (wrong)
            print_error("seed %llu, %s %s: %.17g (%.17g), dense %.17g (%.17g)\n",
                        (unsigned long long)seed, jd_design_estimator(design)->name, p->name[k],
                        fit->estimate[k], fit->std_error[k], p->beta[k], se);
    }
    return wrong;
}

static int try_one(uint64_t seed, const char *name, jd_solver_t solver, int *answered)
{
    static trial_t trial;
    static plain_t plain;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    make_trial(&trial, seed);
    options.solver = solver;
    options.no_time_effects = trial.panel.n_fixed > 0 && seed % 2;
    int identified = plain_fit(&trial, &options, strcmp(name, "two_stage") == 0, &plain), wrong = 0;
    int rc = jd_design_prepare(&design, jd_estimator_find(name), &trial.panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(design, trial.y, NULL, 0.95, &fit, &ctx);
    if (!rc && identified) {
        wrong = compare(seed, &trial, design, &fit, &plain);
        ++*answered;
    } else if ((rc == JD_OK) != identified) {
        print_error("seed %llu, %s: %s where the dense way %s (%s)\n", (unsigned long long)seed,
                    name, rc == JD_OK ? "answers" : "refuses", identified ? "answers" : "refuses",
                    ctx.message);
        wrong = 1;
    }
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

static void test_equals_the_dense_way(void **state)
{
    (void)state;
    static const char *const names[] = {"imputation", "two_stage"};
    for (int e = 0; e < 2; e++) {
        int wrong = 0, answered = 0;
        for (uint64_t seed = 1; seed <= TRIALS; seed++)
            wrong += try_one(seed, names[e], JD_SOLVER_AUTO, &answered);
        print_message("%s: %d of %d panels answered\n", names[e], answered, TRIALS);
        assert_int_equal(wrong, 0);
        assert_true(answered > TRIALS / 2);
    }
}

static void test_solvers_agree(void **state)
{
    (void)state;
    int wrong = 0, answered = 0;
    for (uint64_t seed = 1; seed <= 60; seed++)
        wrong += try_one(seed, "imputation", JD_SOLVER_ITERATE, &answered);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_dense_way),
        cmocka_unit_test(test_solvers_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
