/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mark.h"

extern char **environ;

enum { PATH_SIZE = 4096, TERMINAL_SIZE = 256, SAID_SIZE = 400 };

typedef struct format {
    unsigned bit;
    const char *ending;
    const char *terminal;
    double dots_per_inch; /* 0 = the size is given in cm */
    const char *scales;   /* make 8 points, a line of 1 and a point of 1 equally large in all */
} format_t;

/* Text never goes through gnuplot's markup (noenhanced), so a user's words cannot turn into it. */
static const format_t formats[] = {
    {JD_FIGURE_PDF, "pdf", "pdfcairo", 0.0, "fontscale 0.75 linewidth 1.0 pointscale 0.9"},
    {JD_FIGURE_SVG, "svg", "svg", 96.0, "fontscale 1.3333 linewidth 0.6667 background '#ffffff'"},
    {JD_FIGURE_PNG, "png", "pngcairo", 300.0, "fontscale 3.125 linewidth 2.0833 pointscale 3.125"},
};
enum { N_FORMATS = sizeof formats / sizeof formats[0] };

void jd_figure_options_defaults(jd_figure_options_t *options)
{
    *options = (jd_figure_options_t){.folder = ".", .formats = JD_FIGURE_ALL};
}

double jd_sheet_width(const jd_figure_kind_t *kind, const jd_figure_options_t *options)
{
    return options->width_mm == 0.0 ? kind->width_mm : options->width_mm;
}

double jd_sheet_height(const jd_figure_kind_t *kind, const jd_figure_options_t *options)
{
    if (options->height_mm != 0.0) return options->height_mm;
    return jd_sheet_width(kind, options) >= JD_WIDE_MM ? kind->height_mm : kind->narrow_height_mm;
}

static int check_options(const jd_figure_kind_t *kind, const jd_figure_options_t *o, jd_ctx_t *ctx)
{
    double width = jd_sheet_width(kind, o), height = jd_sheet_height(kind, o);
    if (!(width >= 60.0 && width <= 400.0))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "figure %s: width %g mm is outside [60, 400]; journals use 89 or 183",
                       kind->name, width);
    if (!(height >= 40.0 && height <= 400.0))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "figure %s: height %g mm is outside [40, 400]",
                       kind->name, height);
    if (o->formats == 0 || (o->formats & ~(unsigned)JD_FIGURE_ALL) != 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "figure %s: no such formats (mask %u); known: pdf, svg, png", kind->name,
                       o->formats);
    if (o->stem && (o->stem[0] == '\0' || strchr(o->stem, '/')))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "figure %s: '%s' cannot name a file; give a name without '/', and the "
                       "folder apart from it",
                       kind->name, o->stem);
    return JD_OK;
}

int jd_sheet_open(jd_sheet_t *sheet, const jd_figure_kind_t *kind,
                  const jd_figure_options_t *options, jd_ctx_t *ctx)
{
    sheet->kind = kind;
    sheet->options = options;
    int rc = check_options(kind, options, ctx);
    if (rc) return rc;
    sheet->script = tmpfile();
    if (!sheet->script)
        return jd_fail(ctx, JD_ERR_OPEN,
                       "figure %s: no temporary file for its script: %s; free space in /tmp or "
                       "make it writable",
                       kind->name, strerror(errno));
    return JD_OK;
}

static void put_terminal(char *text, const jd_sheet_t *sheet, const format_t *f)
{
    double width = jd_sheet_width(sheet->kind, sheet->options);
    double height = jd_sheet_height(sheet->kind, sheet->options);
    double unit = f->dots_per_inch == 0.0 ? 0.1 : f->dots_per_inch / 25.4;
    snprintf(text, TERMINAL_SIZE,
             f->dots_per_inch == 0.0
                 ? "set terminal %s noenhanced size %.4fcm,%.4fcm font 'Liberation Sans,8' %s"
                 : "set terminal %s noenhanced size %.0f,%.0f font 'Liberation Sans,8' %s",
             f->terminal, width * unit, height * unit, f->scales);
}

static int missing_gnuplot(const jd_sheet_t *sheet, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_PROGRAM,
                   "figure %s: the program gnuplot was not found; install it (Debian, Ubuntu: "
                   "apt install gnuplot-nox fonts-liberation) or put it on PATH",
                   sheet->kind->name);
}

/* What gnuplot printed, on one line. */
static void read_said(FILE *said, char *text)
{
    rewind(said);
    size_t n = fread(text, 1, SAID_SIZE - 1, said), used = 0;
    for (size_t i = 0; i < n; i++) {
        char c = (unsigned char)text[i] < ' ' ? ' ' : text[i];
        if (c != ' ' || (used > 0 && text[used - 1] != ' ')) text[used++] = c;
    }
    text[used] = '\0';
}

static int judge(const jd_sheet_t *sheet, const format_t *f, int status, FILE *said, jd_ctx_t *ctx)
{
    char text[SAID_SIZE];
    read_said(said, text);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && text[0] == '\0') return JD_OK;
    int rc = jd_check_cancelled(ctx); /* Ctrl-C reaches gnuplot too */
    if (rc) return rc;
    if (WIFSIGNALED(status))
        return jd_fail(ctx, JD_ERR_PROGRAM, "figure %s: gnuplot was ended by signal %d",
                       sheet->kind->name, WTERMSIG(status));
    if (WEXITSTATUS(status) == 127) return missing_gnuplot(sheet, ctx);
    return jd_fail(ctx, JD_ERR_PROGRAM, "figure %s: gnuplot (exit %d) could not draw the %s: %s",
                   sheet->kind->name, WEXITSTATUS(status), f->ending,
                   text[0] ? text : "it gave no reason");
}

/* The caller's environment, but in UTF-8 and with decimal points whatever the locale is: gnuplot
 * draws no degree sign under LC_ALL=C. One block, to be freed; NULL = out of memory. */
static char **utf8_environment(void)
{
    static char locale[] = "LC_ALL=C.UTF-8";
    size_t n = 0, kept = 0;
    while (environ && environ[n])
        n++;
    char **copy = malloc((n + 2) * sizeof *copy);
    if (!copy) return NULL;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "LC_", 3) != 0 && strncmp(environ[i], "LANG", 4) != 0)
            copy[kept++] = environ[i];
    copy[kept++] = locale;
    copy[kept] = NULL;
    return copy;
}

/* gnuplot reads the script and writes the picture as standard input and output: no path of the
 * user's ever enters a script. It needs gnuplot 5.2 or later. */
static int run_gnuplot(const jd_sheet_t *sheet, const format_t *f, int picture, jd_ctx_t *ctx)
{
    char terminal[TERMINAL_SIZE];
    put_terminal(terminal, sheet, f);
    char name[] = "gnuplot", defaults[] = "-d", execute[] = "-e", input[] = "-";
    char *argv[] = {name, defaults, execute, terminal, input, NULL};
    FILE *said = tmpfile();
    if (!said)
        return jd_fail(ctx, JD_ERR_OPEN, "figure %s: no temporary file: %s", sheet->kind->name,
                       strerror(errno));
    int rc = JD_OK, status = 0;
    posix_spawn_file_actions_t actions;
    char **environment = utf8_environment();
    int error = environment ? posix_spawn_file_actions_init(&actions) : ENOMEM;
    if (error) {
        rc = jd_fail_memory(ctx, sizeof actions, "gnuplot's start");
        goto out;
    }
    rewind(sheet->script);
    error = posix_spawn_file_actions_adddup2(&actions, fileno(sheet->script), 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, picture, 1);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, fileno(said), 2);
    pid_t child = 0;
    if (!error) error = posix_spawnp(&child, name, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (error == ENOENT) {
        rc = missing_gnuplot(sheet, ctx);
        goto out;
    }
    if (error) {
        rc = jd_fail(ctx, JD_ERR_PROGRAM, "figure %s: gnuplot could not be started: %s",
                     sheet->kind->name, strerror(error));
        goto out;
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) {
            rc = jd_fail(ctx, JD_ERR_PROGRAM, "figure %s: gnuplot was lost: %s", sheet->kind->name,
                         strerror(errno));
            goto out;
        }
    rc = judge(sheet, f, status, said, ctx);
out:
    free(environment);
    fclose(said);
    return rc;
}

/* Draws to a name in the same folder that nobody can know beforehand, which becomes the file's name
 * only when whole. */
static int draw_file(const jd_sheet_t *sheet, const format_t *f, jd_ctx_t *ctx)
{
    const jd_figure_options_t *o = sheet->options;
    const char *stem = o->stem ? o->stem : sheet->kind->name;
    char path[PATH_SIZE], part[PATH_SIZE + 48];
    uint64_t draw = 0;
    int length = snprintf(path, sizeof path, "%s/%s.%s", o->folder, stem, f->ending);
    if (length < 0 || (size_t)length >= sizeof path)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "figure %s: the path is longer than %d bytes",
                       sheet->kind->name, PATH_SIZE);
    int checked = jd_figure_may_replace(path, o->replace, ctx);
    if (checked) return checked;
    int picture = -1;
    if (getrandom(&draw, sizeof draw, 0) == (ssize_t)sizeof draw) {
        snprintf(part, sizeof part, "%s/.jiedao-%016" PRIx64 ".part", o->folder, draw);
        picture = open(part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    }
    if (picture < 0)
        return jd_fail(ctx, JD_ERR_OPEN,
                       "%s: cannot be written: %s; give a folder that exists and is writable", path,
                       strerror(errno));
    int rc = run_gnuplot(sheet, f, picture, ctx);
    int failed = lseek(picture, 0, SEEK_END) <= 0;
    if (!failed && !rc) errno = jd_figure_mark(picture, f->bit);
    failed = failed || (!rc && errno) || fsync(picture) != 0;
    failed = close(picture) != 0 || failed;
    if (!rc && !failed) rc = jd_figure_may_replace(path, o->replace, ctx); /* still */
    if (!rc && (failed || rename(part, path) != 0))
        rc = jd_fail(ctx, JD_ERR_WRITE, "%s: could not be written whole: %s; is the disk full?",
                     path, strerror(errno));
    if (rc) unlink(part);
    return rc;
}

int jd_sheet_close(jd_sheet_t *sheet, int rc, jd_ctx_t *ctx)
{
    if (!sheet->script) return rc;
    if (!rc && (fflush(sheet->script) != 0 || ferror(sheet->script)))
        rc = jd_fail(ctx, JD_ERR_WRITE,
                     "figure %s: its script could not be written to a temporary "
                     "file: %s; is the disk full?",
                     sheet->kind->name, strerror(errno));
    for (int i = 0; i < N_FORMATS && !rc; i++)
        if (sheet->options->formats & formats[i].bit) rc = draw_file(sheet, &formats[i], ctx);
    fclose(sheet->script);
    sheet->script = NULL;
    return rc;
}
