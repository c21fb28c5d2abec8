/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimators on a user's own data, and the figure of their event times. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figures.h"
#include "core/memory.h"
#include "jiedao/config.h"
#include "study/own_data.h"

enum { LIST_MAX = 1024, MESSAGE_MAX = 512 };

static const jd_column_t columns[JD_OWN_COLUMNS] = {
    {"estimator", JD_TEXT, "", "estimator", NULL, 32, JD_AXIS_CELL},
    {"quantity", JD_TEXT, "", "att: an effect; att_gt: of a cohort and period; coef: a coefficient",
     NULL, 16, JD_AXIS_CELL},
    {"term", JD_TEXT, "", "att: overall; e=..: event time; g=..,t=..; or a coefficient's name",
     NULL, JD_TERM_NAME, JD_AXIS_CELL},
    {"estimate", JD_DOUBLE, "1", "estimate", NULL, 0, JD_AXIS_CELL},
    {"std_error", JD_DOUBLE, "1", "standard error", NULL, 0, JD_AXIS_CELL},
    {"ci_low", JD_DOUBLE, "1", "lower end of the interval", NULL, 0, JD_AXIS_CELL},
    {"ci_high", JD_DOUBLE, "1", "upper end of the interval", NULL, 0, JD_AXIS_CELL},
    {"p_value", JD_DOUBLE, "1", "p-value of no effect", NULL, 0, JD_AXIS_CELL},
    {"n_obs", JD_INT64, "1", "rows used", NULL, 0, JD_AXIS_CELL},
    {"n_units", JD_INT32, "1", "units", NULL, 0, JD_AXIS_CELL},
    {"n_clusters", JD_INT32, "1", "clusters, 0 = not clustered", NULL, 0, JD_AXIS_CELL},
};

/* ---- Lines ---- */

static int add_line(jd_table_t *t, const char *estimator, const jd_term_t *term,
                    const double numbers[5], const jd_fit_t *fit, int exponent, jd_ctx_t *ctx)
{
    int rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    int64_t row = t->rows++;
    bool cell = strncmp(term->name, "g=", 2) == 0 && strstr(term->name, ",t=");
    jd_table_set_text(t, JD_OWN_ESTIMATOR, row, estimator);
    jd_table_set_text(t, JD_OWN_QUANTITY, row,
                      cell                          ? "att_gt"
                      : term->kind == JD_TERM_OTHER ? "coef"
                                                    : "att");
    jd_table_set_text(t, JD_OWN_TERM, row, term->name);
    for (int k = 0; k < 4; k++)
        jd_table_set_number(t, JD_OWN_ESTIMATE + k, row, ldexp(numbers[k], exponent));
    jd_table_set_number(t, JD_OWN_P_VALUE, row, numbers[4]);
    JD_CELLS(t, JD_OWN_N_OBS, int64_t)[row] = fit->n_obs;
    JD_CELLS(t, JD_OWN_N_UNITS, int32_t)[row] = fit->n_units;
    JD_CELLS(t, JD_OWN_N_CLUSTERS, int32_t)[row] = fit->n_clusters;
    return JD_OK;
}

/* An event study's mean effect: its terms e >= 0 weighted by treated rows, summed as a run sums
 * them. */
static int add_mean(jd_table_t *t, const jd_own_data_t *data, const char *estimator,
                    const jd_term_t *terms, const jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_panel_t *p = &data->panel;
    const jd_term_t term = {.name = "att", .kind = JD_TERM_OVERALL};
    double *weight, total = 0, mean = 0, variance = 0;
    int n = fit->n_terms, rc = jd_make(&weight, n, sizeof *weight, "estimates", ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < p->n; i++) {
        int64_t e = (int64_t)p->time[i] - p->cohort[i];
        if (p->cohort[i] == 0 || e < 0) continue;
        double rows = p->weight ? p->weight[i] : 1.0;
        for (int k = 0; k < n; k++)
            if (terms[k].kind == JD_TERM_EVENT && e >= terms[k].event_first &&
                e <= terms[k].event_last)
                weight[k] += rows, total += rows;
    }
    for (int k = 0; k < n; k++)
        weight[k] /= total > 0 ? total : 1;
    for (int k = 0; k < n; k++) {
        if (!(weight[k] > 0)) continue;
        mean += weight[k] * fit->estimate[k];
        for (int l = 0; l < n; l++)
            variance += weight[k] * weight[l] * fit->vcov[(int64_t)k * n + l];
    }
    double width = (fit->ci_high[0] - fit->estimate[0]) / fit->std_error[0], error = sqrt(variance);
    const double numbers[] = {mean, error, mean - width * error, mean + width * error, (double)NAN};
    free(weight);
    return total > 0 ? add_line(t, estimator, &term, numbers, fit, data->exponent, ctx) : JD_OK;
}

static int add_lines(jd_table_t *t, const jd_own_data_t *data, const char *estimator,
                     const jd_term_t *terms, const jd_fit_t *fit, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    if (data->panel.cohort && fit->n_terms > 0 && terms[0].kind == JD_TERM_EVENT)
        rc = add_mean(t, data, estimator, terms, fit, ctx);
    for (int k = 0; k < fit->n_terms && !rc; k++) {
        const double numbers[] = {fit->estimate[k], fit->std_error[k], fit->ci_low[k],
                                  fit->ci_high[k], fit->p_value[k]};
        rc = add_line(t, estimator, &terms[k], numbers, fit, data->exponent, ctx);
    }
    return rc;
}

/* ---- Estimators ---- */

static int run_one(jd_own_result_t *result, jd_own_fit_t *own, const jd_own_data_t *data,
                   const jd_did_options_t *options, const jd_vcov_options_t *vcov, jd_ctx_t *ctx)
{
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    int rc = jd_design_prepare(&design, own->estimator, &data->panel, options, ctx);
    if (!rc) rc = jd_design_infer(design, data->y, vcov, result->level, &fit, ctx);
    if (!rc) {
        own->facts = jd_design_facts(design);
        own->variance = fit.facts;
        rc = add_lines(&result->estimates, data, own->estimator->name, jd_design_terms(design),
                       &fit, ctx);
    }
    jd_fit_free(&fit);
    jd_design_free(design);
    return rc;
}

/* What does not apply is a sentence, not an error; memory and interruption are. */
static int try_one(jd_own_result_t *result, jd_own_fit_t *own, const jd_own_data_t *data,
                   const jd_did_options_t *options, const jd_vcov_options_t *vcov, jd_ctx_t *ctx)
{
    jd_ctx_t inner = jd_ctx_inner(ctx);
    inner.warn = ctx ? ctx->warn : NULL;
    inner.user = ctx ? ctx->user : NULL;
    int64_t before = result->estimates.rows;
    int rc = run_one(result, own, data, options, vcov, &inner);
    if (!rc) return JD_OK;
    if (rc == JD_ERR_NO_MEMORY || rc == JD_ERR_CANCELLED)
        return jd_fail(ctx, rc, "%s", inner.message);
    result->estimates.rows = before;
    size_t length = strcspn(inner.message, "\n");
    const char *name = own->estimator->name, *message = inner.message;
    size_t skip = strlen(name); /* the sentence is printed behind the name: not twice */
    if (length > skip + 2 && !strncmp(message, name, skip) && !strncmp(message + skip, ": ", 2)) {
        message += skip + 2;
        length -= skip + 2;
    }
    rc = jd_make(&own->reason, (int64_t)length + 1, 1, "a reason", ctx);
    if (!rc) memcpy(own->reason, message, length);
    return rc;
}

/* Appends an estimator by name. */
static int add_named(jd_own_result_t *result, const char *name, jd_ctx_t *ctx)
{
    const char *names[64];
    char list[LIST_MAX] = "";
    int n = 0;
    size_t at = 0;
    for (; jd_estimators[n] && n < 64; n++) {
        names[n] = jd_estimators[n]->name;
        if (at < sizeof list)
            at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", n ? ", " : "", names[n]);
    }
    const jd_estimator_t *found = jd_estimator_find(name);
    if (found) {
        for (int i = 0; i < result->n_fits; i++)
            if (result->fits[i].estimator == found) return JD_OK;
        result->fits[result->n_fits++].estimator = found;
        return JD_OK;
    }
    const char *near = jd_nearest(name, names, n);
    if (near)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--estimator %s: there is none of this name; did you mean '%s'?", name,
                       near);
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "--estimator %s: there is none of this name; there are: all, %s", name, list);
}

static int count_estimators(void)
{
    int n = 0;
    while (jd_estimators[n])
        n++;
    return n;
}

static int choose(jd_own_result_t *result, const char *names, bool all, jd_ctx_t *ctx)
{
    int rc =
        jd_make(&result->fits, count_estimators(), sizeof *result->fits, "the estimators", ctx);
    for (int i = 0; all && !rc && jd_estimators[i]; i++)
        result->fits[result->n_fits++].estimator = jd_estimators[i];
    for (const char *p = names; !all && !rc;) {
        char name[64];
        size_t length = strcspn(p, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), p);
        rc = add_named(result, name, ctx);
        p += length;
        if (!*p++) break;
    }
    return rc;
}

int jd_own_estimate(jd_own_result_t *result, const jd_own_data_t *data, const char *names,
                    const jd_did_options_t *options, const jd_vcov_options_t *vcov, double level,
                    jd_ctx_t *ctx)
{
    bool all = strcmp(names, "all") == 0;
    int applied = 0;
    jd_did_options_t how = *options;
    memset(result, 0, sizeof *result);
    result->level = level;
    how.no_unit_effects = how.no_unit_effects || data->no_unit_effects;
    how.no_time_effects = how.no_time_effects || data->no_time_effects;
    int rc = jd_table_init(&result->estimates, "estimates", "Estimates", columns, JD_OWN_COLUMNS,
                           64, ctx);
    if (!rc) rc = choose(result, names, all, ctx);
    for (int i = 0; i < result->n_fits && !rc; i++) {
        jd_own_fit_t *own = &result->fits[i];
        jd_progress_t progress = {.stage = "estimating", .done = i, .total = result->n_fits};
        jd_tell_progress(ctx, &progress);
        rc = jd_check_cancelled(ctx);
        if (!rc)
            rc = all ? try_one(result, own, data, &how, vcov, ctx)
                     : run_one(result, own, data, &how, vcov, ctx);
        applied += !rc && !own->reason;
    }
    if (!rc && applied == 0)
        rc = jd_fail(ctx, JD_ERR_DATA, "no estimator applies to these data: %s: %s",
                     result->fits[0].estimator->name, result->fits[0].reason);
    if (rc) jd_own_result_free(result);
    return rc;
}

void jd_own_result_free(jd_own_result_t *result)
{
    for (int i = 0; i < result->n_fits; i++)
        free(result->fits[i].reason);
    free(result->fits);
    jd_table_free(&result->estimates);
    memset(result, 0, sizeof *result);
}

/* ---- The figure ---- */

static unsigned format_of(const char *path)
{
    static const struct {
        const char *ending;
        unsigned format;
    } formats[] = {{".pdf", JD_FIGURE_PDF}, {".png", JD_FIGURE_PNG}, {".svg", JD_FIGURE_SVG}};
    const char *dot = strrchr(path, '.');
    for (int i = 0; dot && dot > path && dot[-1] != '/' && i < 3; i++)
        if (!strcmp(dot, formats[i].ending)) return formats[i].format;
    return 0;
}

int jd_own_plot_check(const char *path, jd_ctx_t *ctx)
{
    if (format_of(path)) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "--plot %s: the ending says the format: NAME.pdf, NAME.png or NAME.svg", path);
}

static void add_point(jd_table_t *events, const char *estimator, double e, double estimate,
                      double low, double high)
{
    int64_t row = events->rows++; /* room was made */
    jd_table_set_text(events, JD_EVENT_ESTIMATOR, row, estimator);
    jd_table_set_number(events, JD_EVENT_TIME, row, e);
    jd_table_set_number(events, JD_EVENT_ESTIMATE, row, estimate);
    jd_table_set_number(events, JD_EVENT_LOW, row, low);
    jd_table_set_number(events, JD_EVENT_HIGH, row, high);
}

/* Event times of one estimator; a gap at -1 amid leads is its reference period, drawn at zero. */
static bool add_events(jd_table_t *events, const jd_table_t *t, const char *estimator)
{
    char name[32], term[JD_TERM_NAME];
    bool lead = false, reference = true;
    int64_t before = events->rows;
    for (int64_t row = 0; row < t->rows; row++) {
        jd_table_text(t, JD_OWN_ESTIMATOR, row, name, sizeof name);
        jd_table_text(t, JD_OWN_TERM, row, term, sizeof term);
        if (strcmp(name, estimator) != 0 || strncmp(term, "e=", 2) != 0) continue;
        long e = strtol(term + 2, NULL, 10);
        lead = lead || e < -1;
        reference = reference && e != -1;
        add_point(events, estimator, (double)e, jd_table_number(t, JD_OWN_ESTIMATE, row),
                  jd_table_number(t, JD_OWN_CI_LOW, row), jd_table_number(t, JD_OWN_CI_HIGH, row));
    }
    if (lead && reference) add_point(events, estimator, -1, 0, (double)NAN, (double)NAN);
    return events->rows > before;
}

/* Folder and stem of a path, for the figures' options; owned by the caller. */
static int split_path(const char *path, char **folder, char **stem, jd_ctx_t *ctx)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path,
               *dot = strrchr(base, '.');
    size_t above = slash ? (size_t)(slash - path) : 0;
    int rc = jd_make(folder, (int64_t)above + 2, 1, path, ctx);
    if (!rc) rc = jd_make(stem, dot - base + 1, 1, path, ctx);
    if (rc) return rc;
    if (above)
        memcpy(*folder, path, above);
    else
        **folder = slash ? '/' : '.';
    memcpy(*stem, base, (size_t)(dot - base));
    return JD_OK;
}

int jd_own_plot(const jd_own_data_t *data, const jd_own_result_t *result, const char *path,
                jd_ctx_t *ctx)
{
    static const char *const periods[] = {"period", "year", "quarter", "month", "week", "day"};
    jd_table_t events = {0};
    jd_column_t list[JD_EVENT_COLUMNS];
    jd_figure_options_t options;
    char *folder = NULL, *stem = NULL;
    memcpy(list, jd_event_estimate_columns, sizeof list);
    list[JD_EVENT_TIME].unit = periods[data->period];
    list[JD_EVENT_ESTIMATE].unit = data->y_name;
    int drawn = 0, rc = jd_own_plot_check(path, ctx);
    if (!rc)
        rc = jd_table_init(&events, "events", "", list, JD_EVENT_COLUMNS,
                           result->estimates.rows + result->n_fits, ctx);
    for (int i = 0; i < result->n_fits && !rc; i++) {
        const char *name = result->fits[i].estimator->name;
        int64_t before = events.rows;
        if (!add_events(&events, &result->estimates, name) || ++drawn <= JD_FIGURE_ESTIMATORS)
            continue;
        events.rows = before;
        jd_warn(ctx,
                "--plot: %s is not drawn: a figure shows %d estimators; choose with --estimator",
                name, JD_FIGURE_ESTIMATORS);
    }
    if (!rc && events.rows == 0)
        rc = jd_fail(
            ctx, JD_ERR_DATA,
            "--plot %s: none of the estimators gives effects by event time; add event_study to "
            "--estimator",
            path);
    if (!rc) rc = split_path(path, &folder, &stem, ctx);
    if (!rc) {
        jd_figure_options_defaults(&options);
        options.folder = folder;
        options.stem = stem;
        options.formats = format_of(path);
        rc = jd_figure_event_time(&events, NULL, &options, ctx);
    }
    free(folder);
    free(stem);
    jd_table_free(&events);
    return rc;
}
