/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/proposition.h"

/* What practised governance does to friction, and what two evaluations and visits take from it. */
static const jd_number_t numbers[] = {
    {.label = "f with documents alone",
     .of = "log_friction",
     .at = {"point=1"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL},
    {.label = "f that practice adds",
     .of = "log_friction",
     .at = {"point=2", "point=1"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_CLAIM,
     .expect = JD_EXPECT_BELOW},
    {.label = "f that the tax of visits adds",
     .of = "log_friction",
     .at = {"point=2", "point=3"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_CLAIM,
     .expect = JD_EXPECT_ABOVE},
    {.label = "f that a second set of documents adds",
     .of = "log_friction",
     .at = {"point=2", "point=4"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_CLAIM,
     .expect = JD_EXPECT_ABOVE},
    {.label = "f that practice adds without joint work",
     .of = "log_friction",
     .at = {"point=5", "point=1"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_CLAIM,
     .expect = JD_EXPECT_ABOVE},
    {.label = "f that practice adds without joint work and trust",
     .of = "log_friction",
     .at = {"point=6", "point=1"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_LIMIT,
     .expect = JD_EXPECT_ABOVE},
    {.label = NULL},
};

static const jd_line_t lines[] = {
    {.label = "friction f", .of = "log_friction", .at = ""},
    {.label = "capability", .of = "friction_capability", .at = ""},
    {.label = "time", .of = "friction_time", .at = ""},
    {.label = "willingness", .of = "friction_willingness", .at = ""},
    {.label = "show", .of = "friction_show", .at = ""},
    {.label = NULL},
};

static const char *const words[] = {"documents", "all",           "no tax",
                                    "one set",   "no joint work", "no trust either"};

const jd_proposition_t jd_proposition_p9 = {
    .name = "P9",
    .claim = "Practised governance lowers friction; documents do nothing, and two evaluations take "
             "part of what it brings",
    .literature = "Li and Fang (002:379-413, 471-473, 518-532); diffusion: Shipan and Volden 2008. "
                  "All facts of the mechanism: [diffusion](mechanisms/diffusion.md).",
    .config = "propositions/p9",
    .replicates = 12,
    .null = "documents alone (crisis = 0): nobody practises.",
    .fails = "without joint work and trust practice costs time and documents and brings no calm: "
             "friction rises.",
    .numbers = numbers,
    .lines = lines,
    .words = words,
    .x_label = "",
    .y_label = "f and its parts",
    .y_unit = "1",
};
