/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Random event studies for tests, from a generator that is nobody else's. */
#ifndef JD_TESTS_EVENT_PATHS_H
#define JD_TESTS_EVENT_PATHS_H

#include <math.h>

#include "support.h"

#include "jiedao/did.h"
#include "jiedao/event_path.h"

enum { MAX_PATH = 12 };

typedef struct {
    uint64_t state;
} dice_t;

static inline double dice_uniform(dice_t *dice)
{
    dice->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = dice->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static inline double dice_normal(dice_t *dice)
{
    double u = dice_uniform(dice), v = dice_uniform(dice);
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

/** Coefficients about `size` and a covariance F F' + 0.02 I of correlated, uneven errors; root F is
 *  told too, [n][n + 1] (the last column 0.02's root is not in it). */
static inline void random_path(jd_event_path_t *path, int n_pre, int n_post, double size,
                               dice_t *dice)
{
    int n = n_pre + n_post;
    double beta[MAX_PATH], f[MAX_PATH * MAX_PATH], sigma[MAX_PATH * MAX_PATH];
    assert_true(n <= MAX_PATH);
    for (int i = 0; i < n; i++) {
        beta[i] = size * dice_normal(dice);
        for (int j = 0; j < n; j++)
            f[i * n + j] = 0.3 * dice_normal(dice) + (j == 0 ? 0.4 : 0);
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double sum = i == j ? 0.02 : 0;
            for (int k = 0; k < n; k++)
                sum += f[i * n + k] * f[j * n + k];
            sigma[i * n + j] = sum;
        }
    assert_int_equal(jd_event_path_make(path, beta, sigma, n_pre, n_post, NULL), JD_OK);
}

/** Lower Cholesky factor [n][n] of a covariance, plainly. */
static inline void plain_cholesky(const double *a, int n, double *l)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double sum = a[i * n + j];
            for (int k = 0; k < (i < j ? i : j); k++)
                sum -= l[i * n + k] * l[j * n + k];
            l[i * n + j] = j > i ? 0 : j == i ? sqrt(sum) : sum / l[j * n + j];
        }
}

/** A draw of N(0, l l'). */
static inline void draw_errors(const double *l, int n, dice_t *dice, double *error)
{
    double z[MAX_PATH];
    for (int i = 0; i < n; i++) {
        z[i] = dice_normal(dice);
        error[i] = 0;
        for (int j = 0; j <= i; j++)
            error[i] += l[i * n + j] * z[j];
    }
}

static inline double normal_tail(double z)
{
    return 0.5 * erfc(z * sqrt(0.5));
}

#endif
