/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options into the members of a struct, by the table of options alone. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "core/memory.h"
#include "core/number.h"

/* A whole number that ends at one of the signs of `ends` or at the end of the text. */
static bool read_int(const char **text, const char *ends, int32_t low, int32_t high, int32_t *value)
{
    char *end;
    errno = 0;
    intmax_t x = strtoimax(*text, &end, 10);
    if (end == *text || errno || x < low || x > high || (*end && !strchr(ends, *end))) return false;
    *text = end;
    *value = (int32_t)x;
    return true;
}

static int fail_int(const jd_args_t *args, const jd_given_t *given, const char *what, int32_t low,
                    int32_t high, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: --%s = %s: must be %s from %" PRId32 " to %" PRId32,
                   args->command->name, given->option->name, given->value, what, low, high);
}

static int fill_seed(const jd_args_t *args, const jd_given_t *given, uint64_t *seed, jd_ctx_t *ctx)
{
    int64_t x;
    if (!jd_number_read_int(given->value, strlen(given->value), &x) || x < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: --%s = %s: must be a whole number from 0 to %" PRId64,
                       args->command->name, given->option->name, given->value, INT64_MAX);
    *seed = (uint64_t)x;
    return JD_OK;
}

static int fill_share(const jd_args_t *args, const jd_given_t *given, double *share, jd_ctx_t *ctx)
{
    double x;
    if (!jd_number_read(given->value, strlen(given->value), &x) || !(x > 0 && x < 1))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: --%s = %s: must lie between 0 and 1, as 0.95",
                       args->command->name, given->option->name, given->value);
    *share = x;
    return JD_OK;
}

static int fill_size(const jd_args_t *args, const jd_given_t *given, double *size, jd_ctx_t *ctx)
{
    double x;
    if (!jd_number_read(given->value, strlen(given->value), &x) || !(x > 0 && x <= 1e300))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: --%s = %s: must be a number above 0",
                       args->command->name, given->option->name, given->value);
    *size = x;
    return JD_OK;
}

/* Event times lie within what a difference of periods can be. */
enum { EVENT_MAX = 1000000 };

static int fill_range(const jd_args_t *args, const jd_given_t *given, int32_t range[2],
                      jd_ctx_t *ctx)
{
    const char *text = given->value;
    bool good = *text == ':' || read_int(&text, ":", -EVENT_MAX, EVENT_MAX, &range[0]);
    good = good && *text++ == ':';
    good = good && (!*text || read_int(&text, "", -EVENT_MAX, EVENT_MAX, &range[1]));
    if (good && range[0] <= range[1]) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "%s: --%s %s: must be two whole numbers A:B, the smaller one first, as -4:4; "
                   "A: and :B leave the other end open",
                   args->command->name, given->option->name, given->value);
}

static int fill_list(const jd_args_t *args, const jd_given_t *given, jd_ints_t *list, jd_ctx_t *ctx)
{
    const char *text = given->value;
    const char *const *choices = given->option->choices;
    int n = 1;
    if (choices && !strcmp(text, choices[0])) {
        list->n = -1;
        return JD_OK;
    }
    for (const char *p = text; *p; p++)
        n += *p == ',';
    int rc = jd_make(&list->value, n, sizeof *list->value, "a list", ctx);
    for (list->n = 0; !rc && list->n < n; list->n++, text++)
        if (!read_int(&text, ",", -EVENT_MAX, EVENT_MAX, &list->value[list->n]))
            rc = fail_int(args, given, "whole numbers joined by commas,", -EVENT_MAX, EVENT_MAX,
                          ctx);
    return rc;
}

static int fill_numbers(const jd_args_t *args, const jd_given_t *given, jd_numbers_t *list,
                        jd_ctx_t *ctx)
{
    const char *text = given->value;
    int n = 1;
    for (const char *p = text; *p; p++)
        n += *p == ',';
    int rc = jd_make(&list->value, n, sizeof *list->value, "a list", ctx);
    for (list->n = 0; !rc && list->n < n; list->n++) {
        size_t length = strcspn(text, ",");
        if (!jd_number_read(text, length, &list->value[list->n]))
            rc = jd_fail(ctx, JD_ERR_ARGUMENT, "%s: --%s = %s: must be numbers joined by commas",
                         args->command->name, given->option->name, given->value);
        text += length + (text[length] == ',');
    }
    return rc;
}

/* By the row of a parameter: of a switch, that it is on. */
static int fill_param(const jd_args_t *args, const jd_given_t *given, void *member, jd_ctx_t *ctx)
{
    const jd_option_t *option = given->option;
    const char *text = given->value ? given->value : "yes";
    char why[256];
    int rc = jd_param_parse(option->param, text, member, why, sizeof why);
    if (rc)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "%s: --%s = %s: %s", args->command->name, option->name,
                     text, why);
    return rc;
}

static int fill_one(const jd_args_t *args, const jd_given_t *given, void *member, jd_ctx_t *ctx)
{
    const jd_option_t *option = given->option;
    const char *text = given->value;
    int choice = 0, rc = JD_OK;
    const int on = 1;
    if (option->param) return fill_param(args, given, member, ctx);
    switch (option->read) {
    case JD_READ_NOT:
        return JD_OK;
    case JD_READ_TEXT:
        memcpy(member, &text, sizeof text);
        return JD_OK;
    case JD_READ_SWITCH:
        memcpy(member, &on, sizeof on);
        return JD_OK;
    case JD_READ_CHOICE:
        rc = jd_args_choice(args, option->name, option->choices, &choice, ctx);
        if (!rc) memcpy(member, &choice, sizeof choice); /* an enum, perhaps */
        return rc;
    case JD_READ_INT:
        if (read_int(&text, "", option->low, option->high, member)) return JD_OK;
        return fail_int(args, given, "a whole number", option->low, option->high, ctx);
    case JD_READ_SEED:
        return fill_seed(args, given, member, ctx);
    case JD_READ_SHARE:
        return fill_share(args, given, member, ctx);
    case JD_READ_SIZE:
        return fill_size(args, given, member, ctx);
    case JD_READ_RANGE:
        return fill_range(args, given, member, ctx);
    case JD_READ_NUMBERS:
        return fill_numbers(args, given, member, ctx);
    case JD_READ_LIST:
        return fill_list(args, given, member, ctx);
    }
    return JD_OK;
}

int jd_args_fill(const jd_args_t *args, void *target, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < args->n_given; i++) {
        const jd_given_t *given = &args->given[i];
        int failed = fill_one(args, given, (char *)target + given->option->at, ctx);
        if (failed) rc = failed;
    }
    return rc;
}
