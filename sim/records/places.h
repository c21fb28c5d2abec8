/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Divisions of a file, and which of them a text names: by code, as it is written or without the
 *  zeros it lost, with 6, 9 or 12 digits; or by name. */
#ifndef JD_RECORDS_PLACES_H
#define JD_RECORDS_PLACES_H

#include "records/foreign.h"

/** What had to be done to find a place. */
enum {
    JD_FOUND_PADDED = 1, /**< the zeros in front were missing */
    JD_FOUND_WIDER = 2,  /**< 12 or 9 digits for 6, or 6 for 12, with zeros behind */
    JD_FOUND_WITHIN = 4, /**< a finer code: the division it lies in */
    JD_FOUND_NAME = 8,
    JD_FOUND_OLD = 16 /**< by the table of old codes */
};
/** Instead of a row. */
enum { JD_PLACE_NONE = -1, JD_PLACE_UNKNOWN = -2, JD_PLACE_AMBIGUOUS = -3, JD_PLACE_SPLIT = -4 };

enum { JD_PLACE_LEVELS = 5 };
extern const char *const jd_place_levels[]; /**< "centre", "province", ... NULL */

typedef struct jd_place_key {
    uint64_t hash;
    const char *key; /**< NULL: free */
    int32_t row;     /**< or JD_PLACE_... */
} jd_place_key_t;

/** A table of keys by hash, open addressing. */
typedef struct jd_place_index {
    jd_place_key_t *keys; /**< [mask + 1] */
    uint64_t mask;
} jd_place_index_t;

typedef struct jd_places {
    jd_table_t table; /**< as /jurisdictions of a run, level by level from the top */
    int32_t *parent;  /**< its columns: [rows] */
    int8_t *level;
    double *lon, *lat, *x, *y;
    char *code, *name;
    int64_t first[JD_PLACE_LEVELS + 1]; /**< rows of a level begin here */
    jd_place_index_t codes, names, old;
    char *arena; /**< keys of codes */
    jd_foreign_t changes;
} jd_places_t;

/** Reads divisions from CSV or Stata (columns code, and any of parent_code, level, name, x, y,
 *  longitude[_deg], latitude[_deg], land, development, fiscal) or a result file of jiedao;
 * `changes` a table with columns old and new, or NULL. Errors: JD_ERR_DATA with row and cure,
 * readers'. */
JD_MUST_USE int jd_places_read(jd_places_t *places, const char *path, const char *changes,
                               const jd_csv_style_t *style, jd_ctx_t *ctx);
void jd_places_free(jd_places_t *places);

/** Row of the table, or JD_PLACE_...; what was done is added to *how. */
int32_t jd_place_find(const jd_places_t *places, const char *text, unsigned *how);

/** The division of a level a row lies in, as a row; -1 where it lies above it. */
int32_t jd_place_above(const jd_places_t *places, int32_t row, int level);
int jd_place_level(const jd_places_t *places, int32_t row);
const char *jd_place_code(const jd_places_t *places, int32_t row);
/** Distance in km of two rows by what the file knows, NaN if it does not. */
double jd_place_distance(const jd_places_t *places, int32_t from, int32_t to);

#endif
