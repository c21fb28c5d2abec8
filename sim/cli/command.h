/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The command line: one jd_command_t a command, listed in commands.c.
 *
 *  A command is a file sim/cli/NAME.c that defines one constant, `jd_command_NAME`, whose `run`
 * does the work. Before it runs, options and words have been checked against the constant; the
 * context has its threads, progress, cancel and warn callbacks. `run` prints results to stdout,
 * reports everything else to the context, and returns JD_OK or the negative code jd_fail() gave it.
 * It never exits, never writes to stderr. The exit status follows from the code: jd_exit_status().
 */
#ifndef JD_CLI_COMMAND_H
#define JD_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/option_value.h"
#include "jiedao/config.h"
#include "jiedao/context.h"

/** What a repeated option means; a repeated switch is the same switch. */
typedef enum jd_repeat {
    JD_REPEAT_REFUSED, /**< one value, so two are a mistake; those of JD_READ_LIST and
                          JD_READ_NUMBERS add up all the same */
    JD_REPEAT_ADDS,    /**< a list: the values are joined by commas */
    JD_REPEAT_WALKS    /**< the command goes through them with jd_args_next() */
} jd_repeat_t;

/** An option: `--name VALUE`, `--name=VALUE`, `-l VALUE`. A row names the fields it sets. */
typedef struct jd_option {
    const char *name;  /**< "output"; NULL ends the list */
    const char *value; /**< what the help calls its value, "FILE"; NULL for a switch */
    const char *help;  /**< one line */
    const char *head;  /**< heading of the options from this one on; NULL = none */
    size_t at;         /**< offset of the member to fill */
    const char *const *choices;
    const char *of;          /**< who takes it, for the command to judge; NULL = all */
    const jd_param_t *param; /**< the row of which this is the option: it reads the value */
    jd_read_t read;
    int32_t low, high;
    jd_repeat_t repeat;
    char letter; /**< 'o' for -o; '\0' if none */
    bool dash;   /**< a FILE that may be "-", standard output; elsewhere "-" is refused */
} jd_option_t;

typedef struct jd_args jd_args_t;

typedef struct jd_command {
    const char *name;
    const char *words;          /**< the words it takes, as the usage line shows them: "CONFIG" */
    int min_words, max_words;   /**< how many of them; max -1 = any number */
    const char *summary;        /**< one line for the list of commands */
    const char *about;          /**< what it does, lines of at most 80 characters, each ended */
    void (*more)(FILE *out);    /**< prints what lists elsewhere add to it; NULL = nothing */
    const char *examples;       /**< lines, indented by two spaces, each ended */
    const jd_option_t *options; /**< its own; --threads, --quiet and --help are added */
    const jd_option_t *(*make_options)(void); /**< or what makes them, from rows elsewhere */
    int (*run)(const jd_args_t *args, jd_ctx_t *ctx);
    bool estimates; /**< needs linear algebra */
} jd_command_t;

/** What was typed, checked. Text borrowed from argv. */
typedef struct jd_given {
    const jd_option_t *option;
    const char *value; /**< NULL for a switch */
    char *joined;      /**< owned: `value` where a repeated list was joined, else NULL */
} jd_given_t;

struct jd_args {
    const jd_command_t *command;
    const char **words;
    jd_given_t *given;
    int n_words, n_given;
};

/** Options every command has, ended like a command's own. */
extern const jd_option_t jd_common_options[];

/** A command's own options, ended like them; NULL = none. */
const jd_option_t *jd_command_options(const jd_command_t *command);

/** All commands, in the order of the help; ended by NULL. */
extern const jd_command_t *const jd_commands[];

/** The command of this name, or NULL after a message with a suggestion. */
const jd_command_t *jd_command_find(const char *name, jd_ctx_t *ctx);

/** Sorts what follows the command's name into options and words. All mistakes are told. */
JD_MUST_USE int jd_args_parse(jd_args_t *args, const jd_command_t *command, int argc,
                              char *const *argv, jd_ctx_t *ctx);
void jd_args_free(jd_args_t *args);

/** The i-th word, or NULL. */
const char *jd_args_word(const jd_args_t *args, int i);
/** Whether an option was given. */
bool jd_args_has(const jd_args_t *args, const char *name);
/** The value given, or NULL. */
const char *jd_args_value(const jd_args_t *args, const char *name);
/** Walks a repeated option in the order given: start with *at = 0; NULL when there are no more. */
const char *jd_args_next(const jd_args_t *args, const char *name, int *at);
/** An integer within [low, high] into *value, which is left alone where the option is absent. */
JD_MUST_USE int jd_args_int(const jd_args_t *args, const char *name, int64_t low, int64_t high,
                            int64_t *value, jd_ctx_t *ctx);
/** The place of the option's value in the NULL-ended `choices`; likewise. */
JD_MUST_USE int jd_args_choice(const jd_args_t *args, const char *name, const char *const *choices,
                               int *value, jd_ctx_t *ctx);

/** Fills `target` with every option given that says how it is read.
 *  All mistakes are told. Lists are the caller's to free, also after an error. */
JD_MUST_USE int jd_args_fill(const jd_args_t *args, void *target, jd_ctx_t *ctx);
/** The same for one option given. */
JD_MUST_USE int jd_args_fill_one(const jd_args_t *args, const jd_given_t *given, void *target,
                                 jd_ctx_t *ctx);

/** Makes a config of all sections from a command's usual arguments: CONFIG is a file, or a built-in
 *  config where no such file is; then each --set in order. The caller adds what its own options
 *  mean (jd_config_set) and calls jd_config_finish(). Free with jd_config_free(), also on error. */
JD_MUST_USE int jd_cli_config(jd_config_t **config, const char *name, const jd_args_t *args,
                              jd_ctx_t *ctx);
/** The same with the sections of several runs, finished: the first word names it. */
JD_MUST_USE int jd_cli_sweep_config(jd_config_t **config, const jd_args_t *args, jd_ctx_t *ctx);

/** JD_ERR_EXISTS, naming the cure, where `path` exists and --force was not given. */
JD_MUST_USE int jd_cli_may_write(const char *path, const jd_args_t *args, jd_ctx_t *ctx);

/** JD_ERR_ARGUMENT where the name of a file ends like one of another format: `endings` are those of
 *  what is written, joined by commas, the first is proposed ("h5,hdf5"). A name without an ending
 *  is fine. */
JD_MUST_USE int jd_cli_check_ending(const char *option, const char *path, const char *endings,
                                    jd_ctx_t *ctx);
/** Whether the name ends in one of `endings`, in any case; "" is among none. */
bool jd_cli_ends_in(const char *path, const char *endings);
/** The ending of a file's name without its point; "" if there is none. */
const char *jd_cli_ending(const char *path);
/** Makes the folder a file is to lie in. */
JD_MUST_USE int jd_cli_make_room(const char *path, jd_ctx_t *ctx);

/** Exit status of a code: 0 done, 1 the run failed, 2 wrong usage or config, 128 + signal. */
int jd_exit_status(int code);

/** The whole program. */
int jd_cli_main(int argc, char **argv);

#endif
