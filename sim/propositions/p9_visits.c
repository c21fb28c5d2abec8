/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/proposition.h"

/* Services by the rate of tours and what a visit takes. */
static const jd_number_t numbers[] = {
    {.label = "services at tours 0.3 less 0, a visit takes 0.1",
     .of = "services",
     .at = {"diffusion.visit=0.1 diffusion.tours=0.3", "diffusion.visit=0.1 diffusion.tours=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_CLAIM,
     .expect = JD_EXPECT_ABOVE},
    {.label = "services at tours 5 less 1.25, a visit takes 0.1",
     .of = "services",
     .at = {"diffusion.visit=0.1 diffusion.tours=5", "diffusion.visit=0.1 diffusion.tours=1.25"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_CLAIM,
     .expect = JD_EXPECT_BELOW},
    {.label = "services at tours 5 less 1.25, visits take nothing",
     .of = "services",
     .at = {"diffusion.visit=0 diffusion.tours=5", "diffusion.visit=0 diffusion.tours=1.25"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL,
     .expect = JD_EXPECT_ABOVE},
    {.label = "services at tours 5 less 0.3, a visit takes 0.3",
     .of = "services",
     .at = {"diffusion.visit=0.3 diffusion.tours=5", "diffusion.visit=0.3 diffusion.tours=0.3"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_LIMIT,
     .expect = JD_EXPECT_BELOW},
    {.label = NULL},
};

static const jd_line_t lines[] = {
    {.label = "a visit takes 0", .of = "services", .at = "diffusion.visit=0"},
    {.label = "a visit takes 0.03", .of = "services", .at = "diffusion.visit=0.03"},
    {.label = "a visit takes 0.1", .of = "services", .at = "diffusion.visit=0.1"},
    {.label = "a visit takes 0.3", .of = "services", .at = "diffusion.visit=0.3"},
    {.label = NULL},
};

const jd_proposition_t jd_proposition_p9_visits = {
    .name = "P9visits",
    .claim = "Practised governance brings most at a rate of tours between, because visits tax the "
             "exemplar",
    .literature = "Li and Fang (002:524-532).",
    .config = "propositions/p9_visits",
    .replicates = 12,
    .null = "visits that take nothing: more tours are always better.",
    .fails = "where a visit takes much (0.3): there should be few.",
    .numbers = numbers,
    .lines = lines,
    .x = "diffusion.tours",
    .x_label = "Tours: visits a peer makes",
    .x_unit = "1/quarter",
    .y_label = "Services G",
    .y_unit = "1",
};
