/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drawing/drawings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drawing/parts.h"
#include "drawing/tables.h"
#include "io/files/folder.h"
#include "jiedao/config.h"
#include "jiedao/theory.h"
#include "model/officials.h"
#include "sweep/sections.h"

enum { PATH_SIZE = 4096, STEM_SIZE = 256 };

typedef struct atelier {
    const jd_drawings_t *drawings;
    jd_figure_options_t options;
    int drawn; /* figures */
    int runs;  /* files of runs, each with one share */
} atelier_t;

/* ---- One figure of one file ---- */

/* Reads RUN/NAME. */
static int read_of_run(const jd_source_t *s, const char *name, jd_table_t *table, jd_ctx_t *ctx)
{
    char path[STEM_SIZE];
    snprintf(path, sizeof path, "%s%s", s->run, name);
    memset(table, 0, sizeof *table);
    if (!jd_store_has(s->store, path))
        return jd_fail(ctx, JD_ERR_DATA,
                       "the file holds no table '%s' (of several runs tables are "
                       "kept only with output.keep = all)",
                       name);
    return jd_store_read(s->store, path, table, ctx);
}

/* Means over runs of a table all runs share; `rows` keeps their columns. */
static int read_means(const jd_source_t *s, const char *name,
                      int (*mean)(jd_means_t *, const jd_table_t *, jd_ctx_t *), jd_table_t *rows,
                      jd_means_t *means, jd_ctx_t *ctx)
{
    memset(means, 0, sizeof *means);
    int rc = jd_store_read(s->store, name, rows, ctx);
    return rc ? rc : mean(means, rows, ctx);
}

static int draw_bias(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t rows = {0}, bias = {0};
    jd_means_t estimates;
    int rc = read_means(s, "estimates", jd_mean_estimates, &rows, &estimates, ctx);
    if (!rc) rc = jd_bias_rows(&bias, &estimates, ctx);
    if (!rc) rc = jd_figure_bias_split(&bias, o, ctx);
    jd_table_free(&bias);
    jd_means_free(&estimates);
    jd_table_free(&rows);
    return rc;
}

static int draw_events(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t rows = {0}, true_rows = {0}, events = {0}, truth = {0};
    jd_means_t estimates, estimands = {0};
    int rc = read_means(s, "estimates", jd_mean_estimates, &rows, &estimates, ctx);
    if (!rc) rc = read_means(s, "truth/estimands", jd_mean_estimands, &true_rows, &estimands, ctx);
    if (!rc) rc = jd_event_rows(&events, &estimates, ctx);
    if (!rc) rc = jd_truth_rows(&truth, &estimands, &estimates, ctx);
    if (!rc) rc = jd_figure_event_time(&events, truth.rows > 0 ? &truth : NULL, o, ctx);
    jd_table_free(&truth);
    jd_table_free(&events);
    jd_means_free(&estimands);
    jd_means_free(&estimates);
    jd_table_free(&true_rows);
    jd_table_free(&rows);
    return rc;
}

static int draw_series(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t with = {0}, without = {0}, series = {0};
    int rc = read_of_run(s, "panel/national", &with, ctx);
    if (!rc) rc = read_of_run(s, "truth/national", &without, ctx);
    if (!rc) rc = jd_series_rows(&series, &with, &without, ctx);
    if (!rc) rc = jd_figure_time_series(&series, o, ctx);
    jd_table_free(&series);
    jd_table_free(&without);
    jd_table_free(&with);
    return rc;
}

static int draw_friction(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t panel = {0}, friction = {0};
    int rc = read_of_run(s, "panel/county", &panel, ctx);
    if (!rc) rc = jd_friction_rows(&friction, &panel, ctx);
    if (!rc) rc = jd_figure_friction(&friction, o, ctx);
    jd_table_free(&friction);
    jd_table_free(&panel);
    return rc;
}

static int draw_map(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t places = {0}, panel = {0}, relocations = {0}, counties = {0}, flows = {0};
    int degrees = 0;
    int rc = read_of_run(s, "jurisdictions", &places, ctx);
    if (!rc) rc = read_of_run(s, "panel/county", &panel, ctx);
    if (!rc) rc = read_of_run(s, "relocations", &relocations, ctx);
    if (!rc) rc = jd_county_rows(&counties, &degrees, &places, &panel, ctx);
    if (!rc) rc = jd_flow_rows(&flows, &places, &relocations, ctx);
    if (!rc) rc = jd_figure_map(&counties, &flows, degrees, 0, o, ctx);
    jd_table_free(&flows);
    jd_table_free(&counties);
    jd_table_free(&relocations);
    jd_table_free(&panel);
    jd_table_free(&places);
    return rc;
}

/* The file's config again, from the values that were resolved when it was made. */
static int read_config(const jd_source_t *s, jd_config_t **config, jd_ctx_t *ctx)
{
    int n = 0;
    const jd_section_t *const *sections = jd_sweep_sections(&n); /* any file's */
    jd_table_t parameters = {0};
    char section[STEM_SIZE], name[STEM_SIZE], value[JD_TEXT_MAX], assignment[2 * JD_TEXT_MAX];
    int rc = jd_config_create(config, sections, n, ctx);
    if (!rc) rc = jd_store_read(s->store, "config/parameters", &parameters, ctx);
    int of[3] = {0};
    static const char *const columns[3] = {"section", "name", "value"};
    for (int k = 0; k < 3 && !rc; k++) {
        of[k] = jd_table_find(&parameters, columns[k]);
        if (of[k] < 0 || parameters.columns[of[k]].type != JD_TEXT)
            rc = jd_fail(ctx, JD_ERR_DATA, "config/parameters has no text column '%s'", columns[k]);
    }
    for (int64_t row = 0; row < parameters.rows && !rc; row++) {
        snprintf(assignment, sizeof assignment, "%s.%s=%s",
                 jd_table_text(&parameters, of[0], row, section, sizeof section),
                 jd_table_text(&parameters, of[1], row, name, sizeof name),
                 jd_table_text(&parameters, of[2], row, value, sizeof value));
        rc = jd_config_set(*config, s->path, assignment, ctx);
    }
    jd_table_free(&parameters);
    return rc ? rc : jd_config_finish(*config, ctx);
}

/* From a little below the lower fold, where balance still lasts, to well above the upper one. */
static int draw_loop(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    static const double step = 0.025, below = 0.1, above = 0.4;
    jd_config_t *config = NULL;
    jd_table_t loop = {0};
    jd_folds_t folds = {0};
    int rc = read_config(s, &config, ctx);
    if (!rc) {
        const jd_officials_params_t *p = jd_config_section(config, "officials");
        folds = jd_theory_folds(p, jd_config_section(config, "rescaling"), p->psi_bar);
        double low = fmax(-1.0, fmin(0.0, floor((folds.down - below) / step) * step));
        double high = fmin(4.0, fmax(1.0, ceil((folds.up + above) / step) * step));
        rc = jd_loop_table(config, low, high, step, &loop, NULL, ctx);
    }
    if (!rc) rc = jd_figure_effort_loop(&loop, folds.down, folds.up, o, ctx);
    jd_table_free(&loop);
    jd_config_free(config);
    return rc;
}

/* ---- All figures ---- */

typedef struct figure {
    const char *name;
    jd_drawer_t draw;
} figure_t;

static const figure_t of_runs[] = {{"effort_loop", draw_loop},
                                   {"map", draw_map},
                                   {"event_time", draw_events},
                                   {"bias_split", draw_bias},
                                   {"time_series", draw_series},
                                   {"friction", draw_friction},
                                   {NULL, NULL}};
static const figure_t of_validation[] = {{"bias_by", jd_draw_bias_by},
                                         {"rates", jd_draw_rates},
                                         {"pretest", jd_draw_pretest},
                                         {NULL, NULL}};
static const figure_t of_share[] = {{"did_by_share", jd_draw_by_factor}, {NULL, NULL}};
static const figure_t of_one[] = {{"did_by_parameter", jd_draw_by_factor}, {NULL, NULL}};
static const figure_t of_two[] = {{"heat", jd_draw_heat}, {NULL, NULL}};
static const figure_t of_saltelli[] = {{"sobol", jd_draw_sensitivity}, {NULL, NULL}};
static const figure_t of_morris[] = {{"morris", jd_draw_sensitivity}, {NULL, NULL}};

/* What the file was made with; "" if it does not say. */
static const char *parameter(const jd_table_t *parameters, const char *section, const char *name,
                             char value[JD_TEXT_MAX])
{
    int c = jd_table_find(parameters, "value");
    value[0] = '\0';
    for (int64_t row = 0; c >= 0 && row < parameters->rows; row++)
        if (jd_cell_is(parameters, "section", row, section) &&
            jd_cell_is(parameters, "name", row, name))
            return jd_table_text(parameters, c, row, value, JD_TEXT_MAX);
    return value;
}

/* The figures of a sweep; NULL where its design has none. */
static const figure_t *of_sweep(const jd_table_t *runs, int factors, int first, const char *design)
{
    bool grid = !strcmp(design, "grid") || !strcmp(design, "list");
    if (!strcmp(design, "saltelli")) return of_saltelli;
    if (!strcmp(design, "morris")) return of_morris;
    if (factors == 1) return strcmp(runs->columns[first].name, "policy_share") ? of_one : of_share;
    return factors == 2 && grid ? of_two : NULL;
}

/* Which figures are of a file like this. */
static int choose(const figure_t **figures, const jd_source_t *s, jd_ctx_t *ctx)
{
    char design[JD_TEXT_MAX];
    jd_table_t runs = {0}, parameters = {0};
    int factors = 0, first = 0, rc = JD_OK;
    *figures = jd_store_has(s->store, "validation") ? of_validation : of_runs;
    if (*figures == of_runs && jd_store_has(s->store, "runs")) {
        rc = jd_store_read(s->store, "runs", &runs, ctx);
        if (!rc) factors = jd_factor_columns(&runs, &first);
    }
    if (factors > 0) {
        rc = jd_store_read(s->store, "config/parameters", &parameters, ctx);
        if (!rc)
            *figures =
                of_sweep(&runs, factors, first, parameter(&parameters, "sweep", "design", design));
        if (!rc && !*figures)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: sweeps of one parameter, grids of two, and designs saltelli and "
                         "morris are drawn; this is %s of %d parameters",
                         s->path, design, factors);
    }
    jd_table_free(&parameters);
    jd_table_free(&runs);
    return rc;
}

static void tell_drawn(atelier_t *a)
{
    static const struct {
        unsigned bit;
        const char *ending;
    } formats[] = {{JD_FIGURE_PDF, "pdf"}, {JD_FIGURE_SVG, "svg"}, {JD_FIGURE_PNG, "png"}};
    char path[PATH_SIZE];
    a->drawn++;
    for (int i = 0; i < 3; i++) {
        if (!(a->options.formats & formats[i].bit) || !a->drawings->drawn) continue;
        snprintf(path, sizeof path, "%s/%s.%s", a->options.folder, a->options.stem,
                 formats[i].ending);
        a->drawings->drawn(a->drawings->user, path);
    }
}

/* What a file has no data for is a remark; what would stop every figure is an error. */
static int judge(int rc, const char *file, const char *figure, const jd_ctx_t *inner, jd_ctx_t *ctx)
{
    if (rc > -100 || rc <= -400) return jd_fail(ctx, rc, "%s", inner->message);
    jd_warn(ctx, "%s: %s not drawn: %s", file, figure, inner->message);
    return JD_OK;
}

/* A file's name without folders and .h5, '_' behind it. */
static void prefix_of(const char *path, char *prefix)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    size_t length = strlen(base);
    if (length > 3 && strcmp(base + length - 3, ".h5") == 0) length -= 3;
    snprintf(prefix, STEM_SIZE, "%.*s_", (int)(length < 200 ? length : 200), base);
}

static int draw_figures(atelier_t *a, const jd_source_t *s, const figure_t *figures,
                        const char *prefix, jd_ctx_t *ctx)
{
    char stem[2 * STEM_SIZE];
    int rc = JD_OK;
    a->options.stem = stem;
    for (int i = 0; !rc && figures[i].name; i++) {
        jd_ctx_t inner = jd_ctx_inner(ctx);
        inner.warn = ctx->warn;
        snprintf(stem, sizeof stem, "%s%s", prefix, figures[i].name);
        rc = jd_check_cancelled(ctx);
        if (rc) break;
        int failed = figures[i].draw(s, &a->options, &inner);
        if (failed)
            rc = judge(failed, s->path, figures[i].name, &inner, ctx);
        else
            tell_drawn(a);
    }
    a->options.stem = NULL;
    return rc;
}

/* The share of treated counties the file was made with; NaN if it does not say. */
static double share_of(const jd_table_t *parameters)
{
    char value[JD_TEXT_MAX];
    parameter(parameters, "policy", "share", value);
    return value[0] ? strtod(value, NULL) : (double)NAN;
}

static int note_share(const jd_source_t *s, jd_table_t *shares, jd_ctx_t *ctx)
{
    jd_table_t parameters = {0}, rows = {0};
    jd_means_t estimates = {0};
    int rc = jd_store_read(s->store, "config/parameters", &parameters, ctx);
    if (!rc) rc = read_means(s, "estimates", jd_mean_estimates, &rows, &estimates, ctx);
    if (!rc) jd_add_share(shares, share_of(&parameters), &estimates);
    jd_means_free(&estimates);
    jd_table_free(&rows);
    jd_table_free(&parameters);
    return rc;
}

static int draw_source(atelier_t *a, const char *path, const char *prefix, jd_table_t *shares,
                       jd_ctx_t *ctx)
{
    jd_source_t s = {.path = path};
    int rc = jd_store_open(&s.store, path, ctx);
    if (rc) return rc;
    s.run = jd_store_has(s.store, "panel/county") ? "" : "runs/000001/";
    s.output = a->drawings->output ? a->drawings->output : "twfe.bias";
    const figure_t *figures = NULL;
    rc = choose(&figures, &s, ctx);
    if (!rc) rc = draw_figures(a, &s, figures, prefix, ctx);
    if (!rc && shares->columns && figures == of_runs) { /* a sweep has many shares, or none */
        a->runs++;
        jd_ctx_t inner = jd_ctx_inner(ctx);
        int failed = note_share(&s, shares, &inner);
        if (failed) rc = judge(failed, path, "its point in did_by_share", &inner, ctx);
    }
    jd_store_close(&s.store);
    return rc;
}

/* They ascend. */
static bool shares_differ(const jd_table_t *shares)
{
    if (shares->rows < 2) return false;
    const double *share = JD_CELLS(shares, JD_SHARE_SHARE, double);
    return share[0] < share[shares->rows - 1];
}

static int draw_shares(atelier_t *a, const jd_table_t *shares, jd_ctx_t *ctx)
{
    if (!shares_differ(shares)) {
        jd_warn(ctx, "did_by_share not drawn: it takes files that differ in policy.share");
        return JD_OK;
    }
    a->options.stem = "did_by_share";
    int rc = jd_figure_did_by_share(shares, &a->options, ctx);
    if (!rc) tell_drawn(a);
    return rc;
}

/* ---- The whole ---- */

/* Two files of one name would draw over each other. */
static int check_names(const char *const *files, int n, jd_ctx_t *ctx)
{
    char a[STEM_SIZE], b[STEM_SIZE];
    for (int i = 0; i < n; i++) {
        prefix_of(files[i], a);
        for (int j = 0; j < i; j++) {
            prefix_of(files[j], b);
            if (strcmp(a, b) == 0)
                return jd_fail(ctx, JD_ERR_ARGUMENT,
                               "%s and %s: their figures would have the same names; draw them into "
                               "two folders",
                               files[j], files[i]);
        }
    }
    return JD_OK;
}

/* A file that cannot be read is told before anything is made. */
static int check_files(const char *const *files, int n, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < n && !rc; i++) {
        jd_store_t *store = NULL;
        rc = jd_store_open(&store, files[i], ctx);
        jd_store_close(&store);
    }
    return rc;
}

int jd_drawings_draw(const jd_drawings_t *drawings, const char *const *files, int n, jd_ctx_t *ctx)
{
    atelier_t a = {.drawings = drawings};
    jd_table_t shares = {0};
    char prefix[STEM_SIZE] = "";
    jd_figure_options_defaults(&a.options);
    a.options.folder = drawings->folder;
    a.options.formats = drawings->formats;
    a.options.width_mm = drawings->width_mm;
    a.options.replace = drawings->replace;
    int rc = check_names(files, n, ctx);
    if (!rc) rc = check_files(files, n, ctx);
    if (!rc) rc = jd_folder_make(drawings->folder, ctx);
    if (!rc && n > 1) rc = jd_begin_shares(&shares, n, ctx);
    for (int i = 0; i < n && !rc; i++) {
        if (n > 1) prefix_of(files[i], prefix);
        rc = draw_source(&a, files[i], prefix, &shares, ctx);
    }
    if (!rc && a.runs > 1) rc = draw_shares(&a, &shares, ctx);
    if (!rc && a.drawn == 0)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%s: holds nothing to draw; 'jiedao info %s' shows what it holds", files[0],
                     files[0]);
    jd_table_free(&shares);
    return rc;
}
