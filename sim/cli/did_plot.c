/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/did_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figures.h"
#include "core/memory.h"
#include "dataset/parts.h"

enum { AXIS_SIZE = 256, NAME_SIZE = 64 };

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

int jd_did_plot_check(const char *path, jd_ctx_t *ctx)
{
    if (format_of(path)) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "%s: the ending of a figure says its format: NAME.pdf, NAME.png or NAME.svg",
                   path);
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

/* Event times of one estimator, in rising order; the one gap amid leads is its reference period,
 * drawn at zero. Where there are several it is not known which of them is. */
static bool add_events(jd_table_t *events, const jd_table_t *t, const char *estimator)
{
    char name[NAME_SIZE];
    int32_t last = 0, reference = 0;
    int gaps = 0;
    int64_t before = events->rows;
    for (int64_t row = 0; row < t->rows; row++) {
        jd_table_text(t, JD_OWN_ESTIMATOR, row, name, sizeof name);
        if (strcmp(name, estimator) != 0 || jd_own_kind(t, row) != JD_OWN_EVENT) continue;
        int32_t e = jd_own_event(t, row), end = e < 0 ? e : 0;
        if (last < 0 && end > last + 1) {
            reference = last + 1;
            gaps += end - last - 1;
        }
        last = e;
        add_point(events, estimator, (double)e, jd_table_number(t, JD_OWN_ESTIMATE, row),
                  jd_table_number(t, JD_OWN_CI_LOW, row), jd_table_number(t, JD_OWN_CI_HIGH, row));
    }
    if (gaps == 1) add_point(events, estimator, (double)reference, 0, (double)NAN, (double)NAN);
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

/* The outcome, and what its effects are per where they are: "wage per unit of treatment"; effects
 * in log points are in no unit of the outcome. The text lives as long as `buffer`. */
static const char *axis_unit(const jd_own_data_t *data, const char *unit, char buffer[AXIS_SIZE])
{
    if (!unit || !*unit) return data->y_name;
    if (strncmp(unit, "per ", 4) != 0) return unit;
    snprintf(buffer, AXIS_SIZE, "%.180s %.60s", data->y_name, unit);
    return buffer;
}

/* Of an estimator that a table names; "" of one that is unknown. */
static const char *unit_of(const jd_own_result_t *result, const char *name)
{
    for (int i = 0; i < result->n_fits; i++)
        if (!strcmp(result->fits[i].name, name)) return jd_own_unit(&result->fits[i]);
    return "";
}

static void report_other_unit(const char *option, const char *name, const char *unit, jd_ctx_t *ctx)
{
    jd_warn(ctx, "%s: %s is measured in another unit (%s), so it is not drawn", option, name,
            *unit ? unit : "that of the outcome");
}

typedef int (*figure_t)(const jd_table_t *table, const jd_figure_options_t *options, jd_ctx_t *ctx);

static int draw(const char *path, const jd_figure_options_t *look, figure_t figure,
                const jd_table_t *table, jd_ctx_t *ctx)
{
    jd_figure_options_t options;
    char *folder = NULL, *stem = NULL;
    int rc = split_path(path, &folder, &stem, ctx);
    if (!rc) {
        options = *look;
        options.folder = folder;
        options.stem = stem;
        options.formats = format_of(path);
        rc = figure(table, &options, ctx);
    }
    free(folder);
    free(stem);
    return rc;
}

static int event_times(const jd_table_t *events, const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    return jd_figure_event_time(events, NULL, options, ctx);
}

int jd_did_plot(const jd_own_data_t *data, const jd_own_result_t *result, const char *path,
                const jd_figure_options_t *look, jd_ctx_t *ctx)
{
    jd_table_t events = {0};
    jd_column_t list[JD_EVENT_COLUMNS];
    memcpy(list, jd_event_estimate_columns, sizeof list);
    list[JD_EVENT_TIME].unit = *jd_own_period_unit(data) ? jd_own_period_unit(data) : "period";
    char left_out[512] = "", axis[AXIS_SIZE];
    size_t at = 0;
    const char *unit = NULL; /* of the first that is drawn: one axis shows one */
    int drawn = 0, rc = jd_did_plot_check(path, ctx);
    if (!rc)
        rc = jd_table_init(&events, "events", "", list, JD_EVENT_COLUMNS,
                           result->estimates.rows + result->n_fits, ctx);
    for (int i = 0; i < result->n_fits && !rc; i++) {
        const char *name = result->fits[i].name;
        int64_t before = events.rows;
        if (!add_events(&events, &result->estimates, name)) continue;
        if (!unit) unit = jd_own_unit(&result->fits[i]);
        if (strcmp(unit, jd_own_unit(&result->fits[i])) != 0) {
            events.rows = before;
            report_other_unit("--plot", name, jd_own_unit(&result->fits[i]), ctx);
            continue;
        }
        if (++drawn <= JD_FIGURE_ESTIMATORS) continue;
        events.rows = before;
        if (at < sizeof left_out)
            at +=
                (size_t)snprintf(left_out + at, sizeof left_out - at, "%s%s", at ? ", " : "", name);
    }
    if (*left_out)
        jd_warn(ctx, "--plot: a figure shows %d estimators, so not %s; choose with --estimator",
                JD_FIGURE_ESTIMATORS, left_out);
    if (!rc && events.rows == 0)
        rc = jd_fail(
            ctx, JD_ERR_DATA,
            "--plot %s: none of the estimators gives effects by event time; add event_study to "
            "--estimator",
            path);
    if (!rc) list[JD_EVENT_ESTIMATE].unit = axis_unit(data, unit, axis);
    if (!rc) rc = draw(path, look, event_times, &events, ctx);
    jd_table_free(&events);
    return rc;
}

/* A line of the diagnostics as a set; the usual interval goes before those of each restriction. */
static void add_set(jd_table_t *sets, const jd_table_t *t, int64_t row, int restriction, double m)
{
    char name[NAME_SIZE];
    int64_t to = sets->rows++; /* room was made */
    jd_table_text(t, JD_OWN_ESTIMATOR, row, name, sizeof name);
    jd_table_set_text(sets, JD_ROBUST_ESTIMATOR, to, name);
    jd_table_set_number(sets, JD_ROBUST_RESTRICTION, to, restriction);
    jd_table_set_number(sets, JD_ROBUST_M, to, m);
    jd_table_set_number(sets, JD_ROBUST_LOW, to, jd_table_number(t, JD_OWN_CI_LOW, row));
    jd_table_set_number(sets, JD_ROBUST_HIGH, to, jd_table_number(t, JD_OWN_CI_HIGH, row));
}

int jd_did_plot_sets(const jd_own_data_t *data, const jd_own_result_t *result, const char *path,
                     const jd_figure_options_t *look, jd_ctx_t *ctx)
{
    const jd_table_t *t = &result->diagnostics;
    jd_table_t sets = {0};
    jd_column_t list[JD_ROBUST_COLUMNS];
    char quantity[32], term[64], name[NAME_SIZE], last[NAME_SIZE] = "", axis[AXIS_SIZE];
    const char *unit = NULL; /* of the first that is drawn */
    memcpy(list, jd_robust_sets_columns, sizeof list);
    int rc = jd_did_plot_check(path, ctx);
    if (!rc) rc = jd_table_init(&sets, "sets", "", list, JD_ROBUST_COLUMNS, 2 * t->rows + 1, ctx);
    for (int64_t row = 0; row < t->rows && !rc; row++) {
        jd_table_text(t, JD_OWN_QUANTITY, row, quantity, sizeof quantity);
        jd_table_text(t, JD_OWN_TERM, row, term, sizeof term);
        const char *is = strchr(term, '=');
        bool smooth = !strcmp(quantity, "honest_smoothness");
        if (strncmp(quantity, "honest_", 7) != 0) continue;
        const char *own =
            unit_of(result, jd_table_text(t, JD_OWN_ESTIMATOR, row, name, sizeof name));
        if (!unit) unit = own;
        if (strcmp(own, unit) != 0) {
            if (strcmp(name, last) != 0) report_other_unit("--honest-plot", name, own, ctx);
            memcpy(last, name, sizeof last);
            continue;
        }
        if (!strcmp(quantity, "honest_original"))
            for (int k = 0; k < 2; k++)
                add_set(&sets, t, row, k, (double)NAN);
        else if ((smooth || !strcmp(quantity, "honest_relmag")) && is)
            add_set(&sets, t, row, smooth, strtod(is + 1, NULL));
    }
    if (!rc && sets.rows == 0)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "--honest-plot %s: there are no robust sets to draw; --diagnose honest makes "
                     "them, for estimators whose leads are measured from one period",
                     path);
    if (!rc) list[JD_ROBUST_LOW].unit = axis_unit(data, unit, axis);
    if (!rc) rc = draw(path, look, jd_figure_robust_sets, &sets, ctx);
    jd_table_free(&sets);
    return rc;
}
