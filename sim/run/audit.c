/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Recomputes from scratch what the run keeps up to date, and holds the two against each other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/vmath.h"
#include "run/setting.h"

/* count: room for all streets. */
static const char *audit_dirty(const struct jd_simulation *sim, const jd_world_t *world,
                               int32_t *count)
{
    const jd_dims_t *d = &sim->dims;
    memset(count, 0, (size_t)d->streets * sizeof *count);
    for (int64_t i = 0; i < d->firms; i++)
        if (world->place[i] >= 0) count[world->place[i]] += jd_type_is_dirty(d, sim->type[i]);
    return memcmp(count, world->dirty, (size_t)d->streets * sizeof *count)
               ? "a street's dirty firms are not those that are there"
               : NULL;
}

static const char *audit_stocks(const struct jd_simulation *sim, const jd_world_t *world)
{
    const jd_dims_t *d = &sim->dims;
    int32_t *count = calloc((size_t)d->sectors * (size_t)d->streets, sizeof *count);
    const char *wrong = NULL;
    double present = 0;
    if (!count) return "out of memory in the audit";
    for (int64_t i = 0; i < d->firms && !wrong; i++) {
        int32_t at = world->place[i];
        if (at < JD_ABSENT || at >= d->streets)
            wrong = "a firm is nowhere";
        else if (at >= 0)
            count[(int64_t)jd_type_sector(d, sim->type[i]) * d->streets + at]++, present++;
    }
    for (int64_t i = 0; i < (int64_t)d->sectors * d->streets && !wrong; i++) {
        if (count[i] != world->stock[i])
            wrong = "a street's stock is not the number of firms there";
    }
    if (!wrong) wrong = audit_dirty(sim, world, count);
    if (!wrong && present != world->active) wrong = "firms were lost or doubled";
    free(count);
    return wrong;
}

static const char *audit_flows(const struct jd_simulation *sim, const jd_world_t *world)
{
    for (int k = 0; k < sim->dims.sectors; k++) {
        int64_t in = 0, out = 0;
        for (int32_t c = 0; c < sim->dims.counties; c++) {
            int64_t at = (int64_t)k * sim->dims.counties + c;
            in += world->inflow[at];
            out += world->outflow[at];
            if (world->inflow[at] < 0 || world->outflow[at] < 0 ||
                world->outflow[at] > world->moves[at])
                return "a flow is negative, or more firms leave a county than move";
        }
        if (in != out) return "inflows and outflows of a sector do not balance";
    }
    return NULL;
}

static const char *audit_officials(const struct jd_simulation *sim, const jd_world_t *world)
{
    const jd_officials_t *o = &world->officials;
    for (int64_t i = 0; i < (int64_t)sim->dims.slots * sim->dims.streets; i++) {
        double time = world->incentives.time[i % sim->dims.streets];
        if (!(o->strong[i] >= 0 && o->strong[i] <= 1 && o->weak[i] >= 0 && o->weak[i] <= 1))
            return "a capability is outside [0, 1]";
        if (!(o->effort_s[i] >= 0 && o->effort_w[i] >= 0)) return "an effort is negative";
        if (!(o->effort_s[i] + o->effort_w[i] <= time * (1 + 1e-12)))
            return "effort exceeds the time left";
        if (!(o->psi[i] >= 0)) return "a willingness is negative";
    }
    return NULL;
}

/* What counts of inducement or services in friction. */
static double level_of(double level)
{
    return fmin(1, fmax(level, 1e-6));
}

static const char *audit_streets(const struct jd_simulation *sim, const jd_world_t *world)
{
    for (int32_t s = 0; s < sim->dims.streets; s++) {
        double eta = sim->street.world->eta, parts = 0, sizes = 0;
        double implemented = jd_pow(level_of(world->inducement[s]), eta) *
                             jd_pow(level_of(world->services[s]), 1 - eta);
        for (int k = 0; k < JD_FRICTION_PARTS; k++)
            parts += world->part[k][s], sizes += fabs(world->part[k][s]);
        if (!(world->friction[s] >= 0 && world->friction[s] <= 1))
            return "friction is outside [0, 1]";
        if (fabs(1 - implemented - world->friction[s]) > 1e-12)
            return "friction is not what inducement and services say";
        if (!(fabs(world->log_friction[s] - parts) <= 1e-12 * sizes))
            return "friction is not the sum of its parts";
        if (!(world->services[s] >= 0)) return "services are negative";
    }
    return NULL;
}

static const char *audit_choice(const struct jd_simulation *sim, const jd_world_t *world)
{
    const jd_choice_t *c = &world->choice;
    for (int64_t i = 0; i < (int64_t)sim->dims.kinds * sim->dims.counties && sim->base.ready; i++) {
        if (!(c->total[i] >= c->own[i] && c->own[i] >= 0))
            return "a county's choice totals are not in order";
    }
    return NULL;
}

/* Moves of treated and untreated firms: the record equals the world's own count. */
static const char *audit_record(const struct jd_simulation *sim)
{
    const jd_table_t *national = jd_simulation_table(sim, "panel/national");
    int64_t relocations = 0, column = jd_table_find(national, "relocations");
    for (int64_t row = 0; row < national->rows; row++)
        relocations += (int64_t)jd_table_number(national, (int)column, row);
    return relocations == sim->facts.relocations ? NULL
                                                 : "panels and events count different relocations";
}

int jd_simulation_audit(const struct jd_simulation *sim, jd_ctx_t *ctx)
{
    const char *wrong = NULL;
    int rc = JD_OK;
    for (int w = 0; w < sim->n_worlds && !wrong && !rc; w++) {
        const jd_world_t *world = &sim->world[w];
        const jd_moment_t moment = jd_moment_of(sim, w, 0);
        wrong = audit_stocks(sim, world);
        if (!wrong && !sim->mechanisms.modifies &&
            !jd_modifiers_are_neutral(&world->modifiers, &sim->dims))
            wrong = "a mechanism that only reads has written a modifier";
        if (!wrong) wrong = audit_flows(sim, world);
        if (!wrong) wrong = audit_officials(sim, world);
        if (!wrong) wrong = audit_streets(sim, world);
        if (!wrong) wrong = audit_choice(sim, world);
        if (!wrong) rc = jd_active_audit(&sim->mechanisms, &moment, ctx);
    }
    if (rc) return rc;
    if (!wrong) wrong = audit_record(sim);
    return wrong ? jd_fail(ctx, JD_ERR_DATA, "%s", wrong) : JD_OK;
}
