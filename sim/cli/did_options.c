/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of jiedao did: those of a request, from the library's rows, and the command's own. */
#include "cli/did_options.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/parts.h"
#include "dataset/request.h"

/* ---- The command's own ---- */

#define OWN(row_name, row_value, kind, member, row_help)                          \
    .name = (row_name), .value = (row_value), .read = (kind), .help = (row_help), \
    .at = offsetof(jd_did_wish_t, member)
#define TEXT(name, value, member, help) OWN(name, value, JD_READ_TEXT, member, help)

static const char *const formats[] = {"text", "csv", "json", "latex", "markdown", NULL};

/* Each before an option of the request; the last ones behind all. */
static const struct {
    jd_option_t option;
    const char *before;
} own[] = {
    {{TEXT("by", "NAME", by,
           "also by groups of rows: an analysis of each, and tests that effects are equal")},
     "unit"},
    {{TEXT("table", "NAME", file.table, "of a jiedao file; default panel/county")}, "periods"},
    {{TEXT("separator", "SIGN", separator,
           "of a CSV file: comma, semicolon, tab; default: found out")},
     "periods"},
    {{TEXT("decimal", "SIGN", decimal, "of a CSV file: point or comma; default: found out")},
     "periods"},
    {{TEXT("missing", "WORDS", file.style.missing,
           "of a CSV or Stata file: codes of missing values, by commas: -999,n.a."),
      .repeat = JD_REPEAT_ADDS},
     "estimator"},
    {{OWN("format", "FORMAT", JD_READ_CHOICE, format, "text (default), csv, json, latex, markdown"),
      .choices = formats, .head = "output"},
     NULL},
    {{TEXT("plot", "FILE", plot, "effects by event time: NAME.pdf, NAME.png or NAME.svg")}, NULL},
    {{TEXT("honest-plot", "FILE", honest_plot, "robust sets of --diagnose honest, likewise"),
      .of = "honest"},
     NULL},
    {{TEXT("outcome-weights", "FILE", outcome_weights,
           "CSV file of the weights on outcomes of linear estimators")},
     NULL},
    {{TEXT("rows-out", "FILE", rows_out,
           "CSV file of all rows: why one is left out, and which estimator has it in its sample")},
     NULL},
    {{TEXT("vcov-out", "FILE", vcov_out, "CSV file of the covariances of each estimator's terms")},
     NULL},
    {{OWN("force", NULL, JD_READ_SWITCH, force,
          "replace files of these names that are not jiedao's own figures too")},
     NULL},
};
enum { OWNS = sizeof own / sizeof *own };

static int find_own(const char *name)
{
    int k = 0;
    while (k < OWNS && strcmp(own[k].option.name, name) != 0)
        k++;
    return k;
}

static bool is_look(const jd_option_t *option)
{
    const jd_option_t *row = jd_look_rows;
    while (row->name && strcmp(row->name, option->name) != 0)
        row++;
    return row->name;
}

bool jd_did_is_own(const jd_option_t *option)
{
    return find_own(option->name) < OWNS || is_look(option);
}

/* ---- All of them ---- */

enum { MOST = 192 };
static jd_option_t rows[MOST + 1];

static int add_own(int n, const char *before)
{
    for (int k = 0; k < OWNS && n < MOST; k++)
        if (before ? own[k].before && !strcmp(own[k].before, before) : !own[k].before)
            rows[n++] = own[k].option;
    return n;
}

static void make(void)
{
    int n = 0;
    for (const jd_own_option_t *o = jd_own_options(); o->name && n < MOST; o++) {
        n = add_own(n, o->name);
        if (n < MOST && find_own(o->name) == OWNS)
            rows[n++] = (jd_option_t){
                .name = o->name,
                .value = o->value,
                .help = o->help,
                .head = o->head,
                .read = o->kind.read,
                .choices = o->kind.choices,
                .low = o->kind.low,
                .high = o->kind.high,
                .param = o->kind.param,
                .of = o->of,
                .repeat = o->adds || !strcmp(o->name, "y") ? JD_REPEAT_ADDS : JD_REPEAT_REFUSED};
    }
    n = add_own(n, NULL);
    for (const jd_option_t *o = jd_look_rows; o->name && n < MOST; o++)
        rows[n++] = *o;
}

const jd_option_t *jd_did_option_rows(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
    return rows;
}

/* ---- Names, for the help ---- */

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

/* ---- Reading ---- */

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

/* What the request refuses is reported as other mistakes of the line are. */
static int ask(jd_request_t *request, const jd_given_t *given, jd_ctx_t *ctx)
{
    jd_ctx_t inner = jd_ctx_inner(ctx);
    int rc = jd_request_set(request, given->option->name, given->value, &inner);
    return rc ? jd_fail(ctx, rc, "did: %s", inner.message) : JD_OK;
}

/* The outcomes, of which an analysis has one. */
static int read_outcomes(jd_did_wish_t *wish, jd_request_t *request, jd_ctx_t *ctx)
{
    if (!request->roles.y) return JD_OK;
    int rc = jd_own_split_names(request->roles.y, &wish->outcome, &wish->n_outcomes, ctx);
    for (int a = 0; a < wish->n_outcomes && !rc; a++)
        for (int b = 0; b < a && !rc; b++)
            if (!strcmp(wish->outcome[a], wish->outcome[b]))
                rc = jd_fail(ctx, JD_ERR_ARGUMENT, "did: --y %s is named twice", wish->outcome[a]);
    if (!rc) rc = jd_request_set(request, "y", wish->outcome[0], ctx);
    wish->file.outcome = wish->outcome;
    wish->file.n_outcomes = wish->n_outcomes;
    wish->file.by = wish->by;
    return rc;
}

void jd_did_wish_free(jd_did_wish_t *wish)
{
    free(wish->outcome);
    wish->outcome = NULL;
    jd_look_free(&wish->look);
}

int jd_did_wish_read(jd_did_wish_t *wish, jd_request_t **request, const jd_args_t *args,
                     jd_ctx_t *ctx)
{
    memset(wish, 0, sizeof *wish);
    int rc = jd_request_create(request, "--%s", ctx);
    if (rc) return rc;
    for (int i = 0; i < args->n_given; i++) {
        const jd_given_t *given = &args->given[i];
        int failed = find_own(given->option->name) < OWNS ? jd_args_fill_one(args, given, wish, ctx)
                     : jd_own_option_find(given->option->name) ? ask(*request, given, ctx)
                                                               : JD_OK; /* --threads, --font */
        if (failed) rc = failed;
    }
    if (!rc && wish->outcome_weights) rc = jd_request_set(*request, "outcome-weights", NULL, ctx);
    if (!rc && wish->rows_out) rc = jd_request_set(*request, "rows-out", NULL, ctx);
    if (!rc) rc = read_sign("separator", wish->separator, &wish->file.style.separator, ctx);
    if (!rc) rc = read_sign("decimal", wish->decimal, &wish->file.style.decimal, ctx);
    if (!rc) rc = read_outcomes(wish, *request, ctx);
    if (!rc) rc = jd_look_read(&wish->look, args, ctx);
    wish->look.figure.replace = wish->force;
    if (!rc) rc = jd_request_check(*request, ctx);
    if (!rc && wish->honest_plot)
        jd_request_report_unused_one(*request, "honest-plot", "honest", ctx);
    const jd_estimator_t *one = rc ? NULL : jd_estimator_find((*request)->estimators);
    wish->file.path = jd_args_word(args, 0);
    wish->file.triple = one && one->reads & JD_READS_ELIGIBLE;
    return rc;
}
