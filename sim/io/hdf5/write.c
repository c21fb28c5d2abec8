/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables into the file. A table grows along its leads: records, or a panel's time slices. Leads are
 * held back until a chunk is full; whole chunks of an incoming table go straight from its cells. */
#include <stdlib.h>
#include <string.h>

#include "io/hdf5/internal.h"

enum {
    CHUNK_CELLS = 65536,
    CHUNK_CELLS_WIDE = 16384, /* for tables with a column of more than WIDE bytes a cell */
    WIDE = 16,
};

struct jd_growing {
    char *name;
    hid_t group;
    const jd_column_t *columns; /* borrowed */
    int n_columns;
    bool panel;
    int64_t n_unit;                   /* cells of a lead: 1 for records */
    int64_t chunk_leads, chunk_units; /* shape of a chunk */
    hid_t *datasets;                  /* made when the first chunk is */
    bool made;
    int64_t written, held; /* leads in the file, leads held back */
    char **hold;           /* [n_columns]: held leads; all of a unit or time column */
};

static size_t cell_size(const jd_growing_t *g, int column)
{
    return jd_column_size(&g->columns[column]);
}

static bool is_cells(const jd_growing_t *g, int column)
{
    return !g->panel || g->columns[column].axis == JD_AXIS_CELL;
}

/* ---- Chunks ---- */

/* Cuts `leads` leads of a column into chunks; cells of a lead lie `units` apart from the next. */
static int64_t cut(jd_chunk_t *chunks, const char *source, const jd_column_t *column, hid_t dataset,
                   int64_t first_lead, int64_t leads, int64_t units, int64_t chunk_leads,
                   int64_t chunk_units)
{
    size_t size = jd_column_size(column);
    int64_t n = 0;
    for (int64_t lead = 0; lead < leads; lead += chunk_leads) {
        for (int64_t unit = 0; unit < units; unit += chunk_units) {
            int64_t left = leads - lead, wide = units - unit;
            chunks[n++] = (jd_chunk_t){
                .source = source + (size_t)(lead * units + unit) * size,
                .stride = (size_t)units * size,
                .size = size,
                .element = column->type == JD_TEXT ? 1 : size,
                .leads = left < chunk_leads ? left : chunk_leads,
                .width = wide < chunk_units ? wide : chunk_units,
                .chunk_leads = chunk_leads,
                .chunk_width = chunk_units,
                .dataset = dataset,
                .offset = {(hsize_t)(first_lead + lead), (hsize_t)unit},
            };
        }
    }
    return n;
}

static int64_t pieces(int64_t n, int64_t of)
{
    return (n + of - 1) / of;
}

static int64_t axis_chunk(int64_t n)
{
    return n < 1 ? 1 : n < CHUNK_CELLS ? n : CHUNK_CELLS;
}

static int extend(jd_store_t *store, jd_growing_t *g, int column, int64_t leads, jd_ctx_t *ctx)
{
    hsize_t width = (hsize_t)g->columns[column].width;
    bool wide = g->panel && is_cells(g, column);
    hsize_t dims[3] = {(hsize_t)leads, wide ? (hsize_t)g->n_unit : width, width};
    if (H5Dset_extent(g->datasets[column], dims) >= 0) return JD_OK;
    return jd_store_fail(store, g->name, ctx);
}

/* Writes a unit or time column, which is held whole. */
static int write_axis(jd_store_t *store, jd_growing_t *g, int column, int64_t n, jd_ctx_t *ctx)
{
    int64_t chunk = axis_chunk(g->columns[column].axis == JD_AXIS_TIME ? g->chunk_leads : n);
    jd_chunk_t *chunks = malloc((size_t)(pieces(n, chunk) + 1) * sizeof *chunks);
    if (!chunks) return jd_fail_memory(ctx, (size_t)n * sizeof *chunks, g->name);
    int64_t n_chunks =
        cut(chunks, g->hold[column], &g->columns[column], g->datasets[column], 0, n, 1, chunk, 1);
    int rc = jd_pack_write(&store->packer, chunks, n_chunks, ctx);
    free(chunks);
    return rc == JD_ERR_WRITE ? jd_store_fail(store, g->name, ctx) : rc;
}

/* ---- A table's data sets ---- */

static hid_t make_column(const jd_growing_t *g, int c)
{
    hsize_t cells[2] = {0, (hsize_t)g->n_unit};
    hsize_t chunk[2] = {(hsize_t)g->chunk_leads, (hsize_t)g->chunk_units};
    hsize_t none = 0, units = (hsize_t)g->n_unit;
    const jd_column_t *column = &g->columns[c];
    if (is_cells(g, c)) {
        return jd_store_make_column(g->group, column, g->panel ? 2 : 1, cells, chunk, false,
                                    g->panel);
    }
    if (column->axis == JD_AXIS_UNIT) {
        hsize_t most = (hsize_t)axis_chunk(g->n_unit);
        return jd_store_make_column(g->group, column, 1, &units, &most, true, true);
    }
    return jd_store_make_column(g->group, column, 1, &none, chunk, false, true);
}

/* All in the order of the column list: readers show them so. */
static int make_columns(jd_store_t *store, jd_growing_t *g, jd_ctx_t *ctx)
{
    for (int c = 0; c < g->n_columns; c++) {
        g->datasets[c] = make_column(g, c);
        if (g->datasets[c] < 0) return jd_store_fail(store, g->columns[c].name, ctx);
        if (!is_cells(g, c) && g->columns[c].axis == JD_AXIS_UNIT) {
            int rc = write_axis(store, g, c, g->n_unit, ctx);
            if (rc) return rc;
        }
    }
    g->made = true;
    return JD_OK;
}

/* Writes leads [written, written + leads) of all cell columns from `data`, a pointer a column;
 * leads is a multiple of chunk_leads, or the last ones of the table. */
static int write_leads(jd_store_t *store, jd_growing_t *g, char *const *data, int64_t from,
                       int64_t leads, jd_ctx_t *ctx)
{
    int rc = g->made ? JD_OK : make_columns(store, g, ctx);
    if (rc) return rc;
    int64_t n = 0;
    size_t most = (size_t)(pieces(leads, g->chunk_leads) * pieces(g->n_unit, g->chunk_units)) *
                  (size_t)g->n_columns;
    jd_chunk_t *chunks = malloc((most ? most : 1) * sizeof *chunks);
    if (!chunks) return jd_fail_memory(ctx, most * sizeof *chunks, g->name);
    for (int c = 0; !rc && c < g->n_columns; c++) {
        if (!is_cells(g, c)) continue;
        size_t size = cell_size(g, c);
        n += cut(chunks + n, data[c] + (size_t)(from * g->n_unit) * size, &g->columns[c],
                 g->datasets[c], g->written, leads, g->n_unit, g->chunk_leads, g->chunk_units);
        rc = extend(store, g, c, g->written + leads, ctx);
    }
    if (!rc) {
        rc = jd_pack_write(&store->packer, chunks, n, ctx);
        if (rc == JD_ERR_WRITE) rc = jd_store_fail(store, g->name, ctx);
    }
    free(chunks);
    g->written += leads;
    return rc ? rc : jd_store_check(store, ctx);
}

static int finish(jd_store_t *store, jd_growing_t *g, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    if (!g->made) {
        if (g->held > 0) g->chunk_leads = g->held;
        rc = make_columns(store, g, ctx);
    }
    if (!rc && g->held > 0) rc = write_leads(store, g, g->hold, 0, g->held, ctx);
    g->held = 0;
    for (int c = 0; !rc && c < g->n_columns; c++) {
        if (is_cells(g, c) || g->columns[c].axis != JD_AXIS_TIME) continue;
        rc = extend(store, g, c, g->written, ctx);
        if (!rc) rc = write_axis(store, g, c, g->written, ctx);
    }
    if (!rc && jd_store_make_dimensions(g->group, g->columns, g->n_columns, g->datasets, g->panel,
                                        g->written, g->n_unit) < 0) {
        rc = jd_store_fail(store, g->name, ctx);
    }
    return rc ? rc : jd_store_check(store, ctx);
}

static void drop(jd_growing_t *g)
{
    for (int c = 0; c < g->n_columns; c++) {
        if (g->datasets && g->datasets[c] > 0) H5Dclose(g->datasets[c]);
        if (g->hold) free(g->hold[c]);
    }
    if (g->group > 0) H5Gclose(g->group);
    free(g->datasets);
    free(g->hold);
    free(g->name);
    *g = (jd_growing_t){0};
}

/* ---- Taking in ---- */

static int hold_axis(jd_growing_t *g, const jd_table_t *table, int column, jd_ctx_t *ctx)
{
    size_t size = cell_size(g, column);
    int64_t at = g->written + g->held, n = table->n_time, room = at + n;
    bool of_unit = g->columns[column].axis == JD_AXIS_UNIT;
    if (of_unit) {
        if (g->hold[column]) return JD_OK; /* the first call's stay */
        at = 0;
        n = room = g->n_unit;
    }
    char *wider = realloc(g->hold[column], (size_t)(room > 0 ? room : 1) * size);
    if (!wider) return jd_fail_memory(ctx, (size_t)room * size, g->name);
    g->hold[column] = wider;
    memcpy(wider + (size_t)at * size, table->data[column], (size_t)n * size);
    return JD_OK;
}

static int make_room(jd_growing_t *g, jd_ctx_t *ctx)
{
    for (int c = 0; c < g->n_columns; c++) {
        if (!is_cells(g, c) || g->hold[c]) continue;
        size_t bytes = (size_t)(g->chunk_leads * g->n_unit) * cell_size(g, c);
        g->hold[c] = malloc(bytes);
        if (!g->hold[c]) return jd_fail_memory(ctx, bytes, g->name);
    }
    return JD_OK;
}

/* Moves `n` leads of the table into what is held back. */
static int hold_leads(jd_growing_t *g, const jd_table_t *table, int64_t from, int64_t n,
                      jd_ctx_t *ctx)
{
    int rc = make_room(g, ctx);
    if (rc) return rc;
    for (int c = 0; c < g->n_columns; c++) {
        if (!is_cells(g, c)) continue;
        size_t lead = (size_t)g->n_unit * cell_size(g, c);
        memcpy(g->hold[c] + (size_t)g->held * lead, (char *)table->data[c] + (size_t)from * lead,
               (size_t)n * lead);
    }
    g->held += n;
    return JD_OK;
}

static int take(jd_store_t *store, jd_growing_t *g, const jd_table_t *table, jd_ctx_t *ctx)
{
    int64_t leads = g->panel ? table->n_time : table->rows, done = 0;
    int rc = JD_OK;
    for (int c = 0; !rc && c < g->n_columns; c++) {
        if (!is_cells(g, c)) rc = hold_axis(g, table, c, ctx);
    }
    while (!rc && done < leads) {
        int64_t left = leads - done, room = g->chunk_leads - g->held;
        if (g->held == 0 && left >= g->chunk_leads) { /* whole chunks, straight from the cells */
            int64_t n = left - left % g->chunk_leads;
            rc = write_leads(store, g, (char **)table->data, done, n, ctx);
            done += n;
            continue;
        }
        int64_t n = left < room ? left : room;
        rc = hold_leads(g, table, done, n, ctx);
        done += n;
        if (!rc && g->held == g->chunk_leads) {
            rc = write_leads(store, g, g->hold, 0, g->held, ctx);
            g->held = 0;
        }
    }
    return rc;
}

/* ---- Beginning ---- */

static int64_t cells_of_chunk(const jd_table_t *table)
{
    for (int c = 0; c < table->n_columns; c++) {
        if (jd_column_size(&table->columns[c]) > WIDE) return CHUNK_CELLS_WIDE;
    }
    return CHUNK_CELLS;
}

/* Whether a column stands where a dimension must: only numbers along an axis can be its labels. */
static bool takes_dimension(const jd_table_t *table, const jd_column_t *column)
{
    if (table->n_unit == 0) return strcmp(column->name, "record") == 0;
    bool text = column->type == JD_TEXT;
    if (strcmp(column->name, "time") == 0) return text || column->axis != JD_AXIS_TIME;
    return strcmp(column->name, "unit") == 0 && (text || column->axis != JD_AXIS_UNIT);
}

static int check_columns(const jd_table_t *table, jd_ctx_t *ctx)
{
    for (int c = 0; c < table->n_columns; c++) {
        const jd_column_t *column = &table->columns[c];
        if (column->type == JD_TEXT && column->width < 1) {
            return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: text column %s has no width", table->name,
                           column->name);
        }
        if (takes_dimension(table, column)) {
            return jd_fail(
                ctx, JD_ERR_ARGUMENT,
                "%s: %s is a dimension's name: in a panel time and unit are numbers along "
                "their axis, in a list no column is named record; rename the column",
                table->name, column->name);
        }
    }
    if (table->n_columns > 0 && table->name[0]) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT, "a table needs a name and a column to be stored");
}

static int describe_group(jd_store_t *store, const jd_growing_t *g, const jd_table_t *table,
                          jd_ctx_t *ctx)
{
    const char *kind = g->panel ? JD_STORE_PANEL : JD_STORE_RECORDS;
    herr_t rc = jd_store_put_text(g->group, "table", kind);
    if (rc >= 0 && table->label && table->label[0]) {
        rc = jd_store_put_text(g->group, "long_name", table->label);
    }
    return rc < 0 ? jd_store_fail(store, g->name, ctx) : JD_OK;
}

/* Starts the table `g`; `whole`: its first rows are all it will get. */
static int begin(jd_store_t *store, jd_growing_t *g, const jd_table_t *table, bool whole,
                 jd_ctx_t *ctx)
{
    int rc = check_columns(table, ctx);
    if (rc) return rc;
    bool panel = table->n_unit > 0;
    int64_t leads = panel ? table->n_time : table->rows, cells = cells_of_chunk(table);
    *g = (jd_growing_t){.columns = table->columns,
                        .n_columns = table->n_columns,
                        .panel = panel,
                        .n_unit = panel ? table->n_unit : 1};
    g->chunk_units = g->n_unit < cells ? g->n_unit : cells;
    g->chunk_leads = cells / g->chunk_units;
    if (whole && leads < g->chunk_leads) g->chunk_leads = leads > 0 ? leads : 1;
    g->name = malloc(strlen(table->name) + 1);
    g->datasets = calloc((size_t)table->n_columns, sizeof *g->datasets);
    g->hold = calloc((size_t)table->n_columns, sizeof *g->hold);
    if (!g->name || !g->datasets || !g->hold) return jd_fail_memory(ctx, 1024, table->name);
    memcpy(g->name, table->name, strlen(table->name) + 1);
    g->group = jd_store_group(store->file, table->name);
    if (g->group < 0) return jd_store_fail(store, table->name, ctx);
    if (H5Aexists(g->group, "table") > 0) {
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: the table %s was written already", store->path,
                       table->name);
    }
    return describe_group(store, g, table, ctx);
}

static int same_shape(const jd_store_t *store, const jd_growing_t *g, const jd_table_t *table,
                      jd_ctx_t *ctx)
{
    bool same = g->n_columns == table->n_columns && g->panel == (table->n_unit > 0) &&
                (!g->panel || g->n_unit == table->n_unit);
    for (int c = 0; same && c < g->n_columns; c++) {
        const jd_column_t *a = &g->columns[c], *b = &table->columns[c];
        same = strcmp(a->name, b->name) == 0 && a->type == b->type && a->width == b->width &&
               a->axis == b->axis;
    }
    if (same) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "%s: what is to be added to the table %s has other columns or units than it",
                   store->path, table->name);
}

static jd_growing_t *find_growing(jd_store_t *store, const char *name)
{
    for (int i = 0; i < store->n_growing; i++) {
        if (strcmp(store->growing[i].name, name) == 0) return &store->growing[i];
    }
    return NULL;
}

static int begin_growing(jd_store_t *store, const jd_table_t *table, jd_growing_t **begun,
                         jd_ctx_t *ctx)
{
    size_t n = (size_t)store->n_growing + 1;
    jd_growing_t *more = realloc(store->growing, n * sizeof *more);
    if (!more) return jd_fail_memory(ctx, n * sizeof *more, table->name);
    store->growing = more;
    jd_growing_t fresh = {0};
    int rc = begin(store, &fresh, table, false, ctx);
    if (rc) {
        drop(&fresh);
        return rc;
    }
    *begun = &more[store->n_growing++];
    **begun = fresh;
    return JD_OK;
}

static int keep_code(jd_store_t *store, int rc)
{
    if (rc && !store->failed) store->failed = rc;
    return rc;
}

int jd_store_append(jd_store_t *store, const jd_table_t *table, jd_ctx_t *ctx)
{
    int rc = jd_store_ready(store, ctx);
    if (rc) return rc;
    jd_growing_t *g = find_growing(store, table->name);
    rc = g ? same_shape(store, g, table, ctx) : begin_growing(store, table, &g, ctx);
    if (!rc) rc = take(store, g, table, ctx);
    return keep_code(store, rc);
}

int jd_store_write(jd_store_t *store, const jd_table_t *table, jd_ctx_t *ctx)
{
    int rc = jd_store_ready(store, ctx);
    if (rc) return rc;
    jd_growing_t g = {0};
    rc = begin(store, &g, table, true, ctx);
    if (!rc) rc = take(store, &g, table, ctx);
    if (!rc) rc = finish(store, &g, ctx);
    drop(&g);
    return keep_code(store, rc);
}

int jd_store_finish_all(jd_store_t *store, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; !rc && i < store->n_growing; i++) {
        rc = finish(store, &store->growing[i], ctx);
    }
    jd_store_drop_growing(store);
    return keep_code(store, rc);
}

void jd_store_drop_growing(jd_store_t *store)
{
    for (int i = 0; i < store->n_growing; i++)
        drop(&store->growing[i]);
    free(store->growing);
    store->growing = NULL;
    store->n_growing = 0;
}
