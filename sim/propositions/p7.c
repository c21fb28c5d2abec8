/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/proposition.h"

/* Under staggered adoption the weights part of TWFE is below 0 for doses that ramp up, above 0 for
 * fading ones */
static const jd_number_t numbers[] = {
    {.label = "weights part, TWFE, ramp",
     .of = "twfe.weights",
     .at = {"policy.profile=ramp"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_BELOW,
     .than = 0},
    {.label = "weights part, TWFE, fade",
     .of = "twfe.weights",
     .at = {"policy.profile=fade"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_ABOVE,
     .than = 0},
    {.label = "weights part, TWFE, flat",
     .of = "twfe.weights",
     .at = {"policy.profile=flat"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_LIMIT,
     .expect = JD_EXPECT_ABOVE,
     .than = 0},
    {.label = "weights part, sun_abraham, ramp",
     .of = "sun_abraham.weights",
     .at = {"policy.profile=ramp"},
     .status = JD_STATUS_RECOVERY,
     .role = JD_ROLE_NULL,
     .expect = JD_EXPECT_NEAR,
     .than = 0,
     .within = 1e-09},
    {.label = "weights part, callaway_santanna, ramp",
     .of = "callaway_santanna.weights",
     .at = {"policy.profile=ramp"},
     .status = JD_STATUS_RECOVERY,
     .role = JD_ROLE_NULL,
     .expect = JD_EXPECT_NEAR,
     .than = 0,
     .within = 1e-09},
    {.label = "weights part, imputation, ramp",
     .of = "imputation.weights",
     .at = {"policy.profile=ramp"},
     .status = JD_STATUS_RECOVERY,
     .role = JD_ROLE_NULL,
     .expect = JD_EXPECT_NEAR,
     .than = 0,
     .within = 1e-09},
    {.label = "spillover part, callaway_santanna, ramp",
     .of = "callaway_santanna.spillover",
     .at = {"policy.profile=ramp"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_LIMIT,
     .expect = JD_EXPECT_ABOVE,
     .than = 0},
    {.label = NULL},
};

static const jd_line_t lines[] = {
    {.label = "twfe", .of = "twfe.weights", .at = ""},
    {.label = "sun_abraham", .of = "sun_abraham.weights", .at = ""},
    {.label = "callaway_santanna", .of = "callaway_santanna.weights", .at = ""},
    {.label = "imputation", .of = "imputation.weights", .at = ""},
    {.label = NULL},
};

const jd_proposition_t jd_proposition_p7 = {
    .name = "P7",
    .claim = "Under staggered adoption the weights part of TWFE is below 0 for doses that "
             "ramp up, above 0 for fading ones",
    .literature = "Goodman-Bacon 2021; de Chaisemartin and D'Haultfoeuille 2020; Sun and Abraham "
                  "2021; Callaway and Sant'Anna 2021; Borusyak, Jaravel, Spiess 2024.",
    .config = "propositions/p7",
    .replicates = 40,
    .null = "estimators made for staggered timing: their weights part is 0 by "
            "construction, whatever the dose does.",
    .fails = "a flat dose is no dividing line: effects fade a little by themselves. What "
             "draws firms from the controls remains in every estimator.",
    .numbers = numbers,
    .lines = lines,
    .x = "policy.profile",
    .x_label = "Dose since adoption",
    .y_label = "Bias by weights",
    .y_unit = "firms",
};
