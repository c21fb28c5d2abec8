/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The covariances of all estimators' terms as one table, a row a pair. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/parts.h"

enum { ESTIMATOR, TERM, OTHER, COVARIANCE, COLUMNS };

static const jd_column_t columns[COLUMNS] = {
    {"estimator", JD_TEXT, "", "estimator", NULL, 64, JD_AXIS_CELL},
    {"term", JD_TEXT, "", "term", NULL, JD_OWN_TERM_WIDTH, JD_AXIS_CELL},
    {"other", JD_TEXT, "", "the other term; with itself: the variance", NULL, JD_OWN_TERM_WIDTH,
     JD_AXIS_CELL},
    {"covariance", JD_DOUBLE, "", "of the two estimates", NULL, 0, JD_AXIS_CELL},
};

/* Lines of an estimator's terms by their row of its covariance, -1 = none. */
static void find_lines(const jd_table_t *lines, const char *estimator, int64_t *line, int n)
{
    for (int k = 0; k < n; k++)
        line[k] = -1;
    for (int64_t i = 0; i < lines->rows; i++) {
        const int32_t at = JD_CELLS(lines, JD_OWN_VCOV_ROW, int32_t)[i];
        char name[64];
        jd_table_text(lines, JD_OWN_ESTIMATOR, i, name, sizeof name);
        if (at >= 0 && at < n && !strcmp(name, estimator)) line[at] = i;
    }
}

static void fill_pairs(jd_table_t *t, const jd_table_t *lines, const jd_own_fit_t *fit,
                       const int64_t *line)
{
    for (int a = 0; a < fit->n_terms; a++)
        for (int b = 0; b < fit->n_terms; b++) {
            if (line[a] < 0 || line[b] < 0) continue;
            char name[JD_OWN_TERM_WIDTH];
            jd_table_set_text(t, ESTIMATOR, t->rows, fit->name);
            jd_table_set_text(t, TERM, t->rows,
                              jd_table_text(lines, JD_OWN_TERM, line[a], name, sizeof name));
            jd_table_set_text(t, OTHER, t->rows,
                              jd_table_text(lines, JD_OWN_TERM, line[b], name, sizeof name));
            JD_CELLS(t, COVARIANCE, double)[t->rows++] = fit->vcov[a * fit->n_terms + b];
        }
}

int jd_own_vcov_table(jd_table_t *t, const jd_own_result_t *result, jd_ctx_t *ctx)
{
    int64_t pairs = 0;
    int most = 0;
    int64_t *line = NULL;
    for (int i = 0; i < result->n_fits; i++) {
        const int n = result->fits[i].vcov ? result->fits[i].n_terms : 0;
        pairs += (int64_t)n * n;
        if (n > most) most = n;
    }
    int rc = jd_table_init(t, "covariance", "Covariances", columns, COLUMNS, pairs, ctx);
    if (!rc) rc = jd_make(&line, most, sizeof *line, "covariances", ctx);
    for (int i = 0; i < result->n_fits && !rc; i++) {
        const jd_own_fit_t *fit = &result->fits[i];
        if (!fit->applied || !fit->vcov) continue;
        find_lines(&result->estimates, fit->name, line, fit->n_terms);
        fill_pairs(t, &result->estimates, fit, line);
    }
    free(line);
    return rc;
}
