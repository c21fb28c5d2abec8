/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of jiedao did: each goes where its row says, and nowhere else. */
#include <string.h>

#include "cli/did_options.h"
#include "dataset/request.h"
#include "support.h"

static jd_ctx_t ctx;
static jd_args_t args;
static jd_did_wish_t wish;
static jd_request_t *request;
#define ask (*request)

static void read_line(int n, const char *const *words)
{
    char *line[40];
    for (int i = 0; i < n; i++)
        line[i] = (char *)(uintptr_t)words[i];
    jd_ctx_init(&ctx);
    if (jd_args_parse(
            &args,
            &(jd_command_t){
                .name = "did", .words = "DATA", .max_words = 1, .make_options = jd_did_option_rows},
            n, line, &ctx) ||
        jd_did_wish_read(&wish, &request, &args, &ctx))
        fail_msg("%s", ctx.message);
}

static void free_line(void)
{
    jd_request_free(request);
    jd_did_wish_free(&wish);
    jd_args_free(&args);
}

#define READ(...)                                              \
    do {                                                       \
        static const char *const words[] = {__VA_ARGS__};      \
        read_line((int)(sizeof words / sizeof *words), words); \
    } while (0)

static void test_nothing_given(void **state)
{
    (void)state;
    jd_did_options_t usual;
    jd_did_defaults(&usual);
    READ("d.csv");
    assert_memory_equal(&ask.how, &usual, sizeof usual);
    assert_memory_equal(&ask.vcov, &(jd_vcov_options_t){0}, sizeof ask.vcov);
    assert_true(ask.level > 0.94 && ask.level < 0.96);
    assert_string_equal(ask.estimators, "all");
    free_line();
}

static void test_each_kind_of_value(void **state)
{
    (void)state;
    READ("d.csv", "--y=b", "--x", "p", "--x=q,r", "--reference=-5", "--aggregate", "calendar",
         "--control", "not_yet", "--anticipation", "2", "--universal-base", "--event",
         "-3:", "--bin=:4", "--reference", "-1,-99", "--pretrend", "all", "--vcov", "hc1",
         "--draws", "99", "--seed", "9223372036854775807", "--level", "0.9", "--separator",
         "semicolon");
    assert_string_equal(ask.roles.y, "b");
    assert_string_equal(ask.roles.x, "p,q,r"); /* lists add up */
    assert_int_equal(ask.how.aggregate, JD_AGGREGATE_CALENDAR);
    assert_int_equal(ask.how.control, JD_CONTROL_NOT_YET);
    assert_int_equal(ask.how.anticipation, 2);
    assert_int_equal(ask.how.group_time.universal_base, 1);
    assert_int_equal(ask.how.event_first, -3);
    assert_int_equal(ask.how.event_last, INT32_MAX);
    assert_int_equal(ask.how.bin_first, INT32_MIN);
    assert_int_equal(ask.how.bin_last, 4);
    assert_int_equal(ask.how.reference.n, 3);
    assert_int_equal(ask.how.reference.value[0], -5);
    assert_int_equal(ask.how.reference.value[2], -99);
    assert_int_equal(ask.how.imputation.pretrend.n, -1);
    assert_int_equal(ask.vcov.kind, JD_VCOV_HC1);
    assert_int_equal(ask.vcov.draws, 99);
    assert_true(ask.vcov.seed == INT64_MAX);
    assert_true(ask.level > 0.89 && ask.level < 0.91);
    assert_int_equal(wish.file.style.separator, ';');
    free_line();
}

/* What the request comes to. */
static jd_vcov_options_t settled(void)
{
    jd_own_roles_t roles;
    jd_own_ask_t own;
    jd_vcov_options_t vcov;
    assert_int_equal(jd_request_settle(request, &roles, &own, &vcov, &ctx), JD_OK);
    return vcov;
}

/* Two clusters are two ways, unless something else is asked for. */
static void test_two_clusters(void **state)
{
    (void)state;
    READ("d.csv", "--cluster", "a,b");
    assert_int_equal(settled().kind, JD_VCOV_MULTIWAY);
    free_line();
    READ("d.csv", "--cluster", "a,b", "--vcov", "conley", "--cutoff", "12.5");
    assert_int_equal(settled().kind, JD_VCOV_CONLEY);
    assert_true(settled().cutoff_km > 12.4 && settled().cutoff_km < 12.6);
    free_line();
}

/* Zeroed options of covariances are the defaults of their rows, and a name sets what its row says.
 */
static void test_options_of_covariances(void **state)
{
    (void)state;
    jd_vcov_options_t usual = {0}, v = {0};
    const jd_param_t *row;
    jd_ctx_init(&ctx);
    for (int i = 0; (row = jd_vcov_option_at(i)); i++)
        assert_int_equal(jd_vcov_option_set(&v, row->name, row->fallback, &ctx), JD_OK);
    assert_memory_equal(&v, &usual, sizeof v);
    assert_int_equal(jd_vcov_option_set(&v, "vcov", "conley", &ctx), JD_OK);
    assert_int_equal(v.kind, JD_VCOV_CONLEY);
    assert_int_equal(jd_vcov_option_set(&v, "vcov", "cv3j", &ctx), JD_OK);
    assert_int_equal(v.kind, JD_VCOV_CV3J);
    assert_int_equal(jd_vcov_option_set(&v, "resample", "bootstrap", &ctx), JD_OK);
    assert_int_equal(v.resample, JD_RESAMPLE_BOOTSTRAP);
    assert_int_equal(jd_vcov_option_set(&v, "k_fix", "none", &ctx), JD_ERR_UNKNOWN_KEY);
    assert_non_null(strstr(ctx.message, "did you mean 'k_fixed'?"));
    assert_int_equal(jd_vcov_option_set(&v, "lag", "-2", &ctx), JD_ERR_VALUE);
    assert_null(jd_vcov_option_kinds(jd_vcov_option_at(0)));
    assert_string_equal(jd_vcov_option_kinds(jd_vcov_option_at(1)), "newey_west,driscoll_kraay");
}

/* Diagnostics: names are their own, defaults are read and are the zeroed struct. */
static void test_diagnostics(void **state)
{
    (void)state;
    static jd_diagnostic_options_t options, usual, zero;
    char why[256];
    jd_diagnostic_defaults(&usual);
    assert_memory_equal(&usual, &zero, sizeof zero);
    for (int i = 0; jd_diagnostics[i]; i++) {
        const jd_diagnostic_t *d = jd_diagnostics[i];
        assert_ptr_equal(jd_diagnostic_find(d->name), d);
        assert_non_null(d->run);
        assert_true(*d->label);
        for (const jd_param_t *p = d->options; p && p->name; p++)
            if (jd_param_parse(p, p->fallback, (char *)&options + p->offset, why, sizeof why))
                fail_msg("%s = %s: %s", p->name, p->fallback, why);
    }
    assert_null(jd_diagnostic_find("bakon"));
    READ("d.csv", "--honest-mbar", "0.5,1", "--honest-mbar", "3", "--wild-type=31",
         "--randomise-by", "coefficient");
    assert_int_equal(ask.diagnose.honest.mbar.n, 3);
    assert_int_equal(ask.diagnose.wild.type, 2);
    assert_int_equal(ask.diagnose.randomisation.statistic, JD_RANDOMISE_COEFFICIENT);
    free_line();
}

/* No two rows fill the same member, none lies outside, none lacks a way to be read. */
static void test_rows_fill_members_of_their_own(void **state)
{
    (void)state;
    static int filled[sizeof(struct jd_request)];
    int n = 0;
    for (const jd_own_option_t *o = jd_own_options(); o->name; o++, n++) {
        assert_int_not_equal(o->kind.read, JD_READ_NOT);
        assert_true(o->at < sizeof(struct jd_request));
        assert_true(*o->name && *o->help && *o->underscored);
        if (filled[o->at]++) fail_msg("--%s fills what another option fills", o->name);
        assert_true((o->kind.read == JD_READ_SWITCH) == !o->value);
        if (o->kind.read == JD_READ_CHOICE) assert_non_null(o->kind.choices);
        if (o->kind.read == JD_READ_INT) assert_true(o->kind.low < o->kind.high);
    }
    assert_true(n > 30);
}

/* The command has all of them, and its own. */
static void test_the_command_has_all(void **state)
{
    (void)state;
    int n = 0, own = 0;
    for (const jd_option_t *o = jd_did_option_rows(); o->name; o++, n++)
        own += jd_did_is_own(o);
    for (const jd_own_option_t *o = jd_own_options(); o->name; o++)
        n--;
    assert_int_equal(own, 17);
    assert_int_equal(n, own - 2); /* outcome-weights and rows-out are files here */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_given),
        cmocka_unit_test(test_each_kind_of_value),
        cmocka_unit_test(test_two_clusters),
        cmocka_unit_test(test_options_of_covariances),
        cmocka_unit_test(test_diagnostics),
        cmocka_unit_test(test_rows_fill_members_of_their_own),
        cmocka_unit_test(test_the_command_has_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
