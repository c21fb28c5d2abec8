/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/context.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>
#include <signal.h>
#endif

#include "core/host.h"
#include "core/said.h"
#include "core/text.h"

enum { MOST_THREADS = 1 << 16 };

void jd_ctx_init(jd_ctx_t *ctx)
{
    memset(ctx, 0, sizeof *ctx);
}

void jd_ctx_clear(jd_ctx_t *ctx)
{
    if (!ctx) return;
    ctx->code = JD_OK;
    ctx->n_errors = 0;
    ctx->used = 0;
    ctx->message[0] = '\0';
    ctx->role = NULL;
    ctx->row = 0;
}

jd_ctx_t jd_ctx_inner(const jd_ctx_t *ctx)
{
    jd_ctx_t inner;
    jd_ctx_init(&inner);
    if (ctx) {
        inner.threads = ctx->threads;
        inner.cancelled = ctx->cancelled;
        inner.user = ctx->user;
        inner.names = ctx->names;
        inner.style = ctx->style;
    }
    return inner;
}

const char *jd_name_of(const jd_ctx_t *ctx, jd_named_t kind, int64_t code, char own[JD_NAME_SIZE])
{
    const jd_names_t *names = ctx ? ctx->names : NULL;
    const char *name = names ? names->name(names->user, kind, code, own) : NULL;
    if (name) return name;
    snprintf(own, JD_NAME_SIZE, "%" PRId64, code);
    return own;
}

/* Ends a message that ran out of room on a sentence that says so. */
static void mark_cut(jd_ctx_t *ctx)
{
    static const char cut[] = "\n(more was to be said, but the message is full)";
    size_t at = jd_utf8_cut(ctx->message, JD_MESSAGE_SIZE - sizeof cut);
    memcpy(ctx->message + at, cut, sizeof cut);
    ctx->used = at + sizeof cut - 1;
}

/* Adds a line to the message, options written in the caller's style. */
static int fail(jd_ctx_t *ctx, int code, const char *format, va_list args)
{
    if (ctx->n_errors++ == 0) ctx->code = code;
    if (ctx->used + 1 >= JD_MESSAGE_SIZE - 64) return code;
    if (ctx->used > 0) ctx->message[ctx->used++] = '\n';
    char *line = ctx->message + ctx->used;
    const int n = vsnprintf(line, JD_MESSAGE_SIZE - ctx->used, format, args);
    if (n < 0)
        *line = '\0';
    else if ((size_t)n >= JD_MESSAGE_SIZE - ctx->used)
        mark_cut(ctx);
    else
        ctx->used += jd_say_options(line, JD_MESSAGE_SIZE - ctx->used, ctx->style);
    return code;
}

#undef jd_fail /* see context.h */
int jd_fail(jd_ctx_t *ctx, int code, const char *format, ...)
{
    if (!ctx) return code;
    va_list args;
    va_start(args, format);
    fail(ctx, code, format, args);
    va_end(args);
    return code;
}

#undef jd_fail_at
int jd_fail_at(jd_ctx_t *ctx, int code, const char *role, int64_t row, const char *format, ...)
{
    if (!ctx) return code;
    if (ctx->n_errors == 0) {
        ctx->role = role;
        ctx->row = row + 1;
    }
    va_list args;
    va_start(args, format);
    fail(ctx, code, format, args);
    va_end(args);
    return code;
}

void jd_note_no_memory(jd_ctx_t *ctx, size_t bytes, const char *what)
{
    jd_fail(ctx, JD_ERR_NO_MEMORY,
            "out of memory: %.1f MB for %s were refused; use fewer firms or units, or a "
            "machine with more memory",
            (double)bytes / 1e6, what);
}

void jd_warn(jd_ctx_t *ctx, const char *format, ...)
{
    if (!ctx || !ctx->warn) return;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    jd_say_options(text, sizeof text, ctx->style);
    ctx->warn(ctx->user, text);
}

void jd_report_progress(jd_ctx_t *ctx, const jd_progress_t *progress)
{
    if (ctx && ctx->progress) ctx->progress(ctx->user, progress);
}

int jd_check_cancelled(jd_ctx_t *ctx)
{
    return jd_stop_wished(ctx) ? jd_stopped(ctx) : JD_OK;
}

#ifdef _OPENMP
/* A forked child has none of its parent's threads, but OpenMP's memory of them, for which it waits
 * for ever: it works alone. */
static volatile sig_atomic_t forked;

static void note_fork(void)
{
    forked = 1;
}

/* Threads where a context names none: 0 = what OpenMP would use. */
static volatile sig_atomic_t default_threads, wished_threads;

__attribute__((constructor)) static void begin(void)
{
    const char *wish = getenv("JIEDAO_THREADS");
    char *end = NULL;
    const long n = wish ? strtol(wish, &end, 10) : 0;
    (void)pthread_atfork(NULL, NULL, note_fork);
    if (n > 0 && n <= MOST_THREADS && *end == '\0') wished_threads = (int)n;
}
#endif

void jd_set_default_threads(int threads)
{
#ifdef _OPENMP
    default_threads = threads > 0 && threads <= MOST_THREADS ? threads : 0;
#else
    (void)threads;
#endif
}

int jd_ctx_threads(const jd_ctx_t *ctx)
{
#ifdef _OPENMP
    if (forked) return 1;
    if (ctx && ctx->threads > 0) return ctx->threads;
    if (default_threads > 0) return default_threads;
    return wished_threads > 0 ? wished_threads : omp_get_max_threads();
#else
    (void)ctx;
    return 1;
#endif
}
