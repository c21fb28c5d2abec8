/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a file, its attributes and its texts. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/hdf5/internal.h"

enum {
    TEXT_MAX = 1 << 16,      /* bytes of an attribute */
    LONG_TEXT_MAX = 1 << 28, /* bytes of a text data set */
    LINK_SIZE = 256,
    TRUSTED = 8 << 20, /* bytes of a file from which on a right checksum is enough: a trial takes
                           as long as all its tables */
};

int jd_store_damaged(const jd_store_t *store, const char *table, const char *what, const char *why,
                     jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_READ,
                   "%s: %s/%s cannot be read: %s; the file is damaged or was "
                   "changed by another program",
                   store->path, table, what, why);
}

/* ---- Opening ---- */

/* What is no file is not opened: that alone can wait for ever. */
static int read_image(jd_image_t *image, const char *path, jd_ctx_t *ctx)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char head[8];
    struct stat about;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        int rc = jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be opened: %s; check its name and folder",
                         path, strerror(errno));
        if (fd >= 0) close(fd);
        return rc;
    }
    ssize_t n = S_ISREG(about.st_mode) ? jd_read_at(fd, head, sizeof head, 0) : -1;
    int why = errno;
    bool hdf5 = n == (ssize_t)sizeof head && memcmp(head, signature, sizeof head) == 0;
    int rc = hdf5 ? jd_image_read(image, fd, path, ctx) : JD_OK;
    close(fd);
    if (hdf5) return rc;
    if (S_ISDIR(about.st_mode)) {
        return jd_fail(ctx, JD_ERR_OPEN, "%s: is a folder; name a file in it", path);
    }
    if (!S_ISREG(about.st_mode)) {
        return jd_fail(ctx, JD_ERR_OPEN, "%s: is not a regular file; copy it to one first", path);
    }
    if (n < 0)
        return jd_fail(ctx, JD_ERR_READ, "%s: cannot be read: %s; check the disk", path,
                       strerror(why));
    if (n == 0) {
        return jd_fail(ctx, JD_ERR_FORMAT,
                       "%s: is empty (0 bytes): whatever wrote or copied it did not finish; run or "
                       "copy again",
                       path);
    }
    return jd_fail(ctx, JD_ERR_FORMAT,
                   "%s: is not an HDF5 file; it must be a file written by `jiedao run`", path);
}

static hid_t open_file(jd_store_t *store)
{
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (list < 0) return list;
    hid_t file = H5I_INVALID_HID;
    herr_t rc = H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
    if (rc >= 0 && store->image.bytes) {
        store->driver = jd_image_driver();
        rc = store->driver < 0 ? -1 : jd_image_use(list, store->driver, &store->image);
    }
#if H5_VERSION_GE(1, 10, 7)
    /* Finished files do not change: locks would only fail on network folders. */
    if (rc >= 0) rc = H5Pset_file_locking(list, 0, 1);
#endif
    if (rc >= 0) file = H5Fopen(store->path, H5F_ACC_RDONLY, list);
    H5Pclose(list);
    return file;
}

static int check_schema(jd_store_t *store, jd_ctx_t *ctx)
{
    char *format = NULL;
    int64_t version = 0;
    jd_ctx_t mute = {0};
    int rc = jd_store_get_text(store, "/", "format", &format, &mute);
    bool ours = !rc && strcmp(format, JD_STORE_FORMAT) == 0;
    free(format);
    if (rc == JD_ERR_NO_MEMORY) return jd_fail_memory(ctx, TEXT_MAX, store->path);
    if (!ours || jd_store_get_int(store, "/", "schema_version", &version, &mute)) {
        return jd_fail(ctx, JD_ERR_FORMAT,
                       "%s: is an HDF5 file, but not one of jiedao's (no attribute format = "
                       "\"jiedao\" with a schema_version); it must be a file written by "
                       "`jiedao run`",
                       store->path);
    }
    if (version > JD_STORE_SCHEMA) {
        return jd_fail(
            ctx, JD_ERR_SCHEMA_NEW,
            "%s: has schema %lld, this program reads up to %d; use the jiedao that wrote "
            "it, or a newer one",
            store->path, (long long)version, JD_STORE_SCHEMA);
    }
    if (version < JD_STORE_SCHEMA_OLDEST) {
        return jd_fail(
            ctx, JD_ERR_SCHEMA_OLD,
            "%s: has schema %lld, this program reads from %d on; make the file again, or "
            "use the jiedao that wrote it",
            store->path, (long long)version, JD_STORE_SCHEMA_OLDEST);
    }
    return JD_OK;
}

/* Nothing in the file may lead out of it: what is read would not be what was written. */
static herr_t refuse_link(hid_t root, const char *name, const H5L_info_t *link, void *user)
{
    (void)root;
    char *led = user;
    if (link->type == H5L_TYPE_HARD || link->type == H5L_TYPE_SOFT) return 0;
    snprintf(led, LINK_SIZE, "%s", name);
    return 1;
}

static int check_links(jd_store_t *store, jd_ctx_t *ctx)
{
    char led[LINK_SIZE] = "";
    if (H5Lvisit(store->file, H5_INDEX_NAME, H5_ITER_INC, refuse_link, led) >= 0 && !led[0])
        return JD_OK;
    if (led[0])
        return jd_fail(
            ctx, JD_ERR_FORMAT,
            "%s: %s is a link to another file, which is not followed; copy what it leads "
            "to into the file (h5repack, h5copy -f ext)",
            store->path, led);
    return jd_store_damaged(store, "", "", "its objects cannot be listed", ctx);
}

static int open_store(jd_store_t **store, const char *path, uint64_t trusted, jd_ctx_t *ctx)
{
    jd_image_t image = {0};
    *store = NULL;
    int rc = read_image(&image, path, ctx);
    if (!rc && (!image.sealed || image.n < trusted)) rc = jd_store_trial(path, &image, ctx);
    if (!rc) rc = jd_store_open_image(store, path, &image, ctx);
    jd_image_free(&image);
    return rc;
}

int jd_store_open(jd_store_t **store, const char *path, jd_ctx_t *ctx)
{
    return open_store(store, path, TRUSTED, ctx);
}

int jd_store_open_own(jd_store_t **store, const char *path, jd_ctx_t *ctx)
{
    return open_store(store, path, 0, ctx);
}

int jd_store_open_image(jd_store_t **store, const char *path, jd_image_t *image, jd_ctx_t *ctx)
{
    *store = NULL;
    jd_store_quiet();
    int rc = JD_OK;
    jd_store_t *made = calloc(1, sizeof *made);
    if (made) made->path = malloc(strlen(path) + 1);
    if (!made || !made->path) {
        free(made);
        return jd_fail_memory(ctx, sizeof *made, path);
    }
    made->driver = H5I_INVALID_HID;
    made->image = *image;
    image->bytes = NULL;
    memcpy(made->path, path, strlen(path) + 1);
    made->file = open_file(made);
    if (made->file < 0) {
        char reason[256];
        jd_store_reason(reason, sizeof reason);
        rc = jd_fail(ctx, JD_ERR_READ,
                     "%s: is damaged or cut short (HDF5: %s); copy it again, or run again", path,
                     reason);
    } else {
        rc = check_schema(made, ctx);
        if (!rc) rc = check_links(made, ctx);
    }
    if (rc) jd_store_close(&made);
    *store = made;
    return rc;
}

void jd_store_close(jd_store_t **store)
{
    jd_store_t *dying = *store;
    if (!dying) return;
    if (dying->file >= 0) H5Fclose(dying->file);
    if (dying->driver >= 0) H5FDunregister(dying->driver);
    jd_image_free(&dying->image);
    free(dying->path);
    free(dying);
    *store = NULL;
}

bool jd_store_has(jd_store_t *store, const char *name)
{
    return jd_store_exists(store->file, name);
}

/* ---- Attributes ---- */

/* The text of an open attribute of fixed length, to be freed; NULL if it is not one, or out of
 * memory.
 */
static char *text_of(hid_t attribute, bool *no_memory)
{
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    char *text = NULL;
    if (type >= 0 && space >= 0 && H5Tget_class(type) == H5T_STRING &&
        H5Tis_variable_str(type) == 0 && H5Sget_simple_extent_npoints(space) == 1) {
        size_t size = H5Tget_size(type);
        if (size <= TEXT_MAX) {
            text = calloc(size + 1, 1);
            *no_memory = !text;
        }
        if (text && H5Aread(attribute, type, text) < 0) {
            free(text);
            text = NULL;
        }
        if (text) jd_plain_text(text);
    }
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    return text;
}

char *jd_store_take_text(hid_t object, const char *name, bool *no_memory)
{
    if (H5Aexists(object, name) <= 0) return NULL;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) return NULL;
    char *text = text_of(attribute, no_memory);
    H5Aclose(attribute);
    return text;
}

/* Reads up to `most` numbers; how many there are, or -1. */
int64_t jd_store_take_numbers(hid_t object, const char *name, hid_t type, bool integers,
                              void *values, int64_t most)
{
    if (H5Aexists(object, name) <= 0) return -1;
    int64_t n = -1;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) return -1;
    hid_t stored = H5Aget_type(attribute), space = H5Aget_space(attribute);
    H5T_class_t class = stored < 0 ? H5T_NO_CLASS : H5Tget_class(stored);
    if (space >= 0 && (class == H5T_INTEGER || (class == H5T_FLOAT && !integers))) {
        n = H5Sget_simple_extent_npoints(space);
        if (n < 1 || n > most || H5Tget_size(stored) > 8 || H5Aread(attribute, type, values) < 0) {
            n = -1;
        }
    }
    if (space >= 0) H5Sclose(space);
    if (stored >= 0) H5Tclose(stored);
    H5Aclose(attribute);
    return n;
}

static hid_t open_object(jd_store_t *store, const char *where)
{
    if (strcmp(where, "/") != 0 && !jd_store_exists(store->file, where)) return H5I_INVALID_HID;
    return H5Oopen(store->file, where, H5P_DEFAULT);
}

static int no_attribute(const jd_store_t *store, const char *where, const char *name, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_DATA, "%s: %s has no attribute %s of the kind requested",
                   store->path, where, name);
}

int jd_store_get_text(jd_store_t *store, const char *where, const char *name, char **value,
                      jd_ctx_t *ctx)
{
    bool no_memory = false;
    hid_t object = open_object(store, where);
    *value = object < 0 ? NULL : jd_store_take_text(object, name, &no_memory);
    if (object >= 0) H5Oclose(object);
    if (no_memory) return jd_fail_memory(ctx, TEXT_MAX, name);
    return *value ? JD_OK : no_attribute(store, where, name, ctx);
}

int jd_store_get_int(jd_store_t *store, const char *where, const char *name, int64_t *value,
                     jd_ctx_t *ctx)
{
    hid_t object = open_object(store, where);
    int64_t n =
        object < 0 ? -1 : jd_store_take_numbers(object, name, H5T_NATIVE_INT64, true, value, 1);
    if (object >= 0) H5Oclose(object);
    return n == 1 ? JD_OK : no_attribute(store, where, name, ctx);
}

int jd_store_get_double(jd_store_t *store, const char *where, const char *name, double *value,
                        jd_ctx_t *ctx)
{
    hid_t object = open_object(store, where);
    int64_t n =
        object < 0 ? -1 : jd_store_take_numbers(object, name, H5T_NATIVE_DOUBLE, false, value, 1);
    if (object >= 0) H5Oclose(object);
    return n == 1 ? JD_OK : no_attribute(store, where, name, ctx);
}

/* ---- Texts ---- */

int jd_store_read_text(jd_store_t *store, const char *name, char **text, jd_ctx_t *ctx)
{
    *text = NULL;
    hid_t dataset = jd_store_exists(store->file, name) ? H5Dopen2(store->file, name, H5P_DEFAULT)
                                                       : H5I_INVALID_HID;
    if (dataset < 0) return jd_fail(ctx, JD_ERR_DATA, "%s: has no text %s", store->path, name);
    int rc = JD_OK;
    jd_shape_t shape = {0};
    const char *why = jd_store_shape(dataset, &shape);
    hid_t type = H5Dget_type(dataset);
    if (!why && (type < 0 || H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0 ||
                 jd_store_cells(&shape) != 1 || H5Tget_size(type) > LONG_TEXT_MAX)) {
        why = "it is no text";
    }
    if (!why) why = jd_store_check_storage(store->file, dataset, H5Tget_size(type));
    if (!why) {
        *text = calloc(H5Tget_size(type) + 1, 1);
        if (!*text) {
            rc = jd_fail_memory(ctx, H5Tget_size(type), name);
        } else if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, *text) < 0) {
            why = "its bytes cannot be read";
        }
    }
    if (why) rc = jd_store_damaged(store, "", name, why, ctx);
    if (rc) {
        free(*text);
        *text = NULL;
    }
    if (type >= 0) H5Tclose(type);
    H5Dclose(dataset);
    return rc;
}
