/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/files/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

/* A new folder's name is on the disk once the folder around it is synced: without that, a power
 * failure takes all that was synced within. */
static void sync_around(const char *path)
{
    char around[PATH_SIZE];
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] != '/')
        length--;
    memcpy(around, length ? path : ".", length ? length : 1);
    around[length ? length : 1] = '\0';
    int fd = open(around, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

static int make_one(const char *path, jd_ctx_t *ctx)
{
    struct stat there;
    if (mkdir(path, 0777) == 0) {
        sync_around(path);
        return JD_OK;
    }
    int why = errno;
    if (stat(path, &there) == 0) {
        if (S_ISDIR(there.st_mode)) return JD_OK;
        return jd_fail(ctx, JD_ERR_OPEN,
                       "%s: cannot be made a folder: a file of this name is there", path);
    }
    return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be made a folder: %s; choose another place", path,
                   strerror(why));
}

int jd_folder_make(const char *path, jd_ctx_t *ctx)
{
    char part[PATH_SIZE];
    size_t length = strlen(path);
    int rc = JD_OK;
    if (length == 0 || length >= sizeof part)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "a folder's name has 1 to %d bytes, not %zu",
                       PATH_SIZE - 1, length);
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length && !rc; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        part[i] = '\0';
        rc = make_one(part, ctx);
        part[i] = path[i];
    }
    return rc;
}
