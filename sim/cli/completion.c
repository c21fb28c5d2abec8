/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao completion: scripts for shells, and what these ask for. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "diagnose/diagnostic.h"
#include "drawing/figure.h"
#include "jiedao/did.h"
#include "study/builtin.h"
#include "sweep/sections.h"

static void print_commands(void)
{
    for (int i = 0; jd_commands[i]; i++)
        puts(jd_commands[i]->name);
}

static void print_estimators(void)
{
    for (int i = 0; jd_estimators[i]; i++)
        puts(jd_estimators[i]->name);
}

static void print_options(const jd_option_t *option)
{
    for (; option && option->name; option++)
        printf("--%s\n", option->name);
}

/* What may stand as the command's words; files are the shell's business. */
static void print_words(const jd_command_t *command)
{
    if (!strcmp(command->name, "help")) {
        print_commands();
        print_estimators();
    } else if (!strncmp(command->words, "CONFIG", 6) || !strcmp(command->name, "configs")) {
        for (int i = 0; i < jd_builtin_count; i++)
            puts(jd_builtin_names[i]);
    } else if (!strcmp(command->name, "params")) {
        int n = 0;
        const jd_section_t *const *sections = jd_sweep_sections(&n);
        for (int i = 0; i < n; i++)
            puts(sections[i]->name);
    } else if (!strcmp(command->name, "completion")) {
        puts("bash\nzsh");
    }
}

/* The values of the option called `name`, or by its letter: of those with a list of them. */
static void print_values(const jd_command_t *command, const char *name)
{
    const jd_option_t *option = jd_command_options(command);
    for (; option && option->name; option++) {
        bool letter = option->letter && name[0] == option->letter && !name[1];
        if (!letter && strcmp(option->name, name) != 0) continue;
        if (!strcmp(name, "estimator")) {
            puts("all");
            print_estimators();
        }
        if (!strcmp(name, "diagnose")) {
            puts("all");
            for (int i = 0; jd_diagnostics[i]; i++)
                puts(jd_diagnostics[i]->name);
        }
        if (!strcmp(command->name, "figures") && !strcmp(name, "figure"))
            for (int i = 0; jd_figures[i]; i++)
                puts(jd_figures[i]->name);
        for (int i = 0; option->choices && option->choices[i]; i++)
            puts(option->choices[i]);
    }
}

static int list(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *name = jd_args_word(args, 1), *option = jd_args_word(args, 2);
    const jd_command_t *command = name ? jd_command_find(name, ctx) : NULL;
    if (name && !command) return JD_ERR_ARGUMENT;
    if (!name) {
        print_commands();
    } else if (option) {
        print_values(command, option);
    } else {
        print_words(command);
        print_options(jd_command_options(command));
        print_options(jd_common_options);
    }
    return JD_OK;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *what = jd_args_word(args, 0);
    if (!strcmp(what, "list")) return list(args, ctx);
    if (args->n_words > 1 || (strcmp(what, "bash") != 0 && strcmp(what, "zsh") != 0))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "completion: name a shell, bash or zsh");
    fputs(!strcmp(what, "bash") ? jd_completion_bash : jd_completion_zsh, stdout);
    return JD_OK;
}

const jd_command_t jd_command_completion = {
    .name = "completion",
    .words = "SHELL",
    .min_words = 1,
    .max_words = 3,
    .summary = "print a script that lets bash or zsh complete commands, options and names",
    .about =
        "Prints the script for a shell, bash or zsh: commands, options and their values,\n"
        "estimators and built-in configs are completed with Tab. Where jiedao is installed\n"
        "both find it themselves. The scripts ask 'jiedao completion list [COMMAND [OPTION]]'.\n",
    .examples = "  eval \"$(jiedao completion bash)\"\n"
                "  jiedao completion zsh > ~/.zfunc/_jiedao\n",
    .run = run,
};
