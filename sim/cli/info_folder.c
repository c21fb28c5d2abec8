/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/info_folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sweep/sweep.h"
#include "sweep/validate/validate.h"

enum { PATH_SIZE = 4096, MESSAGES = 64, SHOWN = 5 };

/* Failures that say the same. */
typedef struct failure {
    char message[JD_RUN_MESSAGE];
    int64_t runs, first; /* how many, and the first of them, from 0 */
} failure_t;

typedef struct survey {
    int64_t done, failed, noted, damaged;
    int n_messages;
    failure_t failures[MESSAGES];
    time_t began, last;
} survey_t;

static void note_failure(survey_t *s, int64_t run, const char *message)
{
    int i = 0;
    while (i < s->n_messages && strcmp(s->failures[i].message, message) != 0)
        i++;
    if (i == MESSAGES) return;
    failure_t *f = &s->failures[i];
    if (i == s->n_messages) {
        s->n_messages++;
        snprintf(f->message, sizeof f->message, "%s", message);
        f->first = run;
    }
    f->runs++;
    if (run < f->first) f->first = run;
}

static int take(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    survey_t *s = user;
    (void)ctx;
    s->done++;
    s->noted += result->note[0] != '\0';
    if (!result->failed) return JD_OK;
    s->failed++;
    note_failure(s, run, result->message);
    return JD_OK;
}

static time_t changed(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 ? about.st_mtime : 0;
}

static void look_at_times(survey_t *s, const char *folder, int64_t block)
{
    static const char *const endings[] = {"shard", "part"};
    for (int i = 0; i < 2; i++) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%s/shards/%06" PRId64 ".%s", folder, block + 1, endings[i]);
        time_t t = changed(path);
        if (t > s->last) s->last = t;
    }
}

static int survey(survey_t *s, const jd_sweep_folder_t *f, const char *folder, jd_ctx_t *ctx)
{
    char path[PATH_SIZE];
    int rc = JD_OK;
    snprintf(path, sizeof path, "%s/plan.txt", folder);
    s->began = changed(path);
    for (int64_t b = 0; b < jd_shards_count(&f->shards) && !rc; b++) {
        jd_shard_state_t state;
        int64_t valid;
        rc = jd_shard_read(&f->shards, b, &state, &valid, take, s, ctx);
        s->damaged += state == JD_SHARD_DAMAGED;
        look_at_times(s, folder, b);
    }
    return rc;
}

static void print_time(const char *what, time_t t)
{
    char text[64];
    struct tm parts;
    if (t == 0 || !gmtime_r(&t, &parts)) return;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    printf("  %-10s %s\n", what, text);
}

static int by_runs(const void *a, const void *b)
{
    const failure_t *x = a, *y = b;
    return x->runs != y->runs ? (x->runs < y->runs) - (x->runs > y->runs)
                              : (x->first > y->first) - (x->first < y->first);
}

static void print_failures(survey_t *s, const jd_plan_t *plan)
{
    qsort(s->failures, (size_t)s->n_messages, sizeof *s->failures, by_runs);
    for (int i = 0; i < s->n_messages && i < SHOWN; i++) {
        const failure_t *f = &s->failures[i];
        printf("%s  %6" PRId64 " x %s (first run %" PRId64 ": point %" PRId64 ", replicate %" PRId64
               ")\n",
               i == 0 ? "\n  why runs failed\n" : "", f->runs, f->message, f->first + 1,
               jd_plan_point(plan, f->first) + 1, jd_plan_replicate(plan, f->first) + 1);
    }
    if (s->n_messages > SHOWN) printf("         and for %d reasons more\n", s->n_messages - SHOWN);
}

static void print_survey(survey_t *s, const jd_sweep_folder_t *f, const char *folder)
{
    const jd_plan_t *plan = &f->plan;
    int64_t missing = plan->n_runs - s->done;
    printf("%s\n  %-10s %s\n  %-10s %" PRId64 " points x %" PRId64 " replicates = %" PRId64
           " runs\n",
           folder, "program", f->program, "plan", plan->n_points, plan->replicates, plan->n_runs);
    printf("  %-10s %" PRId64 "\n  %-10s %" PRId64 "\n  %-10s %" PRId64 "\n", "done", s->done,
           "failed", s->failed, "missing", missing);
    if (s->damaged)
        printf("  %-10s %" PRId64 " shards, whose runs are missing\n", "damaged", s->damaged);
    if (s->noted) printf("  %-10s left by %" PRId64 " runs\n", "remarks", s->noted);
    print_time("began", s->began);
    print_time("last run", s->last);
    print_failures(s, plan);
}

/* What comes next: the merged file, or the command that goes on. */
static int print_next(const survey_t *s, int64_t n_runs, const char *folder, jd_ctx_t *ctx)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/sweep.h5", folder);
    bool there = access(path, F_OK) == 0;
    if (!there && errno != ENOENT)
        return jd_fail(ctx, JD_ERR_READ, "%s: cannot be looked at: %s", path, strerror(errno));
    if (there)
        printf("\nWritten: jiedao info %s\n", path);
    else if (s->done < n_runs)
        printf("\nTo go on: jiedao sweep CONFIG -o %s --resume, with the same --set\n", folder);
    else
        printf("\nAll runs are there: jiedao merge %s writes the file\n", folder);
    return JD_OK;
}

static int look(const char *folder, const jd_sweep_kind_t *kind, jd_ctx_t *ctx)
{
    jd_sweep_folder_t f;
    int rc = jd_sweep_folder_open(&f, kind, folder, ctx);
    if (rc) return rc;
    survey_t *s = calloc(1, sizeof *s);
    rc = s ? survey(s, &f, folder, ctx) : jd_fail_memory(ctx, sizeof *s, "the folder's survey");
    if (!rc) print_survey(s, &f, folder);
    if (!rc && kind->merges) rc = print_next(s, f.plan.n_runs, folder, ctx);
    free(s);
    jd_sweep_folder_free(&f);
    return rc;
}

static bool has_round(const char *folder, int round)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/rounds/%02d/plan.txt", folder, round);
    return access(path, F_OK) == 0;
}

int jd_cli_info_folder(const char *folder, jd_ctx_t *ctx)
{
    char round[PATH_SIZE];
    int rc = JD_OK;
    if (!has_round(folder, 1)) return look(folder, &jd_sweep_simulate, ctx);
    for (int i = 1; !rc && has_round(folder, i); i++) {
        snprintf(round, sizeof round, "%s/rounds/%02d", folder, i);
        rc = look(round, &jd_sweep_validate, ctx);
    }
    return rc;
}
