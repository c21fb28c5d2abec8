/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one door every value comes through, from files and from overrides. */
#include "config/internal.h"

#include <stdlib.h>
#include <string.h>

static bool valid_name(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && strspn(name, JD_NAME_LETTERS) == n;
}

bool jd_config_ignores(const jd_config_t *config, const char *name)
{
    size_t stem = strcspn(name, ".");
    for (const char *const *i = config->ignored; i && *i; i++)
        if (strlen(*i) == stem && strncmp(*i, name, stem) == 0) return true;
    return false;
}

static int unknown_section(const jd_config_t *config, const char *name, const jd_place_t *place,
                           jd_ctx_t *ctx)
{
    char cut[72], rest[72], stem[JD_FULL_NAME];
    size_t n = strcspn(name, ".");
    snprintf(stem, sizeof stem, "%.*s", (int)n, name);
    jd_near_t near = {.word = stem};
    for (int s = 0; s < config->n_sections; s++)
        jd_near_offer(&near, config->sections[s]->name);
    for (const char *const *i = config->ignored; i && *i; i++)
        jd_near_offer(&near, *i);
    if (near.best)
        return jd_fail(ctx, JD_ERR_UNKNOWN_KEY, "%s%s: [%s]: unknown section; did you mean [%s%s]?",
                       place->label, place->at, jd_excerpt(name, cut), near.best,
                       jd_excerpt(name + n, rest));
    return jd_fail(ctx, JD_ERR_UNKNOWN_KEY,
                   "%s%s: [%s]: unknown section; `jiedao params` lists them all", place->label,
                   place->at, jd_excerpt(name, cut));
}

static int open_instance(jd_config_t *config, const jd_section_t *section, const char *name,
                         const jd_place_t *place, jd_ctx_t *ctx)
{
    char cut[72];
    if (!valid_name(name) || strlen(name) > JD_INSTANCE_MAX)
        return jd_fail(
            ctx, JD_ERR_SYNTAX, "%s%s: [%s.%s]: a name has 1 to %d letters, digits, '_' or '-'",
            place->label, place->at, section->name, jd_excerpt(name, cut), JD_INSTANCE_MAX);
    for (int b = config->n_sections; b < config->n_blocks; b++) {
        const jd_block_t *block = &config->blocks[b];
        if (block->section == section && strcmp(block->name, name) == 0) return b;
    }
    int code = jd_config_add_block(config, section, name, ctx);
    return code ? code : config->n_blocks - 1;
}

int jd_config_open(jd_config_t *config, const char *name, const jd_place_t *place, jd_ctx_t *ctx)
{
    size_t stem = strcspn(name, ".");
    for (int s = 0; s < config->n_sections; s++) {
        const jd_section_t *section = config->sections[s];
        if (strlen(section->name) != stem || strncmp(section->name, name, stem) != 0) continue;
        if (section->named && name[stem] == '.')
            return open_instance(config, section, name + stem + 1, place, ctx);
        if (section->named)
            return jd_fail(ctx, JD_ERR_SYNTAX,
                           "%s%s: [%s] needs a name, for there can be several: [%s.first]",
                           place->label, place->at, name, name);
        if (name[stem] == '.')
            return jd_fail(ctx, JD_ERR_SYNTAX, "%s%s: [%s] takes no name; write [%s]", place->label,
                           place->at, section->name, section->name);
        return s;
    }
    return unknown_section(config, name, place, ctx);
}

static int find_param(const jd_section_t *section, const char *key)
{
    for (int p = 0; p < section->n_params; p++)
        if (strcmp(section->params[p].name, key) == 0) return p;
    return -1;
}

static int unknown_key(const jd_config_t *config, const jd_block_t *block, const char *key,
                       const jd_place_t *place, jd_ctx_t *ctx)
{
    char name[JD_FULL_NAME], cut[72];
    jd_block_name(block, name);
    for (int s = 0; s < config->n_sections; s++) {
        const jd_section_t *other = config->sections[s];
        if (find_param(other, key) < 0) continue;
        return jd_fail(ctx, JD_ERR_UNKNOWN_KEY,
                       "%s%s: [%s] %s: unknown key here; it belongs to [%s%s]", place->label,
                       place->at, name, key, other->name, other->named ? ".NAME" : "");
    }
    jd_near_t near = {.word = key};
    for (int p = 0; p < block->section->n_params; p++)
        jd_near_offer(&near, block->section->params[p].name);
    if (near.best)
        return jd_fail(ctx, JD_ERR_UNKNOWN_KEY, "%s%s: [%s] %s: unknown key; did you mean '%s'?",
                       place->label, place->at, name, jd_excerpt(key, cut), near.best);
    return jd_fail(ctx, JD_ERR_UNKNOWN_KEY,
                   "%s%s: [%s] %s: unknown key; `jiedao params %s` lists those there are",
                   place->label, place->at, name, jd_excerpt(key, cut), block->section->name);
}

int jd_config_assign(jd_config_t *config, int index, const char *key, const char *text,
                     const jd_place_t *place, jd_ctx_t *ctx)
{
    jd_block_t *block = &config->blocks[index];
    int p = find_param(block->section, key);
    if (p < 0 && block->section->open && strchr(key, '.'))
        return jd_config_keep_other(config, index, key, text, place, ctx);
    if (p < 0) return unknown_key(config, block, key, place, ctx);
    const jd_param_t *param = &block->section->params[p];
    jd_origin_t *origin = &block->origins[p];
    char name[JD_FULL_NAME], why[512], cut[72], path[2 * JD_TEXT_MAX];
    jd_block_name(block, name);
    if (place->line > 0 && origin->read == place->read)
        return jd_fail(ctx, JD_ERR_SYNTAX, "%s%s: [%s] %s: given already on line %d; keep one",
                       place->label, place->at, name, key, origin->line);
    origin->read = place->read;
    origin->line = place->line;
    const char *value = text;
    size_t skip = 0;
    if (param->type == JD_PARAM_PATH && text[0] != '\0' && text[0] != '/') {
        skip = strlen(place->folder);
        snprintf(path, sizeof path, "%s%s", place->folder, text);
        value = path;
    }
    if (!jd_param_parse(param, value, block->values + param->offset, why, sizeof why)) {
        origin->skip = skip;
        return JD_OK;
    }
    return jd_fail(ctx, JD_ERR_VALUE, "%s%s: %s.%s = %s %s", place->label, place->at, name, key,
                   text[0] ? jd_excerpt(text, cut) : "(nothing)", why);
}

/* Tells that a word before '=' is no "section.key"; with a hint where the key alone is known. */
static int no_section(const jd_config_t *config, const char *key, const jd_place_t *place,
                      jd_ctx_t *ctx)
{
    char cut[72];
    for (int s = 0; s < config->n_sections; s++)
        if (find_param(config->sections[s], key) >= 0)
            return jd_fail(ctx, JD_ERR_SYNTAX, "%s: '%s' names no section; did you mean '%s.%s%s'?",
                           place->label, key, config->sections[s]->name,
                           config->sections[s]->named ? "NAME." : "", key);
    return jd_fail(ctx, JD_ERR_SYNTAX, "%s: '%s' names no section; write section.key=value",
                   place->label, jd_excerpt(key, cut));
}

/* Whether the name's first word is an open section: its key may hold points. */
static bool opens(const jd_config_t *config, const char *name)
{
    size_t stem = strcspn(name, ".");
    for (int s = 0; s < config->n_sections; s++)
        if (config->sections[s]->open && strlen(config->sections[s]->name) == stem &&
            strncmp(config->sections[s]->name, name, stem) == 0)
            return true;
    return false;
}

/* `text` is "section.key=value", and is cut up. */
static int set(jd_config_t *config, char *text, const jd_place_t *place, jd_ctx_t *ctx)
{
    const char *fault = jd_text_fault(text);
    if (fault) return jd_fail(ctx, JD_ERR_SYNTAX, "%s: the value %s", place->label, fault);
    char cut[72];
    char *equals = strchr(text, '=');
    if (!equals)
        return jd_fail(ctx, JD_ERR_SYNTAX, "%s: '%s' has no '='; write section.key=value",
                       place->label, jd_excerpt(text, cut));
    *equals = '\0';
    char *name = jd_trim(text), *value = jd_trim(equals + 1);
    if (jd_config_ignores(config, name)) {
        jd_warn(ctx, "%s: %s is ignored: this command does not read it", place->label, name);
        return JD_OK;
    }
    char *dot = opens(config, name) ? strchr(name, '.') : strrchr(name, '.');
    if (!dot) return no_section(config, name, place, ctx);
    *dot = '\0';
    int block = jd_config_open(config, name, place, ctx);
    if (block < 0) return block;
    int code = jd_config_assign(config, block, dot + 1, value, place, ctx);
    if (code) return code;
    const jd_section_t *section = config->blocks[block].section;
    int param = find_param(section, dot + 1);
    if (param >= 0 && section->params[param].kind == JD_OCCASION) return JD_OK;
    char line[JD_FULL_NAME + JD_NAME_MAX + JD_TEXT_MAX + 64];
    int n = snprintf(line, sizeof line, "; %.32s %s.%s=%s\n", place->label, name, dot + 1, value);
    return jd_config_add_source(config, line, (size_t)n, ctx);
}

int jd_config_set(jd_config_t *config, const char *label, const char *assignment, jd_ctx_t *ctx)
{
    jd_place_t place;
    int code = jd_config_begin(config, label, &place, ctx);
    if (code) return code;
    char *text = jd_copy_text(assignment, strlen(assignment), ctx);
    if (!text) return JD_ERR_NO_MEMORY;
    code = set(config, text, &place, ctx);
    free(text);
    return code;
}
