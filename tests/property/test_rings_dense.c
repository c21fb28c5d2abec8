/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rings on random awkward panels: exposures by haversine and plain loops, then dense least squares
 * on explicit dummies. */
#include "support.h"

#include "property/did_dense.h"

enum { TRIALS = 45, MAX_TERM = 80, MAX_RINGS = 3 };

typedef struct {
    double latitude[MAX_ROWS], longitude[MAX_ROWS], dose[MAX_ROWS];
    double edge[MAX_RINGS];
    jd_did_options_t options;
} places_t;

static double haversine(const places_t *p, int i, int j)
{
    double r = acos(-1.0) / 180, a = sin((p->latitude[i] - p->latitude[j]) * r / 2),
           b = sin((p->longitude[i] - p->longitude[j]) * r / 2);
    double h = a * a + cos(p->latitude[i] * r) * cos(p->latitude[j] * r) * b * b;
    return 12742.0176 * asin(sqrt(h));
}

/* What a unit's row is exposed to in ring k at time s. */
static double exposed(const trial_t *t, const places_t *p, int i, int k, int s)
{
    double nearest = INFINITY, count = 0, all = 0, decay = 0;
    for (int j = 0; j < t->panel.n; j++) {
        int again = 0;
        for (int m = 0; m < j; m++)
            again |= t->unit[m] == t->unit[j];
        if (again || t->unit[j] == t->unit[i]) continue;
        double km = haversine(p, i, j);
        int here = km <= p->edge[k] && (k == 0 || km > p->edge[k - 1]);
        int treated = t->cohort[j] && t->cohort[j] <= s;
        all += here;
        if (!treated) continue;
        count += here;
        decay += exp(-km / p->edge[0]);
        if (km < nearest) nearest = km;
    }
    switch (p->options.rings.exposure) {
    case JD_EXPOSURE_COUNT:
        return count;
    case JD_EXPOSURE_SHARE:
        return all > 0 ? count / all : 0;
    case JD_EXPOSURE_DECAY:
        return decay;
    case JD_EXPOSURE_GIVEN:
        return p->dose[i];
    case JD_EXPOSURE_RINGS:
        break;
    }
    return nearest <= p->edge[k] && (k == 0 || nearest > p->edge[k - 1]);
}

/* Value of a term, by its name; the exposures' ring is found in the name's own numbers. */
static double value_of(const trial_t *t, const places_t *p, const int *rows, int n_rows,
                       const char *name, int i)
{
    const jd_did_options_t *o = &p->options;
    int g = cohort_within(t, i), s = t->time[i], treated = g && s >= g, k = 0, e = 0;
    double from = 0, to = 0;
    if (strcmp(name, "att") == 0) return treated;
    if (sscanf(name, "e=%d", &e) == 1)
        return g && s - g == e && e != dense_reference(t, rows, n_rows, g);
    if (name[0] == 'x') return t->x[name[1] - '1'][i];
    if (strncmp(name, "tr,", 3) == 0) {
        if (!treated) return 0;
        name += 3;
    } else if (treated) {
        return 0;
    }
    const char *equal = strchr(name, '=');
    if (equal && sscanf(equal, "=%lf-%lf", &from, &to) == 2)
        while (fabs(p->edge[k] - to) > 1e-3)
            k++;
    const char *event = strstr(name, ",e=");
    if (!event) return exposed(t, p, i, k, s);
    sscanf(event, ",e=%d", &e);
    int since = INT32_MAX, ring = -1; /* periods of the panel, in order */
    for (int j = 0; j < t->panel.n; j++)
        for (int r = 0; r < o->rings.edges.n; r++)
            if (t->time[j] < since && exposed(t, p, i, r, t->time[j]) > 0) {
                since = t->time[j];
                ring = r;
            }
    if (ring < 0 || s - since != e) return 0;
    int base = INT32_MIN; /* the last period of the panel before */
    for (int j = 0; j < t->panel.n; j++)
        if (t->time[j] < since && t->time[j] > base) base = t->time[j];
    if (s == base) return 0;
    for (int r = 0; r < o->rings.edges.n && s >= since; r++)
        if (exposed(t, p, i, r, s) > 0) ring = r;
    return ring == k;
}

static void make_places(const trial_t *t, places_t *p, uint64_t seed)
{
    jd_rng_t rng = trial_rng(seed + 77);
    static const double edges[MAX_RINGS] = {60.25, 150, 420};
    jd_did_defaults(&p->options);
    memcpy(p->edge, edges, sizeof edges);
    for (int i = 0; i < t->panel.n; i++) {
        p->dose[i] = jd_rng_uniform(&rng);
        p->latitude[i] = 30 + 6 * jd_rng_uniform(&rng);
        p->longitude[i] = 179 + 4 * jd_rng_uniform(&rng); /* across the date line */
        for (int j = 0; j < i; j++)
            if (t->unit[j] == t->unit[i]) {
                p->latitude[i] = p->latitude[j];
                p->longitude[i] = p->longitude[j];
            }
    }
    p->options.rings.exposure = (jd_exposure_t)(seed % 5);
    memcpy(p->options.rings.edges.value, p->edge, sizeof p->edge);
    p->options.rings.edges.n =
        p->options.rings.exposure == JD_EXPOSURE_DECAY ? 1 : 1 + (int)(seed % MAX_RINGS);
    p->options.rings.on_treated = seed % 4 == 0;
    p->options.aggregate = seed % 2 ? JD_AGGREGATE_EVENT : JD_AGGREGATE_OVERALL;
}

/* Least squares of y on the named terms and effects' dummies; the rows are those with weight in the
 * library's sample. */
static void dense(const trial_t *t, const places_t *p, char (*name)[JD_TERM_NAME], int n,
                  const int *rows, int n_rows, double *beta)
{
    static basis_t b;
    static long double x[MAX_ROWS], e[MAX_ROWS], fit[MAX_COLUMNS];
    const int32_t *effects[2 + MAX_FIXED] = {t->unit, t->time, t->fixed[0], t->fixed[1]};
    memset(&b, 0, sizeof b);
    b.n = n_rows;
#define ROOT(i) sqrtl(t->panel.weight ? (long double)t->weight[rows[i]] : 1.0L)
    for (int f = 0; f < 2 + t->panel.n_fixed; f++)
        for (int l = 0; l < n_rows; l++) {
            if (!is_first(effects[f], rows, l)) continue;
            for (int i = 0; i < n_rows; i++)
                x[i] = effects[f][rows[i]] == effects[f][rows[l]] ? ROOT(i) : 0;
            add_column(&b, x, 1e-9L);
        }
    int dummies = b.n_q;
    for (int k = 0; k < n; k++) {
        for (int i = 0; i < n_rows; i++)
            x[i] = value_of(t, p, rows, n_rows, name[k], rows[i]) * ROOT(i);
        assert_true(add_column(&b, x, 1e-7L)); /* the library kept it */
    }
    for (int i = 0; i < n_rows; i++)
        e[i] = t->y[rows[i]] * ROOT(i);
#undef ROOT
    for (int k = 0; k < b.n_q; k++) {
        fit[k] = 0;
        for (int i = 0; i < n_rows; i++)
            fit[k] += b.q[k][i] * e[i];
        for (int i = 0; i < n_rows; i++)
            e[i] -= fit[k] * b.q[k][i];
    }
    for (int k = n - 1; k >= 0; k--) {
        long double sum = fit[dummies + k];
        for (int m = k + 1; m < n; m++)
            sum -= b.r[dummies + k][dummies + m] * (long double)beta[m];
        beta[k] = (double)(sum / b.r[dummies + k][dummies + k]);
    }
}

static void test_against_dense(void **state)
{
    (void)state;
    static trial_t t;
    static places_t p;
    static char name[MAX_COLUMNS][JD_TERM_NAME];
    int seen = 0, exposures = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        double ours[MAX_COLUMNS], theirs[MAX_COLUMNS], w[MAX_ROWS];
        const double *y = t.y;
        make_trial(&t, seed);
        make_places(&t, &p, seed);
        t.panel.latitude = p.latitude;
        t.panel.longitude = p.longitude;
        t.panel.dose = p.dose;
        jd_ctx_init(&ctx);
        if (jd_design_prepare(&design, jd_estimator_find("rings"), &t.panel, &p.options, &ctx) !=
            JD_OK)
            continue;
        int n = jd_design_facts(design).n_terms, rows[MAX_ROWS], n_rows = 0;
        assert_true(n <= MAX_TERM);
        for (int k = 0; k < n; k++) {
            memcpy(name[k], jd_design_terms(design)[k].name, JD_TERM_NAME);
            exposures += jd_design_terms(design)[k].kind == JD_TERM_PART;
        }
        dense_t sample = {0};
        const int32_t *effects[2 + MAX_FIXED] = {t.unit, t.time, t.fixed[0], t.fixed[1]};
        dense_sample(&t, 1, 1, 2 + t.panel.n_fixed, effects, &sample);
        n_rows = sample.n;
        memcpy(rows, sample.kept_rows, sizeof rows);
        assert_int_equal(n_rows, jd_design_facts(design).n_obs);
        assert_int_equal(jd_design_estimate(design, &y, 1, ours, &ctx), JD_OK);
        dense(&t, &p, name, n, rows, n_rows, theirs);
        for (int k = 0; k < n; k++) {
            double error = fabs(ours[k] - theirs[k]) / (1 + fabs(theirs[k]));
            if (error > 1e-7)
                print_error("seed %d: %s: %.15g, dense %.15g\n", (int)seed, name[k], ours[k],
                            theirs[k]);
            assert_true(error <= 1e-7);
        }
        jd_design_weights(design, 0, w);
        seen++;
        jd_design_free(design);
    }
    print_message("%d panels, %d terms of exposure\n", seen, exposures);
    assert_true(seen > TRIALS / 2 && exposures > 2 * TRIALS);
}

/* Conley's variance reads the same places. */
static void test_conley(void **state)
{
    (void)state;
    static trial_t t;
    static places_t p;
    int seen = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        jd_fit_t near_only = {0}, hc1 = {0}, wide = {0};
        jd_vcov_options_t options = {.kind = JD_VCOV_CONLEY, .cutoff_km = 1e-6};
        const jd_vcov_options_t plain = {
            .kind = JD_VCOV_CLUSTER, .no_cluster_adjustment = 1, .n_over = 1, .k_fixed = JD_K_FULL};
        make_trial(&t, seed);
        make_places(&t, &p, seed);
        t.panel.latitude = p.latitude;
        t.panel.longitude = p.longitude;
        t.panel.dose = p.dose;
        t.panel.cluster = NULL;
        jd_ctx_init(&ctx);
        if (jd_design_prepare(&design, jd_estimator_find("rings"), &t.panel, &p.options, &ctx) !=
            JD_OK)
            continue;
        int rc = jd_design_infer(design, t.y, &options, 0.95, &near_only, &ctx);
        options.cutoff_km = 300;
        if (!rc) rc = jd_design_infer(design, t.y, &options, 0.95, &wide, &ctx);
        if (!rc) rc = jd_design_infer(design, t.y, &plain, 0.95, &hc1, &ctx);
        if (!rc) { /* alone with itself a place is a cluster: a unit */
            assert_true(fabs(near_only.std_error[0] - hc1.std_error[0]) <= 1e-9 * hc1.std_error[0]);
            assert_true(wide.std_error[0] != near_only.std_error[0]);
            seen++;
        }
        jd_fit_free(&near_only);
        jd_fit_free(&wide);
        jd_fit_free(&hc1);
        jd_design_free(design);
    }
    assert_true(seen > 10);
}

static void refuse(const trial_t *t, const jd_did_options_t *options, const char *words)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    int rc = jd_design_prepare(&design, jd_estimator_find("rings"), &t->panel, options, &ctx);
    jd_design_free(design);
    assert_true(rc);
    if (!strstr(ctx.message, words)) print_error("'%s' lacks '%s'\n", ctx.message, words);
    assert_non_null(strstr(ctx.message, words));
}

static void test_refusals(void **state)
{
    (void)state;
    static trial_t t;
    static places_t p;
    make_trial(&t, 3);
    make_places(&t, &p, 5);
    jd_did_options_t options = p.options;
    refuse(&t, &options, "no places");
    t.panel.latitude = p.latitude;
    t.panel.longitude = p.longitude;
    options.rings.edges.n = 0;
    refuse(&t, &options, "no ring is given");
    options.rings.edges.n = 2;
    options.rings.edges.value[1] = 10;
    refuse(&t, &options, "edge 2 is 10 km");
    options.rings.edges.value[1] = NAN;
    refuse(&t, &options, "edge 2 is nan km");
    options.rings.edges.n = 1;
    options.aggregate = JD_AGGREGATE_CELLS;
    refuse(&t, &options, "by event time, or overall");
    options.aggregate = JD_AGGREGATE_OVERALL;
    options.rings.exposure = JD_EXPOSURE_GIVEN;
    refuse(&t, &options, "give it as the panel's dose");
    options.rings.exposure = JD_EXPOSURE_RINGS;
    int other = 0;
    while (t.unit[other] == t.unit[0] || t.panel.n == other)
        other++;
    for (int i = other + 1; i < t.panel.n; i++)
        if (t.unit[i] == t.unit[other]) {
            p.latitude[i] += 1;
            break;
        }
    refuse(&t, &options, "a unit has one place");
    p.latitude[0] = 91;
    refuse(&t, &options, "row 1: latitude 91");
    p.latitude[0] = NAN;
    refuse(&t, &options, "row 1: latitude nan");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_dense),
        cmocka_unit_test(test_conley),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
