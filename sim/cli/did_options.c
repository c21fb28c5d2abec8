/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of jiedao did, a row each: name, what is read, and the member it goes to. */
#include "cli/did_options.h"

#include <ctype.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row: name, what the help calls the value, the member of jd_did_request_t, limits, help. */
#define ROW(row_name, row_value, kind, member, row_help)                          \
    .name = (row_name), .value = (row_value), .read = (kind), .help = (row_help), \
    .at = offsetof(jd_did_request_t, member)
#define TEXT(name, value, member, help) ROW(name, value, JD_READ_TEXT, member, help)
#define NAMES(name, value, member, help) TEXT(name, value, member, help), .repeat = JD_REPEAT_ADDS
#define SWITCH(name, member, help) ROW(name, NULL, JD_READ_SWITCH, member, help)
#define CHOICE(name, value, member, names, help) \
    ROW(name, value, JD_READ_CHOICE, member, help), .choices = (names)

/* Who takes an option, where not all do: estimators that read so much of a panel; `.of` names
 * further ones. */
#define READS(what) .reads = JD_READS_##what
typedef struct row {
    jd_option_t option;
    uint32_t reads;
} row_t;

/* Names in the order the library counts them. */
static const char *const bootstraps[] = {"none", "pairs", "block", NULL};
static const char *const formats[] = {"text", "csv", "json", "latex", "markdown", NULL};
static const char *const spacings[] = {"auto",    "rank", "day",  "week",    "month",
                                       "quarter", "half", "year", "integer", NULL};
static const char *const orders[] = {"auto", "dmy", "mdy", NULL};

/* Of the file, the estimators asked for and the diagnostics. */
static const row_t before[] = {
    {.option = {TEXT("y", "NAME", roles.y, "outcome"), .head = "columns"}},
    {.option = {TEXT("unit", "NAME", roles.unit, "unit: a county, a firm, a person")}},
    {.option = {TEXT("time", "NAME", roles.time,
                     "period: whole numbers, or dates such as 2020Q1, 31mar2020")}},
    {.option = {TEXT("cohort", "NAME", roles.cohort,
                     "first treated period; 0, empty and inf = never")}},
    {.option = {TEXT("never", "CODES", roles.never,
                     "codes of --cohort that mean never, by commas; '' = none, not even 0")}},
    {.option = {TEXT("treat", "NAME", roles.treat, "or the treatment itself, 0 or 1")}},
    {.option = {TEXT("dose", "NAME", roles.dose, "treatment as an amount, beside these or alone")}},
    {.option = {TEXT("eligible", "NAME", roles.eligible,
                     "0 or 1: whom the policy is for, in triple differences")},
     READS(ELIGIBLE)},
    {.option = {NAMES("x", "NAMES", roles.x, "covariates, joined by commas")}},
    {.option = {NAMES(
         "fe", "NAMES", roles.fixed,
         "fixed effects beside unit and period, by commas; a^b crosses two, a[x] has slopes of x "
         "too")},
     READS(FIXED)},
    {.option = {NAMES("absorb", "NAMES", roles.absorb,
                      "or exactly these: unit and period only where named")},
     READS(FIXED)},
    {.option = {TEXT("weights", "NAME", roles.weights, "weights of rows, 0 or more")}},
    {.option = {NAMES("cluster", "NAMES", roles.cluster,
                      "clusters, one way or two: a or a,b; default: the units")}},
    {.option = {TEXT("coords", "LAT,LON", roles.coords, "latitude and longitude, in degrees"),
                .of = "conley"},
     READS(PLACES)},
    {.option = {TEXT("table", "NAME", file.table, "of a jiedao file; default panel/county")}},
    {.option = {TEXT("separator", "SIGN", separator,
                     "of a CSV file: comma, semicolon, tab; default: found out")}},
    {.option = {TEXT("decimal", "SIGN", decimal,
                     "of a CSV file: point or comma; default: found out")}},
    {.option = {CHOICE(
         "periods", "UNIT", roles.periods, spacings,
         "what event times count: day, week, month, quarter, half, year; rank: the observed "
         "periods; integer: numbers are no dates")}},
    {.option = {CHOICE("date-order", "ORDER", roles.date_order, orders,
                       "of dates such as 1/2/2018: dmy or mdy; default: found out")}},
    {.option = {NAMES("missing", "WORDS", file.style.missing,
                      "of a CSV or Stata file: codes of missing values, by commas: -999,n.a.")}},
    {.option = {NAMES("estimator", "NAMES", estimators, "all (default), or some, joined by commas"),
                .head = "estimators"}},
    {.option = {NAMES("diagnose", "NAMES", diagnostics, NULL)}}, /* its help is made */
    {.option = {TEXT("strata", "NAME", roles.strata,
                     "of randomisation and --bootstrap block: treatment is re-randomised, or "
                     "clusters are drawn, within these alone"),
                .of = "randomisation,block"}},
    {.option = {NAMES("predict-het", "NAMES", roles.het,
                      "did_multiplegt_dyn: characteristics of units its effects may go with")},
     READS(HET)},
};

/* Of uncertainty, behind the rows of covariances, and of output. */
static const row_t behind[] = {
    {.option = {ROW("level", "P", JD_READ_SHARE, level, "level of the intervals; default 0.95")}},
    {.option = {CHOICE(
         "bootstrap", "KIND", bootstrap, bootstraps,
         "whole clusters are drawn again and all is estimated again: pairs, or block: within "
         "--strata, or dates of adoption; percentile intervals")}},
    {.option = {CHOICE("format", "FORMAT", format, formats,
                       "text (default), csv, json, latex, markdown"),
                .head = "output"}},
    {.option = {TEXT("plot", "FILE", plot,
                     "effects by event time: NAME.pdf, NAME.png or NAME.svg")}},
    {.option = {TEXT("honest-plot", "FILE", honest_plot,
                     "robust sets of --diagnose honest, likewise"),
                .of = "honest"}},
    {.option = {TEXT("outcome-weights", "FILE", outcome_weights,
                     "CSV file of the weights on outcomes of linear estimators")}},
    {.option = {SWITCH("force", force,
                       "replace files of these names that are not jiedao's own figures too")}},
};

/* ---- All of them ---- */

enum { MOST_OPTIONS = 160, MOST_TEXT = 24576, MOST_CHOICES = 160 };

/* The rows and what they point to, made once. */
typedef struct made {
    jd_option_t row[MOST_OPTIONS + 1];
    char text[MOST_TEXT];
    const char *choice[MOST_CHOICES];
    int n_rows, n_choices;
    size_t used;
} made_t;

static const char *keep(made_t *m, const char *format, ...) JD_PRINTF(2, 3);
static const char *keep(made_t *m, const char *format, ...)
{
    char *text = m->text + m->used;
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(text, MOST_TEXT - m->used, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= MOST_TEXT - m->used) return ""; /* a test finds help that is empty */
    m->used += (size_t)n + 1;
    return text;
}

static void join(char list[512], const char *name)
{
    size_t at = strlen(list);
    snprintf(list + at, 512 - at, "%s%s", at ? "," : "", name);
}

/* A row of this file; its takers by what they read. */
static void add_row(made_t *m, const row_t *row)
{
    jd_option_t *o = &m->row[m->n_rows++];
    char of[512] = "";
    *o = row->option;
    if (!row->reads) return;
    for (int i = 0; jd_estimators[i]; i++)
        if (jd_estimators[i]->reads & row->reads) join(of, jd_estimators[i]->name);
    if (o->of) join(of, o->of);
    o->of = keep(m, "%s", of);
}

static const char *const *keep_choices(made_t *m, const char *choices)
{
    const char **list = m->choice + m->n_choices;
    char word[64];
    while (jd_param_next_choice(&choices, word, sizeof word))
        m->choice[m->n_choices++] = keep(m, "%s", word);
    m->choice[m->n_choices++] = NULL;
    return list;
}

/* What the help calls the value. */
static const char *value_of(made_t *m, const jd_param_t *p)
{
    char unit[16];
    switch (p->type) {
    case JD_PARAM_FLAG:
        return NULL;
    case JD_PARAM_CHOICE:
        return "KIND";
    case JD_PARAM_RANGE:
        return "A:B";
    case JD_PARAM_DOUBLE:
    case JD_PARAM_LIST:
    case JD_PARAM_INTS:
        snprintf(unit, sizeof unit, "%s", *p->unit ? p->unit : "numbers");
        for (char *c = unit; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        return keep(m, "%s", unit);
    default:
        return "N";
    }
}

static jd_read_t read_of(const jd_param_t *p)
{
    switch (p->type) {
    case JD_PARAM_FLAG:
        return JD_READ_SWITCH;
    case JD_PARAM_CHOICE:
        return JD_READ_CHOICE;
    case JD_PARAM_RANGE:
        return JD_READ_RANGE;
    case JD_PARAM_LIST:
        return JD_READ_NUMBERS;
    case JD_PARAM_INTS:
        return JD_READ_LIST;
    case JD_PARAM_DOUBLE:
        return JD_READ_SIZE;
    case JD_PARAM_INT:
        return JD_READ_SEED;
    default:
        return JD_READ_INT;
    }
}

/* Who takes an option: the list for warnings, and what the help shows before its line. */
typedef struct takers {
    char of[512], shown[160];
    bool all;
} takers_t;

static void show_takers(takers_t *t)
{
    size_t at = 0;
    for (const char *p = t->of; *p && at + 3 < sizeof t->shown; p++) {
        t->shown[at++] = *p;
        if (*p == ',') t->shown[at++] = ' ';
    }
    snprintf(t->shown + at, sizeof t->shown - at, ": ");
}

/* Estimators that take a row; all of them, few, or so many that the help leaves them to others. */
static takers_t takers_of(const jd_param_t *p,
                          bool (*is_of)(const jd_param_t *, const jd_estimator_t *))
{
    enum { FEW = 3 };
    takers_t t = {.of = ""};
    int n = 0, all = 0;
    for (; jd_estimators[all]; all++) {
        if (!is_of(p, jd_estimators[all])) continue;
        join(t.of, jd_estimators[all]->name);
        n++;
    }
    t.all = n == all;
    if (n <= FEW) show_takers(&t);
    return t;
}

/* An option of a row, `at` in the request; its default stands behind its help. */
static void add_param(made_t *m, const jd_param_t *p, size_t at, const takers_t *takers)
{
    jd_option_t *o = &m->row[m->n_rows++];
    char *name = m->text + m->used;
    const bool has_default = *p->fallback && p->type != JD_PARAM_FLAG && p->type != JD_PARAM_RANGE;
    *o = (jd_option_t){.name = keep(m, "%s", p->name),
                       .value = value_of(m, p),
                       .read = read_of(p),
                       .at = at + p->offset,
                       .of = takers->all ? NULL : keep(m, "%s", takers->of),
                       .param = p};
    for (char *c = name; *c; c++)
        if (*c == '_') *c = '-';
    o->help = keep(m, "%s%s%s%s%s", takers->shown, p->help, p->type == JD_PARAM_CHOICE ? ": " : "",
                   p->type == JD_PARAM_CHOICE ? p->choices : "",
                   has_default ? keep(m, "; default %s", p->fallback) : "");
    if (p->type == JD_PARAM_CHOICE) o->choices = keep_choices(m, p->choices);
    o->low = (int32_t)(p->low > INT32_MIN ? p->low : INT32_MIN);
    o->high = (int32_t)(p->high < INT32_MAX ? p->high : INT32_MAX);
}

/* Estimators that take it, or the kinds of covariance that read it. */
static void add_vcov(made_t *m, const jd_param_t *p)
{
    const char *kinds = jd_vcov_option_kinds(p);
    takers_t t = takers_of(p, jd_vcov_option_is_of);
    if (kinds && t.all) {
        snprintf(t.of, sizeof t.of, "%s", kinds);
        t.all = false;
        show_takers(&t);
    }
    add_param(m, p, offsetof(jd_did_request_t, vcov), &t);
}

/* A diagnostic's options. */
static void add_diagnostic(made_t *m, const jd_diagnostic_t *diagnostic)
{
    takers_t t = {.of = ""};
    join(t.of, diagnostic->name);
    show_takers(&t);
    for (const jd_param_t *p = diagnostic->options; p && p->name; p++)
        add_param(m, p, offsetof(jd_did_request_t, diagnose), &t);
}

static const char *help_diagnose(made_t *m)
{
    char names[512] = "";
    for (int i = 0; jd_diagnostics[i]; i++) {
        const size_t at = strlen(names);
        snprintf(names + at, sizeof names - at, "%s%s", at ? ", " : "", jd_diagnostics[i]->name);
    }
    return keep(m, "by commas, or all: %s", names);
}

static made_t made;

static void make(void)
{
    const jd_param_t *p;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        add_row(&made, &before[i]);
    for (int i = 0; i < made.n_rows; i++)
        if (!made.row[i].help) made.row[i].help = help_diagnose(&made);
    for (int i = 0; jd_diagnostics[i]; i++)
        add_diagnostic(&made, jd_diagnostics[i]);
    for (int i = 0; (p = jd_did_option_at(i)); i++) {
        const takers_t takers = takers_of(p, jd_did_option_is_of);
        add_param(&made, p, offsetof(jd_did_request_t, how), &takers);
    }
    const int uncertainty = made.n_rows;
    for (int i = 0; (p = jd_vcov_option_at(i)); i++)
        add_vcov(&made, p);
    made.row[uncertainty].head = "uncertainty";
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
        add_row(&made, &behind[i]);
}

const jd_option_t *jd_did_option_rows(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
    return made.row;
}

/* Names in lines of at most 80 signs. */
static void print_names(FILE *out, const char *head, const char *(*name)(int))
{
    int column = fprintf(out, "%s", head);
    for (int i = 0; name(i); i++) {
        const int length = (int)strlen(name(i)) + 1;
        if (column + 1 + length > 80) {
            fputc('\n', out);
            column = 0;
        } else if (i > 0) {
            column += fprintf(out, " ");
        }
        column += fprintf(out, "%s%s", name(i), name(i + 1) ? "," : ".\n");
    }
}

static const char *estimator_at(int i)
{
    return jd_estimators[i] ? jd_estimators[i]->name : NULL;
}

static const char *diagnostic_at(int i)
{
    return jd_diagnostics[i] ? jd_diagnostics[i]->name : NULL;
}

void jd_did_list_names(FILE *out)
{
    print_names(out, "\nEstimators: ", estimator_at);
    print_names(out, "\nDiagnostics: ", diagnostic_at);
}

/* A sign, or its name. */
static int read_sign(const char *option, const char *text, char *sign, jd_ctx_t *ctx)
{
    static const struct {
        const char *name;
        char sign;
    } names[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"\\t", '\t'}, {"point", '.'}};
    if (!text) return JD_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(text, names[i].name)) *sign = names[i].sign;
    if (!*sign && strlen(text) == 1) *sign = *text;
    if (*sign) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "did: --%s = %s: must be one sign, or comma, semicolon, tab, point", option,
                   text);
}

enum { MOST_DRAWS = 1000000 }; /* of --bootstrap, which keeps them all */

/* Two ways of clustering are asked for by naming them; and places are as near as is said. */
static int settle_vcov(jd_did_request_t *request, jd_ctx_t *ctx)
{
    jd_vcov_options_t *v = &request->vcov;
    const char *names = request->roles.cluster;
    const bool two = names && strchr(names, ',');
    if (two && v->kind == JD_VCOV_CLUSTER) v->kind = JD_VCOV_MULTIWAY;
    if (two && v->kind >= JD_VCOV_CR2 && v->kind <= JD_VCOV_CV3J)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--cluster %s: cr2, cr3, cv3 and cv3j support one-way clusters; name one "
                       "column, or use --vcov multiway",
                       names);
    if (request->bootstrap && v->kind != JD_VCOV_CLUSTER)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--bootstrap draws clusters of one way and --vcov, or a second --cluster, "
                       "requests other errors: use one of them");
    if (request->bootstrap && (v->draws == 1 || v->draws > MOST_DRAWS))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--draws %d: --bootstrap takes 2 to %d, 999 if --draws is not given",
                       v->draws, MOST_DRAWS);
    if (v->kind == JD_VCOV_CONLEY && !(v->cutoff_km > 0))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--vcov conley: up to how many kilometres are errors correlated? "
                       "--cutoff KM, as --cutoff 100");
    return JD_OK;
}

int jd_did_request_read(jd_did_request_t *request, const jd_args_t *args, jd_ctx_t *ctx)
{
    memset(request, 0, sizeof *request);
    jd_did_defaults(&request->how);
    jd_diagnostic_defaults(&request->diagnose);
    request->level = 0.95;
    request->estimators = "all";
    int rc = jd_args_fill(args, request, ctx);
    if (!rc) rc = read_sign("separator", request->separator, &request->file.style.separator, ctx);
    if (!rc) rc = read_sign("decimal", request->decimal, &request->file.style.decimal, ctx);
    if (!rc) rc = settle_vcov(request, ctx);
    const jd_estimator_t *one = jd_estimator_find(request->estimators);
    request->roles.origin = request->outcome_weights;
    request->file.triple = one && one->reads & JD_READS_ELIGIBLE;
    request->roles.no_unit = request->how.cross_sections;
    return rc;
}
