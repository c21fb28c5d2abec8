/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao merge: the runs of a sweep's folder as one file. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/command.h"
#include "sweep/sweep.h"

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *out = jd_args_value(args, "output");
    const char *folder = out ? out : jd_args_word(args, 0);
    char path[4096];
    jd_sweep_facts_t facts;
    snprintf(path, sizeof path, "%s/sweep.h5", folder);
    bool force = jd_args_has(args, "force");
    if (args->n_words > 1 && !out)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "merge: %d folders become one: name it with -o, as -o %s-all", args->n_words,
                       jd_args_word(args, 0));
    if (!out && !force && access(path, F_OK) == 0)
        return jd_fail(ctx, JD_ERR_EXISTS,
                       "%s exists already; --force rewrites it from the runs beside it", path);
    int rc = out ? jd_sweep_gather(args->words, args->n_words, out, ctx) : JD_OK;
    if (!rc) rc = jd_sweep_merge(folder, force, &facts, ctx);
    if (rc) return rc;
    printf("Runs        %" PRId64 ", of them failed %" PRId64 "\nWritten     %s\n", facts.n_runs,
           facts.farm.failed, path);
    return JD_OK;
}

static const jd_option_t options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "DIR",
     .help = "of several folders: a new one that holds the runs of all"},
    {.name = "force", .help = "replace an existing sweep.h5"},
    {.name = NULL},
};

const jd_command_t jd_command_merge = {
    .name = "merge",
    .words = "DIR...",
    .min_words = 1,
    .max_words = -1,
    .summary = "write the runs of a sweep's folder as one file, DIR/sweep.h5",
    .about = "Writes DIR/sweep.h5 from the runs in DIR, in run order, once all are there: needed\n"
             "where a sweep was spread by --shard. The file has the same bytes however the runs\n"
             "were spread. Several folders of one sweep, done on machines that share no disk or\n"
             "with sweep.first one after the other, become one folder with -o.\n",
    .examples = "  jiedao merge results/sweep\n"
                "  jiedao merge here there -o both\n",
    .options = options,
    .run = run,
};
