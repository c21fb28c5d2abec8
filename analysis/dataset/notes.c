/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notes of estimators, each printed once: "NAMES: SUBJECTS: note". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/parts.h"

enum { SUBJECTS = 6, SUBJECTS_WIDTH = 400, TEXT = 1024 };

/* A note of one estimator, on one subject or on several. */
struct jd_own_note {
    const char *estimator;
    char subjects[SUBJECTS_WIDTH]; /* "'x', 'x2'" or "g=2020Q1,t=2020Q3"; the first of them */
    char text[TEXT];               /* the rest */
    int n, shown;
    bool told;
};

/* Length of a term at the start of a note, in quotes or with '='; 0 = none. */
static size_t subject_length(const char *text)
{
    if (*text == '\'') {
        const char *end = strchr(text + 1, '\'');
        return end ? (size_t)(end + 1 - text) : 0;
    }
    size_t n = strcspn(text, " :");
    return memchr(text, '=', n) ? n : 0;
}

static void add_subject(jd_own_note_t *note, const char *subject, size_t length)
{
    size_t at = strlen(note->subjects);
    note->n++;
    if (length == 0 || note->shown == SUBJECTS || at + length + 2 >= SUBJECTS_WIDTH) return;
    note->shown++;
    snprintf(note->subjects + at, SUBJECTS_WIDTH - at, "%s%.*s", at ? ", " : "", (int)length,
             subject);
}

/* The note of the estimator at work with this text, made where there is none; NULL: no memory. */
static jd_own_note_t *find(jd_own_notes_t *notes, const char *text)
{
    for (int i = 0; i < notes->n; i++)
        if (notes->list[i].estimator == notes->estimator && !strcmp(notes->list[i].text, text))
            return &notes->list[i];
    jd_own_note_t *more = realloc(notes->list, (size_t)(notes->n + 1) * sizeof *more);
    if (!more) return NULL;
    notes->list = more;
    memset(&more[notes->n], 0, sizeof *more);
    more[notes->n].estimator = notes->estimator;
    snprintf(more[notes->n].text, TEXT, "%s", text);
    return &more[notes->n++];
}

static void keep(void *user, const char *message)
{
    jd_own_notes_t *notes = user;
    size_t name = strlen(notes->estimator);
    const char *text = message;
    if (!strncmp(text, notes->estimator, name) && !strncmp(text + name, ": ", 2)) text += name + 2;
    size_t subject = subject_length(text);
    jd_own_note_t *note = find(notes, text + subject);
    if (note)
        add_subject(note, text, subject);
    else
        notes->lost++;
}

static void pass_progress(void *user, const jd_progress_t *progress)
{
    const jd_own_notes_t *notes = user;
    jd_report_progress(notes->ctx, progress);
}

static int pass_cancelled(void *user)
{
    const jd_ctx_t *ctx = ((const jd_own_notes_t *)user)->ctx;
    return ctx && ctx->cancelled && ctx->cancelled(ctx->user);
}

jd_ctx_t jd_own_notes_ctx(jd_own_notes_t *notes, const char *estimator, bool progress)
{
    jd_ctx_t inner = jd_ctx_inner(notes->ctx);
    notes->estimator = estimator;
    inner.user = notes;
    inner.warn = keep;
    inner.cancelled = pass_cancelled;
    inner.progress = progress ? pass_progress : NULL;
    return inner;
}

void jd_own_notes_drop(jd_own_notes_t *notes)
{
    while (notes->n > 0 && notes->list[notes->n - 1].estimator == notes->estimator)
        notes->n--;
}

static bool same(const jd_own_note_t *a, const jd_own_note_t *b)
{
    return a->n == b->n && !strcmp(a->subjects, b->subjects) && !strcmp(a->text, b->text);
}

int jd_own_notes_report(jd_own_notes_t *notes)
{
    for (int i = 0; i < notes->n; i++) {
        const jd_own_note_t *note = &notes->list[i];
        char names[TEXT], more[32] = "";
        size_t at = 0;
        if (note->told) continue;
        for (int k = i; k < notes->n; k++) {
            jd_own_note_t *other = &notes->list[k];
            if (other->told || !same(note, other)) continue;
            other->told = true;
            if (at < sizeof names)
                at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", at ? ", " : "",
                                       other->estimator);
        }
        if (note->shown && note->n > note->shown)
            snprintf(more, sizeof more, " and %d more", note->n - note->shown);
        jd_warn(notes->ctx, "%s: %s%s%s", names, note->subjects, more, note->text);
    }
    free(notes->list);
    notes->list = NULL;
    notes->n = 0;
    if (!notes->lost) return JD_OK;
    return jd_fail_memory(notes->ctx, sizeof *notes->list, "a note");
}
