/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a table looks in HDF5: types, creation properties, attributes, dimension scales. */
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/hdf5/internal.h"

enum { PATH_MAX_BYTES = 512, FLAGS_MAX = 128, MEANINGS_SIZE = 4096, TEXT_ATTRIBUTE_MAX = 60000 };

hid_t jd_store_text_type(size_t bytes)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0 || H5Tset_size(type, bytes ? bytes : 1) < 0 ||
        H5Tset_cset(type, H5T_CSET_UTF8) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0) {
        H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}

hid_t jd_store_type(jd_type_t type)
{
    switch (type) {
    case JD_INT8:
        return H5Tcopy(H5T_NATIVE_INT8);
    case JD_INT16:
        return H5Tcopy(H5T_NATIVE_INT16);
    case JD_INT32:
        return H5Tcopy(H5T_NATIVE_INT32);
    case JD_INT64:
        return H5Tcopy(H5T_NATIVE_INT64);
    case JD_FLOAT:
        return H5Tcopy(H5T_NATIVE_FLOAT);
    case JD_DOUBLE:
        return H5Tcopy(H5T_NATIVE_DOUBLE);
    case JD_TEXT:
        break;
    }
    return jd_store_text_type(1);
}

/* ---- Attributes ---- */

static herr_t put(hid_t object, const char *name, hid_t type, hid_t space, const void *values)
{
    if (H5Aexists(object, name) > 0 && H5Adelete(object, name) < 0) return -1;
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0) return -1;
    herr_t rc = H5Awrite(attribute, type, values);
    return H5Aclose(attribute) < 0 ? -1 : rc;
}

herr_t jd_store_put(hid_t object, const char *name, hid_t type, int64_t n, const void *values)
{
    hsize_t dims = (hsize_t)n;
    hid_t space = n < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &dims, NULL);
    if (space < 0) return -1;
    herr_t rc = put(object, name, type, space, values);
    H5Sclose(space);
    return rc;
}

herr_t jd_store_put_text(hid_t object, const char *name, const char *value)
{
    size_t length = strlen(value);
    if (length > TEXT_ATTRIBUTE_MAX) return -1;
    hid_t type = jd_store_text_type(length);
    if (type < 0) return -1;
    herr_t rc = jd_store_put(object, name, type, -1, value);
    H5Tclose(type);
    return rc;
}

/* CF conventions: "0 never, 1 treated" becomes flag_values 0, 1 and flag_meanings "never treated";
 * a blank inside a meaning becomes '_'. */
static herr_t put_flags(hid_t data_set, const char *flags)
{
    int64_t values[FLAGS_MAX];
    size_t n = 0, at = 0;
    char meanings[MEANINGS_SIZE];
    if (strlen(flags) >= sizeof meanings) return -1;
    for (const char *s = flags; *s && n < FLAGS_MAX;) {
        char *end = NULL;
        values[n++] = strtoll(s, &end, 10);
        s = end;
        while (*s == ' ')
            s++;
        if (at > 0) meanings[at++] = ' ';
        for (; *s && *s != ','; s++)
            meanings[at++] = *s == ' ' ? '_' : *s;
        while (*s == ',' || *s == ' ')
            s++;
    }
    meanings[at] = '\0';
    /* The values must be of the column's type: HDF5 converts them in place. */
    herr_t rc = -1;
    hid_t type = H5Dget_type(data_set);
    if (type >= 0 && H5Tget_class(type) == H5T_INTEGER &&
        H5Tconvert(H5T_NATIVE_INT64, type, n, values, NULL, H5P_DEFAULT) >= 0) {
        rc = jd_store_put(data_set, "flag_values", type, (int64_t)n, values);
    }
    if (type >= 0) H5Tclose(type);
    if (rc >= 0) rc = jd_store_put_text(data_set, "flag_meanings", meanings);
    return rc;
}

static herr_t describe(hid_t data_set, const jd_column_t *column, bool panel)
{
    herr_t rc = 0;
    if (column->label && column->label[0]) {
        rc = jd_store_put_text(data_set, "long_name", column->label);
    }
    if (rc >= 0 && column->unit && column->unit[0]) {
        rc = jd_store_put_text(data_set, "units", column->unit);
        /* CF's default calendar is Julian before 1582-10-15. */
        if (rc >= 0 && strncmp(column->unit, "days since ", 11) == 0)
            rc = jd_store_put_text(data_set, "calendar", "proleptic_gregorian");
    }
    if (rc >= 0 && column->type == JD_TEXT) rc = jd_store_put_text(data_set, "_Encoding", "utf-8");
    if (rc >= 0 && column->flags && column->flags[0]) rc = put_flags(data_set, column->flags);
    if (rc >= 0 && panel && column->axis != JD_AXIS_CELL) {
        rc = jd_store_put_text(data_set, "along", column->axis == JD_AXIS_TIME ? "time" : "unit");
    }
    return rc;
}

/* ---- Data sets ---- */

/* Without times of creation, which would make each file's bytes its own. */
static hid_t creation_list(int rank, const hsize_t *chunk, size_t cell)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    if (list < 0) return list;
    herr_t rc = H5Pset_obj_track_times(list, 0);
    if (rc >= 0 && chunk) rc = H5Pset_chunk(list, rank, chunk);
    if (rc >= 0 && cell > 1) rc = H5Pset_shuffle(list);
    if (rc >= 0 && cell > 0) rc = H5Pset_deflate(list, 1);
    if (rc >= 0) return list;
    H5Pclose(list);
    return H5I_INVALID_HID;
}

hid_t jd_store_make_column(hid_t group, const jd_column_t *column, int rank, const hsize_t *dims,
                           const hsize_t *chunk, bool fixed, bool panel)
{
    hsize_t now[3] = {dims[0]}, most[3] = {fixed ? dims[0] : H5S_UNLIMITED}, pieces[3] = {chunk[0]};
    if (rank > 1) {
        now[1] = most[1] = dims[1];
        pieces[1] = chunk[1];
    }
    bool text = column->type == JD_TEXT;
    if (text) now[rank] = most[rank] = pieces[rank] = (hsize_t)column->width;
    rank += text;
    hid_t type = jd_store_type(column->type);
    hid_t space = H5Screate_simple(rank, now, most);
    hid_t list = creation_list(rank, pieces, text ? 1 : jd_column_size(column));
    hid_t made = H5I_INVALID_HID;
    if (type >= 0 && space >= 0 && list >= 0) {
        made = H5Dcreate2(group, column->name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    }
    if (made >= 0 && describe(made, column, panel) < 0) {
        H5Dclose(made);
        made = H5I_INVALID_HID;
    }
    if (list >= 0) H5Pclose(list);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    return made;
}

/* ---- Dimension scales ---- */

/* A dimension without values: a data set of the right extent for which no byte is kept. */
static hid_t make_pure(hid_t group, const char *name, hsize_t length, bool fixed)
{
    char mark[128];
    hsize_t most = fixed ? length : H5S_UNLIMITED;
    hsize_t chunk = length > 0 && length < 65536 ? length : 65536;
    hid_t space = H5Screate_simple(1, &length, &most);
    hid_t list = creation_list(1, fixed ? NULL : &chunk, 0);
    hid_t made = H5I_INVALID_HID;
    if (space >= 0 && list >= 0 && H5Pset_fill_time(list, H5D_FILL_TIME_NEVER) >= 0) {
        made = H5Dcreate2(group, name, H5T_IEEE_F32BE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    }
    snprintf(mark, sizeof mark, JD_STORE_PURE "%10lld", (long long)length);
    if (made >= 0 && H5DSset_scale(made, mark) < 0) {
        H5Dclose(made);
        made = H5I_INVALID_HID;
    }
    if (list >= 0) H5Pclose(list);
    if (space >= 0) H5Sclose(space);
    return made;
}

/* The column `name` along `axis` if there is one, as its own scale; else a dimension without
 * values. */
static hid_t make_scale(hid_t group, const char *name, jd_axis_t axis, hsize_t length, bool fixed,
                        const jd_column_t *columns, int n_columns, const hid_t *datasets)
{
    for (int c = 0; c < n_columns; c++) {
        if (axis == JD_AXIS_CELL || columns[c].axis != axis) continue;
        if (strcmp(columns[c].name, name) != 0) continue;
        if (H5DSset_scale(datasets[c], name) < 0 || H5Iinc_ref(datasets[c]) < 0) break;
        return datasets[c];
    }
    return make_pure(group, name, length, fixed);
}

static herr_t attach(hid_t data_set, hid_t scale, unsigned dimension)
{
    return data_set == scale ? 0 : H5DSattach_scale(data_set, scale, dimension);
}

/* The last dimension of text columns; one for all of the same width. */
static herr_t attach_width(hid_t group, const jd_column_t *column, hid_t data_set,
                           unsigned dimension)
{
    char name[32];
    if (column->type != JD_TEXT) return 0;
    snprintf(name, sizeof name, "string%d", column->width);
    hid_t scale = H5Lexists(group, name, H5P_DEFAULT) > 0
                      ? H5Dopen2(group, name, H5P_DEFAULT)
                      : make_pure(group, name, (hsize_t)column->width, true);
    herr_t rc = scale < 0 ? -1 : attach(data_set, scale, dimension);
    if (scale >= 0) H5Dclose(scale);
    return rc;
}

static herr_t attach_panel(const jd_column_t *column, hid_t data_set, hid_t time, hid_t unit)
{
    switch (column->axis) {
    case JD_AXIS_TIME:
        return attach(data_set, time, 0);
    case JD_AXIS_UNIT:
        return attach(data_set, unit, 0);
    case JD_AXIS_CELL:
        break;
    }
    herr_t rc = attach(data_set, time, 0);
    return rc < 0 ? rc : attach(data_set, unit, 1);
}

herr_t jd_store_make_dimensions(hid_t group, const jd_column_t *columns, int n_columns,
                                const hid_t *datasets, bool panel, int64_t leads, int64_t n_unit)
{
    herr_t rc = 0;
    hid_t first = make_scale(group, panel ? "time" : "record", panel ? JD_AXIS_TIME : JD_AXIS_CELL,
                             (hsize_t)leads, false, columns, n_columns, datasets);
    hid_t second = H5I_INVALID_HID;
    if (panel) {
        second = make_scale(group, "unit", JD_AXIS_UNIT, (hsize_t)n_unit, true, columns, n_columns,
                            datasets);
    }
    if (first < 0 || (panel && second < 0)) rc = -1;
    for (int c = 0; rc >= 0 && c < n_columns; c++) {
        rc = panel ? attach_panel(&columns[c], datasets[c], first, second)
                   : attach(datasets[c], first, 0);
        unsigned dimension = panel && columns[c].axis == JD_AXIS_CELL ? 2 : 1;
        if (rc >= 0) rc = attach_width(group, &columns[c], datasets[c], dimension);
    }
    if (first >= 0) H5Dclose(first);
    if (second >= 0) H5Dclose(second);
    return rc;
}

/* ---- Paths ---- */

/* The next step's end in `path`, or NULL after the last. */
static const char *next_step(const char *path, char *step)
{
    while (*path == '/')
        path++;
    size_t n = strcspn(path, "/");
    if (n == 0 || n >= PATH_MAX_BYTES) return NULL;
    memcpy(step, path, n);
    step[n] = '\0';
    return path + n;
}

bool jd_store_exists(hid_t file, const char *path)
{
    char sofar[PATH_MAX_BYTES];
    size_t length = strlen(path);
    if (length >= sizeof sofar) return false;
    for (size_t end = 1; end <= length; end++) {
        if (path[end] != '/' && path[end] != '\0') continue;
        if (path[end - 1] == '/') continue;
        memcpy(sofar, path, end);
        sofar[end] = '\0';
        H5L_info_t link;
        if (H5Lexists(file, sofar, H5P_DEFAULT) <= 0 ||
            H5Lget_info(file, sofar, &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
            return false;
    }
    return true;
}

static hid_t make_group(hid_t parent, const char *name)
{
    hid_t list = H5Pcreate(H5P_GROUP_CREATE);
    hid_t made = H5I_INVALID_HID;
    if (list >= 0 && H5Pset_obj_track_times(list, 0) >= 0 &&
        H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0) {
        made = H5Gcreate2(parent, name, H5P_DEFAULT, list, H5P_DEFAULT);
    }
    if (list >= 0) H5Pclose(list);
    return made;
}

hid_t jd_store_group(hid_t file, const char *path)
{
    char step[PATH_MAX_BYTES];
    hid_t group = H5Gopen2(file, "/", H5P_DEFAULT);
    while (group >= 0 && (path = next_step(path, step)) != NULL) {
        hid_t inner = H5Lexists(group, step, H5P_DEFAULT) > 0 ? H5Gopen2(group, step, H5P_DEFAULT)
                                                              : make_group(group, step);
        H5Gclose(group);
        group = inner;
    }
    return group;
}
