/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process put together from parts, each off by default:
 *
 *      y_it = a_i + c_g + l_t + v_gt + b_i'F_t + e_it + trend (t - g_i + 1) of adopters + effect of
 * i's cohort from adoption on,
 *
 * a, c, l and v normal, e AR(1) with normal or t innovations of SD sd (times treated_sd for
 * adopters, and by unit), v AR(1) by cluster, factors F normal, loadings b larger for adopters by
 * factor_gap. Units lie in clusters of sizes that go as exp(spread g / G)
 * (MacKinnon, Webb 2017). Cohorts have their shares, exact but for rounding, and who is in which is
 * drawn anew in each replicate, by cluster or by unit. Rows are missing at random. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "core/memory.h"
#include "sweep/dgp/kinds.h"

#define ROW(field) offsetof(jd_dgp_params_t, composed.field)
static const jd_param_t options[] = {
    {"cohort_shares", JD_PARAM_LIST, ROW(shares), "", 0, HUGE_VAL, NULL, "1",
     "shares of dgp.cohorts, in any unit; empty = equal", "assumed", JD_RESULT},
    {"cohort_effects", JD_PARAM_LIST, ROW(effects), "", -HUGE_VAL, HUGE_VAL, NULL, "1",
     "effect of each cohort; empty = dgp.effect", "assumed", JD_RESULT},
    {"clusters", JD_PARAM_INT, ROW(clusters), "0", 0, 1e6, NULL, "1",
     "clusters above the units; 0 = each unit its own", "assumed", JD_RESULT},
    {"cluster_spread", JD_PARAM_DOUBLE, ROW(spread), "0", 0, 20, NULL, "1",
     "inequality of their sizes: the last is about exp(spread) times the first",
     "MacKinnon, Webb 2017", JD_RESULT},
    {"by_cluster", JD_PARAM_FLAG, ROW(by_cluster), "yes", 0, 0, NULL, "",
     "whole clusters adopt, not units", "assumed", JD_RESULT},
    {"cluster_sd", JD_PARAM_DOUBLE, ROW(cluster_sd), "0", 0, HUGE_VAL, NULL, "1",
     "SD of the clusters' own levels", "assumed", JD_RESULT},
    {"shock_sd", JD_PARAM_DOUBLE, ROW(shock_sd), "0", 0, HUGE_VAL, NULL, "1",
     "SD of the innovations of clusters' shocks", "assumed", JD_RESULT},
    {"shock_rho", JD_PARAM_DOUBLE, ROW(shock_rho), "0", -0.999, 0.999, NULL, "1",
     "autocorrelation of the clusters' shocks", "assumed", JD_RESULT},
    {"period_sd", JD_PARAM_DOUBLE, ROW(period_sd), "0", 0, HUGE_VAL, NULL, "1",
     "SD of what all units of a period share", "assumed", JD_RESULT},
    {"t_df", JD_PARAM_INT, ROW(t_df), "0", 0, 1000, NULL, "1",
     "degrees of freedom of t innovations, scaled to SD dgp.sd; 0 = normal", "assumed", JD_RESULT},
    {"treated_sd", JD_PARAM_DOUBLE, ROW(treated_sd), "1", 0, HUGE_VAL, NULL, "1",
     "errors of units that adopt over those of others", "assumed", JD_RESULT},
    {"sd_spread", JD_PARAM_DOUBLE, ROW(sd_spread), "0", 0, 3, NULL, "1",
     "errors' SD differs by unit: SD of its logarithm; the mean variance stays dgp.sd squared",
     "assumed", JD_RESULT},
    {"factors", JD_PARAM_INT, ROW(factors), "0", 0, 100, NULL, "1",
     "shocks of periods that units are open to in different degrees", "assumed", JD_RESULT},
    {"factor_sd", JD_PARAM_DOUBLE, ROW(factor_sd), "1", 0, HUGE_VAL, NULL, "1",
     "SD of units' loadings of a factor, whose own SD is 1", "assumed", JD_RESULT},
    {"factor_gap", JD_PARAM_DOUBLE, ROW(factor_gap), "0", -HUGE_VAL, HUGE_VAL, NULL, "1",
     "mean loading of adopters less that of others: no parallel trends in a replicate", "assumed",
     JD_RESULT},
    {"missing", JD_PARAM_DOUBLE, ROW(missing), "0", 0, 0.95, NULL, "1",
     "share of rows missing at random", "assumed", JD_RESULT},
    {.name = NULL},
};

static int check_list(const char *key, const jd_list_t *list, const jd_dgp_params_t *p,
                      const jd_config_t *config, jd_ctx_t *ctx)
{
    if (list->n == 0 || list->n == p->cohorts.n) return JD_OK;
    return jd_config_blame(config, "dgp", key, ctx, "has %d values, cohorts has %d", list->n,
                           p->cohorts.n);
}

static int check(const jd_dgp_params_t *p, const jd_config_t *config, jd_ctx_t *ctx)
{
    int64_t end = p->first_period + p->periods;
    double sum = p->composed.shares.n == 0;
    int rc = check_list("cohort_shares", &p->composed.shares, p, config, ctx);
    if (!rc) rc = check_list("cohort_effects", &p->composed.effects, p, config, ctx);
    for (int c = 0; c < p->composed.shares.n; c++)
        sum += p->composed.shares.value[c];
    if (!rc && !(sum > 0))
        rc = jd_config_blame(config, "dgp", "cohort_shares", ctx, "are all 0: nobody is anywhere");
    if (!rc && p->cohorts.n == 0)
        rc = jd_config_blame(config, "dgp", "cohorts", ctx, "is empty: name periods of adoption");
    for (int c = 0; !rc && c < p->cohorts.n; c++) {
        double g = p->cohorts.value[c];
        if (g != floor(g) || (g != 0 && (g <= (double)p->first_period || g >= (double)end)))
            rc = jd_config_blame(config, "dgp", "cohorts", ctx,
                                 "%.15g is none of the periods %lld to %lld, nor 0 = never", g,
                                 (long long)p->first_period + 1, (long long)end - 1);
    }
    if (!rc && p->composed.clusters > p->units)
        rc = jd_config_blame(config, "dgp", "clusters", ctx, "are %lld, and units %lld",
                             (long long)p->composed.clusters, (long long)p->units);
    if (!rc && p->composed.t_df > 0 && p->composed.t_df < 3)
        rc = jd_config_blame(config, "dgp", "t_df", ctx,
                             "= %lld has no SD to scale; write 3 or more, or 0 for the normal law",
                             (long long)p->composed.t_df);
    return rc;
}

/* Streams of a replicate, one a purpose, so that no part moves another's numbers. */
enum {
    OF_UNITS = 1,
    OF_CLUSTERS,
    OF_PERIODS,
    OF_COHORTS,
    OF_GAPS,
    OF_FACTORS,
    OF_LOADINGS,
    OF_SPREAD
};

static jd_rng_t stream(uint64_t seed, uint64_t replicate, int purpose, uint64_t entity)
{
    const jd_jump_t jump =
        jd_jump(jd_stream(seed, replicate, JD_DRAW_PROCESS), (uint32_t)purpose, 1);
    return jd_rng_at(&jump, entity);
}

/* A t of unit variance, or a normal. */
static double innovation(jd_rng_t *rng, int64_t df)
{
    double z = jd_dgp_normal(rng), chi = 0;
    for (int64_t k = 0; k < df; k++) {
        double u = jd_dgp_normal(rng);
        chi += u * u;
    }
    return df > 0 ? z / sqrt(chi / (double)df) * sqrt((double)(df - 2) / (double)df) : z;
}

/* What is drawn before the units. */
typedef struct draws {
    int64_t clusters;
    int32_t *cluster;  /* [units] */
    int32_t *cohort;   /* [who adopts] place in dgp.cohorts */
    double *level;     /* [clusters] */
    double *shock;     /* [clusters][periods] */
    double *period;    /* [periods] */
    double *factor;    /* [periods][factors] */
    double *loading;   /* [factors] of the unit at hand */
    jd_rng_t units[2]; /* loadings and spreads, unit by unit */
} draws_t;

static void place_units(draws_t *d, const jd_dgp_params_t *p)
{
    double total = 0, sum = 0;
    int64_t unit = 0;
    for (int64_t g = 1; g <= d->clusters; g++)
        total += exp(p->composed.spread * (double)g / (double)d->clusters);
    for (int64_t g = 1; g <= d->clusters; g++) {
        sum += exp(p->composed.spread * (double)g / (double)d->clusters);
        int64_t end = (int64_t)floor(sum / total * (double)p->units + 0.5);
        if (end < unit + 1) end = unit + 1; /* nobody's cluster is empty */
        if (end > p->units - (d->clusters - g)) end = p->units - (d->clusters - g);
        if (g == d->clusters) end = p->units;
        for (; unit < end; unit++)
            d->cluster[unit] = (int32_t)(g - 1);
    }
}

/* Cohorts by their shares, then shuffled (Fisher, Yates). */
static void place_cohorts(draws_t *d, const jd_dgp_params_t *p, int64_t n, jd_rng_t *rng)
{
    const jd_list_t *shares = &p->composed.shares;
    double total = 0, sum = 0;
    int64_t at = 0;
    for (int c = 0; c < p->cohorts.n; c++)
        total += shares->n ? shares->value[c] : 1;
    for (int c = 0; c < p->cohorts.n; c++) {
        sum += shares->n ? shares->value[c] : 1;
        int64_t end = c + 1 < p->cohorts.n ? (int64_t)floor(sum / total * (double)n + 0.5) : n;
        for (; at < end; at++)
            d->cohort[at] = c;
    }
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)(jd_rng_uniform(rng) * (double)(i + 1));
        int32_t other = d->cohort[j];
        d->cohort[j] = d->cohort[i];
        d->cohort[i] = other;
    }
}

static void draw_clusters(draws_t *d, const jd_dgp_params_t *p, uint64_t seed, uint64_t replicate)
{
    double rho = p->composed.shock_rho, sd = p->composed.shock_sd;
    for (int64_t g = 0; g < d->clusters; g++) {
        jd_rng_t rng = stream(seed, replicate, OF_CLUSTERS, (uint64_t)g);
        d->level[g] = p->composed.cluster_sd * jd_dgp_normal(&rng);
        double shock = sd / sqrt(1 - rho * rho) * jd_dgp_normal(&rng);
        for (int64_t k = 0; k < p->periods; k++) {
            d->shock[g * p->periods + k] = shock;
            shock = rho * shock + sd * jd_dgp_normal(&rng);
        }
    }
}

static int make_draws(draws_t *d, const jd_dgp_params_t *p, uint64_t seed, uint64_t replicate,
                      jd_ctx_t *ctx)
{
    d->clusters = p->composed.clusters ? p->composed.clusters : p->units;
    int64_t movers = p->composed.by_cluster ? d->clusters : p->units;
    int rc = jd_make(&d->cluster, p->units, sizeof *d->cluster, "the process", ctx);
    if (!rc) rc = jd_make(&d->cohort, movers, sizeof *d->cohort, "the process", ctx);
    if (!rc) rc = jd_make(&d->level, d->clusters, sizeof *d->level, "the process", ctx);
    if (!rc)
        rc = jd_make(&d->shock, d->clusters * p->periods, sizeof *d->shock, "the process", ctx);
    if (!rc) rc = jd_make(&d->period, p->periods, sizeof *d->period, "the process", ctx);
    if (!rc)
        rc = jd_make(&d->factor, p->periods * p->composed.factors + 1, sizeof *d->factor,
                     "the process", ctx);
    if (!rc)
        rc = jd_make(&d->loading, p->composed.factors + 1, sizeof *d->loading, "the process", ctx);
    if (rc) return rc;
    jd_rng_t cohorts = stream(seed, replicate, OF_COHORTS, 0);
    jd_rng_t periods = stream(seed, replicate, OF_PERIODS, 0);
    jd_rng_t factors = stream(seed, replicate, OF_FACTORS, 0);
    for (int64_t k = 0; k < p->periods * p->composed.factors; k++)
        d->factor[k] = jd_dgp_normal(&factors);
    d->units[0] = stream(seed, replicate, OF_LOADINGS, 0);
    d->units[1] = stream(seed, replicate, OF_SPREAD, 0);
    place_units(d, p);
    place_cohorts(d, p, movers, &cohorts);
    draw_clusters(d, p, seed, replicate);
    for (int64_t k = 0; k < p->periods; k++)
        d->period[k] = p->composed.period_sd * jd_dgp_normal(&periods);
    return JD_OK;
}

static void draw_loadings(draws_t *d, const jd_dgp_params_t *p, bool adopts)
{
    for (int64_t f = 0; f < p->composed.factors; f++)
        d->loading[f] = p->composed.factor_sd * jd_dgp_normal(&d->units[0]) +
                        (adopts ? p->composed.factor_gap : 0);
}

static double common(const draws_t *d, const jd_dgp_params_t *p, int64_t period)
{
    double sum = 0;
    for (int64_t f = 0; f < p->composed.factors; f++)
        sum += d->loading[f] * d->factor[period * p->composed.factors + f];
    return sum;
}

static void fill_unit(jd_recovery_sample_t *s, const jd_dgp_params_t *p, draws_t *d, int64_t unit,
                      jd_rng_t *rng)
{
    int32_t g = d->cluster[unit], c = d->cohort[p->composed.by_cluster ? g : unit];
    int32_t cohort = (int32_t)p->cohorts.value[c];
    double tau = p->composed.effects.n ? p->composed.effects.value[c] : p->effect;
    double sd = p->sd * (cohort > 0 ? p->composed.treated_sd : 1);
    double spread = p->composed.sd_spread;
    if (spread > 0) sd *= exp(spread * jd_dgp_normal(&d->units[1]) - spread * spread);
    draw_loadings(d, p, cohort > 0);
    double level = p->unit_sd * jd_dgp_normal(rng) + d->level[g];
    double error = sd / sqrt(1 - p->rho * p->rho) * innovation(rng, p->composed.t_df);
    for (int64_t k = 0; k < p->periods; k++) {
        int64_t i = k * p->units + unit;
        int32_t t = (int32_t)(p->first_period + k);
        bool post = cohort > 0 && t >= cohort;
        s->unit[i] = (int32_t)unit + 1;
        s->cluster[i] = g + 1;
        s->time[i] = t;
        s->cohort[i] = cohort;
        s->cell[i] = post ? JD_CELL_POST : cohort > 0 ? JD_CELL_PRE : JD_CELL_NEVER;
        s->y0[i] = level + d->period[k] + d->shock[g * p->periods + k] + common(d, p, k) + error +
                   (cohort > 0 ? p->trend * (double)(t - cohort + 1) : 0);
        s->observed[i] = s->y1[i] = s->y0[i] + (post ? tau : 0);
        error = p->rho * error + sd * innovation(rng, p->composed.t_df);
    }
}

/* Leaves rows out, the others in their order. */
static void drop_missing(jd_recovery_sample_t *s, double share, jd_rng_t *rng)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->n; i++) {
        if (jd_rng_uniform(rng) < share) continue;
        s->unit[n] = s->unit[i];
        s->cluster[n] = s->cluster[i];
        s->time[n] = s->time[i];
        s->cohort[n] = s->cohort[i];
        s->cell[n] = s->cell[i];
        s->y0[n] = s->y0[i];
        s->y1[n] = s->y1[i];
        s->observed[n] = s->observed[i];
        n++;
    }
    s->n = n;
}

static int draw(jd_recovery_sample_t *s, const jd_dgp_params_t *p, uint64_t seed,
                uint64_t replicate, jd_ctx_t *ctx)
{
    draws_t d = {0};
    int rc = jd_recovery_sample_init(s, p->units * p->periods, 0, false, ctx);
    if (!rc) rc = make_draws(&d, p, seed, replicate, ctx);
    s->n_units = (int32_t)p->units;
    for (int64_t unit = 0; unit < p->units && !rc; unit++) {
        jd_rng_t rng = stream(seed, replicate, OF_UNITS, (uint64_t)unit);
        fill_unit(s, p, &d, unit, &rng);
    }
    jd_rng_t gaps = stream(seed, replicate, OF_GAPS, 0);
    if (!rc && p->composed.missing > 0) drop_missing(s, p->composed.missing, &gaps);
    free(d.cluster);
    free(d.cohort);
    free(d.level);
    free(d.shock);
    free(d.period);
    free(d.factor);
    free(d.loading);
    return rc;
}

const jd_dgp_kind_t jd_dgp_composed = {
    .name = "composed",
    .reads = "units,periods,first_period,cohorts,effect,trend,rho,sd,unit_sd",
    .options = options,
    .unread = {"", NULL,
               "dgp.kind = composed adopts by dgp.cohorts, cohort_shares and "
               "cohort_effects"},
    .check = check,
    .draw = draw,
};
