/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnostics that are other ways of inference: for few treated units, and for chance that is
 * known. */
#include <math.h>
#include <string.h>

#include "dataset/parts.h"
#include "jiedao/randomisation.h"

static int add(const jd_own_subject_t *s, const char *quantity, const char *term,
               jd_estimate_t number, jd_own_result_t *result, jd_ctx_t *ctx)
{
    jd_own_line_t line = jd_own_line_of(s, quantity, term, number, true);
    return jd_own_add_line(&result->diagnostics, &line, ctx);
}

/* Treatment dealt out anew among units; as many estimates as draws, so by name only. */
int jd_own_run_randomisation(const jd_own_subject_t *s, jd_own_result_t *result, jd_ctx_t *ctx)
{
    const double none = (double)NAN;
    jd_randomisation_options_t options = {.vcov = *s->ask->vcov,
                                          .by_cluster = s->ask->inference.by_cluster,
                                          .stratum = s->data->stratum,
                                          .statistic = s->ask->inference.statistic};
    jd_randomisation_t r = {0};
    if (strcmp(s->ask->diagnostics, "all") == 0)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "it repeats the estimate --draws times; request it by name");
    options.vcov.bands = 0;
    int rc = jd_randomisation_test(&r, jd_design_estimator(s->design), &s->data->panel, s->ask->how,
                                   s->data->y, &options, ctx);
    const jd_estimate_t number = {r.estimate, none, none, none, r.p_value};
    if (!rc) rc = add(s, "randomisation", jd_design_terms(s->design)[0].name, number, result, ctx);
    jd_randomisation_free(&r);
    return rc;
}

int jd_own_run_conley_taber(const jd_own_subject_t *s, jd_own_result_t *result, jd_ctx_t *ctx)
{
    jd_conley_taber_t r = {0};
    int rc = jd_conley_taber_test(&r, s->design, s->data->y, 0, s->ask->level, s->ask->vcov, ctx);
    const jd_estimate_t number = {r.estimate, (double)NAN, r.ci_low, r.ci_high, r.p_value};
    if (!rc) rc = add(s, "conley_taber", "att", number, result, ctx);
    jd_conley_taber_free(&r);
    return rc;
}
