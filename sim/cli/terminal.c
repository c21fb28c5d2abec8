/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BAR = 12
}; /* with rate and time left at their longest a line has 79 characters: none wraps */

static const double redraw_after = 0.1; /* s, bar */
static const double line_after = 1; /* s, log: each tenth gets a line, not more often than this, */
static const double line_at_last = 10; /* s, or in any case after this */

static double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void jd_terminal_init(jd_terminal_t *terminal, FILE *out)
{
    memset(terminal, 0, sizeof *terminal);
    terminal->out = out;
    terminal->clock = monotonic;
    const char *kind = getenv("TERM");
    const char *plain = getenv("NO_COLOR");
    terminal->tty = isatty(fileno(out)) && kind && strcmp(kind, "dumb") != 0;
    terminal->colour = terminal->tty && !(plain && *plain);
}

void jd_terminal_clear(jd_terminal_t *terminal)
{
    if (!terminal->bar) return;
    fputs("\r\033[K", terminal->out);
    fflush(terminal->out);
    terminal->bar = false;
}

/* "12.3 million firms/s" behind a comma, or "" where items are not counted. */
static void write_rate(char *text, size_t size, const jd_terminal_t *terminal,
                       const jd_progress_t *progress, double seconds)
{
    static const struct {
        double from, unit;
        const char *name;
    } scale[] = {
        {1e9, 1e9, " billion"}, {1e6, 1e6, " million"}, {1e4, 1e3, " thousand"}, {0, 1, ""}};
    double rate = (progress->items - terminal->first.items) / seconds;
    text[0] = '\0';
    if (!progress->item || !(rate > 0)) return;
    int i = 0;
    while (rate < scale[i].from)
        i++;
    rate /= scale[i].unit;
    int decimals = rate < 10 ? 2 : rate < 100 ? 1 : 0;
    snprintf(text, size, ", %.*f%s %s/s", decimals, rate, scale[i].name, progress->item);
}

/* "12 s", "3 min 20 s", "2 h 5 min". */
static void write_duration(char *text, size_t size, double seconds)
{
    long s = (long)(seconds + 0.5);
    if (s < 60)
        snprintf(text, size, "%ld s", s);
    else if (s < 3600)
        snprintf(text, size, "%ld min %ld s", s / 60, s % 60);
    else
        snprintf(text, size, "%ld h %ld min", s / 3600, s / 60 % 60);
}

/* ", 12.3 million firms/s, 4 s left"; no time left before anything is known. */
static void write_detail(char *text, size_t size, const jd_terminal_t *terminal,
                         const jd_progress_t *progress, double seconds)
{
    char rate[96], left[48];
    write_rate(rate, sizeof rate, terminal, progress, seconds);
    if (progress->failed > 0) {
        size_t n = strlen(rate);
        snprintf(rate + n, sizeof rate - n, ", %lld failed", (long long)progress->failed);
    }
    int64_t done = progress->done - terminal->first.done;
    if (done > 0) {
        double rest = seconds * (double)(progress->total - progress->done) / (double)done;
        write_duration(left, sizeof left, rest);
        snprintf(text, size, "%s, %s left", rate, left);
    } else {
        snprintf(text, size, "%s", rate);
    }
}

static void draw_bar(jd_terminal_t *terminal, const jd_progress_t *progress, double share,
                     double seconds)
{
    char bar[BAR + 1], detail[160];
    int full = (int)(share * BAR);
    memset(bar, ' ', BAR);
    memset(bar, '#', (size_t)full);
    bar[BAR] = '\0';
    write_detail(detail, sizeof detail, terminal, progress, seconds);
    fprintf(terminal->out, "\r%s [%s] %3.0f %%%s\033[K", terminal->stage, bar, 100 * share, detail);
    fflush(terminal->out);
    terminal->bar = true;
}

static void begin_stage(jd_terminal_t *terminal, const jd_progress_t *progress, double now)
{
    jd_terminal_clear(terminal);
    snprintf(terminal->stage, sizeof terminal->stage, "%s",
             progress->stage ? progress->stage : "working");
    terminal->first = *progress;
    terminal->began = terminal->shown = now;
    terminal->tenth = 0;
}

/* The last word on a stage: nothing stays on a terminal, a long stage leaves a line in a log. */
static void end_stage(jd_terminal_t *terminal, const jd_progress_t *progress, double seconds)
{
    jd_terminal_clear(terminal);
    if (terminal->tty || seconds < line_after) return;
    char rate[96], time[48];
    write_rate(rate, sizeof rate, terminal, progress, seconds);
    write_duration(time, sizeof time, seconds);
    fprintf(terminal->out, "%s: done in %s%s\n", terminal->stage, time, rate);
    fflush(terminal->out);
}

void jd_terminal_progress(void *user, const jd_progress_t *progress)
{
    jd_terminal_t *terminal = user;
    if (terminal->quiet || progress->total <= 0) return;
    double now = terminal->clock();
    const char *stage = progress->stage ? progress->stage : "working";
    bool again = strncmp(terminal->stage, stage, sizeof terminal->stage - 1) != 0 ||
                 progress->done < terminal->done;
    terminal->done = progress->done;
    if (again) begin_stage(terminal, progress, now);
    double seconds = now - terminal->began;
    if (progress->done >= progress->total) {
        end_stage(terminal, progress, seconds);
        return;
    }
    double share = (double)progress->done / (double)progress->total;
    double since = now - terminal->shown;
    if (terminal->tty) {
        if (since < redraw_after) return;
        draw_bar(terminal, progress, share, seconds);
    } else {
        int tenth = (int)(10 * progress->done / progress->total);
        bool further = tenth > terminal->tenth && since >= line_after;
        if (!further && since < line_at_last) return;
        terminal->tenth = tenth;
        char detail[160];
        write_detail(detail, sizeof detail, terminal, progress, seconds);
        fprintf(terminal->out, "%s: %.0f %%%s\n", terminal->stage, 100 * share, detail);
        fflush(terminal->out);
    }
    terminal->shown = now;
}

/* Each line of `message` behind a coloured "jiedao: " and `kind`. */
static void print_lines(jd_terminal_t *terminal, const char *colour, const char *kind,
                        const char *message)
{
    char plain[JD_MESSAGE_SIZE];
    snprintf(plain, sizeof plain, "%s", message);
    jd_plain_text(plain); /* names and cells of files are in it */
    message = plain;
    jd_terminal_clear(terminal);
    while (*message) {
        int length = (int)strcspn(message, "\n");
        fprintf(terminal->out, "%sjiedao:%s %s%.*s\n", terminal->colour ? colour : "",
                terminal->colour ? "\033[0m" : "", kind, length, message);
        message += length;
        if (*message) message++;
    }
    fflush(terminal->out);
}

void jd_terminal_warn(void *user, const char *message)
{
    jd_terminal_t *terminal = user;
    (void)fflush(stdout); /* results so far stand before the note where both go to one place */
    if (!terminal->quiet) print_lines(terminal, "\033[33m", "note: ", message);
}

void jd_terminal_error(jd_terminal_t *terminal, const char *message)
{
    print_lines(terminal, "\033[1;31m", "", message);
}
