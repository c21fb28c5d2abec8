/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The policy "shift to advanced manufacturing": who is treated, when, and with what dose. */
#ifndef JD_MODEL_POLICY_H
#define JD_MODEL_POLICY_H

#include "model/jurisdictions/tree.h"

typedef enum jd_assignment {
    JD_ASSIGN_RANDOM,
    JD_ASSIGN_DEVELOPMENT,
    JD_ASSIGN_FISCAL,
    JD_ASSIGN_NEIGHBOURS,
    JD_ASSIGN_LIST
} jd_assignment_t;
typedef enum jd_profile { JD_PROFILE_FLAT, JD_PROFILE_RAMP, JD_PROFILE_FADE } jd_profile_t;

typedef struct jd_policy_params {
    double share, dose, pressure, selection, anticipation_dose;
    int32_t assignment, profile;
    int64_t profile_length, anticipation;
    jd_dates_t adoption;
    char list[JD_TEXT_MAX];
} jd_policy_params_t;

extern const jd_section_t jd_policy_section;

/** Columns of a policy list: a county's code and its first treated quarter. */
enum { JD_POLICY_CODE, JD_POLICY_ADOPTION, JD_POLICY_COLUMNS };
extern const jd_column_t jd_policy_columns[JD_POLICY_COLUMNS];

/** Fills cohort [counties] with each county's first treated period (1 = first recorded quarter), 0
 * for never. `start` is the quarter of period 1, `periods` their number; adoption after the last
 * period counts as never and is said. Draws: JD_DRAW_ASSIGN. */
JD_MUST_USE int jd_policy_assign(const jd_policy_params_t *params, const jd_tree_t *tree,
                                 const jd_table_t *list, int32_t start, int32_t periods,
                                 uint64_t seed, uint64_t replicate, int32_t *cohort,
                                 const jd_config_t *config, jd_ctx_t *ctx);

/** Dose D in a period for a county first treated in period `cohort` (0 = never: 0). */
double jd_policy_dose(const jd_policy_params_t *params, int32_t cohort, int64_t period);

/** First period in which the policy can act on anyone; periods + 1 if never. */
int32_t jd_policy_first_period(const jd_policy_params_t *params, const int32_t *cohort,
                               int32_t counties, int32_t periods);

#endif
