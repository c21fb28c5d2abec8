/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of jiedao did that change nothing: nobody is left to wonder what they did. */
#include <stdio.h>
#include <string.h>

#include "cli/did_options.h"
#include "core/text.h"

enum { LIST = 512 };

static bool is_asked(const char *list, const char *name)
{
    return list && (!strcmp(list, "all") || jd_list_holds(list, name, false));
}

static void add(char list[LIST], const char *name, size_t length)
{
    size_t at = strlen(list);
    snprintf(list + at, LIST - at, "%s%.*s", at ? ", " : "", (int)length, name);
}

/* Takers that are asked for: `estimators` of them, and of other kinds (diagnostics, variances). */
typedef struct {
    int estimators, others;
} asked_t;

static asked_t count_asked(const jd_did_request_t *request, const char *vcov, const char *bootstrap,
                           const char *of, char takers[LIST])
{
    asked_t n = {0};
    takers[0] = '\0';
    for (const char *p = of; *p; p += *p == ',') {
        char name[64];
        size_t length = strcspn(p, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, p);
        bool estimator = jd_estimator_find(name);
        n.estimators += estimator && is_asked(request->estimators, name);
        n.others += !estimator &&
                    ((vcov && !strcmp(vcov, name)) || (bootstrap && !strcmp(bootstrap, name)) ||
                     is_asked(request->diagnostics, name));
        add(takers, p, length);
        p += length;
    }
    return n;
}

/* Estimators asked for by name that do not take the option. */
static void list_others(const char *estimators, const char *of, char list[LIST])
{
    list[0] = '\0';
    for (const char *p = estimators; *p; p += *p == ',') {
        char name[64];
        size_t length = strcspn(p, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, p);
        if (!jd_list_holds(of, name, false)) add(list, p, length);
        p += length;
    }
}

void jd_did_tell_unused(const jd_did_request_t *request, const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *vcov =
        request->vcov.kind == JD_VCOV_MULTIWAY ? "multiway" : jd_args_value(args, "vcov");
    const char *bootstrap = jd_args_value(args, "bootstrap");
    char takers[LIST], others[LIST];
    for (int i = 0; i < args->n_given; i++) {
        const jd_option_t *option = args->given[i].option;
        if (!option->of) continue;
        const asked_t n = count_asked(request, vcov, bootstrap, option->of, takers);
        if (n.estimators + n.others == 0) {
            jd_warn(ctx, "--%s changes nothing here: it applies only to %s", option->name, takers);
            continue;
        }
        if (n.others > 0) continue;
        list_others(request->estimators, option->of, others);
        if (!strcmp(request->estimators, "all"))
            jd_warn(ctx, "--%s is taken by %s alone", option->name, takers);
        else if (*others)
            jd_warn(ctx, "--%s changes nothing in %s", option->name, others);
    }
}
