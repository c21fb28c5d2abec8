/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/program_estimate.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "study/outside.h"

static int write_panel(const char *path, const jd_recovery_sample_t *s, const double *y,
                       jd_ctx_t *ctx)
{
    FILE *out = fopen(path, "w");
    if (!out) return jd_fail(ctx, JD_ERR_WRITE, "%s: %s", path, strerror(errno));
    fputs("unit,time,cohort,cluster,y\n", out);
    for (int64_t i = 0; i < s->n; i++)
        fprintf(out, "%" PRId32 ",%" PRId32 ",%" PRId32 ",%" PRId32 ",%.17g\n", s->unit[i],
                s->time[i], s->cohort[i], s->cluster[i], y[i]);
    const bool failed = ferror(out);
    if (fclose(out) == 0 && !failed) return JD_OK;
    return jd_fail(ctx, JD_ERR_WRITE, "%s: a panel could not be written whole", path);
}

/* "0.12,0.03" or "0.12 0.03", whatever stands on lines before. */
static int read_answer(const char *path, const char *command, double *estimate, double *std_error,
                       jd_ctx_t *ctx)
{
    char line[512], last[512] = "", shown[72], *end, *rest;
    FILE *in = fopen(path, "r");
    if (!in) return jd_fail(ctx, JD_ERR_READ, "%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, in)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (*jd_trim(line)) memcpy(last, line, sizeof last);
    }
    fclose(in);
    char *text = jd_trim(last);
    *estimate = strtod(text, &end);
    *std_error = strtod(end + strspn(end, ", \t;"), &rest);
    if (end != text && rest != end && !*jd_trim(rest) && isfinite(*estimate) && *std_error >= 0)
        return JD_OK;
    return jd_fail(ctx, JD_ERR_DATA,
                   "'%.200s' printed '%s'; the last line is to hold an estimate and its standard "
                   "error: 0.12,0.03",
                   command, jd_excerpt(text, shown));
}

int jd_program_estimate(const char *command, double seconds, const jd_recovery_sample_t *s,
                        const double *y, uint64_t seed, double *estimate, double *std_error,
                        jd_ctx_t *ctx)
{
    char input[JD_OUTSIDE_PATH], output[JD_OUTSIDE_PATH];
    int rc = jd_outside_file(input, ctx);
    if (rc) return rc;
    rc = jd_outside_file(output, ctx);
    if (!rc) {
        const jd_outside_t call = {
            .command = command, .input = input, .output = output, .seed = seed, .seconds = seconds};
        rc = write_panel(input, s, y, ctx);
        if (!rc) rc = jd_outside_run(&call, ctx);
        if (!rc) rc = read_answer(output, command, estimate, std_error, ctx);
        (void)remove(output);
    }
    (void)remove(input);
    return rc;
}
