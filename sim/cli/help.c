/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao help, jiedao version. */
#include "cli/help.h"

#include "jiedao/version.h"

void jd_help_overview(FILE *out)
{
    fputs("jiedao: street-level officials, relocating firms, and what difference-in-differences\n"
          "makes of them, in twin worlds where the policy's effect is known.\n\n"
          "usage: jiedao COMMAND [OPTIONS]\n\n"
          "commands:\n",
          out);
    for (int i = 0; jd_commands[i]; i++)
        fprintf(out, "  %-12s %s\n", jd_commands[i]->name, jd_commands[i]->summary);
    fputs("\n'jiedao help COMMAND' shows its options and examples. To begin:\n\n"
          "  jiedao run quickstart\n",
          out);
}

static void print_options(FILE *out, const jd_option_t *option)
{
    for (; option && option->name; option++) {
        char left[64], letter[5] = "    ";
        if (option->letter) snprintf(letter, sizeof letter, "-%c, ", option->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name, option->value ? " " : "",
                 option->value ? option->value : "");
        if (option->head) fprintf(out, "\n %s\n", option->head);
        fprintf(out, "  %-28s %s\n", left, option->help);
    }
}

void jd_help_command(FILE *out, const jd_command_t *command)
{
    fprintf(out, "usage: jiedao %s%s%s [OPTIONS]\n\n%s\noptions:\n", command->name,
            *command->words ? " " : "", command->words, command->about);
    print_options(out, command->options);
    print_options(out, jd_common_options);
    fprintf(out, "\nexamples:\n%s", command->examples);
}

void jd_print_version(FILE *out)
{
    fprintf(out, "jiedao %s (commit %s)\n", jd_version(), jd_git_commit());
}

static int run_help(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *name = jd_args_word(args, 0);
    if (!name) {
        jd_help_overview(stdout);
        return JD_OK;
    }
    const jd_command_t *command = jd_command_find(name, ctx);
    if (!command) return JD_ERR_ARGUMENT;
    jd_help_command(stdout, command);
    return JD_OK;
}

static int run_version(const jd_args_t *args, jd_ctx_t *ctx)
{
    (void)args, (void)ctx;
    jd_print_version(stdout);
    return JD_OK;
}

const jd_command_t jd_command_help = {
    .name = "help",
    .words = "[COMMAND]",
    .max_words = 1,
    .summary = "show what a command does, its options and examples",
    .about = "Shows the list of commands, or the help of one: the same as COMMAND --help.\n",
    .examples = "  jiedao help run\n",
    .run = run_help,
};

const jd_command_t jd_command_version = {
    .name = "version",
    .words = "",
    .summary = "show version and commit",
    .about = "Shows the version and the commit the program was built from.\n",
    .examples = "  jiedao version\n",
    .run = run_version,
};
