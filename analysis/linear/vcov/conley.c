/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conley 1999: scores of places up to a cutoff apart may be correlated. Rows of one place are
 * summed first. Places lie in bands of latitude as high as the cutoff, sorted by longitude within;
 * a place looks for others in its own band and the two beside it only. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/sums.h"
#include "linear/vcov/vcov.h"

static const double pi = 3.14159265358979323846;
static const double km_per_degree = 111; /* fixest's "triangular" */

typedef struct {
    double latitude, longitude;
    int32_t row; /* first of the place */
} place_t;

typedef struct {
    place_t *place; /* [n], by band, then longitude, then latitude */
    int32_t *code;  /* [rows] place of each row */
    int64_t *start; /* [bands + 1] */
    int64_t n, bands;
    double reach, lowest, height; /* degrees: the cutoff, and bands at least as high */
} map_t;

static double distance_km(jd_distance_t how, const place_t *a, const place_t *b)
{
    double up = b->latitude - a->latitude, across = remainder(b->longitude - a->longitude, 360);
    double radians = pi / 180;
    if (how == JD_DISTANCE_TRIANGULAR) {
        across *= cos(radians * (a->latitude + b->latitude) / 2);
        return km_per_degree * sqrt(up * up + across * across);
    }
    double s = sin(radians * up / 2), c = sin(radians * across / 2);
    double h = s * s + cos(radians * a->latitude) * cos(radians * b->latitude) * c * c;
    double radius = how == JD_DISTANCE_SPHERICAL ? 6376 : 6371.0088;
    return 2 * radius * asin(sqrt(h < 1 ? h : 1));
}

/* Degrees of latitude that are surely as far as `km`. */
static double reach(jd_distance_t how, double km)
{
    double radius = how == JD_DISTANCE_SPHERICAL ? 6376 : 6371.0088;
    double degrees = how == JD_DISTANCE_TRIANGULAR ? km / km_per_degree : km / radius * 180 / pi;
    return degrees * (1 + 1e-9) + 1e-12;
}

static int64_t band_of(const map_t *map, double latitude)
{
    int64_t b = (int64_t)((latitude - map->lowest) / map->height);
    return b < 0 ? 0 : b >= map->bands ? map->bands - 1 : b;
}

static int by_coordinates(const void *a, const void *b)
{
    const place_t *x = a, *y = b;
    if (x->longitude != y->longitude) return x->longitude < y->longitude ? -1 : 1;
    if (x->latitude != y->latitude) return x->latitude < y->latitude ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int same(const place_t *a, const place_t *b)
{
    return a->latitude == b->latitude && a->longitude == b->longitude;
}

static int check_coordinates(const jd_vcov_rows_t *rows, int64_t n, jd_ctx_t *ctx)
{
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(rows->latitude[i]) <= 90 && fabs(rows->longitude[i]) <= 360))
            return jd_fail(ctx, JD_ERR_DATA,
                           "latitude %g, longitude %g: Conley standard errors need degrees, within "
                           "-90 to 90 and -180 to 180, in every row used",
                           rows->latitude[i], rows->longitude[i]);
    return JD_OK;
}

/* Rows to places: sorted by coordinates, equal ones become one. */
static int list_places(map_t *map, const jd_vcov_rows_t *rows, int64_t n, jd_ctx_t *ctx)
{
    size_t bytes = (size_t)n * sizeof *map->place;
    int rc = jd_make_unset(&map->place, bytes, 1, "places", ctx);
    if (!rc) rc = jd_make_unset(&map->code, (size_t)n, sizeof *map->code, "places", ctx);
    if (rc) return rc;
    double highest = -90;
    map->lowest = 90;
    for (int64_t i = 0; i < n; i++) {
        place_t p = {rows->latitude[i], rows->longitude[i], (int32_t)i};
        map->place[i] = p;
        if (p.latitude < map->lowest) map->lowest = p.latitude;
        if (p.latitude > highest) highest = p.latitude;
    }
    qsort(map->place, (size_t)n, sizeof *map->place, by_coordinates);
    for (int64_t i = 0; i < n; i++) {
        int32_t row = map->place[i].row;
        if (i == 0 || !same(&map->place[i], &map->place[map->n - 1]))
            map->place[map->n++] = map->place[i];
        map->code[row] = (int32_t)(map->n - 1);
    }
    map->height = fmax(map->reach, (highest - map->lowest) / (double)map->n);
    map->bands = (int64_t)((highest - map->lowest) / map->height) + 1;
    return JD_OK;
}

/* Places into bands, keeping their order of longitude; the rows' codes follow. */
static int sort_bands(map_t *map, int64_t n_rows, jd_ctx_t *ctx)
{
    size_t n = (size_t)map->n;
    place_t *sorted = malloc(n * sizeof *sorted);
    int32_t *moved = malloc(n * sizeof *moved);
    map->start = calloc((size_t)map->bands + 2, sizeof *map->start);
    int rc = JD_OK;
    if (!sorted || !moved || !map->start) {
        rc = jd_fail_memory(ctx, n * sizeof *sorted, "places");
    } else {
        int64_t *next = map->start + 1;
        for (size_t p = 0; p < n; p++)
            next[band_of(map, map->place[p].latitude) + 1]++;
        for (int64_t b = 0; b < map->bands; b++)
            next[b + 1] += next[b];
        for (size_t p = 0; p < n; p++) {
            int64_t at = next[band_of(map, map->place[p].latitude)]++;
            sorted[at] = map->place[p];
            moved[p] = (int32_t)at;
        }
        memcpy(map->place, sorted, n * sizeof *sorted);
        for (int64_t i = 0; i < n_rows; i++)
            map->code[i] = moved[map->code[i]];
    }
    free(sorted);
    free(moved);
    return rc;
}

static void free_map(map_t *map)
{
    free(map->place);
    free(map->code);
    free(map->start);
}

/* First place from `from` to `to` whose longitude is at least x. */
static int64_t find_longitude(const map_t *map, int64_t from, int64_t to, double x)
{
    while (from < to) {
        int64_t middle = from + (to - from) / 2;
        if (map->place[middle].longitude < x)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

typedef struct {
    const map_t *map;
    const double *u; /* [k][n] */
    int k;
    jd_distance_t distance;
    jd_kernel_t kernel;
    double cutoff;
} search_t;

/* v += kernel * scores of the places between two positions. */
static void add_range(const search_t *s, const place_t *own, int64_t from, int64_t to, double *v)
{
    for (int64_t p = from; p < to; p++) {
        double d = distance_km(s->distance, own, &s->map->place[p]);
        if (!(d <= s->cutoff)) continue;
        double by = s->kernel == JD_KERNEL_BARTLETT ? 1 - d / s->cutoff : 1;
        for (int j = 0; j < s->k; j++)
            v[j] += by * s->u[j * s->map->n + p];
    }
}

/* Widest difference of longitude within the cutoff, seen from a band's latitudes; 180 = all. */
static double width_at(double latitude, double degrees)
{
    double pole = fabs(latitude) + degrees;
    if (pole >= 89) return 180;
    return degrees / cos(pole * pi / 180) * (1 + 1e-9);
}

/* v [k] = kernel-weighted scores around one place. */
static void look_around(const search_t *s, int64_t at, double *v)
{
    const map_t *map = s->map;
    const place_t *own = &map->place[at];
    int64_t band = band_of(map, own->latitude);
    double width = width_at(own->latitude, map->reach);
    memset(v, 0, (size_t)s->k * sizeof *v);
    for (int64_t b = band > 0 ? band - 1 : 0; b <= band + 1 && b < map->bands; b++) {
        int64_t from = map->start[b], to = map->start[b + 1];
        if (width >= 180) {
            add_range(s, own, from, to, v);
            continue;
        }
        /* Longitudes may be given as -180 ... 180 or 0 ... 360: look a turn away too. */
        for (int turn = -1; turn <= 1; turn++) {
            double x = own->longitude + 360 * turn;
            int64_t low = find_longitude(map, from, to, x - width);
            int64_t high = find_longitude(map, low, to, nextafter(x + width, HUGE_VAL));
            add_range(s, own, low, high, v);
        }
    }
}

int jd_meat_conley(const jd_regression_t *r, const double *residual, const jd_vcov_rows_t *rows,
                   const jd_vcov_options_t *options, double *meat, jd_ctx_t *ctx)
{
    int k = r->n_kept;
    map_t map = {.reach = reach(options->distance, options->cutoff_km)};
    int rc = check_coordinates(rows, r->n, ctx);
    if (!rc) rc = list_places(&map, rows, r->n, ctx);
    if (!rc) rc = sort_bands(&map, r->n, ctx);
    double *u = NULL, *v = NULL;
    size_t cells = (size_t)k * (size_t)map.n;
    if (!rc) {
        rc = jd_make_n(&u, 2 * cells, sizeof *u, "scores of places", ctx);
        if (!rc) rc = jd_make_unset(&v, cells, sizeof *v, "scores of places", ctx);
    }
    if (!rc) {
        for (int j = 0; j < k; j++)
            for (int64_t i = 0; i < r->n; i++)
                u[j * map.n + map.code[i]] += jd_row_weights(r, j)[i] * residual[i];
        search_t s = {&map, u, k, options->distance, options->kernel, options->cutoff_km};
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(dynamic, 256)
        for (int64_t p = 0; p < map.n; p++)
            look_around(&s, p, v + p * k);
        /* Columns again, and the sums in one order. */
        double *around = u + cells;
        for (int64_t p = 0; p < map.n; p++)
            for (int j = 0; j < k; j++)
                around[j * map.n + p] = v[p * k + j];
        for (int i = 0; i < k; i++)
            for (int j = 0; j <= i; j++)
                meat[i * k + j] = (jd_dot(u + i * map.n, around + j * map.n, map.n) +
                                   jd_dot(u + j * map.n, around + i * map.n, map.n)) /
                                  2;
    }
    free(u);
    free(v);
    free_map(&map);
    return rc;
}
