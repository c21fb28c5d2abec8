/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies in memory by names: refusals leave a trial as it was, a wish to stop is heard, the same
 * numbers for any threads, and nothing of a world outlives a change of what it was made from. */
#include "jiedao/trial.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

static jd_ctx_t *ctx;
static jd_trial_t *trial;

static int make(void **state)
{
    (void)state;
    ctx = jd_ctx_create();
    assert_non_null(ctx);
    assert_int_equal(jd_trial_create(&trial, "quickstart", ctx), JD_OK);
    assert_int_equal(jd_trial_set(trial, "run.periods", "12", ctx), JD_OK);
    assert_int_equal(jd_trial_set(trial, "estimate.estimators", "twfe", ctx), JD_OK);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    jd_trial_free(trial);
    jd_ctx_free(ctx);
    return 0;
}

static double first_of(const char *table, const char *column)
{
    const jd_table_t *t = jd_trial_table(trial, table);
    assert_non_null(t);
    assert_true(jd_table_n_rows(t) > 0);
    return jd_table_number(t, jd_table_find(t, column), 0);
}

static void refused(int rc, int code, const char *word)
{
    assert_int_equal(rc, code);
    if (!strstr(jd_ctx_message(ctx), word)) fail_msg("no '%s' in: %s", word, jd_ctx_message(ctx));
}

static void refuses(void **state)
{
    jd_trial_t *none = trial;
    (void)state;
    refused(jd_trial_create(&none, "quickstrat", ctx), JD_ERR_ARGUMENT, "quickstart");
    assert_null(none);
    refused(jd_trial_create(&none, "[policy]\nshrae = 1\n", ctx), JD_ERR_UNKNOWN_KEY, "share");
    refused(jd_trial_set(trial, "policy.shrae", "1", ctx), JD_ERR_UNKNOWN_KEY, "'share'");
    refused(jd_trial_set(trial, "policy.share", "7", ctx), JD_ERR_VALUE, "policy.share");
    refused(jd_trial_simulate(trial, 0, 0, ctx), JD_ERR_ARGUMENT, "from 1");
    refused(jd_trial_estimate(trial, NULL, NULL, 0, ctx), JD_ERR_ARGUMENT, "no world");
    assert_int_equal(jd_trial_n_tables(trial), 0);
    assert_int_equal(jd_trial_simulate(trial, 1, 0, ctx), JD_OK); /* as it was before */
}

static void estimates_again(void **state)
{
    static const char *const names[] = {"estimators"};
    static const char *const other[] = {"2x2"}, *const wrong[] = {"tfwe"};
    char name[32];
    (void)state;
    assert_int_equal(jd_trial_simulate(trial, 2, 0, ctx), JD_OK);
    assert_null(jd_trial_table(trial, "relocations"));
    const double twfe = first_of("estimates", "estimate");
    assert_int_equal(jd_trial_estimate(trial, names, other, 1, ctx), JD_OK);
    const jd_table_t *t = jd_trial_table(trial, "estimates");
    assert_string_equal(jd_table_text(t, jd_table_find(t, "estimator"), 0, name, sizeof name),
                        "2x2");
    refused(jd_trial_estimate(trial, names, wrong, 1, ctx), JD_ERR_COMBINATION, "'twfe'");
    assert_non_null(jd_trial_table(trial, "estimates"));
    assert_int_equal(jd_trial_estimate(trial, NULL, NULL, 0, ctx), JD_OK);
    assert_true(first_of("estimates", "estimate") == twfe); /* what was for one call is gone */
    assert_int_equal(jd_trial_set(trial, "estimate.level", "0.9", ctx), JD_OK);
    assert_non_null(jd_trial_table(trial, "panel/county"));
    assert_int_equal(jd_trial_set(trial, "policy.share", "0.5", ctx), JD_OK);
    assert_null(jd_trial_table(trial, "panel/county"));
}

static void keeps_moves(void **state)
{
    (void)state;
    assert_int_equal(jd_trial_set(trial, "output.streets", "yes", ctx), JD_OK);
    assert_int_equal(jd_trial_simulate(trial, 1, 1, ctx), JD_OK);
    const jd_table_t *moves = jd_trial_table(trial, "relocations");
    assert_non_null(moves);
    assert_true((double)jd_table_n_rows(moves) == first_of("summary", "relocations"));
    const jd_table_t *streets = jd_trial_table(trial, "panel/street");
    assert_non_null(streets);
    assert_int_equal(jd_table_n_time(streets), 12);
    assert_int_equal(jd_table_n_rows(streets), 12 * jd_table_n_unit(streets));
    int time = jd_table_find(streets, "time");
    assert_string_equal(jd_table_column_axis(streets, time), "time");
    assert_true(jd_table_number(streets, time, 11) == jd_table_number(streets, time, 0) + 11);
}

/* Bits of a column over all rows. */
static double *column_of(const char *table, const char *column, int64_t *n)
{
    const jd_table_t *t = jd_trial_table(trial, table);
    *n = jd_table_n_rows(t);
    double *copy = malloc((size_t)*n * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, jd_table_column_data(t, jd_table_find(t, column)), (size_t)*n * sizeof *copy);
    return copy;
}

static void same_for_any_threads(void **state)
{
    (void)state;
    assert_int_equal(jd_trial_set(trial, "validate.replicates", "3", ctx), JD_OK);
    assert_int_equal(jd_trial_set(trial, "sweep.policy.share", "0.25, 0.5", ctx), JD_OK);
    assert_int_equal(jd_trial_set(trial, "sweep.replicates", "2", ctx), JD_OK);
    double *found[2][2];
    int64_t n[2][2];
    for (int k = 0; k < 2; k++) {
        jd_ctx_set_threads(ctx, 1 + 2 * k);
        assert_int_equal(jd_trial_validate(trial, ctx), JD_OK);
        assert_int_equal(jd_trial_sweep(trial, ctx), JD_OK);
        found[k][0] = column_of("validation/measures", "value", &n[k][0]);
        found[k][1] = column_of("sweep/estimates", "estimate", &n[k][1]);
    }
    for (int j = 0; j < 2; j++) {
        assert_true(n[0][j] > 0 && n[0][j] == n[1][j]);
        assert_memory_equal(found[0][j], found[1][j], (size_t)n[0][j] * sizeof(double));
        free(found[0][j]);
        free(found[1][j]);
    }
    assert_int_equal(jd_table_n_rows(jd_trial_table(trial, "sweep/runs")), 4);
    assert_int_equal(jd_table_n_rows(jd_trial_table(trial, "validation/points")), 2);
    assert_true(jd_table_n_rows(jd_trial_table(trial, "validation/replicates")) > 0);
}

static int stop_later(void *user)
{
    int *asked = user;
    return ++*asked > 2;
}

static void stops(void **state)
{
    int asked = 0;
    (void)state;
    assert_int_equal(jd_trial_set(trial, "validate.replicates", "100000", ctx), JD_OK);
    jd_ctx_set_poll(ctx, stop_later, &asked, 50);
    assert_int_equal(jd_trial_validate(trial, ctx), JD_ERR_CANCELLED);
    assert_null(jd_trial_table(trial, "validation/measures"));
    jd_ctx_set_poll(ctx, NULL, NULL, 50);
    assert_int_equal(jd_trial_simulate(trial, 1, 0, ctx), JD_OK);
}

static void failed_runs_are_rows(void **state)
{
    (void)state;
    /* The empirical file shows inflows only: the other point is refused. */
    assert_int_equal(jd_trial_set(trial, "estimate.data", "observed", ctx), JD_OK);
    assert_int_equal(jd_trial_set(trial, "sweep.estimate.outcome", "inflow, outflow", ctx), JD_OK);
    int rc = jd_trial_sweep(trial, ctx);
    if (rc) fail_msg("%s", jd_ctx_message(ctx));
    const jd_table_t *runs = jd_trial_table(trial, "sweep/runs");
    int status = jd_table_find(runs, "status"), message = jd_table_find(runs, "message");
    char text[256];
    assert_int_equal(jd_table_n_rows(runs), 2);
    assert_true(jd_table_number(runs, status, 0) == 0 && jd_table_number(runs, status, 1) == 1);
    assert_non_null(strstr(jd_table_text(runs, message, 1, text, sizeof text), "observed"));
    assert_int_equal(jd_trial_set(trial, "sweep.max_failures", "1", ctx), JD_OK);
    assert_int_equal(jd_trial_set(trial, "sweep.replicates", "3", ctx), JD_OK);
    refused(jd_trial_sweep(trial, ctx), JD_ERR_DATA, "max_failures");
    assert_null(jd_trial_table(trial, "sweep/runs"));
}

static void lists(void **state)
{
    const char *name, *text, *kind, *fallback, *choices, *unit, *help;
    int n = 0, shares = 0;
    (void)state;
    while (jd_trial_config(n, &name, &text))
        n++;
    assert_true(n > 10);
    for (n = 0; jd_trial_param(n, &name, &kind, &fallback, &choices, &unit, &help); n++)
        shares += strcmp(name, "policy.share") == 0 && strcmp(kind, "number") == 0;
    assert_true(n > 100);
    assert_int_equal(shares, 1);
    assert_int_equal(jd_trial_param(-1, &name, NULL, NULL, NULL, NULL, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses, make, drop),
        cmocka_unit_test_setup_teardown(estimates_again, make, drop),
        cmocka_unit_test_setup_teardown(keeps_moves, make, drop),
        cmocka_unit_test_setup_teardown(same_for_any_threads, make, drop),
        cmocka_unit_test_setup_teardown(stops, make, drop),
        cmocka_unit_test_setup_teardown(failed_runs_are_rows, make, drop),
        cmocka_unit_test_setup_teardown(lists, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
