/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one function of inih in use, as sim/config/reader.c uses it: a line is "key=" or empty. */
#ifndef JD_SHIM_INI_H
#define JD_SHIM_INI_H

#include <string.h>

typedef int (*ini_handler)(void *user, const char *section, const char *name, const char *value);
typedef char *(*ini_reader)(char *text, int size, void *stream);

static inline int ini_parse_stream(ini_reader reader, void *stream, ini_handler handler, void *user)
{
    char line[256];
    while (reader(line, (int)sizeof line, stream)) {
        char *equals = strchr(line, '=');
        if (!equals) continue;
        *equals = '\0';
        (void)handler(user, "", line, equals + 1);
    }
    return 0;
}

#endif
