/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of the chain may fail: an error that says so, nothing leaked, no file left. */
#include "fault/study_work.h"
#include "study/recovery.h"

static const char *const busy[] = {"run.direct_folds=2",     "run.direct_none=yes",
                                   "policy.anticipation=1",  "policy.assignment=neighbours",
                                   "firms.entry=0.02",       "firms.exit=0.02",
                                   "tournament.street=0.5",  "diffusion.crisis=0.2",
                                   "projects.services=0.1",  "world.fiscal_feedback=0.5",
                                   "entrepreneurs.rate=0.3", "cooperation.arranged=0.2",
                                   "cooperation.self=0.2",   "firms.b_tie=1",
                                   "rescaling.base_sd=0.1",  "estimate.firm=yes",
                                   "output.relocations=all", "output.streets=yes",
                                   "output.keep=all",        NULL};

static jd_config_t *config;
static jd_simulation_t *simulation;
static char path[64], json[64], ini[64];
static bool logless; /* the result is whole, its log could not be written */

static void take_warning(void *user, const char *message)
{
    (void)user;
    if (strstr(message, "the log beside")) logless = true;
}

typedef int (*work_t)(jd_ctx_t *ctx);

/* Fails the n-th allocation of `work`, for n = 0, 1, ... until none fails any more; past `dense`
 * only every `stride`-th is tried. */
static void assert_survives(work_t work, long dense, long stride)
{
    static jd_ctx_t ctx;
    for (long n = 0;; n += n < dense ? 1 : stride) {
        const long blocks = failing.blocks;
        const int files = files_in_folder();
        logless = false;
        fail_at(FAIL_MEMORY, n, &ctx);
        ctx.warn = take_warning;
        int rc = work(&ctx);
        bool failed = stop_failing();
        if (failing.blocks != blocks)
            fail_msg("allocation %ld: %ld blocks leaked", n, failing.blocks - blocks);
        if (!failed) {
            if (rc) fail_msg("allocation %ld: nothing failed, yet: %s", n, ctx.message);
            print_message("%ld allocations\n", n);
            return;
        }
        if (!rc && logless) continue;
        if (rc != JD_ERR_NO_MEMORY) fail_msg("allocation %ld: code %d: %s", n, rc, ctx.message);
        if (!strstr(ctx.message, "memory")) fail_msg("allocation %ld: \"%s\"", n, ctx.message);
        if (files_in_folder() != files) fail_msg("allocation %ld: a file is left", n);
    }
}

static int work_config(jd_ctx_t *ctx)
{
    jd_config_t *made = NULL;
    int rc = make_config(&made, ini, busy, ctx);
    jd_config_free(made);
    return rc;
}

static int work_simulation(jd_ctx_t *ctx)
{
    jd_simulation_t *made = NULL;
    int rc = jd_simulation_create(&made, config, NULL, 0, ctx);
    if (!rc) rc = jd_simulation_run(made, NULL, ctx);
    jd_simulation_free(made);
    return rc;
}

static const jd_table_t *find(void *user, const char *name)
{
    return jd_simulation_table(user, name);
}

static int work_recovery(jd_ctx_t *ctx)
{
    jd_table_t estimates = {0};
    jd_recorded_t recorded = {.table = find, .user = simulation};
    int rc = jd_recover(jd_config_section(config, "estimate"), &recorded, &estimates, NULL, ctx);
    jd_table_free(&estimates);
    return rc;
}

static int study(int64_t replicates, jd_ctx_t *ctx)
{
    jd_study_result_t result;
    int rc = jd_study_run(config, path, false, replicates, &result, ctx);
    jd_study_result_free(&result);
    if (!rc) unlink(path);
    if (!rc) unlink(json);
    return rc;
}

static int work_study(jd_ctx_t *ctx)
{
    return study(1, ctx);
}

static int work_replicates(jd_ctx_t *ctx)
{
    return study(2, ctx);
}

static void test_config(void **state)
{
    (void)state;
    FILE *out = fopen(ini, "w");
    assert_non_null(out);
    fputs("[run]\nseed = 7\n[event.eco]\nsize = 0.1\n[policy]\nlist = some.csv\n"
          "[sweep]\ndesign = grid\n",
          out);
    fclose(out);
    assert_survives(work_config, 1000, 1);
    unlink(ini);
}

static void test_simulation(void **state)
{
    (void)state;
    config = ready_config(busy);
    assert_survives(work_simulation, 1000000, 1);
    jd_config_free(config);
}

static void test_recovery(void **state)
{
    (void)state;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    config = ready_config(busy);
    assert_int_equal(jd_simulation_create(&simulation, config, NULL, 0, &ctx), JD_OK);
    assert_int_equal(jd_simulation_run(simulation, NULL, &ctx), JD_OK);
    assert_survives(work_recovery, 1000000, 1);
    jd_simulation_free(simulation);
    jd_config_free(config);
}

static void test_study(void **state)
{
    (void)state;
    config = ready_config(busy);
    assert_survives(work_study, 10000, 1);
    assert_survives(work_replicates, 200, 29);
    jd_config_free(config);
}

/* The tree and the treated counties from CSV files. */
static void test_inputs(void **state)
{
    (void)state;
    char divisions[128], list[128], csv[2][96];
    const char *const set[] = {divisions, list, "policy.assignment=list", NULL};
    snprintf(csv[0], sizeof csv[0], "%s/divisions.csv", folder);
    snprintf(csv[1], sizeof csv[1], "%s/list.csv", folder);
    snprintf(divisions, sizeof divisions, "world.divisions=%s", csv[0]);
    snprintf(list, sizeof list, "policy.list=%s", csv[1]);
    FILE *out = fopen(csv[0], "w");
    assert_non_null(out);
    fputs("code,parent_code,level,name,longitude_deg,latitude_deg\n"
          "11,0,province,一,116,40\n1101,11,prefecture,一,116,40\n",
          out);
    for (int i = 1; i <= 4; i++)
        fprintf(out,
                "11010%d,1101,county,%d,116.%d,40\n11010%d001,11010%d,street,a,116.%d,40.1\n"
                "11010%d002,11010%d,street,b,116.%d,40.2\n",
                i, i, i, i, i, i, i, i, i);
    fclose(out);
    out = fopen(csv[1], "w");
    assert_non_null(out);
    fputs("code,adoption\n110101,2020Q3\n110103,2020Q4\n", out);
    fclose(out);
    config = ready_config(set);
    assert_survives(work_study, 500, 7); /* what follows the inputs is as in test_study */
    jd_config_free(config);
    unlink(csv[0]);
    unlink(csv[1]);
}

static int setup(void **state)
{
    if (make_folder(state)) return -1;
    snprintf(path, sizeof path, "%s/a.h5", folder);
    snprintf(json, sizeof json, "%s/a.log.json", folder);
    snprintf(ini, sizeof ini, "%s/a.ini", folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),   cmocka_unit_test(test_simulation),
        cmocka_unit_test(test_recovery), cmocka_unit_test(test_study),
        cmocka_unit_test(test_inputs),
    };
    return cmocka_run_group_tests(tests, setup, remove_folder);
}
