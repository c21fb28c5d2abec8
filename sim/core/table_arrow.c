/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table as a record batch of the Arrow C data interface. Each column has memory of its own: who
 * takes the batch over may move columns out of it and release them one by one. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "jiedao/table.h"

/* What an array or a schema owns. */
typedef struct owned {
    const void *buffer[3];
    void *block[3]; /* freed on release */
} owned_t;

static void drop(owned_t *own)
{
    for (int k = 0; k < 3; k++)
        free(own->block[k]);
    free(own);
}

static void release_array(struct ArrowArray *array)
{
    for (int64_t k = 0; k < array->n_children; k++)
        if (array->children[k]->release) array->children[k]->release(array->children[k]);
    drop(array->private_data);
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t k = 0; k < schema->n_children; k++)
        if (schema->children[k]->release) schema->children[k]->release(schema->children[k]);
    drop(schema->private_data);
    schema->release = NULL;
}

/* ---- Cells ---- */

/* The cell of a row: panels have some columns by unit or by time alone. */
static const char *cell_of(const jd_table_t *t, int column, int64_t row)
{
    const jd_column_t *c = &t->columns[column];
    const int64_t n = t->n_unit, cell = n == 0 || c->axis == JD_AXIS_CELL ? row
                                        : c->axis == JD_AXIS_UNIT         ? row % n
                                                                          : row / n;
    return (const char *)t->data[column] + (size_t)cell * jd_column_size(c);
}

static int copy_numbers(owned_t *own, const jd_table_t *t, int column, jd_ctx_t *ctx)
{
    const size_t size = jd_column_size(&t->columns[column]);
    int rc = jd_make(&own->block[0], t->rows, size, "a column", ctx);
    for (int64_t row = 0; row < t->rows && !rc; row++)
        memcpy((char *)own->block[0] + (size_t)row * size, cell_of(t, column, row), size);
    own->buffer[1] = own->block[0];
    return rc;
}

/* Texts without their padding, one behind the other, and where each begins. */
static int copy_texts(owned_t *own, const jd_table_t *t, int column, jd_ctx_t *ctx)
{
    const size_t width = jd_column_size(&t->columns[column]);
    size_t length = 0;
    for (int64_t row = 0; row < t->rows; row++)
        length += strnlen(cell_of(t, column, row), width);
    int rc = jd_make(&own->block[0], t->rows + 1, sizeof(int64_t), "a column", ctx);
    if (!rc) rc = jd_make_n(&own->block[1], length, 1, "a column", ctx);
    if (rc) return rc;
    int64_t *offset = own->block[0];
    for (int64_t row = 0; row < t->rows; row++) {
        const char *text = cell_of(t, column, row);
        const size_t n = strnlen(text, width);
        memcpy((char *)own->block[1] + offset[row], text, n);
        offset[row + 1] = offset[row] + (int64_t)n;
    }
    own->buffer[1] = own->block[0];
    own->buffer[2] = own->block[1];
    return JD_OK;
}

/* ---- Columns, and the batch ---- */

static int fill_array(struct ArrowArray *array, int64_t rows, int64_t n_buffers, jd_ctx_t *ctx)
{
    owned_t *own;
    int rc = jd_make(&own, 1, sizeof *own, "a batch", ctx);
    if (rc) return rc;
    *array = (struct ArrowArray){.length = rows,
                                 .n_buffers = n_buffers,
                                 .buffers = own->buffer,
                                 .release = release_array,
                                 .private_data = own};
    return JD_OK;
}

static int fill_schema(struct ArrowSchema *schema, const char *format, const char *name,
                       jd_ctx_t *ctx)
{
    owned_t *own;
    int rc = jd_make(&own, 1, sizeof *own, "a batch", ctx);
    if (rc) return rc;
    *schema = (struct ArrowSchema){
        .format = format, .name = "", .release = release_schema, .private_data = own};
    rc = jd_make_n(&own->block[0], strlen(name) + 1, 1, "a name", ctx);
    if (rc) return rc;
    memcpy(own->block[0], name, strlen(name));
    schema->name = own->block[0];
    return JD_OK;
}

/* Children as one block, and pointers to them as another. */
static int make_children(owned_t *own, void ***pointers, int n, size_t size, jd_ctx_t *ctx)
{
    int rc = jd_make(&own->block[1], n, size, "a batch", ctx);
    if (!rc) rc = jd_make(&own->block[2], n, sizeof(void *), "a batch", ctx);
    *pointers = own->block[2];
    for (int k = 0; k < n && !rc; k++)
        (*pointers)[k] = (char *)own->block[1] + (size_t)k * size;
    return rc;
}

static int add_children(const jd_table_t *t, struct ArrowSchema *schema, struct ArrowArray *array,
                        jd_ctx_t *ctx)
{
    void **schemas, **arrays;
    const int n = t->n_columns;
    int rc = make_children(schema->private_data, &schemas, n, sizeof *schema, ctx);
    if (!rc) rc = make_children(array->private_data, &arrays, n, sizeof *array, ctx);
    if (rc) return rc;
    schema->children = (struct ArrowSchema **)schemas;
    array->children = (struct ArrowArray **)arrays;
    schema->n_children = array->n_children = n; /* not filled yet: without a release */
    for (int k = 0; k < n && !rc; k++) {
        const bool text = t->columns[k].type == JD_TEXT;
        rc = fill_schema(schemas[k], text ? "U" : jd_table_column_type(t, k), t->columns[k].name,
                         ctx);
        if (!rc) rc = fill_array(arrays[k], t->rows, text ? 3 : 2, ctx);
        if (rc) return rc;
        owned_t *own = array->children[k]->private_data;
        rc = text ? copy_texts(own, t, k, ctx) : copy_numbers(own, t, k, ctx);
    }
    return rc;
}

int jd_table_arrow(const jd_table_t *table, struct ArrowSchema *schema, struct ArrowArray *array,
                   jd_ctx_t *ctx)
{
    memset(schema, 0, sizeof *schema);
    memset(array, 0, sizeof *array);
    int rc = fill_schema(schema, "+s", table->name ? table->name : "", ctx);
    if (!rc) rc = fill_array(array, table->rows, 1, ctx);
    if (!rc) rc = add_children(table, schema, array, ctx);
    if (!rc) return JD_OK;
    if (schema->release) schema->release(schema);
    if (array->release) array->release(array);
    return rc;
}
