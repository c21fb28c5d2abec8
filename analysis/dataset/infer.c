/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other errors for an estimator that was kept: estimates stay, what is said about them is new. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/parts.h"

static bool is_of(const jd_table_t *lines, int64_t row, const char *estimator)
{
    char text[64];
    return !strcmp(jd_table_text(lines, JD_OWN_ESTIMATOR, row, text, sizeof text), estimator);
}

/* The estimator's lines, which lie side by side, become `fresh`: as many, of the same terms. */
static int replace(jd_table_t *lines, const jd_table_t *fresh, const char *estimator, jd_ctx_t *ctx)
{
    int64_t first = 0, n = 0;
    while (first < lines->rows && !is_of(lines, first, estimator))
        first++;
    while (first + n < lines->rows && is_of(lines, first + n, estimator))
        n++;
    if (n != fresh->rows)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: its terms are not those of the analysis",
                       estimator);
    for (int c = 0; c < lines->n_columns; c++) {
        const size_t size = jd_column_size(&lines->columns[c]);
        memcpy((char *)lines->data[c] + (size_t)first * size, fresh->data[c], (size_t)n * size);
    }
    return JD_OK;
}

static int infer(jd_own_result_t *result, jd_own_fit_t *own, const jd_own_data_t *data,
                 const jd_own_ask_t *ask, jd_ctx_t *ctx)
{
    jd_fit_t fit = {0};
    jd_table_t lines = {0};
    jd_own_fit_t fresh = *own;
    const jd_own_subject_t subject = {
        .name = own->name, .data = data, .ask = ask, .design = own->design, .fit = &fit};
    fresh.vcov = NULL;
    int rc = jd_design_infer(own->design, data->y, ask->vcov, ask->level, &fit, ctx);
    if (!rc) rc = jd_own_lines_make(&lines, "estimates", "Estimates", ctx);
    if (!rc) rc = jd_own_add_fit(&lines, &subject, ctx);
    if (!rc) rc = jd_own_keep_vcov(&fresh, &subject, ctx);
    if (!rc) rc = replace(&result->estimates, &lines, own->name, ctx);
    if (rc) {
        free(fresh.vcov);
    } else {
        free(own->vcov);
        *own = fresh;
        own->variance = fit.facts;
        own->uniform = fit.uniform;
        own->level = ask->level;
    }
    jd_table_free(&lines);
    jd_fit_free(&fit);
    return rc;
}

int jd_own_infer(jd_own_result_t *result, jd_own_fit_t *own, const jd_own_data_t *data,
                 const jd_own_ask_t *ask, jd_ctx_t *ctx)
{
    const jd_names_t names = jd_own_names(data), *others = ctx->names;
    jd_own_notes_t notes = {.ctx = ctx};
    ctx->names = &names;
    jd_ctx_t inner = jd_own_notes_ctx(&notes, own->name, true);
    int rc = infer(result, own, data, ask, &inner);
    if (rc) {
        jd_own_notes_drop(&notes);
        rc = jd_fail(ctx, rc, "%s", inner.message);
    }
    const int told = jd_own_notes_report(&notes);
    ctx->names = others;
    return rc ? rc : told;
}
