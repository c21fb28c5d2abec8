/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exposures by distance. Units are points on the unit sphere; a ring's edge is a squared chord, so
 * a pair costs three products. Sorted by latitude, a unit looks at a window of others only. */
#include "core/memory.h"
#include "did/regression/rings.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double diameter = 12742.0176; /* km, the mean Earth's; as JD_DISTANCE_HAVERSINE */
static const double degree = 3.14159265358979323846 / 180;

typedef struct {
    double latitude, at[3];
    int32_t unit;
    int32_t period; /* code of the first period under treatment; number of periods: none */
} place_t;

static int by_latitude(const void *a, const void *b)
{
    const place_t *p = a, *q = b;
    if (p->latitude != q->latitude) return p->latitude < q->latitude ? -1 : 1;
    return p->unit < q->unit ? -1 : p->unit > q->unit;
}

/* First period no earlier than the cohort. */
static int32_t find_period(const jd_groups_t *periods, int32_t cohort)
{
    int32_t t = 0;
    if (cohort == 0) return periods->n_groups;
    while (t < periods->n_groups && periods->value[t] < cohort)
        t++;
    return t;
}

static int fill_places(place_t *place, const jd_exposures_t *x, const jd_panel_t *panel,
                       const int32_t *cohort, int64_t *first, jd_ctx_t *ctx)
{
    for (int64_t i = 0; i < panel->n; i++) {
        int32_t u = x->units.code[i];
        double latitude = panel->latitude[i], longitude = panel->longitude[i];
        if (!(fabs(latitude) <= 90) || !(fabs(longitude) <= 360))
            return jd_fail(ctx, JD_ERR_DATA,
                           "rings: row %s: latitude %g, longitude %g; they are degrees "
                           "within 90 and 360 of 0",
                           JD_ROW_NAME(ctx, i + 1), latitude, longitude);
        if (first[u] >= 0) {
            if (panel->latitude[first[u]] != latitude || panel->longitude[first[u]] != longitude)
                return jd_fail(ctx, JD_ERR_DATA,
                               "rings: unit %s stands elsewhere in row %s than in row %s; a unit "
                               "has one place",
                               JD_UNIT_NAME(ctx, panel->unit[i]), JD_ROW_NAME(ctx, i + 1),
                               JD_ROW_NAME(ctx, first[u] + 1));
            continue;
        }
        first[u] = i;
        double flat = cos(latitude * degree);
        place[u] = (place_t){.latitude = latitude,
                             .at = {flat * cos(longitude * degree), flat * sin(longitude * degree),
                                    sin(latitude * degree)},
                             .unit = u,
                             .period = find_period(&x->periods, cohort[i])};
    }
    return JD_OK;
}

static double square_distance(const place_t *p, const place_t *q)
{
    double sum = 0;
    for (int k = 0; k < 3; k++)
        sum += (p->at[k] - q->at[k]) * (p->at[k] - q->at[k]);
    return sum;
}

/* Squared chord of a distance in km; beyond half way round there is nothing. */
static double chord_of(double km)
{
    double angle = km / diameter;
    double s = angle < 1.5707963267948966 ? sin(angle) : 1;
    return angle < 1.5707963267948966 ? 4 * s * s : 5;
}

static double km_of(double square)
{
    double half = sqrt(square) / 2;
    return diameter * asin(half < 1 ? half : 1);
}

/* Ring of a squared chord, or -1 beyond the outermost edge. */
static int ring_of(const double *edge, int n, double square)
{
    for (int k = 0; k < n; k++)
        if (square <= edge[k]) return k;
    return -1;
}

/* One unit: what treated others add from their first period on; all [n] others in reach. */
static void look_around(jd_exposures_t *x, const place_t *place, int32_t from, int32_t to,
                        const place_t *self, const double *edge, const jd_did_options_t *options,
                        double *others)
{
    int32_t periods = x->periods.n_groups;
    int decay = options->rings.exposure == JD_EXPOSURE_DECAY;
    double *own = x->value + (int64_t)self->unit * x->n * periods;
    for (int32_t j = from; j < to; j++) {
        if (place[j].unit == self->unit) continue;
        double square = square_distance(self, &place[j]);
        int ring = decay ? 0 : ring_of(edge, x->n, square);
        if (ring < 0) continue;
        others[ring]++;
        if (place[j].period == periods) continue;
        own[ring * periods + place[j].period] +=
            decay ? exp(-km_of(square) / options->rings.edges.value[0]) : 1;
    }
    for (int k = 0; k < x->n; k++)
        for (int32_t t = 1; t < periods; t++)
            own[k * periods + t] += own[k * periods + t - 1];
}

/* Counts become what was requested. */
static void finish_unit(jd_exposures_t *x, int32_t unit, jd_exposure_t kind, const double *others)
{
    int32_t periods = x->periods.n_groups;
    double *own = x->value + (int64_t)unit * x->n * periods;
    for (int32_t t = 0; t < periods; t++) {
        int nearer = 0;
        for (int k = 0; k < x->n; k++) {
            double *value = &own[k * periods + t];
            if (kind == JD_EXPOSURE_SHARE && others[k] > 0) *value /= others[k];
            if (kind != JD_EXPOSURE_RINGS) continue;
            int here = *value > 0 && !nearer;
            nearer |= *value > 0;
            *value = here;
        }
    }
}

static int look(jd_exposures_t *x, place_t *place, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    int32_t units = x->units.n_groups, from = 0, to = 0;
    double *edge;
    if (jd_make_unset(&edge, 2 * (size_t)options->rings.edges.n, sizeof *edge, "rings", ctx))
        return JD_ERR_NO_MEMORY;
    double *others = edge + options->rings.edges.n;
    double reach = 360; /* degrees of latitude, with a little more than is needed */
    if (options->rings.exposure != JD_EXPOSURE_DECAY)
        reach = 2.001 * options->rings.edges.value[options->rings.edges.n - 1] / diameter / degree +
                1e-9;
    for (int k = 0; k < options->rings.edges.n; k++)
        edge[k] = chord_of(options->rings.edges.value[k]);
    qsort(place, (size_t)units, sizeof *place, by_latitude);
    for (int32_t u = 0; u < units; u++) {
        while (place[from].latitude < place[u].latitude - reach)
            from++;
        while (to < units && place[to].latitude <= place[u].latitude + reach)
            to++;
        memset(others, 0, (size_t)options->rings.edges.n * sizeof *others);
        look_around(x, place, from, to, &place[u], edge, options, others);
        finish_unit(x, place[u].unit, options->rings.exposure, others);
    }
    free(edge);
    return JD_OK;
}

int jd_exposures_make(jd_exposures_t *x, const jd_panel_t *panel, const int32_t *cohort,
                      const jd_did_options_t *options, jd_ctx_t *ctx)
{
    place_t *place = NULL;
    int64_t *first = NULL;
    memset(x, 0, sizeof *x);
    x->n = options->rings.exposure == JD_EXPOSURE_DECAY ? 1 : options->rings.edges.n;
    int rc = jd_groups_make(&x->units, panel->unit, panel->n, ctx);
    if (!rc) rc = jd_groups_make(&x->periods, panel->time, panel->n, ctx);
    if (rc) goto out;
    size_t units = (size_t)x->units.n_groups;
    size_t cells = units * (size_t)x->n * (size_t)x->periods.n_groups;
    rc = jd_make_n(&x->value, cells, sizeof *x->value, "exposures", ctx);
    if (!rc) rc = jd_make_unset(&place, units, sizeof *place, "exposures", ctx);
    if (!rc) rc = jd_make_unset(&first, units, sizeof *first, "exposures", ctx);
    if (rc) goto out;
    for (size_t u = 0; u < units; u++)
        first[u] = -1;
    rc = fill_places(place, x, panel, cohort, first, ctx);
    if (!rc) rc = look(x, place, options, ctx);
out:
    free(place);
    free(first);
    return rc;
}

void jd_exposures_free(jd_exposures_t *x)
{
    jd_groups_free(&x->units);
    jd_groups_free(&x->periods);
    free(x->value);
    memset(x, 0, sizeof *x);
}
