/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Drawings: the figures of result files. Tables are read from the store, turned into those the
 *  figures ask for, and drawn. */
#ifndef JD_DRAWING_DRAWINGS_H
#define JD_DRAWING_DRAWINGS_H

#include <stdbool.h>

#include "analysis/figures/figures.h"

typedef struct jd_drawings {
    const char *folder;  /**< made if it is not there, with those above it */
    unsigned formats;    /**< JD_FIGURE_PDF | JD_FIGURE_SVG | JD_FIGURE_PNG */
    double width_mm;     /**< of every figure, 60 to 400; 0 = each its own */
    const char *figures; /**< names joined by commas; NULL = all that a file has */
    const char *output;  /**< of sweeps, as jd_study_output() names it; NULL = "twfe.bias"; of maps,
                          a column of  panel/county or panel/urban; NULL = friction */
    void (*drawn)(void *user, const char *path); /**< called with each file written; may be NULL */
    void *user;
    bool replace; /**< files that are not known as this program's figures too */
    const jd_figure_options_t *look; /**< size, scale, title, font, labels, grey, and who is shown
                                        the tables; NULL = the figures' own */
} jd_drawings_t;

/** Draws what each of n result files holds, by the list of drawing/figure.h, and of several runs
 * that differ in policy.share did_by_share. With one file the stems are the figures' names, with
 * several the file's name and '_' stand in front. A file of several replicates gives means over
 * runs. Older figures of these names are replaced, other files only with `replace`.
 *
 *  A figure the file holds nothing for is named by jd_warn(). Errors: JD_ERR_DATA (no figure could
 *  be drawn at all), JD_ERR_ARGUMENT (two files of one name, an unknown figure), those of opening
 * and reading files, of the folder, of gnuplot; JD_ERR_CANCELLED; memory. What was drawn before an
 * error stays. */
JD_MUST_USE int jd_drawings_draw(const jd_drawings_t *drawings, const char *const *files, int n,
                                 jd_ctx_t *ctx);

#endif
