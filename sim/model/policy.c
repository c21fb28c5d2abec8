/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/policy.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/calendar/calendar.h"
#include "core/memory.h"
#include "core/vmath.h"
#include "jiedao/random.h"

enum { DATE_WIDTH = 40, UNTREATED = INT32_MIN };

#define P(field) offsetof(jd_policy_params_t, field)

static const jd_param_t params[] = {
    {"share", JD_PARAM_DOUBLE, P(share), "0.5", 0, 1, NULL, "1", "share of counties treated",
     "assumed", JD_RESULT},
    {"assignment", JD_PARAM_CHOICE, P(assignment), "random", 0, 0,
     "random | development | fiscal | neighbours | list", "",
     "who is treated: at random, by development, by fiscal capacity, whole prefectures, or as "
     "listed",
     "", JD_RESULT},
    {"selection", JD_PARAM_DOUBLE, P(selection), "1", -1, 1, NULL, "1",
     "assignment by development or fiscal: 1 the highest first, -1 the lowest, between: with "
     "chance",
     "assumed", JD_RESULT},
    {"list", JD_PARAM_PATH, P(list), "", 0, 0, NULL, "",
     "assignment = list: CSV with columns code (county) and adoption (2022Q1)", "", JD_RESULT},
    {"adoption", JD_PARAM_DATES, P(adoption), "2022Q1", 0, 0, NULL, "quarter",
     "first treated quarter; several: cohorts of equal size, drawn at random", "assumed",
     JD_RESULT},
    {"dose", JD_PARAM_DOUBLE, P(dose), "1", 0, 2, NULL, "1", "dose D at full strength", "assumed",
     JD_RESULT},
    {"profile", JD_PARAM_CHOICE, P(profile), "flat", 0, 0, "flat | ramp | fade", "",
     "dose over time since adoption", "assumed", JD_RESULT},
    {"profile_length", JD_PARAM_INT, P(profile_length), "8", 1, 400, NULL, "quarters",
     "quarters a ramp takes to full dose, or a fading dose to nothing", "assumed", JD_RESULT},
    {"pressure", JD_PARAM_DOUBLE, P(pressure), "0.15", 0, 1, NULL, "1",
     "pressure on streets per unit of dose, p_D", "assumed", JD_RESULT},
    {"anticipation", JD_PARAM_INT, P(anticipation), "0", 0, 40, NULL, "quarters",
     "quarters between announcement and adoption", "assumed", JD_RESULT},
    {"anticipation_dose", JD_PARAM_DOUBLE, P(anticipation_dose), "0.3", 0, 1, NULL, "1",
     "share of the dose acted on between announcement and adoption", "assumed", JD_RESULT},
};

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    (void)name;
    const jd_policy_params_t *p = block;
    int rc = JD_OK;
    if (p->assignment == JD_ASSIGN_LIST && !p->list[0])
        rc = jd_config_blame(config, "policy", "assignment", ctx,
                             "policy.assignment = list needs policy.list = FILE.csv");
    if (p->adoption.n == 0)
        rc = jd_config_blame(
            config, "policy", "adoption", ctx,
            "policy.adoption is empty: give a quarter such as 2022Q1; for no policy write "
            "policy.share = 0");
    return rc;
}

static bool is_list(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_policy_params_t *)block)->assignment == JD_ASSIGN_LIST;
}

static bool is_no_list(const void *block, const jd_config_t *config)
{
    return !is_list(block, config);
}

static bool treats_nobody(const void *block, const jd_config_t *config)
{
    return !is_list(block, config) && ((const jd_policy_params_t *)block)->share == 0.0;
}

static bool ranks_nobody(const void *block, const jd_config_t *config)
{
    const jd_policy_params_t *p = block;
    (void)config;
    return p->assignment != JD_ASSIGN_DEVELOPMENT && p->assignment != JD_ASSIGN_FISCAL;
}

static bool is_flat(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_policy_params_t *)block)->profile == JD_PROFILE_FLAT;
}

static bool has_no_dose(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_policy_params_t *)block)->dose == 0.0;
}

static bool announces_nothing(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_policy_params_t *)block)->anticipation == 0;
}

static const jd_unread_t unread[] = {
    {"share, adoption", is_list,
     "with policy.assignment = list the file of policy.list says who adopts and when"},
    {"list", is_no_list, "write policy.assignment = list, so that the file says who adopts"},
    {"assignment, selection, adoption, dose, profile, profile_length, pressure, anticipation, "
     "anticipation_dose",
     treats_nobody, "policy.share = 0 treats nobody"},
    {"selection", ranks_nobody, "only policy.assignment = development or fiscal selects"},
    {"profile, profile_length, pressure, anticipation_dose", has_no_dose,
     "policy.dose = 0 acts on nobody"},
    {"profile_length", is_flat, "policy.profile = flat has no length; ramp and fade have"},
    {"anticipation_dose", announces_nothing,
     "policy.anticipation = 0 leaves no quarter between announcement and adoption"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_policy_section = {
    .name = "policy",
    .help = "the policy whose effect is to be recovered",
    .params = params,
    .n_params = (int)(sizeof params / sizeof params[0]),
    .size = sizeof(jd_policy_params_t),
    .check = check,
    .unread = unread,
};

const jd_column_t jd_policy_columns[JD_POLICY_COLUMNS] = {
    {"code", JD_TEXT, "", "county code", NULL, JD_CODE_WIDTH, JD_AXIS_CELL},
    {"adoption", JD_TEXT, "", "first treated quarter, as 2022Q1", NULL, DATE_WIDTH, JD_AXIS_CELL},
};

typedef struct ranked {
    double score;
    int32_t unit;
} ranked_t;

/* Highest score first; ties by number, so that the order is one. */
static int compare_scores(const void *a, const void *b)
{
    const ranked_t *ra = a, *rb = b;
    if (ra->score != rb->score) return ra->score > rb->score ? -1 : 1;
    return (ra->unit > rb->unit) - (ra->unit < rb->unit);
}

/* Treats the first `wanted` counties of the ranking. */
static void treat_counties(const jd_policy_params_t *p, const jd_tree_t *tree, ranked_t *rank,
                           jd_stream_t stream, int32_t wanted, bool *treated)
{
    jd_jump_t first = jd_jump(stream, 0, 0), second = jd_jump(stream, 0, 1);
    const double *by =
        p->assignment == JD_ASSIGN_FISCAL ? tree->fiscal[JD_COUNTY] : tree->development[JD_COUNTY];
    double weight = p->assignment == JD_ASSIGN_RANDOM ? 0 : p->selection;
    for (int32_t c = 0; c < tree->n[JD_COUNTY]; c++) {
        double z = jd_normal(jd_draw(&first, (uint64_t)c), jd_draw(&second, (uint64_t)c));
        rank[c] = (ranked_t){weight * by[c] + sqrt(1 - weight * weight) * z, c};
    }
    qsort(rank, (size_t)tree->n[JD_COUNTY], sizeof *rank, compare_scores);
    for (int32_t i = 0; i < wanted; i++)
        treated[rank[i].unit] = true;
}

/* Treats whole prefectures in random order, as long as that brings the number nearer. */
static void treat_prefectures(const jd_tree_t *tree, ranked_t *rank, jd_stream_t stream,
                              int32_t wanted, bool *treated)
{
    jd_jump_t jump = jd_jump(stream, 0, 2);
    int32_t n = tree->n[JD_PREFECTURE], so_far = 0;
    for (int32_t p = 0; p < n; p++)
        rank[p] = (ranked_t){jd_draw(&jump, (uint64_t)p), p};
    qsort(rank, (size_t)n, sizeof *rank, compare_scores);
    for (int32_t i = 0; i < n && so_far < wanted; i++) {
        int32_t first = tree->child[JD_PREFECTURE][rank[i].unit];
        int32_t end = tree->child[JD_PREFECTURE][rank[i].unit + 1];
        if (so_far + (end - first) - wanted > wanted - so_far) continue;
        for (int32_t c = first; c < end; c++)
            treated[c] = true;
        so_far += end - first;
    }
}

/* Deals the treated over the adoption dates, evenly and at random: sorts them by a draw. */
static void deal_cohorts(const jd_policy_params_t *p, const jd_tree_t *tree, ranked_t *rank,
                         jd_stream_t stream, int32_t start, const bool *treated, int32_t *cohort)
{
    jd_jump_t jump = jd_jump(stream, 0, 3);
    bool by_prefecture = p->assignment == JD_ASSIGN_NEIGHBOURS;
    int32_t n = 0;
    for (int32_t c = 0; c < tree->n[JD_COUNTY]; c++) {
        uint64_t id = (uint64_t)(by_prefecture ? tree->parent[JD_COUNTY][c] : c);
        if (treated[c]) rank[n++] = (ranked_t){jd_draw(&jump, id), c};
    }
    qsort(rank, (size_t)n, sizeof *rank, compare_scores);
    for (int32_t i = 0; i < n; i++) {
        int64_t k = (int64_t)i * p->adoption.n / n;
        cohort[rank[i].unit] = p->adoption.quarter[k] - start + 1;
    }
}

/* Whether day or month comes first in dates such as 13/2/2022, by all dates of the list; dots mean
 * the day. */
static jd_date_order_t find_order(const jd_table_t *list, int date)
{
    unsigned all = JD_ORDER_FITS_DMY | JD_ORDER_FITS_MDY;
    bool dots = true;
    for (int64_t i = 0; i < list->rows; i++) {
        char text[DATE_WIDTH + 1];
        unsigned bits = jd_date_order(jd_table_text(list, date, i, text, sizeof text));
        if (!bits) continue;
        all &= bits;
        dots = dots && strchr(text, '.');
    }
    if (all == JD_ORDER_FITS_DMY || (dots && (all & JD_ORDER_FITS_DMY))) return JD_ORDER_DMY;
    return all == JD_ORDER_FITS_MDY ? JD_ORDER_MDY : JD_ORDER_UNKNOWN;
}

static bool is_never(const char *text)
{
    static const char *const words[] = {"never", "Never", "NEVER", "inf", "Inf", "0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i])) return true;
    return false;
}

/* The quarter a date lies in, or UNTREATED. */
static int read_quarter(const char *text, jd_date_order_t order, int32_t *quarter)
{
    jd_moment_t m;
    if (is_never(text)) {
        *quarter = UNTREATED;
        return 0;
    }
    if (!jd_date_read(text, order, &m)) {
        char *end;
        const long long number = strtoll(text, &end, 10);
        if (end == text || *end ||
            (!jd_date_from_code(JD_CODE_QUARTER, number, &m) &&
             !jd_date_from_code(JD_CODE_DAY, number, &m)))
            return -1;
    }
    if (m.unit == JD_PERIOD_YEAR || m.unit == JD_PERIOD_HALF) return -1;
    int64_t q = m.unit == JD_PERIOD_QUARTER
                    ? m.value
                    : jd_period_of_day(JD_PERIOD_QUARTER, jd_period_day(m.unit, m.value));
    if (q < 4 * 1800 || q > 4 * 2999 + 3) return -1;
    *quarter = (int32_t)q;
    return 0;
}

static int read_list(const char *path, const jd_tree_t *tree, const jd_table_t *list, int32_t start,
                     int32_t *cohort, jd_ctx_t *ctx)
{
    int rc = JD_OK, code = jd_table_find(list, "code"), date = jd_table_find(list, "adoption");
    if (code < 0 || date < 0)
        return jd_fail(ctx, JD_ERR_DATA,
                       "policy.list = %s: columns 'code' and 'adoption' are needed", path);
    const jd_date_order_t order = find_order(list, date);
    bool *listed;
    rc = jd_make(&listed, tree->n[JD_COUNTY], sizeof *listed, "policy.list", ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < list->rows; i++) {
        long long row = (long long)i + 2; /* the header is row 1 */
        char text[JD_CODE_WIDTH + 1], quarter_text[DATE_WIDTH + 1];
        jd_table_text(list, code, i, text, sizeof text);
        jd_table_text(list, date, i, quarter_text, sizeof quarter_text);
        int32_t county = jd_tree_find(tree, JD_COUNTY, text), quarter;
        if (county < 0)
            rc = jd_fail(
                ctx, JD_ERR_DATA,
                "policy.list = %s: row %lld: no county has code '%s'; `jiedao export FILE --table "
                "jurisdictions` lists them",
                path, row, text);
        else if (read_quarter(quarter_text, order, &quarter))
            rc = jd_fail(
                ctx, JD_ERR_DATA,
                "policy.list = %s: row %lld: adoption '%s' is not a quarter such as 2022Q1, a "
                "date such as 2022-01-31 or 'never' (of 1/2/2022 no row shows whether day "
                "or month comes first)",
                path, row, quarter_text);
        else if (quarter != UNTREATED && quarter < start)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "policy.list = %s: row %lld: adoption %s lies before run.start", path, row,
                         quarter_text);
        else if (listed[county])
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "policy.list = %s: row %lld: county '%s' stands in an earlier row too",
                         path, row, text);
        else
            cohort[county] = quarter == UNTREATED ? 0 : quarter - start + 1;
        if (county >= 0) listed[county] = true;
    }
    free(listed);
    return rc;
}

/* Shares that round to nobody or to all, and dates that get no county: requested, and not there. */
static void note_rounding(const jd_policy_params_t *p, const jd_tree_t *tree, int32_t wanted,
                          int32_t start, const int32_t *cohort, jd_ctx_t *ctx)
{
    int32_t n = tree->n[JD_COUNTY], treated = 0;
    char empty[256] = "", date[16];
    size_t used = 0;
    for (int32_t c = 0; c < n; c++)
        treated += cohort[c] > 0;
    if (p->share > 0 && treated == 0)
        jd_warn(ctx, "policy.share = %.6g of %ld counties is %.3g counties%s: nobody is treated",
                p->share, (long)n, p->share * n,
                wanted > 0 ? ", which no whole prefecture comes near" : ", rounded to none");
    if (p->share < 1 && treated == n)
        jd_warn(ctx, "policy.share = %.6g of %ld counties is %.6g counties, and all are treated",
                p->share, (long)n, p->share * n);
    for (int k = 0; k < p->adoption.n && treated > 0 && used + 12 < sizeof empty; k++) {
        bool found = false;
        for (int32_t c = 0; c < n && !found; c++)
            found = cohort[c] > 0 && cohort[c] == p->adoption.quarter[k] - start + 1;
        if (found) continue;
        used += (size_t)snprintf(empty + used, sizeof empty - used, "%s%s", used ? ", " : "",
                                 jd_quarter_text(p->adoption.quarter[k], date, sizeof date));
    }
    if (used > 0)
        jd_warn(ctx, "policy.adoption: no county adopts in %s: %ld treated counties for %d dates",
                empty, (long)treated, p->adoption.n);
}

int jd_policy_assign(const jd_policy_params_t *p, const jd_tree_t *tree, const jd_table_t *list,
                     int32_t start, int32_t periods, uint64_t seed, uint64_t replicate,
                     int32_t *cohort, const jd_config_t *config, jd_ctx_t *ctx)
{
    int32_t n = tree->n[JD_COUNTY], late = 0;
    int32_t wanted = (int32_t)floor(p->share * n + 0.5);
    jd_stream_t stream = jd_stream(seed, replicate, JD_DRAW_ASSIGN);
    ranked_t *rank = NULL;
    bool *treated = NULL;
    int rc = jd_make(&rank, n, sizeof *rank, "policy assignment", ctx);
    if (!rc) rc = jd_make(&treated, n, sizeof *treated, "policy assignment", ctx);
    if (rc) goto out;
    memset(cohort, 0, (size_t)n * sizeof *cohort);
    if (p->assignment == JD_ASSIGN_LIST) {
        rc = read_list(p->list, tree, list, start, cohort, ctx);
    } else {
        if (p->assignment == JD_ASSIGN_NEIGHBOURS)
            treat_prefectures(tree, rank, stream, wanted, treated);
        else
            treat_counties(p, tree, rank, stream, wanted, treated);
        deal_cohorts(p, tree, rank, stream, start, treated, cohort);
        if (replicate == 0) note_rounding(p, tree, wanted, start, cohort, ctx);
    }
    for (int32_t c = 0; c < n && !rc; c++) {
        if (cohort[c] > periods)
            cohort[c] = 0, late++;
        else if (cohort[c] < 0 || (cohort[c] == 0 && treated[c]))
            rc = jd_config_blame(
                config, "policy", "adoption", ctx,
                "policy.adoption lies before run.start: a treated county needs a quarter "
                "that is simulated");
    }
    if (late && !rc)
        jd_warn(ctx, "policy: %ld counties adopt after the last period and count as never treated",
                (long)late);
out:
    free(rank);
    free(treated);
    return rc;
}

double jd_policy_dose(const jd_policy_params_t *p, int32_t cohort, int64_t period)
{
    if (cohort == 0) return 0;
    double since = (double)(period - cohort), length = (double)p->profile_length;
    if (since < 0) return since >= -(double)p->anticipation ? p->dose * p->anticipation_dose : 0;
    if (p->profile == JD_PROFILE_RAMP) { /* what was acted on before is not taken back */
        double announced = p->anticipation > 0 ? p->anticipation_dose : 0;
        return p->dose * jd_max(announced, jd_min(1, (since + 1) / length));
    }
    if (p->profile == JD_PROFILE_FADE) return p->dose * jd_max(0, 1 - since / length);
    return p->dose;
}

int32_t jd_policy_first_period(const jd_policy_params_t *p, const int32_t *cohort, int32_t counties,
                               int32_t periods)
{
    int64_t first = periods + 1;
    if (p->dose == 0.0) return (int32_t)first;
    int64_t ahead = p->anticipation_dose > 0 ? p->anticipation : 0;
    for (int32_t c = 0; c < counties; c++) {
        if (cohort[c] > 0 && cohort[c] - ahead < first) first = cohort[c] - ahead;
    }
    return (int32_t)(first < 1 ? 1 : first);
}
