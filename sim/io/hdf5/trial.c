/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HDF5 (1.10) crashes on some damaged files. What is not known to be as it was written is read in a
 * child process first: what ends the child does not end the program. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "io/hdf5/internal.h"

/* In the child: all that anyone may ask of the file. What fails with a sentence fails again, with
 * the same one, when it is requested. */
static void read_all(const char *path, jd_image_t image)
{
    jd_ctx_t ctx;
    jd_store_t *store = NULL;
    jd_store_entry_t *entries = NULL;
    int n = 0;
    jd_ctx_init(&ctx);
    if (jd_store_open_image(&store, path, &image, &ctx)) return;
    if (!jd_store_list(store, &entries, &n, &ctx))
        for (int i = 0; i < n; i++) {
            jd_table_t table;
            jd_ctx_clear(&ctx);
            if (!jd_store_read(store, entries[i].name, &table, &ctx)) jd_table_free(&table);
        }
    char *text = NULL;
    if (!jd_store_read_text(store, "config/ini", &text, &ctx)) free(text);
    jd_store_list_free(entries, n);
    jd_store_close(&store);
}

static void be_child(const char *path, const jd_image_t *image, int alive)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGINT, SIGHUP};
    const struct rlimit none = {0, 0};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO); /* the C library says what it found broken */
    read_all(path, *image);
    (void)!write(alive, "", 1);
    _exit(0);
}

int jd_store_trial(const char *path, const jd_image_t *image, jd_ctx_t *ctx)
{
    int ends[2], status = 0;
    if (pipe(ends) != 0)
        return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be tried: %s", path, strerror(errno));
    pid_t child = fork();
    if (child == 0) be_child(path, image, ends[1]);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return jd_fail(ctx, JD_ERR_NO_MEMORY, "%s: no process can be started to try it: %s", path,
                       strerror(errno));
    }
    struct pollfd end = {.fd = ends[0], .events = POLLIN};
    int rc = JD_OK;
    while (!rc && poll(&end, 1, 100) <= 0)
        rc = jd_check_cancelled(ctx);
    if (rc) kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    close(ends[0]);
    if (rc || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return rc;
    return jd_fail(
        ctx, JD_ERR_READ,
        "%s: is damaged: HDF5 cannot read it (it ended by signal %d in a trial); copy it "
        "again, or run again",
        path, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}
