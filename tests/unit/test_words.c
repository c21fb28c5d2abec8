/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sentences of `run`, of estimates and truths set by hand: none contradicts the numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run/record/estimands.h"
#include "run/setting.h"
#include "study/words.h"
#include "support.h"
#include "sweep/sections.h"

#define MISSING ((double)NAN)

static jd_ctx_t ctx;

/* An estimator's numbers; the bias is the sum of the parts. */
typedef struct given {
    const char *panel, *estimator;
    double att, measurement, trends, weights, anticipation, spillover, ade;
} given_t;

static void add_estimate(jd_table_t *t, const given_t *g)
{
    double sum = g->measurement + g->trends + g->weights + g->anticipation + g->spillover;
    double bias = isnan(sum) ? 0.5 : sum; /* the parts may be unknown */
    int64_t row = t->rows;
    assert_int_equal(jd_table_reserve(t, row + 1, &ctx), JD_OK);
    t->rows++;
    for (int c = 0; c < t->n_columns; c++)
        if (t->columns[c].type == JD_DOUBLE) jd_table_set_number(t, c, row, MISSING);
    jd_table_set_text(t, JD_EST_PANEL, row, g->panel);
    jd_table_set_text(t, JD_EST_ESTIMATOR, row, g->estimator);
    jd_table_set_text(t, JD_EST_TERM, row, "att");
    jd_table_set_text(t, JD_EST_QUANTITY, row, "inflow");
    const struct {
        int column;
        double value;
    } cells[] = {{JD_EST_ESTIMATE, g->att + bias},
                 {JD_EST_STD_ERROR, 0.1},
                 {JD_EST_ATT, g->att},
                 {JD_EST_BIAS, bias},
                 {JD_EST_MEASUREMENT, g->measurement},
                 {JD_EST_TRENDS, g->trends},
                 {JD_EST_WEIGHTS, g->weights},
                 {JD_EST_ANTICIPATION, g->anticipation},
                 {JD_EST_SPILLOVER, g->spillover},
                 {JD_EST_ADE, g->ade},
                 {JD_EST_BIAS_ADE, g->att + bias - g->ade}};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        jd_table_set_number(t, cells[i].column, row, cells[i].value);
}

static void add_estimand(jd_table_t *t, const char *name, double value)
{
    int64_t row = t->rows++;
    jd_table_set_text(t, E_NAME, row, name);
    jd_table_set_text(t, E_OUTCOME, row, "inflow");
    jd_table_set_text(t, E_TERM, row, "");
    jd_table_set_number(t, E_VALUE, row, value);
}

/* The screen; the caller frees. */
static char *print(const given_t *given, int n, double never, double net)
{
    int n_sections = 0;
    const jd_section_t *const *sections = jd_all_sections(&n_sections);
    jd_config_t *config = NULL;
    jd_study_result_t r = {.replicates = 1};
    char *text = NULL;
    size_t size = 0;
    assert_int_equal(jd_config_create(&config, sections, n_sections, &ctx), JD_OK);
    assert_int_equal(jd_config_finish(config, &ctx), JD_OK);
    r.facts = (jd_run_facts_t){.firms = 1, .periods = 1};
    assert_int_equal(jd_estimates_init(&r.estimates, &ctx), JD_OK);
    assert_int_equal(jd_table_init(&r.estimands, "t", "", jd_estimand_columns, E_COLUMNS, 8, &ctx),
                     JD_OK);
    for (int i = 0; i < n; i++)
        add_estimate(&r.estimates, &given[i]);
    add_estimand(&r.estimands, "mean_without", 1);
    add_estimand(&r.estimands, "att", given[0].att);
    add_estimand(&r.estimands, "spillover_never", never);
    add_estimand(&r.estimands, "net_creation", net);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    jd_words_print(out, config, &r, "w.h5");
    fclose(out);
    jd_table_free(&r.estimates);
    jd_table_free(&r.estimands);
    jd_config_free(config);
    return text;
}

/* In the sentences that stand behind "In words" unless they are of the truth. */
static void test_one_run(void **state)
{
    (void)state;
    static const struct {
        given_t given;
        double never, net;
        const char *says, *not ;
    } cases[] = {
        /* a positive effect, too large, too small */
        {{"county", "twfe", 0.5, 0, 0, 0, 0, 0.25, MISSING},
         -0.1,
         0.4,
         "  TWFE overstates the total effect by 0.25000 (50 %), nearly all of it firms drawn away",
         "below"},
        {{"county", "twfe", 0.5, -0.25, 0, 0, 0, 0, MISSING},
         -0.1,
         0.4,
         "  TWFE understates the total effect by 0.25000 (50 %), nearly all of it relocations",
         "overstates"},
        /* of the other sign than the effect */
        {{"county", "twfe", 0.5, -0.75, 0, 0, 0, 0, MISSING},
         -0.1,
         0.4,
         "  TWFE lies 0.75000 below the total effect (150 %)",
         "states"},
        /* negative effects: nothing is over- or understated, nothing gained */
        {{"county", "twfe", -0.5, 0, 0, 0, 0, -0.25, MISSING},
         0.1,
         0.4,
         "  TWFE lies 0.25000 below the total effect (50 %), nearly all of it effects on control",
         "states"},
        {{"county", "twfe", -0.5, 0, 0, 0, 0, 0.25, MISSING},
         -0.1,
         0.4,
         "  TWFE lies 0.25000 above the total effect (50 %)",
         "of the gain"},
        {{"county", "twfe", -0.5, 0, 0, 0, 0, 0.25, MISSING},
         0.1,
         0.4,
         "40 % of the loss is lost to the country",
         "drawn away\n"},
        {{"county", "twfe", -0.5, 0, 0, 0, 0, 0.25, MISSING},
         0.1,
         1.5,
         "add up to 150 % of the loss",
         "gain"},
        {{"county", "twfe", 0.5, 0, 0, 0, 0, 0.25, MISSING},
         -0.1,
         0.4,
         "40 % of the gain is new to the country",
         "loss"},
        /* no effect, or what rounding leaves of it: no per cent of it */
        {{"county", "twfe", 0, 0, 0, 0, 0, 0.25, MISSING},
         -0.1,
         MISSING,
         "  TWFE lies 0.25000 above the total effect, nearly",
         "%), "},
        {{"county", "twfe", 1e-17, 0, 0, 0, 0, 0.25, 1e-17},
         -0.1,
         0.4,
         "  TWFE lies 0.25000 above the total effect, nearly",
         "% of the gain"},
        {{"county", "twfe", 1e-17, 0, 0, 0, 0, 0.25, 1e-17},
         -0.1,
         0.4,
         "\nIn words\n",
         "direct effect (0)"},
        /* trends alone */
        {{"county", "twfe", 0.5, 0, 0.25, 0, 0, 0, MISSING},
         -0.1,
         0.4,
         "  TWFE recovers the total effect but for trends and chance (+0.25000).",
         "states"},
        {{"county", "twfe", 0.5, 0, 0.25, 0, 0, 0.25, MISSING},
         -0.1,
         0.4,
         "  Trends and chance apart, TWFE overstates the total effect by 0.25000 (50 %)",
         "lies"},
        /* parts that cancel */
        {{"county", "twfe", 0.5, -0.25, 0, 0, 0, 0.5, MISSING},
         -0.1,
         0.4,
         "a sum of parts that partly cancel;\n  the largest, +0.50000, is firms drawn away",
         "lies"},
        /* against the direct effect */
        {{"county", "twfe", 0.5, 0, 0, 0, 0, 0.25, 0.75},
         -0.1,
         0.4,
         "  Of the direct effect (+0.75000) it is within 0.0 %",
         "misses"},
        {{"county", "twfe", -0.5, 0, 0, 0, 0, -0.25, -0.5},
         0.1,
         0.4,
         "  The direct effect (-0.50000) it misses by 50 %",
         "within"},
        /* parts that are not known are not spoken of */
        {{"county", "twfe", 0.5, 0, MISSING, 0, 0, 0, 0.5}, -0.1, 0.4, "Written", "In words"},
        /* other estimators, other units */
        {{"county", "imputation", 0.5, 0, 0, 0, 0, 0.25, MISSING},
         -0.1,
         0.4,
         "  imputation overstates the total effect by 0.25000 (50 %)",
         "TWFE"},
        {{"county", "poisson", 0.5, 0, 0, 0, 0, 0.25, MISSING},
         -0.1,
         0.4,
         "  poisson overstates the total effect by 0.25000 log points (50 %)",
         "TWFE"},
        {{"county", "wald_did", -0.5, 0, 0, 0, 0, 0.25, MISSING},
         0.1,
         0.4,
         "  wald_did lies 0.25000 per unit of dose above the total effect (50 %)",
         "states"},
        {{"firm", "twfe", 0.5, 0, 0, 0, 0, 0.25, MISSING}, -0.1, 0.4, "TWFE on firms", "In words"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = print(&cases[i].given, 1, cases[i].never, cases[i].net);
        if (!strstr(text, cases[i].says)) fail_msg("%d: no '%s': %s", (int)i, cases[i].says, text);
        if (strstr(text, cases[i].not )) fail_msg("%d: '%s': %s", (int)i, cases[i].not, text);
        if (strstr(text, "nan")) fail_msg("%d: %s", (int)i, text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_run)};
    jd_ctx_init(&ctx);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
