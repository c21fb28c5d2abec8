/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of the tables of estimates and diagnostics. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/parts.h"

static const jd_column_t line_columns[JD_OWN_ALL_COLUMNS] = {
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
    {"event_time", JD_DOUBLE, "1", "event time, missing where there is none", NULL, 0,
     JD_AXIS_CELL},
    {"cohort", JD_TEXT, "", "cohort of the term, as the data write it", NULL, JD_NAME_SIZE,
     JD_AXIS_CELL},
    {"period", JD_TEXT, "", "period of the term, likewise", NULL, JD_NAME_SIZE, JD_AXIS_CELL},
    {"statistic", JD_DOUBLE, "1", "estimate over standard error", NULL, 0, JD_AXIS_CELL},
    {"vcov_row", JD_INT32, "1", "row of the term in the covariance, -1 = none", NULL, 0,
     JD_AXIS_CELL},
    {"kind", JD_INT8, "1", "what it is of", NULL, 0, JD_AXIS_CELL},
};

int jd_own_lines_make(jd_table_t *lines, const char *name, const char *label, jd_ctx_t *ctx)
{
    return jd_table_init(lines, name, label, line_columns, JD_OWN_ALL_COLUMNS, 64, ctx);
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
    JD_CELLS(t, JD_OWN_KIND, int8_t)[row] = (int8_t)line->kind;
    JD_CELLS(t, JD_OWN_VCOV_ROW, int32_t)[row] = line->vcov_row - 1;
    JD_CELLS(t, JD_OWN_STATISTIC, double)
    [row] = e->std_error > 0 ? e->estimate / e->std_error : (double)NAN;
    JD_CELLS(t, JD_OWN_EVENT_TIME, double)[row] = line->at_event ? line->event : (double)NAN;
    jd_table_set_text(t, JD_OWN_TERM_COHORT, row, line->cohort);
    jd_table_set_text(t, JD_OWN_TERM_PERIOD, row, line->period);
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

jd_own_kind_t jd_own_kind(const jd_table_t *t, int64_t row)
{
    return (jd_own_kind_t)JD_CELLS(t, JD_OWN_KIND, int8_t)[row];
}

int32_t jd_own_event(const jd_table_t *t, int64_t row)
{
    return (int32_t)JD_CELLS(t, JD_OWN_EVENT_TIME, double)[row];
}

bool jd_own_is_dose(const jd_term_t *term)
{
    return term->kind == JD_TERM_OVERALL && !strcmp(term->name, "dose");
}

bool jd_own_is_slope(const jd_term_t *term)
{
    return (term->kind == JD_TERM_OVERALL || term->kind == JD_TERM_PART) &&
           !strncmp(term->name, "acrt", 4) && (!term->name[4] || term->name[4] == ',');
}

static jd_own_kind_t kind_of(const jd_term_t *term)
{
    switch (term->kind) {
    case JD_TERM_OVERALL:
        return !strcmp(term->name, "att") || jd_own_is_dose(term) ? JD_OWN_OVERALL : JD_OWN_PART;
    case JD_TERM_EVENT:
        return JD_OWN_EVENT;
    case JD_TERM_PART:
        return JD_OWN_PART;
    case JD_TERM_OTHER:
        break;
    }
    return JD_OWN_COEFFICIENT;
}

void jd_own_place_line(jd_own_line_t *line, const jd_own_data_t *data, const jd_term_t *term)
{
    /* A bin stands at its end nearer to adoption. */
    line->at_event = term->at_event;
    line->event = term->event_last < 0 ? term->event_last : term->event_first;
    if (term->cohort != JD_NEVER)
        jd_own_period_text(data, term->cohort, line->cohort, sizeof line->cohort);
    if (term->period != JD_NEVER)
        jd_own_period_text(data, term->period, line->period, sizeof line->period);
}

static const char *quantity_of(const jd_term_t *term)
{
    if (term->kind == JD_TERM_OTHER || jd_own_is_dose(term)) return "coef";
    if (jd_own_is_slope(term)) return "acrt";
    if (term->kind != JD_TERM_PART) return "att";
    return term->cohort != JD_NEVER && term->period != JD_NEVER ? "att_gt" : "att";
}

void jd_own_name_term(const jd_own_data_t *data, const jd_term_t *term,
                      char name[JD_OWN_TERM_WIDTH])
{
    const jd_names_t names = jd_own_names(data);
    jd_term_text(&names, term, name, JD_OWN_TERM_WIDTH);
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
        line.kind = JD_OWN_OVERALL;
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
        line.kind = kind_of(&terms[k]);
        line.vcov_row = k + 1;
        jd_own_place_line(&line, s->data, &terms[k]);
        if (terms[k].kind == JD_TERM_OTHER) line.exponent -= exponent_of(s->data, terms[k].name);
        rc = jd_own_add_line(t, &line, ctx);
    }
    return rc;
}

/* The power of two by which the k-th term of a fit is scaled. */
static int exponent_of_term(const jd_own_subject_t *s, int k)
{
    const jd_term_t *term = &jd_design_terms(s->design)[k];
    return s->data->exponent - (term->kind == JD_TERM_OTHER ? exponent_of(s->data, term->name) : 0);
}

/* Of the mean of event times, as in add_mean(); 0 where there is none. */
static int add_mean_sums(jd_own_fit_t *own, const jd_own_subject_t *s, jd_ctx_t *ctx)
{
    double *weight, total = 0, *mean = own->sums + (int64_t)s->fit->n_terms * own->n_sums;
    const int n = s->fit->n_terms;
    int rc = jd_make(&weight, n, sizeof *weight, "estimates", ctx);
    if (rc) return rc;
    jd_design_mean_weights(s->design, weight);
    for (int k = 0; k < n; k++)
        total += weight[k];
    for (int k = 0; k < n && total > 0; k++)
        for (int32_t g = 0; g < own->n_sums; g++)
            mean[g] += weight[k] / total * own->sums[(int64_t)k * own->n_sums + g];
    free(weight);
    return JD_OK;
}

int jd_own_keep_sums(jd_own_fit_t *own, const jd_own_subject_t *s, jd_ctx_t *ctx)
{
    const jd_fit_t *fit = s->fit;
    if (!fit->sums) return JD_OK;
    own->n_sums = fit->n_sums;
    int rc = jd_make_n(&own->sums, (size_t)(fit->n_terms + 1) * (size_t)fit->n_sums,
                       sizeof *own->sums, "clusters' sums", ctx);
    if (!rc)
        rc = jd_make(&own->sums_cluster, fit->n_sums, sizeof *own->sums_cluster, "clusters", ctx);
    if (rc) return rc;
    memcpy(own->sums_cluster, fit->sums_cluster, (size_t)fit->n_sums * sizeof *own->sums_cluster);
    for (int k = 0; k < fit->n_terms; k++)
        for (int32_t g = 0; g < fit->n_sums; g++) {
            const int64_t at = (int64_t)k * fit->n_sums + g;
            own->sums[at] = ldexp(fit->sums[at], exponent_of_term(s, k));
        }
    return add_mean_sums(own, s, ctx);
}

int jd_own_keep_vcov(jd_own_fit_t *own, const jd_own_subject_t *s, jd_ctx_t *ctx)
{
    const int n = s->fit->n_terms;
    int rc = jd_make_n(&own->vcov, (size_t)n * (size_t)n, sizeof *own->vcov, "a covariance", ctx);
    if (rc) return rc;
    own->n_terms = n;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            own->vcov[i * n + j] =
                ldexp(s->fit->vcov[i * n + j], exponent_of_term(s, i) + exponent_of_term(s, j));
    return JD_OK;
}
