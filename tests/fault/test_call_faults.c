/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each call that each command makes on its files fails: once, for good, or short. The command ends
 * with the right bytes, or with a message and a folder from which the next start gets them. */
#include "cli/tiny.h"
#include "fault/trace.h"

#ifndef CALLS
#define CALLS 2 /* of each command and fault; the long test takes all */
#endif

#if !defined(__linux__) || !defined(__x86_64__) || defined(JD_SANITIZED)
#define NO_TRACE
#endif

#define WORLD                                                                        \
    "quickstart --set world.provinces=2 --set world.prefectures=2"                   \
    " --set world.counties=8 --set world.streets=16 --set firms.n=300"               \
    " --set run.periods=6 --set run.burn_in=2 --set policy.adoption=2021Q1"          \
    " --set observation.panel_firms=50 --set output.officials=5 --quiet --threads 1" \
    " --set estimate.estimators=twfe"
#define SWEEP "sweep " WORLD " --set sweep.replicates=3 -o s"
#define KEPT "sweep " WORLD " --set sweep.replicates=2 --set output.keep=all -o s"
#define VALID "validate " WORLD " --set validate.replicates=3 -o v"
#define DID " --y y --unit id --time year --cohort first --estimator callaway_santanna,twfe"

typedef struct flow {
    const char *name;
    const char *before;    /* the shell's line that makes what it finds, with "$JIEDAO" */
    const char *line;      /* of the program */
    const char *again;     /* after a failure; NULL = the same */
    const char *result[4]; /* files that must come out the same */
} flow_t;

/* A panel of three cohorts. */
#define PANEL                                                                                     \
    "awk 'BEGIN { print \"id,year,first,y\"; for (i = 1; i <= 30; i++) for (t = 1; t <= 6; t++) " \
    "{ g = i % 3 ? 2 + i % 3 : 0; print i \",\" t \",\" g \",\" "                                 \
    "(i * 7919 + t * 104729) % 101 / 10 + (g && t >= g) } }' >p.csv"

static const flow_t flows[] = {
    {"run", NULL, "run " WORLD " -o r.h5", "run " WORLD " -o r.h5 --force", {"r.h5"}},
    {"run --force", "echo older >r.h5", "run " WORLD " -o r.h5 --force", NULL, {"r.h5"}},
    {"run --replicates",
     NULL,
     "run " WORLD " --replicates 2 -o r.h5",
     "run " WORLD " --replicates 2 -o r.h5 --force",
     {"r.h5"}},
    {"sweep", NULL, SWEEP, SWEEP " --resume", {"s/sweep.h5"}},
    {"sweep --resume",
     "\"$JIEDAO\" " SWEEP " --shard 2/2",
     SWEEP " --resume",
     NULL,
     {"s/sweep.h5"}},
    {"sweep, tables kept",
     NULL,
     KEPT,
     KEPT " --resume",
     {"s/sweep.h5", "s/runs/000001.h5", "s/runs/000002.h5"}},
    {"merge", "\"$JIEDAO\" " SWEEP "; rm s/sweep.h5", "merge s", "merge s --force", {"s/sweep.h5"}},
    {"merge, tables kept",
     "\"$JIEDAO\" " KEPT "; rm s/sweep.h5",
     "merge s",
     "merge s --force",
     {"s/sweep.h5"}},
    {"validate", NULL, VALID, VALID " --resume", {"v/validation.h5"}},
    {"export",
     "\"$JIEDAO\" run " WORLD " -o r.h5",
     "export r.h5 -t panel/county -o c.csv",
     "export r.h5 -t panel/county -o c.csv --force",
     {"c.csv"}},
    {"export to Stata",
     "\"$JIEDAO\" run " WORLD " -o r.h5",
     "export r.h5 -t panel/county -o c.dta",
     "export r.h5 -t panel/county -o c.dta --force",
     {"c.dta"}},
    {"export to the screen",
     "\"$JIEDAO\" run " WORLD " -o r.h5",
     "export r.h5 -t panel/county -o -",
     NULL,
     {"out"}},
    {"info", "\"$JIEDAO\" run " WORLD " -o r.h5", "info r.h5", NULL, {"out"}},
    {"info --config", "\"$JIEDAO\" run " WORLD " -o r.h5", "info r.h5 --config", NULL, {"out"}},
    {"info of a folder",
     "\"$JIEDAO\" " SWEEP "; touch -d 2020-01-01 s/plan.txt s/shards/*",
     "info s",
     NULL,
     {"out"}},
    {"figures",
     "\"$JIEDAO\" run " WORLD " -o r.h5",
     "figures r.h5 -o f --format svg --quiet",
     NULL,
     {NULL}},
    {"did of a CSV file", PANEL, "did p.csv" DID, NULL, {"out"}},
    {"did of a Stata file",
     "\"$JIEDAO\" run " WORLD " -o r.h5; \"$JIEDAO\" export r.h5 -t panel/county -o c.dta",
     "did c.dta --y inflow --unit unit --time time --cohort cohort --estimator twfe",
     NULL,
     {"out"}},
    {"did of a result file",
     "\"$JIEDAO\" run " WORLD " -o r.h5",
     "did r.h5 --table panel/county --estimator twfe",
     NULL,
     {"out"}},
};

#ifndef NO_TRACE

static said_t said;
static char here[128], root[160], errors[160];

static void must(const char *line)
{
    run_shell(&said, line);
    if (said.status) fail_msg("%s: %s%s", line, said.out, said.err);
}

static bool same_files(const char *a, const char *b)
{
    size_t n = 0, m = 0;
    char *x = load_here(a, &n), *y = load_here(b, &m);
    bool same = x && y && n == m && memcmp(x, y, n) == 0;
    free(x);
    free(y);
    return same;
}

/* Whether a result is what it is without faults; `absent` = or is not there, or is the older. */
static bool result_holds(const char *name, bool absent)
{
    char now[160], whole[160], base[160];
    snprintf(now, sizeof now, "work/%s", name);
    snprintf(whole, sizeof whole, "whole/%s", name);
    snprintf(base, sizeof base, "base/%s", name);
    return same_files(now, whole) || (absent && (!is_here(now) || same_files(now, base)));
}

/* The folder `from` as `to`. */
static void copy_folder(const char *from, const char *to)
{
    char line[256];
    snprintf(line, sizeof line, "rm -rf %s && cp -a %s %s", to, from, to);
    must(line);
}

static int complaints;

/* Tells a fault that did not end well; the others are tried all the same. */
static void complain(const flow_t *f, const trace_t *t, const char *what, const char *told)
{
    static const char *const faults[] = {"none", "once", "for good", "short"};
    print_error("%s, call %ld, %s, fails %s: %s %s\n", f->name, t->at, t->hit, faults[t->fault],
                what, told);
    complaints++;
}

static void look_at_results(const flow_t *f, const trace_t *t, bool good)
{
    for (int i = 0; i < 4 && f->result[i]; i++) {
        if (!good && !strcmp(f->result[i], "out")) continue; /* what was said before */
        if (!result_holds(f->result[i], !good))
            complain(f, t, good ? "ends well with another" : "leaves neither old nor new",
                     f->result[i]);
    }
}

static void start_again(const flow_t *f, const trace_t *t)
{
    char told[4096];
    int status = plain_run(t, f->again ? f->again : f->line);
    read_back(errors, told, sizeof told);
    if (status) complain(f, t, "the next start fails:", told);
    for (int i = 0; !status && i < 4 && f->result[i]; i++)
        if (!result_holds(f->result[i], false))
            complain(f, t, "the next start ends with another", f->result[i]);
}

/* One fault; false where none was met. */
static bool fail_one(const flow_t *f, trace_t *t)
{
    char told[4096] = "";
    copy_folder("base", "work");
    assert_true(trace_run(t, f->line));
    if (!t->fired) return false;
    read_back(errors, told, sizeof told);
    if (t->hung) complain(f, t, "hangs:", told);
    if (!WIFEXITED(t->status)) {
        complain(f, t, strsignal(WTERMSIG(t->status)), told);
        return true;
    }
    int status = WEXITSTATUS(t->status);
    if (status && !strstr(told, "jiedao: ")) complain(f, t, "says nothing", told);
    /* ReadStat takes fewer bytes than it asked for as damage, and it is said so */
    if (status && t->fault == FAULT_SHORT && !strstr(f->line, ".dta"))
        complain(f, t, "is taken for a failure:", told);
    look_at_results(f, t, status == 0);
    if (status) start_again(f, t);
    return true;
}

/* The flow undisturbed, as `whole`; returns how many calls it makes. */
static long begin(const flow_t *f)
{
    char line[2048];
    snprintf(line, sizeof line,
             "rm -rf base whole; mkdir base && cd base && { %s; } >/dev/null 2>&1",
             f->before ? f->before : ":");
    run_shell(&said, line);
    copy_folder("base", "work");
    trace_t t = {.root = root, .out = "out", .err = errors};
    if (!trace_run(&t, f->line)) return -1;
    if (t.status) {
        char told[4096];
        read_back(errors, told, sizeof told);
        fail_msg("%s: ends with %x undisturbed: %s", f->name, t.status, told);
    }
    must("mv work whole");
    return t.calls;
}

static void test_every_call_fails(void **state)
{
    (void)state;
    static const fault_t faults[] = {FAULT_ONCE, FAULT_FOR_GOOD, FAULT_SHORT};
    const char *only = getenv("JD_FLOW");
    uint32_t draw = 2026;
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
        const flow_t *f = &flows[i];
        if (only && strcmp(only, f->name) != 0) continue;
        long calls = begin(f), tried = 0;
        if (calls < 0) {
            print_message("skipped: processes cannot be traced here\n");
            skip();
        }
        assert_true(calls > 3);
        for (int k = 0; k < 3; k++) {
            long step = calls > CALLS ? calls / CALLS : 1;
            draw = draw * 1664525u + 1013904223u;
            trace_t t = {.root = root, .out = "out", .err = errors, .fault = faults[k]};
            for (t.at = (long)(draw >> 8) % step; t.at < calls; t.at += step)
                tried += fail_one(f, &t);
        }
        print_message("%s: %ld calls, %ld faults\n", f->name, calls, tried);
    }
    assert_int_equal(complaints, 0);
}

static int setup(void **state)
{
    if (set_tiny(state)) return -1;
    run_shell(&said, "pwd");
    snprintf(here, sizeof here, "%s", getenv("HERE"));
    snprintf(root, sizeof root, "%s/work", here);
    snprintf(errors, sizeof errors, "%s/errors", here);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_call_fails)};
    return cmocka_run_group_tests(tests, setup, remove_here);
}

#else

static void test_every_call_fails(void **state)
{
    (void)state;
    print_message("skipped: calls are traced on Linux and x86-64 only, without sanitizers\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_call_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
