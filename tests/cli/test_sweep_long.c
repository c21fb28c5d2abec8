/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thousand kills. */
#define KILLS 1000
#include "cli/test_sweep.c"
