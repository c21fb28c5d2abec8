/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn: what depends on who is there, once treatments are known. The bootstrap runs
 * through it again, with some groups there twice and others not at all. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/multiplegt/multiplegt.h"

/* Of outcomes. */
static double *level_mass(const jd_multiplegt_t *mg)
{
    return mg->groups.level_mass ? mg->groups.level_mass : mg->groups.mass;
}

/* Marks the baselines' periods in which some group is seen that has not switched. */
static void find_open(jd_multiplegt_t *mg, const double *mass, unsigned char *open)
{
    size_t n_t = (size_t)mg->n_periods;
    mg->never = 0;
    for (int32_t g = 0; g < mg->n_groups; g++)
        for (int32_t t = 0; mg->baseline[g] >= 0 && t < mg->n_periods; t++) {
            if (mass[(size_t)g * n_t + (size_t)t] <= 0) continue;
            if (mg->first[g] != 0 && t >= mg->first[g]) continue;
            open[(size_t)mg->baseline[g] * n_t + (size_t)t] = 1;
            if (t + 1 > mg->never) mg->never = t + 1;
        }
}

int jd_multiplegt_leave_uncontrolled(jd_multiplegt_t *mg, jd_ctx_t *ctx)
{
    size_t n_t = (size_t)mg->n_periods, n = (size_t)mg->n_baselines * n_t;
    double *mass = level_mass(mg);
    unsigned char *open;
    if (jd_make_n(&open, n, 1, "periods with controls", ctx)) return JD_ERR_NO_MEMORY;
    find_open(mg, mass, open);
    for (int32_t g = 0; g < mg->n_groups; g++) {
        int32_t b = mg->baseline[g];
        for (size_t t = 0; t < n_t; t++)
            if (b < 0 || !open[(size_t)b * n_t + t]) mass[(size_t)g * n_t + t] = 0;
        if (mg->first[g] == 0 || mg->first[g] > mg->never) mg->first[g] = mg->never;
    }
    free(open);
    return JD_OK;
}

/* T_g by baseline: last period in which someone has not switched. */
static void find_last(jd_multiplegt_t *mg)
{
    memset(mg->last, 0, (size_t)mg->n_baselines * sizeof *mg->last);
    for (int32_t g = 0; g < mg->n_groups; g++) {
        if (mg->baseline[g] < 0) continue;
        const double *mass = level_mass(mg) + (size_t)g * (size_t)mg->n_periods;
        int32_t end = mg->first[g], *last = &mg->last[mg->baseline[g]];
        while (end > 0 && mg->first[g] == mg->never && mass[end - 1] <= 0)
            end--;
        if (end - 1 > *last) *last = end - 1;
    }
}

void jd_multiplegt_leave_group(jd_multiplegt_t *mg, int32_t g)
{
    size_t n_t = (size_t)mg->n_periods;
    memset(level_mass(mg) + (size_t)g * n_t, 0, n_t * sizeof *mg->groups.mass);
    mg->baseline[g] = -1;
}

double jd_multiplegt_base(const jd_multiplegt_t *mg, int32_t g)
{
    const double *d = jd_multiplegt_path(mg, g);
    while (isnan(*d))
        d++;
    return *d;
}

/* S_g where treatments may cross their baseline: whether they are above it on average up to T_g;
 * who is neither above nor below is left out. */
static void find_directions(jd_multiplegt_t *mg)
{
    for (int32_t g = 0; g < mg->n_groups; g++) {
        int32_t b = mg->baseline[g], first = mg->first[g];
        if (b < 0 || first >= mg->never || first > mg->last[b]) continue;
        const double *d = jd_multiplegt_path(mg, g);
        double sum = 0, base = jd_multiplegt_base(mg, g);
        for (int32_t t = first; t <= mg->last[b]; t++)
            sum += d[t] - base;
        mg->up[g] = sum > 0;
        if (sum == 0) jd_multiplegt_leave_group(mg, g);
    }
}

/* A first difference weighs as its later outcome, and takes both. */
static void difference_mass(jd_multiplegt_t *mg)
{
    for (size_t c = 0; c < jd_multiplegt_cells(mg); c++) {
        bool both = c % (size_t)mg->n_periods > 0 && mg->groups.level_mass[c - 1] > 0;
        mg->groups.mass[c] = both ? mg->groups.level_mass[c] : 0;
    }
}

void jd_multiplegt_close(jd_multiplegt_t *mg)
{
    find_last(mg);
    if (mg->keep_reversals) find_directions(mg);
    if (mg->trends_lin) difference_mass(mg);
}

void jd_multiplegt_difference(const jd_multiplegt_t *mg, double *mean)
{
    size_t n_t = (size_t)mg->n_periods;
    for (size_t c = jd_multiplegt_cells(mg); mg->trends_lin && c-- > 0;)
        if (mg->view.mass[jd_multiplegt_at(mg, (int32_t)(c / n_t)) + c % n_t] > 0)
            mean[c] -= mean[c - 1];
}
