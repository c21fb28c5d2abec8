/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "jiedao/random.h"

static int wrong_declaration(const jd_section_t *section, const char *key, const char *what,
                             jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_ARGUMENT, "declaration of [%s] %s: %s", section->name, key, what);
}

/* A row copied with its offsetof unchanged would write over another field: refuse it. */
static int check_place(const jd_section_t *section, int p, jd_ctx_t *ctx)
{
    const jd_param_t *param = &section->params[p];
    size_t end = param->offset + jd_param_size(param->type);
    if (end > section->size)
        return wrong_declaration(section, param->name, "its field lies outside the struct", ctx);
    for (int q = 0; q < p; q++) {
        const jd_param_t *other = &section->params[q];
        if (strcmp(param->name, other->name) == 0)
            return wrong_declaration(section, param->name, "is there twice", ctx);
        if (param->offset < other->offset + jd_param_size(other->type) && other->offset < end)
            return wrong_declaration(section, param->name, "its field is another's too", ctx);
    }
    return JD_OK;
}

int jd_section_fill(const jd_section_t *section, void *values, jd_ctx_t *ctx)
{
    char why[512];
    for (int p = 0; p < section->n_params; p++) {
        const jd_param_t *param = &section->params[p];
        int code = check_place(section, p, ctx);
        if (code) return code;
        if (jd_param_parse(param, param->fallback, (char *)values + param->offset, why, sizeof why))
            return jd_fail(ctx, JD_ERR_ARGUMENT, "declaration of [%s]: default %s = %s %s",
                           section->name, param->name, param->fallback, why);
    }
    return JD_OK;
}

static void free_block(jd_block_t *block)
{
    free(block->values);
    free(block->origins);
}

int jd_config_add_block(jd_config_t *config, const jd_section_t *section, const char *name,
                        jd_ctx_t *ctx)
{
    size_t bytes = ((size_t)config->n_blocks + 1) * sizeof *config->blocks;
    jd_block_t *blocks = realloc(config->blocks, bytes);
    if (!blocks) return jd_fail_memory(ctx, bytes, "the config");
    config->blocks = blocks;
    jd_block_t *block = &blocks[config->n_blocks];
    memset(block, 0, sizeof *block);
    block->section = section;
    snprintf(block->name, sizeof block->name, "%s", name);
    block->values = calloc(1, section->size ? section->size : 1);
    block->origins = calloc((size_t)section->n_params + 1, sizeof *block->origins);
    int code = block->values && block->origins ? jd_section_fill(section, block->values, ctx)
                                               : jd_fail_memory(ctx, section->size, "the config");
    if (!code)
        config->n_blocks++;
    else
        free_block(block);
    return code;
}

int jd_config_create(jd_config_t **config, const jd_section_t *const *sections, int n_sections,
                     jd_ctx_t *ctx)
{
    *config = calloc(1, sizeof **config);
    if (!*config) return jd_fail_memory(ctx, sizeof **config, "the config");
    (*config)->sections = sections;
    (*config)->n_sections = n_sections;
    int code = JD_OK;
    for (int s = 0; s < n_sections && !code; s++)
        code = jd_config_add_block(*config, sections[s], "", ctx);
    if (!code) return JD_OK;
    jd_config_free(*config);
    *config = NULL;
    return code;
}

void jd_config_free(jd_config_t *config)
{
    if (!config) return;
    for (int b = 0; b < config->n_blocks; b++)
        free_block(&config->blocks[b]);
    for (int i = 0; i < config->n_labels; i++)
        free(config->labels[i]);
    jd_config_free_others(config);
    free(config->blocks);
    free(config->labels);
    free(config->source);
    free(config);
}

void jd_config_ignore(jd_config_t *config, const char *const *sections)
{
    config->ignored = sections;
}

/* Opens a file, text or override: its label is kept, for blame. */
int jd_config_begin(jd_config_t *config, const char *label, jd_place_t *place, jd_ctx_t *ctx)
{
    size_t bytes = ((size_t)config->n_labels + 1) * sizeof *config->labels;
    char **labels = realloc(config->labels, bytes);
    if (!labels) return jd_fail_memory(ctx, bytes, "the config");
    config->labels = labels;
    char *copy = jd_copy_text(label, strlen(label), ctx);
    if (!copy) return JD_ERR_NO_MEMORY;
    labels[config->n_labels++] = copy;
    *place = (jd_place_t){.label = copy, .read = config->n_labels, .folder = ""};
    return JD_OK;
}

int jd_config_add_source(jd_config_t *config, const char *text, size_t n, jd_ctx_t *ctx)
{
    char *source = realloc(config->source, config->n_source + n + 2);
    if (!source) return jd_fail_memory(ctx, config->n_source + n + 2, "the config's text");
    config->source = source;
    if (config->n_source > 0 && source[config->n_source - 1] != '\n')
        source[config->n_source++] = '\n';
    memcpy(source + config->n_source, text, n);
    config->n_source += n;
    source[config->n_source] = '\0';
    return JD_OK;
}

const char *jd_config_source(const jd_config_t *config)
{
    return config->source ? config->source : "";
}

void jd_block_name(const jd_block_t *block, char name[JD_FULL_NAME])
{
    snprintf(name, JD_FULL_NAME, "%s%s%s", block->section->name, block->name[0] ? "." : "",
             block->name);
}

static const jd_block_t *find_block(const jd_config_t *config, const char *section)
{
    char name[JD_FULL_NAME];
    for (int b = 0; b < config->n_blocks; b++) {
        jd_block_name(&config->blocks[b], name);
        if (strcmp(name, section) == 0) return &config->blocks[b];
    }
    return NULL;
}

const void *jd_config_section(const jd_config_t *config, const char *section)
{
    const jd_block_t *block = find_block(config, section);
    return block ? block->values : NULL;
}

/* The index-th instance of a named section; NULL behind the last. */
static const jd_block_t *instance(const jd_config_t *config, const char *section, int index)
{
    for (int b = config->n_sections; b < config->n_blocks; b++)
        if (strcmp(config->blocks[b].section->name, section) == 0 && index-- == 0)
            return &config->blocks[b];
    return NULL;
}

int jd_config_count(const jd_config_t *config, const char *section)
{
    int n = 0;
    while (instance(config, section, n))
        n++;
    return n;
}

const void *jd_config_named(const jd_config_t *config, const char *section, int index,
                            const char **name)
{
    const jd_block_t *block = instance(config, section, index);
    if (name) *name = block ? block->name : NULL;
    return block ? block->values : NULL;
}

int jd_config_finish(jd_config_t *config, jd_ctx_t *ctx)
{
    int first = JD_OK;
    for (int b = 0; b < config->n_blocks; b++) {
        const jd_block_t *block = &config->blocks[b];
        if (!block->section->check) continue;
        if (block->section->named && !block->name[0]) continue; /* only a pattern for instances */
        config->checking = block;
        int code = block->section->check(block->values, block->name, config, ctx);
        if (!first) first = code;
    }
    config->checking = NULL;
    return first;
}

static const jd_origin_t *find_origin(const jd_config_t *config, const char *section,
                                      const char *key, char name[JD_FULL_NAME])
{
    const jd_block_t *block = config->checking;
    if (!block || strcmp(block->section->name, section) != 0) block = find_block(config, section);
    snprintf(name, JD_FULL_NAME, "%s", section);
    if (!block) return NULL;
    jd_block_name(block, name);
    for (int p = 0; p < block->section->n_params; p++)
        if (strcmp(block->section->params[p].name, key) == 0) return &block->origins[p];
    for (int i = 0; i < config->n_others; i++)
        if (block == &config->blocks[config->others[i].block] &&
            strcmp(config->others[i].key, key) == 0)
            return &config->others[i].origin;
    return NULL;
}

int jd_config_blame(const jd_config_t *config, const char *section, const char *key, jd_ctx_t *ctx,
                    const char *format, ...)
{
    char text[1024], name[JD_FULL_NAME];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const jd_origin_t *origin = find_origin(config, section, key, name);
    if (!origin || origin->read == 0)
        return jd_fail(ctx, JD_ERR_COMBINATION, "[%s] %s: %s", name, key, text);
    const char *label = config->labels[origin->read - 1];
    if (origin->line == 0)
        return jd_fail(ctx, JD_ERR_COMBINATION, "%s: [%s] %s: %s", label, name, key, text);
    return jd_fail(ctx, JD_ERR_COMBINATION, "%s:%d: [%s] %s: %s", label, origin->line, name, key,
                   text);
}

static int visit_block(const jd_block_t *block, jd_param_visitor_t visit, void *user)
{
    char name[JD_FULL_NAME], value[JD_VALUE_TEXT];
    jd_block_name(block, name);
    for (int p = 0; p < block->section->n_params; p++) {
        const jd_param_t *param = &block->section->params[p];
        const jd_origin_t *origin = &block->origins[p];
        jd_param_print(param, block->values + param->offset + origin->skip, value, sizeof value);
        int code = visit(user, name, param, value, origin->read != 0);
        if (code != 0) return code;
    }
    return 0;
}

int jd_config_each(const jd_config_t *config, jd_param_visitor_t visit, void *user)
{
    for (int s = 0; s < config->n_sections; s++) {
        const jd_section_t *section = config->sections[s];
        int code = section->named ? 0 : visit_block(&config->blocks[s], visit, user);
        for (int b = config->n_sections; b < config->n_blocks && code == 0; b++)
            if (config->blocks[b].section == section)
                code = visit_block(&config->blocks[b], visit, user);
        if (code != 0) return code;
    }
    return 0;
}

static int hash_param(void *user, const char *section, const jd_param_t *param, const char *value,
                      bool given)
{
    (void)given;
    uint64_t *hash = user;
    if (param->kind == JD_OCCASION) return 0;
    *hash = jd_hash_text(jd_hash_text(jd_hash_text(*hash, section), param->name), value);
    return 0;
}

uint64_t jd_config_hash(const jd_config_t *config)
{
    uint64_t hash = JD_HASH_START;
    jd_config_each(config, hash_param, &hash);
    for (int i = 0; i < config->n_others; i++)
        hash = jd_hash_text(jd_hash_text(hash, config->others[i].key), config->others[i].text);
    return jd_mix64(hash);
}
