/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/sections.h"

#include <pthread.h>

#include "jiedao/simulation.h"
#include "study/recovery.h"
#include "sweep/dgp/dgp.h"
#include "sweep/plan.h"
#include "sweep/validate/validate.h"

const char *const jd_ignored_sections[] = {"sweep", "validate", "dgp", NULL};

enum { MOST = 32 };

/* The simulator's, the estimators', and behind them those of several runs. */
static const jd_section_t *sections[MOST];
static int n_of_one_run;

static void list(void)
{
    int simulated;
    const jd_section_t *const *first = jd_simulation_sections(&simulated);
    for (int i = 0; i < simulated; i++)
        sections[i] = first[i];
    sections[simulated] = jd_estimate_section();
    n_of_one_run = simulated + 1;
    sections[simulated + 1] = &jd_plan_section;
    sections[simulated + 2] = &jd_validate_section;
    sections[simulated + 3] = jd_dgp_section();
}

const jd_section_t *const *jd_all_sections(int *n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, list);
    *n = n_of_one_run;
    return sections;
}

const jd_section_t *const *jd_sweep_sections(int *n)
{
    const jd_section_t *const *all = jd_all_sections(n);
    *n += 3;
    return all;
}
