/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* fopencookie */
#include "cli/out.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/plain_text.h"

enum { HELD = 3, PIECE = 4096 };

static FILE *raw; /* descriptor 1 as it was */
static char held[HELD];
static int failure;   /* errno of the first failed write */
static size_t n_held; /* the beginning of a character whose end is not here yet */

static ssize_t write_plain(void *cookie, const char *bytes, size_t n)
{
    char piece[HELD + PIECE];
    (void)cookie;
    for (size_t at = 0; at < n;) {
        size_t take = n - at < PIECE ? n - at : PIECE, size = n_held + take;
        memcpy(piece, held, n_held);
        memcpy(piece + n_held, bytes + at, take);
        n_held = jd_utf8_open_end(piece, size);
        size -= n_held;
        memcpy(held, piece + size, n_held);
        jd_plain_bytes(piece, size);
        errno = 0;
        if (fwrite(piece, 1, size, raw) != size || fflush(raw) != 0) {
            if (!failure) failure = errno ? errno : EIO;
            return 0;
        }
        at += take;
    }
    return (ssize_t)n;
}

void jd_out_start(void)
{
    if (raw) return;
    raw = stdout;
    FILE *plain = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_plain});
    stdout = plain ? plain : stderr; /* never past the filter */
    if (plain && isatty(STDOUT_FILENO)) setvbuf(plain, NULL, _IOLBF, BUFSIZ);
}

FILE *jd_out_data(void)
{
    return isatty(STDOUT_FILENO) ? stdout : raw;
}

static int state_of(FILE *stream)
{
    errno = 0;
    if (fflush(stream) == 0 && !ferror(stream)) return 0;
    return errno ? errno : EIO;
}

int jd_out_finish(void)
{
    int error = state_of(stdout);
    for (size_t i = 0; i < n_held; i++)
        fputc('?', raw);
    n_held = 0;
    int failed = state_of(raw);
    return failure ? failure : error ? error : failed;
}
