/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Runs a command under ptrace(2), in a fork of the test: every system call it makes on files below
 *  a folder, be it by the C library, HDF5 or itself, is counted and may be made to fail. Linux on
 * x86-64 only. Included by one file of a program. */
#ifndef JD_TESTS_FAULT_TRACE_H
#define JD_TESTS_FAULT_TRACE_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__) && defined(__x86_64__)
#include <sys/user.h>

#include "cli/command.h"

typedef enum {
    FAULT_NONE,
    FAULT_ONCE,
    FAULT_FOR_GOOD, /* this call and all later ones: what lies there is gone, the disk is full */
    FAULT_SHORT     /* half the bytes asked for are read or written */
} fault_t;

/* Where a call names its file. */
typedef enum { BY_FD, BY_PATH, BY_AT, BY_MAP } place_t;

typedef struct call_kind {
    long number;
    const char *name;
    place_t place;
    int error;      /* of its failure */
    bool transfers; /* bytes, by its third argument */
} call_kind_t;

static const call_kind_t call_kinds[] = {
    {SYS_read, "read", BY_FD, EIO, true},
    {SYS_pread64, "pread", BY_FD, EIO, true},
    {SYS_readv, "readv", BY_FD, EIO, false},
    {SYS_write, "write", BY_FD, ENOSPC, true},
    {SYS_pwrite64, "pwrite", BY_FD, ENOSPC, true},
    {SYS_writev, "writev", BY_FD, ENOSPC, false},
    {SYS_open, "open", BY_PATH, EMFILE, false},
    {SYS_openat, "openat", BY_AT, EMFILE, false},
    {SYS_close, "close", BY_FD, EIO, false},
    {SYS_fsync, "fsync", BY_FD, EIO, false},
    {SYS_fdatasync, "fdatasync", BY_FD, EIO, false},
    {SYS_ftruncate, "ftruncate", BY_FD, ENOSPC, false},
    {SYS_fallocate, "fallocate", BY_FD, ENOSPC, false},
    {SYS_rename, "rename", BY_PATH, EIO, false},
    {SYS_renameat, "renameat", BY_AT, EIO, false},
    {SYS_renameat2, "renameat2", BY_AT, EIO, false},
    {SYS_link, "link", BY_PATH, EIO, false},
    {SYS_linkat, "linkat", BY_AT, EIO, false},
    {SYS_unlink, "unlink", BY_PATH, EIO, false},
    {SYS_unlinkat, "unlinkat", BY_AT, EIO, false},
    {SYS_mkdir, "mkdir", BY_PATH, ENOSPC, false},
    {SYS_mkdirat, "mkdirat", BY_AT, ENOSPC, false},
    {SYS_rmdir, "rmdir", BY_PATH, EIO, false},
    {SYS_mmap, "mmap", BY_MAP, ENOMEM, false},
    {SYS_stat, "stat", BY_PATH, EIO, false},
    {SYS_lstat, "lstat", BY_PATH, EIO, false},
    {SYS_fstat, "fstat", BY_FD, EIO, false},
    {SYS_newfstatat, "newfstatat", BY_AT, EIO, false},
    {SYS_access, "access", BY_PATH, EIO, false},
    {SYS_faccessat, "faccessat", BY_AT, EIO, false},
    {SYS_getdents64, "getdents", BY_FD, EIO, false},
    {SYS_lseek, "lseek", BY_FD, EIO, false},
    {SYS_fcntl, "fcntl", BY_FD, ENOLCK, false},
    {SYS_flock, "flock", BY_FD, ENOLCK, false},
    {SYS_dup, "dup", BY_FD, EMFILE, false},
};

enum { TRACE_PATH = 512, TRACE_TASKS = 64 };

/* A call on a file of interest. */
typedef struct traced_call {
    const call_kind_t *kind;
    unsigned long long args[6];
    char path[TRACE_PATH], to[TRACE_PATH]; /* absolute; `to` of a rename or link */
} traced_call_t;

typedef struct trace {
    const char *root; /* calls on files below this folder count; the program runs in it */
    const char *out;  /* takes standard output, below root; NULL = it is lost */
    const char *err;  /* takes standard error, elsewhere */
    fault_t fault;
    long at; /* the call that fails, from 0 */
    /* is told of each counted call that has ended; NULL = nobody is */
    void (*ended)(void *user, pid_t pid, const traced_call_t *call, long long result);
    void *user;
    /* what came of it */
    long calls;
    bool fired, hung;
    char hit[64 + TRACE_PATH]; /* the call that failed first */
    int status;                /* as of waitpid() */
} trace_t;

/* A thread stopped within a call. */
typedef struct task {
    pid_t id;
    bool counted, fails, skipped; /* skipped = the kernel did not see it */
    traced_call_t call;
} task_t;

static volatile sig_atomic_t trace_late;
static pid_t trace_child;

static void trace_alarm(int number)
{
    (void)number;
    trace_late = 1;
    kill(trace_child, SIGKILL);
}

static void trace_string(pid_t pid, unsigned long long at, char text[TRACE_PATH])
{
    size_t n = 0;
    for (; n + sizeof(long) < TRACE_PATH; n += sizeof(long)) {
        errno = 0;
        long word = ptrace(PTRACE_PEEKDATA, pid, (void *)(at + n), NULL);
        if (errno) break;
        memcpy(text + n, &word, sizeof word);
        if (memchr(&word, 0, sizeof word)) return;
    }
    text[n] = '\0';
}

static void trace_link(pid_t pid, long long fd, char path[TRACE_PATH])
{
    char link[64];
    if (fd == AT_FDCWD)
        snprintf(link, sizeof link, "/proc/%d/cwd", (int)pid);
    else
        snprintf(link, sizeof link, "/proc/%d/fd/%lld", (int)pid, fd);
    ssize_t n = readlink(link, path, TRACE_PATH - 1);
    path[n < 0 ? 0 : n] = '\0';
}

/* A path that a call names, made absolute. */
static void trace_path(pid_t pid, long long folder, unsigned long long at, char path[TRACE_PATH])
{
    char name[TRACE_PATH], base[TRACE_PATH];
    trace_string(pid, at, name);
    if (name[0] == '/') {
        memcpy(path, name, sizeof name);
        return;
    }
    trace_link(pid, folder, base);
    if (!name[0] || !strcmp(name, "."))
        memcpy(path, base, sizeof base);
    else if (snprintf(path, TRACE_PATH, "%s/%s", base, name) >= TRACE_PATH)
        path[0] = '\0';
}

static void trace_paths(pid_t pid, traced_call_t *c)
{
    const unsigned long long *a = c->args;
    bool two = !strncmp(c->kind->name, "rename", 6) || !strncmp(c->kind->name, "link", 4);
    c->to[0] = '\0';
    switch (c->kind->place) {
    case BY_FD:
        trace_link(pid, (int)a[0], c->path);
        break;
    case BY_MAP:
        trace_link(pid, (int)a[4], c->path);
        break;
    case BY_PATH:
        trace_path(pid, AT_FDCWD, a[0], c->path);
        if (two) trace_path(pid, AT_FDCWD, a[1], c->to);
        break;
    case BY_AT:
        trace_path(pid, (int)a[0], a[1], c->path);
        if (two) trace_path(pid, (int)a[2], a[3], c->to);
        break;
    }
}

static bool trace_is_below(const trace_t *t, const char *path)
{
    size_t n = strlen(t->root);
    return !strncmp(path, t->root, n) && (path[n] == '/' || path[n] == '\0');
}

static bool trace_counts(const trace_t *t, pid_t pid, long number, const __uint64_t *args,
                         traced_call_t *c)
{
    c->kind = NULL;
    for (size_t i = 0; i < sizeof call_kinds / sizeof *call_kinds; i++)
        if (call_kinds[i].number == number) c->kind = &call_kinds[i];
    if (!c->kind) return false;
    for (int i = 0; i < 6; i++)
        c->args[i] = args[i];
    trace_paths(pid, c);
    return trace_is_below(t, c->path) || trace_is_below(t, c->to);
}

/* Sets what the kernel is asked for, or what the program is answered. */
static void trace_enter(trace_t *t, task_t *task)
{
    struct user_regs_struct regs;
    const call_kind_t *kind = task->call.kind;
    long n = t->calls++;
    bool due = n == t->at || (n > t->at && t->fault == FAULT_FOR_GOOD);
    if (t->fault == FAULT_NONE || !due) return;
    if (t->fault == FAULT_SHORT && !(kind->transfers && task->call.args[2] > 1)) return;
    if (!t->fired)
        snprintf(t->hit, sizeof t->hit, "%s %s", kind->name,
                 trace_is_below(t, task->call.path) ? task->call.path + strlen(t->root) + 1
                                                    : task->call.path);
    t->fired = true;
    ptrace(PTRACE_GETREGS, task->id, NULL, &regs);
    if (t->fault == FAULT_SHORT) {
        regs.rdx /= 2;
    } else {
        task->fails = true;
        task->skipped = kind->number != SYS_close; /* a close that fails has closed */
        if (task->skipped) regs.orig_rax = (unsigned long long)-1;
    }
    ptrace(PTRACE_SETREGS, task->id, NULL, &regs);
}

static void trace_leave(trace_t *t, task_t *task, long long result)
{
    struct user_regs_struct regs;
    if (task->fails) {
        ptrace(PTRACE_GETREGS, task->id, NULL, &regs);
        regs.rax = (unsigned long long)-(long long)task->call.kind->error;
        ptrace(PTRACE_SETREGS, task->id, NULL, &regs);
    } else if (t->ended) {
        t->ended(t->user, task->id, &task->call, result);
    }
    task->counted = task->fails = false;
}

static void trace_stop(trace_t *t, task_t *task)
{
    struct __ptrace_syscall_info info;
    memset(&info, 0, sizeof info);
    if (ptrace(PTRACE_GET_SYSCALL_INFO, task->id, (void *)sizeof info, &info) <= 0) return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        task->counted =
            trace_counts(t, task->id, (long)info.entry.nr, info.entry.args, &task->call);
        if (task->counted) trace_enter(t, task);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && task->counted) {
        trace_leave(t, task, info.exit.rval);
    }
}

/* The program's main() in this process, which a fork has made. */
static _Noreturn void trace_main(const trace_t *t, const char *line, bool traced)
{
    char text[4096], *argv[128], name[] = "jiedao";
    int n = 1;
    snprintf(text, sizeof text, "%s", line);
    argv[0] = name;
    for (char *word = strtok(text, " "); word && n < 127; word = strtok(NULL, " "))
        argv[n++] = word;
    argv[n] = NULL;
    if (chdir(t->root) || !freopen(t->out ? t->out : "/dev/null", "w", stdout) ||
        !freopen(t->err, "w", stderr) || (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL)))
        _exit(126);
    static const int ends[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}; /* cmocka takes them */
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        signal(ends[i], SIG_DFL);
    if (traced) raise(SIGSTOP);
    exit(jd_cli_main(n, argv));
}

/** Runs `jiedao LINE` undisturbed; its status as of waitpid(). */
static int plain_run(const trace_t *t, const char *line)
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) trace_main(t, line, false);
    waitpid(child, &status, 0);
    return status;
}

/** Runs `jiedao LINE` (words by single spaces). False where processes cannot be traced. */
static bool trace_run(trace_t *t, const char *line)
{
    static task_t tasks[TRACE_TASKS];
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    struct sigaction ring = {.sa_handler = trace_alarm};
    int status;
    memset(tasks, 0, sizeof tasks);
    t->calls = 0;
    t->fired = t->hung = false;
    t->hit[0] = '\0';
    trace_late = 0;
    fflush(NULL);
    trace_child = fork();
    if (trace_child == 0) trace_main(t, line, true);
    if (trace_child < 0 || waitpid(trace_child, &status, 0) != trace_child || !WIFSTOPPED(status))
        return false;
    ptrace(PTRACE_SETOPTIONS, trace_child, NULL, (void *)options);
    ptrace(PTRACE_SYSCALL, trace_child, NULL, NULL);
    sigaction(SIGALRM, &ring, NULL);
    alarm(60);
    for (;;) {
        pid_t id = waitpid(-1, &status, __WALL);
        if (id < 0 && errno == EINTR) continue;
        if (id < 0) break;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (id == trace_child) t->status = status;
            continue;
        }
        int number = WSTOPSIG(status), deliver = 0, i = 0;
        while (i < TRACE_TASKS - 1 && tasks[i].id && tasks[i].id != id)
            i++;
        bool new = tasks[i].id != id;
        if (new) tasks[i] = (task_t){.id = id};
        if (number == (SIGTRAP | 0x80))
            trace_stop(t, &tasks[i]);
        else if (!(status >> 16) && number != SIGTRAP && !(new &&number == SIGSTOP))
            deliver = number;
        ptrace(PTRACE_SYSCALL, id, NULL, (void *)(long)deliver);
    }
    alarm(0);
    t->hung = trace_late;
    return true;
}

#endif
#endif
