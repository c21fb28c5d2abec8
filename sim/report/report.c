/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "drawing/drawings.h"
#include "drawing/figure.h"
#include "io/files/whole.h"
#include "report/parts.h"

enum { MOST_FIGURES = 32, MOST_ROWS = 2000, SVG_MOST = 1 << 24 };

/* ---- What was asked ---- */

enum { SECTION, KEY, VALUE, GIVEN, UNIT, PARAMETER_COLUMNS };

static int is_given(const jd_table_t *t, int64_t row)
{
    return jd_table_number(t, GIVEN, row) != 0;
}

static int put_asked(jd_html_t *html, jd_store_t *store, jd_ctx_t *ctx)
{
    static const int columns[] = {SECTION, KEY, VALUE, UNIT};
    jd_table_t t = {0};
    int64_t given = 0;
    if (!jd_store_has(store, "config/parameters")) return JD_OK;
    int rc = jd_store_read(store, "config/parameters", &t, ctx);
    if (!rc && t.n_columns >= PARAMETER_COLUMNS) {
        for (int64_t i = 0; i < t.rows; i++)
            given += is_given(&t, i);
        jd_html_element(html, "h3", NULL, "What was asked");
        fprintf(html->out,
                "<p>%" PRId64 " of %" PRId64 " parameters were given; the others have their "
                "defaults.</p>\n",
                given, t.rows);
        if (given > 0)
            jd_html_put_table(html,
                              &(jd_html_table_t){"Parameters given", &t, columns, 4, is_given});
        fputs("<details><summary>All parameters</summary>\n", html->out);
        jd_html_put_table(html, &(jd_html_table_t){"All parameters", &t, columns, 4, NULL});
        fputs("</details>\n", html->out);
    }
    jd_table_free(&t);
    return rc;
}

/* ---- Figures ---- */

typedef struct drawn {
    char *path[MOST_FIGURES];
    int n;
} drawn_t;

static void note_path(void *user, const char *path)
{
    drawn_t *d = user;
    if (d->n < MOST_FIGURES && (d->path[d->n] = strdup(path))) d->n++;
}

/* A file's text, to be freed; NULL where it cannot be had. */
static char *slurp(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(SVG_MOST + 1) : NULL;
    if (text) text[fread(text, 1, SVG_MOST, file)] = '\0';
    if (file) fclose(file);
    return text;
}

static const jd_figure_t *figure_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (int i = 0; jd_figures[i]; i++) {
        const size_t n = strlen(jd_figures[i]->name);
        if (!strncmp(name, jd_figures[i]->name, n) && name[n] == '.') return jd_figures[i];
    }
    return NULL;
}

static void put_drawn(jd_html_t *html, const drawn_t *d)
{
    for (int i = 0; i < d->n; i++) {
        const jd_figure_t *figure = figure_of(d->path[i]);
        char *svg = slurp(d->path[i]);
        const char *label = figure ? figure->label : "a figure";
        if (svg) jd_html_figure(html, svg, label, label);
        free(svg);
    }
}

/* Drawn into a folder of its own, which is gone afterwards. */
static int put_figures(jd_html_t *html, const jd_report_t *report, const char *file, jd_ctx_t *ctx)
{
    const char *root = getenv("TMPDIR");
    char folder[512];
    drawn_t drawn = {.n = 0};
    snprintf(folder, sizeof folder, "%.400s/jiedao-report-XXXXXX", root && *root ? root : "/tmp");
    if (!mkdtemp(folder))
        return jd_fail(ctx, JD_ERR_OPEN, "%s: no folder can be made there: %s; set TMPDIR", folder,
                       strerror(errno));
    const jd_drawings_t drawings = {.folder = folder,
                                    .formats = JD_FIGURE_SVG,
                                    .drawn = note_path,
                                    .user = &drawn,
                                    .look = report->look};
    jd_ctx_t inner = jd_ctx_inner(ctx);
    inner.warn = ctx ? ctx->warn : NULL;
    int rc = jd_drawings_draw(&drawings, &file, 1, &inner);
    if (!rc && drawn.n > 0) {
        jd_html_element(html, "h3", NULL, "Figures");
        put_drawn(html, &drawn);
    }
    for (int i = 0; i < drawn.n; i++) {
        (void)unlink(drawn.path[i]);
        free(drawn.path[i]);
    }
    (void)rmdir(folder);
    if (rc == JD_ERR_CANCELLED || rc == JD_ERR_NO_MEMORY)
        return jd_fail(ctx, rc, "%s", inner.message);
    if (rc && rc != JD_ERR_DATA)
        jd_warn(ctx, "%s: the page has no figures: %s", file, inner.message);
    return JD_OK;
}

/* ---- Tables ---- */

static bool is_shown(const jd_store_entry_t *e)
{
    return e->rows > 0 && e->rows <= MOST_ROWS && e->n_unit == 0 && e->n_columns <= 40 &&
           strncmp(e->name, "config/parameters", 17) != 0 && strncmp(e->name, "panel/", 6) != 0 &&
           !jd_report_is_finding(e->name);
}

static int put_table(jd_html_t *html, jd_store_t *store, const char *name, jd_ctx_t *ctx)
{
    int columns[64], n = 0;
    char caption[256];
    jd_table_t t = {0};
    int rc = jd_store_read(store, name, &t, ctx);
    if (!rc) {
        for (; n < t.n_columns && n < 64; n++)
            columns[n] = n;
        snprintf(caption, sizeof caption, "%s: %s", name, t.label ? t.label : "");
        jd_html_put_table(html, &(jd_html_table_t){caption, &t, columns, n, NULL});
    }
    jd_table_free(&t);
    return rc;
}

static void put_contents(jd_html_t *html, const jd_store_entry_t *entries, int n)
{
    jd_html_element(html, "h3", NULL, "What the file holds");
    fputs("<ul>\n", html->out);
    for (int i = 0; i < n; i++) {
        fputs("<li><code>", html->out);
        jd_html_text(html, entries[i].name);
        fprintf(html->out, "</code>, %" PRId64 " rows: ", entries[i].rows);
        jd_html_text(html, entries[i].label);
        fputs("</li>\n", html->out);
    }
    fputs("</ul>\n", html->out);
}

static int put_tables(jd_html_t *html, jd_store_t *store, jd_ctx_t *ctx)
{
    jd_store_entry_t *entries = NULL;
    int n = 0, rc = jd_store_list(store, &entries, &n, ctx);
    bool any = false;
    for (int i = 0; i < n && !rc; i++) {
        if (!is_shown(&entries[i])) continue;
        if (!any) fputs("<details open><summary>Tables</summary>\n", html->out);
        any = true;
        rc = put_table(html, store, entries[i].name, ctx);
        if (!rc) rc = jd_check_cancelled(ctx);
    }
    if (any) fputs("</details>\n", html->out);
    if (!rc) put_contents(html, entries, n);
    jd_store_list_free(entries, n);
    return rc;
}

/* ---- Where it comes from ---- */

static void put_origin(jd_html_t *html, jd_store_t *store, const char *path)
{
    static const char *const texts[] = {"jiedao_version",  "git_commit",        "config_hash",
                                        "input_divisions", "input_policy_list", "notes"};
    jd_html_element(html, "h3", NULL, "Where it comes from");
    fputs("<dl>\n", html->out);
    jd_html_element(html, "dt", NULL, "file");
    jd_html_element(html, "dd", NULL, path);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *value = NULL;
        if (!jd_store_get_text(store, "/", texts[i], &value, NULL)) {
            jd_html_element(html, "dt", NULL, texts[i]);
            jd_html_element(html, "dd", NULL, value);
        }
        free(value);
    }
    int64_t seed;
    if (!jd_store_get_int(store, "/", "seed", &seed, NULL))
        fprintf(html->out, "<dt>seed</dt><dd>%" PRId64 "</dd>\n", seed);
    fputs("</dl>\n<p>The config that makes the file again: <code>jiedao info ", html->out);
    jd_html_text(html, path);
    fputs(" --config</code></p>\n", html->out);
}

/* ---- The page ---- */

static int put_file(jd_html_t *html, const jd_report_t *report, const char *path, int k,
                    jd_ctx_t *ctx)
{
    jd_store_t *store = NULL;
    char id[32];
    int rc = jd_store_open(&store, path, ctx);
    snprintf(id, sizeof id, "file%d", k + 1);
    if (!rc && report->title) jd_html_element(html, "h2", id, path);
    if (!rc) rc = jd_report_findings(html, store, ctx);
    if (!rc && report->figures) rc = put_figures(html, report, path, ctx);
    if (!rc) rc = put_asked(html, store, ctx);
    if (!rc) rc = put_tables(html, store, ctx);
    if (!rc) put_origin(html, store, path);
    jd_store_close(&store);
    return rc;
}

static void put_list(jd_html_t *html, const char *const *files, int n)
{
    if (n < 2) return;
    fputs("<nav aria-label=\"Files\"><ul>\n", html->out);
    for (int i = 0; i < n; i++) {
        fprintf(html->out, "<li><a href=\"#file%d\">", i + 1);
        jd_html_text(html, files[i]);
        fputs("</a></li>\n", html->out);
    }
    fputs("</ul></nav>\n", html->out);
}

int jd_report_write(const jd_report_t *report, const char *path, const char *const *files, int n,
                    jd_ctx_t *ctx)
{
    jd_whole_t whole = {0};
    jd_report_t page = *report;
    if (!page.title && n > 1) page.title = "Results of jiedao";
    int rc = jd_whole_open(&whole, path, report->replace, ctx);
    jd_html_t html = {.out = rc ? NULL : jd_whole_stream(&whole, ctx)};
    if (!rc && !html.out) rc = JD_ERR_NO_MEMORY;
    if (!rc) {
        jd_html_begin(&html, page.title ? page.title : files[0]);
        put_list(&html, files, n);
    }
    for (int i = 0; i < n && !rc; i++)
        rc = put_file(&html, &page, files[i], i, ctx);
    if (!rc) {
        jd_html_end(&html);
        return jd_whole_commit(&whole, ctx);
    }
    jd_whole_abandon(&whole);
    return rc;
}
