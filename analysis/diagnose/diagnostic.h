/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A diagnostic: one constant beside its method, which says what it is, what it needs, its options,
 *  and turns its result into lines of a table. Listed in list.c. */
#ifndef JD_DIAGNOSE_DIAGNOSTIC_H
#define JD_DIAGNOSE_DIAGNOSTIC_H

#include "jiedao/event_path.h"
#include "jiedao/param.h"
#include "jiedao/randomisation.h"
#include "jiedao/wild_bootstrap.h"

/** Options of all diagnostics; jd_diagnostic_defaults() sets them, rows describe them. */
typedef struct jd_diagnostic_options {
    struct {
        jd_list_t mbar; /**< times the largest break before; none = 0.5, 1, 1.5, 2 */
        jd_list_t m;    /**< change of slope a period; none = 0 to half a standard error */
        bool average;   /**< sets for the mean effect from event time 0 on, else for event time 0 */
    } honest;
    struct {
        jd_wild_law_t law;
        int32_t type;      /**< of MacKinnon, Nielsen and Webb 2023: 0 ... 3 = 11, 13, 31, 33 */
        bool unrestricted; /**< the null is not imposed on the residuals (WCU) */
    } wild;
    struct {
        jd_randomisation_statistic_t statistic;
        bool by_cluster; /**< whole clusters change their treatment, not units */
    } randomisation;
} jd_diagnostic_options_t;

/** A line of its table. Periods in `term` are named by JD_PERIOD_NAME(). */
typedef struct jd_diagnosis_line {
    const char *quantity, *term; /**< copied */
    const jd_term_t *of;         /**< the fit's term it is about, which names it; else NULL */
    bool at_event;               /**< of an event time: */
    int32_t event;
    jd_estimate_t number; /**< NaN where there is none */
    bool of_outcome;      /**< in units of the outcome, not a weight or p-value */
    bool detail;          /**< for programs rather than people */
} jd_diagnosis_line_t;

/** What a diagnostic looks at, and where its lines go. */
typedef struct jd_diagnosis {
    const jd_panel_t *panel;
    const double *y; /**< [rows] the outcome times 2^-exponent */
    int exponent;
    const jd_design_t *design; /**< NULL where it looks at the data alone */
    const jd_fit_t *fit;       /**< likewise */
    const jd_did_options_t *how;
    const jd_vcov_options_t *vcov;
    const jd_diagnostic_options_t *options;
    double level;
    const int32_t *stratum;     /**< [rows] or NULL */
    int32_t n_treated_clusters; /**< 0 where an amount is given */
    int (*add)(void *user, const jd_diagnosis_line_t *line, jd_ctx_t *ctx);
    void *user;
} jd_diagnosis_t;

typedef struct jd_diagnostic {
    const char *name, *label;  /**< as --diagnose names it; a phrase for people */
    const char *synonyms;      /**< other names it is known by, by commas; NULL = none */
    bool of_fit;               /**< looks at each estimator's fit, else once at the data */
    bool warns;                /**< its notes are shown; those of others repeat the fits' */
    const char *not_in_all;    /**< why it runs only where it is named; NULL = it does not */
    const jd_param_t *options; /**< rows into jd_diagnostic_options_t, ended by one without a name;
                                    NULL = none */
    int (*run)(const jd_diagnosis_t *d, jd_ctx_t *ctx);
} jd_diagnostic_t;

/** All of them, ended by NULL. */
extern const jd_diagnostic_t *const jd_diagnostics[];

/** By name, or NULL. */
const jd_diagnostic_t *jd_diagnostic_find(const char *name);
void jd_diagnostic_defaults(jd_diagnostic_options_t *options);

/** A number without uncertainty. */
jd_estimate_t jd_diagnosis_bare(double x);
/** Adds a number of a term. */
JD_MUST_USE int jd_diagnosis_add(const jd_diagnosis_t *d, const char *quantity, const char *term,
                                 jd_estimate_t number, bool of_outcome, jd_ctx_t *ctx);
/** Adds a number whose term is a name and a number: "Mbar=0.5", or an event time, "e=-2". */
JD_MUST_USE int jd_diagnosis_add_at(const jd_diagnosis_t *d, const char *quantity, const char *name,
                                    double x, jd_estimate_t number, bool of_outcome, jd_ctx_t *ctx);
/** trends/event_path.c: `add` adds its lines of the fit's event study, of which a line counts what
 *  is not used. */
JD_MUST_USE int jd_diagnosis_of_path(const jd_diagnosis_t *d,
                                     int (*add)(const jd_diagnosis_t *d,
                                                const jd_event_path_t *path, jd_ctx_t *ctx),
                                     jd_ctx_t *ctx);

#endif
