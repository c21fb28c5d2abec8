/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Draws against libpcg's, and as a pure function of their key. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/random.h"

/* What libpcg's C++ header says (version 0.98.1): with key = mix64((mix64((mix64(seed + golden) ^
 * replicate) + golden) ^ purpose) + golden),
 *     pcg32 g(mix64(key + entity * golden), key); g.advance(period * 16 + draw); g(), g(), g(). */
static const struct {
    uint64_t seed, replicate;
    int purpose;
    uint64_t entity;
    int64_t period;
    int draw;
    uint32_t bits[3];
} known[] = {
    {1, 0, 0, 0, 0, 0, {0x3818c3f9, 0xf81c90ea, 0x3d9b154d}},
    {1, 0, 4, 0, 1, 0, {0xf4ad1f88, 0x835af394, 0xac0b98a7}},
    {1, 0, 4, 1, 1, 0, {0x4e3f8881, 0xd6956ddd, 0x6e16abaf}},
    {1, 0, 4, 49999999, 24, 15, {0x94cbf5bb, 0x9608fd45, 0x336ce245}},
    {42, 7, 13, UINT64_C(123456789012345), -40, 3, {0x68e6b16e, 0xc90c5fbd, 0xd691bdc7}},
    {UINT64_C(9000000000000000), 3, 15, UINT64_MAX, 1000, 7, {0xeaf6ac6c, 0xa1f9aba0, 0x892109e4}},
    {0, 0, 2, 5, -1, 15, {0xecf88783, 0x8772c044, 0x10bf492a}},
};

/* A purpose's number is part of its key: those in use never change, new ones come at the end. */
static void test_purposes_keep_their_numbers(void **state)
{
    (void)state;
    static const jd_purpose_t in_order[] = {
        JD_DRAW_TREE,   JD_DRAW_DEVELOPMENT, JD_DRAW_OFFICIAL, JD_DRAW_FIRM,
        JD_DRAW_MOVE,   JD_DRAW_ASSIGN,      JD_DRAW_FOLD,     JD_DRAW_EVENT,
        JD_DRAW_OUTPUT, JD_DRAW_OBSERVE,     JD_DRAW_MISCLASS, JD_DRAW_SAMPLE,
        JD_DRAW_POI,    JD_DRAW_EXIT,        JD_DRAW_ENTRY,    JD_DRAW_PRESSURE,
    };
    int n = (int)(sizeof in_order / sizeof *in_order);
    for (int i = 0; i < n; i++)
        assert_int_equal(in_order[i], i);
    assert_true(JD_DRAW_PURPOSES >= n);
    assert_int_equal(JD_DRAWS, 16);
}

static void test_draws_are_those_of_libpcg(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        jd_stream_t stream =
            jd_stream(known[i].seed, known[i].replicate, (jd_purpose_t)known[i].purpose);
        jd_jump_t jump = jd_jump(stream, known[i].period, known[i].draw);
        jd_rng_t rng = jd_rng_at(&jump, known[i].entity);
        assert_int_equal(jd_draw_bits(&jump, known[i].entity), known[i].bits[0]);
        for (int k = 0; k < 3; k++)
            assert_int_equal(jd_rng_bits(&rng), known[i].bits[k]);
    }
}

static const char *const program =
    "#include <cstdio>\n#include <pcg_random.hpp>\n"
    "static uint64_t mix(uint64_t z) { z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;\n"
    "  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull; return z ^ (z >> 31); }\n"
    "int main() { const uint64_t golden = 0x9E3779B97F4A7C15ull;\n"
    "  for (uint64_t seed = 0; seed < 5; seed++) for (uint64_t purpose = 0; purpose < 16; "
    "purpose++) {\n"
    "    uint64_t key = mix((mix((mix(seed + golden) ^ (seed * 3)) + golden) ^ purpose) + "
    "golden);\n"
    "    for (uint64_t entity = 0; entity < 20; entity++) for (int period = -2; period < 3; "
    "period++) {\n"
    "      pcg32 g(mix(key + entity * 1000003 * golden), key);\n"
    "      g.advance((uint64_t)(int64_t)period * 16);\n"
    "      for (int draw = 0; draw < 16; draw++) std::printf(\"%u\\n\", (unsigned)g()); } } }\n";

/* The same with the header itself, where it and a C++ compiler are there: 128,000 draws. */
static void test_draws_are_those_of_the_header_here(void **state)
{
    (void)state;
    SKIP_WITHOUT("/usr/include/pcg_random.hpp");
    if (system("c++ --version >/dev/null 2>&1") != 0) {
        print_message("skipped: no C++ compiler\n");
        skip();
    }
    char folder[] = "/tmp/jiedao-random-XXXXXX", command[256], line[32];
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command, "c++ -x c++ -o %s/draws - && %s/draws > %s/draws.txt", folder,
             folder, folder);
    FILE *pipe = popen(command, "w");
    assert_non_null(pipe);
    fputs(program, pipe);
    assert_int_equal(pclose(pipe), 0);
    snprintf(command, sizeof command, "%s/draws.txt", folder);
    FILE *in = fopen(command, "r");
    assert_non_null(in);
    for (uint64_t seed = 0; seed < 5; seed++) {
        for (int purpose = 0; purpose < 16; purpose++) {
            for (uint64_t entity = 0; entity < 20; entity++) {
                for (int at = -2 * 16; at < 3 * 16; at++) {
                    jd_jump_t jump =
                        jd_jump(jd_stream(seed, seed * 3, (jd_purpose_t)purpose), 0, at);
                    assert_non_null(fgets(line, sizeof line, in));
                    assert_int_equal(jd_draw_bits(&jump, entity * 1000003),
                                     strtoul(line, NULL, 10));
                }
            }
        }
    }
    assert_null(fgets(line, sizeof line, in));
    fclose(in);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

/* A jump goes where single steps lead, over the border of a period, back and forth. */
static void test_jump_lands_where_steps_lead(void **state)
{
    (void)state;
    jd_stream_t stream = jd_stream(3, 1, JD_DRAW_MOVE);
    jd_jump_t start = jd_jump(stream, -3, 0);
    jd_rng_t rng = jd_rng_at(&start, 77);
    for (int64_t at = -3 * JD_DRAWS; at < 200; at++) {
        int64_t period = at >= 0 ? at / JD_DRAWS : -((-at + JD_DRAWS - 1) / JD_DRAWS);
        jd_jump_t jump = jd_jump(stream, period, (int)(at - period * JD_DRAWS));
        assert_int_equal(jd_draw_bits(&jump, 77), jd_rng_bits(&rng));
    }
}

/* Each word of the key reaches the draws; equal keys give equal draws, whatever was drawn before.
 */
static void test_every_word_of_the_key_counts(void **state)
{
    (void)state;
    jd_jump_t base = jd_jump(jd_stream(1, 2, JD_DRAW_MOVE), 4, 5);
    jd_jump_t others[] = {
        jd_jump(jd_stream(0, 2, JD_DRAW_MOVE), 4, 5), jd_jump(jd_stream(1, 3, JD_DRAW_MOVE), 4, 5),
        jd_jump(jd_stream(2, 1, JD_DRAW_MOVE), 4, 5), jd_jump(jd_stream(1, 2, JD_DRAW_FIRM), 4, 5),
        jd_jump(jd_stream(1, 2, JD_DRAW_MOVE), 5, 4), jd_jump(jd_stream(1, 2, JD_DRAW_MOVE), 4, 6)};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        int same = 0;
        for (uint64_t id = 0; id < 1000; id++)
            same += jd_draw_bits(&base, id) == jd_draw_bits(&others[k], id);
        assert_true(same <= 1);
    }
    jd_jump_t again = jd_jump(jd_stream(1, 2, JD_DRAW_MOVE), 4, 5);
    for (uint64_t id = 0; id < 1000; id++)
        assert_int_equal(jd_draw_bits(&base, id), jd_draw_bits(&again, id));
}

static void test_uniforms_stay_inside(void **state)
{
    (void)state;
    assert_true(jd_uniform_of(0) > 0);
    assert_true(jd_uniform_of(UINT32_MAX) < 1);
    assert_true(jd_uniform_of(UINT32_C(1) << 31) > 0.5);
    assert_true(jd_uniform_of((UINT32_C(1) << 31) - 1) < 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_purposes_keep_their_numbers),
        cmocka_unit_test(test_draws_are_those_of_libpcg),
        cmocka_unit_test(test_draws_are_those_of_the_header_here),
        cmocka_unit_test(test_jump_lands_where_steps_lead),
        cmocka_unit_test(test_every_word_of_the_key_counts),
        cmocka_unit_test(test_uniforms_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
