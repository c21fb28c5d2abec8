/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A page of HTML that needs nothing beside itself: text, tables that sort and copy, inline
 * figures, light and dark, for the screen and for paper. */
#ifndef JD_REPORT_HTML_H
#define JD_REPORT_HTML_H

#include <stdio.h>

#include "jiedao/table.h"

typedef struct jd_html {
    FILE *out;
    int n_tables, n_figures;
} jd_html_t;

void jd_html_begin(jd_html_t *html, const char *title);
void jd_html_end(jd_html_t *html);

/** Text, its signs made harmless: what is in a file never becomes markup. */
void jd_html_text(jd_html_t *html, const char *text);
/** <TAG>text</TAG>; `id` NULL = none. */
void jd_html_element(jd_html_t *html, const char *tag, const char *id, const char *text);

/** A table of some columns [n] of the first rows; says so where there are more. A cell of text is
 *  left, of numbers right; NaN is a dash. `keep` NULL: all rows; else those it says 1 of. */
typedef struct jd_html_table {
    const char *caption;
    const jd_table_t *table;
    const int *columns;
    int n;
    int (*keep)(const jd_table_t *table, int64_t row);
} jd_html_table_t;
enum { JD_HTML_ROWS = 1000 };
void jd_html_put_table(jd_html_t *html, const jd_html_table_t *table);

/** A drawing in SVG, its ids made its own, with what it shows for those who cannot see it. */
void jd_html_figure(jd_html_t *html, const char *svg, const char *caption, const char *alt);

#endif
