/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/json.h"
#include "io/files/whole.h"
#include "io/hdf5/store.h"
#include "jiedao/version.h"
#include "model/policy.h"

static void put_field(FILE *out, const char *name, const char *text)
{
    fprintf(out, "  \"%s\": ", name);
    jd_json_text(out, text);
    fputs(",\n", out);
}

/* FILE.log.json beside FILE.h5; owned by the caller, NULL without memory. */
static char *log_name(const char *path)
{
    size_t length = strlen(path);
    if (length > 3 && strcmp(path + length - 3, ".h5") == 0) length -= 3;
    char *name = malloc(length + sizeof ".log.json");
    if (!name) return NULL;
    memcpy(name, path, length);
    memcpy(name + length, ".log.json", sizeof ".log.json");
    return name;
}

/* What the config's paths lead to, in full: in the result they stand as given. */
static void put_path(FILE *out, const char *name, const char *path)
{
    char folder[2048], full[4096];
    if (!path[0] || (path[0] != '/' && !getcwd(folder, sizeof folder))) return;
    if (path[0] == '/')
        snprintf(full, sizeof full, "%s", path);
    else
        snprintf(full, sizeof full, "%s/%s", folder, path);
    put_field(out, name, full);
}

bool jd_log_path(const char *path, const char *section, const char *key, char full[4096])
{
    char line[8192], start[160];
    char *name = log_name(path);
    FILE *in = name ? fopen(name, "r") : NULL;
    free(name);
    if (!in) return false;
    int n = snprintf(start, sizeof start, "  \"%s.%s\": ", section, key);
    bool found = false;
    while (!found && fgets(line, sizeof line, in))
        found = strncmp(line, start, (size_t)n) == 0;
    fclose(in);
    size_t used = found && line[n] == '"' ? jd_json_read_text(line + n, full, 4096) : 0;
    if (used == 0) full[0] = '\0';
    /* A path that is not UTF-8 stands in the log with replacement characters and leads nowhere. */
    return used > 0 && !strstr(full, "\xEF\xBF\xBD");
}

static void put_log(FILE *out, const char *path, const jd_config_t *config,
                    const jd_study_result_t *r, const jd_ctx_t *ctx)
{
#ifdef __clang__
    static const char compiler[] = __VERSION__; /* names itself */
#else
    static const char compiler[] = "gcc " __VERSION__;
#endif
    const jd_world_params_t *world = jd_config_section(config, "world");
    const jd_policy_params_t *policy = jd_config_section(config, "policy");
    char when[32] = "", libraries[64];
    time_t now = time(NULL);
    struct tm utc;
    struct utsname host = {0};
    struct rusage used = {0};
    if (gmtime_r(&now, &utc)) strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    uname(&host);
    getrusage(RUSAGE_SELF, &used);
    fputs("{\n", out);
    put_field(out, "file", path);
    put_field(out, "finished", when);
    put_field(out, "host", host.nodename);
    put_field(out, "system", host.sysname);
    put_field(out, "machine", host.machine);
    put_field(out, "jiedao_version", jd_version());
    put_field(out, "git_commit", jd_git_commit());
    put_field(out, "compiler", compiler);
    put_field(out, "libraries", jd_store_libraries(libraries, sizeof libraries));
    put_path(out, "world.divisions", world->divisions);
    put_path(out, "policy.list", policy->list);
    fprintf(out, "  \"config_hash\": \"%016" PRIx64 "\",\n", jd_config_hash(config));
    fprintf(out, "  \"threads\": %d,\n  \"replicates\": %" PRId64 ",\n  \"failed\": %" PRId64 ",\n",
            jd_ctx_threads(ctx), r->replicates, r->failed);
    fprintf(out,
            "  \"seconds\": {\"setup\": %.3f, \"simulate\": %.3f, \"estimate\": %.3f, \"write\": "
            "%.3f, \"total\": %.3f},\n",
            r->times.setup, r->times.simulate, r->times.estimate, r->times.write, r->times.total);
    fprintf(out, "  \"peak_memory_mb\": %.1f,\n", (double)used.ru_maxrss / 1024.0);
    fprintf(out,
            "  \"firm_quarters\": %" PRId64 ",\n  \"moves\": %" PRId64
            ",\n  \"relocations\": %" PRId64 "\n}\n",
            r->facts.firm_periods, r->facts.moves, r->facts.relocations);
}

/* Whether an earlier run wrote what lies there, or nothing does. */
static bool may_replace(const char *name)
{
    char head[4096];
    FILE *in = fopen(name, "r");
    if (!in) return errno == ENOENT;
    size_t n = fread(head, 1, sizeof head - 1, in);
    fclose(in);
    head[n] = '\0';
    return !strncmp(head, "{\n  \"file\": \"", 13) && strstr(head, "\n  \"jiedao_version\": \"");
}

int jd_log_write(const char *path, const jd_config_t *config, const jd_study_result_t *result,
                 jd_ctx_t *ctx)
{
    char *name = log_name(path);
    if (!name) return jd_fail_memory(ctx, strlen(path), "a file name");
    jd_whole_t whole = {0};
    if (!may_replace(name)) {
        int exists =
            jd_fail(ctx, JD_ERR_EXISTS, "%s is no log of this program and is left alone", name);
        free(name);
        return exists;
    }
    int rc = jd_whole_open(&whole, name, true, ctx);
    FILE *out = rc ? NULL : jd_whole_stream(&whole, ctx);
    if (!rc && !out) rc = JD_ERR_NO_MEMORY;
    if (out) put_log(out, path, config, result, ctx);
    if (!rc)
        rc = jd_whole_commit(&whole, ctx);
    else
        jd_whole_abandon(&whole);
    free(name);
    return rc;
}
