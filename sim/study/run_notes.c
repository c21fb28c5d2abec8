/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/run_notes.h"

#include <stdio.h>
#include <string.h>

enum { ROOM_FOR_MORE = 24 }; /* "; and 2147483647 more" */

/* One line, whatever the remark was. */
static void flatten(char *text)
{
    for (; *text; text++)
        if (*text == '\n') *text = ' ';
}

/* Cuts at the end of a character of UTF-8. */
static void cut(char *text, size_t length)
{
    while (length > 0 && ((unsigned char)text[length] & 0xC0u) == 0x80u)
        length--;
    text[length] = '\0';
}

static void hear(void *user, const char *message)
{
    jd_run_notes_t *notes = user;
    char text[1024];
    snprintf(text, sizeof text, "%s", message);
    flatten(text);
    size_t used = strlen(notes->text), n = strlen(text);
    if (strstr(notes->text, text)) return;
    if (used > 0 && used + 2 + n + ROOM_FOR_MORE > sizeof notes->text) {
        notes->more++;
        return;
    }
    if (n + ROOM_FOR_MORE > sizeof notes->text) cut(text, sizeof notes->text - ROOM_FOR_MORE);
    if (used > 0) {
        memcpy(notes->text + used, "; ", 3);
        used += 2;
    }
    memcpy(notes->text + used, text, strlen(text) + 1);
}

static int is_cancelled(void *user)
{
    const jd_run_notes_t *notes = user;
    return notes->cancelled(notes->user);
}

void jd_run_notes_begin(jd_run_notes_t *notes, jd_ctx_t *inner, const jd_ctx_t *outer)
{
    memset(notes, 0, sizeof *notes);
    *inner = jd_ctx_inner(outer);
    notes->cancelled = inner->cancelled;
    notes->user = inner->user;
    if (inner->cancelled) inner->cancelled = is_cancelled;
    inner->warn = hear;
    inner->user = notes;
}

void jd_run_notes_end(const jd_run_notes_t *notes, char text[JD_RUN_NOTE])
{
    size_t used = strlen(notes->text);
    memcpy(text, notes->text, used + 1);
    if (notes->more > 0) snprintf(text + used, JD_RUN_NOTE - used, "; and %d more", notes->more);
}
