/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao sensitivity: which parameters an output of a sweep depends on. */
#include "sweep/sensitivity.h"

#include <stdio.h>

#include "cli/command.h"
#include "cli/out.h"

static const char *const formats[] = {"text", "csv", NULL};

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *output = jd_args_value(args, "output");
    jd_study_sensitivity_t s = {0};
    int64_t draws = 1000;
    double level = 0.95;
    int format = 0;
    int rc = jd_args_choice(args, "format", formats, &format, ctx);
    if (!rc) rc = jd_args_int(args, "draws", 2, 1000000, &draws, ctx);
    if (!rc) rc = jd_args_fill(args, &level, ctx); /* the one option that says how it is read */
    if (!rc && (!output || !output[0]))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "sensitivity: name an output: --output att, --output twfe.bias, --output "
                     "relocations");
    if (!rc) rc = jd_study_sensitivity(&s, jd_args_word(args, 0), output, (int)draws, level, ctx);
    if (!rc && format == 0) jd_study_sensitivity_print(stdout, &s, level);
    if (!rc && format == 1) jd_study_sensitivity_csv(jd_out_data(), &s);
    jd_study_sensitivity_free(&s);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "output",
     .value = "NAME",
     .help = "a column of /runs, an estimand, or ESTIMATOR.COLUMN: att, twfe.bias"},
    {.name = "draws", .value = "N", .help = "bootstrap draws of the intervals; default 1000"},
    {.name = "level",
     .value = "P",
     .read = JD_READ_SHARE,
     .help = "level of the intervals; default 0.95"},
    {.name = "format", .value = "FORMAT", .choices = formats, .help = "text (default) or csv"},
    {.name = NULL},
};

const jd_command_t jd_command_sensitivity = {
    .name = "sensitivity",
    .words = "DIR",
    .min_words = 1,
    .max_words = 1,
    .summary = "which swept parameters an output depends on: Sobol indices, Morris' effects",
    .about = "Of a sweep with design = saltelli, first and total Sobol indices with bootstrap\n"
             "intervals; of one with design = morris, elementary effects. The noise of\n"
             "replicates is separated from the parameters' effect; failed runs are left out.\n",
    .examples = "  jiedao sweep my.ini -o results/sweep\n"
                "  jiedao sensitivity results/sweep --output twfe.bias\n",
    .options = options,
    .run = run,
};
