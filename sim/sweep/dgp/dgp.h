/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Processes of the econometric literature in place of the simulator: a panel of units and periods
 * whose true effects are known, for validating estimators. Each kind is a constant in kinds.h. */
#ifndef JD_SWEEP_DGP_DGP_H
#define JD_SWEEP_DGP_DGP_H

#include "study/recovery_samples.h"

/** Numbers of the kinds: places in the list of dgp.c. */
typedef enum jd_dgp_number {
    JD_DGP_SIMULATOR, /**< none of them */
    JD_DGP_AR1_PLACEBO,
    JD_DGP_STAGGERED_LINEAR,
    JD_DGP_EVENT_TREND,
    JD_DGP_COMPOSED,
    JD_DGP_DATA,
    JD_DGP_PROGRAM,
    JD_DGP_KINDS
} jd_dgp_number_t;

/** Of kind = data: what is read, then what is made of it. */
typedef struct jd_dgp_data {
    char file[JD_TEXT_MAX], table[JD_TEXT_MAX], y[JD_TEXT_MAX], unit[JD_TEXT_MAX],
        time[JD_TEXT_MAX], cohort[JD_TEXT_MAX], treat[JD_TEXT_MAX], cluster[JD_TEXT_MAX];
    int32_t rows;       /**< JD_DGP_UNTREATED, ... */
    int32_t assignment; /**< the first of those that do not concern the reading */
    int32_t effect_as;
    double from, to;
} jd_dgp_data_t;
enum { JD_DGP_UNTREATED, JD_DGP_ALL, JD_DGP_NEVER };
enum { JD_DGP_ONE_DATE, JD_DGP_STAGGERED, JD_DGP_PERMUTE };

/** Section [dgp]: what several kinds read; a struct for the own rows of a kind. */
typedef struct jd_dgp_params {
    int32_t kind; /**< jd_dgp_number_t */
    int64_t units, periods, first_period, adoption_first, adoption_last;
    double share, rho, sd, unit_sd, trend, effect;
    jd_list_t cohorts, slopes;
    struct {
        jd_list_t shares, effects;
        int64_t clusters, t_df;
        double spread, cluster_sd, shock_sd, shock_rho, period_sd, treated_sd, missing;
        int64_t factors;
        double factor_sd, factor_gap, sd_spread;
        bool by_cluster;
    } composed;
    jd_dgp_data_t data;
    struct {
        char command[JD_TEXT_MAX];
        double seconds;
    } program;
} jd_dgp_params_t;

/** Made once of the rows of all kinds. */
const jd_section_t *jd_dgp_section(void);

/** A panel from a file: rows by period, then unit. */
typedef struct jd_dgp_panel {
    jd_dgp_data_t what; /**< as it was asked for */
    int64_t n;
    int32_t *unit;    /**< [n] from 1 */
    int32_t *time;    /**< [n] 1 to n_periods */
    int32_t *cluster; /**< [n] from 0 */
    double *y;        /**< [n] */
    int32_t *cohort;  /**< [n_clusters] the file's own date, by number of the period; 0 = never */
    int32_t n_units, n_periods, n_clusters;
    char quantity[64]; /**< the outcome's name */
    struct jd_dgp_panel *next;
} jd_dgp_panel_t;
void jd_dgp_panel_free(jd_dgp_panel_t *panel);

/** Who reads files for kind = data: the program sets it, before threads are made; the library of
 *  studies in memory reads none. The reader fills a panel that is zeroed. */
typedef int (*jd_dgp_read_t)(const jd_dgp_params_t *params, jd_dgp_panel_t *panel, jd_ctx_t *ctx);
void jd_dgp_set_reader(jd_dgp_read_t read);

typedef struct jd_dgp_kind jd_dgp_kind_t;
/** The kind that is set; its struct is in kinds.h. */
const jd_dgp_kind_t *jd_dgp_kind(const jd_dgp_params_t *params);
/** Its name in the config. */
const char *jd_dgp_name(const jd_dgp_params_t *params);

/** Notes shares that round to nobody or all, and cohorts that nobody is in; whether there was one.
 */
bool jd_dgp_note(const jd_dgp_params_t *params, jd_ctx_t *ctx);

/** One replicate: a panel named "dgp" of units x periods. Not for the simulator. Free the sample in
 *  any case. Errors: JD_ERR_NO_MEMORY, and what a kind reads from outside. */
JD_MUST_USE int jd_dgp_sample(jd_recovery_sample_t *sample, const jd_dgp_params_t *params,
                              uint64_t seed, uint64_t replicate, jd_ctx_t *ctx);

#endif
