/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/recovery_samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "model/mechanism.h"
#include "run/record/estimands.h"
#include "run/record/truth.h"

int jd_recovery_sample_init(jd_recovery_sample_t *s, int64_t n, int n_fixed, bool direct,
                            jd_ctx_t *ctx)
{
    s->n = n;
    s->n_fixed = n_fixed;
    int32_t **const codes[] = {&s->unit,    &s->time,     &s->cohort,
                               &s->cluster, &s->fixed[0], &s->fixed[1]};
    double **const values[] = {&s->observed, &s->y1, &s->y0, &s->direct};
    int rc = jd_make(&s->cell, n, sizeof *s->cell, "an estimation sample", ctx);
    for (int i = 0; i < 4 + n_fixed && !rc; i++)
        rc = jd_make(codes[i], n, sizeof(int32_t), "an estimation sample", ctx);
    for (int i = 0; i < 3 + direct && !rc; i++)
        rc = jd_make(values[i], n, sizeof(double), "an estimation sample", ctx);
    return rc;
}

void jd_recovery_sample_free(jd_recovery_sample_t *s)
{
    void *all[] = {s->unit, s->time,     s->cohort, s->cluster, s->fixed[0], s->fixed[1],
                   s->cell, s->observed, s->y1,     s->y0,      s->direct,   s->dose};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    memset(s, 0, sizeof *s);
}

static const jd_table_t *recorded(const jd_recorded_t *r, const char *name)
{
    return r->table(r->user, name);
}

static const int32_t *ints(const jd_table_t *t, const char *column)
{
    return JD_CELLS(t, jd_table_find(t, column), int32_t);
}

/* Unit, time and cohort of every row of a panel, and its cluster: what lies `up` levels above the
 * county of the unit, given [n_unit] as its row of /jurisdictions. */
static void fill_keys(jd_recovery_sample_t *s, const jd_table_t *t, const int32_t *county,
                      const jd_table_t *places, int32_t up)
{
    const int32_t *unit = ints(t, "unit"), *time = ints(t, "time"), *cohort = ints(t, "cohort");
    const int32_t *parent = ints(places, "parent");
    for (int64_t i = 0; i < s->n; i++) {
        int64_t u = i % t->n_unit;
        int32_t cluster = county[u];
        for (int32_t level = 0; level < up; level++)
            cluster = parent[cluster];
        s->unit[i] = unit[u];
        s->time[i] = time[i / t->n_unit];
        s->cohort[i] = cohort[u];
        s->cluster[i] = cluster;
    }
}

/* Outcomes of every row: as observed, with the policy, and without it. */
static void fill_outcomes(jd_recovery_sample_t *s, const jd_table_t *fact, const char *observed,
                          const char *with, const jd_table_t *truth, const char *without)
{
    int seen = jd_table_find(fact, observed), y1 = jd_table_find(fact, with),
        y0 = jd_table_find(truth, without);
    for (int64_t i = 0; i < s->n; i++) {
        s->observed[i] = jd_table_number(fact, seen, i);
        s->y1[i] = jd_table_number(fact, y1, i);
        s->y0[i] = jd_table_number(truth, y0, i);
    }
}

int jd_county_sample(jd_recovery_sample_t *s, const jd_estimate_params_t *p, const jd_recorded_t *r,
                     jd_ctx_t *ctx)
{
    const jd_table_t *fact = recorded(r, "panel/county"), *truth = recorded(r, "truth/county");
    const jd_table_t *places = recorded(r, "jurisdictions");
    const jd_outcome_t *o = &jd_outcomes[p->outcome];
    const char *outcome = o->name;
    const jd_table_t *y1 = recorded(r, o->panels[0]), *y0 = recorded(r, o->panels[1]);
    int direct = jd_table_find(truth, "direct_inflow");
    bool known =
        p->outcome == JD_FLOW_IN && fact->rows > 0 && !isnan(jd_table_number(truth, direct, 0));
    if (!y1 || !y0)
        return jd_fail(
            ctx, JD_ERR_VALUE,
            "estimate.outcome = %s: the run has no table %s; write %s.on = yes, or another "
            "outcome",
            outcome, o->panels[0], jd_outcome_mechanism(o)->section.name);
    s->panel = "county";
    s->quantity = outcome;
    s->n_units = (int32_t)fact->n_unit;
    int rc = jd_recovery_sample_init(s, fact->rows, 0, known, ctx);
    if (!rc) rc = jd_make(&s->dose, fact->rows, sizeof *s->dose, "an estimation sample", ctx);
    if (rc) return rc;
    fill_keys(s, fact, ints(fact, "unit"), places, p->cluster);
    fill_outcomes(s, y1, p->data == JD_DATA_OBSERVED ? "inflow_observed" : outcome, outcome, y0,
                  outcome);
    int kind = jd_table_find(fact, "cell"), dose = jd_table_find(fact, "dose_effective");
    for (int64_t i = 0; i < s->n; i++) {
        s->cell[i] = (int8_t)jd_table_number(fact, kind, i);
        s->dose[i] = jd_table_number(fact, dose, i);
        if (known) s->direct[i] = jd_table_number(truth, direct, i);
    }
    return JD_OK;
}

/* Leaves the targeted sector and one other in a sample by sector. */
static void keep_sector(jd_recovery_sample_t *s, const int8_t *sector, int64_t n_unit,
                        int64_t other)
{
    int32_t *const codes[] = {s->unit, s->time, s->cohort, s->cluster, s->fixed[0], s->fixed[1]};
    double *const values[] = {s->observed, s->y1, s->y0};
    int64_t kept = 0;
    for (int64_t i = 0; i < s->n; i++) {
        if (sector[i % n_unit] != 0 && sector[i % n_unit] != other) continue;
        for (int c = 0; c < 6; c++)
            codes[c][kept] = codes[c][i];
        for (int v = 0; v < 3; v++)
            values[v][kept] = values[v][i];
        s->cell[kept++] = s->cell[i];
    }
    s->n = kept;
}

int jd_sector_sample(jd_recovery_sample_t *s, const jd_estimate_params_t *p, const jd_recorded_t *r,
                     jd_ctx_t *ctx)
{
    const jd_table_t *fact = recorded(r, "panel/sector_county"),
                     *truth = recorded(r, "truth/sector_county");
    const jd_table_t *places = recorded(r, "jurisdictions");
    const char *outcome = jd_outcomes[p->outcome].name;
    s->panel = "sector_county";
    s->quantity = outcome;
    int rc = jd_recovery_sample_init(s, fact->rows, 2, false, ctx);
    if (rc) return rc;
    const int32_t *county = ints(fact, "county"), periods = (int32_t)fact->n_time;
    const int8_t *sector = JD_CELLS(fact, jd_table_find(fact, "sector"), int8_t);
    fill_keys(s, fact, county, places, p->cluster);
    fill_outcomes(s, fact, p->data == JD_DATA_OBSERVED ? "inflow_observed" : outcome, outcome,
                  truth, outcome);
    int kind = jd_table_find(fact, "cell");
    for (int64_t i = 0; i < s->n; i++) {
        int64_t u = i % fact->n_unit, t = i / fact->n_unit;
        s->fixed[0][i] = sector[u] * periods + (int32_t)t;
        s->fixed[1][i] = county[u] * periods + (int32_t)t;
        s->cell[i] = (int8_t)jd_table_number(fact, kind, i);
    }
    if (p->control_sector > 0) keep_sector(s, sector, fact->n_unit, p->control_sector);
    return JD_OK;
}

/* Kind of a firm's cell: targeted firms have that of the county they started in. */
static int8_t firm_cell(bool targeted, int32_t near, int8_t county)
{
    if (targeted) return county;
    return (int8_t)(near > 0 ? JD_CELL_OTHER : JD_CELL_NEVER);
}

int jd_firm_sample(jd_recovery_sample_t *s, const jd_estimate_params_t *p, const jd_recorded_t *r,
                   jd_ctx_t *ctx)
{
    const jd_table_t *t = recorded(r, "panel/observed"), *places = recorded(r, "jurisdictions");
    const jd_table_t *county = recorded(r, "panel/county");
    s->panel = "firm";
    s->quantity = "moved_treated";
    int rc = jd_recovery_sample_init(s, t->rows, 0, false, ctx);
    if (rc) return rc;
    const int32_t *near = ints(t, "cohort_origin"), *origin = ints(t, "origin");
    const int32_t first = ints(county, "unit")[0]; /* counties stand in the order of their rows */
    const int8_t *cell = JD_CELLS(county, jd_table_find(county, "cell"), int8_t);
    const int8_t *sector = JD_CELLS(t, jd_table_find(t, "sector"), int8_t);
    fill_keys(s, t, ints(t, "origin"), places, p->cluster);
    fill_outcomes(s, t, p->data == JD_DATA_OBSERVED ? "moved_treated_observed" : "moved_treated",
                  "moved_treated", t, "moved_treated_without");
    for (int64_t i = 0; i < s->n; i++) {
        int64_t u = i % t->n_unit;
        s->cell[i] = firm_cell(sector[u] == 0, near[u],
                               cell[i / t->n_unit * county->n_unit + origin[u] - first]);
    }
    return JD_OK;
}
