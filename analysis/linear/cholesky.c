/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear/cholesky.h"

#include <math.h>
#include <stddef.h>

static double row_dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += a[k] * b[k];
    return sum;
}

int jd_cholesky(double *a, int n, const double *scale, double tolerance, unsigned char *kept)
{
    size_t size = (size_t)n;
    int n_kept = 0;
    for (size_t i = 0; i < size; i++) {
        double *row = a + i * size;
        double diagonal = row[i];
        for (size_t j = 0; j < i; j++) {
            const double *other = a + j * size;
            row[j] = kept[j] ? (row[j] - row_dot(row, other, j)) / other[j] : 0;
        }
        double pivot = diagonal - row_dot(row, row, i);
        kept[i] = pivot > tolerance * (scale ? scale[i] : diagonal);
        n_kept += kept[i];
        row[i] = kept[i] ? sqrt(pivot) : 0;
        if (!kept[i])
            for (size_t j = 0; j < i; j++)
                row[j] = 0;
    }
    return n_kept;
}

void jd_cholesky_solve(const double *factor, int n, const unsigned char *kept, double *b)
{
    size_t size = (size_t)n;
    for (size_t i = 0; i < size; i++) {
        const double *row = factor + i * size;
        b[i] = kept[i] ? (b[i] - row_dot(row, b, i)) / row[i] : 0;
    }
    for (size_t i = size; i-- > 0;) {
        const double *row = factor + i * size;
        if (!kept[i]) continue;
        b[i] /= row[i];
        for (size_t j = 0; j < i; j++)
            b[j] -= row[j] * b[i];
    }
}
