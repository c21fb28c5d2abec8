/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What `jiedao run`, `validate` and `sweep` do, in memory: a config by the names of its
 * parameters, tables out, no file between. For C, and for R, Python and other languages by their
 * foreign functions: no struct, enumeration or variable argument list is needed.
 *
 *      jd_trial_create(&trial, "quickstart", ctx);
 *      jd_trial_set(trial, "policy.share", "0.25", ctx);
 *      jd_trial_simulate(trial, 1, 0, ctx);
 *      jd_trial_table(trial, "panel/county");   ... jd_table_column_data() ...
 *      jd_trial_table(trial, "estimates");      ... with the truth and the parts of the bias ...
 *      jd_trial_free(trial);
 *
 *  The numbers are those of the program's files, to the last bit. In libjiedao-study, which needs
 *  libjiedao-core, -sim and -did, and no HDF5. */
#ifndef JIEDAO_TRIAL_H
#define JIEDAO_TRIAL_H

#include "jiedao/table.h"

JD_BEGIN_DECLS

typedef struct jd_trial jd_trial_t;

/** Starts from a config: the file of this name, or a built-in config, or, where the text has a line
 *  end, an INI text; NULL or "" = all parameters as by default. The caller frees. One call with a
 *  trial at a time. Errors: JD_ERR_ARGUMENT (there is none, with the nearest name), those of the
 *  config with file and line. */
JD_API JD_MUST_USE int jd_trial_create(jd_trial_t **trial, const char *config, jd_ctx_t *ctx);
JD_API void jd_trial_free(jd_trial_t *trial);

/** Sets a parameter as --set does: "policy.share" to "0.25", "sweep.policy.share" to "0.1,0.5".
 *  Any but those of [estimate] forgets the world that was simulated. Errors: JD_ERR_UNKNOWN_KEY
 *  (with the nearest name), JD_ERR_VALUE: the trial is then as before. Values that do not go
 *  together are found when something is run. */
JD_API JD_MUST_USE int jd_trial_set(jd_trial_t *trial, const char *name, const char *value,
                                    jd_ctx_t *ctx);

/** Simulates the replicate, from 1, and runs the estimators of [estimate]. Tables are then those of
 *  the file that `jiedao run` writes ("jurisdictions", "panel/county", "truth/county",
 *  "truth/estimands", "estimates", "facts", ...), "sample/county", and "summary", one row of what
 * the run did. `streams`: 1 = also those that grow with every move or street ("relocations",
 * "panel/street"), kept in memory. Errors: of the config, JD_ERR_NO_MEMORY, JD_ERR_CANCELLED; there
 * is no world then. */
JD_API JD_MUST_USE int jd_trial_simulate(jd_trial_t *trial, int64_t replicate, int streams,
                                         jd_ctx_t *ctx);

/** Runs the estimators of [estimate] again on the world there is: "estimates" and "sample/county"
 * (the county panel they run on, with the true outcomes of each cell) anew. For this call alone,
 *  parameters names [n] of [estimate] have the values [n]: "estimators" to "twfe". An estimator
 * that does not apply is left out, with a remark. Errors: those of jd_trial_set(), JD_ERR_ARGUMENT
 * (no world); the tables are then as before. */
JD_API JD_MUST_USE int jd_trial_estimate(jd_trial_t *trial, const char *const *names,
                                         const char *const *values, int n, jd_ctx_t *ctx);

/** Monte Carlo of the estimators over [validate]'s replicates at each point of [sweep]: tables
 *  "validation/measures" (a row a measure, with its Monte-Carlo error), "validation/points" and
 *  "validation/replicates" (overall effects, a row a replicate), as in validation.h5. Runs are spread over the context's threads. Nothing is kept after
 * JD_ERR_CANCELLED. */
JD_API JD_MUST_USE int jd_trial_validate(jd_trial_t *trial, jd_ctx_t *ctx);

/** All runs of [sweep]: tables "sweep/runs", "sweep/estimates", "sweep/estimands", "sweep/facts",
 * as in sweep.h5. A run that fails is a row that says why. JD_ERR_DATA: sweep.max_failures runs
 * failed. */
JD_API JD_MUST_USE int jd_trial_sweep(jd_trial_t *trial, jd_ctx_t *ctx);

/** Tables there are, by index and by name; NULL: none. Borrowed: "estimates" until the next
 *  simulate or estimate, those of a world until the next simulate or set, those of validate and
 *  sweep until it is called again. */
JD_API int jd_trial_n_tables(const jd_trial_t *trial);
JD_API const char *jd_trial_table_name(const jd_trial_t *trial, int index);
JD_API const jd_table_t *jd_trial_table(const jd_trial_t *trial, const char *name);

/** The index-th built-in config: its name and its text. 0 behind the last, 1 else. */
JD_API int jd_trial_config(int index, const char **name, const char **text);

/** The index-th parameter, in the order of the docs: "policy.share"; "flag", "integer", "integers",
 *  "number", "numbers", "text", "path", "choice", "names", "date", "dates", "range"; its default;
 * its choices with | between, "" = any; its unit; its help. 0 behind the last, 1 else. Texts are
 *  static, but for the name, which lasts until the thread's next call; a pointer may be NULL. */
JD_API int jd_trial_param(int index, const char **name, const char **kind, const char **fallback,
                          const char **choices, const char **unit, const char **help);

JD_END_DECLS

#endif
