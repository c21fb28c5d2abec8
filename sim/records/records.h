/* SPDX-License-Identifier: GPL-3.0-or-later */
/** From a list of moves to panels: each record is judged, what is kept is counted by division,
 *  sector and period over the whole frame, with its zeros. */
#ifndef JD_RECORDS_RECORDS_H
#define JD_RECORDS_RECORDS_H

#include "records/places.h"

/** What became of a record. */
typedef enum jd_fate {
    JD_FATE_KEPT,
    JD_FATE_NO_DATE,
    JD_FATE_BAD_DATE,
    JD_FATE_COARSE_DATE,
    JD_FATE_BEFORE,
    JD_FATE_AFTER,
    JD_FATE_NO_SECTOR,
    JD_FATE_NO_PLACE,
    JD_FATE_SAME_PLACE,
    JD_FATE_SAME_UNIT,
    JD_FATE_DUPLICATE,
    JD_FATE_UNSURE,
    JD_FATE_FIRST,
    JD_FATE_NO_FIRM,
    JD_FATES
} jd_fate_t;
extern const char *const jd_fate_names[JD_FATES];

/** What is remarked of a record, as bits behind JD_FOUND_...; a kept one may have several. */
typedef enum jd_remark {
    JD_REMARK_PADDED,
    JD_REMARK_WIDER,
    JD_REMARK_WITHIN,
    JD_REMARK_NAME,
    JD_REMARK_OLD,
    JD_REMARK_NUMBER_DATE,
    JD_REMARK_EXCEL,
    JD_REMARK_NO_ORIGIN,
    JD_REMARK_BAD_ORIGIN,
    JD_REMARK_NO_DESTINATION,
    JD_REMARK_BAD_DESTINATION,
    JD_REMARK_COARSE_PLACE,
    JD_REMARK_AMBIGUOUS,
    JD_REMARK_SPLIT,
    JD_REMARK_SAME_DAY,
    JD_REMARK_SECOND,
    JD_REMARKS
} jd_remark_t;
extern const char *const jd_remark_names[JD_REMARKS];

/** What is asked for: files and the names of columns; NULL = none. All text borrowed. */
typedef struct jd_panel_wish {
    const char *firm, *date, *from, *to, *sector, *address, *count;
    const char *policy, *divisions, *codes, *stock, *join;
    const char *policy_place, *policy_date, *policy_end, *policy_name, *treatment;
    const char *stock_place, *stock_sector, *stock_count, *stock_firm;
    const char *join_place, *join_date;
    const char *targeted, *similar, *other;
    const char *first, *last;
    const char *separator, *missing, *leftover, *output;
    int by, every, order, unknown, join_by, force, anticipation, sector_digits, od_zeros;
} jd_panel_wish_t;

enum { JD_JOIN_ONE, JD_JOIN_SUM, JD_JOIN_MEAN };
enum { JD_UNKNOWN_KEEP, JD_UNKNOWN_DROP };
enum { JD_ZEROS_NONE, JD_ZEROS_PAIRS, JD_ZEROS_ALL };

typedef struct jd_judged {
    int64_t n;
    int32_t *firm; /**< number of the firm, -1 = none */
    int32_t *day;  /**< first day of what is written */
    int32_t *period;
    int32_t *from, *to; /**< rows of the divisions, or JD_PLACE_... */
    int8_t *sector, *fate;
    uint32_t *remarks;
} jd_judged_t;

/** An unknown place, as it is written. */
typedef struct jd_stranger {
    char text[JD_CELL_SIZE];
    int64_t n;
} jd_stranger_t;

enum { JD_STRANGERS = 5, JD_SECTORS_MOST = 4 };

/** Rows or numbers by hash, open addressing: + 1, 0 = free. */
typedef struct jd_slots {
    int32_t *slot; /**< [mask + 1] */
    uint64_t mask;
} jd_slots_t;

/** Firms known before the first period, for a panel of firms: where they are and what they do. */
typedef struct jd_roster {
    int64_t n, later; /**< in it; first seen later, so not in it */
    int64_t moves_without, elsewhere;
    int32_t *firm, *unit; /**< numbers of firms; units from 0 */
    int8_t *sector;
} jd_roster_t;

/** All that is made. Zero it first; jd_records_free() takes it half made. */
typedef struct jd_records {
    const jd_panel_wish_t *wish;
    const char *path;
    jd_csv_style_t style;
    jd_foreign_t records;
    jd_places_t places;
    jd_judged_t judged;
    int level;        /* of the units */
    jd_period_t unit; /* of time */
    int64_t first;    /* period 1, counted in that unit */
    int32_t periods, sectors;
    int64_t fates[JD_FATES], remarks[JD_REMARKS], date_kinds[JD_PERIODS];
    jd_stranger_t strangers[JD_STRANGERS];
    int64_t short_sectors;
    int32_t *cohort; /* [units] */
    int32_t *ends;   /* [units] last treated period, 0 = none; NULL: no ends */
    int64_t policy_rows, policy_repeated, policy_early, policy_late, policy_above, policy_below;
    int32_t treated;
    int64_t firms;
    bool numbered; /* firms are numbered here, not by the file */
    jd_slots_t firm_slots;
    int64_t *firm_row; /* [firms] record where a firm is met first; ~row of the stock's file */
    jd_foreign_t stock_file;
    int32_t *stock; /* [units * sectors], or NULL */
    int64_t stock_left, stock_below, stock_again;
    jd_roster_t roster;
    jd_table_t joined; /* of the files joined: columns, [periods * units] each */
    int64_t join_rows, join_left, join_missing;
    jd_table_t panel, sector_panel, moves, flows, reading, firm_list, firm_panel;
} jd_records_t;

/** Reads everything and makes the tables. Errors: JD_ERR_ARGUMENT (columns, options), JD_ERR_DATA
 *  (file, row, value, cure), readers', JD_ERR_NO_MEMORY, JD_ERR_CANCELLED. Linear in the records;
 *  the same for any number of threads. */
JD_MUST_USE int jd_records_make(jd_records_t *events, const char *path, const jd_panel_wish_t *wish,
                                const jd_csv_style_t *style, jd_ctx_t *ctx);
void jd_records_free(jd_records_t *events);

/** Rows of a level, and the first of them. */
int32_t jd_records_units(const jd_records_t *events);
int32_t jd_records_first_unit(const jd_records_t *events);

/* ---- Steps, each in a file of its own ---- */

JD_MUST_USE int jd_records_judge(jd_records_t *events, jd_ctx_t *ctx);
JD_MUST_USE int jd_records_read_policy(jd_records_t *events, jd_ctx_t *ctx);
JD_MUST_USE int jd_records_read_stock(jd_records_t *events, jd_ctx_t *ctx);
JD_MUST_USE int jd_records_read_join(jd_records_t *events, jd_ctx_t *ctx);
JD_MUST_USE int jd_records_make_tables(jd_records_t *events, jd_ctx_t *ctx);
/** panel/od, firms and panel/observed. */
JD_MUST_USE int jd_records_make_flows(jd_records_t *events, jd_ctx_t *ctx);
JD_MUST_USE int jd_records_make_firms(jd_records_t *events, jd_ctx_t *ctx);
void jd_records_fill_axes(const jd_records_t *events, jd_table_t *panel);
JD_MUST_USE int jd_records_start_roster(jd_records_t *events, int64_t rows, jd_ctx_t *ctx);
JD_MUST_USE int jd_records_make_firm_panel(jd_records_t *events, jd_ctx_t *ctx);

/* ---- Firms (firms.c) ---- */

JD_MUST_USE int jd_slots_make(jd_slots_t *slots, int64_t n, jd_ctx_t *ctx);
uint64_t jd_slot_of(const jd_slots_t *slots, uint64_t hash);

/** Numbers the firms of the records by where they are met first, from 0. */
JD_MUST_USE int jd_records_number_firms(jd_records_t *events, jd_ctx_t *ctx);
/** Makes room for the firms of the stock's file; then the number of the one in a row of it, -1: the
 * cell is empty. */
JD_MUST_USE int jd_records_expect_firms(jd_records_t *events, int64_t more, jd_ctx_t *ctx);
int32_t jd_records_stock_firm(jd_records_t *events, int column, int64_t row);
/** A firm's number in the tables: its own where all are whole numbers, else the one it got here. */
int32_t jd_records_firm_number(const jd_records_t *events, int32_t firm);

/** Whether a text may name a column: small letters, digits, _, 31 at most. */
bool jd_records_is_name(const char *text);
/** Sector of a code by the lists of the wish, -1: the cell is empty. */
int jd_records_sector(const jd_panel_wish_t *wish, const char *code);
JD_MUST_USE int jd_records_check_sectors(const jd_panel_wish_t *wish, jd_ctx_t *ctx);
/** The period of a date counted from 1; false where it is coarser than periods are. */
bool jd_records_period(const jd_records_t *events, const jd_moment_t *moment, int64_t *period);

#endif
