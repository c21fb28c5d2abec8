/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows for which no finite estimate exists. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/glm/glm.h"

/* Marks levels of one effect in which y varies enough: not all 0, for logit not all 1 either. */
static void find_varied(const jd_glm_input_t *in, const jd_groups_t *g, const unsigned char *keep,
                        unsigned char *seen)
{
    memset(seen, 0, (size_t)g->n_groups);
    for (int64_t i = 0; i < in->n; i++)
        if (keep[i]) seen[g->code[i]] |= (unsigned char)(in->y[i] > 0 ? 2 : 1);
}

/* One round over one effect; returns how many rows went. */
static int64_t drop_round(const jd_glm_input_t *in, const jd_groups_t *g, unsigned char *seen,
                          unsigned char *keep)
{
    int64_t gone = 0;
    find_varied(in, g, keep, seen);
    for (int64_t i = 0; i < in->n; i++) {
        unsigned char s = seen[g->code[i]];
        if (!keep[i] || (in->family == JD_FAMILY_POISSON ? s & 2 : s == 3)) continue;
        keep[i] = 0;
        gone++;
    }
    return gone;
}

static int has_zeros(const jd_glm_input_t *in)
{
    for (int64_t i = 0; i < in->n; i++)
        if (in->y[i] <= 0) return 1;
    return 0;
}

int jd_glm_drop_empty(const jd_glm_input_t *input, unsigned char *keep, int64_t *count,
                      jd_ctx_t *ctx)
{
    *count = 0;
    int effects = input->n_effects, rc = JD_OK;
    if (effects == 0 || (input->family == JD_FAMILY_POISSON && !has_zeros(input))) return JD_OK;
    jd_groups_t *groups;
    unsigned char *seen = NULL;
    rc = jd_make(&groups, effects, sizeof *groups, "fixed effects", ctx);
    if (!rc) rc = jd_make_unset(&seen, (size_t)input->n + 1, 1, "fixed effects", ctx);
    for (int k = 0; !rc && k < effects; k++)
        rc = jd_groups_make(&groups[k], input->codes[k], input->n, ctx);
    for (int64_t gone = 1; !rc && gone > 0; *count += gone) {
        gone = 0;
        for (int k = 0; k < effects; k++)
            gone += drop_round(input, &groups[k], seen, keep);
    }
    for (int k = 0; groups && k < effects; k++)
        jd_groups_free(&groups[k]);
    free(groups);
    free(seen);
    return rc;
}

enum { MAX_ROUNDS = 200 };
static const double heavy = 1e7;      /* weight of rows with y > 0: their fit has to be 0 */
static const double tolerance = 1e-4; /* of a fit that counts as 0 */

/* Least squares of z by weights that hold rows with y > 0 at 0. */
typedef struct {
    jd_effects_t *effects;
    jd_regression_t regression;
    double *z, *fit, *weight, *beta;
} rectifier_t;

static void free_rectifier(rectifier_t *t)
{
    jd_regression_free(&t->regression);
    jd_effects_free(t->effects);
    free(t->weight);
    free(t->beta);
}

static int make_rectifier(rectifier_t *t, const jd_glm_t *glm, const double *x, int n_x,
                          jd_ctx_t *ctx)
{
    size_t n = (size_t)glm->n, k = (size_t)n_x;
    int n_effects = jd_effects_count(glm->effects);
    const int32_t **codes;
    int rc = jd_make_n(&codes, (size_t)n_effects + 1, sizeof *codes,
                       "the search for separated rows", ctx);
    if (!rc)
        rc = jd_make_unset(&t->weight, 3 * n, sizeof *t->weight, "the search for separated rows",
                           ctx);
    if (!rc)
        rc = jd_make_unset(&t->beta, k + 1, sizeof *t->beta, "the search for separated rows", ctx);
    if (rc) {
        free(codes);
        return rc;
    }
    t->z = t->weight + n;
    t->fit = t->z + n;
    for (size_t i = 0; i < n; i++) {
        t->weight[i] = glm->y[i] > 0 ? heavy : 1;
        t->z[i] = glm->y[i] > 0 ? 0 : 1;
    }
    for (int f = 0; f < n_effects; f++)
        codes[f] = jd_effects_groups(glm->effects, f)->code;
    rc = jd_effects_make(&t->effects, glm->n, n_effects, codes, t->weight, JD_SOLVER_AUTO, ctx);
    free(codes);
    if (!rc && n_x > 0)
        rc = jd_regression_init(&t->regression, t->effects, glm->n, n_x, t->weight, ctx);
    if (!rc && n_x > 0) {
        memcpy(t->regression.columns, x, k * n * sizeof *x);
        rc = jd_regression_factor(&t->regression, ctx);
    }
    return rc;
}

/* fit = what regressors and effects explain of z. */
static int explain(rectifier_t *t, int64_t n, int n_x, jd_ctx_t *ctx)
{
    int rc;
    if (n_x > 0) {
        const double *z = t->z;
        jd_regression_estimate(&t->regression, &z, 1, t->beta, ctx);
        rc = jd_regression_residuals(&t->regression, t->z, t->beta, t->fit, ctx);
    } else {
        memcpy(t->fit, t->z, (size_t)n * sizeof *t->fit);
        rc = jd_effects_demean(t->effects, t->fit, 1, ctx);
    }
    for (int64_t i = 0; i < n; i++)
        t->fit[i] = t->z[i] - t->fit[i];
    return rc;
}

/* Cuts the fit at 0 for the next round. Returns 1 once there was nothing to cut: the fit then is a
 * certificate of separation (or 0 throughout). */
static int rectify(rectifier_t *t, const jd_glm_t *glm, double *largest)
{
    int done = 1;
    *largest = 0;
    for (int64_t i = 0; i < glm->n; i++) {
        if (glm->y[i] > 0) {
            if (fabs(t->fit[i]) > tolerance) done = 0;
            continue;
        }
        if (t->fit[i] < -tolerance) done = 0;
        t->z[i] = fmax(t->fit[i], 0);
        *largest = fmax(*largest, t->fit[i]);
    }
    return done;
}

int jd_glm_find_separated(const jd_glm_t *glm, const double *x, int n_x, unsigned char *separated,
                          int64_t *count, jd_ctx_t *ctx)
{
    rectifier_t t = {0};
    double largest = 1;
    int done = 0;
    *count = 0;
    memset(separated, 0, (size_t)glm->n);
    int rc = make_rectifier(&t, glm, x, n_x, ctx);
    for (int round = 0; !rc && !done && largest > tolerance && round < MAX_ROUNDS; round++) {
        rc = explain(&t, glm->n, n_x, ctx);
        if (!rc) done = rectify(&t, glm, &largest);
    }
    for (int64_t i = 0; !rc && done && i < glm->n; i++)
        if (glm->y[i] <= 0 && t.fit[i] > tolerance) *count += separated[i] = 1;
    free_rectifier(&t);
    return rc;
}
