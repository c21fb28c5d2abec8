/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moments of counts by unit and period: how many move, how unevenly, how lastingly. */
#include <math.h>

#include "moments/frame.h"

enum { IN, OUT, OTHER };

static const double *flow_of(const jd_moment_frame_t *f, int arg)
{
    return arg == IN ? f->inflow : arg == OUT ? f->outflow : f->other;
}

/* Sums over cells of w, w y, w y^2 and w [y = 0]. */
typedef struct sums {
    double w, y, yy, zeros;
} sums_t;

static sums_t add_up(const jd_moment_frame_t *f, const double *y, const double *w)
{
    sums_t s = {0, 0, 0, 0};
    for (int64_t t = 0; t < f->periods; t++)
        for (int64_t i = 0; i < f->units; i++) {
            const double x = y[t * f->units + i];
            s.w += w[i];
            s.y += w[i] * x;
            s.yy += w[i] * x * x;
            s.zeros += x == 0 ? w[i] : 0;
        }
    return s;
}

static double mean(const jd_moment_frame_t *f, const double *w, int arg)
{
    const double *y = flow_of(f, arg);
    if (!y) return (double)NAN;
    const sums_t s = add_up(f, y, w);
    return s.y / s.w;
}

static double variance(const jd_moment_frame_t *f, const double *w, int arg)
{
    const double *y = flow_of(f, arg);
    if (!y) return (double)NAN;
    const sums_t s = add_up(f, y, w);
    const double m = s.y / s.w;
    return s.yy / s.w - m * m;
}

static double zeros(const jd_moment_frame_t *f, const double *w, int arg)
{
    const double *y = flow_of(f, arg);
    if (!y) return (double)NAN;
    const sums_t s = add_up(f, y, w);
    return s.zeros / s.w;
}

/* Share of the variance over cells that lies between units: of their means over periods. */
static double between(const jd_moment_frame_t *f, const double *w, int arg)
{
    const double *y = flow_of(f, arg);
    if (!y) return (double)NAN;
    double n = 0, sum = 0, square = 0;
    for (int64_t i = 0; i < f->units; i++) {
        double m = 0;
        for (int64_t t = 0; t < f->periods; t++)
            m += y[t * f->units + i];
        m /= (double)f->periods;
        n += w[i];
        sum += w[i] * m;
        square += w[i] * m * m;
    }
    const double m = sum / n;
    return (square / n - m * m) / variance(f, w, arg);
}

/* Correlation of a cell with the same unit's `lag` periods before. */
static double correlation(const jd_moment_frame_t *f, const double *w, const double *y, int64_t lag)
{
    double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    if (!y || lag >= f->periods) return (double)NAN;
    for (int64_t t = lag; t < f->periods; t++)
        for (int64_t i = 0; i < f->units; i++) {
            const double now = y[t * f->units + i], before = y[(t - lag) * f->units + i];
            n += w[i];
            a += w[i] * now;
            b += w[i] * before;
            aa += w[i] * now * now;
            bb += w[i] * before * before;
            ab += w[i] * now * before;
        }
    return (ab / n - a / n * (b / n)) /
           sqrt((aa / n - a / n * (a / n)) * (bb / n - b / n * (b / n)));
}

static double next(const jd_moment_frame_t *f, const double *w, int arg)
{
    return correlation(f, w, flow_of(f, arg), 1);
}

static double year(const jd_moment_frame_t *f, const double *w, int arg)
{
    return correlation(f, w, flow_of(f, arg), f->per_year);
}

/* Slope of the mean count on time in years, over the mean. */
static double trend(const jd_moment_frame_t *f, const double *w, int arg)
{
    const double *y = flow_of(f, arg);
    if (!y) return (double)NAN;
    double n = 0, sum = 0, product = 0, square = 0;
    const double middle = 0.5 * (double)(f->periods - 1);
    for (int64_t t = 0; t < f->periods; t++) {
        const double years = ((double)t - middle) / f->per_year;
        for (int64_t i = 0; i < f->units; i++) {
            n += w[i];
            sum += w[i] * y[t * f->units + i];
            product += w[i] * years * y[t * f->units + i];
            square += w[i] * years * years;
        }
    }
    return product / square / (sum / n);
}

/* Moves between units per firm and year; firms are counted at each period's end. */
static double rate(const jd_moment_frame_t *f, const double *w, int arg)
{
    (void)arg;
    double moves = 0, firms = 0;
    if (!f->flow || !f->stock) return (double)NAN;
    for (int64_t t = 0; t < f->periods; t++)
        for (int64_t i = 0; i < f->units; i++) {
            moves += w[i] * f->flow[t * f->units + i];
            firms += w[i] * f->stock[t * f->units + i];
        }
    return moves / firms * f->per_year;
}

#define NEEDS_OUT "origins of moves (jiedao panel --from)"
#define NEEDS_OTHER "moves of other sectors"
#define NEEDS_YEAR "more periods"
#define NEEDS_VARIES "counts that vary"

static const jd_moment_row_t list[] = {
    {"inflow_mean", "firms", "targeted firms moved in: mean of unit and period", mean, IN, ""},
    {"inflow_variance", "firms2", "their variance over units and periods", variance, IN, ""},
    {"inflow_zeros", "1", "share of units and periods without any", zeros, IN, ""},
    {"inflow_between", "1", "share of the variance between units", between, IN, NEEDS_VARIES},
    {"inflow_next", "1", "correlation with the period before", next, IN, NEEDS_YEAR},
    {"inflow_year", "1", "correlation with the year before", year, IN, NEEDS_YEAR},
    {"inflow_trend", "1/year", "rise of the mean a year, over the mean", trend, IN, NEEDS_YEAR},
    {"outflow_mean", "firms", "targeted firms moved out: mean of unit and period", mean, OUT,
     NEEDS_OUT},
    {"outflow_variance", "firms2", "their variance over units and periods", variance, OUT,
     NEEDS_OUT},
    {"outflow_zeros", "1", "share of units and periods without any", zeros, OUT, NEEDS_OUT},
    {"outflow_between", "1", "share of the variance between units", between, OUT, NEEDS_OUT},
    {"outflow_year", "1", "correlation with the year before", year, OUT, NEEDS_OUT},
    {"other_mean", "firms", "other firms moved in: mean of unit and period", mean, OTHER,
     NEEDS_OTHER},
    {"other_variance", "firms2", "their variance over units and periods", variance, OTHER,
     NEEDS_OTHER},
    {"other_zeros", "1", "share of units and periods without any", zeros, OTHER, NEEDS_OTHER},
    {"move_rate", "1/year", "moves between units per firm and year, all sectors", rate, 0,
     "a stock of firms (jiedao panel --stock)"},
    {.name = NULL},
};

const jd_moment_group_t jd_moment_counts = {"counts", "Counts by unit and period", list};
