/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study in memory, by names alone: a world, what estimators make of it and why they are wrong,
 * then the same over a few replicates. No file is written. */
#include <jiedao/trial.h>
#include <stdio.h>
#include <string.h>

/* Prints some columns of a table, a row a line; of "estimates" the overall ones. */
static void print(const jd_table_t *table, const char *const *names, int n)
{
    int term = jd_table_find(table, "term");
    for (int64_t row = 0; row < jd_table_n_rows(table); row++) {
        char text[64];
        if (term >= 0 && strcmp(jd_table_text(table, term, row, text, sizeof text), "att") != 0)
            continue;
        for (int i = 0; i < n; i++) {
            int c = jd_table_find(table, names[i]);
            const char *end = i + 1 < n ? "  " : "\n";
            if (*jd_table_column_type(table, c) == 'w')
                printf("%-14s%s", jd_table_text(table, c, row, text, sizeof text), end);
            else
                printf("%9.3f%s", jd_table_number(table, c, row), end);
        }
    }
}

static int run(jd_trial_t *trial, jd_ctx_t *ctx)
{
    static const char *const parts[] = {"estimator",    "panel",       "estimate", "att",
                                        "bias",         "measurement", "trends",   "weights",
                                        "anticipation", "spillover"};
    int rc = jd_trial_set(trial, "policy.share", "0.5", ctx);
    if (!rc) rc = jd_trial_set(trial, "estimate.estimators", "2x2, twfe", ctx);
    if (!rc) rc = jd_trial_simulate(trial, 1, 0, ctx);
    if (rc) return rc;
    printf("%d tables, %lld county quarters\n", jd_trial_n_tables(trial),
           (long long)jd_table_n_rows(jd_trial_table(trial, "panel/county")));
    print(jd_trial_table(trial, "estimates"), parts, 10);

    /* Other estimators on the same world. */
    static const char *const names[] = {"estimators"}, *const values[] = {"imputation"};
    rc = jd_trial_estimate(trial, names, values, 1, ctx);
    if (rc) return rc;
    print(jd_trial_table(trial, "estimates"), parts, 10);

    /* What it does over replicates, each number with its Monte-Carlo error. */
    static const char *const measures[] = {"measure", "value", "mcse"};
    rc = jd_trial_set(trial, "estimate.estimators", "imputation", ctx);
    if (!rc) rc = jd_trial_set(trial, "estimate.sector", "no", ctx);
    if (!rc) rc = jd_trial_set(trial, "estimate.firm", "no", ctx);
    if (!rc) rc = jd_trial_set(trial, "validate.replicates", "4", ctx);
    if (!rc) rc = jd_trial_validate(trial, ctx);
    if (!rc) print(jd_trial_table(trial, "validation/measures"), measures, 3);
    return rc;
}

int main(void)
{
    jd_trial_t *trial = NULL;
    jd_ctx_t *ctx = jd_ctx_create();
    int rc = ctx ? jd_trial_create(&trial, "quickstart", ctx) : JD_ERR_NO_MEMORY;
    if (!rc) rc = run(trial, ctx);
    if (rc) fprintf(stderr, "%s", ctx ? jd_ctx_message(ctx) : "no memory\n");
    jd_trial_free(trial);
    jd_ctx_free(ctx);
    return rc ? 1 : 0;
}
