/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariates of effects by dose: trends are parallel given x, and untreated changes linear in it. A
 * treated cell is held against what least squares of its controls' changes on x in the base period
 * tells for its own x. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/dose/cells.h"
#include "linear/cholesky.h"

static const double *x_of(const jd_dose_cells_t *c, int32_t group, int32_t u)
{
    return c->x + ((int64_t)u * c->n_periods + c->group[group].base) * c->n_x;
}

/* Mean of the controls' x, and the factor of its weighted squares about it. */
static int fill_group(jd_dose_cells_t *c, int32_t k)
{
    const jd_comparison_group_t *group = &c->group[k];
    const int n = c->n_x;
    double *centre = c->x_centre + (int64_t)k * n, *s = c->x_factor + (int64_t)k * n * n;
    for (int32_t j = group->first; j < group->first + group->n; j++)
        for (int p = 0; p < n; p++)
            centre[p] += c->weight[c->control[j]] / group->weight * x_of(c, k, c->control[j])[p];
    for (int32_t j = group->first; j < group->first + group->n; j++) {
        const double *x = x_of(c, k, c->control[j]);
        for (int p = 0; p < n; p++)
            for (int q = 0; q <= p; q++)
                s[p * n + q] += c->weight[c->control[j]] * (x[p] - centre[p]) * (x[q] - centre[q]);
    }
    for (int p = 0; p < n; p++) { /* what is left of a constant is rounding */
        double size = group->weight * centre[p] * centre[p];
        if (s[p * n + p] <= 1e-22 * size) s[p * n + p] = 0;
    }
    return jd_cholesky(s, n, NULL, 1e-10, c->x_kept + (int64_t)k * n) == n;
}

int jd_dose_covariates_make(jd_dose_cells_t *c, const jd_design_t *design, const jd_panel_t *panel,
                            jd_ctx_t *ctx)
{
    const size_t n = (size_t)panel->n_x, groups = (size_t)c->n_groups;
    const size_t rows = (size_t)c->n_units * (size_t)c->n_periods;
    int32_t left = 0, used = 0;
    if (n == 0) return JD_OK;
    int rc = jd_make_unset(&c->x, rows * n, sizeof *c->x, "covariates", ctx);
    if (!rc)
        rc = jd_make_n(&c->x_centre, groups * n * (n + 1), sizeof *c->x_centre, "covariates", ctx);
    if (!rc) rc = jd_make_unset(&c->x_kept, groups * n, 1, "covariates", ctx);
    if (rc) return rc;
    c->x_factor = c->x_centre + groups * n;
    c->n_x = panel->n_x;
    for (size_t i = 0; i < rows; i++)
        for (size_t p = 0; p < n; p++)
            c->x[i * n + p] = panel->x[p][design->sample.row[c->row[i]]];
    for (int32_t k = 0; k < c->n_groups; k++) {
        if (c->group[k].n == 0) continue;
        used++;
        left += !fill_group(c, k);
    }
    if (left > 0)
        jd_warn(ctx,
                "%s: covariates do not vary on their own among the controls of %" PRId32
                " of %" PRId32 " comparisons; left out there",
                design->estimator->name, left, used);
    return JD_OK;
}

void jd_dose_covariates_free(jd_dose_cells_t *c)
{
    free(c->x);
    free(c->x_centre);
    free(c->x_kept);
}

void jd_dose_add_x(const jd_dose_cells_t *c, int32_t group, int32_t u, double by, double *sum)
{
    for (int p = 0; p < c->n_x; p++)
        sum[(int64_t)group * c->n_x + p] +=
            by * (x_of(c, group, u)[p] - c->x_centre[(int64_t)group * c->n_x + p]);
}

void jd_dose_solve_x(const jd_dose_cells_t *c, double *sum)
{
    const int n = c->n_x;
    for (int32_t k = 0; n > 0 && k < c->n_groups; k++)
        if (c->group[k].n > 0)
            jd_cholesky_solve(c->x_factor + (int64_t)k * n * n, n, c->x_kept + (int64_t)k * n,
                              sum + (int64_t)k * n);
}

double jd_dose_shift(const jd_dose_cells_t *c, int32_t group, int32_t u, const double *slopes)
{
    double sum = 0;
    for (int p = 0; p < c->n_x; p++)
        sum += slopes[(int64_t)group * c->n_x + p] *
               (x_of(c, group, u)[p] - c->x_centre[(int64_t)group * c->n_x + p]);
    return sum;
}
