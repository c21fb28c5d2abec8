/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/run_notes.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum { ROOM_FOR_MORE = 24, MOST_TOLD = 20 }; /* " | and 2147483647 more" */

/* One line, whatever the remark was. */
static void flatten(char *text)
{
    for (; *text; text++)
        if (*text == '\n') *text = ' ';
}

static void hear(void *user, const char *message)
{
    jd_run_notes_t *notes = user;
    char text[1024];
    snprintf(text, sizeof text, "%s", message);
    flatten(text);
    size_t used = strlen(notes->text), n = strlen(text);
    if (strstr(notes->text, text)) return;
    if (used > 0 && used + 3 + n + ROOM_FOR_MORE > sizeof notes->text) {
        notes->more++;
        return;
    }
    if (n + ROOM_FOR_MORE > sizeof notes->text)
        text[jd_utf8_cut(text, sizeof notes->text - ROOM_FOR_MORE)] = '\0';
    if (used > 0) {
        memcpy(notes->text + used, JD_RUN_NOTE_BETWEEN, 4);
        used += 3;
    }
    memcpy(notes->text + used, text, strlen(text) + 1);
}

static int is_cancelled(void *user)
{
    const jd_run_notes_t *notes = user;
    return notes->outer->cancelled(notes->outer->user);
}

void jd_run_notes_begin(jd_run_notes_t *notes, jd_ctx_t *inner, const jd_ctx_t *outer)
{
    memset(notes, 0, sizeof *notes);
    *inner = jd_ctx_inner(outer);
    notes->outer = outer;
    if (inner->cancelled) inner->cancelled = is_cancelled;
    inner->warn = hear;
    inner->user = notes;
}

static void hear_and_report(void *user, const char *message)
{
    const jd_run_notes_t *notes = user;
    hear(user, message);
    if (notes->outer->warn) notes->outer->warn(notes->outer->user, message);
}

static void pass_progress(void *user, const jd_progress_t *progress)
{
    const jd_run_notes_t *notes = user;
    if (notes->outer->progress) notes->outer->progress(notes->outer->user, progress);
}

void jd_run_notes_begin_reporting(jd_run_notes_t *notes, jd_ctx_t *inner, const jd_ctx_t *outer)
{
    jd_run_notes_begin(notes, inner, outer);
    if (!outer) return;
    inner->warn = hear_and_report;
    inner->progress = pass_progress;
}

void jd_run_notes_end(const jd_run_notes_t *notes, char text[JD_RUN_NOTE])
{
    size_t used = strlen(notes->text);
    memcpy(text, notes->text, used + 1);
    if (notes->more > 0)
        snprintf(text + used, JD_RUN_NOTE - used, JD_RUN_NOTE_BETWEEN "and %d more", notes->more);
}

/* ---- Remarks of many runs ---- */

struct jd_tallied {
    char text[JD_RUN_NOTE];
    int64_t runs;
};

static int count(jd_notes_tally_t *tally, const char *text, size_t length, jd_ctx_t *ctx)
{
    for (int i = 0; i < tally->n; i++)
        if (!strncmp(tally->list[i].text, text, length) && !tally->list[i].text[length]) {
            tally->list[i].runs++;
            return JD_OK;
        }
    if ((tally->n & (tally->n - 1)) == 0) { /* full: of 1, 2, 4, ... */
        size_t room = tally->n > 0 ? 2 * (size_t)tally->n : 1;
        jd_tallied_t *more = realloc(tally->list, room * sizeof *more);
        if (!more) return jd_fail_memory(ctx, room * sizeof *more, "remarks");
        tally->list = more;
    }
    jd_tallied_t *last = &tally->list[tally->n++];
    snprintf(last->text, sizeof last->text, "%.*s", (int)length, text);
    last->runs = 1;
    return JD_OK;
}

int jd_notes_tally_add(jd_notes_tally_t *tally, const char *note, const char *failure,
                       jd_ctx_t *ctx)
{
    char text[JD_RUN_MESSAGE + 16];
    int rc = JD_OK;
    tally->runs++;
    while (*note && !rc) {
        const char *end = strstr(note, JD_RUN_NOTE_BETWEEN);
        rc = count(tally, note, end ? (size_t)(end - note) : strlen(note), ctx);
        note = end ? end + strlen(JD_RUN_NOTE_BETWEEN) : "";
    }
    if (!failure || rc) return rc;
    snprintf(text, sizeof text, "failed: %s", failure);
    return count(tally, text, strlen(text), ctx);
}

void jd_notes_tally_end(jd_notes_tally_t *tally, const char *runs, jd_ctx_t *ctx)
{
    for (int i = 0; i < tally->n && i < MOST_TOLD && ctx; i++)
        jd_warn(ctx, "%" PRId64 " of %" PRId64 " %s: %s", tally->list[i].runs, tally->runs, runs,
                tally->list[i].text);
    if (tally->n > MOST_TOLD && ctx)
        jd_warn(ctx, "%d other remarks on %s", tally->n - MOST_TOLD, runs);
    free(tally->list);
    memset(tally, 0, sizeof *tally);
}
