/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text as given would not do: overrides stand in it as comments only. */
#include "cli/info_config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/out.h"
#include "study/log.h"

/* A value as a config file takes it: in quotes where a part of it would be read as a comment. */
static void print_value(const char *key, const char *value)
{
    bool quoted = strchr("\"; #\t", value[0]) && value[0];
    for (const char *c = value; *c; c++)
        quoted = quoted || ((*c == ';' || *c == '#') && (c[-1] == ' ' || c[-1] == '\t')) ||
                 ((*c == ' ' || *c == '\t') && !c[1]);
    fprintf(jd_out_data(), "%s = %s", key, quoted ? "\"" : "");
    for (const char *c = value; *c; c++) {
        if (quoted && (*c == '"' || *c == '\\')) putc('\\', jd_out_data());
        putc(*c, jd_out_data());
    }
    fprintf(jd_out_data(), "%s\n", quoted ? "\"" : "");
}

/* The parameters a sweep varied, as keys of [sweep]. */
static int print_swept(jd_store_t *store, jd_ctx_t *ctx)
{
    char name[256], values[4096];
    jd_table_t table;
    if (!jd_store_has(store, "config/swept")) return JD_OK;
    int rc = jd_store_read(store, "config/swept", &table, ctx);
    for (int64_t i = 0; !rc && i < table.rows; i++)
        print_value(jd_table_text(&table, 0, i, name, sizeof name),
                    jd_table_text(&table, 1, i, values, sizeof values));
    jd_table_free(&table);
    return rc;
}

/* What stands in no config: how often it was run. */
static void print_replicates(jd_store_t *store)
{
    int64_t n;
    if (jd_store_has(store, "config/swept") ||
        jd_store_get_int(store, "/", "replicates", &n, NULL) || n < 2)
        return;
    fprintf(jd_out_data(),
            "; jiedao run CONFIG --replicates %lld, unless [sweep] or [validate] follows\n",
            (long long)n);
}

/* A path in full, or as it was given with a word on what it starts from. */
static void print_path(const char *file, const char *section, const char *key, const char *value)
{
    char full[4096];
    if (jd_log_path(file, section, key, full)) {
        print_value(key, full);
        return;
    }
    if (value[0] && value[0] != '/')
        fprintf(jd_out_data(),
                "; as it was given: from the config's folder or, by --set, the working folder\n");
    print_value(key, value);
}

static bool is_path(const char *section, const char *key)
{
    return (!strcmp(section, "world") && !strcmp(key, "divisions")) ||
           (!strcmp(section, "policy") && !strcmp(key, "list"));
}

/* Columns of /config/parameters. */
typedef struct columns {
    int section, name, value, given;
} columns_t;

static int find_columns(const jd_table_t *t, columns_t *c, jd_ctx_t *ctx)
{
    *c = (columns_t){jd_table_find(t, "section"), jd_table_find(t, "name"),
                     jd_table_find(t, "value"), jd_table_find(t, "given")};
    if (c->section >= 0 && c->name >= 0 && c->value >= 0 && c->given >= 0) return JD_OK;
    return jd_fail(ctx, JD_ERR_DATA,
                   "config/parameters: lacks one of the columns section, name, value, given");
}

static void print_row(const jd_table_t *t, const columns_t *c, int64_t row, const char *file,
                      const char *section)
{
    char key[256], value[4096];
    if (jd_table_number(t, c->given, row) == 0.0) return;
    jd_table_text(t, c->name, row, key, sizeof key);
    jd_table_text(t, c->value, row, value, sizeof value);
    if (is_path(section, key))
        print_path(file, section, key, value);
    else
        print_value(key, value);
}

/* Whether anything of the section from this row on is given; an event is, by its name alone. */
static bool is_there(const jd_table_t *t, const columns_t *c, int64_t row, const char *section)
{
    char now[256];
    if (strchr(section, '.')) return true;
    for (; row < t->rows; row++) {
        if (strcmp(jd_table_text(t, c->section, row, now, sizeof now), section) != 0) return false;
        if (jd_table_number(t, c->given, row) != 0.0) return true;
    }
    return false;
}

int jd_cli_print_config(jd_store_t *store, const char *path, jd_ctx_t *ctx)
{
    jd_table_t table;
    columns_t c;
    char last[256] = "", now[256];
    bool swept = jd_store_has(store, "config/swept"), any = false, there = false;
    int rc = jd_store_read(store, "config/parameters", &table, ctx);
    if (rc) return rc;
    rc = find_columns(&table, &c, ctx);
    if (!rc) print_replicates(store);
    for (int64_t i = 0; !rc && i < table.rows; i++) {
        jd_table_text(&table, c.section, i, now, sizeof now);
        bool begins = strcmp(now, last) != 0, sweep = !strcmp(now, "sweep") && swept;
        memcpy(last, now, sizeof last);
        if (begins) there = sweep || is_there(&table, &c, i, now);
        if (begins && there) fprintf(jd_out_data(), "%s[%s]\n", any ? "\n" : "", now);
        any = any || there;
        if (begins && sweep) {
            rc = print_swept(store, ctx);
            swept = false;
        }
        if (!rc) print_row(&table, &c, i, path, now);
    }
    jd_table_free(&table);
    if (!rc && swept) {
        fprintf(jd_out_data(), "%s[sweep]\n", any ? "\n" : "");
        rc = print_swept(store, ctx);
    }
    return rc;
}
