/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A contest for k posts among n who are measured with noise (Lazear, Rosen 1981). */
#ifndef JD_MODEL_MECHANISMS_CONTEST_H
#define JD_MODEL_MECHANISMS_CONTEST_H

#include "core/vmath.h"

enum { JD_POSTS_MAX = 20 };

/** Puts a score among the k + 1 largest so far, largest first; `held` of them are there, and how
 * many are then is returned. There is a contest if all k + 1 are there at the end. */
static inline int jd_contest_hold(double score, int held, int k, double best[JD_POSTS_MAX + 1])
{
    if (held == k + 1 && score <= best[k]) return held;
    int at = held <= k ? held : k;
    for (; at > 0 && best[at - 1] < score; at--)
        best[at] = best[at - 1];
    best[at] = score;
    return held <= k ? held + 1 : held;
}

/** The score that a contestant must pass: the k-th largest of the others'. */
static inline double jd_contest_bar(double measured, int k, const double best[JD_POSTS_MAX + 1])
{
    return measured >= best[k - 1] ? best[k] : best[k - 1];
}

/** phi(z) / phi(0), z = (score - bar) / noise: how much a little more output raises the chance to
 * win, 1 at the bar. Its mean over the rivals' noise is the marginal chance times noise / phi(0).
 */
static inline double jd_contest_push(double score, double bar, double noise)
{
    const double z = (score - bar) / noise;
    return jd_exp(-0.5 * z * z);
}

#endif
