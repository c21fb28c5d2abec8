/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Moments of a file, for the commands that take some. */
#ifndef JD_CLI_MOMENTS_H
#define JD_CLI_MOMENTS_H

#include "moments/moments.h"

/** Reads a result file and measures. The caller frees, also after an error. Errors: those of
 * reading and of jd_moment_set_measure(), with the file's name. */
JD_MUST_USE int jd_cli_moments_measure(jd_moment_set_t *moments, const char *path,
                                       const jd_moment_options_t *options, jd_ctx_t *ctx);

#endif
