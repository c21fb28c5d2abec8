/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Files that several processes write: who may, and when a new name is safe on the disk. */
#ifndef JD_IO_FILES_LOCK_H
#define JD_IO_FILES_LOCK_H

#include <stdbool.h>

/** Locks an open file for writing, without waiting; false where another process has it. The lock
 *  ends when this process closes the file. Where locks are not to be had (some network folders)
 *  nobody is busy. */
bool jd_lock_try(int fd);

/** Whether the open file is what the name leads to: another process may have renamed it. */
bool jd_is_named(int fd, const char *name);

/** The folder of a path, in `path` itself, which is cut there; *cut is where, or NULL, for
 *  jd_folder_end(). */
const char *jd_folder_of(char *path, char **cut);
void jd_folder_end(char *cut);

/** A rename lasts only once its folder is on the disk too. Some file systems refuse to sync a
 *  folder; the file is whole all the same. */
void jd_sync_folder_of(char *path);

#endif
