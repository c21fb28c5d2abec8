/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/validate/validate.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "io/files/folder.h"
#include "sweep/validate/rounds.h"

/* Where the rounds are kept. */
typedef struct place {
    const char *folder;
    const jd_sweep_options_t *options;
} place_t;

static int read_round(jd_validate_work_t *w, const char *folder, jd_ctx_t *ctx)
{
    jd_sweep_folder_t round;
    int rc = jd_sweep_folder_open(&round, &jd_sweep_validate, folder, ctx);
    if (rc) return rc;
    w->round = &round.plan;
    for (int64_t b = 0; b < jd_shards_count(&round.shards) && !rc; b++) {
        jd_shard_state_t state;
        int64_t n;
        rc = jd_shard_read(&round.shards, b, &state, &n, jd_validate_take, w, ctx);
        if (!rc && state != JD_SHARD_WHOLE)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: shard %06" PRId64 " is not whole; --resume does its runs", folder,
                         b + 1);
    }
    jd_sweep_folder_free(&round);
    return rc;
}

static int do_round(jd_validate_work_t *w, const jd_config_t *config, jd_ctx_t *ctx)
{
    char folder[4096];
    const place_t *place = w->user;
    jd_sweep_facts_t facts;
    jd_sweep_options_t options = *place->options;
    options.resume = !options.force; /* whether to go on was decided for all rounds */
    snprintf(folder, sizeof folder, "%s/rounds/%02d", place->folder, w->validation->rounds + 1);
    int rc = jd_sweep_run(&jd_sweep_validate, config, folder, &options, &facts, ctx);
    return rc ? rc : read_round(w, folder, ctx);
}

static int write_file(jd_validate_work_t *w, jd_ctx_t *ctx)
{
    char path[4096];
    jd_store_t *store = NULL;
    const jd_validation_t *v = w->validation;
    snprintf(path, sizeof path, "%s/validation.h5", ((const place_t *)w->user)->folder);
    int rc = jd_store_create(&store, path, true, ctx);
    if (rc) return rc;
    rc = jd_study_store_identity(store, w->config, v->replicates, ctx);
    if (!rc) rc = jd_study_store_config(store, w->config, jd_config_source(w->config), ctx);
    if (!rc) rc = jd_store_attribute_int(store, "/", "failed_runs", v->failed, ctx);
    if (!rc) rc = jd_store_write(store, &v->points, ctx);
    if (!rc) rc = jd_store_write(store, &v->table, ctx);
    if (!rc) rc = jd_store_write(store, &v->singles, ctx);
    if (!rc) return jd_store_commit(&store, ctx);
    jd_store_abandon(&store);
    return rc;
}

static int prepare_folder(const char *folder, const jd_sweep_options_t *o, jd_ctx_t *ctx)
{
    char path[4096];
    struct stat there;
    snprintf(path, sizeof path, "%s/rounds/01/plan.txt", folder);
    if (stat(path, &there) == 0 && !o->resume && !o->force)
        return jd_fail(
            ctx, JD_ERR_EXISTS,
            "%s holds a validation already; --resume goes on with it, --force starts over", folder);
    int rc = jd_folder_make(folder, ctx);
    snprintf(path, sizeof path, "%s/rounds", folder);
    return rc ? rc : jd_folder_make(path, ctx);
}

static int begin(jd_validate_work_t *w, jd_ctx_t *ctx)
{
    const place_t *place = w->user;
    return prepare_folder(place->folder, place->options, ctx);
}

int jd_validate_run(const jd_config_t *config, const char *folder,
                    const jd_sweep_options_t *options, jd_validation_t *v, jd_ctx_t *ctx)
{
    place_t place = {.folder = folder, .options = options};
    jd_validate_work_t w = {.config = config, .validation = v, .runs = do_round, .user = &place};
    return jd_validate_all(&w, begin, write_file, ctx);
}
