/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Resting states of identical officials, worked out rather than simulated (model-equations.md,
 * section 1). The public part, the folds, is in jiedao/theory.h. */
#ifndef JD_MODEL_THEORY_THEORY_H
#define JD_MODEL_THEORY_THEORY_H

#include "jiedao/theory.h"
#include "model/officials.h"
#include "model/pressure.h"

typedef enum jd_rest_kind { JD_REST_INTERIOR, JD_REST_S_CORNER, JD_REST_W_CORNER } jd_rest_kind_t;

typedef struct jd_rest {
    jd_rest_kind_t kind;
    bool stable;
    bool time_binds;
    double e_s, e_w;
} jd_rest_t;

enum { JD_RESTS_MAX = 12 };

/** Willingness at rest under pressure P. */
double jd_theory_psi(const jd_officials_params_t *officials, double psi_bar, double pressure);

/** All resting states at a pressure, but for those with more effort wanted in both tasks once there
 * is more (never stable). Corners first, then interior ones by weak effort. Returns their number.
 */
int jd_theory_rests(const jd_officials_params_t *officials, const jd_rescaling_params_t *rescaling,
                    double psi_bar, double pressure, jd_rest_t rests[JD_RESTS_MAX]);

#endif
