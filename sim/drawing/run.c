/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of a run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drawing/figure.h"
#include "drawing/tables.h"
#include "jiedao/config.h"
#include "jiedao/theory.h"
#include "model/officials.h"
#include "sweep/sections.h"

enum { WORD_SIZE = 256 };

static int draw_bias(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t rows = {0}, bias = {0};
    jd_means_t estimates;
    int rc = jd_drawing_means(s, "estimates", jd_mean_estimates, &rows, &estimates, ctx);
    if (!rc) rc = jd_bias_rows(&bias, &estimates, ctx);
    if (!rc) rc = jd_figure_bias_split(&bias, o, ctx);
    jd_table_free(&bias);
    jd_means_free(&estimates);
    jd_table_free(&rows);
    return rc;
}

const jd_figure_t jd_drawing_bias_split = {
    .name = "bias_split",
    .label = "each estimator's bias and its parts",
    .of = JD_FILE_RUN,
    .tables = "estimates",
    .draw = draw_bias,
};

static int draw_events(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t rows = {0}, true_rows = {0}, events = {0}, truth = {0};
    jd_means_t estimates, estimands = {0};
    int rc = jd_drawing_means(s, "estimates", jd_mean_estimates, &rows, &estimates, ctx);
    if (!rc)
        rc = jd_drawing_means(s, "truth/estimands", jd_mean_estimands, &true_rows, &estimands, ctx);
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

const jd_figure_t jd_drawing_event_time = {
    .name = "event_time",
    .label = "estimates and truth by quarters since adoption",
    .of = JD_FILE_RUN,
    .tables = "estimates,truth/estimands",
    .draw = draw_events,
};

static int draw_series(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t with = {0}, without = {0}, series = {0};
    int rc = jd_drawing_read(s, "panel/national", &with, ctx);
    if (!rc) rc = jd_drawing_read(s, "truth/national", &without, ctx);
    if (!rc) rc = jd_series_rows(&series, &with, &without, ctx);
    if (!rc) rc = jd_figure_time_series(&series, o, ctx);
    jd_table_free(&series);
    jd_table_free(&without);
    jd_table_free(&with);
    return rc;
}

const jd_figure_t jd_drawing_time_series = {
    .name = "time_series",
    .label = "national means, with and without the policy",
    .of = JD_FILE_RUN,
    .tables = "panel/national,truth/national",
    .draw = draw_series,
};

/* What a map is shaded by: a column of numbers of panel/county, else of panel/urban, which is read
 * then. */
static int find_shade(const jd_source_t *s, const jd_table_t *panel, jd_table_t *urban,
                      const jd_table_t **of, const char **value, jd_ctx_t *ctx)
{
    *value = s->shade ? s->shade : "friction";
    *of = panel;
    int c = jd_table_find(panel, *value), rc = JD_OK;
    if (c < 0 && s->shade && jd_drawing_has(s, "panel/urban")) {
        rc = jd_drawing_read(s, "panel/urban", urban, ctx);
        if (rc) return rc;
        *of = urban;
        c = jd_table_find(urban, *value);
    }
    if (c >= 0 && (*of)->columns[c].type != JD_TEXT && (*of)->columns[c].axis == JD_AXIS_CELL &&
        (*of)->n_unit == panel->n_unit)
        return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "%s: a map is not shaded by '%s': name a column of numbers of panel/county or "
                   "panel/urban, as friction, "
                   "services, stock or poi (jiedao info %s --table panel/urban)",
                   s->path, *value, s->path);
}

static int draw_map(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t places = {0}, panel = {0}, relocations = {0}, counties = {0}, flows = {0},
               urban = {0};
    const jd_table_t *of = NULL;
    const char *value = NULL;
    int degrees = 0;
    int rc = jd_drawing_read(s, "jurisdictions", &places, ctx);
    if (!rc) rc = jd_drawing_read(s, "panel/county", &panel, ctx);
    if (!rc) rc = jd_drawing_read(s, "relocations", &relocations, ctx);
    if (!rc) rc = find_shade(s, &panel, &urban, &of, &value, ctx);
    if (!rc) rc = jd_county_rows(&counties, &degrees, &places, &panel, of, value, ctx);
    if (!rc) rc = jd_flow_rows(&flows, &places, &relocations, ctx);
    if (!rc) rc = jd_figure_map(&counties, &flows, degrees, 0, o, ctx);
    jd_table_free(&urban);
    jd_table_free(&flows);
    jd_table_free(&counties);
    jd_table_free(&relocations);
    jd_table_free(&panel);
    jd_table_free(&places);
    return rc;
}

const jd_figure_t jd_drawing_map = {
    .name = "map",
    .label = "governance friction, or what --of names, and flows of relocating firms",
    .of = JD_FILE_RUN,
    .tables = "jurisdictions,panel/county,relocations",
    .draw = draw_map,
};

/* The file's config again, from the values that were resolved when it was made. */
static int read_config(const jd_source_t *s, jd_config_t **config, jd_ctx_t *ctx)
{
    int n = 0;
    const jd_section_t *const *sections = jd_sweep_sections(&n); /* any file's */
    jd_table_t parameters = {0};
    char section[WORD_SIZE], name[WORD_SIZE], value[JD_TEXT_MAX], assignment[2 * JD_TEXT_MAX];
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

const jd_figure_t jd_drawing_effort_loop = {
    .name = "effort_loop",
    .label = "effort under pressure, its loop and folds",
    .of = JD_FILE_RUN,
    .tables = "config/parameters",
    .draw = draw_loop,
};

static int draw_friction(const jd_source_t *s, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    jd_table_t panel = {0}, friction = {0};
    int rc = jd_drawing_read(s, "panel/county", &panel, ctx);
    if (!rc) rc = jd_friction_rows(&friction, &panel, ctx);
    if (!rc) rc = jd_figure_friction(&friction, o, ctx);
    jd_table_free(&friction);
    jd_table_free(&panel);
    return rc;
}

const jd_figure_t jd_drawing_friction = {
    .name = "friction",
    .label = "mean friction and its parts, of treated and never treated counties",
    .of = JD_FILE_RUN,
    .tables = "panel/county",
    .draw = draw_friction,
};
