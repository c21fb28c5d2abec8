/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The configs that travel inside program and library: configs/quickstart.ini is "quickstart",
 *  configs/published/x.ini is "published/x". */
#ifndef JD_STUDY_BUILTIN_H
#define JD_STUDY_BUILTIN_H

#include "jiedao/config.h"

extern const int jd_builtin_count;
extern const char *const jd_builtin_names[]; /**< [jd_builtin_count], sorted */
extern const char *const jd_builtin_texts[]; /**< [jd_builtin_count], the INI texts */

/** Texts of figures, share/labels/zh.txt being "zh"; both lists end with NULL. */
extern const char *const jd_builtin_languages[], *const jd_builtin_labels[];

/** share/completions/jiedao.bash and .zsh. */
extern const char *const jd_completion_bash, *const jd_completion_zsh;

/** The text of a built-in config, "name" or "name.ini"; NULL if there is none of this name. */
const char *jd_builtin_config(const char *name);

/** Reads the file of this name, or the built-in config. Errors: JD_ERR_ARGUMENT (neither is there,
 *  with the nearest name), those of the config. */
JD_MUST_USE int jd_config_read_named(jd_config_t *config, const char *name, jd_ctx_t *ctx);

#endif
