/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Ties in the firms' choice (model/firms/tied.c): the law against the equations written down a
 * second time, leaving with them, limits to the byte, lists of ties, and whole runs under a
 * mechanism made for the test that ties counties. */
#include <stdlib.h>

#include "small_world.h"
#include "toy_choice.h"

/* A toy world with room for ties, empty; toy_weigh() makes its tables. */
static void start_tied(toy_t *toy, const char *const *set)
{
    toy_start(toy, toy_world, TOY_WORLD, set);
    jd_world_free(&toy->world);
    toy->dims.ties = JD_TIES_MOST;
    assert_int_equal(jd_world_init(&toy->world, &toy->dims, 0, false, &toy->ctx), JD_OK);
    toy_state(toy, 1);
}

static void tie(toy_t *toy, int a, int b, double weight)
{
    assert_int_equal(jd_ties_add(&toy->world.modifiers, &toy->dims, a, b, weight, &toy->ctx),
                     JD_OK);
}

/* Weights of the ties of the tests: within a prefecture, across it, across provinces. */
static double weight_of(int a, int b)
{
    static const struct {
        int a, b;
        double weight;
    } tied[] = {{0, 1, 1}, {0, 4, 0.5}, {1, 8, 2}, {3, 4, 0.2}, {5, 9, 1}};
    for (size_t i = 0; i < sizeof tied / sizeof *tied; i++)
        if ((tied[i].a == a && tied[i].b == b) || (tied[i].a == b && tied[i].b == a))
            return tied[i].weight;
    return 0;
}

static void tie_all(toy_t *toy)
{
    for (int a = 0; a < toy->dims.counties; a++)
        for (int b = a + 1; b < toy->dims.counties; b++)
            if (weight_of(a, b) > 0) tie(toy, a, b, weight_of(a, b));
}

/* X_oc of the equations, and in `share` each street's part of its county. */
static double plain_x(const toy_t *toy, int kind, int o, int c, double *share)
{
    const jd_tree_t *t = &toy->tree;
    const jd_firms_params_t *p = toy->firms;
    const int po = t->parent[JD_COUNTY][o], pc = t->parent[JD_COUNTY][c];
    const double z = p->emission_classes.value[kind % toy->dims.emissions],
                 d = hypot(t->ax[po] - t->ax[pc], t->ay[po] - t->ay[pc]);
    double sum = 0, far = toy->borders.k_prefecture + p->gamma * log(1 + d / p->d0);
    if (t->parent[JD_PREFECTURE][po] != t->parent[JD_PREFECTURE][pc])
        far += toy->borders.k_province;
    if (po == pc) far = toy->borders.k_county;
    for (int s = t->child[JD_COUNTY][c]; s < t->child[JD_COUNTY][c + 1]; s++) {
        const bool refused = z * toy->world.stringency[s] > p->emission_limit;
        share[s] = refused ? 0
                           : t->site[s] / t->site_county[c] *
                                 exp(toy_value(toy, kind, s) / p->dissimilarity_county);
        sum += share[s];
    }
    for (int s = t->child[JD_COUNTY][c]; s < t->child[JD_COUNTY][c + 1]; s++)
        share[s] = sum > 0 ? share[s] / sum : 0;
    const double inclusive = p->dissimilarity_county * log(sum); /* IV_c */
    return (exp(p->b_tie * weight_of(o, c)) - 1) * t->site_county[c] * exp(inclusive - far);
}

static void check_origin(const toy_t *toy, int kind, int from)
{
    double law[TOY_MAX], share[TOY_MAX], tied[TOY_MAX] = {0}, sum = 0, all = 0;
    const int o = jd_tree_above(&toy->tree, from, JD_COUNTY);
    const double log_t = toy_law(toy, kind, from, false, law);
    for (int c = 0; c < toy->dims.counties; c++) {
        if (c == o || weight_of(o, c) <= 0) continue;
        const double x = plain_x(toy, kind, o, c, share);
        sum += x;
        for (int s = toy->tree.child[JD_COUNTY][c]; s < toy->tree.child[JD_COUNTY][c + 1]; s++)
            tied[s] = x * share[s];
    }
    for (int to = 0; to < toy->dims.streets; to++) {
        const double p = jd_choice_probability(&toy->world.choice, &toy->borders, &toy->dims,
                                               &toy->tree, kind, from, to);
        assert_near(p, (law[to] * exp(log_t) + tied[to]) / (exp(log_t) + sum), 1e-12);
        all += p;
    }
    assert_near(all, 1, 1e-12);
    for (int q = 0; q < toy->dims.sizes; q++) {
        const double kappa = toy->firms->moving_cost + toy->firms->moving_cost_size.value[q];
        const double cost =
            toy->world.choice.cost[(kind * toy->dims.sizes + q) * toy->dims.counties + o];
        assert_near(log(cost), kappa - (log(exp(log_t) + sum) - toy->borders.reference[o]), 1e-11);
    }
}

/* Law and inclusive value from every street, some with refusals. */
static void test_law(void **state)
{
    static const char *const set[] = {"firms.b_tie=0.8", "firms.emission_limit=0.9", NULL};
    toy_t toy;
    (void)state;
    start_tied(&toy, set);
    tie_all(&toy);
    toy_weigh(&toy, true);
    for (int kind = 0; kind < toy.dims.kinds; kind++)
        for (int from = 0; from < TOY_WORLD; from++)
            check_origin(&toy, kind, from);
    toy_stop(&toy);
}

static void assert_equal_tables(const toy_t *a, const toy_t *b)
{
    const jd_choice_t *x = &a->world.choice, *y = &b->world.choice;
    const size_t counties = (size_t)(a->dims.kinds * a->dims.counties) * sizeof(double);
    assert_memory_equal(x->total, y->total, counties);
    assert_memory_equal(x->bound, y->bound, counties);
    assert_memory_equal(x->own_ratio, y->own_ratio, counties);
    assert_memory_equal(x->cost, y->cost, counties * (size_t)a->dims.sizes);
}

/* Nobody tied, ties of no weight, and b_tie = 0: the same tables to the byte. */
static void test_limits(void **state)
{
    static const char *const on[] = {"firms.b_tie=2", NULL};
    toy_t plain, toy;
    (void)state;
    toy_start(&plain, toy_world, TOY_WORLD, NULL);
    start_tied(&toy, on);
    toy_weigh(&toy, true);
    assert_equal_tables(&plain, &toy);
    tie(&toy, 0, 1, 0);
    tie(&toy, 2, 8, 0);
    toy_weigh(&toy, true);
    assert_equal_tables(&plain, &toy);
    toy_stop(&toy);
    start_tied(&toy, NULL);
    tie_all(&toy);
    toy_weigh(&toy, true);
    assert_equal_tables(&plain, &toy);
    toy_stop(&toy);
    toy_stop(&plain);
}

static void test_lists(void **state)
{
    toy_t toy;
    (void)state;
    start_tied(&toy, NULL);
    const jd_ties_t *ties = &toy.world.modifiers.ties;
    tie(&toy, 3, 5, 1);
    tie(&toy, 5, 3, 0.5); /* the same pair: one entry, weights added */
    assert_int_equal(ties->n[3], 1);
    assert_int_equal(ties->n[5], 1);
    assert_int_equal(ties->with[3 * JD_TIES_MOST], 5);
    assert_int_equal(ties->with[5 * JD_TIES_MOST], 3);
    assert_near(ties->weight[3 * JD_TIES_MOST], 1.5, 0);
    assert_near(ties->weight[5 * JD_TIES_MOST], 1.5, 0);
    assert_int_equal(jd_ties_add(&toy.world.modifiers, &toy.dims, 2, 2, 1, &toy.ctx), JD_ERR_DATA);
    assert_int_equal(jd_ties_add(&toy.world.modifiers, &toy.dims, 2, 3, -1, &toy.ctx), JD_ERR_DATA);
    jd_modifiers_clear(&toy.world.modifiers, &toy.dims);
    for (int c = 0; c < toy.dims.counties; c++)
        assert_int_equal(ties->n[c], 0);
    ties->n[4] = JD_TIES_MOST; /* full of others */
    for (int k = 0; k < JD_TIES_MOST; k++)
        ties->with[4 * JD_TIES_MOST + k] = 1000 + k;
    assert_int_equal(jd_ties_add(&toy.world.modifiers, &toy.dims, 4, 3, 1, &toy.ctx), JD_ERR_DATA);
    toy.dims.ties = 0; /* firms that heed no ties have no lists */
    assert_int_equal(jd_ties_add(&toy.world.modifiers, &toy.dims, 4, 3, 1, &toy.ctx), JD_OK);
    toy.dims.ties = JD_TIES_MOST;
    toy_stop(&toy);
}

/* A mechanism that ties county 0 with the last one, and each with its next but three. */
typedef struct tying_params {
    double weight;
} tying_params_t;

static const jd_param_t tying_rows[] = {
    {"tying", JD_PARAM_DOUBLE, 0, "1", 0, 100, NULL, "1", "", "", JD_RESULT}};

static double tying_weight = 1;

static int tying_step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int32_t c = 0; c + 3 < m->dims->counties && !rc; c++)
        rc = jd_ties_add(next, m->dims, c, c + 3, tying_weight, ctx);
    if (!rc) rc = jd_ties_add(next, m->dims, 0, m->dims->counties - 1, tying_weight, ctx);
    return rc;
}

static bool tying_on(const void *block)
{
    return ((const tying_params_t *)block)->weight > 0;
}

static const jd_mechanism_t tying = {
    .section = {.name = "tying",
                .help = "",
                .params = tying_rows,
                .n_params = 1,
                .size = sizeof(tying_params_t)},
    .on = tying_on,
    .ties = true,
    .step = tying_step,
};

/* Moves of the last quarter and stocks of all of them, both worlds; runs audited. */
typedef struct ran {
    uint64_t hash;
    double tied_moves, moves;
} ran_t;

static uint64_t mix(uint64_t hash, const void *data, size_t n)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}

typedef struct watch {
    ran_t ran;
    int32_t *place; /* of the factual world, a quarter ago */
} watch_t;

static int watch_period(void *user, const struct jd_simulation *sim, int64_t period)
{
    watch_t *watch = user;
    const jd_world_t *w = &sim->world[jd_factual(sim)];
    for (int64_t i = 0; i < sim->dims.firms; i++) {
        const int32_t from = watch->place[i], to = w->place[i];
        if (period > 1 && from != to) {
            const int32_t a = sim->tree.parent[JD_STREET][from],
                          b = sim->tree.parent[JD_STREET][to];
            watch->ran.moves++;
            watch->ran.tied_moves += abs(a - b) == 3;
        }
        watch->place[i] = to;
    }
    for (int k = 0; k < sim->n_worlds; k++)
        watch->ran.hash =
            mix(watch->ran.hash, sim->world[k].place, (size_t)sim->dims.firms * sizeof(int32_t));
    return small_audit(NULL, sim, period);
}

static ran_t run_tied(const char *b_tie, double weight, bool with, int threads)
{
    static const char *const base[] = {"world.provinces=2",      "world.prefectures=6",
                                       "world.counties=24",      "world.streets=150",
                                       "firms.n=20000",          "firms.review=0.3",
                                       "policy.adoption=2021Q1", "run.periods=6",
                                       "run.burn_in=4",          NULL};
    const jd_mechanism_t *const list[] = {with ? &tying : NULL, NULL};
    int n;
    const jd_section_t *const *built_in = jd_simulation_sections(&n);
    const jd_section_t **sections = calloc((size_t)n + 1, sizeof *sections);
    jd_ctx_t ctx;
    jd_config_t *config;
    struct jd_simulation *sim;
    watch_t watch = {.place = calloc(20000, sizeof(int32_t))};
    memcpy(sections, built_in, (size_t)n * sizeof *sections);
    sections[n] = &tying.section;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    tying_weight = weight;
    assert_int_equal(jd_config_create(&config, sections, n + 1, &ctx), JD_OK);
    for (const char *const *a = base; *a; a++)
        assert_int_equal(jd_config_set(config, "--set", *a, &ctx), JD_OK);
    assert_int_equal(jd_config_set(config, "--set", b_tie, &ctx), JD_OK);
    assert_int_equal(jd_config_finish(config, &ctx), JD_OK);
    assert_int_equal(jd_simulation_create_with(&sim, config, NULL, 0, list, &ctx), JD_OK);
    if (jd_simulation_run_hooked(sim, NULL, watch_period, &watch, &ctx))
        fail_msg("run: %s", ctx.message);
    jd_simulation_free(sim);
    jd_config_free(config);
    free(sections);
    free(watch.place);
    return watch.ran;
}

/* Off is exactly off, threads do not count, and firms follow ties: a fixed seed, where 245 moves are
 * between such counties without ties and 894 with them. */
static void test_runs(void **state)
{
    (void)state;
    const ran_t off = run_tied("firms.b_tie=0", 1, true, 1);
    const ran_t without = run_tied("firms.b_tie=0", 1, false, 1);
    const ran_t nothing = run_tied("firms.b_tie=1.5", 0, true, 1);
    const ran_t on = run_tied("firms.b_tie=1.5", 1, true, 1);
    const ran_t threads = run_tied("firms.b_tie=1.5", 1, true, 3);
    assert_true(off.hash == without.hash);
    assert_true(off.hash == nothing.hash);
    assert_true(on.hash == threads.hash);
    assert_true(on.hash != off.hash);
    print_message("moves between tied counties: %g of %g without, %g of %g with\n", off.tied_moves,
                  off.moves, on.tied_moves, on.moves);
    assert_true(on.tied_moves > 2 * off.tied_moves);
    assert_true(on.moves > off.moves);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_law),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
