/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Promotion tournament among streets of a county: measured strong output of the rivals raises the
 * stakes of one's own (model-equations.md, sections 2 and 7). */
#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/mechanisms/list.h"

typedef struct tournament_params {
    double base, slope, noise;
} tournament_params_t;

#define P(field) offsetof(tournament_params_t, field)

static const jd_param_t params[] = {
    {"base", JD_PARAM_DOUBLE, P(base), "0", -0.5, 1, NULL, "1",
     "tau0, standing intensity: multiplies the stakes of strong tasks by 1 + tau0", "off",
     JD_RESULT},
    {"slope", JD_PARAM_DOUBLE, P(slope), "0", -2, 2, NULL, "1",
     "tau1, answer to rivals' output last quarter; rivals share the county",
     "off; sweep it through 0 (Wiebe)", JD_RESULT},
    {"noise", JD_PARAM_DOUBLE, P(noise), "0.06", 0, 1, NULL, "1",
     "SD of the noise in measured output, relative to the plan", "Li, Zhou 2005: growth SD 6 %",
     JD_RESULT},
};

static bool asks_no_rival(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const tournament_params_t *)block)->slope == 0.0;
}

static const jd_unread_t unread[] = {
    {"noise", asks_no_rival, "with tournament.slope = 0 nobody answers to measured output"},
    {NULL, NULL, NULL},
};

static bool on(const void *block)
{
    const tournament_params_t *p = block;
    return p->base != 0.0 || p->slope != 0.0;
}

/* Measured output of a street relative to the plan: what was delivered, and noise. */
static double measure(const jd_world_t *world, double plan, double noise, const jd_jump_t jump[2],
                      int32_t street)
{
    double z = jd_normal(jd_draw(&jump[0], (uint64_t)street), jd_draw(&jump[1], (uint64_t)street));
    return world->output.y_s[street] / plan + noise * z;
}

static int step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    const tournament_params_t *p = m->params;
    const double plan = m->street->world->ambition_s * m->street->full;
    jd_stream_t stream = jd_stream(m->seed, m->replicate, JD_DRAW_OUTPUT);
    jd_jump_t jump[2] = {jd_jump(stream, m->period, 0), jd_jump(stream, m->period, 1)};
    (void)ctx;
    for (int32_t c = 0; c < m->dims->counties; c++) {
        int32_t from = m->tree->child[JD_COUNTY][c], end = m->tree->child[JD_COUNTY][c + 1];
        double sum = 0;
        for (int32_t s = from; s < end; s++)
            sum += measure(m->world, plan, p->noise, jump, s);
        for (int32_t s = from; s < end; s++) {
            double own = measure(m->world, plan, p->noise, jump, s);
            double rivals = end - from > 1 ? (sum - own) / (end - from - 1) : 1;
            next->tour[s] += jd_clip(p->base + p->slope * (rivals - 1), -0.5, 1);
        }
    }
    return JD_OK;
}

const jd_mechanism_t jd_tournament = {
    .section =
        {
            .name = "tournament",
            .help = "promotion tournament among streets of a county",
            .params = params,
            .n_params = (int)(sizeof params / sizeof params[0]),
            .size = sizeof(tournament_params_t),
            .unread = unread,
        },
    .on = on,
    .step = step,
};
