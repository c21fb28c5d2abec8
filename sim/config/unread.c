/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parameters that are given and that nothing reads, by the rows that stand beside them. */
#include <string.h>

#include "config/internal.h"

/* Whether one of "share, event.*, *" names the parameter; with the section's name or without. */
static bool names(const char *keys, const char *section, const char *name)
{
    char full[JD_FULL_NAME + JD_NAME_MAX];
    snprintf(full, sizeof full, "%s.%s", section, name);
    while (*keys) {
        size_t n = strcspn(keys, ", ");
        bool rest = n > 0 && keys[n - 1] == '*';
        if (rest ? strncmp(full, keys, n - 1) == 0
                 : (strlen(full) == n && strncmp(full, keys, n) == 0) ||
                       (strlen(name) == n && strncmp(name, keys, n) == 0))
            return true;
        keys += n;
        keys += strspn(keys, ", ");
    }
    return false;
}

/* The rule by which nothing reads a parameter, or NULL. */
static const jd_unread_t *find_rule(const jd_unread_t *rules, const jd_config_t *config,
                                    const jd_block_t *block, const char *section, const char *name)
{
    for (const jd_unread_t *rule = rules; rule && rule->keys; rule++)
        if (names(rule->keys, section, name) && (!rule->when || rule->when(block->values, config)))
            return rule;
    return NULL;
}

int jd_config_unread(const jd_config_t *config, const jd_unread_t *more, jd_unread_visitor_t visit,
                     void *user)
{
    char section[JD_FULL_NAME];
    for (int b = 0; b < config->n_blocks; b++) {
        const jd_block_t *block = &config->blocks[b];
        jd_block_name(block, section);
        for (int p = 0; p < block->section->n_params; p++) {
            const jd_param_t *param = &block->section->params[p];
            if (block->origins[p].read == 0 || param->kind == JD_OCCASION) continue;
            const jd_unread_t *rule = find_rule(more, config, block, section, param->name);
            if (!rule)
                rule = find_rule(block->section->unread, config, block, section, param->name);
            if (!rule && block->section->unread_of)
                rule = block->section->unread_of(block->values, param);
            int code = rule ? visit(user, section, param, rule) : 0;
            if (code != 0) return code;
        }
    }
    return 0;
}

bool jd_config_given(const jd_config_t *config, const char *section, const char *key)
{
    char name[JD_FULL_NAME];
    for (int b = 0; b < config->n_blocks; b++) {
        const jd_block_t *block = &config->blocks[b];
        jd_block_name(block, name);
        for (int p = 0; strcmp(name, section) == 0 && p < block->section->n_params; p++)
            if (strcmp(block->section->params[p].name, key) == 0)
                return block->origins[p].read != 0;
    }
    return false;
}
