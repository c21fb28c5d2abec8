/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Sums in one fixed order, whatever the number of threads. */
#ifndef JD_LINEAR_SUMS_H
#define JD_LINEAR_SUMS_H

#include <stdint.h>

enum { JD_BLOCK = 4096 }; /* rows: a few columns of a block stay in cache */

static inline int64_t jd_n_blocks(int64_t n)
{
    return (n + JD_BLOCK - 1) / JD_BLOCK;
}

static inline int64_t jd_block_end(int64_t block, int64_t n)
{
    int64_t end = (block + 1) * JD_BLOCK;
    return end < n ? end : n;
}

/** Order of two doubles, for qsort(): ascending. */
int jd_ascending(const void *a, const void *b);

/** Plain sum, eight lanes. */
double jd_sum(const double *a, int64_t n);

/** Adds x to *sum, what rounding loses to *lost (Knuth's branch-free two-sum). */
static inline void jd_add_exactly(double *sum, double *lost, double x)
{
    double s = *sum + x, part = s - *sum;
    *lost += (*sum - (s - part)) + (x - part);
    *sum = s;
}

/** Plain sum of products, eight lanes. */
double jd_dot(const double *a, const double *b, int64_t n);
/** The same by parts, of a multiple of JD_LANES each: lane [JD_LANES] begins as 0, and folded it is
 *  jd_dot() of all parts in a row. */
enum { JD_LANES = 8 };
void jd_dot_lanes(const double *a, const double *b, int64_t n, double *lane);
double jd_fold_lanes(const double *lane);

/** Sum of products with the rounding of the additions carried along (Neumaier's idea, with Knuth's
 *  branch-free two-sum): its error is that of the products alone. */
double jd_dot_exact(const double *a, const double *b, int64_t n);

/** Sum of w a b; w may be NULL. */
double jd_dot_weighted(const double *w, const double *a, const double *b, int64_t n);

#endif
