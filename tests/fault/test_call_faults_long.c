/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every call fails, of commands with very many every n-th. */
#define CALLS 400
#include "fault/test_call_faults.c"
