/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What binding.c and worlds.c share. */
#ifndef JDR_BINDING_H
#define JDR_BINDING_H

#define R_NO_REMAP
#define STRICT_R_HEADERS
#include <R.h>
#include <R_ext/Visibility.h>
#include <Rinternals.h>

#include <jiedao/analysis.h>

/* A call of the library: its context, what it was told, and whatever must be freed with it. */
typedef struct call {
    jd_ctx_t *ctx;
    jd_request_t *request;
    jd_frame_t *frame;
    jd_analysis_t *analysis;
    char *heard; /* warnings, a line each */
    size_t length;
} call_t;

/* An external pointer to a new call; jdr_free_call() ends it, else R's collector does. */
SEXP attribute_hidden jdr_new_call(int threads);
void attribute_hidden jdr_free_call(SEXP pointer);

SEXP attribute_hidden jdr_text(const char *text);
SEXP attribute_hidden jdr_list(int n, const char *const *names);
const char attribute_hidden *jdr_text_at(SEXP vector, R_xlen_t i);
/* Lent until R's .Call ends. */
const char attribute_hidden **jdr_texts_of(SEXP vector);
/* What went wrong, as a list that R turns into a condition. */
SEXP attribute_hidden jdr_failure(call_t *call, int rc);
SEXP attribute_hidden jdr_cells(const void *cells, char type, int width, R_xlen_t n);

SEXP jdr_trial(SEXP config, SEXP names, SEXP values, SEXP threads);
SEXP jdr_trial_run(SEXP pointer, SEXP what, SEXP replicate, SEXP moves, SEXP threads);
SEXP jdr_trial_estimate(SEXP pointer, SEXP names, SEXP values, SEXP threads);
SEXP jdr_trial_tables(SEXP pointer);
SEXP jdr_trial_table(SEXP pointer, SEXP name);
SEXP jdr_params(void);
SEXP jdr_configs(void);

#endif
