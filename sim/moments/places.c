/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moments of where firms go: slopes on development, and sectors. */
#include <math.h>

#include "moments/frame.h"

enum { IN, OUT };

/* Slope of a unit's moves on its development, over the mean of moves. */
static double slope(const jd_moment_frame_t *f, const double *w, int arg)
{
    const double *y = arg == IN ? f->inflow : f->outflow;
    if (!y || !f->development) return (double)NAN;
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int64_t i = 0; i < f->units; i++) {
        const double x = f->development[i];
        double sum = 0;
        for (int64_t t = 0; t < f->periods; t++)
            sum += y[t * f->units + i];
        n += w[i];
        sx += w[i] * x;
        sy += w[i] * sum;
        sxx += w[i] * x * x;
        sxy += w[i] * x * sum;
    }
    return (sxy - sx * sy / n) / (sxx - sx * sx / n) / (sy / n);
}

static double sector(const jd_moment_frame_t *f, const double *w, int arg)
{
    double all = 0, one = 0;
    if (!f->sector[arg]) return (double)NAN;
    for (int k = 0; k < JD_MOMENT_SECTORS && f->sector[k]; k++)
        for (int64_t i = 0; i < f->units; i++) {
            all += w[i] * f->sector[k][i];
            one += k == arg ? w[i] * f->sector[k][i] : 0;
        }
    return one / all;
}

#define NEEDS_PLACES "development in the file of divisions"
#define NEEDS_SECTORS "moves of this sector"

static const jd_moment_row_t of_places[] = {
    {"slope_inflow", "1", "slope of moves in on development, over their mean", slope, IN,
     NEEDS_PLACES},
    {"slope_outflow", "1", "slope of moves out on development, over their mean", slope, OUT,
     NEEDS_PLACES},
    {.name = NULL},
};

static const jd_moment_row_t of_sectors[] = {
    {"sector_targeted", "1", "share of moves: targeted sectors", sector, 0, NEEDS_SECTORS},
    {"sector_similar", "1", "share of moves: similar sectors", sector, 1, NEEDS_SECTORS},
    {"sector_other", "1", "share of moves: a third group of sectors", sector, 2, NEEDS_SECTORS},
    {"sector_further", "1", "share of moves: a fourth group", sector, 3, NEEDS_SECTORS},
    {.name = NULL},
};

const jd_moment_group_t jd_moment_places = {"places", "Where firms go", of_places};
const jd_moment_group_t jd_moment_sectors = {"sectors", "Sectors", of_sectors};
