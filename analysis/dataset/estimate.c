/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimators and diagnostics on a user's own data. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/memory.h"
#include "core/text.h"
#include "dataset/parts.h"
#include "jiedao/param.h"

enum { LIST_MAX = 1024, NAMES_MAX = 64 };

/* ---- Names ---- */

/* Our name for theirs, be it an estimator's or a diagnostic's, where it is one of `names`; else the
 * nearest of these, or NULL. */
static const char *meant(const char *name, const char *const *names, int n)
{
    for (int i = 0; i < n; i++) {
        const jd_estimator_t *estimator = jd_estimator_find(names[i]);
        if (estimator && jd_list_holds(estimator->synonyms, name, true)) return names[i];
        const jd_diagnostic_t *diagnostic = jd_diagnostic_find(names[i]);
        if (diagnostic && jd_list_holds(diagnostic->synonyms, name, true)) return names[i];
    }
    return jd_nearest(name, names, n);
}

static int fail_name(const char *option, const char *name, const char *const *names, int n,
                     jd_ctx_t *ctx)
{
    char list[LIST_MAX] = "";
    const char *near = meant(name, names, n);
    size_t at = 0;
    if (near)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "\3%s\2 %s: no such name; did you mean '%s'?", option,
                       name, near);
    for (int i = 0; i < n && at < sizeof list; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, ", %s", names[i]);
    return jd_fail(ctx, JD_ERR_ARGUMENT, "\3%s\2 %s: no such name; there are: all%s", option, name,
                   list);
}

/* Those of `names` a list asks for, in its order and each once, or all in theirs. */
static int pick(const char *option, const char *list, const char *const *names, int n,
                jd_own_fit_t *fits, int *n_fits, jd_ctx_t *ctx)
{
    bool all = strcmp(list, "all") == 0;
    for (int i = 0; all && i < n; i++)
        fits[(*n_fits)++].name = names[i];
    for (const char *p = list; !all;) {
        char name[64];
        size_t length = strcspn(p, ",");
        int found = 0, taken = 0;
        snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), p);
        while (found < n && strcmp(names[found], name) != 0)
            found++;
        if (found == n) return fail_name(option, name, names, n, ctx);
        while (taken < *n_fits && strcmp(fits[taken].name, name) != 0)
            taken++;
        if (taken == *n_fits) fits[(*n_fits)++].name = names[found];
        p += length;
        if (!*p++) break;
    }
    return JD_OK;
}

static int choose(jd_own_result_t *result, const jd_own_ask_t *ask, jd_ctx_t *ctx)
{
    const char *estimators[NAMES_MAX], *diagnostics[NAMES_MAX];
    int n = 0, m = 0;
    for (; jd_estimators[n] && n < NAMES_MAX; n++)
        estimators[n] = jd_estimators[n]->name;
    for (; jd_diagnostics[m] && m < NAMES_MAX; m++)
        diagnostics[m] = jd_diagnostics[m]->name;
    int rc = jd_make(&result->fits, n + m, sizeof *result->fits, "the estimators", ctx);
    if (!rc)
        rc = pick("estimator", ask->estimators, estimators, n, result->fits, &result->n_fits, ctx);
    if (!rc && ask->diagnostics)
        rc = pick("diagnose", ask->diagnostics, diagnostics, m, result->fits + result->n_fits,
                  &result->n_diagnoses, ctx);
    return rc;
}

/* ---- What does not apply ---- */

/* A message that is printed behind a name, without that name. */
static const char *behind_name(const char *message, const char *name)
{
    size_t skip = strlen(name);
    return strncmp(message, name, skip) || strncmp(message + skip, ": ", 2) ? message
                                                                            : message + skip + 2;
}

/* The first line of a message as the reason. */
static int note_reason(jd_own_fit_t *own, const char *message, jd_ctx_t *ctx)
{
    if (own->reason) return JD_OK;
    message = behind_name(message, own->name);
    size_t length = strcspn(message, "\n");
    int rc = jd_make(&own->reason, (int64_t)length + 1, 1, "a reason", ctx);
    if (!rc) memcpy(own->reason, message, length);
    return rc;
}

static bool is_final(int rc)
{
    return rc == JD_ERR_NO_MEMORY || rc == JD_ERR_CANCELLED;
}

/* ---- Diagnostics ---- */

static int diagnose(jd_own_result_t *result, const jd_own_subject_t *given, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = result->n_fits; i < result->n_fits + result->n_diagnoses && !rc; i++) {
        jd_own_fit_t *own = &result->fits[i];
        const jd_diagnostic_t *d = jd_diagnostic_find(own->name);
        if (d->of_fit != (given->fit != NULL)) continue;
        jd_ctx_t inner = jd_ctx_inner(ctx);
        inner.warn = ctx && d->warns ? ctx->warn : NULL;
        inner.progress = ctx ? ctx->progress : NULL;
        jd_own_subject_t subject = *given;
        subject.name = d->name;
        int64_t lines = result->diagnostics.rows, details = result->details.rows;
        rc = jd_own_diagnose(d, &subject, result, &inner);
        own->applied = own->applied || !rc;
        if (!rc) continue;
        result->diagnostics.rows = lines;
        result->details.rows = details;
        /* Another estimator's diagnosis must not hide what is wrong with this one's. */
        if (given->fit && result->n_fits > 1 && !is_final(rc) && rc != JD_ERR_UNSUPPORTED)
            jd_warn(ctx, "%s: %s: %s", given->name, d->name, behind_name(inner.message, d->name));
        rc = is_final(rc) ? jd_fail(ctx, rc, "%s", inner.message)
                          : note_reason(own, inner.message, ctx);
    }
    return rc;
}

/* ---- Estimators ---- */

/* Date of adoption in row i; 0: never, or not known. */
static int32_t adoption_of(const jd_panel_t *panel, int64_t i)
{
    const int32_t *date = panel->treated ? panel->adoption : panel->cohort;
    return date ? date[i] : 0;
}

/* Whether the k-th period in use after (before) adoption lies k periods off, for one cohort; the
 * gap right after adoption is `delay` for all. */
static bool counts_alike(const jd_groups_t *periods, int32_t cohort, int32_t *delay)
{
    int32_t first = 0;
    while (first < periods->n_groups && periods->value[first] < cohort)
        first++;
    if (first == periods->n_groups || first == 0) return true;
    int32_t gap = periods->value[first] - cohort;
    if (*delay < 0) *delay = gap;
    for (int32_t k = 0; k < periods->n_groups; k++)
        if (periods->value[k] - cohort != k - first + (k >= first ? gap : 0)) return false;
    return gap == *delay;
}

/* A period that no row in use has and that moves event times counted by periods in use: *hole. */
static int find_hole(const jd_own_data_t *data, bool dated, int32_t *hole, jd_ctx_t *ctx)
{
    const jd_panel_t *panel = &data->panel;
    jd_groups_t periods = {0};
    int rc = jd_groups_make(&periods, panel->time, panel->n, ctx);
    *hole = INT32_MIN;
    if (rc) return rc;
    const int32_t *value = periods.value, n = periods.n_groups;
    if (value[n - 1] - value[0] >= n) {
        int32_t delay = -1, last = 0;
        bool alike = dated;
        for (int64_t i = 0; alike && i < panel->n; i++) {
            int32_t cohort = adoption_of(panel, i);
            if (cohort != 0 && cohort != last) alike = counts_alike(&periods, cohort, &delay);
            if (cohort != 0) last = cohort;
        }
        for (int32_t k = n - 1; !alike && k > 0; k--)
            if (value[k] - value[k - 1] > 1) *hole = value[k - 1] + 1;
    }
    jd_groups_free(&periods);
    return JD_OK;
}

/* These count from wave to wave, the others by the calendar where it is requested, or where a
 * period of the file has no row in use; one table has one unit of event time. */
static int check_unit(const jd_estimator_t *estimator, const jd_own_data_t *data,
                      const jd_did_options_t *how, jd_ctx_t *ctx)
{
    const char *name = estimator->name;
    int32_t hole;
    if (!estimator->counts_waves) return JD_OK;
    if (data->gaps_kept)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "%s: its event times count observed periods, and the periods have gaps in "
                       "the calendar that \1periods\2 asks for; leave \1periods\2 out, or write "
                       "\3periods\2 rank",
                       name);
    bool dated = !data->panel.dose && how->lp_did.nonabsorbing == 0 &&
                 (data->panel.treated ? data->panel.adoption : data->panel.cohort) != NULL;
    int rc = find_hole(data, dated, &hole, ctx);
    if (rc || hole == INT32_MIN) return rc;
    return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                   "%s: its event times count the periods that rows in use have, and none has %s "
                   "(no outcome, say), so that they would be others than those of other "
                   "estimators; take such periods out of the file, and all estimators count "
                   "those that are left",
                   name, JD_PERIOD_NAME(ctx, hole));
}

static int run_one(jd_own_result_t *result, jd_own_fit_t *own, const jd_own_data_t *data,
                   const jd_own_ask_t *ask, jd_ctx_t *ctx)
{
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    const jd_estimator_t *estimator = jd_estimator_find(own->name);
    int rc = check_unit(estimator, data, ask->how, ctx);
    if (!rc) rc = jd_design_prepare(&design, estimator, &data->panel, ask->how, ctx);
    /* A bootstrap replaces these errors; its draws, few maybe, are not those of a multiplier's. */
    jd_vcov_options_t vcov = *ask->vcov;
    if (ask->bootstrap) vcov.draws = 0;
    vcov.keep_sums = ask->sums && !ask->bootstrap;
    if (!rc) rc = jd_design_infer(design, data->y, &vcov, ask->level, &fit, ctx);
    jd_quality_t quality = {0};
    if (!rc) {
        quality = jd_fit_quality(design, &fit);
        quality.rmse = ldexp(quality.rmse, data->exponent);
        quality.deviance = ldexp(quality.deviance, data->exponent);
    }
    const jd_bootstrap_options_t bootstrap = {.kind = ask->bootstrap,
                                              .stratum = data->stratum,
                                              .draws = ask->vcov->draws,
                                              .seed = ask->vcov->seed};
    if (!rc && bootstrap.kind)
        rc = jd_design_bootstrap(&fit, design, &data->panel, ask->how, data->y, &bootstrap, ctx);
    jd_own_subject_t subject = {
        .name = own->name, .data = data, .ask = ask, .design = design, .fit = &fit};
    if (!rc) {
        own->applied = true;
        own->facts = jd_design_facts(design);
        own->variance = fit.facts;
        own->quality = quality;
        own->uniform = fit.uniform;
        own->level = ask->level;
        own->mean_of_events = estimator->averages_events && estimator->averages_events(ask->how);
        own->may_weigh_cells = estimator->uses & JD_USES_CELL_MEAN;
        own->per_dose = estimator->target == JD_TARGET_PER_DOSE ||
                        (estimator->is_per_dose && estimator->is_per_dose(ask->how)) ||
                        (fit.n_terms > 0 && jd_own_is_dose(&jd_design_terms(design)[0]));
        own->log_points = estimator->target == JD_TARGET_LOG_RATIO;
        int slopes = 0;
        for (int k = 0; k < fit.n_terms; k++)
            slopes += jd_own_is_slope(&jd_design_terms(design)[k]);
        if (slopes > 0 && !own->per_dose)
            jd_warn(ctx,
                    "%s: acrt and acrt,d=... are slopes, per unit of the dose; its other terms are "
                    "effects in units of the outcome",
                    own->name);
        rc = jd_own_add_fit(&result->estimates, &subject, ctx);
        if (!rc) rc = jd_own_keep_vcov(own, &subject, ctx);
        if (!rc) rc = jd_own_keep_sums(own, &subject, ctx);
    }
    if (!rc && ask->rows) rc = jd_own_note_rows(own, &subject, ctx);
    if (!rc && ask->weights) rc = jd_own_add_weights(result, &subject, ctx);
    if (!rc) rc = diagnose(result, &subject, ctx);
    jd_fit_free(&fit);
    if (!rc && ask->keep)
        own->design = design;
    else
        jd_design_free(design);
    return rc;
}

/* Rows that a covariate takes out of the file are not in the panel an estimator judges. */
static void add_lacking(const jd_own_data_t *data, int rc, char said[JD_MESSAGE_SIZE])
{
    if (rc != JD_ERR_NO_CONTROLS || data->dropped[JD_OWN_NO_X] == 0) return;
    size_t at = strcspn(said, "\n");
    snprintf(said + at, JD_MESSAGE_SIZE - at,
             "; %" PRId64 " of %" PRId64 " rows are dropped because a covariate is missing there "
             "('%s' in the first)",
             data->dropped[JD_OWN_NO_X], data->n_rows, data->lacking);
}

/* What does not apply is a sentence where several are requested, else an error; memory and
 * interruption always are. *refused: the first refusal's code. */
static int try_one(jd_own_result_t *result, jd_own_fit_t *own, const jd_own_data_t *data,
                   const jd_own_ask_t *ask, bool all, jd_own_notes_t *notes, int *refused)
{
    jd_ctx_t *ctx = notes->ctx, inner = jd_own_notes_ctx(notes, own->name, !all);
    int64_t before = result->estimates.rows;
    const int32_t most = jd_estimator_find(own->name)->most_units;
    int rc =
        most > 0 && data->n_units > most && all
            ? jd_fail(&inner, JD_ERR_UNSUPPORTED,
                      "%d units; above %d it takes long; it runs only where \1estimator\2 names it",
                      data->n_units, most)
            : run_one(result, own, data, ask, &inner);
    if (!rc) return JD_OK;
    add_lacking(data, rc, inner.message);
    jd_own_notes_drop(notes);
    if (is_final(rc) || result->n_fits == 1) return jd_fail(ctx, rc, "%s", inner.message);
    if (!*refused) *refused = all ? JD_ERR_DATA : rc;
    result->estimates.rows = before;
    own->applied = false;
    return note_reason(own, inner.message, ctx);
}

static int run_all(jd_own_result_t *result, const jd_own_data_t *data, const jd_own_ask_t *ask,
                   jd_ctx_t *ctx)
{
    bool all = strcmp(ask->estimators, "all") == 0;
    int applied = 0, refused = JD_OK, rc = JD_OK;
    jd_own_notes_t notes = {.ctx = ctx};
    for (int i = 0; i < result->n_fits && !rc; i++) {
        jd_own_fit_t *own = &result->fits[i];
        jd_progress_t progress = {.stage = "estimating", .done = i, .total = result->n_fits};
        jd_report_progress(ctx, &progress);
        rc = jd_check_cancelled(ctx);
        if (!rc) rc = try_one(result, own, data, ask, all, &notes, &refused);
        applied += own->applied;
    }
    int told = jd_own_notes_report(&notes);
    if (!rc) rc = told;
    if (!rc && applied == 0)
        rc = jd_fail(ctx, refused, "no estimator applies to these data: %s: %s",
                     result->fits[0].name, result->fits[0].reason);
    return rc;
}

int jd_own_estimate(jd_own_result_t *result, const jd_own_data_t *data, const jd_own_ask_t *given,
                    jd_ctx_t *ctx)
{
    jd_own_ask_t ask = *given;
    jd_did_options_t how = *given->how;
    how.no_unit_effects = how.no_unit_effects || data->no_unit_effects;
    how.no_time_effects = how.no_time_effects || data->no_time_effects;
    ask.how = &how;
    memset(result, 0, sizeof *result);
    result->level = ask.level;
    for (int64_t i = 0; i < data->panel.n; i++)
        result->size = fmax(result->size, fabs(data->y[i]));
    result->size = ldexp(result->size, data->exponent);
    const jd_names_t names = jd_own_names(data), *others = ctx ? ctx->names : NULL;
    if (ctx) ctx->names = &names;
    int rc = jd_own_lines_make(&result->estimates, "estimates", "Estimates", ctx);
    if (!rc) rc = jd_own_lines_make(&result->diagnostics, "diagnostics", "Diagnostics", ctx);
    if (!rc) rc = jd_own_lines_make(&result->details, "details", "Details", ctx);
    if (!rc) rc = choose(result, &ask, ctx);
    if (!rc) rc = run_all(result, data, &ask, ctx);
    jd_own_subject_t subject = {.data = data, .ask = &ask};
    if (!rc) rc = diagnose(result, &subject, ctx);
    if (ctx) ctx->names = others;
    if (rc) jd_own_result_free(result);
    return rc;
}

void jd_own_result_free(jd_own_result_t *result)
{
    for (int i = 0; result->fits && i < result->n_fits + result->n_diagnoses; i++) {
        free(result->fits[i].reason);
        free(result->fits[i].vcov);
        free(result->fits[i].sums);
        free(result->fits[i].sums_cluster);
        free(result->fits[i].used);
        jd_design_free(result->fits[i].design);
    }
    free(result->fits);
    jd_table_free(&result->estimates);
    jd_table_free(&result->diagnostics);
    jd_table_free(&result->details);
    for (int i = 0; i < result->n_weights; i++)
        free(result->weights[i].w);
    free(result->weights);
    memset(result, 0, sizeof *result);
}
