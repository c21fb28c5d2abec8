/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/error.h"

#include <stddef.h>

const char *jd_error_text(int code)
{
    switch (code) {
#define JD_ERROR_CASE(name, number, text) \
    case number:                          \
        return text;
        JD_ERRORS(JD_ERROR_CASE)
#undef JD_ERROR_CASE
    case JD_OK:
        return "no error";
    default:
        return "unknown error";
    }
}

const char *jd_error_name(int code)
{
    switch (code) {
#define JD_ERROR_CASE(name, number, text) \
    case number:                          \
        return #name;
        JD_ERRORS(JD_ERROR_CASE)
#undef JD_ERROR_CASE
    case JD_OK:
        return "JD_OK";
    default:
        return NULL;
    }
}
