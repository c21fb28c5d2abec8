/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drawing/drawings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "drawing/figure.h"
#include "io/files/folder.h"
#include "jiedao/param.h"

enum { PATH_SIZE = 4096, STEM_SIZE = 256 };

typedef struct job {
    const jd_drawings_t *drawings;
    jd_figure_options_t options;
    int drawn;      /* figures */
    int runs;       /* files of runs, each with one share */
    unsigned kinds; /* of files, JD_FILE_... */
} job_t;

/* ---- Tables of a file ---- */

/* Where a table of one run lies. */
static void path_of(const jd_source_t *s, const char *name, char path[STEM_SIZE])
{
    snprintf(path, STEM_SIZE, "%s%s", s->run, name);
}

bool jd_drawing_has(const jd_source_t *s, const char *name)
{
    char path[STEM_SIZE];
    path_of(s, name, path);
    return jd_store_has(s->store, path);
}

int jd_drawing_read(const jd_source_t *s, const char *name, jd_table_t *table, jd_ctx_t *ctx)
{
    char path[STEM_SIZE];
    path_of(s, name, path);
    memset(table, 0, sizeof *table);
    return jd_store_read(s->store, path, table, ctx);
}

int jd_drawing_means(const jd_source_t *s, const char *name,
                     int (*mean)(jd_means_t *, const jd_table_t *, jd_ctx_t *), jd_table_t *rows,
                     jd_means_t *means, jd_ctx_t *ctx)
{
    memset(means, 0, sizeof *means);
    int rc = jd_store_read(s->store, name, rows, ctx);
    return rc ? rc : mean(means, rows, ctx);
}

/* That the tables a figure reads are there, of the file or of its first run. */
static int check_tables(const jd_source_t *s, const jd_figure_t *figure, jd_ctx_t *ctx)
{
    char name[STEM_SIZE], path[STEM_SIZE];
    for (const char *rest = figure->tables; jd_list_next(&rest, name, sizeof name);) {
        path_of(s, name, path);
        if (!jd_store_has(s->store, name) && !jd_store_has(s->store, path))
            return jd_fail(ctx, JD_ERR_DATA,
                           "the file holds no table '%s' (of several runs tables are kept only "
                           "with output.keep = all)",
                           name);
    }
    return JD_OK;
}

/* ---- What a file is ---- */

/* What the file was made with; "" if it does not say. */
static const char *parameter(const jd_table_t *parameters, const char *section, const char *name,
                             char value[JD_TEXT_MAX])
{
    int c = jd_table_find(parameters, "value");
    value[0] = '\0';
    for (int64_t row = 0; c >= 0 && row < parameters->rows; row++)
        if (jd_cell_is(parameters, "section", row, section) &&
            jd_cell_is(parameters, "name", row, name))
            return jd_table_text(parameters, c, row, value, JD_TEXT_MAX);
    return value;
}

/* The kind of a sweep; 0 where its design has no figure. */
static unsigned kind_of_sweep(const jd_table_t *runs, int factors, int first, const char *design)
{
    const bool grid = !strcmp(design, "grid") || !strcmp(design, "list");
    if (!strcmp(design, "saltelli")) return JD_FILE_SALTELLI;
    if (!strcmp(design, "morris")) return JD_FILE_MORRIS;
    if (factors == 1)
        return strcmp(runs->columns[first].name, "policy_share") ? JD_FILE_ONE_FACTOR
                                                                 : JD_FILE_SHARES;
    return factors == 2 && grid ? JD_FILE_TWO_FACTORS : 0;
}

static int find_kind(unsigned *kind, const jd_source_t *s, jd_ctx_t *ctx)
{
    char design[JD_TEXT_MAX];
    jd_table_t runs = {0}, parameters = {0};
    int factors = 0, first = 0, rc = JD_OK;
    *kind = jd_store_has(s->store, "validation") ? JD_FILE_VALIDATION
            : jd_store_has(s->store, "lines")    ? JD_FILE_CLAIM
                                                 : JD_FILE_RUN;
    if (*kind == JD_FILE_RUN && jd_store_has(s->store, "runs")) {
        rc = jd_store_read(s->store, "runs", &runs, ctx);
        if (!rc) factors = jd_factor_columns(&runs, &first);
    }
    if (factors > 0) {
        rc = jd_store_read(s->store, "config/parameters", &parameters, ctx);
        if (!rc)
            *kind = kind_of_sweep(&runs, factors, first,
                                  parameter(&parameters, "sweep", "design", design));
        if (!rc && !*kind)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: sweeps of one parameter, grids of two, and designs saltelli and "
                         "morris are drawn; this is %s of %d parameters",
                         s->path, design, factors);
    }
    jd_table_free(&parameters);
    jd_table_free(&runs);
    return rc;
}

/* ---- Drawing ---- */

static bool is_wanted(const job_t *job, const char *name)
{
    return !job->drawings->figures || jd_list_holds(job->drawings->figures, name, false);
}

static void report_drawn(job_t *job)
{
    static const struct {
        unsigned bit;
        const char *ending;
    } formats[] = {{JD_FIGURE_PDF, "pdf"},
                   {JD_FIGURE_SVG, "svg"},
                   {JD_FIGURE_PNG, "png"},
                   {JD_FIGURE_GP, "gp"}};
    char path[PATH_SIZE];
    job->drawn++;
    for (int i = 0; i < 4; i++) {
        if (!(job->options.formats & formats[i].bit) || !job->drawings->drawn) continue;
        snprintf(path, sizeof path, "%s/%s.%s", job->options.folder, job->options.stem,
                 formats[i].ending);
        job->drawings->drawn(job->drawings->user, path);
    }
}

/* What a file has no data for is a remark; what would stop every figure is an error. */
static int judge(int rc, const char *file, const char *figure, const jd_ctx_t *inner, jd_ctx_t *ctx)
{
    if (rc > -100 || rc <= -400) return jd_fail(ctx, rc, "%s", inner->message);
    jd_warn(ctx, "%s: %s not drawn: %s", file, figure, inner->message);
    return JD_OK;
}

/* A file's name without folders and .h5, '_' behind it. */
static void prefix_of(const char *path, char *prefix)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    size_t length = strlen(base);
    if (length > 3 && strcmp(base + length - 3, ".h5") == 0) length -= 3;
    snprintf(prefix, STEM_SIZE, "%.*s_", (int)(length < 200 ? length : 200), base);
}

static int draw_figure(const jd_source_t *s, const jd_figure_t *figure,
                       const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    int rc = check_tables(s, figure, ctx);
    return rc ? rc : figure->draw(s, options, ctx);
}

static int draw_figures(job_t *job, const jd_source_t *s, unsigned kind, const char *prefix,
                        jd_ctx_t *ctx)
{
    char stem[2 * STEM_SIZE];
    int rc = JD_OK;
    job->options.stem = stem;
    for (int i = 0; !rc && jd_figures[i]; i++) {
        const jd_figure_t *figure = jd_figures[i];
        if (!(figure->of & kind) || !is_wanted(job, figure->name)) continue;
        jd_ctx_t inner = jd_ctx_inner(ctx);
        inner.warn = ctx->warn;
        snprintf(stem, sizeof stem, "%s%s", prefix, figure->name);
        rc = jd_check_cancelled(ctx);
        if (rc) break;
        int failed = draw_figure(s, figure, &job->options, &inner);
        if (failed)
            rc = judge(failed, s->path, figure->name, &inner, ctx);
        else
            report_drawn(job);
    }
    job->options.stem = NULL;
    return rc;
}

/* The share of treated counties the file was made with; NaN if it does not say. */
static double share_of(const jd_table_t *parameters)
{
    char value[JD_TEXT_MAX];
    parameter(parameters, "policy", "share", value);
    return value[0] ? strtod(value, NULL) : (double)NAN;
}

static int note_share(const jd_source_t *s, jd_table_t *shares, jd_ctx_t *ctx)
{
    jd_table_t parameters = {0}, rows = {0};
    jd_means_t estimates = {0};
    int rc = jd_store_read(s->store, "config/parameters", &parameters, ctx);
    if (!rc) rc = jd_drawing_means(s, "estimates", jd_mean_estimates, &rows, &estimates, ctx);
    if (!rc) jd_add_share(shares, share_of(&parameters), &estimates);
    jd_means_free(&estimates);
    jd_table_free(&rows);
    jd_table_free(&parameters);
    return rc;
}

static int draw_source(job_t *job, const char *path, const char *prefix, jd_table_t *shares,
                       jd_ctx_t *ctx)
{
    jd_source_t s = {.path = path};
    int rc = jd_store_open(&s.store, path, ctx);
    if (rc) return rc;
    const bool alone = jd_store_has(s.store, "panel/county") || jd_store_has(s.store, "lines");
    s.run = alone ? "" : "runs/000001/";
    s.shade = job->drawings->output;
    s.output = job->drawings->output ? job->drawings->output : "twfe.bias";
    unsigned kind = 0;
    rc = find_kind(&kind, &s, ctx);
    job->kinds |= kind;
    if (!rc) rc = draw_figures(job, &s, kind, prefix, ctx);
    if (!rc && shares->columns && kind == JD_FILE_RUN) { /* a sweep has many shares, or none */
        job->runs++;
        jd_ctx_t inner = jd_ctx_inner(ctx);
        int failed = note_share(&s, shares, &inner);
        if (failed) rc = judge(failed, path, "its point in did_by_share", &inner, ctx);
    }
    jd_store_close(&s.store);
    return rc;
}

/* They ascend. */
static bool shares_differ(const jd_table_t *shares)
{
    if (shares->rows < 2) return false;
    const double *share = JD_CELLS(shares, JD_SHARE_SHARE, double);
    return share[0] < share[shares->rows - 1];
}

static int draw_shares(job_t *job, const jd_table_t *shares, jd_ctx_t *ctx)
{
    if (!shares_differ(shares)) {
        jd_warn(ctx, "did_by_share not drawn: it takes files that differ in policy.share");
        return JD_OK;
    }
    job->options.stem = "did_by_share";
    int rc = jd_figure_did_by_share(shares, &job->options, ctx);
    if (!rc) report_drawn(job);
    return rc;
}

/* ---- The whole ---- */

/* Names that are requested: joined by commas, each that of a figure. */
static int check_figures(const char *names, jd_ctx_t *ctx)
{
    const char *known[64];
    char name[STEM_SIZE];
    int n = 0;
    for (; jd_figures[n]; n++)
        known[n] = jd_figures[n]->name;
    while (jd_list_next(&names, name, sizeof name)) {
        if (jd_figure_named(name)) continue;
        const char *near = jd_nearest(name, known, n);
        if (near)
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "figures: there is no figure '%s'; did you mean '%s'?", name, near);
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "figures: there is no figure '%s'; 'jiedao figures --list' names them all",
                       name);
    }
    return JD_OK;
}

/* The figures that files of these kinds have. */
static void list_figures(unsigned kinds, char *list, size_t size)
{
    size_t at = 0;
    *list = '\0';
    for (int i = 0; jd_figures[i] && at < size; i++)
        if (jd_figures[i]->of & kinds)
            at +=
                (size_t)snprintf(list + at, size - at, "%s%s", at ? ", " : "", jd_figures[i]->name);
}

static int fail_empty(const job_t *job, const char *file, jd_ctx_t *ctx)
{
    char list[512];
    list_figures(job->kinds, list, sizeof list);
    if (job->drawings->figures)
        return jd_fail(ctx, JD_ERR_DATA, "%s: has no figure %s; what may be drawn of it is %s",
                       file, job->drawings->figures, list);
    return jd_fail(ctx, JD_ERR_DATA,
                   "%s: holds nothing to draw; 'jiedao info %s' shows what it holds", file, file);
}

/* Two files of one name would draw over each other. */
static int check_names(const char *const *files, int n, jd_ctx_t *ctx)
{
    char a[STEM_SIZE], b[STEM_SIZE];
    for (int i = 0; i < n; i++) {
        prefix_of(files[i], a);
        for (int j = 0; j < i; j++) {
            prefix_of(files[j], b);
            if (strcmp(a, b) == 0)
                return jd_fail(ctx, JD_ERR_ARGUMENT,
                               "%s and %s: their figures would have the same names; draw them into "
                               "two folders",
                               files[j], files[i]);
        }
    }
    return JD_OK;
}

/* A file that cannot be read is reported before anything is made. */
static int check_files(const char *const *files, int n, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < n && !rc; i++) {
        jd_store_t *store = NULL;
        rc = jd_store_open(&store, files[i], ctx);
        jd_store_close(&store);
    }
    return rc;
}

int jd_drawings_draw(const jd_drawings_t *drawings, const char *const *files, int n, jd_ctx_t *ctx)
{
    job_t job = {.drawings = drawings};
    jd_table_t shares = {0};
    char prefix[STEM_SIZE] = "";
    jd_figure_options_defaults(&job.options);
    if (drawings->look) job.options = *drawings->look;
    job.options.folder = drawings->folder;
    job.options.formats = drawings->formats;
    if (drawings->width_mm > 0) job.options.width_mm = drawings->width_mm;
    job.options.replace = drawings->replace;
    int rc = check_figures(drawings->figures, ctx);
    if (!rc) rc = check_names(files, n, ctx);
    if (!rc) rc = check_files(files, n, ctx);
    if (!rc) rc = jd_folder_make(drawings->folder, ctx);
    if (!rc && n > 1) rc = jd_begin_shares(&shares, n, ctx);
    for (int i = 0; i < n && !rc; i++) {
        if (n > 1) prefix_of(files[i], prefix);
        rc = draw_source(&job, files[i], prefix, &shares, ctx);
    }
    if (!rc && job.runs > 1 && is_wanted(&job, "did_by_share"))
        rc = draw_shares(&job, &shares, ctx);
    if (!rc && job.drawn == 0) rc = fail_empty(&job, files[0], ctx);
    jd_table_free(&shares);
    return rc;
}
