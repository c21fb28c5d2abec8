/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <unistd.h>

#include "cli/command.h"

/* Two libraries read the environment before main() and have no call for what they read: threads of
 * OpenMP that wait should sleep (spinning beside a busy neighbour made two threads up to five times
 * slower than one), and OpenBLAS should start no threads (each takes 128 MB at once, and tries for
 * ever where it cannot have them). So the program starts itself once more with both set, before any
 * library's own start; where that is not possible it just goes on. No library may be used here. */

enum { SETTINGS_MAX = 4096 };
static char passive[] = "OMP_WAIT_POLICY=passive", alone[] = "OPENBLAS_NUM_THREADS=1";
static char *settings[SETTINGS_MAX + 3];

#define EARLY __attribute__((no_sanitize("address", "thread", "undefined")))

/* How much of the setting's name a line begins with: 0 another line, 1 the name, 2 the value too.
 */
EARLY static int is_set(const char *line, const char *setting)
{
    size_t i = 0;
    while (line[i] && line[i] == setting[i] && setting[i] != '=')
        i++;
    if (line[i] != '=' || setting[i] != '=') return 0;
    while (line[i] && line[i] == setting[i])
        i++;
    return line[i] == setting[i] ? 2 : 1;
}

EARLY static void start_again(int argc, char **argv, char **environment)
{
    int n = 0, policy = 0, blas = 0;
    (void)argc;
    for (char **line = environment; *line; line++) {
        int this_blas = is_set(*line, alone);
        if (is_set(*line, passive)) policy = 1; /* a user's own choice stands */
        if (this_blas > blas) blas = this_blas;
        if (this_blas) continue;
        if (n == SETTINGS_MAX) return;
        settings[n++] = *line;
    }
    if (policy && blas == 2) return;
    if (!policy) settings[n++] = passive;
    settings[n++] = alone;
    settings[n] = NULL;
    execve("/proc/self/exe", argv, settings);
}

typedef void (*early_t)(int, char **, char **);
__attribute__((section(".preinit_array"), used)) static const early_t early = start_again;

int main(int argc, char **argv)
{
    return jd_cli_main(argc, argv);
}
