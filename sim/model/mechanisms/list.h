/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The list of mechanisms: one line each. jd_NAME is defined in mechanisms/NAME.c. A list of names
 * makes both the array of mechanisms and, without any start-up code, that of their sections. */
#ifndef JD_MODEL_MECHANISMS_LIST_H
#define JD_MODEL_MECHANISMS_LIST_H

#include "model/mechanism.h"

/* The order is that of their sections in `jiedao params` and in the hash of a config. */
/* clang-format off */
#define JD_MECHANISMS(each) \
    each(urban)             \
    each(tournament)        \
    each(diffusion)         \
    each(cooperation)       \
    each(projects)          \
    each(entrepreneurs)
/* clang-format on */

#define JD_DECLARE_MECHANISM(name) extern const jd_mechanism_t jd_##name;
JD_MECHANISMS(JD_DECLARE_MECHANISM)

#endif
