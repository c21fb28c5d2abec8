/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/dgp.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/vmath.h"
#include "jiedao/random.h"

#define ROW(field) offsetof(jd_dgp_params_t, field)
static const jd_param_t params[] = {
    {"kind", JD_PARAM_CHOICE, ROW(kind), "simulator", 0, 0,
     "simulator | ar1_placebo | staggered_linear | event_trend", "1",
     "where the data of validate come from", "assumed", JD_RESULT},
    {"units", JD_PARAM_INT, ROW(units), "50", 2, 1e6, NULL, "units", "units of the panel",
     "Bertrand, Duflo, Mullainathan 2004", JD_RESULT},
    {"periods", JD_PARAM_INT, ROW(periods), "21", 2, 10000, NULL, "periods", "periods of the panel",
     "Bertrand, Duflo, Mullainathan 2004", JD_RESULT},
    {"first_period", JD_PARAM_INT, ROW(first_period), "1", 1, 1e6, NULL, "1",
     "number of the first period, as 1980", "assumed", JD_RESULT},
    {"share", JD_PARAM_DOUBLE, ROW(share), "0.5", 0, 1, NULL, "1",
     "share of units treated; ar1_placebo, event_trend", "Bertrand, Duflo, Mullainathan 2004",
     JD_RESULT},
    {"adoption_first", JD_PARAM_INT, ROW(adoption_first), "7", 1, 1e6, NULL, "1",
     "earliest period of adoption; ar1_placebo, event_trend", "Bertrand, Duflo, Mullainathan 2004",
     JD_RESULT},
    {"adoption_last", JD_PARAM_INT, ROW(adoption_last), "17", 1, 1e6, NULL, "1",
     "latest period of adoption: the date is drawn between the two, anew in each replicate",
     "Bertrand, Duflo, Mullainathan 2004", JD_RESULT},
    {"cohorts", JD_PARAM_LIST, ROW(cohorts), "1986, 1992, 1998, 2004", 0, 1e6, NULL, "1",
     "adoption periods of staggered_linear, 0 = never; cohorts of equal size", "Cunningham",
     JD_RESULT},
    {"slopes", JD_PARAM_LIST, ROW(slopes), "10, 8, 6, 4", -HUGE_VAL, HUGE_VAL, NULL, "1",
     "growth of each cohort's effect a period", "Cunningham", JD_RESULT},
    {"effect", JD_PARAM_DOUBLE, ROW(effect), "0", -HUGE_VAL, HUGE_VAL, NULL, "1",
     "constant effect from adoption on, in every kind", "assumed", JD_RESULT},
    {"trend", JD_PARAM_DOUBLE, ROW(trend), "0", -HUGE_VAL, HUGE_VAL, NULL, "1",
     "drift of the treated a period, whatever the policy does", "Roth 2022", JD_RESULT},
    {"rho", JD_PARAM_DOUBLE, ROW(rho), "0", -0.999, 0.999, NULL, "1",
     "autocorrelation of the errors", "Bertrand, Duflo, Mullainathan 2004", JD_RESULT},
    {"sd", JD_PARAM_DOUBLE, ROW(sd), "1", 0, HUGE_VAL, NULL, "1", "SD of the innovations",
     "assumed", JD_RESULT},
    {"unit_sd", JD_PARAM_DOUBLE, ROW(unit_sd), "1", 0, HUGE_VAL, NULL, "1",
     "SD of the units' own levels", "assumed", JD_RESULT},
};

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    const jd_dgp_params_t *p = block;
    (void)name;
    if (p->kind == JD_DGP_SIMULATOR) return JD_OK;
    if (p->kind == JD_DGP_STAGGERED_LINEAR) {
        if (p->cohorts.n == p->slopes.n && p->cohorts.n > 0) return JD_OK;
        return jd_config_blame(config, "dgp", "slopes", ctx, "has %d values, cohorts has %d",
                               p->slopes.n, p->cohorts.n);
    }
    if (p->adoption_last < p->adoption_first)
        return jd_config_blame(config, "dgp", "adoption_last", ctx, "is before adoption_first");
    int64_t end = p->first_period + p->periods;
    if (p->adoption_first > p->first_period && p->adoption_last < end) return JD_OK;
    return jd_config_blame(config, "dgp", "adoption_first", ctx,
                           "and adoption_last must lie in the periods %lld to %lld: somebody is "
                           "untreated before",
                           (long long)p->first_period + 1, (long long)end - 1);
}

static jd_dgp_kind_t kind_of(const void *block)
{
    return (jd_dgp_kind_t)((const jd_dgp_params_t *)block)->kind;
}

static bool is_simulator(const void *block, const jd_config_t *config)
{
    (void)config;
    return kind_of(block) == JD_DGP_SIMULATOR;
}

static bool has_cohorts(const void *block, const jd_config_t *config)
{
    (void)config;
    return kind_of(block) == JD_DGP_STAGGERED_LINEAR;
}

static bool has_one_date(const void *block, const jd_config_t *config)
{
    (void)config;
    return kind_of(block) == JD_DGP_AR1_PLACEBO || kind_of(block) == JD_DGP_EVENT_TREND;
}

static const jd_unread_t unread[] = {
    {"units, periods, first_period, share, adoption_first, adoption_last, cohorts, slopes, effect, "
     "trend, rho, sd, unit_sd",
     is_simulator, "dgp.kind = simulator is not one of the processes"},
    {"share, adoption_first, adoption_last", has_cohorts,
     "dgp.kind = staggered_linear adopts by dgp.cohorts"},
    {"cohorts, slopes", has_one_date,
     "dgp.kind = ar1_placebo and event_trend adopt at one date of dgp.adoption_first to "
     "adoption_last"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_dgp_section = {
    .name = "dgp",
    .help = "processes of the literature in place of the simulator, for validate",
    .params = params,
    .n_params = sizeof params / sizeof *params,
    .size = sizeof(jd_dgp_params_t),
    .check = check,
    .unread = unread,
};

bool jd_dgp_note(const jd_dgp_params_t *p, jd_ctx_t *ctx)
{
    double treated = floor(p->share * (double)p->units + 0.5);
    bool dated = p->kind == JD_DGP_AR1_PLACEBO || p->kind == JD_DGP_EVENT_TREND;
    int64_t end = p->first_period + p->periods;
    if (dated && p->share > 0 && treated == 0)
        jd_warn(ctx, "dgp.share = %.6g of %lld units is %.3g units, rounded to none", p->share,
                (long long)p->units, p->share * (double)p->units);
    else if (dated && p->share < 1 && treated == (double)p->units)
        jd_warn(ctx, "dgp.share = %.6g of %lld units is %.6g units, rounded to all", p->share,
                (long long)p->units, p->share * (double)p->units);
    else if (p->kind == JD_DGP_STAGGERED_LINEAR && p->cohorts.n > p->units)
        jd_warn(ctx, "dgp.cohorts: %d cohorts of %lld units: some get none", p->cohorts.n,
                (long long)p->units);
    else {
        for (int c = 0; p->kind == JD_DGP_STAGGERED_LINEAR && c < p->cohorts.n; c++) {
            if (p->cohorts.value[c] < (double)end) continue;
            jd_warn(ctx, "dgp.cohorts: %.15g is after the last period, %lld: it counts as never",
                    p->cohorts.value[c], (long long)end - 1);
            return true;
        }
        return false;
    }
    return true;
}

/* ---- A replicate ---- */

/* The date of adoption of a replicate, for the kinds that have one. */
static int32_t draw_date(const jd_dgp_params_t *p, uint64_t seed, uint64_t replicate)
{
    const jd_jump_t jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_PROCESS), 0, 0);
    double u = jd_draw(&jump, UINT64_MAX);
    int64_t dates = p->adoption_last - p->adoption_first + 1;
    return (int32_t)(p->adoption_first + (int64_t)(u * (double)dates));
}

/* Cohort of a unit, and its slope of effects. */
static int32_t cohort_of(const jd_dgp_params_t *p, int64_t unit, int32_t date, double *slope)
{
    *slope = 0;
    if (p->kind != JD_DGP_STAGGERED_LINEAR)
        return (double)unit < floor(p->share * (double)p->units + 0.5) ? date : 0;
    int64_t c = unit * p->cohorts.n / p->units;
    *slope = p->slopes.value[c];
    return (int32_t)p->cohorts.value[c];
}

static double normal(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng); /* in this order */
    return jd_normal(u, v);
}

/* One unit's rows. Errors are drawn period by period from a stream of the unit's own. */
static void fill_unit(jd_recovery_sample_t *s, const jd_dgp_params_t *p, int64_t unit, int32_t date,
                      jd_rng_t *rng)
{
    double slope, level = p->unit_sd * normal(rng);
    double error = p->sd / sqrt(1 - p->rho * p->rho) * normal(rng);
    int32_t cohort = cohort_of(p, unit, date, &slope);
    int32_t last = (int32_t)(p->first_period + p->periods - 1);
    if (cohort > last) cohort = 0; /* never adopts here */
    for (int64_t k = 0; k < p->periods; k++) {
        int64_t i = k * p->units + unit;
        int32_t t = (int32_t)(p->first_period + k);
        bool post = cohort > 0 && t >= cohort;
        s->unit[i] = s->cluster[i] = (int32_t)unit + 1;
        s->time[i] = t;
        s->cohort[i] = cohort;
        s->cell[i] = post ? JD_CELL_POST : cohort > 0 ? JD_CELL_PRE : JD_CELL_NEVER;
        s->y0[i] = level + error + (cohort > 0 ? p->trend * (double)(t - cohort + 1) : 0);
        s->y1[i] = s->y0[i] + (post ? p->effect + slope * (double)(t - cohort + 1) : 0);
        s->observed[i] = s->y1[i];
        error = p->rho * error + p->sd * normal(rng);
    }
}

int jd_dgp_sample(jd_recovery_sample_t *s, const jd_dgp_params_t *p, uint64_t seed,
                  uint64_t replicate, jd_ctx_t *ctx)
{
    const jd_jump_t jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_PROCESS), 1, 0);
    int32_t date = draw_date(p, seed, replicate);
    int rc = jd_recovery_sample_init(s, p->units * p->periods, 0, false, ctx);
    if (rc) return rc;
    s->panel = "dgp";
    s->quantity = "y";
    s->n_units = (int32_t)p->units;
    for (int64_t unit = 0; unit < p->units; unit++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)unit);
        fill_unit(s, p, unit, date, &rng);
    }
    return JD_OK;
}
