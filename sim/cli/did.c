/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao did: the estimators on the user's own data. */
#include <string.h>

#include "analysis/figures/figures.h"
#include "cli/did_options.h"
#include "cli/did_plot.h"
#include "cli/out.h"
#include "io/csv/csv.h"

/* Rows left out for lack of a before: each number of them once, with the estimators it concerns. */
static void warn_of_always_treated(const jd_own_result_t *result, jd_ctx_t *ctx)
{
    for (int i = 0; i < result->n_fits; i++) {
        const int64_t n = result->fits[i].facts.dropped.always_treated;
        char names[512] = "";
        size_t at = 0;
        int before = 0;
        while (before < i && result->fits[before].facts.dropped.always_treated != n)
            before++;
        if (n == 0 || before < i) continue;
        for (int k = i; k < result->n_fits && at < sizeof names; k++)
            if (result->fits[k].facts.dropped.always_treated == n)
                at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", at ? ", " : "",
                                       result->fits[k].name);
        jd_warn(ctx, "%s: %lld rows of units treated when first seen are left out", names,
                (long long)n);
    }
}

/* What tables of numbers do not say. */
static void warn_of_omissions(const jd_own_data_t *data, const jd_own_result_t *result,
                              jd_ctx_t *ctx)
{
    for (int i = 0; i < result->n_fits + result->n_diagnoses; i++)
        if (!result->fits[i].applied)
            jd_warn(ctx, "%s does not apply: %s", result->fits[i].name, result->fits[i].reason);
    if (data->panel.n < data->n_rows)
        jd_warn(ctx, "%lld of %lld rows are dropped for missing values; --format text says which",
                (long long)(data->n_rows - data->panel.n), (long long)data->n_rows);
    for (int i = 0; i < data->n_remarks; i++)
        jd_warn(ctx, "%s", data->remark[i]);
    if (*jd_own_period_unit(data) && !data->gaps_told)
        jd_warn(ctx, "event times are in %ss", jd_own_period_unit(data));
    warn_of_always_treated(result, ctx);
    if (jd_own_few_treated(data, result))
        jd_warn(ctx,
                "%d of %d clusters are treated: standard errors by clusters may be far too small",
                data->n_treated_clusters, data->n_clusters);
}

static int print_csv(const jd_own_result_t *result, jd_ctx_t *ctx)
{
    jd_table_t all = {0};
    int rc = jd_own_all_lines(&all, result, ctx);
    jd_table_t shown = all;
    shown.n_columns = JD_OWN_COLUMNS;
    if (!rc) rc = jd_csv_print(&shown, jd_out_data(), "standard output", ctx);
    jd_table_free(&all);
    return rc;
}

static int write_weights(const jd_own_data_t *data, const jd_own_result_t *result, const char *path,
                         bool replace, jd_ctx_t *ctx)
{
    jd_table_t table = {0};
    int rc = jd_own_weights_table(&table, data, result, ctx);
    if (!rc) rc = jd_csv_write(&table, path, replace, ctx);
    jd_own_weights_free(&table);
    return rc;
}

static int print(const jd_own_data_t *data, const jd_own_result_t *result, const char *path,
                 int format, jd_ctx_t *ctx)
{
    if (format == JD_DID_TEXT) return jd_own_print(stdout, data, result, path, ctx);
    warn_of_omissions(data, result, ctx);
    if (format == JD_DID_CSV) return print_csv(result, ctx);
    return jd_own_print_table(stdout, data, result, (jd_own_format_t)(format - JD_DID_TABLES), ctx);
}

static int check_figure(const char *path, int replace, jd_ctx_t *ctx)
{
    int rc = jd_did_plot_check(path, ctx);
    return rc ? rc : jd_figure_may_replace(path, replace, ctx);
}

/* The files that will be written: refused before anything is estimated. */
static int check_files(const jd_did_request_t *wish, const jd_args_t *args, jd_ctx_t *ctx)
{
    int rc = wish->plot ? check_figure(wish->plot, wish->force, ctx) : JD_OK;
    if (!rc && wish->honest_plot) rc = check_figure(wish->honest_plot, wish->force, ctx);
    if (!rc && wish->plot && wish->honest_plot && !strcmp(wish->plot, wish->honest_plot))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "did: --plot and --honest-plot are one file, %s; name two", wish->plot);
    if (!rc && wish->outcome_weights)
        rc = jd_cli_check_ending("did: --outcome-weights", wish->outcome_weights, "csv,txt", ctx);
    if (!rc && wish->outcome_weights) rc = jd_cli_may_write(wish->outcome_weights, args, ctx);
    return rc;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    jd_did_request_t wish;
    jd_table_t table = {0};
    jd_own_data_t data = {0};
    jd_own_result_t result = {0};
    int rc = jd_did_request_read(&wish, args, ctx);
    wish.file.path = jd_args_word(args, 0);
    const jd_own_ask_t ask = {.estimators = wish.estimators,
                              .diagnostics = wish.diagnostics,
                              .how = &wish.how,
                              .vcov = &wish.vcov,
                              .level = wish.level,
                              .weights = wish.outcome_weights,
                              .diagnose = &wish.diagnose,
                              .bootstrap = wish.bootstrap};
    if (!rc) jd_did_tell_unused(&wish, args, ctx);
    if (!rc) rc = check_files(&wish, args, ctx);
    if (!rc) rc = jd_did_read(&table, &wish.file, &wish.roles, ctx);
    if (!rc) rc = jd_own_data_make(&data, &table, &wish.roles, ctx);
    jd_table_free(&table);
    if (!rc) rc = jd_own_estimate(&result, &data, &ask, ctx);
    if (!rc) rc = print(&data, &result, wish.file.path, wish.format, ctx);
    if (!rc && wish.plot) rc = jd_cli_make_room(wish.plot, ctx);
    if (!rc && wish.plot) rc = jd_did_plot(&data, &result, wish.plot, wish.force, ctx);
    if (!rc && wish.honest_plot) rc = jd_cli_make_room(wish.honest_plot, ctx);
    if (!rc && wish.honest_plot)
        rc = jd_did_plot_sets(&data, &result, wish.honest_plot, wish.force, ctx);
    if (!rc && ask.weights) rc = jd_cli_make_room(wish.outcome_weights, ctx);
    if (!rc && ask.weights)
        rc = write_weights(&data, &result, wish.outcome_weights, wish.force, ctx);
    jd_own_result_free(&result);
    jd_own_data_free(&data);
    return rc;
}

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
    .more = jd_did_list_names,
    .examples =
        "  jiedao did quickstart.h5\n"
        "  jiedao did mpdta.csv --y lemp --unit countyreal --time year --cohort first_treat\n"
        "  jiedao did my.dta --y wage --unit id --time year --treat union --x age,educ\n"
        "  jiedao did my.csv --y wage --unit id --time quarter --cohort first --never 9999 \\\n"
        "      --estimator event_study --format csv --plot events.pdf\n",
    .make_options = jd_did_option_rows,
    .run = run,
    .estimates = true,
};
