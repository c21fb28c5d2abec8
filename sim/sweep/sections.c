/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/sections.h"

#include "jiedao/simulation.h"
#include "study/recovery.h"
#include "sweep/dgp.h"
#include "sweep/plan.h"
#include "sweep/validate/validate.h"

const char *const jd_ignored_sections[] = {"sweep", "validate", "dgp", NULL};

const jd_section_t *const *jd_all_sections(int *n)
{
    enum { MOST = 32 };
    static const jd_section_t *all[MOST];
    int simulated;
    const jd_section_t *const *first = jd_simulation_sections(&simulated);
    for (int i = 0; i < simulated; i++)
        all[i] = first[i];
    all[simulated] = jd_estimate_section();
    *n = simulated + 1;
    return all;
}

const jd_section_t *const *jd_sweep_sections(int *n)
{
    enum { MOST = 32 };
    static const jd_section_t *all[MOST];
    int others;
    const jd_section_t *const *first = jd_all_sections(&others);
    for (int i = 0; i < others; i++)
        all[i] = first[i];
    all[others] = &jd_plan_section;
    all[others + 1] = &jd_validate_section;
    all[others + 2] = &jd_dgp_section;
    *n = others + 3;
    return all;
}
