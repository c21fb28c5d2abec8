/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a CSV file: the reader answers, and what it took prints and reads back the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/csv/csv.h"

static const jd_column_t COLUMNS[] = {
    {.name = "code", .type = JD_INT64, .unit = "1", .label = ""},
    {.name = "level", .type = JD_INT8, .unit = "1", .label = ""},
    {.name = "name", .type = JD_TEXT, .unit = "", .label = "", .width = 12},
    {.name = "x", .type = JD_DOUBLE, .unit = "1", .label = ""},
    {.name = "y", .type = JD_FLOAT, .unit = "1", .label = ""},
};
enum { N = sizeof COLUMNS / sizeof *COLUMNS };

static int read_bytes(const char *bytes, size_t size, jd_table_t *table)
{
    static const bool optional[N] = {false};
    jd_ctx_t ctx = {0};
    FILE *stream = size ? fmemopen((void *)bytes, size, "rb") : tmpfile();
    if (!stream) abort();
    int rc = jd_csv_read_stream(stream, "fuzz.csv", COLUMNS, N, optional, NULL, table, &ctx);
    fclose(stream);
    if ((rc != JD_OK) != (ctx.n_errors > 0)) abort();
    return rc;
}

static char *print(const jd_table_t *table, size_t *size)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, size);
    if (!stream || jd_csv_print(table, stream, "memory", NULL) != JD_OK) abort();
    fclose(stream);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    jd_table_t first, again;
    if (read_bytes((const char *)data, size, &first) != JD_OK) return 0;
    size_t length = 0, length_again = 0;
    char *text = print(&first, &length);
    if (read_bytes(text, length, &again) != JD_OK || again.rows != first.rows) abort();
    char *text_again = print(&again, &length_again);
    if (length != length_again || memcmp(text, text_again, length) != 0) abort();
    free(text);
    free(text_again);
    jd_table_free(&first);
    jd_table_free(&again);
    return 0;
}
