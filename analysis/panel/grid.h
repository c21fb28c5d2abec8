/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Grids: complete panels whose rows lie by unit and period. They say so by their order, in one
 *  pass, and need no look-up; and how many threads a pass over rows is worth. */
#ifndef JD_PANEL_GRID_H
#define JD_PANEL_GRID_H

#include "jiedao/panel.h"

enum { JD_ROWS_TO_SHARE = 1 << 20 }; /* read in a millisecond: less is not worth a second thread */

/** Threads for a pass over n rows. */
static inline int jd_pass_threads(const jd_ctx_t *ctx, int64_t n)
{
    return n < JD_ROWS_TO_SHARE ? 1 : jd_ctx_threads(ctx);
}

/** Periods of a grid, i.e. rows of each unit: units in ascending order, each with the same
 * ascending periods; 0 where the rows are none. Other panels betray themselves within a few units.
 */
int32_t jd_grid_periods(const int32_t *unit, const int32_t *time, int64_t n, const jd_ctx_t *ctx);

/** Codes of a grid's units and periods, as jd_groups_make() gives. Caller frees both, also after an
 *  error. */
JD_MUST_USE int jd_grid_code(jd_groups_t *units, jd_groups_t *periods, const int32_t *unit,
                             const int32_t *time, int64_t n, int32_t n_periods, jd_ctx_t *ctx);

#endif
