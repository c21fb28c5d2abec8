/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HonestDiD against the package's numbers and the exact optimal intervals, row by row. */
#include "reference/honest_data.h"

#include "jiedao/honest.h"
#include "reference/tally.h"

static const char *const families[] = {"honest_flci_exact", "honest_original", "honest_smoothness",
                                       "honest_relmag"};
enum { FAMILIES = sizeof families / sizeof *families };
static tally_t tallies[FAMILIES];

/* l out of a case's name: "_e1_", "_e4_" or "_avg_". */
static void target_of(const char *name, int n_post, double *l)
{
    const char *e = strstr(name, "_e");
    for (int j = 0; j < n_post; j++)
        l[j] = strstr(name, "_avg_") ? 1.0 / n_post : j == atoi(e + 2) - 1;
}

static jd_honest_options_t options_of(const char *name, const jd_event_path_t *path, double *l)
{
    jd_honest_options_t o;
    jd_honest_defaults(&o);
    target_of(name, path->n_post, l);
    o.target = l;
    if (strstr(name, "SD_Conditional")) o.method = JD_HONEST_CONDITIONAL;
    if (strstr(name, "SD_C-F")) o.method = JD_HONEST_C_FLCI;
    if (strstr(name, "_C-LF")) o.method = JD_HONEST_C_LF;
    if (strstr(name, "_RM_")) {
        o.delta = JD_HONEST_RM;
        /* the package looks no further than 20 standard errors from 0 */
        double variance = 0;
        int n = path->n_pre + path->n_post;
        for (int i = path->n_pre; i < n; i++)
            for (int j = path->n_pre; j < n; j++)
                variance += l[i - path->n_pre] * l[j - path->n_pre] * path->vcov[i * n + j];
        o.grid_high = 20 * sqrt(variance);
        o.grid_low = -o.grid_high;
    }
    return o;
}

static double ours(const jd_honest_set_t *s, const char *quantity, const char *term)
{
    if (strstr(quantity, "lb") || strcmp(term, "lb") == 0) return s->low;
    if (strstr(quantity, "ub") || strcmp(term, "ub") == 0) return s->high;
    if (strcmp(quantity, "half") == 0) return (s->high - s->low) / 2;
    if (strcmp(quantity, "est") == 0) return s->estimate;
    if (strcmp(quantity, "bias") == 0) return s->bias;
    return strcmp(quantity, "sd") == 0 ? s->std_error : (double)NAN;
}

/* What the README of the reference allows, for each kind of row. */
static double tolerance_of(const char *estimator, const char *name, const jd_honest_set_t *s)
{
    if (strcmp(estimator, "honest_original") == 0) return 1e-8;
    if (strcmp(estimator, "honest_flci_exact") == 0) return 1e-6;
    /* an early-stopped search, where the objective is flat; or one step of a grid */
    return strstr(name, "FLCI") ? 5e-2 : 0.01 * (s->high - s->low);
}

static void check_row(const csv_t *csv, int row, const jd_event_path_t *path)
{
    const char *name = csv_text(csv, row, csv_find(csv, "case"));
    const char *estimator = csv_text(csv, row, csv_find(csv, "estimator"));
    const char *quantity = csv_text(csv, row, csv_find(csv, "quantity"));
    const char *term = csv_text(csv, row, csv_find(csv, "term"));
    double value = csv_number(csv, row, csv_find(csv, "value")), l[MAX_EVENTS];
    jd_honest_options_t o = options_of(name, path, l);
    jd_honest_set_t set;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    const char *is = strchr(term, '=');
    double m = is ? strtod(is + 1, NULL) : 0;
    int rc = strcmp(estimator, "honest_original") == 0
                 ? jd_honest_original(path, &o, &set, &ctx)
                 : jd_honest_sets(path, &o, &m, 1, &set, &ctx);
    if (rc) fail_msg("%s: %s", name, ctx.message);
    int family = 0;
    while (strcmp(families[family], estimator) != 0)
        assert_true(++family < FAMILIES);
    double own = ours(&set, quantity, term);
    tally(&tallies[family], fabs(own - value) <= tolerance_of(estimator, name, &set), csv, row, own,
          (double)NAN);
}

/* The package's half-lengths are within 2e-3 even where its ends are not. */
static void check_half_lengths(const csv_t *csv, const jd_event_path_t *path, const char *dataset)
{
    int quantity = csv_find(csv, "quantity"), value = csv_find(csv, "value");
    for (int i = 0; i < csv->rows; i++) {
        const char *name = csv_text(csv, i, csv_find(csv, "case"));
        const char *term = csv_text(csv, i, csv_find(csv, "term"));
        if (!strstr(name, "SD_FLCI") || !strstr(name, dataset + 7) ||
            strcmp(csv_text(csv, i, quantity), "ci_lb") != 0)
            continue;
        for (int j = 0; j < csv->rows; j++) {
            if (strcmp(csv_text(csv, j, csv_find(csv, "case")), name) != 0 ||
                strcmp(csv_text(csv, j, csv_find(csv, "term")), term) != 0 ||
                strcmp(csv_text(csv, j, quantity), "ci_ub") != 0)
                continue;
            double l[MAX_EVENTS], m = strtod(strchr(term, '=') + 1, NULL);
            jd_honest_options_t o = options_of(name, path, l);
            jd_honest_set_t set;
            assert_int_equal(jd_honest_sets(path, &o, &m, 1, &set, NULL), JD_OK);
            double theirs = (csv_number(csv, j, value) - csv_number(csv, i, value)) / 2;
            assert_true(fabs((set.high - set.low) / 2 - theirs) <= 2e-3 * theirs);
        }
    }
}

static void test_rows(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    csv_t csv;
    assert_true(csv_read(&csv, JD_REFERENCE_ROWS));
    static const char *const datasets[] = {"honest_BC", "honest_LW"};
    for (int d = 0; d < 2; d++) {
        jd_event_path_t path;
        honest_load(datasets[d], &path);
        for (int i = 0; i < csv.rows; i++)
            if (strcmp(csv_text(&csv, i, csv_find(&csv, "dataset")), datasets[d]) == 0)
                check_row(&csv, i, &path);
        check_half_lengths(&csv, &path, datasets[d]);
        jd_event_path_free(&path);
    }
    csv_free(&csv);
    for (int k = 0; k < FAMILIES; k++) {
        tally_print(&tallies[k], families[k]);
        assert_true(tallies[k].matched > 0);
        assert_int_equal(tallies[k].missed, 0);
    }
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
