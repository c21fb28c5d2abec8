/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/sensitivity.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/shown.h"
#include "run/record/estimands.h"
#include "run/setting.h"
#include "study/facts.h"

void jd_study_sensitivity_free(jd_study_sensitivity_t *s)
{
    jd_sweep_folder_free(&s->folder);
    free(s->mean);
    free(s->noise);
    free(s->sobol);
    free(s->morris);
    memset(s, 0, sizeof *s);
}

/* ---- An output of every run: y [n_runs], NaN where a run has none ---- */

static bool reads(const jd_table_t *t, int column, int64_t row, const char *text)
{
    char cell[256];
    return strcmp(jd_table_text(t, column, row, cell, sizeof cell), text) == 0;
}

static void put(double *y, int64_t n_runs, const jd_table_t *t, int64_t row, double value)
{
    int64_t run = (int64_t)jd_table_number(t, jd_table_find(t, "run"), row) - 1;
    if (run >= 0 && run < n_runs) y[run] = value;
}

/* Effects are means over county and quarter. */
static void put_unit(char *unit, const char *of_column)
{
    bool firms = of_column && !strcmp(of_column, "firms");
    snprintf(unit, JD_OUTPUT_UNIT, "%s", firms ? "firms per quarter" : of_column ? of_column : "1");
}

static bool from_runs(double *y, char *unit, int64_t n_runs, const jd_table_t *runs,
                      const char *name)
{
    int column = jd_table_find(runs, name), status = jd_table_find(runs, "status");
    if (column <= status) return false; /* run, point, replicate, status are no outputs */
    if (runs->columns[column].type == JD_TEXT) return false;
    put_unit(unit, runs->columns[column].unit);
    for (int64_t i = 0; i < runs->rows; i++)
        if (jd_table_number(runs, status, i) == 0)
            put(y, n_runs, runs, i, jd_table_number(runs, column, i));
    return true;
}

static bool from_estimands(double *y, char *unit, int64_t n_runs, const jd_table_t *t,
                           const char *name)
{
    static const char *const pure[] = {"net_creation", "ratio_att", "ratio_ade"};
    bool found = false, of_firms = true;
    for (size_t i = 0; i < sizeof pure / sizeof *pure; i++)
        of_firms = of_firms && strcmp(name, pure[i]) != 0;
    put_unit(unit, of_firms ? "firms" : "1");
    for (int64_t i = 0; i < t->rows; i++) {
        if (!reads(t, 1 + E_NAME, i, name) || !reads(t, 1 + E_OUTCOME, i, "inflow") ||
            jd_table_number(t, 1 + E_COHORT, i) != -1 ||
            jd_table_number(t, 1 + E_PERIOD, i) != -1 ||
            jd_table_number(t, 1 + E_EVENT_TIME, i) != JD_NO_EVENT)
            continue;
        found = true;
        put(y, n_runs, t, i, jd_table_number(t, 1 + E_VALUE, i));
    }
    return found;
}

/* "cooperation.cases" */
static bool from_facts(double *y, char *unit, int64_t n_runs, const jd_table_t *t, const char *name)
{
    bool found = false;
    put_unit(unit, "1");
    for (int64_t i = 0; i < t->rows; i++) {
        if (!reads(t, 1 + JD_FACT_FACT, i, name)) continue;
        found = true;
        put(y, n_runs, t, i, jd_table_number(t, 1 + JD_FACT_VALUE, i));
    }
    return found;
}

/* A column's unit where the estimator has one of its own: log points, or per dose. */
static const char *unit_of(const char *panel, const char *estimator, const char *of_column)
{
    int unit = jd_estimate_unit(panel, estimator);
    bool own = of_column && !strcmp(of_column, "firms") && unit != JD_TARGET_MEAN;
    return own ? jd_unit_words[unit].key : of_column;
}

/* "twfe.bias" */
static bool from_estimates(double *y, char *unit, int64_t n_runs, const jd_table_t *t,
                           const char *name)
{
    char estimator[32], panel[16] = "county";
    const size_t slash = strcspn(name, "/.");
    if (name[slash] == '/' && slash < sizeof panel) { /* of another panel: "firm/twfe.bias" */
        snprintf(panel, sizeof panel, "%.*s", (int)slash, name);
        name += slash + 1;
    }
    size_t n = strcspn(name, ".");
    int column = name[n] ? jd_table_find(t, name + n + 1) : -1;
    bool found = false;
    if (n >= sizeof estimator || column < 0 || t->columns[column].type == JD_TEXT) return false;
    snprintf(estimator, sizeof estimator, "%.*s", (int)n, name);
    const char *measure = unit_of(panel, estimator, t->columns[column].unit);
    put_unit(unit, measure);
    for (int64_t i = 0; i < t->rows; i++) {
        if (!reads(t, 1 + JD_EST_PANEL, i, panel) || !reads(t, 1 + JD_EST_TERM, i, "att") ||
            !reads(t, 1 + JD_EST_ESTIMATOR, i, estimator))
            continue;
        if (!found && measure && !strcmp(measure, "firms") &&
            reads(t, 1 + JD_EST_QUANTITY, i, "stock"))
            snprintf(unit, JD_OUTPUT_UNIT, "firms"); /* at a time, not by quarter */
        found = true;
        put(y, n_runs, t, i, jd_table_number(t, column, i));
    }
    return found;
}

/* ---- A name that is not an output ---- */

/* A search for the output whose name is nearest; only the first run's rows are looked at. */
typedef struct search {
    const char *name;
    char nearest[128]; /* "" = none is near */
    bool text;         /* it is there, but no number */
} search_t;

static void hold_beside(search_t *s, const char *candidate)
{
    char own[sizeof s->nearest];
    const char *const both[] = {own, s->nearest};
    snprintf(own, sizeof own, "%s", candidate);
    if (jd_nearest(s->name, both, s->nearest[0] ? 2 : 1) == own)
        memcpy(s->nearest, own, sizeof own);
}

static bool is_first_run(const jd_table_t *t, int64_t row)
{
    return jd_table_number(t, 0, row) == jd_table_number(t, 0, 0);
}

static void search_runs(search_t *s, const jd_table_t *t)
{
    for (int c = jd_table_find(t, "status") + 1; c < t->n_columns; c++)
        if (t->columns[c].type != JD_TEXT)
            hold_beside(s, t->columns[c].name);
        else
            s->text = s->text || !strcmp(t->columns[c].name, s->name);
}

static void search_estimands(search_t *s, const jd_table_t *t)
{
    char name[64];
    for (int64_t i = 0; i < t->rows && is_first_run(t, i); i++)
        hold_beside(s, jd_table_text(t, 1 + E_NAME, i, name, sizeof name));
}

static void search_facts(search_t *s, const jd_table_t *t)
{
    char name[64];
    for (int64_t i = 0; i < t->rows && is_first_run(t, i); i++)
        hold_beside(s, jd_table_text(t, 1 + JD_FACT_FACT, i, name, sizeof name));
}

static void search_estimates(search_t *s, const jd_table_t *t)
{
    char estimator[32], both[128];
    for (int64_t i = 0; i < t->rows && is_first_run(t, i); i++) {
        if (!reads(t, 1 + JD_EST_PANEL, i, "county") || !reads(t, 1 + JD_EST_TERM, i, "att"))
            continue;
        jd_table_text(t, 1 + JD_EST_ESTIMATOR, i, estimator, sizeof estimator);
        for (int c = 1; c < t->n_columns; c++) {
            if (t->columns[c].type == JD_TEXT) continue;
            snprintf(both, sizeof both, "%s.%s", estimator, t->columns[c].name);
            hold_beside(s, both);
        }
    }
}

static int unknown(const search_t *s, jd_ctx_t *ctx)
{
    const char *name = s->name, *nearest = s->nearest;
    if (s->text)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "output %s: is text; name a column of numbers, as relocations", name);
    if (nearest[0])
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "output %s: the sweep has none of this name; did you mean '%s'?", name,
                       nearest);
    return jd_fail(
        ctx, JD_ERR_ARGUMENT,
        "output %s: the sweep has none of this name; there are columns of "
        "/runs (relocations, distance, friction, ...), estimands (att, ade, net_creation, "
        "spillover_never, ratio_att, ...), facts of mechanisms (cooperation.cases, ...) and "
        "ESTIMATOR.COLUMN (twfe.bias, "
        "twfe.estimate, ...)",
        name);
}

int jd_study_output(double *y, char unit[JD_OUTPUT_UNIT], int64_t n_runs, jd_store_t *store,
                    const char *name, jd_ctx_t *ctx)
{
    static const struct {
        const char *table;
        bool (*take)(double *, char *, int64_t, const jd_table_t *, const char *);
        void (*search)(search_t *, const jd_table_t *);
    } places[] = {{"runs", from_runs, search_runs},
                  {"truth/estimands", from_estimands, search_estimands},
                  {"facts", from_facts, search_facts},
                  {"estimates", from_estimates, search_estimates}};
    search_t search = {.name = name};
    bool found = false;
    int rc = JD_OK;
    for (int64_t i = 0; i < n_runs; i++)
        y[i] = (double)NAN;
    for (size_t i = 0; i < sizeof places / sizeof *places && !rc && !found; i++) {
        jd_table_t table;
        if (places[i].take == from_facts && !jd_store_has(store, "facts"))
            continue; /* of an earlier version */
        rc = jd_store_read(store, places[i].table, &table, ctx);
        if (rc) break;
        found = places[i].take(y, unit, n_runs, &table, name);
        if (!found) places[i].search(&search, &table);
        jd_table_free(&table);
    }
    return rc || found ? rc : unknown(&search, ctx);
}

static int read_output(double *y, char *unit, int64_t n_runs, const char *folder, const char *name,
                       jd_ctx_t *ctx)
{
    char path[4096];
    jd_store_t *store = NULL;
    snprintf(path, sizeof path, "%s/sweep.h5", folder);
    if (access(path, F_OK) != 0)
        return jd_fail(ctx, JD_ERR_OPEN,
                       "%s is not there yet: once all runs are done, jiedao merge %s writes it",
                       path, folder);
    int rc = jd_store_open(&store, path, ctx);
    if (!rc) rc = jd_study_output(y, unit, n_runs, store, name, ctx);
    jd_store_close(&store);
    return rc;
}

/* ---- Means over replicates, and their noise ---- */

/* Mean of each replicate over all points: common random numbers shift all points equally. */
static void centre_replicates(double *y, const jd_plan_t *plan)
{
    for (int64_t r = 0; r < plan->replicates; r++) {
        double *one = y + r * plan->n_points, sum = 0;
        int64_t n = 0;
        for (int64_t p = 0; p < plan->n_points; p++)
            if (isfinite(one[p])) sum += one[p], n++;
        for (int64_t p = 0; p < plan->n_points && n; p++)
            one[p] -= sum / (double)n;
    }
}

/* Mean over replicates of y at p, less y at q unless q < 0; *error = the mean's variance. */
static double mean_of(const double *y, const jd_plan_t *plan, int64_t p, int64_t q, double *error)
{
    double sum = 0, square = 0, mean;
    int64_t n = 0;
    for (int64_t r = 0; r < plan->replicates; r++) {
        double d = y[r * plan->n_points + p] - (q < 0 ? 0 : y[r * plan->n_points + q]);
        if (isfinite(d)) sum += d, n++;
    }
    mean = n ? sum / (double)n : (double)NAN;
    for (int64_t r = 0; r < plan->replicates; r++) {
        double d = y[r * plan->n_points + p] - (q < 0 ? 0 : y[r * plan->n_points + q]) - mean;
        if (isfinite(d)) square += d * d;
    }
    *error = n > 1 ? square / (double)(n - 1) / (double)n : 0;
    return mean;
}

/* Of a row's points A and B their own noise; of the others that of their difference from A. */
static void measure_noise(jd_study_sensitivity_t *s, const double *y)
{
    const jd_plan_t *plan = &s->folder.plan;
    int width = plan->n_factors + 2;
    for (int64_t p = 0; p < plan->n_points; p++) {
        int64_t a = p - p % width;
        (void)mean_of(y, plan, p, p - a < 2 ? -1 : a, &s->noise[p]);
    }
}

static int average(jd_study_sensitivity_t *s, double *y, jd_ctx_t *ctx)
{
    const jd_plan_t *plan = &s->folder.plan;
    int64_t n = plan->n_points, used = 0;
    double noise = 0, mean = 0, all = 0, R = (double)plan->replicates;
    int rc = jd_make(&s->mean, n, sizeof *s->mean, "sensitivity", ctx);
    if (!rc) rc = jd_make(&s->noise, n, sizeof *s->noise, "sensitivity", ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < plan->n_runs; i++)
        s->missing += !isfinite(y[i]);
    if (plan->common && plan->replicates > 1) centre_replicates(y, plan);
    for (int64_t p = 0; p < n; p++) {
        double error;
        s->mean[p] = mean_of(y, plan, p, -1, &error);
        if (!isfinite(s->mean[p])) continue;
        noise += error;
        mean += s->mean[p];
        used++;
    }
    for (int64_t p = 0; p < n; p++)
        if (isfinite(s->mean[p])) all += pow(s->mean[p] - mean / (double)used, 2);
    s->noise_share = (double)NAN;
    if (plan->replicates > 1 && used > 1) {
        double within = R * noise / (double)used;
        double between = fmax(all / (double)(used - 1) - within / R, 0);
        s->noise_share = within / (within + between);
    }
    if (plan->replicates > 1 && plan->design == JD_PLAN_SALTELLI) measure_noise(s, y);
    return JD_OK;
}

/* ---- Indices ---- */

static int analyse(jd_study_sensitivity_t *s, int draws, double level, jd_ctx_t *ctx)
{
    const jd_plan_t *plan = &s->folder.plan;
    const jd_run_params_t *run = jd_config_section(s->folder.config, "run");
    uint64_t seed = (uint64_t)run->seed;
    if (plan->design != JD_PLAN_SALTELLI && plan->design != JD_PLAN_MORRIS)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "the sweep has another design: sensitivity needs design = saltelli (Sobol "
                       "indices) or morris (elementary effects)");
    if (plan->design == JD_PLAN_MORRIS) {
        int rc = jd_make(&s->morris, plan->n_factors, sizeof *s->morris, "sensitivity", ctx);
        return rc ? rc
                  : jd_morris_effects(s->mean, plan->unit, plan->base, plan->n_factors, draws, seed,
                                      level, s->morris, &s->used, ctx);
    }
    int rc = jd_make(&s->sobol, plan->n_factors, sizeof *s->sobol, "sensitivity", ctx);
    return rc ? rc
              : jd_sobol_indices(s->mean, plan->replicates > 1 ? s->noise : NULL, plan->base,
                                 plan->n_factors, draws, seed, level, s->sobol, &s->sum, &s->used,
                                 ctx);
}

/* An output too few runs have, or that is a constant. */
static int report_why(const jd_study_sensitivity_t *s, int code, const char *why, jd_ctx_t *ctx)
{
    const jd_run_params_t *run = jd_config_section(s->folder.config, "run");
    bool folds = strstr(s->output, "ade") && run->direct_folds == 0;
    if (code != JD_ERR_DATA || s->missing == 0)
        return jd_fail(ctx, code, "output %s: %s", s->output, why);
    return jd_fail(ctx, code, "output %s: %" PRId64 " of %" PRId64 " runs lack it%s: %s", s->output,
                   s->missing, s->folder.plan.n_runs,
                   folds ? " (direct effects take run.direct_folds)" : "", why);
}

int jd_study_sensitivity(jd_study_sensitivity_t *s, const char *folder, const char *output,
                         int draws, double level, jd_ctx_t *ctx)
{
    double *y = NULL;
    memset(s, 0, sizeof *s);
    snprintf(s->output, sizeof s->output, "%s", output);
    int rc = jd_sweep_folder_open(&s->folder, &jd_sweep_simulate, folder, ctx);
    if (!rc) rc = jd_make(&y, s->folder.plan.n_runs, sizeof *y, "sensitivity", ctx);
    if (!rc) rc = read_output(y, s->unit, s->folder.plan.n_runs, folder, output, ctx);
    if (!rc) rc = average(s, y, ctx);
    jd_ctx_t inner = jd_ctx_inner(ctx);
    if (!rc) {
        rc = analyse(s, draws, level, &inner);
        if (rc) rc = report_why(s, rc, inner.message, ctx);
    }
    free(y);
    if (rc) jd_study_sensitivity_free(s);
    return rc;
}

/* ---- Words ---- */

static double rank(const jd_study_sensitivity_t *s, int f)
{
    return s->sobol ? s->sobol[f].total : s->morris[f].mu_star;
}

int jd_study_sensitivity_kth(const jd_study_sensitivity_t *s, int k)
{
    int n = s->folder.plan.n_factors;
    for (int f = 0; f < n; f++) {
        int before = 0;
        for (int g = 0; g < n; g++)
            before += rank(s, g) > rank(s, f) || (g < f && !(rank(s, g) < rank(s, f)));
        if (before == k) return f;
    }
    return 0;
}

static void print_head(FILE *out, const jd_study_sensitivity_t *s)
{
    const jd_plan_t *plan = &s->folder.plan;
    fprintf(out, "Output      %s, mean of %" PRId64 " replicate%s\n", s->output, plan->replicates,
            plan->replicates == 1 ? "" : "s");
    fprintf(out, "Design      %s, %" PRId64 " of %" PRId64 " %s used",
            s->sobol ? "saltelli" : "morris", s->used, plan->base,
            s->sobol ? "base rows" : "trajectories");
    if (s->missing) fprintf(out, "; %" PRId64 " runs have no such output", s->missing);
    fputc('\n', out);
    if (!isnan(s->noise_share))
        fprintf(
            out, "Noise       %.3g %% of a single run's variance is chance, not parameters; %s\n",
            100 * s->noise_share, s->sobol ? "it is taken out below" : "sigma below holds it too");
}

/* What the parameters explain one by one; what is missing to 1 are interactions, unless it is the
 * error of the indices. */
static void print_sum(FILE *out, const jd_study_sensitivity_t *s)
{
    if (s->folder.plan.n_factors < 2) return;
    fprintf(out, "  %-30s %8.3f  [%8.3f, %8.3f]  %s\n", "sum of first", s->sum.first,
            s->sum.first_low, s->sum.first_high,
            s->sum.first_high < 1 ? "the rest is interactions"
                                  : "no interactions beyond the indices' error");
}

void jd_study_sensitivity_print(FILE *out, const jd_study_sensitivity_t *s, double level)
{
    print_head(out, s);
    if (s->sobol)
        fprintf(out, "\n%-32s %8s %20.4g %% %8s %20.4g %%\n", "Sobol index", "first", 100 * level,
                "total", 100 * level);
    else
        fprintf(out, "\n%-32s %11s %24.4g %% %11s %11s\n", "Elementary effect", "mu*", 100 * level,
                "mu", "sigma");
    for (int k = 0; k < s->folder.plan.n_factors; k++) {
        int f = jd_study_sensitivity_kth(s, k);
        fprintf(out, "  %-30s", s->folder.plan.factors[f].name);
        if (s->sobol) {
            const jd_sobol_index_t *i = &s->sobol[f];
            fprintf(out, " %8.3f  [%8.3f, %8.3f] %8.3f  [%8.3f, %8.3f]\n", i->first, i->first_low,
                    i->first_high, i->total, i->total_low, i->total_high);
        } else {
            const jd_morris_effect_t *e = &s->morris[f];
            char star[JD_SHOWN], low[JD_SHOWN], high[JD_SHOWN], mu[JD_SHOWN], sigma[JD_SHOWN];
            fprintf(out, " %11s [%11s, %11s] %11s %11s\n", jd_shown(e->mu_star, false, star),
                    jd_shown(e->mu_star_low, false, low), jd_shown(e->mu_star_high, false, high),
                    jd_shown(e->mu, false, mu), jd_shown(e->sigma, false, sigma));
        }
    }
    if (s->sobol)
        print_sum(out, s);
    else
        fputs("Per full range of a parameter; sigma beside mu* indicates curvature and "
              "interactions.\n",
              out);
}

static void csv_number(FILE *out, double x)
{
    char text[JD_NUMBER_SIZE];
    fprintf(out, ",%.*s", (int)jd_number_print_double(text, x), text);
}

void jd_study_sensitivity_csv(FILE *out, const jd_study_sensitivity_t *s)
{
    fputs(s->sobol ? "parameter,output,first,first_low,first_high,total,total_low,total_high\n"
                   : "parameter,output,mu_star,mu_star_low,mu_star_high,mu,sigma\n",
          out);
    for (int k = 0; k < s->folder.plan.n_factors; k++) {
        int f = jd_study_sensitivity_kth(s, k);
        fprintf(out, "%s,%s", s->folder.plan.factors[f].name, s->output);
        const jd_sobol_index_t *i = s->sobol ? &s->sobol[f] : NULL;
        const jd_morris_effect_t *e = s->morris ? &s->morris[f] : NULL;
        const double of_sobol[] = {i ? i->first : 0, i ? i->first_low : 0, i ? i->first_high : 0,
                                   i ? i->total : 0, i ? i->total_low : 0, i ? i->total_high : 0};
        const double of_morris[] = {e ? e->mu_star : 0, e ? e->mu_star_low : 0,
                                    e ? e->mu_star_high : 0, e ? e->mu : 0, e ? e->sigma : 0};
        for (int c = 0; c < (i ? 6 : 5); c++)
            csv_number(out, i ? of_sobol[c] : of_morris[c]);
        fputc('\n', out);
    }
}
