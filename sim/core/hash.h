/* SPDX-License-Identifier: GPL-3.0-or-later */
/** FNV-1a (Fowler, Noll, Vo): fingerprints of texts and files, by bytes; of records of a sweep, by
 *  words of eight bytes. Both are in files: neither may change. Private to the program. */
#ifndef JD_CORE_HASH_H
#define JD_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JD_HASH_START UINT64_C(0xCBF29CE484222325)

static inline uint64_t jd_hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001B3);
    return hash;
}

static inline uint64_t jd_hash_word(uint64_t hash, uint64_t word)
{
    return (hash ^ word) * UINT64_C(0x100000001B3);
}

/** n bytes by words, the last filled up with zeros: quick, and no defence against malice. */
static inline uint64_t jd_hash_words(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i += 8) {
        uint64_t word = 0;
        memcpy(&word, at + i, n - i < 8 ? n - i : 8);
        hash = jd_hash_word(hash, word);
        hash ^= hash >> 29;
    }
    return hash;
}

/** A text with its end, so that "a","bc" differs from "ab","c". */
static inline uint64_t jd_hash_text(uint64_t hash, const char *text)
{
    return jd_hash_bytes(hash, text, strlen(text) + 1);
}

#endif
