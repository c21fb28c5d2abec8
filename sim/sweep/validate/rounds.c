/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/validate/rounds.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "study/inference.h"
#include "sweep/dgp/dgp.h"
#include "sweep/reads.h"

/* The config of a round: so many replicates behind those of the rounds before. What decides how
 * many rounds there are is no part of it. */
static int round_config(jd_config_t **made, const jd_validate_work_t *w, int64_t replicates,
                        jd_ctx_t *ctx)
{
    static const char *const plain[] = {"validate.until_mcse=0",     "validate.until_rate_mcse=0",
                                        "validate.most=100000",      "validate.replicates=200",
                                        "validate.published=",       "validate.published_error=",
                                        "validate.published_source="};
    char text[96];
    int rc = jd_config_copy(made, w->config, ctx);
    for (size_t i = 0; i < sizeof plain / sizeof *plain && !rc; i++)
        rc = jd_config_set(*made, "a round", plain[i], ctx);
    snprintf(text, sizeof text, "sweep.replicates=%" PRId64, replicates);
    if (!rc) rc = jd_config_set(*made, "a round", text, ctx);
    snprintf(text, sizeof text, "sweep.first=%" PRId64, w->validation->replicates);
    if (!rc) rc = jd_config_set(*made, "a round", text, ctx);
    return rc ? rc : jd_config_finish(*made, ctx);
}

/* Rounds and blocks are read in order, so the first that comes is the first of all but in a block
 * that was resumed. */
static void note_failure(const jd_validate_work_t *w, int64_t run, const jd_run_result_t *result)
{
    jd_validation_t *v = w->validation;
    if (!result->failed) return;
    if (v->failed++ > 0) return;
    v->first_failed = jd_plan_replicate(w->round, run) + 1;
    v->failed_point = (int32_t)jd_plan_point(w->round, run) + 1;
    memcpy(v->failure, result->message, sizeof v->failure);
}

int jd_validate_take(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    jd_validate_work_t *w = user;
    const jd_plan_t *plan = w->round;
    int64_t point = jd_plan_point(plan, run);
    note_failure(w, run, result);
    w->done[point] += result->failed == 0;
    int rc =
        jd_notes_tally_add(&w->tally, result->note, result->failed ? result->message : NULL, ctx);
    if (rc) return rc;
    return jd_series_add(&w->list, (int32_t)point, (int32_t)jd_plan_replicate(plan, run),
                         &result->table[JD_VALIDATE_ESTIMATES], &result->table[JD_VALIDATE_NULL],
                         ctx);
}

static int do_round(jd_validate_work_t *w, int64_t replicates, jd_ctx_t *ctx)
{
    jd_config_t *config = NULL;
    int rc = round_config(&config, w, replicates, ctx);
    if (!rc) rc = w->runs(w, config, ctx);
    w->round = NULL;
    if (!rc) {
        w->validation->rounds++;
        w->validation->replicates += replicates;
    }
    jd_config_free(config);
    return rc;
}

static void keep_larger(double *largest, double error)
{
    if (error > *largest) *largest = error;
}

/* The largest Monte-Carlo errors of an overall effect: of bias, and of coverage, power and size. */
static int largest_errors(const jd_series_list_t *list, jd_validation_t *to, jd_ctx_t *ctx)
{
    to->largest_error = to->largest_rate_error = 0;
    for (int i = 0; i < list->n; i++) {
        const jd_series_t *s = &list->series[i];
        jd_series_t used;
        jd_mc_value_t v[JD_MC_MEASURES];
        if (s->event_time != JD_NO_EVENT ||
            (strcmp(s->panel, "county") != 0 && strcmp(s->panel, "dgp") != 0))
            continue;
        int rc = jd_series_usable(s, false, &used, ctx);
        if (rc) return rc;
        const jd_mc_sample_t sample = jd_series_sample(&used);
        jd_mc_measure(&sample, v);
        keep_larger(&to->largest_error, v[JD_MC_BIAS].mcse);
        keep_larger(&to->largest_rate_error, v[JD_MC_COVERAGE].mcse);
        keep_larger(&to->largest_rate_error, v[JD_MC_POWER].mcse);
        keep_larger(&to->largest_rate_error, v[JD_MC_SIZE].mcse);
        jd_series_drop(&used);
    }
    return JD_OK;
}

/* How many times too large the worst error is, of those with a goal. */
static double excess(const jd_validation_t *v, const jd_validate_params_t *p)
{
    double bias = p->until_mcse > 0 ? v->largest_error / p->until_mcse : 0;
    double rate = p->until_rate_mcse > 0 ? v->largest_rate_error / p->until_rate_mcse : 0;
    return bias > rate ? bias : rate;
}

/* Replicates still needed: errors fall with the root of their number; a little more at once saves
 * rounds. */
static int64_t next_round(const jd_validate_work_t *w, const jd_validate_params_t *p)
{
    double n = (double)w->validation->replicates, over = excess(w->validation, p);
    if (over <= 1) return 0;
    double more = ceil(1.05 * n * over * over - n), left = (double)p->most - n;
    if (more < 10) more = 10;
    return (int64_t)(more < left ? more : left);
}

static int do_rounds(jd_validate_work_t *w, const jd_validate_params_t *p, jd_ctx_t *ctx)
{
    int64_t more = p->replicates < p->most ? p->replicates : p->most;
    int rc = JD_OK;
    while (!rc && more > 0) {
        rc = do_round(w, more, ctx);
        if (rc || !(p->until_mcse > 0 || p->until_rate_mcse > 0)) break;
        rc = largest_errors(&w->list, w->validation, ctx);
        more = next_round(w, p);
    }
    return rc;
}

/* ---- Tables ---- */

static const jd_column_t columns[JD_VAL_COLUMNS] = {
    {"point", JD_INT32, "1", "design point, from 1", NULL, 0, JD_AXIS_CELL},
    {"panel", JD_TEXT, "", "panel", NULL, 16, JD_AXIS_CELL},
    {"estimator", JD_TEXT, "", "estimator", NULL, 32, JD_AXIS_CELL},
    {"term", JD_TEXT, "", "att: the overall effect; e=..: an event time", NULL, 16, JD_AXIS_CELL},
    {"event_time", JD_INT32, "1", "event time, -1000 = none", NULL, 0, JD_AXIS_CELL},
    {"target", JD_TEXT, "", "what it is held against: att or ade", NULL, 8, JD_AXIS_CELL},
    {"measure", JD_TEXT, "", "what is measured", NULL, 24, JD_AXIS_CELL},
    {"value", JD_DOUBLE, "1", "value", NULL, 0, JD_AXIS_CELL},
    {"mcse", JD_DOUBLE, "1", "Monte-Carlo standard error of the value", NULL, 0, JD_AXIS_CELL},
    {"n", JD_INT64, "1", "replicates it rests on", NULL, 0, JD_AXIS_CELL},
    {"low", JD_DOUBLE, "1", "lower end of its 95 % Monte-Carlo interval", NULL, 0, JD_AXIS_CELL},
    {"high", JD_DOUBLE, "1", "upper end", NULL, 0, JD_AXIS_CELL},
};

static int add_value(jd_table_t *t, const jd_series_t *s, const char *target, const char *measure,
                     jd_mc_value_t v, jd_ctx_t *ctx)
{
    if (v.n == 0) return JD_OK;
    int rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    int64_t row = t->rows++;
    JD_CELLS(t, JD_VAL_POINT, int32_t)[row] = s->point + 1;
    jd_table_set_text(t, JD_VAL_PANEL, row, s->panel);
    jd_table_set_text(t, JD_VAL_ESTIMATOR, row, s->estimator);
    jd_table_set_text(t, JD_VAL_TERM, row, s->term);
    JD_CELLS(t, JD_VAL_EVENT_TIME, int32_t)[row] = s->event_time;
    jd_table_set_text(t, JD_VAL_TARGET, row, target);
    jd_table_set_text(t, JD_VAL_MEASURE, row, measure);
    JD_CELLS(t, JD_VAL_VALUE, double)[row] = v.value;
    JD_CELLS(t, JD_VAL_MCSE, double)[row] = v.mcse;
    JD_CELLS(t, JD_VAL_N, int64_t)[row] = v.n;
    JD_CELLS(t, JD_VAL_LOW, double)[row] = v.low;
    JD_CELLS(t, JD_VAL_HIGH, double)[row] = v.high;
    return JD_OK;
}

static int add_parts(jd_table_t *t, const jd_series_t *s, bool ade, jd_ctx_t *ctx)
{
    static const struct {
        const char *name;
        int att, ade; /* which of the series' parts */
    } parts[] = {{"part_measurement", 0, 0},
                 {"part_trends", 1, 1},
                 {"part_weights", 2, 5},
                 {"part_anticipation", 3, 6},
                 {"part_spillover", 4, 7}};
    int rc = JD_OK;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !rc; i++) {
        int k = ade ? parts[i].ade : parts[i].att;
        rc = add_value(t, s, ade ? "ade" : "att", parts[i].name, jd_mc_mean(s->part[k], s->n), ctx);
    }
    return rc;
}

/* Of the runs that are done; an event time no design has is no failure. */
static int add_series(jd_table_t *t, const jd_series_t *s, int64_t done, bool ade, jd_ctx_t *ctx)
{
    jd_series_t used;
    jd_mc_value_t v[JD_MC_MEASURES];
    int rc = jd_series_usable(s, ade, &used, ctx);
    if (rc) return rc;
    jd_mc_sample_t sample = jd_series_sample(&used);
    sample.failed = (s->event_time == JD_NO_EVENT ? done : s->n) - used.n;
    if (used.n > 0) {
        jd_mc_measure(&sample, v);
        for (int m = 0; m < JD_MC_MEASURES && !rc; m++)
            rc = add_value(t, s, ade ? "ade" : "att", jd_mc_name((jd_mc_measure_t)m), v[m], ctx);
        if (!rc) rc = add_parts(t, &used, ade, ctx);
    }
    jd_series_drop(&used);
    return rc;
}

static int add_if_silent(const jd_validate_work_t *w, int32_t point, const char *panel,
                         const char *name, const char *way, jd_ctx_t *ctx)
{
    jd_series_t none = {.point = point, .event_time = JD_NO_EVENT, .term = "att"};
    snprintf(none.panel, sizeof none.panel, "%s", panel);
    jd_inference_row(none.estimator, name, way);
    for (int i = 0; i < w->list.n; i++)
        if (w->list.series[i].point == point && !strcmp(w->list.series[i].panel, panel) &&
            !strcmp(w->list.series[i].estimator, none.estimator))
            return JD_OK;
    return add_value(&w->validation->table, &none, "att", jd_mc_name(JD_MC_FAILED),
                     jd_mc_share(w->done[point], w->done[point]), ctx);
}

/* An estimator requested by name that never answered has no series: all its fits failed. Likewise
 * a way of inference that it cannot have. */
static int add_silent(const jd_validate_work_t *w, int32_t point, jd_ctx_t *ctx)
{
    const jd_estimate_params_t *p = jd_config_section(w->config, "estimate");
    const jd_dgp_params_t *dgp = jd_config_section(w->config, "dgp");
    const char *panel = dgp->kind == JD_DGP_SIMULATOR ? "county" : "dgp";
    const jd_validate_params_t *v = jd_config_section(w->config, "validate");
    char name[JD_TERM_NAME], way[JD_TERM_NAME];
    int rc = JD_OK;
    if (w->done[point] == 0 || (dgp->kind == JD_DGP_SIMULATOR && !p->county)) return rc;
    if (*p->program) rc = add_if_silent(w, point, panel, "program", NULL, ctx);
    for (const char *at = p->estimators; !rc && (at = jd_estimate_next(at, name));) {
        jd_inference_t how;
        if (strcmp(name, "all") == 0) continue;
        if (!v->variance[0]) rc = add_if_silent(w, point, panel, name, NULL, ctx);
        for (const char *of = v->variance; !rc && (of = jd_estimate_next(of, way));)
            if (jd_inference_find(&how, way, &p->vcov))
                rc = add_if_silent(w, point, panel, name, how.label, ctx);
    }
    return rc;
}

static int make_table(jd_validate_work_t *w, jd_ctx_t *ctx)
{
    jd_validation_t *v = w->validation;
    int rc = jd_table_init(&v->table, "validation",
                           "What estimators do over the replicates of each point", columns,
                           JD_VAL_COLUMNS, 1024, ctx);
    for (int32_t point = 0; point < v->plan.n_points && !rc; point++) {
        for (int i = 0; i < w->list.n && !rc; i++) {
            if (w->list.series[i].point != point) continue;
            rc = add_series(&v->table, &w->list.series[i], w->done[point], false, ctx);
            if (!rc) rc = add_series(&v->table, &w->list.series[i], w->done[point], true, ctx);
        }
        if (!rc) rc = add_silent(w, point, ctx);
    }
    return rc;
}

/* A row a point: its number and values. The names lie behind the columns. */
static int make_points(jd_validation_t *v, jd_ctx_t *ctx)
{
    int n = v->plan.n_factors;
    struct {
        jd_column_t *columns;
        jd_plan_name_t *names;
    } own;
    char *block;
    int rc = jd_make(&block, 1, (size_t)(n + 1) * (sizeof *own.columns + sizeof *own.names),
                     "points", ctx);
    if (rc) return rc;
    own.columns = (void *)block;
    own.names = (void *)(block + (size_t)(n + 1) * sizeof *own.columns);
    own.columns[0] = columns[JD_VAL_POINT];
    jd_plan_columns(&v->plan, own.columns + 1, own.names);
    rc = jd_table_init(&v->points, "points", "Design points", own.columns, n + 1, v->plan.n_points,
                       ctx);
    if (rc) {
        free(block);
        return rc;
    }
    v->points.owned = block;
    v->points.rows = v->plan.n_points;
    for (int64_t i = 0; i < v->plan.n_points; i++) {
        JD_CELLS(&v->points, 0, int32_t)[i] = (int32_t)i + 1;
        jd_plan_put(&v->plan, i, &v->points, 1, i);
    }
    return JD_OK;
}

/* ---- Single replicates ---- */

static const jd_column_t replicate_columns[JD_REP_COLUMNS] = {
    {"point", JD_INT32, "1", "design point, from 1", NULL, 0, JD_AXIS_CELL},
    {"replicate", JD_INT32, "1", "replicate, from 1", NULL, 0, JD_AXIS_CELL},
    {"panel", JD_TEXT, "", "panel", NULL, 16, JD_AXIS_CELL},
    {"estimator", JD_TEXT, "", "estimator", NULL, 32, JD_AXIS_CELL},
    {"estimate", JD_DOUBLE, "1", "estimate of the overall effect", NULL, 0, JD_AXIS_CELL},
    {"std_error", JD_DOUBLE, "1", "standard error", NULL, 0, JD_AXIS_CELL},
    {"ci_low", JD_DOUBLE, "1", "lower end of the interval", NULL, 0, JD_AXIS_CELL},
    {"ci_high", JD_DOUBLE, "1", "upper end", NULL, 0, JD_AXIS_CELL},
    {"p_value", JD_DOUBLE, "1", "p-value of no effect", NULL, 0, JD_AXIS_CELL},
    {"att", JD_DOUBLE, "1", "truth: total effect on the treated cells", NULL, 0, JD_AXIS_CELL},
    {"ade", JD_DOUBLE, "1", "true direct effect, missing where it is not known", NULL, 0,
     JD_AXIS_CELL},
    {"null_rejected", JD_INT32, "1",
     "1: rejected in the same world without the policy, 0: not, -1: not estimated", NULL, 0,
     JD_AXIS_CELL},
    {"passed", JD_INT32, "1", "1: no lead is significant, 0: some is, -1: no leads", NULL, 0,
     JD_AXIS_CELL},
};

static void put_replicate(jd_table_t *t, const jd_series_t *s, int64_t i)
{
    int64_t row = t->rows++;
    JD_CELLS(t, JD_REP_POINT, int32_t)[row] = s->point + 1;
    JD_CELLS(t, JD_REP_REPLICATE, int32_t)[row] = s->replicate[i] + 1;
    jd_table_set_text(t, JD_REP_PANEL, row, s->panel);
    jd_table_set_text(t, JD_REP_ESTIMATOR, row, s->estimator);
    JD_CELLS(t, JD_REP_ESTIMATE, double)[row] = s->estimate[i];
    JD_CELLS(t, JD_REP_STD_ERROR, double)[row] = s->std_error[i];
    JD_CELLS(t, JD_REP_CI_LOW, double)[row] = s->low[i];
    JD_CELLS(t, JD_REP_CI_HIGH, double)[row] = s->high[i];
    JD_CELLS(t, JD_REP_P_VALUE, double)[row] = s->p_value[i];
    JD_CELLS(t, JD_REP_ATT, double)[row] = s->att[i];
    JD_CELLS(t, JD_REP_ADE, double)[row] = s->ade[i];
    JD_CELLS(t, JD_REP_NULL_REJECTED, int32_t)[row] = s->rejected[i];
    JD_CELLS(t, JD_REP_PASSED, int32_t)[row] = s->passed[i];
}

/* Overall effects, by point, estimator and replicate. */
static int make_replicates(const jd_validate_work_t *w, jd_ctx_t *ctx)
{
    jd_validation_t *v = w->validation;
    int64_t rows = 0;
    for (int i = 0; i < w->list.n; i++)
        if (w->list.series[i].event_time == JD_NO_EVENT) rows += w->list.series[i].n;
    int rc = jd_table_init(&v->singles, "replicates", "Overall effects in each replicate",
                           replicate_columns, JD_REP_COLUMNS, rows > 0 ? rows : 1, ctx);
    for (int32_t point = 0; point < v->plan.n_points && !rc; point++)
        for (int i = 0; i < w->list.n; i++) {
            const jd_series_t *s = &w->list.series[i];
            for (int64_t k = 0; s->point == point && s->event_time == JD_NO_EVENT && k < s->n; k++)
                put_replicate(&v->singles, s, k);
        }
    return rc;
}

/* ---- All ---- */

void jd_validation_free(jd_validation_t *v)
{
    jd_plan_free(&v->plan);
    jd_table_free(&v->table);
    jd_table_free(&v->points);
    jd_table_free(&v->singles);
    memset(v, 0, sizeof *v);
}

/* A config of no estimates is one for sweeps. */
static int check_asked(const jd_config_t *config, const jd_plan_t *plan, jd_ctx_t *ctx)
{
    const jd_estimate_params_t *p = jd_config_section(config, "estimate");
    const jd_dgp_params_t *dgp = jd_config_section(config, "dgp");
    bool any = dgp->kind != JD_DGP_SIMULATOR || p->county || p->sector || p->firm;
    for (int f = 0; f < plan->n_factors; f++)
        any = any || !strncmp(plan->factors[f].name, "estimate.", 9) ||
              !strcmp(plan->factors[f].name, "dgp.kind");
    if (any) return JD_OK;
    return jd_config_blame(config, "estimate", "county", ctx,
                           "is no, as are sector and firm: there is nothing to validate; jiedao "
                           "sweep runs a config without estimates");
}

/* The first point of a process that needs a note. */
static int note_process(const jd_config_t *config, const jd_plan_t *plan, jd_ctx_t *ctx)
{
    enum { MOST = 200 };
    bool noted = false;
    int rc = JD_OK;
    for (int64_t point = 0; point < plan->n_points && point < MOST && !noted && !rc; point++) {
        jd_ctx_t inner = jd_ctx_inner(ctx);
        jd_config_t *own = NULL;
        rc = jd_plan_config(&own, plan, config, point, &inner);
        noted = !rc && jd_dgp_note(jd_config_section(own, "dgp"), ctx);
        jd_config_free(own);
        rc = rc == JD_ERR_NO_MEMORY ? jd_fail(ctx, rc, "%s", inner.message) : JD_OK;
    }
    return rc;
}

int jd_validate_all(jd_validate_work_t *w, int (*begin)(jd_validate_work_t *work, jd_ctx_t *ctx),
                    int (*end)(jd_validate_work_t *work, jd_ctx_t *ctx), jd_ctx_t *ctx)
{
    jd_validation_t *v = w->validation;
    memset(v, 0, sizeof *v);
    int rc = jd_plan_make(&v->plan, w->config, ctx);
    if (!rc) rc = check_asked(w->config, &v->plan, ctx);
    if (!rc) rc = jd_reads_check(&v->plan, w->config, jd_validate_unread, ctx);
    if (!rc) rc = note_process(w->config, &v->plan, ctx);
    if (!rc) rc = jd_make(&w->done, v->plan.n_points, sizeof *w->done, "design points", ctx);
    if (!rc && begin) rc = begin(w, ctx);
    if (!rc) rc = do_rounds(w, jd_config_section(w->config, "validate"), ctx);
    if (!rc) rc = make_table(w, ctx);
    if (!rc) rc = make_points(v, ctx);
    if (!rc) rc = make_replicates(w, ctx);
    if (!rc && end) rc = end(w, ctx);
    jd_notes_tally_end(&w->tally, "runs", rc ? NULL : ctx);
    jd_series_free(&w->list);
    free(w->done);
    if (rc && rc != JD_ERR_CANCELLED) jd_validation_free(v);
    return rc;
}
