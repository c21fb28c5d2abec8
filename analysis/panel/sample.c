/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "jiedao/panel.h"
#include "panel/grid.h"

static int covariates_finite(const jd_panel_t *panel, int64_t i)
{
    for (int k = 0; k < panel->n_x; k++)
        if (!isfinite(panel->x[k][i])) return 0;
    for (int k = 0; k < panel->n_slopes; k++)
        if (!isfinite(panel->slope[k][i])) return 0;
    return 1;
}

int jd_sample_make(jd_sample_t *sample, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    memset(sample, 0, sizeof *sample);
    size_t bytes = (size_t)panel->n * sizeof *sample->row;
    if (jd_make_unset(&sample->row, bytes, 1, "the sample's rows", ctx)) return JD_ERR_NO_MEMORY;
    if (!panel->weight && panel->n_x + panel->n_slopes == 0) {
#pragma omp parallel for num_threads(jd_pass_threads(ctx, panel->n)) schedule(static)
        for (int64_t i = 0; i < panel->n; i++)
            sample->row[i] = (int32_t)i;
        sample->n = panel->n;
        return JD_OK;
    }
    for (int64_t i = 0; i < panel->n; i++) {
        if (panel->weight && panel->weight[i] == 0)
            sample->dropped.zero_weight++;
        else if (!covariates_finite(panel, i))
            sample->dropped.missing++;
        else
            sample->row[sample->n++] = (int32_t)i;
    }
    return JD_OK;
}

/* One round over the rows still in (row[i] >= 0): a drop may leave another row alone. */
static int64_t drop_round(const jd_sample_t *sample, int n_columns, const jd_groups_t *groups)
{
    int64_t dropped = 0;
    for (int64_t i = 0; i < sample->n; i++) {
        if (sample->row[i] < 0) continue;
        int alone = 0;
        for (int k = 0; k < n_columns; k++)
            alone |= groups[k].count[groups[k].code[i]] == 1;
        if (!alone) continue;
        for (int k = 0; k < n_columns; k++)
            groups[k].count[groups[k].code[i]]--;
        sample->row[i] = -1;
        dropped++;
    }
    return dropped;
}

int jd_sample_drop_singletons(jd_sample_t *sample, int n_columns, const int32_t *const *columns,
                              jd_ctx_t *ctx)
{
    if (n_columns < 1) return JD_OK;
    int rc = JD_OK;
    size_t width = (size_t)n_columns;
    jd_groups_t *groups;
    int32_t *values = NULL;
    rc = jd_make_n(&groups, width, sizeof *groups, "the search for singletons", ctx);
    if (!rc)
        rc = jd_make_unset(&values, (size_t)(sample->n + 1), sizeof *values,
                           "the search for singletons", ctx);
    for (int k = 0; !rc && k < n_columns; k++) {
        for (int64_t i = 0; i < sample->n; i++)
            values[i] = columns[k][sample->row[i]];
        rc = jd_groups_make(&groups[k], values, sample->n, ctx);
    }
    if (rc) goto out;

    int64_t dropped = 0, round;
    while ((round = drop_round(sample, n_columns, groups)) > 0)
        dropped += round;
    int64_t kept = 0;
    for (int64_t i = 0; i < sample->n; i++)
        if (sample->row[i] >= 0) sample->row[kept++] = sample->row[i];
    sample->n = kept;
    sample->dropped.singleton += dropped;
out:
    for (int k = 0; groups && k < n_columns; k++)
        jd_groups_free(&groups[k]);
    free(groups);
    free(values);
    return rc;
}

void jd_sample_free(jd_sample_t *sample)
{
    if (!sample) return;
    free(sample->row);
    memset(sample, 0, sizeof *sample);
}
