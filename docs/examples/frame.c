/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `jiedao did` does, on columns in memory: texts as ids, quarters as periods, missing cells, a
 * request by names, tables out. Needs libjiedao-did; no struct of it, so that R, Python or Julia
 * would call the same functions. */
#include <stdio.h>
#include <stdlib.h>

#include <jiedao/analysis.h>

enum { FIRMS = 120, PERIODS = 8, ROWS = FIRMS * PERIODS };

static int32_t firm[ROWS], quarter[ROWS], adopts[ROWS];
static double wage[ROWS];
static char name[FIRMS][16];
static const char *names[FIRMS];

/* Effects are 1, 2, 3, ... in the first, second, third quarter of treatment. */
static void make_data(void)
{
    for (int f = 0; f < FIRMS; f++) {
        snprintf(name[f], sizeof name[f], "firm %d", f + 1);
        names[f] = name[f];
    }
    for (int i = 0; i < ROWS; i++) {
        firm[i] = i / PERIODS;
        quarter[i] = 4 * 2018 + i % PERIODS; /* quarters since year 0 */
        adopts[i] = firm[i] % 3 ? 4 * 2018 + 2 + firm[i] % 3 : INT32_MIN; /* missing: never */
        const int32_t since = firm[i] % 3 ? quarter[i] - adopts[i] + 1 : 0;
        wage[i] = firm[i] % 10 + 0.25 * (i % PERIODS) + 0.01 * ((firm[i] * 31 + i * 17) % 101) +
                  (since > 0 ? since : 0);
    }
}

static int make_frame(jd_frame_t **frame, jd_ctx_t *ctx)
{
    int rc = jd_frame_create(frame, "firms", ROWS, ctx);
    if (!rc) rc = jd_frame_add_coded(*frame, "firm", firm, -1, names, FIRMS, ctx);
    if (!rc) rc = jd_frame_add(*frame, "quarter", "q", quarter, NULL, ctx);
    if (!rc) rc = jd_frame_add(*frame, "adopts", "q", adopts, NULL, ctx);
    if (!rc) rc = jd_frame_missing(*frame, "adopts", INT32_MIN, ctx);
    if (!rc) rc = jd_frame_add(*frame, "log(wage, 2)", "g", wage, NULL, ctx);
    return rc;
}

static int make_request(jd_request_t **request, jd_ctx_t *ctx)
{
    static const char *const options[][2] = {
        {"y", "`log(wage, 2)`"}, {"unit", "firm"},       {"time", "quarter"},
        {"cohort", "adopts"},    {"control", "not_yet"}, {"estimator", "callaway_santanna"},
        {"event", "-2:2"},
    };
    int rc = jd_request_create(request, "%s =", ctx);
    for (size_t k = 0; k < sizeof options / sizeof *options && !rc; k++)
        rc = jd_request_set(*request, options[k][0], options[k][1], ctx);
    return rc;
}

int main(void)
{
    jd_ctx_t *ctx = jd_ctx_create();
    jd_frame_t *frame = NULL;
    jd_request_t *request = NULL;
    jd_analysis_t *found = NULL;
    make_data();
    int rc = ctx ? make_frame(&frame, ctx) : JD_ERR_NO_MEMORY;
    if (!rc) rc = make_request(&request, ctx);
    if (!rc) rc = jd_analyse(&found, frame, request, ctx);
    const jd_table_t *t = rc ? NULL : jd_analysis_table(found, "estimates");
    for (int64_t i = 0; t && i < jd_table_n_rows(t); i++) {
        char term[64];
        jd_table_text(t, jd_table_find(t, "term"), i, term, sizeof term);
        printf("%-5s %8.4f (%.4f)\n", term, jd_table_number(t, jd_table_find(t, "estimate"), i),
               jd_table_number(t, jd_table_find(t, "std_error"), i));
    }
    if (ctx && rc) fprintf(stderr, "%s: %s\n", jd_error_name(rc), jd_ctx_message(ctx));
    jd_analysis_free(found);
    jd_request_free(request);
    jd_frame_free(frame);
    jd_ctx_free(ctx);
    return rc != JD_OK;
}
