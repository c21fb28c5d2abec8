/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a config gives and its run does not read: a note, or refused where it is swept. */
#ifndef JD_SWEEP_READS_H
#define JD_SWEEP_READS_H

#include "sweep/plan.h"

/** What each command does not read, besides the sections' own rows. */
extern const jd_unread_t jd_run_unread[], jd_sweep_unread[], jd_validate_unread[];

/** Notes what a finished config gives and a run of it does not read, a line for each reason. */
JD_MUST_USE int jd_reads_note(const jd_config_t *config, const jd_unread_t *more, jd_ctx_t *ctx);

/** The same for the points of a plan (some 200 of them where there are more): noted is what no
 * point reads, refused what is varied all the same. Errors: JD_ERR_COMBINATION, also where the
 * sections refuse every point. */
JD_MUST_USE int jd_reads_check(const jd_plan_t *plan, const jd_config_t *config,
                               const jd_unread_t *more, jd_ctx_t *ctx);

#endif
