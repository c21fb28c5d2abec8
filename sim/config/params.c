/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parameter table for people and programs: `jiedao params`, the docs page. */
#include "config/internal.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/json.h"

enum { COLUMNS = 6 };

typedef void (*jd_section_printer_t)(FILE *out, const jd_section_t *section);

static const char *const type_names[] = {"double",  "integer", "flag",     "choice", "text",
                                         "path",    "quarter", "quarters", "list",   "names",
                                         "integer", "range",   "integers"};

static const char *unit_of(const jd_param_t *param)
{
    return param->unit ? param->unit : "";
}

/* The table's cells of one row; `range` is where the range is written. */
static void row_cells(const jd_param_t *param, char range[512], const char *cells[COLUMNS])
{
    jd_param_range(param, range, 512);
    cells[0] = param->name;
    cells[1] = param->fallback;
    cells[2] = range;
    cells[3] = unit_of(param);
    cells[4] = param->help;
    cells[5] = param->source;
}

static const char *const heads[COLUMNS] = {"name", "default", "range", "unit", "meaning", "source"};

static void print_row(FILE *out, const char *const cells[COLUMNS], const size_t widths[COLUMNS])
{
    for (int c = 0; c < COLUMNS; c++) {
        fputs("  ", out);
        fputs(cells[c], out);
        for (size_t n = jd_utf8_count(cells[c]); c < COLUMNS - 1 && n < widths[c]; n++)
            fputc(' ', out);
    }
    fputc('\n', out);
}

static void print_table(FILE *out, const jd_section_t *section)
{
    char range[512];
    const char *cells[COLUMNS];
    size_t widths[COLUMNS];
    for (int c = 0; c < COLUMNS; c++)
        widths[c] = jd_utf8_count(heads[c]);
    for (int p = 0; p < section->n_params; p++) {
        row_cells(&section->params[p], range, cells);
        for (int c = 0; c < COLUMNS; c++)
            if (jd_utf8_count(cells[c]) > widths[c]) widths[c] = jd_utf8_count(cells[c]);
    }
    fprintf(out, "[%s%s]  %s\n", section->name, section->named ? ".NAME" : "", section->help);
    print_row(out, heads, widths);
    for (int p = 0; p < section->n_params; p++) {
        row_cells(&section->params[p], range, cells);
        print_row(out, cells, widths);
    }
}

/* A named section stands in comments: as a section it would be an instance, and no default. */
static void print_ini(FILE *out, const jd_section_t *section)
{
    const char *mark = section->named ? "; " : "";
    fprintf(out, "; %s\n%s[%s%s]\n", section->help, mark, section->name,
            section->named ? ".NAME" : "");
    for (int p = 0; p < section->n_params; p++) {
        const jd_param_t *param = &section->params[p];
        char range[512];
        jd_param_range(param, range, sizeof range);
        const char *unit = strcmp(unit_of(param), "1") == 0 ? "" : unit_of(param);
        fprintf(out, "\n; %s\n; %s%s%s%ssource: %s\n%s%s = %s\n", param->help, range,
                range[0] && unit[0] ? ", " : "", unit, range[0] || unit[0] ? "; " : "",
                param->source, mark, param->name, param->fallback);
    }
}

static void print_member(FILE *out, const char *name, const char *text)
{
    fprintf(out, ", \"%s\": ", name);
    jd_json_text(out, text);
}

/* A bound as a JSON number; without bound, null. */
static void print_limit(FILE *out, const char *name, jd_param_type_t type, double limit)
{
    char text[40] = "null";
    if (isfinite(limit)) jd_param_bound(type, limit, text, sizeof text);
    fprintf(out, ", \"%s\": %s", name, text);
}

static void print_choices(FILE *out, const char *choices)
{
    char word[64];
    const char *comma = "";
    fputs(", \"choices\": [", out);
    while (jd_param_next_choice(&choices, word, sizeof word)) {
        fputs(comma, out);
        jd_json_text(out, word);
        comma = ", ";
    }
    fputc(']', out);
}

static void print_json_param(FILE *out, const jd_param_t *param)
{
    fputs("      {\"name\": ", out);
    jd_json_text(out, param->name);
    print_member(out, "type", type_names[param->type]);
    print_member(out, "default", param->fallback);
    if (param->type == JD_PARAM_DOUBLE || param->type == JD_PARAM_LIST ||
        jd_param_is_whole(param->type)) {
        print_limit(out, "low", param->type, param->low);
        print_limit(out, "high", param->type, param->high);
    }
    if (param->type == JD_PARAM_CHOICE) print_choices(out, param->choices);
    print_member(out, "unit", unit_of(param));
    print_member(out, "help", param->help);
    print_member(out, "source", param->source);
    print_member(out, "kind", param->kind == JD_RESULT ? "result" : "occasion");
    fputc('}', out);
}

static void print_json(FILE *out, const jd_section_t *section)
{
    fputs("  {\"section\": ", out);
    jd_json_text(out, section->name);
    print_member(out, "help", section->help);
    fprintf(out, ", \"named\": %s, \"parameters\": [", section->named ? "true" : "false");
    for (int p = 0; p < section->n_params; p++) {
        fputs(p > 0 ? ",\n" : "\n", out);
        print_json_param(out, &section->params[p]);
    }
    fputs("\n  ]}", out);
}

/* A cell of a Markdown table: the bars of choices would end it. */
static void print_cell(FILE *out, const char *text)
{
    fputs(" ", out);
    for (; *text; text++) {
        if (*text == '|') fputc('\\', out);
        fputc(*text, out);
    }
    fputs(" |", out);
}

static void print_markdown(FILE *out, const jd_section_t *section)
{
    char range[512];
    const char *cells[COLUMNS];
    fprintf(out, "## `[%s%s]`\n\n%s\n\n|", section->name, section->named ? ".NAME" : "",
            section->help);
    for (int c = 0; c < COLUMNS; c++)
        print_cell(out, heads[c]);
    fputs("\n|", out);
    for (int c = 0; c < COLUMNS; c++)
        fputs(" --- |", out);
    for (int p = 0; p < section->n_params; p++) {
        row_cells(&section->params[p], range, cells);
        fprintf(out, "\n| `%s` |", cells[0]);
        for (int c = 1; c < COLUMNS; c++)
            print_cell(out, cells[c]);
    }
    fputc('\n', out);
}

static int unknown_section(const jd_section_t *const *sections, int n_sections, const char *only,
                           jd_ctx_t *ctx)
{
    jd_near_t near = {.word = only};
    char all[512] = "", cut[72];
    size_t used = 0;
    for (int s = 0; s < n_sections; s++) {
        jd_near_offer(&near, sections[s]->name);
        if (used < sizeof all)
            used += (size_t)snprintf(all + used, sizeof all - used, " %s", sections[s]->name);
    }
    if (near.best)
        return jd_fail(ctx, JD_ERR_UNKNOWN_KEY, "unknown section '%s'; did you mean '%s'?",
                       jd_excerpt(only, cut), near.best);
    return jd_fail(ctx, JD_ERR_UNKNOWN_KEY, "unknown section '%s'; there are:%s",
                   jd_excerpt(only, cut), all);
}

int jd_params_print(FILE *out, const jd_section_t *const *sections, int n_sections,
                    const char *only, jd_params_format_t format, jd_ctx_t *ctx)
{
    static const struct {
        jd_section_printer_t print;
        const char *before, *between, *after;
    } formats[] = {{print_table, "", "\n", ""},
                   {print_ini, "", "\n", ""},
                   {print_json, "[\n", ",\n", "\n]\n"},
                   {print_markdown, "", "\n", ""}};
    int printed = 0;
    for (int s = 0; s < n_sections; s++) {
        if (only && strcmp(only, sections[s]->name) != 0) continue;
        fputs(printed++ ? formats[format].between : formats[format].before, out);
        formats[format].print(out, sections[s]);
    }
    if (printed == 0 && only) return unknown_section(sections, n_sections, only, ctx);
    fputs(formats[format].after, out);
    if (fflush(out) == 0 && !ferror(out)) return JD_OK;
    return jd_fail(ctx, JD_ERR_WRITE, "the parameters cannot be written: %s", strerror(errno));
}
