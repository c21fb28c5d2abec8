/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/leaders.h"

#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/mechanism.h"

#define P(field) offsetof(jd_leaders_params_t, field)

static const jd_param_t params_table[] = {
    {"rotation", JD_PARAM_DOUBLE, P(rotation), "0.05", 0, 1, NULL, "1/quarter",
     "chance that a leader is posted to another place", "assumed: 5 years", JD_RESULT},
    {"term", JD_PARAM_INT, P(term), "12", 4, 400, NULL, "quarters",
     "quarters from one review of leaders to the next", "assumed", JD_RESULT},
    {"age", JD_PARAM_DOUBLE, P(age), "42", 18, 70, NULL, "years", "mean age at taking office",
     "assumed", JD_RESULT},
    {"age_sd", JD_PARAM_DOUBLE, P(age_sd), "5", 0, 20, NULL, "years", "its SD", "assumed",
     JD_RESULT},
    {"retire", JD_PARAM_DOUBLE, P(retire), "60", 18, 100, NULL, "years",
     "age at which a leader leaves", "assumed", JD_RESULT},
};

static bool nobody_leads(const void *block, const jd_config_t *config)
{
    (void)block;
    return !jd_mechanisms_lead(config);
}

static const jd_unread_t unread[] = {
    {"rotation, term, age, age_sd, retire", nobody_leads,
     "no mechanism that is on needs leaders (tournament, diffusion, projects and entrepreneurs do)"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_leaders_section = {
    .name = "leaders",
    .help = "leaders of streets, counties and prefectures, where a mechanism needs them",
    .params = params_table,
    .n_params = (int)(sizeof params_table / sizeof params_table[0]),
    .size = sizeof(jd_leaders_params_t),
    .unread = unread,
};

enum { LEAVE, AGE, AGE_ANGLE, DRAWS };

static void start_draws(const jd_leaders_draw_t *draw, jd_jump_t jump[DRAWS])
{
    const jd_stream_t stream = jd_stream(draw->seed, draw->replicate, JD_DRAW_LEADER);
    for (int d = 0; d < DRAWS; d++)
        jump[d] = jd_jump(stream, draw->period, d);
}

/* Newcomers are younger than what they retire at, by a year at least. */
static void take_office(const jd_leaders_params_t *p, int32_t seat, const jd_jump_t jump[DRAWS],
                        const jd_leaders_t *leaders)
{
    const uint64_t id = (uint64_t)seat;
    const double z = jd_normal(jd_draw(&jump[AGE], id), jd_draw(&jump[AGE_ANGLE], id));
    leaders->age[seat] = jd_min(p->age + p->age_sd * z, p->retire - 1);
    leaders->tenure[seat] = 0;
}

void jd_leaders_start(const jd_leaders_params_t *p, int32_t seats, const jd_leaders_draw_t *draw,
                      const jd_leaders_t *leaders)
{
    jd_jump_t jump[DRAWS];
    start_draws(draw, jump);
    for (int32_t seat = 0; seat < seats; seat++)
        take_office(p, seat, jump, leaders);
}

void jd_leaders_turn(const jd_leaders_params_t *p, int32_t seats, const double *rise,
                     const jd_leaders_draw_t *draw, const jd_leaders_t *leaders)
{
    jd_jump_t jump[DRAWS];
    start_draws(draw, jump);
    for (int32_t seat = 0; seat < seats; seat++) {
        const bool posted = jd_draw(&jump[LEAVE], (uint64_t)seat) < p->rotation;
        leaders->age[seat] += 0.25;
        leaders->tenure[seat]++;
        leaders->fate[seat] = rise[seat] != 0.0                 ? JD_FATE_ROSE
                              : leaders->age[seat] >= p->retire ? JD_FATE_RETIRED
                              : posted                          ? JD_FATE_POSTED
                                                                : JD_FATE_STAYED;
        if (leaders->fate[seat] != JD_FATE_STAYED) take_office(p, seat, jump, leaders);
    }
}

int64_t jd_leaders_review(const jd_leaders_params_t *p, int64_t superior, int64_t period)
{
    const int64_t at = (period + superior) % p->term;
    return (p->term - (at < 0 ? at + p->term : at)) % p->term;
}
