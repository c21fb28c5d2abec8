/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bias split adds up on random, unbalanced, weighted panels, for every estimator in its class,
 * and each part is zero where its cause is absent. */
#include "support.h"

#include "jiedao/did.h"
#include "jiedao/split.h"
#include "property/did_dense.h"

/* Under sanitizers each fourth: estimators of blocks take panels 24 and 52 alone. */
enum { TRIALS = 60, STEP = TRIALS / JD_ROUNDS(TRIALS) };

/* Two worlds on a trial's panel. */
typedef struct {
    double y1_obs[MAX_ROWS], y1[MAX_ROWS], y0[MAX_ROWS], direct[MAX_ROWS];
    int8_t cell[MAX_ROWS];
} worlds_t;

/* Sizes of the effects, by cause. */
typedef struct {
    double measurement, trend, post, varying, announced, pre, never;
} causes_t;

static void make_worlds(const trial_t *t, causes_t cause, uint64_t seed, worlds_t *w)
{
    jd_rng_t rng = trial_rng(seed + 1000000);
    for (int i = 0; i < t->panel.n; i++) {
        int g = t->cohort[i], s = t->time[i];
        int cell = g == 0       ? JD_CELL_NEVER
                   : s >= g     ? JD_CELL_POST
                   : s + 1 >= g ? JD_CELL_ANN
                                : JD_CELL_PRE;
        double direct = 0, spillover = 0;
        w->cell[i] = (int8_t)cell;
        if (cell == JD_CELL_POST) {
            direct = cause.post + cause.varying * gauss(&rng);
            spillover = cause.never;
        } else if (cell == JD_CELL_ANN) {
            direct = cause.announced;
            spillover = cause.pre;
        } else {
            spillover = cell == JD_CELL_PRE ? cause.pre : cause.never;
        }
        w->direct[i] = direct;
        w->y0[i] = 50 + 0.1 * t->unit[i] / 1e5 + 0.02 * (s % 2000) + cause.trend * gauss(&rng);
        w->y1[i] = w->y0[i] + direct + spillover;
        w->y1_obs[i] = w->y1[i] + cause.measurement * gauss(&rng);
    }
}

/* The design of one estimator on a trial, and its terms; NULL where it does not apply. */
static jd_design_t *design_of(const trial_t *t, const jd_estimator_t *estimator, jd_term_t *terms)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    jd_did_options_t options;
    jd_did_defaults(&options);
    jd_design_t *design = NULL;
    if (jd_design_prepare(&design, estimator, &t->panel, &options, &ctx) != JD_OK) return NULL;
    int n = jd_design_facts(design).n_terms;
    assert_true(n <= MAX_COLUMNS);
    memcpy(terms, jd_design_terms(design), (size_t)n * sizeof *terms);
    return design;
}

/* Splits what a design finds in two worlds; number of effect terms. */
static int split_worlds(const jd_design_t *design, const trial_t *t, const worlds_t *w,
                        int with_direct, jd_split_t *split)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    int n = 0;
    const jd_split_input_t input = {.y1_obs = w->y1_obs,
                                    .y1 = w->y1,
                                    .y0 = w->y0,
                                    .cell = w->cell,
                                    .direct = with_direct ? w->direct : NULL,
                                    .weight = t->panel.weight};
    int rc = jd_split_bias(design, &input, split, &n, &ctx);
    if (rc) print_error("%s\n", ctx.message);
    assert_int_equal(rc, JD_OK);
    return n;
}

/* Both at once, for one estimator by name. */
static int split_trial(const trial_t *t, const worlds_t *w, const char *estimator,
                       jd_split_t *split)
{
    static jd_term_t terms[MAX_COLUMNS];
    jd_design_t *design = design_of(t, jd_estimator_find(estimator), terms);
    int n = design ? split_worlds(design, t, w, 0, split) : 0;
    jd_design_free(design);
    return n;
}

/* Nearly collinear designs have large weights on outcomes that cancel: a digit is theirs. */
static int adds_up(const jd_split_t *s)
{
    return fabs(s->residual) <= 1e-11 * s->scale && fabs(s->ade_residual) <= 1e-11 * s->scale;
}

static int no_spillover(const jd_split_t *s)
{
    return s->spillover_pre == 0 && s->spillover_never == 0;
}

static int no_anticipation(const jd_split_t *s)
{
    return fabs(s->anticipation) <= 1e-12 && fabs(s->ade_anticipation) <= 1e-12;
}

static int no_measurement(const jd_split_t *s)
{
    return s->measurement == 0;
}

/* All causes, and all but one: its part is zero. */
static const struct {
    const char *what;
    causes_t cause;
    int (*holds)(const jd_split_t *split);
} laws[] = {{"adding up", {0.1, 0.4, 0.8, 0.5, 0.2, -0.1, -0.15}, adds_up},
            {"no spillover", {0.1, 0.4, 0.8, 0.5, 0.2, 0, 0}, no_spillover},
            {"no anticipation", {0.1, 0.4, 0.8, 0.5, 0, 0, -0.15}, no_anticipation},
            {"no measurement", {0, 0.4, 0.8, 0.5, 0.2, -0.1, -0.15}, no_measurement}};

enum { LAWS = sizeof laws / sizeof *laws };

static void test_each_part_has_its_cause(void **state)
{
    (void)state;
    static trial_t trial;
    static worlds_t worlds[LAWS];
    static jd_split_t split[MAX_COLUMNS];
    static jd_term_t terms[MAX_COLUMNS];
    int wrong = 0, seen[LAWS] = {0}, frozen[LAWS] = {0};
    for (uint64_t seed = STEP; seed <= TRIALS; seed += STEP) {
        make_trial(&trial, seed);
        for (int l = 0; l < LAWS; l++)
            make_worlds(&trial, laws[l].cause, seed, &worlds[l]);
        for (int e = 0; jd_estimators[e]; e++) {
            jd_design_t *design = design_of(&trial, jd_estimators[e], terms);
            for (int l = 0; design && l < LAWS; l++) {
                int n = split_worlds(design, &trial, &worlds[l], 1, split);
                for (int k = 0; k < n; k++) {
                    /* An event time seen only in rows that were dropped has no target. */
                    if (isnan(split[k].att)) continue;
                    seen[l]++;
                    frozen[l] += jd_estimators[e]->family == JD_CLASS_FROZEN;
                    if (laws[l].holds(&split[k])) continue;
                    print_error(
                        "%s fails: seed %llu, %s, %s: estimate %g, scale %g, residual %g (%g)\n",
                        laws[l].what, (unsigned long long)seed, jd_estimators[e]->name,
                        terms[k].name, split[k].estimate, split[k].scale, split[k].residual,
                        split[k].ade_residual);
                    wrong++;
                }
            }
            jd_design_free(design);
        }
    }
    assert_int_equal(wrong, 0);
    for (int l = 0; l < LAWS; l++)
        if (seen[l] <= TRIALS || frozen[l] <= TRIALS)
            fail_msg("%s: only %d effects seen, %d of them frozen", laws[l].what, seen[l],
                     frozen[l]);
}

/* One effect for all: TWFE weighs treated cells to one. (The 2x2 under staggered adoption counts
 * cells not yet treated as treated: its weights part is real.) */
static void test_weights_part_is_zero_with_one_effect(void **state)
{
    (void)state;
    static trial_t trial;
    static worlds_t worlds;
    static jd_split_t split[MAX_COLUMNS];
    causes_t cause = {.trend = 1, .post = 0.8};
    int seen = 0;
    for (uint64_t seed = STEP; seed <= TRIALS; seed += STEP) {
        make_trial(&trial, seed);
        make_worlds(&trial, cause, seed, &worlds);
        int n = split_trial(&trial, &worlds, "twfe", split);
        for (int k = 0; k < n; k++, seen++)
            assert_true(fabs(split[k].weights) <= 1e-10);
    }
    assert_true(seen > TRIALS / STEP / 2);
}

/* y0 = unit + period, nothing else: a double difference takes it out, up to the covariates'
 * rounding. Only TWFE holds unit and period effects at once, so the 2x2 is left out. */
static void test_trends_are_zero_when_the_design_spans_y0(void **state)
{
    (void)state;
    static trial_t trial;
    static worlds_t worlds;
    static jd_split_t split[MAX_COLUMNS];
    causes_t cause = laws[0].cause;
    cause.trend = 0;
    for (uint64_t seed = STEP; seed <= TRIALS; seed += STEP) {
        make_trial(&trial, seed);
        make_worlds(&trial, cause, seed, &worlds);
        int n = split_trial(&trial, &worlds, "event_study", split);
        for (int k = 0; k < n; k++)
            assert_true(fabs(split[k].trends) <= 1e-9);
    }
}

/* Rows the estimator leaves out move the target, by exactly the difference of two plain means. */
static void test_target_part_counts_rows_left_out(void **state)
{
    (void)state;
    enum { N = 12 };
    const int32_t unit[N] = {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4};
    const int32_t time[N] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3};
    const int32_t cohort[N] = {0, 0, 0, 2, 2, 2, 1, 1, 1, 0, 0, 0};
    double y0[N], y1[N];
    int8_t cell[N];
    for (int i = 0; i < N; i++) {
        y0[i] = 0.1 * i;
        int post = cohort[i] && time[i] >= cohort[i];
        cell[i] = (int8_t)(post ? JD_CELL_POST : cohort[i] ? JD_CELL_PRE : JD_CELL_NEVER);
        y1[i] = y0[i] + (post ? (unit[i] == 3 ? 4 : 1) : 0);
    }
    jd_panel_t panel = {.n = N, .unit = unit, .time = time, .cohort = cohort};
    jd_did_options_t options;
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_split_t split[4];
    int n = 0;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find("2x2"), &panel, &options, &ctx),
                     JD_OK);
    assert_int_equal(jd_design_facts(design).dropped.always_treated, 3);
    const jd_split_input_t input = {.y1_obs = y1, .y1 = y1, .y0 = y0, .cell = cell};
    assert_int_equal(jd_split_bias(design, &input, split, &n, &ctx), JD_OK);
    assert_int_equal(n, 1);
    assert_true(fabs(split[0].theta - 1) < 1e-14);
    assert_true(fabs(split[0].att - 14.0 / 5) < 1e-14);
    assert_true(fabs(split[0].target + 9.0 / 5) < 1e-14);
    assert_true(isnan(split[0].ade));
    cell[0] = 5;
    assert_int_equal(jd_split_bias(design, &input, split, &n, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "row 1: cell kind = 5"));
    /* An effect on an untargeted control is a spillover of its own kind. */
    cell[0] = JD_CELL_OTHER;
    y1[0] += 1;
    assert_int_equal(jd_split_bias(design, &input, split, &n, &ctx), JD_OK);
    assert_true(fabs(split[0].spillover_other) > 0.1 && split[0].spillover_never == 0.0);
    assert_true(fabs(split[0].residual) <= 1e-12 * split[0].scale);
    jd_design_free(design);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_part_has_its_cause),
        cmocka_unit_test(test_weights_part_is_zero_with_one_effect),
        cmocka_unit_test(test_trends_are_zero_when_the_design_spans_y0),
        cmocka_unit_test(test_target_part_counts_rows_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
