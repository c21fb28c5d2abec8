/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a Stata file: the reader answers or refuses, and every text it took ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/open.h"

enum { MAX_DATA = 16384 };

static char path[64];

static void remove_file(void)
{
    remove(path);
}

static int take_all(void *user, const char *const *names, int n, bool *take, jd_ctx_t *ctx)
{
    (void)user, (void)ctx;
    for (int i = 0; i < n; i++)
        take[i] = names[i][0] != '\0' && names[i][0] != '_';
    return JD_OK;
}

static void walk(const jd_table_t *table)
{
    for (int c = 0; c < table->n_columns; c++) {
        const jd_column_t *column = &table->columns[c];
        if (strlen(column->name) == 0) abort();
        for (int64_t row = 0; row < table->rows && column->type == JD_TEXT; row++)
            if (!memchr((const char *)table->data[c] + row * column->width, '\0',
                        (size_t)column->width))
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > MAX_DATA) return 0;
    if (!*path) {
        snprintf(path, sizeof path, "%s/jiedao-fuzz-%ld.dta",
                 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (long)getpid());
        atexit(remove_file);
    }
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(bytes, 1, size, out) != size || fclose(out) != 0) abort();
    jd_ctx_t ctx = {.threads = 1};
    jd_table_t table;
    const jd_wanted_t wanted = {take_all, NULL, NULL, NULL};
    int rc = jd_stata_read(path, &wanted, "-9,a", &table, &ctx);
    if ((rc != JD_OK) != (ctx.n_errors > 0)) abort();
    if (!rc) walk(&table);
    jd_table_free(&table);
    return 0;
}
