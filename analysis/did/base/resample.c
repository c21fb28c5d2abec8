/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole clusters, drawn again, become a panel: each copy is a cluster with units of its own. */
#include "did/base/resample.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static int sort_rows(jd_clusters_t *c, int64_t n, jd_ctx_t *ctx)
{
    size_t groups = (size_t)c->groups.n_groups;
    int rc = jd_make_n(&c->start, groups + 2, sizeof *c->start, "clusters", ctx);
    if (!rc) rc = jd_make_unset(&c->row, (size_t)n, sizeof *c->row, "clusters", ctx);
    if (rc) return rc;
    for (size_t g = 0; g < groups; g++)
        c->start[g + 2] = c->start[g + 1] + c->groups.count[g];
    for (int64_t i = 0; i < n; i++)
        c->row[c->start[c->groups.code[i] + 1]++] = (int32_t)i;
    return JD_OK;
}

/* Codes of a column within clusters; n = 0 where a level lies in several of them. */
static int nest(struct jd_nested *out, const jd_clusters_t *c, const int32_t *column, int64_t n,
                jd_ctx_t *ctx)
{
    jd_groups_t levels = {0};
    int rc = jd_groups_make(&levels, column, n, ctx);
    if (rc) return rc;
    size_t cells = 2 * (size_t)levels.n_groups + (size_t)c->groups.n_groups;
    int32_t *cluster = calloc(cells, sizeof *cluster);
    int32_t *code = cluster + levels.n_groups, *count = code + levels.n_groups;
    *out = (struct jd_nested){.from = column, .code = malloc((size_t)n * sizeof *out->code)};
    if (!cluster || !out->code) rc = jd_fail_memory(ctx, cells * sizeof *cluster, "clusters");
    for (int32_t l = 0; !rc && l < levels.n_groups; l++)
        cluster[l] = -1;
    int nested = !rc;
    for (int64_t i = 0; nested && i < n; i++) {
        int32_t l = levels.code[i], g = c->groups.code[i];
        if (cluster[l] < 0) {
            cluster[l] = g;
            code[l] = count[g]++;
            if (count[g] > out->n) out->n = count[g];
        }
        nested = cluster[l] == g;
        out->code[i] = code[l];
    }
    if (!nested || (int64_t)out->n * c->groups.n_groups > INT32_MAX) out->n = 0;
    free(cluster);
    jd_groups_free(&levels);
    return rc;
}

int jd_clusters_make(jd_clusters_t *c, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    int rc =
        jd_groups_make(&c->groups, panel->cluster ? panel->cluster : panel->unit, panel->n, ctx);
    if (!rc) rc = sort_rows(c, panel->n, ctx);
    if (rc) return rc;
    int n = 1 + panel->n_fixed + panel->n_slopes;
    if (jd_make_n(&c->nested, (size_t)n, sizeof *c->nested, "clusters", ctx))
        return JD_ERR_NO_MEMORY;
    for (int k = 0; !rc && k < n; k++) {
        const int32_t *column = k == 0                ? panel->unit
                                : k <= panel->n_fixed ? panel->fixed[k - 1]
                                                      : panel->slope_level[k - 1 - panel->n_fixed];
        rc = nest(&c->nested[c->n_nested++], c, column, panel->n, ctx);
    }
    if (!rc && c->nested[0].n == 0)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "the bootstrap draws whole clusters, and some units lie in several of them: "
                     "cluster by what holds whole units");
    return rc;
}

void jd_clusters_free(jd_clusters_t *c)
{
    jd_groups_free(&c->groups);
    free(c->start);
    free(c->row);
    for (int k = 0; k < c->n_nested; k++)
        free(c->nested[k].code);
    free(c->nested);
    memset(c, 0, sizeof *c);
}

/* Columns of the rows drawn, cut one after the other from one block. */
typedef struct {
    const int32_t *row, *copy; /* [n] of the panel; which draw it came with */
    int64_t n;
    char *next;
} cutter_t;

static size_t room_of(int64_t n, size_t width)
{
    return ((size_t)n * width + 7) / 8 * 8;
}

static const void *cut(cutter_t *c, const void *from, size_t width)
{
    if (!from) return NULL;
    char *out = c->next;
    for (int64_t i = 0; i < c->n; i++)
        memcpy(out + (size_t)i * width, (const char *)from + (size_t)c->row[i] * width, width);
    c->next += room_of(c->n, width);
    return out;
}

/* Levels within clusters are each copy's own. */
static const int32_t *cut_codes(cutter_t *c, const struct jd_nested *nested)
{
    if (nested->n == 0) return cut(c, nested->from, sizeof(int32_t));
    int32_t *out = (void *)c->next;
    for (int64_t i = 0; i < c->n; i++)
        out[i] = c->copy[i] * nested->n + nested->code[c->row[i]];
    c->next += room_of(c->n, sizeof *out);
    return out;
}

static const void **pointers(cutter_t *c, int n)
{
    void *out = c->next;
    c->next += (size_t)n * sizeof(void *);
    return out;
}

static const double *const *cut_all(cutter_t *c, const double *const *from, int n)
{
    const double **out = (void *)pointers(c, n);
    for (int k = 0; k < n; k++)
        out[k] = cut(c, from[k], sizeof *from[k]);
    return out;
}

static void cut_panel(jd_resampled_t *out, cutter_t *c, const jd_clusters_t *clusters,
                      const jd_panel_t *from, const double *y)
{
    jd_panel_t *p = &out->panel;
    const struct jd_nested *nested = clusters->nested;
    *p = *from;
    p->n = c->n;
    p->unit = cut_codes(c, &nested[0]);
    const int32_t **fixed = (void *)pointers(c, p->n_fixed);
    for (int k = 0; k < p->n_fixed; k++)
        fixed[k] = cut_codes(c, &nested[1 + k]);
    const int32_t **level = (void *)pointers(c, p->n_slopes);
    for (int k = 0; k < p->n_slopes; k++)
        level[k] = cut_codes(c, &nested[1 + p->n_fixed + k]);
    p->fixed = fixed;
    p->slope_level = level;
    p->cluster = from->cluster ? c->copy : NULL;
    p->time = cut(c, from->time, sizeof *p->time);
    p->cohort = cut(c, from->cohort, sizeof *p->cohort);
    p->adoption = cut(c, from->adoption, sizeof *p->adoption);
    p->treated = cut(c, from->treated, sizeof *p->treated);
    p->eligible = cut(c, from->eligible, sizeof *p->eligible);
    p->weight = cut(c, from->weight, sizeof *p->weight);
    p->dose = cut(c, from->dose, sizeof *p->dose);
    p->latitude = cut(c, from->latitude, sizeof *p->latitude);
    p->longitude = cut(c, from->longitude, sizeof *p->longitude);
    p->x = cut_all(c, from->x, p->n_x);
    p->slope = cut_all(c, from->slope, p->n_slopes);
    p->het = cut_all(c, from->het, p->n_het);
    out->y = cut(c, y, sizeof *y);
}

int jd_resample(jd_resampled_t *out, const jd_clusters_t *clusters, const jd_panel_t *panel,
                const double *y, const int32_t *drawn, jd_ctx_t *ctx)
{
    cutter_t c = {0};
    for (int32_t k = 0; k < clusters->groups.n_groups; k++)
        c.n += clusters->groups.count[drawn[k]];
    if (c.n > INT32_MAX)
        return jd_fail(ctx, JD_ERR_DATA, "a sample of %" PRId64 " rows; at most %d", c.n,
                       INT32_MAX);
    /* Rows and copies; unit, time, cohort, adoption; two columns of signs; weight, dose, places, y.
     */
    size_t lists = (size_t)(panel->n_fixed + 2 * panel->n_slopes + panel->n_x + panel->n_het);
    size_t bytes =
        (11 + lists) * room_of(c.n, sizeof(double)) + lists * sizeof(void *) + 2 * room_of(c.n, 1);
    if (jd_make_unset(&out->room, bytes, 1, "a sample of clusters", ctx)) return JD_ERR_NO_MEMORY;
    int32_t *row = out->room, *copy = (void *)((char *)out->room + room_of(c.n, sizeof *row));
    int64_t at = 0;
    for (int32_t k = 0; k < clusters->groups.n_groups; k++)
        for (int64_t i = clusters->start[drawn[k]]; i < clusters->start[drawn[k] + 1]; i++) {
            row[at] = clusters->row[i];
            copy[at++] = k;
        }
    c.row = row;
    c.copy = copy;
    c.next = (char *)copy + room_of(c.n, sizeof *copy);
    cut_panel(out, &c, clusters, panel, y);
    return JD_OK;
}
