/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The sample of estimators that compare cohorts: who serves as control, and which rows no such
 *  comparison can use. */
#ifndef JD_DID_BASE_STAGGERED_H
#define JD_DID_BASE_STAGGERED_H

#include "jiedao/did.h"

/** Why a row is left out. */
typedef enum jd_leave {
    JD_KEEP,
    JD_LEAVE_ALWAYS,
    JD_LEAVE_UNCONTROLLED,
    JD_LEAVE_INCOMPLETE,
    JD_LEAVE_ALONE,
    JD_LEAVE_UNUSED /**< weight 0 or a covariate missing: not in any sample */
} jd_leave_t;

typedef struct jd_staggered {
    const int32_t *cohort; /**< [panel rows] 0 = never treated, or control by design; the panel's
                                where none is changed */
    int32_t *own;          /**< the same, owned; or NULL */
    unsigned char *leave;  /**< [panel rows] owned; jd_leave_t */
    int64_t n_left;        /**< rows left out */
    int32_t first, last;   /**< periods of the rows kept */
    int in_order;          /**< 1: a complete panel, rows by unit and period (if it must be
                                complete; else 0) */
} jd_staggered_t;

/** Leaves out a row that was kept. */
static inline void jd_staggered_leave(jd_staggered_t *s, int64_t row, jd_leave_t why)
{
    s->leave[row] = (unsigned char)why;
    s->n_left++;
}

/** What the sample must have. */
typedef struct jd_staggered_needs {
    int32_t anticipation;
    int last_as_control; /**< no never-treated unit: the last cohort is the control until it adopts
                          */
    int own_first;       /**< "before" = the unit's own first period, not the sample's */
    int complete;        /**< each unit once in every period */
} jd_staggered_needs_t;

/** Units with no period before adoption less anticipation are left out; cohorts after the last
 *  period never adopt here. JD_ERR_NO_CONTROLS, JD_ERR_DATA (a cell doubled in a complete panel).
 */
JD_MUST_USE int jd_staggered_make(jd_staggered_t *s, const char *name, const jd_panel_t *panel,
                                  jd_staggered_needs_t needs, jd_ctx_t *ctx);
void jd_staggered_free(jd_staggered_t *s);

#endif
