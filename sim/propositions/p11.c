/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/proposition.h"

/* A common proportional rise of moves biases DID in levels under selection, not in ratios */
static const jd_number_t numbers[] = {
    {.label = "trends part, twfe, shock 0.5, developed treated",
     .of = "twfe.trends",
     .at = {"firms.common_shock=0.5 policy.selection=1"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_ABOVE,
     .than = 0},
    {.label = "trends part, twfe, shock 0.2, developed treated",
     .of = "twfe.trends",
     .at = {"firms.common_shock=0.2 policy.selection=1"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_ABOVE,
     .than = 0},
    {.label = "trends part, poisson, shock 0.5, developed treated (log points)",
     .of = "poisson.trends",
     .at = {"firms.common_shock=0.5 policy.selection=1"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_NEAR,
     .than = 0,
     .within = 0.03},
    {.label = "trends part, twfe, no shock, developed treated",
     .of = "twfe.trends",
     .at = {"firms.common_shock=0 policy.selection=1"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL,
     .expect = JD_EXPECT_NEAR,
     .than = 0,
     .within = 0.1},
    {.label = "trends part, twfe, shock 0.5, at random",
     .of = "twfe.trends",
     .at = {"firms.common_shock=0.5 policy.selection=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_LIMIT,
     .expect = JD_EXPECT_NEAR,
     .than = 0,
     .within = 0.1},
    {.label = NULL},
};

static const jd_line_t lines[] = {
    {.label = "twfe, developed treated", .of = "twfe.trends", .at = "policy.selection=1"},
    {.label = "twfe, at random", .of = "twfe.trends", .at = "policy.selection=0"},
    {.label = "poisson, developed treated", .of = "poisson.trends", .at = "policy.selection=1"},
    {.label = NULL},
};

const jd_proposition_t jd_proposition_p11 = {
    .name = "P11",
    .claim = "A common proportional rise of moves biases DID in levels under selection, not "
             "in ratios",
    .literature = "Scale dependence of parallel trends: Roth and Sant'Anna 2023; Wooldridge "
                  "2023; McConnell 2024.",
    .config = "propositions/p11",
    .replicates = 60,
    .null = "no shock: neither has a trends part.",
    .fails = "with assignment at random, where both are 0.",
    .numbers = numbers,
    .lines = lines,
    .x = "firms.common_shock",
    .x_label = "Common rise of moves",
    .y_label = "Bias by trends",
    .y_unit = "firms; log points",
};
