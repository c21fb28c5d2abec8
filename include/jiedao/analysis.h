/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What `jiedao did` does, on a data frame in memory: a request by the names of its options, and
 *  tables out. The program itself is built on it, so that whoever binds it gets the same numbers
 *  and the same sentences. No struct, enumeration or variable argument list is needed. */
#ifndef JIEDAO_ANALYSIS_H
#define JIEDAO_ANALYSIS_H

#include "jiedao/frame.h"

JD_BEGIN_DECLS

typedef struct jd_request jd_request_t;
typedef struct jd_analysis jd_analysis_t;

/* ---- What is asked for ---- */

/** Makes a request: all estimators, level 0.95. `style` is how messages write an option, up to 15
 *  bytes: "--%s" (NULL too) gives "--cohort first", "%s =" gives "cohort = first" and a bare
 *  "cohort" where no value follows. The caller frees. */
JD_API JD_MUST_USE int jd_request_create(jd_request_t **request, const char *style, jd_ctx_t *ctx);
JD_API void jd_request_free(jd_request_t *request);

/** Sets an option as the command line does, by its name with dashes or underscores: "y" to "wage",
 *  "control" to "not_yet". A switch takes NULL or "yes", and "no". Lists ("x", "fe", "absorb",
 *  "cluster", "estimator", "diagnose", "predict_het") are joined by commas, and go on when set
 *  again; what else is set again is replaced. In names of columns backticks take all signs
 *  literally: "`log(a, 2)`,educ", "`a^b`^year"; a backtick in a name is written twice.
 *  "keep", a switch, is of the library alone: see jd_analysis_infer().
 *  Errors: JD_ERR_UNKNOWN_KEY (the nearest name is given), JD_ERR_ARGUMENT (what is allowed); the
 *  request is then as it was before. */
JD_API JD_MUST_USE int jd_request_set(jd_request_t *request, const char *name, const char *value,
                                      jd_ctx_t *ctx);

/** Sets an option to names of columns, each taken literally; of a list they go on. */
JD_API JD_MUST_USE int jd_request_names(jd_request_t *request, const char *name,
                                        const char *const *columns, int n, jd_ctx_t *ctx);

/** The index-th option: its name with underscores; its kind: "name", "names", "text", "switch",
 *  "choice", "integer", "integers", "number", "numbers", "range"; its choices and its takers, each
 *  joined by commas, "" = any; its help; its default, "" = none or found out. 0 behind the last, 1
 *  else. Texts are static; a pointer may be NULL where a text is not wanted. */
JD_API int jd_request_option(int index, const char **name, const char **kind, const char **choices,
                             const char **takers, const char **help, const char **fallback);

/** Says what is wrong with the request before any data are looked at, and warns of options that
 *  change nothing. jd_analyse() does it where it has not been done. */
JD_API JD_MUST_USE int jd_request_check(jd_request_t *request, jd_ctx_t *ctx);

/** Which of the columns names [n] are needed: take [n] becomes 1 or 0. So a caller converts, or
 *  reads, those alone. `source` is what messages call the data. JD_ERR_ARGUMENT: a column is not
 *  there, with the nearest name. */
JD_API JD_MUST_USE int jd_request_choose(const jd_request_t *request, const char *source,
                                         const char *const *names, int n, unsigned char *take,
                                         jd_ctx_t *ctx);

/** 1 if a column's cells are only told apart (units, clusters, fixed effects), else 0. */
JD_API int jd_request_is_id(const jd_request_t *request, const char *column);

/* ---- What comes out ---- */

/** Checks the columns, makes the panel and runs what is asked for; frame and request are borrowed
 *  for the call, which may run beside others, each with a context of its own. The caller frees.
 *  An estimator that does not apply has its reason in the table "fits" where all are asked for, or
 *  several; else it is the error.
 *  Errors: JD_ERR_ARGUMENT, JD_ERR_DATA (jd_ctx_where() has option and row), JD_ERR_CANCELLED,
 *  those of the estimators; *analysis is then NULL. Cost: that of the estimators; with c columns in
 *  use, 8c bytes a row. */
JD_API JD_MUST_USE int jd_analyse(jd_analysis_t **analysis, const jd_frame_t *frame,
                                  const jd_request_t *request, jd_ctx_t *ctx);
JD_API void jd_analysis_free(jd_analysis_t *analysis);

/** A table, borrowed from the analysis; NULL: there is none of this name.
 *    "estimates"    a row a term: estimator, quantity, term, estimate, std_error, ci_low, ci_high,
 *                   p_value, n_obs, n_units, n_clusters, event_time, cohort, period, statistic,
 *                   vcov_row (from 0; -1: none, as of a mean over terms)
 *    "diagnostics"  the same columns; "details": what people would not read of them
 *    "fits"         a row an estimator and diagnostic: whether it applied, why not, counts, kind of
 *                   variance, degrees of freedom, what was left out
 *    "data"         one row: rows, units, periods, who is never treated
 *    "dropped"      a row a reason with the rows left out for it
 *    "remarks"      what to know before believing an estimate, and warnings
 *    "weights"      row, unit, time, and a column a term, if "outcome_weights" is set
 *    "rows"         every row: row, left_out (why), and a column an estimator, 1 where it is in its
 *                   sample, if "rows_out" is set */
JD_API const jd_table_t *jd_analysis_table(const jd_analysis_t *analysis, const char *name);

/** Covariance of an estimator's terms, [n][n], by vcov_row; borrowed. NULL and *n = 0 where the
 *  estimator is not among those that applied. */
JD_API const double *jd_analysis_vcov(const jd_analysis_t *analysis, const char *estimator, int *n);

/** Gives an estimator another covariance, level or bands, without making its design again: set
 *  "keep" before jd_analyse(), which then keeps the designs (what the fixed effects leave of each
 *  term, so up to 8 bytes a row and term). Neither frame nor first request is needed any more.
 *  `other`, a request of its own, has the options of "vcov", "level", "bands", "draws", "seed" and
 *  the like; what it does not set is as by default, but clusters are those of the analysis.
 *  Changed are the estimator's rows of "estimates" and "fits", in place, and its covariance (a
 *  pointer from before is not valid any more); warnings go on in "remarks"; diagnostics stay. The
 *  numbers are those of a new jd_analyse() to the last bit. Not beside another call with this
 *  analysis. Errors: JD_ERR_ARGUMENT (not kept; it does not apply; an option that would change more
 *  than errors, as "x" or "bootstrap"), those of jd_analyse(); the estimates are then as before. */
JD_API JD_MUST_USE int jd_analysis_infer(jd_analysis_t *analysis, const char *estimator,
                                         const jd_request_t *other, jd_ctx_t *ctx);

/** What the program prints: "text", "json", "latex", "markdown"; borrowed, until the next call.
 *  NULL: another format, or memory. */
JD_API const char *jd_analysis_text(jd_analysis_t *analysis, const char *format, jd_ctx_t *ctx);

JD_END_DECLS

#endif
