/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as the config of a sweep: a plan, whose values are again a config's or are refused with
 * a reason, or a refusal; the simulation's own sections, and [sweep], [validate] and [dgp]. */
#include <stdlib.h>
#include <string.h>

#include "jiedao/config.h"
#include "sweep/plan.h"
#include "sweep/sections.h"

enum { MOST_POINTS = 4096, POINTS_SEEN = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First, last and middle point: every factor's value is text, and the point's config is judged. */
static void walk(const jd_plan_t *plan, const jd_config_t *config, jd_ctx_t *ctx)
{
    const int64_t last = plan->n_points - 1, at[POINTS_SEEN] = {0, last / 2, last};
    if (plan->n_points < 1 || plan->n_runs != plan->n_points * plan->replicates) abort();
    for (int k = 0; k < POINTS_SEEN; k++) {
        char value[JD_PLAN_VALUE];
        jd_config_t *made = NULL;
        for (int f = 0; f < plan->n_factors; f++) {
            double u = plan->unit[at[k] * plan->n_factors + f];
            if (!(u >= 0 && u <= 1)) abort();
            if (strlen(jd_plan_value(plan, at[k], f, value)) == 0) abort();
            (void)jd_plan_number(plan, at[k], f);
        }
        jd_ctx_clear(ctx);
        int rc = jd_plan_config(&made, plan, config, at[k], ctx);
        if ((rc != JD_OK) != (ctx->n_errors > 0) || (rc != JD_OK) != (made == NULL)) abort();
        jd_config_free(made);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static jd_ctx_t ctx;
    jd_config_t *config;
    jd_plan_t plan;
    int n;
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    jd_ctx_clear(&ctx);
    if (jd_config_create(&config, sections, n, &ctx) != JD_OK) return 0;
    char *text = malloc(size + 1);
    if (text) {
        memcpy(text, data, size);
        text[size] = '\0';
        int rc = jd_config_read_text(config, "fuzz.ini", text, &ctx);
        if (!rc) rc = jd_config_finish(config, &ctx);
        const jd_plan_params_t *p = rc ? NULL : jd_config_section(config, "sweep");
        if (p && p->points <= MOST_POINTS) { /* more are right, and slow */
            rc = jd_plan_make(&plan, config, &ctx);
            if (!rc) walk(&plan, config, &ctx);
            if (!rc) jd_plan_free(&plan);
        }
        if (rc && ctx.n_errors == 0) abort();
    }
    free(text);
    jd_config_free(config);
    return 0;
}
