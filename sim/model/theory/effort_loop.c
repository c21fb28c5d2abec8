/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The loop of effort: simulated officials come to rest at one pressure after another, up and down
 * again. Officials do not meet here, so blocks of streets go round on their own and in parallel. */
#include <stdlib.h>

#include "core/memory.h"
#include "core/vmath.h"
#include "model/theory/theory.h"

enum {
    PRESSURE,
    BRANCH,
    POPULATION,
    SHARE,
    CORNER_STRONG,
    CORNER_WEAK,
    COLUMNS,
    SUMS = COLUMNS - SHARE
};

static const jd_column_t columns[COLUMNS] = {
    {"pressure", JD_DOUBLE, "1", "pressure P", NULL, 0, JD_AXIS_CELL},
    {"branch", JD_INT8, "1", "direction of the sweep", "0 rising, 1 falling", 0, JD_AXIS_CELL},
    {"population", JD_INT8, "1", "officials", "0 homogeneous, 1 heterogeneous", 0, JD_AXIS_CELL},
    {"share", JD_DOUBLE, "1", "mean share of effort in strong tasks", NULL, 0, JD_AXIS_CELL},
    {"corner_strong", JD_DOUBLE, "1", "fraction of officials at the S corner", NULL, 0,
     JD_AXIS_CELL},
    {"corner_weak", JD_DOUBLE, "1", "fraction of officials at the W corner", NULL, 0, JD_AXIS_CELL},
};

enum {
    STREETS = 192,      /* of the heterogeneous */
    BLOCK = 16,         /* streets that rest or move on together */
    LOOK = 8,           /* quarters between looks whether all is at rest */
    PATIENCE = 2000000, /* quarters; right at a fold the approach is that slow */
    POINTS_MAX = 10000
};
static const double rest = 1e-11; /* largest change in a quarter of a state at rest */

/* One population, one array a quantity. */
typedef struct crowd {
    const jd_officials_params_t *params;
    jd_traits_t traits;
    jd_officials_t officials;
    jd_incentives_t incentives;
    jd_output_t output;
    double *before; /* [STATES * slots * streets] the state a quarter ago */
    void *block;
} crowd_t;

typedef struct sweep {
    const jd_officials_params_t *officials;
    const jd_rescaling_params_t *rescaling;
    double low, step;
    int32_t points;
} sweep_t;

static int crowd_init(crowd_t *crowd, const jd_officials_params_t *p, int32_t streets,
                      jd_ctx_t *ctx)
{
    *crowd = (crowd_t){.params = p};
    /* Draws of their own seed: the loop belongs to the config, not to a run of it. */
    int rc = jd_traits_init(&crowd->traits, p, streets, 1, 0, ctx);
    jd_officials_t *o = &crowd->officials;
    jd_incentives_t *in = &crowd->incentives;
    jd_output_t *out = &crowd->output;
    double **states[] = {&o->strong, &o->weak, &o->psi, &o->effort_s, &o->effort_w};
    double **by_street[] = {&in->stake_s,   &in->stake_w,  &in->resident, &in->time,
                            &in->overload,  &out->y_s,     &out->y_w,     &out->a_s,
                            &out->a_w,      &out->e_s,     &out->e_w,     &out->psi,
                            &out->corner_s, &out->corner_w};
    enum {
        STATES = sizeof states / sizeof *states,
        BY_STREET = sizeof by_street / sizeof *by_street
    };
    int64_t n = (int64_t)streets * p->per_street,
            room = 2 * n * STATES + (int64_t)streets * BY_STREET;
    if (!rc) rc = jd_make(&crowd->block, room, sizeof(double), "officials", ctx);
    if (rc) return rc;
    double *at = crowd->block;
    for (int i = 0; i < STATES; i++, at += n)
        *states[i] = at;
    for (int i = 0; i < BY_STREET; i++, at += streets)
        *by_street[i] = at;
    crowd->before = at;
    jd_officials_start(p, &crowd->traits, o);
    return JD_OK;
}

static void crowd_free(crowd_t *crowd)
{
    jd_traits_free(&crowd->traits);
    free(crowd->block);
}

/* Largest change of a state of streets [first, end) since the last call. */
static double changed(const crowd_t *crowd, int32_t first, int32_t end)
{
    const jd_officials_t *o = &crowd->officials;
    const double *const states[] = {o->strong, o->weak, o->psi, o->effort_s, o->effort_w};
    int64_t streets = crowd->traits.streets, n = streets * crowd->traits.slots;
    double most = 0;
    for (int i = 0; i < (int)(sizeof states / sizeof *states); i++) {
        for (int32_t k = 0; k < crowd->traits.slots; k++) {
            for (int64_t at = k * streets + first; at < k * streets + end; at++) {
                most = jd_max(most, fabs(states[i][at] - crowd->before[i * n + at]));
                crowd->before[i * n + at] = states[i][at];
            }
        }
    }
    return most;
}

/* Streets [first, end) under one pressure until nothing moves. False if they never come to rest. */
static bool settle(crowd_t *crowd, const jd_rescaling_params_t *r, double pressure, int32_t first,
                   int32_t end)
{
    const jd_officials_params_t *p = crowd->params;
    const jd_incentives_t *in = &crowd->incentives;
    for (int32_t s = first; s < end; s++) {
        in->stake_s[s] = p->mu_strong * jd_max(0, 1 + r->th_strong * pressure);
        in->stake_w[s] =
            p->mu_weak * jd_pow(p->beta, p->lag) * jd_max(0, 1 + r->th_weak * pressure);
        in->resident[s] = 1 + p->horizontal;
        in->time[s] = jd_max(0, 1 - p->burden);
        in->overload[s] = jd_max(0, pressure + p->burden);
    }
    for (int quarter = 1; quarter <= PATIENCE; quarter++) {
        bool look = quarter % LOOK == 0;
        if (look) changed(crowd, first, end);
        jd_officials_step(p, &crowd->traits, in, first, end, &crowd->officials, &crowd->output);
        if (look && changed(crowd, first, end) < rest) return true;
    }
    return false;
}

/* Sums over officials of streets [first, end): share of effort in strong tasks, those at each
 * corner. */
static void count(const crowd_t *crowd, int32_t first, int32_t end, double sum[SUMS])
{
    const jd_officials_t *o = &crowd->officials;
    for (int32_t k = 0; k < crowd->traits.slots; k++) {
        for (int32_t s = first; s < end; s++) {
            int64_t at = (int64_t)k * crowd->traits.streets + s;
            double e_s = o->effort_s[at], e_w = o->effort_w[at];
            sum[0] += e_s + e_w > 0 ? e_s / (e_s + e_w) : 0.5;
            sum[1] += e_w <= 0 && e_s > 0;
            sum[2] += e_s <= 0 && e_w > 0;
        }
    }
}

static double pressure_at(const sweep_t *sweep, int32_t point)
{
    return sweep->low + point * sweep->step;
}

/* A block's way up and down: sums of each row into `sums`. Returns the row at which it would not
 * rest, or -1. */
static int32_t go_round(const sweep_t *sweep, crowd_t *crowd, int32_t first, int32_t end,
                        double *sums)
{
    for (int32_t row = 0; row < 2 * sweep->points; row++) {
        int32_t point = row < sweep->points ? row : 2 * sweep->points - 1 - row;
        if (!settle(crowd, sweep->rescaling, pressure_at(sweep, point), first, end)) return row;
        count(crowd, first, end, sums + (int64_t)row * SUMS);
    }
    return -1;
}

static void write_rows(const sweep_t *sweep, int population, const double *sums, int32_t blocks,
                       double officials, jd_table_t *table)
{
    for (int32_t row = 0; row < 2 * sweep->points; row++) {
        int64_t at = table->rows++;
        bool falling = row >= sweep->points;
        int32_t point = falling ? 2 * sweep->points - 1 - row : row;
        JD_CELLS(table, PRESSURE, double)[at] = pressure_at(sweep, point);
        JD_CELLS(table, BRANCH, int8_t)[at] = (int8_t)falling;
        JD_CELLS(table, POPULATION, int8_t)[at] = (int8_t)population;
        for (int i = 0; i < SUMS; i++) {
            double sum = 0;
            for (int32_t b = 0; b < blocks; b++)
                sum += sums[((int64_t)b * 2 * sweep->points + row) * SUMS + i];
            JD_CELLS(table, SHARE + i, double)[at] = sum / officials;
        }
    }
}

static int sweep_crowd(const sweep_t *sweep, int population, int32_t streets,
                       const jd_officials_params_t *p, jd_table_t *table, jd_ctx_t *ctx)
{
    crowd_t crowd;
    double *sums = NULL;
    int32_t blocks = (streets + BLOCK - 1) / BLOCK, restless = -1;
    int rc = crowd_init(&crowd, p, streets, ctx);
    if (!rc)
        rc = jd_make(&sums, (int64_t)blocks * 2 * sweep->points * SUMS, sizeof(double), "the loop",
                     ctx);
    if (rc) goto out;
#pragma omp parallel for schedule(dynamic) num_threads(jd_ctx_threads(ctx)) reduction(max \
                                                                                      : restless)
    for (int32_t b = 0; b < blocks; b++) {
        int32_t first = b * BLOCK, end = first + BLOCK < streets ? first + BLOCK : streets;
        int32_t row =
            go_round(sweep, &crowd, first, end, sums + (int64_t)b * 2 * sweep->points * SUMS);
        if (row > restless) restless = row;
    }
    if (restless >= 0) {
        int32_t point = restless < sweep->points ? restless : 2 * sweep->points - 1 - restless;
        rc = jd_fail(
            ctx, JD_ERR_NO_CONVERGENCE,
            "the loop of effort: at pressure %g officials do not come to rest within %d quarters; "
            "shift the pressures a little, or leave the fold out",
            pressure_at(sweep, point), PATIENCE);
        goto out;
    }
    write_rows(sweep, population, sums, blocks, (double)streets * (double)p->per_street, table);
out:
    free(sums);
    crowd_free(&crowd);
    return rc;
}

int jd_loop_table(const jd_config_t *config, double low, double high, double step,
                  jd_table_t *table, jd_folds_t *folds, jd_ctx_t *ctx)
{
    *table = (jd_table_t){0};
    const jd_officials_params_t *p = jd_config_section(config, "officials");
    const jd_rescaling_params_t *r = jd_config_section(config, "rescaling");
    double points =
        floor((high - low) / step + 1.5); /* nearest whole number of steps, and the first */
    if (!(low >= -1 && high <= 4 && low < high && step > 0 && points <= POINTS_MAX))
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "the loop of effort: pressures %g to %g by %g: must rise within [-1, 4], in at most %d "
            "steps",
            low, high, step, POINTS_MAX);
    sweep_t sweep = {p, r, low, step, (int32_t)points};
    jd_officials_params_t alike = *p;
    alike.psi_sd = alike.psi_street_sd = alike.career_sd = 0;
    alike.per_street = 1;
    int rc =
        jd_table_init(table, "effort_loop", "Officials at rest under rising and falling pressure",
                      columns, COLUMNS, 4 * (int64_t)sweep.points, ctx);
    if (!rc) rc = sweep_crowd(&sweep, 0, 1, &alike, table, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (!rc) rc = sweep_crowd(&sweep, 1, STREETS, p, table, ctx);
    if (rc)
        jd_table_free(table);
    else if (folds)
        *folds = jd_theory_folds(p, r, p->psi_bar);
    return rc;
}
