/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A world small enough to run hundreds of times: "$TINY" in a line of run_program(), and the
 *  program itself, "$JIEDAO". */
#ifndef JD_TESTS_CLI_TINY_H
#define JD_TESTS_CLI_TINY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "cli/program.h"

static inline int set_tiny(void **state)
{
    (void)state;
    return setenv("JIEDAO", JD_PROGRAM, 1) ||
           setenv("TINY",
                  "quickstart --set world.provinces=2 --set world.prefectures=4"
                  " --set world.counties=16 --set world.streets=64 --set firms.n=3000"
                  " --set run.periods=8 --set run.burn_in=4 --set policy.adoption=2021Q1"
                  " --set observation.panel_firms=300 --set output.officials=20 --quiet",
                  1);
}

/** Runs a line of the shell in the tests' folder. */
static inline void run_shell(said_t *said, const char *line)
{
    char text[3072];
    int n = snprintf(text, sizeof text, "version >/dev/null; %s", line);
    assert_true(n < (int)sizeof text);
    run_program(said, text);
}

/** Whether a file of this name lies in the tests' folder. */
static inline bool is_here(const char *name)
{
    char path[512];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
    return lstat(path, &about) == 0;
}

/** Reads a file of the tests' folder; the caller frees. NULL if there is none. */
static inline char *load_here(const char *name, size_t *size)
{
    char path[512];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
    FILE *in = fopen(path, "rb");
    if (!in) return NULL;
    assert_int_equal(fstat(fileno(in), &about), 0);
    *size = (size_t)about.st_size;
    char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, in), *size);
    fclose(in);
    return bytes;
}

#endif
