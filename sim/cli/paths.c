/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of files to write: their endings, and the folders they lie in. */
#include <string.h>
#include <strings.h>

#include "cli/command.h"
#include "io/files/folder.h"

/* What programs read by its ending: a file of ours that is called so will not open there. */
static const char others[] =
    "h5,hdf5,csv,tsv,txt,dta,sav,sas7bdat,rds,rda,rdata,xls,xlsx,xlsm,ods,"
    "parquet,feather,arrow,json,jsonl,xml,html,md,tex,ini,pdf,png,svg,eps,"
    "ps,jpg,jpeg,tif,tiff,doc,docx,odt,zip,gz,bz2,xz,zst,7z,tar,mat,npy,npz,"
    "nc,sqlite,db";

const char *jd_cli_ending(const char *path)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    const char *point = strrchr(base, '.');
    return point && point != base ? point + 1 : "";
}

bool jd_cli_ends_in(const char *path, const char *endings)
{
    const char *ending = jd_cli_ending(path);
    size_t n = strlen(ending);
    for (const char *p = endings; n > 0 && *p; p += *p == ',') {
        size_t length = strcspn(p, ",");
        if (length == n && !strncasecmp(p, ending, n)) return true;
        p += length;
    }
    return false;
}

int jd_cli_check_ending(const char *option, const char *path, const char *endings, jd_ctx_t *ctx)
{
    if (jd_cli_ends_in(path, endings) || !jd_cli_ends_in(path, others)) return JD_OK;
    int n = (int)strcspn(endings, ",");
    return jd_fail(ctx, JD_ERR_ARGUMENT, "%s %s: this writes %.*s, not %s; name it .%.*s", option,
                   path, n, endings, jd_cli_ending(path), n, endings);
}

int jd_cli_make_room(const char *path, jd_ctx_t *ctx)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) return JD_OK;
    size_t length = (size_t)(slash - path);
    if (length >= sizeof folder)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%.100s...: the name is too long for a file", path);
    memcpy(folder, path, length);
    folder[length] = '\0';
    return jd_folder_make(folder, ctx);
}
