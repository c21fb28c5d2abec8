/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao info: what a result file or a folder of a sweep holds. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/info_config.h"
#include "cli/info_folder.h"
#include "cli/tables.h"
#include "io/hdf5/store.h"

/* Attributes of the root, in the order of interest; those that are not there are passed over. */
static void print_identity(jd_store_t *store, const char *path)
{
    static const char *const texts[] = {"jiedao_version", "git_commit", "config_hash",
                                        "input_divisions", "input_policy_list", "notes"};
    static const char *const numbers[] = {"schema_version", "seed", "replicates"};
    printf("%s\n", path);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *value = NULL;
        if (!jd_store_get_text(store, "/", texts[i], &value, NULL))
            printf("  %-18s %s\n", texts[i], value);
        free(value);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int64_t value;
        if (!jd_store_get_int(store, "/", numbers[i], &value, NULL))
            printf("  %-18s %lld\n", numbers[i], (long long)value);
    }
}

static int print_tables(jd_store_t *store, jd_ctx_t *ctx)
{
    jd_store_entry_t *entries = NULL;
    int n = 0, rc = jd_store_list(store, &entries, &n, ctx);
    if (rc) return rc;
    printf("\n  %-24s %12s %8s  %s\n", "table", "rows", "columns", "what");
    for (int i = 0; i < n; i++)
        printf("  %-24s %12lld %8d  %s\n", entries[i].name, (long long)entries[i].rows,
               entries[i].n_columns, entries[i].label);
    jd_store_list_free(entries, n);
    return JD_OK;
}

/* Columns of one table: name, unit, meaning. */
static int print_columns(jd_store_t *store, const char *path, const char *name, jd_ctx_t *ctx)
{
    jd_table_t table;
    int rc = jd_cli_table(store, path, name, &table, ctx);
    if (rc) return rc;
    printf("%s: %s\n", name, table.label);
    if (table.n_unit > 0)
        printf("  panel of %lld periods x %lld units\n", (long long)table.n_time,
               (long long)table.n_unit);
    else
        printf("  %lld records\n", (long long)table.rows);
    for (int c = 0; c < table.n_columns; c++) {
        const jd_column_t *column = &table.columns[c];
        printf("  %-24s %-12s %s%s%s\n", column->name,
               column->unit && column->unit[0] ? column->unit : "-", column->label,
               column->flags ? ": " : "", column->flags ? column->flags : "");
    }
    jd_table_free(&table);
    return JD_OK;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    jd_store_t *store = NULL;
    const char *path = jd_args_word(args, 0), *table = jd_args_value(args, "table");
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        if (!table && !jd_args_has(args, "config")) return jd_cli_info_folder(path, ctx);
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s is a folder: --table and --config look into a file, such as %s/sweep.h5",
                       path, path);
    }
    int rc = jd_store_open(&store, path, ctx);
    if (rc) return rc;
    if (jd_args_has(args, "config")) {
        rc = jd_cli_print_config(store, path, ctx);
    } else if (table) {
        rc = print_columns(store, path, table, ctx);
    } else {
        print_identity(store, path);
        rc = print_tables(store, ctx);
    }
    jd_store_close(&store);
    return rc;
}

static const jd_option_t options[] = {
    {.name = "table",
     .value = "NAME",
     .help = "show a table's columns instead: their units and meaning"},
    {.name = "config", .help = "show the config that makes this file again instead"},
    {.name = NULL},
};

const jd_command_t jd_command_info = {
    .name = "info",
    .words = "FILE",
    .min_words = 1,
    .max_words = 1,
    .summary = "show what a result file holds, or how far a sweep has come",
    .about = "Shows which program and config made a file and the tables in it, or one table's\n"
             "columns with their units. Of a sweep's or a validation's folder, finished or not:\n"
             "how many runs are done, failed and missing, why they failed, and when the last\n"
             "one ended.\n",
    .examples = "  jiedao info quickstart.h5\n"
                "  jiedao info quickstart.h5 --table panel/county\n"
                "  jiedao info quickstart.h5 --config > again.ini\n"
                "  jiedao info results/sweep\n",
    .options = options,
    .run = run,
};
