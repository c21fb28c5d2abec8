/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parameters of all sections, one after the other, for callers that know no struct. */
#include <stdio.h>

#include "jiedao/trial.h"
#include "sweep/sections.h"

/* What a caller's language would call the type. */
static const char *kind_of(jd_param_type_t type)
{
    switch (type) {
    case JD_PARAM_DOUBLE:
        return "number";
    case JD_PARAM_INT:
    case JD_PARAM_INT32:
        return "integer";
    case JD_PARAM_FLAG:
        return "flag";
    case JD_PARAM_CHOICE:
        return "choice";
    case JD_PARAM_TEXT:
        return "text";
    case JD_PARAM_PATH:
        return "path";
    case JD_PARAM_DATE:
        return "date";
    case JD_PARAM_DATES:
        return "dates";
    case JD_PARAM_LIST:
        return "numbers";
    case JD_PARAM_NAMES:
        return "names";
    case JD_PARAM_RANGE:
        return "range";
    case JD_PARAM_INTS:
        return "integers";
    }
    return "";
}

int jd_trial_param(int index, const char **name, const char **kind, const char **fallback,
                   const char **choices, const char **unit, const char **help)
{
    static _Thread_local char full[128];
    int n;
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    for (int s = 0; s < n; index -= sections[s++]->n_params) {
        if (index < 0 || index >= sections[s]->n_params) continue;
        const jd_param_t *p = &sections[s]->params[index];
        snprintf(full, sizeof full, "%s.%s", sections[s]->name, p->name);
        if (name) *name = full;
        if (kind) *kind = kind_of(p->type);
        if (fallback) *fallback = p->fallback;
        if (choices) *choices = p->choices ? p->choices : "";
        if (unit) *unit = p->unit;
        if (help) *help = p->help;
        return 1;
    }
    return 0;
}
