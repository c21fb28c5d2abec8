/* SPDX-License-Identifier: GPL-3.0-or-later */
/** An estimator of the user's own, in any language: a command that reads a panel as CSV and prints
 * an estimate and its standard error. */
#ifndef JD_STUDY_PROGRAM_ESTIMATE_H
#define JD_STUDY_PROGRAM_ESTIMATE_H

#include "study/recovery_samples.h"

/** Writes unit,time,cohort,cluster,y of the sample to the command's standard input and reads two
 *  numbers, with commas or blanks between them, from the last line it prints. Errors: those of
 *  jd_outside_run(); JD_ERR_DATA (no two numbers, a negative error); memory. */
JD_MUST_USE int jd_program_estimate(const char *command, double seconds,
                                    const jd_recovery_sample_t *sample, const double *y,
                                    uint64_t seed, double *estimate, double *std_error,
                                    jd_ctx_t *ctx);

#endif
