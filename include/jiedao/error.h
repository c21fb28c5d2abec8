/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Error codes. Every function that can fail returns JD_OK or a negative code of this list and, if
 *  it was handed a context, leaves there a sentence that names file, key, value and cure. */
#ifndef JIEDAO_ERROR_H
#define JIEDAO_ERROR_H

#include "jiedao/export.h"

JD_BEGIN_DECLS

/* Numbers are permanent: add, never renumber.
 * -1s general, -100s configuration, -200s data, -300s numerics, -400s input and output. */
#define JD_ERRORS(X)                                                           \
    X(JD_ERR_NO_MEMORY, -1, "out of memory")                                   \
    X(JD_ERR_CANCELLED, -2, "interrupted")                                     \
    X(JD_ERR_ARGUMENT, -3, "argument outside its allowed range")               \
    X(JD_ERR_UNSUPPORTED, -4, "not available in this build")                   \
    X(JD_ERR_SYNTAX, -100, "configuration line cannot be read")                \
    X(JD_ERR_UNKNOWN_KEY, -101, "unknown configuration section or key")        \
    X(JD_ERR_VALUE, -102, "configuration value outside its allowed range")     \
    X(JD_ERR_COMBINATION, -103, "configuration values do not go together")     \
    X(JD_ERR_DATA, -200, "data cannot be used")                                \
    X(JD_ERR_NO_CONTROLS, -201, "no control units")                            \
    X(JD_ERR_NO_TREATED, -202, "no treated units")                             \
    X(JD_ERR_DESIGNS_DIFFER, -203, "the worlds' designs differ")               \
    X(JD_ERR_RANK, -300, "no coefficient is identified")                       \
    X(JD_ERR_NO_CONVERGENCE, -301, "iteration did not converge")               \
    X(JD_ERR_OPEN, -400, "file cannot be opened")                              \
    X(JD_ERR_READ, -401, "file cannot be read")                                \
    X(JD_ERR_WRITE, -402, "file cannot be written")                            \
    X(JD_ERR_EXISTS, -403, "file exists already")                              \
    X(JD_ERR_FORMAT, -404, "not a file of the expected format")                \
    X(JD_ERR_SCHEMA_OLD, -405, "file schema is older than this program reads") \
    X(JD_ERR_SCHEMA_NEW, -406, "file schema is newer than this program reads") \
    X(JD_ERR_PROGRAM, -407, "helper program failed")

#define JD_ERROR_ENUM(name, number, text) name = number,
typedef enum jd_err { JD_OK = 0, JD_ERRORS(JD_ERROR_ENUM) } jd_err_t;
#undef JD_ERROR_ENUM

/** The sentence that belongs to a code; "unknown error" for a number not in the list. */
JD_API const char *jd_error_text(int code);

/** The code's name, "JD_ERR_NO_CONTROLS", for callers that have no header; NULL for a number not in
 *  the list. */
JD_API const char *jd_error_name(int code);

JD_END_DECLS

#endif
