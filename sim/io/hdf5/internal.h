/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the files of the store share. */
#ifndef JD_IO_HDF5_INTERNAL_H
#define JD_IO_HDF5_INTERNAL_H

#define H5_USE_110_API /* the same calls under every later HDF5 */
#include <hdf5.h>
#include <sys/types.h>
#if H5_VERSION_GE(1, 13, 2)
#include <H5FDdevelop.h>
#endif

#include "io/files/whole.h"
#include "io/hdf5/store.h"

/* Attributes that identify a jiedao file and its tables. */
#define JD_STORE_FORMAT "jiedao"
#define JD_STORE_RECORDS "records"
#define JD_STORE_PANEL "panel"
/* How netCDF-4 marks a dimension that has no values of its own. */
#define JD_STORE_PURE "This is a netCDF dimension but not a netCDF variable."

/* ---- store_sink.c: where HDF5's bytes go ---- */

/** HDF5 (1.10) may crash or hang at close once a write failed. So it never learns of it: the sink
 *  notes the first error, drops what follows, and the store asks afterwards. */
typedef struct jd_sink {
    H5FD_t base; /**< HDF5's part, which it hands back to us: first */
    haddr_t eoa; /**< bytes HDF5 has given out */
    int fd;
    int error;    /**< errno of the first failed write, or 0 */
    uint64_t eof; /**< bytes in the file */
} jd_store_sink_t;

/** Registers the driver that writes to a sink; H5FDunregister() undoes it. Negative on failure. */
hid_t jd_sink_driver(void);

/** Makes `fapl` write to `sink` (borrowed for the file's life). Negative on failure. */
herr_t jd_sink_use(hid_t fapl, hid_t driver, jd_store_sink_t *sink);

/* ---- store_image.c: where HDF5 reads from ---- */

/** HDF5 (1.10) may crash where a read fails. So a file is read by us, whole, before HDF5 sees any
 *  of it, and HDF5 reads from memory. */
typedef struct jd_image {
    H5FD_t base; /**< HDF5's part, which it hands back to us: first */
    haddr_t eoa;
    unsigned char *bytes; /**< [n], owned; NULL: the file is too large, HDF5 reads it itself */
    uint64_t n;
    bool sealed; /**< ends with a checksum that is right */
} jd_image_t;

/** Reads the regular file `fd` and checks its checksum; of one too large only the latter. Errors:
 * JD_ERR_READ, JD_ERR_NO_MEMORY, JD_ERR_CANCELLED. Freed by jd_image_free(). */
JD_MUST_USE int jd_image_read(jd_image_t *image, int fd, const char *path, jd_ctx_t *ctx);
void jd_image_free(jd_image_t *image);

/** Registers the driver that reads from an image; H5FDunregister() undoes it. Negative on failure.
 */
hid_t jd_image_driver(void);

/** Makes `fapl` read from `image` (borrowed for the file's life). Negative on failure. */
herr_t jd_image_use(hid_t fapl, hid_t driver, jd_image_t *image);

/* ---- store_seal.c: the checksum of a whole file ---- */

/** Writes it behind the closed file's last byte; a disk that refuses is noted in the sink. */
JD_MUST_USE int jd_seal_write(jd_store_sink_t *sink, jd_ctx_t *ctx);

/** Up to n bytes at `at`; fewer only at the end. -1 with errno. */
ssize_t jd_read_at(int fd, void *to, size_t n, off_t at);

/** *sealed = the file of n bytes has one, and it is right. `to` [n] gets the bytes, or is NULL.
 * Errors: JD_ERR_READ (it is wrong, or a read failed). */
JD_MUST_USE int jd_seal_check(int fd, uint64_t n, unsigned char *to, const char *path, bool *sealed,
                              jd_ctx_t *ctx);

/* ---- store_trial.c ---- */

/** Reads all of a file in a child process. Errors: JD_ERR_READ where that ends it,
 * JD_ERR_NO_MEMORY, JD_ERR_CANCELLED. */
JD_MUST_USE int jd_store_trial(const char *path, const jd_image_t *image, jd_ctx_t *ctx);

/** jd_store_open() without a trial. The image's bytes are the store's, and NULL afterwards. */
JD_MUST_USE int jd_store_open_image(jd_store_t **store, const char *path, jd_image_t *image,
                                    jd_ctx_t *ctx);

/* ---- store_pack.c: shuffle and deflate ---- */

/** A chunk of a column: `leads` x `width` cells of the source, stored as chunk_leads x chunk_width
 *  (what is missing is zero). Records have a width of 1. */
typedef struct jd_chunk {
    const char *source; /**< first cell */
    size_t stride;      /**< bytes from one lead to the next */
    size_t size;        /**< bytes of a cell */
    size_t element;     /**< bytes of what is shuffled: the cell, or 1 for text */
    int64_t leads, width, chunk_leads, chunk_width;
    hid_t dataset;
    hsize_t offset[3]; /**< of the first cell in the data set */
    unsigned char *packed;
    size_t packed_size;
} jd_chunk_t;

typedef struct jd_packer {
    struct jd_pack_worker *workers; /**< one a thread */
    int n_workers;
    size_t chunk_bytes;   /**< the workers' buffers have room for such a chunk */
    unsigned char *arena; /**< packed chunks before they are written */
    size_t arena_size;
} jd_packer_t;

/** Packs chunks in parallel and writes them in order. Negative HDF5 results give JD_ERR_WRITE
 *  without a message. */
JD_MUST_USE int jd_pack_write(jd_packer_t *packer, jd_chunk_t *chunks, int64_t n_chunks,
                              jd_ctx_t *ctx);
void jd_packer_free(jd_packer_t *packer);

/* ---- store_columns.c: how a table looks in HDF5 ---- */

/** The HDF5 type of a column's elements, to be closed; in memory and in the file the same. An
 * element is a cell; of text it is a byte, and the cell's width the data set's last dimension:
 * netCDF-C before 4.9.1 crashes on arrays of fixed-length strings, xarray joins such bytes to text.
 */
hid_t jd_store_type(jd_type_t type);

/** The type of a fixed-length UTF-8 text of so many bytes, to be closed. */
hid_t jd_store_text_type(size_t bytes);

/** Makes a column's data set, `rank` dimensions (1 or 2, of cells) of the given extent, the first
 * one growing unless `fixed`; with its attributes. Negative on failure. */
hid_t jd_store_make_column(hid_t group, const jd_column_t *column, int rank, const hsize_t *dims,
                           const hsize_t *chunk, bool fixed, bool panel);

/** Makes the dimensions of a finished table and ties its columns to them. Negative on failure. */
herr_t jd_store_make_dimensions(hid_t group, const jd_column_t *columns, int n_columns,
                                const hid_t *datasets, bool panel, int64_t leads, int64_t n_unit);

/** Attributes of an open object; an older one of that name is replaced. Negative on failure. */
herr_t jd_store_put_text(hid_t object, const char *name, const char *value);
herr_t jd_store_put(hid_t object, const char *name, hid_t type, int64_t n, const void *values);

/** Opens the group, making what is missing of its path. Negative on failure. */
hid_t jd_store_group(hid_t file, const char *path);

/** Whether every step of the path is there, and none a link that leads elsewhere. */
bool jd_store_exists(hid_t file, const char *path);

/* ---- store_write.c ---- */

/** A table on its way into the file. */
typedef struct jd_growing jd_growing_t;

struct jd_store {
    char *path;
    hid_t file;
    bool writing;
    hid_t driver;     /**< of the sink or the image */
    jd_image_t image; /**< reading only */
    /* Writing only. */
    jd_whole_t whole;
    jd_store_sink_t sink;
    jd_packer_t packer;
    jd_growing_t *growing; /**< tables still open, in order of their first append */
    int n_growing;
    int failed; /**< first error code; nothing is taken after it */
};

/** Writes out what is held back of every growing table. */
JD_MUST_USE int jd_store_finish_all(jd_store_t *store, jd_ctx_t *ctx);
void jd_store_drop_growing(jd_store_t *store);

/** Fails with what HDF5 or the disk has to say about `what`; keeps the code in the store. */
int jd_store_fail(jd_store_t *store, const char *what, jd_ctx_t *ctx);

/** JD_OK while the store takes data; else its first error again, or JD_ERR_ARGUMENT. */
JD_MUST_USE int jd_store_ready(const jd_store_t *store, jd_ctx_t *ctx);

/** JD_ERR_WRITE with a sentence if the disk refused something since, else JD_OK. */
JD_MUST_USE int jd_store_check(jd_store_t *store, jd_ctx_t *ctx);

/** Stops HDF5 from printing; puts its innermost reason for the last failure into `text`. */
void jd_store_quiet(void);
void jd_store_reason(char *text, size_t size);

/* ---- store_read.c ---- */

/** Fails with JD_ERR_READ: `what` of a table ("" for a data set of its own) cannot be read, and
 * why. */
int jd_store_damaged(const jd_store_t *store, const char *table, const char *what, const char *why,
                     jd_ctx_t *ctx);

/** A fixed-length text attribute, to be freed; NULL if there is none, or out of memory. */
char *jd_store_take_text(hid_t object, const char *name, bool *no_memory);

/** Reads up to `most` numbers of an attribute; how many there are, or -1. */
int64_t jd_store_take_numbers(hid_t object, const char *name, hid_t type, bool integers,
                              void *values, int64_t most);

/* ---- store_shape.c: nothing in a file is believed unchecked ---- */

#define JD_STORE_CELLS_MAX ((hsize_t)1 << 40)

typedef struct jd_shape {
    int rank;
    hsize_t dims[3];
} jd_shape_t;

/** A data set's shape; returns NULL, or why it is not one of ours. */
const char *jd_store_shape(hid_t dataset, jd_shape_t *shape);
hsize_t jd_store_cells(const jd_shape_t *shape);

/** NULL, or why the file cannot hold `bytes` bytes of this data set. */
const char *jd_store_check_storage(hid_t file, hid_t dataset, hsize_t bytes);

#endif
