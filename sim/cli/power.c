/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao power: which effects a researcher's own panel can show, by placebo policies on it. A short
 * way to `jiedao validate` with dgp.kind = data. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/out.h"
#include "core/memory.h"
#include "io/csv/csv.h"
#include "run/setting.h"
#include "sweep/dgp/dgp.h"
#include "sweep/sections.h"
#include "sweep/validate/validate.h"

static const char *const formats[] = {"text", "csv", NULL};
static const double target = 0.8;
enum { MOST_EFFECTS = 32, MOST_ESTIMATORS = 64, PILOT = 60, LINE = 2048 };

/* ---- Configs ---- */

static int set(jd_config_t *config, const char *key, const char *value, jd_ctx_t *ctx)
{
    char line[LINE];
    if (!value) return JD_OK;
    snprintf(line, sizeof line, "%s=%s", key, value);
    return jd_config_set(config, "power", line, ctx);
}

/* What is wrong with the file is said before any replicate. */
static int try_data(const jd_config_t *config, jd_ctx_t *ctx)
{
    jd_recovery_sample_t s = {0};
    int rc = jd_dgp_sample(&s, jd_config_section(config, "dgp"), 1, 0, ctx);
    jd_recovery_sample_free(&s);
    return rc;
}

/* The config of a validation of this panel with these effects. */
static int make_config(jd_config_t **config, const jd_args_t *args, const char *effects,
                       int64_t replicates, jd_ctx_t *ctx)
{
    static const struct {
        const char *option, *key;
    } keys[] = {{"y", "dgp.y"},
                {"unit", "dgp.unit"},
                {"time", "dgp.time"},
                {"cohort", "dgp.cohort"},
                {"treat", "dgp.treat"},
                {"cluster", "dgp.cluster"},
                {"table", "dgp.table"},
                {"rows", "dgp.rows"},
                {"assignment", "dgp.assignment"},
                {"share", "dgp.share"},
                {"effect-as", "dgp.effect_as"},
                {"estimators", "estimate.estimators"},
                {"seed", "run.seed"}};
    char number[32];
    int n = 0;
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    int rc = jd_config_create(config, sections, n, ctx);
    if (!rc) rc = set(*config, "dgp.kind", "data", ctx);
    if (!rc) rc = set(*config, "dgp.file", jd_args_word(args, 0), ctx);
    for (size_t k = 0; k < sizeof keys / sizeof *keys && !rc; k++)
        rc = set(*config, keys[k].key, jd_args_value(args, keys[k].option), ctx);
    if (!rc && !jd_args_value(args, "estimators"))
        rc = set(*config, "estimate.estimators",
                 "twfe,event_study,callaway_santanna,imputation,sun_abraham", ctx);
    snprintf(number, sizeof number, "%" PRId64, replicates);
    if (!rc) rc = set(*config, "validate.replicates", number, ctx);
    if (!rc)
        rc = set(*config, strchr(effects, ',') ? "sweep.dgp.effect" : "dgp.effect", effects, ctx);
    if (!rc) rc = jd_config_finish(*config, ctx);
    return rc ? rc : try_data(*config, ctx);
}

/* ---- Measures of a validation ---- */

static double find(const jd_table_t *t, int64_t point, const char *estimator, const char *measure,
                   const char *column)
{
    const int c = jd_table_find(t, column), of_point = jd_table_find(t, "point"),
              of_name = jd_table_find(t, "estimator"), of_event = jd_table_find(t, "event_time"),
              of_measure = jd_table_find(t, "measure");
    char name[64], what[64];
    for (int64_t row = 0; row < t->rows; row++) {
        if ((int64_t)jd_table_number(t, of_point, row) != point ||
            jd_table_number(t, of_event, row) != -1000)
            continue;
        jd_table_text(t, of_name, row, name, sizeof name);
        jd_table_text(t, of_measure, row, what, sizeof what);
        if (!strcmp(name, estimator) && !strcmp(what, measure)) return jd_table_number(t, c, row);
    }
    return (double)NAN;
}

/* Estimators in the order of the table, each once. */
static int list_estimators(const jd_table_t *t, char (*names)[64])
{
    const int of_name = jd_table_find(t, "estimator");
    int n = 0;
    for (int64_t row = 0; row < t->rows && n < MOST_ESTIMATORS; row++) {
        int seen = 0;
        jd_table_text(t, of_name, row, names[n], sizeof names[n]);
        while (seen < n && strcmp(names[seen], names[n]) != 0)
            seen++;
        n += seen == n;
    }
    return n;
}

/* ---- Which effects ---- */

/* "0, a, b, ...": multiples of the smallest SD that a pilot finds, or shares. */
static int choose_effects(char effects[LINE], const jd_args_t *args, const char *folder,
                          const jd_sweep_options_t *o, jd_ctx_t *ctx)
{
    static const double steps[] = {1, 1.5, 2, 2.5, 3, 4, 5, 7};
    const char *asked = jd_args_value(args, "effect"), *as = jd_args_value(args, "effect-as");
    char pilot[4096], names[MOST_ESTIMATORS][64];
    jd_config_t *config = NULL;
    jd_validation_t v = {0};
    double least = (double)INFINITY;
    if (asked) {
        snprintf(effects, LINE, "0,%s", asked);
        return JD_OK;
    }
    if (as && strcmp(as, "level") != 0) {
        snprintf(effects, LINE, "0,0.02,0.05,0.1,0.15,0.2,0.3,0.5");
        return JD_OK;
    }
    snprintf(pilot, sizeof pilot, "%s/pilot", folder);
    int rc = make_config(&config, args, "0", PILOT, ctx);
    if (!rc) rc = jd_validate_run(config, pilot, o, &v, ctx);
    const int n = rc ? 0 : list_estimators(&v.table, names);
    for (int k = 0; k < n; k++)
        least = fmin(least, find(&v.table, 1, names[k], "sd", "value"));
    size_t at = (size_t)snprintf(effects, LINE, "0");
    for (size_t k = 0; k < sizeof steps / sizeof *steps && isfinite(least) && at < LINE; k++)
        at += (size_t)snprintf(effects + at, LINE - at, ",%.2g", steps[k] * least);
    if (!rc && !(isfinite(least) && least > 0))
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "power: no estimator gives an estimate with a spread on this panel; name "
                     "effects with --effect");
    jd_validation_free(&v);
    jd_config_free(config);
    return rc;
}

/* ---- What was found ---- */

typedef struct seen {
    char estimator[64];
    double size, size_low, size_high, bias, bias_error, sd;
    double power[MOST_EFFECTS];
    double mde, mde_error; /* NaN: not within the effects tried */
} seen_t;

/* Where power passes 80 %, between two effects, and its Monte-Carlo error by the slope there. */
static void find_mde(seen_t *s, const double *effect, int n, int64_t replicates)
{
    s->mde = s->mde_error = (double)NAN;
    for (int k = 1; k < n; k++) {
        const double a = k > 1 ? s->power[k - 1] : s->size, b = s->power[k];
        if (!(a < target && b >= target)) continue;
        const double slope = (b - a) / (effect[k] - effect[k - 1]);
        s->mde = effect[k - 1] + (target - a) / slope;
        s->mde_error = sqrt(target * (1 - target) / (double)replicates) / slope;
        return;
    }
}

static int look(const jd_validation_t *v, const double *effect, int n_effects, seen_t *seen)
{
    char names[MOST_ESTIMATORS][64];
    const int n = list_estimators(&v->table, names);
    for (int i = 0; i < n; i++) {
        seen_t *s = &seen[i];
        memcpy(s->estimator, names[i], sizeof s->estimator);
        s->size = find(&v->table, 1, names[i], "size", "value");
        s->size_low = find(&v->table, 1, names[i], "size", "low");
        s->size_high = find(&v->table, 1, names[i], "size", "high");
        s->bias = find(&v->table, 1, names[i], "bias", "value");
        s->bias_error = find(&v->table, 1, names[i], "bias", "mcse");
        s->sd = find(&v->table, 1, names[i], "sd", "value");
        for (int k = 0; k < n_effects; k++)
            s->power[k] = find(&v->table, k + 1, names[i], "power", "value");
        find_mde(s, effect, n_effects, v->replicates);
    }
    return n;
}

static int by_mde(const void *a, const void *b)
{
    const seen_t *x = a, *y = b;
    if (isnan(x->mde) || isnan(y->mde)) return isnan(x->mde) - isnan(y->mde);
    return (x->mde > y->mde) - (x->mde < y->mde);
}

/* ---- The screen ---- */

static int print_head(const jd_config_t *config, const jd_validation_t *v, jd_ctx_t *ctx)
{
    const jd_dgp_params_t *p = jd_config_section(config, "dgp");
    const jd_run_params_t *run = jd_config_section(config, "run");
    static const char *const laws[] = {"adopt at one date", "adopt each at its own date",
                                       "adopt at the file's own dates, dealt out anew"};
    static const char *const units[] = {"units of the outcome", "shares of the outcome",
                                        "shares of the counts"};
    jd_recovery_sample_t s = {0};
    double mean = 0, square = 0;
    int rc = jd_dgp_sample(&s, p, (uint64_t)run->seed, 0, ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < s.n; i++) {
        mean += s.y0[i] / (double)s.n;
        square += s.y0[i] * s.y0[i] / (double)s.n;
    }
    printf("Panel       %s: %s in %" PRId64 " rows of %" PRId32 " units, mean %.4g, SD %.4g\n",
           p->data.file, s.quantity, s.n, s.n_units, mean, sqrt(fmax(0, square - mean * mean)));
    printf("Placebos    ");
    if (p->data.assignment == JD_DGP_PERMUTE)
        printf("clusters %s", laws[p->data.assignment]);
    else
        printf("%.0f %% of the clusters %s", 100 * p->share, laws[p->data.assignment]);
    printf(", %" PRId64 " replicates; effects in %s\n", v->replicates, units[p->data.effect_as]);
    jd_recovery_sample_free(&s);
    return JD_OK;
}

static void print_words(const seen_t *seen, int n)
{
    fputs("\nIn words\n", stdout);
    for (int i = 0; i < n; i++) {
        const seen_t *s = &seen[i];
        if (isnan(s->size)) {
            printf("  %s gives no estimate on this panel.\n", s->estimator);
            continue;
        }
        printf("  %s ", s->estimator);
        if (isfinite(s->mde))
            printf("finds an effect of %.3g (error %.2g) in 80 of 100 cases", s->mde, s->mde_error);
        else
            printf("finds none of these effects in 80 of 100 cases");
        if (s->size_low > 0.05)
            printf("; without any effect it finds one in %.1f %%, more than its 5 %%: its errors "
                   "are too small here, and so is this number",
                   100 * s->size);
        else if (s->size_high < 0.05)
            printf("; it rejects less than its 5 %% without an effect (%.1f %%)", 100 * s->size);
        if (fabs(s->bias) > 1.96 * s->bias_error)
            printf("; on average it is off by %.2g although nothing was done", s->bias);
        fputs(".\n", stdout);
    }
}

static void print_seen(const seen_t *seen, int n, const double *effect, int n_effects)
{
    printf("\n%-20s %16s %18s  power at", "Estimator", "size", "80 % power from");
    for (int k = 1; k < n_effects; k++)
        printf(" %6.3g", effect[k]);
    fputc('\n', stdout);
    for (int i = 0; i < n; i++) {
        const seen_t *s = &seen[i];
        char mde[32] = "-";
        if (isfinite(s->mde)) snprintf(mde, sizeof mde, "%.3g (%.2g)", s->mde, s->mde_error);
        printf("%-20s %5.3f [%.3f,%.3f] %17s          ", s->estimator, s->size, s->size_low,
               s->size_high, mde);
        for (int k = 1; k < n_effects; k++)
            printf(" %6.3f", s->power[k]);
        fputc('\n', stdout);
    }
}

/* ---- As a table ---- */

static const jd_column_t columns[] = {
    {"estimator", JD_TEXT, "", "estimator", NULL, 64, JD_AXIS_CELL},
    {"effect", JD_DOUBLE, "1", "effect added", NULL, 0, JD_AXIS_CELL},
    {"power", JD_DOUBLE, "1", "share of replicates that find it at 5 %", NULL, 0, JD_AXIS_CELL},
    {"size", JD_DOUBLE, "1", "the same without an effect", NULL, 0, JD_AXIS_CELL},
    {"sd", JD_DOUBLE, "1", "SD of the estimates without an effect", NULL, 0, JD_AXIS_CELL},
    {"mde", JD_DOUBLE, "1", "effect found in 80 of 100 cases", NULL, 0, JD_AXIS_CELL},
    {"mde_error", JD_DOUBLE, "1", "its Monte-Carlo error", NULL, 0, JD_AXIS_CELL},
};

static int print_csv(const seen_t *seen, int n, const double *effect, int n_effects, jd_ctx_t *ctx)
{
    jd_table_t t = {0};
    int rc = jd_table_init(&t, "power", "Power", columns, sizeof columns / sizeof *columns,
                           (int64_t)n * n_effects, ctx);
    for (int i = 0; i < n && !rc; i++)
        for (int k = 0; k < n_effects; k++) {
            const double numbers[] = {effect[k],  seen[i].power[k], seen[i].size,
                                      seen[i].sd, seen[i].mde,      seen[i].mde_error};
            jd_table_set_text(&t, 0, t.rows, seen[i].estimator);
            for (int c = 0; c < 6; c++)
                jd_table_set_number(&t, c + 1, t.rows, numbers[c]);
            t.rows++;
        }
    if (!rc) rc = jd_csv_print(&t, jd_out_data(), "standard output", ctx);
    jd_table_free(&t);
    return rc;
}

/* ---- The command ---- */

static int parse_effects(const char *text, double *effect, int *n, jd_ctx_t *ctx)
{
    const char *p = text;
    for (*n = 0; *p && *n < MOST_EFFECTS; p += *p == ',') {
        char *end;
        effect[*n] = strtod(p, &end);
        if (end == p || (*end && *end != ','))
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "power: --effect: '%s' is no number; write --effect 0.1,0.2,0.4", p);
        if (*n > 0 && effect[*n] <= effect[*n - 1])
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "power: --effect: effects go up from above 0: 0.1,0.2,0.4");
        ++*n;
        p = end;
    }
    if (*p || *n < 2)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "power: --effect takes 1 to %d numbers by commas",
                       MOST_EFFECTS - 1);
    return JD_OK;
}

static int report(const jd_args_t *args, const jd_config_t *config, const jd_validation_t *v,
                  const double *effect, int n_effects, int format, jd_ctx_t *ctx)
{
    seen_t *seen;
    int rc = jd_make(&seen, MOST_ESTIMATORS, sizeof *seen, "power", ctx);
    const int n = rc ? 0 : look(v, effect, n_effects, seen);
    if (!rc) qsort(seen, (size_t)n, sizeof *seen, by_mde);
    if (!rc && format == 1) rc = print_csv(seen, n, effect, n_effects, ctx);
    if (!rc && format == 0) rc = print_head(config, v, ctx);
    if (!rc && format == 0) {
        print_seen(seen, n, effect, n_effects);
        print_words(seen, n);
        printf("\nWritten     %s/validation.h5\n", jd_args_value(args, "output"));
    }
    free(seen);
    return rc;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const jd_sweep_options_t o = {
        .resume = jd_args_has(args, "resume"), .force = jd_args_has(args, "force"), .parts = 1};
    const char *folder = jd_args_value(args, "output");
    char effects[LINE];
    double effect[MOST_EFFECTS];
    jd_config_t *config = NULL;
    jd_validation_t v = {0};
    int64_t replicates = 400;
    int n_effects = 0, format = 0;
    int rc = jd_args_int(args, "replicates", 20, 1000000, &replicates, ctx);
    if (!rc) rc = jd_args_choice(args, "format", formats, &format, ctx);
    if (!rc && (!folder || !*folder))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "power: name a folder for its runs: -o results/power");
    if (!rc) rc = choose_effects(effects, args, folder, &o, ctx);
    if (!rc) rc = parse_effects(effects, effect, &n_effects, ctx);
    if (!rc) rc = make_config(&config, args, effects, replicates, ctx);
    if (!rc) rc = jd_validate_run(config, folder, &o, &v, ctx);
    if (!rc) rc = report(args, config, &v, effect, n_effects, format, ctx);
    jd_validation_free(&v);
    jd_config_free(config);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "y", .value = "NAME", .help = "outcome", .head = "columns"},
    {.name = "unit", .value = "NAME", .help = "unit"},
    {.name = "time", .value = "NAME", .help = "period"},
    {.name = "cohort", .value = "NAME", .help = "first treated period, if there was a policy"},
    {.name = "treat", .value = "NAME", .help = "or the treatment, 0 or 1"},
    {.name = "cluster",
     .value = "NAME",
     .help = "clusters to which the policy is assigned; default: the units"},
    {.name = "table", .value = "NAME", .help = "of a jiedao file; default panel/county"},
    {.name = "rows",
     .value = "WHICH",
     .help = "untreated (default): not those under treatment; all; never: units never treated",
     .head = "placebo policies"},
    {.name = "assignment",
     .value = "LAW",
     .help = "one_date (default), staggered, or permute: the file's own dates dealt out anew"},
    {.name = "share", .value = "P", .help = "share of the clusters that adopt; default 0.5"},
    {.name = "effect",
     .value = "NUMBERS",
     .help = "effects to add, going up, by commas; default: chosen by a pilot of 60 replicates"},
    {.name = "effect-as",
     .value = "KIND",
     .help =
         "level (default), percent of the outcome, or counts: stay counts, changed by this share"},
    {.name = "estimators", .value = "NAMES", .help = "by commas; default: five of them"},
    {.name = "replicates", .value = "N", .help = "placebo policies for each effect; default 400"},
    {.name = "seed", .value = "N", .help = "default 1"},
    {.name = "output",
     .letter = 'o',
     .value = "DIR",
     .help = "folder of the runs",
     .head = "output"},
    {.name = "resume", .help = "go on where the folder's runs stopped"},
    {.name = "force", .help = "start over in a folder that holds some"},
    {.name = "format", .value = "FORMAT", .choices = formats, .help = "text (default), csv"},
    {.name = NULL},
};

const jd_command_t jd_command_power = {
    .name = "power",
    .words = "DATA",
    .min_words = 1,
    .max_words = 1,
    .summary = "which effects your own panel can show: placebo policies on it",
    .about = "Takes outcomes from DATA (CSV, Stata or a file of jiedao), draws who is treated and\n"
             "when anew many times, adds known effects, and runs the estimators: how often each\n"
             "finds the effect, how often it finds one that is not there, and the smallest effect\n"
             "it finds in 80 of 100 cases, with Monte-Carlo errors. Resumable; all single\n"
             "replicates are in DIR/validation.h5.\n",
    .examples = "  jiedao power my.dta --y wage --unit id --time year -o results/power\n"
                "  jiedao power my.csv --y y --unit id --time year --cluster state --share 0.3 \\\n"
                "      --effect 0.1,0.2,0.4 --estimators twfe,callaway_santanna -o results/power\n"
                "  jiedao power mine.h5 --effect-as counts --assignment permute -o results/power\n",
    .options = options,
    .run = run,
    .estimates = true,
};
