/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/again.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A command line in the making; n runs on where the text has no more room. */
typedef struct line {
    size_t n;
    char *text; /* [JD_AGAIN_SIZE] */
} line_t;

static void add_char(line_t *line, char c)
{
    if (line->n + 1 < JD_AGAIN_SIZE) {
        line->text[line->n] = c;
        line->text[line->n + 1] = '\0';
    }
    line->n++;
}

static void add_plain(line_t *line, const char *word)
{
    while (*word)
        add_char(line, *word++);
}

/* Adds a word as a shell would read it back. */
static void add_word(line_t *line, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=./,:+%@";
    bool quoted = !*word || word[strspn(word, plain)];
    add_char(line, ' ');
    if (quoted) add_char(line, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            add_plain(line, "'\\''"); /* close, a quote, open */
        else
            add_char(line, *word);
    }
    if (quoted) add_char(line, '\'');
}

static bool left_out(const char *name, const char *const *without)
{
    for (; without && *without; without++)
        if (!strcmp(*without, name)) return true;
    return false;
}

bool jd_cli_again(const jd_args_t *args, const char *const *without, const char *more,
                  char text[JD_AGAIN_SIZE])
{
    line_t line = {.text = text};
    text[0] = '\0';
    add_plain(&line, "jiedao ");
    add_plain(&line, args->command->name);
    for (int i = 0; i < args->n_words; i++)
        add_word(&line, args->words[i]);
    for (int i = 0; i < args->n_given; i++) {
        char name[64];
        if (left_out(args->given[i].option->name, without)) continue;
        snprintf(name, sizeof name, "--%s", args->given[i].option->name);
        add_word(&line, name);
        if (args->given[i].value) add_word(&line, args->given[i].value);
    }
    if (more) add_word(&line, more);
    return line.n < JD_AGAIN_SIZE;
}

void jd_cli_note_new(const char *folder, const char *plan, jd_ctx_t *ctx)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, plan);
    if (access(path, F_OK) != 0)
        jd_warn(ctx, "%s holds nothing to go on with: all runs are done from the first", folder);
}
