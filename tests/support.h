/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What every test includes: cmocka, and where things are. */
#ifndef JD_TESTS_SUPPORT_H
#define JD_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

/** Data handed to the developers beside the checkout; absent in a user's clone. */
#define JD_SHARED JD_SOURCE_DIR "/../shared"

/** Rounds of a test of numbers over random cases: under sanitizers, which look at memory and
 * threads, a quarter does. */
#ifdef JD_SANITIZED
#define JD_ROUNDS(n) (((n) + 3) / 4)
#else
#define JD_ROUNDS(n) (n)
#endif

/** Skips the test, saying why, where `path` cannot be read. */
#define SKIP_WITHOUT(path)                                     \
    do {                                                       \
        if (access(path, R_OK) != 0) {                         \
            print_message("skipped: %s is not there\n", path); \
            skip();                                            \
        }                                                      \
    } while (0)

#endif
