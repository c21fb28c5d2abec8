/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao run: simulate, store, estimate, print. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/again.h"
#include "cli/command.h"
#include "cli/out.h"
#include "io/csv/csv.h"
#include "study/study.h"
#include "study/words.h"
#include "sweep/reads.h"
#include "sweep/sections.h"

static const char *const formats[] = {"text", "csv", "markdown", "latex", "json", NULL};

/* Without -o: the config's name with .h5, in the working folder. */
static char *default_path(const char *config)
{
    const char *base = strrchr(config, '/');
    base = base ? base + 1 : config;
    size_t length = strlen(base);
    if (length > 4 && strcmp(base + length - 4, ".ini") == 0) length -= 4;
    char *path = malloc(length + sizeof ".h5");
    if (!path) return NULL;
    memcpy(path, base, length);
    memcpy(path + length, ".h5", sizeof ".h5");
    return path;
}

static int make_config(jd_config_t **config, const jd_args_t *args, jd_ctx_t *ctx)
{
    int rc = jd_cli_config(config, jd_args_word(args, 0), args, ctx);
    const char *seed = jd_args_value(args, "seed");
    if (*config && seed) {
        char assignment[64];
        snprintf(assignment, sizeof assignment, "run.seed=%.40s", seed);
        int failed = jd_config_set(*config, "--seed", assignment, ctx);
        if (!rc) rc = failed;
    }
    if (!rc) rc = jd_config_finish(*config, ctx);
    return rc ? rc : jd_reads_note(*config, jd_run_unread, ctx);
}

/* After an interruption nothing is written, and what starts again is the whole command. */
static int report_again(const jd_args_t *args, const char *path, int64_t replicates, jd_ctx_t *ctx)
{
    char line[JD_AGAIN_SIZE];
    bool fits = jd_cli_again(args, NULL, NULL, line);
    jd_fail(ctx, JD_ERR_CANCELLED, "%s is not written; %s%s", path,
            fits ? "to start again: " : "the same command starts again", fits ? line : "");
    if (replicates > 1)
        jd_fail(ctx, JD_ERR_CANCELLED,
                "a sweep keeps finished replicates: jiedao sweep %s --set sweep.replicates=%lld -o "
                "DIR%s",
                jd_args_word(args, 0), (long long)replicates,
                jd_args_has(args, "set") ? ", with the same --set" : "");
    return JD_ERR_CANCELLED;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    jd_config_t *config = NULL;
    jd_study_result_t result = {0};
    int64_t replicates = 1;
    int format = 0;
    const char *given = jd_args_value(args, "output");
    char *own = given ? NULL : default_path(jd_args_word(args, 0));
    const char *path = given ? given : own;
    int rc = make_config(&config, args, ctx);
    if (!rc && !path) rc = jd_fail_memory(ctx, 64, "a file name");
    if (!rc) rc = jd_args_int(args, "replicates", 1, 1000000, &replicates, ctx);
    if (!rc) rc = jd_args_choice(args, "format", formats, &format, ctx);
    if (!rc) rc = jd_cli_check_ending("run: -o", path, "h5,hdf5,nc", ctx);
    if (!rc) rc = jd_cli_may_write(path, args, ctx);
    if (!rc) rc = jd_cli_make_room(path, ctx);
    if (!rc) rc = jd_study_run(config, path, jd_args_has(args, "force"), replicates, &result, ctx);
    if (rc == JD_ERR_CANCELLED) rc = report_again(args, path, replicates, ctx);
    if (!rc && format == 0) jd_words_print(stdout, config, &result, path);
    if (!rc && format == 1)
        rc = jd_csv_print(replicates > 1 ? &result.all_estimates : &result.estimates, jd_out_data(),
                          "standard output", ctx);
    if (!rc && format > 1) jd_words_table(stdout, &result, (jd_words_format_t)(format - 2));
    jd_study_result_free(&result);
    jd_config_free(config);
    free(own);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "result file; default: the config's name with .h5, here"},
    {.name = "set",
     .value = "SECTION.KEY=VALUE",
     .repeat = JD_REPEAT_WALKS,
     .help = "set a parameter; may be repeated"},
    {.name = "seed", .value = "N", .help = "the same as --set run.seed=N"},
    {.name = "replicates",
     .value = "R",
     .help = "run R times with other draws; prints means with Monte-Carlo errors"},
    {.name = "format",
     .value = "FORMAT",
     .choices = formats,
     .help = "text (default); csv: every estimate; markdown, latex, json: overall ones"},
    {.name = "force", .help = "replace an existing file"},
    {.name = NULL},
};

const jd_command_t jd_command_run = {
    .name = "run",
    .words = "CONFIG",
    .min_words = 1,
    .max_words = 1,
    .summary = "simulate both worlds, store them, estimate, and hold estimates against the truth",
    .about = "Simulates the world of CONFIG (a file, or the name of a built-in config) with the\n"
             "policy and without it on the same random numbers, writes one HDF5 file, runs the\n"
             "estimators on the recorded data and prints the truth, each estimate, its bias and\n"
             "the parts it is made of.\n",
    .examples = "  jiedao run quickstart\n"
                "  jiedao run quickstart -o few.h5 --set policy.share=0.1 --seed 7\n"
                "  jiedao run my.ini --replicates 50 --threads 2\n"
                "  jiedao run china --set world.divisions=china_divisions.csv\n",
    .options = options,
    .run = run,
    .estimates = true,
};
