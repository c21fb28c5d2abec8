/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimators on made panels, from plain columns to estimates and clustered standard errors, beside
 * the medians of R packages on the same kind of machine (2 cores) and the share of them we allow
 * ourselves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "jiedao/bacon.h"
#include "jiedao/did.h"
#include "jiedao/glm.h"
#include "jiedao/random.h"

/* Balanced or with rows missing; cohorts evenly over the periods, as many units never treated. The
 * effect is 1 in every treated row, so that every estimator should find it. */
typedef struct {
    int64_t n;
    int32_t n_units;
    int32_t *unit, *time, *cohort;
    double *y, *x; /* x: a covariate of units */
} data_t;

typedef struct {
    const char *label, *estimator, *r_name;
    int32_t units;
    int periods, cohorts;
    double missing; /* share of rows left out */
    jd_aggregate_t aggregate;
    jd_control_t control;
    double r_one, r_two, share; /* seconds in R with 1 and 2 threads, 0 = not measured */
    int covariate;
} work_t;

static const work_t works[] = {
    {"TWFE, 1e6 rows", "twfe", "fixest", 41667, 24, 6, 0, JD_AGGREGATE_EVENT, JD_CONTROL_NEVER,
     0.118, 0.097, 3, 0},
    {"TWFE, 1e7 rows", "twfe", "fixest", 416667, 24, 6, 0, JD_AGGREGATE_EVENT, JD_CONTROL_NEVER,
     2.37, 1.95, 3, 0},
    {"event study, 24 periods, 1e6 rows", "event_study", "fixest", 41667, 24, 6, 0,
     JD_AGGREGATE_EVENT, JD_CONTROL_NEVER, 2.9, 2.1, 10, 0},
    {"Sun-Abraham, 6 cohorts, 1e6 rows", "sun_abraham", "fixest", 41667, 24, 6, 0,
     JD_AGGREGATE_EVENT, JD_CONTROL_NEVER, 32, 23, 50, 0},
    {"the same, a tenth of the rows missing", "sun_abraham", "fixest", 46296, 24, 6, 0.1,
     JD_AGGREGATE_EVENT, JD_CONTROL_NEVER, 32, 23, 50, 0},
    {"imputation with horizons, 1e5 rows", "imputation", "didimputation", 4167, 24, 6, 0,
     JD_AGGREGATE_EVENT, JD_CONTROL_NEVER, 10.0, 0, 100, 0},
    {"two-stage, static, 1e5 rows", "two_stage", "did2s", 4167, 24, 6, 0, JD_AGGREGATE_OVERALL,
     JD_CONTROL_NEVER, 0, 1.56, 100, 0},
    {"Callaway-Sant'Anna, 1e5 units x 24, 8 cohorts", "callaway_santanna", "did", 100000, 24, 8, 0,
     JD_AGGREGATE_EVENT, JD_CONTROL_NEVER, 0, 5.6, 100, 0},
    {"the same with a covariate, 1e4 units", "callaway_santanna", "did", 10000, 24, 8, 0,
     JD_AGGREGATE_EVENT, JD_CONTROL_NEVER, 0, 0.84, 20, 1},
    {"extended TWFE, 6 cohorts, 1e6 rows", "etwfe", "etwfe", 41667, 24, 6, 0, JD_AGGREGATE_EVENT,
     JD_CONTROL_NEVER, 0, 0, 1, 0},
    {"de Chaisemartin-D'Haultfoeuille, 1e5 rows", "did_multiplegt_dyn", "DIDmultiplegtDYN", 4167,
     24, 6, 0, JD_AGGREGATE_EVENT, JD_CONTROL_NEVER, 0, 0, 1, 0},
};

static void *take(size_t bytes)
{
    void *p = malloc(bytes);
    jd_demand(p != NULL, "memory");
    return p;
}

static data_t make_data(const work_t *work)
{
    size_t room = (size_t)work->units * (size_t)work->periods;
    data_t d = {.n_units = work->units};
    d.unit = take(room * sizeof *d.unit);
    d.time = take(room * sizeof *d.time);
    d.cohort = take(room * sizeof *d.cohort);
    d.y = take(room * sizeof *d.y);
    if (work->covariate) d.x = take(room * sizeof *d.x);
    jd_jump_t noise = jd_jump(jd_stream(1, 0, JD_DRAW_SAMPLE), 1, 0);
    jd_jump_t there = jd_jump(jd_stream(1, 0, JD_DRAW_SAMPLE), 2, 0);
    for (int32_t u = 0; u < work->units; u++) {
        int g = u % (work->cohorts + 1);
        int32_t cohort = g == 0 ? 0 : 2001 + g * (work->periods - 2) / work->cohorts;
        for (int32_t t = 0; t < work->periods; t++) {
            uint64_t key = (uint64_t)u * 64 + (uint64_t)t;
            if (jd_draw(&there, key) < work->missing) continue;
            d.unit[d.n] = 1000 + u;
            d.time[d.n] = 2000 + t;
            d.cohort[d.n] = cohort;
            if (d.x) d.x[d.n] = 0.01 * (u * 31 % 101);
            d.y[d.n++] = 0.001 * (u % 977) + 0.1 * t + (cohort > 0 && 2000 + t >= cohort) +
                         jd_draw(&noise, key);
        }
    }
    return d;
}

static void free_data(data_t *d)
{
    free(d->unit);
    free(d->time);
    free(d->cohort);
    free(d->y);
    free(d->x);
}

static jd_panel_t panel_of(const data_t *d)
{
    return (jd_panel_t){.n = d->n, .unit = d->unit, .time = d->time, .cohort = d->cohort};
}

static double input_bytes(const data_t *d)
{
    return (double)d->n * (double)(3 * sizeof(int32_t) + (d->x ? 2 : 1) * sizeof(double));
}

static jd_design_t *prepare(const data_t *d, const work_t *work, jd_ctx_t *ctx)
{
    static const char *const name = "x";
    const double *x = d->x;
    jd_panel_t panel = panel_of(d);
    jd_did_options_t options;
    if (x) panel.n_x = 1;
    panel.x = &x;
    panel.x_name = &name;
    jd_did_defaults(&options);
    options.aggregate = work->aggregate;
    options.control = work->control;
    jd_design_t *design = NULL;
    int rc = jd_design_prepare(&design, jd_estimator_find(work->estimator), &panel, &options, ctx);
    jd_demand(!rc, ctx->message);
    return design;
}

/* Columns to estimates and standard errors; an effect after treatment is found within 6 of them. */
static double run_once(const data_t *d, const work_t *work, int threads, double *first)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    jd_fit_t fit = {0};
    double start = jd_now();
    jd_design_t *design = prepare(d, work, &ctx);
    int rc = jd_design_infer(design, d->y, NULL, 0.95, &fit, &ctx);
    double seconds = jd_now() - start;
    jd_demand(!rc, ctx.message);
    const jd_term_t *terms = jd_design_terms(design);
    for (int k = 0; k < fit.n_terms; k++) {
        double truth = terms[k].kind == JD_TERM_OVERALL || terms[k].event_first >= 0;
        jd_demand(fabs(fit.estimate[k] - truth) < 6 * fit.std_error[k], work->label);
    }
    *first = fit.estimate[0] + fit.std_error[0];
    jd_fit_free(&fit);
    jd_design_free(design);
    return seconds;
}

static double median_of(const data_t *d, const work_t *work, int threads, double *first)
{
    double seconds[JD_ROUNDS];
    for (int r = 0; r < JD_ROUNDS; r++)
        seconds[r] = run_once(d, work, threads, first);
    return jd_median(seconds, JD_ROUNDS);
}

/* A figure beside R's and the bar, "bar 0.039 (fixest 0.118 / 3): met". */
static void report_beside(const char *label, int threads, double seconds, const char *r_name,
                          double r, double share)
{
    char what[96], beside[96];
    snprintf(what, sizeof what, "%s, %d thread%s", label, threads, threads > 1 ? "s" : "");
    if (r > 0)
        snprintf(beside, sizeof beside, "bar %.4f (%s %.3f / %.0f): %s", r / share, r_name, r,
                 share, seconds <= r / share ? "met" : "NOT MET");
    else
        snprintf(beside, sizeof beside, "%s not measured", r_name);
    jd_report(what, seconds, "s", beside);
}

/* What a row costs, and how often the input could be read in that time: what is left to gain. */
static void report_row(const data_t *d, double seconds, const jd_limits_t *limits)
{
    char beside[96];
    double once = input_bytes(d) / (1e9 * limits->read_gb);
    snprintf(beside, sizeof beside, "%.0f times what reading its columns takes", seconds / once);
    jd_report("  a row of it", 1e9 * seconds / (double)d->n, "ns", beside);
}

static void bench_work(const work_t *work, const jd_limits_t *limits)
{
    data_t d = make_data(work);
    double one, two;
    double seconds = median_of(&d, work, 1, &one);
    report_beside(work->label, 1, seconds, work->r_name, work->r_one, work->share);
    report_row(&d, seconds, limits);
    seconds = median_of(&d, work, 2, &two);
    report_beside(work->label, 2, seconds, work->r_name, work->r_two, work->share);
    jd_demand(one == two, "threads change nothing");
    free_data(&d);
}

/* Most memory the process has held so far, in bytes. */
static double peak(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return 1024 * (double)used.ru_maxrss;
}

static void warm_up(const work_t *work)
{
    work_t small = *work;
    double first;
    small.units = 70;
    data_t d = make_data(&small);
    run_once(&d, &small, 1, &first);
    free_data(&d);
}

/* Peak of a process that holds the columns and estimates once, above that of one that has estimated
 * on a few rows: libraries take 10 to 20 MB. A million rows at least: the allocator keeps part of
 * what is freed of small columns. */
static void bench_memory(const work_t *of)
{
    enum { LEAST_ROWS = 1000000 };
    work_t large = *of;
    const work_t *work = &large;
    if (of->units * of->periods < LEAST_ROWS) large.units = LEAST_ROWS / of->periods + 1;
    fflush(stdout); /* or the child prints it again */
    pid_t child = fork();
    jd_demand(child >= 0, "a process");
    if (child == 0) {
        double first;
        warm_up(work);
        double bare = peak();
        data_t d = make_data(work);
        run_once(&d, work, 1, &first);
        double ratio = (peak() - bare) / input_bytes(&d);
        char what[96];
        snprintf(what, sizeof what, "%s, peak memory, %.1e rows", work->estimator, (double)d.n);
        jd_report(what, ratio, "times the input",
                  ratio <= 2.5 ? "bar 2.5: met" : "bar 2.5: NOT MET");
        fflush(stdout);
        _exit(0);
    }
    int status;
    jd_demand(waitpid(child, &status, 0) == child && status == 0, "the child ends well");
}

/* Many outcomes on one design, each with its standard error; threads share the design. */
static void bench_replications(int threads)
{
    enum { REPLICATIONS = 1000, OUTCOMES = 10 };
    const work_t work = {"1,000 replications of TWFE, 2,856 units x 24",
                         "twfe",
                         "fixest",
                         2856,
                         24,
                         6,
                         0,
                         JD_AGGREGATE_EVENT,
                         JD_CONTROL_NEVER,
                         17.5,
                         15.1,
                         30,
                         0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    data_t d = make_data(&work);
    double *y = take(OUTCOMES * (size_t)d.n * sizeof *y);
    for (int64_t i = 0; i < OUTCOMES * d.n; i++)
        y[i] = d.y[i % d.n] + 1e-3 * (double)(i * 7919 % 1000);
    jd_design_t *design = prepare(&d, &work, &ctx);
    double seconds[3];
    for (int round = 0; round < 3; round++) {
        double start = jd_now();
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int r = 0; r < REPLICATIONS; r++) {
            jd_fit_t fit = {0};
            jd_ctx_t own;
            jd_ctx_init(&own);
            int rc = jd_design_infer(design, y + r % OUTCOMES * d.n, NULL, 0.95, &fit, &own);
            jd_demand(!rc && fabs(fit.estimate[0] - 1) < 0.1, "a replication");
            jd_fit_free(&fit);
        }
        seconds[round] = jd_now() - start;
    }
    report_beside(work.label, threads, jd_median(seconds, 3), work.r_name,
                  threads == 1 ? work.r_one : work.r_two, work.share);
    jd_design_free(design);
    free(y);
    free_data(&d);
}

static void bench_bacon(void)
{
    const work_t work = {
        .label = "Goodman-Bacon, 1e4 units x 24", .units = 10000, .periods = 24, .cohorts = 6};
    data_t d = make_data(&work);
    jd_panel_t panel = panel_of(&d);
    double seconds[JD_ROUNDS];
    for (int r = 0; r < JD_ROUNDS; r++) {
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        jd_bacon_t bacon = {0};
        double start = jd_now();
        int rc = jd_bacon_decompose(&bacon, &panel, d.y, &ctx);
        seconds[r] = jd_now() - start;
        jd_demand(!rc, ctx.message);
        jd_bacon_free(&bacon);
    }
    report_beside(work.label, 1, jd_median(seconds, JD_ROUNDS), "bacondecomp", 1.3, 100);
    free_data(&d);
}

/* Workers and firms that share few rows, as in fixest's own benchmark: 10 rows a worker, firms in
 * turn; 2 effects, then years too. A covariate's coefficient with errors clustered by worker. */
static void bench_difficult(int n_effects, int threads, double r)
{
    enum { N = 1000000 };
    int32_t *code = take(3 * N * sizeof *code);
    double *y = take(2 * N * sizeof *y), *residual = y + N, seconds[3], beta, vcov;
    const int32_t *codes[] = {code, code + N, code + 2 * N};
    jd_jump_t draw = jd_jump(jd_stream(1, 0, JD_DRAW_SAMPLE), 3, 0);
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    for (int i = 0; i < N; i++) {
        code[i] = i / 10;
        code[N + i] = i % (N / 160);
        code[2 * N + i] = i % 10;
    }
    for (int round = 0; round < 3; round++) {
        jd_effects_t *effects = NULL;
        jd_regression_t g = {0};
        jd_vcov_options_t options = {0};
        jd_vcov_facts_t facts;
        double start = jd_now();
        int rc = jd_effects_make(&effects, N, n_effects, codes, NULL, JD_SOLVER_AUTO, &ctx);
        if (!rc) rc = jd_regression_init(&g, effects, N, 1, NULL, &ctx);
        for (int i = 0; !rc && i < N; i++) {
            double x = jd_draw(&draw, (uint64_t)i);
            g.columns[i] = x;
            y[i] = x + jd_draw(&draw, (uint64_t)(i + N)) + 1e-5 * code[i] + 1e-4 * code[N + i];
        }
        const double *column = y;
        if (!rc) rc = jd_regression_factor(&g, &ctx);
        if (!rc) jd_regression_estimate(&g, &column, 1, &beta, &ctx);
        if (!rc) rc = jd_regression_residuals(&g, y, &beta, residual, &ctx);
        const jd_vcov_rows_t rows = {.way = {jd_effects_groups(effects, 0)}, .n_ways = 1};
        if (!rc) rc = jd_regression_vcov(&g, residual, &rows, &options, &vcov, NULL, &facts, &ctx);
        seconds[round] = jd_now() - start;
        jd_demand(!rc && fabs(beta - 1) < 6 * sqrt(vcov), "difficult fixed effects");
        jd_regression_free(&g);
        jd_effects_free(effects);
    }
    report_beside(n_effects == 2 ? "2 difficult FE, 1e6 rows" : "3 difficult FE, 1e6 rows", threads,
                  jd_median(seconds, 3), "fixest", r, 2);
    free(code);
    free(y);
}

static int draw_poisson(const jd_jump_t *draw, uint64_t key, double mean)
{
    double product = 1, limit = exp(-mean);
    int n = -1;
    for (uint64_t k = 0; product > limit; k++, n++)
        product *= jd_draw(draw, 64 * key + k);
    return n;
}

/* Counts of 1e5 units in ten periods. */
static void bench_poisson(int threads, double r)
{
    enum { N = 1000000 };
    int32_t *code = take(2 * N * sizeof *code);
    double *y = take(2 * N * sizeof *y), *x = y + N, seconds[3], vcov;
    const int32_t *codes[] = {code, code + N}, *ways[] = {code};
    const double *columns[] = {x};
    jd_jump_t draw = jd_jump(jd_stream(1, 0, JD_DRAW_SAMPLE), 4, 0);
    for (int i = 0; i < N; i++) {
        code[i] = i / 10;
        code[N + i] = i % 10;
        x[i] = jd_draw(&draw, (uint64_t)i);
        double mean = exp(0.5 * x[i] + 0.1 * (code[i] % 7) + 0.05 * code[N + i]);
        y[i] = draw_poisson(&draw, (uint64_t)(N + i), mean);
    }
    const jd_glm_input_t input = {
        .n = N, .n_effects = 2, .codes = codes, .n_x = 1, .x = columns, .y = y};
    for (int round = 0; round < 3; round++) {
        const jd_vcov_options_t options = {0};
        jd_vcov_facts_t facts;
        jd_glm_t glm;
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        ctx.threads = threads;
        double start = jd_now();
        int rc = jd_glm_fit(&glm, &input, &ctx);
        if (!rc) rc = jd_glm_vcov(&glm, ways, 1, &options, &vcov, &facts, &ctx);
        seconds[round] = jd_now() - start;
        jd_demand(!rc && fabs(glm.beta[0] - 0.5) < 6 * sqrt(vcov), "Poisson");
        jd_glm_free(&glm);
    }
    report_beside("Poisson, 2 FE, 1e6 rows", threads, jd_median(seconds, 3), "fixest", r, 3);
    free(code);
    free(y);
}

void jd_bench_peaks(void)
{
    for (size_t w = 0; w < sizeof works / sizeof *works; w++)
        bench_memory(&works[w]);
}

void jd_bench_did(const jd_limits_t *limits)
{
    for (size_t w = 0; w < sizeof works / sizeof *works; w++)
        bench_work(&works[w], limits);
    bench_replications(1);
    bench_replications(2);
    bench_bacon();
    const double r[2][2] = {{2.8, 1.5}, {7.6, 5.1}};
    for (int threads = 1; threads <= 2; threads++)
        for (int n_effects = 2; n_effects <= 3; n_effects++)
            bench_difficult(n_effects, threads, r[n_effects - 2][threads - 1]);
    bench_poisson(1, 1.0);
    bench_poisson(2, 0.85);
}
