/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Ways of inference by name, side by side on one fit: what validate.variance lists. */
#ifndef JD_STUDY_INFERENCE_H
#define JD_STUDY_INFERENCE_H

#include <stdbool.h>

#include "jiedao/did.h"
#include "jiedao/wild_bootstrap.h"

enum { JD_INFERENCE_NAME = 16 };

typedef struct jd_inference {
    char label[JD_INFERENCE_NAME]; /**< behind an estimator's name: "twfe:cr2" */
    jd_vcov_options_t vcov;
    bool normal; /**< clustered errors and the normal law, not t(G - 1) */
    bool wild;   /**< wild cluster bootstrap, null imposed */
    jd_wild_law_t law;
    bool permutes, controls;           /**< randomisation; Conley and Taber's law of controls */
    const jd_panel_t *panel;           /**< borrowed: what randomisation estimates again on */
    const jd_did_options_t *estimates; /**< likewise, and how */
} jd_inference_t;

/** The way of this name, its other conventions those of `base`; false: there is none. */
bool jd_inference_find(jd_inference_t *how, const char *name, const jd_vcov_options_t *base);
/** What an estimator's row is called, "twfe:cr2"; label NULL: by its name alone. */
void jd_inference_row(char text[32], const char *estimator, const char *label);
/** All names, joined by commas. */
const char *jd_inference_names(void);

/** As jd_design_infer(). Randomisation gives a p-value alone: its error and interval are those that
 *  a normal estimate with this p-value would have. JD_ERR_UNSUPPORTED where the estimator cannot
 * have it. */
JD_MUST_USE int jd_inference_apply(const jd_inference_t *how, const jd_design_t *design,
                                   const double *y, double level, jd_fit_t *fit, jd_ctx_t *ctx);

#endif
