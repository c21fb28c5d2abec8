/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao theory: every proposition of the model from scratch. */
#include <stdio.h>

#include "analysis/figures/figures.h"
#include "cli/again.h"
#include "cli/command.h"
#include "propositions/propositions.h"
#include "study/builtin.h"

static void print_done(void *user, const char *name, const char *claim, int numbers, int expected,
                       int otherwise, int open)
{
    (void)user;
    printf("%-10s %d numbers: %d as expected, %d otherwise, %d open  %s\n", name, numbers, expected,
           otherwise, open, claim);
    fflush(stdout);
}

static int report_on(const jd_args_t *args, const char *folder, jd_ctx_t *ctx)
{
    static const char *const without[] = {"force", NULL};
    char line[JD_AGAIN_SIZE];
    const bool fits = jd_cli_again(args, without, NULL, line);
    return jd_fail(ctx, JD_ERR_CANCELLED, "what is done is kept in %s; to go on: %s", folder,
                   fits ? line : "the same command");
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    jd_theory_t theory = {.folder = jd_args_value(args, "output"),
                          .only = jd_args_value(args, "only"),
                          .seed = -1,
                          .force = jd_args_has(args, "force"),
                          .formats = jd_args_has(args, "no-figures") ? 0 : JD_FIGURE_ALL,
                          .config = jd_builtin_config,
                          .done = print_done};
    if (jd_args_has(args, "list")) {
        jd_theory_list(stdout);
        return JD_OK;
    }
    if (!theory.folder || !theory.folder[0])
        return jd_fail(ctx, JD_ERR_ARGUMENT, "theory: name a folder for it: -o results/theory");
    int rc = jd_args_int(args, "replicates", 2, 100000, &theory.replicates, ctx);
    if (!rc) rc = jd_args_int(args, "seed", 0, INT64_C(1) << 53, &theory.seed, ctx);
    if (!rc) {
        rc = jd_theory_make(&theory, ctx);
        if (rc == JD_ERR_CANCELLED) rc = report_on(args, theory.folder, ctx);
    }
    if (!rc) printf("Written    %s/theory.md, theory.csv\n", theory.folder);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "DIR",
     .help = "folder of runs, numbers, figures and page, made if need be"},
    {.name = "only",
     .value = "NAMES",
     .repeat = JD_REPEAT_ADDS,
     .help = "only these, joined by commas: P5,P13"},
    {.name = "replicates", .value = "N", .help = "of each point; default: each proposition's own"},
    {.name = "seed", .value = "N", .help = "run.seed of all; default: the configs' own"},
    {.name = "no-figures", .help = "draw nothing: gnuplot is not needed"},
    {.name = "force", .help = "start over where the folder holds other runs"},
    {.name = "list", .help = "print the propositions, and make none"},
    {.name = NULL},
};

const jd_command_t jd_command_theory = {
    .name = "theory",
    .words = "",
    .summary = "make every proposition of the theory from scratch: numbers, figures, one page",
    .about = "Runs the config of each proposition, measures what it claims with intervals over\n"
             "replicates, beside its null and where it fails, draws it, and writes one page,\n"
             "DIR/theory.md. What is done is kept: the same command does the rest, and the\n"
             "files are the same to the byte.\n",
    .examples = "  jiedao theory -o results/theory\n"
                "  jiedao theory -o results/theory --only P5,P13\n"
                "  jiedao theory --list\n",
    .options = options,
    .run = run,
    .estimates = true,
};
