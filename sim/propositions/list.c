/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All propositions, in the order of the page. */
#include <stddef.h>

#include "propositions/proposition.h"

extern const jd_proposition_t jd_proposition_p1, jd_proposition_p2, jd_proposition_p3,
    jd_proposition_p4, jd_proposition_p5, jd_proposition_p6, jd_proposition_p7, jd_proposition_p8,
    jd_proposition_p9, jd_proposition_p9_visits, jd_proposition_p10, jd_proposition_p11,
    jd_proposition_p12, jd_proposition_p13, jd_proposition_p14, jd_proposition_p15,
    jd_proposition_p16, jd_proposition_p17, jd_proposition_p18, jd_proposition_p19,
    jd_proposition_factorial;

const jd_proposition_t *const jd_propositions[] = {
    &jd_proposition_p1,        &jd_proposition_p2,
    &jd_proposition_p3,        &jd_proposition_p4,
    &jd_proposition_p5,        &jd_proposition_p6,
    &jd_proposition_p7,        &jd_proposition_p8,
    &jd_proposition_p9,        &jd_proposition_p9_visits,
    &jd_proposition_p10,       &jd_proposition_p11,
    &jd_proposition_p12,       &jd_proposition_p13,
    &jd_proposition_p14,       &jd_proposition_p15,
    &jd_proposition_p16,       &jd_proposition_p17,
    &jd_proposition_p18,       &jd_proposition_p19,
    &jd_proposition_factorial, NULL,
};
