/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The promotion tournament: the contest against its definition and simulated chances, every
 * quarter of a run against a slow second account, limits, leaders. */
#include <stdlib.h>

#include "jiedao/random.h"
#include "model/mechanisms/contest.h"
#include "small_world.h"

enum { SCORE, MEASURED, SUM, YEAR, ROWS }; /* of a tier's state, as in tournament.c */
enum { STREETS, COUNTIES, PREFECTURES };

static const double *own(const struct jd_simulation *sim, int w, int tier, int row)
{
    const jd_active_set_t *set = &sim->mechanisms;
    for (int k = 0; k < set->n; k++)
        if (strcmp(set->active[k].mechanism->section.name, "tournament") == 0)
            return (const double *)((const char *)sim->world[w].own +
                                    set->active[k].state_at[tier * ROWS + row]);
    fail_msg("the tournament is off");
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The k-th largest of the others, by sorting; NaN if there are fewer than k. */
static double bar_of(const double *measured, const bool *in, int n, int k, int i)
{
    double others[64];
    int m = 0;
    for (int j = 0; j < n; j++)
        if (j != i && in[j]) others[m++] = measured[j];
    qsort(others, (size_t)m, sizeof *others, compare);
    return m >= k ? others[k - 1] : (double)NAN;
}

static void test_bars_are_the_kth_largest_of_the_others(void **state)
{
    (void)state;
    jd_jump_t jump = jd_jump(jd_stream(3, 0, JD_DRAW_SAMPLE), 0, 0);
    jd_rng_t rng = jd_rng_at(&jump, 0);
    for (int round = 0; round < 20000; round++) {
        int n = 1 + (int)(20 * jd_rng_uniform(&rng)), k = 1 + (int)(6 * jd_rng_uniform(&rng));
        double measured[32], best[JD_POSTS_MAX + 1];
        bool in[32];
        int held = 0;
        for (int i = 0; i < n; i++) {
            measured[i] = jd_rng_uniform(&rng);
            in[i] = true;
            held = jd_contest_hold(measured[i], held, k, best);
        }
        assert_int_equal(held, n < k + 1 ? n : k + 1);
        for (int i = 0; i < n && held == k + 1; i++)
            assert_true(jd_contest_bar(measured[i], k, best) == bar_of(measured, in, n, k, i));
    }
}

/* Status: test of an equation. The mean of the push is phi(0)^-1 noise times the marginal chance to
 * win. The chance's slope comes from the same draws without a difference: d P / d mu = E[1{win} e]
 * / noise, e the own noise in SD. 400,000 draws; |z| < 4.5 in 15 comparisons, those of rare wins
 * left out: a false alarm once in 8,000 runs, and the draws are fixed. */
static void test_push_is_the_marginal_chance(void **state)
{
    (void)state;
    enum { N = 6, DRAWS = 400000, RARE = 1000 };
    static const double scores[3][N] = {
        {1, 1, 1, 1, 1, 1}, {0.9, 0.95, 1, 1.02, 1.1, 1.15}, {0.7, 0.98, 1, 1.01, 1.03, 1.3}};
    static const double noise = 0.06;
    jd_jump_t jump = jd_jump(jd_stream(4, 0, JD_DRAW_SAMPLE), 0, 0);
    jd_rng_t rng = jd_rng_at(&jump, 0);
    double worst = 0;
    for (int c = 0; c < 3; c++) {
        const int k = c + 1;
        double sum[N] = {0}, squares[N] = {0}, push_sum[N] = {0};
        int wins[N] = {0};
        for (int d = 0; d < DRAWS; d++) {
            double e[N], measured[N], best[JD_POSTS_MAX + 1];
            int held = 0;
            for (int i = 0; i < N; i++) {
                const double first = jd_rng_uniform(&rng), second = jd_rng_uniform(&rng);
                e[i] = jd_normal(first, second);
                measured[i] = scores[c][i] + noise * e[i];
                held = jd_contest_hold(measured[i], held, k, best);
            }
            for (int i = 0; i < N; i++) {
                const double bar = jd_contest_bar(measured[i], k, best);
                const double push = jd_contest_push(scores[c][i], bar, noise);
                const double gap = (measured[i] > bar ? e[i] : 0) - 0.3989422804014327 * push;
                push_sum[i] += push;
                wins[i] += measured[i] > bar;
                sum[i] += gap;
                squares[i] += gap * gap;
            }
        }
        for (int i = 0; i < N; i++) {
            const double mean = sum[i] / DRAWS,
                         error = sqrt((squares[i] / DRAWS - mean * mean) / DRAWS);
            if (wins[i] < RARE || DRAWS - wins[i] < RARE) continue; /* its error is not known */
            worst = fmax(worst, fabs(mean / error));
            assert_true(fabs(mean) < 4.5 * error);
            assert_true(error < 0.002);
        }
        print_message("k = %d: pushes %.3f %.3f %.3f %.3f %.3f %.3f\n", k, push_sum[0] / DRAWS,
                      push_sum[1] / DRAWS, push_sum[2] / DRAWS, push_sum[3] / DRAWS,
                      push_sum[4] / DRAWS, push_sum[5] / DRAWS);
    }
    print_message("largest |z| %.2f\n", worst);
}

/* Mean push of n contestants who are alike, by quadrature over the bar: the k-th largest of n - 1
 * normals, own score 0, all in SD of the noise. */
static double push_of_equals(int n, int k)
{
    const double step = 0.001;
    double sum = 0;
    for (double q = -7.5; q < 7.5; q += step) {
        const double below = 0.5 * erfc(-q * 0.70710678118654752);
        double ln = lgamma(n) - lgamma(k) - lgamma(n - k) + (k - 1) * log1p(-below) +
                    (n - 1 - k) * log(below) - 0.5 * q * q;
        sum += step * exp(ln) * 0.3989422804014327 * exp(-0.5 * q * q);
    }
    return sum;
}

/* T3, exact part. Status: test of an equation; its null is k = 1, which has no rise. Contestants
 * who are alike push hardest where n = 2 k and 2 k + 1, which tie: 6 and 7 for three posts. */
static void test_push_of_equals_peaks_at_twice_the_posts(void **state)
{
    (void)state;
    for (int k = 1; k <= 4; k++) {
        double before = 0;
        for (int n = k + 1; n <= 20; n++) {
            const double now = push_of_equals(n, k);
            if (n == 2 * k + 1)
                assert_near(now, before, 1e-9);
            else
                assert_true(n == k + 1 || (n <= 2 * k ? now > before : now < before));
            before = now;
        }
    }
    assert_near(push_of_equals(2, 1), 0.70710678118654752, 1e-6); /* E exp(-q^2/2) = 1/sqrt 2 */
    assert_near(push_of_equals(6, 3), 0.88171, 1e-5);
}

/* ---- a run, every quarter a second time ---- */

typedef struct account {
    double sum[400], year[400]; /* of each seat */
    double tour[2][400];        /* what it should be, of each street and world */
    bool rises[2][400];
    int checked, rose, capped;
    bool has[2]; /* whether tour is of an earlier quarter */
    int64_t k[3];
    double tau[3], noise, cap;
    int64_t term;
} account_t;

static double score_of(const struct jd_simulation *sim, int w, jd_level_t level, int32_t unit)
{
    double sum = 0, n = 0;
    for (int32_t s = 0; s < sim->dims.streets; s++) {
        if (level != JD_STREET && jd_tree_above(&sim->tree, s, level) != unit) continue;
        if (level == JD_STREET && s != unit) continue;
        sum += sim->world[w].output.y_s[s], n++;
    }
    return sum / n / (sim->street.world->ambition_s * sim->street.full);
}

/* One contest of world w: pushes, and who rises. */
static void recount(account_t *a, const struct jd_simulation *sim, int w, int tier, int32_t parent,
                    int64_t period)
{
    static const jd_level_t levels[] = {JD_STREET, JD_COUNTY, JD_PREFECTURE};
    const jd_level_t level = levels[tier];
    const jd_leaders_t *leaders = &sim->world[w].leaders;
    const double *measured = own(sim, w, tier, MEASURED), *score = own(sim, w, tier, SCORE);
    int32_t unit[64], seat[64];
    double noisy[64], mean[64];
    bool in[64], judged[64];
    int n = 0, contestants = 0, served = 0;
    for (int32_t u = 0; u < jd_dims_units(&sim->dims, level); u++) {
        if (sim->tree.parent[level][u] != parent) continue;
        unit[n] = u;
        seat[n] = u + (tier > 0 ? sim->dims.streets : 0) + (tier > 1 ? sim->dims.counties : 0);
        noisy[n] = measured[u];
        in[n] = leaders->age[seat[n]] < a->cap;
        judged[n] = in[n] && leaders->tenure[seat[n]] > 0;
        mean[n] = own(sim, w, tier, SUM)[u] / leaders->tenure[seat[n]];
        contestants += in[n];
        served += judged[n];
        a->capped += !in[n];
        assert_near(score[u], score_of(sim, w, level, u), 1e-12);
        assert_true(fabs(measured[u] - score[u]) < 7 * a->noise);
        n++;
    }
    const int k = (int)a->k[tier];
    const int64_t at = (period + parent + 100 * a->term) % a->term;
    for (int i = 0; i < n; i++) {
        if (in[i] && contestants > k) {
            const double z = (score[unit[i]] - bar_of(noisy, in, n, k, i)) / a->noise;
            for (int32_t s = 0; s < sim->dims.streets; s++)
                if (level == JD_STREET ? s == unit[i]
                                       : jd_tree_above(&sim->tree, s, level) == unit[i])
                    a->tour[w][s] += a->tau[tier] * exp(-z * z / 2);
        }
        if (judged[i] && served > k && at == 0)
            a->rises[w][seat[i]] = mean[i] > bar_of(mean, judged, n, k, i);
    }
}

static int account(void *user, const struct jd_simulation *sim, int64_t period)
{
    account_t *a = user;
    assert_int_equal(small_audit(NULL, sim, period), JD_OK);
    for (int w = 0; w < sim->n_worlds; w++) {
        const jd_leaders_t *leaders = &sim->world[w].leaders;
        const int from = a->has[w] ? w : 0; /* a new world is the first one's copy */
        for (int32_t seat = 0; seat < sim->dims.seats; seat++) {
            const bool rose = leaders->fate[seat] == JD_FATE_ROSE;
            assert_int_equal(rose, a->has[from] && a->rises[from][seat]);
            assert_true((leaders->tenure[seat] == 0) == (leaders->fate[seat] != JD_FATE_STAYED) ||
                        !a->has[from]);
            a->rose += rose;
        }
    }
    for (int w = 0; w < sim->n_worlds; w++) {
        memset(a->tour[w], 0, sizeof a->tour[w]);
        memset(a->rises[w], 0, sizeof a->rises[w]);
        for (int tier = 0; tier < 3; tier++) {
            static const jd_level_t above[] = {JD_COUNTY, JD_PREFECTURE, JD_PROVINCE};
            for (int32_t p = 0; p < jd_dims_units(&sim->dims, above[tier]); p++)
                recount(a, sim, w, tier, p, period);
        }
        for (int32_t s = 0; s < sim->dims.streets; s++, a->checked++)
            assert_near(sim->world[w].modifiers.tour[s], a->tour[w][s], 1e-12);
    }
    for (int w = 0; w < sim->n_worlds; w++)
        a->has[w] = true;
    return JD_OK;
}

static void test_every_quarter_is_what_the_definitions_say(void **state)
{
    (void)state;
    static const char *const set[] = {
        "tournament.street=0.5",           "tournament.street_posts=2",
        "tournament.street_noise=0.1",     "tournament.county=0.3",
        "tournament.county_noise=0.1",     "tournament.prefecture=0.2",
        "tournament.prefecture_noise=0.1", "leaders.term=6",
        "tournament.age_cap=50",           NULL};
    account_t a = {.k = {2, 1, 1}, .tau = {0.5, 0.3, 0.2}, .noise = 0.1, .cap = 50, .term = 6};
    small_t s;
    small_create(&s, set, 0);
    if (jd_simulation_run_hooked(s.sim, NULL, account, &a, &s.ctx)) fail_msg("%s", s.ctx.message);
    print_message("%d streets and quarters, %d leaders rose, %d were too old\n", a.checked, a.rose,
                  a.capped);
    assert_true(a.rose > 50 && a.capped > 200 && a.checked > 150 * 20);
    small_stop(&s);
}

/* Limits: everybody too old, or no more contestants than posts: as if the tournament were off. */
static void test_limits(void **state)
{
    (void)state;
    static const char *const off[] = {"tournament.age_cap=55", NULL};
    static const char *const cases[][3] = {
        {"tournament.street=0.5", "tournament.age_cap=18", NULL},
        {"tournament.county=0.5", "tournament.county_posts=20", NULL},
        {"tournament.street=1e-300", "leaders.rotation=0", NULL},
    };
    static const char *const same[] = {"panel/county", "panel/national", "truth/county",
                                       "panel/sector_county"};
    small_t a, b;
    small_run(&a, off, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        small_run(&b, cases[i], 0);
        assert_true(b.sim->dims.seats == 150 + 24 + 6 && a.sim->dims.seats == 0);
        for (size_t t = 0; t < sizeof same / sizeof *same; t++) {
            const jd_table_t *ta = small_table(&a, same[t]), *tb = small_table(&b, same[t]);
            for (int c = 0; c < ta->n_columns; c++)
                assert_true(same_column(ta, c, tb, c));
        }
        small_stop(&b);
    }
    small_stop(&a);
}

/* ---- leaders ---- */

/* Posted at the rate, retired at the age, and the same in both worlds as long as nobody rises. */
static int watch(void *user, const struct jd_simulation *sim, int64_t period)
{
    int64_t *n = user; /* [4] by fate */
    (void)period;
    for (int32_t seat = 0; seat < sim->dims.seats; seat++) {
        const jd_leaders_t *l = &sim->world[0].leaders;
        n[l->fate[seat]]++;
        assert_true(l->age[seat] < 60 && l->tenure[seat] >= 0);
        for (int w = 1; w < sim->n_worlds; w++)
            assert_true(sim->world[w].leaders.age[seat] == l->age[seat]);
    }
    return JD_OK;
}

static void test_leaders_turn(void **state)
{
    (void)state;
    static const char *const set[] = {"tournament.county=0.2", "tournament.county_posts=20",
                                      "leaders.rotation=0.1", "run.periods=40", NULL};
    small_t s;
    int64_t n[4] = {0};
    small_create(&s, set, 0);
    if (jd_simulation_run_hooked(s.sim, NULL, watch, n, &s.ctx)) fail_msg("%s", s.ctx.message);
    const double all = (double)(n[0] + n[1] + n[2] + n[3]), posted = (double)n[JD_FATE_POSTED];
    assert_true(all == 180 * 52);
    assert_true(n[JD_FATE_ROSE] == 0 && n[JD_FATE_RETIRED] > 0);
    /* binomial, 4.5 SD: once in 150,000 seeds */
    assert_true(fabs(posted - 0.1 * all) < 4.5 * sqrt(0.09 * all));
    small_stop(&s);
}

static void test_reviews_are_a_term_apart(void **state)
{
    (void)state;
    const jd_leaders_params_t p = {.term = 12};
    for (int64_t superior = 0; superior < 30; superior++)
        for (int64_t t = -50; t < 50; t++) {
            const int64_t left = jd_leaders_review(&p, superior, t);
            assert_true(left >= 0 && left < 12);
            assert_int_equal(jd_leaders_review(&p, superior, t + left), 0);
            assert_int_equal(jd_leaders_review(&p, superior, t + 12), left);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bars_are_the_kth_largest_of_the_others),
        cmocka_unit_test(test_push_is_the_marginal_chance),
        cmocka_unit_test(test_push_of_equals_peaks_at_twice_the_posts),
        cmocka_unit_test(test_every_quarter_is_what_the_definitions_say),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_leaders_turn),
        cmocka_unit_test(test_reviews_are_a_term_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
