/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

enum { MAX_OPTIONS = 128 };

/* The option of a name (length given, for --name=value) or of a letter; NULL if there is none. */
static const jd_option_t *find_option(const jd_command_t *command, const char *name, size_t length,
                                      char letter)
{
    const jd_option_t *lists[] = {jd_command_options(command), jd_common_options};
    for (int i = 0; i < 2; i++)
        for (const jd_option_t *option = lists[i]; option && option->name; option++) {
            if (letter && option->letter == letter) return option;
            if (name && strlen(option->name) == length && !strncmp(option->name, name, length))
                return option;
        }
    return NULL;
}

static int fail_unknown(const jd_command_t *command, const char *word, size_t length, jd_ctx_t *ctx)
{
    const char *names[MAX_OPTIONS];
    int n = 0;
    const jd_option_t *lists[] = {jd_command_options(command), jd_common_options};
    for (int i = 0; i < 2; i++)
        for (const jd_option_t *option = lists[i]; option && option->name; option++)
            if (n < MAX_OPTIONS) names[n++] = option->name;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    const char *near = jd_nearest(name, names, n);
    if (near)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: unknown option --%s; did you mean --%s?",
                       command->name, name, near);
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "%s: unknown option --%s; 'jiedao help %s' lists its options", command->name,
                   name, command->name);
}

/* Takes the option at argv[*at], and its value; *at is left on the last argument used. */
static int take_option(jd_args_t *args, int argc, char *const *argv, int *at, jd_ctx_t *ctx)
{
    const jd_command_t *command = args->command;
    const char *text = argv[*at];
    const char *value = NULL;
    const jd_option_t *option;
    if (text[1] == '-') {
        const char *name = text + 2;
        size_t length = strcspn(name, "=");
        option = find_option(command, name, length, '\0');
        if (!option) return fail_unknown(command, name, length, ctx);
        if (name[length]) value = name + length + 1;
    } else {
        option = find_option(command, NULL, 0, text[1]);
        if (!option)
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "%s: unknown option %s; 'jiedao help %s' lists its options",
                           command->name, text, command->name);
        if (text[2]) value = text + 2;
    }
    if (!option->value && value)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: --%s accepts no value, but '%s' was given",
                       command->name, option->name, value);
    if (option->value && !value) {
        /* "-o --force" is a forgotten value far more often than a file named "--force". */
        if (*at + 1 >= argc || !strncmp(argv[*at + 1], "--", 2))
            return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: --%s needs a value: --%s=%s", command->name,
                           option->name, option->name, option->value);
        value = argv[++*at];
    }
    args->given[args->n_given++] = (jd_given_t){option, value, NULL};
    bool names_file =
        option->value && (!strcmp(option->value, "FILE") || !strcmp(option->value, "DIR"));
    if (names_file && !option->dash && !strcmp(value, "-"))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: --%s - : this is not written to standard output; name a %s (./- if it "
                       "is called so)",
                       command->name, option->name, option->value[0] == 'F' ? "file" : "folder");
    return JD_OK;
}

static bool is_list(const jd_option_t *option)
{
    return option->repeat == JD_REPEAT_ADDS || option->read == JD_READ_LIST ||
           option->read == JD_READ_NUMBERS;
}

/* One value more for a list that was given before. */
static int join(jd_given_t *first, const char *value, jd_ctx_t *ctx)
{
    size_t size = strlen(first->value) + strlen(value) + 2;
    char *joined = malloc(size);
    if (!joined) return jd_fail_memory(ctx, size, "the command line");
    snprintf(joined, size, "%s,%s", first->value, value);
    free(first->joined);
    first->value = first->joined = joined;
    return JD_OK;
}

/* Repeated lists become one; a second value where one is requested is a mistake. */
static int settle_repeated(jd_args_t *args, jd_ctx_t *ctx)
{
    int n = 0, rc = JD_OK;
    for (int i = 0; i < args->n_given; i++) {
        const jd_given_t *given = &args->given[i];
        int first = 0;
        while (first < n && args->given[first].option != given->option)
            first++;
        if (first == n || given->option->repeat == JD_REPEAT_WALKS) {
            args->given[n++] = *given;
        } else if (given->value && is_list(given->option)) {
            int failed = join(&args->given[first], given->value, ctx);
            if (failed) rc = failed;
        } else if (given->value) {
            rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                         "%s: --%s is given twice, as '%s' and as '%s'; it has one value",
                         args->command->name, given->option->name, args->given[first].value,
                         given->value);
        }
    }
    args->n_given = n;
    return rc;
}

static int check_words(const jd_args_t *args, jd_ctx_t *ctx)
{
    const jd_command_t *command = args->command;
    for (int i = 0; i < args->n_words; i++)
        if (!strcmp(args->words[i], "-"))
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "%s: - : standard input is not read; name a file (./- if it is called "
                           "so)",
                           command->name);
    if (args->n_words < command->min_words)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: something is missing; usage: jiedao %s %s",
                       command->name, command->name, command->words);
    if (command->max_words >= 0 && args->n_words > command->max_words)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: '%s' is one word too many; usage: jiedao %s %s",
                       command->name, args->words[command->max_words], command->name,
                       command->words);
    return JD_OK;
}

int jd_args_parse(jd_args_t *args, const jd_command_t *command, int argc, char *const *argv,
                  jd_ctx_t *ctx)
{
    memset(args, 0, sizeof *args);
    args->command = command;
    size_t n = (size_t)argc + 1;
    args->words = calloc(n, sizeof *args->words);
    args->given = calloc(n, sizeof *args->given);
    if (!args->words || !args->given)
        return jd_fail_memory(ctx, n * sizeof *args->given, "the command line");
    int rc = JD_OK;
    bool options = true;
    for (int i = 0; i < argc; i++) {
        if (options && !strcmp(argv[i], "--")) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1]) {
            int failed = take_option(args, argc, argv, &i, ctx);
            if (failed) rc = failed;
        } else {
            args->words[args->n_words++] = argv[i];
        }
    }
    int repeated = settle_repeated(args, ctx);
    if (!rc) rc = repeated;
    /* After a mistake in the options the number of words says nothing. */
    if (rc || jd_args_has(args, "help")) return rc;
    return check_words(args, ctx);
}

void jd_args_free(jd_args_t *args)
{
    for (int i = 0; args->given && i < args->n_given; i++)
        free(args->given[i].joined);
    free(args->words);
    free(args->given);
    memset(args, 0, sizeof *args);
}

const char *jd_args_word(const jd_args_t *args, int i)
{
    return i < args->n_words ? args->words[i] : NULL;
}

/* An option as it was given, or NULL. */
static const jd_given_t *find_given(const jd_args_t *args, const char *name)
{
    for (int i = 0; i < args->n_given; i++)
        if (!strcmp(args->given[i].option->name, name)) return &args->given[i];
    return NULL;
}

bool jd_args_has(const jd_args_t *args, const char *name)
{
    return find_given(args, name) != NULL;
}

const char *jd_args_value(const jd_args_t *args, const char *name)
{
    const jd_given_t *given = find_given(args, name);
    return given ? given->value : NULL;
}

const char *jd_args_next(const jd_args_t *args, const char *name, int *at)
{
    while (*at < args->n_given) {
        const jd_given_t *given = &args->given[(*at)++];
        if (!strcmp(given->option->name, name)) return given->value;
    }
    return NULL;
}

int jd_args_int(const jd_args_t *args, const char *name, int64_t low, int64_t high, int64_t *value,
                jd_ctx_t *ctx)
{
    const char *text = jd_args_value(args, name);
    if (!text) return JD_OK;
    char *end;
    errno = 0;
    intmax_t number = strtoimax(text, &end, 10);
    if (end == text || *end || errno || number < low || number > high)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: --%s = %s must be a whole number from %" PRId64 " to %" PRId64,
                       args->command->name, name, text, low, high);
    *value = number;
    return JD_OK;
}

int jd_args_choice(const jd_args_t *args, const char *name, const char *const *choices, int *value,
                   jd_ctx_t *ctx)
{
    const char *text = jd_args_value(args, name);
    if (!text) return JD_OK;
    char list[512];
    size_t used = 0;
    for (int i = 0; choices[i]; i++) {
        if (!strcmp(choices[i], text)) {
            *value = i;
            return JD_OK;
        }
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                     choices[i]);
    }
    return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: --%s = %s must be one of %s", args->command->name,
                   name, text, list);
}
