/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Dates as people and programs write them, and periods of the Gregorian calendar as whole numbers.
 *  A period is a number in its unit: years; half-years, quarters, months since year 0; days since
 *  1970-01-01; weeks as the day they begin on; Stata's weeks (52 a year, the last with 8 or 9 days)
 *  since year 0.
 */
#ifndef JD_CORE_CALENDAR_CALENDAR_H
#define JD_CORE_CALENDAR_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jiedao/export.h"

typedef enum jd_period {
    JD_PERIOD_NUMBER, /**< whole numbers that are no dates */
    JD_PERIOD_YEAR,
    JD_PERIOD_HALF,
    JD_PERIOD_QUARTER,
    JD_PERIOD_MONTH,
    JD_PERIOD_STATA_WEEK,
    JD_PERIOD_WEEK,
    JD_PERIOD_DAY,
    JD_PERIODS
} jd_period_t;

typedef struct jd_moment {
    jd_period_t unit;
    int64_t value;
    int32_t seconds; /**< time of day; 0 where none is written */
} jd_moment_t;

/** How 1/2/2018 is meant. */
typedef enum jd_date_order { JD_ORDER_UNKNOWN, JD_ORDER_DMY, JD_ORDER_MDY } jd_date_order_t;

/** What a text says of that order. */
enum {
    JD_ORDER_IS_DATE = 1, /**< day and month in front of the year, as numbers */
    JD_ORDER_FITS_DMY = 2,
    JD_ORDER_FITS_MDY = 4,
    JD_ORDER_MATTERS = 8 /**< both fit, and give different days */
};

/** Days from 1970-01-01. */
JD_API int64_t jd_day_number(int64_t year, int64_t month, int64_t day);
JD_API void jd_day_date(int64_t number, int64_t *year, int64_t *month, int64_t *day);
JD_API int64_t jd_days_in_month(int64_t year, int64_t month);

/** Reads 2018-03-31 (also with / or ., with a time of day behind it), 31jan2018, 31 January 2018,
 *  Jan 31, 2018, 31.1.2018 and 1/31/2018 (by `order`; false where it is unknown and matters),
 *  2018-03, 2018M3, 3/2018, Jan 2018, 2018Q1, Q1 2018, 2018H1, 2018W05 (ISO 8601), 2018w5 (Stata).
 *  False if it is none of these; a bare number is not a date. */
JD_API bool jd_date_read(const char *text, jd_date_order_t order, jd_moment_t *moment);

/** The order of day and month in a text: JD_ORDER_... bits, 0 where it has none. */
JD_API unsigned jd_date_order(const char *text);

/** A number of Stata by the letter of its format: %t and d, c, C, m, q, w, h, y ("%d" is "%td").
 *  False if it is not a whole one, or out of range. */
JD_API bool jd_date_from_stata(char letter, double number, jd_moment_t *moment);

/** Whether a whole number is such a code of a year and ...: 20104, 201812, 201852, 20180131. */
typedef enum jd_code {
    JD_CODE_QUARTER,
    JD_CODE_MONTH,
    JD_CODE_WEEK,
    JD_CODE_DAY,
    JD_CODE_DAY_OF_YEAR, /**< 2018365 */
    JD_CODE_DMY,         /**< 31122018 */
    JD_CODE_MDY,         /**< 12312018 */
    JD_CODES
} jd_code_t;
JD_API bool jd_date_from_code(jd_code_t code, int64_t number, jd_moment_t *moment);

/** What such a number divides by to give its year, 1 where the year does not come first. */
JD_API int64_t jd_code_tail(jd_code_t code);
/** "year and month". */
JD_API const char *jd_code_name(jd_code_t code);

/** Whether a number such as 2018.75 is a year and whole halves, quarters or months of it; months
 *  may be rounded to two decimals. The period goes to *value, which may be NULL. */
JD_API bool jd_period_from_fraction(jd_period_t unit, double number, int64_t *value);

/** Periods a year of the units that divide years by months; 0: others. */
JD_API int64_t jd_periods_a_year(jd_period_t unit);
/** The first day of a period; not of JD_PERIOD_NUMBER. */
JD_API int64_t jd_period_day(jd_period_t unit, int64_t value);
/** The period a day lies in; weeks begin on Mondays. */
JD_API int64_t jd_period_of_day(jd_period_t unit, int64_t day);
/** The first day of the week a day lies in, where weeks begin on this weekday (0 = Thursday). */
JD_API int64_t jd_week_of_day(int64_t day, int32_t weekday);
/** Whether periods of one unit never cross the bounds of the other's. */
JD_API bool jd_period_within(jd_period_t fine, jd_period_t coarse);

/** "a quarter". */
JD_API const char *jd_period_name(jd_period_t unit);
/** 2018, 2018H1, 2018Q1, 2018-03, 2018w5, 2018-03-31 (days, and weeks by their first day). */
JD_API const char *jd_period_text(jd_period_t unit, int64_t value, char *buffer, size_t size);

#endif
