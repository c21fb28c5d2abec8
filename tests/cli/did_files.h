/* SPDX-License-Identifier: GPL-3.0-or-later */
/** jiedao did on small files of the tests' folder. */
#ifndef JD_TESTS_CLI_DID_FILES_H
#define JD_TESTS_CLI_DID_FILES_H

#include "cli/tiny.h"
#include "reference/csv.h"

#define ROLES " --y y --unit i --time t --cohort g "

static said_t said;

/** Runs a line, which must end with this status. */
static inline void run(int status, const char *line)
{
    run_shell(&said, line);
    if (said.status != status)
        fail_msg("%s: status %d, not %d: %s", line, said.status, status, said.err);
}

static inline void write_here(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
    assert_int_equal(fclose(out), 0);
}

static inline void read_here(csv_t *csv, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
    assert_true(csv_read(csv, path));
}

#endif
