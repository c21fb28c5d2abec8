/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of options and, below it, any bytes as the data of `jiedao did`: it answers or refuses,
 * whatever it is given, and says something where it refuses. */
#include "fuzz/did_request.h"

enum { MAX_WORDS = 48, MAX_LINE = 1024, MAX_DATA = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = memchr(bytes, '\n', size);
    char line[MAX_LINE], *words[MAX_WORDS];
    size_t length = end ? (size_t)(end - bytes) : size;
    int n = 0;
    if (!end || length >= sizeof line || size - length - 1 > MAX_DATA) return 0;
    memcpy(line, bytes, length);
    line[length] = '\0';
    for (char *word = strtok(line, " "); word && n < MAX_WORDS; word = strtok(NULL, " "))
        words[n++] = word;
    did_write_data(end + 1, size - length - 1);
    did_answer(n, words);
    return 0;
}
