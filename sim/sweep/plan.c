/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/plan.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "run/setting.h"

#define ROW(field) offsetof(jd_plan_params_t, field)
static const jd_param_t params[] = {
    {"design", JD_PARAM_CHOICE, ROW(design), "grid", 0, 0,
     "grid | list | lhs | sobol | saltelli | morris", "1",
     "how points are laid out: lists crossed or side by side, or drawn from ranges", "assumed",
     JD_RESULT},
    {"replicates", JD_PARAM_INT, ROW(replicates), "1", 1, 1e6, NULL, "runs",
     "runs of each point, with other draws", "assumed", JD_RESULT},
    {"first", JD_PARAM_INT, ROW(first), "0", 0, 1e9, NULL, "runs",
     "replicates before the first one: 200 goes on where a sweep of 200 ended", "assumed",
     JD_RESULT},
    {"points", JD_PARAM_INT, ROW(points), "64", 1, 1e6, NULL, "1",
     "points of lhs and sobol, base rows of saltelli, trajectories of morris", "assumed",
     JD_RESULT},
    {"levels", JD_PARAM_INT, ROW(levels), "4", 2, 100, NULL, "1",
     "levels a factor takes in morris; even", "Morris 1991", JD_RESULT},
    {"common", JD_PARAM_FLAG, ROW(common), "yes", 0, 0, NULL, "1",
     "replicate r draws the same random numbers at every point", "assumed", JD_RESULT},
    {"moments", JD_PARAM_FLAG, ROW(moments), "no", 0, 0, NULL, "1",
     "also measure what jiedao moments measures of each run, for jiedao calibrate", "assumed",
     JD_RESULT},
    {"max_failures", JD_PARAM_INT, ROW(max_failures), "0", 0, 1e9, NULL, "runs",
     "stop once so many runs have failed; 0 = never", "assumed", JD_OCCASION},
};

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    const jd_plan_params_t *p = block;
    (void)name;
    if (p->levels % 2 == 0) return JD_OK;
    return jd_config_blame(config, "sweep", "levels", ctx, "= %d is odd; steps are half the levels",
                           (int)p->levels);
}

static bool lists_points(const void *block, const jd_config_t *config)
{
    const jd_plan_params_t *p = block;
    (void)config;
    return p->design == JD_PLAN_GRID || p->design == JD_PLAN_LIST;
}

static bool is_no_morris(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_plan_params_t *)block)->design != JD_PLAN_MORRIS;
}

static const jd_unread_t unread[] = {
    {"points", lists_points, "design = grid and list have the points of their lists"},
    {"levels", is_no_morris, "only design = morris has levels"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_plan_section = {
    .name = "sweep",
    .help = "several runs: every other key is a parameter, as policy.share = 0.1, 0.25, or "
            "0:1:0.25, uniform(0, 1), loguniform, normal, integer; bars part lists, as "
            "policy.adoption = 2021Q1 | 2021Q1, 2022Q1",
    .params = params,
    .n_params = sizeof params / sizeof *params,
    .size = sizeof(jd_plan_params_t),
    .open = true,
    .check = check,
    .unread = unread,
};

/* ---- Factors ---- */

/* One factor while it is read. */
typedef struct reading {
    const jd_config_t *config;
    jd_config_t *scratch; /* takes each value once, to judge it */
    jd_factor_t *factor;
    const char *text; /* its values, as given */
    jd_ctx_t *ctx;
} reading_t;

static int blame(const reading_t *r, const char *what)
{
    return jd_config_blame(r->config, "sweep", r->factor->name, r->ctx, "%s", what);
}

/* As blame(), of what was given. */
static int blame_text(const reading_t *r, const char *what)
{
    return jd_config_blame(r->config, "sweep", r->factor->name, r->ctx, "'%.80s' %s", r->text,
                           what);
}

/* Whether the parameter takes this value: its own message is reported with the sweep's line. */
static int judge(const reading_t *r, const char *value)
{
    static const char label[] = "value";
    char assignment[JD_PLAN_VALUE + 160];
    jd_ctx_t inner = jd_ctx_inner(r->ctx);
    snprintf(assignment, sizeof assignment, "%s=%s", r->factor->name, value);
    int rc = jd_config_set(r->scratch, label, assignment, &inner);
    if (!rc) return JD_OK;
    if (rc == JD_ERR_NO_MEMORY) return jd_fail(r->ctx, rc, "%s", inner.message);
    inner.message[strcspn(inner.message, "\n")] = '\0';
    bool labelled = !strncmp(inner.message, label, sizeof label - 1);
    return blame(r, inner.message + (labelled ? sizeof label + 1 : 0)); /* the label and ": " */
}

static int add_value(const reading_t *r, const char *text, size_t n)
{
    jd_factor_t *f = r->factor;
    while (n > 0 && (*text == ' ' || *text == '\t'))
        text++, n--;
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    if (n == 0)
        return blame_text(r, "has an empty value; write values as 0.1, 0.25, and lists as 2021Q1 | "
                             "2021Q1, 2022Q1");
    size_t bytes = ((size_t)f->n_values + 1) * sizeof *f->values;
    char **values = realloc(f->values, bytes);
    if (!values) return jd_fail_memory(r->ctx, bytes, "the plan");
    f->values = values;
    char *copy = calloc(n + 1, 1);
    if (!copy) return jd_fail_memory(r->ctx, n + 1, "the plan");
    memcpy(copy, text, n);
    values[f->n_values++] = copy;
    return judge(r, copy);
}

bool jd_factor_is_list(const jd_factor_t *f)
{
    return f->param->type == JD_PARAM_LIST || f->param->type == JD_PARAM_DATES ||
           f->param->type == JD_PARAM_NAMES;
}

/* Whether a list of more than one item stands in the text; names are parted by blanks too. */
static bool holds_several(const jd_factor_t *f, const char *text)
{
    text += strspn(text, " \t");
    const char *rest = text + strcspn(text, f->param->type == JD_PARAM_NAMES ? ", \t" : ",");
    return rest[strspn(rest, " \t")] != '\0';
}

/* A list where a bar is missing: one value, or as many as it has items? What to write for both. */
static int blame_list(const reading_t *r, const char *text)
{
    const char *name = r->factor->name;
    char parted[256] = "";
    size_t used = 0;
    for (const char *s = text; *s && used < sizeof parted;) {
        size_t n = strcspn(s, ", \t");
        if (n > 0)
            used += (size_t)snprintf(parted + used, sizeof parted - used, "%s%.*s",
                                     used ? " | " : "", (int)n, s);
        s += n + strspn(s + n, ", \t");
    }
    bool numbers = r->factor->param->type == JD_PARAM_LIST;
    return jd_config_blame(r->config, "sweep", name, r->ctx,
                           "'%.80s' is one list, not several values: %s is a list itself, whose "
                           "values are parted by bars: %.80s%s; one list for all points goes into "
                           "[%.*s]",
                           text, name, numbers ? text : parted,
                           numbers ? " | and the next list" : "", (int)(strrchr(name, '.') - name),
                           name);
}

/* "a, b", or "a | b": bars part any values, and must where the parameter is a list itself. */
static int read_values(const reading_t *r, const char *text)
{
    bool lists = jd_factor_is_list(r->factor), bars = strchr(text, '|') != NULL;
    if (lists && !bars && holds_several(r->factor, text)) return blame_list(r, text);
    int rc = JD_OK;
    while (!rc) {
        size_t n = strcspn(text, lists || bars ? "|" : ",");
        rc = add_value(r, text, n);
        if (!text[n]) break;
        text += n + 1;
    }
    return rc;
}

/* "low:high:step" of numbers; false if the text is no such thing. */
static bool read_range(const char *text, double range[3])
{
    for (int i = 0; i < 3; i++) {
        size_t n = strcspn(text, ":");
        if (!jd_number_read(text, n, &range[i])) return false;
        if ((text[n] == ':') != (i < 2)) return false;
        text += n + (i < 2);
    }
    return true;
}

/* To 12 digits of `size`: the same text on machines whose exp and log differ in the last bit. */
static double rounded(double value, double size)
{
    double exponent = 12 - ceil(log10(size > 0 ? size : 1));
    double scale = pow(10, exponent < 22 ? exponent : 22); /* exact */
    return exponent > 0 ? round(value * scale) / scale : value;
}

static int add_range(const reading_t *r, const double range[3])
{
    double count = (range[1] - range[0]) / range[2];
    if (!(count >= 0 && count < 1e5))
        return blame_text(r, "is no range; low:high:step goes up from low to high, or down with a "
                             "negative step");
    int rc = JD_OK, n = (int)floor(count + 1e-9) + 1;
    for (int i = 0; i < n && !rc; i++) {
        char text[JD_NUMBER_SIZE];
        /* 0.3, not 0.1 + 2 x 0.1: what differs in the 13th digit was not meant. */
        double value = range[0] + i * range[2], size = fabs(range[0]) + fabs(range[1]);
        rc = add_value(r, text, jd_number_print_double(text, rounded(value, size)));
    }
    return rc;
}

/* "name(a, b)": false if the text is no such thing. */
static bool read_law(const char *text, const char *name, double *a, double *b)
{
    size_t n = strlen(name);
    if (strncmp(text, name, n) != 0) return false;
    text += n + strspn(text + n, " ");
    size_t comma = strcspn(text, ","), close = strcspn(text, ")");
    if (*text != '(' || text[close] != ')' || comma > close) return false;
    if (text[close + 1 + strspn(text + close + 1, " \t")]) return false;
    return jd_number_read(text + 1, comma - 1, a) &&
           jd_number_read(text + comma + 1, close - comma - 1, b);
}

static int judge_number(const reading_t *r, double value)
{
    char text[JD_NUMBER_SIZE];
    text[jd_number_print_double(text, value)] = '\0';
    return judge(r, text);
}

static int check_law(const reading_t *r)
{
    const jd_factor_t *f = r->factor;
    jd_param_type_t type = f->param->type;
    if (type != JD_PARAM_DOUBLE && type != JD_PARAM_INT)
        return blame(r, "cannot be drawn: the parameter is no number; list its values");
    if (type == JD_PARAM_INT && f->kind != JD_FACTOR_INTEGER)
        return blame_text(r, "draws numbers that are not whole, which the parameter must be; write "
                             "integer(low, high)");
    if (f->kind == JD_FACTOR_NORMAL)
        return f->b > 0 ? judge_number(r, f->a)
                        : blame_text(r, "has no spread; normal(mean, SD) needs an SD above 0");
    if (!(f->a < f->b)) return blame_text(r, "needs a lower end below its upper end");
    if (f->kind == JD_FACTOR_LOGUNIFORM && !(f->a > 0))
        return blame_text(r, "has no logarithm at both ends; loguniform needs ends above 0");
    if (f->kind == JD_FACTOR_INTEGER && (f->a != floor(f->a) || f->b != floor(f->b)))
        return blame_text(r, "has ends that are not whole; integer needs whole ends");
    int rc = judge_number(r, f->a);
    return rc ? rc : judge_number(r, f->b);
}

static int read_factor(const reading_t *r, const char *text, jd_plan_design_t design)
{
    static const struct {
        const char *name;
        jd_factor_kind_t kind;
    } laws[] = {{"uniform", JD_FACTOR_UNIFORM},
                {"loguniform", JD_FACTOR_LOGUNIFORM},
                {"normal", JD_FACTOR_NORMAL},
                {"integer", JD_FACTOR_INTEGER}};
    jd_factor_t *f = r->factor;
    double range[3];
    bool drawn = false;
    if (!strncmp(f->name, "sweep.", 6))
        return jd_config_blame(
            r->config, "sweep", f->name, r->ctx,
            "is a key of [sweep] itself and not varied; in [sweep] write %s = %.40s", f->name + 6,
            text);
    if (!strncmp(f->name, "validate.", 9))
        return blame(r, "is one for all points and not varied: set it in [validate]");
    if (f->param->kind == JD_OCCASION) return blame(r, "changes no result, so it is not swept");
    if (!strcmp(f->name, "output.keep")) return blame(r, "is one for all runs: set it in [output]");
    for (size_t i = 0; i < sizeof laws / sizeof *laws && !drawn; i++) {
        drawn = read_law(text, laws[i].name, &f->a, &f->b);
        if (drawn) f->kind = laws[i].kind;
    }
    if (drawn && (design == JD_PLAN_GRID || design == JD_PLAN_LIST))
        return blame_text(r, "is drawn, which design = grid and list do not; list values, or "
                             "set design = lhs, sobol, saltelli or morris");
    if (drawn) return check_law(r);
    bool number = f->param->type == JD_PARAM_DOUBLE || f->param->type == JD_PARAM_INT;
    if (number && read_range(text, range)) return add_range(r, range);
    return read_values(r, text);
}

/* ---- The plan ---- */

static int count_others(const jd_config_t *config)
{
    const char *key, *text;
    int n = 0;
    while (jd_config_other(config, "sweep", n, &key, &text))
        n++;
    return n;
}

/* A search for the parameter whose name is nearest. */
typedef struct search {
    const char *key;
    char nearest[160]; /* "" = none is near */
} search_t;

static int hold_beside(void *user, const char *section, const jd_param_t *param, const char *value,
                       bool given)
{
    search_t *s = user;
    char name[sizeof s->nearest];
    const char *const both[] = {name, s->nearest};
    (void)value;
    (void)given;
    snprintf(name, sizeof name, "%s.%s", section, param->name);
    const char *nearer = jd_nearest(s->key, both, s->nearest[0] ? 2 : 1);
    if (nearer == name) memcpy(s->nearest, name, sizeof name);
    return 0;
}

static int unknown(const jd_config_t *config, const char *key, jd_ctx_t *ctx)
{
    search_t search = {.key = key};
    jd_config_each(config, hold_beside, &search);
    if (search.nearest[0])
        return jd_config_blame(config, "sweep", key, ctx, "is no parameter; did you mean '%s'?",
                               search.nearest);
    return jd_config_blame(config, "sweep", key, ctx,
                           "is no parameter; `jiedao params` lists them all (section.key)");
}

static int read_factors(jd_plan_t *plan, const jd_config_t *config, jd_ctx_t *ctx)
{
    int n = count_others(config), first = JD_OK;
    const char *key = "", *text = "";
    jd_config_t *scratch = NULL;
    int rc = jd_make(&plan->factors, n, sizeof *plan->factors, "the plan", ctx);
    if (!rc) rc = jd_config_copy(&scratch, config, ctx);
    for (int i = 0; i < n && !rc; i++) {
        jd_config_other(config, "sweep", i, &key, &text);
        jd_factor_t *f = &plan->factors[plan->n_factors];
        snprintf(f->name, sizeof f->name, "%s", key);
        f->param = jd_config_param(config, key);
        const reading_t reading = {
            .config = config, .scratch = scratch, .factor = f, .text = text, .ctx = ctx};
        int told = f->param ? read_factor(&reading, text, plan->design) : unknown(config, key, ctx);
        plan->n_factors++;
        if (told == JD_ERR_NO_MEMORY) rc = told;
        if (!first) first = told; /* and on: all mistakes are reported */
    }
    jd_config_free(scratch);
    return rc ? rc : first;
}

enum { RUNS_MOST = 100000000 };

static int count_points(jd_plan_t *plan, const jd_plan_params_t *p, const jd_config_t *config,
                        jd_ctx_t *ctx)
{
    int64_t k = plan->n_factors, n = 1;
    plan->base = p->points;
    for (int f = 0; f < k && plan->design == JD_PLAN_GRID && n <= RUNS_MOST; f++)
        n *= plan->factors[f].n_values;
    for (int f = 0; f < k && plan->design == JD_PLAN_LIST; f++) {
        n = plan->factors[0].n_values;
        if (plan->factors[f].n_values != n)
            return jd_config_blame(config, "sweep", plan->factors[f].name, ctx,
                                   "has %d values, %s has %d; in design = list all have as many",
                                   plan->factors[f].n_values, plan->factors[0].name, (int)n);
    }
    if (plan->design >= JD_PLAN_LHS && k == 0)
        return jd_config_blame(config, "sweep", "design", ctx,
                               "has nothing to vary; add keys such as policy.share = "
                               "uniform(0.1, 0.9)");
    if (plan->design == JD_PLAN_LHS || plan->design == JD_PLAN_SOBOL) n = plan->base;
    if (plan->design == JD_PLAN_SALTELLI) n = plan->base * (k + 2);
    if (plan->design == JD_PLAN_MORRIS) n = plan->base * (k + 1);
    plan->n_points = n;
    if (n <= RUNS_MOST && n * plan->replicates <= RUNS_MOST) return JD_OK;
    return jd_config_blame(config, "sweep", "replicates", ctx,
                           "%.3g points of %.3g replicates are more than %d runs", (double)n,
                           (double)plan->replicates, RUNS_MOST);
}

/* Lists crossed, or side by side. */
static void lay_lists(jd_plan_t *plan)
{
    for (int64_t i = 0; i < plan->n_points; i++) {
        int64_t rest = i;
        for (int f = plan->n_factors - 1; f >= 0; f--) {
            int n = plan->factors[f].n_values;
            int64_t at = plan->design == JD_PLAN_LIST ? i : rest % n;
            rest /= n;
            plan->unit[i * plan->n_factors + f] = ((double)at + 0.5) / n;
        }
    }
}

int jd_plan_make(jd_plan_t *plan, const jd_config_t *config, jd_ctx_t *ctx)
{
    const jd_plan_params_t *p = jd_config_section(config, "sweep");
    const jd_run_params_t *run = jd_config_section(config, "run");
    memset(plan, 0, sizeof *plan);
    plan->design = (jd_plan_design_t)p->design;
    plan->replicates = p->replicates;
    plan->first = p->first;
    plan->levels = (int)p->levels;
    plan->common = p->common;
    int rc = read_factors(plan, config, ctx);
    if (!rc) rc = count_points(plan, p, config, ctx);
    if (!rc)
        rc = jd_make(&plan->unit, plan->n_points * plan->n_factors, sizeof *plan->unit, "the plan",
                     ctx);
    if (!rc) rc = jd_plan_draw(plan, (uint64_t)run->seed, ctx);
    if (rc) {
        jd_plan_free(plan);
        return rc;
    }
    plan->n_runs = plan->n_points * plan->replicates;
    if (plan->design <= JD_PLAN_LIST) lay_lists(plan);
    return JD_OK;
}

void jd_plan_free(jd_plan_t *plan)
{
    for (int f = 0; plan->factors && f < plan->n_factors; f++) {
        for (int i = 0; i < plan->factors[f].n_values; i++)
            free(plan->factors[f].values[i]);
        free(plan->factors[f].values);
    }
    free(plan->factors);
    free(plan->unit);
    memset(plan, 0, sizeof *plan);
}

/* ---- Values ---- */

static int index_of(const jd_factor_t *f, double u)
{
    int i = (int)(u * f->n_values);
    return i < f->n_values ? i : f->n_values - 1;
}

static double drawn(const jd_plan_t *plan, const jd_factor_t *f, double u)
{
    /* Morris' levels reach 0 and 1: there a normal is cut at its outer half per cents. */
    double cut = plan->design == JD_PLAN_MORRIS ? 0.005 : 1e-10;
    double inner = u < cut ? cut : u > 1 - cut ? 1 - cut : u, x = f->a + u * (f->b - f->a);
    if (f->kind == JD_FACTOR_LOGUNIFORM) x = exp(log(f->a) + u * (log(f->b) - log(f->a)));
    if (f->kind == JD_FACTOR_NORMAL) x = f->a + f->b * gsl_cdf_ugaussian_Pinv(inner);
    if (f->kind == JD_FACTOR_INTEGER) return fmin(floor(x + u), f->b);
    return rounded(x, fabs(x));
}

const char *jd_plan_value(const jd_plan_t *plan, int64_t point, int factor,
                          char buffer[JD_PLAN_VALUE])
{
    const jd_factor_t *f = &plan->factors[factor];
    double u = plan->unit[point * plan->n_factors + factor];
    if (f->kind == JD_FACTOR_VALUES)
        snprintf(buffer, JD_PLAN_VALUE, "%s", f->values[index_of(f, u)]);
    else
        buffer[jd_number_print_double(buffer, drawn(plan, f, u))] = '\0';
    return buffer;
}

double jd_plan_number(const jd_plan_t *plan, int64_t point, int factor)
{
    const jd_factor_t *f = &plan->factors[factor];
    double u = plan->unit[point * plan->n_factors + factor], value;
    if (f->kind != JD_FACTOR_VALUES) return drawn(plan, f, u);
    int i = index_of(f, u);
    return jd_number_read(f->values[i], strlen(f->values[i]), &value) ? value : i + 1.0;
}

int jd_plan_config(jd_config_t **made, const jd_plan_t *plan, const jd_config_t *config,
                   int64_t point, jd_ctx_t *ctx)
{
    char value[JD_PLAN_VALUE], assignment[JD_PLAN_VALUE + 160];
    int rc = jd_config_copy(made, config, ctx);
    for (int f = 0; f < plan->n_factors && !rc; f++) {
        snprintf(assignment, sizeof assignment, "%s=%s", plan->factors[f].name,
                 jd_plan_value(plan, point, f, value));
        rc = jd_config_set(*made, "sweep", assignment, ctx);
    }
    if (!rc) rc = jd_config_finish(*made, ctx);
    if (!rc) return JD_OK;
    jd_config_free(*made);
    *made = NULL;
    return rc;
}

int64_t jd_plan_point(const jd_plan_t *plan, int64_t run)
{
    return run % plan->n_points;
}

int64_t jd_plan_replicate(const jd_plan_t *plan, int64_t run)
{
    return plan->first + run / plan->n_points;
}

uint64_t jd_plan_key(const jd_plan_t *plan, int64_t run)
{
    return (uint64_t)(plan->common ? jd_plan_replicate(plan, run)
                                   : plan->first * plan->n_points + run);
}
