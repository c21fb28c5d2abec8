/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/builtin.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/text.h"

const char *jd_builtin_config(const char *name)
{
    size_t length = strlen(name);
    if (length > 4 && !strcmp(name + length - 4, ".ini")) length -= 4;
    for (int i = 0; i < jd_builtin_count; i++)
        if (strlen(jd_builtin_names[i]) == length && !strncmp(jd_builtin_names[i], name, length))
            return jd_builtin_texts[i];
    return NULL;
}

/* Files come first, so that a user's own quickstart.ini is never shadowed. */
int jd_config_read_named(jd_config_t *config, const char *name, jd_ctx_t *ctx)
{
    struct stat there;
    bool found = stat(name, &there) == 0;
    const char *text = jd_builtin_config(name);
    if (found && !(text && S_ISDIR(there.st_mode))) return jd_config_read_file(config, name, ctx);
    if (text) {
        char label[256];
        snprintf(label, sizeof label, "%s (built in)", name);
        return jd_config_read_text(config, label, text, ctx);
    }
    const char *near = jd_nearest(name, jd_builtin_names, jd_builtin_count);
    if (near)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: no such file, and no built-in config of this name; did you mean '%s'?",
                       name, near);
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "%s: no such file, and no built-in config of this name; 'jiedao configs' lists "
                   "those there are",
                   name);
}
