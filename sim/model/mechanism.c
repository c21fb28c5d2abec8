/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/mechanism.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static int n_rows(const jd_mechanism_t *mechanism)
{
    int n = 0;
    while (mechanism->state && mechanism->state[n].name)
        n++;
    return n;
}

int jd_active_init(jd_active_set_t *set, const jd_mechanism_t *const *list,
                   const jd_config_t *config, jd_ctx_t *ctx)
{
    int n = 0;
    *set = (jd_active_set_t){0};
    while (list[n])
        n++;
    int rc = jd_make(&set->active, n, sizeof *set->active, "mechanisms", ctx);
    for (int i = 0; i < n && !rc; i++) {
        const void *params = jd_config_section(config, list[i]->section.name);
        if (list[i]->on && !list[i]->on(params)) continue;
        jd_active_t *active = &set->active[set->n++];
        *active = (jd_active_t){.mechanism = list[i], .params = params};
        set->leaders = set->leaders || list[i]->leaders;
        set->ties = set->ties || list[i]->ties;
        set->modifies = set->modifies || (list[i]->step && !list[i]->only_reads);
        rc = jd_make(&active->state_at, n_rows(list[i]), sizeof *active->state_at, "mechanisms",
                     ctx);
    }
    return rc;
}

void jd_active_lay_out(jd_active_set_t *set, const jd_dims_t *dims)
{
    set->bytes = 0;
    for (int k = 0; k < set->n; k++) {
        const jd_mechanism_t *mechanism = set->active[k].mechanism;
        for (int i = 0; i < n_rows(mechanism); i++) {
            const jd_column_t cell = {.type = mechanism->state[i].type};
            set->active[k].state_at[i] = set->bytes;
            set->bytes += jd_world_padded((size_t)jd_dims_units(dims, mechanism->state[i].level) *
                                          jd_column_size(&cell));
        }
    }
}

static bool needs_leaders(const jd_mechanism_t *m)
{
    return m->leaders;
}

static bool ties_counties(const jd_mechanism_t *m)
{
    return m->ties;
}

/* Whether one that is built in and such is on. */
static bool some_is_on(const jd_config_t *config, bool (*is_such)(const jd_mechanism_t *m))
{
    for (int i = 0; jd_mechanisms[i]; i++) {
        const jd_mechanism_t *m = jd_mechanisms[i];
        if (is_such(m) && m->on(jd_config_section(config, m->section.name))) return true;
    }
    return false;
}

bool jd_mechanism_is_on(const jd_config_t *config, const char *name)
{
    for (int i = 0; jd_mechanisms[i]; i++) {
        const jd_mechanism_t *m = jd_mechanisms[i];
        if (!strcmp(m->section.name, name)) return m->on(jd_config_section(config, name));
    }
    return false;
}

bool jd_mechanisms_lead(const jd_config_t *config)
{
    return some_is_on(config, needs_leaders);
}

int32_t jd_active_seats(const jd_active_set_t *set, const jd_dims_t *dims)
{
    return set->leaders ? dims->streets + dims->counties + dims->prefectures : 0;
}

bool jd_mechanisms_tie(const jd_config_t *config)
{
    return some_is_on(config, ties_counties);
}

int32_t jd_active_ties(const jd_active_set_t *set, const jd_firms_params_t *firms)
{
    return set->ties && firms->b_tie > 0 ? JD_TIES_MOST : 0;
}

void jd_active_free(jd_active_set_t *set)
{
    for (int k = 0; k < set->n; k++)
        free(set->active[k].state_at);
    free(set->active);
    *set = (jd_active_set_t){0};
}

jd_moment_t jd_active_moment(const jd_active_set_t *set, int k, const jd_moment_t *moment)
{
    jd_moment_t m = *moment;
    m.params = set->active[k].params;
    m.state_at = set->active[k].state_at;
    m.events = NULL;
    return m;
}

int jd_active_start(const jd_active_set_t *set, const jd_moment_t *moment, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int k = 0; k < set->n && !rc; k++) {
        const jd_moment_t m = jd_active_moment(set, k, moment);
        if (set->active[k].mechanism->init) rc = set->active[k].mechanism->init(&m, ctx);
    }
    return rc;
}

int jd_event_begin(const jd_moment_t *m, int64_t *row, jd_ctx_t *ctx)
{
    jd_table_t *t = m->events;
    *row = -1;
    if (!t) return JD_OK;
    int rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    *row = t->rows++;
    JD_CELLS(t, 0, int32_t)[*row] = (int32_t)m->period;
    return JD_OK;
}

int jd_boosts_check(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const jd_officials_params_t *p = m->street->officials;
    const jd_modifiers_t *next = &m->world->modifiers;
    for (int32_t s = 0; s < m->dims->streets; s++) {
        const double boost =
                         next->boost_s[s] > next->boost_w[s] ? next->boost_s[s] : next->boost_w[s],
                     left = 1 - p->burden - next->burden[s];
        const double rate = p->learn * (left > 0 ? left : 0) + boost + p->forget;
        if (boost > 0 && rate > 1 + 1e-12)
            return jd_fail(
                ctx, JD_ERR_DATA,
                "officials of street %d learn too fast: officials.learn * time + forget "
                "+ %g that mechanisms add = %g, must be at most 1; lower officials.learn "
                "or what the mechanisms add",
                (int)s, boost, rate);
    }
    return JD_OK;
}

/* The first cell that is not finite, or -1. */
static int64_t find_not_finite(const void *cells, jd_type_t type, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (type == JD_DOUBLE && !isfinite(((const double *)cells)[i])) return i;
        if (type == JD_FLOAT && !isfinite(((const float *)cells)[i])) return i;
    }
    return -1;
}

int jd_active_audit(const jd_active_set_t *set, const jd_moment_t *moment, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int k = 0; k < set->n && !rc; k++) {
        const jd_moment_t m = jd_active_moment(set, k, moment);
        const jd_mechanism_t *mechanism = set->active[k].mechanism;
        for (int i = 0; i < n_rows(mechanism) && !rc; i++) {
            const jd_state_t *row = &mechanism->state[i];
            int64_t at =
                find_not_finite(jd_own(&m, i), row->type, jd_dims_units(m.dims, row->level));
            if (at >= 0)
                rc = jd_fail(ctx, JD_ERR_DATA, "%s.%s of unit %lld is not finite",
                             mechanism->section.name, row->name, (long long)at);
        }
        if (!rc && mechanism->audit) rc = mechanism->audit(&m, ctx);
    }
    return rc;
}
