/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propositions/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/csv/csv.h"
#include "io/files/whole.h"
#include "propositions/measure.h"

enum { PATH = 4096, CELL = 256 };

static const char *cell(const jd_done_t *d, int column, int64_t row, char text[CELL])
{
    return jd_table_text(&d->numbers, column, row, text, CELL);
}

/* How many numbers of a status, or of a verdict. */
static int64_t count(const jd_done_t *d, int column, const char *word)
{
    char text[CELL];
    int64_t n = 0;
    for (int64_t i = 0; i < d->numbers.rows; i++)
        n += !strcmp(cell(d, column, i, text), word);
    return n;
}

static void put_value(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, "%.3g", value);
    else
        fputs("none", out);
}

static void put_numbers(FILE *out, const jd_done_t *d)
{
    char text[CELL];
    fputs("\n| number | mean [95 % interval] | expected | status | verdict |\n"
          "| --- | --- | --- | --- | --- |\n",
          out);
    for (int64_t i = 0; i < d->numbers.rows; i++) {
        const double low = jd_table_number(&d->numbers, JD_NUM_LOW, i),
                     high = jd_table_number(&d->numbers, JD_NUM_HIGH, i);
        fprintf(out, "| %s", cell(d, JD_NUM_LABEL, i, text));
        const char *role = cell(d, JD_NUM_ROLE, i, text);
        fprintf(out, "%s | ",
                !strcmp(role, "null")    ? " (null)"
                : !strcmp(role, "limit") ? " (limit)"
                                         : "");
        put_value(out, jd_table_number(&d->numbers, JD_NUM_VALUE, i));
        if (isfinite(low) && low < high) {
            fputs(" [", out);
            put_value(out, low);
            fputs(", ", out);
            put_value(out, high);
            fputc(']', out);
        }
        fprintf(out, " | %s", cell(d, JD_NUM_EXPECTED, i, text));
        fprintf(out, " | %s", cell(d, JD_NUM_STATUS, i, text));
        fprintf(out, " | %s |\n", cell(d, JD_NUM_VERDICT, i, text));
    }
}

static void put_proposition(FILE *out, const jd_done_t *d)
{
    const jd_proposition_t *p = d->proposition;
    fprintf(out, "\n## %s. %s\n\n%s\n\n", p->name, p->claim, p->literature);
    fprintf(out, "Config: `%s`, %lld replicates a point.\n", p->config, (long long)d->replicates);
    if (d->figure) fprintf(out, "\n![%s](theory/%s.%s)\n", p->name, d->stem, d->figure);
    if (d->numbers.rows) put_numbers(out, d);
    if (p->elsewhere) fprintf(out, "\n%s\n", p->elsewhere);
    fprintf(out, "\nNull: %s\n\nWhere it fails: %s\n", p->null, p->fails);
}

static void put_head(FILE *out, const jd_done_t *done, int n)
{
    int64_t status[JD_STATUSES] = {0}, given = 0, as_expected = 0, otherwise = 0, open = 0;
    for (int i = 0; i < n; i++) {
        for (int s = 0; s < JD_STATUSES; s++)
            status[s] += count(&done[i], JD_NUM_STATUS, jd_status_names[s]);
        given += done[i].given;
        as_expected += count(&done[i], JD_NUM_VERDICT, "as expected");
        otherwise += count(&done[i], JD_NUM_VERDICT, "otherwise");
        open += count(&done[i], JD_NUM_VERDICT, "open");
    }
    fputs(
        "# The theory, measured\n\n"
        "Made by `jiedao theory`: every proposition of the model from scratch, as a config, with "
        "what its numbers are, what they would be\nwithout the cause, and where the claim fails. ",
        out);
    fprintf(out,
            "Of the numbers below %lld were fitted, %lld given, %lld recovered, %lld tested:\n"
            "*fit*, a parameter was set from it; *given*, an input, here the values that the "
            "designs give; *recovery*, what was put in is found\nagain, a check of method; *test*, "
            "it could have come out otherwise.\n\n",
            (long long)status[JD_STATUS_FIT], (long long)(given + status[JD_STATUS_GIVEN]),
            (long long)status[JD_STATUS_RECOVERY], (long long)status[JD_STATUS_TEST]);
    fprintf(
        out,
        "What is expected of a number stands beside the code: %lld came out as expected, %lld "
        "otherwise, %lld are open (the interval holds both). Most\nexpectations restate what "
        "earlier runs of the model had shown: that they are met again is no prediction. Intervals "
        "are those of Student's law over replicates; points share random numbers, so "
        "differences are paired. One\nin twenty intervals misses by chance alone. A *null* is "
        "the same without the cause, a *limit* where the claim itself says it fails.\n",
        (long long)as_expected, (long long)otherwise, (long long)open);
}

static int write_page(const char *folder, const jd_done_t *done, int n, jd_ctx_t *ctx)
{
    char path[PATH];
    jd_whole_t whole = {0};
    snprintf(path, sizeof path, "%s/theory.md", folder);
    int rc = jd_whole_open(&whole, path, true, ctx);
    FILE *out = rc ? NULL : jd_whole_stream(&whole, ctx);
    if (!rc && !out) rc = JD_ERR_NO_MEMORY;
    if (!rc) {
        put_head(out, done, n);
        for (int i = 0; i < n; i++)
            put_proposition(out, &done[i]);
        return jd_whole_commit(&whole, ctx);
    }
    jd_whole_abandon(&whole);
    return rc;
}

/* All numbers, the proposition in front. */
static int write_table(const char *folder, const jd_done_t *done, int n, jd_ctx_t *ctx)
{
    char path[PATH], text[CELL];
    jd_column_t columns[JD_NUM_COLUMNS + 1] = {
        {"proposition", JD_TEXT, "", "proposition", NULL, 16, JD_AXIS_CELL}};
    jd_table_t all = {0};
    memcpy(columns + 1, jd_number_columns, sizeof jd_number_columns);
    int rc = jd_table_init(&all, "numbers", "", columns, JD_NUM_COLUMNS + 1, 64, ctx);
    for (int i = 0; i < n && !rc; i++) {
        const jd_table_t *t = &done[i].numbers;
        rc = jd_table_reserve(&all, all.rows + t->rows, ctx);
        for (int64_t row = 0; row < t->rows && !rc; row++, all.rows++) {
            jd_table_set_text(&all, 0, all.rows, done[i].proposition->name);
            for (int c = 0; c < JD_NUM_COLUMNS; c++)
                if (jd_number_columns[c].type == JD_TEXT)
                    jd_table_set_text(&all, c + 1, all.rows, cell(&done[i], c, row, text));
                else
                    jd_table_set_number(&all, c + 1, all.rows, jd_table_number(t, c, row));
        }
    }
    snprintf(path, sizeof path, "%s/theory.csv", folder);
    if (!rc) rc = jd_csv_write(&all, path, true, ctx);
    jd_table_free(&all);
    return rc;
}

int jd_page_write(const char *folder, const jd_done_t *done, int n, jd_ctx_t *ctx)
{
    int rc = write_page(folder, done, n, ctx);
    return rc ? rc : write_table(folder, done, n, ctx);
}
