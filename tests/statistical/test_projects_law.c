/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What optional projects do: which drive dominates, whether honour makes leaders return, what a
 * champion in the city adds to life and costs, waves, and who copies, each beside its null. Twelve
 * seeds a test, one number a seed; intervals are over seeds, bounds 4.4 standard errors with 11
 * degrees of freedom: a false alarm once in 1,000 bounds, and the seeds are fixed.
 * docs/mechanisms/projects.md holds the numbers that are printed here. */
#include <stdlib.h>

#include "jiedao/random.h"
#include "small_world.h"

enum { SEEDS = 12, QUARTERS = 80, STREETS = 800, PREFECTURES = 24, MOST = 60000 };
enum { LAUNCHED = 1, IS_RECOGNISED, ENDED, BY_LEAVING = 3 };
enum { EVALUATION = 1, RIVALS, SERVICES, RESIDENTS, VALUES, HONOUR };
enum { THEMES = 6 };
static const double enough = 4.4;

typedef struct interval {
    double sum, squares;
    int n;
} interval_t;

static void add(interval_t *v, double x)
{
    v->sum += x, v->squares += x * x, v->n++;
}

static double mean(const interval_t *v)
{
    return v->sum / v->n;
}

static double error(const interval_t *v)
{
    return sqrt(fmax(0, v->squares / v->n - mean(v) * mean(v)) / (v->n - 1));
}

static void say(const char *what, const interval_t *v)
{
    print_message("  %-58s %+.4f (%.4f)\n", what, mean(v), error(v));
}

static bool positive(const interval_t *v)
{
    return mean(v) > enough * error(v);
}

/* A run's events, and means over streets and quarters. */
typedef struct history {
    int n, period[MOST], street[MOST], what[MOST], cause[MOST], theme[MOST], age[MOST],
        copied[MOST];
    int32_t prefecture[STREETS], first;
    double services, friction, cells;
} history_t;

static int take(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    history_t *h = user;
    (void)ctx;
    if (strcmp(rows->name, "mechanisms/projects") != 0) return JD_OK;
    for (int64_t i = 0; i < rows->rows; i++, h->n++) {
        assert_true(h->n < MOST);
        h->period[h->n] = (int)small_cell(rows, "period", i);
        h->street[h->n] = (int)small_cell(rows, "unit", i) - h->first;
        h->what[h->n] = (int)small_cell(rows, "what", i);
        h->cause[h->n] = (int)small_cell(rows, "cause", i);
        h->theme[h->n] = (int)small_cell(rows, "theme", i);
        h->age[h->n] = (int)small_cell(rows, "age", i);
        h->copied[h->n] = (int)small_cell(rows, "copied", i);
    }
    return JD_OK;
}

static int look(void *user, const struct jd_simulation *sim, int64_t period)
{
    history_t *h = user;
    if (period < 1) return JD_OK;
    for (int32_t s = 0; s < sim->dims.streets; s++) {
        h->services += sim->world[0].services[s];
        h->friction += sim->world[0].log_friction[s];
        h->cells++;
    }
    return JD_OK;
}

#define EQUAL                                                                      \
    "projects.evaluation=0.05", "projects.rivals=0.05", "projects.services=0.05",  \
        "projects.residents=0.05", "projects.values=0.05", "projects.honour=0.05", \
        "officials.horizontal=0.2"

static void run(history_t *h, int seed, const char *const *more)
{
    char first[32];
    const char *set[32] = {first,
                           "world.provinces=4",
                           "world.prefectures=24",
                           "world.counties=160",
                           "world.streets=800",
                           "firms.n=1000",
                           "policy.share=0",
                           "run.periods=80",
                           "run.burn_in=24"};
    int n = 9;
    small_t s;
    snprintf(first, sizeof first, "run.seed=%d", seed);
    for (; *more; more++)
        set[n++] = *more;
    memset(h, 0, sizeof *h);
    small_create(&s, set, 0);
    h->first = 1 + s.sim->dims.provinces + s.sim->dims.prefectures + s.sim->dims.counties;
    for (int32_t i = 0; i < STREETS; i++)
        h->prefecture[i] = jd_tree_above(&s.sim->tree, i, JD_PREFECTURE);
    const jd_sink_t sink = {take, h};
    if (jd_simulation_run_hooked(s.sim, &sink, look, h, &s.ctx)) fail_msg("%s", s.ctx.message);
    h->services /= h->cells, h->friction /= h->cells;
    small_stop(&s);
}

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static double median_life(const history_t *h)
{
    static int life[MOST];
    int n = 0;
    for (int i = 0; i < h->n; i++)
        if (h->what[i] == ENDED) life[n++] = h->age[i];
    qsort(life, (size_t)n, sizeof *life, compare);
    return life[n / 2];
}

/* The text: values first. Status: test at equal rates, which are the null: no drive is preferred,
 * and what differs is how strong each is where the others are at work. */
static void test_which_drive_dominates(void **state)
{
    (void)state;
    static const char *const set[] = {EQUAL, NULL}, *const names[] = {"",          "evaluation",
                                                                      "rivals",    "services",
                                                                      "residents", "values",
                                                                      "honour"};
    static const char *const four[] = {EQUAL, "projects.values=0.2", NULL};
    history_t *h = test_calloc(1, sizeof *h);
    interval_t share[2][HONOUR + 1] = {{{0}}}, first = {0};
    for (int seed = 1; seed <= SEEDS; seed++)
        for (int more = 0; more < 2; more++) {
            double n[HONOUR + 1] = {0}, all = 0;
            run(h, seed, more ? four : set);
            for (int i = 0; i < h->n; i++)
                if (h->what[i] == LAUNCHED) n[h->cause[i]]++, all++;
            for (int d = EVALUATION; d <= HONOUR; d++)
                add(&share[more][d], n[d] / all);
            if (!more) add(&first, (n[SERVICES] - n[VALUES]) / all);
        }
    for (int more = 0; more < 2; more++) {
        print_message("share of launches, %s\n",
                      more ? "values at four times the others' rate" : "all rates 0.05");
        for (int d = EVALUATION; d <= HONOUR; d++)
            say(names[d], &share[more][d]);
    }
    assert_true(positive(&first)); /* services, not values */
    test_free(h);
}

/* Share of streets that launch again within two years of an end, by whether the ended project was
 * recognised. */
static void relaunched(const history_t *h, double share[2])
{
    static int ended[STREETS], famous[STREETS];
    double n[2] = {0};
    share[0] = share[1] = 0;
    for (int s = 0; s < STREETS; s++)
        ended[s] = 0, famous[s] = 0;
    for (int i = 0; i < h->n; i++) {
        const int s = h->street[i];
        if (h->what[i] == IS_RECOGNISED) famous[s] = 1;
        if (h->what[i] == ENDED) {
            ended[s] = h->period[i] + (famous[s] ? 1000 : 0), famous[s] = 0;
            if (h->period[i] <= QUARTERS - 8) n[ended[s] > 1000]++;
        }
        if (h->what[i] == LAUNCHED && ended[s] > 0) {
            const int at = ended[s] % 1000;
            if (at <= QUARTERS - 8 && h->period[i] - at <= 8) share[ended[s] > 1000]++;
            ended[s] = 0;
        }
    }
    share[0] /= n[0], share[1] /= n[1];
}

/* Status: recovery of honour; null: honour = 0, where what is left is that streets differ. */
static void test_leaders_of_old_return_sooner(void **state)
{
    (void)state;
    static const char *const sets[2][12] = {{EQUAL, "projects.honour=0.1", NULL},
                                            {EQUAL, "projects.honour=0", NULL}};
    history_t *h = test_calloc(1, sizeof *h);
    interval_t gap[2] = {{0}}, more = {0};
    for (int seed = 1; seed <= SEEDS; seed++) {
        double of[2];
        for (int null = 0; null < 2; null++) {
            double share[2];
            run(h, seed, sets[null]);
            relaunched(h, share);
            of[null] = share[1] - share[0];
            add(&gap[null], of[null]);
        }
        add(&more, of[0] - of[1]);
    }
    print_message("launch again within two years, recognised less other\n");
    say("honour 0.1", &gap[0]);
    say("honour 0", &gap[1]);
    say("difference", &more);
    assert_true(positive(&gap[0]) && positive(&more));
    test_free(h);
}

/* Status: test (how much, at what cost); null: no champion in the city, and no project at all. */
static void test_city_champions_lengthen_life_at_a_cost(void **state)
{
    (void)state;
    static const char *const sets[3][12] = {
        {EQUAL, NULL}, {EQUAL, "projects.city=1", NULL}, {"officials.horizontal=0.2", NULL}};
    history_t *h = test_calloc(1, sizeof *h);
    interval_t life[2] = {{0}}, left[2] = {{0}}, longer = {0}, live = {0}, services[3] = {{0}},
               friction[3] = {{0}}, cost_g = {0}, cost_f = {0}, all_f = {0};
    for (int seed = 1; seed <= SEEDS; seed++) {
        double mean_life[2], g[3], f[3], lived[2];
        for (int i = 0; i < 3; i++) {
            run(h, seed, sets[i]);
            g[i] = h->services, f[i] = h->friction;
            add(&services[i], g[i]), add(&friction[i], f[i]);
            if (i == 2) continue;
            double sum = 0, n = 0, leaving = 0;
            for (int k = 0; k < h->n; k++)
                if (h->what[k] == ENDED)
                    sum += h->age[k], n++, leaving += h->cause[k] == BY_LEAVING;
            mean_life[i] = sum / n, lived[i] = sum;
            add(&life[i], mean_life[i]);
            add(&left[i], leaving / n);
        }
        add(&longer, mean_life[1] - mean_life[0]);
        add(&live, lived[1] / lived[0] - 1);
        add(&cost_g, g[1] - g[0]);
        add(&cost_f, f[1] - f[0]);
        add(&all_f, f[0] - f[2]);
    }
    say("mean life, street champions", &life[0]);
    say("mean life, city champions too", &life[1]);
    say("difference, quarters", &longer);
    say("ended by a leader's leaving, street champions", &left[0]);
    say("ended by a leader's leaving, city champions too", &left[1]);
    say("project-quarters, relative rise", &live);
    say("services without projects", &services[2]);
    say("services, street champions", &services[0]);
    say("city champions' difference in services", &cost_g);
    say("friction f without projects", &friction[2]);
    say("projects' difference in f", &all_f);
    say("city champions' difference in f", &cost_f);
    assert_true(positive(&longer) && positive(&all_f));
    test_free(h);
}

/* What prefectures' live projects have in common. */
typedef struct common {
    double waves;   /* times a theme comes to three at once, a prefecture and decade */
    double largest; /* share of the commonest theme, mean over events */
} common_t;

static common_t in_common(const history_t *h, const int *theme)
{
    static int live[PREFECTURES][THEMES + 1], mine[STREETS];
    common_t x = {0, 0};
    double n = 0;
    memset(live, 0, sizeof live);
    memset(mine, 0, sizeof mine);
    for (int i = 0; i < h->n; i++) {
        const int s = h->street[i], p = h->prefecture[s];
        if (h->what[i] == LAUNCHED) {
            mine[s] = theme[i];
            x.waves += ++live[p][theme[i]] == 3;
        } else if (h->what[i] == ENDED && mine[s]) {
            live[p][mine[s]]--;
            mine[s] = 0;
        }
        int all = 0, most = 0;
        for (int k = 1; k <= THEMES; k++)
            all += live[p][k], most = live[p][k] > most ? live[p][k] : most;
        if (all > 0) x.largest += (double)most / all, n++;
    }
    x.waves /= PREFECTURES * (QUARTERS / 40.0);
    x.largest /= n;
    return x;
}

/* Themes of launches, in another order. */
static void shuffle(const history_t *h, int seed, int *theme)
{
    static int at[MOST];
    int n = 0;
    const jd_jump_t jump = jd_jump(jd_stream((uint64_t)seed, 0, JD_DRAW_PERMUTE), 0, 0);
    jd_rng_t rng = jd_rng_at(&jump, 0);
    memcpy(theme, h->theme, (size_t)h->n * sizeof *theme);
    for (int i = 0; i < h->n; i++)
        if (h->what[i] == LAUNCHED) at[n++] = i;
    for (int k = n - 1; k > 0; k--) {
        const int j = (int)(jd_rng_uniform(&rng) * (k + 1)), kept = theme[at[k]];
        theme[at[k]] = theme[at[j]];
        theme[at[j]] = kept;
    }
}

/* Share of launches that copy a live project of the county: of streets whose launch before was the
 * first of its kind there, and of those whose was a copy. */
static void copies(const history_t *h, double share[2])
{
    static int before[STREETS];
    double n[2] = {0};
    share[0] = share[1] = 0;
    for (int s = 0; s < STREETS; s++)
        before[s] = -1;
    for (int i = 0; i < h->n; i++) {
        const int s = h->street[i];
        if (h->what[i] != LAUNCHED) continue;
        if (before[s] >= 0) n[before[s]]++, share[before[s]] += h->copied[i] > 0;
        before[s] = h->copied[i] > 0;
    }
    share[0] /= n[0], share[1] /= n[1];
}

/* Status: reported; nulls: themes of launches in another order, followers. Waves counted as times
 * do not rise but fall: tastes and rivals hold a theme above three, where others come and go. */
static void test_waves_and_who_copies(void **state)
{
    (void)state;
    static const char *const set[] = {EQUAL, NULL};
    static int theme[MOST];
    history_t *h = test_calloc(1, sizeof *h);
    interval_t wave = {0}, shuffled = {0}, more = {0}, largest = {0}, by_chance = {0}, larger = {0},
               leaders = {0}, followers = {0}, gap = {0}, life = {0};
    for (int seed = 1; seed <= SEEDS; seed++) {
        double share[2];
        run(h, seed, set);
        shuffle(h, seed, theme);
        const common_t real = in_common(h, h->theme), null = in_common(h, theme);
        copies(h, share);
        add(&wave, real.waves), add(&shuffled, null.waves), add(&more, real.waves - null.waves);
        add(&largest, real.largest), add(&by_chance, null.largest);
        add(&larger, real.largest - null.largest);
        add(&leaders, share[0]), add(&followers, share[1]), add(&gap, share[0] - share[1]);
        add(&life, median_life(h));
    }
    say("median life, quarters", &life);
    say("waves a prefecture and decade", &wave);
    say("themes shuffled", &shuffled);
    say("difference", &more);
    say("share of the commonest theme", &largest);
    say("themes shuffled", &by_chance);
    say("leaders who copy next", &leaders);
    say("followers who copy next", &followers);
    say("difference", &gap);
    assert_true(positive(&larger));
    test_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_drive_dominates),
        cmocka_unit_test(test_leaders_of_old_return_sooner),
        cmocka_unit_test(test_city_champions_lengthen_life_at_a_cost),
        cmocka_unit_test(test_waves_and_who_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
