/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao did: the estimators on the user's own data. A file is read, the library analyses it, and
 * what it found is printed, drawn and written. */
#include <string.h>

#include "analysis/figures/figures.h"
#include "cli/did_options.h"
#include "cli/did_plot.h"
#include "cli/out.h"
#include "dataset/analysis.h"
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
    if (*jd_own_period_unit(data) && !data->gaps_noted)
        jd_warn(ctx, "event times are in %ss", jd_own_period_unit(data));
    warn_of_always_treated(result, ctx);
    if (jd_own_few_treated(data, result))
        jd_warn(ctx,
                "%d of %d clusters are treated: standard errors by clusters may be far too small",
                data->n_treated_clusters, data->n_clusters);
}

static int print_csv(const jd_analysis_t *a, jd_ctx_t *ctx)
{
    jd_table_t all = {0};
    int rc = jd_own_all_lines(&all, &a->result, ctx);
    jd_table_t shown = all;
    shown.n_columns = JD_OWN_COLUMNS;
    if (!rc) rc = jd_csv_print(&shown, jd_out_data(), "standard output", ctx);
    jd_table_free(&all);
    return rc;
}

static int print(jd_analysis_t *a, int format, jd_ctx_t *ctx)
{
    static const char *const names[] = {[JD_DID_TEXT] = "text",
                                        [JD_DID_CSV] = NULL,
                                        [JD_DID_JSON] = "json",
                                        [JD_DID_LATEX] = "latex",
                                        [JD_DID_MARKDOWN] = "markdown"};
    if (format != JD_DID_TEXT) warn_of_omissions(&a->data, &a->result, ctx);
    if (format == JD_DID_CSV) return print_csv(a, ctx);
    const char *text = jd_analysis_text(a, names[format], ctx);
    if (!text) return ctx->code;
    fputs(text, stdout);
    return JD_OK;
}

/* ---- Files ---- */

static int check_figure(const char *path, int replace, jd_ctx_t *ctx)
{
    int rc = jd_did_plot_check(path, ctx);
    return rc ? rc : jd_figure_may_replace(path, replace, ctx);
}

static int check_table(const char *option, const char *path, const jd_args_t *args, jd_ctx_t *ctx)
{
    int rc = path ? jd_cli_check_ending(option, path, "csv,txt", ctx) : JD_OK;
    return !rc && path ? jd_cli_may_write(path, args, ctx) : rc;
}

/* No file is written twice. */
static int check_apart(const jd_did_wish_t *wish, jd_ctx_t *ctx)
{
    const struct {
        const char *option, *path;
    } files[] = {{"plot", wish->plot},
                 {"honest-plot", wish->honest_plot},
                 {"outcome-weights", wish->outcome_weights},
                 {"rows-out", wish->rows_out},
                 {"vcov-out", wish->vcov_out}};
    for (size_t a = 0; a < sizeof files / sizeof *files; a++)
        for (size_t b = a + 1; b < sizeof files / sizeof *files; b++)
            if (files[a].path && files[b].path && !strcmp(files[a].path, files[b].path))
                return jd_fail(ctx, JD_ERR_ARGUMENT,
                               "did: --%s and --%s are one file, %s; name two", files[a].option,
                               files[b].option, files[a].path);
    return JD_OK;
}

/* The files that will be written: refused before anything is estimated. */
static int check_files(const jd_did_wish_t *wish, const jd_args_t *args, jd_ctx_t *ctx)
{
    int rc = wish->plot ? check_figure(wish->plot, wish->force, ctx) : JD_OK;
    if (!rc && wish->honest_plot) rc = check_figure(wish->honest_plot, wish->force, ctx);
    if (!rc) rc = check_table("did: --outcome-weights", wish->outcome_weights, args, ctx);
    if (!rc) rc = check_table("did: --rows-out", wish->rows_out, args, ctx);
    if (!rc) rc = check_table("did: --vcov-out", wish->vcov_out, args, ctx);
    return rc ? rc : check_apart(wish, ctx);
}

static int write_table(const jd_table_t *table, const char *path, const jd_did_wish_t *wish,
                       jd_ctx_t *ctx)
{
    if (!path) return JD_OK;
    int rc = jd_cli_make_room(path, ctx);
    return rc ? rc : jd_csv_write(table, path, wish->force != 0, ctx);
}

static int write_covariances(const jd_did_wish_t *wish, const jd_analysis_t *a, jd_ctx_t *ctx)
{
    jd_table_t table = {0};
    if (!wish->vcov_out) return JD_OK;
    int rc = jd_own_vcov_table(&table, &a->result, ctx);
    if (!rc) rc = write_table(&table, wish->vcov_out, wish, ctx);
    jd_table_free(&table);
    return rc;
}

static int write_files(const jd_did_wish_t *wish, const jd_analysis_t *a, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    if (wish->plot) rc = jd_cli_make_room(wish->plot, ctx);
    if (!rc && wish->plot) rc = jd_did_plot(&a->data, &a->result, wish->plot, wish->force, ctx);
    if (!rc && wish->honest_plot) rc = jd_cli_make_room(wish->honest_plot, ctx);
    if (!rc && wish->honest_plot)
        rc = jd_did_plot_sets(&a->data, &a->result, wish->honest_plot, wish->force, ctx);
    if (!rc) rc = write_table(jd_analysis_table(a, "weights"), wish->outcome_weights, wish, ctx);
    if (!rc) rc = write_table(jd_analysis_table(a, "rows"), wish->rows_out, wish, ctx);
    if (!rc) rc = write_covariances(wish, a, ctx);
    return rc;
}

/* ---- The command ---- */

static int analyse(jd_analysis_t **analysis, const jd_did_wish_t *wish, jd_request_t *request,
                   jd_ctx_t *ctx)
{
    jd_table_t table = {0};
    jd_frame_t *frame = NULL;
    int rc = jd_did_read(&table, &wish->file, request, ctx);
    if (!rc) rc = jd_frame_create(&frame, wish->file.path, table.rows, ctx);
    if (!rc) rc = jd_frame_add_table(frame, &table, ctx);
    if (!rc) rc = jd_analyse(analysis, frame, request, ctx);
    jd_frame_free(frame);
    jd_table_free(&table);
    return rc;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    jd_did_wish_t wish;
    jd_request_t *request = NULL;
    jd_analysis_t *analysis = NULL;
    int rc = jd_did_wish_read(&wish, &request, args, ctx);
    if (!rc) rc = check_files(&wish, args, ctx);
    if (!rc) rc = analyse(&analysis, &wish, request, ctx);
    if (!rc) rc = print(analysis, wish.format, ctx);
    if (!rc) rc = write_files(&wish, analysis, ctx);
    jd_analysis_free(analysis);
    jd_request_free(request);
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
