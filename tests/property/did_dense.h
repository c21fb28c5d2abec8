/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A slow, plain, dense second opinion on the estimators, and random awkward panels to try them on.
 *  Explicit dummies, Gram-Schmidt in long double, loops over everything: nothing is shared with the
 *  library but the panel's struct. */
#ifndef JD_TESTS_DID_DENSE_H
#define JD_TESTS_DID_DENSE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/did.h"
#include "jiedao/random.h"

enum { MAX_ROWS = 400, MAX_COLUMNS = 160, MAX_X = 4, MAX_FIXED = 2 };

/** A panel with room of its own. */
typedef struct {
    jd_panel_t panel;
    int32_t unit[MAX_ROWS], time[MAX_ROWS], cohort[MAX_ROWS], cluster[MAX_ROWS];
    int32_t fixed[MAX_FIXED][MAX_ROWS];
    int8_t treated[MAX_ROWS];
    double weight[MAX_ROWS], x[MAX_X][MAX_ROWS], y[MAX_ROWS];
    const double *x_column[MAX_X];
    const char *x_name[MAX_X];
    const int32_t *fixed_column[MAX_FIXED];
    int32_t slope_level[MAX_ROWS];
    double slope[MAX_ROWS];
    const int32_t *level_column;
    const double *slope_column;
} trial_t;

static inline jd_rng_t trial_rng(uint64_t seed)
{
    jd_jump_t jump = jd_jump(jd_stream(seed, 0, JD_DRAW_SAMPLE), 1, 0);
    return jd_rng_at(&jump, 1);
}

static inline int pick(jd_rng_t *rng, int n)
{
    return (int)(jd_rng_uniform(rng) * n);
}

/** Standard normal, by Box and Muller. */
static inline double gauss(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static inline void swap_rows(trial_t *t, int a, int b)
{
#define SWAP(type, column)         \
    do {                           \
        type keep = (column)[a];   \
        (column)[a] = (column)[b]; \
        (column)[b] = keep;        \
    } while (0)
    SWAP(int32_t, t->unit);
    SWAP(int32_t, t->time);
    SWAP(int32_t, t->cohort);
    SWAP(int32_t, t->cluster);
    for (int k = 0; k < MAX_FIXED; k++)
        SWAP(int32_t, t->fixed[k]);
    SWAP(int8_t, t->treated);
    SWAP(double, t->weight);
    for (int k = 0; k < MAX_X; k++)
        SWAP(double, t->x[k]);
    SWAP(double, t->y);
#undef SWAP
}

/* What a treatment path tells of cohorts: the first period a unit is seen treated. */
static inline void cohorts_as_seen(trial_t *t)
{
    for (int i = 0; i < t->panel.n; i++) {
        t->cohort[i] = 0;
        for (int j = 0; j < t->panel.n; j++)
            if (t->unit[j] == t->unit[i] && t->treated[j] &&
                (t->cohort[i] == 0 || t->time[j] < t->cohort[i]))
                t->cohort[i] = t->time[j];
    }
}

/** A small panel: staggered cohorts, gaps, doubled cells, odd codes, shuffled rows; by chance
 * weights (some 0), covariates (one collinear), a further fixed effect, clusters nested or not.
 * Deterministic in seed. */
static inline void make_trial(trial_t *t, uint64_t seed)
{
    static const char *const names[MAX_X] = {"x1", "x2", "x3", "x4"};
    jd_rng_t rng = trial_rng(seed);
    memset(t, 0, sizeof *t);
    int units = 8 + pick(&rng, 10), periods = 4 + pick(&rng, 5), first = pick(&rng, 2) ? 1 : 2001;
    double keep = pick(&rng, 3) ? 0.85 : 1.0;
    int n = 0;
    for (int i = 0; i < units; i++) {
        int cohort = i % 3 == 0 ? 0 : first + 1 + pick(&rng, periods - 1);
        double level = 3 * gauss(&rng);
        for (int s = 0; s < periods; s++) {
            int copies = jd_rng_uniform(&rng) < keep ? 1 + (keep < 1 && pick(&rng, 12) == 0) : 0;
            if (keep < 1 && i == units - 1) copies = s == 0; /* a singleton unit */
            for (int c = 0; c < copies && n < MAX_ROWS; c++, n++) {
                t->unit[n] = 1000000 * ((i * 7) % 5) - 37 * i;
                t->time[n] = first + s;
                t->cohort[n] = cohort;
                t->treated[n] = (int8_t)(cohort && first + s >= cohort);
                t->cluster[n] = seed % 3 == 0 ? i / 2 : pick(&rng, 6);
                t->fixed[0][n] = 10 * (i % 2) + s;
                t->fixed[1][n] = pick(&rng, 4);
                t->weight[n] = pick(&rng, 15) ? 0.1 + 3 * jd_rng_uniform(&rng) : 0;
                t->x[0][n] = gauss(&rng) + 0.3 * level;
                t->x[1][n] = 100 + gauss(&rng);
                t->x[2][n] = 2 * t->x[0][n] - 0.5 * t->x[1][n] + 7 * i; /* collinear given units */
                t->x[3][n] = gauss(&rng) * 1e-3;
                t->y[n] =
                    level + 0.2 * s + (t->treated[n] ? 0.5 : 0) + 0.7 * t->x[0][n] + gauss(&rng);
            }
        }
    }
    for (int i = n - 1; i > 0; i--)
        swap_rows(t, i, pick(&rng, i + 1));
    for (int k = 0; k < MAX_X; k++) {
        t->x_column[k] = t->x[k];
        t->x_name[k] = names[k];
    }
    for (int k = 0; k < MAX_FIXED; k++)
        t->fixed_column[k] = t->fixed[k];
    jd_panel_t *p = &t->panel;
    p->n = n;
    p->unit = t->unit;
    p->time = t->time;
    p->cohort = t->cohort;
    p->n_x = pick(&rng, MAX_X + 1);
    p->x = t->x_column;
    p->x_name = t->x_name;
    p->fixed = t->fixed_column;
    p->n_fixed = pick(&rng, MAX_FIXED + 1);
    if (pick(&rng, 2)) p->weight = t->weight;
    if (pick(&rng, 2)) p->cluster = t->cluster;
    if (pick(&rng, 4) == 0) {
        p->treated = t->treated;
        p->cohort = NULL;
        cohorts_as_seen(t);
    }
}

/** A variable whose slope differs by level: period or covariate; in some levels without variation.
 */
static inline void add_slope(trial_t *t, uint64_t seed)
{
    for (int i = 0; i < t->panel.n; i++) {
        t->slope_level[i] = seed % 2 ? t->cluster[i] : t->fixed[0][i];
        t->slope[i] = seed % 3 ? t->time[i] : t->x[0][i] + 3;
        if (seed % 5 == 0 && t->slope_level[i] == t->slope_level[0]) t->slope[i] = 7.1;
    }
    t->level_column = t->slope_level;
    t->slope_column = t->slope;
    t->panel.slope_level = &t->level_column;
    t->panel.slope = &t->slope_column;
    t->panel.n_slopes = 1;
}

/** What the dense way finds. */
typedef struct {
    int n_terms, n; /* kept coefficients, rows used */
    char name[MAX_COLUMNS][JD_TERM_NAME];
    double beta[MAX_COLUMNS], vcov[MAX_COLUMNS][MAX_COLUMNS];
    double df;
    int kept_rows[MAX_ROWS];
} dense_t;

typedef struct {
    long double q[MAX_COLUMNS][MAX_ROWS], r[MAX_COLUMNS][MAX_COLUMNS];
    int n_q; /* orthonormal columns so far */
    int n;
} basis_t;

/* Adds a column (already times sqrt w) to the basis, unless it depends on what is there. */
static inline int add_column(basis_t *b, const long double *x, long double tolerance)
{
    long double *q = b->q[b->n_q], before = 0, after = 0;
    for (int i = 0; i < b->n; i++) {
        q[i] = x[i];
        before += x[i] * x[i];
    }
    for (int k = 0; k <= b->n_q; k++)
        b->r[k][b->n_q] = 0;
    for (int round = 0; round < 2; round++)
        for (int k = 0; k < b->n_q; k++) {
            long double dot = 0;
            for (int i = 0; i < b->n; i++)
                dot += b->q[k][i] * q[i];
            for (int i = 0; i < b->n; i++)
                q[i] -= dot * b->q[k][i];
            b->r[k][b->n_q] += dot;
        }
    for (int i = 0; i < b->n; i++)
        after += q[i] * q[i];
    if (after <= tolerance * tolerance * before) return 0;
    b->r[b->n_q][b->n_q] = sqrtl(after);
    for (int i = 0; i < b->n; i++)
        q[i] /= sqrtl(after);
    b->n_q++;
    return 1;
}

static inline int count_value(const int32_t *column, const int *rows, int n, int32_t value)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += column[rows[i]] == value;
    return count;
}

static inline int is_first(const int32_t *column, const int *rows, int i)
{
    for (int j = 0; j < i; j++)
        if (column[rows[j]] == column[rows[i]]) return 0;
    return 1;
}

static inline int dense_levels(const int32_t *column, const int *rows, int n)
{
    int levels = 0;
    for (int i = 0; i < n; i++)
        levels += is_first(column, rows, i);
    return levels;
}

/** Every unit in the cluster of its first row: what influence functions ask for. */
static inline void keep_clusters_whole(trial_t *t)
{
    for (int64_t i = 0; i < t->panel.n; i++)
        for (int64_t j = 0; j < i; j++)
            if (t->unit[j] == t->unit[i]) {
                t->cluster[i] = t->cluster[j];
                break;
            }
}

static inline int dense_nested(const int32_t *column, const int32_t *cluster, const int *rows,
                               int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            if (column[rows[i]] == column[rows[j]] && cluster[rows[i]] != cluster[rows[j]])
                return 0;
    return 1;
}

/* Unit, time, further effects; none for 2x2. */
static inline int dense_effects(const trial_t *t, const char *estimator,
                                const jd_did_options_t *options, const int32_t **effects)
{
    int n = 0;
    if (strcmp(estimator, "2x2") == 0) return 0;
    if (!options->no_unit_effects) effects[n++] = t->unit;
    if (!options->no_time_effects) effects[n++] = t->time;
    for (int k = 0; k < t->panel.n_fixed; k++)
        effects[n++] = t->fixed[k];
    return n;
}

/* Whether a unit (or, with `by` the cohorts, a cohort) has a row before it adopts, or never does.
 */
static inline int has_before(const trial_t *t, const int32_t *by, const int *rows, int n, int row)
{
    int before = t->cohort[row] == 0;
    for (int j = 0; j < n; j++)
        before |= by[rows[j]] == by[row] && t->time[rows[j]] < t->cohort[row];
    return before;
}

/** Event time of a cohort's last row before it adopts. */
static inline int dense_reference(const trial_t *t, const int *rows, int n, int g)
{
    int reference = INT32_MIN;
    for (int j = 0; j < n; j++) {
        int e = t->time[rows[j]] - g;
        if (t->cohort[rows[j]] == g && e < 0 && e > reference) reference = e;
    }
    return reference;
}

/* `dated`: needs a date of adoption, so units treated when first seen go; `referred`: and cohorts
 * that are not seen before. */
static inline void dense_sample(const trial_t *t, int dated, int referred, int n_effects,
                                const int32_t *const *effects, dense_t *out)
{
    static int always[MAX_ROWS];
    int *rows = out->kept_rows, n = 0, kept = 0;
    for (int i = 0; i < t->panel.n; i++)
        if (!t->panel.weight || t->weight[i] > 0) rows[n++] = i;
    for (int i = 0; i < n; i++)
        always[i] = dated && !has_before(t, t->unit, rows, n, rows[i]);
    for (int i = 0; i < n; i++)
        if (!always[i]) rows[kept++] = rows[i];
    n = kept;
    for (int changed = 1; changed;) {
        changed = 0;
        for (int i = 0; i < n; i++) {
            int drop = referred && !has_before(t, t->cohort, rows, n, rows[i]);
            for (int k = 0; k < n_effects; k++)
                drop |= count_value(effects[k], rows, n, effects[k][rows[i]]) == 1;
            if (!drop) continue;
            memmove(rows + i, rows + i + 1, (size_t)(n - i - 1) * sizeof *rows);
            n--;
            i--;
            changed = 1;
        }
    }
    out->n = n;
}

/* The cohort of a row, 0 if it adopts after the panel's last period. */
static inline int cohort_within(const trial_t *t, int row)
{
    for (int i = 0; i < t->panel.n; i++)
        if (t->time[i] >= t->cohort[row]) return t->cohort[row];
    return 0;
}

/* Value of term `k` of an estimator in a row; *name its name; returns 0 past the last term. */
static inline int dense_term(const trial_t *t, const char *estimator, const dense_t *out, int k,
                             int row, double *value, char *name)
{
    int first = INT32_MAX, last = INT32_MIN, low = INT32_MAX, high = INT32_MIN;
    for (int i = 0; i < out->n; i++) {
        int r = out->kept_rows[i];
        if (t->time[r] > last) last = t->time[r];
        if (cohort_within(t, r) == 0) continue;
        if (t->cohort[r] < first) first = t->cohort[r];
        if (t->time[r] - t->cohort[r] < low) low = t->time[r] - t->cohort[r];
        if (t->time[r] - t->cohort[r] > high) high = t->time[r] - t->cohort[r];
    }
    int g = cohort_within(t, row), n_terms = 1;
    if (strcmp(estimator, "2x2") == 0) {
        static const char *const names[] = {"att", "(Intercept)", "treated", "post"};
        int treated = g != 0 && g <= last, post = t->time[row] >= first;
        const int values[] = {treated && post, 1, treated, post};
        n_terms = 4;
        if (k < n_terms) {
            snprintf(name, JD_TERM_NAME, "%s", names[k]);
            *value = values[k];
        }
    } else if (strcmp(estimator, "twfe") == 0) {
        snprintf(name, JD_TERM_NAME, "att");
        *value = g != 0 && t->time[row] >= g;
    } else {
        n_terms = high - low + 1;
        snprintf(name, JD_TERM_NAME, "e=%d", low + k);
        *value = g != 0 && t->time[row] - g == low + k &&
                 low + k != dense_reference(t, out->kept_rows, out->n, g);
    }
    if (k < n_terms) return 1;
    if (k - n_terms >= t->panel.n_x) return 0;
    snprintf(name, JD_TERM_NAME, "%s", t->x_name[k - n_terms]);
    *value = t->x[k - n_terms][row];
    return 1;
}

/* Variance with plain loops; x[j] are residualised regressors (times sqrt w), e likewise. */
static inline void dense_vcov(const trial_t *t, const int32_t *const *effects, int n_effects,
                              const jd_vcov_options_t *vcov, const basis_t *b, int dummies,
                              const long double *e, dense_t *out)
{
    int k = out->n_terms, n = out->n;
    static long double inverse[MAX_COLUMNS][MAX_COLUMNS], influence[MAX_COLUMNS][MAX_ROWS];
    memset(inverse, 0, sizeof inverse);
    for (int j = 0; j < k; j++)
        for (int i = j; i >= 0; i--) {
            long double sum = i == j;
            for (int m = i + 1; m <= j; m++)
                sum -= b->r[dummies + i][dummies + m] * inverse[m][j];
            inverse[i][j] = sum / b->r[dummies + i][dummies + i];
        }
    for (int j = 0; j < k; j++)
        for (int i = 0; i < n; i++) {
            influence[j][i] = 0;
            for (int m = j; m < k; m++)
                influence[j][i] += inverse[j][m] * b->q[dummies + m][i];
        }
    const int32_t *cluster = t->panel.cluster ? t->cluster : t->unit;
    long double parameters = k, ssr = 0;
    for (int i = 0; i < n; i++)
        ssr += e[i] * e[i];
    if (n_effects > 0 && vcov->k_fixed != JD_K_NONE) {
        parameters -= n_effects - 1;
        for (int f = 0; f < n_effects; f++)
            parameters += vcov->k_fixed == JD_K_NESTED_FREE && vcov->kind == JD_VCOV_CLUSTER &&
                                  dense_nested(effects[f], cluster, out->kept_rows, n)
                              ? 1
                              : dense_levels(effects[f], out->kept_rows, n);
    }
    if (t->panel.n_slopes > 0 && vcov->k_fixed != JD_K_NONE)
        parameters += dense_levels(t->slope_level, out->kept_rows, n);
    long double groups = dense_levels(cluster, out->kept_rows, n), factor;
    out->df = (double)(vcov->kind == JD_VCOV_CLUSTER ? groups - 1 : n - parameters);
    if (vcov->kind == JD_VCOV_CLUSTER)
        factor = (vcov->no_cluster_adjustment ? 1 : groups / (groups - 1)) *
                 (vcov->no_k_adjustment ? 1 : (n - 1) / (n - parameters));
    else
        factor = vcov->no_k_adjustment ? 1 : n / (n - parameters);
    for (int a = 0; a < k; a++)
        for (int c = 0; c < k; c++) {
            long double sum = 0;
            for (int i = 0; i < n; i++) {
                if (vcov->kind == JD_VCOV_IID)
                    sum += influence[a][i] * influence[c][i] * ssr / n;
                else if (vcov->kind == JD_VCOV_HC1)
                    sum += influence[a][i] * influence[c][i] * e[i] * e[i];
                else
                    for (int j = 0; j < n; j++)
                        if (cluster[out->kept_rows[i]] == cluster[out->kept_rows[j]])
                            sum += influence[a][i] * e[i] * influence[c][j] * e[j];
            }
            out->vcov[a][c] = (double)(sum * factor);
        }
}

/** Estimates and variance of an estimator on a trial. Returns 0 if no effect term is identified. */
static inline int dense_fit(const trial_t *t, const char *estimator,
                            const jd_did_options_t *options, const jd_vcov_options_t *vcov,
                            dense_t *out)
{
    const int32_t *effects[2 + MAX_FIXED];
    static basis_t b;
    static long double x[MAX_ROWS], e[MAX_ROWS], fit[MAX_COLUMNS];
    memset(out, 0, sizeof *out);
    int n_effects = dense_effects(t, estimator, options, effects);
    int events = strcmp(estimator, "event_study") == 0, lost = 0;
    dense_sample(t, strcmp(estimator, "twfe") != 0, events, n_effects, effects, out);
    memset(&b, 0, sizeof b);
    b.n = out->n;
    const int *rows = out->kept_rows;
#define ROOT(i) sqrtl(t->panel.weight ? (long double)t->weight[rows[i]] : 1.0L)
    for (int f = 0; f < n_effects; f++)
        for (int l = 0; l < out->n; l++) {
            if (!is_first(effects[f], rows, l)) continue;
            for (int i = 0; i < out->n; i++)
                x[i] = effects[f][rows[i]] == effects[f][rows[l]] ? ROOT(i) : 0;
            add_column(&b, x, 1e-9L);
        }
    for (int l = 0; t->panel.n_slopes > 0 && l < out->n; l++) {
        if (!is_first(t->slope_level, rows, l)) continue;
        for (int i = 0; i < out->n; i++)
            x[i] = t->slope_level[rows[i]] == t->slope_level[rows[l]] ? t->slope[rows[i]] * ROOT(i)
                                                                      : 0;
        add_column(&b, x, 1e-9L);
    }
    int dummies = b.n_q, effect_terms = 0;
    for (int k = 0;; k++) {
        char name[JD_TERM_NAME];
        double value = 0;
        if (!dense_term(t, estimator, out, k, rows[0], &value, name)) break;
        for (int i = 0; i < out->n; i++) {
            dense_term(t, estimator, out, k, rows[i], &value, name);
            x[i] = value * ROOT(i);
        }
        int any = 0;
        for (int i = 0; i < out->n; i++)
            any |= x[i] != 0;
        if (any && !add_column(&b, x, 1e-7L)) {
            lost |= events && name[0] == 'e';
            continue;
        }
        if (!any) continue;
        effect_terms += name[0] == 'e' || strcmp(name, "att") == 0;
        memcpy(out->name[out->n_terms++], name, sizeof name);
    }
    for (int i = 0; i < out->n; i++)
        e[i] = t->y[rows[i]] * ROOT(i);
    for (int k = 0; k < b.n_q; k++) {
        fit[k] = 0;
        for (int i = 0; i < out->n; i++)
            fit[k] += b.q[k][i] * e[i];
        for (int i = 0; i < out->n; i++)
            e[i] -= fit[k] * b.q[k][i];
    }
#undef ROOT
    for (int k = out->n_terms - 1; k >= 0; k--) {
        long double sum = fit[dummies + k];
        for (int m = k + 1; m < out->n_terms; m++)
            sum -= b.r[dummies + k][dummies + m] * (long double)out->beta[m];
        out->beta[k] = (double)(sum / b.r[dummies + k][dummies + k]);
    }
    dense_vcov(t, effects, n_effects, vcov, &b, dummies, e, out);
    return effect_terms > 0 && !lost;
}

#endif
