/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moments of single moves between units: how far, across which borders, up or down. Each counts
 * with the weight of the unit it goes to. */
#include <math.h>

#include "moments/frame.h"

static bool has_distance(const jd_moment_move_t *m)
{
    return !isnan(m->distance);
}

static double mean(const jd_moment_frame_t *f, const double *w, int arg)
{
    double n = 0, sum = 0;
    (void)arg;
    for (int64_t k = 0; k < f->moves; k++) {
        if (!has_distance(&f->move[k])) continue;
        n += w[f->move[k].to];
        sum += w[f->move[k].to] * f->move[k].distance;
    }
    return sum / n;
}

static double log_sd(const jd_moment_frame_t *f, const double *w, int arg)
{
    double n = 0, sum = 0, square = 0;
    (void)arg;
    for (int64_t k = 0; k < f->moves; k++) {
        if (!has_distance(&f->move[k]) || !(f->move[k].distance > 0)) continue;
        const double x = log(f->move[k].distance), one = w[f->move[k].to];
        n += one;
        sum += one * x;
        square += one * x * x;
    }
    return sqrt(square / n - sum / n * (sum / n));
}

/* The distance at place `at` (from 0) of all moves, each written down as often as it weighs. */
static double at_place(const jd_moment_frame_t *f, const double *w, double at)
{
    double before = 0;
    for (int64_t k = 0; k < f->moves && has_distance(&f->move[k]); k++) {
        before += w[f->move[k].to];
        if (before > at) return f->move[k].distance;
    }
    return (double)NAN;
}

/* Quantile of arg percent, between neighbours as R's type 7 and NumPy have it. */
static double quantile(const jd_moment_frame_t *f, const double *w, int arg)
{
    double n = 0;
    for (int64_t k = 0; k < f->moves && has_distance(&f->move[k]); k++)
        n += w[f->move[k].to];
    if (!(n > 0)) return (double)NAN;
    const double place = (n - 1) * arg / 100.0, low = floor(place);
    const double a = at_place(f, w, low), b = at_place(f, w, fmin(low + 1, n - 1));
    return a + (place - low) * (b - a);
}

enum { SAME_PREFECTURE, OTHER_PROVINCE };

static double border(const jd_moment_frame_t *f, const double *w, int arg)
{
    double n = 0, sum = 0;
    for (int64_t k = 0; k < f->moves; k++) {
        const jd_moment_move_t *m = &f->move[k];
        if (m->from < 0) continue;
        n += w[m->to];
        sum += w[m->to] * (arg == SAME_PREFECTURE ? m->same_prefecture : m->other_province);
    }
    return sum / n;
}

static double climb(const jd_moment_frame_t *f, const double *w, int arg)
{
    double n = 0, sum = 0;
    (void)arg;
    for (int64_t k = 0; k < f->moves && f->development; k++) {
        const jd_moment_move_t *m = &f->move[k];
        if (m->from < 0) continue;
        n += w[m->to];
        sum += w[m->to] * (f->development[m->to] - f->development[m->from]);
    }
    return sum / n;
}

#define NEEDS_KM "moves whose distance is known"
#define NEEDS_ENDS "moves whose origin is known"

static const jd_moment_row_t list[] = {
    {"distance_mean", "km", "distance of moves between units: mean", mean, 0, NEEDS_KM},
    {"distance_log_sd", "1", "SD of its logarithm", log_sd, 0, NEEDS_KM},
    {"distance_p10", "km", "a tenth of the moves is shorter", quantile, 10, NEEDS_KM},
    {"distance_p25", "km", "a quarter is shorter", quantile, 25, NEEDS_KM},
    {"distance_p50", "km", "half is shorter", quantile, 50, NEEDS_KM},
    {"distance_p75", "km", "three quarters are shorter", quantile, 75, NEEDS_KM},
    {"distance_p90", "km", "nine tenths are shorter", quantile, 90, NEEDS_KM},
    {"border_prefecture", "1", "share of moves that stay in the prefecture", border,
     SAME_PREFECTURE, NEEDS_ENDS},
    {"border_province", "1", "share of moves to another province", border, OTHER_PROVINCE,
     NEEDS_ENDS},
    {"climb", "1", "development at the destination less that at the origin, mean of moves", climb,
     0, NEEDS_ENDS ", and development of divisions"},
    {.name = NULL},
};

const jd_moment_group_t jd_moment_moves = {"moves", "Single moves between units", list};
