/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/look.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/input.h"
#include "core/memory.h"
#include "core/text.h"
#include "study/builtin.h"

enum { FILE_MOST = 1 << 20 };

const jd_option_t jd_look_rows[] = {JD_LOOK_OPTIONS, {.name = NULL}};

/* ---- Size ---- */

/* "W,H" in mm. */
static bool read_sides(const char *text, double *width, double *height)
{
    char *end;
    *width = strtod(text, &end);
    if (end == text || *end != ',') return false;
    text = end + 1;
    *height = strtod(text, &end);
    return end != text && *end == '\0';
}

static int read_size(const char *text, jd_figure_options_t *o, jd_ctx_t *ctx)
{
    static const double slide_mm = 254.0,
                        slide_layout_mm = 160.0; /* 16:9, letters of 12.7 points */
    if (!strcmp(text, "single")) {
        o->width_mm = 89;
    } else if (!strcmp(text, "double")) {
        o->width_mm = 183;
    } else if (!strcmp(text, "slide")) {
        o->width_mm = slide_layout_mm;
        o->height_mm = slide_layout_mm * 9 / 16;
        o->scale = slide_mm / slide_layout_mm;
    } else if (!read_sides(text, &o->width_mm, &o->height_mm)) {
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--size: '%s' is not one of single, double, slide, nor two numbers of mm "
                       "with a comma: --size 120,80",
                       text);
    } else if (!(o->width_mm >= 60 && o->width_mm <= 400 && o->height_mm >= 40 &&
                 o->height_mm <= 400)) {
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "--size: %s: the width may be 60 to 400 mm, the height 40 to 400 mm", text);
    }
    return JD_OK;
}

/* ---- Labels ---- */

static const char *shipped(const char *name)
{
    for (int i = 0; jd_builtin_languages[i]; i++)
        if (!strcmp(jd_builtin_languages[i], name)) return jd_builtin_labels[i];
    return NULL;
}

static int list_languages(const char *name, const char *option, jd_ctx_t *ctx)
{
    char list[128] = "";
    for (int i = 0; jd_builtin_languages[i]; i++) {
        const size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", jd_builtin_languages[i]);
    }
    return jd_fail(ctx, JD_ERR_OPEN,
                   "%s: %s: no such file, and no labels of this name are shipped; there are: %s",
                   option, name, list);
}

/* A whole text file, to be freed. */
static int read_file(const char *path, char **text, jd_ctx_t *ctx)
{
    FILE *file = jd_open_input(path, ctx);
    if (!file) return JD_ERR_OPEN;
    int rc = jd_make_unset(text, FILE_MOST + 1, 1, path, ctx);
    size_t n = rc ? 0 : fread(*text, 1, FILE_MOST + 1, file);
    if (!rc && ferror(file)) rc = jd_fail(ctx, JD_ERR_READ, "%s: cannot be read", path);
    if (!rc && n > FILE_MOST)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: is larger than 1 MB, so no file of labels", path);
    if (!rc) (*text)[n] = '\0';
    if (!rc && strlen(*text) != n)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: is no text file, so no file of labels", path);
    fclose(file);
    return rc;
}

/* Files come first, so that a user's own file "zh" is never shadowed. */
static int add_labels(jd_look_options_t *look, const char *name, jd_ctx_t *ctx)
{
    char *text = NULL;
    struct stat about;
    const bool there = stat(name, &about) == 0 && !S_ISDIR(about.st_mode);
    const char *own = there ? NULL : shipped(name);
    if (own) return jd_labels_read(&look->labels, name, own, 1, ctx);
    if (!there && !strchr(name, '.') && !strchr(name, '/'))
        return list_languages(name, "--labels", ctx);
    int rc = read_file(name, &text, ctx);
    if (!rc) rc = jd_labels_read(&look->labels, name, text, 0, ctx);
    free(text);
    return rc;
}

int jd_look_print_labels(FILE *out, const char *name, jd_ctx_t *ctx)
{
    const char *text = shipped(name);
    if (!text) return list_languages(name, "--print-labels", ctx);
    fputs(text, out);
    return JD_OK;
}

/* ---- All ---- */

int jd_look_read(jd_look_options_t *look, const jd_args_t *args, jd_ctx_t *ctx)
{
    memset(look, 0, sizeof *look);
    jd_figure_options_t *o = &look->figure;
    jd_figure_options_defaults(o);
    const char *size = jd_args_value(args, "size"), *font = jd_args_value(args, "font");
    int rc = size ? read_size(size, o, ctx) : JD_OK, at = 0;
    if (!rc && font && (strlen(font) >= 100 || strpbrk(font, ",'\"\\") || !*font))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "--font: '%s' is no name of one font; fc-list : family lists those there are",
                     font);
    for (const char *name; !rc && (name = jd_args_next(args, "labels", &at));)
        rc = add_labels(look, name, ctx);
    if (!rc && look->labels) rc = jd_labels_read(&look->known, "en", shipped("en"), 1, ctx);
    o->font = font;
    o->title = jd_args_value(args, "title");
    o->grey = jd_args_has(args, "grey");
    o->labels = look->labels;
    return rc;
}

void jd_look_free(jd_look_options_t *look)
{
    jd_labels_free(look->labels);
    jd_labels_free(look->known);
    memset(look, 0, sizeof *look);
}

void jd_look_report(const jd_look_options_t *look, jd_ctx_t *ctx)
{
    jd_labels_report(look->labels, look->known, ctx);
}
