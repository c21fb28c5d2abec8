/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/did_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/memory.h"
#include "dataset/parts.h"
#include "io/csv/csv.h"
#include "io/hdf5/store.h"

/* ---- Files of jiedao, whose columns are known ---- */

/* jiedao's own names, where the user gave none. */
static void assume_roles(jd_own_roles_t *roles, const jd_table_t *table)
{
    const struct {
        const char *name, **role;
    } known[] = {{"inflow", &roles->y},
                 {"unit", &roles->unit},
                 {"time", &roles->time},
                 {"cohort", roles->treat ? NULL : &roles->cohort}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (known[k].role && !*known[k].role && jd_table_find(table, known[k].name) >= 0)
            *known[k].role = known[k].name;
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
static int assume_triple(jd_own_roles_t *roles, jd_table_t *table, jd_ctx_t *ctx)
{
    int cohort = jd_table_find(table, "cohort"), county = jd_table_find(table, "county"),
        sector = jd_table_find(table, "sector");
    if (cohort < 0 || county < 0 || sector < 0 || roles->eligible || roles->cohort ||
        roles->treat || !is_of_units(table, cohort, JD_INT32) ||
        !is_of_units(table, county, JD_INT32) || !is_of_units(table, sector, JD_INT8))
        return JD_OK;
    const bool clusters = !roles->cluster;
    int rc = mark_sectors(table, cohort, county, sector, ctx);
    if (rc) return rc;
    roles->eligible = "sector";
    if (clusters) roles->cluster = "county";
    jd_warn(ctx,
            "eligible are the firms of sector 0, whom the policy is for; cohorts are those of "
            "the counties%s",
            clusters ? "; clusters are counties, to which it is assigned; the run's own standard "
                       "error differs by its small-sample factor (it absorbs counties by periods)"
                     : "");
    return JD_OK;
}

static int read_store(jd_table_t *table, const jd_did_file_t *file, jd_own_roles_t *roles,
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
    if (!rc && file->triple) rc = assume_triple(roles, table, ctx);
    if (!rc) assume_roles(roles, table);
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

static int choose(void *user, const char *const *names, int n, bool *take, jd_ctx_t *ctx)
{
    return jd_own_columns_choose(user, names, n, take, ctx);
}

static bool are_ids(void *user, const char *name)
{
    return jd_own_columns_are_ids(user, name);
}

/* Files whose names the roles must find: CSV and Stata. */
static int read_foreign(jd_table_t *table, const jd_did_file_t *file, bool stata,
                        jd_own_roles_t *roles, jd_ctx_t *ctx)
{
    jd_own_columns_t columns;
    const jd_wanted_t wanted = {choose, &columns, are_ids};
    jd_csv_style_t style = file->style;
    int rc = jd_own_columns_make(&columns, roles, ctx);
    if (!rc && stata) rc = jd_stata_read(file->path, &wanted, style.missing, table, ctx);
    if (!rc && !stata) rc = jd_csv_open(file->path, &style, &wanted, table, ctx);
    if (!rc && !stata) roles->decimal = style.decimal;
    jd_own_columns_free(&columns);
    return rc;
}

/* Roles that contradict themselves are refused before the file is looked at. */
static int check_roles(const jd_own_roles_t *roles, jd_ctx_t *ctx)
{
    jd_own_columns_t columns;
    int rc = jd_own_columns_make(&columns, roles, ctx);
    jd_own_columns_free(&columns);
    return rc;
}

int jd_did_read(jd_table_t *table, const jd_did_file_t *file, jd_own_roles_t *roles, jd_ctx_t *ctx)
{
    char head[16] = {0};
    memset(table, 0, sizeof *table);
    roles->source = file->path;
    int rc = check_roles(roles, ctx);
    if (!rc) rc = read_head(file->path, head, ctx);
    if (rc) return rc;
    const bool hdf5 = memcmp(head, "\211HDF\r\n\032\n", 8) == 0,
               stata = ends_in(file->path, ".dta") || memcmp(head, "<stata_dta>", 11) == 0;
    if (file->style.missing && hdf5)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--missing %s: %s is a file of jiedao, which marks missing values itself; "
                       "leave it out",
                       file->style.missing, file->path);
    if (hdf5) return read_store(table, file, roles, ctx);
    if (file->table)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "--table %s: %s is no file of jiedao; leave it out",
                       file->table, file->path);
    return read_foreign(table, file, stata, roles, ctx);
}
