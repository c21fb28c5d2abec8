/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What cooperation does, found again from its events and ties by regressions of the library:
 * assent about water, rivalry of one prefecture, what a rank and voluntary transfers do. Seeds are
 * fixed; bounds are 4.4 standard errors (with the seeds' 11 degrees of freedom, or of a regression:
 * a false alarm once in 1,000 bounds or less). */
#include <stdlib.h>

#include "jiedao/glm.h"
#include "small_world.h"

enum { SEEDS = 12 };
static const double enough = 4.4;

/* A world with the counts of the eight provinces, few streets, no policy. */
static void begin(small_t *s, int seed, const char *const *more)
{
    char first[32];
    const char *set[40] = {first,
                           "run.periods=48",
                           "world.provinces=8",
                           "world.prefectures=107",
                           "world.counties=867",
                           "world.streets=867",
                           "firms.n=5000",
                           "policy.share=0",
                           "rescaling.event=0",
                           "run.burn_in=4"};
    int n = 10;
    snprintf(first, sizeof first, "run.seed=%d", seed);
    for (; *more; more++)
        set[n++] = *more;
    small_create(s, set, 0);
}

static double fact(const small_t *s, const char *key)
{
    jd_fact_t facts[JD_FACTS_MOST];
    const int n = jd_mechanisms_facts(s->sim, facts);
    for (int i = 0; i < n; i++)
        if (!strcmp(facts[i].key, key)) return facts[i].value;
    fail_msg("no fact %s", key);
    return 0;
}

/* Mean over counties and quarters of exp(-rivalry push). */
typedef struct push {
    double rivalry, sum;
    int64_t n;
} push_t;

static int look(void *user, const struct jd_simulation *sim, int64_t period)
{
    push_t *p = user;
    for (int32_t i = 0; i < sim->dims.counties && period >= 1; i++) {
        p->sum +=
            exp(-p->rivalry * jd_tree_mean(&sim->tree, JD_COUNTY, i, sim->world[0].modifiers.tour));
        p->n++;
    }
    return JD_OK;
}

/* ln odds of a near partner in the own prefecture of one seed, and what the law makes of them. */
static double log_odds(int seed, double strength, double *law)
{
    char rivalry[40];
    snprintf(rivalry, sizeof rivalry, "cooperation.rivalry=%g", strength);
    const char *const set[] = {"cooperation.self=0.1",
                               "cooperation.decay=2",
                               "tournament.county=1",
                               "tournament.county_noise=0.3",
                               rivalry,
                               NULL};
    small_t s;
    push_t p = {strength, 0, 0};
    begin(&s, seed, set);
    if (jd_simulation_run_hooked(s.sim, NULL, look, &p, &s.ctx)) fail_msg("%s", s.ctx.message);
    const double odds = fact(&s, "odds_within");
    *law = log(p.sum / (double)p.n);
    small_stop(&s);
    return log(odds);
}

/* The odds fall by the mean of exp(-rivalry push), whatever the distance. */
static void test_rivalry_is_found_again(void **state)
{
    (void)state;
    double sum = 0, square = 0, laws = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
        double law, none;
        const double off = log_odds(seed, 2, &law) - log_odds(seed, 0, &none) - law;
        sum += off, square += off * off, laws += law / SEEDS;
    }
    const double mean = sum / SEEDS, error = sqrt((square / SEEDS - mean * mean) / (SEEDS - 1));
    print_message("rivalry 2: ln odds fall by %.4f by the law, off by %+.4f (%.4f)\n", -laws, mean,
                  error);
    assert_true(fabs(mean) < enough * error);
    assert_true(-laws > enough * error); /* it would have been seen */
}

/* ---- Assent ---- */

enum { CONSTANT, POOR, LATE, N_X, MANDATE = 25, MOST = 20000 };

static void fit_assent(double *const x[N_X], const double *y, int64_t n, double beta[N_X],
                       double se[N_X])
{
    jd_ctx_t ctx;
    jd_glm_t glm = {0};
    jd_vcov_facts_t facts;
    double v[N_X * N_X];
    jd_ctx_init(&ctx);
    const jd_glm_input_t input = {
        .family = JD_FAMILY_LOGIT, .n = n, .n_x = N_X, .x = (const double *const *)x, .y = y};
    const jd_vcov_options_t iid = {.kind = JD_VCOV_IID};
    if (jd_glm_fit(&glm, &input, &ctx)) fail_msg("logit: %s", ctx.message);
    assert_int_equal(glm.regression.n_kept, N_X);
    if (jd_glm_vcov(&glm, NULL, 0, &iid, v, &facts, &ctx)) fail_msg("logit: %s", ctx.message);
    for (int k = 0; k < N_X; k++) {
        beta[k] = glm.beta[k];
        se[k] = sqrt(v[k * N_X + k]);
    }
    jd_glm_free(&glm);
}

/* Proposals about water: regressors and whether they were agreed to. */
typedef struct proposals {
    double *x[N_X], *y;
    int64_t n;
    const small_t *of;
} proposals_t;

static int take(void *user, const jd_table_t *t, jd_ctx_t *ctx)
{
    proposals_t *p = user;
    (void)ctx;
    if (strcmp(t->name, "mechanisms/cooperation") != 0) return JD_OK;
    const jd_tree_t *tree = &p->of->sim->tree;
    const int32_t row = jd_first_row(tree, JD_COUNTY);
    for (int64_t i = 0; i < t->rows && p->n < MOST; i++) {
        if (jd_table_number(t, jd_table_find(t, "kind"), i) != 2) continue;
        const int32_t from = (int32_t)jd_table_number(t, jd_table_find(t, "from"), i) - row,
                      to = (int32_t)jd_table_number(t, jd_table_find(t, "to"), i) - row;
        const bool late = jd_table_number(t, jd_table_find(t, "period"), i) >= MANDATE;
        p->x[CONSTANT][p->n] = 1;
        p->x[POOR][p->n] =
            !late && tree->development[JD_COUNTY][from] - tree->development[JD_COUNTY][to] > 0.5;
        p->x[LATE][p->n] = late;
        p->y[p->n++] = jd_table_number(t, jd_table_find(t, "made"), i);
    }
    return JD_OK;
}

/* Upstream's log odds of assent: -3, 2 more where it is half a standard deviation poorer, 4.5 more
 * from the mandate on (where poverty no longer counts). A road's, and a pact's, are not among them.
 */
static void test_assent_is_found_again(void **state)
{
    (void)state;
    static const double law[N_X] = {-3, 2, 4.5};
    double beta[N_X], se[N_X];
    proposals_t p = {.y = test_malloc(MOST * sizeof *p.y)};
    for (int k = 0; k < N_X; k++)
        p.x[k] = test_malloc(MOST * sizeof *p.x[k]);
    for (int seed = 1; seed <= 6; seed++) {
        const char *const set[] = {"cooperation.mandated=0.1", "cooperation.mandate=25", NULL};
        small_t s;
        begin(&s, seed, set);
        p.of = &s;
        if (jd_simulation_run(s.sim, &(jd_sink_t){take, &p}, &s.ctx)) fail_msg("%s", s.ctx.message);
        small_stop(&s);
    }
    assert_true(p.n > 1000 && p.n < MOST);
    fit_assent(p.x, p.y, p.n, beta, se);
    for (int k = 0; k < N_X; k++) {
        print_message("assent, %lld proposals: %+.3f (%.3f), law %+.1f\n", (long long)p.n, beta[k],
                      se[k], law[k]);
        assert_true(fabs(beta[k] - law[k]) < enough * se[k]);
        assert_true(fabs(law[k]) > enough * se[k]);
    }
    for (int k = 0; k < N_X; k++)
        test_free(p.x[k]);
    test_free(p.y);
}

/* ---- Ranks ---- */

static double budgets(int seed, const char *voluntary, double *services)
{
    const char *const set[] = {"cooperation.arranged=0.05", "cooperation.rank=0.15", voluntary,
                               NULL};
    small_t s;
    double sum = 0;
    begin(&s, seed, set);
    if (jd_simulation_run(s.sim, NULL, &s.ctx)) fail_msg("%s", s.ctx.message);
    for (int32_t i = 0; i < s.sim->dims.counties; i++)
        sum += s.sim->world[0].modifiers.budget[i];
    *services = 0;
    for (int32_t i = 0; i < s.sim->dims.streets; i++)
        *services += s.sim->world[0].services[i] / s.sim->dims.streets;
    small_stop(&s);
    return sum / 867;
}

/* Ranked donors that volunteer pay more; without a rank nobody does, to the byte. */
static void test_voluntary_transfers(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 3; seed++) {
        double none, some, more;
        const double plain = budgets(seed, "cooperation.voluntary=0", &none),
                     given = budgets(seed, "cooperation.voluntary=10", &some),
                     twice = budgets(seed, "cooperation.voluntary=20", &more);
        print_message("seed %d: mean budget %.5f, volunteered %.5f and %.5f\n", seed, plain, given,
                      twice);
        assert_true(plain > given && given > twice);
        /* the sums are proportional while no budget is at its floor */
        assert_true(fabs((plain - twice) / (plain - given) - 2) < 0.1);
    }
    const char *const unranked[2][4] = {
        {"cooperation.arranged=0.05", "cooperation.voluntary=0", NULL},
        {"cooperation.arranged=0.05", "cooperation.voluntary=100", NULL}};
    double sum[2];
    for (int k = 0; k < 2; k++) {
        small_t s;
        begin(&s, 1, unranked[k]);
        if (jd_simulation_run(s.sim, NULL, &s.ctx)) fail_msg("%s", s.ctx.message);
        sum[k] = 0;
        for (int32_t i = 0; i < s.sim->dims.streets; i++)
            sum[k] += s.sim->world[0].services[i];
        small_stop(&s);
    }
    assert_memory_equal(&sum[0], &sum[1], sizeof sum[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rivalry_is_found_again),
        cmocka_unit_test(test_assent_is_found_again),
        cmocka_unit_test(test_voluntary_transfers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
