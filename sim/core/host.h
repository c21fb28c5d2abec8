/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Contexts on the heap, whose callbacks stay on the thread that made the call. */
#ifndef JD_CORE_HOST_H
#define JD_CORE_HOST_H

#include "jiedao/context.h"

/** At the start of a call: the context's callbacks are for this thread from now on; an old wish to
 *  stop and old errors are forgotten. Nothing of a context that jd_ctx_create() did not make. */
JD_API void jd_ctx_enter(jd_ctx_t *ctx);

#endif
