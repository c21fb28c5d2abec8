/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao configs: the built-in configs, listed or written out to start from. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "io/files/whole.h"
#include "study/builtin.h"

/* A config's first comment line says what it is. */
static void print_summary(const char *name, const char *text)
{
    text += strspn(text, ";# \t\r\n");
    printf("%-20s %.*s\n", name, (int)strcspn(text, "\r\n"), text);
}

static int list(void)
{
    for (int i = 0; i < jd_builtin_count; i++)
        print_summary(jd_builtin_names[i], jd_builtin_texts[i]);
    return JD_OK;
}

static int write_file(const char *path, const char *text, bool replace, jd_ctx_t *ctx)
{
    jd_whole_t whole = {0};
    int rc = jd_whole_open(&whole, path, replace, ctx);
    FILE *out = rc ? NULL : jd_whole_stream(&whole, ctx);
    if (!rc && !out) rc = JD_ERR_NO_MEMORY;
    if (out) fputs(text, out);
    if (!rc) return jd_whole_commit(&whole, ctx);
    jd_whole_abandon(&whole);
    return rc;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *name = jd_args_word(args, 0);
    const char *path = jd_args_value(args, "output");
    if (!name && path)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "configs: which config is to be written to %s? "
                       "usage: jiedao configs NAME -o %s",
                       path, path);
    if (!name) return list();
    const char *text = jd_builtin_config(name);
    if (!text) {
        const char *near = jd_nearest(name, jd_builtin_names, jd_builtin_count);
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       near ? "configs: no built-in config '%s'; did you mean '%s'?"
                            : "configs: no built-in config '%s'; 'jiedao configs' lists them",
                       name, near);
    }
    if (!path) {
        fputs(text, stdout);
        return JD_OK;
    }
    int rc = jd_cli_check_ending("configs: -o", path, "ini,txt", ctx);
    if (!rc) rc = jd_cli_may_write(path, args, ctx);
    if (!rc) rc = jd_cli_make_room(path, ctx);
    return rc ? rc : write_file(path, text, jd_args_has(args, "force"), ctx);
}

static const jd_option_t options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "write the config to FILE instead of showing it"},
    {.name = "force", .help = "replace FILE if it exists"},
    {.name = NULL},
};

const jd_command_t jd_command_configs = {
    .name = "configs",
    .words = "[NAME]",
    .max_words = 1,
    .summary = "list the built-in configs; write one out to start from",
    .about =
        "Without NAME, lists the configs that travel inside the program. With NAME, shows that\n"
        "config, or writes it to a file to be changed and run.\n",
    .examples = "  jiedao configs\n"
                "  jiedao configs quickstart -o mine.ini && jiedao run mine.ini\n",
    .options = options,
    .run = run,
};
