/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear/sums.h"

#include <stddef.h>

enum { LANES = 8 };

static double fold(const double lane[LANES])
{
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
           ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

int jd_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double jd_sum(const double *a, int64_t n)
{
    double lane[LANES] = {0}, tail = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += a[i + l];
    for (; i < n; i++)
        tail += a[i];
    return fold(lane) + tail;
}

double jd_dot(const double *a, const double *b, int64_t n)
{
    double lane[LANES] = {0}, tail = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += a[i + l] * b[i + l];
    for (; i < n; i++)
        tail += a[i] * b[i];
    return fold(lane) + tail;
}

double jd_dot_exact(const double *a, const double *b, int64_t n)
{
    double sum[LANES] = {0}, lost[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            jd_add_exactly(&sum[l], &lost[l], a[i + l] * b[i + l]);
    for (; i < n; i++)
        jd_add_exactly(&sum[0], &lost[0], a[i] * b[i]);
    for (int l = 1; l < LANES; l++) {
        jd_add_exactly(&sum[0], &lost[0], sum[l]);
        lost[0] += lost[l];
    }
    return sum[0] + lost[0];
}

double jd_dot_weighted(const double *w, const double *a, const double *b, int64_t n)
{
    if (!w) return jd_dot(a, b, n);
    double lane[LANES] = {0}, tail = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += w[i + l] * a[i + l] * b[i + l];
    for (; i < n; i++)
        tail += w[i] * a[i] * b[i];
    return fold(lane) + tail;
}
