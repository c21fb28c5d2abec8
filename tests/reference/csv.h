/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A small reader of comma-separated files with quoted fields, for tests. */
#ifndef JD_TESTS_CSV_H
#define JD_TESTS_CSV_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *text;  /* the file, cut into fields */
    char **cell; /* [rows + 1][columns], the header first */
    int columns, rows;
} csv_t;

static inline void csv_free(csv_t *csv)
{
    free(csv->text);
    free(csv->cell);
    memset(csv, 0, sizeof *csv);
}

static inline char *csv_slurp(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *text = NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        long size = ftell(file);
        rewind(file);
        text = malloc((size_t)size + 1);
        if (text) text[fread(text, 1, (size_t)size, file)] = '\0';
    }
    fclose(file);
    return text;
}

/* Ends the field at `at`, unquoting in place; *next is what stands behind its separator, *last
 * whether it was the line's last. */
static inline char *csv_field(char *at, char **next, int *last)
{
    char *field = at, *out = at, *in = at;
    int quoted = *in == '"';
    if (quoted) in++;
    while (*in) {
        if (quoted && *in == '"' && in[1] == '"') {
            *out++ = '"';
            in += 2;
        } else if (quoted && *in == '"') {
            quoted = 0;
            in++;
        } else if (!quoted && (*in == ',' || *in == '\n' || *in == '\r')) {
            break;
        } else {
            *out++ = *in++;
        }
    }
    *last = *in != ',';
    if (*in == '\r') in++;
    *next = *in ? in + 1 : in;
    *out = '\0';
    return field;
}

/** Reads a file; 0 if that fails. */
static inline int csv_read(csv_t *csv, const char *path)
{
    memset(csv, 0, sizeof *csv);
    csv->text = csv_slurp(path);
    if (!csv->text) return 0;
    int room = 0, n = 0, last;
    for (char *at = csv->text; *at;) {
        if (n == room) {
            room = room ? 2 * room : 1024;
            char **more = realloc(csv->cell, (size_t)room * sizeof *more);
            if (!more) return 0;
            csv->cell = more;
        }
        csv->cell[n++] = csv_field(at, &at, &last);
        if (last && csv->columns == 0) csv->columns = n;
    }
    csv->rows = csv->columns ? n / csv->columns - 1 : 0;
    return csv->columns > 0 && n % csv->columns == 0;
}

static inline int csv_find(const csv_t *csv, const char *name)
{
    for (int c = 0; c < csv->columns; c++)
        if (strcmp(csv->cell[c], name) == 0) return c;
    return -1;
}

static inline const char *csv_text(const csv_t *csv, int row, int column)
{
    return csv->cell[(row + 1) * csv->columns + column];
}

/** The same where a field left empty stands for the one above it. */
static inline const char *csv_above(const csv_t *csv, int row, int column)
{
    while (row > 0 && !*csv_text(csv, row, column))
        row--;
    return csv_text(csv, row, column);
}

/** A number; NaN where the field is empty or no number. */
static inline double csv_number(const csv_t *csv, int row, int column)
{
    const char *text = csv_text(csv, row, column);
    char *end;
    double value = strtod(text, &end);
    return end == text || *end ? (double)NAN : value;
}

#endif
