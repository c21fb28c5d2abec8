/* SPDX-License-Identifier: GPL-3.0-or-later */
/** All sections a config may have. */
#ifndef JD_SWEEP_SECTIONS_H
#define JD_SWEEP_SECTIONS_H

#include "jiedao/config.h"

/** The simulator's sections and the estimators', in the order of the docs; borrowed, static. */
const jd_section_t *const *jd_all_sections(int *n);

/** These and [sweep], [validate], [dgp]: what configs of several runs may hold. */
const jd_section_t *const *jd_sweep_sections(int *n);

/** Sections `run` does not read; NULL-ended. */
extern const char *const jd_ignored_sections[];

#endif
