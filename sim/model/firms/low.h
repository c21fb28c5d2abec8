/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which firms' uniforms of a quarter are low, without drawing one for each firm.
 *
 *  A firm's uniform has 32 bits. The first JD_LOW_LEADING are read across 64 firms at once: bit l
 *  (from the highest) of firm i is bit i % 64 of word l of group i / 64, whose upper and lower half
 *  are draws 2l and 2l + 1 of JD_DRAW_LEAVE. The others are the upper bits of the firm's own draw 0
 *  of JD_DRAW_MOVE, made only where the first ones are zero. So all uniforms are independent and
 *  even, each a function of seed, replicate, firm and period alone: a higher threshold adds firms
 *  and loses none. */
#ifndef JD_MODEL_FIRMS_LOW_H
#define JD_MODEL_FIRMS_LOW_H

#include "jiedao/random.h"

enum { JD_LOW_LEADING = 6, JD_LOW_GROUP = 64, JD_LOW_BLOCK = 1024 };

/** First firm of the block after the one that holds `firm`. */
static inline int64_t jd_low_next(int64_t firm)
{
    return (firm / JD_LOW_BLOCK + 1) * JD_LOW_BLOCK;
}

/** Firms of [first, end) in the block that holds `first`, in their order, whose uniform is below
 *  the threshold (uniforms are 32 bits, a hazard times 2^32), and their uniforms; room for
 *  JD_LOW_BLOCK. `leading`, `own`: draw 0 of JD_DRAW_LEAVE and JD_DRAW_MOVE. Returns how many.
 *  Cost: 0.2 ns a firm, and 5 ns for each whose leading bits are those of a low one. */
int jd_firms_low(const jd_jump_t *leading, const jd_jump_t *own, uint32_t threshold, int64_t first,
                 int64_t end, int64_t *firm, uint32_t *uniform);

#endif
