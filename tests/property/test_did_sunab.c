/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sun-Abraham against dense dummies and plain loops on random awkward panels, unbalanced, weighted,
 * with and without never-treated units, event times binned or not. */
#include "support.h"

#include "jiedao/did.h"
#include "property/did_dense.h"

enum { TRIALS = 150 };

/* Takes a row out of a trial. */
static void cut_row(trial_t *t, int row)
{
    for (int i = row; i + 1 < t->panel.n; i++)
        swap_rows(t, i, i + 1);
    t->panel.n--;
}

static int row_is_used(const trial_t *t, int row)
{
    return !t->panel.weight || t->weight[row] > 0;
}

/* Leaves the rows Sun-Abraham can use, the last cohort as control where there is no other. */
static void cut_sample(trial_t *t)
{
    int last = INT32_MIN, latest = INT32_MIN, never = 0;
    for (int i = 0; i < t->panel.n; i++)
        if (!row_is_used(t, i)) cut_row(t, i--);
    for (int i = 0; i < t->panel.n; i++)
        last = t->time[i] > last ? t->time[i] : last;
    for (int i = 0; i < t->panel.n; i++)
        if (t->cohort[i] > last) t->cohort[i] = 0;
    for (int i = 0; i < t->panel.n; i++) {
        int before = t->cohort[i] == 0;
        for (int j = 0; j < t->panel.n; j++)
            before |= t->unit[j] == t->unit[i] && t->time[j] < t->cohort[j];
        if (!before) cut_row(t, i--);
    }
    for (int i = 0; i < t->panel.n; i++) {
        never |= t->cohort[i] == 0;
        latest = t->cohort[i] > latest ? t->cohort[i] : latest;
    }
    for (int i = 0; !never && i < t->panel.n; i++)
        if (t->time[i] >= latest) cut_row(t, i--);
    for (int i = 0; !never && i < t->panel.n; i++)
        if (t->cohort[i] == latest) t->cohort[i] = 0;
}

/* Whether a cell counts for a term: "att", "e=...", "g=...", "t=...", or the cell's own name. */
static int counts_for(const jd_term_t *term, int g, int s)
{
    char own[JD_TERM_NAME], cohort[JD_TERM_NAME], period[JD_TERM_NAME];
    snprintf(own, sizeof own, "g=%d,t=%d", g, s);
    snprintf(cohort, sizeof cohort, "g=%d", g);
    snprintf(period, sizeof period, "t=%d", s);
    if (term->kind == JD_TERM_EVENT) return s - g >= term->event_first && s - g <= term->event_last;
    if (strcmp(term->name, own) == 0) return 1;
    return s >= g && (!strcmp(term->name, "att") || !strcmp(term->name, cohort) ||
                      !strcmp(term->name, period));
}

/* Counts bins away from adoption, one at a time. */
static int bin_of(const jd_did_options_t *options, int e)
{
    int width = options->bin_width > 1 ? options->bin_width : 1, bin = 0;
    if (e <= options->bin_first) e = options->bin_first;
    if (e >= options->bin_last) e = options->bin_last;
    while (bin * width > e)
        bin--;
    while (bin * width + width <= e)
        bin++;
    return bin;
}

typedef struct {
    int g[MAX_COLUMNS], s[MAX_COLUMNS]; /* of each kept coefficient; g = 0: a covariate */
    double mass[MAX_COLUMNS];
} dense_cells_t;

static int clamp(const jd_did_options_t *options, int e)
{
    return e < options->bin_first  ? options->bin_first
           : e > options->bin_last ? options->bin_last
                                   : e;
}

/* Column [n] of the cells of cohort g that share a bin with period s, if s is the first of them;
 * returns the weight of their rows. */
static double fill_cell(const trial_t *t, const jd_did_options_t *options, const dense_t *out,
                        int g, int s, long double *x)
{
    double mass = 0;
    int reference = dense_reference(t, out->kept_rows, out->n, g);
    if (reference < options->bin_first) reference = options->bin_first;
    for (int i = 0; i < out->n; i++) {
        int row = out->kept_rows[i], e = t->time[row] - g;
        double w = t->panel.weight ? t->weight[row] : 1;
        int in = t->cohort[row] == g && clamp(options, e) != reference &&
                 clamp(options, s - g) != reference && bin_of(options, e) == bin_of(options, s - g);
        if (in && t->time[row] < s) return 0;
        x[i] = in ? sqrtl((long double)w) : 0;
        mass += in ? w : 0;
    }
    return mass;
}

/* A period of the cohort is seen: else a bin would be counted under a period before it. */
static int is_seen(const trial_t *t, const dense_t *out, int g, int s)
{
    for (int i = 0; i < out->n; i++)
        if (t->cohort[out->kept_rows[i]] == g && t->time[out->kept_rows[i]] == s) return 1;
    return 0;
}

/* Regresses y on all cells but each cohort's last before adoption, by dummies; the trial is already
 * cut. Returns 0 if a cell is collinear with the others. */
static int dense_regress(const trial_t *t, const jd_did_options_t *options,
                         const jd_vcov_options_t *vcov, dense_t *out, dense_cells_t *cells)
{
    static basis_t b;
    static long double x[MAX_ROWS], e[MAX_ROWS], fit[MAX_COLUMNS];
    const int32_t *effects[2 + MAX_FIXED];
    memset(out, 0, sizeof *out);
    memset(&b, 0, sizeof b);
    memset(cells, 0, sizeof *cells);
    int n_effects = dense_effects(t, "sun_abraham", options, effects);
    int lost = 0;
    dense_sample(t, 0, 1, n_effects, effects, out);
    const int *rows = out->kept_rows;
    b.n = out->n;
#define WEIGHT(i) (t->panel.weight ? (long double)t->weight[rows[i]] : 1.0L)
    for (int f = 0; f < n_effects; f++)
        for (int l = 0; l < out->n; l++) {
            if (!is_first(effects[f], rows, l)) continue;
            for (int i = 0; i < out->n; i++)
                x[i] = effects[f][rows[i]] == effects[f][rows[l]] ? sqrtl(WEIGHT(i)) : 0;
            add_column(&b, x, 1e-9L);
        }
    int dummies = b.n_q;
    for (int g = 1; g < 2020; g += g == 20 ? 1980 : 1)
        for (int s = 1; s < 2020; s += s == 20 ? 1980 : 1) {
            double mass = is_seen(t, out, g, s) ? fill_cell(t, options, out, g, s, x) : 0;
            if (mass == 0) continue;
            if (!add_column(&b, x, 1e-7L)) {
                lost = 1;
                continue;
            }
            cells->g[out->n_terms] = g;
            cells->s[out->n_terms] = s;
            cells->mass[out->n_terms++] = mass;
        }
    for (int k = 0; k < t->panel.n_x; k++) {
        for (int i = 0; i < out->n; i++)
            x[i] = t->x[k][rows[i]] * sqrtl(WEIGHT(i));
        if (add_column(&b, x, 1e-7L)) out->n_terms++;
    }
    for (int i = 0; i < out->n; i++)
        e[i] = t->y[rows[i]] * sqrtl(WEIGHT(i));
#undef WEIGHT
    for (int k = 0; k < b.n_q; k++) {
        fit[k] = 0;
        for (int i = 0; i < out->n; i++)
            fit[k] += b.q[k][i] * e[i];
        for (int i = 0; i < out->n; i++)
            e[i] -= fit[k] * b.q[k][i];
    }
    for (int k = out->n_terms - 1; k >= 0; k--) {
        long double sum = fit[dummies + k];
        for (int m = k + 1; m < out->n_terms; m++)
            sum -= b.r[dummies + k][dummies + m] * (long double)out->beta[m];
        out->beta[k] = (double)(sum / b.r[dummies + k][dummies + k]);
    }
    dense_vcov(t, effects, n_effects, vcov, &b, dummies, e, out);
    return !lost;
}

/* Compares one term; 1 if it is wrong. */
static int compare(uint64_t seed, const jd_term_t *term, double estimate, double se,
                   const dense_t *dense, const dense_cells_t *cells)
{
    double total = 0, mean = 0, variance = 0;
    for (int k = 0; k < dense->n_terms; k++)
        if (cells->g[k] && counts_for(term, cells->g[k], cells->s[k])) total += cells->mass[k];
    for (int k = 0; k < dense->n_terms; k++) {
        if (!cells->g[k] || !counts_for(term, cells->g[k], cells->s[k])) continue;
        mean += cells->mass[k] / total * dense->beta[k];
        for (int m = 0; m < dense->n_terms; m++)
            if (cells->g[m] && counts_for(term, cells->g[m], cells->s[m]))
                variance += cells->mass[k] / total * cells->mass[m] / total * dense->vcov[k][m];
    }
    if (fabs(estimate - mean) <= 1e-8 * (fabs(mean) + sqrt(variance)) &&
        fabs(se - sqrt(variance)) <= 1e-7 * sqrt(variance) + 1e-12)
        return 0;
    print_error("seed %llu: %s is %.17g (%.17g), dense %.17g (%.17g)\n", (unsigned long long)seed,
                term->name, estimate, se, mean, sqrt(variance));
    return 1;
}

static int try_one(uint64_t seed, int *answered)
{
    static trial_t trial, cut;
    static dense_t dense;
    static dense_cells_t cells;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    options.aggregate = (jd_aggregate_t)(seed % 5);
    if (seed % 3 == 1) options.bin_width = 2 + (int32_t)(seed / 3 % 3);
    if (seed % 7 == 2) options.bin_first = -2;
    if (seed % 7 > 4) options.bin_last = 2;
    int binned = options.bin_width || options.bin_first == -2 || options.bin_last == 2;
    if (binned && options.aggregate == JD_AGGREGATE_CALENDAR)
        options.aggregate = JD_AGGREGATE_EVENT;
    make_trial(&trial, seed);
    int first = trial.time[0];
    for (int i = 0; i < trial.panel.n; i++)
        first = trial.time[i] < first ? trial.time[i] : first;
    for (int i = 0; i < trial.panel.n; i++) { /* no never-treated; some always treated */
        if (trial.panel.treated) continue;
        if (seed % 4 == 1 && trial.cohort[i] == 0) trial.cohort[i] = first + 3;
        if (seed % 5 == 1 && trial.cohort[i] == first + 1) trial.cohort[i] = first;
    }
    jd_vcov_options_t vcov = {.kind = (jd_vcov_t)(seed % 3)};
    int rc =
        jd_design_prepare(&design, jd_estimator_find("sun_abraham"), &trial.panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(design, trial.y, &vcov, 0.95, &fit, &ctx);
    cut = trial;
    cut_sample(&cut);
    int identified = dense_regress(&cut, &options, &vcov, &dense, &cells), wrong = 0;
    if (!rc) {
        ++*answered;
        wrong += !identified;
        wrong += fit.n_obs != dense.n || fit.facts.df != dense.df;
        for (int k = 0; k < fit.n_terms; k++)
            if (jd_design_terms(design)[k].kind != JD_TERM_OTHER)
                wrong += compare(seed, &jd_design_terms(design)[k], fit.estimate[k],
                                 fit.std_error[k], &dense, &cells);
    } else if (identified && cells.g[0] && dense.df > 0 && dense.n_terms + 20 < dense.n) {
        print_error("seed %llu: refused: %s\n", (unsigned long long)seed, ctx.message);
        wrong = 1;
    }
    if (wrong)
        print_error("seed %llu: %d rows, dense %d\n", (unsigned long long)seed, (int)fit.n_obs,
                    dense.n);
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

static void test_sun_abraham_equals_the_dense_way(void **state)
{
    (void)state;
    int wrong = 0, answered = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++)
        wrong += try_one(seed, &answered);
    print_message("%d of %d panels answered\n", answered, TRIALS);
    assert_int_equal(wrong, 0);
    assert_true(answered > TRIALS * 3 / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sun_abraham_equals_the_dense_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
