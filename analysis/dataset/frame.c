/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A caller's columns. */
#include "dataset/frame.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/host.h"
#include "core/memory.h"
#include "core/text.h"

/* ---- Cells ---- */

const char *jd_frame_text(const jd_frame_column_t *c, int64_t row, int64_t *size)
{
    const int64_t cell = jd_frame_cell(c, row);
    *size = 0;
    if (jd_frame_is_missing(c, cell)) return "";
    if (c->label) {
        const char *text = c->label[((const int32_t *)c->data)[cell]];
        *size = (int64_t)strlen(text);
        return text;
    }
    if (c->offset || c->offset64) {
        const int64_t at = c->offset ? c->offset[cell] : c->offset64[cell];
        *size = (c->offset ? c->offset[cell + 1] : c->offset64[cell + 1]) - at;
        return (const char *)c->data + at;
    }
    *size = c->width;
    return (const char *)c->data + cell * c->width;
}

bool jd_frame_moment(const jd_frame_column_t *c, int64_t row, jd_moment_t *m)
{
    const int64_t cell = jd_frame_cell(c, row);
    if (jd_frame_is_missing(c, cell)) return false;
    *m = (jd_moment_t){.unit = c->period, .value = jd_frame_whole(c, cell)};
    if (c->per_second == 0) return true;
    const int64_t per_day = 86400 * c->per_second, rest = (m->value % per_day + per_day) % per_day;
    m->value = (m->value - rest) / per_day;
    m->seconds = (int32_t)(rest / c->per_second);
    return true;
}

/* ---- The frame ---- */

int jd_frame_create(jd_frame_t **frame, const char *name, int64_t rows, jd_ctx_t *ctx)
{
    *frame = NULL;
    jd_ctx_enter(ctx);
    if (rows < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "a frame has %" PRId64 " rows; it has 0 or more",
                       rows);
    jd_frame_t *f;
    if (!name) name = "the data";
    int rc = jd_make(&f, 1, sizeof *f, "a frame", ctx);
    if (rc) return rc;
    f->rows = rows;
    f->name = jd_copy_text(name, strlen(name), ctx);
    if (!f->name) {
        free(f);
        return JD_ERR_NO_MEMORY;
    }
    *frame = f;
    return JD_OK;
}

void jd_frame_free(jd_frame_t *frame)
{
    if (!frame) return;
    for (int i = 0; i < frame->n; i++)
        free(frame->column[i].name);
    for (int i = 0; i < frame->n_owned; i++)
        free(frame->owned[i]);
    if (frame->batch.release) frame->batch.release(&frame->batch);
    free(frame->owned);
    free(frame->column);
    free(frame->name);
    free(frame);
}

const jd_frame_column_t *jd_frame_find(const jd_frame_t *frame, const char *name)
{
    for (int i = 0; i < frame->n; i++)
        if (!strcmp(frame->column[i].name, name)) return &frame->column[i];
    return NULL;
}

/* ---- Columns ---- */

static int add(jd_frame_t *frame, const char *name, const jd_frame_column_t *column, jd_ctx_t *ctx)
{
    const size_t bytes = (size_t)(frame->n + 1) * sizeof *frame->column;
    if (!name || !*name) return jd_fail(ctx, JD_ERR_ARGUMENT, "a column has no name");
    if (!column->data && frame->rows > 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "column %s: there are no cells", name);
    char *copy = jd_copy_text(name, strlen(name), ctx);
    if (!copy) return JD_ERR_NO_MEMORY;
    jd_frame_column_t *more = realloc(frame->column, bytes);
    if (!more) {
        free(copy);
        return jd_fail_memory(ctx, bytes, "a frame");
    }
    frame->column = more;
    more[frame->n] = *column;
    more[frame->n++].name = copy;
    return JD_OK;
}

int jd_frame_add(jd_frame_t *frame, const char *name, const char *type, const void *data,
                 const uint8_t *validity, jd_ctx_t *ctx)
{
    static const struct {
        const char *letter;
        jd_type_t type;
        jd_period_t period;
        int64_t per_second;
    } types[] = {
        {"c", JD_INT8, JD_PERIOD_NUMBER, 0},       {"b8", JD_INT8, JD_PERIOD_NUMBER, 0},
        {"s", JD_INT16, JD_PERIOD_NUMBER, 0},      {"i", JD_INT32, JD_PERIOD_NUMBER, 0},
        {"l", JD_INT64, JD_PERIOD_NUMBER, 0},      {"f", JD_FLOAT, JD_PERIOD_NUMBER, 0},
        {"g", JD_DOUBLE, JD_PERIOD_NUMBER, 0},     {"tdD", JD_INT32, JD_PERIOD_DAY, 0},
        {"tss", JD_INT64, JD_PERIOD_DAY, 1},       {"tsm", JD_INT64, JD_PERIOD_DAY, 1000},
        {"tsu", JD_INT64, JD_PERIOD_DAY, 1000000}, {"tsn", JD_INT64, JD_PERIOD_DAY, 1000000000},
        {"h", JD_INT32, JD_PERIOD_HALF, 0},        {"q", JD_INT32, JD_PERIOD_QUARTER, 0},
        {"m", JD_INT32, JD_PERIOD_MONTH, 0},       {"y", JD_INT32, JD_PERIOD_YEAR, 0}};
    for (size_t k = 0; type && k < sizeof types / sizeof *types; k++)
        if (!strcmp(types[k].letter, type))
            return add(frame, name,
                       &(jd_frame_column_t){.type = types[k].type,
                                            .data = data,
                                            .valid = validity,
                                            .period = types[k].period,
                                            .per_second = types[k].per_second},
                       ctx);
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "column %s: there is no type '%s'; there are c, b8, s, i, l, f, g, tdD, tss, "
                   "tsm, tsu, tsn, h, q, m, y",
                   name ? name : "", type ? type : "");
}

int jd_frame_add_text(jd_frame_t *frame, const char *name, const char *bytes, const void *offset,
                      int offset_bits, const uint8_t *validity, jd_ctx_t *ctx)
{
    if ((offset_bits != 32 && offset_bits != 64) || !offset)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "column %s: offsets have 32 or 64 bits", name);
    return add(frame, name,
               &(jd_frame_column_t){.type = JD_TEXT,
                                    .data = bytes ? bytes : "",
                                    .offset = offset_bits == 32 ? offset : NULL,
                                    .offset64 = offset_bits == 64 ? offset : NULL,
                                    .valid = validity},
               ctx);
}

int jd_frame_add_coded(jd_frame_t *frame, const char *name, const int32_t *code, int32_t missing,
                       const char *const *label, int32_t n, jd_ctx_t *ctx)
{
    for (int64_t i = 0; code && i < frame->rows; i++)
        if (code[i] != missing && (code[i] < 0 || code[i] >= n))
            return jd_fail_at(ctx, JD_ERR_DATA, NULL, i,
                              "column %s: row %" PRId64 " has code %" PRId32
                              "; codes are 0 to %" PRId32 ", or %" PRId32 " for a missing cell",
                              name ? name : "", i + 1, code[i], n - 1, missing);
    return add(frame, name,
               &(jd_frame_column_t){.type = JD_TEXT,
                                    .data = code,
                                    .label = label,
                                    .n_labels = n,
                                    .has_missing = true,
                                    .missing = missing},
               ctx);
}

int jd_frame_missing(jd_frame_t *frame, const char *name, int64_t code, jd_ctx_t *ctx)
{
    for (int i = 0; i < frame->n; i++) {
        jd_frame_column_t *c = &frame->column[i];
        if (strcmp(c->name, name) != 0) continue;
        if (!jd_frame_is_whole(c))
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "column %s holds no whole numbers, so that none can stand for a "
                           "missing cell",
                           name);
        c->has_missing = true;
        c->missing = code;
        return JD_OK;
    }
    return jd_fail(ctx, JD_ERR_ARGUMENT, "%s has no column %s", frame->name, name);
}

int jd_frame_add_table(jd_frame_t *frame, const jd_table_t *table, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    if (table->rows != frame->rows)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "table %s has %" PRId64 " rows, the frame %" PRId64 "; they must be equal",
                       table->name, table->rows, frame->rows);
    for (int k = 0; k < table->n_columns && !rc; k++) {
        const jd_column_t *c = &table->columns[k];
        const bool dated = c->unit && !strncmp(c->unit, "%t", 2);
        rc = add(frame, c->name,
                 &(jd_frame_column_t){.type = c->type,
                                      .data = table->data[k],
                                      .width = c->width,
                                      .axis = c->axis,
                                      .n_unit = table->n_unit,
                                      .format = dated ? c->unit : NULL},
                 ctx);
    }
    return rc;
}
