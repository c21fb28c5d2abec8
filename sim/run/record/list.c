/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/record/recorded.h"

extern const jd_record_table_t jd_record_jurisdictions;
extern const jd_record_table_t jd_record_county[2], jd_record_sector_county[2];
extern const jd_record_table_t jd_record_national[2], jd_record_streets[2];
extern const jd_record_table_t jd_record_observed, jd_record_estimands, jd_record_officials;
extern const jd_record_table_t jd_record_relocations;

/* [0] of the world that is fact, [1] of the one without the policy. */
const jd_record_table_t *const jd_record_tables[] = {
    &jd_record_jurisdictions,
    &jd_record_county[0],
    &jd_record_sector_county[0],
    &jd_record_observed,
    &jd_record_national[0],
    &jd_record_county[1],
    &jd_record_sector_county[1],
    &jd_record_national[1],
    &jd_record_estimands,
    &jd_record_officials,
    /* handed to the sink */
    &jd_record_streets[0],
    &jd_record_streets[1],
    &jd_record_relocations,
    NULL,
};
