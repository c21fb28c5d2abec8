/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mechanism of one's own: where services are short, residents file petitions, which take time of
 * officials. It uses headers of the tree and the static library; to add it to Jiedao, move what is
 * above the line into sim/model/mechanisms and name it in list.h there. */
#include <stdio.h>
#include <string.h>

#include "core/vmath.h"
#include "run/setting.h"

/* One parameter, so the block is a number; with several it is a struct, and rows have offsets. */
static const jd_param_t params[] = {{"time", JD_PARAM_DOUBLE, 0, "0", 0, 1, NULL, "1",
                                     "share of an official's time that an open petition takes",
                                     "off", JD_RESULT}};

static bool on(const void *block)
{
    return *(const double *)block > 0;
}

enum { OPEN };
static const jd_state_t state[] = {[OPEN] = {"open", JD_STREET, JD_DOUBLE}, {.name = NULL}};

/* Half of the open petitions are answered in a quarter. */
static int step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    const double time = *(const double *)m->params;
    double *open = jd_own(m, OPEN);
    (void)ctx;
    for (int32_t s = 0; s < m->dims->streets; s++) {
        open[s] = open[s] / 2 + jd_max(0, 1 - m->world->services[s]);
        next->burden[s] += time * open[s]; /* others may add to it too */
    }
    return JD_OK;
}

static const jd_mechanism_t petitions = {
    .section = {.name = "petitions", .params = params, .n_params = 1, .size = sizeof(double)},
    .on = on,
    .state = state,
    .step = step,
};

/* ---- The line: from here on a caller ---- */

static const char world[] = "[world]\nprovinces = 2\nprefectures = 6\ncounties = 60\n"
                            "streets = 600\n[firms]\nn = 50000\n";

static int run(const char *time, jd_ctx_t *ctx)
{
    static const jd_mechanism_t *const list[] = {&petitions, NULL};
    int n;
    const jd_section_t *const *built_in = jd_simulation_sections(&n), *sections[64];
    memcpy(sections, built_in, (size_t)n * sizeof *built_in);
    sections[n] = &petitions.section;
    jd_config_t *config = NULL;
    jd_simulation_t *sim = NULL;
    int rc = jd_config_create(&config, sections, n + 1, ctx);
    if (!rc) rc = jd_config_read_text(config, "world", world, ctx);
    if (!rc) rc = jd_config_set(config, "own_mechanism.c", time, ctx);
    if (!rc) rc = jd_config_finish(config, ctx);
    if (!rc) rc = jd_simulation_create_with(&sim, config, NULL, 0, list, ctx);
    if (!rc) rc = jd_simulation_run(sim, NULL, ctx);
    const jd_table_t *t = rc ? NULL : jd_simulation_table(sim, "truth/estimands");
    if (t) printf("%-20s ATT %.4f\n", time, jd_table_number(t, jd_table_find(t, "value"), 0));
    jd_simulation_free(sim);
    jd_config_free(config);
    return rc;
}

int main(void)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    int rc = run("petitions.time=0", &ctx) || run("petitions.time=0.1", &ctx);
    if (rc) fprintf(stderr, "%s\n", ctx.message);
    return rc;
}
