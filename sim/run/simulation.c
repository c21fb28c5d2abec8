/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/pages.h"
#include "model/mechanisms/list.h"
#include "run/reckon.h"
#include "run/setting.h"

#define P(field) offsetof(jd_run_params_t, field)

static const jd_param_t params[] = {
    {"seed", JD_PARAM_INT, P(seed), "1", 0, 9e15, NULL, "1", "seed of all random numbers", "",
     JD_RESULT},
    {"start", JD_PARAM_DATE, P(start), "2020Q1", 0, 0, NULL, "quarter", "first recorded quarter",
     "the empirical file in view: 2020-2025", JD_RESULT},
    {"periods", JD_PARAM_INT, P(periods), "24", 2, 1000, NULL, "quarters", "recorded quarters",
     "the empirical file in view: 2020-2025", JD_RESULT},
    {"burn_in", JD_PARAM_INT, P(burn_in), "40", 0, 10000, NULL, "quarters",
     "quarters before the first, in which officials and services settle", "assumed", JD_RESULT},
    {"burn_in_firms", JD_PARAM_INT, P(burn_in_firms), "0", 0, 10000, NULL, "quarters",
     "the last of these quarters in which firms move too", "off", JD_RESULT},
    {"direct_folds", JD_PARAM_INT, P(direct_folds), "0", 0, 16, NULL, "1",
     "K: worlds with one fold of the treated switched off, for direct effects; 0 = off, else 2 or "
     "more",
     "K = 10 is within 1 % of single-unit toggles", JD_RESULT},
    {"direct_none", JD_PARAM_FLAG, P(direct_none), "no", 0, 0, NULL, "",
     "with direct_folds: also K worlds with only one fold switched on (direct effect from no "
     "policy)",
     "", JD_RESULT},
    {"mediation", JD_PARAM_FLAG, P(mediation), "no", 0, 0, NULL, "",
     "one more world, with the policy but the friction of the world without it: parts the total "
     "effect into what the friction that the policy adds takes away (nie) and the rest (nde)",
     "", JD_RESULT},
};

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    (void)name;
    const jd_run_params_t *p = block;
    int rc = JD_OK;
    if (p->burn_in_firms > p->burn_in)
        rc = jd_config_blame(config, "run", "burn_in_firms", ctx,
                             "run.burn_in_firms = %lld is more than run.burn_in = %lld",
                             (long long)p->burn_in_firms, (long long)p->burn_in);
    if (p->direct_folds == 1)
        rc = jd_config_blame(
            config, "run", "direct_folds", ctx,
            "run.direct_folds = 1: one fold is the world without the policy; give 2 or more, "
            "10 for 1 %% precision");
    return rc;
}

static bool has_no_folds(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_run_params_t *)block)->direct_folds == 0;
}

static const jd_unread_t unread[] = {
    {"direct_none", has_no_folds, "it needs run.direct_folds of 2 or more"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_run_section = {
    .name = "run",
    .help = "the run: seed, calendar, worlds",
    .params = params,
    .n_params = (int)(sizeof params / sizeof params[0]),
    .size = sizeof(jd_run_params_t),
    .check = check,
    .unread = unread,
};

const jd_section_t *const *jd_simulation_sections(int *n)
{
#define SECTION(name) &jd_##name.section,
    static const jd_section_t *const sections[] = {
        &jd_run_section,       &jd_world_section,   &jd_officials_section,
        &jd_rescaling_section, &jd_event_section,   &jd_policy_section,
        &jd_firms_section,     &jd_leaders_section, JD_MECHANISMS(SECTION) & jd_observation_section,
        &jd_output_section,
    };
#undef SECTION
    *n = (int)(sizeof sections / sizeof sections[0]);
    return sections;
}

const jd_column_t *jd_divisions_columns(int *n, int *required)
{
    *n = JD_DIVISION_COLUMNS;
    *required = JD_DIVISION_REQUIRED;
    return jd_division_columns;
}

const jd_column_t *jd_policy_list_columns(int *n)
{
    *n = JD_POLICY_COLUMNS;
    return jd_policy_columns;
}

bool jd_county_treated_in(const struct jd_simulation *sim, int32_t county, int w)
{
    int folds = (int)sim->params->direct_folds;
    if (sim->cohort[county] == 0 || w == JD_WORLD_WITHOUT) return false;
    if (w == JD_WORLD_WITH || w == jd_world_mediation(sim)) return true;
    int k = w - JD_WORLD_FOLDS;
    return k < folds ? sim->fold[county] != k : sim->fold[county] == k - folds;
}

typedef struct ranked {
    uint32_t bits;
    int32_t county;
} ranked_t;

static int compare_ranked(const void *a, const void *b)
{
    const ranked_t *ra = a, *rb = b;
    if (ra->bits != rb->bits) return ra->bits > rb->bits ? 1 : -1;
    return (ra->county > rb->county) - (ra->county < rb->county);
}

/* Deals the treated counties over folds of equal size, at random. */
static int deal_folds(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    int64_t folds = sim->params->direct_folds;
    int32_t n = 0;
    memset(sim->fold, -1, (size_t)sim->dims.counties);
    if (folds == 0) return JD_OK;
    ranked_t *rank;
    int rc = jd_make(&rank, sim->dims.counties, sizeof *rank, "folds", ctx);
    if (rc) return rc;
    jd_jump_t jump = jd_jump(jd_stream(sim->seed, sim->replicate, JD_DRAW_FOLD), 0, 0);
    for (int32_t c = 0; c < sim->dims.counties; c++) {
        if (sim->cohort[c] > 0) rank[n++] = (ranked_t){jd_draw_bits(&jump, (uint64_t)c), c};
    }
    qsort(rank, (size_t)n, sizeof *rank, compare_ranked);
    for (int32_t i = 0; i < n; i++)
        sim->fold[rank[i].county] = (int8_t)(i * folds / n);
    free(rank);
    if (n > 0 && n < folds)
        return jd_config_blame(sim->config, "run", "direct_folds", ctx,
                               "run.direct_folds = %lld is more than the %ld treated counties",
                               (long long)folds, (long)n);
    return JD_OK;
}

static int make_shared(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    const jd_dims_t *d = &sim->dims;
    int rc = jd_make(&sim->type, d->firms, sizeof *sim->type, "firms' types", ctx);
    if (!rc) jd_ask_large_pages(sim->type, (size_t)d->firms * sizeof *sim->type);
    if (!rc) rc = jd_make(&sim->pressure, d->streets, sizeof(double), "pressure", ctx);
    if (!rc) rc = jd_make(&sim->environment, d->streets, sizeof(double), "pressure", ctx);
    if (!rc) rc = jd_make(&sim->tk_land, d->counties, sizeof(double), "the toolkit", ctx);
    if (!rc) rc = jd_make(&sim->tk_fiscal, d->counties, sizeof(double), "the toolkit", ctx);
    if (!rc) rc = jd_make(&sim->authority, d->counties, sizeof(double), "the toolkit", ctx);
    if (!rc) rc = jd_make(&sim->first_stock, d->counties, sizeof(int64_t), "stocks", ctx);
    if (!rc) rc = jd_make(&sim->county_stock, d->counties, sizeof(int64_t), "stocks", ctx);
    return rc;
}

static int worlds_of(const jd_run_params_t *p)
{
    return JD_WORLD_FOLDS + (int)p->direct_folds * (p->direct_none ? 2 : 1) + p->mediation;
}

int jd_world_mediation(const struct jd_simulation *sim)
{
    return sim->params->mediation ? sim->n_worlds_max - 1 : -1;
}

static int make_policy(struct jd_simulation *sim, const jd_table_t *list, jd_ctx_t *ctx)
{
    const jd_run_params_t *p = sim->params;
    int rc = jd_make(&sim->cohort, sim->dims.counties, sizeof(int32_t), "the policy", ctx);
    if (!rc) rc = jd_make(&sim->fold, sim->dims.counties, 1, "the policy", ctx);
    if (!rc)
        rc = jd_policy_assign(sim->policy_params, &sim->tree, list, p->start, (int32_t)p->periods,
                              sim->seed, sim->replicate, sim->cohort, sim->config, ctx);
    if (!rc) rc = deal_folds(sim, ctx);
    if (rc) return rc;
    sim->split = jd_policy_first_period(sim->policy_params, sim->cohort, sim->dims.counties,
                                        (int32_t)p->periods);
    sim->n_worlds = 1;
    sim->n_worlds_max = worlds_of(p);
    return JD_OK;
}

/* What was given and, for this tree, counts for nothing. */
static void note_unread(const struct jd_simulation *sim, jd_ctx_t *ctx)
{
    static const char *const counted[] = {"n", "gradient"};
    const jd_firms_params_t *p = sim->firms_params;
    for (size_t i = 0; sim->tree.firms && i < sizeof counted / sizeof *counted; i++)
        if (jd_config_given(sim->config, "firms", counted[i]))
            jd_warn(ctx,
                    "firms.%s is not read: the divisions' column firms says how many firms "
                    "each street has",
                    counted[i]);
    if (p->entry > 0 && jd_firms_births(p, sim->dims.first_firms) == 0)
        jd_warn(ctx, "firms.entry = %.6g of %lld firms is %.3g births a quarter, rounded to none",
                p->entry, (long long)sim->dims.first_firms,
                p->entry * (double)sim->dims.first_firms);
}

static int start_world(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    jd_world_t *world = &sim->world[0];
    jd_officials_start(sim->street.officials, &sim->traits, &world->officials);
    jd_services_start(&sim->street, world);
    const jd_moment_t moment = jd_moment_of(sim, 0, -sim->params->burn_in);
    const jd_leaders_draw_t draw = {sim->seed, sim->replicate, moment.period};
    jd_leaders_start(sim->leaders_params, sim->dims.seats, &draw, &world->leaders);
    return jd_active_start(&sim->mechanisms, &moment, ctx);
}

/* Whether the policy acts in some world; it may still turn out that no county adopts in time. */
static bool policy_acts(const jd_policy_params_t *p)
{
    return p->dose > 0 && (p->share > 0 || p->assignment == JD_ASSIGN_LIST);
}

/* What sizes follow from, of a tree that need not be there yet but for its counts. */
static jd_reckon_t sizes_of(struct jd_simulation *sim, const jd_tree_t *tree, jd_dims_t *d)
{
    const jd_run_params_t *p = sim->params;
    const jd_observation_params_t *observation = jd_config_section(sim->config, "observation");
    const jd_output_params_t *output = jd_config_section(sim->config, "output");
    jd_dims_init(d, tree, sim->firms_params, jd_config_section(sim->config, "officials"),
                 (int32_t)p->periods);
    d->seats = jd_active_seats(&sim->mechanisms, d);
    d->ties = jd_active_ties(&sim->mechanisms, sim->firms_params);
    jd_active_lay_out(&sim->mechanisms, d);
    int worlds = worlds_of(p);
    return (jd_reckon_t){.worlds = policy_acts(sim->policy_params) ? worlds : 1,
                         .history_worlds = worlds,
                         .events = jd_config_count(sim->config, "event") + 1,
                         .mechanisms = &sim->mechanisms,
                         .tables = {.periods = p->periods,
                                    .panel_firms = observation->panel_firms,
                                    .officials = output->officials,
                                    .street_panels = output->streets}};
}

/* Refuses sizes that memory cannot hold, before anything is requested. */
static int reckon(struct jd_simulation *sim, const jd_tree_t *tree, jd_ctx_t *ctx)
{
    jd_dims_t d;
    jd_reckon_t sizes = sizes_of(sim, tree, &d);
    jd_need_t need = jd_reckon(&d, &sizes);
    return jd_reckon_check(&need, jd_memory_free(), &d, &sizes, ctx);
}

static void read_sections(struct jd_simulation *sim)
{
    sim->params = jd_config_section(sim->config, "run");
    sim->firms_params = jd_config_section(sim->config, "firms");
    sim->policy_params = jd_config_section(sim->config, "policy");
    sim->leaders_params = jd_config_section(sim->config, "leaders");
    sim->seed = (uint64_t)sim->params->seed;
}

static jd_tree_t counts_of(const jd_world_params_t *world)
{
    return (jd_tree_t){.n = {1, (int32_t)world->provinces, (int32_t)world->prefectures,
                             (int32_t)world->counties, (int32_t)world->streets}};
}

static int create_into(struct jd_simulation *sim, const jd_inputs_t *inputs,
                       const jd_mechanism_t *const *mechanisms, jd_ctx_t *ctx)
{
    const jd_config_t *config = sim->config;
    const jd_officials_params_t *officials = jd_config_section(config, "officials");
    read_sections(sim);
    const jd_world_params_t *world = jd_config_section(config, "world");
    const jd_table_t *divisions = inputs ? inputs->divisions : NULL;
    jd_tree_t counts = counts_of(world);
    int rc = jd_active_init(&sim->mechanisms, mechanisms, config, ctx);
    if (!rc && !divisions) rc = reckon(sim, &counts, ctx);
    if (!rc) rc = jd_tree_init(&sim->tree, world, divisions, sim->seed, ctx);
    if (!rc && divisions) rc = reckon(sim, &sim->tree, ctx);
    if (rc) return rc;
    jd_dims_init(&sim->dims, &sim->tree, sim->firms_params, officials,
                 (int32_t)sim->params->periods);
    sim->dims.seats = jd_active_seats(&sim->mechanisms, &sim->dims);
    sim->dims.ties = jd_active_ties(&sim->mechanisms, sim->firms_params);
    if (sim->dims.firms > INT32_MAX)
        return jd_config_blame(
            config, "firms", "n", ctx,
            "firms.n = %lld and those born later are more than 2,147,483,647 firms",
            (long long)sim->dims.first_firms);
    sim->street = (jd_street_setting_t){.tree = &sim->tree,
                                        .world = jd_config_section(config, "world"),
                                        .officials = officials,
                                        .rescaling = jd_config_section(config, "rescaling"),
                                        .policy = sim->policy_params,
                                        .events = &sim->events};
    jd_street_setting_init(&sim->street);
    if (sim->replicate == 0) note_unread(sim, ctx);
    rc = make_shared(sim, ctx);
    if (!rc)
        rc = jd_traits_init(&sim->traits, officials, sim->dims.streets, sim->seed, sim->replicate,
                            ctx);
    if (!rc) rc = jd_events_init(&sim->events, config, &sim->tree, sim->seed, ctx);
    if (!rc) rc = jd_borders_init(&sim->borders, sim->firms_params, &sim->tree, ctx);
    if (!rc) rc = jd_base_init(&sim->base, &sim->dims, ctx);
    if (!rc) rc = make_policy(sim, inputs ? inputs->policy : NULL, ctx);
    if (!rc) rc = jd_world_init(&sim->world[0], &sim->dims, sim->mechanisms.bytes, true, ctx);
    if (rc) return rc;
    jd_firms_draw_types(sim->firms_params, &sim->dims, sim->seed, sim->replicate, sim->type, ctx);
    rc = jd_firms_place(sim->firms_params, &sim->dims, &sim->tree, sim->type, sim->seed,
                        sim->replicate, &sim->world[0], ctx);
    if (!rc) rc = start_world(sim, ctx);
    if (!rc) rc = jd_moves_init(sim, ctx);
    if (!rc) rc = jd_record_init(sim, ctx);
    return rc;
}

int jd_simulation_create_with(struct jd_simulation **simulation, const jd_config_t *config,
                              const jd_inputs_t *inputs, uint64_t replicate,
                              const jd_mechanism_t *const *mechanisms, jd_ctx_t *ctx)
{
    *simulation = NULL;
    struct jd_simulation *sim;
    int rc = jd_make(&sim, 1, sizeof *sim, "a simulation", ctx);
    if (rc) return rc;
    sim->config = config;
    sim->replicate = replicate;
    rc = create_into(sim, inputs, mechanisms, ctx);
    if (rc)
        jd_simulation_free(sim);
    else
        *simulation = sim;
    return rc;
}

int jd_simulation_create(jd_simulation_t **simulation, const jd_config_t *config,
                         const jd_inputs_t *inputs, uint64_t replicate, jd_ctx_t *ctx)
{
    return jd_simulation_create_with(simulation, config, inputs, replicate, jd_mechanisms, ctx);
}

int jd_simulation_file_bytes(const jd_config_t *config, const jd_inputs_t *inputs, double *bytes,
                             jd_ctx_t *ctx)
{
    struct jd_simulation *sim;
    const jd_world_params_t *world = jd_config_section(config, "world");
    const jd_table_t *divisions = inputs ? inputs->divisions : NULL;
    *bytes = 0;
    int rc = jd_make(&sim, 1, sizeof *sim, "a simulation", ctx);
    if (rc) return rc;
    sim->config = config;
    read_sections(sim);
    rc = jd_active_init(&sim->mechanisms, jd_mechanisms, config, ctx);
    if (!rc && divisions) rc = jd_tree_init(&sim->tree, world, divisions, sim->seed, ctx);
    if (!rc) {
        const jd_tree_t counts = counts_of(world);
        jd_dims_t d;
        jd_reckon_t sizes = sizes_of(sim, divisions ? &sim->tree : &counts, &d);
        *bytes = jd_reckon_file(&d, &sizes);
    }
    jd_simulation_free(sim);
    return rc;
}

void jd_simulation_drop_firms(jd_simulation_t *sim)
{
    jd_moves_free(sim);
    for (int w = 0; w < JD_WORLDS_MAX; w++)
        jd_world_free(&sim->world[w]);
    free(sim->type);
    sim->type = NULL;
}

void jd_simulation_free(jd_simulation_t *sim)
{
    if (!sim) return;
    for (int w = 0; w < JD_WORLDS_MAX; w++)
        jd_world_free(&sim->world[w]);
    jd_record_free(&sim->record);
    jd_active_free(&sim->mechanisms);
    jd_moves_free(sim);
    jd_base_free(&sim->base);
    jd_borders_free(&sim->borders);
    jd_events_free(&sim->events);
    jd_traits_free(&sim->traits);
    jd_tree_free(&sim->tree);
    void *rest[] = {sim->type,        sim->cohort,      sim->fold,      sim->pressure,
                    sim->environment, sim->tk_land,     sim->tk_fiscal, sim->authority,
                    sim->first_stock, sim->county_stock};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
        free(rest[i]);
    free(sim);
}

jd_run_facts_t jd_simulation_facts(const jd_simulation_t *sim)
{
    return sim->facts;
}
