/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which swept parameters an output of a sweep depends on. */
#ifndef JD_SWEEP_SENSITIVITY_H
#define JD_SWEEP_SENSITIVITY_H

#include "io/hdf5/store.h"
#include "jiedao/sensitivity.h"
#include "sweep/sweep.h"

enum { JD_OUTPUT_UNIT = 32 };

/** One output of every run, averaged over replicates. Zero it first. */
typedef struct jd_study_sensitivity {
    jd_sweep_folder_t folder;
    char output[64], unit[JD_OUTPUT_UNIT];
    double *mean;            /**< [n_points] over the replicates that have it */
    double *noise;           /**< [n_points] of a Saltelli design, as jd_sobol_indices() takes it */
    int64_t missing;         /**< runs without it */
    double noise_share;      /**< of the variance over points and replicates, within points; NaN
                                with one replicate */
    jd_sobol_index_t *sobol; /**< [n_factors], or NULL */
    jd_sobol_index_t sum;    /**< over the factors */
    jd_morris_effect_t *morris; /**< [n_factors], or NULL */
    int64_t used;               /**< base rows or trajectories */
} jd_study_sensitivity_t;

/** Output names: a column of /runs ("relocations", "friction"), an estimand ("att", "net_creation",
 *  "spillover_never"), or ESTIMATOR.COLUMN of an overall effect on the county panel ("twfe.bias"),
 *  or on another ("firm/twfe.bias"). Errors: JD_ERR_ARGUMENT (no such output: those there are), JD_ERR_DATA (a design that has no
 * indices), of the folder. The caller frees. */
JD_MUST_USE int jd_study_sensitivity(jd_study_sensitivity_t *s, const char *folder,
                                     const char *output, int draws, double level, jd_ctx_t *ctx);
void jd_study_sensitivity_free(jd_study_sensitivity_t *s);

/** The factor that comes k-th by importance, from 0; ties by their order. */
int jd_study_sensitivity_kth(const jd_study_sensitivity_t *s, int k);

/** One output, by name as above, of every run of a sweep's file: y [n_runs], NaN where a run has
 *  none, and its unit. Errors: JD_ERR_ARGUMENT (no such output: those there are), of reading. */
JD_MUST_USE int jd_study_output(double *y, char unit[JD_OUTPUT_UNIT], int64_t n_runs,
                                jd_store_t *store, const char *name, jd_ctx_t *ctx);

/** A line a factor, the most important first. */
void jd_study_sensitivity_print(FILE *out, const jd_study_sensitivity_t *s, double level);
void jd_study_sensitivity_csv(FILE *out, const jd_study_sensitivity_t *s);

#endif
