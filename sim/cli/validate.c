/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao validate: Monte Carlo of the estimators. */
#include "sweep/validate/validate.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/again.h"
#include "cli/command.h"
#include "cli/out.h"
#include "io/csv/csv.h"

static const char *const formats[] = {"text", "csv", NULL};

static int report_on(const jd_args_t *args, const char *folder, jd_ctx_t *ctx)
{
    static const char *const without[] = {"resume", "force", NULL};
    char line[JD_AGAIN_SIZE];
    bool fits = jd_cli_again(args, without, "--resume", line);
    return jd_fail(ctx, JD_ERR_CANCELLED, "finished runs are kept in %s; to go on: %s", folder,
                   fits ? line : "the same command with --resume");
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const jd_sweep_options_t o = {
        .resume = jd_args_has(args, "resume"), .force = jd_args_has(args, "force"), .parts = 1};
    const char *folder = jd_args_value(args, "output");
    char path[4096];
    jd_config_t *config = NULL;
    jd_validation_t v = {0};
    int format = 0;
    int rc = jd_cli_sweep_config(&config, args, ctx);
    if (!rc) rc = jd_args_choice(args, "format", formats, &format, ctx);
    if (!rc && (!folder || !folder[0]))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "validate: name a folder for its runs: -o results/validation");
    if (!rc && o.resume && o.force)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "validate: --resume goes on, --force starts over: give one");
    if (!rc && o.resume) jd_cli_note_new(folder, "rounds/01/plan.txt", ctx);
    if (!rc) {
        rc = jd_validate_run(config, folder, &o, &v, ctx);
        if (rc == JD_ERR_CANCELLED) rc = report_on(args, folder, ctx);
        snprintf(path, sizeof path, "%s/validation.h5", folder);
    }
    if (!rc && format == 0) jd_validate_print(stdout, config, &v, path);
    if (!rc && format == 1) rc = jd_csv_print(&v.table, jd_out_data(), "standard output", ctx);
    if (!rc && v.failed == v.replicates * v.plan.n_points)
        rc = jd_fail(
            ctx, JD_ERR_DATA,
            "every run failed; correct the config, and start over with --force or in another "
            "folder");
    jd_validation_free(&v);
    jd_config_free(config);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "DIR",
     .help = "folder of the runs, made if need be"},
    {.name = "set",
     .value = "SECTION.KEY=VALUE",
     .repeat = JD_REPEAT_WALKS,
     .help = "set a parameter; may be repeated"},
    {.name = "resume", .help = "go on where the folder's validation stopped"},
    {.name = "force", .help = "start over in a folder that holds a validation"},
    {.name = "format",
     .value = "FORMAT",
     .choices = formats,
     .help = "text (default), csv: every measure"},
    {.name = NULL},
};

const jd_command_t jd_command_validate = {
    .name = "validate",
    .words = "CONFIG",
    .min_words = 1,
    .max_words = 1,
    .summary = "Monte Carlo of the estimators: bias and its parts, coverage, size, power",
    .about = "Runs CONFIG many times at each point of its [sweep], or a process of the literature\n"
             "named in [dgp], and reports for every estimator of estimate.estimators its bias and\n"
             "what it is made of, SD, RMSE, standard error over SD, coverage, power, size in the\n"
             "world without the policy, and the bias after a passed pre-trend test, each with its\n"
             "Monte-Carlo error. Resumable; every measure is in DIR/validation.h5.\n",
    .examples = "  jiedao validate quickstart -o results/validation\n"
                "  jiedao validate quickstart -o v --set sweep.policy.share=0.1,0.5,0.75 \\\n"
                "      --set estimate.estimators=twfe,callaway_santanna,imputation\n"
                "  jiedao validate published/bdm2004 -o results/bdm2004\n",
    .options = options,
    .run = run,
    .estimates = true,
};
