/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/reads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "model/firms/firms.h"
#include "model/pressure.h"
#include "run/record/truth.h"
#include "run/setting.h"
#include "study/recovery.h"
#include "sweep/dgp/dgp.h"
#include "sweep/validate/validate.h"

/* ---- What commands do not read ---- */

/* Whether an event acts in no quarter of the run, burn-in included. */
static bool is_never_active(const jd_event_params_t *e, const jd_config_t *config)
{
    const jd_run_params_t *run = jd_config_section(config, "run");
    int64_t end = run->start + run->periods;
    for (int64_t q = run->start - run->burn_in; q < end; q++) {
        bool active = e->kind == JD_EVENT_RECLASSIFY ? q >= e->start && q < e->start + e->length
                                                     : jd_event_shape(e, (int32_t)q) > 0;
        if (active) return false;
    }
    return true;
}

static bool is_outside(const void *block, const jd_config_t *config)
{
    return is_never_active(block, config);
}

static bool built_in_is_outside(const void *block, const jd_config_t *config)
{
    const jd_rescaling_params_t *p = block;
    const jd_event_params_t e = {
        .shape = JD_SHAPE_RAMP, .start = p->event_start, .length = p->event_length};
    return is_never_active(&e, config);
}

static bool shock_is_outside(const void *block, const jd_config_t *config)
{
    const jd_run_params_t *run = jd_config_section(config, "run");
    return ((const jd_firms_params_t *)block)->common_shock_start >= run->start + run->periods;
}

static bool is_process(const void *block, const jd_config_t *config)
{
    const jd_dgp_params_t *dgp = jd_config_section(config, "dgp"); /* NULL: run has no such */
    (void)block;
    return dgp && dgp->kind != JD_DGP_SIMULATOR;
}

static bool leaves_counties(const void *block, const jd_config_t *config)
{
    return !is_process(NULL, config) && !((const jd_estimate_params_t *)block)->county;
}

static bool leaves_all(const void *block, const jd_config_t *config)
{
    const jd_estimate_params_t *p = block;
    return leaves_counties(block, config) && !p->sector && !p->firm;
}

static bool leaves_sectors(const void *block, const jd_config_t *config)
{
    (void)config;
    return !((const jd_estimate_params_t *)block)->sector;
}

static bool is_no_inflow(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_estimate_params_t *)block)->outcome != JD_FLOW_IN;
}

static bool has_own_ways(const void *block, const jd_config_t *config)
{
    (void)block;
    return ((const jd_validate_params_t *)jd_config_section(config, "validate"))->variance[0];
}

#define OF_THE_SIMULATOR                                                                         \
    {"event.*", is_outside, "the event acts in no quarter of the run"},                          \
        {"rescaling.event, rescaling.event_start, rescaling.event_length", built_in_is_outside,  \
         "the built-in event acts in no quarter of the run"},                                    \
        {"firms.common_shock, firms.common_shock_start, firms.sector_shock", shock_is_outside,   \
         "the common shock begins after the last quarter"},                                      \
        {"estimate.control_sector", leaves_sectors, "estimate.sector = no compares no sectors"}, \
        {"estimate.estimators, estimate.control, estimate.anticipation, estimate.outcome, "      \
         "estimate.data, estimate.variance, estimate.cluster, estimate.level, "                  \
         "estimate.bin_first, estimate.bin_last",                                                \
         leaves_all, "estimate.county, sector and firm are no: nothing is estimated"},           \
        {"estimate.estimators, estimate.control, estimate.anticipation, estimate.bin_first, "    \
         "estimate.bin_last",                                                                    \
         leaves_counties, "estimate.county = no: only the county panel has these choices"},      \
    {                                                                                            \
        "estimate.firm", is_no_inflow,                                                           \
            "the sample of firms has moves in, so only estimate.outcome = inflow"                \
    }

const jd_unread_t jd_run_unread[] = {OF_THE_SIMULATOR, {NULL, NULL, NULL}};

const jd_unread_t jd_sweep_unread[] = {
    {"dgp.*, validate.*", NULL,
     "jiedao sweep runs the simulator; only jiedao validate reads [dgp] and [validate]"},
    OF_THE_SIMULATOR,
    {NULL, NULL, NULL},
};

const jd_unread_t jd_validate_unread[] = {
    {"sweep.replicates, sweep.first", NULL,
     "jiedao validate takes its replicates from validate.replicates"},
    {"run.start, run.periods, run.burn_in, run.burn_in_firms, run.direct_folds, run.direct_none, "
     "world.*, officials.*, rescaling.*, event.*, policy.*, firms.*, leaders.*, urban.*, "
     "tournament.*, diffusion.*, cooperation.*, projects.*, "
     "entrepreneurs.*, "
     "observation.*, estimate.outcome, estimate.data, estimate.county, estimate.sector, "
     "estimate.firm",
     is_process, "dgp.kind replaces the simulator, with parameters of its own in [dgp]"},
    {"estimate.cluster", is_process,
     "the units of a process lie in no counties; its clusters are the units, or dgp.clusters"},
    {"estimate.variance", has_own_ways, "validate.variance names the ways of inference"},
    OF_THE_SIMULATOR,
    {NULL, NULL, NULL},
};

/* ---- What is found ---- */

typedef struct find {
    char name[192]; /* "policy.share" */
    const jd_unread_t *rule;
    int64_t points; /* that do not read it */
    bool told;
} find_t;

typedef struct finds {
    find_t *find; /* [n] */
    int n;
    jd_ctx_t *ctx;
} finds_t;

static int note_find(void *user, const char *section, const jd_param_t *param,
                     const jd_unread_t *rule)
{
    finds_t *all = user;
    char name[sizeof all->find->name];
    snprintf(name, sizeof name, "%s.%s", section, param->name);
    for (int i = 0; i < all->n; i++) {
        if (strcmp(all->find[i].name, name) != 0) continue;
        all->find[i].points++;
        return 0;
    }
    size_t bytes = ((size_t)all->n + 1) * sizeof *all->find;
    find_t *find = realloc(all->find, bytes);
    if (!find) return jd_fail_memory(all->ctx, bytes, "the plan");
    all->find = find;
    find[all->n] = (find_t){.rule = rule, .points = 1};
    memcpy(find[all->n++].name, name, sizeof name);
    return 0;
}

/* One note of all that a rule leaves unread. */
static void report_rule(finds_t *all, int first, int64_t points)
{
    enum { SHOWN = 6 };
    char names[SHOWN * 196] = "";
    const jd_unread_t *rule = all->find[first].rule;
    size_t used = 0;
    int n = 0;
    for (int i = first; i < all->n; i++) {
        find_t *f = &all->find[i];
        if (f->rule != rule || f->points < points || f->told) continue;
        f->told = true;
        if (n++ < SHOWN)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                                     f->name);
    }
    if (n > SHOWN) snprintf(names + used, sizeof names - used, " and %d more", n - SHOWN);
    jd_warn(all->ctx, "%s %s not read: %s", names, n == 1 ? "is" : "are", rule->why);
}

static void report_all(finds_t *all, int64_t points)
{
    for (int i = 0; i < all->n; i++)
        if (all->find[i].points >= points && !all->find[i].told) report_rule(all, i, points);
}

int jd_reads_note(const jd_config_t *config, const jd_unread_t *more, jd_ctx_t *ctx)
{
    finds_t all = {.ctx = ctx};
    int rc = jd_config_unread(config, more, note_find, &all);
    if (!rc) report_all(&all, 1);
    free(all.find);
    return rc;
}

/* ---- Plans ---- */

enum { POINTS_LOOKED_AT = 200 };

/* What is varied and read nowhere. */
static int refuse_factors(finds_t *all, const jd_plan_t *plan, const jd_config_t *config,
                          int64_t points)
{
    int rc = JD_OK;
    for (int i = 0; i < all->n; i++) {
        find_t *f = &all->find[i];
        for (int k = 0; k < plan->n_factors && f->points >= points; k++) {
            if (strcmp(plan->factors[k].name, f->name) != 0) continue;
            f->told = true;
            rc = jd_config_blame(config, "sweep", f->name, all->ctx, "is varied and not read: %s",
                                 f->rule->why);
        }
    }
    return rc;
}

int jd_reads_check(const jd_plan_t *plan, const jd_config_t *config, const jd_unread_t *more,
                   jd_ctx_t *ctx)
{
    finds_t all = {.ctx = ctx};
    int64_t step = 1 + (plan->n_points - 1) / POINTS_LOOKED_AT, looked = 0, refused = 0;
    char first[512] = "";
    int rc = JD_OK;
    for (int64_t p = 0; p < plan->n_points && !rc; p += step, looked++) {
        jd_ctx_t inner = jd_ctx_inner(ctx);
        jd_config_t *point = NULL;
        rc = jd_plan_config(&point, plan, config, p, &inner);
        if (rc == JD_ERR_NO_MEMORY) rc = jd_fail(ctx, rc, "%s", inner.message);
        if (rc == JD_ERR_NO_MEMORY) break;
        if (rc && refused++ == 0)
            snprintf(first, sizeof first, "%.*s", (int)strcspn(inner.message, "\n"), inner.message);
        rc = rc ? JD_OK : jd_config_unread(point, more, note_find, &all);
        jd_config_free(point);
    }
    if (!rc && refused == looked)
        rc = jd_fail(ctx, JD_ERR_COMBINATION, "[sweep]: no point can be run; the first: %s", first);
    else if (!rc && refused > 0)
        jd_warn(ctx, "%lld of %lld points%s cannot be run; the first: %s", (long long)refused,
                (long long)looked, step > 1 ? " that were looked at" : "", first);
    if (!rc) rc = refuse_factors(&all, plan, config, looked - refused);
    if (!rc) report_all(&all, looked - refused);
    free(all.find);
    return rc;
}
