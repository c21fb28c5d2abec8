/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"

/* Threads that wait should sleep: spinning beside a busy neighbour made two threads up to five
 * times slower than one. OpenMP reads its policy before main() and has no call for it, so the
 * program starts itself once more with the policy set; where that is not possible it just goes on.
 */
static void wait_politely(char **argv)
{
    if (getenv("OMP_WAIT_POLICY") || setenv("OMP_WAIT_POLICY", "passive", 1)) return;
    execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    wait_politely(argv);
    return jd_cli_main(argc, argv);
}
