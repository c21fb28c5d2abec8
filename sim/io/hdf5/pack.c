/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shuffle and deflate, done here rather than by HDF5's filters: in parallel, and with libdeflate,
 * which at level 1 took half of zlib's time on our columns (32-bit ids, counts and states) and
 * packed them a little better; and planes without repeats by plane.h, which takes a third of
 * libdeflate's time on them, and next to none where they are constant. The result is what HDF5's
 * own shuffle and deflate filters read. */
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/thread.h"
#include "core/vmath.h"
#include "io/hdf5/internal.h"
#include "io/hdf5/plane.h"

enum {
    LEVEL = 1,
    ARENA = 4 << 20,     /* packed bytes of a batch */
    STORED_MAX = 65535,  /* bytes of a stored deflate block */
    SAMPLES = 4,         /* pieces of a byte plane that are tried ... */
    SAMPLE_BYTES = 1024, /* ... of this size each */
    PLANE_MIN = 2 * SAMPLES * SAMPLE_BYTES,
    ROOM = 256 /* what blocks of planes take beside their bytes, and a little */
};

typedef struct jd_pack_worker {
    struct libdeflate_compressor *compressor;
    unsigned char *raw;      /* a chunk's cells, where the source is not a whole chunk */
    unsigned char *shuffled; /* its byte planes */
    jd_tokens_t *tokens;
    jd_code_t *code;
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

/* ---- What a plane is ---- */

typedef enum jd_plane_kind {
    PLANE_NOISE,  /* packs to nothing less: low bytes of states and ids */
    PLANE_UNEVEN, /* one byte throughout, runs, or bytes that are unevenly common */
    PLANE_UNITS,  /* units keep their bytes from a lead to the next */
    PLANE_REPEATS /* other stretches come again: for libdeflate */
} plane_kind_t;

static bool is_constant(const unsigned char *plane, size_t n)
{
    return n > 1 && memcmp(plane, plane + 1, n - 1) == 0;
}

/* How many bytes are those of `back` before. */
JD_CLONES static size_t same_after(const unsigned char *plane, size_t n, size_t back)
{
    enum { LANES = 64, ROUNDS = 255 };
    size_t same = 0;
    for (size_t i = back; i + LANES <= n;) {
        uint8_t lane[LANES] = {0};
        for (int r = 0; r < ROUNDS && i + LANES <= n; r++, i += LANES)
            for (size_t l = 0; l < LANES; l++)
                lane[l] = (uint8_t)(lane[l] + (plane[i + l] == plane[i + l - back]));
        for (size_t l = 0; l < LANES; l++)
            same += lane[l];
    }
    return same;
}

/* Whether units keep their bytes from a lead to the next more often than others have the same by
 * chance. */
static bool units_repeat(const unsigned char *plane, size_t n, size_t line)
{
    enum { ASIDE = 7 };
    if (line <= ASIDE || line > JD_PLANE_FAR || line >= n) return false;
    return same_after(plane, n, line) > same_after(plane, n, line - ASIDE) + (n - line) / 8;
}

/* Whether all bytes are about as common: pairs of equal bytes are hardly more than by chance. */
static bool is_noise(const unsigned char *sample, size_t n)
{
    uint64_t count[256] = {0}, pairs = 0;
    for (size_t i = 0; i < n; i++)
        count[sample[i]]++;
    for (int i = 0; i < 256; i++)
        pairs += count[i] * count[i];
    return pairs < n * n / 256 * 9 / 8 + n; /* 7.83 bits a byte, by pairs */
}

/* Whether libdeflate gains so much by repeats that it is worth several times the time. */
static bool has_repeats(const jd_pack_worker_t *worker, const unsigned char *sample, size_t n)
{
    unsigned char packed[SAMPLES * SAMPLE_BYTES];
    jd_plane_tokens(sample, n, 0, worker->tokens);
    jd_plane_code(worker->tokens, worker->code);
    const size_t own = (size_t)worker->code->bits / 8, most = own < n ? own : n;
    return libdeflate_deflate_compress(worker->compressor, sample, n, packed, most - most / 7) > 0;
}

/* A wrong guess costs bytes, never correctness. `line`: bytes from a lead to the next. */
static plane_kind_t kind_of(const jd_pack_worker_t *worker, const unsigned char *plane, size_t n,
                            size_t line)
{
    unsigned char sample[SAMPLES * SAMPLE_BYTES];
    if (n > JD_PLANE_MOST || n < PLANE_MIN) return PLANE_REPEATS;
    if (is_constant(plane, n)) return PLANE_UNEVEN;
    if (units_repeat(plane, n, line)) return PLANE_UNITS;
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t at = (2 * i + 1) * n / SAMPLES / 2 - SAMPLE_BYTES / 2;
        memcpy(sample + i * SAMPLE_BYTES, plane + at, SAMPLE_BYTES);
    }
    if (line == 1 && has_repeats(worker, sample, sizeof sample)) return PLANE_REPEATS;
    return is_noise(sample, sizeof sample) ? PLANE_NOISE : PLANE_UNEVEN;
}

/* ---- A chunk as a zlib stream ---- */

/* Room a chunk of n bytes needs at most. */
static size_t packed_bound(size_t n)
{
    return libdeflate_deflate_compress_bound(NULL, n) + 5 * (n / STORED_MAX + 1) + ROOM;
}

/* A plane in blocks of its own. */
static void put_plane(const jd_pack_worker_t *worker, jd_bits_t *out, const unsigned char *plane,
                      size_t n, size_t far, plane_kind_t kind)
{
    if (kind != PLANE_NOISE) {
        jd_plane_tokens(plane, n, kind == PLANE_UNITS ? far : 0, worker->tokens);
        jd_plane_code(worker->tokens, worker->code);
        if ((size_t)worker->code->bits < 8 * n) {
            jd_bits_code(out, worker->tokens, worker->code);
            return;
        }
    }
    jd_bits_store(out, plane, n);
}

/* Planes in blocks of their own, up to the first with repeats: that and the rest by libdeflate. */
static size_t deflate_planes(const jd_pack_worker_t *worker, unsigned char *to,
                             const unsigned char *planes, size_t n, size_t size, size_t line)
{
    jd_bits_t out = {.to = to};
    size_t done = 0;
    out.to[out.n++] = 0x78;
    out.to[out.n++] = 0x01;
    for (; done < size; done++) {
        plane_kind_t kind = kind_of(worker, planes + done * n, n, line);
        if (kind == PLANE_REPEATS) break;
        put_plane(worker, &out, planes + done * n, n, line, kind);
    }
    if (done == size) {
        jd_bits_end(&out);
    } else {
        size_t rest = (size - done) * n;
        if (done > 0) jd_bits_flush(&out);
        out.n += libdeflate_deflate_compress(
            worker->compressor, planes + done * n, rest, to + out.n,
            libdeflate_deflate_compress_bound(worker->compressor, rest));
    }
    uint32_t sum = libdeflate_adler32(1, planes, n * size);
    for (int shift = 24; shift >= 0; shift -= 8)
        to[out.n++] = (unsigned char)(sum >> shift);
    return out.n;
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
    size_t line = (size_t)chunk->chunk_width * (chunk->size / chunk->element);
    chunk->packed_size = deflate_planes(worker, chunk->packed, planes, n, chunk->element, line);
}

static void free_workers(jd_packer_t *packer)
{
    for (int w = 0; w < packer->n_workers; w++) {
        libdeflate_free_compressor(packer->workers[w].compressor);
        free(packer->workers[w].raw);
        free(packer->workers[w].shuffled);
        free(packer->workers[w].tokens);
        free(packer->workers[w].code);
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
        worker->tokens = malloc(sizeof *worker->tokens);
        worker->code = malloc(sizeof *worker->code);
        if (!worker->compressor || !worker->raw || !worker->shuffled || !worker->tokens ||
            !worker->code) {
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
