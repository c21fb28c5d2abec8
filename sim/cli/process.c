/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "cli/process.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void jd_process_fill_descriptors(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) != -1) continue;
        (void)!open("/dev/null", fd == 1 ? O_RDONLY : O_WRONLY); /* takes the lowest number free */
    }
}

/* OpenBLAS's own, exported but in no header: a piece is kept and used again once it is freed. */
extern void *blas_memory_alloc(int position) __attribute__((weak));
extern void blas_memory_free(void *piece) __attribute__((weak));

static const size_t piece_bytes = (size_t)128 << 20; /* of OpenBLAS for x86-64; smaller elsewhere */

static bool can_have(size_t bytes)
{
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return false;
    munmap(room, bytes);
    return true;
}

int jd_process_claim_blas(jd_ctx_t *ctx)
{
    int threads = jd_ctx_threads(ctx), n = threads;
    if (!blas_memory_alloc || !blas_memory_free) return JD_OK;
    /* A further thread is worth its piece only where as much is left for everything else. */
    while (n > 1 && !can_have(2 * (size_t)n * piece_bytes))
        n--;
    if (n == 1 && !can_have(piece_bytes + (piece_bytes >> 5)))
        return jd_fail(
            ctx, JD_ERR_NO_MEMORY,
            "out of memory: %.0f MB for linear algebra (OpenBLAS) were refused; raise the "
            "limit on this process (ulimit -v), or use a machine with more memory",
            (double)piece_bytes / 1e6);
    void **piece = calloc((size_t)n, sizeof *piece);
    if (!piece) return jd_fail_memory(ctx, (size_t)n * sizeof *piece, "linear algebra");
    for (int i = 0; i < n; i++)
        piece[i] = blas_memory_alloc(0);
    for (int i = 0; i < n; i++)
        if (piece[i]) blas_memory_free(piece[i]);
    free(piece);
    if (n < threads)
        jd_warn(ctx, "memory allows %d thread%s, not %d: each takes %.0f MB for linear algebra", n,
                n == 1 ? "" : "s", threads, (double)piece_bytes / 1e6);
    ctx->threads = n;
    return JD_OK;
}
