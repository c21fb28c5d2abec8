/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options that change nothing: nobody is left to wonder what they did. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "dataset/parts.h"
#include "dataset/request.h"

enum { LIST = 512, NAME = LIST / 2 };

static bool is_asked(const char *list, const char *name)
{
    return list && (!strcmp(list, "all") || jd_list_holds(list, name, false));
}

static void add(char list[LIST], const char *name)
{
    size_t at = strlen(list);
    snprintf(list + at, LIST - at, "%s%s", at ? ", " : "", name);
}

/* Takers that are requested: `estimators` of them, and of other kinds (diagnostics, variances). */
typedef struct {
    int estimators, others;
} asked_t;

static asked_t count_asked(const jd_request_t *request, const char *vcov, const char *bootstrap,
                           const char *of, char takers[LIST])
{
    asked_t n = {0};
    takers[0] = '\0';
    for (char name[NAME]; jd_list_next(&of, name, sizeof name);) {
        bool estimator = jd_estimator_find(name);
        n.estimators += estimator && is_asked(request->estimators, name);
        n.others += !estimator &&
                    ((vcov && !strcmp(vcov, name)) || (bootstrap && !strcmp(bootstrap, name)) ||
                     is_asked(request->diagnostics, name));
        add(takers, name);
    }
    return n;
}

/* Estimators requested by name that do not take the option. */
static void list_others(const char *estimators, const char *of, char list[LIST])
{
    list[0] = '\0';
    for (char name[NAME]; jd_list_next(&estimators, name, sizeof name);)
        if (!jd_list_holds(of, name, false)) add(list, name);
}

void jd_request_report_unused_one(const jd_request_t *request, const char *option, const char *of,
                                  jd_ctx_t *ctx)
{
    const bool two = jd_own_count_names(request->roles.cluster) > 1;
    const char *vcov = jd_request_text(request, "vcov");
    if (two && request->vcov.kind == JD_VCOV_CLUSTER) vcov = "multiway";
    const char *bootstrap = jd_request_text(request, "bootstrap");
    char takers[LIST], others[LIST];
    const asked_t n = count_asked(request, vcov, bootstrap, of, takers);
    if (n.estimators + n.others == 0) {
        jd_warn(ctx, "\1%s\2 changes nothing here: it applies only to %s", option, takers);
        return;
    }
    if (n.others > 0) return;
    list_others(request->estimators, of, others);
    if (!strcmp(request->estimators, "all"))
        jd_warn(ctx, "\1%s\2 is taken by %s alone", option, takers);
    else if (*others)
        jd_warn(ctx, "\1%s\2 changes nothing in %s", option, others);
}

void jd_request_report_unused(const jd_request_t *request, jd_ctx_t *ctx)
{
    for (int i = 0; i < request->n_asked; i++) {
        const jd_own_option_t *option = request->asked[i].option;
        if (option->of) jd_request_report_unused_one(request, option->name, option->of, ctx);
    }
}
