/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "jiedao/param.h"

static int32_t year_of(int32_t quarter)
{
    return quarter >= 0 ? quarter / 4 : -((3 - quarter) / 4);
}

const char *jd_quarter_text(int32_t quarter, char *buffer, size_t size)
{
    int32_t year = year_of(quarter);
    snprintf(buffer, size, "%04" PRId32 "Q%" PRId32, year, quarter - 4 * year + 1);
    return buffer;
}

/* Leap days of the Gregorian calendar in the years before `year`, up to a constant. */
static int32_t leap_days(int32_t year)
{
    int32_t y = year - 1 + 400 * 2000; /* the same cycle, with no negative to divide */
    return y / 4 - y / 100 + y / 400;
}

int32_t jd_quarter_days(int32_t quarter)
{
    static const int32_t days_before[4] = {0, 90, 181, 273};
    int32_t year = year_of(quarter), q = quarter - 4 * year;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return (year - 1970) * 365 + leap_days(year) - leap_days(1970) + days_before[q] +
           (leap && q > 0);
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

int jd_quarter_parse(const char *text, int32_t *quarter)
{
    int32_t year = 0;
    for (int i = 0; i < 4; i++) {
        if (!digit(text[i])) return JD_ERR_VALUE;
        year = 10 * year + (text[i] - '0');
    }
    if ((text[4] != 'Q' && text[4] != 'q') || text[5] < '1' || text[5] > '4' || text[6] != '\0')
        return JD_ERR_VALUE;
    *quarter = 4 * year + (text[5] - '1');
    return JD_OK;
}
