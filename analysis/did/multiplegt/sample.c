/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn: what depends on who is there, once treatments are known. The bootstrap runs
 * through it again, with some groups there twice and others not at all. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "did/multiplegt/multiplegt.h"

static double *level_mass(const jd_dcdh_t *dc)
{
    return dc->level_mass ? dc->level_mass : dc->mass;
}

/* Marks the baselines' periods in which some group is seen that has not switched. */
static void find_open(jd_dcdh_t *dc, const double *mass, unsigned char *open)
{
    size_t n_t = (size_t)dc->n_periods;
    dc->never = 0;
    for (int32_t g = 0; g < dc->n_groups; g++)
        for (int32_t t = 0; dc->baseline[g] >= 0 && t < dc->n_periods; t++) {
            if (mass[(size_t)g * n_t + (size_t)t] <= 0) continue;
            if (dc->first[g] != 0 && t >= dc->first[g]) continue;
            open[(size_t)dc->baseline[g] * n_t + (size_t)t] = 1;
            if (t + 1 > dc->never) dc->never = t + 1;
        }
}

int jd_dcdh_leave_uncontrolled(jd_dcdh_t *dc, jd_ctx_t *ctx)
{
    size_t n_t = (size_t)dc->n_periods, n = (size_t)dc->n_baselines * n_t;
    double *mass = level_mass(dc);
    unsigned char *open = calloc(n, 1);
    if (!open) return jd_fail_memory(ctx, n, "periods with controls");
    find_open(dc, mass, open);
    for (int32_t g = 0; g < dc->n_groups; g++) {
        int32_t b = dc->baseline[g];
        for (size_t t = 0; t < n_t; t++)
            if (b < 0 || !open[(size_t)b * n_t + t]) mass[(size_t)g * n_t + t] = 0;
        if (dc->first[g] == 0 || dc->first[g] > dc->never) dc->first[g] = dc->never;
    }
    free(open);
    return JD_OK;
}

/* T_g by baseline: last period in which someone has not switched. */
static void find_last(jd_dcdh_t *dc)
{
    memset(dc->last, 0, (size_t)dc->n_baselines * sizeof *dc->last);
    for (int32_t g = 0; g < dc->n_groups; g++) {
        if (dc->baseline[g] < 0) continue;
        const double *mass = level_mass(dc) + (size_t)g * (size_t)dc->n_periods;
        int32_t end = dc->first[g], *last = &dc->last[dc->baseline[g]];
        while (end > 0 && dc->first[g] == dc->never && mass[end - 1] <= 0)
            end--;
        if (end - 1 > *last) *last = end - 1;
    }
}

void jd_dcdh_leave_group(jd_dcdh_t *dc, int32_t g)
{
    size_t n_t = (size_t)dc->n_periods;
    memset(level_mass(dc) + (size_t)g * n_t, 0, n_t * sizeof *dc->mass);
    dc->baseline[g] = -1;
}

double jd_dcdh_base(const jd_dcdh_t *dc, int32_t g)
{
    const double *d = jd_dcdh_path(dc, g);
    while (isnan(*d))
        d++;
    return *d;
}

/* S_g where treatments may cross their baseline: whether they are above it on average up to T_g;
 * who is neither above nor below is left out. */
static void find_directions(jd_dcdh_t *dc)
{
    for (int32_t g = 0; g < dc->n_groups; g++) {
        int32_t b = dc->baseline[g], first = dc->first[g];
        if (b < 0 || first >= dc->never || first > dc->last[b]) continue;
        const double *d = jd_dcdh_path(dc, g);
        double sum = 0, base = jd_dcdh_base(dc, g);
        for (int32_t t = first; t <= dc->last[b]; t++)
            sum += d[t] - base;
        dc->up[g] = sum > 0;
        if (sum == 0) jd_dcdh_leave_group(dc, g);
    }
}

/* A first difference weighs as its later outcome, and takes both. */
static void difference_mass(jd_dcdh_t *dc)
{
    for (size_t c = 0; c < jd_dcdh_cells(dc); c++) {
        int both = c % (size_t)dc->n_periods > 0 && dc->level_mass[c - 1] > 0;
        dc->mass[c] = both ? dc->level_mass[c] : 0;
    }
}

void jd_dcdh_close(jd_dcdh_t *dc)
{
    find_last(dc);
    if (dc->keep_reversals) find_directions(dc);
    if (dc->trends_lin) difference_mass(dc);
}

void jd_dcdh_difference(const jd_dcdh_t *dc, double *mean)
{
    size_t n_t = (size_t)dc->n_periods;
    for (size_t c = jd_dcdh_cells(dc); dc->trends_lin && c-- > 0;)
        if (dc->mass[jd_dcdh_at(dc, (int32_t)(c / n_t)) + c % n_t] > 0) mean[c] -= mean[c - 1];
}
