/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/shards.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/memory.h"
#include "io/files/lock.h"

enum { BLOCK_MOST = 100, PATH_SIZE = 4096 };

/* Before each record's payload; the checksum is of the payload and of the words before it. */
typedef struct head {
    uint64_t magic, identity;
    int64_t run, bytes;
    uint64_t checksum;
} head_t;

#define MAGIC UINT64_C(0x64723164656A0A02)

static uint64_t checksum(const head_t *head, const unsigned char *payload)
{
    uint64_t hash = jd_hash_word(JD_HASH_START, head->identity);
    hash = jd_hash_word(hash, (uint64_t)head->run);
    return jd_hash_words(hash, payload, (size_t)head->bytes);
}

/* ---- Records: failed, message, then each table's rows and columns ---- */

static size_t table_bytes(const jd_table_t *t)
{
    size_t row = 0;
    for (int c = 0; c < t->n_columns; c++)
        row += jd_column_size(&t->columns[c]);
    return sizeof t->rows + row * (size_t)t->rows;
}

static size_t result_bytes(const jd_run_result_t *r, int n_tables)
{
    size_t bytes = sizeof r->failed + sizeof r->message + sizeof(int32_t) + strlen(r->note);
    for (int t = 0; t < n_tables; t++)
        bytes += table_bytes(&r->table[t]);
    return bytes;
}

size_t jd_shard_least(const jd_run_layout_t *layout)
{
    const jd_run_result_t failed = {.failed = true};
    return sizeof(head_t) + result_bytes(&failed, layout->n);
}

static unsigned char *put(unsigned char *at, const void *data, size_t n)
{
    if (n > 0) memcpy(at, data, n);
    return at + n;
}

static void encode(const jd_run_result_t *r, int n_tables, unsigned char *at)
{
    at = put(at, &r->failed, sizeof r->failed);
    at = put(at, r->message, sizeof r->message);
    int32_t length = (int32_t)strlen(r->note);
    at = put(at, &length, sizeof length);
    at = put(at, r->note, (size_t)length);
    for (int t = 0; t < n_tables; t++) {
        const jd_table_t *table = &r->table[t];
        at = put(at, &table->rows, sizeof table->rows);
        for (int c = 0; c < table->n_columns; c++)
            at = put(at, table->data[c], jd_column_size(&table->columns[c]) * (size_t)table->rows);
    }
}

/* Takes n bytes off what is left; false if there are not so many. */
static bool get(void *to, size_t n, const unsigned char **at, size_t *left)
{
    if (n > *left) return false;
    if (n > 0) memcpy(to, *at, n);
    *at += n;
    *left -= n;
    return true;
}

/* *good = the payload was a result of this layout. */
static int decode(jd_run_result_t *r, const jd_run_layout_t *layout, const unsigned char *at,
                  size_t left, bool *good, jd_ctx_t *ctx)
{
    int32_t length = 0;
    int rc = jd_run_result_init(r, layout, ctx);
    *good = !rc && get(&r->failed, sizeof r->failed, &at, &left) &&
            get(r->message, sizeof r->message, &at, &left) &&
            get(&length, sizeof length, &at, &left) && length >= 0 && length < JD_RUN_NOTE &&
            get(r->note, (size_t)length, &at, &left);
    r->message[JD_RUN_MESSAGE - 1] = '\0';
    for (int t = 0; t < layout->n && !rc && *good; t++) {
        jd_table_t *table = &r->table[t];
        int64_t rows = 0;
        *good = get(&rows, sizeof rows, &at, &left) && rows >= 0 && (size_t)rows <= left;
        if (*good) rc = jd_table_reserve(table, rows, ctx);
        for (int c = 0; c < table->n_columns && !rc && *good; c++)
            *good =
                get(table->data[c], jd_column_size(&table->columns[c]) * (size_t)rows, &at, &left);
        if (*good && !rc) table->rows = rows;
    }
    *good = *good && left == 0;
    if (rc || !*good) jd_run_result_free(r);
    return rc;
}

/* ---- Files ---- */

int64_t jd_shards_block(int64_t n_runs)
{
    int64_t block = n_runs / 1024; /* enough blocks to keep hundreds of workers busy to the end */
    return block < 1 ? 1 : block < BLOCK_MOST ? block : BLOCK_MOST;
}

int64_t jd_shards_count(const jd_shards_t *s)
{
    return (s->n_runs + s->block - 1) / s->block;
}

static int64_t first_run(const jd_shards_t *s, int64_t block)
{
    return block * s->block;
}

static int64_t runs_in(const jd_shards_t *s, int64_t block)
{
    int64_t left = s->n_runs - first_run(s, block);
    return left < s->block ? left : s->block;
}

static void path_of(const jd_shards_t *s, int64_t block, const char *ending, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/shards/%06" PRId64 ".%s", s->folder, block + 1, ending);
}

void jd_shards_file(const jd_shards_t *s, int64_t run, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/runs/%06" PRId64 ".h5", s->folder, run + 1);
}

/* *there = the run's file, where the sweep keeps them. What cannot be looked at is not taken for
 * absent. */
static int look_for_file(const jd_shards_t *s, int64_t run, bool *there, jd_ctx_t *ctx)
{
    char path[PATH_SIZE];
    jd_shards_file(s, run, path);
    *there = access(path, F_OK) == 0;
    if (*there || errno == ENOENT || errno == ENOTDIR) return JD_OK;
    return jd_fail(ctx, JD_ERR_READ, "%s: cannot be read: %s", path, strerror(errno));
}

static int read_fault(const jd_shards_t *s, int64_t block, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_READ,
                   "%s/shards: shard %06" PRId64 " cannot be read: %s; check the disk and try "
                   "again; if that does not help, remove it: --resume does its runs again",
                   s->folder, block + 1, strerror(errno));
}

/* Up to n bytes; fewer only at the end of the file. -1 with errno. */
static int64_t read_up_to(int fd, void *to, size_t n)
{
    size_t got = 0;
    while (got < n) {
        ssize_t r = read(fd, (unsigned char *)to + got, n - got);
        if (r < 0 && errno == EINTR) continue;
        if (r < 0) return -1;
        if (r == 0) break;
        got += (size_t)r;
    }
    return (int64_t)got;
}

typedef struct scan {
    const jd_shards_t *shards;
    int64_t block, valid, n_valid; /* bytes and records that hold */
    bool *done;                    /* [runs of the block] */
    jd_shard_take_t take;
    void *user;
} scan_t;

/* One record; *more = it was good and new. */
static int scan_record(scan_t *s, int fd, off_t size, bool *more, jd_ctx_t *ctx)
{
    head_t head;
    *more = false;
    int64_t got = read_up_to(fd, &head, sizeof head);
    if (got < 0) return read_fault(s->shards, s->block, ctx);
    if (got != (int64_t)sizeof head) return JD_OK;
    int64_t at = head.run - first_run(s->shards, s->block);
    if (head.magic != MAGIC || head.identity != s->shards->identity || at < 0 ||
        at >= runs_in(s->shards, s->block) || s->done[at] || head.bytes < 0 ||
        head.bytes > (int64_t)size - s->valid)
        return JD_OK;
    unsigned char *payload;
    int rc = jd_make(&payload, head.bytes, 1, "a shard", ctx);
    if (rc) return rc;
    jd_run_result_t result;
    got = read_up_to(fd, payload, (size_t)head.bytes);
    if (got < 0) rc = read_fault(s->shards, s->block, ctx);
    bool good = got == head.bytes && checksum(&head, payload) == head.checksum, there = true;
    if (good) rc = decode(&result, s->shards->layout, payload, (size_t)head.bytes, &good, ctx);
    if (good && !rc && s->shards->files && !result.failed) {
        rc = look_for_file(s->shards, head.run, &there, ctx);
        if (rc || !there) jd_run_result_free(&result);
        good = !rc && there;
    }
    if (good && !rc) {
        if (s->take) rc = s->take(s->user, head.run, &result, ctx);
        jd_run_result_free(&result);
        s->done[at] = *more = true;
        s->n_valid++;
        s->valid += (int64_t)sizeof head + head.bytes;
    }
    free(payload);
    return rc;
}

static int scan_file(scan_t *s, int fd, jd_ctx_t *ctx)
{
    struct stat about;
    if (fstat(fd, &about) != 0) return read_fault(s->shards, s->block, ctx);
    int rc = JD_OK;
    for (bool more = true; more && !rc;)
        rc = scan_record(s, fd, about.st_size, &more, ctx);
    return rc;
}

int jd_shard_read(const jd_shards_t *shards, int64_t block, jd_shard_state_t *state,
                  int64_t *n_valid, jd_shard_take_t take, void *user, jd_ctx_t *ctx)
{
    char path[PATH_SIZE];
    scan_t scan = {.shards = shards, .block = block, .take = take, .user = user};
    bool sealed = false;
    int fd = -1;
    for (int attempt = 0; attempt < 2 && fd < 0;
         attempt++) { /* it may be sealed between two looks */
        path_of(shards, block, "shard", path);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        sealed = fd >= 0;
        if (sealed || errno != ENOENT) break;
        path_of(shards, block, "part", path);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 && errno != ENOENT) break;
    }
    *state = JD_SHARD_NONE;
    *n_valid = 0;
    if (fd < 0 && errno == ENOENT) return JD_OK;
    if (fd < 0) return jd_fail(ctx, JD_ERR_READ, "%s: cannot be opened: %s", path, strerror(errno));
    int64_t n = runs_in(shards, block);
    int rc = jd_make(&scan.done, n, sizeof *scan.done, "a shard", ctx);
    if (!rc) rc = scan_file(&scan, fd, ctx);
    *state = !sealed ? JD_SHARD_PART : scan.n_valid == n ? JD_SHARD_WHOLE : JD_SHARD_DAMAGED;
    *n_valid = scan.n_valid;
    free(scan.done);
    close(fd);
    return rc;
}

int jd_shards_missing(const jd_shards_t *shards, int64_t *missing, int64_t *first, jd_ctx_t *ctx)
{
    *missing = 0;
    *first = -1;
    for (int64_t b = 0; b < jd_shards_count(shards); b++) {
        jd_shard_state_t state;
        int64_t valid;
        int rc = jd_shard_read(shards, b, &state, &valid, NULL, NULL, ctx);
        if (rc) return rc;
        *missing += runs_in(shards, b) - valid;
        if (valid < runs_in(shards, b) && *first < 0) *first = b;
    }
    return JD_OK;
}

int jd_shards_reopen_last(const jd_shards_t *s, jd_ctx_t *ctx)
{
    char sealed[PATH_SIZE], part[PATH_SIZE];
    int64_t last = jd_shards_count(s) - 1;
    if (last < 0 || s->n_runs % s->block == 0) return JD_OK;
    path_of(s, last, "shard", sealed);
    path_of(s, last, "part", part);
    if (rename(sealed, part) == 0 || errno == ENOENT) return JD_OK;
    return jd_fail(ctx, JD_ERR_WRITE, "%s: cannot be taken up again: %s", sealed, strerror(errno));
}

/* ---- Writing ---- */

static int write_fault(const jd_shard_writer_t *w, const char *what, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_WRITE,
                   "%s/shards: shard %" PRId64 " cannot be %s: %s; finished runs are kept: once "
                   "there is room, --resume goes on",
                   w->shards->folder, w->block + 1, what, strerror(errno));
}

static int write_all(int fd, const unsigned char *data, size_t n)
{
    while (n > 0) {
        ssize_t r = write(fd, data, n);
        if (r < 0 && errno == EINTR) continue;
        if (r < 0) return -1;
        data += r;
        n -= (size_t)r;
    }
    return 0;
}

/* Opens a block's file, sealed or not, and locks it. Where locks are not to be had (some network
 * folders) nobody is busy: runs may then be done twice, with the same records. */
static int open_locked(jd_shard_writer_t *w, bool *busy, jd_ctx_t *ctx)
{
    char sealed[PATH_SIZE], part[PATH_SIZE];
    path_of(w->shards, w->block, "shard", sealed);
    path_of(w->shards, w->block, "part", part);
    for (int attempt = 0; attempt < 8; attempt++) {
        w->fd = open(sealed, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
        w->sealed = w->fd >= 0;
        if (!w->sealed) w->fd = open(part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (w->fd < 0)
            return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be written: %s", part, strerror(errno));
        *busy = !jd_lock_try(w->fd);
        bool ours = !*busy && jd_is_named(w->fd, w->sealed ? sealed : part);
        bool late =
            ours && !w->sealed && access(sealed, F_OK) == 0; /* sealed by another just now */
        if (ours && !late) return JD_OK;
        if (late) unlink(part);
        close(w->fd);
        if (*busy) return JD_OK;
    }
    *busy = true;
    return JD_OK;
}

/* Whether a file is a shard, or was to become one when the power went: one of the two words it
 * begins with is right, or what reached the disk of them is zero. */
static bool is_shard(int fd, uint64_t identity)
{
    static const unsigned char zero[16];
    uint64_t word[2] = {MAGIC, identity};
    unsigned char found[16];
    ssize_t n = pread(fd, found, sizeof found, 0);
    if (n < 0) return false;
    return memcmp(found, zero, (size_t)n) == 0 || memcmp(found, word, n < 8 ? (size_t)n : 8) == 0 ||
           (n == 16 && identity && memcmp(found + 8, &word[1], 8) == 0);
}

bool jd_shard_is_one(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat about;
    bool one = fd >= 0 && fstat(fd, &about) == 0 && about.st_size > 0 && is_shard(fd, 0);
    if (fd >= 0) close(fd);
    return one;
}

/* Keeps the valid records of the open file; what was called whole and is not is unfinished again.
 */
static int keep_valid(jd_shard_writer_t *w, jd_ctx_t *ctx)
{
    char sealed[PATH_SIZE], part[PATH_SIZE];
    scan_t scan = {.shards = w->shards, .block = w->block, .done = w->done};
    if (!is_shard(w->fd, w->shards->identity)) {
        path_of(w->shards, w->block, w->sealed ? "shard" : "part", part);
        return jd_fail(ctx, JD_ERR_EXISTS,
                       "%s is there and is no shard of a sweep; it is left as it is: move it away",
                       part);
    }
    int rc = scan_file(&scan, w->fd, ctx);
    w->n_done = scan.n_valid;
    if (rc || (w->sealed && w->n_done == runs_in(w->shards, w->block))) return rc;
    path_of(w->shards, w->block, "shard", sealed);
    path_of(w->shards, w->block, "part", part);
    if (w->sealed && rename(sealed, part) != 0) return write_fault(w, "taken up again", ctx);
    w->sealed = false;
    if (ftruncate(w->fd, scan.valid) != 0 || lseek(w->fd, scan.valid, SEEK_SET) < 0)
        return write_fault(w, "cut to what holds", ctx);
    return JD_OK;
}

int jd_shard_open(jd_shard_writer_t *w, const jd_shards_t *shards, int64_t block, bool *busy,
                  jd_ctx_t *ctx)
{
    memset(w, 0, sizeof *w);
    w->shards = shards;
    w->block = block;
    *busy = false;
    int rc = open_locked(w, busy, ctx);
    if (rc || *busy) return rc;
    rc = jd_make(&w->done, runs_in(shards, block), sizeof *w->done, "a shard", ctx);
    if (!rc) rc = keep_valid(w, ctx);
    if (rc) {
        close(w->fd);
        free(w->done);
    }
    return rc;
}

int jd_shard_append(jd_shard_writer_t *w, int64_t run, const jd_run_result_t *result, jd_ctx_t *ctx)
{
    int n_tables = w->shards->layout->n;
    size_t payload = result_bytes(result, n_tables), bytes = sizeof(head_t) + payload;
    if (bytes > w->capacity) {
        unsigned char *buffer = realloc(w->buffer, bytes);
        if (!buffer) return jd_fail_memory(ctx, bytes, "a run's record");
        w->buffer = buffer;
        w->capacity = bytes;
    }
    head_t head = {
        .magic = MAGIC, .identity = w->shards->identity, .run = run, .bytes = (int64_t)payload};
    encode(result, n_tables, w->buffer + sizeof head);
    head.checksum = checksum(&head, w->buffer + sizeof head);
    memcpy(w->buffer, &head, sizeof head);
    if (write_all(w->fd, w->buffer, bytes) != 0) return write_fault(w, "written", ctx);
    w->done[run - first_run(w->shards, w->block)] = true;
    w->n_done++;
    return JD_OK;
}

int jd_shard_close(jd_shard_writer_t *w, jd_ctx_t *ctx)
{
    char part[PATH_SIZE], sealed[PATH_SIZE];
    path_of(w->shards, w->block, "part", part);
    path_of(w->shards, w->block, "shard", sealed);
    int rc = JD_OK;
    if (!w->sealed && w->n_done == runs_in(w->shards, w->block)) {
        if (fsync(w->fd) != 0 && errno != EINVAL && errno != EROFS)
            rc = write_fault(w, "synced", ctx);
        else if (rename(part, sealed) != 0)
            rc = write_fault(w, "sealed", ctx);
        else
            jd_sync_folder_of(sealed);
    }
    close(w->fd);
    free(w->done);
    free(w->buffer);
    return rc;
}
