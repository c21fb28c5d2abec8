/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/did_runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/did_read.h"
#include "core/memory.h"
#include "core/text.h"
#include "dataset/parts.h"

/* ---- One of them ---- */

/* What the user hears of one run names it. */
typedef struct hearer {
    jd_ctx_t *ctx;
    const jd_did_runs_t *runs;
    const jd_did_run_t *run;
} hearer_t;

static void name_run(const jd_did_runs_t *runs, const jd_did_run_t *run, char name[512])
{
    const bool outcome = run->outcome && runs->n_outcomes > 1;
    snprintf(name, 512, "%.200s%s%.200s%s", outcome ? run->outcome : "",
             outcome && run->group ? ", " : "", run->group ? run->group : "",
             outcome || run->group ? ": " : "");
}

static void hear(void *user, const char *text)
{
    const hearer_t *h = user;
    char name[512];
    name_run(h->runs, h->run, name);
    jd_warn(h->ctx, "%s%s", name, text);
}

static int ask_stop(void *user)
{
    const jd_ctx_t *ctx = ((const hearer_t *)user)->ctx;
    return ctx->cancelled && ctx->cancelled(ctx->user);
}

static void tell(void *user, const jd_progress_t *progress)
{
    jd_report_progress(((const hearer_t *)user)->ctx, progress);
}

static int analyse_one(jd_did_run_t *run, const jd_did_runs_t *runs, const jd_frame_t *frame,
                       const jd_request_t *request, jd_ctx_t *ctx)
{
    hearer_t hearer = {ctx, runs, run};
    char name[512];
    jd_ctx_t inner = jd_ctx_inner(ctx);
    inner.user = &hearer;
    inner.warn = hear;
    inner.cancelled = ask_stop;
    inner.progress = tell;
    name_run(runs, run, name);
    int rc = jd_analyse(&run->analysis, frame, request, &inner);
    return rc ? jd_fail(ctx, rc, "%s%s", name, inner.message) : JD_OK;
}

/* ---- All of them ---- */

static int add_run(jd_did_runs_t *runs, const char *outcome, const char *group, jd_ctx_t *ctx)
{
    const size_t bytes = (size_t)(runs->n + 1) * sizeof *runs->list;
    jd_did_run_t *more = realloc(runs->list, bytes);
    if (!more) return jd_fail_memory(ctx, bytes, "analyses");
    runs->list = more;
    runs->list[runs->n++] = (jd_did_run_t){.outcome = outcome, .group = group};
    return JD_OK;
}

static int analyse_groups(jd_did_runs_t *runs, int at, const jd_did_wish_t *wish,
                          const jd_frame_t *frame, jd_request_t *request, jd_ctx_t *ctx)
{
    jd_own_groups_t *groups = &runs->groups[at];
    jd_analysis_t **a = NULL;
    const int first = runs->n;
    request->roles.group = NULL;
    int rc = jd_own_groups_make(groups, frame, request, wish->by, ctx);
    for (int32_t g = 0; g < groups->n && !rc; g++) {
        jd_own_groups_ask(request, groups, g);
        rc = add_run(runs, wish->n_outcomes ? wish->outcome[at] : NULL, groups->label[g], ctx);
        if (!rc) rc = analyse_one(&runs->list[runs->n - 1], runs, frame, request, ctx);
    }
    if (!rc) rc = jd_make(&a, groups->n, sizeof *a, "groups", ctx);
    for (int32_t g = 0; g < groups->n && !rc; g++)
        a[g] = runs->list[first + g].analysis;
    if (!rc) rc = jd_own_groups_compare(&runs->differences[at], groups, a, request, ctx);
    free(a);
    return rc;
}

static int analyse_all(jd_did_runs_t *runs, const jd_did_wish_t *wish, const jd_frame_t *frame,
                       jd_request_t *request, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    runs->n_outcomes = wish->n_outcomes ? wish->n_outcomes : 1;
    if (wish->by)
        rc = jd_make(&runs->groups, runs->n_outcomes, sizeof *runs->groups, "groups", ctx);
    if (!rc && wish->by)
        rc =
            jd_make(&runs->differences, runs->n_outcomes, sizeof *runs->differences, "groups", ctx);
    for (int k = 0; k < runs->n_outcomes && !rc; k++) {
        if (wish->n_outcomes) rc = jd_request_set(request, "y", wish->outcome[k], ctx);
        request->checked = true; /* it was, with the first of them */
        if (rc) continue;
        if (wish->by) {
            rc = analyse_groups(runs, k, wish, frame, request, ctx);
            continue;
        }
        rc = add_run(runs, wish->n_outcomes ? wish->outcome[k] : NULL, NULL, ctx);
        if (!rc) rc = analyse_one(&runs->list[runs->n - 1], runs, frame, request, ctx);
    }
    return rc;
}

int jd_did_runs_make(jd_did_runs_t *runs, jd_did_wish_t *wish, jd_request_t *request, jd_ctx_t *ctx)
{
    jd_table_t table = {0};
    jd_frame_t *frame = NULL;
    *runs = (jd_did_runs_t){0};
    int rc = jd_did_read(&table, &wish->file, request, ctx);
    if (!rc) rc = jd_frame_create(&frame, wish->file.path, table.rows, ctx);
    if (!rc) rc = jd_frame_add_table(frame, &table, ctx);
    if (!rc) rc = analyse_all(runs, wish, frame, request, ctx);
    jd_frame_free(frame);
    jd_table_free(&table);
    return rc;
}

void jd_did_runs_free(jd_did_runs_t *runs)
{
    for (int i = 0; i < runs->n; i++)
        jd_analysis_free(runs->list[i].analysis);
    for (int k = 0; k < runs->n_outcomes && runs->groups; k++)
        jd_own_groups_free(&runs->groups[k]);
    for (int k = 0; k < runs->n_outcomes && runs->differences; k++)
        jd_table_free(&runs->differences[k]);
    free(runs->list);
    free(runs->groups);
    free(runs->differences);
    *runs = (jd_did_runs_t){0};
}

/* ---- As one table ---- */

static const jd_column_t head[] = {
    {"outcome", JD_TEXT, "", "outcome", NULL, JD_TERM_NAME, JD_AXIS_CELL},
    {"group", JD_TEXT, "", "group of rows, or two that are compared", NULL,
     2 * JD_OWN_GROUP_WIDTH + 4, JD_AXIS_CELL}};
enum { OUTCOME, GROUP, HEAD };

/* Rows of a table of lines; `group` NULL: they name theirs. */
static int append(jd_table_t *all, const jd_table_t *lines, const char *outcome, const char *group,
                  jd_ctx_t *ctx)
{
    char text[JD_OWN_TERM_WIDTH];
    int rc = jd_table_reserve(all, all->rows + lines->rows, ctx);
    for (int64_t i = 0; i < lines->rows && !rc; i++) {
        const int64_t row = all->rows++;
        jd_table_set_text(all, OUTCOME, row, outcome);
        jd_table_set_text(
            all, GROUP, row,
            group ? group : jd_table_text(lines, JD_OWN_DIFFERENCE_GROUP, i, text, sizeof text));
        for (int c = 0; c < JD_OWN_COLUMNS; c++) {
            const size_t size = jd_column_size(&lines->columns[c]);
            memcpy((char *)all->data[HEAD + c] + (size_t)row * size,
                   (const char *)lines->data[c] + (size_t)i * size, size);
        }
    }
    return rc;
}

static int append_run(jd_table_t *all, const jd_did_run_t *run, jd_ctx_t *ctx)
{
    jd_table_t lines = {0};
    int rc = jd_own_all_lines(&lines, &run->analysis->result, ctx);
    if (!rc)
        rc = append(all, &lines, run->analysis->data.y_name, run->group ? run->group : "", ctx);
    jd_table_free(&lines);
    return rc;
}

int jd_did_runs_table(jd_table_t *all, const jd_did_runs_t *runs, jd_ctx_t *ctx)
{
    jd_column_t *columns;
    *all = (jd_table_t){0};
    int rc = jd_make(&columns, HEAD + JD_OWN_COLUMNS, sizeof *columns, "a table", ctx);
    if (rc) return rc;
    memcpy(columns, head, sizeof head);
    memcpy(columns + HEAD, runs->list[0].analysis->result.estimates.columns,
           JD_OWN_COLUMNS * sizeof *columns);
    rc = jd_table_init(all, "estimates", "Estimates", columns, HEAD + JD_OWN_COLUMNS, 16, ctx);
    all->owned = columns;
    const int groups = runs->n / runs->n_outcomes;
    for (int i = 0; i < runs->n && !rc; i++)
        rc = append_run(all, &runs->list[i], ctx);
    for (int k = 0; k < runs->n_outcomes && runs->differences && !rc; k++)
        rc = append(all, &runs->differences[k],
                    runs->list[(int64_t)k * groups].analysis->data.y_name, NULL, ctx);
    return rc;
}

/* ---- Files ---- */

/* A name's letters, digits and what is beyond ASCII; other signs become '_'. */
static size_t add_word(char *to, const char *word)
{
    size_t n = 0;
    to[n++] = '-';
    for (; *word; word++) {
        const unsigned char c = (unsigned char)*word;
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c >= 128;
        to[n++] = plain ? (char)c : '_';
    }
    return n;
}

char *jd_did_run_path(const jd_did_runs_t *runs, const jd_did_run_t *run, const char *path,
                      jd_ctx_t *ctx)
{
    const char *outcome = runs->n_outcomes > 1 ? run->outcome : NULL, *slash = strrchr(path, '/'),
               *end = strrchr(path, '.');
    if (!end || (slash && end < slash)) end = path + strlen(path);
    const size_t size =
        strlen(path) + (outcome ? strlen(outcome) : 0) + (run->group ? strlen(run->group) : 0) + 3;
    char *name;
    if (jd_make(&name, (int64_t)size, 1, "a file's name", ctx)) return NULL;
    size_t at = (size_t)(end - path);
    memcpy(name, path, at);
    if (outcome) at += add_word(name + at, outcome);
    if (run->group) at += add_word(name + at, run->group);
    memcpy(name + at, end, strlen(end) + 1);
    return name;
}
