/* SPDX-License-Identifier: GPL-3.0-or-later */
/** All propositions, or some, from scratch: runs, numbers, figures, one page.
 *
 *      FOLDER/p5/            the sweep of P5, resumable as any other
 *      FOLDER/p5/p5.h5       its /numbers and /lines
 *      FOLDER/theory/p5.svg  its figure
 *      FOLDER/theory.md      the page, of all that are done in the folder
 *      FOLDER/theory.csv     their numbers
 */
#ifndef JD_PROPOSITIONS_PROPOSITIONS_H
#define JD_PROPOSITIONS_PROPOSITIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "jiedao/context.h"

typedef struct jd_theory {
    const char *folder;
    const char *only;                        /**< names joined by commas, in any case; NULL = all */
    int64_t replicates;                      /**< of each point; 0 = as each proposition has it */
    int64_t seed;                            /**< run.seed; -1 = the configs' own */
    bool force;                              /**< start over where there are other runs */
    unsigned formats;                        /**< of figures, JD_FIGURE_...; 0 = no figures */
    const char *(*config)(const char *name); /**< the text of a built-in config */
    /** Called when a proposition is done: its numbers, and how many are as expected. */
    void (*done)(void *user, const char *name, const char *claim, int numbers, int expected,
                 int otherwise, int open);
    void *user;
} jd_theory_t;

/** Errors: JD_ERR_ARGUMENT (an unknown name: all there are), of the folder, of sweeps, of gnuplot;
 *  JD_ERR_CANCELLED. What is done is kept, and a next call does the rest. */
JD_MUST_USE int jd_theory_make(const jd_theory_t *theory, jd_ctx_t *ctx);

/** A line each: name, config, claim. */
void jd_theory_list(FILE *out);

#endif
