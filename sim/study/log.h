/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The occasion of a run: when, where, how long; beside the file, which has the same bytes always.
 */
#ifndef JD_STUDY_LOG_H
#define JD_STUDY_LOG_H

#include "study/study.h"

/** Writes PATH with its .h5 replaced by .log.json. Errors: JD_ERR_WRITE. */
JD_MUST_USE int jd_log_write(const char *path, const jd_config_t *config,
                             const jd_study_result_t *result, jd_ctx_t *ctx);
/** What a path of the config led to when PATH was made, in full, by the log beside it; false where
 * there is no log, or the config had no such path. */
bool jd_log_path(const char *path, const char *section, const char *key, char full[4096]);

#endif
