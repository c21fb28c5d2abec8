/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Firms' types, first places, births and closings. */
#include <stdlib.h>

#include "low_uniform.h"
#include "model/firms/choice.h"
#include "small_world.h"

/* Shares of types within 5 SD of what is asked: false alarm 1e-5 for all 18 together. */
static void test_types_have_their_shares(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.n=400000", NULL};
    small_t s;
    small_create(&s, set, 0);
    const jd_dims_t *d = &s.sim->dims;
    const jd_firms_params_t *p = s.sim->firms_params;
    int64_t count[64] = {0};
    assert_int_equal(d->types, 18);
    for (int64_t i = 0; i < d->firms; i++)
        count[s.sim->type[i]]++;
    for (int t = 0; t < d->types; t++) {
        double share = p->sector_shares.value[jd_type_sector(d, t)] *
                       p->emission_shares.value[jd_type_emission(d, t)] *
                       p->size_shares.value[jd_type_size(d, t)];
        double n = 400000, sd = sqrt(n * share * (1 - share));
        assert_near((double)count[t], n * share, 5 * sd);
    }
    small_stop(&s);
}

/* Every street gets what its land and development ask, to the firm. */
static void test_first_places(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.gradient=0.8", NULL};
    small_t s;
    small_create(&s, set, 0);
    const jd_tree_t *t = &s.sim->tree;
    const jd_world_t *w = &s.sim->world[0];
    double all = 0;
    for (int32_t i = 0; i < s.sim->dims.streets; i++)
        all += t->site[i] * exp(0.8 * t->development[JD_STREET][i]);
    int32_t firms = 0;
    for (int32_t i = 0; i < s.sim->dims.streets; i++) {
        int32_t n = w->stock[i] + w->stock[s.sim->dims.streets + i];
        assert_near(n, 6000 * t->site[i] * exp(0.8 * t->development[JD_STREET][i]) / all, 1);
        firms += n;
    }
    assert_int_equal(firms, 6000);
    small_stop(&s);
}

/* Births on time in their fixed numbers, no ghost; the same firms close in both worlds. */
static int check_frame(void *user, const struct jd_simulation *sim, int64_t period)
{
    (void)user;
    const jd_dims_t *d = &sim->dims;
    int64_t births = jd_firms_births(sim->firms_params, d->first_firms);
    assert_int_equal(jd_simulation_audit(sim, NULL), JD_OK);
    if (period < 1) {
        assert_true(sim->world[0].active == (double)d->first_firms);
        return JD_OK;
    }
    for (int64_t i = 0; i < d->firms; i++) {
        int64_t born = i < d->first_firms ? 0 : (i - d->first_firms) / births + 1;
        if (born > period) assert_int_equal(sim->world[0].place[i], JD_ABSENT);
        if (born == period) assert_true(sim->world[0].place[i] >= 0);
        for (int w = 1; w < sim->n_worlds; w++)
            assert_int_equal(sim->world[w].place[i] < 0, sim->world[0].place[i] < 0);
    }
    return JD_OK;
}

static void test_births_and_closings(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.entry=0.03",       "firms.exit=0.05",
                                      "run.burn_in_firms=5",    "policy.dose=2",
                                      "policy.adoption=2020Q2", NULL};
    small_t s;
    small_create(&s, set, 0);
    assert_int_equal(s.sim->dims.firms, 6000 + 8 * 180);
    if (jd_simulation_run_hooked(s.sim, NULL, check_frame, NULL, &s.ctx))
        fail_msg("%s", s.ctx.message);
    /* 6000 x .95^8, and births of which those of period t have lived 8 - t quarters; 5 SD. */
    double expected = 6000 * pow(0.95, 8);
    for (int t = 1; t <= 8; t++)
        expected += 180 * pow(0.95, 8 - t);
    assert_near(s.sim->world[0].active, expected, 5 * sqrt(expected * 0.35));
    assert_true(s.sim->world[0].active != 6000 + 8 * 180);
    small_stop(&s);
}

/* Newborn firms against the logit's own weights, multiplied out: squares of standardised counts by
 * county and by street within 5 SD of their mean (false alarm 6e-7 each). */
static void test_births_follow_the_logit(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.entry=0.2",
                                      "firms.n=100000",
                                      "run.periods=3",
                                      "policy.adoption=2020Q2",
                                      "policy.dose=2",
                                      "firms.b_policy=2",
                                      NULL};
    small_t s;
    small_run(&s, set, 0);
    const jd_dims_t *d = &s.sim->dims;
    const jd_tree_t *tree = &s.sim->tree;
    const int64_t births = 20000, first = d->firms - births;
    int64_t moved = 0;
    for (int w = 0; w < 2; w++) {
        const jd_world_t *world = &s.sim->world[w];
        double *expected = calloc((size_t)d->streets, sizeof *expected),
               *seen = calloc((size_t)d->streets, sizeof *seen);
        for (int k = 0; k < d->kinds; k++) {
            const jd_choice_t *c = &world->choice;
            double n = 0, total = 0;
            for (int64_t i = first; i < d->firms; i++)
                n += s.sim->type[i] / d->sizes == k;
            for (int32_t p = 0; p < d->prefectures; p++)
                total += c->mass[(int64_t)k * d->prefectures + p];
            for (int32_t j = 0; j < d->streets; j++) {
                const int32_t county = tree->parent[JD_STREET][j],
                              p = tree->parent[JD_COUNTY][county];
                expected[j] += n * c->mass[(int64_t)k * d->prefectures + p] / total *
                               c->weight_county[(int64_t)k * d->counties + county] /
                               c->sum_prefecture[(int64_t)k * d->prefectures + p] *
                               c->weight[(int64_t)k * d->streets + j] /
                               c->sum_county[(int64_t)k * d->counties + county];
            }
        }
        for (int64_t i = first; i < d->firms; i++) {
            seen[world->place[i]]++;
            moved += w && world->place[i] != s.sim->world[0].place[i];
        }
        double chi2 = 0;
        for (int32_t j = 0; j < d->streets; j++)
            chi2 += (seen[j] - expected[j]) * (seen[j] - expected[j]) / expected[j];
        print_message("world %d: chi2 %.1f of %d streets\n", w, chi2, d->streets);
        assert_near(chi2, d->streets - 1, 5 * sqrt(2.0 * d->streets));
        free(expected);
        free(seen);
    }
    assert_true(moved > 0 && moved < births / 2); /* the worlds share their draws */
    small_stop(&s);
}

/* Where nothing differs between worlds, nobody is born elsewhere; where every street refuses a
 * class, its firms are born all the same. */
static void test_births_without_difference_or_room(void **state)
{
    (void)state;
    static const char *const same[] = {"firms.entry=0.1", "policy.share=0", NULL},
                             *const none[] = {"firms.entry=0.1", "firms.emission_limit=0.1", NULL};
    const char *const *sets[] = {same, none};
    for (int i = 0; i < 2; i++) {
        small_t s;
        small_run(&s, sets[i], 0);
        for (int64_t f = s.sim->dims.first_firms; f < s.sim->dims.firms; f++) {
            assert_true(s.sim->world[0].place[f] >= 0);
            if (i == 0)
                assert_true(s.sim->world[0].place[f] == s.sim->world[s.sim->n_worlds - 1].place[f]);
        }
        small_stop(&s);
    }
}

static void test_everyone_closes(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.n=40", "firms.exit=0.2", "run.periods=60", NULL};
    small_t s;
    small_run(&s, set, 0);
    assert_true(s.sim->world[0].active == 0);
    small_stop(&s);
}

/* Who closes in a quarter follows from each firm's own uniform, the same in every world. */
static void test_who_closes(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.exit=0.04", "firms.review=0", NULL};
    const int64_t period = 99; /* none that the run has had */
    small_t s;
    small_run(&s, set, 0);
    struct jd_simulation *sim = s.sim;
    const jd_stream_t stream = jd_stream(sim->seed, 0, JD_DRAW_EXIT);
    const jd_jump_t leading = jd_jump(stream, period, 0), own = jd_jump(stream, period, 12);
    jd_world_t *world = &sim->world[0];
    int64_t n = sim->dims.firms, closed = 0;
    int32_t *before = malloc((size_t)n * sizeof *before);
    double active = world->active;
    memcpy(before, world->place, (size_t)n * sizeof *before);
    jd_firms_exit(sim->firms_params, &sim->dims, sim->type, period, sim->seed, 0, world);
    for (int64_t i = 0; i < n; i++) {
        bool low = low_uniform(&leading, &own, i) < (uint32_t)(0.04 * 4294967295.0);
        assert_int_equal(world->place[i], low ? JD_ABSENT : before[i]);
        closed += low && before[i] >= 0;
    }
    assert_true(closed > 20 && world->active == active - (double)closed);
    free(before);
    small_stop(&s);
}

/* A uniform below the hazard leaves, one above stays; absent firms never move. */
static void test_the_pass_looks_at_hazards(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.review=0.4", "firms.exit=0.1", NULL};
    small_t s;
    small_run(&s, set, 0);
    struct jd_simulation *sim = s.sim;
    jd_pass_t pass = {.dims = &sim->dims,
                      .tree = &sim->tree,
                      .base = &sim->base,
                      .borders = &sim->borders,
                      .type = sim->type,
                      .review = {0.4, 0.4},
                      .n_worlds = 1,
                      .place = {sim->world[0].place},
                      .choice = {&sim->world[0].choice},
                      .threshold = UINT32_MAX};
    jd_pass_draws(&pass, 1, 0, 9);
    jd_moves_t moves;
    assert_int_equal(jd_move_list_make(&moves, sim->dims.firms, 1, &s.ctx), JD_OK);
    jd_firms_pass(&pass, 0, sim->dims.firms, &moves);
    int64_t below = 0, at = 0;
    for (int64_t i = 0; i < sim->dims.firms; i++) {
        int32_t place = sim->world[0].place[i];
        bool moved = at < moves.n && moves.firm[at] == i;
        bool low = place >= 0 && low_uniform(&pass.leading, &pass.jump, i) <
                                     jd_choice_hazard(pass.choice[0], &sim->dims, &sim->tree, 0.4,
                                                      sim->type[i], place);
        if (moved) {
            assert_true(low && moves.to[0][at] >= 0 && moves.to[0][at] != place);
            assert_true(moves.from[0][at] == place && moves.type[at] == sim->type[i]);
        }
        below += low;
        at += moved;
    }
    assert_int_equal(at, moves.n);
    assert_true(moves.n > 100 && moves.n <= below && (double)moves.n > 0.6 * (double)below);
    jd_move_list_free(&moves);
    small_stop(&s);
}

static void test_wrong_lists(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"firms.sector_shares=0.5, 0.4", "shares must sum to 1"},
        {"firms.size_employees=8, 60", "give one for each class"},
        {"firms.dissimilarity_county=0.9", "random-utility nested logit"},
        {"firms.share_county=0.9", "at most 1"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *const set[] = {wrong[i][0], NULL};
        small_t s;
        assert_true(small_try(&s, set, 0) != JD_OK);
        if (!strstr(s.ctx.message, wrong[i][1]))
            fail_msg("'%s' does not say '%s'", s.ctx.message, wrong[i][1]);
        small_stop(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_have_their_shares),
        cmocka_unit_test(test_first_places),
        cmocka_unit_test(test_births_and_closings),
        cmocka_unit_test(test_births_follow_the_logit),
        cmocka_unit_test(test_births_without_difference_or_room),
        cmocka_unit_test(test_everyone_closes),
        cmocka_unit_test(test_who_closes),
        cmocka_unit_test(test_the_pass_looks_at_hazards),
        cmocka_unit_test(test_wrong_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
