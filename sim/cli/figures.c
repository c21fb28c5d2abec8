/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao figures: draw what result files hold. */
#include <stdio.h>
#include <string.h>

#include "analysis/figures/figures.h"
#include "cli/command.h"
#include "cli/out.h"
#include "drawing/drawings.h"

/* "pdf,png" as a mask. */
static int read_formats(const char *text, unsigned *mask, jd_ctx_t *ctx)
{
    static const struct {
        const char *name;
        unsigned bit;
    } formats[] = {{"pdf", JD_FIGURE_PDF}, {"svg", JD_FIGURE_SVG}, {"png", JD_FIGURE_PNG}};
    *mask = 0;
    for (const char *p = text;; p++) {
        size_t length = strcspn(p, ","), i = 0;
        while (i < 3 &&
               !(strlen(formats[i].name) == length && !strncmp(formats[i].name, p, length)))
            i++;
        if (i == 3)
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "--format: '%.*s' is not one of pdf, svg, png; join several by a comma: "
                           "--format pdf,png",
                           (int)length, p);
        *mask |= formats[i].bit;
        p += length;
        if (!*p) return JD_OK;
    }
}

static void print_path(void *user, const char *path)
{
    (void)user;
    fprintf(jd_out_data(), "%s\n", path);
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *folder = jd_args_value(args, "output"), *format = jd_args_value(args, "format");
    jd_drawings_t drawings = {.folder = folder ? folder : "figures",
                              .formats = JD_FIGURE_ALL,
                              .drawn = print_path,
                              .replace = jd_args_has(args, "force")};
    int64_t width = 0;
    int rc = format ? read_formats(format, &drawings.formats, ctx) : JD_OK;
    if (!rc) rc = jd_args_int(args, "width", 60, 400, &width, ctx);
    drawings.width_mm = (double)width;
    drawings.output = jd_args_value(args, "of");
    return rc ? rc : jd_drawings_draw(&drawings, args->words, args->n_words, ctx);
}

static const jd_option_t options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "DIR",
     .help = "folder for the figures, made if need be; default: figures, here"},
    {.name = "format",
     .value = "LIST",
     .repeat = JD_REPEAT_ADDS,
     .help = "of pdf, svg, png, joined by commas; default: all three"},
    {.name = "width",
     .value = "MM",
     .help = "width of each figure, 60 to 400; 89 is a journal's column"},
    {.name = "of",
     .value = "NAME",
     .help = "output of a sweep that heat maps and sensitivity are of, as jiedao sensitivity "
             "names it; default: twfe.bias"},
    {.name = "force", .help = "replace files that are not figures of an earlier call too"},
    {.name = NULL},
};

const jd_command_t jd_command_figures = {
    .name = "figures",
    .words = "FILE...",
    .min_words = 1,
    .max_words = -1,
    .summary = "draw the figures of result files",
    .about =
        "Draws what each FILE holds: effort under pressure and its loop, the map of friction\n"
        "and relocation flows, estimates against truth by event time, the split of the bias,\n"
        "time series with and without the policy, and friction by its parts. Files that differ in policy.share also\n"
        "give estimates against truth by treated share. Of a file of replicates the means are\n"
        "drawn. A sweep.h5 gives estimates and truth by its parameter, a heat map of two, or the\n"
        "indices of its design; a validation.h5 bias by parts, coverage, size and power, and what\n"
        "a passed pre-trend test does. Prints the path of each file written. Figures of an\n"
        "earlier call are replaced: they can always be drawn again. Other files of their names,\n"
        "and figures that were changed since, only with --force. Needs gnuplot.\n",
    .examples = "  jiedao figures quickstart.h5 -o figures\n"
                "  jiedao figures quickstart.h5 --format svg\n"
                "  jiedao figures tenth.h5 quarter.h5 half.h5 -o by_share --format pdf,png\n"
                "  jiedao figures results/grid/sweep.h5 --of callaway_santanna.bias\n"
                "  jiedao figures results/validation/validation.h5 -o figures\n",
    .options = options,
    .run = run,
};
