/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Relocation events, and the observation model that turns them into an empirical file. */
#include <string.h>

#include "run/record/columns.h"
#include "run/setting.h"

/* Place of a firm in the empirical panel, or -1. */
static int32_t find_panel_firm(const struct jd_simulation *sim, int64_t firm)
{
    const jd_record_t *r = &sim->record;
    if (r->n_panel_firms == 0 || firm >= sim->dims.first_firms) return -1;
    int64_t guess =
        firm * r->n_panel_firms / sim->dims.first_firms; /* its stretch, or the one beside it */
    for (int64_t i = guess > 0 ? guess - 1 : 0; i <= guess + 1 && i < r->n_panel_firms; i++) {
        if (r->panel_firm[i] == firm) return (int32_t)i;
    }
    return -1;
}

static void count_panel_move(struct jd_simulation *sim, int32_t i, int64_t period,
                             bool into_treated, int moved, int moved_treated)
{
    jd_table_t *t = &sim->record.table[JD_TABLE_OBSERVED];
    int64_t at = (period - 1) * sim->record.n_panel_firms + i;
    JD_CELLS(t, moved, int8_t)[at]++;
    if (into_treated) JD_CELLS(t, moved_treated, int8_t)[at]++;
}

/* What the empirical file makes of a move: period as recorded there, -1 = not there. */
static int64_t observe(const struct jd_simulation *sim, int64_t period, int64_t firm)
{
    const jd_observation_params_t *p = sim->record.observation;
    jd_jump_t jump = jd_jump(jd_stream(sim->seed, sim->replicate, JD_DRAW_OBSERVE), period, 0);
    jd_rng_t rng = jd_rng_at(&jump, (uint64_t)firm);
    double covered = jd_rng_uniform(&rng), wrong = jd_rng_uniform(&rng),
           early = jd_rng_uniform(&rng);
    if (covered >= p->coverage) return -1;
    if (wrong < p->date_error) period += early < 0.5 ? -1 : 1;
    return period >= 1 && period <= sim->params->periods ? period
                                                         : -1; /* dated outside the window: lost */
}

static int keep_row(struct jd_simulation *sim, int64_t period, int64_t firm, int32_t from,
                    int32_t to, int64_t observed, int observed_sector, double distance,
                    jd_ctx_t *ctx)
{
    jd_table_t *t = &sim->record.relocations;
    const jd_dims_t *d = &sim->dims;
    int rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    int64_t row = t->rows++;
    int type = sim->type[firm];
    int32_t street = jd_first_row(&sim->tree, JD_STREET),
            cohort = sim->cohort[sim->tree.parent[JD_STREET][to]];
    JD_CELLS(t, R_FIRM, int32_t)[row] = (int32_t)firm;
    JD_CELLS(t, R_SECTOR, int8_t)[row] = (int8_t)jd_type_sector(d, type);
    JD_CELLS(t, R_EMISSION, int8_t)[row] = (int8_t)jd_type_emission(d, type);
    JD_CELLS(t, R_SIZE, int8_t)[row] = (int8_t)jd_type_size(d, type);
    JD_CELLS(t, R_PERIOD, int16_t)[row] = (int16_t)period;
    JD_CELLS(t, R_DATE, int32_t)[row] = jd_quarter_days((int32_t)(sim->params->start + period - 1));
    JD_CELLS(t, R_ORIGIN, int32_t)[row] = street + from;
    JD_CELLS(t, R_DESTINATION, int32_t)[row] = street + to;
    JD_CELLS(t, R_DISTANCE, float)[row] = (float)distance;
    JD_CELLS(t, R_TREATED, int8_t)[row] = cohort > 0 && period >= cohort;
    JD_CELLS(t, R_OBSERVED, int8_t)[row] = observed > 0;
    JD_CELLS(t, R_OBSERVED_PERIOD, int16_t)[row] = (int16_t)observed;
    JD_CELLS(t, R_OBSERVED_SECTOR, int8_t)[row] = (int8_t)(observed > 0 ? observed_sector : -1);
    return JD_OK;
}

/* A move across a county border enters the empirical file, or not; returns the period it is filed
 * under. */
static int64_t file_move(struct jd_simulation *sim, int64_t period, int64_t firm, int32_t to_county,
                         int *sector)
{
    int64_t observed = observe(sim, period, firm),
            cells = (int64_t)sim->dims.sectors * sim->dims.counties;
    int32_t i = find_panel_firm(sim, firm);
    bool treated = sim->cohort[to_county] > 0;
    if (i >= 0) count_panel_move(sim, i, period, treated, O_MOVED, O_MOVED_TREATED);
    if (observed < 0) return observed;
    *sector = jd_observed_sector(sim, firm);
    sim->record
        .observed[(observed - 1) * cells + (int64_t)*sector * sim->dims.counties + to_county]++;
    sim->facts.observed++;
    if (i >= 0)
        count_panel_move(sim, i, observed, treated, O_MOVED_OBSERVED, O_MOVED_TREATED_OBSERVED);
    return observed;
}

int jd_record_move(struct jd_simulation *sim, int64_t period, int64_t firm, int32_t from,
                   int32_t to, jd_ctx_t *ctx)
{
    const jd_tree_t *tree = &sim->tree;
    int32_t from_c = tree->parent[JD_STREET][from], to_c = tree->parent[JD_STREET][to];
    int32_t from_p = tree->parent[JD_COUNTY][from_c], to_p = tree->parent[JD_COUNTY][to_c];
    bool across = from_c != to_c;
    int keep = sim->record.output->relocations, sector = -1;
    int64_t observed = -1;
    double distance = 0;
    sim->facts.moves++;
    if (across) {
        distance = jd_tree_distance(tree, from, to);
        observed = file_move(sim, period, firm, to_c, &sector);
        sim->record.distance_sum += distance;
        sim->facts.relocations++;
        sim->facts.within_prefecture += from_p == to_p;
        sim->facts.within_province +=
            tree->parent[JD_PREFECTURE][from_p] == tree->parent[JD_PREFECTURE][to_p];
    }
    if (keep == JD_KEEP_NONE || (keep == JD_KEEP_RECORDED && !across) ||
        (keep == JD_KEEP_OBSERVED && observed < 0))
        return JD_OK;
    if (!across) distance = jd_tree_distance(tree, from, to);
    return keep_row(sim, period, firm, from, to, observed, sector, distance, ctx);
}

void jd_record_counterfactual_move(struct jd_simulation *sim, int64_t period, int64_t firm,
                                   int32_t from, int32_t to)
{
    int32_t from_c = sim->tree.parent[JD_STREET][from], to_c = sim->tree.parent[JD_STREET][to];
    if (from_c == to_c) return;
    int32_t i = find_panel_firm(sim, firm);
    if (i >= 0)
        count_panel_move(sim, i, period, sim->cohort[to_c] > 0, O_MOVED_WITHOUT,
                         O_MOVED_TREATED_WITHOUT);
}
