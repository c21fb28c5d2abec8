/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/proposition.h"

/* The same dose does less where friction is higher */
static const jd_number_t numbers[] = {
    {.label = "direct effect, default officials",
     .of = "poisson.ade",
     .at = {"point=1"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_ABOVE,
     .than = 0},
    {.label = "direct effect, less willing officials (psi_bar 0.25), less default",
     .of = "poisson.ade",
     .at = {"point=2", "point=1"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_BELOW,
     .than = 0},
    {.label = "direct effect, pressed streets (base 0.6), less default",
     .of = "poisson.ade",
     .at = {"point=3", "point=1"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_BELOW,
     .than = 0},
    {.label = "direct effect, burdened officials (burden 0.4), less default",
     .of = "poisson.ade",
     .at = {"point=4", "point=1"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_BELOW,
     .than = 0},
    {.label = "direct effect where firms do not heed the policy (b_policy 0)",
     .of = "poisson.ade",
     .at = {"point=5"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL,
     .expect = JD_EXPECT_EXACT,
     .than = 0},
    {.label = "friction F, default",
     .of = "friction",
     .at = {"point=1"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL},
    {.label = NULL},
};

static const jd_line_t lines[] = {
    {.label = "direct effect (ADE)", .of = "poisson.ade", .at = ""},
    {.label = "friction F", .of = "friction", .at = ""},
    {.label = NULL},
};

static const char *const words[] = {"default", "less willing", "pressed", "burdened",
                                    "b_policy = 0"};

const jd_proposition_t jd_proposition_p4 = {
    .name = "P4",
    .claim = "The same dose does less where friction is higher",
    .literature = "The overview, 000: governance friction weakens what a policy does; Pressman "
                  "and Wildavsky 1973 on implementation.",
    .config = "propositions/p4",
    .replicates = 24,
    .null = "firms that do not heed the policy (b_policy = 0): nothing to weaken, in every "
            "replicate. That D_eff falls with F is put in; how much the effect on firms "
            "falls is not.",
    .fails = "at b_policy = 0.",
    .numbers = numbers,
    .lines = lines,
    .x_label = "",
    .words = words,
    .y_label = "Log points; F",
    .y_unit = "1",
};
