/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shuffle and deflate, done here rather than by HDF5's filters: in parallel, and with libdeflate,
 * which at level 1 took half of zlib's time on our columns (32-bit ids, counts and states) and
 * packed them a little better. The result is what HDF5's own shuffle and deflate filters read. */
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/thread.h"
#include "io/hdf5/internal.h"

enum {
    LEVEL = 1,
    ARENA = 16 << 20,    /* packed bytes of a batch */
    STORED_MAX = 65535,  /* bytes of a stored deflate block */
    SAMPLES = 4,         /* pieces of a byte plane that are tried ... */
    SAMPLE_BYTES = 1024, /* ... of this size each */
    PLANE_MIN = 4 * SAMPLES * SAMPLE_BYTES,
};

typedef struct jd_pack_worker {
    struct libdeflate_compressor *compressor;
    unsigned char *raw;      /* a chunk's cells, where the source is not a whole chunk */
    unsigned char *shuffled; /* its byte planes */
} jd_pack_worker_t;

/* Four planes in one pass: eight times faster than the general loop, and most columns are so. */
static void shuffle4(unsigned char *restrict to, const unsigned char *restrict from, size_t n)
{
    unsigned char *restrict a = to, *restrict b = to + n, *restrict c = to + 2 * n,
                            *restrict d = to + 3 * n;
    for (size_t i = 0; i < n; i++) {
        a[i] = from[4 * i];
        b[i] = from[4 * i + 1];
        c[i] = from[4 * i + 2];
        d[i] = from[4 * i + 3];
    }
}

static void shuffle(unsigned char *restrict to, const unsigned char *restrict from, size_t n,
                    size_t size)
{
    if (size == 4) {
        shuffle4(to, from, n);
        return;
    }
    for (size_t plane = 0; plane < size; plane++) {
        for (size_t i = 0; i < n; i++)
            to[plane * n + i] = from[i * size + plane];
    }
}

/* Whether trying to pack this plane is a waste: low bytes of states and ids are noise. A few pieces
 * are packed to see; a wrong guess costs bytes, never correctness. */
static bool is_noise(const jd_pack_worker_t *worker, const unsigned char *plane, size_t n)
{
    unsigned char sample[SAMPLES * SAMPLE_BYTES], packed[SAMPLES * SAMPLE_BYTES];
    if (n < PLANE_MIN) return false;
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t at = (2 * i + 1) * n / SAMPLES / 2 - SAMPLE_BYTES / 2;
        memcpy(sample + i * SAMPLE_BYTES, plane + at, SAMPLE_BYTES);
    }
    size_t room = sizeof packed - sizeof packed / 32;
    return libdeflate_deflate_compress(worker->compressor, sample, sizeof sample, packed, room) ==
           0;
}

static size_t store_blocks(unsigned char *to, const unsigned char *from, size_t n)
{
    size_t at = 0;
    for (size_t done = 0; done < n;) {
        size_t length = n - done < STORED_MAX ? n - done : STORED_MAX;
        to[at++] = 0; /* not the last block, stored; blocks before are whole bytes too */
        to[at++] = (unsigned char)(length & 0xffu);
        to[at++] = (unsigned char)(length >> 8);
        to[at++] = (unsigned char)(~length & 0xffu);
        to[at++] = (unsigned char)((~length >> 8) & 0xffu);
        memcpy(to + at, from + done, length);
        at += length;
        done += length;
    }
    return at;
}

/* Room a chunk of n bytes needs at most. */
static size_t packed_bound(size_t n)
{
    return libdeflate_deflate_compress_bound(NULL, n) + 5 * (n / STORED_MAX + 1) + 16;
}

/* A zlib stream: noise planes, which come first, as stored blocks; then what packs. */
static size_t deflate_planes(const jd_pack_worker_t *worker, unsigned char *to,
                             const unsigned char *planes, size_t n, size_t size)
{
    size_t bytes = n * size, stored = 0, at = 0;
    while (stored < size && is_noise(worker, planes + stored * n, n))
        stored++;
    to[at++] = 0x78;
    to[at++] = 0x01;
    at += store_blocks(to + at, planes, stored * n);
    size_t rest = bytes - stored * n;
    at += libdeflate_deflate_compress(worker->compressor, planes + stored * n, rest, to + at,
                                      packed_bound(rest));
    uint32_t sum = libdeflate_adler32(1, planes, bytes);
    for (int shift = 24; shift >= 0; shift -= 8)
        to[at++] = (unsigned char)(sum >> shift);
    return at;
}

static size_t chunk_cells(const jd_chunk_t *chunk)
{
    return (size_t)chunk->chunk_leads * (size_t)chunk->chunk_width;
}

/* The chunk's cells in one piece: the source itself where it is one. */
static const unsigned char *gather(const jd_pack_worker_t *worker, const jd_chunk_t *chunk)
{
    size_t line = (size_t)chunk->chunk_width * chunk->size;
    bool whole = chunk->leads == chunk->chunk_leads && chunk->width == chunk->chunk_width;
    if (whole && (chunk->stride == line || chunk->leads == 1)) {
        return (const unsigned char *)chunk->source;
    }
    size_t used = (size_t)chunk->width * chunk->size;
    if (!whole) memset(worker->raw, 0, chunk_cells(chunk) * chunk->size);
    if (chunk->stride == used && used == line) { /* fewer leads only */
        memcpy(worker->raw, chunk->source, (size_t)chunk->leads * line);
        return worker->raw;
    }
    for (int64_t lead = 0; lead < chunk->leads; lead++) {
        memcpy(worker->raw + (size_t)lead * line, chunk->source + (size_t)lead * chunk->stride,
               used);
    }
    return worker->raw;
}

static void pack(const jd_pack_worker_t *worker, jd_chunk_t *chunk)
{
    const unsigned char *planes = gather(worker, chunk);
    size_t n = chunk_cells(chunk);
    if (chunk->element == 1) {
        n *= chunk->size;
    } else {
        shuffle(worker->shuffled, planes, n, chunk->element);
        planes = worker->shuffled;
    }
    chunk->packed_size = deflate_planes(worker, chunk->packed, planes, n, chunk->element);
}

static void free_workers(jd_packer_t *packer)
{
    for (int w = 0; w < packer->n_workers; w++) {
        libdeflate_free_compressor(packer->workers[w].compressor);
        free(packer->workers[w].raw);
        free(packer->workers[w].shuffled);
    }
    free(packer->workers);
    packer->workers = NULL;
    packer->n_workers = 0;
}

void jd_packer_free(jd_packer_t *packer)
{
    free_workers(packer);
    free(packer->arena);
    *packer = (jd_packer_t){0};
}

static int make_workers(jd_packer_t *packer, int threads, size_t bytes, jd_ctx_t *ctx)
{
    if (packer->n_workers >= threads && packer->chunk_bytes >= bytes) return JD_OK;
    if (bytes < packer->chunk_bytes) bytes = packer->chunk_bytes;
    free_workers(packer);
    packer->workers = calloc((size_t)threads, sizeof *packer->workers);
    if (!packer->workers) return jd_fail_memory(ctx, sizeof *packer->workers, "compression");
    packer->n_workers = threads;
    packer->chunk_bytes = bytes;
    for (int w = 0; w < threads; w++) {
        jd_pack_worker_t *worker = &packer->workers[w];
        worker->compressor = libdeflate_alloc_compressor(LEVEL);
        worker->raw = malloc(bytes);
        worker->shuffled = malloc(bytes);
        if (!worker->compressor || !worker->raw || !worker->shuffled) {
            free_workers(packer);
            return jd_fail_memory(ctx, 2 * bytes, "compression");
        }
    }
    return JD_OK;
}

static int make_arena(jd_packer_t *packer, size_t size, jd_ctx_t *ctx)
{
    if (packer->arena_size >= size) return JD_OK;
    free(packer->arena);
    packer->arena = malloc(size);
    packer->arena_size = packer->arena ? size : 0;
    return packer->arena ? JD_OK : jd_fail_memory(ctx, size, "compression");
}

static int write_chunks(const jd_chunk_t *chunks, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (H5Dwrite_chunk(chunks[i].dataset, H5P_DEFAULT, 0, chunks[i].offset,
                           chunks[i].packed_size, chunks[i].packed) < 0) {
            return JD_ERR_WRITE;
        }
    }
    return JD_OK;
}

int jd_pack_write(jd_packer_t *packer, jd_chunk_t *chunks, int64_t n_chunks, jd_ctx_t *ctx)
{
    if (n_chunks == 0) return JD_OK;
    int threads = jd_ctx_threads(ctx);
    size_t bytes = 1;
    for (int64_t i = 0; i < n_chunks; i++) {
        size_t its = chunk_cells(&chunks[i]) * chunks[i].size;
        if (its > bytes) bytes = its;
    }
    size_t slot = packed_bound(bytes);
    int64_t batch = (int64_t)(ARENA / slot);
    if (batch < threads) batch = threads;
    if (batch > n_chunks) batch = n_chunks;
    int rc = make_workers(packer, threads, bytes, ctx);
    if (!rc) rc = make_arena(packer, (size_t)batch * slot, ctx);
    for (int64_t first = 0; !rc && first < n_chunks; first += batch) {
        int64_t n = n_chunks - first < batch ? n_chunks - first : batch;
        jd_chunk_t *now = chunks + first;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) if (n > 1)
        for (int64_t i = 0; i < n; i++) {
            now[i].packed = packer->arena + (size_t)i * slot;
            pack(&packer->workers[jd_thread_number()], &now[i]);
        }
        rc = write_chunks(now, n);
    }
    return rc;
}

const char *jd_store_libraries(char *buffer, size_t size)
{
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    snprintf(buffer, size, "HDF5 %u.%u.%u, libdeflate %s", major, minor, release,
             LIBDEFLATE_VERSION_STRING);
    return buffer;
}
