/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "labels.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

typedef struct label {
    char *key, *text; /* one block, the key's */
    const char *file; /* owned by the list */
    int line;
    bool shipped, used;
} label_t;

struct jd_labels {
    label_t *label;
    int n, capacity;
    char **files;
    int n_files;
    char *fonts;
};

void jd_labels_free(jd_labels_t *l)
{
    if (!l) return;
    for (int i = 0; i < l->n; i++)
        free(l->label[i].key);
    for (int i = 0; i < l->n_files; i++)
        free(l->files[i]);
    free(l->label);
    free(l->files);
    free(l->fonts);
    free(l);
}

static label_t *find(const jd_labels_t *l, const char *key)
{
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->label[i].key, key)) return &l->label[i];
    return NULL;
}

/* ---- Reading ---- */

static int grow(jd_labels_t *l, jd_ctx_t *ctx)
{
    if (l->n < l->capacity) return JD_OK;
    const int capacity = 2 * l->capacity + 64;
    label_t *more = realloc(l->label, (size_t)capacity * sizeof *more);
    if (!more) return jd_fail_memory(ctx, (size_t)capacity * sizeof *more, "labels");
    l->label = more;
    l->capacity = capacity;
    return JD_OK;
}

static int add(jd_labels_t *l, const char *key, const char *text, const label_t *where,
               jd_ctx_t *ctx)
{
    const size_t n = strlen(key), m = strlen(text);
    label_t *old = find(l, key);
    if (old && old->file == where->file)
        return jd_fail(ctx, JD_ERR_SYNTAX, "%s:%d: '%s' stands in line %d already; keep one",
                       where->file, where->line, key, old->line);
    char *block = malloc(n + m + 2);
    if (!block) return jd_fail_memory(ctx, n + m + 2, "a label");
    memcpy(block, key, n + 1);
    memcpy(block + n + 1, text, m + 1);
    int rc = old ? JD_OK : grow(l, ctx);
    if (rc) {
        free(block);
        return rc;
    }
    if (old)
        free(old->key);
    else
        old = &l->label[l->n++];
    *old = *where;
    old->key = block;
    old->text = block + n + 1;
    return JD_OK;
}

/* The first "=" that parts a key from its text: one between blanks if there is any. */
static char *parting(char *line)
{
    char *between = strstr(line, " = ");
    return between ? between + 1 : strchr(line, '=');
}

static int add_line(jd_labels_t *l, char *line, const label_t *where, jd_ctx_t *ctx)
{
    char shown[72];
    char *key = jd_trim(line);
    if (!*key || *key == '#') return JD_OK;
    const char *fault = jd_text_fault(key);
    if (fault)
        return jd_fail(ctx, JD_ERR_SYNTAX, "%s:%d: %s; save the file as UTF-8", where->file,
                       where->line, fault);
    char *equals = parting(key);
    if (!equals || equals == key)
        return jd_fail(ctx, JD_ERR_SYNTAX,
                       "%s:%d: '%s': a line is TEXT = WHAT TO WRITE INSTEAD, for instance "
                       "'adoption = start of the policy'",
                       where->file, where->line, jd_excerpt(key, shown));
    *equals = '\0';
    key = jd_trim(key);
    char *text = jd_trim(equals + 1);
    if (strlen(key) >= JD_LABEL_SIZE || strlen(text) >= JD_LABEL_SIZE)
        return jd_fail(ctx, JD_ERR_VALUE, "%s:%d: '%s': a text has at most %d bytes", where->file,
                       where->line, jd_excerpt(key, shown), JD_LABEL_SIZE - 1);
    if (strcmp(key, "@font") != 0) return add(l, key, text, where, ctx);
    free(l->fonts);
    l->fonts = jd_copy_text(text, strlen(text), ctx);
    return l->fonts ? JD_OK : JD_ERR_NO_MEMORY;
}

static int note_file(jd_labels_t *l, const char *file, jd_ctx_t *ctx)
{
    char **more = realloc(l->files, ((size_t)l->n_files + 1) * sizeof *more);
    if (!more) return jd_fail_memory(ctx, sizeof *more, "labels");
    l->files = more;
    l->files[l->n_files] = jd_copy_text(file, strlen(file), ctx);
    if (!l->files[l->n_files]) return JD_ERR_NO_MEMORY;
    l->n_files++;
    return JD_OK;
}

int jd_labels_read(jd_labels_t **labels, const char *file, const char *text, int shipped,
                   jd_ctx_t *ctx)
{
    int rc = *labels ? JD_OK : jd_make_n(labels, 1, sizeof **labels, "labels", ctx);
    jd_labels_t *l = *labels;
    if (!rc) rc = note_file(l, file, ctx);
    if (rc) return rc;
    label_t where = {.file = l->files[l->n_files - 1], .shipped = shipped != 0};
    if (!strncmp(text, "\xEF\xBB\xBF", 3)) text += 3; /* Windows' editors begin so */
    while (*text && !rc) {
        const size_t n = strcspn(text, "\n");
        where.line++;
        char *line = jd_copy_text(text, n, ctx);
        rc = line ? add_line(l, line, &where, ctx) : JD_ERR_NO_MEMORY;
        free(line);
        text += n + (text[n] == '\n');
    }
    return rc;
}

const char *jd_labels_fonts(const jd_labels_t *labels)
{
    return labels ? labels->fonts : NULL;
}

/* ---- Finding ---- */

static const char *whole(jd_labels_t *l, const char *text, char to[JD_LABEL_SIZE])
{
    label_t *label = find(l, text);
    if (!label) return NULL;
    label->used = true;
    snprintf(to, JD_LABEL_SIZE, "%s", label->text);
    return to;
}

/* A text of two parts with something between and behind them; either may have its own label. */
static const char *parts(jd_labels_t *l, const char *text, size_t first, const char *between,
                         const char *end, char to[JD_LABEL_SIZE])
{
    char a[JD_LABEL_SIZE], b[JD_LABEL_SIZE], of_a[JD_LABEL_SIZE], of_b[JD_LABEL_SIZE];
    const size_t gap = strlen(between), behind = strlen(end), n = strlen(text);
    if (n >= JD_LABEL_SIZE || n < first + gap + behind) return NULL;
    snprintf(a, sizeof a, "%.*s", (int)first, text);
    snprintf(b, sizeof b, "%.*s", (int)(n - first - gap - behind), text + first + gap);
    const char *left = jd_labels_find(l, a, of_a), *right = jd_labels_find(l, b, of_b);
    if (!left && !right) return NULL;
    const int length =
        snprintf(to, JD_LABEL_SIZE, "%s%s%s%s", left ? left : a, between, right ? right : b, end);
    if (length >= JD_LABEL_SIZE) to[jd_utf8_cut(to, JD_LABEL_SIZE - 1)] = '\0';
    return to;
}

/* "up to 20 firms" by its key "up to # firms": a text with one number in it. */
static const char *counted(jd_labels_t *l, const char *text, char to[JD_LABEL_SIZE])
{
    char key[JD_LABEL_SIZE], found[JD_LABEL_SIZE];
    const size_t before = strcspn(text, "0123456789");
    const size_t number = strspn(text + before, "0123456789.,");
    if (!number || strlen(text) >= JD_LABEL_SIZE) return NULL;
    snprintf(key, sizeof key, "%.*s#%s", (int)before, text, text + before + number);
    const char *there = whole(l, key, found), *place = there ? strchr(there, '#') : NULL;
    if (!place) return NULL;
    snprintf(to, JD_LABEL_SIZE, "%.*s%.*s%s", (int)(place - there), there, (int)number,
             text + before, place + 1);
    return to;
}

/* Where `mark` last stands in a text. */
static const char *last_of(const char *text, const char *mark)
{
    const char *at = NULL;
    for (const char *p = text; (p = strstr(p, mark)); p++)
        at = p;
    return at;
}

const char *jd_labels_find(jd_labels_t *l, const char *text, char to[JD_LABEL_SIZE])
{
    static const char *const marks[] = {", ", " / ", " = "};
    const size_t n = strlen(text);
    const char *found = whole(l, text, to), *open = last_of(text, " (");
    if (!found) found = counted(l, text, to);
    if (!found && open && n && text[n - 1] == ')')
        found = parts(l, text, (size_t)(open - text), " (", ")", to);
    for (size_t k = 0; !found && k < sizeof marks / sizeof *marks; k++) {
        const char *at = strstr(text, marks[k]);
        if (at) found = parts(l, text, (size_t)(at - text), marks[k], "", to);
    }
    return found;
}

void jd_labels_report(const jd_labels_t *labels, const jd_labels_t *known, jd_ctx_t *ctx)
{
    for (int i = 0; labels && i < labels->n; i++) {
        const label_t *label = &labels->label[i];
        jd_near_t near = {.word = label->key};
        if (label->shipped || label->used || (known && find(known, label->key))) continue;
        for (int k = 0; known && k < known->n; k++)
            jd_near_offer(&near, known->label[k].key);
        jd_warn(ctx, "%s:%d: '%s' stands in no figure%s%s%s", label->file, label->line, label->key,
                near.best ? "; did you mean '" : "", near.best ? near.best : "",
                near.best ? "'?" : "");
    }
}
