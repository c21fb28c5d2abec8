/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One page of result files, to send: what was asked, what was found, in words, figures and tables,
 *  and where it comes from. */
#ifndef JD_REPORT_REPORT_H
#define JD_REPORT_REPORT_H

#include <stdbool.h>

#include "analysis/figures/figures.h"
#include "jiedao/context.h"

typedef struct jd_report {
    const char *title;               /**< NULL = the names of the files */
    const jd_figure_options_t *look; /**< of the figures */
    bool figures;                    /**< draw them */
    bool replace;
} jd_report_t;

/** Writes the page of n files, which appears when it is whole. Figures that cannot be drawn are
 *  named by jd_warn() and left out. Errors: those of reading files and of writing; cancelled. */
JD_MUST_USE int jd_report_write(const jd_report_t *report, const char *path,
                                const char *const *files, int n, jd_ctx_t *ctx);

#endif
