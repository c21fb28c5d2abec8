/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a disk may hold after the power fails: of a traced run, every change of a file or folder
 *  since that was last synced may be kept or lost, whatever became of later ones. Included after
 * fault/trace.h. */
#ifndef JD_TESTS_FAULT_POWER_H
#define JD_TESTS_FAULT_POWER_H

#include <dirent.h>
#include <sys/stat.h>

#if defined(__linux__) && defined(__x86_64__)

typedef enum { OP_WRITE, OP_CUT, OP_SYNC, OP_ENTRY, OP_RENAME, OP_REMOVE, OP_FOLDER } op_kind_t;

typedef struct op {
    op_kind_t kind;
    int file; /* number of a file, -1 = of a folder */
    long long at;
    size_t size;
    char *bytes;
    char path[TRACE_PATH], to[TRACE_PATH]; /* below the root */
} op_t;

/* A name and the file it leads to, while the run goes on and when it is played again. */
typedef struct entry {
    char path[TRACE_PATH];
    int file; /* -1 = a folder */
} entry_t;

typedef struct content {
    char *bytes;
    size_t size;
} content_t;

enum { POWER_OPS = 20000, POWER_FILES = 256 };

typedef struct power {
    size_t root; /* length of the root's path */
    op_t *ops;   /* [n_ops] owned */
    int n_ops, n_files, n_entries;
    entry_t entries[POWER_FILES];
    ino_t inode[POWER_FILES];     /* by file, while the run goes on */
    content_t first[POWER_FILES]; /* what was there before */
    int n_first;                  /* files that were */
} power_t;

static int power_find(const entry_t *entries, int n, const char *path)
{
    while (--n >= 0 && strcmp(entries[n].path, path) != 0)
        continue;
    return n;
}

static void power_set(entry_t *entries, int *n, const char *path, int file)
{
    int i = power_find(entries, *n, path);
    if (i < 0) i = (*n)++;
    assert_true(*n <= POWER_FILES);
    snprintf(entries[i].path, TRACE_PATH, "%s", path);
    entries[i].file = file;
}

static void power_drop(entry_t *entries, int *n, const char *path)
{
    int i = power_find(entries, *n, path);
    if (i >= 0) entries[i] = entries[--*n];
}

static op_t *power_add(power_t *p, op_kind_t kind, int file, const char *path)
{
    assert_true(p->n_ops < POWER_OPS);
    op_t *op = &p->ops[p->n_ops++];
    *op = (op_t){.kind = kind, .file = file};
    snprintf(op->path, TRACE_PATH, "%s", path);
    return op;
}

static int power_file(const power_t *p, pid_t pid, int fd)
{
    char link[64];
    struct stat about;
    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, fd);
    if (stat(link, &about) != 0 || !S_ISREG(about.st_mode)) return -1;
    int i = p->n_files;
    while (--i >= 0 &&
           p->inode[i] != about.st_ino) /* the last of this number: it may be used anew */
        continue;
    return i;
}

static int power_new_file(power_t *p, ino_t inode)
{
    assert_true(p->n_files < POWER_FILES);
    p->inode[p->n_files] = inode;
    return p->n_files++;
}

static void power_open(power_t *p, pid_t pid, int fd, long long flags, const char *path)
{
    const long long nameless = 020000000 | O_DIRECTORY; /* O_TMPFILE */
    char link[64];
    struct stat about;
    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, fd);
    if (stat(link, &about) != 0 || !S_ISREG(about.st_mode)) return;
    if ((flags & nameless) == nameless) {
        power_new_file(p, about.st_ino);
        return;
    }
    int i = power_find(p->entries, p->n_entries, path);
    if (i < 0 && flags & O_CREAT) {
        int file = power_new_file(p, about.st_ino);
        power_set(p->entries, &p->n_entries, path, file);
        power_add(p, OP_ENTRY, file, path);
    } else if (i >= 0 && flags & O_TRUNC) {
        power_add(p, OP_CUT, p->entries[i].file, path);
    }
}

static long long power_position(pid_t pid, int fd)
{
    char path[64], line[64];
    long long at = -1;
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)pid, fd);
    FILE *in = fopen(path, "r");
    if (!in) return -1;
    if (fgets(line, sizeof line, in)) sscanf(line, "pos: %lld", &at);
    fclose(in);
    return at;
}

static void power_write(power_t *p, pid_t pid, const traced_call_t *c, size_t size)
{
    char path[64];
    int fd = (int)c->args[0], file = power_file(p, pid, fd);
    if (file < 0) return;
    op_t *op = power_add(p, OP_WRITE, file, c->path + p->root);
    op->at = c->kind->number == SYS_pwrite64 ? (long long)c->args[3]
                                             : power_position(pid, fd) - (long long)size;
    op->size = size;
    op->bytes = malloc(size + 1);
    assert_non_null(op->bytes);
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    int memory = open(path, O_RDONLY);
    assert_true(memory >= 0);
    assert_int_equal(pread(memory, op->bytes, size, (off_t)c->args[1]), size);
    close(memory);
}

/* A folder's own changes are synced by its name. */
static void power_sync(power_t *p, pid_t pid, const traced_call_t *c)
{
    int file = power_file(p, pid, (int)c->args[0]);
    power_add(p, OP_SYNC, file, c->path + p->root);
}

/* trace_t.ended */
static void power_note(void *user, pid_t pid, const traced_call_t *c, long long result)
{
    power_t *p = user;
    static const char descriptor[] = "/proc/self/fd/"; /* a nameless file that gets its name */
    bool named = strncmp(c->path, descriptor, sizeof descriptor - 1) != 0;
    const char *path = named ? c->path + p->root : "", *to = c->to[0] ? c->to + p->root : "";
    if (result < 0) return;
    switch (c->kind->number) {
    case SYS_open:
        power_open(p, pid, (int)result, (long long)c->args[1], path);
        break;
    case SYS_openat:
        power_open(p, pid, (int)result, (long long)c->args[2], path);
        break;
    case SYS_write:
    case SYS_pwrite64:
        power_write(p, pid, c, (size_t)result);
        break;
    case SYS_writev:
        fail_msg("writev: %s", path);
        break;
    case SYS_ftruncate:
        power_add(p, OP_CUT, power_file(p, pid, (int)c->args[0]), path)->at = (long long)c->args[1];
        break;
    case SYS_fsync:
    case SYS_fdatasync:
        power_sync(p, pid, c);
        break;
    case SYS_rename:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_link:
    case SYS_linkat: {
        int i = power_find(p->entries, p->n_entries, path), file = -1;
        if (i >= 0) file = p->entries[i].file;
        if (!named) file = power_file(p, pid, atoi(c->path + sizeof descriptor - 1));
        if (file < 0) break;
        bool stays = c->kind->number == SYS_link || c->kind->number == SYS_linkat;
        op_t *op = power_add(p, stays ? OP_ENTRY : OP_RENAME, file, stays ? to : path);
        snprintf(op->to, TRACE_PATH, "%s", to);
        if (!stays) power_drop(p->entries, &p->n_entries, path);
        power_set(p->entries, &p->n_entries, to, file);
        break;
    }
    case SYS_unlink:
    case SYS_unlinkat:
        power_add(p, OP_REMOVE, -1, path);
        power_drop(p->entries, &p->n_entries, path);
        break;
    case SYS_mkdir:
    case SYS_mkdirat:
        power_add(p, OP_FOLDER, -1, path);
        break;
    default:
        break;
    }
}

/* ---- Before the run: what is there is on the disk ---- */

static void power_take(power_t *p, const char *root, const char *below)
{
    char path[2 * TRACE_PATH], inner[TRACE_PATH];
    snprintf(path, sizeof path, "%s%s", root, below);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));) {
        struct stat about;
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        assert_true(snprintf(inner, sizeof inner, "%.200s/%.200s", below, e->d_name) < TRACE_PATH);
        snprintf(path, sizeof path, "%s%s", root, inner);
        assert_int_equal(lstat(path, &about), 0);
        if (S_ISDIR(about.st_mode)) {
            power_set(p->entries, &p->n_entries, inner, -1);
            power_take(p, root, inner);
            continue;
        }
        int file = power_new_file(p, about.st_ino);
        content_t *c = &p->first[file];
        c->size = (size_t)about.st_size;
        c->bytes = malloc(c->size + 1);
        FILE *in = fopen(path, "rb");
        assert_true(c->bytes && in && fread(c->bytes, 1, c->size, in) == c->size);
        fclose(in);
        power_set(p->entries, &p->n_entries, inner, file);
    }
    closedir(dir);
}

/** Begins with what lies in the root. */
static void power_begin(power_t *p, const char *root)
{
    memset(p, 0, sizeof *p);
    p->root = strlen(root);
    p->ops = calloc(POWER_OPS, sizeof *p->ops);
    assert_non_null(p->ops);
    power_take(p, root, "");
    p->n_first = p->n_entries;
}

static void power_end(power_t *p)
{
    for (int i = 0; i < p->n_ops; i++)
        free(p->ops[i].bytes);
    for (int i = 0; i < POWER_FILES; i++)
        free(p->first[i].bytes);
    free(p->ops);
}

/* ---- After it: what may be left ---- */

static bool power_same_folder(const char *path, const char *folder)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    return strlen(folder) == n && !strncmp(path, folder, n);
}

/* Whether a sync before op `end` covers this one. */
static bool power_is_synced(const power_t *p, int i, int end)
{
    const op_t *op = &p->ops[i];
    for (int j = i + 1; j < end; j++) {
        const op_t *sync = &p->ops[j];
        if (sync->kind != OP_SYNC) continue;
        if (op->kind == OP_WRITE || op->kind == OP_CUT) {
            if (sync->file == op->file) return true;
        } else if (sync->file < 0 && power_same_folder(op->path, sync->path)) {
            return true;
        }
    }
    return false;
}

static void power_apply(const op_t *op, content_t *files, entry_t *entries, int *n)
{
    content_t *c = op->file >= 0 ? &files[op->file] : NULL;
    size_t end = (size_t)op->at + op->size;
    switch (op->kind) {
    case OP_WRITE:
    case OP_CUT:
        if (!c) break;
        if (op->kind == OP_CUT || end > c->size) {
            c->bytes = realloc(c->bytes, end + 1);
            assert_non_null(c->bytes);
            if (end > c->size) memset(c->bytes + c->size, 0, end - c->size);
            c->size = end;
        }
        if (op->kind == OP_WRITE) memcpy(c->bytes + op->at, op->bytes, op->size);
        break;
    case OP_ENTRY:
        power_set(entries, n, op->path, op->file);
        break;
    case OP_FOLDER:
        power_set(entries, n, op->path, -1);
        break;
    case OP_REMOVE:
        power_drop(entries, n, op->path);
        break;
    case OP_RENAME:
        power_drop(entries, n, op->path);
        power_set(entries, n, op->to, op->file);
        break;
    case OP_SYNC:
        break;
    }
}

/* Whether the folders above an entry are there: what was in a lost one is lost. */
static bool power_reaches(const entry_t *entries, int n, const char *path)
{
    char above[TRACE_PATH];
    memcpy(above, path, sizeof above);
    for (char *slash; (slash = strrchr(above, '/')) && slash != above;) {
        *slash = '\0';
        if (power_find(entries, n, above) < 0) return false;
    }
    return true;
}

static int power_by_path(const void *a, const void *b)
{
    return strcmp(((const entry_t *)a)->path, ((const entry_t *)b)->path);
}

static void power_write_out(const char *root, entry_t *entries, int n, const content_t *files)
{
    char path[2 * TRACE_PATH];
    qsort(entries, (size_t)n, sizeof *entries, power_by_path); /* folders before what is in them */
    for (int i = 0; i < n; i++) {
        if (!power_reaches(entries, n, entries[i].path)) continue;
        snprintf(path, sizeof path, "%s%.*s", root, TRACE_PATH, entries[i].path);
        if (entries[i].file < 0) {
            assert_int_equal(mkdir(path, 0777), 0);
            continue;
        }
        const content_t *c = &files[entries[i].file];
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(c->bytes ? c->bytes : "", 1, c->size, out), c->size);
        assert_int_equal(fclose(out), 0);
    }
}

/** What the disk may hold if the power fails before op `end`, into the empty folder `root`: of what
 * was not synced, `keep` of 256 parts is kept, drawn from *draw. `before` has the names as they
 * were when the run began. */
static void power_fail(const power_t *p, const entry_t *before, int end, unsigned keep,
                       uint32_t *draw, const char *root)
{
    static entry_t entries[POWER_FILES];
    content_t files[POWER_FILES];
    int n = p->n_first;
    memcpy(entries, before, (size_t)n * sizeof *entries);
    for (int i = 0; i < POWER_FILES; i++) {
        files[i] = (content_t){malloc(p->first[i].size + 1), p->first[i].size};
        assert_non_null(files[i].bytes);
        if (files[i].size > 0) memcpy(files[i].bytes, p->first[i].bytes, files[i].size);
    }
    for (int i = 0; i < end; i++) {
        *draw = *draw * 1664525u + 1013904223u;
        if (power_is_synced(p, i, end) || (*draw >> 24) < keep)
            power_apply(&p->ops[i], files, entries, &n);
    }
    power_write_out(root, entries, n, files);
    for (int i = 0; i < POWER_FILES; i++)
        free(files[i].bytes);
}

#endif
#endif
