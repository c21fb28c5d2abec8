/* SPDX-License-Identifier: GPL-3.0-or-later */
/** True effects of cells, from the flows of all worlds (model-equations.md, section 5). */
#ifndef JD_RUN_RECORD_TRUTH_H
#define JD_RUN_RECORD_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "jiedao/context.h"

struct jd_simulation;

enum { JD_FLOW_IN, JD_FLOW_OUT, JD_FLOW_STOCK, JD_FLOW_KINDS };

/** Kinds of cells (unit, period): treated; announced, not adopted; to be treated, not announced;
 * never treated; untargeted firms in a county that is treated sometime. As in jiedao/split.h, which
 * sim/ does not know. */
typedef enum jd_cell_kind {
    JD_KIND_POST,
    JD_KIND_ANN,
    JD_KIND_PRE,
    JD_KIND_NEVER,
    JD_KIND_OTHER
} jd_cell_kind_t;

/** Kind of a targeted cell of county c in a period. */
jd_cell_kind_t jd_cell_kind(const struct jd_simulation *sim, int32_t county, int64_t period);

/** Bytes of all histories. */
double jd_history_bytes(int64_t worlds, int64_t periods, int64_t cells);
JD_MUST_USE int jd_history_init(struct jd_simulation *sim, jd_ctx_t *ctx);
/** [sectors][counties] of one world, flow and period (1 ... periods). */
int32_t *jd_history(const struct jd_simulation *sim, int world, int flow, int64_t period);
/** Keeps flows and stocks of every world at a period's end. */
void jd_history_keep(struct jd_simulation *sim, int64_t period);

/** With the policy less without, of a flow in cell sector * counties + county. */
int32_t jd_effect(const struct jd_simulation *sim, int flow, int64_t period, int64_t cell);
/** Direct effect on a flow of targeted firms of a treated county in a period, from the world in
 * which its fold is switched off (from_none: on), corrected for the rest of the fold; NaN without
 * folds, 0 if untreated and before its own policy acts (announced, or adopted where nothing is
 * anticipated). */
double jd_direct_effect(const struct jd_simulation *sim, int flow, int64_t period, int32_t county,
                        bool from_none);

/** What of the effect on a flow of targeted firms the friction that the policy itself adds makes
 * (natural indirect effect; the rest is the direct one), in a county and period; NaN without
 * run.mediation. */
double jd_mediated_effect(const struct jd_simulation *sim, int flow, int64_t period,
                          int32_t county);

#endif
