/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Several processes on one sweep: what the MPI program hands to the command. */
#ifndef JD_CLI_SWEEP_H
#define JD_CLI_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

/** As in jd_farm_t; rank 0 speaks and merges. */
typedef struct jd_farm_process {
    int64_t (*ticket)(void *process);
    bool (*ready)(void *process, bool good);
    void (*done)(void *process);
    void *process;
    int rank;
} jd_farm_process_t;

/** NULL in the plain program. */
extern const jd_farm_process_t *jd_farm_process;

#endif
