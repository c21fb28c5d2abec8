/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bar on a terminal and the lines in a log, by a clock of our own. */
#include <stdlib.h>
#include <string.h>

#include "cli/terminal.h"
#include "support.h"

static double now;

static double test_clock(void)
{
    return now;
}

typedef struct {
    jd_terminal_t terminal;
    char *text;
    size_t size;
} screen_t;

static void open_screen(screen_t *screen, bool tty)
{
    FILE *out = open_memstream(&screen->text, &screen->size);
    assert_non_null(out);
    now = 0;
    memset(&screen->terminal, 0, sizeof screen->terminal);
    screen->terminal.out = out;
    screen->terminal.clock = test_clock;
    screen->terminal.tty = tty;
}

static void close_screen(screen_t *screen)
{
    fclose(screen->terminal.out);
    free(screen->text);
}

static void tell(screen_t *screen, double when, int64_t done)
{
    jd_progress_t progress = {"simulating", done, 100, 1e6 * (double)done, "firms", 0};
    now = when;
    jd_terminal_progress(&screen->terminal, &progress);
}

static void test_log_lines_every_tenth(void **state)
{
    (void)state;
    screen_t screen;
    open_screen(&screen, false);
    for (int i = 0; i <= 100; i++)
        tell(&screen, 0.2 * i, i);
    assert_string_equal(screen.text, "simulating: 10 %, 5.00 million firms/s, 18 s left\n"
                                     "simulating: 20 %, 5.00 million firms/s, 16 s left\n"
                                     "simulating: 30 %, 5.00 million firms/s, 14 s left\n"
                                     "simulating: 40 %, 5.00 million firms/s, 12 s left\n"
                                     "simulating: 50 %, 5.00 million firms/s, 10 s left\n"
                                     "simulating: 60 %, 5.00 million firms/s, 8 s left\n"
                                     "simulating: 70 %, 5.00 million firms/s, 6 s left\n"
                                     "simulating: 80 %, 5.00 million firms/s, 4 s left\n"
                                     "simulating: 90 %, 5.00 million firms/s, 2 s left\n"
                                     "simulating: done in 20 s, 5.00 million firms/s\n");
    close_screen(&screen);
}

static void test_log_slow_stage_speaks_every_ten_seconds(void **state)
{
    (void)state;
    screen_t screen;
    open_screen(&screen, false);
    tell(&screen, 0, 0);
    tell(&screen, 9, 1);
    fflush(screen.terminal.out);
    assert_int_equal(screen.size, 0);
    tell(&screen, 200, 1);
    assert_string_equal(screen.text, "simulating: 1 %, 5000 firms/s, 5 h 30 min left\n");
    close_screen(&screen);
}

static void test_log_short_stage_is_silent(void **state)
{
    (void)state;
    screen_t screen;
    open_screen(&screen, false);
    for (int i = 0; i <= 100; i++)
        tell(&screen, 0.009 * i, i);
    fflush(screen.terminal.out);
    assert_int_equal(screen.size, 0);
    close_screen(&screen);
}

static void test_bar_is_drawn_and_wiped(void **state)
{
    (void)state;
    screen_t screen;
    open_screen(&screen, true);
    tell(&screen, 0, 0);
    tell(&screen, 0.05, 1);
    fflush(screen.terminal.out);
    assert_int_equal(screen.size, 0);
    tell(&screen, 50, 50);
    assert_string_equal(screen.text, "\rsimulating [######      ]  50 %, "
                                     "1.00 million firms/s, 50 s left\033[K");
    jd_terminal_warn(&screen.terminal, "a remark");
    assert_non_null(strstr(screen.text, "\033[K\r\033[Kjiedao: note: a remark\n"));
    tell(&screen, 60, 60);
    tell(&screen, 100, 100);
    assert_string_equal(screen.text + screen.size - 4, "\r\033[K");
    close_screen(&screen);
}

/* A longer line would wrap on a terminal of 80 columns, and each redraw would leave one behind. */
static void test_bar_fits_80_columns(void **state)
{
    (void)state;
    screen_t screen;
    open_screen(&screen, true);
    jd_progress_t progress = {.stage = "simulating", .total = 100, .item = "firm-quarters"};
    jd_terminal_progress(&screen.terminal, &progress);
    now = 3599 * 9; /* 59 min 59 s are left */
    progress.done = 90;
    progress.items = 12.3e6 * now;
    jd_terminal_progress(&screen.terminal, &progress);
    fflush(screen.terminal.out);
    assert_string_equal(screen.text, "\rsimulating [##########  ]  90 %, 12.3 million "
                                     "firm-quarters/s, 59 min 59 s left\033[K");
    assert_true(strlen(screen.text) - strlen("\r\033[K") < 80);
    close_screen(&screen);
}

static void test_quiet_says_errors_only(void **state)
{
    (void)state;
    screen_t screen;
    open_screen(&screen, true);
    screen.terminal.quiet = true;
    for (int i = 0; i < 100; i++)
        tell(&screen, i, i);
    jd_terminal_warn(&screen.terminal, "a remark");
    jd_terminal_error(&screen.terminal, "first\nsecond");
    assert_string_equal(screen.text, "jiedao: first\njiedao: second\n");
    close_screen(&screen);
}

static void test_colour_heeds_no_color(void **state)
{
    (void)state;
    screen_t screen;
    open_screen(&screen, true);
    screen.terminal.colour = true;
    jd_terminal_error(&screen.terminal, "red");
    assert_string_equal(screen.text, "\033[1;31mjiedao:\033[0m red\n");
    close_screen(&screen);
    /* Not a terminal: neither bar nor colour, whatever the environment says. */
    jd_terminal_t terminal;
    FILE *file = tmpfile();
    assert_non_null(file);
    jd_terminal_init(&terminal, file);
    assert_false(terminal.tty || terminal.colour);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_lines_every_tenth),
        cmocka_unit_test(test_log_slow_stage_speaks_every_ten_seconds),
        cmocka_unit_test(test_log_short_stage_is_silent),
        cmocka_unit_test(test_bar_is_drawn_and_wiped),
        cmocka_unit_test(test_bar_fits_80_columns),
        cmocka_unit_test(test_quiet_says_errors_only),
        cmocka_unit_test(test_colour_heeds_no_color),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
