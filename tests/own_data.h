/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A user's file as data, as `jiedao did` reads it. */
#ifndef JD_TESTS_OWN_DATA_H
#define JD_TESTS_OWN_DATA_H

#include "cli/did_read.h"
#include "dataset/request.h"

/* `style` NULL: all is found out. */
static inline int own_data_read(jd_own_data_t *data, const char *path, const jd_own_roles_t *roles,
                                const jd_csv_style_t *style, jd_ctx_t *ctx)
{
    const jd_did_file_t file = {.path = path, .style = style ? *style : (jd_csv_style_t){0}};
    jd_request_t *request = NULL;
    jd_frame_t *frame = NULL;
    jd_table_t table = {0};
    *data = (jd_own_data_t){0};
    int rc = jd_request_create(&request, NULL, ctx);
    if (rc) return rc;
    request->roles = *roles;
    request->how.cross_sections = roles->no_unit;
    rc = jd_did_read(&table, &file, request, ctx);
    if (!rc) rc = jd_frame_create(&frame, path, table.rows, ctx);
    if (!rc) rc = jd_frame_add_table(frame, &table, ctx);
    if (!rc) rc = jd_own_data_make(data, frame, &request->roles, ctx);
    jd_frame_free(frame);
    jd_table_free(&table);
    jd_request_free(request);
    return rc;
}

#endif
