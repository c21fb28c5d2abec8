/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mechanisms on and off in all combinations: main effects and interactions, from the design itself.
 */
#include <stdio.h>

#include "propositions/measure.h"

/* A mechanism's switch: off at 0, on at the value the config sweeps. */
typedef struct lever {
    const char *letter, *name, *parameter, *on; /* the letter in the figure */
} lever_t;

static const lever_t levers[] = {
    {"T", "tournament", "tournament.street", "0.5"},
    {"D", "diffusion", "diffusion.training", "0.25"},
    {"C", "cooperation", "cooperation.self", "0.2"},
    {"P", "projects", "projects.values", "0.05"},
    {"E", "entrepreneurs", "entrepreneurs.rate", "0.1"},
};
enum { LEVERS = sizeof levers / sizeof *levers, TEXT = 256 };

static const struct {
    const char *label, *of, *per; /* per: its value with all off is the unit of the figure */
} outcomes[] = {
    {"friction f", "log_friction", "log_friction"},
    {"total effect (ATT)", "twfe.att", "twfe.att"},
    {"direct effect (ADE)", "twfe.ade", "twfe.ade"},
    {"bias of DID against ATT", "twfe.bias", "twfe.ade"},
    {"f: toolkit", "friction_toolkit", NULL},
    {"f: capability", "friction_capability", NULL},
    {"f: time", "friction_time", NULL},
    {"f: willingness", "friction_willingness", NULL},
    {"f: show", "friction_show", NULL},
    {"bias: trends and chance", "twfe.trends", NULL},
    {"bias: weights", "twfe.weights", NULL},
    {"bias: anticipation", "twfe.anticipation", NULL},
    {"bias: spillover", "twfe.spillover", NULL},
};
enum { OUTCOMES = sizeof outcomes / sizeof *outcomes };

/* "tournament.street=0.5 diffusion.training=0": signs 1 on, 0 off, -1 whatever. */
static void say_point(char text[TEXT], const int *sign)
{
    size_t n = 0;
    text[0] = '\0';
    for (int k = 0; k < LEVERS && n < TEXT; k++)
        if (sign[k] >= 0)
            n += (size_t)snprintf(text + n, TEXT - n, "%s%s=%s", n ? " " : "", levers[k].parameter,
                                  sign[k] ? levers[k].on : "0");
}

/* The four points of an interaction, or the two of a main effect (b < 0). */
static void say_points(char text[JD_POINTS][TEXT], int a, int b)
{
    static const int signs[JD_POINTS][2] = {{1, 1}, {0, 1}, {1, 0}, {0, 0}};
    for (int k = 0; k < JD_POINTS; k++) {
        int sign[LEVERS];
        for (int i = 0; i < LEVERS; i++)
            sign[i] = i == a ? signs[k][0] : i == b ? signs[k][1] : -1;
        say_point(text[k], sign);
    }
}

static int measure_effect(jd_measured_t *m, int outcome, int a, int b, int place, jd_ctx_t *ctx)
{
    char points[JD_POINTS][TEXT], off[TEXT], label[TEXT], word[64];
    int all_off[LEVERS] = {0};
    say_points(points, a, b);
    say_point(off, all_off);
    snprintf(word, sizeof word, "%s%s%s", levers[a].name, b < 0 ? "" : " x ",
             b < 0 ? "" : levers[b].name);
    snprintf(label, sizeof label, "%s: %s", outcomes[outcome].label, word);
    jd_number_t row = {
        .label = label,
        .of = outcomes[outcome].of,
        .at = {points[0], points[1], b < 0 ? NULL : points[2], b < 0 ? NULL : points[3]},
        .status = JD_STATUS_TEST};
    int rc = jd_measure_number(m, &row, ctx);
    if (rc || !outcomes[outcome].per) return rc;
    row.label = outcomes[outcome].label;
    row.per = outcomes[outcome].per;
    row.per_at = off;
    snprintf(word, sizeof word, "%s%s", levers[a].letter, b < 0 ? "" : levers[b].letter);
    return jd_measure_place(m, &row, place, word, ctx);
}

static int measure(jd_measured_t *m, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int o = 0; o < OUTCOMES && !rc; o++) {
        int place = 1;
        for (int a = 0; a < LEVERS && !rc; a++)
            rc = measure_effect(m, o, a, -1, place++, ctx);
        for (int a = 0; outcomes[o].per && a < LEVERS && !rc; a++)
            for (int b = a + 1; b < LEVERS && !rc; b++)
                rc = measure_effect(m, o, a, b, place++, ctx);
    }
    return rc;
}

const jd_proposition_t jd_proposition_factorial = {
    .name = "factorial",
    .claim =
        "What the mechanisms do to friction, to the effects of the policy, and to the bias of DID",
    .literature = "Main effects and interactions of a two-level design (Box, Hunter, Hunter 2005): "
                  "a main effect is the mean "
                  "with the mechanism on less with it off, over all else; an interaction the "
                  "difference of two such.",
    .config = "propositions/factorial",
    .replicates = 12,
    .null = "all mechanisms off: the file is the same to the byte as without them. The figure is "
            "in shares of the value with all "
            "off; bias in shares of the direct effect.",
    .fails = "\"0 always\" is 0 in every replicate, up to rounding: nothing links the two. "
             "Toolkit: rounding alone (below 1e-6); at these rates none takes money or land. "
             "Weights, "
             "anticipation: one date of adoption, a flat dose and no announcement leave DID none "
             "of either. Time answers to the tournament by rounding "
             "alone where diffusion is off: officials who are pushed fill the time they have.",
    .x_label = "Tournament, Diffusion, Cooperation, Projects, Entrepreneurs",
    .y_label = "Effect",
    .y_unit = "of the value with all off",
    .measure = measure,
};
