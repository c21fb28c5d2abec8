/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/did_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/memory.h"
#include "dataset/parts.h"
#include "dataset/request.h"
#include "io/hdf5/store.h"
#include "jiedao/param.h"

/* ---- Files of jiedao, whose columns are known ---- */

/* jiedao's own names, where the user gave none. */
static int assume_roles(jd_request_t *request, const jd_table_t *table, jd_ctx_t *ctx)
{
    const jd_own_roles_t *roles = &request->roles;
    const struct {
        const char *option, *name;
        bool given;
    } known[] = {{"y", "inflow", roles->y},
                 {"unit", "unit", roles->unit},
                 {"time", "time", roles->time},
                 {"cohort", "cohort", roles->cohort || roles->treat}};
    int rc = JD_OK;
    for (size_t k = 0; k < sizeof known / sizeof *known && !rc; k++)
        if (!known[k].given && jd_table_find(table, known[k].name) >= 0)
            rc = jd_request_set(request, known[k].option, known[k].name, ctx);
    return rc;
}

static bool is_of_units(const jd_table_t *table, int column, jd_type_t type)
{
    return table->columns[column].type == type && table->columns[column].axis == JD_AXIS_UNIT;
}

/* A county's cohort is that of its sector 0; sector becomes 1 for sector 0, else 0. In place. */
static int mark_sectors(jd_table_t *table, int cohort, int county, int sector, jd_ctx_t *ctx)
{
    int32_t *when = NULL, *cohorts = JD_CELLS(table, cohort, int32_t), last = 0;
    const int32_t *of = JD_CELLS(table, county, int32_t);
    int8_t *sectors = JD_CELLS(table, sector, int8_t);
    for (int64_t i = 0; i < table->n_unit; i++)
        if (of[i] < 0)
            return jd_fail(ctx, JD_ERR_DATA, "unit %lld: county = %d; it is 0 or more",
                           (long long)i, of[i]);
        else if (of[i] > last)
            last = of[i];
    int rc = jd_make(&when, (int64_t)last + 1, sizeof *when, "cohorts of counties", ctx);
    for (int64_t i = 0; i < table->n_unit && !rc; i++)
        if (sectors[i] == 0) when[of[i]] = cohorts[i];
    for (int64_t i = 0; i < table->n_unit && !rc; i++) {
        cohorts[i] = when[of[i]];
        sectors[i] = sectors[i] == 0;
    }
    free(when);
    return rc;
}

/* Of sectors in counties: sector 0 is whom the policy is for, a county's cohort is that of its
 * sector 0, and the policy is assigned to counties. */
static int assume_triple(jd_request_t *request, jd_table_t *table, jd_ctx_t *ctx)
{
    const jd_own_roles_t *roles = &request->roles;
    int cohort = jd_table_find(table, "cohort"), county = jd_table_find(table, "county"),
        sector = jd_table_find(table, "sector");
    if (cohort < 0 || county < 0 || sector < 0 || roles->eligible || roles->cohort ||
        roles->treat || !is_of_units(table, cohort, JD_INT32) ||
        !is_of_units(table, county, JD_INT32) || !is_of_units(table, sector, JD_INT8))
        return JD_OK;
    const bool clusters = !roles->cluster;
    int rc = mark_sectors(table, cohort, county, sector, ctx);
    if (!rc) rc = jd_request_set(request, "eligible", "sector", ctx);
    if (!rc && clusters) rc = jd_request_set(request, "cluster", "county", ctx);
    if (rc) return rc;
    jd_warn(ctx,
            "eligible are the firms of sector 0, whom the policy is for; cohorts are those of "
            "the counties%s",
            clusters ? "; clusters are counties, to which it is assigned; the run's own standard "
                       "error differs by its small-sample factor (it absorbs counties by periods)"
                     : "");
    return JD_OK;
}

static int read_store(jd_table_t *table, const jd_did_file_t *file, jd_request_t *request,
                      jd_ctx_t *ctx)
{
    jd_store_t *store = NULL;
    int rc = jd_store_open(&store, file->path, ctx);
    if (!rc && !file->table && !jd_store_has(store, "panel/county"))
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%s: holds no panel/county (of several runs tables are kept only with "
                     "output.keep = all); "
                     "choose one with --table, 'jiedao info %s' lists them",
                     file->path, file->path);
    if (!rc) rc = jd_store_read(store, file->table ? file->table : "panel/county", table, ctx);
    if (!rc && file->triple) rc = assume_triple(request, table, ctx);
    if (!rc) rc = assume_roles(request, table, ctx);
    jd_store_close(&store);
    return rc;
}

/* ---- All files ---- */

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcmp(path + n - m, ending) == 0;
}

/* The first bytes of a file; a pipe is left alone, since it cannot be read twice: text, then. */
static int read_head(const char *path, char head[16], jd_ctx_t *ctx)
{
    struct stat about;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) return JD_OK;
    FILE *in = fopen(path, "rb");
    if (!in)
        return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be opened: %s; check its name and folder",
                       path, strerror(errno));
    (void)!fread(head, 1, 16, in);
    fclose(in);
    return JD_OK;
}

/* What the request's columns are with each of the outcomes, and the column of groups. */
typedef struct wanted {
    jd_own_columns_t *list; /* [n] */
    int n;
    const char *by, *source;
} wanted_t;

static int choose_groups(const wanted_t *w, const char *const *names, int n, bool *take,
                         jd_ctx_t *ctx)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(names[i], w->by)) {
            take[i] = true;
            return JD_OK;
        }
    const char *near = jd_nearest(w->by, names, n);
    return jd_fail(ctx, JD_ERR_ARGUMENT, "--by %s: %s has no such column%s%s%s", w->by, w->source,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int choose(void *user, const char *const *names, int n, bool *take, jd_ctx_t *ctx)
{
    const wanted_t *w = user;
    int rc = JD_OK;
    for (int k = 0; k < w->n && !rc; k++)
        rc = jd_own_columns_choose(&w->list[k], names, n, take, ctx);
    return rc || !w->by ? rc : choose_groups(w, names, n, take, ctx);
}

static bool are_ids(void *user, const char *name)
{
    const wanted_t *w = user;
    bool ids = true;
    for (int k = 0; k < w->n; k++)
        ids = ids && jd_own_columns_are_ids(&w->list[k], name);
    return ids;
}

/* What the request's columns are, for messages about this file; `outcome` NULL: its own. */
static int make_columns(jd_own_columns_t *columns, const jd_did_file_t *file,
                        const jd_request_t *request, const char *outcome, jd_ctx_t *ctx)
{
    jd_own_roles_t roles = request->roles;
    if (outcome) roles.y = outcome;
    roles.source = file->path;
    roles.no_unit = request->how.cross_sections;
    return jd_own_columns_make(columns, &roles, ctx);
}

/* Files whose names the request must find: CSV and Stata. */
static int read_foreign(jd_table_t *table, const jd_did_file_t *file, bool stata,
                        jd_request_t *request, jd_ctx_t *ctx)
{
    wanted_t all = {.by = file->by, .source = file->path};
    const jd_wanted_t wanted = {choose, &all, are_ids, NULL};
    jd_csv_style_t style = file->style;
    const int n = file->n_outcomes ? file->n_outcomes : 1;
    int rc = jd_make(&all.list, n, sizeof *all.list, "names of columns", ctx);
    for (; all.n < n && !rc; all.n++)
        rc = make_columns(&all.list[all.n], file, request,
                          file->n_outcomes ? file->outcome[all.n] : NULL, ctx);
    if (!rc && stata) rc = jd_stata_read(file->path, &wanted, style.missing, table, ctx);
    if (!rc && !stata) rc = jd_csv_open(file->path, &style, &wanted, table, ctx);
    if (!rc && !stata) request->roles.decimal = style.decimal;
    for (int k = 0; k < all.n; k++)
        jd_own_columns_free(&all.list[k]);
    free(all.list);
    return rc;
}

/* Roles that contradict themselves are refused before the file is looked at. */
static int check_roles(const jd_did_file_t *file, const jd_request_t *request, jd_ctx_t *ctx)
{
    jd_own_columns_t columns;
    int rc = make_columns(&columns, file, request, NULL, ctx);
    jd_own_columns_free(&columns);
    return rc;
}

int jd_did_read(jd_table_t *table, const jd_did_file_t *file, jd_request_t *request, jd_ctx_t *ctx)
{
    char head[16] = {0};
    memset(table, 0, sizeof *table);
    int rc = check_roles(file, request, ctx);
    if (!rc) rc = read_head(file->path, head, ctx);
    if (rc) return rc;
    const bool hdf5 = memcmp(head, "\211HDF\r\n\032\n", 8) == 0,
               stata = ends_in(file->path, ".dta") || memcmp(head, "<stata_dta>", 11) == 0;
    if (file->style.missing && hdf5)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--missing %s: %s is a file of jiedao, which marks missing values itself; "
                       "leave it out",
                       file->style.missing, file->path);
    if (hdf5) return read_store(table, file, request, ctx);
    if (file->table)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "--table %s: %s is no file of jiedao; leave it out",
                       file->table, file->path);
    return read_foreign(table, file, stata, request, ctx);
}
