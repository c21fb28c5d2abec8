/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sweep's folder: what is run in it, and whether it is the same as before. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/memory.h"
#include "io/files/folder.h"
#include "io/files/whole.h"
#include "jiedao/version.h"
#include "run/record/record.h"
#include "sweep/ours.h"
#include "sweep/sections.h"
#include "sweep/sweep.h"

enum { PATH_SIZE = 4096, LINE_SIZE = 2 * JD_TEXT_MAX };

static void program_text(char text[128])
{
    snprintf(text, 128, "%.32s (%.64s)", jd_version(), jd_git_commit());
}

/* Of the program, the config's values and the inputs: what decides a run's bytes. How many
 * replicates is not part of it: more can be added. */
static int identify(jd_sweep_folder_t *f, jd_ctx_t *ctx)
{
    jd_config_t *one = NULL;
    int rc = jd_config_copy(&one, f->config, ctx);
    if (!rc) rc = jd_config_set(one, "identity", "sweep.replicates=1", ctx);
    if (rc) {
        jd_config_free(one);
        return rc;
    }
    f->identity = jd_hash_text(jd_config_hash(one), f->program);
    for (int i = 0; i < JD_STUDY_INPUTS; i++)
        f->identity = jd_hash_text(f->identity, f->input[i]);
    jd_config_free(one);
    return JD_OK;
}

/* Plan and shards of a folder whose config, program and inputs are known. */
static int settle(jd_sweep_folder_t *f, const jd_sweep_kind_t *kind, const char *folder,
                  jd_ctx_t *ctx)
{
    const jd_output_params_t *output = jd_config_section(f->config, "output");
    int rc = jd_plan_make(&f->plan, f->config, ctx);
    if (!rc) rc = identify(f, ctx);
    if (f->block < 1) f->block = jd_shards_block(f->plan.n_runs);
    f->shards = (jd_shards_t){.folder = folder,
                              .layout = &kind->layout,
                              .identity = f->identity,
                              .n_runs = f->plan.n_runs,
                              .block = f->block,
                              .files = kind->merges && output->keep == JD_KEEP_TABLES};
    return rc;
}

void jd_sweep_folder_free(jd_sweep_folder_t *f)
{
    jd_plan_free(&f->plan);
    jd_config_free(f->config);
    free(f->source);
    memset(f, 0, sizeof *f);
}

/* ---- Writing ---- */

static int write_value(void *user, const char *section, const jd_param_t *param, const char *value,
                       bool given)
{
    if (given && param->kind == JD_RESULT)
        fprintf(user, "set %s.%s=%s\n", section, param->name, value);
    return 0;
}

static void write_plan(FILE *out, const jd_sweep_folder_t *f)
{
    const char *key, *text;
    fprintf(out, JD_SWEEP_PLAN "1\nprogram %s\nidentity %016" PRIx64 "\nsource %016" PRIx64 "\n",
            f->program, f->identity, jd_sweep_source_hash(f->source));
    if (f->source_grown) fprintf(out, "source %016" PRIx64 "\n", f->source_grown);
    fprintf(out, "block %" PRId64 "\n", f->block);
    for (int i = 0; i < JD_STUDY_INPUTS; i++)
        if (f->input[i][0]) fprintf(out, "%s %s\n", jd_study_input_names[i], f->input[i]);
    jd_config_each(f->config, write_value, out);
    for (int i = 0; jd_config_other(f->config, "sweep", i, &key, &text); i++)
        fprintf(out, "set sweep.%s=%s\n", key, text);
}

static int write_file(const char *folder, const char *name, const jd_sweep_folder_t *f,
                      jd_ctx_t *ctx)
{
    char path[PATH_SIZE];
    jd_whole_t whole = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int rc = jd_whole_open(&whole, path, true, ctx);
    FILE *out = rc ? NULL : jd_whole_stream(&whole, ctx);
    if (!rc && !out) rc = JD_ERR_NO_MEMORY;
    if (out) {
        if (!strcmp(name, "plan.txt"))
            write_plan(out, f);
        else
            fputs(f->source, out);
    }
    if (!rc) return jd_whole_commit(&whole, ctx);
    jd_whole_abandon(&whole);
    return rc;
}

static int begin_folder(jd_sweep_folder_t *f, const char *folder, jd_ctx_t *ctx)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/shards", folder);
    int rc = jd_folder_make(folder, ctx);
    if (!rc) rc = jd_folder_make(path, ctx);
    snprintf(path, sizeof path, "%s/sweep.h5", folder);
    if (!rc && access(path, F_OK) == 0)
        rc = jd_fail(ctx, JD_ERR_EXISTS,
                     "%s is there, and no sweep's plan beside it: it is left as it is; choose "
                     "another folder with -o, or move it away",
                     path);
    snprintf(path, sizeof path, "%s/config.ini", folder);
    if (!rc) rc = jd_sweep_holds(path, f->source, ctx);
    if (!rc) rc = write_file(folder, "config.ini", f, ctx);
    return rc ? rc : write_file(folder, "plan.txt", f, ctx); /* last: now it is a sweep */
}

/* ---- Reading ---- */

static int foreign(const char *path, int line, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_FORMAT, "%s:%d: is no plan of a sweep that this program can read",
                   path, line);
}

static int read_line(jd_sweep_folder_t *f, const char *path, int number, char *line, jd_ctx_t *ctx)
{
    line[strcspn(line, "\n")] = '\0';
    if (number == 1) return strcmp(line, JD_SWEEP_PLAN "1") ? foreign(path, number, ctx) : JD_OK;
    char *rest = strchr(line, ' ');
    if (!rest) return foreign(path, number, ctx);
    *rest++ = '\0';
    if (!strcmp(line, "set")) return jd_config_set(f->config, path, rest, ctx);
    if (!strcmp(line, "program")) {
        snprintf(f->program, sizeof f->program, "%s", rest);
        return JD_OK;
    }
    if (!strcmp(line, "identity")) {
        f->identity = strtoull(rest, NULL, 16);
        return JD_OK;
    }
    if (!strcmp(line, "block")) {
        f->block = strtoll(rest, NULL, 10);
        return f->block > 0 ? JD_OK : foreign(path, number, ctx);
    }
    if (!strcmp(line, "source")) {
        *(f->source_hash ? &f->source_grown : &f->source_hash) = strtoull(rest, NULL, 16);
        return JD_OK;
    }
    for (int i = 0; i < JD_STUDY_INPUTS; i++) {
        if (strcmp(line, jd_study_input_names[i]) != 0) continue;
        snprintf(f->input[i], sizeof f->input[i], "%s", rest);
        return JD_OK;
    }
    return foreign(path, number, ctx);
}

/* A folder's plan that cannot be opened: is it the wrong folder? */
static int no_plan(const char *folder, const char *path, int why, jd_ctx_t *ctx)
{
    struct stat there;
    const char *slash = strrchr(folder, '/');
    if (stat(folder, &there) != 0)
        return jd_fail(ctx, JD_ERR_OPEN, "%s: %s; name a folder that jiedao sweep -o was given",
                       folder, strerror(errno));
    if (!S_ISDIR(there.st_mode))
        return jd_fail(ctx, JD_ERR_OPEN, "%s is a file; name the sweep's folder: %.*s", folder,
                       slash ? (int)(slash - folder) : 1, slash ? folder : ".");
    if (why == ENOENT)
        return jd_fail(
            ctx, JD_ERR_OPEN,
            "%s is no folder of a sweep: it is a folder without plan.txt; name one that jiedao "
            "sweep -o was given",
            folder);
    return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be opened: %s", path, strerror(why));
}

static int read_plan(jd_sweep_folder_t *f, const char *folder, jd_ctx_t *ctx)
{
    char path[PATH_SIZE], line[LINE_SIZE];
    int n = 0, number = 0;
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    snprintf(path, sizeof path, "%s/plan.txt", folder);
    FILE *in = fopen(path, "r");
    if (!in) return no_plan(folder, path, errno, ctx);
    int rc = jd_config_create(&f->config, sections, n, ctx);
    while (!rc && fgets(line, sizeof line, in))
        rc = read_line(f, path, ++number, line, ctx);
    if (!rc && ferror(in))
        rc = jd_fail(ctx, JD_ERR_READ, "%s: cannot be read: %s", path, strerror(errno));
    if (!rc && number == 0) rc = foreign(path, 1, ctx);
    fclose(in);
    return rc ? rc : jd_config_finish(f->config, ctx);
}

static int read_source(jd_sweep_folder_t *f, const char *folder, jd_ctx_t *ctx)
{
    char path[PATH_SIZE];
    struct stat about;
    snprintf(path, sizeof path, "%s/config.ini", folder);
    FILE *in = fopen(path, "r");
    if (!in || fstat(fileno(in), &about) != 0) {
        if (in) fclose(in);
        return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be opened: %s", path, strerror(errno));
    }
    int rc = jd_make(&f->source, (int64_t)about.st_size + 1, 1, "the config's text", ctx);
    if (!rc && fread(f->source, 1, (size_t)about.st_size, in) != (size_t)about.st_size)
        rc = jd_fail(ctx, JD_ERR_READ, "%s: cannot be read", path);
    fclose(in);
    return rc;
}

int jd_sweep_folder_open(jd_sweep_folder_t *f, const jd_sweep_kind_t *kind, const char *folder,
                         jd_ctx_t *ctx)
{
    memset(f, 0, sizeof *f);
    int rc = read_plan(f, folder, ctx);
    uint64_t said = f->identity;
    if (!rc) rc = read_source(f, folder, ctx);
    if (!rc) rc = settle(f, kind, folder, ctx);
    if (!rc && said != f->identity)
        rc = jd_fail(ctx, JD_ERR_FORMAT,
                     "%s/plan.txt: was changed, or its defaults are another program's", folder);
    uint64_t source = rc ? 0 : jd_sweep_source_hash(f->source);
    if (!rc && source != f->source_hash && (!f->source_grown || source != f->source_grown))
        rc = jd_fail(ctx, JD_ERR_FORMAT,
                     "%s/config.ini: is not the config this sweep began with; put that one back "
                     "(plan.txt says what it set)",
                     folder);
    if (rc) jd_sweep_folder_free(f);
    return rc;
}

/* ---- The same as before? ---- */

enum { DIFFERENCES = 5 };

typedef struct comparison {
    const jd_config_t *now;
    jd_ctx_t *ctx;
    char text[1024];
    size_t n;
    int found;
    /* the parameter looked up in `now` */
    const char *section, *name;
    char value[JD_PLAN_VALUE];
} comparison_t;

static void add_difference(comparison_t *c, const char *name, const char *before, const char *now)
{
    if (c->found++ >= DIFFERENCES || c->n >= sizeof c->text) return;
    int n = snprintf(c->text + c->n, sizeof c->text - c->n, "%s%s was %.60s, is %.60s",
                     c->n ? "; " : "", name, before[0] ? before : "empty", now[0] ? now : "empty");
    if (n > 0) c->n += (size_t)n;
}

static int look_up(void *user, const char *section, const jd_param_t *param, const char *value,
                   bool given)
{
    comparison_t *c = user;
    (void)given;
    if (strcmp(section, c->section) != 0 || strcmp(param->name, c->name) != 0) return 0;
    snprintf(c->value, sizeof c->value, "%s", value);
    return 1;
}

static int compare_value(void *user, const char *section, const jd_param_t *param,
                         const char *value, bool given)
{
    comparison_t *c = user;
    char name[192];
    (void)given;
    if (param->kind != JD_RESULT) return 0;
    c->section = section;
    c->name = param->name;
    snprintf(c->value, sizeof c->value, "(not there)");
    jd_config_each(c->now, look_up, c);
    snprintf(name, sizeof name, "%s.%s", section, param->name);
    if (strcmp(c->value, value) != 0) add_difference(c, name, value, c->value);
    return 0;
}

static const char *other_text(const jd_config_t *config, const char *key)
{
    const char *name, *text;
    for (int i = 0; jd_config_other(config, "sweep", i, &name, &text); i++)
        if (!strcmp(name, key)) return text;
    return "";
}

static void compare_others(comparison_t *c, const jd_config_t *a, const jd_config_t *b, bool mirror)
{
    const char *key, *text;
    char name[192];
    for (int i = 0; jd_config_other(a, "sweep", i, &key, &text); i++) {
        const char *there = other_text(b, key);
        if (mirror ? there[0] != '\0' : !strcmp(there, text)) continue;
        snprintf(name, sizeof name, "sweep.%s", key);
        add_difference(c, name, mirror ? there : text, mirror ? text : there);
    }
}

static int report_differences(const jd_sweep_folder_t *before, const jd_sweep_folder_t *now,
                              const char *folder, jd_ctx_t *ctx)
{
    comparison_t c = {.now = now->config, .ctx = ctx};
    if (strcmp(before->program, now->program) != 0)
        add_difference(&c, "the program", before->program, now->program);
    for (int i = 0; i < JD_STUDY_INPUTS; i++)
        if (strcmp(before->input[i], now->input[i]) != 0)
            add_difference(&c, jd_study_input_names[i], before->input[i], now->input[i]);
    jd_config_each(before->config, compare_value, &c);
    compare_others(&c, before->config, now->config, false);
    compare_others(&c, now->config, before->config, true);
    return jd_fail(
        ctx, JD_ERR_EXISTS,
        "%s holds another sweep: %s%s; choose another folder with -o, or --force to start over",
        folder, c.n ? c.text : "sections in another order",
        c.found > DIFFERENCES ? "; and more" : "");
}

/* Another process may be writing the plan just now, under the same names: whoever comes off worse
 * finds it written a moment later. */
static int begin_together(jd_sweep_folder_t *f, const char *folder, int tries, jd_ctx_t *ctx)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    jd_ctx_t inner = jd_ctx_inner(ctx);
    int rc = begin_folder(f, folder, &inner);
    while (rc && rc != JD_ERR_NO_MEMORY && --tries > 0) {
        bool there;
        nanosleep(&pause, NULL);
        if (!jd_sweep_has_plan(folder, &there, &inner) && there) return JD_OK;
        inner = jd_ctx_inner(ctx);
        rc = begin_folder(f, folder, &inner);
    }
    return rc ? jd_fail(ctx, rc, "%s", inner.message) : JD_OK;
}

/* More replicates than before: their runs come behind those that are there. */
static int grow(jd_sweep_folder_t *now, const jd_sweep_folder_t *before, bool resume,
                const char *folder, jd_ctx_t *ctx)
{
    int64_t had = before->plan.replicates, has = now->plan.replicates;
    now->block = now->shards.block = before->block;
    if (had == has) {
        bool stale = resume && jd_sweep_source_hash(before->source) != before->source_hash;
        return stale ? write_file(folder, "config.ini", now, ctx) : JD_OK;
    }
    if (has < had || !resume)
        return jd_fail(ctx, JD_ERR_EXISTS,
                       "%s holds this sweep with sweep.replicates = %" PRId64 ", and %" PRId64
                       " are requested: --resume adds replicates and takes none away",
                       folder, had, has);
    int rc = jd_shards_reopen_last(&before->shards, ctx);
    now->source_grown = jd_sweep_source_hash(before->source);
    if (!rc) rc = write_file(folder, "plan.txt", now, ctx);
    return rc ? rc : write_file(folder, "config.ini", now, ctx);
}

static int hold_against(jd_sweep_folder_t *now, const jd_sweep_kind_t *kind, bool resume,
                        const char *folder, jd_ctx_t *ctx)
{
    jd_sweep_folder_t before;
    jd_ctx_t inner = jd_ctx_inner(ctx);
    int rc = jd_sweep_folder_open(&before, kind, folder, &inner);
    if (rc == JD_ERR_NO_MEMORY) return jd_fail(ctx, rc, "%s", inner.message);
    if (rc)
        return jd_fail(ctx, JD_ERR_EXISTS,
                       "%s holds a sweep this program cannot go on with: %s; choose another folder "
                       "with -o, or --force to start over",
                       folder, inner.message);
    if (before.identity != now->identity)
        rc = report_differences(&before, now, folder, ctx);
    else
        rc = grow(now, &before, resume, folder, ctx);
    jd_sweep_folder_free(&before);
    return rc;
}

/* Whether n runs fit on the disk. Files of runs are counted where no point has sizes of its own. */
static int check_room(const jd_sweep_folder_t *f, const char *folder,
                      const jd_study_inputs_t *inputs, int64_t n, jd_ctx_t *ctx)
{
    const double records = (double)n * (double)jd_shard_least(f->shards.layout);
    bool alike = f->shards.files;
    for (int k = 0; k < f->plan.n_factors; k++)
        alike = alike && !strncmp(f->plan.factors[k].name, "policy.", 7) &&
                f->plan.factors[k].param->type != JD_PARAM_PATH;
    return jd_study_room(f->config, &inputs->inputs, folder,
                         (jd_bytes_t){.least = records, .likely = records}, alike ? n : 0, ctx);
}

/* The same for the runs that are missing in a folder that is there. They are counted only where all
 * of them would not fit: many processes may come along here. */
static int check_rest(const jd_sweep_folder_t *f, const char *folder,
                      const jd_study_inputs_t *inputs, jd_ctx_t *ctx)
{
    jd_ctx_t mute = jd_ctx_inner(ctx);
    int64_t missing = 0, first;
    if (!check_room(f, folder, inputs, f->plan.n_runs, &mute)) return JD_OK;
    int rc = jd_shards_missing(&f->shards, &missing, &first, ctx);
    return rc ? rc : check_room(f, folder, inputs, missing, ctx);
}

int jd_sweep_folder_make(jd_sweep_folder_t *f, const jd_sweep_kind_t *kind, const char *folder,
                         const jd_config_t *config, const jd_study_inputs_t *inputs,
                         const jd_sweep_options_t *options, jd_ctx_t *ctx)
{
    memset(f, 0, sizeof *f);
    const char *source = jd_config_source(config);
    int rc = jd_config_copy(&f->config, config, ctx);
    if (!rc) rc = jd_make(&f->source, (int64_t)strlen(source) + 1, 1, "the config's text", ctx);
    if (!rc) {
        memcpy(f->source, source, strlen(source));
        program_text(f->program);
        for (int i = 0; i < JD_STUDY_INPUTS; i++)
            if (!jd_study_input_text(inputs, i, f->input[i])) f->input[i][0] = '\0';
        rc = settle(f, kind, folder, ctx);
    }
    bool shared = options->parts > 1 || options->ticket, goes_on = options->resume || shared;
    if (!rc && options->force && shared)
        rc =
            jd_fail(ctx, JD_ERR_ARGUMENT,
                    "--force would throw away what other processes of this sweep have done; remove "
                    "%s first, or choose another folder with -o",
                    folder);
    bool there = false;
    if (!rc) rc = jd_sweep_has_plan(folder, &there, ctx);
    if (!rc && there && options->force) {
        rc = jd_sweep_remove(folder, f->source, ctx);
        there = false;
    }
    if (!rc && !goes_on && there)
        rc = jd_fail(ctx, JD_ERR_EXISTS,
                     "%s holds a sweep already; --resume goes on with it, --force starts over",
                     folder);
    if (!rc && !there) rc = check_room(f, folder, inputs, f->plan.n_runs, ctx);
    if (!rc && !there) rc = begin_together(f, folder, goes_on ? 100 : 1, ctx);
    if (!rc && f->shards.files) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%s/runs", folder);
        rc = jd_folder_make(path, ctx);
    }
    if (!rc && goes_on) rc = hold_against(f, kind, options->resume, folder, ctx);
    if (!rc && there) rc = check_rest(f, folder, inputs, ctx);
    if (rc) jd_sweep_folder_free(f);
    return rc;
}

/* ---- Several folders of one sweep ---- */

int jd_sweep_folder_same(const jd_sweep_folder_t *first, const jd_sweep_folder_t *other,
                         const char *first_name, const char *other_name, jd_ctx_t *ctx)
{
    jd_sweep_folder_t as_first = *other;
    char text[64];
    as_first.config = NULL;
    int rc = jd_config_copy(&as_first.config, other->config, ctx);
    snprintf(text, sizeof text, "sweep.first=%" PRId64, first->plan.first);
    if (!rc) rc = jd_config_set(as_first.config, "identity", text, ctx);
    if (!rc) rc = identify(&as_first, ctx);
    if (!rc && as_first.identity != first->identity) {
        jd_ctx_t inner = jd_ctx_inner(ctx);
        rc = report_differences(first, &as_first, other_name, &inner);
        rc = jd_fail(ctx, rc, "%s and %s are not of one sweep: %.*s", first_name, other_name,
                     (int)strcspn(inner.message, ";"), inner.message);
    }
    jd_config_free(as_first.config);
    return rc;
}

/* The config's text, where the number of replicates changes with another number behind "replicates
 * =" in [sweep] or in the override that gave it; with an override more where nothing did. Owned by
 * the caller. */
static char *with_replicates(const char *source, int64_t had, int64_t replicates, jd_ctx_t *ctx)
{
    static const char override[] = "sweep.replicates=";
    const char *at = NULL, *section = strstr(source, "[sweep]");
    for (const char *s = source; (s = strstr(s, override)); s++)
        at = s + sizeof override - 1; /* the last */
    for (const char *line = section; line && !at;) {
        line = strchr(line, '\n');
        if (!line || *++line == '[') break;
        size_t n = strspn(line, " \t");
        if (strncmp(line + n, "replicates", 10) != 0) continue;
        n += 10 + strspn(line + n + 10, " \t");
        if (line[n] == '=') at = line + n + 1 + strspn(line + n + 1, " \t");
    }
    if (had == replicates) at = source + strlen(source);
    size_t size = strlen(source) + 128, head = at ? (size_t)(at - source) : strlen(source);
    char *text;
    if (jd_make(&text, (int64_t)size, 1, "the config's text", ctx)) return NULL;
    const char *rest = at ? at + strcspn(at, " ;\t\r\n") : "\n";
    bool line_end = head > 0 && source[head - 1] == '\n';
    if (had == replicates)
        memcpy(text, source, head);
    else
        snprintf(text, size, "%.*s%s%" PRId64 "%s", (int)head, source,
                 at         ? ""
                 : line_end ? "; --set sweep.replicates="
                            : "\n; --set sweep.replicates=",
                 replicates, rest);
    return text;
}

int jd_sweep_folder_widen(jd_sweep_folder_t *f, const jd_sweep_folder_t *from,
                          const jd_sweep_kind_t *kind, const char *folder, int64_t replicates,
                          jd_ctx_t *ctx)
{
    char text[64];
    bool there = false;
    memset(f, 0, sizeof *f);
    int rc = jd_sweep_has_plan(folder, &there, ctx);
    if (!rc && there)
        rc = jd_fail(ctx, JD_ERR_EXISTS, "%s holds a sweep already; choose another folder with -o",
                     folder);
    if (!rc) rc = jd_config_copy(&f->config, from->config, ctx);
    snprintf(text, sizeof text, "sweep.replicates=%" PRId64, replicates);
    if (!rc && replicates != from->plan.replicates)
        rc = jd_config_set(f->config, "merge", text, ctx);
    if (!rc) rc = jd_config_finish(f->config, ctx);
    if (!rc) {
        memcpy(f->program, from->program, sizeof f->program);
        memcpy(f->input, from->input, sizeof f->input);
        f->source = with_replicates(from->source, from->plan.replicates, replicates, ctx);
        rc = f->source ? settle(f, kind, folder, ctx) : JD_ERR_NO_MEMORY;
    }
    if (!rc) rc = begin_folder(f, folder, ctx);
    if (rc) jd_sweep_folder_free(f);
    return rc;
}
