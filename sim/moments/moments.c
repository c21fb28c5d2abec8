/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All moments of a frame, once with weights 1 and once for each draw of the bootstrap. */
#include "moments/moments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "jiedao/did.h"
#include "jiedao/random.h"
#include "moments/frame.h"
#include "study/facts.h"
#include "study/recovery.h"

const jd_column_t jd_moment_columns[JD_MOM_COLUMNS] = {
    [JD_MOM_MOMENT] = {"moment", JD_TEXT, "", "name", NULL, JD_MOMENT_NAME, JD_AXIS_CELL},
    [JD_MOM_GROUP] = {"kind", JD_TEXT, "", "what it belongs to", NULL, 12, JD_AXIS_CELL},
    [JD_MOM_VALUE] = {"value", JD_DOUBLE, "1", "value, in its own unit; missing = not known", NULL,
                      0, JD_AXIS_CELL},
    [JD_MOM_STD_ERROR] = {"std_error", JD_DOUBLE, "1", "standard error by block bootstrap", NULL, 0,
                          JD_AXIS_CELL},
    [JD_MOM_UNIT] = {"unit", JD_TEXT, "", "what it is measured in", NULL, 16, JD_AXIS_CELL},
    [JD_MOM_LABEL] = {"label", JD_TEXT, "", "what it is", NULL, 80, JD_AXIS_CELL},
};

void jd_moment_set_free(jd_moment_set_t *m)
{
    jd_table_free(&m->table);
    free(m->covariance);
    free(m->why);
    memset(m, 0, sizeof *m);
}

/* ---- One measurement ---- */

/* Values of the list and of the estimators, in the order of the table. */
static int measure(const jd_moment_frame_t *f, const double *w, const char *estimators,
                   double *value, const char **why, jd_ctx_t *ctx)
{
    char name[JD_TERM_NAME];
    int n = 0, rc = JD_OK;
    for (int g = 0; jd_moment_groups[g]; g++)
        for (const jd_moment_row_t *m = jd_moment_groups[g]->list; m->name; m++) {
            const double x = m->measure(f, w, m->arg);
            why[n] = m->needs;
            value[n++] = isfinite(x) ? x : (double)NAN;
        }
    for (const char *at = estimators; !rc && (at = jd_estimate_next(at, name)); n++)
        rc = jd_moment_estimate(f, w, name, &value[n], &why[n], ctx);
    return rc;
}

static int add_row(jd_table_t *t, const char *name, const char *group, const char *unit,
                   const char *label, jd_ctx_t *ctx)
{
    int rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    const int64_t row = t->rows++;
    jd_table_set_text(t, JD_MOM_MOMENT, row, name);
    jd_table_set_text(t, JD_MOM_GROUP, row, group);
    jd_table_set_text(t, JD_MOM_UNIT, row, unit);
    jd_table_set_text(t, JD_MOM_LABEL, row, label);
    JD_CELLS(t, JD_MOM_VALUE, double)[row] = (double)NAN;
    JD_CELLS(t, JD_MOM_STD_ERROR, double)[row] = (double)NAN;
    return JD_OK;
}

static const char *unit_of(const jd_estimator_t *e)
{
    static const char *const units[] = {[JD_TARGET_MEAN] = "firms",
                                        [JD_TARGET_RATIO] = "share",
                                        [JD_TARGET_LOG_RATIO] = "log points",
                                        [JD_TARGET_PER_DOSE] = "firms per dose"};
    return units[e->target];
}

static int add_estimators(jd_table_t *t, const char *estimators, jd_ctx_t *ctx)
{
    char name[JD_TERM_NAME], full[JD_TERM_NAME + 8], label[160];
    int rc = JD_OK;
    for (const char *at = estimators; !rc && (at = jd_estimate_next(at, name));) {
        const jd_estimator_t *e = jd_estimator_find(name);
        if (!e)
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "'%s' is no estimator; 'jiedao did --help' lists them", name);
        snprintf(full, sizeof full, "did.%s", name);
        snprintf(label, sizeof label, "%s: overall effect on moves in", e->short_label);
        rc = add_row(t, full, "estimators", unit_of(e), label, ctx);
    }
    return rc;
}

static int make_rows(jd_moment_set_t *m, const char *estimators, jd_ctx_t *ctx)
{
    int rc =
        jd_table_init(&m->table, "moments", "Moments", jd_moment_columns, JD_MOM_COLUMNS, 64, ctx);
    for (int g = 0; jd_moment_groups[g] && !rc; g++)
        for (const jd_moment_row_t *row = jd_moment_groups[g]->list; row->name && !rc; row++)
            rc = add_row(&m->table, row->name, jd_moment_groups[g]->name, row->unit, row->label,
                         ctx);
    return rc ? rc : add_estimators(&m->table, estimators, ctx);
}

/* Facts of mechanisms, as the run has measured them; they are not drawn again. */
static int add_facts(jd_moment_set_t *m, const jd_table_t *facts, jd_ctx_t *ctx)
{
    char name[JD_MOMENT_NAME + 1], label[81];
    int rc = JD_OK;
    for (int64_t i = 0; facts && i < facts->rows && !rc; i++) {
        jd_table_text(facts, JD_FACT_FACT, i, name, sizeof name);
        jd_table_text(facts, JD_FACT_LABEL, i, label, sizeof label);
        rc = add_row(&m->table, name, "facts", "1", label, ctx);
        if (!rc) JD_CELLS(&m->table, JD_MOM_VALUE, double)
        [m->table.rows - 1] = jd_table_number(facts, JD_FACT_VALUE, i);
    }
    return rc;
}

/* ---- The bootstrap ---- */

typedef struct draws {
    const jd_moment_frame_t *frame;
    const jd_moment_options_t *options;
    int n;         /* moments */
    double *value; /* [draws][n] */
} draws_t;

/* One draw: as many blocks as there are, with replacement. */
static int draw_one(const draws_t *d, int draw, jd_ctx_t *ctx)
{
    const jd_moment_frame_t *f = d->frame;
    const jd_jump_t jump =
        jd_jump(jd_stream(d->options->seed, (uint64_t)draw, JD_DRAW_CLUSTERS), 0, 0);
    double *w = NULL, *times = NULL;
    const char **why = NULL;
    int rc = jd_make(&w, f->units, sizeof *w, "the bootstrap", ctx);
    if (!rc) rc = jd_make(&times, f->blocks, sizeof *times, "the bootstrap", ctx);
    if (!rc) rc = jd_make(&why, d->n, sizeof *why, "the bootstrap", ctx);
    for (int64_t b = 0; b < f->blocks && !rc; b++)
        times[(int64_t)(jd_draw(&jump, (uint64_t)b) * (double)f->blocks)]++;
    for (int64_t i = 0; i < f->units && !rc; i++)
        w[i] = times[f->block[i]];
    if (!rc) rc = measure(f, w, d->options->estimators, d->value + (int64_t)draw * d->n, why, ctx);
    free(why);
    free(times);
    free(w);
    return rc;
}

static int draw_all(const draws_t *d, jd_ctx_t *ctx)
{
    int failed = JD_OK;
    int64_t done = 0;
#pragma omp parallel for schedule(dynamic) num_threads(jd_ctx_threads(ctx))
    for (int draw = 0; draw < d->options->draws; draw++) {
        jd_ctx_t own = jd_ctx_inner(ctx);
        own.threads = 1;
        int rc, go;
#pragma omp atomic read
        go = failed;
        if (go) continue;
        rc = jd_check_cancelled(&own);
        if (!rc) rc = draw_one(d, draw, &own);
#pragma omp critical(jd_moments)
        {
            done++;
            const jd_progress_t progress = {.stage = "draws",
                                            .done = done,
                                            .total = d->options->draws,
                                            .items = (double)done,
                                            .item = "draws"};
            jd_report_progress(ctx, &progress);
            if (rc && !failed) {
                jd_fail(ctx, rc, "%s", own.message);
#pragma omp atomic write
                failed = rc;
            }
        }
    }
    return failed;
}

/* Covariance of two moments over the draws that have both; NaN where fewer than half have. */
static double covariance(const draws_t *d, int a, int b)
{
    const int draws = d->options->draws;
    double n = 0, sa = 0, sb = 0, product = 0;
    for (int k = 0; k < draws; k++) {
        const double x = d->value[(int64_t)k * d->n + a], y = d->value[(int64_t)k * d->n + b];
        if (isnan(x) || isnan(y)) continue;
        n++;
        sa += x;
        sb += y;
    }
    if (n < 2 || 2 * n < draws) return (double)NAN;
    for (int k = 0; k < draws; k++) {
        const double x = d->value[(int64_t)k * d->n + a], y = d->value[(int64_t)k * d->n + b];
        if (!isnan(x) && !isnan(y)) product += (x - sa / n) * (y - sb / n);
    }
    return product / (n - 1);
}

static int bootstrap(jd_moment_set_t *m, const jd_moment_frame_t *f, const jd_moment_options_t *o,
                     int n, jd_ctx_t *ctx)
{
    draws_t d = {.frame = f, .options = o, .n = n};
    const int64_t all = m->table.rows;
    if (f->blocks < 2)
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s has one block only, and the bootstrap draws blocks: take --block unit",
                       f->panel);
    if (f->blocks < 10)
        jd_warn(ctx, "%lld blocks are few: standard errors from fewer than 10 are too small",
                (long long)f->blocks);
    int rc = jd_make(&d.value, (int64_t)o->draws * n, sizeof *d.value, "the bootstrap", ctx);
    if (!rc) rc = jd_make(&m->covariance, all * all, sizeof *m->covariance, "the bootstrap", ctx);
    if (!rc) rc = draw_all(&d, ctx);
    for (int64_t i = 0; i < all && !rc; i++)
        for (int64_t j = 0; j < all; j++) {
            const bool known = i < n && j < n &&
                               !isnan(JD_CELLS(&m->table, JD_MOM_VALUE, double)[i]) &&
                               !isnan(JD_CELLS(&m->table, JD_MOM_VALUE, double)[j]);
            m->covariance[i * all + j] = known ? covariance(&d, (int)i, (int)j) : (double)NAN;
        }
    for (int64_t i = 0; i < n && !rc; i++)
        JD_CELLS(&m->table, JD_MOM_STD_ERROR, double)[i] = sqrt(m->covariance[i * all + i]);
    free(d.value);
    return rc;
}

int jd_moment_set_measure(jd_moment_set_t *m, const jd_moment_tables_t *tables,
                          const jd_moment_options_t *o, jd_ctx_t *ctx)
{
    jd_moment_frame_t f;
    double *w = NULL;
    memset(m, 0, sizeof *m);
    int rc = jd_moment_frame_make(&f, tables, o->block, ctx);
    if (!rc) rc = make_rows(m, o->estimators, ctx);
    const int n = (int)m->table.rows;
    if (!rc) rc = add_facts(m, tables->table(tables->user, "facts"), ctx);
    if (!rc) rc = jd_make(&m->why, m->table.rows, sizeof *m->why, "moments", ctx);
    if (!rc) rc = jd_make(&w, f.units, sizeof *w, "moments", ctx);
    for (int64_t i = 0; i < f.units && !rc; i++)
        w[i] = 1;
    if (!rc)
        rc = measure(&f, w, o->estimators, JD_CELLS(&m->table, JD_MOM_VALUE, double), m->why, ctx);
    m->panel = f.panel;
    m->units = f.units;
    m->periods = f.periods;
    m->blocks = f.blocks;
    if (!rc && o->draws > 0) rc = bootstrap(m, &f, o, n, ctx);
    free(w);
    jd_moment_frame_free(&f);
    if (rc) jd_moment_set_free(m);
    return rc;
}
