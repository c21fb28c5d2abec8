/* SPDX-License-Identifier: GPL-3.0-or-later */
/** officials: a sample of officials of the world that is fact, traced over time. */
#include "run/record/recorded.h"

enum { SLOT = P_SHARED, STREET, EFFORT_STRONG, EFFORT_WEAK, STRONG, WEAK, WILLINGNESS, COLUMNS };

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("official: street * 128 + slot, streets from 0",
                  "first treated period of the county, 0 = never"),
    [SLOT] = {"slot", JD_INT32, "1", "official of the street, from 0", NULL, JD_UNIT},
    [STREET] = {"street", JD_INT32, "1", "street: row of /jurisdictions", NULL, JD_UNIT},
    [EFFORT_STRONG] = JD_COLUMN("effort_strong", JD_FLOAT, "1", "e_S"),
    [EFFORT_WEAK] = JD_COLUMN("effort_weak", JD_FLOAT, "1", "e_W"),
    [STRONG] = JD_COLUMN("capability_strong", JD_FLOAT, "1", "A_S at the quarter's end"),
    [WEAK] = JD_COLUMN("capability_weak", JD_FLOAT, "1", "A_W at the quarter's end"),
    [WILLINGNESS] = JD_COLUMN("willingness", JD_FLOAT, "1", "psi at the quarter's end"),
};

static jd_extent_t rows(const jd_dims_t *dims, const jd_sizes_t *sizes)
{
    int64_t all = (int64_t)dims->streets * dims->slots;
    return (jd_extent_t){sizes->periods, sizes->officials < all ? sizes->officials : all};
}

static int start(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    int32_t slots = sim->dims.slots, street_row = jd_first_row(&sim->tree, JD_STREET);
    int rc = jd_record_sample(sim, 1, (int64_t)sim->dims.streets * slots, t->n_unit,
                              &r->sample_official, ctx);
    for (int64_t i = 0; i < t->n_unit && !rc; i++) {
        int32_t street = r->sample_official[i] / slots, slot = r->sample_official[i] % slots;
        JD_CELLS(t, P_UNIT, int32_t)[i] = street * 128 + slot;
        JD_CELLS(t, P_COHORT, int32_t)[i] = sim->cohort[sim->tree.parent[JD_STREET][street]];
        JD_CELLS(t, SLOT, int32_t)[i] = slot;
        JD_CELLS(t, STREET, int32_t)[i] = street_row + street;
    }
    return rc;
}

static int fill(struct jd_simulation *sim, int w, int64_t period, jd_table_t *t, jd_ctx_t *ctx)
{
    const jd_officials_t *officials = &sim->world[w].officials;
    const int32_t slots = sim->dims.slots;
    (void)ctx;
    for (int64_t i = 0; i < t->n_unit; i++) {
        int32_t street = sim->record.sample_official[i] / slots,
                slot = sim->record.sample_official[i] % slots;
        int64_t from = (int64_t)slot * sim->dims.streets + street,
                at = (period - 1) * t->n_unit + i;
        JD_CELLS(t, EFFORT_STRONG, float)[at] = (float)officials->effort_s[from];
        JD_CELLS(t, EFFORT_WEAK, float)[at] = (float)officials->effort_w[from];
        JD_CELLS(t, STRONG, float)[at] = (float)officials->strong[from];
        JD_CELLS(t, WEAK, float)[at] = (float)officials->weak[from];
        JD_CELLS(t, WILLINGNESS, float)[at] = (float)officials->psi[from];
    }
    return JD_OK;
}

const jd_record_table_t jd_record_officials = {
    .name = "officials",
    .label = "A sample of officials, traced over time",
    .columns = columns,
    .n_columns = COLUMNS,
    .grows = JD_GROWS_SAMPLES,
    .rows = rows,
    .start = start,
    .fill = fill,
};
