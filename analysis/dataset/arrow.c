/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame from a record batch of the Arrow C data interface: cells stay where they are, but for
 * flags, unsigned numbers and dictionaries, which become types a frame has. */
#include <inttypes.h>
#include <stdlib.h>

#include "core/host.h"
#include "core/memory.h"
#include "core/text.h"
#include "dataset/frame.h"

/* A column of the batch; its first cell is `at` cells behind the start of its buffers. */
typedef struct source {
    const char *name, *format;
    const struct ArrowSchema *schema;
    const struct ArrowArray *array;
    int64_t at;
    const uint8_t *valid; /* or NULL */
} source_t;

static bool bit(const void *bits, int64_t i)
{
    return ((const uint8_t *)bits)[i >> 3] >> (i & 7) & 1;
}

static const uint8_t *validity(const struct ArrowArray *a)
{
    return a->null_count != 0 && a->n_buffers > 0 ? a->buffers[0] : NULL;
}

static int refuse(const source_t *s, const char *why, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_ARGUMENT, "column %s: %s", s->name, why);
}

/* Zeroed memory that the frame frees. */
static void *own(jd_frame_t *f, int64_t n, size_t size, jd_ctx_t *ctx)
{
    const size_t bytes = (size_t)(f->n_owned + 1) * sizeof *f->owned;
    void *block, **more = realloc(f->owned, bytes);
    if (!more) {
        jd_note_no_memory(ctx, bytes, "a frame");
        return NULL;
    }
    f->owned = more;
    if (jd_make(&block, n + 1, size, "a column", ctx)) return NULL;
    return f->owned[f->n_owned++] = block;
}

/* ---- Numbers ---- */

/* Bytes of a cell that is lent as it lies; 0: none of these. Letters differ by case alone. */
static int lent_size(const char *format)
{
    static const struct {
        const char *format;
        int size;
    } lent[] = {{"c", 1}, {"s", 2}, {"i", 4}, {"l", 8}, {"f", 4}, {"g", 8}, {"tdD", 4}, {"tdm", 8}};
    for (size_t k = 0; k < sizeof lent / sizeof *lent; k++)
        if (!strcmp(lent[k].format, format)) return lent[k].size;
    return !strncmp(format, "ts", 2) && format[2] && strchr("smun", format[2]) && format[3] == ':'
               ? 8
               : 0;
}

static int lend(jd_frame_t *f, const source_t *s, int size, jd_ctx_t *ctx)
{
    char type[4];
    /* Behind the unit of a timestamp stands its zone; its numbers count in UTC. */
    snprintf(type, sizeof type, "%.3s", strcmp(s->format, "tdm") ? s->format : "tsm");
    const char *data = s->array->buffers[1];
    int rc = jd_frame_add(f, s->name, type, data ? data + s->at * size : NULL, s->valid, ctx);
    if (!rc) f->column[f->n - 1].valid_at = s->at;
    return rc;
}

/* A whole number of any width; of an unsigned one too large, -1. */
static int64_t whole(char letter, const void *data, int64_t i)
{
    switch (letter) {
    case 'b':
        return bit(data, i);
    case 'c':
        return ((const int8_t *)data)[i];
    case 'C':
        return ((const uint8_t *)data)[i];
    case 's':
        return ((const int16_t *)data)[i];
    case 'S':
        return ((const uint16_t *)data)[i];
    case 'i':
        return ((const int32_t *)data)[i];
    case 'I':
        return ((const uint32_t *)data)[i];
    case 'l':
        return ((const int64_t *)data)[i];
    default: {
        const uint64_t x = ((const uint64_t *)data)[i];
        return x <= INT64_MAX ? (int64_t)x : -1;
    }
    }
}

/* Flags, which are bits, and unsigned numbers, as wider ones. */
static int widen(jd_frame_t *f, const source_t *s, jd_ctx_t *ctx)
{
    const char letter = *s->format;
    const void *data = s->array->buffers[1];
    if (!data && f->rows > 0) return refuse(s, "there are no cells", ctx);
    void *cells = own(f, f->rows, letter == 'b' ? 1 : 8, ctx);
    if (!cells) return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < f->rows; i++) {
        const bool there = !s->valid || bit(s->valid, s->at + i);
        const int64_t x = there ? whole(letter, data, s->at + i) : 0;
        if (x < 0)
            return jd_fail_at(ctx, JD_ERR_DATA, NULL, i,
                              "column %s: row %" PRId64 " is above %" PRId64, s->name, i + 1,
                              INT64_MAX);
        if (letter == 'b')
            ((int8_t *)cells)[i] = (int8_t)x;
        else
            ((int64_t *)cells)[i] = x;
    }
    int rc = jd_frame_add(f, s->name, letter == 'b' ? "b8" : "l", cells, s->valid, ctx);
    if (!rc) f->column[f->n - 1].valid_at = s->at;
    return rc;
}

/* ---- Texts ---- */

static int lend_text(jd_frame_t *f, const source_t *s, jd_ctx_t *ctx)
{
    static const int64_t none = 0; /* arrays without cells may lack offsets */
    const bool large = *s->format == 'U';
    const char *offset = s->array->buffers[1];
    if (!offset && f->rows > 0) return refuse(s, "there are no offsets", ctx);
    const void *from = offset ? offset + s->at * (large ? 8 : 4) : (const void *)&none;
    int rc =
        jd_frame_add_text(f, s->name, s->array->buffers[2], from, large ? 64 : 32, s->valid, ctx);
    if (!rc) f->column[f->n - 1].valid_at = s->at;
    return rc;
}

static int64_t offset_of(const struct ArrowArray *texts, bool large, int64_t i)
{
    return whole(large ? 'l' : 'i', texts->buffers[1], texts->offset + i);
}

/* Labels [n] as texts of their own, in one block; that of a missing one is NULL. */
static const char **labels(jd_frame_t *f, const source_t *s, jd_ctx_t *ctx)
{
    const struct ArrowArray *d = s->array->dictionary;
    const bool large = *s->schema->dictionary->format == 'U';
    const uint8_t *valid = validity(d);
    const int64_t n = d->length, start = n > 0 ? offset_of(d, large, 0) : 0,
                  end = n > 0 ? offset_of(d, large, n) : 0;
    const char **label = own(f, n, sizeof *label, ctx);
    char *text = label ? own(f, end - start + n, 1, ctx) : NULL;
    for (int64_t k = 0; text && k < n; k++) {
        const int64_t at = offset_of(d, large, k), size = offset_of(d, large, k + 1) - at;
        if (valid && !bit(valid, d->offset + k)) continue;
        if (size > 0) memcpy(text, (const char *)d->buffers[2] + at, (size_t)size);
        label[k] = text;
        text += size + 1;
    }
    return text ? label : NULL;
}

static int add_dictionary(jd_frame_t *f, const source_t *s, jd_ctx_t *ctx)
{
    const struct ArrowArray *d = s->array->dictionary;
    const struct ArrowSchema *of = s->schema->dictionary;
    const void *data = s->array->buffers[1];
    if (strlen(s->format) != 1 || !strchr("cCsSiIlL", *s->format) || !d)
        return refuse(s, "a dictionary without codes that are whole numbers", ctx);
    if ((strcmp(of->format, "u") != 0 && strcmp(of->format, "U") != 0) || d->n_buffers < 3)
        return refuse(s, "only a dictionary of texts (u, U) is taken; decode it", ctx);
    if (d->length >= INT32_MAX || (!d->buffers[1] && d->length > 0) || (!data && f->rows > 0))
        return refuse(s, "its dictionary or its codes are not there, or too many", ctx);
    const char **label = labels(f, s, ctx);
    int32_t *code = label ? own(f, f->rows, sizeof *code, ctx) : NULL;
    if (!code) return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < f->rows; i++) {
        code[i] = -1;
        if (s->valid && !bit(s->valid, s->at + i)) continue;
        const int64_t k = whole(*s->format, data, s->at + i);
        if (k < 0 || k >= d->length)
            return jd_fail_at(ctx, JD_ERR_DATA, NULL, i,
                              "column %s: row %" PRId64 " has code %" PRId64
                              "; the dictionary has codes 0 to %" PRId64,
                              s->name, i + 1, k, d->length - 1);
        if (label[k]) code[i] = (int32_t)k;
    }
    for (int64_t k = 0; k < d->length; k++)
        if (!label[k]) label[k] = "";
    return jd_frame_add_coded(f, s->name, code, -1, label, (int32_t)d->length, ctx);
}

/* ---- Columns, and the batch ---- */

static int refuse_format(const source_t *s, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "column %s: a frame takes no %s '%s' of Arrow; it takes whole numbers, floats, "
                   "doubles, flags, texts (u, U), date32, date64, timestamps and dictionaries of "
                   "texts: convert the column, or leave it out",
                   s->name, *s->format == '+' ? "nested type" : "type", s->format);
}

static int add_column(jd_frame_t *f, const source_t *s, jd_ctx_t *ctx)
{
    const char *format = s->format;
    const bool text = !strcmp(format, "u") || !strcmp(format, "U");
    const int size = lent_size(format);
    const bool wider = strlen(format) == 1 && strchr("bCSIL", *format);
    if (!s->schema->dictionary && !text && !size && !wider) return refuse_format(s, ctx);
    if (s->array->n_buffers < (text ? 3 : 2)) return refuse(s, "buffers are missing", ctx);
    if (s->schema->dictionary) return add_dictionary(f, s, ctx);
    if (text) return lend_text(f, s, ctx);
    return size ? lend(f, s, size, ctx) : widen(f, s, ctx);
}

static int add_child(jd_frame_t *f, const struct ArrowSchema *schema,
                     const struct ArrowArray *array, int64_t skipped, jd_ctx_t *ctx)
{
    const source_t s = {.name = schema->name ? schema->name : "",
                        .format = schema->format,
                        .schema = schema,
                        .array = array,
                        .at = array->offset + skipped,
                        .valid = validity(array)};
    if (array->length < skipped + f->rows) return refuse(&s, "it is shorter than the batch", ctx);
    return add_column(f, &s, ctx);
}

static int check_batch(const struct ArrowSchema *schema, const struct ArrowArray *array,
                       jd_ctx_t *ctx)
{
    if (!schema->release || !array->release)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "the Arrow %s was released before, or taken over",
                       schema->release ? "array" : "schema");
    if (strcmp(schema->format, "+s") != 0 || schema->n_children != array->n_children)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "the Arrow array has format '%s'; a record batch is wanted, a struct '+s' "
                       "with a child a column",
                       schema->format);
    const uint8_t *valid = validity(array);
    for (int64_t i = 0; valid && i < array->length; i++)
        if (!bit(valid, array->offset + i))
            return jd_fail_at(ctx, JD_ERR_ARGUMENT, NULL, i,
                              "row %" PRId64 " of the Arrow batch is null as a whole; leave it out",
                              i + 1);
    return JD_OK;
}

int jd_frame_arrow(jd_frame_t **frame, struct ArrowSchema *schema, struct ArrowArray *array,
                   jd_ctx_t *ctx)
{
    jd_frame_t *f;
    *frame = NULL;
    jd_ctx_enter(ctx);
    int rc = check_batch(schema, array, ctx);
    if (rc) return rc;
    rc = jd_frame_create(&f, schema->name && *schema->name ? schema->name : NULL, array->length,
                         ctx);
    if (rc) return rc;
    for (int64_t k = 0; k < array->n_children && !rc; k++)
        rc = add_child(f, schema->children[k], array->children[k], array->offset, ctx);
    if (rc) {
        jd_frame_free(f);
        return rc;
    }
    f->batch = *array; /* a move, as the interface has it: the caller's is empty now */
    array->release = NULL;
    schema->release(schema);
    *frame = f;
    return JD_OK;
}
