/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "sweep/validate/validate.h"

const int jd_series_part_columns[JD_SERIES_PARTS] = {
    JD_EST_MEASUREMENT, JD_EST_TRENDS,      JD_EST_WEIGHTS,          JD_EST_ANTICIPATION,
    JD_EST_SPILLOVER,   JD_EST_WEIGHTS_ADE, JD_EST_ANTICIPATION_ADE, JD_EST_SPILLOVER_ADE};

void jd_series_drop(jd_series_t *s)
{
    void *all[] = {s->replicate, s->estimate, s->std_error, s->low,      s->high,
                   s->p_value,   s->att,      s->ade,       s->rejected, s->passed};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        free(all[k]);
    for (int k = 0; k < JD_SERIES_PARTS; k++)
        free(s->part[k]);
    memset(s, 0, sizeof *s);
}

void jd_series_free(jd_series_list_t *list)
{
    for (int i = 0; i < list->n; i++)
        jd_series_drop(&list->series[i]);
    free(list->series);
    memset(list, 0, sizeof *list);
}

static int grow(void *array, int64_t n, size_t size, jd_ctx_t *ctx)
{
    void *old, *more;
    memcpy(&old, array, sizeof old);
    more = realloc(old, (size_t)n * size);
    if (!more) return jd_fail_memory(ctx, (size_t)n * size, "replicates");
    memcpy(array, &more, sizeof more);
    return JD_OK;
}

static int make_room(jd_series_t *s, jd_ctx_t *ctx)
{
    if (s->n < s->capacity) return JD_OK;
    int64_t n = s->capacity ? 2 * s->capacity : 64;
    double **const columns[] = {&s->estimate, &s->std_error, &s->low, &s->high,
                                &s->p_value,  &s->att,       &s->ade};
    int rc = grow(&s->replicate, n, sizeof *s->replicate, ctx);
    if (!rc) rc = grow(&s->rejected, n, 1, ctx);
    if (!rc) rc = grow(&s->passed, n, 1, ctx);
    for (size_t k = 0; k < sizeof columns / sizeof *columns && !rc; k++)
        rc = grow(columns[k], n, sizeof(double), ctx);
    for (int k = 0; k < JD_SERIES_PARTS && !rc; k++)
        rc = grow(&s->part[k], n, sizeof(double), ctx);
    if (!rc) s->capacity = n;
    return rc;
}

/* The words a row is found by. */
typedef struct key {
    char panel[16], estimator[32], term[16];
} row_key_t;

static void read_key(const jd_table_t *t, int64_t row, row_key_t *key)
{
    jd_table_text(t, JD_EST_PANEL, row, key->panel, sizeof key->panel);
    jd_table_text(t, JD_EST_ESTIMATOR, row, key->estimator, sizeof key->estimator);
    jd_table_text(t, JD_EST_TERM, row, key->term, sizeof key->term);
}

static bool belongs(const jd_series_t *s, int32_t point, const row_key_t *key)
{
    return s->point == point && !strcmp(s->term, key->term) &&
           !strcmp(s->estimator, key->estimator) && !strcmp(s->panel, key->panel);
}

/* The series of a point and key, made at the end of the list where there is none; NULL: memory. */
static jd_series_t *find_series(jd_series_list_t *list, int32_t point, const row_key_t *key,
                                jd_ctx_t *ctx)
{
    for (int i = 0; i < list->n; i++) {
        int k = (list->next + i) % list->n;
        if (!belongs(&list->series[k], point, key)) continue;
        list->next = k + 1;
        return &list->series[k];
    }
    if (list->n == list->capacity) {
        int n = list->capacity ? 2 * list->capacity : 64;
        if (grow(&list->series, n, sizeof *list->series, ctx)) return NULL;
        list->capacity = n;
    }
    jd_series_t *s = &list->series[list->n++];
    list->next = list->n;
    memset(s, 0, sizeof *s);
    s->point = point;
    memcpy(s->panel, key->panel, sizeof s->panel);
    memcpy(s->estimator, key->estimator, sizeof s->estimator);
    memcpy(s->term, key->term, sizeof s->term);
    return s;
}

static double cell(const jd_table_t *t, int column, int64_t row)
{
    return jd_table_number(t, column, row);
}

static bool holds_zero(const jd_table_t *t, int64_t row)
{
    return cell(t, JD_EST_CI_LOW, row) <= 0 && cell(t, JD_EST_CI_HIGH, row) >= 0;
}

/* Whether no lead of the estimator on this panel is significant; -1 where it has none. Event times
 * set to zero have no standard error. */
static int8_t leads_pass(const jd_table_t *t, const row_key_t *key)
{
    int8_t passed = -1;
    for (int64_t i = 0; i < t->rows; i++) {
        row_key_t other;
        int32_t event = JD_CELLS(t, JD_EST_EVENT_TIME, int32_t)[i];
        if (event >= 0 || event == JD_NO_EVENT || !(cell(t, JD_EST_STD_ERROR, i) > 0)) continue;
        read_key(t, i, &other);
        if (strcmp(other.estimator, key->estimator) != 0 || strcmp(other.panel, key->panel) != 0)
            continue;
        if (passed != 0) passed = holds_zero(t, i);
    }
    return passed;
}

/* An estimator without leads of its own is judged by the event study, as one does in practice. */
static int8_t passes(const jd_table_t *t, const row_key_t *key)
{
    int8_t own = leads_pass(t, key);
    if (own >= 0) return own;
    row_key_t study = *key;
    const char *way = strchr(key->estimator, ':'); /* of inference: the same one */
    snprintf(study.estimator, sizeof study.estimator, "event_study%.16s", way ? way : "");
    return leads_pass(t, &study);
}

/* Whether the same term is rejected without the policy; -1: not known. */
static int8_t null_rejects(const jd_table_t *null, const row_key_t *key)
{
    for (int64_t i = 0; i < null->rows; i++) {
        row_key_t other;
        read_key(null, i, &other);
        if (!strcmp(other.term, key->term) && !strcmp(other.estimator, key->estimator) &&
            !strcmp(other.panel, key->panel))
            return !holds_zero(null, i);
    }
    return -1;
}

int jd_series_add(jd_series_list_t *list, int32_t point, int32_t replicate, const jd_table_t *t,
                  const jd_table_t *null, jd_ctx_t *ctx)
{
    for (int64_t i = 0; i < t->rows; i++) {
        row_key_t key;
        read_key(t, i, &key);
        jd_series_t *s = find_series(list, point, &key, ctx);
        int rc = s ? make_room(s, ctx) : JD_ERR_NO_MEMORY;
        if (rc) return rc;
        int64_t k = s->n++;
        s->event_time = JD_CELLS(t, JD_EST_EVENT_TIME, int32_t)[i];
        s->replicate[k] = replicate;
        s->estimate[k] = cell(t, JD_EST_ESTIMATE, i);
        s->std_error[k] = cell(t, JD_EST_STD_ERROR, i);
        s->low[k] = cell(t, JD_EST_CI_LOW, i);
        s->high[k] = cell(t, JD_EST_CI_HIGH, i);
        s->p_value[k] = cell(t, JD_EST_P_VALUE, i);
        s->att[k] = cell(t, JD_EST_ATT, i);
        s->ade[k] = cell(t, JD_EST_ADE, i);
        s->rejected[k] = null_rejects(null, &key);
        s->passed[k] = s->event_time == JD_NO_EVENT ? passes(t, &key) : -1;
        for (int p = 0; p < JD_SERIES_PARTS; p++)
            s->part[p][k] = cell(t, jd_series_part_columns[p], i);
    }
    return JD_OK;
}

int jd_series_usable(const jd_series_t *s, bool ade, jd_series_t *copy, jd_ctx_t *ctx)
{
    const double *truth = ade ? s->ade : s->att;
    int rc = JD_OK;
    *copy = *s;
    copy->n = copy->capacity = 0;
    copy->replicate = NULL;
    copy->estimate = copy->std_error = copy->low = copy->high = copy->p_value = NULL;
    copy->att = copy->ade = NULL;
    copy->rejected = copy->passed = NULL;
    memset(copy->part, 0, sizeof copy->part);
    for (int64_t i = 0; i < s->n && !rc; i++) {
        if (!isfinite(s->estimate[i]) || !isfinite(s->std_error[i]) || !isfinite(truth[i]))
            continue;
        rc = make_room(copy, ctx);
        if (rc) break;
        int64_t k = copy->n++;
        copy->replicate[k] = s->replicate[i];
        copy->estimate[k] = s->estimate[i];
        copy->std_error[k] = s->std_error[i];
        copy->low[k] = s->low[i];
        copy->high[k] = s->high[i];
        copy->p_value[k] = s->p_value[i];
        copy->att[k] = truth[i];
        copy->ade[k] = s->ade[i];
        copy->rejected[k] = s->rejected[i];
        copy->passed[k] = s->passed[i];
        for (int p = 0; p < JD_SERIES_PARTS; p++)
            copy->part[p][k] = s->part[p][i];
    }
    if (rc) jd_series_drop(copy);
    return rc;
}

jd_mc_sample_t jd_series_sample(const jd_series_t *s)
{
    return (jd_mc_sample_t){.n = s->n,
                            .estimate = s->estimate,
                            .std_error = s->std_error,
                            .ci_low = s->low,
                            .ci_high = s->high,
                            .truth = s->att,
                            .null_rejected = s->rejected,
                            .passed = s->passed};
}
