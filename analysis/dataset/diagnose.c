/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnostics of a user's own data: what they find becomes lines of tables. */
#include <string.h>

#include "dataset/parts.h"

typedef struct sink {
    const jd_own_subject_t *subject;
    jd_own_result_t *result;
} sink_t;

static int add(void *user, const jd_diagnosis_line_t *d, jd_ctx_t *ctx)
{
    const sink_t *sink = user;
    char name[JD_OWN_TERM_WIDTH];
    if (d->of) jd_own_name_term(sink->subject->data, d->of, name);
    jd_own_line_t line = jd_own_line_of(sink->subject, d->quantity, d->of ? name : d->term,
                                        d->number, d->of_outcome);
    line.at_event = d->at_event;
    line.event = d->event;
    if (d->of) jd_own_place_line(&line, sink->subject->data, d->of);
    return jd_own_add_line(d->detail ? &sink->result->details : &sink->result->diagnostics, &line,
                           ctx);
}

int jd_own_diagnose(const jd_diagnostic_t *diagnostic, const jd_own_subject_t *s,
                    jd_own_result_t *result, jd_ctx_t *ctx)
{
    sink_t sink = {s, result};
    jd_diagnostic_options_t usual;
    if (!s->ask->diagnose) jd_diagnostic_defaults(&usual);
    const jd_diagnosis_t diagnosis = {.panel = &s->data->panel,
                                      .y = s->data->y,
                                      .exponent = s->data->exponent,
                                      .design = s->design,
                                      .fit = s->fit,
                                      .how = s->ask->how,
                                      .vcov = s->ask->vcov,
                                      .options = s->ask->diagnose ? s->ask->diagnose : &usual,
                                      .level = s->ask->level,
                                      .stratum = s->data->stratum,
                                      .n_treated_clusters = s->data->n_treated_clusters,
                                      .add = add,
                                      .user = &sink};
    if (diagnostic->not_in_all && strcmp(s->ask->diagnostics, "all") == 0)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED, "%s", diagnostic->not_in_all);
    return diagnostic->run(&diagnosis, ctx);
}
