/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/record/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "run/record/columns.h"
#include "run/setting.h"

#define O(field) offsetof(jd_observation_params_t, field)

static const jd_param_t observation_params[] = {
    {"coverage", JD_PARAM_DOUBLE, O(coverage), "0.8", 0, 1, NULL, "1",
     "share of moves across a county border that the empirical file shows",
     "9,670 records from 200,000 firms", JD_RESULT},
    {"date_error", JD_PARAM_DOUBLE, O(date_error), "0.1", 0, 1, NULL, "1",
     "share of these dated a quarter too early or too late", "assumed", JD_RESULT},
    {"misclass", JD_PARAM_DOUBLE, O(misclass), "0.05", 0, 1, NULL, "1",
     "share of firms filed under another sector", "assumed", JD_RESULT},
    {"panel_firms", JD_PARAM_INT, O(panel_firms), "10000", 0, 10000000, NULL, "firms",
     "firms in panel/observed, movers or not, drawn from all", "assumed", JD_RESULT},
};

static bool has_one_sector(const void *block, const jd_config_t *config)
{
    const jd_firms_params_t *firms = jd_config_section(config, "firms");
    (void)block;
    return firms->sector_shares.n == 1;
}

static bool covers_nothing(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_observation_params_t *)block)->coverage == 0.0;
}

static const jd_unread_t unread[] = {
    {"misclass", has_one_sector, "with one sector of firms there is no other to be filed under"},
    {"date_error", covers_nothing, "observation.coverage = 0 shows no move to be misdated"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_observation_section = {
    .name = "observation",
    .help = "how the empirical file differs from the truth",
    .params = observation_params,
    .n_params = (int)(sizeof observation_params / sizeof observation_params[0]),
    .size = sizeof(jd_observation_params_t),
    .unread = unread,
};

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

int32_t *jd_history(const struct jd_simulation *sim, int world, int flow, int64_t period)
{
    int64_t periods = sim->params->periods, size = (int64_t)sim->dims.sectors * sim->dims.counties;
    return sim->record.history +
           (((int64_t)world * JD_FLOW_KINDS + flow) * periods + (period - 1)) * size;
}

int32_t jd_first_row(const jd_tree_t *tree, jd_level_t level)
{
    int32_t row = 0;
    for (int l = 0; l < (int)level; l++)
        row += tree->n[l];
    return row;
}

jd_cell_kind_t jd_cell_kind(const struct jd_simulation *sim, int32_t county, int64_t period)
{
    int32_t g = sim->cohort[county];
    if (g == 0) return JD_KIND_NEVER;
    if (period >= g) return JD_KIND_POST;
    return period >= g - sim->policy_params->anticipation ? JD_KIND_ANN : JD_KIND_PRE;
}

/* One of every total/n stretches of numbers, by a keyed draw: any part of the world can tell the
 * sample. */
static int draw_sample(struct jd_simulation *sim, uint64_t which, int64_t total, int64_t wanted,
                       int32_t *n, int32_t **sample, jd_ctx_t *ctx)
{
    jd_jump_t jump = jd_jump(jd_stream(sim->seed, sim->replicate, JD_DRAW_SAMPLE), 0, (int)which);
    *n = (int32_t)(wanted < total ? wanted : total);
    int rc = jd_make(sample, *n, sizeof **sample, "a sample", ctx);
    for (int64_t i = 0; i < *n && !rc; i++) {
        int64_t low = i * total / *n, high = (i + 1) * total / *n;
        (*sample)[i] =
            (int32_t)(low + (int64_t)(jd_draw(&jump, (uint64_t)i) * (double)(high - low)));
    }
    return rc;
}

static int make_jurisdictions(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    const jd_tree_t *tree = &sim->tree;
    jd_table_t *t = &sim->record.table[JD_TABLE_JURISDICTIONS];
    int64_t rows = jd_first_row(tree, JD_STREET) + tree->n[JD_STREET], row = 0;
    int rc = jd_table_init(t, "jurisdictions", "All divisions, level by level from the top",
                           jd_jurisdiction_columns, J_COLUMNS, rows, ctx);
    if (rc) return rc;
    for (int l = JD_CENTRE; l < JD_LEVELS; l++) {
        for (int32_t u = 0; u < tree->n[l]; u++, row++) {
            bool degrees = l == JD_STREET && tree->longitude;
            jd_table_set_text(t, J_NAME, row, "");
            memcpy(JD_CELLS(t, J_CODE, char) + row * JD_CODE_WIDTH,
                   tree->code[l] + (size_t)u * JD_CODE_WIDTH, JD_CODE_WIDTH);
            memcpy(JD_CELLS(t, J_NAME, char) + row * JD_NAME_WIDTH,
                   tree->name[l] + (size_t)u * JD_NAME_WIDTH, JD_NAME_WIDTH);
            JD_CELLS(t, J_LEVEL, int8_t)[row] = (int8_t)l;
            JD_CELLS(t, J_PARENT, int32_t)
            [row] =
                l == JD_CENTRE ? -1 : jd_first_row(tree, (jd_level_t)(l - 1)) + tree->parent[l][u];
            JD_CELLS(t, J_X, double)[row] = tree->x[l][u];
            JD_CELLS(t, J_Y, double)[row] = tree->y[l][u];
            JD_CELLS(t, J_LONGITUDE, double)[row] = degrees ? tree->longitude[u] : (double)NAN;
            JD_CELLS(t, J_LATITUDE, double)[row] = degrees ? tree->latitude[u] : (double)NAN;
            JD_CELLS(t, J_LAND, double)[row] = tree->land[l][u];
            JD_CELLS(t, J_DEVELOPMENT, double)[row] = tree->development[l][u];
            JD_CELLS(t, J_FISCAL, double)[row] = tree->fiscal[l][u];
            JD_CELLS(t, J_COHORT, int32_t)[row] = l == JD_COUNTY ? sim->cohort[u] : -1;
            JD_CELLS(t, J_FOLD, int8_t)[row] = l == JD_COUNTY ? sim->fold[u] : (int8_t)-1;
        }
    }
    t->rows = rows;
    return JD_OK;
}

/* Makes a panel and fills the columns all panels share, but the cohort. */
static int make_panel(struct jd_simulation *sim, jd_table_t *t, const char *name, const char *label,
                      const jd_column_t *columns, int n_columns, int64_t n_time, int64_t n_unit,
                      int32_t first_unit, jd_ctx_t *ctx)
{
    int rc = jd_table_init_panel(t, name, label, columns, n_columns, n_time, n_unit, ctx);
    for (int64_t i = 0; i < n_time && !rc; i++) {
        JD_CELLS(t, P_TIME, int32_t)[i] = (int32_t)i + 1;
        JD_CELLS(t, P_DATE, int32_t)[i] = jd_quarter_days((int32_t)(sim->params->start + i));
    }
    for (int64_t u = 0; u < n_unit && !rc; u++)
        JD_CELLS(t, P_UNIT, int32_t)[u] = first_unit + (int32_t)u;
    return rc;
}

static int make_county_panel(struct jd_simulation *sim, int which, const char *name,
                             const char *label, const jd_column_t *columns, int n_columns,
                             jd_ctx_t *ctx)
{
    jd_table_t *t = &sim->record.table[which];
    int32_t first = jd_first_row(&sim->tree, JD_COUNTY);
    int rc = make_panel(sim, t, name, label, columns, n_columns, sim->params->periods,
                        sim->dims.counties, first, ctx);
    if (!rc) memcpy(t->data[P_COHORT], sim->cohort, (size_t)sim->dims.counties * sizeof(int32_t));
    return rc;
}

static int make_sector_panel(struct jd_simulation *sim, int which, const char *name,
                             const char *label, const jd_column_t *columns, int n_columns,
                             jd_ctx_t *ctx)
{
    jd_table_t *t = &sim->record.table[which];
    int32_t sectors = sim->dims.sectors, first = jd_first_row(&sim->tree, JD_COUNTY);
    int rc = make_panel(sim, t, name, label, columns, n_columns, sim->params->periods,
                        (int64_t)sim->dims.counties * sectors, 0, ctx);
    for (int32_t c = 0; c < sim->dims.counties && !rc; c++) {
        for (int32_t k = 0; k < sectors; k++) {
            JD_CELLS(t, P_COHORT, int32_t)[c * sectors + k] = k == 0 ? sim->cohort[c] : 0;
            JD_CELLS(t, S_COUNTY, int32_t)[c * sectors + k] = first + c;
            JD_CELLS(t, S_SECTOR, int8_t)[c * sectors + k] = (int8_t)k;
        }
    }
    return rc;
}

static int make_street_panels(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    static const char *const names[2] = {"panel/street", "truth/street"};
    static const char *const labels[2] = {"Streets by quarter",
                                          "Streets by quarter, in the world without the policy"};
    int32_t first = jd_first_row(&sim->tree, JD_STREET),
            county = jd_first_row(&sim->tree, JD_COUNTY);
    int rc = JD_OK;
    for (int w = 0; w < 2 && !rc; w++) {
        jd_table_t *t = &sim->record.street[w];
        rc = make_panel(sim, t, names[w], labels[w], jd_street_columns, G_COLUMNS, 1,
                        sim->dims.streets, first, ctx);
        for (int32_t s = 0; s < sim->dims.streets && !rc; s++) {
            JD_CELLS(t, G_COUNTY, int32_t)[s] = county + sim->tree.parent[JD_STREET][s];
            JD_CELLS(t, P_COHORT, int32_t)[s] = sim->cohort[sim->tree.parent[JD_STREET][s]];
        }
    }
    return rc;
}

/* A firm is filed under another sector with probability `misclass`, any other alike, for good. */
int jd_observed_sector(const struct jd_simulation *sim, int64_t firm)
{
    int sector = jd_type_sector(&sim->dims, sim->type[firm]), sectors = sim->dims.sectors;
    jd_jump_t jump = jd_jump(jd_stream(sim->seed, sim->replicate, JD_DRAW_MISCLASS), 0, 0);
    jd_rng_t rng = jd_rng_at(&jump, (uint64_t)firm);
    if (sectors == 1 || jd_rng_uniform(&rng) >= sim->record.observation->misclass) return sector;
    return (sector + 1 + (int)(jd_rng_uniform(&rng) * (sectors - 1))) % sectors;
}

static int make_observed(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    jd_table_t *t = &r->table[JD_TABLE_OBSERVED];
    int32_t county_row = jd_first_row(&sim->tree, JD_COUNTY);
    int rc = draw_sample(sim, 0, sim->dims.first_firms, r->observation->panel_firms,
                         &r->n_panel_firms, &r->panel_firm, ctx);
    if (rc || r->n_panel_firms == 0) return rc;
    rc = make_panel(sim, t, "panel/observed",
                    "Firms by quarter, as an empirical researcher would hold them",
                    jd_observed_columns, O_COLUMNS, sim->params->periods, r->n_panel_firms, 0, ctx);
    for (int32_t i = 0; i < r->n_panel_firms && !rc; i++) {
        int32_t firm = r->panel_firm[i], street = sim->world[0].place[firm];
        int32_t county = sim->tree.parent[JD_STREET][street];
        int sector = jd_type_sector(&sim->dims, sim->type[firm]);
        int filed = jd_observed_sector(sim, firm);
        JD_CELLS(t, P_UNIT, int32_t)[i] = firm;
        JD_CELLS(t, P_COHORT, int32_t)[i] = sector == 0 ? sim->cohort[county] : 0;
        JD_CELLS(t, O_SECTOR, int8_t)[i] = (int8_t)sector;
        JD_CELLS(t, O_SECTOR_OBSERVED, int8_t)[i] = (int8_t)filed;
        JD_CELLS(t, O_COHORT_OBSERVED, int32_t)[i] = filed == 0 ? sim->cohort[county] : 0;
        JD_CELLS(t, O_ORIGIN, int32_t)[i] = county_row + county;
        JD_CELLS(t, O_TREATED_ORIGIN, int32_t)[i] = sim->cohort[county];
    }
    return rc;
}

static int make_officials(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    jd_table_t *t = &r->table[JD_TABLE_OFFICIALS];
    int32_t slots = sim->dims.slots, street_row = jd_first_row(&sim->tree, JD_STREET);
    int rc = draw_sample(sim, 1, (int64_t)sim->dims.streets * slots, r->output->officials,
                         &r->n_sample, &r->sample_official, ctx);
    if (rc || r->n_sample == 0) return rc;
    rc = make_panel(sim, t, "officials", "A sample of officials, traced over time",
                    jd_official_columns, F_COLUMNS, sim->params->periods, r->n_sample, 0, ctx);
    for (int32_t i = 0; i < r->n_sample && !rc; i++) {
        int32_t street = r->sample_official[i] / slots, slot = r->sample_official[i] % slots;
        JD_CELLS(t, P_UNIT, int32_t)[i] = street * 128 + slot;
        JD_CELLS(t, P_COHORT, int32_t)[i] = sim->cohort[sim->tree.parent[JD_STREET][street]];
        JD_CELLS(t, F_SLOT, int32_t)[i] = slot;
        JD_CELLS(t, F_STREET, int32_t)[i] = street_row + street;
    }
    return rc;
}

static int make_mechanism_panels(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    int rc = JD_OK;
    r->n_tables = JD_TABLE_MECHANISMS;
    for (int m = 0; jd_mechanisms[m] && !rc; m++) {
        const jd_mechanism_t *mechanism = jd_mechanisms[m];
        r->mechanism_table[m] = -1;
        if (!sim->mechanism_on[m] || !mechanism->record) continue;
        r->mechanism_table[m] = r->n_tables;
        for (int w = 0; w < 2 && !rc; w++)
            rc = make_county_panel(sim, r->n_tables++, mechanism->tables[w], mechanism->label,
                                   mechanism->columns, mechanism->n_columns, ctx);
    }
    return rc;
}

int jd_record_init(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    r->observation = jd_config_section(sim->config, "observation");
    r->output = jd_config_section(sim->config, "output");
    int64_t periods = sim->params->periods, cells = (int64_t)sim->dims.sectors * sim->dims.counties;
    int rc = make_jurisdictions(sim, ctx);
    if (!rc)
        rc = make_county_panel(sim, JD_TABLE_COUNTY, "panel/county", "Counties by quarter",
                               jd_county_columns, C_COLUMNS, ctx);
    if (!rc)
        rc = make_county_panel(
            sim, JD_TABLE_TRUTH_COUNTY, "truth/county",
            "Counties by quarter in the world without the policy, and the true effects",
            jd_truth_county_columns, T_COLUMNS, ctx);
    if (!rc)
        rc = make_sector_panel(sim, JD_TABLE_SECTOR_COUNTY, "panel/sector_county",
                               "Sectors in counties by quarter", jd_sector_columns, S_COLUMNS, ctx);
    if (!rc)
        rc = make_sector_panel(
            sim, JD_TABLE_TRUTH_SECTOR_COUNTY, "truth/sector_county",
            "Sectors in counties by quarter without the policy, and the true effects",
            jd_truth_sector_columns, TS_COLUMNS, ctx);
    for (int w = 0; w < 2 && !rc; w++)
        rc = jd_table_init(&r->table[w ? JD_TABLE_TRUTH_NATIONAL : JD_TABLE_NATIONAL],
                           w ? "truth/national" : "panel/national",
                           w ? "The whole world by quarter, without the policy"
                             : "The whole world by quarter",
                           jd_national_columns, N_COLUMNS, periods, ctx);
    if (!rc) rc = make_observed(sim, ctx);
    if (!rc) rc = make_officials(sim, ctx);
    if (!rc) rc = make_mechanism_panels(sim, ctx);
    if (!rc && r->output->streets) rc = make_street_panels(sim, ctx);
    if (!rc)
        rc = jd_table_init(&r->relocations, "relocations",
                           "Moves of firms, in the order of period and firm", jd_relocation_columns,
                           R_COLUMNS, sim->dims.firms / 100 + 1024, ctx);
    if (!rc)
        rc = jd_make(&r->history, periods * cells * JD_FLOW_KINDS * sim->n_worlds_max,
                     sizeof(int32_t), "histories", ctx);
    if (!rc) rc = jd_make(&r->observed, periods * cells, sizeof(int32_t), "histories", ctx);
    return rc;
}

void jd_record_free(jd_record_t *r)
{
    for (int i = 0; i < JD_TABLES_MAX; i++)
        jd_table_free(&r->table[i]);
    jd_table_free(&r->relocations);
    jd_table_free(&r->street[0]);
    jd_table_free(&r->street[1]);
    free(r->history);
    free(r->observed);
    free(r->panel_firm);
    free(r->sample_official);
    memset(r, 0, sizeof *r);
}
