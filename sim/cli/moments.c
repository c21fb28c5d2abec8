/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao moments: named numbers that describe a file's panels, to compare and to fit. */
#include "cli/moments.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/out.h"
#include "io/csv/csv.h"
#include "io/hdf5/store.h"

static const char *const formats[] = {"text", "csv", "json", NULL};
static const char *const blocks[] = {"unit", "prefecture", "province", NULL};
enum { TEXT, CSV, JSON, MOST = 16 };

/* Tables of a file, read when they are asked for. */
typedef struct file {
    jd_store_t *store;
    jd_table_t table[MOST];
    int n;
} file_t;

static int read_file(file_t *f, const char *path, jd_ctx_t *ctx)
{
    int rc = jd_store_open(&f->store, path, ctx);
    for (int k = 0; jd_moment_sources[k] && !rc; k++)
        if (jd_store_has(f->store, jd_moment_sources[k]))
            rc = jd_store_read(f->store, jd_moment_sources[k], &f->table[f->n++], ctx);
    return rc;
}

static const jd_table_t *find(void *user, const char *name)
{
    const file_t *f = user;
    for (int k = 0; k < f->n; k++)
        if (f->table[k].name && !strcmp(f->table[k].name, name)) return &f->table[k];
    return NULL;
}

static void close_file(file_t *f)
{
    for (int k = 0; k < f->n; k++)
        jd_table_free(&f->table[k]);
    jd_store_close(&f->store);
}

static int write_store(const jd_moment_set_t *m, const char *path, const char *source, bool replace,
                       jd_ctx_t *ctx)
{
    jd_store_t *store = NULL;
    jd_table_t covariance = {0};
    const char *slash = strrchr(source, '/');
    int rc = jd_store_create(&store, path, replace, ctx);
    if (!rc) rc = jd_store_write(store, &m->table, ctx);
    if (!rc)
        rc = jd_store_attribute_text(store, "/", "moments_of", slash ? slash + 1 : source, ctx);
    if (!rc && m->covariance) rc = jd_moment_set_covariance(m, &covariance, ctx);
    if (!rc && m->covariance) rc = jd_store_write(store, &covariance, ctx);
    jd_table_free(&covariance);
    if (!rc) return jd_store_commit(&store, ctx);
    jd_store_abandon(&store);
    return rc;
}

static int show(const jd_moment_set_t *m, const jd_moment_options_t *o, const char *path,
                int format, jd_ctx_t *ctx)
{
    if (format == CSV) return jd_csv_print(&m->table, jd_out_data(), "standard output", ctx);
    if (format == JSON)
        jd_moment_set_json(jd_out_data(), m);
    else
        jd_moment_set_print(stdout, m, o, path);
    return JD_OK;
}

int jd_cli_moments_measure(jd_moment_set_t *m, const char *path, const jd_moment_options_t *o,
                           jd_ctx_t *ctx)
{
    file_t file = {0};
    int rc = read_file(&file, path, ctx);
    if (!rc) {
        const jd_moment_tables_t tables = {.table = find, .user = &file};
        jd_ctx_t inner = jd_ctx_inner(ctx);
        inner.warn = ctx->warn;
        inner.progress = ctx->progress;
        inner.user = ctx->user;
        rc = jd_moment_set_measure(m, &tables, o, &inner);
        if (rc == JD_ERR_DATA)
            jd_fail(ctx, rc, "%s: %s", path, inner.message);
        else if (rc)
            jd_fail(ctx, rc, "%s", inner.message);
    }
    close_file(&file);
    return rc;
}

static int measure(const jd_args_t *args, const jd_moment_options_t *o, int format, jd_ctx_t *ctx)
{
    const char *path = jd_args_word(args, 0), *output = jd_args_value(args, "output");
    jd_moment_set_t m = {0};
    int rc = JD_OK;
    if (output) rc = jd_cli_check_ending("-o", output, "h5,hdf5", ctx);
    if (!rc && output) rc = jd_cli_may_write(output, args, ctx);
    if (!rc) rc = jd_cli_moments_measure(&m, path, o, ctx);
    if (!rc) rc = show(&m, o, path, format, ctx);
    if (!rc && output) rc = jd_cli_make_room(output, ctx);
    if (!rc && output) rc = write_store(&m, output, path, jd_args_has(args, "force"), ctx);
    if (!rc && output && format == TEXT) printf("\nWritten     %s\n", output);
    jd_moment_set_free(&m);
    return rc;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *estimators = jd_args_value(args, "estimators");
    int64_t draws = 0, seed = 1;
    int format = TEXT, block = JD_BLOCK_PREFECTURE;
    int rc = jd_args_choice(args, "format", formats, &format, ctx);
    if (!rc) rc = jd_args_choice(args, "block", blocks, &block, ctx);
    if (!rc) rc = jd_args_int(args, "bootstrap", 2, 100000, &draws, ctx);
    if (!rc) rc = jd_args_int(args, "seed", 0, INT64_MAX, &seed, ctx);
    if (!rc && jd_args_has(args, "list")) {
        jd_moment_set_list(stdout);
        return JD_OK;
    }
    if (!rc && !jd_args_word(args, 0))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "moments: name a file of 'jiedao run' or 'jiedao panel', or --list");
    if (!rc && draws == 0 && jd_args_has(args, "block"))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "moments: --block says what --bootstrap draws; give --bootstrap N too");
    const jd_moment_options_t o = {.estimators = estimators ? estimators : "twfe",
                                   .draws = (int32_t)draws,
                                   .block = block,
                                   .seed = (uint64_t)seed};
    return rc ? rc : measure(args, &o, format, ctx);
}

static const jd_option_t options[] = {
    {.name = "list", .help = "list the moments there are"},
    {.name = "estimators",
     .value = "NAMES",
     .repeat = JD_REPEAT_ADDS,
     .help = "whose overall effects are moments, by commas; default twfe, '' = none"},
    {.name = "bootstrap",
     .value = "N",
     .help = "standard errors and covariance from N draws of whole blocks"},
    {.name = "block",
     .value = "WHAT",
     .choices = blocks,
     .help = "what is drawn whole, with all periods: prefecture (default), unit, province"},
    {.name = "seed", .value = "N", .help = "of the bootstrap; default 1"},
    {.name = "format", .value = "FORMAT", .choices = formats, .help = "text (default), csv, json"},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "write them to NAME.h5 too"},
    {.name = "force", .help = "replace an existing file"},
    {.name = NULL},
};

const jd_command_t jd_command_moments = {
    .name = "moments",
    .words = "[FILE]",
    .min_words = 0,
    .max_words = 1,
    .summary = "named numbers that describe a file's panels: counts, distances, borders, effects",
    .about = "Measures the same numbers of a run's file and of one that 'jiedao panel' made of\n"
             "records, so that model and data can be compared: means, variances, shares of\n"
             "zeros, correlations over time, distances, borders crossed, slopes on development,\n"
             "sectors, what estimators find, and facts of mechanisms. Of a run's file it reads\n"
             "what the empirical file would show.\n",
    .examples = "  jiedao moments --list\n"
                "  jiedao moments mine.h5 --bootstrap 500\n"
                "  jiedao moments results/quickstart.h5 --estimators twfe,poisson --format csv\n",
    .options = options,
    .run = run,
    .estimates = true,
};
