/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Values of options: from a text to a member of a struct, by what the option's row says. One way
 *  for the command line and for requests by name. */
#ifndef JD_CORE_OPTION_VALUE_H
#define JD_CORE_OPTION_VALUE_H

#include <stdint.h>

#include "jiedao/param.h"

/** How a value is read, and the type of the member it fills. */
typedef enum jd_read {
    JD_READ_NOT,     /**< who has the option looks himself */
    JD_READ_TEXT,    /**< const char *, borrowed from the text */
    JD_READ_SWITCH,  /**< int, 1 where given */
    JD_READ_CHOICE,  /**< int or enum: the place in `choices` */
    JD_READ_INT,     /**< int32_t from `low` to `high` */
    JD_READ_SEED,    /**< uint64_t */
    JD_READ_SHARE,   /**< double between 0 and 1 */
    JD_READ_SIZE,    /**< double above 0 */
    JD_READ_NUMBERS, /**< by the row of a parameter, JD_PARAM_LIST */
    JD_READ_RANGE,   /**< likewise, JD_PARAM_RANGE */
    JD_READ_LIST     /**< likewise, JD_PARAM_INTS */
} jd_read_t;

/** What a row says of its value. */
typedef struct jd_value_kind {
    jd_read_t read;
    const char *const *choices; /**< NULL-ended */
    int32_t low, high;
    const jd_param_t *param; /**< the row that reads the value instead, or NULL */
} jd_value_kind_t;

enum { JD_WHY_SIZE = 640 };

/** Reads `text` (NULL of a switch: on) into the member. JD_ERR_ARGUMENT: `why` then says what is
 *  allowed, as the rest of a sentence that begins "OPTION = TEXT: "; the member is as it was. */
JD_API JD_MUST_USE int jd_value_read(const jd_value_kind_t *kind, const char *text, void *member,
                                     char why[JD_WHY_SIZE]);

#endif
