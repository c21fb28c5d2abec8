/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files for dgp.kind = data, read as `jiedao did` reads them. */
#include "cli/dgp_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/did_read.h"
#include "core/memory.h"
#include "dataset/dataset.h"
#include "dataset/request.h"

/* ---- The request ---- */

static int ask(jd_request_t *request, const jd_dgp_data_t *d, jd_ctx_t *ctx)
{
    const struct {
        const char *option, *text;
    } columns[] = {{"y", d->y},           {"unit", d->unit},   {"time", d->time},
                   {"cohort", d->cohort}, {"treat", d->treat}, {"cluster", d->cluster}};
    int rc = JD_OK;
    for (size_t k = 0; k < sizeof columns / sizeof *columns && !rc; k++)
        if (*columns[k].text) rc = jd_request_set(request, columns[k].option, columns[k].text, ctx);
    request->roles.no_treatment = true;
    return rc;
}

static int read_data(jd_own_data_t *data, const jd_dgp_data_t *d, jd_ctx_t *ctx)
{
    const jd_did_file_t file = {.path = d->file, .table = *d->table ? d->table : NULL};
    jd_request_t *request = NULL;
    jd_frame_t *frame = NULL;
    jd_table_t table = {0};
    int rc = jd_request_create(&request, NULL, ctx);
    if (!rc) rc = ask(request, d, ctx);
    if (!rc) rc = jd_did_read(&table, &file, request, ctx);
    if (!rc) rc = jd_frame_create(&frame, d->file, table.rows, ctx);
    if (!rc) rc = jd_frame_add_table(frame, &table, ctx);
    if (!rc) rc = jd_own_data_make(data, frame, &request->roles, ctx);
    jd_frame_free(frame);
    jd_table_free(&table);
    jd_request_free(request);
    return rc;
}

/* ---- The panel ---- */

typedef struct row {
    int32_t time, unit, at;
} row_t;

static int by_time(const void *a, const void *b)
{
    const row_t *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    if (x->unit != y->unit) return x->unit < y->unit ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static bool is_kept(int rows, int32_t cohort, int32_t time)
{
    if (rows == JD_DGP_ALL || cohort == 0) return true;
    return rows == JD_DGP_UNTREATED && time < cohort;
}

/* Rows in use, by period and unit; *n of them. */
static int take_rows(const jd_own_data_t *data, const int32_t *cohort, int rows, row_t **list,
                     int64_t *n, jd_ctx_t *ctx)
{
    const jd_panel_t *p = &data->panel;
    int rc = jd_make(list, p->n, sizeof **list, "the panel", ctx);
    *n = 0;
    for (int64_t i = 0; i < p->n && !rc; i++)
        if (is_kept(rows, cohort ? cohort[i] : 0, p->time[i]))
            (*list)[(*n)++] = (row_t){p->time[i], p->unit[i], (int32_t)i};
    if (!rc) qsort(*list, (size_t)*n, sizeof **list, by_time);
    for (int64_t i = 1; i < *n && !rc; i++)
        if ((*list)[i].time == (*list)[i - 1].time && (*list)[i].unit == (*list)[i - 1].unit)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "dgp.file: a unit has two rows in one period; a panel has one each");
    if (!rc && *n == 0) rc = jd_fail(ctx, JD_ERR_DATA, "dgp.file: dgp.rows leaves no row in use");
    return rc;
}

/* Number of the first period in use from `date` on; beyond the last: never. */
static int32_t number_of(const jd_groups_t *times, int32_t date)
{
    int32_t k = 0;
    if (date == 0) return 0;
    while (k < times->n_groups && times->value[k] < date)
        k++;
    return k < times->n_groups ? k + 1 : 0;
}

static int fill(jd_dgp_panel_t *panel, const jd_own_data_t *data, const int32_t *cohort,
                const row_t *list, const int32_t *code[3], jd_ctx_t *ctx)
{
    jd_groups_t units = {0}, times = {0}, clusters = {0};
    int rc = jd_groups_make(&units, code[0], panel->n, ctx);
    if (!rc) rc = jd_groups_make(&times, code[1], panel->n, ctx);
    if (!rc) rc = jd_groups_make(&clusters, code[2], panel->n, ctx);
    if (!rc) rc = jd_make(&panel->cohort, clusters.n_groups, sizeof *panel->cohort, "panel", ctx);
    for (int64_t i = 0; i < panel->n && !rc; i++) {
        const int32_t at = list[i].at, g = clusters.code[i];
        const int32_t date = cohort ? number_of(&times, cohort[at]) : 0;
        panel->unit[i] = units.code[i] + 1;
        panel->time[i] = times.code[i] + 1;
        panel->cluster[i] = g;
        panel->y[i] = ldexp(data->y[at], data->exponent);
        if (date && (panel->cohort[g] == 0 || date < panel->cohort[g])) panel->cohort[g] = date;
    }
    panel->n_units = units.n_groups;
    panel->n_periods = times.n_groups;
    panel->n_clusters = clusters.n_groups;
    jd_groups_free(&units);
    jd_groups_free(&times);
    jd_groups_free(&clusters);
    return rc;
}

static int make_panel(jd_dgp_panel_t *panel, const jd_own_data_t *data, const int32_t *cohort,
                      int rows, jd_ctx_t *ctx)
{
    const jd_panel_t *p = &data->panel;
    row_t *list = NULL;
    int32_t *code[3] = {NULL, NULL, NULL};
    int rc = take_rows(data, cohort, rows, &list, &panel->n, ctx);
    if (!rc) rc = jd_make(&panel->unit, panel->n, sizeof *panel->unit, "the panel", ctx);
    if (!rc) rc = jd_make(&panel->time, panel->n, sizeof *panel->time, "the panel", ctx);
    if (!rc) rc = jd_make(&panel->cluster, panel->n, sizeof *panel->cluster, "the panel", ctx);
    if (!rc) rc = jd_make(&panel->y, panel->n, sizeof *panel->y, "the panel", ctx);
    for (int k = 0; k < 3 && !rc; k++)
        rc = jd_make(&code[k], panel->n, sizeof *code[k], "the panel", ctx);
    for (int64_t i = 0; i < panel->n && !rc; i++) {
        const int32_t at = list[i].at;
        code[0][i] = p->unit[at];
        code[1][i] = p->time[at];
        code[2][i] = p->cluster ? p->cluster[at] : p->unit[at];
    }
    if (!rc) rc = fill(panel, data, cohort, list, (const int32_t **)code, ctx);
    for (int k = 0; k < 3; k++)
        free(code[k]);
    free(list);
    return rc;
}

int jd_cli_dgp_read(const jd_dgp_params_t *params, jd_dgp_panel_t *panel, jd_ctx_t *ctx)
{
    const jd_dgp_data_t *d = &params->data;
    jd_own_data_t data = {0};
    int32_t *cohort = NULL;
    jd_ctx_t inner = jd_ctx_inner(ctx); /* what reading remarks is not of each replicate */
    int rc = read_data(&data, d, &inner);
    if (rc) return jd_fail(ctx, rc, "%s", inner.message);
    if (data.panel.cohort || data.panel.treated) {
        rc = jd_make(&cohort, data.panel.n, sizeof *cohort, "the panel", ctx);
        if (!rc) rc = jd_panel_cohorts(&data.panel, cohort, ctx);
    } else if (d->assignment == JD_DGP_PERMUTE) {
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "dgp.assignment = permute deals out the file's dates of adoption; name their "
                     "column: dgp.cohort or dgp.treat");
    }
    if (!rc) rc = make_panel(panel, &data, cohort, d->rows, ctx);
    snprintf(panel->quantity, sizeof panel->quantity, "%.63s", data.y_name);
    free(cohort);
    jd_own_data_free(&data);
    return rc;
}
