/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request: options by name, from texts. */
#include "dataset/request.h"

#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "core/memory.h"
#include "core/text.h"
#include "dataset/parts.h"

/* Messages name options in the request's style from here on; returns the style before. */
static const char *speak(jd_ctx_t *ctx, const char *style)
{
    const char *before = ctx ? ctx->style : NULL;
    if (ctx) ctx->style = style;
    return before;
}

/* ---- Making ---- */

int jd_request_create(jd_request_t **request, const char *style, jd_ctx_t *ctx)
{
    jd_request_t *r;
    *request = NULL;
    jd_ctx_enter(ctx);
    if (!style) style = "--%s";
    if (strlen(style) >= sizeof r->style || !strstr(style, "%s"))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "the style '%.40s' of options is no text of up to %zu bytes with %%s in it",
                       style, sizeof r->style - 1);
    int rc = jd_make(&r, 1, sizeof *r, "a request", ctx);
    if (rc) return rc;
    memcpy(r->style, style, strlen(style));
    jd_did_defaults(&r->how);
    jd_diagnostic_defaults(&r->diagnose);
    r->level = 0.95;
    r->estimators = "all";
    *request = r;
    return JD_OK;
}

void jd_request_free(jd_request_t *request)
{
    if (!request) return;
    for (int i = 0; i < request->n_asked; i++)
        free(request->asked[i].text);
    free(request->asked);
    free(request);
}

/* ---- Setting ---- */

static jd_asked_t *find_asked(const jd_request_t *request, const jd_own_option_t *option)
{
    for (int i = 0; i < request->n_asked; i++)
        if (request->asked[i].option == option) return &request->asked[i];
    return NULL;
}

const char *jd_request_text(const jd_request_t *request, const char *name)
{
    const jd_asked_t *asked = find_asked(request, jd_own_option_find(name));
    return asked ? asked->text : NULL;
}

static int refuse_name(const char *name, jd_ctx_t *ctx)
{
    jd_near_t near = {.word = name};
    for (const jd_own_option_t *o = jd_own_options(); o->name; o++)
        jd_near_offer(&near, o->name);
    return jd_fail(ctx, JD_ERR_UNKNOWN_KEY, "\1%s\2: there is no such option%s%s%s", name,
                   near.best ? "; did you mean '" : "", near.best ? near.best : "",
                   near.best ? "'?" : "");
}

/* 1 on, 0 off, -1 neither. */
static int read_switch(const char *text)
{
    static const jd_param_t flag = {.type = JD_PARAM_FLAG};
    char why[JD_WHY_SIZE];
    bool on = true;
    return text && *text && jd_param_parse(&flag, text, &on, why, sizeof why) ? -1 : on;
}

static bool is_list(const jd_own_option_t *o)
{
    return o->adds || o->kind.read == JD_READ_NUMBERS || o->kind.read == JD_READ_LIST;
}

/* The value as a text of its own; that of a list goes on behind the one before. */
static int join(const jd_asked_t *before, const char *value, char **text, jd_ctx_t *ctx)
{
    const char *first = before && is_list(before->option) ? before->text : NULL;
    const size_t size = (first ? strlen(first) + 1 : 0) + strlen(value) + 1;
    int rc = jd_make(text, (int64_t)size, 1, "an option", ctx);
    if (!rc) snprintf(*text, size, "%s%s%s", first ? first : "", first ? "," : "", value);
    return rc;
}

static int read_value(jd_request_t *request, const jd_own_option_t *o, const char *text,
                      jd_ctx_t *ctx)
{
    char why[JD_WHY_SIZE];
    int rc = jd_value_read(&o->kind, text, (char *)request + o->at, why);
    if (rc != JD_ERR_ARGUMENT) return rc;
    return jd_fail(ctx, rc, "\1%s\2 = %s %s", o->name, text ? text : "yes", why);
}

static int set_switch(jd_request_t *request, const jd_own_option_t *o, const char *value,
                      jd_ctx_t *ctx)
{
    const int on = read_switch(value), off = 0;
    if (on < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "\1%s\2 = %s must be yes or no", o->name, value);
    if (on || o->kind.param) return read_value(request, o, on ? NULL : "no", ctx);
    memcpy((char *)request + o->at, &off, sizeof off);
    return JD_OK;
}

/* For one more option. */
static int make_room(jd_request_t *request, jd_ctx_t *ctx)
{
    const size_t bytes = (size_t)(request->n_asked + 1) * sizeof *request->asked;
    jd_asked_t *more = realloc(request->asked, bytes);
    if (!more) return jd_fail_memory(ctx, bytes, "a request");
    request->asked = more;
    return JD_OK;
}

static int set(jd_request_t *request, const jd_own_option_t *o, const char *value, jd_ctx_t *ctx)
{
    char *text = NULL;
    const bool is_switch = o->kind.read == JD_READ_SWITCH;
    if (!is_switch && !value)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "\1%s\2: a value is missing", o->name);
    int rc = make_room(request, ctx); /* first: the request points to a text once it is read */
    if (rc) return rc;
    jd_asked_t *asked = find_asked(request, o);
    rc = is_switch ? set_switch(request, o, value, ctx) : join(asked, value, &text, ctx);
    if (!rc && !is_switch) rc = read_value(request, o, text, ctx);
    if (rc) {
        free(text);
        return rc;
    }
    if (!asked) {
        asked = &request->asked[request->n_asked++];
        *asked = (jd_asked_t){.option = o};
    }
    free(asked->text);
    asked->text = text;
    request->checked = false;
    return JD_OK;
}

/* Of the library alone: a program ends with its analysis. */
static int set_keep(jd_request_t *request, const char *value, jd_ctx_t *ctx)
{
    const int on = read_switch(value);
    if (on < 0) return jd_fail(ctx, JD_ERR_ARGUMENT, "\1keep\2 = %s must be yes or no", value);
    request->keep = on;
    return JD_OK;
}

int jd_request_set(jd_request_t *request, const char *name, const char *value, jd_ctx_t *ctx)
{
    const jd_own_option_t *o = jd_own_option_find(name);
    jd_ctx_enter(ctx);
    const char *style = speak(ctx, request->style);
    int rc = o                       ? set(request, o, value, ctx)
             : !strcmp(name, "keep") ? set_keep(request, value, ctx)
                                     : refuse_name(name, ctx);
    speak(ctx, style);
    return rc;
}

/* ---- Names of columns ---- */

static bool is_of_columns(const jd_own_option_t *o)
{
    return o->kind.read == JD_READ_TEXT && o->at < offsetof(jd_request_t, how) &&
           strcmp(o->name, "never") != 0 && strcmp(o->name, "if") != 0;
}

/* Names by commas, each in backticks, which are doubled within; `i.` of categories stays before. */
static char *quote_names(const char *const *names, int n, bool quotes, bool covariates,
                         jd_ctx_t *ctx)
{
    size_t size = 1;
    char *text;
    for (int i = 0; i < n; i++)
        size += 2 * strlen(names[i]) + 3;
    if (jd_make(&text, (int64_t)size, 1, "names of columns", ctx)) return NULL;
    char *at = text;
    for (int i = 0; i < n; i++) {
        const char *p = names[i];
        if (i) *at++ = ',';
        for (size_t k = covariates ? jd_own_category_prefix(p, strlen(p)) : 0; k > 0; k--)
            *at++ = *p++;
        if (quotes) *at++ = '`';
        for (; *p; p++) {
            if (quotes && *p == '`') *at++ = '`';
            *at++ = *p;
        }
        if (quotes) *at++ = '`';
    }
    return text;
}

int jd_request_names(jd_request_t *request, const char *name, const char *const *columns, int n,
                     jd_ctx_t *ctx)
{
    const jd_own_option_t *o = jd_own_option_find(name);
    char *text = quote_names(columns, n, o && is_of_columns(o), o && !strcmp(o->name, "x"), ctx);
    if (!text) return JD_ERR_NO_MEMORY;
    int rc = jd_request_set(request, name, text, ctx);
    free(text);
    return rc;
}

/* ---- What it comes to ---- */

enum { MOST_DRAWS = 1000000 }; /* of the bootstrap, which keeps them all */

/* Two ways of clustering are requested by naming them; and places are as near as is said. */
static int settle_vcov(const jd_request_t *request, jd_vcov_options_t *v, jd_ctx_t *ctx)
{
    const bool two = jd_own_count_names(request->roles.cluster) > 1;
    *v = request->vcov;
    if (two && v->kind == JD_VCOV_CLUSTER) v->kind = JD_VCOV_MULTIWAY;
    if (two && v->kind >= JD_VCOV_CR2 && v->kind <= JD_VCOV_CV3J)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "\3cluster\2 %s: cr2, cr3, cv3 and cv3j support one-way clusters; name one "
                       "column, or use \3vcov\2 multiway",
                       request->roles.cluster);
    if (request->bootstrap && v->kind != JD_VCOV_CLUSTER)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "\1bootstrap\2 draws clusters of one way and \1vcov\2, or a second "
                       "\1cluster\2, requests other errors: use one of them");
    if (request->bootstrap && (v->draws == 1 || v->draws > MOST_DRAWS))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "\3draws\2 %d: \1bootstrap\2 takes 2 to %d, 999 if \1draws\2 is not given",
                       v->draws, MOST_DRAWS);
    if (v->kind == JD_VCOV_CONLEY && !(v->cutoff_km > 0))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "\3vcov\2 conley: up to how many kilometres are errors correlated? "
                       "\3cutoff\2 KM, as \3cutoff\2 100");
    return JD_OK;
}

int jd_request_settle(const jd_request_t *request, jd_own_roles_t *roles, jd_own_ask_t *ask,
                      jd_vcov_options_t *vcov, jd_ctx_t *ctx)
{
    *roles = request->roles;
    roles->origin = request->weights;
    roles->which = request->rows;
    roles->no_unit = request->how.cross_sections;
    *ask = (jd_own_ask_t){.estimators = request->estimators,
                          .diagnostics = request->diagnostics,
                          .how = &request->how,
                          .vcov = vcov,
                          .level = request->level,
                          .rows = request->rows,
                          .weights = request->weights,
                          .diagnose = &request->diagnose,
                          .bootstrap = request->bootstrap,
                          .keep = request->keep,
                          .sums = request->sums};
    return settle_vcov(request, vcov, ctx);
}

int jd_request_check(jd_request_t *request, jd_ctx_t *ctx)
{
    jd_vcov_options_t vcov;
    jd_ctx_enter(ctx);
    const char *style = speak(ctx, request->style);
    int rc = settle_vcov(request, &vcov, ctx);
    if (!rc) jd_request_report_unused(request, ctx);
    request->checked = !rc;
    speak(ctx, style);
    return rc;
}

/* ---- Columns ---- */

int jd_request_choose(const jd_request_t *request, const char *source, const char *const *names,
                      int n, unsigned char *take, jd_ctx_t *ctx)
{
    jd_own_columns_t columns = {0};
    jd_own_roles_t roles = request->roles;
    bool *taken = NULL;
    jd_ctx_enter(ctx);
    roles.no_unit = request->how.cross_sections;
    roles.source = source ? source : "the data";
    const char *style = speak(ctx, request->style);
    int rc = jd_make(&taken, n, sizeof *taken, "names of columns", ctx);
    if (!rc) rc = jd_own_columns_make(&columns, &roles, ctx);
    if (!rc) rc = jd_own_columns_choose(&columns, names, n, taken, ctx);
    for (int i = 0; i < n && !rc; i++)
        take[i] = taken[i];
    speak(ctx, style);
    jd_own_columns_free(&columns);
    free(taken);
    return rc;
}

int jd_request_is_id(const jd_request_t *request, const char *column)
{
    jd_own_columns_t columns = {0};
    int rc = jd_own_columns_make(&columns, &request->roles, NULL);
    const bool is_id = !rc && jd_own_columns_are_ids(&columns, column);
    jd_own_columns_free(&columns);
    return is_id;
}

/* ---- The list of options ---- */

static const char *kind_of(const jd_own_option_t *o)
{
    static const char *const kinds[] = {
        [JD_READ_NOT] = "text",        [JD_READ_TEXT] = "text",    [JD_READ_SWITCH] = "switch",
        [JD_READ_CHOICE] = "choice",   [JD_READ_INT] = "integer",  [JD_READ_SEED] = "integer",
        [JD_READ_SHARE] = "number",    [JD_READ_SIZE] = "number",  [JD_READ_RANGE] = "range",
        [JD_READ_NUMBERS] = "numbers", [JD_READ_LIST] = "integers"};
    if (o->adds) return "names";
    return is_of_columns(o) ? "name" : kinds[o->kind.read];
}

int jd_request_option(int index, const char **name, const char **kind, const char **choices,
                      const char **takers, const char **help, const char **fallback)
{
    const jd_own_option_t *o = jd_own_options();
    for (int i = 0; o->name && i < index; i++)
        o++;
    if (index < 0 || !o->name) return 0;
    if (name) *name = o->underscored;
    if (kind) *kind = kind_of(o);
    if (choices) *choices = o->choices;
    if (takers) *takers = o->of ? o->of : "";
    if (help) *help = o->help;
    if (fallback) *fallback = o->fallback;
    return 1;
}
