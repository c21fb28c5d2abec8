/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Confidence sets of an effect as trends are allowed to go astray: by relative magnitudes, and by
 * smoothness. */
#include <string.h>

#include "page.h"

static const jd_figure_kind_t kind = {"robust_sets", 183.0, 75.0, 140.0};

const jd_column_t jd_robust_sets_columns[JD_ROBUST_COLUMNS] = {
    {"estimator", JD_TEXT, "", "estimator", NULL, 32, JD_AXIS_CELL},
    {"restriction", JD_INT8, "1", "on trends", "0 relative magnitudes, 1 smoothness", 0,
     JD_AXIS_CELL},
    {"m", JD_DOUBLE, "1", "Mbar or M; NaN: the usual interval", NULL, 0, JD_AXIS_CELL},
    {"low", JD_DOUBLE, "1", "lower end of the set", NULL, 0, JD_AXIS_CELL},
    {"high", JD_DOUBLE, "1", "upper end of the set", NULL, 0, JD_AXIS_CELL},
};

enum { NAME_SIZE = 64, MOST_M = 40 };

typedef struct panel {
    double m[MOST_M]; /* ascending */
    int n_m, any;
    double step; /* between sets, on the axis */
} panel_t;

typedef struct sets {
    const jd_table_t *table;
    int col[JD_ROBUST_COLUMNS];
    int n_names;
    char names[JD_FIGURE_ESTIMATORS][NAME_SIZE];
    panel_t panels[2];
    jd_range_t y;
} sets_t;

static double cell(const sets_t *s, int column, int64_t row)
{
    return jd_figure_cell(s->table, s->col[column], row);
}

static int is_drawn(const sets_t *s, int64_t row)
{
    double restriction = cell(s, JD_ROBUST_RESTRICTION, row);
    return (restriction == 0 || restriction == 1) && !isnan(cell(s, JD_ROBUST_LOW, row)) &&
           !isnan(cell(s, JD_ROBUST_HIGH, row));
}

/* Place of a row's estimator; n_names if it is new. */
static int name_of(const sets_t *s, int64_t row, char name[NAME_SIZE])
{
    int i = 0;
    jd_table_text(s->table, s->col[JD_ROBUST_ESTIMATOR], row, name, NAME_SIZE);
    while (i < s->n_names && strcmp(s->names[i], name) != 0)
        i++;
    return i;
}

static int add_m(panel_t *panel, double m)
{
    int i = 0;
    while (i < panel->n_m && panel->m[i] < m)
        i++;
    if (isnan(m) || (i < panel->n_m && panel->m[i] == m)) return JD_OK;
    if (panel->n_m == MOST_M) return JD_ERR_DATA;
    memmove(panel->m + i + 1, panel->m + i, (size_t)(panel->n_m - i) * sizeof *panel->m);
    panel->m[i] = m;
    panel->n_m++;
    return JD_OK;
}

static int read_sets(sets_t *s, jd_ctx_t *ctx)
{
    char name[NAME_SIZE];
    s->y = jd_range_empty();
    jd_range_add(&s->y, 0.0);
    for (int64_t row = 0; row < s->table->rows; row++) {
        if (!is_drawn(s, row)) continue;
        int i = name_of(s, row, name), p = (int)cell(s, JD_ROBUST_RESTRICTION, row);
        if (i == JD_FIGURE_ESTIMATORS || add_m(&s->panels[p], cell(s, JD_ROBUST_M, row)))
            return jd_fail(ctx, JD_ERR_DATA,
                           "figure %s: table '%s' holds more than %d estimators or %d values of M, "
                           "which one panel cannot show apart; hand over fewer",
                           kind.name, s->table->name, JD_FIGURE_ESTIMATORS, MOST_M);
        s->panels[p].any = 1;
        if (i == s->n_names) memcpy(s->names[s->n_names++], name, sizeof name);
        jd_range_add(&s->y, cell(s, JD_ROBUST_LOW, row));
        jd_range_add(&s->y, cell(s, JD_ROBUST_HIGH, row));
    }
    if (s->n_names == 0) return jd_figure_nothing(&kind, s->table, "m, low and high", ctx);
    for (int p = 0; p < 2; p++) {
        panel_t *panel = &s->panels[p];
        double width = panel->n_m > 0 ? panel->m[panel->n_m - 1] - panel->m[0] : 0;
        panel->step = width > 0 ? width / (panel->n_m - 1) : 1;
        if (panel->n_m > 0) /* a step must show, however large M */
            panel->step = fmax(panel->step, 1e-6 * fmax(fabs(panel->m[0]), width));
    }
    return JD_OK;
}

/* Where the usual interval stands: a step before the first set. */
static double usual_place(const panel_t *panel)
{
    return panel->n_m > 0 ? panel->m[0] - panel->step : 0;
}

/* x, middle, low, high of one estimator's sets, estimators side by side. Returns how many. */
static int put_sets(FILE *out, const sets_t *s, int p, int which)
{
    const panel_t *panel = &s->panels[p];
    char name[NAME_SIZE];
    double aside = (which - (s->n_names - 1) / 2.0) * fmin(0.15, 0.7 / s->n_names) * panel->step;
    int n = 0;
    fprintf(out, "$sets%d_%d << EOD\n", p, which);
    for (int64_t row = 0; row < s->table->rows; row++) {
        if (!is_drawn(s, row) || cell(s, JD_ROBUST_RESTRICTION, row) != p ||
            name_of(s, row, name) != which)
            continue;
        double m = cell(s, JD_ROBUST_M, row), low = cell(s, JD_ROBUST_LOW, row);
        double high = cell(s, JD_ROBUST_HIGH, row);
        double cells[] = {(isnan(m) ? usual_place(panel) : m) + aside, 0.5 * (low + high), low,
                          high};
        for (int k = 0; k < 4; k++) {
            if (k > 0) fputc(' ', out);
            jd_put_number(out, cells[k]);
        }
        fputc('\n', out);
        n++;
    }
    fputs("EOD\n", out);
    return n;
}

/* The values of M themselves, where there is room, and a word for the usual interval. */
static void put_ticks(FILE *out, const panel_t *panel)
{
    double room = 0.1 * panel->step * (panel->n_m + 1), last = usual_place(panel);
    fputs("set xtics ('usual' ", out);
    jd_put_number(out, last);
    for (int i = 0; i < panel->n_m; i++) {
        if (panel->m[i] - last < room) continue;
        last = panel->m[i];
        fprintf(out, ", '%.3g' ", last);
        jd_put_number(out, last);
    }
    fputs(")\n", out);
}

static const jd_look_t looks[JD_FIGURE_ESTIMATORS] = {
    {JD_BLUE, "lw 1.6", "pt 7 ps 0.2"},   {JD_RED, "lw 1.6", "pt 4 ps 0.4"},
    {JD_GREEN, "lw 1.6", "pt 9 ps 0.45"}, {JD_BLACK, "lw 1.6", "pt 6 ps 0.4"},
    {JD_PINK, "lw 1.6", "pt 13 ps 0.5"},  {JD_ORANGE, "lw 1.6", "pt 8 ps 0.45"},
    {JD_SKY, "lw 1.6", "pt 5 ps 0.4"},    {JD_GREY, "lw 1.6", "pt 2 ps 0.4"},
};

static void put_panel(jd_page_t *page, sets_t *s, int p, int k, int n)
{
    static const char *const labels[] = {"Mbar: largest break in trend, after over before",
                                         "M: largest change of slope"};
    static const char *const letters[] = {"a", "b"};
    const panel_t *panel = &s->panels[p];
    FILE *out = page->out;
    int lines = s->n_names > 1 ? (s->n_names + 1) / 2 : 0;
    jd_box_t box = jd_page_cell(page, k, n, 16.0, 11.0 + 3.6 * lines);
    int counts[JD_FIGURE_ESTIMATORS];
    for (int i = 0; i < s->n_names; i++)
        counts[i] = put_sets(out, s, p, i);
    jd_page_panel(page, &box, n > 1 ? letters[k] : NULL, box.left - 12.0);
    jd_range_t x = jd_range_empty();
    jd_range_add(&x, usual_place(panel) - 0.6 * panel->step);
    jd_range_add(&x, usual_place(panel) + (panel->n_m + 0.6) * panel->step);
    jd_put_axis(out, "x", &x, 6);
    jd_put_axis(out, "y", &s->y, 8);
    put_ticks(out, panel);
    fprintf(out, "set xlabel '%s' offset 0,0.5\nset ylabel ", labels[p]);
    jd_put_label(out, "Effect", jd_figure_unit(s->table, s->col[JD_ROBUST_LOW]));
    fputs(" offset 0.8,0\n"
          "set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#AAAAAA'\n",
          out);
    if (lines) {
        jd_page_legend(page, box.left, box.bottom - 10.5, (box.right - box.left) / 2.0, lines);
        for (int i = 0; i < s->n_names; i++)
            jd_page_entry(page, &looks[i], s->names[i]);
    }
    for (int i = 0; i < s->n_names; i++) {
        if (counts[i] == 0) continue;
        jd_page_plot(page);
        fprintf(out, "$sets%d_%d using 1:2:3:4 with yerrorbars ", p, i);
        jd_put_look(out, &looks[i]);
    }
    jd_page_drawn(page);
}

int jd_figure_robust_sets_script(FILE *out, const jd_table_t *table,
                                 const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    sets_t sets = {.table = table};
    int rc = jd_figure_find(&kind, table, jd_robust_sets_columns, JD_ROBUST_COLUMNS,
                            JD_ROBUST_COLUMNS, sets.col, ctx);
    if (!rc) rc = read_sets(&sets, ctx);
    if (rc) return rc;
    jd_page_t page;
    jd_page_begin(&page, out, &kind, options);
    jd_range_pad(&sets.y, 0.05);
    int n = sets.panels[0].any + sets.panels[1].any, k = 0;
    for (int p = 0; p < 2; p++)
        if (sets.panels[p].any) put_panel(&page, &sets, p, k++, n);
    jd_page_end(&page);
    return JD_OK;
}

int jd_figure_robust_sets(const jd_table_t *table, const jd_figure_options_t *options,
                          jd_ctx_t *ctx)
{
    jd_sheet_t sheet = {0};
    int rc = jd_sheet_open(&sheet, &kind, options, ctx);
    jd_sheet_shows(&sheet, table);
    if (!rc) rc = jd_figure_robust_sets_script(sheet.script, table, options, ctx);
    return jd_sheet_close(&sheet, rc, ctx);
}
