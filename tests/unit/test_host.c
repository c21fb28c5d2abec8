/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A host's program around the library: threads of its own that prepare different designs at once,
 * and a BLAS whose number of threads is the host's. */
#include "support.h"

#include <cblas.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jiedao/did.h"

enum { UNITS = 60, PERIODS = 8, N = UNITS * PERIODS, TERMS = 64, OUTCOMES = 3 };

typedef struct {
    int32_t unit[N], time[N], cohort[N];
    double x[N], y[OUTCOMES][N];
} data_t;

typedef struct {
    const data_t *data;
    const char *name;
    int n_terms, rc;
    double estimate[TERMS * OUTCOMES], std_error[TERMS], uniform;
    jd_ctx_t ctx;
} job_t;

static void fill(data_t *d)
{
    for (int i = 0; i < N; i++) {
        int u = i / PERIODS, t = i % PERIODS + 1, g = u % 4 == 0 ? 0 : 3 + u % 4;
        d->unit[i] = u;
        d->time[i] = t;
        d->cohort[i] = g;
        d->x[i] = 0.01 * (u * 37 % 101);
        for (int k = 0; k < OUTCOMES; k++)
            d->y[k][i] = 5 + 0.1 * ((u * 7 + t * 5 + k) % 13) + (g && t >= g ? 0.4 * (k + 1) : 0);
    }
}

static void *work(void *arg)
{
    job_t *job = arg;
    const data_t *d = job->data;
    const double *x = d->x, *y[OUTCOMES] = {d->y[0], d->y[1], d->y[2]};
    const char *x_name = "x";
    const jd_panel_t panel = {.n = N,
                              .unit = d->unit,
                              .time = d->time,
                              .cohort = d->cohort,
                              .n_x = 1,
                              .x = &x,
                              .x_name = &x_name};
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_init(&job->ctx);
    job->ctx.threads = 2;
    jd_did_defaults(&options);
    job->rc = jd_design_prepare(&design, jd_estimator_find(job->name), &panel, &options, &job->ctx);
    if (!job->rc) {
        job->n_terms = jd_design_facts(design).n_terms;
        job->rc = jd_design_estimate(design, y, OUTCOMES, job->estimate, &job->ctx);
    }
    const jd_vcov_options_t bands = {.bands = 1}; /* drawn by both threads */
    if (!job->rc) job->rc = jd_design_infer(design, y[0], &bands, 0.95, &fit, &job->ctx);
    job->uniform = fit.uniform;
    if (!job->rc) memcpy(job->std_error, fit.std_error, (size_t)job->n_terms * sizeof(double));
    jd_fit_free(&fit);
    jd_design_free(design);
    return NULL;
}

static const char *const names[] = {"callaway_santanna", "imputation", "event_study", "etwfe"};
enum { JOBS = sizeof names / sizeof *names };

static void start(job_t *jobs, const data_t *data, int at_once)
{
    pthread_t thread[JOBS];
    memset(jobs, 0, JOBS * sizeof *jobs);
    for (int k = 0; k < JOBS; k++) {
        jobs[k].data = data;
        jobs[k].name = names[k];
        if (at_once)
            assert_int_equal(pthread_create(&thread[k], NULL, work, &jobs[k]), 0);
        else
            work(&jobs[k]);
    }
    for (int k = 0; at_once && k < JOBS; k++)
        assert_int_equal(pthread_join(thread[k], NULL), 0);
}

static void test_threads_of_the_host(void **state)
{
    (void)state;
    static data_t data;
    static job_t alone[JOBS], together[JOBS];
    fill(&data);
    start(alone, &data, 0);
    start(together, &data, 1);
    for (int k = 0; k < JOBS; k++) {
        if (alone[k].rc) fail_msg("%s: %s", names[k], alone[k].ctx.message);
        assert_int_equal(together[k].rc, JD_OK);
        assert_in_range(alone[k].n_terms, 1, TERMS);
        assert_memory_equal(alone[k].estimate, together[k].estimate, sizeof alone[k].estimate);
        assert_memory_equal(alone[k].std_error, together[k].std_error, sizeof alone[k].std_error);
    }
}

static void test_blas_threads_stay_the_hosts(void **state)
{
    (void)state;
    static data_t data;
    static job_t jobs[JOBS];
    int before = openblas_get_num_threads();
    fill(&data);
    for (int threads = 1; threads <= 2; threads++) {
        openblas_set_num_threads(threads);
        int set = openblas_get_num_threads(); /* an OpenBLAS without threads stays at 1 */
        start(jobs, &data, 0);
        assert_int_equal(openblas_get_num_threads(), set);
    }
    openblas_set_num_threads(before);
}

/* A child (R's mclapply) has none of OpenMP's threads that its parent's call has left. */
static void test_forked_child(void **state)
{
    (void)state;
    static data_t data;
    static job_t parents[JOBS], childs[JOBS];
    int status = -1;
    fill(&data);
    start(parents, &data, 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(120);
        start(childs, &data, 0);
        for (int k = 0; k < JOBS; k++)
            if (childs[k].rc || childs[k].uniform != parents[k].uniform ||
                memcmp(childs[k].estimate, parents[k].estimate, sizeof childs[k].estimate) != 0)
                _exit(1 + k);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(parents[0].uniform > 1.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_of_the_host),
        cmocka_unit_test(test_blas_threads_stay_the_hosts),
        cmocka_unit_test(test_forked_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
