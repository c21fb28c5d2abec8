/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The estimators' options by name: rows that several families share, and a walk over all there are.
 */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "did/base/design.h"

#define AT(field) offsetof(jd_did_options_t, field)

/* A range fills two neighbours. */
_Static_assert(AT(bin_last) == AT(bin_first) + sizeof(int32_t), "bin_last follows bin_first");
_Static_assert(AT(event_last) == AT(event_first) + sizeof(int32_t), "event_last follows");
_Static_assert(sizeof(jd_aggregate_t) == sizeof(int32_t), "choices are 32-bit numbers");

/* In the order of the bits JD_USES_... . */
static const jd_param_t common[] = {
    {"aggregate", JD_PARAM_CHOICE, AT(aggregate), "event", 0, 0,
     "event | overall | cohort | calendar | cells", "",
     "averages of cohorts' effects: by event time, one, by cohort, by period, none",
     "Callaway and Sant'Anna 2021, section 3", JD_RESULT},
    {"cell_mean", JD_PARAM_FLAG, AT(cell_mean), "no", 0, 0, NULL, "",
     "att beside event times or periods is the mean over treated cells", "", JD_RESULT},
    {"control", JD_PARAM_CHOICE, AT(control), "never", 0, 0, "never | not_yet", "",
     "whom cohorts are compared with: the never treated, or also the not yet treated", "",
     JD_RESULT},
    {"anticipation", JD_PARAM_INT32, AT(anticipation), "0", 0, 1000, NULL, "periods",
     "periods before adoption that may already show an effect", "", JD_RESULT},
    {"event", JD_PARAM_RANGE, AT(event_first), ":", -1000000, 1000000, NULL, "",
     "event times averaged; A: and :B leave an end open", "", JD_RESULT},
    {"reference", JD_PARAM_INTS, AT(reference), "", -1000000, 1000000, NULL, "times",
     "event times set to zero, by commas; none: each cohort's last period before adoption", "",
     JD_RESULT},
    {"bin", JD_PARAM_RANGE, AT(bin_first), ":", -1000000, 1000000, NULL, "",
     "event times up to A are one term, and those from B on", "", JD_RESULT},
    {"bin_width", JD_PARAM_INT32, AT(bin_width), "0", 0, 1000000, NULL, "",
     "number of event times in one term, counted from adoption; 0 = each its own", "", JD_RESULT},
    {"keep_singletons", JD_PARAM_FLAG, AT(keep_singletons), "no", 0, 0, NULL, "",
     "keep rows alone in a level of a fixed effect", "fixest 0.11 drops them", JD_RESULT},
    {"cross_sections", JD_PARAM_FLAG, AT(cross_sections), "no", 0, 0, NULL, "",
     "rows are units of their own: repeated cross-sections", "", JD_RESULT},
};
enum { N_COMMON = sizeof common / sizeof *common };
_Static_assert(1 << (N_COMMON - 1) == JD_USES_CROSS_SECTIONS, "a bit a row");

static int place_in_common(const jd_param_t *option)
{
    for (int i = 0; i < N_COMMON; i++)
        if (&common[i] == option) return i;
    return -1;
}

/* Whether an estimator before this one takes it too: a family shares its rows. */
static bool is_listed_before(int estimator, const jd_param_t *option)
{
    for (int i = 0; i < estimator; i++)
        if (jd_did_option_is_of(option, jd_estimators[i])) return true;
    return false;
}

const jd_param_t *jd_did_option_at(int index)
{
    if (index < N_COMMON) return index < 0 ? NULL : &common[index];
    index -= N_COMMON;
    for (int e = 0; jd_estimators[e]; e++) {
        for (const jd_param_t *own = jd_estimators[e]->options; own && own->name; own++)
            if (!is_listed_before(e, own) && index-- == 0) return own;
    }
    return NULL;
}

bool jd_did_option_is_of(const jd_param_t *option, const jd_estimator_t *estimator)
{
    const int bit = place_in_common(option);
    if (bit >= 0) return estimator->uses & 1u << bit;
    for (const jd_param_t *own = estimator->options; own && own->name; own++)
        if (own == option) return true;
    return false;
}

/* Options of covariances that not all estimators' inference reads; the others are for all. */
bool jd_vcov_option_is_of(const jd_param_t *option, const jd_estimator_t *estimator)
{
#define VCOV(field) offsetof(jd_vcov_options_t, field)
    static const struct {
        size_t offset;
        uint32_t infers;
    } some[] = {{VCOV(satterthwaite), JD_INFERS_SATTERTHWAITE},
                {VCOV(k_fixed), JD_INFERS_EFFECTS},
                {VCOV(k_exact), JD_INFERS_EFFECTS},
                {VCOV(no_k_adjustment), JD_INFERS_FACTORS},
                {VCOV(no_cluster_adjustment), JD_INFERS_FACTORS},
                {VCOV(resample), JD_INFERS_RESAMPLE}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        if (some[i].offset == option->offset) return estimator->infers & some[i].infers;
    return true;
}

static const jd_param_t *find(const char *name, const char **near)
{
    const char *names[128];
    int n = 0;
    for (const jd_param_t *o; (o = jd_did_option_at(n)) && n < 128; n++) {
        if (!strcmp(o->name, name)) return o;
        names[n] = o->name;
    }
    *near = jd_nearest(name, names, n);
    return NULL;
}

int jd_did_option_set(jd_did_options_t *options, const char *name, const char *text, jd_ctx_t *ctx)
{
    const char *near = NULL;
    char why[256];
    const jd_param_t *option = find(name, &near);
    if (!option)
        return jd_fail(ctx, JD_ERR_UNKNOWN_KEY, "%s: there is no such option%s%s%s", name,
                       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    int rc = jd_param_parse(option, text, (char *)options + option->offset, why, sizeof why);
    return rc ? jd_fail(ctx, rc, "%s = %s %s", name, text, why) : JD_OK;
}

static void set_defaults(jd_did_options_t *options, const jd_param_t *rows, int n)
{
    char why[256];
    for (int i = 0; i < n && rows[i].name; i++) {
        int rc = jd_param_parse(&rows[i], rows[i].fallback, (char *)options + rows[i].offset, why,
                                sizeof why);
        (void)rc; /* a test reads all defaults */
    }
}

/* Family by family, not by jd_did_option_at(), which starts over at each index; rows that a family
 * shares are set more than once to the same. */
void jd_did_defaults(jd_did_options_t *options)
{
    memset(options, 0, sizeof *options);
    set_defaults(options, common, N_COMMON);
    for (int e = 0; jd_estimators[e]; e++)
        if (jd_estimators[e]->options) set_defaults(options, jd_estimators[e]->options, INT_MAX);
}
