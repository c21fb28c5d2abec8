/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers that stand for dates: 20104, 201812, 20180131, years, Stata's numbers without a format.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/time.h"

/* What the whole numbers of one code or both columns have in common. */
typedef struct codes {
    bool fits[JD_CODES];
    int64_t least, most;           /* values */
    int64_t first_year, last_year; /* of codes */
    int64_t tail;                  /* the largest number behind the year */
    bool any;
} codes_t;

static void look(codes_t *s, const jd_own_axis_t *axis, int64_t n)
{
    jd_moment_t m;
    if (!s->any) {
        for (int k = 0; k < JD_CODES; k++)
            s->fits[k] = true;
        s->least = INT64_MAX;
        s->most = INT64_MIN;
    }
    for (int64_t i = 0; axis->column && i < n; i++) {
        int64_t v = axis->value[i];
        if (v == JD_OWN_NEVER_DATE || (i > 0 && v == axis->value[i - 1])) continue;
        s->any = true;
        if (v < s->least) s->least = v;
        if (v > s->most) s->most = v;
        for (int k = 0; k < JD_CODES; k++)
            s->fits[k] = s->fits[k] && jd_date_from_code((jd_code_t)k, v, &m);
    }
}

static bool are_years(const codes_t *s)
{
    return s->any && s->least >= 1800 && s->most < 2200;
}

/* The first code that all fit, or JD_CODES. */
static jd_code_t find_code(const codes_t *s)
{
    int k = 0;
    while (s->any && k < JD_CODES && !s->fits[k])
        k++;
    return s->any ? (jd_code_t)k : JD_CODES;
}

static void find_tail(codes_t *s, jd_code_t code, const jd_own_axis_t *axis, int64_t n)
{
    int64_t by = jd_code_tail(code);
    for (int64_t i = 0; axis->column && i < n; i++) {
        int64_t v = axis->value[i];
        if (v == JD_OWN_NEVER_DATE) continue;
        if (v % by > s->tail) s->tail = v % by;
        if (s->first_year == 0 || v / by < s->first_year) s->first_year = v / by;
        if (v / by > s->last_year) s->last_year = v / by;
    }
}

static void decode(jd_own_axis_t *axis, int64_t n, jd_code_t code)
{
    jd_moment_t m = {0};
    for (int64_t i = 0; axis->column && i < n; i++) {
        if (axis->value[i] == JD_OWN_NEVER_DATE) continue;
        (void)jd_date_from_code(code, axis->value[i], &m);
        axis->value[i] = m.value;
        axis->unit = m.unit;
    }
}

static void note_code(const jd_own_axis_t *axis, jd_code_t code, int64_t example, jd_ctx_t *ctx)
{
    jd_moment_t m;
    char text[32];
    (void)jd_date_from_code(code, example, &m);
    jd_warn(ctx,
            "\3%s\2 %s: numbers such as %" PRId64 " are read as %s (%s); \3periods\2 integer takes "
            "them as whole numbers",
            axis->column->option, axis->column->of->name, example, jd_code_name(code),
            jd_period_text(m.unit, m.value, text, sizeof text));
}

/* The reading that the option asks for, where more than one is possible; JD_CODES: none. */
static jd_code_t chosen_code(const codes_t *s, jd_code_t code, jd_own_spacing_t spacing)
{
    static const struct {
        jd_code_t found;
        jd_own_spacing_t asked;
        jd_code_t meant;
    } choices[] = {{JD_CODE_QUARTER, JD_OWN_BY_QUARTER, JD_CODE_QUARTER},
                   {JD_CODE_QUARTER, JD_OWN_BY_YEAR, JD_CODE_QUARTER},
                   {JD_CODE_MONTH, JD_OWN_BY_MONTH, JD_CODE_MONTH},
                   {JD_CODE_MONTH, JD_OWN_BY_YEAR, JD_CODE_MONTH},
                   {JD_CODE_WEEK, JD_OWN_BY_WEEK, JD_CODE_WEEK},
                   {JD_CODE_MONTH, JD_OWN_BY_WEEK, JD_CODE_WEEK},
                   {JD_CODE_DAY_OF_YEAR, JD_OWN_BY_DAY, JD_CODE_DAY_OF_YEAR}};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (code == choices[i].found && spacing == choices[i].asked && s->fits[choices[i].meant])
            return choices[i].meant;
    if (spacing == JD_OWN_BY_FILE || spacing == JD_OWN_BY_RANK) return JD_CODES;
    return code == JD_CODE_DAY || code == JD_CODE_QUARTER || (code == JD_CODE_MONTH && s->tail > 4)
               ? code
               : JD_CODES;
}

/* Whether these numbers are this code beyond doubt; if not, what else they might be. */
static bool is_sure(const codes_t *s, jd_code_t code, const char **cure)
{
    *cure = "if they are plain numbers, use --periods integer";
    switch (code) {
    case JD_CODE_QUARTER:
        *cure = "without a fourth quarter they may be half-years, terms or plain numbers too: "
                "say \3periods\2 quarter, rank or integer";
        return s->tail == 4;
    case JD_CODE_MONTH:
        *cure = "no month is beyond the fourth, so they may be quarters, weeks or plain numbers "
                "too: say \3periods\2 month, week, rank or integer";
        return s->tail > 4;
    case JD_CODE_WEEK:
        *cure = "say --periods week (ISO 8601), rank or integer";
        return false;
    case JD_CODE_DAY:
        return true;
    case JD_CODE_DAY_OF_YEAR:
        *cure = "say --periods day, rank or integer";
        return false;
    default:
        *cure = "write them as 2018-12-31, or say --periods integer";
        return false;
    }
}

/* Codes of one year differ by as much as what they stand for; days only within a month. */
static bool is_harmless(const codes_t *s, jd_code_t code)
{
    if (code == JD_CODE_DAY) return s->least / 100 == s->most / 100;
    return code < JD_CODE_DMY ? s->first_year == s->last_year : s->least == s->most;
}

static int refuse_cohort(const jd_own_axes_t *axes, jd_code_t code, jd_ctx_t *ctx)
{
    const jd_own_axis_t *c = &axes->cohort;
    jd_moment_t m;
    int64_t i = 0;
    while (i < axes->n &&
           (c->value[i] == JD_OWN_NEVER_DATE || jd_date_from_code(code, c->value[i], &m)))
        i++;
    return jd_fail_at(
        ctx, JD_ERR_DATA, c->column->option, axes->keep[i],
        "\3%s\2 %s: row %" PRId32 " holds %" PRId64 ", but the periods look like %s (%" PRId64
        "); a code for never goes with \1never\2, and \3periods\2 integer says that they are "
        "whole numbers",
        c->column->option, c->column->of->name, axes->keep[i] + 1, c->value[i], jd_code_name(code),
        axes->time.value[0]);
}

/* 20100 to 20103, 20110 and so on: quarters counted from 0. */
static bool count_from_zero(const jd_own_axis_t *t, const codes_t *s, int64_t n)
{
    int64_t tails = 0;
    if (s->least < 19000 || s->most > 21009 || s->least / 10 == s->most / 10) return false;
    for (int64_t i = 0; i < n; i++) {
        if (t->value[i] % 10 > 3) return false;
        tails |= (int64_t)1 << t->value[i] % 10;
    }
    return (tails & 1) && tails > 1;
}

/* Times, and cohorts that go with them. */
static int decode_both(jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    jd_own_axis_t *t = &axes->time, *c = &axes->cohort;
    const char *cure;
    codes_t times = {0}, cohorts = {0}, both;
    look(&times, t, axes->n);
    look(&cohorts, c, axes->n);
    jd_code_t code = find_code(&times);
    if (code == JD_CODES && axes->spacing == JD_OWN_BY_FILE && count_from_zero(t, &times, axes->n))
        return jd_fail(ctx, JD_ERR_DATA,
                       "\3%s\2 %s: numbers such as %" PRId64
                       " look like year and quarter, counted from "
                       "0; write 2010Q1, or use \3periods\2 rank or integer",
                       t->column->option, t->column->of->name, times.most);
    if (code == JD_CODES) return JD_OK;
    both = times;
    look(&both, c, axes->n);
    const bool agree = both.fits[code] || find_code(&both) < JD_CODES;
    if (agree) code = find_code(&both);
    find_tail(&both, code, t, axes->n);
    if (agree) find_tail(&both, code, c, axes->n);
    const jd_own_spacing_t asked = axes->spacing;
    const bool sure = is_sure(&both, code, &cure);
    if (asked == JD_OWN_BY_FILE && is_harmless(&both, code)) return JD_OK;
    if (!agree) {
        if (are_years(&cohorts))
            c->unit = JD_PERIOD_YEAR;
        else
            return refuse_cohort(axes, code, ctx);
    }
    jd_code_t meant = chosen_code(&both, code, asked);
    if (meant == JD_CODES && asked == JD_OWN_BY_FILE && sure) meant = code;
    if (meant == JD_CODES)
        return jd_fail(ctx, JD_ERR_DATA, "\3%s\2 %s: numbers such as %" PRId64 " look like %s; %s",
                       t->column->option, t->column->of->name, times.most, jd_code_name(code),
                       cure);
    note_code(t, meant, times.most, ctx);
    decode(t, axes->n, meant);
    if (agree) decode(c, axes->n, meant);
    return JD_OK;
}

/* A number is most likely of the other column's kind: Stata's number without its format, a year, or
 * a code. */
static int decode_one(jd_own_axis_t *plain, const jd_own_axis_t *dated, const jd_own_axes_t *axes,
                      jd_ctx_t *ctx)
{
    codes_t s = {0};
    jd_moment_t low, high;
    char from[32];
    const char *option = plain->column->option, *name = plain->column->of->name;
    look(&s, plain, axes->n);
    if (!s.any) {
        plain->unit = dated->unit; /* nobody is ever treated */
        return JD_OK;
    }
    jd_code_t code = find_code(&s);
    const bool stata = dated->letter && jd_date_from_stata(dated->letter, (double)s.least, &low) &&
                       jd_date_from_stata(dated->letter, (double)s.most, &high);
    bool near = stata;
    if (stata) {
        int64_t first = INT64_MAX, last = INT64_MIN;
        for (int64_t i = 0; i < axes->n; i++) {
            if (dated->value[i] == JD_OWN_NEVER_DATE) continue;
            if (dated->value[i] < first) first = dated->value[i];
            if (dated->value[i] > last) last = dated->value[i];
        }
        const int64_t span = last - first + 1;
        near = low.value >= first - span && high.value <= last + span;
    }
    if (near) {
        jd_warn(ctx,
                "\3%s\2 %s: has no date format; its numbers are read as those of "
                "Stata's %%t%c, as \1%s\2 "
                "has it (%" PRId64 " is %s)",
                option, name, dated->letter, dated->column->option, s.least,
                jd_period_text(low.unit, low.value, from, sizeof from));
        for (int64_t i = 0; i < axes->n; i++) {
            if (plain->value[i] == JD_OWN_NEVER_DATE) continue;
            (void)jd_date_from_stata(dated->letter, (double)plain->value[i], &low);
            plain->value[i] = low.value;
        }
        plain->unit = low.unit;
        return JD_OK;
    }
    if (are_years(&s)) {
        jd_warn(ctx, "\3%s\2 %s: its numbers are read as years", option, name);
        plain->unit = JD_PERIOD_YEAR;
        return JD_OK;
    }
    if (code == JD_CODE_QUARTER || code == JD_CODE_MONTH || code == JD_CODE_DAY) {
        note_code(plain, code, s.most, ctx);
        decode(plain, axes->n, code);
    }
    return JD_OK;
}

int jd_own_decode(jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    jd_own_axis_t *t = &axes->time, *c = &axes->cohort;
    const bool time_plain = t->unit == JD_PERIOD_NUMBER, has_cohort = c->column,
               cohort_plain = c->unit == JD_PERIOD_NUMBER;
    if (axes->spacing == JD_OWN_BY_INTEGER) return JD_OK;
    if (time_plain && has_cohort && !cohort_plain) return decode_one(t, c, axes, ctx);
    if (!time_plain && has_cohort && cohort_plain) return decode_one(c, t, axes, ctx);
    if (!time_plain) return JD_OK;
    codes_t times = {0}, cohorts = {0};
    look(&times, t, axes->n);
    look(&cohorts, c, axes->n);
    /* Years, and cohorts as 20104 or 20180131. */
    if (are_years(&times) && cohorts.any && find_code(&cohorts) <= JD_CODE_DAY &&
        find_code(&cohorts) != JD_CODE_WEEK) {
        t->unit = JD_PERIOD_YEAR;
        return decode_one(c, t, axes, ctx);
    }
    if (are_years(&times) && axes->spacing > JD_OWN_BY_RANK &&
        (!cohorts.any || are_years(&cohorts))) {
        t->unit = c->unit = JD_PERIOD_YEAR;
        return JD_OK;
    }
    return axes->spacing == JD_OWN_BY_RANK ? JD_OK : decode_both(axes, ctx);
}
