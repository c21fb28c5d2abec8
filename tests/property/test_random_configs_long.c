/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many more random configs. */
#define CONFIGS 5000
#include "property/test_random_configs.c"
