/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of moments; behind them come estimates and facts of mechanisms, as there are. */
#include <string.h>

#include "jiedao/did.h"
#include "moments/frame.h"

extern const jd_moment_group_t jd_moment_counts, jd_moment_moves, jd_moment_places,
    jd_moment_sectors;

const jd_moment_group_t *const jd_moment_groups[] = {
    &jd_moment_counts, &jd_moment_moves, &jd_moment_places, &jd_moment_sectors, NULL,
};

bool jd_moment_known(const char *name)
{
    for (int g = 0; jd_moment_groups[g]; g++)
        for (const jd_moment_row_t *m = jd_moment_groups[g]->list; m->name; m++)
            if (!strcmp(m->name, name)) return true;
    if (!strncmp(name, "did.", 4)) return jd_estimator_find(name + 4) != NULL;
    return strchr(name, '.') != NULL; /* a mechanism's fact: known once it has run */
}

const char *jd_moment_nearest(const char *name)
{
    const char *names[128];
    int n = 0;
    for (int g = 0; jd_moment_groups[g]; g++)
        for (const jd_moment_row_t *m = jd_moment_groups[g]->list; m->name && n < 128; m++)
            names[n++] = m->name;
    return jd_nearest(name, names, n);
}
