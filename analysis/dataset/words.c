/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the estimators make of a user's own data, for people. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "dataset/parts.h"

/* ---- Head ---- */

const char *jd_own_reason(int k)
{
    static const char *const words[JD_OWN_REASONS] = {"another group",
                                                      "'if' not met",
                                                      "a missing value in 'if'",
                                                      "no outcome",
                                                      "no unit",
                                                      "no period",
                                                      "no treatment",
                                                      "no weight",
                                                      "no covariate",
                                                      "no cluster or fixed effect",
                                                      "no place"};
    return words[k];
}

static void print_dropped(FILE *out, const jd_own_data_t *data)
{
    const int64_t rows = data->n_rows - data->dropped[JD_OWN_ELSEWHERE],
                  total = rows - data->panel.n;
    if (total == 0) return;
    fprintf(out, "Dropped     %" PRId64 " of %" PRId64 " rows: ", total, rows);
    const char *between = "";
    for (int i = JD_OWN_OUTSIDE; i < JD_OWN_REASONS; i++) {
        if (data->dropped[i] == 0) continue;
        fprintf(out, "%s%" PRId64 " with %s", between, data->dropped[i], jd_own_reason(i));
        between = ", ";
    }
    fputs(" (missing or not finite)\n", out);
}

/* Who is compared with, and what of the cohorts was read so: nobody is never without a word. */
static void print_never(FILE *out, const jd_own_data_t *data)
{
    const jd_own_never_known_t *never = &data->never;
    const char *what = data->n_units == data->panel.n ? "rows" : "units";
    if (!never->told) return;
    fputs("            never treated: ", out);
    if (never->n > 0)
        fprintf(out, "%" PRId32 " of %" PRId32 " %s (%s)", never->n, data->n_units, what,
                never->read_as);
    else
        fprintf(out, "none of %" PRId32 " %s", data->n_units, what);
    if (never->late > 0)
        fprintf(out, "; %" PRId32 " adopt%s after the last period", never->late,
                never->late == 1 ? "s" : "");
    fputc('\n', out);
}

static void print_head(FILE *out, const jd_own_data_t *data, const char *path)
{
    char first[32], last[32];
    const char *unit = jd_own_period_unit(data);
    fprintf(out, "Data        %s: %" PRId64 " rows, periods %s to %s%s%s%s\n", path, data->n_rows,
            jd_own_period_text(data, data->first, first, sizeof first),
            jd_own_period_text(data, data->last, last, sizeof last),
            *unit ? "; event times in " : "", unit, *unit ? "s" : "");
    if (data->step > 1)
        fprintf(out,
                "            %" PRId32 " apart: event time -%" PRId32
                " is the one before adoption\n",
                data->step, data->step);
    print_never(out, data);
    fprintf(out, "Outcome     %s\n", data->y_name);
    if (*data->group)
        fprintf(out, "Group       %s: %" PRId64 " rows\n", data->group,
                data->n_rows - data->dropped[JD_OWN_ELSEWHERE]);
    print_dropped(out, data);
    for (int i = 0; i < data->n_remarks; i++)
        fprintf(out, "Note        %s\n", data->remark[i]);
}

/* ---- Foot ---- */

static void print_variance(FILE *out, const jd_own_fit_t *fit)
{
    const jd_vcov_facts_t *v = &fit->variance;
    fprintf(out, "  %-18s %s", fit->name, v->name ? v->name : "-");
    if (v->samples > 0) {
        fprintf(out, ", %" PRId64 " samples, percentile intervals\n", v->samples);
        return;
    }
    if (v->factor > 0) fprintf(out, ", factor %.6g", v->factor);
    if (isfinite(v->df) && v->df > 0)
        fprintf(out, ", t with %.6g degrees of freedom", v->df);
    else
        fputs(", normal distribution", out);
    fputc('\n', out);
}

static void print_left_out(FILE *out, const jd_own_fit_t *fit)
{
    const jd_dropped_t *d = &fit->facts.dropped;
    const struct {
        int64_t n;
        const char *words;
    } reasons[] = {{d->zero_weight, "rows of weight 0"},
                   {d->missing, "rows without a covariate"},
                   {d->always_treated, "rows of units treated when first seen"},
                   {d->singleton, "rows alone in a level of a fixed effect"},
                   {d->unimputable, "treated rows whose fixed effects no untreated row identifies"},
                   {fit->facts.n_incomplete, "rows of units not seen in every period"},
                   {fit->facts.n_uncontrolled, "rows of periods without an untreated unit"},
                   {fit->facts.n_alone, "rows of cohorts of a single unit"},
                   {fit->facts.n_unreferenced, "rows of cohorts without a row at a reference"},
                   {fit->facts.n_collinear, "collinear terms"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].n > 0)
            fprintf(out, "  %-18s leaves out %" PRId64 " %s\n", fit->name, reasons[i].n,
                    reasons[i].words);
}

/* One line a model: what it has, fixest's names. */
static void print_quality(FILE *out, const jd_own_result_t *r)
{
    bool told = false;
    for (int i = 0; i < r->n_fits; i++) {
        const jd_quality_t *q = &r->fits[i].quality;
        if (!r->fits[i].applied || (isnan(q->r2) && isnan(q->pseudo_r2))) continue;
        if (!told) fputs("\nFit\n", out);
        told = true;
        fprintf(out, "  %-18s ", r->fits[i].name);
        if (isnan(q->r2)) {
            fprintf(out, "pseudo R2 %.4f, deviance %.6g\n", q->pseudo_r2, q->deviance);
            continue;
        }
        fprintf(out, "R2 %.4f", q->r2);
        if (!isnan(q->adjusted_r2)) fprintf(out, ", adjusted %.4f", q->adjusted_r2);
        fprintf(out, ", within R2 %.4f, RMSE %.4g\n", q->within_r2, q->rmse);
    }
}

static void print_uniform(FILE *out, const jd_own_fit_t *fit)
{
    if (fit->uniform > 0)
        fprintf(out, "  %-18s intervals of event times hold for all at once: +- %.4g std.err\n",
                fit->name, fit->uniform);
}

/* ---- What to know ---- */

enum { FEW_TREATED = 5 };

bool jd_own_few_treated(const jd_own_data_t *data, const jd_own_result_t *r)
{
    bool by_clusters = false;
    for (int i = 0; i < r->n_fits; i++) {
        const char *name = r->fits[i].variance.name;
        by_clusters =
            by_clusters || (r->fits[i].applied && name && r->fits[i].variance.n_clusters &&
                            strcmp(name, "placebo") != 0);
    }
    return by_clusters && data->n_treated_clusters > 0 && data->n_treated_clusters <= FEW_TREATED &&
           data->n_clusters > 2 * data->n_treated_clusters;
}

static void print_few_treated(FILE *out, const jd_own_data_t *data, const jd_own_result_t *r)
{
    if (jd_own_few_treated(data, r))
        fprintf(
            out,
            "\n%" PRId32 " of %" PRId32 " clusters treated: standard errors by clusters may be "
            "far too small; see \3diagnose\2 conley_taber (errors with the same distribution in "
            "all clusters, many "
            "controls) and randomisation (any could have been treated)\n",
            data->n_treated_clusters, data->n_clusters);
}

static bool has_events(const jd_table_t *t, const char *estimator)
{
    char name[32];
    for (int64_t i = 0; i < t->rows; i++)
        if (jd_own_kind(t, i) == JD_OWN_EVENT && jd_own_event(t, i) >= 0 &&
            !strcmp(jd_table_text(t, JD_OWN_ESTIMATOR, i, name, sizeof name), estimator))
            return true;
    return false;
}

/* Estimators side by side differ in what their mean effect weighs. */
static void print_means(FILE *out, const jd_own_result_t *r)
{
    char names[160] = "";
    size_t at = 0;
    int others = 0;
    bool choice = false;
    for (int i = 0; i < r->n_fits; i++) {
        const jd_own_fit_t *fit = &r->fits[i];
        if (!fit->applied || !has_events(&r->estimates, fit->name)) continue;
        others += !fit->mean_of_events;
        if (!fit->mean_of_events) continue;
        choice = choice || fit->may_weigh_cells;
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", at ? ", " : "", fit->name);
    }
    if (at > 0 && others > 0)
        fprintf(out, "\natt is the plain mean over event times in %s, not in the others%s\n", names,
                choice ? " (\1cell-mean\2: over treated rows)" : "");
}

/* Reasons in the order of the first they hold for; names that share one stand together. */
static void print_reasons(FILE *out, const jd_own_result_t *r)
{
    int n = r->n_fits + r->n_diagnoses, told = 0;
    for (int i = 0; i < n; i++) {
        const jd_own_fit_t *fit = &r->fits[i];
        int before = 0;
        if (fit->applied) continue;
        while (before < i &&
               (r->fits[before].applied || strcmp(r->fits[before].reason, fit->reason) != 0))
            before++;
        if (before < i) continue;
        fprintf(out, "%s  %s", told++ ? "" : "\nDoes not apply\n", fit->name);
        for (int k = i + 1; k < n; k++)
            if (!r->fits[k].applied && !strcmp(r->fits[k].reason, fit->reason))
                fprintf(out, ", %s", r->fits[k].name);
        fprintf(out, ": %s\n", fit->reason);
    }
}

int jd_own_print(FILE *out, const jd_own_data_t *data, const jd_own_result_t *r, const char *path,
                 jd_ctx_t *ctx)
{
    print_head(out, data, path);
    int rc = jd_own_print_estimates(out, r, ctx);
    if (rc) return rc;
    print_means(out, r);
    print_few_treated(out, data, r);
    jd_own_print_diagnostics(out, r);
    print_quality(out, r);
    fprintf(out, "\nVariance\n");
    for (int i = 0; i < r->n_fits; i++)
        if (r->fits[i].applied) print_variance(out, &r->fits[i]);
    for (int i = 0; i < r->n_fits; i++)
        if (r->fits[i].applied) print_uniform(out, &r->fits[i]);
    for (int i = 0; i < r->n_fits; i++)
        if (r->fits[i].applied) print_left_out(out, &r->fits[i]);
    print_reasons(out, r);
    return JD_OK;
}
