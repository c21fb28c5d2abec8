/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* O_TMPFILE */
#include "io/files/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/files/lock.h"

static const char *cure(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return "make room on that disk, or write elsewhere";
    case EFBIG:
        return "the limit on file sizes is reached: raise it (ulimit -f), or write fewer tables";
    case ENOENT:
    case ENOTDIR:
        return "create its folder first, or write elsewhere";
    case EACCES:
    case EPERM:
    case EROFS:
        return "you may not write in that folder: write elsewhere";
    default:
        return "check the disk, or write elsewhere";
    }
}

int jd_whole_fail(const jd_whole_t *whole, int number, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_WRITE, "%s: cannot be written: %s; %s; nothing is left of it",
                   whole->path, strerror(number), cure(number));
}

static int refuse_existing(const jd_whole_t *whole, jd_ctx_t *ctx)
{
    struct stat there;
    if (stat(whole->path, &there) != 0) return JD_OK;
    if (S_ISDIR(there.st_mode)) {
        return jd_fail(ctx, JD_ERR_EXISTS, "%s: is a folder; name a file in it", whole->path);
    }
    if (!S_ISREG(there.st_mode)) { /* a rename would put a file in a device's place */
        return jd_fail(ctx, JD_ERR_EXISTS, "%s: is no plain file; write elsewhere", whole->path);
    }
    if (whole->replace) return JD_OK;
    return jd_fail(ctx, JD_ERR_EXISTS,
                   "%s: exists already; replace it with --force, or write elsewhere", whole->path);
}

/* Both names: the target's, and one in its folder that nobody can know beforehand. */
static int name_both(jd_whole_t *whole, const char *path, jd_ctx_t *ctx)
{
    const char *slash = strrchr(path, '/');
    size_t length = strlen(path), folder = slash ? (size_t)(slash - path) + 1 : 0;
    size_t room = folder + sizeof ".jiedao-0123456789abcdef.part";
    whole->path = malloc(length + 1);
    whole->part = malloc(room);
    if (!whole->path || !whole->part) return jd_fail_memory(ctx, 2 * length, "a file's name");
    memcpy(whole->path, path, length + 1);
    memcpy(whole->part, path, folder);
    return JD_OK;
}

static bool draw_name(jd_whole_t *whole)
{
    uint64_t draw;
    const char *slash = strrchr(whole->path, '/');
    size_t folder = slash ? (size_t)(slash - whole->path) + 1 : 0;
    if (getrandom(&draw, sizeof draw, 0) != (ssize_t)sizeof draw) return false;
    snprintf(whole->part + folder, sizeof ".jiedao-0123456789abcdef.part",
             ".jiedao-%016" PRIx64 ".part", draw);
    return true;
}

/* Where a descriptor can be found, to give its file a name. */
static void path_of_descriptor(int fd, char path[32])
{
    snprintf(path, 32, "/proc/self/fd/%d", fd);
}

/* A file without a name: nothing is left of it, however the program ends. -1 where the file system
 * or the kernel has none. */
static int open_nameless(jd_whole_t *whole)
{
    char *cut, descriptor[32];
    struct stat there;
    int fd = open(jd_folder_of(whole->path, &cut), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    jd_folder_end(cut);
    if (fd < 0) return -1;
    path_of_descriptor(fd, descriptor);
    if (stat(descriptor, &there) == 0) return fd;
    close(fd); /* without /proc it could not be named */
    errno = EOPNOTSUPP;
    return -1;
}

static bool has_no_nameless(int number)
{
    return number == EOPNOTSUPP || number == EISDIR || number == EINVAL || number == ENOENT;
}

static int open_part(jd_whole_t *whole, jd_ctx_t *ctx)
{
    whole->fd = open_nameless(whole);
    for (int attempt = 0; attempt < 8 && whole->fd < 0 && has_no_nameless(errno); attempt++) {
        if (!draw_name(whole)) break;
        whole->fd = open(whole->part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        whole->named = whole->fd >= 0;
        if (whole->fd < 0 && errno != EEXIST) break;
    }
    if (whole->fd >= 0) return JD_OK;
    return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be created: %s; %s", whole->path, strerror(errno),
                   cure(errno));
}

/* Forgets the file; removes what was written unless it went under its name. */
static void discard(jd_whole_t *whole)
{
    if (whole->named) unlink(whole->part);
    if (whole->stream)
        fclose(whole->stream);
    else if (whole->fd >= 0)
        close(whole->fd);
    free(whole->part);
    free(whole->path);
    *whole = (jd_whole_t){.fd = -1};
}

int jd_whole_open(jd_whole_t *whole, const char *path, bool replace, jd_ctx_t *ctx)
{
    *whole = (jd_whole_t){.fd = -1, .replace = replace};
    int rc = name_both(whole, path, ctx);
    if (!rc) rc = refuse_existing(whole, ctx);
    if (!rc) rc = open_part(whole, ctx);
    if (rc) discard(whole);
    return rc;
}

FILE *jd_whole_stream(jd_whole_t *whole, jd_ctx_t *ctx)
{
    whole->stream = fdopen(whole->fd, "wb");
    if (!whole->stream) jd_fail_memory(ctx, BUFSIZ, whole->path);
    return whole->stream;
}

/* What the stream still holds goes to the file; 0, or why not (errno). */
static int flush(FILE *stream)
{
    errno = 0;
    if (fflush(stream) == 0 && !ferror(stream)) return 0;
    return errno ? errno : EIO;
}

/* A nameless file gets `name`, which nothing has yet; or its random name is changed to it. */
static int put_name(jd_whole_t *whole, const char *name)
{
    char descriptor[32];
    path_of_descriptor(whole->fd, descriptor);
    return linkat(AT_FDCWD, whole->named ? whole->part : descriptor, AT_FDCWD, name,
                  whole->named ? 0 : AT_SYMLINK_FOLLOW);
}

/* A link fails where something of that name is there, a rename replaces it: both at once, so that
 * nothing comes between a look and a deed. */
static int give_name(jd_whole_t *whole, jd_ctx_t *ctx)
{
    int rc = refuse_existing(whole, ctx);
    if (rc) return rc;
    if (!whole->replace) {
        if (put_name(whole, whole->path) == 0) return JD_OK;
        bool no_links = whole->named && (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS);
        if (errno == EEXIST)
            return jd_fail(ctx, JD_ERR_EXISTS,
                           "%s: came to be while it was written; replace it with --force, or write "
                           "elsewhere",
                           whole->path);
        if (!no_links) return jd_whole_fail(whole, errno, ctx);
    }
    for (int attempt = 0; attempt < 8 && !whole->named; attempt++) {
        if (!draw_name(whole)) break;
        whole->named = put_name(whole, whole->part) == 0;
        if (!whole->named && errno != EEXIST) break;
    }
    if (!whole->named || rename(whole->part, whole->path) != 0)
        return jd_whole_fail(whole, errno, ctx);
    whole->named = false;
    return JD_OK;
}

int jd_whole_commit(jd_whole_t *whole, jd_ctx_t *ctx)
{
    int rc = JD_OK, error = whole->stream ? flush(whole->stream) : 0;
    if (error) rc = jd_whole_fail(whole, error, ctx);
    if (!rc && fsync(whole->fd) != 0 && errno != EINVAL) rc = jd_whole_fail(whole, errno, ctx);
    if (!rc) rc = give_name(whole, ctx);
    if (!rc) jd_sync_folder_of(whole->path);
    discard(whole);
    return rc;
}

void jd_whole_abandon(jd_whole_t *whole)
{
    if (whole->path) discard(whole);
}
