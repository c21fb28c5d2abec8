/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linked into every program of the build under the address sanitizer. Its leak checker stops the
 * other threads of a process that ends and reads their memory; clang 14's now and then reads what
 * is not there, and dies. So leaks are looked for only in processes of one thread. */
#include <dirent.h>

int __lsan_is_turned_off(void);

/* The checker asks this as it begins. */
int __lsan_is_turned_off(void)
{
    int n = 0;
    DIR *folder = opendir("/proc/self/task");
    if (!folder) return 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n > 1;
}
