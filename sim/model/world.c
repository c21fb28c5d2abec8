/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/world.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/pages.h"

/* What an array is as long as. */
typedef enum along {
    OFFICIALS,
    STREETS,
    COUNTIES,
    SECTOR_STREETS,
    SECTOR_COUNTIES,
    KIND_STREETS,
    KIND_COUNTIES,
    KIND_PREFECTURES,
    TYPE_COUNTIES,
    SEATS,
    TIED_COUNTIES,
    COUNTY_TIES,
    KIND_TIED_COUNTIES
} along_t;

typedef struct field {
    size_t offset; /* of the pointer in jd_world_t */
    along_t along;
    size_t size;
} field_t;

#define D(name, length)                                    \
    {                                                      \
        offsetof(jd_world_t, name), length, sizeof(double) \
    }
#define I(name, length)                                     \
    {                                                       \
        offsetof(jd_world_t, name), length, sizeof(int32_t) \
    }

static const field_t fields[] = {
    D(officials.strong, OFFICIALS),
    D(officials.weak, OFFICIALS),
    D(officials.psi, OFFICIALS),
    D(officials.effort_s, OFFICIALS),
    D(officials.effort_w, OFFICIALS),
    D(services, STREETS),
    D(stage[JD_STAGE_ABLE], STREETS),
    D(stage[JD_STAGE_TIMED], STREETS),
    D(stage[JD_STAGE_DONE], STREETS),
    D(modifiers.tour, STREETS),
    D(modifiers.burden, STREETS),
    D(modifiers.show, STREETS),
    D(modifiers.hor, STREETS),
    D(modifiers.crowd, STREETS),
    D(modifiers.trust, STREETS),
    D(modifiers.boost_s, STREETS),
    D(modifiers.boost_w, STREETS),
    D(modifiers.induce, STREETS),
    D(modifiers.budget, COUNTIES),
    D(modifiers.rise, SEATS),
    D(leaders.age, SEATS),
    I(leaders.tenure, SEATS),
    I(leaders.fate, SEATS),
    I(stock, SECTOR_STREETS),
    I(dirty, STREETS),
    D(dose, COUNTIES),
    D(toolkit, COUNTIES),
    D(land_price, COUNTIES),
    D(authority, COUNTIES),
    D(pressure, STREETS),
    D(environment, STREETS),
    D(stringency, STREETS),
    D(incentives.stake_s, STREETS),
    D(incentives.stake_w, STREETS),
    D(incentives.resident, STREETS),
    D(incentives.time, STREETS),
    D(incentives.overload, STREETS),
    D(output.y_s, STREETS),
    D(output.y_w, STREETS),
    D(output.a_s, STREETS),
    D(output.a_w, STREETS),
    D(output.e_s, STREETS),
    D(output.e_w, STREETS),
    D(output.psi, STREETS),
    D(output.corner_s, STREETS),
    D(output.corner_w, STREETS),
    D(inducement, STREETS),
    D(log_friction, STREETS),
    D(part[JD_PART_TOOLKIT], STREETS),
    D(part[JD_PART_CAPABILITY], STREETS),
    D(part[JD_PART_TIME], STREETS),
    D(part[JD_PART_WILLINGNESS], STREETS),
    D(part[JD_PART_SHOW], STREETS),
    D(friction, STREETS),
    D(dose_effective, STREETS),
    I(inflow, SECTOR_COUNTIES),
    I(outflow, SECTOR_COUNTIES),
    I(moves, SECTOR_COUNTIES),
    D(choice.appeal, KIND_STREETS),
    D(choice.weight, KIND_STREETS),
    D(choice.ratio, KIND_STREETS),
    D(choice.sum_county, KIND_COUNTIES),
    D(choice.weight_county, KIND_COUNTIES),
    D(choice.crossing, COUNTIES),
    D(choice.own, KIND_COUNTIES),
    D(choice.total, KIND_COUNTIES),
    D(choice.own_ratio, KIND_COUNTIES),
    D(choice.far_ratio, KIND_COUNTIES),
    D(choice.bound, KIND_COUNTIES),
    D(choice.sum_prefecture, KIND_PREFECTURES),
    D(choice.mass, KIND_PREFECTURES),
    D(choice.elsewhere, KIND_PREFECTURES),
    D(choice.tilt, KIND_PREFECTURES),
    D(choice.cost, TYPE_COUNTIES),
    {offsetof(jd_world_t, choice.top), KIND_COUNTIES, sizeof(uint32_t)},
    I(modifiers.ties.n, TIED_COUNTIES),
    I(modifiers.ties.with, COUNTY_TIES),
    D(modifiers.ties.weight, COUNTY_TIES),
    D(choice.tie_pull, COUNTY_TIES),
    D(choice.tie_value, KIND_TIED_COUNTIES),
    D(choice.tie_sum, KIND_TIED_COUNTIES),
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static size_t length_of(along_t along, const jd_dims_t *d)
{
    size_t streets = (size_t)d->streets, counties = (size_t)d->counties;
    switch (along) {
    case OFFICIALS:
        return (size_t)d->slots * streets;
    case STREETS:
        return streets;
    case COUNTIES:
        return counties;
    case SECTOR_STREETS:
        return (size_t)d->sectors * streets;
    case SECTOR_COUNTIES:
        return (size_t)d->sectors * counties;
    case KIND_STREETS:
        return (size_t)d->kinds * streets;
    case KIND_COUNTIES:
        return (size_t)d->kinds * counties;
    case KIND_PREFECTURES:
        return (size_t)d->kinds * (size_t)d->prefectures;
    case TYPE_COUNTIES:
        return (size_t)d->types * counties;
    case SEATS:
        return (size_t)d->seats;
    case TIED_COUNTIES:
        return d->ties > 0 ? counties : 0;
    case COUNTY_TIES:
        return (size_t)d->ties * counties;
    case KIND_TIED_COUNTIES:
        return d->ties > 0 ? (size_t)d->kinds * counties : 0;
    }
    return 0;
}

int64_t jd_dims_units(const jd_dims_t *d, jd_level_t level)
{
    if (level == JD_COUNTY_TIES) return (int64_t)d->counties * JD_TIES_MOST;
    const int64_t units[JD_LEVELS] = {1, d->provinces, d->prefectures, d->counties, d->streets};
    return units[level];
}

/* Cache lines apart, so that threads writing neighbouring arrays do not meet. */
size_t jd_world_padded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

size_t jd_world_bytes(const jd_dims_t *dims)
{
    size_t bytes = 0;
    for (int f = 0; f < FIELDS; f++)
        bytes += jd_world_padded(length_of(fields[f].along, dims) * fields[f].size);
    return bytes;
}

/* Modifiers and their neutral values. */
static const struct {
    size_t offset;
    along_t along;
    double neutral;
} modifiers[] = {
    {offsetof(jd_modifiers_t, tour), STREETS, 0},
    {offsetof(jd_modifiers_t, burden), STREETS, 0},
    {offsetof(jd_modifiers_t, show), STREETS, 0},
    {offsetof(jd_modifiers_t, hor), STREETS, 0},
    {offsetof(jd_modifiers_t, crowd), STREETS, 1},
    {offsetof(jd_modifiers_t, trust), STREETS, 1},
    {offsetof(jd_modifiers_t, boost_s), STREETS, 0},
    {offsetof(jd_modifiers_t, boost_w), STREETS, 0},
    {offsetof(jd_modifiers_t, induce), STREETS, 1},
    {offsetof(jd_modifiers_t, budget), COUNTIES, 1},
    {offsetof(jd_modifiers_t, rise), SEATS, 0},
};

void jd_modifiers_clear(const jd_modifiers_t *m, const jd_dims_t *dims)
{
    for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++) {
        const size_t n = length_of(modifiers[i].along, dims);
        double *cell;
        memcpy(&cell, (const char *)m + modifiers[i].offset, sizeof cell);
        for (size_t k = 0; k < n; k++)
            cell[k] = modifiers[i].neutral;
    }
    if (dims->ties > 0) memset(m->ties.n, 0, (size_t)dims->counties * sizeof *m->ties.n);
}

bool jd_modifiers_are_neutral(const jd_modifiers_t *m, const jd_dims_t *dims)
{
    bool neutral = true;
    for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++) {
        const size_t n = length_of(modifiers[i].along, dims);
        const double *cell;
        memcpy(&cell, (const char *)m + modifiers[i].offset, sizeof cell);
        for (size_t k = 0; k < n; k++)
            neutral =
                neutral && !(cell[k] < modifiers[i].neutral) && !(cell[k] > modifiers[i].neutral);
    }
    for (int32_t c = 0; dims->ties > 0 && c < dims->counties; c++)
        neutral = neutral && m->ties.n[c] == 0;
    return neutral;
}

/* Half a tie: b among a's. */
static bool tie(const jd_ties_t *ties, int32_t room, int32_t a, int32_t b, double weight)
{
    const int64_t at = (int64_t)a * room;
    int32_t k = 0;
    while (k < ties->n[a] && ties->with[at + k] != b)
        k++;
    if (k == room) return false;
    if (k == ties->n[a]) {
        ties->n[a]++;
        ties->with[at + k] = b;
        ties->weight[at + k] = 0;
    }
    ties->weight[at + k] += weight;
    return true;
}

int jd_ties_add(const jd_modifiers_t *m, const jd_dims_t *dims, int32_t a, int32_t b, double weight,
                jd_ctx_t *ctx)
{
    if (dims->ties == 0) return JD_OK;
    if (a == b || !(weight >= 0) || !(weight < 1e6))
        return jd_fail(ctx, JD_ERR_DATA, "a tie of county %d with county %d has weight %g", (int)a,
                       (int)b, weight);
    if (!tie(&m->ties, dims->ties, a, b, weight) || !tie(&m->ties, dims->ties, b, a, weight))
        return jd_fail(ctx, JD_ERR_DATA, "counties %d and %d: one has ties with %d others already",
                       (int)a, (int)b, (int)dims->ties);
    return JD_OK;
}

int jd_world_init(jd_world_t *world, const jd_dims_t *dims, size_t own, bool with_firms,
                  jd_ctx_t *ctx)
{
    memset(world, 0, sizeof *world);
    world->bytes = jd_world_bytes(dims) + own;
    int rc =
        jd_make(&world->block, (int64_t)world->bytes, 1, "a world's streets and officials", ctx);
    if (!rc && with_firms)
        rc = jd_make(&world->place, dims->firms, sizeof(int32_t), "firms' places", ctx);
    if (rc) {
        jd_world_free(world);
        return rc;
    }
    jd_ask_large_pages(world->block, world->bytes);
    if (with_firms) jd_ask_large_pages(world->place, (size_t)dims->firms * sizeof *world->place);
    size_t at = 0;
    for (int f = 0; f < FIELDS; f++) {
        void *array = (char *)world->block + at;
        memcpy((char *)world + fields[f].offset, &array, sizeof array);
        at += jd_world_padded(length_of(fields[f].along, dims) * fields[f].size);
    }
    world->own = (char *)world->block + at;
    world->incentives.crowd = world->modifiers.crowd;
    world->incentives.trust = world->modifiers.trust;
    world->incentives.boost[0] = world->modifiers.boost_s;
    world->incentives.boost[1] = world->modifiers.boost_w;
    world->choice.ties = dims->ties > 0 ? &world->modifiers.ties : NULL;
    jd_modifiers_clear(&world->modifiers, dims);
    return JD_OK;
}

void jd_world_copy(jd_world_t *to, const jd_world_t *from, const jd_dims_t *dims)
{
    memcpy(to->block, from->block, from->bytes);
    memcpy(to->place, from->place, (size_t)dims->firms * sizeof *from->place);
    to->active = from->active;
}

void jd_world_free(jd_world_t *world)
{
    free(world->block);
    free(world->place);
    memset(world, 0, sizeof *world);
}
