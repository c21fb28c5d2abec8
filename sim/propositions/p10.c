/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/proposition.h"

/* What city champions cost, by how often leaders leave. */
static const jd_number_t numbers[] = {
    {.label = "f that city champions add, leaders leave at 0.05",
     .of = "log_friction",
     .at = {"leaders.rotation=0.05 projects.city=1", "leaders.rotation=0.05 projects.city=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_CLAIM,
     .expect = JD_EXPECT_ABOVE},
    {.label = "the same, at 0.15",
     .of = "log_friction",
     .at = {"leaders.rotation=0.15 projects.city=1", "leaders.rotation=0.15 projects.city=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_CLAIM,
     .expect = JD_EXPECT_ABOVE},
    {.label = "services that they add, at 0.05",
     .of = "services",
     .at = {"leaders.rotation=0.05 projects.city=1", "leaders.rotation=0.05 projects.city=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_CLAIM,
     .expect = JD_EXPECT_BELOW},
    {.label = "the same, at 0.15",
     .of = "services",
     .at = {"leaders.rotation=0.15 projects.city=1", "leaders.rotation=0.15 projects.city=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_CLAIM,
     .expect = JD_EXPECT_BELOW},
    {.label = "f with champions of streets alone, leaders leave at 0.05",
     .of = "log_friction",
     .at = {"leaders.rotation=0.05 projects.city=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL},
    {.label = "f that they add where leaders only retire",
     .of = "log_friction",
     .at = {"leaders.rotation=0 projects.city=1", "leaders.rotation=0 projects.city=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_LIMIT},
    {.label = NULL},
};

static const jd_line_t lines[] = {
    {.label = "champions of streets", .of = "log_friction", .at = "projects.city=0"},
    {.label = "champions in the city", .of = "log_friction", .at = "projects.city=1"},
    {.label = NULL},
};

const jd_proposition_t jd_proposition_p10 = {
    .name = "P10",
    .claim = "A champion in the city lengthens projects, the more so the more often leaders leave, "
             "and friction rises with their life",
    .literature = "Ren (003): optional projects and their remedy. All facts of the mechanism: "
                  "[projects](mechanisms/projects.md).",
    .config = "propositions/p10",
    .replicates = 12,
    .null = "champions of streets alone (projects.city = 0), on the same random numbers.",
    .fails = "where leaders stay; and it does nothing against decline and taste, which end four "
             "projects of five at the default. What it prolongs costs more than recognition "
             "brings.",
    .elsewhere =
        "Mean lives, from 12 runs each of the events: 6.73, 5.69 and 4.19 quarters where leaders "
        "leave at 0, 0.05 and 0.15; a city champion adds\n0.28 (0.01), 0.73 (0.02) and 1.10 "
        "(0.01). These are of an earlier stream of random numbers.",
    .numbers = numbers,
    .lines = lines,
    .x = "leaders.rotation",
    .x_label = "Rate at which leaders leave",
    .x_unit = "1/quarter",
    .y_label = "f",
    .y_unit = "1",
};
