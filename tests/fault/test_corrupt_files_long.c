/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many damages of each file. */
#define DAMAGES 500
#include "fault/test_corrupt_files.c"
