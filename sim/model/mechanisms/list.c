/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/mechanism.h"

extern const jd_mechanism_t jd_tournament;
extern const jd_mechanism_t jd_urban;

const jd_mechanism_t *const jd_mechanisms[] = {&jd_tournament, &jd_urban, NULL};
