/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Parts of a page about one file. Private to report/. */
#ifndef JD_REPORT_PARTS_H
#define JD_REPORT_PARTS_H

#include "io/hdf5/store.h"
#include "report/html.h"
#include "report/report.h"

/** findings.c: estimates against the truth in words, of a run; bias and rates, of a validation. */
JD_MUST_USE int jd_report_findings(jd_html_t *html, jd_store_t *store, jd_ctx_t *ctx);
/** Whether findings.c has shown the table in full. */
bool jd_report_is_finding(const char *name);

#endif
