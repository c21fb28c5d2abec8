/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Section [dgp]: rows that several kinds read, and each kind's own. */
#include "sweep/dgp/dgp.h"

#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/vmath.h"
#include "sweep/dgp/kinds.h"

#define ROW(field) offsetof(jd_dgp_params_t, field)
static const jd_param_t common[] = {
    {"kind", JD_PARAM_CHOICE, ROW(kind), "simulator", 0, 0, NULL /* jd_dgp_kinds */, "1",
     "where the data of validate come from", "assumed", JD_RESULT},
    {"units", JD_PARAM_INT, ROW(units), "50", 2, 1e6, NULL, "units", "units of the panel",
     "Bertrand, Duflo, Mullainathan 2004", JD_RESULT},
    {"periods", JD_PARAM_INT, ROW(periods), "21", 2, 10000, NULL, "periods", "periods of the panel",
     "Bertrand, Duflo, Mullainathan 2004", JD_RESULT},
    {"first_period", JD_PARAM_INT, ROW(first_period), "1", 1, 1e6, NULL, "1",
     "number of the first period, as 1980", "assumed", JD_RESULT},
    {"share", JD_PARAM_DOUBLE, ROW(share), "0.5", 0, 1, NULL, "1",
     "share of units treated; ar1_placebo, event_trend", "Bertrand, Duflo, Mullainathan 2004",
     JD_RESULT},
    {"adoption_first", JD_PARAM_INT, ROW(adoption_first), "7", 1, 1e6, NULL, "1",
     "earliest period of adoption; ar1_placebo, event_trend", "Bertrand, Duflo, Mullainathan 2004",
     JD_RESULT},
    {"adoption_last", JD_PARAM_INT, ROW(adoption_last), "17", 1, 1e6, NULL, "1",
     "latest period of adoption: the date is drawn between the two, anew in each replicate",
     "Bertrand, Duflo, Mullainathan 2004", JD_RESULT},
    {"cohorts", JD_PARAM_LIST, ROW(cohorts), "1986, 1992, 1998, 2004", 0, 1e6, NULL, "1",
     "adoption periods of staggered_linear, 0 = never; cohorts of equal size", "Cunningham",
     JD_RESULT},
    {"slopes", JD_PARAM_LIST, ROW(slopes), "10, 8, 6, 4", -HUGE_VAL, HUGE_VAL, NULL, "1",
     "growth of each cohort's effect a period", "Cunningham", JD_RESULT},
    {"effect", JD_PARAM_DOUBLE, ROW(effect), "0", -HUGE_VAL, HUGE_VAL, NULL, "1",
     "constant effect from adoption on, in every kind", "assumed", JD_RESULT},
    {"trend", JD_PARAM_DOUBLE, ROW(trend), "0", -HUGE_VAL, HUGE_VAL, NULL, "1",
     "drift of the treated a period, whatever the policy does", "Roth 2022", JD_RESULT},
    {"rho", JD_PARAM_DOUBLE, ROW(rho), "0", -0.999, 0.999, NULL, "1",
     "autocorrelation of the errors", "Bertrand, Duflo, Mullainathan 2004", JD_RESULT},
    {"sd", JD_PARAM_DOUBLE, ROW(sd), "1", 0, HUGE_VAL, NULL, "1", "SD of the innovations",
     "assumed", JD_RESULT},
    {"unit_sd", JD_PARAM_DOUBLE, ROW(unit_sd), "1", 0, HUGE_VAL, NULL, "1",
     "SD of the units' own levels", "assumed", JD_RESULT},
};

static const jd_dgp_kind_t simulator = {
    .name = "simulator",
    .reads = "",
    .unread = {"", NULL, "dgp.kind = simulator is not one of the processes"},
};

/* In the order of jd_dgp_number_t. */
static const jd_dgp_kind_t *const kinds[] = {
    &simulator,       &jd_dgp_ar1_placebo, &jd_dgp_staggered_linear, &jd_dgp_event_trend,
    &jd_dgp_composed, &jd_dgp_data,        &jd_dgp_program,
};
enum { KINDS = sizeof kinds / sizeof *kinds };
_Static_assert((int)KINDS == (int)JD_DGP_KINDS, "a number each");

const jd_dgp_kind_t *jd_dgp_kind(const jd_dgp_params_t *p)
{
    return kinds[p->kind];
}

const char *jd_dgp_name(const jd_dgp_params_t *p)
{
    return jd_dgp_kind(p)->name;
}

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    const jd_dgp_params_t *p = block;
    const jd_dgp_kind_t *kind = jd_dgp_kind(p);
    (void)name;
    return kind->check ? kind->check(p, config, ctx) : JD_OK;
}

/* ---- The section ---- */

static bool owns(const jd_dgp_kind_t *kind, const char *key)
{
    for (const jd_param_t *own = kind->options; own && own->name; own++)
        if (!strcmp(own->name, key)) return true;
    return false;
}

static const jd_unread_t *unread_of(const void *block, const jd_param_t *param)
{
    const jd_dgp_kind_t *kind = jd_dgp_kind(block);
    bool read = param->offset == ROW(kind) || owns(kind, param->name) ||
                jd_list_holds(kind->reads, param->name, false);
    return read ? NULL : &kind->unread;
}

/* "simulator | ar1_placebo | ..." */
static const char *list_kinds(void)
{
    static char list[512];
    for (int k = 0; k < KINDS; k++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? " | " : "",
                 kinds[k]->name);
    return list;
}

static jd_section_t section;

static void make_section(void)
{
    enum { COMMON = sizeof common / sizeof *common, MOST = 128 };
    static jd_param_t rows[MOST];
    int n = COMMON;
    memcpy(rows, common, sizeof common);
    rows[0].choices = list_kinds();
    for (int k = 0; k < KINDS; k++)
        for (const jd_param_t *own = kinds[k]->options; own && own->name && n < MOST; own++)
            rows[n++] = *own;
    section = (jd_section_t){
        .name = "dgp",
        .help = "processes of the literature in place of the simulator, for validate",
        .params = rows,
        .n_params = n,
        .size = sizeof(jd_dgp_params_t),
        .check = check,
        .unread_of = unread_of,
    };
}

const jd_section_t *jd_dgp_section(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_section);
    return &section;
}

/* ---- What all kinds share ---- */

bool jd_dgp_note(const jd_dgp_params_t *p, jd_ctx_t *ctx)
{
    const jd_dgp_kind_t *kind = jd_dgp_kind(p);
    return kind->note && kind->note(p, ctx);
}

int jd_dgp_sample(jd_recovery_sample_t *s, const jd_dgp_params_t *p, uint64_t seed,
                  uint64_t replicate, jd_ctx_t *ctx)
{
    int rc = jd_dgp_kind(p)->draw(s, p, seed, replicate, ctx);
    s->panel = "dgp";
    if (!s->quantity) s->quantity = "y";
    return rc;
}

double jd_dgp_normal(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng); /* in this order */
    return jd_normal(u, v);
}
