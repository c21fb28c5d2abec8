/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "io/csv/csv.h"
#include "model/policy.h"
#include "study/study.h"

/* A file is read twice, which a pipe cannot be. */
static int refuse(const char *path, const char *key, jd_ctx_t *ctx)
{
    struct stat there;
    if (stat(path, &there) != 0)
        return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be opened: %s; %s must name a CSV file", path,
                       strerror(errno), key);
    if (!S_ISREG(there.st_mode))
        return jd_fail(ctx, JD_ERR_OPEN, "%s: is no plain file; %s must name a CSV file", path,
                       key);
    return JD_OK;
}

/* Size and FNV-1a checksum of a file, for the record: what a result was made from. */
static int fingerprint(const char *path, int64_t *bytes, uint64_t *checksum, jd_ctx_t *ctx)
{
    FILE *in = fopen(path, "rb");
    if (!in) return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be opened: %s", path, strerror(errno));
    unsigned char block[16384];
    uint64_t hash = JD_HASH_START;
    size_t n;
    *bytes = 0;
    while ((n = fread(block, 1, sizeof block, in)) > 0) {
        *bytes += (int64_t)n;
        hash = jd_hash_bytes(hash, block, n);
    }
    int failed = ferror(in);
    fclose(in);
    *checksum = hash;
    return failed ? jd_fail(ctx, JD_ERR_READ, "%s: cannot be read", path) : JD_OK;
}

static int read_one(jd_study_inputs_t *inputs, int which, const char *path, const char *key,
                    const jd_column_t *columns, int n_columns, int required, jd_table_t *table,
                    jd_ctx_t *ctx)
{
    bool needed[32] = {false};
    if (!path[0]) return JD_OK;
    for (int c = 0; c < required; c++)
        needed[c] = true;
    inputs->path[which] = path;
    int rc = refuse(path, key, ctx);
    if (!rc) rc = fingerprint(path, &inputs->bytes[which], &inputs->checksum[which], ctx);
    return rc ? rc : jd_csv_read(path, columns, n_columns, needed, NULL, table, ctx);
}

int jd_study_inputs_read(jd_study_inputs_t *inputs, const jd_config_t *config, jd_ctx_t *ctx)
{
    memset(inputs, 0, sizeof *inputs);
    const jd_world_params_t *world = jd_config_section(config, "world");
    const jd_policy_params_t *policy = jd_config_section(config, "policy");
    int n, required;
    const jd_column_t *columns = jd_divisions_columns(&n, &required);
    int rc = read_one(inputs, 0, world->divisions, "world.divisions", columns, n, required,
                      &inputs->divisions, ctx);
    if (!rc && policy->assignment == JD_ASSIGN_LIST) {
        columns = jd_policy_list_columns(&n);
        rc = read_one(inputs, 1, policy->list, "policy.list", columns, n, n, &inputs->policy, ctx);
    }
    if (inputs->path[0]) inputs->inputs.divisions = &inputs->divisions;
    if (inputs->path[1]) inputs->inputs.policy = &inputs->policy;
    return rc;
}

void jd_study_inputs_free(jd_study_inputs_t *inputs)
{
    jd_table_free(&inputs->divisions);
    jd_table_free(&inputs->policy);
    memset(inputs, 0, sizeof *inputs);
}
