/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/recovery.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "model/mechanism.h"
#include "run/record/estimands.h"
#include "run/record/truth.h"
#include "study/inference.h"
#include "study/program_estimate.h"
#include "study/recovery_samples.h"

#define P(field) offsetof(jd_estimate_params_t, field)

static const jd_param_t own_rows[] = {
    {"estimators", JD_PARAM_NAMES, P(estimators), "2x2, twfe, event_study", 0, 0, NULL, "",
     "estimators on the county panel: names as in `jiedao did`, or all that apply", "", JD_RESULT},
    {"program", JD_PARAM_TEXT, P(program), "", 0, 0, NULL, "",
     "an estimator of your own on the county panel (or the process): a command that reads "
     "unit,time,cohort,cluster,y as CSV and prints an estimate and its standard error",
     "", JD_RESULT},
    {"program_seconds", JD_PARAM_DOUBLE, P(program_seconds), "60", 0.1, 86400, NULL, "s",
     "after which it is ended", "assumed", JD_RESULT},
    {"outcome", JD_PARAM_CHOICE, P(outcome), "inflow", 0, 0, NULL /* jd_outcomes */, "",
     "outcome of counties: targeted firms moved in, moved out, present, or another column of "
     "panel/county or panel/urban",
     "", JD_RESULT},
    {"data", JD_PARAM_CHOICE, P(data), "complete", 0, 0, "complete | observed", "",
     "estimate from all relocations, or from those the empirical file shows (inflow only)", "",
     JD_RESULT},
    {"county", JD_PARAM_FLAG, P(county), "yes", 0, 0, NULL, "",
     "estimate on the panel county x quarter", "", JD_RESULT},
    {"sector", JD_PARAM_FLAG, P(sector), "yes", 0, 0, NULL, "",
     "estimate on sector x county x quarter (triple difference)", "", JD_RESULT},
    {"control_sector", JD_PARAM_INT, P(control_sector), "0", 0, JD_SECTORS_MAX - 1, NULL, "1",
     "the sector that the triple difference compares the targeted one with; 0 = all others", "",
     JD_RESULT},
    {"firm", JD_PARAM_FLAG, P(firm), "yes", 0, 0, NULL, "",
     "estimate on the sample of firms x quarter", "", JD_RESULT},
    {"cluster", JD_PARAM_CHOICE, P(cluster), "county", 0, 0, "county | prefecture | province", "",
     "level of the clusters", "", JD_RESULT},
    {"level", JD_PARAM_DOUBLE, P(level), "0.95", 0.5, 0.999, NULL, "1", "level of intervals", "",
     JD_RESULT},
    {"bin_first", JD_PARAM_INT, P(bin_first), "-1000", -1000, -1, NULL, "quarters",
     "event study: event times up to this one are one term", "", JD_RESULT},
    {"bin_last", JD_PARAM_INT, P(bin_last), "1000", 0, 1000, NULL, "quarters",
     "event study: event times from this one on are one term", "", JD_RESULT},
};

const char *jd_estimate_next(const char *list, char name[JD_TERM_NAME])
{
    list += strspn(list, ", \t");
    size_t length = strcspn(list, ", \t");
    snprintf(name, JD_TERM_NAME, "%.*s", (int)(length < JD_TERM_NAME ? length : JD_TERM_NAME - 1),
             list);
    return length ? list + length : NULL;
}

static int check_names(const jd_estimate_params_t *p, const jd_config_t *config, jd_ctx_t *ctx)
{
    char name[JD_TERM_NAME];
    for (const char *at = p->estimators; (at = jd_estimate_next(at, name));) {
        if (strcmp(name, "all") == 0 || jd_estimator_find(name)) continue;
        const char *names[64];
        int n = 0;
        for (; jd_estimators[n] && n < 64; n++)
            names[n] = jd_estimators[n]->name;
        const char *near = jd_nearest(name, names, n);
        if (near)
            return jd_config_blame(config, "estimate", "estimators", ctx,
                                   "estimate.estimators = %s: there is no estimator '%s'; did you "
                                   "mean '%s'?",
                                   p->estimators, name, near);
        return jd_config_blame(config, "estimate", "estimators", ctx,
                               "estimate.estimators = %s: there is no estimator '%s'; write names "
                               "joined by commas, as `jiedao did --estimator` accepts them, or all",
                               p->estimators, name);
    }
    return JD_OK;
}

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    (void)name;
    const jd_estimate_params_t *p = block;
    if (p->data == JD_DATA_OBSERVED && p->outcome != JD_FLOW_IN)
        return jd_config_blame(
            config, "estimate", "data", ctx,
            "estimate.data = observed: the empirical file shows inflows only; write "
            "outcome = inflow or data = complete");
    if (p->vcov.kind == JD_VCOV_MULTIWAY || p->vcov.kind == JD_VCOV_CONLEY)
        return jd_config_blame(config, "estimate", "variance", ctx,
                               "estimate.variance = %s: recorded panels have clusters of one "
                               "level (estimate.cluster) and no places; name another kind",
                               p->vcov.kind == JD_VCOV_CONLEY ? "conley" : "multiway");
    const jd_firms_params_t *firms = jd_config_section(config, "firms");
    if (firms && p->control_sector > 0 && p->control_sector >= firms->sector_shares.n)
        return jd_config_blame(config, "estimate", "control_sector", ctx,
                               "estimate.control_sector = %d: firms.sector_shares has sectors 0 to "
                               "%d; name one from 1 on, or 0 for all untargeted ones",
                               (int)p->control_sector, firms->sector_shares.n - 1);
    const jd_outcome_t *outcome = &jd_outcomes[p->outcome];
    const jd_mechanism_t *m = jd_outcome_mechanism(outcome);
    const void *switched = m ? jd_config_section(config, m->section.name) : NULL;
    if (switched && !m->on(switched))
        return jd_config_blame(config, "estimate", "outcome", ctx,
                               "estimate.outcome = %s: %s.on = no records no %s; write %s.on = "
                               "yes, or another outcome",
                               outcome->name, m->section.name, outcome->panels[0], m->section.name);
    return check_names(p, config, ctx);
}

/* ---- The section: these rows, the estimators' own, and those of covariances ---- */

/* Whether a list of estimators has one that takes the option. */
static bool is_taken(const char *estimators, const jd_param_t *option,
                     bool (*is_of)(const jd_param_t *, const jd_estimator_t *))
{
    char name[JD_TERM_NAME];
    for (const char *at = estimators; (at = jd_estimate_next(at, name));) {
        const jd_estimator_t *e = jd_estimator_find(name);
        if (strcmp(name, "all") == 0 || (e && is_of(option, e))) return true;
    }
    return false;
}

/* The row of this name in a list, or NULL. */
static const jd_param_t *find_option(const jd_param_t *(*at)(int), const char *name)
{
    const jd_param_t *option;
    for (int i = 0; (option = at(i)) && strcmp(option->name, name) != 0; i++)
        ;
    return option;
}

/* Whether the kind of covariance that is set reads the option. */
static bool is_of_kind(jd_vcov_t kind, const jd_param_t *option)
{
    const char *choices = jd_vcov_option_at(0)->choices, *kinds = jd_vcov_option_kinds(option);
    char name[64] = "";
    for (int i = 0; i <= (int)kind && jd_param_next_choice(&choices, name, sizeof name); i++)
        ;
    return !kinds || jd_list_holds(kinds, name, false);
}

static const jd_unread_t *unread_of(const void *block, const jd_param_t *param)
{
    static const jd_unread_t unused = {"", NULL, "none of estimate.estimators uses it"},
                             of_others = {"", NULL, "estimate.variance does not use it"};
    const jd_estimate_params_t *p = block;
    const jd_param_t *option = find_option(jd_did_option_at, param->name),
                     *vcov = find_option(jd_vcov_option_at, param->name);
    if (vcov && !is_of_kind(p->vcov.kind, vcov)) return &of_others;
    return (option && !is_taken(p->estimators, option, jd_did_option_is_of)) ||
                   (vcov && !is_taken(p->estimators, vcov, jd_vcov_option_is_of))
               ? &unused
               : NULL;
}

/* The rows of covariances but for those of two ways, places and bands, which /estimates has not. */
static int add_vcov(jd_param_t *rows, int n, int most)
{
    const jd_param_t *option;
    for (int i = 0; (option = jd_vcov_option_at(i)) && n < most; i++) {
        const char *kinds = jd_vcov_option_kinds(option);
        if (option->offset == offsetof(jd_vcov_options_t, bands) ||
            (kinds && (!strcmp(kinds, "conley") || !strcmp(kinds, "multiway"))))
            continue;
        rows[n] = *option;
        rows[n].offset += P(vcov);
        if (option->offset == offsetof(jd_vcov_options_t, kind)) rows[n].name = "variance";
        n++;
    }
    return n;
}

/* "inflow | outflow | ..." */
static const char *list_outcomes(void)
{
    static char list[512];
    for (const jd_outcome_t *o = jd_outcomes; o->name; o++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? " | " : "",
                 o->name);
    return list;
}

static jd_section_t section;

static void make_section(void)
{
    enum { OWN = sizeof own_rows / sizeof *own_rows, MOST = 128 };
    static jd_param_t rows[MOST];
    const jd_param_t *option;
    int n = OWN;
    memcpy(rows, own_rows, sizeof own_rows);
    for (int i = 0; i < OWN; i++)
        if (rows[i].offset == P(outcome)) rows[i].choices = list_outcomes();
    for (int i = 0; (option = jd_did_option_at(i)) && n < MOST; i++) {
        /* The event study's bins have keys of their own, and a run's rows are no cross-sections. */
        if (option->offset == offsetof(jd_did_options_t, bin_first) ||
            option->offset == offsetof(jd_did_options_t, cross_sections))
            continue;
        rows[n] = *option;
        if (option->offset == offsetof(jd_did_options_t, cell_mean))
            rows[n].fallback = "yes"; /* what the ATT is */
        n++;
    }
    n = add_vcov(rows, n, MOST);
    section = (jd_section_t){.name = "estimate",
                             .help = "which estimators run on which data after the simulation, and "
                                     "how",
                             .params = rows,
                             .n_params = n,
                             .size = sizeof(jd_estimate_params_t),
                             .check = check,
                             .unread_of = unread_of};
}

const jd_section_t *jd_estimate_section(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_section);
    return &section;
}

const jd_column_t jd_estimate_columns[JD_EST_COLUMNS] = {
    {"panel", JD_TEXT, "", "panel: county, sector_county, firm", NULL, 16, JD_AXIS_CELL},
    {"estimator", JD_TEXT, "", "estimator", NULL, 32, JD_AXIS_CELL},
    {"term", JD_TEXT, "", "att: the overall effect; e=..: an event time", NULL, 16, JD_AXIS_CELL},
    {"quantity", JD_TEXT, "", "outcome", NULL, 24, JD_AXIS_CELL},
    {"event_time", JD_INT32, "quarter", "event time, -1000 = none", NULL, 0, JD_AXIS_CELL},
    {"estimate", JD_DOUBLE, "firms", "estimate", NULL, 0, JD_AXIS_CELL},
    {"std_error", JD_DOUBLE, "firms", "standard error", NULL, 0, JD_AXIS_CELL},
    {"ci_low", JD_DOUBLE, "firms", "lower end of the interval", NULL, 0, JD_AXIS_CELL},
    {"ci_high", JD_DOUBLE, "firms", "upper end of the interval", NULL, 0, JD_AXIS_CELL},
    {"p_value", JD_DOUBLE, "1", "p-value of no effect", NULL, 0, JD_AXIS_CELL},
    {"n_obs", JD_INT64, "1", "rows used", NULL, 0, JD_AXIS_CELL},
    {"n_units", JD_INT32, "1", "units", NULL, 0, JD_AXIS_CELL},
    {"n_clusters", JD_INT32, "1", "clusters, 0 = not clustered", NULL, 0, JD_AXIS_CELL},
    {"att", JD_DOUBLE, "firms", "true total effect on the treated cells of the term", NULL, 0,
     JD_AXIS_CELL},
    {"bias", JD_DOUBLE, "firms", "estimate less att", NULL, 0, JD_AXIS_CELL},
    {"measurement", JD_DOUBLE, "firms", "part of bias: observed less true outcomes", NULL, 0,
     JD_AXIS_CELL},
    {"trends", JD_DOUBLE, "firms", "part of bias: differential trends and chance", NULL, 0,
     JD_AXIS_CELL},
    {"weights", JD_DOUBLE, "firms", "part of bias: weights and target", NULL, 0, JD_AXIS_CELL},
    {"anticipation", JD_DOUBLE, "firms", "part of bias: announced, not adopted", NULL, 0,
     JD_AXIS_CELL},
    {"spillover", JD_DOUBLE, "firms", "part of bias: effects on controls", NULL, 0, JD_AXIS_CELL},
    {"spillover_pre", JD_DOUBLE, "firms", "of spillover: on the not yet treated", NULL, 0,
     JD_AXIS_CELL},
    {"spillover_never", JD_DOUBLE, "firms", "of spillover: on the never treated", NULL, 0,
     JD_AXIS_CELL},
    {"spillover_other", JD_DOUBLE, "firms", "of spillover: on the untargeted in treated counties",
     NULL, 0, JD_AXIS_CELL},
    {"residual", JD_DOUBLE, "firms", "bias less its parts: rounding", NULL, 0, JD_AXIS_CELL},
    {"ade", JD_DOUBLE, "firms", "true direct effect, missing without run.direct_folds", NULL, 0,
     JD_AXIS_CELL},
    {"bias_ade", JD_DOUBLE, "firms", "estimate less ade", NULL, 0, JD_AXIS_CELL},
    {"weights_ade", JD_DOUBLE, "firms", "part of bias_ade: weights and target", NULL, 0,
     JD_AXIS_CELL},
    {"anticipation_ade", JD_DOUBLE, "firms", "part of bias_ade: anticipation", NULL, 0,
     JD_AXIS_CELL},
    {"spillover_ade", JD_DOUBLE, "firms", "part of bias_ade: what others' treatment does, to all",
     NULL, 0, JD_AXIS_CELL},
};

const jd_unit_words_t jd_unit_words[JD_UNITS] = {
    [JD_TARGET_MEAN] = {"", "firms"},
    [JD_TARGET_RATIO] = {", as shares", "share"},
    [JD_TARGET_LOG_RATIO] = {", in log points", "log points"},
    [JD_TARGET_PER_DOSE] = {", per unit of dose", "firms per unit of dose"},
    [JD_UNIT_PER_FIRM] = {", per firm", "firms per firm"}};

int jd_estimate_unit(const char *panel, const char *estimator)
{
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(estimator, ":"), estimator);
    const jd_estimator_t *e = jd_estimator_find(name);
    int unit = e ? (int)e->target : JD_TARGET_MEAN;
    return unit == JD_TARGET_MEAN && !strcmp(panel, "firm") ? (int)JD_UNIT_PER_FIRM : unit;
}

/* One line of /estimates in the making. */
typedef struct line {
    char term[16];
    int32_t event_time;
    double estimate, std_error, ci_low, ci_high, p_value;
    jd_split_t split;
} line_t;

static void put(jd_table_t *t, int column, double value)
{
    jd_table_set_number(t, column, t->rows, value);
}

static int add_line(jd_table_t *t, const jd_recovery_sample_t *s, const char *estimator,
                    const line_t *line, const jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_split_t *b = &line->split;
    int rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    jd_table_set_text(t, JD_EST_PANEL, t->rows, s->panel);
    jd_table_set_text(t, JD_EST_ESTIMATOR, t->rows, estimator);
    jd_table_set_text(t, JD_EST_TERM, t->rows, line->term);
    jd_table_set_text(t, JD_EST_QUANTITY, t->rows, s->quantity);
    put(t, JD_EST_EVENT_TIME, line->event_time);
    put(t, JD_EST_ESTIMATE, line->estimate);
    put(t, JD_EST_STD_ERROR, line->std_error);
    put(t, JD_EST_CI_LOW, line->ci_low);
    put(t, JD_EST_CI_HIGH, line->ci_high);
    put(t, JD_EST_P_VALUE, line->p_value);
    put(t, JD_EST_N_OBS, (double)fit->n_obs);
    put(t, JD_EST_N_UNITS, fit->n_units);
    put(t, JD_EST_N_CLUSTERS, fit->facts.n_clusters);
    put(t, JD_EST_ATT, b->att);
    put(t, JD_EST_BIAS, line->estimate - b->att);
    put(t, JD_EST_MEASUREMENT, b->measurement);
    put(t, JD_EST_TRENDS, b->trends);
    put(t, JD_EST_WEIGHTS, b->weights + b->target + b->response);
    put(t, JD_EST_ANTICIPATION, b->anticipation);
    put(t, JD_EST_SPILLOVER, b->spillover_pre + b->spillover_never + b->spillover_other);
    put(t, JD_EST_SPILLOVER_PRE, b->spillover_pre);
    put(t, JD_EST_SPILLOVER_NEVER, b->spillover_never);
    put(t, JD_EST_SPILLOVER_OTHER, b->spillover_other);
    put(t, JD_EST_RESIDUAL, b->residual);
    put(t, JD_EST_ADE, s->direct ? b->ade : (double)NAN);
    put(t, JD_EST_BIAS_ADE, s->direct ? line->estimate - b->ade : (double)NAN);
    put(t, JD_EST_WEIGHTS_ADE, b->ade_weights + b->response);
    put(t, JD_EST_ANTICIPATION_ADE, b->ade_anticipation);
    put(t, JD_EST_SPILLOVER_ADE, b->ade_spillover);
    t->rows++;
    return JD_OK;
}

static line_t line_of(const jd_fit_t *fit, const jd_term_t *term, const jd_split_t *split, int k)
{
    line_t line = {.event_time = term->kind == JD_TERM_EVENT ? term->event_first : JD_NO_EVENT,
                   .estimate = fit->estimate[k],
                   .std_error = fit->std_error[k],
                   .ci_low = fit->ci_low[k],
                   .ci_high = fit->ci_high[k],
                   .p_value = fit->p_value[k],
                   .split = *split};
    if (term->kind == JD_TERM_EVENT && term->event_last < 0 &&
        term->event_last != term->event_first)
        line.event_time = term->event_last;
    snprintf(line.term, sizeof line.term, "%.15s", term->name);
    return line;
}

/* Parts of a split that add up term by term. */
static void add_split(jd_split_t *to, const jd_split_t *from, double weight)
{
    double *const sums[] = {&to->att,
                            &to->theta,
                            &to->measurement,
                            &to->trends,
                            &to->weights,
                            &to->target,
                            &to->anticipation,
                            &to->spillover_pre,
                            &to->spillover_never,
                            &to->spillover_other,
                            &to->response,
                            &to->residual,
                            &to->ade,
                            &to->ade_weights,
                            &to->ade_anticipation,
                            &to->ade_spillover,
                            &to->ade_residual};
    const double parts[] = {from->att,
                            from->theta,
                            from->measurement,
                            from->trends,
                            from->weights,
                            from->target,
                            from->anticipation,
                            from->spillover_pre,
                            from->spillover_never,
                            from->spillover_other,
                            from->response,
                            from->residual,
                            from->ade,
                            from->ade_weights,
                            from->ade_anticipation,
                            from->ade_spillover,
                            from->ade_residual};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        *sums[i] += weight * parts[i];
}

/* An event study's mean effect, weighted by treated cells: its target is the ATT. */
static line_t mean_effect(const jd_design_t *design, const jd_fit_t *fit, const jd_split_t *splits,
                          double *weight)
{
    jd_estimate_t mean = jd_fit_mean(design, fit, weight);
    line_t line = {.term = "att",
                   .event_time = JD_NO_EVENT,
                   .estimate = mean.estimate,
                   .std_error = mean.std_error,
                   .ci_low = mean.ci_low,
                   .ci_high = mean.ci_high,
                   .p_value = mean.p_value};
    for (int k = 0; k < fit->n_terms; k++)
        if (weight[k] > 0) add_split(&line.split, &splits[k], weight[k]); /* leads have no target */
    return line;
}

/* `way` of inference, or NULL: stands behind the estimator's name. */
static int report_lines(jd_table_t *estimates, const jd_recovery_sample_t *s,
                        const jd_design_t *design, const jd_inference_t *way, const jd_fit_t *fit,
                        const jd_split_t *splits, int n, jd_ctx_t *ctx)
{
    const jd_term_t *terms = jd_design_terms(design);
    char name[32];
    jd_inference_row(name, jd_design_estimator(design)->name, way ? way->label : NULL);
    int rc = JD_OK;
    if (n > 0 && terms[0].kind == JD_TERM_EVENT) {
        double *weight;
        rc = jd_make(&weight, fit->n_terms, sizeof *weight, "estimates", ctx);
        if (rc) return rc;
        line_t mean = mean_effect(design, fit, splits, weight);
        free(weight);
        rc = add_line(estimates, s, name, &mean, fit, ctx);
    }
    for (int k = 0; k < n && !rc; k++) {
        line_t line = line_of(fit, &terms[k], &splits[k], k);
        rc = add_line(estimates, s, name, &line, fit, ctx);
    }
    return rc;
}

/* An event study's terms are columns: over a long run they would outgrow memory, so far event times
 * are one term each way. Runs of up to a few hundred quarters have them all. */
static void bin_event_times(const jd_estimate_params_t *p, const jd_recovery_sample_t *s,
                            const char *name, jd_did_options_t *options, jd_ctx_t *ctx)
{
    enum { CELLS_MOST = 100000000, FAR = 40 };
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (int64_t i = 0; i < s->n; i++) {
        first = s->time[i] < first ? s->time[i] : first;
        last = s->time[i] > last ? s->time[i] : last;
    }
    options->bin_first = p->bin_first > -1000 ? (int32_t)p->bin_first : INT32_MIN;
    options->bin_last = p->bin_last < 1000 ? (int32_t)p->bin_last : INT32_MAX;
    if (!jd_estimator_find(name)->by_event || 2 * s->n * (last - first) <= CELLS_MOST) return;
    if (options->bin_first < -FAR) options->bin_first = -FAR;
    if (options->bin_last > FAR) options->bin_last = FAR;
    jd_warn(ctx,
            "event study over %d periods: event times beyond %d are binned; estimate.bin_first and "
            "bin_last decide "
            "otherwise",
            last - first + 1, FAR);
}

/* What one estimator is run on, and where its rows go. */
typedef struct work {
    const jd_estimate_params_t *params;
    const jd_recovery_sample_t *sample;
    jd_table_t *estimates, *null; /* null: of the world without the policy, or NULL */
    const jd_inference_t *way;    /* NULL: params->vcov */
} work_t;

/* The effective dose goes to those it is the treatment of; others would take it for theirs. */
static const double *dose_for(const jd_recovery_sample_t *s, const char *name)
{
    return jd_estimator_find(name)->reads & JD_READS_DOSE ? s->dose : NULL;
}

/* The panel an estimator runs on; `fixed` has room for two. */
static jd_panel_t panel_of(const work_t *w, const char *name, const int32_t *fixed[2])
{
    const jd_recovery_sample_t *s = w->sample;
    fixed[0] = s->fixed[0];
    fixed[1] = s->fixed[1];
    return (jd_panel_t){.n = s->n,
                        .unit = s->unit,
                        .time = s->time,
                        .cohort = s->cohort,
                        .cluster = s->cluster,
                        .dose = dose_for(s, name),
                        .n_fixed = s->n_fixed,
                        .fixed = fixed};
}

static jd_did_options_t options_of(const work_t *w, const char *name, jd_ctx_t *ctx)
{
    jd_did_options_t options = w->params->how;
    options.no_time_effects = w->sample->n_fixed > 0;
    bin_event_times(w->params, w->sample, name, &options, ctx);
    return options;
}

static int prepare(const work_t *w, const char *name, jd_design_t **design, jd_ctx_t *ctx)
{
    const int32_t *fixed[2];
    const jd_panel_t panel = panel_of(w, name, fixed);
    const jd_did_options_t options = options_of(w, name, ctx);
    return jd_design_prepare(design, jd_estimator_find(name), &panel, &options, ctx);
}

/* Rows of one outcome; input NULL: of the world without the policy, all chance. */
static int report_outcome(const work_t *w, const jd_design_t *design, const double *y,
                          const jd_split_input_t *input, jd_table_t *to, jd_ctx_t *ctx)
{
    const jd_term_t *terms = jd_design_terms(design);
    int n_terms = jd_design_facts(design).n_terms, n = 0;
    jd_fit_t fit = {0};
    jd_split_t *splits = NULL;
    int rc = jd_make(&splits, n_terms, sizeof *splits, "the bias split", ctx);
    if (!rc && w->way)
        rc = jd_inference_apply(w->way, design, y, w->params->level, &fit, ctx);
    else if (!rc)
        rc = jd_design_infer(design, y, &w->params->vcov, w->params->level, &fit, ctx);
    if (!rc && input) rc = jd_split_bias(design, input, splits, &n, ctx);
    for (; !rc && !input && n < n_terms && terms[n].kind < JD_TERM_OTHER; n++)
        splits[n].trends = fit.estimate[n];
    if (!rc) rc = report_lines(to, w->sample, design, w->way, &fit, splits, n, ctx);
    free(splits);
    jd_fit_free(&fit);
    return rc;
}

static int report_outcomes(const work_t *w, const char *name, const jd_design_t *design,
                           jd_ctx_t *ctx)
{
    const jd_recovery_sample_t *s = w->sample;
    const jd_split_input_t input = {.y1_obs = s->observed,
                                    .y1 = s->y1,
                                    .y0 = s->y0,
                                    .cell = s->cell,
                                    .direct = s->direct,
                                    .dose = dose_for(s, name)};
    int rc = report_outcome(w, design, s->observed, &input, w->estimates, ctx);
    if (!rc && w->null) rc = report_outcome(w, design, s->y0, NULL, w->null, ctx);
    return rc;
}

/* All ways of inference on one design; one that this estimator cannot have is a note. */
static int report_ways(const work_t *w, const char *name, const jd_design_t *design, jd_ctx_t *ctx)
{
    char way[JD_TERM_NAME];
    int rc = JD_OK;
    for (const char *at = w->params->ways; !rc && (at = jd_estimate_next(at, way));) {
        jd_inference_t how;
        work_t one = *w;
        one.way = &how;
        jd_ctx_t inner = jd_ctx_inner(ctx);
        inner.warn = ctx ? ctx->warn : NULL;
        if (!jd_inference_find(&how, way, &w->params->vcov)) continue; /* refused before */
        const int32_t *fixed[2];
        const jd_panel_t panel = panel_of(w, name, fixed);
        const jd_did_options_t options = options_of(w, name, NULL);
        how.panel = &panel;
        how.estimates = &options;
        int failed = report_outcomes(&one, name, design, &inner);
        if (failed == JD_ERR_NO_MEMORY || failed == JD_ERR_CANCELLED)
            rc = jd_fail(ctx, failed, "%s", inner.message);
        else if (failed)
            jd_warn(ctx, "%s:%s on the %s panel: left out: %s", name, how.label, w->sample->panel,
                    inner.message);
    }
    return rc;
}

static int run_estimator(const work_t *w, const char *name, jd_ctx_t *ctx)
{
    jd_design_t *design = NULL;
    int rc = prepare(w, name, &design, ctx);
    if (!rc)
        rc = w->params->ways[0] ? report_ways(w, name, design, ctx)
                                : report_outcomes(w, name, design, ctx);
    jd_design_free(design);
    return rc;
}

/* What does not apply to these data (nobody treated, no controls) is a note, not an error of the
 * run.
 */
static int try_estimator(const work_t *w, const char *name, jd_ctx_t *ctx)
{
    jd_ctx_t inner = jd_ctx_inner(ctx);
    inner.warn = ctx ? ctx->warn : NULL;
    int rc = jd_check_cancelled(&inner);
    if (!rc) rc = run_estimator(w, name, &inner);
    if (rc == JD_ERR_NO_MEMORY || rc == JD_ERR_CANCELLED)
        return jd_fail(ctx, rc, "%s", inner.message);
    if (rc) jd_warn(ctx, "%s on the %s panel: left out: %s", name, w->sample->panel, inner.message);
    return JD_OK;
}

int jd_estimates_init(jd_table_t *estimates, jd_ctx_t *ctx)
{
    return jd_table_init(estimates, "estimates",
                         "What estimators make of the recorded data, and why", jd_estimate_columns,
                         JD_EST_COLUMNS, 64, ctx);
}

/* Whether an estimator runs without being named: not where it takes long. */
static bool is_for_all(const jd_recovery_sample_t *s, const jd_estimator_t *e, jd_ctx_t *ctx)
{
    if (e->most_units == 0 || s->n_units <= e->most_units) return true;
    jd_warn(ctx,
            "%s on the %s panel: left out: above %d units it takes long; it runs only where "
            "estimate.estimators names it",
            e->name, s->panel, e->most_units);
    return false;
}

/* `names` as in the section; "all" is those of the library, in its order. */
static int recover_names(const work_t *w, const char *names, jd_ctx_t *ctx)
{
    char name[JD_TERM_NAME];
    int rc = JD_OK;
    for (const char *at = names; !rc && (at = jd_estimate_next(at, name));) {
        bool all = strcmp(name, "all") == 0;
        if (!all) rc = try_estimator(w, name, ctx);
        for (int i = 0; all && jd_estimators[i] && !rc; i++)
            if (is_for_all(w->sample, jd_estimators[i], ctx))
                rc = try_estimator(w, jd_estimators[i]->name, ctx);
    }
    return rc;
}

/* ---- An estimator of the user's own ---- */

/* Its row: normal law, the truth over all cells under treatment; of its bias no parts are known. */
static line_t line_of_program(const work_t *w, double estimate, double error, bool null)
{
    const jd_recovery_sample_t *s = w->sample;
    const double z = gsl_cdf_ugaussian_Pinv(0.5 + w->params->level / 2);
    double sum = 0, direct = 0;
    int64_t n = 0;
    for (int64_t i = 0; i < s->n; i++) {
        if (s->cell[i] != JD_CELL_POST) continue;
        sum += s->y1[i] - s->y0[i];
        direct += s->direct ? s->direct[i] : 0;
        n++;
    }
    line_t line = {.term = "att",
                   .event_time = JD_NO_EVENT,
                   .estimate = estimate,
                   .std_error = error,
                   .ci_low = estimate - z * error,
                   .ci_high = estimate + z * error,
                   .p_value = 2 * gsl_cdf_ugaussian_Q(fabs(estimate) / error)};
    line.split.att = null || n == 0 ? 0 : sum / (double)n;
    line.split.ade = null || n == 0 ? 0 : direct / (double)n;
    line.split.trends = estimate - line.split.att;
    return line;
}

static int run_program(const work_t *w, const double *y, jd_table_t *to, bool null, jd_ctx_t *ctx)
{
    double estimate, error;
    const jd_fit_t counts = {.n_obs = w->sample->n, .n_units = w->sample->n_units};
    int rc = jd_program_estimate(w->params->program, w->params->program_seconds, w->sample, y,
                                 w->params->vcov.seed, &estimate, &error, ctx);
    if (rc) return rc;
    const line_t line = line_of_program(w, estimate, error, null);
    return add_line(to, w->sample, "program", &line, &counts, ctx);
}

static int try_program(const work_t *w, jd_ctx_t *ctx)
{
    jd_ctx_t inner = jd_ctx_inner(ctx);
    if (!*w->params->program) return JD_OK;
    int rc = run_program(w, w->sample->observed, w->estimates, false, &inner);
    if (!rc && w->null) rc = run_program(w, w->sample->y0, w->null, true, &inner);
    if (rc == JD_ERR_NO_MEMORY || rc == JD_ERR_CANCELLED)
        return jd_fail(ctx, rc, "%s", inner.message);
    if (rc) jd_warn(ctx, "program on the %s panel: left out: %s", w->sample->panel, inner.message);
    return JD_OK;
}

int jd_recover_sample(const jd_estimate_params_t *p, const jd_recovery_sample_t *s,
                      jd_table_t *estimates, jd_table_t *null, jd_ctx_t *ctx)
{
    const work_t w = {.params = p, .sample = s, .estimates = estimates, .null = null};
    int rc = recover_names(&w, p->estimators, ctx);
    return rc ? rc : try_program(&w, ctx);
}

typedef int (*make_sample_t)(jd_recovery_sample_t *, const jd_estimate_params_t *,
                             const jd_recorded_t *, jd_ctx_t *);

static int recover_panel(work_t *w, const jd_recorded_t *r, make_sample_t make, const char *names,
                         jd_ctx_t *ctx)
{
    jd_recovery_sample_t s = {0};
    int rc = make(&s, w->params, r, ctx);
    w->sample = &s;
    if (!rc) rc = recover_names(w, names, ctx);
    if (!rc && make == jd_county_sample) rc = try_program(w, ctx);
    jd_recovery_sample_free(&s);
    w->sample = NULL;
    return rc;
}

int jd_recover(const jd_estimate_params_t *p, const jd_recorded_t *r, jd_table_t *estimates,
               jd_table_t *null, jd_ctx_t *ctx)
{
    const jd_table_t *sectors = r->table(r->user, "panel/sector_county"),
                     *counties = r->table(r->user, "panel/county");
    const jd_table_t *firms = r->table(r->user, "panel/observed");
    work_t w = {.params = p, .estimates = estimates, .null = null};
    int rc = jd_estimates_init(estimates, ctx);
    if (!rc && null) rc = jd_estimates_init(null, ctx);
    if (!rc && p->county) rc = recover_panel(&w, r, jd_county_sample, p->estimators, ctx);
    if (!rc && p->sector && p->outcome < JD_FLOW_KINDS && sectors->n_unit > counties->n_unit)
        rc = recover_panel(&w, r, jd_sector_sample, "twfe", ctx);
    if (!rc && p->firm && firms && firms->rows > 0 && p->outcome == JD_FLOW_IN)
        rc = recover_panel(&w, r, jd_firm_sample, "twfe", ctx);
    return rc;
}
