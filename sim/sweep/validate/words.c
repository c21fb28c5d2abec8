/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A validation for people: a block a point, a line an estimator, Monte-Carlo errors below in
 * brackets; and ours beside published values. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/shown.h"
#include "sweep/dgp/dgp.h"
#include "sweep/validate/validate.h"

static const struct {
    const char *measure, *head;
    bool rate; /* an interval stands below it, not an error */
} shown[] = {{"truth", "truth", false},    {"bias", "bias", false},
             {"sd", "SD", false},          {"rmse", "RMSE", false},
             {"se_ratio", "SE/SD", false}, {"coverage", "coverage", true},
             {"power", "power", true},     {"size", "size", true},
             {"passed", "pretest", true},  {"bias_if_passed", "bias if", false},
             {"failed", "failed", true}};
enum { SHOWN = sizeof shown / sizeof *shown, WIDTH = 10, RATE_WIDTH = 11 };

static int width_of(int m)
{
    return shown[m].rate ? RATE_WIDTH : WIDTH;
}

static const struct {
    const char *measure, *words;
} parts[] = {{"part_measurement", "measurement"},
             {"part_trends", "trends and chance"},
             {"part_weights", "weights and target"},
             {"part_anticipation", "anticipation"},
             {"part_spillover", "spillover"}};
enum { PARTS = sizeof parts / sizeof *parts };

/* A block of rows of one series and target: rows first ... end - 1. */
typedef struct block {
    const jd_table_t *table;
    int64_t first, end;
    char panel[16], estimator[32], target[8], term[16];
    int32_t point;
} block_t;

static void read_block(block_t *b, const jd_table_t *t, int64_t row)
{
    b->table = t;
    b->first = row;
    b->point = JD_CELLS(t, JD_VAL_POINT, int32_t)[row];
    jd_table_text(t, JD_VAL_PANEL, row, b->panel, sizeof b->panel);
    jd_table_text(t, JD_VAL_ESTIMATOR, row, b->estimator, sizeof b->estimator);
    jd_table_text(t, JD_VAL_TARGET, row, b->target, sizeof b->target);
    jd_table_text(t, JD_VAL_TERM, row, b->term, sizeof b->term);
    for (b->end = row + 1; b->end < t->rows; b->end++) {
        char text[32];
        if (JD_CELLS(t, JD_VAL_POINT, int32_t)[b->end] != b->point ||
            strcmp(jd_table_text(t, JD_VAL_ESTIMATOR, b->end, text, sizeof text), b->estimator) ||
            strcmp(jd_table_text(t, JD_VAL_TERM, b->end, text, sizeof text), b->term) ||
            strcmp(jd_table_text(t, JD_VAL_TARGET, b->end, text, sizeof text), b->target) ||
            strcmp(jd_table_text(t, JD_VAL_PANEL, b->end, text, sizeof text), b->panel))
            break;
    }
}

static jd_mc_value_t find(const block_t *b, const char *measure)
{
    char text[32];
    for (int64_t i = b->first; i < b->end; i++)
        if (!strcmp(jd_table_text(b->table, JD_VAL_MEASURE, i, text, sizeof text), measure))
            return (jd_mc_value_t){JD_CELLS(b->table, JD_VAL_VALUE, double)[i],
                                   JD_CELLS(b->table, JD_VAL_MCSE, double)[i],
                                   JD_CELLS(b->table, JD_VAL_N, int64_t)[i],
                                   JD_CELLS(b->table, JD_VAL_LOW, double)[i],
                                   JD_CELLS(b->table, JD_VAL_HIGH, double)[i]};
    return (jd_mc_value_t){(double)NAN, (double)NAN, 0, (double)NAN, (double)NAN};
}

/* An end of a share's interval, without the 0 before the point. */
static const char *end_text(double end, char text[8])
{
    char digits[16];
    snprintf(digits, sizeof digits, "%.3f", end);
    if (end <= 0 || !strcmp(digits, "1.000"))
        snprintf(text, 8, end <= 0 ? "0" : "1");
    else
        snprintf(text, 8, "%.6s", digits + 1);
    return text;
}

/* "(0.0123)", or of a rate "[.921,.968]". */
static const char *below(int m, jd_mc_value_t v, char text[40])
{
    char number[JD_SHOWN], low[8], high[8];
    if (shown[m].rate && !isnan(v.low))
        snprintf(text, 40, "[%s,%s]", end_text(v.low, low), end_text(v.high, high));
    else
        snprintf(text, 40, "(%s)", jd_shown(v.mcse, false, number));
    return text;
}

static void print_failure(FILE *out, const block_t *b, const jd_config_t *config,
                          const jd_plan_t *plan)
{
    char reason[JD_RUN_MESSAGE];
    if (find(b, "failed").value != 1) return;
    if (jd_validate_reason(config, plan, b->point - 1, b->estimator, reason))
        fprintf(out, "\n      every fit failed: %s", reason);
    else
        fputs("\n      every fit failed; jiedao run with this config says why", out);
}

/* A way of inference that an estimator cannot have: one line, with the reason. */
static bool print_left_out(FILE *out, const block_t *b, const jd_config_t *config,
                           const jd_plan_t *plan)
{
    char reason[JD_RUN_MESSAGE];
    if (!strchr(b->estimator, ':') || find(b, "failed").value != 1) return false;
    bool known = jd_validate_reason(config, plan, b->point - 1, b->estimator, reason);
    fprintf(out, "  %-32s left out: %s\n", b->estimator,
            known ? reason : "jiedao run with this config says why");
    return true;
}

static void print_block(FILE *out, const block_t *b, const jd_config_t *config,
                        const jd_plan_t *plan)
{
    char text[32], bracket[40];
    if (print_left_out(out, b, config, plan)) return;
    /* With a way of inference the name may take the room of the panel's too. */
    int over = (int)strlen(b->estimator) - 18, panel = over > 0 ? 13 - over : 13;
    fprintf(out, "  %-18s %-*s %-4s", b->estimator, panel > 1 ? panel : 1, b->panel, b->target);
    for (int m = 0; m < SHOWN; m++)
        fprintf(out, " %*s", width_of(m), jd_shown(find(b, shown[m].measure).value, false, text));
    fprintf(out, "\n  %-37s", "");
    for (int m = 0; m < SHOWN; m++)
        fprintf(out, " %*s", width_of(m), below(m, find(b, shown[m].measure), bracket));
    bool some = false;
    for (int p = 0; p < PARTS; p++) {
        jd_mc_value_t v = find(b, parts[p].measure);
        if (isnan(v.value) || fabs(v.value) < 1e-12) continue;
        fprintf(out, "%s %s %s", some ? "," : "\n      bias: ", parts[p].words,
                jd_shown(v.value, false, text));
        fprintf(out, " (%s)", jd_shown(v.mcse, false, text));
        some = true;
    }
    print_failure(out, b, config, plan);
    fputc('\n', out);
}

static void print_head(FILE *out, int unit)
{
    char head[48];
    int at = 37;
    snprintf(head, sizeof head, "overall effect%s", jd_unit_words[unit].head);
    if (unit == JD_TARGET_MEAN)
        fprintf(out, "\n  %-18s %-13s %-4s", head, "panel", "of");
    else
        fprintf(out, "\n  %-32s %-4s", head, "of");
    for (int m = 0; m < SHOWN; m++)
        fprintf(out, " %*s", width_of(m), shown[m].head);
    for (int m = 0; m < SHOWN - 1; m++)
        at += 1 + width_of(m);
    fprintf(out, "\n  %*s\n", at, "passed");
}

static void print_point(FILE *out, const jd_validation_t *v, int32_t point)
{
    char value[JD_PLAN_VALUE];
    fprintf(out, "\nPoint %d", point);
    for (int f = 0; f < v->plan.n_factors; f++)
        fprintf(out, "%s %s = %s", f ? "," : ":", v->plan.factors[f].name,
                jd_plan_value(&v->plan, point - 1, f, value));
}

/* The overall effects of a point from `row` on, those of one unit together. Returns the row behind
 * them. */
static int64_t print_effects(FILE *out, const jd_validation_t *v, const jd_config_t *config,
                             int64_t row)
{
    int64_t end = row;
    int32_t point = JD_CELLS(&v->table, JD_VAL_POINT, int32_t)[row];
    print_point(out, v, point);
    for (int u = 0; u < (int)JD_UNITS; u++) {
        bool some = false;
        for (end = row;
             end < v->table.rows && JD_CELLS(&v->table, JD_VAL_POINT, int32_t)[end] == point;) {
            block_t b;
            read_block(&b, &v->table, end);
            end = b.end;
            if (strcmp(b.term, "att") != 0 || jd_estimate_unit(b.panel, b.estimator) != u) continue;
            if (!some) print_head(out, u);
            some = true;
            print_block(out, &b, config, &v->plan);
        }
    }
    return end;
}

/* ---- Beside what was published ---- */

static jd_mc_value_t find_ours(const jd_validation_t *v, int32_t point, const char *estimator,
                               const char *measure)
{
    for (int64_t i = 0; i < v->table.rows;) {
        block_t b;
        read_block(&b, &v->table, i);
        if (b.point == point && !strcmp(b.estimator, estimator) && !strcmp(b.term, "att") &&
            !strcmp(b.target, "att"))
            return find(&b, measure);
        i = b.end;
    }
    return (jd_mc_value_t){(double)NAN, (double)NAN, 0, (double)NAN, (double)NAN};
}

static void print_published(FILE *out, const jd_validate_params_t *p, const jd_validation_t *v)
{
    char ours[32], error[32], theirs[32], value[JD_PLAN_VALUE];
    const char *measure = jd_mc_name((jd_mc_measure_t)p->published_measure);
    int apart = 0, missing = 0, n = p->published.n;
    if (n == 0) return;
    fprintf(out, "\nPublished   %s of %s%s%s\n", measure, p->published_estimator,
            p->published_source[0] ? ": " : "", p->published_source);
    if (n != v->plan.n_points) {
        fprintf(out,
                "  %d values, and the design's points are %" PRId64 ": none is compared "
                "(validate.published has one a point)\n",
                n, v->plan.n_points);
        return;
    }
    fprintf(out, "  %-34s %9s %9s %11s %9s %s\n", "point", "ours", "(error)", "published",
            "(error)", "apart by");
    for (int i = 0; i < n; i++) {
        char label[64] = "";
        jd_mc_value_t o = find_ours(v, i + 1, p->published_estimator, measure);
        double e = p->published_error.n == 0   ? 0
                   : p->published_error.n == 1 ? p->published_error.value[0]
                                               : p->published_error.value[i];
        double sum = sqrt((isnan(o.mcse) ? 0 : o.mcse * o.mcse) + e * e);
        double gap = o.value - p->published.value[i];
        for (int f = 0; f < v->plan.n_factors && !label[0]; f++)
            snprintf(label, sizeof label, "%.28s = %.28s", v->plan.factors[f].name,
                     jd_plan_value(&v->plan, i, f, value));
        fprintf(out, "  %-34s %9s %9s %11s", label[0] ? label : "1", jd_shown(o.value, false, ours),
                jd_shown(o.mcse, false, error), jd_shown(p->published.value[i], false, theirs));
        fprintf(out, " %9s", e > 0 ? jd_shown(e, false, error) : "unknown");
        if (sum > 1e-12 * fabs(o.value))
            fprintf(out, " %.1f Monte-Carlo errors\n", fabs(gap) / sum);
        else
            fprintf(out, " %s\n", jd_shown(fabs(gap), false, ours));
        missing += isnan(gap);
        apart += sum > 1e-12 * fabs(o.value) ? fabs(gap) > 3 * sum
                                             : fabs(gap) > 0.006 * fabs(p->published.value[i]);
    }
    if (missing)
        fprintf(out,
                "  %d of %d are not there: validate.published_estimator is to be one that ran.\n",
                missing, n);
    else if (apart == 0)
        fputs("  All agree within three Monte-Carlo errors (values without error: to the digits "
              "printed).\n",
              out);
    else
        fprintf(out, "  %d of %d differ by more than that.\n", apart, n);
}

static void print_stop(FILE *out, int64_t most, const char *of, double largest, const char *key,
                       double goal)
{
    char error[JD_SHOWN];
    if (largest <= goal) return;
    fprintf(out,
            "Stopped     at validate.most = %" PRId64
            ": the largest Monte-Carlo error of %s is %s, not validate.%s = %g\n",
            most, of, jd_shown(largest, false, error), key, goal);
}

void jd_validate_print(FILE *out, const jd_config_t *config, const jd_validation_t *v,
                       const char *path)
{
    const jd_dgp_params_t *dgp = jd_config_section(config, "dgp");
    fprintf(out, "Data        %s", dgp->kind ? jd_dgp_name(dgp) : "the simulator");
    bool swept = false; /* sizes differ by point */
    for (int f = 0; f < v->plan.n_factors; f++)
        swept = swept || !strcmp(v->plan.factors[f].name, "dgp.units") ||
                !strcmp(v->plan.factors[f].name, "dgp.periods");
    if (dgp->kind == JD_DGP_DATA) {
        fprintf(out, ": %s", dgp->data.file);
    } else if (dgp->kind == JD_DGP_PROGRAM) {
        fprintf(out, ": %s", dgp->program.command);
    } else if (dgp->kind != JD_DGP_SIMULATOR && !swept)
        fprintf(out, ": %" PRId64 " units x %" PRId64 " periods", dgp->units, dgp->periods);
    fprintf(out, "\nReplicates  %" PRId64 " of %" PRId64 " point%s", v->replicates,
            v->plan.n_points, v->plan.n_points == 1 ? "" : "s");
    if (v->rounds > 1) fprintf(out, ", in %d rounds", v->rounds);
    fputc('\n', out);
    const jd_validate_params_t *p = jd_config_section(config, "validate");
    if (p->until_mcse > 0)
        print_stop(out, p->most, "a bias", v->largest_error, "until_mcse", p->until_mcse);
    if (p->until_rate_mcse > 0)
        print_stop(out, p->most, "coverage, power or size", v->largest_rate_error,
                   "until_rate_mcse", p->until_rate_mcse);
    if (v->failed)
        fprintf(out,
                "Failed      %" PRId64 " runs, the first (replicate %" PRId64 " of point %" PRId32
                "): %s\n",
                v->failed, v->first_failed, v->failed_point, v->failure);
    for (int64_t i = 0; i < v->table.rows;)
        i = print_effects(out, v, config, i);
    print_published(out, p, v);
    fprintf(out, "\nWritten     %s\n", path);
}
