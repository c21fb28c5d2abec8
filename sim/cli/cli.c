/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From argv to an exit status. The only place that prints errors or sets up the process. */
#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/dgp_data.h"
#include "cli/help.h"
#include "cli/out.h"
#include "cli/process.h"
#include "cli/signals.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "moments/moments.h"
#include "moments/of_runs.h"
#include "sweep/sweep.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SIGNAL = 128, MAX_THREADS = 4096 };

int jd_exit_status(int code)
{
    if (!code) return EXIT_DONE;
    if (code == JD_ERR_CANCELLED) return EXIT_SIGNAL + jd_signal_caught();
    if (code == JD_ERR_ARGUMENT || code == JD_ERR_UNSUPPORTED || code == JD_ERR_EXISTS)
        return EXIT_USAGE;
    return code <= -100 && code > -200 ? EXIT_USAGE : EXIT_FAILED;
}

static int is_cancelled(void *user)
{
    (void)user;
    return jd_signal_caught() != 0;
}

/* A full disk behind `jiedao params > file` shows only when the buffer is flushed. */
static int flush_results(jd_ctx_t *ctx)
{
    int error = jd_out_finish();
    if (!error) return JD_OK;
    return jd_fail(ctx, JD_ERR_WRITE, "results cannot be written to standard output: %s",
                   strerror(error));
}

static int run_command(const jd_command_t *command, int argc, char **argv, jd_terminal_t *terminal,
                       jd_ctx_t *ctx)
{
    jd_args_t args;
    int rc = jd_args_parse(&args, command, argc, argv, ctx);
    if (rc) goto out;
    if (jd_args_has(&args, "help")) {
        jd_help_command(stdout, command);
        goto out;
    }
    int64_t threads = 0;
    rc = jd_args_int(&args, "threads", 1, MAX_THREADS, &threads, ctx);
    if (rc) goto out;
    ctx->threads = (int)threads;
    terminal->quiet = jd_args_has(&args, "quiet") || (jd_farm_process && jd_farm_process->rank > 0);
    if (command->estimates) rc = jd_process_claim_blas(ctx);
    if (!rc) rc = command->run(&args, ctx);
out:
    jd_args_free(&args);
    return rc;
}

/* The words before any command: the list, --help, --version, or a mistake. */
static int run_line(int argc, char **argv, jd_terminal_t *terminal, jd_ctx_t *ctx)
{
    const char *word = argv[1];
    if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
        jd_help_overview(stdout);
        return JD_OK;
    }
    if (!strcmp(word, "--version")) {
        jd_print_version(stdout);
        return JD_OK;
    }
    if (word[0] == '-')
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: options come after the command: jiedao COMMAND %s", word, word);
    const jd_command_t *command = jd_command_find(word, ctx);
    if (!command) return JD_ERR_ARGUMENT;
    return run_command(command, argc - 2, argv + 2, terminal, ctx);
}

int jd_cli_main(int argc, char **argv)
{
    jd_process_fill_descriptors();
    if (argc < 2) {
        jd_help_overview(stderr);
        return EXIT_USAGE;
    }
    jd_out_start();
    jd_terminal_t terminal;
    jd_terminal_init(&terminal, stderr);
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.progress = jd_terminal_progress;
    ctx.warn = jd_terminal_warn;
    ctx.cancelled = is_cancelled;
    ctx.user = &terminal;
    jd_signals_install();
    /* OpenBLAS sums in another order for each number of threads; ours are above it. */
    openblas_set_num_threads(1);
    /* GSL stops the program at an argument outside a law's domain; a NaN serves better. */
    gsl_set_error_handler_off();
    jd_dgp_set_reader(jd_cli_dgp_read);
    jd_sweep_set_measure(jd_moment_sources, jd_moments_of_run);

    int rc = run_line(argc, argv, &terminal, &ctx);
    int flushed = flush_results(&ctx);
    if (!rc) rc = flushed;
    jd_terminal_clear(&terminal);
    /* A wrong line is wrong for all processes, a signal stops all: one says so. */
    bool echo = jd_farm_process && jd_farm_process->rank > 0 &&
                (jd_exit_status(rc) == EXIT_USAGE || rc == JD_ERR_CANCELLED);
    if (rc && !echo) jd_terminal_error(&terminal, ctx.used ? ctx.message : jd_error_text(rc));
    return jd_exit_status(rc);
}
