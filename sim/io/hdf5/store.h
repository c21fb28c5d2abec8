/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tables in an HDF5 file that h5py, xarray (netCDF-4) and rhdf5 open as it is: a group per table,
 *  a data set per column, dimension scales, units, labels; docs/file-format.md describes it. Equal
 *  content gives equal bytes, for any number of threads. One thread at a time may use a store; the
 *  compression inside is parallel (ctx->threads).
 *
 *  After any error of a writing call the store takes no more; abandon it (commit does too). */
#ifndef JD_IO_HDF5_STORE_H
#define JD_IO_HDF5_STORE_H

#include <stdbool.h>

#include "jiedao/table.h"

/** The layout this program writes, and the oldest it still reads. */
enum { JD_STORE_SCHEMA = 2, JD_STORE_SCHEMA_OLDEST = 1 };

typedef struct jd_store jd_store_t;

/** The libraries a file's bytes depend on, with their versions: "HDF5 1.10.8, libdeflate 1.14". */
const char *jd_store_libraries(char *buffer, size_t size);

/* ---- Writing ---- */

/** Starts a file in the folder of `path`; it takes its name at the commit. *store is NULL after
 * an error. Errors: JD_ERR_EXISTS (there already and !replace), JD_ERR_OPEN, JD_ERR_WRITE. A caller
 *  who wants a file-size limit reported as an error rather than be killed by it ignores SIGXFSZ. */
JD_MUST_USE int jd_store_create(jd_store_t **store, const char *path, bool replace, jd_ctx_t *ctx);

/** Writes a whole table under its name; nothing of it is borrowed afterwards. */
JD_MUST_USE int jd_store_write(jd_store_t *store, const jd_table_t *table, jd_ctx_t *ctx);

/** Adds records (or a panel's further n_time slices) to the table of that name; the first call
 *  begins it, with no rows too. Unit-axis columns are taken from the first call. The column list
 *  (not the cells) is borrowed until the commit and must be the same in each call. Cost: a copy,
 *  or the compression once a chunk (64k cells a column) is full. */
JD_MUST_USE int jd_store_append(jd_store_t *store, const jd_table_t *table, jd_ctx_t *ctx);

/** Writes a text of any length as a scalar data set: "config/ini". */
JD_MUST_USE int jd_store_text(jd_store_t *store, const char *name, const char *text, jd_ctx_t *ctx);

/** Sets an attribute of "/", of a table (after its first write or append), or of a data set: a
 * text, or a column of a table that was written whole. Set again = replaced. Texts up to 60,000
 * bytes. */
JD_MUST_USE int jd_store_attribute_text(jd_store_t *store, const char *where, const char *name,
                                        const char *value, jd_ctx_t *ctx);
JD_MUST_USE int jd_store_attribute_int(jd_store_t *store, const char *where, const char *name,
                                       int64_t value, jd_ctx_t *ctx);
JD_MUST_USE int jd_store_attribute_double(jd_store_t *store, const char *where, const char *name,
                                          double value, jd_ctx_t *ctx);

/** Finishes all tables, syncs and renames the file. Frees the store in any case (*store = NULL);
 *  after an error no file is left and an older target is untouched. */
JD_MUST_USE int jd_store_commit(jd_store_t **store, jd_ctx_t *ctx);

/** Removes the unfinished file and frees the store; fine on NULL and after a commit. */
void jd_store_abandon(jd_store_t **store);

/* ---- Reading ---- */

/** Opens a finished file. *store is NULL after an error. Errors: JD_ERR_OPEN, JD_ERR_FORMAT (empty,
 *  not HDF5, not jiedao's), JD_ERR_READ (damaged), JD_ERR_SCHEMA_OLD, JD_ERR_SCHEMA_NEW. */
JD_MUST_USE int jd_store_open(jd_store_t **store, const char *path, jd_ctx_t *ctx);

/** The same for one of many files of this program's own folder: without a trial in a child process
 *  where the checksum is right. */
JD_MUST_USE int jd_store_open_own(jd_store_t **store, const char *path, jd_ctx_t *ctx);

/** Closes a file that was opened for reading; fine on NULL. */
void jd_store_close(jd_store_t **store);

typedef struct jd_store_entry {
    char *name;             /**< "panel/county" */
    char *label;            /**< its sentence, "" if none */
    int64_t rows;           /**< records, or cells of a panel */
    int64_t n_time, n_unit; /**< 0 for records */
    int n_columns;
} jd_store_entry_t;

/** All tables of the file, by name; free with jd_store_list_free(). */
JD_MUST_USE int jd_store_list(jd_store_t *store, jd_store_entry_t **entries, int *n_entries,
                              jd_ctx_t *ctx);
void jd_store_list_free(jd_store_entry_t *entries, int n_entries);

/** Reads a table as it was written: same columns, order and cells. Its column list and texts belong
 *  to the table; jd_table_free() frees all. The table is empty after an error. */
JD_MUST_USE int jd_store_read(jd_store_t *store, const char *name, jd_table_t *table,
                              jd_ctx_t *ctx);

/** Reads a text written by jd_store_text(); the caller frees *text. */
JD_MUST_USE int jd_store_read_text(jd_store_t *store, const char *name, char **text, jd_ctx_t *ctx);

/** Read an attribute; JD_ERR_DATA if there is none of this name and kind. The text is the caller's
 *  to free. An integer may be read as a double. */
JD_MUST_USE int jd_store_get_text(jd_store_t *store, const char *where, const char *name,
                                  char **value, jd_ctx_t *ctx);
JD_MUST_USE int jd_store_get_int(jd_store_t *store, const char *where, const char *name,
                                 int64_t *value, jd_ctx_t *ctx);
JD_MUST_USE int jd_store_get_double(jd_store_t *store, const char *where, const char *name,
                                    double *value, jd_ctx_t *ctx);

/** Whether there is a table, text or group of this name. */
bool jd_store_has(jd_store_t *store, const char *name);

#endif
