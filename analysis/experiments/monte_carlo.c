/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/monte_carlo.h"

#include <math.h>
#include <stdbool.h>

static const struct {
    const char *name, *label;
} words[JD_MC_MEASURES] = {
    [JD_MC_TRUTH] = {"truth", "mean true effect"},
    [JD_MC_ESTIMATE] = {"estimate", "mean estimate"},
    [JD_MC_BIAS] = {"bias", "mean of estimate less truth"},
    [JD_MC_SD] = {"sd", "SD of estimate less truth"},
    [JD_MC_RMSE] = {"rmse", "root mean squared error"},
    [JD_MC_SE_RATIO] = {"se_ratio", "mean standard error over SD of the estimates"},
    [JD_MC_COVERAGE] = {"coverage", "share of intervals that hold the truth"},
    [JD_MC_POWER] = {"power", "share of intervals without 0"},
    [JD_MC_TYPE_S] = {"type_s", "share of significant estimates of the wrong sign"},
    [JD_MC_TYPE_M] = {"type_m", "mean exaggeration of significant estimates"},
    [JD_MC_SIZE] = {"size", "share rejected in the world without the policy"},
    [JD_MC_PASSED] = {"passed", "share that passes the pre-trend test"},
    [JD_MC_BIAS_IF_PASSED] = {"bias_if_passed", "bias of those that pass it"},
    [JD_MC_COVERAGE_IF_PASSED] = {"coverage_if_passed", "coverage of those that pass it"},
    [JD_MC_FAILED] = {"failed", "share of fits that failed"},
};

const char *jd_mc_name(jd_mc_measure_t measure)
{
    return words[measure].name;
}

const char *jd_mc_label(jd_mc_measure_t measure)
{
    return words[measure].label;
}

static const jd_mc_value_t nothing = {(double)NAN, (double)NAN, 0, (double)NAN, (double)NAN};
static const double Z = 1.959963984540054;

static jd_mc_value_t value_of(double value, double error, int64_t n)
{
    return (jd_mc_value_t){value, error, n, value - Z * error, value + Z * error};
}

/* ---- Means and shares ---- */

jd_mc_value_t jd_mc_mean(const double *x, int64_t n)
{
    double sum = 0, square = 0;
    int64_t used = 0;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(x[i])) sum += x[i], used++;
    if (used == 0) return nothing;
    double mean = sum / (double)used;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(x[i])) square += (x[i] - mean) * (x[i] - mean);
    double error = used > 1 ? sqrt(square / (double)(used - 1) / (double)used) : (double)NAN;
    return value_of(mean, error, used);
}

jd_mc_value_t jd_mc_share(int64_t yes, int64_t n)
{
    if (n <= 0) return nothing;
    double m = (double)n, p = (double)yes / m, shrink = 1 / (1 + Z * Z / m);
    double middle = shrink * (p + Z * Z / (2 * m));
    double half = shrink * Z * sqrt(p * (1 - p) / m + Z * Z / (4 * m * m));
    bool inside = yes > 0 && yes < n;
    return (jd_mc_value_t){.value = p,
                           .mcse = inside ? sqrt(p * (1 - p) / m) : half / Z,
                           .n = n,
                           .low = yes > 0 ? fmax(0, middle - half) : 0,
                           .high = yes < n ? fmin(1, middle + half) : 1};
}

/* ---- What is computed of sums, and its jackknife ---- */

/* Sums over replicates of an error d = estimate - truth, the estimate and its standard error, each
 * less the first's for the digits. */
typedef struct sums {
    double n, d, dd, e, ee, s, scale;
} sums_t;

static double sd_of(double n, double sum, double square)
{
    double v = (square - sum * sum / n) / (n - 1);
    return sqrt(v > 0 ? v : 0);
}

static double sd_error(const sums_t *a)
{
    return sd_of(a->n, a->d, a->dd);
}

static double ratio(const sums_t *a)
{
    return (a->scale + a->s / a->n) / sd_of(a->n, a->e, a->ee);
}

static void add(sums_t *a, const jd_mc_sample_t *m, int64_t i, double sign)
{
    double d = m->estimate[i] - m->truth[i] - (m->estimate[0] - m->truth[0]);
    double e = m->estimate[i] - m->estimate[0], s = m->std_error[i] - a->scale;
    a->n += sign;
    a->d += sign * d;
    a->dd += sign * d * d;
    a->e += sign * e;
    a->ee += sign * e * e;
    a->s += sign * s;
}

static jd_mc_value_t jackknife(const jd_mc_sample_t *m, const sums_t *all,
                               double (*of)(const sums_t *))
{
    if (m->n < 3) return nothing;
    double sum = 0, square = 0, n = (double)m->n, whole = of(all);
    for (int64_t i = 0; i < m->n; i++) {
        sums_t less = *all;
        add(&less, m, i, -1);
        double x = of(&less) - whole;
        sum += x;
        square += x * x;
    }
    return value_of(whole, sqrt((n - 1) / n * (square - sum * sum / n)), m->n);
}

/* Mean square error: a mean; its root's error by the delta method. */
static jd_mc_value_t rmse(const jd_mc_sample_t *m)
{
    double sum = 0, square = 0, n = (double)m->n;
    for (int64_t i = 0; i < m->n; i++) {
        double d = m->estimate[i] - m->truth[i];
        sum += d * d;
    }
    double mean = sum / n, root = sqrt(mean);
    for (int64_t i = 0; i < m->n; i++) {
        double d = m->estimate[i] - m->truth[i];
        square += (d * d - mean) * (d * d - mean);
    }
    double error = m->n > 1 && root > 0 ? sqrt(square / (n - 1) / n) / (2 * root) : (double)NAN;
    return value_of(root, error, m->n);
}

/* ---- Tests ---- */

static bool significant(const jd_mc_sample_t *m, int64_t i)
{
    return m->ci_low[i] > 0 || m->ci_high[i] < 0;
}

static bool covered(const jd_mc_sample_t *m, int64_t i)
{
    return m->ci_low[i] <= m->truth[i] && m->truth[i] <= m->ci_high[i];
}

static void measure_tests(const jd_mc_sample_t *m, double truth, jd_mc_value_t *value)
{
    int64_t holds = 0, found = 0, wrong = 0;
    double sum = 0, square = 0;
    for (int64_t i = 0; i < m->n; i++) {
        holds += covered(m, i);
        if (!significant(m, i)) continue;
        found++;
        wrong += m->estimate[i] * truth < 0;
        double size = fabs(m->estimate[i] / truth);
        sum += size;
        square += size * size;
    }
    value[JD_MC_COVERAGE] = jd_mc_share(holds, m->n);
    value[JD_MC_POWER] = jd_mc_share(found, m->n);
    if (truth == 0 || found == 0) return;
    double k = (double)found, mean = sum / k;
    double error = found > 1 ? sd_of(k, sum, square) / sqrt(k) : (double)NAN;
    value[JD_MC_TYPE_S] = jd_mc_share(wrong, found);
    value[JD_MC_TYPE_M] = value_of(mean, error, found);
}

static void measure_size(const jd_mc_sample_t *m, jd_mc_value_t *value)
{
    int64_t n = 0, rejected = 0;
    for (int64_t i = 0; m->null_rejected && i < m->n; i++) {
        n += m->null_rejected[i] >= 0;
        rejected += m->null_rejected[i] > 0;
    }
    value[JD_MC_SIZE] = jd_mc_share(rejected, n);
}

static void measure_passed(const jd_mc_sample_t *m, jd_mc_value_t *value)
{
    int64_t n = 0, passed = 0, holds = 0;
    double sum = 0, square = 0;
    for (int64_t i = 0; m->passed && i < m->n; i++) {
        n += m->passed[i] >= 0;
        if (m->passed[i] <= 0) continue;
        double d = m->estimate[i] - m->truth[i];
        passed++;
        holds += covered(m, i);
        sum += d;
        square += d * d;
    }
    value[JD_MC_PASSED] = jd_mc_share(passed, n);
    value[JD_MC_COVERAGE_IF_PASSED] = jd_mc_share(holds, passed);
    if (passed == 0) return;
    double k = (double)passed;
    double error = passed > 1 ? sd_of(k, sum, square) / sqrt(k) : (double)NAN;
    value[JD_MC_BIAS_IF_PASSED] = value_of(sum / k, error, passed);
}

void jd_mc_measure(const jd_mc_sample_t *m, jd_mc_value_t value[JD_MC_MEASURES])
{
    for (int k = 0; k < JD_MC_MEASURES; k++)
        value[k] = nothing;
    value[JD_MC_FAILED] = jd_mc_share(m->failed, m->n + m->failed);
    if (m->n == 0) return;
    sums_t all = {.scale = m->std_error[0]};
    for (int64_t i = 0; i < m->n; i++)
        add(&all, m, i, 1);
    double bias = m->estimate[0] - m->truth[0] + all.d / all.n;
    double error = m->n > 1 ? sd_error(&all) / sqrt(all.n) : (double)NAN;
    value[JD_MC_TRUTH] = jd_mc_mean(m->truth, m->n);
    value[JD_MC_ESTIMATE] = jd_mc_mean(m->estimate, m->n);
    value[JD_MC_BIAS] = value_of(bias, error, m->n);
    value[JD_MC_RMSE] = rmse(m);
    value[JD_MC_SD] = jackknife(m, &all, sd_error);
    value[JD_MC_SE_RATIO] = jackknife(m, &all, ratio);
    measure_tests(m, value[JD_MC_TRUTH].value, value);
    measure_size(m, value);
    measure_passed(m, value);
}
