/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "core/calendar/calendar.h"
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

int32_t jd_quarter_days(int32_t quarter)
{
    int32_t year = year_of(quarter);
    return (int32_t)jd_day_number(year, 3 * (quarter - 4 * year) + 1, 1);
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
