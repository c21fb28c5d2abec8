/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three processes of a few numbers each: placebo laws, staggered timing, drifting trends.
 *
 *      y_it = a_i + e_it, and of units that adopt in period g_i: + trend (t - g_i + 1), and from
 *             g_i on + effect + slope_i (t - g_i + 1),
 *      a_i = unit_sd times a normal, e_it = rho e_i,t-1 + sd u_it, u normal, e_i1 from the
 *      stationary law. There is no term common to all units of a period: estimators with period
 *      effects would not see it.
 *
 * ar1_placebo: half the units, say, adopt at one date drawn anew in each replicate; no effect
 * unless requested (Bertrand, Duflo, Mullainathan 2004). staggered_linear: cohorts of equal size
 * whose effects grow by their own slope each period, from the period of adoption on (Baker;
 * Cunningham; Goodman-Bacon 2021). event_trend: one date; the treated drift by trend a period (Roth
 * 2022). */
#include <math.h>
#include <stddef.h>

#include "jiedao/random.h"
#include "sweep/dgp/kinds.h"

static int check_cohorts(const jd_dgp_params_t *p, const jd_config_t *config, jd_ctx_t *ctx)
{
    if (p->cohorts.n == p->slopes.n && p->cohorts.n > 0) return JD_OK;
    return jd_config_blame(config, "dgp", "slopes", ctx, "has %d values, cohorts has %d",
                           p->slopes.n, p->cohorts.n);
}

static int check_date(const jd_dgp_params_t *p, const jd_config_t *config, jd_ctx_t *ctx)
{
    if (p->adoption_last < p->adoption_first)
        return jd_config_blame(config, "dgp", "adoption_last", ctx, "is before adoption_first");
    int64_t end = p->first_period + p->periods;
    if (p->adoption_first > p->first_period && p->adoption_last < end) return JD_OK;
    return jd_config_blame(config, "dgp", "adoption_first", ctx,
                           "and adoption_last must lie in the periods %lld to %lld: somebody is "
                           "untreated before",
                           (long long)p->first_period + 1, (long long)end - 1);
}

static bool note_share(const jd_dgp_params_t *p, jd_ctx_t *ctx)
{
    double treated = floor(p->share * (double)p->units + 0.5);
    if (p->share > 0 && treated == 0)
        jd_warn(ctx, "dgp.share = %.6g of %lld units is %.3g units, rounded to none", p->share,
                (long long)p->units, p->share * (double)p->units);
    else if (p->share < 1 && treated == (double)p->units)
        jd_warn(ctx, "dgp.share = %.6g of %lld units is %.6g units, rounded to all", p->share,
                (long long)p->units, p->share * (double)p->units);
    else
        return false;
    return true;
}

static bool note_cohorts(const jd_dgp_params_t *p, jd_ctx_t *ctx)
{
    int64_t end = p->first_period + p->periods;
    if (p->cohorts.n > p->units) {
        jd_warn(ctx, "dgp.cohorts: %d cohorts of %lld units: some get none", p->cohorts.n,
                (long long)p->units);
        return true;
    }
    for (int c = 0; c < p->cohorts.n; c++) {
        if (p->cohorts.value[c] < (double)end) continue;
        jd_warn(ctx, "dgp.cohorts: %.15g is after the last period, %lld: it counts as never",
                p->cohorts.value[c], (long long)end - 1);
        return true;
    }
    return false;
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

/* One unit's rows. Errors are drawn period by period from a stream of the unit's own. */
static void fill_unit(jd_recovery_sample_t *s, const jd_dgp_params_t *p, int64_t unit, int32_t date,
                      jd_rng_t *rng)
{
    double slope, level = p->unit_sd * jd_dgp_normal(rng);
    double error = p->sd / sqrt(1 - p->rho * p->rho) * jd_dgp_normal(rng);
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
        error = p->rho * error + p->sd * jd_dgp_normal(rng);
    }
}

static int draw(jd_recovery_sample_t *s, const jd_dgp_params_t *p, uint64_t seed,
                uint64_t replicate, jd_ctx_t *ctx)
{
    const jd_jump_t jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_PROCESS), 1, 0);
    int32_t date = draw_date(p, seed, replicate);
    int rc = jd_recovery_sample_init(s, p->units * p->periods, 0, false, ctx);
    if (rc) return rc;
    s->n_units = (int32_t)p->units;
    for (int64_t unit = 0; unit < p->units; unit++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)unit);
        fill_unit(s, p, unit, date, &rng);
    }
    return JD_OK;
}

#define DATED "units,periods,first_period,share,adoption_first,adoption_last,effect,trend,"
#define NOISE "rho,sd,unit_sd"

const jd_dgp_kind_t jd_dgp_ar1_placebo = {
    .name = "ar1_placebo",
    .reads = DATED NOISE,
    .unread = {"", NULL,
               "dgp.kind = ar1_placebo and event_trend adopt at one date of dgp.adoption_first to "
               "adoption_last"},
    .check = check_date,
    .note = note_share,
    .draw = draw,
};

const jd_dgp_kind_t jd_dgp_staggered_linear = {
    .name = "staggered_linear",
    .reads = "units,periods,first_period,cohorts,slopes,effect,trend," NOISE,
    .unread = {"", NULL, "dgp.kind = staggered_linear adopts by dgp.cohorts"},
    .check = check_cohorts,
    .note = note_cohorts,
    .draw = draw,
};

const jd_dgp_kind_t jd_dgp_event_trend = {
    .name = "event_trend",
    .reads = DATED NOISE,
    .unread = {"", NULL,
               "dgp.kind = ar1_placebo and event_trend adopt at one date of dgp.adoption_first to "
               "adoption_last"},
    .check = check_date,
    .note = note_share,
    .draw = draw,
};
