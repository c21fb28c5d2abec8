/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A user's file as a table: CSV, Stata, or a result file of jiedao. */
#ifndef JD_CLI_DID_READ_H
#define JD_CLI_DID_READ_H

#include "io/open.h"
#include "jiedao/analysis.h"

/** Notes on the file itself. */
typedef struct jd_did_file {
    const char *path;
    const char *table;          /**< of a jiedao file; NULL = panel/county */
    const char *const *outcome; /**< [n_outcomes] further outcomes' columns, beside the request's */
    int n_outcomes;
    const char *by; /**< a column of groups, or NULL */
    bool triple;    /**< of its panel/sector_county, what triple differences need is assumed */
    jd_csv_style_t style; /**< of a text file */
} jd_did_file_t;

/** Reads the columns the request needs (jiedao's HDF5 by its content, Stata by its ending .dta or
 *  content, else CSV). Of a jiedao file y = inflow, unit, time and cohort are set in the request
 *  where it lacks them. The caller frees the table, also after an error. Errors: those of the
 *  readers; JD_ERR_ARGUMENT (a column is not there, or none was named). Cost: the file. */
JD_MUST_USE int jd_did_read(jd_table_t *table, const jd_did_file_t *file, jd_request_t *request,
                            jd_ctx_t *ctx);

#endif
