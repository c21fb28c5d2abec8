/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Whether a disk has room for what is to be written, before any of it is. */
#ifndef JD_IO_FILES_ROOM_H
#define JD_IO_FILES_ROOM_H

#include "jiedao/context.h"

/** Bytes of a file, or of a folder's files: fewer than `least` are impossible, about `likely` are
 * usual (at least `least`). */
typedef struct jd_bytes {
    double least, likely;
} jd_bytes_t;

/** JD_ERR_WRITE, with both numbers and the folder, where the disk of `path` (which need not exist)
 * has less than bytes.least free; a remark where it has less than bytes.likely. Where the file
 * system packs files by itself (btrfs, ZFS) it is never more than a remark; where it does not tell
 * what is free, nothing is said. */
JD_API JD_MUST_USE int jd_room_check(const char *path, jd_bytes_t bytes, jd_ctx_t *ctx);

#endif
