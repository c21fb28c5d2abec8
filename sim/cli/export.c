/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao export: tables out of a result file, as CSV or Stata. */
#include <stdlib.h>
#include <string.h>

#include "cli/codes.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/tables.h"
#include "io/csv/csv.h"
#include "io/hdf5/store.h"
#include "io/stata/stata.h"

static const char *const formats[] = {"csv", "dta", NULL};

enum { CSV, DTA };

/* FILE without .h5, the table's name with '/' as '_', the format's ending: made where -o is not
 * given. */
static char *default_path(const char *file, const char *table, int format)
{
    const char *base = strrchr(file, '/');
    base = base ? base + 1 : file;
    size_t length = strlen(base), size = length + strlen(table) + 8;
    if (length > 3 && strcmp(base + length - 3, ".h5") == 0) length -= 3;
    char *path = malloc(size);
    if (!path) return NULL;
    snprintf(path, size, "%.*s_%s.%s", (int)length, base, table, format == CSV ? "csv" : "dta");
    for (char *p = path + length; *p; p++) {
        if (*p == '/') *p = '_';
    }
    return path;
}

static int export_table(jd_store_t *store, const jd_args_t *args, const char *name, int format,
                        const char *given, jd_ctx_t *ctx)
{
    jd_table_t table = {0};
    jd_coded_t coded = {0};
    bool replace = jd_args_has(args, "force"), to_screen = given && strcmp(given, "-") == 0;
    char *own = given ? NULL : default_path(jd_args_word(args, 0), name, format);
    const char *path = given ? given : own;
    int rc = path ? jd_cli_table(store, jd_args_word(args, 0), name, &table, ctx)
                  : jd_fail_memory(ctx, 64, "a file name");
    if (rc) goto out;
    rc = jd_cli_add_codes(store, &table, &coded, ctx);
    if (!rc && given && !to_screen) rc = jd_cli_make_room(path, ctx);
    if (rc)
        ; /* reported */
    else if (to_screen && format == CSV)
        rc = jd_csv_print(&coded.table, jd_out_data(), "standard output", ctx);
    else if (to_screen)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "export: a Stata file needs a name: -o FILE.dta");
    else if (format == CSV)
        rc = jd_csv_write(&coded.table, path, replace, ctx);
    else
        rc = jd_stata_write(&coded.table, path, replace, ctx);
    if (!rc && !to_screen) fprintf(jd_out_data(), "%s\n", path);
    jd_cli_codes_free(&coded);
    jd_table_free(&table);
out:
    free(own);
    return rc;
}

/* -o county.dta asks for Stata as plainly as --format dta; other endings are of other formats. */
static int settle_format(const jd_args_t *args, const char *path, int *format, jd_ctx_t *ctx)
{
    const char *asked = jd_args_value(args, "format");
    bool dta = path && jd_cli_ends_in(path, "dta"), csv = path && jd_cli_ends_in(path, "csv");
    *format = dta ? DTA : CSV;
    int rc = jd_args_choice(args, "format", formats, format, ctx);
    if (rc) return rc;
    if ((dta && *format == CSV) || (csv && *format == DTA))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "export: -o %s and --format %s contradict each other",
                       path, asked);
    if (!path || asked || dta || csv || !*jd_cli_ending(path) || jd_cli_ends_in(path, "txt"))
        return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "export: -o %s: written are csv and dta; name it .csv, or say --format csv",
                   path);
}

static int count_tables(const jd_args_t *args)
{
    int at = 0, n = 0;
    while (jd_args_next(args, "table", &at))
        n++;
    return n;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    const char *given = jd_args_value(args, "output");
    bool to_screen = given && !strcmp(given, "-");
    int format = CSV, rc = settle_format(args, to_screen ? NULL : given, &format, ctx),
        n = count_tables(args), at = 0;
    if (rc) return rc;
    if (n == 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "export: which table? --table NAME; 'jiedao info %s' lists them",
                       jd_args_word(args, 0));
    if (n > 1 && given)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "export: %d tables do not go into one file; leave out -o, and each gets a "
                       "name of its own",
                       n);
    jd_store_t *store = NULL;
    rc = jd_store_open(&store, jd_args_word(args, 0), ctx);
    for (const char *name; !rc && (name = jd_args_next(args, "table", &at));)
        rc = export_table(store, args, name, format, given, ctx);
    jd_store_close(&store);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "table",
     .letter = 't',
     .value = "NAME",
     .repeat = JD_REPEAT_WALKS,
     .help = "table to take out, as 'jiedao info' lists it; may be repeated"},
    {.name = "format",
     .value = "FORMAT",
     .choices = formats,
     .help = "csv (default), or dta (Stata 14 and later; default for -o NAME.dta)"},
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .dash = true,
     .help = "file to write, '-' for the screen; default: FILE_TABLE.csv, here"},
    {.name = "force", .help = "replace existing files"},
    {.name = NULL},
};

const jd_command_t jd_command_export = {
    .name = "export",
    .words = "FILE",
    .min_words = 1,
    .max_words = 1,
    .summary = "take tables out of a result file as CSV or Stata files",
    .about = "Writes a table of a result file as CSV (RFC 4180) or Stata .dta. Panels come long:\n"
             "a line per time and unit. Dates are dates (2021-01-01, %td in Stata), and rows of\n"
             "/jurisdictions have their codes beside them, in columns such as origin_code.\n",
    .examples = "  jiedao export quickstart.h5 --table relocations\n"
                "  jiedao export quickstart.h5 --table panel/county -o county.dta\n"
                "  jiedao export quickstart.h5 --table estimates -o -\n",
    .options = options,
    .run = run,
};
