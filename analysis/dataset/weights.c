/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weights on outcomes behind each effect: estimate = sum over rows of weight times outcome. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/parts.h"

int jd_own_add_weights(jd_own_result_t *result, const jd_own_subject_t *s, jd_ctx_t *ctx)
{
    const jd_term_t *terms = jd_design_terms(s->design);
    size_t rows = (size_t)s->data->panel.n;
    int n = s->fit->n_terms, effects = 0;
    double *w;
    char term[JD_OWN_TERM_WIDTH];
    if (jd_design_estimator(s->design)->family == JD_CLASS_NONLINEAR) {
        jd_warn(ctx, "%s is not linear in the outcome: it has no weights", s->name);
        return JD_OK;
    }
    while (effects < n && terms[effects].kind != JD_TERM_OTHER)
        effects++;
    size_t bytes = (size_t)(result->n_weights + effects) * sizeof *result->weights;
    jd_own_weights_t *more = realloc(result->weights, bytes);
    if (!more) return jd_fail_memory(ctx, bytes, "weights");
    result->weights = more;
    int rc = jd_make(&w, (int64_t)rows * n, sizeof *w, "weights", ctx);
    if (!rc) rc = jd_design_freeze(s->design, s->data->y, w, ctx);
    for (int k = 0; k < effects && !rc; k++) {
        jd_own_weights_t *to = &result->weights[result->n_weights];
        rc = jd_make(&to->w, (int64_t)rows, sizeof *to->w, "weights", ctx);
        if (rc) break;
        memcpy(to->w, w + (size_t)k * rows, rows * sizeof *w);
        jd_own_name_term(s->data, &terms[k], term);
        snprintf(to->name, sizeof to->name, "%s:%s", s->name, term);
        result->n_weights++;
    }
    free(w);
    return rc;
}

int jd_own_weights_table(jd_table_t *table, const jd_own_data_t *data,
                         const jd_own_result_t *result, jd_ctx_t *ctx)
{
    const jd_table_t *origin = &data->origin;
    int first = origin->n_columns, n = first + result->n_weights;
    jd_column_t *columns = NULL;
    void **cells = NULL;
    int rc = jd_make(&columns, n, sizeof *columns, "weights", ctx);
    if (!rc) rc = jd_make(&cells, n, sizeof *cells, "weights", ctx);
    for (int c = 0; c < n && !rc; c++) {
        const jd_own_weights_t *w = c < first ? NULL : &result->weights[c - first];
        columns[c] = w ? (jd_column_t){w->name, JD_DOUBLE, "1", "weight", NULL, 0, JD_AXIS_CELL}
                       : origin->columns[c];
        cells[c] = w ? w->w : origin->data[c];
    }
    *table = (jd_table_t){.name = "weights",
                          .label = "Weights on outcomes",
                          .columns = columns,
                          .n_columns = n,
                          .rows = origin->rows,
                          .data = cells,
                          .owned = columns};
    return rc; /* freed by the caller, in any case */
}

void jd_own_weights_free(jd_table_t *table)
{
    free(table->data);
    free(table->owned);
    memset(table, 0, sizeof *table);
}
