/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines on their way to inih. inih 55 counts no lines for its handler, cuts long lines and names,
 * takes an indented key for the last one's continuation and reports no duplicates: each line is
 * judged here, and only a good one is handed on, its value kept back: that may be long. */
#include "config/internal.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "core/input.h"

enum { CONFIG_MAX = 1 << 20 };

/* A section's header met in this file. */
typedef struct jd_header {
    char name[JD_FULL_NAME];
    int line;
} jd_header_t;

typedef struct jd_reader {
    jd_config_t *config;
    jd_ctx_t *ctx;
    jd_place_t place;
    char *next, *end; /* what is left of the text */
    char *value;      /* of the key handed on last */
    int block;        /* of the section being read, or one of: */
    jd_header_t *headers;
    int n_headers;
    int code; /* of the first mistake */
} jd_reader_t;

enum { BEFORE_ANY = -1, SKIPPING = -2 }; /* the section is ignored, or wrong and reported */

static void note(jd_reader_t *r, int code)
{
    if (!r->code) r->code = code;
}

/* Tells a mistake of the current line, as "file:line: 'word' what". */
static void mistake(jd_reader_t *r, const char *word, const char *what)
{
    char cut[72];
    note(r, jd_fail(r->ctx, JD_ERR_SYNTAX, "%s%s: '%s' %s", r->place.label, r->place.at,
                    jd_excerpt(word, cut), what));
}

/* The next line, ended by '\0', without its line end and trailing blanks. */
static char *cut_line(jd_reader_t *r)
{
    char *line = r->next;
    char *stop = memchr(line, '\n', (size_t)(r->end - line));
    r->next = stop ? stop + 1 : r->end;
    if (!stop) stop = r->end;
    if (stop > line && stop[-1] == '\r') stop--;
    while (stop > line && (stop[-1] == ' ' || stop[-1] == '\t'))
        stop--;
    *stop = '\0';
    snprintf(r->place.at, sizeof r->place.at, ":%d", ++r->place.line);
    return line;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts a comment off: ';' after a blank, or first of all. */
static void cut_comment(char *text)
{
    for (char *s = text; *s; s++)
        if (*s == ';' && (s == text || blank(s[-1]))) {
            *s = '\0';
            return;
        }
}

/* Whether this file has opened the section already; notes it if not. */
static bool seen_header(jd_reader_t *r, const char *name)
{
    for (int i = 0; i < r->n_headers; i++) {
        if (strcmp(r->headers[i].name, name) != 0) continue;
        note(r, jd_fail(r->ctx, JD_ERR_SYNTAX,
                        "%s%s: [%s]: the section began on line %d; put its keys together there",
                        r->place.label, r->place.at, name, r->headers[i].line));
        return true;
    }
    size_t bytes = ((size_t)r->n_headers + 1) * sizeof *r->headers;
    jd_header_t *headers = realloc(r->headers, bytes);
    if (!headers) {
        note(r, jd_fail_memory(r->ctx, bytes, "the config"));
        r->next = r->end;
        return true;
    }
    r->headers = headers;
    jd_header_t *header = &headers[r->n_headers++];
    snprintf(header->name, sizeof header->name, "%s", name);
    header->line = r->place.line;
    return false;
}

/* The name of a header line, or NULL, told. */
static char *header_name(jd_reader_t *r, char *line)
{
    char *close = strchr(line, ']');
    if (!close) {
        mistake(r, line, "has no ']'; write [section]");
        return NULL;
    }
    cut_comment(close + 1);
    char *rest = jd_trim(close + 1);
    if (*rest) {
        mistake(r, rest, "follows ']'; put it on a line of its own");
        return NULL;
    }
    *close = '\0';
    char *name = line + 1;
    size_t stem = strspn(name, JD_NAME_LETTERS); /* behind it an instance's name, judged later */
    if (stem == 0 || (name[stem] != '\0' && name[stem] != '.'))
        mistake(r, name, "is no section's name; it has letters, digits, '_', '-', and no blanks");
    else if (strlen(name) >= JD_FULL_NAME)
        mistake(r, name, "is too long for a section's name");
    else
        return name;
    return NULL;
}

static void open_section(jd_reader_t *r, char *line)
{
    r->block = SKIPPING;
    char *name = header_name(r, line);
    if (!name || seen_header(r, name)) return;
    if (jd_config_ignores(r->config, name)) {
        jd_warn(r->ctx, "%s%s: [%s] is ignored: this command does not read it", r->place.label,
                r->place.at, name);
        return;
    }
    int block = jd_config_open(r->config, name, &r->place, r->ctx);
    if (block >= 0)
        r->block = block;
    else
        note(r, block);
}

static bool key_fault(jd_reader_t *r, const char *key)
{
    size_t n = strlen(key);
    if (n == 0)
        mistake(r, "=", "has no key before it; write key = value");
    else if (strspn(key, JD_NAME_LETTERS ".") != n)
        mistake(r, key, "is no key; keys have letters, digits, '_', '-' and '.'");
    else if (n > JD_NAME_MAX)
        mistake(r, key, "is too long for a key; 49 bytes are the most");
    else
        return false;
    return true;
}

/* A '#' after a blank would be part of the value: surely a comment was meant. */
static bool hash_fault(jd_reader_t *r, const char *value)
{
    for (const char *s = strchr(value, '#'); s; s = strchr(s + 1, '#')) {
        if (s > value && !blank(s[-1])) continue;
        mistake(r, s, "stands in a value; a comment behind a value begins with ';'");
        return true;
    }
    return false;
}

/* Takes a value out of its quotes, in place, where \" and \\ stand for themselves; NULL, told,
 * where no quote closes it. */
static char *unquote(jd_reader_t *r, char *text)
{
    char *to = text, *end = text + 1;
    while (*end && *end != '"')
        end += *end == '\\' && (end[1] == '"' || end[1] == '\\') ? 2 : 1;
    if (*end != '"') {
        mistake(r, text, "has no closing quote; write key = \"value\"");
        return NULL;
    }
    cut_comment(end + 1);
    char *rest = jd_trim(end + 1);
    if (*rest) {
        mistake(r, rest, "follows a closing quote; quotes go round a whole value");
        return NULL;
    }
    for (const char *from = text + 1; from < end; from++) {
        if (*from == '\\' && (from[1] == '"' || from[1] == '\\')) from++;
        *to++ = *from;
    }
    *to = '\0';
    return text;
}

/* The value behind '=': in quotes as it stands, else without blanks and its comment; NULL, told. */
static char *take_text(jd_reader_t *r, char *text)
{
    text += strspn(text, " \t");
    if (*text == '"') return unquote(r, text);
    cut_comment(text);
    char *value = jd_trim(text);
    return hash_fault(r, value) ? NULL : value;
}

/* Writes the line for inih into `out`, or leaves it alone if there is nothing to read. */
static void take_key(jd_reader_t *r, char *line, char *out, int size)
{
    char *equals = strchr(line, '=');
    if (!equals) {
        cut_comment(line);
        mistake(r, jd_trim(line), "has no '='; write key = value");
        return;
    }
    *equals = '\0';
    char *key = jd_trim(line);
    if (key_fault(r, key)) return;
    r->value = take_text(r, equals + 1);
    if (!r->value) return;
    if (r->block == BEFORE_ANY) {
        mistake(r, key, "stands before any [section]; begin with one");
        r->block = SKIPPING;
    }
    if (r->block == SKIPPING) return;
    snprintf(out, (size_t)size, "%s=\n", key); /* at most 49 bytes; inih has room for 198 */
}

/* inih's reader: one call a line; a line not meant for inih becomes an empty one. */
static char *next_line(char *out, int size, void *user)
{
    jd_reader_t *r = user;
    if (r->next >= r->end) return NULL;
    snprintf(out, (size_t)size, "\n");
    char *line = cut_line(r);
    const char *fault = jd_text_fault(line);
    char *start = line + strspn(line, " \t");
    if (fault)
        note(r, jd_fail(r->ctx, JD_ERR_SYNTAX, "%s%s: the line %s", r->place.label, r->place.at,
                        fault));
    else if (*start == '\0' || *start == ';' || *start == '#')
        ;
    else if (start != line)
        mistake(r, start, "is indented; begin keys and sections at the line's start");
    else if (*line == '[')
        open_section(r, line);
    else
        take_key(r, line, out, size);
    return out;
}

/* inih's handler; it knows no line, but next_line() has just read it. Mistakes are noted and
 * reading goes on, so that all are told. */
static int take_value(void *user, const char *section, const char *key, const char *value)
{
    (void)section;
    (void)value;
    jd_reader_t *r = user;
    note(r, jd_config_assign(r->config, r->block, key, r->value, &r->place, r->ctx));
    return 1;
}

/* What makes the whole text unreadable, rather than a line of it. */
static int check_bytes(const char *label, const char *data, size_t n, jd_ctx_t *ctx)
{
    if (n >= 2 && (memcmp(data, "\xFF\xFE", 2) == 0 || memcmp(data, "\xFE\xFF", 2) == 0))
        return jd_fail(ctx, JD_ERR_SYNTAX, "%s: is UTF-16; save it as UTF-8", label);
    const char *nul = memchr(data, '\0', n);
    if (!nul) return JD_OK;
    int line = 1;
    for (const char *s = data; s < nul; s++)
        line += *s == '\n';
    return jd_fail(ctx, JD_ERR_SYNTAX, "%s:%d: holds a NUL byte; a config is plain UTF-8 text",
                   label, line);
}

/* Reads n bytes, which are cut up; data[n] is there to be written. */
static int read_bytes(jd_config_t *config, const char *label, const char *folder, char *data,
                      size_t n, jd_ctx_t *ctx)
{
    if (n >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        data += 3;
        n -= 3;
    }
    jd_reader_t r = {
        .config = config, .ctx = ctx, .next = data, .end = data + n, .block = BEFORE_ANY};
    int code = check_bytes(label, data, n, ctx);
    if (!code) code = jd_config_begin(config, label, &r.place, ctx);
    if (!code) code = jd_config_add_source(config, data, n, ctx);
    if (code) return code;
    r.place.folder = folder;
    int line = ini_parse_stream(next_line, &r, take_value, &r);
    if (line == -2) note(&r, jd_fail_memory(ctx, 0, "the config's lines"));
    if (line != 0 && !r.code)
        note(&r, jd_fail(ctx, JD_ERR_SYNTAX, "%s:%d: cannot be read", label, line));
    free(r.headers);
    return r.code;
}

int jd_config_read_text(jd_config_t *config, const char *label, const char *text, jd_ctx_t *ctx)
{
    size_t n = strlen(text);
    char *data = jd_copy_text(text, n, ctx);
    if (!data) return JD_ERR_NO_MEMORY;
    int code = read_bytes(config, label, "", data, n, ctx);
    free(data);
    return code;
}

/* All of a file or pipe, into *data (owned by the caller, one byte longer than *n). */
static int load(FILE *file, const char *path, char **data, size_t *n, jd_ctx_t *ctx)
{
    size_t room = 0;
    for (;;) {
        if (*n == room) {
            room = room ? 2 * room : 4096;
            char *more = realloc(*data, room + 1);
            if (!more) return jd_fail_memory(ctx, room + 1, path);
            *data = more;
        }
        size_t got = fread(*data + *n, 1, room - *n, file);
        *n += got;
        if (*n > CONFIG_MAX)
            return jd_fail(ctx, JD_ERR_READ, "%s: is larger than a config can be (1 MiB)", path);
        if (got == 0) break;
    }
    if (!ferror(file)) return JD_OK;
    return jd_fail(ctx, JD_ERR_READ, "%s: cannot be read: %s", path, strerror(errno));
}

int jd_config_read_file(jd_config_t *config, const char *path, jd_ctx_t *ctx)
{
    FILE *file = jd_open_input(path, ctx);
    if (!file) return JD_ERR_OPEN;
    char *data = NULL, *folder = NULL;
    size_t n = 0;
    int code = load(file, path, &data, &n, ctx);
    fclose(file);
    if (code) goto out;
    const char *slash = strrchr(path, '/');
    folder = jd_copy_text(path, slash ? (size_t)(slash - path) + 1 : 0, ctx);
    code = folder ? read_bytes(config, path, folder, data, n, ctx) : JD_ERR_NO_MEMORY;
out:
    free(data);
    free(folder);
    return code;
}
