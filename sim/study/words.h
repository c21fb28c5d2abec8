/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a run found, on one screen and in plain words. */
#ifndef JD_STUDY_WORDS_H
#define JD_STUDY_WORDS_H

#include <stdio.h>

#include "study/study.h"

/** Prints what was simulated, the truth, each estimator with its error, its bias and the parts, and
 * what that means. `path` is the file written. */
void jd_words_print(FILE *out, const jd_config_t *config, const jd_study_result_t *result,
                    const char *path);

/** The table of overall estimates alone, for a paper: estimate, error, truth, bias and its parts.
 */
typedef enum jd_words_format { JD_WORDS_MARKDOWN, JD_WORDS_LATEX, JD_WORDS_JSON } jd_words_format_t;
void jd_words_table(FILE *out, const jd_study_result_t *result, jd_words_format_t format);

/** Mean over runs of a column of the overall rows ("att") of one panel and estimator, with the
 * standard error of the mean (NaN for one run); NaN if there are none. Reads all_estimates, or
 * estimates for one run. */
typedef struct jd_mean {
    double mean, error;
    int64_t n;
} jd_mean_t;
jd_mean_t jd_words_mean(const jd_study_result_t *result, const char *panel, const char *estimator,
                        int column);
/** The same for an estimand over all cells. */
jd_mean_t jd_words_estimand(const jd_study_result_t *result, const char *outcome, const char *name);

#endif
