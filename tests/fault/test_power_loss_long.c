/* SPDX-License-Identifier: GPL-3.0-or-later */
/* At every moment. */
#define MOMENTS 1000000
#include "fault/test_power_loss.c"
