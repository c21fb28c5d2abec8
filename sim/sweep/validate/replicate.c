/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What [validate] asks for, and one replicate of it. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "run/setting.h"
#include "study/inference.h"
#include "sweep/dgp/dgp.h"
#include "sweep/validate/validate.h"

#define ROW(field) offsetof(jd_validate_params_t, field)
static const jd_param_t params[] = {
    {"replicates", JD_PARAM_INT, ROW(replicates), "200", 2, 1e6, NULL, "runs",
     "replicates of each point; with until_mcse, of the first round", "assumed", JD_RESULT},
    {"until_mcse", JD_PARAM_DOUBLE, ROW(until_mcse), "0", 0, HUGE_VAL, NULL, "1",
     "add replicates until the bias of every overall effect on the county panel (or the process) "
     "has "
     "a Monte-Carlo error no larger; 0 = do not",
     "assumed", JD_RESULT},
    {"until_rate_mcse", JD_PARAM_DOUBLE, ROW(until_rate_mcse), "0", 0, 0.5, NULL, "1",
     "the same for coverage, power and size: until none has a larger Monte-Carlo error; 0 = do not",
     "assumed", JD_RESULT},
    {"most", JD_PARAM_INT, ROW(most), "100000", 2, 1e7, NULL, "runs",
     "replicates at which until_mcse and until_rate_mcse give up", "assumed", JD_RESULT},
    {"size", JD_PARAM_FLAG, ROW(size), "yes", 0, 0, NULL, "1",
     "also estimate in the world without the policy: the tests' size", "assumed", JD_RESULT},
    {"variance", JD_PARAM_NAMES, ROW(variance), "", 0, 0, NULL, "",
     "ways of inference side by side, a row each: kinds of estimate.variance, cluster-normal, "
     "wild:rademacher, wild:webb, placebo, jackknife, bootstrap, randomisation, conley_taber; empty = estimate.variance",
     "assumed", JD_RESULT},
    {"published", JD_PARAM_LIST, ROW(published), "", -HUGE_VAL, HUGE_VAL, NULL, "1",
     "published values to hold ours against, one a point", "assumed", JD_RESULT},
    {"published_error", JD_PARAM_LIST, ROW(published_error), "", 0, HUGE_VAL, NULL, "1",
     "their Monte-Carlo errors, one a point or one for all; empty = not known", "assumed",
     JD_RESULT},
    {"published_measure", JD_PARAM_CHOICE, ROW(published_measure), "power", 0, 0,
     "truth | estimate | bias | sd | rmse | se_ratio | coverage | power | type_s | type_m | size | "
     "passed | bias_if_passed | coverage_if_passed | failed",
     "1", "what they measure", "assumed", JD_RESULT},
    {"published_estimator", JD_PARAM_TEXT, ROW(published_estimator), "twfe", 0, 0, NULL, "",
     "of which estimator's overall effect", "assumed", JD_RESULT},
    {"published_source", JD_PARAM_TEXT, ROW(published_source), "", 0, 0, NULL, "",
     "where they stand", "assumed", JD_RESULT},
};

/* Known ways, each once: of two with one name nobody could tell the rows apart. */
static int check_ways(const char *ways, const jd_config_t *config, jd_ctx_t *ctx)
{
    static const jd_vcov_options_t none;
    char name[JD_TERM_NAME], other[JD_TERM_NAME];
    jd_inference_t how, same;
    for (const char *at = ways; (at = jd_estimate_next(at, name));) {
        if (!jd_inference_find(&how, name, &none))
            return jd_config_blame(config, "validate", "variance", ctx,
                                   "names '%s', which is no way of inference here; there are %s",
                                   name, jd_inference_names());
        for (const char *next = at; (next = jd_estimate_next(next, other));)
            if (jd_inference_find(&same, other, &none) && !strcmp(same.label, how.label))
                return jd_config_blame(config, "validate", "variance", ctx,
                                       "names '%s' twice; name each way once", name);
    }
    return JD_OK;
}

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    const jd_validate_params_t *p = block;
    (void)name;
    int rc = check_ways(p->variance, config, ctx);
    if (rc) return rc;
    if (p->published_error.n <= 1 || p->published_error.n == p->published.n) return JD_OK;
    return jd_config_blame(config, "validate", "published_error", ctx,
                           "has %d values, published has %d", p->published_error.n, p->published.n);
}

static bool has_no_target(const void *block, const jd_config_t *config)
{
    (void)config;
    const jd_validate_params_t *p = block;
    return p->until_mcse == 0.0 && p->until_rate_mcse == 0.0;
}

static bool has_none_published(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_validate_params_t *)block)->published.n == 0;
}

static const jd_unread_t unread[] = {
    {"most", has_no_target,
     "validate.until_mcse and until_rate_mcse = 0 ask for validate.replicates and no more"},
    {"published_error, published_measure, published_estimator, published_source",
     has_none_published, "validate.published is empty"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_validate_section = {
    .name = "validate",
    .help = "Monte Carlo of the estimators over replicates, at each point of [sweep]",
    .params = params,
    .n_params = sizeof params / sizeof *params,
    .size = sizeof(jd_validate_params_t),
    .check = check,
    .unread = unread,
};

/* ---- One replicate ---- */

static int run_process(const jd_dgp_params_t *dgp, const jd_estimate_params_t *estimate, bool size,
                       uint64_t seed, uint64_t key, jd_run_result_t *result, jd_ctx_t *ctx)
{
    jd_recovery_sample_t s = {0};
    int rc = jd_dgp_sample(&s, dgp, seed, key, ctx);
    if (!rc)
        rc = jd_recover_sample(estimate, &s, &result->table[JD_VALIDATE_ESTIMATES],
                               size ? &result->table[JD_VALIDATE_NULL] : NULL, ctx);
    jd_recovery_sample_free(&s);
    return rc;
}

static const jd_table_t *find_table(void *user, const char *name)
{
    return jd_simulation_table(user, name);
}

static int run_simulator(const jd_config_t *config, const jd_inputs_t *inputs,
                         const jd_estimate_params_t *estimate, bool size, uint64_t key,
                         jd_run_result_t *result, jd_ctx_t *ctx)
{
    jd_simulation_t *sim = NULL;
    jd_table_t facts = {0}, null = {0};
    int rc = jd_simulation_create(&sim, config, inputs, key, ctx);
    if (!rc) rc = jd_simulation_run(sim, NULL, ctx);
    jd_recorded_t recorded = {.table = find_table, .user = sim};
    if (!rc) rc = jd_recover(estimate, &recorded, &facts, size ? &null : NULL, ctx);
    if (!rc) jd_run_result_take(&result->table[JD_VALIDATE_ESTIMATES], &facts);
    if (!rc && size) jd_run_result_take(&result->table[JD_VALIDATE_NULL], &null);
    jd_table_free(&facts);
    jd_table_free(&null);
    jd_simulation_free(sim);
    return rc;
}

static int run_one(const jd_sweep_one_t *one, jd_run_result_t *result, jd_ctx_t *ctx)
{
    const jd_config_t *config = one->config;
    const jd_dgp_params_t *dgp = jd_config_section(config, "dgp");
    const jd_estimate_params_t *estimate = jd_config_section(config, "estimate");
    const jd_run_params_t *run = jd_config_section(config, "run");
    const jd_validate_params_t *validate = jd_config_section(config, "validate");
    jd_estimate_params_t with_ways = *estimate;
    if (validate->variance[0]) {
        memcpy(with_ways.ways, validate->variance, sizeof with_ways.ways);
        with_ways.vcov.seed += one->key; /* draws of one replicate are not those of the next */
    }
    if (dgp->kind == JD_DGP_SIMULATOR)
        return run_simulator(config, one->inputs, &with_ways, validate->size, one->key, result,
                             ctx);
    return run_process(dgp, &with_ways, validate->size, (uint64_t)run->seed, one->key, result, ctx);
}

const jd_sweep_kind_t jd_sweep_validate = {
    .layout = {.n = JD_VALIDATE_TABLES,
               .name = {"estimates", "null_estimates"},
               .label = {"Estimates", "Estimates in the world without the policy"},
               .columns = {jd_estimate_columns, jd_estimate_columns},
               .n_columns = {JD_EST_COLUMNS, JD_EST_COLUMNS}},
    .run = run_one,
};

/* The last warning, from "left out: " on. */
static void keep_reason(void *user, const char *message)
{
    static const char mark[] = "left out: ";
    const char *why = strstr(message, mark);
    snprintf(user, JD_RUN_MESSAGE, "%s", why ? why + sizeof mark - 1 : message);
}

bool jd_validate_reason(const jd_config_t *config, const jd_plan_t *plan, int64_t point,
                        const char *estimator, char reason[JD_RUN_MESSAGE])
{
    jd_ctx_t ctx;
    jd_config_t *own = NULL;
    jd_run_result_t result;
    char text[96];
    reason[0] = '\0';
    jd_ctx_init(&ctx);
    const char *way = strchr(estimator, ':');
    const bool program = !strcmp(estimator, "program");
    snprintf(text, sizeof text, "estimate.estimators=%.*s", (int)strcspn(estimator, ":"),
             program ? "twfe" : estimator);
    int rc = jd_run_result_init(&result, &jd_sweep_validate.layout, &ctx);
    if (!rc) rc = jd_plan_config(&own, plan, config, point, &ctx);
    if (!rc) rc = jd_config_set(own, "estimator", text, &ctx);
    const jd_dgp_params_t *dgp = rc ? NULL : jd_config_section(own, "dgp");
    ctx.warn = keep_reason;
    ctx.user = reason;
    if (dgp && dgp->kind != JD_DGP_SIMULATOR) {
        const jd_run_params_t *run = jd_config_section(own, "run");
        jd_estimate_params_t estimate =
            *(const jd_estimate_params_t *)jd_config_section(own, "estimate");
        if (!program) estimate.program[0] = '\0';
        snprintf(estimate.ways, sizeof estimate.ways, "%s", way ? way + 1 : "");
        (void)run_process(dgp, &estimate, false, (uint64_t)run->seed, 0, &result, &ctx);
    }
    jd_config_free(own);
    jd_run_result_free(&result);
    return reason[0] != '\0';
}
