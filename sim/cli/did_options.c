/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of jiedao did, a row each: name, what is read, and the member it goes to. */
#include "cli/did_options.h"

#include <stdlib.h>
#include <string.h>

/* A row: name, what the help calls the value, the member of jd_did_request_t, limits, help. */
#define ROW(row_name, row_value, kind, member, row_help)                          \
    .name = (row_name), .value = (row_value), .read = (kind), .help = (row_help), \
    .at = offsetof(jd_did_request_t, member)
#define TEXT(name, value, member, help) ROW(name, value, JD_READ_TEXT, member, help)
#define NAMES(name, value, member, help) TEXT(name, value, member, help), .repeat = JD_REPEAT_ADDS
#define SWITCH(name, member, help) ROW(name, NULL, JD_READ_SWITCH, member, help)
#define CHOICE(name, value, member, names, help) \
    ROW(name, value, JD_READ_CHOICE, member, help), .choices = (names)
#define INT(name, value, member, least, most, help) \
    ROW(name, value, JD_READ_INT, member, help), .low = (least), .high = (most)
#define RANGE(name, member, help) ROW(name, "A:B", JD_READ_RANGE, member, help)

/* Estimators that take the same options. */
#define COHORTS "callaway_santanna,staggered_triple_difference"
#define SYNTHETIC "synthetic_did,synthetic_control,block_did"
#define EXTENDED "etwfe,etwfe_poisson"
#define DOSES "dose,wald_did"
#define EFFECTS EXTENDED ",twfe,event_study,sun_abraham,rings,triple_difference,poisson"
#define FIXED EFFECTS ",imputation,two_stage,did_multiplegt_dyn"

/* Names in the order the library counts them. */
static const char *const aggregates[] = {"event", "overall", "cohort", "calendar", "cells", NULL};
static const char *const controls[] = {"never", "not_yet", NULL};
static const char *const methods[] = {"dr", "reg", "ipw", "improved", "abadie", NULL};
static const char *const variances[] = {
    "cluster", "iid",  "hc1",        "multiway",       "hc2",    "hc3", "cr2", "cr3",
    "cv3",     "cv3j", "newey_west", "driscoll_kraay", "conley", NULL};
static const char *const distances[] = {"haversine", "spherical", "triangular", NULL};
static const char *const kernels[] = {"uniform", "bartlett", NULL};
static const char *const laws[] = {"rademacher", "webb", "mammen", NULL};
static const char *const wild_types[] = {"11", "13", "31", "33", NULL};
static const char *const statistics[] = {"t", "coefficient", NULL};
static const char *const fixes[] = {"earlier", "varying", "first", "base", NULL};
static const char *const adjusts[] = {"efficient", "did", "none", NULL};
static const char *const switchers[] = {"both", "in", "out", NULL};
static const char *const k_fixed[] = {"nested", "full", "none", NULL};
static const char *const resamples[] = {"auto", "placebo", "jackknife", "bootstrap", NULL};
static const char *const bootstraps[] = {"none", "pairs", "block", NULL};
static const char *const exposures[] = {"rings", "count", "share", "decay", "given", NULL};
static const char *const formats[] = {"text", "csv", "json", "latex", "markdown", NULL};
static const char *const spacings[] = {"auto",    "rank", "day",  "week",    "month",
                                       "quarter", "half", "year", "integer", NULL};
static const char *const orders[] = {"auto", "dmy", "mdy", NULL};
static const char *const all[] = {"all", NULL};

/* A range fills two neighbours. */
_Static_assert(offsetof(jd_did_options_t, bin_last) ==
                   offsetof(jd_did_options_t, bin_first) + sizeof(int32_t),
               "bin_last follows bin_first");
_Static_assert(offsetof(jd_did_options_t, event_last) ==
                   offsetof(jd_did_options_t, event_first) + sizeof(int32_t),
               "event_last follows event_first");
_Static_assert(sizeof(jd_aggregate_t) == sizeof(int), "enums are ints");

const jd_option_t jd_did_option_rows[] = {
    {TEXT("y", "NAME", roles.y, "outcome"), .head = "columns"},
    {TEXT("unit", "NAME", roles.unit, "unit: a county, a firm, a person")},
    {TEXT("time", "NAME", roles.time, "period: whole numbers, or dates such as 2020Q1, 31mar2020")},
    {TEXT("cohort", "NAME", roles.cohort, "first treated period; 0, empty and inf = never")},
    {TEXT("never", "CODES", roles.never,
          "codes of --cohort that mean never, by commas; '' = none, not even 0")},
    {TEXT("treat", "NAME", roles.treat, "or the treatment itself, 0 or 1")},
    {TEXT("dose", "NAME", roles.dose, "treatment as an amount, beside these or alone")},
    {TEXT("eligible", "NAME", roles.eligible,
          "0 or 1: whom the policy is for, in triple differences"),
     .of = "triple_difference,staggered_triple_difference"},
    {NAMES("x", "NAMES", roles.x, "covariates, joined by commas")},
    {NAMES("fe", "NAMES", roles.fixed,
           "fixed effects beside unit and period, by commas; a^b crosses two, a[x] has slopes of x "
           "too"),
     .of = FIXED},
    {NAMES("absorb", "NAMES", roles.absorb, "or exactly these: unit and period only where named"),
     .of = FIXED},
    {TEXT("weights", "NAME", roles.weights, "weights of rows, 0 or more")},
    {NAMES("cluster", "NAMES", roles.cluster,
           "clusters, one way or two: a or a,b; default: the units")},
    {TEXT("coords", "LAT,LON", roles.coords, "latitude and longitude, in degrees"),
     .of = "rings,conley"},
    {TEXT("table", "NAME", roles.table, "of a jiedao file; default panel/county")},
    {TEXT("separator", "SIGN", separator,
          "of a CSV file: comma, semicolon, tab; default: found out")},
    {TEXT("decimal", "SIGN", decimal, "of a CSV file: point or comma; default: found out")},
    {CHOICE("periods", "UNIT", roles.periods, spacings,
            "what event times count: day, week, month, quarter, half, year; rank: the observed "
            "periods; integer: numbers are no dates")},
    {CHOICE("date-order", "ORDER", roles.date_order, orders,
            "of dates such as 1/2/2018: dmy or mdy; default: found out")},
    {NAMES("missing", "WORDS", roles.style.missing,
           "of a CSV or Stata file: codes of missing values, by commas: -999,n.a.")},

    {NAMES("estimator", "NAMES", estimators, "all (default), or some, joined by commas"),
     .head = "estimators"},
    {NAMES("diagnose", "NAMES", diagnostics,
           "by commas, or all: bacon, twfe_weights, honest, pretrend, effects_equal, wild, "
           "randomisation, conley_taber")},
    {ROW("honest-mbar", "NUMBERS", JD_READ_NUMBERS, mbar,
         "of honest: breaks in trend, in those seen before; default 0.5,1,1.5,2"),
     .of = "honest"},
    {ROW("honest-m", "NUMBERS", JD_READ_NUMBERS, m,
         "of honest: changes of slope; default 0 to half a standard error"),
     .of = "honest"},
    {SWITCH("honest-average", trends.average,
            "of honest: for the mean effect after treatment, not the first"),
     .of = "honest"},
    {CHOICE("wild-weights", "LAW", inference.law, laws,
            "of wild: rademacher (default), webb (fewer than about ten clusters), mammen"),
     .of = "wild"},
    {CHOICE("wild-type", "TYPE", inference.type, wild_types,
            "of wild: 11 (default), 13, 31, 33; 3 = as if each cluster were left out, in the "
            "residuals, in the standard errors"),
     .of = "wild"},
    {SWITCH("wild-unrestricted", inference.unrestricted,
            "of wild: the null is not imposed on the residuals (WCU)"),
     .of = "wild"},
    {SWITCH("randomise-clusters", inference.by_cluster,
            "of randomisation: whole clusters change their treatment, not units"),
     .of = "randomisation"},
    {TEXT("strata", "NAME", roles.strata,
          "of randomisation and --bootstrap block: treatment is dealt out anew, or clusters are "
          "drawn, within these alone"),
     .of = "randomisation,block"},
    {CHOICE("randomise-by", "KIND", inference.statistic, statistics,
            "of randomisation: what is compared: t (default), coefficient"),
     .of = "randomisation"},
    {CHOICE("aggregate", "KIND", how.aggregate, aggregates,
            "averages of cohorts' effects: event (default), overall, cohort, calendar, cells"),
     .of = COHORTS "," SYNTHETIC "," DOSES "," EXTENDED
                   ",sun_abraham,imputation,two_stage,roll_out,rings"},
    {SWITCH("cell-mean", how.cell_mean,
            "att beside event times or periods is the mean over treated cells"),
     .of = "callaway_santanna,staggered_triple_difference,lp_did"},
    {CHOICE("control", "KIND", how.control, controls,
            "whom cohorts are compared with: never (treated; default), not_yet"),
     .of = COHORTS "," DOSES "," EXTENDED ",stacked,lp_did"},
    {CHOICE("method", "KIND", how.method, methods,
            "covariates in callaway_santanna, drdid: dr (default), reg, ipw, improved, abadie"),
     .of = COHORTS ",drdid"},
    {SWITCH("drdid-sign", how.drdid_sign,
            "dr in cross-sections with the standard errors of the R packages did and DRDID"),
     .of = COHORTS ",drdid"},
    {INT("anticipation", "N", how.anticipation, 0, 1000,
         "periods before adoption that may already show an effect; default 0"),
     .of = COHORTS "," SYNTHETIC "," DOSES "," EXTENDED ",event_study,sun_abraham"},
    {SWITCH("universal-base", how.universal_base, "leads against the last period before treatment"),
     .of = COHORTS},
    {SWITCH("unbalanced", how.allow_unbalanced, "keep units not seen in every period"),
     .of = COHORTS},
    {CHOICE("fix-weights", "KIND", how.fix_weights, fixes,
            "weights that change over time: earlier (of the periods compared; default), varying, "
            "first, base"),
     .of = COHORTS ",drdid"},
    {SWITCH("cross-sections", how.cross_sections,
            "rows are units of their own; --unit is not needed")},
    {RANGE("event", how.event_first, "event times averaged; A: and :B leave an end open"),
     .of = COHORTS "," SYNTHETIC "," DOSES ",roll_out,did_multiplegt_dyn,stacked,lp_did"},
    {INT("balance", "N", how.balance_event, 0, 1000000,
         "only cohorts seen N periods after adoption"),
     .of = COHORTS},
    {ROW("reference", "TIMES", JD_READ_LIST, reference,
         "event times set to zero, by commas; default: each cohort's last period before adoption"),
     .of = EXTENDED ",event_study,sun_abraham,imputation,two_stage,rings"},
    {RANGE("bin", how.bin_first, "event times up to A are one term, and those from B on"),
     .of = EXTENDED ",event_study,sun_abraham,imputation,two_stage,rings"},
    {INT("bin-width", "N", how.bin_width, 2, 1000000,
         "event_study, sun_abraham: N event times are one term, counted from adoption"),
     .of = "event_study,sun_abraham"},
    {ROW("pretrend", "TIMES", JD_READ_LIST, pretrend,
         "leads tested among untreated rows: -1,-2, or all"),
     .choices = all, .of = "imputation"},
    {SWITCH("keep-singletons", how.keep_singletons, "keep rows alone in a level of a fixed effect"),
     .of = EFFECTS ",imputation,two_stage"},
    {ROW("rings", "KM", JD_READ_NUMBERS, rings,
         "outer edges of the rings of the estimator of this name, by commas: 25,50,100"),
     .of = "rings"},
    {CHOICE("exposure", "KIND", how.exposure, exposures,
            "of its units to treated others: rings (default), count, share, decay, given (--dose)"),
     .of = "rings"},
    {SWITCH("rings-on-treated", how.rings_on_treated, "exposures of the treated are terms too"),
     .of = "rings"},
    {INT("dose-degree", "N", how.dose_degree, 0, 5,
         "of the effect as a spline of the dose; default 3, 0 = bins"),
     .of = "dose"},
    {INT("dose-knots", "N", how.dose_knots, 0, 63, "its inner knots, at quantiles; default 0"),
     .of = "dose"},
    {ROW("dose-at", "DOSES", JD_READ_NUMBERS, dose_at,
         "doses at which effects are told, by commas; default: deciles"),
     .of = "dose"},
    {SWITCH("time-corrected", how.time_corrected,
            "wald_did: against controls of the same dose before, which stay at it"),
     .of = "wald_did"},
    {CHOICE("adjust", "KIND", how.adjust, adjusts,
            "roll_out: by outcomes before treatment: efficient (default), did, none"),
     .of = "roll_out"},
    {SWITCH("neyman", how.neyman, "roll_out: conservative variance"), .of = "roll_out"},
    {SWITCH("last-cohort-control", how.last_cohort_control,
            "roll_out: the last cohort, or the never treated, alone are controls"),
     .of = "roll_out"},
    {CHOICE("switchers", "KIND", how.switchers, switchers,
            "did_multiplegt_dyn: both (default), in, out"),
     .of = "did_multiplegt_dyn"},
    {SWITCH("normalized", how.normalized,
            "did_multiplegt_dyn: effects per unit of treatment so far"),
     .of = "did_multiplegt_dyn"},
    {SWITCH("same-switchers", how.same_switchers,
            "did_multiplegt_dyn: only those seen for all effects"),
     .of = "did_multiplegt_dyn"},
    {SWITCH("only-never-switchers", how.only_never_switchers,
            "did_multiplegt_dyn: controls never change their treatment"),
     .of = "did_multiplegt_dyn"},
    {SWITCH("same-switchers-pl", how.same_switchers_pl,
            "did_multiplegt_dyn: only those seen for all effects and placebos"),
     .of = "did_multiplegt_dyn"},
    {SWITCH("trends-lin", how.trends_lin, "did_multiplegt_dyn: a linear trend of each unit's own"),
     .of = "did_multiplegt_dyn"},
    {NAMES("predict-het", "NAMES", roles.het,
           "did_multiplegt_dyn: characteristics of units its effects may go with"),
     .of = "did_multiplegt_dyn"},
    {SWITCH("dont-drop-larger-lower", how.dont_drop_larger_lower,
            "did_multiplegt_dyn: keep treatments that have been above and below the first one"),
     .of = "did_multiplegt_dyn"},
    {SWITCH("reweight", how.reweight, "lp_did: adopters weigh equally, not by their controls"),
     .of = "lp_did"},
    {INT("premean", "N", how.premean, 1, 1000000,
         "lp_did: periods before adoption averaged into the base; default 1"),
     .of = "lp_did"},
    {SWITCH("no-composition", how.no_composition, "lp_did: the same units at all event times"),
     .of = "lp_did"},
    {SWITCH("pooled", how.pooled, "lp_did: one effect for all event times, one for all leads"),
     .of = "lp_did"},
    {INT("nonabsorbing", "L", how.nonabsorbing, 1, 1000000,
         "lp_did: --treat may end; units count again L periods after their last change"),
     .of = "lp_did"},
    {SWITCH("synthdid", how.synthdid,
            "synthetic weights as the R package synthdid's search leaves them"),
     .of = "synthetic_did,synthetic_control"},

    {CHOICE(
         "vcov", "KIND", vcov.kind, variances,
         "cluster (default), multiway, iid, hc1-3, cr2-3, cv3, newey_west, driscoll_kraay, conley"),
     .head = "uncertainty"},
    {INT("lag", "N", vcov.lag, -1, 1000000,
         "newey_west, driscoll_kraay: periods; default T^(1/4), -1 none"),
     .of = "newey_west,driscoll_kraay"},
    {ROW("cutoff", "KM", JD_READ_SIZE, vcov.cutoff_km, "conley: how far errors are correlated"),
     .of = "conley"},
    {CHOICE("kernel", "KIND", vcov.kernel, kernels, "conley: uniform (default), bartlett"),
     .of = "conley"},
    {CHOICE("distance", "KIND", vcov.distance, distances,
            "conley: haversine (default), fixest's spherical or triangular"),
     .of = "conley"},
    {SWITCH("satterthwaite", vcov.satterthwaite, "cluster: degrees of freedom by Satterthwaite"),
     .of = "2x2,twfe,event_study,sun_abraham,rings,stacked,triple_difference,etwfe"},
    {CHOICE("k-fixed", "KIND", vcov.k_fixed, k_fixed,
            "effects counted in K: nested (all but those in clusters; default), full, none"),
     .of = EFFECTS},
    {SWITCH("k-exact", vcov.k_exact, "K counts the rank of the fixed effects"), .of = EFFECTS},
    {SWITCH("own-cluster-factors", vcov.own_cluster_factors,
            "multiway: each way by its own G/(G-1), not by that of the fewest clusters"),
     .of = "multiway"},
    {SWITCH("no-k-adjustment", vcov.no_k_adjustment, "without the factor (n-1)/(n-K)"),
     .of = EFFECTS ",2x2,stacked,lp_did"},
    {SWITCH("no-cluster-adjustment", vcov.no_cluster_adjustment, "without the factor G/(G-1)"),
     .of = EFFECTS ",2x2,stacked,lp_did"},
    {ROW("level", "P", JD_READ_SHARE, level, "level of the intervals; default 0.95")},
    {CHOICE("resample", "KIND", vcov.resample, resamples,
            "synthetic_did and its like: auto (default), placebo, jackknife, bootstrap, which "
            "did_multiplegt_dyn takes too"),
     .of = SYNTHETIC ",did_multiplegt_dyn"},
    {CHOICE("bootstrap", "KIND", inference.bootstrap, bootstraps,
            "whole clusters are drawn again and all is estimated anew: pairs, or block: within "
            "--strata, or dates of adoption; percentile intervals")},
    {SWITCH("bands", vcov.bands, "intervals that hold for all event times at once, where known")},
    {INT("draws", "N", vcov.draws, 1, 10000000, "of what is simulated; default: each its own")},
    {ROW("seed", "N", JD_READ_SEED, vcov.seed, "of what is simulated; default 0")},

    {CHOICE("format", "FORMAT", format, formats, "text (default), csv, json, latex, markdown"),
     .head = "output"},
    {TEXT("plot", "FILE", plot, "effects by event time: NAME.pdf, NAME.png or NAME.svg")},
    {TEXT("honest-plot", "FILE", honest_plot, "robust sets of --diagnose honest, likewise"),
     .of = "honest"},
    {TEXT("outcome-weights", "FILE", outcome_weights,
          "CSV file of the weights on outcomes of linear estimators")},
    {SWITCH("force", force, "replace files of these names that are not jiedao's own figures too")},
    {.name = NULL},
};

/* A sign, or its name. */
static int read_sign(const char *option, const char *text, char *sign, jd_ctx_t *ctx)
{
    static const struct {
        const char *name;
        char sign;
    } names[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"\\t", '\t'}, {"point", '.'}};
    if (!text) return JD_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(text, names[i].name)) *sign = names[i].sign;
    if (!*sign && strlen(text) == 1) *sign = *text;
    if (*sign) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "did: --%s = %s: must be one sign, or comma, semicolon, tab, point", option,
                   text);
}

/* Two ways of clustering are asked for by naming them; and places are as near as is said. */
static int settle_vcov(jd_did_request_t *request, jd_ctx_t *ctx)
{
    jd_vcov_options_t *v = &request->vcov;
    const char *names = request->roles.cluster;
    const bool two = names && strchr(names, ',');
    if (two && v->kind == JD_VCOV_CLUSTER) v->kind = JD_VCOV_MULTIWAY;
    if (two && v->kind >= JD_VCOV_CR2 && v->kind <= JD_VCOV_CV3J)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--cluster %s: cr2, cr3, cv3 and cv3j take clusters one way; name one "
                       "column, or take --vcov multiway",
                       names);
    if (request->inference.bootstrap && v->kind != JD_VCOV_CLUSTER)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--bootstrap draws clusters of one way and --vcov, or a second --cluster, "
                       "asks for other errors: take one of them");
    if (v->kind == JD_VCOV_CONLEY && !(v->cutoff_km > 0))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--vcov conley: up to how many kilometres are errors correlated? "
                       "--cutoff KM, as --cutoff 100");
    return JD_OK;
}

int jd_did_request_read(jd_did_request_t *request, const jd_args_t *args, jd_ctx_t *ctx)
{
    memset(request, 0, sizeof *request);
    jd_did_defaults(&request->how);
    request->level = 0.95;
    request->estimators = "all";
    int rc = jd_args_fill(args, request, ctx);
    if (!rc) rc = read_sign("separator", request->separator, &request->roles.style.separator, ctx);
    if (!rc) rc = read_sign("decimal", request->decimal, &request->roles.style.decimal, ctx);
    if (!rc) rc = settle_vcov(request, ctx);
    request->roles.origin = request->outcome_weights;
    request->roles.triple = !strcmp(request->estimators, "triple_difference") ||
                            !strcmp(request->estimators, "staggered_triple_difference");
    request->roles.no_unit = request->how.cross_sections;
    request->how.reference = request->reference.value;
    request->how.n_reference = request->reference.n;
    request->how.pretrend = request->pretrend.value;
    request->how.n_pretrend = request->pretrend.n;
    request->how.ring = request->rings.value;
    request->how.n_rings = request->rings.n;
    request->trends.mbar = request->mbar.value;
    request->trends.n_mbar = request->mbar.n;
    request->trends.m = request->m.value;
    request->trends.n_m = request->m.n;
    request->how.dose_at = request->dose_at.value;
    request->how.n_dose_at = request->dose_at.n;
    return rc;
}

void jd_did_request_free(jd_did_request_t *request)
{
    free(request->reference.value);
    free(request->pretrend.value);
    free(request->rings.value);
    free(request->mbar.value);
    free(request->m.value);
    free(request->dose_at.value);
    memset(request, 0, sizeof *request);
}
