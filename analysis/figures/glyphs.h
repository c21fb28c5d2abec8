/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which fonts there are, and what they can show, as fontconfig's fc-list tells. Internal. */
#ifndef JD_FIGURES_GLYPHS_H
#define JD_FIGURES_GLYPHS_H

#include "jiedao/context.h"

enum { JD_FONT_SIZE = 128 };

/** The characters of a figure's texts, one bit each. */
typedef struct jd_glyphs {
    unsigned char *seen; /* [0x110000 / 8], owned */
    int beyond;          /* whether any is beyond what every text font has */
} jd_glyphs_t;

JD_MUST_USE int jd_glyphs_add(jd_glyphs_t *glyphs, const char *text, jd_ctx_t *ctx);
void jd_glyphs_free(jd_glyphs_t *glyphs);

/** Chooses the font: `asked`, which must be installed, else the first of `wanted` (by commas, may
 *  be NULL) that is, else the figures' own; and checks that it or another installed font has every
 *  character. Errors: JD_ERR_ARGUMENT (no such font), JD_ERR_DATA (a character that no font has,
 *  with the package to install), JD_ERR_PROGRAM (fc-list is missing). */
JD_MUST_USE int jd_glyphs_font(const jd_glyphs_t *glyphs, const char *figure, const char *asked,
                               const char *wanted, char font[JD_FONT_SIZE], jd_ctx_t *ctx);

#endif
