/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/files/room.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, SIZE_TEXT = 32 };

/* Cuts the last part off: "a/b" becomes "a", "/b" "/", "b" "."; false where there is none. */
static bool cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (!strcmp(path, ".") || !strcmp(path, "/")) return false;
    if (!slash)
        strcpy(path, ".");
    else
        slash[slash == path] = '\0';
    return true;
}

/* Bytes that may still be written where `path` lies; HUGE_VAL where nothing tells. *folder becomes
 * the nearest one that is there. */
static double room_at(char folder[PATH_SIZE])
{
    struct statvfs disk;
    while (statvfs(folder, &disk) != 0)
        if ((errno != ENOENT && errno != ENOTDIR) || !cut_last(folder)) return HUGE_VAL;
    if (disk.f_blocks == 0) return HUGE_VAL;
    return (double)disk.f_frsize * (double)(geteuid() == 0 ? disk.f_bfree : disk.f_bavail);
}

static bool packs_by_itself(const char *folder)
{
    const unsigned long btrfs = 0x9123683E, zfs = 0x2FC12FC1;
    struct statfs disk;
    if (statfs(folder, &disk) != 0) return false;
    const unsigned long kind = (unsigned long)disk.f_type & 0xFFFFFFFFul;
    return kind == btrfs || kind == zfs;
}

static const char *size_text(double bytes, char text[SIZE_TEXT])
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    int k = 0;
    for (; bytes >= 1000 && k < 5; k++)
        bytes /= 1000;
    snprintf(text, SIZE_TEXT, k ? "%.3g %s" : "%.0f %s", bytes, units[k]);
    return text;
}

int jd_room_check(const char *path, jd_bytes_t bytes, jd_ctx_t *ctx)
{
    char folder[PATH_SIZE], wanted[SIZE_TEXT], found[SIZE_TEXT];
    if (strlen(path) >= sizeof folder) return JD_OK; /* it cannot be opened */
    strcpy(folder, path);
    if (!cut_last(folder)) return JD_OK;
    const double room = room_at(folder);
    if (!(fmax(bytes.least, bytes.likely) > room)) return JD_OK;
    size_text(room, found);
    if (bytes.least > room && !packs_by_itself(folder))
        return jd_fail(ctx, JD_ERR_WRITE,
                       "%s: takes %s at least, and %s are free in %s; make room there, or write to "
                       "another disk; nothing is written",
                       path, size_text(bytes.least, wanted), found, folder);
    jd_warn(ctx, "%s: takes about %s, and %s are free in %s: it may not fit", path,
            size_text(fmax(bytes.least, bytes.likely), wanted), found, folder);
    return JD_OK;
}
