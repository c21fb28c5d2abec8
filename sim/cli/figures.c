/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao figures: draw what result files hold. */
#include <stdio.h>
#include <string.h>

#include "analysis/figures/figures.h"
#include "cli/command.h"
#include "cli/look.h"
#include "cli/out.h"
#include "drawing/drawings.h"
#include "drawing/figure.h"

/* "pdf,png" as a mask. */
static int read_formats(const char *text, unsigned *mask, jd_ctx_t *ctx)
{
    static const struct {
        const char *name;
        unsigned bit;
    } formats[] = {{"pdf", JD_FIGURE_PDF},
                   {"svg", JD_FIGURE_SVG},
                   {"png", JD_FIGURE_PNG},
                   {"gp", JD_FIGURE_GP}};
    *mask = 0;
    for (const char *p = text;; p++) {
        size_t length = strcspn(p, ","), i = 0;
        while (i < 4 &&
               !(strlen(formats[i].name) == length && !strncmp(formats[i].name, p, length)))
            i++;
        if (i == 4)
            return jd_fail(
                ctx, JD_ERR_ARGUMENT,
                "--format: '%.*s' is not one of pdf, svg, png, gp; join several by a comma: "
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

/* Each figure with what it shows; those of the same files stand under one head. */
static void print_figures(FILE *out)
{
    unsigned of = 0;
    for (int i = 0; jd_figures[i]; i++) {
        const jd_figure_t *figure = jd_figures[i];
        const char *kind, *between = "of ";
        for (int bit = 0; figure->of != of && (kind = jd_file_kind_name(bit)); bit++) {
            if (!(figure->of & 1u << bit)) continue;
            fprintf(out, "%s%s", between, kind);
            between = ", or ";
        }
        if (figure->of != of) fputs(":\n", out);
        of = figure->of;
        fprintf(out, "  %-17s %s\n", figure->name, figure->label);
    }
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    if (jd_args_has(args, "list")) {
        print_figures(stdout);
        return JD_OK;
    }
    if (jd_args_has(args, "print-labels"))
        return jd_look_print_labels(jd_out_data(), jd_args_value(args, "print-labels"), ctx);
    if (args->n_words == 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "figures: something is missing; usage: jiedao figures FILE...");
    const char *folder = jd_args_value(args, "output"), *format = jd_args_value(args, "format");
    jd_drawings_t drawings = {.folder = folder ? folder : "figures",
                              .formats = JD_FIGURE_ALL,
                              .drawn = print_path,
                              .replace = jd_args_has(args, "force")};
    int64_t width = 0;
    jd_look_options_t look;
    int rc = jd_look_read(&look, args, ctx);
    if (!rc && format) rc = read_formats(format, &drawings.formats, ctx);
    if (!rc) rc = jd_args_int(args, "width", 60, 400, &width, ctx);
    if (!rc && width > 0 && jd_args_has(args, "size"))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "figures: --size and --width both set the width; give one");
    drawings.width_mm = (double)width;
    drawings.figures = jd_args_value(args, "figure");
    drawings.look = &look.figure;
    drawings.output = jd_args_value(args, "of");
    if (!rc) rc = jd_drawings_draw(&drawings, args->words, args->n_words, ctx);
    if (!rc) jd_look_report(&look, ctx);
    jd_look_free(&look);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "DIR",
     .help = "folder for the figures, made if need be; default: figures, here"},
    {.name = "figure",
     .value = "NAMES",
     .repeat = JD_REPEAT_ADDS,
     .help = "only these, joined by commas; default: all that a file has"},
    {.name = "format",
     .value = "LIST",
     .repeat = JD_REPEAT_ADDS,
     .help = "of pdf, svg, png, gp (gnuplot's script), by commas; default: pdf,svg,png"},
    {.name = "width",
     .value = "MM",
     .help = "width of each figure, 60 to 400; 89 is a journal's column"},
    {.name = "of",
     .value = "NAME",
     .help =
         "output of a sweep that heat maps and sensitivity are of, as jiedao sensitivity "
         "names it; default: twfe.bias. Of a run: what its map shows, a column of panel/county or "
         "panel/urban, as poi; default: friction"},
    JD_LOOK_OPTIONS,
    {.name = "print-labels",
     .value = "NAME",
     .help = "print the labels that are shipped, zh or en, to change them in a file"},
    {.name = "force", .help = "replace files that are not figures of an earlier call too"},
    {.name = "list", .help = "print the names of all figures and what they show, and draw none"},
    {.name = NULL},
};

const jd_command_t jd_command_figures = {
    .name = "figures",
    .words = "FILE...",
    .max_words = -1,
    .summary = "draw the figures of result files",
    .about =
        "Draws what each FILE holds; of a file of replicates, means. Prints the path of each file\n"
        "written. Figures of an earlier call are replaced: they can always be drawn again. Other\n"
        "files of their names, and figures that were changed since, only with --force. Needs\n"
        "gnuplot. Figures are\n\n",
    .more = print_figures,
    .examples = "  jiedao figures quickstart.h5 -o figures\n"
                "  jiedao figures quickstart.h5 --figure map,event_time --format svg\n"
                "  jiedao figures quickstart.h5 --labels zh --size slide --format png\n"
                "  jiedao figures tenth.h5 quarter.h5 half.h5 -o by_share --format pdf,png\n"
                "  jiedao figures results/grid/sweep.h5 --of callaway_santanna.bias\n"
                "  jiedao figures results/validation/validation.h5 -o figures\n",
    .options = options,
    .run = run,
};
