/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The caller's environment, but in UTF-8: gnuplot draws no degree sign under LC_ALL=C. One block,
 * to be freed; NULL = out of memory. */
static char **utf8_environment(void)
{
    static char locale[] = "LC_ALL=C.UTF-8";
    size_t n = 0, kept = 0;
    while (environ && environ[n])
        n++;
    char **copy = malloc((n + 2) * sizeof *copy);
    if (!copy) return NULL;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "LC_", 3) != 0 && strncmp(environ[i], "LANG", 4) != 0)
            copy[kept++] = environ[i];
    copy[kept++] = locale;
    copy[kept] = NULL;
    return copy;
}

int jd_program_run(char *const *argv, int in, int out, int said, int *status)
{
    const int from[3] = {in, out, said};
    posix_spawn_file_actions_t actions;
    char **environment = utf8_environment();
    pid_t child = 0;
    int error = environment ? posix_spawn_file_actions_init(&actions) : ENOMEM;
    if (!error) {
        for (int k = 0; k < 3 && !error; k++)
            if (from[k] >= 0) error = posix_spawn_file_actions_adddup2(&actions, from[k], k);
        if (!error) error = posix_spawnp(&child, argv[0], &actions, NULL, argv, environment);
        posix_spawn_file_actions_destroy(&actions);
    }
    while (!error && waitpid(child, status, 0) < 0)
        if (errno != EINTR) error = errno;
    free(environment);
    return error;
}
