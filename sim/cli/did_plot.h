/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Figures of what `jiedao did` found. */
#ifndef JD_CLI_DID_PLOT_H
#define JD_CLI_DID_PLOT_H

#include "analysis/figures/figures.h"
#include "dataset/dataset.h"

/** Draws the effects by event time of all estimators that have them into one file, whose ending
 *  says the format: .pdf, .png, .svg. `look`: size, font, labels and the like. JD_ERR_DATA if none
 * has any; JD_ERR_EXISTS as jd_figure_may_replace(). */
JD_MUST_USE int jd_did_plot(const jd_own_data_t *data, const jd_own_result_t *result,
                            const char *path, const jd_figure_options_t *look, jd_ctx_t *ctx);

/** The same for the sets of the diagnostic "honest". */
JD_MUST_USE int jd_did_plot_sets(const jd_own_data_t *data, const jd_own_result_t *result,
                                 const char *path, const jd_figure_options_t *look, jd_ctx_t *ctx);

/** JD_ERR_ARGUMENT unless the ending is one of these. */
JD_MUST_USE int jd_did_plot_check(const char *path, jd_ctx_t *ctx);

#endif
