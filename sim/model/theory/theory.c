/* SPDX-License-Identifier: GPL-3.0-or-later */
/* With m_x(e) = b_x a(e) - g e, what a task yields at the margin beyond its own cost, effort rests
 * where both tasks yield the same price of time lambda = m_S(e_S) = m_W(e_W) = c (e_S + e_W) + nu,
 * nu >= 0 and nu > 0 only if e_S + e_W = H. In a stable state at least one task is on the falling
 * side of its m, where effort is a function of the price. So follow the other task's effort e from
 * 0 to H: it sets the price m(e), the price sets the follower's effort, and the state rests where
 * the gap max(c E - lambda, E - H),  E = e_S + e_W, is zero: stable where it rises with e, unstable
 * where it falls. Time free and time binding, c = 0 and c > 0 are all in this one line. With S
 * following, balance is gone once the gap is nowhere below 0. */
#include "model/theory/theory.h"

#include "core/vmath.h"

/* Steps of e over [0, H]; steps of pressure and the range in which folds are looked for. */
enum { GRID = 256, FOLD_GRID = 500 };
static const double lowest = -1, highest = 4;

typedef struct problem {
    double g, c, k, floor, time;
    double lead, follow; /* b of the two tasks */
} problem_t;

static double yield(const problem_t *q, double b, double e)
{
    return b * (q->floor + q->k * e) / (1 + q->k * e) - q->g * e;
}

/* The follower's effort at a price, on the falling side of its yield; -1 if it never yields that
 * much. The larger root of g k e^2 + (g + (lambda - b) k) e + lambda - b A0 = 0. */
static double follow(const problem_t *q, double lambda)
{
    double half = 0.5 * (q->g + (lambda - q->follow) * q->k);
    double root = half * half - q->g * q->k * (lambda - q->follow * q->floor);
    if (root < 0) return -1;
    root = sqrt(root);
    double e =
        half > 0 ? (q->follow * q->floor - lambda) / (half + root) : (root - half) / (q->g * q->k);
    return e >= 0 ? e : -1;
}

/* The gap, or NaN where the follower cannot yield the price. */
static double gap(const problem_t *q, double e, double *follower)
{
    double lambda = yield(q, q->lead, e), other = follow(q, lambda), total = e + other;
    *follower = other;
    return other < 0 ? (double)NAN : jd_max(q->c * total - lambda, total - q->time);
}

static double gap_at(const problem_t *q, double e)
{
    double follower;
    return gap(q, e, &follower);
}

static problem_t pose(const jd_officials_params_t *p, const jd_rescaling_params_t *r,
                      double psi_bar, double pressure, bool s_follows)
{
    double stake_s = p->mu_strong * jd_max(0, 1 + r->th_strong * pressure);
    double stake_w = p->mu_weak * jd_pow(p->beta, p->lag) * jd_max(0, 1 + r->th_weak * pressure) +
                     jd_theory_psi(p, psi_bar, pressure) * (1 + p->horizontal);
    return (problem_t){.g = p->congestion,
                       .c = p->crowding,
                       .k = jd_max(p->learn / p->forget, 1e-9), /* it divides */
                       .floor = p->floor,
                       .time = jd_max(0, 1 - p->burden),
                       .lead = s_follows ? stake_w : stake_s,
                       .follow = s_follows ? stake_s : stake_w};
}

double jd_theory_psi(const jd_officials_params_t *p, double psi_bar, double pressure)
{
    return psi_bar / (1 + p->psi_erosion / p->psi_return * jd_max(0, pressure + p->burden));
}

/* Zero of the gap between a and b, where it has opposite signs. */
static double cross(const problem_t *q, double a, double b)
{
    bool rises = gap_at(q, a) < 0;
    for (int i = 0; i < 60; i++) {
        double mid = 0.5 * (a + b);
        if ((gap_at(q, mid) < 0) == rises)
            a = mid;
        else
            b = mid;
    }
    return 0.5 * (a + b);
}

/* Where the gap is least between a and b: golden section. */
static double sink(const problem_t *q, double a, double b)
{
    const double ratio = 0.61803398874989485;
    double x = b - ratio * (b - a), y = a + ratio * (b - a), gx = gap_at(q, x), gy = gap_at(q, y);
    for (int i = 0; i < 60; i++) {
        if (gx < gy) {
            b = y, y = x, gy = gx;
            x = b - ratio * (b - a), gx = gap_at(q, x);
        } else {
            a = x, x = y, gx = gy;
            y = a + ratio * (b - a), gy = gap_at(q, y);
        }
    }
    return 0.5 * (a + b);
}

typedef void (*visitor_t)(void *user, const problem_t *q, double from, double to, bool rises);

/* Visits the stretches in which the gap changes sign, in order: those of a grid, and both sides of
 * a dip that falls between its points. */
static void scan(const problem_t *q, visitor_t visit, void *user)
{
    double step = q->time / GRID, last = gap_at(q, 0), before = last;
    for (int i = 1; i <= GRID; i++) {
        double from = (i - 1) * step, to = i * step, here = gap_at(q, to);
        if (last < 0 && here >= 0) visit(user, q, from, to, true);
        if (last >= 0 && here < 0) visit(user, q, from, to, false);
        if (last >= 0 && here >= last && !(before < last)) {
            double start = jd_max(0, from - step), bottom = sink(q, start, to);
            if (gap_at(q, bottom) < 0) {
                visit(user, q, start, bottom, false);
                visit(user, q, bottom, to, true);
            }
        }
        before = last, last = here;
    }
}

typedef struct finds {
    jd_rest_t *rests;
    int n;
    bool s_follows;
} finds_t;

/* A state with both tasks on their falling sides is met twice, once with either following. */
static bool known(const finds_t *found, double e_s)
{
    for (int i = 0; i < found->n; i++) {
        if (found->rests[i].kind == JD_REST_INTERIOR && fabs(found->rests[i].e_s - e_s) < 1e-6)
            return true;
    }
    return false;
}

static void note_rest(void *user, const problem_t *q, double from, double to, bool rises)
{
    finds_t *found = user;
    double lead = cross(q, from, to), other;
    if (!(fabs(gap(q, lead, &other)) < 1e-6)) return; /* a stretch without a follower lay between */
    double e_s = found->s_follows ? other : lead, e_w = found->s_follows ? lead : other;
    if (found->n == JD_RESTS_MAX || e_s <= 0 || e_w <= 0 ||
        (!found->s_follows && known(found, e_s)))
        return;
    found->rests[found->n++] = (jd_rest_t){.kind = JD_REST_INTERIOR,
                                           .stable = rises,
                                           .time_binds = e_s + e_w >= q->time - 1e-9,
                                           .e_s = e_s,
                                           .e_w = e_w};
}

/* The corner where all effort goes to the follower. It lasts if the other's first effort yields
 * less than the price of time there, c e + nu. */
static double corner(const problem_t *q, bool *lasts)
{
    double half = 0.5 * (q->g + q->c - q->follow * q->k), a = (q->g + q->c) * q->k;
    double root = sqrt(half * half + a * q->follow * q->floor);
    double e = jd_min((root - half) / a, q->time);
    *lasts = e > 0 && q->lead * q->floor <= jd_max(q->c * e, yield(q, q->follow, e));
    return e;
}

int jd_theory_rests(const jd_officials_params_t *p, const jd_rescaling_params_t *r, double psi_bar,
                    double pressure, jd_rest_t rests[JD_RESTS_MAX])
{
    finds_t found = {.rests = rests};
    problem_t q[2];
    for (int s = 0; s < 2; s++) {
        q[s] = pose(p, r, psi_bar, pressure, s == 0);
        bool lasts;
        double e = corner(&q[s], &lasts);
        if (lasts)
            rests[found.n++] = (jd_rest_t){.kind = s == 0 ? JD_REST_S_CORNER : JD_REST_W_CORNER,
                                           .stable = true,
                                           .time_binds = e >= q[s].time,
                                           .e_s = s == 0 ? e : 0,
                                           .e_w = s == 0 ? 0 : e};
    }
    for (int s = 0; s < 2; s++) {
        found.s_follows = s == 0;
        scan(&q[s], note_rest, &found);
    }
    return found.n;
}

static bool corner_lasts(const jd_rest_t *rest)
{
    return rest->kind == JD_REST_S_CORNER;
}

static bool balance_lasts(const jd_rest_t *rest)
{
    return rest->kind == JD_REST_INTERIOR && rest->stable;
}

typedef struct folding {
    const jd_officials_params_t *officials;
    const jd_rescaling_params_t *rescaling;
    double psi_bar;
} folding_t;

static bool there_is(const folding_t *f, double pressure, bool (*wanted)(const jd_rest_t *))
{
    jd_rest_t rests[JD_RESTS_MAX];
    int n = jd_theory_rests(f->officials, f->rescaling, f->psi_bar, pressure, rests);
    bool found = false;
    for (int i = 0; i < n; i++)
        found |= wanted(&rests[i]);
    return found;
}

/* The lowest pressure at which there is (`appears`), or is no longer, a wanted state; NaN if none.
 */
static double turn(const folding_t *f, bool (*wanted)(const jd_rest_t *), bool appears)
{
    const double step = (highest - lowest) / FOLD_GRID;
    double low = lowest, high = lowest;
    bool before = there_is(f, lowest, wanted);
    for (int i = 1; i <= FOLD_GRID; i++) {
        high = lowest + i * step;
        bool now = there_is(f, high, wanted);
        if (now != before && now == appears) break;
        before = now;
        if (i == FOLD_GRID) return (double)NAN;
        low = high;
    }
    for (int i = 0; i < 40; i++) {
        double mid = 0.5 * (low + high);
        if (there_is(f, mid, wanted) == appears)
            high = mid;
        else
            low = mid;
    }
    return high;
}

jd_folds_t jd_theory_folds(const struct jd_officials_params *p, const struct jd_rescaling_params *r,
                           double psi_bar)
{
    const folding_t f = {p, r, psi_bar};
    return (jd_folds_t){turn(&f, corner_lasts, true), turn(&f, balance_lasts, false)};
}
