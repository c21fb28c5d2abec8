/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of a sweep: effects by its parameter, an output over two, which parameters matter. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "drawing/figure.h"
#include "drawing/tables.h"
#include "sweep/sensitivity.h"

/* ---- Swept values in /runs ---- */

int jd_factor_columns(const jd_table_t *runs, int *first)
{
    const jd_column_t *summary = jd_sweep_simulate.layout.columns[JD_SWEEP_SUMMARY];
    int end = jd_table_find(runs, summary[0].name);
    *first = jd_table_find(runs, "message") + 1;
    return *first > 0 && end > *first ? end - *first : 0;
}

/* Whether section.key is the parameter a column is named after. */
static bool is_named(const char *column, const char *parameter)
{
    size_t i = 0;
    for (; column[i] && parameter[i]; i++) {
        char c = parameter[i] == '.' || parameter[i] == '-' ? '_' : parameter[i];
        if (c != column[i]) return false;
    }
    return !column[i] && (!parameter[i] || i == 32); /* names of columns end there */
}

void jd_factor_axis(jd_factor_axis_t *axis, const jd_table_t *table, int column,
                    const jd_table_t *config)
{
    const jd_column_t *c = &table->columns[column];
    int section = jd_table_find(config, "section"), name = jd_table_find(config, "name");
    char a[64], b[64], both[130];
    snprintf(axis->name, sizeof axis->name, "%s", c->name);
    snprintf(axis->unit, sizeof axis->unit, "%s", c->unit ? c->unit : "");
    axis->scale = 1;
    for (int64_t row = 0; section >= 0 && name >= 0 && row < config->rows; row++) {
        snprintf(both, sizeof both, "%s.%s", jd_table_text(config, section, row, a, sizeof a),
                 jd_table_text(config, name, row, b, sizeof b));
        if (is_named(c->name, both)) snprintf(axis->name, sizeof axis->name, "%.90s", both);
    }
    if (strcmp(axis->name, "policy.share") != 0) return;
    *axis = (jd_factor_axis_t){"Treated share of counties", "%", 100};
}

/* ---- A sweep's tables ---- */

typedef struct swept {
    jd_table_t runs, config;
    int first, n; /* factors' columns */
    jd_factor_axis_t axis[2];
} swept_t;

static int read_swept(swept_t *w, const jd_source_t *s, jd_ctx_t *ctx)
{
    int rc = jd_store_read(s->store, "runs", &w->runs, ctx);
    if (!rc) rc = jd_store_read(s->store, "config/parameters", &w->config, ctx);
    if (rc) return rc;
    w->n = jd_factor_columns(&w->runs, &w->first);
    for (int f = 0; f < w->n && f < 2; f++)
        jd_factor_axis(&w->axis[f], &w->runs, w->first + f, &w->config);
    return JD_OK;
}

static void free_swept(swept_t *w)
{
    jd_table_free(&w->runs);
    jd_table_free(&w->config);
}

static int64_t point_of(const swept_t *w, int64_t row)
{
    return (int64_t)jd_cell(&w->runs, "point", row) - 1;
}

static int64_t count_points(const swept_t *w)
{
    int64_t n = 0;
    for (int64_t row = 0; row < w->runs.rows; row++)
        n = point_of(w, row) >= n ? point_of(w, row) + 1 : n;
    return n;
}

/* ---- Effects by one parameter ---- */

/* Rows of /estimates carry their point instead of their run, so that means are over replicates. */
static int by_point(jd_table_t *estimates, const swept_t *w, jd_ctx_t *ctx)
{
    int c = jd_table_find(estimates, "run");
    if (c < 0 || estimates->columns[c].type != JD_INT32)
        return jd_fail(ctx, JD_ERR_DATA, "table 'estimates' has no column 'run'");
    int32_t *run = JD_CELLS(estimates, c, int32_t);
    for (int64_t i = 0; i < estimates->rows; i++) {
        if (run[i] < 1 || run[i] > w->runs.rows)
            return jd_fail(ctx, JD_ERR_DATA, "table 'estimates' names run %d of %lld", run[i],
                           (long long)w->runs.rows);
        run[i] = (int32_t)point_of(w, run[i] - 1) + 1;
    }
    return JD_OK;
}

static double value_of_point(const swept_t *w, int64_t point, int factor)
{
    for (int64_t row = 0; row < w->runs.rows; row++)
        if (point_of(w, row) == point) return jd_table_number(&w->runs, w->first + factor, row);
    return (double)NAN;
}

/* A treated share is a share as in the other files; another parameter names the axis itself. */
static void name_axis(jd_table_t *shares, const jd_factor_axis_t *axis)
{
    jd_column_t *own = shares->owned;
    if (axis->scale == 100) return;
    own[JD_SHARE_SHARE].label = axis->name;
    own[JD_SHARE_SHARE].unit = axis->unit;
}

static int draw_by_factor(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    static const char *const keys[] = {"run", "panel", "estimator", "term"};
    swept_t w = {0};
    jd_table_t estimates = {0}, shares = {0};
    jd_means_t means = {0};
    int rc = read_swept(&w, s, ctx);
    if (!rc && w.runs.columns[w.first].type == JD_TEXT)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s takes no numbers, so there is no axis to draw it on",
                     w.axis[0].name);
    if (!rc) rc = jd_store_read(s->store, "estimates", &estimates, ctx);
    if (!rc) rc = by_point(&estimates, &w, ctx);
    if (!rc) rc = jd_means_of(&means, &estimates, keys, 4, ctx);
    if (!rc) rc = jd_begin_shares(&shares, count_points(&w), ctx);
    if (!rc) name_axis(&shares, &w.axis[0]);
    for (int64_t row = 0; row < means.mean.rows && !rc; row++)
        if (jd_is_share_row(&means, row) && shares.rows < shares.capacity)
            jd_add_share_row(&shares,
                             value_of_point(&w, (int64_t)jd_cell(&means.mean, "run", row) - 1, 0),
                             &means, row);
    if (!rc) rc = jd_figure_did_by_share(&shares, o, ctx);
    jd_table_free(&shares);
    jd_means_free(&means);
    jd_table_free(&estimates);
    free_swept(&w);
    return rc;
}

const jd_figure_t jd_drawing_did_by_share = {
    .name = "did_by_share",
    .label = "estimates and truth by treated share, and where the bias comes from",
    .of = JD_FILE_SHARES | JD_FILE_SEVERAL,
    .tables = "estimates",
    .draw = draw_by_factor,
};

const jd_figure_t jd_drawing_did_by_parameter = {
    .name = "did_by_parameter",
    .label = "the same by another parameter of a sweep",
    .of = JD_FILE_ONE_FACTOR,
    .tables = "estimates",
    .draw = draw_by_factor,
};

/* ---- An output over two parameters ---- */

/* Means over replicates by point; NaN where no run has it. */
static int mean_output(const jd_source_t *s, const swept_t *w, double *mean, char *unit,
                       int64_t n_points, jd_ctx_t *ctx)
{
    double *y = NULL;
    int64_t *count = NULL;
    int rc = jd_make(&y, w->runs.rows, sizeof *y, "a heat map", ctx);
    if (!rc) rc = jd_make(&count, n_points, sizeof *count, "a heat map", ctx);
    if (!rc) rc = jd_study_output(y, unit, w->runs.rows, s->store, s->output, ctx);
    for (int64_t row = 0; row < w->runs.rows && !rc; row++) {
        int64_t p = point_of(w, row);
        if (p < 0 || !isfinite(y[row])) continue;
        mean[p] += y[row];
        count[p]++;
    }
    for (int64_t p = 0; p < n_points && !rc; p++)
        mean[p] = count[p] ? mean[p] / (double)count[p] : (double)NAN;
    free(count);
    free(y);
    return rc;
}

/* Words in the order they come; the figure reports more than it can show. */
typedef struct words {
    int n;
    char word[JD_FIGURE_STEPS + 1][64];
} words_t;

/* A factor's value in a run: its number, or the place of its word, from 1. */
static double place_of(const swept_t *w, int f, int64_t row, words_t *words, char *word)
{
    int c = w->first + f, k = 0;
    word[0] = '\0';
    if (w->runs.columns[c].type != JD_TEXT)
        return w->axis[f].scale * jd_table_number(&w->runs, c, row);
    jd_table_text(&w->runs, c, row, word, sizeof words->word[0]);
    while (k < words->n && strcmp(words->word[k], word) != 0)
        k++;
    if (k == words->n && k <= JD_FIGURE_STEPS) {
        memcpy(words->word[k], word, sizeof words->word[k]);
        words->n++;
    }
    return k + 1;
}

static int draw_heat(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    swept_t w = {0};
    jd_table_t cells = {0};
    jd_column_t columns[JD_HEAT_COLUMNS];
    double *mean = NULL;
    char word[64], unit[JD_OUTPUT_UNIT] = "";
    words_t *words = NULL;
    int rc = read_swept(&w, s, ctx);
    int64_t n = rc ? 0 : count_points(&w);
    if (!rc) rc = jd_make(&mean, n, sizeof *mean, "a heat map", ctx);
    if (!rc) rc = jd_make(&words, 2, sizeof *words, "a heat map", ctx);
    if (!rc) rc = mean_output(s, &w, mean, unit, n, ctx);
    memcpy(columns, jd_heat_columns, sizeof columns);
    for (int f = 0; f < 2; f++) {
        columns[JD_HEAT_X + f].label = w.axis[f].name;
        columns[JD_HEAT_X + f].unit = w.axis[f].unit;
    }
    columns[JD_HEAT_VALUE].label = s->output;
    columns[JD_HEAT_VALUE].unit = unit;
    if (!rc) rc = jd_table_init(&cells, "heat", "", columns, JD_HEAT_COLUMNS, n, ctx);
    for (int64_t row = 0; row < w.runs.rows && !rc; row++) {
        if (jd_cell(&w.runs, "replicate", row) != 1 || cells.rows == n) continue;
        int64_t at = cells.rows++;
        for (int f = 0; f < 2; f++) {
            jd_table_set_number(&cells, JD_HEAT_X + f, at, place_of(&w, f, row, &words[f], word));
            jd_table_set_text(&cells, JD_HEAT_X_WORD + f, at, word);
        }
        jd_table_set_number(&cells, JD_HEAT_VALUE, at, mean[point_of(&w, row)]);
    }
    if (!rc) rc = jd_figure_heat(&cells, o, ctx);
    jd_table_free(&cells);
    free(words);
    free(mean);
    free_swept(&w);
    return rc;
}

const jd_figure_t jd_drawing_heat = {
    .name = "heat",
    .label = "an output over the two parameters of a grid",
    .of = JD_FILE_TWO_FACTORS,
    .tables = "estimates",
    .draw = draw_heat,
};

/* ---- Sensitivity ---- */

static void put_sobol(const jd_study_sensitivity_t *s, int f, jd_table_t *t)
{
    const jd_sobol_index_t *i = &s->sobol[f];
    const double v[] = {i->first, i->first_low, i->first_high,
                        i->total, i->total_low, i->total_high};
    for (int c = 0; c < 6; c++)
        jd_table_set_number(t, JD_SOBOL_FIRST + c, t->rows, v[c]);
}

static void put_morris(const jd_study_sensitivity_t *s, int f, jd_table_t *t)
{
    const jd_morris_effect_t *e = &s->morris[f];
    const double sigma = e->sigma < 1e-12 * e->mu_star ? 0 : e->sigma; /* rounding */
    const double v[] = {e->mu_star, e->mu_star_low, e->mu_star_high, sigma};
    for (int c = 0; c < 4; c++)
        jd_table_set_number(t, JD_MORRIS_MU_STAR + c, t->rows, v[c]);
}

/* How the two figures differ: both tables begin with the parameter, then the value it is judged by.
 */
typedef struct look {
    const char *name, *label; /* of the table; of the value, before the output */
    const jd_column_t *columns;
    int n_columns;
    void (*put)(const jd_study_sensitivity_t *, int, jd_table_t *);
    int (*figure)(const jd_table_t *, const jd_figure_options_t *, jd_ctx_t *);
} look_t;

/* A row a parameter, the most important first. */
static int draw_indices(const jd_study_sensitivity_t *s, const look_t *look, const char *unit,
                        const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_column_t columns[JD_SOBOL_COLUMNS];
    char label[128];
    jd_table_t t = {0};
    int n = s->folder.plan.n_factors;
    snprintf(label, sizeof label, "%s %s", look->label, s->output);
    memcpy(columns, look->columns, (size_t)look->n_columns * sizeof *columns);
    columns[1].label = label;
    columns[1].unit = unit;
    int rc = jd_table_init(&t, look->name, "", columns, look->n_columns, n, ctx);
    for (int k = 0; k < n && k < JD_FIGURE_BARS && !rc; k++) {
        int f = jd_study_sensitivity_kth(s, k);
        jd_table_set_text(&t, 0, t.rows, s->folder.plan.factors[f].name);
        look->put(s, f, &t);
        t.rows++;
    }
    if (!rc) rc = look->figure(&t, o, ctx);
    jd_table_free(&t);
    return rc;
}

/* Reads the plan in the file's folder: the file alone does not say how its points were drawn. */
static int draw_sensitivity(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    char folder[4096];
    const char *slash = strrchr(s->path, '/');
    jd_study_sensitivity_t found = {0};
    int length = slash ? (int)(slash - s->path) : 1;
    snprintf(folder, sizeof folder, "%.*s", length, slash ? s->path : ".");
    int rc = jd_study_sensitivity(&found, folder, s->output, 1000, 0.95, ctx);
    const look_t sobol = {"sobol",          "Share of the variance of",
                          jd_sobol_columns, JD_SOBOL_COLUMNS,
                          put_sobol,        jd_figure_sobol};
    const look_t morris = {"morris",          "µ*: size of the effect on",
                           jd_morris_columns, JD_MORRIS_COLUMNS,
                           put_morris,        jd_figure_morris};
    if (!rc)
        rc = found.sobol ? draw_indices(&found, &sobol, "1", o, ctx)
                         : draw_indices(&found, &morris, found.unit, o, ctx);
    jd_study_sensitivity_free(&found);
    return rc;
}

const jd_figure_t jd_drawing_sobol = {
    .name = "sobol",
    .label = "Sobol indices of a sweep of design saltelli",
    .of = JD_FILE_SALTELLI,
    .tables = "runs",
    .draw = draw_sensitivity,
};

const jd_figure_t jd_drawing_morris = {
    .name = "morris",
    .label = "elementary effects of a sweep of design morris",
    .of = JD_FILE_MORRIS,
    .tables = "runs",
    .draw = draw_sensitivity,
};
