/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Column lists of all recorded tables; the code that fills them counts by these enumerations. */
#ifndef JD_RUN_RECORD_COLUMNS_H
#define JD_RUN_RECORD_COLUMNS_H

#include "model/panel_head.h"

enum {
    J_CODE,
    J_LEVEL,
    J_PARENT,
    J_NAME,
    J_X,
    J_Y,
    J_LONGITUDE,
    J_LATITUDE,
    J_LAND,
    J_DEVELOPMENT,
    J_FISCAL,
    J_COHORT,
    J_FOLD,
    J_COLUMNS
};
extern const jd_column_t jd_jurisdiction_columns[J_COLUMNS];

enum {
    R_FIRM,
    R_SECTOR,
    R_EMISSION,
    R_SIZE,
    R_PERIOD,
    R_DATE,
    R_ORIGIN,
    R_DESTINATION,
    R_DISTANCE,
    R_TREATED,
    R_OBSERVED,
    R_OBSERVED_PERIOD,
    R_OBSERVED_SECTOR,
    R_COLUMNS
};
extern const jd_column_t jd_relocation_columns[R_COLUMNS];

enum {
    C_CELL = P_SHARED,
    C_INFLOW,
    C_OUTFLOW,
    C_STOCK,
    C_INFLOW_OTHER,
    C_OUTFLOW_OTHER,
    C_STOCK_OTHER,
    C_STATES,
    C_DOSE = C_STATES,
    C_DOSE_EFFECTIVE,
    C_PRESSURE,
    C_SHARE_STRONG,
    C_CORNER_STRONG,
    C_CORNER_WEAK,
    C_WILLINGNESS,
    C_TOOLKIT,
    C_INDUCEMENT,
    C_SERVICES,
    C_FRICTION,
    C_LOG_FRICTION,
    C_FRICTION_WILL,
    C_FRICTION_CAPACITY,
    C_TAIL, /* the factual panel ends with what is observed, */
    C_INFLOW_OBSERVED = C_TAIL,
    C_COLUMNS,
    T_TAU_INFLOW = C_TAIL, /* the counterfactual one with effects */
    T_TAU_OUTFLOW,
    T_TAU_STOCK,
    T_DIRECT_INFLOW,
    T_DIRECT_INFLOW_NONE,
    T_COLUMNS
};
extern const jd_column_t jd_county_columns[C_COLUMNS];
extern const jd_column_t jd_truth_county_columns[T_COLUMNS];

enum {
    S_COUNTY = P_SHARED,
    S_SECTOR,
    S_CELL,
    S_INFLOW,
    S_OUTFLOW,
    S_STOCK,
    S_INFLOW_OBSERVED,
    S_COLUMNS,
    TS_TAU_INFLOW = S_INFLOW_OBSERVED,
    TS_TAU_OUTFLOW,
    TS_TAU_STOCK,
    TS_COLUMNS
};
extern const jd_column_t jd_sector_columns[S_COLUMNS];
extern const jd_column_t jd_truth_sector_columns[TS_COLUMNS];

enum {
    G_COUNTY = P_SHARED, /* panel by street */
    G_STOCK,
    G_STOCK_OTHER,
    G_DOSE_EFFECTIVE,
    G_PRESSURE,
    G_EFFORT_STRONG,
    G_EFFORT_WEAK,
    G_WILLINGNESS,
    G_INDUCEMENT,
    G_SERVICES,
    G_FRICTION,
    G_FRICTION_WILL,
    G_FRICTION_CAPACITY,
    G_STRINGENCY,
    G_COLUMNS
};
extern const jd_column_t jd_street_columns[G_COLUMNS];

enum {
    O_SECTOR = P_SHARED, /* empirical panel by firm */
    O_SECTOR_OBSERVED,
    O_COHORT_OBSERVED,
    O_ORIGIN,
    O_TREATED_ORIGIN,
    O_MOVED,
    O_MOVED_TREATED,
    O_MOVED_OBSERVED,
    O_MOVED_TREATED_OBSERVED,
    O_MOVED_WITHOUT,
    O_MOVED_TREATED_WITHOUT,
    O_COLUMNS
};
extern const jd_column_t jd_observed_columns[O_COLUMNS];

enum {
    N_PERIOD,
    N_DATE,
    N_MOVES,
    N_RELOCATIONS,
    N_SHARE_STRONG,
    N_PRESSURE,
    N_INDUCEMENT,
    N_SERVICES,
    N_FRICTION,
    N_CORNER_STRONG,
    N_CORNER_WEAK,
    N_CONCENTRATION,
    N_COLUMNS
};
extern const jd_column_t jd_national_columns[N_COLUMNS];

enum {
    F_SLOT = P_SHARED, /* officials' traces; unit = the official, cohort of the county */
    F_STREET,
    F_EFFORT_STRONG,
    F_EFFORT_WEAK,
    F_STRONG,
    F_WEAK,
    F_WILLINGNESS,
    F_COLUMNS
};
extern const jd_column_t jd_official_columns[F_COLUMNS];

enum { E_NAME, E_OUTCOME, E_TERM, E_COHORT, E_PERIOD, E_EVENT_TIME, E_VALUE, E_CELLS, E_COLUMNS };
extern const jd_column_t jd_estimand_columns[E_COLUMNS];

#endif
