/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/reckon.h"

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "run/record/truth.h"

/* Where a table's memory is counted. */
static double *part_of(jd_need_t *n, jd_grows_t grows)
{
    return grows == JD_GROWS_STREETS   ? &n->streets
           : grows == JD_GROWS_PANELS  ? &n->panels
           : grows == JD_GROWS_SAMPLES ? &n->samples
                                       : NULL;
}

static void add_panels(jd_need_t *n, const jd_dims_t *d, const jd_reckon_t *s)
{
    for (int k = 0; s->mechanisms && k < s->mechanisms->n; k++) {
        const jd_mechanism_panel_t *p = s->mechanisms->active[k].mechanism->panels;
        for (; p && p->names[0]; p++) {
            jd_extent_t extent = {s->tables.periods, jd_dims_units(d, p->level)};
            double *part = p->level == JD_STREET ? &n->streets : &n->panels;
            *part += 2 * jd_record_bytes(p->columns, p->n_columns, extent);
        }
    }
}

static void add_tables(jd_need_t *n, const jd_dims_t *d, const jd_reckon_t *s)
{
    for (int i = 0; jd_record_tables[i]; i++) {
        const jd_record_table_t *t = jd_record_tables[i];
        double *part = part_of(n, t->grows);
        if (part) *part += jd_record_bytes(t->columns, t->n_columns, t->rows(d, &s->tables));
    }
    add_panels(n, d, s);
}

double jd_reckon_file(const jd_dims_t *d, const jd_reckon_t *s)
{
    jd_need_t n = {.firms = 0};
    for (int i = 0; jd_record_tables[i]; i++) {
        const jd_record_table_t *t = jd_record_tables[i];
        jd_extent_t extent = t->rows(d, &s->tables);
        /* a period of it at a time is in memory */
        if (t->streamed && t->grows != JD_GROWS_LITTLE) extent.n_time *= s->tables.periods;
        double *part = part_of(&n, t->grows);
        if (part) *part += jd_record_bytes(t->columns, t->n_columns, extent);
    }
    add_panels(&n, d, s);
    return n.streets + n.panels + n.samples;
}

jd_need_t jd_reckon(const jd_dims_t *d, const jd_reckon_t *s)
{
    enum {
        DIVISION = 360, /* bytes of a division in the tree and its table */
        PRESSURE = 57   /* of a street's pressure, penalty and mandates (jd_events_t) */
    };
    double streets = d->streets, counties = d->counties, prefectures = d->prefectures;
    double kinds = d->kinds, officials = (double)d->slots * streets;
    size_t own = s->mechanisms ? s->mechanisms->bytes : 0;
    jd_need_t n = {.firms = (double)d->firms * (1 + 4.0 * s->worlds)};
    n.streets = s->worlds * (double)(jd_world_bytes(d) + own) + 16 * officials +
                DIVISION * (streets + counties + prefectures) + PRESSURE * streets +
                9 * streets * (double)s->events + 8 * kinds * (2 * streets + 5 * counties);
    n.prefectures = 8 * prefectures * prefectures * (1 + kinds);
    n.panels =
        jd_history_bytes(s->history_worlds, s->tables.periods, (int64_t)d->sectors * d->counties);
    add_tables(&n, d, s);
    return n;
}

/* A number in the first line of a file, or in the line that starts with `key`; HUGE_VAL if there is
 * none ("max"). */
static double number_in(const char *path, const char *key)
{
    char line[256];
    double number = HUGE_VAL;
    FILE *f = fopen(path, "r");
    if (!f) return number;
    while (fgets(line, sizeof line, f)) {
        int at = 0;
        if (key && (sscanf(line, key, &at) != 0 || at == 0)) continue;
        if (sscanf(line + at, "%lf", &number) != 1 || !isfinite(number)) number = HUGE_VAL;
        break;
    }
    fclose(f);
    return number;
}

double jd_memory_free(void)
{
    double most = 1024 * number_in("/proc/meminfo", "MemAvailable:%n");
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        double taken = number_in("/proc/self/statm", NULL) * (double)sysconf(_SC_PAGESIZE);
        most = fmin(most, (double)limit.rlim_cur - (isfinite(taken) ? taken : 0));
    }
    double group = number_in("/sys/fs/cgroup/memory.max", NULL);
    if (isfinite(group)) {
        double taken = number_in("/sys/fs/cgroup/memory.current", NULL);
        most = fmin(most, group - (isfinite(taken) ? taken : 0));
    }
    return most;
}

int jd_reckon_check(const jd_need_t *n, double free_bytes, const jd_dims_t *d, const jd_reckon_t *s,
                    jd_ctx_t *ctx)
{
    const struct {
        double bytes;
        const char *what, *key;
        double size;
    } parts[] = {
        {n->firms, "firms", "firms.n", (double)d->firms},
        {n->streets, "streets and their officials", "world.streets or officials.per_street",
         (double)d->streets},
        {n->prefectures, "prefectures, each with each,", "world.prefectures",
         (double)d->prefectures},
        {n->panels, "county-quarters", "world.counties or run.periods",
         (double)d->counties * (double)s->tables.periods},
        {n->samples, "firms and officials of the samples",
         "observation.panel_firms or output.officials",
         (double)(s->tables.panel_firms + s->tables.officials)},
    };
    double all = 0;
    size_t most = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        all += parts[i].bytes;
        if (parts[i].bytes > parts[most].bytes) most = i;
    }
    if (!(all > free_bytes)) return JD_OK;
    char worlds[48] = "";
    if (most < 2 && s->worlds > 1) snprintf(worlds, sizeof worlds, " in %d worlds", s->worlds);
    return jd_fail(ctx, JD_ERR_NO_MEMORY,
                   "the simulation needs %.2f GB of memory and %.2f GB are free: %.0f %s take %.2f "
                   "GB%s; lower %s%s",
                   all * 1e-9, fmax(0, free_bytes) * 1e-9, parts[most].size, parts[most].what,
                   parts[most].bytes * 1e-9, worlds, parts[most].key,
                   worlds[0] && s->worlds > 2 ? ", or run.direct_folds" : "");
}
