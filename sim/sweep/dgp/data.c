/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A researcher's own panel as the process: outcomes are hers, who is treated and when is drawn anew
 * in each replicate, and a known effect is added (Bertrand, Duflo, Mullainathan 2004, on any data).
 *
 *      y1_it = y0_it + effect                      effect_as = level
 *      y1_it = y0_it (1 + effect)                  percent
 *      y1_it = a count with this mean: y0_it and Poisson draws more, or thinned      counts
 *
 * in rows of treated units from adoption on; y0 is what the file holds. Rows that were really under
 * treatment are left out unless requested: their outcomes hold an effect nobody knows. */
#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "sweep/dgp/kinds.h"

#define ROW(field) offsetof(jd_dgp_params_t, data.field)
static const jd_param_t options[] = {
    {"file", JD_PARAM_PATH, ROW(file), "", 0, 0, NULL, "",
     "kind = data: the panel, a CSV file, a Stata file or one of jiedao", "", JD_RESULT},
    {"table", JD_PARAM_TEXT, ROW(table), "", 0, 0, NULL, "",
     "of a file of jiedao; empty = panel/county", "", JD_RESULT},
    {"y", JD_PARAM_TEXT, ROW(y), "", 0, 0, NULL, "", "column of the outcome", "", JD_RESULT},
    {"unit", JD_PARAM_TEXT, ROW(unit), "", 0, 0, NULL, "", "column of the unit", "", JD_RESULT},
    {"time", JD_PARAM_TEXT, ROW(time), "", 0, 0, NULL, "", "column of the period", "", JD_RESULT},
    {"cohort", JD_PARAM_TEXT, ROW(cohort), "", 0, 0, NULL, "",
     "column of the first treated period, if there was a policy", "", JD_RESULT},
    {"treat", JD_PARAM_TEXT, ROW(treat), "", 0, 0, NULL, "", "or of the treatment, 0 or 1", "",
     JD_RESULT},
    {"cluster", JD_PARAM_TEXT, ROW(cluster), "", 0, 0, NULL, "",
     "column of the clusters to which the policy is assigned; empty = the units", "", JD_RESULT},
    {"rows", JD_PARAM_CHOICE, ROW(rows), "untreated", 0, 0, "untreated | all | never", "1",
     "rows in use: those not under treatment, all, or those of units never treated", "assumed",
     JD_RESULT},
    {"assignment", JD_PARAM_CHOICE, ROW(assignment), "one_date", 0, 0,
     "one_date | staggered | permute", "1",
     "dgp.share of the clusters adopt at one date, or each at its own; or the file's own dates are "
     "dealt out anew",
     "Bertrand, Duflo, Mullainathan 2004", JD_RESULT},
    {"date_from", JD_PARAM_DOUBLE, ROW(from), "0.25", 0, 1, NULL, "1",
     "earliest date of adoption, as a share of the periods", "assumed", JD_RESULT},
    {"date_to", JD_PARAM_DOUBLE, ROW(to), "0.75", 0, 1, NULL, "1", "latest date", "assumed",
     JD_RESULT},
    {"effect_as", JD_PARAM_CHOICE, ROW(effect_as), "level", 0, 0, "level | percent | counts", "1",
     "dgp.effect is added, is a share of the outcome, or changes counts by this share", "assumed",
     JD_RESULT},
    {.name = NULL},
};

enum { LEVEL, PERCENT, COUNTS };
enum { OF_WHO, OF_DATES, OF_COUNTS };

/* ---- The panel, read once a process ---- */

static jd_dgp_read_t reader;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static jd_dgp_panel_t *panels; /* a list; they last as long as the process */

void jd_dgp_set_reader(jd_dgp_read_t read)
{
    reader = read;
}

static bool is_of(const jd_dgp_panel_t *panel, const jd_dgp_params_t *p)
{
    return !memcmp(&panel->what, &p->data, offsetof(jd_dgp_data_t, assignment));
}

static int read_panel(const jd_dgp_params_t *p, const jd_dgp_panel_t **panel, jd_ctx_t *ctx)
{
    jd_dgp_panel_t *fresh;
    if (!reader)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "dgp.kind = data: files are read by the program jiedao alone; run 'jiedao "
                       "validate'");
    int rc = jd_make(&fresh, 1, sizeof *fresh, "the panel", ctx);
    if (rc) return rc;
    memcpy(&fresh->what, &p->data, sizeof fresh->what);
    rc = reader(p, fresh, ctx);
    if (!rc && fresh->n_periods < 3)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%s: rows in use have %d periods; a placebo policy takes three or more",
                     p->data.file, fresh->n_periods);
    if (rc) {
        jd_dgp_panel_free(fresh);
        free(fresh);
        return rc;
    }
    fresh->next = panels;
    panels = fresh;
    *panel = fresh;
    return JD_OK;
}

static int find_panel(const jd_dgp_params_t *p, const jd_dgp_panel_t **panel, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    pthread_mutex_lock(&lock);
    *panel = panels;
    while (*panel && !is_of(*panel, p))
        *panel = (*panel)->next;
    if (!*panel) rc = read_panel(p, panel, ctx);
    pthread_mutex_unlock(&lock);
    return rc;
}

void jd_dgp_panel_free(jd_dgp_panel_t *panel)
{
    free(panel->unit);
    free(panel->time);
    free(panel->cluster);
    free(panel->y);
    free(panel->cohort);
}

/* ---- Who is treated, and when ---- */

static jd_rng_t stream(uint64_t seed, uint64_t replicate, int part, uint64_t item)
{
    const jd_jump_t jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_PROCESS), 16 + part, 0);
    return jd_rng_at(&jump, item);
}

static void shuffle(int32_t *list, int32_t n, jd_rng_t *rng)
{
    for (int32_t i = n - 1; i > 0; i--) {
        const int32_t j = (int32_t)(jd_rng_uniform(rng) * (double)(i + 1)), other = list[j];
        list[j] = list[i];
        list[i] = other;
    }
}

/* Dates are periods by number, 2 to T: somebody is untreated before. */
static int32_t draw_date(const jd_dgp_params_t *p, int32_t periods, jd_rng_t *rng)
{
    const int32_t first = (int32_t)fmax(2, floor(p->data.from * periods) + 1),
                  last = (int32_t)fmin(periods, fmax(first, floor(p->data.to * periods)));
    return first + (int32_t)(jd_rng_uniform(rng) * (double)(last - first + 1));
}

/* Date of each cluster, 0 = never: date [clusters]. */
static int assign(const jd_dgp_params_t *p, const jd_dgp_panel_t *panel, uint64_t seed,
                  uint64_t replicate, int32_t *date, jd_ctx_t *ctx)
{
    const int32_t n = panel->n_clusters;
    jd_rng_t who = stream(seed, replicate, OF_WHO, 0), when = stream(seed, replicate, OF_DATES, 0);
    if (p->data.assignment == JD_DGP_PERMUTE) {
        memcpy(date, panel->cohort, (size_t)n * sizeof *date);
        shuffle(date, n, &who);
        return JD_OK;
    }
    int32_t *order;
    int rc = jd_make(&order, n, sizeof *order, "the process", ctx);
    if (rc) return rc;
    const int32_t treated = (int32_t)floor(p->share * n + 0.5),
                  common = draw_date(p, panel->n_periods, &when);
    for (int32_t g = 0; g < n; g++)
        order[g] = g;
    shuffle(order, n, &who);
    for (int32_t k = 0; k < n; k++) {
        const bool own = p->data.assignment == JD_DGP_STAGGERED;
        date[order[k]] = k >= treated ? 0 : own ? draw_date(p, panel->n_periods, &when) : common;
    }
    free(order);
    return JD_OK;
}

/* ---- The effect ---- */

/* A Poisson count, by inversion: e is a share, small. */
static double poisson(double mean, jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), p = exp(-mean);
    int k = 0;
    for (; u > p && k < 1000; p *= mean / k) {
        u -= p;
        k++;
    }
    return k;
}

/* A count whose mean is (1 + e) y: y and a Poisson count for each of them, or some of them. */
static double change_count(double y, double e, jd_rng_t *rng)
{
    double sum = 0;
    const int64_t n = (int64_t)ceil(y);
    for (int64_t i = 0; i < n; i++)
        sum += e >= 0 ? 1 + poisson(e, rng) : jd_rng_uniform(rng) < 1 + e;
    return sum;
}

static double treated_outcome(const jd_dgp_params_t *p, double y, jd_rng_t *rng)
{
    if (p->data.effect_as == LEVEL) return y + p->effect;
    return p->data.effect_as == PERCENT ? y * (1 + p->effect) : change_count(y, p->effect, rng);
}

/* ---- A replicate ---- */

static void fill(jd_recovery_sample_t *s, const jd_dgp_params_t *p, const jd_dgp_panel_t *panel,
                 const int32_t *date, uint64_t seed, uint64_t replicate)
{
    for (int64_t i = 0; i < panel->n; i++) {
        const int32_t cohort = date[panel->cluster[i]], t = panel->time[i];
        const bool post = cohort > 0 && t >= cohort;
        jd_rng_t rng = stream(seed, replicate, OF_COUNTS, (uint64_t)i);
        s->unit[i] = panel->unit[i];
        s->cluster[i] = panel->cluster[i] + 1;
        s->time[i] = t;
        s->cohort[i] = cohort;
        s->cell[i] = post ? JD_CELL_POST : cohort > 0 ? JD_CELL_PRE : JD_CELL_NEVER;
        s->y0[i] = panel->y[i];
        s->observed[i] = s->y1[i] = post ? treated_outcome(p, panel->y[i], &rng) : panel->y[i];
    }
}

static int draw(jd_recovery_sample_t *s, const jd_dgp_params_t *p, uint64_t seed,
                uint64_t replicate, jd_ctx_t *ctx)
{
    const jd_dgp_panel_t *panel;
    int32_t *date = NULL;
    int rc = find_panel(p, &panel, ctx);
    if (!rc) rc = jd_recovery_sample_init(s, panel->n, 0, false, ctx);
    if (!rc) rc = jd_make(&date, panel->n_clusters, sizeof *date, "the process", ctx);
    if (!rc) rc = assign(p, panel, seed, replicate, date, ctx);
    if (!rc) {
        s->n_units = panel->n_units;
        s->quantity = panel->quantity;
        fill(s, p, panel, date, seed, replicate);
    }
    free(date);
    return rc;
}

/* ---- What is asked ---- */

static int check(const jd_dgp_params_t *p, const jd_config_t *config, jd_ctx_t *ctx)
{
    const jd_dgp_data_t *d = &p->data;
    if (!*d->file)
        return jd_config_blame(config, "dgp", "file", ctx,
                               "is empty; kind = data takes the panel from a file");
    if (*d->cohort && *d->treat)
        return jd_config_blame(config, "dgp", "treat", ctx,
                               "and dgp.cohort both say who was treated; give one of them");
    if (d->to < d->from)
        return jd_config_blame(config, "dgp", "date_to", ctx, "is below dgp.date_from");
    if (d->assignment == JD_DGP_PERMUTE && d->rows == JD_DGP_NEVER)
        return jd_config_blame(config, "dgp", "assignment", ctx,
                               "permute deals out the file's dates, and rows = never leaves their "
                               "units out");
    if (d->effect_as != LEVEL && p->effect < -1)
        return jd_config_blame(config, "dgp", "effect", ctx,
                               "is a share of the outcome here; below -1 nothing would be left");
    return JD_OK;
}

const jd_dgp_kind_t jd_dgp_data = {
    .name = "data",
    .reads = "share,effect",
    .options = options,
    .unread = {"", NULL,
               "dgp.kind = data has its units, periods and errors from dgp.file; dates come from "
               "dgp.date_from and date_to"},
    .check = check,
    .draw = draw,
};
