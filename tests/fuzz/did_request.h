/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `jiedao did` does with a line of options and a file. */
#ifndef JD_FUZZ_DID_REQUEST_H
#define JD_FUZZ_DID_REQUEST_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/did_options.h"
#include "cli/did_plot.h"
#include "cli/did_runs.h"
#include "dataset/analysis.h"
#include "dataset/request.h"
#include "io/csv/csv.h"

static char did_path[64];

static void did_remove_file(void)
{
    remove(did_path);
}

static void did_write_data(const void *bytes, size_t size)
{
    if (!*did_path) {
        snprintf(did_path, sizeof did_path, "%s/jiedao-fuzz-%ld.csv",
                 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (long)getpid());
        atexit(did_remove_file);
    }
    FILE *out = fopen(did_path, "wb");
    if (!out || fwrite(bytes, 1, size, out) != size || fclose(out) != 0) abort();
}

/* Files asked for are written to one place, whatever they are called. */
static int did_write_files(const jd_did_wish_t *wish, const jd_analysis_t *a, jd_ctx_t *ctx)
{
    char path[96];
    int rc = JD_OK;
    snprintf(path, sizeof path, "%.*s.svg", (int)strcspn(did_path, "."), did_path);
    if (wish->plot) rc = jd_did_plot(&a->data, &a->result, path, &wish->look.figure, ctx);
    if (!rc && wish->honest_plot)
        rc = jd_did_plot_sets(&a->data, &a->result, path, &wish->look.figure, ctx);
    if (!rc && wish->outcome_weights)
        rc = jd_csv_write(jd_analysis_table(a, "weights"), path, true, ctx);
    remove(path);
    return rc;
}

static int did_show(jd_analysis_t *a, jd_ctx_t *ctx)
{
    static const char *const formats[] = {"text", "json", "latex", "markdown"};
    for (int k = 0; k < 4; k++)
        if (!jd_analysis_text(a, formats[k], ctx)) return ctx->code;
    return JD_OK;
}

/* No estimate is infinite, no error below 0, no p-value beyond [0, 1], no interval upside down. Of
 * diagnostics a breakdown value may be infinite: nothing that was looked at overturns the sign. */
static void did_look_at(const jd_table_t *table, bool diagnostics)
{
    for (int64_t i = 0; i < table->rows; i++) {
        const double error = jd_table_number(table, JD_OWN_STD_ERROR, i);
        const double p = jd_table_number(table, JD_OWN_P_VALUE, i);
        const double low = jd_table_number(table, JD_OWN_CI_LOW, i);
        const double high = jd_table_number(table, JD_OWN_CI_HIGH, i);
        if ((!diagnostics && isinf(jd_table_number(table, JD_OWN_ESTIMATE, i))) || error < 0 ||
            isinf(error) || p < 0 || p > 1 || low > high) {
            fprintf(stderr, "row %lld: estimate %g, error %g, [%g, %g], p %g\n", (long long)i,
                    jd_table_number(table, JD_OWN_ESTIMATE, i), error, low, high, p);
            abort();
        }
    }
}

/* Fewer draws than these are refused by the multiplier bootstrap. */
enum { DID_MOST_DRAWS = 100, DID_BOOTSTRAP_DRAWS = 10 };

/* With small numbers of draws; a bootstrap's estimate everything anew. */
static int did_run(jd_did_wish_t *wish, jd_request_t *request, jd_ctx_t *ctx)
{
    jd_did_runs_t runs = {0};
    const int draws = request->vcov.draws;
    if (draws > DID_MOST_DRAWS || draws == 0) request->vcov.draws = DID_MOST_DRAWS;
    if (request->bootstrap && draws != 1) request->vcov.draws = DID_BOOTSTRAP_DRAWS;
    int rc = wish->plot ? jd_did_plot_check(wish->plot, ctx) : JD_OK;
    if (!rc && wish->honest_plot) rc = jd_did_plot_check(wish->honest_plot, ctx);
    if (!rc) rc = jd_did_runs_make(&runs, wish, request, ctx);
    for (int i = 0; i < runs.n && !rc; i++) {
        jd_analysis_t *a = runs.list[i].analysis;
        did_look_at(jd_analysis_table(a, "estimates"), false);
        did_look_at(jd_analysis_table(a, "diagnostics"), true);
        rc = did_show(a, ctx);
        if (!rc) rc = did_write_files(wish, a, ctx);
    }
    for (int k = 0; k < runs.n_outcomes && runs.differences && !rc; k++)
        did_look_at(&runs.differences[k], false);
    jd_did_runs_free(&runs);
    return rc;
}

/* Runs the line on the file written before: an answer, or a refusal that says something. */
static void did_answer(int n, char **words)
{
    static const jd_command_t command = {
        .name = "did", .words = "DATA", .max_words = 1, .make_options = jd_did_option_rows};
    jd_ctx_t ctx = {.threads = 1};
    jd_args_t args;
    jd_did_wish_t wish;
    jd_request_t *request = NULL;
    int rc = jd_args_parse(&args, &command, n, words, &ctx);
    if (!rc) {
        rc = jd_did_wish_read(&wish, &request, &args, &ctx);
        wish.file.path = did_path;
        wish.look.figure.replace = true;
        if (!rc) rc = did_run(&wish, request, &ctx);
        jd_did_wish_free(&wish);
        jd_request_free(request);
    }
    if ((rc != JD_OK) != (ctx.n_errors > 0) || (rc && !*ctx.message)) abort();
    if (getenv("JIEDAO_FUZZ_SHOW")) fprintf(stderr, "%d %s\n", rc, ctx.message);
    jd_args_free(&args);
}

#endif
