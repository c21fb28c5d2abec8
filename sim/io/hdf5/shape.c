/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a data set claims against what its file can hold: no size in a file leads to an allocation
 * of more than deflate's best ratio times the file. */
#include "io/hdf5/internal.h"

enum { DEFLATE_MOST = 1032 }; /* times deflate can shrink anything */

const char *jd_store_shape(hid_t dataset, jd_shape_t *shape)
{
    hid_t space = H5Dget_space(dataset);
    const char *why = NULL;
    shape->rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (shape->rank < 0 || H5Sget_simple_extent_type(space) == H5S_NULL) {
        why = "it has no shape";
    } else if (shape->rank > 3) {
        why = "it has more than three dimensions";
    } else if (shape->rank > 0 && H5Sget_simple_extent_dims(space, shape->dims, NULL) < 0) {
        why = "its shape cannot be read";
    }
    if (space >= 0) H5Sclose(space);
    if (why) return why;
    hsize_t cells = 1;
    for (int d = 0; d < shape->rank; d++) {
        if (shape->dims[d] > JD_STORE_CELLS_MAX) return "it is impossibly large";
        if (shape->dims[d] > 0 && cells > JD_STORE_CELLS_MAX / shape->dims[d])
            return "it is impossibly large";
        cells *= shape->dims[d];
    }
    return NULL;
}

hsize_t jd_store_cells(const jd_shape_t *shape)
{
    hsize_t cells = 1;
    for (int d = 0; d < shape->rank; d++)
        cells *= shape->dims[d];
    return cells;
}

static const char *check_filters(hid_t list)
{
    int n = H5Pget_nfilters(list);
    for (int f = 0; f < n; f++) {
        unsigned flags, config;
        size_t n_values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(list, (unsigned)f, &flags, &n_values, NULL, 0, NULL, &config);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32) {
            return "it is packed in a way this program does not know";
        }
    }
    return n < 0 ? "its packing cannot be read" : NULL;
}

/* Whether the file can hold what the data set claims. What was never written, other than a
 * dimension of no cells, has no place in a finished file. */
const char *jd_store_check_storage(hid_t file, hid_t dataset, hsize_t bytes)
{
    hsize_t file_size = 0;
    hid_t list = H5Dget_create_plist(dataset);
    if (list < 0) return "its storage cannot be read";
    H5D_layout_t layout = H5Pget_layout(list);
    const char *why = check_filters(list);
    hsize_t chunk[3] = {0}, chunk_bytes = 1;
    if (!why && layout == H5D_CHUNKED) {
        int rank = H5Pget_chunk(list, 3, chunk);
        for (int d = 0; d < rank && d < 3; d++) {
            bool absurd = chunk[d] > JD_STORE_CELLS_MAX / chunk_bytes || chunk[d] == 0;
            chunk_bytes = absurd ? JD_STORE_CELLS_MAX : chunk_bytes * chunk[d];
        }
    } else if (!why && (layout == H5D_VIRTUAL || H5Pget_external_count(list) != 0)) {
        why = "its cells lie in another file";
    }
    H5Pclose(list);
    if (why) return why;
    hid_t type = H5Dget_type(dataset);
    chunk_bytes *= type < 0 ? 1 : H5Tget_size(type);
    if (type >= 0) H5Tclose(type);
    hsize_t stored = H5Dget_storage_size(dataset);
    if (H5Fget_filesize(file, &file_size) < 0 || stored > file_size) {
        return "it claims more bytes than the file has";
    }
    hsize_t most = layout == H5D_CHUNKED ? stored * DEFLATE_MOST : stored;
    if (bytes > most || (bytes > 0 && layout == H5D_CHUNKED && chunk_bytes > most)) {
        return "it claims more cells than the file can hold";
    }
    return NULL;
}
