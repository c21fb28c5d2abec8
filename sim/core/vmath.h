/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The elementary functions sim/ uses, with the same bits on every IEEE machine: glibc's differ
 *  between CPUs with and without fused multiply-add. Inline and free of branches, so that loops
 * over them vectorise. Errors below are the largest seen against long double
 * (tests/unit/test_vmath.c). Private to sim/. */
#ifndef JD_CORE_VMATH_H
#define JD_CORE_VMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Functions with loops worth a version per instruction set; the versions give equal bits because
 * multiply-adds are never fused. */
#ifdef JD_TARGET_CLONES
#define JD_CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define JD_CLONES
#endif

/* In front of a loop that is to vectorise: its iterations do not depend on each other. Nothing in
 * it is summed, so no order changes. */
#ifdef _OPENMP
#define JD_SIMD _Pragma("omp simd")
#else
#define JD_SIMD
#endif

static inline double jd_from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint64_t jd_to_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double jd_min(double a, double b)
{
    return a < b ? a : b;
}

static inline double jd_max(double a, double b)
{
    return a > b ? a : b;
}

static inline double jd_clip(double x, double low, double high)
{
    return jd_min(jd_max(x, low), high);
}

#define JD_LN2_HIGH                                                               \
    0x1.62e42fee00000p-1 /* ln 2 cut to 33 bits, so that n * JD_LN2_HIGH is exact \
                          */
#define JD_LN2_LOW 0x1.a39ef35793c76p-33

/** e^x; x is clipped to [-708, 709]. Error below 1 unit in the last place. */
static inline double jd_exp(double x)
{
    const double shifter = 0x1.8p52; /* adding it rounds to an integer in the low bits */
    x = jd_clip(x, -708.0, 709.0);
    double shifted = x * 0x1.71547652b82fep0 + shifter;
    double n = shifted - shifter;
    double r = (x - n * JD_LN2_HIGH) - n * JD_LN2_LOW;
    /* Taylor to degree 13 on |r| <= ln 2 / 2: remainder 5e-18. */
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = 1.0 + (r + r * r * p);
    return jd_from_bits(jd_to_bits(p) + (jd_to_bits(shifted) << 52));
}

/** ln x for x > 0; anything below 2^-1022, zero included, reads as 2^-1022 (-708.4): a floor that
 *  keeps sums finite. Error below 1 unit in the last place. */
static inline double jd_log(double x)
{
    uint64_t bits = jd_to_bits(x > 0x1p-1022 ? x : 0x1p-1022);
    int64_t e =
        (int64_t)(bits - UINT64_C(0x3fe6a09e667f3bcd)) >> 52; /* mantissa in [1/sqrt 2, sqrt 2) */
    double f = jd_from_bits(bits - ((uint64_t)e << 52)) - 1.0;
    double n = (double)(int32_t)e;
    double s = f / (2.0 + f), z = s * s;
    /* ln(1 + f) = 2 atanh(s) = f - s (f - 2 z (1/3 + z/5 + z^2/7 + ...)) */
    double p = 2.0 / 23.0;
    p = p * z + 2.0 / 21.0;
    p = p * z + 2.0 / 19.0;
    p = p * z + 2.0 / 17.0;
    p = p * z + 2.0 / 15.0;
    p = p * z + 2.0 / 13.0;
    p = p * z + 2.0 / 11.0;
    p = p * z + 2.0 / 9.0;
    p = p * z + 2.0 / 7.0;
    p = p * z + 2.0 / 5.0;
    p = p * z + 2.0 / 3.0;
    return n * JD_LN2_HIGH + (f - (s * (f - z * p) - n * JD_LN2_LOW));
}

/** x^y for x >= 0; 0 stays 0 (y > 0 is meant). */
static inline double jd_pow(double x, double y)
{
    return x > 0.0 ? jd_exp(y * jd_log(x)) : 0.0;
}

/** sin and cos of `turns` full turns (2 pi turns radians). Error below 2e-16. */
static inline void jd_sincos_turn(double turns, double *sine, double *cosine)
{
    double quarter = floor(4.0 * turns + 0.5);
    double r = (4.0 * turns - quarter) * 1.57079632679489661923; /* |r| <= pi/4 */
    double z = r * r;
    double s = -1.0 / 1307674368000.0;
    s = s * z + 1.0 / 6227020800.0;
    s = s * z - 1.0 / 39916800.0;
    s = s * z + 1.0 / 362880.0;
    s = s * z - 1.0 / 5040.0;
    s = s * z + 1.0 / 120.0;
    s = s * z - 1.0 / 6.0;
    s = r + r * z * s;
    double c = 1.0 / 20922789888000.0;
    c = c * z - 1.0 / 87178291200.0;
    c = c * z + 1.0 / 479001600.0;
    c = c * z - 1.0 / 3628800.0;
    c = c * z + 1.0 / 40320.0;
    c = c * z - 1.0 / 720.0;
    c = c * z + 1.0 / 24.0;
    c = 1.0 - (0.5 * z - z * z * c);
    double q = quarter - 4.0 * floor(0.25 * quarter);
    int odd = (q == 1.0) | (q == 3.0);
    double a = odd ? c : s, b = odd ? s : c;
    *sine = q >= 2.0 ? -a : a;
    *cosine = ((q == 1.0) | (q == 2.0)) ? -b : b;
}

/** Adds a longitude to a sum of directions (east, north of the equator's plane). */
static inline void jd_add_direction(double degrees, double sum[2])
{
    double sine, cosine;
    jd_sincos_turn(degrees / 360.0, &sine, &cosine);
    sum[0] += cosine;
    sum[1] += sine;
}

/** Circular mean in degrees, (-225, 225], of the longitudes added; 0 where they cancel out. */
static inline double jd_mean_direction(const double sum[2])
{
    double x = sum[0], y = sum[1], sine, cosine;
    double turns = fabs(y) > fabs(x) ? (y > 0 ? 0.25 : -0.25) : (x < 0 ? 0.5 : 0);
    if (fabs(x) + fabs(y) < 1e-9) return 0;
    for (int i = 0; i < 4; i++) { /* from within an eighth of a turn: at rest after four */
        jd_sincos_turn(turns, &sine, &cosine);
        turns += (cosine * y - sine * x) / (cosine * x + sine * y) * 0.15915494309189533577;
    }
    return 360.0 * turns;
}

/** The longitude, whole turns added, that lies within half a turn of `centre`. */
static inline double jd_longitude_near(double degrees, double centre)
{
    return degrees - 360.0 * floor((degrees - centre) / 360.0 + 0.5);
}

/** Standard normal number from two uniforms in (0, 1) (Box and Muller 1958). */
static inline double jd_normal(double u, double v)
{
    double sine, cosine;
    jd_sincos_turn(v, &sine, &cosine);
    (void)sine;
    return sqrt(-2.0 * jd_log(u)) * cosine;
}

#endif
