/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Mechanisms: optional parts of a period. Each is one file in mechanisms/ and one line in its
 * list; docs/development.md shows how to add one. A mechanism reads the period as it went and
 * writes two things: its own state, and the modifiers of the next period (world.h), which only the
 * period's own steps apply. So the order of mechanisms carries no meaning, any subset runs, and one
 * that is off takes neither time nor memory. */
#ifndef JD_MODEL_MECHANISM_H
#define JD_MODEL_MECHANISM_H

#include "model/firms/firms.h"
#include "model/outcomes.h"
#include "model/panel_head.h"

/** An array of a mechanism's own state: one cell for each unit of a level, in every world. */
typedef struct jd_state {
    const char *name; /**< NULL ends the rows */
    jd_level_t level;
    jd_type_t type; /**< a number; doubles and floats must stay finite */
} jd_state_t;

/** What a mechanism reads; borrowed. The same in every call, but for `world`, which is not yet
 * stepped in `init`. */
typedef struct jd_moment {
    const jd_dims_t *dims;
    const jd_tree_t *tree;
    const jd_street_setting_t *street;
    const jd_firms_params_t *firms;
    const jd_leaders_params_t *leaders;
    int64_t period; /**< 1 = first recorded; burn-in <= 0 */
    uint64_t seed, replicate;
    const jd_world_t *world; /**< the period as it went */
    const void *params;      /**< the block of the mechanism's own section */
    const size_t *state_at;  /**< for jd_own() */
    jd_table_t *events;      /**< rows of this period; NULL where they are not recorded */
} jd_moment_t;

/** Cells of the row-th array of the mechanism's own state; `init` and `step` may write them. */
static inline void *jd_own(const jd_moment_t *m, int row)
{
    return (char *)m->world->own + m->state_at[row];
}

/** A panel of a mechanism, in both worlds. */
typedef struct jd_mechanism_panel {
    const char *names[2]; /**< "panel/NAME", "truth/NAME"; names[0] = NULL ends the rows */
    const char *label;
    jd_level_t level;           /**< its units: JD_PREFECTURE, JD_COUNTY or JD_STREET */
    const jd_column_t *columns; /**< JD_PANEL_HEAD(), then JD_AXIS_CELL columns */
    int n_columns;
    /** Fills the columns from P_SHARED on of one row of time (0 = first period). */
    int (*record)(const jd_moment_t *m, jd_table_t *panel, int64_t row, jd_ctx_t *ctx);
} jd_mechanism_panel_t;

/** A table of a mechanism's events in the world that is fact: a list, written as it grows. */
typedef struct jd_mechanism_events {
    const char *name, *label; /**< "mechanisms/NAME"; NULL = none */
    const jd_column_t *columns;
    int n_columns;
} jd_mechanism_events_t;

/** Begins a row of this period's events, whose first column is the period; *row = -1 where none are
 *  recorded. Errors: memory. */
JD_MUST_USE int jd_event_begin(const jd_moment_t *m, int64_t *row, jd_ctx_t *ctx);

/** A number of a run that stands beside one of a text, and what it is worth. Texts are constants.
 */
typedef struct jd_fact {
    const char *key,
        *name; /**< "cases": an output of sweeps, cooperation.cases; what the screen says */
    const char *status;       /**< fit, given, recovery, test, reported */
    double value, text, null; /**< NaN: there is none */
    const char *of_null;      /**< the law that gives the null, or NULL */
    const char *mechanism;    /**< set by who asks */
} jd_fact_t;
enum { JD_FACTS_MOST = 16 };

typedef struct jd_mechanism {
    jd_section_t section; /**< its name is the mechanism's */
    bool (*on)(const void *params);
    bool leaders;                       /**< it needs them: m->world->leaders */
    bool ties;                          /**< it ties counties: jd_ties_add() */
    bool only_reads;                    /**< its step writes no modifier */
    const jd_state_t *state;            /**< or NULL */
    const jd_mechanism_panel_t *panels; /**< or NULL */
    jd_mechanism_events_t events;
    /* All may be NULL. They return JD_OK, or raise an error that ends the run. */
    int (*init)(const jd_moment_t *m, jd_ctx_t *ctx); /**< own state, all zero, of the one world */
    int (*step)(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx);
    int (*audit)(const jd_moment_t *m, jd_ctx_t *ctx); /**< for tests: JD_ERR_DATA, what is wrong */
    /** Its facts at a run's end, at most JD_FACTS_MOST; how many. */
    int (*facts)(const jd_moment_t *m, jd_fact_t *facts);
} jd_mechanism_t;

/** All mechanisms, ended by NULL. */
extern const jd_mechanism_t *const jd_mechanisms[];

/** A mechanism that is on: parameters and the places of its state resolved. */
typedef struct jd_active {
    const jd_mechanism_t *mechanism;
    const void *params;
    size_t *state_at; /**< [rows of state] bytes from the start of a world's own state */
} jd_active_t;

typedef struct jd_active_set {
    int n;
    jd_active_t *active; /**< [n] in the order of the list */
    size_t bytes;        /**< of all their state, in each world */
    bool leaders;        /**< some of them needs leaders */
    bool ties;           /**< some of them ties counties */
    bool modifies;       /**< some of them writes modifiers; else they stay neutral */
} jd_active_set_t;

/** Those of `list` that are on in a finished config. Free with jd_active_free(), after an error
 * too. */
JD_MUST_USE int jd_active_init(jd_active_set_t *set, const jd_mechanism_t *const *list,
                               const jd_config_t *config, jd_ctx_t *ctx);
/** Places of their state in a world of these dims: bytes, and state_at of each. */
void jd_active_lay_out(jd_active_set_t *set, const jd_dims_t *dims);
void jd_active_free(jd_active_set_t *set);

/** Whether some mechanism that is built in and on needs leaders. */
bool jd_mechanisms_lead(const jd_config_t *config);
/** Seats of leaders in a world of these dims: 0 where no mechanism of the set needs them. */
int32_t jd_active_seats(const jd_active_set_t *set, const jd_dims_t *dims);

/** Whether some mechanism that is built in and on ties counties. */
bool jd_mechanisms_tie(const jd_config_t *config);
/** Whether the built-in one of this name is on. */
bool jd_mechanism_is_on(const jd_config_t *config, const char *name);
/** Room for a county's ties in the firms' choice: 0 where nobody ties, or firms do not heed it. */
int32_t jd_active_ties(const jd_active_set_t *set, const jd_firms_params_t *firms);

/** The moment as the set's k-th mechanism sees it. */
jd_moment_t jd_active_moment(const jd_active_set_t *set, int k, const jd_moment_t *moment);

/** Gives every mechanism's state of the moment's world its first values. */
JD_MUST_USE int jd_active_start(const jd_active_set_t *set, const jd_moment_t *moment,
                                jd_ctx_t *ctx);
/** Whether what mechanisms add to learning leaves capability in [0, 1]: lam H + boost + del <= 1 in
 * every street, or JD_ERR_DATA. */
JD_MUST_USE int jd_boosts_check(const jd_moment_t *moment, jd_ctx_t *ctx);
/** Audits every mechanism's state; JD_ERR_DATA says what does not hold. */
JD_MUST_USE int jd_active_audit(const jd_active_set_t *set, const jd_moment_t *moment,
                                jd_ctx_t *ctx);

#endif
