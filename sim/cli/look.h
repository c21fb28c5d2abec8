/* SPDX-License-Identifier: GPL-3.0-or-later */
/** How figures look: the options that `figures`, `did --plot` and `report` share. */
#ifndef JD_CLI_LOOK_H
#define JD_CLI_LOOK_H

#include "analysis/figures/figures.h"
#include "cli/command.h"

typedef struct jd_look_options {
    jd_figure_options_t figure;  /* size, scale, title, font, labels, grey */
    jd_labels_t *labels, *known; /* owned; what the shipped English file knows */
} jd_look_options_t;

/** Reads --labels, --font, --size, --grey and --title. The caller frees, also after an error. */
JD_MUST_USE int jd_look_read(jd_look_options_t *look, const jd_args_t *args, jd_ctx_t *ctx);
void jd_look_free(jd_look_options_t *look);
/** Says which labels of the user's served no figure. */
void jd_look_report(const jd_look_options_t *look, jd_ctx_t *ctx);

/** Prints a shipped file of labels, "zh". */
JD_MUST_USE int jd_look_print_labels(FILE *out, const char *name, jd_ctx_t *ctx);

/** The same rows as a list, for tables of options that are made; ended by one without a name. */
extern const jd_option_t jd_look_rows[];

#define JD_LOOK_OPTIONS                                                                          \
    {.name = "labels",                                                                           \
     .value = "FILE",                                                                            \
     .repeat = JD_REPEAT_WALKS,                                                                  \
     .help = "texts in figures: a file of lines TEXT = NEW TEXT, or zh or en; may be repeated"}, \
        {.name = "font", .value = "NAME", .help = "font of figures; default: Liberation Sans"},  \
        {.name = "size",                                                                         \
         .value = "SIZE",                                                                        \
         .help = "of figures: single (89 mm), double (183 mm), slide (16:9), or W,H in mm"},     \
        {.name = "grey", .help = "figures without colours"},                                     \
    {                                                                                            \
        .name = "title", .value = "TEXT", .help = "a title above figures"                        \
    }

#endif
