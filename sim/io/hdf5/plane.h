/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Deflate blocks (RFC 1951) of single byte planes, for what a general packer is slow at: planes
 * that hold one byte over and over, whose bytes are only unevenly common, or repeat those of a
 * panel's units a lead before. No other repeats are looked for. */
#ifndef JD_IO_HDF5_PLANE_H
#define JD_IO_HDF5_PLANE_H

#include <stddef.h>
#include <stdint.h>

enum {
    JD_PLANE_MOST = 65536, /**< bytes of a plane */
    JD_PLANE_FAR = 32768,  /**< the longest way back */
    /** a byte; 256 + (length - 3) of a run of the last byte; 512 + (length - 3) of bytes as they
       were `far` before */
    JD_TOKENS = 768
};

/** A plane as tokens, and how often each came. */
typedef struct jd_tokens {
    int32_t n, far; /**< far: 0 = there are none of these */
    int32_t count[JD_TOKENS];
    uint16_t token[JD_PLANE_MOST];
} jd_tokens_t;

/** Bits of the tokens' block, and what writes it. */
typedef struct jd_code {
    int64_t bits;                /**< of the block, all told */
    uint8_t length[288];         /**< of each symbol of the format, 0 = not used */
    uint32_t pattern[JD_TOKENS]; /**< bits of each token, extra bits with them */
    uint8_t width[JD_TOKENS];
    int far_symbol, far_width;         /**< of the distance `far`, its extra bits with it */
    uint32_t far_pattern, end_pattern; /**< end: of the symbol that ends the block */
} jd_code_t;

/** Where blocks are written: whole bytes at `to`, up to 63 bits waiting. */
typedef struct jd_bits {
    unsigned char *to;
    size_t n;
    uint64_t wait;
    int waiting;
} jd_bits_t;

/** n <= JD_PLANE_MOST. far: 0, or how far back repeats are looked for, from 2 to JD_PLANE_FAR. */
void jd_plane_tokens(const unsigned char *plane, size_t n, size_t far, jd_tokens_t *tokens);
/** The shortest code of these tokens, of lengths that deflate allows. */
void jd_plane_code(const jd_tokens_t *tokens, jd_code_t *code);

/* Blocks, none of them the last. The room that is needed: jd_code_t.bits, or the bytes and 5 for
 * each 65,535 of them; and 16 bytes. */
void jd_bits_code(jd_bits_t *out, const jd_tokens_t *tokens, const jd_code_t *code);
void jd_bits_store(jd_bits_t *out, const unsigned char *bytes, size_t n);
/** An empty block that ends on a whole byte: anything that deflates may follow. */
void jd_bits_flush(jd_bits_t *out);
/** The last block of a stream, which is empty. */
void jd_bits_end(jd_bits_t *out);

#endif
