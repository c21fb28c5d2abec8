/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao did: the estimators on the user's own data. */
#include "cli/did_options.h"
#include "io/csv.h"

static int print(const jd_own_data_t *data, const jd_own_result_t *result, const char *path,
                 int format, jd_ctx_t *ctx)
{
    if (format == JD_DID_TEXT) {
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
    if (format == JD_DID_CSV)
        return jd_csv_print(&result->estimates, stdout, "standard output", ctx);
    jd_own_print_table(stdout, result, (jd_own_format_t)(format - JD_DID_TABLES));
    return JD_OK;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *path = jd_args_word(args, 0);
    jd_did_request_t ask;
    jd_own_data_t data = {0};
    jd_own_result_t result = {0};
    int rc = jd_did_request_read(&ask, args, ctx);
    if (!rc && ask.plot) rc = jd_own_plot_check(ask.plot, ctx);
    if (!rc) rc = jd_own_data_read(&data, path, &ask.roles, ctx);
    if (!rc)
        rc = jd_own_estimate(&result, &data, ask.estimators, &ask.how, &ask.vcov, ask.level, ctx);
    if (!rc) rc = print(&data, &result, path, ask.format, ctx);
    if (!rc && ask.plot) rc = jd_own_plot(&data, &result, ask.plot, ctx);
    jd_own_result_free(&result);
    jd_own_data_free(&data);
    jd_did_request_free(&ask);
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
    .examples =
        "  jiedao did quickstart.h5\n"
        "  jiedao did mpdta.csv --y lemp --unit countyreal --time year --cohort first_treat\n"
        "  jiedao did my.dta --y wage --unit id --time year --treat union --x age,educ\n"
        "  jiedao did my.csv --y wage --unit id --time quarter --cohort first --never 9999 \\\n"
        "      --estimator event_study --format csv --plot events.pdf\n",
    .options = jd_did_option_rows,
    .run = run,
};
