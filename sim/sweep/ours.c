/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/ours.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "io/hdf5/store.h"
#include "sweep/shards.h"

enum { PATH_SIZE = 4096, LINE_SIZE = 256 };

uint64_t jd_sweep_source_hash(const char *text)
{
    return jd_hash_text(JD_HASH_START, text);
}

int jd_sweep_has_plan(const char *folder, bool *there, jd_ctx_t *ctx)
{
    char path[PATH_SIZE], line[LINE_SIZE] = "";
    *there = false;
    snprintf(path, sizeof path, "%s/plan.txt", folder);
    FILE *in = fopen(path, "r");
    if (!in && (errno == ENOENT || errno == ENOTDIR)) return JD_OK;
    bool read = in && fgets(line, sizeof line, in);
    int why = errno;
    bool failed = !in || (!read && ferror(in));
    if (in) fclose(in);
    if (failed) return jd_fail(ctx, JD_ERR_READ, "%s: cannot be read: %s", path, strerror(why));
    *there = !strncmp(line, JD_SWEEP_PLAN, strlen(JD_SWEEP_PLAN));
    if (*there) return JD_OK;
    return jd_fail(ctx, JD_ERR_EXISTS,
                   "%s is no plan of a sweep and is left as it is; choose another folder with -o",
                   path);
}

/* JD_OK for a result file of this program. */
static int look_at_result(const char *path)
{
    jd_store_t *store = NULL;
    jd_ctx_t mute = {0};
    int rc = jd_store_open_own(&store, path, &mute);
    jd_store_close(&store);
    return rc;
}

int jd_sweep_may_replace(const char *path, jd_ctx_t *ctx)
{
    struct stat about;
    if (lstat(path, &about) != 0 && errno == ENOENT) return JD_OK;
    int rc = look_at_result(path);
    if (!rc) return JD_OK;
    if (rc == JD_ERR_NO_MEMORY) return jd_fail_memory(ctx, PATH_SIZE, path);
    return jd_fail(
        ctx, JD_ERR_EXISTS,
        "%s is there and cannot be proved to be a file of this program; it is left as it "
        "is: move it away, then give the same command again",
        path);
}

int jd_sweep_holds(const char *path, const char *text, jd_ctx_t *ctx)
{
    FILE *in = fopen(path, "r");
    if (!in && errno == ENOENT) return JD_OK;
    size_t n = strlen(text);
    char *found = malloc(n + 1);
    if (!found) {
        if (in) fclose(in);
        return jd_fail_memory(ctx, n, path);
    }
    bool same = in && fread(found, 1, n + 1, in) == n && memcmp(found, text, n) == 0;
    free(found);
    if (in) fclose(in);
    if (same) return JD_OK;
    return jd_fail(
        ctx, JD_ERR_EXISTS,
        "%s is there and is not this sweep's; it is left as it is: choose another folder "
        "with -o, or move it away",
        path);
}

/* ---- Removal ---- */

/* Lines of six digits or more, and nothing else. */
static bool is_journal(const char *path)
{
    char line[LINE_SIZE];
    FILE *in = fopen(path, "r");
    bool good = in != NULL;
    while (good && fgets(line, sizeof line, in)) {
        size_t digits = strspn(line, "0123456789");
        good = digits >= 6 && !strcmp(line + digits, "\n");
    }
    good = good && !ferror(in);
    if (in) fclose(in);
    return good;
}

static bool is_ours(const char *path, const char *name)
{
    size_t digits = strspn(name, "0123456789");
    const char *ending = name + digits;
    if (!strcmp(name, "journal")) return is_journal(path);
    if (digits < 6) return false;
    if (!strcmp(ending, ".h5")) return !look_at_result(path);
    return (!strcmp(ending, ".shard") || !strcmp(ending, ".part")) && jd_shard_is_one(path);
}

static int remove_file(const char *path, jd_ctx_t *ctx)
{
    if (unlink(path) == 0 || errno == ENOENT) return JD_OK;
    return jd_fail(ctx, JD_ERR_WRITE, "%s: cannot be removed: %s", path, strerror(errno));
}

static int empty_folder(const char *folder, const char *name, jd_ctx_t *ctx)
{
    char path[PATH_SIZE + 300];
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    DIR *dir = opendir(path);
    if (!dir && errno == ENOENT) return JD_OK;
    if (!dir) return jd_fail(ctx, JD_ERR_READ, "%s: cannot be read: %s", path, strerror(errno));
    int rc = JD_OK;
    for (const struct dirent *entry; !rc && (entry = readdir(dir));) {
        snprintf(path, sizeof path, "%s/%s/%s", folder, name, entry->d_name);
        if (is_ours(path, entry->d_name)) rc = remove_file(path, ctx);
    }
    closedir(dir);
    return rc;
}

/* The hash of the config's text, as the plan has it. */
static uint64_t text_hash(const char *path)
{
    uint64_t found = JD_HASH_START;
    unsigned char bytes[4096];
    FILE *in = fopen(path, "r");
    if (!in) return 0;
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        found = jd_hash_bytes(found, bytes, n);
    bool good = !ferror(in);
    fclose(in);
    return good ? jd_hash_bytes(found, "", 1) : 0; /* the end of a text counts */
}

/* Whether the plan speaks of the config that lies beside it. A plan that was given more replicates
 * speaks of the config before too: it is replaced after the plan. */
static bool is_planned(const char *folder, const char *config)
{
    char path[PATH_SIZE], line[LINE_SIZE];
    uint64_t hash, found = text_hash(config);
    bool planned = false;
    snprintf(path, sizeof path, "%s/plan.txt", folder);
    FILE *in = found ? fopen(path, "r") : NULL;
    while (in && !planned && fgets(line, sizeof line, in) && strncmp(line, "set ", 4) != 0)
        planned = sscanf(line, "source %" SCNx64, &hash) == 1 && hash == found;
    if (in) fclose(in);
    return planned;
}

int jd_sweep_remove(const char *folder, const char *source, jd_ctx_t *ctx)
{
    char path[PATH_SIZE], config[PATH_SIZE];
    snprintf(path, sizeof path, "%s/sweep.h5", folder);
    snprintf(config, sizeof config, "%s/config.ini", folder);
    bool planned = is_planned(folder, config);
    int rc = jd_sweep_may_replace(path, ctx);
    if (!rc && !planned) rc = jd_sweep_holds(config, source, ctx);
    if (!rc) rc = remove_file(path, ctx);
    if (!rc) rc = empty_folder(folder, "shards", ctx);
    if (!rc) rc = empty_folder(folder, "runs", ctx);
    if (!rc && planned) rc = remove_file(config, ctx);
    snprintf(path, sizeof path, "%s/plan.txt", folder);
    return rc ? rc : remove_file(path, ctx);
}
