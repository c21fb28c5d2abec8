/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "core/memory.h"
#include "did/base/design.h"

int jd_check_eligible(const char *name, const jd_panel_t *panel, bool cross_sections, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int64_t count[2] = {0};
    if (!panel->eligible || !panel->cohort)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: no %s given; it needs each row's eligibility (0 or 1: whom the policy "
                       "is for) and the cohort of its group, also for those not eligible",
                       name, panel->eligible ? "cohort is" : "eligibility is");
    for (int64_t i = 0; i < panel->n; i++) {
        if (panel->eligible[i] != 0 && panel->eligible[i] != 1)
            return jd_fail(ctx, JD_ERR_DATA, "%s: row %s: eligibility = %d; it is 0 or 1", name,
                           JD_ROW_NAME(ctx, i + 1), panel->eligible[i]);
        count[panel->eligible[i]]++;
    }
    if (count[0] == 0 || count[1] == 0)
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "%s: all rows are %s; it compares the eligible with those who are not: take "
                       "a difference in differences",
                       name, count[0] ? "not eligible" : "eligible");
    if (cross_sections) return JD_OK;
    int rc = jd_groups_make(&units, panel->unit, panel->n, ctx);
    if (rc) return rc;
    int8_t *seen;
    rc = jd_make(&seen, units.n_groups, 1, "eligibility", ctx);
    for (int64_t i = 0; !rc && i < panel->n; i++) {
        int8_t *s = &seen[units.code[i]], now = (int8_t)(1 + panel->eligible[i]);
        if (*s && *s != now)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: row %s: unit %s changes its eligibility; it is a trait of units, "
                         "the same in all periods",
                         name, JD_ROW_NAME(ctx, i + 1), JD_UNIT_NAME(ctx, panel->unit[i]));
        *s = now;
    }
    free(seen);
    jd_groups_free(&units);
    return rc;
}
