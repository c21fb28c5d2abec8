/* SPDX-License-Identifier: GPL-3.0-or-later */
/* R's side of the flat interface (frame.h, analysis.h): vectors are lent, tables copied out. R may
 * leave a C function by a jump; so what the library gives is held by an external pointer, whose
 * finalizer frees it, and nothing of the library lies between R's functions and their callers. */
#include "binding.h"

#include <R_ext/Rdynload.h>
#include <R_ext/Utils.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jiedao/version.h>

enum { ABI = 2, POLL_MS = 100 };

/* ---- The life of a call ---- */

void attribute_hidden jdr_free_call(SEXP pointer)
{
    call_t *call = R_ExternalPtrAddr(pointer);
    if (!call) return;
    R_ClearExternalPtr(pointer);
    jd_analysis_free(call->analysis);
    jd_request_free(call->request);
    jd_frame_free(call->frame);
    jd_ctx_free(call->ctx);
    free(call->heard);
    free(call);
}

static void check_interrupt(void *unused)
{
    (void)unused;
    R_CheckUserInterrupt();
}

static int poll(void *unused)
{
    (void)unused;
    return !R_ToplevelExec(check_interrupt, NULL);
}

static void hear(void *user, int what, const char *text, int64_t done, int64_t total)
{
    call_t *call = user;
    const size_t n = strlen(text);
    (void)done, (void)total;
    if (what != JD_HEAR_WARNING) return;
    char *more = realloc(call->heard, call->length + n + 2);
    if (!more) return; /* it stands among the remarks too */
    memcpy(more + call->length, text, n);
    memcpy(more + call->length + n, "\n", 2);
    call->heard = more;
    call->length += n + 1;
}

SEXP attribute_hidden jdr_new_call(int threads)
{
    SEXP pointer = PROTECT(R_MakeExternalPtr(NULL, R_NilValue, R_NilValue));
    R_RegisterCFinalizerEx(pointer, jdr_free_call, TRUE);
    call_t *call = calloc(1, sizeof *call);
    if (call) call->ctx = jd_ctx_create();
    if (!call || !call->ctx) {
        free(call);
        Rf_error("no memory for a call of jiedao");
    }
    R_SetExternalPtrAddr(pointer, call);
    jd_ctx_set_threads(call->ctx, threads);
    jd_ctx_set_poll(call->ctx, poll, NULL, POLL_MS);
    jd_ctx_set_hear(call->ctx, hear, call);
    UNPROTECT(1);
    return pointer;
}

/* ---- Small parts ---- */

SEXP attribute_hidden jdr_text(const char *text)
{
    SEXP cell = PROTECT(Rf_mkCharCE(text ? text : "", CE_UTF8));
    SEXP vector = Rf_ScalarString(cell);
    UNPROTECT(1);
    return vector;
}

SEXP attribute_hidden jdr_list(int n, const char *const *names)
{
    SEXP list = PROTECT(Rf_allocVector(VECSXP, n)), keys = PROTECT(Rf_allocVector(STRSXP, n));
    for (int i = 0; i < n; i++)
        SET_STRING_ELT(keys, i, Rf_mkChar(names[i]));
    Rf_setAttrib(list, R_NamesSymbol, keys);
    UNPROTECT(2);
    return list;
}

const char attribute_hidden *jdr_text_at(SEXP vector, R_xlen_t i)
{
    return Rf_translateCharUTF8(STRING_ELT(vector, i));
}

const char attribute_hidden **jdr_texts_of(SEXP vector)
{
    const R_xlen_t n = XLENGTH(vector);
    const char **texts = (const char **)R_alloc((size_t)n + 1, sizeof *texts);
    for (R_xlen_t i = 0; i < n; i++)
        texts[i] = jdr_text_at(vector, i);
    return texts;
}

/* What went wrong, as a list that R turns into a condition. */
SEXP attribute_hidden jdr_failure(call_t *call, int rc)
{
    static const char *const names[] = {"code", "message", "role", "row"};
    const char *role, *code = jd_error_name(rc);
    int64_t row;
    jd_ctx_where(call->ctx, &role, &row);
    SEXP list = PROTECT(jdr_list(4, names));
    SET_VECTOR_ELT(list, 0, jdr_text(code ? code : "JD_ERR"));
    SET_VECTOR_ELT(list, 1, jdr_text(jd_ctx_message(call->ctx)));
    SET_VECTOR_ELT(list, 2, jdr_text(role));
    SET_VECTOR_ELT(list, 3, Rf_ScalarReal((double)row + 1));
    UNPROTECT(1);
    return list;
}

/* ---- The request: names, values, and whether a value is a column taken literally ---- */

static int make_request(call_t *call, SEXP names, SEXP values, SEXP literal)
{
    int rc = jd_request_create(&call->request, "%s =", call->ctx);
    for (R_xlen_t i = 0; i < XLENGTH(names) && !rc; i++) {
        const char *name = jdr_text_at(names, i), *value = jdr_text_at(values, i);
        rc = LOGICAL(literal)[i] ? jd_request_names(call->request, name, &value, 1, call->ctx)
                                 : jd_request_set(call->request, name, value, call->ctx);
    }
    return rc ? rc : jd_request_check(call->request, call->ctx);
}

static SEXP choose(call_t *call, SEXP columns)
{
    const int n = Rf_length(columns);
    SEXP found = PROTECT(Rf_allocVector(LGLSXP, n));
    unsigned char *take = (unsigned char *)R_alloc((size_t)n + 1, 1);
    int rc = jd_request_choose(call->request, "data", jdr_texts_of(columns), n, take, call->ctx);
    for (int i = 0; i < n && !rc; i++)
        LOGICAL(found)[i] = take[i];
    UNPROTECT(1);
    return rc ? jdr_failure(call, rc) : found;
}

/* list(pointer, which columns are needed), or a failure. */
static SEXP jdr_ask(SEXP names, SEXP values, SEXP literal, SEXP columns, SEXP threads)
{
    static const char *const keys[] = {"call", "use"};
    SEXP pointer = PROTECT(jdr_new_call(Rf_asInteger(threads)));
    call_t *call = R_ExternalPtrAddr(pointer);
    int rc = make_request(call, names, values, literal);
    SEXP found = PROTECT(rc ? jdr_failure(call, rc) : choose(call, columns));
    if (TYPEOF(found) == VECSXP) {
        jdr_free_call(pointer);
        UNPROTECT(2);
        return found;
    }
    SEXP list = PROTECT(jdr_list(2, keys));
    SET_VECTOR_ELT(list, 0, pointer);
    SET_VECTOR_ELT(list, 1, found);
    UNPROTECT(3);
    return list;
}

/* ---- The frame ---- */

/* Seconds as doubles -> int64; R's NA and NaN become the smallest number, which stands for missing.
 */
static const int64_t *whole_seconds(SEXP data)
{
    const R_xlen_t n = XLENGTH(data);
    int64_t *seconds = (int64_t *)R_alloc((size_t)n + 1, sizeof *seconds);
    for (R_xlen_t i = 0; i < n; i++) {
        const double s = floor(REAL(data)[i]);
        seconds[i] = fabs(s) < 9e18 ? (int64_t)s : INT64_MIN;
    }
    return seconds;
}

static int lend_numbers(call_t *call, const char *name, const char *type, SEXP data)
{
    const void *cells = TYPEOF(data) == INTSXP ? (const void *)INTEGER(data)
                        : !strcmp(type, "tss") ? (const void *)whole_seconds(data)
                                               : (const void *)REAL(data);
    int rc = jd_frame_add(call->frame, name, type, cells, NULL, call->ctx);
    if (rc || !strcmp(type, "g")) return rc;
    const int64_t missing = TYPEOF(data) == INTSXP ? INT_MIN : INT64_MIN;
    return jd_frame_missing(call->frame, name, missing, call->ctx);
}

/* column: list(name, type, data, labels); type "coded" counts from 1, as R does. */
static int lend(call_t *call, SEXP column)
{
    const char *name = jdr_text_at(VECTOR_ELT(column, 0), 0), *type = jdr_text_at(VECTOR_ELT(column, 1), 0);
    SEXP data = VECTOR_ELT(column, 2), labels = VECTOR_ELT(column, 3);
    if (strcmp(type, "coded") != 0) return lend_numbers(call, name, type, data);
    const int n = Rf_length(labels);
    const char **texts = (const char **)R_alloc((size_t)n + 1, sizeof *texts);
    texts[0] = "";
    for (int i = 0; i < n; i++)
        texts[i + 1] = jdr_text_at(labels, i);
    return jd_frame_add_coded(call->frame, name, INTEGER(data), NA_INTEGER, texts, n + 1,
                              call->ctx);
}

/* ---- Tables ---- */

static SEXP copy_texts(const char *cells, int width, R_xlen_t rows)
{
    SEXP out = PROTECT(Rf_allocVector(STRSXP, rows));
    for (R_xlen_t i = 0; i < rows; i++, cells += width) {
        int n = 0;
        while (n < width && cells[n])
            n++;
        SET_STRING_ELT(out, i, Rf_mkCharLenCE(cells, n, CE_UTF8));
    }
    UNPROTECT(1);
    return out;
}

static SEXP copy_whole(const void *cells, char type, R_xlen_t rows)
{
    SEXP out = PROTECT(Rf_allocVector(INTSXP, rows));
    for (R_xlen_t i = 0; i < rows; i++)
        INTEGER(out)
        [i] = type == 'c'   ? ((const int8_t *)cells)[i]
              : type == 's' ? ((const int16_t *)cells)[i]
                            : ((const int32_t *)cells)[i];
    UNPROTECT(1);
    return out;
}

static SEXP copy_real(const void *cells, char type, R_xlen_t rows)
{
    SEXP out = PROTECT(Rf_allocVector(REALSXP, rows));
    for (R_xlen_t i = 0; i < rows; i++)
        REAL(out)
        [i] = type == 'l'   ? (double)((const int64_t *)cells)[i]
              : type == 'f' ? (double)((const float *)cells)[i]
                            : ((const double *)cells)[i];
    UNPROTECT(1);
    return out;
}

SEXP attribute_hidden jdr_cells(const void *cells, char type, int width, R_xlen_t n)
{
    if (type == 'w') return copy_texts(cells, width, n);
    return strchr("csi", type) ? copy_whole(cells, type, n) : copy_real(cells, type, n);
}

static SEXP copy_column(const jd_table_t *table, int c)
{
    return jdr_cells(jd_table_column_data(table, c), *jd_table_column_type(table, c),
                     jd_table_column_width(table, c), (R_xlen_t)jd_table_n_rows(table));
}

static SEXP copy_table(const jd_table_t *table)
{
    if (!table) return R_NilValue;
    const int n = jd_table_n_columns(table);
    SEXP list = PROTECT(Rf_allocVector(VECSXP, n)), names = PROTECT(Rf_allocVector(STRSXP, n));
    for (int c = 0; c < n; c++) {
        SET_VECTOR_ELT(list, c, copy_column(table, c));
        SET_STRING_ELT(names, c, Rf_mkChar(jd_table_column_name(table, c)));
    }
    Rf_setAttrib(list, R_NamesSymbol, names);
    UNPROTECT(2);
    return list;
}

static SEXP copy_tables(const call_t *call)
{
    static const char *const names[] = {"estimates", "diagnostics", "details", "fits",
                                        "data",      "dropped",     "remarks", "weights"};
    SEXP list = PROTECT(jdr_list(8, names));
    for (int i = 0; i < 8; i++)
        SET_VECTOR_ELT(list, i, copy_table(jd_analysis_table(call->analysis, names[i])));
    UNPROTECT(1);
    return list;
}

static SEXP copy_vcov(const call_t *call, SEXP estimators)
{
    const int n = Rf_length(estimators);
    SEXP list = PROTECT(Rf_allocVector(VECSXP, n));
    for (int i = 0; i < n; i++) {
        int k = 0;
        const double *cells = jd_analysis_vcov(call->analysis, jdr_text_at(estimators, i), &k);
        if (!cells) continue;
        SEXP matrix = PROTECT(Rf_allocMatrix(REALSXP, k, k));
        memcpy(REAL(matrix), cells, (size_t)k * (size_t)k * sizeof(double));
        SET_VECTOR_ELT(list, i, matrix);
        UNPROTECT(1);
    }
    UNPROTECT(1);
    return list;
}

static SEXP copy_printed(call_t *call)
{
    static const char *const names[] = {"text", "json", "latex", "markdown"};
    SEXP list = PROTECT(jdr_list(4, names));
    for (int i = 0; i < 4; i++)
        SET_VECTOR_ELT(list, i, jdr_text(jd_analysis_text(call->analysis, names[i], call->ctx)));
    UNPROTECT(1);
    return list;
}

static SEXP copy_results(call_t *call)
{
    static const char *const names[] = {"tables", "printed", "vcov", "warnings"};
    SEXP list = PROTECT(jdr_list(4, names)), tables = PROTECT(copy_tables(call));
    SET_VECTOR_ELT(list, 0, tables);
    SET_VECTOR_ELT(list, 1, copy_printed(call));
    const jd_table_t *fits = jd_analysis_table(call->analysis, "fits");
    SEXP names_of_fits = PROTECT(copy_column(fits, jd_table_find(fits, "name")));
    SEXP vcov = PROTECT(copy_vcov(call, names_of_fits));
    Rf_setAttrib(vcov, R_NamesSymbol, names_of_fits);
    SET_VECTOR_ELT(list, 2, vcov);
    SET_VECTOR_ELT(list, 3, jdr_text(call->heard));
    UNPROTECT(4);
    return list;
}

static SEXP jdr_did(SEXP pointer, SEXP columns, SEXP rows)
{
    call_t *call = R_ExternalPtrAddr(pointer);
    if (!call) Rf_error("this call has ended");
    int rc = jd_frame_create(&call->frame, "data", (int64_t)Rf_asReal(rows), call->ctx);
    for (R_xlen_t i = 0; i < XLENGTH(columns) && !rc; i++)
        rc = lend(call, VECTOR_ELT(columns, i));
    if (!rc) rc = jd_analyse(&call->analysis, call->frame, call->request, call->ctx);
    SEXP found = PROTECT(rc ? jdr_failure(call, rc) : copy_results(call));
    jdr_free_call(pointer);
    UNPROTECT(1);
    return found;
}

/* ---- Options and version ---- */

static SEXP jdr_options(void)
{
    static const char *const names[] = {"name", "kind", "choices", "takers", "help", "default"};
    int n = 0;
    while (jd_request_option(n, NULL, NULL, NULL, NULL, NULL, NULL))
        n++;
    SEXP list = PROTECT(jdr_list(6, names));
    for (int k = 0; k < 6; k++)
        SET_VECTOR_ELT(list, k, Rf_allocVector(STRSXP, n));
    for (int i = 0; i < n; i++) {
        const char *text[6];
        jd_request_option(i, &text[0], &text[1], &text[2], &text[3], &text[4], &text[5]);
        for (int k = 0; k < 6; k++)
            SET_STRING_ELT(VECTOR_ELT(list, k), i, Rf_mkCharCE(text[k], CE_UTF8));
    }
    UNPROTECT(1);
    return list;
}

static SEXP jdr_version(void)
{
    SEXP pair = PROTECT(Rf_allocVector(STRSXP, 2));
    SET_STRING_ELT(pair, 0, Rf_mkChar(jd_version()));
    SET_STRING_ELT(pair, 1, Rf_mkChar(jd_git_commit()));
    UNPROTECT(1);
    return pair;
}

static const R_CallMethodDef methods[] = {
    {"ask", (DL_FUNC)&jdr_ask, 5},
    {"did", (DL_FUNC)&jdr_did, 3},
    {"options", (DL_FUNC)&jdr_options, 0},
    {"version", (DL_FUNC)&jdr_version, 0},
    {"trial", (DL_FUNC)&jdr_trial, 4},
    {"trial_run", (DL_FUNC)&jdr_trial_run, 5},
    {"trial_estimate", (DL_FUNC)&jdr_trial_estimate, 4},
    {"trial_tables", (DL_FUNC)&jdr_trial_tables, 1},
    {"trial_table", (DL_FUNC)&jdr_trial_table, 2},
    {"params", (DL_FUNC)&jdr_params, 0},
    {"configs", (DL_FUNC)&jdr_configs, 0},
    {NULL, NULL, 0},
};

void attribute_visible R_init_jiedao(DllInfo *dll)
{
    if (jd_abi() != ABI)
        Rf_error("libjiedao-did has interface %d, and this package needs %d", jd_abi(), ABI);
    R_registerRoutines(dll, NULL, methods, NULL, NULL);
    R_useDynamicSymbols(dll, FALSE);
}
