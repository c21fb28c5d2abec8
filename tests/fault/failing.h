/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Makes the n-th allocation, or the n-th call that touches a file, fail. The linker leads the
 * calls of our own objects here (--wrap, see tests/CMakeLists.txt); what libraries do inside is not
 *  touched. Included by one file of a program. */
#ifndef JD_TESTS_FAULT_FAILING_H
#define JD_TESTS_FAULT_FAILING_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "jiedao/context.h"
#include "support.h"

typedef enum { FAIL_NOTHING, FAIL_MEMORY, FAIL_FILES } failing_t;

static struct {
    atomic_int kind;
    atomic_long left;   /* calls that still succeed */
    atomic_long blocks; /* allocated and not freed */
    bool for_good;      /* all later calls fail too, as a full disk does */
    int error;          /* errno of a failing file call */
} failing;

static inline bool fails(failing_t kind)
{
    if (failing.kind != (int)kind) return false;
    long left = failing.left--;
    return left == 0 || (left < 0 && failing.for_good);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
int __real_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t at);
int __real_ftruncate(int fd, off_t size);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __real_linkat(int from, const char *old, int to, const char *new, int flags);
FILE *__real_fdopen(int fd, const char *mode);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags);
FILE *__wrap_fdopen(int fd, const char *mode);

static inline void *counted(void *block)
{
    if (block) failing.blocks++;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return fails(FAIL_MEMORY) ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails(FAIL_MEMORY) ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (fails(FAIL_MEMORY)) return NULL;
    void *moved = __real_realloc(block, size);
    return block ? moved : counted(moved);
}

void __wrap_free(void *block)
{
    if (block) failing.blocks--;
    __real_free(block);
}

static inline bool file_fails(void)
{
    if (!fails(FAIL_FILES)) return false;
    errno = failing.error;
    return true;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = flags & O_CREAT ? va_arg(more, int) : 0;
    va_end(more);
    return file_fails() ? -1 : __real_open(path, flags, mode);
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    return file_fails() ? -1 : __real_read(fd, bytes, size);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return file_fails() ? -1 : __real_pwrite(fd, bytes, size, at);
}

int __wrap_ftruncate(int fd, off_t size)
{
    return file_fails() ? -1 : __real_ftruncate(fd, size);
}

int __wrap_fsync(int fd)
{
    return file_fails() ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return file_fails() ? -1 : __real_rename(from, to);
}

int __wrap_linkat(int from, const char *old, int to, const char *new, int flags)
{
    return file_fails() ? -1 : __real_linkat(from, old, to, new, flags);
}

FILE *__wrap_fdopen(int fd, const char *mode)
{
    return file_fails() ? NULL : __real_fdopen(fd, mode);
}

/** What the disk says of itself in place of the truth: blocks of no size = the truth. */
static struct {
    struct statvfs disk;
    long kind; /* of the file system */
} disk_says;

int __real_statvfs(const char *path, struct statvfs *disk);
int __wrap_statvfs(const char *path, struct statvfs *disk);
int __real_statfs(const char *path, struct statfs *disk);
int __wrap_statfs(const char *path, struct statfs *disk);

int __wrap_statvfs(const char *path, struct statvfs *disk)
{
    int rc = __real_statvfs(path, disk);
    if (rc == 0 && disk_says.disk.f_frsize) *disk = disk_says.disk;
    return rc;
}

int __wrap_statfs(const char *path, struct statfs *disk)
{
    int rc = __real_statfs(path, disk);
    if (rc == 0 && disk_says.kind) disk->f_type = disk_says.kind;
    return rc;
}

/* The n-th call of this kind, from 0, will fail. One thread, so that the n-th is always the same.
 */
static inline void fail_at(failing_t kind, long n, jd_ctx_t *ctx)
{
    jd_ctx_init(ctx);
    ctx->threads = 1;
    failing.left = n;
    failing.kind = (int)kind;
}

/* Whether one failed. */
static inline bool stop_failing(void)
{
    failing.kind = FAIL_NOTHING;
    return failing.left < 0;
}

/* A folder of the test's own, and what lies in it. */
static char folder[] = "/tmp/jiedao-fault-XXXXXX";

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static inline int files_in_folder(void)
{
    int n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static inline void clear_folder(void)
{
    char path[512];
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_int_equal(unlink(path), 0);
    }
    closedir(dir);
}

static inline int remove_folder(void **state)
{
    (void)state;
    clear_folder();
    return rmdir(folder);
}

#endif
