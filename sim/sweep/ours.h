/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which files of a sweep's folder are known, by what they hold, to be a sweep's. Others may have
 * the same names: they are never replaced or removed. */
#ifndef JD_SWEEP_OURS_H
#define JD_SWEEP_OURS_H

#include <stdbool.h>
#include <stdint.h>

#include "jiedao/context.h"

/** A plan's first line, without the version of its form. */
#define JD_SWEEP_PLAN "jiedao sweep "

/** *there = whether the folder holds a plan. Errors: JD_ERR_EXISTS (a plan.txt that is not a plan),
 *  JD_ERR_READ (it cannot be looked at). */
JD_MUST_USE int jd_sweep_has_plan(const char *folder, bool *there, jd_ctx_t *ctx);

/** JD_OK where `path` does not exist or is a result file of this program, which may be replaced;
 *  else JD_ERR_EXISTS. */
JD_MUST_USE int jd_sweep_may_replace(const char *path, jd_ctx_t *ctx);

/** JD_OK where `path` does not exist or holds exactly `text`; else JD_ERR_EXISTS. */
JD_MUST_USE int jd_sweep_holds(const char *path, const char *text, jd_ctx_t *ctx);

/** The fingerprint of a config's text, as plan.txt keeps it. */
uint64_t jd_sweep_source_hash(const char *text);

/** Removes what a sweep wrote into a folder that holds its plan; the plan goes last, so that an
 *  interrupted removal can be repeated. `source` is the config of the sweep to come. Errors:
 *  JD_ERR_EXISTS (a file of the sweep's is not its own, or was changed: nothing is removed),
 *  JD_ERR_WRITE. */
JD_MUST_USE int jd_sweep_remove(const char *folder, const char *source, jd_ctx_t *ctx);

#endif
