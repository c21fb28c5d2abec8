/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <unistd.h>

#include "cli/command.h"

/* Two libraries read the environment before main() and have no call for what they read: threads of
 * OpenMP that wait should sleep (spinning beside a busy neighbour made two threads up to five times
 * slower than one), and OpenBLAS should start no threads (each takes 128 MB at once, and tries for
 * ever where it cannot have them). So both are set before any library's own start. The list of
 * settings has no room for more, but shells leave lines in it that say nothing to a program: these
 * are taken. Where there are too few, the program starts itself once more, and all libraries are
 * loaded again; where that is not possible it just goes on. No library may be used here. */

enum { SETTINGS_MAX = 4096 };
static char passive[] = "OMP_WAIT_POLICY=passive", alone[] = "OPENBLAS_NUM_THREADS=1";
static char *settings[SETTINGS_MAX + 1];

#define EARLY __attribute__((no_sanitize("address", "thread", "undefined")))

/* Whether a line has the name of this setting. */
EARLY static int is_set(const char *line, const char *setting)
{
    size_t i = 0;
    while (line[i] && line[i] == setting[i] && setting[i] != '=')
        i++;
    return line[i] == '=' && setting[i] == '=';
}

/* What a shell keeps for itself, and sets anew in the shells it starts. */
EARLY static int is_spare(const char *line)
{
    return is_set(line, "_=") || is_set(line, "OLDPWD=") || is_set(line, "SHLVL=");
}

EARLY static void start_again(char **argv, char **environment, char **missing, int n_missing)
{
    int n = 0;
    for (char **line = environment; *line; line++) {
        if (n + n_missing == SETTINGS_MAX) return;
        settings[n++] = *line;
    }
    while (n_missing > 0)
        settings[n++] = missing[--n_missing];
    settings[n] = NULL;
    execve("/proc/self/exe", argv, settings);
}

EARLY static void prepare(int argc, char **argv, char **environment)
{
    int policy = 0, blas = 0, n = 0;
    char *missing[2];
    (void)argc;
    for (char **line = environment; *line; line++) {
        policy |= is_set(*line, passive); /* a user's own choice stands */
        if (!is_set(*line, alone)) continue;
        *line = alone;
        blas = 1;
    }
    if (!policy) missing[n++] = passive;
    if (!blas) missing[n++] = alone;
    for (char **line = environment; *line && n > 0; line++)
        if (is_spare(*line)) *line = missing[--n];
    if (n > 0) start_again(argv, environment, missing, n);
}

typedef void (*early_t)(int, char **, char **);
__attribute__((section(".preinit_array"), used)) static const early_t early = prepare;

int main(int argc, char **argv)
{
    return jd_cli_main(argc, argv);
}
