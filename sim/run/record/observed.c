/* SPDX-License-Identifier: GPL-3.0-or-later */
/** panel/observed: a sample of firms as an empirical researcher would hold them; and the model of
 * observation that makes it, section [observation]. */
#include <math.h>

#include "run/record/observe.h"
#include "run/record/recorded.h"

#define O(field) offsetof(jd_observation_params_t, field)

static const jd_param_t params[] = {
    {"coverage", JD_PARAM_DOUBLE, O(coverage), "0.8", 0, 1, NULL, "1",
     "share of moves across a county border that the empirical file shows",
     "9,670 records from 200,000 firms", JD_RESULT},
    {"date_error", JD_PARAM_DOUBLE, O(date_error), "0.1", 0, 1, NULL, "1",
     "share of these dated a quarter too early or too late", "assumed", JD_RESULT},
    {"misclass", JD_PARAM_DOUBLE, O(misclass), "0.05", 0, 1, NULL, "1",
     "share of firms filed under another sector", "assumed", JD_RESULT},
    {"confusion", JD_PARAM_LIST, O(confusion), "0", 0, 1, NULL, "1",
     "instead of misclass: of each sector's firms, the shares filed under each sector; one row "
     "after the other, as 0.9, 0.1, 0.2, 0.8 for two",
     "off", JD_RESULT},
    {"panel_firms", JD_PARAM_INT, O(panel_firms), "10000", 0, 10000000, NULL, "firms",
     "firms in panel/observed, movers or not, drawn from all", "assumed", JD_RESULT},
};

static bool has_one_sector(const void *block, const jd_config_t *config)
{
    const jd_firms_params_t *firms = jd_config_section(config, "firms");
    (void)block;
    return firms->sector_shares.n == 1;
}

/* A single 0 is no matrix. */
static bool confuses(const jd_observation_params_t *p)
{
    return p->confusion.n != 1 || p->confusion.value[0] != 0.0;
}

static bool has_confusion(const void *block, const jd_config_t *config)
{
    (void)config;
    return confuses(block);
}

static bool covers_nothing(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_observation_params_t *)block)->coverage == 0.0;
}

static const jd_unread_t unread[] = {
    {"misclass", has_one_sector, "with one sector of firms there is no other to be filed under"},
    {"misclass", has_confusion, "observation.confusion says where firms are filed"},
    {"date_error", covers_nothing, "observation.coverage = 0 shows no move to be misdated"},
    {NULL, NULL, NULL},
};

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    const jd_observation_params_t *p = block;
    const jd_firms_params_t *firms = jd_config_section(config, "firms");
    const int n = firms->sector_shares.n;
    (void)name;
    if (!confuses(p)) return JD_OK;
    if (p->confusion.n != n * n)
        return jd_config_blame(config, "observation", "confusion", ctx,
                               "observation.confusion: has %d values; with %d sectors it takes %d "
                               "rows of %d shares, or one 0 for none",
                               p->confusion.n, n, n, n);
    for (int k = 0; k < n; k++) {
        double sum = 0;
        for (int l = 0; l < n; l++)
            sum += p->confusion.value[k * n + l];
        if (fabs(sum - 1) > 1e-9)
            return jd_config_blame(config, "observation", "confusion", ctx,
                                   "observation.confusion: row %d, of sector %d, sums to %g; every "
                                   "firm is filed somewhere, so each row must sum to 1",
                                   k + 1, k, sum);
    }
    return JD_OK;
}

const jd_section_t jd_observation_section = {
    .name = "observation",
    .help = "how the empirical file differs from the truth",
    .params = params,
    .n_params = (int)(sizeof params / sizeof params[0]),
    .size = sizeof(jd_observation_params_t),
    .check = check,
    .unread = unread,
};

enum {
    SECTOR = P_SHARED,
    SECTOR_OBSERVED,
    COHORT_OBSERVED,
    ORIGIN,
    COHORT_ORIGIN,
    MOVED,
    MOVED_TREATED,
    MOVED_OBSERVED,
    MOVED_TREATED_OBSERVED,
    MOVED_WITHOUT,
    MOVED_TREATED_WITHOUT,
    COLUMNS
};

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("firm, from 0",
                  "first treated period: of the county at the start, if the firm is targeted; 0 = "
                  "never"),
    [SECTOR] = {"sector", JD_INT8, "1", "sector", JD_SECTOR_FLAGS, JD_UNIT},
    [SECTOR_OBSERVED] = {"sector_observed", JD_INT8, "1", "sector as the empirical file has it",
                         JD_SECTOR_FLAGS, JD_UNIT},
    [COHORT_OBSERVED] = {"cohort_observed", JD_INT32, "quarter",
                         "the same by the sector as the empirical file has it", NULL, JD_UNIT},
    [ORIGIN] = {"origin", JD_INT32, "1", "county at the start: row of /jurisdictions", NULL,
                JD_UNIT},
    [COHORT_ORIGIN] = {"cohort_origin", JD_INT32, "quarter",
                       "first treated period of that county, 0 = never", NULL, JD_UNIT},
    [MOVED] = JD_COLUMN("moved", JD_INT8, "firms", "moved across a county border"),
    [MOVED_TREATED] = JD_COLUMN("moved_treated", JD_INT8, "firms",
                                "moved into a county that is treated sometime"),
    [MOVED_OBSERVED] =
        JD_COLUMN("moved_observed", JD_INT8, "firms", "moved, as the empirical file shows it"),
    [MOVED_TREATED_OBSERVED] =
        JD_COLUMN("moved_treated_observed", JD_INT8, "firms",
                  "moved into such a county, as the empirical file shows it"),
    [MOVED_WITHOUT] =
        JD_COLUMN("moved_without", JD_INT8, "firms", "moved, in the world without the policy"),
    [MOVED_TREATED_WITHOUT] =
        JD_COLUMN("moved_treated_without", JD_INT8, "firms",
                  "moved into such a county, in the world without the policy"),
};

static jd_extent_t rows(const jd_dims_t *dims, const jd_sizes_t *sizes)
{
    return (jd_extent_t){sizes->periods, sizes->panel_firms < dims->first_firms
                                             ? sizes->panel_firms
                                             : dims->first_firms};
}

static int start(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    int32_t county_row = jd_first_row(&sim->tree, JD_COUNTY);
    int rc = jd_record_sample(sim, 0, sim->dims.first_firms, t->n_unit, &r->panel_firm, ctx);
    for (int64_t i = 0; i < t->n_unit && !rc; i++) {
        int32_t firm = r->panel_firm[i], street = sim->world[0].place[firm];
        int32_t county = sim->tree.parent[JD_STREET][street];
        int sector = jd_type_sector(&sim->dims, sim->type[firm]);
        int filed = jd_observed_sector(sim, firm);
        JD_CELLS(t, P_UNIT, int32_t)[i] = firm;
        JD_CELLS(t, P_COHORT, int32_t)[i] = sector == 0 ? sim->cohort[county] : 0;
        JD_CELLS(t, SECTOR, int8_t)[i] = (int8_t)sector;
        JD_CELLS(t, SECTOR_OBSERVED, int8_t)[i] = (int8_t)filed;
        JD_CELLS(t, COHORT_OBSERVED, int32_t)[i] = filed == 0 ? sim->cohort[county] : 0;
        JD_CELLS(t, ORIGIN, int32_t)[i] = county_row + county;
        JD_CELLS(t, COHORT_ORIGIN, int32_t)[i] = sim->cohort[county];
    }
    r->firms = t;
    return rc;
}

/* The sector in whose stretch of a row of shares u falls. */
static int filed_under(const double *share, int sectors, int sector, double u)
{
    double sum = 0;
    for (int l = 0; l < sectors; l++) {
        sum += share[l];
        if (u < sum) return l;
    }
    return sector; /* u lies above a sum that rounding left below 1 */
}

/* A firm is filed for good: by its sector's row of `confusion`, or under another sector with
 * probability `misclass`, each of the others equally likely. */
int jd_observed_sector(const struct jd_simulation *sim, int64_t firm)
{
    int sector = jd_type_sector(&sim->dims, sim->type[firm]), sectors = sim->dims.sectors;
    jd_rng_t rng = jd_rng_at(&sim->record.misclass, (uint64_t)firm);
    const jd_observation_params_t *p = sim->record.observation;
    const double u = jd_rng_uniform(&rng);
    if (confuses(p)) return filed_under(p->confusion.value + sector * sectors, sectors, sector, u);
    if (sectors == 1 || u >= p->misclass) return sector;
    return (sector + 1 + (int)(jd_rng_uniform(&rng) * (sectors - 1))) % sectors;
}

/* What the empirical file makes of a move: period as recorded there, -1 = not there. */
static int64_t observe(const struct jd_simulation *sim, int64_t period, int64_t firm)
{
    const jd_observation_params_t *p = sim->record.observation;
    jd_rng_t rng = jd_rng_at(&sim->record.observe, (uint64_t)firm);
    double covered = jd_rng_uniform(&rng), wrong = jd_rng_uniform(&rng),
           early = jd_rng_uniform(&rng);
    if (covered >= p->coverage) return -1;
    if (wrong < p->date_error) period += early < 0.5 ? -1 : 1;
    return period >= 1 && period <= sim->params->periods ? period
                                                         : -1; /* dated outside the window: lost */
}

/* Place of a firm in the panel, or -1. */
static int64_t find_panel_firm(const struct jd_simulation *sim, int64_t firm)
{
    const jd_record_t *r = &sim->record;
    if (!r->firms || firm >= sim->dims.first_firms) return -1;
    int64_t n = r->firms->n_unit;
    int64_t guess = firm * n / sim->dims.first_firms; /* its stretch, or the one beside it */
    for (int64_t i = guess > 0 ? guess - 1 : 0; i <= guess + 1 && i < n; i++) {
        if (r->panel_firm[i] == firm) return i;
    }
    return -1;
}

static void count_panel_move(struct jd_simulation *sim, int64_t i, int64_t period,
                             bool into_treated, int moved, int moved_treated)
{
    jd_table_t *t = sim->record.firms;
    int64_t at = (period - 1) * t->n_unit + i;
    JD_CELLS(t, moved, int8_t)[at]++;
    if (into_treated) JD_CELLS(t, moved_treated, int8_t)[at]++;
}

int64_t jd_observe_move(struct jd_simulation *sim, int64_t period, int64_t firm, int32_t to_county,
                        int *sector)
{
    int64_t observed = observe(sim, period, firm),
            cells = (int64_t)sim->dims.sectors * sim->dims.counties;
    int64_t i = find_panel_firm(sim, firm);
    bool treated = sim->cohort[to_county] > 0;
    if (i >= 0) count_panel_move(sim, i, period, treated, MOVED, MOVED_TREATED);
    if (observed < 0) return observed;
    *sector = jd_observed_sector(sim, firm);
    sim->record
        .observed[(observed - 1) * cells + (int64_t)*sector * sim->dims.counties + to_county]++;
    sim->facts.observed++;
    if (i >= 0) count_panel_move(sim, i, observed, treated, MOVED_OBSERVED, MOVED_TREATED_OBSERVED);
    return observed;
}

void jd_record_counterfactual_move(struct jd_simulation *sim, int64_t period, int64_t firm,
                                   int32_t from, int32_t to)
{
    int32_t from_c = sim->tree.parent[JD_STREET][from], to_c = sim->tree.parent[JD_STREET][to];
    if (from_c == to_c) return;
    int64_t i = find_panel_firm(sim, firm);
    if (i >= 0)
        count_panel_move(sim, i, period, sim->cohort[to_c] > 0, MOVED_WITHOUT,
                         MOVED_TREATED_WITHOUT);
}

const jd_record_table_t jd_record_observed = {
    .name = "panel/observed",
    .label = "Firms by quarter, as an empirical researcher would hold them",
    .columns = columns,
    .n_columns = COLUMNS,
    .grows = JD_GROWS_SAMPLES,
    .rows = rows,
    .start = start,
};
