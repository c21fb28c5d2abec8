/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Step 1 of a period: pressure on streets, the counties' toolkit, stringency (model-equations.md,
 *  section 2). Sections [rescaling] and [event.NAME]. */
#ifndef JD_MODEL_PRESSURE_H
#define JD_MODEL_PRESSURE_H

#include "model/jurisdictions/tree.h"

typedef struct jd_rescaling_params {
    double base, base_sd, amplify, th_strong, th_weak, th_environment;
    double event; /* the built-in economic event of the centre */
    int32_t event_start;
    int64_t event_length;
    double stringency, inspection, show_max;
    double leniency, leniency_stake, penalty, edge;
} jd_rescaling_params_t;

typedef enum jd_event_kind {
    JD_EVENT_ECO,
    JD_EVENT_ENV,
    JD_EVENT_RECLASSIFY,
    JD_EVENT_MANDATE
} jd_event_kind_t;
typedef enum jd_event_shape {
    JD_SHAPE_STEP,
    JD_SHAPE_RAMP,
    JD_SHAPE_PULSE,
    JD_SHAPE_UPDOWN
} jd_event_shape_t;

typedef struct jd_event_params {
    int32_t kind, shape, level, start;
    int64_t length;
    double size, spread, development;
    char unit[JD_TEXT_MAX];
    double tk_land, tk_fiscal, tk_authority;
    double rate, exposure;
    double mu_strong, mu_weak, burden; /* of a mandate: multipliers of stakes, time it takes */
} jd_event_params_t;

extern const jd_section_t jd_rescaling_section;
extern const jd_section_t jd_event_section;

/** What is the same in every world: exposures worked out once, reclassifications as they happen. */
typedef struct jd_events {
    int n;
    jd_event_params_t *event; /**< [n] */
    double **exposure;        /**< [n] -> [streets]: pressure on the street at full size */
    bool **covered;           /**< [n] -> [streets]: lies in the unit the event is for */
    double *toolkit;          /**< [n] what a change of rank multiplies the unit's toolkit by */
    double *base;             /**< [streets] P0 with its standing differences */
    double *tk_street;        /**< [streets] toolkit of reclassified streets, else 1 */
    double *penalty;          /**< [streets] pen: what lenience costs per unit of P_env */
    double *scale;            /**< [streets] exposure of reclassified streets, else 1 */
    bool *reclassified;       /**< [streets] */
    double *mandate_s,
        *mandate_w;         /**< [streets] what mandates make of mu_S, mu_W this quarter, else 1 */
    double *mandate_burden; /**< [streets] time mandates take this quarter, else 0 */
} jd_events_t;

JD_MUST_USE int jd_events_init(jd_events_t *events, const jd_config_t *config,
                               const jd_tree_t *tree, uint64_t seed, jd_ctx_t *ctx);
void jd_events_free(jd_events_t *events);

/** Share of its full size an event has in a quarter: 0 before its start.  step: 1 from the start;
 * ramp: 0 at the start, 1 `length` quarters on and after; pulse: 1 for `length` quarters; updown:
 * up to 1 and down to 0 again over `length` quarters. */
JD_API double jd_event_shape(const jd_event_params_t *event, int32_t quarter);

/** Streets and counties that change rank this quarter (kind = reclassify). Draws: JD_DRAW_EVENT. */
void jd_events_reclassify(jd_events_t *events, const jd_tree_t *tree, int32_t quarter,
                          int64_t period, uint64_t seed, uint64_t replicate);

/** What mandates ask of each street this quarter: mandate_s, mandate_w, mandate_burden. */
void jd_events_mandate(jd_events_t *events, const jd_tree_t *tree, int32_t quarter);

/** Adds all events to base pressure: P [streets] (without the policy's) and the environmental part
 *  alone P_env [streets]; toolkit tk_land, tk_fiscal, tk_authority [counties]. */
void jd_events_apply(const jd_events_t *events, const jd_tree_t *tree, int32_t quarter,
                     double *restrict pressure, double *restrict environment,
                     double *restrict tk_land, double *restrict tk_fiscal,
                     double *restrict tk_authority);

#endif
