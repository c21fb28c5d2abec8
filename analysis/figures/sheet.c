/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dress.h"
#include "mark.h"
#include "page.h"
#include "program.h"

enum { PATH_SIZE = 4096, TERMINAL_SIZE = 512, SAID_SIZE = 400 };
static const double POINTS = 8.0, /* size of the letters */
    TALL_POINTS = 7.4;            /* of fonts whose lines stand further apart, as Chinese ones do */

typedef struct format {
    unsigned bit;
    const char *ending;
    const char *terminal;
    double dots_per_inch; /* 0 = the size is given in cm */
    double font, lines,
        marks; /* make 8 points, a line of 1 and a point of 1 equally large in all */
} format_t;

/* Text never goes through gnuplot's markup (noenhanced), so a user's words cannot turn into it. */
static const format_t formats[] = {
    {JD_FIGURE_PDF, "pdf", "pdfcairo", 0.0, 0.75, 1.0, 0.9},
    {JD_FIGURE_SVG, "svg", "svg", 96.0, 1.3333, 0.6667, 0.0},
    {JD_FIGURE_PNG, "png", "pngcairo", 300.0, 3.125, 2.0833, 3.125},
    {JD_FIGURE_GP, "gp", NULL, 0.0, 0.0, 0.0, 0.0},
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
    if (o->formats == 0 || (o->formats & ~(unsigned)(JD_FIGURE_ALL | JD_FIGURE_GP)) != 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "figure %s: no such formats (mask %u); known: pdf, svg, png, gp", kind->name,
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

/* The font's name as gnuplot reads it back: it is one that fc-list named. */
static void put_terminal(char *text, const jd_sheet_t *sheet, const format_t *f)
{
    const double larger = sheet->options->scale > 0.0 ? sheet->options->scale : 1.0;
    const double width = jd_sheet_width(sheet->kind, sheet->options) * larger;
    const double height = jd_sheet_height(sheet->kind, sheet->options) * larger;
    const double unit = f->dots_per_inch == 0.0 ? 0.1 : f->dots_per_inch / 25.4;
    int n = snprintf(text, TERMINAL_SIZE,
                     f->dots_per_inch == 0.0 ? "set terminal %s noenhanced size %.4fcm,%.4fcm"
                                             : "set terminal %s noenhanced size %.0f,%.0f",
                     f->terminal, width * unit, height * unit);
    n +=
        snprintf(text + n, TERMINAL_SIZE - (size_t)n, " font '%s,%g' fontscale %.5g linewidth %.5g",
                 sheet->font, strstr(sheet->font, "CJK") ? TALL_POINTS : POINTS, f->font * larger,
                 f->lines * larger);
    if (f->marks > 0.0)
        snprintf(text + n, TERMINAL_SIZE - (size_t)n, " pointscale %.5g", f->marks * larger);
    else
        snprintf(text + n, TERMINAL_SIZE - (size_t)n, " background '#ffffff'");
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
    int status = 0;
    rewind(sheet->script);
    const int error = jd_program_run(argv, fileno(sheet->script), picture, fileno(said), &status);
    int rc = error == ENOENT   ? missing_gnuplot(sheet, ctx)
             : error == ENOMEM ? jd_fail_memory(ctx, sizeof status, "gnuplot's start")
             : error ? jd_fail(ctx, JD_ERR_PROGRAM, "figure %s: gnuplot could not be started: %s",
                               sheet->kind->name, strerror(error))
                     : judge(sheet, f, status, said, ctx);
    fclose(said);
    return rc;
}

/* The script as a file: it draws a PDF of its own name beside itself. */
static int write_script(const jd_sheet_t *sheet, int file, const char *stem, jd_ctx_t *ctx)
{
    char terminal[TERMINAL_SIZE], piece[4096];
    const int own = dup(file);
    FILE *out = own < 0 ? NULL : fdopen(own, "w");
    if (!out) {
        if (own >= 0) close(own);
        return jd_fail(ctx, JD_ERR_WRITE, "figure %s: its script cannot be written: %s",
                       sheet->kind->name, strerror(errno));
    }
    put_terminal(terminal, sheet, &formats[0]);
    fprintf(out, "# Figure %s of jiedao with its data: gnuplot -d on this file draws it as PDF.\n",
            sheet->kind->name);
    snprintf(piece, sizeof piece, "%s.pdf", stem);
    fprintf(out, "%s\nset output ", terminal);
    jd_put_text(out, piece, sizeof piece);
    fputc('\n', out);
    rewind(sheet->script);
    for (size_t n; (n = fread(piece, 1, sizeof piece, sheet->script)) > 0;)
        fwrite(piece, 1, n, out);
    return fclose(out) == 0
               ? JD_OK
               : jd_fail(ctx, JD_ERR_WRITE, "figure %s: its script could not be written whole: %s",
                         sheet->kind->name, strerror(errno));
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
    int rc =
        f->terminal ? run_gnuplot(sheet, f, picture, ctx) : write_script(sheet, picture, stem, ctx);
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

void jd_sheet_shows(const jd_sheet_t *sheet, const jd_table_t *table)
{
    const jd_figure_options_t *o = sheet->options;
    if (o && table && o->shows) o->shows(o->user, sheet->kind->name, table);
}

/* The script in the user's words, and a font that can show them. */
static int dress(jd_sheet_t *sheet, jd_ctx_t *ctx)
{
    const jd_figure_options_t *o = sheet->options;
    jd_glyphs_t glyphs = {0};
    FILE *dressed = tmpfile();
    if (!dressed)
        return jd_fail(ctx, JD_ERR_OPEN, "figure %s: no temporary file: %s", sheet->kind->name,
                       strerror(errno));
    int rc = jd_dress(sheet->script, dressed, o, &glyphs, ctx);
    fclose(sheet->script);
    sheet->script = dressed;
    if (!rc)
        rc = jd_glyphs_font(&glyphs, sheet->kind->name, o->font, jd_labels_fonts(o->labels),
                            sheet->font, ctx);
    jd_glyphs_free(&glyphs);
    return rc;
}

int jd_sheet_close(jd_sheet_t *sheet, int rc, jd_ctx_t *ctx)
{
    if (!sheet->script) return rc;
    if (!rc) rc = dress(sheet, ctx);
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
