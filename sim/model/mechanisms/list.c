/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/mechanisms/list.h"

#define ADDRESS(name) &jd_##name,

const jd_mechanism_t *const jd_mechanisms[] = {JD_MECHANISMS(ADDRESS) NULL};
