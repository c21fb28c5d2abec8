/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Ties in the firms' choice: a tied county is one more alternative at the top level, X_oc =
 * (exp(b_tie tie_oc) - 1) S_c exp(IV_c) g_oc. The untied tables, their ratios and bounds stay as
 * they are; only totals that leaving depends on, and the last word on a destination, know of X. */
#include "core/vmath.h"
#include "model/firms/choice.h"

void jd_tied_weigh(const jd_choice_setting_t *s, const jd_choice_t *choice, int kind, int32_t first,
                   int32_t end)
{
    const double *site = s->tree->site_county, power = s->firms->dissimilarity_county;
    const int64_t at = (int64_t)kind * s->dims->counties;
    const int32_t *child = s->tree->child[JD_PREFECTURE];
    for (int32_t c = child[first]; c < child[end]; c++)
        choice->tie_value[at + c] = site[c] * jd_pow(choice->sum_county[at + c] / site[c], power);
}

/* Borders and distance between two counties. */
static double nearness(const jd_choice_setting_t *s, const jd_choice_t *choice, int32_t from,
                       int32_t to)
{
    const int32_t *prefecture = s->tree->parent[JD_COUNTY];
    if (prefecture[from] == prefecture[to]) return choice->crossing[from];
    return s->borders->gravity[(int64_t)prefecture[from] * s->dims->prefectures + prefecture[to]];
}

void jd_tied_pull(const jd_choice_setting_t *s, const jd_choice_t *choice, int32_t first,
                  int32_t end)
{
    const jd_ties_t *ties = choice->ties;
    const int32_t *child = s->tree->child[JD_PREFECTURE];
    for (int32_t c = child[first]; c < child[end]; c++) {
        const int64_t at = (int64_t)c * s->dims->ties;
        for (int64_t k = at; k < at + ties->n[c]; k++)
            choice->tie_pull[k] = (jd_exp(s->firms->b_tie * ties->weight[k]) - 1) *
                                  nearness(s, choice, c, ties->with[k]);
    }
}

void jd_tied_leave(const jd_choice_setting_t *s, const jd_choice_t *choice, int kind, int32_t first,
                   int32_t end)
{
    const jd_dims_t *d = s->dims;
    const jd_ties_t *ties = choice->ties;
    const int64_t of_kind = (int64_t)kind * d->counties;
    const int32_t *child = s->tree->child[JD_PREFECTURE];
    for (int32_t c = child[first]; c < child[end]; c++) {
        const int64_t at = (int64_t)c * d->ties;
        double sum = 0;
        for (int64_t k = at; k < at + ties->n[c]; k++)
            sum += choice->tie_pull[k] * choice->tie_value[of_kind + ties->with[k]];
        choice->tie_sum[of_kind + c] = sum;
        if (!(sum > 0)) continue;
        const double more = choice->total[of_kind + c] / (choice->total[of_kind + c] + sum);
        for (int q = 0; q < d->sizes; q++)
            choice->cost[((int64_t)kind * d->sizes + q) * d->counties + c] *= more;
    }
}

/* The tied county at u of the sum of X; the last with any takes what rounding leaves. */
static int32_t pick_county(const jd_choice_t *choice, const jd_dims_t *d, int kind, int32_t county,
                           double u)
{
    const int64_t at = (int64_t)county * d->ties, of_kind = (int64_t)kind * d->counties;
    double left = u * choice->tie_sum[of_kind + county];
    int32_t to = county;
    for (int64_t k = at; k < at + choice->ties->n[county] && left >= 0; k++) {
        const int32_t c = choice->ties->with[k];
        const double x = choice->tie_pull[k] * choice->tie_value[of_kind + c];
        if (!(x > 0)) continue;
        to = c;
        left -= x;
    }
    return to;
}

static int32_t pick_street(const jd_choice_t *choice, const jd_draw_tables_t *t, int kind,
                           int32_t county, double u)
{
    const double *weight = choice->weight + (int64_t)kind * t->dims->streets;
    const int32_t *child = t->tree->child[JD_COUNTY];
    double left = u * choice->sum_county[(int64_t)kind * t->dims->counties + county];
    int32_t to = child[county];
    for (int32_t s = child[county]; s < child[county + 1] && left >= 0; s++) {
        if (!(weight[s] > 0)) continue;
        to = s;
        left -= weight[s];
    }
    return to;
}

void jd_tied_take(const jd_draw_tables_t *t, const jd_choice_t *choice, const jd_jump_t *jump,
                  const int64_t *firm, jd_draws_t *draws)
{
    for (int i = 0; i < draws->n; i++) {
        const int kind = draws->kind[i];
        const int32_t county = t->tree->parent[JD_STREET][draws->origin[i]];
        const int64_t at = (int64_t)kind * t->dims->counties + county;
        const double sum = choice->tie_sum[at];
        if (!(sum > 0)) continue;
        jd_rng_t rng = jd_rng_at(jump, (uint64_t)firm[i]);
        const double u = jd_rng_uniform(&rng), u_county = jd_rng_uniform(&rng),
                     u_street = jd_rng_uniform(&rng);
        if (u * (choice->total[at] + sum) >= sum) continue;
        const int32_t to = pick_county(choice, t->dims, kind, county, u_county);
        draws->to[i] = pick_street(choice, t, kind, to, u_street);
    }
}

double jd_tied_probability(const jd_choice_t *choice, const jd_dims_t *d, int kind, int32_t origin,
                           int32_t to, double weight, double untied)
{
    const int64_t of_kind = (int64_t)kind * d->counties, at = (int64_t)origin * d->ties;
    const double total = choice->total[of_kind + origin],
                 all = total + choice->tie_sum[of_kind + origin];
    double tied = 0;
    if (choice->sum_county[of_kind + to] > 0)
        for (int64_t k = at; k < at + choice->ties->n[origin]; k++)
            if (choice->ties->with[k] == to)
                tied += choice->tie_pull[k] * choice->tie_value[of_kind + to] * weight /
                        choice->sum_county[of_kind + to];
    return (untied * total + tied) / all;
}
