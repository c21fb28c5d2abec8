/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is given and read by nobody: noted, each reason once; refused where it is varied. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "jiedao/context.h"
#include "sweep/reads.h"
#include "sweep/sections.h"

static char notes[4096];

static void keep_note(void *user, const char *message)
{
    (void)user;
    strncat(notes, message, sizeof notes - strlen(notes) - 2);
    strcat(notes, "\n");
}

static jd_config_t *config_of(const char *text, jd_ctx_t *ctx)
{
    int n;
    jd_config_t *config;
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    jd_ctx_init(ctx);
    ctx->warn = keep_note;
    notes[0] = '\0';
    assert_int_equal(jd_config_create(&config, sections, n, ctx), JD_OK);
    if (jd_config_read_text(config, "x.ini", text, ctx) || jd_config_finish(config, ctx))
        fail_msg("%s says: %s", text, ctx->message);
    return config;
}

static void test_what_nothing_reads_is_noted(void **state)
{
    (void)state;
    static const struct {
        const jd_unread_t *who;
        const char *text, *note;
    } cases[] = {
        {jd_run_unread,
         "[policy]\nassignment = list\nlist = x.csv\nshare = 0.9\nadoption = 2022Q1\n",
         "policy.share, policy.adoption are not read: with policy.assignment = list"},
        {jd_run_unread, "[policy]\nlist = x.csv\n",
         "policy.list is not read: write policy.assignment = list"},
        {jd_run_unread, "[world]\ndivisions = x.csv\ncounties = 7\nland_sd = 1\neta = 0.3\n",
         "world.counties, world.land_sd are not read: world.divisions brings the tree\n"},
        {jd_run_unread, "[policy]\nshare = 0\ndose = 0.5\n",
         "policy.dose is not read: policy.share"},
        {jd_run_unread, "[policy]\nselection = 0.5\n", "policy.selection is not read"},
        {jd_run_unread, "[policy]\nprofile_length = 4\n", "policy.profile_length is not read"},
        {jd_run_unread, "[policy]\nanticipation_dose = 1\n", "policy.anticipation_dose is not"},
        {jd_run_unread, "[urban]\non = no\npoi_rate = 1\n", "urban.poi_rate is not read: urban.on"},
        {jd_run_unread, "[tournament]\ncounty = 0.2\nstreet_noise = 0.1\n",
         "tournament.street_noise is not read"},
        {jd_run_unread, "[leaders]\nage = 40\n", "leaders.age is not read"},
        {jd_run_unread, "[firms]\ncommon_shock_start = 2021Q1\n",
         "firms.common_shock = 0 means no shock"},
        {jd_run_unread, "[firms]\ncommon_shock = 1\ncommon_shock_start = 2031Q1\n",
         "firms.common_shock, firms.common_shock_start are not read: the common shock begins "
         "after"},
        {jd_run_unread, "[firms]\ngamma = 0\nd0 = 5\n", "firms.d0 is not read"},
        {jd_run_unread, "[rescaling]\nevent = 0\nevent_start = 2021Q1\n",
         "rescaling.event_start is"},
        {jd_run_unread, "[rescaling]\nshow_max = 0.1\n", "rescaling.show_max is not read"},
        {jd_run_unread, "[rescaling]\nth_environment = 1\n", "no [event.NAME] has kind = env"},
        {jd_run_unread, "[rescaling]\nth_environment = 1\n[event.a]\nkind = env\n", ""},
        {jd_run_unread, "[event.late]\nstart = 2026Q1\nsize = 0.3\n",
         "event.late.start, event.late.size are not read: the event acts in no quarter of the run"},
        {jd_run_unread, "[event.last]\nstart = 2025Q4\nshape = step\n", ""},
        {jd_run_unread, "[event.last]\nstart = 2025Q4\nshape = ramp\n", "event.last.start are"},
        {jd_run_unread, "[event.past]\nstart = 2001Q1\nshape = pulse\n", "acts in no quarter"},
        {jd_run_unread, "[event.r]\nkind = reclassify\nlevel = street\nsize = 1\n",
         "event.r.size is not read"},
        {jd_run_unread, "[event.r]\nrate = 0.1\n", "event.r.rate is not read"},
        {jd_run_unread, "[event.m]\nkind = mandate\nsize = 1\n", "event.m.size is not read"},
        {jd_run_unread, "[event.r]\nburden = 0.1\n", "event.r.burden is not read"},
        {jd_run_unread, "[run]\ndirect_none = yes\n", "run.direct_none is not read"},
        {jd_run_unread, "[estimate]\ncounty = no\nestimators = twfe\n", "estimate.estimators is"},
        {jd_run_unread, "[observation]\nmisclass = 0.1\n[firms]\nsector_shares = 1\n",
         "observation.misclass is not read"},
        {jd_run_unread, "[policy]\nshare = 0.3\nadoption = 2022Q1, 2023Q1\ndose = 0.5\n", ""},
        {jd_sweep_unread, "[dgp]\nkind = ar1_placebo\n", "only jiedao validate reads [dgp]"},
        {jd_sweep_unread, "[sweep]\npoints = 10\nlevels = 6\n", "sweep.points is not read"},
        {jd_validate_unread, "[sweep]\nreplicates = 10\n", "from validate.replicates"},
        {jd_validate_unread, "[dgp]\nkind = ar1_placebo\nslopes = 1\n", "dgp.slopes is not read"},
        {jd_validate_unread, "[dgp]\nkind = ar1_placebo\n[estimate]\ncluster = province\n",
         "estimate.cluster is not read: the units of a process lie in no counties"},
        {jd_validate_unread, "[dgp]\nkind = ar1_placebo\n[policy]\nshare = 0.2\n[run]\nseed = 3\n",
         "policy.share is not read: dgp.kind replaces the simulator"},
        {jd_validate_unread, "[dgp]\nkind = ar1_placebo\n[estimate]\nestimators = twfe\n", ""},
        {jd_validate_unread, "[dgp]\nrho = 0.5\n", "dgp.rho is not read: dgp.kind = simulator"},
        {jd_validate_unread, "[validate]\nmost = 500\n", "validate.most is not read"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jd_ctx_t ctx;
        jd_config_t *config = config_of(cases[i].text, &ctx);
        assert_int_equal(jd_reads_note(config, cases[i].who, &ctx), JD_OK);
        if (cases[i].note[0] ? !strstr(notes, cases[i].note) : notes[0] != '\0')
            fail_msg("%s notes: %s", cases[i].text, notes);
        jd_config_free(config);
    }
}

static int check_plan(const char *text, const jd_unread_t *who, jd_ctx_t *ctx)
{
    jd_plan_t plan;
    jd_config_t *config = config_of(text, ctx);
    int rc = jd_plan_make(&plan, config, ctx);
    if (!rc) rc = jd_reads_check(&plan, config, who, ctx);
    jd_plan_free(&plan);
    jd_config_free(config);
    return rc;
}

static void test_what_is_varied_and_not_read_is_refused(void **state)
{
    (void)state;
    static const struct {
        const jd_unread_t *who;
        const char *text, *message;
    } cases[] = {
        {jd_validate_unread, "[dgp]\nkind = ar1_placebo\n[sweep]\npolicy.share = 0.1, 0.2\n",
         "x.ini:4: [sweep] policy.share: is varied and not read: dgp.kind replaces the simulator"},
        {jd_sweep_unread, "[sweep]\ndgp.rho = 0, 0.8\n", "only jiedao validate reads [dgp]"},
        {jd_sweep_unread,
         "[policy]\nassignment = list\nlist = x.csv\n[sweep]\npolicy.share=0.1,1\n",
         "[sweep] policy.share: is varied and not read"},
        {jd_sweep_unread, "[sweep]\nworld.counties = 820, 900\nworld.divisions = a.csv, b.csv\n",
         "world.counties: is varied and not read"},
        {jd_sweep_unread, "[sweep]\nfirms.size_shares = 0.5, 0.5 | 0.9, 0.1\n",
         "[sweep]: no point can be run; the first: [firms] size_employees: "
         "firms.size_employees: has 3 values"},
        {jd_validate_unread, "[dgp]\nkind=staggered_linear\n[sweep]\ndgp.cohorts = 1 | 2 | 3\n",
         "no point can be run; the first: [dgp] slopes: has 4 values, cohorts has 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jd_ctx_t ctx;
        int rc = check_plan(cases[i].text, cases[i].who, &ctx);
        assert_int_equal(rc, JD_ERR_COMBINATION);
        if (!strstr(ctx.message, cases[i].message)) fail_msg("%s", ctx.message);
    }
}

/* A value that some points read is read; a point that cannot be run is said before it is. */
static void test_some_points(void **state)
{
    (void)state;
    jd_ctx_t ctx;
    assert_int_equal(check_plan("[policy]\nselection = 0.5\n[sweep]\n"
                                "policy.assignment = random, fiscal\n",
                                jd_sweep_unread, &ctx),
                     JD_OK);
    assert_string_equal(notes, "");
    assert_int_equal(
        check_plan("[sweep]\npolicy.share = 0, 0.5\npolicy.dose = 1, 2\n", jd_sweep_unread, &ctx),
        JD_OK);
    assert_string_equal(notes, "");
    assert_int_equal(check_plan("[sweep]\nworld.prefectures = 88, 900\nworld.counties = 820, 850\n",
                                jd_sweep_unread, &ctx),
                     JD_OK);
    assert_non_null(strstr(notes, "2 of 4 points cannot be run; the first: "));
    assert_int_equal(check_plan("[policy]\nshare = 0\ndose = 0.5\n[sweep]\nfirms.n = 9, 10\n",
                                jd_sweep_unread, &ctx),
                     JD_OK);
    assert_non_null(strstr(notes, "policy.dose is not read: policy.share = 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_nothing_reads_is_noted),
        cmocka_unit_test(test_what_is_varied_and_not_read_is_refused),
        cmocka_unit_test(test_some_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
