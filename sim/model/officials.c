/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/officials.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vmath.h"
#include "jiedao/random.h"

#define P(field) offsetof(jd_officials_params_t, field)

static const jd_param_t params_table[] = {
    {"per_street", JD_PARAM_INT, P(per_street), "6", 1, 100, NULL, "persons",
     "officials per street", "assumed", JD_RESULT},
    {"congestion", JD_PARAM_DOUBLE, P(congestion), "1", 0.05, 5, NULL, "utility",
     "g, cost of effort in one domain; the unit of utility: a smaller g is stronger incentives",
     "unit", JD_RESULT},
    {"crowding", JD_PARAM_DOUBLE, P(crowding), "0.2", 0, 1, NULL, "utility",
     "c, cost of total effort, shared by the domains", "assumed", JD_RESULT},
    {"habit", JD_PARAM_DOUBLE, P(habit), "0.3", 0, 2, NULL, "utility",
     "h, cost of changing last "
     "quarter's efforts",
     "assumed", JD_RESULT},
    {"learn", JD_PARAM_DOUBLE, P(learn), "0.6", 0, 0.9, NULL, "1/quarter", "lam, learning by doing",
     "assumed", JD_RESULT},
    {"forget", JD_PARAM_DOUBLE, P(forget), "0.1", 0.01, 0.5, NULL, "1/quarter", "del, forgetting",
     "assumed", JD_RESULT},
    {"floor", JD_PARAM_DOUBLE, P(floor), "0.1", 0, 0.5, NULL, "1",
     "A0, capability without practice", "assumed", JD_RESULT},
    {"mu_strong", JD_PARAM_DOUBLE, P(mu_strong), "0.9", 0, 2, NULL, "utility",
     "measurability of strong tasks", "Holmstrom, Milgrom 1991: mu_strong > mu_weak", JD_RESULT},
    {"mu_weak", JD_PARAM_DOUBLE, P(mu_weak), "0.5", 0, 2, NULL, "utility",
     "measurability of weak tasks, before discounting by beta^lag", "Holmstrom, Milgrom 1991",
     JD_RESULT},
    {"beta", JD_PARAM_DOUBLE, P(beta), "0.9725", 0.8, 1, NULL, "1", "discount factor per quarter",
     "assumed", JD_RESULT},
    {"lag", JD_PARAM_DOUBLE, P(lag), "8", 0, 40, NULL, "quarters",
     "quarters until weak effort shows", "assumed", JD_RESULT},
    {"psi_bar", JD_PARAM_DOUBLE, P(psi_bar), "0.5", 0, 2, NULL, "utility",
     "mean set-point of willingness for weak tasks", "calibrated: S-share .57, friction .33",
     JD_RESULT},
    {"psi_sd", JD_PARAM_DOUBLE, P(psi_sd), "0.1", 0, 1, NULL, "utility", "its SD between officials",
     "assumed", JD_RESULT},
    {"psi_street_sd", JD_PARAM_DOUBLE, P(psi_street_sd), "0.05", 0, 1, NULL, "utility",
     "its SD between streets", "assumed", JD_RESULT},
    {"psi_return", JD_PARAM_DOUBLE, P(psi_return), "0.1", 0.001, 1, NULL, "1/quarter",
     "r_psi, return of willingness to its set-point", "assumed", JD_RESULT},
    {"psi_erosion", JD_PARAM_DOUBLE, P(psi_erosion), "0.02", 0, 1, NULL, "1/quarter",
     "chi, erosion of willingness by overload", "assumed", JD_RESULT},
    {"career_sd", JD_PARAM_DOUBLE, P(career_sd), "0.2", 0, 1, NULL, "log",
     "SD of the log of career concerns w, whose mean is 1", "assumed", JD_RESULT},
    {"burden", JD_PARAM_DOUBLE, P(burden), "0", 0, 1, NULL, "1",
     "share of time that reporting and double evaluation take", "assumed", JD_RESULT},
    {"horizontal", JD_PARAM_DOUBLE, P(horizontal), "0", 0, 2, NULL, "1",
     "hor0, evaluation by residents: multiplies willingness by 1 + hor", "assumed", JD_RESULT},
    {"horizontal_slope", JD_PARAM_DOUBLE, P(horizontal_slope), "0", 0, 2, NULL, "1",
     "hor1, its rise where services fall short", "assumed", JD_RESULT},
};

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    (void)name;
    const jd_officials_params_t *p = block;
    if (p->learn * (1 - p->burden) + p->forget > 1)
        return jd_config_blame(
            config, "officials", "learn", ctx,
            "officials.learn * (1 - burden) + forget = %g: must be at most 1, or "
            "capability leaves [0, 1]",
            p->learn * (1 - p->burden) + p->forget);
    return JD_OK;
}

const jd_section_t jd_officials_section = {
    .name = "officials",
    .help = "what officials want, learn and have to deliver",
    .params = params_table,
    .n_params = (int)(sizeof params_table / sizeof params_table[0]),
    .size = sizeof(jd_officials_params_t),
    .check = check,
};

double jd_capability_at(const jd_officials_params_t *p, double effort)
{
    double k = p->learn / p->forget;
    return (p->floor + k * effort) / (1 + k * effort);
}

enum {
    BLOCK = 128
}; /* streets whose 20 arrays stay in the first cache while their officials pass */

/* Standard normals of n entities, `apart` from one to the next. */
JD_CLONES static void draw_normals(const jd_jump_t *jump, uint64_t first, uint64_t apart, int n,
                                   double *restrict z)
{
    const jd_jump_t one = jump[0], two = jump[1];
    JD_SIMD
    for (int i = 0; i < n; i++) {
        const uint64_t id = first + (uint64_t)i * apart;
        const double u = jd_draw(&one, id), v = jd_draw(&two, id);
        z[i] = jd_normal(u, v);
    }
}

JD_CLONES static void make_traits(const jd_officials_params_t *p, int n, const double *restrict z_w,
                                  const double *restrict z_psi, const double *restrict street,
                                  double *restrict career, double *restrict psi_bar)
{
    const double sd = p->career_sd, mean = p->psi_bar, own = p->psi_sd, shared = p->psi_street_sd;
    JD_SIMD
    for (int i = 0; i < n; i++) {
        career[i] = jd_exp(sd * (z_w[i] - 0.5 * sd)); /* mean 1 */
        psi_bar[i] = jd_max(0, mean + own * z_psi[i] + shared * street[i]);
    }
}

int jd_traits_init(jd_traits_t *t, const jd_officials_params_t *p, int32_t streets, uint64_t seed,
                   uint64_t replicate, jd_ctx_t *ctx)
{
    *t = (jd_traits_t){.streets = streets, .slots = (int32_t)p->per_street};
    int64_t n = (int64_t)t->slots * streets;
    int rc = jd_make(&t->career, n, sizeof(double), "officials", ctx);
    if (!rc) rc = jd_make(&t->psi_bar, n, sizeof(double), "officials", ctx);
    if (rc) return rc;
    jd_stream_t stream = jd_stream(seed, replicate, JD_DRAW_OFFICIAL);
    jd_jump_t jump[6];
    for (int d = 0; d < 6; d++)
        jump[d] = jd_jump(stream, 0, d);
    for (int32_t first = 0; first < streets; first += BLOCK) {
        enum { APART = 128 }; /* an official's number is its own, whatever the counts */
        const int m = streets - first < BLOCK ? streets - first : BLOCK;
        double street[BLOCK], z_w[BLOCK], z_psi[BLOCK];
        draw_normals(&jump[4], (uint64_t)first, 1, m, street);
        for (int32_t k = 0; k < t->slots; k++) {
            const int64_t at = (int64_t)k * streets + first;
            const uint64_t id = (uint64_t)first * APART + (uint64_t)k;
            draw_normals(&jump[0], id, APART, m, z_w);
            draw_normals(&jump[2], id, APART, m, z_psi);
            make_traits(p, m, z_w, z_psi, street, t->career + at, t->psi_bar + at);
        }
    }
    return JD_OK;
}

void jd_traits_free(jd_traits_t *t)
{
    free(t->career);
    free(t->psi_bar);
    *t = (jd_traits_t){0};
}

void jd_officials_start(const jd_officials_params_t *p, const jd_traits_t *t,
                        const jd_officials_t *o)
{
    int64_t n = (int64_t)t->slots * t->streets;
    double half = 0.5 * jd_max(0, 1 - p->burden), capability = jd_capability_at(p, half);
    for (int64_t i = 0; i < n; i++) {
        o->strong[i] = o->weak[i] = capability;
        o->effort_s[i] = o->effort_w[i] = half;
        o->psi[i] = t->psi_bar[i];
    }
}

/* Section 1, "Choice", without branches. d = g + h. The free optimum solves
 * (d + c) e_S + c e_W = r_S and its mirror; where one effort comes out negative it is 0 and the
 * other stands alone; where both exceed the time, it binds. */
static inline void choose(double d, double c, double over_free, double over_alone, double r_s,
                          double r_w, double time, double *e_s, double *e_w)
{
    double s = ((d + c) * r_s - c * r_w) * over_free;
    double w = ((d + c) * r_w - c * r_s) * over_free;
    double only_s = jd_max(0, r_s * over_alone), only_w = jd_max(0, r_w * over_alone);
    double s1 = w < 0 ? only_s : (s < 0 ? 0 : s);
    double w1 = w < 0 ? 0 : (s < 0 ? only_w : w);
    double bound_s = jd_clip(0.5 * time + (r_s - r_w) * (0.5 / d), 0, time);
    int binds = s1 + w1 > time;
    *e_s = binds ? bound_s : s1;
    *e_w = binds ? time - bound_s : w1;
}

void jd_officials_choose(const jd_officials_params_t *p, double r_s, double r_w, double time,
                         double *e_s, double *e_w)
{
    double d = p->congestion + p->habit, c = p->crowding;
    choose(d, c, 1 / (d * (d + 2 * c)), 1 / (d + c), r_s, r_w, time, e_s, e_w);
}

/* What mechanisms make of a block's officials, gathered once for all slots. */
typedef struct changed {
    double crowding[BLOCK], over_free[BLOCK], over_alone[BLOCK], trust[BLOCK], boost[2][BLOCK];
} changed_t;

JD_CLONES static void gather(const jd_officials_params_t *p, const jd_incentives_t *in,
                             int32_t first, int n, changed_t *x)
{
    const double d = p->congestion + p->habit;
    for (int i = 0; i < n; i++)
        x->crowding[i] = in->crowd ? p->crowding * in->crowd[first + i] : p->crowding;
    for (int i = 0; i < n; i++) {
        x->over_free[i] = 1 / (d * (d + 2 * x->crowding[i]));
        x->over_alone[i] = 1 / (d + x->crowding[i]);
    }
    for (int i = 0; i < n; i++)
        x->trust[i] = in->trust ? in->trust[first + i] : 1;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < n; i++)
            x->boost[k][i] = in->boost[k] ? in->boost[k][first + i] : 0;
}

/* One slot's officials of n streets from `first` on: a straight loop of unit stride. */
JD_CLONES static void step_slot(const jd_officials_params_t *p, int32_t first, int n,
                                const double *restrict career, const double *restrict psi_bar,
                                const jd_incentives_t *in, const changed_t *restrict x,
                                const jd_officials_t *o, int64_t at, const jd_output_t *out)
{
    const double d = p->congestion + p->habit, h = p->habit;
    const double learn = p->learn, forget = p->forget, floor_a = p->floor;
    const double back = p->psi_return, erosion = p->psi_erosion;
    const double *restrict stake_s = in->stake_s + first, *restrict stake_w = in->stake_w + first;
    const double *restrict resident = in->resident + first, *restrict time = in->time + first;
    const double *restrict overload = in->overload + first;
    double *restrict strong = o->strong + at, *restrict weak = o->weak + at;
    double *restrict psi = o->psi + at;
    double *restrict effort_s = o->effort_s + at, *restrict effort_w = o->effort_w + at;
    double *restrict y_s = out->y_s + first, *restrict y_w = out->y_w + first;
    double *restrict a_s = out->a_s + first, *restrict a_w = out->a_w + first;
    double *restrict sum_s = out->e_s + first, *restrict sum_w = out->e_w + first;
    double *restrict sum_psi = out->psi + first, *restrict corner_s = out->corner_s + first;
    double *restrict corner_w = out->corner_w + first;
    JD_SIMD
    for (int s = 0; s < n; s++) {
        double as = strong[s], aw = weak[s], will = psi[s], w = career[s], es, ew;
        double r_s = w * stake_s[s] * as + h * effort_s[s];
        double r_w = (w * stake_w[s] + will * resident[s]) * aw + h * effort_w[s];
        choose(d, x->crowding[s], x->over_free[s], x->over_alone[s], r_s, r_w, time[s], &es, &ew);
        y_s[s] += as * es;
        y_w[s] += aw * ew;
        a_s[s] += as;
        a_w[s] += aw;
        sum_s[s] += es;
        sum_w[s] += ew;
        sum_psi[s] += will;
        corner_s[s] += ((ew <= 0.0) & (es > 0.0)) ? 1.0 : 0.0;
        corner_w[s] += ((es <= 0.0) & (ew > 0.0)) ? 1.0 : 0.0;
        effort_s[s] = es;
        effort_w[s] = ew;
        strong[s] = as + ((learn * es + x->boost[0][s]) * (1 - as) - forget * (as - floor_a));
        weak[s] = aw + ((learn * ew + x->boost[1][s]) * (1 - aw) - forget * (aw - floor_a));
        psi[s] = jd_max(
            0, will + (back * (psi_bar[s] * x->trust[s] - will) - erosion * overload[s] * will));
    }
}

JD_CLONES static void scale(double *restrict sum, int n, double by)
{
    for (int s = 0; s < n; s++)
        sum[s] *= by;
}

void jd_officials_step(const jd_officials_params_t *p, const jd_traits_t *t,
                       const jd_incentives_t *in, int32_t first, int32_t end,
                       const jd_officials_t *o, const jd_output_t *out)
{
    double *sums[] = {out->y_s, out->y_w, out->a_s,      out->a_w,     out->e_s,
                      out->e_w, out->psi, out->corner_s, out->corner_w};
    enum { SUMS = sizeof sums / sizeof sums[0] };
    changed_t changed;
    for (int32_t from = first; from < end; from += BLOCK) {
        int32_t to = from + BLOCK < end ? from + BLOCK : end;
        gather(p, in, from, to - from, &changed);
        for (int i = 0; i < SUMS; i++)
            memset(sums[i] + from, 0, (size_t)(to - from) * sizeof(double));
        for (int32_t k = 0; k < t->slots; k++) {
            int64_t at = (int64_t)k * t->streets + from;
            step_slot(p, from, to - from, t->career + at, t->psi_bar + at, in, &changed, o, at,
                      out);
        }
        double share = 1.0 / t->slots;
        for (int i = 0; i < SUMS; i++)
            scale(sums[i] + from, to - from, share);
    }
}
