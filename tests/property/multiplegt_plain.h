/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn by plain loops in long double, switcher by switcher, on small panels whose
 * treatments take three values, come and go, with gaps, doubled cells, weights, a covariate, groups
 * of common trends and clusters of units. */
#ifndef JD_TESTS_PROPERTY_MULTIPLEGT_PLAIN_H
#define JD_TESTS_PROPERTY_MULTIPLEGT_PLAIN_H

#include "support.h"

#include "jiedao/did.h"
#include "near.h"
#include "property/did_dense.h"

/* Options that came later are asked for in panels above FIRST_SEEDS. */
enum { FIRST_SEEDS = 150, PERIODS = 6, UNITS = 20, NEVER = PERIODS + 1 };

/* Units by periods 1 ... PERIODS, as the estimator should see them. */
typedef struct {
    trial_t t;
    double dose[MAX_ROWS], het[2][MAX_ROWS];
    const double *het_column[2];
    jd_did_options_t options;
    long double mass[UNITS][PERIODS + 1], d[UNITS][PERIODS + 1], x[UNITS][PERIODS + 1],
        y[UNITS][PERIODS + 1];
    int first[UNITS], trend[UNITS], cluster[UNITS], used[UNITS], last[UNITS], up[UNITS];
    int n_effects, n_placebos;
    long double base[UNITS], theta[UNITS];
} plain_t;

static void make_panel(plain_t *p, uint64_t seed)
{
    static const char *const names[] = {"x1"};
    jd_rng_t rng = trial_rng(seed);
    trial_t *t = &p->t;
    memset(p, 0, sizeof *p);
    int n = 0, kind = (int)(seed % 4);
    for (int u = 0; u < UNITS; u++) {
        double dose = kind == 0 ? 0 : pick(&rng, 2), level = gauss(&rng);
        int change = 2 + pick(&rng, 8);
        for (int s = 1; s <= PERIODS; s++) {
            if (s == change) dose += kind == 2 && dose > 0 ? -1 : 1;
            if (s > change && kind == 3 && pick(&rng, seed > FIRST_SEEDS ? 2 : 4) == 0)
                dose = pick(&rng, 3);
            int copies = pick(&rng, 12) ? 1 + (seed % 3 == 0 && pick(&rng, 10) == 0) : 0;
            for (int c = 0; c < copies; c++, n++) {
                t->unit[n] = u;
                t->time[n] = 10 + s;
                t->cluster[n] = u / 3;
                t->fixed[0][n] = u % 2;
                t->weight[n] = 0.5 + jd_rng_uniform(&rng);
                t->x[0][n] = gauss(&rng) + 0.2 * s;
                t->y[n] = level + 0.3 * s + 0.5 * dose + 0.4 * t->x[0][n] + gauss(&rng);
                p->dose[n] = dose;
                t->cohort[n] = (int)(dose * 2); /* carried along by the shuffle */
            }
        }
    }
    for (int i = n - 1; i > 0; i--)
        swap_rows(t, i, pick(&rng, i + 1));
    for (int i = 0; i < n; i++) {
        p->dose[i] = t->cohort[i] / 2.0;
        t->cohort[i] = 0;
    }
    t->x_column[0] = t->x[0];
    t->x_name[0] = names[0];
    t->fixed_column[0] = t->fixed[0];
    t->panel = (jd_panel_t){.n = n, .unit = t->unit, .time = t->time, .dose = p->dose};
    if (seed % 2) t->panel.weight = t->weight;
    if (seed % 5 == 0) t->panel.cluster = t->cluster;
    if (seed % 7 == 0) {
        t->panel.n_fixed = 1;
        t->panel.fixed = t->fixed_column;
    }
    if (seed % 3 == 1) {
        t->panel.n_x = 1;
        t->panel.x = t->x_column;
        t->panel.x_name = t->x_name;
    }
    jd_did_defaults(&p->options);
    p->options.multiplegt.normalized = seed % 4 == 1;
    p->options.multiplegt.same_switchers = seed % 6 == 2;
    p->options.multiplegt.only_never_switchers = seed % 9 == 4;
    p->options.multiplegt.switchers = (jd_switchers_t)(seed % 5 % 3);
    p->options.event_last = seed % 2 ? 2 : INT32_MAX;
    if (seed <= FIRST_SEEDS) return;
    p->options.multiplegt.trends_lin = seed % 3 > 0;
    p->options.multiplegt.same_switchers_pl = seed % 8 == 3;
    p->options.multiplegt.dont_drop_larger_lower = seed % 4 == 3;
}

/* Two characteristics of units, the second of few values, in place of a covariate. */
static void add_characteristics(plain_t *p, int n)
{
    static const char *const names[] = {"size", "kind"};
    jd_panel_t *panel = &p->t.panel;
    for (int i = 0; i < panel->n; i++) {
        jd_rng_t rng = trial_rng((uint64_t)p->t.unit[i] + 100);
        p->het[0][i] = 3 + gauss(&rng);
        p->het[1][i] = pick(&rng, 3);
    }
    p->het_column[0] = p->het[0];
    p->het_column[1] = p->het[1];
    panel->n_x = 0;
    p->options.multiplegt.normalized = 0;
    panel->n_het = n;
    panel->het = p->het_column;
    panel->het_name = names;
}

static void fill_cells(plain_t *p)
{
    const trial_t *t = &p->t;
    for (int i = 0; i < t->panel.n; i++) {
        int u = t->unit[i], s = t->time[i] - 10;
        long double w = t->panel.weight ? (long double)t->weight[i] : 1;
        p->mass[u][s] += w;
        p->d[u][s] += w * (long double)p->dose[i];
        p->x[u][s] += w * (long double)t->x[0][i];
        p->y[u][s] += w * (long double)t->y[i];
        p->cluster[u] = t->panel.cluster ? t->cluster[i] : u;
        p->trend[u] = t->panel.n_fixed ? t->fixed[0][i] : 0;
    }
    for (int u = 0; u < UNITS; u++)
        for (int s = 1; s <= PERIODS; s++) {
            if (p->mass[u][s] == 0) continue;
            p->d[u][s] /= p->mass[u][s];
            p->x[u][s] /= p->mass[u][s];
            p->y[u][s] /= p->mass[u][s];
        }
}

static int same_base(const plain_t *p, int u, int v)
{
    return p->used[u] && p->used[v] && p->base[u] == p->base[v] && p->trend[u] == p->trend[v];
}

/* Baselines, dates, who is left out. Returns the period after the last used. */
static int find_switches(plain_t *p)
{
    int end = 1;
    for (int u = 0; u < UNITS; u++) {
        int above = 0, below = 0;
        p->first[u] = NEVER;
        p->used[u] = 0;
        for (int s = 1; s <= PERIODS; s++) {
            if (p->mass[u][s] == 0) continue;
            if (!p->used[u]) p->base[u] = p->d[u][s];
            p->used[u] = 1;
            above |= p->d[u][s] > p->base[u];
            below |= p->d[u][s] < p->base[u];
            if (above && below && !p->options.multiplegt.dont_drop_larger_lower) p->mass[u][s] = 0;
            if ((above || below) && p->first[u] == NEVER && p->mass[u][s] > 0) p->first[u] = s;
        }
    }
    int keep[UNITS] = {0};
    for (int u = 0; u < UNITS; u++)
        for (int v = 0; v < UNITS; v++)
            keep[u] |= same_base(p, u, v) && p->first[u] != p->first[v];
    memcpy(p->used, keep, sizeof keep);
    for (int u = 0; u < UNITS; u++)
        for (int s = 1; s <= PERIODS; s++) {
            int open = 0;
            for (int v = 0; v < UNITS; v++)
                open |= same_base(p, u, v) && p->mass[v][s] > 0 && p->first[v] > s;
            if (p->mass[u][s] > 0 && open && s + 1 > end) end = s + 1;
            if (!open && p->first[u] <= s) p->mass[u][s] = 0;
            if (!p->used[u]) p->mass[u][s] = 0;
        }
    return end;
}

/* Groups whose date is not known for sure are controls until they are last seen before it. */
static void settle(plain_t *p, int end)
{
    for (int u = 0; u < UNITS; u++) {
        if (p->first[u] > end) p->first[u] = end;
        if (p->first[u] < end && p->mass[u][p->first[u] - 1] == 0) {
            int seen = p->first[u] - 1;
            while (seen > 0 && p->mass[u][seen] == 0)
                seen--;
            for (int s = seen + 1; s <= PERIODS; s++)
                p->mass[u][s] = 0;
            p->first[u] = end;
        }
    }
    for (int u = 0; u < UNITS; u++) {
        p->last[u] = 0;
        for (int v = 0; v < UNITS; v++) {
            if (!same_base(p, u, v)) continue;
            int until = p->first[v] - 1;
            while (p->first[v] == end && until > 0 && p->mass[v][until] == 0)
                until--;
            if (until > p->last[u]) p->last[u] = until;
        }
    }
}

/* Treatment after the switch: as at the switch where there is no row. */
static long double treatment(const plain_t *p, int u, int s)
{
    for (int i = 0; i < p->t.panel.n; i++)
        if (p->t.unit[i] == u && p->t.time[i] == 10 + s) return p->d[u][s];
    return p->d[u][p->first[u]];
}

/* Who rises: at the switch, or on average where reversals are kept. */
static void find_directions(plain_t *p, int end)
{
    for (int u = 0; u < UNITS; u++) {
        long double sum = 0;
        if (!p->used[u] || p->first[u] >= end || p->first[u] > p->last[u]) continue;
        for (int s = p->first[u]; s <= p->last[u]; s++)
            if (s == p->first[u] || p->options.multiplegt.dont_drop_larger_lower)
                sum += treatment(p, u, s) - p->base[u];
        p->up[u] = sum > 0;
        for (int s = 1; s <= PERIODS && sum == 0; s++)
            p->mass[u][s] = 0;
        p->used[u] = sum != 0;
    }
}

/* Linear trends: first differences of all, without those that switch in the second period. */
static void take_differences(plain_t *p)
{
    for (int u = 0; u < UNITS; u++)
        for (int s = PERIODS; s >= 1; s--) {
            if (p->first[u] == 2) p->used[u] = 0;
            p->y[u][s] -= s > 1 ? p->y[u][s - 1] : 0;
            p->x[u][s] -= s > 1 ? p->x[u][s - 1] : 0;
            if (!p->used[u] || s == 1 || p->mass[u][s - 1] == 0) p->mass[u][s] = 0;
        }
}

/* One difference in use. */
typedef struct {
    int u, s, switcher;
    long double coef, value, mass;
} used_t;

static long double change(long double z[UNITS][PERIODS + 1], int u, int s, int l, int placebo)
{
    return placebo ? z[u][s - 2 * l] - z[u][s - l] : z[u][s] - z[u][s - l];
}

static int seen(const plain_t *p, int u, int s, int l, int placebo)
{
    if (s < 1 || s > PERIODS || s - (placebo ? 2 : 1) * l < 1) return 0;
    return p->mass[u][s] > 0 && p->mass[u][s - l] > 0 && (!placebo || p->mass[u][s - 2 * l] > 0);
}

static int switches(const plain_t *p, int u, int end)
{
    if (!p->used[u] || p->first[u] >= end || p->first[u] > p->last[u]) return 0;
    return p->options.multiplegt.switchers == JD_SWITCHERS_BOTH ||
           (p->options.multiplegt.switchers == JD_SWITCHERS_IN) == p->up[u];
}

/* theta of each unit's baseline, one covariate. */
static void fill_theta(plain_t *p, long double residual[UNITS][PERIODS + 1], long double *square)
{
    for (int u = 0; u < UNITS; u++)
        for (int s = 2; s <= PERIODS; s++) {
            long double mass = 0, sum = 0;
            residual[u][s] = 0;
            for (int v = 0; v < UNITS; v++)
                if (same_base(p, u, v) && s < p->first[v] && seen(p, v, s, 1, 0)) {
                    mass += p->mass[v][s];
                    sum += p->mass[v][s] * change(p->x, v, s, 1, 0);
                }
            if (p->used[u] && s < p->first[u] && seen(p, u, s, 1, 0))
                residual[u][s] = change(p->x, u, s, 1, 0) - sum / mass;
        }
    for (int u = 0; u < UNITS; u++) {
        long double xy = 0;
        square[u] = 0;
        for (int v = 0; v < UNITS; v++)
            for (int s = 2; s <= PERIODS && same_base(p, u, v); s++) {
                if (residual[v][s] == 0) continue;
                square[u] += p->mass[v][s] * residual[v][s] * residual[v][s];
                xy += p->mass[v][s] * residual[v][s] * change(p->y, v, s, 1, 0);
            }
        p->theta[u] = p->t.panel.n_x && square[u] > 1e-9L ? xy / square[u] : 0;
    }
}

static long double net(plain_t *p, int u, int s, int l, int placebo)
{
    return change(p->y, u, s, l, placebo) - p->theta[u] * change(p->x, u, s, l, placebo);
}

/* Whether u is seen in all the periods a lag asks for. */
static int stays(const plain_t *p, int u, int l, int placebo)
{
    const jd_did_options_t *o = &p->options;
    int through = 0, back = 0;
    if (o->multiplegt.trends_lin) through = l;
    if (o->multiplegt.trends_lin && placebo) back = l;
    if (o->multiplegt.same_switchers || o->multiplegt.same_switchers_pl) through = p->n_effects;
    if (o->multiplegt.same_switchers_pl) back = p->n_placebos;
    int good = p->first[u] - 1 + through <= p->last[u] && p->first[u] - 1 - back >= 1;
    for (int s = p->first[u] - 1 - back; good && s <= p->first[u] - 1 + through; s++)
        good = p->mass[u][s] > 0;
    return good || through == 0;
}

/* Differences of lag l, a piece of `whole`, with their weights; *total the switchers' weights. */
static int list_used(plain_t *p, int end, int whole, int l, int placebo, used_t *used,
                     long double *total, long double *dose, long double *sum_dose)
{
    int n = 0;
    *total = *dose = *sum_dose = 0;
    for (int u = 0; u < UNITS; u++) {
        int s = p->first[u] - 1 + l;
        long double controls = 0;
        if (!switches(p, u, end) || !stays(p, u, whole, placebo) || s > p->last[u] ||
            !seen(p, u, s, l, placebo))
            continue;
        for (int v = 0; v < UNITS; v++)
            if (same_base(p, u, v) && p->first[v] > s && seen(p, v, s, l, placebo) &&
                (!p->options.multiplegt.only_never_switchers || p->first[v] == end))
                controls += p->mass[v][s];
        if (controls == 0) continue;
        long double sign = p->up[u] ? 1 : -1, w = p->mass[u][s];
        used[n++] = (used_t){u, s, 1, sign * w, net(p, u, s, l, placebo), w};
        for (int v = 0; v < UNITS; v++)
            if (same_base(p, u, v) && p->first[v] > s && seen(p, v, s, l, placebo) &&
                (!p->options.multiplegt.only_never_switchers || p->first[v] == end)) {
                int at = 0;
                while (at < n && !(used[at].u == v && used[at].s == s))
                    at++;
                if (at == n)
                    used[n++] = (used_t){v, s, 0, 0, net(p, v, s, l, placebo), p->mass[v][s]};
                used[at].coef -= sign * w * p->mass[v][s] / controls;
            }
        *total += w;
        *dose += w * sign * (treatment(p, u, s) - p->base[u]);
        for (int r = p->first[u]; r <= s; r++)
            *sum_dose += w * sign * (treatment(p, u, r) - p->base[u]);
    }
    for (int k = 0; k < n; k++)
        used[k].coef /= *total;
    *dose /= *total;
    *sum_dose /= *total;
    return n;
}

static int one_cohort(const plain_t *p, const used_t *a, const used_t *b, int whole)
{
    if (!same_base(p, a->u, b->u)) return 0;
    if (whole) return a->s == b->s;
    if (a->switcher != b->switcher) return 0;
    if (!a->switcher) return a->s == b->s;
    return p->first[a->u] == p->first[b->u] &&
           p->d[a->u][p->first[a->u]] == p->d[b->u][p->first[b->u]];
}

static long double centred(const plain_t *p, const used_t *used, int n, int k)
{
    for (int whole = 0; whole < 2; whole++) {
        long double mass = 0, sum = 0, clusters = 0;
        for (int j = 0; j < n; j++) {
            if (!one_cohort(p, &used[k], &used[j], whole)) continue;
            int fresh = 1;
            for (int i = 0; i < j; i++)
                fresh &= !(one_cohort(p, &used[k], &used[i], whole) &&
                           p->cluster[used[i].u] == p->cluster[used[j].u]);
            clusters += fresh;
            mass += used[j].mass;
            sum += used[j].mass * used[j].value;
        }
        if (clusters >= 2) return sqrtl(clusters / (clusters - 1)) * (used[k].value - sum / mass);
    }
    return used[k].value;
}

/* What the estimation of theta adds to the units' influences. */
static void add_theta(plain_t *p, const used_t *used, int n, int l, int placebo,
                      long double residual[UNITS][PERIODS + 1], const long double *square,
                      long double *influence)
{
    int groups = 0;
    long double shift = 0;
    for (int u = 0; u < UNITS; u++) {
        int row = 0;
        for (int i = 0; i < p->t.panel.n; i++)
            row |= p->t.unit[i] == u;
        groups += row;
    }
    for (int k = 0; k < n; k++)
        shift +=
            used[k].coef * p->theta[used[k].u] * change(p->x, used[k].u, used[k].s, l, placebo);
    for (int u = 0; u < UNITS; u++) {
        long double m = 0;
        influence[u] += shift / groups;
        for (int k = 0; k < n; k++)
            if (same_base(p, u, used[k].u))
                m += used[k].coef * change(p->x, used[k].u, used[k].s, l, placebo);
        for (int s = 2; s <= PERIODS; s++) {
            if (residual[u][s] == 0 || square[u] <= 1e-9L) continue;
            long double mass = 0, sum = 0, count = 0;
            for (int v = 0; v < UNITS; v++)
                if (same_base(p, u, v) && s < p->first[v] && seen(p, v, s, 1, 0)) {
                    mass += p->mass[v][s];
                    sum += p->mass[v][s] * net(p, v, s, 1, 0);
                    count++;
                }
            if (count < 2) continue;
            influence[u] -= m / square[u] * p->mass[u][s] * residual[u][s] *
                            sqrtl(count / (count - 1)) * (net(p, u, s, 1, 0) - sum / mass);
        }
    }
}

/* How many effects and placebos there are at most, and are asked for. */
static void count_lags(plain_t *p, int end)
{
    p->n_effects = p->n_placebos = 0;
    for (int u = 0; u < UNITS; u++) {
        if (!switches(p, u, end)) continue;
        int reach = p->last[u] - p->first[u] + 1;
        int back = p->first[u] - 2 - (p->options.multiplegt.trends_lin ? 1 : 0);
        if (back > reach) back = reach;
        if (reach > p->n_effects) p->n_effects = reach;
        if (back > p->n_placebos) p->n_placebos = back;
    }
    if (p->n_effects > (int64_t)p->options.event_last + 1) p->n_effects = p->options.event_last + 1;
    if (p->n_placebos > p->n_effects) p->n_placebos = p->n_effects;
}

/* All but the estimates. Returns the period after the last used. */
static int prepare_plain(plain_t *p)
{
    fill_cells(p);
    int end = find_switches(p);
    settle(p, end);
    find_directions(p, end);
    if (p->options.multiplegt.trends_lin) take_differences(p);
    count_lags(p, end);
    return end;
}

/* How many lags have switchers, in each of their pieces. */
static int count_dated(plain_t *p, int end, used_t *used)
{
    int told = 0;
    for (int k = 0; k < p->n_effects + p->n_placebos; k++) {
        int placebo = k >= p->n_effects, l = placebo ? k - p->n_effects + 1 : k + 1, some = 1;
        long double total, dose, cumulated;
        for (int piece = p->options.multiplegt.trends_lin ? 1 : l; piece <= l; piece++) {
            list_used(p, end, l, piece, placebo, used, &total, &dose, &cumulated);
            some &= total > 0;
        }
        told += some;
    }
    return told;
}

/* One trial; returns how many terms are wrong. */
static int try_one(uint64_t seed, int *answered)
{
    static plain_t p;
    static used_t used[UNITS * PERIODS * UNITS];
    static long double residual[UNITS][PERIODS + 1];
    long double square[UNITS], att = 0, doses = 0, total_influence[UNITS] = {0};
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    int wrong = 0;
    jd_ctx_init(&ctx);
    make_panel(&p, seed);
    int end = prepare_plain(&p);
    fill_theta(&p, residual, square);
    int told = count_dated(&p, end, used);
    int rc = jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"), &p.t.panel,
                               &p.options, &ctx);
    if (!rc) rc = jd_design_infer(design, p.t.y, NULL, 0.95, &fit, &ctx);
    if (rc) {
        assert_true(rc == JD_ERR_NO_CONTROLS);
        assert_int_equal(told, 0);
        return 0;
    }
    assert_int_equal(fit.n_terms, 1 + told);
    for (int k = fit.n_terms - 1; k >= 0; k--) {
        int e, placebo = 0, l = 0;
        long double influence[UNITS] = {0}, b = 0, variance = 0;
        long double total = 0, dose = 0, cumulated = 0;
        if (k > 0) {
            assert_int_equal(sscanf(jd_design_terms(design)[k].name, "e=%d", &e), 1);
            placebo = e < 0;
            l = placebo ? -1 - e : e + 1;
            for (int piece = p.options.multiplegt.trends_lin ? 1 : l; piece <= l; piece++) {
                int n = list_used(&p, end, l, piece, placebo, used, &total, &dose, &cumulated);
                for (int i = 0; i < n; i++) {
                    b += used[i].coef * used[i].value;
                    influence[used[i].u] += used[i].coef * centred(&p, used, n, i);
                }
                if (p.t.panel.n_x)
                    add_theta(&p, used, n, piece, placebo, residual, square, influence);
            }
            for (int u = 0; u < UNITS && !placebo; u++)
                total_influence[u] += total * influence[u];
            if (!placebo) att += total * b;
            if (!placebo) doses += total * dose;
            for (int u = 0; u < UNITS && p.options.multiplegt.normalized; u++)
                influence[u] /= cumulated;
            if (p.options.multiplegt.normalized) b /= cumulated;
        } else {
            b = att / doses;
            for (int u = 0; u < UNITS; u++)
                influence[u] = total_influence[u] / doses;
        }
        for (int u = 0; u < UNITS; u++)
            for (int v = 0; v < UNITS; v++)
                if (p.cluster[u] == p.cluster[v]) variance += influence[u] * influence[v];
        double se = (double)sqrtl(variance);
        if (fabs(fit.estimate[k] - (double)b) <= 1e-10 * (1 + fabs((double)b)) &&
            fabs(fit.std_error[k] - se) <= 1e-8 * (1e-3 + se))
            continue;
        print_error("seed %d: %s is %.15g (%.15g), plain loops %.15g (%.15g)\n", (int)seed,
                    jd_design_terms(design)[k].name, fit.estimate[k], fit.std_error[k], (double)b,
                    se);
        wrong++;
    }
    ++*answered;
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

#endif
