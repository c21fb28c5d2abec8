/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The event studies kept with the reference numbers. */
#ifndef JD_TESTS_HONEST_DATA_H
#define JD_TESTS_HONEST_DATA_H

#include "support.h"

#include "jiedao/did.h"
#include "jiedao/event_path.h"
#include "reference/csv.h"

enum { MAX_EVENTS = 40 };

/** Coefficients and covariance out of data/NAME.csv. */
static inline void honest_load(const char *dataset, jd_event_path_t *path)
{
    char name[512];
    csv_t csv;
    double beta[MAX_EVENTS], sigma[MAX_EVENTS * MAX_EVENTS];
    int n_pre = 0;
    snprintf(name, sizeof name, JD_REFERENCE_DATA "/%s.csv", dataset);
    assert_true(csv_read(&csv, name));
    assert_true(csv.rows <= MAX_EVENTS);
    for (int i = 0; i < csv.rows; i++) {
        n_pre += csv_number(&csv, i, csv_find(&csv, "is_pre")) > 0;
        beta[i] = csv_number(&csv, i, csv_find(&csv, "betahat"));
        for (int j = 0; j < csv.rows; j++) {
            snprintf(name, sizeof name, "sigma_%d", j + 1);
            sigma[i * csv.rows + j] = csv_number(&csv, i, csv_find(&csv, name));
        }
    }
    assert_int_equal(jd_event_path_make(path, beta, sigma, n_pre, csv.rows - n_pre, NULL), JD_OK);
    csv_free(&csv);
}

#endif
