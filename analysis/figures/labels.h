/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a user calls things in figures: texts by the English ones they stand for, and fonts. */
#ifndef JD_FIGURES_LABELS_H
#define JD_FIGURES_LABELS_H

#include "jiedao/context.h"

enum { JD_LABEL_SIZE = 400 }; /* bytes of a text with its end */

typedef struct jd_labels jd_labels_t;

/** Reads lines "key = text" of a file's text; `file` names it in messages. The key is the English
 *  text of the figures. Empty lines and those that begin with # say nothing; "@font" is no text but
 *  a list of fonts, by commas, the best first. Later texts of a key take the place of earlier ones
 *  in other files. *labels grows, or is made where it is NULL. `shipped`: its keys may stand in no
 *  figure. Errors: JD_ERR_SYNTAX (line without "=", no UTF-8, a key twice), JD_ERR_VALUE (too
 *  long), memory. */
JD_MUST_USE int jd_labels_read(jd_labels_t **labels, const char *file, const char *text,
                               int shipped, jd_ctx_t *ctx);
void jd_labels_free(jd_labels_t *labels);

/** What stands for a text: that of its key, or of the keys of which it is made: "Bias (firms)",
 *  "TWFE, sector × county", "P↓ = 0.3", "up to 20 firms". Written to `to`, or NULL where no key
 *  fits. */
const char *jd_labels_find(jd_labels_t *labels, const char *text, char to[JD_LABEL_SIZE]);

/** Fonts that files asked for, by commas; NULL = none did. */
const char *jd_labels_fonts(const jd_labels_t *labels);

/** Says which keys of a user's own files stand in no figure that was drawn, nor among those of
 *  `known`: mistyped ones. */
void jd_labels_report(const jd_labels_t *labels, const jd_labels_t *known, jd_ctx_t *ctx);

#endif
