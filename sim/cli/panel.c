/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao panel: records of moves, a policy list and divisions -> the panels a run has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/out.h"
#include "core/memory.h"
#include "io/csv/csv.h"
#include "io/hdf5/store.h"
#include "records/records.h"

#define OWN(row_name, row_value, kind, member, row_help)                          \
    .name = (row_name), .value = (row_value), .read = (kind), .help = (row_help), \
    .at = offsetof(jd_panel_wish_t, member)
#define TEXT(name, value, member, help) OWN(name, value, JD_READ_TEXT, member, help)

static const char *const levels[] = {"county", "prefecture", "province", "street", NULL};
static const char *const periods[] = {"quarter", "month", "half", "year", NULL};
static const char *const orders[] = {"auto", "dmy", "mdy", NULL};
static const char *const unknowns[] = {"keep", "drop", NULL};
static const char *const zero_kinds[] = {"none", "pairs", "all", NULL};
static const char *const joins[] = {"one", "sum", "mean", NULL};

static const jd_option_t options[] = {
    {TEXT("date", "COLUMN", date, "date of the move"), .head = "columns of RECORDS"},
    {TEXT("to", "COLUMN", to, "division moved to: a code, or a name")},
    {TEXT("from", "COLUMN", from, "division left; without it there are inflows only")},
    {TEXT("address", "COLUMN", address,
          "instead of both: where the firm is at the date; moves are the changes")},
    {TEXT("firm", "COLUMN", firm, "firm; without it repeated records are not found")},
    {TEXT("sector", "COLUMN", sector, "code of the firm's industry; default: all are targeted")},
    {TEXT("divisions", "FILE", divisions,
          "all divisions: code, and parent_code, level, name, ...; or a result file"),
     .head = "other files"},
    {TEXT("codes", "FILE", codes, "codes that changed: columns old and new")},
    {TEXT("policy", "FILE", policy, "who is treated from when on: columns code and date")},
    {TEXT("policy-place", "COLUMN", policy_place, "of the policy list, instead of code")},
    {TEXT("policy-date", "COLUMN", policy_date, "of the policy list, instead of date")},
    {TEXT("policy-end", "COLUMN", policy_end, "of the policy list: date of its end")},
    {TEXT("policy-name", "COLUMN", policy_name, "of the policy list: which treatment a row is of")},
    {TEXT("treatment", "NAME", treatment, "the one that counts, of several")},
    {TEXT("stock", "FILE", stock,
          "firms at the start, for stocks and rates: a row a firm, or counts")},
    {TEXT("stock-place", "COLUMN", stock_place, "of it, instead of code")},
    {TEXT("stock-sector", "COLUMN", stock_sector, "of it, instead of the name of --sector")},
    {TEXT("stock-count", "COLUMN", stock_count, "firms of a row; default: each row is one")},
    {TEXT("stock-firm", "COLUMN", stock_firm,
          "of it, a row a firm: which firm, as in --firm; for a panel of firms")},
    {TEXT("join", "FILES", join, "other outcomes by division and period: every column of numbers"),
     .repeat = JD_REPEAT_ADDS},
    {TEXT("join-place", "COLUMN", join_place, "of these files, instead of code")},
    {TEXT("join-date", "COLUMN", join_date,
          "of these files, instead of date; without one they hold for all periods")},
    {OWN("join-by", "HOW", JD_READ_CHOICE, join_by,
         "rows of one division and period: one (default: refuses two), sum, mean"),
     .choices = joins},
    {TEXT("targeted", "CODES", targeted,
          "beginnings of codes of targeted industries, and ranges: 35,36-37"),
     .head = "panels", .repeat = JD_REPEAT_ADDS},
    {TEXT("similar", "CODES", similar, "of similar industries that are not targeted"),
     .repeat = JD_REPEAT_ADDS},
    {TEXT("other", "CODES", other, "of a third group; the rest is then a fourth"),
     .repeat = JD_REPEAT_ADDS},
    {OWN("sector-digits", "N", JD_READ_INT, sector_digits,
         "codes of industries have so many digits: zeros lost in front are put back"),
     .low = 1, .high = 12},
    {TEXT("count", "NAME", count,
          "records are events at --to (patents, cases), not moves: what the column is called")},
    {OWN("by", "LEVEL", JD_READ_CHOICE, by, "county (default), prefecture, province, street"),
     .choices = levels},
    {OWN("every", "PERIOD", JD_READ_CHOICE, every, "quarter (default), month, half, year"),
     .choices = periods},
    {TEXT("first", "PERIOD", first, "first period, 2020Q1; default: that of the first record")},
    {TEXT("last", "PERIOD", last, "last period; default: that of the last record")},
    {OWN("anticipation", "N", JD_READ_INT, anticipation,
         "periods a policy is announced ahead, for the column cell; default 0"),
     .low = 0, .high = 1000},
    {OWN("unknown", "WHAT", JD_READ_CHOICE, unknown,
         "moves whose origin or destination is not known: keep (default, at the other end), drop"),
     .choices = unknowns},
    {OWN("od-zeros", "KIND", JD_READ_CHOICE, od_zeros,
         "rows of panel/od without a move: none (default), pairs that have one in some period, "
         "all"),
     .choices = zero_kinds},
    {OWN("date-order", "ORDER", JD_READ_CHOICE, order,
         "of 1/2/2020: dmy or mdy; default: found out"),
     .choices = orders, .head = "files"},
    {TEXT("separator", "SIGN", separator,
          "of CSV files: comma, semicolon, tab; default: found out, file by file")},
    {TEXT("missing", "WORDS", missing, "codes of missing values, by commas: -999,n.a."),
     .repeat = JD_REPEAT_ADDS},
    {TEXT("output", "FILE", output, "file to write: NAME.h5, or the panel as NAME.csv"),
     .letter = 'o'},
    {TEXT("leftover", "FILE", leftover, "CSV file of the records left out, and why")},
    {OWN("force", NULL, JD_READ_SWITCH, force, "replace existing files")},
    {.name = NULL},
};

/* ---- The screen ---- */

static void print_count(int64_t n, const char *what)
{
    if (n > 0) printf("  %10lld  %s\n", (long long)n, what);
}

static void print_strangers(const jd_records_t *e)
{
    bool any = false;
    for (int k = 0; k < JD_STRANGERS && e->strangers[k].n; k++) {
        printf("%s'%s' (%lld)",
               any ? ", " : "              places not known: ", e->strangers[k].text,
               (long long)e->strangers[k].n);
        any = true;
    }
    if (any) printf("%s\n", e->strangers[JD_STRANGERS - 1].n ? ", ..." : "");
}

static void print_records(const jd_records_t *e)
{
    printf("Records     %s: %lld read, %lld kept, %lld left out\n", e->path, (long long)e->judged.n,
           (long long)e->fates[JD_FATE_KEPT], (long long)(e->judged.n - e->fates[JD_FATE_KEPT]));
    if (e->fates[JD_FATE_KEPT] < e->judged.n) printf("Left out\n");
    for (int k = JD_FATE_KEPT + 1; k < JD_FATES; k++)
        print_count(e->fates[k], jd_fate_names[k]);
    bool any = false;
    for (int k = 0; k < JD_REMARKS; k++) {
        if (e->remarks[k] && !any) printf("Of those kept\n");
        any = any || e->remarks[k];
        print_count(e->remarks[k], jd_remark_names[k]);
    }
    print_strangers(e);
    int kinds = 0;
    for (int k = 0; k < JD_PERIODS; k++)
        kinds += e->date_kinds[k] > 0;
    for (int k = 0, n = 0; k < JD_PERIODS && kinds > 1; k++) {
        if (!e->date_kinds[k]) continue;
        n++;
        printf("%s%lld name %s%s", n > 1 ? ", " : "Dates       ", (long long)e->date_kinds[k],
               jd_period_name((jd_period_t)k), n == kinds ? "\n" : "");
    }
    if (e->short_sectors && !e->wish->sector_digits)
        printf(
            "Sectors     %lld codes are a digit shorter than most; if they lost a zero in front, "
            "say --sector-digits\n",
            (long long)e->short_sectors);
}

/* Where the first outcome of the panel stands, whatever its name. */
enum { INFLOW = 5 };

/* Of the panel of firms, or what it would take. */
static void print_firms(const jd_records_t *e)
{
    const jd_panel_wish_t *w = e->wish;
    const jd_roster_t *r = &e->roster;
    if (!w->firm)
        printf("Firms       are not named (--firm): repeated records are not found\n");
    else if (e->firm_panel.name)
        printf("Firms       panel/observed: %lld firms known before the first period; one that is "
               "not seen again "
               "stays\n",
               (long long)r->n);
    else if (!w->count)
        printf("Firms       no panel of firms: that takes stayers (--stock with --stock-firm, or "
               "--address)\n");
    if (!e->firm_panel.name) return;
    print_count(r->later, "firms are first seen later and are not in it");
    print_count(r->moves_without, "moves are of firms that are not in it");
    print_count(r->elsewhere, "firms leave first another unit than the one they are said to be in");
}

static void print_panel(const jd_records_t *e)
{
    char a[JD_CELL_SIZE], b[JD_CELL_SIZE];
    const jd_panel_wish_t *w = e->wish;
    jd_period_text(e->unit, e->first, a, sizeof a);
    jd_period_text(e->unit, e->first + e->periods - 1, b, sizeof b);
    int64_t zeros = 0, cells = (int64_t)e->periods * jd_records_units(e);
    const int32_t *inflow = JD_CELLS(&e->panel, INFLOW, int32_t);
    for (int64_t i = 0; i < cells; i++)
        zeros += inflow[i] == 0;
    printf("Panel       %s: %d units, %d periods (%s to %s), %lld cells, %s is 0 in %lld\n",
           e->panel.name, jd_records_units(e), e->periods, a, b, (long long)cells,
           e->panel.columns[INFLOW].name, (long long)zeros);
    if (!w->policy)
        printf("Policy      none is given: nobody is treated (--policy)\n");
    else
        printf("Policy      %s: %lld rows, %d of %d units are treated\n", w->policy,
               (long long)e->policy_rows, e->treated, jd_records_units(e));
    print_count(e->policy_repeated, "units are named again; the earliest date counts");
    print_count(e->policy_above,
                "rows name a division above the units: all units in it are treated");
    print_count(e->policy_below, "rows name a division below: the unit it lies in is treated");
    print_count(e->policy_early,
                "rows begin before the first period: treated from the first one on");
    print_count(e->policy_late,
                "units are treated after the last period: not yet, within the panel");
    if (!w->stock)
        printf(
            "Stock       none is given (--stock): no stocks and no rates; records of movers show "
            "no stayers\n");
    else
        printf("Stock       %s: stocks at the end of each period, firms at the start and moves "
               "since\n",
               w->stock);
    print_count(e->stock_left, "rows of it are of no known unit or sector and left out");
    print_count(e->stock_again, "rows of it name a firm again and are left out");
    print_count(e->stock_below, "stocks are below 0: more firms left than there were");
    if (!w->from && !w->address && !w->count)
        printf("Outflow     no origin is named (--from): inflows only\n");
    if (w->address)
        printf("Moves       are changes of address, dated by the first record at the new one; the "
               "first "
               "period shows none and is left out\n");
    print_firms(e);
    if (w->join) {
        printf("Joined      %d columns from %lld rows; %lld cells have none and are missing\n",
               e->joined.n_columns, (long long)e->join_rows, (long long)e->join_missing);
        print_count(e->join_left,
                    "rows are of no known unit, or outside the periods, and left out");
    }
}

/* ---- Files ---- */

static int write_store(const jd_records_t *e, const char *path, bool replace, jd_ctx_t *ctx)
{
    const jd_table_t *const tables[] = {&e->places.table, &e->moves,        &e->firm_list,
                                        &e->panel,        &e->sector_panel, &e->firm_panel,
                                        &e->flows,        &e->reading};
    jd_store_t *store = NULL;
    int rc = jd_store_create(&store, path, replace, ctx);
    for (size_t k = 0; k < sizeof tables / sizeof *tables && !rc; k++)
        if (tables[k]->name &&
            !(e->wish->count && (tables[k] == &e->moves || tables[k] == &e->flows)))
            rc = jd_store_write(store, tables[k], ctx);
    if (!rc) rc = jd_store_commit(&store, ctx);
    jd_store_abandon(&store);
    return rc;
}

/* The panel with the codes of its units. */
static int write_csv(const jd_records_t *e, const char *path, bool replace, jd_ctx_t *ctx)
{
    enum { WIDTH = 16 };
    jd_table_t t = e->panel;
    const int n = t.n_columns;
    jd_column_t *columns = NULL;
    void **data = NULL;
    char *codes = NULL;
    int rc = jd_make(&columns, n + 1, sizeof *columns, "columns", ctx);
    if (!rc) rc = jd_make(&data, n + 1, sizeof *data, "columns", ctx);
    if (!rc) rc = jd_make(&codes, t.n_unit, WIDTH, "codes", ctx);
    if (!rc) {
        memcpy(columns, t.columns, (size_t)n * sizeof *columns);
        memcpy(data, t.data, (size_t)n * sizeof *data);
        columns[n] =
            (jd_column_t){"code", JD_TEXT, "", "code of the unit", NULL, WIDTH, JD_AXIS_UNIT};
        data[n] = codes;
        for (int32_t u = 0; u < t.n_unit; u++)
            snprintf(codes + (size_t)u * WIDTH, WIDTH, "%s",
                     jd_place_code(&e->places, jd_records_first_unit(e) + u));
        t.columns = columns;
        t.data = data;
        t.n_columns = n + 1;
        rc = jd_csv_write(&t, path, replace, ctx);
    }
    free(codes);
    free(data);
    free(columns);
    return rc;
}

/* The records left out, as texts: row, why, and their own columns. */
static int write_leftover(const jd_records_t *e, const char *path, bool replace, jd_ctx_t *ctx)
{
    enum { WHY = 72 };
    const jd_table_t *from = &e->records.table;
    const int n = from->n_columns;
    jd_table_t t = {0};
    jd_column_t *columns = NULL;
    int rc = jd_make(&columns, n + 2, sizeof *columns, "columns", ctx);
    if (rc) return rc;
    columns[0] =
        (jd_column_t){"record_row", JD_INT64, "1", "row of the file", NULL, 0, JD_AXIS_CELL};
    columns[1] = (jd_column_t){"left_out", JD_TEXT, "", "why", NULL, WHY, JD_AXIS_CELL};
    memcpy(columns + 2, from->columns, (size_t)n * sizeof *columns);
    const int64_t rows = e->judged.n - e->fates[JD_FATE_KEPT];
    rc = jd_table_init(&t, "leftover", "Records left out", columns, n + 2, rows, ctx);
    for (int64_t i = 0; !rc && i < e->judged.n; i++) {
        if (e->judged.fate[i] == JD_FATE_KEPT) continue;
        const int64_t r = t.rows++;
        JD_CELLS(&t, 0, int64_t)[r] = i + 1;
        jd_table_set_text(&t, 1, r, jd_fate_names[e->judged.fate[i]]);
        for (int c = 0; c < n; c++) {
            const size_t size = jd_column_size(&from->columns[c]);
            memcpy((char *)t.data[c + 2] + (size_t)r * size,
                   (const char *)from->data[c] + (size_t)i * size, size);
        }
    }
    if (!rc) rc = jd_csv_write(&t, path, replace, ctx);
    jd_table_free(&t);
    free(columns);
    return rc;
}

/* ---- The command ---- */

static int check_wish(const jd_panel_wish_t *w, const jd_args_t *args, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    if (!w->date)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "panel: --date COLUMN: which column has the dates?");
    if (w->address && (w->to || w->from))
        rc = jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "panel: --address says where a firm is, --from and --to how it moved; name one kind");
    if (w->address && !w->firm)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "panel: --address needs --firm COLUMN: whose address is it?");
    if (w->count && (w->from || w->address || w->stock))
        rc = jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "panel: --count %s: events happen in one place, --to; leave out --from, --address and "
            "--stock",
            w->count);
    if (w->count && (!jd_records_is_name(w->count) || strlen(w->count) > 25))
        rc = jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "panel: --count %s: a column's name has small letters, digits and _, 25 at most",
            w->count);
    if (w->stock_firm && (!w->stock || !w->firm || w->stock_count || w->address))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "panel: --stock-firm %s: %s", w->stock_firm,
                     !w->stock    ? "of which file? --stock FILE"
                     : !w->firm   ? "the records must name their firms too: --firm COLUMN"
                     : w->address ? "addresses show by themselves where firms are; leave it out"
                                  : "with --stock-count a row is no firm; name one of the two");
    if (!w->to && !w->address)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "panel: --to COLUMN: which column has the divisions moved to?");
    if (!w->divisions)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "panel: --divisions FILE: which divisions are there? Without the list nobody "
                     "knows where nothing happened");
    if (!w->output)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "panel: -o FILE: how shall the result be called? mine.h5");
    if (!rc) rc = jd_cli_check_ending("panel: -o", w->output, "h5,hdf5,csv", ctx);
    if (!rc) rc = jd_cli_may_write(w->output, args, ctx);
    if (!rc && w->leftover)
        rc = jd_cli_check_ending("panel: --leftover", w->leftover, "csv,txt", ctx);
    if (!rc && w->leftover) rc = jd_cli_may_write(w->leftover, args, ctx);
    if (!rc && w->leftover && !strcmp(w->leftover, w->output))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "panel: -o and --leftover are one file, %s; name two",
                     w->output);
    return rc;
}

static int read_separator(const char *text, char *sign, jd_ctx_t *ctx)
{
    if (!text) return JD_OK;
    *sign = !strcmp(text, "comma")       ? ','
            : !strcmp(text, "semicolon") ? ';'
            : !strcmp(text, "tab")       ? '\t'
            : strlen(text) == 1          ? *text
                                         : '\0';
    if (*sign) return JD_OK;
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "panel: --separator = %s: must be one sign, or comma, semicolon, tab", text);
}

static int write_files(const jd_records_t *e, jd_ctx_t *ctx)
{
    const jd_panel_wish_t *w = e->wish;
    const bool csv = jd_cli_ends_in(w->output, "csv");
    int rc = jd_cli_make_room(w->output, ctx);
    if (!rc && w->leftover) rc = jd_cli_make_room(w->leftover, ctx);
    if (!rc && w->leftover) rc = write_leftover(e, w->leftover, w->force, ctx);
    if (!rc)
        rc =
            csv ? write_csv(e, w->output, w->force, ctx) : write_store(e, w->output, w->force, ctx);
    if (rc) return rc;
    print_records(e);
    print_panel(e);
    printf("\nWritten     %s%s%s\n", w->output, w->leftover ? ", " : "",
           w->leftover ? w->leftover : "");
    return JD_OK;
}

static int run(const jd_args_t *args, jd_ctx_t *ctx)
{
    jd_panel_wish_t wish = {0};
    jd_csv_style_t style = {0};
    jd_records_t records = {0};
    int rc = jd_args_fill(args, &wish, ctx);
    if (!rc) rc = check_wish(&wish, args, ctx);
    if (!rc) rc = read_separator(wish.separator, &style.separator, ctx);
    style.missing = wish.missing;
    if (!rc) rc = jd_records_make(&records, jd_args_word(args, 0), &wish, &style, ctx);
    if (!rc) rc = write_files(&records, ctx);
    jd_records_free(&records);
    return rc;
}

const jd_command_t jd_command_panel = {
    .name = "panel",
    .words = "RECORDS",
    .min_words = 1,
    .max_words = 1,
    .summary = "make panels of your own records of moves",
    .about =
        "Counts moves (one record each: CSV or Stata) by division, sector and period, over all\n"
        "divisions and periods, zeros too, in the layout of a run's file: 'jiedao did' takes\n"
        "it as it is. Says what was read, kept and left out, and why.\n",
    .examples =
        "  jiedao panel moves.csv --firm id --date date --from origin --to dest \\\n"
        "      --divisions china.csv --policy list.csv --sector code --targeted 35,36,37 \\\n"
        "      --similar 33,34 --leftover left.csv -o mine.h5\n"
        "  jiedao did mine.h5\n",
    .options = options,
    .run = run,
};
