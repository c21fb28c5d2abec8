/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "core/vmath.h"
#include "jiedao/random.h"

enum { FIRMS = 20000000, PLACES = 41352, TYPES = 18 };

JD_CLONES static uint64_t sum_words(const uint64_t *restrict x, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* The bare probe: for every firm one keyed uniform against a hazard looked up by its place and
 * type. */
JD_CLONES static int64_t probe(const jd_jump_t *jump, const int32_t *restrict place,
                               const int8_t *restrict type, const uint32_t *restrict hazard,
                               int64_t n)
{
    int64_t below = 0;
    for (int64_t i = 0; i < n; i++)
        below += jd_draw_bits(jump, (uint64_t)i) < hazard[(int64_t)type[i] * PLACES + place[i]];
    return below;
}

jd_limits_t jd_measure_limits(void)
{
    jd_limits_t limits;
    double seconds[JD_ROUNDS];
    size_t words = (size_t)1 << 26; /* 512 MB */
    uint64_t *memory = malloc(words * sizeof *memory);
    jd_demand(memory != NULL, "512 MB of memory");
    memset(memory, 1, words * sizeof *memory);
    for (int r = 0; r < JD_ROUNDS; r++) {
        double start = jd_now();
        jd_demand(sum_words(memory, words) == words * UINT64_C(0x0101010101010101),
                  "sum of memory");
        seconds[r] = jd_now() - start;
    }
    limits.read_gb = (double)(words * sizeof *memory) / jd_median(seconds, JD_ROUNDS) / 1e9;
    jd_report("limit: memory read", limits.read_gb, "GB/s", "");
    free(memory);

    int32_t *place = malloc(FIRMS * sizeof *place);
    int8_t *type = malloc(FIRMS);
    uint32_t *hazard = calloc((size_t)PLACES * TYPES, sizeof *hazard);
    jd_demand(place && type && hazard, "memory for the probe");
    jd_jump_t jump = jd_jump(jd_stream(1, 0, JD_DRAW_MOVE), 1, 0);
    for (int64_t i = 0; i < FIRMS; i++) {
        place[i] = (int32_t)(i * PLACES / FIRMS);
        type[i] = (int8_t)(jd_draw_bits(&jump, (uint64_t)i) % TYPES);
    }
    for (int r = 0; r < JD_ROUNDS; r++) {
        double start = jd_now();
        jd_demand(probe(&jump, place, type, hazard, FIRMS) == 0, "no draw is below zero");
        seconds[r] = jd_now() - start;
    }
    limits.probe_ns = 1e9 * jd_median(seconds, JD_ROUNDS) / FIRMS;
    jd_report("limit: bare probe (one keyed draw, one table look-up)", limits.probe_ns, "ns/firm",
              "");
    free(place);
    free(type);
    free(hazard);
    return limits;
}
