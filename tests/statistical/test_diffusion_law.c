/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What policy-process diffusion does: lags by tier, clusters and designs, efforts, visits,
 * workload, the four channels of Shipan and Volden (2008) and the artefact of Boehmke (2009),
 * each beside its null. Twelve seeds a test, one number a seed; intervals are over seeds, bounds
 * 4.4 standard errors with 11 degrees of freedom: a false alarm once in 1,000 bounds, and the seeds
 * are fixed. docs/mechanisms/diffusion.md holds the numbers that are printed here. */
#include <stdlib.h>

#include "jiedao/glm.h"
#include "small_world.h"

enum { SEEDS = 12, QUARTERS = 40, STREETS = 800, COUNTIES = 160, PREFECTURES = 24 };
enum { STATE, WAS, DESIGN, ROWS, VISITS = 9 }; /* as in diffusion.c */
enum { NONE, INTERPRETED, PRACTISED };
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

static bool negative(const interval_t *v)
{
    return mean(v) < -enough * error(v);
}

static bool near_zero(const interval_t *v)
{
    return fabs(mean(v)) < enough * error(v) + 1e-12;
}

/* A run: states after each quarter's step and what the step read; officials in the quarter. */
typedef struct history {
    int8_t street[QUARTERS + 1][STREETS], county[QUARTERS + 1][COUNTIES],
        prefecture[QUARTERS + 1][PREFECTURES], design[QUARTERS + 1][STREETS];
    double effort_s[QUARTERS][STREETS], effort_w[QUARTERS][STREETS], services[QUARTERS][STREETS],
        time[QUARTERS][STREETS], visits[QUARTERS + 1][STREETS];
    double development[STREETS], development_county[COUNTIES];
    int32_t county_of[STREETS], prefecture_of[COUNTIES], province_of[PREFECTURES];
    bool on;
} history_t;

static const void *own(const struct jd_simulation *sim, int row)
{
    const jd_active_set_t *set = &sim->mechanisms;
    for (int k = 0; k < set->n; k++)
        if (strcmp(set->active[k].mechanism->section.name, "diffusion") == 0)
            return (const char *)sim->world[0].own + set->active[k].state_at[row];
    return NULL;
}

static void copy_tree(history_t *h, const jd_tree_t *tree)
{
    memcpy(h->county_of, tree->parent[JD_STREET], sizeof h->county_of);
    memcpy(h->prefecture_of, tree->parent[JD_COUNTY], sizeof h->prefecture_of);
    memcpy(h->province_of, tree->parent[JD_PREFECTURE], sizeof h->province_of);
    memcpy(h->development, tree->development[JD_STREET], sizeof h->development);
    memcpy(h->development_county, tree->development[JD_COUNTY], sizeof h->development_county);
}

/* Row t of the states is what quarter t + 1 (from 1) begins with. */
static int look(void *user, const struct jd_simulation *sim, int64_t period)
{
    history_t *h = user;
    const jd_world_t *world = &sim->world[0];
    if (period < 1) return JD_OK;
    const int64_t t = period - 1;
    memcpy(h->effort_s[t], world->output.e_s, sizeof h->effort_s[t]);
    memcpy(h->effort_w[t], world->output.e_w, sizeof h->effort_w[t]);
    memcpy(h->services[t], world->services, sizeof h->services[t]);
    memcpy(h->time[t], world->incentives.time, sizeof h->time[t]);
    h->on = own(sim, 0) != NULL;
    if (!h->on) return JD_OK;
    memcpy(h->street[t + 1], own(sim, STATE), STREETS);
    memcpy(h->design[t + 1], own(sim, DESIGN), STREETS);
    memcpy(h->county[t + 1], own(sim, ROWS + STATE), COUNTIES);
    memcpy(h->prefecture[t + 1], own(sim, 2 * ROWS + STATE), PREFECTURES);
    memcpy(h->visits[t + 1], own(sim, VISITS), sizeof h->visits[t + 1]);
    return JD_OK;
}

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
                           "rescaling.event=0",
                           "run.periods=40",
                           "run.burn_in=24"};
    int n = 10;
    small_t s;
    snprintf(first, sizeof first, "run.seed=%d", seed);
    for (; *more; more++)
        set[n++] = *more;
    memset(h, 0, sizeof *h);
    small_create(&s, set, 0);
    copy_tree(h, &s.sim->tree);
    if (jd_simulation_run_hooked(s.sim, NULL, look, h, &s.ctx)) fail_msg("%s", s.ctx.message);
    small_stop(&s);
}

#define ALL_ON "diffusion.training=0.25", "diffusion.crisis=0.01"

/* ---- lags ---- */

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Median quarter of leaving state 0; QUARTERS + 1 where it never does. */
static double median_start(const int8_t *states, int stride, int units)
{
    int first[STREETS];
    for (int i = 0; i < units; i++) {
        first[i] = 1;
        while (first[i] <= QUARTERS && states[first[i] * stride + i] == NONE)
            first[i]++;
    }
    qsort(first, (size_t)units, sizeof *first, compare);
    return first[units / 2];
}

/* Status: recovery of the cascade. Null: no training; crises strike counties and prefectures alike.
 */
static void test_lags_grow_by_tier(void **state)
{
    (void)state;
    static const char *const sets[2][8] = {
        {"diffusion.training=0.25", "diffusion.crisis=0.01", NULL},
        {"diffusion.training=0", "diffusion.crisis=0.05", "diffusion.experts=0",
         "diffusion.posted=0", NULL}};
    history_t *h = test_calloc(1, sizeof *h);
    interval_t lag[2][2] = {{{0}}};
    for (int null = 0; null < 2; null++)
        for (int seed = 1; seed <= SEEDS; seed++) {
            run(h, seed, sets[null]);
            const double p = median_start(h->prefecture[0], PREFECTURES, PREFECTURES),
                         c = median_start(h->county[0], COUNTIES, COUNTIES),
                         s = median_start(h->street[0], STREETS, STREETS);
            add(&lag[null][0], c - p);
            add(&lag[null][1], s - c);
        }
    print_message("median quarter of leaving state 0\n");
    say("counties less prefectures", &lag[0][0]);
    say("streets less counties", &lag[0][1]);
    say("no training, crises alone: counties less prefectures", &lag[1][0]);
    assert_true(positive(&lag[0][0]) && positive(&lag[0][1]));
    assert_true(near_zero(&lag[1][0]));
    test_free(h);
}

/* ---- clusters and designs ---- */

/* Variance of the share of counties of a prefecture that practise, over the binomial one, at
 * quarter t; 1 where counties are independent. */
static double clustering(const history_t *h, int t)
{
    double n[PREFECTURES] = {0}, k[PREFECTURES] = {0}, all = 0, sum = 0, degrees = 0;
    for (int c = 0; c < COUNTIES; c++) {
        n[h->prefecture_of[c]]++;
        k[h->prefecture_of[c]] += h->county[t][c] == PRACTISED;
        all += h->county[t][c] == PRACTISED;
    }
    const double p = all / COUNTIES;
    if (!(p > 0 && p < 1)) return 1;
    for (int u = 0; u < PREFECTURES; u++)
        if (n[u] > 0)
            sum += (k[u] - n[u] * p) * (k[u] - n[u] * p) / (n[u] * p * (1 - p)), degrees++;
    return sum / (degrees - 1);
}

/* First quarter in which two fifths of counties practise, or the last. */
static int two_fifths(const history_t *h)
{
    for (int t = 1; t <= QUARTERS; t++) {
        int k = 0;
        for (int c = 0; c < COUNTIES; c++)
            k += h->county[t][c] == PRACTISED;
        if (5 * k >= 2 * COUNTIES) return t;
    }
    return QUARTERS;
}

/* Share of pairs of practising streets of a county with one design. */
static double alike(const history_t *h, int t)
{
    double pairs = 0, same = 0;
    for (int a = 0; a < STREETS; a++)
        for (int b = a + 1; b < STREETS && h->county_of[b] == h->county_of[a]; b++) {
            if (h->street[t][a] != PRACTISED || h->street[t][b] != PRACTISED) continue;
            pairs++;
            same += h->design[t][a] == h->design[t][b];
        }
    return same / pairs;
}

/* Status: clusters test, designs recovery. Nulls: no peers (training alone clusters too), crises
 * alone; designs at random. */
static void test_adoption_clusters_while_designs_disperse(void **state)
{
    (void)state;
    static const char *const sets[3][8] = {{ALL_ON, NULL},
                                           {ALL_ON, "diffusion.tours=0", "diffusion.rivals=0",
                                            "diffusion.leading=0", "diffusion.experts=0",
                                            "diffusion.posted=0", NULL},
                                           {"diffusion.training=0", "diffusion.crisis=0.03",
                                            "diffusion.experts=0", "diffusion.posted=0", NULL}};
    static const char *const random_designs[] = {ALL_ON, "diffusion.copies=0", NULL};
    history_t *h = test_calloc(1, sizeof *h);
    interval_t cluster[3] = {{0}}, excess[3] = {{0}}, same[2] = {{0}};
    for (int seed = 1; seed <= SEEDS; seed++) {
        for (int i = 0; i < 3; i++) {
            run(h, seed, sets[i]);
            add(&cluster[i], clustering(h, two_fifths(h)));
            add(&excess[i], clustering(h, two_fifths(h)) - 1);
            if (i == 0) add(&same[0], alike(h, 24) - 0.125);
        }
        run(h, seed, random_designs);
        add(&same[1], alike(h, 24) - 0.125);
    }
    print_message("variance of prefectures' shares of practising counties over the binomial\n");
    say("with all channels", &cluster[0]);
    say("training and crises alone", &cluster[1]);
    say("crises alone", &cluster[2]);
    print_message("pairs of streets with one design, less 1/8\n");
    say("copies avoided", &same[0]);
    say("at random", &same[1]);
    assert_true(positive(&excess[0]) && near_zero(&excess[2]));
    assert_true(positive(&excess[1])); /* so clusters do not tell peers from superiors */
    assert_true(negative(&same[0]) && near_zero(&same[1]));
    test_free(h);
}

/* ---- efforts ---- */

/* Mean differences of S and W efforts against the run without, by state in the quarter. */
static void by_state(const history_t *with, const history_t *without, double s[3], double w[3])
{
    double n[3] = {0};
    memset(s, 0, 3 * sizeof *s);
    memset(w, 0, 3 * sizeof *w);
    for (int t = 0; t < QUARTERS; t++)
        for (int i = 0; i < STREETS; i++) {
            const int at = with->street[t][i];
            n[at]++;
            s[at] += with->effort_s[t][i] - without->effort_s[t][i];
            w[at] += with->effort_w[t][i] - without->effort_w[t][i];
        }
    for (int k = 0; k < 3; k++)
        s[k] /= n[k], w[k] /= n[k];
}

/* Status: recovery of `joint` through the officials' problem, against the time that two evaluations
 * take; null: joint = 0. */
static void test_efforts_rise_together_in_practice_only(void **state)
{
    (void)state;
    static const char *const off[] = {"diffusion.training=0", NULL}, *const sets[2][4] = {
                                                                         {ALL_ON, NULL},
                                                                         {ALL_ON,
                                                                          "diffusion.joint=0",
                                                                          NULL}};
    static const char *const names[2] = {"default", "joint = 0"};
    history_t *h = test_calloc(1, sizeof *h), *without = test_calloc(1, sizeof *h);
    interval_t s[2][3] = {{{0}}}, w[2][3] = {{{0}}};
    for (int seed = 1; seed <= SEEDS; seed++) {
        run(without, seed, off);
        for (int i = 0; i < 2; i++) {
            double ds[3], dw[3];
            run(h, seed, sets[i]);
            by_state(h, without, ds, dw);
            for (int k = 0; k < 3; k++)
                add(&s[i][k], ds[k]), add(&w[i][k], dw[k]);
        }
    }
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++) {
            char what[64];
            snprintf(what, sizeof what, "%s, state %d: S effort", names[i], k);
            say(what, &s[i][k]);
            snprintf(what, sizeof what, "%s, state %d: W effort", names[i], k);
            say(what, &w[i][k]);
        }
    assert_true(positive(&s[0][PRACTISED]) && positive(&w[0][PRACTISED]));
    for (int k = NONE; k <= INTERPRETED; k++)
        assert_true(negative(&s[0][k]) && negative(&w[0][k]));
    assert_true(negative(&s[1][PRACTISED]));
    test_free(without);
    test_free(h);
}

/* ---- visits ---- */

static double mean_services(const history_t *h)
{
    double sum = 0;
    for (int t = 0; t < QUARTERS; t++)
        for (int i = 0; i < STREETS; i++)
            sum += h->services[t][i];
    return sum / (QUARTERS * (double)STREETS);
}

/* Mean services of hosts, streets with visits in the quarter before, against the free run. */
static double of_hosts(const history_t *h, const history_t *untaxed)
{
    double sum = 0, n = 0;
    for (int t = 0; t < QUARTERS; t++)
        for (int i = 0; i < STREETS; i++)
            if (h->visits[t][i] > 0 && untaxed->visits[t][i] > 0)
                sum += h->services[t][i] - untaxed->services[t][i], n++;
    return sum / n;
}

enum { FEW, SOME, MANY, RATES };

/* Status: test; null: visits cost nothing. The rates were chosen after a first look at seven
 * between 0 and 5, with these seeds. */
static void test_visits_have_an_optimum(void **state)
{
    (void)state;
    static const char *const rates[RATES] = {"diffusion.tours=0", "diffusion.tours=1.25",
                                             "diffusion.tours=5"};
    static const char *const taxes[2] = {"diffusion.visit=0", "diffusion.visit=0.03"};
    history_t *h = test_calloc(1, sizeof *h), *untaxed = test_calloc(1, sizeof *h);
    interval_t g[2][RATES] = {{{0}}}, hosts = {0}, rise[2] = {{0}}, more[2] = {{0}};
    for (int seed = 1; seed <= SEEDS; seed++)
        for (int tax = 0; tax < 2; tax++) {
            double of[RATES];
            for (int r = 0; r < RATES; r++) {
                const char *const set[] = {ALL_ON, rates[r], taxes[tax], NULL};
                run(h, seed, set);
                of[r] = mean_services(h);
                add(&g[tax][r], of[r]);
                if (r == SOME && tax == 0) *untaxed = *h;
                if (r == SOME && tax == 1) add(&hosts, of_hosts(h, untaxed));
            }
            add(&rise[tax], of[SOME] - of[FEW]);
            add(&more[tax], of[MANY] - of[SOME]);
        }
    for (int tax = 0; tax < 2; tax++) {
        print_message("services, mean of 40 quarters, %s\n", taxes[tax]);
        for (int r = 0; r < RATES; r++)
            say(rates[r], &g[tax][r]);
        say("1.25 less 0", &rise[tax]);
        say("5 less 1.25", &more[tax]);
    }
    say("services of hosts, less those without the tax", &hosts);
    assert_true(positive(&rise[0]) && positive(&rise[1]));
    assert_true(positive(&more[0]) && negative(&more[1]));
    assert_true(negative(&hosts));
    test_free(untaxed);
    test_free(h);
}

/* ---- workload ---- */

enum { SINCE = 16 };

/* Time taken from streets that practise for the k-th quarter in a row, all since before their
 * superiors did. */
static void by_quarters(const history_t *h, double taken[SINCE])
{
    double n[SINCE] = {0};
    memset(taken, 0, SINCE * sizeof *taken);
    for (int i = 0; i < STREETS; i++)
        for (int t = 1; t < QUARTERS; t++) {
            const int c = h->county_of[i], p = h->prefecture_of[c];
            if (h->street[t][i] != PRACTISED || h->street[t - 1][i] == PRACTISED) continue;
            if (h->county[t][c] == PRACTISED || h->prefecture[t][p] == PRACTISED) continue;
            for (int k = 0; k < SINCE && t + k < QUARTERS && h->street[t + k][i] == PRACTISED; k++)
                n[k]++, taken[k] += 1 - h->time[t + k][i];
        }
    for (int k = 0; k < SINCE; k++)
        taken[k] = n[k] > 0 ? taken[k] / n[k] : (double)NAN;
}

/* Status: test. A quarter before they began nothing was taken. In the second run nobody gives up,
 * so that the fall is the superiors' adoption and no selection of those who bear little. */
static void test_workload_rises_then_falls(void **state)
{
    (void)state;
    static const char *const sets[2][8] = {
        {ALL_ON, "leaders.rotation=0.1", NULL},
        {ALL_ON, "leaders.rotation=0.1", "diffusion.fade=0", "diffusion.relapse=0", NULL}};
    history_t *h = test_calloc(1, sizeof *h);
    for (int stay = 0; stay < 2; stay++) {
        interval_t at[SINCE] = {{0}}, fall = {0};
        for (int seed = 1; seed <= SEEDS; seed++) {
            double taken[SINCE];
            run(h, seed, sets[stay]);
            by_quarters(h, taken);
            for (int k = 0; k < SINCE; k++)
                if (!isnan(taken[k])) add(&at[k], taken[k]);
            if (!isnan(taken[SINCE - 1])) add(&fall, taken[0] - taken[SINCE - 1]);
        }
        print_message("time taken from streets that began before their superiors, by quarter "
                      "since%s\n",
                      stay ? ", nobody gives up" : "");
        for (int k = 0; k < SINCE; k += 3) {
            char what[32];
            snprintf(what, sizeof what, "%d", k);
            say(what, &at[k]);
        }
        say("first less last", &fall);
        assert_true(positive(&fall));
    }
    test_free(h);
}

/* ---- event histories ---- */

enum { MOST_X = 6 };

typedef struct sample {
    int64_t n, room;
    int n_x;
    double *y, *x[MOST_X];
} sample_t;

static void sample_init(sample_t *s, int n_x, int64_t room)
{
    *s = (sample_t){.n_x = n_x, .room = room};
    s->y = test_calloc((size_t)room, sizeof *s->y);
    for (int k = 0; k < n_x; k++)
        s->x[k] = test_calloc((size_t)room, sizeof *s->y);
}

static void sample_free(sample_t *s)
{
    test_free(s->y);
    for (int k = 0; k < s->n_x; k++)
        test_free(s->x[k]);
}

static void row(sample_t *s, double y, const double *x)
{
    assert_true(s->n < s->room);
    s->y[s->n] = y;
    for (int k = 0; k < s->n_x; k++)
        s->x[k][s->n] = x[k];
    s->n++;
}

/* Logit; NaN for regressors that are dropped. */
static void logit(const sample_t *s, double beta[MOST_X])
{
    jd_ctx_t ctx;
    jd_glm_t glm = {0};
    jd_ctx_init(&ctx);
    const jd_glm_input_t input = {.family = JD_FAMILY_LOGIT,
                                  .n = s->n,
                                  .n_x = s->n_x,
                                  .x = (const double *const *)s->x,
                                  .y = s->y};
    if (jd_glm_fit(&glm, &input, &ctx)) fail_msg("logit: %s", ctx.message);
    for (int k = 0; k < s->n_x; k++)
        beta[k] = (double)NAN;
    for (int k = 0; k < glm.regression.n_kept; k++)
        beta[glm.regression.kept[k]] = glm.beta[k];
    jd_glm_free(&glm);
}

/* Least squares, by the normal equations: additive hazards are nearly linear in probability. */
static void linear(const sample_t *s, double beta[MOST_X])
{
    const int n = s->n_x;
    double a[MOST_X][MOST_X + 1] = {{0}};
    for (int64_t i = 0; i < s->n; i++)
        for (int j = 0; j < n; j++) {
            for (int k = 0; k < n; k++)
                a[j][k] += s->x[j][i] * s->x[k][i];
            a[j][n] += s->x[j][i] * s->y[i];
        }
    for (int j = 0; j < n; j++)
        for (int k = 0; k < n; k++) {
            const double f = k == j || !(fabs(a[j][j]) > 0) ? 0 : a[k][j] / a[j][j];
            for (int c = 0; c <= n && k != j; c++)
                a[k][c] -= f * a[j][c];
        }
    for (int j = 0; j < n; j++)
        beta[j] = a[j][n] / a[j][j];
}

enum { ONE, COERCION, LEARNING, COMPETITION, IMITATION, PLACEBO, CHANNELS };

/* Streets that have documents and do not practise, quarter by quarter. */
static void streets_at_risk(const history_t *h, sample_t *sample)
{
    static int total[PREFECTURES], in_prefecture[PREFECTURES];
    sample->n = 0;
    for (int t = 0; t < QUARTERS; t++) {
        int units[COUNTIES] = {0}, practise[COUNTIES] = {0}, leading[COUNTIES];
        double best[COUNTIES], most[COUNTIES];
        memset(total, 0, sizeof total);
        memset(in_prefecture, 0, sizeof in_prefecture);
        for (int c = 0; c < COUNTIES; c++)
            best[c] = most[c] = -HUGE_VAL, leading[c] = 0;
        for (int i = 0; i < STREETS; i++) {
            const int c = h->county_of[i], p = h->prefecture_of[c];
            const bool does = h->street[t][i] == PRACTISED;
            units[c]++, total[p]++;
            practise[c] += does, in_prefecture[p] += does;
            if (does) best[c] = fmax(best[c], h->services[t][i]);
            if (h->development[i] > most[c]) most[c] = h->development[i], leading[c] = does;
        }
        for (int i = 0; i < STREETS; i++) {
            const int c = h->county_of[i], p = h->prefecture_of[c];
            if (h->street[t][i] != INTERPRETED) continue;
            const int others = total[p] - units[c];
            const double x[CHANNELS] = {
                [ONE] = 1,
                [COERCION] = h->county[t][c] == PRACTISED,
                [LEARNING] = best[c] > h->services[t][i] ? (double)practise[c] / (units[c] - 1) : 0,
                [COMPETITION] = others > 0 ? (double)(in_prefecture[p] - practise[c]) / others : 0,
                [IMITATION] = leading[c],
                [PLACEBO] = h->county[t][(c + COUNTIES / 2) % COUNTIES] == PRACTISED};
            row(sample, h->street[t + 1][i] == PRACTISED, x);
        }
    }
}

/* Shipan, Volden 2008. Status: recovery; each channel that can be is switched off in turn. Coercion
 * cannot: without training nobody has documents. Its null is the superior of a county in another
 * province. The hazards add, so that the linear probability has the right form and the logit has
 * not. Leaders posted within the prefecture look like competition: with them it does not vanish. */
static void test_four_channels(void **state)
{
    (void)state;
    static const struct {
        const char *name, *off[2];
        int absent;
    } cases[] = {
        {"all on", {"diffusion.posted=0", NULL}, PLACEBO},
        {"no learning", {"diffusion.posted=0", "diffusion.tours=0"}, LEARNING},
        {"no competition", {"diffusion.posted=0", "diffusion.rivals=0"}, COMPETITION},
        {"no imitation", {"diffusion.posted=0", "diffusion.leading=0"}, IMITATION},
        {"no competition, but posted leaders", {"diffusion.rivals=0", NULL}, 0},
    };
    static const char *const names[CHANNELS] = {
        "", "coercion", "learning", "competition", "imitation", "a superior elsewhere"};
    history_t *h = test_calloc(1, sizeof *h);
    sample_t sample;
    sample_init(&sample, CHANNELS, (int64_t)QUARTERS * STREETS);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        interval_t by_logit[CHANNELS] = {{0}}, by_ols[CHANNELS] = {{0}};
        for (int seed = 1; seed <= SEEDS; seed++) {
            const char *const set[] = {"diffusion.training=0.1", "diffusion.crisis=0.02",
                                       "diffusion.tours=0.1",    "diffusion.rivals=0.1",
                                       "diffusion.leading=0.1",  cases[i].off[0],
                                       cases[i].off[1],          NULL};
            double beta[MOST_X];
            run(h, seed, set);
            streets_at_risk(h, &sample);
            logit(&sample, beta);
            for (int k = 0; k < CHANNELS; k++)
                add(&by_logit[k], beta[k]);
            linear(&sample, beta);
            for (int k = 0; k < CHANNELS; k++)
                add(&by_ols[k], beta[k]);
        }
        print_message("%s: logit, linear probability\n", cases[i].name);
        for (int k = 1; k < CHANNELS; k++) {
            say(names[k], &by_logit[k]);
            say("", &by_ols[k]);
            if (cases[i].absent == 0) continue;
            if (k == cases[i].absent || k == PLACEBO)
                assert_true(near_zero(&by_ols[k]));
            else
                assert_true(positive(&by_ols[k]) && positive(&by_logit[k]));
        }
    }
    sample_free(&sample);
    test_free(h);
}

/* ---- Boehmke ---- */

enum { D_ONE, D_SAME, D_LARGER, D_PUSHED, D_DOCUMENTS, D_X };

/* Directed dyads of counties of one province, i at risk, every second quarter: i begins to practise
 * and j did before. */
static void dyads(const history_t *h, sample_t *s, bool opportunity, bool controlled)
{
    s->n = 0;
    s->n_x = controlled ? D_X : D_PUSHED;
    for (int t = 0; t < QUARTERS; t += 2)
        for (int i = 0; i < COUNTIES; i++) {
            const int p = h->prefecture_of[i];
            if (h->county[t][i] == PRACTISED) continue;
            for (int j = 0; j < COUNTIES; j++) {
                const int q = h->prefecture_of[j];
                const bool has = h->county[t][j] == PRACTISED;
                if (i == j || h->province_of[p] != h->province_of[q]) continue;
                if (opportunity && !has) continue;
                const double x[D_X] = {
                    [D_ONE] = 1,
                    [D_SAME] = p == q,
                    [D_LARGER] = h->development_county[j] > h->development_county[i],
                    [D_PUSHED] = h->county[t][i] == INTERPRETED && h->prefecture[t][p] == PRACTISED,
                    [D_DOCUMENTS] = h->county[t][i] == INTERPRETED};
                row(s, has && h->county[t + 1][i] == PRACTISED, x);
            }
        }
}

/* P14. Status: test of a method; there is no emulation at all, only superiors and crises. */
static void test_dyads_see_emulation_where_there_is_none(void **state)
{
    (void)state;
    static const char *const sets[2][8] = {
        {"diffusion.training=0.15", "diffusion.crisis=0.02", "diffusion.tours=0",
         "diffusion.rivals=0", "diffusion.leading=0", "diffusion.experts=0", "diffusion.posted=0",
         NULL},
        {"diffusion.training=0.15", "diffusion.crisis=0.02", "diffusion.tours=0.5",
         "diffusion.rivals=0", "diffusion.leading=0", "diffusion.experts=0", "diffusion.posted=0",
         NULL}};
    history_t *h = test_calloc(1, sizeof *h);
    sample_t sample;
    sample_init(&sample, D_X, 300000);
    for (int emulates = 0; emulates < 2; emulates++) {
        interval_t same[4] = {{0}}, larger[4] = {{0}};
        for (int seed = 1; seed <= SEEDS; seed++) {
            run(h, seed, sets[emulates]);
            for (int model = 0; model < 4; model++) {
                double beta[MOST_X];
                sample.n_x = D_X;
                dyads(h, &sample, model & 1, model & 2);
                logit(&sample, beta);
                add(&same[model], beta[D_SAME]);
                add(&larger[model], beta[D_LARGER]);
                sample.n_x = D_X;
            }
        }
        static const char *const names[4] = {"all dyads", "given opportunity",
                                             "all dyads, superior known",
                                             "given opportunity, superior known"};
        print_message("%s: dyadic logit\n", emulates ? "tours" : "no emulation");
        for (int model = 0; model < 4; model++) {
            char what[96];
            snprintf(what, sizeof what, "%s: same prefecture", names[model]);
            say(what, &same[model]);
            snprintf(what, sizeof what, "%s: j more developed", names[model]);
            say(what, &larger[model]);
            assert_true(near_zero(&larger[model]));
        }
        if (emulates) {
            assert_true(positive(&same[3]));
            continue;
        }
        assert_true(positive(&same[2])); /* the artefact, although the superior is known */
        assert_true(positive(&same[1])); /* and a common superior, although j has it */
        assert_true(near_zero(&same[3]));
    }
    sample_free(&sample);
    test_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lags_grow_by_tier),
        cmocka_unit_test(test_adoption_clusters_while_designs_disperse),
        cmocka_unit_test(test_efforts_rise_together_in_practice_only),
        cmocka_unit_test(test_visits_have_an_optimum),
        cmocka_unit_test(test_workload_rises_then_falls),
        cmocka_unit_test(test_four_channels),
        cmocka_unit_test(test_dyads_see_emulation_where_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
