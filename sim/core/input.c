/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 100, PAUSE = 20 }; /* a writer's: times, ms */

/* Whether a character device ends some time: a terminal, or /dev/null. */
static bool ends(const char *path, const struct stat *about)
{
    struct stat null;
    if (stat("/dev/null", &null) == 0 && null.st_rdev == about->st_rdev) return true;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    bool terminal = fd >= 0 && isatty(fd);
    if (fd >= 0) close(fd);
    return terminal;
}

/* Whether a pipe has a writer, or had one; the byte read to find out in *first, or -1. */
static bool is_written(int fd, int *first)
{
    for (int i = 0; i < TRIES; i++) {
        unsigned char byte;
        struct pollfd end = {.fd = fd, .events = POLLIN};
        ssize_t n = read(fd, &byte, 1);
        if (n == 1) *first = byte;
        if (n == 1 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))) return true;
        if (poll(&end, 1, PAUSE) > 0 && (end.revents & POLLHUP) && !(end.revents & POLLIN))
            return true;
    }
    return false;
}

FILE *jd_open_input(const char *path, jd_ctx_t *ctx)
{
    struct stat about;
    int fd = -1, first = -1;
    FILE *in = NULL;
    if (stat(path, &about) != 0) goto failed;
    if (S_ISDIR(about.st_mode)) {
        (void)jd_fail(ctx, JD_ERR_OPEN, "%s: is a folder; name a file in it", path);
        return NULL;
    }
    if (S_ISBLK(about.st_mode) || (S_ISCHR(about.st_mode) && !ends(path, &about))) {
        (void)jd_fail(ctx, JD_ERR_OPEN, "%s: is a device, not a file; name a file or a pipe", path);
        return NULL;
    }
    fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) goto failed;
    if (S_ISFIFO(about.st_mode) && !is_written(fd, &first)) {
        close(fd);
        (void)jd_fail(ctx, JD_ERR_OPEN,
                      "%s: is a pipe that holds nothing and that no program writes to; start the "
                      "writer first",
                      path);
        return NULL;
    }
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) goto failed;
    in = fdopen(fd, "rb");
    if (!in) goto failed;
    if (first >= 0) ungetc(first, in);
    return in;
failed:
    (void)jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be opened: %s; check its name and folder", path,
                  strerror(errno));
    if (fd >= 0) close(fd);
    return NULL;
}
