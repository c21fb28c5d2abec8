/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A tree read from a table of divisions: code, parent_code, level, name, longitude_deg,
 * latitude_deg, and any of development, fiscal, land, firms. Rows may come in any order. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/jurisdictions/tree.h"

const jd_column_t jd_division_columns[JD_DIVISION_COLUMNS] = {
    {"code", JD_TEXT, "", "division code", NULL, JD_CODE_WIDTH, JD_AXIS_CELL},
    {"parent_code", JD_TEXT, "", "code of the division above; 0 for a province", NULL,
     JD_CODE_WIDTH, JD_AXIS_CELL},
    {"level", JD_TEXT, "", "province, prefecture, county or street", NULL, JD_CODE_WIDTH,
     JD_AXIS_CELL},
    {"name", JD_TEXT, "", "name", NULL, JD_NAME_WIDTH, JD_AXIS_CELL},
    {"longitude_deg", JD_DOUBLE, "degrees_east", "longitude", NULL, 0, JD_AXIS_CELL},
    {"latitude_deg", JD_DOUBLE, "degrees_north", "latitude", NULL, 0, JD_AXIS_CELL},
    {"development", JD_DOUBLE, "1", "development", NULL, 0, JD_AXIS_CELL},
    {"fiscal", JD_DOUBLE, "1", "fiscal capacity", NULL, 0, JD_AXIS_CELL},
    {"land", JD_DOUBLE, "km2", "land", NULL, 0, JD_AXIS_CELL},
    {"firms", JD_DOUBLE, "firms", "firms at the start", NULL, 0, JD_AXIS_CELL},
};

/* Work space: each row's level and its place among the rows sorted by code. */
typedef struct reader {
    const jd_table_t *t;
    int column[JD_DIVISION_COLUMNS];
    int64_t rows;
    int8_t *level;                /* [rows] */
    int32_t *unit;                /* [rows] index within its level */
    int64_t *by_code;             /* [rows] rows sorted by code */
    int64_t *row_of;              /* [rows] rows in the order of the tree, level by level */
    int64_t first[JD_LEVELS + 1]; /* where a level's rows start in row_of */
} reader_t;

static const char *cell(const reader_t *r, int column, int64_t row)
{
    const jd_table_t *t = r->t;
    return (const char *)t->data[column] + (size_t)row * (size_t)t->columns[column].width;
}

typedef struct keyed {
    const char *code;
    int64_t row;
} keyed_t;

static int compare_codes(const void *a, const void *b)
{
    const keyed_t *ka = a, *kb = b;
    int c = strncmp(ka->code, kb->code, JD_CODE_WIDTH);
    return c ? c : (ka->row > kb->row) - (ka->row < kb->row);
}

static int64_t find_code(const reader_t *r, const char *code)
{
    int64_t low = 0, high = r->rows - 1;
    while (low <= high) {
        int64_t mid = low + (high - low) / 2;
        int c = strncmp(cell(r, r->column[JD_DIVISION_CODE], r->by_code[mid]), code, JD_CODE_WIDTH);
        if (c == 0) return r->by_code[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid - 1;
    }
    return -1;
}

/* "places.csv: row 4: what is wrong": the file's own row, its header being row 1. */
JD_PRINTF(4, 5)
static int blame_row(const reader_t *r, int64_t row, jd_ctx_t *ctx, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return jd_fail(ctx, JD_ERR_DATA, "%s: row %lld: %s", r->t->name, (long long)row + 2, text);
}

static int sort_by_code(reader_t *r, jd_ctx_t *ctx)
{
    keyed_t *keys;
    int rc = jd_make(&keys, r->rows, sizeof *keys, "division codes", ctx);
    if (rc) return rc;
    int code = r->column[JD_DIVISION_CODE];
    for (int64_t i = 0; i < r->rows; i++)
        keys[i] = (keyed_t){cell(r, code, i), i};
    qsort(keys, (size_t)r->rows, sizeof *keys, compare_codes);
    for (int64_t i = 0; i < r->rows; i++) {
        r->by_code[i] = keys[i].row;
        if (i > 0 && strncmp(keys[i].code, keys[i - 1].code, JD_CODE_WIDTH) == 0)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: code '%.*s' stands in rows %lld and %lld; each division needs a "
                         "code of its own",
                         r->t->name, JD_CODE_WIDTH, keys[i].code, (long long)keys[i - 1].row + 2,
                         (long long)keys[i].row + 2);
    }
    free(keys);
    return rc;
}

static int read_levels(reader_t *r, jd_tree_t *tree, jd_ctx_t *ctx)
{
    static const char *const names[JD_LEVELS] = {"centre", "province", "prefecture", "county",
                                                 "street"};
    int rc = JD_OK;
    for (int64_t i = 0; i < r->rows; i++) {
        const char *word = cell(r, r->column[JD_DIVISION_LEVEL], i);
        int l = JD_PROVINCE;
        while (l < JD_LEVELS && strncmp(word, names[l], JD_CODE_WIDTH) != 0)
            l++;
        if (l == JD_LEVELS)
            rc = blame_row(r, i, ctx,
                           "level '%.*s' is not one of province, prefecture, county, street",
                           JD_CODE_WIDTH, word);
        else
            tree->n[l]++;
        r->level[i] = (int8_t)l;
    }
    for (int l = JD_PROVINCE; l < JD_LEVELS && !rc; l++) {
        if (tree->n[l] == 0)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: no row has level '%s'; each of province, prefecture, county and "
                         "street needs some",
                         r->t->name, names[l]);
    }
    return rc;
}

/* ---- A part of the file ---- */

enum { OUT = -1, LISTED = 1, ABOVE = 2, BELOW = 4 };

/* The row above, or -1. */
static int64_t row_above(const reader_t *r, int64_t row)
{
    if (r->level[row] == JD_PROVINCE) return -1;
    const int64_t up = find_code(r, cell(r, r->column[JD_DIVISION_PARENT], row));
    return up >= 0 && r->level[up] < r->level[row] ? up : -1;
}

/* The row a word of the list means: a code, or a name that no other division has. */
static int find_listed(const reader_t *r, const char *word, int64_t *row, jd_ctx_t *ctx)
{
    int64_t n = 0;
    *row = find_code(r, word);
    if (*row >= 0) return JD_OK;
    for (int64_t i = 0; i < r->rows; i++)
        if (strncmp(cell(r, r->column[JD_DIVISION_NAME], i), word, JD_NAME_WIDTH) == 0 && !n++)
            *row = i;
    if (n == 1) return JD_OK;
    if (n == 0)
        return jd_fail(ctx, JD_ERR_DATA,
                       "world.only: %s has no division with the code or name '%s'", r->t->name,
                       word);
    return jd_fail(ctx, JD_ERR_DATA,
                   "world.only: %lld divisions of %s have the name '%s'; write the code, as %.*s",
                   (long long)n, r->t->name, word, JD_CODE_WIDTH,
                   cell(r, r->column[JD_DIVISION_CODE], *row));
}

/* Leaves the listed divisions, what is below them, and what they are in. */
static int restrict_to(reader_t *r, jd_tree_t *tree, const char *only, jd_ctx_t *ctx)
{
    char word[JD_NAME_WIDTH + 1];
    unsigned char *mark;
    int rc = jd_make(&mark, r->rows, 1, "divisions", ctx);
    while (!rc && jd_list_next(&only, word, sizeof word)) {
        int64_t row;
        rc = find_listed(r, word, &row, ctx);
        if (rc) break;
        mark[row] |= LISTED;
        while ((row = row_above(r, row)) >= 0)
            mark[row] |= ABOVE;
    }
    for (int64_t i = 0; i < r->rows && !rc; i++)
        for (int64_t up = i; up >= 0; up = row_above(r, up))
            if (mark[up] & LISTED) mark[i] |= BELOW;
    for (int64_t i = 0; i < r->rows && !rc; i++) {
        if (mark[i]) continue;
        tree->n[r->level[i]]--;
        r->level[i] = OUT;
    }
    free(mark);
    return rc;
}

/* Numbers the units level by level: the children of each unit, in file order. */
static int number_units(reader_t *r, jd_tree_t *tree, jd_ctx_t *ctx)
{
    int32_t *count[JD_LEVELS] = {0};
    int rc = JD_OK;
    for (int l = 0; l < JD_STREET && !rc; l++)
        rc = jd_make(&count[l], tree->n[l], sizeof(int32_t), "divisions", ctx);
    /* Levels top down: parents have their numbers before children need them. */
    for (int l = JD_PROVINCE; l < JD_LEVELS && !rc; l++) {
        for (int pass = 0; pass < 2 && !rc; pass++) {
            for (int64_t i = 0; i < r->rows; i++) {
                if (r->level[i] != l) continue;
                int32_t up = 0;
                if (l > JD_PROVINCE) {
                    const char *code = cell(r, r->column[JD_DIVISION_PARENT], i);
                    int64_t row = find_code(r, code);
                    if (row < 0 || r->level[row] != l - 1) {
                        rc = blame_row(r, i, ctx, "parent_code '%.*s' is %s", JD_CODE_WIDTH, code,
                                       row < 0 ? "not in the file" : "not of the level just above");
                        break;
                    }
                    up = r->unit[row];
                }
                if (pass == 0) {
                    tree->child[l - 1][up + 1]++;
                } else {
                    int32_t unit = tree->child[l - 1][up] + count[l - 1][up]++;
                    r->unit[i] = unit;
                    r->row_of[r->first[l] + unit] = i;
                    tree->parent[l][unit] = up;
                }
            }
            if (pass == 1) continue;
            for (int32_t u = 0; u < tree->n[l - 1] && !rc; u++) {
                if (tree->child[l - 1][u + 1] == 0)
                    rc = jd_fail(ctx, JD_ERR_DATA,
                                 "%s: '%.*s' has no division below it; each province, prefecture "
                                 "and county needs one",
                                 r->t->name, JD_CODE_WIDTH,
                                 l == JD_PROVINCE ? "centre"
                                                  : cell(r, r->column[JD_DIVISION_CODE],
                                                         r->row_of[r->first[l - 1] + u]));
                tree->child[l - 1][u + 1] += tree->child[l - 1][u];
            }
        }
    }
    for (int l = 0; l < JD_STREET; l++)
        free(count[l]);
    return rc;
}

static double number_at(const reader_t *r, int which, int64_t row)
{
    return r->column[which] < 0 ? (double)NAN : jd_table_number(r->t, r->column[which], row);
}

static void copy_names(const reader_t *r, jd_tree_t *tree)
{
    memcpy(tree->code[JD_CENTRE], "0", 2);
    memcpy(tree->name[JD_CENTRE], "Centre", 7);
    for (int l = JD_PROVINCE; l < JD_LEVELS; l++) {
        for (int32_t u = 0; u < tree->n[l]; u++) {
            int64_t row = r->row_of[r->first[l] + u];
            memcpy(tree->code[l] + (size_t)u * JD_CODE_WIDTH,
                   cell(r, r->column[JD_DIVISION_CODE], row), JD_CODE_WIDTH);
            memcpy(tree->name[l] + (size_t)u * JD_NAME_WIDTH,
                   cell(r, r->column[JD_DIVISION_NAME], row), JD_NAME_WIDTH);
        }
    }
}

/* A number that is given must lie in [low, high]. */
static int check_number(const reader_t *r, int which, int64_t row, double low, double high,
                        jd_ctx_t *ctx)
{
    double x = number_at(r, which, row);
    if (isnan(x) || (x >= low && x <= high)) return JD_OK;
    return blame_row(r, row, ctx, "%s = %.15g is outside [%.15g, %.15g]",
                     jd_division_columns[which].name, x, low, high);
}

/* Points as the file gives them; half a point does not count. */
static int check_points(const reader_t *r, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int64_t row = 0; row < r->rows && !rc; row++) {
        bool lon = isnan(number_at(r, JD_DIVISION_LONGITUDE, row));
        bool lat = isnan(number_at(r, JD_DIVISION_LATITUDE, row));
        rc = check_number(r, JD_DIVISION_LONGITUDE, row, -180, 180, ctx);
        if (!rc) rc = check_number(r, JD_DIVISION_LATITUDE, row, -90, 90, ctx);
        if (!rc && lon != lat)
            rc = blame_row(r, row, ctx, "%s is given and %s is not; give both or neither",
                           lon ? "latitude_deg" : "longitude_deg",
                           lon ? "longitude_deg" : "latitude_deg");
    }
    return rc;
}

/* Streets without a point of their own are scattered round their county's, within some 20 km (half
 * the distance between China's counties). */
static int place_streets(const reader_t *r, jd_tree_t *tree, uint64_t seed, jd_ctx_t *ctx)
{
    jd_stream_t stream = jd_stream(seed, 0, JD_DRAW_TREE);
    jd_jump_t first = jd_jump(stream, 0, 1), second = jd_jump(stream, 0, 2);
    for (int32_t s = 0; s < tree->n[JD_STREET]; s++) {
        int64_t row = r->row_of[r->first[JD_STREET] + s];
        double lon = number_at(r, JD_DIVISION_LONGITUDE, row);
        double lat = number_at(r, JD_DIVISION_LATITUDE, row);
        if (isnan(lon) || isnan(lat)) {
            int32_t county = tree->parent[JD_STREET][s];
            int64_t above = r->row_of[r->first[JD_COUNTY] + county];
            lon = number_at(r, JD_DIVISION_LONGITUDE, above);
            lat = number_at(r, JD_DIVISION_LATITUDE, above);
            if (isnan(lon) || isnan(lat))
                return blame_row(r, row, ctx,
                                 "neither this street nor its county has longitude_deg and "
                                 "latitude_deg; give one of them");
            lon += 0.40 * (jd_draw(&first, (uint64_t)s) - 0.5);
            lat += 0.36 * (jd_draw(&second, (uint64_t)s) - 0.5);
            lat = jd_max(-90, jd_min(90, lat));
            if (fabs(lon) > 180) lon = jd_longitude_near(lon, 0);
        }
        tree->longitude[s] = lon;
        tree->latitude[s] = lat;
    }
    return JD_OK;
}

/* The map: degrees times km, true to scale along the mean parallel, with its edge opposite to the
 * streets' circular mean, so that it may lie across 180 degrees. Figures only. */
static void draw_map(jd_tree_t *tree)
{
    int32_t n = tree->n[JD_STREET];
    double lon = 0, lat = 0, directions[2] = {0};
    for (int32_t s = 0; s < n; s++)
        jd_add_direction(tree->longitude[s], directions);
    double middle = jd_mean_direction(directions);
    for (int32_t s = 0; s < n; s++)
        lon += jd_longitude_near(tree->longitude[s], middle), lat += tree->latitude[s];
    lon /= n, lat /= n;
    double sine, cosine;
    jd_sincos_turn(lat / 360.0, &sine, &cosine);
    for (int32_t s = 0; s < n; s++) {
        double east = jd_longitude_near(tree->longitude[s], middle) - lon;
        tree->x[JD_STREET][s] = 111.195 * cosine * east;
        tree->y[JD_STREET][s] = 111.195 * (tree->latitude[s] - lat);
    }
}

/* Whether the file counts firms: a column without a number (so a reader may leave what is absent)
 * does not. */
static bool counts_firms(const reader_t *r)
{
    for (int64_t row = 0; row < r->rows; row++) {
        if (!isnan(number_at(r, JD_DIVISION_FIRMS, row))) return true;
    }
    return false;
}

enum { FIRMS_MOST = 2000000000 }; /* as firms.n */

/* A street's firms: whole, and few enough to be counted in an integer. */
static int check_firms(const reader_t *r, int64_t row, double firms, jd_ctx_t *ctx)
{
    if (isnan(firms))
        return blame_row(r, row, ctx,
                         "firms is empty, and other rows have a number: write 0 where a street has "
                         "none, or leave the column out");
    if (!(firms >= 0 && firms <= FIRMS_MOST))
        return blame_row(r, row, ctx, "firms = %.15g is outside [0, %d]", firms, FIRMS_MOST);
    if (firms != floor(firms))
        return blame_row(r, row, ctx, "firms = %.15g is not whole; firms are counted, not averaged",
                         firms);
    return JD_OK;
}

static int copy_firms(const reader_t *r, jd_tree_t *tree, jd_ctx_t *ctx)
{
    double all = 0;
    if (!counts_firms(r)) return JD_OK;
    int rc = jd_make(&tree->firms, tree->n[JD_STREET], sizeof(double), "firms", ctx);
    for (int32_t s = 0; s < tree->n[JD_STREET] && !rc; s++) {
        int64_t row = r->row_of[r->first[JD_STREET] + s];
        tree->firms[s] = number_at(r, JD_DIVISION_FIRMS, row);
        rc = check_firms(r, row, tree->firms[s], ctx);
        all += tree->firms[s];
    }
    if (!rc && !(all >= 1 && all <= FIRMS_MOST))
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%s: the streets' firms sum to %.15g; all together must be 1 to %d",
                     r->t->name, all, FIRMS_MOST);
    return rc;
}

/* Numbers given in the file; what is missing stays NaN and is drawn by jd_tree_endow(). */
static int copy_numbers(const reader_t *r, jd_tree_t *tree, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int32_t s = 0; s < tree->n[JD_STREET] && !rc; s++) {
        int64_t row = r->row_of[r->first[JD_STREET] + s];
        double land = number_at(r, JD_DIVISION_LAND, row);
        tree->land[JD_STREET][s] =
            isnan(land) ? 230.0 : land; /* 9.6 million km2 over 41,352 streets */
        tree->development[JD_STREET][s] = number_at(r, JD_DIVISION_DEVELOPMENT, row);
        tree->fiscal[JD_STREET][s] = number_at(r, JD_DIVISION_FISCAL, row);
        if (isinf(tree->development[JD_STREET][s]) || isinf(tree->fiscal[JD_STREET][s]))
            rc = blame_row(r, row, ctx, "development = %g, fiscal = %g must be finite",
                           tree->development[JD_STREET][s], tree->fiscal[JD_STREET][s]);
        if (!(tree->land[JD_STREET][s] > 0) || isinf(land))
            rc = blame_row(r, row, ctx, "land = %.15g must be above 0, and finite", land);
    }
    return rc ? rc : copy_firms(r, tree, ctx);
}

static int reader_init(reader_t *r, const jd_table_t *divisions, jd_ctx_t *ctx)
{
    *r = (reader_t){.t = divisions, .rows = divisions->rows};
    int rc = JD_OK;
    for (int c = 0; c < JD_DIVISION_COLUMNS; c++) {
        r->column[c] = jd_table_find(divisions, jd_division_columns[c].name);
        if (r->column[c] < 0 && c < JD_DIVISION_REQUIRED)
            rc = jd_fail(ctx, JD_ERR_DATA, "%s: column '%s' is missing", divisions->name,
                         jd_division_columns[c].name);
    }
    if (!rc && r->rows == 0)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: the file has no rows", divisions->name);
    if (!rc) rc = jd_make(&r->level, r->rows, sizeof *r->level, "divisions", ctx);
    if (!rc) rc = jd_make(&r->unit, r->rows, sizeof *r->unit, "divisions", ctx);
    if (!rc) rc = jd_make(&r->by_code, r->rows, sizeof *r->by_code, "divisions", ctx);
    if (!rc) rc = jd_make(&r->row_of, r->rows, sizeof *r->row_of, "divisions", ctx);
    return rc;
}

int jd_tree_read(jd_tree_t *tree, const jd_table_t *divisions, const char *only, uint64_t seed,
                 jd_ctx_t *ctx)
{
    reader_t r;
    tree->n[JD_CENTRE] = 1;
    int rc = reader_init(&r, divisions, ctx);
    if (!rc) rc = read_levels(&r, tree, ctx);
    if (!rc) rc = sort_by_code(&r, ctx);
    if (!rc && *only) rc = restrict_to(&r, tree, only, ctx);
    for (int l = JD_PROVINCE; l < JD_LEVELS; l++)
        r.first[l + 1] = (l == JD_PROVINCE ? 0 : r.first[l]) + tree->n[l];
    if (!rc) rc = jd_tree_allocate(tree, ctx);
    if (!rc) rc = jd_make(&tree->longitude, tree->n[JD_STREET], sizeof(double), "positions", ctx);
    if (!rc) rc = jd_make(&tree->latitude, tree->n[JD_STREET], sizeof(double), "positions", ctx);
    if (!rc) rc = number_units(&r, tree, ctx);
    if (!rc) copy_names(&r, tree);
    if (!rc) rc = check_points(&r, ctx);
    if (!rc) rc = place_streets(&r, tree, seed, ctx);
    if (!rc) rc = copy_numbers(&r, tree, ctx);
    if (!rc) {
        draw_map(tree);
        jd_tree_sum_up(tree);
    }
    free(r.level);
    free(r.unit);
    free(r.by_code);
    free(r.row_of);
    return rc;
}
