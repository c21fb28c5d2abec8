/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Deflate blocks of byte planes: another library's inflate gives the bytes back. */
#include "support.h"

#include <libdeflate.h>
#include <string.h>

#include "io/hdf5/plane.h"

static unsigned char plane[JD_PLANE_MOST], packed[2 * JD_PLANE_MOST], back[2 * JD_PLANE_MOST];
static jd_tokens_t tokens;
static jd_code_t code;

static unsigned char noise_at(size_t i)
{
    uint64_t x = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    x ^= x >> 29;
    x *= UINT64_C(0xBF58476D1CE4E5B9);
    return (unsigned char)(x >> 40);
}

/* The bytes of `packed` are `n` of the plane, `times` times. */
static void expect_back(const jd_bits_t *out, size_t n, size_t times)
{
    size_t size = 0;
    struct libdeflate_decompressor *inflate = libdeflate_alloc_decompressor();
    assert_non_null(inflate);
    assert_int_equal(
        libdeflate_deflate_decompress(inflate, packed, out->n, back, sizeof back, &size),
        LIBDEFLATE_SUCCESS);
    libdeflate_free_decompressor(inflate);
    assert_int_equal(size, times * n);
    for (size_t k = 0; k < times; k++)
        assert_memory_equal(back + k * n, plane, n);
}

/* Packs n bytes of the plane; the block takes the bits that were foretold. Returns its bytes. */
static size_t expect_packed(size_t n, size_t far)
{
    jd_bits_t out = {.to = packed};
    jd_plane_tokens(plane, n, far, &tokens);
    jd_plane_code(&tokens, &code);
    jd_bits_code(&out, &tokens, &code);
    assert_int_equal(8 * out.n + (size_t)out.waiting, code.bits);
    jd_bits_end(&out);
    expect_back(&out, n, 1);
    return out.n;
}

static void test_one_byte_over_and_over(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 2, 3, 4, 5, 258, 259, 260, 261, 262, 55000, JD_PLANE_MOST};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        memset(plane, 0x40, sizes[s]);
        assert_true(expect_packed(sizes[s], 0) < 128);
    }
}

static void test_runs_of_every_length(void **state)
{
    (void)state;
    size_t n = 0;
    for (size_t length = 1; length < 270; length++)
        for (size_t i = 0; i < length; i++)
            plane[n++] = (unsigned char)(length % 7);
    expect_packed(n, 0);
    expect_packed(n, 300);
}

static void test_uneven_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < JD_PLANE_MOST; i++)
        plane[i] = noise_at(i) & noise_at(i + JD_PLANE_MOST) & 0x3f;
    assert_true(expect_packed(JD_PLANE_MOST, 0) < JD_PLANE_MOST * 6 / 8);
    for (size_t i = 0; i < JD_PLANE_MOST; i++)
        plane[i] = noise_at(i); /* 256 symbols, hardly less than 8 bits each */
    expect_packed(JD_PLANE_MOST, 0);
}

/* Counts as Fibonacci's numbers make the deepest trees: 23 deep here, and 15 are allowed. */
static void test_no_code_is_too_long(void **state)
{
    (void)state;
    size_t n = 0, one = 1, two = 1;
    for (int symbol = 0; n + one <= JD_PLANE_MOST; symbol++) {
        for (size_t i = 0; i < one; i++)
            plane[n++] = (unsigned char)symbol;
        size_t next = one + two;
        one = two;
        two = next;
    }
    for (size_t i = n - 1; i > 0; i--) { /* in disorder, so that runs are no way out */
        size_t j = (size_t)(((unsigned)noise_at(i) << 16 | (unsigned)noise_at(i + n) << 8 |
                             noise_at(i + 2 * n)) %
                            (i + 1));
        unsigned char byte = plane[i];
        plane[i] = plane[j];
        plane[j] = byte;
    }
    expect_packed(n, 0);
    int longest = 0;
    for (int s = 0; s < 286; s++)
        longest = code.length[s] > longest ? code.length[s] : longest;
    assert_int_equal(longest, 15);
}

static void test_units_that_keep_their_bytes(void **state)
{
    (void)state;
    const size_t lines[] = {8, 9, 820, 11000, 32768};
    for (size_t l = 0; l < sizeof lines / sizeof *lines; l++) {
        for (size_t i = 0; i < JD_PLANE_MOST; i++)
            plane[i] = noise_at(i) < 4 || i < lines[l] ? noise_at(i + 7) : plane[i - lines[l]];
        size_t with = expect_packed(JD_PLANE_MOST, lines[l]);
        assert_true(with < expect_packed(JD_PLANE_MOST, 0));
    }
    memset(plane, 1, 1000);
    expect_packed(1000, 2);
    expect_packed(1000, 1000);
}

static void test_blocks_follow_each_other(void **state)
{
    (void)state;
    jd_bits_t out = {.to = packed};
    const size_t n = 20000;
    for (size_t i = 0; i < n; i++)
        plane[i] = noise_at(i) / 16;
    jd_plane_tokens(plane, n, 0, &tokens);
    jd_plane_code(&tokens, &code);
    jd_bits_code(&out, &tokens, &code);
    jd_bits_store(&out, plane, n);
    jd_bits_code(&out, &tokens, &code);
    jd_bits_flush(&out);
    struct libdeflate_compressor *deflate = libdeflate_alloc_compressor(1);
    assert_non_null(deflate);
    out.n += libdeflate_deflate_compress(deflate, plane, n, packed + out.n, sizeof packed - out.n);
    libdeflate_free_compressor(deflate);
    expect_back(&out, n, 4);
}

static void test_stored_in_pieces(void **state)
{
    (void)state;
    jd_bits_t out = {.to = packed};
    for (size_t i = 0; i < JD_PLANE_MOST; i++)
        plane[i] = noise_at(i);
    jd_bits_store(&out, plane, JD_PLANE_MOST); /* one byte more than a block holds */
    jd_bits_end(&out);
    assert_true(out.n <= JD_PLANE_MOST + 10 + 2);
    expect_back(&out, JD_PLANE_MOST, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_byte_over_and_over),
        cmocka_unit_test(test_runs_of_every_length),
        cmocka_unit_test(test_uneven_bytes),
        cmocka_unit_test(test_no_code_is_too_long),
        cmocka_unit_test(test_units_that_keep_their_bytes),
        cmocka_unit_test(test_blocks_follow_each_other),
        cmocka_unit_test(test_stored_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
