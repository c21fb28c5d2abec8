/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/proposition.h"

/* A model of directed dyads is run on panels, not on the outputs of runs: a test does it. */
const jd_proposition_t jd_proposition_p14 = {
    .name = "P14",
    .claim = "A model of directed dyads finds emulation where there is none, unless opportunity is "
             "conditioned on and the superior is known",
    .literature = "Boehmke 2009.",
    .config = "propositions/p14",
    .replicates = 2,
    .elsewhere =
        "Measured by `statistical/test_diffusion_law`, 12 seeds; no county looks at another. "
        "Status: "
        "recovery. Logit coefficient of \"same prefecture\" (standard\nerror): all dyads 0.165 "
        "(0.032), "
        "with the superior's state 0.167 (0.025); only where j practises already 0.306 (0.034), "
        "with "
        "the superior's state 0.037\n(0.027). With tours of 0.5 the four are 0.015 (0.016), 0.045 "
        "(0.025), 0.191 (0.026) and 0.158 (0.032): the full set of dyads also misses emulation "
        "that "
        "is there.",
    .null = "no county looks at another: 0 is right.",
    .fails = "opportunity alone does not do: a common superior looks like emulation too.",
};
