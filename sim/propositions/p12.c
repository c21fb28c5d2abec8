/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/proposition.h"

/* With neighbours treated together DID falls below the direct effect */
static const jd_number_t numbers[] = {
    {.label = "spillover part against ADE, as a share of it, whole prefectures, share 0.25",
     .of = "twfe.spillover_ade",
     .per = "twfe.ade",
     .at = {"policy.assignment=neighbours policy.share=0.25"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_BELOW,
     .than = 0},
    {.label = "the same, share 0.5",
     .of = "twfe.spillover_ade",
     .per = "twfe.ade",
     .at = {"policy.assignment=neighbours policy.share=0.5"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_BELOW,
     .than = 0},
    {.label = "at random, share 0.25",
     .of = "twfe.spillover_ade",
     .per = "twfe.ade",
     .at = {"policy.assignment=random policy.share=0.25"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL,
     .expect = JD_EXPECT_NEAR,
     .than = 0,
     .within = 0.02},
    {.label = "at random, share 0.5",
     .of = "twfe.spillover_ade",
     .per = "twfe.ade",
     .at = {"policy.assignment=random policy.share=0.5"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL,
     .expect = JD_EXPECT_NEAR,
     .than = 0,
     .within = 0.02},
    {.label = NULL},
};

static const jd_line_t lines[] = {
    {.label = "share 0.25",
     .of = "twfe.spillover_ade",
     .per = "twfe.ade",
     .at = "policy.share=0.25"},
    {.label = "share 0.5", .of = "twfe.spillover_ade", .per = "twfe.ade", .at = "policy.share=0.5"},
    {.label = NULL},
};

const jd_proposition_t jd_proposition_p12 = {
    .name = "P12",
    .claim = "With neighbours treated together DID falls below the direct effect",
    .literature = "Interference within clusters: Hudgens and Halloran 2008; saturation designs, "
                  "Baird et al. 2018.",
    .config = "propositions/p12",
    .replicates = 60,
    .null = "the same share at random: no spillover part against ADE.",
    .fails = "under assignment at random.",
    .numbers = numbers,
    .lines = lines,
    .x = "policy.assignment",
    .x_label = "Who is treated",
    .y_label = "Bias against ADE",
    .y_unit = "of ADE",
};
