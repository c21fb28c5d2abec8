/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Made-up but plausible tables for the figures' tests: the size and shape of a quickstart run. */
#ifndef JD_TESTS_FIGURES_TABLES_H
#define JD_TESTS_FIGURES_TABLES_H

#include <math.h>

#include "analysis/figures/figures.h"
#include "jiedao/random.h"
#include "support.h"

enum { FIGURES = 15 };
static const char *const figure_names[FIGURES] = {
    "effort_loop", "did_by_share", "map",     "event_time", "bias_split",
    "time_series", "robust_sets",  "bias_by", "rates",      "pretest",
    "heat",        "sobol",        "morris",  "friction",   "claim"};

/** Everything the figures take. */
typedef struct figures_tables {
    jd_table_t loop, shares, counties, flows, estimates, truth, split, series, sets, curves, heat,
        sobol, morris, friction;
} figures_tables_t;

static inline void table_start(jd_table_t *table, const char *name, const jd_column_t *columns,
                               int n_columns)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_table_init(table, name, "made up", columns, n_columns, 1, &ctx), JD_OK);
}

/** Adds a record; numbers go into the columns in order, text columns are left empty. */
static inline int64_t table_add(jd_table_t *table, const double *numbers, int n)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_table_reserve(table, table->rows + 1, &ctx), JD_OK);
    int64_t row = table->rows++;
    for (int k = 0; k < n && k < table->n_columns; k++)
        if (table->columns[k].type != JD_TEXT) jd_table_set_number(table, k, row, numbers[k]);
    return row;
}

static inline double bump(uint64_t id, int draw)
{
    jd_jump_t jump = jd_jump(jd_stream(1, 0, JD_DRAW_TREE), 0, draw);
    return jd_draw(&jump, id);
}

static inline double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static inline void fill_loop(jd_table_t *table)
{
    table_start(table, "loop", jd_effort_loop_columns, JD_EFFORT_COLUMNS);
    for (int population = 0; population < 2; population++)
        for (int falling = 0; falling < 2; falling++)
            for (int i = 0; i <= 100; i++) {
                double p = -0.5 + 0.015 * i;
                double fold = falling ? -0.21 : 0.53, share, strong;
                if (population == 0) {
                    share = p > fold ? 1.0 : 0.58 + 0.14 * p;
                    strong = p > fold ? 1.0 : 0.0;
                } else {
                    strong = logistic((p - 0.35 * falling * -1.0 - 0.62) / 0.17);
                    share = 0.58 + 0.12 * p + (0.4 - 0.12 * p) * strong;
                }
                double row[] = {p, falling, population, share, strong, 0.0};
                if (population == 1) row[5] = 0.04 * logistic((-0.2 - p) / 0.08);
                table_add(table, row, JD_EFFORT_COLUMNS);
            }
}

static inline void fill_shares(jd_table_t *table)
{
    table_start(table, "shares", jd_did_by_share_columns, JD_SHARE_COLUMNS);
    for (int i = 0; i < 5; i++) {
        static const double share[] = {0.1, 0.25, 0.5, 0.75, 0.9};
        static const double did[] = {0.334, 0.326, 0.319, 0.301, 0.268};
        static const double att[] = {0.309, 0.258, 0.178, 0.089, 0.034};
        static const double ade[] = {0.330, 0.324, 0.314, 0.298, 0.246};
        double trends = 0.004 * (i - 2), measured = -0.02, ahead = 0.005 * (i < 3 ? 1 : -1);
        double row[] = {share[i], did[i], att[i], 0.012 + 0.003 * i,
                        0.004,    ade[i], 0.005,  measured,
                        trends,   -0.006, ahead,  0.0};
        row[JD_SHARE_COLUMNS - 1] = did[i] - att[i] - measured - trends + 0.006 - ahead;
        table_add(table, row, JD_SHARE_COLUMNS);
    }
}

/** 8 provinces of 8 prefectures of 13 counties, strewn around their capitals. */
static inline void fill_map(jd_table_t *counties, jd_table_t *flows)
{
    double cx[64], cy[64];
    table_start(counties, "counties", jd_map_county_columns, JD_MAP_COLUMNS);
    table_start(flows, "flows", jd_map_flow_columns, JD_FLOW_COLUMNS);
    for (int p = 0; p < 64; p++) {
        const int down = p / 8;
        cx[p] = 60.0 + 110.0 * (p % 8) + 50.0 * bump((uint64_t)p, 0);
        cy[p] = 40.0 + 90.0 * down + 45.0 * bump((uint64_t)p, 1);
        for (int c = 0; c < 13; c++) {
            uint64_t id = (uint64_t)(100 * (p + 1) + c);
            double x = cx[p] + 110.0 * (bump(id, 2) - 0.5), y = cy[p] + 95.0 * (bump(id, 3) - 0.5);
            double friction =
                0.32 + 0.1 * sin(x / 190.0) * cos(y / 150.0) + 0.12 * (bump(id, 4) - 0.5);
            double row[] = {x, y, friction, bump(id, 5) < 0.5};
            table_add(counties, row, JD_MAP_COLUMNS);
        }
    }
    for (int from = 0; from < 64; from++)
        for (int to = 0; to < 64; to++) {
            double d = hypot(cx[from] - cx[to], cy[from] - cy[to]);
            double u = bump((uint64_t)(64 * from + to + 10000), 6);
            double row[] = {cx[from], cy[from], cx[to], cy[to],
                            floor(400.0 * exp(-d / 90.0) * u * u)};
            table_add(flows, row, JD_FLOW_COLUMNS);
        }
}

static inline void fill_events(jd_table_t *estimates, jd_table_t *truth)
{
    static const char *const names[] = {"TWFE", "Sun-Abraham", "Callaway-Sant'Anna", "imputation"};
    table_start(estimates, "estimates", jd_event_estimate_columns, JD_EVENT_COLUMNS);
    table_start(truth, "truth", jd_event_truth_columns, JD_TRUTH_COLUMNS);
    for (int e = -8; e <= 12; e++) {
        double att = e < 0 ? 0.0 : 0.16 * (1.0 - exp(-(e + 1) / 2.5));
        double row[] = {e, att + (e >= -2 && e < 0 ? 0.012 : 0.0), 1.9 * att};
        table_add(truth, row, JD_TRUTH_COLUMNS);
        for (int k = 0; k < 4; k++) {
            double value = 1.95 * att * (k == 0 ? 0.88 : 1.0) +
                           0.03 * (bump((uint64_t)(50 * k + e + 10), 7) - 0.5);
            double half = 0.028 + 0.002 * k + 0.001 * (e > 0 ? e : -e);
            double cells[] = {0.0, e, value, value - half, value + half};
            if (e == -1) cells[2] = 0.0, cells[3] = cells[4] = (double)NAN;
            jd_table_set_text(estimates, JD_EVENT_ESTIMATOR,
                              table_add(estimates, cells, JD_EVENT_COLUMNS), names[k]);
        }
    }
}

static inline void fill_split(jd_table_t *table)
{
    static const char *const names[] = {
        "2x2",        "TWFE",     "TWFE event study", "Sun-Abraham", "Callaway-Sant'Anna",
        "imputation", "two-stage"};
    static const char *const terms[] = {"post",    "post",    "12 quarters on", "overall",
                                        "overall", "overall", "overall"};
    table_start(table, "split", jd_bias_split_columns, JD_BIAS_COLUMNS);
    for (int i = 0; i < 7; i++) {
        double row[JD_BIAS_COLUMNS] = {0}, sum = 0.0, sum_ade = 0.0;
        double *part = row + JD_BIAS_PARTS, *ade = row + JD_BIAS_ADE_PARTS;
        part[0] = -0.021 + 0.002 * i;
        part[1] = 0.03 * (bump((uint64_t)i, 8) - 0.4);
        part[2] = i == 1 ? -0.034 : i == 2 ? 0.018 : 0.0;
        part[3] = i < 3 ? -0.004 : 0.0;
        part[4] = 0.152 - 0.004 * i;
        for (int k = 0; k < 5; k++) {
            ade[k] = k == 4 ? 0.012 : k == 2 ? part[2] + 0.003 : part[k];
            sum += part[k];
            sum_ade += ade[k];
        }
        row[JD_BIAS_BIAS] = sum;
        row[JD_BIAS_ADE_BIAS] = sum_ade;
        int64_t at = table_add(table, row, JD_BIAS_COLUMNS);
        jd_table_set_text(table, JD_BIAS_ESTIMATOR, at, names[i]);
        jd_table_set_text(table, JD_BIAS_TERM, at, terms[i]);
    }
}

static inline void fill_series(jd_table_t *table)
{
    table_start(table, "series", jd_time_series_columns, JD_SERIES_COLUMNS);
    for (int world = 0; world < 2; world++)
        for (int q = 0; q < 24; q++) {
            double ramp = q < 4 ? 0.0 : q < 8 ? (q - 3) / 5.0 : 1.0;
            double policy = world && q >= 10 ? 1.0 - exp(-(q - 9) / 3.0) : 0.0;
            double p = 0.1 + 0.15 * ramp + 0.075 * (world && q >= 10);
            double row[] = {2020.0 + q / 4.0,
                            p,
                            0.57 + 0.09 * ramp + 0.05 * policy,
                            0.33 + 0.05 * ramp + 0.04 * policy,
                            1.2 + 0.06 * ramp + 0.07 * policy,
                            0.52 - 0.06 * ramp * q / 24.0 - 0.05 * policy,
                            world};
            table_add(table, row, JD_SERIES_COLUMNS);
        }
}

static inline void fill_friction(jd_table_t *table)
{
    table_start(table, "friction", jd_friction_columns, JD_FRICTION_COLUMNS);
    for (int treated = 1; treated >= 0; treated--)
        for (int q = 0; q < 24; q++) {
            double since = q < 8 ? 0.0 : 1.0 - exp(-(q - 7) / 4.0), policy = treated * since;
            const double part[] = {-0.05 + 0.02 * q / 24.0, 0.34 - 0.04 * policy, 0.05 * since,
                                   0.03 * q / 24.0 + 0.15 * policy, 0.08 * policy};
            double row[JD_FRICTION_COLUMNS] = {2020.0 + q / 4.0, treated, 0.0};
            for (int k = 0; k < 5; k++) {
                row[JD_FRICTION_FIRST + k] = part[k];
                row[JD_FRICTION_TOTAL] += part[k];
            }
            table_add(table, row, JD_FRICTION_COLUMNS);
        }
}

static inline void fill_sets(jd_table_t *table)
{
    static const char *const names[] = {"event_study", "sun_abraham"};
    table_start(table, "sets", jd_robust_sets_columns, JD_ROBUST_COLUMNS);
    for (int k = 0; k < 2; k++)
        for (int restriction = 0; restriction < 2; restriction++)
            for (int i = 0; i < 5; i++) { /* the usual interval last */
                double m = i == 4 ? (double)NAN : restriction ? 0.01 * i : 0.5 * (i + 1);
                double half = 0.03 + 0.004 * k + (i == 4 ? 0 : 0.012 * (i + 1));
                double row[] = {0.0, restriction, m, 0.07 - half, 0.07 + half};
                jd_table_set_text(table, JD_ROBUST_ESTIMATOR,
                                  table_add(table, row, JD_ROBUST_COLUMNS), names[k]);
            }
}

static inline void fill_curves(jd_table_t *table)
{
    static const char *const names[] = {"TWFE", "event study", "imputation"};
    static const double share[] = {10.0, 25.0, 50.0, 75.0};
    table_start(table, "curves", jd_curve_columns, JD_CURVE_COLUMNS);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 4; i++) {
            double row[JD_CURVE_COLUMNS] = {0.0};
            row[JD_CURVE_X] = share[i];
            row[JD_CURVE_PARTS] = -0.004;
            row[JD_CURVE_PARTS + 1] = 0.01 * (bump((uint64_t)(4 * k + i), 9) - 0.5);
            row[JD_CURVE_PARTS + 4] = 0.0006 * share[i];
            for (int p = 0; p < 5; p++)
                row[JD_CURVE_BIAS] += row[JD_CURVE_PARTS + p];
            row[JD_CURVE_BIAS_SE] = row[JD_CURVE_PASSED_SE] = 0.004;
            row[JD_CURVE_PASSED] = k == 2 ? (double)NAN : row[JD_CURVE_BIAS] + 0.003 * k;
            row[JD_CURVE_COVERAGE] = 0.95 - 0.01 * i - 0.02 * k;
            row[JD_CURVE_SIZE] = 0.05 + 0.01 * k * i;
            row[JD_CURVE_POWER] = 0.2 + 0.15 * i + 0.05 * k;
            for (int r = JD_CURVE_COVERAGE; r <= JD_CURVE_POWER; r += 3) {
                row[r + 1] = fmax(row[r] - 1.96 * 0.008, 0);
                row[r + 2] = fmin(row[r] + 1.96 * 0.008, 1);
            }
            row[JD_CURVE_LOW] = row[JD_CURVE_BIAS] - 0.006;
            row[JD_CURVE_HIGH] = row[JD_CURVE_BIAS] + 0.009;
            jd_table_set_text(table, JD_CURVE_ESTIMATOR, table_add(table, row, JD_CURVE_COLUMNS),
                              names[k]);
        }
}

static inline void fill_heat(jd_table_t *table)
{
    static const char *const words[] = {"none", "some", "all"};
    table_start(table, "heat", jd_heat_columns, JD_HEAT_COLUMNS);
    for (int i = 0; i < 12; i++) {
        const int x = i % 4, y = i / 4;
        double row[] = {0.1 * (1 + x * x), y, 0.01 * x - 0.02 * y};
        jd_table_set_text(table, JD_HEAT_Y_WORD, table_add(table, row, 3), words[y]);
    }
}

static inline void fill_sensitivity(jd_table_t *sobol, jd_table_t *morris)
{
    static const char *const names[] = {"policy.share", "rescaling.base", "officials.mu_weak"};
    table_start(sobol, "sobol", jd_sobol_columns, JD_SOBOL_COLUMNS);
    table_start(morris, "morris", jd_morris_columns, JD_MORRIS_COLUMNS);
    for (int k = 0; k < 3; k++) {
        double first = 0.5 / (k + 1), total = first + 0.12, star = 0.03 / (k + 1);
        double bars[] = {0.0, first, first - 0.1, first + 0.1, total, total - 0.08, total + 0.08};
        double point[] = {0.0, star, 0.8 * star, 1.2 * star, k == 0 ? 0.005 : 0.009};
        jd_table_set_text(sobol, 0, table_add(sobol, bars, JD_SOBOL_COLUMNS), names[k]);
        jd_table_set_text(morris, 0, table_add(morris, point, JD_MORRIS_COLUMNS), names[k]);
    }
}

static inline void figures_tables_make(figures_tables_t *t)
{
    *t = (figures_tables_t){0};
    fill_loop(&t->loop);
    fill_shares(&t->shares);
    fill_map(&t->counties, &t->flows);
    fill_events(&t->estimates, &t->truth);
    fill_split(&t->split);
    fill_series(&t->series);
    fill_sets(&t->sets);
    fill_curves(&t->curves);
    fill_heat(&t->heat);
    fill_sensitivity(&t->sobol, &t->morris);
    fill_friction(&t->friction);
}

static inline void figures_tables_free(figures_tables_t *t)
{
    jd_table_t *all[] = {&t->loop,  &t->shares, &t->counties, &t->flows,   &t->estimates,
                         &t->truth, &t->split,  &t->series,   &t->sets,    &t->curves,
                         &t->heat,  &t->sobol,  &t->morris,   &t->friction};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        jd_table_free(all[i]);
}

/** Figure number `i` as files. */
static inline int figure_draw(int i, const figures_tables_t *t, const jd_figure_options_t *o,
                              jd_ctx_t *ctx)
{
    switch (i) {
    case 0:
        return jd_figure_effort_loop(&t->loop, -0.21, 0.53, o, ctx);
    case 1:
        return jd_figure_did_by_share(&t->shares, o, ctx);
    case 2:
        return jd_figure_map(&t->counties, &t->flows, 0, 0, o, ctx);
    case 3:
        return jd_figure_event_time(&t->estimates, &t->truth, o, ctx);
    case 4:
        return jd_figure_bias_split(&t->split, o, ctx);
    case 5:
        return jd_figure_time_series(&t->series, o, ctx);
    case 6:
        return jd_figure_robust_sets(&t->sets, o, ctx);
    case 7:
        return jd_figure_bias_by(&t->curves, o, ctx);
    case 8:
        return jd_figure_rates(&t->curves, o, ctx);
    case 9:
        return jd_figure_pretest(&t->curves, o, ctx);
    case 10:
        return jd_figure_heat(&t->heat, o, ctx);
    case 11:
        return jd_figure_sobol(&t->sobol, o, ctx);
    case 12:
        return jd_figure_morris(&t->morris, o, ctx);
    case 13:
        return jd_figure_friction(&t->friction, o, ctx);
    default:
        return jd_figure_claim(&t->curves, o, ctx);
    }
}

/** Figure number `i` as a script. */
static inline int figure_script(int i, FILE *out, const figures_tables_t *t,
                                const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    switch (i) {
    case 0:
        return jd_figure_effort_loop_script(out, &t->loop, -0.21, 0.53, o, ctx);
    case 1:
        return jd_figure_did_by_share_script(out, &t->shares, o, ctx);
    case 2:
        return jd_figure_map_script(out, &t->counties, &t->flows, 0, 0, o, ctx);
    case 3:
        return jd_figure_event_time_script(out, &t->estimates, &t->truth, o, ctx);
    case 4:
        return jd_figure_bias_split_script(out, &t->split, o, ctx);
    case 5:
        return jd_figure_time_series_script(out, &t->series, o, ctx);
    case 6:
        return jd_figure_robust_sets_script(out, &t->sets, o, ctx);
    case 7:
        return jd_figure_bias_by_script(out, &t->curves, o, ctx);
    case 8:
        return jd_figure_rates_script(out, &t->curves, o, ctx);
    case 9:
        return jd_figure_pretest_script(out, &t->curves, o, ctx);
    case 10:
        return jd_figure_heat_script(out, &t->heat, o, ctx);
    case 11:
        return jd_figure_sobol_script(out, &t->sobol, o, ctx);
    case 12:
        return jd_figure_morris_script(out, &t->morris, o, ctx);
    case 13:
        return jd_figure_friction_script(out, &t->friction, o, ctx);
    default:
        return jd_figure_claim_script(out, &t->curves, o, ctx);
    }
}

#endif
