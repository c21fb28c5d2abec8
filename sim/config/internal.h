/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this folder share. */
#ifndef JD_CONFIG_INTERNAL_H
#define JD_CONFIG_INTERNAL_H

#include "core/number.h"
#include "core/text.h"
#include "jiedao/config.h"

/* Names: inih cuts keys at 49 bytes; an instance's name leaves room for its section's. */
enum { JD_NAME_MAX = 49, JD_INSTANCE_MAX = 40, JD_FULL_NAME = 128, JD_VALUE_TEXT = 1152 };

#define JD_NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* Where a value was last given. All zero: nowhere, it is the default. */
typedef struct jd_origin {
    int read;    /* 1 + index into the config's labels */
    int line;    /* 0: an override */
    size_t skip; /* bytes of a path that are the config's folder, not the user's text */
} jd_origin_t;

/* The memory of a section, or of one instance of a named section. */
typedef struct jd_block {
    const jd_section_t *section;
    char name[JD_INSTANCE_MAX + 1]; /* "" unless an instance */
    char *values;                   /* the section's struct */
    jd_origin_t *origins;           /* [section->n_params] */
} jd_block_t;

/* A key with a point, of an open section. */
typedef struct jd_other {
    int block;
    char *key, *text; /* owned */
    jd_origin_t origin;
} jd_other_t;

/* blocks[0 ... n_sections-1] are the sections in order (of named ones: the defaults), behind them
 * the instances in order of appearance. */
struct jd_config {
    const jd_section_t *const *sections;
    int n_sections;
    const char *const *ignored; /* NULL-terminated, or NULL */
    jd_block_t *blocks;
    int n_blocks;
    jd_other_t *others;
    int n_others;
    char **labels; /* one a file, text or override read */
    int n_labels;
    char *source;
    size_t n_source;
    const jd_block_t *checking; /* the block whose check runs */
};

/* A place in the user's words, for messages: "configs/x.ini" and ":14", or "--set" and "". */
typedef struct jd_place {
    const char *label;
    char at[16];
    int read, line;
    const char *folder; /* what relative paths start from, with its '/'; "" = working folder */
} jd_place_t;

/* config.c */
int jd_config_begin(jd_config_t *config, const char *label, jd_place_t *place, jd_ctx_t *ctx);
int jd_config_add_source(jd_config_t *config, const char *text, size_t n, jd_ctx_t *ctx);
int jd_config_add_block(jd_config_t *config, const jd_section_t *section, const char *name,
                        jd_ctx_t *ctx);
void jd_block_name(const jd_block_t *block, char name[JD_FULL_NAME]);
/* Sets every field of a section's struct to its default; refuses a wrong declaration. */
int jd_section_fill(const jd_section_t *section, void *values, jd_ctx_t *ctx);

/* assign.c */
bool jd_config_ignores(const jd_config_t *config, const char *name);
/* Index of the block [name] speaks of, made where it is a new instance; or a negative error, told.
 */
int jd_config_open(jd_config_t *config, const char *name, const jd_place_t *place, jd_ctx_t *ctx);
int jd_config_assign(jd_config_t *config, int block, const char *key, const char *text,
                     const jd_place_t *place, jd_ctx_t *ctx);

/* others.c: keeps a text under a key with a point; the same key again replaces it. */
int jd_config_keep_other(jd_config_t *config, int block, const char *key, const char *text,
                         const jd_place_t *place, jd_ctx_t *ctx);
void jd_config_free_others(jd_config_t *config);

#endif
