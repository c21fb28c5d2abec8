/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a run records: relocation events as they happen, panels period by period, and the empirical
 * file an observer would hold of them. */
#ifndef JD_RUN_RECORD_RECORD_H
#define JD_RUN_RECORD_RECORD_H

#include "jiedao/simulation.h"
#include "model/firms/firms.h"

struct jd_simulation;

/** Section [observation]: how the empirical file differs from the truth. */
typedef struct jd_observation_params {
    double coverage, date_error, misclass;
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

/** Tables by place in the file. */
enum {
    JD_TABLE_JURISDICTIONS,
    JD_TABLE_COUNTY,
    JD_TABLE_SECTOR_COUNTY,
    JD_TABLE_OBSERVED,
    JD_TABLE_NATIONAL,
    JD_TABLE_TRUTH_COUNTY,
    JD_TABLE_TRUTH_SECTOR_COUNTY,
    JD_TABLE_TRUTH_NATIONAL,
    JD_TABLE_ESTIMANDS,
    JD_TABLE_OFFICIALS,
    JD_TABLE_MECHANISMS, /**< two for each mechanism with a panel: factual, counterfactual */
    JD_TABLES_MAX = JD_TABLE_MECHANISMS + 16
};

typedef struct jd_record {
    const jd_observation_params_t *observation;
    const jd_output_params_t *output;
    const jd_sink_t *sink;
    jd_table_t table[JD_TABLES_MAX];
    int n_tables;
    int mechanism_table[8]; /**< first of a mechanism's two tables, -1 = none */
    jd_table_t relocations; /**< this period's, handed to the sink and emptied */
    jd_table_t street[2];   /**< one period each: factual, counterfactual */
    int32_t *history;  /**< [worlds][flows][periods][sectors][counties] inflow, outflow, stock */
    int32_t *observed; /**< [periods][sectors][counties] inflow in the empirical file */
    int32_t n_panel_firms;    /**< firms of the empirical panel */
    int32_t *panel_firm;      /**< [n_panel_firms] ascending */
    int32_t n_sample;         /**< officials traced */
    int32_t *sample_official; /**< [n_sample] street * slots + slot, ascending */
    double distance_sum;
} jd_record_t;

enum { JD_FLOW_IN, JD_FLOW_OUT, JD_FLOW_STOCK, JD_FLOW_KINDS };

/** [sectors][counties] of one world, flow and period (1 ... periods). */
int32_t *jd_history(const struct jd_simulation *sim, int world, int flow, int64_t period);

/** First street's, county's, ... row in /jurisdictions, which lists all levels from the top. */
int32_t jd_first_row(const jd_tree_t *tree, jd_level_t level);
/** Kind of a targeted cell of county c in a period. */
jd_cell_kind_t jd_cell_kind(const struct jd_simulation *sim, int32_t county, int64_t period);

/** Sector a firm is filed under in the empirical file, the same in every period. */
int jd_observed_sector(const struct jd_simulation *sim, int64_t firm);

JD_MUST_USE int jd_record_init(struct jd_simulation *sim, jd_ctx_t *ctx);
void jd_record_free(jd_record_t *record);

/** A move of the world that is fact, before it is booked. Safe only from one thread. */
JD_MUST_USE int jd_record_move(struct jd_simulation *sim, int64_t period, int64_t firm,
                               int32_t from, int32_t to, jd_ctx_t *ctx);
/** The same for the world without the policy: only the empirical panel's truth needs it. */
void jd_record_counterfactual_move(struct jd_simulation *sim, int64_t period, int64_t firm,
                                   int32_t from, int32_t to);
/** End of a period: flows and states of all worlds into the panels; rows out to the sink. */
JD_MUST_USE int jd_record_period(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx);
/** End of the run: tau, direct effects, estimands. */
JD_MUST_USE int jd_record_finish(struct jd_simulation *sim, jd_ctx_t *ctx);

/** Estimands of model-equations.md, section 5, into table JD_TABLE_ESTIMANDS (truth.c). */
JD_MUST_USE int jd_record_estimands(struct jd_simulation *sim, jd_ctx_t *ctx);
/** Direct effect on a flow of targeted firms of a treated county in a period, from the world in
 * which its fold is switched off (from_none: on), corrected for the rest of the fold; NaN without
 * folds, 0 if untreated and before its own policy acts (announced, or adopted where nothing is
 * anticipated). */
double jd_direct_effect(const struct jd_simulation *sim, int flow, int64_t period, int32_t county,
                        bool from_none);

#endif
