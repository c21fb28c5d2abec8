/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Options in messages, written as the caller writes them: --never on a command line, never in R or
 *  Python. A message marks them; jd_fail() and jd_warn() replace the marks by the context's style.
 */
#ifndef JD_CORE_SAID_H
#define JD_CORE_SAID_H

#include <stddef.h>

#include "jiedao/export.h"

/* Written in strings, since a message is one: "with \1never\2" becomes "with --never", or "with
 * never"; "\3never\2 0", with a value behind it, "--never 0", or "never = 0". */
enum { JD_OPTION_MARK = 1, JD_MARK_END = 2, JD_SETTING_MARK = 3 };

/** Replaces the marks in a text of `size` bytes, which is cut where it grows too long. `style` is
 *  that of a context, "%s =" or NULL for "--%s": names get underscores unless it begins with a
 *  dash. Returns the length. */
JD_API size_t jd_say_options(char *text, size_t size, const char *style);

#endif
