/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao did: the estimators on the user's own data. */
#include <string.h>

#include "cli/command.h"
#include "io/csv.h"
#include "io/number.h"
#include "study/own_data.h"

enum { TEXT, CSV, TABLES };

/* A sign, or its name. */
static int read_sign(const jd_args_t *args, const char *option, char *sign, jd_ctx_t *ctx)
{
    static const struct {
        const char *name;
        char sign;
    } names[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"\\t", '\t'}, {"point", '.'}};
    const char *text = jd_args_value(args, option);
    if (!text) return JD_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(text, names[i].name)) *sign = names[i].sign;
    if (!*sign && strlen(text) == 1) *sign = *text;
    if (*sign) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "did: --%s = %s: must be one sign, or comma, semicolon, tab, point", option,
                   text);
}

static int read_level(const jd_args_t *args, double *level, jd_ctx_t *ctx)
{
    const char *text = jd_args_value(args, "level");
    if (!text) return JD_OK;
    if (jd_number_read(text, strlen(text), level) && *level > 0 && *level < 1) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT, "did: --level = %s: must lie between 0 and 1, as 0.95",
                   text);
}

static jd_own_roles_t read_roles(const jd_args_t *args)
{
    return (jd_own_roles_t){.y = jd_args_value(args, "y"),
                            .unit = jd_args_value(args, "unit"),
                            .time = jd_args_value(args, "time"),
                            .cohort = jd_args_value(args, "cohort"),
                            .never = jd_args_value(args, "never"),
                            .treat = jd_args_value(args, "treat"),
                            .x = jd_args_value(args, "x"),
                            .fixed = jd_args_value(args, "fe"),
                            .weights = jd_args_value(args, "weights"),
                            .cluster = jd_args_value(args, "cluster"),
                            .table = jd_args_value(args, "table")};
}

static int print(const jd_own_data_t *data, const jd_own_result_t *result, const char *path,
                 int format, jd_ctx_t *ctx)
{
    if (format == TEXT) {
        jd_own_print(stdout, data, result, path);
        return JD_OK;
    }
    for (int i = 0; i < result->n_fits; i++)
        if (result->fits[i].reason)
            jd_warn(ctx, "%s does not apply: %s", result->fits[i].estimator->name,
                    result->fits[i].reason);
    if (data->panel.n < data->n_rows)
        jd_warn(ctx, "%lld of %lld rows are dropped for missing values; --format text says which",
                (long long)(data->n_rows - data->panel.n), (long long)data->n_rows);
    if (format == CSV) return jd_csv_print(&result->estimates, stdout, "standard output", ctx);
    jd_own_print_table(stdout, result, (jd_own_format_t)(format - TABLES));
    return JD_OK;
}

/* Names in the order the library counts them. */
static int read_options(const jd_args_t *args, jd_did_options_t *options, jd_ctx_t *ctx)
{
    static const char *const aggregates[] = {"event",    "overall", "cohort",
                                             "calendar", "cells",   NULL};
    static const char *const controls[] = {"never", "not_yet", NULL};
    jd_did_defaults(options);
    int aggregate = (int)options->aggregate, control = (int)options->control;
    int64_t anticipation = options->anticipation;
    int rc = jd_args_choice(args, "aggregate", aggregates, &aggregate, ctx);
    if (!rc) rc = jd_args_choice(args, "control", controls, &control, ctx);
    if (!rc) rc = jd_args_int(args, "anticipation", 0, 1000, &anticipation, ctx);
    options->aggregate = (jd_aggregate_t)aggregate;
    options->control = (jd_control_t)control;
    options->anticipation = (int32_t)anticipation;
    return rc;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    static const char *const formats[] = {"text", "csv", "json", "latex", "markdown", NULL};
    static const char *const variances[] = {"cluster", "iid", "hc1",
                                            NULL}; /* as jd_vcov_t counts */
    const char *path = jd_args_word(args, 0), *plot = jd_args_value(args, "plot"),
               *names = jd_args_value(args, "estimator");
    jd_own_roles_t roles = read_roles(args);
    jd_own_data_t data = {0};
    jd_own_result_t result = {0};
    jd_did_options_t how;
    double level = 0.95;
    int format = TEXT, variance = 0;
    int rc = jd_args_choice(args, "format", formats, &format, ctx);
    if (!rc) rc = jd_args_choice(args, "vcov", variances, &variance, ctx);
    if (!rc) rc = read_options(args, &how, ctx);
    if (!rc) rc = read_level(args, &level, ctx);
    if (!rc) rc = read_sign(args, "separator", &roles.style.separator, ctx);
    if (!rc) rc = read_sign(args, "decimal", &roles.style.decimal, ctx);
    if (!rc && plot) rc = jd_own_plot_check(plot, ctx);
    const jd_vcov_options_t vcov = {.kind = (jd_vcov_t)variance};
    if (!rc) rc = jd_own_data_read(&data, path, &roles, ctx);
    if (!rc) rc = jd_own_estimate(&result, &data, names ? names : "all", &how, &vcov, level, ctx);
    if (!rc) rc = print(&data, &result, path, format, ctx);
    if (!rc && plot) rc = jd_own_plot(&data, &result, plot, ctx);
    jd_own_result_free(&result);
    jd_own_data_free(&data);
    return rc;
}

static const jd_option_t options[] = {
    {"y", '\0', "NAME", "outcome"},
    {"unit", '\0', "NAME", "unit: a county, a firm, a person"},
    {"time", '\0', "NAME", "period: whole numbers, 2020Q1, 2020-03 or 2020-03-31"},
    {"cohort", '\0', "NAME", "first treated period; 0, empty and inf = never"},
    {"never", '\0', "CODE", "another value of --cohort that means never"},
    {"treat", '\0', "NAME", "or the treatment itself, 0 or 1"},
    {"x", '\0', "NAMES", "covariates, joined by commas"},
    {"fe", '\0', "NAMES", "fixed effects beside unit and period, joined by commas"},
    {"weights", '\0', "NAME", "weights of rows, 0 or more"},
    {"cluster", '\0', "NAME", "clusters; default: the units"},
    {"estimator", '\0', "NAMES", "all (default), or some, joined by commas"},
    {"aggregate", '\0', "KIND",
     "averages of cohorts' effects: event (default), overall, cohort, calendar, cells"},
    {"control", '\0', "KIND", "whom cohorts are compared with: never (treated; default), not_yet"},
    {"anticipation", '\0', "N",
     "periods before adoption that may already show an effect; default 0"},
    {"vcov", '\0', "KIND", "cluster (default), hc1, iid"},
    {"level", '\0', "P", "level of the intervals; default 0.95"},
    {"format", '\0', "FORMAT", "text (default), csv, json, latex, markdown"},
    {"plot", '\0', "FILE",
     "effects by event time; NAME.pdf, NAME.png or NAME.svg, replaced if there"},
    {"table", '\0', "NAME", "of a jiedao file; default panel/county"},
    {"separator", '\0', "SIGN", "of a CSV file: comma, semicolon, tab; default: found out"},
    {"decimal", '\0', "SIGN", "of a CSV file: point or comma; default: found out"},
    {NULL, '\0', NULL, NULL},
};

const jd_command_t jd_command_did = {
    .name = "did",
    .words = "DATA",
    .min_words = 1,
    .max_words = 1,
    .summary = "run the estimators on your own data",
    .about = "Runs difference-in-differences estimators on DATA: a CSV file, a Stata file (.dta)\n"
             "or a result file of jiedao, whose columns are known. Prints each estimate with its\n"
             "uncertainty, what was left out, and why an estimator does not apply. Rows with a\n"
             "missing value in a column that is used are dropped and counted.\n",
    .examples =
        "  jiedao did quickstart.h5\n"
        "  jiedao did mpdta.csv --y lemp --unit countyreal --time year --cohort first_treat\n"
        "  jiedao did my.dta --y wage --unit id --time year --treat union --x age,educ\n"
        "  jiedao did my.csv --y wage --unit id --time quarter --cohort first --never 9999 \\\n"
        "      --estimator event_study --format csv --plot events.pdf\n",
    .options = options,
    .run = run,
};
