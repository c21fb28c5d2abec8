/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/proposition.h"

/* A tournament's push rises and falls with the number of contestants, if noise hides who is ahead
 */
static const jd_number_t numbers[] = {
    {.label = "S-share that three posts add, 6 contestants",
     .of = "share_strong",
     .at = {"tournament.street_posts=3 tournament.street_noise=0.5 world.streets=240 "
            "tournament.street=0.3",
            "tournament.street_posts=3 tournament.street_noise=0.5 world.streets=240 "
            "tournament.street=0"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_ABOVE,
     .than = 0},
    {.label = "6 contestants less 4",
     .of = "share_strong",
     .at = {"tournament.street_posts=3 tournament.street_noise=0.5 world.streets=240 "
            "tournament.street=0.3",
            "tournament.street_posts=3 tournament.street_noise=0.5 world.streets=240 "
            "tournament.street=0",
            "tournament.street_posts=3 tournament.street_noise=0.5 world.streets=160 "
            "tournament.street=0.3",
            "tournament.street_posts=3 tournament.street_noise=0.5 world.streets=160 "
            "tournament.street=0"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_ABOVE,
     .than = 0},
    {.label = "7 contestants less 16",
     .of = "share_strong",
     .at = {"tournament.street_posts=3 tournament.street_noise=0.5 world.streets=280 "
            "tournament.street=0.3",
            "tournament.street_posts=3 tournament.street_noise=0.5 world.streets=280 "
            "tournament.street=0",
            "tournament.street_posts=3 tournament.street_noise=0.5 world.streets=640 "
            "tournament.street=0.3",
            "tournament.street_posts=3 tournament.street_noise=0.5 world.streets=640 "
            "tournament.street=0"},
     .status = JD_STATUS_TEST,
     .expect = JD_EXPECT_ABOVE,
     .than = 0},
    {.label = "one post: 6 contestants less 4",
     .of = "share_strong",
     .at = {"tournament.street_posts=1 tournament.street_noise=0.5 world.streets=240 "
            "tournament.street=0.3",
            "tournament.street_posts=1 tournament.street_noise=0.5 world.streets=240 "
            "tournament.street=0",
            "tournament.street_posts=1 tournament.street_noise=0.5 world.streets=160 "
            "tournament.street=0.3",
            "tournament.street_posts=1 tournament.street_noise=0.5 world.streets=160 "
            "tournament.street=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_NULL,
     .expect = JD_EXPECT_BELOW,
     .than = 0},
    {.label = "little noise (0.06): 7 contestants less 4",
     .of = "share_strong",
     .at = {"tournament.street_posts=3 tournament.street_noise=0.06 world.streets=280 "
            "tournament.street=0.3",
            "tournament.street_posts=3 tournament.street_noise=0.06 world.streets=280 "
            "tournament.street=0",
            "tournament.street_posts=3 tournament.street_noise=0.06 world.streets=160 "
            "tournament.street=0.3",
            "tournament.street_posts=3 tournament.street_noise=0.06 world.streets=160 "
            "tournament.street=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_LIMIT,
     .expect = JD_EXPECT_BELOW,
     .than = 0},
    {.label = "little noise: 16 contestants less 7",
     .of = "share_strong",
     .at = {"tournament.street_posts=3 tournament.street_noise=0.06 world.streets=640 "
            "tournament.street=0.3",
            "tournament.street_posts=3 tournament.street_noise=0.06 world.streets=640 "
            "tournament.street=0",
            "tournament.street_posts=3 tournament.street_noise=0.06 world.streets=280 "
            "tournament.street=0.3",
            "tournament.street_posts=3 tournament.street_noise=0.06 world.streets=280 "
            "tournament.street=0"},
     .status = JD_STATUS_TEST,
     .role = JD_ROLE_LIMIT,
     .expect = JD_EXPECT_BELOW,
     .than = 0},
    {.label = NULL},
};

static const jd_line_t lines[] = {
    {.label = "3 posts, noise 0.5",
     .of = "share_strong",
     .at = "tournament.street_posts=3 tournament.street_noise=0.5 tournament.street=0.3",
     .less = "tournament.street_posts=3 tournament.street_noise=0.5 tournament.street=0"},
    {.label = "1 post, noise 0.5",
     .of = "share_strong",
     .at = "tournament.street_posts=1 tournament.street_noise=0.5 tournament.street=0.3",
     .less = "tournament.street_posts=1 tournament.street_noise=0.5 tournament.street=0"},
    {.label = "3 posts, noise 0.06",
     .of = "share_strong",
     .at = "tournament.street_posts=3 tournament.street_noise=0.06 tournament.street=0.3",
     .less = "tournament.street_posts=3 tournament.street_noise=0.06 tournament.street=0"},
    {.label = "1 post, noise 0.06",
     .of = "share_strong",
     .at = "tournament.street_posts=1 tournament.street_noise=0.06 tournament.street=0.3",
     .less = "tournament.street_posts=1 tournament.street_noise=0.06 tournament.street=0"},
    {.label = NULL},
};

const jd_proposition_t jd_proposition_p17 = {
    .name = "P17",
    .claim = "A tournament's push rises and falls with the number of contestants, if noise "
             "hides who is ahead",
    .literature = "Lazear and Rosen 1981; Lue and Landry 2014 (001:1283 cites them as rising); "
                  "Yu, Zhou, Zhu 2016.",
    .config = "propositions/p17",
    .replicates = 4,
    .null = "one post: the push only falls with the number of contestants.",
    .fails = "where the noise is small: the contest spreads those who began alike, and few "
             "are near the bar. Those far from it slacken, on either side.",
    .numbers = numbers,
    .lines = lines,
    .x = "world.streets",
    .x_label = "Contestants: streets in a county",
    .x_scale = 1.0 / 40,
    .y_label = "S-share added",
    .y_unit = "1",
};
