/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options into the members of a struct, by the table of options alone. */
#include "cli/command.h"

int jd_args_fill_one(const jd_args_t *args, const jd_given_t *given, void *target, jd_ctx_t *ctx)
{
    const jd_option_t *option = given->option;
    const jd_value_kind_t kind = {option->read, option->choices, option->low, option->high,
                                  option->param};
    char why[JD_WHY_SIZE];
    int rc = jd_value_read(&kind, given->value, (char *)target + option->at, why);
    if (rc != JD_ERR_ARGUMENT) return rc;
    return jd_fail(ctx, rc, "%s: --%s = %s %s", args->command->name, option->name,
                   given->value ? given->value : "yes", why);
}

int jd_args_fill(const jd_args_t *args, void *target, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < args->n_given; i++) {
        const jd_given_t *given = &args->given[i];
        int failed = jd_args_fill_one(args, given, target, ctx);
        if (failed) rc = failed;
    }
    return rc;
}
