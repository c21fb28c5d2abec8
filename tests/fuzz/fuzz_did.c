/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of options and, below it, any bytes as the data of `jiedao did`: it answers or refuses,
 * whatever it is given, and says something where it refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/did_options.h"

enum { MAX_WORDS = 48, MAX_LINE = 1024, MAX_DATA = 4096 };

static char path[64];

static void remove_file(void)
{
    remove(path);
}

static void write_data(const uint8_t *bytes, size_t size)
{
    if (!*path) {
        snprintf(path, sizeof path, "%s/jiedao-fuzz-%ld.csv",
                 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (long)getpid());
        atexit(remove_file);
    }
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(bytes, 1, size, out) != size || fclose(out) != 0) abort();
}

static void check(int rc, const jd_ctx_t *ctx)
{
    if ((rc != JD_OK) != (ctx->n_errors > 0) || (rc && !*ctx->message)) abort();
}

static int show(const jd_own_data_t *data, const jd_own_result_t *result, jd_ctx_t *ctx)
{
    static FILE *nowhere;
    if (!nowhere) nowhere = fopen("/dev/null", "w");
    if (!nowhere) abort();
    int rc = JD_OK;
    for (int format = JD_OWN_JSON; format <= JD_OWN_MARKDOWN && !rc; format++)
        rc = jd_own_print_table(nowhere, result, (jd_own_format_t)format, ctx);
    if (!rc) rc = jd_own_print(nowhere, data, result, path, ctx);
    return rc ? rc : jd_own_print_csv(nowhere, result, ctx);
}

/* Fewer draws than these are refused by the multiplier bootstrap. */
enum { MOST_DRAWS = 100 };

/* What the command does but for files it would write; small numbers of draws. */
static int run(jd_did_request_t *wish, jd_ctx_t *ctx)
{
    jd_own_data_t data = {0};
    jd_own_result_t result = {0};
    int draws = wish->vcov.draws;
    if (draws > MOST_DRAWS || (draws == 0 && wish->diagnostics)) wish->vcov.draws = MOST_DRAWS;
    const jd_own_ask_t ask = {.estimators = wish->estimators,
                              .diagnostics = wish->diagnostics,
                              .how = &wish->how,
                              .vcov = &wish->vcov,
                              .level = wish->level,
                              .weights = wish->outcome_weights};
    int rc = jd_own_data_read(&data, path, &wish->roles, ctx);
    if (!rc) rc = jd_own_estimate(&result, &data, &ask, ctx);
    if (!rc) rc = show(&data, &result, ctx);
    jd_own_result_free(&result);
    jd_own_data_free(&data);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const jd_command_t command = {
        .name = "did", .words = "DATA", .max_words = 1, .options = jd_did_option_rows};
    const uint8_t *end = memchr(bytes, '\n', size);
    char line[MAX_LINE], *words[MAX_WORDS];
    size_t length = end ? (size_t)(end - bytes) : size;
    int n = 0;
    if (!end || length >= sizeof line || size - length - 1 > MAX_DATA) return 0;
    memcpy(line, bytes, length);
    line[length] = '\0';
    for (char *word = strtok(line, " "); word && n < MAX_WORDS; word = strtok(NULL, " "))
        words[n++] = word;
    write_data(end + 1, size - length - 1);
    jd_ctx_t ctx = {.threads = 1};
    jd_args_t args;
    jd_did_request_t wish;
    int rc = jd_args_parse(&args, &command, n, words, &ctx);
    if (!rc) {
        rc = jd_did_request_read(&wish, &args, &ctx);
        if (!rc) rc = run(&wish, &ctx);
        jd_did_request_free(&wish);
    }
    check(rc, &ctx);
    jd_args_free(&args);
    return 0;
}
