/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jurisdiction tree, grown from counts or read from a table of divisions. */
#include "near.h"

#include <stdlib.h>
#include <string.h>

#include "io/csv/csv.h"
#include "jiedao/random.h"
#include "model/jurisdictions/tree.h"

static const jd_world_params_t counts = {.provinces = 5,
                                         .prefectures = 23,
                                         .counties = 140,
                                         .streets = 900,
                                         .province_km = 500,
                                         .county_share = 0.9,
                                         .fiscal_correlation = 0.6,
                                         .land_sd = 0.4};

/* What holds of every tree. */
static void check_tree(const jd_tree_t *t)
{
    assert_int_equal(t->n[JD_CENTRE], 1);
    for (int l = JD_CENTRE; l < JD_STREET; l++) {
        assert_int_equal(t->child[l][0], 0);
        assert_int_equal(t->child[l][t->n[l]], t->n[l + 1]);
        double land = 0, below = 0;
        for (int32_t i = 0; i < t->n[l]; i++) {
            assert_true(t->child[l][i] < t->child[l][i + 1]);
            for (int32_t c = t->child[l][i]; c < t->child[l][i + 1]; c++)
                assert_int_equal(t->parent[l + 1][c], i);
            land += t->land[l][i];
        }
        for (int32_t i = 0; i < t->n[l + 1]; i++)
            below += t->land[l + 1][i];
        assert_near(land, below, 1e-9 * land);
        assert_int_equal(jd_tree_first_street(t, (jd_level_t)l, t->n[l]), t->n[JD_STREET]);
    }
    double site = 0, county = 0, prefecture = 0,
           *z[2] = {t->development[JD_STREET], t->fiscal[JD_STREET]};
    int32_t n = t->n[JD_STREET];
    for (int32_t s = 0; s < n; s++)
        site += t->site[s];
    for (int32_t c = 0; c < t->n[JD_COUNTY]; c++)
        county += t->site_county[c];
    for (int32_t p = 0; p < t->n[JD_PREFECTURE]; p++)
        prefecture += t->site_prefecture[p];
    assert_near(site, 1, 1e-12);
    assert_near(county, 1, 1e-12);
    assert_near(prefecture, 1, 1e-12);
    for (int k = 0; k < 2; k++) {
        double mean = 0, square = 0;
        for (int32_t s = 0; s < n; s++)
            mean += z[k][s] / n, square += z[k][s] * z[k][s] / n;
        assert_near(mean, 0, 1e-10);
        assert_near(square, 1, 1e-10);
    }
    /* A division lies amid its streets on the map, and for distances. */
    for (int l = JD_CENTRE; l < JD_STREET; l++) {
        for (int32_t i = 0; i < t->n[l]; i++) {
            double x = 0, y = 0;
            int32_t first = jd_tree_first_street(t, (jd_level_t)l, i),
                    end = jd_tree_first_street(t, (jd_level_t)l, i + 1);
            for (int32_t s = first; s < end; s++)
                x += t->x[JD_STREET][s] / (end - first), y += t->y[JD_STREET][s] / (end - first);
            assert_near(t->x[l][i], x, 1e-9);
            assert_near(t->y[l][i], y, 1e-9);
            if (l == JD_PREFECTURE && !t->longitude)
                assert_true(t->x[l][i] == t->ax[i] && t->y[l][i] == t->ay[i]);
        }
    }
    /* Above the streets: the mean by land. */
    for (int32_t c = 0; c < t->n[JD_COUNTY]; c++) {
        double sum = 0;
        for (int32_t s = t->child[JD_COUNTY][c]; s < t->child[JD_COUNTY][c + 1]; s++)
            sum += t->land[JD_STREET][s] * z[0][s];
        assert_near(t->development[JD_COUNTY][c], sum / t->land[JD_COUNTY][c], 1e-12);
    }
}

static void test_synthetic_counts_are_exact(void **state)
{
    (void)state;
    static const int64_t shapes[][4] = {
        {5, 23, 140, 900}, {1, 1, 1, 2}, {3, 3, 3, 3}, {8, 88, 820, 11000}};
    for (int i = 0; i < 4; i++) {
        jd_world_params_t p = counts;
        p.provinces = shapes[i][0], p.prefectures = shapes[i][1];
        p.counties = shapes[i][2], p.streets = shapes[i][3];
        jd_tree_t t;
        assert_int_equal(jd_tree_init(&t, &p, NULL, 1, NULL), JD_OK);
        for (int l = JD_PROVINCE; l < JD_LEVELS; l++)
            assert_int_equal(t.n[l], shapes[i][l - 1]);
        check_tree(&t);
        for (int l = JD_PROVINCE; l < JD_LEVELS; l++)
            assert_int_equal(
                jd_tree_find(&t, (jd_level_t)l, t.code[l] + (size_t)(t.n[l] - 1) * JD_CODE_WIDTH),
                t.n[l] - 1);
        assert_int_equal(jd_tree_find(&t, JD_COUNTY, "nowhere"), -1);
        jd_tree_free(&t);
    }
}

/* Fiscal capacity and development correlate, and are alike within a county, as asked. */
static void test_endowments_correlate(void **state)
{
    (void)state;
    jd_world_params_t p = counts;
    p.provinces = 200, p.prefectures = 1000, p.counties = 4000, p.streets = 40000;
    jd_tree_t t;
    assert_int_equal(jd_tree_init(&t, &p, NULL, 1, NULL), JD_OK);
    double r = 0, within = 0;
    const double *dev = t.development[JD_STREET], *fiscal = t.fiscal[JD_STREET];
    for (int32_t c = 0; c < t.n[JD_COUNTY]; c++) {
        int32_t first = t.child[JD_COUNTY][c], end = t.child[JD_COUNTY][c + 1];
        double mean = 0;
        for (int32_t s = first; s < end; s++)
            mean += dev[s] / (end - first), r += dev[s] * fiscal[s];
        for (int32_t s = first; s < end && end - first > 1; s++)
            within += (dev[s] - mean) * (dev[s] - mean) * (end - first) / (end - first - 1);
    }
    assert_near(r / 40000, 0.6, 0.06);
    assert_near(within / 40000, 0.1, 0.01);
    jd_tree_free(&t);
}

/* --- divisions
 * ------------------------------------------------------------------------------------ */

enum { PROVINCES = 2, ROWS = 2 + 4 + 8 + 24 };

/* A small file: 2 provinces of 2 prefectures of 2 counties of 3 streets; codes by position. */
static jd_table_t divisions(void)
{
    jd_table_t t;
    assert_int_equal(
        jd_table_init(&t, "divisions", "", jd_division_columns, JD_DIVISION_COLUMNS, ROWS, NULL),
        JD_OK);
    static const char *const levels[] = {"province", "prefecture", "county", "street"};
    static const int per[] = {2, 2, 2, 3};
    int above[24] = {0}, n_above = 1;
    for (int l = 0; l < 4; l++) {
        int here[24], n = 0;
        for (int u = 0; u < n_above; u++) {
            for (int k = 0; k < per[l]; k++) {
                char text[32];
                int64_t row = t.rows++;
                here[n] = above[u] * 10 + k + 1;
                snprintf(text, sizeof text, "%d", here[n]);
                jd_table_set_text(&t, JD_DIVISION_CODE, row, text);
                snprintf(text, sizeof text, "%d", above[u]);
                jd_table_set_text(&t, JD_DIVISION_PARENT, row, text);
                jd_table_set_text(&t, JD_DIVISION_LEVEL, row, levels[l]);
                jd_table_set_text(&t, JD_DIVISION_NAME, row, "名");
                jd_table_set_number(&t, JD_DIVISION_LONGITUDE, row,
                                    l < 3 ? 100 + 0.37 * n : (double)NAN);
                jd_table_set_number(&t, JD_DIVISION_LATITUDE, row,
                                    l < 3 ? 30 + 0.21 * n : (double)NAN);
                jd_table_set_number(&t, JD_DIVISION_DEVELOPMENT, row, n % 5 ? n : (double)NAN);
                jd_table_set_number(&t, JD_DIVISION_FISCAL, row, (double)NAN);
                jd_table_set_number(&t, JD_DIVISION_LAND, row, 100 + n);
                jd_table_set_number(&t, JD_DIVISION_FIRMS, row, 10 * n);
                n++;
            }
        }
        memcpy(above, here, sizeof here);
        n_above = n;
    }
    return t;
}

static void swap_rows(jd_table_t *t, int64_t a, int64_t b)
{
    char cell[JD_NAME_WIDTH];
    for (int c = 0; c < t->n_columns; c++) {
        size_t size = jd_column_size(&t->columns[c]);
        char *data = t->data[c];
        memcpy(cell, data + (size_t)a * size, size);
        memcpy(data + (size_t)a * size, data + (size_t)b * size, size);
        memcpy(data + (size_t)b * size, cell, size);
    }
}

/* Unit of tree b with the code of unit i of tree a. */
static int32_t same_code(const jd_tree_t *a, const jd_tree_t *b, jd_level_t l, int32_t i)
{
    return jd_tree_find(b, l, a->code[l] + (size_t)i * JD_CODE_WIDTH);
}

static void check_same_tree(const jd_tree_t *a, const jd_tree_t *b)
{
    for (int l = JD_PROVINCE; l < JD_LEVELS; l++) {
        assert_int_equal(a->n[l], b->n[l]);
        for (int32_t i = 0; i < a->n[l]; i++) {
            int32_t j = same_code(a, b, (jd_level_t)l, i);
            assert_true(j >= 0);
            if (l > JD_PROVINCE)
                assert_int_equal(same_code(a, b, (jd_level_t)(l - 1), a->parent[l][i]),
                                 b->parent[l][j]);
            assert_true(a->land[l][i] == b->land[l][j] || l < JD_STREET);
        }
    }
}

static void test_divisions_make_a_tree(void **state)
{
    (void)state;
    jd_tree_t t;
    jd_table_t d = divisions();
    assert_int_equal(jd_tree_init(&t, &counts, &d, 1, NULL), JD_OK);
    static const int n[] = {1, 2, 4, 8, 24};
    for (int l = 0; l < JD_LEVELS; l++)
        assert_int_equal(t.n[l], n[l]);
    check_tree(&t);
    for (int32_t s = 0; s < 24; s++) {
        char code[JD_CODE_WIDTH + 1] = {0};
        memcpy(code, t.code[JD_STREET] + (size_t)s * JD_CODE_WIDTH, JD_CODE_WIDTH);
        char *up = t.code[JD_COUNTY] + (size_t)t.parent[JD_STREET][s] * JD_CODE_WIDTH;
        assert_memory_equal(code, up, 3); /* a street's code begins with its county's */
        assert_true(t.land[JD_STREET][s] == 100 + s && t.firms[s] == 10 * s);
        /* Near its county's point, which is all the file gives. */
        int32_t c = t.parent[JD_STREET][s];
        assert_true(fabs(t.longitude[s] - (100 + 0.37 * c)) <= 0.2 &&
                    fabs(t.latitude[s] - (30 + 0.21 * c)) <= 0.18);
    }
    /* Values given keep their order. */
    assert_true(t.development[JD_STREET][23] > t.development[JD_STREET][12]);
    assert_true(t.development[JD_STREET][12] > t.development[JD_STREET][1]);
    jd_tree_free(&t);
    jd_table_free(&d);
}

static void test_row_order_does_not_matter(void **state)
{
    (void)state;
    jd_jump_t jump = jd_jump(jd_stream(9, 0, JD_DRAW_SAMPLE), 0, 0);
    jd_rng_t rng = jd_rng_at(&jump, 0);
    jd_table_t d = divisions(), shuffled = divisions();
    jd_tree_t one, other;
    for (int64_t i = ROWS - 1; i > 0; i--)
        swap_rows(&shuffled, i, (int64_t)(jd_rng_uniform(&rng) * (double)(i + 1)));
    assert_int_equal(jd_tree_init(&one, &counts, &d, 1, NULL), JD_OK);
    assert_int_equal(jd_tree_init(&other, &counts, &shuffled, 1, NULL), JD_OK);
    check_tree(&other);
    check_same_tree(&one, &other);
    jd_tree_free(&one);
    jd_tree_free(&other);
    jd_table_free(&d);
    jd_table_free(&shuffled);
}

/* Leaves rows whose code begins with one of these, and what is above them. */
static void drop_others(jd_table_t *t, const char *const *kept, int n)
{
    int64_t rows = 0;
    for (int64_t row = 0; row < t->rows; row++) {
        char code[JD_CODE_WIDTH + 1] = {0};
        bool keep = false;
        jd_table_text(t, JD_DIVISION_CODE, row, code, sizeof code);
        for (int k = 0; k < n; k++)
            keep |= !strncmp(code, kept[k],
                             strlen(code) < strlen(kept[k]) ? strlen(code) : strlen(kept[k]));
        if (keep) swap_rows(t, rows++, row);
    }
    t->rows = rows;
}

/* world.only is a file without the other rows: the same tree, places and endowments. */
static void test_a_part_of_the_divisions(void **state)
{
    static const char *const kept[] = {"12", "211"};
    static const int n[] = {1, 2, 2, 3, 9};
    (void)state;
    jd_world_params_t part = counts;
    jd_tree_t one, other;
    jd_table_t all = divisions(), few = divisions();
    drop_others(&few, kept, 2);
    jd_table_set_text(&all, JD_DIVISION_NAME, 4, "one of a kind"); /* 21 */
    snprintf(part.only, sizeof part.only, "12,211");
    assert_int_equal(jd_tree_init(&one, &part, &all, 1, NULL), JD_OK);
    assert_int_equal(jd_tree_init(&other, &counts, &few, 1, NULL), JD_OK);
    for (int l = 0; l < JD_LEVELS; l++)
        assert_int_equal(one.n[l], n[l]);
    check_tree(&one);
    check_same_tree(&one, &other);
    for (int32_t s = 0; s < one.n[JD_STREET]; s++)
        assert_true(one.longitude[s] == other.longitude[s] &&
                    one.development[JD_STREET][s] == other.development[JD_STREET][s] &&
                    one.firms[s] == other.firms[s]);
    jd_tree_free(&one);
    jd_tree_free(&other);
    snprintf(part.only, sizeof part.only, "one of a kind");
    assert_int_equal(jd_tree_init(&one, &part, &all, 1, NULL), JD_OK);
    assert_int_equal(one.n[JD_STREET], 6);
    jd_tree_free(&one);
    jd_table_free(&all);
    jd_table_free(&few);
}

static void test_a_part_that_is_not_there(void **state)
{
    static const struct {
        const char *only, *answer;
    } slips[] = {{"12,9", "no division with the code or name '9'"},
                 {"名", "38 divisions of divisions have the name '名'; write the code"}};
    (void)state;
    for (size_t k = 0; k < sizeof slips / sizeof *slips; k++) {
        jd_world_params_t part = counts;
        jd_table_t d = divisions();
        jd_tree_t t;
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        snprintf(part.only, sizeof part.only, "%s", slips[k].only);
        assert_int_equal(jd_tree_init(&t, &part, &d, 1, &ctx), JD_ERR_DATA);
        if (!strstr(ctx.message, slips[k].answer)) fail_msg("%s", ctx.message);
        jd_tree_free(&t);
        jd_table_free(&d);
    }
}

/* A world across 180 degrees, and the same one moved west by any angle, have one map: neighbours
 * are neighbours there, and distances do not change. The same at a pole, whose map only has to
 * stay finite. */
static void test_across_180_degrees(void **state)
{
    (void)state;
    static const double shifts[] = {0, 79.8, 80, 79.99, 81, -280, -100.5};
    jd_tree_t first, t;
    for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
        jd_table_t d = divisions();
        for (int64_t i = 0; i < d.rows; i++) {
            double lon = jd_table_number(&d, JD_DIVISION_LONGITUDE, i) + shifts[k];
            jd_table_set_number(&d, JD_DIVISION_LONGITUDE, i, lon > 180 ? lon - 360 : lon);
        }
        assert_int_equal(jd_tree_init(k ? &t : &first, &counts, &d, 1, NULL), JD_OK);
        jd_table_free(&d);
        if (k == 0) continue;
        check_tree(&t);
        for (int32_t s = 0; s < t.n[JD_STREET]; s++) {
            assert_true(fabs(t.longitude[s]) <= 180);
            assert_near(t.x[JD_STREET][s], first.x[JD_STREET][s], 1e-8);
            assert_near(t.y[JD_STREET][s], first.y[JD_STREET][s], 1e-8);
            assert_near(jd_tree_distance(&t, 0, s), jd_tree_distance(&first, 0, s), 1e-8);
        }
        jd_tree_free(&t);
    }
    jd_tree_free(&first);
    /* Two streets 25 km apart, one on either side, at 17.8 S (by hand: .24 degrees x 111.195 km x
     * cos 17.77). */
    jd_table_t d = divisions();
    for (int64_t i = 0; i < d.rows; i++) {
        jd_table_set_number(&d, JD_DIVISION_LONGITUDE, i, i % 2 ? 179.86 : -179.9);
        jd_table_set_number(&d, JD_DIVISION_LATITUDE, i, -17.77);
    }
    assert_int_equal(jd_tree_init(&t, &counts, &d, 1, NULL), JD_OK);
    double apart = fabs(t.x[JD_STREET][1] - t.x[JD_STREET][0]);
    assert_near(apart, 0.24 * 111.195 * 0.952289, 1e-3);
    assert_near(jd_tree_distance(&t, 0, 1), apart, 0.01);
    jd_tree_free(&t);
    for (int64_t i = 0; i < d.rows; i++) { /* round the pole */
        jd_table_set_number(&d, JD_DIVISION_LONGITUDE, i, (double)(90 * (i % 4) - 180));
        jd_table_set_number(&d, JD_DIVISION_LATITUDE, i, i % 3 ? 89.9 : 90);
    }
    assert_int_equal(jd_tree_init(&t, &counts, &d, 1, NULL), JD_OK);
    for (int32_t s = 0; s < t.n[JD_STREET]; s++) {
        assert_true(isfinite(t.x[JD_STREET][s]) && isfinite(t.y[JD_STREET][s]));
        assert_true(jd_tree_distance(&t, 0, s) < 22.3); /* all within .1 degrees of the pole */
    }
    jd_tree_free(&t);
    jd_table_free(&d);
}

static void test_divisions_errors(void **state)
{
    (void)state;
    static const struct {
        int64_t row;
        int column;
        const char *text;
        double number;
        const char *words;
    } wrong[] = {
        {20, JD_DIVISION_PARENT, "999", 0, "row 22: parent_code '999' is not in the file"},
        {20, JD_DIVISION_PARENT, "11", 0, "not of the level just above"},
        {20, JD_DIVISION_CODE, "1112", 0, "code '1112' stands in rows"},
        {20, JD_DIVISION_CODE, "11", 0, "code '11' stands in rows"},
        {20, JD_DIVISION_LEVEL, "town", 0, "row 22: level 'town'"},
        {20, JD_DIVISION_LEVEL, "centre", 0, "level 'centre' is not one of"},
        {20, JD_DIVISION_LAND, NULL, 0, "row 22: land = 0 must be above 0"},
        {20, JD_DIVISION_LAND, NULL, HUGE_VAL, "land = inf"},
        {20, JD_DIVISION_DEVELOPMENT, NULL, -HUGE_VAL, "row 22: development = -inf"},
        {20, JD_DIVISION_FIRMS, NULL, -1, "row 22: firms = -1 is outside [0, 2000000000]"},
        {20, JD_DIVISION_FIRMS, NULL, 1e31, "row 22: firms = 1e+31 is outside [0, 2000000000]"},
        {20, JD_DIVISION_FIRMS, NULL, HUGE_VAL, "row 22: firms = inf"},
        {20, JD_DIVISION_FIRMS, NULL, 2000000000, "the streets' firms sum to 200000"},
        {20, JD_DIVISION_FIRMS, NULL, 0.5, "row 22: firms = 0.5 is not whole"},
        {20, JD_DIVISION_FIRMS, NULL, (double)NAN, "row 22: firms is empty"},
        {20, JD_DIVISION_LATITUDE, NULL, 95, "row 22: latitude_deg = 95 is outside [-90, 90]"},
        {20, JD_DIVISION_LATITUDE, NULL, 30, "row 22: latitude_deg is given and longitude_deg"},
        {8, JD_DIVISION_LONGITUDE, NULL, 200, "row 10: longitude_deg = 200 is outside"},
        {8, JD_DIVISION_LATITUDE, NULL, -91, "row 10: latitude_deg = -91 is outside"},
        {8, JD_DIVISION_LATITUDE, NULL, (double)NAN, "row 10: longitude_deg is given and latitude"},
        {8, JD_DIVISION_LONGITUDE, NULL, (double)-1234, "neither this street nor its county"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        jd_ctx_t ctx;
        jd_tree_t t;
        jd_table_t d = divisions();
        jd_ctx_init(&ctx);
        if (wrong[i].text)
            jd_table_set_text(&d, wrong[i].column, wrong[i].row, wrong[i].text);
        else
            jd_table_set_number(&d, wrong[i].column, wrong[i].row, wrong[i].number);
        if (wrong[i].number == -1234) { /* no point at all */
            jd_table_set_number(&d, JD_DIVISION_LONGITUDE, wrong[i].row, (double)NAN);
            jd_table_set_number(&d, JD_DIVISION_LATITUDE, wrong[i].row, (double)NAN);
        }
        int rc = jd_tree_init(&t, &counts, &d, 1, &ctx);
        assert_int_equal(rc, wrong[i].words[0] ? JD_ERR_DATA : JD_OK);
        if (!strstr(ctx.message, wrong[i].words)) fail_msg("case %d says: %s", (int)i, ctx.message);
        jd_tree_free(&t);
        jd_table_free(&d);
    }
}

static void test_divisions_need_every_level(void **state)
{
    (void)state;
    static const struct {
        int64_t rows;
        const char *words;
    } cut[] = {
        {0, "no rows"}, {14, "no row has level 'street'"}, {35, "'222' has no division below it"}};
    for (int i = 0; i < 3; i++) {
        jd_ctx_t ctx;
        jd_tree_t t;
        jd_table_t d = divisions();
        jd_ctx_init(&ctx);
        d.rows = cut[i].rows;
        assert_int_equal(jd_tree_init(&t, &counts, &d, 1, &ctx), JD_ERR_DATA);
        if (!strstr(ctx.message, cut[i].words)) fail_msg("says: %s", ctx.message);
        jd_tree_free(&t);
        jd_table_free(&d);
    }
}

/* The real tree, where it is: counts, and distances between two known cities. */
static void test_china(void **state)
{
    (void)state;
    const char *path = JD_SHARED "/data/china/china_divisions.csv";
    SKIP_WITHOUT(path);
    bool required[JD_DIVISION_COLUMNS] = {false};
    for (int c = 0; c < JD_DIVISION_REQUIRED; c++)
        required[c] = true;
    jd_ctx_t ctx;
    jd_table_t d;
    jd_tree_t t;
    jd_ctx_init(&ctx);
    assert_int_equal(
        jd_csv_read(path, jd_division_columns, JD_DIVISION_COLUMNS, required, NULL, &d, &ctx),
        JD_OK);
    if (jd_tree_init(&t, &counts, &d, 1, &ctx)) fail_msg("%s", ctx.message);
    assert_int_equal(t.n[JD_STREET], 41352);
    check_tree(&t);
    int32_t beijing = jd_tree_first_street(&t, JD_PROVINCE, jd_tree_find(&t, JD_PROVINCE, "11"));
    int32_t shanghai = jd_tree_first_street(&t, JD_PROVINCE, jd_tree_find(&t, JD_PROVINCE, "31"));
    assert_near(jd_tree_distance(&t, beijing, shanghai), 1068, 40);
    jd_tree_free(&t);
    jd_table_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_synthetic_counts_are_exact),
        cmocka_unit_test(test_endowments_correlate),
        cmocka_unit_test(test_divisions_make_a_tree),
        cmocka_unit_test(test_row_order_does_not_matter),
        cmocka_unit_test(test_a_part_of_the_divisions),
        cmocka_unit_test(test_a_part_that_is_not_there),
        cmocka_unit_test(test_across_180_degrees),
        cmocka_unit_test(test_divisions_errors),
        cmocka_unit_test(test_divisions_need_every_level),
        cmocka_unit_test(test_china),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
