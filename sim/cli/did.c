/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao did: the estimators on the user's own data. A file is read, the library analyses it, and
 * what it found is printed, drawn and written. */
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figures.h"
#include "cli/did_options.h"
#include "cli/did_plot.h"
#include "cli/did_runs.h"
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
    const int64_t rows = data->n_rows - data->dropped[JD_OWN_ELSEWHERE];
    if (data->panel.n < rows)
        jd_warn(ctx, "%lld of %lld rows are dropped for missing values; --format text says which",
                (long long)(rows - data->panel.n), (long long)rows);
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

static int print_csv(const jd_did_runs_t *runs, jd_ctx_t *ctx)
{
    jd_table_t all = {0};
    int rc = runs->n > 1 ? jd_did_runs_table(&all, runs, ctx)
                         : jd_own_all_lines(&all, &runs->list->analysis->result, ctx);
    jd_table_t shown = all;
    if (runs->n == 1) shown.n_columns = JD_OWN_COLUMNS;
    if (!rc) rc = jd_csv_print(&shown, jd_out_data(), "standard output", ctx);
    jd_table_free(&all);
    return rc;
}

/* One list of all, whose brackets are those of the first and the last. */
static void print_json(const char *text, bool first, bool last)
{
    size_t from = first ? 0 : strcspn(text, "{"), to = strlen(text);
    while (!last && to > 0 && text[to - 1] != '}')
        to--;
    if (!first) fputs(",\n  ", stdout);
    printf("%.*s", (int)(to - from), text + from);
}

static int print_run(const jd_did_runs_t *runs, int i, int format, jd_ctx_t *ctx)
{
    static const char *const names[] = {[JD_DID_TEXT] = "text",
                                        [JD_DID_CSV] = NULL,
                                        [JD_DID_JSON] = "json",
                                        [JD_DID_LATEX] = "latex",
                                        [JD_DID_MARKDOWN] = "markdown"};
    jd_analysis_t *a = runs->list[i].analysis;
    if (format != JD_DID_TEXT) warn_of_omissions(&a->data, &a->result, ctx);
    if (format == JD_DID_CSV) return JD_OK;
    const char *text = jd_analysis_text(a, names[format], ctx);
    if (!text) return ctx->code;
    if (format == JD_DID_JSON) {
        print_json(text, i == 0, i == runs->n - 1);
        return JD_OK;
    }
    if (i > 0) fputc('\n', stdout);
    if (runs->n > 1 && format != JD_DID_TEXT)
        printf("%s%s%s%s\n\n", format == JD_DID_LATEX ? "% " : "", a->data.y_name,
               *a->data.group ? ", " : "", a->data.group);
    fputs(text, stdout);
    return JD_OK;
}

static int print(const jd_did_runs_t *runs, int format, jd_ctx_t *ctx)
{
    const int groups = runs->n / runs->n_outcomes;
    int rc = JD_OK;
    for (int i = 0; i < runs->n && !rc; i++) {
        rc = print_run(runs, i, format, ctx);
        if (!rc && runs->differences && format == JD_DID_TEXT && i % groups == groups - 1)
            jd_own_groups_print(stdout, &runs->differences[i / groups], &runs->groups[i / groups],
                                &runs->list[i].analysis->result);
    }
    if (!rc && runs->differences && format > JD_DID_CSV)
        jd_warn(ctx, "differences between groups are printed with --format text and csv");
    return rc || format != JD_DID_CSV ? rc : print_csv(runs, ctx);
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
    int rc = jd_cli_make_room(path, ctx);
    return rc ? rc : jd_csv_write(table, path, wish->force != 0, ctx);
}

static int write_covariances(const jd_analysis_t *a, const char *path, const jd_did_wish_t *wish,
                             jd_ctx_t *ctx)
{
    jd_table_t table = {0};
    int rc = jd_own_vcov_table(&table, &a->result, ctx);
    if (!rc) rc = write_table(&table, path, wish, ctx);
    jd_table_free(&table);
    return rc;
}

static int write_one(const jd_did_wish_t *wish, const jd_analysis_t *a, const char *asked,
                     const char *path, jd_ctx_t *ctx)
{
    if (asked == wish->outcome_weights)
        return write_table(jd_analysis_table(a, "weights"), path, wish, ctx);
    if (asked == wish->rows_out) return write_table(jd_analysis_table(a, "rows"), path, wish, ctx);
    if (asked == wish->vcov_out) return write_covariances(a, path, wish, ctx);
    int rc = jd_cli_make_room(path, ctx);
    if (rc) return rc;
    return asked == wish->plot
               ? jd_did_plot(&a->data, &a->result, path, &wish->look.figure, ctx)
               : jd_did_plot_sets(&a->data, &a->result, path, &wish->look.figure, ctx);
}

/* Each file that was asked for, of each run. */
static int write_files(const jd_did_wish_t *wish, const jd_did_runs_t *runs, jd_ctx_t *ctx)
{
    const char *const files[] = {wish->plot, wish->honest_plot, wish->outcome_weights,
                                 wish->rows_out, wish->vcov_out};
    int rc = JD_OK;
    for (size_t k = 0; k < sizeof files / sizeof *files; k++)
        for (int i = 0; i < runs->n && files[k] && !rc; i++) {
            char *path = jd_did_run_path(runs, &runs->list[i], files[k], ctx);
            rc = path ? write_one(wish, runs->list[i].analysis, files[k], path, ctx)
                      : JD_ERR_NO_MEMORY;
            free(path);
        }
    return rc;
}

/* ---- The command ---- */

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    jd_did_wish_t wish;
    jd_request_t *request = NULL;
    jd_did_runs_t runs = {0};
    int rc = jd_did_wish_read(&wish, &request, args, ctx);
    if (!rc) rc = check_files(&wish, args, ctx);
    if (!rc) rc = jd_did_runs_make(&runs, &wish, request, ctx);
    if (!rc) rc = print(&runs, wish.format, ctx);
    if (!rc) rc = write_files(&wish, &runs, ctx);
    if (!rc && wish.plot) jd_look_report(&wish.look, ctx);
    jd_did_runs_free(&runs);
    jd_request_free(request);
    jd_did_wish_free(&wish);
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
