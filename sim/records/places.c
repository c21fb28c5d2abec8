/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records/places.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/memory.h"
#include "core/vmath.h"
#include "io/hdf5/store.h"
#include "model/jurisdictions/tree.h"
#include "run/record/columns.h"

const char *const jd_place_levels[] = {"centre", "province", "prefecture",
                                       "county", "street",   NULL};

enum { DIGITS = 16, STEPS = 16, KEYS_A_CODE = 5 };

static int column_of(const jd_places_t *p, const char *name)
{
    return jd_table_find(&p->table, name);
}

const char *jd_place_code(const jd_places_t *p, int32_t row)
{
    return p->code + (size_t)row * JD_CODE_WIDTH;
}

static const char *name_of(const jd_places_t *p, int32_t row)
{
    return p->name + (size_t)row * JD_NAME_WIDTH;
}

int jd_place_level(const jd_places_t *p, int32_t row)
{
    int level = 0;
    while (level < JD_PLACE_LEVELS - 1 && row >= p->first[level + 1])
        level++;
    return level;
}

int32_t jd_place_above(const jd_places_t *p, int32_t row, int level)
{
    while (row >= p->first[level + 1])
        row = p->parent[row];
    return row >= p->first[level] ? row : -1;
}

/* ---- Keys ---- */

static uint64_t hash_of(const char *text)
{
    return jd_hash_words(UINT64_C(0xCBF29CE484222325), text, strlen(text) + 1) *
           UINT64_C(0x9E3779B97F4A7C15);
}

static jd_place_key_t *slot_of(const jd_place_index_t *index, const char *text)
{
    const uint64_t hash = hash_of(text);
    uint64_t at = (hash >> 20) & index->mask;
    while (index->keys[at].key &&
           (index->keys[at].hash != hash || strcmp(index->keys[at].key, text) != 0))
        at = (at + 1) & index->mask;
    index->keys[at].hash = hash;
    return &index->keys[at];
}

static int make_index(jd_place_index_t *index, int64_t keys, jd_ctx_t *ctx)
{
    uint64_t size = 16;
    while (size < 2 * (uint64_t)keys)
        size *= 2;
    index->mask = size - 1;
    return jd_make_n(&index->keys, size, sizeof *index->keys, "keys of divisions", ctx);
}

static int32_t look_up(const jd_place_index_t *index, const char *text)
{
    const uint64_t hash = hash_of(text);
    if (!index->keys) return JD_PLACE_UNKNOWN;
    for (uint64_t at = (hash >> 20) & index->mask; index->keys[at].key; at = (at + 1) & index->mask)
        if (index->keys[at].hash == hash && !strcmp(index->keys[at].key, text))
            return index->keys[at].row;
    return JD_PLACE_UNKNOWN;
}

/* Adds a key that is not there; where it is, `clash` says what it stands for then. */
static void add_key(jd_place_index_t *index, const char *key, int32_t row, bool clash)
{
    jd_place_key_t *slot = slot_of(index, key);
    if (!slot->key)
        slot->key = key, slot->row = row;
    else if (clash && slot->row != row)
        slot->row = JD_PLACE_AMBIGUOUS;
}

static bool all_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] < '0' || text[i] > '9') return false;
    return n > 0;
}

static const char *keep(char **arena, const char *text, size_t n, const char *behind)
{
    char *to = *arena;
    memcpy(to, text, n);
    strcpy(to + n, behind);
    *arena = to + strlen(to) + 1;
    return to;
}

/* A code of 6, 9 or 12 digits in the other lengths. */
static void add_lengths(jd_places_t *p, const char *code, int32_t row, char **arena)
{
    const size_t n = strlen(code);
    if (!all_digits(code, n)) return;
    if (n == 6) {
        add_key(&p->codes, keep(arena, code, n, "000"), row, false);
        add_key(&p->codes, keep(arena, code, n, "000000"), row, false);
    }
    if (n == 9) add_key(&p->codes, keep(arena, code, n, "000"), row, false);
    if (n == 12 && !strcmp(code + 9, "000"))
        add_key(&p->codes, keep(arena, code, 9, ""), row, false);
    if ((n == 12 && !strcmp(code + 6, "000000")) || (n == 9 && !strcmp(code + 6, "000")))
        add_key(&p->codes, keep(arena, code, 6, ""), row, false);
    const size_t zeros = strspn(code, "0");
    if (zeros > 0 && zeros < n)
        add_key(&p->codes, keep(arena, code + zeros, n - zeros, ""), row, true);
}

static int index_codes(jd_places_t *p, const char *path, jd_ctx_t *ctx)
{
    const int64_t n = p->table.rows;
    int rc = make_index(&p->codes, (KEYS_A_CODE + 1) * n, ctx);
    if (!rc)
        rc = jd_make(&p->arena, n, KEYS_A_CODE * (JD_CODE_WIDTH + 8), "keys of divisions", ctx);
    for (int32_t i = 0; i < n && !rc; i++) {
        if (look_up(&p->codes, jd_place_code(p, i)) != JD_PLACE_UNKNOWN)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: the code '%s' is there twice; a division has one row", path,
                         jd_place_code(p, i));
        else
            add_key(&p->codes, jd_place_code(p, i), i, false);
    }
    char *arena = p->arena;
    for (int32_t i = 0; i < n && !rc; i++)
        add_lengths(p, jd_place_code(p, i), i, &arena);
    return rc;
}

static char *names_arena(const jd_places_t *p)
{
    return p->names.keys ? (char *)(p->names.keys + p->names.mask + 1) : NULL;
}

/* Names alone, and behind those of the divisions above: B, A/B, AB. */
static int index_names(jd_places_t *p, jd_ctx_t *ctx)
{
    const int32_t *parent = p->parent;
    const int64_t n = p->table.rows;
    int rc = make_index(&p->names, 5 * n, ctx);
    size_t bytes = 1;
    for (int32_t i = 0; i < n; i++) {
        const int32_t up = parent[i], top = up > 0 ? parent[up] : -1;
        bytes += 4 * (strlen(name_of(p, i)) + (up >= 0 ? strlen(name_of(p, up)) : 0) +
                      (top >= 0 ? strlen(name_of(p, top)) : 0) + 4);
    }
    if (rc) return rc;
    jd_place_key_t *wider =
        realloc(p->names.keys, (size_t)(p->names.mask + 1) * sizeof *wider + bytes);
    if (!wider) return jd_fail_memory(ctx, bytes, "names of divisions");
    p->names.keys = wider;
    char *at = names_arena(p);
    for (int32_t i = 0; i < n; i++) {
        const char *own = name_of(p, i);
        const int32_t up = parent[i], top = up > 0 ? parent[up] : -1;
        if (!*own) continue;
        add_key(&p->names, own, i, true);
        for (int k = 0; k < 2 && up > 0 && *name_of(p, up); k++) {
            const char *between = k ? "" : "/", *key = at;
            at += sprintf(at, "%s%s%s", name_of(p, up), between, own) + 1;
            add_key(&p->names, key, i, true);
            if (top <= 0 || !*name_of(p, top)) continue;
            key = at;
            at +=
                sprintf(at, "%s%s%s%s%s", name_of(p, top), between, name_of(p, up), between, own) +
                1;
            add_key(&p->names, key, i, true);
        }
    }
    return JD_OK;
}

static int32_t find_code(const jd_places_t *p, const char *text, unsigned *how)
{
    char digits[DIGITS];
    int32_t row = look_up(&p->codes, text);
    size_t n = strlen(text);
    if (row >= 0) {
        const size_t own = strlen(jd_place_code(p, row));
        if (own > n && jd_place_code(p, row)[0] == '0')
            *how |= JD_FOUND_PADDED;
        else if (own != n)
            *how |= JD_FOUND_WIDER;
        return row;
    }
    if (n > 2 && !strcmp(text + n - 2, ".0")) n -= 2; /* a number that was a float */
    if (n >= DIGITS || !all_digits(text, n)) return row;
    const size_t zeros = strspn(text, "0");
    if (text[n] || (zeros > 0 && zeros < n)) {
        memcpy(digits, text + zeros, n - zeros);
        digits[n - zeros] = '\0';
        row = look_up(&p->codes, digits);
        if (row >= 0) *how |= JD_FOUND_PADDED;
    }
    for (size_t length = 9; row == JD_PLACE_UNKNOWN && (n == 9 || n == 12) && length >= 6;
         length -= 3) {
        memcpy(digits, text, length);
        digits[length] = '\0';
        if (length < n) row = look_up(&p->codes, digits);
        if (row >= 0) *how |= JD_FOUND_WITHIN;
    }
    return row;
}

int32_t jd_place_find(const jd_places_t *p, const char *text, unsigned *how)
{
    char own[JD_CELL_SIZE];
    if (!*text) return JD_PLACE_NONE;
    for (int step = 0; step < STEPS; step++) {
        int32_t row = find_code(p, text, how);
        if (row == JD_PLACE_UNKNOWN) {
            row = look_up(&p->names, text);
            if (row >= 0) *how |= JD_FOUND_NAME;
        }
        if (row != JD_PLACE_UNKNOWN) return row;
        const int32_t change = look_up(&p->old, text);
        if (change == JD_PLACE_AMBIGUOUS) return JD_PLACE_SPLIT;
        if (change < 0) return JD_PLACE_UNKNOWN;
        *how |= JD_FOUND_OLD;
        text = jd_foreign_text(&p->changes, p->changes.column[1], change, own);
    }
    return JD_PLACE_UNKNOWN;
}

/* ---- Distances ---- */

double jd_place_distance(const jd_places_t *p, int32_t from, int32_t to)
{
    const double *lon = p->lon, *lat = p->lat, *x = p->x, *y = p->y;
    const double radius = 6371.0;
    const int32_t place[2] = {from, to};
    double d[3] = {x[from] - x[to], y[from] - y[to], 0.0};
    if (isnan(lon[from] + lon[to] + lat[from] + lat[to])) {
        const double square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
        return sqrt(square);
    }
    double at[2][3];
    for (int k = 0; k < 2; k++) {
        double sin_lon, cos_lon, sin_lat, cos_lat;
        jd_sincos_turn(lon[place[k]] / 360.0, &sin_lon, &cos_lon);
        jd_sincos_turn(lat[place[k]] / 360.0, &sin_lat, &cos_lat);
        at[k][0] = radius * cos_lat * cos_lon;
        at[k][1] = radius * cos_lat * sin_lon;
        at[k][2] = radius * sin_lat;
    }
    for (int k = 0; k < 3; k++)
        d[k] = at[0][k] - at[1][k];
    const double square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    return sqrt(square) * (1.0 + square / (24.0 * radius * radius));
}

/* ---- Reading ---- */

enum {
    CODE,
    PARENT,
    LEVEL,
    NAME,
    NUMBERS,
    LON = NUMBERS,
    LAT,
    LON_DEG,
    LAT_DEG,
    X,
    Y,
    LAND,
    DEV,
    FISCAL,
    WISHES
};
static const char *const number_columns[WISHES] = {
    [LON] = "longitude", [LAT] = "latitude", [LON_DEG] = "longitude", [LAT_DEG] = "latitude",
    [X] = "x",           [Y] = "y",          [LAND] = "land",         [DEV] = "development",
    [FISCAL] = "fiscal"};

/* The level by the digits of a code of China's divisions; -1: it is none. */
static int level_of_code(const char *code)
{
    const size_t n = strlen(code);
    if (!all_digits(code, n)) return -1;
    if (n == 2) return 1;
    if (n == 4) return 2;
    if (n != 6 && n != 9 && n != 12) return -1;
    if (n > 6 && strspn(code + 6, "0") < n - 6) return 4;
    return !strncmp(code + 2, "0000", 4) ? 1 : !strncmp(code + 4, "00", 2) ? 2 : 3;
}

static int level_of(const jd_foreign_t *c, int64_t row, jd_ctx_t *ctx)
{
    char own[JD_CELL_SIZE], code[JD_CELL_SIZE];
    const char *text = jd_foreign_text(c, c->column[LEVEL], row, own);
    for (int l = 0; l < JD_PLACE_LEVELS; l++)
        if (!strcmp(text, jd_place_levels[l]) || (text[0] == '0' + l && !text[1])) return l;
    const char *shown = jd_foreign_text(c, c->column[CODE], row, code);
    int level = *text ? -1 : level_of_code(shown);
    if (level >= 0) return level;
    if (*text)
        return jd_fail(
            ctx, JD_ERR_DATA,
            "%s: row %lld: level '%s'; a level is province, prefecture, county or street", c->path,
            (long long)row + 1, text);
    return jd_fail(ctx, JD_ERR_DATA,
                   "%s: row %lld: the code '%s' does not show its level; add a column level "
                   "(province, prefecture, county, street) and one parent_code",
                   c->path, (long long)row + 1, shown);
}

static void fill_row(jd_places_t *p, const jd_foreign_t *c, int64_t from, int64_t to)
{
    char own[JD_CELL_SIZE];
    jd_table_t *t = &p->table;
    jd_table_set_text(t, column_of(p, "code"), to, jd_foreign_text(c, c->column[CODE], from, own));
    jd_table_set_text(t, column_of(p, "name"), to, jd_foreign_text(c, c->column[NAME], from, own));
    for (int k = NUMBERS; k < WISHES; k++)
        if (c->column[k] >= 0 && c->table.columns[c->column[k]].type != JD_TEXT)
            jd_table_set_number(t, column_of(p, number_columns[k]), to,
                                jd_table_number(&c->table, c->column[k], from));
}

static int init_table(jd_places_t *p, int64_t rows, jd_ctx_t *ctx)
{
    int n;
    const jd_column_t *columns = jd_record_columns("jurisdictions", &n);
    int rc = jd_table_init(&p->table, "jurisdictions", "All divisions, level by level from the top",
                           columns, n, rows, ctx);
    if (rc) return rc;
    p->table.rows = rows;
    for (int c = 0; c < n; c++)
        for (int64_t i = 0; columns[c].type == JD_DOUBLE && i < rows; i++)
            JD_CELLS(&p->table, c, double)[i] = (double)NAN;
    p->parent = p->table.data[column_of(p, "parent")];
    p->level = p->table.data[column_of(p, "level")];
    p->lon = p->table.data[column_of(p, "longitude")];
    p->lat = p->table.data[column_of(p, "latitude")];
    p->x = p->table.data[column_of(p, "x")];
    p->y = p->table.data[column_of(p, "y")];
    p->code = p->table.data[column_of(p, "code")];
    p->name = p->table.data[column_of(p, "name")];
    return JD_OK;
}

/* Places rows by level, within it in the order of the file. */
static int sort_rows(jd_places_t *p, const jd_foreign_t *c, int64_t **row_of, jd_ctx_t *ctx)
{
    const int64_t n = c->table.rows;
    int8_t *level = NULL;
    int64_t count[JD_PLACE_LEVELS] = {0};
    int rc = jd_make(&level, n, sizeof *level, "levels", ctx);
    for (int64_t i = 0; i < n && !rc; i++) {
        const int l = level_of(c, i, ctx);
        if (l < 0)
            rc = l;
        else
            level[i] = (int8_t)l, count[l]++;
    }
    if (!rc && count[0] > 1)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: has %lld rows of level centre; there is one", c->path,
                     (long long)count[0]);
    const int64_t made = count[0] == 0;
    if (!rc) rc = init_table(p, n + made, ctx);
    if (!rc) rc = jd_make(row_of, n + made, sizeof **row_of, "rows", ctx);
    p->first[0] = 0;
    for (int l = 0; l < JD_PLACE_LEVELS; l++)
        p->first[l + 1] = p->first[l] + count[l] + (l == 0 ? made : 0);
    int64_t at[JD_PLACE_LEVELS];
    memcpy(at, p->first, sizeof at);
    if (!rc && made) (*row_of)[0] = -1;
    for (int64_t i = 0; i < n && !rc; i++)
        (*row_of)[at[level[i]]++] = i;
    free(level);
    return rc;
}

/* The nearest division above that the file has, by the digits of the code. */
static int32_t parent_by_code(const jd_places_t *p, int32_t row, int level)
{
    static const size_t kept[JD_PLACE_LEVELS] = {0, 0, 2, 4, 6};
    const char *code = jd_place_code(p, row);
    for (int l = level; l > 1; l--) {
        char key[DIGITS] = "000000";
        unsigned how = 0;
        if (strlen(code) < kept[l]) return 0;
        memcpy(key, code, kept[l]);
        int32_t up = find_code(p, key, &how);
        if (up < 0) {
            key[kept[l]] = '\0';
            up = find_code(p, key, &how);
        }
        if (up >= 0 && up < p->first[level]) return up;
    }
    return 0;
}

static int find_parent(jd_places_t *p, const jd_foreign_t *c, int64_t from, int32_t row,
                       jd_ctx_t *ctx)
{
    char own[JD_CELL_SIZE];
    unsigned how = 0;
    int32_t *parent = p->parent;
    const int level = jd_place_level(p, row);
    const char *text = from >= 0 ? jd_foreign_text(c, c->column[PARENT], from, own) : "";
    if (level < 2) {
        parent[row] = level == 0 ? -1 : 0;
        return JD_OK;
    }
    parent[row] = *text ? find_code(p, text, &how) : parent_by_code(p, row, level);
    if (parent[row] >= 0 && parent[row] < p->first[level]) return JD_OK;
    return jd_fail(ctx, JD_ERR_DATA,
                   "%s: row %lld: parent_code '%s' is %s; add its row, or correct the code",
                   c->path, (long long)from + 1, text,
                   parent[row] < 0 ? "no division of the file" : "of no level above");
}

static int take_rows(jd_places_t *p, const jd_foreign_t *c, jd_ctx_t *ctx)
{
    int64_t *row_of = NULL;
    int rc = sort_rows(p, c, &row_of, ctx);
    for (int64_t i = 0; !rc && i < p->table.rows; i++) {
        p->level[i] = (int8_t)jd_place_level(p, (int32_t)i);
        if (row_of[i] >= 0)
            fill_row(p, c, row_of[i], i);
        else
            jd_table_set_text(&p->table, column_of(p, "code"), i, "0");
        char own[JD_CELL_SIZE];
        if (row_of[i] >= 0 &&
            strlen(jd_foreign_text(c, c->column[CODE], row_of[i], own)) >= JD_CODE_WIDTH)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: row %lld: the code '%.40s' is longer than %d letters", c->path,
                         (long long)row_of[i] + 1,
                         jd_foreign_text(c, c->column[CODE], row_of[i], own), JD_CODE_WIDTH - 1);
        else if (!*jd_place_code(p, (int32_t)i))
            rc = jd_fail(ctx, JD_ERR_DATA, "%s: row %lld has no code", c->path,
                         (long long)row_of[i] + 1);
    }
    if (!rc) rc = index_codes(p, c->path, ctx);
    for (int64_t i = 0; !rc && i < p->table.rows; i++)
        rc = find_parent(p, c, row_of[i], (int32_t)i, ctx);
    free(row_of);
    return rc;
}

static bool is_store(const char *path)
{
    char head[8] = {0};
    FILE *in = fopen(path, "rb");
    if (!in) return false;
    const bool whole = fread(head, 1, sizeof head, in) == sizeof head;
    fclose(in);
    return whole && !memcmp(head, "\211HDF\r\n\032\n", 8);
}

/* A damaged or foreign file must not lead anywhere: levels ascend, divisions above stand before. */
static int check_store(const jd_places_t *p, const char *path, jd_ctx_t *ctx)
{
    const jd_table_t *t = &p->table;
    const int8_t *level = p->level;
    const int32_t *parent = p->parent;
    for (int64_t i = 0; i < t->rows; i++) {
        const int least = i > 0 ? level[i - 1] : 0;
        const bool ordered =
            level[i] >= least && level[i] < JD_PLACE_LEVELS && (i > 0) == (level[i] > 0);
        const bool above = ordered && (i == 0 ? parent[i] == -1
                                              : parent[i] >= 0 && parent[i] < p->first[level[i]]);
        const char *code = jd_place_code(p, (int32_t)i), *name = name_of(p, (int32_t)i);
        if (!above || !*code || code[JD_CODE_WIDTH - 1] || name[JD_NAME_WIDTH - 1])
            return jd_fail(
                ctx, JD_ERR_FORMAT,
                "%s: row %lld of /jurisdictions is not as jiedao writes it; take another "
                "file, or divisions as CSV",
                path, (long long)i + 1);
    }
    return JD_OK;
}

/* /jurisdictions of a result file: the same table, but for what a policy makes of it. */
static int take_store(jd_places_t *p, const char *path, jd_ctx_t *ctx)
{
    jd_store_t *store = NULL;
    jd_table_t t = {0};
    int rc = jd_store_open(&store, path, ctx);
    if (!rc) rc = jd_store_read(store, "jurisdictions", &t, ctx);
    if (!rc) rc = init_table(p, t.rows, ctx);
    for (int c = 0; !rc && c < p->table.n_columns; c++) {
        const int from = jd_table_find(&t, p->table.columns[c].name);
        const size_t size = jd_column_size(&p->table.columns[c]);
        if (from < 0 || jd_column_size(&t.columns[from]) != size)
            rc =
                jd_fail(ctx, JD_ERR_DATA, "%s: /jurisdictions has no column %s as this version has",
                        path, p->table.columns[c].name);
        else
            memcpy(p->table.data[c], t.data[from], size * (size_t)t.rows);
    }
    const int8_t *level = p->level;
    for (int64_t i = 0; !rc && i < t.rows; i++)
        for (int l = level[i] < 0 ? 0 : level[i] + 1; l <= JD_PLACE_LEVELS; l++)
            p->first[l] = i + 1;
    if (!rc) rc = check_store(p, path, ctx);
    if (!rc) rc = index_codes(p, path, ctx);
    jd_table_free(&t);
    jd_store_close(&store);
    return rc;
}

static int read_changes(jd_places_t *p, const char *path, const jd_csv_style_t *style,
                        jd_ctx_t *ctx)
{
    const jd_wish_t wishes[] = {{"--codes", "old", false, false}, {"--codes", "new", false, false}};
    int rc = jd_foreign_open(&p->changes, path, style, wishes, 2, false, false, ctx);
    if (!rc) rc = make_index(&p->old, p->changes.table.rows, ctx);
    for (int64_t i = 0; !rc && i < p->changes.table.rows; i++) {
        char own[JD_CELL_SIZE], other[JD_CELL_SIZE], was[JD_CELL_SIZE];
        const jd_foreign_t *c = &p->changes;
        if (c->table.columns[c->column[0]].type != JD_TEXT)
            return jd_fail(ctx, JD_ERR_DATA, "%s: store the codes as texts, or as CSV", path);
        const char *old = jd_foreign_text(c, c->column[0], i, own);
        jd_place_key_t *slot = slot_of(&p->old, old);
        if (!slot->key)
            slot->key = old, slot->row = (int32_t)i;
        else if (slot->row >= 0 && strcmp(jd_foreign_text(c, c->column[1], slot->row, was),
                                          jd_foreign_text(c, c->column[1], i, other)) != 0)
            slot->row = JD_PLACE_AMBIGUOUS;
    }
    return rc;
}

int jd_places_read(jd_places_t *p, const char *path, const char *changes,
                   const jd_csv_style_t *style, jd_ctx_t *ctx)
{
    static const jd_wish_t wishes[WISHES] = {
        [CODE] = {"--divisions", "code", false, false},
        [PARENT] = {"--divisions", "parent_code", true, false},
        [LEVEL] = {"--divisions", "level", true, false},
        [NAME] = {"--divisions", "name", true, false},
        [LON] = {"--divisions", "longitude", true, true},
        [LAT] = {"--divisions", "latitude", true, true},
        [LON_DEG] = {"--divisions", "longitude_deg", true, true},
        [LAT_DEG] = {"--divisions", "latitude_deg", true, true},
        [X] = {"--divisions", "x", true, true},
        [Y] = {"--divisions", "y", true, true},
        [LAND] = {"--divisions", "land", true, true},
        [DEV] = {"--divisions", "development", true, true},
        [FISCAL] = {"--divisions", "fiscal", true, true},
    };
    jd_foreign_t cells = {0};
    int rc;
    *p = (jd_places_t){0};
    if (is_store(path)) {
        rc = take_store(p, path, ctx);
    } else {
        rc = jd_foreign_open(&cells, path, style, wishes, WISHES, false, false, ctx);
        if (!rc) rc = take_rows(p, &cells, ctx);
        jd_foreign_free(&cells);
    }
    if (!rc) rc = index_names(p, ctx);
    if (!rc && changes) rc = read_changes(p, changes, style, ctx);
    return rc;
}

void jd_places_free(jd_places_t *p)
{
    jd_table_free(&p->table);
    free(p->codes.keys);
    free(p->names.keys);
    free(p->old.keys);
    free(p->arena);
    jd_foreign_free(&p->changes);
    *p = (jd_places_t){0};
}
