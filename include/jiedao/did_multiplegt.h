/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What did_multiplegt_dyn reports of its terms beyond the common signatures. */
#ifndef JIEDAO_DID_MULTIPLEGT_H
#define JIEDAO_DID_MULTIPLEGT_H

#include "jiedao/did.h"

JD_BEGIN_DECLS

typedef struct jd_multiplegt_counts {
    int64_t n_rows;      /**< differences (of units and periods) a term stands on, each once */
    int64_t n_switchers; /**< of switchers; of the overall effect, summed over the effects */
} jd_multiplegt_counts_t;

/** Counts of a term, as the package DIDmultiplegtDYN reports them without weights; both are the
 *  units in the regression for a term of predict_het. Errors: JD_ERR_ARGUMENT, JD_ERR_NO_MEMORY.
 * Cost: O(units x periods x effects) for the overall effect. */
JD_API JD_MUST_USE int jd_did_multiplegt_counts(const jd_design_t *design, int term,
                                                jd_multiplegt_counts_t *counts, jd_ctx_t *ctx);

JD_END_DECLS

#endif
