/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Record batches of the Arrow C data interface, in as frames: the same numbers as from the same
 * columns lent one by one, whatever offsets and types; and tables out. Nothing is released twice.
 */
#include <jiedao/analysis.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "support.h"

enum {
    UNITS = 12,
    PERIODS = 6,
    ROWS = UNITS * PERIODS,
    PAD = 5,
    MOST = ROWS + 2 * PAD,
    LEAVES = 8
};

static jd_ctx_t *ctx;
static int released_arrays, released_schemas;

/* ---- Batches by hand ---- */

typedef struct batch {
    struct ArrowSchema schema, *schemas[LEAVES], schema_of[LEAVES], labels_schema;
    struct ArrowArray array, *arrays[LEAVES], array_of[LEAVES], labels;
    const void *buffers[LEAVES][3], *label_buffers[3], *none[1];
} batch_t;

static void release_array(struct ArrowArray *a)
{
    released_arrays++;
    a->release = NULL;
}

static void release_schema(struct ArrowSchema *s)
{
    released_schemas++;
    s->release = NULL;
}

static void begin_batch(batch_t *b, int64_t rows, int64_t offset)
{
    memset(b, 0, sizeof *b);
    b->schema = (struct ArrowSchema){
        .format = "+s", .name = "", .children = b->schemas, .release = release_schema};
    b->array = (struct ArrowArray){.length = rows,
                                   .offset = offset,
                                   .n_buffers = 1,
                                   .buffers = b->none,
                                   .children = b->arrays,
                                   .release = release_array};
}

/* A column whose cells lie `offset` behind the start of its buffers. */
static int put(batch_t *b, const char *name, const char *format, int64_t offset, const void *valid,
               const void *one, const void *two)
{
    const int k = (int)b->schema.n_children++;
    b->array.n_children++;
    b->buffers[k][0] = valid;
    b->buffers[k][1] = one;
    b->buffers[k][2] = two;
    b->schema_of[k] =
        (struct ArrowSchema){.format = format, .name = name, .release = release_schema};
    b->array_of[k] = (struct ArrowArray){.length = b->array.length + b->array.offset,
                                         .null_count = valid ? -1 : 0,
                                         .offset = offset,
                                         .n_buffers = two ? 3 : 2,
                                         .buffers = b->buffers[k],
                                         .release = release_array};
    b->schemas[k] = &b->schema_of[k];
    b->arrays[k] = &b->array_of[k];
    return k;
}

/* ---- Data ---- */

static double y[MOST], x[MOST];
static int32_t id[MOST], year[MOST], cohort[MOST], day[MOST];
static uint8_t flag[MOST], flag_bits[MOST / 8 + 1], x_bits[MOST / 8 + 1], region_bits[MOST / 8 + 1];
static uint16_t year16[MOST];
static int64_t second[MOST], text_at64[MOST + 1];
static int32_t text_at[MOST + 1];
static char text[MOST * 4];
static int8_t region[MOST];
static const char region_text[] = "lostnorthsouthwest";
static const int32_t region_at[] = {0, 4, 9, 14, 14, 18}; /* the first one lies before the offset */
static const char *const region_name[] = {"north", "south", "", "west"};

/* Cells of row i lie at PAD + i; what lies before and behind is nonsense. */
static void make_data(void)
{
    memset(region, 77, sizeof region);
    int length = 0;
    for (int i = 0; i < MOST; i++) {
        const int row = i - PAD, u = row / PERIODS, t = row % PERIODS;
        text_at[i] = length;
        text_at64[i] = length;
        x[i] = y[i] = (double)NAN;
        if (row < 0 || row >= ROWS) continue;
        id[i] = u;
        year[i] = 2001 + t;
        year16[i] = (uint16_t)(2001 + t);
        day[i] = 11323 + 365 * t + (t >= 4);
        second[i] = INT64_C(86400) * day[i] + 3600;
        cohort[i] = u % 3 == 0 ? 0 : 2002 + u % 3;
        flag[i] = cohort[i] && year[i] >= cohort[i];
        if (flag[i]) flag_bits[i / 8] |= (uint8_t)(1u << i % 8);
        x[i] = (u * 7 + t * t * 3) % 11 / 7.0;
        if (row % 17 != 4) x_bits[i / 8] |= (uint8_t)(1u << i % 8);
        region[i] = (int8_t)(u % 2 ? 3 : t % 2);
        if (row % 13 != 6) region_bits[i / 8] |= (uint8_t)(1u << i % 8);
        y[i] = 0.3 * u + 0.2 * t * t + (u * 13 + t * 29) % 17 / 9.0 + flag[i];
        length += sprintf(text + length, "u%d", u);
    }
    text_at[MOST] = length;
    text_at64[MOST] = length;
}

/* ---- The same analysis of both ---- */

static jd_analysis_t *analyse(const jd_frame_t *frame, const char *const *pairs)
{
    jd_request_t *request;
    jd_analysis_t *a = NULL;
    assert_int_equal(jd_request_create(&request, "%s =", ctx), JD_OK);
    for (; *pairs; pairs += 2)
        assert_int_equal(jd_request_set(request, pairs[0], pairs[1], ctx), JD_OK);
    if (jd_analyse(&a, frame, request, ctx)) fail_msg("%s", jd_ctx_message(ctx));
    jd_request_free(request);
    return a;
}

static void lend(jd_frame_t *f, const char *name, const char *type, const void *data,
                 const void *valid)
{
    if (jd_frame_add(f, name, type, data, valid, ctx)) fail_msg("%s", jd_ctx_message(ctx));
}

/* All columns lent one by one, without offsets. */
static jd_frame_t *plain_frame(void)
{
    static uint8_t valid[ROWS / 8 + 1];
    static int32_t code[ROWS];
    jd_frame_t *f;
    memset(valid, 0, sizeof valid);
    assert_int_equal(jd_frame_create(&f, NULL, ROWS, ctx), JD_OK);
    for (int i = 0; i < ROWS; i++) {
        if (i % 17 != 4) valid[i / 8] |= (uint8_t)(1u << i % 8);
        code[i] = i % 13 == 6 ? -1 : region[PAD + i];
    }
    lend(f, "y", "g", y + PAD, NULL);
    lend(f, "x", "g", x + PAD, valid);
    lend(f, "t", "i", year + PAD, NULL);
    lend(f, "d", "b8", flag + PAD, NULL);
    lend(f, "day", "tdD", day + PAD, NULL);
    lend(f, "second", "tss", second + PAD, NULL);
    assert_int_equal(jd_frame_add_text(f, "i", text, text_at + PAD, 32, NULL, ctx), JD_OK);
    assert_int_equal(jd_frame_add_coded(f, "r", code, -1, region_name, 4, ctx), JD_OK);
    return f;
}

/* Offsets of the batch and of its columns add up to PAD. */
static jd_frame_t *arrow_frame(batch_t *b, int64_t of_batch, bool large)
{
    const int64_t at = PAD - of_batch;
    jd_frame_t *f = NULL;
    begin_batch(b, ROWS, of_batch);
    put(b, "y", "g", at, NULL, y, NULL);
    put(b, "x", "g", at, x_bits, x, NULL);
    put(b, "t", large ? "i" : "S", at, NULL, large ? (const void *)year : year16, NULL);
    put(b, "d", "b", at, NULL, flag_bits, NULL);
    put(b, "day", "tdD", at, NULL, day, NULL);
    put(b, "second", large ? "tss:" : "tss:Asia/Shanghai", at, NULL, second, NULL);
    put(b, "i", large ? "U" : "u", at, NULL, large ? (const void *)text_at64 : text_at, text);
    const int r = put(b, "r", "c", at, region_bits, region, NULL);
    b->label_buffers[1] = region_at;
    b->label_buffers[2] = region_text;
    b->labels_schema = (struct ArrowSchema){.format = "u", .release = release_schema};
    b->labels = (struct ArrowArray){.length = 4,
                                    .offset = 1,
                                    .n_buffers = 3,
                                    .buffers = b->label_buffers,
                                    .release = release_array};
    b->schema_of[r].dictionary = &b->labels_schema;
    b->array_of[r].dictionary = &b->labels;
    released_arrays = released_schemas = 0;
    if (jd_frame_arrow(&f, &b->schema, &b->array, ctx)) fail_msg("%s", jd_ctx_message(ctx));
    assert_null(b->array.release);
    assert_null(b->schema.release);
    assert_int_equal(released_arrays, 0);
    assert_int_equal(released_schemas, 1);
    return f;
}

static void assert_same(const jd_frame_t *f, const jd_frame_t *g, const char *const *pairs)
{
    static const char *const tables[] = {"estimates", "fits", "dropped"};
    jd_analysis_t *a = analyse(f, pairs), *b = analyse(g, pairs);
    for (int k = 0; k < 3; k++) {
        const jd_table_t *s = jd_analysis_table(a, tables[k]), *t = jd_analysis_table(b, tables[k]);
        assert_true(s->rows == t->rows && (s->rows > 0 || k == 2));
        for (int c = 0; c < s->n_columns; c++)
            assert_memory_equal(s->data[c], t->data[c],
                                (size_t)s->rows * jd_column_size(&s->columns[c]));
    }
    jd_analysis_free(a);
    jd_analysis_free(b);
}

static void test_same_numbers(void **state)
{
    (void)state;
    static const char *const calls[][14] = {
        {"y", "y", "unit", "i", "time", "t", "treat", "d", "x", "x", "estimator", "twfe"},
        {"y", "y", "unit", "i", "time", "day", "treat", "d", "estimator", "twfe"},
        {"y", "y", "unit", "i", "time", "second", "treat", "d", "estimator", "imputation"},
        {"y", "y", "unit", "i", "time", "t", "treat", "d", "fe", "r", "estimator", "twfe"}};
    batch_t batch;
    for (int64_t offset = 0; offset <= PAD; offset++) {
        jd_frame_t *f = plain_frame(), *g = arrow_frame(&batch, offset, offset % 2);
        for (int k = 0; k < 4; k++)
            assert_same(f, g, calls[k]);
        jd_frame_free(f);
        jd_frame_free(g);
        assert_int_equal(released_arrays, 1);
        assert_int_equal(released_schemas, 1);
    }
}

/* ---- What is refused: the caller keeps it ---- */

static void refuse(batch_t *b, int code, const char *why)
{
    jd_frame_t *f = (jd_frame_t *)1;
    released_arrays = released_schemas = 0;
    assert_int_equal(jd_frame_arrow(&f, &b->schema, &b->array, ctx), code);
    assert_null(f);
    if (!strstr(jd_ctx_message(ctx), why)) fail_msg("%s", jd_ctx_message(ctx));
    assert_int_equal(released_arrays + released_schemas, 0);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const nested[] = {"+l", "+s", "+m", "+w:3"};
    static const uint8_t hole[] = {0x7f, 0xff};
    static const uint64_t huge[] = {1, UINT64_MAX};
    static const int8_t codes[] = {0, 4};
    batch_t b;
    for (int k = 0; k < 4; k++) {
        begin_batch(&b, 2, 0);
        put(&b, "list", nested[k], 0, NULL, y, NULL);
        refuse(&b, JD_ERR_ARGUMENT, "column list: a frame takes no nested type '+");
    }
    begin_batch(&b, 2, 0);
    put(&b, "price", "d:10,2", 0, NULL, y, NULL);
    refuse(&b, JD_ERR_ARGUMENT, "column price: a frame takes no type 'd:10,2'");
    begin_batch(&b, 2, 0);
    put(&b, "big", "L", 0, NULL, huge, NULL);
    refuse(&b, JD_ERR_DATA, "column big: row 2 is above 9223372036854775807");
    begin_batch(&b, 2, 0);
    b.schema_of[put(&b, "r", "c", 0, NULL, codes, NULL)].dictionary = &b.labels_schema;
    b.array_of[0].dictionary = &b.labels;
    b.labels_schema.format = "g";
    refuse(&b, JD_ERR_ARGUMENT, "column r: only a dictionary of texts");
    b.labels_schema.format = "u";
    b.label_buffers[1] = region_at;
    b.label_buffers[2] = region_text;
    b.labels = (struct ArrowArray){.length = 4, .n_buffers = 3, .buffers = b.label_buffers};
    refuse(&b, JD_ERR_DATA, "column r: row 2 has code 4; the dictionary has codes 0 to 3");
    begin_batch(&b, 8, 0);
    put(&b, "y", "g", 0, NULL, y, NULL);
    b.none[0] = hole;
    b.array.null_count = 1;
    refuse(&b, JD_ERR_ARGUMENT, "row 8 of the Arrow batch is null");
    b.array.null_count = 0;
    b.array_of[0].length = 7;
    refuse(&b, JD_ERR_ARGUMENT, "column y: it is shorter than the batch");
    b.schema.format = "g";
    refuse(&b, JD_ERR_ARGUMENT, "a record batch is wanted");
    b.array.release = NULL;
    refuse(&b, JD_ERR_ARGUMENT, "the Arrow array was released before");
}

static void test_no_rows(void **state)
{
    (void)state;
    batch_t b;
    jd_frame_t *f;
    begin_batch(&b, 0, 0);
    put(&b, "y", "g", 0, NULL, NULL, NULL);
    b.array_of[put(&b, "i", "u", 0, NULL, NULL, NULL)].n_buffers = 3;
    put(&b, "d", "b", 0, NULL, NULL, NULL);
    assert_int_equal(jd_frame_arrow(&f, &b.schema, &b.array, ctx), JD_OK);
    jd_frame_free(f);
}

/* ---- Tables out, and in again ---- */

static const jd_column_t kinds[] = {{"y", JD_DOUBLE, "1", "", NULL, 0, JD_AXIS_CELL},
                                    {"i", JD_TEXT, "", "", NULL, 4, JD_AXIS_UNIT},
                                    {"t", JD_INT16, "1", "", NULL, 0, JD_AXIS_TIME},
                                    {"d", JD_INT8, "1", "", NULL, 0, JD_AXIS_CELL},
                                    {"x", JD_FLOAT, "1", "", NULL, 0, JD_AXIS_CELL},
                                    {"g", JD_INT32, "1", "", NULL, 0, JD_AXIS_UNIT},
                                    {"big", JD_INT64, "1", "", NULL, 0, JD_AXIS_CELL}};

enum { KINDS = sizeof kinds / sizeof *kinds };

static void make_panel(jd_table_t *t)
{
    char name[16];
    assert_int_equal(jd_table_init_panel(t, "panel", "", kinds, KINDS, PERIODS, UNITS, ctx), JD_OK);
    for (int row = 0; row < ROWS; row++) {
        const int u = row % UNITS, at = PAD + u * PERIODS + row / UNITS;
        jd_table_set_number(t, 0, row, y[at]);
        jd_table_set_number(t, 3, row, flag[at]);
        jd_table_set_number(t, 4, row, row % 9 == 5 ? (double)NAN : x[at]);
        jd_table_set_number(t, 6, row, 1e15 + row);
        jd_table_set_number(t, 5, u, cohort[at]);
        snprintf(name, sizeof name, "u%d", u * 119); /* up to the width: not terminated */
        jd_table_set_text(t, 1, u, name);
        jd_table_set_number(t, 2, row / UNITS, year[at]);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    static const char *const cohorts[] = {"y", "y",         "unit", "i", "time", "t", "cohort",
                                          "g", "estimator", "twfe", "x", "x",    NULL};
    struct ArrowSchema schema;
    struct ArrowArray array;
    jd_table_t t;
    jd_frame_t *f, *g;
    make_panel(&t);
    assert_int_equal(jd_frame_create(&f, "panel", ROWS, ctx), JD_OK);
    assert_int_equal(jd_frame_add_table(f, &t, ctx), JD_OK);
    assert_int_equal(jd_table_arrow(&t, &schema, &array, ctx), JD_OK);
    assert_string_equal(schema.name, "panel");
    for (int k = 0; k < KINDS; k++)
        assert_string_equal(schema.children[k]->name, kinds[k].name);
    assert_string_equal(schema.children[1]->format, "U");
    const int64_t *big = array.children[6]->buffers[1];
    assert_true(big[ROWS - 1] == INT64_C(1000000000000000) + ROWS - 1);
    if (jd_frame_arrow(&g, &schema, &array, ctx)) fail_msg("%s", jd_ctx_message(ctx));
    assert_same(f, g, cohorts);
    jd_frame_free(f);
    jd_table_free(&t); /* the batch is a copy */
    jd_analysis_free(analyse(g, cohorts));
    jd_frame_free(g);
}

/* A column moved out, as the interface allows, is its new owner's. */
static void test_columns_may_be_moved(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    struct ArrowArray array;
    jd_table_t t;
    make_panel(&t);
    assert_int_equal(jd_table_arrow(&t, &schema, &array, ctx), JD_OK);
    jd_table_free(&t);
    struct ArrowArray moved = *array.children[1];
    array.children[1]->release = NULL;
    array.release(&array);
    schema.release(&schema);
    assert_null(array.release);
    assert_null(schema.release);
    const int64_t *offset = moved.buffers[1];
    assert_int_equal(offset[2], 6);
    assert_memory_equal(moved.buffers[2], "u0u119", 6);
    moved.release(&moved);
    assert_null(moved.release);
}

static int begin(void **state)
{
    (void)state;
    make_data();
    ctx = jd_ctx_create();
    return !ctx;
}

static int end(void **state)
{
    (void)state;
    jd_ctx_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_numbers),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_columns_may_be_moved),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
