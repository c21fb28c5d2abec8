/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of covariances by name, a row each. Zeroed options have all defaults. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "jiedao/linear.h"

#define AT(field) offsetof(jd_vcov_options_t, field)

_Static_assert(sizeof(jd_vcov_t) == sizeof(int32_t), "choices are 32-bit numbers");

/* Choices in the order of their enumerations; `kinds`: those that read the option, NULL = all. */
static const struct {
    jd_param_t row;
    const char *kinds;
} options[] = {
    {{"vcov", JD_PARAM_CHOICE, AT(kind), "cluster", 0, 0,
      "cluster | iid | hc1 | multiway | hc2 | hc3 | cr2 | cr3 | cv3 | cv3j | newey_west | "
      "driscoll_kraay | conley",
      "", "standard errors", "", JD_RESULT},
     NULL},
    {{"lag", JD_PARAM_INT32, AT(lag), "0", -1, 1000000, NULL, "periods",
      "periods over which errors are correlated; 0 = T^(1/4), -1 = none", "", JD_RESULT},
     "newey_west,driscoll_kraay"},
    {{"cutoff", JD_PARAM_DOUBLE, AT(cutoff_km), "0", 0, 1e300, NULL, "km",
      "how far errors are correlated; 0 = not given", "", JD_RESULT},
     "conley"},
    {{"kernel", JD_PARAM_CHOICE, AT(kernel), "uniform", 0, 0, "uniform | bartlett", "",
      "weight of two places by their distance", "", JD_RESULT},
     "conley"},
    {{"distance", JD_PARAM_CHOICE, AT(distance), "haversine", 0, 0,
      "haversine | spherical | triangular", "",
      "how distances are measured; the last two are fixest's", "", JD_RESULT},
     "conley"},
    {{"satterthwaite", JD_PARAM_FLAG, AT(satterthwaite), "no", 0, 0, NULL, "",
      "degrees of freedom of clustered errors by Satterthwaite", "Bell and McCaffrey 2002",
      JD_RESULT},
     "cluster"},
    {{"k_fixed", JD_PARAM_CHOICE, AT(k_fixed), "nested", 0, 0, "nested | full | none", "",
      "fixed effects counted in K; nested: all but those nested in clusters", "", JD_RESULT},
     NULL},
    {{"k_exact", JD_PARAM_FLAG, AT(k_exact), "no", 0, 0, NULL, "",
      "K counts the rank of the fixed effects", "", JD_RESULT},
     NULL},
    {{"own_cluster_factors", JD_PARAM_FLAG, AT(own_cluster_factors), "no", 0, 0, NULL, "",
      "each way by its own G/(G-1), not by that of the fewest clusters", "", JD_RESULT},
     "multiway"},
    {{"no_k_adjustment", JD_PARAM_FLAG, AT(no_k_adjustment), "no", 0, 0, NULL, "",
      "without the factor (n-1)/(n-K)", "", JD_RESULT},
     NULL},
    {{"no_cluster_adjustment", JD_PARAM_FLAG, AT(no_cluster_adjustment), "no", 0, 0, NULL, "",
      "without the factor G/(G-1)", "", JD_RESULT},
     NULL},
    {{"resample", JD_PARAM_CHOICE, AT(resample), "auto", 0, 0,
      "auto | placebo | jackknife | bootstrap", "",
      "how samples for standard errors are drawn; did_multiplegt_dyn accepts bootstrap alone", "",
      JD_RESULT},
     NULL},
    {{"bands", JD_PARAM_FLAG, AT(bands), "no", 0, 0, NULL, "",
      "intervals that hold for all event times at once, where known", "", JD_RESULT},
     NULL},
    {{"draws", JD_PARAM_INT32, AT(draws), "0", 0, 10000000, NULL, "draws",
      "draws of bootstraps and simulated laws; 0 = the method's own number", "", JD_RESULT},
     NULL},
    {{"seed", JD_PARAM_INT, AT(seed), "0", 0, (double)INT64_MAX, NULL, "",
      "random seed of bootstraps and simulated laws", "", JD_RESULT},
     NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

const jd_param_t *jd_vcov_option_at(int index)
{
    return index < 0 || index >= N_OPTIONS ? NULL : &options[index].row;
}

const char *jd_vcov_option_kinds(const jd_param_t *option)
{
    for (int i = 0; i < N_OPTIONS; i++)
        if (&options[i].row == option) return options[i].kinds;
    return NULL;
}

int jd_vcov_option_set(jd_vcov_options_t *target, const char *name, const char *text, jd_ctx_t *ctx)
{
    const char *names[N_OPTIONS];
    char why[512];
    for (int i = 0; i < N_OPTIONS; i++) {
        const jd_param_t *row = &options[i].row;
        names[i] = row->name;
        if (strcmp(row->name, name) != 0) continue;
        int rc = jd_param_parse(row, text, (char *)target + row->offset, why, sizeof why);
        return rc ? jd_fail(ctx, rc, "%s = %s %s", name, text, why) : JD_OK;
    }
    const char *near = jd_nearest(name, names, N_OPTIONS);
    return jd_fail(ctx, JD_ERR_UNKNOWN_KEY, "%s: there is no such option of covariances%s%s%s",
                   name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}
