/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/honest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "core/host.h"
#include "core/memory.h"
#include "diagnose/trends/honest_parts.h"
#include "jiedao/random.h"
#include "linear/lapack.h"

/* Options judged, with what all sets share. */
typedef struct {
    const jd_event_path_t *path;
    jd_honest_options_t options; /* no field left at "default" */
    double *l;                   /* [n_post] */
    double *draws;               /* [options.draws][n], or NULL */
    double spread;               /* standard error of l'beta_post */
    double centre;               /* l'beta_post */
} study_t;

void jd_honest_defaults(jd_honest_options_t *options)
{
    *options = (jd_honest_options_t){.level = 0.95, .draws = 10000, .grid = 1000};
}

const char *jd_honest_name(jd_honest_delta_t delta, jd_honest_shape_t shape)
{
    static const char *const names[3][5] = {
        {"SD", "SDPB", "SDNB", "SDI", "SDD"},
        {"RM", "RMPB", "RMNB", "RMI", "RMD"},
        {"SDRM", "SDRMPB", "SDRMNB", "SDRMI", "SDRMD"},
    };
    return names[delta][shape];
}

const char *jd_honest_method_name(jd_honest_method_t method)
{
    static const char *const names[] = {"auto", "FLCI", "Conditional", "C-F", "C-LF"};
    return names[method];
}

static int check_numbers(const jd_honest_options_t *o, jd_ctx_t *ctx)
{
    if (!(o->level > 0.5 && o->level < 1))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "honest: level = %g; it must lie in (0.5, 1)",
                       o->level);
    if (!(o->kappa > 0 && o->kappa < 1 - o->level))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "honest: kappa = %g; the first stage's size must lie in (0, %g)", o->kappa,
                       1 - o->level);
    if (o->draws < 100 || o->draws > 10000000)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "honest: draws = %d; 100 to 10000000 are allowed",
                       o->draws);
    if (o->grid < 10 || o->grid > 1000000)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "honest: grid = %d; 10 to 1000000 points are allowed",
                       o->grid);
    if (!(o->grid_low <= o->grid_high))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "honest: grid from %g to %g; it must ascend",
                       o->grid_low, o->grid_high);
    return JD_OK;
}

static int check_method(const study_t *study, jd_ctx_t *ctx)
{
    const jd_honest_options_t *o = &study->options;
    if ((unsigned)o->delta > JD_HONEST_SDRM || (unsigned)o->shape > JD_HONEST_DECREASING ||
        (unsigned)o->method > JD_HONEST_C_LF)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "honest: restriction %d, shape %d, method %d: at least one of them does not exist",
            (int)o->delta, (int)o->shape, (int)o->method);
    int flci = o->method == JD_HONEST_FLCI || o->method == JD_HONEST_C_FLCI;
    if (flci && o->delta != JD_HONEST_SD)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "honest: %s goes with the smoothness restriction SD only, not with %s; use "
                       "C-LF",
                       jd_honest_method_name(o->method), jd_honest_name(o->delta, o->shape));
    if (o->method == JD_HONEST_FLCI && o->shape != JD_HONEST_ANY)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "honest: FLCI cannot use the shape of %s; use C-F or C-LF",
                       jd_honest_name(o->delta, o->shape));
    if (o->delta == JD_HONEST_SDRM && study->path->n_pre < 2)
        return jd_fail(
            ctx, JD_ERR_UNSUPPORTED,
            "honest: %s needs two periods before the reference, and there is one; use RM",
            jd_honest_name(o->delta, o->shape));
    return JD_OK;
}

/* l: the options' own, else the first period from event time 0 on. */
static int make_target(study_t *study, jd_ctx_t *ctx)
{
    const jd_event_path_t *path = study->path;
    int n = path->n_pre + path->n_post, first = -path->reference - 1;
    if (jd_make(&study->l, path->n_post, sizeof *study->l, "the target's weights", ctx))
        return JD_ERR_NO_MEMORY;
    double size = 0;
    for (int j = 0; j < path->n_post; j++) {
        study->l[j] = study->options.target ? study->options.target[j] : j == first;
        size += fabs(study->l[j]);
    }
    if (!(size > 0) || !isfinite(size))
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "honest: the target's weights add to %g in size; they must be finite and not "
            "all 0",
            size);
    double variance = 0;
    for (int i = 0; i < path->n_post; i++) {
        study->centre += study->l[i] * path->estimate[path->n_pre + i];
        for (int j = 0; j < path->n_post; j++)
            variance +=
                study->l[i] * study->l[j] * path->vcov[(path->n_pre + i) * n + path->n_pre + j];
    }
    if (!(variance > 0))
        return jd_fail(ctx, JD_ERR_DATA,
                       "honest: the target has variance %g; the coefficients' covariance is "
                       "singular: use fewer periods, or more clusters than coefficients",
                       variance);
    study->spread = sqrt(variance);
    return JD_OK;
}

/* Draws of N(0, Sigma), shared by all sets: B D^1/2 z with Sigma = B D B', for Sigma may be
 * singular.
 */
static int make_draws(study_t *study, jd_ctx_t *ctx)
{
    const jd_event_path_t *path = study->path;
    int n = path->n_pre + path->n_post;
    const char *what = "draws of the coefficients";
    size_t cells = (size_t)n * (size_t)n, all = (size_t)study->options.draws * (size_t)n;
    double *basis = NULL, *value = NULL, *z = NULL;
    int rc = jd_make_unset(&basis, cells, sizeof *basis, what, ctx);
    if (!rc) rc = jd_make_unset(&value, (size_t)n, sizeof *value, what, ctx);
    if (!rc) rc = jd_make_unset(&z, (size_t)n, sizeof *z, what, ctx);
    if (!rc) rc = jd_make_unset(&study->draws, all, sizeof *study->draws, what, ctx);
    if (rc) goto out;
    memcpy(basis, path->vcov, cells * sizeof *basis);
    jd_transpose(n, basis);
    int info = jd_eigen('L', n, basis, value);
    jd_transpose(n, basis);
    if (info == JD_LAPACK_MEMORY) {
        rc = jd_fail_memory(ctx, (size_t)n * sizeof *value, "draws of the coefficients");
        goto out;
    }
    if (info != 0) {
        rc = jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                     "honest: eigenvalues of the coefficients' covariance were not found");
        goto out;
    }
    jd_stream_t stream = jd_stream(study->options.seed, 0, JD_DRAW_NORMAL);
    for (int s = 0; s < study->options.draws; s++) {
        for (int j = 0; j < n; j++) {
            jd_jump_t jump = jd_jump(stream, j / JD_DRAWS, j % JD_DRAWS);
            z[j] = sqrt(fmax(value[j], 0)) * gsl_cdf_ugaussian_Pinv(jd_draw(&jump, (uint64_t)s));
        }
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++)
                sum += basis[i * n + j] * z[j];
            study->draws[(size_t)s * (size_t)n + (size_t)i] = sum;
        }
    }
out:
    free(basis);
    free(value);
    free(z);
    return rc;
}

static void study_free(study_t *study)
{
    free(study->l);
    free(study->draws);
}

static int study_init(study_t *study, const jd_event_path_t *path,
                      const jd_honest_options_t *options, jd_ctx_t *ctx)
{
    memset(study, 0, sizeof *study);
    study->path = path;
    study->options = *options;
    jd_honest_options_t *o = &study->options;
    if (o->kappa == 0) o->kappa = (1 - o->level) / 10;
    if (o->draws == 0) o->draws = 10000;
    if (o->grid == 0) o->grid = 1000;
    if (o->method == JD_HONEST_AUTO) {
        int flci = o->shape == JD_HONEST_ANY ? JD_HONEST_FLCI : JD_HONEST_C_FLCI;
        o->method = o->delta == JD_HONEST_SD ? (jd_honest_method_t)flci : JD_HONEST_C_LF;
    }
    int rc = check_numbers(o, ctx);
    if (!rc) rc = check_method(study, ctx);
    if (!rc) rc = make_target(study, ctx);
    if (!rc && o->method == JD_HONEST_C_LF) rc = make_draws(study, ctx);
    if (rc) study_free(study);
    return rc;
}

/* One member of the union, ready to be tested. */
typedef struct {
    jd_moments_t moments;
    jd_flci_t flci;
    double *sigma_flci;
} member_t;

static void member_free(member_t *member)
{
    jd_moments_free(&member->moments);
    jd_flci_free(&member->flci);
    free(member->sigma_flci);
}

static int add_flci_stage(member_t *member, const study_t *study, double m, jd_ctx_t *ctx)
{
    const jd_event_path_t *path = study->path;
    int n = path->n_pre + path->n_post;
    int rc = jd_flci_make(&member->flci, path, study->l, m, study->options.kappa, ctx);
    if (rc) return rc;
    if (jd_make_n(&member->sigma_flci, (size_t)n, sizeof *member->sigma_flci,
                  "an interval's covariances", ctx))
        return JD_ERR_NO_MEMORY;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            member->sigma_flci[i] += path->vcov[i * n + j] * member->flci.weight[j];
    member->moments.flci = &member->flci;
    member->moments.sigma_flci = member->sigma_flci;
    return JD_OK;
}

static int member_init(member_t *member, const study_t *study, double m, int which, jd_ctx_t *ctx)
{
    const jd_honest_options_t *o = &study->options;
    memset(member, 0, sizeof *member);
    jd_largest_t largest = {.place = -(which / 2), .sign = which % 2 ? -1 : 1};
    int rc = jd_moments_init(&member->moments, study->path, o, study->l, m, largest, ctx);
    if (!rc && o->method == JD_HONEST_C_FLCI) rc = add_flci_stage(member, study, m, ctx);
    if (!rc && o->method != JD_HONEST_CONDITIONAL)
        member->moments.size = (1 - o->level - o->kappa) / (1 - o->kappa);
    if (rc) member_free(member);
    return rc;
}

/* The first stage by simulation, where the method has one. */
static int add_simulated_stage(member_t *member, const study_t *study, jd_ctx_t *ctx)
{
    const jd_honest_options_t *o = &study->options;
    if (o->method != JD_HONEST_C_LF || member->moments.lp.infeasible) return JD_OK;
    return jd_moments_critical(&member->moments, study->draws, o->draws, o->kappa, ctx);
}

/* Values of theta that could pass: what the first stage leaves, or a statistic of at most 20. */
static int tested_range(member_t *member, const study_t *study, double *low, double *high,
                        jd_ctx_t *ctx)
{
    const jd_honest_options_t *o = &study->options;
    double limit = isinf(member->moments.critical) ? 20 : member->moments.critical;
    int rc = jd_moments_range(&member->moments, limit, study->centre, 20 * study->spread, low, high,
                              ctx);
    if (!rc && member->moments.flci) {
        *low = fmax(*low, member->flci.estimate - member->flci.half_length);
        *high = fmin(*high, member->flci.estimate + member->flci.half_length);
    }
    if (o->grid_low < o->grid_high) {
        *low = fmax(*low, o->grid_low);
        *high = fmin(*high, o->grid_high);
    }
    return rc;
}

/* The outermost value not rejected, going from `start` to `stop`; NaN if there is none. An infinite
 * start is its own answer: there the statistic stays below its limit for ever. */
static int outermost(member_t *member, const study_t *study, double start, double stop, double *end,
                     jd_ctx_t *ctx)
{
    int grid = study->options.grid;
    *end = start;
    if (isinf(start)) return JD_OK;
    if (isinf(stop)) stop = start + (stop > 0 ? 1e3 : -1e3) * study->spread;
    double last = start, at = start;
    int accepted = 0;
    for (int k = 0; k <= grid && !accepted; k++) {
        last = at;
        at = start + (stop - start) * k / grid;
        int rc = jd_moments_test(&member->moments, at, &accepted, ctx);
        if (!rc && k % 64 == 0) rc = jd_check_cancelled(ctx);
        if (rc) return rc;
    }
    if (!accepted) at = (double)NAN;
    for (int k = 0; accepted && fabs(at - last) > 1e-12 * fabs(stop - start) && k < 60; k++) {
        double middle = 0.5 * (at + last);
        int inside;
        int rc = jd_moments_test(&member->moments, middle, &inside, ctx);
        if (rc) return rc;
        *(inside ? &at : &last) = middle;
    }
    *end = at;
    return JD_OK;
}

static int member_set(const study_t *study, double m, int which, jd_honest_set_t *set,
                      jd_ctx_t *ctx)
{
    member_t member;
    double low = (double)NAN, high = (double)NAN;
    int rc = member_init(&member, study, m, which, ctx);
    if (rc) return rc;
    rc = add_simulated_stage(&member, study, ctx);
    if (!rc) rc = tested_range(&member, study, &low, &high, ctx);
    set->low = set->high = (double)NAN;
    if (!rc && low <= high) {
        rc = outermost(&member, study, low, high, &set->low, ctx);
        if (!rc && !isnan(set->low)) rc = outermost(&member, study, high, low, &set->high, ctx);
        /* Of a set of single values each way may find another one. */
        const double first = set->low, last = set->high;
        set->low = fmin(first, last);
        set->high = fmax(first, last);
    }
    member_free(&member);
    return rc;
}

static int flci_set(const study_t *study, double m, jd_honest_set_t *set, jd_ctx_t *ctx)
{
    jd_flci_t flci;
    int rc = jd_flci_make(&flci, study->path, study->l, m, 1 - study->options.level, ctx);
    if (rc) return rc;
    *set = (jd_honest_set_t){.m = m,
                             .low = flci.estimate - flci.half_length,
                             .high = flci.estimate + flci.half_length,
                             .estimate = flci.estimate,
                             .bias = flci.bias,
                             .std_error = flci.std_error};
    jd_flci_free(&flci);
    return JD_OK;
}

static int check_m(double m, jd_ctx_t *ctx)
{
    if (m >= 0 && isfinite(m)) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT, "honest: M = %g; it must be finite and at least 0", m);
}

/* The union of the members' sets, from smallest to largest value. */
static jd_honest_set_t unite(const jd_honest_set_t *parts, int n_parts, double m)
{
    jd_honest_set_t set = {.m = m, .low = (double)NAN, .high = (double)NAN};
    set.estimate = set.bias = set.std_error = (double)NAN;
    for (int p = 0; p < n_parts; p++) {
        if (!(parts[p].low >= set.low)) set.low = isnan(parts[p].low) ? set.low : parts[p].low;
        if (!(parts[p].high <= set.high))
            set.high = isnan(parts[p].high) ? set.high : parts[p].high;
    }
    return set;
}

/* All members of all sets at once: each is one thread's, so their number changes no bit. */
static int test_sets(const study_t *study, const double *m, int n_m, jd_honest_set_t *sets,
                     jd_ctx_t *ctx)
{
    int n_parts = jd_honest_n_largest(study->path, study->options.delta), n = n_m * n_parts;
    jd_honest_set_t *parts = NULL;
    jd_ctx_t *inner = NULL;
    int *codes = NULL, rc = jd_make(&parts, n, sizeof *parts, "the sets' parts", ctx);
    if (!rc) rc = jd_make(&inner, n, sizeof *inner, "the sets' parts", ctx);
    if (!rc) rc = jd_make(&codes, n, sizeof *codes, "the sets' parts", ctx);
    if (rc) goto out;
    jd_relay_t relay;
    jd_relay_begin(&relay, ctx);
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(dynamic)
    for (int p = 0; p < n; p++) {
        inner[p] = jd_relay_ctx(&relay);
        codes[p] = member_set(study, m[p / n_parts], p % n_parts, &parts[p], &inner[p]);
    }
    for (int p = 0; p < n && !rc; p++)
        if (codes[p]) rc = jd_fail(ctx, codes[p], "%s", inner[p].message);
    for (int k = 0; k < n_m && !rc; k++)
        sets[k] = unite(parts + (int64_t)k * n_parts, n_parts, m[k]);
out:
    free(parts);
    free(inner);
    free(codes);
    return rc;
}

int jd_honest_sets(const jd_event_path_t *path, const jd_honest_options_t *options, const double *m,
                   int n_m, jd_honest_set_t *sets, jd_ctx_t *ctx)
{
    study_t study;
    for (int k = 0; k < n_m; k++) {
        int rc = check_m(m[k], ctx);
        if (rc) return rc;
    }
    int rc = study_init(&study, path, options, ctx);
    if (rc) return rc;
    if (study.options.method == JD_HONEST_FLCI)
        for (int k = 0; k < n_m && !rc; k++)
            rc = flci_set(&study, m[k], &sets[k], ctx);
    else
        rc = test_sets(&study, m, n_m, sets, ctx);
    study_free(&study);
    return rc;
}

int jd_honest_original(const jd_event_path_t *path, const jd_honest_options_t *options,
                       jd_honest_set_t *set, jd_ctx_t *ctx)
{
    study_t study;
    jd_honest_options_t plain = *options;
    plain.method = JD_HONEST_FLCI; /* needs no draws */
    plain.delta = JD_HONEST_SD;
    plain.shape = JD_HONEST_ANY;
    int rc = study_init(&study, path, &plain, ctx);
    if (rc) return rc;
    double half = study.spread * gsl_cdf_ugaussian_Qinv((1 - options->level) / 2);
    *set = (jd_honest_set_t){.low = study.centre - half,
                             .high = study.centre + half,
                             .estimate = study.centre,
                             .std_error = study.spread};
    study_free(&study);
    return JD_OK;
}

/* *inside = 1 if `null` is not rejected at m. A first stage only rejects more, and to simulate it
 * costs most: what is rejected without one needs none. */
static int holds_null(const study_t *study, double m, double null, int *inside, jd_ctx_t *ctx)
{
    if (study->options.method == JD_HONEST_FLCI) {
        jd_honest_set_t set;
        int rc = flci_set(study, m, &set, ctx);
        *inside = !rc && set.low <= null && null <= set.high;
        return rc;
    }
    int n_parts = jd_honest_n_largest(study->path, study->options.delta), rc = JD_OK;
    *inside = 0;
    for (int p = 0; p < n_parts && !rc && !*inside; p++) {
        member_t member;
        rc = member_init(&member, study, m, p, ctx);
        if (rc) break;
        rc = jd_moments_test(&member.moments, null, inside, ctx);
        if (!rc && *inside) rc = add_simulated_stage(&member, study, ctx);
        if (!rc && *inside) rc = jd_moments_test(&member.moments, null, inside, ctx);
        member_free(&member);
    }
    return rc;
}

int jd_honest_breakdown(const jd_event_path_t *path, const jd_honest_options_t *options,
                        double null, double *m, jd_ctx_t *ctx)
{
    study_t study;
    int rc = study_init(&study, path, options, ctx), inside = 0;
    if (rc) return rc;
    double unit = options->delta == JD_HONEST_SD ? study.spread : 1, low = 0, high = 0;
    rc = holds_null(&study, 0, null, &inside, ctx);
    for (int k = -10; !rc && !inside && k <= 20; k++) {
        low = high;
        high = ldexp(unit, k);
        rc = holds_null(&study, high, null, &inside, ctx);
    }
    if (!rc && !inside) low = high = HUGE_VAL;
    double tolerance = study.options.method == JD_HONEST_FLCI ? 1e-6 : 1e-4;
    while (!rc && isfinite(high) && high - low > tolerance * high) {
        double middle = 0.5 * (low + high);
        rc = holds_null(&study, middle, null, &inside, ctx);
        *(inside ? &high : &low) = middle;
    }
    *m = high;
    study_free(&study);
    return rc;
}
