/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Who is exposed to whose treatment, when and how much. */
#ifndef JD_DID_REGRESSION_RINGS_H
#define JD_DID_REGRESSION_RINGS_H

#include "did/base/design.h"

/** Exposures of the panel's units to treated others. */
typedef struct jd_exposures {
    jd_groups_t units, periods; /**< of all rows of the panel */
    int n;                      /**< exposures: rings, or 1 */
    double *value;              /**< [units][n][periods] */
} jd_exposures_t;

/** Exposures by distance; cohort [rows of the panel]. For rings: 1 in the ring of the nearest
 *  treated unit of the period. Distances are great circles of the mean Earth, units
 *  stand where their first row does. Errors: JD_ERR_DATA (a place is no place, or changes).
 *  Cost: O(units x treated units no further north or south than the outermost edge). */
JD_MUST_USE int jd_exposures_make(jd_exposures_t *exposures, const jd_panel_t *panel,
                                  const int32_t *cohort, const jd_did_options_t *options,
                                  jd_ctx_t *ctx);
void jd_exposures_free(jd_exposures_t *exposures);

#endif
