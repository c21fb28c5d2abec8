/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Runs the program as a user would and looks at status, stdout and stderr. */
#ifndef JD_TESTS_CLI_PROGRAM_H
#define JD_TESTS_CLI_PROGRAM_H

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "support.h"

typedef struct {
    int status;
    char out[65536], err[16384];
} said_t;

static inline void read_back(const char *path, char *text, size_t size)
{
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    size_t n = fread(text, 1, size - 1, in);
    text[n] = '\0';
    fclose(in);
}

/* Runs `jiedao LINE` by the shell in a fresh folder of its own, "$HERE" in the line. */
static inline void run_program(said_t *said, const char *line)
{
    static char here[64];
    if (!*here) {
        strcpy(here, "/tmp/jiedao-cli-XXXXXX");
        assert_non_null(mkdtemp(here));
        assert_int_equal(setenv("HERE", here, 1), 0);
    }
    char command[4096], out[128], err[128];
    snprintf(out, sizeof out, "%s/.stdout", here);
    snprintf(err, sizeof err, "%s/.stderr", here);
    snprintf(command, sizeof command, "cd %s && { '%s' %s; } >%s 2>%s", here, JD_PROGRAM, line, out,
             err);
    int status = system(command);
    assert_true(WIFEXITED(status));
    said->status = WEXITSTATUS(status);
    read_back(out, said->out, sizeof said->out);
    read_back(err, said->err, sizeof said->err);
}

/** Fails with the place in the test and all the program said where its status is another. */
#define ASSERT_STATUS(said, expected) assert_status_at(said, expected, __FILE__, __LINE__)

static inline void assert_status_at(const said_t *said, int expected, const char *file, int line)
{
    if (said->status == expected) return;
    print_error("%s:%d: status %d, not %d; stdout:\n%s\nstderr:\n%s\n", file, line, said->status,
                expected, said->out, said->err);
    _fail(file, line);
}

/* Removes the folder again; a group teardown. */
static inline int remove_here(void **state)
{
    (void)state;
    return getenv("HERE") ? system("rm -rf \"$HERE\"") : 0;
}

#define ASSERT_HOLDS(text, part)                                               \
    do {                                                                       \
        if (!strstr(text, part)) fail_msg("\"%s\" is not in: %s", part, text); \
    } while (0)

#endif
