/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store's life while it is written, and attributes and texts. */
#include "io/hdf5/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/hdf5/internal.h"

/* ---- Errors ---- */

void jd_store_quiet(void)
{
    /* A file whose close failed stays on HDF5's list, and its clean-up at exit() then crashes: all
     * that is open is closed by us. */
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

typedef struct reason {
    char *text;
    size_t size;
} reason_t;

static herr_t take_reason(unsigned n, const H5E_error2_t *error, void *user)
{
    (void)n;
    const reason_t *reason = user;
    if (error->desc && error->desc[0]) snprintf(reason->text, reason->size, "%s", error->desc);
    return 0;
}

void jd_store_reason(char *text, size_t size)
{
    reason_t reason = {text, size};
    snprintf(text, size, "it gives no reason");
    /* Upward ends with the innermost call's. */
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_reason, &reason);
    H5Eclear2(H5E_DEFAULT);
}

int jd_store_fail(jd_store_t *store, const char *what, jd_ctx_t *ctx)
{
    char reason[256];
    int rc;
    if (store->sink.error) {
        rc = jd_whole_fail(&store->whole, store->sink.error, ctx);
    } else {
        jd_store_reason(reason, sizeof reason);
        rc = jd_fail(ctx, JD_ERR_WRITE, "%s: HDF5 could not write %s: %s", store->path, what,
                     reason);
    }
    if (!store->failed) store->failed = rc;
    return rc;
}

int jd_store_check(jd_store_t *store, jd_ctx_t *ctx)
{
    return store->sink.error ? jd_store_fail(store, "", ctx) : JD_OK;
}

int jd_store_ready(const jd_store_t *store, jd_ctx_t *ctx)
{
    if (!store->writing) {
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: was opened for reading", store->path);
    }
    if (!store->failed) return JD_OK;
    return jd_fail(ctx, store->failed, "%s: writing failed before; no more is taken", store->path);
}

/* ---- Opening and closing ---- */

static hid_t access_list(jd_store_t *store)
{
    /* Objects stay in memory until the close: if the disk fails, HDF5 never reads back what was
     * dropped. They take a few kB a table. */
    H5AC_cache_config_t cache = {.version = H5AC__CURR_CACHE_CONFIG_VERSION};
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (list < 0) return list;
    herr_t rc = jd_sink_use(list, store->driver, &store->sink);
    if (rc >= 0) rc = H5Pset_libver_bounds(list, H5F_LIBVER_V18, H5F_LIBVER_V18);
    if (rc >= 0) rc = H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
    if (rc >= 0) rc = H5Pget_mdc_config(list, &cache);
    cache.set_initial_size = 1;
    cache.initial_size = cache.max_size = 32u << 20;
    if (rc >= 0) rc = H5Pset_mdc_config(list, &cache);
    if (rc >= 0) return list;
    H5Pclose(list);
    return H5I_INVALID_HID;
}

static hid_t create_file(jd_store_t *store)
{
    hid_t made = H5I_INVALID_HID;
    hid_t access = access_list(store);
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    if (access >= 0 && creation >= 0 && H5Pset_obj_track_times(creation, 0) >= 0 &&
        H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0) {
        made = H5Fcreate(store->whole.path, H5F_ACC_TRUNC, creation, access);
    }
    if (creation >= 0) H5Pclose(creation);
    if (access >= 0) H5Pclose(access);
    return made;
}

static int stamp(jd_store_t *store, jd_ctx_t *ctx)
{
    int rc = jd_store_attribute_text(store, "/", "format", JD_STORE_FORMAT, ctx);
    if (!rc) rc = jd_store_attribute_int(store, "/", "schema_version", JD_STORE_SCHEMA, ctx);
    return rc;
}

int jd_store_create(jd_store_t **store, const char *path, bool replace, jd_ctx_t *ctx)
{
    *store = NULL;
    jd_store_quiet();
    jd_store_t *made = calloc(1, sizeof *made);
    if (!made) return jd_fail_memory(ctx, sizeof *made, path);
    made->writing = true;
    made->file = H5I_INVALID_HID;
    made->driver = H5I_INVALID_HID;
    int rc = jd_whole_open(&made->whole, path, replace, ctx);
    if (!rc) {
        made->path = made->whole.path;
        made->sink.fd = made->whole.fd;
        made->driver = jd_sink_driver();
        made->file = made->driver < 0 ? H5I_INVALID_HID : create_file(made);
        rc = made->file < 0 ? jd_store_fail(made, "its first bytes", ctx) : stamp(made, ctx);
    }
    if (rc) jd_store_abandon(&made);
    *store = made;
    return rc;
}

/* Closes what HDF5 holds; JD_ERR_WRITE if not all of it reached the disk. */
static int close_file(jd_store_t *store, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    jd_store_drop_growing(store);
    if (store->file >= 0 && H5Fclose(store->file) < 0) rc = jd_store_fail(store, "its end", ctx);
    store->file = H5I_INVALID_HID;
    if (store->driver >= 0) H5FDunregister(store->driver);
    store->driver = H5I_INVALID_HID;
    if (!rc && !store->sink.error) rc = jd_seal_write(&store->sink, ctx);
    return rc ? rc : jd_store_check(store, ctx);
}

void jd_store_abandon(jd_store_t **store)
{
    jd_store_t *dying = *store;
    if (!dying) return;
    if (!dying->sink.error)
        dying->sink.error = ECANCELED; /* nothing more needs to reach the disk */
    (void)close_file(dying, NULL);
    jd_whole_abandon(&dying->whole);
    jd_packer_free(&dying->packer);
    free(dying);
    *store = NULL;
}

int jd_store_commit(jd_store_t **store, jd_ctx_t *ctx)
{
    jd_store_t *whole = *store;
    int rc = jd_store_ready(whole, ctx);
    if (!rc) rc = jd_store_finish_all(whole, ctx);
    if (!rc) rc = close_file(whole, ctx);
    if (!rc) rc = jd_whole_commit(&whole->whole, ctx);
    jd_store_abandon(store);
    return rc;
}

/* ---- Attributes and texts ---- */

/* Opens what `where` names; growing tables have a group from their first append on. */
static int open_object(jd_store_t *store, const char *where, hid_t *object, jd_ctx_t *ctx)
{
    int rc = jd_store_ready(store, ctx);
    if (rc) return rc;
    if (strcmp(where, "/") != 0 && !jd_store_exists(store->file, where)) {
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "%s: attributes of %s can be set once it is written: a table after its first "
            "rows, a column of a growing table not before it is complete",
            store->path, where);
    }
    *object = H5Oopen(store->file, where, H5P_DEFAULT);
    return *object < 0 ? jd_store_fail(store, where, ctx) : JD_OK;
}

int jd_store_attribute_text(jd_store_t *store, const char *where, const char *name,
                            const char *value, jd_ctx_t *ctx)
{
    hid_t object = H5I_INVALID_HID;
    int rc = open_object(store, where, &object, ctx);
    if (rc) return rc;
    if (jd_store_put_text(object, name, value) < 0) rc = jd_store_fail(store, name, ctx);
    H5Oclose(object);
    return rc;
}

static int put_number(jd_store_t *store, const char *where, const char *name, hid_t type,
                      const void *value, jd_ctx_t *ctx)
{
    hid_t object = H5I_INVALID_HID;
    int rc = open_object(store, where, &object, ctx);
    if (rc) return rc;
    if (jd_store_put(object, name, type, -1, value) < 0) rc = jd_store_fail(store, name, ctx);
    H5Oclose(object);
    return rc;
}

int jd_store_attribute_int(jd_store_t *store, const char *where, const char *name, int64_t value,
                           jd_ctx_t *ctx)
{
    return put_number(store, where, name, H5T_NATIVE_INT64, &value, ctx);
}

int jd_store_attribute_double(jd_store_t *store, const char *where, const char *name, double value,
                              jd_ctx_t *ctx)
{
    return put_number(store, where, name, H5T_NATIVE_DOUBLE, &value, ctx);
}

/* With the zero at its end: netCDF 4.9.0 reads a text of fixed length up to one, or into what lies
 * behind. */
static hid_t make_text(hid_t group, const char *name, const char *text)
{
    hid_t type = jd_store_text_type(strlen(text) + 1), space = H5Screate(H5S_SCALAR);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), made = H5I_INVALID_HID;
    if (type >= 0 && space >= 0 && list >= 0 && H5Pset_obj_track_times(list, 0) >= 0) {
        made = H5Dcreate2(group, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    }
    if (made >= 0 && H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) < 0) {
        H5Dclose(made);
        made = H5I_INVALID_HID;
    }
    if (list >= 0) H5Pclose(list);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    return made;
}

int jd_store_text(jd_store_t *store, const char *name, const char *text, jd_ctx_t *ctx)
{
    int rc = jd_store_ready(store, ctx);
    if (rc) return rc;
    const char *slash = strrchr(name, '/');
    size_t length = slash ? (size_t)(slash - name) : 0;
    char *folder = malloc(length + 1);
    if (!folder) return jd_fail_memory(ctx, length + 1, name);
    memcpy(folder, name, length);
    folder[length] = '\0';
    hid_t group = jd_store_group(store->file, folder);
    hid_t made = group < 0 ? group : make_text(group, slash ? slash + 1 : name, text);
    if (made < 0) rc = jd_store_fail(store, name, ctx);
    if (made >= 0) H5Dclose(made);
    if (group >= 0) H5Gclose(group);
    free(folder);
    return rc ? rc : jd_store_check(store, ctx);
}
