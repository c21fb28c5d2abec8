/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A proposition of the theory: one constant, which holds the claim, where it comes from, the
 * config that is run, what is measured of the runs, and what is drawn. jd_propositions[] lists
 * them; the page, the figures and `jiedao theory` are made from the rows. */
#ifndef JD_PROPOSITIONS_PROPOSITION_H
#define JD_PROPOSITIONS_PROPOSITION_H

#include "jiedao/table.h"

/** What a number is. */
typedef enum jd_status {
    JD_STATUS_FIT,      /**< a parameter was set from it */
    JD_STATUS_GIVEN,    /**< an input */
    JD_STATUS_RECOVERY, /**< what was put in is found again: a check of method */
    JD_STATUS_TEST,     /**< it could have come out otherwise */
    JD_STATUS_REPORTED, /**< its null says the same: it shows nothing */
    JD_STATUSES
} jd_status_t;
extern const char *const jd_status_names[JD_STATUSES];

/** What a number is there for. */
typedef enum jd_role {
    JD_ROLE_CLAIM,
    JD_ROLE_NULL, /**< the same without the cause */
    JD_ROLE_LIMIT /**< where the claim fails, as it says itself */
} jd_role_t;

/** What is expected of a number, written down before it is measured. */
typedef enum jd_expect {
    JD_EXPECT_NOTHING, /**< it is reported */
    JD_EXPECT_ABOVE,   /**< above `than` */
    JD_EXPECT_BELOW,
    JD_EXPECT_NEAR, /**< no further than `within` from `than` */
    JD_EXPECT_EXACT /**< `than`, in every replicate */
} jd_expect_t;

enum { JD_POINTS = 4 };

/** One measured number: the mean over replicates with its 95 % interval by Student's law. */
typedef struct jd_number {
    const char *label;
    const char *of;            /**< an output of the runs, as jiedao sensitivity --of names it */
    const char *per;           /**< divided by this one in each replicate; NULL = 1 */
    const char *at[JD_POINTS]; /**< points, "policy.share=0.5 sweep=x"; "" = all: the mean over
                                  them. Signs of the four: + - - +, a difference of differences */
    const char *per_at;        /**< points of `per`; NULL = the first that are subtracted, else the
                                  first */
    double below;              /**< not 0: the share of replicates in which `of` is below it */
    jd_status_t status;
    jd_role_t role;
    jd_expect_t expect;
    double than, within;
} jd_number_t;

/** One line of the figure: a number at each value of the proposition's x. */
typedef struct jd_line {
    const char *label, *of, *per;
    const char *at, *less; /**< as jd_number_t's first two; `less` may be NULL */
    double below;
} jd_line_t;

struct jd_measured;

typedef struct jd_proposition {
    const char *name, *claim, *literature;
    const char *config;       /**< built in: "propositions/p5" */
    int replicates;           /**< of each point */
    const char *null, *fails; /**< sentences for the page */
    const char
        *elsewhere; /**< what measures it where rows cannot, with its numbers; NULL: rows do */
    const jd_number_t *numbers; /**< ended by a NULL label */
    const jd_line_t *lines;     /**< likewise */
    const char *x;              /**< the parameter on the axis; NULL = the design's points */
    const char *x_label, *x_unit;
    double x_scale;           /**< of the values on the axis; 0 = 1 */
    const char *const *words; /**< below the values of x in their order; NULL = numbers */
    const char *y_label, *y_unit;
    /** Adds more numbers and lines than rows can say; NULL = none. */
    int (*measure)(struct jd_measured *measured, jd_ctx_t *ctx);
} jd_proposition_t;

/** In the order of the page; ended by NULL. */
extern const jd_proposition_t *const jd_propositions[];

#endif
