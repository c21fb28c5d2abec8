/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages: what a wrong config, option, file or line is answered with. Codes stand here, the
 * sentences in golden/messages.txt, sorted by what provokes them. After an intended change run
 * tests/golden/renew_messages.sh (or this test with JD_GOLDEN_UPDATE=1) and read the difference. */
#include <stdlib.h>
#include <string.h>

#include "cli/tiny.h"
#include "jiedao/did.h"
#include "unit/test_config_sections.h"

/* What provokes a message, and the code or exit status that comes with it. */
typedef struct {
    const char *input;
    int code;
} cause_t;

enum { MOST = 512, KEY = 400, TEXT = 4096 };

static struct {
    char key[KEY], text[TEXT];
} found[MOST];
static int n_found;
static char sorted[MOST * (KEY + 600)];

/* ---- Collecting ---- */

/* One line, whatever the input holds. */
static void put_key(char *key, const char *group, const char *input)
{
    size_t at = (size_t)snprintf(key, KEY, "%s: ", group);
    for (const unsigned char *p = (const unsigned char *)input; *p && at + 5 < KEY; p++) {
        if (*p == '\n')
            at += (size_t)snprintf(key + at, KEY - at, "\\n");
        else if (*p < 32 || (*p >= 127 && *p != 0xC2 && *p != 0xB5))
            at += (size_t)snprintf(key + at, KEY - at, "\\x%02X", *p);
        else
            key[at++] = (char)*p;
    }
    key[at] = '\0';
}

static void note(const char *group, const char *input, const char *text)
{
    assert_true(n_found < MOST);
    put_key(found[n_found].key, group, input);
    size_t n = strlen(text);
    if (n >= TEXT) fail_msg("%s: a message of %zu bytes", found[n_found].key, n);
    while (n && text[n - 1] == '\n')
        n--;
    if (n == 0) fail_msg("%s: no message", found[n_found].key);
    snprintf(found[n_found++].text, TEXT, "%.*s", (int)n, text);
}

/* All that is wrong is printed. */
static int n_wrong;

static void expect_code(const char *group, const cause_t *cause, int code, const char *text)
{
    if (code != cause->code || !*text) {
        print_error("%s: %s: code %d, not %d: %s\n", group, cause->input, code, cause->code, text);
        n_wrong++;
        return;
    }
    note(group, cause->input, text);
}

/* ---- Configs ---- */

typedef int (*reader_t)(jd_config_t *config, const char *label, const char *text, jd_ctx_t *ctx);

static void read_all(const char *group, reader_t read, const char *label, const cause_t *causes,
                     size_t n)
{
    static jd_ctx_t ctx;
    for (size_t i = 0; i < n; i++) {
        jd_config_t *config;
        jd_ctx_init(&ctx);
        assert_int_equal(jd_config_create(&config, test_sections, N_TEST_SECTIONS, &ctx), JD_OK);
        jd_config_ignore(config, test_ignored);
        int code = read(config, label, causes[i].input, &ctx);
        jd_config_free(config);
        assert_int_equal(code, ctx.code);
        expect_code(group, &causes[i], code, ctx.message);
    }
}
#define READ_ALL(group, read, label, causes) \
    read_all(group, read, label, causes, sizeof(causes) / sizeof *(causes))

/* 32 values and a comma. */
#define MANY "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"

static void test_configs(void **state)
{
    (void)state;
    static const cause_t lines[] = {
        {"[policy]\nshare 0.5\n", JD_ERR_SYNTAX},
        {"[policy]\nshare: 0.5\n", JD_ERR_SYNTAX},
        {"[policy]\nshare ; = 0.5\n", JD_ERR_SYNTAX},
        {"[policy]\n= 0.5\n", JD_ERR_SYNTAX},
        {"[policy]\nperiods = 8\n  share = 0.5\n", JD_ERR_SYNTAX},
        {"[policy]\nlabel = zone # one\n", JD_ERR_SYNTAX},
        {"[policy]\nlabel =#\n", JD_ERR_SYNTAX},
        {"[policy]\nlabel = \"zone\n", JD_ERR_SYNTAX},
        {"[policy]\nlabel = \"a\", \"b\"\n", JD_ERR_SYNTAX},
        {"[policy\nshare = 7\n", JD_ERR_SYNTAX},
        {"[policy] share = 7\n", JD_ERR_SYNTAX},
        {"[ policy ]\n", JD_ERR_SYNTAX},
        {"[]\n", JD_ERR_SYNTAX},
        {"share = 1\nperiods = 3\n", JD_ERR_SYNTAX},
        {"[policy]\nshare = 0.1\n\nshare = 0.1\n", JD_ERR_SYNTAX},
        {"[policy]\n[run]\n[policy]\n", JD_ERR_SYNTAX},
        {"[policy]\r\nlabel = a\x01", JD_ERR_SYNTAX},
        {"[policy]\nlabel = \xFF\n", JD_ERR_SYNTAX},
        {"; \xC0\xAF\n; \xED\xA0\x80\n; \xF4\x90\x80\x80\n; \xE4\xBA\n", JD_ERR_SYNTAX},
        {"\xFF\xFE[", JD_ERR_SYNTAX},
        {"[sweep]\npolicy.share\n", JD_ERR_SYNTAX},
        {"[policy]\na23456789a123456789b123456789c123456789d1234567890 = 1\n", JD_ERR_SYNTAX},
        {"[policy]\nshare = 0.5\npresure = 1\n", JD_ERR_UNKNOWN_KEY},
        {"[policy]\nthreads = 1\n", JD_ERR_UNKNOWN_KEY},
        {"[run]\nsize = 1\n", JD_ERR_UNKNOWN_KEY},
        {"[policy]\ninflation = 1\n", JD_ERR_UNKNOWN_KEY},
        {"[event.a]\nsise = 1\n", JD_ERR_UNKNOWN_KEY},
        {"[polcy]\nshare = 1\nnothing = 2\n", JD_ERR_UNKNOWN_KEY},
        {"[evnt.reform2021]\n", JD_ERR_UNKNOWN_KEY},
        {"[swep]\n", JD_ERR_UNKNOWN_KEY},
        {"[weather]\n", JD_ERR_UNKNOWN_KEY},
        {"[event]\n", JD_ERR_SYNTAX},
        {"[policy.a]\n", JD_ERR_SYNTAX},
        {"[event.a b]\n", JD_ERR_SYNTAX},
        {"[event.]\n", JD_ERR_SYNTAX},
        {"[event.a2345678901234567890123456789012345678901]\n", JD_ERR_SYNTAX},
        /* all mistakes in one go */
        {"[policy]\nshare = 1.4\npresure = 1\nperiods = 24\n[run\nseed = x\n[event.a]\nsize\n"
         "length = 0",
         JD_ERR_VALUE},
    };
    READ_ALL("config", jd_config_read_text, "x.ini", lines);
}

/* A wrong value: the message has the parameter's name and the value, or its beginning. */
static void assert_named(const char *group)
{
    const size_t n = strlen(group);
    for (int i = 0; i < n_found; i++) {
        const char *input = found[i].key + n + 2, *value = strchr(input, '=');
        char text[KEY];
        if (strncmp(found[i].key, group, n) != 0 || !value || strstr(found[i].text, "names no") ||
            strstr(found[i].text, "unknown") || strstr(found[i].text, "[event") ||
            strstr(found[i].text, "control character"))
            continue;
        snprintf(text, sizeof text, "%.*s = %.20s", (int)(value - input), input,
                 value[1] ? value + 1 : "(nothing)");
        if (!strstr(found[i].text, text)) fail_msg("'%s' is not in: %s", text, found[i].text);
    }
}

static void test_settings(void **state)
{
    (void)state;
    static const cause_t values[] = {
        {"policy.share=1.4", JD_ERR_VALUE},
        {"policy.share=-1e-300", JD_ERR_VALUE},
        {"policy.share=", JD_ERR_VALUE},
        {"policy.share=nan", JD_ERR_VALUE},
        {"policy.pressure=inf", JD_ERR_VALUE},
        {"policy.pressure=1e999", JD_ERR_VALUE},
        {"policy.share=0,5", JD_ERR_VALUE},
        {"policy.share=0x1p-3", JD_ERR_VALUE},
        {"policy.share=50%", JD_ERR_VALUE},
        {"policy.periods=24x", JD_ERR_VALUE},
        {"policy.periods=0", JD_ERR_VALUE},
        {"policy.periods=2.5", JD_ERR_VALUE},
        {"run.seed=50_000", JD_ERR_VALUE},
        {"run.seed=200,000", JD_ERR_VALUE},
        {"run.seed=1,5", JD_ERR_VALUE},
        {"run.seed=1.000.000", JD_ERR_VALUE},
        {"run.seed=200.000", JD_ERR_VALUE},
        {"run.seed=200 000", JD_ERR_VALUE},
        {"policy.pressure=1,234,567", JD_ERR_VALUE},
        {"policy.pressure=1,234", JD_ERR_VALUE},
        {"run.seed=9223372036854775808", JD_ERR_VALUE},
        {"policy.enabled=maybe", JD_ERR_VALUE},
        {"policy.assignment=randon", JD_ERR_VALUE},
        {"policy.assignment=all", JD_ERR_VALUE},
        {"policy.start=2020-03", JD_ERR_VALUE},
        {"policy.start=2020Q5", JD_ERR_VALUE},
        {"policy.waves=2020Q1,", JD_ERR_VALUE},
        {"policy.doses=1, 2.5", JD_ERR_VALUE},
        {"policy.doses=1 2", JD_ERR_VALUE},
        {"policy.doses=" MANY MANY MANY MANY "0", JD_ERR_VALUE},
        {"policy.share", JD_ERR_SYNTAX},
        {"share=0.5", JD_ERR_SYNTAX},
        {"size=0.5", JD_ERR_SYNTAX},
        {"nothing=0.5", JD_ERR_SYNTAX},
        {"polcy.share=0.5", JD_ERR_UNKNOWN_KEY},
        {"policy.presure=0.5", JD_ERR_UNKNOWN_KEY},
        {"event.size=0.5", JD_ERR_SYNTAX},
        {"event.a.b.size=0.5", JD_ERR_SYNTAX},
        {"policy.label=a\nb", JD_ERR_SYNTAX},
    };
    READ_ALL("set", jd_config_set, "--set", values);
    assert_named("set");
}

static int read_path(jd_config_t *config, const char *label, const char *text, jd_ctx_t *ctx)
{
    (void)label;
    return jd_config_read_file(config, text, ctx);
}

static void test_paths(void **state)
{
    (void)state;
    static const cause_t paths[] = {
        {"/tmp", JD_ERR_OPEN}, {"/nowhere/x.ini", JD_ERR_OPEN}, {"/dev/zero", JD_ERR_OPEN}};
    READ_ALL("path", read_path, "", paths);
}

/* ---- Options by name ---- */

static void test_options(void **state)
{
    (void)state;
    static const cause_t options[] = {{"premean=0", JD_ERR_VALUE},
                                      {"premean=x", JD_ERR_VALUE},
                                      {"premeen=1", JD_ERR_UNKNOWN_KEY},
                                      {"control=all", JD_ERR_VALUE},
                                      {"aggregate=events", JD_ERR_VALUE},
                                      {"event=4:-4", JD_ERR_VALUE},
                                      {"reference=-1,", JD_ERR_VALUE},
                                      {"reference=1e9", JD_ERR_VALUE},
                                      {"keep_singletons=maybe", JD_ERR_VALUE},
                                      {"colour=red", JD_ERR_UNKNOWN_KEY}},
                         vcov[] = {
                             {"vcov=robust", JD_ERR_VALUE}, {"lag=-2", JD_ERR_VALUE},
                             {"cutoff=near", JD_ERR_VALUE}, {"k_fix=none", JD_ERR_UNKNOWN_KEY},
                             {"seed=-1", JD_ERR_VALUE},     {"colour=red", JD_ERR_UNKNOWN_KEY}};
    static jd_did_options_t how;
    jd_vcov_options_t v = {0};
    jd_did_defaults(&how);
    for (int which = 0; which < 2; which++)
        for (size_t i = 0; i < (which ? sizeof vcov : sizeof options) / sizeof *vcov; i++) {
            const cause_t *cause = which ? &vcov[i] : &options[i];
            char name[64];
            jd_ctx_t ctx;
            jd_ctx_init(&ctx);
            snprintf(name, sizeof name, "%s", cause->input);
            char *text = strchr(name, '=');
            *text++ = '\0';
            int code = which ? jd_vcov_option_set(&v, name, text, &ctx)
                             : jd_did_option_set(&how, name, text, &ctx);
            expect_code(which ? "vcov" : "option", cause, code, ctx.message);
        }
}

/* ---- The program ---- */

static void write_file(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

/* Ten units, six periods, adoption in 3, 4 or never; c are clusters, x2 is twice x, d a dose. */
static void write_panel(void)
{
    static char text[8192];
    size_t at = (size_t)snprintf(text, sizeof text, "i,t,g,y,x,x2,c,d,e,lat,lon,w\n");
    for (int i = 1; i <= 10; i++)
        for (int t = 1; t <= 6; t++) {
            const int g = i % 3 ? 2 + i % 3 : 0, on = g && t >= g;
            at += (size_t)snprintf(
                text + at, sizeof text - at, "%d,%d,%d,%.2f,%d,%d,%d,%d,%d,%d,%d,%d\n", i, t, g,
                i * t % 7 + 0.25 * on + 0.1 * (i * i % 5), i * t % 5, 2 * (i * t % 5), (i + 1) / 2,
                on ? 1 + i % 4 : 0, i % 2, 30 + i % 4, 100 + i % 3, i == 2 && t == 2 ? -1 : 1);
        }
    write_file("p.csv", text);
}

static void write_files(void)
{
    write_panel();
    write_file("w.csv", "i,t,g,y\n1,1,0,1.5\n");
    write_file("dup.csv", "i,t,t,g,y\n1,1,1,0,1.5\n");
    write_file("late.csv", "i,t,g,y\n1,1,2,1\n1,2,2,2\n1,3,2,2.5\n2,1,3,1\n2,2,3,1.5\n2,3,3,3\n"
                           "3,1,3,0\n3,2,3,0.5\n3,3,3,2\n");
    write_file("word.csv", "i,t,g,y,z\n1,2020-01,never,1,a\n1,2020-02,never,2,a\n"
                           "2,2020-01,2020-02,1,b\n2,2020-02,2020-02,4,b\n");
    write_file("twice.csv", "i,t,g,y\n1,1,0,1\n1,1,0,2\n2,1,2,1\n2,2,2,2\n");
    write_file("two.csv", "i,t,g,y\n1,1,0,1\n1,2,3,2\n2,1,2,1\n2,2,2,2\n");
    write_file("order.csv", "i,t,g,y\n1,1/2/2018,,1\n1,2/2/2018,,2\n2,1/2/2018,,2\n");
    write_file("mixed.csv", "i,t,g,y\n1,31/1/2018,,1\n1,2/28/2018,,2\n");
    write_file("clock.csv", "i,t,g,y\n1,2018-01-01 10:00,,1\n1,2018-01-01 11:00,,2\n");
    write_file("zero.csv", "i,t,g,y\n1,-1,0,1\n1,0,0,2\n1,1,0,3\n2,-1,1,1\n2,0,1,2\n2,1,1,5\n");
    write_file("empty.csv", "");
    write_file("head.csv", "i,t,g,y\n");
    write_file("ragged.csv", "i,t,g,y\n1,1,0,1\n1,2,0\n");
    write_file("open.csv", "i,t,g,y\n1,1,0,\"1\n");
    write_file("none.csv", "i,t,g,y,x\n1,1,0,1,\n1,2,0,2,\n2,1,2,1,\n2,2,2,3,\n");
    write_file("inf.csv", "i,t,g,y\n1,1,0,inf\n1,2,0,2\n2,1,2,1\n2,2,2,3\n");
    write_file("thousand.csv", "i,t,g,y\n1,1,0,\"1,234\"\n1,2,0,\"2,345\"\n2,1,2,\"1,234\"\n");
    write_file("no.h5", "this is no HDF5 file\n");
    write_file("bad.ini", "[policy]\nshare = 2\n");
    write_file("s.ini", "[sweep]\npolicy.share = 0.1, 0.2\n");
}

#define ROLES " --y y --unit i --time t --cohort g "
#define P "did p.csv" ROLES
#define RUN "run quickstart -o o.h5 --set "
#define SWEEP "sweep quickstart -o o --set "
#define VALIDATE "validate quickstart -o v --set "

static const cause_t of_program[] = {
    /* commands, words and options */
    {"rum", 2},
    {"quickstart", 2},
    {"--force", 2},
    {"run", 2},
    {"run a b", 2},
    {"run -", 2},
    {"run quickstat", 2},
    {"run nowhere.ini", 2},
    {"run quickstart --sed 1", 2},
    {"run quickstart --colour", 2},
    {"run quickstart -z", 2},
    {"run quickstart --force=yes", 2},
    {"run quickstart -o", 2},
    {"run quickstart -o --force", 2},
    {"run quickstart -o a.h5 -o b.h5", 2},
    {"run quickstart -o x.csv", 2},
    {"run quickstart -o .", 2},
    {"run quickstart --threads 0", 2},
    {"run quickstart --threads many", 2},
    {"run quickstart --seed -1", 2},
    {"run quickstart --replicates 0", 2},
    {"run bad.ini -o o.h5", 2},
    {"help rum", 2},
    {"help run colour", 2},
    {"params polcy", 2},
    {"params share", 2},
    {"params weather", 2},
    {"params --format html", 2},
    {"configs quickstat", 2},
    {"configs -o x.ini", 2},
    {"completion fish", 2},
    {"completion list rum", 2},
    {"export no.h5", 2},
    {"export nowhere.h5 -t panel/county", 1},
    {"export no.h5 -t panel/county", 1},
    {"export no.h5 -t panel/county -o x.xlsx", 2},
    {"export no.h5 -t panel/county -o x.dta --format csv", 2},
    {"export no.h5 -t panel/county --format dta", 1},
    {"info nowhere.h5", 1},
    {"info no.h5", 1},
    {"info . --config", 2},
    {"merge nowhere", 1},
    {"merge a b", 2},
    {"figures", 2},
    {"figures nowhere.h5", 1},
    {"figures no.h5", 1},
    {"figures no.h5 --format gif", 2},
    {"figures no.h5 --width 10", 2},
    {"figures no.h5 --figure mapp", 2},
    {"figures no.h5 --figure colours", 2},
    {"sensitivity nowhere", 2},
    {"theory", 2},
    {"theory -o nowhere --only P5,P99", 2},
    {"theory -o nowhere --replicates 1", 2},
    {"sensitivity nowhere --output att", 1},
    /* the simulator's parameters */
    {RUN "policy.assignment=list", 2},
    {RUN "policy.adoption=", 2},
    {RUN "policy.adoption=1990Q1", 2},
    {RUN "policy.share=1.5", 2},
    {RUN "policy.list=nowhere.csv --set policy.assignment=list", 1},
    {RUN "event.a.unit=110000 --set event.a.level=county", 2},
    {RUN "world.weight_land=1", 2},
    {RUN "world.provinces=100 --set world.prefectures=10", 2},
    {RUN "world.prefectures=500 --set world.counties=100", 2},
    {RUN "world.streets=10", 2},
    {RUN "firms.size_shares=0.5", 2},
    {RUN "firms.sector_place=0,1,2", 2},
    {RUN "firms.common_shock=-0.5 --set firms.sector_shock=0,-0.6", 2},
    {RUN "observation.confusion=0.9,0.1", 2},
    {RUN "observation.confusion=0.9,0.1,0.5,0.4", 2},
    {RUN "estimate.control_sector=2", 2},
    {RUN "firms.dissimilarity_county=0.9 --set firms.dissimilarity_prefecture=0.5", 2},
    {RUN "firms.share_county=0.9 --set firms.share_prefecture=0.9", 2},
    {RUN "firms.n=0", 2},
    {RUN "officials.learn=1 --set officials.forget=1", 2},
    {RUN "run.burn_in=4 --set run.burn_in_firms=8", 2},
    {RUN "run.direct_folds=1", 2},
    {RUN "run.start=2020", 2},
    {RUN "estimate.estimators=twf", 2},
    {RUN "estimate.estimators=colours", 2},
    {RUN "estimate.data=observed --set estimate.outcome=stock", 2},
    {RUN "estimate.variance=conley", 2},
    {RUN "estimate.level=1", 2},
    {RUN "estimate.premean=0", 2},
    {RUN "output.keep=some", 2},
    {RUN "polcy.share=0.5", 2},
    {RUN "share=0.5", 2},
    {RUN "policy.share", 2},
    /* sweeps and validations */
    {"sweep quickstart", 2},
    {"sweep s.ini -o o --resume --force", 2},
    {"sweep s.ini -o o --shard 0/4", 2},
    {"sweep s.ini -o o --shard 5/4", 2},
    {"sweep s.ini -o o --shard x", 2},
    {SWEEP "sweep.policy.shar=0.1,0.2", 2},
    {SWEEP "sweep.policy.share=0.1,2", 2},
    {SWEEP "'sweep.policy.share=uniform(0.1)'", 2},
    {SWEEP "sweep.design=lhs", 2},
    {SWEEP "'sweep.policy.share=uniform(0.1,0.9)'", 2},
    {SWEEP "'sweep.policy.share=uniform(0.1,0.9)' --set sweep.design=morris --set sweep.levels=3",
     2},
    {SWEEP "sweep.policy.share=0.1,0.2 --set sweep.policy.pressure=1,2,3 --set sweep.design=list",
     2},
    {SWEEP "sweep.sweep.base=1,2", 2},
    {SWEEP "sweep.validate.tolerance=1,2", 2},
    {SWEEP "sweep.urban.lag=1,2", 2},
    {SWEEP "sweep.output.keep=all,summary", 2},
    {"validate quickstart", 2},
    {"validate quickstart -o v --resume --force", 2},
    {VALIDATE "estimate.county=no --set estimate.sector=no --set estimate.firm=no", 2},
    {VALIDATE "dgp.kind=white --set dgp.adoption_first=1", 2},
    {VALIDATE "dgp.kind=white --set dgp.adoption_first=5 --set dgp.adoption_last=4", 2},
    /* jiedao did: roles */
    {"did nowhere.csv" ROLES, 1},
    {"did ." ROLES, 1},
    {"did w.csv", 2},
    {"did w.csv --y y --unit i --time t", 2},
    {"did w.csv --y y --time t --cohort g", 2},
    {"did w.csv --y y --unit i --time i --cohort g", 2},
    {"did w.csv" ROLES "--treat g", 2},
    {"did w.csv" ROLES "--x incom", 2},
    {"did w.csv" ROLES "--x y,", 2},
    {"did w.csv" ROLES "--x y", 2},
    {"did w.csv" ROLES "--coords i", 2},
    {"did w.csv" ROLES "--cluster i,t,g", 2},
    {"did w.csv" ROLES "--fe i^", 2},
    {"did w.csv" ROLES "--fe i[", 2},
    {"did w.csv" ROLES "--fe i --absorb i", 2},
    {"did w.csv" ROLES "--separator long", 2},
    {"did w.csv" ROLES "--decimal no", 2},
    {"did w.csv" ROLES "--table panel/county", 2},
    {"did no.h5" ROLES "--missing -9", 2},
    {"did no.h5" ROLES, 2},
    {"did dup.csv" ROLES, 2},
    {"did word.csv" ROLES, 1},
    {"did word.csv --y z --unit i --time t --cohort g --never never", 1},
    {"did word.csv --y y --unit i --time t --treat z", 1},
    {"did p.csv --y y --unit i --time t --treat x", 1},
    {"did order.csv" ROLES, 1},
    {"did mixed.csv" ROLES, 1},
    {"did clock.csv" ROLES, 1},
    {"did zero.csv" ROLES, 1},
    {"did two.csv" ROLES, 1},
    {"did twice.csv" ROLES "--estimator twfe", 1},
    {"did empty.csv" ROLES, 1},
    {"did head.csv" ROLES, 1},
    {"did ragged.csv" ROLES, 1},
    {"did open.csv" ROLES, 1},
    {"did none.csv" ROLES "--x x", 1},
    {"did inf.csv" ROLES "--estimator twfe", 1},
    {"did thousand.csv" ROLES, 1},
    {P "--weights w", 1},
    {P "--periods decade", 2},
    {P "--periods month --estimator twfe", 2},
    /* options */
    {P "--estimator twf", 2},
    {P "--estimator csdid", 2},
    {P "--estimator colours", 2},
    {P "--estimator ''", 2},
    {P "--diagnose bakon", 2},
    {P "--diagnose HonestDiD", 2},
    {P "--level 1", 2},
    {P "--level high", 2},
    {P "--vcov robust", 2},
    {P "--vcov conley", 2},
    {P "--vcov conley --coords lat,lon", 2},
    {P "--vcov conley --coords lat,lon --cutoff -1", 2},
    {P "--vcov cr2 --cluster c,t", 2},
    {P "--bootstrap pairs --vcov hc1", 2},
    {P "--bootstrap pairs --draws 1", 2},
    {P "--plot x.gif", 2},
    {P "--plot a.pdf --honest-plot a.pdf", 2},
    {P "--outcome-weights w.xlsx", 2},
    {P "--bin 4:-4", 2},
    {P "--event 4", 2},
    {P "--reference -1,x", 2},
    {P "--pretrend all,-1", 2},
    {P "--anticipation -1", 2},
    {P "--draws 1.5", 2},
    {P "--seed -1", 2},
    {P "--control all", 2},
    {P "--format xml", 2},
    {P "--honest-mbar 1,x", 2},
    {P "--wild-type 12", 2},
    {P "--colour", 2},
    /* estimators and diagnostics that do not apply */
    {"did late.csv" ROLES "--estimator 2x2", 1},
    {"did late.csv" ROLES "--estimator event_study", 1},
    {"did late.csv --y y --unit i --time t --dose g --estimator event_study", 1},
    {"did late.csv" ROLES "--never 2,3 --estimator twfe", 1},
    {P "--estimator drdid", 1},
    {P "--estimator wald_did", 2},
    {P "--estimator dose", 2},
    {P "--estimator rings --rings 5,20", 2},
    {P "--estimator rings", 2},
    {P "--estimator triple_difference", 2},
    {P "--estimator staggered_triple_difference", 2},
    {P "--estimator event_study --reference 0", 2},
    {P "--estimator event_study --reference -40", 1},
    {P "--estimator lp_did --event 1:3", 2},
    {P "--estimator synthetic_did --resample bootstrap --event 2:3", 2},
    {P "--estimator stacked --event -9:9", 1},
    {P "--estimator twfe --x g", 0},
    {P "--estimator poisson --vcov cr2", 2},
    {P "--estimator roll_out --x x", 2},
    {P "--estimator callaway_santanna --x c --fix-weights base --aggregate cells --anticipation 9",
     1},
    /* notes of what changes nothing or is left out */
    {P "--estimator twfe --neyman", 0},
    {P "--estimator twfe,callaway_santanna --anticipation 1", 0},
    {P "--estimator twfe --cutoff 3", 0},
    {P "--estimator twfe --x x,x2", 0},
    {P "--estimator twfe --format csv --diagnose all --draws 99", 0},
    {"did late.csv" ROLES "--never 7,3,NA --estimator twfe", 0},
    {"did late.csv" ROLES "--format csv", 0},
};

static void test_program(void **state)
{
    (void)state;
    static said_t said;
    run_program(&said, "version"); /* makes the folder */
    write_files();
    for (size_t i = 0; i < sizeof of_program / sizeof *of_program; i++) {
        char line[600];
        snprintf(line, sizeof line, "%s", of_program[i].input);
        run_program(&said, line);
        expect_code("jiedao", &of_program[i], said.status, said.err);
        if (strstr(said.err, getenv("HERE"))) fail_msg("%s: names a path", line);
    }
}

/* ---- The golden file ---- */

static int by_key(const void *a, const void *b)
{
    return strcmp(a, b); /* the key is the first member */
}

static void test_sentences(void **state)
{
    (void)state;
    static char golden[sizeof sorted];
    size_t at = 0;
    assert_int_equal(n_wrong, 0);
    assert_true(n_found >= 150);
    qsort(found, (size_t)n_found, sizeof *found, by_key);
    for (int i = 0; i < n_found; i++) {
        if (i && !strcmp(found[i].key, found[i - 1].key)) fail_msg("twice: %s", found[i].key);
        at += (size_t)snprintf(sorted + at, sizeof sorted - at, "%s\n", found[i].key);
        for (const char *p = found[i].text; *p;) { /* lines, indented */
            const int n = (int)strcspn(p, "\n");
            at += (size_t)snprintf(sorted + at, sizeof sorted - at, "    %.*s\n", n, p);
            p += n + (p[n] == '\n');
        }
        assert_true(at < sizeof sorted);
    }
    const char *path = JD_SOURCE_DIR "/tests/golden/messages.txt";
    FILE *file = fopen(path, getenv("JD_GOLDEN_UPDATE") ? "w" : "r");
    if (!file) fail_msg("%s cannot be opened", path);
    if (getenv("JD_GOLDEN_UPDATE"))
        fputs(sorted, file);
    else
        golden[fread(golden, 1, sizeof golden - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    if (getenv("JD_GOLDEN_UPDATE")) return;
    const char *a = golden, *b = sorted;
    for (int line = 1; *a || *b; line++) {
        const size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        if (n != m || strncmp(a, b, n) != 0)
            fail_msg("messages.txt:%d: '%.*s' is now '%.*s'; if so intended, run "
                     "tests/golden/renew_messages.sh",
                     line, (int)n, a, (int)m, b);
        a += n + (a[n] == '\n');
        b += m + (b[m] == '\n');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configs), cmocka_unit_test(test_settings),
        cmocka_unit_test(test_paths),   cmocka_unit_test(test_options),
        cmocka_unit_test(test_program), cmocka_unit_test(test_sentences),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
