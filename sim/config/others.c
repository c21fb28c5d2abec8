/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys with a point, which open sections keep as texts; copies of a config. */
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"

static void free_other(jd_other_t *other)
{
    free(other->key);
    free(other->text);
}

void jd_config_free_others(jd_config_t *config)
{
    for (int i = 0; i < config->n_others; i++)
        free_other(&config->others[i]);
    free(config->others);
    config->others = NULL;
    config->n_others = 0;
}

/* The key's entry, made at the end where there is none; NULL after an error, reported. */
static jd_other_t *find_or_add(jd_config_t *config, int block, const char *key, jd_ctx_t *ctx)
{
    for (int i = 0; i < config->n_others; i++)
        if (config->others[i].block == block && strcmp(config->others[i].key, key) == 0)
            return &config->others[i];
    size_t bytes = ((size_t)config->n_others + 1) * sizeof *config->others;
    jd_other_t *others = realloc(config->others, bytes);
    if (!others) {
        (void)jd_fail_memory(ctx, bytes, "the config");
        return NULL;
    }
    config->others = others;
    jd_other_t *other = &others[config->n_others];
    memset(other, 0, sizeof *other);
    other->block = block;
    other->key = jd_copy_text(key, strlen(key), ctx);
    if (!other->key) return NULL;
    config->n_others++;
    return other;
}

int jd_config_keep_other(jd_config_t *config, int block, const char *key, const char *text,
                         const jd_place_t *place, jd_ctx_t *ctx)
{
    jd_other_t *other = find_or_add(config, block, key, ctx);
    if (!other) return JD_ERR_NO_MEMORY;
    if (place->line > 0 && other->origin.read == place->read)
        return jd_fail(ctx, JD_ERR_SYNTAX, "%s%s: [%s] %s: given already on line %d; keep one",
                       place->label, place->at, config->blocks[block].section->name, key,
                       other->origin.line);
    char *copy = jd_copy_text(text, strlen(text), ctx);
    if (!copy) return JD_ERR_NO_MEMORY;
    free(other->text);
    other->text = copy;
    other->origin = (jd_origin_t){.read = place->read, .line = place->line};
    return JD_OK;
}

bool jd_config_other(const jd_config_t *config, const char *section, int index, const char **key,
                     const char **text)
{
    for (int i = 0; i < config->n_others; i++) {
        const jd_other_t *other = &config->others[i];
        if (strcmp(config->blocks[other->block].section->name, section) != 0 || index-- != 0)
            continue;
        *key = other->key;
        *text = other->text ? other->text : "";
        return true;
    }
    return false;
}

const jd_param_t *jd_config_param(const jd_config_t *config, const char *name)
{
    const char *dot = strrchr(name, '.');
    char full[JD_FULL_NAME];
    for (int b = 0; dot && b < config->n_blocks; b++) {
        const jd_block_t *block = &config->blocks[b];
        if (block->section->named && !block->name[0]) continue;
        jd_block_name(block, full);
        if (strlen(full) != (size_t)(dot - name) || strncmp(full, name, strlen(full)) != 0)
            continue;
        for (int p = 0; p < block->section->n_params; p++)
            if (strcmp(block->section->params[p].name, dot + 1) == 0)
                return &block->section->params[p];
    }
    return NULL;
}

/* ---- Copies ---- */

static int copy_block(jd_config_t *to, const jd_block_t *block, jd_ctx_t *ctx)
{
    int code = jd_config_add_block(to, block->section, block->name, ctx);
    if (code) return code;
    jd_block_t *made = &to->blocks[to->n_blocks - 1];
    memcpy(made->values, block->values, block->section->size);
    memcpy(made->origins, block->origins, (size_t)block->section->n_params * sizeof *made->origins);
    return JD_OK;
}

static int copy_other(jd_config_t *to, const jd_other_t *other, jd_ctx_t *ctx)
{
    const jd_place_t place = {.label = "", .read = other->origin.read};
    int code = jd_config_keep_other(to, other->block, other->key, other->text ? other->text : "",
                                    &place, ctx);
    if (!code) to->others[to->n_others - 1].origin = other->origin;
    return code;
}

int jd_config_copy(jd_config_t **copy, const jd_config_t *config, jd_ctx_t *ctx)
{
    jd_config_t *to = *copy = calloc(1, sizeof *to);
    if (!to) return jd_fail_memory(ctx, sizeof *to, "the config");
    to->sections = config->sections;
    to->n_sections = config->n_sections;
    to->ignored = config->ignored;
    jd_place_t place;
    int code = JD_OK;
    for (int i = 0; i < config->n_labels && !code; i++)
        code = jd_config_begin(to, config->labels[i], &place, ctx);
    for (int b = 0; b < config->n_blocks && !code; b++)
        code = copy_block(to, &config->blocks[b], ctx);
    for (int i = 0; i < config->n_others && !code; i++)
        code = copy_other(to, &config->others[i], ctx);
    if (!code)
        code =
            jd_config_add_source(to, config->source ? config->source : "", config->n_source, ctx);
    if (!code) return JD_OK;
    jd_config_free(to);
    *copy = NULL;
    return code;
}
