/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of the tables of estimates and diagnostics. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "study/own_data_parts.h"

static const jd_column_t line_columns[JD_OWN_COLUMNS] = {
    {"estimator", JD_TEXT, "", "estimator", NULL, 32, JD_AXIS_CELL},
    {"quantity", JD_TEXT, "",
     "att: an effect; att_gt: of a cohort and period; coef: a coefficient; or a diagnostic's", NULL,
     32, JD_AXIS_CELL},
    {"term", JD_TEXT, "", "att: overall; e=..: event time; g=..,t=..; or a coefficient's name",
     NULL, JD_OWN_TERM_WIDTH, JD_AXIS_CELL},
    {"estimate", JD_DOUBLE, "1", "estimate", NULL, 0, JD_AXIS_CELL},
    {"std_error", JD_DOUBLE, "1", "standard error", NULL, 0, JD_AXIS_CELL},
    {"ci_low", JD_DOUBLE, "1", "lower end of the interval", NULL, 0, JD_AXIS_CELL},
    {"ci_high", JD_DOUBLE, "1", "upper end of the interval", NULL, 0, JD_AXIS_CELL},
    {"p_value", JD_DOUBLE, "1", "p-value of no effect", NULL, 0, JD_AXIS_CELL},
    {"n_obs", JD_INT64, "1", "rows used", NULL, 0, JD_AXIS_CELL},
    {"n_units", JD_INT32, "1", "units", NULL, 0, JD_AXIS_CELL},
    {"n_clusters", JD_INT32, "1", "clusters, 0 = not clustered", NULL, 0, JD_AXIS_CELL},
};

int jd_own_lines_make(jd_table_t *lines, const char *name, const char *label, jd_ctx_t *ctx)
{
    return jd_table_init(lines, name, label, line_columns, JD_OWN_COLUMNS, 64, ctx);
}

int jd_own_add_line(jd_table_t *t, const jd_own_line_t *line, jd_ctx_t *ctx)
{
    const jd_estimate_t *e = &line->number;
    const double numbers[] = {e->estimate, e->std_error, e->ci_low, e->ci_high};
    int rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    int64_t row = t->rows++;
    jd_table_set_text(t, JD_OWN_ESTIMATOR, row, line->estimator);
    jd_table_set_text(t, JD_OWN_QUANTITY, row, line->quantity);
    jd_table_set_text(t, JD_OWN_TERM, row, line->term);
    for (int k = 0; k < 4; k++)
        jd_table_set_number(t, JD_OWN_ESTIMATE + k, row, ldexp(numbers[k], line->exponent));
    jd_table_set_number(t, JD_OWN_P_VALUE, row, e->p_value);
    JD_CELLS(t, JD_OWN_N_OBS, int64_t)[row] = line->n_obs;
    JD_CELLS(t, JD_OWN_N_UNITS, int32_t)[row] = line->n_units;
    JD_CELLS(t, JD_OWN_N_CLUSTERS, int32_t)[row] = line->n_clusters;
    return JD_OK;
}

jd_own_line_t jd_own_line_of(const jd_own_subject_t *s, const char *quantity, const char *term,
                             jd_estimate_t number, bool in_units_of_y)
{
    return (jd_own_line_t){.estimator = s->fit ? jd_design_estimator(s->design)->name : s->name,
                           .quantity = quantity,
                           .term = term,
                           .number = number,
                           .exponent = in_units_of_y ? s->data->exponent : 0,
                           .n_obs = s->fit ? s->fit->n_obs : s->data->panel.n,
                           .n_units = s->fit ? s->fit->n_units : s->data->n_units,
                           .n_clusters = s->fit ? s->fit->n_clusters : 0};
}

static const char *quantity_of(const jd_term_t *term)
{
    if (term->kind == JD_TERM_OTHER || !strcmp(term->name, "dose")) return "coef";
    return strncmp(term->name, "g=", 2) == 0 && strstr(term->name, ",t=") ? "att_gt" : "att";
}

void jd_own_name_term(const jd_own_data_t *data, const jd_term_t *term,
                      char name[JD_OWN_TERM_WIDTH])
{
    const char *from = strncmp(term->name, "log:", 4) ? term->name : term->name + 4;
    if (!strncmp(from, "g=", 2) || !strncmp(from, "t=", 2))
        jd_own_say(data, term->name, name, JD_OWN_TERM_WIDTH);
    else
        snprintf(name, JD_OWN_TERM_WIDTH, "%s", term->name);
}

/* An event study's mean effect: its terms e >= 0 weighted by treated rows, as in a run. */
static int add_mean(jd_table_t *t, const jd_own_subject_t *s, jd_ctx_t *ctx)
{
    double *weight, total = 0;
    int n = s->fit->n_terms, rc = jd_make(&weight, n, sizeof *weight, "estimates", ctx);
    if (rc) return rc;
    jd_estimate_t mean = jd_fit_mean(s->design, s->fit, weight);
    for (int k = 0; k < n; k++)
        total += weight[k];
    if (total > 0) {
        jd_own_line_t line = jd_own_line_of(s, "att", "att", mean, true);
        rc = jd_own_add_line(t, &line, ctx);
    }
    free(weight);
    return rc;
}

/* The power of two a covariate was scaled by; 0 for other terms. */
static int exponent_of(const jd_own_data_t *data, const char *term)
{
    for (int k = 0; k < data->panel.n_x; k++)
        if (strcmp(data->panel.x_name[k], term) == 0) return data->x_exponent[k];
    return 0;
}

int jd_own_add_fit(jd_table_t *t, const jd_own_subject_t *s, jd_ctx_t *ctx)
{
    const jd_fit_t *fit = s->fit;
    const jd_term_t *terms = jd_design_terms(s->design);
    int rc = JD_OK;
    if (fit->n_terms > 0 && terms[0].kind == JD_TERM_EVENT) rc = add_mean(t, s, ctx);
    for (int k = 0; k < fit->n_terms && !rc; k++) {
        double b = fit->estimate[k], se = fit->std_error[k];
        jd_estimate_t e = {b, se, fit->ci_low[k], fit->ci_high[k], fit->p_value[k]};
        if (terms[k].kind == JD_TERM_EVENT && fit->uniform > 0) {
            e.ci_low = b - fit->uniform * se;
            e.ci_high = b + fit->uniform * se;
        }
        char name[JD_OWN_TERM_WIDTH];
        jd_own_name_term(s->data, &terms[k], name);
        jd_own_line_t line = jd_own_line_of(s, quantity_of(&terms[k]), name, e, true);
        if (terms[k].kind == JD_TERM_OTHER) line.exponent -= exponent_of(s->data, terms[k].name);
        rc = jd_own_add_line(t, &line, ctx);
    }
    return rc;
}
