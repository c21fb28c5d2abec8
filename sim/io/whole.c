/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *cure(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return "make room on that disk, or write elsewhere with -o";
    case EFBIG:
        return "the limit on file sizes is reached: raise it (ulimit -f), or write fewer tables";
    case ENOENT:
    case ENOTDIR:
        return "create its folder first, or write elsewhere with -o";
    case EACCES:
    case EPERM:
    case EROFS:
        return "you may not write in that folder: write elsewhere with -o";
    default:
        return "check the disk, or write elsewhere with -o";
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
        return jd_fail(ctx, JD_ERR_EXISTS, "%s: is no plain file; write elsewhere with -o",
                       whole->path);
    }
    if (whole->replace) return JD_OK;
    return jd_fail(ctx, JD_ERR_EXISTS,
                   "%s: exists already; replace it with --force, or write elsewhere with -o",
                   whole->path);
}

static int name_both(jd_whole_t *whole, const char *path, jd_ctx_t *ctx)
{
    static const char suffix[] = ".part";
    size_t length = strlen(path);
    whole->path = malloc(length + 1);
    whole->part = malloc(length + sizeof suffix);
    if (!whole->path || !whole->part) return jd_fail_memory(ctx, 2 * length, "a file's name");
    memcpy(whole->path, path, length + 1);
    memcpy(whole->part, path, length);
    memcpy(whole->part + length, suffix, sizeof suffix);
    return JD_OK;
}

/* Whether `fd` is still what the name leads to: another process may have renamed it meanwhile. */
static bool is_named(int fd, const char *name)
{
    struct stat open_one, named;
    return fstat(fd, &open_one) == 0 && stat(name, &named) == 0 &&
           open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

/* The lock tells a file in work from a leftover; where locks are not to be had (some network
 * folders) every file counts as a leftover. */
static int open_part(jd_whole_t *whole, jd_ctx_t *ctx)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    for (int attempt = 0; attempt < 8; attempt++) {
        whole->fd = open(whole->part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (whole->fd < 0) {
            return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be created: %s; %s", whole->part,
                           strerror(errno), cure(errno));
        }
        bool locked = fcntl(whole->fd, F_SETLK, &lock) == 0;
        if (!locked && (errno == EACCES || errno == EAGAIN)) {
            close(whole->fd);
            whole->fd = -1;
            return jd_fail(ctx, JD_ERR_EXISTS,
                           "%s: another process is writing it; wait, or write elsewhere with -o",
                           whole->path);
        }
        if (is_named(whole->fd, whole->part)) {
            if (ftruncate(whole->fd, 0) == 0) return JD_OK;
            return jd_whole_fail(whole, errno, ctx);
        }
        close(whole->fd);
        whole->fd = -1;
    }
    return jd_fail(ctx, JD_ERR_EXISTS, "%s: other processes keep writing it", whole->path);
}

/* Forgets the file; removes what was written unless it went under its name. */
static void discard(jd_whole_t *whole, bool remove)
{
    if (whole->fd >= 0) {
        if (remove) unlink(whole->part);
        if (whole->stream)
            fclose(whole->stream);
        else
            close(whole->fd);
    }
    free(whole->part);
    free(whole->path);
    *whole = (jd_whole_t){.fd = -1};
}

int jd_whole_open(jd_whole_t *whole, const char *path, bool replace, jd_ctx_t *ctx)
{
    *whole = (jd_whole_t){.fd = -1, .replace = replace};
    int rc = name_both(whole, path, ctx);
    if (rc == JD_OK) rc = refuse_existing(whole, ctx);
    if (rc == JD_OK) rc = open_part(whole, ctx);
    if (rc != JD_OK) discard(whole, true);
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

/* A rename lasts only once its folder is on the disk too. Some file systems refuse to sync a
 * folder; the file is whole all the same. */
static void sync_folder(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash) *slash = '\0';
    int fd = open(!slash ? "." : slash == path ? "/" : path, O_RDONLY | O_CLOEXEC);
    if (slash) *slash = '/';
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

int jd_whole_commit(jd_whole_t *whole, jd_ctx_t *ctx)
{
    int rc = JD_OK, error = whole->stream ? flush(whole->stream) : 0;
    if (error) rc = jd_whole_fail(whole, error, ctx);
    if (rc == JD_OK && fsync(whole->fd) != 0 && errno != EINVAL)
        rc = jd_whole_fail(whole, errno, ctx);
    if (rc == JD_OK) rc = refuse_existing(whole, ctx);
    if (rc == JD_OK && rename(whole->part, whole->path) != 0) rc = jd_whole_fail(whole, errno, ctx);
    if (rc == JD_OK) sync_folder(whole->path);
    discard(whole, rc != JD_OK);
    return rc;
}

void jd_whole_abandon(jd_whole_t *whole)
{
    if (whole->part) discard(whole, true);
}
