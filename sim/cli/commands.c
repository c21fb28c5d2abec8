/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of commands, and what they share. */
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "study/builtin.h"
#include "sweep/sections.h"

extern const jd_command_t jd_command_run;
extern const jd_command_t jd_command_sweep;
extern const jd_command_t jd_command_merge;
extern const jd_command_t jd_command_validate;
extern const jd_command_t jd_command_power;
extern const jd_command_t jd_command_sensitivity;
extern const jd_command_t jd_command_panel;
extern const jd_command_t jd_command_theory;
extern const jd_command_t jd_command_moments;
extern const jd_command_t jd_command_calibrate;
extern const jd_command_t jd_command_did;
extern const jd_command_t jd_command_figures;
extern const jd_command_t jd_command_report;
extern const jd_command_t jd_command_configs;
extern const jd_command_t jd_command_params;
extern const jd_command_t jd_command_info;
extern const jd_command_t jd_command_export;
extern const jd_command_t jd_command_completion;
extern const jd_command_t jd_command_help;
extern const jd_command_t jd_command_version;

const jd_command_t *const jd_commands[] = {
    &jd_command_run,
    &jd_command_sweep,
    &jd_command_merge,
    &jd_command_validate,
    &jd_command_power,
    &jd_command_sensitivity,
    &jd_command_theory,
    &jd_command_panel,
    &jd_command_moments,
    &jd_command_calibrate,
    &jd_command_did,
    &jd_command_figures,
    &jd_command_report,
    &jd_command_configs,
    &jd_command_params,
    &jd_command_info,
    &jd_command_export,
    &jd_command_completion,
    &jd_command_help,
    &jd_command_version,
    NULL,
};

const jd_option_t jd_common_options[] = {
    {.name = "threads",
     .value = "N",
     .help = "threads to use; default: every core this process may use"},
    {.name = "quiet", .letter = 'q', .help = "print results and errors only"},
    {.name = "help", .letter = 'h', .help = "show this help"},
    {.name = NULL},
};

const jd_option_t *jd_command_options(const jd_command_t *command)
{
    return command->make_options ? command->make_options() : command->options;
}

const jd_command_t *jd_command_find(const char *name, jd_ctx_t *ctx)
{
    const char *names[sizeof jd_commands / sizeof *jd_commands];
    int n = 0;
    for (; jd_commands[n]; n++) {
        if (!strcmp(jd_commands[n]->name, name)) return jd_commands[n];
        names[n] = jd_commands[n]->name;
    }
    const char *near = jd_nearest(name, names, n);
    size_t length = strlen(name);
    if (near)
        jd_fail(ctx, JD_ERR_ARGUMENT, "%s: unknown command; did you mean '%s'?", name, near);
    else if (jd_builtin_config(name) || (length > 4 && !strcmp(name + length - 4, ".ini")))
        jd_fail(ctx, JD_ERR_ARGUMENT,
                "%s: is a config, not a command; did you mean 'jiedao run %s'?", name, name);
    else
        jd_fail(ctx, JD_ERR_ARGUMENT, "%s: unknown command; 'jiedao help' lists them", name);
    return NULL;
}

static int config_of(jd_config_t **config, const jd_section_t *const *sections, int n_sections,
                     const char *const *ignored, const char *name, const jd_args_t *args,
                     jd_ctx_t *ctx)
{
    int rc = jd_config_create(config, sections, n_sections, ctx);
    if (rc) return rc;
    jd_config_ignore(*config, ignored);
    rc = jd_config_read_named(*config, name, ctx);
    /* A wrong --set is reported together with the file's mistakes. */
    int at = 0;
    for (const char *set; (set = jd_args_next(args, "set", &at));) {
        int failed = jd_config_set(*config, "--set", set, ctx);
        if (!rc) rc = failed;
    }
    return rc;
}

int jd_cli_config(jd_config_t **config, const char *name, const jd_args_t *args, jd_ctx_t *ctx)
{
    int n = 0;
    const jd_section_t *const *sections = jd_all_sections(&n);
    return config_of(config, sections, n, jd_ignored_sections, name, args, ctx);
}

int jd_cli_sweep_config(jd_config_t **config, const jd_args_t *args, jd_ctx_t *ctx)
{
    int n = 0;
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    int rc = config_of(config, sections, n, NULL, jd_args_word(args, 0), args, ctx);
    return rc ? rc : jd_config_finish(*config, ctx);
}

int jd_cli_may_write(const char *path, const jd_args_t *args, jd_ctx_t *ctx)
{
    struct stat there;
    if (!path[0]) return jd_fail(ctx, JD_ERR_ARGUMENT, "-o: a file name is needed");
    if (stat(path, &there) != 0) return JD_OK;
    if (S_ISDIR(there.st_mode))
        return jd_fail(ctx, JD_ERR_EXISTS, "%s is a folder; name a file in it: -o %s/NAME", path,
                       path);
    if (!S_ISREG(there.st_mode))
        return jd_fail(ctx, JD_ERR_EXISTS, "%s is no plain file; choose another name with -o",
                       path);
    if (jd_args_has(args, "force")) return JD_OK;
    return jd_fail(ctx, JD_ERR_EXISTS,
                   "%s exists already; --force replaces it, or choose another name", path);
}
