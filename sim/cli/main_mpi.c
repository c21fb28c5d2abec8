/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao-mpi: the same program, its sweeps spread over the ranks of an MPI job. Ranks take blocks
 * of runs off a shared counter, so that none coordinates and none waits; shards are each rank's own
 * files. */
#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/process.h"
#include "cli/sweep.h"

typedef struct counter {
    MPI_Win window;
    int64_t *next; /* on rank 0 */
    bool ready;
} counter_t;

/* Called by one thread at a time. */
static int64_t take_ticket(void *process)
{
    counter_t *c = process;
    const int64_t one = 1;
    int64_t ticket = 0;
    MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, c->window);
    MPI_Fetch_and_op(&one, &ticket, MPI_INT64_T, 0, 0, MPI_SUM, c->window);
    MPI_Win_unlock(0, c->window);
    return ticket;
}

static bool be_ready(void *process, bool good)
{
    counter_t *c = process;
    int mine = good, all = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    c->ready = true;
    return all != 0;
}

static void be_done(void *process)
{
    (void)process;
    MPI_Barrier(MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
    int level, rank, status = 0;
    counter_t counter = {0};
    jd_process_fill_descriptors();
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Win_allocate(sizeof *counter.next, sizeof *counter.next, MPI_INFO_NULL, MPI_COMM_WORLD,
                     &counter.next, &counter.window);
    *counter.next = 0;
    MPI_Barrier(MPI_COMM_WORLD);
    const jd_farm_process_t process = {.ticket = take_ticket,
                                       .ready = be_ready,
                                       .done = be_done,
                                       .process = &counter,
                                       .rank = rank};
    jd_farm_process = &process;
    bool spread = argc > 1 && !strcmp(argv[1], "sweep");
    if (level < MPI_THREAD_SERIALIZED && rank == 0)
        fputs("jiedao: note: this MPI library accepts calls from the first thread only: give "
              "--threads "
              "1\n",
              stderr);
    if (rank > 0 && !freopen("/dev/null", "w", stdout)) fclose(stdout); /* rank 0 speaks */
    if (spread || rank == 0) status = jd_cli_main(argc, argv);
    /* Who ends before the others wait for it must not leave them waiting. */
    if (spread && !counter.ready) be_ready(&counter, false);
    int worst = status;
    MPI_Allreduce(&status, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    MPI_Win_free(&counter.window);
    MPI_Finalize();
    jd_farm_process = NULL;
    return worst;
}
