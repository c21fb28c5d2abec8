/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/files/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool jd_lock_try(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_SETLK, &lock) == 0 || (errno != EACCES && errno != EAGAIN);
}

bool jd_is_named(int fd, const char *name)
{
    struct stat open_one, named;
    return fstat(fd, &open_one) == 0 && stat(name, &named) == 0 &&
           open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

const char *jd_folder_of(char *path, char **cut)
{
    *cut = strrchr(path, '/');
    if (!*cut) return ".";
    **cut = '\0';
    return *cut == path ? "/" : path;
}

void jd_folder_end(char *cut)
{
    if (cut) *cut = '/';
}

void jd_sync_folder_of(char *path)
{
    char *cut;
    int fd = open(jd_folder_of(path, &cut), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    jd_folder_end(cut);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}
