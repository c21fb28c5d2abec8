/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/hdf5/plane.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/vmath.h"

enum {
    SHORTEST = 3, /* run that can be said in one token */
    LONGEST = 258,
    FARS = 512, /* first token of a repeat */
    FAR_SHORTEST = 5,
    RUNS = 256,    /* first token of a run */
    END = 256,     /* symbol that ends a block */
    SYMBOLS = 286, /* bytes, the end, lengths of runs */
    DEEPEST = 15,  /* bits of the longest code */
    STORED_MOST = 65535
};

/* ---- Tokens ---- */

/* How many bytes from `at` on are `byte`, eight at a time. */
static size_t run_of(const unsigned char *at, size_t most, unsigned char byte)
{
    const uint64_t eight = byte * UINT64_C(0x0101010101010101);
    size_t n = 0;
    if (most > 64 && *at == byte && memcmp(at, at + 1, most - 1) == 0) return most;
    for (uint64_t word; n + sizeof word <= most; n += sizeof word) {
        memcpy(&word, at + n, sizeof word);
        if (word != eight) break;
    }
    while (n < most && at[n] == byte)
        n++;
    return n;
}

static inline void add_token(jd_tokens_t *t, int token)
{
    t->token[t->n++] = (uint16_t)token;
    t->count[token]++;
}

/* A stretch of so many bytes, in tokens from `first` on; returns what is too short for one. */
static size_t add_stretch(jd_tokens_t *t, int first, size_t left)
{
    while (left >= SHORTEST) {
        size_t now = left < LONGEST ? left : LONGEST;
        add_token(t, first + (int)now - SHORTEST);
        left -= now;
    }
    return left;
}

/* How many bytes from `at` on are as `before`. */
static size_t same_as(const unsigned char *at, const unsigned char *before, size_t most)
{
    size_t n = 0;
    for (uint64_t a, b; n + sizeof a <= most; n += sizeof a) {
        memcpy(&a, at + n, sizeof a);
        memcpy(&b, before + n, sizeof b);
        if (a != b) break;
    }
    while (n < most && at[n] == before[n])
        n++;
    return n;
}

/* Bytes [i, end), runs of one byte aside none of them repeats. */
static void add_bytes(jd_tokens_t *t, const unsigned char *plane, size_t i, size_t end)
{
    while (i < end) {
        const unsigned char byte = plane[i++];
        add_token(t, byte);
        if (end - i < SHORTEST || plane[i] != byte || plane[i + 1] != byte || plane[i + 2] != byte)
            continue;
        size_t run = run_of(plane + i, end - i, byte);
        i += run - add_stretch(t, RUNS, run);
    }
}

/* Whether there are hardly two equal bytes side by side: then runs are not looked for. */
JD_CLONES static bool has_no_runs(const unsigned char *plane, size_t n)
{
    enum { PIECE = 255 * 32, LANES = 32 };
    size_t same = 0, at = 1;
    while (at + LANES <= n) {
        uint8_t lane[LANES] = {0};
        size_t end = at + PIECE < n ? at + PIECE : n;
        for (; at + LANES <= end; at += LANES)
            for (size_t l = 0; l < LANES; l++)
                lane[l] = (uint8_t)(lane[l] + (plane[at + l] == plane[at + l - 1]));
        for (size_t l = 0; l < LANES; l++)
            same += lane[l];
    }
    return same < n / 8;
}

static void add_all(jd_tokens_t *t, const unsigned char *plane, size_t n)
{
    int32_t more[3][RUNS] = {{0}};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        t->count[plane[i]]++;
        more[0][plane[i + 1]]++;
        more[1][plane[i + 2]]++;
        more[2][plane[i + 3]]++;
    }
    for (; i < n; i++)
        t->count[plane[i]]++;
    for (int b = 0; b < RUNS; b++)
        t->count[b] += more[0][b] + more[1][b] + more[2][b];
    for (i = 0; i < n; i++)
        t->token[i] = plane[i];
    t->n = (int32_t)n;
}

void jd_plane_tokens(const unsigned char *plane, size_t n, size_t far, jd_tokens_t *t)
{
    size_t told = 0;
    t->n = 0;
    t->far = (int32_t)far;
    memset(t->count, 0, sizeof t->count);
    if (far == 0 && has_no_runs(plane, n)) {
        add_all(t, plane, n);
        return;
    }
    for (size_t i = far; far > 0 && i + FAR_SHORTEST <= n;) {
        if (plane[i] != plane[i - far] || memcmp(plane + i, plane + i - far, FAR_SHORTEST) != 0) {
            i++;
            continue;
        }
        add_bytes(t, plane, told, i);
        size_t same = same_as(plane + i, plane + i - far, n - i);
        told = i += same - add_stretch(t, FARS, same);
    }
    add_bytes(t, plane, told, n);
}

/* ---- Codes ---- */

/* The symbol of a run's length, and what else tells the length. */
typedef struct length {
    int symbol, extra_bits, extra;
} length_t;

static length_t length_of(int run)
{
    int past = run - SHORTEST, bits = 0;
    if (run == LONGEST) return (length_t){285, 0, 0};
    if (past < 8) return (length_t){257 + past, 0, 0};
    while (past >> (bits + 3))
        bits++;
    /* Symbols come in fours from 265 on, each four with a bit more. */
    int step = past >> bits;
    return (length_t){257 + 4 * bits + step, bits, past - (step << bits)};
}

typedef struct weight {
    int32_t count;
    int symbol;
} weight_t;

static int by_count(const void *a, const void *b)
{
    const weight_t *x = a, *y = b;
    return x->count != y->count ? (x->count > y->count) - (x->count < y->count)
                                : x->symbol - y->symbol;
}

/* Depths of the tree that joins the two smallest over and over: leaves in rising order are in
 * leaf[], inner nodes come about in rising order too. */
static void join_pairs(const weight_t *leaf, int n, int *depth)
{
    int64_t sum[SYMBOLS];
    int parent_of_leaf[SYMBOLS], parent[SYMBOLS];
    int leaves = 0, inner = 0;
    for (int made = 0; made < n - 1; made++) {
        sum[made] = 0;
        for (int k = 0; k < 2; k++) {
            if (leaves < n && (inner >= made || leaf[leaves].count <= sum[inner])) {
                parent_of_leaf[leaves] = made;
                sum[made] += leaf[leaves++].count;
            } else {
                parent[inner] = made;
                sum[made] += sum[inner++];
            }
        }
    }
    int below[SYMBOLS];
    below[n - 2] = 0;
    for (int i = n - 3; i >= 0; i--)
        below[i] = below[parent[i]] + 1;
    for (int i = 0; i < n; i++)
        depth[i] = below[parent_of_leaf[i]] + 1;
}

/* Cuts depths to DEEPEST and evens out until the code is complete; deepest first. */
static void limit_depths(int *depth, int n)
{
    int of[DEEPEST + 1] = {0};
    int64_t room = 0;
    for (int i = 0; i < n; i++) {
        if (depth[i] > DEEPEST) depth[i] = DEEPEST;
        of[depth[i]]++;
    }
    for (int d = 1; d <= DEEPEST; d++)
        room += (int64_t)of[d] << (DEEPEST - d);
    for (; room > (int64_t)1 << DEEPEST; room--) { /* a leaf goes down, a deepest one beside it */
        int d = DEEPEST - 1;
        while (of[d] == 0)
            d--;
        of[d]--;
        of[d + 1] += 2;
        of[DEEPEST]--;
    }
    for (int i = 0, d = DEEPEST; i < n; i++) {
        while (of[d] == 0)
            d--;
        depth[i] = d;
        of[d]--;
    }
}

static void make_lengths(const int32_t *count, uint8_t *length)
{
    weight_t leaf[SYMBOLS];
    int depth[SYMBOLS], n = 0;
    memset(length, 0, SYMBOLS);
    for (int s = 0; s < SYMBOLS; s++)
        if (count[s] > 0) leaf[n++] = (weight_t){count[s], s};
    qsort(leaf, (size_t)n, sizeof *leaf, by_count);
    if (n > 1) {
        join_pairs(leaf, n, depth);
        limit_depths(depth, n);
    } else {
        depth[0] = 1;
    }
    for (int i = 0; i < n; i++)
        length[leaf[i].symbol] = (uint8_t)depth[i];
}

static uint32_t reversed(uint32_t bits, int n)
{
    uint32_t turned = 0;
    for (int i = 0; i < n; i++)
        turned |= (bits >> i & 1) << (n - 1 - i);
    return turned;
}

/* Codes of the same length rise with the symbol; the format sends their first bit first. */
static void make_patterns(const uint8_t *length, int n, uint32_t *pattern)
{
    uint32_t next[DEEPEST + 1] = {0};
    int of[DEEPEST + 1] = {0};
    for (int s = 0; s < n; s++)
        of[length[s]]++;
    of[0] = 0;
    for (int d = 1; d <= DEEPEST; d++)
        next[d] = (next[d - 1] + (uint32_t)of[d - 1]) << 1;
    for (int s = 0; s < n; s++)
        pattern[s] = length[s] ? reversed(next[length[s]]++, length[s]) : 0;
}

/* The code's own code is always the same: four bits a length, five where it is 15 or a stretch of
 * unused symbols. That costs a few bytes and spares a second tree. */
enum { STRETCH = 18, STRETCH_SHORTEST = 11, STRETCH_LONGEST = 138, LENGTH_CODES = 19 };

static int width_of_length(int length)
{
    return length == DEEPEST || length == STRETCH ? 5 : length > STRETCH ? 0 : 4;
}

/* How many unused symbols from s on one stretch says; 0: it is not worth one. */
static int stretch_at(const uint8_t *length, int s)
{
    int n = 0;
    while (s + n < SYMBOLS && n < STRETCH_LONGEST && length[s + n] == 0)
        n++;
    return n < STRETCH_SHORTEST ? 0 : n;
}

enum { HEADER_BITS = 3 + 5 + 5 + 4 + 3 * LENGTH_CODES };

static int64_t bits_of_lengths(const uint8_t *length)
{
    int64_t bits = HEADER_BITS;
    for (int s = 0, n; s<SYMBOLS; s += n> 0 ? n : 1) {
        n = stretch_at(length, s);
        bits += n > 0 ? 5 + 7 : width_of_length(length[s]);
    }
    return bits;
}

/* A distance's symbol and extra bits; a distance of 1 is symbol 0, and both have codes of one bit.
 */
static void make_far(int32_t far, jd_code_t *code)
{
    uint32_t past = (uint32_t)(far - 1), bits = 0;
    code->far_symbol = code->far_width = 0;
    code->far_pattern = 0;
    if (far == 0) return;
    while (past >> (bits + 2))
        bits++;
    code->far_symbol = past < 2 ? (int)past : (int)(2 * bits + (past >> bits));
    code->far_pattern = 1 | (past & ((1u << bits) - 1)) << 1;
    code->far_width = 1 + (int)bits;
}

void jd_plane_code(const jd_tokens_t *t, jd_code_t *code)
{
    int32_t count[SYMBOLS] = {[END] = 1}, fars = 0;
    uint32_t pattern[SYMBOLS];
    memcpy(count, t->count, RUNS * sizeof *count);
    for (int i = RUNS; i < JD_TOKENS; i++)
        count[length_of(i % RUNS + SHORTEST).symbol] += t->count[i];
    for (int i = FARS; i < JD_TOKENS; i++)
        fars += t->count[i];
    make_lengths(count, code->length);
    make_patterns(code->length, SYMBOLS, pattern);
    code->end_pattern = pattern[END];
    make_far(fars > 0 ? t->far : 0, code);
    code->bits = bits_of_lengths(code->length) + 4 * (code->far_symbol + 1) + code->length[END] +
                 (int64_t)fars * code->far_width;
    for (int i = 0; i < JD_TOKENS; i++) {
        const length_t l = i < RUNS ? (length_t){i, 0, 0} : length_of(i % RUNS + SHORTEST);
        int width = code->length[l.symbol];
        code->pattern[i] = pattern[l.symbol] | (uint32_t)l.extra << width;
        /* Behind a run's length comes the distance 1, one bit; a repeat's follows by itself. */
        code->width[i] = (uint8_t)(width + l.extra_bits + (i >= RUNS && i < FARS));
        code->bits += (int64_t)t->count[i] * code->width[i];
    }
}

/* ---- Writing ---- */

/* n <= 32. */
static inline void put_bits(jd_bits_t *out, uint32_t bits, int n)
{
    out->wait |= (uint64_t)bits << out->waiting;
    out->waiting += n;
    if (out->waiting < 32) return;
    for (int k = 0; k < 4; k++)
        out->to[out->n + (size_t)k] = (unsigned char)(out->wait >> (8 * k));
    out->n += 4;
    out->wait >>= 32;
    out->waiting -= 32;
}

static void fill_byte(jd_bits_t *out)
{
    while (out->waiting > 0) {
        out->to[out->n++] = (unsigned char)out->wait;
        out->wait >>= 8;
        out->waiting -= 8;
    }
    out->wait = 0;
    out->waiting = 0;
}

static void put_lengths(jd_bits_t *out, const uint8_t *length, int far_symbol)
{
    static const uint8_t order[LENGTH_CODES] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                11, 4,  12, 3, 13, 2, 14, 1, 15};
    uint8_t width[LENGTH_CODES];
    uint32_t pattern[LENGTH_CODES];
    for (int i = 0; i < LENGTH_CODES; i++)
        width[i] = (uint8_t)(i == 16 || i == 17 ? 0 : width_of_length(i));
    make_patterns(width, LENGTH_CODES, pattern);
    put_bits(out, 0 | 2 << 1, 3); /* not the last; a code of its own */
    put_bits(out, SYMBOLS - 257, 5);
    put_bits(out, (uint32_t)far_symbol, 5);
    put_bits(out, LENGTH_CODES - 4, 4);
    for (int i = 0; i < LENGTH_CODES; i++)
        put_bits(out, width[order[i]], 3);
    for (int s = 0, n; s<SYMBOLS; s += n> 0 ? n : 1) {
        n = stretch_at(length, s);
        const int said = n > 0 ? STRETCH : length[s];
        put_bits(out, pattern[said], width[said]);
        if (n > 0) put_bits(out, (uint32_t)(n - STRETCH_SHORTEST), 7);
    }
    for (int d = 0; d <= far_symbol; d++) {
        const int said = d == 0 || d == far_symbol;
        put_bits(out, pattern[said], width[said]);
    }
}

void jd_bits_code(jd_bits_t *out, const jd_tokens_t *t, const jd_code_t *code)
{
    put_lengths(out, code->length, code->far_symbol);
    jd_bits_t o = *out;
    for (int32_t i = 0; i < t->n; i++) {
        const int token = t->token[i];
        put_bits(&o, code->pattern[token], code->width[token]);
        if (token >= FARS) put_bits(&o, code->far_pattern, code->far_width);
    }
    *out = o;
    put_bits(out, code->end_pattern, code->length[END]);
}

void jd_bits_store(jd_bits_t *out, const unsigned char *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        size_t now = n - done < STORED_MOST ? n - done : STORED_MOST;
        put_bits(out, 0, 3);
        fill_byte(out);
        put_bits(out, (uint32_t)now | ~(uint32_t)now << 16, 32);
        memcpy(out->to + out->n, bytes + done, now);
        out->n += now;
        done += now;
    }
}

void jd_bits_flush(jd_bits_t *out)
{
    put_bits(out, 0, 3);
    fill_byte(out);
    put_bits(out, 0xffff0000u, 32);
}

void jd_bits_end(jd_bits_t *out)
{
    put_bits(out, 1 | 1 << 1, 3); /* the last, in the format's own code */
    put_bits(out, 0, 7);          /* its end */
    fill_byte(out);
}
