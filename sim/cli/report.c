/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao report: one page of result files, to send. */
#include "report/report.h"

#include "cli/command.h"
#include "cli/look.h"
#include "cli/out.h"

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *output = jd_args_value(args, "output");
    jd_look_options_t look;
    int rc = output ? jd_cli_check_ending("-o", output, "html,htm", ctx)
                    : jd_fail(ctx, JD_ERR_ARGUMENT, "report: where to? -o page.html");
    if (!rc) rc = jd_cli_may_write(output, args, ctx);
    if (rc) return rc;
    rc = jd_look_read(&look, args, ctx);
    look.figure.title = NULL; /* it is the page's */
    const jd_report_t report = {.title = jd_args_value(args, "title"),
                                .look = &look.figure,
                                .figures = !jd_args_has(args, "no-figures"),
                                .replace = jd_args_has(args, "force")};
    if (!rc) rc = jd_cli_make_room(output, ctx);
    if (!rc) rc = jd_report_write(&report, output, args->words, args->n_words, ctx);
    if (!rc) jd_look_report(&look, ctx);
    if (!rc) fprintf(jd_out_data(), "%s\n", output);
    jd_look_free(&look);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "output", .letter = 'o', .value = "FILE", .help = "the page: NAME.html"},
    JD_LOOK_OPTIONS,
    {.name = "no-figures", .help = "tables and words alone; gnuplot is not needed"},
    {.name = "force", .help = "replace an existing file"},
    {.name = NULL},
};

const jd_command_t jd_command_report = {
    .name = "report",
    .words = "FILE...",
    .min_words = 1,
    .max_words = -1,
    .summary = "one page of result files, to send: words, figures, tables, origin",
    .about = "Writes one HTML page that needs nothing beside itself: what was asked (parameters\n"
             "that differ from their defaults), what was found in words, figures, tables that\n"
             "sort and copy, and where it comes from. Of runs, sweeps, validations and panels of\n"
             "records. Nothing is fetched when it is opened; it prints well.\n",
    .examples =
        "  jiedao report quickstart.h5 -o quickstart.html\n"
        "  jiedao report results/validation/validation.h5 -o page.html --title \"Coverage\"\n"
        "  jiedao report a.h5 b.h5 -o both.html --labels zh\n",
    .options = options,
    .run = run,
};
