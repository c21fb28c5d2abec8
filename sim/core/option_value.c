/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/option_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/number.h"

static int read_int(const char *text, int32_t low, int32_t high, int32_t *value,
                    char why[JD_WHY_SIZE])
{
    char *end;
    errno = 0;
    const intmax_t x = strtoimax(text, &end, 10);
    if (end == text || errno || x < low || x > high || *end) {
        snprintf(why, JD_WHY_SIZE, "must be a whole number from %" PRId32 " to %" PRId32, low,
                 high);
        return JD_ERR_ARGUMENT;
    }
    *value = (int32_t)x;
    return JD_OK;
}

static int not_so(char why[JD_WHY_SIZE], const char *what)
{
    snprintf(why, JD_WHY_SIZE, "must %s", what);
    return JD_ERR_ARGUMENT;
}

static int read_seed(const char *text, uint64_t *seed, char why[JD_WHY_SIZE])
{
    int64_t x;
    if (!jd_number_read_int(text, strlen(text), &x) || x < 0) {
        snprintf(why, JD_WHY_SIZE, "must be a whole number from 0 to %" PRId64, INT64_MAX);
        return JD_ERR_ARGUMENT;
    }
    *seed = (uint64_t)x;
    return JD_OK;
}

static int read_double(const char *text, double most, const char *what, double *value,
                       char why[JD_WHY_SIZE])
{
    double x;
    if (!jd_number_read(text, strlen(text), &x) || !(x > 0 && x < most)) return not_so(why, what);
    *value = x;
    return JD_OK;
}

static int read_choice(const char *const *choices, const char *text, void *member,
                       char why[JD_WHY_SIZE])
{
    int used = snprintf(why, JD_WHY_SIZE, "must be one of ");
    for (int i = 0; choices[i]; i++) {
        if (!strcmp(choices[i], text)) {
            memcpy(member, &i, sizeof i); /* an enum, perhaps */
            return JD_OK;
        }
        if (used < JD_WHY_SIZE)
            used += snprintf(why + used, (size_t)(JD_WHY_SIZE - used), "%s%s", i ? ", " : "",
                             choices[i]);
    }
    return JD_ERR_ARGUMENT;
}

int jd_value_read(const jd_value_kind_t *kind, const char *text, void *member,
                  char why[JD_WHY_SIZE])
{
    const int on = 1;
    why[0] = '\0';
    if (kind->param)
        return jd_param_parse(kind->param, text ? text : "yes", member, why, JD_WHY_SIZE)
                   ? JD_ERR_ARGUMENT
                   : JD_OK;
    switch (kind->read) {
    case JD_READ_NOT:
    case JD_READ_NUMBERS: /* by their row, above */
    case JD_READ_RANGE:
    case JD_READ_LIST:
        return JD_OK;
    case JD_READ_TEXT:
        memcpy(member, &text, sizeof text);
        return JD_OK;
    case JD_READ_SWITCH:
        memcpy(member, &on, sizeof on);
        return JD_OK;
    case JD_READ_CHOICE:
        return read_choice(kind->choices, text, member, why);
    case JD_READ_INT:
        return read_int(text, kind->low, kind->high, member, why);
    case JD_READ_SEED:
        return read_seed(text, member, why);
    case JD_READ_SHARE:
        return read_double(text, 1, "lie between 0 and 1, as 0.95", member, why);
    case JD_READ_SIZE:
        return read_double(text, 1e300, "be a number above 0", member, why);
    }
    return JD_OK;
}
