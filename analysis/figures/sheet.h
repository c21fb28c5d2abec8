/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A figure's script on its way to gnuplot, and the files that come back. Internal. */
#ifndef JD_FIGURES_SHEET_H
#define JD_FIGURES_SHEET_H

#include "analysis/figures/figures.h"
#include "glyphs.h"

/** What a figure is called and how large it is by default. */
typedef struct jd_figure_kind {
    const char *name;
    double width_mm, height_mm;
    double narrow_height_mm; /* where the user asks for a single column: panels stack */
} jd_figure_kind_t;

/** Sheets at least this wide have their panels side by side. */
enum { JD_WIDE_MM = 130 };

typedef struct jd_sheet {
    const jd_figure_kind_t *kind;
    const jd_figure_options_t *options;
    FILE *script;            /* unnamed temporary file: gnuplot's standard input */
    char font[JD_FONT_SIZE]; /* in which it is drawn; set when the script is whole */
} jd_sheet_t;

/** Width and height in mm after the options. */
double jd_sheet_width(const jd_figure_kind_t *kind, const jd_figure_options_t *options);
double jd_sheet_height(const jd_figure_kind_t *kind, const jd_figure_options_t *options);

/** Judges the options and opens the script. Zero the sheet first. */
JD_MUST_USE int jd_sheet_open(jd_sheet_t *sheet, const jd_figure_kind_t *kind,
                              const jd_figure_options_t *options, jd_ctx_t *ctx);

/** Hands a table that the figure is drawn from to whoever wants it (options.shows). */
void jd_sheet_shows(const jd_sheet_t *sheet, const jd_table_t *table);

/** Draws the files if `rc`, how writing the script went, is JD_OK; frees the sheet in any case. */
JD_MUST_USE int jd_sheet_close(jd_sheet_t *sheet, int rc, jd_ctx_t *ctx);

#endif
