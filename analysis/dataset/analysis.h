/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What jd_analyse() found: for the program, which draws and writes it. */
#ifndef JD_DATASET_ANALYSIS_H
#define JD_DATASET_ANALYSIS_H

#include "dataset/dataset.h"
#include "jiedao/analysis.h"

enum { JD_ANALYSIS_LINES = 3 }; /* tables of lines, as shown: without the columns behind */

struct jd_analysis {
    jd_own_data_t data;
    jd_own_result_t result;
    char *source, *text; /**< owned */
    char *cluster;       /**< as requested, owned; NULL = none */
    char style[16];
    jd_table_t lines[JD_ANALYSIS_LINES]; /**< borrow the result's cells */
    jd_table_t fits, facts, dropped, remarks, weights, rows;
};

#endif
