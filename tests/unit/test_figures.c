/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures drawn by gnuplot: what the files hold, what a user's words can do (nothing), and tables
 * and machines that are not as they should be. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "golden/figures_tables.h"

typedef struct fixture {
    figures_tables_t tables;
    jd_figure_options_t options;
    jd_ctx_t ctx;
    char folder[64], *path; /* path: the PATH to put back */
} fixture_t;

static int setup(void **state)
{
    fixture_t *f = calloc(1, sizeof *f);
    if (!f) return -1;
    strcpy(f->folder, "/tmp/jd-figures-XXXXXX");
    if (!mkdtemp(f->folder)) return -1;
    figures_tables_make(&f->tables);
    jd_figure_options_defaults(&f->options);
    f->options.folder = f->folder;
    jd_ctx_init(&f->ctx);
    const char *path = getenv("PATH");
    f->path = path ? strdup(path) : NULL;
    *state = f;
    return f->path ? 0 : -1;
}

static int teardown(void **state)
{
    fixture_t *f = *state;
    setenv("PATH", f->path, 1);
    DIR *dir = opendir(f->folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", f->folder, entry->d_name);
        unlink(path);
    }
    if (dir) closedir(dir);
    rmdir(f->folder);
    figures_tables_free(&f->tables);
    free(f->path);
    free(f);
    return 0;
}

static int count_files(const char *folder)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int n = -2; /* . and .. */
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* A file of the fixture's folder, '\0' behind; size in `size`. */
static char *read_drawn(const fixture_t *f, const char *name, const char *ending, size_t *size)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.%s", f->folder, name, ending);
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s is missing", path);
    char *text = calloc(1, 1 << 22);
    assert_non_null(text);
    *size = fread(text, 1, (1 << 22) - 1, file);
    fclose(file);
    return text;
}

static int count_text(const char *text, const char *what)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

/* "nan" in any case, but not within a word such as governance. */
static int holds_nan(const char *text)
{
    for (const char *p = text; *p; p++)
        if (tolower((unsigned char)p[0]) == 'n' && tolower((unsigned char)p[1]) == 'a' &&
            tolower((unsigned char)p[2]) == 'n' && !isalpha((unsigned char)p[3]) &&
            (p == text || !isalpha((unsigned char)p[-1])))
            return 1;
    return 0;
}

static void assert_fails(fixture_t *f, int rc, int expected, const char *says)
{
    if (rc != expected || !strstr(f->ctx.message, says))
        fail_msg("got %d '%s', expected %d '%s'", rc, f->ctx.message, expected, says);
    jd_ctx_clear(&f->ctx);
}

static void test_drawn_files_hold_labels_and_curves(void **state)
{
    static const struct {
        const char *labels[5];
        int curves; /* gnuplot groups what it draws of a data block */
    } expected[FIGURES] = {
        {{"Pressure P", "S-share of effort", "P↓ = −0.21", "P↑ = 0.53", "rising, heterogeneous"},
         8},
        {{"Treated share of counties (%)", "DID estimate (TWFE)", "true ATT (total)", "spillover",
          "Bias, DID − ATT"},
         6 + 5 + 2},
        {{"Governance friction F (of 0 to 1)", "100 km", "treated", "never treated",
          "up to 200 firms"},
         4 + 2 * 3},
        {{"Event time (quarters since adoption)", "adoption", "true ADE (direct)",
          "Callaway-Sant'Anna", "imputation"},
         2 + 4},
        {{"against true ATT", "against true ADE", "two-stage, overall", "+0.139",
          "trends and chance"},
         2 * (5 + 2)},
        {{"S-share of effort", "Services G", "with the policy", "without the policy", "2022"}, 10},
        {{"usual", "Mbar: largest break in trend, after over before", "sun_abraham", "Effect",
          "M: largest change of slope"},
         4},
        {{"TWFE", "Bias against ATT", "spillover", "imputation", "bias, 95 % MC interval"}, 3 * 8},
        {{"Coverage of 95 % intervals (%)", "event study", "nominal", "Power: effects found",
          "Size: false rejections"},
         3 * 3 * 2},
        {{"TWFE", "all replicates", "those that passed", "parameter", "event study"}, 2 * 4},
        {{"none", "all", "first parameter", "second parameter", "output"}, 1},
        {{"policy.share", "first: the parameter alone", "first-order index", "rescaling.base",
          "total: with its interactions"},
         4},
        {{"officials.mu_weak", "σ: SD of the effect", "σ = µ*", "policy.share",
          "mean size of the elementary effect"},
         2},
        {{"treated counties", "never treated", "Friction f", "willingness", "show"}, 2 * (5 + 1)},
        {{"TWFE", "event study", "imputation", "parameter", "mean of estimate less truth"}, 3 * 2},
    };
    fixture_t *f = *state;
    for (int i = 0; i < FIGURES; i++) {
        size_t size;
        int rc = figure_draw(i, &f->tables, &f->options, &f->ctx);
        if (rc) fail_msg("%s", f->ctx.message);
        char *svg = read_drawn(f, figure_names[i], "svg", &size);
        for (int k = 0; k < 5; k++)
            if (!strstr(svg, expected[i].labels[k]))
                fail_msg("%s.svg does not say '%s'", figure_names[i], expected[i].labels[k]);
        assert_int_equal(count_text(svg, "<g id=\"gnuplot_plot_"), expected[i].curves);
        assert_false(holds_nan(svg));
        assert_non_null(strstr(svg, "</svg>"));
        free(svg);
        char *pdf = read_drawn(f, figure_names[i], "pdf", &size);
        assert_memory_equal(pdf, "%PDF", 4);
        free(pdf);
        char *png = read_drawn(f, figure_names[i], "png", &size);
        assert_memory_equal(png, "\x89PNG", 4);
        free(png);
    }
    assert_int_equal(count_files(f->folder), 3 * FIGURES); /* no temporary name is left */
}

static void test_hostile_words_do_nothing(void **state)
{
    static const char *const words[] = {
        "`touch owned`",          "$(touch owned)",
        "it's 'x'; !touch owned", "a\nset output 'owned'\n!touch owned\n",
        "say \"hi\" \\",          "100% %s %n @x {/:Bold b} _1^2",
        "broken \xff\xfe utf-8",  "EOD",
    };
    enum { WORDS = sizeof words / sizeof words[0] };
    fixture_t *f = *state;
    jd_table_t *estimates = &f->tables.estimates, *split = &f->tables.split;
    char back[1024];
    assert_non_null(getcwd(back, sizeof back));
    assert_int_equal(chdir(f->folder), 0);
    f->options.formats = JD_FIGURE_SVG;
    f->options.stem = "`touch owned` $(touch owned) 'x'";
    for (int64_t row = 0; row < estimates->rows; row++)
        jd_table_set_text(estimates, JD_EVENT_ESTIMATOR, row, words[row % WORDS]);
    for (int64_t row = 0; row < split->rows; row++) {
        jd_table_set_text(split, JD_BIAS_ESTIMATOR, row, words[row % WORDS]);
        jd_table_set_text(split, JD_BIAS_TERM, row, words[(row + 4) % WORDS]);
    }
    for (int w = 0; w < WORDS; w++) {
        f->options.title = words[w];
        for (int i = 3; i <= 4; i++) {
            int rc = figure_draw(i, &f->tables, &f->options, &f->ctx);
            if (rc) fail_msg("%s", f->ctx.message);
        }
    }
    size_t size;
    assert_int_equal(figure_draw(3, &f->tables, &f->options, &f->ctx), JD_OK);
    char *svg = read_drawn(f, f->options.stem, "svg", &size);
    assert_non_null(strstr(svg, "`touch owned`"));
    assert_non_null(strstr(svg, "100% %s %n @x {/:Bold b} _1^2"));
    assert_non_null(strstr(svg, "a set output 'owned' !touch"));
    free(svg);
    assert_int_equal(chdir(back), 0);
    assert_int_equal(count_files(f->folder), 1); /* one figure, drawn over and over */
}

static void for_each_table(figures_tables_t *t, void (*change)(jd_table_t *))
{
    jd_table_t *all[] = {&t->loop,  &t->shares, &t->counties, &t->flows,   &t->estimates,
                         &t->truth, &t->split,  &t->series,   &t->sets,    &t->curves,
                         &t->heat,  &t->sobol,  &t->morris,   &t->friction};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        change(all[i]);
}

static void keep_one(jd_table_t *table)
{
    table->rows = 1;
}

static void empty(jd_table_t *table)
{
    table->rows = 0;
}

static void forget(jd_table_t *table)
{
    for (int k = 0; k < table->n_columns; k++)
        for (int64_t row = 0; row < table->rows && table->columns[k].type == JD_DOUBLE; row++)
            jd_table_set_number(table, k, row, (double)NAN);
}

static void test_one_row_is_drawn(void **state)
{
    fixture_t *f = *state;
    f->options.formats = JD_FIGURE_SVG;
    for_each_table(&f->tables, keep_one);
    for (int i = 0; i < FIGURES; i++)
        if (figure_draw(i, &f->tables, &f->options, &f->ctx) != JD_OK)
            fail_msg("%s", f->ctx.message);
}

static void test_empty_tables_are_refused(void **state)
{
    fixture_t *f = *state;
    for_each_table(&f->tables, empty);
    for (int i = 0; i < FIGURES; i++)
        assert_fails(f, figure_draw(i, &f->tables, &f->options, &f->ctx), JD_ERR_DATA, "no rows");
    assert_int_equal(count_files(f->folder), 0);
}

static void test_missing_numbers_are_refused(void **state)
{
    fixture_t *f = *state;
    for_each_table(&f->tables, forget);
    for (int i = 0; i < FIGURES; i++)
        assert_fails(f, figure_draw(i, &f->tables, &f->options, &f->ctx), JD_ERR_DATA,
                     "nothing to draw");
    assert_int_equal(count_files(f->folder), 0);
}

/* Whether one of the figures of Monte-Carlo results draws a column. */
static int is_of_curves(int figure, int k)
{
    if (k == JD_CURVE_X) return 1;
    if (figure == 8) return k >= JD_CURVE_COVERAGE && k < JD_CURVE_LOW;
    if (figure == 14) return k == JD_CURVE_BIAS || k >= JD_CURVE_LOW;
    if (figure == 9) return k == JD_CURVE_BIAS || k == JD_CURVE_PASSED || k == JD_CURVE_PASSED_SE;
    return k < JD_CURVE_PASSED;
}

/* Each column in turn all NaN, then extreme: a figure or a refusal, never a complaint of gnuplot.
 */
static void test_any_column_may_be_strange(void **state)
{
    static const double strange[] = {(double)NAN, 0.0, -1e99, 1e-300};
    fixture_t *f = *state;
    jd_table_t *of_figure[FIGURES] = {
        &f->tables.loop,   &f->tables.shares,   &f->tables.counties, &f->tables.estimates,
        &f->tables.split,  &f->tables.series,   &f->tables.sets,     &f->tables.curves,
        &f->tables.curves, &f->tables.curves,   &f->tables.heat,     &f->tables.sobol,
        &f->tables.morris, &f->tables.friction, &f->tables.curves};
    f->options.formats = JD_FIGURE_SVG;
    for (int i = 0; i < FIGURES; i++)
        for (int k = 0; k < of_figure[i]->n_columns; k++) {
            jd_table_t *table = of_figure[i];
            if (table->columns[k].type != JD_DOUBLE) continue;
            if (table == &f->tables.curves && !is_of_curves(i, k)) continue;
            for (size_t s = 0; s < sizeof strange / sizeof strange[0]; s++) {
                double kept = jd_table_number(table, k, 0);
                int64_t rows = table->rows;
                table->rows = rows < 12 ? rows : 12;
                double *cells = JD_CELLS(table, k, double), before[12];
                memcpy(before, cells, (size_t)table->rows * sizeof *cells);
                for (int64_t row = 0; row < table->rows; row++)
                    cells[row] = strange[s];
                int rc = figure_draw(i, &f->tables, &f->options, &f->ctx);
                if (rc != JD_OK && rc != JD_ERR_DATA)
                    fail_msg("%s all %g: %s", table->columns[k].name, strange[s], f->ctx.message);
                jd_ctx_clear(&f->ctx);
                memcpy(cells, before, (size_t)table->rows * sizeof *cells);
                table->rows = rows;
                assert_true(kept == cells[0]);
            }
        }
}

/* Of a single point estimators stand side by side, as words. */
static void fill_places(jd_table_t *table)
{
    static const char *const names[] = {"TWFE", "Callaway-Sant'Anna", "TWFE, sector × county"};
    table_start(table, "curves", jd_curve_columns, JD_CURVE_COLUMNS);
    for (int k = 0; k < 3; k++) {
        double row[JD_CURVE_COLUMNS] = {0.0};
        row[JD_CURVE_X] = k + 1;
        row[JD_CURVE_PASSED] = row[JD_CURVE_BIAS] = 0.1 * k;
        row[JD_CURVE_COVERAGE] = 0.95 - 0.1 * k;
        row[JD_CURVE_SIZE] = row[JD_CURVE_POWER] = 0.05;
        row[JD_CURVE_COVERAGE_LOW] = fmax(row[JD_CURVE_COVERAGE] - 0.196, 0);
        row[JD_CURVE_COVERAGE_HIGH] = fmin(row[JD_CURVE_COVERAGE] + 0.196, 1);
        int64_t at = table_add(table, row, JD_CURVE_COLUMNS);
        jd_table_set_text(table, JD_CURVE_ESTIMATOR, at, "");
        jd_table_set_text(table, JD_CURVE_WORD, at, names[k]);
    }
}

static void test_a_single_point_has_a_row_an_estimator(void **state)
{
    fixture_t *f = *state;
    jd_table_t places;
    char *text = NULL;
    size_t size = 0;
    fill_places(&places);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(jd_figure_rates_script(out, &places, &f->options, &f->ctx), JD_OK);
    fflush(out);
    assert_int_equal(count_text(text, "'Callaway-Sant''Anna' at graph 0, first -2 right"), 1);
    assert_int_equal(count_text(text, "\n95 -1 75.4 100\n"), 1); /* percent, cut at 100 */
    assert_null(strstr(text, "rotate"));
    rewind(out);
    assert_int_equal(jd_figure_pretest_script(out, &places, &f->options, &f->ctx), JD_OK);
    fclose(out);
    assert_null(strstr(text, "linespoints")); /* nothing lies between two words */
    free(text);
    jd_table_free(&places);
}

/* Sum of the signed parts $NAME0 ... $NAME4 that the script draws at a position. */
static double drawn_sum(const char *script, const char *name, double at)
{
    double sum = 0;
    for (int k = 0; k < 5; k++) {
        char head[64];
        double x, low, high;
        snprintf(head, sizeof head, "$%s%d << EOD\n", name, k);
        const char *line = strstr(script, head);
        if (!line) fail_msg("no block %s", head);
        for (line = strchr(line, '\n') + 1; strncmp(line, "EOD", 3) != 0;
             line = strchr(line, '\n') + 1) {
            assert_int_equal(sscanf(line, "%lf %lf %lf", &x, &low, &high), 3);
            if (fabs(x - at) > 1e-9) continue;
            const double outer = low + high; /* the end away from zero tells the sign */
            sum += outer < 0 ? low - high : high - low;
        }
    }
    return sum;
}

/* Holds every mark of block $NAME (columns: position and value, where they stand) against the sum
 * of the parts at its position; returns the number of marks. */
static int hold_marks(const char *script, const char *name, const char *parts, int lying)
{
    char head[64];
    int n = 0;
    snprintf(head, sizeof head, "$%s << EOD\n", name);
    const char *line = strstr(script, head);
    if (!line) fail_msg("no block %s", head);
    for (line = strchr(line, '\n') + 1; strncmp(line, "EOD", 3) != 0;
         line = strchr(line, '\n') + 1, n++) {
        double cells[2];
        assert_int_equal(sscanf(line, "%lf %lf", &cells[0], &cells[1]), 2);
        double at = cells[lying], mark = cells[!lying], sum = drawn_sum(script, parts, at);
        if (fabs(sum - mark) > 1e-8) fail_msg("%s at %g: %g, not %g", parts, at, sum, mark);
    }
    return n;
}

static char *script_of(int i, const fixture_t *f)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    jd_ctx_t ctx = f->ctx;
    assert_int_equal(figure_script(i, out, &f->tables, &f->options, &ctx), JD_OK);
    fclose(out);
    return text;
}

enum { BY_SHARE = 1, BIAS_SPLIT = 4, BIAS_BY = 7 };

static void test_parts_add_up_to_the_mark(void **state)
{
    fixture_t *f = *state;
    char *split = script_of(BIAS_SPLIT, f), *share = script_of(BY_SHARE, f),
         *by = script_of(BIAS_BY, f);
    assert_int_equal(hold_marks(split, "att_total", "att", 1), 7);
    assert_int_equal(hold_marks(split, "ade_total", "ade", 1), 7);
    assert_int_equal(hold_marks(share, "bias", "part", 0), 5);
    for (int k = 0; k < 3; k++) {
        char mark[32], part[32];
        snprintf(mark, sizeof mark, "e%d_bias", k);
        snprintf(part, sizeof part, "e%d_part", k);
        assert_int_equal(hold_marks(by, mark, part, 0), 4);
    }
    free(split);
    free(share);
    free(by);
}

static char warned[512];
static void keep_warning(void *user, const char *message)
{
    (void)user;
    snprintf(warned, sizeof warned, "%s", message);
}

/* Means over unlike replicates: a bar would end elsewhere than its mark. */
static void test_parts_that_do_not_add_up_are_not_drawn(void **state)
{
    static const struct {
        int figure;
        const char *parts;
        double at; /* of row 1 */
    } figures[] = {{BIAS_SPLIT, "ade", -1}, {BY_SHARE, "part", 25}, {BIAS_BY, "e0_part", 25}};
    fixture_t *f = *state;
    jd_table_set_number(&f->tables.split, JD_BIAS_ADE_PARTS + 4, 1, 0.2);
    jd_table_set_number(&f->tables.shares, JD_SHARE_PARTS + 4, 1, 0.2);
    jd_table_set_number(&f->tables.curves, JD_CURVE_PARTS + 4, 1, 0.2);
    f->ctx.warn = keep_warning;
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        warned[0] = '\0';
        char *script = script_of(figures[i].figure, f);
        assert_true(drawn_sum(script, figures[i].parts, figures[i].at) == 0);
        char says[128];
        snprintf(says, sizeof says, "figure %s: the parts of 1 bar do not add up to the total",
                 figure_names[figures[i].figure]);
        if (!strstr(warned, says)) fail_msg("'%s' says not '%s'", warned, says);
        free(script);
    }
}

static void test_optional_columns_and_tables(void **state)
{
    fixture_t *f = *state;
    figures_tables_t cut = f->tables; /* shares the cells, owns nothing */
    jd_figure_options_t *o = &f->options;
    o->formats = JD_FIGURE_SVG;
    cut.shares.n_columns = JD_SHARE_REQUIRED;
    cut.estimates.n_columns = JD_EVENT_REQUIRED;
    cut.truth.n_columns = JD_TRUTH_REQUIRED;
    cut.split.n_columns = JD_BIAS_REQUIRED;
    cut.series.n_columns = JD_SERIES_REQUIRED;
    cut.heat.n_columns = JD_HEAT_REQUIRED;
    for (int i = 0; i < FIGURES; i++)
        assert_int_equal(figure_draw(i, &cut, o, &f->ctx), JD_OK);
    cut.curves.n_columns = JD_CURVE_REQUIRED;
    assert_int_equal(jd_figure_bias_by(&cut.curves, o, &f->ctx), JD_OK);
    assert_fails(f, jd_figure_rates(&cut.curves, o, &f->ctx), JD_ERR_DATA, "nothing to draw");
    assert_int_equal(jd_figure_event_time(&cut.estimates, NULL, o, &f->ctx), JD_OK);
    assert_int_equal(jd_figure_map(&cut.counties, NULL, 1, 0, o, &f->ctx), JD_OK);
    assert_int_equal(jd_figure_effort_loop(&cut.loop, (double)NAN, (double)NAN, o, &f->ctx), JD_OK);
    cut.split.n_columns = JD_BIAS_REQUIRED - 1;
    assert_fails(f, jd_figure_bias_split(&cut.split, o, &f->ctx), JD_ERR_DATA,
                 "no column 'spillover'");
}

static void test_too_much_is_refused(void **state)
{
    fixture_t *f = *state;
    jd_table_t *estimates = &f->tables.estimates;
    for (int64_t row = 0; row < estimates->rows; row++) {
        char name[32];
        snprintf(name, sizeof name, "estimator %d", (int)row % (JD_FIGURE_ESTIMATORS + 1));
        jd_table_set_text(estimates, JD_EVENT_ESTIMATOR, row, name);
    }
    assert_fails(f, jd_figure_event_time(estimates, NULL, &f->options, &f->ctx), JD_ERR_DATA,
                 "more than 8 estimators");
    double row[JD_BIAS_COLUMNS] = {0};
    while (f->tables.split.rows <= JD_FIGURE_BARS)
        table_add(&f->tables.split, row, JD_BIAS_COLUMNS);
    assert_fails(f, jd_figure_bias_split(&f->tables.split, &f->options, &f->ctx), JD_ERR_DATA,
                 "25 rows");
}

static void test_options_are_judged(void **state)
{
    fixture_t *f = *state;
    jd_figure_options_t *o = &f->options;
    o->width_mm = 20.0;
    assert_fails(f, figure_draw(0, &f->tables, o, &f->ctx), JD_ERR_ARGUMENT, "[60, 400]");
    o->width_mm = 0.0, o->height_mm = (double)NAN;
    assert_fails(f, figure_draw(0, &f->tables, o, &f->ctx), JD_ERR_ARGUMENT, "[40, 400]");
    o->height_mm = 0.0, o->formats = 16;
    assert_fails(f, figure_draw(0, &f->tables, o, &f->ctx), JD_ERR_ARGUMENT, "pdf, svg, png");
    o->formats = JD_FIGURE_ALL, o->stem = "../x";
    assert_fails(f, figure_draw(0, &f->tables, o, &f->ctx), JD_ERR_ARGUMENT, "without '/'");
    o->stem = NULL, o->folder = "/nowhere/at/all";
    assert_fails(f, figure_draw(0, &f->tables, o, &f->ctx), JD_ERR_OPEN, "/nowhere/at/all");
}

/* Puts a program called gnuplot, a shell script, alone on PATH. */
static void fake_gnuplot(const fixture_t *f, const char *script)
{
    char path[512];
    snprintf(path, sizeof path, "%s/gnuplot", f->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0755), 0);
    setenv("PATH", f->folder, 1);
}

static void test_gnuplot_missing_or_failing(void **state)
{
    fixture_t *f = *state;
    f->options.formats = JD_FIGURE_SVG;
    assert_int_equal(figure_draw(5, &f->tables, &f->options, &f->ctx), JD_OK);
    size_t before, after;
    char *svg = read_drawn(f, figure_names[5], "svg", &before);
    setenv("PATH", "/nowhere", 1);
    assert_fails(f, figure_draw(5, &f->tables, &f->options, &f->ctx), JD_ERR_PROGRAM,
                 "gnuplot-nox");
    fake_gnuplot(f, "echo picture; echo 'warning: odd' >&2");
    assert_fails(f, figure_draw(5, &f->tables, &f->options, &f->ctx), JD_ERR_PROGRAM,
                 "warning: odd");
    fake_gnuplot(f, "echo half; exit 3");
    assert_fails(f, figure_draw(5, &f->tables, &f->options, &f->ctx), JD_ERR_PROGRAM, "exit 3");
    fake_gnuplot(f, "echo half; kill -9 $$");
    assert_fails(f, figure_draw(5, &f->tables, &f->options, &f->ctx), JD_ERR_PROGRAM, "signal 9");
    fake_gnuplot(f, "exit 0"); /* content, but no picture */
    assert_fails(f, figure_draw(5, &f->tables, &f->options, &f->ctx), JD_ERR_WRITE, "whole");
    char *again = read_drawn(f, figure_names[5], "svg", &after);
    assert_string_equal(svg, again);             /* the good figure is untouched */
    assert_int_equal(count_files(f->folder), 2); /* it and the fake */
    free(svg);
    free(again);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_drawn_files_hold_labels_and_curves),
        TEST(test_a_single_point_has_a_row_an_estimator),
        TEST(test_hostile_words_do_nothing),
        TEST(test_one_row_is_drawn),
        TEST(test_empty_tables_are_refused),
        TEST(test_missing_numbers_are_refused),
        TEST(test_any_column_may_be_strange),
        TEST(test_parts_add_up_to_the_mark),
        TEST(test_parts_that_do_not_add_up_are_not_drawn),
        TEST(test_optional_columns_and_tables),
        TEST(test_too_much_is_refused),
        TEST(test_options_are_judged),
        TEST(test_gnuplot_missing_or_failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
