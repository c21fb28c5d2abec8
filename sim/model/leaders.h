/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Leaders of streets, counties and prefectures: who is in office, how old, for how long. There are
 * some only if a mechanism that is on needs them. They age, retire and are posted elsewhere here;
 * who rises is a mechanism's. Section [leaders]. */
#ifndef JD_MODEL_LEADERS_H
#define JD_MODEL_LEADERS_H

#include "jiedao/config.h"

typedef struct jd_leaders_params {
    double rotation, age, age_sd, retire;
    int64_t term;
} jd_leaders_params_t;

extern const jd_section_t jd_leaders_section;

/** What became of a seat's leader at the last turn. */
typedef enum jd_fate { JD_FATE_STAYED, JD_FATE_POSTED, JD_FATE_RETIRED, JD_FATE_ROSE } jd_fate_t;

/** [seats] each, borrowed from the world's block. */
typedef struct jd_leaders {
    double *age;     /**< years */
    int32_t *tenure; /**< quarters served in this seat; 0 = takes office */
    int32_t *fate;   /**< jd_fate_t of the last turn: who sat there before */
} jd_leaders_t;

/** Random numbers are those of (seed, replicate, seat, period): the same in all worlds. */
typedef struct jd_leaders_draw {
    uint64_t seed, replicate;
    int64_t period;
} jd_leaders_draw_t;

/** Everyone takes office. */
void jd_leaders_start(const jd_leaders_params_t *params, int32_t seats,
                      const jd_leaders_draw_t *draw, const jd_leaders_t *leaders);
/** A quarter passes: who rose (`rise` not 0), is posted elsewhere or has reached the age leaves,
 * and another takes office. Draws: JD_DRAW_LEADER. */
void jd_leaders_turn(const jd_leaders_params_t *params, int32_t seats, const double *rise,
                     const jd_leaders_draw_t *draw, const jd_leaders_t *leaders);
/** Quarters until the leaders under this superior are reviewed; 0 = now. Reviews are `term`
 * quarters apart, those of neighbouring superiors a quarter. */
int64_t jd_leaders_review(const jd_leaders_params_t *params, int64_t superior, int64_t period);

#endif
