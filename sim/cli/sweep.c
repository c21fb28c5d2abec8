/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao sweep: all runs of a config's [sweep], resumable. */
#include "sweep/sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/again.h"
#include "cli/command.h"
#include "cli/sweep.h"
#include "run/record/record.h"
#include "study/replicate.h"
#include "sweep/reads.h"

const jd_farm_process_t *jd_farm_process;

/* "3/8", for the third of eight. */
static int read_shard(const jd_args_t *args, jd_sweep_options_t *o, jd_ctx_t *ctx)
{
    const char *text = jd_args_value(args, "shard");
    o->parts = 1;
    if (!text) return JD_OK;
    char *end = NULL;
    long long part = strtoll(text, &end, 10), parts = 0;
    if (end != text && *end == '/') {
        const char *second = end + 1;
        parts = strtoll(second, &end, 10);
        if (end == second || *end) parts = 0;
    }
    bool numbers = parts > 0 && parts <= 1000000;
    if (numbers && part == 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "sweep: --shard %s: shares are numbered from 1, the first is 1/%lld; of "
                       "tasks numbered from 0 add 1, as docs/examples/sweep.sbatch does",
                       text, parts);
    if (numbers && part > parts)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "sweep: --shard %s: there is no share %lld of %lld; N is the number of all "
                       "shares, also where only some are done again, as 3/16 and 7/16",
                       text, part, parts);
    if (part < 1 || parts < part || parts > 1000000)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "sweep: --shard %s: must be I/N with I from 1 to N, as 3/8 for the third of "
                       "eight",
                       text);
    o->part = part - 1;
    o->parts = parts;
    return JD_OK;
}

/* ---- --dry-run ---- */

static const char *const designs[] = {"grid", "list", "lhs", "sobol", "saltelli", "morris"};

static const char *many(int64_t n)
{
    return n == 1 ? "" : "s";
}

static void print_factor(const jd_factor_t *f)
{
    static const char *const laws[] = {"", "uniform", "loguniform", "normal", "integer"};
    printf("  %-28s ", f->name);
    if (f->kind != JD_FACTOR_VALUES) printf("%s(%.12g, %.12g)\n", laws[f->kind], f->a, f->b);
    const char *between = jd_factor_is_list(f) ? " | " : ", ";
    for (int i = 0; f->kind == JD_FACTOR_VALUES && i < f->n_values; i++)
        if (strchr(f->values[i], ',')) between = " | ";
    for (int i = 0; f->kind == JD_FACTOR_VALUES && i < f->n_values; i++)
        printf("%s%s%s", i ? between : "", f->values[i], i + 1 == f->n_values ? "\n" : "");
}

static void print_seconds(const char *what, double seconds)
{
    if (seconds < 120)
        printf("%s %.3g s", what, seconds);
    else if (seconds < 7200)
        printf("%s %.0f min", what, seconds / 60);
    else
        printf("%s %.1f h", what, seconds / 3600);
}

/* One run, the first, to learn what a run takes. */
static int try_one(const jd_config_t *config, const jd_plan_t *plan, double *seconds, double *bytes,
                   jd_ctx_t *ctx)
{
    jd_config_t *point = NULL;
    jd_study_inputs_t inputs = {0};
    jd_study_times_t times = {0};
    jd_study_replicate_t one = {0};
    jd_ctx_t single = jd_ctx_inner(ctx);
    single.threads = 1;
    int rc = jd_plan_config(&point, plan, config, 0, &single);
    if (!rc) rc = jd_study_inputs_read(&inputs, point, &single);
    double start = jd_study_clock();
    if (!rc) rc = jd_study_replicate(point, &inputs.inputs, 0, NULL, &one, &times, &single);
    *seconds = jd_study_clock() - start;
    *bytes = 512;
    const jd_table_t *tables[] = {&one.estimates, &one.estimands};
    for (size_t t = 0; !rc && t < sizeof tables / sizeof *tables; t++)
        for (int c = 0; c < tables[t]->n_columns; c++)
            *bytes += (double)jd_column_size(&tables[t]->columns[c]) * (double)tables[t]->rows;
    jd_study_replicate_free(&one);
    jd_study_inputs_free(&inputs);
    jd_config_free(point);
    return rc ? jd_fail(ctx, rc, "the first run: %s", single.message) : JD_OK;
}

static int print_plan(const jd_config_t *config, jd_ctx_t *ctx)
{
    const jd_output_params_t *output = jd_config_section(config, "output");
    jd_plan_t plan;
    double seconds = 0, bytes = 0;
    int rc = jd_plan_make(&plan, config, ctx);
    if (rc) return rc;
    printf("Design      %s: %" PRId64 " point%s x %" PRId64 " replicate%s = %" PRId64 " run%s%s\n",
           designs[plan.design], plan.n_points, many(plan.n_points), plan.replicates,
           many(plan.replicates), plan.n_runs, many(plan.n_runs),
           plan.common && plan.n_points > 1 ? ", random numbers common to all points" : "");
    printf("Varies      %d parameter%s\n", plan.n_factors, many(plan.n_factors));
    for (int f = 0; f < plan.n_factors; f++)
        print_factor(&plan.factors[f]);
    rc = try_one(config, &plan, &seconds, &bytes, ctx);
    if (!rc) {
        double threads = (double)jd_ctx_threads(ctx), n = (double)plan.n_runs;
        printf("One run     %.3g s on one thread, %.3g kB kept (the first run was tried)\n",
               seconds, bytes / 1e3);
        print_seconds("All runs    about", seconds * n / (n < threads ? n : threads));
        printf(" on %.0f threads, %.3g MB\n", threads, 2 * bytes * n / 1e6);
        if (output->keep == JD_KEEP_TABLES)
            printf("Besides     all tables of each run, twice (output.keep = all): jiedao run "
                   "shows the size of one\n");
    }
    jd_plan_free(&plan);
    return rc;
}

/* ---- The sweep ---- */

static int report_on(const jd_args_t *args, const char *folder, const jd_sweep_facts_t *facts,
                     jd_ctx_t *ctx)
{
    static const char *const without[] = {"resume", "force", NULL};
    char line[JD_AGAIN_SIZE];
    int64_t kept = facts->farm.found + facts->farm.done;
    bool fits = jd_cli_again(args, without, "--resume", line);
    return jd_fail(ctx, JD_ERR_CANCELLED, "%" PRId64 " runs are kept in %s; to go on: %s", kept,
                   folder, fits ? line : "the same command with --resume");
}

static void print_end(const char *folder, const jd_sweep_facts_t *f)
{
    printf("Runs        %" PRId64 " of %" PRId64 " point%s x %" PRId64 " replicate%s", f->n_runs,
           f->n_points, many(f->n_points), f->replicates, many(f->replicates));
    if (f->farm.found) printf(", %" PRId64 " of them there before", f->farm.found);
    printf("\n");
    if (f->farm.failed)
        printf("Failed      %" PRId64 " run%s, the first (run %" PRId64 "): %s\n", f->farm.failed,
               many(f->farm.failed), f->farm.first_failure.run, f->farm.first_failure.message);
    if (f->farm.failed && f->merged)
        printf("            /runs says why of each: jiedao export %s/sweep.h5 --table runs\n",
               folder);
    if (f->merged)
        printf("Written     %s/sweep.h5\n", folder);
    else
        printf("Kept        %" PRId64 " runs in %s; once all are there: jiedao merge %s\n",
               f->farm.found + f->farm.done, folder, folder);
}

static int check_plan(const jd_config_t *config, jd_ctx_t *ctx)
{
    jd_plan_t plan;
    int rc = jd_plan_make(&plan, config, ctx);
    if (rc) return rc;
    rc = jd_reads_check(&plan, config, jd_sweep_unread, ctx);
    jd_plan_free(&plan);
    return rc;
}

/* Of a share of the runs, or all: nothing came of it, and a script should notice. */
static int report_all_failed(const jd_sweep_facts_t *f, jd_ctx_t *ctx)
{
    int64_t n = f->merged ? f->n_runs : f->farm.done;
    if (n == 0 || f->farm.failed < n) return JD_OK;
    return jd_fail(
        ctx, JD_ERR_DATA,
        "every run failed; correct the config, and start over with --force or in another "
        "folder");
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const jd_farm_process_t *process = jd_farm_process;
    jd_config_t *config = NULL;
    jd_sweep_options_t o = {.resume = jd_args_has(args, "resume"),
                            .force = jd_args_has(args, "force")};
    jd_sweep_facts_t facts = {0};
    const char *folder = jd_args_value(args, "output");
    bool dry = jd_args_has(args, "dry-run");
    int rc = jd_cli_sweep_config(&config, args, ctx);
    if (!rc) rc = read_shard(args, &o, ctx);
    if (!rc) rc = check_plan(config, ctx);
    if (!rc && dry) rc = print_plan(config, ctx);
    if (!rc && !dry && (!folder || !folder[0]))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "sweep: name a folder for its runs: -o results/sweep");
    if (!rc && o.resume && o.force)
        rc =
            jd_fail(ctx, JD_ERR_ARGUMENT, "sweep: --resume goes on, --force starts over: give one");
    if (process) {
        o.ticket = process->ticket;
        o.ready = process->ready;
        o.done = process->done;
        o.leads = process->rank == 0;
        o.process = process->process;
    }
    if (!rc && !dry && o.resume) jd_cli_note_new(folder, "plan.txt", ctx);
    if (!rc && !dry) {
        rc = jd_sweep_run(&jd_sweep_simulate, config, folder, &o, &facts, ctx);
        if (rc == JD_ERR_CANCELLED) rc = report_on(args, folder, &facts, ctx);
        if (!rc) {
            print_end(folder, &facts);
            rc = report_all_failed(&facts, ctx);
        }
    }
    jd_config_free(config);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "DIR",
     .help = "folder of the sweep, made if need be"},
    {.name = "set",
     .value = "SECTION.KEY=VALUE",
     .repeat = JD_REPEAT_WALKS,
     .help = "set a parameter; may be repeated"},
    {.name = "dry-run", .help = "print the plan, with time and space from one trial run"},
    {.name = "resume", .help = "go on where the folder's sweep stopped"},
    {.name = "shard",
     .value = "I/N",
     .help = "do the I-th of N shares of the runs; then jiedao merge DIR"},
    {.name = "force", .help = "start over in a folder that holds a sweep"},
    {.name = NULL},
};

const jd_command_t jd_command_sweep = {
    .name = "sweep",
    .words = "CONFIG",
    .min_words = 1,
    .max_words = 1,
    .summary = "run a config at all points of its [sweep], resumable",
    .about = "Runs CONFIG at each point of the design in its [sweep] section, replicates and\n"
             "all, side by side, and writes what the runs leave to DIR/sweep.h5. Finished runs\n"
             "are kept whatever happens: after a kill, a full disk or Ctrl-C, --resume does the\n"
             "rest, and the file is the same to the byte.\n",
    .examples = "  jiedao sweep my.ini --dry-run\n"
                "  jiedao sweep my.ini -o results/sweep\n"
                "  jiedao sweep my.ini -o results/sweep --resume\n"
                "  jiedao sweep quickstart -o shares --set sweep.policy.share=0.1:0.9:0.2 \\\n"
                "      --set sweep.replicates=20\n",
    .options = options,
    .run = run,
    .estimates = true,
};
