/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The reader of dgp.kind = data. */
#ifndef JD_CLI_DGP_DATA_H
#define JD_CLI_DGP_DATA_H

#include "sweep/dgp/dgp.h"

/** Reads dgp.file as `jiedao did` would, with what dgp.y, unit, time, cohort, treat and cluster
 *  name. Errors: those of reading; JD_ERR_DATA where a unit has two rows in a period. */
JD_MUST_USE int jd_cli_dgp_read(const jd_dgp_params_t *params, jd_dgp_panel_t *panel,
                                jd_ctx_t *ctx);

#endif
