/* SPDX-License-Identifier: GPL-3.0-or-later */
/* R's side of trial.h: a trial is held by an external pointer; tables are copied out. */
#include "binding.h"

#include <string.h>

#include <jiedao/trial.h>

static void free_trial(SEXP pointer)
{
    jd_trial_t *trial = R_ExternalPtrAddr(pointer);
    R_ClearExternalPtr(pointer);
    jd_trial_free(trial);
}

static jd_trial_t *trial_of(SEXP pointer)
{
    jd_trial_t *trial = TYPEOF(pointer) == EXTPTRSXP ? R_ExternalPtrAddr(pointer) : NULL;
    if (!trial) Rf_error("this world was saved and loaded: its tables are gone; simulate it again");
    return trial;
}

/* list(warnings), or a failure; ends the call. */
static SEXP end_call(SEXP pointer, int rc)
{
    static const char *const names[] = {"warnings"};
    call_t *call = R_ExternalPtrAddr(pointer);
    SEXP list = PROTECT(rc ? jdr_failure(call, rc) : jdr_list(1, names));
    if (!rc) SET_VECTOR_ELT(list, 0, jdr_text(call->heard));
    jdr_free_call(pointer);
    UNPROTECT(1);
    return list;
}

/* This package alone has no sequence of Sobol's. */
static int may_set(const char *name, const char *value, jd_ctx_t *ctx)
{
#ifdef JD_ALONE
    if (!strcmp(name, "sweep.design") && (strstr(value, "sobol") || strstr(value, "saltelli")))
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "sweep.design = %s: this package was built without GSL, whose sequence it "
                       "needs; install it with JIEDAO_SYSTEM=1, or take lhs",
                       value);
#else
    (void)name, (void)value, (void)ctx;
#endif
    return JD_OK;
}

static int make(jd_trial_t **trial, SEXP config, const char **names, const char **values, int n,
                jd_ctx_t *ctx)
{
    const char *text = STRING_ELT(config, 0) == NA_STRING ? NULL : jdr_text_at(config, 0);
    int rc = jd_trial_create(trial, text, ctx);
    for (int i = 0; i < n && !rc; i++) {
        rc = may_set(names[i], values[i], ctx);
        if (!rc) rc = jd_trial_set(*trial, names[i], values[i], ctx);
    }
    return rc;
}

/* list(trial), or a failure. */
SEXP jdr_trial(SEXP config, SEXP names, SEXP values, SEXP threads)
{
    static const char *const keys[] = {"trial"};
    const char **name = jdr_texts_of(names), **value = jdr_texts_of(values);
    SEXP pointer = PROTECT(R_MakeExternalPtr(NULL, R_NilValue, R_NilValue));
    R_RegisterCFinalizerEx(pointer, free_trial, TRUE);
    SEXP calling = PROTECT(jdr_new_call(Rf_asInteger(threads)));
    call_t *call = R_ExternalPtrAddr(calling);
    jd_trial_t *trial = NULL;
    int rc = make(&trial, config, name, value, Rf_length(names), call->ctx);
    R_SetExternalPtrAddr(pointer, trial);
    SEXP found = PROTECT(rc ? jdr_failure(call, rc) : jdr_list(1, keys));
    if (!rc) SET_VECTOR_ELT(found, 0, pointer);
    jdr_free_call(calling);
    UNPROTECT(3);
    return found;
}

SEXP jdr_trial_run(SEXP pointer, SEXP what, SEXP replicate, SEXP moves, SEXP threads)
{
    jd_trial_t *trial = trial_of(pointer);
    const char *run = jdr_text_at(what, 0);
    SEXP calling = PROTECT(jdr_new_call(Rf_asInteger(threads)));
    call_t *call = R_ExternalPtrAddr(calling);
    int rc;
    if (!strcmp(run, "simulate"))
        rc = jd_trial_simulate(trial, (int64_t)Rf_asReal(replicate), Rf_asLogical(moves) == TRUE,
                               call->ctx);
    else if (!strcmp(run, "validate"))
        rc = jd_trial_validate(trial, call->ctx);
    else
        rc = jd_trial_sweep(trial, call->ctx);
    SEXP found = end_call(calling, rc);
    UNPROTECT(1);
    return found;
}

SEXP jdr_trial_estimate(SEXP pointer, SEXP names, SEXP values, SEXP threads)
{
    jd_trial_t *trial = trial_of(pointer);
    const char **name = jdr_texts_of(names), **value = jdr_texts_of(values);
    SEXP calling = PROTECT(jdr_new_call(Rf_asInteger(threads)));
    call_t *call = R_ExternalPtrAddr(calling);
    int rc = jd_trial_estimate(trial, name, value, Rf_length(names), call->ctx);
    SEXP found = end_call(calling, rc);
    UNPROTECT(1);
    return found;
}

SEXP jdr_trial_tables(SEXP pointer)
{
    const jd_trial_t *trial = trial_of(pointer);
    const int n = jd_trial_n_tables(trial);
    SEXP names = PROTECT(Rf_allocVector(STRSXP, n));
    for (int i = 0; i < n; i++)
        SET_STRING_ELT(names, i, Rf_mkCharCE(jd_trial_table_name(trial, i), CE_UTF8));
    UNPROTECT(1);
    return names;
}

static R_xlen_t cells_of(const jd_table_t *t, const char *axis)
{
    const int64_t n = !strcmp(axis, "time")   ? jd_table_n_time(t)
                      : !strcmp(axis, "unit") ? jd_table_n_unit(t)
                                              : jd_table_n_rows(t);
    return (R_xlen_t)n;
}

/* list(columns, axis, unit, label of each, periods, units); NULL: there is no such table. */
SEXP jdr_trial_table(SEXP pointer, SEXP name)
{
    static const char *const keys[] = {"columns", "axis", "unit", "label", "periods", "units"};
    const jd_table_t *t = jd_trial_table(trial_of(pointer), jdr_text_at(name, 0));
    if (!t) return R_NilValue;
    const int n = jd_table_n_columns(t);
    SEXP found = PROTECT(jdr_list(6, keys)), columns = PROTECT(Rf_allocVector(VECSXP, n)),
         names = PROTECT(Rf_allocVector(STRSXP, n)), text[3];
    for (int k = 0; k < 3; k++) {
        text[k] = Rf_allocVector(STRSXP, n);
        SET_VECTOR_ELT(found, k + 1, text[k]);
    }
    for (int c = 0; c < n; c++) {
        const char *axis = jd_table_column_axis(t, c);
        SET_VECTOR_ELT(columns, c,
                       jdr_cells(jd_table_column_data(t, c), *jd_table_column_type(t, c),
                                 jd_table_column_width(t, c), cells_of(t, axis)));
        SET_STRING_ELT(names, c, Rf_mkChar(jd_table_column_name(t, c)));
        SET_STRING_ELT(text[0], c, Rf_mkChar(axis));
        SET_STRING_ELT(text[1], c, Rf_mkCharCE(jd_table_column_unit(t, c), CE_UTF8));
        SET_STRING_ELT(text[2], c, Rf_mkCharCE(jd_table_column_label(t, c), CE_UTF8));
    }
    Rf_setAttrib(columns, R_NamesSymbol, names);
    SET_VECTOR_ELT(found, 0, columns);
    SET_VECTOR_ELT(found, 4, Rf_ScalarReal((double)jd_table_n_time(t)));
    SET_VECTOR_ELT(found, 5, Rf_ScalarReal((double)jd_table_n_unit(t)));
    UNPROTECT(3);
    return found;
}

SEXP jdr_params(void)
{
    static const char *const names[] = {"name", "kind", "default", "choices", "unit", "help"};
    int n = 0;
    while (jd_trial_param(n, NULL, NULL, NULL, NULL, NULL, NULL))
        n++;
    SEXP list = PROTECT(jdr_list(6, names));
    for (int k = 0; k < 6; k++)
        SET_VECTOR_ELT(list, k, Rf_allocVector(STRSXP, n));
    for (int i = 0; i < n; i++) {
        const char *text[6];
        jd_trial_param(i, &text[0], &text[1], &text[2], &text[3], &text[4], &text[5]);
        for (int k = 0; k < 6; k++)
            SET_STRING_ELT(VECTOR_ELT(list, k), i, Rf_mkCharCE(text[k] ? text[k] : "", CE_UTF8));
    }
    UNPROTECT(1);
    return list;
}

/* Texts, named. */
SEXP jdr_configs(void)
{
    const char *name, *text;
    int n = 0;
    while (jd_trial_config(n, NULL, NULL))
        n++;
    SEXP texts = PROTECT(Rf_allocVector(STRSXP, n)), names = PROTECT(Rf_allocVector(STRSXP, n));
    for (int i = 0; i < n; i++) {
        jd_trial_config(i, &name, &text);
        SET_STRING_ELT(names, i, Rf_mkCharCE(name, CE_UTF8));
        SET_STRING_ELT(texts, i, Rf_mkCharCE(text, CE_UTF8));
    }
    Rf_setAttrib(texts, R_NamesSymbol, names);
    UNPROTECT(2);
    return texts;
}
