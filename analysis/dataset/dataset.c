/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a table and the roles of its columns to a panel. */
#include "dataset/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/filter.h"
#include "dataset/parts.h"

/* ---- Rows ---- */

bool jd_own_is_missing(const jd_own_columns_t *roles, int i, int64_t row)
{
    const jd_own_role_t *role = &roles->list[i];
    const bool number = jd_own_is_numeric(roles, i);
    char first[2];
    if (jd_own_is_text(&role->column))
        return !*jd_own_text(&role->column, row, first, sizeof first);
    double x = jd_own_number(&role->column, row);
    return number ? !isfinite(x) : isnan(x);
}

/* The rows nothing is missing in; the others are counted. */
static int find_rows(jd_own_data_t *data, const jd_own_columns_t *roles, int32_t *keep, int64_t *n,
                     jd_ctx_t *ctx)
{
    enum { ASK = 1 << 17 }; /* rows between two questions whether to stop */
    *n = 0;
    for (int64_t row = 0; row < data->n_rows; row++) {
        int reason = JD_OWN_REASONS, which = 0;
        if (roles->outside && roles->outside[row])
            reason = roles->outside[row] > 0 ? JD_OWN_OUTSIDE : JD_OWN_OPEN;
        if (roles->group && roles->group[row] != roles->in_group) reason = JD_OWN_ELSEWHERE;
        int rc = row % ASK ? JD_OK : jd_check_cancelled(ctx);
        if (rc) return rc;
        for (int i = 0; i < roles->n; i++) {
            const jd_own_role_t *role = &roles->list[i];
            if (role->name && role->reason >= 0 && role->reason < reason &&
                jd_own_is_missing(roles, i, row)) {
                reason = role->reason;
                which = i;
            }
        }
        if (reason == JD_OWN_NO_X && data->dropped[reason] == 0)
            snprintf(data->lacking, sizeof data->lacking, "%s", roles->list[which].name);
        if (data->left_out) data->left_out[row] = (int8_t)reason;
        if (reason < JD_OWN_REASONS)
            data->dropped[reason]++;
        else
            keep[(*n)++] = (int32_t)row;
    }
    if (*n > 0) return JD_OK;
    if (roles->filter && data->dropped[JD_OWN_OUTSIDE] + data->dropped[JD_OWN_OPEN] == data->n_rows)
        return jd_fail(ctx, JD_ERR_DATA, "\3if\2 '%s': none of the %" PRId64 " rows of %s meets it",
                       roles->filter->text, data->n_rows, roles->source);
    return jd_fail(
        ctx, JD_ERR_DATA,
        "%s: each of its %" PRId64 " rows lacks a value in a column that is used; leave out the "
        "column that is empty (y: %" PRId64 " rows, covariates: %" PRId64 ")",
        roles->source, data->n_rows, data->dropped[JD_OWN_NO_Y], data->dropped[JD_OWN_NO_X]);
}

/* Text that no row holds is a slip most often. */
static void report_unseen(const jd_filter_t *filter, jd_ctx_t *ctx)
{
    for (int k = 0; k < filter->n_values; k++)
        if (filter->value[k].quoted && !filter->value[k].found)
            jd_warn(ctx, "\3if\2 '%s': no row holds '%s'", filter->text, filter->value[k].text);
}

/* Which rows the condition leaves out. */
static int filter_rows(jd_own_columns_t *roles, int64_t n_rows, jd_ctx_t *ctx)
{
    enum { ASK = 1 << 16 };
    if (!roles->filter) return JD_OK;
    int64_t n_kept = 0;
    int rc = jd_make(&roles->outside, n_rows, sizeof *roles->outside, "the rows in use", ctx);
    for (int64_t row = 0; row < n_rows && !rc; row++) {
        int holds = 0;
        if (row % ASK == 0) rc = jd_check_cancelled(ctx);
        if (!rc) rc = jd_filter_row(roles->filter, roles, row, &holds, ctx);
        roles->outside[row] = (int8_t)(holds < 0 ? -1 : !holds);
        n_kept += holds == 1;
    }
    if (rc) return rc;
    report_unseen(roles->filter, ctx);
    if (n_kept == n_rows) jd_warn(ctx, "\3if\2 '%s' leaves out no row", roles->filter->text);
    return JD_OK;
}

/* ---- The panel ---- */

/* An array that lives as long as the data. */
static int own(jd_own_data_t *data, void *array, size_t size, jd_ctx_t *ctx)
{
    int rc = jd_check_cancelled(ctx); /* as often as a column is made */
    if (!rc) rc = jd_make(array, data->panel.n, size, "the panel", ctx);
    if (!rc) data->owned[data->n_owned++] = *(void **)array;
    return rc;
}

static int gather(jd_own_data_t *data, const jd_own_role_t *role, const int32_t *keep,
                  double **values, jd_ctx_t *ctx)
{
    int rc = own(data, values, sizeof **values, ctx);
    for (int64_t i = 0; i < data->panel.n && !rc; i++)
        (*values)[i] = jd_own_number(&role->column, keep[i]);
    return rc;
}

/* Ids of a role, crossed with those of its further parts. */
static int gather_ids(jd_own_data_t *data, const jd_own_columns_t *roles, int role,
                      const int32_t *keep, const int32_t **codes, jd_ctx_t *ctx)
{
    int64_t n = data->panel.n;
    int32_t *ids = NULL, *more = NULL;
    const jd_own_role_t *r = &roles->list[role];
    int rc = own(data, &ids, sizeof *ids, ctx);
    if (!rc) rc = jd_own_ids(&r->column, keep, n, ids, ctx);
    if (!rc && r->next) rc = jd_make(&more, n, sizeof *more, "crossed ids", ctx);
    while (!rc && r->next) {
        r = &roles->list[r->next];
        rc = jd_own_ids(&r->column, keep, n, more, ctx);
        if (!rc) rc = jd_own_cross(ids, more, n, ctx);
    }
    free(more);
    *codes = ids;
    return rc;
}

/* Without units each row is one: repeated cross-sections. */
static int gather_units(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                        jd_ctx_t *ctx)
{
    if (roles->list[JD_OWN_UNIT].name)
        return gather_ids(data, roles, JD_OWN_UNIT, keep, &data->panel.unit, ctx);
    int32_t *rows = NULL;
    int rc = own(data, &rows, sizeof *rows, ctx);
    for (int64_t i = 0; i < data->panel.n && !rc; i++)
        rows[i] = (int32_t)i;
    data->panel.unit = rows;
    return rc;
}

static int read_flags(const jd_own_role_t *role, const int32_t *keep, int64_t n, int8_t *flags,
                      jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int64_t i = 0; i < n && !rc; i++) {
        char word[8];
        double x =
            !role->column.truth
                ? jd_own_number(&role->column, keep[i])
                : strchr("Tt", *jd_own_text(&role->column, keep[i], word, sizeof word)) != NULL;
        if (x != 0 && x != 1)
            rc = jd_fail_at(ctx, JD_ERR_DATA, role->option, keep[i],
                            "\3%s\2 %s: row %" PRId32
                            " holds %.15g; it must be 0 or 1 (a first treated "
                            "period goes with \1cohort\2, an amount with \1dose\2)",
                            role->option, role->name, keep[i] + 1, x);
        else
            flags[i] = (int8_t)x;
    }
    return rc;
}

static int gather_flags(jd_own_data_t *data, const jd_own_role_t *role, const int32_t *keep,
                        const int8_t **out, jd_ctx_t *ctx)
{
    int8_t *flags = NULL;
    int rc = own(data, &flags, sizeof *flags, ctx);
    if (!rc) rc = read_flags(role, keep, data->panel.n, flags, ctx);
    *out = flags;
    return rc;
}

static int gather_weights(jd_own_data_t *data, const jd_own_role_t *role, const int32_t *keep,
                          jd_ctx_t *ctx)
{
    double *weight;
    int rc = gather(data, role, keep, &weight, ctx);
    for (int64_t i = 0; i < data->panel.n && !rc; i++)
        if (weight[i] < 0)
            rc = jd_fail_at(ctx, JD_ERR_DATA, "weights", keep[i],
                            "\3weights\2 %s: row %" PRId32 " holds %.15g; weights are 0 or more",
                            role->name, keep[i] + 1, weight[i]);
    data->panel.weight = weight;
    return rc;
}

/* One cohort a unit: the rows that disagree are named as they stand in the file. */
static int check_cohorts(const jd_own_data_t *data, const jd_own_columns_t *roles,
                         const int32_t *keep, jd_ctx_t *ctx)
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
            char unit[1024], cell[2][48];
            jd_own_show_ids(roles, JD_OWN_UNIT, keep[i], unit, sizeof unit);
            rc = jd_fail_at(
                ctx, JD_ERR_DATA, "cohort", keep[i],
                "\3cohort\2 %s: unit %s has %s in row %" PRId32 " and %s in row %" PRId32
                "; a unit has one "
                "first treated period (a 0/1 path goes with \1treat\2)",
                roles->list[JD_OWN_COHORT].name, unit,
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

/* Squares of 1e300 are no doubles: such columns are scaled by a power of two, which is exact.
 * Returns the power, 0 as a rule. */
static int scale(double *values, int64_t n)
{
    double most = 0;
    int exponent = 0;
    for (int64_t i = 0; i < n; i++)
        most = fmax(most, fabs(values[i]));
    (void)frexp(most, &exponent);
    if (most == 0 || (exponent > -300 && exponent < 300)) return 0;
    for (int64_t i = 0; i < n; i++)
        values[i] = ldexp(values[i], -exponent);
    return exponent;
}

/* A variable whose slope differs by the ids of `role`, whose codes are the level's. */
static int gather_slope(jd_own_data_t *data, const jd_own_columns_t *roles, int role,
                        const int32_t *keep, double **values, jd_ctx_t *ctx)
{
    const int slope = roles->list[role].slope;
    if (roles->list[slope].number) {
        int rc = gather(data, &roles->list[slope], keep, values, ctx);
        if (!rc) scale(*values, data->panel.n);
        return rc;
    }
    int rc = own(data, values, sizeof **values, ctx);
    for (int64_t i = 0; i < data->panel.n && !rc; i++)
        (*values)[i] = data->panel.time[i];
    return rc;
}

/* Fixed effects, and slopes that differ by them. */
static int make_effects(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                        jd_ctx_t *ctx)
{
    jd_panel_t *p = &data->panel;
    const int first = JD_OWN_LISTED + roles->n_x + roles->n_het;
    const int32_t **codes, **level;
    const double **slope;
    int rc = jd_make(&codes, 2 * (int64_t)roles->n_fixed, sizeof *codes, "the panel", ctx);
    if (rc) return rc;
    data->owned[data->n_owned++] = (void *)codes;
    rc = jd_make(&slope, roles->n_fixed, sizeof *slope, "the panel", ctx);
    if (rc) return rc;
    data->owned[data->n_owned++] = (void *)slope;
    level = codes + roles->n_fixed;
    data->no_unit_effects = data->no_time_effects = roles->absorb;
    for (int k = first; k < first + roles->n_fixed && !rc; k++) {
        const jd_own_role_t *role = &roles->list[k];
        bool told = (roles->absorb && !role->alone) || role->slope,
             unit = told && jd_own_is_same(roles, k, JD_OWN_UNIT),
             time = told && jd_own_is_same(roles, k, JD_OWN_TIME);
        const int32_t *ids = unit ? p->unit : p->time;
        double *values;
        if (unit && !role->alone) data->no_unit_effects = false;
        if (time && !role->alone) data->no_time_effects = false;
        if (!unit && !time) rc = gather_ids(data, roles, k, keep, &ids, ctx);
        if (!unit && !time && !role->alone) codes[p->n_fixed++] = ids;
        if (rc || !role->slope) continue;
        rc = gather_slope(data, roles, k, keep, &values, ctx);
        slope[p->n_slopes] = values;
        level[p->n_slopes++] = ids;
    }
    p->fixed = codes;
    p->slope_level = level;
    p->slope = slope;
    return rc;
}

/* A list that lives as long as the data. */
static int own_list(jd_own_data_t *data, void *list, int n, size_t size, jd_ctx_t *ctx)
{
    int rc = jd_make(list, n, size, "the panel", ctx);
    if (!rc) data->owned[data->n_owned++] = *(void **)list;
    return rc;
}

/* The levels of covariates that are categories; [n_x], others have none. *n: columns in all. */
static int make_dummies(const jd_own_data_t *data, const jd_own_columns_t *roles,
                        const int32_t *keep, jd_own_dummies_t *dummies, int *n, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    *n = 0;
    for (int k = 0; k < roles->n_x && !rc; k++) {
        const bool category = roles->list[JD_OWN_LISTED + k].category;
        if (category)
            rc = jd_own_dummies_make(&dummies[k], roles, JD_OWN_LISTED + k, keep, data->panel.n,
                                     ctx);
        *n += category ? dummies[k].n : 1;
    }
    return rc;
}

/* Columns and names of covariates: as they are, or of their levels, which are taken over. */
static int place_covariates(jd_own_data_t *data, const jd_own_role_t *x, int n_x,
                            const int32_t *keep, jd_own_dummies_t *dummies, double **column,
                            char (*name)[JD_TERM_NAME], jd_ctx_t *ctx)
{
    int rc = JD_OK, at = 0;
    for (int k = 0; k < n_x && !rc; k++) {
        if (!x[k].category) {
            snprintf(name[at], sizeof name[at], "%s", x[k].name);
            rc = gather(data, &x[k], keep, &column[at++], ctx);
            continue;
        }
        for (int level = 0; level < dummies[k].n; level++, at++) {
            memcpy(name[at], dummies[k].name[level], sizeof name[at]);
            column[at] = dummies[k].values + level * data->panel.n;
        }
        data->owned[data->n_owned++] = dummies[k].values;
        dummies[k].values = NULL;
    }
    return rc;
}

static int make_covariates(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                           jd_ctx_t *ctx)
{
    jd_panel_t *p = &data->panel;
    jd_own_dummies_t *dummies = NULL;
    double **column = NULL;
    const char **pointer = NULL;
    char(*name)[JD_TERM_NAME] = NULL;
    int n = 0, rc = jd_make(&dummies, roles->n_x, sizeof *dummies, "the panel", ctx);
    if (!rc) rc = make_dummies(data, roles, keep, dummies, &n, ctx);
    if (!rc) rc = own_list(data, &column, n, sizeof *column, ctx);
    if (!rc) rc = own_list(data, &pointer, n, sizeof *pointer, ctx);
    if (!rc) rc = own_list(data, &name, n, sizeof *name, ctx);
    if (!rc) rc = own_list(data, &data->x_exponent, n, sizeof *data->x_exponent, ctx);
    if (!rc)
        rc = place_covariates(data, roles->list + JD_OWN_LISTED, roles->n_x, keep, dummies, column,
                              name, ctx);
    for (int k = 0; k < n && !rc; k++) {
        pointer[k] = name[k];
        data->x_exponent[k] = scale(column[k], p->n);
    }
    for (int k = 0; dummies && k < roles->n_x; k++)
        jd_own_dummies_free(&dummies[k]);
    free(dummies);
    if (rc) return rc;
    p->n_x = n;
    p->x = (const double *const *)column;
    p->x_name = pointer;
    return JD_OK;
}

/* What did_multiplegt_dyn's effects may go with. */
static int make_characteristics(jd_own_data_t *data, const jd_own_columns_t *roles,
                                const int32_t *keep, jd_ctx_t *ctx)
{
    jd_panel_t *p = &data->panel;
    const jd_own_role_t *role = roles->list + JD_OWN_LISTED + roles->n_x;
    const int n = roles->n_het;
    double **column = NULL;
    const char **pointer = NULL;
    char(*name)[JD_TERM_NAME] = NULL;
    int rc = own_list(data, &column, n, sizeof *column, ctx);
    if (!rc) rc = own_list(data, &pointer, n, sizeof *pointer, ctx);
    if (!rc) rc = own_list(data, &name, n, sizeof *name, ctx);
    for (int k = 0; k < n && !rc; k++) {
        snprintf(name[k], sizeof name[k], "%s", role[k].name);
        pointer[k] = name[k];
        rc = gather(data, &role[k], keep, &column[k], ctx);
    }
    if (rc) return rc;
    p->n_het = n;
    p->het = (const double *const *)column;
    p->het_name = pointer;
    return JD_OK;
}

static int make_lists(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                      jd_ctx_t *ctx)
{
    int rc = make_covariates(data, roles, keep, ctx);
    if (!rc) rc = make_characteristics(data, roles, keep, ctx);
    return rc ? rc : make_effects(data, roles, keep, ctx);
}

static int64_t divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

/* How far apart periods lie: the largest whole number that divides all differences. */
static void find_step(jd_own_data_t *data)
{
    const jd_panel_t *p = &data->panel;
    int64_t step = 0;
    for (int64_t i = 0; i < p->n && step != 1; i++) {
        step = divisor(step, (int64_t)p->time[i] - data->first);
        if (p->cohort && p->cohort[i] > data->first && p->cohort[i] <= data->last)
            step = divisor(step, (int64_t)p->cohort[i] - data->first);
    }
    data->step = step > 0 && step <= INT32_MAX ? (int32_t)step : 1;
}

/* What only some estimators ask for. */
static int gather_rest(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                       jd_ctx_t *ctx)
{
    const jd_own_role_t *r = roles->list;
    jd_panel_t *p = &data->panel;
    const struct {
        int role;
        const double **column;
    } numbers[] = {{JD_OWN_DOSE, &p->dose},
                   {JD_OWN_LATITUDE, &p->latitude},
                   {JD_OWN_LONGITUDE, &p->longitude}};
    int rc = JD_OK;
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers && !rc; k++) {
        double *values = NULL;
        if (!r[numbers[k].role].name) continue;
        rc = gather(data, &r[numbers[k].role], keep, &values, ctx);
        *numbers[k].column = values;
    }
    if (!rc && r[JD_OWN_WEIGHT].name) rc = gather_weights(data, &r[JD_OWN_WEIGHT], keep, ctx);
    if (!rc && r[JD_OWN_ELIGIBLE].name)
        rc = gather_flags(data, &r[JD_OWN_ELIGIBLE], keep, &p->eligible, ctx);
    if (!rc && r[JD_OWN_CLUSTER].name)
        rc = gather_ids(data, roles, JD_OWN_CLUSTER, keep, &p->cluster, ctx);
    if (!rc && r[JD_OWN_STRATUM].name)
        rc = gather_ids(data, roles, JD_OWN_STRATUM, keep, &data->stratum, ctx);
    if (!rc && r[JD_OWN_CLUSTER2].name)
        rc = gather_ids(data, roles, JD_OWN_CLUSTER2, keep, &p->cluster2, ctx);
    return rc;
}

static int count_units(jd_own_data_t *data, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int rc = jd_groups_make(&units, data->panel.unit, data->panel.n, ctx);
    data->n_units = units.n_groups;
    jd_groups_free(&units);
    return rc;
}

static bool is_treated(const jd_panel_t *p, int64_t row)
{
    if (p->treated) return p->treated[row];
    return p->cohort && p->cohort[row] != 0 && p->time[row] >= p->cohort[row];
}

static int count_clusters(jd_own_data_t *data, jd_ctx_t *ctx)
{
    const jd_panel_t *p = &data->panel;
    jd_groups_t clusters = {0};
    bool *seen = NULL;
    int rc = jd_groups_make(&clusters, p->cluster ? p->cluster : p->unit, p->n, ctx);
    if (!rc) rc = jd_make(&seen, clusters.n_groups, sizeof *seen, "clusters", ctx);
    for (int64_t i = 0; !rc && i < p->n; i++)
        seen[clusters.code[i]] = seen[clusters.code[i]] || is_treated(p, i);
    for (int32_t g = 0; !rc && g < clusters.n_groups; g++)
        data->n_treated_clusters += seen[g];
    data->n_clusters = clusters.n_groups;
    free(seen);
    jd_groups_free(&clusters);
    return rc;
}

/* What messages need to speak of the file. */
static int keep_words(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                      jd_ctx_t *ctx)
{
    const jd_panel_t *p = &data->panel;
    const struct {
        int role;
        const int32_t *codes;
    } ids[JD_OWN_LABELS] = {{JD_OWN_UNIT, p->unit}, {JD_OWN_CLUSTER, p->cluster}};
    int rc = JD_OK;
    for (int k = 0; k < JD_OWN_LABELS && !rc; k++)
        if (roles->list[ids[k].role].name)
            rc = jd_own_labels_make(&data->labels[k], roles, ids[k].role, ids[k].codes, keep, p->n,
                                    ctx);
    int32_t *row;
    if (rc || p->n == data->n_rows) return rc;
    rc = own(data, &row, sizeof *row, ctx);
    if (!rc) memcpy(row, keep, (size_t)p->n * sizeof *row);
    data->row = rc ? NULL : row;
    return rc;
}

/* The rows told, their periods and cohorts. */
typedef struct told {
    int32_t *row, *time, *cohort;
    int64_t n;
} dated_t;

static void free_dated(dated_t *told)
{
    free(told->row);
    free(told->time);
    free(told->cohort);
}

/* Periods are those of all rows told: a period without outcomes is one all the same. */
static int read_periods(jd_own_data_t *data, const jd_own_columns_t *roles,
                        const jd_own_roles_t *given, const int32_t *keep, dated_t *told,
                        int32_t *time, int32_t *cohort, jd_ctx_t *ctx)
{
    const jd_own_role_t *r = roles->list;
    int rc = jd_make(&told->row, data->n_rows, sizeof *told->row, "rows", ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (!rc) rc = jd_own_find_dated(roles, data->n_rows, told->row, &told->n, ctx);
    if (!rc) rc = jd_make(&told->time, told->n, sizeof *told->time, "periods", ctx);
    if (!rc && cohort) rc = jd_make(&told->cohort, told->n, sizeof *told->cohort, "cohorts", ctx);
    if (!rc)
        rc = jd_own_periods(data, &r[JD_OWN_TIME].column, cohort ? &r[JD_OWN_COHORT].column : NULL,
                            given, told->row, told->n, told->time, told->cohort, ctx);
    if (rc) return rc;
    data->first = INT32_MAX;
    data->last = INT32_MIN;
    for (int64_t i = 0, k = 0; i < data->panel.n; i++) {
        while (told->row[k] != keep[i])
            k++;
        time[i] = told->time[k];
        if (cohort) cohort[i] = told->cohort[k];
        if (time[i] < data->first) data->first = time[i];
        if (time[i] > data->last) data->last = time[i];
    }
    return JD_OK;
}

/* Where rows that are not in use hold the treatment too, they show when it began. */
static int find_adoption(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                         const dated_t *told, jd_ctx_t *ctx)
{
    const jd_own_role_t *r = &roles->list[JD_OWN_TREAT];
    int32_t *adoption;
    int8_t *on = NULL;
    int64_t reversal;
    if (told->n == data->panel.n || !roles->list[JD_OWN_UNIT].name) return JD_OK;
    int rc = own(data, &adoption, sizeof *adoption, ctx);
    if (!rc) rc = jd_make(&on, told->n, sizeof *on, "treatment", ctx);
    if (!rc) rc = read_flags(r, told->row, told->n, on, ctx);
    if (!rc)
        rc = jd_own_adoption(roles, told->row, told->n, told->time, on, keep, data->panel.n,
                             adoption, &reversal, ctx);
    if (!rc && reversal < 0) data->panel.adoption = adoption;
    if (!rc && reversal >= 0)
        jd_warn(ctx,
                "\3treat\2 %s: the treatment of a unit ends (row %" PRId32
                "); dates of adoption are those of the rows in use",
                r->name, told->row[reversal] + 1);
    free(on);
    return rc;
}

static int make_panel(jd_own_data_t *data, const jd_own_columns_t *roles,
                      const jd_own_roles_t *given, const int32_t *keep, jd_ctx_t *ctx)
{
    const jd_own_role_t *r = roles->list;
    jd_panel_t *p = &data->panel;
    int32_t *time, *cohort = NULL;
    dated_t told = {0};
    int rc = jd_make(&data->owned, 31 + roles->n_x + roles->n_het + 2 * roles->n_fixed,
                     sizeof *data->owned, "the panel", ctx);
    if (!rc) rc = gather(data, &r[JD_OWN_Y], keep, &data->y, ctx);
    if (!rc) data->exponent = scale(data->y, p->n);
    if (!rc) rc = gather_units(data, roles, keep, ctx);
    if (!rc) rc = own(data, &time, sizeof *time, ctx);
    if (!rc && r[JD_OWN_COHORT].name) rc = own(data, &cohort, sizeof *cohort, ctx);
    if (!rc) rc = read_periods(data, roles, given, keep, &told, time, cohort, ctx);
    if (!rc) {
        p->time = time;
        p->cohort = cohort;
        find_step(data);
    }
    if (!rc && cohort) rc = check_cohorts(data, roles, keep, ctx);
    if (!rc && r[JD_OWN_TREAT].name)
        rc = gather_flags(data, &r[JD_OWN_TREAT], keep, &p->treated, ctx);
    if (!rc && p->treated) rc = find_adoption(data, roles, keep, &told, ctx);
    free_dated(&told);
    if (!rc) rc = gather_rest(data, roles, keep, ctx);
    if (!rc) rc = make_lists(data, roles, keep, ctx);
    if (!rc) rc = keep_words(data, roles, keep, ctx);
    return rc;
}

/* ---- Where rows come from ---- */

static const jd_column_t origin_columns[] = {
    {"row", JD_INT32, "1", "row of the file, the first below the header is 1", NULL, 0,
     JD_AXIS_CELL},
    {"unit", JD_TEXT, "", "unit", NULL, 96, JD_AXIS_CELL},
    {"time", JD_TEXT, "", "period", NULL, 32, JD_AXIS_CELL},
};

static int keep_origin(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                       jd_ctx_t *ctx)
{
    jd_table_t *t = &data->origin;
    char text[96];
    int rc = jd_table_init(t, "origin", "Rows in use", origin_columns, 3, data->panel.n, ctx);
    for (; t->rows < data->panel.n && !rc; t->rows++) {
        int64_t i = t->rows;
        JD_CELLS(t, 0, int32_t)[i] = keep[i] + 1;
        if (roles->list[JD_OWN_UNIT].name)
            jd_own_show_ids(roles, JD_OWN_UNIT, keep[i], text, sizeof text);
        else
            snprintf(text, sizeof text, "%" PRId32, keep[i] + 1);
        jd_table_set_text(t, 1, i, text);
        jd_table_set_text(t, 2, i,
                          jd_own_period_text(data, data->panel.time[i], text, sizeof text));
    }
    return rc;
}

/* The columns the roles name, found in the frame. */
static int find_columns(jd_own_columns_t *roles, const jd_frame_t *frame,
                        const jd_own_roles_t *given, jd_ctx_t *ctx)
{
    const char **names = NULL;
    bool *take = NULL;
    int rc = jd_own_columns_make(roles, given, ctx);
    roles->source = frame->name;
    roles->group = given->group;
    roles->in_group = given->in_group;
    if (!rc) rc = jd_make(&names, frame->n, sizeof *names, "names of columns", ctx);
    if (!rc) rc = jd_make(&take, frame->n, sizeof *take, "names of columns", ctx);
    for (int c = 0; c < frame->n && !rc; c++)
        names[c] = frame->column[c].name;
    if (!rc) rc = jd_own_columns_choose(roles, names, frame->n, take, ctx);
    if (!rc && frame->rows == 0)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: there are no rows", frame->name);
    if (!rc && frame->rows > INT32_MAX)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: has %" PRId64 " rows; at most %d are taken",
                     frame->name, frame->rows, INT32_MAX);
    if (!rc) rc = jd_own_columns_bind(roles, frame, ctx);
    free(take);
    free(names);
    return rc;
}

int jd_own_rows_in_use(const jd_frame_t *frame, const jd_own_roles_t *given, int32_t *keep,
                       int64_t *n, jd_ctx_t *ctx)
{
    jd_own_columns_t roles;
    jd_own_data_t data = {.n_rows = frame->rows};
    int rc = find_columns(&roles, frame, given, ctx);
    if (!rc) rc = filter_rows(&roles, frame->rows, ctx);
    if (!rc) rc = find_rows(&data, &roles, keep, n, ctx);
    jd_own_columns_free(&roles);
    return rc;
}

int jd_own_data_make(jd_own_data_t *data, const jd_frame_t *frame, const jd_own_roles_t *given,
                     jd_ctx_t *ctx)
{
    jd_own_columns_t roles;
    int32_t *keep = NULL;
    memset(data, 0, sizeof *data);
    int rc = find_columns(&roles, frame, given, ctx);
    data->n_rows = frame->rows;
    if (!rc) rc = jd_make(&keep, frame->rows, sizeof *keep, "the rows in use", ctx);
    if (!rc) rc = filter_rows(&roles, frame->rows, ctx);
    if (!rc && given->which) rc = jd_make(&data->left_out, frame->rows, 1, "the rows in use", ctx);
    if (!rc) rc = find_rows(data, &roles, keep, &data->panel.n, ctx);
    if (!rc) rc = make_panel(data, &roles, given, keep, ctx);
    if (!rc) rc = count_units(data, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (!rc) rc = count_clusters(data, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (!rc) rc = jd_own_report_never(data, &roles, given, keep, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (!rc) rc = jd_own_remark(data, &roles, keep, ctx);
    if (!rc && given->origin) rc = keep_origin(data, &roles, keep, ctx);
    if (!rc) snprintf(data->y_name, sizeof data->y_name, "%s", roles.list[JD_OWN_Y].name);
    if (!rc && given->group)
        snprintf(data->group, sizeof data->group, "%s = %s", given->group_name, given->group_label);
    free(keep);
    jd_own_columns_free(&roles);
    if (rc) jd_own_data_free(data);
    return rc;
}

void jd_own_data_free(jd_own_data_t *data)
{
    for (int i = 0; i < data->n_owned; i++)
        free(data->owned[i]);
    free(data->owned);
    free(data->ranked);
    free(data->left_out);
    for (int k = 0; k < JD_OWN_LABELS; k++)
        free(data->labels[k].text);
    jd_table_free(&data->origin);
    memset(data, 0, sizeof *data);
}
