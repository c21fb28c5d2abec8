/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Contexts on the heap, whose callbacks stay on the thread that made the call. */
#ifndef JD_CORE_HOST_H
#define JD_CORE_HOST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "jiedao/context.h"

/** At the start of a call: the context's callbacks are for this thread from now on; an old wish to
 *  stop and old errors are forgotten. Nothing of a context that jd_ctx_create() did not make. */
JD_API void jd_ctx_enter(jd_ctx_t *ctx);

/** A wish to stop, asked on the thread of the call and heard by all threads that work for it. */
typedef struct jd_relay {
    const jd_ctx_t *ctx;
    pthread_t owner;
    atomic_bool stop;
} jd_relay_t;

/** On the thread of the call, before the others begin. */
JD_API void jd_relay_begin(jd_relay_t *relay, const jd_ctx_t *ctx);
/** A context for one piece of work, on whatever thread: as jd_ctx_inner(), but that only the thread
 *  of the call asks the caller. */
JD_API jd_ctx_t jd_relay_ctx(jd_relay_t *relay);

/** Whether the caller wishes to stop: for loops that cannot end with an error at once. On the
 *  thread of the call alone; others are told by a flag of the loop's. */
static inline bool jd_stop_wished(const jd_ctx_t *ctx)
{
    return ctx && ctx->cancelled && ctx->cancelled(ctx->user);
}

/** The error behind it. */
static inline int jd_stopped(jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_CANCELLED, "interrupted");
}

#endif
