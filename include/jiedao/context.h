/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The context: last argument of whatever can fail on a user's input or takes long. It carries the
 *  number of threads and the caller's callbacks in, and the message of the last error out.
 * Libraries never print, exit or catch signals; they report to the context. A NULL context is
 * always allowed. */
#ifndef JIEDAO_CONTEXT_H
#define JIEDAO_CONTEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "jiedao/error.h"

JD_BEGIN_DECLS

/** Bytes of a context's message, its end included; what does not fit is cut and said. */
enum { JD_MESSAGE_SIZE = 8192 };

/** How far a long task has come. */
typedef struct jd_progress {
    const char *stage; /**< "simulating", "estimating", ...: static text */
    int64_t done;      /**< steps finished, 0 ... total */
    int64_t total;     /**< steps in all */
    double items;      /**< items worked on so far (firms x periods), 0 if not counted */
    const char *item;  /**< plural name of an item: "firms", or NULL */
    int64_t failed;    /**< of the steps finished, those that failed and were recorded */
} jd_progress_t;

/** What a code in a message stands for. */
typedef enum jd_named {
    JD_NAMED_UNIT,
    JD_NAMED_CLUSTER,
    JD_NAMED_PERIOD, /**< of time, or a cohort */
    JD_NAMED_ROW     /**< of the panel, from 1 */
} jd_named_t;

enum { JD_NAME_SIZE = 32 };

/** A caller's own words for codes: messages name units, periods and rows as its file does. */
typedef struct jd_names {
    /** The name of `code`, in `own` or in memory that lasts for the call; NULL: the number. */
    const char *(*name)(const void *user, jd_named_t kind, int64_t code, char own[JD_NAME_SIZE]);
    const void *user;
} jd_names_t;

/** Plain struct; structs grow only at their end. Zero it or call jd_ctx_init(). Not shared between
 *  threads: one context a call. */
typedef struct jd_ctx {
    int threads; /**< threads to use; 0 = as jd_set_default_threads(), else JIEDAO_THREADS in the
                      environment, else all this process may use */
    void (*progress)(void *user, const jd_progress_t *progress);
    int (*cancelled)(void *user);                  /**< non-zero = stop soon */
    void (*warn)(void *user, const char *message); /**< a remark that is not an error */
    void *user;                                    /**< handed to the callbacks, borrowed */
    int code;                                      /**< first error since the last clear */
    int n_errors;                                  /**< errors reported since the last clear */
    size_t used;                                   /**< bytes of message in use */
    char message[JD_MESSAGE_SIZE];                 /**< one line per error, '\0' at the end */
    const jd_names_t *names; /**< borrowed; NULL: messages give codes as they are */
    const char *style; /**< how the caller writes an option, "%s ="; borrowed, NULL = "--%s" */
    const char *role;  /**< of the first error: the option whose column is wrong; NULL = none */
    int64_t row;       /**< and the row there, from 1; 0 = none */
} jd_ctx_t;

/* ---- A context for callers that know no struct: from R, Python, Julia ---- */

/** What is told beside results and errors. */
typedef enum jd_hearing {
    JD_HEAR_WARNING, /**< a remark; `done` and `total` are 0 */
    JD_HEAR_PROGRESS /**< `text` is the stage */
} jd_hearing_t;

/** Makes a context: all threads, no callbacks. NULL where memory lacks. Free with jd_ctx_free().
 *  It may serve one call after another, on any thread, never two at once. */
JD_API jd_ctx_t *jd_ctx_create(void);
JD_API void jd_ctx_free(jd_ctx_t *ctx);
/** 0 = as jd_set_default_threads() says. */
JD_API void jd_ctx_set_threads(jd_ctx_t *ctx, int threads);
/** `poll` is asked at most every `every_ms` milliseconds (less than 50 count as 50) whether the
 *  call shall stop: non-zero = yes, and the call returns JD_ERR_CANCELLED soon. It is called on the
 *  thread that made the call (jd_analyse(), else jd_ctx_create()) and on no other. NULL = none. */
JD_API void jd_ctx_set_poll(jd_ctx_t *ctx, int (*poll)(void *user), void *user, int every_ms);
/** `hear` is told remarks and progress, what: jd_hearing_t. Of progress, only what is said on the
 *  thread that made the call, at most every 50 ms. `text` lasts for the call. NULL = none. */
JD_API void jd_ctx_set_hear(jd_ctx_t *ctx,
                            void (*hear)(void *user, int what, const char *text, int64_t done,
                                         int64_t total),
                            void *user);
/** The message of the last call, a line an error; "" = it went well. */
JD_API const char *jd_ctx_message(const jd_ctx_t *ctx);
/** The code of its first error, JD_OK = none; jd_error_name() names it. */
JD_API int jd_ctx_code(const jd_ctx_t *ctx);
/** Where the first error lies in the data: the option whose column is wrong ("cohort"), and the row
 *  from 0. 1 if it is known; else 0, with *role = NULL and *row = -1. Either may be known alone. */
JD_API int jd_ctx_where(const jd_ctx_t *ctx, const char **role, int64_t *row);

/* ---- All contexts ---- */

/** Threads of contexts that name none; 0 = as the environment says. For a host to set once. */
JD_API void jd_set_default_threads(int threads);

/** Sets every field: no callbacks, all threads, no message. */
JD_API void jd_ctx_init(jd_ctx_t *ctx);

/** Forgets errors and message, keeps threads and callbacks. */
JD_API void jd_ctx_clear(jd_ctx_t *ctx);

/** A context for a step whose failure is not the caller's: same threads and cancel callback, a
 * message of its own, no warnings and no progress. */
JD_API jd_ctx_t jd_ctx_inner(const jd_ctx_t *ctx);

/** Notes an error: adds a line to the message and returns `code`, so that
 *  `return jd_fail(ctx, JD_ERR_VALUE, "%s:%d: ...", file, line);` raises it. Several errors may be
 *  reported (all mistakes of a config); ctx->code keeps the first. Never allocates. */
JD_API int jd_fail(jd_ctx_t *ctx, int code, const char *format, ...) JD_PRINTF(3, 4);
/** The same for an error in the data: the option whose column is wrong (static text), and the row
 *  from 0, -1 = none. For jd_ctx_where(). */
JD_API int jd_fail_at(jd_ctx_t *ctx, int code, const char *role, int64_t row, const char *format,
                      ...) JD_PRINTF(5, 6);
#ifdef __clang_analyzer__ /* does not look into functions like it */
#define jd_fail(ctx, code, ...) (jd_fail(ctx, code, __VA_ARGS__), (code))
#define jd_fail_at(ctx, code, ...) (jd_fail_at(ctx, code, __VA_ARGS__), (code))
#endif

/** A code as the caller calls it, else in digits. The macros serve as arguments of a message. */
JD_API const char *jd_name_of(const jd_ctx_t *ctx, jd_named_t kind, int64_t code,
                              char own[JD_NAME_SIZE]);
#define JD_NAME_OF(ctx, kind, code) jd_name_of(ctx, kind, code, (char[JD_NAME_SIZE]){0})
#define JD_UNIT_NAME(ctx, code) JD_NAME_OF(ctx, JD_NAMED_UNIT, code)
#define JD_CLUSTER_NAME(ctx, code) JD_NAME_OF(ctx, JD_NAMED_CLUSTER, code)
#define JD_PERIOD_NAME(ctx, code) JD_NAME_OF(ctx, JD_NAMED_PERIOD, code)
#define JD_ROW_NAME(ctx, number) JD_NAME_OF(ctx, JD_NAMED_ROW, number)

/** Notes that `bytes` for `what` could not be had; callers use jd_fail_memory(). */
JD_API void jd_note_no_memory(jd_ctx_t *ctx, size_t bytes, const char *what);

/** As jd_fail() for a failed allocation of `bytes` for `what`. Inline, so that whoever reads a
 *  caller, analysers too, knows that it never returns JD_OK. */
static inline int jd_fail_memory(jd_ctx_t *ctx, size_t bytes, const char *what)
{
    jd_note_no_memory(ctx, bytes, what);
    return JD_ERR_NO_MEMORY;
}

/** Tells the caller's warn callback, if any. */
JD_API void jd_warn(jd_ctx_t *ctx, const char *format, ...) JD_PRINTF(2, 3);

/** Makes a text from a file fit for a terminal, in place: control characters (escape sequences
 * begin with one), C1 ones and those that turn the direction of writing too, become '?'; line ends
 * and tabs stay. */
JD_API void jd_plain_text(char *text);

/** Tells the caller's progress callback, if any. */
JD_API void jd_report_progress(jd_ctx_t *ctx, const jd_progress_t *progress);

/** JD_ERR_CANCELLED (with its message) once the caller asked to stop, else JD_OK. */
JD_API JD_MUST_USE int jd_check_cancelled(jd_ctx_t *ctx);

/** Threads a parallel region should use: ctx->threads, or what OpenMP offers; 1 without OpenMP, and
 *  in a forked child (of R's mclapply, say), where OpenMP's threads are not. */
JD_API int jd_ctx_threads(const jd_ctx_t *ctx);

JD_END_DECLS

#endif
