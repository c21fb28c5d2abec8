/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a frame and a request to tables. */
#include "dataset/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "core/memory.h"
#include "core/said.h"
#include "core/text.h"
#include "dataset/parts.h"
#include "dataset/request.h"
#include "linear/blas.h"

#define TEXT_COLUMN(name, width, label)                     \
    {                                                       \
        name, JD_TEXT, "", label, NULL, width, JD_AXIS_CELL \
    }
#define NUMBER(name, type, label)                     \
    {                                                 \
        name, type, "1", label, NULL, 0, JD_AXIS_CELL \
    }

/* ---- Remarks ---- */

enum { REMARK = 1024 };
enum { REMARK_OF, REMARK_TEXT };

static const jd_column_t remark_columns[] = {
    TEXT_COLUMN("of", 16, "data, or warning: what an estimator or a check says"),
    TEXT_COLUMN("text", REMARK, "a sentence"),
};

static int add_remark(jd_table_t *t, const char *of, const char *text, jd_ctx_t *ctx)
{
    int rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    jd_table_set_text(t, REMARK_OF, t->rows, of);
    jd_table_set_text(t, REMARK_TEXT, t->rows++, text);
    return JD_OK;
}

/* Warnings go to the caller, and into the table. */
typedef struct hearer {
    jd_ctx_t *ctx;
    jd_table_t *remarks;
    bool lost;
} hearer_t;

static void hear(void *user, const char *text)
{
    hearer_t *h = user;
    if (add_remark(h->remarks, "warning", text, NULL)) h->lost = true;
    jd_warn(h->ctx, "%s", text);
}

static int ask_stop(void *user)
{
    const jd_ctx_t *ctx = ((const hearer_t *)user)->ctx;
    return ctx && ctx->cancelled && ctx->cancelled(ctx->user);
}

static void tell(void *user, const jd_progress_t *progress)
{
    jd_report_progress(((const hearer_t *)user)->ctx, progress);
}

/* ---- Tables ---- */

enum {
    FIT_NAME,
    FIT_KIND,
    FIT_APPLIED,
    FIT_REASON,
    FIT_UNIT,
    FIT_N_OBS,
    FIT_N_UNITS,
    FIT_N_TREATED,
    FIT_N_PERIODS,
    FIT_N_CLUSTERS,
    FIT_N_TERMS,
    FIT_N_COLLINEAR,
    FIT_VARIANCE,
    FIT_FACTOR,
    FIT_DF,
    FIT_SAMPLES,
    FIT_UNIFORM,
    FIT_ALWAYS,
    FIT_SINGLETON,
    FIT_UNIMPUTABLE,
    FIT_LEVEL,
    FIT_R2,
    FIT_ADJUSTED,
    FIT_WITHIN,
    FIT_RMSE,
    FIT_PSEUDO,
    FIT_DEVIANCE,
    FIT_COLUMNS
};

enum { REASON = 1024 };

static const jd_column_t fit_columns[FIT_COLUMNS] = {
    [FIT_NAME] = TEXT_COLUMN("name", 32, "estimator or diagnostic"),
    [FIT_KIND] = TEXT_COLUMN("kind", 16, "estimator or diagnostic"),
    [FIT_APPLIED] = NUMBER("applied", JD_INT8, "1: it gave lines; 0: it does not apply"),
    [FIT_REASON] = TEXT_COLUMN("reason", REASON, "why it does not apply"),
    [FIT_UNIT] = TEXT_COLUMN("unit", 32, "what its effects are in; empty: units of the outcome"),
    [FIT_N_OBS] = NUMBER("n_obs", JD_INT64, "rows used"),
    [FIT_N_UNITS] = NUMBER("n_units", JD_INT32, "units"),
    [FIT_N_TREATED] = NUMBER("n_treated_units", JD_INT32, "units ever treated"),
    [FIT_N_PERIODS] = NUMBER("n_periods", JD_INT32, "periods"),
    [FIT_N_CLUSTERS] = NUMBER("n_clusters", JD_INT32, "clusters"),
    [FIT_N_TERMS] = NUMBER("n_terms", JD_INT32, "terms: rows of the covariance"),
    [FIT_N_COLLINEAR] = NUMBER("n_collinear", JD_INT32, "terms left out as collinear"),
    [FIT_VARIANCE] = TEXT_COLUMN("variance", 64, "kind of variance"),
    [FIT_FACTOR] = NUMBER("factor", JD_DOUBLE, "small-sample factor; missing: none"),
    [FIT_DF] = NUMBER("df", JD_DOUBLE, "degrees of freedom of t; infinite: normal"),
    [FIT_SAMPLES] = NUMBER("samples", JD_INT64, "samples of a bootstrap; 0: none"),
    [FIT_UNIFORM] =
        NUMBER("uniform", JD_DOUBLE, "intervals of event times in standard errors; missing: own"),
    [FIT_ALWAYS] = NUMBER("dropped_always_treated", JD_INT64, "rows left out: treated throughout"),
    [FIT_SINGLETON] = NUMBER("dropped_singleton", JD_INT64, "rows left out: alone in an effect"),
    [FIT_UNIMPUTABLE] =
        NUMBER("dropped_unimputable", JD_INT64, "rows left out: no untreated row like them"),
    [FIT_LEVEL] = NUMBER("level", JD_DOUBLE, "of its intervals; missing: it has none"),
    [FIT_R2] =
        NUMBER("r2", JD_DOUBLE,
               "share of the outcome's squares explained; missing, as below: not a regression"),
    [FIT_ADJUSTED] = NUMBER("adjusted_r2", JD_DOUBLE, "the same by degrees of freedom"),
    [FIT_WITHIN] = NUMBER("within_r2", JD_DOUBLE, "the same of what the fixed effects leave"),
    [FIT_RMSE] = NUMBER("rmse", JD_DOUBLE, "root of the mean squared residual"),
    [FIT_PSEUDO] = NUMBER("pseudo_r2", JD_DOUBLE, "McFadden's; missing: not Poisson"),
    [FIT_DEVIANCE] = NUMBER("deviance", JD_DOUBLE, "missing: not Poisson"),
};

static double positive(double x)
{
    return x > 0 ? x : (double)NAN;
}

static void fill_fit(jd_table_t *t, int64_t row, const jd_own_fit_t *fit, bool estimator)
{
    const jd_design_facts_t *f = &fit->facts;
    const double none = (double)NAN;
    const jd_quality_t q = fit->applied && estimator
                               ? fit->quality
                               : (jd_quality_t){none, none, none, none, none, none};
    const struct {
        int column;
        double value;
    } numbers[] = {{FIT_APPLIED, fit->applied},
                   {FIT_N_OBS, (double)f->n_obs},
                   {FIT_N_UNITS, f->n_units},
                   {FIT_N_TREATED, f->n_treated_units},
                   {FIT_N_PERIODS, f->n_periods},
                   {FIT_N_CLUSTERS, fit->variance.n_clusters},
                   {FIT_N_TERMS, fit->n_terms},
                   {FIT_N_COLLINEAR, f->n_collinear},
                   {FIT_FACTOR, positive(fit->variance.factor)},
                   {FIT_DF, positive(fit->variance.df)},
                   {FIT_SAMPLES, (double)fit->variance.samples},
                   {FIT_UNIFORM, positive(fit->uniform)},
                   {FIT_ALWAYS, (double)f->dropped.always_treated},
                   {FIT_SINGLETON, (double)f->dropped.singleton},
                   {FIT_UNIMPUTABLE, (double)f->dropped.unimputable},
                   {FIT_LEVEL, positive(fit->level)},
                   {FIT_R2, q.r2},
                   {FIT_ADJUSTED, q.adjusted_r2},
                   {FIT_WITHIN, q.within_r2},
                   {FIT_RMSE, q.rmse},
                   {FIT_PSEUDO, q.pseudo_r2},
                   {FIT_DEVIANCE, q.deviance}};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        jd_table_set_number(t, numbers[k].column, row, numbers[k].value);
    jd_table_set_text(t, FIT_NAME, row, fit->name);
    jd_table_set_text(t, FIT_KIND, row, estimator ? "estimator" : "diagnostic");
    jd_table_set_text(t, FIT_REASON, row, fit->reason && !fit->applied ? fit->reason : "");
    jd_table_set_text(t, FIT_UNIT, row, fit->applied && estimator ? jd_own_unit(fit) : "");
    jd_table_set_text(t, FIT_VARIANCE, row, fit->variance.name ? fit->variance.name : "");
}

static int make_fits(jd_table_t *t, const jd_own_result_t *r, jd_ctx_t *ctx)
{
    const int n = r->n_fits + r->n_diagnoses;
    int rc = jd_table_init(t, "fits", "Estimators and diagnostics", fit_columns, FIT_COLUMNS, n + 1,
                           ctx);
    for (int i = 0; i < n && !rc; i++, t->rows++)
        fill_fit(t, i, &r->fits[i], i < r->n_fits);
    return rc;
}

enum {
    DATA_ROWS,
    DATA_USED,
    DATA_UNITS,
    DATA_FIRST,
    DATA_LAST,
    DATA_UNIT,
    DATA_STEP,
    DATA_CLUSTERS,
    DATA_TREATED_CLUSTERS,
    DATA_NEVER,
    DATA_READ_AS,
    DATA_LATE,
    DATA_Y,
    DATA_LEVEL,
    DATA_COLUMNS
};

static const jd_column_t data_columns[DATA_COLUMNS] = {
    [DATA_ROWS] = NUMBER("n_rows", JD_INT64, "rows of the frame"),
    [DATA_USED] = NUMBER("n_used", JD_INT64, "rows in which nothing is missing"),
    [DATA_UNITS] = NUMBER("n_units", JD_INT32, "units"),
    [DATA_FIRST] = TEXT_COLUMN("first_period", JD_NAME_SIZE, "first period"),
    [DATA_LAST] = TEXT_COLUMN("last_period", JD_NAME_SIZE, "last period"),
    [DATA_UNIT] = TEXT_COLUMN("period_unit", 32, "what event times count; empty: whole numbers"),
    [DATA_STEP] = NUMBER("step", JD_INT32, "periods lie whole multiples of this apart"),
    [DATA_CLUSTERS] = NUMBER("n_clusters", JD_INT32, "clusters"),
    [DATA_TREATED_CLUSTERS] =
        NUMBER("n_treated_clusters", JD_INT32, "clusters ever treated; 0 for amounts"),
    [DATA_NEVER] = NUMBER("never_treated", JD_INT32, "units never treated; -1: not said"),
    [DATA_READ_AS] = TEXT_COLUMN("never_read_as", JD_OWN_NEVER_WIDTH, "what was read so"),
    [DATA_LATE] = NUMBER("adopt_later", JD_INT32, "units that adopt after the last period"),
    [DATA_Y] = TEXT_COLUMN("outcome", JD_TERM_NAME, "column of the outcome"),
    [DATA_LEVEL] = NUMBER("level", JD_DOUBLE, "of the intervals"),
};

static int make_facts(jd_table_t *t, const jd_analysis_t *a, jd_ctx_t *ctx)
{
    const jd_own_data_t *d = &a->data;
    char text[JD_NAME_SIZE];
    int rc = jd_table_init(t, "data", "The data", data_columns, DATA_COLUMNS, 1, ctx);
    if (rc) return rc;
    t->rows = 1;
    JD_CELLS(t, DATA_ROWS, int64_t)[0] = d->n_rows;
    JD_CELLS(t, DATA_USED, int64_t)[0] = d->panel.n;
    JD_CELLS(t, DATA_UNITS, int32_t)[0] = d->n_units;
    JD_CELLS(t, DATA_STEP, int32_t)[0] = d->step;
    JD_CELLS(t, DATA_CLUSTERS, int32_t)[0] = d->n_clusters;
    JD_CELLS(t, DATA_TREATED_CLUSTERS, int32_t)[0] = d->n_treated_clusters;
    JD_CELLS(t, DATA_NEVER, int32_t)[0] = d->never.told ? d->never.n : -1;
    JD_CELLS(t, DATA_LATE, int32_t)[0] = d->never.late;
    JD_CELLS(t, DATA_LEVEL, double)[0] = a->result.level;
    jd_table_set_text(t, DATA_FIRST, 0, jd_own_period_text(d, d->first, text, sizeof text));
    jd_table_set_text(t, DATA_LAST, 0, jd_own_period_text(d, d->last, text, sizeof text));
    jd_table_set_text(t, DATA_UNIT, 0, jd_own_period_unit(d));
    jd_table_set_text(t, DATA_READ_AS, 0, d->never.read_as);
    jd_table_set_text(t, DATA_Y, 0, d->y_name);
    return JD_OK;
}

static const jd_column_t dropped_columns[] = {
    TEXT_COLUMN("reason", 64, "what is missing or not finite"),
    NUMBER("rows", JD_INT64, "rows left out for it; each counts under the first that applies"),
};

static int make_dropped(jd_table_t *t, const jd_own_data_t *data, jd_ctx_t *ctx)
{
    int rc = jd_table_init(t, "dropped", "Rows left out", dropped_columns, 2, JD_OWN_REASONS, ctx);
    for (int k = 0; k < JD_OWN_REASONS && !rc; k++) {
        if (data->dropped[k] == 0) continue;
        jd_table_set_text(t, 0, t->rows, jd_own_reason(k));
        JD_CELLS(t, 1, int64_t)[t->rows++] = data->dropped[k];
    }
    return rc;
}

/* A table of lines without the columns that are for this folder alone. */
static jd_table_t shown(const jd_table_t *lines)
{
    jd_table_t t = *lines;
    t.n_columns = JD_OWN_KIND;
    return t;
}

static int make_tables(jd_analysis_t *a, jd_ctx_t *ctx)
{
    int rc = make_fits(&a->fits, &a->result, ctx);
    if (!rc) rc = make_facts(&a->facts, a, ctx);
    if (!rc) rc = make_dropped(&a->dropped, &a->data, ctx);
    for (int i = 0; i < a->data.n_remarks && !rc; i++)
        rc = add_remark(&a->remarks, "data", a->data.remark[i], ctx);
    if (!rc && a->data.left_out) rc = jd_own_rows_table(&a->rows, &a->data, &a->result, ctx);
    if (!rc && a->data.origin.n_columns)
        rc = jd_own_weights_table(&a->weights, &a->data, &a->result, ctx);
    a->lines[0] = shown(&a->result.estimates);
    a->lines[1] = shown(&a->result.diagnostics);
    a->lines[2] = shown(&a->result.details);
    return rc;
}

/* ---- All together ---- */

static int analyse(jd_analysis_t *a, const jd_frame_t *frame, const jd_request_t *request,
                   jd_ctx_t *ctx)
{
    jd_own_roles_t roles;
    jd_own_ask_t ask;
    jd_vcov_options_t vcov;
    memcpy(a->style, request->style, sizeof a->style);
    a->source = jd_copy_text(frame->name, strlen(frame->name), ctx);
    const char *cluster = request->roles.cluster;
    if (cluster) a->cluster = jd_copy_text(cluster, strlen(cluster), ctx);
    int rc = a->source && (!cluster || a->cluster) ? JD_OK : JD_ERR_NO_MEMORY;
    if (!rc) rc = jd_request_settle(request, &roles, &ask, &vcov, ctx);
    if (!rc && !request->checked) jd_request_report_unused(request, ctx);
    if (!rc) rc = jd_own_data_make(&a->data, frame, &roles, ctx);
    if (!rc) rc = jd_own_estimate(&a->result, &a->data, &ask, ctx);
    if (!rc) rc = make_tables(a, ctx);
    return rc;
}

/* Errors of the call become the caller's. */
static int hand_over(jd_ctx_t *to, const jd_ctx_t *from, int rc)
{
    if (!to || !from->n_errors) return rc;
    jd_fail_at(to, rc, from->role, from->row - 1, "%s", from->message);
    to->n_errors += from->n_errors - 1;
    return rc;
}

/* A context for the call, whose warnings become remarks too. */
static jd_ctx_t listen(hearer_t *hearer, const char *style)
{
    jd_ctx_t inner = jd_ctx_inner(hearer->ctx);
    inner.user = hearer;
    inner.warn = hear;
    inner.cancelled = ask_stop;
    inner.progress = tell;
    inner.style = style;
    return inner;
}

int jd_analyse(jd_analysis_t **analysis, const jd_frame_t *frame, const jd_request_t *request,
               jd_ctx_t *ctx)
{
    jd_analysis_t *a;
    *analysis = NULL;
    jd_ctx_enter(ctx);
    int rc = jd_make(&a, 1, sizeof *a, "an analysis", ctx);
    if (!rc) rc = jd_table_init(&a->remarks, "remarks", "Remarks", remark_columns, 2, 4, ctx);
    if (rc) {
        jd_analysis_free(a);
        return rc;
    }
    hearer_t hearer = {.ctx = ctx, .remarks = &a->remarks};
    jd_ctx_t inner = listen(&hearer, request->style);
    jd_blas_alone_begin(); /* the same bits in whatever process this is */
    rc = analyse(a, frame, request, &inner);
    jd_blas_alone_end();
    if (!rc && hearer.lost) rc = jd_fail_memory(&inner, REMARK, "a remark");
    hand_over(ctx, &inner, rc);
    if (rc)
        jd_analysis_free(a);
    else
        *analysis = a;
    return rc;
}

void jd_analysis_free(jd_analysis_t *a)
{
    if (!a) return;
    jd_own_rows_free(&a->rows);
    jd_own_weights_free(&a->weights);
    jd_table_free(&a->fits);
    jd_table_free(&a->facts);
    jd_table_free(&a->dropped);
    jd_table_free(&a->remarks);
    jd_own_result_free(&a->result);
    jd_own_data_free(&a->data);
    free(a->source);
    free(a->cluster);
    free(a->text);
    free(a);
}

/* ---- Other errors ---- */

/* Row of an estimator that was kept, or -1. */
static int find_kept(const jd_analysis_t *a, const char *estimator, jd_ctx_t *ctx)
{
    const jd_own_result_t *r = &a->result;
    int i = 0;
    while (i < r->n_fits && strcmp(r->fits[i].name, estimator) != 0)
        i++;
    if (i == r->n_fits)
        (void)jd_fail(ctx, JD_ERR_ARGUMENT, "%s is none of the estimators of this analysis",
                      estimator);
    else if (!r->fits[i].applied)
        (void)jd_fail(ctx, JD_ERR_ARGUMENT, "%s does not apply to these data: %s", estimator,
                      r->fits[i].reason);
    else if (!r->fits[i].design)
        (void)jd_fail(ctx, JD_ERR_ARGUMENT,
                      "%s: its design was not kept; set \3keep\2 yes and analyse again", estimator);
    else
        return i;
    return -1;
}

/* Options that would change more than errors are refused, not ignored. */
static int check_other(const jd_analysis_t *a, const jd_request_t *other, jd_ctx_t *ctx)
{
    const size_t from = offsetof(jd_request_t, vcov), to = from + sizeof other->vcov;
    for (int i = 0; i < other->n_asked; i++) {
        const jd_own_option_t *o = other->asked[i].option;
        const char *text = other->asked[i].text;
        if ((o->at >= from && o->at < to) || !strcmp(o->name, "level")) continue;
        if (!strcmp(o->name, "cluster") && a->cluster && !strcmp(text, a->cluster)) continue;
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "\1%s\2 changes more than the errors of estimates that are there; make a "
                       "new analysis with it",
                       o->name);
    }
    return JD_OK;
}

/* The level all have, missing where they differ. */
static void settle_level(jd_analysis_t *a)
{
    double level = 0;
    for (int i = 0; i < a->result.n_fits; i++) {
        const jd_own_fit_t *fit = &a->result.fits[i];
        if (fit->applied) level = level == 0 || level == fit->level ? fit->level : (double)NAN;
    }
    a->result.level = level;
    JD_CELLS(&a->facts, DATA_LEVEL, double)[0] = level;
}

static int infer(jd_analysis_t *a, const char *estimator, const jd_request_t *other, jd_ctx_t *ctx)
{
    jd_own_roles_t roles;
    jd_own_ask_t ask;
    jd_vcov_options_t vcov;
    jd_request_t request = *other;
    const int row = find_kept(a, estimator, ctx);
    if (row < 0) return JD_ERR_ARGUMENT;
    jd_own_fit_t *fit = &a->result.fits[row];
    request.roles.cluster = a->cluster;
    int rc = check_other(a, other, ctx);
    if (!rc) rc = jd_request_settle(&request, &roles, &ask, &vcov, ctx);
    if (!rc && !other->checked) jd_request_report_unused(&request, ctx);
    if (!rc) rc = jd_own_infer(&a->result, fit, &a->data, &ask, ctx);
    if (rc) return rc;
    fill_fit(&a->fits, row, fit, true);
    settle_level(a);
    return JD_OK;
}

int jd_analysis_infer(jd_analysis_t *a, const char *estimator, const jd_request_t *other,
                      jd_ctx_t *ctx)
{
    hearer_t hearer = {.ctx = ctx, .remarks = &a->remarks};
    const int64_t remarks = a->remarks.rows;
    jd_ctx_enter(ctx);
    jd_ctx_t inner = listen(&hearer, other->style);
    jd_blas_alone_begin();
    int rc = infer(a, estimator, other, &inner);
    jd_blas_alone_end();
    if (rc) a->remarks.rows = remarks;
    return hand_over(ctx, &inner, rc);
}

const jd_table_t *jd_analysis_table(const jd_analysis_t *a, const char *name)
{
    const struct {
        const char *name;
        const jd_table_t *table;
    } tables[] = {
        {"estimates", &a->lines[0]}, {"diagnostics", &a->lines[1]}, {"details", &a->lines[2]},
        {"fits", &a->fits},          {"data", &a->facts},           {"dropped", &a->dropped},
        {"remarks", &a->remarks},    {"weights", &a->weights},      {"rows", &a->rows}};
    for (size_t k = 0; k < sizeof tables / sizeof *tables; k++)
        if (!strcmp(tables[k].name, name) && tables[k].table->n_columns) return tables[k].table;
    return NULL;
}

const double *jd_analysis_vcov(const jd_analysis_t *a, const char *estimator, int *n)
{
    *n = 0;
    for (int i = 0; i < a->result.n_fits; i++) {
        const jd_own_fit_t *fit = &a->result.fits[i];
        if (!fit->applied || strcmp(fit->name, estimator) != 0) continue;
        *n = fit->n_terms;
        return fit->vcov;
    }
    return NULL;
}

/* ---- As the program prints it ---- */

static int print(FILE *out, const jd_analysis_t *a, const char *format, jd_ctx_t *ctx)
{
    static const char *const formats[] = {
        [JD_OWN_JSON] = "json", [JD_OWN_LATEX] = "latex", [JD_OWN_MARKDOWN] = "markdown"};
    if (!strcmp(format, "text") && isnan(a->result.level))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "intervals of the estimators have different levels, and the text names one: "
                       "infer all with the same level first");
    if (!strcmp(format, "text")) return jd_own_print(out, &a->data, &a->result, a->source, ctx);
    for (int k = JD_OWN_JSON; k <= JD_OWN_MARKDOWN; k++)
        if (!strcmp(format, formats[k]))
            return jd_own_print_table(out, &a->data, &a->result, (jd_own_format_t)k, ctx);
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "there is no format '%s'; there are text, json, latex, markdown", format);
}

/* Room for options that grow longer where they are written in the caller's style. */
static int said_in_style(jd_analysis_t *a, char *text, size_t length, jd_ctx_t *ctx)
{
    size_t marks = 0;
    for (const char *p = text; *p; p++)
        marks += *p == JD_MARK_END;
    int rc = jd_make(&a->text, (int64_t)(length + 16 * marks + 1), 1, "a text", ctx);
    if (rc) return rc;
    memcpy(a->text, text, length + 1);
    jd_say_options(a->text, length + 16 * marks + 1, a->style);
    return JD_OK;
}

const char *jd_analysis_text(jd_analysis_t *a, const char *format, jd_ctx_t *ctx)
{
    char *text = NULL;
    size_t length = 0;
    jd_ctx_enter(ctx);
    free(a->text);
    a->text = NULL;
    FILE *out = open_memstream(&text, &length);
    if (!out) {
        jd_note_no_memory(ctx, 1, "a text");
        return NULL;
    }
    int rc = print(out, a, format, ctx);
    const bool failed = ferror(out);
    if ((fclose(out) != 0 || failed) && !rc) rc = jd_fail_memory(ctx, length, "a text");
    if (!rc) rc = said_in_style(a, text, length, ctx);
    free(text);
    return rc ? NULL : a->text;
}
