/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/proposition.h"

/* Ties make interference dyadic. */
static const jd_number_t numbers[] = {
    {.label = "spillover part without ties, as a share of the ATT without ties",
     .of = "twfe.spillover",
     .per = "twfe.att",
     .at = {"point=1"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL},
    {.label = "what ties at a rate of 0.2 add to it",
     .of = "twfe.spillover",
     .per = "twfe.att",
     .at = {"point=3", "point=1"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_ABOVE},
    {.label = "what ties at a rate of 0.8 add to it",
     .of = "twfe.spillover",
     .per = "twfe.att",
     .at = {"point=5", "point=1"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_ABOVE},
    {.label = "the same where firms heed no ties",
     .of = "twfe.spillover",
     .per = "twfe.att",
     .at = {"point=6", "point=1"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL,
     .expect = JD_EXPECT_NEAR,
     .within = 0.01},
    {.label = "what ties at a rate of 0.8 add to the ATT itself",
     .of = "twfe.att",
     .per = "twfe.att",
     .at = {"point=5", "point=1"},
     .status = JD_STATUS_TEST},
    {.label = NULL},
};

static const jd_line_t lines[] = {
    {.label = "spillover part of the bias of twfe", .of = "twfe.spillover", .at = ""},
    {.label = "ATT", .of = "twfe.att", .at = ""},
    {.label = NULL},
};

static const char *const words[] = {"no ties", "0.1", "0.2", "0.4", "0.8", "0.8, not heeded"};

const jd_proposition_t jd_proposition_p13 = {
    .name = "P13",
    .claim = "Ties make interference dyadic: the bias of DID grows with the share of controls that "
             "are tied to the treated",
    .literature = "Jiang, Eaton, Kostka (001:845-847: nearly all factories of one park came "
                  "through ties); interference on networks: Aronow and Samii 2017; Leung 2020.",
    .config = "propositions/p13",
    .replicates = 24,
    .null = "firms that heed no ties (b_tie = 0), where counties tie as often.",
    .fails = "where ties are few, or firms do not follow them: at b_tie of 2 distance keeps "
             "firms from far partners. Most of the growth in bias is growth of the ATT "
             "itself. What rings by distance and an exposure by ties make of it: "
             "[cooperation](mechanisms/cooperation.md).",
    .numbers = numbers,
    .lines = lines,
    .words = words,
    .x_label = "Rate at which counties look for partners",
    .y_label = "Spillover part; ATT",
    .y_unit = "firms",
};
