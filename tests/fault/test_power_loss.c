/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The power fails at any moment: of what was not synced, any part may be lost. A result under its
 * own name is whole all the same, and the next start ends with the right bytes. */
#include "cli/tiny.h"
#include "fault/trace.h"

#if !defined(__linux__) || !defined(__x86_64__) || defined(JD_SANITIZED)
#define NO_TRACE
#endif

#ifndef MOMENTS
#define MOMENTS 3 /* of each command; the long test takes all */
#endif

#ifndef NO_TRACE
#include "fault/power.h"

#define WORLD                                                                        \
    "quickstart --set world.provinces=2 --set world.prefectures=2"                   \
    " --set world.counties=8 --set world.streets=16 --set firms.n=300"               \
    " --set run.periods=6 --set run.burn_in=2 --set policy.adoption=2021Q1"          \
    " --set observation.panel_firms=50 --set output.officials=5 --quiet --threads 1" \
    " --set estimate.estimators=twfe"
#define SWEEP "sweep " WORLD " --set sweep.replicates=3 -o s"
#define KEPT "sweep " WORLD " --set sweep.replicates=2 --set output.keep=all -o s"
#define VALID "validate " WORLD " --set validate.replicates=3 -o v"

static const struct flow {
    const char *name, *before; /* a line of the shell that makes what it finds */
    const char *line, *again;
    const char *result;
} flows[] = {
    {"run", ":", "run " WORLD " -o r.h5", "run " WORLD " -o r.h5 --force", "r.h5"},
    {"run --force", "echo older >r.h5", "run " WORLD " -o r.h5 --force",
     "run " WORLD " -o r.h5 --force", "r.h5"},
    {"sweep", ":", SWEEP, SWEEP " --resume", "s/sweep.h5"},
    {"sweep --resume", "\"$JIEDAO\" " SWEEP " --shard 2/2", SWEEP " --resume", SWEEP " --resume",
     "s/sweep.h5"},
    {"sweep, tables kept", ":", KEPT, KEPT " --resume", "s/sweep.h5"},
    {"merge", "\"$JIEDAO\" " SWEEP "; rm s/sweep.h5", "merge s", "merge s --force", "s/sweep.h5"},
    {"validate", ":", VALID, VALID " --resume", "v/validation.h5"},
    {"export", "\"$JIEDAO\" run " WORLD " -o r.h5", "export r.h5 -t panel/county -o c.csv",
     "export r.h5 -t panel/county -o c.csv --force", "c.csv"},
};

static said_t said;
static char here[128], root[160], errors[160];
static int complaints;

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

static void complain(const struct flow *f, const power_t *p, int end, unsigned keep,
                     const char *what, const char *told)
{
    const op_t *op = &p->ops[end - 1];
    print_error("%s, after change %d of %d (kind %d, %s), %u/256 kept: %s %s\n", f->name, end,
                p->n_ops, (int)op->kind, op->path, keep, what, told);
    complaints++;
}

static void look(const struct flow *f, const power_t *p, int end, unsigned keep)
{
    char now[160], whole[160], base[160], told[4096];
    snprintf(now, sizeof now, "work/%s", f->result);
    snprintf(whole, sizeof whole, "whole/%s", f->result);
    snprintf(base, sizeof base, "base/%s", f->result);
    bool there = is_here(now), good = same_files(now, whole);
    if (there && !good && !same_files(now, base))
        complain(f, p, end, keep, "neither old nor new:", f->result);
    if (end == p->n_ops && !good)
        complain(f, p, end, keep, "it had ended well, and this is lost:", f->result);
    const trace_t t = {.root = root, .err = errors};
    int status = plain_run(&t, f->again);
    read_back(errors, told, sizeof told);
    if (status) complain(f, p, end, keep, "the next start fails:", told);
    if (!status && !same_files(now, whole))
        complain(f, p, end, keep, "the next start ends with another", f->result);
}

static bool try_flow(const struct flow *f, uint32_t *draw)
{
    static entry_t before[POWER_FILES];
    static const unsigned keeps[] = {0, 128, 128, 256};
    char line[2048];
    power_t p;
    snprintf(line, sizeof line,
             "rm -rf base work whole; mkdir base && (cd base && %s) >/dev/null 2>&1; "
             "cp -a base work",
             f->before);
    must(line);
    power_begin(&p, root);
    memcpy(before, p.entries, sizeof before);
    trace_t t = {.root = root, .err = errors, .ended = power_note, .user = &p};
    if (!trace_run(&t, f->line)) return false;
    assert_int_equal(t.status, 0);
    must("mv work whole");
    int step = p.n_ops > MOMENTS ? p.n_ops / MOMENTS : 1, tried = 0;
    for (int end = p.n_ops; end > 0; end -= step)
        for (size_t k = 0; k < sizeof keeps / sizeof *keeps; k += MOMENTS < 100 && k ? 2 : 1) {
            must("rm -rf work; mkdir work");
            power_fail(&p, before, end, keeps[k], draw, root);
            look(f, &p, end, keeps[k]);
            tried++;
        }
    print_message("%s: %d changes, %d failures of the power\n", f->name, p.n_ops, tried);
    power_end(&p);
    return true;
}

static void test_the_power_fails(void **state)
{
    (void)state;
    const char *only = getenv("JD_FLOW");
    uint32_t draw = 2026;
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
        if (only && strcmp(only, flows[i].name) != 0) continue;
        if (try_flow(&flows[i], &draw)) continue;
        print_message("skipped: processes cannot be traced here\n");
        skip();
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_power_fails)};
    return cmocka_run_group_tests(tests, setup, remove_here);
}

#else

static void test_the_power_fails(void **state)
{
    (void)state;
    print_message("skipped: calls are traced on Linux and x86-64 only, without sanitizers\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_power_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
