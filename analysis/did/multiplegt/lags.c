/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn's comparisons: who is compared with whom, by how much each counts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/multiplegt/controls.h"

void jd_multiplegt_ends(const jd_multiplegt_lag_t *lag, int32_t t, int32_t *plus, int32_t *minus)
{
    *plus = lag->placebo ? t - 2 * lag->l : t;
    *minus = t - lag->l;
}

bool jd_multiplegt_seen(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag, int32_t g,
                        int32_t t)
{
    const double *mass = mg->view.mass + jd_multiplegt_at(mg, g);
    if (t < (lag->placebo ? 2 : 1) * lag->l || mass[t] <= 0 || mass[t - lag->l] <= 0) return false;
    return !lag->placebo || mass[t - 2 * lag->l] > 0;
}

double jd_multiplegt_change(const jd_multiplegt_t *mg, const double *mean, const double *theta,
                            const jd_multiplegt_lag_t *piece, size_t cell)
{
    int32_t t = (int32_t)(cell % (size_t)mg->n_periods), plus, minus;
    jd_multiplegt_ends(piece, t, &plus, &minus);
    const double *row = mean + (cell - (size_t)t);
    double change = row[plus] - row[minus];
    return theta ? change - jd_multiplegt_controls_fit(mg, theta, piece, cell) : change;
}

/* All outcomes are there that the lag needs of its switchers. */
static bool stays(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag, int32_t g)
{
    if (lag->through == 0) return true;
    const double *mass = mg->view.mass + jd_multiplegt_at(mg, g);
    int32_t from = mg->first[g] - 1 - lag->back, end = mg->first[g] - 1 + lag->through;
    if (from < 0 || end > mg->last[mg->baseline[g]]) return false;
    for (int32_t t = from; t <= end; t++)
        if (mass[t] <= 0) return false;
    return true;
}

/* Whether g switches within reach and in the direction requested. */
static bool is_switcher(const jd_multiplegt_t *mg, int32_t g)
{
    if (mg->baseline[g] < 0 || mg->first[g] > mg->last[mg->baseline[g]]) return false;
    if (mg->switchers == JD_SWITCHERS_IN) return mg->up[g];
    return mg->switchers != JD_SWITCHERS_OUT || !mg->up[g];
}

/* Sums of S_g (D - D_g1) from F on, and the last of them. */
static void add_doses(const jd_multiplegt_t *mg, jd_multiplegt_lag_t *lag, int32_t g, int32_t t,
                      double mass)
{
    const double *d = jd_multiplegt_path(mg, g);
    double sum = 0, base = jd_multiplegt_base(mg, g), sign = mg->up[g] ? 1 : -1;
    for (int32_t s = mg->first[g]; s <= t; s++)
        sum += sign * (d[s] - base);
    lag->dose += mass * sign * (d[t] - base);
    lag->cumulated += mass * sum;
}

/* Roles, and the weights of switchers and controls by baseline and period. */
static void find_roles(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag,
                       unsigned char *role, double *controls, double *up, double *down)
{
    memset(role, 0, jd_multiplegt_cells(mg));
    for (int32_t g = 0; g < mg->n_groups; g++) {
        int32_t b = mg->baseline[g];
        if (b < 0 || (mg->only_never && mg->first[g] < mg->never)) continue;
        for (int32_t t = 0; t < mg->first[g] && t <= mg->last[b]; t++) {
            size_t c = (size_t)g * (size_t)mg->n_periods + (size_t)t;
            if (!jd_multiplegt_seen(mg, lag, g, t)) continue;
            role[c] = 2;
            controls[b * mg->n_periods + t] += mg->view.mass[jd_multiplegt_at(mg, g) + (size_t)t];
        }
    }
    for (int32_t g = 0; g < mg->n_groups; g++) {
        if (!is_switcher(mg, g) || !stays(mg, lag, g)) continue;
        int32_t b = mg->baseline[g], t = mg->first[g] - 1 + lag->l;
        if (t > mg->last[b] || !jd_multiplegt_seen(mg, lag, g, t)) continue;
        if (controls[b * mg->n_periods + t] <= 0) continue;
        size_t c = (size_t)g * (size_t)mg->n_periods + (size_t)t;
        role[c] = 1;
        (mg->up[g] ? up : down)[b * mg->n_periods + t] +=
            mg->view.mass[jd_multiplegt_at(mg, g) + (size_t)t];
    }
}

int jd_multiplegt_compare(const jd_multiplegt_t *mg, jd_multiplegt_lag_t *lag, double *coef,
                          unsigned char *role, jd_ctx_t *ctx)
{
    size_t strata = (size_t)mg->n_baselines * (size_t)mg->n_periods;
    double *controls;
    if (jd_check_cancelled(ctx)) return JD_ERR_CANCELLED; /* of a worker nothing: it has no poll */
    if (jd_make_n(&controls, 3 * strata, sizeof *controls, "comparisons", ctx))
        return JD_ERR_NO_MEMORY;
    double *up = controls + strata, *down = up + strata;
    find_roles(mg, lag, role, controls, up, down);
    *lag = (jd_multiplegt_lag_t){
        .l = lag->l, .placebo = lag->placebo, .through = lag->through, .back = lag->back};
    for (size_t s = 0; s < strata; s++)
        lag->switchers_mass += up[s] + down[s];
    memset(coef, 0, (size_t)mg->view.n_rows * (size_t)mg->n_periods * sizeof *coef);
    for (size_t c = 0; lag->switchers_mass > 0 && c < jd_multiplegt_cells(mg); c++) {
        if (role[c] == 0) continue;
        int32_t g = (int32_t)(c / (size_t)mg->n_periods), t = (int32_t)(c % (size_t)mg->n_periods);
        size_t s = (size_t)mg->baseline[g] * (size_t)mg->n_periods + (size_t)t;
        size_t at = jd_multiplegt_at(mg, g) + (size_t)t;
        double share = mg->view.mass[at] / lag->switchers_mass, *by = &coef[at];
        if (role[c] == 1) {
            *by = mg->up[g] ? share : -share;
            lag->n_switchers++;
            add_doses(mg, lag, g, t, share);
        } else if (up[s] + down[s] > 0) {
            *by = -share * (up[s] - down[s]) / controls[s];
        } else {
            role[c] = 0;
        }
        lag->n_rows += role[c] != 0;
    }
    free(controls);
    return JD_OK;
}

void jd_multiplegt_reach(const jd_multiplegt_t *mg, int64_t *effects, int64_t *placebos)
{
    int64_t l = 0, p = 0;
    for (int32_t g = 0; g < mg->n_groups; g++) {
        if (!is_switcher(mg, g)) continue;
        int64_t reach = mg->last[mg->baseline[g]] - mg->first[g] + 1;
        int64_t back = mg->first[g] - 1 - mg->trends_lin;
        if (reach > l) l = reach;
        if (back > reach) back = reach;
        if (back > p) p = back;
    }
    if (l < *effects) *effects = l;
    if (p < *placebos) *placebos = p;
    if (*effects < *placebos) *placebos = *effects;
}

/* A sum over pieces takes the same switchers in each. */
jd_multiplegt_lag_t jd_multiplegt_lag(const jd_multiplegt_t *mg, int l, bool placebo, int effects,
                                      int placebos)
{
    jd_multiplegt_lag_t lag = {.l = l, .placebo = placebo};
    if (mg->trends_lin) {
        lag.through = l;
        lag.back = placebo ? l : 0;
    }
    if (mg->same_switchers) lag.through = effects;
    if (mg->same_switchers_pl) lag.back = placebos;
    return lag;
}
