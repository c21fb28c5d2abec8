/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/words.h"

#include <math.h>
#include <string.h>

#include "core/json.h"
#include "core/shown.h"
#include "model/policy.h"
#include "run/record/estimands.h"
#include "run/record/truth.h"
#include "run/setting.h"

/* ---- means over runs ---- */

typedef struct tally {
    double sum, squares;
    int64_t n;
} tally_t;

static void count(tally_t *t, double x)
{
    t->sum += x;
    t->squares += x * x;
    t->n++;
}

static jd_mean_t mean_of(const tally_t *t)
{
    jd_mean_t m = {(double)NAN, (double)NAN, t->n};
    if (t->n > 0) m.mean = t->sum / (double)t->n;
    if (t->n > 1) {
        double variance = (t->squares - t->sum * m.mean) / (double)(t->n - 1);
        m.error = sqrt(fmax(0, variance) / (double)t->n);
    }
    return m;
}

static bool reads(const jd_table_t *t, int column, int64_t row, const char *text)
{
    char cell[64];
    return strcmp(jd_table_text(t, column, row, cell, sizeof cell), text) == 0;
}

jd_mean_t jd_words_mean(const jd_study_result_t *r, const char *panel, const char *estimator,
                        int column)
{
    int shift = r->all_estimates.columns != NULL;
    const jd_table_t *t = shift ? &r->all_estimates : &r->estimates;
    tally_t tally = {0};
    for (int64_t i = 0; i < t->rows; i++) {
        if (reads(t, JD_EST_PANEL + shift, i, panel) &&
            reads(t, JD_EST_ESTIMATOR + shift, i, estimator) &&
            reads(t, JD_EST_TERM + shift, i, "att"))
            count(&tally, jd_table_number(t, column + shift, i));
    }
    return mean_of(&tally);
}

jd_mean_t jd_words_estimand(const jd_study_result_t *r, const char *outcome, const char *name)
{
    const jd_table_t *t = r->all_estimands.columns ? &r->all_estimands : &r->estimands;
    int estimand = jd_table_find(t, "estimand"), of = jd_table_find(t, "outcome"),
        term = jd_table_find(t, "term");
    tally_t tally = {0};
    for (int64_t i = 0; i < t->rows; i++) {
        if (reads(t, estimand, i, name) && reads(t, of, i, outcome) && reads(t, term, i, ""))
            count(&tally, jd_table_number(t, jd_table_find(t, "value"), i));
    }
    return mean_of(&tally);
}

/* ---- numbers for people ---- */

/* 1234567 as 1,234,567. */
static const char *grouped(int64_t n, char *buffer, size_t size)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)n);
    size_t at = 0;
    for (int i = 0; i < length && at + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-') buffer[at++] = ',';
        buffer[at++] = digits[i];
    }
    buffer[at] = '\0';
    return buffer;
}

/* What is printed as 0: rounding, of which nothing is a share. */
static bool is_zero(double x)
{
    return fabs(x) < 1e-12;
}

static double percent(double part, double whole)
{
    return is_zero(whole) ? (double)NAN : 100 * part / whole;
}

/* ---- the parts of the screen ---- */

static void print_simulated(FILE *out, const jd_config_t *config, const jd_study_result_t *r)
{
    static const char *const how[] = {"at random", "by development", "by fiscal capacity",
                                      "as whole prefectures", "as listed"};
    const jd_run_params_t *run = jd_config_section(config, "run");
    const jd_policy_params_t *policy = jd_config_section(config, "policy");
    const jd_run_facts_t *f = &r->facts;
    char a[32], b[32], c[32], d[32], from[8], to[8], adopts[8];
    fprintf(out, "Simulated   %s firms and %s officials in %s streets of %s counties, %s to %s\n",
            grouped(f->firms, a, sizeof a), grouped(f->officials, b, sizeof b),
            grouped(f->streets, c, sizeof c), grouped(f->counties, d, sizeof d),
            jd_quarter_text(run->start, from, sizeof from),
            jd_quarter_text((int32_t)(run->start + run->periods - 1), to, sizeof to));
    if (f->treated_counties > 0)
        fprintf(out, "            policy in %ld counties, assigned %s, %s %s\n",
                (long)f->treated_counties, how[policy->assignment],
                policy->adoption.n > 1 ? "in cohorts from" : "from",
                jd_quarter_text(run->start + f->first_treated_period - 1, adopts, sizeof adopts));
    else
        fprintf(out, "            no policy\n");
    fprintf(out, "            %.1f %% of firms move a year, ",
            100.0 * 4 * (double)f->moves / (double)f->firms / (double)f->periods);
    if (f->relocations > 0) {
        fprintf(out, "%.0f %% of moves cross a county border: %s relocations\n",
                percent((double)f->relocations, (double)f->moves),
                grouped(f->relocations, a, sizeof a));
        fprintf(out,
                "            (%.0f %% to another province; mean distance %.0f km); the empirical "
                "file shows %s\n",
                percent((double)(f->relocations - f->within_province), (double)f->relocations),
                f->distance, grouped(f->observed, b, sizeof b));
    } else {
        fprintf(out, "none across a county border\n");
    }
    if (r->replicates > 1)
        fprintf(out,
                "            %lld replicates, %lld failed; figures below are means, Monte-Carlo "
                "errors in brackets\n",
                (long long)r->replicates, (long long)r->failed);
}

/* Mean f and what it is made of: of F no parts add up. */
static void print_friction(FILE *out, const jd_study_result_t *r)
{
    static const char *const names[JD_FRICTION_PARTS] = {
        [JD_PART_TOOLKIT] = "toolkit", [JD_PART_CAPABILITY] = "capability",
        [JD_PART_TIME] = "time",       [JD_PART_WILLINGNESS] = "willingness",
        [JD_PART_SHOW] = "show",
    };
    const double over = 1.0 / (double)(r->replicates - r->failed);
    char number[32];
    fprintf(out, "\nFriction    mean f %.3f in the last quarter (mean F %.3f)",
            over * r->friction.log_friction, over * r->friction.friction);
    fputs("\n            ", out);
    for (int k = 0; k < JD_FRICTION_PARTS; k++) {
        const double part = over * r->friction.part[k];
        snprintf(number, sizeof number, "%+.3f", part);
        fprintf(out, "%s%s %s", k ? "   " : "= ", names[k], fabs(part) < 0.0005 ? "0" : number);
    }
    fputc('\n', out);
}

static void print_effect(FILE *out, const jd_study_result_t *r, const char *label, jd_mean_t effect,
                         double base, const char *meaning)
{
    char a[32], b[32];
    if (isnan(effect.mean)) return;
    fprintf(out, "            %-28s %8s", label, jd_shown(effect.mean, true, a));
    if (!isnan(effect.error)) fprintf(out, " (%s)", jd_shown(effect.error, false, b));
    if (!isnan(percent(effect.mean, base))) fprintf(out, "  %+.0f %%", percent(effect.mean, base));
    fprintf(out, "  %s", meaning);
    if (effect.n < r->replicates - r->failed)
        fprintf(out, "; %lld of %lld replicates", (long long)effect.n, (long long)r->replicates);
    fputc('\n', out);
}

static void print_truth(FILE *out, const jd_estimate_params_t *p, const jd_study_result_t *r)
{
    const char *outcome = jd_outcomes[p->outcome].name;
    jd_mean_t base = jd_words_estimand(r, outcome, "mean_without"),
              net = jd_words_estimand(r, outcome, "net_creation"),
              att = jd_words_estimand(r, outcome, "att"),
              ade = jd_words_estimand(r, outcome, "ade");
    char a[32];
    if (isnan(base.mean)) return;
    fprintf(out, "\nTruth       %s per treated county and quarter\n",
            jd_outcomes[p->outcome].words);
    fprintf(out, "            %-28s %8s\n", "without the policy", jd_shown(base.mean, false, a));
    print_effect(out, r, "total effect (ATT)", att, base.mean, "with the policy less without");
    /* Per cent of what it is added to, as ratio_ade: the outcome without the county's own. */
    print_effect(out, r, "direct effect (ADE)", ade, base.mean + att.mean - ade.mean,
                 "of a county's own treatment, the others' given");
    print_effect(out, r, "through added friction (NIE)", jd_words_estimand(r, outcome, "nie"),
                 base.mean, "what friction that the policy adds does to the dose");
    print_effect(out, r, "by other ways (NDE)", jd_words_estimand(r, outcome, "nde"), base.mean,
                 "at the friction there would be without it");
    jd_mean_t others = jd_words_estimand(r, outcome, "spillover_never");
    bool drawn = p->outcome == JD_FLOW_IN && others.mean < 0;
    print_effect(out, r, "on never-treated counties", others, base.mean,
                 drawn ? "firms drawn away" : "by others' policy");
    if (isnan(net.mean) || is_zero(att.mean) || p->outcome != JD_FLOW_IN) return;
    if (net.mean < 0 || net.mean > 1)
        fprintf(out,
                "            effects on all counties add up to %.0f %% of the %s: outside 0 to "
                "100 %% mostly by chance\n",
                100 * net.mean, att.mean < 0 ? "loss" : "gain");
    else if (att.mean < 0)
        fprintf(out,
                "            %.0f %% of the loss is lost to the country, the rest goes to other "
                "counties\n",
                100 * net.mean);
    else
        fprintf(out,
                "            %.0f %% of the gain is new to the country, the rest is displaced from "
                "other counties\n",
                100 * net.mean);
}

typedef struct row {
    char panel[16], estimator[32], label[40];
    int unit;  /* of its numbers */
    int64_t n; /* replicates its means rest on */
} row_t;
enum { ROWS_MAX = 64 };

static void name_row(row_t *row)
{
    static const char *const labels[][3] = {
        {"county", "2x2", "2x2"},
        {"county", "twfe", "TWFE"},
        {"county", "event_study", "event study, mean after adoption"},
        {"sector_county", "twfe", "triple difference (sector)"},
        {"firm", "twfe", "TWFE on firms"},
    };
    row->unit = jd_estimate_unit(row->panel, row->estimator);
    snprintf(row->label, sizeof row->label, "%s", row->estimator);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (!strcmp(row->panel, labels[i][0]) && !strcmp(row->estimator, labels[i][1]))
            snprintf(row->label, sizeof row->label, "%s", labels[i][2]);
}

/* Every panel and estimator with an overall effect, in the order they ran. */
static int list_rows(const jd_study_result_t *r, row_t rows[ROWS_MAX])
{
    int shift = r->all_estimates.columns != NULL, n = 0;
    const jd_table_t *t = shift ? &r->all_estimates : &r->estimates;
    for (int64_t i = 0; i < t->rows && n < ROWS_MAX; i++) {
        row_t *row = &rows[n];
        int seen = 0;
        if (!reads(t, JD_EST_TERM + shift, i, "att")) continue;
        jd_table_text(t, JD_EST_PANEL + shift, i, row->panel, sizeof row->panel);
        jd_table_text(t, JD_EST_ESTIMATOR + shift, i, row->estimator, sizeof row->estimator);
        while (strcmp(rows[seen].panel, row->panel) || strcmp(rows[seen].estimator, row->estimator))
            seen++;
        if (seen < n) continue;
        name_row(row);
        row->n = jd_words_mean(r, row->panel, row->estimator, JD_EST_ESTIMATE).n;
        n++;
    }
    return n;
}

static bool has_unit(const row_t *rows, int n, int unit)
{
    for (int i = 0; i < n; i++)
        if (rows[i].unit == unit) return true;
    return false;
}

static const struct {
    int column;
    const char *head, *key;
    bool sign;
} fields[] = {
    {JD_EST_ESTIMATE, "Estimate", "estimate", false},
    {JD_EST_STD_ERROR, "Std. error", "std_error", false},
    {JD_EST_ATT, "ATT", "att", false},
    {JD_EST_BIAS, "Bias", "bias", true},
    {JD_EST_MEASUREMENT, "Measurement", "measurement", true},
    {JD_EST_TRENDS, "Trends, chance", "trends", true},
    {JD_EST_WEIGHTS, "Weights, target", "weights", true},
    {JD_EST_ANTICIPATION, "Anticipation", "anticipation", true},
    {JD_EST_SPILLOVER, "Spillover", "spillover", true},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static void print_row(FILE *out, const jd_study_result_t *r, const row_t *row)
{
    char text[32];
    fprintf(out, "  %-32s", row->label);
    for (int c = 0; c < FIELDS; c++) {
        jd_mean_t m = jd_words_mean(r, row->panel, row->estimator, fields[c].column);
        fprintf(out, " %9s", jd_shown(m.mean, fields[c].sign, text));
    }
    fputc('\n', out);
    if (r->replicates < 2) return;
    snprintf(text, sizeof text, "%lld of %lld", (long long)row->n, (long long)r->replicates);
    fprintf(out, "    %-30s", text);
    for (int c = 0; c < FIELDS; c++) {
        char bracket[40];
        jd_mean_t m = jd_words_mean(r, row->panel, row->estimator, fields[c].column);
        snprintf(bracket, sizeof bracket, "(%s)", jd_shown(m.error, false, text));
        fprintf(out, " %9s", bracket);
    }
    fputc('\n', out);
}

static void print_estimates(FILE *out, const jd_study_result_t *r, const row_t *rows, int n)
{
    for (int u = 0; u < (int)JD_UNITS; u++) {
        if (!has_unit(rows, n, u)) continue;
        char head[48];
        snprintf(head, sizeof head, "Estimates%s", jd_unit_words[u].head);
        fprintf(out, "\n%-34s %9s %9s %9s %9s%10s%10s%10s%10s%10s\n", head, "estimate", "std.err",
                "ATT", "bias", "= meas-", "+ trends", "+ weights", "+ antici-", "+ spill-");
        fprintf(out, "%-34s%40s%10s%10s%10s%10s%10s\n",
                r->replicates > 1 ? "    replicates behind each mean" : "", "", "urement", "chance",
                "target", "pation", "over");
        for (int i = 0; i < n; i++)
            if (rows[i].unit == u) print_row(out, r, &rows[i]);
    }
}

static void put_json_number(FILE *out, const char *key, double x)
{
    fprintf(out, ", \"%s\": ", key);
    jd_json_number(out, x);
}

/* What a row's numbers are measured in: mean effects in the unit of their outcome. */
static const char *unit_of(const jd_study_result_t *r, const row_t *row)
{
    const jd_table_t *t = r->all_estimates.columns ? &r->all_estimates : &r->estimates;
    const int shift = r->all_estimates.columns ? 1 : 0;
    char name[32];
    if (row->unit != JD_TARGET_MEAN) return jd_unit_words[row->unit].key;
    for (int64_t i = 0; i < t->rows; i++) {
        if (!reads(t, JD_EST_PANEL + shift, i, row->panel) ||
            !reads(t, JD_EST_ESTIMATOR + shift, i, row->estimator))
            continue;
        const jd_outcome_t *o =
            jd_outcome_find(jd_table_text(t, JD_EST_QUANTITY + shift, i, name, sizeof name));
        return o && o >= jd_outcomes + JD_FLOW_KINDS ? o->unit : jd_unit_words[row->unit].key;
    }
    return jd_unit_words[row->unit].key;
}

static void put_json_row(FILE *out, const jd_study_result_t *r, const row_t *row, bool first)
{
    fprintf(out, "%s\n  {\"panel\": ", first ? "" : ",");
    jd_json_text(out, row->panel);
    fputs(", \"estimator\": ", out);
    jd_json_text(out, row->estimator);
    fprintf(out, ", \"unit\": \"%s\"", unit_of(r, row));
    if (r->replicates > 1) fprintf(out, ", \"replicates\": %lld", (long long)row->n);
    for (int c = 0; c < FIELDS; c++) {
        jd_mean_t m = jd_words_mean(r, row->panel, row->estimator, fields[c].column);
        char key[40];
        put_json_number(out, fields[c].key, m.mean);
        snprintf(key, sizeof key, "%s_mcse", fields[c].key);
        if (r->replicates > 1) put_json_number(out, key, m.error);
    }
    fputc('}', out);
}

/* One row between `open`, `between` and `close`; Monte-Carlo errors in brackets behind the means.
 */
static void put_row(FILE *out, const jd_study_result_t *r, const row_t *row, const char *open,
                    const char *between, const char *close)
{
    fprintf(out, "%s%s", open, row->label);
    for (int c = 0; c < FIELDS; c++) {
        char mean[32], error[32];
        jd_mean_t m = jd_words_mean(r, row->panel, row->estimator, fields[c].column);
        fprintf(out, "%s%s", between, jd_shown(m.mean, fields[c].sign, mean));
        if (!isnan(m.error)) fprintf(out, " (%s)", jd_shown(m.error, false, error));
    }
    if (r->replicates > 1) fprintf(out, "%s%lld", between, (long long)row->n);
    fprintf(out, "%s\n", close);
}

static void put_head(FILE *out, int unit, bool several, bool latex)
{
    const int n = FIELDS + several;
    if (latex) fputs("\\begin{tabular}{l", out);
    for (int c = 0; latex && c < n; c++)
        fputc('r', out);
    if (latex) fputs("}\n\\hline\n", out);
    fprintf(out, "%sEstimator%s", latex ? "" : "| ", jd_unit_words[unit].head);
    for (int c = 0; c < FIELDS; c++)
        fprintf(out, latex ? " & %s" : " | %s", fields[c].head);
    if (several) fprintf(out, "%sReplicates", latex ? " & " : " | ");
    fputs(latex ? " \\\\\n\\hline\n" : " |\n| ---", out);
    for (int c = 0; !latex && c < n; c++)
        fputs(" | ---:", out);
    if (!latex) fputs(" |\n", out);
}

/* A table for each unit there is. */
static void put_tables(FILE *out, const jd_study_result_t *r, const row_t *rows, int n, bool latex)
{
    bool first = true;
    for (int u = 0; u < (int)JD_UNITS; u++) {
        if (u > 0 && !has_unit(rows, n, u)) continue;
        if (u == 0 && n > 0 && !has_unit(rows, n, u)) continue;
        if (!first) fputc('\n', out);
        first = false;
        put_head(out, u, r->replicates > 1, latex);
        for (int i = 0; i < n; i++)
            if (rows[i].unit == u)
                put_row(out, r, &rows[i], latex ? "" : "| ", latex ? " & " : " | ",
                        latex ? " \\\\" : " |");
        if (latex) fputs("\\hline\n\\end{tabular}\n", out);
    }
}

void jd_words_table(FILE *out, const jd_study_result_t *r, jd_words_format_t format)
{
    row_t rows[ROWS_MAX];
    int n = list_rows(r, rows);
    if (format != JD_WORDS_JSON) {
        put_tables(out, r, rows, n, format == JD_WORDS_LATEX);
        return;
    }
    fputc('[', out);
    for (int i = 0; i < n; i++)
        put_json_row(out, r, &rows[i], i == 0);
    fputs("\n]\n", out);
}

/* The largest part of a bias besides trends and chance, in words; *size is its value, *together
 * what all of them would be if none cancelled another. */
static const char *largest_part(double measurement, double weights, double anticipation,
                                double spillover, bool inflow, double *size, double *together)
{
    const double value[] = {measurement, weights, anticipation, spillover};
    const char *const words[] = {"relocations the empirical file misses or misdates",
                                 "the weights the estimator gives to periods and cohorts",
                                 "what announced counties do before adoption",
                                 inflow && spillover > 0 ? "firms drawn away from control counties"
                                                         : "effects on control counties"};
    int best = 0;
    *together = 0;
    for (int i = 0; i < 4; i++) {
        if (fabs(value[i]) > fabs(value[best])) best = i;
        *together += fabs(value[i]);
    }
    *size = value[best];
    return words[best];
}

static double mean_for(const jd_study_result_t *r, const row_t *row, int column)
{
    return jd_words_mean(r, row->panel, row->estimator, column).mean;
}

/* How an estimate without trends and chance lies to the effect. */
static void print_side(FILE *out, const row_t *row, double att, double systematic, bool apart)
{
    char a[32];
    const char *unit = row->unit == JD_TARGET_LOG_RATIO  ? " log points"
                       : row->unit == JD_TARGET_PER_DOSE ? " per unit of dose"
                                                         : "";
    fprintf(out, "  %s%s", apart ? "Trends and chance apart, " : "", row->label);
    jd_shown(fabs(systematic), false, a);
    if (att > 0 && !is_zero(att) && att + systematic >= 0)
        fprintf(out, " %s the total effect by %s%s", systematic > 0 ? "overstates" : "understates",
                a, unit);
    else
        fprintf(out, " lies %s%s %s the total effect", a, unit, systematic > 0 ? "above" : "below");
    if (!is_zero(att)) fprintf(out, " (%.0f %%)", fabs(percent(systematic, att)));
}

/* An estimate's bias besides trends and chance, and what it is made of. */
static void print_bias(FILE *out, const jd_study_result_t *r, const row_t *row, double trends,
                       bool inflow)
{
    double att = mean_for(r, row, JD_EST_ATT), size, together;
    double systematic = mean_for(r, row, JD_EST_BIAS) - trends;
    const char *part =
        largest_part(mean_for(r, row, JD_EST_MEASUREMENT), mean_for(r, row, JD_EST_WEIGHTS),
                     mean_for(r, row, JD_EST_ANTICIPATION), mean_for(r, row, JD_EST_SPILLOVER),
                     inflow, &size, &together);
    char a[32];
    double least = fmax(0.02 * fabs(att), 0.5e-5); /* less than the table shows */
    bool apart = fabs(trends) >= least;
    if (fabs(systematic) < least) {
        fprintf(out, "  %s recovers the total effect but for trends and chance (%s).\n", row->label,
                jd_shown(trends, true, a));
        return;
    }
    print_side(out, row, att, systematic, apart);
    if (together > 1.3 * fabs(systematic))
        fprintf(out, ", a sum of parts that partly cancel;\n  the largest, %s, is %s.\n",
                jd_shown(size, true, a), part);
    else
        fprintf(out, ",%s%s %s.\n", apart ? "\n  " : " ",
                fabs(size) > 0.9 * fabs(systematic)   ? "nearly all of it"
                : fabs(size) > 0.5 * fabs(systematic) ? "most of it"
                                                      : "the largest part of it",
                part);
}

static void print_against_direct(FILE *out, const jd_study_result_t *r, const row_t *row,
                                 double trends)
{
    double ade = mean_for(r, row, JD_EST_ADE);
    double off = percent(mean_for(r, row, JD_EST_BIAS_ADE) - trends, ade);
    char a[32];
    if (isnan(off)) return;
    jd_shown(ade, true, a);
    if (fabs(off) < 10)
        fprintf(out, "  Of the direct effect (%s) it is within %.1f %%, trends and chance apart.\n",
                a, fabs(off));
    else
        fprintf(out, "  The direct effect (%s) it misses by %.0f %%, trends and chance apart.\n", a,
                fabs(off));
}

/* Monte-Carlo errors that a mean of n lies from 0 by chance once in twenty: Student's t. */
static double errors_needed(int64_t n)
{
    static const double few[] = {12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26};
    const int64_t df = n - 1, known = (int64_t)(sizeof few / sizeof *few);
    return df <= known ? few[df - 1] : df < 30 ? 2.2 : 2;
}

static void print_trends(FILE *out, const jd_study_result_t *r, const row_t *row, jd_mean_t trends)
{
    double error = mean_for(r, row, JD_EST_STD_ERROR);
    char a[32], b[32];
    jd_shown(trends.mean, true, a);
    if (trends.n > 1) {
        bool bias_found =
            !is_zero(trends.mean) && fabs(trends.mean) > errors_needed(trends.n) * trends.error;
        fprintf(out, "  Trends: %s (Monte-Carlo error %s): %s.\n", a,
                jd_shown(trends.error, false, b),
                bias_found ? "a trend bias" : "no trend bias beyond chance");
    } else if (error > 0) {
        fprintf(out,
                "  Trends and chance add %s, %.1f standard errors (%s): one draw. Only its mean "
                "over replicates is a\n"
                "  trend bias%s.\n",
                a, fabs(trends.mean) / error, jd_shown(error, false, b),
                r->replicates > 1 ? "" : ": --replicates 50 shows it");
    }
}

/* Whether all parts of the bias are known, in all replicates that its mean rests on. */
static bool has_parts(const jd_study_result_t *r, const row_t *row)
{
    static const int parts[] = {JD_EST_MEASUREMENT, JD_EST_TRENDS, JD_EST_WEIGHTS,
                                JD_EST_ANTICIPATION, JD_EST_SPILLOVER};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        if (isnan(mean_for(r, row, parts[k]))) return false;
    return true;
}

/* TWFE on the county panel, or else the first that estimates a mean effect, or else the first;
 * firms have another outcome than the truth above. */
static const row_t *spoken_of(const jd_study_result_t *r, const row_t *rows, int n)
{
    const row_t *best = NULL;
    int rank = 0;
    for (int i = 0; i < n; i++) {
        bool mean = rows[i].unit == JD_TARGET_MEAN, county = !strcmp(rows[i].panel, "county");
        int of = 1 + mean + 2 * (mean && county) + 4 * !strcmp(rows[i].label, "TWFE");
        if (rows[i].unit == JD_UNIT_PER_FIRM || of <= rank ||
            isnan(mean_for(r, &rows[i], JD_EST_BIAS)) || !has_parts(r, &rows[i]))
            continue;
        best = &rows[i];
        rank = of;
    }
    return best;
}

/* What one estimator makes of the truth; nothing where none applies. */
static void print_sentences(FILE *out, const jd_estimate_params_t *p, const jd_study_result_t *r,
                            const row_t *rows, int n)
{
    const row_t *row = spoken_of(r, rows, n);
    if (!row) return;
    jd_mean_t trends = jd_words_mean(r, row->panel, row->estimator, JD_EST_TRENDS);
    fprintf(out, "\nIn words\n");
    print_bias(out, r, row, trends.mean, p->outcome == JD_FLOW_IN);
    print_against_direct(out, r, row, trends.mean);
    print_trends(out, r, row, trends);
}

/* A number, or a dash where there is none. */
static void put_fact(FILE *out, double x)
{
    char number[32] = "-";
    if (!isnan(x)) snprintf(number, sizeof number, x < 10 ? "%.3f" : "%.0f", x);
    fprintf(out, " %9s", number);
}

/* Numbers beside those of a text, each with what it is worth. */
static void print_facts(FILE *out, const jd_study_result_t *r)
{
    if (r->n_facts == 0) return;
    fprintf(out, "\n%-42s %-10s %8s %9s %9s\n", "Against the text", "status", "here", "text",
            "null");
    for (int i = 0; i < r->n_facts; i++) {
        const jd_fact_t *f = &r->fact[i];
        fprintf(out, "  %-40s %-9s", f->name, f->status);
        put_fact(out, f->value);
        put_fact(out, f->text);
        put_fact(out, f->null);
        fprintf(out, "%s%s\n", f->of_null ? "  " : "", f->of_null ? f->of_null : "");
    }
    static const char *const kinds[] = {"fit", "given", "recovery", "test", "reported"};
    static const char *const said[] = {"fitted", "given", "recovered", "tested", "reported"};
    for (int k = 0; k < 5; k++) {
        int n = 0;
        for (int i = 0; i < r->n_facts; i++)
            n += strcmp(r->fact[i].status, kinds[k]) == 0;
        fprintf(out, "%s%d %s", k ? ", " : "  ", n, said[k]);
    }
    fputc('\n', out);
}

void jd_words_print(FILE *out, const jd_config_t *config, const jd_study_result_t *r,
                    const char *path)
{
    const jd_estimate_params_t *p = jd_config_section(config, "estimate");
    row_t rows[ROWS_MAX];
    int n = list_rows(r, rows);
    print_simulated(out, config, r);
    print_friction(out, r);
    print_truth(out, p, r);
    print_estimates(out, r, rows, n);
    print_sentences(out, p, r, rows, n);
    print_facts(out, r);
    fprintf(out, "\nWritten     %s\n", path);
}
