/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao figures, on files that jiedao run made. */
#include "cli/program.h"
#include "drawing/figure.h"

#define SMALL                                                                                 \
    "--set world.provinces=2 --set world.prefectures=6 --set world.counties=40 "              \
    "--set world.streets=200 --set firms.n=8000 --set firms.review=0.1 --set run.periods=10 " \
    "--set policy.adoption=2021Q1 --set run.burn_in=8 --set observation.panel_firms=300 "     \
    "--set output.officials=20 -q >/dev/null"

static said_t said;

static void run(int status, const char *line)
{
    run_program(&said, line);
    if (said.status != status)
        fail_msg("jiedao %s: status %d, not %d: %s", line, said.status, status, said.err);
}

static int count_lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* Whether the drawn SVG holds this text, or is there and does not. */
static void assert_drawn(const char *file, const char *text)
{
    char command[512];
    snprintf(command, sizeof command, "grep -q -F -- '%s' \"$HERE/%s\"", text, file);
    if (system(command) != 0) fail_msg("'%s' is not in %s", text, file);
}

static void assert_not_drawn(const char *file, const char *text)
{
    char command[512];
    snprintf(command, sizeof command, "test -s \"$HERE/%s\" && ! grep -q -F -- '%s' \"$HERE/%s\"",
             file, text, file);
    if (system(command) != 0) fail_msg("'%s' is in %s, or there is no such file", text, file);
}

static int make_files(void **state)
{
    (void)state;
    run(0, "run quickstart -o one.h5 --set run.direct_folds=3 " SMALL);
    run(0, "run quickstart -o few.h5 --replicates 3 --set policy.share=0.2 " SMALL);
    run(0, "run quickstart -o many.h5 --replicates 3 --set policy.share=0.6 " SMALL);
    return 0;
}

static void test_one_file(void **state)
{
    (void)state;
    run(0, "figures one.h5 -o deep/er/figs --format svg,pdf");
    assert_string_equal(said.err, "");
    assert_int_equal(count_lines(said.out), 12);
    ASSERT_HOLDS(said.out, "deep/er/figs/effort_loop.svg\n");
    ASSERT_HOLDS(said.out, "deep/er/figs/map.pdf\n");
    assert_int_equal(system("cd \"$HERE\" && test $(ls deep/er/figs | wc -l) = 12 && "
                            "test -z \"$(find deep -size 0)\""),
                     0);
    assert_drawn("deep/er/figs/effort_loop.svg", "rising, heterogeneous");
    assert_drawn("deep/er/figs/effort_loop.svg", "P↓ = −0.21");
    assert_drawn("deep/er/figs/map.svg", "firms");
    assert_drawn("deep/er/figs/event_time.svg", "true ADE (direct)");
    assert_drawn("deep/er/figs/event_time.svg", "Effect of the policy (firms per quarter)");
    assert_drawn("deep/er/figs/bias_split.svg", "against true ADE");
    assert_drawn("deep/er/figs/bias_split.svg", "TWFE, sector × county");
    assert_drawn("deep/er/figs/time_series.svg", "without the policy");
    assert_drawn("deep/er/figs/time_series.svg", "2021");
    assert_drawn("deep/er/figs/friction.svg", "never treated");
    assert_drawn("deep/er/figs/friction.svg", "willingness");
}

static void test_figures_are_replaced_and_come_out_alike(void **state)
{
    (void)state;
    run(0, "figures one.h5 -o again --format svg");
    assert_int_equal(system("cd \"$HERE\" && cp -r again before && echo broken > again/map.svg"),
                     0);
    run(0, "figures one.h5 -o again --format svg --force");
    assert_int_equal(system("cd \"$HERE\" && diff -r again before"), 0);
}

static void assert_kept(const char *file, const char *name)
{
    char line[256];
    snprintf(line, sizeof line, "figures one.h5 -o own --format %s", strrchr(file, '.') + 1);
    snprintf(said.out, sizeof said.out, "cd \"$HERE\" && cp own/%s %s", file, name);
    assert_int_equal(system(said.out), 0);
    run(2, line);
    ASSERT_HOLDS(said.err, file);
    ASSERT_HOLDS(said.err, "exists already");
    ASSERT_HOLDS(said.err, "--force");
    snprintf(line, sizeof line, "cd \"$HERE\" && cmp own/%s %s", file, name);
    assert_int_equal(system(line), 0);
}

/* A figure of an earlier call is replaced; one that was changed since, or another program's, is not
 * without --force. */
static void test_others_files_are_kept(void **state)
{
    (void)state;
    static const char *const changes[] = {"echo >>%s", "sed -i '1s/1/2/' %s",
                                          "sed -i s/jie/JIE/ %s", "echo mine >%s", ": >%s"};
    static const char *const files[] = {"map.svg", "map.pdf", "map.png"};
    run(0, "figures one.h5 -o own");
    run(0, "figures one.h5 -o own");
    assert_string_equal(said.err, "");
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < sizeof changes / sizeof *changes; k++) {
            char line[256], change[64];
            snprintf(change, sizeof change, changes[k], files[i]);
            snprintf(line, sizeof line,
                     "cd \"$HERE/own\" && cp %s before && %s; ! cmp -s %s before", files[i], change,
                     files[i]);
            if (system(line) == 0) assert_kept(files[i], "changed");
            snprintf(line, sizeof line, "mv \"$HERE/own/before\" \"$HERE/own/%s\"", files[i]);
            assert_int_equal(system(line), 0);
        }
    assert_int_equal(
        system("cd \"$HERE/own\" && echo mine >map.svg && rm map.pdf && mkdir map.pdf"), 0);
    run(0, "figures one.h5 -o own --format svg --force");
    run(2, "figures one.h5 -o own --format pdf --force");
    ASSERT_HOLDS(said.err, "map.pdf: is a folder");
    run(0, "figures one.h5 -o own --format svg");
}

/* The list names every figure, and some of them alone can be drawn. */
static void test_figures_by_name(void **state)
{
    (void)state;
    run(0, "figures --list");
    for (int i = 0; jd_figures[i]; i++) {
        char name[64];
        snprintf(name, sizeof name, "  %s ", jd_figures[i]->name);
        ASSERT_HOLDS(said.out, name);
        ASSERT_HOLDS(said.out, jd_figures[i]->label);
        assert_ptr_equal(jd_figure_named(jd_figures[i]->name), jd_figures[i]);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(jd_figures[k]->name, jd_figures[i]->name);
    }
    run(0, "figures one.h5 -o some --format svg --figure time_series --figure=map");
    assert_string_equal(said.out, "some/map.svg\nsome/time_series.svg\n");
    run(0, "figures one.h5 -o some --format svg --figure map --of poi");
    assert_drawn("some/map.svg", "points of interest");
    run(2, "figures one.h5 -o some --figure map --of unit_code");
    ASSERT_HOLDS(said.err, "a map is not shaded by 'unit_code': name a column of numbers");
    run(2, "figures one.h5 -o some --figure mapp");
    ASSERT_HOLDS(said.err, "no figure 'mapp'; did you mean 'map'?");
    run(1, "figures one.h5 -o some --figure heat");
    ASSERT_HOLDS(said.err, "has no figure heat; what may be drawn of it is effort_loop, map");
    run(2, "figures");
    ASSERT_HOLDS(said.err, "usage: jiedao figures FILE...");
}

static void test_width(void **state)
{
    (void)state;
    run(0, "figures one.h5 -o narrow --format svg --width 89");
    assert_drawn("narrow/map.svg", "0 0 336 "); /* 89 mm at 96 dots an inch */
    run(2, "figures one.h5 -o narrow --width 10");
    ASSERT_HOLDS(said.err, "60");
}

/* Log points and effects per dose among the estimators: no figure mixes them with firms. */
static void test_units_are_not_mixed(void **state)
{
    (void)state;
#define MIXED "--set estimate.estimators=poisson,wald_did,twfe,event_study " SMALL
    run(0, "run quickstart -o mixed.h5 " MIXED);
    run(0, "figures mixed.h5 -o units --format svg");
    ASSERT_HOLDS(said.err, "bias_split: poisson, wald_did: measured in other units");
    ASSERT_HOLDS(said.err, "event_time: wald_did: measured in other units");
    assert_drawn("units/bias_split.svg", "TWFE");
    assert_not_drawn("units/bias_split.svg", "Poisson");
    assert_not_drawn("units/bias_split.svg", "Wald-DID");
    assert_not_drawn("units/event_time.svg", "Wald-DID");
    run(0, "sweep quickstart -o units/one --set sweep.policy.share=0.2,0.6 " MIXED);
    run(0, "figures units/one/sweep.h5 -o units --format svg");
    assert_string_equal(said.out, "units/did_by_share.svg\n");
    assert_drawn("units/did_by_share.svg", "DID estimate (TWFE)");
    assert_not_drawn("units/did_by_share.svg", "Poisson");
    run(0,
        "sweep quickstart -o units/two --set sweep.policy.share=0.2,0.6 "
        "--set sweep.rescaling.base=0,1 --set estimate.estimators=poisson,wald_did,etwfe_poisson "
        "--set firms.n=20000 " SMALL);
    static const char *const outputs[][3] = {
        {"poisson.bias", "poisson.bias (log points)"},
        {"wald_did.estimate", "wald_did.estimate (firms per unit of dose)"},
        {"etwfe_poisson.bias", "etwfe_poisson.bias (firms per quarter)"},
        {"poisson.p_value", "poisson.p_value<"},
    };
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        char line[256];
        snprintf(line, sizeof line, "figures units/two/sweep.h5 -o units --format svg --of %s",
                 outputs[i][0]);
        run(0, line);
        assert_drawn("units/heat.svg", outputs[i][1]);
    }
    run(0, "validate quickstart -o units/val --set validate.replicates=3 " MIXED);
    run(0, "figures units/val/validation.h5 -o units --format svg");
    assert_not_drawn("units/bias_by.svg", "Poisson"); /* no empty place either */
    assert_not_drawn("units/bias_by.svg", "Wald-DID");
    assert_not_drawn("units/pretest.svg", "Wald-DID");
    assert_drawn("units/rates.svg", "Poisson");
    assert_drawn("units/rates.svg", "Wald-DID");
}

static void test_files_that_differ_in_share(void **state)
{
    (void)state;
    run(0, "figures many.h5 few.h5 -o shares --format svg");
    ASSERT_HOLDS(said.out, "shares/did_by_share.svg\n");
    ASSERT_HOLDS(said.out, "shares/few_bias_split.svg\n");
    ASSERT_HOLDS(said.out, "shares/many_event_time.svg\n");
    ASSERT_HOLDS(said.err, "few.h5: map not drawn: the file holds no table 'jurisdictions'");
    assert_drawn("shares/did_by_share.svg", "true ATT (total)");
    assert_drawn("shares/many_event_time.svg", "event study, mean of 3");
}

static void test_files_of_one_share(void **state)
{
    (void)state;
    run(0, "run quickstart -o other.h5 --seed 2 --replicates 2 --set policy.share=0.2 " SMALL);
    run(0, "figures few.h5 other.h5 -o alike --format svg");
    ASSERT_HOLDS(said.err, "did_by_share not drawn");
    assert_null(strstr(said.out, "did_by_share"));
}

static void test_runs_whose_tables_were_kept(void **state)
{
    (void)state;
    run(0, "run quickstart -o kept.h5 --replicates 2 --set output.keep=all " SMALL);
    run(0, "figures kept.h5 -o kept --format svg");
    assert_string_equal(said.err, "");
    ASSERT_HOLDS(said.out, "kept/map.svg\n");
}

static void test_without_a_policy(void **state)
{
    (void)state;
    run(0, "run quickstart -o none.h5 --set policy.share=0 " SMALL);
    run(0, "figures none.h5 -o none --format svg");
    ASSERT_HOLDS(said.err, "none.h5: bias_split not drawn");
    ASSERT_HOLDS(said.err, "none.h5: event_time not drawn");
    ASSERT_HOLDS(said.out, "none/time_series.svg\n");
}

/* Sweeps and validations are drawn from their own tables, and nothing else is tried. */
static void test_a_sweep_of_one_parameter(void **state)
{
    (void)state;
    run(0, "sweep quickstart -o one --set sweep.policy.share=0.2,0.6 --set sweep.replicates=2 "
           "--set run.direct_folds=3 " SMALL);
    run(0, "figures one/sweep.h5 -o swept --format svg");
    assert_string_equal(said.out, "swept/did_by_share.svg\n");
    assert_string_equal(said.err, "");
    assert_drawn("swept/did_by_share.svg", "Treated share of counties (%)");
    assert_drawn("swept/did_by_share.svg", "true ADE (direct)");
    run(0, "sweep quickstart -o base --set sweep.rescaling.base=0,0.5,1 " SMALL);
    run(0, "figures base/sweep.h5 -o swept --format svg");
    assert_string_equal(said.out, "swept/did_by_parameter.svg\n");
    assert_drawn("swept/did_by_parameter.svg", "rescaling.base");
}

static void test_a_sweep_of_two_parameters(void **state)
{
    (void)state;
    run(0, "sweep quickstart -o two --set sweep.policy.share=0.2,0.6 "
           "--set sweep.policy.assignment=random,fiscal " SMALL);
    run(0, "figures two/sweep.h5 -o swept --format svg");
    assert_string_equal(said.out, "swept/heat.svg\n");
    assert_drawn("swept/heat.svg", "twfe.bias");
    assert_drawn("swept/heat.svg", "fiscal");
    run(0, "figures two/sweep.h5 -o swept --format svg --of relocations");
    assert_drawn("swept/heat.svg", "relocations");
    run(2, "figures two/sweep.h5 -o swept --of nothing");
    ASSERT_HOLDS(said.err, "output nothing: the sweep has none of this name");
    run(0,
        "sweep quickstart -o cube --set sweep.design=lhs --set sweep.points=2 --set "
        "'sweep.policy.share=uniform(0.2,0.6)' --set 'sweep.rescaling.base=uniform(0,1)' " SMALL);
    run(1, "figures cube/sweep.h5 -o swept");
    ASSERT_HOLDS(said.err, "this is lhs of 2 parameters");
}

static void test_sensitivity(void **state)
{
    (void)state;
#define RANGES                                     \
    "--set 'sweep.policy.share=uniform(0.2,0.6)' " \
    "--set 'sweep.rescaling.base=uniform(0,1)' " SMALL
    run(0, "sweep quickstart -o sal --set sweep.design=saltelli --set sweep.points=4 " RANGES);
    run(0, "figures sal/sweep.h5 -o swept --format svg --of att");
    assert_string_equal(said.out, "swept/sobol.svg\n");
    assert_drawn("swept/sobol.svg", "Share of the variance of att");
    run(0, "sweep quickstart -o mor --set sweep.design=morris --set sweep.points=2 " RANGES);
    run(0, "figures mor/sweep.h5 -o swept --format svg --of relocations");
    assert_string_equal(said.out, "swept/morris.svg\n");
    assert_drawn("swept/morris.svg", "size of the effect on relocations");
}

static void test_validations(void **state)
{
    (void)state;
    run(0, "validate quickstart -o valid --set sweep.policy.share=0.2,0.6 "
           "--set validate.replicates=3 --set estimate.estimators=twfe,event_study " SMALL);
    run(0, "figures valid/validation.h5 -o valid/figs --format svg");
    assert_int_equal(count_lines(said.out), 3);
    assert_drawn("valid/figs/bias_by.svg", "Treated share of counties (%)");
    assert_drawn("valid/figs/rates.svg", "Size: false rejections at 5 % (%)");
    assert_drawn("valid/figs/pretest.svg", "those that passed the pre-trend test");
    run(0, "figures few.h5 one/sweep.h5 valid/validation.h5 -o mixed --format svg");
    ASSERT_HOLDS(said.out, "mixed/few_event_time.svg\n");
    ASSERT_HOLDS(said.out, "mixed/sweep_did_by_share.svg\n");
    ASSERT_HOLDS(said.out, "mixed/validation_rates.svg\n");
    assert_null(strstr(said.out, "mixed/did_by_share")); /* one file has one share */
    run(0, "validate published/bdm2004 -o bdm --set validate.replicates=20 -q >/dev/null");
    run(0, "figures bdm/validation.h5 -o bdm --format svg");
    ASSERT_HOLDS(said.err, "pretest not drawn");
    assert_drawn("bdm/rates.svg", "dgp.rho");
    assert_drawn("bdm/rates.svg", "Size: false rejections at 5 % (%)");
    run(0, "validate published/roth2022 -o all --set validate.replicates=2 --set "
           "estimate.estimators=all -q >/dev/null");
    run(0, "figures all/validation.h5 -o all --format svg");
    ASSERT_HOLDS(said.err, "the first 8 estimators are drawn");
    run(0, "validate published/roth2022 -o point --set validate.replicates=20 --set "
           "sweep.dgp.trend=0.1 -q >/dev/null");
    run(0, "figures point/validation.h5 -o point --format svg");
    assert_drawn("point/bias_by.svg", "event study");
}

static void test_what_cannot_be_drawn(void **state)
{
    (void)state;
    run(2, "figures");
    run(2, "figures one.h5 --format svg,jpg");
    ASSERT_HOLDS(said.err, "'jpg' is not one of pdf, svg, png");
    run(2, "figures one.h5 --format ''");
    run(2, "figures one.h5 ./one.h5 -o twice");
    ASSERT_HOLDS(said.err, "would have the same names");
    run(1, "figures missing.h5 -o missing");
    ASSERT_HOLDS(said.err, "missing.h5");
    run(1, "figures one.log.json -o foreign");
    ASSERT_HOLDS(said.err, "one.log.json");
    run(1, "figures one.h5 -o one.h5/figs");
    ASSERT_HOLDS(said.err, "one.h5: cannot be made a folder: a file of this name is there");
    run(1, "figures one.h5 -o one.h5");
    ASSERT_HOLDS(said.err, "one.h5: cannot be made a folder: a file of this name is there");
}

static void test_without_gnuplot(void **state)
{
    (void)state;
    assert_int_equal(system("mkdir -p \"$HERE/empty\""), 0);
    char line[256];
    snprintf(line, sizeof line, "--version >/dev/null; PATH='%s/empty' '%s' figures one.h5 -o no",
             getenv("HERE"), JD_PROGRAM);
    run(1, line);
    ASSERT_HOLDS(said.err, "gnuplot was not found");
    assert_string_equal(said.out, "");
}

/* Cron and containers have none; figures are drawn all the same, in UTF-8. */
static void test_any_locale(void **state)
{
    (void)state;
    static const char *const locale[] = {"LC_ALL=C", "LANG=", "LC_ALL=xx_YY.UTF-8", "LC_ALL=POSIX"};
    for (size_t i = 0; i < sizeof locale / sizeof *locale; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "--version >/dev/null; env -u LC_ALL -u LANG %s '%s' figures one.h5 -o locale "
                 "--format svg,pdf",
                 locale[i], JD_PROGRAM);
        run(0, line);
        assert_drawn("locale/effort_loop.svg", "P↓ = −0.21");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_file),
        cmocka_unit_test(test_figures_are_replaced_and_come_out_alike),
        cmocka_unit_test(test_others_files_are_kept),
        cmocka_unit_test(test_figures_by_name),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_units_are_not_mixed),
        cmocka_unit_test(test_files_that_differ_in_share),
        cmocka_unit_test(test_files_of_one_share),
        cmocka_unit_test(test_runs_whose_tables_were_kept),
        cmocka_unit_test(test_without_a_policy),
        cmocka_unit_test(test_a_sweep_of_one_parameter),
        cmocka_unit_test(test_a_sweep_of_two_parameters),
        cmocka_unit_test(test_sensitivity),
        cmocka_unit_test(test_validations),
        cmocka_unit_test(test_what_cannot_be_drawn),
        cmocka_unit_test(test_without_gnuplot),
        cmocka_unit_test(test_any_locale),
    };
    return cmocka_run_group_tests(tests, make_files, remove_here);
}
