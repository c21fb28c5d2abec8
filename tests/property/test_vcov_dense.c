/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every kind of covariance against its textbook definition on explicit matrices, on random awkward
 * panels: full hat matrices, pairs of all rows, clusters left out and everything fitted anew. */
#include "support.h"

#include "jiedao/did.h"
#include "property/did_dense.h"

enum { TRIALS = 24, MAX_TERMS = 8 };

/* A fit on explicit columns, rows scaled by the square root of their weights. */
typedef struct {
    int n, k, dummies, rows[MAX_ROWS];
    char name[MAX_COLUMNS][JD_TERM_NAME];
    double inf[MAX_TERMS][MAX_ROWS]; /* b = inf (scaled y) */
    double b[MAX_TERMS], e[MAX_ROWS], root[MAX_ROWS];
    double q[MAX_COLUMNS][MAX_ROWS];
    int n_q;
} plain_t;

static double hat[MAX_ROWS][MAX_ROWS], law[MAX_ROWS][MAX_ROWS];

/* twfe on the rows listed; cluster `without` left out. Returns how many terms are identified. */
static int fit_plain(const trial_t *t, const dense_t *sample, int without, plain_t *p)
{
    static basis_t b;
    static long double x[MAX_ROWS], rest[MAX_ROWS];
    static long double inverse[MAX_TERMS][MAX_TERMS], along[MAX_COLUMNS];
    const int32_t *effects[2 + MAX_FIXED];
    jd_did_options_t options;
    jd_did_defaults(&options);
    int n_effects = dense_effects(t, "twfe", &options, effects);
    const int32_t *cluster = t->panel.cluster ? t->cluster : t->unit;
    memset(p, 0, sizeof *p);
    memset(&b, 0, sizeof b);
    for (int i = 0; i < sample->n; i++)
        if (without < 0 || cluster[sample->kept_rows[i]] != cluster[sample->kept_rows[without]])
            p->rows[p->n++] = sample->kept_rows[i];
    b.n = p->n;
    for (int i = 0; i < p->n; i++)
        p->root[i] = t->panel.weight ? sqrt(t->weight[p->rows[i]]) : 1;
    for (int f = 0; f < n_effects; f++)
        for (int l = 0; l < p->n; l++) {
            if (!is_first(effects[f], p->rows, l)) continue;
            for (int i = 0; i < p->n; i++)
                x[i] = effects[f][p->rows[i]] == effects[f][p->rows[l]] ? p->root[i] : 0;
            add_column(&b, x, 1e-9L);
        }
    p->dummies = b.n_q;
    for (int k = 0;; k++) {
        char name[JD_TERM_NAME];
        double value = 0;
        if (!dense_term(t, "twfe", sample, k, p->rows[0], &value, name)) break;
        for (int i = 0; i < p->n; i++) {
            dense_term(t, "twfe", sample, k, p->rows[i], &value, name);
            x[i] = value * p->root[i];
        }
        if (add_column(&b, x, 1e-7L)) memcpy(p->name[p->k++], name, sizeof name);
    }
    p->n_q = b.n_q;
    for (int j = 0; j < p->k; j++)
        for (int i = p->k - 1; i >= 0; i--) {
            long double sum = i == j;
            for (int m = i + 1; m < p->k; m++)
                sum -= b.r[p->dummies + i][p->dummies + m] * inverse[m][j];
            inverse[i][j] = sum / b.r[p->dummies + i][p->dummies + i];
        }
    for (int i = 0; i < p->n; i++)
        rest[i] = t->y[p->rows[i]] * (long double)p->root[i];
    for (int c = 0; c < b.n_q; c++) {
        along[c] = 0;
        for (int i = 0; i < p->n; i++)
            along[c] += b.q[c][i] * rest[i];
        for (int i = 0; i < p->n; i++) {
            rest[i] -= along[c] * b.q[c][i];
            p->q[c][i] = (double)b.q[c][i];
        }
    }
    for (int i = 0; i < p->n; i++)
        p->e[i] = (double)rest[i];
    for (int j = 0; j < p->k; j++) {
        long double sum = 0;
        for (int m = 0; m < p->k; m++)
            sum += inverse[j][m] * along[p->dummies + m];
        p->b[j] = (double)sum;
        for (int i = 0; i < p->n; i++) {
            sum = 0;
            for (int m = 0; m < p->k; m++)
                sum += inverse[j][m] * b.q[p->dummies + m][i];
            p->inf[j][i] = (double)sum;
        }
    }
    return p->k;
}

/* Eigenvectors in columns of v, by Jacobi's rotations; a is destroyed, its diagonal the values. */
static void jacobi(double (*a)[MAX_ROWS], int n, double (*v)[MAX_ROWS])
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            v[i][j] = i == j;
    for (int sweep = 0; sweep < 60; sweep++) {
        double off = 0;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                off += a[p][q] * a[p][q];
                if (fabs(a[p][q]) < 1e-300) continue;
                double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                double s = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
                double c = 1 / sqrt(s * s + 1);
                s *= c;
                for (int i = 0; i < n; i++) {
                    double x = a[i][p], y = a[i][q];
                    a[i][p] = c * x - s * y;
                    a[i][q] = s * x + c * y;
                }
                for (int i = 0; i < n; i++) {
                    double x = a[p][i], y = a[q][i];
                    a[p][i] = c * x - s * y;
                    a[q][i] = s * x + c * y;
                    x = v[i][p];
                    y = v[i][q];
                    v[i][p] = c * x - s * y;
                    v[i][q] = s * x + c * y;
                }
            }
        if (off < 1e-40) return;
    }
}

/* The hat matrix H of unscaled rows, and law = (I - H)(I - H)'. */
static void make_hat(const plain_t *p)
{
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < p->n; j++) {
            double sum = 0;
            for (int c = 0; c < p->n_q; c++)
                sum += p->q[c][i] * p->q[c][j];
            hat[i][j] = sum * p->root[j] / p->root[i];
        }
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < p->n; j++) {
            double sum = 0;
            for (int l = 0; l < p->n; l++)
                sum += ((i == l) - hat[i][l]) * ((j == l) - hat[j][l]);
            law[i][j] = sum;
        }
}

/* CR2's weights s = A W of unscaled rows; or W itself. */
static void adjust(const plain_t *p, const int32_t *cluster, int cr2, double (*s)[MAX_ROWS])
{
    static double a[MAX_ROWS][MAX_ROWS], v[MAX_ROWS][MAX_ROWS];
    int member[MAX_ROWS];
    for (int j = 0; j < p->k; j++)
        for (int i = 0; i < p->n; i++)
            s[j][i] = p->inf[j][i] * p->root[i];
    for (int l = 0; cr2 && l < p->n; l++) {
        if (!is_first(cluster, p->rows, l)) continue;
        int n = 0;
        for (int i = 0; i < p->n; i++)
            if (cluster[p->rows[i]] == cluster[p->rows[l]]) member[n++] = i;
        for (int x = 0; x < n; x++)
            for (int y = 0; y < n; y++)
                a[x][y] = law[member[x]][member[y]];
        jacobi(a, n, v);
        for (int j = 0; j < p->k; j++) {
            double out[MAX_ROWS] = {0};
            for (int e = 0; e < n; e++) {
                double along = 0;
                if (a[e][e] < 1e-9) continue;
                for (int x = 0; x < n; x++)
                    along += v[x][e] * s[j][member[x]];
                for (int x = 0; x < n; x++)
                    out[x] += v[x][e] * along / sqrt(a[e][e]);
            }
            for (int x = 0; x < n; x++)
                s[j][member[x]] = out[x];
        }
    }
}

/* (tr P)^2 / tr P^2, P_gh = s_g' law_gh s_h. */
static double plain_df(const plain_t *p, const int32_t *cluster, const double *s)
{
    double trace = 0, square = 0;
    for (int g = 0; g < p->n; g++) {
        if (!is_first(cluster, p->rows, g)) continue;
        for (int h = 0; h < p->n; h++) {
            if (!is_first(cluster, p->rows, h)) continue;
            double sum = 0;
            for (int i = 0; i < p->n; i++)
                for (int j = 0; j < p->n; j++)
                    if (cluster[p->rows[i]] == cluster[p->rows[g]] &&
                        cluster[p->rows[j]] == cluster[p->rows[h]])
                        sum += s[i] * law[i][j] * s[j];
            square += sum * sum;
            if (g == h) trace += sum;
        }
    }
    return trace * trace / square;
}

static double latitude[MAX_ROWS], longitude[MAX_ROWS];
static int32_t second[MAX_ROWS];

static double km(int i, int j)
{
    const double radian = 3.14159265358979323846 / 180;
    double dx = (longitude[i] - longitude[j]) * radian, a = latitude[i] * radian;
    double b = latitude[j] * radian;
    /* the angle between unit vectors: not haversine's formula */
    double dot = cos(a) * cos(b) * cos(dx) + sin(a) * sin(b);
    double cross =
        sqrt(pow(cos(b) * sin(dx), 2) + pow(cos(a) * sin(b) - sin(a) * cos(b) * cos(dx), 2));
    return 6371.0088 * atan2(cross, dot);
}

static int period_code(const trial_t *t, const plain_t *p, int row)
{
    int code = 0;
    for (int i = 0; i < p->n; i++)
        code += is_first(t->time, p->rows, i) && t->time[p->rows[i]] < t->time[row];
    return code;
}

/* How much of the product of two rows' scores counts, before factors. */
static double pair_weight(const trial_t *t, const plain_t *p, const jd_vcov_options_t *v, int i,
                          int j)
{
    int a = p->rows[i], b = p->rows[j];
    const int32_t *cluster = t->panel.cluster ? t->cluster : t->unit;
    if (v->kind == JD_VCOV_CLUSTER || v->kind == JD_VCOV_CR2) return cluster[a] == cluster[b];
    if (v->kind == JD_VCOV_MULTIWAY) return cluster[a] == cluster[b] || second[a] == second[b];
    if (v->kind == JD_VCOV_CONLEY) {
        double d = km(a, b);
        if (d > v->cutoff_km) return 0;
        return v->kernel == JD_KERNEL_BARTLETT ? 1 - d / v->cutoff_km : 1;
    }
    if (v->kind == JD_VCOV_NEWEY_WEST && t->unit[a] != t->unit[b]) return 0;
    int lag = abs(period_code(t, p, a) - period_code(t, p, b));
    return lag <= v->lag ? 1 - lag / (v->lag + 1.0) : 0;
}

/* Covariance by pairs of rows; *s the weights behind scores. */
static void pairs_vcov(const trial_t *t, const plain_t *p, const jd_vcov_options_t *v,
                       double (*s)[MAX_ROWS], double factor, double (*out)[MAX_ROWS])
{
    static double score[MAX_TERMS][MAX_ROWS], w[MAX_ROWS][MAX_ROWS], copy[MAX_ROWS][MAX_ROWS];
    for (int i = 0; i < p->n; i++) {
        for (int j = 0; j < p->n; j++)
            w[i][j] = pair_weight(t, p, v, i, j);
        for (int c = 0; c < p->k; c++)
            score[c][i] = s[c][i] * p->e[i] / p->root[i];
    }
    for (int a = 0; a < p->k; a++)
        for (int c = 0; c < p->k; c++) {
            out[a][c] = 0;
            for (int i = 0; i < p->n; i++)
                for (int j = 0; j < p->n; j++)
                    out[a][c] += factor * w[i][j] * score[a][i] * score[c][j];
        }
    if (v->kind != JD_VCOV_MULTIWAY && v->kind != JD_VCOV_CONLEY) return;
    for (int a = 0; a < p->k; a++)
        for (int c = 0; c < p->k; c++)
            copy[a][c] = (out[a][c] + out[c][a]) / 2;
    jacobi(copy, p->k, w);
    for (int a = 0; a < p->k; a++)
        for (int c = 0; c < p->k; c++) {
            out[a][c] = 0;
            for (int e = 0; e < p->k; e++)
                out[a][c] += fmax(copy[e][e], 0) * w[a][e] * w[c][e];
        }
}

/* Clusters left out, everything fitted anew; 0 where a term is then not identified. */
static int jackknife(const trial_t *t, const dense_t *sample, const plain_t *p,
                     const jd_vcov_options_t *v, double (*out)[MAX_ROWS])
{
    static plain_t less;
    static double change[MAX_ROWS][MAX_TERMS];
    double mean[MAX_TERMS] = {0};
    const int32_t *cluster = t->panel.cluster ? t->cluster : t->unit;
    int groups = 0;
    for (int l = 0; l < sample->n; l++) {
        if (!is_first(cluster, sample->kept_rows, l)) continue;
        fit_plain(t, sample, l, &less);
        if (less.k != p->k) return 0;
        for (int j = 0; j < p->k; j++)
            change[groups][j] = less.b[j] - p->b[j];
        groups++;
    }
    for (int j = 0; v->kind == JD_VCOV_CV3J && j < p->k; j++)
        for (int g = 0; g < groups; g++)
            mean[j] += change[g][j] / groups;
    double factor = v->kind == JD_VCOV_CR3 ? 1 : (groups - 1.0) / groups;
    for (int a = 0; a < p->k; a++)
        for (int c = 0; c < p->k; c++) {
            out[a][c] = 0;
            for (int g = 0; g < groups; g++)
                out[a][c] += factor * (change[g][a] - mean[a]) * (change[g][c] - mean[c]);
        }
    return 1;
}

static void leverage_vcov(const plain_t *p, const jd_vcov_options_t *v, double (*out)[MAX_ROWS])
{
    for (int a = 0; a < p->k; a++)
        for (int c = 0; c < p->k; c++) {
            out[a][c] = 0;
            for (int i = 0; i < p->n; i++) {
                double left = 1 - hat[i][i];
                if (left < 1e-9) continue; /* fitted perfectly: its residual is 0 */
                out[a][c] += p->inf[a][i] * p->inf[c][i] * p->e[i] * p->e[i] /
                             (v->kind == JD_VCOV_HC3 ? left * left : left);
            }
        }
}

/* The textbook's factor, all fixed effects counted. */
static double plain_factor(const trial_t *t, const plain_t *p, const jd_vcov_options_t *v)
{
    const int32_t *effects[2 + MAX_FIXED];
    const int32_t *cluster = t->panel.cluster ? t->cluster : t->unit;
    jd_did_options_t options;
    jd_did_defaults(&options);
    int n_effects = dense_effects(t, "twfe", &options, effects);
    double n = p->n, k = p->k - (n_effects - 1), g;
    for (int f = 0; f < n_effects; f++)
        k += dense_levels(effects[f], p->rows, p->n);
    if (v->k_exact) k = p->n_q;
    if (v->kind == JD_VCOV_CONLEY) return n / (n - k);
    if (v->kind == JD_VCOV_CR2) return 1;
    g = dense_levels(v->kind == JD_VCOV_CLUSTER || v->kind == JD_VCOV_MULTIWAY ? cluster : t->time,
                     p->rows, p->n);
    if (v->kind == JD_VCOV_MULTIWAY) g = fmin(g, dense_levels(second, p->rows, p->n));
    return g / (g - 1) * (n - 1) / (n - k);
}

static const jd_vcov_options_t kinds[] = {
    {.kind = JD_VCOV_CLUSTER, .satterthwaite = 1},
    {.kind = JD_VCOV_CLUSTER, .k_exact = 1},
    {.kind = JD_VCOV_MULTIWAY},
    {.kind = JD_VCOV_HC2},
    {.kind = JD_VCOV_HC3},
    {.kind = JD_VCOV_CR2},
    {.kind = JD_VCOV_CR3},
    {.kind = JD_VCOV_CV3},
    {.kind = JD_VCOV_CV3J},
    {.kind = JD_VCOV_NEWEY_WEST, .lag = 2},
    {.kind = JD_VCOV_DRISCOLL_KRAAY, .lag = 1},
    {.kind = JD_VCOV_CONLEY, .cutoff_km = 400},
    {.kind = JD_VCOV_CONLEY, .cutoff_km = 3000, .kernel = JD_KERNEL_BARTLETT},
};

static int compare(uint64_t seed, const jd_vcov_options_t *v, const plain_t *p, const jd_fit_t *fit,
                   double (*out)[MAX_ROWS], const double *df)
{
    for (int a = 0; a < p->k; a++) {
        for (int c = 0; c < p->k; c++) {
            double scale = sqrt(fabs(out[a][a] * out[c][c]));
            double ours = fit->vcov[a * fit->n_terms + c];
            if (fabs(ours - out[a][c]) <= 1e-8 * scale + 1e-13) continue;
            print_error("seed %llu, kind %d: covariance of %s and %s %.15g, plain %.15g\n",
                        (unsigned long long)seed, (int)v->kind, p->name[a], p->name[c], ours,
                        out[a][c]);
            return 1;
        }
        if (df && !(fabs(fit->df[a] - df[a]) <= 1e-7 * df[a])) {
            print_error("seed %llu, kind %d: df of %s %.15g, plain %.15g\n",
                        (unsigned long long)seed, (int)v->kind, p->name[a], fit->df[a], df[a]);
            return 1;
        }
    }
    return 0;
}

static int try_kind(uint64_t seed, trial_t *t, const dense_t *sample, const plain_t *p,
                    jd_vcov_options_t v, int *answered)
{
    static double out[MAX_ROWS][MAX_ROWS], s[MAX_TERMS][MAX_ROWS];
    double df[MAX_TERMS];
    const int32_t *cluster = t->panel.cluster ? t->cluster : t->unit;
    v.k_fixed = JD_K_FULL;
    int identified = 1, freedom = v.kind == JD_VCOV_CR2 || v.satterthwaite;
    if (v.kind == JD_VCOV_CR3 || v.kind == JD_VCOV_CV3 || v.kind == JD_VCOV_CV3J) {
        identified = jackknife(t, sample, p, &v, out);
    } else if (v.kind == JD_VCOV_HC2 || v.kind == JD_VCOV_HC3) {
        leverage_vcov(p, &v, out);
    } else {
        adjust(p, cluster, v.kind == JD_VCOV_CR2, s);
        pairs_vcov(t, p, &v, s, plain_factor(t, p, &v), out);
        for (int a = 0; freedom && a < p->k; a++)
            df[a] = plain_df(p, cluster, s[a]);
    }
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.threads = 1 + (int)(seed % 3);
    jd_did_options_t how;
    jd_did_defaults(&how);
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    t->panel.cluster2 = v.kind == JD_VCOV_MULTIWAY ? second : NULL;
    t->panel.latitude = latitude;
    t->panel.longitude = longitude;
    int rc = jd_design_prepare(&design, jd_estimator_find("twfe"), &t->panel, &how, &ctx);
    if (!rc) rc = jd_design_infer(design, t->y, &v, 0.95, &fit, &ctx);
    int wrong = 0;
    if (!rc) ++*answered;
    if ((rc == JD_OK) != identified) {
        print_error("seed %llu, kind %d: %s\n", (unsigned long long)seed, (int)v.kind,
                    rc == JD_OK ? "answered where a term is not identified" : ctx.message);
        wrong = 1;
    } else if (!rc) {
        wrong = fit.n_terms != p->k || compare(seed, &v, p, &fit, out, freedom ? df : NULL);
    }
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

static void test_kinds_equal_their_definitions(void **state)
{
    (void)state;
    static trial_t trial;
    static dense_t sample;
    static plain_t plain;
    int wrong = 0, answered = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        const int32_t *effects[2 + MAX_FIXED];
        jd_did_options_t options;
        jd_did_defaults(&options);
        make_trial(&trial, seed);
        memset(&sample, 0, sizeof sample);
        dense_sample(&trial, 0, 0, dense_effects(&trial, "twfe", &options, effects), effects,
                     &sample);
        if (fit_plain(&trial, &sample, -1, &plain) == 0 || strcmp(plain.name[0], "att") != 0 ||
            plain.n_q >= plain.n)
            continue;
        make_hat(&plain);
        for (int i = 0; i < trial.panel.n; i++) {
            int u = abs(trial.unit[i]);
            latitude[i] = seed % 4 ? 30 + u % 17 : 60 + u % 29; /* near the pole at times */
            longitude[i] = seed % 3 ? 100 + u % 13 : (u % 2 ? 179.5 : -179) + u % 3 * 0.3;
            second[i] = (trial.time[i] * 7 + u) % 4;
        }
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            wrong += try_kind(seed, &trial, &sample, &plain, kinds[k], &answered);
    }
    print_message("%d covariances compared\n", answered);
    assert_int_equal(wrong, 0);
    assert_true(answered > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds_equal_their_definitions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
