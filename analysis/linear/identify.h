/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which columns of a regression are identified, without the factor. */
#ifndef JD_LINEAR_IDENTIFY_H
#define JD_LINEAR_IDENTIFY_H

#include "jiedao/linear.h"

/** Drops columns as jd_regression_factor() does, of a regression with columns: kept and n_kept are
 *  the same. Nothing else may be asked of the regression then. */
JD_MUST_USE int jd_regression_identify(jd_regression_t *regression, jd_ctx_t *ctx);

#endif
