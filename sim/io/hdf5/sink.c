/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An HDF5 file driver that writes to an open descriptor and never fails; see jd_store_sink_t. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io/hdf5/internal.h"

#define MAX_ADDRESS ((haddr_t)(((uint64_t)1 << 62) - 1))

/* HDF5 may open, close and open again; the sink is the store's and stays. */
static H5FD_t *sink_open(const char *name, unsigned flags, hid_t fapl, haddr_t max)
{
    (void)name, (void)flags, (void)max;
    jd_store_sink_t *const *sink = H5Pget_driver_info(fapl);
    if (!sink) return NULL;
    (*sink)->base = (H5FD_t){0};
    (*sink)->eoa = 0;
    return &(*sink)->base;
}

static herr_t sink_close(H5FD_t *base)
{
    (void)base;
    return 0;
}

static herr_t sink_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t sink_get_eoa(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const jd_store_sink_t *)base)->eoa;
}

static herr_t sink_set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((jd_store_sink_t *)base)->eoa = address;
    return 0;
}

static haddr_t sink_get_eof(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const jd_store_sink_t *)base)->eof;
}

/* What was never written, or was dropped, reads as zero. */
static herr_t sink_read(H5FD_t *base, H5FD_mem_t type, hid_t dxpl, haddr_t address, size_t size,
                        void *buffer)
{
    (void)type, (void)dxpl;
    const jd_store_sink_t *sink = (const jd_store_sink_t *)base;
    char *to = buffer;
    while (size > 0) {
        ssize_t n = pread(sink->fd, to, size, (off_t)address);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        to += n;
        size -= (size_t)n;
        address += (haddr_t)n;
    }
    memset(to, 0, size);
    return 0;
}

static herr_t sink_write(H5FD_t *base, H5FD_mem_t type, hid_t dxpl, haddr_t address, size_t size,
                         const void *buffer)
{
    (void)type, (void)dxpl;
    jd_store_sink_t *sink = (jd_store_sink_t *)base;
    const char *from = buffer;
    if (address + size > sink->eof) sink->eof = address + size;
    while (size > 0 && !sink->error) {
        ssize_t n = pwrite(sink->fd, from, size, (off_t)address);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            sink->error = n < 0 ? errno : ENOSPC;
            break;
        }
        from += n;
        size -= (size_t)n;
        address += (haddr_t)n;
    }
    return 0;
}

static herr_t sink_truncate(H5FD_t *base, hid_t dxpl, hbool_t closing)
{
    (void)dxpl, (void)closing;
    jd_store_sink_t *sink = (jd_store_sink_t *)base;
    if (sink->eoa == sink->eof) return 0;
    if (!sink->error && ftruncate(sink->fd, (off_t)sink->eoa) != 0) sink->error = errno;
    sink->eof = sink->eoa;
    return 0;
}

hid_t jd_sink_driver(void)
{
    const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 2)
        .version = H5FD_CLASS_VERSION,
        .value = (H5FD_class_value_t)(H5_VFD_RESERVED + 74),
#endif
        .name = "jiedao_sink",
        .maxaddr = MAX_ADDRESS,
        .fc_degree = H5F_CLOSE_STRONG,
        .fapl_size = sizeof(jd_store_sink_t *),
        .open = sink_open,
        .close = sink_close,
        .query = sink_query,
        .get_eoa = sink_get_eoa,
        .set_eoa = sink_set_eoa,
        .get_eof = sink_get_eof,
        .read = sink_read,
        .write = sink_write,
        .truncate = sink_truncate,
        .fl_map = H5FD_FLMAP_DICHOTOMY,
    };
    return H5FDregister(&driver);
}

herr_t jd_sink_use(hid_t fapl, hid_t driver, jd_store_sink_t *sink)
{
    return H5Pset_driver(fapl, driver, &sink);
}
