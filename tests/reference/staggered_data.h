/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The staggered data sets of the reference values as panels. */
#ifndef JD_TESTS_STAGGERED_DATA_H
#define JD_TESTS_STAGGERED_DATA_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/did.h"
#include "reference/tally.h"

enum { MAX_N = 4000 };

/** A data file as a panel of the needed columns. */
typedef struct {
    jd_panel_t panel;
    int32_t unit[MAX_N], time[MAX_N], cohort[MAX_N], cluster[MAX_N];
    double weight[MAX_N], y[MAX_N], x[MAX_N];
} staggered_data_t;

/** How a file is read. */
typedef struct {
    const char *file, *unit, *time, *cohort, *y, *x; /* columns; x NULL = none */
    const char *weight; /* a column, "3" or "7" = 1 + unit mod that, or NULL */
} staggered_source_t;

static inline double number(const csv_t *csv, int row, const char *name)
{
    int column = csv_find(csv, name);
    assert_true(column >= 0);
    return csv_number(csv, row, column);
}

static inline void load_staggered(const staggered_source_t *s, staggered_data_t *d)
{
    char path[512];
    csv_t csv;
    snprintf(path, sizeof path, JD_REFERENCE_DATA "/%s.csv", s->file);
    assert_true(csv_read(&csv, path));
    assert_true(csv.rows <= MAX_N);
    memset(d, 0, sizeof *d);
    for (int i = 0; i < csv.rows; i++) {
        double g = number(&csv, i, s->cohort);
        d->unit[i] = (int)number(&csv, i, s->unit);
        d->time[i] = (int)number(&csv, i, s->time);
        d->cohort[i] = isnan(g) || g >= 10000 ? 0 : (int)g;
        d->cluster[i] = d->unit[i] / 1000;
        d->y[i] = number(&csv, i, s->y);
        if (s->x) d->x[i] = number(&csv, i, s->x);
        if (s->weight)
            d->weight[i] =
                atoi(s->weight) ? 1 + d->unit[i] % atoi(s->weight) : number(&csv, i, s->weight);
    }
    d->panel = (jd_panel_t){.n = csv.rows, .unit = d->unit, .time = d->time, .cohort = d->cohort};
    if (s->weight) d->panel.weight = d->weight;
    csv_free(&csv);
}

static inline int close_to(double ours, double theirs, double scale)
{
    return fabs(ours - theirs) <= 1e-8 * fabs(theirs) + 1e-10 * scale;
}

static inline int find_term(const jd_design_t *design, const char *name)
{
    for (int k = 0; k < jd_design_facts(design).n_terms; k++)
        if (strcmp(jd_design_terms(design)[k].name, name) == 0) return k;
    return -1;
}

#endif
