/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as an HDF5 file: the reader lists and reads, or says what is wrong; it never crashes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/hdf5/store.h"

/* HDF5 1.10 loses a few bytes of its own on some damaged files. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static char path[64];

static void remove_file(void)
{
    unlink(path);
}

/* A file of this process; in memory where the machine has such a folder. */
static void make_path(void)
{
    snprintf(path, sizeof path, "%s/jiedao-fuzz-%ld.h5",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
    atexit(remove_file);
}

static void read_all(jd_store_t *store, jd_ctx_t *ctx)
{
    jd_store_entry_t *entries = NULL;
    int n = 0;
    char *text = NULL;
    int64_t whole;
    double real;
    if (jd_store_list(store, &entries, &n, ctx) == JD_OK) {
        for (int i = 0; i < n; i++) {
            jd_table_t table;
            if (jd_store_read(store, entries[i].name, &table, ctx) == JD_OK) {
                if (table.rows != entries[i].rows) abort();
            }
            jd_table_free(&table);
        }
    }
    jd_store_list_free(entries, n);
    if (jd_store_read_text(store, "config/ini", &text, ctx) == JD_OK) free(text);
    if (jd_store_get_text(store, "/", "note", &text, ctx) == JD_OK) free(text);
    if (jd_store_get_int(store, "/", "seed", &whole, ctx) == JD_OK) (void)whole;
    if (jd_store_get_double(store, "events", "share", &real, ctx) == JD_OK) (void)real;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!path[0]) make_path();
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) abort();
    jd_ctx_t ctx = {.threads = 1};
    jd_store_t *store = NULL;
    if (jd_store_open(&store, path, &ctx) == JD_OK) {
        read_all(store, &ctx);
    } else if (ctx.n_errors == 0) {
        abort();
    }
    jd_store_close(&store);
    return 0;
}
