/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file in memory, and an HDF5 file driver that reads from it and never fails; see jd_image_t. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/hdf5/internal.h"

#define MAX_ADDRESS ((haddr_t)(((uint64_t)1 << 62) - 1))
/* Columns are stored packed: the tables a command holds in memory are larger. */
#define LARGEST_IMAGE ((uint64_t)1 << 30)

int jd_image_read(jd_image_t *image, int fd, const char *path, jd_ctx_t *ctx)
{
    struct stat about;
    *image = (jd_image_t){0};
    if (fstat(fd, &about) != 0)
        return jd_fail(ctx, JD_ERR_READ, "%s: cannot be read: %s; check the disk", path,
                       strerror(errno));
    image->n = (uint64_t)about.st_size;
    if (image->n <= LARGEST_IMAGE) {
        image->bytes = malloc((size_t)image->n + 1);
        if (!image->bytes) return jd_fail_memory(ctx, (size_t)image->n, path);
    }
    int rc = jd_seal_check(fd, image->n, image->bytes, path, &image->sealed, ctx);
    if (rc) jd_image_free(image);
    return rc;
}

void jd_image_free(jd_image_t *image)
{
    free(image->bytes);
    image->bytes = NULL;
}

static H5FD_t *image_open(const char *name, unsigned flags, hid_t fapl, haddr_t max)
{
    (void)name, (void)flags, (void)max;
    jd_image_t *const *image = H5Pget_driver_info(fapl);
    if (!image) return NULL;
    (*image)->base = (H5FD_t){0};
    (*image)->eoa = 0;
    return &(*image)->base;
}

static herr_t image_close(H5FD_t *base)
{
    (void)base;
    return 0;
}

static haddr_t image_get_eoa(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const jd_image_t *)base)->eoa;
}

static herr_t image_set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((jd_image_t *)base)->eoa = address;
    return 0;
}

static haddr_t image_get_eof(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const jd_image_t *)base)->n;
}

/* Behind the end there is nothing but zeros. */
static herr_t image_read(H5FD_t *base, H5FD_mem_t type, hid_t dxpl, haddr_t address, size_t size,
                         void *buffer)
{
    (void)type, (void)dxpl;
    const jd_image_t *image = (const jd_image_t *)base;
    size_t there = address < image->n ? (size_t)(image->n - address) : 0;
    if (there > size) there = size;
    if (there > 0) memcpy(buffer, image->bytes + address, there);
    memset((char *)buffer + there, 0, size - there);
    return 0;
}

static herr_t image_write(H5FD_t *base, H5FD_mem_t type, hid_t dxpl, haddr_t address, size_t size,
                          const void *buffer)
{
    (void)base, (void)type, (void)dxpl, (void)address, (void)size, (void)buffer;
    return -1;
}

hid_t jd_image_driver(void)
{
    const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 2)
        .version = H5FD_CLASS_VERSION,
        .value = (H5FD_class_value_t)(H5_VFD_RESERVED + 75),
#endif
        .name = "jiedao_image",
        .maxaddr = MAX_ADDRESS,
        .fc_degree = H5F_CLOSE_STRONG,
        .fapl_size = sizeof(jd_image_t *),
        .open = image_open,
        .close = image_close,
        .get_eoa = image_get_eoa,
        .set_eoa = image_set_eoa,
        .get_eof = image_get_eof,
        .read = image_read,
        .write = image_write,
        .fl_map = H5FD_FLMAP_DICHOTOMY,
    };
    return H5FDregister(&driver);
}

herr_t jd_image_use(hid_t fapl, hid_t driver, jd_image_t *image)
{
    return H5Pset_driver(fapl, driver, &image);
}
