/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A user's file as data, as `jiedao did` reads it. */
#ifndef JD_TESTS_OWN_DATA_H
#define JD_TESTS_OWN_DATA_H

#include "cli/did_read.h"

/* `style` NULL: all is found out. */
static inline int own_data_read(jd_own_data_t *data, const char *path, const jd_own_roles_t *given,
                                const jd_csv_style_t *style, jd_ctx_t *ctx)
{
    const jd_did_file_t file = {.path = path, .style = style ? *style : (jd_csv_style_t){0}};
    jd_own_roles_t roles = *given;
    jd_table_t table;
    *data = (jd_own_data_t){0};
    int rc = jd_did_read(&table, &file, &roles, ctx);
    if (!rc) rc = jd_own_data_make(data, &table, &roles, ctx);
    jd_table_free(&table);
    return rc;
}

#endif
