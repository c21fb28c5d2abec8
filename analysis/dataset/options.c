/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be requested, a row an option: name, what is read, and the member it goes to. The
 * estimators' own come from their rows. */
#include "dataset/options.h"

#include <ctype.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataset/request.h"

/* A row: name, what the help calls the value, the member of jd_request_t, limits, help. */
#define ROW(row_name, row_value, how, member, row_help)                                    \
    .name = (row_name), .value = (row_value), .kind = {.read = (how)}, .help = (row_help), \
    .at = offsetof(jd_request_t, member)
#define TEXT(name, value, member, help) ROW(name, value, JD_READ_TEXT, member, help)
#define NAMES(name, value, member, help) TEXT(name, value, member, help), .adds = true
#define SWITCH(name, member, help) ROW(name, NULL, JD_READ_SWITCH, member, help)
#define CHOICE(name, value, member, names, help) \
    ROW(name, value, JD_READ_CHOICE, member, help), .kind.choices = (names)

/* Who takes an option, where not all do: estimators that read so much of a panel; `.of` names
 * further ones. */
#define READS(what) .reads = JD_READS_##what
typedef struct row {
    jd_own_option_t option;
    uint32_t reads;
} row_t;

/* Names in the order the library counts them. */
static const char *const bootstraps[] = {"none", "pairs", "block", NULL};
static const char *const spacings[] = {"auto",    "rank", "day",  "week",    "month",
                                       "quarter", "half", "year", "integer", NULL};
static const char *const orders[] = {"auto", "dmy", "mdy", NULL};

/* Of the columns, the estimators requested and the diagnostics. */
static const row_t before[] = {
    {.option = {TEXT("y", "NAME", roles.y, "outcome"), .head = "columns"}},
    {.option = {TEXT("if", "CONDITION", roles.filter,
                     "rows in use: \"year >= 2010 and region in ('North', 'East')\"; what is "
                     "compared with a missing value is out")}},
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
    {.option = {NAMES("x", "NAMES", roles.x,
                      "covariates, joined by commas; i.region counts its levels, ibNorth.region "
                      "with North as the base")}},
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
    {.option = {CHOICE(
         "periods", "UNIT", roles.periods, spacings,
         "what event times count: day, week, month, quarter, half, year; rank: the observed "
         "periods; integer: numbers are no dates")}},
    {.option = {CHOICE("date-order", "ORDER", roles.date_order, orders,
                       "of dates such as 1/2/2018: dmy or mdy; default: found out")}},
    {.option = {NAMES("estimator", "NAMES", estimators, "all (default), or some, joined by commas"),
                .fallback = "all", .head = "estimators"}},
    {.option = {NAMES("diagnose", "NAMES", diagnostics, NULL)}}, /* its help is made */
    {.option = {TEXT("strata", "NAME", roles.strata,
                     "of randomisation and --bootstrap block: treatment is re-randomised, or "
                     "clusters are drawn, within these alone"),
                .of = "randomisation,block"}},
    {.option = {NAMES("predict-het", "NAMES", roles.het,
                      "did_multiplegt_dyn: characteristics of units its effects may go with")},
     READS(HET)},
};

/* Of uncertainty, behind the rows of covariances. */
static const row_t behind[] = {
    {.option = {ROW("level", "P", JD_READ_SHARE, level, "level of the intervals; default 0.95"),
                .fallback = "0.95"}},
    {.option = {CHOICE(
         "bootstrap", "KIND", bootstrap, bootstraps,
         "whole clusters are drawn again and all is estimated again: pairs, or block: within "
         "--strata, or dates of adoption; percentile intervals")}},
    {.option = {SWITCH("rows-out", rows, "keep which rows each estimator uses")}},
    {.option = {SWITCH("outcome-weights", weights,
                       "keep the weights on outcomes of linear estimators")}},
};

/* ---- All of them ---- */

enum { MOST_OPTIONS = 160, MOST_TEXT = 32768, MOST_CHOICES = 160 };

/* The rows and what they point to, made once. */
typedef struct made {
    jd_own_option_t row[MOST_OPTIONS + 1];
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
    jd_own_option_t *o = &m->row[m->n_rows++];
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
    jd_own_option_t *o = &m->row[m->n_rows++];
    char *name = m->text + m->used;
    const bool has_default = *p->fallback && p->type != JD_PARAM_FLAG && p->type != JD_PARAM_RANGE;
    *o = (jd_own_option_t){.name = keep(m, "%s", p->name),
                           .value = value_of(m, p),
                           .kind = {.read = read_of(p), .param = p},
                           .at = at + p->offset,
                           .of = takers->all ? NULL : keep(m, "%s", takers->of)};
    for (char *c = name; *c; c++)
        if (*c == '_') *c = '-';
    o->help = keep(m, "%s%s%s%s%s", takers->shown, p->help, p->type == JD_PARAM_CHOICE ? ": " : "",
                   p->type == JD_PARAM_CHOICE ? p->choices : "",
                   has_default ? keep(m, "; default %s", p->fallback) : "");
    if (p->type == JD_PARAM_CHOICE) o->kind.choices = keep_choices(m, p->choices);
    o->kind.low = (int32_t)(p->low > INT32_MIN ? p->low : INT32_MIN);
    o->kind.high = (int32_t)(p->high < INT32_MAX ? p->high : INT32_MAX);
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
    add_param(m, p, offsetof(jd_request_t, vcov), &t);
}

/* A diagnostic's options. */
static void add_diagnostic(made_t *m, const jd_diagnostic_t *diagnostic)
{
    takers_t t = {.of = ""};
    join(t.of, diagnostic->name);
    show_takers(&t);
    for (const jd_param_t *p = diagnostic->options; p && p->name; p++)
        add_param(m, p, offsetof(jd_request_t, diagnose), &t);
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

/* What callers from other languages ask for: choices in one text, names with underscores. */
static void complete(made_t *m, jd_own_option_t *o)
{
    char list[512] = "", *name = m->text + m->used;
    o->underscored = keep(m, "%s", o->name);
    for (char *c = name; *c; c++)
        if (*c == '-') *c = '_';
    for (int i = 0; o->kind.choices && o->kind.choices[i]; i++)
        join(list, o->kind.choices[i]);
    o->choices = *list ? keep(m, "%s", list) : "";
    if (!o->fallback && o->kind.param) o->fallback = o->kind.param->fallback;
    if (!o->fallback && o->kind.choices) o->fallback = o->kind.choices[0];
    if (!o->fallback) o->fallback = o->kind.read == JD_READ_SWITCH ? "no" : "";
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
        add_param(&made, p, offsetof(jd_request_t, how), &takers);
    }
    const int uncertainty = made.n_rows;
    for (int i = 0; (p = jd_vcov_option_at(i)); i++)
        add_vcov(&made, p);
    made.row[uncertainty].head = "uncertainty";
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
        add_row(&made, &behind[i]);
    for (int i = 0; i < made.n_rows; i++)
        complete(&made, &made.row[i]);
}

const jd_own_option_t *jd_own_options(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
    return made.row;
}

static bool is_same(const char *name, const char *text)
{
    for (; *name && *text; name++, text++)
        if (*name != (*text == '_' ? '-' : *text)) return false;
    return *name == *text;
}

const jd_own_option_t *jd_own_option_find(const char *name)
{
    for (const jd_own_option_t *o = jd_own_options(); o->name; o++)
        if (is_same(o->name, name)) return o;
    return NULL;
}
