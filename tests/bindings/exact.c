/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as C reads and writes them: R's own reader may be off by the last bit. */
#include <R.h>
#include <Rinternals.h>
#include <stdlib.h>

SEXP read_exactly(SEXP texts)
{
    SEXP out = PROTECT(Rf_allocVector(REALSXP, XLENGTH(texts)));
    for (R_xlen_t i = 0; i < XLENGTH(texts); i++) {
        const char *text = CHAR(STRING_ELT(texts, i));
        char *end;
        REAL(out)[i] = strtod(text, &end);
        if (end == text || *end) REAL(out)[i] = R_NaN;
    }
    UNPROTECT(1);
    return out;
}
