/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far effects of groups lie apart, by the joint covariance of separate fits. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/shown.h"
#include "core/text.h"
#include "dataset/groups.h"
#include "dataset/parts.h"
#include "linear/laws.h"

/* ---- Clusters of all groups ---- */

/* A cluster of one group: what the file calls it. */
typedef struct named {
    const char *text; /* borrowed; NULL: its code is its name */
    int32_t code;
    int group;
    int32_t id; /* the same for the same name */
} named_t;

/* Clusters of all analyses by group and code. */
typedef struct clusters {
    named_t *list;
    int64_t n;
    int32_t n_ids;
    bool apart; /* no group can share one with another: rows are units */
} clusters_t;

static int by_name(const void *a, const void *b)
{
    const named_t *x = a, *y = b;
    if (x->text && y->text) return strcmp(x->text, y->text);
    return (x->code > y->code) - (x->code < y->code);
}

static int by_code(const void *a, const void *b)
{
    const named_t *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    return (x->code > y->code) - (x->code < y->code);
}

static void name_clusters(named_t *list, const jd_own_data_t *data, const jd_groups_t *of,
                          int group)
{
    const jd_names_t names = jd_own_names(data);
    for (int32_t k = 0; k < of->n_groups; k++) {
        char own[JD_NAME_SIZE];
        const char *text = names.name(names.user, JD_NAMED_CLUSTER, of->value[k], own);
        list[k].code = of->value[k];
        list[k].group = group;
        list[k].text = text;
    }
}

static void number(clusters_t *c)
{
    if (c->n > 0) qsort(c->list, (size_t)c->n, sizeof *c->list, by_name);
    for (int64_t i = 0; i < c->n; i++) {
        if (i > 0 && by_name(&c->list[i - 1], &c->list[i]) != 0) c->n_ids++;
        c->list[i].id = c->n_ids;
    }
    c->n_ids++;
    qsort(c->list, (size_t)c->n, sizeof *c->list, by_code);
}

static int make_clusters(clusters_t *c, jd_analysis_t *const *a, int n, bool apart, jd_ctx_t *ctx)
{
    *c = (clusters_t){.apart = apart};
    for (int k = 0; k < n && !apart; k++) {
        const jd_panel_t *p = &a[k]->data.panel;
        jd_groups_t of = {0};
        int rc = jd_groups_make(&of, p->cluster ? p->cluster : p->unit, p->n, ctx);
        named_t *more =
            rc ? NULL : realloc(c->list, (size_t)(c->n + of.n_groups) * sizeof *c->list);
        if (!rc && !more) rc = jd_fail_memory(ctx, (size_t)of.n_groups * sizeof *more, "clusters");
        if (more) c->list = more;
        if (!rc) {
            name_clusters(c->list + c->n, &a[k]->data, &of, k);
            c->n += of.n_groups;
        }
        jd_groups_free(&of);
        if (rc) return rc;
    }
    if (!apart) number(c);
    return JD_OK;
}

static int32_t id_of(const clusters_t *c, int group, int32_t code)
{
    const named_t key = {.code = code, .group = group};
    const named_t *found = bsearch(&key, c->list, (size_t)c->n, sizeof *c->list, by_code);
    return found ? found->id : -1;
}

/* Clusters that are in both groups. */
static int32_t count_shared(const clusters_t *c, int a, int b, int8_t *mark)
{
    int32_t shared = 0;
    if (c->apart) return 0;
    memset(mark, 0, (size_t)c->n_ids);
    for (int64_t i = 0; i < c->n; i++)
        if (c->list[i].group == a) mark[c->list[i].id] = 1;
    for (int64_t i = 0; i < c->n; i++)
        shared += c->list[i].group == b && mark[c->list[i].id];
    return shared;
}

/* ---- Covariances ---- */

typedef struct task {
    jd_table_t *table;
    const jd_own_groups_t *groups;
    jd_analysis_t *const *a;
    clusters_t clusters;
    int32_t *shared; /* [n][n] clusters two groups have in common */
    double *room;    /* [n_ids] */
    double level;
    int kind; /* jd_vcov_t */
} task_t;

/* Errors whose sums over clusters are all there is to them; those by row are apart anyway. */
static bool is_by_row(int kind)
{
    return kind == JD_VCOV_IID || kind == JD_VCOV_HC1 || kind == JD_VCOV_HC2 || kind == JD_VCOV_HC3;
}

static bool is_across(int kind)
{
    return kind == JD_VCOV_MULTIWAY || kind == JD_VCOV_DRISCOLL_KRAAY || kind == JD_VCOV_CONLEY;
}

static const jd_own_fit_t *fit_of(const jd_analysis_t *a, const char *estimator)
{
    for (int i = 0; i < a->result.n_fits; i++)
        if (a->result.fits[i].applied && !strcmp(a->result.fits[i].name, estimator))
            return &a->result.fits[i];
    return NULL;
}

/* The sums of a line: of its term, or of the mean of event times. */
static const double *sums_of(const jd_analysis_t *a, const jd_own_fit_t *fit, int64_t line)
{
    const int32_t row = JD_CELLS(&a->result.estimates, JD_OWN_VCOV_ROW, int32_t)[line];
    if (!fit->sums) return NULL;
    return fit->sums + (int64_t)(row >= 0 ? row : fit->n_terms) * fit->n_sums;
}

/* Covariance of lines of two groups, in squares of `unit`; NaN where it is not known. */
static double covariance(const task_t *t, const char *estimator, int a, int64_t line_a, int b,
                         int64_t line_b, double unit)
{
    const jd_own_fit_t *x = fit_of(t->a[a], estimator), *y = fit_of(t->a[b], estimator);
    double sum = 0;
    if (is_by_row(t->kind)) return 0;
    if (is_across(t->kind)) return (double)NAN;
    if (t->shared[a * t->groups->n + b] == 0) return 0;
    const double *of_a = sums_of(t->a[a], x, line_a), *of_b = sums_of(t->a[b], y, line_b);
    if (!of_a || !of_b) return (double)NAN;
    memset(t->room, 0, (size_t)t->clusters.n_ids * sizeof *t->room);
    for (int32_t g = 0; g < x->n_sums; g++) {
        const int32_t id = id_of(&t->clusters, a, x->sums_cluster[g]);
        if (id >= 0) t->room[id] = of_a[g] / unit;
    }
    for (int32_t g = 0; g < y->n_sums; g++) {
        const int32_t id = id_of(&t->clusters, b, y->sums_cluster[g]);
        if (id >= 0) sum += t->room[id] * (of_b[g] / unit);
    }
    return sum;
}

static double square(double x)
{
    return x * x;
}

static double number_at(const jd_analysis_t *a, int column, int64_t line)
{
    return jd_table_number(&a->result.estimates, column, line);
}

static double freedom(const jd_own_fit_t *fit)
{
    return fit->variance.df > 0 ? fit->variance.df : (double)INFINITY;
}

/* ---- Lines ---- */

static int add(const task_t *t, int64_t like, const char *quantity, const char *group,
               const jd_estimate_t *e, double statistic, jd_ctx_t *ctx)
{
    const jd_table_t *from = &t->a[0]->result.estimates;
    char text[JD_OWN_TERM_WIDTH];
    int rc = jd_table_reserve(t->table, t->table->rows + 1, ctx);
    if (rc) return rc;
    const int64_t row = t->table->rows++;
    for (int c = 0; c < JD_OWN_COLUMNS; c++)
        if (t->table->columns[c].type == JD_TEXT)
            jd_table_set_text(t->table, c, row, jd_table_text(from, c, like, text, sizeof text));
        else
            jd_table_set_number(t->table, c, row, jd_table_number(from, c, like));
    jd_table_set_text(t->table, JD_OWN_QUANTITY, row, quantity);
    jd_table_set_text(t->table, JD_OWN_DIFFERENCE_GROUP, row, group);
    const double numbers[] = {e->estimate, e->std_error, e->ci_low, e->ci_high, e->p_value};
    for (int k = 0; k < 5; k++)
        jd_table_set_number(t->table, JD_OWN_ESTIMATE + k, row, numbers[k]);
    jd_table_set_number(t->table, JD_OWN_DIFFERENCE_STATISTIC, row, statistic);
    return JD_OK;
}

/* The same line of a group; -1: it has none. */
static int64_t line_like(const task_t *t, int group, const char *estimator, int64_t like)
{
    jd_own_row_t row = {.kind = jd_own_kind(&t->a[0]->result.estimates, like)};
    jd_table_text(&t->a[0]->result.estimates, JD_OWN_TERM, like, row.name, sizeof row.name);
    return fit_of(t->a[group], estimator)
               ? jd_own_find_line(&t->a[group]->result.estimates, estimator, &row)
               : -1;
}

/* A power of two near a number: squares of outcomes of 1e200 are no doubles, in such units they
 * are, and nothing is rounded. */
static double unit_near(double x)
{
    return x > 0 ? ldexp(1, ilogb(x)) : 1;
}

static int add_difference(const task_t *t, const char *estimator, int64_t base, int group,
                          int64_t line, jd_ctx_t *ctx)
{
    char name[2 * JD_OWN_GROUP_WIDTH + 4];
    const double df = fmin(freedom(fit_of(t->a[0], estimator)),
                           freedom(fit_of(t->a[group], estimator))),
                 error_0 = number_at(t->a[0], JD_OWN_STD_ERROR, base),
                 error_1 = number_at(t->a[group], JD_OWN_STD_ERROR, line),
                 unit = unit_near(fmax(error_0, error_1)),
                 variance = square(error_1 / unit) + square(error_0 / unit) -
                            2 * covariance(t, estimator, 0, base, group, line, unit),
                 se = unit * sqrt(variance),
                 d = number_at(t->a[group], JD_OWN_ESTIMATE, line) -
                     number_at(t->a[0], JD_OWN_ESTIMATE, base),
                 wide = jd_t_quantile((1 - t->level) / 2, df) * se;
    const jd_estimate_t e = {d, se, d - wide, d + wide, 2 * jd_t_tail(fabs(d) / se, df)};
    snprintf(name, sizeof name, "%s - %s", t->groups->label[group], t->groups->label[0]);
    return add(t, base, "difference", name, &e, d / se, ctx);
}

/* ---- All equal ---- */

/* Wald test that line[k] of all groups are equal: F with one degree less than groups. */
static int add_equality(const task_t *t, const char *estimator, const int64_t *line, jd_ctx_t *ctx)
{
    const int n = t->groups->n, q = n - 1;
    jd_wald_t wald;
    double *v = NULL, *d = NULL;
    int *term = NULL;
    double df = (double)INFINITY;
    int rc = jd_make(&v, (int64_t)n * n + (int64_t)q * q, sizeof *v, "a test", ctx);
    if (!rc) rc = jd_make(&d, q, sizeof *d, "a test", ctx);
    if (!rc) rc = jd_make(&term, q, sizeof *term, "a test", ctx);
    bool known = true;
    double most = 0;
    for (int a = 0; a < n; a++)
        most = fmax(most, number_at(t->a[a], JD_OWN_STD_ERROR, line[a]));
    const double unit = unit_near(most);
    for (int a = 0; a < n && !rc; a++) {
        df = fmin(df, freedom(fit_of(t->a[a], estimator)));
        for (int b = 0; b < n; b++) {
            v[a * n + b] = a == b ? square(number_at(t->a[a], JD_OWN_STD_ERROR, line[a]) / unit)
                                  : covariance(t, estimator, a, line[a], b, line[b], unit);
            known = known && isfinite(v[a * n + b]);
        }
    }
    double *of = v ? v + (int64_t)n * n : NULL;
    for (int i = 0; i < q && of && !rc; i++) {
        term[i] = i;
        d[i] = number_at(t->a[i + 1], JD_OWN_ESTIMATE, line[i + 1]) / unit -
               number_at(t->a[0], JD_OWN_ESTIMATE, line[0]) / unit;
        for (int j = 0; j < q; j++)
            of[i * q + j] = v[(i + 1) * n + j + 1] - v[i + 1] - v[j + 1] + v[0];
    }
    const jd_fit_t fit = {.n_terms = q, .estimate = d, .vcov = of, .facts.df = df};
    const double none = (double)NAN;
    if (!rc && known && !jd_fit_wald(&fit, term, q, NULL, &wald, NULL)) {
        const jd_estimate_t e = {none, none, none, none, wald.p_value};
        rc = add(t, line[0], "equality", "all", &e, wald.f, ctx);
    }
    free(term);
    free(d);
    free(v);
    return rc;
}

/* ---- All estimators ---- */

/* Why a standard error is missing, said once an estimator. */
static void warn_of_unknown(const task_t *t, const char *estimator, int32_t shared, jd_ctx_t *ctx)
{
    if (is_across(t->kind))
        jd_warn(ctx,
                "%s: errors of this kind are correlated across groups, which separate fits do not "
                "show: differences have no standard errors; \3vcov\2 cluster has them",
                estimator);
    else
        jd_warn(ctx,
                "%s: %" PRId32 " clusters lie in two groups and its errors are no sums over "
                "clusters: differences have no standard errors; cluster within groups",
                estimator, shared);
}

static int compare_one(const task_t *t, const char *estimator, int64_t like, bool *told,
                       int64_t *line, jd_ctx_t *ctx)
{
    bool all = true, unknown = false;
    int rc = JD_OK;
    int32_t shared = 0;
    line[0] = like;
    for (int g = 1; g < t->groups->n && !rc; g++) {
        line[g] = line_like(t, g, estimator, like);
        all = all && line[g] >= 0;
        if (line[g] < 0) continue;
        rc = add_difference(t, estimator, like, g, line[g], ctx);
        if (isnan(covariance(t, estimator, 0, like, g, line[g],
                             unit_near(number_at(t->a[0], JD_OWN_STD_ERROR, like))))) {
            unknown = true;
            if (t->shared[g] > shared) shared = t->shared[g];
        }
    }
    if (unknown && !*told) warn_of_unknown(t, estimator, shared, ctx);
    *told = *told || unknown;
    if (!rc && all && t->groups->n > 2 &&
        jd_own_kind(&t->a[0]->result.estimates, like) == JD_OWN_OVERALL)
        rc = add_equality(t, estimator, line, ctx);
    return rc;
}

static int compare_all(const task_t *t, jd_ctx_t *ctx)
{
    const jd_table_t *lines = &t->a[0]->result.estimates;
    char estimator[64], before[64] = "";
    bool told = false;
    int64_t *line;
    int rc = jd_make(&line, t->groups->n, sizeof *line, "differences", ctx);
    for (int64_t i = 0; i < lines->rows && !rc; i++) {
        jd_table_text(lines, JD_OWN_ESTIMATOR, i, estimator, sizeof estimator);
        if (strcmp(estimator, before) != 0) told = false;
        memcpy(before, estimator, sizeof before);
        if (jd_own_kind(lines, i) != JD_OWN_COEFFICIENT && jd_own_kind(lines, i) != JD_OWN_OTHER)
            rc = compare_one(t, estimator, i, &told, line, ctx);
    }
    free(line);
    return rc;
}

static int make_shared(task_t *t, jd_ctx_t *ctx)
{
    const int n = t->groups->n;
    int8_t *mark;
    int rc = jd_make(&t->shared, (int64_t)n * n, sizeof *t->shared, "clusters", ctx);
    if (!rc) rc = jd_make(&t->room, t->clusters.n_ids, sizeof *t->room, "clusters", ctx);
    if (!rc) rc = jd_make(&mark, t->clusters.n_ids, 1, "clusters", ctx);
    if (rc) return rc;
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
            if (a != b) t->shared[a * n + b] = count_shared(&t->clusters, a, b, mark);
    free(mark);
    return JD_OK;
}

static int make_table(jd_table_t *table, const jd_table_t *like, jd_ctx_t *ctx)
{
    static const jd_column_t more[] = {
        {"group", JD_TEXT, "", "which groups", NULL, 2 * JD_OWN_GROUP_WIDTH + 4, JD_AXIS_CELL},
        {"statistic", JD_DOUBLE, "1", "t, or F of all groups", NULL, 0, JD_AXIS_CELL}};
    jd_column_t *columns;
    int rc = jd_make(&columns, JD_OWN_COLUMNS + 2, sizeof *columns, "differences", ctx);
    if (rc) return rc;
    memcpy(columns, like->columns, JD_OWN_COLUMNS * sizeof *columns);
    memcpy(columns + JD_OWN_COLUMNS, more, sizeof more);
    rc = jd_table_init(table, "differences", "Differences between groups", columns,
                       JD_OWN_COLUMNS + 2, 4, ctx);
    table->owned = columns;
    return rc;
}

int jd_own_groups_compare(jd_table_t *table, const jd_own_groups_t *groups, jd_analysis_t *const *a,
                          const jd_request_t *request, jd_ctx_t *ctx)
{
    jd_own_roles_t roles;
    jd_own_ask_t ask;
    jd_vcov_options_t vcov;
    const bool rows_are_units =
        request->how.cross_sections && !request->roles.unit && !request->roles.cluster;
    task_t t = {.table = table, .groups = groups, .a = a, .level = request->level};
    int rc = jd_request_settle(request, &roles, &ask, &vcov, ctx);
    t.kind = (int)vcov.kind;
    if (!rc) rc = make_table(table, &a[0]->result.estimates, ctx);
    if (!rc) rc = make_clusters(&t.clusters, a, groups->n, rows_are_units, ctx);
    if (!rc) rc = make_shared(&t, ctx);
    if (!rc) rc = compare_all(&t, ctx);
    free(t.clusters.list);
    free(t.shared);
    free(t.room);
    return rc;
}

/* ---- For people ---- */

static const char *shown(const jd_own_result_t *like, const jd_table_t *t, int column, int64_t row,
                         char text[JD_SHOWN])
{
    jd_shown_of(jd_table_number(t, column, row), like->size, text);
    return text;
}

void jd_own_groups_print(FILE *out, const jd_table_t *t, const jd_own_groups_t *groups,
                         const jd_own_result_t *like)
{
    char name[64], term[JD_OWN_TERM_WIDTH], group[2 * JD_OWN_GROUP_WIDTH + 4], n[4][JD_SHOWN];
    int width = 5;
    fprintf(out, "\nDifferences between groups of %s\n", groups->name);
    for (int64_t i = 0; i < t->rows; i++) {
        jd_table_text(t, JD_OWN_DIFFERENCE_GROUP, i, group, sizeof group);
        if ((int)jd_utf8_count(group) > width) width = (int)jd_utf8_count(group);
    }
    fprintf(out, "%-18s %-5s %-*s %10s %9s %10s %10s %7s\n", "Estimator", "term", width, "group",
            "difference", "std.err", "", "95 %", "p");
    for (int64_t i = 0; i < t->rows; i++) {
        const double p = jd_table_number(t, JD_OWN_P_VALUE, i);
        char p_text[16];
        jd_table_text(t, JD_OWN_ESTIMATOR, i, name, sizeof name);
        jd_table_text(t, JD_OWN_TERM, i, term, sizeof term);
        jd_table_text(t, JD_OWN_DIFFERENCE_GROUP, i, group, sizeof group);
        const int pad = width - (int)jd_utf8_count(group);
        if (isfinite(jd_table_number(t, JD_OWN_EVENT_TIME, i))) continue;
        snprintf(p_text, sizeof p_text, isnan(p) ? "-" : p < 1e-4 ? "<0.0001" : "%.4f", p);
        fprintf(out, "%-18s %-5s %s%*s ", name, term, group, pad, "");
        if (isnan(jd_table_number(t, JD_OWN_ESTIMATE, i)))
            fprintf(out, "equal: F = %.4g, p = %s\n",
                    jd_table_number(t, JD_OWN_DIFFERENCE_STATISTIC, i), p_text);
        else
            fprintf(out, "%10s %9s %10s %10s %7s\n", shown(like, t, JD_OWN_ESTIMATE, i, n[0]),
                    shown(like, t, JD_OWN_STD_ERROR, i, n[1]),
                    shown(like, t, JD_OWN_CI_LOW, i, n[2]), shown(like, t, JD_OWN_CI_HIGH, i, n[3]),
                    p_text);
    }
}
