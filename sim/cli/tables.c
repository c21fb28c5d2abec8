/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/tables.h"

#include <stdbool.h>
#include <string.h>

#include "jiedao/config.h"

enum { MAX_TABLES = 64 };

/* "county" is nearer to "panel/county" than its letters tell. */
static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static const char *nearest(const char *name, const jd_store_entry_t *entries, int n)
{
    const char *names[MAX_TABLES];
    int known = 0;
    for (int i = 0; i < n; i++)
        if (!strcmp(last_part(entries[i].name), name)) return entries[i].name;
    for (int i = 0; i < n && known < MAX_TABLES; i++)
        names[known++] = entries[i].name;
    return jd_nearest(name, names, known);
}

int jd_cli_table(jd_store_t *store, const char *path, const char *name, jd_table_t *table,
                 jd_ctx_t *ctx)
{
    /* A list that cannot be made gives no hint; reading says what is wrong. */
    jd_store_entry_t *entries = NULL;
    int n = 0, rc = JD_OK;
    if (jd_store_list(store, &entries, &n, NULL)) return jd_store_read(store, name, table, ctx);
    bool found = false;
    for (int i = 0; i < n; i++)
        found = found || !strcmp(entries[i].name, name);
    const char *near = found ? NULL : nearest(name, entries, n);
    if (near)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: has no table %s; did you mean '%s'?", path, name, near);
    jd_store_list_free(entries, n);
    return rc ? rc : jd_store_read(store, name, table, ctx);
}
