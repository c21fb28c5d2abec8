/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of a validation: bias, rates and pretests of estimators by what is swept. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "drawing/figure.h"
#include "drawing/tables.h"
#include "sweep/validate/validate.h"

enum { WORD_SIZE = 40, NAME_SIZE = 64, PLACES = 24, LABEL_SIZE = 128 };

/* Where a point stands on the axis: at its parameter's value, or among words. */
typedef struct place {
    double x;
    char word[WORD_SIZE];
} place_t;

typedef struct study {
    jd_table_t points, results, config;
    place_t *places; /* [points.rows] */
    char label[LABEL_SIZE], unit[JD_FACTOR_NAME];
    bool left_out;              /* more estimators than a figure shows */
    bool ratios;                /* estimators of a log ratio, whose bias is not drawn */
    bool estimators_are_places; /* one point: estimators stand side by side */
    jd_column_t columns[JD_CURVE_COLUMNS];
    jd_table_t curves;
} study_t;

/* ---- The axis ---- */

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Whether values lie so unevenly that some would fall together on an axis. */
static int lie_unevenly(const jd_table_t *points, bool *uneven, jd_ctx_t *ctx)
{
    double *x = NULL, step = HUGE_VAL;
    int64_t n = points->rows;
    int rc = jd_make(&x, n, sizeof *x, "places", ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < n; i++)
        x[i] = jd_table_number(points, 1, i);
    qsort(x, (size_t)n, sizeof *x, compare_numbers);
    for (int64_t i = 1; i < n; i++)
        if (x[i] > x[i - 1]) step = fmin(step, x[i] - x[i - 1]);
    *uneven = n <= PLACES && step < (x[n - 1] - x[0]) / 25;
    free(x);
    return JD_OK;
}

static void add_words(char *text, size_t size, const char *between, const char *more)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used ? between : "", more);
}

/* All factors' values of each point in words, in the points' order. */
static void place_by_words(study_t *w)
{
    const jd_table_t *p = &w->points;
    for (int f = 1; f < p->n_columns; f++) {
        jd_factor_axis_t axis;
        jd_factor_axis(&axis, p, f, &w->config);
        add_words(w->label, sizeof w->label, " / ", axis.name);
        snprintf(w->unit, sizeof w->unit, "%s", p->n_columns == 2 ? axis.unit : "");
        for (int64_t i = 0; i < p->rows; i++) {
            char value[WORD_SIZE];
            if (p->columns[f].type == JD_TEXT)
                jd_table_text(p, f, i, value, sizeof value);
            else
                snprintf(value, sizeof value, "%.4g", axis.scale * jd_table_number(p, f, i));
            add_words(w->places[i].word, WORD_SIZE, " / ", value);
            w->places[i].x = (double)i + 1;
        }
    }
}

static int place_points(study_t *w, jd_ctx_t *ctx)
{
    const jd_table_t *p = &w->points;
    bool words = p->n_columns > 2 || (p->n_columns == 2 && p->columns[1].type == JD_TEXT);
    int rc = jd_make(&w->places, p->rows, sizeof *w->places, "places", ctx);
    w->estimators_are_places = p->n_columns == 1 || p->rows == 1;
    if (rc || w->estimators_are_places) return rc;
    if (!words) rc = lie_unevenly(p, &words, ctx);
    if (rc) return rc;
    if (words && p->rows > PLACES)
        return jd_fail(ctx, JD_ERR_DATA,
                       "%lld points of several parameters do not fit one axis: up to %d do, or any "
                       "number of points of one parameter",
                       (long long)p->rows, PLACES);
    if (words) {
        place_by_words(w);
        return JD_OK;
    }
    jd_factor_axis_t axis;
    jd_factor_axis(&axis, p, 1, &w->config);
    snprintf(w->label, sizeof w->label, "%s", axis.name);
    snprintf(w->unit, sizeof w->unit, "%s", axis.unit);
    for (int64_t i = 0; i < p->rows; i++)
        w->places[i].x = axis.scale * jd_table_number(p, 1, i);
    return JD_OK;
}

/* ---- Rows ---- */

/* Overall effects against the ATT, in panels whose effects are of one scale. */
static bool is_wanted(const jd_table_t *t, int64_t row)
{
    return jd_cell_is(t, "term", row, "att") && jd_cell_is(t, "target", row, "att") &&
           !jd_cell_is(t, "panel", row, "firm");
}

static void name_series(const study_t *w, int64_t row, char name[NAME_SIZE])
{
    char own[32];
    const jd_table_t *t = &w->results;
    jd_table_text(t, JD_VAL_ESTIMATOR, row, own, sizeof own);
    snprintf(name, NAME_SIZE, "%s%s", jd_estimator_name(own),
             jd_cell_is(t, "panel", row, "sector_county") ? ", sector × county" : "");
}

/* Number of an estimator's name among those seen, which grows. */
typedef struct names {
    int n;
    char name[PLACES][NAME_SIZE];
} names_t;

static int find_name(names_t *names, const char *name)
{
    int k = 0;
    while (k < names->n && strcmp(names->name[k], name) != 0)
        k++;
    if (k == names->n && k < PLACES)
        snprintf(names->name[names->n++], sizeof names->name[0], "%s", name);
    return k;
}

static int64_t begin_row(study_t *w, int point, int k, const char *name)
{
    jd_table_t *c = &w->curves;
    int64_t row = c->rows++;
    for (int i = 0; i < JD_CURVE_COLUMNS; i++)
        if (c->columns[i].type == JD_DOUBLE) jd_table_set_number(c, i, row, (double)NAN);
    const place_t *place = &w->places[point];
    bool aside = w->estimators_are_places;
    jd_table_set_number(c, JD_CURVE_X, row, aside ? k + 1 : place->x);
    jd_table_set_text(c, JD_CURVE_WORD, row, aside ? name : place->word);
    jd_table_set_text(c, JD_CURVE_ESTIMATOR, row, aside ? "" : name);
    return row;
}

/* Whether a row speaks of the outcome's mean: a log ratio or an effect per dose has no place on its
 * axis. */
static bool is_of_firms(const jd_table_t *t, int64_t row)
{
    char name[32];
    jd_table_text(t, JD_VAL_ESTIMATOR, row, name, sizeof name);
    return jd_estimate_unit("", name) == JD_TARGET_MEAN;
}

/* What is no rate is left out where the axis is not the estimator's. */
static void put_measure(study_t *w, int64_t row, int64_t from)
{
    static const struct {
        const char *measure;
        int column;
        int more; /* columns behind it: an error, or an interval's ends */
    } places[] = {
        {"bias", JD_CURVE_BIAS, 0},
        {"part_measurement", JD_CURVE_PARTS, 0},
        {"part_trends", JD_CURVE_PARTS + 1, 0},
        {"part_weights", JD_CURVE_PARTS + 2, 0},
        {"part_anticipation", JD_CURVE_PARTS + 3, 0},
        {"part_spillover", JD_CURVE_PARTS + 4, 0},
        {"bias_if_passed", JD_CURVE_PASSED, 1},
        {"coverage", JD_CURVE_COVERAGE, 2},
        {"size", JD_CURVE_SIZE, 2},
        {"power", JD_CURVE_POWER, 2},
    };
    double error = jd_table_number(&w->results, JD_VAL_MCSE, from);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!jd_cell_is(&w->results, "measure", from, places[i].measure)) continue;
        if (places[i].column < JD_CURVE_COVERAGE && !is_of_firms(&w->results, from)) {
            w->ratios = true;
            continue;
        }
        jd_table_set_number(&w->curves, places[i].column, row,
                            jd_table_number(&w->results, JD_VAL_VALUE, from));
        if (places[i].more == 1) jd_table_set_number(&w->curves, places[i].column + 1, row, error);
        for (int k = 0; places[i].more == 2 && k < 2; k++)
            jd_table_set_number(&w->curves, places[i].column + 1 + k, row,
                                jd_table_number(&w->results, JD_VAL_LOW + k, from));
        if (i == 0) jd_table_set_number(&w->curves, JD_CURVE_BIAS_SE, row, error);
    }
}

/* Where there is no effect, to find one is an error of the first kind. */
static void call_power_size(jd_table_t *curves, int64_t row, bool effect)
{
    if (effect || !isnan(jd_table_number(curves, JD_CURVE_SIZE, row))) return;
    for (int k = 0; k < 3; k++) {
        double v = jd_table_number(curves, JD_CURVE_POWER + k, row);
        jd_table_set_number(curves, JD_CURVE_SIZE + k, row, v);
        jd_table_set_number(curves, JD_CURVE_POWER + k, row, (double)NAN);
    }
}

static int fill_curves(study_t *w, jd_ctx_t *ctx)
{
    const jd_table_t *t = &w->results;
    names_t *names = NULL;
    char name[NAME_SIZE];
    int64_t at = -1;
    int last_k = -1, last_point = -1,
        most = w->estimators_are_places ? PLACES : JD_FIGURE_ESTIMATORS;
    bool effect = true;
    int rc = jd_make(&names, 1, sizeof *names, "estimators", ctx);
    for (int64_t row = 0; row < t->rows && !rc; row++) {
        if (!is_wanted(t, row)) continue;
        name_series(w, row, name);
        int k = find_name(names, name), point = (int)jd_cell(t, "point", row) - 1;
        if (k >= most || point < 0 || point >= w->points.rows) {
            w->left_out = true;
            continue;
        }
        if (k != last_k || point != last_point) {
            if (at >= 0) call_power_size(&w->curves, at, effect);
            rc = jd_table_reserve(&w->curves, w->curves.rows + 1, ctx);
            if (!rc) at = begin_row(w, point, k, name);
            effect = true;
        }
        last_k = k;
        last_point = point;
        if (!rc && jd_cell_is(t, "measure", row, "truth")) effect = jd_cell(t, "value", row) != 0;
        if (!rc) put_measure(w, at, row);
    }
    if (at >= 0 && !rc) call_power_size(&w->curves, at, effect);
    free(names);
    return rc;
}

/* ---- All ---- */

/* The outcome that the config names. */
static const char *outcome_of(const study_t *w, char outcome[JD_FACTOR_NAME])
{
    int c = jd_table_find(&w->config, "value");
    outcome[0] = '\0';
    for (int64_t row = 0; c >= 0 && row < w->config.rows; row++)
        if (jd_cell_is(&w->config, "section", row, "estimate") &&
            jd_cell_is(&w->config, "name", row, "outcome"))
            return jd_table_text(&w->config, c, row, outcome, JD_FACTOR_NAME);
    return outcome;
}

static int read_study(study_t *w, const jd_source_t *s, jd_ctx_t *ctx)
{
    int rc = jd_store_read(s->store, "points", &w->points, ctx);
    if (!rc) rc = jd_store_read(s->store, "validation", &w->results, ctx);
    if (!rc) rc = jd_store_read(s->store, "config/parameters", &w->config, ctx);
    if (!rc && w->results.n_columns < JD_VAL_COLUMNS)
        rc = jd_fail(ctx, JD_ERR_DATA, "table 'validation' lacks columns");
    if (!rc) rc = place_points(w, ctx);
    if (rc) return rc;
    char outcome[JD_FACTOR_NAME];
    bool process = w->results.rows > 0 && jd_cell_is(&w->results, "panel", 0, "dgp");
    memcpy(w->columns, jd_curve_columns, sizeof w->columns);
    w->columns[JD_CURVE_X].label = w->label;
    w->columns[JD_CURVE_X].unit = w->unit;
    w->columns[JD_CURVE_BIAS].unit = process ? "1" : jd_outcome_unit(outcome_of(w, outcome));
    rc = jd_table_init(&w->curves, "validation", "", w->columns, JD_CURVE_COLUMNS, 64, ctx);
    return rc ? rc : fill_curves(w, ctx);
}

static void copy_row(jd_table_t *t, int64_t to, int64_t from)
{
    for (int c = 0; c < t->n_columns; c++) {
        size_t size = jd_column_size(&t->columns[c]);
        memmove((char *)t->data[c] + (size_t)to * size, (char *)t->data[c] + (size_t)from * size,
                size);
    }
}

/* Estimators that stand side by side and have nothing to show leave no empty place, which would
 * look like no bias; the others close up. */
static void close_up(study_t *w, int column)
{
    jd_table_t *t = &w->curves;
    int64_t kept = 0;
    if (!w->estimators_are_places) return;
    for (int64_t row = 0; row < t->rows; row++) {
        if (isnan(jd_table_number(t, column, row))) continue;
        copy_row(t, kept, row);
        jd_table_set_number(t, JD_CURVE_X, kept, (double)(kept + 1));
        kept++;
    }
    t->rows = kept;
}

static int draw(const jd_source_t *s, const jd_figure_options_t *o,
                int (*figure)(const jd_table_t *, const jd_figure_options_t *, jd_ctx_t *),
                jd_ctx_t *ctx)
{
    study_t w = {0};
    int rc = read_study(&w, s, ctx);
    if (!rc && figure == jd_figure_bias_by) close_up(&w, JD_CURVE_BIAS);
    if (!rc && figure == jd_figure_pretest) close_up(&w, JD_CURVE_PASSED);
    if (!rc) rc = figure(&w.curves, o, ctx);
    if (!rc && w.left_out && figure == jd_figure_bias_by) /* once */
        jd_warn(ctx,
                "%s: the first %d estimators are drawn; name those to compare in "
                "estimate.estimators",
                s->path, w.estimators_are_places ? PLACES : JD_FIGURE_ESTIMATORS);
    if (w.ratios && (!rc || rc == JD_ERR_DATA) && figure == jd_figure_bias_by)
        jd_warn(ctx,
                "%s: poisson estimates a log ratio, wald_did an effect per dose: their bias is not "
                "drawn among those in firms",
                s->path);
    jd_table_free(&w.curves);
    jd_table_free(&w.points);
    jd_table_free(&w.results);
    jd_table_free(&w.config);
    free(w.places);
    return rc;
}

static int draw_bias_by(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    return draw(s, o, jd_figure_bias_by, ctx);
}

const jd_figure_t jd_drawing_bias_by = {
    .name = "bias_by",
    .label = "bias of each estimator and its parts, with Monte-Carlo intervals",
    .of = JD_FILE_VALIDATION,
    .tables = "points,validation",
    .draw = draw_bias_by,
};

static int draw_rates(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    return draw(s, o, jd_figure_rates, ctx);
}

const jd_figure_t jd_drawing_rates = {
    .name = "rates",
    .label = "coverage, size and power",
    .of = JD_FILE_VALIDATION,
    .tables = "points,validation",
    .draw = draw_rates,
};

static int draw_pretest(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    return draw(s, o, jd_figure_pretest, ctx);
}

const jd_figure_t jd_drawing_pretest = {
    .name = "pretest",
    .label = "bias where no lead was significant, beside that of all",
    .of = JD_FILE_VALIDATION,
    .tables = "points,validation",
    .draw = draw_pretest,
};
