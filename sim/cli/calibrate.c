/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao calibrate: from a sweep over priors whose runs kept their moments, which parameters these
 * moments know, where they lie for given data, and whether that can be trusted. */
#include "calibrate/calibrate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/moments.h"
#include "cli/out.h"
#include "core/memory.h"
#include "io/csv/csv.h"
#include "io/hdf5/store.h"

static const char *const formats[] = {"text", "csv", NULL};
enum { MOST_PARAMETERS = 60, MOST_MOMENTS = 256, NAME = 64 };

typedef struct problem {
    char parameter[MOST_PARAMETERS][NAME], moment[MOST_MOMENTS][NAME];
    double low[MOST_PARAMETERS], high[MOST_PARAMETERS], target[MOST_MOMENTS];
    int p, q, n;
    double *theta, *value; /* [n][p], [n][q] */
    int failed;            /* runs left out */
    bool has_target;
} problem_t;

/* ---- The sweep's parameters ---- */

static int read_table(jd_store_t *store, const char *name, const char *path, jd_table_t *t,
                      jd_ctx_t *ctx)
{
    if (jd_store_has(store, name)) return jd_store_read(store, name, t, ctx);
    return jd_fail(ctx, JD_ERR_DATA,
                   "%s: holds no table '%s'; name the sweep.h5 of 'jiedao sweep' over priors "
                   "(rescaling.base = uniform(0, 0.6)) with sweep.moments = yes",
                   path, name);
}

/* "uniform(0, 0.6)"; other laws have the range of what was drawn. */
static bool read_range(const char *text, double *low, double *high)
{
    static const char law[] = "uniform(";
    char *end;
    if (strncmp(text, law, sizeof law - 1) != 0) return false;
    *low = strtod(text + sizeof law - 1, &end);
    end += strspn(end, " ");
    if (*end != ',') return false;
    *high = strtod(end + 1, &end);
    end += strspn(end, " ");
    return *end == ')' && *high > *low;
}

static int read_parameters(problem_t *p, const jd_table_t *swept, const jd_table_t *runs,
                           const char *path, int *column, jd_ctx_t *ctx)
{
    char name[NAME], text[256];
    for (int64_t i = 0; i < swept->rows; i++) {
        if (p->p == MOST_PARAMETERS)
            return jd_fail(ctx, JD_ERR_DATA, "%s: varies more than %d parameters", path,
                           MOST_PARAMETERS);
        jd_table_text(swept, jd_table_find(swept, "parameter"), i, p->parameter[p->p], NAME);
        jd_table_text(swept, jd_table_find(swept, "values"), i, text, sizeof text);
        snprintf(name, sizeof name, "%s", p->parameter[p->p]);
        for (char *c = name; *c; c++)
            if (*c == '.') *c = '_';
        column[p->p] = jd_table_find(runs, name);
        if (column[p->p] < 0 || runs->columns[column[p->p]].type == JD_TEXT)
            return jd_fail(ctx, JD_ERR_DATA,
                           "%s: %s is no number that varies; calibrate takes numbers", path,
                           p->parameter[p->p]);
        if (!read_range(text, &p->low[p->p], &p->high[p->p])) p->low[p->p] = p->high[p->p] = 0;
        p->p++;
    }
    return JD_OK;
}

/* ---- Its moments ---- */

static int find_moment(const problem_t *p, const char *name)
{
    int j = 0;
    while (j < p->q && strcmp(p->moment[j], name) != 0)
        j++;
    return j;
}

/* "moments.x" as x; a mechanism's fact as it is. */
static void name_of(const jd_table_t *facts, int64_t row, char name[NAME])
{
    char text[NAME];
    jd_table_text(facts, jd_table_find(facts, "fact"), row, text, sizeof text);
    const bool own = !strncmp(text, "moments.", 8);
    memmove(name, own ? text + 8 : text, strlen(own ? text + 8 : text) + 1);
}

static bool is_wanted(const char *name, const char *list)
{
    const size_t n = strlen(name);
    for (const char *at = list; at && *at; at += strcspn(at, ",")) {
        at += *at == ',';
        if (!strncmp(at, name, n) && (at[n] == ',' || !at[n])) return true;
    }
    return !list;
}

static int read_names(problem_t *p, const jd_table_t *facts, const char *list, const char *path,
                      jd_ctx_t *ctx)
{
    char name[NAME];
    for (int64_t i = 0; i < facts->rows; i++) {
        name_of(facts, i, name);
        if (!is_wanted(name, list) || find_moment(p, name) < p->q) continue;
        if (p->q == MOST_MOMENTS) break;
        snprintf(p->moment[p->q++], NAME, "%s", name);
    }
    if (p->q > 0) return JD_OK;
    if (list) return jd_fail(ctx, JD_ERR_ARGUMENT, "--moments %s: %s has none of them", list, path);
    return jd_fail(ctx, JD_ERR_DATA,
                   "%s: its runs kept no moments; sweep again with --set sweep.moments=yes", path);
}

/* ---- Runs that have all ---- */

/* Row of the problem for each run, -1: it failed. */
static int place_runs(problem_t *p, const jd_table_t *runs, const int *column, int32_t *place,
                      jd_ctx_t *ctx)
{
    const int status = jd_table_find(runs, "status");
    int rc = jd_make(&p->theta, runs->rows * p->p, sizeof *p->theta, "runs", ctx);
    for (int64_t i = 0; i < runs->rows && !rc; i++) {
        place[i] = -1;
        if (jd_table_number(runs, status, i) != 0) {
            p->failed++;
            continue;
        }
        place[i] = p->n;
        for (int c = 0; c < p->p; c++)
            p->theta[(int64_t)p->n * p->p + c] = jd_table_number(runs, column[c], i);
        p->n++;
    }
    return rc;
}

static void fill_values(problem_t *p, const jd_table_t *facts, const int32_t *place, int64_t n_runs)
{
    const int run = jd_table_find(facts, "run"), value = jd_table_find(facts, "value");
    char name[NAME];
    for (int64_t i = 0; i < (int64_t)p->n * p->q; i++)
        p->value[i] = (double)NAN;
    for (int64_t i = 0; i < facts->rows; i++) {
        const int64_t at = (int64_t)jd_table_number(facts, run, i) - 1;
        if (at < 0 || at >= n_runs || place[at] < 0) continue;
        name_of(facts, i, name);
        const int j = find_moment(p, name);
        if (j < p->q) p->value[(int64_t)place[at] * p->q + j] = jd_table_number(facts, value, i);
    }
}

/* Moments that some run lacks, that never vary, or that the target lacks say nothing. */
static void drop_moments(problem_t *p)
{
    int kept = 0;
    bool keep[MOST_MOMENTS];
    for (int j = 0; j < p->q; j++) {
        double low = HUGE_VAL, high = -HUGE_VAL;
        keep[j] = !p->has_target || isfinite(p->target[j]);
        for (int i = 0; i < p->n; i++) {
            const double x = p->value[(int64_t)i * p->q + j];
            keep[j] = keep[j] && isfinite(x);
            low = fmin(low, x);
            high = fmax(high, x);
        }
        keep[j] = keep[j] && high > low;
    }
    for (int i = 0; i < p->n; i++) {
        int to = 0;
        double *row = p->value + (int64_t)i * p->q;
        for (int j = 0; j < p->q; j++)
            if (keep[j]) row[to++] = row[j];
    }
    const int before = p->q;
    for (int j = 0; j < before; j++) {
        if (!keep[j]) continue;
        memmove(p->moment[kept], p->moment[j], NAME);
        p->target[kept++] = p->target[j];
    }
    for (int i = 1; i < p->n; i++)
        memmove(p->value + (int64_t)i * kept, p->value + (int64_t)i * before,
                (size_t)kept * sizeof *p->value);
    p->q = kept;
}

static void fill_ranges(problem_t *p)
{
    for (int c = 0; c < p->p; c++) {
        if (p->high[c] > p->low[c]) continue;
        double low = HUGE_VAL, high = -HUGE_VAL;
        for (int i = 0; i < p->n; i++) {
            low = fmin(low, p->theta[(int64_t)i * p->p + c]);
            high = fmax(high, p->theta[(int64_t)i * p->p + c]);
        }
        p->low[c] = low - 1e-9 * (high - low);
        p->high[c] = high + 1e-9 * (high - low);
    }
}

/* ---- Targets ---- */

static int take_file(problem_t *p, const char *path, jd_ctx_t *ctx)
{
    const jd_moment_options_t o = {.estimators = "twfe"};
    jd_moment_set_t m = {0};
    char name[NAME];
    int rc = jd_cli_moments_measure(&m, path, &o, ctx);
    for (int64_t i = 0; i < m.table.rows && !rc; i++) {
        jd_table_text(&m.table, JD_MOM_MOMENT, i, name, sizeof name);
        const int j = find_moment(p, name);
        if (j < p->q) p->target[j] = jd_table_number(&m.table, JD_MOM_VALUE, i);
    }
    jd_moment_set_free(&m);
    return rc;
}

static int take_one(problem_t *p, const char *text, jd_ctx_t *ctx)
{
    char name[NAME], *end;
    const size_t n = strcspn(text, "=");
    snprintf(name, sizeof name, "%.*s", (int)(n < NAME ? n : NAME - 1), text);
    const int j = find_moment(p, name);
    const double x = text[n] ? strtod(text + n + 1, &end) : 0;
    if (!text[n] || end == text + n + 1 || *end)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "--target %s: write NAME=NUMBER", text);
    if (j == p->q)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "--target %s: the sweep has no moment '%s'; jiedao moments --list names them", text,
            name);
    p->target[j] = x;
    return JD_OK;
}

static int take_targets(problem_t *p, const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *file = jd_args_value(args, "targets"), *one;
    int at = 0, rc = JD_OK;
    for (int j = 0; j < MOST_MOMENTS; j++)
        p->target[j] = (double)NAN;
    if (file) rc = take_file(p, file, ctx);
    while (!rc && (one = jd_args_next(args, "target", &at)))
        rc = take_one(p, one, ctx);
    p->has_target = file || jd_args_value(args, "target");
    return rc;
}

/* Runs that share their draws differ by their parameters alone, and chance is not seen. */
static int note_common(jd_store_t *store, jd_ctx_t *ctx)
{
    jd_table_t t = {0};
    char section[NAME], name[NAME], value[NAME];
    if (!jd_store_has(store, "config/parameters")) return JD_OK;
    int rc = jd_store_read(store, "config/parameters", &t, ctx);
    for (int64_t i = 0; i < t.rows && !rc; i++) {
        jd_table_text(&t, 0, i, section, sizeof section);
        jd_table_text(&t, 1, i, name, sizeof name);
        jd_table_text(&t, 2, i, value, sizeof value);
        if (!strcmp(section, "sweep") && !strcmp(name, "common") && !strcmp(value, "yes"))
            jd_warn(ctx,
                    "the runs share their random numbers (sweep.common = yes): intervals leave "
                    "chance out and are too narrow; sweep with sweep.common = no");
    }
    jd_table_free(&t);
    return rc;
}

/* ---- Reading ---- */

static int read_problem(problem_t *p, const jd_args_t *args, const char *path, jd_ctx_t *ctx)
{
    jd_store_t *store = NULL;
    jd_table_t runs = {0}, facts = {0}, swept = {0};
    int32_t *place = NULL;
    int column[MOST_PARAMETERS] = {0};
    int rc = jd_store_open(&store, path, ctx);
    if (!rc) rc = note_common(store, ctx);
    if (!rc) rc = read_table(store, "runs", path, &runs, ctx);
    if (!rc) rc = read_table(store, "facts", path, &facts, ctx);
    if (!rc) rc = read_table(store, "config/swept", path, &swept, ctx);
    if (!rc) rc = read_parameters(p, &swept, &runs, path, column, ctx);
    if (!rc) rc = read_names(p, &facts, jd_args_value(args, "moments"), path, ctx);
    if (!rc) rc = take_targets(p, args, ctx);
    if (!rc) rc = jd_make(&place, runs.rows, sizeof *place, "runs", ctx);
    if (!rc) rc = place_runs(p, &runs, column, place, ctx);
    if (!rc) rc = jd_make(&p->value, (int64_t)p->n * p->q, sizeof *p->value, "moments", ctx);
    if (!rc) {
        fill_values(p, &facts, place, runs.rows);
        drop_moments(p);
        fill_ranges(p);
    }
    free(place);
    jd_table_free(&runs);
    jd_table_free(&facts);
    jd_table_free(&swept);
    jd_store_close(&store);
    return rc;
}

/* ---- The screen ---- */

static const char *verdict(double r2)
{
    return r2 >= 0.5 ? "known" : r2 >= 0.1 ? "in part" : "not known";
}

static void print_identified(const problem_t *p, const jd_calibration_t *c)
{
    printf("\n%-28s %7s  %-9s  %-24s\n", "Parameter", "R2", "is", "prior");
    for (int k = 0; k < p->p; k++)
        printf("%-28s %7.3f  %-9s  %.4g to %.4g\n", p->parameter[k], c->parameter[k].r2,
               verdict(c->parameter[k].r2), p->low[k], p->high[k]);
    fputs("R2 is the share of the parameter's variance that the moments foretell in runs they have "
          "not seen.\n",
          stdout);
}

static void print_posterior(const problem_t *p, const jd_calibration_t *c)
{
    printf("\n%-28s %10s %10s %10s %10s\n", "Posterior", "median", "5 %", "95 %", "SD/prior");
    for (int k = 0; k < p->p; k++) {
        const jd_calibration_parameter_t *of = &c->parameter[k];
        printf("%-28s %10.4g %10.4g %10.4g %10.3f%s\n", p->parameter[k], of->q50, of->q05, of->q95,
               of->sd / of->prior_sd, of->r2 < 0.1 ? "  not known: this is the prior" : "");
    }
    printf("From the %d nearest of %d runs.", c->kept, p->n);
    if (c->distance > 3)
        printf(" The data lie %.1f times as far from the runs as runs lie from each other: no run "
               "of these priors looks like them.",
               c->distance);
    fputc('\n', stdout);
}

static void print_check(const problem_t *p, const jd_calibration_t *c)
{
    printf("\n%-28s %8s %8s %8s  %s\n", "Check", "50 %", "90 %", "even: p", "ranks in tenths");
    for (int k = 0; k < p->p; k++) {
        const jd_calibration_parameter_t *of = &c->parameter[k];
        printf("%-28s %8.3f %8.3f %8.4f ", p->parameter[k], of->cover50, of->cover90, of->rank_p);
        for (int b = 0; b < JD_CALIBRATION_BINS; b++)
            printf(" %d", of->ranks[b]);
        fputc('\n', stdout);
    }
    printf("%d runs took the place of the data. Their parameters should lie in the intervals in 50 "
           "and "
           "90 %% of cases (error %.3f and %.3f) and have even ranks.\n",
           c->checks, sqrt(0.25 / c->checks), sqrt(0.09 / c->checks));
}

static const jd_column_t columns[] = {
    {"parameter", JD_TEXT, "", "parameter", NULL, NAME, JD_AXIS_CELL},
    {"r2", JD_DOUBLE, "1", "share of its variance foretold in runs not seen", NULL, 0,
     JD_AXIS_CELL},
    {"low", JD_DOUBLE, "1", "of the prior", NULL, 0, JD_AXIS_CELL},
    {"high", JD_DOUBLE, "1", "of the prior", NULL, 0, JD_AXIS_CELL},
    {"mean", JD_DOUBLE, "1", "of the posterior", NULL, 0, JD_AXIS_CELL},
    {"sd", JD_DOUBLE, "1", "of the posterior", NULL, 0, JD_AXIS_CELL},
    {"q05", JD_DOUBLE, "1", "5 % quantile", NULL, 0, JD_AXIS_CELL},
    {"q50", JD_DOUBLE, "1", "median", NULL, 0, JD_AXIS_CELL},
    {"q95", JD_DOUBLE, "1", "95 % quantile", NULL, 0, JD_AXIS_CELL},
    {"prior_sd", JD_DOUBLE, "1", "SD of the runs", NULL, 0, JD_AXIS_CELL},
    {"cover50", JD_DOUBLE, "1", "of the check: share of 50 % intervals that hold", NULL, 0,
     JD_AXIS_CELL},
    {"cover90", JD_DOUBLE, "1", "of 90 % intervals", NULL, 0, JD_AXIS_CELL},
    {"rank_p", JD_DOUBLE, "1", "p-value of even ranks", NULL, 0, JD_AXIS_CELL},
};

static int print_csv(const problem_t *p, const jd_calibration_t *c, jd_ctx_t *ctx)
{
    jd_table_t t = {0};
    int rc = jd_table_init(&t, "calibration", "Calibration", columns,
                           sizeof columns / sizeof *columns, p->p, ctx);
    for (int k = 0; k < p->p && !rc; k++) {
        const jd_calibration_parameter_t *of = &c->parameter[k];
        const double none = c->checks ? 0 : (double)NAN;
        const double numbers[] = {of->r2,
                                  p->low[k],
                                  p->high[k],
                                  of->mean,
                                  of->sd,
                                  of->q05,
                                  of->q50,
                                  of->q95,
                                  of->prior_sd,
                                  of->cover50 + none,
                                  of->cover90 + none,
                                  of->rank_p + none};
        jd_table_set_text(&t, 0, k, p->parameter[k]);
        for (int j = 0; j < 12; j++)
            jd_table_set_number(&t, j + 1, k, numbers[j]);
        t.rows++;
    }
    if (!rc) rc = jd_csv_print(&t, jd_out_data(), "standard output", ctx);
    jd_table_free(&t);
    return rc;
}

static void print_all(const problem_t *p, const jd_calibration_t *c, const char *path)
{
    printf("Runs        %s: %d runs, %d moments", path, p->n, p->q);
    if (p->failed) printf("; %d runs failed and are left out", p->failed);
    fputc('\n', stdout);
    print_identified(p, c);
    if (p->has_target) print_posterior(p, c);
    if (c->checks) print_check(p, c);
}

/* ---- The command ---- */

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *word = jd_args_word(args, 0);
    char path[4096];
    struct stat about;
    int64_t checks = 0;
    int format = 0;
    problem_t *p = NULL;
    jd_calibration_t c = {0};
    const bool folder = stat(word, &about) == 0 && S_ISDIR(about.st_mode);
    snprintf(path, sizeof path, "%.4000s%s", word, folder ? "/sweep.h5" : "");
    int rc = jd_args_int(args, "check", 20, 100000, &checks, ctx);
    if (!rc) rc = jd_args_choice(args, "format", formats, &format, ctx);
    if (!rc) rc = jd_make(&p, 1, sizeof *p, "a calibration", ctx);
    if (!rc) rc = read_problem(p, args, path, ctx);
    if (!rc && p->q == 0)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%s: no moment is known of all runs and of the target, and varies", path);
    if (!rc) {
        const jd_calibration_runs_t runs = {p->n, p->p, p->q, p->theta, p->value, p->low, p->high};
        rc = jd_calibrate(&c, &runs, p->has_target ? p->target : NULL, (int)checks, ctx);
    }
    if (!rc && format == 1) rc = print_csv(p, &c, ctx);
    if (!rc && format == 0) print_all(p, &c, path);
    jd_calibration_free(&c);
    if (p) {
        free(p->theta);
        free(p->value);
    }
    free(p);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "targets",
     .value = "FILE",
     .help = "the data: a file of jiedao panel or run, whose moments are measured"},
    {.name = "target",
     .value = "NAME=NUMBER",
     .repeat = JD_REPEAT_WALKS,
     .help = "or a moment's value; may be repeated, and goes before the file's"},
    {.name = "moments",
     .value = "NAMES",
     .help = "only these, by commas; default: all the runs have"},
    {.name = "check",
     .value = "N",
     .help = "let N runs take the place of the data: coverage and ranks"},
    {.name = "format", .value = "FORMAT", .choices = formats, .help = "text (default), csv"},
    {.name = NULL},
};

const jd_command_t jd_command_calibrate = {
    .name = "calibrate",
    .words = "SWEEP",
    .min_words = 1,
    .max_words = 1,
    .summary = "parameters from moments: which are known at all, and where they lie",
    .about =
        "Takes a sweep over priors (uniform ranges, design lhs or sobol) whose runs kept their\n"
        "moments (sweep.moments = yes). Says first which parameters the moments know; then,\n"
        "for the moments of your data, where they lie; and with --check whether intervals of\n"
        "this kind hold the truth as often as they should.\n",
    .examples = "  jiedao sweep priors.ini --set sweep.moments=yes --set sweep.common=no -o "
                "results/priors\n"
                "  jiedao calibrate results/priors --check 200\n"
                "  jiedao calibrate results/priors --targets mine.h5\n",
    .options = options,
    .run = run,
};
