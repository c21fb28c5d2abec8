/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line behind HDF5's last byte with a checksum of all before it, which no HDF5 reader looks at:
 * HDF5's own checksums leave out heaps and indices, where one flipped bit ends the library. */
#include <errno.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/hdf5/internal.h"

enum { SEAL = 48, PIECE = 1 << 20 };

/* "\njiedao crc32 0123abcd of 000000000000000734764\n" */
static void write_seal(char seal[SEAL + 1], uint32_t sum, uint64_t bytes)
{
    snprintf(seal, SEAL + 1, "\njiedao crc32 %08" PRIx32 " of %021" PRIu64 "\n", sum, bytes);
}

ssize_t jd_read_at(int fd, void *to, size_t n, off_t at)
{
    size_t got = 0;
    while (got < n) {
        ssize_t r = pread(fd, (char *)to + got, n - got, at + (off_t)got);
        if (r < 0 && errno == EINTR) continue;
        if (r < 0) return -1;
        if (r == 0) break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

/* Of the first `bytes` bytes, which `to` gets unless NULL. JD_ERR_READ without a message, with
 * errno. */
static int sum_up(int fd, uint64_t bytes, unsigned char *to, uint32_t *sum, jd_ctx_t *ctx)
{
    unsigned char *own = to ? NULL : malloc(PIECE);
    if (!to && !own) return jd_fail_memory(ctx, PIECE, "a checksum");
    int rc = JD_OK;
    *sum = libdeflate_crc32(0, NULL, 0);
    for (uint64_t at = 0; at < bytes && !rc;) {
        size_t n = bytes - at < PIECE ? (size_t)(bytes - at) : PIECE;
        unsigned char *piece = to ? to + at : own;
        ssize_t got = jd_read_at(fd, piece, n, (off_t)at);
        errno = got < 0 ? errno : EIO;
        if (got != (ssize_t)n) rc = JD_ERR_READ;
        if (!rc) *sum = libdeflate_crc32(*sum, piece, n);
        if (!rc) rc = jd_check_cancelled(ctx);
        at += n;
    }
    free(own);
    return rc;
}

int jd_seal_write(jd_store_sink_t *sink, jd_ctx_t *ctx)
{
    char seal[SEAL + 1];
    uint32_t sum = 0;
    int rc = sum_up(sink->fd, sink->eof, NULL, &sum, ctx);
    if (rc == JD_ERR_READ) sink->error = errno;
    if (rc) return rc == JD_ERR_READ ? JD_OK : rc; /* the caller asks the sink */
    write_seal(seal, sum, sink->eof);
    for (size_t done = 0; done < SEAL && !sink->error;) {
        ssize_t n = pwrite(sink->fd, seal + done, SEAL - done, (off_t)(sink->eof + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) sink->error = n < 0 ? errno : ENOSPC;
        if (n > 0) done += (size_t)n;
    }
    return JD_OK;
}

static int fail_read(const char *path, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_READ, "%s: cannot be read: %s; check the disk", path,
                   strerror(errno));
}

int jd_seal_check(int fd, uint64_t n, unsigned char *to, const char *path, bool *sealed,
                  jd_ctx_t *ctx)
{
    char seal[SEAL + 1] = "", expected[SEAL + 1];
    uint64_t bytes = n < SEAL ? 0 : n - SEAL;
    size_t rest = (size_t)(n - bytes);
    uint32_t sum;
    *sealed = false;
    errno = EIO;
    if (jd_read_at(fd, seal, rest, (off_t)bytes) != (ssize_t)rest) return fail_read(path, ctx);
    if (to) memcpy(to + bytes, seal, rest);
    bool has = memcmp(seal, "\njiedao crc32 ", 14) == 0;
    if (!has && !to) return JD_OK; /* written by another program, or cut: HDF5 will report it */
    int rc = sum_up(fd, bytes, to, &sum, ctx);
    if (rc == JD_ERR_READ) return fail_read(path, ctx);
    if (rc || !has) return rc;
    write_seal(expected, sum, bytes);
    *sealed = memcmp(seal, expected, SEAL) == 0;
    if (*sealed) return JD_OK;
    return jd_fail(ctx, JD_ERR_READ,
                   "%s: is damaged: its bytes are not those that were written (checksum); copy it "
                   "again, or run again",
                   path);
}
