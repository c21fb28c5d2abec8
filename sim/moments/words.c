/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moments on the screen, as JSON, and their covariance as a table. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "moments/frame.h"

static const char *text_of(const jd_table_t *t, int column, int64_t row, char buffer[128])
{
    return jd_table_text(t, column, row, buffer, 128);
}

static double value_of(const jd_moment_set_t *m, int64_t row)
{
    return jd_table_number(&m->table, JD_MOM_VALUE, row);
}

void jd_moment_set_list(FILE *out)
{
    for (int g = 0; jd_moment_groups[g]; g++) {
        fprintf(out, "%s%s\n", g ? "\n" : "", jd_moment_groups[g]->label);
        for (const jd_moment_row_t *m = jd_moment_groups[g]->list; m->name; m++)
            fprintf(out, "  %-20s %-8s %s\n", m->name, m->unit, m->label);
    }
    fputs("\nBesides\n"
          "  did.ESTIMATOR                 the overall effect that an estimator finds in moves in\n"
          "  MECHANISM.FACT                facts of a mechanism that is on: cooperation.cases\n",
          out);
}

static void print_group(FILE *out, const char *group)
{
    for (int g = 0; jd_moment_groups[g]; g++)
        if (!strcmp(jd_moment_groups[g]->name, group)) {
            fprintf(out, "\n%s\n", jd_moment_groups[g]->label);
            return;
        }
    fprintf(out, "\n%s\n", !strcmp(group, "facts") ? "Facts of mechanisms" : "Estimates");
}

static void print_missing(FILE *out, const jd_moment_set_t *m)
{
    char name[128];
    bool any = false;
    for (int64_t i = 0; i < m->table.rows; i++) {
        if (!isnan(value_of(m, i))) continue;
        if (!any) fputs("\nNot known of this file\n", out);
        any = true;
        fprintf(out, "  %-26s needs %s\n", text_of(&m->table, JD_MOM_MOMENT, i, name),
                m->why[i] && m->why[i][0] ? m->why[i] : "moves");
    }
}

void jd_moment_set_print(FILE *out, const jd_moment_set_t *m, const jd_moment_options_t *o,
                         const char *path)
{
    static const char *const blocks[] = {"units", "prefectures", "provinces"};
    const jd_table_t *t = &m->table;
    char name[128], label[128], unit[128], group[128], last[128] = "";
    fprintf(out, "Moments of %s: %s, %" PRId64 " units, %" PRId64 " periods\n", path, m->panel,
            m->units, m->periods);
    if (m->covariance)
        fprintf(out, "Standard errors: %d draws of %" PRId64 " %s with all their periods\n",
                o->draws, m->blocks, m->blocks == m->units ? blocks[0] : blocks[o->block]);
    for (int64_t i = 0; i < t->rows; i++) {
        if (isnan(value_of(m, i))) continue;
        text_of(t, JD_MOM_GROUP, i, group);
        if (strcmp(group, last) != 0) print_group(out, group);
        memcpy(last, group, sizeof last);
        fprintf(out, "  %-26s %10.5g", text_of(t, JD_MOM_MOMENT, i, name), value_of(m, i));
        const double error = jd_table_number(t, JD_MOM_STD_ERROR, i);
        if (!isnan(error))
            fprintf(out, " %9.3g", error);
        else if (m->covariance)
            fprintf(out, " %9s", "-");
        fprintf(out, "  %-8s %s\n", text_of(t, JD_MOM_UNIT, i, unit),
                text_of(t, JD_MOM_LABEL, i, label));
    }
    print_missing(out, m);
}

void jd_moment_set_json(FILE *out, const jd_moment_set_t *m)
{
    static const char *const keys[] = {"moment", "kind", "value", "std_error", "unit", "label"};
    const jd_table_t *t = &m->table;
    char text[128];
    fputs("{\n  \"panel\": ", out);
    jd_json_text(out, m->panel);
    fprintf(out,
            ",\n  \"units\": %" PRId64 ",\n  \"periods\": %" PRId64 ",\n  \"blocks\": %" PRId64
            ",\n  \"moments\": [\n",
            m->units, m->periods, m->blocks);
    for (int64_t i = 0; i < t->rows; i++) {
        for (int c = 0; c < JD_MOM_COLUMNS; c++) {
            fprintf(out, c ? ", \"%s\": " : "    {\"%s\": ", keys[c]);
            if (t->columns[c].type == JD_TEXT)
                jd_json_text(out, text_of(t, c, i, text));
            else
                jd_json_number(out, jd_table_number(t, c, i));
        }
        fputs(i + 1 < t->rows ? "},\n" : "}\n", out);
    }
    fputs("  ]", out);
    for (int64_t i = 0; m->covariance && i < t->rows; i++) {
        fputs(i ? ",\n    [" : ",\n  \"covariance\": [\n    [", out);
        for (int64_t j = 0; j < t->rows; j++) {
            if (j) fputs(", ", out);
            jd_json_number(out, m->covariance[i * t->rows + j]);
        }
        fputs("]", out);
    }
    fputs(m->covariance ? "\n  ]\n}\n" : "\n}\n", out);
}

enum { COV_MOMENT, COV_WITH, COV_VALUE, COV_COLUMNS };
static const jd_column_t covariance_columns[COV_COLUMNS] = {
    {"moment", JD_TEXT, "", "a moment", NULL, JD_MOMENT_NAME, JD_AXIS_CELL},
    {"other", JD_TEXT, "", "and another, or the same", NULL, JD_MOMENT_NAME, JD_AXIS_CELL},
    {"covariance", JD_DOUBLE, "1", "covariance by block bootstrap", NULL, 0, JD_AXIS_CELL},
};

int jd_moment_set_covariance(const jd_moment_set_t *m, jd_table_t *to, jd_ctx_t *ctx)
{
    const jd_table_t *t = &m->table;
    char name[128];
    int rc = jd_table_init(to, "moments_covariance", "Covariance of moments", covariance_columns,
                           COV_COLUMNS, t->rows * t->rows, ctx);
    for (int64_t i = 0; i < t->rows && !rc; i++)
        for (int64_t j = 0; j < t->rows; j++) {
            if (isnan(m->covariance[i * t->rows + j])) continue;
            const int64_t row = to->rows++;
            jd_table_set_text(to, COV_MOMENT, row, text_of(t, JD_MOM_MOMENT, i, name));
            jd_table_set_text(to, COV_WITH, row, text_of(t, JD_MOM_MOMENT, j, name));
            JD_CELLS(to, COV_VALUE, double)[row] = m->covariance[i * t->rows + j];
        }
    return rc;
}
