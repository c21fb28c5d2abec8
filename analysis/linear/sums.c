/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear/sums.h"

#include <stddef.h>
#include <string.h>

double jd_fold_lanes(const double *lane)
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
    double lane[JD_LANES] = {0}, tail = 0;
    int64_t i = 0;
    for (; i + JD_LANES <= n; i += JD_LANES)
        for (int l = 0; l < JD_LANES; l++)
            lane[l] += a[i + l];
    for (; i < n; i++)
        tail += a[i];
    return jd_fold_lanes(lane) + tail;
}

double jd_dot(const double *a, const double *b, int64_t n)
{
    double lane[JD_LANES] = {0}, tail = 0;
    int64_t i = 0;
    for (; i + JD_LANES <= n; i += JD_LANES)
        for (int l = 0; l < JD_LANES; l++)
            lane[l] += a[i + l] * b[i + l];
    for (; i < n; i++)
        tail += a[i] * b[i];
    return jd_fold_lanes(lane) + tail;
}

void jd_dot_lanes(const double *a, const double *b, int64_t n, double *lane)
{
    double own[JD_LANES];
    memcpy(own, lane, sizeof own);
    for (int64_t i = 0; i < n; i += JD_LANES)
        for (int l = 0; l < JD_LANES; l++)
            own[l] += a[i + l] * b[i + l];
    memcpy(lane, own, sizeof own);
}

double jd_dot_exact(const double *a, const double *b, int64_t n)
{
    double sum[JD_LANES] = {0}, lost[JD_LANES] = {0};
    int64_t i = 0;
    for (; i + JD_LANES <= n; i += JD_LANES)
        for (int l = 0; l < JD_LANES; l++)
            jd_add_exactly(&sum[l], &lost[l], a[i + l] * b[i + l]);
    for (; i < n; i++)
        jd_add_exactly(&sum[0], &lost[0], a[i] * b[i]);
    for (int l = 1; l < JD_LANES; l++) {
        jd_add_exactly(&sum[0], &lost[0], sum[l]);
        lost[0] += lost[l];
    }
    return sum[0] + lost[0];
}

double jd_dot_weighted(const double *w, const double *a, const double *b, int64_t n)
{
    if (!w) return jd_dot(a, b, n);
    double lane[JD_LANES] = {0}, tail = 0;
    int64_t i = 0;
    for (; i + JD_LANES <= n; i += JD_LANES)
        for (int l = 0; l < JD_LANES; l++)
            lane[l] += w[i + l] * a[i + l] * b[i + l];
    for (; i < n; i++)
        tail += w[i] * a[i] * b[i];
    return jd_fold_lanes(lane) + tail;
}
