/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading tables. Nothing in a file is believed before it was compared with what the file can hold
 * (store_shape.c). */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/hdf5/internal.h"

enum {
    COLUMNS_MAX = 4096,
    NAME_SIZE = 256,
    FLAGS_MAX = 128,
};

/* ---- Finding columns ---- */

/* A column as found in the file; texts are owned. */
typedef struct found {
    char name[NAME_SIZE];
    char *unit, *label, *flags;
    jd_type_t type;
    int width;
    jd_axis_t axis;
    jd_shape_t shape;
} found_t;

typedef struct scan {
    jd_store_t *store;
    const char *table;
    found_t *columns;
    int n, room;
    jd_shape_t record, time, unit; /* dimensions; rank -1 = not found */
    int rc;
    jd_ctx_t *ctx;
} scan_t;

static void free_scan(scan_t *scan)
{
    for (int c = 0; c < scan->n; c++) {
        free(scan->columns[c].unit);
        free(scan->columns[c].label);
        free(scan->columns[c].flags);
    }
    free(scan->columns);
    scan->columns = NULL;
    scan->n = scan->room = 0;
}

static const char *get_type(hid_t type, found_t *column)
{
    size_t size = H5Tget_size(type);
    H5T_class_t class = H5Tget_class(type);
    jd_shape_t *shape = &column->shape;
    if (class == H5T_STRING && size == 1 && shape->rank > 1 &&
        shape->dims[shape->rank - 1] <= INT_MAX && shape->dims[shape->rank - 1] > 0) {
        column->type = JD_TEXT;
        column->width = (int)shape->dims[--shape->rank]; /* the last dimension counts its bytes */
        return NULL;
    }
    if (class == H5T_FLOAT && (size == 4 || size == 8)) {
        column->type = size == 4 ? JD_FLOAT : JD_DOUBLE;
        return NULL;
    }
    if (class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2) {
        switch (size) {
        case 1:
            column->type = JD_INT8;
            return NULL;
        case 2:
            column->type = JD_INT16;
            return NULL;
        case 4:
            column->type = JD_INT32;
            return NULL;
        case 8:
            column->type = JD_INT64;
            return NULL;
        default:
            break;
        }
    }
    return "its type is not one that jiedao writes (signed integers, 32- or 64-bit reals, text as "
           "bytes)";
}

/* CF's flag_values and flag_meanings back into "0 never, 1 treated". */
static char *get_flags(hid_t dataset, bool *no_memory)
{
    int64_t values[FLAGS_MAX];
    int64_t n =
        jd_store_take_numbers(dataset, "flag_values", H5T_NATIVE_INT64, true, values, FLAGS_MAX);
    char *meanings = n > 0 ? jd_store_take_text(dataset, "flag_meanings", no_memory) : NULL;
    if (!meanings) return NULL;
    size_t size = strlen(meanings) + (size_t)n * 24 + 1, at = 0;
    char *flags = calloc(size, 1);
    *no_memory = !flags;
    const char *word = meanings;
    for (int64_t i = 0; flags && i < n && *word; i++) {
        size_t length = strcspn(word, " ");
        at +=
            (size_t)snprintf(flags + at, size - at, "%s%lld ", i ? ", " : "", (long long)values[i]);
        for (size_t k = 0; k < length; k++)
            flags[at++] = word[k] == '_' ? ' ' : word[k];
        word += length;
        while (*word == ' ')
            word++;
    }
    free(meanings);
    return flags;
}

static jd_axis_t get_axis(hid_t dataset, bool *no_memory)
{
    jd_axis_t axis = JD_AXIS_CELL;
    char *along = jd_store_take_text(dataset, "along", no_memory);
    if (along && strcmp(along, "time") == 0) axis = JD_AXIS_TIME;
    if (along && strcmp(along, "unit") == 0) axis = JD_AXIS_UNIT;
    free(along);
    return axis;
}

static int add_column(scan_t *scan, const char *name, hid_t dataset, const jd_shape_t *shape)
{
    if (strlen(name) >= NAME_SIZE || scan->n >= COLUMNS_MAX) {
        return jd_store_damaged(scan->store, scan->table, name,
                                "there are too many, or it is too long", scan->ctx);
    }
    if (scan->n == scan->room) {
        int room = scan->room * 2 + 16;
        found_t *more = realloc(scan->columns, (size_t)room * sizeof *more);
        if (!more) return jd_fail_memory(scan->ctx, (size_t)room * sizeof *more, scan->table);
        scan->columns = more;
        scan->room = room;
    }
    found_t *column = &scan->columns[scan->n];
    *column = (found_t){.shape = *shape};
    hid_t type = H5Dget_type(dataset);
    const char *why = type < 0 ? "its type cannot be read" : get_type(type, column);
    if (type >= 0) H5Tclose(type);
    if (why) return jd_store_damaged(scan->store, scan->table, name, why, scan->ctx);
    bool no_memory[4] = {false};
    memcpy(column->name, name, strlen(name) + 1);
    column->unit = jd_store_take_text(dataset, "units", &no_memory[0]);
    column->label = jd_store_take_text(dataset, "long_name", &no_memory[1]);
    column->flags = get_flags(dataset, &no_memory[2]);
    column->axis = get_axis(dataset, &no_memory[3]);
    scan->n++;
    if (no_memory[0] || no_memory[1] || no_memory[2] || no_memory[3]) {
        return jd_fail_memory(scan->ctx, NAME_SIZE, name);
    }
    return JD_OK;
}

static bool is_pure_dimension(hid_t dataset, bool *no_memory)
{
    char *name = jd_store_take_text(dataset, "NAME", no_memory);
    bool pure = name && strncmp(name, JD_STORE_PURE, sizeof JD_STORE_PURE - 1) == 0;
    free(name);
    return pure;
}

static int visit_dataset(scan_t *scan, const char *name, hid_t dataset)
{
    jd_shape_t shape = {0};
    bool no_memory = false;
    const char *why = jd_store_shape(dataset, &shape);
    if (why) return jd_store_damaged(scan->store, scan->table, name, why, scan->ctx);
    if (shape.rank == 0) return JD_OK; /* a text beside the table */
    if (shape.rank == 1) {
        if (strcmp(name, "record") == 0) scan->record = shape;
        if (strcmp(name, "time") == 0) scan->time = shape;
        if (strcmp(name, "unit") == 0) scan->unit = shape;
    }
    bool pure = is_pure_dimension(dataset, &no_memory);
    if (no_memory) return jd_fail_memory(scan->ctx, NAME_SIZE, name);
    return pure ? JD_OK : add_column(scan, name, dataset, &shape);
}

static herr_t visit(hid_t group, const char *name, const H5L_info_t *link, void *user)
{
    scan_t *scan = user;
    if (link->type != H5L_TYPE_HARD) return 0; /* never follow into other files */
    hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0) {
        scan->rc =
            jd_store_damaged(scan->store, scan->table, name, "it cannot be opened", scan->ctx);
        return -1;
    }
    if (H5Iget_type(object) == H5I_DATASET) scan->rc = visit_dataset(scan, name, object);
    H5Oclose(object);
    return scan->rc ? -1 : 0;
}

/* Gathers a table's columns, in the order they were made. */
static int scan_table(scan_t *scan, hid_t group)
{
    hsize_t at = 0;
    scan->record.rank = scan->time.rank = scan->unit.rank = -1;
    herr_t rc = H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, &at, visit, scan);
    if (rc < 0 && !scan->rc && scan->n == 0) { /* a copy that lost the order of making */
        at = 0;
        rc = H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &at, visit, scan);
    }
    if (scan->rc) return scan->rc;
    return rc < 0 ? jd_store_damaged(scan->store, scan->table, "", "its columns cannot be listed",
                                     scan->ctx)
                  : JD_OK;
}

/* ---- Shape of the table ---- */

static bool is_panel(hid_t group, bool *is_table, bool *no_memory)
{
    char *kind = jd_store_take_text(group, "table", no_memory);
    bool panel = kind && strcmp(kind, JD_STORE_PANEL) == 0;
    *is_table = panel || (kind && strcmp(kind, JD_STORE_RECORDS) == 0);
    free(kind);
    return panel;
}

static int check_dimensions(scan_t *scan, bool panel)
{
    bool complete = panel ? scan->time.rank == 1 && scan->unit.rank == 1 && scan->unit.dims[0] > 0
                          : scan->record.rank == 1;
    if (!complete || scan->n == 0) {
        return jd_store_damaged(scan->store, scan->table, "",
                                "a dimension or all columns are missing", scan->ctx);
    }
    if (panel && scan->time.dims[0] > JD_STORE_CELLS_MAX / scan->unit.dims[0]) {
        return jd_store_damaged(scan->store, scan->table, "", "it is impossibly large", scan->ctx);
    }
    for (int c = 0; c < scan->n; c++) {
        const found_t *column = &scan->columns[c];
        const jd_shape_t *s = &column->shape;
        bool fits = s->rank == 1 && s->dims[0] == scan->record.dims[0];
        if (panel && column->axis == JD_AXIS_CELL) {
            fits = s->rank == 2 && s->dims[0] == scan->time.dims[0] &&
                   s->dims[1] == scan->unit.dims[0];
        } else if (panel) {
            const jd_shape_t *axis = column->axis == JD_AXIS_TIME ? &scan->time : &scan->unit;
            fits = s->rank == 1 && s->dims[0] == axis->dims[0];
        }
        if (!fits) {
            return jd_store_damaged(scan->store, scan->table, column->name,
                                    "its length is not the table's", scan->ctx);
        }
    }
    return JD_OK;
}

/* The group of that name, invalid where there is none. */
static hid_t open_table(jd_store_t *store, const char *name)
{
    if (!jd_store_exists(store->file, name)) return H5I_INVALID_HID;
    return H5Gopen2(store->file, name, H5P_DEFAULT);
}

/* ---- Reading cells ---- */

static int read_column(jd_store_t *store, hid_t group, jd_table_t *table, int c, jd_ctx_t *ctx)
{
    const jd_column_t *column = &table->columns[c];
    hid_t dataset = H5Dopen2(group, column->name, H5P_DEFAULT);
    if (dataset < 0)
        return jd_store_damaged(store, table->name, column->name, "it cannot be opened", ctx);
    /* Text as it lies in the file: HDF5 converts no character sets. */
    hid_t type = column->type == JD_TEXT ? H5Dget_type(dataset) : jd_store_type(column->type);
    int rc = JD_OK;
    if (type < 0 || (jd_table_cells(table, c) > 0 &&
                     H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, table->data[c]) < 0)) {
        char reason[256];
        jd_store_reason(reason, sizeof reason);
        rc = jd_store_damaged(store, table->name, column->name, reason, ctx);
    }
    if (type >= 0) H5Tclose(type);
    H5Dclose(dataset);
    return rc;
}

/* Before anything is allocated. */
static int check_columns(const scan_t *scan, hid_t group)
{
    for (int c = 0; c < scan->n; c++) {
        const found_t *column = &scan->columns[c];
        const jd_column_t as = {.type = column->type, .width = column->width};
        hid_t dataset = H5Dopen2(group, column->name, H5P_DEFAULT);
        const char *why = "it cannot be opened";
        if (dataset >= 0) {
            hsize_t cells = jd_store_cells(&column->shape), size = jd_column_size(&as);
            why = size > (hsize_t)-1 / JD_STORE_CELLS_MAX && cells > (hsize_t)-1 / size
                      ? "it is impossibly large"
                      : jd_store_check_storage(scan->store->file, dataset, cells * size);
            H5Dclose(dataset);
        }
        if (why) return jd_store_damaged(scan->store, scan->table, column->name, why, scan->ctx);
    }
    return JD_OK;
}

/* Copies a text to the pool's end; NULL gives "". */
static const char *pool_text(char **pool, const char *text)
{
    const char *at = *pool;
    size_t size = strlen(text ? text : "") + 1;
    memcpy(*pool, text ? text : "", size);
    *pool += size;
    return at;
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 1;
}

/* One block: the column list, then all texts. */
static void *make_columns(const scan_t *scan, const char *label, const char **name,
                          const char **its_label)
{
    size_t texts = text_size(scan->table) + text_size(label);
    for (int c = 0; c < scan->n; c++) {
        const found_t *f = &scan->columns[c];
        texts +=
            text_size(f->name) + text_size(f->unit) + text_size(f->label) + text_size(f->flags);
    }
    jd_column_t *columns = malloc((size_t)scan->n * sizeof *columns + texts);
    if (!columns) return NULL;
    char *pool = (char *)(columns + scan->n);
    *name = pool_text(&pool, scan->table);
    *its_label = pool_text(&pool, label);
    for (int c = 0; c < scan->n; c++) {
        const found_t *f = &scan->columns[c];
        columns[c] = (jd_column_t){
            .name = pool_text(&pool, f->name),
            .type = f->type,
            .unit = pool_text(&pool, f->unit),
            .label = pool_text(&pool, f->label),
            .flags = f->flags ? pool_text(&pool, f->flags) : NULL,
            .width = f->width,
            .axis = f->axis,
        };
    }
    return columns;
}

static int fill_table(scan_t *scan, hid_t group, bool panel, jd_table_t *table)
{
    bool no_memory = false;
    const char *name = NULL, *its_label = NULL;
    char *label = jd_store_take_text(group, "long_name", &no_memory);
    void *columns = no_memory ? NULL : make_columns(scan, label, &name, &its_label);
    free(label);
    if (!columns) return jd_fail_memory(scan->ctx, NAME_SIZE, scan->table);
    int rc;
    if (panel) {
        rc = jd_table_init_panel(table, name, its_label, columns, scan->n,
                                 (int64_t)scan->time.dims[0], (int64_t)scan->unit.dims[0],
                                 scan->ctx);
    } else {
        rc = jd_table_init(table, name, its_label, columns, scan->n, (int64_t)scan->record.dims[0],
                           scan->ctx);
        table->rows = rc ? 0 : table->capacity;
    }
    if (rc) {
        free(columns);
        return rc;
    }
    table->owned = columns;
    for (int c = 0; !rc && c < table->n_columns; c++) {
        rc = read_column(scan->store, group, table, c, scan->ctx);
    }
    if (rc) jd_table_free(table);
    return rc;
}

int jd_store_read(jd_store_t *store, const char *name, jd_table_t *table, jd_ctx_t *ctx)
{
    bool is_table = false, no_memory = false;
    *table = (jd_table_t){0};
    scan_t scan = {.store = store, .table = name, .ctx = ctx};
    hid_t group = open_table(store, name);
    bool panel = group >= 0 && is_panel(group, &is_table, &no_memory);
    if (no_memory) scan.rc = jd_fail_memory(ctx, NAME_SIZE, name);
    if (!scan.rc && !is_table) {
        scan.rc =
            jd_fail(ctx, JD_ERR_DATA, "%s: has no table %s; `jiedao info %s` lists those it has",
                    store->path, name, store->path);
    }
    if (!scan.rc) scan.rc = scan_table(&scan, group);
    if (!scan.rc) scan.rc = check_dimensions(&scan, panel);
    if (!scan.rc) scan.rc = check_columns(&scan, group);
    if (!scan.rc) scan.rc = fill_table(&scan, group, panel, table);
    free_scan(&scan);
    if (group >= 0) H5Gclose(group);
    if (scan.rc) *table = (jd_table_t){0};
    return scan.rc;
}

/* ---- Listing ---- */

typedef struct listing {
    jd_store_t *store;
    jd_store_entry_t *entries;
    int n, room;
    int rc;
    jd_ctx_t *ctx;
} listing_t;

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy) memcpy(copy, text, size);
    return copy;
}

static int add_entry(listing_t *list, const char *name, hid_t group, bool panel)
{
    if (list->n == list->room) {
        int room = list->room * 2 + 16;
        jd_store_entry_t *more = realloc(list->entries, (size_t)room * sizeof *more);
        if (!more)
            return jd_fail_memory(list->ctx, (size_t)room * sizeof *more, "the list of tables");
        list->entries = more;
        list->room = room;
    }
    scan_t scan = {.store = list->store, .table = name, .ctx = list->ctx};
    int rc = scan_table(&scan, group);
    if (!rc) rc = check_dimensions(&scan, panel);
    if (!rc) {
        bool no_memory = false;
        jd_store_entry_t *entry = &list->entries[list->n++];
        *entry = (jd_store_entry_t){.n_columns = scan.n};
        entry->name = copy_text(name);
        entry->label = jd_store_take_text(group, "long_name", &no_memory);
        if (!entry->label && !no_memory) entry->label = copy_text("");
        entry->n_time = panel ? (int64_t)scan.time.dims[0] : 0;
        entry->n_unit = panel ? (int64_t)scan.unit.dims[0] : 0;
        entry->rows = panel ? entry->n_time * entry->n_unit : (int64_t)scan.record.dims[0];
        if (!entry->name || !entry->label) rc = jd_fail_memory(list->ctx, NAME_SIZE, name);
    }
    free_scan(&scan);
    return rc;
}

static herr_t visit_group(hid_t root, const char *name, const H5O_info_t *info, void *user)
{
    listing_t *list = user;
    if (info->type != H5O_TYPE_GROUP) return 0;
    hid_t group = H5Gopen2(root, name, H5P_DEFAULT);
    if (group < 0) return 0;
    bool is_table = false, no_memory = false;
    bool panel = is_panel(group, &is_table, &no_memory);
    if (is_table) list->rc = add_entry(list, name, group, panel);
    if (no_memory) list->rc = jd_fail_memory(list->ctx, NAME_SIZE, name);
    H5Gclose(group);
    return list->rc ? -1 : 0;
}

int jd_store_list(jd_store_t *store, jd_store_entry_t **entries, int *n_entries, jd_ctx_t *ctx)
{
    listing_t list = {.store = store, .ctx = ctx};
    herr_t rc =
        H5Ovisit2(store->file, H5_INDEX_NAME, H5_ITER_INC, visit_group, &list, H5O_INFO_BASIC);
    if (rc < 0 && !list.rc) {
        list.rc = jd_store_damaged(store, "", "", "its tables cannot be listed", ctx);
    }
    if (list.rc) {
        jd_store_list_free(list.entries, list.n);
        list.entries = NULL;
        list.n = 0;
    }
    *entries = list.entries;
    *n_entries = list.n;
    return list.rc;
}

void jd_store_list_free(jd_store_entry_t *entries, int n_entries)
{
    for (int i = 0; i < n_entries; i++) {
        free(entries[i].name);
        free(entries[i].label);
    }
    free(entries);
}
