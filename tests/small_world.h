/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Running a small simulation from assignments, and looking into it. */
#ifndef JD_TESTS_SMALL_WORLD_H
#define JD_TESTS_SMALL_WORLD_H

#include <math.h>
#include <string.h>

#include "near.h"
#include "run/record/estimands.h"
#include "run/record/truth.h"
#include "run/setting.h"

typedef struct small {
    jd_ctx_t ctx;
    jd_config_t *config;
    jd_simulation_t *sim;
} small_t;

/** Hook of jd_simulation_run_hooked(): audits every period, and says what does not hold. */
static inline int small_audit(void *user, const struct jd_simulation *sim, int64_t period)
{
    (void)user;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    int rc = jd_simulation_audit(sim, &ctx);
    if (rc) print_message("period %lld: %s\n", (long long)period, ctx.message);
    return rc;
}

/** Builds; returns the code. Two provinces, 24 counties, 150 streets, 6,000 firms, 8 quarters,
 * unless `set` (assignments, ended by NULL; later ones win) says otherwise. */
static inline int small_try(small_t *s, const char *const *set, uint64_t replicate)
{
    static const char *const small[] = {
        "world.provinces=2",
        "world.prefectures=6",
        "world.counties=24",
        "world.streets=150",
        "firms.n=6000",
        "firms.review=0.1",
        "policy.adoption=2021Q1",
        "run.periods=8",
        "run.burn_in=12",
        "output.officials=20",
        "observation.panel_firms=500",
        NULL,
    };
    int n;
    const jd_section_t *const *sections = jd_simulation_sections(&n);
    memset(s, 0, sizeof *s);
    jd_ctx_init(&s->ctx);
    int rc = jd_config_create(&s->config, sections, n, &s->ctx);
    for (const char *const *a = small; *a && !rc; a++)
        rc = jd_config_set(s->config, "--set", *a, &s->ctx);
    for (; set && *set && !rc; set++)
        rc = jd_config_set(s->config, "--set", *set, &s->ctx);
    if (!rc) rc = jd_config_finish(s->config, &s->ctx);
    return rc ? rc : jd_simulation_create(&s->sim, s->config, NULL, replicate, &s->ctx);
}

static inline void small_create(small_t *s, const char *const *set, uint64_t replicate)
{
    if (small_try(s, set, replicate)) fail_msg("%s", s->ctx.message);
}

static inline void small_go(small_t *s, const jd_sink_t *sink)
{
    if (jd_simulation_run_hooked(s->sim, sink, small_audit, NULL, &s->ctx))
        fail_msg("run: %s", s->ctx.message);
}

/** Builds and runs, audited. */
static inline void small_run(small_t *s, const char *const *set, uint64_t replicate)
{
    small_create(s, set, replicate);
    small_go(s, NULL);
}

static inline void small_stop(small_t *s)
{
    jd_simulation_free(s->sim);
    jd_config_free(s->config);
    memset(s, 0, sizeof *s);
}

static inline const jd_table_t *small_table(const small_t *s, const char *name)
{
    const jd_table_t *t = jd_simulation_table(s->sim, name);
    if (!t) fail_msg("no table %s", name);
    return t;
}

/** A column by name. */
static inline int small_column(const jd_table_t *t, const char *column)
{
    int c = jd_table_find(t, column);
    if (c < 0) fail_msg("no column %s", column);
    return c;
}

static inline double small_cell(const jd_table_t *t, const char *column, int64_t row)
{
    return jd_table_number(t, small_column(t, column), row);
}

static inline double small_sum(const jd_table_t *t, const char *column)
{
    double sum = 0;
    for (int64_t i = 0; i < t->rows; i++)
        sum += small_cell(t, column, i);
    return sum;
}

/** Overall value of an estimand (its row without a term). */
static inline double small_estimand(const small_t *s, const char *name, const char *outcome)
{
    const jd_table_t *t = small_table(s, "truth/estimands");
    char text[40];
    for (int64_t i = 0; i < t->rows; i++) {
        if (strcmp(jd_table_text(t, E_NAME, i, text, sizeof text), name) != 0) continue;
        if (strcmp(jd_table_text(t, E_OUTCOME, i, text, sizeof text), outcome) != 0) continue;
        if (!jd_table_text(t, E_TERM, i, text, sizeof text)[0])
            return jd_table_number(t, E_VALUE, i);
    }
    fail_msg("no estimand %s of %s", name, outcome);
    return 0;
}

/** Whether a column has the same bytes in two tables. */
static inline bool same_column(const jd_table_t *a, int ca, const jd_table_t *b, int cb)
{
    size_t cells = (size_t)jd_table_cells(a, ca);
    return cells == (size_t)jd_table_cells(b, cb) &&
           memcmp(a->data[ca], b->data[cb], cells * jd_column_size(&a->columns[ca])) == 0;
}

/** Fails unless both runs' tables are equal to the last bit; `but` (a column, may be NULL) is not
 * looked at. */
static inline void assert_same_tables(const small_t *a, const small_t *b, const char *but)
{
    assert_int_equal(jd_simulation_n_tables(a->sim), jd_simulation_n_tables(b->sim));
    for (int i = 0; i < jd_simulation_n_tables(a->sim); i++) {
        const jd_table_t *ta = jd_simulation_table_at(a->sim, i),
                         *tb = jd_simulation_table_at(b->sim, i);
        assert_int_equal(ta->rows, tb->rows);
        for (int c = 0; c < ta->n_columns; c++) {
            if (but && strcmp(ta->columns[c].name, but) == 0) continue;
            if (!same_column(ta, c, tb, c))
                fail_msg("%s/%s differs", ta->name, ta->columns[c].name);
        }
    }
}

#endif
