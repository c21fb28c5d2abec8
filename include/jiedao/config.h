/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Parameters and configs.
 *
 *  Every parameter is declared once, as a row beside the code that uses it; rows make a section; a
 *  program hands its list of sections to jd_config_create(). From the rows come parsing, range
 *  checks, `jiedao params`, the docs page and the copy in each result file. This module knows no
 *  module's struct, only offsets into a block of memory per section. */
#ifndef JIEDAO_CONFIG_H
#define JIEDAO_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "jiedao/context.h"
#include "jiedao/param.h"

JD_BEGIN_DECLS

struct jd_config;

/** Parameters that nothing reads where `when` holds: giving them raises a warning that says why. */
typedef struct jd_unread {
    const char *keys; /**< of the section, "share, adoption"; "*" = all; NULL ends the rows */
    /** `block` is the section's struct of a finished config; NULL = always. */
    bool (*when)(const void *block, const struct jd_config *config);
    const char *why; /**< ends "policy.share is not read: "; says what to write */
} jd_unread_t;

typedef struct jd_section {
    const char *name; /**< "officials"; for named sections the stem, "event" */
    const char *help; /**< one line */
    const jd_param_t *params;
    int n_params;
    size_t size; /**< bytes of the section's struct */
    bool named;  /**< may repeat under names: [event.reform2021] */
    /** Judges values together; may be NULL. `block` is the section's struct, name "" unless named.
     *  Tells every mistake to ctx with jd_config_blame(). */
    int (*check)(const void *block, const char *name, const struct jd_config *config,
                 jd_ctx_t *ctx);
    bool open; /**< takes keys with a point, "policy.share", as plain texts: jd_config_other() */
    const jd_unread_t *unread; /**< rows ended by one without keys, or NULL */
    /** The rule by which nothing reads a parameter, found by the section itself; or NULL. */
    const jd_unread_t *(*unread_of)(const void *block, const jd_param_t *param);
} jd_section_t;

/** A config under construction, then constant. Opaque. */
typedef struct jd_config jd_config_t;

/** All defaults. `sections` borrowed for the config's life. */
JD_API JD_MUST_USE int jd_config_create(jd_config_t **config, const jd_section_t *const *sections,
                                        int n_sections, jd_ctx_t *ctx);
JD_API void jd_config_free(jd_config_t *config);

/** Sections a file may hold that this command does not read (for `run`: sweep, validate, dgp);
 *  NULL-terminated, borrowed. Their lines are checked for form only; jd_warn() says they are
 * ignored. */
JD_API void jd_config_ignore(jd_config_t *config, const char *const *sections);

/** Reads an INI file over what is there. All mistakes are reported, one line each, as
 *  "configs/x.ini:14: [policy] presure: unknown key; did you mean 'pressure'?". Behind a blank ';'
 *  begins a comment; a value in double quotes is taken as it stands, with \" and \\. After an error
 * here or in jd_config_set() more may be read, to report more mistakes, but the config is not fit
 * for use. */
JD_API JD_MUST_USE int jd_config_read_file(jd_config_t *config, const char *path, jd_ctx_t *ctx);
/** The same from memory; `label` stands for the file's name in messages, paths are relative to the
 *  working folder. */
JD_API JD_MUST_USE int jd_config_read_text(jd_config_t *config, const char *label, const char *text,
                                           jd_ctx_t *ctx);
/** One override "section.key=value"; `label` names its origin ("--set"). The value is taken as
 *  it stands: ';' and '#' begin no comment. "event.reform2021.size=0.2" makes the section if need
 *  be. */
JD_API JD_MUST_USE int jd_config_set(jd_config_t *config, const char *label, const char *assignment,
                                     jd_ctx_t *ctx);
/** After the last override: runs the sections' checks. Values are then fit for use. */
JD_API JD_MUST_USE int jd_config_finish(jd_config_t *config, jd_ctx_t *ctx);

/** The block of a section (never NULL for a section in the list; of a named section its defaults),
 *  or of an instance, "event.reform2021"; NULL if there is none. */
JD_API const void *jd_config_section(const jd_config_t *config, const char *section);
/** Instances of a named section, in the order of appearance. */
JD_API int jd_config_count(const jd_config_t *config, const char *section);
JD_API const void *jd_config_named(const jd_config_t *config, const char *section, int index,
                                   const char **name);

/** The index-th key with a point of an open section, in the order of appearance, and its text;
 * false behind the last. */
JD_API bool jd_config_other(const jd_config_t *config, const char *section, int index,
                            const char **key, const char **text);

/** A config of its own with the same values; sections and the ignored are borrowed in the same way.
 * Both are to be freed. */
JD_API JD_MUST_USE int jd_config_copy(jd_config_t **copy, const jd_config_t *config, jd_ctx_t *ctx);

/** A parameter's row, by "section.key" of whatever section there is (instances included), or NULL.
 */
JD_API const jd_param_t *jd_config_param(const jd_config_t *config, const char *name);

/** Raises a mistake at the line (or --set) where `key` was last given; or, where it was left to its
 *  default, naming section and key alone. Within a section's check, the section's plain name means
 *  the instance being checked. Returns JD_ERR_COMBINATION. */
JD_API int jd_config_blame(const jd_config_t *config, const char *section, const char *key,
                           jd_ctx_t *ctx, const char *format, ...) JD_PRINTF(5, 6);

/** The INI text as it was given (file, and overrides of result parameters as comments), borrowed;
 *  "" if none. */
JD_API const char *jd_config_source(const jd_config_t *config);
/** 64-bit hash of all result parameters' values as jd_config_each() gives them; same values, same
 *  hash. */
JD_API uint64_t jd_config_hash(const jd_config_t *config);

/** Walks every parameter's resolved value in table order, named sections in order of appearance.
 *  `section` is "event.reform2021" for named ones. `given` separates a value that was set from a
 * default. `value` is written so that jd_config_set() reads the same bits; of a path it is the text
 * as given, not resolved, so that a moved folder is the same config. Stops at a non-zero return. */
typedef int (*jd_param_visitor_t)(void *user, const char *section, const jd_param_t *param,
                                  const char *value, bool given);
JD_API int jd_config_each(const jd_config_t *config, jd_param_visitor_t visit, void *user);

/** Walks the parameters that a finished config gives and nothing reads, with the first of the rules
 *  that says so: one of `more` (of whoever runs the config; keys there as "event.*" or
 *  "policy.share", NULL = none), or of the sections'. Stops at a non-zero return. */
typedef int (*jd_unread_visitor_t)(void *user, const char *section, const jd_param_t *param,
                                   const jd_unread_t *rule);
JD_API int jd_config_unread(const jd_config_t *config, const jd_unread_t *more,
                            jd_unread_visitor_t visit, void *user);
/** Whether a config or an override gives the parameter. */
JD_API bool jd_config_given(const jd_config_t *config, const char *section, const char *key);

/** Writes the parameter table of the sections (all, or the one named): as aligned text, as a
 *  commented INI of defaults, as JSON, or as Markdown for the docs. */
typedef enum jd_params_format {
    JD_PARAMS_TABLE,
    JD_PARAMS_INI,
    JD_PARAMS_JSON,
    JD_PARAMS_MARKDOWN
} jd_params_format_t;
JD_API JD_MUST_USE int jd_params_print(FILE *out, const jd_section_t *const *sections,
                                       int n_sections, const char *only, jd_params_format_t format,
                                       jd_ctx_t *ctx);

JD_END_DECLS

#endif
