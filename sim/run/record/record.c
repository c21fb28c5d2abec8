/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Makes, fills and hands out the recorded tables: those of list.c, and those of the mechanisms. */
#include "run/record/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "run/record/recorded.h"
#include "run/record/truth.h"

#define U(field) offsetof(jd_output_params_t, field)

static const jd_param_t output_params[] = {
    {"relocations", JD_PARAM_CHOICE, U(relocations), "recorded", 0, 0,
     "recorded | all | observed | none", "",
     "moves kept: across a county border, all, those the empirical file shows, none", "",
     JD_RESULT},
    {"streets", JD_PARAM_FLAG, U(streets), "yes", 0, 0, NULL, "", "keep panels by street", "",
     JD_RESULT},
    {"officials", JD_PARAM_INT, U(officials), "200", 0, 1000000, NULL, "persons",
     "officials whose traces are kept", "", JD_RESULT},
    {"keep", JD_PARAM_CHOICE, U(keep), "summary", 0, 0, "summary | all", "",
     "several replicates: keep estimates and truth only, or all tables of each", "", JD_RESULT},
};

const jd_section_t jd_output_section = {
    .name = "output",
    .help = "what the file holds",
    .params = output_params,
    .n_params = (int)(sizeof output_params / sizeof output_params[0]),
    .size = sizeof(jd_output_params_t),
};

/* A table of this run, and who fills it: a recorded table, or a mechanism's panel or events. */
typedef struct jd_slot {
    jd_table_t table;
    const jd_record_table_t *recorded;
    const jd_mechanism_panel_t *panel;
    const jd_mechanism_events_t *events;
    int mechanism; /* among those that are on */
    bool without, streamed;
} slot_t;

/* ---- What the tables' files share ---- */

double jd_record_bytes(const jd_column_t *columns, int n_columns, jd_extent_t e)
{
    double bytes = 0;
    for (int c = 0; c < n_columns && e.n_unit > 0; c++) {
        double along = e.n_time == 0 || columns[c].axis == JD_AXIS_UNIT ? (double)e.n_unit
                       : columns[c].axis == JD_AXIS_TIME                ? (double)e.n_time
                                                         : (double)e.n_time * (double)e.n_unit;
        bytes += along * (double)jd_column_size(&columns[c]);
    }
    return bytes;
}

jd_extent_t jd_rows_by_county(const jd_dims_t *dims, const jd_sizes_t *sizes)
{
    return (jd_extent_t){sizes->periods, dims->counties};
}

jd_extent_t jd_rows_by_sector(const jd_dims_t *dims, const jd_sizes_t *sizes)
{
    return (jd_extent_t){sizes->periods, (int64_t)dims->counties * dims->sectors};
}

void jd_record_units(jd_table_t *panel, int32_t first)
{
    for (int64_t u = 0; u < panel->n_unit; u++)
        JD_CELLS(panel, P_UNIT, int32_t)[u] = first + (int32_t)u;
}

int32_t jd_record_date(const struct jd_simulation *sim, int64_t period)
{
    return jd_quarter_days((int32_t)(sim->params->start + period - 1));
}

int jd_record_sample(const struct jd_simulation *sim, uint64_t which, int64_t total, int64_t n,
                     int32_t **sample, jd_ctx_t *ctx)
{
    jd_jump_t jump = jd_jump(jd_stream(sim->seed, sim->replicate, JD_DRAW_SAMPLE), 0, (int)which);
    int rc = jd_make(sample, n, sizeof **sample, "a sample", ctx);
    for (int64_t i = 0; i < n && !rc; i++) {
        int64_t low = i * total / n, high = (i + 1) * total / n;
        (*sample)[i] =
            (int32_t)(low + (int64_t)(jd_draw(&jump, (uint64_t)i) * (double)(high - low)));
    }
    return rc;
}

void jd_record_sums(const double *const *street, int n, int32_t from, int32_t end, double *sum)
{
    enum { TOGETHER = 4 };
    for (int k = 0, m; k < n;) {
        const double *x[TOGETHER];
        int of[TOGETHER];
        for (m = 0; k < n && m < TOGETHER; k++)
            if (street[k]) of[m] = k, x[m++] = street[k];
        for (int i = m; i < TOGETHER && m > 0; i++)
            x[i] = x[0]; /* not used */
        double a = 0, b = 0, c = 0, d = 0;
        for (int32_t s = from; s < end && m > 0; s++)
            a += x[0][s], b += x[1][s], c += x[2][s], d += x[3][s];
        const double sums[TOGETHER] = {a, b, c, d};
        for (int i = 0; i < m; i++)
            sum[of[i]] = sums[i];
    }
}

/* ---- Making ---- */

static int make_table(struct jd_simulation *sim, slot_t *slot, const char *name, const char *label,
                      const jd_column_t *columns, int n_columns, jd_extent_t extent, jd_ctx_t *ctx)
{
    jd_table_t *t = &slot->table;
    if (extent.n_time == 0)
        return jd_table_init(t, name, label, columns, n_columns, extent.n_unit, ctx);
    int rc =
        jd_table_init_panel(t, name, label, columns, n_columns, extent.n_time, extent.n_unit, ctx);
    for (int64_t i = 0; i < extent.n_time && !rc; i++) {
        JD_CELLS(t, P_TIME, int32_t)[i] = (int32_t)i + 1;
        JD_CELLS(t, P_DATE, int32_t)[i] = jd_record_date(sim, i + 1);
    }
    return rc;
}

static int make_recorded(struct jd_simulation *sim, slot_t *slot, const jd_sizes_t *sizes,
                         jd_ctx_t *ctx)
{
    const jd_record_table_t *r = slot->recorded;
    jd_extent_t extent = r->rows(&sim->dims, sizes);
    if (extent.n_unit == 0) return JD_OK;
    int rc = make_table(sim, slot, r->name, r->label, r->columns, r->n_columns, extent, ctx);
    if (!rc && r->start) rc = r->start(sim, &slot->table, ctx);
    return rc;
}

/* First treated period of the counties a unit is, holds or lies in; 0 = never. */
static int32_t cohort_of(const struct jd_simulation *sim, jd_level_t level, int32_t unit)
{
    const jd_tree_t *tree = &sim->tree;
    int32_t cohort = 0;
    if (level == JD_COUNTY) return sim->cohort[unit];
    if (level == JD_STREET) return sim->cohort[tree->parent[JD_STREET][unit]];
    for (int32_t c = tree->child[level][unit]; c < tree->child[level][unit + 1]; c++) {
        int32_t g =
            level + 1 == JD_COUNTY ? sim->cohort[c] : cohort_of(sim, (jd_level_t)(level + 1), c);
        if (g > 0 && (cohort == 0 || g < cohort)) cohort = g;
    }
    return cohort;
}

static int make_panel(struct jd_simulation *sim, slot_t *slot, jd_ctx_t *ctx)
{
    const jd_mechanism_panel_t *p = slot->panel;
    jd_extent_t extent = {sim->params->periods, jd_dims_units(&sim->dims, p->level)};
    int rc = make_table(sim, slot, p->names[slot->without], p->label, p->columns, p->n_columns,
                        extent, ctx);
    if (rc) return rc;
    jd_record_units(&slot->table, jd_first_row(&sim->tree, p->level));
    for (int32_t u = 0; u < (int32_t)extent.n_unit; u++)
        JD_CELLS(&slot->table, P_COHORT, int32_t)[u] = cohort_of(sim, p->level, u);
    return JD_OK;
}

static int make_slot(struct jd_simulation *sim, slot_t *slot, const jd_sizes_t *sizes,
                     jd_ctx_t *ctx)
{
    if (slot->recorded) return make_recorded(sim, slot, sizes, ctx);
    if (slot->panel) return make_panel(sim, slot, ctx);
    const jd_mechanism_events_t *e = slot->events;
    return make_table(sim, slot, e->name, e->label, e->columns, e->n_columns, (jd_extent_t){0, 256},
                      ctx);
}

/* The run's tables, those kept in the order of the file, then those that leave by the sink: into
 * `slot`, or NULL to count them. */
static int list_slots(const struct jd_simulation *sim, slot_t *slot, bool streamed)
{
    int n = 0;
    for (int i = 0; jd_record_tables[i]; i++) {
        const jd_record_table_t *r = jd_record_tables[i];
        if (r->streamed != streamed) continue;
        if (slot) slot[n] = (slot_t){.recorded = r, .without = r->without, .streamed = streamed};
        n++;
    }
    for (int k = 0; k < sim->mechanisms.n; k++) {
        const jd_mechanism_t *m = sim->mechanisms.active[k].mechanism;
        for (const jd_mechanism_panel_t *p = m->panels; p && p->names[0] && !streamed; p++) {
            for (int w = 0; w < 2; w++, n++)
                if (slot) slot[n] = (slot_t){.panel = p, .mechanism = k, .without = w == 1};
        }
        if (!m->events.name || !streamed) continue;
        if (slot) slot[n] = (slot_t){.events = &m->events, .mechanism = k, .streamed = true};
        n++;
    }
    return n;
}

int jd_record_init(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    r->observation = jd_config_section(sim->config, "observation");
    r->output = jd_config_section(sim->config, "output");
    const jd_sizes_t sizes = {.periods = sim->params->periods,
                              .panel_firms = r->observation->panel_firms,
                              .officials = r->output->officials,
                              .street_panels = r->output->streets,
                              .relocations = r->output->relocations != JD_KEEP_NONE};
    r->misclass = jd_jump(jd_stream(sim->seed, sim->replicate, JD_DRAW_MISCLASS), 0, 0);
    r->first_street = jd_first_row(&sim->tree, JD_STREET);
    int n_kept = list_slots(sim, NULL, false), n = n_kept + list_slots(sim, NULL, true);
    int rc = jd_make(&r->slot, n, sizeof *r->slot, "recorded tables", ctx);
    if (rc) return rc;
    r->n_kept = list_slots(sim, r->slot, false);
    r->n_slots = n_kept + list_slots(sim, r->slot + n_kept, true);
    for (int i = 0; i < n && !rc; i++)
        rc = make_slot(sim, &r->slot[i], &sizes, ctx);
    return rc ? rc : jd_history_init(sim, ctx);
}

void jd_record_free(jd_record_t *r)
{
    for (int i = 0; i < r->n_slots; i++)
        jd_table_free(&r->slot[i].table);
    free(r->slot);
    free(r->history);
    free(r->observed);
    free(r->panel_firm);
    free(r->sample_official);
    memset(r, 0, sizeof *r);
}

/* ---- Filling ---- */

static int hand_out(const struct jd_simulation *sim, jd_table_t *rows, jd_ctx_t *ctx)
{
    const jd_sink_t *sink = sim->record.sink;
    int rc = sink && sink->append ? sink->append(sink->user, rows, ctx) : JD_OK;
    if (rows->n_time == 0) rows->rows = 0; /* a list starts over, a panel's cells are overwritten */
    return rc;
}

static int fill_slot(struct jd_simulation *sim, slot_t *slot, int64_t period, jd_ctx_t *ctx)
{
    const int w = slot->without ? JD_WORLD_WITHOUT : jd_factual(sim);
    if (slot->recorded)
        return slot->recorded->fill ? slot->recorded->fill(sim, w, period, &slot->table, ctx)
                                    : JD_OK;
    const jd_moment_t moment = jd_moment_of(sim, w, period);
    const jd_moment_t m = jd_active_moment(&sim->mechanisms, slot->mechanism, &moment);
    return slot->panel->record(&m, &slot->table, period - 1, ctx);
}

void jd_record_begin(struct jd_simulation *sim, int64_t period)
{
    jd_record_t *r = &sim->record;
    r->observe = jd_jump(jd_stream(sim->seed, sim->replicate, JD_DRAW_OBSERVE), period, 0);
    r->date = jd_record_date(sim, period);
}

int jd_record_period(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    int rc = JD_OK;
    jd_history_keep(sim, period);
    for (int i = 0; i < r->n_slots && !rc; i++) {
        slot_t *slot = &r->slot[i];
        if (!slot->table.name || slot->events || (slot->streamed && !r->sink)) continue;
        rc = fill_slot(sim, slot, period, ctx);
        if (!rc && slot->streamed) rc = hand_out(sim, &slot->table, ctx);
    }
    return rc;
}

jd_table_t *jd_record_events(const struct jd_simulation *sim, int mechanism)
{
    const jd_record_t *r = &sim->record;
    for (int i = r->n_kept; i < r->n_slots; i++) {
        if (r->slot[i].events && r->slot[i].mechanism == mechanism) return &r->slot[i].table;
    }
    return NULL;
}

int jd_record_hand_events(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    int rc = JD_OK;
    for (int i = r->n_kept; i < r->n_slots && !rc; i++) {
        if (r->slot[i].events) rc = hand_out(sim, &r->slot[i].table, ctx);
    }
    return rc;
}

static void count_facts(struct jd_simulation *sim)
{
    jd_run_facts_t *f = &sim->facts;
    f->firms = sim->dims.first_firms;
    f->streets = sim->dims.streets;
    f->counties = sim->dims.counties;
    f->officials = (int64_t)sim->dims.streets * sim->dims.slots;
    f->periods = sim->params->periods;
    f->treated_counties = 0;
    for (int32_t c = 0; c < sim->dims.counties; c++) {
        if (sim->cohort[c] == 0) continue;
        f->treated_counties++;
        if (f->first_treated_period == 0 || sim->cohort[c] < f->first_treated_period)
            f->first_treated_period = sim->cohort[c];
    }
    f->split_period = sim->split;
    f->worlds = sim->n_worlds_max;
    f->distance =
        f->relocations > 0 ? sim->record.distance_sum / (double)f->relocations : (double)NAN;
}

int jd_record_finish(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    int rc = JD_OK;
    count_facts(sim);
    for (int i = 0; i < r->n_slots && !rc; i++) {
        const jd_record_table_t *recorded = r->slot[i].recorded;
        if (r->slot[i].table.name && recorded && recorded->finish)
            rc = recorded->finish(sim, &r->slot[i].table, ctx);
    }
    return rc;
}

/* ---- Looking ---- */

int jd_simulation_n_tables(const jd_simulation_t *sim)
{
    return sim->record.n_kept;
}

const jd_table_t *jd_simulation_table_at(const jd_simulation_t *sim, int index)
{
    return &sim->record.slot[index].table;
}

const jd_table_t *jd_simulation_table(const jd_simulation_t *sim, const char *name)
{
    for (int i = 0; i < sim->record.n_kept; i++) {
        const jd_table_t *t = &sim->record.slot[i].table;
        if (t->name && strcmp(t->name, name) == 0) return t;
    }
    return NULL;
}
