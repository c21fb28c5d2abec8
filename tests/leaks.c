/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linked into every program of the build under the address sanitizer. Its leak checker stops all
 * other threads of a process that ends and reads their memory; clang 14's now and then reads what
 * is not there, and dies. So the pool of OpenMP is ended first, and where a thread is left nothing
 * is checked. */
#include <dirent.h>
#include <omp.h>

int __lsan_is_turned_off(void);

static int count_threads(void)
{
    int n = 0;
    DIR *folder = opendir("/proc/self/task");
    if (!folder) return 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n;
}

/* The checker asks this as it begins. */
int __lsan_is_turned_off(void)
{
    omp_pause_resource_all(omp_pause_hard);
    return count_threads() > 1;
}
