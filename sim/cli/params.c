/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao params: every parameter, or those of one section. */
#include <string.h>

#include "cli/command.h"
#include "sweep/sections.h"

/* In the order of jd_params_format_t. */
static const char *const formats[] = {"table", "ini", "json", "markdown", NULL};

enum { MAX_SECTIONS = 64 };

static int check_section(const char *name, const jd_section_t *const *sections, int n,
                         jd_ctx_t *ctx)
{
    const char *names[MAX_SECTIONS];
    int known = 0;
    for (int i = 0; i < n && known < MAX_SECTIONS; i++) {
        if (!strcmp(sections[i]->name, name)) return JD_OK;
        names[known++] = sections[i]->name;
    }
    /* Asked for a key, with its section or without. */
    const char *dot = strchr(name, '.'), *key = dot ? dot + 1 : name;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < sections[i]->n_params; k++)
            if (!strcmp(sections[i]->params[k].name, key) &&
                (!dot || !strncmp(sections[i]->name, name, (size_t)(dot - name))))
                return jd_fail(ctx, JD_ERR_ARGUMENT,
                               "params: '%s' is a key, not a section; 'jiedao params %s' shows it",
                               name, sections[i]->name);
    const char *near = jd_nearest(name, names, known);
    if (near)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "params: no section [%s]; did you mean [%s]?", name,
                       near);
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "params: no section [%s]; 'jiedao params' shows all of them", name);
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    int format = JD_PARAMS_TABLE;
    int rc = jd_args_choice(args, "format", formats, &format, ctx);
    if (rc) return rc;
    int n = 0;
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    const char *only = jd_args_word(args, 0);
    if (only && (rc = check_section(only, sections, n, ctx))) return rc;
    return jd_params_print(stdout, sections, n, only, (jd_params_format_t)format, ctx);
}

static const jd_option_t options[] = {
    {.name = "format",
     .value = "FORMAT",
     .choices = formats,
     .help = "table (default), ini, json or markdown"},
    {.name = NULL},
};

const jd_command_t jd_command_params = {
    .name = "params",
    .words = "[SECTION]",
    .max_words = 1,
    .summary = "show every parameter: default, range, unit, meaning, source",
    .about = "Shows the parameters a config may set, all or those of one section. As 'ini' the\n"
             "output is itself a config: the defaults, with comments.\n",
    .examples = "  jiedao params officials\n"
                "  jiedao params --format ini > all-defaults.ini\n",
    .options = options,
    .run = run,
};
