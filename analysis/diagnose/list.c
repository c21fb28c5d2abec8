/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All diagnostics, in the order in which they run, and what they share. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/diagnostic.h"

extern const jd_diagnostic_t jd_diagnostic_bacon, jd_diagnostic_twfe_weights, jd_diagnostic_honest,
    jd_diagnostic_pretrend, jd_diagnostic_effects_equal, jd_diagnostic_wild,
    jd_diagnostic_randomisation, jd_diagnostic_conley_taber, jd_diagnostic_dates;

const jd_diagnostic_t *const jd_diagnostics[] = {
    &jd_diagnostic_bacon,         &jd_diagnostic_twfe_weights,
    &jd_diagnostic_honest,        &jd_diagnostic_pretrend,
    &jd_diagnostic_effects_equal, &jd_diagnostic_wild,
    &jd_diagnostic_randomisation, &jd_diagnostic_conley_taber,
    &jd_diagnostic_dates,         NULL,
};

const jd_diagnostic_t *jd_diagnostic_find(const char *name)
{
    int i = 0;
    while (jd_diagnostics[i] && strcmp(jd_diagnostics[i]->name, name) != 0)
        i++;
    return jd_diagnostics[i];
}

void jd_diagnostic_defaults(jd_diagnostic_options_t *options)
{
    char why[256];
    memset(options, 0, sizeof *options);
    for (int i = 0; jd_diagnostics[i]; i++)
        for (const jd_param_t *p = jd_diagnostics[i]->options; p && p->name; p++) {
            int rc = jd_param_parse(p, p->fallback, (char *)options + p->offset, why, sizeof why);
            (void)rc; /* a test reads all defaults */
        }
}

jd_estimate_t jd_diagnosis_bare(double x)
{
    const double none = (double)NAN;
    return (jd_estimate_t){x, none, none, none, none};
}

int jd_diagnosis_add(const jd_diagnosis_t *d, const char *quantity, const char *term,
                     jd_estimate_t number, bool of_outcome, jd_ctx_t *ctx)
{
    const jd_diagnosis_line_t line = {
        .quantity = quantity, .term = term, .number = number, .of_outcome = of_outcome};
    return d->add(d->user, &line, ctx);
}

int jd_diagnosis_add_at(const jd_diagnosis_t *d, const char *quantity, const char *name, double x,
                        jd_estimate_t number, bool of_outcome, jd_ctx_t *ctx)
{
    char term[64];
    const bool at_event = strcmp(name, "e") == 0;
    snprintf(term, sizeof term, "%s=%.6g", name, x);
    const jd_diagnosis_line_t line = {.quantity = quantity,
                                      .term = term,
                                      .number = number,
                                      .of_outcome = of_outcome,
                                      .at_event = at_event,
                                      .event = at_event ? (int32_t)x : 0};
    return d->add(d->user, &line, ctx);
}
