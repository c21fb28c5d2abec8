/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a file and the roles of its columns to a panel. */
#include "study/own_data.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "io/number.h"
#include "io/store.h"
#include "jiedao/config.h"
#include "study/own_data_parts.h"

enum { NAMES_SHOWN = 400 };

/* ---- Roles ---- */

enum { Y, UNIT, TIME, COHORT, TREAT, WEIGHT, CLUSTER, FIRST_LISTED };

static const char *const role_options[] = {"--y",     "--unit",    "--time",   "--cohort",
                                           "--treat", "--weights", "--cluster"};

/* A column the user named; of --x and --fe there are any number. */
typedef struct role {
    const char *option;
    char *name; /* owned; NULL = not given */
    int reason; /* what a missing cell counts under; -1: none is missing (cohorts) */
    jd_own_column_t column;
} role_t;

typedef struct roles {
    role_t *list; /* FIRST_LISTED of them, then covariates, then fixed effects */
    int n, n_x, n_fixed;
    const char *path;
} roles_t;

static int count_names(const char *list)
{
    int n = list && *list ? 1 : 0;
    for (; n && *list; list++)
        n += *list == ',';
    return n;
}

static int set_name(role_t *role, const char *option, const char *name, size_t length, int reason,
                    jd_ctx_t *ctx)
{
    role->option = option;
    role->reason = reason;
    if (!name) return JD_OK;
    if (length == 0) return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: a column's name is missing", option);
    int rc = jd_make(&role->name, (int64_t)length + 1, 1, "a column's name", ctx);
    if (!rc) memcpy(role->name, name, length);
    return rc;
}

static int set_list(roles_t *roles, const char *option, const char *list, int reason, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (const char *p = list; p && *p && !rc;) {
        size_t length = strcspn(p, ",");
        rc = set_name(&roles->list[roles->n++], option, p, length, reason, ctx);
        p += length;
        if (*p == ',' && !*++p && !rc)
            rc = set_name(&roles->list[roles->n - 1], option, p, 0, reason, ctx);
    }
    return rc;
}

static int make_roles(roles_t *roles, const char *path, const jd_own_roles_t *given, jd_ctx_t *ctx)
{
    const char *const names[] = {given->y,     given->unit,    given->time,   given->cohort,
                                 given->treat, given->weights, given->cluster};
    static const int reasons[] = {JD_OWN_NO_Y,     JD_OWN_NO_UNIT,   JD_OWN_NO_TIME, -1,
                                  JD_OWN_NO_TREAT, JD_OWN_NO_WEIGHT, JD_OWN_NO_GROUP};
    roles->path = path;
    roles->n_x = count_names(given->x);
    roles->n_fixed = count_names(given->fixed);
    int rc = jd_make(&roles->list, FIRST_LISTED + roles->n_x + roles->n_fixed, sizeof *roles->list,
                     "the columns' roles", ctx);
    roles->n = rc ? 0 : FIRST_LISTED;
    for (int i = 0; i < FIRST_LISTED && !rc; i++)
        rc = set_name(&roles->list[i], role_options[i], names[i], names[i] ? strlen(names[i]) : 0,
                      reasons[i], ctx);
    if (!rc) rc = set_list(roles, "--x", given->x, JD_OWN_NO_X, ctx);
    if (!rc) rc = set_list(roles, "--fe", given->fixed, JD_OWN_NO_GROUP, ctx);
    return rc;
}

static void free_roles(roles_t *roles)
{
    for (int i = 0; roles->list && i < roles->n; i++)
        free(roles->list[i].name);
    free(roles->list);
}

/* The file's columns for a message, cut where they are many. */
static const char *show_names(const char *const *names, int n, char shown[NAMES_SHOWN])
{
    size_t at = 0;
    shown[0] = '\0';
    for (int i = 0; i < n; i++) {
        size_t length = strlen(names[i]);
        if (at + length + 8 > NAMES_SHOWN) {
            memcpy(shown + at, ", ...", 6);
            break;
        }
        at += (size_t)snprintf(shown + at, NAMES_SHOWN - at, "%s%s", i ? ", " : "", names[i]);
    }
    return shown;
}

static int check_given(const roles_t *roles, const char *const *names, int n, jd_ctx_t *ctx)
{
    static const char *const meanings[] = {"the outcome", "the unit", "the period"};
    char shown[NAMES_SHOWN];
    int rc = JD_OK;
    for (int i = Y; i <= TIME; i++)
        if (!roles->list[i].name)
            rc = jd_fail(ctx, JD_ERR_ARGUMENT, "which column of %s is %s? %s NAME; there are: %s",
                         roles->path, meanings[i], role_options[i], show_names(names, n, shown));
    bool cohort = roles->list[COHORT].name, treat = roles->list[TREAT].name;
    if (!cohort && !treat)
        rc = jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "which column of %s says who is treated? --cohort NAME (first treated period) or "
            "--treat NAME (0 or 1); there are: %s",
            roles->path, show_names(names, n, shown));
    if (cohort && treat)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "--cohort and --treat both say who is treated; give one of them");
    return rc;
}

/* Takes the columns the roles name; all that are not there are told at once. */
static int choose(void *user, const char *const *names, int n, bool *take, jd_ctx_t *ctx)
{
    const roles_t *roles = user;
    char shown[NAMES_SHOWN];
    int rc = check_given(roles, names, n, ctx);
    for (int i = 0; i < roles->n; i++) {
        const role_t *role = &roles->list[i];
        int found = 0;
        for (int k = 0; role->name && k < n; k++) {
            if (strcmp(names[k], role->name) != 0) continue;
            take[k] = true;
            found++;
        }
        const char *near = found || !role->name ? NULL : jd_nearest(role->name, names, n);
        if (found > 1)
            rc = jd_fail(ctx, JD_ERR_ARGUMENT, "%s %s: %s has %d columns of this name; rename them",
                         role->option, role->name, roles->path, found);
        if (role->name && !found && near)
            rc = jd_fail(ctx, JD_ERR_ARGUMENT, "%s %s: %s has no such column; did you mean '%s'?",
                         role->option, role->name, roles->path, near);
        if (role->name && !found && !near)
            rc = jd_fail(ctx, JD_ERR_ARGUMENT, "%s %s: %s has no such column; there are: %s",
                         role->option, role->name, roles->path, show_names(names, n, shown));
    }
    return rc;
}

/* ---- Files ---- */

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcmp(path + n - m, ending) == 0;
}

/* jiedao's own names, where the user gave none. */
static int assume_roles(roles_t *roles, const jd_table_t *table, jd_ctx_t *ctx)
{
    static const char *const known[] = {"inflow", "unit", "time", "cohort"};
    int rc = JD_OK;
    for (int i = Y; i <= COHORT && !rc; i++) {
        role_t *role = &roles->list[i];
        if (role->name || (i == COHORT && roles->list[TREAT].name) ||
            jd_table_find(table, known[i]) < 0)
            continue;
        rc = set_name(role, role->option, known[i], strlen(known[i]), role->reason, ctx);
    }
    return rc;
}

static int read_store(roles_t *roles, const char *path, const char *name, jd_table_t *table,
                      jd_ctx_t *ctx)
{
    jd_store_t *store = NULL;
    const char **names = NULL;
    bool *take = NULL;
    int rc = jd_store_open(&store, path, ctx);
    if (!rc && !name && !jd_store_has(store, "panel/county"))
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%s: holds no panel/county (of several runs tables are kept only with "
                     "output.keep = all); "
                     "choose one with --table, 'jiedao info %s' lists them",
                     path, path);
    if (!rc) rc = jd_store_read(store, name ? name : "panel/county", table, ctx);
    if (!rc) rc = assume_roles(roles, table, ctx);
    if (!rc) rc = jd_make(&names, table->n_columns, sizeof *names, path, ctx);
    if (!rc) rc = jd_make(&take, table->n_columns, sizeof *take, path, ctx);
    for (int c = 0; c < table->n_columns && !rc; c++)
        names[c] = table->columns[c].name;
    if (!rc) rc = choose(roles, names, table->n_columns, take, ctx);
    free(take);
    free(names);
    jd_store_close(&store);
    return rc;
}

static int read_table(roles_t *roles, const char *path, const jd_own_roles_t *given,
                      jd_table_t *table, jd_ctx_t *ctx)
{
    char head[16] = {0};
    FILE *in = fopen(path, "rb");
    if (!in)
        return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be opened: %s; check its name and folder",
                       path, strerror(errno));
    size_t n = fread(head, 1, sizeof head, in);
    fclose(in);
    jd_wanted_t wanted = {choose, roles};
    jd_csv_style_t style = given->style;
    if (n >= 8 && memcmp(head, "\211HDF\r\n\032\n", 8) == 0)
        return read_store(roles, path, given->table, table, ctx);
    if (given->table)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "--table %s: %s is no file of jiedao; leave it out",
                       given->table, path);
    if (ends_in(path, ".dta") || memcmp(head, "<stata_dta>", 11) == 0)
        return jd_stata_read(path, &wanted, table, ctx);
    return jd_csv_open(path, &style, &wanted, table, ctx);
}

/* ---- Rows ---- */

static bool is_number(int role)
{
    return role == Y || role == TREAT || role == WEIGHT;
}

static bool is_missing(const role_t *role, bool number, int64_t row)
{
    char first[2];
    if (jd_own_is_text(&role->column))
        return !*jd_own_text(&role->column, row, first, sizeof first);
    double x = jd_own_number(&role->column, row);
    return number ? !isfinite(x) : isnan(x);
}

/* Text where a number is needed: the first cell that is none is shown, or, where another decimal
 * mark makes text of all, the first. */
static int refuse_text(const role_t *role, int64_t rows, jd_ctx_t *ctx)
{
    char word[48] = "", shown[48] = "";
    int64_t at = 0;
    double x;
    for (int64_t row = 0; row < rows; row++) {
        jd_own_text(&role->column, row, word, sizeof word);
        bool number = !*word || jd_number_read(word, strlen(word), &x);
        if (*word && (!*shown || !number)) {
            memcpy(shown, word, sizeof shown);
            at = row;
        }
        if (!number) break;
    }
    return jd_fail(ctx, JD_ERR_DATA,
                   "%s %s: row %" PRId64
                   " holds '%s', and numbers with the decimal mark of the others are needed "
                   "(--decimal . or --decimal , says which)",
                   role->option, role->name, at + 1, shown);
}

static int bind_columns(roles_t *roles, const jd_table_t *table, int64_t rows, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < roles->n; i++) {
        role_t *role = &roles->list[i];
        if (!role->name) continue;
        role->column = (jd_own_column_t){table, jd_table_find(table, role->name), role->option};
        bool number = is_number(i) || (i >= FIRST_LISTED && i < FIRST_LISTED + roles->n_x);
        if (number && jd_own_is_text(&role->column)) rc = refuse_text(role, rows, ctx);
    }
    return rc;
}

/* The rows nothing is missing in; the others are counted. */
static int find_rows(jd_own_data_t *data, const roles_t *roles, int32_t *keep, int64_t *n,
                     jd_ctx_t *ctx)
{
    *n = 0;
    for (int64_t row = 0; row < data->n_rows; row++) {
        int reason = JD_OWN_REASONS;
        for (int i = 0; i < roles->n; i++) {
            const role_t *role = &roles->list[i];
            bool number = is_number(i) || (i >= FIRST_LISTED && i < FIRST_LISTED + roles->n_x);
            if (role->name && role->reason >= 0 && role->reason < reason &&
                is_missing(role, number, row))
                reason = role->reason;
        }
        if (reason < JD_OWN_REASONS)
            data->dropped[reason]++;
        else
            keep[(*n)++] = (int32_t)row;
    }
    if (*n > 0) return JD_OK;
    return jd_fail(
        ctx, JD_ERR_DATA,
        "%s: each of its %" PRId64 " rows lacks a value in a column that is used; leave out the "
        "column that is empty (y: %" PRId64 " rows, covariates: %" PRId64 ")",
        roles->path, data->n_rows, data->dropped[JD_OWN_NO_Y], data->dropped[JD_OWN_NO_X]);
}

/* ---- The panel ---- */

/* An array that lives as long as the data. */
static int own(jd_own_data_t *data, void *array, size_t size, jd_ctx_t *ctx)
{
    int rc = jd_make(array, data->panel.n, size, "the panel", ctx);
    if (!rc) data->owned[data->n_owned++] = *(void **)array;
    return rc;
}

static int gather(jd_own_data_t *data, const role_t *role, const int32_t *keep, double **values,
                  jd_ctx_t *ctx)
{
    int rc = own(data, values, sizeof **values, ctx);
    for (int64_t i = 0; i < data->panel.n && !rc; i++)
        (*values)[i] = jd_own_number(&role->column, keep[i]);
    return rc;
}

static int gather_ids(jd_own_data_t *data, const role_t *role, const int32_t *keep,
                      const int32_t **codes, jd_ctx_t *ctx)
{
    int32_t *ids;
    int rc = own(data, &ids, sizeof *ids, ctx);
    if (!rc) rc = jd_own_ids(&role->column, keep, data->panel.n, ids, ctx);
    *codes = ids;
    return rc;
}

static int gather_treatment(jd_own_data_t *data, const role_t *role, const int32_t *keep,
                            jd_ctx_t *ctx)
{
    int8_t *treated;
    int rc = own(data, &treated, sizeof *treated, ctx);
    for (int64_t i = 0; i < data->panel.n && !rc; i++) {
        double x = jd_own_number(&role->column, keep[i]);
        if (x != 0 && x != 1)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "--treat %s: row %" PRId32
                         " holds %.15g; it must be 0 or 1 (a first treated period "
                         "goes with --cohort)",
                         role->name, keep[i] + 1, x);
        else
            treated[i] = (int8_t)x;
    }
    data->panel.treated = treated;
    return rc;
}

static int gather_weights(jd_own_data_t *data, const role_t *role, const int32_t *keep,
                          jd_ctx_t *ctx)
{
    double *weight;
    int rc = gather(data, role, keep, &weight, ctx);
    for (int64_t i = 0; i < data->panel.n && !rc; i++)
        if (weight[i] < 0)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "--weights %s: row %" PRId32 " holds %.15g; weights are 0 or more",
                         role->name, keep[i] + 1, weight[i]);
    data->panel.weight = weight;
    return rc;
}

/* One cohort a unit: the rows that disagree are named as they stand in the file. */
static int check_cohorts(const jd_own_data_t *data, const roles_t *roles, const int32_t *keep,
                         jd_ctx_t *ctx)
{
    const jd_panel_t *p = &data->panel;
    jd_groups_t units = {0};
    int32_t *first = NULL;
    int rc = jd_groups_make(&units, p->unit, p->n, ctx);
    if (!rc) rc = jd_make(&first, units.n_groups, sizeof *first, "cohorts", ctx);
    for (int64_t i = 0; i < p->n && !rc; i++) {
        int32_t *seen = &first[units.code[i]];
        if (*seen == 0)
            *seen = (int32_t)i + 1;
        else if (p->cohort[*seen - 1] != p->cohort[i]) {
            char unit[48], cell[2][48];
            const jd_own_column_t *u = &roles->list[UNIT].column;
            if (jd_own_is_text(u))
                jd_own_text(u, keep[i], unit, sizeof unit);
            else
                snprintf(unit, sizeof unit, "%.15g", jd_own_number(u, keep[i]));
            rc = jd_fail(
                ctx, JD_ERR_DATA,
                "--cohort %s: unit %s has %s in row %" PRId32 " and %s in row %" PRId32
                "; a unit has one "
                "first treated period (a 0/1 path goes with --treat)",
                roles->list[COHORT].name, unit,
                p->cohort[*seen - 1] ? jd_own_period_text(data, p->cohort[*seen - 1], cell[0], 48)
                                     : "never",
                keep[*seen - 1] + 1,
                p->cohort[i] ? jd_own_period_text(data, p->cohort[i], cell[1], 48) : "never",
                keep[i] + 1);
        }
    }
    free(first);
    jd_groups_free(&units);
    return rc;
}

static int make_lists(jd_own_data_t *data, const roles_t *roles, const int32_t *keep, jd_ctx_t *ctx)
{
    jd_panel_t *p = &data->panel;
    const role_t *x = roles->list + FIRST_LISTED, *fixed = x + roles->n_x;
    const double **columns;
    const int32_t **codes;
    char(*names)[JD_TERM_NAME];
    const char **pointers;
    int rc = jd_make(&columns, roles->n_x, sizeof *columns, "the panel", ctx);
    if (!rc)
        data->owned[data->n_owned++] = (void *)columns,
        rc = jd_make(&pointers, roles->n_x, sizeof *pointers, "the panel", ctx);
    if (!rc)
        data->owned[data->n_owned++] = (void *)pointers,
        rc = jd_make(&names, roles->n_x, sizeof *names, "the panel", ctx);
    if (!rc)
        data->owned[data->n_owned++] = names,
        rc = jd_make(&codes, roles->n_fixed, sizeof *codes, "the panel", ctx);
    if (rc) return rc;
    data->owned[data->n_owned++] = (void *)codes;
    for (int k = 0; k < roles->n_x && !rc; k++) {
        double *values = NULL;
        snprintf(names[k], sizeof names[k], "%s", x[k].name);
        pointers[k] = names[k];
        rc = gather(data, &x[k], keep, &values, ctx);
        columns[k] = values;
    }
    for (int k = 0; k < roles->n_fixed && !rc; k++)
        rc = gather_ids(data, &fixed[k], keep, &codes[k], ctx);
    p->n_x = roles->n_x;
    p->x = columns;
    p->x_name = pointers;
    p->n_fixed = roles->n_fixed;
    p->fixed = codes;
    return rc;
}

/* Squares of 1e300 are no doubles: such outcomes are scaled by a power of two, which is exact. */
static void scale_outcome(jd_own_data_t *data)
{
    double most = 0;
    int exponent = 0;
    for (int64_t i = 0; i < data->panel.n; i++)
        most = fmax(most, fabs(data->y[i]));
    (void)frexp(most, &exponent);
    if (most == 0 || (exponent > -300 && exponent < 300)) return;
    data->exponent = exponent;
    for (int64_t i = 0; i < data->panel.n; i++)
        data->y[i] = ldexp(data->y[i], -exponent);
}

static int make_panel(jd_own_data_t *data, const roles_t *roles, const char *never,
                      const int32_t *keep, jd_ctx_t *ctx)
{
    const role_t *r = roles->list;
    jd_panel_t *p = &data->panel;
    int32_t *time, *cohort = NULL;
    int rc = jd_make(&data->owned, 16 + roles->n_x + roles->n_fixed, sizeof *data->owned,
                     "the panel", ctx);
    if (!rc) rc = gather(data, &r[Y], keep, &data->y, ctx);
    if (!rc) scale_outcome(data);
    if (!rc) rc = gather_ids(data, &r[UNIT], keep, &p->unit, ctx);
    if (!rc) rc = own(data, &time, sizeof *time, ctx);
    if (!rc && r[COHORT].name) rc = own(data, &cohort, sizeof *cohort, ctx);
    if (!rc)
        rc = jd_own_periods(data, &r[TIME].column, cohort ? &r[COHORT].column : NULL, never, keep,
                            p->n, time, cohort, ctx);
    if (rc) return rc;
    p->time = time;
    p->cohort = cohort;
    if (cohort) rc = check_cohorts(data, roles, keep, ctx);
    if (!rc && r[TREAT].name) rc = gather_treatment(data, &r[TREAT], keep, ctx);
    if (!rc && r[WEIGHT].name) rc = gather_weights(data, &r[WEIGHT], keep, ctx);
    if (!rc && r[CLUSTER].name) rc = gather_ids(data, &r[CLUSTER], keep, &p->cluster, ctx);
    if (!rc) rc = make_lists(data, roles, keep, ctx);
    return rc;
}

int jd_own_data_read(jd_own_data_t *data, const char *path, const jd_own_roles_t *given,
                     jd_ctx_t *ctx)
{
    roles_t roles = {0};
    jd_table_t table = {0};
    int32_t *keep = NULL;
    memset(data, 0, sizeof *data);
    int rc = make_roles(&roles, path, given, ctx);
    if (!rc) rc = read_table(&roles, path, given, &table, ctx);
    data->n_rows = table.rows;
    if (!rc && table.rows > INT32_MAX)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: has %" PRId64 " rows; at most %d are taken", path,
                     table.rows, INT32_MAX);
    if (!rc) rc = bind_columns(&roles, &table, table.rows, ctx);
    if (!rc) rc = jd_make(&keep, table.rows, sizeof *keep, "the rows in use", ctx);
    if (!rc) rc = find_rows(data, &roles, keep, &data->panel.n, ctx);
    if (!rc) rc = make_panel(data, &roles, given->never, keep, ctx);
    if (!rc) snprintf(data->y_name, sizeof data->y_name, "%s", roles.list[Y].name);
    free(keep);
    jd_table_free(&table);
    free_roles(&roles);
    if (rc) jd_own_data_free(data);
    return rc;
}

void jd_own_data_free(jd_own_data_t *data)
{
    for (int i = 0; i < data->n_owned; i++)
        free(data->owned[i]);
    free(data->owned);
    memset(data, 0, sizeof *data);
}
