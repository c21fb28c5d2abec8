/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Treated rows whose effects no untreated row identifies. */
#ifndef JD_DID_BASE_UNIMPUTABLE_H
#define JD_DID_BASE_UNIMPUTABLE_H

#include "jiedao/panel.h"

/** Leaves out treated rows whose fixed effects the untreated rows cannot tell: with up to two
 *  effects all such rows (levels that hang together by untreated rows, Abowd, Creecy, Kramarz
 * 2002), with more the plain cases; an estimator that imputes finds the rest. `cohort` is over the
 * panel's rows, read where there is no treatment path; the groups are of the sample's. Cost: O(n).
 */
JD_MUST_USE int jd_drop_unimputable(jd_sample_t *sample, const jd_panel_t *panel,
                                    const int32_t *cohort, int n_effects,
                                    const jd_groups_t *const *groups, jd_ctx_t *ctx);

#endif
