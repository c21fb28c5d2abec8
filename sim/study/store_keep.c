/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/store_keep.h"

#include <stdio.h>

/* A table under another name in the file; the name's storage must last for the call. */
static int take(void *user, const jd_table_t *table, bool append, jd_ctx_t *ctx)
{
    const jd_store_keep_t *where = user;
    char name[128];
    jd_table_t renamed = *table;
    snprintf(name, sizeof name, "%s%s", where->prefix, table->name);
    renamed.name = name;
    return append ? jd_store_append(where->store, &renamed, ctx)
                  : jd_store_write(where->store, &renamed, ctx);
}

jd_keeper_t jd_keep_in_store(jd_store_keep_t *where)
{
    return (jd_keeper_t){.take = take, .user = where};
}
