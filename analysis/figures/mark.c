/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "figures.h"

#define MARK "jiedao figure "
enum { DIGITS = 16, PNG_END = 12, TAIL = 96, MARK_SIZE = 128 };

/* The whole file, to be freed; NULL with errno. */
static unsigned char *load(int fd, size_t *n)
{
    struct stat about;
    if (fstat(fd, &about) != 0) return NULL;
    *n = 0;
    size_t size = (size_t)about.st_size;
    unsigned char *bytes = malloc(size + 1);
    while (bytes && *n < size) {
        ssize_t got = pread(fd, bytes + *n, size - *n, (off_t)*n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            free(bytes);
            errno = got < 0 ? errno : EIO;
            return NULL;
        }
        *n += (size_t)got;
    }
    return bytes;
}

/* Where `word` last begins among the last TAIL bytes; n if nowhere. */
static size_t last_place(const unsigned char *bytes, size_t n, const char *word)
{
    size_t length = strlen(word), least = n > TAIL ? n - TAIL : 0;
    for (size_t at = n - (length < n ? length : n); at + length <= n && at >= least; at--) {
        if (memcmp(bytes + at, word, length) == 0) return at;
        if (at == 0) break;
    }
    return n;
}

/* PNG's checksum of a chunk. */
static uint32_t crc32(const unsigned char *bytes, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xEDB88320) : 0);
    }
    return ~crc;
}

static void put_big(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* The words before the digits; how many bytes. */
static size_t begin_mark(unsigned char *mark, unsigned format)
{
    static const char chunk[] = "    tEXtSoftware\0" MARK, xml[] = "<!-- " MARK,
                      comment[] = "%" MARK, line[] = "# " MARK;
    const char *words = format == JD_FIGURE_PNG   ? chunk
                        : format == JD_FIGURE_SVG ? xml
                        : format == JD_FIGURE_GP  ? line
                                                  : comment;
    size_t n = (format == JD_FIGURE_PNG   ? sizeof chunk
                : format == JD_FIGURE_SVG ? sizeof xml
                : format == JD_FIGURE_GP  ? sizeof line
                                          : sizeof comment) -
               1;
    memcpy(mark, words, n);
    if (format == JD_FIGURE_PNG) put_big(mark, (uint32_t)(n - 8 + DIGITS));
    return n;
}

static size_t end_mark(unsigned char *mark, size_t n, unsigned format)
{
    if (format == JD_FIGURE_PNG) {
        put_big(mark + n, crc32(mark + 4, n - 4));
        return n + 4;
    }
    const char *end = format == JD_FIGURE_SVG ? " -->\n" : "\n";
    memcpy(mark + n, end, strlen(end));
    return n + strlen(end);
}

static int write_all(int fd, const unsigned char *bytes, size_t n, size_t at)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = pwrite(fd, bytes + done, n - done, (off_t)(at + done));
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return put < 0 ? errno : EIO;
        done += (size_t)put;
    }
    return 0;
}

/* Before PNG's last chunk; before the end of a PDF file, whose offsets all point to what is
 * earlier; behind an SVG file's last tag
 * and a script's last line. */
int jd_figure_mark(int fd, unsigned format)
{
    unsigned char mark[MARK_SIZE + TAIL];
    char digits[DIGITS + 1];
    size_t n = 0;
    unsigned char *bytes = load(fd, &n);
    if (!bytes) return errno ? errno : ENOMEM;
    size_t place = format == JD_FIGURE_PDF                   ? last_place(bytes, n, "startxref")
                   : format == JD_FIGURE_PNG && n >= PNG_END ? n - PNG_END
                                                             : n;
    size_t size = begin_mark(mark, format);
    uint64_t sum = jd_hash_bytes(jd_hash_bytes(JD_HASH_START, bytes, place), mark, size);
    snprintf(digits, sizeof digits, "%016" PRIx64, sum);
    memcpy(mark + size, digits, DIGITS);
    size = end_mark(mark, size + DIGITS, format);
    memcpy(mark + size, bytes + place, n - place);
    free(bytes);
    return write_all(fd, mark, size + n - place, place);
}

/* Whether a figure ends so behind the mark's digits: nobody has added a word. */
static bool is_end(const unsigned char *bytes, size_t n)
{
    static const char xml[] = " -->\n", begin[] = "\nstartxref\n", end[] = "\n%%EOF\n";
    const size_t first = sizeof begin - 1, last = sizeof end - 1;
    if (n == 1 && *bytes == '\n') return true; /* a script's */
    if (n == sizeof xml - 1 && !memcmp(bytes, xml, n)) return true;
    if (n == 4 + PNG_END && !memcmp(bytes + 8, "IEND", 4)) return true; /* a checksum before it */
    if (n <= first + last || memcmp(bytes, begin, first) != 0) return false;
    if (memcmp(bytes + n - last, end, last) != 0) return false;
    for (size_t i = first; i < n - last; i++)
        if (bytes[i] < '0' || bytes[i] > '9') return false;
    return true;
}

/* Whether the digits behind the mark are the checksum of all before them. */
static bool is_marked(const unsigned char *bytes, size_t n)
{
    char digits[DIGITS + 1];
    size_t at = last_place(bytes, n, MARK) + strlen(MARK);
    if (at + DIGITS > n || !is_end(bytes + at + DIGITS, n - at - DIGITS)) return false;
    snprintf(digits, sizeof digits, "%016" PRIx64, jd_hash_bytes(JD_HASH_START, bytes, at));
    return memcmp(bytes + at, digits, DIGITS) == 0;
}

int jd_figure_may_replace(const char *path, int replace, jd_ctx_t *ctx)
{
    struct stat about;
    if (stat(path, &about) != 0) return JD_OK;
    if (S_ISDIR(about.st_mode))
        return jd_fail(ctx, JD_ERR_EXISTS, "%s: is a folder; choose another name", path);
    if (!S_ISREG(about.st_mode)) /* a rename would put a file in a device's place */
        return jd_fail(ctx, JD_ERR_EXISTS, "%s: is no plain file; choose another name", path);
    if (replace) return JD_OK;
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    unsigned char *bytes = fd < 0 ? NULL : load(fd, &n);
    bool ours = bytes && is_marked(bytes, n);
    free(bytes);
    if (fd >= 0) close(fd);
    if (ours) return JD_OK;
    return jd_fail(
        ctx, JD_ERR_EXISTS,
        "%s: exists already, and is no figure that jiedao drew and nobody changed since; "
        "replace it with --force, or choose another name",
        path);
}
