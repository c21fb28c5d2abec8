/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A finished script in the user's words and colours. Internal. */
#ifndef JD_FIGURES_DRESS_H
#define JD_FIGURES_DRESS_H

#include "glyphs.h"
#include "sheet.h"

/** Copies a script, with the labels' texts in place of its own and colours as greys where the
 *  options ask for them, and notes the characters of its texts. In a script every text is in single
 *  quotes, and what stands before it says what it is: a colour, a font, a format, or words. */
JD_MUST_USE int jd_dress(FILE *from, FILE *to, const jd_figure_options_t *options,
                         jd_glyphs_t *glyphs, jd_ctx_t *ctx);

#endif
