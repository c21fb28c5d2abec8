/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao help, jiedao version. */
#include "cli/help.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/did_options.h"
#include "jiedao/did.h"
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
    fputs("\n'jiedao help COMMAND' shows its options and examples,\n"
          "'jiedao help COMMAND WORD' the options that mention a word,\n"
          "'jiedao help ESTIMATOR' what an estimator is and accepts. To begin:\n\n"
          "  jiedao run quickstart\n",
          out);
}

/* Whether the option speaks of a word, in its name or its line of help; NULL: of anything. */
static bool speaks_of(const jd_option_t *option, const char *word)
{
    const size_t n = word ? strlen(word) : 0;
    const char *const texts[] = {option->name, option->help};
    for (int k = 0; k < 2; k++)
        for (const char *p = texts[k]; n && *p; p++)
            if (!strncasecmp(p, word, n)) return true;
    return n == 0;
}

static void print_option(FILE *out, const jd_option_t *option)
{
    char left[64], letter[5] = "    ";
    if (option->letter) snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name, option->value ? " " : "",
             option->value ? option->value : "");
    fprintf(out, "  %-28s %s\n", left, option->help);
}

/* Returns how many were printed: those that speak of a word, under no heads, or all. */
static int print_options(FILE *out, const jd_option_t *option, const char *word)
{
    int n = 0;
    for (; option && option->name; option++) {
        if (!speaks_of(option, word)) continue;
        n++;
        if (option->head && !word) fprintf(out, "\n %s\n", option->head);
        print_option(out, option);
    }
    return n;
}

static void help_estimator(FILE *out, const jd_estimator_t *estimator)
{
    const char *page = estimator->page ? estimator->page : estimator->name;
    int n = 0;
    fprintf(out, "%s: %s\n\nusage: jiedao did FILE --estimator %s [OPTIONS]\n", estimator->name,
            estimator->label, estimator->name);
    for (const jd_option_t *o = jd_did_option_rows(); o->name; o++) {
        if (!jd_list_holds(o->of, estimator->name, false)) continue;
        if (n++ == 0) fputs("\noptions it accepts, beside those for all:\n", out);
        print_option(out, o);
    }
    if (n == 0) fputs("\nIt has no options of its own.\n", out);
    fprintf(out,
            "\nColumns, covariates, weights, clusters and kinds of variance are for all:\n"
            "'jiedao help did' shows them.\n"
            "page: docs/estimators/%s.md (installed: share/doc/jiedao/estimators/%s.md)\n",
            page, page);
}

void jd_help_command(FILE *out, const jd_command_t *command)
{
    fprintf(out, "usage: jiedao %s%s%s [OPTIONS]\n\n%s", command->name, *command->words ? " " : "",
            command->words, command->about);
    if (command->more) command->more(out);
    fputs("\noptions:\n", out);
    print_options(out, jd_command_options(command), NULL);
    print_options(out, jd_common_options, NULL);
    fprintf(out, "\nexamples:\n%s", command->examples);
}

/* ---- The man page's list of commands, which a test compares with docs/jiedao.1 ---- */

/* Text for roff: hyphens that are typed, no line taken for a request. */
static void put_roff(FILE *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if ((p == text || p[-1] == '\n') && (*p == '.' || *p == '\'')) fputs("\\&", out);
        if (*p == '-') fputc('\\', out);
        fputs(*p == '\\' ? "\\e" : (char[]){*p, '\0'}, out);
    }
}

static void put_roff_options(FILE *out, const jd_option_t *option)
{
    for (; option && option->name; option++) {
        fputs(".TP\n\\fB", out);
        if (option->letter) fprintf(out, "\\-%c\\fR, \\fB", option->letter);
        fputs("\\-\\-", out);
        put_roff(out, option->name);
        fprintf(out, "\\fR%s%s%s\n", option->value ? " \\fI" : "",
                option->value ? option->value : "", option->value ? "\\fR" : "");
        put_roff(out, option->help);
        fputc('\n', out);
    }
}

/* What a command's lists add to its description. */
static void put_roff_more(FILE *out, const jd_command_t *command)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = command->more ? open_memstream(&text, &size) : NULL;
    if (memory) {
        command->more(memory);
        if (!fclose(memory)) put_roff(out, text);
    }
    free(text);
}

static void print_man(FILE *out)
{
    fputs(".SH COMMANDS\n", out);
    for (int i = 0; jd_commands[i]; i++) {
        const jd_command_t *command = jd_commands[i];
        fprintf(out, ".SS %s%s%s\n", command->name, *command->words ? " " : "", command->words);
        put_roff(out, command->about);
        put_roff_more(out, command);
        put_roff_options(out, jd_command_options(command));
    }
    fputs(".SH OPTIONS\nThese belong to every command.\n", out);
    put_roff_options(out, jd_common_options);
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
    if (!strcmp(name, "man")) { /* for docs/jiedao.1 */
        print_man(stdout);
        return JD_OK;
    }
    const jd_estimator_t *estimator = args->n_words == 1 ? jd_estimator_find(name) : NULL;
    if (estimator) {
        help_estimator(stdout, estimator);
        return JD_OK;
    }
    const jd_command_t *command = jd_command_find(name, ctx);
    if (!command) return JD_ERR_ARGUMENT;
    const char *word = jd_args_word(args, 1);
    if (!word) {
        jd_help_command(stdout, command);
        return JD_OK;
    }
    if (print_options(stdout, jd_command_options(command), word) +
        print_options(stdout, jd_common_options, word))
        return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "no option of %s mentions '%s'; 'jiedao help %s' lists all", name, word, name);
}

static int run_version(const jd_args_t *args, jd_ctx_t *ctx)
{
    (void)args, (void)ctx;
    jd_print_version(stdout);
    return JD_OK;
}

const jd_command_t jd_command_help = {
    .name = "help",
    .words = "[COMMAND [WORD] | ESTIMATOR]",
    .max_words = 2,
    .summary = "show what a command does, its options and examples",
    .about = "Shows the list of commands, or the help of one: the same as COMMAND --help.\n"
             "With a word: those of its options that mention it. Of an estimator: what it is,\n"
             "the options that it accepts, and its page.\n",
    .examples = "  jiedao help run\n"
                "  jiedao help did cluster\n"
                "  jiedao help callaway_santanna\n",
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
