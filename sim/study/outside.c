/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { SAID = 400, POLL_MS = 10 };

int jd_outside_file(char path[JD_OUTSIDE_PATH], jd_ctx_t *ctx)
{
    const char *root = getenv("TMPDIR");
    snprintf(path, JD_OUTSIDE_PATH, "%.400s/jiedao-XXXXXX", root && *root ? root : "/tmp");
    const int fd = mkstemp(path);
    if (fd < 0)
        return jd_fail(ctx, JD_ERR_OPEN, "%s: no file can be made there: %s; set TMPDIR", path,
                       strerror(errno));
    close(fd);
    return JD_OK;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The environment with two more lines; one block, NULL without memory. */
static char **make_environment(char seed[64], char replicate[64])
{
    size_t n = 0;
    while (environ && environ[n])
        n++;
    char **list = malloc((n + 3) * sizeof *list);
    if (!list) return NULL;
    if (n) memcpy(list, environ, n * sizeof *list);
    list[n++] = seed;
    list[n++] = replicate;
    list[n] = NULL;
    return list;
}

static int start(const jd_outside_t *call, int said, pid_t *child)
{
    char seed[64], replicate[64], shell[] = "/bin/sh", option[] = "-c";
    char *argv[] = {shell, option, (char *)(uintptr_t)call->command, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    snprintf(seed, sizeof seed, "JIEDAO_SEED=%" PRIu64, call->seed);
    snprintf(replicate, sizeof replicate, "JIEDAO_REPLICATE=%" PRIu64, call->replicate);
    char **list = make_environment(seed, replicate);
    int error = list ? posix_spawn_file_actions_init(&actions) : ENOMEM;
    if (error) {
        free(list);
        return error;
    }
    error = posix_spawnattr_init(&attributes);
    if (!error) error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    if (!error) error = posix_spawnattr_setpgroup(&attributes, 0); /* its children are ended too */
    if (!error)
        error = posix_spawn_file_actions_addopen(
            &actions, 0, call->input ? call->input : "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, 1, call->output, O_WRONLY | O_TRUNC, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, said, 2);
    if (!error) error = posix_spawn(child, shell, &actions, &attributes, argv, list);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(list);
    return error;
}

/* The last line a program wrote to its standard error, without control characters. */
static void read_said(FILE *said, char text[SAID])
{
    char line[SAID];
    *text = '\0';
    rewind(said);
    while (fgets(line, sizeof line, said)) {
        line[strcspn(line, "\r\n")] = '\0';
        for (char *p = line; *p; p++)
            if ((unsigned char)*p < ' ') *p = ' ';
        if (*line) memcpy(text, line, sizeof line);
    }
}

static int end(pid_t child)
{
    int status;
    kill(-child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return 0;
}

static int wait_for(const jd_outside_t *call, pid_t child, int *status, jd_ctx_t *ctx)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    const double limit = now() + call->seconds;
    for (;;) {
        const pid_t done = waitpid(child, status, WNOHANG);
        if (done == child) return JD_OK;
        if (done < 0 && errno != EINTR)
            return jd_fail(ctx, JD_ERR_PROGRAM, "'%.200s' was lost: %s", call->command,
                           strerror(errno));
        int rc = jd_check_cancelled(ctx);
        if (!rc && now() > limit)
            rc = jd_fail(ctx, JD_ERR_PROGRAM, "'%.200s' took more than %g s and was ended",
                         call->command, call->seconds);
        if (rc) {
            end(child);
            return rc;
        }
        nanosleep(&pause, NULL);
    }
}

int jd_outside_run(const jd_outside_t *call, jd_ctx_t *ctx)
{
    char text[SAID];
    pid_t child = 0;
    int status = 0;
    FILE *said = tmpfile();
    if (!said)
        return jd_fail(ctx, JD_ERR_OPEN, "no temporary file for what '%.200s' says: %s",
                       call->command, strerror(errno));
    const int error = start(call, fileno(said), &child);
    int rc = error ? jd_fail(ctx, JD_ERR_PROGRAM, "'%.200s' could not be started: %s",
                             call->command, strerror(error))
                   : wait_for(call, child, &status, ctx);
    if (!rc) kill(-child, SIGKILL); /* what it left running */
    if (!rc && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
        read_said(said, text);
        rc = WIFSIGNALED(status)
                 ? jd_fail(ctx, JD_ERR_PROGRAM, "'%.200s' was ended by signal %d", call->command,
                           WTERMSIG(status))
                 : jd_fail(ctx, JD_ERR_PROGRAM, "'%.200s' ended with status %d: %s", call->command,
                           WEXITSTATUS(status), *text ? text : "it gave no reason");
    }
    fclose(said);
    return rc;
}
