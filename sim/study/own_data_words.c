/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the estimators make of a user's own data, for people. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "study/own_data.h"

/* ---- Head ---- */

static void print_dropped(FILE *out, const jd_own_data_t *data)
{
    static const char *const words[JD_OWN_REASONS] = {"no outcome",
                                                      "no unit",
                                                      "no period",
                                                      "no treatment",
                                                      "no weight",
                                                      "no covariate",
                                                      "no cluster or fixed effect",
                                                      "no place"};
    int64_t total = data->n_rows - data->panel.n;
    if (total == 0) return;
    fprintf(out, "Dropped     %" PRId64 " of %" PRId64 " rows: ", total, data->n_rows);
    const char *between = "";
    for (int i = 0; i < JD_OWN_REASONS; i++) {
        if (data->dropped[i] == 0) continue;
        fprintf(out, "%s%" PRId64 " with %s", between, data->dropped[i], words[i]);
        between = ", ";
    }
    fputs(" (missing or not finite)\n", out);
}

static void print_head(FILE *out, const jd_own_data_t *data, const char *path)
{
    static const char *const units[] = {"",         ", years", ", quarters",
                                        ", months", ", weeks", ", days"};
    char first[32], last[32];
    fprintf(out, "Data        %s: %" PRId64 " rows, periods %s to %s%s\n", path, data->n_rows,
            jd_own_period_text(data, data->first, first, sizeof first),
            jd_own_period_text(data, data->last, last, sizeof last), units[data->period]);
    fprintf(out, "Outcome     %s\n", data->y_name);
    print_dropped(out, data);
}

/* ---- Estimates ---- */

/* Five digits, and never in exponents what people read without. */
static const char *shown(double x, char buffer[32])
{
    double size = fabs(x);
    if (isnan(x))
        snprintf(buffer, 32, "-");
    else if (size != 0 && (size < 1e-4 || size >= 1e7))
        snprintf(buffer, 32, "%.3e", x);
    else
        snprintf(buffer, 32, "%.*f", size < 10 ? 5 : size < 1000 ? 3 : 1, x);
    return buffer;
}

static double cell(const jd_own_result_t *r, int column, int64_t row)
{
    return jd_table_number(&r->estimates, column, row);
}

static const char *text_cell(const jd_own_result_t *r, int column, int64_t row,
                             char buffer[JD_TERM_NAME + 8])
{
    return jd_table_text(&r->estimates, column, row, buffer, JD_TERM_NAME + 8);
}

static void print_estimates(FILE *out, const jd_own_result_t *r)
{
    char name[JD_TERM_NAME + 8], term[JD_TERM_NAME + 8], number[5][32];
    fprintf(out, "\n%-18s %-14s %11s %11s %23.4g %% %9s %9s %8s %8s\n", "Estimator", "term",
            "estimate", "std.err", 100 * r->level, "p", "rows", "units", "clusters");
    for (int64_t i = 0; i < r->estimates.rows; i++) {
        for (int k = 0; k < 5; k++)
            shown(cell(r, JD_OWN_ESTIMATE + k, i), number[k]);
        double p = cell(r, JD_OWN_P_VALUE, i);
        if (p < 1e-4)
            snprintf(number[4], sizeof number[4], "<0.0001");
        else if (!isnan(p))
            snprintf(number[4], sizeof number[4], "%.4f", p);
        fprintf(out, "%-18s %-14s %11s %11s %12s %12s %9s %9.0f %8.0f %8.0f\n",
                text_cell(r, JD_OWN_ESTIMATOR, i, name), text_cell(r, JD_OWN_TERM, i, term),
                number[0], number[1], number[2], number[3], number[4], cell(r, JD_OWN_N_OBS, i),
                cell(r, JD_OWN_N_UNITS, i), cell(r, JD_OWN_N_CLUSTERS, i));
    }
}

/* ---- Foot ---- */

static void print_variance(FILE *out, const jd_own_fit_t *fit)
{
    const jd_vcov_facts_t *v = &fit->variance;
    fprintf(out, "  %-18s %s", fit->estimator->name, v->name ? v->name : "-");
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
                   {d->always_treated, "rows of units treated from the first period on"},
                   {d->singleton, "rows alone in a level of a fixed effect"},
                   {fit->facts.n_incomplete, "rows of units not seen in every period"},
                   {fit->facts.n_uncontrolled, "rows of periods without an untreated unit"},
                   {fit->facts.n_collinear, "collinear terms"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].n > 0)
            fprintf(out, "  %-18s leaves out %" PRId64 " %s\n", fit->estimator->name, reasons[i].n,
                    reasons[i].words);
}

void jd_own_print(FILE *out, const jd_own_data_t *data, const jd_own_result_t *r, const char *path)
{
    bool some = false;
    print_head(out, data, path);
    print_estimates(out, r);
    fprintf(out, "\nVariance\n");
    for (int i = 0; i < r->n_fits; i++) {
        if (!r->fits[i].reason) print_variance(out, &r->fits[i]);
        some = some || r->fits[i].reason;
    }
    for (int i = 0; i < r->n_fits; i++)
        if (!r->fits[i].reason) print_left_out(out, &r->fits[i]);
    if (some) fprintf(out, "\nDoes not apply\n");
    for (int i = 0; i < r->n_fits; i++)
        if (r->fits[i].reason)
            fprintf(out, "  %s: %s\n", r->fits[i].estimator->name, r->fits[i].reason);
}

/* ---- Tables ---- */

/* Names are the user's: signs that mean something to the format are escaped. */
static void put_text(FILE *out, const char *text, jd_own_format_t format)
{
    for (; *text; text++) {
        if (format == JD_OWN_LATEX && strchr("_&%$#{}", *text)) fputc('\\', out);
        if (format == JD_OWN_MARKDOWN && strchr("|_*", *text)) fputc('\\', out);
        if (format == JD_OWN_JSON && strchr("\"\\", *text)) fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_json(FILE *out, const jd_own_result_t *r, int64_t row)
{
    char text[JD_TERM_NAME + 8];
    fprintf(out, "%s\n  {", row ? "," : "");
    for (int c = 0; c < JD_OWN_COLUMNS; c++) {
        fprintf(out, "%s\"%s\": ", c ? ", " : "", r->estimates.columns[c].name);
        double x = cell(r, c, row);
        if (c <= JD_OWN_TERM) {
            fputc('"', out);
            put_text(out, text_cell(r, c, row, text), JD_OWN_JSON);
            fputc('"', out);
        } else if (isfinite(x)) {
            fprintf(out, "%.17g", x);
        } else {
            fputs("null", out);
        }
    }
    fputc('}', out);
}

static void put_row(FILE *out, const jd_own_result_t *r, int64_t row, jd_own_format_t format)
{
    bool latex = format == JD_OWN_LATEX;
    char text[JD_TERM_NAME + 8], number[32];
    fputs(latex ? "" : "| ", out);
    put_text(out, text_cell(r, JD_OWN_ESTIMATOR, row, text), format);
    fputs(latex ? " & " : " | ", out);
    put_text(out, text_cell(r, JD_OWN_TERM, row, text), format);
    for (int c = JD_OWN_ESTIMATE; c <= JD_OWN_P_VALUE; c++)
        fprintf(out, "%s%s", latex ? " & " : " | ", shown(cell(r, c, row), number));
    for (int c = JD_OWN_N_OBS; c < JD_OWN_COLUMNS; c++)
        fprintf(out, "%s%.0f", latex ? " & " : " | ", cell(r, c, row));
    fputs(latex ? " \\\\\n" : " |\n", out);
}

void jd_own_print_table(FILE *out, const jd_own_result_t *r, jd_own_format_t format)
{
    if (format == JD_OWN_JSON) fputc('[', out);
    if (format == JD_OWN_LATEX)
        fputs("\\begin{tabular}{llrrrrrrrr}\n\\hline\nEstimator & Term & Estimate & Std. error & "
              "Low & High & p & Rows & Units & "
              "Clusters \\\\\n\\hline\n",
              out);
    if (format == JD_OWN_MARKDOWN)
        fputs("| Estimator | Term | Estimate | Std. error | Low | High | p | Rows | Units | "
              "Clusters |\n"
              "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
              out);
    for (int64_t row = 0; row < r->estimates.rows; row++) {
        if (format == JD_OWN_JSON)
            put_json(out, r, row);
        else
            put_row(out, r, row, format);
    }
    if (format == JD_OWN_JSON) fputs("\n]\n", out);
    if (format == JD_OWN_LATEX) fputs("\\hline\n\\end{tabular}\n", out);
}
