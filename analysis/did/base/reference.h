/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Reference periods: what effects by event time are measured from. */
#ifndef JD_DID_BASE_REFERENCE_H
#define JD_DID_BASE_REFERENCE_H

#include "did/base/design.h"

/** Event times with their references, for the time of preparing. Zero it; do not copy it. */
typedef struct jd_references {
    const int32_t *event; /**< [sample.n] event times; where cohorts' references lie at different
                               ones, references are JD_NEVER */
    int32_t *own;         /**< the same, owned; NULL: the design's */
    jd_did_options_t options; /**< as given, its list of references filled in */
} jd_references_t;

/** Each cohort's reference: its last period in the sample before adoption less anticipation, or the
 *  event times the options name. Cost: O(rows). */
JD_MUST_USE int jd_references_make(jd_references_t *r, const jd_design_t *design,
                                   const jd_frame_t *frame, const jd_did_options_t *options,
                                   jd_ctx_t *ctx);
void jd_references_free(jd_references_t *r);

/** Refuses references that are none: after adoption, or swallowed by a bin. */
JD_MUST_USE int jd_check_references(const jd_did_options_t *options, const char *name,
                                    jd_ctx_t *ctx);

/** JD_ERR_RANK if an event time was dropped as collinear: it would be a reference that nobody
 * chose, after treatment as a rule, and all others would rest on it. */
JD_MUST_USE int jd_check_events_kept(const jd_design_t *design, jd_ctx_t *ctx);
/** JD_ERR_RANK if a cell of cohort and period was dropped as collinear: it would be a reference
 * that nobody chose, and what is averaged would rest on it. */
JD_MUST_USE int jd_check_cells_kept(const jd_design_t *design, jd_ctx_t *ctx);

/** always [n]: 1 for rows (of a list, NULL: 0 ... n - 1) of units with a cohort and no row before
 * it, less anticipation. Cost: O(n). */
JD_MUST_USE int jd_mark_always_treated(const jd_panel_t *panel, const int32_t *cohort,
                                       const int32_t *row, int64_t n, int32_t anticipation,
                                       unsigned char *always, jd_ctx_t *ctx);

/** Leaves out cohorts without a row at their reference, and says so. They count as always treated,
 *  or, where the options name the references, in *unreferenced. Cost: O(n). */
JD_MUST_USE int jd_drop_unreferenced(jd_sample_t *sample, const jd_panel_t *panel,
                                     const int32_t *cohort, const jd_did_options_t *options,
                                     const char *name, int64_t *unreferenced, jd_ctx_t *ctx);

#endif
