/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a run records: relocation events as they happen, panels period by period, and the empirical
 * file an observer would hold of them. Each table is one file here and one line in list.c
 * (recorded.h); this header is for those who run a simulation. */
#ifndef JD_RUN_RECORD_RECORD_H
#define JD_RUN_RECORD_RECORD_H

#include "jiedao/random.h"
#include "jiedao/simulation.h"
#include "model/firms/firms.h"

struct jd_simulation;
struct jd_slot;

/** Section [observation]: how the empirical file differs from the truth (observed.c). */
typedef struct jd_observation_params {
    double coverage, date_error, misclass;
    jd_list_t confusion; /**< [sectors][sectors], or one 0: none */
    int64_t panel_firms;
} jd_observation_params_t;

typedef enum jd_keep_moves {
    JD_KEEP_RECORDED,
    JD_KEEP_ALL,
    JD_KEEP_OBSERVED,
    JD_KEEP_NONE
} jd_keep_moves_t;

typedef enum jd_keep { JD_KEEP_SUMMARY, JD_KEEP_TABLES } jd_keep_t;

/** Section [output]: what the file holds. */
typedef struct jd_output_params {
    int32_t relocations, keep;
    bool streets;
    int64_t officials;
} jd_output_params_t;

extern const jd_section_t jd_observation_section;
extern const jd_section_t jd_output_section;

typedef struct jd_record {
    const jd_observation_params_t *observation;
    const jd_output_params_t *output;
    const jd_sink_t *sink;
    struct jd_slot *slot; /**< [n_slots] tables: those kept, in the order of the file; then those
                             whose rows go to the sink */
    int n_slots, n_kept;
    jd_table_t *relocations, *firms; /**< written move by move; borrowed, NULL = not made */
    int32_t *history;    /**< [worlds][flows][periods][sectors][counties] inflow, outflow, stock */
    int32_t *observed;   /**< [periods][sectors][counties] inflow in the empirical file */
    int32_t *panel_firm; /**< [firms->n_unit] firms of the empirical panel, ascending */
    int32_t *sample_official; /**< officials traced: street * slots + slot, ascending */
    double distance_sum;
    jd_jump_t observe, misclass; /**< draws of this period's moves, and of firms' filing */
    int32_t date, first_street;  /**< of the period; row of the first street */
} jd_record_t;

JD_MUST_USE int jd_record_init(struct jd_simulation *sim, jd_ctx_t *ctx);
void jd_record_free(jd_record_t *record);

/** What the moves of a period share. */
void jd_record_begin(struct jd_simulation *sim, int64_t period);
/** A move of the world that is fact, before it is booked. Safe only from one thread. */
JD_MUST_USE int jd_record_move(struct jd_simulation *sim, int64_t period, int64_t firm,
                               int32_t from, int32_t to, jd_ctx_t *ctx);
/** The same for the world without the policy: only the empirical panel's truth needs it. */
void jd_record_counterfactual_move(struct jd_simulation *sim, int64_t period, int64_t firm,
                                   int32_t from, int32_t to);
/** End of a period: flows and states of all worlds into the panels; rows out to the sink. */
JD_MUST_USE int jd_record_period(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx);
/** Where the k-th mechanism writes this period's events, or NULL. */
jd_table_t *jd_record_events(const struct jd_simulation *sim, int mechanism);
/** After the mechanisms: their events out to the sink. */
JD_MUST_USE int jd_record_hand_events(struct jd_simulation *sim, jd_ctx_t *ctx);
/** End of the run: tau, direct effects, estimands. */
JD_MUST_USE int jd_record_finish(struct jd_simulation *sim, jd_ctx_t *ctx);

#endif
