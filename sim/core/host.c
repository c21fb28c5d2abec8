/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A context for callers from other languages, whose interpreter may be entered on one thread only:
 * that one polls and reports, the others read a flag. */
#include "core/host.h"

#include <stdlib.h>
#include <time.h>

enum { LEAST_MS = 50 };

typedef struct host {
    jd_ctx_t ctx; /* first: the caller's pointer is to it */
    pthread_t owner;
    atomic_bool stop; /* the caller wished it; workers read it */
    int64_t polled, told, every_ms;
    int (*poll)(void *user);
    void (*hear)(void *user, int what, const char *text, int64_t done, int64_t total);
    void *poll_user, *hear_user;
} host_t;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool is_owner(const host_t *h)
{
    return pthread_equal(h->owner, pthread_self()) != 0;
}

static int is_cancelled(void *user)
{
    host_t *h = user;
    if (atomic_load_explicit(&h->stop, memory_order_relaxed)) return 1;
    if (!h->poll || !is_owner(h)) return 0;
    const int64_t now = now_ms();
    if (now - h->polled < h->every_ms) return 0;
    const bool stop = h->poll(h->poll_user) != 0;
    h->polled = now_ms();
    if (stop) atomic_store_explicit(&h->stop, true, memory_order_relaxed);
    return stop;
}

static void warn(void *user, const char *message)
{
    const host_t *h = user;
    if (h->hear && is_owner(h)) h->hear(h->hear_user, JD_HEAR_WARNING, message, 0, 0);
}

static void tell(void *user, const jd_progress_t *p)
{
    host_t *h = user;
    if (!h->hear || !is_owner(h)) return;
    const int64_t now = now_ms();
    if (now - h->told < LEAST_MS && p->done > 0 && p->done < p->total) return;
    h->told = now;
    h->hear(h->hear_user, JD_HEAR_PROGRESS, p->stage, p->done, p->total);
}

jd_ctx_t *jd_ctx_create(void)
{
    host_t *h = calloc(1, sizeof *h);
    if (!h) return NULL;
    jd_ctx_init(&h->ctx);
    h->ctx.user = h;
    h->ctx.cancelled = is_cancelled;
    h->ctx.warn = warn;
    h->ctx.progress = tell;
    h->owner = pthread_self();
    h->every_ms = LEAST_MS;
    return &h->ctx;
}

void jd_ctx_free(jd_ctx_t *ctx)
{
    free(ctx);
}

void jd_ctx_enter(jd_ctx_t *ctx)
{
    if (!ctx || ctx->cancelled != is_cancelled || ctx->user != (void *)ctx) return;
    host_t *h = ctx->user;
    jd_ctx_clear(ctx);
    h->owner = pthread_self();
    h->polled = h->told = 0;
    atomic_store(&h->stop, false);
}

void jd_relay_begin(jd_relay_t *relay, const jd_ctx_t *ctx)
{
    relay->ctx = ctx;
    relay->owner = pthread_self();
    atomic_init(&relay->stop, false);
}

static int hear_relay(void *user)
{
    jd_relay_t *relay = user;
    if (atomic_load_explicit(&relay->stop, memory_order_relaxed)) return 1;
    if (!pthread_equal(relay->owner, pthread_self()) || !jd_stop_wished(relay->ctx)) return 0;
    atomic_store_explicit(&relay->stop, true, memory_order_relaxed);
    return 1;
}

jd_ctx_t jd_relay_ctx(jd_relay_t *relay)
{
    jd_ctx_t inner = jd_ctx_inner(relay->ctx);
    inner.user = relay;
    inner.cancelled = hear_relay;
    return inner;
}

void jd_ctx_set_threads(jd_ctx_t *ctx, int threads)
{
    ctx->threads = threads > 0 ? threads : 0;
}

void jd_ctx_set_poll(jd_ctx_t *ctx, int (*poll)(void *user), void *user, int every_ms)
{
    host_t *h = ctx->user;
    h->poll = poll;
    h->poll_user = user;
    h->every_ms = every_ms > LEAST_MS ? every_ms : LEAST_MS;
}

void jd_ctx_set_hear(jd_ctx_t *ctx,
                     void (*hear)(void *user, int what, const char *text, int64_t done,
                                  int64_t total),
                     void *user)
{
    host_t *h = ctx->user;
    h->hear = hear;
    h->hear_user = user;
}

const char *jd_ctx_message(const jd_ctx_t *ctx)
{
    return ctx->message;
}

int jd_ctx_code(const jd_ctx_t *ctx)
{
    return ctx->code;
}

int jd_ctx_where(const jd_ctx_t *ctx, const char **role, int64_t *row)
{
    *role = ctx->role;
    *row = ctx->row - 1;
    return ctx->role != NULL || ctx->row > 0;
}
