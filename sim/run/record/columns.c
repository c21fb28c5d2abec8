/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/record/columns.h"

#include "model/jurisdictions/tree.h"

#define CELL 0, JD_AXIS_CELL
#define UNIT 0, JD_AXIS_UNIT
#define TIME 0, JD_AXIS_TIME

#define CELLS_FLAGS \
    "0 treated, 1 announced, 2 to be treated, 3 never treated, 4 untargeted in treated county"
#define LEVEL_FLAGS "0 centre, 1 province, 2 prefecture, 3 county, 4 street"

const jd_column_t jd_jurisdiction_columns[J_COLUMNS] = {
    {"code", JD_TEXT, "", "division code", NULL, JD_CODE_WIDTH, JD_AXIS_CELL},
    {"level", JD_INT8, "1", "level", LEVEL_FLAGS, CELL},
    {"parent", JD_INT32, "1", "row of the division above, from 0; -1 for the centre", NULL, CELL},
    {"name", JD_TEXT, "", "name", NULL, JD_NAME_WIDTH, JD_AXIS_CELL},
    {"x", JD_DOUBLE, "km", "east on the map", NULL, CELL},
    {"y", JD_DOUBLE, "km", "north on the map", NULL, CELL},
    {"longitude", JD_DOUBLE, "degrees_east", "longitude; missing in a synthetic tree", NULL, CELL},
    {"latitude", JD_DOUBLE, "degrees_north", "latitude; missing in a synthetic tree", NULL, CELL},
    {"land", JD_DOUBLE, "km2", "land", NULL, CELL},
    {"development", JD_DOUBLE, "1", "development, z-score over streets", NULL, CELL},
    {"fiscal", JD_DOUBLE, "1", "fiscal capacity, z-score over streets", NULL, CELL},
    {"cohort", JD_INT32, "quarter",
     "first treated period of the county; 0 = never, -1 = not a county", NULL, CELL},
    {"fold", JD_INT8, "1", "fold of a treated county, -1 = none", NULL, CELL},
};

const jd_column_t jd_relocation_columns[R_COLUMNS] = {
    {"firm", JD_INT32, "1", "firm, from 0", NULL, CELL},
    {"sector", JD_INT8, "1", "sector", "0 targeted, 1 similar untargeted, 2 other, 3 further",
     CELL},
    {"emission", JD_INT8, "1", "emission class, from 0", NULL, CELL},
    {"size", JD_INT8, "1", "size class, from 0", NULL, CELL},
    {"period", JD_INT16, "quarter", "period of the move, from 1", NULL, CELL},
    {"date", JD_INT32, JD_DAYS, "first day of the quarter", NULL, CELL},
    {"origin", JD_INT32, "1", "street left: row of /jurisdictions", NULL, CELL},
    {"destination", JD_INT32, "1", "street moved to: row of /jurisdictions", NULL, CELL},
    {"distance", JD_FLOAT, "km", "distance moved", NULL, CELL},
    {"treated_destination", JD_INT8, "1", "destination county has adopted the policy",
     "0 no, 1 yes", CELL},
    {"observed", JD_INT8, "1", "the empirical file shows this move", "0 no, 1 yes", CELL},
    {"observed_period", JD_INT16, "quarter", "period as recorded there, -1 = none", NULL, CELL},
    {"observed_sector", JD_INT8, "1", "sector as recorded there, -1 = none", NULL, CELL},
};

#define COHORT "first treated period, 0 = never"

#define COUNTY_COLUMNS                                                                               \
    JD_PANEL_HEAD("county: row of /jurisdictions", COHORT),                                          \
        {"cell", JD_INT8, "1", "kind of cell", CELLS_FLAGS, CELL},                                   \
        {"inflow", JD_INT32, "firms", "targeted firms moved in from other counties", NULL, CELL},    \
        {"outflow", JD_INT32, "firms", "targeted firms moved out to other counties", NULL, CELL},    \
        {"stock", JD_INT32, "firms", "targeted firms at the quarter's end", NULL, CELL},             \
        {"inflow_other", JD_INT32, "firms", "untargeted firms moved in", NULL, CELL},                \
        {"outflow_other", JD_INT32, "firms", "untargeted firms moved out", NULL, CELL},              \
        {"stock_other", JD_INT32, "firms", "untargeted firms at the quarter's end", NULL, CELL},     \
        {"dose", JD_DOUBLE, "1", "dose of the policy D", NULL, CELL},                                \
        {"dose_effective", JD_DOUBLE, "1", "effective dose D (1 - F), mean of streets", NULL, CELL}, \
        {"pressure", JD_DOUBLE, "1", "pressure P, mean of streets", NULL, CELL},                     \
        {"share_strong", JD_DOUBLE, "1", "share of effort in strong tasks, mean of streets",         \
         NULL,           CELL},                                                                      \
        {"corner_strong", JD_DOUBLE, "1", "officials with all effort in strong tasks", NULL, CELL},  \
        {"corner_weak", JD_DOUBLE, "1", "officials with all effort in weak tasks", NULL, CELL},      \
        {"willingness", JD_DOUBLE, "1", "willingness psi, mean of officials", NULL, CELL},           \
        {"toolkit", JD_DOUBLE, "1", "toolkit tk", NULL, CELL},                                       \
        {"inducement", JD_DOUBLE, "1", "inducement I, mean of streets", NULL, CELL},                 \
        {"services", JD_DOUBLE, "1", "stock of services G, mean of streets", NULL, CELL},            \
        {"friction", JD_DOUBLE, "1", "governance friction F, mean of streets", NULL, CELL},          \
        {"log_friction", JD_DOUBLE, "1", "f = -ln(1 - F), mean of streets", NULL, CELL},             \
        {"friction_willingness", JD_DOUBLE, "1", "willingness part of f", NULL, CELL},               \
    {                                                                                                \
        "friction_capacity", JD_DOUBLE, "1", "capacity part of f", NULL, CELL                        \
    }

const jd_column_t jd_county_columns[C_COLUMNS] = {
    COUNTY_COLUMNS,
    {"inflow_observed", JD_INT32, "firms",
     "inflow of targeted firms as the empirical file shows it", NULL, CELL},
};

const jd_column_t jd_truth_county_columns[T_COLUMNS] = {
    COUNTY_COLUMNS,
    {"tau_inflow", JD_INT32, "firms", "effect on inflow: with the policy less without", NULL, CELL},
    {"tau_outflow", JD_INT32, "firms", "effect on outflow", NULL, CELL},
    {"tau_stock", JD_INT32, "firms", "effect on stock", NULL, CELL},
    {"direct_inflow", JD_DOUBLE, "firms",
     "effect of the county's own treatment on inflow, others' given (needs "
     "run.direct_folds); 0 where untreated",
     NULL, CELL},
    {"direct_inflow_none", JD_DOUBLE, "firms",
     "effect of the county's own treatment alone (needs run.direct_none)", NULL, CELL},
};

#define SECTOR_COLUMNS                                                                             \
    JD_PANEL_HEAD("county x sector: county * sectors + sector",                                    \
                  "first treated period of targeted firms, 0 = never"),                            \
        {"county", JD_INT32, "1", "county: row of /jurisdictions", NULL, UNIT},                    \
        {"sector", JD_INT8, "1", "sector", "0 targeted, 1 similar untargeted, 2 other, 3 further", \
         UNIT},                                                                                    \
        {"cell", JD_INT8, "1", "kind of cell", CELLS_FLAGS, CELL},                                 \
        {"inflow", JD_INT32, "firms", "firms moved in from other counties", NULL, CELL},           \
        {"outflow", JD_INT32, "firms", "firms moved out to other counties", NULL, CELL},           \
    {                                                                                              \
        "stock", JD_INT32, "firms", "firms at the quarter's end", NULL, CELL                       \
    }

const jd_column_t jd_sector_columns[S_COLUMNS] = {
    SECTOR_COLUMNS,
    {"inflow_observed", JD_INT32, "firms", "inflow as the empirical file shows it", NULL, CELL},
};

const jd_column_t jd_truth_sector_columns[TS_COLUMNS] = {
    SECTOR_COLUMNS,
    {"tau_inflow", JD_INT32, "firms", "effect on inflow", NULL, CELL},
    {"tau_outflow", JD_INT32, "firms", "effect on outflow", NULL, CELL},
    {"tau_stock", JD_INT32, "firms", "effect on stock", NULL, CELL},
};

const jd_column_t jd_street_columns[G_COLUMNS] = {
    JD_PANEL_HEAD("street: row of /jurisdictions", COHORT),
    {"county", JD_INT32, "1", "county: row of /jurisdictions", NULL, UNIT},
    {"stock", JD_INT32, "firms", "targeted firms at the quarter's end", NULL, CELL},
    {"stock_other", JD_INT32, "firms", "untargeted firms at the quarter's end", NULL, CELL},
    {"dose_effective", JD_FLOAT, "1", "effective dose D (1 - F)", NULL, CELL},
    {"pressure", JD_FLOAT, "1", "pressure P", NULL, CELL},
    {"effort_strong", JD_FLOAT, "1", "effort in strong tasks, mean of officials", NULL, CELL},
    {"effort_weak", JD_FLOAT, "1", "effort in weak tasks, mean of officials", NULL, CELL},
    {"willingness", JD_FLOAT, "1", "willingness psi, mean of officials", NULL, CELL},
    {"inducement", JD_FLOAT, "1", "inducement I", NULL, CELL},
    {"services", JD_FLOAT, "1", "stock of services G", NULL, CELL},
    {"friction", JD_FLOAT, "1", "governance friction F", NULL, CELL},
    {"friction_willingness", JD_FLOAT, "1", "willingness part of f = -ln(1 - F)", NULL, CELL},
    {"friction_capacity", JD_FLOAT, "1", "capacity part of f", NULL, CELL},
    {"stringency", JD_FLOAT, "1", "environmental stringency R", NULL, CELL},
};

const jd_column_t jd_observed_columns[O_COLUMNS] = {
    JD_PANEL_HEAD("firm, from 0",
                  "first treated period: of the county at the start, if the firm is targeted; 0 = "
                  "never"),
    {"sector", JD_INT8, "1", "sector", "0 targeted, 1 similar untargeted, 2 other, 3 further",
     UNIT},
    {"sector_observed", JD_INT8, "1", "sector as the empirical file has it",
     "0 targeted, 1 similar untargeted, 2 other, 3 further", UNIT},
    {"cohort_observed", JD_INT32, "quarter", "the same by the sector as the empirical file has it",
     NULL, UNIT},
    {"origin", JD_INT32, "1", "county at the start: row of /jurisdictions", NULL, UNIT},
    {"cohort_origin", JD_INT32, "quarter", "first treated period of that county, 0 = never", NULL,
     UNIT},
    {"moved", JD_INT8, "firms", "moved across a county border", NULL, CELL},
    {"moved_treated", JD_INT8, "firms", "moved into a county that is treated sometime", NULL, CELL},
    {"moved_observed", JD_INT8, "firms", "moved, as the empirical file shows it", NULL, CELL},
    {"moved_treated_observed", JD_INT8, "firms",
     "moved into such a county, as the empirical file shows it", NULL, CELL},
    {"moved_without", JD_INT8, "firms", "moved, in the world without the policy", NULL, CELL},
    {"moved_treated_without", JD_INT8, "firms",
     "moved into such a county, in the world without the policy", NULL, CELL},
};

const jd_column_t jd_national_columns[N_COLUMNS] = {
    {"period", JD_INT32, "quarter", "period, from 1", NULL, CELL},
    {"date", JD_INT32, JD_DAYS, "first day of the quarter", NULL, CELL},
    {"moves", JD_INT32, "firms", "all moves", NULL, CELL},
    {"relocations", JD_INT32, "firms", "moves across a county border", NULL, CELL},
    {"share_strong", JD_DOUBLE, "1", "share of effort in strong tasks, mean of streets", NULL,
     CELL},
    {"pressure", JD_DOUBLE, "1", "pressure P, mean of streets", NULL, CELL},
    {"inducement", JD_DOUBLE, "1", "inducement I, mean of streets", NULL, CELL},
    {"services", JD_DOUBLE, "1", "stock of services G, mean of streets", NULL, CELL},
    {"friction", JD_DOUBLE, "1", "governance friction F, mean of streets", NULL, CELL},
    {"corner_strong", JD_DOUBLE, "1", "officials with all effort in strong tasks", NULL, CELL},
    {"corner_weak", JD_DOUBLE, "1", "officials with all effort in weak tasks", NULL, CELL},
    {"concentration", JD_DOUBLE, "1", "Herfindahl index of targeted firms over counties", NULL,
     CELL},
};

const jd_column_t jd_official_columns[F_COLUMNS] = {
    JD_PANEL_HEAD("official: street * 128 + slot, streets from 0",
                  "first treated period of the county, 0 = never"),
    {"slot", JD_INT32, "1", "official of the street, from 0", NULL, UNIT},
    {"street", JD_INT32, "1", "street: row of /jurisdictions", NULL, UNIT},
    {"effort_strong", JD_FLOAT, "1", "e_S", NULL, CELL},
    {"effort_weak", JD_FLOAT, "1", "e_W", NULL, CELL},
    {"capability_strong", JD_FLOAT, "1", "A_S at the quarter's end", NULL, CELL},
    {"capability_weak", JD_FLOAT, "1", "A_W at the quarter's end", NULL, CELL},
    {"willingness", JD_FLOAT, "1", "psi at the quarter's end", NULL, CELL},
};

const jd_column_t jd_estimand_columns[E_COLUMNS] = {
    {"estimand", JD_TEXT, "", "name, as in docs/model.md", NULL, 32, JD_AXIS_CELL},
    {"outcome", JD_TEXT, "", "outcome of panel/county", NULL, 16, JD_AXIS_CELL},
    {"term", JD_TEXT, "",
     "empty = over all; g=.. a cohort, g=..,t=.. a cohort's period, e=.. an event time", NULL, 24,
     JD_AXIS_CELL},
    {"cohort", JD_INT32, "quarter", "cohort, -1 = all", NULL, CELL},
    {"period", JD_INT32, "quarter", "period, -1 = all", NULL, CELL},
    {"event_time", JD_INT32, "quarter", "event time; -1000 = all", NULL, CELL},
    {"value", JD_DOUBLE, "1", "value", NULL, CELL},
    {"cells", JD_INT64, "1", "cells it is the mean of", NULL, CELL},
};
