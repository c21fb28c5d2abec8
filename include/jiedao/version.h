/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which jiedao this is: what result files record, and what `jiedao --version` prints. */
#ifndef JIEDAO_VERSION_H
#define JIEDAO_VERSION_H

#include "jiedao/export.h"

/** 10000 * major + 100 * minor + patch, of these headers. */
#define JD_VERSION_NUMBER 100

JD_BEGIN_DECLS

/** "0.1.0", of the library that is linked. Until 1.0 the middle number changes with the interface.
 */
JD_API const char *jd_version(void);

/** The commit the library was built from, 12 digits, "-dirty" behind it if files differed from it;
 *  "unknown" if built outside a git checkout. */
JD_API const char *jd_git_commit(void);

/** JD_VERSION_NUMBER of the library that is linked. */
JD_API int jd_version_number(void);

/** Goes up with each change that a caller compiled before would not survive; who loads the library
 * at run time asks first. */
JD_API int jd_abi(void);

JD_END_DECLS

#endif
